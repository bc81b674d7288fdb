"""What loading the package, direct estimates and multilevel fits may cost: what they need."""

import subprocess
import sys

import pytest

LOADED = "import sys; print(*sys.modules)"
ESTIMATE = """
import jfmodels as jf
fit = jf.direct(jf.example(), "trust_army", by="region")
fit.levels(by="region")
fit.changes(by="region")
"""
MULTILEVEL = """
import jfmodels as jf
formula = "shown(trust_army) ~ wave + (1 | commune)"
fit = jf.fit(formula, jf.example(), engine="laplace", weighting="ignore")
fit.changes(by="region", over="wave")
"""
HEAVY = ["scipy.stats", "statsmodels", "pymc", "arviz", "matplotlib"]


def loaded_by(code):
    """Modules in memory once a new interpreter has run the code."""
    run = [sys.executable, "-c", f"{code}\n{LOADED}"]
    return set(subprocess.run(run, capture_output=True, text=True, check=True).stdout.split())


@pytest.fixture(scope="module")
def loaded_by_estimates():
    return loaded_by(ESTIMATE)


@pytest.fixture(scope="module")
def loaded_by_multilevel():
    return loaded_by(MULTILEVEL)


def test_importing_the_package_loads_nothing_heavy():
    assert not {"numpy", "pandas", "scipy"} & loaded_by("import jfmodels")


@pytest.mark.parametrize("module", HEAVY)
def test_direct_estimates_do_not_load(loaded_by_estimates, module):
    assert "jfmodels.engines.design_based.direct" in loaded_by_estimates
    assert module not in loaded_by_estimates


@pytest.mark.parametrize("module", HEAVY)
def test_a_multilevel_fit_by_laplace_does_not_load(loaded_by_multilevel, module):
    assert "jfmodels.engines.bayesian.laplace" in loaded_by_multilevel
    assert module not in loaded_by_multilevel
