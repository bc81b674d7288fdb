"""A multilevel fit: what a posterior can be asked beyond the tables of any fit.

Each answer is in a file of its own, loaded when it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from jfmodels.engines.bayesian.multilevel import Multilevel
from jfmodels.errors import SpecError, require_share
from jfmodels.results.fit import Categories, Fit
from jfmodels.survey.design import Names, as_names

if TYPE_CHECKING:
    from xarray import DataTree

    from jfmodels.engines.bayesian.leave_out import LeaveOut

__all__ = ["BayesianFit"]


@dataclass(frozen=True, slots=True, repr=False)
class BayesianFit(Fit):
    """A Bayesian multilevel fit; see :func:`jfmodels.fit`.

    Parameters
    ----------
    engine : Multilevel
        The model with its draws.

    Examples
    --------
    >>> import jfmodels as jf
    >>> formula = "shown(trust_army) ~ wave + (1 | commune)"
    >>> model = jf.fit(formula, jf.example(), weighting="ignore")
    >>> model.changes(over="wave")["prob_positive"].between(0, 1).all()
    np.True_
    """

    engine: Multilevel

    @property
    def idata(self) -> DataTree:
        """The fit as inference data, for ArviZ: ``az.summary(fit.idata)``.

        The group ``posterior`` holds coefficients, thresholds, standard deviations and their
        kin by their names in :meth:`variance_components`, and the effects of each random term,
        with the survey's own labels as coordinates. ``log_likelihood`` and
        ``posterior_predictive`` have one column per respondent, so that ``az.loo`` and
        ``az.compare`` speak of people; they are computed where they are looked at, so a part
        of them (``.isel(respondent=...)``) costs no more than that. ``log_prior`` is what
        ``az.psense_summary`` needs. ``observed_data`` and ``constant_data`` hold answers and
        covariates: inference data are as confidential as the interviews.

        Draws of :func:`jfmodels.prior_predictive` stand in ``prior`` and ``prior_predictive``.

        Respondents are numbered as the survey's rows, from 0, so that fits of one survey are
        compared person by person; those whom the model does not use are absent.

        Draws of a sampler keep their chains. Those of the Laplace engine are made into four
        chains: sets of parameters are dealt at random, and draws that share one stand side by
        side, so that ArviZ's effective sample sizes and errors count what they have in common.
        The chains differ by chance alone: R-hat repeats what the effective sample size says,
        and whether draws are to be believed stands in :meth:`diagnostics`. Made anew at every
        call; keep it in a name.

        Returns
        -------
        DataTree
            As ArviZ 1 reads it.

        Examples
        --------
        >>> import jfmodels as jf
        >>> model = jf.fit("shown(trust_army) ~ wave + (1 | commune)", jf.example(),
        ...                weighting="ignore")
        >>> dict(model.idata["posterior"]["(1 | commune)"].sizes)
        {'chain': 4, 'draw': 1000, 'commune': 16}
        """
        from jfmodels.engines.bayesian.inference_data import inference_data

        return inference_data(self.engine)

    def loo(self, unit: str = "row", *, refit: bool = True) -> LeaveOut:
        """Say how well the model foretells what it has not seen, leaving units out [1]_.

        Respondents are left out by Pareto smoothed importance sampling, as ``az.loo`` does. A
        group is left out with its effects: what it answers is foretold from new effects, not
        from those that its answers had shown [2]_. Compare models by the sums of the same
        units, and by the differences of their tables' rows.

        Parameters
        ----------
        unit : str, default "row"
            What is left out at a time: "row", or a column, or several as in "commune:wave".
            Columns need not be in the model.
        refit : bool, default True
            Whether to fit again without a unit whose weights cannot be believed, their tail
            shape being above 0.7, or a little less of few draws; about a second each.

        Returns
        -------
        LeaveOut
            With ``elpd``, ``se``, ``p_loo``, and a ``table`` of all units with columns of
            :data:`jfmodels.results.schema.LEAVE_OUT`.

        Raises
        ------
        SpecError
            If a column is not known, or some respondents have no group.

        References
        ----------
        .. [1] Vehtari, A., Gelman, A. and Gabry, J. (2017). Practical Bayesian model evaluation
           using leave-one-out cross-validation and WAIC. Statistics and Computing 27,
           1413-1432.
        .. [2] Merkle, E. C., Furr, D. and Rabe-Hesketh, S. (2019). Bayesian comparison of latent
           variable models: conditional versus marginal likelihoods. Psychometrika 84, 802-829.

        Examples
        --------
        >>> import jfmodels as jf
        >>> model = jf.fit("shown(trust_army) ~ wave + (1 | commune)", jf.example(),
        ...                weighting="ignore")
        >>> model.loo().n_units, model.loo("commune").n_units
        (3248, 16)
        """
        self._require_answers("loo")
        self._require_counts("loo")
        from jfmodels.engines.bayesian.leave_out import leave_out

        return leave_out(self.engine, unit, refit)

    def ppc(self, by: Names = None, *, coverage: float = 0.95) -> pd.DataFrame:
        """Check whether the model's own replications look like the interviews [1]_.

        The interviews are replicated with the same people and places, and effects as fitted.
        A cell is flagged as a misfit if it lies outside the interval of its replications; of
        many cells, up to the share that `coverage` leaves is flagged by chance. As the effects
        were fitted to the same answers, fewer are.

        Parameters
        ----------
        by : str or list of str, optional
            Groups to split by, beside the wave; they need not be in the model.
        coverage : float, default 0.95
            Content of the intervals.

        Returns
        -------
        DataFrame
            Columns of :data:`jfmodels.results.schema.PREDICTIVE`.

        References
        ----------
        .. [1] Gelman, A., Meng, X.-L. and Stern, H. (1996). Posterior predictive assessment of
           model fitness via realized discrepancies. Statistica Sinica 6, 733-760.

        Examples
        --------
        >>> import jfmodels as jf
        >>> model = jf.fit("shown(trust_army) ~ wave + (1 | commune)", jf.example(),
        ...                weighting="ignore")
        >>> model.ppc("region")[["region", "wave", "n"]].shape
        (24, 3)
        """
        self._require_counts("ppc")
        require_share("coverage", coverage)
        from jfmodels.engines.bayesian.predictive_check import predictive_check

        return predictive_check(self.engine, as_names(by), coverage)

    def save(
        self,
        path: str | Path,
        *,
        share: bool = False,
        tables: Mapping[str, pd.DataFrame] | None = None,
        minimum: int = 10,
        clusters: bool = False,
    ) -> Path:
        """Save the fit as netCDF; :func:`jfmodels.load_fit` loads it.

        By default the file answers every question that the fit answers, to the last digit and
        without the survey at hand. For that it holds the interviews: their groups, weights and
        answers to this one question, in codes, without the identity of respondents. Treat it
        as you treat the data.

        With ``share=True`` it holds no interviews, cells, observed answers or effects of
        interviewers, respondents and sampling clusters, but draws of coefficients, thresholds,
        standard deviations and effects of groups of at least `minimum` interviews, the usual
        tables, and those you name. What of these would expose people is withheld, as by
        :func:`jfmodels.withhold`. Coefficients are not judged: one that rests on a few people
        tells nearly as much of them as their answers would.

        Parameters
        ----------
        path : str or Path
            Ending in ``.nc``; a file of that name is replaced.
        share : bool, default False
            Leave out what would tell about single people.
        tables : mapping of str to DataFrame, optional
            With ``share=True``, answers to pass on: ``{"regions": fit.levels("region")}``.
        minimum : int, default 10
            With ``share=True``, least number of interviews of a group that is spoken of.
        clusters : bool, default False
            With ``share=True``, whether sampling clusters may be named: where they are so
            large, as towns are, that naming them tells of nobody.

        Returns
        -------
        Path
            The file written.

        Raises
        ------
        SpecError
            If the name does not end in ``.nc``, there is no such folder, or tables are named
            for a file that makes its own; with ``share=True``, if the fixed part or the domain
            of the model names people or clusters, or a table shows what was observed.

        Examples
        --------
        >>> import tempfile
        >>> import jfmodels as jf
        >>> formula = "shown(trust_army) ~ wave + (1 | commune)"
        >>> model = jf.fit(formula, jf.example(), weighting="ignore")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     again = jf.load_fit(model.save(f"{folder}/fit.nc"))
        >>> again.levels(over="wave").equals(model.levels(over="wave"))
        True
        """
        from jfmodels.engines.bayesian.saving import save

        return save(self.engine, path, share, tables, minimum, clusters)

    def variance_components(self, *, coverage: float = 0.95) -> pd.DataFrame:
        """Tabulate how far groups differ, and their share of all variance [1]_.

        Parameters
        ----------
        coverage : float, default 0.95
            Content of the intervals.

        Returns
        -------
        DataFrame
            A row for every standard deviation, correlation and other parameter, with columns
            of :data:`jfmodels.results.schema.COMPONENTS`. A share is one of the latent
            variance; correlations of two people's answers are given on the latent scale and
            on that of the answers themselves [2]_.

        References
        ----------
        .. [1] Nakagawa, S., Johnson, P. C. D. and Schielzeth, H. (2017). The coefficient of
           determination R² and intra-class correlation coefficient from generalized linear
           mixed-effects models revisited and expanded. Journal of the Royal Society
           Interface 14, 20170213.
        .. [2] Goldstein, H., Browne, W. and Rasbash, J. (2002). Partitioning variation in
           multilevel models. Understanding Statistics 1, 223-231.

        Examples
        --------
        >>> import jfmodels as jf
        >>> model = jf.fit("shown(trust_army) ~ wave + (1 | commune)", jf.example(),
        ...                weighting="ignore")
        >>> model.variance_components()["component"].tolist()
        ['sd(commune)']
        """
        require_share("coverage", coverage)
        from jfmodels.engines.bayesian.components import variance_components

        return variance_components(self.engine, coverage)

    def effects(self, group: str, *, names: bool = False, coverage: float = 0.95) -> pd.DataFrame:
        """Tabulate the effects of groups on the linear predictor.

        Effects on the answers of a nominal outcome are set against the mean of all answers,
        so no answer is special.

        Parameters
        ----------
        group : str
            As written behind the bar: ``"commune"`` or ``"commune:wave"``; or the term.
        names : bool, default False
            Whether interviewers are named. Unless they are, they have numbers, and their
            interviews are not counted. People who were interviewed are never shown.
        coverage : float, default 0.95
            Content of the intervals.

        Returns
        -------
        DataFrame
            Columns of :data:`jfmodels.results.schema.EFFECTS`.

        Raises
        ------
        SpecError
            If the model has no such term, or its groups are people.

        Examples
        --------
        >>> import jfmodels as jf
        >>> model = jf.fit("shown(trust_army) ~ wave + (1 | commune)", jf.example(),
        ...                weighting="ignore")
        >>> model.effects("commune")["level"].tolist()[:2]
        ['Ansongo', 'Bandiagara']
        """
        require_share("coverage", coverage)
        from jfmodels.engines.bayesian.group_effects import effect_table

        return effect_table(self.engine, group, coverage, names)

    def predict(
        self,
        new: pd.DataFrame,
        *,
        of: str = "mean",
        categories: Categories = "shown",
        coverage: float = 0.95,
    ) -> pd.DataFrame:
        """Predict the share or mean of people and places that are described row by row.

        A group that the fit knows keeps its effect, interviewers included. One that is missing
        or not known is drawn anew from the fitted distribution.

        Parameters
        ----------
        new : DataFrame, P rows
            The columns of the formula: wave, covariates, and, where they are known, groups.
        of : {"mean", "group"}, default "mean"
            Of groups that are not known: the average of all that could be met, or one of
            them, which is less certain.
        categories : "shown", "all" or list of str
            Which categories.
        coverage : float, default 0.95
            Content of the intervals.

        Returns
        -------
        DataFrame
            Rows of `new` by categories, columns of
            :data:`jfmodels.results.schema.PREDICTIONS`.

        Raises
        ------
        SpecError
            Listing the columns and labels that the model cannot read.

        Examples
        --------
        >>> import jfmodels as jf
        >>> model = jf.fit("shown(trust_army) ~ wave + (1 | commune)", jf.example(),
        ...                weighting="ignore")
        >>> asked = pd.DataFrame({"wave": ["Q6", "Q6"], "commune": ["Ansongo", None]})
        >>> model.predict(asked)["drawn_anew"].tolist()
        ['', 'commune']
        """
        require_share("coverage", coverage)
        from jfmodels.engines.bayesian.predictions import prediction_table

        return prediction_table(self.engine, new, of, categories, coverage)

    def prior_sensitivity(self, *, over: object = "wave") -> pd.DataFrame:
        """Say how much the answers would change with stronger or weaker priors [1]_.

        With four regions, the prior of their standard deviation decides much of what is said
        of it: such a row is sensitive to its prior. That is no fault, but worth telling.

        Parameters
        ----------
        over : "wave", "fixed" or "everyone", default "wave"
            Composition over which levels are averaged; see :meth:`levels`.

        Returns
        -------
        DataFrame
            Two rows for every standard deviation and every wave's level, columns of
            :data:`jfmodels.results.schema.SENSITIVITY`.

        References
        ----------
        .. [1] Kallioinen, N., Paananen, T., Bürkner, P.-C. and Vehtari, A. (2024). Detecting
           and diagnosing prior and likelihood sensitivity with power-scaling. Statistics and
           Computing 34, 57.

        Examples
        --------
        >>> import jfmodels as jf
        >>> model = jf.fit("shown(trust_army) ~ wave + (1 | region)", jf.example(),
        ...                weighting="ignore")
        >>> table = model.prior_sensitivity().set_index(["quantity", "scaled"])
        >>> bool(table.loc[("sd(region)", "prior"), "sensitivity"] > 0.05)
        True
        """
        self._require_answers("prior_sensitivity")
        from jfmodels.engines.bayesian.sensitivity import sensitivity_table

        return sensitivity_table(self.engine, over)

    def _require_counts(self, asked: str) -> None:
        """Refuse what foretells interviews, where those were sought out by their answers."""
        if self.engine.adjustment is not None:
            raise SpecError(
                f"{asked}() sets interviews against what the model foretells of them. A "
                "pseudo-likelihood speaks of the people whom the weights stand for instead, and "
                "says nothing of who is interviewed. Check the model with weighting='ignore'."
            )

    def _require_answers(self, asked: str) -> None:
        """Refuse what has no meaning before any answer is seen."""
        if self.engine.name == "prior":
            raise SpecError(
                f"{asked}() asks what the answers say, and prior draws have seen none: fit the "
                "model by jf.fit() first."
            )
