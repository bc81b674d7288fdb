"""A published sentence that the data do not bear, and published numbers that they give."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import jfmodels as jf

HERE = Path(__file__).parent
SENTENCES = ("rose", "rose_excluded", "rose_common")
LEVELS = (
    "president_2005",
    "assembly_2005",
    "courts_2005",
    "ruling_party_2014",
    "opposition_2014",
)


@pytest.fixture(scope="module")
def survey(shared_data: Path) -> jf.Survey:
    data = shared_data / "afrobarometer_mali_r2_r7.parquet"
    return jf.read_survey(data, codebook=HERE / "afrobarometer_mali.yaml")


@pytest.fixture(scope="module", params=["cr2", "none"])
def verdicts(request, survey) -> jf.Verdicts:
    """With bias-reduced errors, and with R's."""
    claims = jf.read_claims(HERE / "mali_claims.yaml")
    return jf.judge(claims, survey, small_sample=request.param)


@pytest.mark.parametrize("sentence", SENTENCES)
def test_two_parts_are_borne_out_and_the_courts_are_not(verdicts, sentence):
    parts = verdicts.of_parts(sentence)
    assert parts["verdict"].tolist() == ["supported", "supported", "undecided"]
    whole = verdicts.of_claims.set_index("claim").loc[sentence]
    assert whole["verdict"] == "undecided"
    assert "the data do not bear the part about “Trust in the courts" in whole["says_en"]
    assert "n'établissent pas ce qui concerne « Confiance envers les tribunaux" in whole["says_fr"]


def test_the_courts_moved_by_less_than_the_survey_could_have_found(verdicts):
    courts = verdicts.of_parts("rose").iloc[-1]
    assert round(100 * courts["estimate"], 1) == -0.6
    # R's standard error is 2.3 points, and (1.97 + 0.84) times that is 6.5. The planning variance
    # is pooled over rounds, and that of a share which moves towards one half: a tenth off at most
    assert courts["detectable"] == pytest.approx(0.065, rel=0.1)
    assert "would have been found four times in five" in courts["says_en"]


@pytest.mark.parametrize("sentence", SENTENCES)
def test_intervals_are_those_of_r(survey, shared_reference, sentence):
    claims = jf.read_claims(HERE / "mali_claims.yaml")
    parts = jf.judge(claims, survey, small_sample="none").of_parts(sentence)
    reference = pd.read_csv(shared_reference / "mali_contrasts_R_survey.csv")
    wanted = {
        "denominator": "excl_dk" if sentence == "rose_excluded" else "incl_dk",
        "regions": "6 common (R5 frame)" if sentence == "rose_common" else "all",
        "from": "R5",
        "to": "R6",
    }
    for column, value in wanted.items():
        reference = reference[reference[column] == value]
    r = reference.set_index("item").loc[["trust_president", "trust_parliament", "trust_courts"]]
    assert parts["estimate"].to_numpy() == pytest.approx(r["diff"].to_numpy(), rel=1e-9)
    # R's own interval of a change is not stored; half of ours over its error is a t quantile
    quantile = (parts["high"] - parts["estimate"]).to_numpy() / r["se"].to_numpy()
    assert quantile == pytest.approx([1.97] * 3, abs=0.01)


@pytest.mark.parametrize("level", LEVELS)
def test_published_levels_are_reproduced_with_dont_know_in_the_base(verdicts, level):
    row = verdicts.of_claims.set_index("claim").loc[level]
    assert row["reproduced"]
    assert "The published number is reproduced." in row["says_en"]


def test_excluding_dont_know_breaks_the_courts_figure_and_that_is_said(verdicts):
    says = verdicts.of_claims.set_index("claim").loc["courts_2005", "says_en"]
    assert "With don't-know excluded it would be 58 %." in says


def test_no_verdict_rests_on_a_wave_with_other_answers(survey):
    part = jf.read_claims(HERE / "mali_claims.yaml").claims["rose"].parts["courts"]
    earlier = replace(part, wave="R3", against="R2")
    claim = jf.Claim(text="Trust in the courts fell.", source="nobody", parts={"courts": earlier})
    row = jf.judge(claim, survey).of_claims.iloc[0]
    assert row["verdict"] == "undecided"
    assert row["flag"] == ("relabelled",)
    assert "No verdict rests on this" in row["says_en"]


def test_the_courts_verdict_stands_whatever_a_critic_varies(survey):
    claims = jf.read_claims(HERE / "mali_claims.yaml")
    rose = jf.Claims(claims={"rose": claims.claims["rose"]})
    varied = ["base", "weights", "places", "target"]
    verdicts = jf.judge(rose, survey, robustness=varied)
    found = verdicts.specifications
    assert found["stands"].all()
    assert found["specification"].nunique() == 9
    common = found[(found["part"] == "courts") & (found["specification"].str.fullmatch("places.*"))]
    six = jf.judge(claims, survey).of_parts("rose_common").iloc[-1]
    assert common["estimate"].item() == six["estimate"]
    assert common["low"].item() == six["low"]
