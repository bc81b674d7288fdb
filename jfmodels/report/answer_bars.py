"""All answers to a question on a page: a bar for each wave, divided among them."""

from __future__ import annotations

import numpy as np

from jfmodels.report.findings import level
from jfmodels.report.html import Html, element
from jfmodels.report.names import Names
from jfmodels.report.table_rows import Rows, split
from jfmodels.report.words import phrase
from jfmodels.survey.outcome import Outcome

__all__ = ["answer_bars"]

# from one pole over light to the other; told apart by the colour-blind and in grey
POLES = ((0xA6, 0x4A, 0x08), (0xF4, 0xE3, 0xD3), (0xDC, 0xE8, 0xF2), (0x0B, 0x4F, 0x7D))


def answer_bars(outcome: Outcome, answers: Rows, names: Names) -> Html | None:
    """Draw how the answers are divided, wave by wave.

    Parameters
    ----------
    outcome : Outcome
        The question, on an ordinal scale.
    answers : list of mapping
        Levels of every answer.
    names : Names
        Language.

    Returns
    -------
    Html or None
        None where a wave has no number for any answer.
    """
    waves = {
        wave: {row["category"]: row["estimate"] for row in rows}
        for wave, rows in split(answers, "wave").items()
    }
    shares = {
        wave: np.array([of.get(each, np.nan) for each in outcome.labels])
        for wave, of in waves.items()
    }
    drawn = {wave: each for wave, each in shares.items() if not np.isnan(each).any()}
    if not drawn:
        return None
    colours = _colours(len(outcome.labels))
    key = [
        element("li", element("span", class_="swatch", style=f"background:{colour}"), text)
        for colour, text in zip(
            colours, (names.answer(outcome, each) for each in outcome.labels), strict=True
        )
    ]
    bars = [
        element("li", element("span", wave or "", class_="bar-wave"), _bar(each, colours))
        for wave, each in drawn.items()
    ]
    return element(
        "div",
        element("ul", *key, class_="key", aria_hidden="true"),
        element(
            "ul", *bars, class_="bars", role="img", aria_label=_in_words(outcome, answers, names)
        ),
        class_="answers",
    )


def _bar(shares: np.ndarray, colours: list[str]) -> Html:
    """Draw one bar; what is missing to the whole stays empty."""
    starts = np.concatenate([[0.0], np.cumsum(shares)[:-1]])
    pieces = [
        element(
            "rect", x=f"{100 * start:.2f}", width=f"{100 * share:.2f}", y=0, height=1, fill=fill
        )
        for start, share, fill in zip(starts, shares, colours, strict=True)
    ]
    return element(
        "svg", *pieces, viewBox="0 0 100 1", preserveAspectRatio="none", aria_hidden="true"
    )


def _colours(n: int) -> list[str]:
    """Choose `n` colours from one pole to the other."""
    places = np.linspace(0, 1, n)
    at = (0.0, 0.46, 0.54, 1.0)
    channels = [np.interp(places, at, [pole[k] for pole in POLES]) for k in range(3)]
    return [f"#{int(r):02x}{int(g):02x}{int(b):02x}" for r, g, b in zip(*channels, strict=True)]


def _in_words(outcome: Outcome, answers: Rows, names: Names) -> str:
    """Say the answers of the last wave, for those who do not see the bars."""
    known = split([row for row in answers if not np.isnan(row["estimate"])], "wave")
    wave, last = list(known.items())[-1]
    shares = [f"{names.answer(outcome, row['category'])} {level(row, names)}" for row in last]
    return phrase(
        "answers_alt",
        names.lang,
        outcome=names.outcome(outcome.name),
        last_wave=wave or "",
        shares="; ".join(shares),
    )
