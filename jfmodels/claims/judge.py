"""``jf.judge``: claims held against a survey."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from jfmodels.claims.claim import Claim, Claims
from jfmodels.claims.judging import Judged, judge_part
from jfmodels.claims.rules import Drawn, Evidence, Tested, joined
from jfmodels.claims.sentences import (
    LANGUAGES,
    claim_sentence,
    hinge_text,
    other_base,
    part_sentence,
)
from jfmodels.claims.specification import Fits, Specification, names_of
from jfmodels.engines.fitting import Settings
from jfmodels.errors import ClaimError, JfmodelsError, SpecError, raise_all, require_share, unknown
from jfmodels.model.cells import read_where
from jfmodels.results.schema import VERDICTS
from jfmodels.results.tables import versions
from jfmodels.survey.design import Names, as_names
from jfmodels.survey.readings import Reading, reread
from jfmodels.survey.survey import Survey, require_survey

__all__ = ["Verdicts", "judge"]

OTHER_BASE: Mapping[str, str] = {"in_base": "excluded", "excluded": "in_base"}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Verdicts:
    """What the data say of claims; see :func:`judge`.

    Attributes
    ----------
    table : DataFrame
        A row for every claim, followed by one for each of its parts; columns of
        :data:`jfmodels.results.schema.VERDICTS`.
    claims : Claims
        What was judged.
    specifications : DataFrame or None
        The same claims under other choices, where `robustness` was asked for; columns of
        :data:`jfmodels.results.schema.SPECIFICATIONS`.
    """

    table: pd.DataFrame
    claims: Claims
    specifications: pd.DataFrame | None = None

    @property
    def of_claims(self) -> pd.DataFrame:
        """The rows of claims as wholes."""
        return self.table[self.table["part"].isna()].reset_index(drop=True)

    def of_parts(self, claim: str) -> pd.DataFrame:
        """The rows of the parts of one claim.

        Parameters
        ----------
        claim : str
            Its name.
        """
        if claim not in self.claims.claims:
            raise SpecError(unknown("claim", claim, self.claims.claims))
        of_claim = self.table["claim"] == claim
        return self.table[of_claim & self.table["part"].notna()].reset_index(drop=True)

    def __repr__(self) -> str:
        counts = self.of_claims["verdict"].value_counts()
        found = ", ".join(f"{n} {verdict}" for verdict, n in counts.items())
        data = " (simulated data)" if self.table.attrs["record"]["simulated"] else ""
        lines = [f"Verdicts on {len(self.of_claims)} claims{data}: {found}"]
        for row in self.of_claims.itertuples():
            lines.append(f"  {row.claim}: {row.verdict}. {row.says_en}")
        return "\n".join(lines)


def judge(
    claims: Claims | Claim,
    survey: Survey,
    *,
    engine: str | Settings = "direct",
    small_sample: str = "cr2",
    weighting: str | None = None,
    covariates: Names = None,
    over: object = None,
    alpha: float = 0.05,
    robustness: bool = False,
) -> Verdicts:
    """Ask of every claim whether the data bear it: supported, contradicted or undecided.

    A level is *supported* if its interval lies within the claim's tolerance and *contradicted*
    if it excludes the rounding of the published number. A direction or comparison is decided by
    whether the interval lies wholly on the said side of the margin, or wholly on the other.
    "Remains" is shown by two one-sided tests [1]_. A claim whose parts must all hold is
    supported if each is, without adjustment [2]_, and contradicted if one is after Holm's; if
    any part suffices it is the other way round. A posterior supports what has a probability of
    0.95, and contradicts what has 0.05.

    Parameters
    ----------
    claims : Claims or Claim
        As :func:`read_claims` reads them.
    survey : Survey
        The survey.
    engine : {"direct", "weighted", "laplace", "nuts"} or settings, default "direct"
        How the data are asked. Models take the formulas of :func:`jfmodels.compare`.
    small_sample : {"cr2", "none"}, default "cr2"
        Of direct estimates; see :func:`jfmodels.direct`.
    weighting : str, optional
        Of a Bayesian model; see :func:`jfmodels.fit`.
    covariates : str or list of str, optional
        Columns that a model holds fixed, beside waves and groups.
    over : "wave", "fixed", "everyone" or Population, optional
        Whom a model is averaged over; by default the people of each wave.
    alpha : float, default 0.05
        Error rate of every verdict.
    robustness : bool, default False
        Whether to judge again under the choices that a critic would vary.

    Returns
    -------
    Verdicts
        With one table for claims and parts.

    Raises
    ------
    ClaimError
        If a claim speaks of outcomes, categories, waves or groups that the survey has not.

    References
    ----------
    .. [1] Schuirmann, D. J. (1987). A comparison of the two one-sided tests procedure and the
       power approach for assessing the equivalence of average bioavailability. Journal of
       Pharmacokinetics and Biopharmaceutics 15, 657-680.
    .. [2] Berger, R. L. (1982). Multiparameter hypothesis testing and acceptance sampling.
       Technometrics 24, 295-300.

    Examples
    --------
    >>> import jfmodels as jf
    >>> claims = jf.Claims.from_dict({"source": "a report", "claims": {"criticised": {
    ...     "text": "The forces are increasingly criticised", "parts": {"forces": {
    ...     "kind": "change", "outcome": "criticism_fds", "counting": "yes", "base": "in_base",
    ...     "wave": "Q6", "against": "Q5", "direction": "up"}}}}})
    >>> verdicts = jf.judge(claims, jf.example())
    >>> verdicts.of_claims["verdict"].tolist()
    ['supported']
    """
    require_survey(survey)
    require_share("alpha", alpha)
    every = _claims(claims)
    specification = Specification(
        engine=engine,
        small_sample=small_sample,
        weighting=weighting,
        covariates=as_names(covariates),
        over=over,
    )
    court = Court.of(every, survey, specification, alpha)
    table = court.table()
    return Verdicts(table, every)


def _claims(given: object) -> Claims:
    """Take claims, or one."""
    if isinstance(given, Claim):
        return Claims(claims={"claim": given})
    if not isinstance(given, Claims):
        raise SpecError(
            f"judge() takes claims, as jf.read_claims() reads them; found {type(given).__name__}."
        )
    return given


@dataclass(frozen=True, slots=True, eq=False)
class Court:
    """Claims, the survey they are held against, and how.

    Attributes
    ----------
    claims : Claims
        What was said.
    names : mapping of Reading to str
        The outcome that each reading has become.
    fits : Fits
        Where answers come from.
    alpha : float
        Error rate.
    """

    claims: Claims
    names: Mapping[Reading, str]
    fits: Fits
    alpha: float

    @classmethod
    def of(
        cls, claims: Claims, survey: Survey, specification: Specification, alpha: float
    ) -> Court:
        """Hold claims against a survey; raise for those that do not speak of it."""
        readings = {
            reading: None
            for claim in claims.claims.values()
            for part in claim.parts.values()
            for reading in part.readings
        }
        raise_all(ClaimError, list(_strangers(claims, survey)), "The survey")
        names = names_of(readings)
        return cls(claims, names, Fits.of(survey, names, specification), alpha)

    @property
    def labels(self) -> Mapping[str, Mapping[str, str]]:
        """Texts of names by language."""
        labels: Mapping[str, Mapping[str, str]] = self.fits.survey.record["labels"]
        return labels

    def judged(self, claim: Claim) -> dict[str, Judged]:
        """Judge the parts of a claim."""
        return {
            name: judge_part(part, self.names, self.fits, self.alpha)
            for name, part in claim.parts.items()
        }

    def table(self) -> pd.DataFrame:
        """Judge everything."""
        rows = [
            row for name, claim in self.claims.claims.items() for row in self._rows(name, claim)
        ]
        table = pd.DataFrame(rows, columns=list(VERDICTS))
        for name, column in VERDICTS.items():
            if column.dtype == "text":
                table[name] = pd.array(table[name].tolist(), dtype="str")
        table["reproduced"] = table["reproduced"].astype("boolean")
        table["n"], table["n_clusters"] = (table[k].astype("Int64") for k in ("n", "n_clusters"))
        table.attrs["record"] = self.record()
        return table

    def record(self) -> dict[str, Any]:
        """Say what made the table, so that it can be made again."""
        spec = self.fits.specification
        settings = {name: getattr(spec, name) for name in Specification.__slots__}
        said = hashlib.blake2b(repr(self.claims.claims).encode(), digest_size=8)
        return {
            **self.fits.survey.record,
            "claims_hash": said.hexdigest(),
            "title": self.claims.title,
            "note": self.claims.note,
            "seed": getattr(spec.engine, "seed", None),
            "call": {"judge": settings | {"engine": repr(spec.engine), "alpha": self.alpha}},
            "versions": dict(versions()),
        }

    def _rows(self, name: str, claim: Claim) -> Iterator[dict[str, Any]]:
        """The row of a claim, and those of its parts."""
        judged = self.judged(claim)
        parts = [self._part_row(name, part, claim, judged[part]) for part in claim.parts]
        yield self._claim_row(name, claim, judged, parts)
        yield from parts

    def _part_row(self, name: str, part: str, claim: Claim, judged: Judged) -> dict[str, Any]:
        said = claim.parts[part]
        row: dict[str, Any] = {"claim": name, "part": part, "base": said.base}
        row |= {"verdict": judged.verdict(self.alpha), "flag": judged.flags}
        row |= {"engine": self.fits.specification.engine_name, **_numbers(judged.evidence)}
        sentences = {
            lang: part_sentence(said, judged, self.labels, self.alpha, lang) for lang in LANGUAGES
        }
        if not judged.refused:
            row |= _of_row(judged, self.alpha)
            row["hinges_on"] = hinge_text(judged, self.labels, self.alpha, "en")
            row["reproduced"] = said.reproduced(judged.rows["estimate"].tolist())
            if row["reproduced"] is not None:
                sentences = {
                    lang: f"{text} {self._reproduced(claim, part, row, lang)}"
                    for lang, text in sentences.items()
                }
        return row | {f"says_{lang}": text for lang, text in sentences.items()}

    def _reproduced(self, claim: Claim, part: str, row: Mapping[str, Any], lang: str) -> str:
        """Say whether the published number is found, and whether it would be in the other base."""
        said = claim.parts[part]
        spec = replace(self.fits.specification, base=OTHER_BASE[said.base])
        found = judge_part(said, self.names, self.fits.under(spec), self.alpha)
        same = said.reproduced(found.rows["estimate"].tolist()) == row["reproduced"]
        other = None if same else found.rows.iloc[found.hinge(self.alpha)]
        return other_base(bool(row["reproduced"]), str(spec.base), other, lang)

    def _claim_row(
        self, name: str, claim: Claim, judged: Mapping[str, Judged], parts: list[dict[str, Any]]
    ) -> dict[str, Any]:
        """The row of a claim as a whole: numbers are those of the part that decides."""
        evidence = joined([each.evidence for each in judged.values()], claim.joined)
        verdict = evidence.verdict(self.alpha)
        deciding = parts[_deciding(list(judged.values()), claim.joined, verdict)]
        published = [row["reproduced"] for row in parts if row.get("reproduced") is not None]
        row = deciding | {"part": None, "verdict": verdict, **_numbers(evidence)}
        row["reproduced"] = all(published) if published else None
        row["flag"] = tuple(sorted({code for each in parts for code in each["flag"]}))
        if len(parts) == 1:
            return row
        verdicts = {part["part"]: part["verdict"] for part in parts}
        for lang in LANGUAGES:
            texts = {part: self._text(claim, part, lang) for part in claim.parts}
            row[f"says_{lang}"] = claim_sentence(verdicts, verdict, texts, lang)
        return row

    def _text(self, claim: Claim, part: str, lang: str) -> str:
        """Text of a part: that of its question, or its own name where there are several."""
        readings = claim.parts[part].readings
        named = self.labels.get(self.names[readings[0]], {}) if len(readings) == 1 else {}
        return named.get(lang, part.replace("_", " "))


def _strangers(claims: Claims, survey: Survey) -> Iterator[str]:
    """Find what the survey does not know, and parts that contradict themselves."""
    for name, claim in claims.claims.items():
        for part, said in claim.parts.items():
            at = f"claim '{name}', part '{part}', "
            for problem in said.problems():
                yield f"{at}{problem}"
            for wave in said.waves:
                if wave not in survey.waves:
                    yield f"{at}wave: {unknown('wave', wave, survey.waves)}"
            try:
                for reading in said.readings:
                    reread(survey, {reading.outcome: reading})
                read_where(survey, said.where)
            except JfmodelsError as fault:
                yield f"{at}{fault}"


def _deciding(judged: list[Judged], how: str, verdict: str) -> int:
    """The part that decides: the weakest, or the one that refutes; of any, the strongest."""
    strength = [_strength(each.evidence) for each in judged]
    standing = [_standing(each.evidence) for each in judged]
    if verdict == "contradicted":
        return int(np.argmin(standing) if how == "all" else np.argmax(standing))
    return int(np.argmin(strength) if how == "all" else np.argmax(strength))


def _strength(evidence: Evidence) -> float:
    """How strongly evidence is for a part."""
    return evidence.holds if isinstance(evidence, Drawn) else -evidence.support


def _standing(evidence: Evidence) -> float:
    """How little evidence is against a part."""
    return evidence.stands if isinstance(evidence, Drawn) else evidence.refute


def _numbers(evidence: Evidence) -> dict[str, float]:
    """p-values of tests, or the probability of a posterior."""
    if isinstance(evidence, Tested):
        return {
            "p_supported": evidence.support,
            "p_contradicted": evidence.refute,
            "probability": np.nan,
        }
    return {"p_supported": np.nan, "p_contradicted": np.nan, "probability": evidence.holds}


def _of_row(judged: Judged, alpha: float) -> dict[str, Any]:
    """Numbers of the row on which a part hinges."""
    row = judged.rows.iloc[judged.hinge(alpha)]
    names = ("estimate", "low", "high", "coverage", "n", "n_clusters", "unit")
    return {name: row[name] for name in names} | {"detectable": judged.detectable}
