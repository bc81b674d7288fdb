"""People integrated over: lme4's and scipy's likelihoods, and posteriors by quadrature."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from latent_cases import CODEBOOK, people
from nested_cases import agree_with_quadrature
from panel_cases import DESIGN, integrated, panel
from quadrature import CASES, even
from scipy import integrate, stats
from test_field import dense, some_fields

import jfmodels as jf
from jfmodels.engines.bayesian import panel as room
from jfmodels.engines.bayesian.field import Field
from jfmodels.engines.bayesian.panel import Panel
from jfmodels.engines.bayesian.people import density_of_all
from jfmodels.engines.bayesian.posterior import Posterior
from jfmodels.model.latent import Latent
from jfmodels.model.model import Model, lay_out
from jfmodels.results.draws import Independent

REFERENCE = Path(__file__).parents[2] / "reference"
LME4 = json.loads((REFERENCE / "r_panel_cases.json").read_text(encoding="utf-8"))
FAMILIES = {
    "bernoulli": jf.Bernoulli(),
    "probit": jf.Bernoulli("probit"),
    "cloglog": jf.Bernoulli("cloglog"),
    "ordinal": jf.Ordinal(),
    "ordinal probit": jf.Ordinal("probit"),
    "gaussian": jf.Gaussian(),
    "poisson": jf.Poisson(),
    "negative binomial": jf.NegativeBinomial(),
}


@pytest.fixture
def careful(monkeypatch):
    """Integrals with as many nodes as it takes for seven digits."""
    monkeypatch.setattr(room, "EXACT", 1e-8)


def at(latent: Latent, x: np.ndarray, theta: np.ndarray) -> Posterior:
    """One draw for each field (n, B) and parameters (h, B)."""
    return Posterior(latent, x.T, theta.T, Independent(), (), False)


def some(latent: Latent, sd: float, n: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Fields and parameters away from any mode, people having a standard deviation."""
    theta, x = some_fields(latent, n)
    theta[latent.integrated.parameters] = np.log(sd)
    return theta, x


# ------------------------------------------------------------------ against other programs


@cache
def of_r(name: str) -> Latent:
    """The panel that R has read, laid out for a family."""
    frame = pd.read_csv(REFERENCE / "data" / "panel.csv")
    outcome = {"poisson": "times", "gaussian": "size"}.get(name, "yes")
    model = Model(f"{outcome} ~ wave + x + (1 | person)", family=FAMILIES[name])
    return lay_out(model, jf.Survey(frame, DESIGN, CODEBOOK)).latent.integrate(0)


def of_lme4(name: str) -> tuple[np.ndarray, np.ndarray, float]:
    """Estimates as field and parameters, and their log likelihood."""
    found, latent = LME4[name], of_r(name)
    theta = np.log([found["sd"], *([found["sigma"]] if "sigma" in found else [])])[:, None]
    saturated = 0.0
    if name == "poisson":  # with several nodes, glmer counts from the saturated model
        saturated = latent.n @ stats.poisson.logpmf(latent.answer, latent.answer)
    made_of = np.linalg.pinv(latent.basis.coefficients)
    return made_of @ np.array(found["fixef"])[:, None], theta, found["loglik"] + saturated


@pytest.mark.parametrize("name", ["bernoulli", "probit", "cloglog", "poisson", "gaussian"])
def test_likelihood_is_that_of_lme4(name, careful):
    x, theta, expected = of_lme4(name)
    found = density_of_all(at(of_r(name), x, theta), np.zeros(1, dtype=np.int64))
    # glmer's 25 nodes leave 9e-6 of a complementary log-log; scipy's integral is met below
    assert found[0] == pytest.approx(expected, abs=2e-5 if name == "cloglog" else 1e-6)


