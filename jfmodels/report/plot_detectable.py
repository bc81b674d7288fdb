"""The smallest change that is found, against the size of the survey."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from jfmodels.errors import SpecError, choose
from jfmodels.planning.survey_plan import RESIZED, SurveyPlan, never_found
from jfmodels.report.plot_canvas import INK, format_axis
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
from jfmodels.report.plot_lines import looks
from jfmodels.report.plot_text import Labels, wording

__all__ = ["plot_detectable"]

type Floats = NDArray[np.float64]

SIZES = 40  # points of a curve
LARGEST = 4  # times the survey as planned


def plot_detectable(
    of: Plans,
    *,
    vary: str,
    power: float = 0.8,
    alpha: float = 0.05,
    labels: Labels | None = None,
    lang: str = "en",
    ax: Axes | None = None,
) -> Axes:
    """Draw the smallest change that is found, against the size of the survey.

    Parameters
    ----------
    of : SurveyPlan, or mapping of str to SurveyPlan
        A plan, or several by name.
    vary : {"people", "clusters"}
        Whether more people are asked in the same clusters, or more clusters of as many people
        are visited, as in :meth:`jfmodels.SurveyPlan.sample_size`.
    power, alpha : float
        Of the two-sided t test.
    labels, lang, ax
        As in :func:`plot_power`.

    Returns
    -------
    Axes
        Changes are drawn in their unit: ten percentage points lie at 0.10.

    Raises
    ------
    SpecError
        If `vary` is not known, shares and means are mixed, or a plan finds nothing at any of
        the sizes drawn.

    Examples
    --------
    >>> import jfmodels as jf
    >>> import matplotlib.pyplot as plt
    >>> plan = jf.SurveyPlan(
    ...     n=544, clusters=16, strata=4, share=0.5, icc=0.05, icc_between_waves=0.04, overlap=1
    ... )
    >>> ax = jf.plot_detectable(plan, vary="clusters")
    >>> ax.get_xlabel()
    'Clusters in a wave'
    >>> plt.close(ax.figure)
    """
    choose("what varies", vary, RESIZED)
    words, plans = wording(lang, labels), read_plans(of, power, alpha)
    share = in_shares(plans)
    largest = LARGEST * max(_size_of(plan, vary) for plan in plans.values())
    curves = [_over_sizes(plan, vary, largest, power, alpha) for plan in plans.values()]
    for (name, plan), (_, found) in zip(plans.items(), curves, strict=True):
        if np.isnan(found).all():
            raise SpecError(f"{f'{name}: ' if name else ''}{never_found(plan, power, alpha)}")
    lines = [
        curve_line(words.name(name), *curve, look)
        for name, curve, look in zip(plans, curves, looks([False] * len(plans)), strict=True)
    ]
    axes = axes_for(lines) if ax is None else ax
    planned = [(_size_of(plan, vary), detectable_by(plan, power, alpha)) for plan in plans.values()]
    draw_curves(axes, lines, planned)
    axes.set_ylim(bottom=0)
    axes.set_xlim(left=0)
    format_changes(axes.yaxis, share, words)
    axes.set_ylabel(words.phrase("points" if share else "true_change"), color=INK)
    format_axis(axes.xaxis, words.number, 1.0)
    axes.set_xlabel(words.phrase(vary), color=INK)
    note = words.phrase("key_size").format(**test_in_words(power, alpha, words))
    title = words.phrase("detectable")
    return finish_curves(axes, lines, title, note, words, simulated=False, grow=ax is None)


def _over_sizes(
    plan: SurveyPlan, vary: str, largest: float, power: float, alpha: float
) -> tuple[Floats, Floats]:
    """Sizes of a survey up to the largest, and what each can find."""
    most = int(largest / _size_of(RESIZED[vary](plan, 1), vary)) + 1
    steps = np.unique(np.geomspace(1, most, SIZES).astype(int))
    plans = [RESIZED[vary](plan, int(step)) for step in steps]
    plans = [each for each in plans if _size_of(each, vary) <= largest]
    x = np.array([_size_of(each, vary) for each in plans])
    return x, np.array([detectable_by(each, power, alpha) for each in plans])


def _size_of(plan: SurveyPlan, vary: str) -> float:
    """What varies, as a number on the axis."""
    return float(plan.n if vary == "people" else plan.clusters)
