"""Time a survey-weighted logistic regression, beside other software on the same rows.

``y ~ wave + region`` in six waves and ``y ~ wave * region`` in the first two: sixteen communes in
four regions leave twelve degrees of freedom, and we refuse the 24 coefficients of the product
over six waves, which the opponents fit. They are asked for what they answer to, too: plain
linearisation, coefficients and standard errors.

The same regressions are fitted in 500 bootstrap replicates, the weights of which R reads.

Opponents are optional: ``--svy-python`` names a Python that has ``svy``, ``--rscript`` an
Rscript whose R has ``survey``. Every task is warmed up once; then all tasks take turns, in a
new order each round. See README.md.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"  # read when numpy is loaded; opponents inherit it

import argparse
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from _opponent import Opponent
from direct_speed import DESIGN, seconds, simulated

import jfmodels as jf
from jfmodels.engines.design_based.weighted import Weighted
from jfmodels.survey.replicates import multipliers_of

HERE = Path(__file__).parent
NUMBERS = ["estimate", "std_error"]
TOLERANCE = 1e-7  # the opponents stop when the deviance changes by less than 1e-8 of itself
BOOTSTRAP = jf.Replicates("bootstrap", n=500)
IN_REPLICATES = "fit, 500 replicates"
R_REPLICATES = "R svyglm, 500 replicates"
TARGETS = {  # how many times as long as which of ours, round by round
    "svy": ("fit, cr2", 1),
    R_REPLICATES: (IN_REPLICATES, 20),
}


@dataclass(frozen=True, slots=True)
class Case:
    """A formula, and the rows it is fitted to."""

    sign: str
    rows: pd.DataFrame

    @property
    def formula(self) -> str:
        return f"y ~ wave {self.sign} region"

    def survey(self) -> jf.Survey:
        return jf.Survey(self.rows, DESIGN, {"outcomes": {"y": {"scale": "binary"}}})


def cases() -> dict[str, Case]:
    rows = simulated(34).rename(columns={"q01": "y"})
    rows = rows[["wave", "region", "commune", "weight", "y"]]
    two = rows[rows["wave"].isin(["Q1", "Q2"])].reset_index(drop=True)
    found = {"wave + region, 6 waves": Case("+", rows), "wave * region, 2 waves": Case("*", two)}
    assert _refused(Case("*", rows))
    return found


def _refused(case: Case) -> bool:
    try:
        jf.fit(case.formula, case.survey())
    except jf.SpecError:
        return True
    return False


def coefficients(formula: str, survey: jf.Survey, small_sample: str) -> pd.DataFrame:
    return jf.fit(formula, survey, engine=Weighted(small_sample=small_sample)).summary()


def changes(formula: str, survey: jf.Survey) -> pd.DataFrame:
    return jf.fit(formula, survey).changes(over="fixed")


def replicates(formula: str, survey: jf.Survey) -> pd.DataFrame:
    return jf.fit(formula, survey, engine=Weighted(replicates=BOOTSTRAP)).summary()


def with_replicates(case: Case) -> tuple[pd.DataFrame, float]:
    """Write the weights of every replicate beside the rows; and what each deviation counts."""
    survey = case.survey()
    made = multipliers_of(BOOTSTRAP, survey.sampling, None)
    factors = made.factors[survey.rows.keys["unit"].codes]
    weights = case.rows[["weight"]].to_numpy() * factors
    names = [f"replicate_{k + 1}" for k in range(weights.shape[1])]
    return case.rows.join(pd.DataFrame(weights, columns=names)), made.scales[0]


def in_replicates(options: argparse.Namespace, case: Case, folder: Path) -> dict[str, Opponent]:
    """Start R on the same replicates."""
    if not options.rscript:
        return {}
    file = folder / "replicates.csv"
    rows, scale = with_replicates(case)
    rows.to_csv(file, index=False)
    command = [options.rscript, HERE / "_replicate_fits.R", case.sign, repr(float(scale))]
    return {R_REPLICATES: Opponent(command, file, folder / "replicated.csv")}


def opponents(options: argparse.Namespace, case: Case, folder: Path) -> dict[str, Opponent]:
    """Start whoever is asked for; each has warmed up when it answers."""
    rows = folder / "rows.csv"
    case.rows.to_csv(rows, index=False)
    commands: dict[str, list[str | Path]] = {}
    if options.svy_python:
        commands["svy"] = [options.svy_python, HERE / "_svy_glm.py", case.sign]
    if options.rscript:
        commands["R svyglm"] = [options.rscript, HERE / "regression_speed.R", case.sign]
    return {
        name: Opponent(command, rows, folder / f"{k}.csv")
        for k, (name, command) in enumerate(commands.items())
    }


def compare(table: pd.DataFrame, others: dict[str, Opponent]) -> None:
    """Print how far the answers lie apart, and stop if they do."""
    ours = _by_coefficient(table)
    for name, other in others.items():
        theirs = _by_coefficient(other.answers)
        assert ours.index.equals(theirs.index)
        assert (ours["df"] == theirs["df"]).all()
        apart = (ours[NUMBERS] - theirs[NUMBERS]).abs().max()
        print(
            f"{name} ({other.version}): {len(ours)} coefficients, largest difference "
            f"{apart['estimate']:.1e} in estimate, {apart['std_error']:.1e} in SE"
        )
        assert apart.max() < TOLERANCE


def _by_coefficient(table: pd.DataFrame) -> pd.DataFrame:
    """Write every program's names alike: wave[T.Q2], wave_Q2 and waveQ2."""
    names = [re.sub(r"\[T\.|[\]_()]", "", name).lower() for name in table["coefficient"]]
    return table[[*NUMBERS, "df"]].set_axis(names).sort_index()