@pytest.mark.parametrize("name", ["bernoulli", "probit", "cloglog", "poisson", "gaussian"])
def test_likelihood_is_highest_where_lme4_says(name, careful):
    """Steps of a fiftieth of a standard error, in any direction, lead no higher than 1e-4."""
    x, theta, _ = of_lme4(name)
    field = Field(of_r(name)).near(x, theta)
    best = field.likelihood.value(field.eta(x), theta)[0]
    steps = 0.002 * np.concatenate([np.eye(len(x) + len(theta)), -np.eye(len(x) + len(theta))])
    moved = np.concatenate([x, theta]) + steps.T
    near = field.likelihood.value(field.eta(moved[: len(x)]), moved[len(x) :])
    assert near.max() < best + 1e-4


def by_scipy(latent: Latent, eta: np.ndarray, sd: float, log_dispersion: float) -> float:
    """Log density of everybody's answers under predictors (L, N), by scipy's quadrature."""
    group, total = latent.integrated.group[latent.row], 0.0
    for person in range(group.max() + 1):
        of = np.flatnonzero(group == person)

        def height(u: float, of: np.ndarray = of) -> float:
            moved = eta[:, latent.row[of]].T.copy()
            moved[:, 0] += sd * u
            said = latent.family.log_density(latent.answer[of], moved, np.array(log_dispersion))
            return float(latent.n[of] @ said + stats.norm.logpdf(u))

        points = np.linspace(-7, 7, 57)
        heights = [height(u) for u in points]
        top, peak = max(heights), points[np.argmax(heights)]
        value, _ = integrate.quad(
            lambda u, height=height, top=top: np.exp(height(u) - top),
            *(-8.5, 8.5),
            points=[peak],
            epsabs=1e-10,
        )
        total += np.log(value) + top
    return total


@pytest.mark.parametrize("sd", [0.1, 2.5])
@pytest.mark.parametrize("name", FAMILIES)
def test_likelihood_of_every_family_is_that_of_scipy(name, sd, careful):
    latent = integrated(FAMILIES[name], n=16)
    theta, x = some(latent, sd)
    eta = latent.predictors(latent.columns, latent.design.offset, x)[..., 0]
    exact = by_scipy(latent, eta, sd, theta[-1, 0])
    found = density_of_all(at(latent, x, theta), np.zeros(1, dtype=np.int64))
    assert found[0] == pytest.approx(exact, abs=1e-6)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_fit_takes_nodes_enough(name):
    """Over the places that a search takes care of, the error is far below that of Monte Carlo."""
    latent = integrated(FAMILIES[name])
    theta, x = some(latent, 1.5, 5)
    field = Field(latent).near(x, theta)
    many = Field(latent, replace(field.likelihood, order=101))
    eta = field.eta(x)
    gap = field.likelihood.value(eta, theta) - many.likelihood.value(eta, theta)
    assert np.abs(gap).max() < 0.01


# ------------------------------------------------------------------ exact posteriors


@pytest.mark.parametrize("family", [name for name in CASES if name != "categorical"])
def test_posterior_of_every_family_is_that_of_quadrature(family):
    """Eight people of fifty answers; the same as if their effects were in the field."""
    agree_with_quadrature(family, people(400, sd=0.9), CASES[family], integrate=True)


@pytest.mark.parametrize("family", ["bernoulli", pytest.param("poisson", marks=pytest.mark.slow)])
def test_posterior_of_a_panel_is_that_of_quadrature(family):
    """Sixty people of one to three answers, in place of communes."""
    frame = panel(60, seed=3, sd=1.2)
    people_ = frame.assign(commune=frame["person"], interviewer="i")
    # people of few answers may lie far out: up to ten, where their standard deviation is three
    grids = {"intercept": even(-3, 3, 49), "shape": even(-2.2, 2.8, 61), "v": even(-12, 12, 961)}
    wide = replace(CASES[family], **grids)
    agree_with_quadrature(family, people_, wide, integrate=True)


# ------------------------------------------------------------------ derivatives


