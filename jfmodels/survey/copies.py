"""The same survey with something of it replaced, which is not checked again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from jfmodels.survey.codebook import Codebook
from jfmodels.survey.design import SurveyDesign
from jfmodels.survey.rows import Key, Rows
from jfmodels.survey.sampling import Sampling
from jfmodels.survey.survey import Survey

if TYPE_CHECKING:
    from jfmodels.survey.adjustments import Adjustment

__all__ = ["changed", "with_keys", "with_labels", "with_row_numbers"]


def changed(
    survey: Survey,
    *,
    design: SurveyDesign | None = None,
    codebook: Codebook | None = None,
    rows: Rows | None = None,
    asked: Mapping[str, NDArray[np.bool_]] | None = None,
    sampling: Sampling | None = None,
    record: Mapping[str, Any] | None = None,
    adjustments: tuple[Adjustment, ...] | None = None,
) -> Survey:
    """Copy a survey with what is named in place of its own.

    Parameters
    ----------
    survey : Survey
        The survey, which stays as it is.
    design, codebook, rows, asked, sampling, record, adjustments
        Attributes of the copy; None for those of the survey.

    Examples
    --------
    >>> import jfmodels as jf
    >>> survey = jf.example()
    >>> changed(survey, record={**survey.record, "simulated": False}).simulated
    False
    """
    content: dict[str, object] = {"design": design, "codebook": codebook, "rows": rows}
    content |= {"asked": asked, "sampling": sampling, "record": record}
    content["adjustments"] = adjustments
    copy = object.__new__(Survey)
    for each in fields(survey):
        value = content.get(each.name)
        kept = getattr(survey, each.name) if value is None else value
        object.__setattr__(copy, each.name, kept)
    return copy


def with_keys(survey: Survey, keys: Mapping[str, Key]) -> Survey:
    """Replace keys, or add some; everything else stays.

    Examples
    --------
    >>> import jfmodels as jf
    >>> survey = jf.example()
    >>> "place" in with_keys(survey, {"place": survey.group("commune")}).rows.keys
    True
    """
    return changed(survey, rows=replace(survey.rows, keys={**survey.rows.keys, **keys}))


def with_row_numbers(survey: Survey, name: str) -> Survey:
    """Make every row a group of its own, for what is said of people one by one.

    Parameters
    ----------
    survey : Survey
        The survey.
    name : str
        Of the key whose groups are the rows, in their order.

    Examples
    --------
    >>> import jfmodels as jf
    >>> len(with_row_numbers(jf.example(), "row").rows.keys["row"].labels)
    3264
    """
    number = Key(np.arange(survey.n), tuple(map(str, range(survey.n))))
    return with_keys(survey, {name: number})


def with_labels(survey: Survey, labels: Mapping[str, Sequence[str]]) -> Survey:
    """Make further labels known, which no row bears: those of a census.

    Parameters
    ----------
    survey : Survey
        The survey.
    labels : mapping of str to sequence of str
        Further labels by column; they come after the survey's own.

    Examples
    --------
    >>> import jfmodels as jf
    >>> with_labels(jf.example(), {"region": ["Kidal"]}).group("region").labels[-1]
    'Kidal'
    """
    keys = {name: survey.rows.keys[name] for name in labels}
    further = {name: Key(key.codes, (*key.labels, *labels[name])) for name, key in keys.items()}
    return with_keys(survey, further)
