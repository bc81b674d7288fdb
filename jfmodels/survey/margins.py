"""What is known of a population, read for a survey: margins, their categories and totals.

Whatever holds margins (mappings, Series, DataFrames, a census) becomes :class:`Margin` records in
:func:`as_margins`, and nothing else reads it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jfmodels.errors import SpecError, choose, listing, raise_all
from jfmodels.survey.columns import as_number
from jfmodels.survey.labels import canonical
from jfmodels.survey.population import Population
from jfmodels.survey.rows import Key, Rows
from jfmodels.survey.survey import Survey

__all__ = ["Auxiliaries", "Margin", "Margins", "as_margins", "auxiliaries"]

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]
type Name = str | tuple[str, ...]
type Margins = Mapping[Name, object] | pd.Series | pd.DataFrame | Population

AGREE = 1e-6  # relative difference of two margins' totals that is rounding


@dataclass(frozen=True, slots=True)
class Margin:
    """What is known of one column, or of several together.

    Attributes
    ----------
    names : tuple of str
        The columns.
    totals : mapping of tuple of str to float
        Shares or counts by category; by ``()`` the total, or mean, of a number.
    """

    names: tuple[str, ...]
    totals: Mapping[tuple[str, ...], float]

    @property
    def measured(self) -> bool:
        """Whether it is of a number rather than of categories."""
        return list(self.totals) == [()]

    @property
    def size(self) -> float:
        """What the categories add up to."""
        return sum(self.totals.values())

    @property
    def title(self) -> str:
        """Its name in messages and tables."""
        return " × ".join(self.names)


def as_margins(given: object) -> list[Margin]:
    """Read margins of any form.

    Parameters
    ----------
    given : mapping, Series, DataFrame or Population
        A mapping of columns, or tuples of columns, to shares or counts by category (a mapping,
        a Series or a Population), or to the total of a number. A Series is one margin, named
        by its index; a DataFrame is one too: columns of categories, then one of shares or
        counts; a Population is one of all its columns.

    Examples
    --------
    >>> as_margins({"sex": {"woman": 51, "man": 49}})[0].size
    100.0
    """
    if isinstance(given, Population):
        names = tuple(given.keys)
        return [_margin(names, given)]
    if isinstance(given, pd.Series | pd.DataFrame):
        series = _series(given)
        names = tuple(str(name) for name in series.index.names)
        return [_margin(names, series)]
    if not isinstance(given, Mapping) or not given:
        raise SpecError(
            "Margins are a mapping such as {'sex': {'woman': 0.51, 'man': 0.49}}, a Series or a "
            f"DataFrame of one, or a Population; found {type(given).__name__}."
        )
    return [
        _margin(tuple(name) if isinstance(name, tuple) else (str(name),), each)
        for name, each in given.items()
    ]


def _series(given: pd.Series | pd.DataFrame) -> pd.Series:
    """Read a table of one margin; its last column holds the numbers."""
    if isinstance(given, pd.DataFrame):
        if given.shape[1] < 2:
            raise SpecError("A DataFrame of a margin has columns of categories, then of numbers.")
        given = given.set_index(list(given.columns[:-1])).iloc[:, 0]
    if any(name is None for name in given.index.names):
        raise SpecError("The index of a margin names the columns; give it their names.")
    return given


def _margin(names: tuple[str, ...], given: object) -> Margin:
    """Read one margin."""
    title = " × ".join(names)
    if isinstance(given, Population):
        return Margin(names, _counted(names, given))
    if isinstance(given, pd.Series | pd.DataFrame):
        series = given if isinstance(given, pd.Series) else _series(given)
        given = series.to_dict()
    if isinstance(given, Mapping):
        totals = {_category(key): _number(title, each) for key, each in given.items()}
        wrong = [key for key in totals if len(key) != len(names)]
        if wrong or not totals:
            raise SpecError(
                f"Margin '{title}' needs categories of {len(names)} "
                f"column{'s' if len(names) > 1 else ''}; found {listing(wrong) or 'none'}."
            )
        if len(totals) < len(given):
            raise SpecError(f"Margin '{title}' names a category twice.")
        return Margin(names, totals)
    if len(names) > 1:
        raise SpecError(f"'{title}' is of several columns; give a number by their categories.")
    return Margin(names, {(): _number(title, given)})


def _counted(names: tuple[str, ...], census: Population) -> dict[tuple[str, ...], float]:
    """Count a census by some of its columns."""
    for name in names:
        choose("column of the population", name, census.keys)
    codes, counts = census.sums(names)
    labels = [census.keys[name].labels for name in names]
    keys = [tuple(each[k] for each, k in zip(labels, row, strict=True)) for row in codes.tolist()]
    return dict(zip(keys, counts.tolist(), strict=True))


def _category(key: object) -> tuple[str, ...]:
    return tuple(canonical(each) for each in (key if isinstance(key, tuple) else (key,)))


def _number(title: str, value: object) -> float:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = np.nan
    if not np.isfinite(number):
        raise SpecError(f"Margin '{title}': shares and counts are numbers; found {value!r}.")
    return number


@dataclass(frozen=True, slots=True, eq=False)
class Auxiliaries:
    """What weights are to meet, laid out for a survey.

    Attributes
    ----------
    pattern : Key
        Combination of block and auxiliaries that each row has; G of them.
    x : ndarray, shape (G, p)
        Auxiliaries of every pattern.
    block : ndarray of int64, shape (G,)
        Block of every pattern: what is to meet the totals by itself.
    blocks : tuple of tuple of str
        Names of the K blocks.
    columns : tuple of (str, str)
        Margin and category of every auxiliary.
    targets : ndarray, shape (p,)
        Counts of the population, or shares of it and means.
    shares : bool
        Whether the targets are shares.
    """

    pattern: Key
    x: Floats
    block: Ints
    blocks: tuple[tuple[str, ...], ...]
    columns: tuple[tuple[str, str], ...]
    targets: Floats
    shares: bool


def auxiliaries(survey: Survey, margins: Sequence[Margin], within: Sequence[str]) -> Auxiliaries:
    """Lay margins out for a survey, and refuse those that it cannot meet.

    Raises
    ------
    SpecError
        If a column or category is not known, people have none, margins contradict each other,
        or a category of the population has no interviews.
    """
    shares = _scale(margins)
    rows, labels = _rows(survey, margins, within)
    names = list(dict.fromkeys([*within, *(name for each in margins for name in each.names)]))
    _require_known(rows, names)
    pattern, codes = rows.key_of(names)
    place = {name: codes[:, names.index(name)] for name in names}
    blocks, block = np.unique(codes[:, : len(within)], axis=0, return_inverse=True)
    titles = tuple(
        tuple(labels[name][code] for name, code in zip(within, each, strict=True))
        for each in blocks.tolist()
    )
    parts = [_columns(each, place, labels) for each in margins]
    found = [
        problem
        for each, part in zip(margins, parts, strict=True)
        for problem in _problems(each, part, place, labels, block.ravel(), titles)
    ]
    raise_all(SpecError, found, "Margins")
    x = np.concatenate(parts, axis=1)
    targets = np.array([value for each in margins for value in each.totals.values()])
    columns = [(each.title, " × ".join(key)) for each in margins for key in each.totals]
    return Auxiliaries(pattern, x, block.ravel(), titles, tuple(columns), targets, shares)


def _scale(margins: Sequence[Margin]) -> bool:
    """Whether margins are shares; counts must add up to one population."""
    coded = [each for each in margins if not each.measured]
    negative = [each.title for each in coded if min(each.totals.values()) < 0]
    if negative:
        raise SpecError(f"Margins hold shares or counts, none below 0: {listing(negative)}.")
    if not coded:
        raise SpecError(
            "The total of a number does not say how large the population is. Give a margin of "
            "categories beside it."
        )
    sizes = {each.title: each.size for each in coded}
    low, high = min(sizes.values()), max(sizes.values())
    if high - low > AGREE * high:
        said = ", ".join(f"'{name}' {size:g}" for name, size in sizes.items())
        raise SpecError(
            f"Margins must add up to one population, or each to 1; they add up to {said}."
        )
    _refuse_near_shares(high)
    return abs(high - 1) <= AGREE


def _refuse_near_shares(size: float) -> None:
    """Refuse shares that do not add up, and percentages, which would be taken for counts."""
    if AGREE < abs(size - 1) < 0.1:
        raise SpecError(
            f"Shares add up to 1; these add up to {size:.6g}. Give every category its share, "
            "rounding included, or counts of people."
        )
    if abs(size - 100) < 10 * AGREE * 100:
        raise SpecError(
            "Margins that add up to 100 look like percentages. Divide them by 100, or give counts."
        )


def _rows(
    survey: Survey, margins: Sequence[Margin], within: Sequence[str]
) -> tuple[Rows, dict[str, tuple[str, ...]]]:
    """The rows with a key for every column named, and the labels of each."""
    keys, labels = dict(survey.rows.keys), {}
    for each in margins:
        for name in each.names:
            if each.measured and name in survey.rows.numbers:
                keys[name], values = survey.rows.response_key(name, ())
                labels[name] = tuple(map(repr, values.tolist()))
            else:
                labels[name] = survey.group(name).labels
    labels |= {name: survey.group(name).labels for name in within}
    rows = Rows(survey.n, survey.rows.weight, keys, {}, {})
    return rows, labels


def _require_known(rows: Rows, names: Sequence[str]) -> None:
    """Everybody must have a place in every margin."""
    unknown = {name: int((rows.keys[name].codes < 0).sum()) for name in names}
    found = [f"'{name}' of {n:,} interviews is missing" for name, n in unknown.items() if n]
    if found:
        raise SpecError(
            f"{'; '.join(found)}, so they count in no category. Give what is missing a category "
            "in the codebook and the margin, or fill it in before the survey is made."
        )


def _columns(
    margin: Margin, place: Mapping[str, Ints], labels: Mapping[str, tuple[str, ...]]
) -> Floats:
    """Auxiliaries of one margin, (G, categories)."""
    if margin.measured:
        (name,) = margin.names
        values = np.array([as_number(text) for text in labels[name]])
        strange = [text for text, value in zip(labels[name], values, strict=True) if value != value]
        if strange:
            raise SpecError(
                f"A total is of numbers, and '{name}' holds {listing(strange)}. Give its "
                "categories, as in {'sex': {'woman': 0.51, 'man': 0.49}}."
            )
        return values[place[name]][:, None]
    columns = []
    for key in margin.totals:
        member = np.ones(len(place[margin.names[0]]), dtype=bool)
        for name, text in zip(margin.names, key, strict=True):
            choose(f"category of '{name}'", text, dict.fromkeys(labels[name]))
            member &= place[name] == labels[name].index(text)
        columns.append(member)
    return np.stack(columns, axis=1).astype(np.float64)


def _problems(
    margin: Margin,
    x: Floats,
    place: Mapping[str, Ints],
    labels: Mapping[str, tuple[str, ...]],
    block: Ints,
    titles: Sequence[tuple[str, ...]],
) -> Iterator[str]:
    """Find categories that only the survey, or only the population has."""
    if margin.measured:
        return
    nowhere = x.sum(axis=1) == 0
    codes = np.stack([place[name][nowhere] for name in margin.names], axis=1)
    unnamed = [
        " × ".join(labels[name][code] for name, code in zip(margin.names, each, strict=True))
        for each in np.unique(codes, axis=0).tolist()
    ]
    if unnamed:
        yield f"'{margin.title}' leaves out {listing(unnamed)}, which people of the survey are."
    held = np.stack([np.bincount(block, column, len(titles)) > 0 for column in x.T], axis=1)
    for k, (key, target) in enumerate(margin.totals.items()):
        absent = [" × ".join(titles[b]) for b in np.flatnonzero(~held[:, k]).tolist()]
        where = f" in {listing(absent)}" if titles != [()] and any(absent) else ""
        if absent and target > 0:
            yield (
                f"'{margin.title}' cannot be met: nobody is '{' × '.join(key)}'{where}. Merge the "
                "category with another in the codebook and the margin."
            )
        elif target == 0 and held[:, k].any():
            yield (
                f"'{margin.title}' has nobody who is '{' × '.join(key)}', and the survey has. "
                "Correct the margin, or leave those people out."
            )
