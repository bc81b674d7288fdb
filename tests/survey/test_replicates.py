"""Replicates of the sample: what every kind must fulfil, and what designs they refuse."""

import numpy as np
import pandas as pd
import pytest

import jfmodels as jf
from jfmodels.errors import DataError, DesignError, SpecError
from jfmodels.survey.hadamard import hadamard
from jfmodels.survey.read import read_design
from jfmodels.survey.replicates import KINDS, Replicates, multipliers_of
from jfmodels.survey.supplied import SUPPLIED, SuppliedReplicates

BY_CHANCE = ["rao_wu", "bootstrap"]


def frame_of(strata, clusters):
    """Rows in so many clusters of each of so many strata, three each."""
    place = np.arange(strata * clusters).repeat(3)
    size = len(place)
    return pd.DataFrame(
        {
            "h": place // clusters,
            "c": place,
            "w": 1 + np.arange(size) % 4 / 2,
            "y": (np.arange(size) * 7 % 11).astype(float),
        }
    )


def survey_of(frame, **roles):
    roles = {"strata": "h", "cluster": "c", "weights": "w", "target": "population"} | roles
    return jf.Survey(frame, jf.SurveyDesign(**roles), {"outcomes": {"y": {"scale": "continuous"}}})


def settings_of(kind, **settings):
    return Replicates(kind, **({"rho": 0.3} if kind == "fay" else {}), **settings)


def made(kind, survey, **settings):
    return multipliers_of(settings_of(kind, **settings), survey.sampling, survey.design.replicates)


def paired(kind, **roles):
    return survey_of(frame_of(5, 2), **({"strata": None} if kind == "jk1" else {}), **roles)


# Every kind, known or yet to come.


