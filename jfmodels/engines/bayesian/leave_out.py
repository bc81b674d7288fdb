r"""How well a model foretells what it has not seen: units left out one at a time.

A respondent: :math:`\log p(y_i \mid y_{-i})` by importance sampling over the draws, with Pareto
smoothed weights [1]_. A group takes its own effects with it, and draws of effects that have seen
the group's answers say little of those that have not (with k below 0.7, communes' densities
were off by 1.5). So effects are integrated out [2]_: for parameters :math:`\theta`,

.. math:: p(y_g \mid \theta, y_{-g}) = p(y \mid \theta) / p(y_{-g} \mid \theta),

both by Laplace's method, the common part of whose errors cancels; draws of :math:`\theta` alone
are then weighted. Where weights cannot be believed, the model is fitted again without the unit.

References
----------
.. [1] Vehtari, A., Gelman, A. and Gabry, J. (2017). Practical Bayesian model evaluation using
   leave-one-out cross-validation and WAIC. Statistics and Computing 27, 1413-1432.
.. [2] Merkle, E. C., Furr, D. and Rabe-Hesketh, S. (2019). Bayesian comparison of latent variable
   models: conditional versus marginal likelihoods. Psychometrika 84, 802-829.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array, eye_array
from scipy.special import logsumexp

from jfmodels.display.card import Card, Displayed
from jfmodels.engines.bayesian.field import Field
from jfmodels.engines.bayesian.laplace import HIGHEST_K, draw_laplace
from jfmodels.engines.bayesian.multilevel import Multilevel
from jfmodels.engines.bayesian.pareto import smooth
from jfmodels.engines.bayesian.pointwise import densities_of, kinds_of, log_densities
from jfmodels.engines.bayesian.posterior import Posterior
from jfmodels.engines.bayesian.settings import Laplace
from jfmodels.engines.progress import somebody_looks, watched
from jfmodels.errors import SpecError
from jfmodels.model.data import read_data
from jfmodels.model.latent import Latent
from jfmodels.results.schema import LEAVE_OUT
from jfmodels.results.table import Table

__all__ = ["LeaveOut", "leave_out", "left_out_density"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]

ROW = "row"
POINTS = 200  # draws at which effects are integrated out
CARE = 8  # draws near which integrals over people are computed with care
REFIT_DRAWS = 1000
NUMBERS = 30_000_000  # held at a time
PRECISE = 1e-9  # gain of a Newton step that ends the search for a mode


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LeaveOut(Displayed):
    """How well a model foretells units that are left out.

    Attributes
    ----------
    unit : str
        What was left out at a time: "row" for one respondent, or groups.
    elpd, se : float
        Expected log predictive density, summed over units, and its standard error over them.
    p_loo : float
        How much higher the density is if the unit's own answers are known: an effective number
        of parameters.
    n_units : int
        Number of units.
    n_refitted : int
        Of these, how many were left out by fitting again.
    table : DataFrame
        Unit by unit, with columns of :data:`jfmodels.results.schema.LEAVE_OUT`. Its rows are
        about people if single ones are left out.

    Examples
    --------
    >>> import jfmodels as jf
    >>> formula = "shown(trust_army) ~ wave + (1 | commune)"
    >>> found = jf.fit(formula, jf.example(), weighting="ignore").loo()
    >>> found.unit, found.n_units
    ('row', 3248)
    """

    unit: str
    elpd: float
    se: float
    p_loo: float
    n_units: int
    n_refitted: int
    table: pd.DataFrame = field(repr=False)

    def _card(self) -> Card:
        bad = int((self.table["pareto_k"] > HIGHEST_K).sum()) - self.n_refitted
        unit = "respondent" if self.unit == ROW else self.unit
        facts = {
            "elpd": f"{self.elpd:,.1f} (se {self.se:.1f})",
            "effective parameters": f"{self.p_loo:.1f}",
            "fitted again without": f"{self.n_refitted:,} units" if self.n_refitted else "",
        }
        warnings = [f"{bad:,} units have weights that cannot be believed."] if bad > 0 else []
        return Card("LeaveOut", f"{self.n_units:,} units left out, each a {unit}", facts, warnings)


@dataclass(frozen=True, slots=True, eq=False)
class _Units:
    """Units that are left out; U of them.

    Attributes
    ----------
    counts : csr_array, shape (U, K)
        How many gave each kind of answer.
    alike : ndarray, shape (U,)
        How many such units there are.
    names : sequence of str
        Names of the units.
    """

    counts: csr_array
    alike: Floats
    names: Sequence[str]

    def described(self) -> dict[str, Any]:
        """What the table says of each before anything is left out."""
        return {
            "unit": pd.array(list(self.names), dtype="str"),
            "n_units": self.alike.astype(np.int64),
            "n": self.counts.sum(axis=1).astype(np.int64),
        }


def leave_out(engine: Multilevel, unit: str, refit: bool) -> LeaveOut:
    """Leave units out; see :meth:`BayesianFit.loo`."""
    posterior, people = engine.posterior, unit == ROW
    units = _people(engine) if people else _groups(engine, tuple(unit.split(":")))
    of_unit = densities_of(posterior, np.arange(posterior.n_draws), units.counts)
    weighted = of_unit if people else _integrated(posterior, units.counts)
    elpd, k = _smoothed(weighted)
    again, refit_k = (k > highest_k(weighted.shape[1])) & refit, np.full(len(k), np.nan)
    left = np.flatnonzero(again)
    refits = (
        left_out_density(posterior.latent, units.counts[[u]].toarray()[0], engine.seed)
        for u in left
    )
    shown = len(left) > 1 and somebody_looks(sys.stderr)
    for u, found in zip(left, watched(refits, len(left), shown, "Fitting again"), strict=True):
        elpd[u], refit_k[u] = found
    known = logsumexp(of_unit, axis=1) - np.log(of_unit.shape[1])
    told = {"elpd": elpd, "p_loo": known - elpd, "pareto_k": k}
    told |= {"refitted": again, "refit_pareto_k": refit_k, "flag": [engine.flag] * len(k)}
    return _summed(unit, Table(units.described() | told, columns=list(LEAVE_OUT)))


def highest_k(n: int) -> float:
    """Tail shape up to which weights of n draws can be believed; fewer draws bear less [1]_.

    References
    ----------
    .. [1] Vehtari, A., Simpson, D., Gelman, A., Yao, Y. and Gabry, J. (2024). Pareto smoothed
       importance sampling. Journal of Machine Learning Research 25(72), 1-58.
    """
    return min(1 - 1 / np.log10(n), HIGHEST_K)


def _summed(unit: str, table: pd.DataFrame) -> LeaveOut:
    """Sum over all units, those that are alike counted each."""
    alike, elpd = table["n_units"].to_numpy(), table["elpd"].to_numpy()
    n = int(alike.sum())
    mean = float(alike @ elpd) / n
    return LeaveOut(
        unit=unit,
        elpd=n * mean,
        se=float(np.sqrt(alike @ (elpd - mean) ** 2 * n / max(n - 1, 1))),
        p_loo=float(alike @ table["p_loo"].to_numpy()),
        n_units=n,
        n_refitted=int(alike[table["refitted"].to_numpy()].sum()),
        table=table,
    )


def _smoothed(said: Floats) -> tuple[Floats, Floats]:
    """Log density of units left out, by smoothed weights, and their tails' shapes; from (U, S)."""
    elpd, k = np.empty(len(said)), np.empty(len(said))
    for u, each in enumerate(said):
        weights, k[u] = smooth(-each)
        elpd[u] = logsumexp(each, b=weights)
    return elpd, k


