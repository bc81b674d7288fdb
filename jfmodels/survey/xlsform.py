"""The questionnaires of Kobo, ODK and SurveyCTO: an .xlsx with the sheets survey and choices."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from jfmodels.errors import ReadError, listing, raise_all, unknown
from jfmodels.survey.questions import Code, Question, Text, distinct_labels, joined, plain

__all__ = ["questions_of_form"]

LANGUAGES = {"english": "en", "anglais": "en", "en": "en"}
LANGUAGES |= {"french": "fr", "francais": "fr", "fr": "fr"}
LANGUAGE_CODES = ["en", "fr"]
MEASURED = {"integer", "int", "decimal", "range"}
MEASURES = dict.fromkeys(MEASURED, "continuous")
MEASURES |= {"select_multiple": "multi", "rank__level": "nominal"}
CHOOSING = {"select_one": "select_one", "select1": "select_one", "select": "select_multiple"}
CHOOSING |= {"select_multiple": "select_multiple", "rank": "rank"}
# Kobo's rankings and ratings: groups whose rows choose from one list, which the group names.
ROWS = {"rank__level": "kobo--rank-items", "score__row": "kobo--score-choices"}
CHOOSING |= {name: name for name in ROWS}
CODED = ("select_one", "select_multiple", *ROWS)
# What is neither asked nor answered, and need not be listed as left out.
SILENT = {"note", "start", "end", "today", "deviceid", "username", "phonenumber", "subscriberid"}
SILENT |= {"simserial", "audit", "email", "calculate", "calculate_here", "hidden", "instanceid"}
OTHER = {"en": "Other", "fr": "Autre"}
SEPARATORS = ("/", "-", ".", ":", "_")  # between groups and question: Kobo lets people choose
MARKUP = re.compile(r"<[^>]*>|\*\*|__|^#+\s*")

type Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """A row of the survey sheet, with the groups it stands in.

    Attributes
    ----------
    number : int
        Of the row, as Excel counts.
    row : mapping
        Titles of columns and texts.
    groups : tuple of str
        Names, outermost first.
    relevant : tuple of str
        Conditions under which it was asked, those of its groups included.
    within : str
        What it stands in that an interview may answer several times, or for several items;
        blank outside.
    whole : mapping or None
        The row of the ranking or rating that it is a part of.
    """

    number: int
    row: Row
    groups: tuple[str, ...]
    relevant: tuple[str, ...]
    within: str = ""
    whole: Row | None = None


def questions_of_form(path: Path) -> list[Question]:
    """Read what was asked; what has neither codes nor numbers for answers says why it is left out.

    Questions within a repeat or a matrix are left out too, since an interview may answer them
    several times.

    Parameters
    ----------
    path : Path
        A workbook with the sheets ``survey`` (type, name, label) and ``choices`` (list_name,
        name, label); labels plain or by language: ``label::English (en)``.

    Raises
    ------
    ReadError
        Listing everything that is wrong with the form: sheets, columns, names or lists that are
        missing, groups that do not close, names and codes that stand twice.
    """
    sheets = _sheets(path)
    problems: list[str] = []
    choices = _choices(sheets.get("choices", []), _allows_duplicates(sheets), problems)
    asked = list(_asked(sheets["survey"], problems))
    problems += _name_problems(asked)
    problems += _list_problems(asked, choices)
    raise_all(ReadError, problems, path.name)
    count = Counter(each.row["name"] for each in asked if not each.within)
    return [_question(each, choices, alone=count[each.row["name"]] == 1) for each in asked]


def _sheets(path: Path) -> dict[str, list[Row]]:
    """Read the sheets by name, each as rows of texts; rows keep their places."""
    found = pd.read_excel(path, sheet_name=None, dtype=str, keep_default_na=False)
    sheets = {str(name).strip().lower(): frame for name, frame in found.items()}
    if "survey" not in sheets:
        raise ReadError(
            f"{path.name} has no sheet 'survey'; found {listing(found)}. Give the form as "
            "downloaded (XLSForm), not the answers."
        )
    return {name: _rows(path, name, frame) for name, frame in sheets.items() if name in NEEDED}


def _rows(path: Path, sheet: str, frame: pd.DataFrame) -> list[Row]:
    if frame.empty:
        return []
    titles = {str(title): _title(str(title)) for title in frame.columns}
    missing = [name for name in NEEDED[sheet] if name not in titles.values()]
    if missing:
        raise ReadError(
            f"{path.name}, sheet '{sheet}': no column {listing(missing)} in its first row; found "
            f"{listing(titles)}."
        )
    rows = frame.to_dict("records")
    return [{titles[str(key)]: str(text).strip() for key, text in r.items()} for r in rows]


NEEDED = {"survey": ("type", "name"), "choices": ("list_name", "name"), "settings": ()}


def _title(title: str) -> str:
    """Write a column's title as the standard does."""
    title = title.strip()
    plain_title = title.lower().replace(" ", "_")
    return {"value": "name", "bind::relevant": "relevant"}.get(plain_title, _cased(title))


