"""What coefficients are made of: no level is special, however a formula is coded."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import jfmodels as jf
from jfmodels.model.model import Model, lay_out

PLACE = np.arange(120)
FRAME = pd.DataFrame(
    {
        "wave": np.array(["w1", "w2", "w3"])[PLACE % 3],
        "region": np.array(["east", "north", "south", "west"])[PLACE // 3 % 4],
        "commune": [f"c{k}" for k in PLACE // 3 % 8],
        "x": PLACE % 7 / 3,
        "yes": PLACE * 7 % 11 % 2,
        "level": PLACE * 5 % 13 % 3,
    }
)
DESIGN = jf.SurveyDesign(
    wave="wave", strata="region", cluster="commune", repeats="clusters", target="population"
)
OUTCOMES = {
    "yes": {"scale": "binary"},
    "level": {
        "scale": "ordinal",
        "categories": {0: "low", 1: "fair", 2: "high"},
        "shown": ["high"],
    },
}
SURVEY = jf.Survey(FRAME, DESIGN, {"outcomes": OUTCOMES, "covariates": {"x": {}}}, simulated=True)
SAME = {
    "wave * region": [
        'wave * C(region, Treatment("south"))',
        "wave * C(region, Sum)",
        "C(wave, Helmert) * region",
        "0 + wave * region",
        "wave:region",
        "region / wave",
    ],
    "wave + region": ["0 + region + wave", "C(wave, Poly) + region"],
    "x * region": ['0 + x * C(region, Treatment("west"))'],
    "wave": ["0 + wave", "C(wave, Diff)"],
}


def laid_out(fixed: str, outcome: str = "yes", **options):
    return lay_out(Model(f"{outcome} ~ {fixed} + (1 | commune)", **options), SURVEY).latent


def moments(fixed: str) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance beforehand of the predictors of all patterns, in their order."""
    basis = laid_out(fixed).basis
    return basis.matrix @ basis.mean, (basis.matrix * basis.sd**2) @ basis.matrix.T


@pytest.mark.parametrize(("fixed", "other"), [(a, b) for a, more in SAME.items() for b in more])
def test_what_a_formula_says_beforehand_does_not_depend_on_its_coding(fixed, other):
    for one, same in zip(moments(fixed), moments(other), strict=True):
        assert same == pytest.approx(one, abs=1e-12)


@pytest.mark.parametrize("fixed", ["wave * region", "x * region + wave", "0 + wave", "wave:x", "x"])
def test_coefficients_and_what_they_are_made_of_give_the_same_predictors(fixed):
    latent = laid_out(fixed)
    assert latent.design.matrix @ latent.basis.coefficients == pytest.approx(
        latent.fixed, abs=1e-12
    )


def test_every_region_may_change_as_much_and_levels_differ_as_coefficients_do():
    latent = laid_out("wave * region")
    names, covariance = list(latent.basis.names), np.diag(latent.basis.sd**2)

    def load(wave: str, region: str) -> np.ndarray:
        asked = {
            "Intercept",
            f"wave[{wave}]",
            f"region[{region}]",
            f"wave[{wave}]:region[{region}]",
        }
        return np.array([name in asked for name in names], dtype=float)

    regions = sorted(FRAME["region"].unique())
    changes = np.array([load("w2", each) - load("w1", each) for each in regions])
    spread = changes @ covariance @ changes.T
    # two waves and two products of a wave and a region, of sd 1.5 / sqrt(2) and 1.5 / 2
    assert np.diag(spread) == pytest.approx(2 * 1.5**2 / 2 + 2 * 1.5**2 / 4)
    assert spread[0, 1:] == pytest.approx(2 * 1.5**2 / 2)
    assert laid_out("wave + region").basis.spread[1:] == pytest.approx(1.5)


def test_a_factor_of_slopes_is_measured_like_its_numbers():
    latent = laid_out("x * region")
    told = dict(zip(latent.design.names, latent.basis.spread, strict=True))
    assert told["x:region[T.north]"] == pytest.approx(1.5 / (2 * FRAME["x"].std(ddof=0)))


def test_a_term_whose_prior_is_given_keeps_its_columns():
    given = {"wave": jf.Normal(0.2, 0.3), "region[T.north]": jf.Normal(0, 7)}
    latent = laid_out("wave + region", priors=given)
    assert latent.basis.names[1:] == latent.design.names[1:]
    assert latent.basis.mean.tolist() == [0.0, 0.2, 0.2, 0.0, 0.0, 0.0]
    assert latent.basis.sd.tolist() == [2.5, 0.3, 0.3, 7.0, 1.5, 1.5]
    assert latent.basis.coefficients == pytest.approx(np.eye(6), abs=1e-12)
    mixed = laid_out("wave + region", priors={"wave": jf.Normal(0, 1)}).basis
    assert "region[east]" in mixed.names
    assert "wave[w1]" not in mixed.names


def fitted(fixed: str, outcome: str) -> jf.BayesianFit:
    formula = f"{outcome} ~ {fixed} + (1 | commune)"
    return jf.fit(formula, SURVEY, engine=jf.Laplace(draws=400, on_poor_k="warn"))


@pytest.mark.parametrize("outcome", ["yes", "level"])
def test_the_reference_level_changes_no_answer_and_coefficients_as_it_must(outcome):
    first = fitted("wave * region", outcome)
    other = fitted('wave * C(region, Treatment("south"))', outcome)
    for asked in ("levels", "changes"):
        one, same = (getattr(fit, asked)(by="region", over="wave") for fit in (first, other))
        numbers = ["estimate", "std_error", "low", "high"]
        assert same[numbers].to_numpy() == pytest.approx(one[numbers].to_numpy(), abs=1e-10)
    draws = [
        dict(zip(fit.engine.names, fit.engine.parameters.draws.T, strict=True))
        for fit in (first, other)
    ]
    change = draws[0]["wave[T.w2]"] + draws[0]["wave[T.w2]:region[T.south]"]
    assert draws[1]["wave[T.w2]"] == pytest.approx(change, abs=1e-10)


def test_thresholds_stand_where_all_columns_are_zero():
    posterior = fitted("wave * region", "level").engine.posterior
    latent, drawn = posterior.latent, posterior.coefficients().draws
    alone = posterior.field[:, : latent.n_fixed] @ latent.fixed.T
    cuts = posterior.field[:, -latent.n_thresholds :]
    columns = latent.design.matrix[:, 1:]
    beside = drawn[:, : -latent.n_thresholds] @ columns.T
    expected = cuts[:, None] - alone[:, :, None]
    assert drawn[:, None, -latent.n_thresholds :] - beside[:, :, None] == pytest.approx(expected)
