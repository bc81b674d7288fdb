r"""How far groups differ: standard deviations, their shares of variance, and correlations.

The variance of a latent answer, once the fixed part is known, is that of the effects plus that
of the family's own latent residual [1]_. Effects of slopes differ by pattern; their variance
:math:`z^\top \Sigma z` is averaged over interviews [2]_, and its terms are shared out among the
standard deviations and correlations that it is made of, so that shares add up to one.

References
----------
.. [1] Nakagawa, S., Johnson, P. C. D. and Schielzeth, H. (2017). The coefficient of
   determination R² and intra-class correlation coefficient from generalized linear
   mixed-effects models revisited and expanded. Journal of the Royal Society Interface 14,
   20170213.
.. [2] Johnson, P. C. D. (2014). Extension of Nakagawa & Schielzeth's R²GLMM to random slopes
   models. Methods in Ecology and Evolution 5, 944-946.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from jfmodels.engines.bayesian.multilevel import Multilevel
from jfmodels.engines.bayesian.posterior import Posterior
from jfmodels.model.data import Response
from jfmodels.model.effect_layout import Effect
from jfmodels.model.latent import Latent
from jfmodels.results.draws import Draws
from jfmodels.results.schema import COMPONENTS
from jfmodels.results.table import Table

__all__ = ["variance_components"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]

NODES = 31  # of Gauss and Hermite: exact to 4e-6 for a logit's sd of 2, to 3e-4 for one of 3
GUMBEL = np.pi**2 / 6
RESIDUAL: Mapping[str, float] = {"logit": 2 * GUMBEL, "probit": 1.0, "cloglog": GUMBEL}


def variance_components(engine: Multilevel, coverage: float) -> pd.DataFrame:
    """Tabulate standard deviations and their kin; see :meth:`BayesianFit.variance_components`."""
    parts = Variances(engine.posterior, engine.response)
    error = engine.posterior.error
    found = Draws(parts.values, error).summary(coverage)
    data: dict[str, Any] = {
        "component": [each.name for each in engine.posterior.latent.hyperparameters],
        "estimate": found.estimate,
        "std_error": found.std_error,
        "low": found.low,
        "high": found.high,
        "coverage": coverage,
        "mc_error": found.mc_error,
    }
    told = {"share": parts.shares, "icc_latent": parts.latent_icc, "icc_response": parts.icc}
    for name, draws in told.items():
        of = Draws(draws, error).summary(coverage)
        data |= {name: of.estimate, f"{name}_low": of.low, f"{name}_high": of.high}
    data["flag"] = [engine.flag] * len(found.estimate)
    return Table(data, columns=list(COMPONENTS))


@dataclass(frozen=True, eq=False)
class Variances:
    """Draws of the variance of latent answers, and of what it is made of.

    Parameters
    ----------
    posterior : Posterior
        S draws of h parameters.
    response : Response
        Whose answers are told apart on their own scale.
    """

    posterior: Posterior
    response: Response

    @property
    def _latent(self) -> Latent:
        return self.posterior.latent

    @cached_property
    def values(self) -> Floats:
        """The parameters, correlations being those of two coordinates alone; (S, h)."""
        found = self.posterior.parameters.copy()
        for effect in self._latent.every_effect:
            parameters = effect.block.parameters(effect.coordinates)
            for j, each in enumerate(parameters, start=effect.parameters.start):
                if each.label == "cor":
                    a, b = (effect.coordinates.index(name) for name in each.of)
                    found[:, j] = _correlation(self.posterior.covariance(effect), a, b)
        return found

    @cached_property
    def pieces(self) -> Floats:
        """Variance that each parameter stands for, NaN where it stands for none; (S, h)."""
        found = np.full_like(self.values, np.nan)
        for effect in self._latent.every_effect:
            spread = self.posterior.covariance(effect) * _moments(self._latent, effect)
            parameters = effect.block.parameters(effect.coordinates)
            for j, each in enumerate(parameters, start=effect.parameters.start):
                if each.label in PIECES:
                    at = [effect.coordinates.index(name) for name in each.of]
                    found[:, j] = PIECES[each.label](spread, at)
        if self._latent.family.dispersion == "sigma":
            found[:, -1] = self.values[:, -1] ** 2
        return found

    @cached_property
    def of_effect(self) -> Floats:
        """Variance of each effect over interviews, (S, E)."""
        found = [
            np.nansum(self.pieces[:, each.parameters], 1) for each in self._latent.every_effect
        ]
        return np.stack(found, axis=1) if found else np.empty((self.posterior.n_draws, 0))

    @cached_property
    def middle(self) -> Floats:
        """Linear predictors of the average interview without effects, (L, S)."""
        latent, weight = self._latent, _interviews(self._latent)
        row = np.zeros((1, latent.width))
        row[0, : latent.n_fixed] = weight @ latent.fixed
        offset = np.atleast_1d(weight @ latent.design.offset)
        return latent.predictors(csr_array(row), offset, self.posterior.field.T)[:, 0]

    @cached_property
    def total(self) -> Floats:
        """Variance of a latent answer, (S,)."""
        effects: Floats = self.of_effect.sum(axis=1)
        return effects + self._residual(effects)

    def _residual(self, effects: Floats) -> Floats:
        """Variance of the family's own latent residual, (S,); of counts after [1]_."""
        family = self._latent.family
        dispersion = self.values[:, -1] if family.dispersion else np.zeros(len(effects))
        if family.link == "identity":
            return dispersion**2
        if family.link == "log":
            mean = np.exp(self.middle[0] + effects / 2)
            return np.log1p(1 / mean + dispersion)
        return np.full(len(effects), GUMBEL if family.coding else RESIDUAL[family.link])

    @property
    def shares(self) -> Floats:
        """Part of the latent variance that each parameter stands for, (S, h)."""
        return self.pieces / self.total[:, None]

    @cached_property
    def shared(self) -> Floats:
        """Variance of all that two people have in common who share an effect, (S, E)."""
        keys = [_whose(each) for each in self._latent.every_effect]
        within = [[_settles(one, other) for other in keys] for one in keys]
        shape = (len(keys), len(keys))
        return self.of_effect @ np.array(within, dtype=np.float64).reshape(shape).T

    @property
    def latent_icc(self) -> Floats:
        """Correlation of latent answers in the first row of every effect, (S, h)."""
        return self._first_rows(self.shared / self.total[:, None])

    @property
    def icc(self) -> Floats:
        """Correlation of the answers themselves in the first row of every effect, (S, h)."""
        rest = self.of_effect.sum(axis=1, keepdims=True) - self.shared
        if self._latent.family.coding is not None:
            return self._first_rows(np.full_like(rest, np.nan))
        columns = zip(self.shared.T, rest.T, strict=True)
        found = [self._correlated(*np.maximum(each, 0.0)) for each in columns]
        return self._first_rows(np.stack(found, axis=1) if found else rest)

    def _correlated(self, shared: Floats, rest: Floats) -> Floats:
        """Variance of means given what is shared over that of answers, by quadrature; (S,)."""
        nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
        weights = weights / weights.sum()
        mean, between, second = np.zeros((3, len(shared)))
        for node, weight in zip(nodes, weights, strict=True):
            expected = self._expected(node * np.sqrt(shared) + nodes[:, None] * np.sqrt(rest))
            given = weights @ expected
            mean += weight * given
            between += weight * given**2
            second += weight * (weights @ (expected**2 + self._noise(expected)))
        return (between - mean**2) / (second - mean**2)

    def _expected(self, moved: Floats) -> Floats:
        """Mean answer of the average interview, its predictor moved by (Q, S); (Q, S)."""
        eta = np.repeat(self.middle[:, None], len(moved), axis=1)
        eta[0] += moved
        return self._latent.family.tally.mean(eta, _shown(self.response))

    def _noise(self, mean: Floats) -> Floats:
        """Variance of an answer about its mean (Q, S)."""
        family, last = self._latent.family, self.values[:, -1] if self.values.size else 0.0
        if family.shares:
            return mean * (1 - mean)
        if family.dispersion == "sigma":
            return np.broadcast_to(last**2, mean.shape)
        return mean + last * mean**2 if family.dispersion else mean

    def _first_rows(self, of_effect: Floats) -> Floats:
        """Put numbers of effects into the first row of each; (S, E) to (S, h)."""
        found = np.full_like(self.values, np.nan)
        found[:, [each.parameters.start for each in self._latent.every_effect]] = of_effect
        return found


