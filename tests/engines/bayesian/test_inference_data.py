"""What ArviZ reads of a fit: the same numbers, the survey's labels, and honest errors."""

from __future__ import annotations

import subprocess
import sys
import warnings
from dataclasses import replace

import numpy as np
import pytest
from latent_cases import BLOCK_TERMS, CODEBOOK, DESIGN, OUTCOMES, people
from posterior_cases import fitted

import jfmodels as jf
from jfmodels.engines.bayesian.chains import Chains
from jfmodels.engines.bayesian.inference_data import CHAINS, chains_of
from jfmodels.model.effects import BLOCKS
from jfmodels.model.families import FAMILIES

pytestmark = pytest.mark.filterwarnings("ignore::jfmodels.errors.FitWarning")  # few draws
TWO = "yes ~ wave + x + (1 | commune) + (1 | commune:wave)"


@pytest.fixture(scope="module")
def az():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import arviz

        yield arviz


def test_arviz_summarises_to_the_fits_own_numbers(az):
    fit = fitted(TWO, 4000)
    found = az.summary(
        fit.idata, var_names=["coefficients"], ci_kind="eti", ci_prob=0.95, round_to="none"
    )
    own = fit.summary()
    assert found["mean"].to_numpy() == pytest.approx(own["estimate"].to_numpy(), rel=1e-12)
    assert found["sd"].to_numpy() == pytest.approx(own["std_error"].to_numpy(), rel=1e-12)
    bounds = found.filter(regex="eti").to_numpy()
    assert bounds == pytest.approx(own[["low", "high"]].to_numpy(), rel=1e-9)


def test_arviz_sees_what_draws_of_one_set_of_parameters_have_in_common(az):
    """ArviZ's errors, from autocorrelation, are those of the clustered draws."""
    fit = fitted(TWO, 4000)
    found = az.summary(fit.idata, var_names=["sd(commune)"], ci_prob=0.9, round_to="none")
    own = fit.variance_components()["mc_error"].iloc[0]
    assert found["mcse_mean"].to_numpy() == pytest.approx(own, rel=0.25)  # found .05
    assert own > 1.5 * found["sd"].item() / np.sqrt(4000)  # what independent draws would have


@pytest.mark.parametrize("block", BLOCKS)
def test_effects_of_every_block_have_the_surveys_labels(block):
    fit = fitted(f"size ~ wave + x + {BLOCK_TERMS[block]}")
    (effect,) = fit.engine.posterior.latent.effects
    found = fit.idata["posterior"][effect.term.text]
    shape = (CHAINS, 100, len(effect.levels), len(effect.coordinates))
    assert found.to_numpy().size == np.prod(shape)
    if effect.grouped:
        assert found[":".join(effect.grouped)].to_numpy().tolist() == list(effect.levels)
    order = chains_of(fit.engine.posterior, fit.engine.seed)
    drawn = fit.engine.posterior.effects(0)[order][..., 0]
    assert found.to_numpy().ravel() == pytest.approx(drawn.ravel())


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_has_its_parameters_by_name(family):
    fit = jf.fit(
        f"{OUTCOMES[family]} ~ wave + x + (1 | commune)",
        jf.Survey(people(), DESIGN, CODEBOOK),
        family=family,
        engine=jf.Laplace(draws=402, on_poor_k="warn"),
    )
    posterior, latent = fit.idata["posterior"], fit.engine.posterior.latent
    for each in latent.hyperparameters:
        assert posterior[each.name].shape == (CHAINS, 100)  # two draws are left over
    assert posterior["coefficients"]["coefficient"].to_numpy().tolist() == list(latent.names)
    if latent.n_channels > 1:
        assert posterior["coefficients"].dims == ("chain", "draw", "category", "coefficient")
        assert posterior["(1 | commune)"]["category"].to_numpy().tolist() == ["b", "c"]
    if latent.n_thresholds:
        labels = posterior["thresholds"]["threshold"].to_numpy().tolist()
        assert labels == ["low | middle", "middle | high"]


def test_respondents_are_the_surveys_rows():
    frame = people().sample(frac=1, random_state=1)
    missing = frame.index[[3, 50]]
    frame.loc[missing, "level"] = None
    fit = jf.fit(
        "level ~ wave + x + (1 | commune)",
        jf.Survey(frame, DESIGN, CODEBOOK),
        engine=jf.Laplace(draws=400, on_poor_k="warn"),
    )
    idata, kept = fit.idata, frame.reset_index(drop=True).drop([3, 50])
    told = {name: each.to_numpy() for name, each in idata["constant_data"].items()}
    assert idata["observed_data"]["respondent"].to_numpy().tolist() == kept.index.tolist()
    assert idata["observed_data"]["level"].to_numpy().tolist() == kept["level"].tolist()
    for name in ("wave", "x", "commune"):
        assert told[name].tolist() == kept[name].tolist()
    assert idata["observed_data"].attrs["answers"] == ["low", "middle", "high"]


def test_models_are_compared_person_by_person(az):
    """Two models of one survey that hardly differ: so do the densities of each person."""
    fits = [
        fitted("yes ~ wave + x + (1 | commune)"),
        fitted("yes ~ x + wave + region + (1 | commune)"),
    ]
    one, other = (fit.idata["log_likelihood"]["yes"].mean(("chain", "draw")) for fit in fits)
    assert np.corrcoef(one, other)[0, 1] > 0.99
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = az.compare({"a": fits[0].idata, "b": fits[1].idata}, round_to="none")
    assert found["dse"].max() < 3 < found["se"].min()


