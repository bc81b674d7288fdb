"""Replications of the interviews: what is observed, what is expected, and what is flagged."""

from __future__ import annotations

import numpy as np
import pytest
from latent_cases import CODEBOOK, DESIGN, OUTCOMES, people, simulated
from posterior_cases import fitted

import jfmodels as jf
from jfmodels.model.families import FAMILIES
from jfmodels.results.schema import PREDICTIVE, columns

pytestmark = pytest.mark.filterwarnings("ignore::jfmodels.errors.FitWarning")  # few draws
MODEL = "yes ~ wave + x + (1 | commune)"


@pytest.mark.parametrize("family", FAMILIES)
def test_observed_is_what_was_answered(family):
    outcome = OUTCOMES[family]
    fit = jf.fit(
        f"{outcome} ~ wave + (1 | commune)",
        simulated(),
        family=family,
        engine=jf.Laplace(draws=400, on_poor_k="warn"),
    )
    table, frame = fit.ppc("region"), people()
    cells = frame.groupby(["wave", "region"])[outcome]
    assert list(table) == columns(["region"], PREDICTIVE)
    places = dict(enumerate(fit.engine.response.categories))
    for category, part in table.groupby("category", observed=True, dropna=False):
        chosen = [place for place, name in places.items() if name == category]
        given = cells.apply(lambda y, c=chosen: np.isin(y, c).mean()) if chosen else cells.mean()
        assert part["observed"].to_numpy() == pytest.approx(given.to_numpy())
        assert part["n"].tolist() == cells.size().tolist()
    # nothing in these data but an interaction of chance is missing from the model
    sd = (table["high"] - table["low"]) / 4
    assert (np.abs(table["observed"] - table["predicted"]) < 4 * sd).all()


def test_sums_are_those_of_people_drawn_one_by_one():
    fit = fitted(MODEL, 4000)
    table, idata = fit.ppc(), fit.idata
    wave = idata["constant_data"]["wave"].to_numpy()
    for k, name in enumerate(("w1", "w2", "w3")):
        drawn = idata["posterior_predictive"]["yes"].to_numpy()[:, :, wave == name].mean(axis=2)
        error = drawn.std() / np.sqrt(400)  # draws are not independent
        assert table["predicted"][k] == pytest.approx(drawn.mean(), abs=5 * error)
        width = np.diff(np.quantile(drawn, [0.025, 0.975])).item()
        # Of 400 draws that are independent a width is known to 5 %, so two differ by 7 %.
        assert table["high"][k] - table["low"][k] == pytest.approx(width, rel=0.2)


def test_what_the_model_leaves_out_is_flagged():
    frame = people()
    frame["yes"] = np.where((frame["wave"] == "w2") & (frame["region"] == "south"), 1, frame["yes"])
    fit = jf.fit(
        "yes ~ wave + x + (1 | commune)",
        jf.Survey(frame, DESIGN, CODEBOOK),
        engine=jf.Laplace(draws=1000, on_poor_k="warn"),
    )
    table = fit.ppc("region").set_index(["wave", "region"])
    missed = table.loc[("w2", "south")]
    assert "misfit" in missed["flag"]
    assert missed["tail_probability"] < 0.01
    assert (missed["observed"] > missed["high"]) & (missed["predicted"] < 1)


def test_a_wider_interval_flags_less():
    fit = fitted(MODEL)
    narrow, wide = (fit.ppc("commune", coverage=each) for each in (0.5, 0.99))
    assert (narrow["high"] <= wide["high"]).all()
    flagged = [sum("misfit" in each for each in table["flag"]) for table in (narrow, wide)]
    assert flagged[0] > flagged[1]


def test_the_same_seed_gives_the_same_table():
    assert fitted(MODEL).ppc("region").equals(fitted(MODEL).ppc("region"))


def test_groups_need_not_be_in_the_model_and_must_be_known():
    fit = fitted("yes ~ wave + (1 | commune)")
    assert len(fit.ppc("interviewer")) == 15
    with pytest.raises(jf.SpecError, match="Did you mean 'commune'"):
        fit.ppc("comune")
    with pytest.raises(jf.SpecError, match="wave is always there"):
        fit.ppc("wave")
    with pytest.raises(jf.SpecError, match="coverage"):
        fit.ppc(coverage=95)


def test_a_survey_without_waves_is_one_cell():
    design = jf.SurveyDesign(cluster="commune", target="population")
    fit = jf.fit(
        "yes ~ x + (1 | commune)",
        jf.Survey(people().drop(columns="wave"), design, {**CODEBOOK, "waves": {}}),
        engine=jf.Laplace(draws=400, on_poor_k="warn"),
    )
    table = fit.ppc()
    assert table["n"].tolist() == [600]
    assert table["wave"].isna().all()
