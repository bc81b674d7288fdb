"""The phrases of pages, in English and in French.

To add a language, give every phrase its text in it. A number that can be 1 has a second phrase
whose key ends in ``_one``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from jfmodels.errors import choose
from jfmodels.report.plot_text import NO_BREAK, SIGNS
from jfmodels.report.words.findings import FINDINGS
from jfmodels.report.words.frame import FRAME
from jfmodels.report.words.limits import LIMITS
from jfmodels.report.words.sample import SAMPLE

__all__ = ["PHRASES", "counted", "phrase", "spaced", "thousands"]

PHRASES: Mapping[str, Mapping[str, str]] = {**FRAME, **SAMPLE, **FINDINGS, **LIMITS}


def phrase(key: str, lang: str, **terms: object) -> str:
    """Say a phrase, its gaps filled.

    Examples
    --------
    >>> phrase("since", "fr", wave="Q5")
    'Depuis Q5'
    """
    return spaced(choose("phrase", key, PHRASES)[lang], lang).format(**terms)


def counted(key: str, n: int, lang: str, **terms: object) -> str:
    r"""Say a phrase with a number `n` in it, in the singular where the language has it so.

    Examples
    --------
    >>> counted("interviews", 1, "en"), counted("interviews", 1200, "fr")
    ('1 interview', '1\u202f200 entretiens')
    """
    one = n == 1 or (lang == "fr" and n == 0)
    return phrase(f"{key}_one" if one else key, lang, n=thousands(n, lang), **terms)


def thousands(n: float, lang: str) -> str:
    """Write a whole number in groups of three digits."""
    return f"{n:,.0f}".replace(",", SIGNS[lang].thousands)


def spaced(text: str, lang: str) -> str:
    """Keep French signs on the line of the word that they belong to.

    Examples
    --------
    >>> spaced("Quoi ?", "fr") == "Quoi\N{NO-BREAK SPACE}?"
    True
    """
    if lang != "fr":
        return text
    kept = re.sub(r" (?=[:;?!»%])", NO_BREAK, text)
    return kept.replace("« ", f"«{NO_BREAK}")
