"""Adjusted p-values equal those of statsmodels, and missing ones belong to no family."""

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from jfmodels.errors import SpecError
from jfmodels.results.multiplicity import ADJUSTMENTS, adjust

THEIRS = {"holm": "holm", "bh": "fdr_bh", "bonferroni": "bonferroni"}
FAMILIES = {
    "spread": np.random.default_rng(1).uniform(0, 1, 40) ** 3,
    "ties": np.array([0.01, 0.04, 0.01, 0.04, 0.2, 0.04]),
    "rising": np.linspace(0.001, 0.9, 12),
    "one": np.array([0.03]),
    "ends": np.array([0.0, 1.0, 1e-300]),
}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("method", THEIRS)
def test_equals_statsmodels(method, family):
    p = FAMILIES[family]
    assert adjust(p, method) == pytest.approx(multipletests(p, method=THEIRS[method])[1], rel=1e-12)


@pytest.mark.parametrize("method", ADJUSTMENTS)
def test_missing_p_values_are_no_part_of_the_family(method):
    p = np.array([0.01, np.nan, 0.04, 0.03, np.nan])
    found = adjust(p, method)
    assert np.isnan(found).tolist() == np.isnan(p).tolist()
    assert found[~np.isnan(p)] == pytest.approx(adjust(p[~np.isnan(p)], method))


@pytest.mark.parametrize("method", ADJUSTMENTS)
def test_order_does_not_matter_and_no_p_value_shrinks(method):
    p = FAMILIES["spread"]
    found, reversed_ = adjust(p, method), adjust(p[::-1], method)
    assert found == pytest.approx(reversed_[::-1])
    assert (found >= p).all()
    assert (found <= 1).all()


def test_none_leaves_them_as_they_are():
    p = FAMILIES["spread"]
    assert adjust(p, "none") == pytest.approx(p)


def test_an_unknown_method_names_the_near_miss():
    with pytest.raises(SpecError, match="Did you mean 'holm'"):
        adjust(np.array([0.1]), "holms")


def test_a_family_of_missing_ones_stays_missing():
    assert np.isnan(adjust(np.full(3, np.nan), "holm")).all()
