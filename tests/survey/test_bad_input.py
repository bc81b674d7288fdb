"""Whatever comes in, the answer is right or the error says what is wrong.

Surveys are drawn that are sound but for a few faults: values, types, names, roles or codebook
entries that do not belong. Each is either refused by an error of the package, which quotes
nobody's row, or answered as bare pandas answers.
"""

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import jfmodels as jf
from jfmodels.errors import JfmodelsError
from jfmodels.survey.survey import Survey

SECRET = "private"  # in every identity and free text: no message may quote it
HUGE = 10**30
WAVES = (
    ["R1", "R2", "R10"],
    [2012, 2014, 2017],
    [2012.0, 2014.0],
    [False, True],
    ["only"],
    [pd.Timestamp("2012-12-16"), pd.Timestamp("2014-12-01")],
)
TYPES = (
    *("object", "str", "string", "category", "Int64", "Float64", "boolean", "float32"),
    *("int64[pyarrow]", "double[pyarrow]", "string[pyarrow]", "Sparse[float]"),
)
STRANGE = (
    *(None, np.nan, pd.NA, pd.NaT, np.inf, -np.inf, "", " ", "x", "1_0", "1e400", HUGE, -HUGE),
    *(0, -1, 0.5, 1e60, 1e-60, 7, True, 1j, b"1", Decimal("1.50"), (1, 2), [1], {}, {1}),
    *(pd.Timestamp("2020-01-01"), dt.date(2020, 1, 1), pd.Timedelta(1), f"{SECRET} text"),
)
NAMES = (0, None, ("a", "b"), 1.5, "", " ", "unit", "wave", "w", "n", "estimate", "é", "a|b", "a/b")
ROLES = ("wave", "strata", "cluster", "weights", "fpc", "person", "interviewer", "date")
ROLE_VALUES = (
    *(None, "wave", "region", "place", "w", "q", "x", "id", "fpc", "day", "none", "", 3, ["place"]),
    *(["region", "place"], [], ["place", "place"], ("region",), {"region"}, [None], ["none"], True),
)
OPTIONS = {
    "repeats": ("clusters", "nothing", "people", "Clusters", None, 3, ["nothing"]),
    "target": ("population", "these_clusters", "poplation", None, {}),
    "lonely": ("adjust", "certainty", "average", "raise", "rise", None, 0),
    "selection": ("random", "purposive", None),
}
FIELDS = {
    "scale": ("binary", "ordinal", "nominal", "multi", "count", "continuous", "ordnal", None, []),
    "column": ("q", "x", "Q", None, {}, {"R1": "q"}, {"R1": "q", "R2": "x"}, ["q"], ["q", "x"], 3),
    "columns": ({"a": "q", "b": "x"}, {"a": "q", "b": "q"}, {}, ["q"], {"": "q"}),
    "categories": ({0: "no", 1: "yes"}, {0: "no"}, {0: "a", "0.0": "b"}, {0: "a", 1: "a"}, [0, 1]),
    "shown": (["yes"], ["yse"], ["no", "yes"], ["yes", "yes"], 3, {}),
    "dont_know": ([9], 9, [1], [9, "9"], {}, [None], [[9]], ""),
    "refused": ([98], [9], "98"),
    "missing": ([-1], -1, [0]),
    "policy": ("in_base", "excluded", "own_category", "include", None, ["excluded"]),
    "asked_in": (["R1"], ["R1", "R2", "R10"], [2012, 2014], "R1", [], ["R9"], {}),
    "relabelled": ({"R2": {1: "sure"}}, {"R2": {5: "sure"}}, {"R2": "sure"}, ["R2"]),
    "comparable": (["R2"], "R2", {}),
    "label": ("Q", {"en": "Q", "fr": "Q"}, {"de": "Q"}, None, "", []),
    "named": (["Y"], [1], [0], None, {}),
    "not_named": ([0], [2, 9], "no", [[1]]),
    "written": (["a"], ["zz"], "yes", {}),
    "offered": (
        {"a": ["R1"]},
        {"yes": ["R1", "R2"]},
        {"zz": ["R9"]},
        {"no": []},
        ["R1"],
        {"no": None},
    ),
    "typo": (1,),
}
COVARIATES = (
    None,
    {},
    {"column": "x", "bins": [0, 2, 4]},
    {"column": "x", "bins": [0, 2]},
    {"column": "x", "bins": [2, 0]},
    {"column": "x", "bins": ["a"]},
    {"column": "region", "categories": {"n": "North", "s": "South"}},
    {"column": "region", "categories": {"n": "North"}},
    {"column": "nowhere"},
    "region",
)
CROSSWALKS = (
    {"region": {"R1": {"n": "s"}}},
    {"region": {"R1": {"e": "s"}}},
    {"region": {"R9": {"n": "s"}}},
    {"region": {"R1": "s"}},
    {"nowhere": {"R1": {"n": "s"}}},
    ["region"],
)
FAULTS = ("values", "types", "names", "roles", "options", "fields", "rows", "nesting", "parts")


