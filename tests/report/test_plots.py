"""Pictures say what the table says: the numbers drawn, the gaps, the words, and no text on text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

mpl.use("Agg")

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from matplotlib.text import Text

from jfmodels.errors import SpecError
from jfmodels.report.plots import plot_changes, plot_trend, save_plot
from jfmodels.results.schema import FLAGS, columns

REGIONS = (
    "Bamako Gao Kayes Kidal Koulikoro Mopti Segou Sikasso Taoudenit Tombouctou Menaka Bougouni "
    "Dioila Kita Koutiala Nioro"
).split()
WAVES = ["Q1", "Q2", "Q3", "Q4", "Q5", "Q6"]
FRENCH = {"trust_army": {"en": "Trust in the army", "fr": "Confiance envers l'armée"}}
ENGLISH_WORDS = (
    "the a of wave share points data simulated estimates intervals line has is no not all with "
    "between changes difference interviews fewer than hollow dark light by per year slope trend"
).split()


@pytest.fixture(autouse=True)
def _close_figures() -> Iterator[None]:
    yield
    plt.close("all")


def tidy(rows: pd.DataFrame, by: Sequence[str] = ("region",)) -> pd.DataFrame:
    """Fill up the columns of the glossary, and make names ordered as they first appear."""
    table = rows.reindex(columns=columns(by))
    for column in ("outcome", "category", "estimand", "region", "region_ref"):
        if column in table:
            known = table[column].dropna().unique()
            table[column] = pd.Categorical(table[column], known, ordered=True)
    for column in ("wave", "wave_ref"):
        table[column] = pd.Categorical(table[column], WAVES, ordered=True)
    given = rows["flag"] if "flag" in rows else [()] * len(rows)
    table["flag"] = pd.Series(list(given), index=table.index, dtype=object)
    return table


def levels(
    groups: Sequence[str | None], waves: Sequence[str] = WAVES, seed: int = 3
) -> pd.DataFrame:
    """Make levels of made-up shares, with intervals of five points either side."""
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame(
        [
            {"region": group, "wave": wave, "estimate": share}
            for group in groups
            for wave, share in zip(
                waves, 0.5 + rng.normal(0, 0.03, len(waves)).cumsum(), strict=True
            )
        ]
    )
    rows["estimate"] = rows["estimate"].round(3)
    rows = rows.assign(
        outcome="trust_army",
        category="somewhat or a lot",
        estimand="level",
        coverage=0.95,
        unit="share",
        low=rows["estimate"] - 0.05,
        high=rows["estimate"] + 0.06,
    )
    return tidy(rows)


def changes(groups: Sequence[str | None], waves: Sequence[str] = WAVES) -> pd.DataFrame:
    """Make changes between neighbouring waves; every second one is significant."""
    rows = pd.DataFrame(
        [
            {"region": group, "wave": wave, "wave_ref": before}
            for group in groups
            for before, wave in zip(waves, waves[1:], strict=False)
        ]
    )
    estimates = np.round(np.linspace(-0.12, 0.14, len(rows)), 3)
    rows = rows.assign(
        outcome="trust_army",
        category="somewhat or a lot",
        estimand="change",
        coverage=0.95,
        unit="share",
        estimate=estimates,
        low=estimates - 0.05,
        high=estimates + 0.05,
        p_adjusted=np.where(np.arange(len(rows)) % 2 == 0, 0.01, 0.5),
    )
    return tidy(rows)
