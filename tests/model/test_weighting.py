"""What weights count in a pseudo-likelihood: their scaling, and that it must be said."""

import numpy as np
import pandas as pd
import pytest

import jfmodels as jf
from jfmodels.model.model import Model, lay_out, weigh
from jfmodels.model.weighting import SCALING, read_weighting

FORMULA = "yes ~ wave + (1 | commune)"


def frame(scale: float = 1.0) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    return pd.DataFrame(
        {
            "wave": rng.choice(["w1", "w2"], 200),
            "commune": rng.choice(["a", "b", "c", "d"], 200),
            "village": np.where(rng.random(200) < 0.1, None, "v"),
            "yes": rng.integers(0, 2, 200),
            "weight": scale * rng.uniform(0.3, 3, 200),
        }
    )


def survey(rows: pd.DataFrame) -> jf.Survey:
    design = jf.SurveyDesign(
        wave="wave", cluster="commune", weights="weight", repeats="clusters", target="population"
    )
    return jf.Survey(rows, design, {"outcomes": {"yes": {"scale": "binary"}}}, simulated=True)


def counts(rows: pd.DataFrame, pseudo: jf.Pseudo) -> pd.Series:
    """What all interviews of each commune, wave and answer count."""
    asked = survey(rows)
    laid = weigh(lay_out(Model(FORMULA), asked), asked, pseudo)
    patterns = laid.data.patterns.iloc[laid.latent.row]
    keys = [patterns["commune"].astype(str), patterns["wave"].astype(str)]
    return pd.Series(laid.latent.n).groupby([*(each.to_numpy() for each in keys)]).sum()


@pytest.mark.parametrize("within", [[], ["wave"], ["commune"], ["commune", "wave"]])
@pytest.mark.parametrize("scaling", SCALING)
def test_weights_of_a_group_add_up_to_what_was_said(scaling, within):
    rows = frame()
    groups = rows.groupby(within)["weight"] if within else rows["weight"].groupby(lambda _: 0)
    effective = groups.sum() ** 2 / groups.agg(lambda w: (w**2).sum())
    wanted = groups.size() if scaling == "size" else effective
    factor = wanted / groups.sum()
    keys = rows[within].apply(tuple, axis=1) if len(within) > 1 else rows[within].squeeze(axis=1)
    per_row = factor.reindex(keys).to_numpy() if within else factor.item()
    expected = (rows["weight"] * per_row).groupby([rows["commune"], rows["wave"]]).sum()
    found = counts(rows, jf.Pseudo(scaling=scaling, within=within))
    assert found.to_numpy() == pytest.approx(expected.to_numpy(), rel=1e-12)


@pytest.mark.parametrize("within", [None, "wave", "commune"])
@pytest.mark.parametrize("scaling", SCALING)
def test_ten_times_the_weights_count_the_same(scaling, within):
    pseudo = jf.Pseudo(scaling=scaling, within=within)
    one, ten = counts(frame(), pseudo), counts(frame(10.0), pseudo)
    assert ten.to_numpy() == pytest.approx(one.to_numpy(), rel=1e-12)


def test_priors_are_those_of_interviews_that_count_once():
    asked = survey(frame())
    laid = lay_out(Model(FORMULA), asked)
    assert weigh(laid, asked, jf.Pseudo()).prior_table().equals(laid.prior_table())


def test_once_weights_vary_their_part_must_be_said():
    data = lay_out(Model(FORMULA), survey(frame())).data
    with pytest.raises(jf.SpecError, match=r"must be said.*'ignore' lets.*'pseudo' lets"):
        read_weighting(data, None)
    with pytest.raises(jf.SpecError, match="Did you mean 'pseudo'"):
        read_weighting(data, "pseud")
    alike = lay_out(Model(FORMULA), survey(frame().assign(weight=2.5))).data
    assert read_weighting(alike, None) is read_weighting(data, "ignore") is None
    assert read_weighting(data, "pseudo") == jf.Pseudo()


def test_what_cannot_be_scaled_is_refused():
    asked = survey(frame())
    laid = lay_out(Model(FORMULA), asked)
    with pytest.raises(jf.SpecError, match="some interviews have no such group"):
        weigh(laid, asked, jf.Pseudo(within="village"))
    with pytest.raises(jf.SpecError, match="Unknown group 'comune'"):
        weigh(laid, asked, jf.Pseudo(within="comune"))
    with pytest.raises(jf.SpecError, match="Known: 'size', 'effective'"):
        jf.Pseudo(scaling="sice")
