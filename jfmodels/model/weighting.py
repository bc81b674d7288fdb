r"""What survey weights do in the likelihood of a Bayesian fit: nothing, or what a count does.

In a pseudo-likelihood an interview counts as its weight says, as if as many had answered
alike [1]_. Weights have no natural unit, and what their sum is taken to be says how much the
answers are believed to know; so it is stated. Within groups g they are scaled to add up to

.. math:: n_g \quad\text{("size")}\qquad\text{or}\qquad
          (\textstyle\sum_g w)^2 / \sum_g w^2 \quad\text{("effective")},

methods 2 and 1 of Rabe-Hesketh and Skrondal [2]_ where the groups are clusters.

References
----------
.. [1] Binder, D. A. (1983). On the variances of asymptotically normal estimators from complex
   surveys. International Statistical Review 51, 279-292.
.. [2] Rabe-Hesketh, S. and Skrondal, A. (2006). Multilevel modelling of complex survey data.
   Journal of the Royal Statistical Society A 169, 805-827.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jfmodels.errors import SpecError, choose, listing
from jfmodels.model.data import ModelData, Response, read_data
from jfmodels.model.formula import Formula
from jfmodels.survey.design import Names, as_names
from jfmodels.survey.survey import Survey

__all__ = ["Counted", "Pseudo", "Weighting", "count", "read_weighting", "scaled"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]
type Weighting = str | Pseudo

SCALING: Mapping[str, Callable[[Floats, Floats, Floats], Floats]] = {
    "size": lambda n, weight, squares: n,
    "effective": lambda n, weight, squares: weight**2 / np.maximum(squares, 1e-300),
}
"""``(n, sum of w, sum of w²) -> what the weights of a group add up to``."""


@dataclass(frozen=True, slots=True, init=False)
class Pseudo:
    r"""A pseudo-likelihood, in which interviews count by their weights, scaled as said here.

    Levels, changes, contrasts and coefficients are adjusted to the design: their standard
    errors are those of the design's clusters and strata, whatever the scaling. What the
    scaling does decide is how far groups are drawn together, and how large their standard
    deviations come out.

    Parameters
    ----------
    scaling : {"size", "effective"}, default "size"
        What the weights of a group add up to: its interviews, or as many as would say as much
        if all had the same weight, :math:`(\sum w)^2 / \sum w^2`.
    within : str or list of str, optional
        The groups: "wave", a cluster's column, or several whose combinations are meant. By
        default all interviews together, so that the ratios of all weights are the design's.

    Examples
    --------
    >>> Pseudo(within="commune")
    Pseudo(scaling='size', within=('commune',))
    """

    scaling: str
    within: tuple[str, ...]

    def __init__(self, *, scaling: str = "size", within: Names = None) -> None:
        choose("scaling", scaling, SCALING)
        object.__setattr__(self, "scaling", scaling)
        object.__setattr__(self, "within", as_names(within))


WEIGHTING: Mapping[str, Pseudo | None] = {"ignore": None, "pseudo": Pseudo()}


def read_weighting(data: ModelData, weighting: Weighting | None) -> Pseudo | None:
    """Read what weights do in the likelihood; once they vary, it must be said."""
    if isinstance(weighting, Pseudo):
        return weighting
    if weighting is not None:
        return choose("weighting", weighting, WEIGHTING)
    ratio = data.weight / data.n
    if np.ptp(ratio) > 1e-9 * ratio.max():
        raise SpecError(
            "The weights vary, so weighting= must be said. weighting='ignore' lets every "
            "interview count once in the likelihood: right where the model holds what the "
            "weights depend on; weights then enter only who is averaged over. "
            "weighting='pseudo' lets an interview count by its weight, all weights scaled to "
            "add up to the number of interviews (jf.Pseudo scales otherwise), and adjusts "
            "levels, changes and coefficients to the design: right where the weights depend on "
            "the answers."
        )
    return None


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """What the interviews count in a pseudo-likelihood; G sums of them.

    Attributes
    ----------
    pseudo : Pseudo
        How weights were scaled.
    unit, kind : ndarray of int64, shape (G,)
        Unit of the design and kind of answer of each sum.
    weight : ndarray, shape (G,)
        Scaled weight of each sum.
    """

    pseudo: Pseudo
    unit: Ints
    kind: Ints
    weight: Floats


def count(
    survey: Survey,
    formula: Formula,
    response: Response,
    where: Mapping[str, Sequence[str]],
    pseudo: Pseudo,
) -> Counted:
    """Sum scaled weights by unit of the design and kind of answer.

    Parameters
    ----------
    survey, formula, response, where
        Of the model, as they are laid out; kinds are numbered as there, by row and answer.
    pseudo : Pseudo
        How weights are scaled.

    Raises
    ------
    SpecError
        If an interview has none of the groups within which weights are scaled.
    """
    for name in pseudo.within:
        survey.group(name)
    data = read_data(survey, formula, response, where, [n for n in pseudo.within if n != "wave"])
    kinds = np.column_stack([data.pattern, data.answer])
    kind = np.unique(kinds, axis=0, return_inverse=True)[1].ravel()
    return Counted(pseudo, data.unit, kind, scaled(data, pseudo, _groups(data, pseudo.within)))


def scaled(data: ModelData, pseudo: Pseudo, group: Ints) -> Floats:
    """What each of G sums of rows counts, weights being scaled within groups (G,); (G,)."""
    sums = [np.bincount(group, each) for each in (data.n, data.weight, data.weight_squares)]
    weight = sums[1]
    total = SCALING[pseudo.scaling](*sums)
    factor = np.divide(total, weight, out=np.zeros_like(weight), where=weight > 0)
    return data.weight * factor[group]


def _groups(data: ModelData, names: Sequence[str]) -> Ints:
    """Number the groups of the sums, which are split by all `names`; (G,)."""
    columns = iter(data.groups.T)
    codes = [data.wave if name == "wave" else next(columns) for name in names]
    if any((each < 0).any() for each in codes):
        raise SpecError(
            f"Weights are scaled within {listing(names)}, and some interviews have no such "
            "group. Choose columns that are complete."
        )
    if not codes:
        return np.zeros(len(data.n), dtype=np.int64)
    return np.unique(np.column_stack(codes), axis=0, return_inverse=True)[1].ravel()
