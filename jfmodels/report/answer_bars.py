"""All answers to a question on a page: a bar for each wave, about the middle of the scale.

Places and colours are those of :func:`jfmodels.plot_likert`; the bars stretch with the page, and
take no time to draw.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jfmodels.report.findings import level
from jfmodels.report.html import Html, element
from jfmodels.report.names import Names
from jfmodels.report.plot_answers import REST, TOLERANCE, AnswerScale
from jfmodels.report.plot_colours import BETWEEN, either_side
from jfmodels.report.table_rows import Rows, split
from jfmodels.report.words import phrase
from jfmodels.survey.outcome import Outcome

__all__ = ["answer_bars"]

type Floats = NDArray[np.float64]

GAP = 0.04  # share of all answers left free before what is no answer
NO_ANSWER = "url(#no-answer)"


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
        None where no wave has a number for every answer.
    """
    found = {wave: _shares(outcome, rows) for wave, rows in split(answers, "wave").items()}
    drawn = {wave: shares for wave, shares in found.items() if not np.isnan(shares).any()}
    if not drawn:
        return None
    scale, shares = _scale(outcome), np.array(list(drawn.values()))
    fills = _fills(scale)
    rows = [
        element("li", element("span", wave or "", class_="bar-wave"), bar)
        for wave, bar in zip(drawn, _bars(scale, shares, fills), strict=True)
    ]
    said = _in_words(outcome, answers, names)
    return element(
        "div",
        _key(outcome, fills, names, unanswered=bool(shares[:, -1].max() > TOLERANCE)),
        element("ul", *rows, class_="bars", role="img", aria_label=said),
        class_="answers",
    )


def _shares(outcome: Outcome, rows: Rows) -> Floats:
    """Shares of the A answers of a wave in order, and what they leave of the whole: (A + 1,)."""
    of = {row["category"]: row["estimate"] for row in rows}
    shares = np.array([of.get(each, np.nan) for each in outcome.labels])
    return np.append(shares, max(0.0, 1 - shares.sum()) if not np.isnan(shares).any() else np.nan)


def _scale(outcome: Outcome) -> AnswerScale:
    """Put the answers left and right of the middle."""
    labels = tuple(outcome.labels)
    half, odd = divmod(len(labels), 2)
    return AnswerScale(labels[:half], labels[half : half + odd], labels[half + odd :], (REST,))


def _fills(scale: AnswerScale) -> list[str]:
    """Give every answer its colour; what is no answer is hatched."""
    colours = either_side(len(scale.left), len(scale.right))
    return [
        *colours[: len(scale.left)],
        *[BETWEEN] * len(scale.middle),
        *colours[len(scale.left) :],
        NO_ANSWER,
    ]


def _bars(scale: AnswerScale, shares: Floats, fills: list[str]) -> list[Html]:
    """Draw each row of shares (R, A + 1) as one bar; all on one scale."""
    left, right = scale.sides(shares)
    starts = scale.starts(shares, np.array([right + GAP])) + left
    whole = left + right + GAP + shares[:, -1].max()
    centre = _percent(left / whole)
    line = element("line", x1=centre, x2=centre, y1=0, y2="100%", class_="centre")
    drawn = []
    for row, begin in zip(shares / whole, starts / whole, strict=True):
        pieces = [
            element("rect", x=_percent(x), width=_percent(share), height="100%", fill=fill)
            for x, share, fill in zip(begin, row, fills, strict=True)
            if share > 0
        ]
        drawn.append(element("svg", *pieces, line, aria_hidden="true"))
    return drawn


def _key(outcome: Outcome, fills: list[str], names: Names, *, unanswered: bool) -> Html:
    """Name the colours."""
    texts = [names.answer(outcome, each) for each in outcome.labels]
    texts += [phrase("no_answer", names.lang)] if unanswered else []
    items = [
        element(
            "li",
            element(
                "svg", element("rect", width="100%", height="100%", fill=fill), class_="swatch"
            ),
            text,
        )
        for fill, text in zip(fills, texts, strict=False)
    ]
    return element("ul", *items, class_="key", aria_hidden="true")


def _percent(share: float) -> str:
    return f"{100 * share:.2f}%"


def _in_words(outcome: Outcome, answers: Rows, names: Names) -> str:
    """Say the answers of the last wave, for those who do not see the bars."""
    known = split([row for row in answers if not np.isnan(row["estimate"])], "wave")
    wave, last = list(known.items())[-1]
    shares = [f"{names.answer(outcome, row['category'])} {level(row, names)}" for row in last]
    terms = {"outcome": names.outcome(outcome.name), "shares": "; ".join(shares)}
    return phrase("answers_alt", names.lang, last_wave=wave or "", **terms)