def _cased(title: str) -> str:
    head, colon, language = title.partition(":")
    return f"{head.strip().lower().replace(' ', '_')}{colon}{language}"


def _allows_duplicates(sheets: Mapping[str, list[Row]]) -> bool:
    said = {row.get("allow_choice_duplicates", "").lower() for row in sheets.get("settings", [])}
    return not said.isdisjoint({"yes", "true"})


def _choices(
    rows: Sequence[Row], duplicates: bool, problems: list[str]
) -> dict[str, dict[Code, Text]]:
    """Read the lists of choices: code to label, in order."""
    lists: dict[str, dict[Code, Text]] = {}
    for number, row in enumerate(rows, start=2):
        listed, code = row["list_name"], row["name"]
        if not any(row.values()):
            continue
        if not listed or not code:
            part = "name" if listed else "list_name"
            problems.append(
                f"sheet 'choices', row {number}: {part} is blank. Merged cells leave the cells "
                "below the first blank; give it in every row."
            )
            continue
        codes = lists.setdefault(listed, {})
        if _code(code) in codes and not duplicates:
            problems.append(f"sheet 'choices', row {number}: '{code}' stands twice in '{listed}'.")
        codes.setdefault(_code(code), _text(row))
    return lists


def _asked(rows: Sequence[Row], problems: list[str]) -> Iterator[Asked]:
    """Walk through the groups, noting those that do not close."""
    opened: list[tuple[str, int, Row]] = []
    for number, row in enumerate(rows, start=2):
        words = row["type"].lower().replace("_", " ").split()
        does, kind = (words[0], words[1]) if len(words) > 1 else ("", "")  # "end" alone is a time
        if does == "begin":
            opened.append((kind, number, row))
        elif does == "end":
            if not opened or opened[-1][0] != kind:
                problems.append(f"row {number} ends a {kind} that is not open. {ORDER}")
            opened = opened[:-1]
        elif row["type"] and not row["name"] and words[0] not in SILENT:
            problems.append(f"row {number} ('{row['type']}') has no name. Are cells merged?")
        elif row["type"] and row["name"]:
            yield _in_groups(number, row, opened)
    for kind, number, row in opened:
        problems.append(f"{kind} '{row['name']}', begun in row {number}, is never ended. {ORDER}")


def _in_groups(number: int, row: Row, opened: Sequence[tuple[str, int, Row]]) -> Asked:
    """Put a question into the groups that are open; a row of a ranking chooses from its list."""
    rows = [each for *_, each in opened]
    relevant = [each.get("relevant", "") for each in [*rows, row]]
    groups = tuple(each["name"] for each in rows if each["name"])
    several = [(SEVERAL[kind], each["name"]) for kind, _, each in opened if kind in SEVERAL]
    within = f"the {several[0][0]} '{several[0][1]}'" if several else ""
    column = ROWS.get(row["type"].lower())
    whole = rows[-1] if rows and column else None
    if whole is not None:
        row = {**row, "type": f"{row['type']} {whole.get(str(column), '')}"}
    return Asked(number, row, groups, tuple(filter(None, relevant)), within, whole)


SEVERAL = {"repeat": "repeat", "kobomatrix": "matrix"}
ORDER = "Every begin needs its own end, the innermost first."


def _name_problems(asked: Sequence[Asked]) -> Iterator[str]:
    """Find questions of one group that bear the same name."""
    count = Counter((each.groups, each.row["name"]) for each in asked)
    for (groups, name), n in count.items():
        if n > 1:
            where = f" in group '{groups[-1]}'" if groups else ""
            yield f"the name '{name}' stands {n} times{where}. Names are unique within a group."


def _list_problems(asked: Sequence[Asked], choices: Mapping[str, object]) -> Iterator[str]:
    """Find questions whose list of choices does not exist."""
    for each in asked:
        kind, listed, _ = _kind(each.row)
        if kind in CHOOSING.values() and listed and listed not in choices and "${" not in listed:
            near = unknown("list", listed, choices) if choices else "There is no sheet 'choices'."
            yield f"row {each.number}, question '{each.row['name']}': {near}"


