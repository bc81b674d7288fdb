"""From one frame per wave to one frame: nothing that a wave holds is lost."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

import numpy as np
import pandas as pd

from jfmodels.errors import ReadError, listing
from jfmodels.survey.formats import as_text
from jfmodels.survey.labels import canonical

__all__ = ["stack_waves"]

WIDEST_CODE = 2**53  # beyond it a float no longer tells neighbouring integers apart


def stack_waves(frames: Mapping[Hashable, pd.DataFrame], column: str | None) -> pd.DataFrame:
    """Put the waves' frames below each other, each with its name in the wave column.

    A column that a wave lacks is missing there. One that holds numbers in one wave and text
    in another becomes text, whole numbers written without a decimal point; so do integers
    too wide to share a column with missing values.

    Parameters
    ----------
    frames : mapping of wave to DataFrame
        In order; none is changed.
    column : str
        The column to write the wave's name into.

    Raises
    ------
    ReadError
        If no column or no frame is given, or `column` already names another wave.

    Examples
    --------
    >>> first, second = pd.DataFrame({"q": [1, 9]}), pd.DataFrame({"q": ["2", "refused"]})
    >>> stack_waves({"R1": first, "R2": second}, "wave").to_dict("list")
    {'q': ['1', '9', '2', 'refused'], 'wave': ['R1', 'R1', 'R2', 'R2']}
    """
    if column is None:
        raise ReadError(
            "One file per wave needs a column for the wave. Name one in SurveyDesign(wave=...)."
        )
    if not frames:
        raise ReadError("No waves were given. Give {'R1': 'first.csv', ...}.")
    marked = [_mark(frame, label, column) for label, frame in frames.items()]
    ends = np.cumsum([len(frame) for frame in marked])
    for frame, end in zip(marked, ends, strict=True):
        frame.index = pd.RangeIndex(end - len(frame), end)
    names = dict.fromkeys(name for frame in marked for name in frame.columns)
    return pd.DataFrame({name: _stack(marked, name, int(ends[-1])) for name in names})


def _mark(frame: pd.DataFrame, label: Hashable, column: str) -> pd.DataFrame:
    if column in frame:
        found = list(dict.fromkeys(frame[column].dropna().map(canonical)))
        if found not in ([], [canonical(label)]):
            raise ReadError(
                f"The file of wave '{label}' already has a column '{column}', and it holds "
                f"{listing(found)}. Correct the wave's name, or name another column in "
                "SurveyDesign(wave=...)."
            )
    return frame.assign(**{column: canonical(label)})


def _stack(frames: Sequence[pd.DataFrame], name: str, rows: int) -> pd.Series:
    """Stack one column of every wave; a wave without it is missing there."""
    parts = [frame[name] for frame in frames if name in frame and frame[name].notna().any()]
    if not parts:
        return pd.Series(np.nan, index=range(rows))
    alike = _alike(parts, complete=sum(map(len, parts)) == rows)
    stacked: pd.Series = pd.concat(alike).reindex(range(rows))
    return stacked


def _alike(parts: list[pd.Series], *, complete: bool) -> list[pd.Series]:
    """Give the same column of several waves one type that keeps every value."""
    if len({part.dtype for part in parts}) == 1 and complete:
        return parts
    if not all(isinstance(part.dtype, pd.CategoricalDtype) for part in parts):
        parts = [_plain(part) for part in parts]
    if len({_kind(part) for part in parts}) > 1 or (not complete and any(map(_is_wide, parts))):
        return [as_text(part) for part in parts]
    return parts


def _plain(part: pd.Series) -> pd.Series:
    """Undo categories, and write truth values as 0 and 1, which can be missing."""
    if isinstance(part.dtype, pd.CategoricalDtype):
        part = part.astype(part.cat.categories.dtype)
    return part.astype("int64") if part.dtype == bool else part


def _kind(part: pd.Series) -> str:
    if pd.api.types.is_numeric_dtype(part):
        return "number"
    return "date" if pd.api.types.is_datetime64_any_dtype(part) else "text"


def _is_wide(part: pd.Series) -> bool:
    return part.dtype == np.int64 and bool((part.abs() > WIDEST_CODE).any())
