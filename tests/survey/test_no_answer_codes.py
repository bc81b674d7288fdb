"""Codes of no answer among numbers are found where they can be nothing else, and nowhere else."""

import warnings

import numpy as np
import pandas as pd
import pytest
import simulated_exports as sim

import jfmodels as jf
from jfmodels.survey.no_answer_codes import codes_of_no_answer

RNG = np.random.default_rng(4)
INCOME = RNG.lognormal(5, 0.5, 200).round()  # at most some 700
CHILDREN = RNG.poisson(2, 200).astype(float)
AGES = np.r_[np.arange(18, 100), np.arange(60, 100)].astype(float)

FOUND = {
    "the usual ones": (INCOME, {-99: 3, -88: 2}),
    "below nought, however large the others": (1000 * INCOME, {-98: 4}),
    "single digits": (CHILDREN, {-9: 2, -8: 5, -7: 2}),
    "far above": (CHILDREN, {98: 2, 99: 9}),
    "four digits": (INCOME, {9998: 2, 9999: 3}),
    "both ways": (CHILDREN, {-99: 2, 999: 2}),
    "seven and eight": (CHILDREN, {77: 2, 88: 3}),
    "five nines": (INCOME, {99999: 2}),
}
LEGITIMATE = {
    "others are negative too": np.r_[INCOME - 300, -99, -99, -99],
    "a balance near nought": np.r_[-1, -1, -2, -2, 0, 0, 3, 5, 5],
    "old people": AGES,
    "marks of a hundred": np.r_[RNG.integers(0, 101, 300), 99, 99, 98, 98].astype(float),
    "in the midst of others": np.r_[INCOME, 777, 777, 900, 1200, 2000],
    "no farther off than the others lie apart": np.r_[0, 10, 20, 50, 60, 99, 99].astype(float),
    "once": np.r_[CHILDREN, -99, 999],
    "another number": np.r_[CHILDREN, -50, -50, 500, 500],
    "not whole": np.r_[CHILDREN, -99.5, -99.5],
    "nothing but codes": np.r_[-99, -99, 99, 99].astype(float),
    "nothing": np.array([np.nan, np.nan]),
}


def with_codes(answers, codes):
    return np.r_[answers, np.repeat([*map(float, codes)], [*codes.values()]), np.nan, np.inf]


@pytest.mark.parametrize("name", FOUND)
def test_conventional_codes_are_found_with_their_rows(name):
    answers, codes = FOUND[name]
    values = with_codes(answers, codes)
    assert codes_of_no_answer(values) == codes
    assert codes_of_no_answer(RNG.permutation(values)) == codes
    assert codes_of_no_answer(answers) == {}


@pytest.mark.parametrize("name", LEGITIMATE)
def test_numbers_are_left_alone(name):
    assert codes_of_no_answer(LEGITIMATE[name]) == {}


def test_real_numbers_of_every_kind_raise_no_alarm():
    # a hundred surveys of each kind: heavy tails, counts, balances, percentages, ages
    draws = {
        "pareto": lambda r: np.floor(20 * r.pareto(1.5, 500)),
        "lognormal": lambda r: r.lognormal(4, 1, 500).round(),
        "counts": lambda r: r.negative_binomial(1, 0.05, 500).astype(float),
        "balances": lambda r: r.normal(0, 60, 500).round(),
        "shares": lambda r: (100 * r.beta(2, 2, 500)).round(),
        "ages": lambda r: r.integers(18, 100, 500).astype(float),
    }
    alarms = {
        kind: sum(bool(codes_of_no_answer(draw(np.random.default_rng(k)))) for k in range(100))
        for kind, draw in draws.items()
    }
    assert alarms == dict.fromkeys(draws, 0)


def frame_of(codes):
    income = with_codes(INCOME, codes)[:-2]
    villages = np.arange(len(income)) % 10
    rows = {"income": income, "children": 1.0, "village": villages}
    return pd.DataFrame(rows).assign(sex=np.arange(len(income)) // 10 % 2)


def survey_of(codes, **said):
    book = {"outcomes": {"income": {"scale": "continuous", **said}}}
    design = jf.SurveyDesign(cluster="village", target="population")
    return jf.Survey(frame_of(codes), design, book)


def test_a_survey_warns_of_code_and_count_alone():
    with pytest.warns(UserWarning, match="Outcome 'income' counts as answers -99 in 12") as told:
        survey_of({-99: 12, 9999: 3})
    (one,) = told
    assert one.filename == __file__
    assert "9999 in 3 rows" in str(one.message)
    numbers = set(map(str, INCOME.astype(int)))
    assert not numbers & set(str(one.message).split())


def test_codes_that_are_declared_are_no_answers_and_nobody_is_warned():
    survey = survey_of({-99: 12, 9999: 3}, dont_know=[-99], missing=[9999], policy="excluded")
    assert jf.direct(survey, "income").levels()["estimate"].item() == pytest.approx(INCOME.mean())
    assert "codes of no answer" not in set(jf.direct(survey, "income").diagnostics()["check"])


ENGINES = {
    "direct": lambda survey: jf.direct(survey, "income"),
    "weighted": lambda survey: jf.fit("income ~ sex", survey),
    "laplace": lambda survey: jf.fit("income ~ sex + (1 | village)", survey),
}


@pytest.mark.parametrize("engine", ENGINES)
def test_every_fit_of_such_numbers_says_so(engine):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        survey = survey_of({-99: 12})
    fit = ENGINES[engine](survey)
    checks = fit.diagnostics().set_index("check")
    check = checks.loc["codes of no answer"]
    assert (check["subject"], check["value"], check["ok"]) == ("income", 12, False)
    assert "-99 in 12 rows" in check["says"]
    assert "-99 in 12 rows" in repr(fit)


class TestDrafts:
    def test_they_are_proposed_as_dont_know_and_to_be_checked(self):
        draft = jf.draft_codebook(frame_of({-99: 12, 9999: 3}))
        entry = draft["outcomes"]["income"]
        assert entry == {"scale": "continuous", "dont_know": [-99, 9999], "policy": None}
        said = " ".join(jf.to_decide(draft))
        assert "Taken for don't know, to be checked: income [-99, 9999]." in said

    def test_a_short_scale_does_not_run_to_99(self):
        frame = pd.DataFrame({"trust": [1, 2, 3, 4, 4, 2, 98, 98, 99, 99] * 2})
        entry = jf.draft_codebook(frame)["outcomes"]["trust"]
        assert list(entry["categories"]) == [1, 2, 3, 4]
        assert entry["dont_know"] == [98, 99]

    def test_a_form_that_asks_for_a_number_knows_none_of_them(self, tmp_path):
        form = sim.write_form(tmp_path / "form.xlsx", [("integer", "income", "Income", "Revenu")])
        entry = jf.draft_codebook(frame_of({-99: 12}), form=form)["outcomes"]["income"]
        assert (entry["dont_know"], entry["policy"]) == ([-99], None)
        plain = jf.draft_codebook(frame_of({}), form=form)["outcomes"]["income"]
        assert "dont_know" not in plain
