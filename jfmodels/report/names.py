"""What a report calls things: the codebook's labels, in one language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from jfmodels.report.plot_text import NO_BREAK, Wording, missing
from jfmodels.report.words import phrase, spaced
from jfmodels.survey.outcome import Outcome
from jfmodels.survey.survey import Survey

__all__ = ["Names"]

PLUS = " + "  # joins the answers of which a share is shown


@dataclass(frozen=True, slots=True)
class Names:
    """The labels of a survey in one language.

    Attributes
    ----------
    survey : Survey
        Whose codebook has them.
    lang : {"en", "fr"}
        Language.
    """

    survey: Survey
    lang: str

    @property
    def words(self) -> Wording:
        """How the language writes numbers."""
        return Wording(self.lang)

    def outcome(self, name: str) -> str:
        """Say a question."""
        label = self.survey.outcome(name).label
        return spaced(label.fr if self.lang == "fr" else label.en, self.lang)

    def answer(self, outcome: Outcome, category: object) -> str:
        """Say an answer, or several shown together; one word can stand in two questions."""
        if missing(category):
            return self.outcome(outcome.name)
        parts = [outcome.labels.get(text) for text in str(category).split(PLUS)]
        if any(part is None for part in parts):
            return self._known(str(category))
        texts = [(part.fr if self.lang == "fr" else part.en) for part in parts if part]
        return PLUS.join(texts)

    def shown(self, outcome: Outcome) -> str:
        """Quote the answers whose share is shown together."""
        texts = [outcome.labels[text] for text in outcome.shown]
        said = [label.fr if self.lang == "fr" else label.en for label in texts]
        quoted = [phrase("quoted", self.lang, text=text) for text in said]
        if len(quoted) < 2:
            return "".join(quoted)
        return ", ".join(quoted[:-1]) + phrase("or", self.lang) + quoted[-1]

    def column(self, name: str) -> str:
        """Say what a column that groups is called."""
        return self._known(name)

    def by(self, name: str) -> str:
        """Say a column within a sentence: its label without a capital, unless an acronym."""
        label = self.column(name)
        return label if label[1:2].isupper() else label[:1].lower() + label[1:]

    def group(self, column: str, value: object) -> str:
        """Say a group; all together where it is missing."""
        if missing(value):
            return phrase("all", self.lang)
        covariate = self.survey.codebook.covariates.get(column)
        known = () if covariate is None else covariate.categories.values()
        label = next((each for each in known if each.en == str(value)), None)
        if label is None:
            return str(value)
        return label.fr if self.lang == "fr" else label.en

    def joined(self, texts: list[str]) -> str:
        """List texts as a sentence does."""
        if len(texts) < 2:
            return "".join(texts)
        return ", ".join(texts[:-1]) + phrase("and", self.lang) + texts[-1]

    def percent(self, share: float) -> str:
        """Write a share in percent, as :func:`jfmodels.say` does."""
        return f"{self.words.number(100 * share, 0)}{NO_BREAK}%"

    def _known(self, name: str) -> str:
        """Say a name by its label, or as it is."""
        texts: Mapping[str, Mapping[str, str]] = self.survey.codebook.texts
        return texts.get(name, {}).get(self.lang, name.replace("_", " "))
