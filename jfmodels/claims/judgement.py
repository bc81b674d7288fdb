"""Claims before a survey: what is found of each, under one specification."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from jfmodels.claims.claim import Claim, Claims
from jfmodels.claims.detectable import detectable
from jfmodels.claims.evidence import Judged, judge_part
from jfmodels.claims.kinds import Part
from jfmodels.claims.rules import ByTests, Evidence, joined
from jfmodels.claims.sentences import (
    MINUS,
    claim_sentence,
    domain_text,
    hinge_text,
    other_base,
    part_sentence,
    what_is_said,
)
from jfmodels.claims.specification import (
    DIRECT,
    OTHER_BASE,
    Specification,
    SpecificationFits,
    names_of,
)
from jfmodels.claims.words import LANGUAGES, word
from jfmodels.errors import ClaimError, JfmodelsError, choose, listing, raise_all, unknown
from jfmodels.model.cells import read_where
from jfmodels.results.schema import VERDICTS, Column
from jfmodels.results.table import Table
from jfmodels.results.tables import versions
from jfmodels.survey.readings import Reading, reread
from jfmodels.survey.records import in_full
from jfmodels.survey.survey import Survey

__all__ = ["Judgement", "as_table"]

type Labels = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """Claims, the survey they are held against, and how.

    Attributes
    ----------
    claims : Claims
        What was said.
    names : mapping of Reading to str
        The outcome that each reading has become.
    fits : SpecificationFits
        Where answers come from.
    alpha : float
        Error rate.
    """

    claims: Claims
    names: Mapping[Reading, str]
    fits: SpecificationFits
    alpha: float

    @classmethod
    def of(
        cls, claims: Claims, survey: Survey, specification: Specification, alpha: float
    ) -> Judgement:
        """Hold claims against a survey; raise for those that do not speak of it."""
        readings = {
            reading: None
            for claim in claims.claims.values()
            for part in claim.parts.values()
            for reading in part.readings
        }
        raise_all(ClaimError, list(_strangers(claims, survey)), "The survey")
        names = names_of(readings)
        return cls(claims, names, SpecificationFits.of(survey, names, specification), alpha)

    @property
    def labels(self) -> Labels:
        """Texts of names by language."""
        labels: Labels = self.fits.survey.record["labels"]
        return labels

    def labels_of(self, part: Part) -> Labels:
        """Texts of names; an answer's own first, since one word can stand in two questions."""
        own = {
            text: {"en": label.en, "fr": label.fr}
            for reading in part.readings
            if reading.outcome in self.fits.source.codebook.outcomes
            for text, label in self.fits.source.outcome(reading.outcome).labels.items()
        }
        return {**self.labels, **own}

    def judged(self, claim: Claim) -> dict[str, Judged]:
        """Judge the parts of a claim."""
        return {
            name: judge_part(part, self.names, self.fits, self.alpha)
            for name, part in claim.parts.items()
        }

    def table(self) -> pd.DataFrame:
        """Judge everything."""
        claims = self.claims.claims.items()
        rows = [row for name, claim in claims for row in self.rows(name, claim, told=True)]
        table = as_table(rows, VERDICTS)
        table.attrs["record"] = self.record()
        return table

    def record(self) -> dict[str, Any]:
        """Say what made the table, so that it can be made again."""
        spec = self.fits.specification
        settings = {name: getattr(spec, name) for name in Specification.__slots__}
        said = hashlib.blake2b(in_full(self.claims.claims).encode(), digest_size=8)
        return {
            **self.fits.survey.record,
            "claims_hash": said.hexdigest(),
            "title": self.claims.title,
            "claims": {name: claim.text for name, claim in self.claims.claims.items()},
            "note": self.claims.note,
            "seed": getattr(spec.engine, "seed", None),
            "call": {"judge": settings | {"engine": repr(spec.engine), "alpha": self.alpha}},
            "versions": dict(versions()),
        }

    def rows(self, name: str, claim: Claim, *, told: bool) -> list[dict[str, Any]]:
        """The row of a claim, and those of its parts.

        Parameters
        ----------
        name : str
            Its name.
        claim : Claim
            The claim.
        told : bool
            Whether rows have sentences.
        """
        judged = self.judged(claim)
        parts = [self._part_row(name, part, claim, judged[part]) for part in claim.parts]
        evidence = joined([each.evidence for each in judged.values()], claim.joined)
        deciding = _deciding(list(judged.values()), claim.joined, evidence.verdict(self.alpha))
        whole = self._claim_row(evidence, parts, deciding)
        if told:
            for row in parts:
                row["detectable"] = self._detectable(claim.parts[row["part"]], row)
                row |= self._part_sentences(claim, row, judged[row["part"]])
            whole["detectable"] = parts[deciding]["detectable"]
            whole |= self._claim_sentences(claim, whole["verdict"], parts)
        return [whole, *parts]

    def _part_row(self, name: str, part: str, claim: Claim, judged: Judged) -> dict[str, Any]:
        said, spec = claim.parts[part], self.fits.specification
        row: dict[str, Any] = {"claim": name, "part": part, "base": spec.base_of(said.base)}
        row |= {"verdict": judged.verdict(self.alpha), "flag": judged.flags}
        row |= {"engine": spec.engine_name, **_numbers(judged.evidence)}
        row["reproduced"], row["refused"] = None, judged.refused
        if not judged.refused:
            row |= _of_row(judged, self.alpha)
            row["hinges_on"] = hinge_text(judged, self.labels, self.alpha, "en")
            as_published = judged if spec.is_direct else self._as_published(said)
            row["reproduced"] = said.reproduced(as_published.rows["estimate"].tolist())
        return row

    def _part_sentences(
        self, claim: Claim, row: Mapping[str, Any], judged: Judged
    ) -> dict[str, str]:
        """Say what was found of a part, and whether its published number is found."""
        said, part = claim.parts[row["part"]], row["part"]
        texts = {}
        for lang in LANGUAGES:
            text = part_sentence(
                said, judged, row["detectable"], self.labels_of(said), self.alpha, lang
            )
            more = self._reproduced(claim, part, row, lang) if row["reproduced"] is not None else ""
            texts[f"says_{lang}"] = f"{text} {more}".strip()
        return texts

    def _claim_sentences(
        self, claim: Claim, verdict: str, parts: list[dict[str, Any]]
    ) -> dict[str, str]:
        """Say what follows for the whole, where there are several parts."""
        if len(parts) == 1:
            return {name: parts[0][name] for name in ("says_en", "says_fr")}
        verdicts = {row["part"]: row["verdict"] for row in parts}
        said = {}
        for lang in LANGUAGES:
            texts = self._texts(claim, lang)
            said[f"says_{lang}"] = claim_sentence(verdicts, verdict, texts, lang)
        return said

    def _detectable(self, said: Part, row: Mapping[str, Any]) -> float:
        """The smallest difference that would have been found four times in five."""
        if row["refused"]:
            return float("nan")
        return detectable(said, dict(self.names), self.fits, self.alpha)

    def _as_published(self, said: Part, *, other_base: bool = False) -> Judged:
        """What the data give without a model, as a published number was made."""
        here = self.fits.specification
        spec = replace(
            here,
            engine=DIRECT,
            weighting=None,
            covariates=(),
            over=None,
            other_base=here.other_base != other_base,
        )
        return judge_part(said, self.names, self.fits.under(spec), self.alpha)

    def _reproduced(self, claim: Claim, part: str, row: Mapping[str, Any], lang: str) -> str:
        """Say whether the published number is found, and whether it would be in the other base."""
        said = claim.parts[part]
        found = self._as_published(said, other_base=True)
        same = said.reproduced(found.rows["estimate"].tolist()) == row["reproduced"]
        other = None if same else found.row(self.alpha)
        return other_base(bool(row["reproduced"]), OTHER_BASE[row["base"]], other, lang)

    def _claim_row(
        self, evidence: Evidence, parts: list[dict[str, Any]], deciding: int
    ) -> dict[str, Any]:
        """The row of a claim as a whole: numbers are those of the part that decides."""
        row = parts[deciding] | {"part": None, "verdict": evidence.verdict(self.alpha)}
        published = [row["reproduced"] for row in parts if row["reproduced"] is not None]
        row["reproduced"] = all(published) if published else None
        row["flag"] = tuple(sorted({code for each in parts for code in each["flag"]}))
        return row | _numbers(evidence)

    def _texts(self, claim: Claim, lang: str) -> dict[str, str]:
        """Texts of the parts of a claim: their questions, and what is said where that is more."""
        plain = {name: self._text(part, lang) for name, part in claim.parts.items()}
        twice = {text for text in plain.values() if list(plain.values()).count(text) > 1}
        return {
            name: self._in_full(claim.parts[name], text, lang) if text in twice else text
            for name, text in plain.items()
        }

    def _text(self, part: Part, lang: str) -> str:
        """Name a part by its question; what it says where it has several."""
        one = len(part.readings) == 1
        known = self.labels.get(self.names[part.readings[0]], {}).get(lang) if one else None
        name = known or what_is_said(part, self.labels_of(part), lang)
        places = domain_text(part.where, self.labels, lang)
        return f"{name}, {places}" if places else name

    def _in_full(self, part: Part, text: str, lang: str) -> str:
        """Tell a part from another about the same question by what it says, and of when."""
        waves = f" {MINUS} ".join(self.labels.get(w, {}).get(lang, w) for w in part.waves)
        colon = word("colon", lang)
        return f"{text}, {waves}{colon}{what_is_said(part, self.labels_of(part), lang)}"


