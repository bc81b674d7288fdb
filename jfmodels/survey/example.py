"""A simulated survey to learn and test with, and the truth that it was drawn from.

Six waves, each with 544 new people in sixteen communes of four regions of Mali, ten
facilitators and uneven weights. No answer in it was ever given by anybody: a few published
figures of a real survey fix what its last wave shows, and everything else is invented.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jfmodels.errors import SpecError, choose
from jfmodels.survey.design import TARGETS
from jfmodels.survey.example_answers import (
    SD_COMMUNE,
    SD_FACILITATOR,
    SD_VISIT,
    Mechanism,
    answer,
    calibrated,
    items,
    predictor,
)
from jfmodels.survey.example_fieldwork import (
    AGES,
    COMMUNES,
    NEVER_VISITED,
    REGIONS,
    WAVES,
    People,
    draw_people,
    fieldwork_frame,
    interviews,
    population_cells,
    stream,
)
from jfmodels.survey.example_outcomes import (
    DONT_KNOW,
    MISSING,
    QUESTIONS,
    REFUSED,
    TOPICS,
    Question,
    Text,
)
from jfmodels.survey.population import Population
from jfmodels.survey.read import read_design
from jfmodels.survey.survey import Survey

__all__ = ["Simulated", "example", "example_census", "example_truth", "simulate"]

DESIGN: Mapping[str, str] = {
    "wave": "wave",
    "strata": "region",
    "cluster": "commune",
    "weights": "weight",
    "repeats": "clusters",
    "target": "population",
    "interviewer": "facilitator",
    "person": "person",
    "date": "date",
}
REFUSING, LOST = 0.01, 0.003  # shares of refusals where there are any, and of lost answers
TITLE = {
    "en": "Perceptions of security in four regions of Mali",
    "fr": "Perceptions de la sécurité dans quatre régions du Mali",
}
COVARIATES: dict[str, Any] = {
    "region": {
        "label": {"en": "Region", "fr": "Région"},
        "categories": {
            "Bandiagara": {"en": "Bandiagara", "fr": "Bandiagara"},
            "Gao": {"en": "Gao", "fr": "Gao"},
            "Mopti": {"en": "Mopti", "fr": "Mopti"},
            "Timbuktu": {"en": "Timbuktu", "fr": "Tombouctou"},
        },
    },
    "commune": {"label": {"en": "Communes", "fr": "Communes"}},
    "age_group": {
        "column": "age",
        "bins": [first for first, _, _ in AGES] + [120],
        "label": {"en": "Age group", "fr": "Groupe d'âge"},
    },
    "sex": {
        "label": {"en": "Sex", "fr": "Sexe"},
        "categories": {
            "female": {"en": "female", "fr": "femme"},
            "male": {"en": "male", "fr": "homme"},
        },
    },
    "area": {
        "label": {"en": "Area", "fr": "Milieu"},
        "categories": {
            "urban": {"en": "urban", "fr": "urbain"},
            "rural": {"en": "rural", "fr": "rural"},
        },
    },
    "displaced": {
        "label": {"en": "Displaced", "fr": "Déplacé"},
        "categories": {"no": {"en": "no", "fr": "non"}, "yes": {"en": "yes", "fr": "oui"}},
    },
    "disability": {
        "label": {"en": "Lives with a disability", "fr": "En situation de handicap"},
        "categories": {"no": {"en": "no", "fr": "non"}, "yes": {"en": "yes", "fr": "oui"}},
    },
}


@dataclass(frozen=True, slots=True, eq=False)
class Simulated:
    """What one seed gives, before it is checked as a survey.

    Attributes
    ----------
    frame : DataFrame
        One row an interview.
    codebook : dict
        What its columns mean.
    mechanisms : tuple of Mechanism
        How each column of answers came about.
    """

    frame: pd.DataFrame
    codebook: dict[str, Any]
    mechanisms: tuple[Mechanism, ...]


def example(seed: int = 2024) -> Survey:
    """Simulate a survey of six waves in four regions of Mali.

    Each wave interviews 544 new people in the same 16 communes, four in each region; where
    violence kept a commune from being reached, in Q2 to Q5, its interviews were made in
    the other communes of the region. Four of the ten facilitators are replaced after Q3.
    In Q6 the weighted shares equal the published ones after rounding, whatever the seed:
    52 % call state justice not very independent, 48 % expect it to be free from
    corruption and 25 % to respect all, 49 % call traditional justice quick, 78 % want a
    record and 65 % a transfer to the state. Confidence in each actor lies between 60 and
    85 %; it was made highest in Mopti, which chance may hide in the sample of another seed.

    Parameters
    ----------
    seed : int, default 2024
        The same seed gives the same survey.

    Returns
    -------
    Survey
        Marked as simulated.

    See Also
    --------
    example_truth : The shares that it was drawn from.
    write_example : The same as files.

    Examples
    --------
    >>> example().simulated
    True
    """
    simulated = simulate(seed)
    return Survey(simulated.frame, read_design(DESIGN), simulated.codebook, simulated=True)


def example_truth(seed: int = 2024, *, target: str = "these_clusters") -> pd.DataFrame:
    """Give the shares in the population that the example was drawn from.

    A row gives the share of a region's adults who would choose the shown answers, averaged
    exactly over the composition of each commune (age, sex, area, displacement), over the
    communes by the size of their population, and over facilitators, not only the ten who
    came. Communes that a wave could not reach are in it. Those who would not know or would
    refuse stay in the base. For ``"these_clusters"`` the sixteen communes are those of
    the example, with what is particular to them and to each visit. For ``"population"``
    communes like them are drawn anew.

    Parameters
    ----------
    seed : int, default 2024
        As given to :func:`example`; cuts between the answers depend on it too.
    target : {"these_clusters", "population"}
        Whether the communes are these or others like them.

    Returns
    -------
    DataFrame
        Columns `outcome`, `category` (the shown answers, joined by ", "), `region` (missing
        for all regions together), `wave` and `truth`, a share in [0, 1]. A nominal or
        multiple response has one row for each answer; waves that did not ask have none.

    Raises
    ------
    SpecError
        If `target` is neither of the two.

    Examples
    --------
    >>> truth = example_truth()
    >>> row = truth.query("outcome == 'trust_army' and region == 'Mopti' and wave == 'Q6'")
    >>> bool(row["truth"].item() > 0.8)
    True
    """
    choose("target", target, TARGETS, SpecError)
    cells = population_cells()
    mechanisms = simulate(seed).mechanisms
    rows = [row for each in mechanisms for row in _truth_rows(each, cells, target)]
    truth = pd.DataFrame(rows, columns=["outcome", "category", "region", "wave", "truth"])
    truth["region"] = pd.Categorical(truth["region"], REGIONS, ordered=True)
    truth["wave"] = pd.Categorical(truth["wave"], list(WAVES), ordered=True)
    return truth


def example_census() -> Population:
    """Count the population that the example was drawn from, and communes beyond it.

    Sixteen communes were visited; each region has one more, where nobody ever asked. All
    numbers are invented, as the example is.

    Returns
    -------
    Population
        Adults by commune, region, age group, sex, area and displacement, called "simulated
        census"; the same in every wave.

    See Also
    --------
    example : The survey.

    Examples
    --------
    >>> example_census()
    Population 'simulated census': 187,000 people in 640 cells of commune (20) x region (4)
    x age_group (4) x sex (2) x area (2) x displaced (2)
    """
    ages = [f"{low}-{high}" for low, high in pairwise(COVARIATES["age_group"]["bins"])]
    rows = [
        (
            place.name,
            place.region,
            age,
            sex,
            *(name for name, _ in shares),
            10_000 * place.size * share / 2 * math.prod(part for _, part in shares),
        )
        for place in (*COMMUNES, *NEVER_VISITED)
        for age, (_, _, share) in zip(ages, AGES, strict=True)
        for sex in ("female", "male")
        for shares in product(
            (("urban", place.urban), ("rural", 1 - place.urban)),
            (("yes", place.displaced), ("no", 1 - place.displaced)),
        )
    ]
    columns = ["commune", "region", "age_group", "sex", "area", "displaced", "n"]
    return Population(pd.DataFrame(rows, columns=columns), name="simulated census")


def simulate(seed: int = 2024) -> Simulated:
    """Simulate the rows of the example, and keep how they came about.

    Examples
    --------
    >>> simulate().frame.groupby("wave").size().unique().tolist()
    [544]
    """
    wave, commune, facilitator = interviews()
    rng = stream(seed, "fieldwork")
    people, disability = draw_people(rng, wave, commune)
    frame = fieldwork_frame(rng, people, facilitator, disability)
    asked = [each for question in QUESTIONS for each in _ask(seed, question, people, facilitator)]
    answers = {mechanism.item.column: codes for mechanism, codes in asked}
    return Simulated(
        frame=pd.concat([frame, pd.DataFrame(answers)], axis=1),
        codebook=_codebook(),
        mechanisms=tuple(mechanism for mechanism, _ in asked),
    )


def _ask(
    seed: int, question: Question, people: People, facilitator: NDArray[np.int64]
) -> Iterator[tuple[Mechanism, NDArray[Any]]]:
    """Ask everybody a question; give how each column came about, and its codes."""
    silence = _silence(stream(seed, "silence", question.name), question, people)
    told = np.isnan(silence)
    for item in items(question):
        mechanism, latent = calibrated(
            seed, item, people, facilitator, base=silence != MISSING, answers=told
        )
        code = np.where(told, question.first_code + answer(mechanism, latent), silence)
        yield mechanism, _as_asked(code, question, people)


def _silence(rng: np.random.Generator, question: Question, people: People) -> NDArray[np.float64]:
    """Draw the codes of those who gave no answer; missing for those who did."""
    lost, silent = rng.random((2, len(people.wave)))
    code = np.full(len(silent), np.nan)
    if question.silent > 0:
        code[silent < question.silent] = DONT_KNOW
        code[silent < REFUSING] = REFUSED
    if question.scale != "multi":
        code[lost < LOST] = MISSING
    return code


def _as_asked(
    code: NDArray[np.float64], question: Question, people: People
) -> NDArray[np.float64] | NDArray[np.int64]:
    """Blank the waves that did not ask; write whole numbers where all did."""
    if not question.first_wave:
        return code.astype(np.int64)
    return np.where(people.wave < question.first_wave, np.nan, code)


def _codebook() -> dict[str, Any]:
    """Describe the example as a codebook file would."""
    return {
        "title": TITLE,
        "waves": {name: {"start": start, "end": end} for name, (start, end) in WAVES.items()},
        "topics": {name: _label(text) for name, (text, _) in TOPICS.items()},
        "outcomes": {question.name: _entry(question) for question in QUESTIONS},
        "covariates": COVARIATES,
    }


def _entry(question: Question) -> dict[str, Any]:
    entry: dict[str, Any] = {"label": _label(question.label), "scale": question.scale}
    topics = [name for name, (_, questions) in TOPICS.items() if question.name in questions]
    entry["topic"] = topics[0] if topics else None
    if question.scale == "multi":
        entry["columns"] = {item.option: item.column for item in items(question)}
        entry["categories"] = {text[0]: _label(text) for text in question.categories}
        return entry
    codes = enumerate(question.categories, start=question.first_code)
    entry["categories"] = {code: _label(text) for code, text in codes}
    entry["missing"] = [MISSING]
    if question.shown:
        entry["shown"] = list(question.shown)
    if question.silent > 0:
        entry |= {"dont_know": [DONT_KNOW], "refused": [REFUSED], "policy": "in_base"}
    if question.first_wave:
        entry["asked_in"] = list(WAVES)[question.first_wave :]
    return entry


def _label(text: Text) -> dict[str, str]:
    return dict(zip(("en", "fr"), text, strict=True))


def _truth_rows(mechanism: Mechanism, cells: People, target: str) -> Iterator[tuple[Any, ...]]:
    """Average one item's probabilities over the population of each region and wave."""
    question = mechanism.item.question
    spoken = (1 - question.silent) * _expected(mechanism, cells, target)
    for category, places in _shown(mechanism):
        probability = spoken[places].sum(axis=0)
        for wave, region in product(range(question.first_wave, len(WAVES)), (None, *REGIONS)):
            chosen = cells.wave == wave
            if region is not None:
                chosen = chosen & (cells.region == REGIONS.index(region))
            share = np.average(probability[chosen], weights=cells.weight[chosen])
            yield question.name, category, region, list(WAVES)[wave], float(share)


