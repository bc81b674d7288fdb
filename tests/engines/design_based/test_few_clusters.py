"""Bias-reduced errors of few clusters: 55 rows computed plainly, and what must not matter.

No other software computes this rule, so its numbers in ``reference/few_clusters_direct.json``
were written out apart from the package, cluster by cluster. The rest needs no reference.
"""

import json

import numpy as np
import pandas as pd
import pytest
from r_cases import DESIGNS, REFERENCE, frame_of

import jfmodels as jf

CASES = json.loads((REFERENCE / "few_clusters_direct.json").read_text())
DESIGN = DESIGNS["svydesign(id=~commune, strata=~region, weights=~weight)"]
FRAME = frame_of("wave_survey_secure.csv")
NUMBERS = ["estimate", "std_error", "df"]
LADDER = {1: "very bad", 2: "bad", 3: "so so", 4: "good", 5: "very good"}


def fit_of(frame, design=DESIGN, **settings):
    """Fit the share that feels secure, and a five-point item with two answers shown."""
    ladder = {"scale": "ordinal", "categories": LADDER, "shown": ["good", "very good"]}
    outcomes = {"secure": {"scale": "binary"}, "security_5pt": ladder}
    return jf.direct(jf.Survey(frame, design, {"outcomes": outcomes}), list(outcomes), **settings)


def numbers_of(fit):
    """Levels, changes and contrasts, overall and by region, in numbers alone."""
    tables = [fit.levels(), fit.levels(by="region"), fit.changes(), fit.changes(by="region")]
    tables.append(fit.contrasts("region"))
    return pd.concat(tables)[NUMBERS].to_numpy()


@pytest.fixture(scope="module")
def tables():
    """Levels and changes by domain, the domain of all regions under the name "all"."""
    fit = fit_of(FRAME)
    made = [fit.levels(), fit.levels(by="region"), fit.changes(), fit.changes(by="region")]
    table = pd.concat(made, ignore_index=True).astype({"region": object, "wave_ref": object})
    table = table[table["outcome"] == "secure"].fillna({"region": "all", "wave_ref": ""})
    return table.set_index(["region", "estimand", "wave", "wave_ref"]).sort_index()


@pytest.fixture(scope="module")
def numbers():
    return numbers_of(fit_of(FRAME))


def test_all_rows_are_here():
    assert len(CASES["rows"]) == 55


def name_of(row):
    """Name a row in the report of tests."""
    return f"{row['domain']}-{row['estimand']}-{row['wave']}"


@pytest.mark.parametrize("row", CASES["rows"], ids=name_of)
def test_equals_the_plain_computation(tables, row):
    key = (row["domain"], row["estimand"], row["wave"], row.get("wave_ref", ""))
    found = tables.loc[key, NUMBERS].to_numpy(dtype=float).ravel()
    assert found == pytest.approx([row[name] for name in NUMBERS], rel=1e-8)


def test_order_of_rows_does_not_matter(numbers):
    shuffled = FRAME.sample(frac=1, random_state=1)
    np.testing.assert_allclose(numbers_of(fit_of(shuffled)), numbers, rtol=1e-9, atol=1e-13)


def test_scale_of_weights_does_not_matter(numbers):
    scaled = FRAME.assign(weight=7 * FRAME["weight"])
    np.testing.assert_allclose(numbers_of(fit_of(scaled)), numbers, rtol=1e-9, atol=1e-13)


def test_names_do_not_matter(numbers):
    # Names that sort as before, so that rows keep their order.
    renamed = FRAME.assign(
        region="region " + FRAME["region"], commune=FRAME["region"] + "/" + FRAME["commune"]
    )
    np.testing.assert_allclose(numbers_of(fit_of(renamed)), numbers, rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("small_sample", ["cr2", "none"])
def test_a_category_split_in_two_adds_up(small_sample):
    fit = fit_of(FRAME, small_sample=small_sample)
    whole = fit.joint("region")
    parts = fit.joint("region", categories=["good", "very good"])
    cells = whole.grid.n_domains
    (shown,) = (k for k, item in enumerate(whole.grid.items) if item.outcome == "security_5pt")
    one, other = whole.joint.mean[shown * cells :][:cells], parts.joint.mean
    assert other[:cells] + other[cells:] == pytest.approx(one, rel=1e-12)
    influence = parts.joint.influence
    together = influence[:, :cells] + influence[:, cells:]
    expected = whole.joint.influence[:, shown * cells :][:, :cells]
    np.testing.assert_allclose(together, expected, atol=1e-14)


def test_equal_clusters_give_plain_linearisation():
    random = np.random.default_rng(1)
    communes = [(f"R{k // 4}", f"C{k}") for k in range(16)]
    rows = [(region, name, wave) for region, name in communes for wave in (1, 2) for _ in range(25)]
    frame = pd.DataFrame(rows, columns=["region", "commune", "wave"])
    frame = frame.assign(
        weight=1.5,
        secure=random.integers(0, 2, len(frame)),
        security_5pt=random.integers(1, 6, len(frame)),
    )
    reduced, plain = (fit_of(frame, small_sample=each) for each in ("cr2", "none"))
    np.testing.assert_allclose(
        numbers_of(reduced)[:, :2], numbers_of(plain)[:, :2], rtol=1e-12, atol=1e-15
    )
    assert reduced.levels(by="region")["df"].to_numpy() == pytest.approx(3)


def test_a_wave_more_does_not_move_a_change():
    two = FRAME[FRAME["wave"].isin([1, 2])]
    alone = fit_of(two).changes(by="region")[NUMBERS]
    among = fit_of(FRAME).changes(by="region")
    among = among.loc[among["wave"] == "2", NUMBERS]
    np.testing.assert_allclose(among, alone, rtol=1e-12)
