"""Strata and clusters must be numbered as the design says, and contradictions be told."""

import numpy as np
import pandas as pd
import pytest

import jfmodels as jf
from jfmodels.errors import DataError
from jfmodels.survey.survey import Survey

CLUSTERS = pd.DataFrame(
    {
        "region": ["n", "n", "n", "n", "s", "s", "s", "s"],
        "place": ["a", "a", "b", "b", "c", "c", "d", "d"],
        "q": [0, 1, 1, 1, 0, 0, 1, 0],
    }
)
BOOK = {"outcomes": {"q": {"scale": "binary"}}}
STRATIFIED = {"strata": "region", "cluster": "place", "target": "population"}


def survey_of(frame=CLUSTERS, **roles):
    return Survey(frame, jf.SurveyDesign(**(STRATIFIED | roles)), BOOK)


def refusal(frame=CLUSTERS, **roles):
    with pytest.raises(DataError) as refused:
        survey_of(frame, **roles)
    return str(refused.value)


def waves(frame=CLUSTERS, n=2):
    return pd.concat([frame.assign(wave=f"Q{k + 1}") for k in range(n)], ignore_index=True)


class TestWhatVaries:
    def sizes(self, frame=CLUSTERS, **roles):
        survey = survey_of(frame, **roles)
        stage = survey.sampling.stages[0]
        return stage.n_strata, len(stage.stratum), survey.sampling.df

    def test_clusters_vary_within_strata(self):
        assert self.sizes() == (2, 4, 2)

    def test_people_vary_within_these_clusters(self):
        assert self.sizes(target="these_clusters") == (4, 8, 4)

    def test_rows_vary_without_clusters(self):
        assert self.sizes(cluster=None) == (2, 8, 6)
        assert self.sizes(cluster=None, strata=None) == (1, 8, 7)

    @pytest.mark.parametrize(
        ("repeats", "sizes"), [("clusters", (2, 4, 2)), ("nothing", (4, 8, 4))]
    )
    def test_clusters_that_are_drawn_anew_nest_in_the_wave(self, repeats, sizes):
        assert self.sizes(waves(), wave="wave", repeats=repeats) == sizes

    @pytest.mark.parametrize(
        ("repeats", "sizes"), [("clusters", (8, 16, 8)), ("people", (4, 8, 4))]
    )
    def test_people_of_these_clusters_may_be_asked_again(self, repeats, sizes):
        frame = waves(CLUSTERS.assign(id=range(8)))
        roles = {"wave": "wave", "repeats": repeats, "person": "id", "target": "these_clusters"}
        assert self.sizes(frame, **roles) == sizes

    def test_a_list_is_an_interaction(self):
        frame = CLUSTERS.assign(place=["a", "a", "b", "b", "a", "a", "b", "b"])
        assert self.sizes(frame, cluster=["region", "place"]) == (2, 4, 2)

    def test_names_do_not_matter_nor_does_the_order_of_rows(self):
        shuffled = CLUSTERS.sample(frac=1, random_state=3)
        numbered = shuffled.assign(region=shuffled["region"].map({"n": 2.0, "s": 10.0}))
        assert self.sizes(numbered) == self.sizes()
        assert set(survey_of(numbered).sampling.strata_names) == {"2", "10"}

    def test_ids_that_look_like_numbers_stay_apart(self):
        # Python would read '1_12' and '11_2' as the same number
        frame = CLUSTERS.assign(place=["1_12"] * 2 + ["11_2"] * 2 + ["1e2"] * 2 + ["100"] * 2)
        assert self.sizes(frame) == (2, 4, 2)


class TestNesting:
    def test_a_cluster_in_two_strata_is_named_with_both_ways_out(self):
        says = refusal(CLUSTERS.replace({"place": {"c": "a"}}))
        assert "clusters that lie in more than one stratum: 'a'." in says
        assert "use cluster=['region', 'place']" in says
        assert "repair its stratum" in says

    def test_a_cluster_that_changes_its_stratum_over_waves_is_named(self):
        frame = waves()
        frame.loc[frame["place"].eq("d") & frame["wave"].eq("Q2"), "region"] = "n"
        says = refusal(frame, wave="wave", repeats="clusters")
        assert "'d'" in says
        assert survey_of(frame, wave="wave", repeats="nothing", lonely="adjust").n == 16

    def test_is_also_asked_of_these_clusters(self):
        frame = CLUSTERS.replace({"place": {"c": "a"}})
        assert "more than one stratum: 'a'" in refusal(frame, target="these_clusters")

    def test_persons_are_counted_and_not_named(self):
        frame = waves(CLUSTERS.assign(id=[f"Amadou {k}" for k in range(8)]))
        frame.loc[frame.index[-1], "region"] = "n"
        roles = {"cluster": None, "wave": "wave", "repeats": "people", "person": "id"}
        says = refusal(frame, **roles)
        assert "persons ('id') who lie in more than one stratum over the waves: 1." in says
        assert "Amadou" not in says

    def test_missing_roles_are_not_also_taken_for_contradictions(self):
        frame = CLUSTERS.assign(place=["a", "a", None, "b", None, "c", "d", "d"])
        says = refusal(frame, lonely="adjust")
        assert says == (
            "Survey: column 'place' (cluster) is missing in 2 rows. Fill it in or leave those "
            "rows out."
        )

    @pytest.mark.parametrize("role", ["region", "place"])
    def test_a_role_may_be_missing_everywhere(self, role):
        assert f"'{role}'" in refusal(CLUSTERS.assign(**{role: np.nan}), lonely="adjust")

    def test_one_role_of_an_interaction_may_be_missing_everywhere(self):
        says = refusal(CLUSTERS.assign(urban=None), cluster=["place", "urban"])
        assert "column 'urban' (cluster) is missing in 8 rows" in says


