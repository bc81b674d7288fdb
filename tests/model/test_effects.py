"""Roots of every block: their covariances are those that the block is named after."""

from __future__ import annotations

import numpy as np
import pytest

import jfmodels as jf
from jfmodels.model.effects import BLOCKS, icar_root, walk_root

TIME = np.array([0.0, 0.5, 1.5, 3.5])
GAPS = (TIME / np.median(np.diff(TIME)))[:, None]
AREAS = tuple("abcdefg")
BORDERS = {"a": ["b", "c"], "b": ["c", "d"], "e": ["f"], "g": []}  # g borders on nobody
KNOWN = {
    "iid": np.zeros((1, 1)),
    "uncorrelated slopes": np.zeros((3, 1)),
    "slope": np.zeros((3, 1)),
    "walk": walk_root(TIME),
    "ar1": GAPS,
    "bym2": icar_root(AREAS, BORDERS),
}
COORDINATES = {"slope": ("1", "x", "z"), "uncorrelated slopes": ("1", "x", "z")}
WITHIN = {"positive": (0.2, 2.0), "unit": (0.05, 0.95), "correlation": (-0.9, 0.9)}


def covariance(name, values):
    root = BLOCKS[name].root(np, np.asarray(values, dtype=float), KNOWN[name])
    return root @ np.swapaxes(root, -1, -2)


def some_values(name, n=20):
    """Parameters of a block within their support, (n, h)."""
    rng = np.random.default_rng(2)
    parameters = BLOCKS[name].parameters(COORDINATES.get(name, ("",)))
    return np.column_stack([rng.uniform(*WITHIN[each.support], n) for each in parameters])


@pytest.mark.parametrize("name", BLOCKS)
def test_covariance_is_symmetric_and_positive(name):
    for found in covariance(name, some_values(name)):
        assert found == pytest.approx(found.T)
        assert np.linalg.eigvalsh(found).min() > 0


@pytest.mark.parametrize("name", BLOCKS)
def test_many_sets_of_parameters_are_each_by_itself(name):
    values = some_values(name)
    assert covariance(name, values) == pytest.approx(
        np.stack([covariance(name, each) for each in values])
    )


@pytest.mark.parametrize("name", BLOCKS)
def test_standard_deviations_come_first_and_scale_the_effects(name):
    values = some_values(name)
    parameters = BLOCKS[name].parameters(COORDINATES.get(name, ("",)))
    sds = [each.label == "sd" for each in parameters]
    assert sds == sorted(sds, reverse=True)
    doubled = values * np.where(sds, 2.0, 1.0)
    assert covariance(name, doubled) == pytest.approx(4 * covariance(name, values))


def test_walk_moves_independently_with_variance_by_elapsed_years():
    found = covariance("walk", [0.7])
    assert np.diag(found) == pytest.approx(0.49 * TIME[1:])
    moves = np.diff(np.eye(3), axis=0) @ found @ np.diff(np.eye(3), axis=0).T
    assert moves == pytest.approx(0.49 * np.diag(np.diff(TIME)[1:]))


def test_series_is_stationary_and_forgets_by_elapsed_time():
    found = covariance("ar1", [0.5, 0.8])
    assert np.diag(found) == pytest.approx(0.25)
    assert found / 0.25 == pytest.approx(0.8 ** np.abs(GAPS - GAPS.T))


def test_correlated_slopes_against_a_matrix_built_by_hand():
    sd, first, second, given_first = np.array([0.5, 1.2, 2.0]), 0.6, -0.3, 0.4
    # the correlation of two, given that both go with a third
    third = first * second + given_first * np.sqrt((1 - first**2) * (1 - second**2))
    correlation = np.array([[1, first, second], [first, 1, third], [second, third, 1]])
    found = covariance("slope", [*sd, first, second, given_first])
    assert found == pytest.approx(correlation * sd * sd[:, None])


def test_correlations_are_named_after_their_slopes():
    parameters = BLOCKS["slope"].parameters(("1", "x", "z"))
    assert [each.of for each in parameters] == [
        ("1",),
        ("x",),
        ("z",),
        ("1", "x"),
        ("1", "z"),
        ("x", "z"),
    ]


def test_areas_of_a_part_sum_to_zero_and_vary_by_one_on_average():
    found = KNOWN["bym2"] @ KNOWN["bym2"].T
    for part in ([0, 1, 2, 3], [4, 5]):
        own = found[np.ix_(part, part)]
        assert own.sum(axis=0) == pytest.approx(0, abs=1e-12)
        assert np.log(np.diag(own)).mean() == pytest.approx(0, abs=1e-12)
    assert found[:4, 4:] == pytest.approx(0)


def test_intrinsic_autoregression_against_the_pseudo_inverse():
    edges = [(0, 1), (0, 2), (1, 2), (1, 3)]
    laplacian = np.zeros((4, 4))
    for i, j in edges:
        laplacian[[i, j], [i, j]] += 1
        laplacian[[i, j], [j, i]] -= 1
    expected = np.linalg.pinv(laplacian)
    expected /= np.exp(np.log(np.diag(expected)).mean())
    assert (KNOWN["bym2"] @ KNOWN["bym2"].T)[:4, :4] == pytest.approx(expected)


def test_an_isolated_area_has_variance_one_whatever_the_mix():
    for mix in (0.0, 0.3, 1.0):
        found = covariance("bym2", [0.5, mix])
        assert found[6, 6] == pytest.approx(0.25)
        assert found[6, :6] == pytest.approx(0)


def test_mix_goes_from_independence_to_the_map():
    assert covariance("bym2", [1.0, 0.0]) == pytest.approx(np.eye(7))
    assert covariance("bym2", [1.0, 1.0]) == pytest.approx(KNOWN["bym2"] @ KNOWN["bym2"].T)


def test_borders_said_once_or_twice_are_the_same():
    both = {"a": ["b", "c"], "b": ["a", "c", "d"], "c": ["a", "b"], "d": ["b"], "f": ["e"]}
    both |= {"g": []}
    assert icar_root(AREAS, both) == pytest.approx(KNOWN["bym2"])


@pytest.mark.parametrize(
    ("borders", "says"),
    [
        ({"aa": ["b"]}, r"'aa'.*Did you mean 'a'"),
        ({"aa": ["b"], "ee": ["h"]}, "Nor are 'ee', 'h'"),
        ({"a": ["b", "c"]}, r"nothing is said of 'd', 'e', 'f', 'g'.*'d': \[\]"),
        ({"a": "bc"}, "found str"),
        ({"a": None}, "found NoneType"),
        ([["a", "b"]], "found list"),
    ],
)
def test_areas_are_listed_each_with_its_neighbours(borders, says):
    with pytest.raises(jf.SpecError, match=says):
        icar_root(AREAS, borders)
