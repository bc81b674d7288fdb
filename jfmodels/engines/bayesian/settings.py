"""What can be chosen of Bayesian engines; light, so that choosing loads no engine."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from jfmodels.engines.progress import somebody_looks
from jfmodels.errors import SpecError, choose, require_whole

__all__ = ["Laplace", "Nuts"]

ON_POOR_K = {
    "nuts": "fit again by NUTS, with a warning",
    "warn": "keep the draws, with a warning and a flag on every row",
    "raise": "stop",
}
LEAST = {"draws": 4, "tune": 1, "chains": 1, "seed": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Laplace:
    """Settings of the nested Laplace engine.

    Parameters
    ----------
    draws : int, default 4000
        Draws from the posterior.
    seed : int, default 1
        Of the random numbers.
    on_poor_k : {"nuts", "warn", "raise"}, default "nuts"
        What to do if the importance weights cannot be believed, their tail shape being above
        0.7: fit by NUTS instead, keep the draws and flag every row, or stop.
    progress : bool, optional
        Whether NUTS shows a progress bar where it takes over; by default where there is a
        terminal or notebook.

    Examples
    --------
    >>> import jfmodels as jf
    >>> settings = jf.Laplace(draws=1000, seed=7, on_poor_k="raise")
    >>> formula = "shown(trust_army) ~ wave + (1 | commune)"
    >>> model = jf.fit(formula, jf.example(), engine=settings, weighting="ignore")
    >>> model.changes(over="wave").shape[0]
    5
    """

    draws: int = 4000
    seed: int = 1
    on_poor_k: str = "nuts"
    progress: bool | None = None

    def __post_init__(self) -> None:
        choose("on_poor_k", self.on_poor_k, ON_POOR_K)
        for name, value, least in (("draws", self.draws, 100), ("seed", self.seed, 0)):
            require_whole(f"Laplace({name}=)", value, least)


@dataclass(frozen=True, slots=True, kw_only=True)
class Nuts:
    """How the no-U-turn sampler runs.

    Parameters
    ----------
    draws : int, default 1000
        Draws of every chain that are kept.
    tune : int, default 1000
        Draws before, in which the sampler learns its steps.
    chains : int, default 4
        Independent chains; fewer than four say little about whether they agree.
    seed : int, default 1
        Of the random numbers; the same seed gives the same draws.
    progress : bool, optional
        Whether to show a progress bar; by default where there is a terminal or notebook.

    Raises
    ------
    SpecError
        If a number is not a whole one, or too small.

    Examples
    --------
    >>> Nuts(draws=500).chains
    4
    """

    draws: int = 1000
    tune: int = 1000
    chains: int = 4
    seed: int = 1
    progress: bool | None = None

    def __post_init__(self) -> None:
        for name, least in LEAST.items():
            require_whole(f"Nuts({name}=)", getattr(self, name), least)
        if self.progress not in (None, True, False):
            raise SpecError(f"Nuts(progress=) is True, False or None; found {self.progress!r}.")

    @property
    def shows_progress(self) -> bool:
        """Whether there is to be a progress bar."""
        if self.progress is not None:
            return self.progress
        return somebody_looks(sys.stdout)
