"""Which engine draws, and what is said where one cannot be believed; nothing is sampled here."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from latent_cases import CODEBOOK, DESIGN, people, simulated
from panel_cases import simulated as panel

import jfmodels as jf
from jfmodels.engines.bayesian import chains
from jfmodels.engines.bayesian import draw as room
from jfmodels.engines.bayesian.convergence import Convergence
from jfmodels.engines.bayesian.laplace import draw_laplace
from jfmodels.engines.bayesian.nuts import Sampled

FORMULA = "yes ~ wave + (1 | commune)"
GOOD = {"r_hat": 1.002, "worst": "sd(commune)", "ess_bulk": 900.0, "ess_tail": 800.0}
SHORT = jf.Laplace(draws=400)


def fit(formula: str = FORMULA, **settings: object) -> jf.BayesianFit:
    return jf.fit(formula, simulated(), engine=replace(SHORT, **settings))


@pytest.fixture
def sampler(monkeypatch):
    """Stand in for NUTS: the laplace engine's draws, with diagnostics to order."""
    found = {**GOOD, "divergences": 0, "energy": 0.9}

    def sample(latent, settings):
        drawn = draw_laplace(latent, SHORT)
        chain = np.repeat(np.arange(4), 100)
        return Sampled(drawn.field, drawn.theta, chain, Convergence(**found))

    monkeypatch.setattr(chains, "sample_nuts", sample)
    return found


@pytest.fixture
def unbelievable(monkeypatch):
    """Weights with a tail that is too long."""

    def drawn(latent, settings):
        good = draw_laplace(latent, settings)
        k = replace(good.checks[0], value=0.93, ok=False, says="the weights cannot be believed")
        return replace(good, checks=(k, *good.checks[1:]), failed=True)

    monkeypatch.setattr(room, "draw_laplace", drawn)


def test_what_cannot_be_believed_goes_to_nuts_with_the_reason(sampler, unbelievable):
    with pytest.warns(
        jf.FitWarning, match=r"cannot be believed \(Pareto k is 0\.93, above 0\.7\)"
    ) as told:
        found = fit()
    assert told[0].filename == __file__  # it points outside the package
    assert found.engine.name == "nuts"
    assert found.levels(over="wave")["flag"].tolist() == [()] * 3


def test_it_is_kept_if_asked_for_and_every_row_says_so(unbelievable):
    with pytest.warns(jf.FitWarning, match="every row is flagged"):
        found = fit(on_poor_k="warn")
    assert found.engine.name == "laplace"
    for table in (found.levels(over="wave"), found.changes(over="wave")):
        assert all("fit_failed" in flag for flag in table["flag"])


TABLES = {
    "levels": lambda fit: fit.levels(over="wave"),
    "changes": lambda fit: fit.changes(by="region", over="wave"),
    "contrasts": lambda fit: fit.contrasts("region", reference="north", over="wave"),
    "slopes": lambda fit: fit.estimate(jf.Slope(), over="wave"),
    "summary": lambda fit: fit.summary(),
    "test of a term": lambda fit: fit.test("wave"),
    "test of levels": lambda fit: fit.test("region", over="wave"),
    "variance_components": lambda fit: fit.variance_components(),
    "effects": lambda fit: fit.effects("commune"),
    "predict": lambda fit: fit.predict(pd.DataFrame({"wave": ["w1"], "commune": ["c1"]})),
    "ppc": lambda fit: fit.ppc(),
    "loo": lambda fit: fit.loo(refit=False).table,
    "prior_sensitivity": lambda fit: fit.prior_sensitivity(),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_fit_that_failed_says_so_in_every_row_of_every_table(name):
    good = fit(on_poor_k="warn")
    posterior = replace(good.engine.posterior, failed=True)
    failed = jf.BayesianFit(replace(good.engine, posterior=posterior, beliefs={}))
    rows = TABLES[name](failed)["flag"]
    assert len(rows)
    assert all("fit_failed" in flag for flag in rows)
    assert not any("fit_failed" in flag for flag in TABLES[name](good)["flag"])


def test_or_it_stops(unbelievable):
    with pytest.raises(jf.EstimationError, match="choose engine='nuts'"):
        fit(on_poor_k="raise")


def test_a_mode_that_is_not_found_goes_to_nuts_too(sampler, monkeypatch):
    def lost(latent, settings):
        raise jf.EstimationError("The field's mode was not found in 60 rounds. Leave terms out.")

    monkeypatch.setattr(room, "draw_laplace", lost)
    with pytest.warns(jf.FitWarning, match="mode was not found in 60 rounds; NUTS takes over"):
        assert fit().engine.name == "nuts"
    with pytest.raises(jf.EstimationError, match="mode was not found"):
        fit(on_poor_k="warn")


def test_many_standard_deviations_are_announced_beforehand(sampler):
    terms = " + ".join(
        [
            "(1 + x | commune)",
            "(1 + x | region)",
            "(1 | wave)",
            "(1 | interviewer)",
            "(1 | commune:wave)",
        ]
    )
    with pytest.warns(jf.FitWarning, match="9 standard deviations and their kin"):
        assert fit(f"yes ~ 1 + {terms}").engine.name == "nuts"
    with pytest.raises(jf.SpecError, match="use engine='nuts'"):
        fit(f"yes ~ 1 + {terms}", on_poor_k="raise")


@pytest.mark.parametrize(
    ("formula", "says"),
    [
        ("choice ~ wave + (1 | person)", "on each of 3 answers without order"),
        ("yes ~ wave + (1 + x | person)", r"several effects of every respondent, \(1 \+ x"),
        ("times ~ wave + (1 | person) + (1 | person:wave)", "2 effects of every respondent"),
    ],
)
def test_effects_of_people_that_are_not_integrated_are_announced(sampler, formula, says):
    with pytest.warns(jf.FitWarning, match=says):
        found = jf.fit(formula, panel(), engine=SHORT)
    assert found.engine.name == "nuts"
    assert found.engine.posterior.latent.integrated is None


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"r_hat": 1.2}, "the chains do not agree"),
        ({"ess_bulk": 20.0}, "what 20 independent draws"),
        ({"divergences": 50}, "50 trajectories could not be followed"),
        ({"energy": 0.1}, "not all tails were reached"),
    ],
)
def test_chains_that_failed_are_told_of_in_every_row(sampler, wrong, says):
    sampler.update(wrong)
    told = f"^The draws of NUTS cannot be relied on: .*{says}.*Every row is flagged.$"
    with pytest.warns(jf.FitWarning, match=told):
        found = jf.fit(FORMULA, simulated(), engine="nuts")
    assert all("fit_failed" in flag for flag in found.levels(over="wave")["flag"])
    assert not found.diagnostics()["ok"].all()


def test_the_worst_of_many_parameters_may_be_worrying_by_chance(sampler):
    sampler.update({"r_hat": 1.015})
    found = jf.fit(FORMULA, simulated(), engine="nuts")
    assert not found.diagnostics().set_index("check").loc["R-hat", "ok"]
    assert found.levels(over="wave")["flag"].tolist() == [()] * 3


def test_groups_of_one_yes_or_no_are_refused():
    alone = people().drop_duplicates(["commune", "wave", "x"])
    survey = jf.Survey(alone, DESIGN, CODEBOOK)
    with pytest.raises(jf.SpecError, match="has one answer, so nothing tells how far groups"):
        jf.fit("yes ~ 1 + (1 | commune:wave:x)", survey, engine=SHORT)