@st.composite
def inputs(draw):
    """Draw a frame, the roles of a design, and a codebook, with up to two kinds of faults."""
    faults = draw(st.sets(st.sampled_from(FAULTS), max_size=2))
    frame = draw(frames(faults))
    roles = {"cluster": "place", "weights": "w", "target": "population", "lonely": "adjust"}
    roles |= {"wave": "wave", "repeats": "clusters"} | draw(
        st.sampled_from(
            [
                {},
                {"strata": "region"},
                {"strata": "region", "target": "these_clusters"},
                {"repeats": "nothing"},
                {"date": "day"},
                {"interviewer": "region"},
                {"cluster": None, "target": None, "repeats": "nothing"},
                {"person": "id"},
                {"wave": None, "repeats": None},
                {"fpc": "fpc", "strata": "region"},
            ]
        )
    )
    if "roles" in faults:
        roles |= draw(
            st.dictionaries(st.sampled_from(ROLES), st.sampled_from(ROLE_VALUES), max_size=2)
        )
    if "options" in faults:
        for name in draw(st.sets(st.sampled_from(sorted(OPTIONS)), max_size=2)):
            roles[name] = draw(st.sampled_from(OPTIONS[name]))
    if roles.get("wave") is None and draw(st.booleans()):
        frame = frame.drop(columns="wave", errors="ignore")
    return frame, roles, draw(codebooks(faults))


@st.composite
def frames(draw, faults):
    """Draw rows in which places lie in regions, and break what the faults say."""
    n = draw(st.integers(0 if "rows" in faults else 4, 14))
    place = draw(st.lists(st.sampled_from("abcd"), min_size=n, max_size=n))
    region = ["n" if each in "ab" else "s" for each in place]
    if "nesting" in faults:
        region = draw(st.lists(st.sampled_from(["n", "s"]), min_size=n, max_size=n))
    wave = st.sampled_from(draw(st.sampled_from(WAVES)))
    answer = st.sampled_from([0, 1, 1, None, *draw(st.sampled_from([[], [9, 98, -1]]))])
    columns = {
        "wave": draw(st.lists(wave, min_size=n, max_size=n)),
        "region": region,
        "place": place,
        "w": draw(st.lists(st.floats(0.5, 4), min_size=n, max_size=n)),
        "q": draw(st.lists(answer, min_size=n, max_size=n)),
        "x": draw(st.lists(st.integers(0, 3), min_size=n, max_size=n)),
        "id": [f"{SECRET} {k}" for k in range(n)],
        "fpc": [20] * n,
        "note": [f"{SECRET} {k}" for k in range(n)],
    }
    when = {value: k for k, value in enumerate(sorted(set(map(plain, columns["wave"])), key=str))}
    columns["day"] = [f"20{10 + when[plain(value)]}-01-01" for value in columns["wave"]]
    if "values" in faults and n:
        for name in draw(st.lists(st.sampled_from(sorted(columns)), max_size=2)):
            k = draw(st.integers(0, n - 1))
            value = draw(st.sampled_from(STRANGE))
            columns[name] = [value] * n if draw(st.booleans()) else columns[name]
            columns[name][k] = value
    frame = pd.DataFrame({name: pd.Series(each, dtype=object) for name, each in columns.items()})
    frame = frame.infer_objects()
    if "types" in faults:
        for name in draw(st.sets(st.sampled_from(sorted(columns)), max_size=4)):
            frame[name] = converted(frame[name], draw(st.sampled_from(TYPES)))
    if "names" in faults:
        frame = renamed(frame, draw(st.sampled_from(sorted(columns))), draw(st.sampled_from(NAMES)))
    return frame


def converted(series, kind):
    """Convert a column where pandas can."""
    try:
        return series.astype(kind)
    except (TypeError, ValueError, NotImplementedError, OverflowError, RuntimeWarning):
        return series


def renamed(frame, old, new):
    """Rename a column to anything."""
    names = [new if name == old else name for name in frame.columns]
    return frame.set_axis(pd.Index(names, dtype=object, tupleize_cols=False), axis="columns")


