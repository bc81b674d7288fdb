"""Time the shares of 40 items by wave and region, beside other software on the same rows.

Opponents are optional: ``--svy-python`` names a Python that has ``svy``, ``--rscript`` an
Rscript whose R has ``survey``. Every task is warmed up once; then all tasks take turns, in a
new order each round, so that whatever else the machine does hits all of them. See README.md.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"  # read when numpy is loaded; opponents inherit it

import argparse
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

import jfmodels as jf

HERE = Path(__file__).parent
ITEMS = [f"q{k:02d}" for k in range(1, 41)]
KEYS = ["outcome", "wave", "region"]
DESIGN = jf.SurveyDesign(
    wave="wave",
    strata="region",
    cluster="commune",
    weights="weight",
    repeats="clusters",
    target="population",
)
PLAIN, CR2, LARGE = "levels", "levels, cr2", "levels, 100 x the rows"
TARGETS = {  # ratio to PLAIN: at most, at least
    CR2: (0, 3),
    LARGE: (0, 25),
    "svy": (10, np.inf),
    "R survey, item by item": (100, np.inf),
}


def simulated(people: int) -> pd.DataFrame:
    """Draw 40 binary items in 6 waves of 16 communes in 4 regions, so many people in each."""
    rng = np.random.default_rng(20240101)
    shape = (6, 16, people)
    wave, commune, _ = (place.ravel() for place in np.indices(shape))
    logit = rng.normal(0, 0.5, (16, 40))[commune] + rng.normal(0, 0.3, (6, 40))[wave]
    answers = rng.random(logit.shape) < 1 / (1 + np.exp(-logit))
    roles = {
        "wave": [f"Q{k + 1}" for k in wave],
        "region": [f"R{k // 4 + 1}" for k in commune],
        "commune": [f"C{k + 1:02d}" for k in commune],
        "weight": rng.uniform(0.3, 3, len(wave)),
    }
    return pd.concat(
        [pd.DataFrame(roles), pd.DataFrame(answers.astype(int), columns=ITEMS)], axis=1
    )


def validated(frame: pd.DataFrame) -> jf.Survey:
    return jf.Survey(frame, DESIGN, {"outcomes": {item: {"scale": "binary"} for item in ITEMS}})


def fitted(survey: jf.Survey, small_sample: str = "none") -> jf.Fit:
    """Make a new engine, which remembers nothing of an earlier round."""
    fit = jf.direct(survey, ITEMS, by="region", small_sample=small_sample)
    assert not fit.engine.beliefs
    return fit


def seconds(task: Callable[[], object]) -> float:
    start = time.perf_counter()
    task()
    return time.perf_counter() - start


class Opponent:
    """Another program: it writes its answers to a file, then times one round a line it reads."""

    def __init__(self, command: list[str | Path], rows: Path, answers: Path) -> None:
        command = [str(part) for part in (*command, rows, answers)]
        self.process = subprocess.Popen(
            command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.version = self.process.stdout.readline().strip()
        if not self.version:
            raise SystemExit(f"{command[0]} did not answer; its own message stands above.")
        self.answers = pd.read_csv(answers).set_index(KEYS).sort_index()

    def round(self) -> float:
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def opponents(
    options: argparse.Namespace, frame: pd.DataFrame, folder: Path
) -> dict[str, Opponent]:
    """Start whoever is asked for; each has warmed up when it answers."""
    rows = folder / "rows.csv"
    frame.to_csv(rows, index=False)
    commands: dict[str, list[str | Path]] = {}
    if options.svy_python:
        commands["svy"] = [options.svy_python, HERE / "_svy.py"]
    if options.rscript:
        script = [options.rscript, HERE / "direct_speed.R"]
        commands["R survey, item by item"] = [*script, "each"]
        commands["R survey, one formula"] = [*script, "all"]
    return {
        name: Opponent(command, rows, folder / f"{k}.csv")
        for k, (name, command) in enumerate(commands.items())
    }


def compare(table: pd.DataFrame, others: dict[str, Opponent]) -> None:
    """Print how far the answers lie apart, and stop if they do."""
    ours = table.astype(dict.fromkeys(KEYS, str)).set_index(KEYS).sort_index()
    for name, other in others.items():
        assert ours.index.equals(other.answers.index)
        apart = (ours[["estimate", "std_error"]] - other.answers).abs().max()
        print(
            f"{name} ({other.version}): {len(ours)} rows, largest difference "
            f"{apart['estimate']:.1e} in estimate, {apart['std_error']:.1e} in SE"
        )
        assert apart.max() < 1e-10


def report(rounds: pd.DataFrame) -> None:
    """Print medians, their ratio to the plain task round by round, and the targets."""
    ratio = rounds.div(rounds[PLAIN], axis=0).median()
    print(f"\n{'task':32}{'median s':>10}{'fastest s':>11}{'ratio':>8}  target")
    for name, median in rounds.median().items():
        least, most = TARGETS.get(name, (0, np.inf))
        target = "" if name not in TARGETS else f">= {least}" if least else f"<= {most}"
        missed = "" if least <= ratio[name] <= most else "  MISSED"
        print(
            f"{name:32}{median:10.4f}{rounds[name].min():11.4f}{ratio[name]:8.1f}  {target}{missed}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--svy-python", help="a Python that has svy")
    parser.add_argument("--rscript", help="an Rscript whose R has survey")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()

    frame, large_frame = simulated(34), simulated(3400)
    survey, large = validated(frame), validated(large_frame)
    with tempfile.TemporaryDirectory() as folder:
        others = opponents(options, frame, Path(folder))
    tasks: dict[str, Callable[[], object]] = {
        PLAIN: lambda: fitted(survey).levels(by="region"),
        CR2: lambda: fitted(survey, "cr2").levels(by="region"),
        "changes": lambda: fitted(survey).changes(by="region"),
        "changes, cr2": lambda: fitted(survey, "cr2").changes(by="region"),
        LARGE: lambda: fitted(large).levels(by="region"),
        "Survey(frame)": lambda: validated(frame),
    }
    compare(fitted(survey).levels(by="region"), others)
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
    report(pd.DataFrame(rounds)[list(timers)])
    once = seconds(lambda: validated(large_frame))
    print(f"\nSurvey(frame) of {large.n:,} rows, once: {once:.2f} s")


if __name__ == "__main__":
    main()
