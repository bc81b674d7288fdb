"""Bands and points lie where the table of replications says, and what is missed is seen."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from test_plots import FRENCH, REGIONS, WAVES, bars, covering, english_in, levels, said

from jfmodels.errors import SpecError
from jfmodels.report.plots import plot_ppc
from jfmodels.results.schema import PREDICTIVE, columns


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def replicated(groups=REGIONS[:4], waves=WAVES) -> pd.DataFrame:
    """Make cells of which the first of every group lies above its interval."""
    rng = np.random.default_rng(4)
    rows = pd.DataFrame([{"region": g, "wave": w} for g in groups for w in waves])
    predicted = 0.6 + rng.normal(0, 0.02, len(rows))
    rows = rows.assign(
        outcome="trust_army",
        category="somewhat or a lot",
        n=100,
        predicted=predicted,
        low=predicted - 0.08,
        high=predicted + 0.08,
        observed=predicted + rng.uniform(-0.07, 0.07, len(rows)),
        coverage=0.95,
        tail_probability=0.5,
    )
    missed = (rows["wave"] == waves[0]).to_numpy()
    rows.loc[missed, "observed"] = rows.loc[missed, "high"] + 0.03
    rows["flag"] = pd.Series([("misfit",) if so else () for so in missed], dtype=object)
    by = ["region"] if groups[0] else []
    table = rows.reindex(columns=columns(by, PREDICTIVE))
    table["wave"] = pd.Categorical(table["wave"], WAVES, ordered=True)
    table.attrs["record"] = {"simulated": True}
    return table


def points(ax, marker: str) -> tuple[list[float], list[float]]:
    """Give x and y of the points of one kind."""
    found = [line for line in ax.lines if line.get_marker() == marker]
    return [x for line in found for x in line.get_xdata()], [
        y for line in found for y in line.get_ydata()
    ]


def test_bands_means_and_points_are_those_of_the_table():
    table = replicated()
    for region, ax in zip(REGIONS[:4], plot_ppc(table).figure.axes, strict=True):
        rows = table[table["region"] == region]
        assert ax.get_title(loc="left") == region
        assert bars(ax)[:, :, 1] == pytest.approx(rows[["low", "high"]].to_numpy())
        assert points(ax, "_") == (list(range(6)), rows["predicted"].tolist())
        assert points(ax, "o") == ([1, 2, 3, 4, 5], rows["observed"].tolist()[1:])
        assert points(ax, "D") == ([0], rows["observed"].tolist()[:1])


def test_a_wave_that_did_not_reach_a_group_is_a_gap():
    table = replicated()
    ax = plot_ppc(table[~((table["region"] == "Bamako") & (table["wave"] == "Q3"))])
    assert points(ax, "_")[0] == [0, 1, 3, 4, 5]


def test_cells_outside_are_counted_and_other_flags_are_placed():
    table = replicated()
    table.at[9, "flag"] = ("small_cell",)
    words = said(plot_ppc(table)).replace("\n", " ")
    assert "4 of 24 lie outside; by chance up to 5% would." in words
    assert "Gao Q4: Fewer than 30 interviews" in words
    assert "Simulated data" in words


def test_cells_of_tables_put_together_may_lack_flags():
    table = replicated()
    flags = [codes or np.nan for codes in table["flag"]]
    assert said(plot_ppc(table.assign(flag=flags))) == said(plot_ppc(table))


def test_where_all_lie_inside_the_key_has_no_diamond():
    table = replicated().assign(flag=[()] * 24)
    assert "outside the interval" not in said(plot_ppc(table))


def test_no_figure_is_left_over():
    plot_ppc(replicated())
    assert len(plt.get_fignums()) == 1


def test_means_are_no_percentages():
    ax = plot_ppc(replicated([None]).assign(category=np.nan))
    assert ax.get_ylabel() == "Mean"


@pytest.mark.parametrize(("groups", "lang"), [([None], "fr"), (REGIONS[:8], "en"), (REGIONS, "fr")])
def test_no_text_covers_another(groups, lang):
    names = {name: {"en": name, "fr": f"Région de {name} et alentours"} for name in REGIONS}
    ax = plot_ppc(replicated(groups), lang=lang, labels=FRENCH | names)
    assert covering(ax) == []
    if lang == "fr":
        assert english_in(ax) == set()


def test_other_tables_are_refused():
    with pytest.raises(SpecError, match="lacks the columns 'n', 'observed'"):
        plot_ppc(levels(["Gao"]).drop(columns="n"))
    with pytest.raises(SpecError, match="no row has a wave"):
        plot_ppc(replicated().assign(wave=np.nan))
    _, ax = plt.subplots()
    with pytest.raises(SpecError, match="a panel of its own"):
        plot_ppc(replicated(), ax=ax)
