"""Regression on a real survey: R's coefficients, a wave that did not ask, places not reached.

R's numbers, with `survey.lonely.psu = "adjust"` and strata and PSUs nested in the wave::

    svyglm(y ~ wave * region + female + urban, design = subset(d, six regions, answered),
           family = quasibinomial(), control = list(epsilon = 1e-14, maxit = 100))
"""

from __future__ import annotations

import numpy as np
import pytest
from test_afrobarometer_mali import NOT_IN_R5, six_common, survey_of

import jfmodels as jf

FORMULA = "shown(trust_army) ~ wave * region + female + urban"
IN_R = {
    "Intercept": (1.3973606619076802, 0.1898961234362169),
    "wave[T.R3]": (2.0230357385682036, 0.5018260881656104),
    "wave[T.R5]": (-0.7798378151794381, 0.2269406774116996),
    "wave[T.R6]": (0.0776230725571521, 0.2497510601170652),
    "wave[T.R7]": (-0.1423043056260974, 0.3005210156183465),
    "region[T.Sikasso]": (0.5454892723065741, 0.2454658881189139),
    "female": (-0.3903959901295833, 0.0671121007749836),
    "wave[T.R7]:region[T.Sikasso]": (0.9340065144290864, 0.4027650883665841),
}


@pytest.fixture(scope="module")
def in_base(shared_data) -> jf.Survey:
    return survey_of(shared_data / "afrobarometer_mali_r2_r7.parquet", "in_base", ["trust_army"])


@pytest.fixture(scope="module")
def six(in_base) -> dict[str, list[str]]:
    return six_common(in_base, NOT_IN_R5)


@pytest.fixture(scope="module")
def fit(in_base, six) -> jf.Fit:
    return jf.fit(FORMULA, in_base, where=six)


def test_coefficients_equal_r(in_base, six):
    plain = jf.fit(FORMULA, in_base, where=six, engine=jf.Weighted(small_sample="none"))
    found = plain.summary().set_index("coefficient").loc[list(IN_R), ["estimate", "std_error"]]
    # found: 2e-8, in the largest of the errors, for R's weights are one step behind
    np.testing.assert_allclose(found.to_numpy(), list(IN_R.values()), rtol=1e-7)


def test_places_that_a_round_did_not_reach_are_named(in_base):
    with pytest.raises(jf.SpecError, match="rank deficient") as error:
        jf.fit(FORMULA, in_base)
    named = "; ".join(f"wave R5, region {region}" for region in NOT_IN_R5)
    assert f"No row is in: {named}." in str(error.value)


def test_a_wave_that_did_not_ask_leaves_the_fit_and_is_flagged(fit):
    assert not [name for name in fit.engine.names if "R4" in name]
    assert fit.engine.data.left_out == 0
    for over in ("wave", "fixed"):
        table = fit.levels(over=over).set_index("wave")
        assert table.loc["R4", "flag"] == ("not_asked",)
        assert table.loc["R4", ["estimate", "std_error", "low", "high"]].isna().all()
        assert table.drop("R4")["estimate"].notna().all()
        by_region = fit.levels(by="region", over=over)
        assert by_region.loc[by_region["wave"] != "R4", "std_error"].notna().all()


@pytest.mark.parametrize("over", ["wave", "fixed"])
def test_changes_are_between_rounds_that_asked_in_the_same_words(fit, over):
    table = fit.changes("all", over=over)
    assert table["wave"].astype(str).tolist() == ["R3", "R5", "R5", *["R6"] * 3, *["R7"] * 4]
    reworded = table["wave_ref"] == "R2"
    assert (table.loc[reworded, "flag"] == ("relabelled",)).all()
    assert table.loc[reworded, "estimate"].isna().all()
    known = table[~reworded].set_index(["wave", "wave_ref"])
    expected = {
        "wave": [-0.204, -0.048, 0.155, -0.036, 0.168, 0.013],
        "fixed": [-0.204, -0.049, 0.155, -0.038, 0.167, 0.011],
    }
    assert known["estimate"].round(3).tolist() == expected[over]
    assert (known["p_adjusted"] < 0.05).tolist() == [True, True, True, False, True, False]


def test_the_model_as_fielded_says_what_direct_says(fit, in_base, six):
    ours = fit.changes("all", over="wave")
    direct = jf.direct(in_base, "trust_army", where=six).changes("all")
    known = direct["estimate"].notna().to_numpy()
    # the wave's mean of a logit with all waves is the wave's mean of the answers
    np.testing.assert_allclose(ours["estimate"][known], direct["estimate"][known], rtol=1e-9)
    np.testing.assert_allclose(ours["std_error"][known], direct["std_error"][known], rtol=0.02)


def test_a_term_of_twenty_contrasts_is_tested(fit):
    row = fit.test("wave:region").iloc[0]
    assert row["df1"] == 20
    assert 80 < row["df2"] < 120
    assert row["p_value"] < 0.001


def test_an_ordinal_item_with_dont_know_in_its_base_is_refused_with_both_ways_out(in_base, six):
    with pytest.raises(jf.SpecError, match="policy 'in_base'") as error:
        jf.fit("trust_army ~ wave + region", in_base, where=six)
    assert "Model shown(trust_army)" in str(error.value)
    assert "policy 'excluded'" in str(error.value)


def test_an_ordinal_item_whose_dont_knows_are_excluded_is_modelled(shared_data, six):
    path = shared_data / "afrobarometer_mali_r2_r7.parquet"
    excluded = survey_of(path, "excluded", ["trust_army"])
    fit = jf.fit("trust_army ~ wave + region", excluded, where=six)
    unanswered = fit.engine.data.left_out
    assert 50 < unanswered < 123  # those who did not know, in six of nine regions
    shares = fit.levels(over="fixed", categories="all")
    known = shares[shares["wave"] != "R4"].groupby("wave", observed=True)["estimate"].sum()
    np.testing.assert_allclose(known, 1)


def test_strata_of_one_psu_in_another_wave_take_no_degrees_of_freedom(in_base):
    fit = jf.fit("shown(trust_army) ~ wave", in_base)
    asked = fit.levels(over="wave").dropna(subset="estimate")
    direct = jf.direct(in_base, "trust_army").levels().dropna(subset="estimate")
    # their errors differ a little, as a model's rows have variances by their weights
    np.testing.assert_allclose(asked["df"], direct["df"], rtol=0.12)  # found: .10
    assert (fit.summary()["df"] > 8).all()
