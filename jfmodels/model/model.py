"""A model as a description without data, and how it is laid out for a survey."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jfmodels.display.card import Card, Displayed
from jfmodels.errors import EstimationError, SpecError, choose, listing
from jfmodels.model.basis import COEFFICIENTS, basis_of
from jfmodels.model.cells import Where, read_where
from jfmodels.model.data import ModelData, Response, read_data, read_response
from jfmodels.model.defaults import (
    THRESHOLDS,
    check_names,
    hyperparameters,
    prior_table,
    threshold_prior,
)
from jfmodels.model.deficiency import require_full_rank
from jfmodels.model.design_matrix import DesignMatrix, design_matrix
from jfmodels.model.effect_layout import Effect, Neighbours, lay_out_effects, require_apart
from jfmodels.model.families import FAMILIES, Family
from jfmodels.model.formula import Formula, parse
from jfmodels.model.latent import Hyperparameter, Latent
from jfmodels.model.priors import Prior
from jfmodels.model.scale import scale_of
from jfmodels.model.weighting import Counted, Pseudo, count
from jfmodels.survey.survey import Survey

__all__ = [
    "LaidOut",
    "Model",
    "check_answers",
    "family_of",
    "lay_out",
    "threshold_names",
    "weigh",
]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]

DEFAULT_FAMILY = {
    "shown": "bernoulli",
    "binary": "bernoulli",
    "ordinal": "ordinal",
    "nominal": "categorical",
    "continuous": "gaussian",
    "count": "negative binomial",
}
FAR = 2.0  # distance of a number from 0, in its ranges


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Model(Displayed):
    """A multilevel model: formula, family and priors, without data.

    Parameters
    ----------
    formula : str
        As in ``"trust_army ~ wave * region + sex + (1 | commune) + (1 | commune:wave)"``.
    family : str or Family, optional
        By default the one of the outcome's scale.
    priors : mapping of str to Prior, optional
        Priors that replace the default: by parameter ("sd(commune)"), coefficient
        ("wave[T.Q2]"), term ("wave") or kind ("sd"; "coefficient" for all but the intercept).
        Coefficients of a term that has one are independent beforehand; those of others are
        differences of levels that are all alike.
    neighbours : mapping, optional
        For ``bym2(commune)``: ``{"commune": {"Bankass": ["Koro", "Bandiagara"], ...}}``.

    Examples
    --------
    >>> import jfmodels as jf
    >>> model = jf.Model("shown(trust_army) ~ wave + (1 | commune)",
    ...                  priors={"sd(commune)": jf.HalfNormal(0.5)})
    >>> model.priors(jf.example()).tail(1)["prior"].item()
    'HalfNormal(sd=0.5)'
    """

    formula: Formula
    family: Family | None
    given: Mapping[str, Prior]
    neighbours: Neighbours = field(repr=False)

    def __init__(
        self,
        formula: str,
        *,
        family: str | Family | None = None,
        priors: Mapping[str, Prior] | None = None,
        neighbours: Neighbours | None = None,
    ) -> None:
        chosen = choose("family", family, FAMILIES)() if isinstance(family, str) else family
        if not (chosen is None or isinstance(chosen, Family)):
            found = getattr(chosen, "__name__", type(chosen).__name__)
            raise SpecError(
                "family= takes a name or a family such as jf.Bernoulli(link='probit'), with its "
                f"parentheses; found {found}."
            )
        content: dict[str, object] = {"formula": parse(formula), "family": chosen}
        _require_names("priors", priors, "{'sd(commune)': jf.HalfNormal(0.5)}")
        _require_names("neighbours", neighbours, "{'commune': {'a': ['b', 'c'], ...}}")
        content |= {"given": dict(priors or {}), "neighbours": dict(neighbours or {})}
        for name, value in content.items():
            object.__setattr__(self, name, value)

    def _card(self) -> Card:
        family = self.family
        facts = {
            "family": f"{family.name}, {family.link} link" if family else "by the outcome's scale",
            "effects": ", ".join(term.text for term in self.formula.effects),
            "priors": "; ".join(f"{name}: {prior!r}" for name, prior in self.given.items())
            or "defaults",
            "neighbours": ", ".join(self.neighbours),
        }
        note = "All priors, as they are for a survey: model.priors(survey)."
        return Card("Model", self.formula.text, facts, notes=[note])

    def priors(self, survey: Survey, *, where: Where | None = None) -> pd.DataFrame:
        """Tabulate the prior of every parameter, as it is for a survey.

        Parameters
        ----------
        survey : Survey
            Whose numbers scale the defaults.
        where : mapping, optional
            The domain.

        Returns
        -------
        DataFrame
            Columns ``parameter``, ``kind`` and ``prior``; for coefficients that are differences
            of levels, what their priors imply, rounded. That of the intercept, and of
            thresholds, is of the middle of all levels.

        Examples
        --------
        >>> import jfmodels as jf
        >>> table = jf.Model("shown(trust_army) ~ wave + (1 | commune)").priors(jf.example())
        >>> table.loc[table["parameter"] == "sd(commune)", "prior"].item()
        'HalfNormal(sd=1.0)'
        """
        return lay_out(self, survey, where).prior_table()


def _require_names(option: str, given: object, example: str) -> None:
    """Refuse what does not say by name what it is of."""
    if given is not None and not isinstance(given, Mapping):
        raise SpecError(
            f"{option}= says by name what is meant, as in {example}; found {type(given).__name__}."
        )


@dataclass(frozen=True, slots=True, eq=False)
class LaidOut:
    """A model laid out for a survey.

    Attributes
    ----------
    model : Model
        What it says.
    response : Response
        What stands on its left.
    data : ModelData
        The cells.
    latent : Latent
        Rows, field and parameters.
    where : mapping
        The domain.
    counted : Counted or None
        What interviews count in the likelihood, where it is not once each.
    """

    model: Model
    response: Response
    data: ModelData
    latent: Latent
    where: Mapping[str, Sequence[str]]
    counted: Counted | None = None

    def prior_table(self) -> pd.DataFrame:
        """Tabulate the priors."""
        return prior_table(self.latent)


def family_of(response: Response, family: Family | None) -> Family:
    """Give the family that was asked for, or the default of the outcome's scale."""
    chosen = family or FAMILIES[DEFAULT_FAMILY[response.scale]]()
    if response.scale not in chosen.scales:
        raise SpecError(
            f"Family '{chosen.name}' does not serve scale '{response.scale}'; it serves "
            f"{listing(chosen.scales)}."
        )
    return chosen


