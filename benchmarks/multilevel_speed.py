"""Time a multilevel model from a fresh process to its table of changes, beside Bambi.

``y ~ wave * region + sex + age_group + (1 | commune) + (1 | commune:wave)`` on the answers of
``jf.example()``: one of two, and one of five in order. All processes read the same file. Bambi
is optional: ``--bambi-python`` names a Python that has it, and nutpie. With ``--cold`` every
round begins with an empty compile cache; without, one is filled before anything is timed.
Tasks take turns, in a new order each round, and ours stands between them. The run
stops if the two posteriors differ by more than chance. Last, forty items in one process. See
README.md.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"  # read when numpy is loaded; opponents inherit it
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed has its bytecode, and so ours

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
from _clock import so_far

import jfmodels as jf

HERE = Path(__file__).parent
OUTCOMES = {"binary": "criticism_fds", "ordinal": "security_local"}
COVARIATES = ["wave", "region", "sex", "age_group", "commune"]
FIXED = "wave * region + sex + age_group + (1 | commune) + (1 | commune:wave)"
SAMPLERS = ("pymc", "nutpie")  # as Bambi calls them; the first is its default
CHANCE = 4.5  # standard errors of Monte Carlo
PRIOR = 0.05  # standard deviations: Bambi's prior is of the intercept of centred covariates
OURS = "laplace"
SHOWN = ("wall", "cpu", "again fit", "again cpu", "effective", "effective sd")
MOST_CPU = {"binary": 3.0, "ordinal": 5.0}
TARGETS = {  # times as long as ours, or as few effective draws a second
    ("binary", "nutpie, cold", "wall"): 15,
    ("binary", "nutpie, warm", "wall"): 25,
    ("ordinal", "nutpie, cold", "wall"): 40,
    ("ordinal", "nutpie, warm", "a second"): 50,
}


@dataclass(frozen=True, slots=True)
class Case:
    """An outcome's file, and the folder where answers and caches go."""

    scale: str
    rows: Path
    folder: Path

    @classmethod
    def of(cls, scale: str, folder: Path) -> Case:
        """Write the rows that answered."""
        rows = jf.example().rows
        answer = rows.answers[OUTCOMES[scale]][0]
        columns = {name: rows.keys[name] for name in COVARIATES}
        named = {name: np.array(key.labels)[key.codes] for name, key in columns.items()}
        assert all((key.codes >= 0).all() for key in columns.values())
        frame = pd.DataFrame(named).assign(weight=rows.weight, y=answer)[answer >= 0]
        file = folder / f"{scale}.csv"
        frame.to_csv(file, index=False)
        print(f"\n{scale}, {OUTCOMES[scale]}: {len(frame):,} rows", flush=True)
        return cls(scale, file, folder)


