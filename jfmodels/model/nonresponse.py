"""Weights against non-response and attrition, by cells or by a model of who answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jfmodels.errors import DataError, SpecError, listing
from jfmodels.model.cells import Where, places, read_where
from jfmodels.model.data import pattern_frame
from jfmodels.model.deficiency import require_full_rank
from jfmodels.model.design_matrix import design_matrix
from jfmodels.model.formula import Formula, check_columns, parse
from jfmodels.survey.adjustments import Adjustment
from jfmodels.survey.columns import as_number
from jfmodels.survey.design import Names, as_names
from jfmodels.survey.nonresponse import Response
from jfmodels.survey.reweighting import adjusted, next_pattern
from jfmodels.survey.rows import Key
from jfmodels.survey.survey import Survey, require_survey

__all__ = ["nonresponse_weights"]

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]
type Mask = NDArray[np.bool_]

NON_RESPONSE = "non-response"
FEW = 20  # values of a column up to which they are listed in the table of margins


def nonresponse_weights(
    survey: Survey,
    *,
    by: Names = None,
    model: str | None = None,
    answered: Where | None = None,
) -> Survey:
    r"""Divide weights by the estimated chance of having answered.

    Without `answered`, of a panel: who was asked again in the next wave, wave after wave,
    given what the wave before said of them. A person's weight in a wave is divided by the
    chances of all the steps that led there. With `answered`, of a file that holds those who
    did not answer too: they get the weight 0.

    Parameters
    ----------
    survey : Survey
        The survey; for attrition with ``person=`` in its design.
    by : str or list of str, optional
        Columns whose combinations are the cells; the chance is the cell's weighted rate.
    model : str, optional
        In place of `by`, the right side of a logistic model, as in ``"sex + bs(age, df=4)"``.
    answered : mapping, optional
        Who answered, for example ``{"status": "complete"}``.

    Returns
    -------
    Survey
        With the new weights, and one adjustment on record for every wave that lost people.

    Raises
    ------
    SpecError
        If it is not said how chances are estimated, or of whom.
    DataError
        If people come back after a gap, or join later.
    EstimationError
        If nobody of a cell answered, or a column separates those who did.

    Notes
    -----
    Variances count that chances are estimated [1]_: a share :math:`z_i` of an error at fixed
    weights becomes :math:`z_i - w_i(r_i-\phi_i)x_i^\top B`, with
    :math:`B = H^{-1}\sum(1-\phi)xz` and :math:`H = \sum w\phi(1-\phi)xx^\top`, for everybody
    who might have answered. Replicates estimate the chances again. That the chance depends on
    nothing but the cells or columns is an assumption that the data cannot test.

    References
    ----------
    .. [1] Kim, J. K. and Kim, J. J. (2007). Nonresponse weighting adjustment using estimated
       response probability. Canadian Journal of Statistics 35, 501-514.

    Examples
    --------
    >>> import pandas as pd
    >>> import jfmodels as jf
    >>> frame = pd.DataFrame({"person": [1, 2, 3, 4, 1, 3], "wave": [1, 1, 1, 1, 2, 2],
    ...                       "sex": list("ffmmfm"), "safe": [1, 0, 1, 0, 1, 1]})
    >>> design = jf.SurveyDesign(wave="wave", person="person", repeats="people")
    >>> panel = jf.Survey(frame, design, {"outcomes": {"safe": {"scale": "binary"}}})
    >>> weighted = jf.nonresponse_weights(panel, by="sex")
    >>> weighted.weighting().margins[["wave", "category", "answered"]].values.tolist()
    [['2', 'f', 0.5], ['2', 'm', 0.5]]
    """
    require_survey(survey)
    predictors = _predictors(survey, as_names(by), model)
    done = [each.says for each in survey.adjustments if each.method == NON_RESPONSE]
    if answered is not None:
        return _divided(survey, predictors, _who_answered(survey, answered))
    if any("again in wave" in each for each in done):
        raise SpecError(
            "The weights are divided by the chances of coming back already; start from the survey "
            "before that. With answered= another kind of non-response may follow."
        )
    design = survey.design
    if design.person is None or len(survey.waves) < 2:
        raise SpecError(
            "Attrition needs waves and person= in the SurveyDesign. For a file that holds those "
            "who did not answer, say who did: answered={'status': 'complete'}."
        )
    for k in range(len(survey.waves) - 1):
        survey = _divided(survey, predictors, _who_came_back(survey, k))
    return survey


@dataclass(frozen=True, slots=True)
class _Predictors:
    """What the chance of answering depends on: columns, and a model of them or cells."""

    names: tuple[str, ...]
    formula: Formula | None

    @property
    def says(self) -> str:
        """How chances are estimated, in words."""
        if self.formula is None:
            return f"cells of {' × '.join(self.names)}"
        return f"a logistic model of {self.formula.fixed}"


def _predictors(survey: Survey, by: tuple[str, ...], model: str | None) -> _Predictors:
    """Read cells or a model."""
    if bool(by) == (model is not None):
        raise SpecError(
            "Say either by=, the columns whose combinations are cells, or model=, the right side "
            "of a logistic model."
        )
    if model is None:
        for name in by:
            survey.group(name)
        return _Predictors(by, None)
    formula = parse(f"answered ~ {model}")
    if formula.effects or formula.offset is not None:
        raise SpecError("A response model has no random terms and no offset; leave them out.")
    check_columns(formula, survey.rows.groups)
    return _Predictors(formula.columns, formula)


@dataclass(frozen=True, slots=True, eq=False)
class _Occasion:
    """Who might have answered, who did, and whose weights tell of it; each by row.

    `source` is the row that says what a carried row's chance depends on, -1 where it keeps
    its weight and -2 where it gets none.
    """

    at_risk: Mask
    answered: Mask
    source: Ints
    wave: str


def _who_answered(survey: Survey, answered: Where) -> _Occasion:
    """Read who answered from columns."""
    allowed = read_where(survey, answered)
    codes = np.stack([survey.rows.keys[name].codes for name in allowed], axis=1)
    did, _ = places(survey.rows, list(allowed), codes, allowed)
    if did.all():
        raise SpecError("answered= holds of every row, so nobody is to be stood for.")
    every = np.arange(survey.n)
    return _Occasion(np.ones(survey.n, bool), did, np.where(did, every, -2), "")


def _who_came_back(survey: Survey, k: int) -> _Occasion:
    """Find who of a wave was asked again in the next, and all their later interviews."""
    wave = survey.wave_codes
    person = survey.rows.keys[str(survey.design.person)].codes
    row_of = np.full(int(person.max()) + 1, -1, dtype=np.int64)
    here = np.flatnonzero(wave == k)
    row_of[person[here]] = here
    later = np.isin(person, person[wave == k + 1])
    unknown = int(((wave == k + 1) & (row_of[person] < 0)).sum())
    if unknown:
        raise DataError(
            f"{unknown:,} people of wave {survey.waves[k + 1]} were not in wave "
            f"{survey.waves[k]}: they joined, or came back after a gap, and no chance of an "
            "earlier wave is theirs. Leave them out of the panel, or give it its own weights."
        )
    at_risk = wave == k
    source = np.where(wave > k, row_of[person], -1)
    return _Occasion(at_risk, at_risk & later, source, survey.waves[k + 1])


def _divided(survey: Survey, predictors: _Predictors, occasion: _Occasion) -> Survey:
    """Estimate chances on one occasion, and divide weights by them."""
    response = _response(survey, predictors, occasion)
    weight = survey.rows.weight
    new = weight * response.factors(survey.rows, weight[:, None])[:, 0]
    share = weight[occasion.answered].sum() / weight[occasion.at_risk].sum()
    asked = f" again in wave {occasion.wave}" if occasion.wave else ""
    n_risk, n_answered = int(occasion.at_risk.sum()), int(occasion.answered.sum())
    says = (
        f"non-response: {n_answered:,} of {n_risk:,} answered{asked} ({share:.1%} of the "
        f"weight); weights divided by their chance, from {predictors.says}"
    )
    adjustment = Adjustment(
        method=NON_RESPONSE,
        says=says,
        margins=pd.concat(_margins(survey, predictors, occasion, response), ignore_index=True),
        steps=0,
        deviation=np.nan,
        step=response,
        linear=response.linear(weight, len(survey.adjustments)),
    )
    return adjusted(survey, adjustment, new, response.keys)


def _response(survey: Survey, predictors: _Predictors, occasion: _Occasion) -> Response:
    """Lay out patterns of those at risk, and find each row's."""
    rows, names = survey.rows, predictors.names
    codes = np.stack([rows.keys[name].codes for name in names], axis=1)[occasion.at_risk]
    missing = [name for name, column in zip(names, codes.T, strict=True) if (column < 0).any()]
    if missing:
        raise SpecError(
            f"{listing(missing)} is missing of people who might have answered. Give what is "
            "missing a category in the codebook, or leave the column out."
        )
    patterns, place = np.unique(codes, axis=0, return_inverse=True)
    size = len(patterns)
    pattern = np.full(survey.n, -1, dtype=np.int64)
    pattern[occasion.at_risk] = place.ravel()
    source = occasion.source
    carried = np.where(source >= 0, pattern[source], np.where(source == -1, size, size + 1))
    at_risk = np.where(occasion.at_risk, 2 * pattern + occasion.answered, 2 * size)
    key = next_pattern(survey)
    return Response(
        key=key,
        risk_key=f"{key}, at risk",
        carried=Key(carried, tuple(map(str, range(size + 2)))),
        at_risk=Key(at_risk, tuple(map(str, range(2 * size + 1)))),
        x=_columns(survey, predictors, patterns, np.bincount(place.ravel())),
        names=_titles(survey, names, patterns, occasion) if predictors.formula is None else (),
    )


