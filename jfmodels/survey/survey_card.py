"""How a survey shows itself: what was collected, how it was drawn, and what was asked."""

from __future__ import annotations

import numpy as np
import pandas as pd

from jfmodels.display.card import Card, frame_sheet, some
from jfmodels.survey.codebook import Codebook, outcome_sheet
from jfmodels.survey.describe import Description
from jfmodels.survey.design import SurveyDesign, as_names, decisions

__all__ = ["survey_card"]

QUOTA = "Quota sample: errors speak as if people had been drawn by chance."


def survey_card(
    described: Description, design: SurveyDesign, codebook: Codebook, *, counts: str, adjusted: int
) -> Card:
    """Show a survey: waves, design and outcomes, and who is missing.

    Parameters
    ----------
    described : Description
        What was collected.
    design, codebook
        Of the survey.
    counts : str
        How many interviews, waves, clusters and outcomes there are.
    adjusted : int
        How often weights were adjusted.
    """
    waves = _with_not_reached(described)
    several = design.wave is not None
    facts = {
        "interviews": ", ".join(f"{row.wave}: {row.n:,}" for row in waves.itertuples())
        if several
        else "",
        "design": _drawn(design),
        **decisions(design),
        "weights": _weights(design, adjusted),
        "outcomes": some(list(codebook.outcomes)),
    }
    return Card(
        f"Survey{' (simulated)' if described.simulated else ''}",
        counts,
        facts,
        warnings=(QUOTA,) if described.quota else (),
        sheets=[frame_sheet(waves, "Waves")] if several else [],
        folded=[outcome_sheet(codebook.outcomes, _unanswered(described.outcomes))],
        notes=["Who did not answer, by wave: survey.describe()."],
    )


def _with_not_reached(described: Description) -> pd.DataFrame:
    """Waves, and how many clusters each did not reach where some were missed."""
    waves = described.waves
    if not len(described.not_reached):
        return waves
    missed = described.not_reached.groupby("wave").size()
    return waves.assign(not_reached=waves["wave"].map(missed).fillna(0).astype(int))


def _unanswered(outcomes: pd.DataFrame) -> dict[str, str]:
    """Share of those asked who gave no answer, over all waves, in percent."""
    told = {}
    for name, rows in outcomes.groupby("outcome", sort=False) if len(outcomes) else ():
        share = np.average(rows["answered"], weights=rows["asked"])
        told[str(name)] = f"{100 * (1 - share):.1f} %"
    return told


def _weights(design: SurveyDesign, adjusted: int) -> str:
    """Say where the weights come from, and in how many steps they were adjusted."""
    begun = design.weights or ("as the design implies" if design.fpc else "none")
    steps = f", adjusted in {adjusted} step{'s' if adjusted != 1 else ''}" if adjusted else ""
    return f"{begun}{steps}"


def _drawn(design: SurveyDesign) -> str:
    """Say how the sample was drawn."""
    stages = [" × ".join(as_names(stage.cluster)) for stage in design.all_stages]
    strata = " × ".join(design.first_strata)
    parts = [
        f"clusters {', then '.join(filter(None, stages))}" if any(stages) else "people one by one",
        f"within {strata}" if strata else "",
        "chosen on purpose" if design.selection == "purposive" else "",
    ]
    return "; ".join(filter(None, parts))
