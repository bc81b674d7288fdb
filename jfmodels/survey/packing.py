"""A survey of one outcome as named arrays and one text, and back.

Rows keep their order and weights their digits, so that sums of them are the same again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jfmodels.survey.codebook import Codebook
from jfmodels.survey.design import Stage, SurveyDesign
from jfmodels.survey.labels import Label
from jfmodels.survey.outcome import Covariate, Outcome, Wave
from jfmodels.survey.records import read_text, write_text
from jfmodels.survey.rows import PATTERN, Key, Rows
from jfmodels.survey.sampling import Sampling, SamplingStage
from jfmodels.survey.supplied import SuppliedReplicates
from jfmodels.survey.survey import Survey

__all__ = ["Packed", "pack", "unpack"]

type Arrays = Mapping[str, NDArray[Any]]

KINDS: Mapping[str, type] = {
    kind.__name__: kind
    for kind in (
        *(SurveyDesign, Stage, SuppliedReplicates),
        *(Codebook, Outcome, Covariate, Label, Wave),
    )
}


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """A survey as it is kept in a file.

    Attributes
    ----------
    arrays : mapping of str to ndarray
        Codes, weights and answers by row; strata and clusters by unit.
    text : str
        Design, codebook, labels, and what else there is few of.
    """

    arrays: Arrays
    text: str


def pack(survey: Survey, source: str, columns: frozenset[str]) -> Packed:
    """Pack a survey with one outcome's answers.

    Parameters
    ----------
    survey : Survey
        Of which the answers to other outcomes are left out.
    source : str
        Name of the outcome among the rows' answers or numbers.
    columns : frozenset of str
        Columns that are needed; people's own is left out unless it is one of them.
    """
    keys = {
        name: key
        for name, key in survey.rows.keys.items()
        if (name != survey.design.person or name in columns) and not name.startswith(PATTERN)
    }
    content = {
        "design": survey.design,
        "codebook": survey.codebook,
        "waves": survey.waves,
        "time": survey.time,
        "record": survey.record,
        "asked": {name: each.tolist() for name, each in survey.asked.items()},
        "labels": {name: key.labels for name, key in keys.items()},
        "source": source,
        "n_answers": survey.rows.answers[source][1] if source in survey.rows.answers else 0,
        "n_stages": len(survey.sampling.stages),
        "sampling": {
            name: getattr(survey.sampling, name)
            for name in ("strata_names", "unit_names", "lonely")
        },
    }
    arrays = _of_rows(survey.rows, keys, source) | _of_sampling(survey.sampling)
    return Packed(arrays, write_text(content, KINDS))


def _of_rows(rows: Rows, keys: Mapping[str, Key], source: str) -> dict[str, NDArray[Any]]:
    """Arrays of the rows; columns have numbers here, as not every name may be one in a file."""
    found: dict[str, NDArray[Any]] = {"weight": rows.weight}
    found |= {f"key {k}": key.codes for k, key in enumerate(keys.values())}
    found["answer"] = rows.answers[source][0] if source in rows.answers else rows.numbers[source]
    found |= {"silent": rows.silent[source]} if source in rows.silent else {}
    return found if rows.replicates is None else found | {"replicates": rows.replicates}


def _of_sampling(sampling: Sampling) -> dict[str, NDArray[Any]]:
    """Arrays of units and strata."""
    found: dict[str, NDArray[Any]] = {"cluster": sampling.cluster}
    for k, stage in enumerate(sampling.stages):
        found |= {f"stage {k} {each.name}": getattr(stage, each.name) for each in fields(stage)}
    return found


def unpack(packed: Packed) -> Survey:
    """Make the survey again."""
    content, arrays = read_text(packed.text, KINDS), packed.arrays
    stages = tuple(
        SamplingStage(*(arrays[f"stage {k} {each.name}"] for each in fields(SamplingStage)))
        for k in range(content["n_stages"])
    )
    asked = {name: np.array(each, dtype=bool) for name, each in content["asked"].items()}
    made = {name: content[name] for name in ("design", "codebook", "waves", "time", "record")}
    made |= {"rows": _rows(content, arrays), "asked": asked, "adjustments": ()}
    made["sampling"] = Sampling(stages=stages, cluster=arrays["cluster"], **content["sampling"])
    survey = object.__new__(Survey)  # what was checked when it was first made
    for name, value in made.items():
        object.__setattr__(survey, name, value)
    return survey


def _rows(content: Mapping[str, Any], arrays: Arrays) -> Rows:
    labels, source, n_answers = content["labels"], content["source"], content["n_answers"]
    keys = {name: Key(arrays[f"key {k}"], each) for k, (name, each) in enumerate(labels.items())}
    return Rows(
        n=len(arrays["weight"]),
        weight=arrays["weight"],
        keys=keys,
        answers={source: (arrays["answer"], n_answers)} if n_answers else {},
        numbers={} if n_answers else {source: arrays["answer"]},
        silent={source: arrays["silent"]} if "silent" in arrays else {},
        replicates=arrays.get("replicates"),
    )
