"""Weights meet what they are to meet; what they cannot meet is an error that names it."""

import numpy as np
import pandas as pd
import pytest

import jfmodels as jf
from jfmodels.errors import SpecError
from jfmodels.survey.margins import as_margins

SURVEY = jf.example()
SEX = {"sex": {"female": 0.52, "male": 0.48}}
AREA = {"area": {"urban": 30, "rural": 70}}


def shares(survey: jf.Survey, *names: str) -> pd.Series:
    """Weighted shares of combinations of groups, in bare pandas."""
    codes = {name: np.array(survey.group(name).labels)[survey.group(name).codes] for name in names}
    frame = pd.DataFrame(codes).assign(weight=survey.rows.weight)
    total = frame.groupby(list(names))["weight"].sum()
    return total / total.sum()


def test_every_wave_meets_the_margins():
    raked = jf.rake(SURVEY, {**SEX, "age_group": ages()}, within="wave")
    for wave in SURVEY.waves:
        found = shares(raked, "wave", "sex")[wave]
        assert (found / found.sum()).to_dict() == pytest.approx(SEX["sex"], rel=1e-9)
    before = np.bincount(SURVEY.wave_codes, SURVEY.rows.weight)
    assert np.bincount(raked.wave_codes, raked.rows.weight) == pytest.approx(before, rel=1e-9)


def ages() -> dict[str, float]:
    return dict(zip(SURVEY.group("age_group").labels, (0.25, 0.25, 0.3, 0.2), strict=True))


def test_pooled_waves_meet_the_margins_together_and_may_name_the_wave():
    pooled = jf.rake(SURVEY, SEX, within="pooled")
    assert shares(pooled, "sex").to_dict() == pytest.approx(SEX["sex"], rel=1e-9)
    by_wave = {(wave, sex): p / 6 for wave in SURVEY.waves for sex, p in SEX["sex"].items()}
    named = jf.rake(SURVEY, {("wave", "sex"): by_wave}, within="pooled")
    assert shares(named, "wave", "sex").to_numpy() == pytest.approx(
        [each for wave in SURVEY.waves for each in (0.52 / 6, 0.48 / 6)], rel=1e-9
    )


def test_counts_fix_the_size_and_shares_keep_it():
    counts, kept = (
        jf.poststratify(
            SURVEY, {"sex": {k: size * v for k, v in SEX["sex"].items()}}, within="pooled"
        ).rows.weight.sum()
        for size in (1e6, 1)
    )
    assert counts == pytest.approx(1e6)
    assert kept == pytest.approx(SURVEY.rows.weight.sum())


@pytest.mark.parametrize(
    "given",
    [
        pd.Series([0.52, 0.48], pd.Index(["female", "male"], name="sex")),
        pd.DataFrame({"sex": ["female", "male"], "Freq": [0.52, 0.48]}),
        {"sex": pd.Series({"female": 0.52, "male": 0.48})},
        {("sex",): {"female": 0.52, "male": 0.48}},
    ],
    ids=["Series", "DataFrame", "mapping of Series", "tuple"],
)
def test_margins_of_any_form_are_the_same(given):
    plain = jf.rake(SURVEY, SEX, within="wave")
    assert (jf.rake(SURVEY, given, within="wave").rows.weight == plain.rows.weight).all()


CENSUS = pd.DataFrame(
    {
        "region": np.repeat(SURVEY.group("region").labels, 4),
        "sex": np.tile(np.repeat(["female", "male"], 2), 4),
        "area": np.tile(["urban", "rural"], 8),
        "n": np.arange(20, 36),
    }
)


def test_a_census_gives_any_of_its_margins():
    census = jf.Population(CENSUS)
    margins = {"sex": CENSUS.groupby("sex")["n"].sum()}
    margins["region", "area"] = CENSUS.groupby(["region", "area"])["n"].sum()
    ours = jf.rake(SURVEY, {"sex": census, ("region", "area"): census}, within="wave")
    assert ours.rows.weight == pytest.approx(jf.rake(SURVEY, margins, within="wave").rows.weight)
    whole = jf.poststratify(SURVEY, census, within="pooled")
    found = shares(whole, "region", "sex", "area")
    expected = CENSUS.set_index(["region", "sex", "area"])["n"] / CENSUS["n"].sum()
    assert found.to_dict() == pytest.approx(expected.to_dict())
    with pytest.raises(SpecError, match=r"Unknown column of the population 'aria'. Did you mean"):
        jf.rake(SURVEY, {"aria": census}, within="wave")


