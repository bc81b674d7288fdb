"""A survey that is only planned: what it could find, from the numbers of its design."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import ceil, isfinite
from numbers import Integral, Real

import numpy as np
from numpy.typing import NDArray

from jfmodels.display.card import Card, Displayed
from jfmodels.errors import SpecError, choose, raise_all, require_share
from jfmodels.planning.power import TTest
from jfmodels.planning.precision import Precision

__all__ = ["SurveyPlan"]

type Floats = NDArray[np.float64]

MOST = 10_000_000  # interviews, or clusters, beyond which no survey is planned


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SurveyPlan(Displayed):
    r"""Two waves of a survey in numbers, to ask what change between them it could find.

    With m clusters of n/m people a wave, :math:`\sigma^2` the variance of an answer,
    :math:`\rho` the correlation of two answers in one cluster and wave, :math:`\rho_b` that in
    one cluster and different waves, and a share o of the clusters visited again, the change
    has the variance

    .. math:: \frac{2\sigma^2}{m}\left(\rho - o\rho_b + (1-\rho)\,\mathrm{deff}\,\frac{m}{n}\right)

    on clusters minus strata degrees of freedom where all are visited again. The test is that of
    :func:`jfmodels.direct`, whose degrees of freedom are estimated too; for people drawn one by
    one it is Welch's. A region, or any other group of whole clusters, is a plan of its own.

    Parameters
    ----------
    n : int
        Interviews in a wave.
    clusters : int
        Clusters in a wave. Where people were drawn one by one, as many as interviews.
    strata : int, default 1
        Strata within which the clusters are drawn, of equal size.
    share : float, optional
        Share expected in one of the two waves, the one farther from one half: changes are
        meant to lead towards it. 0.5 asks for most.
    sd : float, optional
        Standard deviation of an answer, where means are compared rather than shares.
    icc : float, optional
        Correlation of two answers in one cluster and wave; needed where clusters hold several
        people. :func:`jfmodels.detectable_change` estimates it from a survey.
    icc_between_waves : float, optional
        Correlation of two answers in one cluster and different waves (of one person's answers,
        where people are asked again); needed unless all clusters are new.
    overlap : float
        Share of the clusters that are the same in both waves: 1 revisited, 0 drawn anew.
    weights_deff : float, default 1
        Design effect of uneven weights within clusters: 1 + their squared coefficient of
        variation.

    Raises
    ------
    SpecError
        Listing what is missing or contradictory.

    Examples
    --------
    >>> import jfmodels as jf
    >>> plan = jf.SurveyPlan(
    ...     n=544, clusters=16, strata=4, share=0.5, icc=0.05, icc_between_waves=0.04, overlap=1
    ... )
    >>> round(plan.detectable_change(), 3)
    0.108
    >>> region = jf.SurveyPlan(
    ...     n=136, clusters=4, share=0.5, icc=0.05, icc_between_waves=0.04, overlap=1
    ... )
    >>> round(region.detectable_change(), 3)
    0.273
    """

    n: int
    clusters: int
    strata: int = 1
    share: float | None = None
    sd: float | None = None
    icc: float | None = None
    icc_between_waves: float | None = None
    overlap: float
    weights_deff: float = 1.0

    def __post_init__(self) -> None:
        raise_all(SpecError, _problems(self), "SurveyPlan")

    def _card(self) -> Card:
        of = f"share of {self.share:g}" if self.share is not None else f"mean, sd {self.sd:g}"
        found = self.detectable_change()
        size = f"{100 * found:.1f} points" if self.share is not None else f"{found:.3g}"
        facts = {
            "strata": f"{self.strata:,}" if self.strata > 1 else "",
            "clusters visited again": f"{self.overlap:.0%}",
            "correlation within clusters": f"{self.icc:g}" if self.icc else "",
            "between waves": f"{self.icc_between_waves:g}" if self.icc_between_waves else "",
            "effect of weights": f"{self.weights_deff:g}" if self.weights_deff != 1 else "",
            "detects": "no change that is possible"
            if np.isnan(found)
            else f"a change of {size}, with a power of 80 %",
        }
        counts = f"{self.n:,} interviews in {self.clusters:,} clusters in a wave"
        return Card("SurveyPlan", f"{counts}; {of}", facts)

    @property
    def df(self) -> float:
        """Degrees of freedom of a change's variance, for clusters that are alike."""
        each = self.clusters / self.strata
        shared = self.overlap * each * (1 - 2 / each) + self.overlap**2
        return self.strata * 2 * (each - 1) ** 2 / (each - 1 + shared)

    def std_error(self, change: float = 0.0) -> float:
        """Standard error of the change between two waves, if it is of that size.

        Parameters
        ----------
        change : float, default 0
            The size of the change.

        Returns
        -------
        float
            In the unit of the answers.

        Examples
        --------
        >>> plan = SurveyPlan(n=800, clusters=800, share=0.5, overlap=0)
        >>> round(plan.std_error(), 3)
        0.025
        """
        return float(self.precision().std_error(np.array([float(change)]))[0])

    def power(self, change: float, *, alpha: float = 0.05) -> float:
        """Probability that a two-sided t test at `alpha` finds a change of that size.

        Parameters
        ----------
        change : float
            The size of the change.
        alpha : float, default 0.05
            Level of the test.

        Returns
        -------
        float
            Between `alpha` and 1.

        Examples
        --------
        >>> plan = SurveyPlan(n=800, clusters=800, share=0.5, overlap=0)
        >>> round(plan.power(0.07), 2)
        0.8
        """
        require_share("alpha", alpha)
        return float(self.precision(alpha).power(np.array([float(change)]))[0])

    def detectable_change(self, power: float = 0.8, *, alpha: float = 0.05) -> float:
        """Smallest change that a two-sided t test at `alpha` finds with a given power.

        Parameters
        ----------
        power : float, default 0.8
            How often it is to be found.
        alpha : float, default 0.05
            Level of the test.

        Returns
        -------
        float
            NaN where no change that is possible is found so often.

        Examples
        --------
        >>> plan = SurveyPlan(n=800, clusters=800, share=0.5, overlap=0)
        >>> round(plan.detectable_change(0.8), 3)
        0.07
        """
        require_share("power", power)
        require_share("alpha", alpha)
        return float(self.precision(alpha).detectable(power)[0])

    def sample_size(
        self, change: float, *, vary: str, power: float = 0.8, alpha: float = 0.05
    ) -> SurveyPlan:
        """Find the smallest survey that finds a change with a given power.

        Parameters
        ----------
        change : float
            The size of the change; 0.05 in a share is five percentage points.
        vary : {"people", "clusters"}
            Whether more people are asked in the same clusters, or more clusters of as many
            people are visited.
        power, alpha : float
            Of the two-sided t test.

        Returns
        -------
        SurveyPlan
            This plan with other `n`, and with other `clusters` if those vary.

        Raises
        ------
        SpecError
            If no number of people in these clusters would do, or the change is impossible.

        Examples
        --------
        >>> plan = SurveyPlan(n=544, clusters=16, strata=4, share=0.5, icc=0.05,
        ...                   icc_between_waves=0.04, overlap=1)
        >>> plan.sample_size(0.05, vary="clusters").clusters
        64
        """
        require_share("power", power)
        resized = choose("what varies", vary, RESIZED)
        _require_possible(self, change)

        def enough(size: int) -> bool:
            return resized(self, size).power(change, alpha=alpha) >= power

        if not enough(MOST):
            raise SpecError(_out_of_reach(self, change, vary, power, alpha))
        return resized(self, _smallest(enough))

    def precision(self, alpha: float = 0.05) -> Precision:
        """Variances of both waves and their covariance, as a survey's rows have them.

        Parameters
        ----------
        alpha : float, default 0.05
            Level of the test.

        Returns
        -------
        Precision
            Of one change.

        Examples
        --------
        >>> plan = SurveyPlan(n=800, clusters=800, share=0.5, overlap=0)
        >>> plan.precision().std_error(np.array([0.0])).round(3).tolist()
        [0.025]
        """
        variance = self.sd**2 if self.sd is not None else _binomial(self.share)
        icc = self.icc or 0.0
        people = (1 - icc) * self.weights_deff * self.clusters / self.n
        of_wave = np.array([variance * (icc + people) / self.clusters])
        both = variance * self.overlap * (self.icc_between_waves or 0.0) / self.clusters
        level = np.array([np.nan if self.share is None else self.share])
        return Precision(of_wave, of_wave, np.array([both]), level, level, self.test(alpha))

    def test(self, alpha: float = 0.05) -> TTest:
        """The two-sided t test of a change; strata count equally, new clusters have new ones.

        Parameters
        ----------
        alpha : float, default 0.05
            Its level.

        Returns
        -------
        TTest
            With the degrees of freedom of the variance, and those that the test takes.

        Examples
        --------
        >>> plan = SurveyPlan(n=544, clusters=16, strata=4, share=0.5, icc=0.05,
        ...                   icc_between_waves=0.04, overlap=1)
        >>> plan.test().df.round().tolist()
        [12.0]
        """
        strata = self.strata if self.overlap else 2 * self.strata
        equal = np.ones((1, strata))
        return TTest.of_strata(equal, equal * self.df / strata, alpha)


