"""Tests of tables: R's numbers, what must not matter, and how often a true hypothesis falls.

R's names for the statistics are "F", "Chisq", "Wald", "adjWald", "lincom" and "saddlepoint".
"""

from __future__ import annotations

import json
import os

import numpy as np
import pandas as pd
import pytest
from r_cases import DESIGNS, REFERENCE, Case, frame_of
from scipy.integrate import quad
from scipy.stats import binomtest, chi2, chi2_contingency, f

import jfmodels as jf
from jfmodels.engines.design_based.chi_square_sums import ratio_tail, ratio_tail_saddlepoint
from jfmodels.engines.design_based.contingency import GOODNESS, STATISTICS
from jfmodels.engines.design_based.table_test import goodness_of_fit, table_test
from jfmodels.results.schema import TESTS

RELATIVE = 1e-9  # found: 4e-15, and 1.4e-10 where R solves for the saddlepoint to 1e-8
NUMBERS = ["statistic", "df1", "df2", "p_value"]
FIELDS = Case.__dataclass_fields__
CONTENT = json.loads((REFERENCE / "r_chisq_cases.json").read_text())
CASES = {each["name"]: Case(**{name: each[name] for name in FIELDS}) for each in CONTENT["cases"]}
OF_CASE = {
    "chisq_F_clus1": "F",
    "chisq_Chisq_clus1": "chisq",
    "chisq_Wald_clus1": "wald",
    "chisq_adjWald_clus1": "adjusted wald",
    "chisq_lincom_clus1": "lincom",
    "chisq_saddlepoint_clus1": "saddlepoint",
}
GOODNESS_CASE = "gofchisq_clus1"
NO_PARAMETER = ("lincom", "saddlepoint")

REVISITED = DESIGNS["svydesign(id=~commune, strata=~region, weights=~weight)"]
FRAME = frame_of("wave_survey_secure.csv")
LADDER = {1: "very bad", 2: "bad", 3: "so so", 4: "good", 5: "very good"}
OUTCOMES = {
    "secure": {"scale": "binary", "categories": {0: "no", 1: "yes"}},
    "security_5pt": {"scale": "nominal", "categories": LADDER},
}


def survey_of(frame=FRAME, design=REVISITED, outcomes=OUTCOMES):
    return jf.Survey(frame, design, {"outcomes": outcomes})


def numbers_of(table):
    return table[NUMBERS].to_numpy(dtype=float)


@pytest.fixture(scope="module")
def survey():
    return survey_of()


@pytest.fixture(scope="module")
def frame():
    """Answers to two questions without a cluster or a weight."""
    random = np.random.default_rng(5)
    group, answer = random.integers(0, 3, 400), random.integers(0, 4, 400)
    answer = np.where(random.random(400) < 0.1, group, answer)
    return pd.DataFrame({"group": group, "answer": answer})


def plain(frame, **roles):
    """A simple random sample, asked for `answer`."""
    outcome = {"scale": "nominal", "categories": {k: f"answer {k}" for k in range(4)}}
    return jf.Survey(frame, jf.SurveyDesign(**roles), {"outcomes": {"answer": outcome}})


# ------------------------------------------------------------------ R


def test_every_case_is_answered():
    assert set(CASES) == {*OF_CASE, GOODNESS_CASE}
    assert set(OF_CASE.values()) == set(STATISTICS)


@pytest.mark.parametrize("name", OF_CASE)
def test_equals_r(name):
    theirs, statistic = CASES[name].results, OF_CASE[name]
    table = table_test(CASES[name].survey("sch.wide"), "sch.wide", "stype", statistic=statistic)
    ours = table.iloc[0]
    assert ours["statistic"] == pytest.approx(theirs["statistic"], rel=RELATIVE)
    if statistic not in NO_PARAMETER:  # for these two R names none
        parameters = np.ravel(theirs["parameter"])
        found = ours[["df1", "df2"]].to_numpy(dtype=float)[: len(parameters)]
        np.testing.assert_allclose(found, parameters, rtol=RELATIVE)
    if statistic != "lincom":
        assert ours["p_value"] == pytest.approx(theirs["p"], rel=RELATIVE)


