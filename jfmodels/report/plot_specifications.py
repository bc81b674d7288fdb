"""One claim under every specification: what is found, and whether the verdict stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from jfmodels.claims.robustness import not_varied
from jfmodels.errors import SpecError, listing
from jfmodels.report.plot_canvas import (
    GREY,
    INK,
    WARNING,
    clean_axes,
    format_axis,
    new_axes,
    write_notes,
    write_title,
)
from jfmodels.report.plot_rows import Unit, interval_key, is_simulated, unit_of
from jfmodels.report.plot_text import Labels, Wording, missing, wording
from jfmodels.results.schema import SPECIFICATIONS

__all__ = ["WORDS", "plot_specifications", "settings_in_words"]

COLOURS: Mapping[str, str] = {
    "supported": "#0B4F7D",
    "undecided": "#6F7D87",
    "contradicted": WARNING,
}
ROW_HEIGHT = 0.31
ROW_SIZE = 9.0
WORDS: Mapping[str, Mapping[str, str]] = {
    "as_judged": {"en": "as judged", "fr": "telle que jugée"},
    "supported": {"en": "supported", "fr": "confirmée"},
    "undecided": {"en": "undecided", "fr": "indécise"},
    "contradicted": {"en": "contradicted", "fr": "contredite"},
    "no_answer": {"en": "no answer", "fr": "sans réponse"},
    "alone": {
        "en": "It was judged in this one way alone.",
        "fr": "Elle n'a été jugée que de cette seule façon.",
    },
    "not_varied": {"en": "Not varied: {what}.", "fr": "Sans variante : {what}."},
    "stands": {
        "en": "The verdict stands in {n} of {of} specifications.",
        "fr": "Le verdict tient dans {n} spécifications sur {of}.",
    },
    "hinge": {
        "en": "Each row shows the number on which its verdict hinges, which need not be the same.",
        "fr": "Chaque ligne montre le nombre dont dépend son verdict, qui peut différer.",
    },
}
SETTINGS: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "base": {
        "excluded": {"en": "don't know excluded", "fr": "sans-avis exclus"},
        "in_base": {"en": "don't know in the base", "fr": "sans-avis dans la base"},
    },
    "weights": {"none": {"en": "no weights", "fr": "sans pondération"}},
    "places": {"common": {"en": "places all waves reached", "fr": "lieux communs aux vagues"}},
    "interviewers": {
        "cluster": {"en": "interviewers as clusters", "fr": "enquêteurs comme grappes"}
    },
    "target": {
        "these_clusters": {"en": "these clusters alone", "fr": "ces grappes seulement"},
        "population": {"en": "clusters like these", "fr": "grappes comme celles-ci"},
    },
    "engine": {
        "laplace": {"en": "multilevel model", "fr": "modèle multiniveau"},
        "weighted": {"en": "regression", "fr": "régression"},
    },
    "over": {"fixed": {"en": "fixed composition", "fr": "composition fixe"}},
}


def plot_specifications(
    table: pd.DataFrame, *, labels: Labels | None = None, lang: str = "en", ax: Axes | None = None
) -> Axes:
    """Draw what is found of one claim under every specification.

    Parameters
    ----------
    table : DataFrame
        Rows of one claim of ``jf.judge(..., robustness=True).specifications``; of a claim of
        several parts the claim as a whole, or the rows of one part.
    labels : mapping, optional
        Display text of the claim: ``{name: text}`` or ``{name: {"en": text, "fr": text}}``.
    lang : {"en", "fr"}
        Language of titles, notes and numbers.
    ax : Axes, optional
        Where to draw; by default a figure of its own, as tall as the rows need.

    Returns
    -------
    Axes
        Row k at a height of -k, in the unit of the table; colours tell the verdicts.

    Raises
    ------
    SpecError
        If the table is no table of specifications, or holds several claims.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import jfmodels as jf
    >>> claims = jf.example_claims()
    >>> one = jf.Claims(claims={"C13": claims.claims["C13_record_of_decision"]})
    >>> verdicts = jf.judge(one, jf.example(), robustness=["base", "weights"])
    >>> ax = jf.plot_specifications(verdicts.specifications)
    >>> ax.get_yticklabels()[0].get_text()
    'as judged'
    >>> plt.close(ax.figure)
    """
    if not isinstance(table, pd.DataFrame):
        raise SpecError(
            "plot_specifications draws the table .specifications of verdicts that were judged with "
            f"robustness=; found {type(table).__name__}."
        )
    words, rows = wording(lang, labels, table), _rows_of_one(table)
    unit = unit_of(rows)
    texts = _specifications(rows, words)
    width = 5.6 + 0.06 * max(map(len, texts))
    axes = new_axes(width, 1.5 + ROW_HEIGHT * len(rows)) if ax is None else ax
    _draw(axes, rows, unit)
    _finish(axes, rows, texts, unit, words)
    write_title(axes, _title(rows, table, words), words, simulated=is_simulated(table))
    write_notes(axes, _notes(rows, table.attrs.get("record") or {}, words), grow=ax is None)
    return axes


def _rows_of_one(table: pd.DataFrame) -> pd.DataFrame:
    """Take the rows of the claim as a whole, or of the one part that the table speaks of."""
    lacking = [column for column in SPECIFICATIONS if column not in table.columns]
    if lacking:
        raise SpecError(
            f"plot_specifications draws jf.judge(..., robustness=True).specifications; this table "
            f"lacks {listing(lacking)}."
        )
    names = table["claim"].unique()
    if len(names) != 1:
        raise SpecError(
            f"One picture shows one claim; found {listing(names)}. Take the rows of one: "
            "table[table['claim'] == ...]."
        )
    made = table[table["engine"].notna()]  # the others say what could not be varied
    whole = made[made["part"].isna()]
    rows = whole if len(whole) else made
    if rows["specification"].duplicated().any():
        raise SpecError(
            f"One picture shows one part; found {listing(rows['part'].unique())}. Take the rows of "
            "one: table[table['part'] == ...]."
        )
    if rows["estimate"].isna().all():
        raise SpecError(f"No specification of '{names[0]}' has an estimate to draw.")
    return rows.reset_index(drop=True)


def _draw(ax: Axes, rows: pd.DataFrame, unit: Unit) -> None:
    """Draw points and intervals in the colours of their verdicts."""
    y = -np.arange(len(rows), dtype=float)
    if "difference" in unit.text:
        ax.axvline(0.0, color=INK, linewidth=1.0, zorder=1)
    first = float(rows["estimate"].iloc[0])
    if np.isfinite(first):
        ax.axvline(first, color=GREY, linewidth=0.8, linestyle=(0, (2, 3)), zorder=1)
    for verdict, colour in COLOURS.items():
        chosen = (rows["verdict"] == verdict).to_numpy(dtype=bool, na_value=False)
        kept = rows[chosen]
        ax.hlines(y[chosen], kept["low"], kept["high"], color=colour, linewidth=2.2)
        ax.plot(kept["estimate"], y[chosen], "o", color=colour, markersize=6.5, zorder=3)


def _finish(ax: Axes, rows: pd.DataFrame, texts: Sequence[str], unit: Unit, words: Wording) -> None:
    """Give both axes their limits and texts, and write verdicts at the right."""
    clean_axes(ax, grid="x")
    ax.margins(x=0.06)
    ax.set_ylim(-len(rows) + 0.4, 0.6)
    ax.set_yticks(-np.arange(len(rows), dtype=float), texts, parse_math=False)
    difference = "difference" in unit.text
    format_axis(ax.xaxis, partial(_value, unit=unit, words=words, signed=difference), unit.scale)
    title = unit.comparison_title(words) if difference else unit.level_title(words)
    ax.set_xlabel(title, color=INK, parse_math=False)
    for text in ax.get_yticklabels():
        text.set(fontsize=ROW_SIZE, color=INK)
    for k, row in enumerate(rows.to_dict("records")):
        _write_verdict(ax, -float(k), row, words)


def _value(value: float, decimals: int, unit: Unit, words: Wording, signed: bool) -> str:
    """Write a number in the unit of the axis."""
    return words.number(value * unit.scale, decimals, signed=signed)


def _write_verdict(ax: Axes, y: float, row: Mapping[Any, Any], words: Wording) -> None:
    """Write a row's verdict at the right of the axes."""
    verdict = "no_answer" if missing(row["verdict"]) else str(row["verdict"])
    ax.annotate(
        WORDS[verdict][words.lang],
        (1, y),
        (10, 0),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        va="center_baseline",
        fontsize=0.95 * ROW_SIZE,
        color=COLOURS.get(verdict, GREY),
        fontweight="bold" if row["stands"] is False else "normal",
        annotation_clip=False,
    )


