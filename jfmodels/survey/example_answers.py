"""How the simulated answers come about: a latent answer, cut where the last wave says.

Everybody has a latent answer to every question: what region, wave and person make of it, plus
what is particular to the commune, to the visit (a commune in a wave) and to the facilitator,
plus noise. Where it is cut into the answers on the form is chosen so that the weighted shares
of the last wave come out as listed; the same cuts then hold for every wave.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, ndtr, softmax

from jfmodels.survey.example_fieldwork import COMMUNES, FACILITATORS, WAVES, People, stream
from jfmodels.survey.example_outcomes import Moves, Question

__all__ = [
    "SD_COMMUNE",
    "SD_FACILITATOR",
    "SD_VISIT",
    "Effects",
    "Item",
    "Mechanism",
    "answer",
    "calibrated",
    "items",
    "predictor",
]

type Whole = NDArray[np.int64]
type Real = NDArray[np.float64]

SD_COMMUNE, SD_VISIT, SD_FACILITATOR = 0.4, 0.2, 0.3  # logit
SHARED_BY_COMMUNE, SHARED_BY_PERSON = 0.5, 0.4  # part of a variance that a topic has in common
LAST = len(WAVES) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One column of answers: a question, or one option of a multiple response.

    Attributes
    ----------
    column : str
        Its name.
    question : Question
        What it belongs to.
    option : str
        English name of the option of a multiple response; empty otherwise.
    shares : tuple of float
        Of each answer in the last wave.
    moves : tuple of K Moves
        K is 1, or for a nominal question the number of answers.
    """

    column: str
    question: Question
    option: str
    shares: tuple[float, ...]
    moves: tuple[Moves, ...]

    @property
    def topic(self) -> str:
        """What the item shares its causes with."""
        return self.question.topic or self.question.name


@dataclass(frozen=True, slots=True, eq=False)
class Effects:
    """What is particular to places and facilitators, on the logit scale.

    Attributes
    ----------
    commune : ndarray, shape (communes,)
    visit : ndarray, shape (waves, communes)
    facilitator : ndarray, shape (facilitators,)
    """

    commune: Real
    visit: Real
    facilitator: Real


@dataclass(frozen=True, slots=True, eq=False)
class Mechanism:
    """How the answers to one item come about.

    Attributes
    ----------
    item : Item
        The item.
    effects : tuple of K Effects
        One for each of the item's moves.
    cuts : ndarray
        Ordered answers: thresholds between them. Nominal ones: what is added to each.
    """

    item: Item
    effects: tuple[Effects, ...]
    cuts: Real

    def probabilities(self, predicted: Real) -> Real:
        """Turn predictors (K, cells) into probabilities (answers, cells), silence left out."""
        return _rule(self.item).probabilities(predicted, self.cuts)


@dataclass(frozen=True, slots=True)
class Rule:
    """How latent answers become answers: what a scale has to say.

    Attributes
    ----------
    noise : callable
        ``(seed, item, people) -> (K, people)``.
    calibrate : callable
        ``(latent (K, people), weight (people,), shares (answers,)) -> cuts``.
    choose : callable
        ``(latent (K, people), cuts) -> (people,)``, places of answers.
    probabilities : callable
        ``(predicted (K, cells), cuts) -> (answers, cells)``.
    """

    noise: Callable[[int, Item, int], Real]
    calibrate: Callable[[Real, Real, Real], Real]
    choose: Callable[[Real, Real], Whole]
    probabilities: Callable[[Real, Real], Real]


def items(question: Question) -> Iterator[Item]:
    """List the columns of a question."""
    if question.scale != "multi":
        yield Item(
            column=question.name,
            question=question,
            option="",
            shares=question.shares,
            moves=question.moves,
        )
        return
    for (name, _), share, moves in zip(
        question.categories, question.shares, question.moves, strict=True
    ):
        slug = name.replace("'", "").replace(" ", "_")
        yield Item(
            column=f"{question.name}__{slug}",
            question=question,
            option=name,
            shares=(1 - share, share),
            moves=(moves,),
        )


def calibrated(
    seed: int, item: Item, people: People, facilitator: Whole, base: Real, answers: Real
) -> tuple[Mechanism, Real]:
    """Draw latent answers, and cut them so that the last wave shows the listed shares.

    Parameters
    ----------
    seed : int
        Source of chance.
    item : Item
        What is asked.
    people : People
        Who is asked.
    facilitator : ndarray of int, shape (people,)
        Who asks.
    base, answers : ndarray of bool, shape (people,)
        Who counts in the shares, and who gave an answer.

    Returns
    -------
    mechanism : Mechanism
        How the answers come about.
    latent : ndarray of float, shape (K, people)
        The latent answers.
    """
    effects = tuple(_draw_effects(seed, item, str(k)) for k in range(len(item.moves)))
    asking = np.array([each.facilitator[facilitator] for each in effects])
    rule = _rule(item)
    latent = predictor(item.moves, people, effects) + asking + rule.noise(seed, item, len(base))
    last = people.wave == LAST
    in_base, heard = people.weight[last & base].sum(), last & answers
    shares = np.array(item.shares) * in_base / people.weight[heard].sum()
    cuts = rule.calibrate(latent[:, heard], people.weight[heard], shares)
    return Mechanism(item, effects, cuts), latent