def test_lincom_is_exact_where_r_fell_back():
    # R had no CompQuadForm, said so, and gave its saddlepoint approximation, .0264 for .0220.
    case = CASES["chisq_lincom_clus1"]
    assert "using saddlepoint approximation" in CONTENT["cases"][4]["warnings"][1]
    survey = case.survey("sch.wide")
    approximate = table_test(survey, "sch.wide", "stype", statistic="saddlepoint")
    assert approximate["p_value"].item() == pytest.approx(case.results["p"], rel=RELATIVE)
    exact = table_test(survey, "sch.wide", "stype", statistic="lincom")
    x, df2 = exact["statistic"].item(), exact["df2"].item()
    first, second = effects_of(survey)
    assert exact["p_value"].item() == pytest.approx(by_hand(x, first, second, df2), rel=1e-8)


def effects_of(survey):
    """Both design effects of a table of two contrasts, from the sum and the df of "F"."""
    table = table_test(survey, "sch.wide", "stype")
    pearson = table_test(survey, "sch.wide", "stype", statistic="chisq")["statistic"].item()
    total, df1 = pearson / table["statistic"].item(), table["df1"].item()
    apart = np.sqrt(2 * total**2 / df1 - total**2)
    return (total + apart) / 2, (total - apart) / 2


def by_hand(x, first, second, df):
    """Tail of (first χ² + second χ²) / (χ²_df / df), one integral for each chi-square.

    Given the denominator and a normal z of the first, the second is a chi-square's tail.
    """

    def beyond(bound):
        def at(z):
            density = 2 * np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
            return density * chi2.sf((bound - first * z * z) / second, 1)

        edge = np.sqrt(bound / first)
        inside = quad(at, 0, edge, epsabs=1e-14, epsrel=1e-11, limit=200)[0]
        return inside + 2 * chi2.sf(edge**2, 1) / 2

    weighted = quad(
        lambda d: beyond(x * d / df) * chi2.pdf(d, df), 0, 6 * df, epsabs=1e-13, epsrel=1e-10
    )
    return weighted[0]


def test_goodness_of_fit_equals_r():
    # R's statistic is on the scale of the weights' sum; it means something over R's scale only.
    theirs = CASES[GOODNESS_CASE].results
    scale, df = theirs["parameter"]
    survey = CASES[GOODNESS_CASE].survey("stype")
    shares = {"E": 0.6, "H": 0.2, "M": 0.2}
    ours = goodness_of_fit(survey, "stype", shares, statistic="chisq").iloc[0]
    found = ours[["statistic", "df1", "p_value"]].to_numpy(dtype=float)
    np.testing.assert_allclose(found, [theirs["statistic"] / scale, df, theirs["p"]], rtol=RELATIVE)


# svychisq(~secure + wave, d, statistic = ...) with d the revisited communes within regions.
WAVES = {
    "F": (2.95543884900286, 3.66720428419433, 44.006451410332, 0.0337122153638241),
    "chisq": (20.8445159279243, 5, np.nan, 0.0113580074019803),
    "wald": (13.3462076155145, 5, 12, 0.000149042445309179),
    "adjusted wald": (8.89747174367637, 5, 8, 0.00400805758011807),
}


@pytest.mark.parametrize("statistic", WAVES)
def test_waves_are_correlated_as_in_r(survey, statistic):
    ours = numbers_of(table_test(survey, "secure", "wave", statistic=statistic))[0]
    np.testing.assert_allclose(ours, WAVES[statistic], rtol=RELATIVE)


# The same of security_5pt, in R's subset() of d.
DOMAINS = {
    "region in wave 6": (
        ("region", {"wave": "6"}),
        (0.496713686746873, 3.95157067207612, 47.4188480649134, 0.736016230730624),
    ),
    "secure in Gao in wave 6, with empty cells": (
        ("secure", {"wave": "6", "region": "Gao"}),
        (47.1832735659422, 1.42955968179703, 4.2886790453911, 0.00145139686016796),
    ),
    "wave": (
        ("wave", None),
        (2.03431993100466, 6.60268391701057, 79.2322070041268, 0.0645114232140358),
    ),
    "wave in Gao": (
        ("wave", {"region": ["Gao"]}),
        (1.57551645364424, 2.85809259899546, 8.57427779698637, 0.264932756750436),
    ),
}


@pytest.mark.parametrize("name", DOMAINS)
def test_domains_equal_r(survey, name):
    (column, where), theirs = DOMAINS[name]
    ours = numbers_of(table_test(survey, "security_5pt", column, where=where))[0]
    np.testing.assert_allclose(ours, theirs, rtol=RELATIVE)


