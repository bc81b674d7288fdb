"""Formulas are read by a closed grammar: what is not in it is refused, and nothing is run."""

from __future__ import annotations

import ast
import builtins
import time

import pytest

from jfmodels.errors import SpecError
from jfmodels.model.formula import check_columns, parse

HOSTILE = {
    "import": "y ~ __import__('os').system('touch canary')",
    "import in a factor": "y ~ log(__import__('os').getpid())",
    "import inside Q": "y ~ Q(__import__('os'))",
    "import as a column": "y ~ __import__",
    "builtins": "y ~ __builtins__['open']('canary', 'w')",
    "open": "y ~ open('canary', 'w')",
    "open as levels": "y ~ C(x, levels=open('canary', 'w'))",
    "open as a contrast": "y ~ C(x, open('canary', 'w'))",
    "open as an option": "y ~ bs(x, df=open('canary', 'w'))",
    "open as a level": "y ~ C(x, Treatment(open('canary', 'w')))",
    "open as an offset": "y ~ offset(open('canary', 'w'))",
    "open as slopes": "y ~ (open('canary', 'w') | g)",
    "open as groups": "y ~ (1 | open('canary', 'w'))",
    "open in a walk": "y ~ walk(open('canary', 'w'))",
    "open on the left": "open('canary', 'w') ~ x",
    "open in an option's name": "option(open('canary', 'w'), 'a') ~ x",
    "eval": "y ~ eval('1')",
    "exec": "y ~ exec('x = 1')",
    "compile": "y ~ compile('1', '', 'eval')",
    "lambda": "y ~ (lambda: x)()",
    "lambda as a factor": "y ~ lambda x: x",
    "getattr": "y ~ getattr(x, 'values')",
    "attributes": "y ~ x.__class__.__mro__[1].__subclasses__()",
    "attribute of a number": "y ~ (1).__class__",
    "attribute of a call": "y ~ log(x).real",
    "dunder": "y ~ x + __class__",
    "numpy": "y ~ np.log(x)",
    "powers of numbers": "y ~ 9**9**9",
    "powers in arithmetic": "y ~ I(9**9**9)",
    "powers in parentheses": "y ~ I((9**9)**(9**9))",
    "a large power": "y ~ I(x ** 99999999)",
    "a large power of terms": "y ~ (a + b) ** 99999999",
    "a negative power": "y ~ I(x ** -1)",
    "a large number": "y ~ I(x * 1e300)",
    "a long number": "y ~ I(x * " + "9" * 5_000 + ")",
    "a huge text": 'y ~ Q("' + "a" * 5_000 + '")',
    "a huge name": "y ~ " + "a" * 5_000,
    "a huge formula": "y ~ " + " + ".join(f"x{k}" for k in range(100_000)),
    "many terms": "y ~ " + " * ".join(f"x{k}" for k in range(40)),
    "many terms by power": "y ~ (" + " + ".join(f"x{k}" for k in range(60)) + ") ** 4",
    "many summands": "y ~ " + "+".join("a" for _ in range(2_000)),
    "deep parentheses": "y ~ " + "(" * 10_000 + "x" + ")" * 10_000,
    "deep enough parentheses": "y ~ " + "(" * 400 + "x" + ")" * 400,
    "deep calls": "y ~ " + "log(" * 400 + "x" + ")" * 400,
    "deep minus": "y ~ I(" + "-" * 900 + "x)",
    "walrus": "y ~ (x := 1)",
    "walrus in a call": "y ~ I(x := 1)",
    "list comprehension": "y ~ [x for x in y]",
    "generator": "y ~ log(x for x in y)",
    "set": "y ~ {x}",
    "f-string": "y ~ Q(f'{open(1)}')",
    "bytes": "y ~ Q(b'x')",
    "raw text": "y ~ Q(r'x')",
    "joined texts": "y ~ Q('x' 'y')",
    "triple quotes": "y ~ Q('''x\n''')",
    "escape": r"y ~ Q('\x41')",
    "subscript": "y ~ x[0]",
    "starred": "y ~ log(*x)",
    "double starred": "y ~ bs(x, **k)",
    "conditional": "y ~ x if x else z",
    "boolean": "y ~ x and z",
    "not": "y ~ not x",
    "await": "y ~ await x",
    "yield": "y ~ (yield x)",
    "semicolon": "y ~ x; import os",
    "newline": "y ~ x\nimport os",
    "backtick": "y ~ `a b`",
    "comment": "y ~ x # and more",
    "null byte": "y ~ x\x00",
    "invisible": "y ~ x\u200b",
    "no-break space": "y ~\u00a0x",
    "homoglyph": "y ~ \u0435val('1')",
    "full width": "y ~ \uff45\uff56\uff41\uff4c('1')",
    "decorator": "y ~ @x",
    "bit or": "y ~ x | z",
    "bit and": "y ~ x & z",
    "modulo": "y ~ I(x % 2)",
    "floor division": "y ~ I(x // 2)",
    "two tildes": "y ~ x ~ z",
    "assignment": "y = x",
    "unknown spline option": "y ~ bs(x, df=4, callback=1)",
    "huge df": "y ~ bs(x, df=100000)",
    "text in arithmetic": "y ~ I('a' * 9)",
    "text in a function": "y ~ log('a')",
    "text as a term": "y ~ 'a'",
    "nested splines": "y ~ bs(bs(x, df=4), df=4)",
    "nested random terms": "y ~ ((1 | g) | h)",
    "interacting random term": "y ~ x:(1 | g)",
    "called call": "y ~ log(x)(x)",
    "called text": "y ~ 'log'(x)",
    "called parentheses": "y ~ (log)(x)",
    "called dunder": "y ~ __import__(x)",
    "escape in a column": r"y ~ Q('x\'y')",
    "right-to-left override": "y ~ x + \u202eg",
    "hexadecimal": "y ~ I(0x10)",
    "complex number": "y ~ I(1j)",
    "more than a double holds": "y ~ I(x * 1e400)",
    "no right side": "y ~",
    "no left side": "~ x",
    "empty": "",
}


