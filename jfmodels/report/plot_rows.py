"""Which rows of a tidy table a picture shows, and what they have in common."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from jfmodels.errors import SpecError, listing
from jfmodels.report.flag_letters import RAISED, lettered
from jfmodels.report.plot_text import NARROW, Wording
from jfmodels.results.schema import COLUMNS, FLAGS
from jfmodels.results.table import flags_of

__all__ = [
    "FlagMarks",
    "Unit",
    "comparison_rows",
    "coverage_in_words",
    "flag_marks",
    "flag_places",
    "group_columns",
    "has_values",
    "identifying_columns",
    "interval_key",
    "is_simulated",
    "level_rows",
    "levels_of",
    "subject",
    "telling_columns",
    "unit_of",
    "with_estimates",
    "with_flags",
]

COMPARISONS = ("change", "composition effect", "contrast", "difference in differences", "slope")
NEEDED = ("outcome", "category", "estimand", "wave", "estimate", "low", "high", "unit", "flag")
# what a unit begins with, longer beginnings first, and the phrase that says it
UNITS = {
    "mean difference": "difference",
    "ratio difference": "difference",
    "log odds ratio of": "log_odds_ratio",
    "log ratio of": "log_ratio",
    "ratio": "ratio",
    "mean": "mean",
    "total": "total",
}
FIT = "fit"  # the column of several fits' tables that names the fit
MOST_PLACES = 6  # named in the note of one flag


@dataclass(frozen=True, slots=True)
class Unit:
    """The one unit of the rows of a picture.

    Attributes
    ----------
    text : str
        As the table has it.
    share : bool
        Whether estimates are shares in [0, 1], or differences or slopes of shares.
    period : str
        ``"per_year"`` or ``"per_wave"`` for a rate of change, otherwise empty.
    """

    text: str
    share: bool
    period: str

    @property
    def scale(self) -> float:
        """Give what a value is multiplied by where it is written: shares in hundredths."""
        return 100.0 if self.share else 1.0

    @property
    def null(self) -> float:
        """Give the value of a comparison of equals: 1 for ratios, otherwise 0."""
        return 1.0 if self.text.startswith("ratio of") else 0.0

    def level_title(self, words: Wording) -> str:
        """Name the unit of levels on an axis."""
        return (
            words.phrase("share") if self.share else self._named(words) or words.phrase("estimate")
        )

    def comparison_title(self, words: Wording) -> str:
        """Name the unit of comparisons on an axis."""
        kind = "points" if self.share else "difference"
        named = "" if self.share or self.period else self._named(words)
        period = words.phrase(self.period) if self.period else ""
        return f"{named or words.phrase(kind)} {period}".strip()

    def _named(self, words: Wording) -> str:
        """Say the table's text in the language, as far as it is known."""
        known = (phrase for start, phrase in UNITS.items() if self.text.startswith(start))
        found = next(known, None)
        return words.phrase(found) if found else words.name(self.text)


@dataclass(frozen=True, slots=True)
class FlagMarks:
    """The letters that stand for flags in one picture.

    Attributes
    ----------
    letters : dict
        Code to superscript letter, in the order of :data:`~jfmodels.results.schema.FLAGS`.
    everywhere : tuple of str
        Codes that every row has; they are told once and mark no row.
    """

    letters: dict[str, str]
    everywhere: tuple[str, ...]

    def of(self, codes: Sequence[str]) -> str:
        """Give the marks of one row."""
        # side by side, letters that stand in pairs would read as single ones
        between = NARROW if len(self.letters) > len(RAISED) else ""
        return between.join(letter for code, letter in self.letters.items() if code in codes)

    def notes(self, words: Wording) -> list[str]:
        """Explain every mark in a sentence."""
        told = [words.after(words.phrase("everywhere"), words.flag(c)) for c in self.everywhere]
        return told + [f"{mark} {words.flag(code)}" for code, mark in self.letters.items()]


def group_columns(table: pd.DataFrame) -> list[str]:
    """Find the columns that name groups: those the glossary does not know.

    Examples
    --------
    >>> group_columns(pd.DataFrame(columns=["outcome", "region", "wave", "region_ref"]))
    ['region']
    """
    own = [str(column) for column in table.columns if column not in COLUMNS]
    references = {f"{column}_ref" for column in own}
    return [column for column in own if column not in references]


