"""What was asked: outcomes, covariates and waves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import chain

from jfmodels.display.card import Card, Displayed, some
from jfmodels.display.sheet import Sheet
from jfmodels.survey.labels import Label

__all__ = [
    "JOINTS",
    "NAMED",
    "ONE",
    "OPTION",
    "POLICIES",
    "SCALES",
    "ZERO",
    "Covariate",
    "Outcome",
    "Place",
    "Wave",
    "answer_names",
    "as_columns",
    "policy_of",
    "shown_of",
]

SCALES: Mapping[str, str] = {
    "binary": "two answers; the share of the last is shown",
    "ordinal": "answers in order; `shown` names those whose share is shown",
    "nominal": "answers without order; the share of each is shown",
    "multi": "any number of options may be named; the share naming each is shown",
    "count": "a number of times; its mean is shown",
    "continuous": "a measurement; its mean is shown",
}
POLICIES: Mapping[str, str] = {
    "in_base": "they stay in the denominator and count as none of the answers",
    "excluded": "they leave the denominator",
    "own_category": "they stay in the denominator and are answers of their own",
}
ONE, ZERO = ("1",), ("0",)  # what an option's column holds, unless the codebook says otherwise
NAMED: Mapping[str, Label] = {"0": Label("no", "non"), "1": Label("yes", "oui")}
CODED = ("binary", "ordinal", "nominal")
MEASURED = ("count", "continuous")
OPTION = "|"  # joins a multiple response and its option into the name of one answer
JOINTS = (OPTION, "/")  # names hold neither: the second joins the two outcomes of a ratio

type Place = str | tuple[str, ...] | Mapping[str, str | tuple[str, ...]]


def as_columns(named: str | tuple[str, ...]) -> tuple[str, ...]:
    """List the columns that hold answers together: one, or several.

    Examples
    --------
    >>> as_columns("news"), as_columns(("news_1", "news_2"))
    (('news',), ('news_1', 'news_2'))
    """
    return (named,) if isinstance(named, str) else named


@dataclass(frozen=True, slots=True)
class Wave:
    """One wave of fieldwork.

    Attributes
    ----------
    name : str
        As the data name it.
    start, end : date or None
        First and last day in the field.
    """

    name: str
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Outcome(Displayed):
    """One question, its answers, and what is to be made of those who did not answer it.

    Attributes
    ----------
    name : str
        How the outcome is called in calls and tables.
    columns : mapping of str to (str, tuple of str, or mapping of wave to these)
        For each option of a multiple response, and for ``""`` otherwise, the column that
        holds it, or a mapping of wave to column; several columns where each holds the code
        of something that was named.
    label : Label
        Its text.
    scale : str
        "binary", "ordinal", "nominal", "multi", "count" or "continuous".
    categories : mapping of str to Label
        Code to label, in order.
    shown : tuple of str
        English labels of the categories whose share tables speak of.
    dont_know, refused, missing : tuple of str
        Codes of those who did not know, refused, or were not asked.
    policy : str or None
        "in_base", "excluded" or "own_category": what "don't know" and refusals count as.
    asked_in : tuple of str or None
        The waves that asked; None for all.
    relabelled : mapping of str to mapping of str to str
        In which waves which codes had other wording.
    comparable : tuple of str
        Relabelled waves that may be compared with the others all the same.
    topic : str or None
        What it is about: a name among the codebook's topics.
    mentions : mapping of str to str
        Of a multiple response whose columns list what was named: option to code. Empty where
        every option has a column of its own.
    named, not_named : tuple of str
        Codes by which an option's own column says that it was named, or was not.
    written : tuple of str
        Options whose own column holds words: any text names them.
    offered : mapping of str to tuple of str
        Of options that only some waves offered, these waves.

    Examples
    --------
    >>> import jfmodels as jf
    >>> jf.example().outcome("trust_army").shown
    ('somewhat', 'a lot')
    """

    name: str
    columns: Mapping[str, Place]
    label: Label
    scale: str
    categories: Mapping[str, Label] = field(default_factory=dict)
    shown: tuple[str, ...] = ()
    dont_know: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    policy: str | None = None
    asked_in: tuple[str, ...] | None = None
    relabelled: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    comparable: tuple[str, ...] = ()
    topic: str | None = None
    mentions: Mapping[str, str] = field(default_factory=dict)
    named: tuple[str, ...] = ONE
    not_named: tuple[str, ...] = ZERO
    written: tuple[str, ...] = ()
    offered: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def measured(self) -> bool:
        """Whether answers are numbers, whose mean is shown, rather than codes."""
        return self.scale in MEASURED

    @property
    def labels(self) -> dict[str, Label]:
        """The label of every category by its English text."""
        return {label.en: label for label in self.categories.values()}

    @property
    def column_names(self) -> tuple[str, ...]:
        """Every column that holds answers, of any option and wave."""
        named = (x.values() if isinstance(x, Mapping) else [x] for x in self.columns.values())
        places = (as_columns(each) for each in chain.from_iterable(named))
        return tuple(dict.fromkeys(chain.from_iterable(places)))

    def column_in(self, wave: str | None, option: str = "") -> str | tuple[str, ...] | None:
        """Name the columns that hold the answers of a wave; None where there are none.

        Parameters
        ----------
        wave : str or None
            The wave, where there are some.
        option : str, default ""
            The option of a multiple response.

        Returns
        -------
        str, tuple of str or None
            The column; several where each holds the code of something that was named.

        Examples
        --------
        >>> import jfmodels as jf
        >>> jf.example().outcome("trust_army").column_in("Q6")
        'trust_army'
        """
        named = self.columns[option]
        return named.get(wave or "") if isinstance(named, Mapping) else named

    def asks(self, wave: str) -> bool:
        """Tell whether the wave was asked this question.

        Parameters
        ----------
        wave : str
            The wave.

        Returns
        -------
        bool
            As the codebook says; what the rows hold does not matter.

        Examples
        --------
        >>> import jfmodels as jf
        >>> outcome = jf.example().outcome("trust_russian_forces")
        >>> outcome.asks("Q1"), outcome.asks("Q6")
        (False, True)
        """
        if self.asked_in is not None and wave not in self.asked_in:
            return False
        return any(self.column_in(wave, option) is not None for option in self.columns)

    def wording(self, wave: str) -> tuple[tuple[str, str], ...]:
        """Tell what was worded otherwise in a wave; waves of equal wording may be compared.

        Parameters
        ----------
        wave : str
            The wave.

        Returns
        -------
        tuple of (str, str)
            Code and wording of each category that the codebook calls relabelled.

        Examples
        --------
        >>> import jfmodels as jf
        >>> jf.example().outcome("trust_army").wording("Q1")
        ()
        """
        if wave in self.comparable:
            return ()
        return tuple(sorted(self.relabelled.get(wave, {}).items()))

    def _card(self) -> Card:
        """The question with its answers."""
        answers = tuple(
            (code, label.en, label.fr, "yes" if label.en in self.shown else "")
            for code, label in self.categories.items()
        )
        headings = ("code", "answer", "in French", "shown")
        facts = {
            "label": self.label.en,
            "in French": self.label.fr if self.label.fr != self.label.en else "",
            "columns": some(self.column_names),
            "shown": shown_of(self),
            "don't know": ", ".join(self.dont_know),
            "refused": ", ".join(self.refused),
            "policy": policy_of(self) if self.policy else "",
            "asked in": ", ".join(self.asked_in or ()),
            "relabelled": ", ".join(self.relabelled),
        }
        sheets = [Sheet("Answers", headings, answers, words=(0, 1, 2, 3))] if answers else []
        return Card("Outcome", f"{self.name} ({self.scale})", facts, sheets=sheets)


def answer_names(outcome: Outcome) -> tuple[str, ...]:
    """Name an outcome's columns of answers among the rows: one, or one per option."""
    if outcome.scale != "multi":
        return (outcome.name,)
    return tuple(f"{outcome.name}{OPTION}{option}" for option in outcome.columns)


def shown_of(outcome: Outcome) -> str:
    """Say what tables show: the mean, some answers together, or each."""
    if outcome.scale in ("nominal", "multi"):
        options = outcome.categories or dict.fromkeys(outcome.columns)
        return f"each of {len(options)}"
    return "the mean" if outcome.measured else " + ".join(outcome.shown)


def policy_of(outcome: Outcome) -> str:
    """Say what becomes of those who do not know or refuse."""
    return (outcome.policy or "–").replace("_", " ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Covariate:
    """A column that groups or explains: binned, relabelled, or as it is.

    Attributes
    ----------
    name, column : str
        How it is called, and the column that holds it.
    label : Label
        Its text.
    bins : tuple of float
        Edges of the classes [a, b) that a number falls in; empty for none.
    categories : mapping of str to Label
        Code to label, in order; empty for the values as they are.

    Examples
    --------
    >>> import jfmodels as jf
    >>> jf.example().codebook.covariates["age_group"].bins
    (18.0, 25.0, 35.0, 50.0, 120.0)
    """

    name: str
    column: str
    label: Label
    bins: tuple[float, ...] = ()
    categories: Mapping[str, Label] = field(default_factory=dict)
