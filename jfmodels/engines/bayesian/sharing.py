"""What of a fit may be passed on: draws of what concerns no one, and tables that were judged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jfmodels.engines.bayesian.inference_data import posterior_group
from jfmodels.engines.bayesian.multilevel import Multilevel
from jfmodels.errors import SpecError
from jfmodels.model.effect_layout import Effect
from jfmodels.results.disclosure.withhold import withhold
from jfmodels.results.schema import glossary_of
from jfmodels.survey.design import as_names

if TYPE_CHECKING:
    from xarray import Dataset

__all__ = ["shareable_draws", "shareable_tables"]

OF_CELLS = {"estimand", "fit"}  # tables that withhold() judges
OF_NO_ONE = {"check", "coefficient", "component", "drawn_anew", "hypothesis", "sensitivity"}


def shareable_draws(engine: Multilevel, minimum: int, clusters: bool) -> Dataset:
    """Named draws without effects of people, of clusters unless allowed, and of small groups.

    Raises
    ------
    SpecError
        If the fixed part or the domain of the model names such people or clusters.
    """
    private = _private(engine, clusters)
    _require_plain(engine, private)
    effects = engine.posterior.latent.effects
    hidden = {each.term.text for each in effects if set(private) & set(each.term.columns)}
    drawn = posterior_group(engine.posterior, engine.seed, hidden)
    large: dict[str, list[int]] = {}
    for effect in effects:
        if effect.term.text not in hidden:
            large |= _large_enough(engine, effect, minimum)
    return drawn.isel({name: kept for name, kept in large.items() if name in drawn.dims})


def _private(engine: Multilevel, clusters: bool) -> dict[str, str]:
    """Columns that name people, or clusters that must not be named, with their roles."""
    design = engine.survey.design
    roles = {"interviewers": as_names(design.interviewer), "people": as_names(design.person)}
    if not clusters:
        roles["clusters"] = tuple(
            name for stage in design.all_stages for name in as_names(stage.cluster)
        )
    return {name: role for role, names in roles.items() for name in names}


def _require_plain(engine: Multilevel, private: Mapping[str, str]) -> None:
    """Refuse a model whose coefficients, or whose domain, name those who must not be named."""
    for name in (*engine.formula.columns, *engine.where):
        if name in private:
            also = "" if private[name] != "clusters" else ", or say clusters=True if they are towns"
            raise SpecError(
                f"The model's fixed part or its domain names {private[name]} by '{name}', and a "
                f"file that is shared must not. Let them vary, (1 | {name}){also}."
            )


def _large_enough(engine: Multilevel, effect: Effect, minimum: int) -> dict[str, list[int]]:
    """Groups of enough interviews, or of none, by the name of their dimension."""
    data = engine.data
    per_pattern = np.bincount(data.pattern, data.n, len(data.patterns))
    if effect.grouped:
        name, n = ":".join(effect.grouped), np.zeros(len(effect.levels))
        np.add.at(n, effect.group, per_pattern)
    else:  # areas of a map
        name, n = f"of {effect.term.text}", per_pattern @ (effect.loading != 0)
    return {name.replace("/", "∕"): np.flatnonzero((n == 0) | (n >= minimum)).tolist()}


def shareable_tables(
    tables: Mapping[str, pd.DataFrame], minimum: int, clusters: bool
) -> dict[str, pd.DataFrame]:
    """Tables that may be passed on, those of cells judged as one release.

    Raises
    ------
    SpecError
        If a table tells of single interviews or interviewers, or of what was observed in cells.
    """
    for name, table in tables.items():
        if not isinstance(table, pd.DataFrame):
            raise SpecError(f"tables= holds DataFrames by name; found {type(table).__name__}.")
        if glossary_of(table.columns) not in OF_CELLS | OF_NO_ONE:
            raise SpecError(
                f"The table '{name}' tells of single interviews, interviewers or groups as they "
                "were observed, and is not for a file that is shared. Levels, changes and other "
                "estimates are; what of these exposes people is withheld."
            )
    cells = {name: each for name, each in tables.items() if glossary_of(each.columns) in OF_CELLS}
    judged = withhold(list(cells.values()), minimum=minimum, clusters=clusters)
    return {**tables, **dict(zip(cells, judged, strict=True))}
