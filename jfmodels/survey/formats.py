"""The formats that surveys come in: from a file to a frame of codes.

To add a format, write a function from path to frame and list it in `READERS`. Codes stay
codes: labels belong to the codebook, so that a relabelled file gives the same answers.
"""

from __future__ import annotations

import io
import re
import warnings
from collections import Counter
from collections.abc import Callable, Container, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from jfmodels.errors import ReadError, choose, listing, warn
from jfmodels.survey.labels import canonical

__all__ = [
    "READERS",
    "as_text",
    "is_questionnaire",
    "labelled_letters",
    "open_with",
    "option_columns",
    "read_file",
    "read_labelled",
]

# pandas would also read "None" as missing, which is an answer in many a questionnaire.
MISSING = ["", "NA", "N/A", "n/a", "#N/A", "#NULL!", "NaN", "nan", "NULL", "null", "<NA>"]
# Columns that Kobo, ODK and ONA add to every export.
FORM_COLUMNS = {"_uuid", "_id", "_index", "_submission_time", "meta/instanceID", "KEY"}


def read_file(path: Path) -> pd.DataFrame:
    """Read a file by its ending, or say why it cannot be read."""
    return open_with(choose("file type", path.suffix.lower(), READERS, ReadError), path)


def open_with[Content](reader: Callable[[Path], Content], path: Path) -> Content:
    """Call a reader, and say in one sentence what keeps it from reading."""
    if not path.is_file():
        raise ReadError(f"There is no file '{path}'. Working folder: '{Path.cwd()}'.")
    if path.stat().st_size == 0:
        raise ReadError(f"{path.name} is empty: it holds no bytes.")
    try:
        with warnings.catch_warnings():
            # openpyxl warns of styles and drop-downs, which bear no answers.
            warnings.filterwarnings("ignore", module="openpyxl")
            return reader(path)
    except ReadError:
        raise
    except Exception as error:  # six libraries, each with its own kinds of error
        reason = str(error).strip().partition("\n")[0].rstrip(".")
        raise ReadError(
            f"{path.name} could not be read as {path.suffix.lower()}: {reason}. "
            "Is the file complete, and is its ending the right one?"
        ) from error


def as_text(column: pd.Series) -> pd.Series:
    """Write every value as text, whole numbers without a decimal point.

    Examples
    --------
    >>> as_text(pd.Series([1.0, 2.5, None])).tolist()
    ['1', '2.5', nan]
    """
    if pd.api.types.is_datetime64_any_dtype(column):
        return column.astype("str")
    values = column.astype("object")
    written = values.map(lambda v: v if isinstance(v, str) else canonical(v), na_action="ignore")
    return written.astype("str")


def read_labelled(path: Path) -> tuple[pd.DataFrame, Any]:
    """Read an SPSS or Stata file with its labels.

    Returns
    -------
    frame : DataFrame
        Codes, those that SPSS declares missing included; Stata's .a to .z are kept where they
        have labels beside those of codes, and missing elsewhere.
    labels : pyreadstat.metadata_container
        Labels of columns and of codes, declared missing values, multiple response sets.
    """
    import pyreadstat

    read = pyreadstat.read_dta if path.suffix.lower() == ".dta" else pyreadstat.read_sav
    try:
        frame, labels = read(str(path), user_missing=True)
    except (pyreadstat.ReadstatError, UnicodeDecodeError):
        # Files from before SPSS 16 and Stata 14 do not say in which encoding they are.
        frame, labels = read(str(path), user_missing=True, encoding="WINDOWS-1252")
    for name in labels.missing_user_values:
        frame[name] = _with_letters(frame[name], labelled_letters(labels, name))
    return _whole_numbers(frame), labels


def labelled_letters(labels: Any, name: str) -> list[str]:
    """List the extended missing values (.a to .z) of a Stata file that are answers to a question.

    They are where they have labels, beside two labelled codes or more: elsewhere, a column of
    numbers stays one.
    """
    given = labels.variable_value_labels.get(name, {})
    letters = [code for code in given if isinstance(code, str)]
    return letters if len(given) - len(letters) > 1 else []


def _with_letters(column: pd.Series, letters: list[str]) -> pd.Series:
    """Write labelled letters as .a to .z, and make other letters missing."""
    number = pd.to_numeric(column, errors="coerce")
    kept = column.isin(letters)
    if not kept.any():
        return number
    return as_text(number).where(~kept, "." + column.astype("str"))


def _read_text(path: Path) -> pd.DataFrame:
    """Read CSV as Excel and Kobo write it, in English and in French settings."""
    text = _decode(path)
    separator = _separator(text)
    with warnings.catch_warnings():
        # Without names for all fields, pandas would drop those at the end of a row.
        warnings.simplefilter("error", pd.errors.ParserWarning)
        frame = pd.read_csv(
            io.StringIO(text),
            sep=separator,
            index_col=False,
            keep_default_na=False,
            na_values=MISSING,
            low_memory=False,  # else a column can be text in one part and numbers in another
        )
    return _tidy(_with_decimals(frame) if separator == ";" else frame)


def _decode(path: Path) -> str:
    content = path.read_bytes()
    utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if utf16 else ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise ReadError(f"{path.name} is not text in UTF-8 or Windows-1252. Save it as UTF-8.")


