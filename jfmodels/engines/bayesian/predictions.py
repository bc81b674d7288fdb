"""Expected answers of people and places that users describe, known groups or new ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jfmodels.engines.bayesian.averages import AT_ONCE, Projection, expected
from jfmodels.engines.bayesian.multilevel import Multilevel
from jfmodels.engines.bayesian.new_patterns import read_patterns
from jfmodels.errors import SpecError, choose
from jfmodels.model.data import pattern_codes
from jfmodels.model.items import Item, items_of
from jfmodels.results.draws import Draws
from jfmodels.results.engine import flag_bits
from jfmodels.results.schema import BY, PREDICTIONS
from jfmodels.results.table import Table
from jfmodels.results.tables import flag_codes

__all__ = ["prediction_table"]

type Floats = NDArray[np.float64]
type Answers = Sequence[Sequence[int]]
type Turns = Iterator[tuple[slice, Floats]]


def prediction_table(
    engine: Multilevel,
    new: pd.DataFrame,
    of: str,
    categories: str | Sequence[str],
    coverage: float,
) -> pd.DataFrame:
    """Tabulate what is expected of rows; see :meth:`BayesianFit.predict`."""
    draw = choose("prediction", of, OF)
    patterns = read_patterns(engine.survey, engine.formula, engine.posterior.latent, new)
    items = _items(engine, categories)
    drawn = np.empty((engine.posterior.n_draws, len(patterns), len(items)))
    for here, mean in draw(engine, patterns, [item.answers for item in items]):
        drawn[here] = mean.T
    said = new[[name for name in patterns if name in new]]
    data = _asked(said, items) | _numbers(engine, drawn, coverage)
    data |= {
        "of": of,
        "drawn_anew": [groups for groups in _drawn_anew(engine, patterns) for _ in items],
        "unit": [item.unit for _ in range(len(said)) for item in items],
        "engine": engine.name,
    }
    return Table(data, columns=_names(said))


def _numbers(engine: Multilevel, drawn: Floats, coverage: float) -> dict[str, object]:
    """Summarise draws (S, P, I)."""
    posterior, every = engine.posterior, np.ones(drawn[0].size, dtype=bool)
    found = Draws(drawn.reshape(len(drawn), -1), posterior.error).summary(coverage)
    flags = flag_bits("fit_failed", every & posterior.failed)
    flags |= flag_bits("not_adjusted", every & (engine.adjustment is not None))
    return {
        "estimate": found.estimate,
        "std_error": found.std_error,
        "low": found.low,
        "high": found.high,
        "coverage": coverage,
        "mc_error": found.mc_error,
        "flag": flag_codes(flags),
    }


def _items(engine: Multilevel, categories: str | Sequence[str]) -> list[Item]:
    """What is expected of every row."""
    response = engine.response
    if response.scale != "shown":
        return items_of(engine.survey, [response.outcome.name], categories)
    text = response.categories[1]
    if categories != "shown":
        raise SpecError(f"The model is of '{text}' alone, so categories= has no choice.")
    return [Item(response.outcome.name, text, response.source, (1,), (0, 1))]


def _people(engine: Multilevel) -> frozenset[str]:
    """Columns that name respondents, whose own effects are never shown."""
    person = engine.survey.design.person
    return frozenset({person} if person else ())


def _of_mean(engine: Multilevel, patterns: pd.DataFrame, answers: Answers) -> Turns:
    """Average over new groups, draw by draw."""
    return expected(engine.survey, engine.posterior, patterns, answers, _people(engine))


def _of_group(engine: Multilevel, patterns: pd.DataFrame, answers: Answers) -> Turns:
    """Draw one new group in every draw, the same for all rows that have none of their own."""
    posterior, latent = engine.posterior, engine.posterior.latent
    projection = Projection.of(engine.survey, posterior, patterns, _people(engine))
    rng = np.random.default_rng(engine.seed)
    standard = latent.coding @ rng.standard_normal((latent.n_channels, posterior.n_draws))
    size = max(1, AT_ONCE // (len(patterns) * len(answers)))
    for first in range(0, posterior.n_draws, size):
        here = slice(first, min(first + size, posterior.n_draws))
        eta = projection.eta(posterior, here)
        sd = np.sqrt(projection.variance(posterior, here))
        for k, step in enumerate(standard):
            eta[k] += step[here] * sd
        yield here, np.stack([latent.family.tally.mean(eta, each) for each in answers])


def _drawn_anew(engine: Multilevel, patterns: pd.DataFrame) -> list[str]:
    """Which groups of every row are not known, as they stand behind the bars."""
    codes, people = pattern_codes(engine.survey, patterns), _people(engine)
    groups: dict[str, NDArray[np.bool_]] = {}
    for effect in engine.posterior.latent.every_effect:
        strange = (effect.find(codes) < 0) | bool(people & set(effect.term.groups))
        name = ":".join(effect.term.groups)
        groups[name] = groups.get(name, np.zeros(len(patterns), dtype=bool)) | strange
    rows = zip(*groups.values(), strict=True)
    named = [
        ", ".join(name for name, is_new in zip(groups, row, strict=True) if is_new) for row in rows
    ]
    return named or [""] * len(patterns)


def _asked(said: pd.DataFrame, items: Sequence[Item]) -> dict[str, object]:
    """Columns that say what each row asks about, as they were given."""
    place = np.repeat(np.arange(len(said)), len(items))
    columns: dict[str, object] = {str(name): said[name].array[place] for name in said}
    return columns | {"category": [item.category for _ in range(len(said)) for item in items]}


def _names(said: pd.DataFrame) -> list[str]:
    """Columns of the table in order, those asked about in their place."""
    asked = [str(name) for name in said]
    taken = [name for name in asked if name in PREDICTIONS]
    if taken:
        raise SpecError(f"'{taken[0]}' is a column of predictions. Rename it in the data.")
    return [each for name in PREDICTIONS for each in (asked if name == BY else [name])]


OF: Mapping[str, Callable[[Multilevel, pd.DataFrame, Answers], Turns]] = {
    "mean": _of_mean,
    "group": _of_group,
}