def test_series_with_two_index_levels_are_two_columns():
    index = pd.MultiIndex.from_product([["a", "b"], [1, 2]], names=["x", "y"])
    margin = as_margins(pd.Series([1, 2, 3, 4], index))[0]
    assert margin.names == ("x", "y")
    assert margin.totals == {("a", "1"): 1, ("a", "2"): 2, ("b", "1"): 3, ("b", "2"): 4}


def test_standardised_domains_have_the_populations_shares_and_their_own_size():
    survey = jf.standardize(SURVEY, AREA, over=["wave", "region"])
    table = shares(survey, "wave", "region", "area").unstack()
    assert (table["urban"] / table.sum(axis=1)).to_numpy() == pytest.approx(0.3, rel=1e-9)
    own, new = shares(SURVEY, "wave", "region"), shares(survey, "wave", "region")
    assert new.to_dict() == pytest.approx(own.to_dict(), rel=1e-9)


def test_trimmed_weights_lie_within_bounds_and_keep_their_sum():
    trimmed = jf.trim(SURVEY, lower=0.6, upper=2.0)
    weight = trimmed.rows.weight
    assert 0.6 <= weight.min() < 0.62
    assert 1.98 < weight.max() <= 2.0
    assert weight.sum() == pytest.approx(SURVEY.rows.weight.sum())


# What is said of it.


def test_the_record_tells_margins_and_what_they_cost():
    raked = jf.rake(SURVEY, {**SEX, **AREA_SHARES}, within="wave")
    told = raked.weighting()
    margins = told.margins
    assert (margins["after"] - margins["target"]).abs().max() < 1e-9
    own = shares(SURVEY, "wave", "sex")["Q1"]["female"]
    row = margins[(margins["wave"] == "Q1") & (margins["category"] == "female")]
    assert row["before"].item() == pytest.approx(own / shares(SURVEY, "wave", "sex")["Q1"].sum())
    for which, survey in (("before", SURVEY), ("after", raked)):
        for wave, k in (("Q1", 0), ("Q6", 5)):
            weight = survey.rows.weight[survey.wave_codes == k]
            kish = len(weight) * (weight**2).sum() / weight.sum() ** 2
            found = told.steps.set_index("wave").loc[wave]
            assert found[f"kish_{which}"] == pytest.approx(kish)
            assert found[f"weight_cv_{which}"] == pytest.approx(weight.std() / weight.mean())
    assert (told.steps["deviation"] < 1e-9).all()
    assert "weights meet shares of 'sex', 'area' within wave" in repr(told)
    waves = raked.describe().waves
    assert waves["kish_design"].to_numpy() == pytest.approx(told.steps["kish_before"].to_numpy())
    assert waves["kish_effect"].to_numpy() == pytest.approx(told.steps["kish_after"].to_numpy())


AREA_SHARES = {"area": {"urban": 0.3, "rural": 0.7}}


def test_a_survey_that_was_not_adjusted_says_so():
    assert repr(SURVEY.weighting()) == "The weights are those of the design."
    assert SURVEY.adjustments == ()


def test_the_survey_before_stays_what_it_was():
    weight = SURVEY.rows.weight.copy()
    raked = jf.rake(SURVEY, SEX, within="wave")
    assert (SURVEY.rows.weight == weight).all()
    assert raked.record["data_hash"] != SURVEY.record["data_hash"]
    assert raked.record["weights"] == tuple(each.says for each in raked.adjustments)
    assert (raked.rows.at(0).weight == weight).all()


def test_many_patterns_are_announced():
    rows = 60
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"y": rng.integers(2, size=rows), "sex": ["f", "m"] * 30})
    frame["income"] = rng.normal(100, 20, rows).round(6)
    book = {"outcomes": {"y": {"scale": "binary"}, "income": {"scale": "continuous"}}}
    survey = jf.Survey(frame, jf.SurveyDesign(), book)
    calibrated = jf.calibrate(survey, {"sex": {"f": 0.4, "m": 0.6}, "income": 104.0})
    assert "60 patterns of 60 interviews" in calibrated.adjustments[0].says
    assert np.average(frame["income"], weights=calibrated.rows.weight) == pytest.approx(104)
    margins = calibrated.weighting().margins.set_index("margin")
    assert margins.loc["income", "target"] == 104


def test_patterns_are_no_groups():
    raked = jf.rake(SURVEY, SEX, within="wave")
    with pytest.raises(SpecError, match="Unknown group 'pattern of adjustment 1'"):
        raked.group("pattern of adjustment 1")
    assert raked.rows.groups == SURVEY.rows.groups


# What cannot be done, and how it is said.


RARE = jf.Survey(
    pd.DataFrame(
        {
            "y": [0, 1] * 10,
            "a": ["x"] * 10 + ["z"] * 10,
            "b": ["p"] * 10 + ["q"] * 10,
            "c": [None] + ["r"] * 19,
        }
    ),
    jf.SurveyDesign(),
    {"outcomes": {"y": {"scale": "binary"}}},
)