def _kind(row: Row) -> tuple[str, str, list[str]]:
    """Part a type into what is asked, the list of choices, and what else is said.

    Choices that stand in another file have no list.
    """
    said = row["type"]
    for older, newer in OLDER.items():
        said = re.sub(older, newer, said, flags=re.IGNORECASE)
    words = said.split() or [""]
    head = words[0].lower()
    if head.endswith(("_from_file", "_external")):
        base = head.removesuffix("_from_file").removesuffix("_external")
        return CHOOSING.get(base, base), "", words[1:]
    return CHOOSING.get(head, head), words[1] if len(words) > 1 else "", words[2:]


OLDER = {
    r"^select[ _](one|multiple)\b": r"select_\1",
    r"^(select|add)[ _]all[ _]that[ _]apply\b": "select_multiple",
    r"^(select_\w+) from\b": r"\1",
    r"\bor specify other\b": "or_other",
}


def _question(asked: Asked, choices: Mapping[str, dict[Code, Text]], *, alone: bool) -> Question:
    """Read one row of the survey sheet."""
    row, name = asked.row, asked.row["name"]
    kind, listed, extra = _kind(row)
    path = [*asked.groups, name]
    codes = dict(choices.get(listed, {}))
    if "or_other" in [each.lower() for each in extra]:
        codes.setdefault("other", OTHER)
    aliases = [sep.join(path) for sep in SEPARATORS] + _every_text(row)
    whole = [asked.whole["name"]] if asked.whole is not None else []
    return Question(
        name="_".join([*whole, name] if alone else path),
        label=_label(asked),
        codes=distinct_labels(codes),
        aliases=(*((name,) if alone else ()), *dict.fromkeys(aliases)),
        notes=tuple(_notes(asked, kind)),
        measure=MEASURES.get(kind, ""),
        left_out=_left_out(asked, kind, coded=bool(codes)),
    )


def _label(asked: Asked) -> Text:
    """Read what was asked; of a row of a ranking or rating, what the whole asks first."""
    own = _text(asked.row) if _has_text(asked.row) else ""
    if asked.whole is None or not _has_text(asked.whole):
        return own
    return joined(_text(asked.whole), own) if own else _text(asked.whole)


def _left_out(asked: Asked, kind: str, *, coded: bool) -> str | None:
    """Tell why a question has no place in a codebook; None where it has one."""
    said = asked.row["type"]
    if asked.within and kind not in SILENT:
        return f"asked in {asked.within}, several times an interview"
    if kind in MEASURED or (coded and kind in CODED):
        return None
    if kind == "rank":
        return f"'{said}': {RANKED}"
    if kind in CODED:
        return f"'{said}': its choices are not in the form; a column of few values groups as it is"
    return "" if kind in SILENT else f"'{said}' has no codes or numbers for answers"


RANKED = (
    "its column lists the choices in order. To ask who put what first, make a column of the first "
    "code, and describe it as a nominal outcome"
)


def _notes(asked: Asked, kind: str) -> Iterator[str]:
    """Say who was asked, and who was offered what."""
    if asked.relevant:
        yield (
            f"asked only where {' and '.join(asked.relevant)}; the others were not asked, and are "
            "not in its base."
        )
    if asked.row.get("choice_filter") and kind == "select_multiple":
        yield (
            f"choices were shown where {asked.row['choice_filter']}; whoever was not shown an "
            "option counts as not having named it."
        )
    elif asked.row.get("choice_filter"):
        yield f"choices were shown where {asked.row['choice_filter']}."


def _code(text: str) -> Code:
    return int(text) if re.fullmatch(r"-?(0|[1-9]\d*)", text) else text


def _text(row: Row) -> Text:
    """Read a label: by language where both are known, else the first that is given."""
    given = {_language(title): text for title, text in _labels(row).items()}
    known: dict[str, str] = {
        language: given[language] for language in LANGUAGE_CODES if language in given
    }
    if len(known) == 2:
        return known
    return next(iter([*known.values(), *given.values()]), row.get("name", ""))


def _labels(row: Row) -> dict[str, str]:
    """List the labels of a row by the title of their column, without marks of format."""
    texts = {title: MARKUP.sub("", text) for title, text in row.items() if _is_label(title)}
    return {title: " ".join(text.split()) for title, text in texts.items() if text.strip()}


def _every_text(row: Row) -> list[str]:
    """List what an export with labels may call the question: its label in any language."""
    raw = [text for title, text in row.items() if _is_label(title) and text]
    return [*raw, *_labels(row).values()]


def _has_text(row: Row) -> bool:
    return bool(_labels(row))


def _is_label(title: str) -> bool:
    return re.fullmatch(r"label(::?.*)?", title) is not None


def _language(title: str) -> str:
    """Name the language of ``label::Français (fr)``: its code, or what is known of its name."""
    code = re.search(r"\((\w+)\)\s*$", title)
    name = title.rpartition(":")[2]
    return LANGUAGES.get(code.group(1).lower() if code else plain(name), name)
