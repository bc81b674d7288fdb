"""How well a regression fits: R's numbers, statsmodels' without weights, what must not matter.

Beside the stored cases R (4.2.2, survey 4.1.1) was asked, with the data and designs of
``test_likelihood_ratio.py``::

    m <- svyglm(..., design = d, control = list(epsilon = 1e-14, maxit = 100))
    # svyglm(secure ~ factor(wave) + region, ...), wave being a number in the file
    c(psrsq(m, "Cox-Snell"), psrsq(m, "Nagelkerke"), AIC(m)["AIC"])
"""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import statsmodels.api as sm
from regression_cases import AWARDED, CASES, MEASURES, Model, fit_of, survey_of
from statsmodels.miscmodels.ordinal_model import OrderedModel
from test_likelihood_ratio import DESIGNS
from test_regression import (
    FAMILIES,
    FAST,
    PEOPLE,
    PLAIN,
    RIGHT,
    SURVEY,
    UNWEIGHTED,
    WAY,
    design,
    survey,
)

import jfmodels as jf

COX_SNELL, NAGELKERKE = (f"R-squared ({name})" for name in ("Cox-Snell", "Nagelkerke"))
PROBIT, CLOGLOG = (jf.Bernoulli(link=link) for link in ("probit", "cloglog"))
SHARES = {
    ("apiclus1.csv", AWARDED, PROBIT): (0.0768431627319403, 0.1097926606351366, 212.86511013303573),
    ("apiclus1.csv", AWARDED, CLOGLOG): (
        0.0756876895063464,
        0.1081417332758196,
        213.05067151875596,
    ),
    ("apiclus1.csv", "awarded ~ ell", None): (
        0.0356241832507745,
        0.0508994388440296,
        215.81541279689850,
    ),
    ("wave_survey_secure.csv", "secure ~ wave + region", None): (
        0.0174942049649287,
        0.0251449368046275,
        3771.6122751351490,
    ),
    ("wave_survey_secure.csv", "secure ~ sex + age_group", None): (
        0.00218864282113906,
        0.00314580088296500,
        3773.97970096051858,
    ),
}


def measures(fit: jf.Fit) -> dict[str, float]:
    """Every measure of fit by name."""
    table = fit.diagnostics().set_index("check")["value"]
    return {name: table[name] for name in table.index if name.startswith(("R-", "AIC"))}


@pytest.mark.parametrize("name", MEASURES)
def test_stored_cases_equal_r(name):
    found, theirs = measures(fit_of(CASES[name], Model(AWARDED))), CASES[name].results
    numbers = theirs.get("estimate", theirs.get("value"))
    for label, number in zip(theirs["names"], numbers, strict=True):
        if label in MEASURES[name]:
            assert found[MEASURES[name][label]] == pytest.approx(number, rel=1e-9)


def test_effective_parameters_equal_r():
    table = fit_of(CASES["aic_clus1"], Model(AWARDED)).diagnostics().set_index("check")
    spent = CASES["aic_clus1"].results["value"][0]
    assert table.loc["AIC", "says"].startswith(f"{spent:.1f} parameters by the design, 3 by count")


@pytest.mark.parametrize("case", SHARES, ids=lambda case: f"{case[1]} {case[2] and case[2].link}")
def test_of_shares_they_equal_r(case):
    dataset, formula, family = case
    of = survey_of(dataset, DESIGNS[dataset])
    found = measures(jf.fit(formula, of, family=family, engine=PLAIN))
    assert list(found) == [COX_SNELL, NAGELKERKE, "AIC"]
    np.testing.assert_allclose(list(found.values()), SHARES[case], rtol=1e-9)


def test_of_counts_aic_differs_between_models_as_in_r():
    """R's deviance leaves out what the counts alone say."""
    of = survey_of("apiclus1.csv", DESIGNS["apiclus1.csv"])
    one, other = (
        measures(jf.fit(f"api_stu ~ {x} + offset(log(enroll))", of, family="poisson", engine=PLAIN))
        for x in ("meals + stype", "stype")
    )
    assert list(one) == ["AIC"]
    difference = 336.55846043985537 - 322.16540857500149
    assert one["AIC"] - other["AIC"] == pytest.approx(difference, rel=1e-9)


def by_statsmodels(family: str) -> float:
    """Log likelihood of the same model."""
    if family == "categorical":
        return float(sm.MNLogit(PEOPLE["walks"], design()).fit(**WAY).llf)
    model = OrderedModel(PEOPLE["walks"], design(constant=False), distr="logit")
    return float(model.fit(model.fit(**FAST).params, **WAY).llf)


@pytest.mark.parametrize("family", ["ordinal", "categorical"])
def test_of_several_answers_they_equal_statsmodels(family):
    found = measures(jf.fit(f"walks ~ {RIGHT}", UNWEIGHTED, family=family))
    share = PEOPLE["walks"].value_counts(normalize=True)
    value, constant = by_statsmodels(family) / len(PEOPLE), float(share @ np.log(share))
    cox_snell = 1 - np.exp(2 * (constant - value))
    assert found[COX_SNELL] == pytest.approx(cox_snell, rel=1e-6)
    assert found[NAGELKERKE] == pytest.approx(cox_snell / (1 - np.exp(2 * constant)), rel=1e-6)


def test_of_a_line_it_is_the_weighted_r_squared():
    found = measures(jf.fit(f"income ~ {RIGHT}", SURVEY))
    theirs = sm.WLS(PEOPLE["income"], design(), weights=PEOPLE["weight"]).fit().rsquared
    assert found == {"R-squared": pytest.approx(theirs, rel=1e-9)}


@pytest.mark.parametrize("name", FAMILIES)
def test_neither_order_nor_weights_nor_reference_level_matters(name):
    outcome, family = FAMILIES[name]
    shuffled = PEOPLE.sample(frac=1, random_state=1).assign(weight=lambda f: 750 * f["weight"])
    fit = partial(jf.fit, family=family)
    found = [
        measures(fit(f"{outcome} ~ wave + {region}", of))
        for region, of in (
            ("region", SURVEY),
            ("region", survey(shuffled)),
            ('C(region, Treatment("c"))', SURVEY),
        )
    ]
    assert found[0]
    for other in found[1:]:
        assert other == pytest.approx(found[0], rel=1e-6)


def test_a_constant_has_nothing_to_measure_and_no_intercept_no_r_squared():
    assert measures(jf.fit("safe ~ 1", SURVEY)) == {}
    assert list(measures(jf.fit("safe ~ 0 + wave", SURVEY))) == ["AIC"]
