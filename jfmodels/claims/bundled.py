"""The claims of a published update, to be held against the bundled example."""

from __future__ import annotations

from pathlib import Path

from jfmodels.claims.claim import Claims, read_claims

__all__ = ["example_claims"]


def example_claims() -> Claims:
    """Give the checkable statements of a published update, for the bundled example.

    They are statements about a real survey. The example is simulated: a few of the published
    figures were written into its last wave, and everything else is invented. The verdicts show
    how claims are judged, and nothing about Mali.

    Returns
    -------
    Claims
        Whose `note` says the same.

    See Also
    --------
    judge : Holds claims against a survey.

    Examples
    --------
    >>> import jfmodels as jf
    >>> verdicts = jf.judge(jf.example_claims(), jf.example())
    >>> bool(verdicts.of_claims["reproduced"].all())
    True
    """
    return read_claims(Path(__file__).with_name("just_future_q6.yaml"))
