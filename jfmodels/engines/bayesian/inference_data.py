"""A fit as inference data: what ArviZ reads, with the survey's own labels as coordinates."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from jfmodels.engines.bayesian.chains import Chains
from jfmodels.engines.bayesian.multilevel import Multilevel
from jfmodels.engines.bayesian.pointwise import answers, kinds_of, log_densities
from jfmodels.engines.bayesian.posterior import Posterior
from jfmodels.engines.bayesian.sensitivity import log_priors
from jfmodels.model.data import read_data
from jfmodels.model.effect_layout import Effect
from jfmodels.results.draws import Clustered
from jfmodels.results.tables import versions

if TYPE_CHECKING:
    from xarray import Dataset, DataTree

__all__ = ["chains_of", "inference_data", "posterior_group"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]
type Variables = dict[str, tuple[tuple[str, ...], Floats]]
type Coordinates = dict[str, tuple[str, ...]]

RESPONDENT = "respondent"
CHAINS = 4  # into which draws that come without chains are dealt
BEFOREHAND = {"posterior": "prior", "posterior_predictive": "prior_predictive"}


def inference_data(engine: Multilevel) -> DataTree:
    """Lay a fit out as inference data; see :attr:`BayesianFit.idata`."""
    from xarray import DataTree

    chains = chains_of(engine.posterior, engine.seed)
    groups = {"posterior": posterior_group(engine.posterior, engine.seed)}
    groups |= {"log_prior": _log_prior(engine.posterior, chains)}
    groups |= _of_respondents(engine, chains)
    if engine.name == "prior":  # no answer was seen, so there is nothing to weigh it against
        kept = groups.keys() - {"log_prior", "log_likelihood"}
        groups = {BEFOREHAND.get(name, name): groups[name] for name in groups if name in kept}
    attributes = {
        "formula": engine.formula.text,
        "engine": engine.name,
        "family": engine.laid.latent.family.name,
        "seed": engine.seed,
        "weighting": "ignore" if engine.laid.counted is None else repr(engine.laid.counted.pseudo),
        "data_hash": engine.survey.record["data_hash"],
        "simulated": int(engine.survey.simulated),
    }
    tree = DataTree.from_dict(groups)
    tree.attrs = attributes | {f"{name}_version": each for name, each in versions().items()}
    return tree


def chains_of(posterior: Posterior, seed: int) -> Ints:
    """Which draws each chain holds, all chains being equally long; shape (C, D).

    Chains of a sampler are kept. Other draws are dealt to four chains at random, those that
    belong together staying neighbours, so that autocorrelation shows what they have in common;
    up to three draws are left over.
    """
    error = posterior.error
    if isinstance(error, Chains):
        return np.argsort(error.chain, kind="stable").reshape(int(error.chain.max()) + 1, -1)
    group = error.group if isinstance(error, Clustered) else np.arange(posterior.n_draws)
    order = _dealt(group, np.random.default_rng(seed))
    return order[: len(order) // CHAINS * CHAINS].reshape(CHAINS, -1)


def _dealt(group: Ints, rng: np.random.Generator) -> Ints:
    """Shuffle groups of draws, those of a group staying together; shape (S,)."""
    rank = rng.permutation(int(group.max()) + 1)
    return np.argsort(rank[group], kind="stable")


def posterior_group(
    posterior: Posterior, seed: int, hidden: Collection[str] = frozenset()
) -> Dataset:
    """Name all that was drawn, but for the effects of hidden terms."""
    chains = chains_of(posterior, seed)
    variables, coordinates = _coefficients(posterior)
    for k, each in enumerate(posterior.latent.hyperparameters):
        variables[each.name] = ((), posterior.parameters[:, k])
    shown = [k for k, x in enumerate(posterior.latent.effects) if x.term.text not in hidden]
    for k in shown:
        effect = posterior.latent.effects[k]
        dims, labels = _dimensions(effect, posterior)
        sizes = [len(labels[name]) for name in dims]
        variables[effect.term.text] = (dims, posterior.effects(k).reshape(-1, *sizes))
        coordinates |= labels
    drawn = {
        name: (("chain", "draw", *dims), values[chains])
        for name, (dims, values) in variables.items()
    }
    return _dataset(drawn, chains, coordinates)


def _log_prior(posterior: Posterior, chains: Ints) -> Dataset:
    """What power-scaling of the prior needs."""
    drawn = {
        name: (("chain", "draw"), each[chains]) for name, each in log_priors(posterior).items()
    }
    return _dataset(drawn, chains, {})


def _coefficients(posterior: Posterior) -> tuple[Variables, Coordinates]:
    """Coefficients, by category where there are several predictors, and thresholds."""
    latent = posterior.latent
    drawn = posterior.coefficients().draws
    n = len(drawn.T) - latent.n_thresholds
    variables: Variables = {"coefficients": (("coefficient",), drawn[:, :n])}
    coordinates: Coordinates = {"coefficient": latent.names}
    if latent.n_channels > 1:
        by_category = drawn.reshape(len(drawn), latent.n_channels, -1)
        variables["coefficients"] = (("category", "coefficient"), by_category)
        coordinates["category"] = latent.categories[1:]
    if latent.n_thresholds:
        variables["thresholds"] = (("threshold",), drawn[:, n:])
        coordinates["threshold"] = latent.threshold_names
    return variables, coordinates


def _dimensions(effect: Effect, posterior: Posterior) -> tuple[tuple[str, ...], Coordinates]:
    """Dimensions of an effect: its groups, what varies within a group, and the category."""
    found: Coordinates = {}
    if effect.grouped:
        found[":".join(effect.grouped)] = effect.levels
    if len(effect.coordinates) > 1 or not effect.grouped:
        found[f"of {effect.term.text}"] = effect.coordinates
    if posterior.latent.n_channels > 1:
        found["category"] = posterior.latent.categories[1:]
    return tuple(found), found


def _of_respondents(engine: Multilevel, chains: Ints) -> dict[str, Dataset]:
    """What is known and said of every respondent, in the order of the survey's rows."""
    from jfmodels.engines.bayesian.lazy import lazily

    latent, posterior = engine.laid.latent, engine.posterior
    name = engine.response.outcome.name
    number, kind = _respondents(engine)
    rows, whole = latent.row[kind], latent.family.shares or latent.family.link == "log"

    def say(draws: Ints, people: Ints) -> Floats:
        of_kind, place = np.unique(kind[people], return_inverse=True)
        return log_densities(posterior, draws)[:, of_kind[place]]

    def draw(draws: Ints, people: Ints) -> Floats:
        return answers(posterior, draws, rows, engine.seed)[:, people]

    said = lazily(chains, len(kind), np.float64, say)
    drawn = lazily(chains, len(kind), np.int32 if whole else np.float64, draw)
    answer = latent.answer[kind].astype(np.int64 if whole else np.float64)
    known = {
        str(column): ((RESPONDENT,), engine.data.patterns[column].to_numpy()[rows])
        for column in engine.data.patterns
    }
    people = {RESPONDENT: number}
    answered = {"answers": list(latent.categories)} if latent.categories else {}
    groups = {
        "observed_data": _dataset({name: ((RESPONDENT,), answer)}, None, people, answered),
        "constant_data": _dataset(known, None, people),
    }
    if engine.adjustment is not None:  # of a sample sought out by its answers nothing is foretold
        return groups
    return groups | {
        "posterior_predictive": _dataset({name: drawn}, chains, people, answered),
        "log_likelihood": _dataset({name: said}, chains, people),
    }


def _respondents(engine: Multilevel) -> tuple[Ints, Ints]:
    """Row of every respondent in the survey, and kind of answer in the model; (R,) each."""
    survey = engine.survey.with_row_numbers(RESPONDENT)
    data = read_data(survey, engine.formula, engine.response, engine.where, [RESPONDENT])
    kind = kinds_of(engine.posterior.latent, data.pattern, data.answer)
    order = np.argsort(data.groups[:, 0])
    return data.groups[order, 0], kind[order]


def _dataset(
    variables: Mapping[str, Any],
    chains: Ints | None,
    coordinates: Mapping[str, Any],
    attributes: Mapping[str, Any] | None = None,
) -> Dataset:
    """Gather variables and their labels."""
    import xarray as xr

    shape = {} if chains is None else dict(zip(("chain", "draw"), chains.shape, strict=True))
    drawn = {name: np.arange(size) for name, size in shape.items()}
    labels = {name: np.asarray(each) for name, each in coordinates.items()}
    found = xr.Dataset(dict(variables), coords=drawn | labels, attrs=attributes)
    # a slash would be read as the path of a group
    plain = {str(name): str(name).replace("/", "∕") for name in (*found.variables, *found.dims)}
    return found.rename({name: each for name, each in plain.items() if name != each})
