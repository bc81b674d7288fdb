"""A real panel: confidence in the scientific community, asked of the same people three times.

The outside reference is lme4 on the same rows (a maximum of likelihood, without priors)::

    glmer(y ~ wave + (1 | person), family = binomial, nAGQ = 25)

With a second term, glmer and glmmTMB have Laplace's approximation alone, which puts the
standard deviation of people at 1.51; one integral over all takes it to 1.82.
"""

from __future__ import annotations

import pandas as pd
import pytest

import jfmodels as jf

GLMER = {"Intercept": -0.54561754, "wave[T.2012]": -0.02357427, "wave[T.2014]": -0.01172773}
SD_PERSON = 1.90349
YEARS = {1: "2010", 2: "2012", 3: "2014"}
CODEBOOK = {
    "waves": {year: {"start": f"{year}-04-01"} for year in YEARS.values()},
    "outcomes": {
        "consci": {
            "scale": "ordinal",
            "categories": {3: "hardly any", 2: "only some", 1: "a great deal"},
            "shown": ["a great deal"],
        }
    },
}


@pytest.fixture(scope="module")
def survey(shared_data) -> jf.Survey:
    frame = pd.read_parquet(shared_data / "gss_panel_2010_2012_2014.parquet")
    frame = frame[frame["consci"].isin([1, 2, 3])]
    unit = frame[["vstrat", "vpsu"]].astype(int).astype(str).agg("/".join, axis=1)
    frame = frame.assign(wave=frame["wave"].map(YEARS), psu=unit, person=frame["firstid"])
    design = jf.SurveyDesign(
        wave="wave", cluster="psu", person="person", repeats="people", target="population"
    )
    return jf.Survey(frame[["wave", "psu", "person", "consci"]], design, CODEBOOK)


def fitted(formula: str, survey: jf.Survey) -> jf.BayesianFit:
    """Fit by the laplace engine or not at all."""
    return jf.fit(formula, survey, engine=jf.Laplace(on_poor_k="raise"))


def test_people_alone_have_the_posterior_around_what_lme4_finds(survey):
    fit = fitted("shown(consci) ~ wave + (1 | person)", survey)
    summary = fit.summary().set_index("coefficient")
    for name, maximum in GLMER.items():
        # the prior's sd of 1.5 to 2.5 moves an estimate whose error is .1 by under 1 % of it
        row = summary.loc[name]
        assert abs(row["estimate"] - maximum) < 0.15 * row["std_error"]
    sd = fit.variance_components().iloc[0]
    # a standard half-normal prior pulls by sd^2 times the slope 1.9 of its log density: .022
    assert sd["estimate"] == pytest.approx(SD_PERSON, abs=0.4 * sd["std_error"])
    assert sd["low"] < SD_PERSON < sd["high"]


def test_people_within_places_are_fitted_and_believed(survey):
    fit = fitted("shown(consci) ~ wave + (1 | person) + (1 | psu)", survey)
    checks = fit.diagnostics().set_index("check")
    assert fit.engine.name == "laplace"
    assert checks.loc["Pareto k", "value"] < 0.7  # found: .02, over ten seeds up to .16
    found = fit.variance_components().set_index("component")["estimate"]
    # places and people together vary as people alone do in the model without places
    assert (found**2).sum() == pytest.approx(SD_PERSON**2, rel=0.1)
    assert found["sd(psu)"] < found["sd(person)"]
    assert len(fit.changes()) == 2
