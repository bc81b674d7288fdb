"""Withholding what would expose people, in all tables of one release at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jfmodels.errors import SpecError, listing, require_whole
from jfmodels.results.disclosure.protect import withheld_rows
from jfmodels.results.disclosure.reading import EXTREMES, groups_in, read_release

__all__ = ["withhold"]

ITEMS = ("outcome", "category", "outcome_ref", "category_ref")
COUNTS = ("n", "n_clusters")
MADE_BY = (
    *("fit", "estimand", "wave", "wave_ref", "coverage", "adjustment"),
    *("unit", "target", "over", "engine"),
)


def withhold(
    tables: Sequence[pd.DataFrame], *, minimum: int = 10, clusters: bool = False
) -> list[pd.DataFrame]:
    r"""Withhold the numbers of a release that would expose the people who answered.

    Numbers protect each other, or give each other away: a region's total and three of its four
    communes tell of the fourth one. So all tables that are published together are judged
    together. Three kinds of cells are protected first (primary suppression):

    - cells of fewer than `minimum` interviews;
    - what is left of fewer when parts that are published are taken from a total, also between
      tables whose ``where=`` differ;
    - cells of whom all, or none, gave an answer (homogeneous cells): whoever knows that somebody
      took part would know what they said.

    Then numbers from which these could be computed are withheld too (secondary suppression):
    every protected cell is given partners with which it could change places so that no
    published sum changes, a hypercube of cells [2]_, and whatever else would change is
    withheld. The partners are those whose loss tells the reader least, and that make up for
    the minimum together with the cell, so that sums that can still be computed do not fall
    short of it. Comparisons count as telling of both sides.

    Parameters
    ----------
    tables : sequence of DataFrame
        All tables of one release, as fits give them: levels, changes, contrasts, slopes and
        the like, of several outcomes and groups, design-based and Bayesian. Neither the order
        of tables nor that of rows matters. A further table brings back no number, as long as
        changes stand beside their levels and no table is of a domain (``where=``).
    minimum : int, default 10
        Least number of interviews of a cell that is shown.
    clusters : bool, default False
        Whether tables by a sampling cluster may be published: only where clusters are so large
        that naming them tells of nobody, as towns are and villages are not.

    Returns
    -------
    list of DataFrame
        The same tables in the same order. Rows that are withheld have the flag ``suppressed``
        and no numbers, counts and degrees of freedom included; the record in ``table.attrs``
        says how many there are, and not why each is.

    Raises
    ------
    SpecError
        If something is no such table or was withheld already, or if a table is split by the
        design's interviewer or person column, or by a cluster without ``clusters=True``.

    See Also
    --------
    fill_withheld : A model's estimates in place of what is withheld.

    Notes
    -----
    What is guaranteed is that no protected count, and no weighted sum behind a protected
    share, follows from sums that are published, whatever arithmetic is used. It is not
    guaranteed that bounds on them are wide, though with positive counts a cell can always be as
    large as its partners allow; that standard errors of larger cells tell nothing of their
    parts; or that a respondent who is alone in a cell cannot take away their own answer. Few
    people behind a share are not a reason to withhold it: 3 of 100 are shown as 3 %. Rules for
    dominance [1]_ need the answers of single respondents and are not for tables.

    References
    ----------
    .. [1] Hundepool, A., Domingo-Ferrer, J., Franconi, L., Giessing, S., Schulte Nordholt, E.,
       Spicer, K. and de Wolf, P.-P. (2012). Statistical Disclosure Control. Wiley.
    .. [2] Giessing, S. and Repsilber, D. (2002). Tools and strategies to protect multiple tables
       with the GHQUAR cell suppression engine. In: Inference Control in Statistical Databases,
       LNCS 2316, 181-192. https://doi.org/10.1007/3-540-47804-3_14

    Examples
    --------
    >>> import jfmodels as jf
    >>> fit = jf.direct(jf.example(), "trust_army", by=["region", "displaced"])
    >>> levels, regions = jf.withhold([fit.levels(["region", "displaced"]), fit.levels("region")])
    >>> bool(levels.loc[levels["estimate"].isna(), "n"].isna().all())
    True
    """
    require_whole("minimum", minimum, 2)
    _require_tables(tables, clusters)
    release = read_release(tables)
    hidden = [np.zeros(len(table), dtype=bool) for table in tables]
    for row, withheld in zip(release.rows, withheld_rows(release, minimum), strict=True):
        hidden[row.table][row.place] = withheld
    return [_without(table, rows, minimum) for table, rows in zip(tables, hidden, strict=True)]


def _require_tables(tables: Sequence[pd.DataFrame], clusters: bool) -> None:
    """Refuse what cannot be judged, and groups that are people or places that must not be named."""
    given: object = tables
    if isinstance(given, pd.DataFrame) or not all(isinstance(t, pd.DataFrame) for t in tables):
        raise SpecError(
            "withhold() takes a list of all tables of one release, such as [levels, changes]."
        )
    for table in tables:
        lacking = sorted({"estimand", "n", "flag", "outcome_ref"} - set(table.columns))
        lacking += [] if "record" in table.attrs else ["record"]
        if lacking:
            raise SpecError(
                "withhold() judges tables of levels, changes and contrasts as a fit gives them, "
                f"with their record in table.attrs; one lacks {listing(lacking)}."
            )
        for name, group in table.attrs["record"].get("groups", {}).items():
            _require_group(name, group["role"], clusters)


def _require_group(name: str, role: str, clusters: bool) -> None:
    if role in ("person", "interviewer"):
        raise SpecError(
            f"'{name}' is the survey's {role}, and tables by it show people, however many "
            "interviews each stands for. Leave the table out of the release."
        )
    if role.startswith("cluster") and not clusters:
        raise SpecError(
            f"'{name}' is a sampling cluster, by which villages and those who live there are "
            "known. Leave the table out of the release; if clusters are so large that naming "
            "them tells of nobody, say clusters=True."
        )


def _without(table: pd.DataFrame, rows: NDArray[np.bool_], minimum: int) -> pd.DataFrame:
    """Empty rows of a table of all that is no label, and flag them."""
    groups = groups_in(table)
    labels = (*ITEMS, *groups, *(f"{name}_ref" for name in groups))
    extreme = rows & table["estimand"].isin(EXTREMES).to_numpy()  # who is lowest is the answer
    flags = zip(table["flag"], rows, strict=True)
    kept = table.copy()
    kept.attrs = {}  # which pandas copies with every column
    for name in map(str, table.columns):
        if name in COUNTS:
            kept[name] = kept[name].astype("Int64").mask(rows)
        elif name in labels:
            kept[name] = kept[name].mask(extreme)
        elif name not in MADE_BY:
            kept[name] = kept[name].mask(rows)
    kept["flag"] = [("suppressed",) if hidden else flag for flag, hidden in flags]
    said = {"minimum": minimum, "rows": len(rows), "withheld": int(rows.sum())}
    kept.attrs = {**table.attrs, "record": {**table.attrs["record"], "disclosure": said}}
    return kept
