"""A real survey: interviewers differ, and leaving them out makes regions seem to change.

The outside reference is lme4 on the same rows (a maximum of likelihood, without priors)::

    glmer(y ~ wave + (1|region) + (1|region:wave) + (1|psu) + (1|interviewer), family = binomial)

with psu nested in the wave, and the same without interviewers.
"""

from __future__ import annotations

import pytest
from agreement_cases import CASES

import jfmodels as jf

GLMER = {
    "real, with interviewers": {
        "sd(region)": 0.465631,
        "sd(region:wave)": 0.062258,
        "sd(wave:psu)": 0.294044,
        "sd(interviewer)": 0.771738,
    },
    "real, without interviewers": {
        "sd(region)": 0.47958,
        "sd(region:wave)": 0.43011,
        "sd(wave:psu)": 0.25627,
    },
}


@pytest.fixture(scope="module")
def components(shared_data) -> dict[str, dict[str, tuple[float, float, float]]]:
    found = {}
    for name in GLMER:
        settings = jf.Laplace(draws=1_000, on_poor_k="warn")
        fit = jf.fit(CASES[name].model, CASES[name].survey(), engine=settings, weighting="ignore")
        table = fit.variance_components().set_index("component")
        found[name] = table[["estimate", "low", "high"]].T.to_dict("list")
    return found


@pytest.mark.parametrize("name", GLMER)
def test_the_likelihoods_maximum_lies_in_the_posterior(components, name):
    for component, maximum in GLMER[name].items():
        _, low, high = components[name][component]
        assert low < maximum < high, component


def test_interviewers_differ_by_most_of_a_logit(components):
    found = components["real, with interviewers"]["sd(interviewer)"][0]
    # found: .79; the posterior's sd is .08, its Monte Carlo error a tenth of that
    assert found == pytest.approx(GLMER["real, with interviewers"]["sd(interviewer)"], abs=0.05)


def test_without_interviewers_regions_seem_to_change_apart(components):
    with_them, without = (components[name]["sd(region:wave)"][0] for name in GLMER)
    assert without > 2 * with_them