@pytest.mark.parametrize("formula", HOSTILE.values(), ids=HOSTILE)
def test_hostile_formulas_are_refused_quickly_and_run_nothing(formula, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    called: list[str] = []
    start = time.perf_counter()
    with monkeypatch.context() as traps:
        for name in ("eval", "exec", "compile", "open"):
            traps.setattr(builtins, name, lambda *a, _name=name, **k: called.append(_name))
        traps.setattr(ast, "parse", lambda *a, **k: called.append("ast.parse"))
        try:
            parse(formula)
        except SpecError as error:
            message = str(error)
        else:
            message = ""
    assert time.perf_counter() - start < 1
    assert called == []
    assert list(tmp_path.iterdir()) == []
    assert 20 < len(message) < 1_000
    assert message.endswith(".")


@pytest.mark.parametrize("thing", [None, 3, b"y ~ x", ["y ~ x"]])
def test_what_is_not_a_text_is_refused(thing):
    with pytest.raises(SpecError, match="A formula is a text"):
        parse(thing)


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        ("trust_army", ("trust_army", "categories", "")),
        ("shown(trust_army)", ("trust_army", "shown", "")),
        ('option(sources, "cattle theft")', ("sources", "option", "cattle theft")),
        ('Q("a name")', ("a name", "categories", "")),
        ('shown(Q("a name"))', ("a name", "shown", "")),
        ("shown", ("shown", "categories", "")),
        ("été", ("été", "categories", "")),
    ],
)
def test_the_left_side_names_an_outcome(left, expected):
    formula = parse(f"{left} ~ wave")
    assert (formula.outcome, formula.form, formula.option) == expected


@pytest.mark.parametrize(
    ("common", "apart"),
    [
        ("walk(wave)", "walk(wave | region)"),
        ("ar1(wave)", "ar1(wave | region)"),
        ("(1 | wave)", "(1 | wave:region)"),
    ],
)
def test_waves_stand_once(common, apart):
    with pytest.raises(SpecError, match="two names for one thing"):
        parse(f"y ~ sex * wave + {common}")
    assert parse(f"y ~ sex + {common}").effects
    assert parse(f"y ~ sex * wave + {apart}").effects


