"""What may change between models of one structure, as compiled code receives it.

nutpie's code unpacks each array of data by itself, and that part is compiled anew in every
process, half a second an array. So everything is one vector, cut again inside the model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jfmodels.engines.bayesian.standardised import Whitening
from jfmodels.model.latent import Latent

__all__ = ["cut", "inputs"]

type Floats = NDArray[np.float64]
type Arrays = dict[str, NDArray[Any]]


def inputs(model: Latent, whitening: Whitening) -> dict[str, Floats]:
    """Everything that may change without compiling anew.

    Parameters
    ----------
    model : Latent
        The model, laid out for N rows.
    whitening : Whitening
        Coordinates of the field.

    Returns
    -------
    dict of str to ndarray
        "numbers" (I + C N,): I that every model of the structure has, then C columns of its
        rows. "tally" (2, A), where sums do not suffice: distinct answers, and their times.
    """
    columns = np.column_stack(list(_by_row(model).values()))
    parts = [*_by_structure(model, whitening).values(), columns.T]
    found = {"numbers": np.concatenate([each.ravel() for each in parts])}
    if model.family.tally.beyond is not None:
        answers, place = np.unique(model.answer, return_inverse=True)
        found["tally"] = np.stack([answers, np.bincount(place, model.n)])
    return found


def cut(model: Latent, whitening: Whitening, joined: Mapping[str, Any]) -> dict[str, Any]:
    """Arrays by name, of the shapes they had, from PyTensor's variables for the inputs."""
    fixed, rows = _by_structure(model, whitening), _by_row(model)
    size = sum(each.size for each in fixed.values())
    numbers = joined["numbers"][:size].reshape((size,))  # PyTensor knows lengths from here on
    found: dict[str, Any] = {}
    places = _places([each.size for each in fixed.values()])
    for (name, each), place in zip(fixed.items(), places, strict=True):
        found[name] = numbers[place].reshape(each.shape)
    widths = [int(np.prod(each.shape[1:])) for each in rows.values()]
    columns = joined["numbers"][size:].reshape((sum(widths), -1))
    for (name, each), place in zip(rows.items(), _places(widths), strict=True):
        part = columns[place].T if each.ndim == 2 else columns[place.start]
        found[name] = part.astype(each.dtype)
    if "tally" in joined:
        found |= {"distinct": joined["tally"][0], "times": joined["tally"][1]}
    return found


def _places(sizes: Sequence[int]) -> list[slice]:
    """Where parts of these sizes stand one after another."""
    stops = np.cumsum(sizes).tolist()
    return [slice(stop - size, stop) for size, stop in zip(sizes, stops, strict=True)]


def _by_row(model: Latent) -> Arrays:
    """What every row has, (N,) or (N, columns)."""
    found: Arrays = {"fixed": model.fixed, "offset": model.design.offset, "sums": model.sums}
    for k, effect in enumerate(model.effects):
        found |= {f"group_{k}": effect.group, f"loading_{k}": effect.loading}
    return found


def _by_structure(model: Latent, whitening: Whitening) -> Arrays:
    """What has the same shape in all models of a structure."""
    found: Arrays = {
        "mean": model.basis.mean,
        "sd": model.basis.sd,
        "threshold_mean": model.threshold_mean,
        "threshold_sd": model.threshold_sd,
        "centre": whitening.centre,
        "root": whitening.root,
    }
    for k, (information, anchor) in enumerate(
        zip(whitening.information, whitening.anchor, strict=True)
    ):
        found |= {f"information_{k}": information, f"anchor_{k}": anchor}
    for k, each in enumerate(model.hyperparameters):
        found[f"prior_{k}"] = _numbers(each.prior)
    return found


def _numbers(prior: Any) -> Floats:
    """Numbers of a prior, in the order in which they are written."""
    return np.array(astuple(prior), dtype=np.float64)
