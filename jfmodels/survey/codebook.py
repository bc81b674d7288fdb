"""What every column means: a codebook, whole and without contradictions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from jfmodels.display.card import Card, Displayed, some
from jfmodels.display.sheet import Sheet
from jfmodels.errors import CodebookError, listing, raise_all, unknown
from jfmodels.survey.codebook_parts import PARTS, parse_parts
from jfmodels.survey.contradictions import covariate_problems, outcome_problems, record_problems
from jfmodels.survey.fields import Fields
from jfmodels.survey.labels import Label
from jfmodels.survey.outcome import Covariate, Outcome, Wave, policy_of, shown_of

__all__ = ["Codebook", "outcome_sheet"]

NOTES = "notes"  # remarks for people, which a draft leaves there


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Codebook(Displayed):
    """What every column means.

    Attributes
    ----------
    waves : mapping of str to Wave
        In order; empty where the data's own order serves.
    outcomes, covariates : mapping
        By name.
    topics : mapping of str to Label
        What outcomes are about, in the order in which a report speaks of them.
    crosswalks : mapping of str to mapping of str to mapping of str to str
        For a column and a wave, old value to new value.
    title : Label or None
        What the survey is called.

    Raises
    ------
    CodebookError
        One error that lists every choice left open and every contradiction.

    Examples
    --------
    >>> book = Codebook.from_dict({"outcomes": {"safe": {
    ...     "scale": "binary", "categories": {0: "no", 1: {"en": "yes", "fr": "oui"}}}}})
    >>> book.outcomes["safe"].shown
    ('yes',)
    """

    waves: Mapping[str, Wave] = field(default_factory=dict)
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    covariates: Mapping[str, Covariate] = field(default_factory=dict)
    topics: Mapping[str, Label] = field(default_factory=dict)
    crosswalks: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    title: Label | None = None

    @property
    def texts(self) -> dict[str, dict[str, str]]:
        """Text in each language of every outcome, covariate and answer that tables name."""
        texts: dict[str, Label] = {}
        for outcome in self.outcomes.values():
            texts |= {label.en: label for label in outcome.categories.values()}
            shown = [outcome.labels[name] for name in outcome.shown if name in outcome.labels]
            if len(shown) > 1:
                joined = Label(
                    " + ".join(label.en for label in shown), " + ".join(label.fr for label in shown)
                )
                texts[joined.en] = joined
        for covariate in self.covariates.values():
            texts |= {label.en: label for label in covariate.categories.values()}
        texts |= {name: each.label for name, each in self.covariates.items()}
        texts |= {name: each.label for name, each in self.outcomes.items()}
        return {name: {"en": label.en, "fr": label.fr} for name, label in texts.items()}

    def __post_init__(self) -> None:
        parts: tuple[tuple[str, type, Mapping[str, Any], Callable[[Any], Iterator[str]]], ...] = (
            ("outcomes", Outcome, self.outcomes, outcome_problems),
            ("covariates", Covariate, self.covariates, covariate_problems),
        )
        found = []
        for part, kind, entries, problems in parts:
            for name, entry in entries.items():
                found += [f"{part} '{name}': {each}" for each in record_problems(name, entry, kind)]
                if isinstance(entry, kind):
                    found += [f"{part} '{name}': {each}" for each in problems(entry)]
        found += _topic_problems(self.outcomes, self.topics)
        raise_all(CodebookError, found, "Codebook")

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Codebook:
        """Read a codebook from nested mappings, listing everything that is wrong with it.

        Parameters
        ----------
        content : mapping
            With any of the keys ``title``, ``waves``, ``topics``, ``outcomes``,
            ``covariates``, ``crosswalks``; what stands under ``notes`` is for people,
            and is not read.

        Returns
        -------
        Codebook
            Every entry read and checked.

        Raises
        ------
        CodebookError
            One error that lists every unknown key, missing choice and contradiction.

        Examples
        --------
        >>> safe = {"scale": "binary", "categories": {0: "no", 1: "yes"}}
        >>> list(Codebook.from_dict({"outcomes": {"safe": safe}}).outcomes)
        ['safe']
        """
        keys = ("title", *PARTS)
        if not isinstance(content, Mapping):
            raise CodebookError(
                f"Codebook: a mapping with any of {listing(keys)} is needed; found "
                f"{type(content).__name__}."
            )
        known = [*keys, NOTES]
        problems = [unknown("part", key, known) for key in content if key not in known]
        title = Fields(content, problems).read("title", Label.parse, None)
        parts = parse_parts(content, problems)
        raise_all(CodebookError, problems, "Codebook")
        return cls(title=title, **parts)

    def _card(self) -> Card:
        """Waves, outcomes and covariates."""
        counts = {"waves": self.waves, "outcomes": self.outcomes, "covariates": self.covariates}
        return Card(
            "Codebook",
            ", ".join(f"{len(each)} {name}" for name, each in counts.items() if each),
            {name: some(list(each)) for name, each in counts.items()},
            sheets=[outcome_sheet(self.outcomes, {})],
            folded=[_wave_sheet(self.waves), _covariate_sheet(self.covariates)],
        )


def _topic_problems(outcomes: Mapping[str, Any], topics: Mapping[str, Label]) -> list[str]:
    """Find outcomes of topics that have no place in the order."""
    named = {name: getattr(outcome, "topic", None) for name, outcome in outcomes.items()}
    return [
        f"outcomes '{name}': {unknown('topic', topic, topics)} List it under topics:."
        for name, topic in named.items()
        if topic is not None and topic not in topics
    ]


def outcome_sheet(outcomes: Mapping[str, Outcome], unanswered: Mapping[str, str]) -> Sheet:
    """One row per outcome, with the share of those asked who gave no answer where it is known."""
    headings = ["outcome", "label", "scale", "shown", "don't know", "asked in"]
    rows = [
        (
            *(name, each.label.en, each.scale, shown_of(each), policy_of(each)),
            "all waves" if each.asked_in is None else ", ".join(each.asked_in),
            *([unanswered.get(name, "–")] if unanswered else []),
        )
        for name, each in outcomes.items()
    ]
    headings += ["no answer"] if unanswered else []
    return Sheet(f"Outcomes ({len(rows)})", tuple(headings), tuple(rows), words=tuple(range(6)))


def _wave_sheet(waves: Mapping[str, Wave]) -> Sheet:
    rows = [(name, str(each.start or "–"), str(each.end or "–")) for name, each in waves.items()]
    return Sheet(f"Waves ({len(rows)})", ("wave", "start", "end"), tuple(rows), words=(0, 1, 2))


def _covariate_sheet(covariates: Mapping[str, Covariate]) -> Sheet:
    rows = []
    for name, each in covariates.items():
        values = [label.en for label in each.categories.values()] or list(map(str, each.bins))
        rows.append((name, each.label.en, each.column, some(values) or "as they are"))
    headings = ("covariate", "label", "column", "values")
    return Sheet(f"Covariates ({len(rows)})", headings, tuple(rows), words=(0, 1, 2, 3))
