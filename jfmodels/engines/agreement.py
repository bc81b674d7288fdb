"""Whether two answers to one question agree, row by row, and what may set them apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from jfmodels.errors import choose
from jfmodels.model.formula import Formula
from jfmodels.results.adjusted import Adjusted
from jfmodels.results.estimands import Estimand
from jfmodels.results.fit import Fit
from jfmodels.results.joint import Joint
from jfmodels.results.normal import Normal
from jfmodels.results.render import say
from jfmodels.results.schema import AGREEMENT, COLUMNS, columns
from jfmodels.results.table import Table

__all__ = ["Asked", "agreement_table"]

type Floats = NDArray[np.float64]

AS_FIELDED = ("as fielded", "wave")  # the same people, with a model and without
APART = frozenset({"places_missing", "model_based", "relabelled"})
UNSURE = frozenset({"fit_failed", "not_adjusted"})
ROUNDING = 1e-9
MANY = 1e6  # degrees of freedom of a posterior

SENTENCES: Mapping[str, Mapping[str, str]] = {
    "agree": {
        "en": "The two lie no further apart than chance allows.",
        "fr": "L'écart entre les deux ne dépasse pas ce que permet le hasard.",
    },
    "apart": {
        "en": "{one} says {of_one} and {other} {of_other}: further apart than chance allows.",
        "fr": "{one} donne {of_one} et {other} {of_other} : l'écart dépasse le hasard.",
    },
    "why": {"en": "That can be because {reasons}.", "fr": "Cela peut venir de ce que {reasons}."},
    "or": {"en": ", or because ", "fr": ", ou de ce que "},
    "weights": {
        "en": "weights count in {one} and not in the likelihood of {other}",
        "fr": "les poids comptent dans {one} et non dans la vraisemblance de {other}",
    },
    "shrinkage": {
        "en": "{other} draws small groups towards what the others say",
        "fr": "{other} rapproche les petits groupes de ce que disent les autres",
    },
    "interviewers": {
        "en": "{other} takes out that interviewers differ",
        "fr": "{other} neutralise les différences entre enquêteurs",
    },
    "interactions": {
        "en": "{additive} lets all groups change alike",
        "fr": "{additive} suppose la même évolution dans tous les groupes",
    },
    "columns": {
        "en": "the two hold other columns fixed",
        "fr": "les deux maintiennent d'autres variables constantes",
    },
    "composition": {
        "en": "Not tested: {one} speaks of '{of_one}', {other} of '{of_other}'.",
        "fr": "Non testé : {one} porte sur « {of_one} », {other} sur « {of_other} ».",
    },
    "places": {
        "en": "Not tested: the two do not rest on the same places and waves.",
        "fr": "Non testé : les deux ne reposent pas sur les mêmes lieux et vagues.",
    },
    "unsure": {
        "en": "Not tested: the error of one of them is not to be relied on; see its flags.",
        "fr": "Non testé : l'erreur de l'une des deux n'est pas fiable ; voir ses signaux.",
    },
    "no_error": {
        "en": "Not tested: one of them has no estimate or no standard error.",
        "fr": "Non testé : l'une des deux n'a pas d'estimation ou pas d'erreur type.",
    },
}


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """One way's answer to a question.

    Attributes
    ----------
    fit : Fit
        Who was asked.
    formula : Formula or None
        Its model.
    weighs : bool
        Whether weights count in what is fitted, not only in who is averaged over.
    table : DataFrame, K rows
        The answer.
    joint : Joint
        The joint belief in its rows.
    """

    fit: Fit
    formula: Formula | None
    weighs: bool
    table: pd.DataFrame
    joint: Joint

    @classmethod
    def of(
        cls, fit: Fit, estimand: Estimand, over: object, formula: Formula | None, weighs: bool
    ) -> Asked:
        """Put a question."""
        belief = fit.joint(estimand.axes, over=over)
        joint = estimand.plan(belief.grid).answer(belief.joint)
        return cls(fit, formula, weighs, fit.estimate(estimand, over=over), joint)

    @property
    def bayesian(self) -> bool:
        """Whether the answer is a posterior."""
        return not isinstance(self.joint, Normal)

    @property
    def additive(self) -> bool:
        """Whether a model lets every group change alike."""
        return self.formula is not None and all(len(term) < 2 for term in self.formula.terms)

    @property
    def columns(self) -> frozenset[str]:
        """Columns that a model holds fixed."""
        return frozenset(self.formula.columns if self.formula else ())

    def has_effects_of(self, column: str | None) -> bool:
        """Whether a model has random effects of a column's groups."""
        effects = self.formula.effects if self.formula else ()
        return any(column in each.groups for each in effects)


def agreement_table(ways: Mapping[str, Asked], coverage: float, lang: str) -> pd.DataFrame:
    """Set all ways against one another.

    Parameters
    ----------
    ways : mapping of str to Asked
        Answers to the same question, in the same rows.
    coverage : float
        Of ways that agree, how many rows in a hundred are told to.
    lang : {"en", "fr"}
        Language of the sentences.
    """
    choose("language", lang, SENTENCES["agree"])
    pairs = [_Pair(one, other, ways[one], ways[other]) for one, other in combinations(ways, 2)]
    return pd.concat([pair.rows(coverage, lang) for pair in pairs], ignore_index=True)