def _integrated(posterior: Posterior, counts: csr_array) -> Floats:
    """Log density of units given the others, effects integrated out, in some draws; (U, T)."""
    some = np.linspace(0, posterior.n_draws - 1, min(POINTS, posterior.n_draws)).astype(np.int64)
    theta, start = posterior.theta[some].T, posterior.field[some].T
    full, mode = _evidence(posterior.latent, theta, start)
    found = np.empty((counts.shape[0], len(some)))
    shown = len(found) > 1 and somebody_looks(sys.stderr)
    for u in watched(range(len(found)), len(found), shown, "Leaving out"):
        left = counts[[u]].toarray()[0]
        without = replace(posterior.latent, n=posterior.latent.n - left)
        found[u] = full - _evidence(without, theta, mode)[0]
        found[u] += _constant(posterior, without, left)
    return found


def left_out_density(latent: Latent, left: Floats, seed: int) -> tuple[float, float]:
    """Fit again without some answers, and say how likely they were.

    Parameters
    ----------
    latent : Latent
        The model, laid out for all answers.
    left : ndarray, shape (K,)
        How many of each kind of answer are left out.
    seed : int
        Of the random numbers.

    Returns
    -------
    density : float
        Log predictive density of the answers left out.
    k : float
        Shape of the new fit's weights.
    """
    without = replace(latent, n=latent.n - left)
    posterior = draw_laplace(without, Laplace(draws=REFIT_DRAWS, seed=seed, on_poor_k="warn"))
    said = _integrated(replace(posterior, latent=latent), csr_array(left[None]))[0]
    return float(logsumexp(said) - np.log(len(said))), float(posterior.checks[0].value)


