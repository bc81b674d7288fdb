"""Units left out: ArviZ's figures for people, exact ones by quadrature for communes."""

from __future__ import annotations

import sys
import warnings
from dataclasses import replace

import numpy as np
import pytest
from latent_cases import CODEBOOK, DESIGN, people
from posterior_cases import fitted
from quadrature import CASES, PRIOR_SD, SLOPE_SD, _log_density
from scipy.special import logsumexp

import jfmodels as jf
from jfmodels.engines.bayesian.leave_out import left_out_density
from jfmodels.results.schema import LEAVE_OUT

pytestmark = pytest.mark.filterwarnings("ignore::jfmodels.errors.FitWarning")  # few draws
MODEL = "yes ~ wave + x + (1 | commune)"


@pytest.mark.parametrize("outcome", ["yes", "level", "choice", "size", "times"])
def test_people_are_left_out_as_arviz_leaves_them_out(outcome):
    fit = fitted(f"{outcome} ~ wave + x + (1 | commune)")
    found = fit.loo(refit=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import arviz as az

        reference = az.loo(fit.idata, reff=1.0, pointwise=True)
    assert found.elpd == pytest.approx(reference.elpd, rel=1e-12)
    assert found.se == pytest.approx(reference.se, rel=1e-12)
    assert found.p_loo == pytest.approx(reference.p, rel=1e-9)
    each = found.table.loc[found.table.index.repeat(found.table["n_units"])]
    for own, theirs in (("elpd", reference.elpd_i), ("pareto_k", reference.pareto_k)):
        expected = np.sort(theirs.to_numpy())  # respondents come in their own order there
        assert np.sort(each[own].to_numpy()) == pytest.approx(expected, rel=1e-9, abs=1e-9)


def case_of(family):
    """A model of one intercept for each commune, and its exact density of one commune."""
    frame, case = people(400, sd=0.9), CASES[family]
    wide, scale = jf.Normal(0, PRIOR_SD), jf.HalfNormal(1)
    given = {"Intercept": wide, "x": jf.Normal(0, SLOPE_SD), "thresholds": wide}
    given |= dict.fromkeys(("sd(commune)", "sigma", "dispersion"), scale)
    asked = {*case.names, "sd(commune)", "thresholds" if family == "ordinal" else "Intercept"}
    priors = {name: prior for name, prior in given.items() if name in asked}
    model = jf.Model(f"{case.formula} + (1 | commune)", family=family, priors=priors)
    whole, without = (
        logsumexp(_log_density(case, each)) for each in (frame, frame.query("commune != 'c3'"))
    )
    return frame, model, whole - without


@pytest.mark.parametrize("family", CASES)
def test_a_commune_left_out_has_the_density_of_quadrature(family):
    frame, model, exact = case_of(family)
    survey = jf.Survey(frame, DESIGN, CODEBOOK)
    fit = jf.fit(model, survey, engine=jf.Laplace(draws=4000, on_poor_k="warn"))
    table = fit.loo("commune", refit=False).table.set_index("unit")
    latent = fit.engine.posterior.latent
    left = np.where(latent.effects[0].group[latent.row] == 3, latent.n, 0.0)
    assert table.loc["c3", "n"] == left.sum()
    # 200 points of the posterior of the parameters; found .00 to .06
    assert table.loc["c3", "elpd"] == pytest.approx(exact, abs=0.15)
    again, k = left_out_density(latent, left, seed=1)
    assert again == pytest.approx(exact, abs=0.15)
    assert k < 0.7


def test_one_interview_left_out_by_a_new_fit_is_what_weights_say():
    fit = fitted(MODEL, 4000)
    latent = fit.engine.posterior.latent
    table = fit.loo().table
    for kind in (0, 7):
        left = np.zeros(len(latent.n))
        left[kind] = 1.0
        density, _ = left_out_density(latent, left, seed=2)
        assert density == pytest.approx(table["elpd"][kind], abs=0.02)


def test_weights_that_cannot_be_believed_lead_to_a_new_fit():
    """One count far from all others moves the fit, so that draws with it say little without."""
    frame = people(200)
    frame.loc[0, "times"] = 60
    fit = jf.fit(
        "times ~ 1 + (1 | commune)",
        jf.Survey(frame, DESIGN, CODEBOOK),
        family="poisson",
        engine=jf.Laplace(draws=1000, on_poor_k="warn"),
    )
    found, smoothed = fit.loo(), fit.loo(refit=False)
    (row,) = found.table.query("refitted").index
    assert found.n_refitted == 1
    assert found.table["unit"][row].endswith(": 60")
    assert found.table["refit_pareto_k"][row] < 0.7
    assert found.table["elpd"][row] < smoothed.table["elpd"][row]
    assert smoothed.n_refitted == 0


def test_groups_need_not_be_in_the_model_and_hold_everybody():
    fit = fitted(MODEL)
    for unit, n in (("region", 2), ("interviewer", 5), ("commune:wave", 24), ("wave", 3)):
        found = fit.loo(unit, refit=False)
        assert (found.n_units, int(found.table["n"].sum())) == (n, 600)
        assert found.elpd == pytest.approx(found.table["elpd"].sum())
    assert fit.loo("commune:wave", refit=False).table["unit"][0] == "c0:w1"
    assert list(found.table) == list(LEAVE_OUT)


def test_leaving_out_a_commune_costs_more_than_knowing_it():
    fit = fitted(MODEL)
    assert (fit.loo("commune", refit=False).table["p_loo"] > 0).all()


def test_a_group_that_some_lack_is_refused():
    frame = people()
    frame.loc[:9, "interviewer"] = None
    design = replace(DESIGN, interviewer=None)
    fit = jf.fit(
        MODEL,
        jf.Survey(frame, design, CODEBOOK),
        engine=jf.Laplace(draws=200, on_poor_k="warn"),
    )
    with pytest.raises(jf.SpecError, match="10 respondents out of every unit"):
        fit.loo("interviewer")
    with pytest.raises(jf.SpecError, match="Did you mean 'commune'"):
        fit.loo("comune")


def test_groups_left_out_show_how_many_are_done(monkeypatch):
    module, seen = sys.modules[left_out_density.__module__], []

    def noted(done, total, shown, doing):
        seen.append((total, shown, doing))
        return done

    monkeypatch.setattr(module, "highest_k", lambda n: -np.inf)
    monkeypatch.setattr(module, "left_out_density", lambda *_: (-2.0, 0.1))
    monkeypatch.setattr(module, "somebody_looks", lambda _: True)
    monkeypatch.setattr(module, "watched", noted)
    found = fitted(MODEL).loo("commune")
    assert seen == [(found.n_units, True, doing) for doing in ("Leaving out", "Fitting again")]
    assert (found.table["elpd"] == -2).all()


def test_interviewers_are_numbered_not_named():
    survey = jf.example()
    formula = "shown(trust_army) ~ wave + (1 | facilitator)"
    fit = jf.fit(formula, survey, weighting="ignore", engine=jf.Laplace(draws=400))
    names = survey.group("facilitator").labels
    for unit in ("row", "facilitator", "facilitator:wave"):
        told = fit.loo(unit, refit=False).table["unit"]
        assert told.is_unique
        assert told.str.contains("facilitator [0-9]+").all()
        assert not any(name in text for text in told for name in names)
