"""The first thing that is read: what changed, and what cannot be told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from jfmodels.claims.rules import CONTRADICTED, SUPPORTED, UNDECIDED
from jfmodels.report.findings import is_share, size_text, standing
from jfmodels.report.html import Html, element
from jfmodels.report.names import Names
from jfmodels.report.page import Section, section
from jfmodels.report.release import Release
from jfmodels.report.sections.changes import by_chance, change_name
from jfmodels.report.sections.limits import cautions
from jfmodels.report.sections.outcome_findings import item
from jfmodels.report.table_rows import Row, Rows
from jfmodels.report.words import counted, phrase

__all__ = ["summary_section"]

MOST_TOLD = 10  # changes that are listed before the reader is sent on


def summary_section(release: Release, names: Names) -> Section:
    """Write what changed, what cannot be told, and what to keep in mind."""
    parts = (
        ("what_changed", _changed(release, names)),
        ("cannot_tell", _cannot_tell(release, names)),
        ("keep_in_mind", [element("p", each) for each in cautions(release, names)]),
    )
    cards = [
        element("div", element("h3", phrase(key, names.lang)), *content, class_=f"card {key}")
        for key, content in ((key, list(content)) for key, content in parts)
        if content
    ]
    return section("summary", phrase("summary", names.lang), *cards)


def _changed(release: Release, names: Names) -> Iterator[Html]:
    """Say which changes could be shown, all together and within groups."""
    lang = names.lang
    terms = {"ref": release.ref, "wave": release.wave}
    if not release.families[0]:
        key = "first_wave_only" if release.ref is None else "nothing_compared"
        yield element("p", phrase(key, lang, **terms))
        return
    yield from _told(release, release.rows["changes"], names, "fact", terms, release.families[0])
    if release.families[1]:
        terms |= {"group": names.by(str(release.by))}
        yield from _told(
            release, release.rows["group_changes"], names, "fact_groups", terms, release.families[1]
        )


def _told(
    release: Release,
    rows: Rows,
    names: Names,
    kind: str,
    terms: dict[str, Any],
    family: int,
) -> Iterator[Html]:
    """List the changes that could be shown; then those that stand out only alone."""
    shown = [row for row in rows if standing(row) == "shown"]
    terms = terms | {"n": family, "k": len(shown)}
    key = f"{kind}_shown" if shown else f"{kind}_none"
    yield element("p", phrase(f"{key}_one" if family == 1 else key, names.lang, **terms))
    if shown:
        yield _listed(release, shown, names)
    alone = [row for row in rows if standing(row) == "alone"]
    if alone and kind == "fact":
        yield element("p", by_chance("fact_alone", family, names.lang))
        yield _listed(release, alone, names)


def _listed(release: Release, rows: Rows, names: Names) -> Html:
    """List changes, the surest first where there are many."""
    shown = rows if len(rows) <= MOST_TOLD else sorted(rows, key=_surest)[:MOST_TOLD]
    items = [element("li", item(_name(release, row, names), row, names)) for row in shown]
    if len(shown) < len(rows):
        heading = phrase("changes", names.lang)
        items.append(
            element("li", counted("and_more", len(rows) - MOST_TOLD, names.lang, heading=heading))
        )
    return element("ul", *items)


def _surest(row: Row) -> tuple[float, float]:
    return row["p_adjusted"], row["p_value"]


def _name(release: Release, row: Row, names: Names) -> str:
    """Name what changed, and where."""
    title = change_name(release, row, names)
    if release.by is None or release.by not in row or row[release.by] != row[release.by]:
        return title
    return f"{title}, {names.group(release.by, row[release.by])}"


def _cannot_tell(release: Release, names: Names) -> Iterator[Html]:
    """Say how large a change had to be to be seen, and how many claims stay open."""
    lang = names.lang
    size = _typical(release.rows["changes"], names)
    if size is not None:
        sentences = [phrase("power_overall", lang, size=size)]
        if release.families[1]:
            within = _typical(release.rows["group_changes"], names)
            terms = {"group": names.by(str(release.by)), "size": within}
            key = "power_groups_none" if within is None else "power_groups"
            sentences.append(phrase(key, lang, **terms))
        yield element("p", " ".join(sentences))
    if release.verdicts is not None:
        yield element("p", _claims(release, names))


def _typical(changes: Rows, names: Names) -> str | None:
    """Say the median of the changes in shares that would have been found; of means, none."""
    shares = [row for row in changes if is_share(row) and standing(row) != "missing"]
    # a change that could not be found at all is larger than any
    sizes = np.nan_to_num([row["detectable"] for row in shares], nan=np.inf)
    if not shares or np.isinf(np.median(sizes)):
        return None
    return size_text(float(np.median(sizes)), shares[0], names)


def _claims(release: Release, names: Names) -> str:
    assert release.verdicts is not None
    found = release.verdicts.of_claims["verdict"].value_counts()
    counts = {kind: int(found.get(kind, 0)) for kind in (SUPPORTED, CONTRADICTED, UNDECIDED)}
    return phrase("claims_count", names.lang, n=int(found.sum()), **counts)