def _specifications(rows: pd.DataFrame, words: Wording) -> list[str]:
    """Say what every row does otherwise than the first, which was judged."""
    records = rows.to_dict("records")
    return [settings_in_words(row, records[0], words.lang) for row in records]


def settings_in_words(row: Mapping[Any, Any], first: Mapping[Any, Any], lang: str) -> str:
    """Say in a language what is done otherwise than in the first row, as judged.

    Parameters
    ----------
    row, first : mapping
        Rows of a table of specifications.
    lang : {"en", "fr"}
        Language.
    """
    varied = [
        texts[str(row[name])][lang]
        for name, texts in SETTINGS.items()
        if row[name] != first[name] and str(row[name]) in texts
    ]
    if varied:
        return ", ".join(varied)
    judged = row["specification"] == first["specification"]
    return WORDS["as_judged"][lang] if judged else str(row["specification"])


def _title(rows: pd.DataFrame, table: pd.DataFrame, words: Wording) -> str:
    """Name the claim by its sentence, and the part where one is drawn."""
    name, part = str(rows["claim"].iloc[0]), rows["part"].iloc[0]
    said = (table.attrs.get("record") or {}).get("claims", {})
    text = words.name(name) if name in words.labels else said.get(name, words.name(name))
    return text if missing(part) else words.after(str(text).rstrip("."), words.name(part))


def _notes(rows: pd.DataFrame, record: Mapping[str, Any], words: Wording) -> list[str]:
    """Count how often the verdict stands, and explain what is drawn."""
    stands = rows["stands"].dropna()
    of = len(stands)
    count = WORDS["stands" if of > 1 else "alone"][words.lang].format(n=int(stands.sum()), of=of)
    notes = [count, *_not_varied(rows, record, words), interval_key(rows, words)]
    if len(rows["hinges_on"].str.rpartition(": ")[0].dropna().unique()) > 1:
        notes.append(WORDS["hinge"][words.lang])
    return notes


def _not_varied(rows: pd.DataFrame, record: Mapping[str, Any], words: Wording) -> list[str]:
    """Say what could not be varied, and why."""
    what = not_varied(record.get("not_varied", {}).get(rows["claim"].iloc[0], {}), words.lang)
    return [WORDS["not_varied"][words.lang].format(what=what)] if what else []
