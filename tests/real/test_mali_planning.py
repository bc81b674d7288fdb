"""A real survey: what is planned from all waves is near what came out in each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from test_afrobarometer_mali import ITEMS, NOT_IN_R5, six_common, survey_of

import jfmodels as jf


@pytest.fixture(scope="module")
def survey(shared_data: Path) -> jf.Survey:
    return survey_of(shared_data / "afrobarometer_mali_r2_r7.parquet", "in_base")


def test_planned_errors_are_the_errors_that_came_out(survey):
    where = six_common(survey, NOT_IN_R5)
    planned = jf.detectable_change(survey, ITEMS, where=where)
    own = jf.direct(survey, ITEMS, where=where).changes()
    known = own["std_error"].notna()
    assert planned.loc[~known, "detectable"].isna().all()
    ratio = planned.loc[known, "std_error"] / own.loc[known, "std_error"]
    # some 130 clusters a wave: an error's own coefficient of variation is about 1/sqrt(2 * 90)
    assert ratio.mean() == pytest.approx(1, abs=0.06)
    assert np.abs(ratio - 1).max() < 0.25


def test_the_survey_could_not_have_seen_the_change_in_trust_in_courts(survey):
    table = jf.detectable_change(survey, "trust_courts", where=six_common(survey, NOT_IN_R5))
    row = table[table["wave"] == "R6"].iloc[0]
    # a change of -1 point with an error of 2.4; (2.0 + .84) * 2.4 is 6.8
    assert row["detectable"] == pytest.approx(0.070, abs=0.005)
