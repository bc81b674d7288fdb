"""Questions as their sources describe them, and what their labels say."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = [
    "DONT_KNOW",
    "NO_ANSWER",
    "Code",
    "Question",
    "Text",
    "distinct_labels",
    "joined",
    "no_answer",
    "plain",
    "texts_of",
]

type Code = int | str
type Text = str | dict[str, str]

DONT_KNOW = "don't know"  # what a code of no answer is taken for that nobody has labelled
# What the labels of codes that are no answers look like, without accents and punctuation.
NO_ANSWER: Mapping[str, str] = {
    "dont_know": r"((i |je )?(do not|dont|doesnt) know(?! (any|who|of ))|(je )?(ne )?sai[st] pas"
    r"|dk|nsp|cannot say|cant say)\b.*",
    "refused": r"refus(ed?|al|e)?( to answer| de repondre)?|rf|(i )?(would )?(prefers?|rather) not"
    r"( to)? (say|answer)|declined?( to answer)?|no (answer|response)|(pas de|sans|non) reponse"
    r"|(je )?prefere ne pas (le )?(dire|repondre)|ne (souhaite|veut|desire) pas repondre|nr|pnr",
    "missing": r"(missing|manquant|not asked|non posee?|not applicable|non applicable)\b.*"
    r"|na|n a|so|s o|sans objet",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question as its source describes it.

    Attributes
    ----------
    name : str
        Column of the answers, or name of a multiple response.
    label : str or dict
        Its text, plain or by language; empty where unknown.
    measure : str
        What the source says of it: "ordinal", "nominal", "continuous", "multi", or ""
        where only the codes can tell.
    codes : mapping of code to label
        In order, codes of no answer included.
    missing : tuple
        Codes that the source itself declares missing.
    columns : mapping of option to column
        Of a multiple response of which every option has a column.
    options : mapping of option to label
        Of these; empty where options are their own labels.
    listed : tuple of str
        Of a multiple response whose columns list the codes of what was named, these columns.
    named, not_named : tuple
        Codes by which an option's own column says that it was named, or was not; empty for the
        usual 1 and 0, None where it is not known which.
    written : tuple of str
        Options whose column holds words.
    column : str
        Where the answers are, if not in the column of its name.
    aliases : tuple of str
        What an export may call its column, likeliest first; empty where the name is known.
    notes : tuple of str
        What a person must know of it.
    left_out : str or None
        Why it has no place in a codebook; blank where that needs no saying.
    """

    name: str
    label: Text = ""
    measure: str = ""
    codes: Mapping[Code, Text] = field(default_factory=dict)
    missing: tuple[Code, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Text] = field(default_factory=dict)
    listed: tuple[str, ...] = ()
    named: tuple[Code, ...] | None = ()
    not_named: tuple[Code, ...] = ()
    written: tuple[str, ...] = ()
    column: str = ""
    aliases: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    left_out: str | None = None


def plain(text: str) -> str:
    """Write a label in lower case, without accents, brackets, or punctuation.

    Examples
    --------
    >>> plain("Don’t know (do not read)"), plain("Refusé")
    ('dont know', 'refuse')
    """
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    bare = re.sub(r"\(.*?\)|\[.*?\]|'", "", bare)
    return re.sub(r"[^a-z0-9]+", " ", bare).strip()


def no_answer(label: Text) -> str | None:
    """Tell which key of :data:`NO_ANSWER` a label belongs to; None for an answer.

    Examples
    --------
    >>> no_answer("Don't know"), no_answer({"fr": "Refus de répondre"}), no_answer("A little")
    ('dont_know', 'refused', None)
    """
    texts = [plain(text) for text in texts_of(label)]
    for kind, pattern in NO_ANSWER.items():
        if any(re.fullmatch(pattern, text) for text in texts):
            return kind
    return None


def distinct_labels(codes: Mapping[Code, Text]) -> dict[Code, Text]:
    """Add its code to a label that another code bears too, in any language.

    Examples
    --------
    >>> distinct_labels({1: "Other", 2: "Radio", 96: {"en": "Other", "fr": "Autre"}})
    {1: 'Other (1)', 2: 'Radio', 96: {'en': 'Other (96)', 'fr': 'Autre (96)'}}
    """
    count = Counter(text for label in codes.values() for text in set(texts_of(label)))
    return {
        code: label if all(count[text] == 1 for text in texts_of(label)) else _numbered(label, code)
        for code, label in codes.items()
    }


def joined(whole: Text, part: Text) -> Text:
    """Put a question's text before that of its row, in each language.

    Examples
    --------
    >>> joined({"en": "Trust in", "fr": "Confiance"}, {"en": "Army", "fr": "Armée"})
    {'en': 'Trust in: Army', 'fr': 'Confiance : Armée'}
    """
    if isinstance(whole, str) and isinstance(part, str):
        return f"{whole.rstrip(' :')}: {part}"
    one = whole if isinstance(whole, dict) else {"en": whole, "fr": whole}
    other = part if isinstance(part, dict) else {"en": part, "fr": part}
    head = {language: text.rstrip(" :") for language, text in one.items()}
    return {"en": f"{head['en']}: {other['en']}", "fr": f"{head['fr']} : {other['fr']}"}


def texts_of(label: Text) -> list[str]:
    """List the texts of a label in all its languages.

    Examples
    --------
    >>> texts_of("Radio"), texts_of({"en": "Army", "fr": "Armée"})
    (['Radio'], ['Army', 'Armée'])
    """
    return list(label.values()) if isinstance(label, dict) else [label]


def _numbered(label: Text, code: Code) -> Text:
    if isinstance(label, dict):
        return {language: f"{text} ({code})" for language, text in label.items()}
    return f"{label} ({code})"