@pytest.mark.parametrize("terms", ["(1 | commune)", "(1 | commune:wave)", ""])
@pytest.mark.parametrize("name", FAMILIES)
def test_gradient_and_curvature_are_numerical_derivatives(name, terms, careful):
    latent = integrated(FAMILIES[name], terms, n=60)
    theta, x = some(latent, 0.8, 2)
    field = Field(latent).near(x, theta)
    before = field.beforehand(theta)
    gradient, entries = field.derivatives(x, theta, before)
    step = 1e-5
    for k in range(0, latent.size, 3):
        moved = np.zeros((latent.size, 1))
        moved[k] = step
        up, down = (field.value(x + sign * moved, theta, before) for sign in (1, -1))
        assert (up - down) / (2 * step) == pytest.approx(gradient[k], rel=1e-4, abs=1e-4)
        above, below = (field.derivatives(x + s * moved, theta, before)[0] for s in (1, -1))
        column = (below - above) / (2 * step)
        for b in range(x.shape[1]):
            found = dense(field, entries[:, b])[:, k]
            assert column[:, b] == pytest.approx(found, rel=1e-4, abs=1e-3)


# ------------------------------------------------------------------ what must not matter


def value_of(frame: pd.DataFrame, outcome: str) -> np.ndarray:
    """Log density of a panel's answers at some fields."""
    formula = f"{outcome} ~ wave + x + (1 | person) + (1 | commune)"
    latent = lay_out(Model(formula), jf.Survey(frame, DESIGN, CODEBOOK)).latent.integrate(0)
    theta, x = some(latent, 1.3, 2)
    field = Field(latent)
    return field.value(x, theta, field.beforehand(theta))


@pytest.mark.parametrize("outcome", ["yes", "level", "size", "times"])
def test_order_of_rows_and_names_of_people_do_not_matter(outcome):
    frame = panel(80)
    expected = value_of(frame, outcome)
    names = {name: f"z{k}" for k, name in enumerate(sorted(frame["person"].unique(), reverse=True))}
    assert value_of(frame.sample(frac=1, random_state=1), outcome) == pytest.approx(expected)
    assert value_of(frame.assign(person=frame["person"].map(names)), outcome) == pytest.approx(
        expected
    )


@pytest.mark.parametrize("name", FAMILIES)
def test_people_who_are_alike_count_as_often_as_they_are(name, careful):
    """All together, by kind, as one by one."""
    latent = integrated(FAMILIES[name])
    theta, x = some(latent, 1.3, 2)
    whole = Panel.of_model(latent)
    group, total = latent.integrated.group, 0.0
    for person in range(len(whole.of)):
        rows = np.flatnonzero(group == person)
        alone = Panel.gather(latent, rows, np.zeros(len(rows), dtype=int), latent.sums[rows])
        eta = latent.predictors(alone.columns, alone.offset, x)
        total += alone.near(eta, theta).value(eta, theta)
    eta = latent.predictors(whole.columns, whole.offset, x)
    assert whole.near(eta, theta).value(eta, theta) == pytest.approx(total, abs=1e-6)
    if latent.family.shares:
        assert len(whole.n) < len(whole.of)


def test_a_pattern_split_in_two_changes_nothing(careful):
    """People of two kinds who differ in a column that nobody's answer depends on."""
    latent = integrated("bernoulli")
    theta, x = some(latent, 1.3, 2)
    extra = np.random.default_rng(1).integers(0, 2, len(latent.fixed))[:, None].astype(float)
    basis = replace(
        latent.basis,
        matrix=np.concatenate([latent.fixed, extra], axis=1),
        names=(*latent.basis.names, "extra"),
        mean=np.append(latent.basis.mean, 0.0),
        sd=np.append(latent.basis.sd, 1.0),
    )
    split = replace(latent, basis=basis)
    wide = np.insert(x, latent.n_fixed, 0.0, axis=0)
    values = []
    for model, place in ((latent, x), (split, wide)):
        field = Field(model).near(place, theta)
        values.append(field.likelihood.value(field.eta(place), theta))
    assert len(Panel.of_model(split).n) > len(Panel.of_model(latent).n)
    assert values[0] == pytest.approx(values[1], abs=1e-6)
