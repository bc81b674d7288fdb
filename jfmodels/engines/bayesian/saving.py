"""What of a fit goes into a file: all that it takes to ask it anything, or what may be shared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jfmodels.engines.bayesian.chains import Chains
from jfmodels.engines.bayesian.components import variance_components
from jfmodels.engines.bayesian.fit_file import Content, dataset_of, write_file
from jfmodels.engines.bayesian.multilevel import Multilevel
from jfmodels.engines.bayesian.posterior import Posterior
from jfmodels.engines.bayesian.sharing import shareable_draws, shareable_tables
from jfmodels.errors import SpecError
from jfmodels.model.latent import Latent
from jfmodels.model.priors import LKJ, Beta, Exponential, HalfNormal, HalfStudentT, Normal
from jfmodels.model.weighting import Pseudo
from jfmodels.results.coefficients import coefficient_table
from jfmodels.results.diagnose import diagnose
from jfmodels.results.draws import Clustered, Independent, MonteCarlo
from jfmodels.results.engine import Check
from jfmodels.results.plain_tables import plain_table
from jfmodels.results.tables import versions
from jfmodels.survey.packing import pack
from jfmodels.survey.records import write_text

__all__ = ["ERRORS", "KINDS", "field_names", "save"]

type Tables = Mapping[str, pd.DataFrame]

KINDS: Mapping[str, type] = {
    kind.__name__: kind
    for kind in (Check, Pseudo, Normal, HalfNormal, HalfStudentT, Exponential, Beta, LKJ)
}
ERRORS: Mapping[str, type] = {kind.__name__: kind for kind in (Chains, Clustered, Independent)}
"""Records of how far means of draws may be off; their fields are arrays of one number a draw."""
COVERAGE = 0.95


def save(
    engine: Multilevel,
    path: str | Path,
    share: bool,
    tables: Tables | None,
    minimum: int = 10,
    clusters: bool = False,
) -> Path:
    """Write a fit to a file; see :meth:`BayesianFit.save`."""
    if tables is not None and not share:
        raise SpecError("tables= is for share=True: a file that holds the fit makes any table.")
    content = _shared(engine, tables or {}, minimum, clusters) if share else _whole(engine)
    return write_file(path, content)


def _told(engine: Multilevel) -> dict[str, Any]:
    """What every file says of the fit."""
    latent, record = engine.laid.latent, engine.survey.record
    return {
        "formula": engine.formula.text,
        "family": (latent.family.name, latent.family.link),
        "where": {name: tuple(kept) for name, kept in engine.where.items()},
        "weighting": None if engine.laid.counted is None else engine.laid.counted.pseudo,
        "engine": engine.name,
        "seed": engine.seed,
        "n_draws": engine.posterior.n_draws,
        "versions": dict(versions()),
        "checks": tuple(engine.posterior.checks),
        "failed": bool(engine.posterior.failed),
        "data": {name: record[name] for name in ("data_hash", "codebook_hash", "n", "simulated")},
    }


def _whole(engine: Multilevel) -> Content:
    """The model, its draws as they are, and the survey that it is asked about."""
    model, posterior = engine.laid.model, engine.posterior
    counted = engine.laid.counted
    within = () if counted is None else counted.pseudo.within
    columns = frozenset((*engine.formula.all_columns, *within))
    survey = pack(engine.survey, engine.response.source, columns)
    told = _told(engine) | {
        "shared": False,
        "family_given": model.family is not None,
        "priors": dict(model.given),
        "neighbours": _plain_neighbours(model.neighbours),
        "field": field_names(posterior.latent),
        "integrated": _integrated(posterior.latent),
        "error": type(posterior.error).__name__,
        "survey": survey.text,
    }
    groups = {"draws": dataset_of(_draws(posterior)), "survey": dataset_of(survey.arrays)}
    return Content(write_text(told, KINDS), groups)


def _integrated(latent: Latent) -> str:
    """The term that is no part of the field, if there is one."""
    return latent.integrated.term.text if latent.integrated is not None else ""


def _plain_neighbours(neighbours: Mapping[str, Any]) -> dict[str, dict[str, list[str]]]:
    return {
        column: {area: list(others) for area, others in each.items()}
        for column, each in neighbours.items()
    }


def _draws(posterior: Posterior) -> dict[str, NDArray[Any]]:
    """Draws, and how they hang together."""
    error = posterior.error
    return {
        "field": posterior.field,
        "theta": posterior.theta,
        **{f"error {name}": values for name, values in _fields(error).items()},
    }


def _fields(error: MonteCarlo) -> dict[str, NDArray[Any]]:
    if ERRORS.get(type(error).__name__) is not type(error):
        raise SpecError(f"Draws whose errors are told by {type(error).__name__} cannot be saved.")
    named: Any = error
    return {each.name: np.asarray(getattr(error, each.name)) for each in fields(named)}


def field_names(latent: Latent) -> tuple[str, ...]:
    """Name the field's entries in order, so that a file tells whether they still mean the same."""
    effects = [
        f"{effect.term.text} {level} {coordinate}"
        for effect in latent.effects
        for level in effect.levels
        for coordinate in effect.coordinates
    ]
    channels = range(latent.n_channels)
    return (
        *(f"{k} {name}" for k in channels for name in (*latent.basis.names, *effects)),
        *latent.threshold_names,
    )


def _shared(engine: Multilevel, tables: Tables, minimum: int, clusters: bool) -> Content:
    """Named draws without people, and finished tables."""
    posterior = shareable_draws(engine, minimum, clusters)
    held = {**_usual(engine), **shareable_tables(tables, minimum, clusters)}
    told = _told(engine) | {
        "shared": True,
        "tables": {name: plain_table(each) for name, each in held.items()},
    }
    return Content(write_text(told, KINDS), {"posterior": posterior})


def _usual(engine: Multilevel) -> dict[str, pd.DataFrame]:
    """Tables that every shared file holds."""
    return {
        "summary": coefficient_table(engine, ratios=False, coverage=COVERAGE),
        "variance_components": variance_components(engine, COVERAGE),
        "priors": engine.laid.prior_table(),
        "diagnostics": diagnose(engine),
    }