def level_rows(table: pd.DataFrame, picture: str = "plot_trend") -> pd.DataFrame:
    """Take the levels of single waves.

    Raises
    ------
    SpecError
        If there are none, if they have no waves, or if none of them has an estimate; it names
        the picture that was asked for.
    """
    rows = levels_of(table, picture)
    if rows["wave"].isna().all():
        raise SpecError(
            f"{picture} draws levels over waves, and the {len(rows)} level rows name no wave. "
            "Compare the groups with fit.contrasts() and draw that by plot_changes, "
            "or name the survey's wave column in SurveyDesign."
        )
    return with_estimates(rows[rows["wave"].notna()])


def levels_of(table: pd.DataFrame, picture: str) -> pd.DataFrame:
    """Take the levels of a table, of waves or of none.

    Raises
    ------
    SpecError
        If there are none; it names the picture that was asked for.
    """
    rows = _rows(table, ["level"])
    if rows.empty:
        raise SpecError(
            f"{picture} draws rows of estimand 'level', and this table has none. "
            f"Found: {_found(table)}. Use plot_changes for these, or make levels with fit.levels()."
        )
    return rows


def comparison_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Take the rows that are measured against no difference.

    Raises
    ------
    SpecError
        If there are none, or if none of them has an estimate.
    """
    effects = [each for each in table.get("estimand", pd.Series()).unique() if _is_effect(each)]
    rows = _rows(table, [*COMPARISONS, *effects])
    if rows.empty:
        raise SpecError(
            f"plot_changes draws changes, contrasts, differences in differences and slopes, and "
            f"this table has none. Found: {_found(table)}. Draw levels by plot_trend, or make "
            "changes with fit.changes()."
        )
    return with_estimates(rows)


def _is_effect(estimand: object) -> bool:
    """Tell whether rows are average marginal effects, which name what they are of."""
    return str(estimand).startswith("marginal effect")


def _rows(table: pd.DataFrame, estimands: Sequence[str]) -> pd.DataFrame:
    """Take the rows of some estimands."""
    lacking = [column for column in NEEDED if column not in table.columns]
    if lacking:
        raise SpecError(
            f"A picture is drawn from a tidy table, and this one lacks the columns "
            f"{listing(lacking)}. Pass the table that levels(), changes() or estimate() returned."
        )
    return with_flags(table[table["estimand"].isin(estimands)])


def with_flags(rows: pd.DataFrame) -> pd.DataFrame:
    """Give rows of tables that were put together flags where they lack them: none."""
    return rows.assign(flag=pd.Series(flags_of(rows), index=rows.index, dtype=object))


def _found(table: pd.DataFrame) -> str:
    """Say which estimands a table has."""
    names = table["estimand"].dropna().astype(str).unique()
    return listing(names) if len(names) else "no rows"


def with_estimates(rows: pd.DataFrame) -> pd.DataFrame:
    """Refuse rows without a single estimate, naming the flags that say why."""
    if rows["estimate"].notna().any():
        return rows
    codes = sorted({code for codes in rows["flag"] for code in codes})
    reason = f"Their flags: {listing(codes)}. " if codes else ""
    raise SpecError(
        f"None of the {len(rows)} rows to draw has an estimate. {reason}"
        "Ask for fewer groups, or for waves in which the question was asked."
    )


def unit_of(rows: pd.DataFrame) -> Unit:
    """Read the unit that all rows share, since one axis has one unit.

    Raises
    ------
    SpecError
        If the rows have several units.
    """
    units = [str(unit) for unit in rows["unit"].dropna().unique()]
    if len(units) > 1:
        raise SpecError(
            f"One axis shows one unit, and these rows have {len(units)}: {listing(units)}. "
            "Draw the rows of each unit in a picture of their own."
        )
    text = units[0] if units else ""
    period = next((f"per_{each}" for each in ("year", "wave") if each in text), "")
    return Unit(text, text.startswith("share"), period)


def telling_columns(rows: pd.DataFrame, candidates: Sequence[str]) -> list[str]:
    """Keep the columns whose value differs between rows.

    Examples
    --------
    >>> rows = pd.DataFrame({"outcome": ["trust", "trust"], "region": ["Gao", "Mopti"]})
    >>> telling_columns(rows, ["outcome", "region"])
    ['region']
    """
    return [
        column for column in candidates if column in rows.columns and len(rows[column].unique()) > 1
    ]


def identifying_columns(
    rows: pd.DataFrame, groups: Sequence[str], others: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Find the columns that tell rows apart, beside what is compared.

    How a row was made (target, composition, engine) is told only where the rest leaves rows
    alike, and so is which of several fits it is of.

    Parameters
    ----------
    rows : DataFrame
        The rows to draw.
    groups : sequence of str
        Their group columns.
    others : sequence of str
        Further columns that tell rows apart.

    Returns
    -------
    told : list of str
        Of outcome, answer and how the row was made.
    groups : list of str
        Those of the group columns that are needed.

    Examples
    --------
    >>> rows = pd.DataFrame({"fit": ["a", "b"], "outcome": ["trust", "fear"], "wave": "Q1"})
    >>> identifying_columns(rows, ["fit"], ["wave"])
    (['outcome'], [])
    """
    told = telling_columns(rows, ["outcome", "category"])
    beside = [name for name in others if name in rows.columns]
    beside += [f"{name}_ref" for name in groups if f"{name}_ref" in rows.columns]
    needed = [name for name in groups if name != FIT]
    if rows.duplicated([*told, *needed, *beside]).any():
        needed = list(groups)
    if rows.duplicated([*told, *needed, *beside]).any():
        told += telling_columns(rows, ["target", "over", "engine"])
    return told, needed


