"""An engine that the package has never heard of gets everything that the package can do.

It gives draws of every cell, made up from a normal distribution; tables, tests, pictures and
files then follow without a line changed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest

import jfmodels as jf
from jfmodels.model.cells import grid_of, read_where
from jfmodels.model.items import items_of
from jfmodels.results.draws import Draws
from jfmodels.results.engine import Belief, Check, Evidence, Question
from jfmodels.results.schema import DIAGNOSTICS, TESTS, columns


@dataclass(frozen=True)
class Oracle:
    """Believes that every cell is 0.4, and 0.1 more in each later wave."""

    survey: jf.Survey
    name: str = "oracle"

    def believe(self, question: Question) -> Belief:
        where = read_where(self.survey, question.where)
        items = items_of(self.survey, ["trust_army", "trust_police"], question.categories)
        grid = grid_of(self.survey, items, list(question.by), where)
        place = np.indices((len(items), *grid.shape))[1].ravel()
        size = len(place)
        draws = 0.4 + 0.1 * place + np.random.default_rng(1).normal(0, 0.02, (2000, size))
        evidence = Evidence(
            n=np.full(size, 100),
            n_clusters=np.full(size, 16),
            deff=np.full(size, np.nan),
            flags=np.zeros(size, dtype=np.int64),
        )
        return Belief(grid, Draws(draws), evidence)


@pytest.fixture(scope="module")
def fit() -> jf.Fit:
    return jf.Fit(Oracle(jf.example()))


def test_tables_have_the_one_shape_and_no_p_values(fit):
    levels, changes = fit.levels(by="region"), fit.changes(by="region")
    assert list(levels.columns) == columns(["region"]) == list(changes.columns)
    assert set(changes["engine"]) == {"oracle"}
    assert changes["p_value"].isna().all()
    assert changes["p_adjusted"].isna().all()
    assert (changes["prob_positive"] > 0.99).all()
    assert changes["estimate"].to_numpy() == pytest.approx(0.1, abs=0.003)
    assert changes["mc_error"].max() < 0.001


@pytest.mark.parametrize(
    "estimand",
    [
        jf.Level("region"),
        jf.Change("first", "region", scale="ratio"),
        jf.Contrast("region", "Mopti"),
        jf.Contrast("outcome"),
        jf.DiffInDiff("region", "Mopti"),
        jf.Slope("region"),
        jf.Index(["trust_army", "trust_police"], of=jf.Change(by="region")),
        jf.Range("outcome"),
    ],
)
def test_every_question_is_answered(fit, estimand):
    table = fit.estimate(estimand)
    assert len(table)
    assert table["estimate"].notna().all()
    assert (table["low"] <= table["high"]).all()


def test_adjusting_a_bayesian_fit_is_an_error(fit):
    with pytest.raises(jf.SpecError, match="prob_positive"):
        fit.changes(adjust="holm")


def test_joint_tests_give_a_probability(fit):
    table = fit.test("wave", by="region")
    assert list(table.columns) == ["outcome", "category", "region", *list(TESTS)[2:]]
    assert (table["probability"] > 0.99).all()
    assert table["p_value"].isna().all()


def test_pictures_and_files_follow(fit, tmp_path):
    trend = jf.plot_trend(fit.levels(by="region", where={"region": ["Gao", "Mopti"]}))
    forest = jf.plot_changes(fit.changes())
    assert trend.get_figure() is not None
    assert forest.get_figure() is not None
    path = tmp_path / "changes.csv"
    jf.write_table(fit.changes(), path)
    assert len(pd.read_csv(path)) == 10


class Mover(Oracle):
    """Knows what a number does, too: it says so in the grid."""

    def believe(self, question: Question) -> Belief:
        belief = super().believe(question)
        return replace(belief, grid=replace(belief.grid, per=question.effect))


def test_effects_are_told_from_levels_by_what_the_engine_says(fit):
    effect = jf.MarginalEffect("age", by="region")
    with pytest.raises(jf.SpecError, match="needs a model"):
        fit.estimate(effect)
    table = jf.Fit(Mover(jf.example())).estimate(effect)
    assert set(table["unit"]) == {"share per age"}
    assert (table["prob_positive"] > 0.99).all()
    assert not fit.levels()["unit"].str.contains("per").any()


def test_diagnostics_ask_the_engine_for_its_own(fit):
    class Checked(Oracle):
        def checks(self) -> list[Check]:
            return [Check("draws", "oracle", 4000.0, 1000.0, True, "4,000 draws")]

    asked = jf.Fit(Checked(jf.example())).diagnostics()
    assert list(asked.columns) == list(DIAGNOSTICS)
    assert asked.iloc[:-1].equals(fit.diagnostics())
    assert asked.iloc[-1].tolist() == ["draws", "oracle", 4000.0, 1000.0, True, "4,000 draws"]