def _correlation(covariance: Floats, a: int, b: int) -> Floats:
    """Correlation of two coordinates, (S,); 0 where one of them does not vary."""
    scale = np.sqrt(covariance[:, a, a] * covariance[:, b, b])
    return np.divide(covariance[:, a, b], scale, out=np.zeros_like(scale), where=scale > 0)


PIECES = {
    "sd": lambda spread, at: spread[:, at[0], at[0]] if at else spread.sum(axis=(1, 2)),
    "cor": lambda spread, at: 2 * spread[:, at[0], at[1]],
}


def _interviews(latent: Latent) -> Floats:
    """Part of all interviews that each row holds, (N,)."""
    n = np.bincount(latent.row, latent.n, len(latent.fixed))
    return n / n.sum()


def _moments(latent: Latent, effect: Effect) -> Floats:
    """Second moments of the loadings over interviews, (m, m)."""
    return (effect.loading * _interviews(latent)[:, None]).T @ effect.loading


def _whose(effect: Effect) -> Ints:
    """Number rows by group and loading: rows of one number share the effect wholly; (N,)."""
    keys = np.column_stack([effect.group, effect.loading])
    return np.unique(keys, axis=0, return_inverse=True)[1].ravel()


def _settles(one: Ints, other: Ints) -> bool:
    """Whether who shares one effect always shares the other too."""
    pairs = np.unique(np.column_stack([one, other]), axis=0)
    return len(pairs) == int(one.max()) + 1


def _shown(response: Response) -> tuple[int, ...]:
    """Places of the answers whose share is shown; none where answers are numbers."""
    if len(response.categories) == 2:
        return (1,)
    return tuple(k for k, name in enumerate(response.categories) if name in response.outcome.shown)
