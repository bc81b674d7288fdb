"""The wild cluster bootstrap: written out draw by draw, and what must not matter.

With up to sixteen clusters all combinations of signs are gone through, so p-values are whole
numbers of them and must be equal, not close.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from test_regression import FAMILIES, PEOPLE, ROLES, SURVEY, people, survey

import jfmodels as jf
from jfmodels.engines.design_based.wild import WEIGHTS, Wild

FEW = people(8, 25, seed=11).assign(half=lambda frame: frame["commune"] // 4)
TERMS = {"sex": ["sex_male"], "region": ["region_b", "region_c", "region_d"]}
EXACT = 1e-12


def columns(frame: pd.DataFrame) -> pd.DataFrame:
    """The design matrix of wave + sex + region, made by pandas alone."""
    right = pd.get_dummies(frame[["wave", "sex", "region"]], drop_first=True, dtype=float)
    return sm.add_constant(right)


def signs(n: int) -> np.ndarray:
    return np.array(list(product([-1.0, 1.0], repeat=n)))


def share_as_large(observed: float, drawn: list[float]) -> float:
    return float(np.mean(np.array(drawn) >= observed * (1 - 1e-9)))


@pytest.mark.parametrize("term", TERMS)
def test_of_a_line_it_is_the_bootstrap_of_restricted_residuals(term):
    """Residuals without the term change sign by cluster; statsmodels fits every draw again."""
    x, weight = columns(FEW), FEW["weight"]
    restricted = sm.WLS(FEW["income"], x.drop(columns=TERMS[term]), weights=weight).fit()

    def wald(y: np.ndarray) -> float:
        clustered = {"cov_type": "cluster", "cov_kwds": {"groups": FEW["commune"]}}
        fit = sm.WLS(y, x, weights=weight).fit(**clustered)
        moved = fit.params[TERMS[term]]
        return moved @ np.linalg.solve(fit.cov_params().loc[TERMS[term], TERMS[term]], moved)

    flipped = signs(8)[:, FEW["commune"]] * restricted.resid.to_numpy()
    drawn = [wald(restricted.fittedvalues + each) for each in flipped]
    found = jf.fit("income ~ wave + sex + region", survey(FEW, strata=None))
    p = found.test(term, method="wild")["p_value"].item()
    assert p == pytest.approx(share_as_large(wald(FEW["income"]), drawn), abs=EXACT)


def brute_force(frame: pd.DataFrame, tested: list[str], fraction: float, weights: np.ndarray):
    """Scores of a logit without some columns, drawn cluster by cluster and stratum by stratum."""
    x = columns(frame)
    kept = x.drop(columns=tested)
    family = sm.families.Binomial()
    fit = sm.GLM(frame["safe"], kept, family, var_weights=frame["weight"]).fit(tol=1e-14)
    p, clusters = fit.fittedvalues, np.unique(frame["commune"])
    stratum = np.array([frame.loc[frame["commune"] == c, "half"].iloc[0] for c in clusters])
    score, part = [], []
    for cluster in clusters:
        here = frame["commune"] == cluster
        z, w, mu = x[here].to_numpy(), frame["weight"][here].to_numpy(), p[here].to_numpy()
        score.append(z.T @ (w * (frame["safe"][here] - mu)))
        part.append(z.T @ (z * (w * mu * (1 - mu))[:, None]))
    inverse = np.linalg.inv(np.sum(part, axis=0))
    explained = np.array([each @ inverse @ np.sum(score, axis=0) for each in part])
    centred = np.array(score) - explained
    for each in np.unique(stratum):
        centred[stratum == each] -= centred[stratum == each].mean(axis=0)
    centred += explained
    place = [list(x.columns).index(name) for name in tested]

    def wald(v: np.ndarray, reach: float) -> float:
        step = inverse @ sum(reach * v[c] * centred[c] for c in range(len(v)))
        left = np.array([v[c] * centred[c] - part[c] @ step for c in range(len(v))])
        meat = np.zeros_like(inverse)
        for each in np.unique(stratum):
            apart = left[stratum == each] - left[stratum == each].mean(axis=0)
            m = len(apart)
            meat += (1 - fraction) * m / (m - 1) * apart.T @ apart
        covariance = (inverse @ meat @ inverse)[np.ix_(place, place)]
        return float(step[place] @ np.linalg.solve(covariance, step[place]))

    drawn = [wald(v, np.sqrt(1 - fraction)) for v in weights]
    return wald(np.ones(len(clusters)), 1.0) / len(place), drawn


@pytest.mark.parametrize("term", TERMS)
def test_of_a_logit_it_is_the_bootstrap_of_centred_scores(term):
    observed, drawn = brute_force(FEW, TERMS[term], 0.0, signs(8))
    fit = jf.fit("safe ~ wave + sex + region", survey(FEW, strata="half"))
    found = fit.test(term, method="wild").iloc[0]
    assert found["statistic"] == pytest.approx(observed, rel=1e-9)
    p = share_as_large(observed * len(TERMS[term]), drawn)
    assert found["p_value"] == pytest.approx(p, abs=EXACT)


def test_a_finite_population_shortens_the_draws_as_it_shortens_the_error():
    frame = FEW.assign(drawn_of=0.25)
    observed, drawn = brute_force(frame, TERMS["sex"], 0.25, signs(8)[:128])
    fit = jf.fit("safe ~ wave + sex + region", survey(frame, strata="half", fpc="drawn_of"))
    found = fit.test("sex", method="wild").iloc[0]
    assert found["statistic"] == pytest.approx(observed, rel=1e-9)
    larger = np.sum(np.array(drawn) >= observed * (1 - 1e-9))
    assert found["p_value"] == pytest.approx((1 + larger) / 129, abs=EXACT)


@pytest.mark.parametrize("term", ["wave", "region"])
def test_of_a_line_the_statistic_is_the_plain_wald(term):
    right = "income ~ wave + sex + region"
    plain = jf.fit(right, SURVEY, engine=jf.Weighted(small_sample="none")).test(term)
    wild = jf.fit(right, SURVEY).test(term, method="wild")
    assert wild["statistic"].item() == pytest.approx(plain["statistic"].item(), rel=1e-10)


@pytest.mark.parametrize("name", FAMILIES)
def test_neither_order_nor_weights_nor_reference_level_matters(name):
    outcome, family = FAMILIES[name]
    shuffled = PEOPLE.sample(frac=1, random_state=1).assign(weight=lambda f: 750 * f["weight"])
    recoded = 'C(region, Treatment("c"))'
    found = [
        jf.fit(f"{outcome} ~ wave + sex + {term}", of, family=family).test(term, method="wild")
        for term, of in (("region", SURVEY), ("region", survey(shuffled)), (recoded, SURVEY))
    ]
    statistics = [each["statistic"].item() for each in found]
    np.testing.assert_allclose(statistics, statistics[0], rtol=1e-7)
    assert len({each["p_value"].item() for each in found}) == 1


@pytest.mark.parametrize("weights", WEIGHTS)
def test_draws_come_near_to_all_combinations(weights, monkeypatch):
    fit = jf.fit("income ~ wave", survey(FEW[FEW["commune"] < 6], strata=None))
    settings = Wild(weights=weights, draws=20_000)
    every = fit.test("wave", method=settings)["p_value"].item()
    monkeypatch.setattr("jfmodels.engines.design_based.wild.PATTERNS", 0)
    drawn = fit.test("wave", method=settings)
    assert "20,000 draws" in drawn["method"].item()
    assert 0 < every < 1
    error = np.sqrt(every * (1 - every) / 20_000)
    assert drawn["p_value"].item() == pytest.approx(every, abs=4 * error)


@pytest.mark.parametrize("weights", WEIGHTS)
def test_weights_have_mean_0_variance_1_and_their_own_negatives(weights):
    points = np.array(WEIGHTS[weights])
    assert [points.mean(), points.var()] == pytest.approx([0, 1], abs=1e-15)
    assert sorted(points) == pytest.approx(sorted(-points))


def test_half_of_all_combinations_stands_for_all():
    half = np.concatenate(list(Wild().draw(5, 3)))
    both = {tuple(each) for each in np.concatenate([half, -half])}
    assert both == set(product([-1.0, 1.0], repeat=5))


def test_many_clusters_are_drawn_by_a_stated_seed():
    fit = jf.fit("safe ~ wave + sex", survey(people(40, 20)))
    one, again, other = (fit.test("sex", method=Wild(seed=seed)) for seed in (1, 1, 2))
    assert one["method"].item() == (
        "wild cluster bootstrap, 9,999 draws of Rademacher weights, seed 1"
    )
    assert one["p_value"].item() == again["p_value"].item()
    assert one["p_value"].item() == pytest.approx(other["p_value"].item(), abs=0.02)


def test_a_coefficient_may_be_named():
    fit = jf.fit("safe ~ wave + sex + region", SURVEY)
    for method in ("wald", "wild"):
        one, other = fit.test("sex", method=method), fit.test("sex[T.male]", method=method)
        assert other["hypothesis"].item() == "the coefficient sex[T.male] is zero"
        assert one["p_value"].item() == other["p_value"].item()
    assert fit.test("region[T.b]", method="wild")["df1"].item() == 1


def test_more_contrasts_than_clusters_can_carry_are_refused():
    few = PEOPLE[PEOPLE["commune"].isin([0, 4, 8])]
    fit = jf.fit("safe ~ sex", survey(few, strata=None))
    assert fit.test("sex", method="wild")["df1"].item() == 1
    all_of_it = jf.fit("walks ~ sex", survey(few, strata=None), family="categorical")
    assert "covariance has rank 2" in all_of_it.test("sex", method="wild")["method"].item()


def test_what_cannot_be_tested_so_is_refused():
    fit = jf.fit("safe ~ wave + sex + region", SURVEY)
    with pytest.raises(jf.SpecError, match="Did you mean 'wild'"):
        fit.test("sex", method="wyld")
    with pytest.raises(jf.SpecError, match="compared by levels"):
        fit.test("wave", by="region", over="wave", method="wild")
    with pytest.raises(jf.SpecError, match="compared by levels"):
        jf.direct(SURVEY, "safe").test("wave", method="wild")
    with pytest.raises(jf.SpecError, match="Did you mean 'webb'"):
        Wild(weights="web")
    with pytest.raises(jf.SpecError, match="draws= is a number of at least 2; found 1"):
        Wild(draws=1)
    drawn = jf.fit("safe ~ sex", SURVEY, engine=jf.Weighted(replicates=jf.Replicates("jkn")))
    with pytest.raises(jf.SpecError, match="takes the place of replicates"):
        drawn.test("sex", method="wild")


def test_several_stages_are_refused():
    frame = PEOPLE.assign(of=16 * 4, person=np.arange(len(PEOPLE)), people=0.01)
    stages = [jf.Stage(cluster="commune", fpc="of"), jf.Stage(cluster="person", fpc="people")]
    design = jf.SurveyDesign(
        **{k: v for k, v in ROLES.items() if k not in ("strata", "cluster")}, stages=stages
    )
    fit = jf.fit(
        "income ~ sex",
        jf.Survey(frame, design, {"outcomes": {"income": {"scale": "continuous"}}}),
        engine=jf.Weighted(small_sample="none"),
    )
    with pytest.raises(jf.SpecError, match=r"wild bootstrap is not derived.*Ask for method="):
        fit.test("sex", method="wild")
