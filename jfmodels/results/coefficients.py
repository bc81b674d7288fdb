"""Coefficients of a model as a table, in the field's form."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jfmodels.display.numbers import MISSING, chance, decimals, interval, number
from jfmodels.display.sheet import Sheet, as_latex
from jfmodels.errors import SpecError, listing
from jfmodels.results.engine import Heading, WithCoefficients
from jfmodels.results.schema import COEFFICIENTS
from jfmodels.results.table import Table

__all__ = ["CoefficientTable", "coefficient_table", "summary_table"]

type Floats = NDArray[np.float64]

RATIOS: Mapping[str, str] = {
    "logit": "odds ratio",
    "cloglog": "hazard ratio",
    "log": "rate ratio",
}


class CoefficientTable(Table):
    """Coefficients as a DataFrame that shows itself as papers print it.

    So does a selection of rows; one of columns is shown as pandas does.
    """

    def _whole(self) -> bool:
        known = len(self) > 0 and "heading" in self.attrs
        return known and set(COEFFICIENTS) <= set(self.columns)

    def _sheet(self) -> Sheet:
        return coefficient_sheet(self)

    def to_latex(self) -> str:  # type: ignore[override]
        """Write the table as LaTeX; pandas' own method would need another package."""
        return as_latex(coefficient_sheet(self))


def summary_table(engine: WithCoefficients, *, ratios: bool, coverage: float) -> CoefficientTable:
    """Tabulate coefficients as papers print them; see :func:`coefficient_table`.

    Raises
    ------
    SpecError
        If exponentials are asked for, and the link gives them no meaning.
    """
    link = engine.heading.link
    if ratios and link not in RATIOS:
        raise SpecError(
            f"ratios=True gives exponentials, which mean nothing under the link '{link}'; they "
            f"are ratios under {listing(RATIOS)}. Leave it out."
        )
    table = CoefficientTable(coefficient_table(engine, ratios=ratios, coverage=coverage))
    table.attrs["heading"] = engine.heading
    table.attrs["estimate"] = RATIOS[link] if ratios else "estimate"
    return table


def coefficient_table(engine: WithCoefficients, *, ratios: bool, coverage: float) -> pd.DataFrame:
    """Tabulate coefficients with standard errors, t, df, p and intervals.

    Parameters
    ----------
    engine : WithCoefficients
        The fitted model.
    ratios : bool
        Whether to give exponentials.
    coverage : float
        Content of the intervals.
    """
    found = engine.parameters.summary(coverage)
    missing = np.full(len(found.df), np.nan)
    known = found.std_error > 0  # a coefficient that rests on one cluster has no error to see
    tested = known & ~np.isnan(found.p_value)  # a posterior is not tested
    t = np.divide(found.estimate, found.std_error, out=missing.copy(), where=tested)
    std_error = np.where(known, found.std_error, missing)
    scale = np.exp if ratios else (lambda x: x)
    estimate = scale(found.estimate)
    ratio = estimate if ratios else 1.0
    numbers = {
        "estimate": estimate,
        "std_error": std_error * ratio,
        "t": t,
        "df": found.df,
        "p_value": found.p_value,
        "low": scale(found.low),
        "high": scale(found.high),
        "coverage": np.full(len(estimate), coverage),
        "prob_positive": found.prob_positive,
        "mc_error": found.mc_error * ratio,
    }
    table = pd.DataFrame(np.column_stack([*numbers.values()]), columns=[*numbers])
    table.insert(0, "coefficient", np.array(engine.names, dtype=object).astype("str"))
    table["flag"] = [engine.flag] * len(table)
    return table


def coefficient_sheet(table: pd.DataFrame) -> Sheet:
    """Lay a table of coefficients out; columns without a number are left out."""
    digits = decimals(table["std_error"].to_numpy(dtype=np.float64))
    numbers = {
        name: [number(x, k) for x, k in zip(table[name], digits, strict=True)]
        for name in ("estimate", "std_error", "low", "high")
    }
    ends = zip(numbers["low"], numbers["high"], strict=True)
    ratio = table.attrs["estimate"] != "estimate"
    columns = {
        "": table["coefficient"].tolist(),
        table.attrs["estimate"]: numbers["estimate"],
        "std. error": numbers["std_error"],
        "t": [number(x, 2) for x in table["t"]],
        "df": [number(x, 1) for x in table["df"]],
        "p": [chance(x) for x in table["p_value"]],
        f"{100 * table['coverage'].iloc[0]:g} % interval": [interval(*each) for each in ends],
        f"P(above {int(ratio)})": [chance(x) for x in table["prob_positive"]],
    }
    told = {name: cells for name, cells in columns.items() if set(cells) - {MISSING}}
    heading: Heading = table.attrs["heading"]
    rows = tuple(zip(*told.values(), strict=True))
    return Sheet(heading.title, tuple(told), rows, heading.notes)
