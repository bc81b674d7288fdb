"""Trends on a page: a small picture for each group, all on one scale.

Each is SVG of its own, so that they flow into as many columns as a screen has and their text
stays readable on a phone; all are drawn in the time of one picture of :func:`plot_trend`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jfmodels.report.findings import is_share, level
from jfmodels.report.html import Html, element, joined
from jfmodels.report.names import Names
from jfmodels.report.plot_lines import Waves, runs
from jfmodels.report.table_rows import Rows
from jfmodels.report.words import phrase

__all__ = ["Steps", "panels"]

HEIGHT = 126.0
NARROW, BROAD = 190.0, 440.0  # one of several, or the only one
LETTER = 6.4  # mean width of a letter of the waves' names, and of a digit
LEFT, RIGHT, TOP, BOTTOM = 36.0, 38.0, 9.0, 21.0  # the sides at least
NUMBERS = ("estimate", "low", "high")

type Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Steps:
    """Waves between which, and the one before, more than the answers may have changed.

    Attributes
    ----------
    reworded : frozenset of int
        Places of waves whose answers were worded otherwise than in the wave before: no line
        joins them.
    new_team : frozenset of int
        Places of waves with largely other interviewers than the wave before.
    """

    reworded: frozenset[int]
    new_team: frozenset[int]


@dataclass(frozen=True, slots=True)
class Scale:
    """Where numbers lie in the W waves of a picture.

    Attributes
    ----------
    x : ndarray, shape (W,)
        Place of each wave, in units of the picture.
    low, high : float
        Ends of the vertical axis, in the unit of the table.
    ticks : tuple of float
        Numbers that have a line.
    decimals : int or None
        With which they are written; None for percent.
    left, right, width : float
        Room beside the lines for what is written there, and width of the picture.
    """

    x: Floats
    low: float
    high: float
    ticks: tuple[float, ...]
    decimals: int | None
    left: float
    right: float
    width: float

    @classmethod
    def of(cls, rows: Rows, waves: Waves, width: float, names: Names) -> Scale:
        """Choose a scale for all rows: the whole range of a share, else that of the intervals."""
        place = (waves.x - waves.x[0]) / max(waves.x[-1] - waves.x[0], 1e-9)
        if is_share(rows[0]):
            x = LEFT + place * (width - LEFT - RIGHT)
            return cls(x, 0.0, 1.0, (0.0, 0.5, 1.0), None, LEFT, RIGHT, width)
        numbers = [[row[each] for each in NUMBERS] for row in rows]
        low, high = float(np.nanmin(numbers)), float(np.nanmax(numbers))
        spread = high - low or 20.0
        # two digits of it tell any two places apart
        decimals = int(np.clip(1 - np.floor(np.log10(spread)), 0, 3))
        longest = LETTER * max(len(names.words.number(each, decimals)) for each in (low, high))
        left, right = max(LEFT, longest + 5), max(RIGHT, longest + 8)
        x = left + place * (width - left - right)
        ends = low - 0.05 * spread, high + 0.05 * spread
        return cls(x, *ends, (low, high), decimals, left, right, width)

    def y(self, value: Floats) -> Floats:
        """Height of a value, counted from above."""
        return TOP + (self.high - value) / (self.high - self.low) * (HEIGHT - TOP - BOTTOM)


def panels(
    named: Sequence[tuple[str, Rows]], waves: Waves, steps: Steps, names: Names
) -> Html | None:
    """Draw a trend for each group, side by side.

    Parameters
    ----------
    named : sequence of (str, list of mapping)
        The groups' names with their levels, a row for each wave.
    waves : Waves
        Where the waves lie in time.
    steps : Steps
        Between which of them something else changed too.
    names : Names
        Language.

    Returns
    -------
    Html or None
        None where there is no estimate, or only one wave.
    """
    rows = [row for _, each in named for row in each]
    if len(waves.values) < 2 or all(np.isnan(row["estimate"]) for row in rows):
        return None
    scale = Scale.of(rows, waves, BROAD if len(named) == 1 else NARROW, names)
    drawn = [
        element(
            "li",
            element("p", name, class_="panel-name", aria_hidden="true"),
            _panel(name, part, waves, scale, steps, names),
        )
        for name, part in named
    ]
    return element("ul", *drawn, class_="panels broad" if len(named) == 1 else "panels")


def _panel(name: str, rows: Rows, waves: Waves, scale: Scale, steps: Steps, names: Names) -> Html:
    of_wave = {row["wave"]: row for row in rows}
    estimate, low, high = np.array(
        [
            [of_wave[wave][each] if wave in of_wave else np.nan for wave in waves.values]
            for each in NUMBERS
        ],
        dtype=float,
    )
    there = ~np.isnan(estimate)
    return element(
        "svg",
        *_axes(waves, scale, names),
        *_new_teams(scale, steps),
        *_bands(scale, low, high, steps),
        *_lines(scale, estimate, there, steps),
        _last(scale, estimate, there, names),
        viewBox=f"0 0 {scale.width:g} {HEIGHT:g}",
        role="img",
        aria_label=_in_words(name, [row for row in rows if not np.isnan(row["estimate"])], names),
    )


def _axes(waves: Waves, scale: Scale, names: Names) -> list[Html]:
    """Draw lines at round numbers, and name them and the waves."""
    left, right = _px(scale.left), _px(scale.width - scale.right)
    names_at = _px(scale.left - 5)
    lines = [
        joined(
            element("line", x1=left, x2=right, y1=_px(y), y2=_px(y), class_="grid"),
            element("text", _tick(tick, scale, names), x=names_at, y=_px(y + 3.5), class_="y"),
        )
        for tick, y in zip(scale.ticks, scale.y(np.array(scale.ticks)), strict=True)
    ]
    texts = [str(value) for value in waves.values]
    return lines + [
        element("text", texts[k], x=_px(scale.x[k]), y=HEIGHT - 5, class_="x")
        for k in _that_fit(texts, scale.x)
    ]


def _that_fit(texts: Sequence[str], x: Floats) -> list[int]:
    """Choose the waves that are named: the first, the last, and those that leave room."""
    half = np.array([LETTER * (len(text) + 1) / 2 for text in texts])
    kept, last = [0], len(texts) - 1
    for k in range(1, last):
        clear_before = x[k] - half[k] >= x[kept[-1]] + half[kept[-1]]
        clear_after = x[k] + half[k] <= x[last] - half[last]
        if clear_before and clear_after:
            kept.append(k)
    return [*kept, last]


def _new_teams(scale: Scale, steps: Steps) -> list[Html]:
    """Draw an upright between waves that were asked by largely other interviewers."""
    middles = [(scale.x[k - 1] + scale.x[k]) / 2 for k in sorted(steps.new_team)]
    return [
        element("line", x1=_px(x), x2=_px(x), y1=TOP, y2=HEIGHT - BOTTOM, class_="team")
        for x in middles
    ]


def _bands(scale: Scale, low: Floats, high: Floats, steps: Steps) -> list[Html]:
    """Draw intervals: a band over waves that follow each other, a bar where one stands alone."""
    drawn = []
    for run in runs(~np.isnan(low) & ~np.isnan(high), steps.reworded):
        x, top, bottom = scale.x[run], scale.y(high[run]), scale.y(low[run])
        if len(run) == 1:
            x = np.array([x[0] - 2, x[0] + 2])
            top, bottom = np.repeat(top, 2), np.repeat(bottom, 2)
        outline = [*zip(x, top, strict=True), *zip(x[::-1], bottom[::-1], strict=True)]
        drawn.append(element("polygon", points=_points(outline), class_="band"))
    return drawn


def _lines(scale: Scale, estimate: Floats, there: NDArray[np.bool_], steps: Steps) -> list[Html]:
    """Draw a line through waves that follow each other, and a point for each."""
    y = scale.y(estimate)
    lines = [
        element("polyline", points=_points(zip(scale.x[run], y[run], strict=True)), class_="line")
        for run in runs(there, steps.reworded)
        if len(run) > 1
    ]
    points = [
        element("circle", cx=_px(scale.x[k]), cy=_px(y[k]), r=2.2, class_="point")
        for k in np.flatnonzero(there)
    ]
    return lines + points


def _last(scale: Scale, estimate: Floats, there: NDArray[np.bool_], names: Names) -> Html | None:
    """Write the last number beside its point."""
    if not there.any():
        return None
    k = int(np.flatnonzero(there)[-1])
    y = float(np.clip(scale.y(estimate[k : k + 1])[0] + 4, 10, HEIGHT - BOTTOM))
    text = _tick(estimate[k], scale, names)
    return element("text", text, x=_px(scale.x[k] + 6), y=_px(y), class_="last")


def _in_words(name: str, rows: Rows, names: Names) -> str:
    """Say where a line begins and ends, for those who do not see it."""
    if not rows:
        return phrase("panel_alt_none", names.lang, name=name)
    first, last = rows[0], rows[-1]
    terms = {"last": level(last, names), "last_wave": last["wave"]}
    if len(rows) == 1:
        return phrase("panel_alt_one", names.lang, name=name, **terms)
    terms |= {"first": level(first, names), "first_wave": first["wave"]}
    return phrase("panel_alt", names.lang, name=name, **terms)


def _tick(value: float, scale: Scale, names: Names) -> str:
    if scale.decimals is None:
        return f"{names.words.number(100 * value, 0)}\N{NO-BREAK SPACE}%"
    return names.words.number(value, scale.decimals)


def _points(places: Any) -> str:
    return " ".join(f"{_px(x)},{_px(y)}" for x, y in places)


def _px(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
