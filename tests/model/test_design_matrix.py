"""Design matrices agree with patsy's where both speak, and do not depend on how rows collapse."""

from __future__ import annotations

import builtins
import pickle

import numpy as np
import pandas as pd
import patsy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jfmodels.errors import SpecError
from jfmodels.model.deficiency import deficiency, empty_cells, require_full_rank
from jfmodels.model.design_matrix import design_matrix, slope_matrix
from jfmodels.model.formula import parse

WAVES, REGIONS, SEXES = ["Q1", "Q2", "Q10"], ["Mopti", "Gao", "Kidal"], ["male", "female"]
FUNCTIONS = {"log": np.log, "log1p": np.log1p, "exp": np.exp, "sqrt": np.sqrt, "abs": np.abs}


def survey(n: int = 120, seed: int = 1) -> pd.DataFrame:
    """Rows with names in an order that is not alphabetical."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "wave": pd.Categorical(rng.choice(WAVES, n), WAVES),
            "region": pd.Categorical(rng.choice(REGIONS, n), REGIONS),
            "sex": pd.Categorical(rng.choice(SEXES, n), SEXES),
            "age": rng.integers(18, 80, n).astype(float),
            "x": rng.gamma(2.0, 1.0, n) + 0.1,
            "time": rng.choice([0.0, 0.5, 1.25], n),
        }
    )


FRAME = survey()


def design(right: str, frame: pd.DataFrame = FRAME, weights=None):
    return design_matrix(parse(f"y ~ {right}"), frame, weights)


def theirs(right: str, frame: pd.DataFrame = FRAME):
    right = right.replace('"none"', "None")  # what patsy calls no constraint
    return patsy.dmatrix(right, frame, eval_env=patsy.EvalEnvironment([FUNCTIONS]))


def assert_as_patsy(right: str) -> None:
    mine, expected = design(right), theirs(right)
    info = expected.design_info
    assert [name.replace('"none"', "None") for name in mine.names] == info.column_names
    terms = {name.replace('"none"', "None"): place for name, place in mine.terms.items()}
    assert terms == dict(info.term_name_slices)
    assert mine.matrix == pytest.approx(np.asarray(expected), rel=1e-12, abs=1e-12)
    assert mine.again(FRAME) == pytest.approx(mine.matrix, abs=0)


@pytest.mark.parametrize(
    "right",
    [
        "1",
        "0 + wave",
        "wave",
        "wave * region",
        "wave:region",
        "0 + wave:region",
        "wave / region",
        "(wave + sex) / region",
        "(wave + region + sex) ** 2",
        "(wave + region + sex + age) ** 3 - wave:region",
        "wave * region + sex - 1",
        "age + age:wave",
        "0 + age:wave + region",
        "wave:age:x",
        "I(age / 10) + I(age ** 2 - 3 * age)",
        "log(x) + log1p(x) + exp(x / 10) + sqrt(x) + abs(x - 1)",
        "center(age) + standardize(x) + scale(log(x))",
        "center(age):wave",
        "I(age > 40) * sex",
        'C(region, Treatment("Kidal"))',
        'C(region, Treatment("Kidal")) * sex',
        "C(wave, Sum) + C(region, Diff)",
        'C(region, Sum("Gao")):sex',
        "C(wave, Poly) * C(region, Helmert)",
        "C(region)",
        'I(region == "Gao") + age',
        "bs(x, df=3)",
        "bs(x, df=2, degree=2) + wave",
        "bs(x, df=1, degree=1, lower_bound=0, upper_bound=50)",
        "0 + bs(x, df=4, include_intercept=True)",
        '0 + cr(x, df=4, constraints="none")',
        'cr(age, df=4, constraints="center")',
        'cc(age, df=5, constraints="none")',
        'cc(age, df=4, lower_bound=0, upper_bound=100, constraints="center"):wave',
        'te(cr(age, df=3), cr(x, df=4), constraints="none")',
    ],
)
def test_ordinary_formulas_agree_with_patsy(right):
    assert_as_patsy(right)


@pytest.mark.parametrize(
    ("mine", "patsys"),
    [
        ("cr(age, df=3)", 'cr(age, df=3, constraints="center")'),
        ("cc(x, df=4):wave", 'cc(x, df=4, constraints="center"):wave'),
        (
            "te(cr(age, df=3), cc(x, df=4))",
            'te(cr(age, df=3), cc(x, df=4), constraints="center")',
        ),
    ],
)
def test_splines_stand_beside_an_intercept(mine, patsys):
    found = design(mine)
    assert found.matrix == pytest.approx(np.asarray(theirs(patsys)), rel=1e-12, abs=1e-12)
    assert found.again(FRAME) == pytest.approx(found.matrix, abs=0)
    require_full_rank(found)
    assert design(patsys).matrix == pytest.approx(found.matrix, abs=0)


FACTORS = ["wave", "region", "sex", "age", "x", "center(age)", "I(x / 10)", "log(x)"]
FACTORS += ["C(sex, Sum)", 'C(region, Treatment("Gao"))', "I(age > 40)"]


def grown(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.tuples(parts, st.sampled_from([" + ", "*", " : ", "/"]), parts)
    powers = st.tuples(parts, st.sampled_from(["1", "2"]))
    return pairs.map(lambda p: f"({p[0]}{p[1]}{p[2]})") | powers.map(lambda p: f"({p[0]})**{p[1]}")


RIGHT = st.recursive(st.sampled_from(FACTORS), grown, max_leaves=4)
INTERCEPT = st.sampled_from(["{}", "0 + {}", "{} - 1", "1 + {}", "-1 + {}", "{} + 0"])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(RIGHT, INTERCEPT)
def test_any_small_formula_agrees_with_patsy(right, intercept):
    assert_as_patsy(intercept.format(right))


def test_knots_of_b_splines_are_weighted_quantiles():
    knots = np.quantile(FRAME["x"], [0.25, 0.5, 0.75], method="inverted_cdf")
    expected = patsy.dmatrix("bs(x, knots=knots)", {"x": FRAME["x"], "knots": knots})
    assert design("bs(x, df=6)").matrix == pytest.approx(np.asarray(expected))


COLLAPSING = [
    "center(age)",
    "standardize(age) * wave",
    "bs(age, df=6)",
    "cr(age, df=4)",
    'cr(age, df=4, constraints="center")',
    'te(cr(age, df=3), cr(time, df=3), constraints="center")',
]


@pytest.mark.parametrize("right", COLLAPSING)
def test_rows_may_be_collapsed_and_weights_scaled(right):
    weights = np.random.default_rng(2).gamma(3.0, 1.0, len(FRAME))
    rows = design(right, FRAME, weights)
    keys = list(FRAME.columns)
    patterns = FRAME.assign(weight=weights).groupby(keys, observed=True, as_index=False)
    cells = patterns["weight"].sum()
    collapsed = design(right, cells[keys], 7.3 * cells["weight"])
    assert rows.again(FRAME[:50]) == pytest.approx(collapsed.again(FRAME[:50]), rel=1e-9, abs=1e-9)
    assert rows.names == collapsed.names


def test_weights_count_as_rows():
    twice = pd.concat([FRAME, FRAME[:40]], ignore_index=True)
    weights = np.r_[np.full(40, 2.0), np.ones(80)]
    for right in ("center(age)", "standardize(x)", "bs(x, df=7)"):
        new = design(right, FRAME, weights).again(FRAME)
        assert new == pytest.approx(design(right, twice).again(FRAME))


@pytest.mark.parametrize("name", ["C", "Q", "exp", "wave", "a b", "été", "1st", "if", "I", 'a"b'])
@pytest.mark.parametrize("numeric", [True, False])
def test_columns_of_any_name(name, numeric):
    values = FRAME["age"] if numeric else FRAME["region"]
    plain = name.isidentifier() and name != "if"
    text = name if plain else (f"Q('{name}')" if '"' in name else f'Q("{name}")')
    frame = pd.DataFrame({name: values, "sex": FRAME["sex"]})
    expected = design("age * sex" if numeric else "region * sex")
    mine = design(f"{text} * sex", frame)
    assert mine.matrix == pytest.approx(expected.matrix)
    old = "age" if numeric else "region"
    assert mine.names == tuple(each.replace(old, text) for each in expected.names)


def test_a_word_that_is_called_is_a_function_whatever_the_columns():
    frame = pd.DataFrame({"exp": [0.0, 1.0, 2.0], "C": [1.0, 2.0, 2.0]})
    mine = design("exp(exp) + C(C)", frame)
    assert mine.names == ("Intercept", "C(C)[T.2]", "exp(exp)")
    assert mine.matrix[:, 2] == pytest.approx(np.exp(frame["exp"]))


def test_names_are_in_the_users_words():
    names = design("wave * region + sex:age").names
    assert {"wave[T.Q2]", "wave[T.Q2]:region[T.Gao]", "sex[female]:age"} <= set(names)


def test_levels_that_do_not_occur_are_dropped_and_the_order_is_kept():
    frame = FRAME[FRAME["wave"] != "Q1"]
    assert design("wave", frame).names == ("Intercept", "wave[T.Q10]")


def test_again_takes_levels_in_any_order_and_some_of_them():
    mine = design("wave * region + center(age)")
    some = FRAME[FRAME["region"] != "Mopti"].head(7).copy()
    some["wave"] = pd.Categorical(some["wave"].astype(str))
    some["region"] = some["region"].cat.remove_unused_categories()
    assert mine.again(some) == pytest.approx(mine.matrix[some.index])


@pytest.mark.parametrize(
    ("right", "change", "says"),
    [
        ("wave", {"wave": pd.Categorical(["Q11"])}, "Unknown level of 'wave' 'Q11'"),
        ("wave", {"wave": [1.0]}, "holds numbers now"),
        ("age", {"age": pd.Categorical(["a"])}, "holds names now"),
        ("age", {"age": [np.nan]}, "missing in 1 of 1"),
        ("age", {"age": ["a"]}, "neither categorical nor numeric"),
        ("C(time)", {"time": [7.0]}, "Unknown level"),
        ("bs(age, df=4)", {"age": [200.0]}, "not defined"),
        ("log(x)", {"x": [-1.0]}, "not a finite number"),
    ],
)
def test_new_patterns_that_do_not_fit_are_refused(right, change, says):
    mine = design(right)
    with pytest.raises(SpecError, match=says):
        mine.again(FRAME.head(1).reset_index(drop=True).assign(**change))


@pytest.mark.parametrize(
    ("right", "says"),
    [
        ("aeg", "Did you mean 'age'?"),
        ("log(region)", "holds names, not numbers"),
        ('C(region, Treatment("Goa"))', "Did you mean 'Gao'?"),
        ('I(region == "Goa")', "Did you mean 'Gao'?"),
        ('I(age == "old")', "holds numbers"),
        ("log(x - 100)", "not a finite number in 120 of 120"),
        ("I(log(x - 100) > 0)", "not a finite number"),
        ("I(1 / time)", "not a finite number"),
        ("exp(exp(age))", "not a finite number"),
        ("exp(age)", "the limit is 1e+25"),
        ("standardize(age - age)", "do not differ"),
        ("bs(time, df=8)", "Use a smaller df"),
        ("bs(age, df=2)", "df is at least 3"),
        ("cr(age, df=1)", "df is at least 2"),
        ('cr(age, df=2, constraints="none")', "df is at least 3"),
        ("bs(age, df=4, lower_bound=40)", "lie outside"),
        ("te(cr(x, df=20), cr(age, df=30))", "would have 600 columns"),
    ],
)
def test_what_does_not_fit_the_data_is_refused(right, says):
    with pytest.raises(SpecError) as caught:
        design(right)
    assert says in str(caught.value)


def test_a_column_too_large_to_compute_with_is_refused():
    frame = FRAME.assign(huge=1e300 * FRAME["age"])
    for right in ("huge", "cr(huge, df=3)", "offset(huge)"):
        with pytest.raises(SpecError, match="the limit is"):
            design(right, frame)


@pytest.mark.parametrize("weights", [[1.0], [-1.0] * 120, [0.0] * 120, [np.nan] * 120])
def test_weights_that_are_none_are_refused(weights):
    with pytest.raises(SpecError, match="weights"):
        design("wave", FRAME, weights)


def test_a_matrix_that_is_too_wide_is_refused_before_it_is_made():
    many = pd.DataFrame({"a": pd.Categorical(range(200)), "b": pd.Categorical(range(200))})
    with pytest.raises(SpecError, match="40,000 of them from 'a:b'"):
        design("a * b", many)


def test_nothing_is_evaluated_by_python(monkeypatch):
    called: list[str] = []
    monkeypatch.setattr(builtins, "eval", lambda *a, **k: called.append("eval"))
    design("wave * region + bs(age, df=4) + center(log(x)) + C(sex, Sum)").again(FRAME)
    assert called == []


def test_offsets():
    mine = design("wave + offset(log(x) + 1)")
    assert mine.offset == pytest.approx(np.log(FRAME["x"]) + 1)
    assert mine.encoder.offsets(FRAME[:5]) == pytest.approx(mine.offset[:5])
    assert mine.matrix == pytest.approx(design("wave").matrix)
    assert (design("wave").offset == 0).all()


def test_a_design_can_be_saved():
    mine = design('wave * cr(age, df=4, constraints="center") + standardize(x)')
    again = pickle.loads(pickle.dumps(mine))
    assert again.again(FRAME[:9]) == pytest.approx(mine.matrix[:9], abs=0)
    assert parse("y ~ wave + (1 + x | g)") == pickle.loads(
        pickle.dumps(parse("y ~ wave + (1 + x | g)"))
    )


def test_the_longest_formulas_that_are_read_are_also_computed():
    long = " + ".join(["age"] * 250)
    mine = design(f"I({long})")
    assert mine.matrix[:, 1] == pytest.approx(250 * FRAME["age"])
    assert pickle.loads(pickle.dumps(mine)).names == mine.names
    assert design(" + ".join(f"I(age + {k})" for k in range(125))).matrix.shape == (120, 126)


def test_slopes_have_their_own_matrix():
    formula = parse("y ~ 1 + (1 + time | g) + (0 + x || g) + (sex | g) + (1 | g)")
    names = [slope_matrix(each, FRAME).names for each in formula.effects]
    assert names == [
        ("Intercept", "time"),
        ("x",),
        ("Intercept", "sex[T.female]"),
        ("Intercept",),
    ]


def test_no_fixed_column_at_all():
    assert design("0").matrix.shape == (120, 0)
    require_full_rank(design("0"))


def test_full_rank_designs_lack_nothing():
    for right in ("wave * region * sex", "0 + wave + bs(age, df=5)", "cr(x, df=5) + wave"):
        mine = design(right)
        assert deficiency(mine.matrix, mine.names) == []
        require_full_rank(mine)


@pytest.mark.parametrize(
    ("wave", "region"), [("Q2", "Gao"), ("Q1", "Gao"), ("Q10", "Mopti"), ("Q1", "Mopti")]
)
@pytest.mark.parametrize("right", ["wave * region", "wave * region + sex + wave:region:sex"])
def test_an_empty_cell_is_named_wherever_it_is(wave, region, right):
    gone = (FRAME["wave"] == wave) & (FRAME["region"] == region)
    mine = design(right, FRAME[~gone])
    assert empty_cells(mine) == [f"wave {wave}, region {region}"]
    columns = deficiency(mine.matrix, mine.names)
    rank = np.linalg.matrix_rank(mine.matrix)
    assert len(columns) == len(mine.names) - rank
    with pytest.raises(SpecError, match=f"No row is in: wave {wave}, region {region}"):
        require_full_rank(mine)


def test_an_empty_cell_makes_its_own_column_zero():
    gone = (FRAME["wave"] == "Q2") & (FRAME["region"] == "Gao")
    mine = design("wave * region", FRAME[~gone])
    assert deficiency(mine.matrix, mine.names) == ["wave[T.Q2]:region[T.Gao]"]


def test_collinear_numbers_are_named_whatever_their_scale():
    frame = FRAME.assign(twice=1e6 * FRAME["age"] + 3)
    mine = design("age + twice + x", frame)
    assert deficiency(mine.matrix, mine.names) == ["twice"]
    with pytest.raises(SpecError, match="'twice'"):
        require_full_rank(mine)


def test_a_term_of_one_level_is_refused_rather_than_dropped():
    men = survey().assign(sex=pd.Categorical(["male"] * 120, SEXES))
    with pytest.raises(
        SpecError, match=r"has 'sex', 'wave:sex', .* one value alone of sex \('male'\)"
    ):
        design_matrix(parse("y ~ wave * sex"), men)
    assert design_matrix(parse("y ~ 0 + sex"), men).names == ("sex[male]",)