@pytest.mark.parametrize("left", ["log(y)", "y + z", "option(y)", "option(y, z)", "1", "'y'"])
def test_other_left_sides_are_refused(left):
    with pytest.raises(SpecError, match="stands an outcome"):
        parse(f"{left} ~ wave")


@pytest.mark.parametrize(
    ("right", "fixed", "columns"),
    [
        ("wave*region+sex", "wave * region + sex", ("wave", "region", "sex")),
        ("1", "1", ()),
        ("(1|g)", "1", ()),
        ("0+wave", "0 + wave", ("wave",)),
        ("(1|g)-1+wave", "-1 + wave", ("wave",)),
        ("((a+b))**2", "(a + b) ** 2", ("a", "b")),
        ("I( (a+b)*c/10 )", "I((a + b) * c / 10)", ("a", "b", "c")),
        ("I(-a**2)", "I(-a ** 2)", ("a",)),
        ("I((-a)**2)", "I((-a) ** 2)", ("a",)),
        ("I(a-(b-c))", "I(a - (b - c))", ("a", "b", "c")),
        ("bs(age,df = 4)", "bs(age, df=4)", ("age",)),
        ("C(C, Treatment('a b'))", 'C(C, Treatment("a b"))', ("C",)),
        ("C(region, Sum)", "C(region, Sum)", ("region",)),
        ("Q + exp(exp) + log", "Q + exp(exp) + log", ("Q", "exp", "log")),
        ('Q("wave")', "wave", ("wave",)),
        ('Q("a b"):Q("1st"):Q("if")', 'Q("a b"):Q("1st"):Q("if")', ("a b", "1st", "if")),
        ("Q('say \"x\"')", "Q('say \"x\"')", ('say "x"',)),
        ("été / naïve", "été / naïve", ("été", "naïve")),
        ("I(age > 40)\n  + sex", "I(age > 40) + sex", ("age", "sex")),
        ("wave + offset(log(n))", "wave", ("wave", "n")),
    ],
)
def test_the_fixed_side_is_written_in_one_way(right, fixed, columns):
    formula = parse(f"y ~ {right}")
    assert (formula.fixed, formula.columns) == (fixed, columns)
    assert parse(f"y ~ {formula.fixed}").terms == formula.terms


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(1 | g)", [("iid", ("g",), ())]),
        ("(1 || g)", [("iid", ("g",), ())]),
        ("(1 | Q('a b'))", [("iid", ("a b",), ())]),
        ("(1 | commune:wave)", [("iid", ("commune", "wave"), ())]),
        ("(1 | region/commune)", [("iid", ("region",), ()), ("iid", ("region", "commune"), ())]),
        (
            "(1 | a/b/c)",
            [("iid", ("a",), ()), ("iid", ("a", "b"), ()), ("iid", ("a", "b", "c"), ())],
        ),
        ("(1 + time | g)", [("slope", ("g",), ("1", "time"))]),
        ("(time | g)", [("slope", ("g",), ("1", "time"))]),
        ("(0 + x || g)", [("uncorrelated slopes", ("g",), ("x",))]),
        ("(center(x) - 1 | g)", [("slope", ("g",), ("center(x)",))]),
        ("walk(wave)", [("walk", (), ())]),
        ("walk(wave | region)", [("walk", ("region",), ())]),
        ("walk(wave | region/sex)", [("walk", ("region",), ()), ("walk", ("region", "sex"), ())]),
        ("ar1(wave | g)", [("ar1", ("g",), ())]),
        ("bym2(commune)", [("bym2", ("commune",), ())]),
    ],
)
def test_random_terms(text, expected):
    formula = parse(f"y ~ sex + {text}")
    assert [(each.kind, each.groups, each.slopes) for each in formula.effects] == expected
    assert formula.fixed == "sex"
    again = parse("y ~ " + " + ".join(each.text for each in formula.effects))
    assert again.effects == formula.effects


