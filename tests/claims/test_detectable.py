"""What could have been found is what a t test finds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.power import TTestPower

from jfmodels.claims.detectable import detectable


def rows(std_error: float, df: float, n: int = 3) -> pd.DataFrame:
    return pd.DataFrame({"std_error": [std_error] * n, "df": [df] * n})


@pytest.mark.parametrize("df", [3, 12, 60])
def test_it_is_the_size_that_statsmodels_plans_for(df):
    # the effect of a one-sample test with df + 1 observations is in sds, not standard errors
    effect = TTestPower().solve_power(nobs=df + 1, alpha=0.05, power=0.8)
    expected = 0.02 * effect * np.sqrt(df + 1)
    # its power counts findings of the wrong sign too, which are next to none
    assert detectable(rows(0.02, df), 0.05) == pytest.approx(expected, rel=1e-4)


def test_the_variance_is_pooled_and_not_the_rows_own():
    mixed = pd.DataFrame({"std_error": [0.01, 0.03, np.nan, 0.0], "df": [12.0, 12.0, 12.0, 12.0]})
    pooled = np.sqrt((0.01**2 + 0.03**2) / 2)
    assert detectable(mixed, 0.05) == pytest.approx(detectable(rows(pooled, 12), 0.05))


def test_without_an_error_nothing_is_known():
    assert np.isnan(detectable(rows(np.nan, 12), 0.05))


def test_a_posterior_has_no_degrees_of_freedom():
    assert detectable(rows(0.02, np.nan), 0.05) == pytest.approx(0.02 * (1.95996 + 0.84162), 1e-4)
