"""Curves of what surveys can find: their axes, points, names and notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from numpy.typing import NDArray

from jfmodels.errors import SpecError, require_share
from jfmodels.planning.survey_plan import SurveyPlan
from jfmodels.report.plot_canvas import (
    POINT_SIZE,
    clean_axes,
    format_axis,
    new_axes,
    write_notes,
    write_title,
)
from jfmodels.report.plot_lines import Line, Look
from jfmodels.report.plot_names import name_lines, spread_names
from jfmodels.report.plot_text import Wording

__all__ = [
    "Plans",
    "axes_for",
    "curve_line",
    "detectable_by",
    "draw_curves",
    "finish_curves",
    "format_changes",
    "in_shares",
    "read_plans",
    "test_in_words",
]

type Floats = NDArray[np.float64]
type Plans = SurveyPlan | Mapping[str, SurveyPlan]

SIZE = (6.4, 3.9)  # inches, without the names at the right


def read_plans(of: Plans, power: float, alpha: float) -> dict[str, SurveyPlan]:
    """Read one plan, without a name, or several."""
    require_share("power", power)
    require_share("alpha", alpha)
    named = of if isinstance(of, Mapping) else {}
    plans = {"": of} if isinstance(of, SurveyPlan) else dict(named)
    if not plans or not all(isinstance(each, SurveyPlan) for each in plans.values()):
        raise SpecError("Pass a jf.SurveyPlan, or several by name: {'one region': plan, ...}.")
    return plans


def in_shares(plans: Mapping[str, SurveyPlan]) -> bool:
    """Whether plans speak of shares; they must all do so, or none."""
    shares = {plan.share is not None for plan in plans.values()}
    if len(shares) > 1:
        raise SpecError("One axis shows one unit: draw plans of shares and of means apart.")
    return shares.pop()


def detectable_by(plan: SurveyPlan, power: float, alpha: float) -> float:
    """Smallest change that a plan finds; NaN where none that is possible is found so often."""
    return float(plan.precision(alpha).detectable(power)[0])


def curve_line(name: str, x: Floats, y: Floats, look: Look) -> Line:
    """A curve as a line without intervals or flags."""
    none = np.full_like(y, np.nan)
    return Line(name, x, y, none, none, ((),) * len(x), look)


def axes_for(lines: Sequence[Line]) -> Axes:
    """Make axes with room for the names at the right."""
    return new_axes(SIZE[0] + 0.065 * max(len(line.name) for line in lines), SIZE[1])


def draw_curves(ax: Axes, lines: Sequence[Line], points: Sequence[tuple[float, float]]) -> None:
    """Draw curves, and a point on each."""
    clean_axes(ax, grid="y")
    for line, (x, y) in zip(lines, points, strict=True):
        look = line.look
        ax.plot(
            line.x,
            line.estimate,
            color=look.colour,
            linestyle=look.dash,
            linewidth=look.width,
            label=line.name,
            zorder=3,
        )
        ax.plot(x, y, color=look.colour, marker=look.marker, markersize=POINT_SIZE + 1, zorder=4)


def format_changes(axis: Axis, share: bool, words: Wording) -> None:
    """Write changes of shares in points."""
    scale = 100.0 if share else 1.0
    format_axis(axis, lambda value, decimals: words.number(scale * value, decimals), scale)


def test_in_words(power: float, alpha: float, words: Wording) -> dict[str, str]:
    """Say the level and the power of the test."""
    return {name: _percent(value, words) for name, value in (("power", power), ("alpha", alpha))}


def _percent(share: float, words: Wording) -> str:
    """Write a share with as many decimals as it needs, two at most."""
    whole = abs(100 * share - round(100 * share)) < 1e-9
    return words.percent(share, 0 if whole else 2)


def finish_curves(
    ax: Axes,
    lines: Sequence[Line],
    title: str,
    note: str,
    words: Wording,
    *,
    simulated: bool,
    grow: bool,
) -> Axes:
    """Write names, title and notes around the curves."""
    ax.set_xlim(right=max(float(line.x[-1]) for line in lines))
    names = name_lines(ax, lines)
    write_title(ax, title, words, simulated=simulated)
    write_notes(ax, [note], grow=grow)
    spread_names(ax, lines, names)
    return ax
