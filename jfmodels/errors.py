"""What the package says when it cannot go on: what is wrong, what was found, what would do."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from numbers import Integral, Real
from pathlib import Path

__all__ = [
    "ClaimError",
    "CodebookError",
    "DataError",
    "DesignError",
    "EstimationError",
    "FitWarning",
    "JfmodelsError",
    "ReadError",
    "SpecError",
    "choose",
    "listing",
    "raise_all",
    "require_share",
    "require_whole",
    "unknown",
    "warn",
]

PACKAGE = f"{Path(__file__).parent}{os.sep}"


class JfmodelsError(ValueError):
    """Any error that the package raises on purpose.

    Every message says what is wrong, what was found, and what would do. It is a ValueError.

    Examples
    --------
    >>> import jfmodels as jf
    >>> try:
    ...     jf.direct(jf.example(), "trust_amry")
    ... except jf.JfmodelsError as error:
    ...     print(str(error)[:55])
    Unknown outcome 'trust_amry'. Did you mean 'trust_army'
    """


class DesignError(JfmodelsError):
    """The survey design is incomplete, contradictory, or does not fit the data.

    Examples
    --------
    >>> import jfmodels as jf
    >>> try:
    ...     jf.SurveyDesign(cluster="commune")
    ... except jf.DesignError as error:
    ...     print(str(error)[:54])
    SurveyDesign: a survey with clusters must say target=.
    """


class CodebookError(JfmodelsError):
    """The codebook is incomplete, contradictory, or does not fit the data.

    Examples
    --------
    >>> import jfmodels as jf
    >>> try:
    ...     jf.Codebook.from_dict({"outcomes": {"safe": {"scale": "binray"}}})
    ... except jf.CodebookError as error:
    ...     print("Did you mean 'binary'?" in str(error))
    True
    """


class ClaimError(JfmodelsError):
    """A claim leaves open what decides its answer, or contradicts itself or the survey.

    Examples
    --------
    >>> import jfmodels as jf
    >>> try:
    ...     jf.Claims.from_dict({"claims": {"half": {"text": "Half feel safe", "parts": {}}}})
    ... except jf.ClaimError as error:
    ...     print("source" in str(error))
    True
    """


class DataError(JfmodelsError):
    """The rows do not bear out what the design and the codebook say of them.

    Examples
    --------
    >>> import pandas as pd
    >>> import jfmodels as jf
    >>> design = jf.SurveyDesign(weights="weight")
    >>> book = {"outcomes": {"safe": {"scale": "binary"}}}
    >>> try:
    ...     jf.Survey(pd.DataFrame({"safe": [0, 1]}), design, book)
    ... except jf.DataError as error:
    ...     print("'weight'" in str(error))
    True
    """


class ReadError(JfmodelsError):
    """A file could not be read as a survey.

    Examples
    --------
    >>> import jfmodels as jf
    >>> try:
    ...     jf.read_frame("survey.doc")
    ... except jf.ReadError as error:
    ...     print(str(error)[:25])
    Unknown file type '.doc'.
    """


class SpecError(JfmodelsError):
    """A question was asked that cannot be answered, or not in that form.

    Examples
    --------
    >>> import jfmodels as jf
    >>> try:
    ...     jf.direct(jf.example(), "trust_army").levels(by="regoin")
    ... except jf.SpecError as error:
    ...     print("Did you mean 'region'?" in str(error))
    True
    """


class EstimationError(JfmodelsError):
    """A model could not be fitted to these data, for a reason that is named.

    Examples
    --------
    >>> import pandas as pd
    >>> import jfmodels as jf
    >>> frame = pd.DataFrame({"safe": [0, 0, 1, 1], "place": ["a", "a", "b", "b"]})
    >>> survey = jf.Survey(frame, jf.SurveyDesign(), {"outcomes": {"safe": {"scale": "binary"}}})
    >>> try:
    ...     jf.fit("shown(safe) ~ place", survey)
    ... except jf.EstimationError as error:
    ...     print(str(error)[:48])
    Separation: some groups all gave one answer, or
    """


class FitWarning(UserWarning):
    """A fit was made in another way than asked, or cannot be believed in full.

    Examples
    --------
    >>> import warnings
    >>> import jfmodels as jf
    >>> warnings.simplefilter("error", jf.FitWarning)  # stop instead
    >>> warnings.resetwarnings()
    """


def listing(names: Iterable[object], most: int = 8) -> str:
    """Quote up to `most` names, and say how many more there are.

    Examples
    --------
    >>> listing(["Gao", "Mopti"])
    "'Gao', 'Mopti'"
    >>> listing(range(5), most=2)
    "'0', '1' and 3 more"
    """
    quoted = [f"'{name}'" for name in names]
    if len(quoted) <= most:
        return ", ".join(quoted)
    return f"{', '.join(quoted[:most])} and {len(quoted) - most:,} more"


def unknown(kind: str, name: object, known: Iterable[object]) -> str:
    """Say that a name is not known, which one was probably meant, and what is known.

    Examples
    --------
    >>> unknown("block", "wolk", ["iid", "walk"])
    "Unknown block 'wolk'. Did you mean 'walk'? Known: 'iid', 'walk'."
    >>> unknown("link", "LOGIT", ["logit", "probit"])
    "Unknown link 'LOGIT'. Did you mean 'logit'? Known: 'logit', 'probit'."
    """
    names = [str(each) for each in known]
    folded = {each.casefold(): each for each in reversed(names)}
    near = get_close_matches(str(name).casefold(), folded, n=1, cutoff=0.6)
    hint = f" Did you mean '{folded[near[0]]}'?" if near else ""
    return f"Unknown {kind} '{name}'.{hint} Known: {listing(names, most=20)}."


def choose[Chosen](
    kind: str,
    name: object,
    options: Mapping[str, Chosen],
    error: type[JfmodelsError] = SpecError,
) -> Chosen:
    """Look `name` up in a closed set of options, or name the near miss."""
    if isinstance(name, str) and name in options:
        return options[name]
    raise error(unknown(kind, name, options))


def require_whole(name: str, value: object, least: int) -> None:
    """Refuse what is not a whole number of at least `least`."""
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    if not whole or int(str(value)) < least:
        raise SpecError(f"{name} takes a whole number from {least}; found {value!r}.")


def require_share(name: str, value: object) -> None:
    """Refuse what is not a number strictly between 0 and 1."""
    number = isinstance(value, Real) and not isinstance(value, bool)
    if not number or not 0 < float(str(value)) < 1:
        raise SpecError(f"{name} is a number strictly between 0 and 1; found {value!r}.")


def raise_all(error: type[JfmodelsError], problems: Sequence[str], subject: str) -> None:
    """Raise one error that lists every problem; do nothing if there is none."""
    if not problems:
        return
    if len(problems) == 1:
        raise error(f"{subject}: {problems[0]}")
    lines = "\n".join(f"  {k}. {problem}" for k, problem in enumerate(problems, start=1))
    raise error(f"{subject}: {len(problems)} problems.\n{lines}")


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the line outside the package that led here."""
    warnings.warn(message, category, skip_file_prefixes=(PACKAGE,))
