"""From files to a survey: one file or one per wave, with its codebook."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from jfmodels.errors import (
    CodebookError,
    DesignError,
    JfmodelsError,
    ReadError,
    listing,
    unknown,
)
from jfmodels.survey.codebook import Codebook
from jfmodels.survey.design import Stage, SurveyDesign
from jfmodels.survey.formats import READERS, read_file
from jfmodels.survey.stack import stack_waves
from jfmodels.survey.supplied import SuppliedReplicates
from jfmodels.survey.survey import Survey

__all__ = [
    "Source",
    "load_yaml",
    "read_codebook",
    "read_design",
    "read_frame",
    "read_survey",
    "read_yaml",
]


class ToPandas(Protocol):
    """A table of another library that can turn itself into a pandas frame."""

    def to_pandas(self) -> pd.DataFrame:
        """Give the same rows as a pandas frame."""
        ...


class ArrowStream(Protocol):
    """A table that speaks Arrow's C interface."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object: ...


type Frame = pd.DataFrame | ToPandas | ArrowStream
type Source = str | os.PathLike[str] | Frame
type Book = Codebook | Mapping[str, Any] | str | os.PathLike[str]

BESIDE = {"design", "simulated"}  # what a codebook's file says of the survey, not of its columns


def read_survey(
    source: Source | Mapping[Any, Source],
    *,
    design: SurveyDesign | None = None,
    codebook: Book | None = None,
) -> Survey:
    """Read a survey from one file, or from one file per wave.

    Files of several waves are put below each other. A column that a wave lacks is missing
    there; a column that is a number in one wave and text in another becomes text, with whole
    numbers written as such. Columns that changed their name are matched by the codebook
    (``column: {R2: q11, R3: q23}``).

    Parameters
    ----------
    source : path, frame, or mapping of wave to path or frame
        See :func:`read_frame`. With a mapping, the wave's name is written into the column
        that `design` names as wave; adding a wave is one more entry.
    design : SurveyDesign, optional
        Which columns say how the sample was drawn; by default what the codebook says under
        ``design:``.
    codebook : Codebook, mapping or path of a YAML file, optional
        What was asked. Without it, columns only group.

    Returns
    -------
    Survey
        Checked and frozen.

    Raises
    ------
    ReadError
        If a file cannot be read, or a wave's file names another wave.
    CodebookError, DesignError, DataError
        If codebook, design and rows are incomplete or contradict each other.

    Examples
    --------
    >>> first = pd.DataFrame({"q3": [0, 1, 1, 0], "village": ["a", "a", "b", "b"]})
    >>> second = pd.DataFrame({"q7": [1, 1, 1, 0], "village": ["a", "a", "b", "b"]})
    >>> design = SurveyDesign(wave="wave", cluster="village", repeats="clusters",
    ...                       target="population")
    >>> safe = {"scale": "binary", "column": {"R1": "q3", "R2": "q7"}}
    >>> read_survey({"R1": first, "R2": second}, design=design,
    ...             codebook={"outcomes": {"safe": safe}}).n
    8
    """
    book, beside = _parted(codebook)
    simulated = _is_simulated(beside.get("simulated", False))
    if design is None:
        design = read_design(beside.get("design"))
    if not isinstance(source, Mapping):
        return Survey(read_frame(source), design, book, simulated=simulated)
    frames = {label: read_frame(each) for label, each in source.items()}
    return Survey(stack_waves(frames, design.wave), design, book, simulated=simulated)


def read_frame(source: Source) -> pd.DataFrame:
    """Read one table of interviews: a file, or a frame of any library.

    Parameters
    ----------
    source : path or frame
        A file (.csv, .tsv, .xlsx, .parquet, .sav, .zsav, .dta), or a frame of pandas, polars,
        Arrow or whatever else has ``to_pandas`` or speaks Arrow. CSV may be UTF-8, UTF-16 or
        Windows-1252 with comma, semicolon or tab, and with a decimal comma where the
        semicolon separates. Of an Excel workbook the first sheet is read.

    Returns
    -------
    DataFrame
        Codes as they stand, not their labels. Codes that SPSS declares missing are kept, and
        so are Stata's extended missing values (.a to .z) where they have labels beside those of
        answers; others become missing, with a warning. The group
        prefixes of Kobo and ODK exports (``group/question``) are dropped where the rest is
        unique; the options of a multiple response stay ``question/option``.

    Raises
    ------
    ReadError
        If the file is missing, of an unknown kind, damaged or empty.

    Examples
    --------
    >>> read_frame(pd.DataFrame({"trust": [0, 3, 9]}))["trust"].tolist()
    [0, 3, 9]
    >>> read_frame("answers.doc")
    Traceback (most recent call last):
    jfmodels.errors.ReadError: Unknown file type '.doc'. Known: '.csv', '.tsv', '.xlsx',
    '.parquet', '.sav', '.zsav', '.dta'.
    """
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        frame, name = read_file(path), path.name
    else:
        frame, name = _to_pandas(source), "The frame"
    frame = frame.rename(columns=str)
    _check_frame(frame, name)
    return frame


def read_codebook(path: str | os.PathLike[str]) -> Codebook:
    """Read a codebook from a YAML file.

    Parameters
    ----------
    path : path
        A YAML 1.2 file; see :meth:`Codebook.from_dict` for its parts.

    Returns
    -------
    Codebook
        Every entry read and checked.

    Raises
    ------
    CodebookError
        If the file is missing or no YAML, or the codebook is incomplete.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "codebook.yaml")
    ...     _ = path.write_text("outcomes: {safe: {scale: binary, categories: {0: no, 1: yes}}}")
    ...     read_codebook(path).outcomes["safe"].shown
    ('yes',)
    """
    return _parted(path)[0]


