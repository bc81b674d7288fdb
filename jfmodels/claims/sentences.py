"""What was found, in one plain sentence of English and one of French.

Numbers are said as :func:`jfmodels.say` says them, with no more digits than the data bear.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from jfmodels.claims.assertions import Assertion
from jfmodels.claims.evidence import Judged
from jfmodels.claims.kinds import Part
from jfmodels.claims.rules import CONTRADICTED, SUPPORTED, UNDECIDED
from jfmodels.claims.words import LANGUAGES, word
from jfmodels.results.render import say
from jfmodels.results.schema import FLAGS
from jfmodels.survey.readings import MEAN

__all__ = [
    "MINUS",
    "claim_sentence",
    "domain_text",
    "hinge_text",
    "in_language",
    "other_base",
    "part_sentence",
    "what_is_said",
]

type Labels = Mapping[str, Mapping[str, str]]

MINUS = "\N{MINUS SIGN}"
NARROW = "\N{NARROW NO-BREAK SPACE}"


def part_sentence(
    part: Part, judged: Judged, detectable: float, labels: Labels, alpha: float, lang: str
) -> str:
    """Say what was found of a part, and what follows.

    Parameters
    ----------
    part : Part
        What was said.
    judged : Judged
        What was found.
    detectable : float
        The smallest difference that would have been found with a power of 80 %.
    labels : mapping
        Texts of names by language.
    alpha : float
        Error rate of the tests.
    lang : {"en", "fr"}
        Language.
    """
    if judged.refused:
        told = " ".join(FLAGS[code][lang] for code in judged.told)
        return word("refused", lang).format(why=told or judged.refused)
    verdict = judged.verdict(alpha)
    said = what_is_said(part, labels, lang)
    found = f"{hinge_text(judged, labels, alpha, lang)}."
    if judged.blocked:
        why = " ".join(FLAGS[code][lang] for code in judged.blocked)
        return f"{found} {word('blocked', lang).format(why=why)}"
    sentences = [found, word(verdict, lang).format(said=said)]
    if verdict == UNDECIDED and np.isfinite(detectable):
        size = _difference(detectable, str(judged.rows["unit"].iloc[0]), lang)
        sentences.append(word("detectable", lang).format(size=size))
    if judged.flags:
        why = " ".join(FLAGS[code][lang] for code in judged.flags)
        sentences.append(word("caution", lang).format(why=why))
    return " ".join(sentences)


def other_base(found: bool, base: str, row: Mapping[str, Any] | None, lang: str) -> str:
    """Say whether the published number is found, and what it would be in the other base.

    Parameters
    ----------
    found : bool
        Whether it is found in the claim's own base.
    base : str
        The other base.
    row : mapping or None
        What is found there; None if that decides nothing.
    lang : {"en", "fr"}
        Language.
    """
    text = word("reproduced" if found else "not_reproduced", lang)
    if row is None:
        return text
    size = in_language(say(row), lang).partition(" [")[0]
    return f"{text} {word(f'other_{base}', lang).format(size=size)}"


def claim_sentence(
    verdicts: Mapping[str, str], verdict: str, labels: Mapping[str, str], lang: str
) -> str:
    """Say how many parts are borne out, which are not, and what follows for the whole.

    Parameters
    ----------
    verdicts : mapping of str to str
        Verdict of every part.
    verdict : str
        Of the whole.
    labels : mapping of str to str
        Text of every part.
    lang : {"en", "fr"}
        Language.
    """
    n = sum(each == SUPPORTED for each in verdicts.values())
    text = word("joined_all", lang).format(n=n, of=len(verdicts))
    for kind, key in ((UNDECIDED, "not_borne"), (CONTRADICTED, "refuted")):
        named = [_quoted(labels[part], lang) for part, each in verdicts.items() if each == kind]
        if named:
            text += word(key, lang).format(parts=_listed(named, lang))
    joint = "; " if lang == "en" else " ; "
    whole = word("whole", lang).format(verdict=word(f"verdict_{verdict}", lang))
    return f"{text}{joint}{whole}"


def what_is_said(part: Part, labels: Labels, lang: str) -> str:
    """Say in a few words what a part says: "a rise of more than 2 points"."""
    variant = ""
    for name in ("direction", "side", "extreme"):
        variant = getattr(part, name, variant)
    template = part.SAYS[variant][LANGUAGES.index(lang)]
    return template.format(**_terms(part, labels, lang))


def _terms(part: Part, labels: Labels, lang: str) -> dict[str, str]:
    """Every field of a part in words."""
    share = getattr(part, "counting", ()) != (MEAN,)
    terms: dict[str, str] = {"beyond": ""}
    for each in fields(part):  # type: ignore[arg-type]
        value = getattr(part, each.name)
        if isinstance(value, tuple):
            named = [_label(text, labels, lang) for text in value]
            quoted = each.name in ("first", "after")
            terms[each.name] = _listed([_quoted(n, lang) if quoted else n for n in named], lang)
        elif isinstance(value, float):
            terms[each.name] = _amount(each.name, value, share, lang)
        else:
            terms[each.name] = _label(str(value), labels, lang)
    if getattr(part, "margin", 0.0) > 0:
        key = "apart" if hasattr(part, "side") else "beyond"
        terms["beyond"] = word(key, lang).format(margin=terms["margin"])
    number = getattr(part, "number", None)
    if number is not None:
        terms["change"] = _amount("change", number, share, lang)
    return terms


def _amount(name: str, value: float, share: bool, lang: str) -> str:
    """Write a number that was said: a level in percent, a distance in points."""
    if not share:
        return in_language(f"{value:,.12g}", lang)
    if name in ("number", "lowest", "highest"):
        return word("percent", lang).format(number=in_language(f"{value:g}", lang))
    return in_language(f"{value:g} points", lang)


def hinge_text(judged: Judged, labels: Labels, alpha: float, lang: str) -> str:
    """Say the row that decides: what it is of, and its numbers."""
    row = judged.row(alpha)
    n = len(judged.rows)
    closest = word("closest", lang).format(n=n) if n > 1 else ""
    of = _subject(row, judged.where, labels, lang)
    decided = judged.verdict(alpha) != UNDECIDED
    clear = _just_clear(row, judged.assertions[judged.hinge(alpha)], lang) if decided else ""
    return f"{of}{word('colon', lang)}{in_language(say(row), lang)}{clear}{closest}"


def _just_clear(row: Mapping[str, Any], assertion: Assertion, lang: str) -> str:
    """Say that an interval which decides is clear of an end, where rounding hides that."""
    if not str(row["unit"]).startswith("share"):
        return ""
    ends = [end for end in (*assertion.said, *assertion.refuted_outside) if np.isfinite(end)]
    for end in ends:
        apart = [x for x in (row["low"], row["high"]) if abs(x - end) > 1e-9]
        if any(abs(round(100 * x) - 100 * end) < 1e-9 for x in apart):
            return word("clear", lang).format(end=in_language(f"{100 * end + 0.0:.0f}", lang))
    return ""


def _subject(
    row: Mapping[str, Any], where: Mapping[str, Sequence[str]], labels: Labels, lang: str
) -> str:
    """Name what a row is of: the question, the domain, the groups and the waves."""
    columns = list(row)
    groups = [n for n in columns if f"{n}_ref" in columns and n not in FIXED]
    sides = ["outcome", *groups, "wave"]
    known = {side: row[side] for side in sides if not _missing(row[side])}
    others = _against_others(row, known, groups)
    texts = [_side(row, side, side == others, labels, lang) for side in known]
    places = domain_text({n: v for n, v in where.items() if n not in known}, labels, lang)
    return ", ".join([*texts[:1], *([places] if places else []), *texts[1:]])


def domain_text(where: Mapping[str, Sequence[str]], labels: Labels, lang: str) -> str:
    """Name a domain; one of many places by their number."""
    named = [[_label(text, labels, lang) for text in values] for values in where.values()]
    return ", ".join(
        " + ".join(texts) if len(texts) <= MANY else f"{len(texts)} {word('places', lang)}"
        for texts in named
    )


def _against_others(
    row: Mapping[str, Any], known: Mapping[str, object], groups: Sequence[str]
) -> str:
    """The group that is set against the mean of all others, which has no name."""
    if row["estimand"] not in ("contrast", "difference in differences"):
        return ""
    named = [side for side in known if not _missing(row[f"{side}_ref"])]
    if any(row[f"{side}_ref"] != row[side] for side in named if side != "wave"):
        return ""
    return next((side for side in groups if side in known and side not in named), "")


def _side(row: Mapping[str, Any], side: str, others: bool, labels: Labels, lang: str) -> str:
    """Name a place on one axis, and what is taken from it."""
    name, ref = _label(str(row[side]), labels, lang), row[f"{side}_ref"]
    if others:
        return f"{name} {MINUS} {word('others', lang)}"
    if _missing(ref) or ref == row[side]:
        return name
    other = _label(str(ref), labels, lang)
    question, colon, _ = name.partition(word("colon", lang))
    return f"{name} {MINUS} {other.removeprefix(question + colon) if colon else other}"


MANY = 6  # places of a domain that a sentence still names
FIXED = ("outcome", "category", "wave")


def in_language(text: str, lang: str) -> str:
    """Write the numbers of :func:`jfmodels.say` as a language does.

    Examples
    --------
    >>> in_language("-3 points [-10, 4]", "fr")
    '−3 points [−10 ; 4]'
    >>> in_language("1,006.3 [983.4, 1,029.2]", "fr").replace("\N{NARROW NO-BREAK SPACE}", "_")
    '1_006,3 [983,4 ; 1_029,2]'
    """
    text = re.sub(r"([\d.]+) points?", lambda found: _points(found[1], lang), text)
    text = text.replace("-", MINUS)
    if lang == "fr":
        text = text.replace(", ", " ; ").replace(",", NARROW).replace(".", ",")
        text = text.replace("no estimate", "sans estimation")
        text = text.replace("no interval", "sans intervalle")
    return text


def _points(number: str, lang: str) -> str:
    """Say points: in English one is a point, in French all below two are."""
    one = number == "1" if lang == "en" else float(number) < 2
    return f"{number} {'point' if one else 'points'}"


def _difference(size: float, unit: str, lang: str) -> str:
    """Say the size of a difference: shares in whole points."""
    if not unit.startswith("share"):
        return in_language(f"{float(f'{size:.2g}'):,.12g}", lang)
    return in_language(f"{max(1, round(100 * size))} points", lang)


def _listed(texts: Sequence[str], lang: str) -> str:
    """List texts as a sentence does."""
    if len(texts) < 2:
        return "".join(texts)
    return f"{', '.join(texts[:-1])}{word('and', lang)}{texts[-1]}"


def _label(name: str, labels: Labels, lang: str) -> str:
    if name == "others":
        return word("others", lang)
    return labels.get(name, {}).get(lang, name.replace("_", " "))


def _quoted(text: str, lang: str) -> str:
    return word("quoted", lang).format(text=text)


def _missing(value: object) -> bool:
    return value is None or value != value
