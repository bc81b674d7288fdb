"""What can be chosen of survey-weighted regression; light, so that choosing loads no engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from jfmodels.errors import SpecError, choose
from jfmodels.survey.replicates import Replicates

__all__ = ["INTERVIEWERS", "SMALL_SAMPLE", "Weighted"]

SMALL_SAMPLE: Mapping[str, str] = {
    "cr2": "CR2, df from clusters that differ in every wave",
    "cr2_rows": "CR2, df from independent rows of variance 1 / weight",
    "none": "linearisation, df of the design less the coefficients",
}
INTERVIEWERS: Mapping[str, str] = {
    "ignore": "clusters alone",
    "cluster": "two-way clustering by cluster and interviewer",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighted:
    """Settings of survey-weighted regression.

    Parameters
    ----------
    small_sample : {"cr2", "cr2_rows", "none"}, default "cr2"
        How variances and degrees of freedom are made; "none" reproduces R's survey package.
    replicates : Replicates, optional
        Fit the model again in every replicate of the sample; variances then are the
        replicates', with the degrees of freedom of "none".
    interviewers : {"ignore", "cluster"}, default "ignore"
        "cluster" counts interviewers as a second way in which answers cluster, as in
        :func:`jfmodels.direct`.

    Examples
    --------
    >>> import jfmodels as jf
    >>> as_in_r = jf.Weighted(small_sample="none")
    >>> model = jf.fit("shown(trust_army) ~ wave + sex", jf.example(), engine=as_in_r)
    >>> model.summary()["df"].unique().tolist()  # 16 clusters, 4 strata, 7 coefficients
    [6.0]
    """

    small_sample: str = "cr2"
    replicates: Replicates | None = None
    interviewers: str = "ignore"

    def __post_init__(self) -> None:
        choose("small_sample", self.small_sample, SMALL_SAMPLE)
        choose("interviewers", self.interviewers, INTERVIEWERS)
        if self.replicates is not None and self.interviewers == "cluster":
            raise SpecError("Replicates draw clusters alone; leave interviewers='cluster' out.")
