"""What a row says it rests on is what was interviewed."""

from __future__ import annotations

import pytest

import jfmodels as jf
from jfmodels.survey.example import simulate


def example(target: str) -> jf.Survey:
    made = simulate(2024)
    design = jf.SurveyDesign(
        wave="wave",
        strata="region",
        cluster="commune",
        weights="weight",
        repeats="clusters",
        target=target,
        selection="purposive",
    )
    return jf.Survey(made.frame, design, made.codebook, simulated=True)


@pytest.mark.parametrize("target", ["population", "these_clusters"])
def test_clusters_are_counted_the_same_whatever_the_target(target):
    table = jf.direct(example(target), "trust_army").levels()
    assert table["n_clusters"].tolist() == [16, 15, 14, 15, 14, 16]
    assert (table["target"] == target).all()


def test_clusters_chosen_on_purpose_are_flagged_only_where_they_stand_for_others():
    flags = {
        target: jf.direct(example(target), "trust_army").levels()["flag"]
        for target in ("population", "these_clusters")
    }
    assert all("clusters_purposive" in flag for flag in flags["population"])
    assert not any("clusters_purposive" in flag for flag in flags["these_clusters"])


def test_a_commune_alone_has_an_error_only_where_people_are_what_varies():
    by = {"by": "commune"}
    population = jf.direct(example("population"), "trust_army").levels(**by)
    people = jf.direct(example("these_clusters"), "trust_army").levels(**by)
    asked = population["n"] > 0
    assert population.loc[asked, "std_error"].isna().all()
    assert all("one_cluster" in flag for flag in population.loc[asked, "flag"])
    assert (people.loc[asked, "std_error"] > 0).all()
