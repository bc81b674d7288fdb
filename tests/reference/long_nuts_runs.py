"""Fit the models of ``long_nuts_runs.json`` by long runs of NUTS, and store their tables.

    python tests/reference/long_nuts_runs.py [name ...]

Each model takes some minutes. Those of the real survey need the files beside the repository.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent / "engines"), str(HERE.parent / "real")]

from agreement_cases import CASES, tables  # noqa: E402

import jfmodels as jf  # noqa: E402

STORED = HERE / "long_nuts_runs.json"
LONG = jf.Nuts(draws=5_000, tune=1_500, chains=4, seed=11)


def main(names: list[str]) -> None:
    found = json.loads(STORED.read_text()) if STORED.exists() else {}
    for name in names or CASES:
        case = CASES[name]
        fit = jf.fit(case.model, case.survey(), weighting="ignore", engine=LONG)
        checks = {each.check: each.value for each in fit.engine.posterior.checks}
        found[name] = {"checks": checks, **tables(fit, case)}
        STORED.write_text(json.dumps(found, indent=1) + "\n")
        print(name, checks, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