def _binomial(share: float | None) -> float:
    """Variance of one answer, yes or no."""
    p = share or 0.0
    return p * (1 - p)


def _with_people(plan: SurveyPlan, size: int) -> SurveyPlan:
    """As many people in every cluster."""
    return replace(plan, n=size * plan.clusters)


def _with_clusters(plan: SurveyPlan, size: int) -> SurveyPlan:
    """As many clusters in every stratum, with as many people in each as before."""
    clusters = (size + 1) * plan.strata
    return replace(plan, clusters=clusters, n=ceil(clusters * plan.n / plan.clusters - 1e-9))


RESIZED: Mapping[str, Callable[[SurveyPlan, int], SurveyPlan]] = {
    "people": _with_people,
    "clusters": _with_clusters,
}


def _smallest(enough: Callable[[int], bool]) -> int:
    """Smallest whole number that is enough, where all larger ones are too."""
    low, high = 0, MOST
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _out_of_reach(plan: SurveyPlan, change: float, vary: str, power: float, alpha: float) -> str:
    """Say what the best survey of its kind could find."""
    best = RESIZED[vary](plan, MOST).detectable_change(power, alpha=alpha)
    if vary == "people":
        return (
            f"However many people are asked in {plan.clusters} clusters, a change of {change:g} "
            f"is not found with a power of {power:g}; the smallest that is found so often is "
            f"{best:.3g}. More clusters would find it: vary='clusters'."
        )
    return f"No survey of any size finds a change of {change:g} with a power of {power:g}."