def as_table(rows: Sequence[Mapping[str, Any]], glossary: Mapping[str, Column]) -> pd.DataFrame:
    """Lay rows out in a glossary's columns, each of its kind."""
    kinds = {"text": "str", "bool": "boolean", "int": "Int64", "float": "float64"}
    kept = {n: kinds[column.dtype] for n, column in glossary.items() if column.dtype in kinds}
    return Table(rows, columns=list(glossary), dtype=object).astype(kept)


def _strangers(claims: Claims, survey: Survey) -> Iterator[str]:
    """Find what the survey does not know, and parts that contradict themselves."""
    for name, claim in claims.claims.items():
        for part, said in claim.parts.items():
            at = f"claim '{name}', part '{part}', "
            for problem in said.problems():
                yield f"{at}{problem}"
            for problem in _wave_problems(said, survey):
                yield f"{at}{problem}"
            try:
                for reading in said.readings:
                    reread(survey, {reading.outcome: reading})
                read_where(survey, said.where)
                _require_groups(survey, said)
            except JfmodelsError as fault:
                yield f"{at}{fault}"


def _wave_problems(said: Part, survey: Survey) -> Iterator[str]:
    """Find waves that the survey has not, that are left open, or that go backwards."""
    if not said.waves and survey.waves:
        yield f"wave: 'none' is said of a survey made once; this one has {listing(survey.waves)}."
    if said.waves and not survey.waves:
        yield f"wave: the survey was made once, without waves; say 'none', not '{said.waves[0]}'."
        return
    strange = [wave for wave in said.waves if wave not in survey.waves]
    for wave in strange:
        yield f"wave: {unknown('wave', wave, survey.waves)}"
    if len(said.waves) == 2 and not strange:
        now, before = said.waves
        if survey.waves.index(now) < survey.waves.index(before):
            yield (
                f"against: '{before}' comes after wave: '{now}'. A claim goes from against: to "
                "wave:; exchange them, and turn direction: or number: round if that is meant."
            )


