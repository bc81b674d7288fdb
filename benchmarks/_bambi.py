"""The same by Bambi: python _bambi.py SAMPLER SCALE ROWS.csv ANSWERS.csv STARTED [again]

Priors are those of the opponent, so that the posteriors are the same; all else is as it comes.
Changes are taken draw by draw at the patterns of covariates, the cheapest way that is right.
"""

import json
import sys
import time

import arviz as az
import bambi as bmb
import numpy as np
import pandas as pd
import pymc as pm
from _clock import so_far

sampler, scale, rows, answers, started, *again = sys.argv[1:]
FORMULA = "y ~ wave * region + sex + age_group + (1 | commune) + (1 | commune:wave)"
COVARIATES = ["wave", "region", "sex", "age_group", "commune"]
COMMON = ["wave", "region", "wave:region", "sex", "age_group"]
FAMILY = {"binary": "bernoulli", "ordinal": "cumulative"}
SHOWN = [3, 4]


def priors() -> dict[str, bmb.Prior]:
    deviation = bmb.Prior("Normal", mu=0, sigma=bmb.Prior("HalfNormal", sigma=1))
    found = dict.fromkeys(COMMON, bmb.Prior("Normal", mu=0, sigma=1.5))
    found |= {"1|commune": deviation, "1|commune:wave": deviation}
    if scale == "binary":
        return found | {"Intercept": bmb.Prior("Normal", mu=0, sigma=2.5)}
    ordered = pm.distributions.transforms.ordered
    first = np.linspace(-2, 2, 4)
    threshold = bmb.Prior("Normal", mu=np.zeros(4), sigma=2.5, transform=ordered, initval=first)
    return found | {"threshold": threshold}


def fitted():
    model = bmb.Model(FORMULA, frame, family=FAMILY[scale], priors=priors())
    draws = model.fit(
        draws=1000,
        tune=1000,
        chains=4,
        inference_method=sampler,
        random_seed=1,
        progressbar=False,
    )
    return model, draws


def changes(model, draws) -> pd.DataFrame:
    """Average draws over the people of each wave and region, and compare waves with the last."""
    patterns = frame.groupby(COVARIATES, observed=True)["weight"].sum().reset_index()
    predicted = model.predict(draws, kind="response_params", data=patterns, inplace=False)
    share = predicted["posterior"]["p"].to_numpy().reshape(4000, len(patterns), -1)
    share = share[:, :, SHOWN].sum(axis=2) if scale == "ordinal" else share[:, :, 0]
    cell = patterns.groupby(["region", "wave"], observed=True).ngroup().to_numpy()
    weight = np.eye(cell.max() + 1)[cell] * patterns[["weight"]].to_numpy()
    level = (share @ (weight / weight.sum(axis=0))).reshape(4000, -1, frame["wave"].nunique())
    change = np.diff(level, axis=2).reshape(4000, -1)
    low, high = np.quantile(change, [0.025, 0.975], axis=0)
    return pd.DataFrame(
        {"estimate": change.mean(axis=0), "std_error": change.std(axis=0), "low": low, "high": high}
    )


def posterior(draws) -> pd.DataFrame:
    """Give means, standard deviations and effective numbers of draws."""
    found = draws["posterior"].to_dataset()
    kept = [name for name in found.data_vars if name in names_of]
    ess = az.ess(draws, var_names=kept, method="bulk")
    ess = ess["posterior"].to_dataset() if "posterior" in getattr(ess, "children", {}) else ess
    tables = [
        pd.DataFrame(
            {
                "coefficient": names_of[name](found[name]),
                "estimate": found[name].mean(("chain", "draw")).to_numpy().ravel(),
                "std_error": found[name].std(("chain", "draw")).to_numpy().ravel(),
                "n_effective": np.asarray(ess[name]).ravel(),
            }
        )
        for name in kept
    ]
    return pd.concat(tables)


def coded(name):
    """Name coefficients as patsy does, from the coordinates of their last dimension."""

    def names(array):
        levels = [str(each).split(", ") for each in array[array.dims[-1]].to_numpy()]
        factors = name.split(":")
        return [
            ":".join(f"{factor}[T.{one}]" for factor, one in zip(factors, each, strict=True))
            for each in levels
        ]

    return names


names_of = {name: coded(name) for name in COMMON}
names_of["Intercept"] = lambda array: ["Intercept"]
names_of["threshold"] = lambda array: [f"{k} | {k + 1}" for k in range(4)]
for group in ("commune", "commune:wave"):
    names_of[f"1|{group}_sigma"] = lambda array, group=group: [f"sd({group})"]


def refitted() -> dict[str, float]:
    begun, cpu = time.monotonic(), so_far(0)["cpu"]
    model, draws = fitted()
    at_fit = time.monotonic() - begun
    changes(model, draws)
    spent = so_far(begun)
    return {"again fit": at_fit, "again wall": spent["wall"], "again cpu": spent["cpu"] - cpu}


frame = pd.read_csv(rows)
if scale == "ordinal":
    frame["y"] = pd.Categorical(frame["y"], ordered=True)
begun = time.monotonic()
model, draws = fitted()
fitting = time.monotonic() - begun
changes(model, draws)
times = so_far(float(started)) | {"fit": fitting}
times["sampling"] = draws["posterior"].attrs.get("sampling_time", np.nan)
posterior(draws).to_csv(answers, index=False)
if again:
    times |= refitted()
print(json.dumps({"version": f"Bambi {bmb.__version__}, {sampler}", **times}))