def report(rounds: pd.DataFrame) -> None:
    """Print medians, and their ratio to the first task round by round."""
    ratio = rounds.div(rounds.iloc[:, 0], axis=0).median()
    print(f"{'task':32}{'median ms':>10}{'fastest ms':>12}{'ratio':>8}")
    for name, median in rounds.median().items():
        fastest = rounds[name].min()
        print(f"{name:32}{median * 1e3:10.2f}{fastest * 1e3:12.2f}{ratio[name]:8.2f}")
    for name, (ours, target) in TARGETS.items():
        if name in rounds:
            times = (rounds[name] / rounds[ours]).median()
            missed = "" if times >= target else "  MISSED"
            print(f"{name} takes {times:.2f} times '{ours}'; target {target}{missed}")


def run(case: Case, options: argparse.Namespace) -> pd.DataFrame:
    """Let all tasks take turns; shape (rounds, tasks)."""
    survey = case.survey()
    with tempfile.TemporaryDirectory() as folder:
        others = opponents(options, case, Path(folder))
        replicated = in_replicates(options, case, Path(folder))
    tasks: dict[str, Callable[[], object]] = {
        "fit, plain linearisation": partial(coefficients, case.formula, survey, "none"),
        "fit, cr2": partial(coefficients, case.formula, survey, "cr2"),
        "fit, cr2, changes instead": partial(changes, case.formula, survey),
        IN_REPLICATES: partial(replicates, case.formula, survey),
    }
    compare(coefficients(case.formula, survey, "none"), others)
    compare(replicates(case.formula, survey), replicated)
    others |= replicated
    for task in tasks.values():
        task()
    timers = {name: partial(seconds, task) for name, task in tasks.items()}
    timers |= {name: other.round for name, other in others.items()}
    order = np.random.default_rng(1)  # so that no task always follows the same one
    rounds = [
        {name: timers[name]() for name in order.permutation(list(timers))}
        for _ in range(options.rounds)
    ]
    for other in others.values():
        other.close()
    return pd.DataFrame(rounds)[list(timers)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--svy-python", help="a Python that has svy")
    parser.add_argument("--rscript", help="an Rscript whose R has survey")
    parser.add_argument("--rounds", type=int, default=31)
    options = parser.parse_args()
    for name, case in cases().items():
        print(f"\n{name}: {len(case.rows):,} rows")
        report(run(case, options))


if __name__ == "__main__":
    main()
