"""From a frame to coded rows: every column is read once, and what cannot be read is counted.

Problems are collected, not raised, so that one error can list them all. No message quotes a
row: values are named with the number of rows that hold them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jfmodels.errors import listing, unknown
from jfmodels.survey.design import SurveyDesign
from jfmodels.survey.outcome import Codebook, Covariate, Label, Outcome, canonical
from jfmodels.survey.rows import Key, Rows

__all__ = ["OPTION", "Encoder", "natural_order"]

OPTION = "|"  # joins a multiple response and its option into the name of one answer
FEW = 60  # columns with more distinct values than this do not group unless the codebook says so
NONE, UNKNOWN = -1, -2


def natural_order(text: str) -> list[tuple[int, int, str]]:
    """Sort key under which Q2 comes before Q10.

    Examples
    --------
    >>> sorted(["Q10", "Q2", "Q1"], key=natural_order)
    ['Q1', 'Q2', 'Q10']
    """
    parts = re.split(r"(\d+)", text)
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts if part]


@dataclass(frozen=True, slots=True, eq=False)
class Encoder:
    """Reads the columns of one frame, noting what is wrong.

    Attributes
    ----------
    frame : DataFrame
        The respondents' rows; not kept by anything that is built from it.
    design : SurveyDesign
        The roles.
    codebook : Codebook
        The meanings.
    problems : list of str
        What was found wrong so far.
    """

    frame: pd.DataFrame
    design: SurveyDesign
    codebook: Codebook
    problems: list[str]

    def wave(self) -> Key | None:
        """Read the wave, in the codebook's order or the data's."""
        if self.design.wave is None:
            return None
        key = self.column(self.design.wave, required="wave")
        known = tuple(self.codebook.waves)
        if not known:
            return key
        counts = dict(zip(key.labels, np.bincount(key.codes + 1)[1:], strict=False))
        for label in key.labels:
            if label not in known:
                self.problems.append(
                    f"{unknown('wave', label, known)} It has {counts[label]} rows."
                )
        present = tuple(wave for wave in known if wave in key.labels)
        place = {label: present.index(label) if label in present else NONE for label in key.labels}
        return Key(_lookup([place[label] for label in key.labels], key.codes), present)

    def column(self, name: str, required: str | None = None) -> Key:
        """Read a column as groups; a `required` role may not be missing anywhere."""
        codes, uniques = self._factorize(name)
        texts = [canonical(value) for value in uniques]
        labels = list(dict.fromkeys(text for text in texts if text != ""))
        if not isinstance(self.frame[name].dtype, pd.CategoricalDtype):
            labels.sort(key=natural_order)
        place = {label: k for k, label in enumerate(labels)} | {"": NONE}
        coded = _lookup([place[text] for text in texts], codes)
        key = self._crosswalk(name, Key(coded, tuple(labels)))
        missing = int((key.codes < 0).sum())
        if required and missing:
            self.problems.append(
                f"column '{name}' ({required}) is missing in {missing} rows. "
                "Fill it in or leave those rows out."
            )
        return key

    def covariate(self, covariate: Covariate) -> Key:
        """Read a covariate: binned, relabelled, or as it is."""
        if covariate.bins:
            return self._binned(covariate)
        key = self.column(covariate.column)
        if not covariate.categories:
            return key
        for label in key.labels:
            if label not in covariate.categories:
                rows = int((key.codes == key.labels.index(label)).sum())
                known = listing(covariate.categories)
                self.problems.append(
                    f"covariate '{covariate.name}' has {rows} rows of code '{label}', "
                    f"which its categories do not know: {known}."
                )
        order = list(covariate.categories)
        place = [order.index(label) if label in order else NONE for label in key.labels]
        labels = tuple(label.en for label in covariate.categories.values())
        return Key(_lookup(place, key.codes), labels)

    def weight(self) -> NDArray[np.float64]:
        """Read the weights, or give every row the weight 1."""
        if self.design.weights is None:
            return np.ones(len(self.frame))
        name = self.design.weights
        weight = _numeric(self.frame[name])
        text = int((np.isnan(weight) & self.frame[name].notna().to_numpy()).sum())
        faults = {
            "not a number": text,
            "missing": int(np.isnan(weight).sum()) - text,
            "infinite": int(np.isinf(weight).sum()),
            "negative": int((weight < 0).sum() - (weight == -np.inf).sum()),
            "zero": int((weight == 0).sum()),
        }
        found = [f"{fault} in {rows} rows" for fault, rows in faults.items() if rows]
        if found:
            self.problems.append(
                f"weights '{name}' must be positive numbers; they are {', '.join(found)}. "
                "Leave out rows that stand for nobody, and repair the others."
            )
        return weight

    def fraction(self, name: str) -> NDArray[np.float64]:
        """Read a finite population correction as it is written: counts or fractions."""
        value = _numeric(self.frame[name])
        if not np.isfinite(value).all() or (value <= 0).any():
            bad = int((~np.isfinite(value) | (value <= 0)).sum())
            self.problems.append(f"fpc '{name}' must be a positive number; {bad} rows are not.")
        elif not ((value <= 1).all() or (value >= 1).all()):
            self.problems.append(
                f"fpc '{name}' mixes fractions (at most 1) and counts (at least 1): found values "
                f"from {value.min():g} to {value.max():g}. Use one or the other."
            )
        return value

    def answers(self, wave: Key | None) -> dict[str, tuple[NDArray[np.int8], int]]:
        """Read every coded outcome; a multiple response becomes one entry per option."""
        coded = {}
        for outcome in self.codebook.outcomes.values():
            if outcome.scale == "multi":
                coded |= self._options(outcome, wave)
            elif not outcome.measured:
                coded[outcome.name] = self._coded(outcome, wave)
        return coded

    def numbers(self, wave: Key | None) -> dict[str, NDArray[np.float64]]:
        """Read every measured outcome."""
        measured = [each for each in self.codebook.outcomes.values() if each.measured]
        return {outcome.name: self._measured(outcome, wave) for outcome in measured}

    def _factorize(self, name: str) -> tuple[NDArray[np.int64], Sequence[object]]:
        series = self.frame[name]
        if isinstance(series.dtype, pd.CategoricalDtype):
            return series.cat.codes.to_numpy().astype(np.int64), list(series.cat.categories)
        codes, uniques = pd.factorize(series)
        return codes.astype(np.int64), list(uniques)

    def _crosswalk(self, name: str, key: Key) -> Key:
        """Give old names of places and groups their new ones, wave by wave."""
        walks = self.codebook.crosswalks.get(name)
        if not walks or self.design.wave is None or name == self.design.wave:
            return key
        waves = self.frame[self.design.wave].map(canonical).to_numpy()
        new = [text for walk in walks.values() for text in walk.values()]
        labels = list(dict.fromkeys([*key.labels, *new]))
        codes = key.codes.copy()
        for wave, walk in walks.items():
            for old, text in walk.items():
                if old in key.labels:
                    codes[(waves == wave) & (key.codes == labels.index(old))] = labels.index(text)
        used = sorted(set(codes[codes >= 0].tolist()))
        place = {code: k for k, code in enumerate(used)}
        return Key(
            _lookup([place.get(code, NONE) for code in range(len(labels))], codes),
            tuple(labels[code] for code in used),
        )

    def _binned(self, covariate: Covariate) -> Key:
        value = _numeric(self.frame[covariate.column])
        edges = covariate.bins
        codes = np.searchsorted(edges, value, side="right") - 1
        outside = np.isfinite(value) & ((codes < 0) | (codes >= len(edges) - 1))
        if outside.any():
            self.problems.append(
                f"covariate '{covariate.name}': {int(outside.sum())} values lie outside its bins "
                f"[{edges[0]:g}, {edges[-1]:g}). Widen the bins."
            )
        codes[outside | ~np.isfinite(value)] = NONE
        pairs = pairwise(edges)
        return Key(codes.astype(np.int64), tuple(f"{low:g}-{high:g}" for low, high in pairs))

    def _coded(self, outcome: Outcome, wave: Key | None) -> tuple[NDArray[np.int8], int]:
        meaning = _meanings(outcome, outcome.categories)
        return self._read_codes(outcome, "", meaning, wave), len(outcome.categories) + 2

    def _options(
        self, outcome: Outcome, wave: Key | None
    ) -> dict[str, tuple[NDArray[np.int8], int]]:
        """Read options as named or not, among those who named any or answered at all."""
        meaning = _meanings(outcome, {"0": Label("no", "non"), "1": Label("yes", "oui")})
        coded = {o: self._read_codes(outcome, o, meaning, wave) for o in outcome.columns}
        if not coded:
            return {}
        answered = np.any([codes >= 0 for codes in coded.values()], axis=0)
        for codes in coded.values():
            codes[answered & (codes < 0)] = 0
        return {f"{outcome.name}{OPTION}{option}": (codes, 4) for option, codes in coded.items()}

    def _read_codes(
        self, outcome: Outcome, option: str, meaning: Mapping[str, int], wave: Key | None
    ) -> NDArray[np.int8]:
        """Translate codes to places among the answers, column by column of the waves."""
        answer = np.full(len(self.frame), NONE, dtype=np.int8 if len(meaning) < 120 else np.int16)
        for name, rows in self._columns_of(outcome, option, wave):
            codes, uniques = self._factorize(name)
            texts = [canonical(value) for value in uniques]
            found = _lookup([meaning.get(text, UNKNOWN) for text in texts], codes)
            strange = rows & (found == UNKNOWN)
            if strange.any():
                self._note_unknown(outcome, name, np.bincount(codes[strange]), texts)
            answer[rows] = found[rows]
        answer[answer == UNKNOWN] = NONE
        return answer

    def _measured(self, outcome: Outcome, wave: Key | None) -> NDArray[np.float64]:
        value = np.full(len(self.frame), np.nan)
        no_answer = {*outcome.dont_know, *outcome.refused, *outcome.missing, ""}
        for name, rows in self._columns_of(outcome, "", wave):
            codes, uniques = self._factorize(name)
            texts = [canonical(each) for each in uniques]
            table = _numeric(pd.Series(["nan" if t in no_answer else t for t in texts], dtype=str))
            if outcome.scale == "count":
                table[(table < 0) | (table % 1 != 0)] = np.inf
            strange = [
                t not in no_answer and not np.isfinite(x) for t, x in zip(texts, table, strict=True)
            ]
            bad = rows & np.append(np.array(strange, dtype=bool), False)[codes]
            if bad.any():
                self._note_unknown(outcome, name, np.bincount(codes[bad]), texts)
            value[rows] = np.append(table, np.nan)[codes][rows]
        return value

    def _columns_of(
        self, outcome: Outcome, option: str, wave: Key | None
    ) -> Iterable[tuple[str, NDArray[np.bool_]]]:
        """Pair each column of an outcome with the rows of the waves that it serves."""
        named = outcome.columns[option]
        if isinstance(named, str):
            yield named, np.ones(len(self.frame), dtype=bool)
        elif wave is not None:
            for label, name in named.items():
                if label in wave.labels:
                    yield name, wave.codes == wave.labels.index(label)

    def _note_unknown(
        self, outcome: Outcome, name: str, rows: NDArray[np.int64], texts: Sequence[str]
    ) -> None:
        found = ", ".join(f"'{texts[k]}' in {rows[k]} rows" for k in np.flatnonzero(rows)[:8])
        if outcome.measured:
            means = "Finite numbers are needed; list other codes as dont_know, refused or missing."
        else:
            means = f"Known: {listing(_meanings(outcome, outcome.categories))}."
        self.problems.append(
            f"outcome '{outcome.name}', column '{name}': codes the codebook does not know: "
            f"{found}. {means}"
        )


def _meanings(outcome: Outcome, categories: Mapping[str, Label]) -> dict[str, int]:
    """Map every code, and every label, to its place among the answers."""
    n = len(categories)
    places = {code: k for k, code in enumerate(categories)}
    labels = {
        text: k for k, label in enumerate(categories.values()) for text in (label.fr, label.en)
    }
    nonresponse = dict.fromkeys(outcome.dont_know, n) | dict.fromkeys(outcome.refused, n + 1)
    return labels | places | nonresponse | dict.fromkeys(outcome.missing, NONE) | {"": NONE}


def _lookup(table: Sequence[int], codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Look codes up in a table; code -1 (missing) stays -1."""
    return np.append(np.asarray(table, dtype=np.int64), NONE)[codes]


def _numeric(series: pd.Series) -> NDArray[np.float64]:
    """Read numbers; what is not one becomes NaN."""
    return pd.to_numeric(series, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)


def group_columns(encoder: Encoder, taken: Iterable[str]) -> dict[str, Key]:
    """Read every remaining column of few distinct values, so that tables can be split by it."""
    outcome_columns = {
        name
        for outcome in encoder.codebook.outcomes.values()
        for named in outcome.columns.values()
        for name in ([named] if isinstance(named, str) else named.values())
    }
    skip = {*taken, *outcome_columns}
    frame = encoder.frame
    few = [name for name in frame.columns if name not in skip and _is_few(frame[name])]
    return {str(name): encoder.column(name) for name in few}


def _is_few(series: pd.Series) -> bool:
    if pd.api.types.is_datetime64_any_dtype(series):
        return False
    return series.nunique() <= FEW


def as_rows(
    encoder: Encoder, wave: Key | None, keys: Mapping[str, Key], weight: NDArray[np.float64]
) -> Rows:
    """Gather what was read."""
    return Rows(
        n=len(encoder.frame),
        weight=weight,
        keys=keys,
        answers=encoder.answers(wave),
        numbers=encoder.numbers(wave),
    )
