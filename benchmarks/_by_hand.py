"""The model of the multilevel benchmark by NUTS: python _by_hand.py ours|theirs ROWS.csv

"theirs" is PyMC as one writes it for counts of yes by cell: not centred, sampled by nutpie.
Times are of processor, for they are compared on machines that do other work as well.
"""

import json
import sys
import time

import arviz as az
import numpy as np
import pandas as pd

who, rows = sys.argv[1:]
DRAWS = {"draws": 1000, "tune": 1000, "chains": 4}
CELL = ["wave", "region", "sex", "age_group", "commune"]
FORMULA = "y ~ wave * region + sex + age_group + (1 | commune) + (1 | commune:wave)"


def ours(frame: pd.DataFrame) -> tuple[float, np.ndarray]:
    import jfmodels as jf
    from jfmodels.engines.bayesian import nuts
    from jfmodels.model.model import lay_out

    design = jf.SurveyDesign(
        wave="wave",
        strata="region",
        cluster="commune",
        weights="weight",
        repeats="clusters",
        target="population",
    )
    survey = jf.Survey(frame, design, {"outcomes": {"y": {"scale": "binary"}}})
    terms = ("wave", "region", "wave:region", "sex", "age_group")
    alike = dict.fromkeys(terms, jf.Normal(0, 1.5))  # as they are by hand
    laid = lay_out(jf.Model(FORMULA, priors=alike), survey).latent
    nuts._compiled(laid, nuts.whitening_of(laid))
    begun = time.process_time()
    found = nuts.sample_nuts(laid, nuts.Nuts(**DRAWS, progress=False))
    drawn = np.column_stack([found.field[:, : laid.n_fixed], np.exp(found.theta)])
    return begun, drawn.reshape(DRAWS["chains"], DRAWS["draws"], -1)


def theirs(frame: pd.DataFrame) -> tuple[float, np.ndarray]:
    import nutpie
    import patsy
    import pymc as pm

    cells = frame.groupby(CELL)["y"].agg(["sum", "size"]).reset_index()
    x = np.asarray(patsy.dmatrix("wave * region + sex + age_group", cells))
    commune = cells["commune"].astype("category").cat.codes.to_numpy()
    visit = (cells["commune"] + cells["wave"]).astype("category").cat.codes.to_numpy()
    with pm.Model() as model:
        prior = np.where(np.arange(x.shape[1]) == 0, 2.5, 1.5)
        b = pm.Normal("b", 0, prior, shape=x.shape[1])
        sd = pm.HalfNormal("sd", 1, shape=2)
        u = pm.Normal("u", shape=int(commune.max()) + 1)
        v = pm.Normal("v", shape=int(visit.max()) + 1)
        eta = x @ b + sd[0] * u[commune] + sd[1] * v[visit]
        pm.Binomial("y", n=cells["size"], logit_p=eta, observed=cells["sum"])
    compiled = nutpie.compile_pymc_model(model)
    begun = time.process_time()
    found = nutpie.sample(compiled, **DRAWS, seed=1, progress_bar=False)["posterior"]
    return begun, np.concatenate([found["b"].to_numpy(), found["sd"].to_numpy()], axis=2)


begun, drawn = {"ours": ours, "theirs": theirs}[who](pd.read_csv(rows))
sampling = time.process_time() - begun
ess = [float(az.ess(drawn[:, :, k], method="bulk")) for k in range(drawn.shape[2])]
flat = drawn.reshape(-1, drawn.shape[2])
times = {"compiling": begun, "sampling": sampling, "coefficients": min(ess[:-2])}
times |= {"deviations": min(ess[-2:])}
print(json.dumps({**times, "mean": flat.mean(0).tolist(), "sd": flat.std(0).tolist(), "ess": ess}))
