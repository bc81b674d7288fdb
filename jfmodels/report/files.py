"""Tables as files: CSV, an Excel workbook that explains itself, or JSON.

To add a format, write its function here and list it in `WRITERS` (files) or `TEXTS` (text).
A table goes into a spreadsheet as it is: what a region is called must not become a formula.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from jfmodels.errors import SpecError, choose
from jfmodels.results.schema import BY, BY_REF, COLUMNS, FLAGS, GLOSSARIES, Column, glossary_of
from jfmodels.results.table import flags_of

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell, MergedCell
    from openpyxl.worksheet.worksheet import Worksheet

__all__ = ["TEXTS", "WRITERS", "as_csv", "as_json", "meanings", "write_table"]

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write_table(table: pd.DataFrame, path: str | Path) -> Path:
    """Write a table to a file whose suffix names the format.

    Parameters
    ----------
    table : DataFrame
        A tidy table of this package.
    path : str or Path
        Ending in ``.csv``, ``.xlsx`` or ``.json``. CSV is UTF-8 with flags joined by ";".
        The workbook has a second sheet with the meaning of every column and flag and the
        record of how the table came about; JSON holds the record and the meanings too.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    SpecError
        If the suffix names no known format, there is no such folder, or it is no table.

    Examples
    --------
    >>> import pandas as pd, tempfile
    >>> table = pd.DataFrame({"wave": ["Q1"], "estimate": [0.52], "flag": [("small_cell",)]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     print(write_table(table, f"{folder}/levels.csv").read_text())
    wave,estimate,flag
    Q1,0.52,small_cell
    """
    path = Path(path)
    write = choose("file format", path.suffix.lower(), WRITERS)
    if not isinstance(table, pd.DataFrame):
        raise SpecError(f"A table is needed, such as fit.levels(); found {type(table).__name__}.")
    if not path.parent.is_dir():
        raise SpecError(f"There is no folder '{path.parent}' to write {path.name} into.")
    write(table, path)
    return path


def as_csv(table: pd.DataFrame) -> str:
    """Write a table as CSV; text that a spreadsheet would run is led by an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([_defused(value) for value in row] for row in _rows(table))
    return text.getvalue()


def as_json(table: pd.DataFrame) -> str:
    """Write a table as JSON: ``{"record": ..., "columns": ..., "rows": [...]}``."""
    rows = [
        {str(name): _json_value(value) for name, value in row.items()}
        for row in table.astype(object).to_dict("records")
    ]
    content = {"record": _record(table), "columns": meanings(table), "rows": rows}
    return json.dumps(content, ensure_ascii=False, indent=1, default=str) + "\n"


def meanings(table: pd.DataFrame) -> dict[str, str]:
    """Say what every column of a table means, in the words of its glossary.

    Examples
    --------
    >>> import pandas as pd
    >>> meanings(pd.DataFrame(columns=["region", "wave"]))["wave"]
    'the wave'
    """
    glossary = GLOSSARIES[glossary_of(map(str, table.columns))]
    return {str(name): _column(str(name), glossary).means for name in table.columns}


def _rows(table: pd.DataFrame) -> Iterator[list[Any]]:
    """List the header and the rows as what a spreadsheet can hold."""
    yield [str(name) for name in table.columns]
    for values in table.astype(object).itertuples(index=False, name=None):
        yield [_cell(value) for value in values]


def _column(name: str, glossary: Mapping[str, Column]) -> Column:
    """Look a column up; one that the glossary lacks bears the name of a group."""
    return glossary.get(name, COLUMNS[BY_REF if name.endswith("_ref") else BY])


def _write_text(as_text: Callable[[pd.DataFrame], str]) -> Callable[[pd.DataFrame, Path], None]:
    def write(table: pd.DataFrame, path: Path) -> None:
        path.write_text(as_text(table), encoding="utf-8", newline="")

    return write


def _write_workbook(table: pd.DataFrame, path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    rows = book.active
    assert rows is not None
    rows.title = "table"
    _fill(rows, _rows(table))
    rows.freeze_panes = "A2"
    _fill(book.create_sheet("columns"), _explanation(table))
    book.save(path)


def _fill(sheet: Worksheet, rows: Iterable[Sequence[object]]) -> None:
    for row, values in enumerate(rows, start=1):
        for column, value in enumerate(values, start=1):
            _put(sheet.cell(row, column), value)


def _put(cell: Cell | MergedCell, value: Any) -> None:
    """Fill a cell; text stays text even where it begins as a formula would."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    if not isinstance(value, str):
        cell.value = value
        return
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)
    cell.data_type = "s"
    cell.quotePrefix = value.startswith(FORMULA_STARTS)


def _explanation(table: pd.DataFrame) -> Iterator[tuple[object, ...]]:
    """List what the second sheet says: columns, the flags that occur, and the record."""
    yield ("column", "means")
    yield from meanings(table).items()
    present = sorted({code for flags in flags_of(table) for code in flags})
    yield from [(None, None), ("flag", "means")] if present else []
    yield from ((code, FLAGS[code]["en"] if code in FLAGS else code) for code in present)
    yield from [(None, None), ("record", "value")] if _record(table) else []
    for name, value in _record(table).items():
        yield str(name), value if isinstance(value, str | int | float) else _as_text(value)


def _record(table: pd.DataFrame) -> dict[str, Any]:
    return dict(table.attrs.get("record") or {})


def _as_text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _cell(value: Any) -> Any:
    """Turn a value into what a cell of a spreadsheet can hold."""
    if isinstance(value, tuple):
        return ";".join(str(each) for each in value)
    plain = _json_value(value)
    return plain if plain is None or isinstance(plain, str | int | float) else str(plain)


def _json_value(value: Any) -> Any:
    """Turn a value into what JSON can hold: missing is null, infinity a word."""
    if isinstance(value, tuple):
        return list(value)
    value = value.item() if hasattr(value, "item") else value
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return None
    return str(value) if isinstance(value, float) and math.isinf(value) else value


def _defused(value: Any) -> Any:
    """Lead text by an apostrophe where a spreadsheet would take it for a formula."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


TEXTS: Mapping[str, Callable[[pd.DataFrame], str]] = {"csv": as_csv, "json": as_json}
WRITERS: Mapping[str, Callable[[pd.DataFrame, Path], None]] = {
    ".csv": _write_text(as_csv),
    ".json": _write_text(as_json),
    ".xlsx": _write_workbook,
}
