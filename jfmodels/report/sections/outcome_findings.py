"""What was found of one outcome, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from jfmodels.report.findings import (
    change_in_words,
    change_sentence,
    figure,
    filled,
    reason,
    size_text,
    standing,
)
from jfmodels.report.html import Html, element, joined
from jfmodels.report.names import Names
from jfmodels.report.plot_text import missing
from jfmodels.report.release import Part, Release
from jfmodels.report.table_rows import Row, Rows
from jfmodels.report.words import phrase

__all__ = ["asked", "finding", "item"]


def asked(part: Part, names: Names) -> str:
    """Say what the numbers are shares of."""
    outcome, lang = part.outcome, names.lang
    base = " ".join(_qualified(part, names))
    if outcome.measured:
        return phrase("mean_of", lang, base=base).strip()
    if part.several:
        key = "share_named" if outcome.scale == "multi" else "share_each"
        return phrase(key, lang, base=base).strip()
    return phrase("share_of", lang, answers=names.shown(outcome), base=base).strip()


def _qualified(part: Part, names: Names) -> Iterator[str]:
    """Say what became of those without an answer, and which waves were worded otherwise."""
    outcome, lang = part.outcome, names.lang
    if outcome.policy:
        yield phrase(f"base_{outcome.policy}", lang)
    waves = [wave for wave in outcome.relabelled if outcome.wording(wave)]
    if waves:
        yield phrase("reworded", lang, waves=names.joined(waves))


def finding(release: Release, part: Part, names: Names) -> Html | None:
    """Say the last level and what became of it; of several answers, which of them moved."""
    if part.several:
        return _of_answers(part, names)
    known = [row for row in part.levels if not np.isnan(row["estimate"])]
    if not known:
        return element("p", reason(part.levels[-1], names.lang), class_="finding")
    last = known[-1]
    return element(
        "p", _level(last, names), " ", _since(release, part, last, names), class_="finding"
    )


def item(name: str, row: Row, names: Names) -> Html:
    """Say of an answer or a group how it moved."""
    template = phrase("finding_item", names.lang, name=name, change="{}")
    return joined(*filled(template, change_in_words(row, names)))


def _level(row: Row, names: Names) -> Html:
    if missing(row["wave"]):
        return joined(figure(row, names), ".")
    template = phrase("level_is", names.lang, level="{}", wave=row["wave"])
    return joined(*filled(template, figure(row, names)))


def _since(release: Release, part: Part, last: Row, names: Names) -> Html | None:
    """Say what changed since the wave before, or why that cannot be said."""
    lang = names.lang
    if len(release.survey.waves) < 2:
        return None
    if last["wave"] != release.wave:
        return joined(phrase("last_asked", lang, wave=release.wave, last=last["wave"]))
    if not part.changes:
        return joined(phrase("asked_once", lang))
    change = part.changes[0]
    if standing(change) != "missing":
        return change_sentence(change, names, release.families[0])
    if "not_asked" in change["flag"]:
        return joined(phrase("asked_once", lang))
    since = phrase("since", lang, wave=change["wave_ref"])
    if "relabelled" in change["flag"]:
        return joined(phrase("no_comparison", lang, since=since))
    return joined(phrase("no_change", lang, since=since, reason=reason(change, lang)))


def _of_answers(part: Part, names: Names) -> Html | None:
    """Say which answers moved; of the others, what would have been found."""
    rows = [row for row in part.changes if standing(row) != "missing"]
    if not rows:
        return None
    lang = names.lang
    told = [row for row in rows if standing(row) in ("shown", "alone")]
    others = [row for row in rows if row not in told]
    since = phrase("since", lang, wave=rows[0]["wave_ref"])
    listed = [
        element("li", item(names.answer(part.outcome, row["category"]), row, names)) for row in told
    ]
    key = "none_other_shown" if told else "none_shown_of"
    rest = f"{phrase(key, lang, since=since, n=len(rows))} {_would_be_found(others, names)}"
    return joined(
        element("p", since, names.words.signs.colon, class_="finding") if told else None,
        element("ul", *listed, class_="findings") if told else None,
        element("p", rest, class_="finding") if others else None,
    )


def _would_be_found(rows: Rows, names: Names) -> str:
    """Say what size of change would have been seen in several answers."""
    sizes = [row["detectable"] for row in rows if not np.isnan(row["detectable"])]
    if not sizes:
        return phrase("nothing_found", names.lang)
    low, high = (size_text(each, rows[0], names) for each in (min(sizes), max(sizes)))
    if low == high:
        return phrase("would_be_found", names.lang, size=low)
    return phrase("would_be_found_of", names.lang, low=low, high=high)
