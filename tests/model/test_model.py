"""A model laid out: priors by name, term and kind, and what it says of what it cannot be."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import jfmodels as jf
from jfmodels.model.model import Model, lay_out

FORMULA = "yes ~ wave + x + (1 + x + z | commune) + ar1(wave | region)"
DESIGN = jf.SurveyDesign(
    wave="wave",
    strata="region",
    cluster="commune",
    weights="weight",
    repeats="clusters",
    target="population",
)
THREE = {0: "low", 1: "middle", 2: "high"}


def survey(**changes):
    """Sixty people: two of every kind."""
    place = np.arange(60)
    frame = pd.DataFrame(
        {
            "wave": np.array(["w1", "w2", "w3"])[place % 3],
            "region": np.where(place % 4 < 2, "north", "south"),
            "commune": [f"c{k}" for k in place % 4],
            "weight": 1.0,
            "x": place % 5,
            "z": place % 7 / 10,
            "yes": place % 2,
            "level": place // 2 % 3,
            "size": 100.0 + 10 * np.sin(place),
            "times": place % 6,
        }
    )
    outcomes = {
        "yes": {"scale": "binary"},
        "level": {"scale": "ordinal", "categories": THREE, "shown": ["high"]},
        "size": {"scale": "continuous"},
        "times": {"scale": "count"},
    }
    codebook = {"outcomes": outcomes, "covariates": {"x": {}, "z": {}}}
    return jf.Survey(frame.assign(**changes), DESIGN, codebook, simulated=True)


def table(formula=FORMULA, **settings):
    found = Model(formula, **settings).priors(survey())
    return found.set_index("parameter")["prior"]


# ------------------------------------------------------------------ priors


def test_defaults_are_on_the_scale_of_the_link_and_of_the_numbers():
    found = table()
    spread = 2 * float(np.std(np.arange(60) % 5))
    assert found["Intercept"] == repr(jf.Normal(0.0, 2.5))
    assert found["wave[T.w2]"] == repr(jf.Normal(0.0, 1.5))
    assert found["x"] == repr(jf.Normal(0.0, float(f"{1.5 / spread:.3g}")))
    assert found["sd(1 | commune)"] == repr(jf.HalfNormal(1.0))
    assert found["sd(x | commune)"] == repr(jf.HalfNormal(1.0 / spread))
    assert found["cor(1, x | commune)"] == "LKJ(eta=2.0)"
    assert found["rho(ar1(wave | region))"] == repr(jf.Beta(2.0, 2.0))


def test_defaults_of_measurements_follow_their_spread():
    size = 100.0 + 10 * np.sin(np.arange(60))
    found = table("size ~ wave + (1 | commune)")
    intercept = lay_out(Model("size ~ wave + (1 | commune)"), survey()).latent
    assert intercept.basis.mean[0] == pytest.approx(size.mean())
    assert intercept.basis.sd[0] == pytest.approx(2.5 * size.std())
    assert intercept.basis.spread[1:] == pytest.approx(1.5 * size.std())
    assert found["sigma"].startswith("HalfStudentT(df=3")


def test_defaults_do_not_depend_on_how_rows_are_laid_out():
    """Spread is over interviews, not over distinct rows."""
    uneven = survey(x=np.where(np.arange(60) < 50, 0, np.arange(60) % 5))
    one, other = (
        lay_out(Model(f"yes ~ x{more} + (1 | commune)"), uneven).latent for more in ("", " + wave")
    )
    assert one.basis.spread[-1] == pytest.approx(other.basis.spread[-1])


@pytest.mark.parametrize(
    ("given", "parameters"),
    [
        ({"wave[T.w2]": jf.Normal(0.0, 0.1)}, {"wave[T.w2]"}),
        ({"wave": jf.Normal(0.0, 0.1)}, {"wave[T.w2]", "wave[T.w3]"}),
        ({"Intercept": jf.Normal(0.0, 0.1)}, {"Intercept"}),
        ({"sd(x | commune)": jf.Exponential(0.1)}, {"sd(x | commune)"}),
        (
            {"sd": jf.Exponential(0.1)},
            {"sd(1 | commune)", "sd(x | commune)", "sd(z | commune)", "sd(ar1(wave | region))"},
        ),
        ({"rho": jf.Beta(3, 3)}, {"rho(ar1(wave | region))"}),
        ({"coefficient": jf.Normal(0.0, 0.3)}, {"wave[T.w2]", "wave[T.w3]", "x"}),
        (
            {"cor": jf.LKJ(5)},
            {"cor(1, x | commune)", "cor(1, z | commune)", "cor(x, z | commune)"},
        ),
    ],
)
def test_priors_are_given_by_name_term_or_kind(given, parameters):
    found, usual = table(priors=given), table()
    changed = set(found.index[found != usual])
    assert changed == parameters
    prior = repr(next(iter(given.values()))).replace(", partial=0.0", "")
    assert set(found[list(parameters)]) == {prior}


def test_a_name_goes_before_a_kind():
    found = table(priors={"sd": jf.HalfNormal(2), "sd(z | commune)": jf.HalfNormal(3)})
    assert found["sd(z | commune)"] == repr(jf.HalfNormal(3))
    assert found["sd(x | commune)"] == repr(jf.HalfNormal(2))


def test_every_kind_that_is_shown_is_a_name_for_all_of_it():
    shown = Model(FORMULA).priors(survey()).drop_duplicates("kind")["kind"]
    fitting = {"coefficient": jf.Normal(0, 1), "cor": jf.LKJ(1), "rho": jf.Beta(1, 1)}
    given = {kind: fitting.get(kind, jf.HalfNormal(2)) for kind in shown}
    assert set(given) == {"coefficient", "sd", "cor", "rho"}
    assert len(table(priors=given)) == len(table())


def test_correlations_know_their_place_in_the_matrix():
    """b = eta + (q - 2 - j) / 2 for those given j others."""
    latent = lay_out(Model(FORMULA, priors={"cor": jf.LKJ(4)}), survey()).latent
    shape = {each.name: each.prior.shape for each in latent.hyperparameters if "cor" in each.name}
    assert shape == {
        "cor(1, x | commune)": 4.5,
        "cor(1, z | commune)": 4.5,
        "cor(x, z | commune)": 4.0,
    }


def test_thresholds_have_one_prior_and_no_intercept():
    found = table("level ~ wave + (1 | commune)", priors={"thresholds": jf.Normal(0, 4)})
    assert found["thresholds"] == repr(jf.Normal(0.0, 4.0))
    assert "Intercept" not in found
    with pytest.raises(jf.SpecError, match="Unknown parameter 'Intercept'"):
        table("level ~ wave + (1 | commune)", priors={"Intercept": jf.Normal(0, 4)})


def test_what_levels_imply_is_written_without_what_arithmetic_leaves():
    found = table("yes ~ wave * region + (1 | commune)", priors={"Intercept": jf.Normal(1, 0.5)})
    assert found["Intercept"] == repr(jf.Normal(1.0, 0.5))
    assert found["wave[T.w2]"] == repr(jf.Normal(0.0, 1.84))
    assert found["wave[T.w2]:region[T.south]"] == repr(jf.Normal(0.0, 1.5))


def test_every_parameter_has_one_row():
    found = Model(FORMULA).priors(survey())
    assert found.columns.tolist() == ["parameter", "kind", "prior"]
    assert found["parameter"].is_unique
    assert len(found) == 4 + 6 + 2  # coefficients, slopes with their correlations, the series


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"sd(comune)": jf.HalfNormal(1)}, "Did you mean 'sd(commune)'"),
        ({"Wave": jf.Normal(0, 1)}, "Did you mean 'wave'"),
        ({"thresholds": jf.Normal(0, 1)}, "Unknown parameter 'thresholds'"),
        ({"sd(commune)": jf.Normal(0, 1)}, "is HalfNormal(sd), HalfStudentT(df, scale) or"),
        ({"sd": jf.Beta(1, 1)}, "is HalfNormal(sd), HalfStudentT(df, scale) or"),
        ({"wave": jf.HalfNormal(1)}, "is a Normal(mean, sd); found HalfNormal(sd=1)"),
        ({"sd(commune)": 0.5}, "found 0.5"),
        ([jf.HalfNormal(1)], "says by name what is meant, as in {'sd(commune)'"),
    ],
)
def test_priors_that_do_not_fit_are_refused(given, says):
    with pytest.raises(jf.SpecError) as error:
        Model("yes ~ wave + (1 | commune)", priors=given).priors(survey())
    assert says in str(error.value)


# ------------------------------------------------------------------ weights


def test_weights_that_vary_must_be_spoken_of():
    uneven = survey(weight=np.arange(1.0, 61.0))
    with pytest.raises(jf.SpecError, match="weighting= must be said"):
        jf.fit("yes ~ (1 | commune)", uneven)
    assert jf.fit("yes ~ (1 | commune)", uneven, weighting="ignore").levels()["n"].sum() == 60


def test_weights_that_are_equal_need_no_word():
    jf.fit("yes ~ (1 | commune)", survey(weight=3.0))


def test_an_unknown_weighting_is_named():
    with pytest.raises(jf.SpecError, match=r"'ignored'.*Did you mean 'ignore'"):
        jf.fit("yes ~ (1 | commune)", survey(), weighting="ignored")


# ------------------------------------------------------------------ what cannot be


@pytest.mark.parametrize(
    ("formula", "says"),
    [
        ("yes ~ (1 | comune)", "Did you mean 'commune'"),
        ("no ~ (1 | commune)", "no"),
        ("yes ~ (0 | commune)", "Nothing varies"),
        ("yes ~ (1 | commune) + (1 | commune)", "stands in the formula twice"),
        ("yes ~ (1 | commune/region)", "group people alike"),
        ("yes ~ (1 | commune) + (1 + x | commune)", "group people alike"),
        ("yes ~ (1 | commune + region)", "joined by ':' or '/'"),
        ("yes ~ walk(commune)", "runs over the waves"),
        ("yes ~ bym2(commune)", "who borders on whom"),
        ("level ~ 0 + wave + (1 | commune)", "an ordinal model needs one"),
        ("yes ~ x + I(2 * x) + (1 | commune)", "rank deficient"),
    ],
)
def test_formulas_that_cannot_be_fitted_say_why(formula, says):
    with pytest.raises(jf.SpecError) as error:
        lay_out(Model(formula), survey())
    assert says in str(error.value)


@pytest.mark.parametrize(
    "terms",
    [
        "(1 | commune) + (0 + x | commune)",
        "(1 | region) + (1 | region:wave)",
        "(1 | commune) + bym2(commune)",
    ],
)
def test_terms_that_data_can_tell_apart_may_stand_together(terms):
    border = {"commune": {"c0": ["c1"], "c2": ["c3"]}}
    assert len(lay_out(Model(f"yes ~ {terms}", neighbours=border), survey()).latent.effects) == 2


def test_a_family_that_does_not_serve_the_outcome_is_refused():
    with pytest.raises(jf.SpecError, match="does not serve scale 'continuous'"):
        lay_out(Model("size ~ (1 | commune)", family="bernoulli"), survey())
    with pytest.raises(jf.SpecError, match="Did you mean 'poisson'"):
        Model("times ~ (1 | commune)", family="poison")


def test_a_category_that_nobody_chose_is_refused():
    with pytest.raises(jf.EstimationError, match="Nobody in these rows answered 'high'"):
        lay_out(Model("level ~ (1 | commune)"), survey(level=np.arange(60) % 2))


def test_a_category_that_nobody_chose_in_a_domain_is_refused():
    where = {"region": ["north"]}
    chosen = np.where(np.arange(60) % 4 < 2, 0, np.arange(60) % 3)
    lay_out(Model("level ~ (1 | commune)"), survey(level=chosen))
    with pytest.raises(jf.EstimationError, match="widen where="):
        lay_out(Model("level ~ (1 | commune)"), survey(level=chosen), where)
