"""What is asked of every cell: shares of answers, with the denominator that the codebook says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jfmodels.errors import SpecError, choose, listing
from jfmodels.survey.outcome import OPTION, Outcome
from jfmodels.survey.survey import Survey

__all__ = ["Item", "items_of"]

DONT_KNOW, REFUSED = "don't know", "refused"


@dataclass(frozen=True, slots=True)
class Item:
    """One number that is asked of every cell: a share of answers, a mean, a total.

    Attributes
    ----------
    outcome, category : str
        As tables name them; `category` is empty for a measured outcome.
    source : str
        Its name among the rows' answers or numbers.
    answers : tuple of int
        Places of the answers that count.
    base : tuple of int
        Places of the answers that make the denominator.
    unit : str
        Unit of its level: "share", "mean", "total", "ratio" or "quantile".
    """

    outcome: str
    category: str
    source: str
    answers: tuple[int, ...] = ()
    base: tuple[int, ...] = ()
    unit: str = "share"


def items_of(
    survey: Survey, outcomes: Sequence[str], categories: str | Sequence[str]
) -> list[Item]:
    """List what is asked of every cell.

    Parameters
    ----------
    survey : Survey
        Whose codebook says what is shown and what don't-knows count as.
    outcomes : sequence of str
        Names of outcomes.
    categories : "shown", "all" or sequence of str
        The share that the codebook shows, that of every category, or those named.
    """
    if not isinstance(categories, str | list | tuple):
        raise SpecError("categories= is 'shown', 'all', or a list of categories.")
    if len(set(outcomes)) < len(outcomes):
        raise SpecError(f"An outcome is named twice among {listing(outcomes)}.")
    named = [survey.outcome(name) for name in outcomes]
    if not isinstance(categories, str):
        known = dict.fromkeys(text for each in named for text in _categories(each))
        for text in categories:
            choose("category", text, known)
    return [item for outcome in named for item in _items(outcome, categories)]


def _items(outcome: Outcome, categories: str | Sequence[str]) -> list[Item]:
    """List the items of one outcome."""
    if outcome.measured:
        return [Item(outcome.name, "", outcome.name, unit="mean")]
    if outcome.scale == "multi":
        chosen = _chosen(outcome, categories)
        base = _base(outcome, 2)
        labels = {label.en: option for option, label in outcome.categories.items()}
        return [
            Item(outcome.name, text, f"{outcome.name}{OPTION}{labels[text]}", (1,), base)
            for text in chosen
            if text in labels
        ]
    places = _categories(outcome)
    base = _base(outcome, len(outcome.categories))
    if categories == "shown" and outcome.scale != "nominal":
        answers = tuple(places[text] for text in outcome.shown)
        return [Item(outcome.name, " + ".join(outcome.shown), outcome.name, answers, base)]
    chosen = _chosen(outcome, categories)
    return [
        Item(outcome.name, text, outcome.name, (places[text],), base)
        for text in chosen
        if text in places
    ]


def _chosen(outcome: Outcome, categories: str | Sequence[str]) -> Sequence[str]:
    if not isinstance(categories, str):
        return categories
    if categories not in ("shown", "all"):
        raise SpecError(
            f"categories='{categories}' is not known: use 'shown', 'all', or a list of categories."
        )
    if categories == "shown" and outcome.shown:
        return outcome.shown
    return tuple(_categories(outcome))


def _categories(outcome: Outcome) -> dict[str, int]:
    """Places of an outcome's categories by their English label."""
    places = {label.en: k for k, label in enumerate(outcome.categories.values())}
    if outcome.policy == "own_category" and outcome.scale != "multi":
        n = len(places)
        places |= {DONT_KNOW: n} if outcome.dont_know else {}
        places |= {REFUSED: n + 1} if outcome.refused else {}
    return places


def _base(outcome: Outcome, n: int) -> tuple[int, ...]:
    """Places of the answers that are in the denominator."""
    return tuple(range(n)) if outcome.policy == "excluded" else tuple(range(n + 2))
