"""Many fits: the same wherever they are computed, failures told, p-values adjusted together."""

from __future__ import annotations

import pickle
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

import numpy as np
import pytest
from latent_cases import BLOCK_TERMS, simulated
from posterior_cases import fitted
from statsmodels.stats.multitest import multipletests

import jfmodels as jf
from jfmodels.engines import many
from jfmodels.engines.bayesian.parcel import Parcel
from jfmodels.model.effects import BLOCKS
from jfmodels.model.families import FAMILIES, family_named
from jfmodels.results.schema import FAILURES, STACKED

SURVEY = jf.example()
ITEMS = ("trust_army", "trust_police", "trust_gendarmerie")
FORMULAS = {item: f"shown({item}) ~ wave" for item in ITEMS}
FITS = jf.fit_many(FORMULAS, SURVEY)


def test_each_is_what_fit_gives():
    assert list(FITS) == list(ITEMS)
    for item, formula in FORMULAS.items():
        assert FITS[item].levels().equals(jf.fit(formula, SURVEY).levels())


def test_stacked_rows_are_those_of_each_adjusted_over_all():
    table = FITS.changes("first")
    assert list(table.columns) == [name for name in STACKED if "<" not in name]
    assert table["fit"].cat.categories.tolist() == list(ITEMS)
    assert table["wave"].dtype == FITS["trust_army"].levels()["wave"].dtype
    alone = [FITS[item].changes("first") for item in ITEMS]
    p = np.concatenate([each["p_value"] for each in alone])
    assert table["p_value"].tolist() == p.tolist()
    by_statsmodels = multipletests(p, method="holm")[1]
    assert table["p_adjusted"].to_numpy() == pytest.approx(by_statsmodels)
    assert set(table["adjustment"]) == {"holm over 15"}
    assert set(FITS.changes("first", adjust="bh")["adjustment"]) == {"bh over 15"}


def test_the_order_of_models_does_not_matter():
    turned = jf.fit_many(dict(reversed(FORMULAS.items())), SURVEY).changes("first")
    key = ["outcome", "wave"]
    one, other = (
        each.astype(dict.fromkeys(key, str)).sort_values(key)["p_adjusted"].tolist()
        for each in (FITS.changes("first"), turned)
    )
    assert one == other


def test_bayesian_tables_stack_without_p_values():
    formulas = {"yes": "yes ~ wave + (1 | commune)", "level": "level ~ wave + (1 | commune)"}
    fits = jf.fit_many(formulas, simulated(), engine=jf.Laplace(draws=1600))
    table = fits.changes("first", by="region", rope=0.05)
    assert len(table) == 8
    assert table["p_adjusted"].isna().all()
    assert table["prob_rope"].notna().all()


@pytest.mark.parametrize(
    "executor",
    [
        lambda: ThreadPoolExecutor(2),
        lambda: ProcessPoolExecutor(1, mp_context=get_context("spawn")),
    ],
)
def test_any_executor_gives_the_same(executor):
    formulas = ["yes ~ wave + (1 | commune)", "yes ~ wave", "yse ~ wave"]
    here = jf.fit_many(formulas, simulated())
    with executor() as elsewhere:
        there = jf.fit_many(formulas, simulated(), executor=elsewhere)
    assert there.levels().equals(here.levels())
    assert there.failures.equals(here.failures)
    assert all(fit.engine.survey is simulated() for fit in there.values())


def test_failures_are_told_and_the_rest_is_finished():
    fits = jf.fit_many({"a": "yse ~ wave", "b": "yes ~ wave", "c": "yes ~ wave +"}, simulated())
    assert list(fits) == ["b"]
    assert list(fits.failures.columns) == list(FAILURES)
    assert fits.failures["fit"].tolist() == ["a", "c"]
    assert "Did you mean 'yes'" in fits.failures["message"].iloc[0]
    assert repr(fits).startswith("Fits: 1 succeeded, 2 failed\n")


def test_a_question_that_one_cannot_answer_names_it():
    with pytest.raises(jf.SpecError, match="trust_army: Unknown group 'regoin'"):
        FITS.levels(by="regoin")
    with pytest.raises(jf.SpecError, match="Did you mean 'trust_army'"):
        FITS["trust_amry"]
    nothing = jf.fit_many(["yse ~ wave"], simulated())
    with pytest.raises(jf.EstimationError, match="failures"):
        nothing.levels()


@pytest.mark.parametrize(
    "formulas", [[], {}, "yes ~ wave", ["a ~ b", "a ~ b"], [jf.Model("a ~ b")]]
)
def test_models_have_names(formulas):
    with pytest.raises(jf.SpecError, match="formulas"):
        jf.fit_many(formulas, simulated())


def test_progress_is_shown_where_asked_for(capsys):
    jf.fit_many(["yes ~ wave"], simulated(), progress=True)
    assert "Fitting" in capsys.readouterr().err
    jf.fit_many(["yes ~ wave"], simulated())
    assert capsys.readouterr().err == ""


def test_samplers_show_no_bars_of_their_own_among_many(monkeypatch):
    asked = []

    def fit(*_, engine, **__):
        asked.append(engine)
        raise jf.SpecError("nothing is fitted here")

    monkeypatch.setattr(many, "fit", fit)
    for engine in ("nuts", jf.Nuts(seed=3), jf.Nuts(progress=True), "laplace", None):
        jf.fit_many(["yes ~ wave"], simulated(), engine=engine)
    silent = jf.Nuts(progress=False)
    expected = [silent, replace(silent, seed=3), jf.Nuts(progress=True)]
    expected += [jf.Laplace(progress=False), jf.Weighted()]
    assert asked == expected


@pytest.mark.parametrize("terms", [BLOCK_TERMS[block] for block in BLOCKS])
def test_every_block_travels_between_processes_without_its_survey(terms):
    fit = fitted(f"yes ~ wave + x + {terms}", 100)
    packed = pickle.dumps(Parcel(fit, fit.engine.survey))
    back = pickle.loads(packed).open(fit.engine.survey)
    assert back.engine.survey is fit.engine.survey
    assert back.levels(over="wave").equals(fit.levels(over="wave"))


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_travels_by_name(family):
    made = FAMILIES[family]()
    again = pickle.loads(pickle.dumps(made))
    assert (again.name, again.link) == (made.name, made.link)
    if made.link == "logit" and family != "categorical":
        assert pickle.loads(pickle.dumps(family_named(family, "probit"))).link == "probit"