def read_design(written: object) -> SurveyDesign:
    """Read a design from a mapping, as a codebook's ``design:`` holds it.

    Parameters
    ----------
    written : mapping
        Roles of :class:`SurveyDesign` and their columns; ``stages`` is a list of mappings,
        ``replicates`` a mapping.

    Raises
    ------
    DesignError
        If there is none, or it names roles that do not exist.

    Examples
    --------
    >>> read_design({"cluster": "commune", "target": "population"}).cluster
    'commune'
    """
    if written is None:
        raise DesignError(
            "How was the sample drawn? Give design=SurveyDesign(...), or a design: in the codebook."
        )
    roles = _known_roles(written, SurveyDesign, "design")
    stages = [_known_roles(stage, Stage, "stages") for stage in roles.pop("stages", ())]
    if roles.get("replicates") is not None:
        given = _known_roles(roles["replicates"], SuppliedReplicates, "replicates")
        roles["replicates"] = SuppliedReplicates(**{"columns": (), "kind": "", **given})
    return SurveyDesign(**roles, stages=[Stage(**{"cluster": None, **each}) for each in stages])


def _known_roles(written: object, record: type, part: str) -> dict[str, Any]:
    """Check that a mapping names only what the record knows."""
    if not isinstance(written, Mapping):
        raise DesignError(f"{part}: is a mapping of role to column; found '{written}'.")
    names = [field.name for field in fields(record)]
    for name in written:
        if name not in names:
            raise DesignError(unknown(f"role in {part}:", name, names))
    return dict(written)


def read_yaml(path: str | os.PathLike[str]) -> dict[Any, Any]:
    """Read a YAML 1.2 file that holds a mapping.

    A key that stands twice is an error, ``yes`` and ``no`` are text, and ``012`` is twelve:
    older readers of YAML keep the last key, make truth values, and read octal numbers.

    Parameters
    ----------
    path : path
        A file in UTF-8.

    Raises
    ------
    CodebookError
        Naming the file, the line and the column.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "codes.yaml")
    ...     _ = path.write_text("{1: yes, 012: no}")
    ...     read_yaml(path)
    {1: 'yes', 12: 'no'}
    """
    path = Path(path)
    content = load_yaml(path, CodebookError)
    if not isinstance(content, dict):
        raise CodebookError(
            f"{path.name} should hold names and values such as 'outcomes: ...'; "
            f"found {'nothing' if content is None else f'a {type(content).__name__}'}."
        )
    return content


def load_yaml(path: Path, error: type[JfmodelsError], *, lines: bool = False) -> Any:
    """Load a YAML 1.2 file, running nothing that it may say.

    Parameters
    ----------
    path : Path
        A file in UTF-8.
    error : type of JfmodelsError
        What is raised where it cannot be loaded.
    lines : bool, default False
        Whether mappings and lists are to know the lines they stand in.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        text = path.read_text(encoding="utf-8-sig")
        return YAML(typ="rt" if lines else "safe", pure=True).load(text)
    except OSError as fault:
        raise error(f"'{path}' could not be opened: {fault.strerror}.") from fault
    except UnicodeDecodeError as fault:
        raise error(_no_text(path)) from fault
    except MarkedYAMLError as fault:
        raise error(f"{path.name}, {_place(fault)}") from fault
    except YAMLError as fault:
        raise error(f"{path.name} is not YAML: {fault}") from fault


def _no_text(path: Path) -> str:
    """Say that a file is no text, or that it is a file of data."""
    if path.suffix.lower() in {*READERS} - {".csv"}:
        return (
            f"{path.name} is a file of data, and a text in YAML belongs here. Were two files "
            "exchanged?"
        )
    return f"{path.name} is not UTF-8 text. Save it as UTF-8."


def _parted(codebook: Book | None) -> tuple[Codebook, dict[str, Any]]:
    """Read a codebook, and what stands beside it: the design, and whether data are simulated."""
    if isinstance(codebook, Codebook):
        return codebook, {}
    content = read_yaml(codebook) if isinstance(codebook, str | os.PathLike) else codebook or {}
    parts = {name: part for name, part in content.items() if name not in BESIDE}
    return Codebook.from_dict(parts), {name: content.get(name) for name in BESIDE & set(content)}


def _is_simulated(value: object) -> bool:
    """Read whether nobody ever gave these answers."""
    if not isinstance(value, bool):
        raise CodebookError(f"simulated: is true or false; found '{value}'.")
    return value


def _place(error: Any) -> str:
    """Say where YAML went wrong and why."""
    mark = error.problem_mark or error.context_mark
    reason = str(error.problem or error.context)
    hint = " Give every key once." if "duplicate key" in reason else ""
    return f"line {mark.line + 1}, column {mark.column + 1}: {reason}.{hint}"


def _to_pandas(source: Frame) -> pd.DataFrame:
    if isinstance(source, pd.DataFrame):
        return source.reset_index(drop=True)
    if hasattr(source, "to_pandas"):
        return source.to_pandas()
    if hasattr(source, "__arrow_c_stream__"):
        pandas: Any = pd.DataFrame  # whose stubs do not know from_arrow
        frame: pd.DataFrame = pandas.from_arrow(source)
        return frame
    raise ReadError(
        f"A path or a frame of pandas, polars or Arrow is needed; found {type(source).__name__}. "
        "A lazy frame must be collected first."
    )


def _check_frame(frame: pd.DataFrame, name: str) -> None:
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise ReadError(f"{name} has columns of the same name: {listing(twice)}. Rename them.")
    if frame.empty:
        raise ReadError(f"{name} is empty: {len(frame)} rows and {frame.shape[1]} columns.")
