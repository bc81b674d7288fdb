"""A real survey: published figures reproduced, and R's numbers to the ninth digit.

R's own numbers were made after leaving out the rows without an answer, which in round 2 also
leaves out four PSUs in which everybody answered "don't know"; we keep them as empty members of
the design, as R's `na.rm=TRUE` does. Both readings are checked.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import jfmodels as jf
from jfmodels.cli import app
from jfmodels.survey.read import read_yaml

CODEBOOK = Path(__file__).with_name("afrobarometer_mali.yaml")
ITEMS = ["trust_president", "trust_parliament", "trust_courts", "trust_police", "trust_army"]
NOT_IN_R5 = ("Gao", "Kidal", "Tombouctou")
FRAMES = {"all": None, "6 common (R5 frame)": NOT_IN_R5}
NO_ANSWER = (9, 98, -1)


@pytest.fixture(scope="module")
def path(shared_data: Path) -> Path:
    return shared_data / "afrobarometer_mali_r2_r7.parquet"


def survey_of(
    source: Path | pd.DataFrame, policy: str, items: list[str] | None = None
) -> jf.Survey:
    book = read_yaml(CODEBOOK)
    design = jf.SurveyDesign(**book.pop("design"))
    kept = {name: entry for name, entry in book["outcomes"].items() if not items or name in items}
    book["outcomes"] = {name: {**entry, "policy": policy} for name, entry in kept.items()}
    return jf.read_survey(source, design=design, codebook=book)


@pytest.fixture(scope="module")
def in_base(path: Path) -> jf.Survey:
    return survey_of(path, "in_base")


@pytest.fixture(scope="module")
def excluded(path: Path) -> dict[str, jf.Survey]:
    """One survey per item, of those who answered it, as the reference was made."""
    frame = pd.read_parquet(path)
    answered = {item: frame[~frame[item].isin(NO_ANSWER)] for item in ITEMS}
    return {item: survey_of(rows, "excluded", [item]) for item, rows in answered.items()}


def six_common(survey: jf.Survey, without: tuple[str, ...] | None) -> dict[str, list[str]] | None:
    if without is None:
        return None
    return {"region": [each for each in survey.group("region").labels if each not in without]}


def compare(found: pd.DataFrame, reference: pd.DataFrame, keys: dict[str, str]) -> None:
    """Every row of the reference is found, equal to 1e-9 relative."""
    text = found.astype(dict.fromkeys(keys.values(), "str"))
    joined = reference.merge(text, left_on=list(keys), right_on=list(keys.values()), how="left")
    assert len(joined) == len(reference)
    estimate = joined["est"] if "est" in joined else joined["diff"]
    np.testing.assert_allclose(joined["estimate"], estimate, rtol=1e-9)
    np.testing.assert_allclose(joined["std_error"], joined["se"], rtol=1e-9)


@pytest.mark.parametrize("frame", FRAMES)
def test_levels_and_changes_equal_r_with_dont_know_in_the_base(in_base, shared_reference, frame):
    fit = jf.direct(in_base, ITEMS, small_sample="none", where=six_common(in_base, FRAMES[frame]))
    levels = pd.read_csv(shared_reference / "mali_levels_R_survey.csv")
    changes = pd.read_csv(shared_reference / "mali_contrasts_R_survey.csv")
    wanted = {"denominator": "incl_dk", "regions": frame}
    compare(fit.levels(), select(levels, wanted), {"item": "outcome", "wave": "wave"})
    keys = {"item": "outcome", "to": "wave", "from": "wave_ref"}
    compare(fit.changes("all"), select(changes, wanted), keys)


@pytest.mark.parametrize("frame", FRAMES)
def test_levels_and_changes_equal_r_without_dont_know(excluded, shared_reference, frame):
    levels = pd.read_csv(shared_reference / "mali_levels_R_survey.csv")
    changes = pd.read_csv(shared_reference / "mali_contrasts_R_survey.csv")
    for item, survey in excluded.items():
        fit = jf.direct(survey, item, small_sample="none", where=six_common(survey, FRAMES[frame]))
        wanted = {"denominator": "excl_dk", "regions": frame, "item": item}
        compare(fit.levels(), select(levels, wanted), {"item": "outcome", "wave": "wave"})
        keys = {"item": "outcome", "to": "wave", "from": "wave_ref"}
        compare(fit.changes("all"), select(changes, wanted), keys)


def test_keeping_empty_clusters_moves_only_round_2_and_only_a_little(path, excluded):
    whole = jf.direct(survey_of(path, "excluded"), ITEMS, small_sample="none").levels()
    for item, survey in excluded.items():
        left_out = jf.direct(survey, item, small_sample="none").levels()
        kept = whole[whole["outcome"] == item].reset_index(drop=True)
        ratio = kept["std_error"] / left_out["std_error"]
        later = (kept["wave"] != "R2") & ratio.notna()
        assert ratio[later].to_numpy() == pytest.approx(1, rel=1e-9)
        assert ratio.iloc[0] == pytest.approx(1, abs=0.003)


def select(table: pd.DataFrame, wanted: dict[str, str]) -> pd.DataFrame:
    for column, value in wanted.items():
        table = table[table[column] == value]
    assert len(table)
    return table


PUBLISHED = [
    ("trust_president", "R3", 81),
    ("trust_parliament", "R3", 70),
    ("trust_courts", "R3", 55),
    ("trust_ruling_party", "R6", 59),
    ("trust_opposition", "R6", 43),
]


def run(path: Path, folder: Path, *options: str) -> pd.DataFrame:
    """Run the README's command and read the file that it writes."""
    out = folder / "table.csv"
    command = ["estimate", str(path), "--codebook", str(CODEBOOK), *options, "--out", str(out)]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    return pd.read_csv(out)


