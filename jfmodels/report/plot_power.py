"""How likely a change is to be found, against its size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from jfmodels.errors import SpecError
from jfmodels.planning.power import TTest, power_of
from jfmodels.planning.survey_plan import SurveyPlan
from jfmodels.report.plot_canvas import GREY, INK, format_axis
from jfmodels.report.plot_curves import (
    Plans,
    axes_for,
    curve_line,
    detectable_by,
    draw_curves,
    finish_curves,
    format_changes,
    in_shares,
    read_plans,
    test_in_words,
)
from jfmodels.report.plot_lines import MOST_LINES, Line, looks
from jfmodels.report.plot_rows import is_simulated, subject, unit_of
from jfmodels.report.plot_text import Labels, Wording, wording
from jfmodels.results.schema import DETECTABLE

__all__ = ["plot_power"]

type Floats = NDArray[np.float64]

STEPS = 160  # points of a curve


@dataclass(frozen=True, slots=True, eq=False)
class _Curve:
    """What one design can find.

    Attributes
    ----------
    name : str
        Display text; empty where there is only one.
    detectable : float
        The smallest change that it finds; NaN where it finds none.
    power : callable
        Probability that changes of some sizes, (K,) each, are found.
    """

    name: str
    detectable: float
    power: Callable[[Floats], Floats]


def plot_power(
    of: Plans | pd.DataFrame,
    *,
    power: float = 0.8,
    alpha: float = 0.05,
    labels: Labels | None = None,
    lang: str = "en",
    ax: Axes | None = None,
) -> Axes:
    """Draw how likely a change is to be found, against its size.

    Parameters
    ----------
    of : SurveyPlan, mapping of str to SurveyPlan, or DataFrame
        A plan, several by name, or rows of one comparison of :func:`jfmodels.detectable_change`
        such as ``table[table["wave"] == "Q6"]``; a row's standard error is taken to be that of
        its detectable change throughout.
    power, alpha : float
        Of plans: where a point marks the smallest detectable change, and the level of the test.
        A table brings its own.
    labels : mapping, optional
        Display texts, see :func:`jfmodels.plot_trend`.
    lang : {"en", "fr"}
        Language of titles, notes and numbers.
    ax : Axes, optional
        Where to draw; by default a figure of its own.

    Returns
    -------
    Axes
        Changes are drawn in their unit: ten percentage points lie at 0.10.

    Raises
    ------
    SpecError
        If a table has several rows for one group, or shares and means are mixed.

    Examples
    --------
    >>> import jfmodels as jf
    >>> import matplotlib.pyplot as plt
    >>> plan = jf.SurveyPlan(
    ...     n=544, clusters=16, strata=4, share=0.5, icc=0.05, icc_between_waves=0.04, overlap=1
    ... )
    >>> ax = jf.plot_power(plan)
    >>> ax.get_xlabel()
    'True change, percentage points'
    >>> plt.close(ax.figure)
    """
    if isinstance(of, pd.DataFrame):
        words = wording(lang, labels, of)
        rows = _rows_to_draw(of)
        curves, share, title = _of_rows(rows, words), unit_of(rows).share, _title(rows, words)
        power, alpha = (float(rows[name].iloc[0]) for name in ("power", "alpha"))
        simulated = is_simulated(of)
    else:
        words, plans = wording(lang, labels), read_plans(of, power, alpha)
        curves = [_of_plan(words.name(name), each, power, alpha) for name, each in plans.items()]
        share, title, simulated = in_shares(plans), words.phrase("power_of_changes"), False
    lines = _over_changes(curves, share, words)
    axes = axes_for(lines) if ax is None else ax
    axes.axhline(power, color=GREY, linewidth=0.8, zorder=1)
    found = [(curve.detectable, power) for curve in curves]
    draw_curves(axes, lines, found)
    axes.set_ylim(0, 1.02)
    axes.set_xlim(left=0)
    format_axis(axes.yaxis, words.percent, 100.0)
    axes.set_ylabel(words.phrase("power"), color=INK)
    format_changes(axes.xaxis, share, words)
    axes.set_xlabel(words.phrase("change_in_points" if share else "true_change"), color=INK)
    note = words.phrase("key_power").format(**test_in_words(power, alpha, words))
    return finish_curves(axes, lines, title, note, words, simulated=simulated, grow=ax is None)


def _rows_to_draw(table: pd.DataFrame) -> pd.DataFrame:
    """Take the rows of a table that find something, one for each line."""
    if "detectable" not in table:
        raise SpecError("plot_power draws plans, or tables that jf.detectable_change returned.")
    rows = table[table["detectable"].notna()]
    if rows.empty:
        raise SpecError("No row has a detectable change; the flags say why.")
    if rows.duplicated(_keys(table)).any() or len(rows) > MOST_LINES:
        raise SpecError(
            f"A line is one row, and these {len(rows)} are too many or name one group twice. Draw "
            "one comparison: table[table['wave'] == 'Q6']."
        )
    return rows


def _keys(table: pd.DataFrame) -> list[str]:
    """Columns that name the lines: outcome, answer and groups."""
    own = [str(name) for name in table if name not in DETECTABLE]
    return ["outcome", "category", *own]


def _of_rows(rows: pd.DataFrame, words: Wording) -> list[_Curve]:
    """Make a curve of every row, with the standard error of its detectable change."""
    keys = [name for name in _keys(rows) if len(rows[name].unique()) > 1]
    return [
        _Curve(_name(row, keys, words), float(row["detectable"]), partial(_power_of_row, row))
        for _, row in rows.iterrows()
    ]


def _name(row: pd.Series[Any], keys: Sequence[str], words: Wording) -> str:
    """Name a row by what tells it from others, and by what it is compared with."""
    own = [key for key in keys if not key.endswith("_ref")]
    apart = [f"{key}_ref" for key in own if f"{key}_ref" in row and row[f"{key}_ref"] != row[key]]
    return " – ".join(filter(None, [words.names(row[own]), words.names(row[apart])]))


def _power_of_row(row: pd.Series[Any], change: Floats) -> Floats:
    """Power of one row for changes of some sizes."""
    error, df, df_test = (np.full_like(change, row[n]) for n in ("std_error", "df", "df_test"))
    return power_of(change, error, TTest(df, df_test, float(row["alpha"])))


def _of_plan(name: str, plan: SurveyPlan, power: float, alpha: float) -> _Curve:
    """Make a curve of a plan."""
    return _Curve(
        name,
        detectable_by(plan, power, alpha),
        plan.precision(alpha).power,
    )


def _over_changes(curves: Sequence[_Curve], share: bool, words: Wording) -> list[Line]:
    """Power over changes up to somewhat more than any curve's detectable one."""
    farthest = np.nanmax([*(curve.detectable for curve in curves), 1e-9]) * 1.25
    change = np.linspace(0, min(farthest, 1.0) if share else farthest, STEPS)
    return [
        curve_line(_with_number(curve, share, words), change, curve.power(change), look)
        for curve, look in zip(curves, looks([False] * len(curves)), strict=True)
    ]


def _with_number(curve: _Curve, share: bool, words: Wording) -> str:
    """Name a curve together with the change that it finds."""
    if np.isnan(curve.detectable):
        return curve.name
    if not share:
        return words.after(curve.name, words.number(curve.detectable, 2))
    number = words.number(100 * curve.detectable, 1)
    return words.after(curve.name, words.points(number))


def _title(rows: pd.DataFrame, words: Wording) -> str:
    """Say of which outcome and of which waves."""
    waves = [rows[name].unique() for name in ("wave_ref", "wave")]
    between = "–".join(dict.fromkeys(words.names(each) for each in waves if len(each) == 1))
    said = words.listed([words.phrase("power_of_changes"), between])
    return words.after(subject(rows, words), said)