def answer(mechanism: Mechanism, latent: Real) -> Whole:
    """Turn latent answers (K, people) into places of answers (people,)."""
    return _rule(mechanism.item).choose(latent, mechanism.cuts)


def predictor(
    moves: tuple[Moves, ...], people: People, effects: tuple[Effects, ...] | None = None
) -> Real:
    """Say what to expect of people's latent answers before anybody asks.

    Parameters
    ----------
    moves : tuple of K Moves
        What moves the answers.
    people : People
        Whose.
    effects : tuple of K Effects, optional
        What is particular to the communes; without it, those of an average commune.

    Returns
    -------
    ndarray of float, shape (K, people)
    """
    fixed = np.array([_fixed_part(each, people) for each in moves])
    if effects is None:
        return fixed
    place, time = people.commune, people.wave
    return fixed + np.array([each.commune[place] + each.visit[time, place] for each in effects])


def _fixed_part(moves: Moves, people: People) -> Real:
    region, to_last = people.region, people.wave - LAST
    moved = np.array(moves.region)[region] + np.array(moves.trend)[region] * to_last
    moved = moved - np.array(moves.jump)[region] * (to_last < 0)
    person = moves.urban * people.urban + moves.woman * people.woman
    return moved + person + moves.older * people.age + moves.displaced * people.displaced


def _draw_effects(seed: int, item: Item, answer_place: str) -> Effects:
    """Draw what is particular to places and facilitators; a topic shares part of the communes."""
    shared = stream(seed, "communes", item.topic, answer_place).standard_normal(len(COMMUNES))
    own = stream(seed, "effects", item.column, answer_place)
    return Effects(
        commune=SD_COMMUNE * _mixed(shared, own, SHARED_BY_COMMUNE),
        visit=SD_VISIT * own.standard_normal((len(WAVES), len(COMMUNES))),
        facilitator=SD_FACILITATOR * own.standard_normal(len(FACILITATORS)),
    )


def _mixed(shared: Real, own: np.random.Generator, part: float) -> Real:
    """Give standard normals of which `part` of the variance is shared."""
    return np.sqrt(part) * shared + np.sqrt(1 - part) * own.standard_normal(len(shared))


def _logistic_noise(seed: int, item: Item, people: int) -> Real:
    """Draw logistic noise, which answers of the same topic share in part (a Gaussian copula)."""
    shared = stream(seed, "people", item.topic).standard_normal(people)
    own = stream(seed, "noise", item.column)
    return np.atleast_2d(logit(ndtr(_mixed(shared, own, SHARED_BY_PERSON))))


def _gumbel_noise(seed: int, item: Item, people: int) -> Real:
    """Draw the noise under which the largest latent answer follows a multinomial logit."""
    return stream(seed, "noise", item.column).gumbel(size=(len(item.moves), people))


def _thresholds(latent: Real, weight: Real, shares: Real) -> Real:
    """Place thresholds from the top answer down; the lowest answer takes what is left."""
    order = np.argsort(-latent[0])
    ranked = latent[0][order]
    covered = np.cumsum(weight[order]) / weight.sum()
    cuts, done = [], 0.0
    for share in shares[:0:-1]:
        k = int(np.abs(covered[:-1] - done - share).argmin())
        cuts.append(ranked[k : k + 2].mean())
        done = covered[k]
    return np.array(cuts[::-1])


def _levels(latent: Real, weight: Real, shares: Real, steps: int = 150) -> Real:
    """Find what to add to each latent answer so that each is the largest as often as listed."""
    # Shares of people jump, so the nearest of many small steps is kept, not the last.
    wanted = np.append(shares[:-1], 1 - shares[:-1].sum())
    levels, nearest, best = np.log(wanted), np.inf, np.log(wanted)
    for _ in range(steps):
        chosen = _largest(latent, levels)
        found = np.bincount(chosen, weight, minlength=len(wanted)) / weight.sum()
        if np.abs(found - wanted).max() < nearest:
            nearest, best = np.abs(found - wanted).max(), levels
        levels = levels + 0.5 * np.log(wanted / np.maximum(found, 0.001))
    return best


def _above(latent: Real, cuts: Real) -> Whole:
    return np.searchsorted(cuts, latent[0])


def _largest(latent: Real, levels: Real) -> Whole:
    return np.asarray((latent + levels[:, None]).argmax(axis=0))


def _ordered_probabilities(predicted: Real, cuts: Real) -> Real:
    above = expit(predicted - cuts[:, None])
    edge = np.ones((1, above.shape[1]))
    return -np.diff(np.vstack([edge, above, 0 * edge]), axis=0)


def _chosen_probabilities(predicted: Real, levels: Real) -> Real:
    return np.asarray(softmax(predicted + levels[:, None], axis=0))


ORDERED = Rule(_logistic_noise, _thresholds, _above, _ordered_probabilities)
CHOSEN = Rule(_gumbel_noise, _levels, _largest, _chosen_probabilities)
RULES: Mapping[str, Rule] = {
    "binary": ORDERED,
    "ordinal": ORDERED,
    "multi": ORDERED,
    "nominal": CHOSEN,
}


def _rule(item: Item) -> Rule:
    return RULES[item.question.scale]