def test_arviz_scales_the_prior_as_the_fit_does(az):
    """ArviZ smooths both tails of the weights, and its tail is shorter: 1 % and .0005."""
    fit = fitted("level ~ wave + x + (1 | region) + (1 | commune)", 4000)
    scaled = az.psense_summary(fit.idata, var_names=["~coefficients", "~thresholds"], round_to=12)
    own = fit.prior_sensitivity().query("scaled == 'prior'").set_index("quantity")["sensitivity"]
    names = ["sd(region)", "sd(commune)"]
    theirs = scaled.loc[names, "prior"].to_numpy(dtype=float)
    assert theirs == pytest.approx(own[names].to_numpy(), rel=0.01, abs=0.0005)
    parts = fit.idata["log_prior"]
    assert list(parts.data_vars) == ["coefficients", "thresholds", "sd(region)", "sd(commune)"]


def test_arviz_draws_pictures_with_the_surveys_labels(az):
    idata = fitted("size ~ wave + x + (1 | commune)").idata
    forest = az.plot_forest(idata, var_names=["(1 | commune)"], backend="matplotlib")
    written = {text.get_text() for axes in forest.viz["figure"].item().axes for text in axes.texts}
    assert {f"c{k}" for k in range(8)} <= written
    figure = az.plot_ppc_dist(idata, num_samples=5, backend="matplotlib").viz["figure"].item()
    (lines,) = (axes.lines for axes in figure.axes)
    assert len(lines) >= 5  # replications, and what was observed


def test_draws_from_the_prior_are_called_so():
    survey = jf.Survey(people(), DESIGN, CODEBOOK)
    found = jf.prior_predictive("yes ~ wave + (1 | commune)", survey, draws=100).idata
    assert set(found.children) == {"prior", "prior_predictive", "observed_data", "constant_data"}
    assert found["prior"]["(1 | commune)"].sizes["commune"] == 8


@pytest.mark.parametrize("group", ["posterior_predictive", "log_likelihood"])
def test_parts_are_those_of_the_whole(group):
    whole = fitted(TWO).idata[group]["yes"].to_numpy()
    part = fitted(TWO).idata[group]["yes"].isel(chain=2, draw=[5, 3], respondent=slice(4, 90, 7))
    assert (part.to_numpy() == whole[2][[5, 3]][:, 4:90:7]).all()


def test_densities_are_computed_only_where_looked_at(monkeypatch):
    asked = []

    def spy(posterior, draws):
        asked.append(len(draws))
        return np.zeros((len(draws), len(posterior.latent.row)))

    monkeypatch.setattr("jfmodels.engines.bayesian.inference_data.log_densities", spy)
    found = fitted(TWO).idata["log_likelihood"]["yes"]
    assert not asked
    found.isel(chain=0, draw=slice(7)).to_numpy()
    assert asked == [7]


def test_chains_deal_sets_of_parameters_whole():
    posterior = fitted(TWO, 4000).engine.posterior
    chains = chains_of(posterior, seed=1)
    assert np.sort(chains.ravel()).tolist() == list(range(4000))
    group = posterior.error.group[chains]
    chain_of = [{*np.flatnonzero((group == each).any(axis=1))} for each in np.unique(group)]
    assert sum(len(each) > 1 for each in chain_of) <= CHAINS - 1  # those that are cut
    runs = (np.diff(group, axis=1) != 0).sum() + CHAINS
    assert runs <= len(np.unique(group)) + CHAINS - 1


def test_a_samplers_chains_are_kept():
    posterior = fitted(TWO, 300).engine.posterior
    sampled = replace(posterior, error=Chains(np.repeat([0, 1, 2], 100)))
    assert (chains_of(sampled, 1) == np.arange(300).reshape(3, 100)).all()


def test_a_name_with_a_slash_is_no_group():
    frame = people().rename(columns={"commune": "commune/village"})
    design = jf.SurveyDesign(wave="wave", repeats="nothing")
    fit = jf.fit(
        'yes ~ x + (1 | Q("commune/village"))',
        jf.Survey(frame, design, CODEBOOK),
        engine=jf.Laplace(draws=100, on_poor_k="warn"),
    )
    assert "sd(commune∕village)" in fit.idata["posterior"]


def test_attributes_say_what_was_fitted_to_what():
    fit = fitted(TWO)
    told = fit.idata.attrs
    assert told["formula"] == TWO
    assert told["data_hash"] == fit.engine.survey.record["data_hash"]
    assert (told["engine"], told["seed"], told["simulated"]) == ("laplace", 1, 1)


def test_a_fit_loads_none_of_what_inference_data_need():
    code = """
import sys
import jfmodels as jf
fit = jf.fit("shown(trust_army) ~ wave + (1 | commune)", jf.example(), weighting="ignore",
             engine=jf.Laplace(draws=2000, on_poor_k="warn"))
fit.levels()
print(*sys.modules)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"arviz", "xarray", "h5netcdf", "scipy.stats", "statsmodels", "pymc"}
    assert not heavy & set(run.stdout.split())
