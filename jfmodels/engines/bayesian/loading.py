"""From a file back to a fit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jfmodels.engines.bayesian.bayesian_fit import BayesianFit
from jfmodels.engines.bayesian.fit_file import Content, read_file
from jfmodels.engines.bayesian.multilevel import Multilevel
from jfmodels.engines.bayesian.posterior import Posterior
from jfmodels.engines.bayesian.saving import ERRORS, KINDS, field_names
from jfmodels.engines.bayesian.shared import SharedFit
from jfmodels.errors import ReadError, SpecError
from jfmodels.model.families import family_named
from jfmodels.model.latent import Latent
from jfmodels.model.model import Model, lay_out, weigh
from jfmodels.results.plain_tables import table_of
from jfmodels.survey.packing import Packed, unpack
from jfmodels.survey.records import read_text
from jfmodels.survey.survey import Survey

__all__ = ["load_fit"]


def load_fit(path: str | Path, survey: Survey | None = None) -> BayesianFit | SharedFit:
    """Load a fit that was saved by :meth:`BayesianFit.save`.

    Parameters
    ----------
    path : str or Path
        The file.
    survey : Survey, optional
        The survey that was fitted. The file holds what it takes to ask the fit anything, so
        this is needed only to make sure that data and codebook are still the same: if they
        are not, the fit is refused.

    Returns
    -------
    BayesianFit or SharedFit
        The fit, which gives the same tables to the last digit; of a file saved with
        ``share=True``, the draws and tables that it holds.

    Raises
    ------
    ReadError
        If the file is something else, of a later format, damaged or changed, or if this
        version of the package lays the model out differently.
    SpecError
        If the survey is not the one that was fitted, or the file was saved to be shared.

    Examples
    --------
    >>> import jfmodels as jf, tempfile
    >>> fit = jf.fit("shown(trust_army) ~ wave + (1 | commune)", jf.example(),
    ...              weighting="ignore")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     again = jf.load_fit(fit.save(f"{folder}/fit.nc"))
    >>> again.levels().equals(fit.levels())
    True
    """
    content = read_file(path)
    told = read_text(content.text, KINDS)
    if survey is not None:
        _require_same(survey, told, Path(path).name)
    if told["shared"]:
        return _shared(content, told, survey)
    try:
        return BayesianFit(_engine(content, told, survey))
    except (KeyError, IndexError, SpecError) as error:
        raise ReadError(
            f"'{Path(path).name}' cannot be laid out again by this version of jfmodels, which "
            f"is not that of the file ({told['versions'].get('jfmodels')}): {error}"
        ) from error


def _require_same(survey: Survey, told: Mapping[str, Any], name: str) -> None:
    """Refuse a survey whose data or codebook differ from those that were fitted."""
    kinds = {"data_hash": "data", "codebook_hash": "codebook"}
    found = [word for key, word in kinds.items() if survey.record[key] != told["data"][key]]
    if found:
        raise SpecError(
            f"The survey's {' and '.join(found)} are not those of '{name}', which was fitted to "
            f"{told['data']['n']:,} interviews with data hash {told['data']['data_hash']}; this "
            f"one has {survey.n:,} and {survey.record['data_hash']}. Fit again, or load the file "
            "without survey=."
        )


def _shared(content: Content, told: Mapping[str, Any], survey: Survey | None) -> SharedFit:
    from xarray import DataTree

    if survey is not None:
        raise SpecError(
            "The file was saved with share=True and holds finished tables and named draws, of "
            "which a survey makes nothing new. Load it without survey=, or load the file that "
            "was saved for yourself."
        )
    tables = {name: table_of(each) for name, each in told["tables"].items()}
    named = ("engine", "weighting", "seed", "n_draws", "versions", "checks", "failed", "data")
    record = {name: told[name] for name in named}
    return SharedFit(told["formula"], tables, DataTree.from_dict(dict(content.groups)), record)


def _engine(content: Content, told: Mapping[str, Any], survey: Survey | None) -> Multilevel:
    """Lay the model out again, and put the draws back."""
    arrays = {
        group: {str(name): each.to_numpy() for name, each in dataset.data_vars.items()}
        for group, dataset in content.groups.items()
    }
    asked = unpack(Packed(arrays["survey"], told["survey"])) if survey is None else survey
    laid = lay_out(_model(told), asked, told["where"])
    if told["weighting"] is not None:
        laid = weigh(laid, asked, told["weighting"])
    latent = _with_integral(laid.latent, told.get("integrated", ""))
    if field_names(latent) != told["field"]:
        raise SpecError("its coefficients and effects are others, or in another order.")
    posterior = _posterior(latent, arrays["draws"], told)
    return Multilevel.of(told["engine"], asked, laid, posterior, told["seed"])


def _model(told: Mapping[str, Any]) -> Model:
    family = family_named(*told["family"]) if told["family_given"] else None
    return Model(
        told["formula"], family=family, priors=told["priors"], neighbours=told["neighbours"]
    )


def _with_integral(latent: Latent, term: str) -> Latent:
    """Take the term that was integrated over, if there was one, out of the field."""
    terms = [each.term.text for each in latent.effects]
    return latent.integrate(terms.index(term)) if term in terms else latent


def _posterior(latent: Latent, arrays: Mapping[str, Any], told: Mapping[str, Any]) -> Posterior:
    prefix = "error "
    error = {
        name.removeprefix(prefix): each for name, each in arrays.items() if name.startswith(prefix)
    }
    return Posterior(
        latent=latent,
        field=arrays["field"],
        theta=arrays["theta"],
        error=ERRORS[told["error"]](**error),
        checks=told["checks"],
        failed=told["failed"],
    )