def test_new_clusters_in_every_wave_equal_r():
    # strata and ids as interaction(..., wave)
    design = jf.SurveyDesign(
        wave="wave",
        strata="region",
        cluster="commune",
        weights="weight",
        repeats="nothing",
        target="population",
    )
    ours = numbers_of(table_test(survey_of(design=design), "secure", "wave"))[0]
    theirs = (1.55730560611308, 4.57816557591201, 329.627921465665, 0.17738272332878)
    np.testing.assert_allclose(ours, theirs, rtol=RELATIVE)


TWO_STAGES = DESIGNS["d <- svydesign(id=~dnum+snum, fpc=~fpc1+fpc2, data=apiclus2)"]


def test_stages_with_corrections_equal_r():
    answers = {"scale": "nominal", "categories": {"No": "No", "Yes": "Yes"}}
    stype = {"scale": "nominal", "categories": {each: each for each in "EHM"}}
    frame = frame_of("apiclus2.csv")
    named = survey_of(frame, TWO_STAGES, {"sch.wide": answers, "awards": answers})
    f_test = numbers_of(table_test(named, "sch.wide", "stype"))[0]
    theirs = (11.8727451425609, 1.38249880859244, 53.9174535351051, 0.000322114662438083)
    np.testing.assert_allclose(f_test, theirs, rtol=RELATIVE)
    wald = numbers_of(table_test(named, "awards", "stype", statistic="wald"))[0]
    np.testing.assert_allclose(wald, (2.46652644294505, 2, 39, 0.0980229716125889), rtol=RELATIVE)
    share = {"E": 0.6, "H": 0.2, "M": 0.2}
    survey = survey_of(frame, TWO_STAGES, {"stype": stype})
    fit = goodness_of_fit(survey, "stype", share, statistic="chisq")
    theirs = (173.123013530135 / 110.518603940382, 1.24478581139669, 0.271213663227361)
    found = fit[["statistic", "df1", "p_value"]].to_numpy(dtype=float)[0]
    np.testing.assert_allclose(found, theirs, rtol=RELATIVE)


# ------------------------------------------------------------------ tails


@pytest.mark.parametrize("df", [0.7, 14.0, 300.5])
@pytest.mark.parametrize("x", [1e-3, 0.8, 6.0, 60.0])
def test_equal_weights_are_an_f_distribution(x, df):
    tail = ratio_tail(x, np.full(3, 0.4), df)
    assert tail == pytest.approx(f.sf(x / 1.2, 3, df), rel=1e-11)


@pytest.mark.parametrize(("x", "printed"), [(0.1, 0.9458), (0.7, 0.5064), (2.0, 0.1240)])
def test_equals_imhofs_table(x, printed):
    # Imhof (1961), Q1, four digits: with ever more df the denominator is 1
    assert ratio_tail(x, np.array([0.6, 0.3, 0.1]), 1e7) == pytest.approx(printed, abs=6e-5)


def test_saddlepoint_is_near_the_exact_tail_of_whole_df():
    weights = np.array([1.5, 0.7, 0.3])
    for x in (0.5, 4.0, 20.0):
        assert ratio_tail_saddlepoint(x, weights, 20) == pytest.approx(
            ratio_tail(x, weights, 20), rel=0.05
        )


def test_saddlepoint_at_the_mean_is_satterthwaites_f():
    weights = np.array([1.0, 1.0])
    # The mean of the difference is 0, so that the approximation would divide 0 by 0.
    assert ratio_tail_saddlepoint(2.0, weights, 20) == pytest.approx(f.sf(1.0, 2, 20))


# ------------------------------------------------------------------ simple random samples


@pytest.mark.parametrize("statistic", ["F", "chisq", "lincom"])
def test_without_clusters_it_is_pearsons_test(frame, statistic):
    # The covariance divides by n - 1, so every design effect is n / (n - 1) exactly.
    ours = table_test(plain(frame), "answer", "group", statistic=statistic).iloc[0]
    theirs = chi2_contingency(pd.crosstab(frame["answer"], frame["group"]), correction=False)
    q, simple = theirs.dof, theirs.statistic * (len(frame) - 1) / len(frame)
    df2 = q * (len(frame) - 1)
    expected = {
        "F": (simple / q, f.sf(simple / q, q, df2)),
        "chisq": (theirs.statistic, chi2.sf(simple, q)),
        "lincom": (theirs.statistic, f.sf(simple / q, q, df2)),
    }
    found = ours[["statistic", "p_value"]].to_numpy(dtype=float)
    np.testing.assert_allclose(found, expected[statistic], rtol=1e-10)
    assert ours["df1"] == pytest.approx(q)
    assert ours["p_value"] == pytest.approx(theirs.pvalue, rel=0.05)


