"""Rows and lines are named by what tells them apart, in words, and by nothing else."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from test_plots import WAVES, areas, changes, covering, levels, lines_named, said

from jfmodels.report.plots import plot_changes, plot_shrinkage, plot_trend


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def rows_of(ax) -> list[str]:
    return [text.get_text() for text in ax.get_yticklabels()]


def composed(groups=(None,)) -> pd.DataFrame:
    """Make changes at two compositions and their difference, as composition_effect() does."""
    plain = changes(groups, WAVES[:3])
    parts = [plain.assign(over="wave"), plain.assign(over="fixed")]
    parts.append(plain.assign(over="wave - fixed", estimand="composition effect"))
    return pd.concat(parts).sort_index(kind="stable").reset_index(drop=True)


def stacked(outcomes=("trust_army", "trust_army")) -> pd.DataFrame:
    """Make changes of two fits under one another, as tables of several fits are."""
    plain = changes(["Gao", "Mopti"], WAVES[:3])
    first = plain.assign(fit="direct", engine="direct", over="as fielded", outcome=outcomes[0])
    second = plain.assign(fit="mrp", engine="laplace", over="census", outcome=outcomes[1])
    rows = pd.concat([first, second], ignore_index=True)
    rows.insert(0, "fit", rows.pop("fit"))
    return rows


def test_effects_of_composition_say_over_whom():
    assert rows_of(plot_changes(composed()))[:3] == [
        "Q2 − Q1, each wave's own people",
        "Q2 − Q1, the same people",
        "Q2 − Q1, due to composition",
    ]
    french = plot_changes(composed(["Gao"]), lang="fr")
    assert rows_of(french)[3:] == [
        "Gao\u00a0: Q3 − Q2, les gens de chaque vague",
        "Gao\u00a0: Q3 − Q2, les mêmes gens",
        "Gao\u00a0: Q3 − Q2, dû à la composition",
    ]
    assert french.get_title(loc="left").endswith("écarts, et ce qu'y fait la composition")


def test_a_change_stands_beside_what_composition_makes_of_it():
    steps = -np.diff(plot_changes(composed(["Gao", "Mopti"])).get_yticks())
    assert (steps > 1.4).tolist() == [False, False, True] * 3 + [False, False]


def test_ways_are_named_once_and_in_words():
    assert rows_of(plot_changes(stacked()))[:2] == [
        "direct estimate, Gao: Q2 − Q1",
        "direct estimate, Gao: Q3 − Q2",
    ]
    assert rows_of(plot_changes(stacked(), lang="fr"))[-1] == (
        "modèle poststratifié, Mopti\u00a0: Q3 − Q2"
    )
    assert (
        rows_of(plot_changes(stacked(), labels={"mrp": "Census"}))[-1] == "Census, Mopti: Q3 − Q2"
    )


def test_fits_of_different_outcomes_are_named_by_these():
    table = stacked(("trust_army", "trust_police"))
    assert rows_of(plot_changes(table))[0] == "trust army, Gao: Q2 − Q1"
    parts = [levels([None]).assign(fit=name, outcome=name) for name in ("army", "police")]
    lines = lines_named(plot_trend(pd.concat(parts, ignore_index=True)))
    assert list(lines) == ["army", "police"]


def test_areas_say_which_sign_is_the_model_and_which_is_direct():
    ax = plot_shrinkage(areas(), lang="fr")
    texts = [text.get_text() for text in ax.get_legend().get_texts()]
    assert texts == ["modèle, avec son intervalle", "estimation directe", "modèle seul"]
    markers = [line.get_marker() for line in ax.get_legend().get_lines()]
    assert markers[0] != markers[1]
    assert "intervalles à 95\u202f% du modèle." in said(ax)
    assert covering(ax) == []
    assert len(plot_shrinkage(areas().iloc[:3]).get_legend().get_texts()) == 2
