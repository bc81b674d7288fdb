"""The picture of specifications holds every number, and no text covers another."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from test_plots import covering, said

import jfmodels as jf


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def table():
    claims = jf.example_claims().claims
    chosen = {name: claims[name] for name in ("C03b_russians_criticised", "C15_living_conditions")}
    return jf.judge(
        jf.Claims(claims=chosen), jf.example(), robustness=["base", "weights", "places", "target"]
    ).specifications


def of(table, claim):
    return table[table["claim"] == claim]


def test_every_row_is_drawn_where_the_table_says(table):
    rows = of(table, "C03b_russians_criticised")
    whole = rows[rows["part"].isna() & rows["engine"].notna()]  # the others were not made
    ax = jf.plot_specifications(rows)
    drawn = [
        (x, -y)
        for line in ax.lines
        if line.get_marker() == "o"
        for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)
    ]
    by_row = dict(sorted((k, x) for x, k in drawn))
    assert [by_row[k] for k in range(len(whole))] == whole["estimate"].tolist()


def test_verdicts_are_written_beside_their_rows(table):
    rows = of(table, "C03b_russians_criticised")
    whole = rows[rows["part"].isna() & rows["engine"].notna()]  # the others were not made
    ax = jf.plot_specifications(rows)
    texts = {round(-t.xy[1]): t.get_text() for t in ax.texts if hasattr(t, "xy")}
    assert [texts[k] for k in range(len(whole))] == whole["verdict"].tolist()


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_no_text_covers_another(table, lang):
    ax = jf.plot_specifications(of(table, "C15_living_conditions"), lang=lang)
    assert covering(ax) == []


@pytest.mark.parametrize(
    ("lang", "note"), [("en", "Not varied: don't-know base"), ("fr", "base des sans-avis (aucun")]
)
def test_what_could_not_be_varied_is_noted(table, lang, note):
    rows = of(table, "C03b_russians_criticised")
    assert note in said(jf.plot_specifications(rows, lang=lang))
    parts = rows[rows["part"].notna()]
    assert note in said(jf.plot_specifications(parts, lang=lang))


def test_languages_and_simulation_are_said(table):
    rows = of(table, "C03b_russians_criticised")
    english, french = (said(jf.plot_specifications(rows, lang=lang)) for lang in ("en", "fr"))
    assert "these clusters alone" in english
    assert "ces grappes seulement" in french
    assert "Simulated data" in english
    assert "Données simulées" in french


def test_one_part_is_drawn_alone(table):
    rows = of(table, "C15_living_conditions")
    ax = jf.plot_specifications(rows[rows["part"] == "economy_north"])
    assert "economy north" in said(ax)


def test_what_is_not_one_claim_is_refused(table):
    with pytest.raises(jf.SpecError, match="one claim"):
        jf.plot_specifications(table)
    parts = of(table, "C15_living_conditions").dropna(subset="part")
    with pytest.raises(jf.SpecError, match="one part"):
        jf.plot_specifications(parts)
    with pytest.raises(jf.SpecError, match="robustness=True"):
        jf.plot_specifications(table.drop(columns="stands"))
    empty = of(table, "C03b_russians_criticised").assign(estimate=np.nan)
    with pytest.raises(jf.SpecError, match="No specification"):
        jf.plot_specifications(empty)