def lay_out(model: Model, survey: Survey, where: Where | None = None) -> LaidOut:
    """Lay a model out for a survey.

    Raises
    ------
    SpecError
        If it names what is not there.
    EstimationError
        If nobody gave one of the answers, or columns cannot be told apart.
    """
    allowed = read_where(survey, where)
    response = read_response(survey, model.formula)
    family = family_of(response, model.family)
    data = read_data(survey, model.formula, response, allowed)
    weights = np.bincount(data.pattern, data.n, len(data.patterns))
    design = design_matrix(model.formula, data.patterns, weights)
    require_full_rank(design)
    check_answers(design, family, response, data)
    latent = _latent(model, survey, family, response, data, design)
    return LaidOut(model, response, data, latent, allowed)


def weigh(laid: LaidOut, survey: Survey, pseudo: Pseudo) -> LaidOut:
    """Let interviews count in the likelihood as their scaled weights say; priors stay."""
    counted = count(survey, laid.model.formula, laid.response, laid.where, pseudo)
    n = np.bincount(counted.kind, counted.weight, len(laid.latent.n))
    return replace(laid, latent=replace(laid.latent, n=n), counted=counted)


def _latent(
    model: Model,
    survey: Survey,
    family: Family,
    response: Response,
    data: ModelData,
    design: DesignMatrix,
) -> Latent:
    """Lay out rows, field and parameters."""
    kinds, kind = np.unique(
        np.column_stack([data.pattern, data.answer]), axis=0, return_inverse=True
    )
    row, answer = kinds[:, 0].astype(np.int64), kinds[:, 1]
    n = np.bincount(kind.ravel(), data.n)
    scale = scale_of(family, answer, n)
    labels = {name: survey.rows.keys[name].labels for name in data.codes}
    effects = lay_out_effects(model.formula.effects, data, labels, survey.time, model.neighbours)
    keep = [k for k, x in enumerate(design.names) if x != "Intercept" or not family.constant_blocks]
    names = tuple(design.names[k] for k in keep)
    _require_near_zero(design, effects)
    require_apart(effects)
    interviews = np.bincount(row, n, len(data.patterns))
    thresholds = family.constant_blocks
    basis = basis_of(design, data.patterns, interviews, scale, model.given, thresholds)
    hyper = hyperparameters(effects, family, interviews, scale, model.given)
    n_thresholds = len(response.categories) - 1 if family.constant_blocks else 0
    threshold = threshold_prior(scale, model.given)
    check_names(model.given, _known(design, names, effects, hyper, n_thresholds))
    return Latent(
        family=family,
        categories=response.categories,
        design=design,
        basis=basis,
        effects=effects,
        hyperparameters=hyper,
        names=names,
        threshold_mean=np.full(n_thresholds, threshold.mean),
        threshold_sd=np.full(n_thresholds, threshold.sd),
        threshold_names=threshold_names(response.categories)[:n_thresholds],
        row=row,
        answer=answer,
        n=n,
    )