def test_a_formula_with_everything():
    formula = parse(
        "option(sources, 'radio') ~ wave * region + (1 + time | commune) + bs(age, df=4)"
        " + walk(wave | region) + offset(log(n)) + (1 | facilitator)"
    )
    assert formula.fixed == "wave * region + bs(age, df=4)"
    assert formula.offset == "log(n)"
    assert [each.kind for each in formula.effects] == ["slope", "walk", "iid"]
    assert formula.columns == ("wave", "region", "age", "n")
    assert formula.all_columns == (*formula.columns, "commune", "time", "facilitator")


@pytest.mark.parametrize(
    ("right", "says"),
    [
        ("(0 | g)", "Nothing varies"),
        ("(1 | g) + (1 | g)", "twice"),
        ("(1 | r/g) + (1 | g:r)", "twice"),
        ("(1 | a + b)", "joined by ':' or '/'"),
        ("walk(time)", "runs over the waves"),
        ("walk(wave, region)", "runs over the waves"),
        ("bym2(a, b)", "one column of areas"),
        ("1 | g", "in parentheses"),
        ("x - (1 | g)", "added to other terms"),
        ("offset(a) + offset(b)", "one offset"),
        ("x:offset(a)", "added to the other terms"),
        ("a - b", "not there: 'b'"),
        ("a:1", "do not interact"),
        ("2 * a", "only 0 and 1"),
        ("age > 40", "I(age > 40)"),
        ("I(18 < age < 40)", "one comparison at a time"),
        ("a.b", "nothing has attributes"),
        ("1st", 'Q("1st")'),
        ("if", 'Q("if")'),
        ("lgo(x)", "Did you mean 'log'?"),
        ("(a + b)^2", "a power is written **"),
        ("factor(x)", "write C(x)"),
        ("ns(x, df=4)", "write cr(x, df=4)"),
        ("bs(x, 4)", "Options are named"),
        ("bs(x)", "df=4"),
        ("bs(x, df=4, degre=2)", "Did you mean 'degree'?"),
        ("bs(x, df=4, df=5)", "given twice"),
        ("bs(x, df=True)", "a whole number"),
        ("cr(x, df=4, constraints='centre')", "'center'"),
        ("C(x, Treatmnt)", "Did you mean 'Treatment'?"),
        ("C(x, Poly(3))", "no contrast"),
        ("Treatment(x)", "belongs into C"),
        ("te(x, z)", "te takes splines"),
        ("I(x, y)", "one argument"),
        ("a*b*c*d*e*f*g", "at most 6 factors"),
    ],
)
def test_errors_say_what_would_do(right, says):
    with pytest.raises(SpecError) as caught:
        parse(f"y ~ {right}")
    assert says in str(caught.value).replace("'te' takes", "te takes")


def test_misspelt_columns_are_named_with_the_near_miss():
    formula = parse("y ~ wave + aeg + I(incom / 10) + (1 + tme | comune)")
    known = ["wave", "time", "age", "income", "commune"]
    with pytest.raises(SpecError) as caught:
        check_columns(formula, known)
    for near in ("'age'", "'income'", "'time'", "'commune'"):
        assert f"Did you mean {near}?" in str(caught.value)
    check_columns(parse("y ~ wave + age + (1 + time | commune)"), known)


@pytest.mark.parametrize(
    ("right", "says"),
    [("wave", "no wave"), ("walk(wave)", "no wave"), ("time", "no dates")],
)
def test_roles_that_the_survey_lacks(right, says):
    with pytest.raises(SpecError, match=says):
        check_columns(parse(f"y ~ {right}"), ["age"])


def test_a_slope_reads_its_columns_and_not_the_intercept():
    effect = parse("y ~ 1 + (1 + log(x) | g)").effects[0]
    assert effect.columns == ("g", "x")


@pytest.mark.parametrize(
    "text",
    [
        "trust ~ wave * sex",
        "shown(trust) ~ 0 + wave + bs(age, df=4) ** 2 + (1 | region/commune) + offset(log(n))",
        'option(sources, "cattle theft") ~ Q("a b") + walk(wave | region) + bym2(commune)',
        "y ~ (1 + time || region) + ar1(wave)",
    ],
)
def test_a_formula_written_out_is_read_as_the_same(text):
    formula = parse(text)
    assert parse(formula.text) == formula
    assert parse(formula.text).text == formula.text
