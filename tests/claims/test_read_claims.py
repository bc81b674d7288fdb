"""A claims file that leaves something open, or is wrong, says so by line and field."""

from __future__ import annotations

from pathlib import Path

import pytest

import jfmodels as jf
from jfmodels.claims.kinds import KINDS

GOOD = """\
source: a report
claims:
  rose:
    text: Trust rose.
    joined: all
    parts:
      army:
        kind: change
        outcome: trust_army
        counting: [somewhat, a lot]
        base: in_base
        wave: Q6
        against: Q5
        direction: up
      level:
        kind: level
        outcome: trust_army
        counting: [somewhat, a lot]
        base: in_base
        wave: Q6
        number: 78
        decimals: 0
        tolerance: 4
      range:
        kind: range
        outcomes: [trust_army, trust_police]
        counting: [somewhat, a lot]
        base: in_base
        wave: Q6
        lowest: 60
        highest: 85
        decimals: 0
      order:
        kind: order_of_options
        outcome: cs_activities
        base: in_base
        wave: Q6
        first: [meetings, awareness raising]
        after: [mediation, training]
      lower:
        kind: comparison
        outcome: trust_army
        counting: [somewhat, a lot]
        base: in_base
        wave: Q6
        along: region
        groups: [Gao, Timbuktu]
        reference: Mopti
        side: below
      same:
        kind: remains
        outcome: trust_army
        counting: [somewhat, a lot]
        base: in_base
        wave: Q6
        against: Q5
        margin: 5
"""

