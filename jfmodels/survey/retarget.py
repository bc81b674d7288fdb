"""The same survey, made to speak of other clusters: of these alone, or of all like them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from jfmodels.errors import DesignError, raise_all
from jfmodels.survey.codebook import Codebook
from jfmodels.survey.copies import changed
from jfmodels.survey.design import as_names
from jfmodels.survey.encode import Encoder
from jfmodels.survey.rows import Key
from jfmodels.survey.sampling import read_sampling
from jfmodels.survey.survey import Survey

__all__ = ["retargeted"]


def retargeted(survey: Survey, target: str) -> Survey:
    """Let a survey speak of another target, so that other units vary.

    Parameters
    ----------
    survey : Survey
        With clusters, and without finite population corrections, whose columns are not kept.
    target : {"population", "these_clusters"}
        As in :class:`jfmodels.SurveyDesign`.

    Raises
    ------
    DesignError
        If the design has no other units that could vary.

    Examples
    --------
    >>> import jfmodels as jf
    >>> survey = jf.example()
    >>> survey.sampling.df, retargeted(survey, "these_clusters").sampling.df
    (12, 3174)
    """
    design = replace(survey.design, target=target)
    if any(stage.fpc for stage in design.all_stages):
        raise DesignError("The target cannot be changed after reading where a design has fpc=.")
    grouping = [
        name for name, role in design.roles.items() if role.split()[0] in ("strata", "cluster")
    ]
    kept = dict.fromkeys([*grouping, *as_names(design.person)])
    encoder = Encoder(
        pd.DataFrame({name: _column(survey.rows.keys[name]) for name in kept}),
        design,
        Codebook(),
        [],
    )
    unit, sampling, _ = read_sampling(encoder, survey.rows.keys.get("wave"))
    raise_all(DesignError, encoder.problems, f"target='{target}'")
    rows = replace(survey.rows, keys={**survey.rows.keys, "unit": unit})
    return changed(survey, design=design, rows=rows, sampling=sampling)


def _column(key: Key) -> Any:
    """A key as the column that it was read from."""
    return pd.Categorical.from_codes(key.codes, pd.Index(list(key.labels)), ordered=True)
