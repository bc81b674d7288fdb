"""All answers of an ordinal question as bars to the left and right of its middle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.patches import Patch, Rectangle
from matplotlib.patheffects import withStroke

from jfmodels.errors import SpecError, choose
from jfmodels.model.items import DONT_KNOW, REFUSED
from jfmodels.report.plot_answers import REST, AnswerBars, AnswerScale, bars_of, scale_of
from jfmodels.report.plot_canvas import (
    GREY,
    INK,
    WITHHELD,
    Fitted,
    clean_axes,
    keep_what_fits,
    new_axes,
)
from jfmodels.report.plot_colours import BETWEEN, either_side, ink_on
from jfmodels.report.plot_panels import frame, lay_out, name_panels, require_panels
from jfmodels.report.plot_rows import (
    FlagMarks,
    flag_marks,
    is_simulated,
    levels_of,
    subject,
    unit_of,
    with_estimates,
)
from jfmodels.report.plot_text import Labels, Wording, wording

__all__ = ["MIDDLES", "plot_likert"]

MIDDLES: Mapping[str, str] = {
    "split": "half of it on either side of the centre",
    "apart": "at the right, on a line of its own",
}
WIDTH = 7.2  # inches of the only panel; several are narrower
PANEL_WIDTH = 3.9
ROW_HEIGHT = 0.27
AROUND = 1.3  # inches above and below the rows of the only panel
BAR = 0.76  # of a row
GAP = 0.05  # share of all answers left free before what is set apart
NUMBER_SIZE = 8.0
HATCHED = "#9A9A9A"
HATCHES = {DONT_KNOW: "////", REFUSED: "....", REST: "\\\\\\\\"}
LETTER = 0.025  # share of all answers left free for the letter of a flag
MARK_SIZE = 10.0
BEHIND: Mapping[str, Any] = {"textcoords": "offset points", "va": "center_baseline"}
TICKS = np.linspace(-1, 1, 11).tolist()
WORDS: Mapping[str, Mapping[str, str]] = {
    "rest": {"en": "no answer", "fr": "sans réponse"},
    "key": {
        "en": "Bars: shares in %, to the left and right of the centre of the scale",
        "fr": "Barres : parts en %, à gauche et à droite du centre de l'échelle",
    },
    "split": {
        "en": ", the middle answer half on either side",
        "fr": ", la réponse médiane pour moitié de chaque côté",
    },
    "apart": {"en": "; apart at the right: {names}", "fr": " ; à part, à droite : {names}"},
    "error": {
        "en": "The {coverage} intervals of shares reach {median} to one side in the median, "
        "{most} at most.",
        "fr": "Les intervalles à {coverage} des parts s'étendent de {median} d'un côté en "
        "médiane, de {most} au plus.",
    },
    "marks": {
        "en": "Letters tell of at least one share of their row.",
        "fr": "Les lettres concernent au moins une part de leur ligne.",
    },
    "every_row": {
        "en": "At least one share of every row",
        "fr": "Au moins une part de chaque ligne",
    },
}


def plot_likert(
    table: pd.DataFrame,
    *,
    middle: str = "split",
    labels: Labels | None = None,
    lang: str = "en",
    ax: Axes | None = None,
) -> Axes:
    """Draw all answers of an ordinal question as bars that diverge from the middle of the scale.

    The answers of the first half of the scale lie to the left of the centre, those of the
    second half to the right. Who does not know or refuses is set apart at the right: from the
    table where these are answers of their own, else as what the answers leave of the whole.
    Waves are the rows, and each group has a panel; of a single wave outcomes, or groups, are
    the rows. A wave that did not ask keeps its row, and cells withheld are hatched.

    Parameters
    ----------
    table : DataFrame
        Tidy table with the levels of all answers: ``fit.levels(categories="all")``.
    middle : {"split", "apart"}
        Where the middle answer of an odd number lies: half of it on either side of the centre,
        or set apart at the right, which lets both sides start from one line.
    labels : mapping, optional
        Display texts, as in :func:`jfmodels.plot_trend`.
    lang : {"en", "fr"}
        Language of titles, notes and numbers.
    ax : Axes, optional
        Where to draw; for a table of one group only.

    Returns
    -------
    Axes
        The first panel; its figure holds all. Row k lies at a height of -k, and a share of 0.2
        is 0.2 wide.

    Raises
    ------
    SpecError
        If the table holds less than two answers, outcomes of several scales, answers that add
        up to more than all, or more groups than panels fit on a page.

    References
    ----------
    .. [1] Heiberger, R. M. and Robbins, N. B. (2014). Design of diverging stacked bar charts
       for Likert scales and other applications. Journal of Statistical Software 57(5).

    Examples
    --------
    >>> import jfmodels as jf
    >>> import matplotlib.pyplot as plt
    >>> fit = jf.direct(jf.example(), "trust_army")
    >>> ax = jf.plot_likert(fit.levels(categories="all"))
    >>> [text.get_text() for text in ax.get_yticklabels()]
    ['Q1', 'Q2', 'Q3', 'Q4', 'Q5', 'Q6']
    >>> plt.close(ax.figure)
    """
    choose("place of the middle answer", middle, MIDDLES)
    words, rows = wording(lang, labels, table), with_estimates(levels_of(table, "plot_likert"))
    if not unit_of(rows).share:
        raise SpecError(f"plot_likert draws shares of answers; found '{rows['unit'].iloc[0]}'.")
    panels = bars_of(table, rows, words)
    scale = scale_of(rows, panels, middle)
    require_panels(len(panels), ax)
    signs, marks = _signs(scale), flag_marks(_flagged(panels))
    span = _span(panels, scale, marks)
    axes = _axes(panels) if ax is None else [ax]
    numbers = [
        number
        for each, panel in zip(axes, panels, strict=True)
        for number in _draw(each, panel, scale, span, signs, words)
    ]
    for each, panel in zip(axes, panels, strict=True):
        _finish(each, panel, span, words)
        _mark_rows(each, panel, scale, marks)
    name_panels(axes, [panel.name for panel in panels])
    key = {_answer(name, words): sign for name, sign in signs.items()}
    notes = [_explained(scale, words), *_error(rows, words), *_flags(marks, words)]
    title = subject(rows.assign(category=None), words) or words.phrase("answers")
    frame(axes, title, key, notes, words, simulated=is_simulated(table), grow=ax is None)
    keep_what_fits(axes[0], numbers)
    return axes[0]


@dataclass(frozen=True, slots=True)
class _Span:
    """How far the bars of all panels reach, in shares.

    Attributes
    ----------
    left, right : float
        To either side of the centre.
    apart : ndarray
        Where the bars of each answer begin that is set apart.
    end : float
        Where the last of them ends.
    """

    left: float
    right: float
    apart: np.ndarray
    end: float


def _span(panels: Sequence[AnswerBars], scale: AnswerScale, marks: FlagMarks) -> _Span:
    """Measure the longest bars of all panels, and set apart what is not on the scale."""
    shares = np.vstack([panel.shares(scale) for panel in panels])
    left, right = scale.sides(shares)
    letters = max(len(marks.of(codes)) for panel in panels for codes in panel.flags)
    wide = np.nanmax(shares[:, len(scale.names) - len(scale.apart) :], axis=0, initial=0.0)
    ends = right + LETTER * letters + np.cumsum(wide + GAP)
    return _Span(left, right, ends - wide, float(ends[-1]) if len(ends) else right)


def _axes(panels: Sequence[AnswerBars]) -> list[Axes]:
    """Make axes as tall as the rows need."""
    tall = ROW_HEIGHT * len(panels[0].rows)
    names = 0.06 * max(map(len, panels[0].rows))
    if len(panels) == 1:
        return [new_axes(WIDTH + names, tall + AROUND)]
    return lay_out(len(panels), (PANEL_WIDTH + names / 2, tall + 0.55), most_across=3)


def _signs(scale: AnswerScale) -> dict[str, Patch]:
    """Give every answer its colour or hatch, in the order of the key."""
    colours = either_side(len(scale.left), len(scale.right))
    colours[len(scale.left) : len(scale.left)] = [BETWEEN] * len(scale.middle)
    on_scale = scale.names[: len(colours)]
    signs = {name: Patch(facecolor=c) for name, c in zip(on_scale, colours, strict=True)}
    for name in scale.apart:
        hatch = HATCHES.get(name)
        face, edge = (BETWEEN, "white") if hatch is None else ("white", HATCHED)
        signs[name] = Patch(facecolor=face, edgecolor=edge, hatch=hatch, linewidth=0.6)
    return signs


def _draw(
    ax: Axes,
    panel: AnswerBars,
    scale: AnswerScale,
    span: _Span,
    signs: Mapping[str, Patch],
    words: Wording,
) -> list[Fitted]:
    """Draw the bars of a panel, answer by answer, with their numbers."""
    shares = panel.shares(scale)
    starts = scale.starts(shares, span.apart)
    numbers: list[Fitted] = []
    for k, name in enumerate(scale.names):
        rows = np.flatnonzero(shares[:, k] > 0)
        bars = ax.barh(-rows.astype(float), shares[rows, k], left=starts[rows, k], height=BAR)
        for bar in bars:
            sign = signs[name]
            bar.set(facecolor=sign.get_facecolor(), hatch=sign.get_hatch(), linewidth=0.6)
            bar.set_edgecolor(HATCHED if sign.get_hatch() else "white")
            numbers.append(_write_number(ax, bar, words))
    for k, codes in enumerate(panel.flags):
        if not panel.drawn[k]:
            _say_why(ax, -float(k), codes, span, words)
    return numbers


def _write_number(ax: Axes, bar: Rectangle, words: Wording) -> Fitted:
    """Write a share in the middle of its bar; whether it fits is seen when all is laid out."""
    share, (x, y) = bar.get_width(), bar.get_center()
    text = ax.text(x, y, words.number(100 * share, 0), ha="center", va="center_baseline")
    colour = to_hex(bar.get_facecolor())
    text.set(fontsize=NUMBER_SIZE, color=ink_on(colour), zorder=4)
    # keeps the centre line and hatches clear of the number
    text.set_path_effects([withStroke(linewidth=2.5, foreground=colour)])
    return Fitted(text, share)


def _say_why(ax: Axes, y: float, codes: Sequence[str], span: _Span, words: Wording) -> None:
    """Say in an empty row why it is empty; what is withheld is hatched."""
    if "suppressed" in codes:
        ax.barh(y, span.left + span.right, left=-span.left, height=BAR, **WITHHELD)
    said = f" {words.why_missing(codes)}"
    text = ax.text(0, y, said, va="center_baseline", color=GREY, parse_math=False)
    text.set(fontsize=NUMBER_SIZE, path_effects=[withStroke(linewidth=3, foreground="white")])


def _finish(ax: Axes, panel: AnswerBars, span: _Span, words: Wording) -> None:
    """Give both axes their limits, ticks and texts, and draw the lines that bars start from."""
    clean_axes(ax, grid="x")
    ax.set_xlim(-span.left - 0.01, span.end + 0.01)
    ax.set_ylim(0.4 - len(panel.rows), 0.6)
    ticks = [each for each in TICKS if -span.left <= each <= span.right]
    ax.set_xticks(ticks, [words.percent(abs(each)) for each in ticks])
    ax.set_yticks(-np.arange(len(panel.rows), dtype=float), panel.rows, parse_math=False)
    ax.axvline(0, color=INK, linewidth=1.0, zorder=3)
    for start in span.apart:
        ax.axvline(start, color=GREY, linewidth=0.8, zorder=3)


def _mark_rows(ax: Axes, panel: AnswerBars, scale: AnswerScale, marks: FlagMarks) -> None:
    """Write the letters of flags at the ends of their bars."""
    for k in np.flatnonzero(panel.drawn):
        _, right = scale.sides(panel.shares(scale)[[k]])
        end = ax.annotate(marks.of(panel.flags[k]), (right, -k), (2, 0), **BEHIND)
        end.set(fontsize=MARK_SIZE, color=INK)


def _flagged(panels: Sequence[AnswerBars]) -> pd.DataFrame:
    """Give one line for each row that is drawn, with the flags of any of its answers."""
    lines = [
        {"estimate": share, "flag": codes}
        for panel in panels
        for share, codes in zip(panel.answers.iloc[:, 0], panel.flags, strict=True)
    ]
    return pd.DataFrame(lines)


def _flags(marks: FlagMarks, words: Wording) -> list[str]:
    """Explain the letters, and what is told of every row."""
    every = WORDS["every_row"][words.lang]
    said = [words.after(every, words.flag(code)) for code in marks.everywhere]
    told = FlagMarks(marks.letters, ()).notes(words)
    return said + ([WORDS["marks"][words.lang]] if told else []) + told


def _answer(name: str, words: Wording) -> str:
    """Say an answer, or what the answers leave of the whole."""
    return WORDS["rest"][words.lang] if name == REST else words.name(name)


def _explained(scale: AnswerScale, words: Wording) -> str:
    """Say what bars are, and what is set apart."""
    lang = words.lang
    split = WORDS["split"][lang] if scale.middle else ""
    apart = words.listed(_answer(name, words) for name in scale.apart)
    told = WORDS["apart"][lang].format(names=apart) if apart else ""
    return f"{WORDS['key'][lang]}{split}{told}."


def _error(rows: pd.DataFrame, words: Wording) -> list[str]:
    """Say how far the intervals reach, which bars do not show."""
    contents = set(rows["coverage"].dropna()) if "coverage" in rows else set()
    ends = [rows["high"] - rows["estimate"], rows["estimate"] - rows["low"]]
    reach = np.fmax(*(each.to_numpy(dtype=np.float64) for each in ends))
    if len(contents) != 1 or np.isnan(reach).all():
        return []
    points = {"median": np.nanmedian(reach), "most": np.nanmax(reach)}
    said = {name: words.number(100 * float(value), 0) for name, value in points.items()}
    said["median"] = words.points(said["median"])
    content = words.percent(float(contents.pop()))
    return [WORDS["error"][words.lang].format(coverage=content, **said)]