def _require_possible(plan: SurveyPlan, change: float) -> None:
    """Refuse a change of nothing, or by more than there is."""
    most = np.inf if plan.share is None else max(plan.share, 1 - plan.share)
    if not _number(change) or not 0 < change <= most:
        limit = "" if plan.share is None else f" and at most {most:g}, for share={plan.share:g}"
        raise SpecError(f"change is a number above 0{limit}; found {change!r}.")


def _problems(plan: SurveyPlan) -> list[str]:
    """List what is missing or contradictory."""
    sizes: tuple[tuple[str, object, int], ...]
    sizes = (("n", plan.n, 2), ("clusters", plan.clusters, 2), ("strata", plan.strata, 1))
    found = [
        f"{name} is a whole number from {least}; found {value!r}."
        for name, value, least in sizes
        if not _whole(value, least)
    ]
    if found:
        return found
    if plan.clusters < 2 * plan.strata:
        found.append(
            f"{plan.clusters} clusters in {plan.strata} strata: every stratum needs two, or its "
            "variance cannot be estimated."
        )
    if plan.n < plan.clusters:
        found.append(f"{plan.n} interviews do not fill {plan.clusters} clusters.")
    return found + _variance_problems(plan) + _overlap_problems(plan)


def _variance_problems(plan: SurveyPlan) -> list[str]:
    """List what is wrong with how answers vary."""
    found = []
    if (plan.share is None) == (plan.sd is None):
        found.append("give share= of a yes-or-no question, or sd= of a measured one, not both.")
    for name, value, low, high in (
        ("share", plan.share, 0.0, 1.0),
        ("sd", plan.sd, 0.0, np.inf),
        ("weights_deff", plan.weights_deff, 1 - 1e-12, np.inf),
    ):
        if value is not None and not (_number(value) and low < value < high):
            found.append(f"{name} lies between {low:.0f} and {high:.0f}; found {value!r}.")
    for name, value in (("icc", plan.icc), ("icc_between_waves", plan.icc_between_waves)):
        if value is not None and not (_number(value) and 0 <= value < 1):
            found.append(f"{name} is a correlation from 0 to below 1; found {value!r}.")
    if plan.icc is None and plan.n > plan.clusters:
        found.append(
            "icc= is needed: people in one cluster answer alike, and by how much decides what the "
            "survey can find. jf.detectable_change shows it for a survey that was made."
        )
    return found


def _overlap_problems(plan: SurveyPlan) -> list[str]:
    """List what is wrong with what both waves share."""
    if not _number(plan.overlap) or not 0 <= plan.overlap <= 1:
        return [f"overlap is a share of the clusters, from 0 to 1; found {plan.overlap!r}."]
    if plan.overlap > 0 and plan.icc_between_waves is None:
        return [
            "icc_between_waves= is needed where clusters are visited again: 0 if what a cluster "
            "says in one wave tells nothing of the next, as large as icc if all change alike."
        ]
    between = plan.icc_between_waves or 0.0
    if plan.n > plan.clusters and plan.icc is not None and between > plan.icc:
        return [
            f"icc_between_waves ({between:g}) is larger than icc ({plan.icc:g}), but answers of "
            "different waves are no more alike than those of one."
        ]
    return []


def _number(value: object) -> bool:
    """Whether it is a finite number, and not a truth value."""
    number = isinstance(value, Real) and not isinstance(value, bool)
    return number and isfinite(float(str(value)))


def _whole(value: object, least: int) -> bool:
    """Whether it is a whole number of at least `least`, and not a truth value."""
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    return whole and int(str(value)) >= least
