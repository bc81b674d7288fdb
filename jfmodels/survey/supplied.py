"""Replicate weights that came with the data, and how their maker says to use them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from jfmodels.errors import DesignError, listing, raise_all, unknown

__all__ = ["SUPPLIED", "SuppliedReplicates", "rho_problems"]

SUPPLIED: Mapping[str, Callable[[int, float], float] | None] = {
    "jk1": lambda n, _: (n - 1) / n,
    "jkn": None,
    "jk2": lambda _n, _rho: 1.0,
    "brr": lambda n, _: 1 / n,
    "fay": lambda n, rho: 1 / (n * (1 - rho) ** 2),
    "bootstrap": lambda n, _: 1 / (n - 1),
    "sdr": lambda n, _: 4 / n,
    "other": None,
}


@dataclass(frozen=True, slots=True)
class SuppliedReplicates:
    """Columns of replicate weights, and how they make a variance.

    The variance is the sum over replicates of ``scale * rscales * deviation ** 2``. Ask for it
    by ``replicates=jf.Replicates("supplied")``.

    Parameters
    ----------
    columns : list of str
        One column per replicate, each holding whole weights (not factors of the weights).
    kind : {"jk1", "jkn", "jk2", "brr", "fay", "bootstrap", "sdr", "other"}
        How they were made; "sdr" is successive differences. It implies `scale`, except for
        "jkn" and "other".
    rho : float, optional
        Fay's factor, in [0, 1); required for "fay".
    scale : float, optional
        In place of the scale that `kind` implies.
    rscales : list of float, optional
        A factor for every replicate; 1 by default.
    mse : bool, default False
        Take deviations from the full estimate instead of the replicates' mean.
    df : float, optional
        Degrees of freedom; clusters minus strata by default, required where the design names
        no clusters.

    Raises
    ------
    DesignError
        If the kind is not known, or needs what is not given.

    Examples
    --------
    >>> SuppliedReplicates([f"w{k}" for k in range(1, 81)], "sdr", df=70).scales[:2]
    (0.05, 0.05)
    """

    columns: tuple[str, ...] | list[str]
    kind: str
    rho: float | None = None
    scale: float | None = None
    rscales: tuple[float, ...] | list[float] | None = None
    mse: bool = False
    df: float | None = None

    def __post_init__(self) -> None:
        raise_all(DesignError, list(_type_problems(self)), "SuppliedReplicates")
        object.__setattr__(self, "columns", tuple(self.columns))
        if self.rscales is not None:
            object.__setattr__(self, "rscales", tuple(map(float, self.rscales)))
        raise_all(DesignError, list(_problems(self)), "SuppliedReplicates")

    @property
    def scales(self) -> tuple[float, ...]:
        """What each replicate's squared deviation is multiplied by."""
        n = len(self.columns)
        implied = SUPPLIED[self.kind]
        scale = self.scale
        if scale is None:
            scale = 1.0 if implied is None else implied(n, self.rho or 0.0)
        return tuple(scale * each for each in self.rscales or [1.0] * n)


def _type_problems(given: SuppliedReplicates) -> Iterator[str]:
    """Find columns that are not a list of names, and factors that are not numbers."""
    columns: object = given.columns
    named = isinstance(columns, list | tuple) and all(isinstance(each, str) for each in columns)
    if not named:
        yield f"columns= takes a list of names of columns; found {type(columns).__name__}."
    rscales: object = given.rscales
    if rscales is not None and not isinstance(rscales, Sequence):
        yield f"rscales= takes a list of numbers; found {type(rscales).__name__}."


def _problems(given: SuppliedReplicates) -> Iterator[str]:
    """Find what contradicts itself, or is missing."""
    n = len(given.columns)
    twice = [name for name in dict.fromkeys(given.columns) if given.columns.count(name) > 1]
    if n < 2:
        yield f"a variance needs at least two replicates; found {n}."
    if twice:
        yield f"columns named twice: {listing(twice)}."
    if given.kind not in SUPPLIED:
        yield unknown("kind of replicates", given.kind, SUPPLIED)
        return
    yield from rho_problems(given.kind, given.rho)
    if SUPPLIED[given.kind] is None and given.scale is None and given.rscales is None:
        yield (
            f"kind='{given.kind}' implies no scale. Give scale= or rscales=, as the data's "
            "documentation has them."
        )
    if given.scale is not None and not given.scale > 0:
        yield f"scale= must be positive; found {given.scale}."
    if given.rscales is not None and len(given.rscales) != n:
        yield f"rscales= has {len(given.rscales)} numbers for {n} replicates."
    if given.rscales is not None and not (min(given.rscales, default=1) >= 0):
        yield "rscales= must not be negative."
    if given.df is not None and not given.df > 0:
        yield f"df= must be positive; found {given.df}."


def rho_problems(kind: str, rho: float | None) -> Iterator[str]:
    """Find a Fay factor that is missing, out of range, or not asked for."""
    if kind == "fay" and (rho is None or not 0 <= rho < 1):
        yield f"kind='fay' needs rho=, at least 0 and below 1 (often 0.3 or 0.5); found {rho}."
    if kind != "fay" and rho is not None:
        yield f"rho= is Fay's factor, and kind='{kind}' has none."
