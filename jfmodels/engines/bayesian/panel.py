r"""People who answer several times: their effects integrated out of the likelihood.

A person who answered in rows t has the likelihood

.. math:: \int \phi(u) \prod_t p(y_t \mid \eta_t + \sigma u)\, du,

by Gauss and Hermite's rule around the mode of the integrand, in units of its curvature there
[1]_. With E and Cov over u given the answers, the gradient by :math:`\eta_t` is
:math:`E\,g_t`, and minus the second derivative :math:`E\,I_t - Cov(g_t, g_s)`: rows of one
person are coupled. People who are alike in rows and answers are integrated over once.

References
----------
.. [1] Liu, Q. and Pierce, D. A. (1994). A note on Gauss-Hermite quadrature. Biometrika 81,
   624-629.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations_with_replacement, pairwise

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from numpy.typing import NDArray
from scipy.sparse import csr_array

from jfmodels.engines.bayesian.likelihood import log_dispersion
from jfmodels.model.latent import Latent

__all__ = ["Panel"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]

ORDERS = (9, 13, 19, 27, 41, 61)  # numbers of nodes, odd, so that one of them is the centre
EXACT = 0.005  # error of the log density of all answers
ROUNDS = 40
NEAR = 0.1  # last step towards a mode, in standard deviations; what is left is its square
FARTHEST = 2.0  # the longest
FAR = 1e300  # beyond any mode
TINY = 1e-300


@dataclass(frozen=True, eq=False)
class Panel:
    """Kinds of people: alike in the rows in which they answered, and in their answers.

    Attributes
    ----------
    model : Latent
        The model, one of whose effects is integrated.
    row, kind : ndarray of int64, shape (N,)
        Rows of the model in which each of J kinds answered, and which kind that is.
    n : ndarray, shape (J,)
        How many people there are of each kind.
    sums : ndarray, shape (N, T)
        Sums of their answers, over all people of the kind.
    of : ndarray of int64, shape (G,)
        Kind of every person.
    order : int
        Number Q of nodes.
    guess : ndarray, shape (J, 1)
        Where the modes are looked for.
    """

    model: Latent
    row: Ints
    kind: Ints
    n: Floats
    sums: Floats
    of: Ints
    order: int
    guess: Floats

    @classmethod
    def of_model(cls, model: Latent) -> Panel:
        """The people of a model."""
        assert model.integrated is not None
        rows = np.arange(len(model.fixed))
        return cls.gather(model, rows, model.integrated.group, model.sums)

    @classmethod
    def gather(cls, model: Latent, row: Ints, person: Ints, sums: Floats) -> Panel:
        """Gather G people, each given by rows of the model and sums of answers there, by kind."""
        answered = np.column_stack([model.distinct[row], sums])
        sort = np.unique(answered, axis=0, return_inverse=True)[1].ravel()
        turns = np.lexsort([sort, person])
        first = np.searchsorted(person[turns], np.arange(int(person.max()) + 1))
        place = np.arange(len(turns)) - first[person[turns]]
        sheets = np.full((len(first), int(place.max()) + 1), -1)
        sheets[person[turns], place] = sort[turns]
        _, one, of, n = np.unique(
            sheets, axis=0, return_index=True, return_inverse=True, return_counts=True
        )
        kind = np.full(len(first), -1)
        kind[one] = np.arange(len(one))
        kept = turns[kind[person[turns]] >= 0]
        kept = kept[np.argsort(kind[person[kept]], kind="stable")]
        whose = kind[person[kept]]
        counted = sums[kept] * n[whose, None]
        size, guess = n.astype(np.float64), np.zeros((len(n), 1))
        return cls(model, row[kept], whose, size, counted, of.ravel(), ORDERS[0], guess)

    def near(self, eta: Floats, theta: Floats) -> Panel:
        """Look for modes from those at the first predictors on, by as many nodes as it takes."""
        found = replace(self, guess=self.centred(eta[..., :1], theta[:, :1])[0])
        value = found.value(eta, theta)
        for _, more in pairwise(ORDERS):
            sharper = replace(found, order=more)
            before, value = value, sharper.value(eta, theta)
            if np.abs(value - before).max() < EXACT:
                return found
            found = sharper
        return found

    @cached_property
    def columns(self) -> csr_array:
        """How rows load on a channel's part of the field, shape (N, width)."""
        return csr_array(self.model.columns[self.row])

    @cached_property
    def offset(self) -> Floats:
        """Added to the first predictor, shape (N,)."""
        return self.model.design.offset[self.row]

    @cached_property
    def together(self) -> tuple[Ints, Ints]:
        """Pairs of different rows of one kind, (M,) each."""
        size = np.bincount(self.kind)
        one = np.repeat(np.arange(len(self.kind)), size[self.kind])
        start = (np.cumsum(size) - size)[self.kind[one]]
        begin = np.searchsorted(one, one)
        other = start + np.arange(len(one)) - begin
        return one[one < other], other[one < other]

    @cached_property
    def thresholds(self) -> tuple[tuple[int, int], ...]:
        """Pairs of thresholds, as predictors are counted."""
        first, stop = self.model.n_channels, self.model.n_channels + self.model.n_thresholds
        return tuple(combinations_with_replacement(range(first, stop), 2))

    @cached_property
    def _share(self) -> csr_array:
        """Adds up by kind what all people of it have, and gives each their part; (J, N)."""
        rows = np.arange(len(self.kind))
        shape = (len(self.n), len(rows))
        return csr_array((1 / self.n[self.kind], (self.kind, rows)), shape=shape)

    @cached_property
    def _members(self) -> csr_array:
        """Adds up by kind, (J, N)."""
        rows = np.arange(len(self.kind))
        shape = (len(self.n), len(rows))
        return csr_array((np.ones(len(rows)), (self.kind, rows)), shape=shape)

    @cached_property
    def _rule(self) -> tuple[tuple[float, float], ...]:
        """Nodes, that in the middle first, and logarithms of their weights."""
        nodes, weights = hermegauss(self.order)
        logs = np.log(weights / np.sqrt(2 * np.pi)) + nodes**2 / 2
        order = np.argsort(np.abs(nodes), kind="stable")
        return tuple((float(nodes[k]), float(logs[k])) for k in order)

    def sd(self, theta: Floats) -> Floats:
        """Standard deviation of people at parameters (h, B), shape (B,)."""
        assert self.model.integrated is not None
        return np.exp(theta[self.model.integrated.parameters.start])

    def value(self, eta: Floats, theta: Floats) -> Floats:
        """Log density of all answers under predictors (L, N, B) and parameters (h, B); (B,)."""
        return self.n @ self.of_kinds(eta, theta)

    def of_kinds(self, eta: Floats, theta: Floats) -> Floats:
        """Log density of the answers of one person of each kind, shape (J, B)."""
        with np.errstate(invalid="ignore", over="ignore"):
            centre, scale = self.centred(eta, theta)
            total, top = np.zeros_like(scale), None
            for height, _ in self._nodes(eta, theta, centre, scale):
                top = height if top is None else top
                total += np.exp(height - top)
            found: Floats = np.log(scale * total) + top
            return found

    def _nodes(
        self, eta: Floats, theta: Floats, centre: Floats, scale: Floats
    ) -> Iterator[tuple[Floats, Floats]]:
        """Give the logarithm of each node's term (J, B), the middle one's first, and predictors
        of people who are there, (L, N, B).
        """
        for node, weight in self._rule:
            u = centre + node * scale
            moved = self.moved(eta, u, theta)
            yield weight + self.height(moved, u, theta), moved

    def moved(self, eta: Floats, u: Floats, theta: Floats) -> Floats:
        """Predictors (L, N, B) of people whose effects are u (J, B) standard deviations."""
        moved = eta.copy()
        moved[0] += (self.sd(theta) * u)[self.kind]
        return moved

    def height(self, moved: Floats, u: Floats, theta: Floats) -> Floats:
        """Logarithm of the integrand but for a constant, one person of each kind; (J, B)."""
        answers = self.model.family.tally.by_row(
            self.sums, moved, log_dispersion(self.model, theta)
        )
        return self._share @ answers - u**2 / 2

    def centred(self, eta: Floats, theta: Floats) -> tuple[Floats, Floats]:
        """Find where the integrand is highest, and its width there; (J, B) each.

        By Newton's steps, halved where they would leave the interval that holds the mode.
        """
        u = np.repeat(self.guess, eta.shape[2], axis=1)
        low, high = np.full_like(u, -FAR), np.full_like(u, FAR)
        for _ in range(ROUNDS):
            slope, bend = self._slope(eta, u, theta)
            low, high = np.where(slope > 0, u, low), np.where(slope < 0, u, high)
            step = np.clip(slope / bend, -FARTHEST, FARTHEST)
            far = np.abs(step) * np.sqrt(bend) > NEAR
            beyond = far & ((u + step <= low) | (u + step >= high))
            u = np.where(beyond, (low + high) / 2, u + step)
            if not far.any():
                break
        return u, 1 / np.sqrt(bend)

    def _slope(self, eta: Floats, u: Floats, theta: Floats) -> tuple[Floats, Floats]:
        """First and minus second derivative of the integrand's logarithm, (J, B) each."""
        sd, dispersion = self.sd(theta), log_dispersion(self.model, theta)
        moved = self.moved(eta, u, theta)
        found = self.model.family.tally.derivatives(self.sums, moved, dispersion)
        slope = sd * (self._share @ found.gradient[0]) - u
        return slope, 1 + sd**2 * (self._share @ found.information[0])

    def derivatives(self, eta: Floats, theta: Floats) -> tuple[Floats, Floats]:
        """Gradient by predictors (L, N, B), and information of rows and pairs, (R, B).

        The information is that of the pairs of predictors that the tally lists, row by row; of
        pairs of rows, first predictor with first; and of pairs of thresholds.
        """
        with np.errstate(invalid="ignore", over="ignore"):
            origin, (mean, information, *square) = self._averages(eta, theta)
        own, coupled, cuts = (s - m for s, m in zip(square, self._squares(mean), strict=True))
        kept = self._kept(own[0], information[0])
        information[: len(own)] -= own * kept[self.kind]
        flat = information.reshape(-1, eta.shape[2])
        coupled, cuts = coupled * kept[self.kind[self.together[0]]], (cuts * kept).sum(axis=1)
        return origin + mean, np.concatenate([flat, -coupled, -cuts])

    def _kept(self, spread: Floats, information: Floats) -> Floats:
        """Part of the covariance within people that is taken off the information, (J, B).

        It is all of it, but where people differ so much that the rule is too coarse, and more
        than there is might be taken: the sum of ratios bounds the largest eigenvalue.
        """
        ratio = spread / np.maximum(information, TINY)
        return 1 / np.maximum(self._members @ ratio, 1.0)

    def _averages(self, eta: Floats, theta: Floats) -> tuple[Floats, list[Floats]]:
        """Gradient at the centre, and means over people's effects, given their answers: of how
        far the gradient is from there, of the information, and of that distance's squares.
        """
        dispersion = log_dispersion(self.model, theta)
        everyone = np.arange(len(self.n))
        whose = (self.kind, self.kind, self.kind, self.kind[self.together[0]], everyone)
        centre, scale = self.centred(eta, theta)
        total, sums, first = np.zeros_like(scale), [np.zeros(())] * len(whose), None
        for height, moved in self._nodes(eta, theta, centre, scale):
            found = self.model.family.tally.derivatives(self.sums, moved, dispersion)
            first = (found.gradient, height) if first is None else first
            away, mass = found.gradient - first[0], np.exp(height - first[1])
            parts = (away, found.information, *self._squares(away))
            sums = [s + mass[w] * part for s, w, part in zip(sums, whose, parts, strict=True)]
            total += mass
        assert first is not None
        return first[0], [each / total[w] for each, w in zip(sums, whose, strict=True)]

    def _squares(self, away: Floats) -> tuple[Floats, Floats, Floats]:
        """Products of people's derivatives (L, N, B), summed over the people of a kind.

        Of the first predictor of every row with itself and with all thresholds, (1 + A, N, B);
        of pairs of rows, (M, B); and of pairs of thresholds, (Q, J, B).
        """
        first, one, other = away[0], *self.together
        cuts = {k: self._share @ away[k] for k in range(1, len(away))}
        alike = self.n[self.kind, None]
        own = [first**2 / alike, *(first * each[self.kind] for each in cuts.values())]
        coupled = first[one] * first[other] / alike[one]
        of_cuts = [self.n[:, None] * cuts[j] * cuts[k] for j, k in self.thresholds]
        none = np.empty((0, len(self.n), away.shape[2]))
        return np.stack(own), coupled, np.stack(of_cuts) if of_cuts else none