def _columns(survey: Survey, predictors: _Predictors, patterns: Ints, n: Ints) -> Floats:
    """Columns of the model by pattern; the identity where patterns are cells."""
    if predictors.formula is None:
        return np.eye(len(patterns))
    frame = pattern_frame(survey, predictors.names, patterns)
    design = design_matrix(predictors.formula, frame, n.astype(np.float64))
    require_full_rank(design)
    return design.matrix


def _titles(
    survey: Survey, names: Sequence[str], patterns: Ints, occasion: _Occasion
) -> tuple[str, ...]:
    """Name cells, for messages."""
    labels = [survey.rows.keys[name].labels for name in names]
    where = f" in wave {occasion.wave}" if occasion.wave else ""
    return tuple(
        f"'{' × '.join(label[code] for label, code in zip(labels, each, strict=True))}'{where}"
        for each in patterns.tolist()
    )


def _margins(
    survey: Survey, predictors: _Predictors, occasion: _Occasion, response: Response
) -> Iterator[pd.DataFrame]:
    """Who was to be stood for, who answered, and how these weigh: one row a category."""
    weight = survey.rows.weight
    carried = np.concatenate([1 / response.chances(weight), [1.0, 0.0]])
    at_risk, answered = occasion.at_risk, occasion.answered
    pattern = response.at_risk.codes[at_risk] // 2
    w, did = weight[at_risk], answered[at_risk]
    divided = w * did * carried[pattern]
    parts: Mapping[str, Floats] = {"target": w, "before": w * did, "after": divided}
    for name in predictors.names:
        labels, codes = survey.rows.keys[name].labels, survey.rows.keys[name].codes[at_risk]
        number = np.array([as_number(text) for text in labels])
        if len(np.unique(codes)) > FEW and np.isfinite(number).all():
            value = number[codes]
            means = {part: [(each @ value) / each.sum()] for part, each in parts.items()}
            table = pd.DataFrame({"margin": name, "category": "mean", **means})
            table["answered"] = (w @ did) / w.sum()
        else:
            sums = {part: np.bincount(codes, each, len(labels)) for part, each in parts.items()}
            held = sums["target"] > 0
            rate = sums["before"][held] / sums["target"][held]
            shares = {part: (each / each.sum())[held] for part, each in sums.items()}
            category = [text for text, any_ in zip(labels, held, strict=True) if any_]
            table = pd.DataFrame({"margin": name, "category": category, **shares})
            table["answered"] = rate
        if occasion.wave:
            table.insert(0, "wave", occasion.wave)
        yield table