@pytest.mark.parametrize("kind", KINDS)
def test_replicates_keep_every_stratums_weight_on_average(kind):
    factors = made(kind, paired(kind)).factors
    mean = factors.mean(axis=1)
    tolerance = 0.15 if kind in BY_CHANCE else 1e-12  # four Monte Carlo sds of a factor of sd .8
    assert mean == pytest.approx(np.ones(10), abs=tolerance)
    assert (factors >= 0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_factors_vary_as_sampling_does(kind):
    r"""Of equal clusters, the variance of a total is Σ (m/(m-1)) Σ (y - ȳ)²."""
    survey = paired(kind)
    replicates = made(kind, survey, **({"n": 20_000} if kind in BY_CHANCE else {}))
    moved = replicates.factors - replicates.factors.mean(axis=1, keepdims=True)
    stratum = survey.sampling.stages[0].stratum
    size = survey.sampling.stages[0].sizes[stratum]
    same = stratum[:, None] == stratum
    expected = np.where(same, -1 / (size - 1), 0.0)
    np.fill_diagonal(expected, 1.0)
    tolerance = 4 * 2 / np.sqrt(20_000) if kind in BY_CHANCE else 1e-12
    assert (moved * replicates.scales) @ moved.T == pytest.approx(expected, abs=tolerance)


@pytest.mark.parametrize("kind", KINDS)
def test_the_order_of_rows_does_not_matter(kind):
    frame = frame_of(5, 2)
    roles = {"strata": None} if kind == "jk1" else {}
    tables = [
        jf.direct(survey_of(each, **roles), "y", replicates=settings_of(kind)).levels()
        for each in (frame, frame.sample(frac=1, random_state=3))
    ]
    assert tables[0]["std_error"].item() == pytest.approx(tables[1]["std_error"].item(), rel=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_the_scale_of_weights_does_not_matter(kind):
    frame = frame_of(5, 2)
    roles = {"strata": None} if kind == "jk1" else {}
    tables = [
        jf.direct(survey_of(each, **roles), "y", replicates=settings_of(kind)).levels()
        for each in (frame, frame.assign(w=frame["w"] * 1000))
    ]
    assert tables[0]["std_error"].item() == pytest.approx(tables[1]["std_error"].item(), rel=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_a_population_sampled_whole_has_no_error(kind):
    roles = {"strata": None if kind == "jk1" else "h", "fpc": "f"}
    survey = survey_of(frame_of(5, 2).assign(f=1.0), **roles)
    if kind in ("jk1", "jkn"):
        with pytest.raises(DesignError, match="nothing varies"):
            made(kind, survey)
    else:
        assert made(kind, survey).factors == pytest.approx(1)


@pytest.mark.parametrize("kind", BY_CHANCE)
def test_seeds_decide(kind):
    survey = survey_of(frame_of(3, 6))
    one, same, other = (made(kind, survey, n=40, seed=seed).factors for seed in (1, 1, 2))
    assert (one == same).all()
    assert (one != other).any()
    assert one.shape == (18, 40)


@pytest.mark.parametrize("kind", BY_CHANCE)
def test_lone_clusters_taken_with_certainty_do_not_vary(kind):
    survey = survey_of(frame_of(3, 4).query("c not in (1, 2, 3)"), lonely="certainty")
    factors = made(kind, survey, n=30).factors
    assert (factors[0] == 1).all()
    assert (factors[1:].std(axis=1) > 0).all()


def test_bootstrap_draws_from_a_population_of_copies():
    frame = frame_of(2, 4).assign(f=0.5)
    factors = made("bootstrap", survey_of(frame, fpc="f"), n=2000).factors
    assert factors.max() == 2  # eight clusters, two copies of each
    assert (factors.reshape(2, 4, -1).sum(axis=1) == 4).all()
    unlimited = made("bootstrap", survey_of(frame), n=2000).factors
    assert unlimited.max() == 4
    # without replacement: variance (1 - f) N / (N - 1) of that with replacement, .57
    assert (factors.var() / unlimited.var()) == pytest.approx(4 / 7, rel=0.1)


def test_jackknife_leaves_one_cluster_out():
    survey = survey_of(frame_of(2, 3))
    replicates = made("jkn", survey)
    expected = np.kron(np.eye(2), 1.5 * (1 - np.eye(3))) + np.kron(1 - np.eye(2), np.ones((3, 3)))
    assert replicates.factors == pytest.approx(expected)
    assert replicates.scales == pytest.approx(np.full(6, 2 / 3))


@pytest.mark.parametrize("lonely", ["certainty", "average"])
@pytest.mark.parametrize("kind", ["jkn", "rao_wu"])
def test_lonely_strata_are_as_in_linearisation(kind, lonely):
    survey = survey_of(frame_of(6, 4).query("c not in (1, 2, 3)"), lonely=lonely)
    chosen = settings_of(kind, **({"n": 20_000} if kind in BY_CHANCE else {}))
    asked = {"statistic": "total", "small_sample": "none"}
    linear = jf.direct(survey, "y", **asked).levels()["std_error"].item()
    error = jf.direct(survey, "y", replicates=chosen, **asked).levels()["std_error"].item()
    assert error == pytest.approx(linear, rel=0.02 if kind in BY_CHANCE else 1e-12)


@pytest.mark.parametrize("least", range(1, 70))
def test_hadamard_matrices_are_orthogonal(least):
    matrix = hadamard(least)
    order = len(matrix)
    assert (np.abs(matrix) == 1).all()
    assert (matrix[0] == 1).all()
    assert (matrix @ matrix.T == order * np.eye(order)).all()
    assert least <= order
    assert order < least + 4 or least > 48 or least <= 2


# Settings and designs that are refused.


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"kind": "jnk"}, "Did you mean 'jkn'"),
        ({"kind": "fay"}, "needs rho="),
        ({"kind": "fay", "rho": 1}, "below 1"),
        ({"kind": "brr", "rho": 0.3}, "has none"),
        ({"kind": "jkn", "n": 100}, "follow from the design"),
        ({"kind": "rao_wu", "n": 1}, "at least 2"),
        ({"kind": "supplied", "mse": True}, "SuppliedReplicates"),
    ],
)
def test_settings_that_do_not_fit(settings, says):
    with pytest.raises(SpecError, match=says):
        Replicates(**settings)


@pytest.mark.parametrize("kind", ["brr", "fay"])
def test_balanced_halves_need_pairs(kind):
    frame = frame_of(3, 2).assign(h=lambda f: f["h"].map({0: "a", 1: "b", 2: "b"}))
    with pytest.raises(DesignError, match=r"1 of 2 strata have another number: 'b \(4\)'"):
        made(kind, survey_of(frame))


def test_strata_and_jk1():
    with pytest.raises(DesignError, match=r"without strata; this one has 3\. Use 'jkn'"):
        made("jk1", survey_of(frame_of(3, 2)))


def test_lonely_clusters_cannot_be_adjusted():
    survey = survey_of(frame_of(3, 2).query("c != 1"), lonely="adjust")
    with pytest.raises(DesignError, match="no replicate does"):
        made("jkn", survey)


def test_several_stages_are_refused():
    frame = frame_of(2, 3).assign(person=lambda f: np.arange(len(f)), f=0.2)
    stages = [jf.Stage(cluster="c", strata="h", fpc="f"), jf.Stage(cluster="person")]
    survey = survey_of(frame, stages=stages, strata=None, cluster=None)
    with pytest.raises(DesignError, match="later stages vary too"):
        made("jkn", survey)


