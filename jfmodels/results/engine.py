"""What an engine owes the rest of the house: a joint belief about the cells that are asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from jfmodels.model.cells import Grid, Where
from jfmodels.results.joint import Joint
from jfmodels.results.schema import FLAGS
from jfmodels.results.summary import JointTest, Summary
from jfmodels.survey.population import Population
from jfmodels.survey.survey import Survey

__all__ = [
    "Belief",
    "Check",
    "Engine",
    "Evidence",
    "LevelInterval",
    "Question",
    "WithChecks",
    "WithCoefficients",
    "WithErrors",
    "flag_bits",
]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]

BITS = {code: 1 << k for k, code in enumerate(FLAGS)}


def flag_bits(code: str, where: NDArray[np.bool_]) -> Ints:
    """Write a flag as bits where it holds, so that flags combine by ``|``."""
    return np.where(where, BITS[code], 0).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of an engine.

    Attributes
    ----------
    by : tuple of str
        Groups to split by, beside the wave.
    where : mapping or None
        The domain.
    over : str, Population or None
        The composition to average over, where the engine has a model.
    categories : "shown", "all" or sequence of str
        Which categories.
    effect : str
        Column whose effect is asked rather than a level, of an engine with a model: the cells
        are then split by it, everybody moved to each of its labels; or, where it is a number,
        they are derivatives, as the grid's `per` says.
    """

    by: tuple[str, ...] = ()
    where: Where | None = None
    over: object = None
    categories: str | Sequence[str] = "shown"
    effect: str = ""

    def __post_init__(self) -> None:
        """List labels in full: engines know a question by its text, and pandas shortens its own."""
        if isinstance(self.where, Mapping):
            full = {name: _in_full(labels) for name, labels in self.where.items()}
            object.__setattr__(self, "where", full)

    @property
    def key(self) -> str:
        """The text by which engines know a question again."""
        over = self.over
        return repr(replace(self, over=over.digest) if isinstance(over, Population) else self)


def _in_full(labels: str | Sequence[str]) -> str | Sequence[str]:
    """Labels as a list, unless they are plain already, or none, which is said elsewhere."""
    plain = isinstance(labels, str | list | tuple) or not isinstance(labels, Iterable)
    return labels if plain else list(labels)


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What the cells rest on, each of shape (C,).

    Attributes
    ----------
    n, n_clusters : ndarray
        Interviews and clusters in the cell.
    deff : ndarray
        Design effect; NaN where it has no meaning.
    flags : ndarray of int64
        Bits of :func:`flag_bits`.
    """

    n: Ints
    n_clusters: Ints
    deff: Floats
    flags: Ints


class LevelInterval(Protocol):
    """Intervals for levels that know their scale, as logit intervals for shares do."""

    def __call__(
        self, cells: Ints, summary: Summary, coverage: float
    ) -> tuple[Floats, Floats, Ints]:
        """Lower and upper ends and flags, shape (K,) each, of the cells named."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Belief:
    """An engine's answer: all cells together.

    Attributes
    ----------
    grid : Grid
        The cells.
    joint : Normal, Draws or Adjusted
        The belief about them.
    evidence : Evidence
        What they rest on.
    over : str
        Composition averaged over.
    level_interval : LevelInterval or None
        Intervals of levels; None for those of `joint`.
    """

    grid: Grid
    joint: Joint
    evidence: Evidence
    over: str = "as fielded"
    level_interval: LevelInterval | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One row of what should make one careful, as in :data:`jfmodels.results.schema.DIAGNOSTICS`.

    Attributes
    ----------
    check, subject : str
        What was checked, and of what.
    value, threshold : float
        What was found, and from where on there is reason to worry.
    ok : bool
        Whether the check passed.
    says : str
        The finding in plain words.
    """

    check: str
    subject: str
    value: float
    threshold: float
    ok: bool
    says: str


@runtime_checkable
class WithChecks(Protocol):
    """An engine that has something of its own to check, beside the survey's design."""

    def checks(self) -> Sequence[Check]:
        """Say what was found."""
        ...


@runtime_checkable
class WithErrors(Protocol):
    """An engine whose standard errors can be made in several ways."""

    @property
    def errors(self) -> str:
        """How they were made: as `small_sample` says, "replicates", "posterior" or "pseudo"."""
        ...


@dataclass(frozen=True, slots=True)
class Heading:
    """What must be known to read a table of coefficients.

    Attributes
    ----------
    title : str
        The formula.
    link : str
        Between the mean and the linear predictor, which says what exponentials are.
    notes : tuple of str
        What was fitted to what, and how its errors were made.
    family : str
        The distribution of answers.
    n : int
        Interviews.
    """

    title: str
    link: str
    notes: tuple[str, ...]
    family: str
    n: int


@runtime_checkable
class WithCoefficients(Protocol):
    """An engine that estimates coefficients and can test those of a term."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the coefficients."""
        ...

    @property
    def terms(self) -> tuple[str, ...]:
        """Terms of the formula."""
        ...

    @property
    def parameters(self) -> Joint:
        """The belief about the coefficients."""
        ...

    @property
    def heading(self) -> Heading:
        """What must be known to read them."""
        ...

    @property
    def flag(self) -> tuple[str, ...]:
        """Codes of what must be known of every coefficient."""
        ...

    def test_term(self, term: str, method: object = None) -> JointTest:
        """Ask whether a coefficient, or all those of a term, are zero.

        Parameters
        ----------
        term : str
            One of :attr:`terms` or :attr:`names`.
        method : object, optional
            The test, in the engine's words; its default if None.
        """
        ...


class Engine(Protocol):
    """How something is fitted. A new engine needs no more than this."""

    @property
    def name(self) -> str:
        """Its name in tables."""
        ...

    @property
    def survey(self) -> Survey:
        """The survey it speaks of."""
        ...

    def believe(self, question: Question) -> Belief:
        """Answer for every cell of a question, margins included."""
        ...
