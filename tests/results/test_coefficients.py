"""A table of coefficients says in print what its numbers are, and remains a table."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

import jfmodels as jf
from jfmodels.results.coefficients import CoefficientTable
from jfmodels.results.schema import COEFFICIENTS

SURVEY = jf.example()
FIT = jf.fit("shown(trust_army) ~ wave + sex", SURVEY)
HEADINGS = ["", "estimate", "std. error", "t", "df", "p", "95 % interval"]


class Cells(HTMLParser):
    """The cells of a table, row by row."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.inside = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "tr":
            self.rows.append([])
        self.inside = tag in ("th", "td")
        if self.inside:
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag not in ("th", "td")

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.rows[-1][-1] += data


def in_html(table: CoefficientTable | jf.Fit) -> list[list[str]]:
    parser = Cells()
    parser.feed(table._repr_html_())
    return [[cell.replace("−", "-") for cell in row] for row in parser.rows]


def in_latex(table: CoefficientTable) -> list[list[str]]:
    lines = [line for line in table.to_latex().splitlines() if " & " in line]
    cells = [line.removesuffix(r" \\").replace("$-$", "-").split(" & ") for line in lines]
    plain = [[cell.replace(r"\textless{}", "<").strip() for cell in row] for row in cells]
    return [[re.sub(r"\\([%_])", r"\1", cell) for cell in row] for row in plain]


def in_text(table: CoefficientTable) -> list[list[str]]:
    lines = repr(table).split("\n\n")[1].splitlines()
    return [["", *re.split(r" {2,}", lines[0].strip())]] + [
        re.split(r" {2,}", line) for line in lines[1:]
    ]


@pytest.mark.parametrize("coverage", [0.95, 0.9])
def test_print_notebook_and_latex_say_what_the_numbers_are(coverage):
    table = FIT.summary(coverage=coverage)
    printed = in_text(table)
    assert printed == in_html(table) == in_latex(table)
    assert printed[0] == [*HEADINGS[:-1], f"{100 * coverage:g} % interval"]
    for row, (_, numbers) in zip(printed[1:], table.iterrows(), strict=True):
        name, *cells, interval = row
        low, high = interval.strip("[]").split(", ")
        assert name == numbers["coefficient"]
        for cell, column in ((cells[0], "estimate"), (low, "low"), (high, "high")):
            assert abs(float(cell) - numbers[column]) < 0.1 * numbers["std_error"]
        assert float(cells[1]) == pytest.approx(numbers["std_error"], rel=0.05)
        assert float(cells[2]) == pytest.approx(numbers["t"], abs=0.005)
        assert float(cells[4].strip("<")) == pytest.approx(numbers["p_value"], abs=0.001)


def test_what_must_be_known_stands_beneath():
    for shown in (repr(FIT.summary()), FIT.summary()._repr_html_(), FIT.summary().to_latex()):
        assert "3,248 interviews" in shown
        assert "16 units in 4 strata: 12 degrees of freedom" in shown
        assert "Simulated data" in shown
    assert repr(FIT.summary()).startswith("shown(trust_army) ~ wave + sex\n")
    assert in_html(FIT) == in_html(FIT.summary())
    assert "<table>" not in jf.direct(SURVEY, "trust_army")._repr_html_()


@pytest.mark.parametrize(
    ("engine", "says"),
    [
        (jf.Weighted(), "CR2"),
        (jf.Weighted(small_sample="none"), "linearisation"),
        (jf.Weighted(replicates=jf.Replicates("jkn")), "16 replicates"),
        (jf.Weighted(interviewers="cluster"), "Interviewers count"),
    ],
)
def test_how_errors_were_made_is_said(engine, says):
    assert says in repr(jf.fit("shown(trust_army) ~ wave", SURVEY, engine=engine).summary())


