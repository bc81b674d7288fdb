"""Replicates: the sample drawn again from itself, cluster by cluster.

Every replicate multiplies the weights of first-stage units, so that the totals of all
replicates are one matrix product. A kind is added by a function of the stage, listed in
`KINDS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jfmodels.errors import DesignError, SpecError, choose, listing, raise_all
from jfmodels.survey.hadamard import hadamard
from jfmodels.survey.sampling import Sampling, SamplingStage
from jfmodels.survey.supplied import SuppliedReplicates, rho_problems

__all__ = ["KINDS", "Multipliers", "Replicates", "multipliers_of"]

type Floats = NDArray[np.float64]

N_BOOTSTRAP = 500
LARGEST = 200_000_000  # entries of a matrix of multipliers: 1.6 GB
WITH_REPLACEMENT = 10_000_000  # clusters in a population so large that drawing changes nothing


@dataclass(frozen=True, slots=True)
class Replicates:
    r"""Variances from replicates of the sample instead of linearisation.

    Parameters
    ----------
    kind : str
        "jk1" leaves out one cluster at a time, without strata; "jkn" one cluster of a stratum
        at a time. "brr" and "fay" take balanced halves of strata that have two clusters each
        [1]_. "rao_wu" draws one cluster less than each stratum has, and is unbiased for totals
        [2]_; "bootstrap" draws as many as there are, and is scaled by the harmonic mean of the
        strata's sizes [3]_. "supplied" takes the weights of
        ``SurveyDesign(replicates=jf.SuppliedReplicates(...))``.
    n : int, optional
        Replicates of "rao_wu" and "bootstrap", 500 by default; the others follow from the
        design.
    rho : float, optional
        Fay's factor, in [0, 1); required for "fay".
    seed : int, default 1
        Of the draws of "rao_wu" and "bootstrap".
    mse : bool, default False
        Take deviations from the full estimate instead of the replicates' mean.

    Raises
    ------
    SpecError
        If the kind is not known, or a setting does not belong to it.

    Notes
    -----
    Finite population corrections of the first stage are kept: "jk1" and "jkn" scale by them,
    "bootstrap" draws without replacement from a population of copies, the others shrink the
    multipliers towards 1 by :math:`\sqrt{1-f}`.

    References
    ----------
    .. [1] Judkins, D. R. (1990). Fay's method for variance estimation. Journal of Official
       Statistics 6, 223-239.
    .. [2] Rao, J. N. K. and Wu, C. F. J. (1988). Resampling inference with complex survey data.
       Journal of the American Statistical Association 83, 231-241.
    .. [3] Canty, A. J. and Davison, A. C. (1999). Resampling-based variance estimation for
       labour force surveys. The Statistician 48, 379-391.

    Examples
    --------
    >>> import jfmodels as jf
    >>> fit = jf.direct(jf.example(), "trust_army", replicates=jf.Replicates("jkn"))
    >>> fit.changes()["df"].unique().tolist()
    [12.0]
    """

    kind: str
    n: int | None = None
    rho: float | None = None
    seed: int = 1
    mse: bool = False

    def __post_init__(self) -> None:
        choose("kind of replicates", self.kind, {**KINDS, "supplied": None})
        raise_all(SpecError, list(_problems(self)), "Replicates")

    @property
    def is_jackknife(self) -> bool:
        """Whether single clusters are left out."""
        return self.kind in ("jk1", "jkn")


def _problems(given: Replicates) -> Iterator[str]:
    """Find settings that do not belong to the kind."""
    yield from rho_problems(given.kind, given.rho)
    if given.n is not None and given.kind not in ("rao_wu", "bootstrap"):
        yield f"n= is for 'rao_wu' and 'bootstrap'; those of '{given.kind}' follow from the design."
    if given.n is not None and given.n < 2:
        yield f"n= must be at least 2; found {given.n}."
    if given.kind == "supplied" and given.mse:
        yield "mse= of supplied replicates is said in SuppliedReplicates."


@dataclass(frozen=True, slots=True, eq=False)
class Multipliers:
    """What every replicate multiplies the weights by, and how deviations make a variance.

    Attributes
    ----------
    factors : ndarray of float64, shape (M, R), or None
        By first-stage unit; None where the rows hold weights of every replicate.
    scales : ndarray of float64, shape (R,)
        What each replicate's squared deviation counts.
    mse : bool
        Whether deviations are from the full estimate.
    df : float or None
        Degrees of freedom, where they are not the design's.
    jackknife : bool
        Whether single clusters are left out.
    """

    factors: Floats | None
    scales: Floats
    mse: bool
    df: float | None = None
    jackknife: bool = False


def multipliers_of(
    settings: Replicates, sampling: Sampling, supplied: SuppliedReplicates | None
) -> Multipliers:
    """Make the replicates that the settings ask for, or take those that came with the data.

    Raises
    ------
    DesignError
        If the design does not allow this kind of replicates.
    """
    if settings.kind == "supplied":
        return _supplied(supplied)
    stage = sampling.stages[0]
    raise_all(DesignError, list(_design_problems(settings, sampling)), "Replicates")
    factors, scales = KINDS[settings.kind](stage, settings)
    alone = int(((stage.sizes == 1) & (stage.fraction < 1)).sum())
    if sampling.lonely == "average" and alone:
        scales = scales * stage.n_strata / (stage.n_strata - alone)
    return Multipliers(factors, scales, settings.mse, jackknife=settings.is_jackknife)


def _supplied(given: SuppliedReplicates | None) -> Multipliers:
    if given is None:
        raise DesignError(
            "Replicates('supplied') needs replicate weights in the data. Name them in "
            "SurveyDesign(replicates=jf.SuppliedReplicates(columns, kind)), or choose another "
            f"kind: {listing(KINDS)}."
        )
    jackknife = given.kind in ("jk1", "jkn", "jk2")
    return Multipliers(None, np.array(given.scales), given.mse, given.df, jackknife)


def _design_problems(settings: Replicates, sampling: Sampling) -> Iterator[str]:
    """Find what in the design forbids replicates of this kind."""
    stage = sampling.stages[0]
    if len(sampling.stages) > 1:
        yield (
            "only the first stage is drawn again, and below its finite population correction "
            "the later stages vary too. Linearise, or leave fpc out of the first stage."
        )
    if settings.kind == "jk1" and stage.n_strata > 1:
        yield f"'jk1' is for designs without strata; this one has {stage.n_strata}. Use 'jkn'."
    if settings.kind in ("brr", "fay") and (stage.sizes != 2).any():
        yield _not_two(settings.kind, sampling)
    if sampling.lonely == "adjust" and (stage.sizes == 1).any():
        yield (
            "lonely='adjust' compares clusters across strata, which no replicate does. Choose "
            "lonely='certainty' or 'average', or merge strata."
        )
    if settings.is_jackknife and not _varying(stage).any():
        yield "every stratum has one cluster or was taken whole, so that nothing varies."
    n = len(stage.stratum) if settings.is_jackknife else settings.n or N_BOOTSTRAP
    if len(stage.stratum) * n > LARGEST:
        yield (
            f"{n:,} replicates of {len(stage.stratum):,} units need more memory than is "
            "reasonable. Linearise, or draw fewer bootstrap replicates."
        )


def _not_two(kind: str, sampling: Sampling) -> str:
    sizes = sampling.stages[0].sizes
    others = np.flatnonzero(sizes != 2)
    names = sampling.strata_names
    named = f": {listing(f'{names[k]} ({sizes[k]})' for k in others)}" if names else ""
    return (
        f"'{kind}' needs two clusters in every stratum; {len(others)} of {len(sizes)} strata "
        f"have another number{named}. Use 'jkn' or 'rao_wu'."
    )


def _varying(stage: SamplingStage) -> NDArray[np.bool_]:
    """Which strata have clusters to leave out, shape (H,)."""
    return (stage.sizes > 1) & (stage.fraction < 1)


def _jackknife(stage: SamplingStage, settings: Replicates) -> tuple[Floats, Floats]:
    """Leave out one cluster at a time; the others of its stratum stand for it."""
    h, left_out = stage.stratum, np.flatnonzero(_varying(stage)[stage.stratum])
    size = stage.sizes[h[left_out]]
    factors = np.where(h[:, None] == h[left_out], size / (size - 1), 1.0)
    factors[left_out, np.arange(len(left_out))] = 0.0
    return factors, (1 - stage.fraction[h[left_out]]) * (size - 1) / size


def _balanced(stage: SamplingStage, settings: Replicates) -> tuple[Floats, Floats]:
    """Raise one cluster of every stratum and lower the other, in orthogonal patterns."""
    signs = hadamard(stage.n_strata + 1)[1 : stage.n_strata + 1]
    move = 1 - (settings.rho or 0.0)
    n = signs.shape[1]
    factors = 1 + move * np.stack([signs, -signs], axis=1).reshape(-1, n)
    return _shrunk(factors, stage), np.full(n, 1 / (n * move**2))


def _rao_wu(stage: SamplingStage, settings: Replicates) -> tuple[Floats, Floats]:
    """Draw m - 1 clusters of m with replacement, and weight them up by m / (m - 1)."""
    n = settings.n or N_BOOTSTRAP
    draw = np.random.default_rng(settings.seed)
    parts = [
        draw.multinomial(m - 1, np.full(m, 1 / m), n).T * (m / (m - 1))
        if m > 1
        else np.ones((1, n))
        for m in stage.sizes.tolist()
    ]
    return _shrunk(np.concatenate(parts), stage), np.full(n, 1 / (n - 1))


def _bootstrap(stage: SamplingStage, settings: Replicates) -> tuple[Floats, Floats]:
    """Draw m clusters of m with replacement, or without from a population of copies."""
    n = settings.n or N_BOOTSTRAP
    draw = np.random.default_rng(settings.seed)
    parts = [
        _drawn(draw, m, f, n)
        for m, f in zip(stage.sizes.tolist(), stage.fraction.tolist(), strict=True)
    ]
    several = stage.sizes[stage.sizes > 1]
    size = 1 / np.mean(1 / several) if len(several) else 2.0
    return np.concatenate(parts), np.full(n, size / ((size - 1) * (n - 1)))


def _drawn(draw: np.random.Generator, m: int, fraction: float, n: int) -> Floats:
    """Times that each of m clusters is drawn, shape (m, n)."""
    population = round(m / fraction) if fraction * WITH_REPLACEMENT > m else 0
    if not population:
        return draw.multinomial(m, np.full(m, 1 / m), n).T.astype(np.float64)
    copies = np.full(m, population // m)
    copies[draw.permutation(m)[: population % m]] += 1
    return draw.multivariate_hypergeometric(copies, m, n).T.astype(np.float64)


def _shrunk(factors: Floats, stage: SamplingStage) -> Floats:
    """Shrink multipliers towards 1 where much of the population was sampled."""
    return 1 + np.sqrt(1 - stage.fraction[stage.stratum])[:, None] * (factors - 1)


KINDS: Mapping[str, Callable[[SamplingStage, Replicates], tuple[Floats, Floats]]] = {
    "jk1": _jackknife,
    "jkn": _jackknife,
    "brr": _balanced,
    "fay": _balanced,
    "rao_wu": _rao_wu,
    "bootstrap": _bootstrap,
}
