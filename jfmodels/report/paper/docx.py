"""A table for a paper as a Word document."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from jfmodels.report.paper.layout import Cell, Paper

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import _Cell, _Row

__all__ = ["as_docx"]

SIZE, SMALL = 9, 8  # points
LANGUAGES = {"en": "en-GB", "fr": "fr-FR"}


def as_docx(paper: Paper) -> bytes:
    """Set a table under its caption, with notes beneath; its head is repeated on every page."""
    from docx import Document as new_document

    document = new_document()
    _speak(document, paper)
    _caption(document, paper)
    _table(document, paper)
    for mark, text in paper.notes:
        note = document.add_paragraph()
        note.paragraph_format.space_after = 0
        _write(note, Cell(text), SMALL, before=mark)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _speak(document: Document, paper: Paper) -> None:
    """Set the language, that of the spelling too, and a date that is the same at every call."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    language = OxmlElement("w:lang")
    language.set(qn("w:val"), LANGUAGES[paper.lang])
    properties = document.styles["Normal"].element.get_or_add_rPr()
    properties.append(language)
    about = document.core_properties
    about.title, about.language, about.author = paper.title, LANGUAGES[paper.lang], ""
    about.created = about.modified = datetime(2000, 1, 1, tzinfo=UTC)


def _caption(document: Document, paper: Paper) -> None:
    from docx.shared import Pt, RGBColor

    caption = document.add_paragraph(style="Caption")
    caption.paragraph_format.keep_with_next = True
    run = caption.add_run(paper.title)
    run.font.size, run.font.color.rgb = Pt(SIZE + 1), RGBColor(0, 0, 0)
    if paper.subtitle:
        below = document.add_paragraph()
        below.paragraph_format.keep_with_next = True
        _write(below, Cell(paper.subtitle), SIZE)


def _table(document: Document, paper: Paper) -> None:
    """Rules above and below the head and under the last row, and no others."""
    width = len(paper.headings)
    table = document.add_table(rows=0, cols=width)
    table.autofit = True
    heads: list[_Row] = []
    if paper.spanner:
        row = table.add_row()
        spanning = row.cells[1].merge(row.cells[width - 1])
        _fill(spanning, Cell(paper.spanner), "center")
        heads.append(row)
    heads.append(_add(table, [Cell(each) for each in paper.headings], below=False))
    for row in heads:
        _repeat(row)
    for group, lines in paper.groups:
        if group:
            row = table.add_row()
            _fill(row.cells[0].merge(row.cells[width - 1]), Cell(group), "left", italic=True)
            _keep(row)
        for line in lines:
            _keep(_add(table, line.cells, paper.below))
    _rule(heads[0], "top")
    _rule(heads[-1], "bottom")
    _rule(table.rows[-1], "bottom")


def _add(table: Any, cells: Sequence[Cell], below: bool) -> _Row:
    row: _Row = table.add_row()
    for k, (place, cell) in enumerate(zip(row.cells, cells, strict=True)):
        _fill(place, cell, "right" if k else "left", below=below)
    return row


def _fill(
    place: _Cell, cell: Cell, align: str, *, below: bool = False, italic: bool = False
) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    paragraph = place.paragraphs[0]
    paragraph.alignment = getattr(WD_ALIGN_PARAGRAPH, align.upper())
    paragraph.paragraph_format.space_after = 0
    _write(paragraph, cell, SIZE, below=below, italic=italic)


def _write(
    paragraph: Any,
    cell: Cell,
    size: int,
    *,
    before: str = "",
    below: bool = False,
    italic: bool = False,
) -> None:
    """Write a text with its raised letters and its interval."""
    from docx.shared import Pt

    for text, raised in ((before, True), (cell.text, False), (cell.marks, True)):
        if text:
            run = paragraph.add_run(text)
            run.font.size, run.font.superscript, run.italic = (
                Pt(size),
                raised or None,
                italic or None,
            )
    if cell.interval:
        run = paragraph.add_run()
        run.font.size = Pt(SMALL if below else size)
        if below:
            run.add_break()
        run.add_text(cell.interval if below else f" {cell.interval}")


def _properties(row: _Row) -> Any:
    return row._tr.get_or_add_trPr()


def _repeat(row: _Row) -> None:
    """Repeat a row of the head at the top of every page."""
    from docx.oxml import OxmlElement

    _properties(row).append(OxmlElement("w:tblHeader"))


def _keep(row: _Row) -> None:
    """Keep a row from breaking across pages."""
    from docx.oxml import OxmlElement

    _properties(row).append(OxmlElement("w:cantSplit"))


def _rule(row: _Row, edge: str) -> None:
    """Draw a rule along a row."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    for cell in row._tr.tc_lst:
        properties = cell.get_or_add_tcPr()
        borders = properties.find(qn("w:tcBorders"))
        if borders is None:
            borders = OxmlElement("w:tcBorders")
            properties.append(borders)
        line = OxmlElement(f"w:{edge}")
        for name, value in (("val", "single"), ("sz", "6"), ("space", "0"), ("color", "000000")):
            line.set(qn(f"w:{name}"), value)
        borders.append(line)
