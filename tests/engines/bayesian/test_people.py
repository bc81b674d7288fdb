"""What is asked of a fit that integrates over people: nothing is lost, and nobody is shown."""

from __future__ import annotations

import warnings
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from latent_cases import CODEBOOK
from panel_cases import DESIGN, integrated, panel, simulated
from scipy import stats
from scipy.sparse import csr_array
from test_field import some_fields

import jfmodels as jf
from jfmodels.engines.bayesian.leave_out import left_out_density
from jfmodels.engines.bayesian.people import (
    densities_left_out,
    density_of_all,
    effects_of_people,
)
from jfmodels.engines.bayesian.posterior import Posterior
from jfmodels.results.draws import Independent

FORMULA = "yes ~ wave + x + (1 | person) + (1 | commune)"
FAMILIES = ["bernoulli", "ordinal", "gaussian", "poisson", "negative binomial"]
ONE = np.zeros(1, dtype=np.int64)


@cache
def fitted(formula: str = FORMULA) -> jf.BayesianFit:
    engine = jf.Laplace(draws=1000, on_poor_k="raise")
    return jf.fit(formula, simulated(120), engine=engine)


def one_draw(family: str, times: int = 1) -> Posterior:
    """A posterior that is one field, as often as asked."""
    latent = integrated(family, n=40)
    theta, x = some_fields(latent, 1)
    theta[latent.integrated.parameters] = np.log(1.4)
    return Posterior(
        latent, np.repeat(x.T, times, 0), np.repeat(theta.T, times, 0), Independent(), (), False
    )


def test_panels_are_answered_without_a_sampler():
    fit = fitted()
    assert fit.engine.name == "laplace"
    assert fit.diagnostics().set_index("check").loc["Pareto k", "ok"]
    assert fit.variance_components()["component"].tolist() == ["sd(person)", "sd(commune)"]


@pytest.mark.parametrize("family", FAMILIES)
def test_effects_agree_with_answers(family):
    """Their means and variances over draws are those of each person's own integral."""
    posterior = one_draw(family, 4000)
    latent, draws = posterior.latent, np.arange(4000)
    drawn = effects_of_people(posterior, draws)
    eta = latent.predictors(latent.columns, latent.design.offset, posterior.field[:1].T)[..., 0]
    u = np.linspace(-7, 7, 1401)
    for person in range(0, 40, 7):
        density = stats.norm.logpdf(u)
        for kind in np.flatnonzero(latent.integrated.group[latent.row] == person):
            moved = np.repeat(eta[:, [latent.row[kind]]].T[None], len(u), 0)
            moved[:, 0, 0] += 1.4 * u
            last = np.full(len(u), posterior.theta[0, -1])
            said = latent.family.log_density(latent.answer[[kind]], moved, last)
            density = density + latent.n[kind] * said[:, 0]
        mass = np.exp(density - density.max())
        mass /= mass.sum()
        mean = 1.4 * mass @ u
        sd = np.sqrt(mass @ (1.4 * u - mean) ** 2)
        assert abs(drawn[person].mean() - mean) < 4 * sd / np.sqrt(4000)
        assert drawn[person].std() == pytest.approx(sd, rel=0.06)  # four Monte Carlo errors
    some = np.array([5, 17])
    assert (effects_of_people(posterior, some) == drawn[:, some]).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_units_are_left_out_as_if_they_had_not_answered(family):
    posterior = one_draw(family)
    latent, rng = posterior.latent, np.random.default_rng(4)
    counts = (rng.random((6, len(latent.n))) < 0.2) * latent.n
    counts[0] = np.eye(len(latent.n))[3]
    found = densities_left_out(posterior, ONE, csr_array(counts))[:, 0]
    for left, density in zip(counts, found, strict=True):
        without = replace(posterior, latent=replace(latent, n=latent.n - left))
        expected = density_of_all(posterior, ONE) - density_of_all(without, ONE)
        assert density == pytest.approx(expected[0], abs=2e-3)  # errors of two integrals


