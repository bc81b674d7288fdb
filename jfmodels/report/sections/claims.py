"""What was said of the survey, and whether the data bear it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jfmodels.claims.judge import Verdicts
from jfmodels.claims.kinds import Part
from jfmodels.report.claim_cards import claim_cards
from jfmodels.report.html import element
from jfmodels.report.names import Names
from jfmodels.report.page import Section, section
from jfmodels.report.release import Release
from jfmodels.report.words import phrase
from jfmodels.survey.design import SurveyDesign

__all__ = ["claims_section"]

NAMED = ("cluster", "person", "interviewer")  # roles of columns whose values tell of people


def claims_section(release: Release, verdicts: Verdicts, names: Names) -> Section:
    """Write the verdicts; what would expose people is withheld from their sentences."""
    lang, note = names.lang, verdicts.claims.say(verdicts.claims.note, names.lang)
    withheld = frozenset(_withheld(release, verdicts))
    return section(
        "claims",
        phrase("claims", lang),
        element("p", _lead(release, lang)),
        element("p", note) if note else None,
        *claim_cards(verdicts, lang, minimum=release.minimum, withheld=withheld),
    )


def _lead(release: Release, lang: str) -> str:
    """Say how claims are judged, and why that can differ from what is said of changes."""
    n = release.families[0]
    alone = [phrase("claims_alone", lang, n=n)] if n > 1 else []
    return " ".join([phrase("claims_lead", lang), *alone])


def _withheld(release: Release, verdicts: Verdicts) -> Iterator[tuple[str, str]]:
    """Find the parts of claims that speak of single places or people, or of cells all alike."""
    for row in verdicts.table[verdicts.table["part"].notna()].to_dict("records"):
        said = verdicts.claims.claims[row["claim"]].parts[row["part"]]
        alike = "at_boundary" in row["flag"]  # all or none of a cell gave the answer
        if alike or _names_people(said, release.survey.design):
            yield row["claim"], row["part"]


def _names_people(said: Part, design: SurveyDesign) -> bool:
    """Tell whether a part goes down to clusters, interviewers or people."""
    along: Any = getattr(said, "along", None)
    columns = {*said.where, along}
    return any(design.roles.get(each, "").split(" of ")[0] in NAMED for each in columns if each)