@dataclass(frozen=True, slots=True, eq=False)
class _Pair:
    """Two ways by name."""

    one: str
    other: str
    of_one: Asked
    of_other: Asked

    @property
    def tables(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        return self.of_one.table, self.of_other.table

    def rows(self, coverage: float, lang: str) -> pd.DataFrame:
        """Compare row by row."""
        a, b = self.tables
        std_error, df = self.error()
        tested = ~self.untested()
        allowed = np.where(tested, stdtrit(df, (1 + coverage) / 2) * std_error, np.nan)
        difference = a["estimate"] - b["estimate"]
        agree = (difference.abs() <= allowed + ROUNDING).astype("boolean").where(tested)
        found = {
            "fit": self.one,
            "fit_ref": self.other,
            "estimate": a["estimate"],
            "estimate_ref": b["estimate"],
            "difference": difference,
            "std_error": np.where(tested, std_error, np.nan),
            "allowed": allowed,
            "agree": agree,
            "says": [
                self._of_agreement(k, bool(same), lang) if known else self._why_untested(k, lang)
                for k, (same, known) in enumerate(zip(agree.fillna(False), tested, strict=True))
            ],
        }
        names = columns(_groups(a), AGREEMENT)
        return Table({name: found[name] if name in found else a[name] for name in names})

    def untested(self) -> NDArray[np.bool_]:
        """Rows in which the two do not speak of the same, or have no error, shape (K,)."""
        a, b = self.tables
        known = np.isfinite(self.error()[0]) & (a["estimate"] - b["estimate"]).notna().to_numpy()
        return ~known | self._other_people | self._flagged(APART | UNSURE)

    def error(self) -> tuple[Floats, Floats]:
        """Standard error of the difference and its degrees of freedom, shape (K,) each."""
        a, b = (_by_unit(each) for each in (self.of_one, self.of_other))
        df = np.fmin(*(table["df"].fillna(MANY).to_numpy() for table in self.tables))
        if a is not None and b is not None:
            rows = max(len(a), len(b))
            apart = _filled(a, rows) - _filled(b, rows)
            return np.sqrt((apart**2).sum(axis=0)), df
        errors = [table["std_error"].to_numpy() for table in self.tables]
        return np.hypot(*errors), df

    @property
    def _other_people(self) -> bool:
        """Whether the two are averaged over other people."""
        a, b = (str(table["over"].iloc[0]) for table in self.tables)
        return a != b and not {a, b} <= set(AS_FIELDED)

    def _flagged(self, codes: frozenset[str]) -> NDArray[np.bool_]:
        """Rows of which either answer has one of some flags, shape (K,)."""
        flags = zip(*(table["flag"] for table in self.tables), strict=True)
        return np.array([bool({*one, *other} & codes) for one, other in flags], dtype=bool)

    def _of_agreement(self, row: int, agree: bool, lang: str) -> str:
        """Say whether the two agree in a row, and if not, why that can be."""
        if agree:
            return SENTENCES["agree"][lang]
        one, other = (say(_row(table, row)) for table in self.tables)
        names = {"one": self.one, "other": self.other}
        names["additive"] = self.one if self.of_one.additive else self.other
        apart = SENTENCES["apart"][lang].format(**names, of_one=one, of_other=other)
        reasons = [SENTENCES[reason][lang].format(**names) for reason in self._reasons()]
        joined = SENTENCES["or"][lang].join(reasons)
        return f"{apart} {SENTENCES['why'][lang].format(reasons=joined)}" if reasons else apart

    def _why_untested(self, row: int, lang: str) -> str:
        """Say why a row was not tested."""
        if self._other_people:
            a, b = (table["over"].iloc[row] for table in self.tables)
            text = SENTENCES["composition"][lang]
            return text.format(one=self.one, other=self.other, of_one=a, of_other=b)
        reasons = {"places": APART, "unsure": UNSURE}
        found = (name for name, codes in reasons.items() if self._flagged(codes)[row])
        return SENTENCES[next(found, "no_error")][lang]

    def _reasons(self) -> Iterator[str]:
        """What the two do not have in common."""
        one, other = self.of_one, self.of_other
        rows, design = one.fit.engine.survey.rows, one.fit.engine.survey.design
        if one.weighs and not other.weighs and np.ptp(rows.weight) > 0:
            yield "weights"
        if other.bayesian and not one.bayesian:
            yield "shrinkage"
        if other.has_effects_of(design.interviewer) and not one.has_effects_of(design.interviewer):
            yield "interviewers"
        if one.additive != other.additive:
            yield "interactions"
        if one.formula and other.formula and one.columns != other.columns:
            yield "columns"


def _row(table: pd.DataFrame, row: int) -> dict[str, Any]:
    """One row of a table."""
    return {str(name): table[name].iloc[row] for name in table}


def _groups(table: pd.DataFrame) -> list[str]:
    """Columns of groups in a table's own order."""
    own = [str(name) for name in table if name not in COLUMNS]
    return [name for name in own if f"{name}_ref" in own]


def _by_unit(asked: Asked) -> Floats | None:
    """What every unit of the first stage adds to an answer, (M + R, K), if that is known.

    A posterior that is adjusted to the design adds R rows that no unit holds.
    """
    survey, adjusted = asked.fit.engine.survey, isinstance(asked.joint, Adjusted)
    joint = asked.joint.design if isinstance(asked.joint, Adjusted) else asked.joint
    same_weights = not (adjusted and survey.adjustments)  # which a posterior takes as fixed
    one_stage = len(survey.sampling.stages) == 1
    known = isinstance(joint, Normal) and not joint.minus and one_stage and same_weights
    return joint.influence if known and isinstance(joint, Normal) else None


def _filled(influence: Floats, rows: int) -> Floats:
    """Influence with rows of nothing after its own, (rows, K)."""
    return np.pad(influence, ((0, rows - len(influence)), (0, 0)))
