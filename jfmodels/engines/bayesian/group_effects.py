"""Effects of the groups of a random term, one by one, without naming people unasked."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jfmodels.engines.bayesian.multilevel import Multilevel
from jfmodels.errors import SpecError, choose
from jfmodels.model.data import ModelData
from jfmodels.model.effect_layout import Effect
from jfmodels.model.latent import Latent
from jfmodels.results.draws import Draws
from jfmodels.results.schema import EFFECTS
from jfmodels.results.table import Table
from jfmodels.survey.design import SurveyDesign

__all__ = ["effect_table"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]


def effect_table(engine: Multilevel, group: str, coverage: float, names: bool) -> pd.DataFrame:
    """Tabulate the effects of the groups of random terms; see :meth:`BayesianFit.effects`."""
    parts = list(_parts(engine, group, coverage, names))
    return pd.concat(parts, ignore_index=True)


def _parts(engine: Multilevel, group: str, coverage: float, names: bool) -> Iterator[pd.DataFrame]:
    """One table for every term that was asked for."""
    latent, design = engine.posterior.latent, engine.survey.design
    for effect in _asked(latent, group):
        _refuse_people(effect, design)
        hidden = design.interviewer in effect.term.groups and not names
        table = _table(engine, latent.effects.index(effect), coverage)
        yield _numbered(table, effect) if hidden else table


def _asked(latent: Latent, group: str) -> tuple[Effect, ...]:
    """Find terms by their group as it stands behind the bar, or by their text."""
    known: dict[str, tuple[Effect, ...]] = {}
    for effect in latent.every_effect:
        for name in {":".join(effect.term.groups), effect.term.text} - {""}:
            known[name] = (*known.get(name, ()), effect)
    if not known:
        raise SpecError("The model has no random terms, so there are no effects of groups.")
    return choose("group", group, known)


def _refuse_people(effect: Effect, design: SurveyDesign) -> None:
    """Respondents are never shown."""
    if design.person is not None and design.person in effect.term.groups:
        raise SpecError(
            f"'{design.person}' names people who were interviewed, and no table shows them. "
            "variance_components() says how far they differ."
        )


def _table(engine: Multilevel, k: int, coverage: float) -> pd.DataFrame:
    """Tabulate one term: levels, their coordinates, and the answers of a nominal outcome."""
    posterior, latent = engine.posterior, engine.posterior.latent
    effect = latent.effects[k]
    drawn = _by_answer(latent, posterior.effects(k))
    found = Draws(drawn.reshape(len(drawn), -1), posterior.error).summary(coverage)
    level, coordinate, answer = (each.ravel() for each in np.indices(drawn.shape[1:]))
    answers = latent.categories if latent.family.coding else ("",)
    data = {
        "term": effect.term.text,
        "level": [effect.levels[place] for place in level],
        "coordinate": [effect.coordinates[place] for place in coordinate],
        "answer": [answers[place] for place in answer],
        "estimate": found.estimate,
        "std_error": found.std_error,
        "low": found.low,
        "high": found.high,
        "coverage": coverage,
        "prob_positive": found.prob_positive,
        "mc_error": found.mc_error,
        "n": pd.array(_behind(engine.data, effect)[level, coordinate], dtype="Int64"),
        "flag": [posterior.flag] * len(level),
    }
    return Table(data, columns=list(EFFECTS))


def _by_answer(latent: Latent, drawn: Floats) -> Floats:
    """Effects (S, G, m, L) of a nominal outcome as those on every answer, which add up to 0."""
    if latent.family.coding is None:
        return drawn
    every = np.concatenate([np.zeros_like(drawn[..., :1]), drawn], axis=-1)
    centred: Floats = every - every.mean(axis=-1, keepdims=True)
    return centred


def _behind(data: ModelData, effect: Effect) -> Ints:
    """Interviews on which every coordinate of every group acts, (G, m)."""
    n = np.bincount(data.pattern, data.n, len(data.patterns))
    total = np.zeros((len(effect.levels), len(effect.coordinates)))
    np.add.at(total, effect.group, n[:, None] * (effect.loading != 0))
    return total.round().astype(np.int64)


def _numbered(table: pd.DataFrame, effect: Effect) -> pd.DataFrame:
    """Number groups by their first effect, lowest first, and withhold how many each met.

    An order of names would give the names away, and so would the number of interviews.
    """
    rows_each = len(table) // len(effect.levels)
    first = table["estimate"].to_numpy()[::rows_each]
    number = np.argsort(np.argsort(first)) + 1
    labels = np.repeat(number, rows_each).astype(str)
    order = np.argsort(np.repeat(number, rows_each), kind="stable")
    hidden = table.assign(level=labels, n=pd.array([pd.NA] * len(table), dtype="Int64"))
    return hidden.iloc[order].reset_index(drop=True)