def _require_groups(survey: Survey, said: Part) -> None:
    """Refuse groups that the survey does not have."""
    along = getattr(said, "along", None)
    if along is None:
        return
    labels = dict.fromkeys((*survey.group(along).labels, "others"))
    for name in ("groups", "group", "reference"):
        given = getattr(said, name, ())
        for text in [given] if isinstance(given, str) else given:
            choose(f"{name} along '{along}'", text, labels)


def _deciding(judged: list[Judged], how: str, verdict: str) -> int:
    """The part that decides: the weakest, or the one that refutes; of any, the strongest."""
    support = [each.evidence.support for each in judged]
    refute = [each.evidence.refute for each in judged]
    if verdict == "contradicted":
        return int(np.argmin(refute) if how == "all" else np.argmax(refute))
    return int(np.argmax(support) if how == "all" else np.argmin(support))


def _numbers(evidence: Evidence) -> dict[str, float]:
    """p-values of tests, or the probability of a posterior."""
    if isinstance(evidence, ByTests):
        return {
            "p_supported": evidence.support,
            "p_contradicted": evidence.refute,
            "probability": np.nan,
        }
    return {"p_supported": np.nan, "p_contradicted": np.nan, "probability": evidence.holds}


def _of_row(judged: Judged, alpha: float) -> dict[str, Any]:
    """Numbers of the row on which a part hinges."""
    row = judged.row(alpha)
    names = ("estimate", "low", "high", "coverage", "n", "n_clusters", "unit")
    return {name: row[name] for name in names}