def _separator(text: str) -> str:
    """Take the separator that stands most often in the header, outside quotes."""
    header = re.sub(r'"[^"]*"', "", text[:100_000]).lstrip().partition("\n")[0]
    return max((",", ";", "\t"), key=header.count)


def _with_decimals(frame: pd.DataFrame) -> pd.DataFrame:
    """Read columns of decimal commas; a Kobo file has semicolons, but decimal points."""
    for name in frame.columns[[isinstance(each, pd.StringDtype) for each in frame.dtypes]]:
        answers = frame[name].dropna()
        if len(answers) and answers.str.fullmatch(r"\s*-?\d+(,\d+)?\s*").all():
            frame[name] = pd.to_numeric(frame[name].str.replace(",", "."))
    return frame


def is_questionnaire(path: Path) -> bool:
    """Tell a questionnaire (XLSForm) from answers by its sheets ``survey`` and ``choices``."""
    with pd.ExcelFile(path, engine="openpyxl") as book:
        return {"survey", "choices"} <= {str(name).strip().lower() for name in book.sheet_names}


def _read_excel(path: Path) -> pd.DataFrame:
    if is_questionnaire(path):
        raise ReadError(
            f"{path.name} is a questionnaire (XLSForm), not the answers to it. "
            "Give the export of the answers; draft_codebook reads the questionnaire."
        )
    return _tidy(pd.read_excel(path, engine="openpyxl", keep_default_na=False, na_values=MISSING))


def _read_parquet(path: Path) -> pd.DataFrame:
    return pd.read_parquet(path).reset_index(drop=True)


def _read_spss(path: Path) -> pd.DataFrame:
    return read_labelled(path)[0]


def _read_stata(path: Path) -> pd.DataFrame:
    frame, labels = read_labelled(path)
    found = labels.missing_user_values
    lost = [name for name in found if set(found[name]) - set(labelled_letters(labels, name))]
    if lost:
        warn(
            f"{path.name}: Stata's extended missing values (.a to .z) are read as missing in "
            f"{listing(lost)}; where they mean don't know or refused, label them in Stata, and "
            "list them in the codebook as '.a' to '.z'."
        )
    return frame


def _tidy(frame: pd.DataFrame) -> pd.DataFrame:
    """Drop what a spreadsheet leaves behind: empty rows, nameless empty columns, groups."""
    frame = frame.rename(columns=str).dropna(how="all", ignore_index=True)
    empty = frame.columns[frame.isna().all()]
    nameless = [name for name in empty if name.startswith("Unnamed: ")]
    frame = frame.drop(columns=nameless)
    frame.columns = pd.Index(_without_groups(frame))
    for name in frame.columns[frame.dtypes == np.dtype(object)]:
        if pd.api.types.infer_dtype(frame[name], skipna=True).startswith("mixed"):
            frame[name] = as_text(frame[name])
    return _whole_numbers(frame)


def _whole_numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """Make integers of floats that are whole and complete, as a CSV would have them."""
    for name in frame.columns[frame.dtypes == "float64"]:
        number = frame[name].to_numpy()
        if np.isfinite(number).all() and (number == np.round(number)).all():
            frame[name] = frame[name].astype("int64")
    return frame


def _without_groups(frame: pd.DataFrame) -> list[str]:
    """Name columns of a form's export by question, or question/option, without the groups."""
    names = list(frame.columns)
    groups = Counter(name.partition("/")[0] for name in names if "/" in name)
    if FORM_COLUMNS.isdisjoint(names) and not any(count > 1 for count in groups.values()):
        return names
    questions = option_columns(frame)
    short = [_short_name(name, questions) for name in names]
    count = Counter(short)
    return [brief if count[brief] == 1 else name for brief, name in zip(short, names, strict=True)]


def _short_name(name: str, questions: Container[str]) -> str:
    parent, _, last = name.rpartition("/")
    return f"{parent.rpartition('/')[2]}/{last}" if parent in questions else last


def option_columns(frame: pd.DataFrame) -> dict[str, list[str]]:
    """Find the columns ``question/option`` of multiple responses, by question.

    In the usual exports the question is itself a column. Where no question is, what stands
    before the last slash is one if it joins several columns that hold only 0 and 1.

    Examples
    --------
    >>> option_columns(pd.DataFrame({"news/radio": [0, 1], "news/none": [1, 0], "km/h": [30, 50]}))
    {'news': ['news/radio', 'news/none']}
    """
    children: dict[str, list[str]] = {}
    for name in frame.columns:
        if "/" in name:
            children.setdefault(name.rpartition("/")[0], []).append(name)
    named = {parent: names for parent, names in children.items() if parent in frame}
    return named or {
        parent: names
        for parent, names in children.items()
        if len(names) > 1 and (frame[names].isin([0, 1]) | frame[names].isna()).all(axis=None)
    }


READERS: Mapping[str, Callable[[Path], pd.DataFrame]] = {
    ".csv": _read_text,
    ".tsv": _read_text,
    ".xlsx": _read_excel,
    ".parquet": _read_parquet,
    ".sav": _read_spss,
    ".zsav": _read_spss,
    ".dta": _read_stata,
}