# what is replaced in the good file, by what, and what the error must say
MALFORMED: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "no YAML": ("source: a report", "source: [a", ("line 2", "column")),
    "tab": ("  rose:", "\trose:", ("line 3",)),
    "key twice": ("wave: Q6\n        against: Q5\n        direction: up",
                  "wave: Q6\n        wave: Q5\n        against: Q5", ("line 13", "duplicate key")),
    "claim twice": ("source: a report\nclaims:", "source: a report\nclaims:\n  rose: {}",
                    ("line 4", "duplicate key")),
    "only text": (GOOD, "just words", ("claims: with one claim or more",)),
    "empty": (GOOD, "", ("claims: with one claim or more",)),
    "a list": (GOOD, "- rose", ("claims: with one claim or more",)),
    "no claims": (GOOD, "source: x\n", ("claims: one claim or more",)),
    "claims a list": (GOOD, "source: x\nclaims: [a]\n", ("line 2", "claims:")),
    "unknown part of the file": ("source:", "sources:", ("line 1", "sources", "'source'")),
    "no source": ("source: a report\n", "", ("line 2", "source: is missing")),
    "source a number": ("source: a report", "source: 7", ("line 1", "source:", "int")),
    "claim a text": (GOOD, "source: x\nclaims: {rose: yes}\n", ("line 2", "'rose'", "mapping")),
    "no text": ("    text: Trust rose.\n", "", ("line 3", "'rose'", "text: is missing")),
    "text empty": ("Trust rose.", "''", ("line 4", "text:", "empty text")),
    "misspelt claim field": ("joined: all", "joint: all", ("line 5", "'joint'", "'joined'")),
    "joined not said": ("    joined: all\n", "", ("joined: is missing", "all", "any")),
    "joined unknown": ("joined: all", "joined: al", ("line 5", "'al'", "'all'")),
    "no parts": (GOOD, "source: x\nclaims: {rose: {text: t}}\n", ("line 2", "parts: one part")),
    "parts a list": (GOOD, "source: x\nclaims: {rose: {text: t, parts: [a]}}\n",
                     ("line 2", "parts: one part")),
    "part a text": (GOOD, "source: x\nclaims: {rose: {text: t, parts: {a: b}}}\n",
                    ("line 2", "part 'a'", "kind:")),
    "no kind": ("        kind: change\n", "", ("line 8", "part 'army'", "kind:", "'level'")),
    "misspelt kind": ("kind: change", "kind: chnage", ("line 8", "'chnage'", "'change'")),
    "kind a list": ("kind: change", "kind: [change]", ("line 8", "kind:")),
    "misspelt field": ("tolerance: 4", "tolerence: 4", ("line 23", "'tolerence'", "'tolerance'")),
    "field of another kind": ("direction: up", "direction: up\n        number: 5",
                              ("line 15", "'number'")),
    "base not said": ("        base: in_base\n        wave: Q6\n        against: Q5\n        dir",
                      "        wave: Q6\n        against: Q5\n        dir",
                      ("line 8", "base: is missing", "don't-know")),
    "base unknown": ("base: in_base", "base: include", ("line 11", "base:", "'include'")),
    "counting not said": ("        counting: [somewhat, a lot]\n", "",
                          ("line 8", "counting: is missing", "categories")),
    "counting empty": ("counting: [somewhat, a lot]", "counting: []", ("line 10", "counting:")),
    "counting twice": ("[somewhat, a lot]", "[a lot, a lot]", ("line 10", "twice", "'a lot'")),
    "wave not said": ("        wave: Q6\n", "", ("line 8", "wave: is missing")),
    "wave a mapping": ("wave: Q6", "wave: {Q6: x}", ("line 12", "wave:", "name")),
    "against not said": ("        against: Q5\n        direction", "        direction",
                         ("line 8", "against: is missing")),
    "against itself": ("against: Q5", "against: Q6", ("line 13", "against:", "itself")),
    "direction unknown": ("direction: up", "direction: upp", ("line 14", "'upp'", "'up'")),
    "number a text": ("number: 78", "number: most", ("line 21", "number:", "'most'")),
    "number true": ("number: 78", "number: true", ("line 21", "number:", "True")),
    "number not finite": ("number: 78", "number: .inf", ("line 21", "number:", "inf")),
    "number no share": ("number: 78", "number: 178", ("line 21", "between 0 and 100")),
    "decimals a half": ("decimals: 0", "decimals: 0.5", ("line 22", "decimals:", "0.5")),
    "decimals not said": ("        decimals: 0\n        tolerance", "        tolerance",
                          ("line 16", "decimals: is missing")),
    "tolerance not said": ("        tolerance: 4\n", "", ("line 16", "tolerance: is missing")),
    "tolerance negative": ("tolerance: 4", "tolerance: -4", ("line 23", "tolerance:", "-4")),
    "tolerance below the rounding": ("tolerance: 4", "tolerance: 0.2",
                                     ("line 23", "tolerance:", "narrower")),
    "one outcome of a range": ("[trust_army, trust_police]", "[trust_army]",
                               ("line 26", "outcomes:", "two names")),
    "ends in the wrong order": ("highest: 85", "highest: 55", ("line 31", "highest:", "55")),
    "order before itself": ("after: [mediation, training]", "after: [meetings]",
                            ("line 39", "after:", "'meetings'")),
    "side unknown": ("side: below", "side: lower", ("line 49", "'lower'", "'below'")),
    "reference among the groups": ("reference: Mopti", "reference: Gao",
                                   ("line 48", "reference:", "itself")),
    "no margin": ("        margin: 5\n", "", ("line 51", "margin: is missing", "negligible")),
    "margin of nothing": ("margin: 5", "margin: 0", ("line 57", "margin:", "exactly the same")),
    "share for percent": ("number: 78\n        decimals: 0", "number: 0.78\n        decimals: 2",
                          ("line 21", "number:", "write 78", "'0.78 %'")),
    "range of shares": ("lowest: 60\n        highest: 85\n        decimals: 0",
                        "lowest: 0.6\n        highest: 0.85\n        decimals: 2",
                        ("line 31", "highest:", "write 85")),
    "margin for points": ("margin: 5", "margin: 0.05", ("line 57", "margin:", "'0.05 points'")),
    "more decimals than published": ("number: 78", "number: 78.4",
                                     ("line 22", "decimals:", "more than 0")),
    "waves of none": ("against: Q5\n        direction", "against: none\n        direction",
                      ("wave:", "survey made once")),
    "domain a text": ("margin: 5", "margin: 5\n        where: Gao", ("line 58", "where:")),
    "a tag": ("number: 78", "number: !!python/object:os.system 78", ("line 21", "number:")),
}  # fmt: skip


