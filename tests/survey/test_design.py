"""A design must be complete before it meets data, and say everything that is wrong at once."""

import pytest

from jfmodels.errors import DesignError, SpecError
from jfmodels.survey.design import LONELY, REPEATS, TARGETS, Stage, SurveyDesign, as_names

CLUSTERED = {"cluster": "commune", "target": "population"}
WAVES = {"wave": "wave", "repeats": "clusters"}
SINGLE = ["wave", "weights", "fpc", "interviewer", "person", "date"]


def refusal(**roles):
    with pytest.raises(DesignError) as refused:
        SurveyDesign(**roles)
    return str(refused.value)


class TestWhatMustBeSaid:
    def test_nothing_need_be_said_of_a_single_random_sample(self):
        assert SurveyDesign().roles == {}

    def test_waves_must_say_what_repeats(self):
        says = refusal(wave="wave")
        assert "must say repeats=" in says
        assert all(f"repeats='{name}'" in says for name in REPEATS)

    @pytest.mark.parametrize("clusters", [{"cluster": "c"}, {"stages": [Stage(cluster="c")]}])
    def test_clusters_must_say_what_they_stand_for(self, clusters):
        says = refusal(**clusters)
        assert "must say target=" in says
        assert all(f"target='{name}'" in says for name in TARGETS)

    def test_one_error_lists_every_open_question_and_contradiction(self):
        says = refusal(wave="wave", cluster="commune", lonely="adjsut", weights="commune")
        assert "4 problems" in says
        assert "Unknown lonely 'adjsut'. Did you mean 'adjust'?" in says
        assert "repeats=" in says
        assert "target=" in says
        assert "column 'commune' cannot be both weights and cluster." in says


class TestNearMisses:
    @pytest.mark.parametrize(
        ("role", "value", "meant"),
        [
            ("lonely", "avrage", "average"),
            ("repeats", "cluster", "clusters"),
            ("target", "populaton", "population"),
            ("selection", "purposeful", "purposive"),
        ],
    )
    def test_are_named(self, role, value, meant):
        says = refusal(**(CLUSTERED | WAVES | {role: value}))
        assert f"Unknown {role} '{value}'. Did you mean '{meant}'?" in says

    @pytest.mark.parametrize("value", [3, None, ["adjust"], {}, True])
    @pytest.mark.parametrize("role", ["lonely", "selection"])
    def test_options_are_text(self, role, value):
        assert f"Unknown {role}" in refusal(**{role: value})


class TestContradictions:
    @pytest.mark.parametrize(
        ("roles", "says"),
        [
            ({"wave": "w", "repeats": "people"}, "needs person="),
            ({"wave": "w", "repeats": "clusters"}, "needs cluster="),
            ({"repeats": "nothing"}, "wave= is not given"),
            ({"target": "these_clusters"}, "target='these_clusters' needs cluster="),
            (
                {"stages": [Stage(cluster="c")], "strata": "s", "target": "population"},
                "either stages= or cluster=, strata= and fpc=, not both",
            ),
            ({"stages": [Stage(cluster=None)], "target": "population"}, "stage 1 names no cluster"),
        ],
    )
    def test_are_said(self, roles, says):
        assert says in refusal(**roles)

    @pytest.mark.parametrize(
        ("roles", "says"),
        [
            ({"weights": "x", "fpc": "x"}, "'x' cannot be both weights and fpc"),
            ({"strata": "x", "weights": "x"}, "'x' cannot be both weights and strata"),
            ({"person": "x", "interviewer": "x"}, "'x' cannot be both interviewer and person"),
            ({"wave": "x", "repeats": "nothing", "person": "x"}, "both wave and person"),
            ({**CLUSTERED, "date": "commune"}, "both date and cluster"),
        ],
    )
    def test_a_column_has_one_role(self, roles, says):
        assert says in refusal(**roles)

    @pytest.mark.parametrize(
        "roles",
        [
            {"strata": "region", "cluster": ["region", "commune"], "target": "population"},
            {"wave": "year", "strata": ["year", "region"], "repeats": "nothing"},
            {"wave": "day", "date": "day", "repeats": "nothing"},
            {"cluster": "team", "interviewer": "team", "target": "population"},
        ],
    )
    def test_columns_that_nest_may_share(self, roles):
        assert SurveyDesign(**roles)


class TestRolesAreNames:
    @pytest.mark.parametrize("role", SINGLE)
    @pytest.mark.parametrize("value", [["a", "b"], ("a",), 3, {"a"}, b"a", 1.5, ""])
    def test_a_single_role_takes_one_column(self, role, value):
        assert f"{role}= takes the name of one column" in refusal(**{role: value})

    @pytest.mark.parametrize("role", ["strata", "cluster"])
    @pytest.mark.parametrize("value", [3, [], (), "", {"a"}, [1], ["a", ""], [["a"]], ["a", "a"]])
    def test_a_list_role_takes_columns(self, role, value):
        assert f"{role}= " in refusal(**{role: value}, target="population")

    @pytest.mark.parametrize("stages", ["district", {"cluster": "a"}, [{"cluster": "a"}], 3])
    def test_stages_are_records(self, stages):
        assert "tage" in refusal(stages=stages, target="population")

    def test_a_stage_is_checked_like_a_design(self):
        stages = [Stage(cluster="a", fpc=["n"]), Stage(cluster=3)]
        says = refusal(stages=stages, target="population")
        assert "stage 1, fpc= takes the name of one column; found list" in says
        assert "stage 2, cluster= takes a column or a list of columns; found int" in says

    @pytest.mark.parametrize("value", [3, {"a"}, ["a", 1], [None]])
    def test_as_names_takes_text_alone(self, value):
        with pytest.raises(SpecError, match="ame"):
            as_names(value)


class TestRoles:
    def test_every_column_knows_its_role(self):
        design = SurveyDesign(
            **WAVES, strata=["region", "urban"], **CLUSTERED, weights="w", date="day"
        )
        assert design.roles == {
            "wave": "wave",
            "w": "weights",
            "day": "date",
            "region": "strata",
            "urban": "strata",
            "commune": "cluster",
        }

    def test_of_several_stages_are_numbered(self):
        stages = [Stage(cluster="a", fpc="m"), Stage(cluster="b", fpc="n")]
        design = SurveyDesign(stages=stages, target="population")
        assert design.roles["m"] == "fpc of stage 1"
        assert design.roles["b"] == "cluster of stage 2"

    def test_a_design_of_lists_is_not_changed_by_them(self):
        stages = [Stage(cluster="a")]
        design = SurveyDesign(stages=stages, target="population")
        stages.append(Stage(cluster="b"))
        assert len(design.all_stages) == 1

    @pytest.mark.parametrize("lonely", LONELY)
    def test_every_way_with_a_lonely_stratum_is_accepted(self, lonely):
        assert SurveyDesign(lonely=lonely).lonely == lonely