class TestLonely:
    FRAME = CLUSTERS.iloc[:6]

    def test_strata_are_named_with_the_ways_out(self):
        says = refusal(self.FRAME)
        assert "1 stratum has one cluster, so the variance cannot be estimated: 's'." in says
        assert "lonely='adjust', 'certainty' or 'average'" in says

    @pytest.mark.parametrize("lonely", ["adjust", "certainty", "average"])
    def test_strata_are_dealt_with_as_was_said(self, lonely):
        fit = jf.direct(survey_of(self.FRAME, lonely=lonely), "q", small_sample="none")
        assert fit.levels()["estimate"].tolist() == [0.5]
        assert fit.levels()["std_error"].notna().all()

    def test_average_needs_a_stratum_to_average(self):
        frame = self.FRAME[self.FRAME["place"] != "b"]
        assert "lonely='average' has nothing to average" in refusal(frame, lonely="average")

    def test_a_census_of_clusters_is_not_lonely(self):
        frame = self.FRAME.assign(fpc=[10] * 4 + [1] * 2)
        assert survey_of(frame, fpc="fpc").n == 6

    def test_one_row_and_one_cluster_are_lonely(self):
        assert "1 stratum has one cluster" in refusal(CLUSTERS.iloc[:2], strata=None)
        assert "1 stratum has one interview" in refusal(
            CLUSTERS.iloc[:1], strata=None, cluster=None, target=None
        )

    def test_these_clusters_may_be_of_one_person(self):
        says = refusal(CLUSTERS.iloc[:7], target="these_clusters")
        assert "1 stratum has one interview" in says
        assert "'s × d'" in says

    def test_is_asked_of_every_stage(self):
        frame = CLUSTERS.assign(street=[1, 2, 1, 2, 1, 2, 1, 1], m=9, n=9)
        stages = [
            jf.Stage(cluster="place", strata="region", fpc="m"),
            jf.Stage(cluster="street", fpc="n"),
        ]
        roles = {"strata": None, "cluster": None, "stages": stages}
        assert "1 stratum has one cluster at stage 2" in refusal(frame, **roles)
        assert survey_of(frame, **roles, lonely="certainty").n == 8


class TestPopulationCorrection:
    def fractions(self, values, **roles):
        survey = survey_of(CLUSTERS.assign(fpc=values), fpc="fpc", **roles)
        return survey.sampling.stages[0].fraction.tolist(), survey.rows.weight

    def test_takes_counts_or_fractions(self):
        counts, by_count = self.fractions([4] * 4 + [8] * 4)
        fractions, by_fraction = self.fractions([0.5] * 4 + [0.25] * 4)
        assert counts == fractions == [0.5, 0.25]
        assert by_count.tolist() == by_fraction.tolist() == [2] * 4 + [4] * 4

    def test_implies_weights_whatever_the_target(self):
        frame = CLUSTERS.assign(fpc=[4] * 4 + [8] * 4)
        survey = survey_of(frame, fpc="fpc", target="these_clusters")
        assert survey.rows.weight.tolist() == [2] * 4 + [4] * 4

    def test_implies_no_weights_where_some_are_given(self):
        frame = CLUSTERS.assign(fpc=4, w=3)
        assert survey_of(frame, fpc="fpc", weights="w").rows.weight.tolist() == [3] * 8

    def test_of_all_stages_implies_weights(self):
        frame = CLUSTERS.assign(street=[1, 2] * 4, m=4, n=[4] * 4 + [6] * 4)
        stages = [
            jf.Stage(cluster="place", strata="region", fpc="m"),
            jf.Stage(cluster="street", fpc="n"),
        ]
        survey = survey_of(frame, strata=None, cluster=None, stages=stages)
        assert survey.rows.weight.tolist() == pytest.approx([4] * 4 + [6] * 4)
        assert len(survey.sampling.stages) == 2

    def test_of_the_first_stage_alone_ends_there(self):
        frame = CLUSTERS.assign(street=[1, 2] * 4, n=9)
        stages = [jf.Stage(cluster="place", strata="region"), jf.Stage(cluster="street", fpc="n")]
        survey = survey_of(frame, strata=None, cluster=None, stages=stages)
        assert len(survey.sampling.stages) == 1
        assert survey.rows.weight.tolist() == [1] * 8

    @pytest.mark.parametrize(
        ("values", "says"),
        [
            ([0.5] * 4 + [8] * 4, "mixes fractions (at most 1) and counts"),
            ([4, 4, 4, 5] + [8] * 4, "differs within 1 stratum"),
            ([4, 4, 4, 5, 8, 8, 8, 9], "differs within 2 strata"),
            ([1.5] * 4 + [8] * 4, "1 stratum with more sampled units than it says there are"),
            ([None, "x", 0, -1, np.inf, 8, 8, 8], "not a number in 1 row, missing in 1 row"),
            ([None, "x", 0, -1, np.inf, 8, 8, 8], "infinite in 1 row, negative in 1 row, zero"),
            ([[4]] * 8, "not a number in 8 rows"),
        ],
    )
    def test_faults_are_said(self, values, says):
        frame = CLUSTERS.assign(fpc=pd.Series(values, dtype=object))
        assert says in refusal(frame, fpc="fpc")


def test_clusters_are_counted_in_the_repr():
    frame = waves()
    roles = {"wave": "wave", "repeats": "clusters"}
    for target in ("population", "these_clusters"):
        assert "4 clusters" in repr(survey_of(frame, **roles, target=target))
    assert "8 clusters" in repr(survey_of(frame, wave="wave", repeats="nothing"))