def read(text: str, folder: Path) -> jf.Claims:
    path = folder / "claims.yaml"
    path.write_text(text, encoding="utf-8")
    return jf.read_claims(path)


def test_the_good_file_is_good(tmp_path):
    claims = read(GOOD, tmp_path)
    assert list(claims.claims["rose"].parts) == ["army", "level", "range", "order", "lower", "same"]


def test_there_are_forty_ways_and_more():
    assert len(MALFORMED) >= 40


@pytest.mark.parametrize("fault", MALFORMED)
def test_every_fault_is_told_by_line_and_field(fault, tmp_path):
    old, new, told = MALFORMED[fault]
    assert old in GOOD
    with pytest.raises(jf.ClaimError) as found:
        read(GOOD.replace(old, new, 1), tmp_path)
    said = str(found.value)
    assert "claims.yaml" in said
    for text in told:
        assert text in said
    assert len(said.splitlines()) == 1, "one fault is one sentence"


@pytest.mark.parametrize("number", ["0.8 %", "0.8%", "78 %"])
def test_a_number_may_bear_its_unit(number, tmp_path):
    text = GOOD.replace("number: 78\n        decimals: 0", f"number: {number}\n        decimals: 1")
    level = read(text, tmp_path).claims["rose"].parts["level"]
    assert level.number == float(number.rstrip("% "))
    points = GOOD.replace("margin: 5", "margin: 0.2 points")
    assert read(points, tmp_path).claims["rose"].parts["same"].margin == 0.2


def test_a_mean_has_its_own_unit():
    part = {"kind": "level", "outcome": "size", "counting": "mean", "base": "in_base"}
    part |= {"wave": "Q6", "number": 0.4, "decimals": 1, "tolerance": 0.2}
    content = {"source": "s", "claims": {"c": {"text": "t", "parts": {"p": part}}}}
    assert jf.Claims.from_dict(content).claims["c"].parts["p"].number == 0.4
    part["number"] = "0.4 points"
    with pytest.raises(jf.ClaimError, match="a mean has its own unit"):
        jf.Claims.from_dict(content)


@pytest.mark.parametrize("given", [{}, [1], None, {"a": {}}, {"a": 1}])
def test_claims_are_records_by_name(given):
    with pytest.raises(jf.ClaimError, match=r"Claims\(claims=\) takes"):
        jf.Claims(claims=given)


@pytest.mark.parametrize("path", [{"claims": {}}, 5, None])
def test_what_is_read_is_a_file(path):
    with pytest.raises(jf.ClaimError, match=r"path of a YAML file; found .*from_dict"):
        jf.read_claims(path)


def test_a_file_of_data_is_not_taken_for_badly_saved_text(tmp_path):
    path = tmp_path / "survey.parquet"
    path.write_bytes(b"PAR1\xff\xfe\x00")
    with pytest.raises(jf.ClaimError, match=r"is a file of data.*exchanged"):
        jf.read_claims(path)


def test_all_faults_are_told_at_once(tmp_path):
    text = GOOD.replace("tolerance: 4", "tolerence: 4").replace("direction: up", "direction: upp")
    with pytest.raises(jf.ClaimError, match="2 problems") as found:
        read(text, tmp_path)
    said = str(found.value)
    assert "'tolerence'" in said
    assert "'upp'" in said


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(jf.ClaimError, match=r"nowhere\.yaml"):
        jf.read_claims(tmp_path / "nowhere.yaml")


