"""A survey that is only planned: what it could find, from the numbers of its design."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from math import ceil, isfinite

import numpy as np
from numpy.typing import NDArray

from jfmodels.display.card import Card, Displayed
from jfmodels.errors import SpecError, choose, raise_all, require_share
from jfmodels.planning.plan_checks import is_number, problems_of
from jfmodels.planning.power import TTest
from jfmodels.planning.precision import Precision

__all__ = ["RESIZED", "SurveyPlan", "never_found"]

type Floats = NDArray[np.float64]

MOST = 10_000_000  # interviews, or clusters, beyond which no survey is planned


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SurveyPlan(Displayed):
    r"""Two waves of a survey in numbers, to ask what change between them it could find.

    With m clusters of n/m people a wave, :math:`\sigma^2` the variance of an answer,
    :math:`\rho` the correlation of two answers in one cluster and wave, :math:`\rho_b` that in
    one cluster and different waves, :math:`\rho_p` that of one person's answers in two waves, a
    share o of the clusters visited again and in these a share a of the people asked again, the
    change has the variance

    .. math:: \frac{2\sigma^2}{m}\left(\rho - o\rho_b
              + \bigl(1-\rho - o a(\rho_p-\rho_b)\bigr)\,\mathrm{deff}\,\frac{m}{n}\right)

    on clusters minus strata degrees of freedom where all are visited again. The test is that of
    :func:`jfmodels.direct`, whose degrees of freedom are estimated too; for people drawn one by
    one it is Welch's. A region, or any other group of whole clusters, is a plan of its own.

    Who is asked again is taken to weigh as much as before, so that uneven weights enlarge what
    answers of one person have in common as they do the variance: of people drawn one by one the
    change has the variance :math:`2\sigma^2\,\mathrm{deff}\,(1 - o\rho_b)/n`.

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
        Correlation of two answers in one cluster and different waves; needed unless all
        clusters are new. Where people were drawn one by one and asked again, that of a person's
        two answers.
    overlap : float
        Share of the clusters that are the same in both waves: 1 revisited, 0 drawn anew.
    overlap_people : float, default 0
        In clusters that are the same, the share of the people who are the same too: 1 a panel, 0
        new people.
    person_correlation : float, optional
        Correlation of one person's answers in the two waves; needed where people are the same.
    weights_deff : float, default 1
        Design effect of uneven weights within clusters, or among people drawn one by one: 1 +
        their squared coefficient of variation.

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

    The same people asked again:

    >>> panel = jf.SurveyPlan(
    ...     n=544, clusters=16, strata=4, share=0.5, icc=0.05, icc_between_waves=0.04, overlap=1,
    ...     overlap_people=1, person_correlation=0.6
    ... )
    >>> round(panel.detectable_change(), 3)
    0.081
    """

    # None where a plan cannot do without: the error then says what is asked for
    n: int = None  # type: ignore[assignment]
    clusters: int = None  # type: ignore[assignment]
    strata: int = 1
    share: float | None = None
    sd: float | None = None
    icc: float | None = None
    icc_between_waves: float | None = None
    overlap: float = None  # type: ignore[assignment]
    overlap_people: float = 0.0
    person_correlation: float | None = None
    weights_deff: float = 1.0

    def __post_init__(self) -> None:
        numbers = {each.name: getattr(self, each.name) for each in fields(self)}
        raise_all(SpecError, problems_of(**numbers), "SurveyPlan")

    def _card(self) -> Card:
        of = f"share of {self.share:g}" if self.share is not None else f"mean, sd {self.sd:g}"
        found = float(self.precision().detectable(0.8)[0])
        size = f"{100 * found:.1f} points" if self.share is not None else f"{found:.3g}"
        panel = self.overlap_people > 0
        facts = {
            "strata": f"{self.strata:,}" if self.strata > 1 else "",
            "clusters visited again": f"{self.overlap:.0%}",
            "people asked again there": f"{self.overlap_people:.0%}" if panel else "",
            "correlation within clusters": f"{self.icc:g}" if self.icc else "",
            "between waves": f"{self.icc_between_waves:g}" if self.icc_between_waves else "",
            "of one person's answers": f"{self.person_correlation:g}" if panel else "",
            "effect of weights": f"{self.weights_deff:g}" if self.weights_deff != 1 else "",
            "detects": "no change that is possible"
            if not isfinite(found)
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
        _require_possible(self, change, from_nothing=True)
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
        _require_possible(self, change, from_nothing=True)
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
            In the unit of the answers.

        Raises
        ------
        SpecError
            If no change that is possible is found so often.

        Examples
        --------
        >>> plan = SurveyPlan(n=800, clusters=800, share=0.5, overlap=0)
        >>> round(plan.detectable_change(0.8), 3)
        0.07
        """
        require_share("power", power)
        require_share("alpha", alpha)
        found = float(self.precision(alpha).detectable(power)[0])
        if not isfinite(found):
            raise SpecError(never_found(self, power, alpha))
        return found

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
        icc, lasting, own = self._correlations()
        person = self.weights_deff * self.clusters / self.n
        of_wave = np.array([variance * (icc + (1 - icc) * person) / self.clusters])
        both = variance * self.overlap * (lasting + own * person) / self.clusters
        level = np.array([np.nan if self.share is None else self.share])
        return Precision(of_wave, of_wave, np.array([both]), level, level, self.test(alpha))

    def _correlations(self) -> tuple[float, float, float]:
        """What answers share in a cluster and wave, in a cluster, and beyond it in a person."""
        between = self.icc_between_waves or 0.0
        if self.n == self.clusters:  # all that is shared is the person's, and weighs as they do
            return 0.0, 0.0, between
        own = self.overlap_people * ((self.person_correlation or 0.0) - between)
        return self.icc or 0.0, between, own

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
    if plan.n == plan.clusters and plan.icc is None:
        raise SpecError(
            "People drawn one by one are clusters of one: ask for more of them by vary='clusters', "
            "or say icc= if several are to be asked in each."
        )
    least = 1 if plan.person_correlation is None else 2  # one person each is no cluster of people
    return replace(plan, n=max(size, least) * plan.clusters)


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
    best = float(RESIZED[vary](plan, MOST).precision(alpha).detectable(power)[0])
    if vary == "people" and not isfinite(best):
        return f"{never_found(RESIZED[vary](plan, MOST), power, alpha)} vary='clusters' says when."
    if vary == "people":
        return (
            f"However many people are asked in {plan.clusters} clusters, a change of {change:g} "
            f"is not found with a power of {power:g}; the smallest that is found so often is "
            f"{best:.3g}. More clusters would find it: vary='clusters'."
        )
    return f"No survey of any size finds a change of {change:g} with a power of {power:g}."


def never_found(plan: SurveyPlan, power: float, alpha: float) -> str:
    """Say how often the largest change that is possible is found."""
    most = _largest(plan)
    found = plan.precision(alpha).power(np.array([most]))[0]
    return (
        f"Even the largest change that share={plan.share:g} leaves room for, {most:g}, is found "
        f"with a power of {found:.2g} only, not {power:g}. More clusters are needed, or a less "
        "strict alpha."
    )


def _largest(plan: SurveyPlan) -> float:
    """The largest change that there is room for."""
    return np.inf if plan.share is None else max(plan.share, 1 - plan.share)


def _require_possible(plan: SurveyPlan, change: float, *, from_nothing: bool = False) -> None:
    """Refuse a change below 0, of nothing unless that is meant too, or by more than there is."""
    most = _largest(plan)
    large_enough = is_number(change) and (change > 0 or (from_nothing and change == 0))
    if not large_enough or change > most:
        limit = "" if plan.share is None else f" and at most {most:g}, for share={plan.share:g}"
        raise SpecError(f"change is a number above 0{limit}; found {change!r}.")