def test_replicates_that_would_not_fit_into_memory_are_refused():
    with pytest.raises(DesignError, match="more memory"):
        made("rao_wu", survey_of(frame_of(100, 3)), n=1_000_000)


# Weights that came with the data.


@pytest.mark.parametrize("kind", [kind for kind, scale in SUPPLIED.items() if scale])
def test_supplied_kinds_imply_a_scale(kind):
    rho = {"rho": 0.5} if kind == "fay" else {}
    scales = SuppliedReplicates([f"w{k}" for k in range(16)], kind, **rho).scales
    known = {
        "jk1": 15 / 16,
        "jk2": 1,
        "brr": 1 / 16,
        "fay": 1 / 4,
        "bootstrap": 1 / 15,
        "sdr": 1 / 4,
    }
    assert scales == pytest.approx([known[kind]] * 16)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"columns": "w1", "kind": "sdr"}, "list of names"),
        ({"columns": ["w1"], "kind": "sdr"}, "at least two"),
        ({"columns": ["w1", "w1"], "kind": "sdr"}, "named twice: 'w1'"),
        ({"kind": "srd"}, "Did you mean 'sdr'"),
        ({"kind": "jkn"}, "implies no scale"),
        ({"kind": "other"}, "implies no scale"),
        ({"kind": "fay"}, "needs rho="),
        ({"kind": "brr", "scale": 0}, "must be positive"),
        ({"kind": "jkn", "rscales": [1, 1, 1]}, "3 numbers for 2 replicates"),
        ({"kind": "jkn", "rscales": [1, -1]}, "must not be negative"),
        ({"kind": "jkn", "rscales": 1.0}, "takes a list"),
        ({"kind": "brr", "df": 0}, "df= must be positive"),
    ],
)
def test_records_that_contradict_themselves(given, says):
    with pytest.raises(DesignError, match=says):
        SuppliedReplicates(**({"columns": ["w1", "w2"]} | given))


def supplied_survey(columns, **roles):
    frame = frame_of(3, 2).assign(**columns)
    record = SuppliedReplicates(list(columns), "bootstrap")
    return survey_of(frame, replicates=record, **roles)


def test_supplied_weights_are_read_once():
    weights = {"r1": frame_of(3, 2)["w"] * 1.5, "r2": frame_of(3, 2)["w"] * 0.5}
    survey = supplied_survey(weights)
    assert survey.rows.replicates.shape == (18, 2)
    assert not {"r1", "r2"} & set(survey.rows.keys)
    total = jf.direct(survey, "y", statistic="total", replicates=Replicates("supplied")).levels()
    # replicates of 1.5 and .5 times the total: variance .5 total²
    assert total["std_error"].item() == pytest.approx(np.sqrt(0.5) * total["estimate"].item())


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"r1": 1.0, "r2": np.nan}, "missing, text or infinite in 'r2'"),
        ({"r1": "a", "r2": 2.0}, "missing, text or infinite in 'r1'"),
        ({"r1": 100.0, "r2": 50.0}, "multiply them by the weight"),
    ],
)
def test_supplied_weights_that_cannot_be_used(columns, says):
    with pytest.raises(DataError, match=says):
        supplied_survey(columns)


def test_supplied_columns_must_be_there():
    record = SuppliedReplicates(["r1", "r2"], "bootstrap")
    with pytest.raises(DataError, match="role replicate weights: Unknown column 'r1'"):
        survey_of(frame_of(3, 2), replicates=record)


def test_a_weight_is_no_replicate_of_itself():
    record = SuppliedReplicates(["w", "r2"], "bootstrap")
    with pytest.raises(DesignError, match="cannot be both weights and replicate weights"):
        jf.SurveyDesign(weights="w", cluster="c", target="population", replicates=record)


def test_df_must_be_said_where_clusters_are_not():
    record = SuppliedReplicates(["r1", "r2"], "bootstrap")
    with pytest.raises(DesignError, match="must say SuppliedReplicates"):
        jf.SurveyDesign(weights="w", replicates=record)
    with pytest.raises(DesignError, match="takes SuppliedReplicates"):
        jf.SurveyDesign(weights="w", replicates=["r1", "r2"])


def test_a_codebook_may_hold_supplied_replicates():
    given = {"columns": ["r1", "r2"], "kind": "sdr", "df": 12}
    design = read_design({"weights": "w", "replicates": given})
    assert design.replicates == SuppliedReplicates(["r1", "r2"], "sdr", df=12)
    with pytest.raises(DesignError, match="Did you mean 'columns'"):
        read_design({"weights": "w", "replicates": {"column": ["r1"]}})