@dataclass(frozen=True, slots=True)
class Run:
    """One process: its times, and the posterior that it found."""

    times: dict[str, float]
    posterior: pd.DataFrame

    @classmethod
    def of(cls, case: Case, command: list[str | Path], cache: Path, again: bool) -> Run:
        """Start a process, which marks the times itself."""
        answers = case.folder / "answers.csv"
        known = {"PYTENSOR_FLAGS": f"base_compiledir={cache}", "NUMBA_CACHE_DIR": str(cache)}
        known |= {"XDG_CACHE_HOME": str(cache)}
        started = repr(time.monotonic())
        full = [*command, case.scale, case.rows, answers, started, *["again"] * again]
        done = subprocess.run(
            [str(part) for part in full],
            env=os.environ | known,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise SystemExit(done.stderr)
        times = json.loads(done.stdout.splitlines()[-1])
        posterior = pd.read_csv(answers).set_index("coefficient")
        effective = posterior["n_effective"]
        deviation = posterior.index.str.startswith("sd(")
        threshold = posterior.index.str.contains(" | ", regex=False)
        times["effective"] = effective[~deviation & ~threshold].min()
        times["effective sd"] = effective[deviation].min()
        return cls(times, posterior)


def apart(ours: Run, theirs: Run) -> str:
    """Say how far two posteriors lie apart; stop if it is more than chance."""
    a, b = ours.posterior, theirs.posterior.loc[ours.posterior.index]
    away = (a["estimate"] - b["estimate"]).abs() / a["std_error"]
    chance = np.sqrt(1 / a["n_effective"] + 1 / b["n_effective"])
    ratio = b["std_error"] / a["std_error"]
    assert (away < CHANCE * chance + PRIOR).all()
    return (
        f"{len(a)} numbers, means at most {away.max():.3f} sd apart "
        f"({(away / chance).max():.1f} standard errors of Monte Carlo), "
        f"sds {ratio.min():.2f} to {ratio.max():.2f} times ours"
    )


def rounds(case: Case, options: argparse.Namespace) -> pd.DataFrame:
    """Let all tasks take turns; one row a process."""
    program = [sys.executable, HERE / "_laplace.py"]
    ours = partial(Run.of, case, [*program, "theirs"], case.folder, True)
    order, found = np.random.default_rng(1), []

    def keep(task: str, run: Run, k: int) -> None:
        found.append({"task": task, "round": k, **run.times})
        shown = {name: run.times.get(name, np.nan) for name in SHOWN}
        print(f"  {k} {task:14}", *(f"{name} {x:.2f}" for name, x in shown.items()), flush=True)

    by_default = partial(Run.of, case, [*program, "default"], case.folder, True)
    ours()
    asked = [options.sampler] if options.sampler else SAMPLERS
    samplers = asked if options.bambi_python else ()
    for k in range(options.rounds):
        keep(OURS, ours(), k)
        keep("default priors", by_default(), k)
        for sampler in order.permutation(samplers):
            command = [options.bambi_python, HERE / "_bambi.py", sampler]
            cache = case.folder / f"{sampler} {k if options.cold else 0}"
            if not cache.exists():
                first = Run.of(case, command, cache, False)
                if options.cold:
                    keep(f"{sampler}, cold", first, k)
                    keep(OURS, ours(), k)
            warm = Run.of(case, command, cache, True)
            keep(f"{sampler}, warm", warm, k)
            after = ours()
            keep(OURS, after, k)
            if k == 0:
                print(f"{warm.times['version']}: {apart(after, warm)}", flush=True)
    return pd.DataFrame(found)


def report(case: Case, found: pd.DataFrame) -> None:
    """Print medians, ratios to ours of the same round, and the targets."""
    found["a second"] = found["effective"] / found["again fit"]
    found["a cpu second"] = found["effective"] / found["again cpu"]
    found["of sds a second"] = found["effective sd"] / found["again fit"]
    columns = ["wall", "cpu", "again fit", "again cpu", "effective", "effective sd"]
    columns += ["a second", "a cpu second", "of sds a second"]
    middle = found.groupby(["task", "round"])[columns].median()
    print(found.groupby("task")[columns].median().round(2).to_string())
    cpu = found.loc[found["task"] == OURS, "cpu"].median()
    most = MOST_CPU[case.scale]
    print(f"{OURS}: {cpu:.2f} s of processor; target {most}{'' if cpu <= most else '  MISSED'}")
    for task in middle.index.unique("task").drop(OURS):
        ratio = (middle.loc[task] / middle.loc[OURS]).median()
        ratio[["a second", "a cpu second", "of sds a second"]] **= -1
        for name in ("wall", "cpu", "again fit", "again cpu", *columns[-3:]):
            target = TARGETS.get((case.scale, task, name))
            missed = "  MISSED" if target and ratio[name] < target else ""
            aim = f"; target {target}{missed}" if target else ""
            if ratio[name] == ratio[name]:
                print(f"{task:14} {name:16} {ratio[name]:7.1f} times ours{aim}")


def items(survey: jf.Survey) -> list[str]:
    """List shares that the example shows, and options; as the left sides of formulas."""
    outcomes = survey.codebook.outcomes
    shown = [f"shown({name})" for name, each in outcomes.items() if each.shown]
    options = [
        f'option({name}, "{option}")'
        for name, each in outcomes.items()
        if each.scale == "multi"
        for option in each.categories
    ]
    return list(islice([*shown, *options], 40))


def forty() -> None:
    """Fit forty items, each to its table of changes."""
    survey = jf.example()
    begun, cpu, poor = time.monotonic(), so_far(0)["cpu"], 0
    for item in items(survey):
        fit = jf.fit(f"{item} ~ {FIXED}", survey, weighting="ignore")
        fit.changes(by="region", over="wave")
        poor += not all(each.ok for each in fit.engine.posterior.checks)
    spent = so_far(begun)
    wall, cpu = spent["wall"], spent["cpu"] - cpu
    missed = "" if wall <= 60 else "  MISSED"
    print(f"\nforty items: {wall:.1f} s, {cpu:.1f} s of processor; target 60{missed}")
    print(f"{poor} of them with weights that cannot be believed")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bambi-python", help="a Python that has bambi and nutpie")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cold", action="store_true", help="with an empty compile cache, too")
    parser.add_argument("--scale", choices=list(OUTCOMES), help="one of the two only")
    parser.add_argument("--sampler", choices=SAMPLERS, help="one of Bambi's only")
    options = parser.parse_args()
    for scale in [options.scale] if options.scale else OUTCOMES:
        with tempfile.TemporaryDirectory() as folder:
            case = Case.of(scale, Path(folder))
            report(case, rounds(case, options))
    forty()


if __name__ == "__main__":
    main()