@pytest.mark.parametrize("statistic", ["wald", "adjusted wald"])
def test_wald_is_near_pearsons_test(frame, statistic):
    random = frame.assign(answer=np.random.default_rng(2).permutation(frame["answer"]))
    ours = table_test(plain(random), "answer", "group", statistic=statistic).iloc[0]
    theirs = chi2_contingency(pd.crosstab(random["answer"], random["group"]))
    assert ours["statistic"] * ours["df1"] == pytest.approx(theirs.statistic, rel=0.1)


def test_goodness_of_fit_is_near_pearsons_test(frame):
    observed = frame["answer"].value_counts().sort_index()
    near = observed + np.array([4, -4, 2, -2])
    counts = {f"answer {k}": n for k, n in near.items()}
    ours = goodness_of_fit(plain(frame), "answer", counts, statistic="chisq").iloc[0]
    statistic = ((observed - near) ** 2 / near).sum()
    assert ours["df1"] == pytest.approx(3, rel=0.01)
    assert ours["statistic"] == pytest.approx(statistic, rel=0.05)
    assert ours["p_value"] == pytest.approx(chi2.sf(statistic, 3), rel=0.01)


# ------------------------------------------------------------------ what must not matter


@pytest.mark.parametrize("statistic", STATISTICS)
class TestInvariance:
    def test_order_of_categories(self, statistic):
        backwards = {**OUTCOMES["security_5pt"], "categories": dict(reversed(LADDER.items()))}
        frame = FRAME.assign(region=FRAME["region"].map(lambda name: name[::-1]))
        turned = survey_of(frame, outcomes={"security_5pt": backwards})
        found = table_test(turned, "security_5pt", "region", statistic=statistic)
        straight = table_test(survey_of(), "security_5pt", "region", statistic=statistic)
        np.testing.assert_allclose(numbers_of(found), numbers_of(straight), rtol=1e-9)

    def test_scale_of_weights(self, survey, statistic):
        scaled = survey_of(FRAME.assign(weight=7 * FRAME["weight"]))
        found = table_test(scaled, "secure", "wave", statistic=statistic)
        straight = table_test(survey, "secure", "wave", statistic=statistic)
        np.testing.assert_allclose(numbers_of(found), numbers_of(straight), rtol=1e-9)

    def test_order_of_rows(self, survey, statistic):
        shuffled = survey_of(FRAME.sample(frac=1, random_state=1))
        found = table_test(shuffled, "secure", "wave", statistic=statistic)
        straight = table_test(survey, "secure", "wave", statistic=statistic)
        np.testing.assert_allclose(numbers_of(found), numbers_of(straight), rtol=1e-9)

    def test_which_is_row_and_which_is_column(self, statistic):
        incident = {**OUTCOMES["secure"], "missing": ["NA"]}
        survey = survey_of(outcomes={**OUTCOMES, "incident_12m": incident})
        one = table_test(survey, "secure", "incident_12m", statistic=statistic)
        other = table_test(survey, "incident_12m", "secure", statistic=statistic)
        np.testing.assert_allclose(numbers_of(one), numbers_of(other), rtol=1e-9)


@pytest.mark.parametrize("statistic", GOODNESS)
def test_goodness_of_fit_knows_no_scale_and_no_order(survey, statistic):
    shares = dict(zip(LADDER.values(), [0.2, 0.25, 0.2, 0.15, 0.2], strict=True))
    straight = goodness_of_fit(survey, "security_5pt", shares, statistic=statistic)
    scaled = survey_of(FRAME.assign(weight=7 * FRAME["weight"]))
    census = {name: 1e6 * share for name, share in reversed(shares.items())}
    found = goodness_of_fit(scaled, "security_5pt", census, statistic=statistic)
    np.testing.assert_allclose(numbers_of(found), numbers_of(straight), rtol=1e-9)


def test_by_is_a_domain_for_each_group(survey):
    table = table_test(survey, "secure", "region", by="wave")
    assert list(table.columns) == ["outcome", "category", "wave", *list(TESTS)[2:]]
    assert table["wave"].tolist() == list("123456")
    for wave, row in zip("123456", numbers_of(table), strict=True):
        alone = table_test(survey, "secure", "region", where={"wave": wave})
        np.testing.assert_array_equal(numbers_of(alone)[0], row)