def test_yes_is_a_word_and_merged_fields_are_read(tmp_path):
    text = """
source: a report
claims:
  a:
    text: Most criticise.
    parts:
      one: &one {kind: majority, outcome: criticism_fds, counting: yes, base: in_base, wave: Q6}
  b:
    text: Most criticised.
    parts:
      one: {<<: *one, wave: Q5}
"""
    claims = read(text, tmp_path).claims
    assert claims["b"].parts["one"].readings[0].counting == ("yes",)
    assert claims["b"].parts["one"].waves == ("Q5",)


GROUPS = {"kind": "comparison", "along": "region", "groups": "Gao", "side": "below"}
GROUPS |= {"reference": "Mopti"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"wave": "Q7"}, "Unknown wave 'Q7'"),
        ({"outcome": "trust_amry"}, "Did you mean 'trust_army'"),
        ({"counting": "a lott"}, "Did you mean 'a lot'"),
        ({"kind": "bound", "side": "above", "number": 2, "counting": "mean"}, "does not fit"),
        ({"where": {"region": "Goa"}}, "Did you mean 'Gao'"),
        ({**GROUPS, "along": "regoin"}, "Did you mean 'region'"),
        ({**GROUPS, "groups": "Goa"}, "Did you mean 'Gao'"),
        ({**GROUPS, "reference": "Mpoti"}, "Did you mean 'Mopti'"),
        ({"where": {"regoin": "Gao"}}, "Did you mean 'region'"),
    ],
)
def test_what_the_survey_does_not_know_is_told_by_claim_and_part(change, told):
    said = {
        "kind": "majority",
        "outcome": "trust_army",
        "counting": ["somewhat", "a lot"],
        "base": "in_base",
        "wave": "Q6",
    }
    content = {"c": {"text": "t", "source": "s", "parts": {"p": said | change}}}
    claims = jf.Claims.from_dict({"claims": content})
    with pytest.raises(jf.ClaimError, match=told) as found:
        jf.judge(claims, jf.example())
    assert "claim 'c', part 'p'" in str(found.value)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_speaks_both_languages_with_the_same_fields(kind):
    import string

    for english, french in KINDS[kind].SAYS.values():
        fields = [
            {name for _, name, _, _ in string.Formatter().parse(text) if name}
            for text in (english, french)
        ]
        assert fields[0] == fields[1]


def test_texts_in_two_languages():
    text = {"en": "Most feel safe", "fr": "La plupart se sentent en sécurité"}
    part = {"kind": "majority", "outcome": "safe", "counting": "yes", "base": "in_base"}
    claim = {"text": text, "parts": {"safe": part | {"wave": "R2"}}}
    claims = jf.Claims.from_dict({"source": "a report", "claims": {"most": claim}})
    assert claims.claims["most"].text == "Most feel safe"
    assert claims.say("Most feel safe", "fr") == "La plupart se sentent en sécurité"
    assert claims.say("a report", "fr") == "a report"
    unknown = {"source": "a report", "claims": {"most": claim | {"text": {"en": "x", "de": "y"}}}}
    with pytest.raises(jf.ClaimError, match="languages 'en' and 'fr'; found 'en', 'de'"):
        jf.Claims.from_dict(unknown)


def test_a_source_that_all_claims_have_is_said_once():
    part = {
        "kind": "majority",
        "outcome": "safe",
        "counting": "yes",
        "base": "in_base",
        "wave": "R2",
    }
    content = {"source": "page 7", "claims": {k: {"text": k, "parts": {"p": part}} for k in "ab"}}
    shown = jf.Claims.from_dict(content)._repr_html_()
    assert shown.count("page 7") == 1
    content["claims"]["b"]["source"] = "page 8"
    shown = jf.Claims.from_dict(content)._repr_html_()
    assert (shown.count("page 7"), shown.count("page 8")) == (1, 1)
