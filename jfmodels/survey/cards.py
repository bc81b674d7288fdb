"""How surveys, designs, codebooks and outcomes show themselves: counts and labels, no rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jfmodels.display.card import Card, frame_sheet, some
from jfmodels.display.sheet import Sheet

if TYPE_CHECKING:
    from jfmodels.survey.codebook import Codebook
    from jfmodels.survey.design import SurveyDesign
    from jfmodels.survey.outcome import Outcome
    from jfmodels.survey.population import Population
    from jfmodels.survey.survey import Survey

__all__ = ["codebook_card", "design_card", "outcome_card", "population_card", "survey_card"]

QUOTA = "Quota sample: errors speak as if people had been drawn by chance."


def survey_card(survey: Survey, counts: str) -> Card:
    """Show a survey: waves, design and outcomes, and who is missing."""
    described = survey.describe()
    waves = described.waves
    if len(described.not_reached):
        missed = described.not_reached.groupby("wave").size()
        waves = waves.assign(not_reached=waves["wave"].map(missed).fillna(0).astype(int))
    facts = {
        "interviews": ", ".join(f"{row.wave}: {row.n:,}" for row in waves.itertuples())
        if survey.waves
        else "",
        "design": _sampled(survey.design),
        **_decided(survey.design),
        "weights": _weights(survey),
        "outcomes": some(list(survey.codebook.outcomes)),
    }
    return Card(
        f"Survey{' (simulated)' if survey.simulated else ''}",
        counts,
        facts,
        warnings=(QUOTA,) if survey.quota else (),
        sheets=[frame_sheet(waves, "Waves")] if survey.waves else [],
        folded=[_outcomes(survey.codebook, _unanswered(described.outcomes))],
        notes=["Who did not answer, by wave: survey.describe()."],
    )


def _unanswered(outcomes: pd.DataFrame) -> dict[str, str]:
    """Share of those asked who gave no answer, over all waves, in percent."""
    told = {}
    for name, rows in outcomes.groupby("outcome", sort=False) if len(outcomes) else ():
        share = np.average(rows["answered"], weights=rows["asked"])
        told[str(name)] = f"{100 * (1 - share):.1f} %"
    return told


def _weights(survey: Survey) -> str:
    design = survey.design.weights or ("as the design implies" if survey.design.fpc else "none")
    steps = len(survey.record.get("weights", ()))
    return f"{design}, adjusted in {steps} step{'s' if steps != 1 else ''}" if steps else design


def _sampled(design: SurveyDesign) -> str:
    """Say how the sample was drawn."""
    stages = [" × ".join(_names(stage.cluster)) for stage in design.all_stages]
    strata = " × ".join(design.first_strata)
    parts = [
        f"clusters {', then '.join(filter(None, stages))}" if any(stages) else "people one by one",
        f"within {strata}" if strata else "",
        "chosen on purpose" if design.selection == "purposive" else "",
    ]
    return "; ".join(filter(None, parts))


def _decided(design: SurveyDesign) -> dict[str, str]:
    """Say what repeats between waves and what the survey is to speak of, in the design's words."""
    from jfmodels.survey.design import REPEATS, TARGETS

    return {
        "repeats": REPEATS.get(design.repeats or "", ""),
        "target": f"{design.target or ''}: {TARGETS.get(design.target or '', '')}".strip(": "),
    }


def _names(value: object) -> list[str]:
    return [] if value is None else [value] if isinstance(value, str) else list(map(str, value))  # type: ignore[call-overload]


def design_card(design: SurveyDesign) -> Card:
    """Show a design: which column plays which role, and what was decided."""
    roles: dict[str, list[str]] = {}
    for column, role in design.roles.items():
        roles.setdefault(role, []).append(column)
    replicates = design.replicates
    facts = {
        **{role: " × ".join(names) for role, names in roles.items() if role[:9] != "replicate"},
        "replicates": f"{len(replicates.columns)} columns ({replicates.kind})"
        if replicates
        else "",
        **_decided(design),
        "lonely": design.lonely if design.all_stages else "",
        "selection": "chosen on purpose" if design.selection == "purposive" else "",
    }
    return Card("SurveyDesign", "", facts)