# ------------------------------------------------------------------ which categories count

POLICIES = {"excluded": 2, "own_category": 4, "in_base": 3}


@pytest.mark.parametrize("policy", POLICIES)
def test_dont_knows_follow_their_policy(policy):
    frame = FRAME.assign(secure=FRAME["secure"].mask(FRAME.index % 9 == 0, 8))
    frame["secure"] = frame["secure"].mask(frame.index % 11 == 0, 9)
    outcome = {**OUTCOMES["secure"], "dont_know": [8], "refused": [9], "policy": policy}
    survey = survey_of(frame, outcomes={"secure": outcome})
    table = table_test(survey, "secure", "region", statistic="lincom")
    assert table["df1"].item() == (POLICIES[policy] - 1) * 3


def test_rows_and_columns_without_interviews_are_left_out(survey):
    more = {**OUTCOMES["security_5pt"], "categories": {**LADDER, 6: "never said"}}
    wider = survey_of(outcomes={"security_5pt": more})
    found = table_test(wider, "security_5pt", "wave")
    straight = table_test(survey, "security_5pt", "wave")
    np.testing.assert_array_equal(numbers_of(found), numbers_of(straight))


def test_missing_answers_leave_the_table(survey):
    kept = FRAME["region"] != "Gao"
    frame = FRAME.assign(secure=FRAME["secure"].where(kept))
    domain = table_test(survey, "secure", "wave", where={"region": ["Menaka", "Mopti", "Segou"]})
    found = table_test(survey_of(frame), "secure", "wave")
    np.testing.assert_allclose(numbers_of(found), numbers_of(domain), rtol=1e-12)
    assert found["method"].item() == "Rao-Scott F, 9 design df"


# ------------------------------------------------------------------ what is refused


def test_fewer_than_two_rows_or_columns(survey):
    with pytest.raises(jf.SpecError, match="1 of 'wave', and two are needed"):
        table_test(survey, "secure", "wave", where={"wave": "2"})
    elsewhere = FRAME.assign(secure=FRAME["secure"].mask(FRAME["wave"] == 2, 1))
    table = table_test(survey_of(elsewhere), "secure", "region", by="wave")
    says = "refused: answers fall into 1 of 'secure', and two are needed"
    assert table["method"].str.startswith(says).tolist() == [False, True, *[False] * 4]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("secure", "secure"), "Named twice"),
        (("secured", "wave"), "Did you mean 'secure'"),
        (("secure", "regoin"), "Did you mean 'region'"),
        (("api", "wave"), "measured"),
        (("options", "wave"), "several answers"),
    ],
)
def test_names_that_cannot_be_tabulated(arguments, says):
    frame = FRAME.assign(api=1.5, one=1, two=0)
    options = {"scale": "multi", "columns": {"one": "one", "two": "two"}}
    outcomes = {**OUTCOMES, "api": {"scale": "continuous"}, "options": options}
    with pytest.raises(jf.SpecError, match=says):
        table_test(survey_of(frame, outcomes=outcomes), *arguments)


def test_unknown_statistic_names_the_near_miss(survey):
    with pytest.raises(jf.SpecError, match="Did you mean 'chisq'"):
        table_test(survey, "secure", "wave", statistic="chisqr")


@pytest.mark.parametrize(
    ("shares", "says"),
    [
        ({"no": 0.5}, "lacks categories of 'secure': 'yes'"),
        ({"no": 0.5, "yse": 0.5}, "Did you mean 'yes'"),
        ({"no": 1.0, "yes": 0.0}, "above 0"),
    ],
)
def test_shares_must_fit_the_categories(survey, shares, says):
    with pytest.raises(jf.SpecError, match=says):
        goodness_of_fit(survey, "secure", shares)


def test_groups_of_one_cluster_have_no_variance(survey):
    row = table_test(survey, "secure", "commune").iloc[0]
    assert row["method"].startswith("refused: one cluster makes")
    assert np.isnan(row["p_value"])
    assert "one_cluster" in row["flag"]


@pytest.mark.parametrize("statistic", ["wald", "adjusted wald"])
def test_more_contrasts_than_df_are_refused(survey, statistic):
    row = table_test(survey, "security_5pt", "wave", statistic=statistic).iloc[0]
    assert row["method"].startswith("refused: 20 contrasts are too many for 12 design df")
    assert np.isnan(row[NUMBERS].to_numpy(dtype=float)).all()