def subject(rows: pd.DataFrame, words: Wording) -> str:
    """Name the outcome and the answer that all rows share; empty where outcomes differ."""
    if len(rows["outcome"].unique()) != 1 or rows["outcome"].isna().all():
        return ""
    outcome = words.names(rows["outcome"].unique())
    one_answer = len(rows["category"].unique()) == 1
    return words.after(outcome, words.names(rows["category"].unique()) if one_answer else "")


def interval_key(rows: pd.DataFrame, words: Wording) -> str:
    """Say what points and bars are, with the content of the interval where it is one."""
    return words.phrase("key").format(coverage=coverage_in_words(rows, words))


def coverage_in_words(rows: pd.DataFrame, words: Wording) -> str:
    """Say the content of intervals beside their noun; empty where it is not one."""
    contents = set(rows["coverage"].dropna()) if "coverage" in rows.columns else set()
    if len(contents) != 1:
        return ""
    content = words.percent(float(contents.pop()))
    return {"en": f"{content} ", "fr": f" à {content}"}[words.lang]


def has_values(rows: pd.DataFrame, column: str) -> bool:
    """Tell whether any row has a value in a column that may not be there."""
    return column in rows.columns and bool(rows[column].notna().any())


def flag_marks(rows: pd.DataFrame) -> FlagMarks:
    """Give a letter to each flag of the rows that have an estimate."""
    flags = [set(codes) for codes in rows.loc[rows["estimate"].notna(), "flag"]]
    everywhere = set.intersection(*flags) if len(flags) > 1 else set()
    marked = set().union(*flags) - everywhere
    # an unknown code comes last, where FLAGS is asked for its sentence and raises
    order = [*FLAGS, *sorted(marked - set(FLAGS))]
    letters = lettered((code for code in order if code in marked), RAISED)
    return FlagMarks(letters, tuple(code for code in order if code in everywhere))


def flag_places(
    found: Mapping[str, Sequence[str]], everywhere: Collection[str], words: Wording
) -> list[str]:
    """Say of every flag where it applies, in a sentence each.

    Parameters
    ----------
    found : mapping of str to sequence of str
        The places of each code, in words.
    everywhere : collection of str
        Codes that apply to all estimates.
    words : Wording
        The language.
    """
    notes = []
    for code in FLAGS:
        places = found.get(code, ())
        more = len(places) - MOST_PLACES
        rest = [words.phrase("more").format(count=more)] if more > 0 else []
        named = "; ".join([*places[:MOST_PLACES], *rest])
        where = words.phrase("everywhere") if code in everywhere else named
        notes += [words.after(where, words.flag(code))] if places else []
    return notes


def is_simulated(table: pd.DataFrame) -> bool:
    """Tell whether the table's record says that nobody real answered."""
    record = table.attrs.get("record") or {}
    return bool(record.get("simulated", False))
