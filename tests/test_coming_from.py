"""Numbers set side by side for those who come from other programs: R's, and what we print."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import jfmodels as jf

PAGE = Path(__file__).parents[1] / "docs" / "coming-from.md"
R_SURVEY = {
    "level in Q6": (0.7804941317, 0.02730958999, 0.7152940093, 0.8342233656),
    "change from Q5 to Q6": (0.0070665435, 0.0338186254, -0.0666179114, 0.0807509984),
    "the same in Mopti": (0.012423114, 0.031038751, -0.0552045150, 0.0800507429),
    "in Mopti less in Gao": (-0.052277139, 0.1086804198, -0.2890714319, 0.1845171539),
}
SVYGLM = {
    "Q6 against Q1": ("wave[T.Q6]", -0.15042432165, 0.1729927798),
    "Mopti against Bandiagara": ("region[T.Mopti]", 0.62896494092, 0.1884849895),
}
REFERENCE_GRID = 0.8156341256  # of Q1, by emmeans' definition from R's coefficients
GLMER = {"sd of communes": 0.16163717, "sd of communes in a wave": 0.28842839}


@pytest.fixture(scope="module")
def page():
    return PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def shown(page):
    """What the page's own code makes."""
    namespace = {}
    for text in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
        exec(text, namespace)
    return namespace


def the_rows(fit):
    """The page's four rows, as a fit gives them."""
    did = fit.estimate(jf.DiffInDiff("region", reference="Gao"), adjust="none")
    tables = (fit.levels(), fit.changes(), fit.changes(by="region"), did)
    last = [table[table["wave"] == "Q6"] for table in tables]
    mopti = [table[table["region"] == "Mopti"] for table in last[2:]]
    return dict(zip(R_SURVEY, (each.iloc[0] for each in (*last[:2], *mopti)), strict=True))


def plain(number, digits):
    """Write a number as the page does: without its leading zero."""
    return f"{number:.{digits}f}".replace("0.", ".", 1).replace("-", "−")


def told(row, df):
    interval = f"[{plain(row['low'], 3)}, {plain(row['high'], 3)}]"
    return f"{plain(row['std_error'], 7)}, {df} df, {interval}"


@pytest.mark.parametrize("name", R_SURVEY)
def test_rows_are_those_of_r_and_of_the_page(page, shown, name):
    row = the_rows(shown["fit"])[name]
    assert tuple(row[["estimate", "std_error", "low", "high"]]) == pytest.approx(
        R_SURVEY[name], abs=2e-9
    )  # R prints ten digits
    default = the_rows(jf.direct(shown["survey"], "trust_army", by="region"))[name]
    line = f"{plain(row['estimate'], 7)} | {told(row, 12)} | {told(default, f'{default.df:.1f}')}"
    assert f"| {name} | {line} |" in page


@pytest.mark.parametrize("name", SVYGLM)
def test_coefficients_are_those_of_r_and_of_the_page(page, shown, name):
    coefficient, estimate, std_error = SVYGLM[name]
    row = shown["coefficients"].set_index("coefficient").loc[coefficient]
    assert row["estimate"] == pytest.approx(estimate, abs=1e-9)
    assert row["std_error"] == pytest.approx(std_error, abs=1e-6)  # R stops a step early
    model = jf.fit("shown(trust_army) ~ wave + region + sex", shown["survey"])
    default = model.summary().set_index("coefficient").loc[coefficient]
    ours = f"{plain(row['estimate'], 7)} ({plain(row['std_error'], 7)}), 3 df"
    by_default = f"{plain(default['estimate'], 4)} ({plain(default['std_error'], 4)})"
    r_says = f"{plain(estimate, 7)} ({plain(std_error, 7)}), 3 df"
    assert f"| {name} | {r_says} | {ours} | {by_default}, {default['df']:.1f} df |" in page


def test_margins_are_not_those_of_a_grid(page, shown):
    first = shown["margins"].iloc[0]["estimate"]
    assert f"{plain(REFERENCE_GRID, 4)} in Q1" in page
    assert f"do: {plain(first, 4)}." in page
    grid = shown["model"].summary().set_index("coefficient")["estimate"]
    middle = grid["Intercept"] + grid.filter(like="region").sum() / 4 + grid["sex[T.male]"] / 2
    assert 1 / (1 + 2.718281828459045**-middle) == pytest.approx(REFERENCE_GRID, abs=1e-8)


def test_components_are_near_those_of_the_page_and_hold_the_maximum_of_likelihood(page, shown):
    rows = shown["components"].set_index("component")
    number = r"(\.\d\d)"
    for component, (name, maximum) in zip(rows.index, GLMER.items(), strict=True):
        row = rows.loc[component]
        assert row["low"] < maximum < row["high"]
        line = rf"\| {name} \| {number} \| {number} \[{number}, {number}\] \|"
        printed = [float(each) for each in re.search(line, page).groups()]
        ours = [maximum, *row[["estimate", "low", "high"]]]
        assert printed == pytest.approx(ours, abs=0.015)  # rounding, and draws