@st.composite
def codebooks(draw, faults):
    """Draw a codebook of one or two outcomes, and break what the faults say."""
    coded = {"dont_know": [9], "refused": [98], "missing": [-1], "categories": {0: "no", 1: "yes"}}
    coded["policy"] = draw(st.sampled_from(["in_base", "excluded", "own_category"]))
    scale = draw(st.sampled_from(["binary", "nominal", "ordinal"]))
    entry = coded | {"scale": scale} | ({"shown": ["yes"]} if scale == "ordinal" else {})
    if "fields" in faults:
        for name in draw(st.sets(st.sampled_from(sorted(FIELDS)), min_size=1, max_size=3)):
            entry[name] = draw(st.sampled_from(FIELDS[name]))
    number = {"scale": draw(st.sampled_from(["count", "continuous"])), "column": "x"}
    book = {"outcomes": {"q": entry, "mean": number}}
    if "parts" in faults:
        book |= draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "waves": st.sampled_from([["R1", "R2"], ["R2", "R1", "R10"], [2012], {}, 3]),
                    "covariates": st.fixed_dictionaries({"g": st.sampled_from(COVARIATES)}),
                    "crosswalks": st.sampled_from(CROSSWALKS),
                    "outcome": st.just({}),
                },
            )
        )
    return book


def plain(value):
    """Write a value for comparison, without the package's help; None where it is missing."""
    if isinstance(value, list | dict | set | tuple) or value is None or value is pd.NA:
        return None if value is None or value is pd.NA else str(value)
    if value != value:
        return None
    if isinstance(value, bool | np.bool_) or str(value) in ("True", "False"):
        return "1" if str(value) == "True" else "0"
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%d")
    text = str(value).strip()
    try:
        number = float(text) if "_" not in text and "e" not in text else np.nan
    except ValueError:
        return text or None
    return f"{number:.15g}" if np.isfinite(number) and abs(number) < 1e15 else text or None


def expected(frame, survey, outcome, category, mask):
    """Share or mean in bare pandas; NaN where nobody is in the base."""
    entry = survey.codebook.outcomes[outcome]
    answers = frame[entry.columns[""]].astype(object).map(plain, na_action=None)
    left_out = list(entry.missing)
    if entry.measured or entry.policy == "excluded":
        left_out += [*entry.dont_know, *entry.refused]
    base = mask & answers.notna() & ~answers.isin(left_out)
    if entry.measured:
        value = answers[base].astype(float)
    else:
        meaning = {label.en: (code, label.en) for code, label in entry.categories.items()}
        meaning = {"don't know": entry.dont_know, "refused": entry.refused} | meaning
        texts = [text for shown in category.split(" + ") for text in meaning[shown]]
        value = answers[base].isin(texts).astype(float)
    return np.average(value, weights=weights(frame, survey)[base]) if base.any() else np.nan


def weights(frame, survey):
    """Weights as given, or else as the survey made them."""
    if survey.design.weights is None:
        return pd.Series(survey.rows.weight, frame.index)
    return frame[survey.design.weights].astype(object).map(float)


def check(frame, survey, table, group=None):
    """Hold every level of a table against bare pandas."""
    read = {column: frame[column].astype(object).map(plain, na_action=None) for column in frame}
    for row in table.to_dict("records"):
        mask = pd.Series(True, frame.index)
        if survey.waves:
            mask &= read[survey.design.wave].eq(row["wave"])
        if group:
            mask &= read[group].eq(row[group])
        truth = expected(frame, survey, row["outcome"], row["category"], mask)
        assert row["estimate"] == pytest.approx(truth, rel=1e-6, abs=1e-9, nan_ok=True)


def check_changes(levels, changes):
    """A change is the difference of two levels."""
    key = ["outcome", "category", "wave"]
    level = {tuple(map(str, row[key])): row["estimate"] for _, row in levels.iterrows()}
    for _, row in changes.iterrows():
        if "relabelled" in row["flag"]:
            continue
        now, before = (
            level[str(row["outcome"]), str(row["category"]), str(row[name])]
            for name in ("wave", "wave_ref")
        )
        assert row["estimate"] == pytest.approx(now - before, abs=1e-9, nan_ok=True)


def answer(frame, roles, book):
    """Ask for levels and changes of everything, and check what comes back."""
    survey = Survey(frame, jf.SurveyDesign(**roles), book)
    fit = jf.direct(survey, list(survey.codebook.outcomes))
    levels = fit.levels()
    by = {name: fit.levels(by=name) for name in ("region", "g") if name in survey.rows.keys}
    if all(isinstance(each.columns.get(""), str) for each in survey.codebook.outcomes.values()):
        check(frame, survey, levels)
        if "region" in by and not survey.codebook.crosswalks:
            check(frame, survey, by["region"], "region")
    if survey.waves:
        check_changes(levels, fit.changes())
    assert SECRET not in repr(survey) + repr(fit)


@settings(
    max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
@given(inputs())
def test_an_answer_is_right_or_an_error_says_why_not(given_input):
    try:
        answer(*given_input)
    except JfmodelsError as error:
        says = str(error)
        assert len(says) > 20
        assert "nan" not in says.lower().split()
        assert f"{SECRET} 1" not in says
