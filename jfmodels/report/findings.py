"""Rows of a table in words: a level, a change, and the evidence for it."""

from __future__ import annotations

import numpy as np

from jfmodels.display.numbers import digits_of
from jfmodels.report.html import Html, element, joined
from jfmodels.report.names import Names
from jfmodels.report.plot_text import NO_BREAK
from jfmodels.report.release import ALPHA
from jfmodels.report.table_rows import Row
from jfmodels.report.words import phrase

__all__ = [
    "change_in_words",
    "change_sentence",
    "figure",
    "filled",
    "is_share",
    "level",
    "p_text",
    "reason",
    "size_text",
    "standing",
]

REASONS = ("suppressed", "not_asked", "relabelled", "no_interviews")  # why there is no number
SMALLEST_P = 0.001


def standing(row: Row) -> str:
    """Say what the evidence for a change is worth.

    Returns
    -------
    str
        "shown" after adjustment, "alone" if it were the only change, "not_shown",
        "not_tested", or "missing" where there is no number.
    """
    if np.isnan(row["estimate"]):
        return "missing"
    if np.isnan(row["p_value"]):
        return "not_tested"
    if row["p_adjusted"] < ALPHA:
        return "shown"
    return "alone" if row["p_value"] < ALPHA else "not_shown"


def reason(row: Row, lang: str) -> str:
    """Say in a word why there is no number."""
    found = next((code for code in REASONS if code in row["flag"]), "missing")
    return phrase(f"cell_{found}", lang)


def is_share(row: Row) -> bool:
    """Tell whether a row is a share, or a difference of shares."""
    return str(row["unit"]).startswith("share")


def figure(row: Row, names: Names, *, signed: bool = False, unit: bool = True) -> Html:
    """Write the estimate of a row and its interval.

    Parameters
    ----------
    row : mapping
        A row of a tidy table.
    names : Names
        Language.
    signed : bool, default False
        Whether numbers above 0 bear a sign: those of changes.
    unit : bool, default True
        Whether the unit stands beside the number.
    """
    if np.isnan(row["estimate"]):
        return element("span", reason(row, names.lang), class_="none")
    number = _number(row, "estimate", names, signed=signed)
    if unit and is_share(row):
        number = _points(number, row["estimate"], names) if signed else f"{number}{NO_BREAK}%"
    return joined(element("b", number), " ", _interval(row, names, signed=signed))


def level(row: Row, names: Names) -> str:
    """Write a level and its interval as plain text."""
    if np.isnan(row["estimate"]):
        return reason(row, names.lang)
    percent = f"{NO_BREAK}%" if is_share(row) else ""
    return f"{_number(row, 'estimate', names)}{percent} {_bounds(row, names)}"


def size_text(size: float, row: Row, names: Names) -> str:
    """Write the size of a difference."""
    if not is_share(row):
        return names.words.number(size, digits_of(row.get("std_error", np.nan)))
    return _points(names.words.number(100 * size, 0), size, names)


def p_text(row: Row, lang: str, *, adjusted: bool = True) -> str:
    """Write a p-value."""
    key = "p_adjusted" if adjusted else "p_value"
    value = float(row[key])
    small = value < SMALLEST_P
    decimals = 3 if value < 0.1 else 2
    number = f"{SMALLEST_P if small else value:.{3 if small else decimals}f}"
    sign = "<" if small else "="
    text = f"{sign}{NO_BREAK}{number.replace('.', ',') if lang == 'fr' else number}"
    return phrase(key, lang, p=text).replace(" p ", f" p{NO_BREAK}")


def change_in_words(row: Row, names: Names) -> Html:
    """Say a change that stands out, without its subject: "fell by 8 points [-13, -3] (p ...)"."""
    since = phrase("rose_in" if row["estimate"] > 0 else "fell_in", names.lang, size="{}")
    told = p_text(row, names.lang)
    if standing(row) == "alone":
        alone = p_text(row, names.lang, adjusted=False)
        return joined(
            _sized(since, row, names), phrase("alone_brief", names.lang, p_alone=alone, p=told)
        )
    return joined(_sized(since, row, names), phrase("shown", names.lang, p=told))


def change_sentence(row: Row, names: Names, family: int) -> Html:
    """Say what became of a level since the wave before, and what would have been seen.

    Parameters
    ----------
    row : mapping
        A row of the changes of a release.
    names : Names
        Language.
    family : int
        Number of changes that p was adjusted for.
    """
    lang, kind = names.lang, standing(row)
    since = phrase("since", lang, wave=row["wave_ref"])
    if kind == "missing":
        return Html("")
    if kind == "not_tested":
        template = phrase("not_tested", lang, since=since, change="{}")
        return joined(*filled(template, figure(row, names, signed=True)))
    if kind == "not_shown":
        template = phrase("not_shown", lang, since=since, change="{}", p=p_text(row, lang))
        change = filled(template, figure(row, names, signed=True))
        return joined(*change, " ", would_be_found(row, names))
    key = "rose" if row["estimate"] > 0 else "fell"
    told = _sized(phrase(key, lang, since=since, size="{}"), row, names)
    return joined(told, _evidence(row, names, family))


def would_be_found(row: Row, names: Names) -> str:
    """Say which change the survey would have seen."""
    if np.isnan(row["detectable"]):
        return phrase("nothing_found", names.lang)
    return phrase("would_be_found", names.lang, size=size_text(row["detectable"], row, names))


def _evidence(row: Row, names: Names, family: int) -> str:
    lang = names.lang
    if standing(row) == "alone":
        alone = p_text(row, lang, adjusted=False)
        return phrase("alone", lang, p_alone=alone, p=p_text(row, lang), n=family)
    return phrase("shown", lang, p=p_text(row, lang))


def _sized(template: str, row: Row, names: Names) -> Html:
    """Fill in how far a level moved, without a sign, and the interval of the change."""
    size = element("b", size_text(abs(row["estimate"]), row, names))
    return joined(*filled(template, joined(size, " ", _interval(row, names, signed=True))))


def filled(template: str, part: Html) -> tuple[str, Html, str]:
    """Put HTML into the gap ``{}`` of a phrase."""
    before, _, after = template.partition("{}")
    return before, part, after


def _points(number: str, value: float, names: Names) -> str:
    one = abs(round(100 * value)) == 1 or (names.lang == "fr" and round(100 * value) == 0)
    return phrase("point" if one else "points", names.lang, number=number).replace(" ", NO_BREAK)


def _interval(row: Row, names: Names, *, signed: bool = False) -> Html:
    return element("span", _bounds(row, names, signed=signed), class_="interval")


def _bounds(row: Row, names: Names, *, signed: bool = False) -> str:
    if np.isnan(row["low"]) or np.isnan(row["high"]):
        return f"[{phrase('no_interval', names.lang)}]"
    low, high = (_number(row, end, names, signed=signed) for end in ("low", "high"))
    return f"[{low}{names.words.signs.between}{high}]"


def _number(row: Row, name: str, names: Names, *, signed: bool = False) -> str:
    if is_share(row):
        return names.words.number(100 * row[name], 0, signed=signed)
    return names.words.number(row[name], digits_of(row["std_error"]), signed=signed)
