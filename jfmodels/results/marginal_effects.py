"""What a covariate of a model does, asked as any other question is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

from jfmodels.errors import SpecError
from jfmodels.model.cells import Grid
from jfmodels.results.plans import Plan, contrast, derivative, level
from jfmodels.survey.design import Names, as_names

__all__ = ["MarginalEffect", "OfEffect", "effect_of"]


@runtime_checkable
class OfEffect(Protocol):
    """A question about what a covariate does, in an engine with a model."""

    @property
    def effect(self) -> str:
        """The covariate; empty where levels are asked."""
        ...


def effect_of(estimand: object) -> str:
    """Give the covariate whose effect is asked, where one is."""
    return estimand.effect if isinstance(estimand, OfEffect) else ""


@dataclass(frozen=True, slots=True)
class MarginalEffect:
    r"""What a covariate of a model does, averaged over people, on the scale of the answers.

    Of names, it is how far the answers lie apart if everybody were moved from one to the
    other; of a number, the derivative :math:`E_x\, \partial\mu(x) / \partial x_j`, as per
    one year of age [1]_. The people are those of `over`, who keep all else that they are; the
    composition is part of the error. It is a question like any other, not a table of its own,
    so that it can be split by groups and asked of any engine with a model.

    Parameters
    ----------
    of : str
        A column of the model's formula.
    reference : str, optional
        As in :class:`jfmodels.Contrast`; a number has none.
    by : str or list of str, optional
        Groups, within which to average.

    Raises
    ------
    SpecError
        If the engine has no model that knows the column.

    References
    ----------
    .. [1] Bartus, T. (2005). Estimation of marginal effects using margeff. Stata Journal 5,
       309-329.

    Examples
    --------
    >>> import jfmodels as jf
    >>> model = jf.fit("shown(trust_army) ~ wave + sex", jf.example())
    >>> table = model.estimate(jf.MarginalEffect("sex"), over="fixed")
    >>> table[["sex", "sex_ref", "unit"]].iloc[0].tolist()
    ['male', 'female', 'share difference']
    """

    of: str
    reference: str | None = None
    by: Names = None

    def __post_init__(self) -> None:
        if self.of in as_names(self.by):
            raise SpecError(f"by= names '{self.of}', whose own effect is asked; leave it out.")

    @property
    def axes(self) -> tuple[str, ...]:
        """Groups that the cells must be split by."""
        return as_names(self.by)

    @property
    def effect(self) -> str:
        """The covariate."""
        return self.of

    def plan(self, grid: Grid) -> Plan:
        """Set the names of a covariate against each other, or list the derivatives."""
        if self.of in grid.names:
            levels = level(grid, (*self.axes, self.of))
            rows = contrast(levels, grid, self.of, self.reference, "difference")
        else:
            rows = derivative(grid, self.axes, self.of, self.reference)
        return replace(rows, estimand=f"marginal effect of {self.of}")