def _shown(mechanism: Mechanism) -> Iterator[tuple[str, list[int]]]:
    """Name the answers whose share is shown, with their places among the probabilities."""
    item = mechanism.item
    names = [name for name, _ in item.question.categories]
    if item.option:
        yield item.option, [1]
    elif item.question.shown:
        yield ", ".join(item.question.shown), [names.index(each) for each in item.question.shown]
    else:
        yield from ((name, [place]) for place, name in enumerate(names))


def _expected(mechanism: Mechanism, cells: People, target: str) -> NDArray[np.float64]:
    """Average probabilities over facilitators, and over communes where these are drawn anew.

    The average over K normal effects of standard deviation s is taken over the 2 K points
    that lie s√K from the origin along the axes, exact for polynomials of degree 3; with
    effects this small the error is below 0.001.

    Returns
    -------
    ndarray of float, shape (answers, cells)
    """
    moves = mechanism.item.moves
    anew = target == "population"
    predicted = predictor(moves, cells, None if anew else mechanism.effects)
    variance = SD_FACILITATOR**2 + (SD_COMMUNE**2 + SD_VISIT**2 if anew else 0)
    reach = np.sqrt(variance * len(moves)) * np.eye(len(moves))
    points = [*reach, *-reach]
    averaged = sum(mechanism.probabilities(predicted + point[:, None]) for point in points)
    return np.asarray(averaged) / len(points)