def test_interviews_are_left_out_as_arviz_leaves_them_out_and_as_a_new_fit_says():
    fit = fitted()
    found = fit.loo(refit=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import arviz as az

        reference = az.loo(fit.idata, reff=1.0)
    assert found.elpd == pytest.approx(reference.elpd, rel=1e-9)
    latent = fit.engine.posterior.latent
    for kind in (0, 9):
        left = np.eye(len(latent.n))[kind]
        density, _ = left_out_density(latent, left, seed=2)
        # 200 points of a new fit's posterior against 1,000 weighted draws
        assert density == pytest.approx(found.table["elpd"][kind], abs=0.05)


def test_a_commune_left_out_goes_with_its_people():
    fit = fitted()
    latent, table = fit.engine.posterior.latent, fit.loo("commune", refit=False).table
    left = np.where(latent.effects[0].group[latent.row] == 3, latent.n, 0.0)
    density, _ = left_out_density(latent, left, seed=2)
    assert table.set_index("unit").loc["c3", "n"] == left.sum()
    # 200 points of the posterior of the parameters, as for communes elsewhere
    assert table.set_index("unit").loc["c3", "elpd"] == pytest.approx(density, abs=0.15)


def test_shares_of_variance_count_people():
    fit = fitted()
    sds = fit.engine.posterior.parameters
    total = (sds**2).sum(axis=1) + np.pi**2 / 3
    found = fit.variance_components()
    assert found["share"].to_numpy() == pytest.approx((sds**2 / total[:, None]).mean(axis=0))
    # two answers of one person are alike by both: people stay in their communes
    both = ((sds**2).sum(axis=1) / total).mean()
    assert found["icc_latent"].to_numpy()[0] == pytest.approx(both)


def test_levels_average_over_new_people():
    """Of measurements, the mean does not depend on them; of shares, it lies nearer to a half."""
    fit = fitted()
    without = replace(fit.engine.posterior.latent, integrated=None)
    posterior = replace(fit.engine.posterior, latent=without)
    plain = jf.BayesianFit(replace(fit.engine, posterior=posterior, beliefs={}))
    away, inside = (each.levels(over="wave")["estimate"].to_numpy() - 0.5 for each in (plain, fit))
    assert (np.abs(inside) < np.abs(away)).all()


def test_a_saved_fit_gives_the_same_tables(tmp_path):
    fit = fitted()
    again = jf.load_fit(fit.save(tmp_path / "fit.nc"))
    assert again.levels("region", over="wave").equals(fit.levels("region", over="wave"))
    assert again.variance_components().equals(fit.variance_components())
    assert again.loo(refit=False).elpd == fit.loo(refit=False).elpd
    shared = jf.load_fit(fit.save(tmp_path / "shared.nc", share=True))
    assert "(1 | person)" not in shared.idata["posterior"]


def test_nobody_is_shown():
    fit = fitted()
    with pytest.raises(jf.SpecError, match="no table shows them"):
        fit.effects("person")
    with pytest.raises(jf.SpecError, match="tables do not show people"):
        fit.levels("person", over="wave")
    assert "(1 | person)" not in fit.idata["posterior"]
    new = panel(120)[["wave", "x", "commune", "person"]].head(2)
    assert fit.predict(new)["drawn_anew"].tolist() == ["person", "person"]


def test_replications_are_of_the_same_people():
    """With people as fitted, replications vary less than with new ones, and hold what was seen."""
    table = fitted().ppc("region")
    assert table["flag"].map(lambda flags: "misfit" not in flags).all()
    drawn = fitted().idata["posterior_predictive"]["yes"]
    assert float(drawn.mean()) == pytest.approx(panel(120)["yes"].mean(), abs=0.03)
    seen = fitted().idata["observed_data"]["yes"]
    alike = (drawn.mean(("chain", "draw")) * seen).mean() / seen.mean()
    assert float(alike) > float(drawn.mean()) + 0.1  # who said yes would say so again


def test_the_prior_of_people_is_told_of():
    table = fitted().prior_sensitivity().set_index(["quantity", "scaled"])
    assert np.isfinite(table.loc[("sd(person)", "likelihood"), "sensitivity"])
    assert table.loc[("sd(person)", "likelihood"), "sensitivity"] > 0.05


@pytest.mark.parametrize("outcome", ["level", "size", "times"])
def test_every_family_of_one_predictor_is_integrated(outcome):
    fit = fitted(f"{outcome} ~ wave + x + (1 | person)")
    assert fit.engine.name == "laplace"
    assert fit.engine.posterior.latent.effects == ()
    assert np.isfinite(fit.loo(refit=False).elpd)


def test_people_may_be_the_clusters_themselves():
    design = jf.SurveyDesign(wave="wave", person="person", repeats="people", target="population")
    frame = panel(120)
    found = jf.fit(
        "yes ~ wave + (1 | person)",
        jf.Survey(frame, design, CODEBOOK),
        engine=jf.Laplace(draws=1000, on_poor_k="raise"),
    )
    assert found.engine.name == "laplace"
    raw = frame.groupby("wave")["yes"].mean().to_numpy()
    levels = found.levels(over="wave")
    assert levels["estimate"].to_numpy() == pytest.approx(raw, abs=0.06)
    clustered = replace(DESIGN, strata=None, cluster="person", repeats="clusters")
    assert jf.fit(
        "yes ~ wave + (1 | person)",
        jf.Survey(frame, clustered, CODEBOOK),
        engine=jf.Laplace(draws=1000, on_poor_k="raise"),
    ).variance_components()["estimate"].to_numpy() == pytest.approx(
        found.variance_components()["estimate"].to_numpy()
    )