def codebook_card(book: Codebook) -> Card:
    """Show a codebook: waves, outcomes, covariates."""
    counts = {"waves": book.waves, "outcomes": book.outcomes, "covariates": book.covariates}
    return Card(
        "Codebook",
        ", ".join(f"{len(each)} {name}" for name, each in counts.items() if each),
        {name: some(list(each)) for name, each in counts.items()},
        sheets=[_outcomes(book, {})],
        folded=[_waves(book), _covariates(book)],
    )


def _outcomes(book: Codebook, unanswered: dict[str, str]) -> Sheet:
    """One row per outcome, with the share of those asked who gave no answer where it is known."""
    headings = ["outcome", "label", "scale", "shown", "don't know", "asked in"]
    rows = [
        (
            *(name, each.label.en, each.scale, _shown(each), _policy(each)),
            "all waves" if each.asked_in is None else ", ".join(each.asked_in),
            *([unanswered.get(name, "–")] if unanswered else []),
        )
        for name, each in book.outcomes.items()
    ]
    headings += ["no answer"] if unanswered else []
    return Sheet(f"Outcomes ({len(rows)})", tuple(headings), tuple(rows), words=tuple(range(6)))


def _shown(outcome: Outcome) -> str:
    if outcome.scale in ("nominal", "multi"):
        options = outcome.categories or dict.fromkeys(outcome.columns)
        return f"each of {len(options)}"
    return "the mean" if outcome.measured else " + ".join(outcome.shown)


def _policy(outcome: Outcome) -> str:
    """Say what becomes of those who do not know or refuse."""
    return (outcome.policy or "–").replace("_", " ")


def _waves(book: Codebook) -> Sheet:
    rows = [
        (name, str(each.start or "–"), str(each.end or "–")) for name, each in book.waves.items()
    ]
    return Sheet(f"Waves ({len(rows)})", ("wave", "start", "end"), tuple(rows), words=(0, 1, 2))


def _covariates(book: Codebook) -> Sheet:
    rows = []
    for name, each in book.covariates.items():
        values = [label.en for label in each.categories.values()] or list(map(str, each.bins))
        rows.append((name, each.label.en, each.column, some(values) or "as they are"))
    headings = ("covariate", "label", "column", "values")
    return Sheet(f"Covariates ({len(rows)})", headings, tuple(rows), words=(0, 1, 2, 3))


def outcome_card(outcome: Outcome) -> Card:
    """Show a question with its answers."""
    answers = tuple(
        (code, label.en, label.fr, "yes" if label.en in outcome.shown else "")
        for code, label in outcome.categories.items()
    )
    headings = ("code", "answer", "in French", "shown")
    facts = {
        "label": outcome.label.en,
        "in French": outcome.label.fr if outcome.label.fr != outcome.label.en else "",
        "columns": some(outcome.column_names),
        "shown": _shown(outcome),
        "don't know": ", ".join(outcome.dont_know),
        "refused": ", ".join(outcome.refused),
        "policy": _policy(outcome) if outcome.policy else "",
        "asked in": ", ".join(outcome.asked_in or ()),
        "relabelled": ", ".join(outcome.relabelled),
    }
    sheets = [Sheet("Answers", headings, answers, words=(0, 1, 2, 3))] if answers else []
    return Card("Outcome", f"{outcome.name} ({outcome.scale})", facts, sheets=sheets)


def population_card(population: Population) -> Card:
    """Show a census: its columns and their labels."""
    held = " x ".join(f"{each} ({len(key.labels)})" for each, key in population.keys.items())
    people = f"{population.total:,.0f} people in {len(population.counts):,} cells"
    rows = []
    for name, key in population.keys.items():
        for k, label in enumerate(key.labels):
            share = population.counts[key.codes == k].sum() / population.total
            rows.append((name if k == 0 else "", str(label), f"{100 * share:.1f} %"))
    composition = Sheet("Composition", ("column", "label", "share"), tuple(rows), words=(0, 1))
    return Card(f"Population '{population.name}'", f"{people} of {held}", folded=[composition])
