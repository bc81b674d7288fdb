"""Effects of groups that were never met, but are named: drawn from what the fit says of others.

A commune that no interviewer went to, or did not reach in a wave, is one commune, not the
average over all that there could be. So every posterior draw gives it an effect of its own, from
that draw's distribution: the same wherever the group occurs, in this question and in others, and
independent of all other groups.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from jfmodels.engines.bayesian.posterior import Posterior
from jfmodels.model.effect_layout import Effect
from jfmodels.survey.survey import Survey

__all__ = ["Drawing", "NeverMet", "never_met"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]
type Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Drawing:
    """How groups that were never met are drawn, and of which terms.

    Attributes
    ----------
    seed : int
        Of the draws, beside the group's own name.
    supposed : frozenset of str
        Columns along which people are moved: combined with them a group is no place that there
        is, and its term is averaged over new ones.
    """

    seed: int
    supposed: frozenset[str] = frozenset()

    def of(self, effect: Effect, codes: Mapping[str, Ints]) -> Bools:
        """Tell which patterns name a group of a random term that the fit does not know, (P,)."""
        strange = effect.find(codes) < 0
        if self.supposed & set(effect.term.groups):
            return np.zeros(len(strange), dtype=bool)
        named = [codes[name] >= 0 for name in effect.grouped]
        return np.logical_and.reduce([strange, *named])


@dataclass(frozen=True, slots=True, eq=False)
class NeverMet:
    """Groups of one random term that P patterns name and the fit does not know.

    Attributes
    ----------
    effect : int
        Which of the model's effects.
    pattern : ndarray of int64, shape (Q,)
        Patterns that belong to such a group.
    group : ndarray of int64, shape (Q,)
        Group of each.
    loading : ndarray, shape (Q, m)
        How they load on the group's coordinates.
    standard : ndarray, shape (U, S, D, r)
        Standard normal numbers of U groups, for every draw and channel.
    """

    effect: int
    pattern: Ints
    group: Ints
    loading: Floats
    standard: Floats

    def effects(self, posterior: Posterior, here: slice) -> Floats:
        """What the groups add to each channel of their patterns in some draws, (D, Q, B)."""
        each = posterior.latent.effects[self.effect]
        values = posterior.parameters[here, each.parameters]
        root: Floats = each.block.root(np, values, each.known)
        drawn = np.einsum("bmr,ubdr->udmb", root, self.standard[:, here], optimize=True)
        added: Floats = np.einsum("qm,qdmb->dqb", self.loading, drawn[self.group], optimize=True)
        return added


def never_met(
    survey: Survey,
    posterior: Posterior,
    k: int,
    codes: Mapping[str, Ints],
    loading: Floats,
    drawing: Drawing,
) -> NeverMet | None:
    """Draw the effects of groups that patterns name and the fit does not know.

    Parameters
    ----------
    survey : Survey
        Whose labels the codes are places of.
    posterior : Posterior
        The fit.
    k : int
        Which of its effects.
    codes : mapping of str to ndarray of int64, shape (P,)
        Places of labels.
    loading : ndarray, shape (P, m)
        How patterns load on the coordinates of their group.
    drawing : Drawing
        Of which terms, and from which seed.

    Returns
    -------
    NeverMet or None
        None if there are no such groups.
    """
    effect, latent = posterior.latent.effects[k], posterior.latent
    pattern = np.flatnonzero(drawing.of(effect, codes))
    if not len(pattern):
        return None
    asked = np.column_stack([codes[name][pattern] for name in effect.grouped])
    groups, group = np.unique(asked, axis=0, return_inverse=True)
    labels = [survey.rows.keys[name].labels for name in effect.grouped]
    names = [":".join(of[c] for of, c in zip(labels, row, strict=True)) for row in groups]
    values = posterior.parameters[:1, effect.parameters]
    width = effect.block.root(np, values, effect.known).shape[-1]
    shape = (posterior.n_draws, latent.n_channels, width)
    standard = np.stack([_generator(drawing.seed, k, n).standard_normal(shape) for n in names])
    return NeverMet(k, pattern, group.ravel(), loading[pattern], standard)


def _generator(seed: int, k: int, name: str) -> np.random.Generator:
    """Random numbers of one group, which do not depend on what else is asked."""
    digest = blake2b(name.encode(), digest_size=8).digest()
    return np.random.default_rng([seed, k, int.from_bytes(digest)])