def test_relabelled_waves_are_not_compared():
    outcome = {**OUTCOMES["secure"], "relabelled": {"3": {0: "not at all"}}}
    survey = survey_of(outcomes={"secure": outcome})
    row = table_test(survey, "secure", "wave").iloc[0]
    assert "relabelled" in row["flag"]
    assert np.isnan(row["p_value"])
    comparable = table_test(survey, "secure", "wave", where={"wave": ["1", "2", "4"]})
    assert "relabelled" not in comparable["flag"].item()


# ------------------------------------------------------------------ how often truth is rejected

N_SURVEYS = 400 if os.environ.get("JFMODELS_SHORT") == "1" else 2_000
N_COMMUNES, N_PEOPLE = 16, 34
SEED = 20260311


def surveys_without_change(n_waves, cuts, size_sd):
    """Surveys of sixteen revisited communes in four regions, in which no wave differs.

    Surveys share a frame, and with it the communes' sizes; uneven sizes change more often.
    """
    random = np.random.default_rng(SEED)
    per_frame = 10 if size_sd else 100
    wave = np.repeat(np.arange(n_waves), N_COMMUNES * N_PEOPLE)
    commune = np.tile(np.repeat(np.arange(N_COMMUNES), N_PEOPLE), n_waves)
    names = [f"s{k}" for k in range(per_frame)]
    scale = "binary" if len(cuts) == 1 else "nominal"
    book = {"scale": scale, "categories": {k: f"answer {k}" for k in range(len(cuts) + 1)}}
    for _ in range(N_SURVEYS // per_frame):
        size = np.exp(size_sd * random.standard_normal(N_COMMUNES))
        effect = 0.4 * random.standard_normal((per_frame, 1, N_COMMUNES))
        effect = effect + 0.3 * random.standard_normal((per_frame, n_waves, N_COMMUNES))
        latent = effect[:, wave, commune] + random.logistic(size=(per_frame, len(wave)))
        answers = pd.DataFrame(np.searchsorted(cuts, latent).T, columns=names)
        weight = np.exp(0.3 * random.standard_normal(len(wave))) * size[commune]
        roles = {"wave": wave, "region": commune // 4, "commune": commune, "weight": weight}
        frame = pd.concat([pd.DataFrame(roles), answers], axis=1)
        yield survey_of(frame, outcomes=dict.fromkeys(names, book)), names


def rejections(n_waves, cuts, size_sd):
    """Count p below .05 for every statistic but R's approximation, and for Fit.test."""
    found = dict.fromkeys(set(STATISTICS) - {"saddlepoint"}, 0) | {"Fit.test": 0}
    for survey, names in surveys_without_change(n_waves, cuts, size_sd):
        for statistic in set(found) - {"Fit.test"}:
            for name in names:
                p = table_test(survey, name, "wave", statistic=statistic)["p_value"].item()
                found[statistic] += p < 0.05
        if len(cuts) == 1:
            found["Fit.test"] += int(
                (jf.direct(survey, names).test("wave")["p_value"] < 0.05).sum()
            )
    return found


def at_least(count):
    """Lower exact binomial bound of a rate."""
    return binomtest(count, N_SURVEYS).proportion_ci(0.95).low


FOUR = [-1.15, 0.0, 1.15]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n_waves", "cuts", "size_sd", "safe", "fails"),
    [
        (2, [0.0], 0, ["F", "lincom", "adjusted wald", "Fit.test"], ["chisq"]),
        (2, FOUR, 0, ["F", "lincom", "adjusted wald"], ["wald"]),
        (6, [0.0], 0, ["F", "lincom", "adjusted wald", "Fit.test"], ["wald"]),
        (6, FOUR, 0, ["F", "lincom"], ["chisq"]),
        (2, [0.0], 1.0, ["adjusted wald", "Fit.test"], ["F", "lincom", "chisq"]),
    ],
)
def test_true_independence_is_rejected_no_more_than_said(n_waves, cuts, size_sd, safe, fails):
    found = rejections(n_waves, cuts, size_sd)
    assert all(at_least(found[statistic]) <= 0.05 for statistic in safe), found
    if N_SURVEYS >= 2_000:  # fewer cannot tell the failing from the sound
        assert all(at_least(found[statistic]) > 0.05 for statistic in fails), found
