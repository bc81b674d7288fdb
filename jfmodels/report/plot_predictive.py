"""What was observed, against what a model's own replications of the interviews look like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from jfmodels.errors import SpecError, listing
from jfmodels.report.plot_canvas import INK, POINT_SIZE, WARNING, new_axes
from jfmodels.report.plot_cells import panels_of
from jfmodels.report.plot_lines import Waves, waves_of
from jfmodels.report.plot_panels import frame, lay_out, name_panels, require_panels
from jfmodels.report.plot_rows import (
    Unit,
    coverage_in_words,
    flag_places,
    is_simulated,
    subject,
    telling_columns,
    with_flags,
)
from jfmodels.report.plot_text import Labels, Wording, wording
from jfmodels.report.plot_wave_axes import finish_waves, turn_wave_names
from jfmodels.results.schema import BY, PREDICTIVE

__all__ = ["plot_ppc"]

SIZE = (6.0, 3.4)  # inches of the only panel
PANEL = (3.6, 2.3)
BAND = "#A9C9DF"
MEAN = "#2F6F9F"
BAND_WIDTH = 7.0
MEANS: Mapping[str, Any] = {
    "linestyle": "none",
    "marker": "_",
    "markersize": 1.4 * BAND_WIDTH,
    "markeredgewidth": 1.4,
    "color": MEAN,
}
WITHIN: Mapping[str, Any] = {
    "linestyle": "none",
    "marker": "o",
    "markersize": POINT_SIZE - 0.5,
    "color": INK,
}
OUTSIDE: Mapping[str, Any] = {**WITHIN, "marker": "D", "markersize": POINT_SIZE, "color": WARNING}
WORDS: Mapping[str, Mapping[str, str]] = {
    "title": {"en": "observed and replicated", "fr": "observé et répliqué"},
    "observed": {"en": "observed", "fr": "observé"},
    "missed": {"en": "observed, outside the interval", "fr": "observé, hors de l'intervalle"},
    "replicated": {
        "en": "replications of the model",
        "fr": "réplications du modèle",
    },
    "note": {
        "en": "Points: what was observed, not weighted. Bands: {coverage}intervals of replications "
        "of the interviews; dashes: their means.",
        "fr": "Points : ce qui a été observé, sans pondération. Bandes : intervalles{coverage} des "
        "réplications des entretiens ; traits : leurs moyennes.",
    },
    "count": {
        "en": "{missed} of {cells} lie outside; by chance up to {share} would.",
        "fr": "{missed} sur {cells} se trouvent en dehors ; par hasard, jusqu'à {share}.",
    },
}


def plot_ppc(
    table: pd.DataFrame, *, labels: Labels | None = None, lang: str = "en", ax: Axes | None = None
) -> Axes:
    """Draw what was observed over what a model replicates, wave by wave, a panel for each group.

    Points are what people answered, bands the interval of what the model's own replications
    answer. A point outside its band is a diamond: the model does not reproduce the cell.

    Parameters
    ----------
    table : DataFrame
        As ``fit.ppc()`` or ``fit.ppc("region")`` returns it.
    labels : mapping, optional
        Display texts, as in :func:`jfmodels.plot_trend`.
    lang : {"en", "fr"}
        Language of titles, notes and numbers.
    ax : Axes, optional
        Where to draw; for a table of one panel only.

    Returns
    -------
    Axes
        The first panel; its figure holds all.

    Raises
    ------
    SpecError
        If the table is another, names no wave, or has more panels than fit on a page.

    References
    ----------
    .. [1] Gabry, J., Simpson, D., Vehtari, A., Betancourt, M. and Gelman, A. (2019).
       Visualization in Bayesian workflow. Journal of the Royal Statistical Society A 182, 389-402.

    Examples
    --------
    >>> import jfmodels as jf
    >>> import matplotlib.pyplot as plt
    >>> model = jf.fit("shown(trust_army) ~ wave + (1 | commune)", jf.example(),
    ...                weighting="ignore")
    >>> ax = jf.plot_ppc(model.ppc("region"))
    >>> len(ax.figure.axes)
    4
    >>> plt.close(ax.figure)
    """
    words, rows = wording(lang, labels, table), _rows(table)
    waves, unit = waves_of(table, rows), _unit(rows)
    groups = [str(name) for name in rows.columns if name not in PREDICTIVE]
    told = telling_columns(rows, [*groups, "outcome", "category"])
    panels = panels_of(rows, told, words)
    require_panels(len(panels), ax)
    axes = _axes(len(panels)) if ax is None else [ax]
    for each, (_, part) in zip(axes, panels, strict=True):
        _draw(each, part, waves)
    for each in axes:
        finish_waves(each, waves, unit, words)
        if len(panels) > 1:
            each.set(xlabel="", ylabel="")
    name_panels(axes, [name for name, _ in panels])
    turn_wave_names(axes, grow=ax is None)
    title = " – ".join(part for part in (subject(rows, words), WORDS["title"][lang]) if part)
    notes = [_note(rows, words), *_flags(rows, groups, words)]
    key = _key(rows, words)
    frame(axes, title, key, notes, words, simulated=is_simulated(table), grow=ax is None)
    return axes[0]


def _axes(count: int) -> list[Axes]:
    """Make axes for one panel or for several."""
    return [new_axes(*SIZE)] if count == 1 else lay_out(count, PANEL)


def _rows(table: pd.DataFrame) -> pd.DataFrame:
    """Take the cells of waves."""
    lacking = [name for name in PREDICTIVE if name not in (BY, *getattr(table, "columns", ()))]
    if lacking:
        raise SpecError(
            f"plot_ppc draws the table of fit.ppc(), and this one lacks the columns "
            f"{listing(lacking)}."
        )
    rows = table[table["wave"].notna() & table["observed"].notna()]
    if rows.empty:
        raise SpecError("plot_ppc draws waves, and no row has a wave with interviews.")
    return with_flags(rows)


def _unit(rows: pd.DataFrame) -> Unit:
    """Tell shares from means."""
    share = bool(rows["category"].notna().all())
    return Unit("share" if share else "mean", share, "")


def _missed(rows: pd.DataFrame) -> NDArray[np.bool_]:
    """Tell which cells lie outside the interval of their replications."""
    return np.array(["misfit" in codes for codes in rows["flag"]], dtype=bool)


def _draw(ax: Axes, rows: pd.DataFrame, waves: Waves) -> None:
    """Draw bands, their means, and points over them."""
    places = {str(wave): float(x) for wave, x in zip(waves.values, waves.x, strict=True)}
    x = np.array([places[str(wave)] for wave in rows["wave"]])
    ax.vlines(x, rows["low"], rows["high"], color=BAND, linewidth=BAND_WIDTH)
    ax.plot(x, rows["predicted"], **MEANS)
    missed, observed = _missed(rows), rows["observed"].to_numpy(dtype=np.float64)
    for chosen, look in ((~missed, WITHIN), (missed, OUTSIDE)):
        ax.plot(x[chosen], observed[chosen], **look)


def _key(rows: pd.DataFrame, words: Wording) -> dict[str, Artist]:
    """Give the signs of what is drawn."""
    lang, missed = words.lang, _missed(rows)
    signs: dict[str, Artist] = {WORDS["replicated"][lang]: Patch(facecolor=BAND)}
    if not missed.all():
        signs[WORDS["observed"][lang]] = Line2D([], [], **WITHIN)
    if missed.any():
        signs[WORDS["missed"][lang]] = Line2D([], [], **OUTSIDE)
    return signs


def _note(rows: pd.DataFrame, words: Wording) -> str:
    """Say what is drawn, and how many cells lie outside."""
    missed, cells = int(_missed(rows).sum()), len(rows)
    share = words.percent(float((1 - rows["coverage"]).mean()))
    said = WORDS["note"][words.lang].format(coverage=coverage_in_words(rows, words))
    count = WORDS["count"][words.lang].format(missed=missed, cells=cells, share=share)
    return f"{said} {count}"


def _flags(rows: pd.DataFrame, groups: Sequence[str], words: Wording) -> list[str]:
    """Say of every other flag in which groups and waves it applies."""
    found: dict[str, list[str]] = {}
    cells = rows.drop_duplicates([*groups, "wave"])
    for row in cells.to_dict("records"):
        place = " ".join(words.name(row[name]) for name in [*groups, "wave"])
        for code in row["flag"]:
            if code != "misfit":
                found.setdefault(code, []).append(place)
    return flag_places(found, {code for code in found if len(found[code]) == len(cells)}, words)