def _require_near_zero(design: DesignMatrix, effects: Sequence[Effect]) -> None:
    """Refuse numbers far from 0: priors speak of who is there, and would flatten their slopes."""
    columns = dict(zip(design.names, design.matrix.T, strict=True))
    for effect in effects:
        if effect.term.slopes:
            columns |= dict(zip(effect.coordinates, effect.loading.T, strict=True))
    for name, column in columns.items():
        numbers = column[column != 0]
        if len(numbers) and abs(numbers.mean()) > FAR * np.ptp(numbers) > 0:
            raise SpecError(
                f"'{name}' runs from {numbers.min():.8g} to {numbers.max():.8g}, far from 0, where "
                "priors expect the intercept. Write center(...) or standardize(...) of the "
                "number in the formula."
            )


def _known(
    design: DesignMatrix,
    names: Sequence[str],
    effects: Sequence[Effect],
    hyper: Sequence[Hyperparameter],
    n_thresholds: int,
) -> list[str]:
    """Names that a prior may be given for."""
    kinds = [
        each.label for effect in effects for each in effect.block.parameters(effect.coordinates)
    ]
    thresholds = [THRESHOLDS] if n_thresholds else []
    terms = [term for term in design.terms if term != "Intercept"]
    every = [COEFFICIENTS] if names else []
    return [*(each.name for each in hyper), *names, *terms, *kinds, *thresholds, *every]


def threshold_names(categories: Sequence[str]) -> tuple[str, ...]:
    """Name the thresholds between categories in order."""
    return tuple(f"{below} | {above}" for below, above in pairwise(categories))


def check_answers(
    design: DesignMatrix, family: Family, response: Response, data: ModelData
) -> None:
    """Refuse categories that nobody chose, and thresholds beside columns that replace them."""
    if family.constant_blocks and "Intercept" not in design.names:
        raise SpecError(
            "Thresholds take the intercept's place, so an ordinal model needs one: write its "
            "formula without '0 +' and '- 1'."
        )
    if family.shares:
        seen = np.bincount(data.answer.astype(np.int64), minlength=len(response.categories)) > 0
        absent = [name for name, any_ in zip(response.categories, seen, strict=True) if not any_]
        if absent:
            raise EstimationError(
                f"Nobody in these rows answered {listing(absent)} of '{response.outcome.name}'. "
                "Merge categories in the codebook, or widen where=."
            )
    elif np.ptp(data.answer) == 0:
        raise EstimationError(
            f"Every answer to '{response.outcome.name}' in these rows is {data.answer[0]:g}, so "
            "there is nothing to model. Widen where=."
        )
