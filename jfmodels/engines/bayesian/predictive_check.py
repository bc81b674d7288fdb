"""Whether a model's own replications of the interviews look like the interviews.

Interviews are replicated as fielded: the same people in the same places, with effects as
fitted. What a cell's people answer is drawn as one sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from jfmodels.engines.bayesian.multilevel import Multilevel
from jfmodels.engines.bayesian.pointwise import dispersion, predictors, sums
from jfmodels.errors import SpecError
from jfmodels.model.data import ModelData, Response, read_data
from jfmodels.results.engine import Question, flag_bits
from jfmodels.results.schema import PREDICTIVE, columns
from jfmodels.results.table import Table
from jfmodels.results.tables import flag_codes, record_of
from jfmodels.survey.survey import Survey

__all__ = ["predictive_check"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]

REPLICATIONS = 1000
SMALL = 30  # interviews, below which a cell is flagged as elsewhere


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """Interviews by cell.

    Attributes
    ----------
    codes : ndarray of int64, shape (C, K)
        Places of the wave's and groups' labels.
    members : csr_array, shape (C, M)
        Which cell each of M sorts of people, alike in cell and row, belongs to.
    row : ndarray of int64, shape (M,)
        Row of each sort.
    n : ndarray, shape (M,)
        How many there are.
    answered : ndarray, shape (A, C)
        Mean answer, or share of each category.
    """

    codes: Ints
    members: csr_array
    row: Ints
    n: Floats
    answered: Floats

    @property
    def size(self) -> Floats:
        """Interviews of each cell, shape (C,)."""
        return self.members @ self.n


def predictive_check(engine: Multilevel, by: Sequence[str], coverage: float) -> pd.DataFrame:
    """Compare cells with their replications; see :meth:`BayesianFit.ppc`."""
    if "wave" in by and engine.survey.waves:
        raise SpecError("by= names 'wave'; the wave is always there.")
    for name in by:
        engine.survey.group(name)
    data = read_data(engine.survey, engine.formula, engine.response, engine.where, by)
    cells = _cells(data, engine.response)
    replicated = _replicate(engine, cells)
    tails = [(1 - coverage) / 2, (1 + coverage) / 2]
    low, high = np.quantile(replicated, tails, axis=2)
    observed = cells.answered[:, :, None]
    tail = (replicated > observed).mean(axis=2) + (replicated == observed).mean(axis=2) / 2
    n = np.tile(cells.size, len(tail))
    missed = (cells.answered < low) | (cells.answered > high)
    flags = flag_bits("misfit", missed.ravel()) | flag_bits("small_cell", n < SMALL)
    flags |= flag_bits("fit_failed", np.full(len(n), engine.posterior.failed))
    told: dict[str, Any] = _labels(engine.survey, engine.response, cells, by) | {
        "n": n.astype(np.int64),
        "observed": cells.answered.ravel(),
        "predicted": replicated.mean(axis=2).ravel(),
        "low": low.ravel(),
        "high": high.ravel(),
        "coverage": coverage,
        "tail_probability": tail.ravel(),
        "flag": flag_codes(flags),
    }
    table = Table(told, columns=columns(by, PREDICTIVE))
    question = Question(tuple(by), engine.where)
    table.attrs["record"] = record_of(engine, question, "posterior predictive check")
    return table


def _cells(data: ModelData, response: Response) -> _Cells:
    """Count interviews by cell; those without one of the groups are in none."""
    codes = np.column_stack([data.wave, data.groups])
    known = (codes >= 0).all(axis=1)
    cells, cell = np.unique(codes[known], axis=0, return_inverse=True)
    sorts = np.column_stack([cell.ravel(), data.pattern[known]])
    distinct, sort = np.unique(sorts, axis=0, return_inverse=True)
    n = np.bincount(sort.ravel(), data.n[known])
    shape = (len(cells), len(distinct))
    members = csr_array((np.ones(len(n)), (distinct[:, 0], np.arange(len(n)))), shape=shape)
    answers = _asked(data.answer[known], response) * data.n[known]
    total = [np.bincount(cell.ravel(), each, len(cells)) for each in answers]
    return _Cells(cells, members, distinct[:, 1], n, np.stack(total) / (members @ n))


def _asked(answer: Floats, response: Response) -> Floats:
    """What is averaged: the number, or whether each category that tables speak of; (A, G)."""
    if not response.categories:
        return answer[None]
    return (answer == _categories(response)[:, None]).astype(np.float64)


def _categories(response: Response) -> Ints:
    """Places of the categories that are checked; of two answers, the one that is shown."""
    n = len(response.categories)
    return np.arange(1 if n == 2 else 0, n)


def _replicate(engine: Multilevel, cells: _Cells) -> Floats:
    """Answers of all cells in replications of the interviews, shape (A, C, R)."""
    posterior, family = engine.posterior, engine.posterior.latent.family
    n_draws = min(REPLICATIONS, posterior.n_draws)
    some = np.linspace(0, posterior.n_draws - 1, n_draws).astype(np.int64)
    kept = _categories(engine.response) if family.shares else np.zeros(1, dtype=np.int64)
    found = np.empty((len(kept), len(cells.codes), n_draws))
    rng = np.random.default_rng(engine.seed)
    for here, eta in predictors(posterior, some):
        log_dispersion = dispersion(posterior, some[here])
        drawn = sums(family, eta[:, cells.row], log_dispersion, cells.n, rng)
        for k, answer in enumerate(kept):
            found[k, :, here] = (cells.members @ drawn[answer]) / cells.size[:, None]
    return found


def _labels(
    survey: Survey, response: Response, cells: _Cells, by: Sequence[str]
) -> dict[str, pd.Categorical]:
    """Columns that say what each row speaks of, the category changing slowest."""
    size, kept = len(cells.codes), _categories(response)
    names = [response.categories[k] for k in kept]
    category = np.repeat(np.arange(len(names)), size) if names else np.full(size, -1)
    times = max(len(names), 1)
    labels: dict[str, tuple[Sequence[str], Ints]] = {
        "outcome": ((response.outcome.name,), np.zeros(times * size, dtype=np.int64)),
        "category": (names, category),
    }
    wave = cells.codes[:, 0] if survey.waves else np.full(size, -1)
    labels["wave"] = (survey.waves, np.tile(wave, times))
    for name, code in zip(by, cells.codes[:, 1:].T, strict=True):
        labels[name] = (survey.group(name).labels, np.tile(code, times))
    return {name: _categorical(texts, code) for name, (texts, code) in labels.items()}


def _categorical(texts: Sequence[str], codes: Ints) -> pd.Categorical:
    kind = pd.CategoricalDtype(pd.Index(list(texts), dtype="str"), ordered=True)
    return pd.Categorical.from_codes(codes, dtype=kind)