def test_it_remains_a_table():
    table = FIT.summary()
    assert isinstance(table, pd.DataFrame)
    assert list(table.columns) == list(COEFFICIENTS)
    assert set(table["coverage"]) == {0.95}
    some = table[table["p_value"] < 0.5]
    assert repr(some).startswith("shown(trust_army) ~ wave + sex\n")
    assert repr(table[["coefficient", "t"]]) == repr(pd.DataFrame(table[["coefficient", "t"]]))
    del table["t"]  # no longer what is printed in papers
    assert "coefficient" in repr(table)
    assert "<table" in table._repr_html_()


@pytest.mark.parametrize(
    ("outcome", "family", "heading"),
    [
        ("shown(trust_army)", None, "odds ratio"),
        ("shown(trust_army)", jf.Bernoulli(link="cloglog"), "hazard ratio"),
        ("incidents", jf.Poisson(), "rate ratio"),
    ],
)
def test_ratios_bear_their_name(outcome, family, heading):
    frame = pd.DataFrame({"incidents": np.random.default_rng(1).poisson(2, 200)})
    counted = jf.Survey(frame, jf.SurveyDesign(), {"outcomes": {"incidents": {"scale": "count"}}})
    of, right = (counted, "1") if outcome == "incidents" else (SURVEY, "wave")
    table = jf.fit(f"{outcome} ~ {right}", of, family=family).summary(ratios=True)
    assert in_text(table)[0][1] == heading


@pytest.mark.parametrize("family", [jf.Bernoulli(link="probit"), jf.Gaussian()])
def test_exponentials_without_meaning_are_refused(family):
    fit = jf.fit("shown(trust_army) ~ wave", SURVEY, family=family)
    with pytest.raises(
        jf.SpecError, match=f"mean nothing under the link '{fit.engine.family.link}'"
    ):
        fit.summary(ratios=True)


@pytest.mark.parametrize("coverage", [95, 0, 1.0, "0.95", None])
def test_a_coverage_that_is_none_is_refused(coverage):
    with pytest.raises(jf.SpecError, match="coverage"):
        FIT.summary(coverage=coverage)


def test_names_are_text_and_never_markup():
    table = FIT.summary()
    table["coefficient"] = ["[a]", "<script>", "50 %", "a_b & c", r"\input{x}", "$x^2$", "#{~}"]
    assert "<script>" not in table._repr_html_()
    assert [row[0] for row in in_html(table)[1:]] == table["coefficient"].tolist()
    body = table.to_latex().split(r"\midrule")[1].split(r"\bottomrule")[0].strip().splitlines()
    assert [line.split(" & ")[0] for line in body[:3]] == [
        "{}[a]",
        r"\textless{}script\textgreater{}",
        r"50 \%",
    ]
    assert body[3].startswith(r"a\_b \& c & ")
    assert body[4].startswith(r"\textbackslash{}input\{x\} & ")
    assert body[5].startswith(r"\$x\textasciicircum{}2\$ & ")
    assert body[6].startswith(r"\#\{\textasciitilde{}\} & ")


def test_numbers_have_two_digits_of_their_error():
    table = FIT.summary().iloc[:5].pipe(CoefficientTable)
    table.attrs.update(FIT.summary().attrs)
    table["estimate"] = [0.00123456, -0.0000001, 12.3456, np.nan, 2.5e9]
    table["std_error"] = [0.00021, 0.12, 0.34, np.nan, np.inf]
    table["p_value"] = [0.0004, 0.9999, 0.0421, np.nan, 1.0]
    table["df"] = [3.0, np.inf, 4.04, np.nan, 2.0]
    rows = in_text(table)[1:]
    assert [row[1] for row in rows] == ["0.00123", "0.00", "12.35", "–", "2.5e+09"]
    assert [row[2] for row in rows] == ["0.00021", "0.12", "0.34", "–", "∞"]
    assert [row[4] for row in rows] == ["3.0", "∞", "4.0", "–", "2.0"]
    assert [row[5] for row in rows] == ["<0.001", ">0.999", "0.042", "–", ">0.999"]