def test_the_command_reproduces_published_levels(path, tmp_path):
    items = [part for item, _, _ in PUBLISHED for part in ("--outcome", item)]
    table = run(path, tmp_path, *items).set_index(["outcome", "wave"])
    for item, wave, percent in PUBLISHED:
        assert round(100 * table.loc[(item, wave), "estimate"]) == percent


def test_the_command_finds_that_trust_in_courts_did_not_rise(path, tmp_path):
    items = [part for item in ITEMS[:3] for part in ("--outcome", item)]
    options = ["--changes", "R5", "--small-sample", "none"]
    table = run(path, tmp_path, *items, *options).set_index(["outcome", "wave"])
    rose = table.xs("R6", level="wave")
    assert (100 * rose["estimate"]).round(1).tolist() == [26.9, 19.3, -0.6]
    assert (100 * rose["std_error"]).round(1).tolist() == [2.2, 2.3, 2.3]
    assert (rose["p_adjusted"] < 0.001).tolist() == [True, True, False]


def test_gaps_are_gaps_and_one_psu_has_no_standard_error(in_base):
    table = jf.direct(in_base, "trust_army").levels(by="region").set_index(["wave", "region"])
    assert table.loc[("R4", "Mopti"), "flag"] == ("not_asked",)
    assert table.loc[("R5", "Gao"), "flag"] == ("no_interviews",)
    assert np.isnan(table.loc[("R5", "Gao"), "estimate"])
    assert "one_cluster" in table.loc[("R7", "Kidal"), "flag"]
    assert np.isnan(table.loc[("R7", "Kidal"), "std_error"])


def test_round_2_was_worded_otherwise_and_is_not_compared(in_base):
    table = jf.direct(in_base, "trust_army").changes("all")
    unequal = table["wave_ref"] == "R2"
    assert table.loc[unequal, "estimate"].isna().all()
    assert (table.loc[unequal, "flag"] == ("relabelled",)).all()
    assert table.loc[~unequal, "estimate"].notna().all()