@pytest.mark.parametrize(
    ("adjust", "says"),
    [
        (lambda: jf.rake(SURVEY, SEX), r"within= must be said. Choose within='wave'"),
        (lambda: jf.rake(SURVEY, SEX, within="waves"), r"Unknown within 'waves'. Did you mean"),
        (lambda: jf.rake(RARE, {"a": {"x": 1}}, within="wave"), "the survey has none"),
        (lambda: jf.rake(SURVEY, {"sexe": SEX["sex"]}, within="wave"), "Did you mean 'sex'"),
        (
            lambda: jf.rake(SURVEY, {"sex": {"femal": 0.5, "male": 0.5}}, within="wave"),
            r"category of 'sex' 'femal'. Did you mean 'female'",
        ),
        (
            lambda: jf.rake(SURVEY, {"sex": {"female": 1.0}}, within="wave"),
            "'sex' leaves out 'male', which people of the survey are",
        ),
        (
            lambda: jf.rake(SURVEY, {**SEX, **AREA}, within="wave"),
            "must add up to one population, or each to 1; they add up to 'sex' 1, 'area' 100",
        ),
        (
            lambda: jf.rake(RARE, {"a": {"x": 0.5, "z": 0.5}, "b": {"p": 0.3, "q": 0.7}}),
            r"Margin '[ab]' cannot be met: '[xzpq]' stays .* its target. Merge",
        ),
        (lambda: jf.rake(RARE, {"c": {"r": 1.0}}), "'c' of 1 interviews is missing"),
        (lambda: jf.rake(RARE, {"a": {"x": 0.0, "z": 1.0}}), "nobody who is 'x', and the survey"),
        (lambda: jf.rake(RARE, {"a": {"x": -1, "z": 2}}), "none below 0: 'a'"),
        (lambda: jf.rake(RARE, {"a": {"x": "half", "z": 1}}), "numbers; found 'half'"),
        (lambda: jf.rake(RARE, {"a": 3.0}), "'a' holds|how large the population is"),
        (lambda: jf.rake(RARE, 3), "Margins are a mapping such as .* found int"),
        (lambda: jf.poststratify(SURVEY, {**SEX, **AREA}, within="wave"), "one margin"),
        (lambda: jf.calibrate(RARE, {"a": {"x": 1, "z": 1}}, method="logit"), "must be given"),
        (
            lambda: jf.calibrate(RARE, {"a": {"x": 1, "z": 1}}, bounds=(0.5, 2)),
            "not with method='linear'",
        ),
        (
            lambda: jf.calibrate(RARE, {"a": {"x": 1, "z": 9}}, method="logit", bounds=(0.9, 1.1)),
            "Widen bounds=",
        ),
        (
            lambda: jf.calibrate(RARE, {"a": {"x": 1, "z": 9}}, method="logit", bounds=(2, 1)),
            "two factors around 1",
        ),
        (lambda: jf.standardize(SURVEY, SEX, over="sex"), "names 'sex', within which"),
        (lambda: jf.trim(SURVEY, lower=3, upper=2), "rise from 0"),
        (lambda: jf.trim(SURVEY, upper=0.5), "mean, .* must lie within the bounds"),
        (lambda: jf.rake(pd.DataFrame(), SEX), "A jf.Survey is needed; found DataFrame"),
    ],
)
def test_what_is_refused(adjust, says):
    with pytest.raises(SpecError, match=says):
        adjust()


def test_a_category_without_interviews_in_a_wave_is_named_with_the_wave():
    frame = pd.DataFrame(
        {"y": [0, 1, 1, 0, 1, 0], "wave": [1, 1, 1, 2, 2, 2], "sex": ["f", "m", "f", "m", "m", "m"]}
    )
    design = jf.SurveyDesign(wave="wave", repeats="nothing")
    survey = jf.Survey(frame, design, {"outcomes": {"y": {"scale": "binary"}}})
    with pytest.raises(SpecError, match=r"'sex' cannot be met: nobody is 'f' in '2'"):
        jf.rake(survey, {"sex": {"f": 0.5, "m": 0.5}}, within="wave")


def test_negative_weights_are_refused():
    frame = pd.DataFrame({"y": [0.0, 1, 2, 50], "a": list("pppq")})
    book = {"outcomes": {"y": {"scale": "continuous"}}}
    survey = jf.Survey(frame, jf.SurveyDesign(), book)
    with pytest.raises(SpecError, match="weights of 1 interviews 0 or negative"):
        jf.calibrate(survey, {"a": {"p": 0.99, "q": 0.01}, "y": -0.2})
