"""A multilevel model by laplace, with the opponent's priors or by default.

python _laplace.py theirs|default SCALE ROWS.csv ANSWERS.csv STARTED [again]
"""

import json
import sys
import time

import pandas as pd
from _clock import so_far

import jfmodels as jf

prior, scale, rows, answers, started, *again = sys.argv[1:]
alike = prior == "theirs"
FORMULA = "y ~ wave * region + sex + age_group + (1 | commune) + (1 | commune:wave)"
OUTCOME = {
    "binary": {"scale": "binary"},
    "ordinal": {
        "scale": "ordinal",
        "categories": {code: str(code) for code in range(5)},
        "shown": ["3", "4"],
    },
}
# Independent coefficients, as Bambi's are; ours by default are differences of levels.
TERMS = ("wave", "region", "wave:region", "sex", "age_group")
PRIORS = dict.fromkeys(TERMS, jf.Normal(0, 1.5))
DESIGN = jf.SurveyDesign(
    wave="wave",
    strata="region",
    cluster="commune",
    weights="weight",
    repeats="clusters",
    target="population",
)


def fitted() -> jf.BayesianFit:
    return jf.fit(FORMULA, survey, weighting="ignore", priors=PRIORS if alike else None)


def posterior(fit: jf.BayesianFit) -> pd.DataFrame:
    """Give means, standard deviations and effective numbers of draws."""
    deviations = fit.variance_components().rename(columns={"component": "coefficient"})
    table = pd.concat([fit.summary(), deviations])[["coefficient", "estimate", "std_error"]]
    error = pd.concat([fit.summary(), deviations])["mc_error"]
    return table.assign(n_effective=(table["std_error"] / error) ** 2)


def refitted() -> dict[str, float]:
    begun, cpu = time.monotonic(), so_far(0)["cpu"]
    fit = fitted()
    at_fit = time.monotonic() - begun
    fit.changes(by="region", over="wave")
    spent = so_far(begun)
    return {"again fit": at_fit, "again wall": spent["wall"], "again cpu": spent["cpu"] - cpu}


survey = jf.Survey(pd.read_csv(rows), DESIGN, {"outcomes": {"y": OUTCOME[scale]}})
fit = fitted()
fit.changes(by="region", over="wave")
times = so_far(float(started))
posterior(fit).to_csv(answers, index=False)
if again:
    times |= refitted()
print(json.dumps({"version": f"jfmodels {jf.__version__}", **times}))
