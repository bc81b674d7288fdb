"""What an outcome or a covariate leaves open, and where it contradicts itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from jfmodels.errors import listing, unknown
from jfmodels.survey.labels import Label
from jfmodels.survey.outcome import (
    CODED,
    JOINTS,
    ONE,
    POLICIES,
    SCALES,
    ZERO,
    Covariate,
    Outcome,
)

__all__ = ["RESERVED", "covariate_problems", "outcome_problems", "record_problems"]

RESERVED = ("wave", "unit")  # keys of the rows that the package itself makes


def record_problems(name: str, entry: object, kind: type) -> Iterator[str]:
    """Find an entry that is no record, or a record that bears another name."""
    if not isinstance(entry, kind):
        article = "an" if kind is Outcome else "a"
        found = type(entry).__name__
        yield f"{article} {kind.__name__} record is needed; found {found}. See Codebook.from_dict."
    elif getattr(entry, "name", name) != name:
        yield f"the record is named '{getattr(entry, 'name', '')}'; use one name."


def outcome_problems(outcome: Outcome) -> Iterator[str]:
    """Find the choices that an outcome leaves open, and what contradicts itself."""
    if any(joint in outcome.name for joint in JOINTS):
        yield f"a name cannot hold {listing(JOINTS)}, which join names. Rename it."
    if outcome.scale not in SCALES:
        yield unknown("scale", outcome.scale, SCALES)
        return
    yield from _category_problems(outcome)
    yield from _shown_problems(outcome)
    yield from _policy_problems(outcome)
    yield from _code_problems(outcome)
    yield from _option_problems(outcome)
    yield from _wave_problems(outcome)


def _category_problems(outcome: Outcome) -> Iterator[str]:
    """Find too few or too many categories, and labels that mean two things."""
    if outcome.scale in CODED and len(outcome.categories) < 2:
        yield f"scale '{outcome.scale}' needs categories: with two codes or more."
    if outcome.scale == "binary" and len(outcome.categories) > 2:
        yield f"scale 'binary' has two categories; found {listing(outcome.categories)}."
    if outcome.measured and outcome.categories:
        yield f"scale '{outcome.scale}' has no categories; leave them out."
    yield from _same_labels(outcome.categories)


def _same_labels(categories: Mapping[str, Label]) -> Iterator[str]:
    """Find labels that two categories share, within or across languages."""
    texts = [text for label in categories.values() for text in {label.en, label.fr}]
    twice = sorted({text for text in texts if texts.count(text) > 1})
    if twice:
        yield f"two categories bear the same label: {listing(twice)}."


def _shown_problems(outcome: Outcome) -> Iterator[str]:
    """Hold what is shown against the categories."""
    names = list(outcome.labels)
    if outcome.measured:
        if outcome.shown:
            yield f"scale '{outcome.scale}' shows its mean; leave shown: out."
        return
    for name in outcome.shown:
        if name not in names:
            yield f"shown: {unknown('category', name, names)}"
    if len(set(outcome.shown)) < len(outcome.shown):
        yield f"shown: a category is named twice among {listing(outcome.shown)}."
    if outcome.scale == "ordinal" and names and not outcome.shown:
        yield f"scale 'ordinal' needs shown:, the categories whose share counts: {listing(names)}."


def _policy_problems(outcome: Outcome) -> Iterator[str]:
    """Hold the policy against the scale, and ask for it where there is something to decide."""
    if outcome.policy is not None and outcome.policy not in POLICIES:
        yield unknown("policy", outcome.policy, POLICIES)
    elif outcome.policy is not None and outcome.measured and outcome.policy != "excluded":
        yield f"policy '{outcome.policy}' has no meaning for a mean; use 'excluded'."
    elif outcome.policy is None and (outcome.dont_know or outcome.refused):
        policies = {"excluded": POLICIES["excluded"]} if outcome.measured else POLICIES
        choices = "; ".join(f"'{name}' ({means})" for name, means in policies.items())
        yield f"there are don't-know or refusal codes, so policy: must be said. Choose {choices}."


def _code_problems(outcome: Outcome) -> Iterator[str]:
    """Find codes that mean two things, or nothing."""
    codes = [*outcome.dont_know, *outcome.refused, *outcome.missing]
    if outcome.scale in CODED:
        codes += outcome.categories
    if outcome.scale == "multi":
        own = (*outcome.named, *outcome.not_named)
        codes += outcome.mentions.values() if outcome.mentions else own
    twice = sorted({code for code in codes if codes.count(code) > 1})
    if twice:
        yield f"codes with two meanings: {listing(twice)}."
    if "" in codes:
        yield "a code is blank. Blank answers are missing without being listed."


def _option_problems(outcome: Outcome) -> Iterator[str]:
    """Hold what is said of options against the scale and the options there are."""
    own = {"named": outcome.named != ONE, "not_named": outcome.not_named != ZERO}
    own["written"] = bool(outcome.written)
    for key in [key for key, given in own.items() if given]:
        if outcome.scale != "multi" or outcome.mentions:
            yield f"{key}: is for scale 'multi' with a column for every option; leave it out."
    if outcome.offered and outcome.scale != "multi":
        yield "offered: is for the options of scale 'multi'; leave it out."
        return
    for key, names in (("written", outcome.written), ("offered", outcome.offered)):
        for name in names:
            if outcome.scale == "multi" and name not in outcome.columns:
                yield f"{key}: {unknown('option', name, outcome.columns)}"


def _wave_problems(outcome: Outcome) -> Iterator[str]:
    """Hold what is said of single waves against each other."""
    if outcome.asked_in is not None and not outcome.asked_in:
        yield "asked_in: names no wave. Leave it out if every wave asked."
    for wave in outcome.asked_in or ():
        if not outcome.asks(wave):
            yield f"asked_in names wave '{wave}', for which there is no column."
    for wave, codes in outcome.relabelled.items():
        for code in codes:
            if code not in outcome.categories:
                yield f"relabelled, wave '{wave}': {unknown('code', code, outcome.categories)}"
    for wave in outcome.comparable:
        if wave not in outcome.relabelled:
            yield f"comparable names wave '{wave}', in which relabelled changes nothing."
    for first, second in _shared_columns(outcome):
        yield f"options '{first}' and '{second}' are read from the same column."


def _shared_columns(outcome: Outcome) -> Iterator[tuple[str, str]]:
    """Find pairs of options that one column is meant to hold."""
    seen: dict[str, str] = {}
    if outcome.mentions:
        return
    for option, column in outcome.columns.items():
        text = str(column)
        if text in seen:
            yield seen[text], option
        seen.setdefault(text, option)


def covariate_problems(covariate: Covariate) -> Iterator[str]:
    """Find what a covariate says twice, or cannot mean."""
    if covariate.name in RESERVED:
        yield f"the name '{covariate.name}' is taken by the package. Rename it."
    if covariate.bins and covariate.categories:
        yield "give either bins: or categories:, not both."
    bins = covariate.bins
    if bins and (len(bins) < 2 or not all(low < high for low, high in pairwise(bins))):
        yield f"bins are two or more rising edges; found {list(bins)}."
    if "" in covariate.categories:
        yield "a code is blank. Blank values are missing without being listed."
    yield from _same_labels(covariate.categories)