def _evidence(latent: Latent, theta: Floats, start: Floats) -> tuple[Floats, Floats]:
    """Laplace's approximation of the log density of answers and parameters (h, B), shape (B,),
    and the modes of the field (n, B).
    """
    model = Field(latent).near(start[:, :CARE], theta[:, :CARE])
    size, parts = max(1, NUMBERS // (4 * model.curvature.arrow.n_entries)), []
    for first in range(0, theta.shape[1], size):
        here = slice(first, first + size)
        parts.append(model.approximate(theta[:, here], start[:, here], PRECISE))
    evidence = np.concatenate([model.evidence(each) for each in parts])
    return evidence, np.concatenate([each.mode for each in parts], axis=1)


def _constant(posterior: Posterior, without: Latent, left: Floats) -> float:
    """What the log density of answers has beyond what their sums say; any draw tells it, and
    the effects of people may be left out.
    """
    theta, x = posterior.theta[:1].T, posterior.field[:1].T
    plain = replace(posterior, latent=replace(posterior.latent, integrated=None))
    full, reduced = (
        model.value(x, theta, model.beforehand(theta))
        for model in (Field(plain.latent), Field(replace(without, integrated=None)))
    )
    said = log_densities(plain, np.zeros(1, dtype=np.int64))[0]
    return float(left @ said - (full - reduced)[0])


def _people(engine: Multilevel) -> _Units:
    """Respondents, those of one kind told once."""
    latent, patterns = engine.posterior.latent, engine.data.patterns
    who = engine.survey.design.interviewer
    if who is not None and who in patterns:
        patterns = patterns.assign(**{who: patterns[who].map(_numbered(engine, who))})
    told = patterns.drop(columns="time", errors="ignore").astype("str").agg(", ".join, axis=1)
    texts = told.to_numpy()[latent.row]
    if latent.categories:
        answers = np.array(latent.categories)[latent.answer.astype(np.int64)]
    else:
        answers = np.array([f"{answer:g}" for answer in latent.answer])
    names = [f"{text}: {answer}" for text, answer in zip(texts, answers, strict=True)]
    return _Units(csr_array(eye_array(len(latent.n))), latent.n, names)


def _groups(engine: Multilevel, columns: tuple[str, ...]) -> _Units:
    """Groups of respondents by one column, or several together."""
    keys = [engine.survey.group(name) for name in columns]
    by = [name for name in columns if name != "wave"]
    data = read_data(engine.survey, engine.formula, engine.response, engine.where, by)
    found = {"wave": data.wave} | dict(zip(by, data.groups.T, strict=True))
    codes = np.column_stack([found[name] for name in columns])
    lost = int(data.n[(codes < 0).any(axis=1)].sum())
    if lost:
        raise SpecError(
            f"unit='{':'.join(columns)}' would leave {lost:,} respondents out of every unit, as "
            "they have no such group. Choose a column that is complete."
        )
    groups, group = np.unique(codes, axis=0, return_inverse=True)
    kind = kinds_of(engine.posterior.latent, data.pattern, data.answer)
    shape = (len(groups), len(engine.posterior.latent.n))
    counts = csr_array((data.n, (group.ravel(), kind)), shape=shape)
    told = [
        list(_numbered(engine, name).values())
        if name == engine.survey.design.interviewer
        else key.labels
        for name, key in zip(columns, keys, strict=True)
    ]
    names = [":".join(labels[c] for labels, c in zip(told, row, strict=True)) for row in groups]
    return _Units(counts, np.ones(len(groups)), names)


def _numbered(engine: Multilevel, interviewer: str) -> dict[str, str]:
    """Numbers in place of interviewers' names, in the survey's order."""
    labels = engine.survey.group(interviewer).labels
    return {label: f"{interviewer} {k}" for k, label in enumerate(labels, start=1)}
