"""Families of distributions, one record each, used by every engine.

To add one, write its record in a file of its own and list it here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from jfmodels.errors import choose
from jfmodels.model.families.base import Derivatives, Family
from jfmodels.model.families.bernoulli import Bernoulli
from jfmodels.model.families.categorical import Categorical
from jfmodels.model.families.count import NegativeBinomial, Poisson
from jfmodels.model.families.gaussian import Gaussian
from jfmodels.model.families.ordinal import Ordinal

__all__ = [
    "FAMILIES",
    "Bernoulli",
    "Categorical",
    "Derivatives",
    "Family",
    "Gaussian",
    "NegativeBinomial",
    "Ordinal",
    "Poisson",
    "family_named",
]

FAMILIES: Mapping[str, Callable[..., Family]] = {
    "bernoulli": Bernoulli,
    "ordinal": Ordinal,
    "categorical": Categorical,
    "gaussian": Gaussian,
    "poisson": Poisson,
    "negative binomial": NegativeBinomial,
}


def family_named(name: str, link: str) -> Family:
    """Make a family again from its name and link.

    Examples
    --------
    >>> family_named("bernoulli", "probit").link
    'probit'
    """
    usual = choose("family", name, FAMILIES)()
    return usual if usual.link == link else FAMILIES[name](link)
