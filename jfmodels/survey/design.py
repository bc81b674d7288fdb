"""How the sample was drawn: the roles that columns play, and what they mean for inference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from jfmodels.errors import DesignError, choose, raise_all

__all__ = ["LONELY", "REPEATS", "SELECTION", "TARGETS", "Stage", "SurveyDesign", "as_names"]

type Names = str | list[str] | tuple[str, ...] | None

REPEATS: Mapping[str, str] = {
    "nothing": "every wave drew new clusters, so strata and clusters nest in the wave",
    "clusters": "the same clusters were revisited with new people",
    "people": "the same people were asked again",
}
TARGETS: Mapping[str, str] = {
    "population": "the clusters stand for others like them: clusters vary",
    "these_clusters": "these clusters and no others: only the people in them vary",
}
LONELY: Mapping[str, str] = {
    "raise": "a stratum with one cluster is an error",
    "adjust": "its cluster is compared with the mean over all strata",
    "certainty": "its cluster was taken with certainty and adds no variance",
    "average": "it gets the average variance of the other strata",
}
SELECTION: Mapping[str, str] = {
    "random": "clusters were drawn at random",
    "purposive": "clusters were chosen on purpose, so inference to the region rests on a model",
}


def as_names(value: Names) -> tuple[str, ...]:
    """Read a role's columns: one name, several that interact, or none.

    Examples
    --------
    >>> as_names("commune"), as_names(["region", "urban"]), as_names(None)
    (('commune',), ('region', 'urban'), ())
    """
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage of a design that draws units within units.

    Parameters
    ----------
    cluster : str or list of str
        Column of the units drawn at this stage; a list is an interaction.
    strata : str or list of str, optional
        Column of the strata within which they were drawn.
    fpc : str, optional
        Column with the size of the population of units in the stratum (counts, all above
        1) or with the sampled fraction (all at most 1).

    Examples
    --------
    >>> Stage(cluster="district", fpc="districts_in_state").cluster
    'district'
    """

    cluster: Names
    strata: Names = None
    fpc: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyDesign:
    """Which columns say how the sample was drawn, and what the survey is to speak of.

    Parameters
    ----------
    wave : str, optional
        Column of the wave; ``None`` for a single survey.
    strata, cluster : str or list of str, optional
        Columns of strata and of primary sampling units; a list is an interaction.
    weights : str, optional
        Column of sampling weights. Without it every interview counts the same, unless
        `fpc` says at every stage how many there were to draw from.
    fpc : str, optional
        Finite population correction of the first stage: population counts of clusters per
        stratum (all above 1) or sampled fractions (all at most 1).
    stages : sequence of Stage, optional
        All stages of a multi-stage design, the first one included; instead of `strata`,
        `cluster` and `fpc`.
    repeats : {"nothing", "clusters", "people"}
        What is the same from wave to wave; required with `wave`.
    target : {"population", "these_clusters"}
        Whether the clusters stand for others like them; required with clusters.
    interviewer, person, date : str, optional
        Columns of the interviewer, of the respondent's identity, of the interview's date.
    lonely : {"raise", "adjust", "certainty", "average"}
        What to do with a stratum that has one cluster.
    selection : {"random", "purposive"}
        How clusters were chosen; a purposive choice is flagged in every table.

    Raises
    ------
    DesignError
        If a role that decides the answer is left open, or two roles contradict each other.

    Examples
    --------
    >>> SurveyDesign(wave="wave", strata="region", cluster="commune", weights="weight",
    ...              repeats="clusters", target="population").cluster
    'commune'
    """

    wave: str | None = None
    strata: Names = None
    cluster: Names = None
    weights: str | None = None
    fpc: str | None = None
    stages: tuple[Stage, ...] | list[Stage] = ()
    repeats: str | None = None
    target: str | None = None
    interviewer: str | None = None
    person: str | None = None
    date: str | None = None
    lonely: str = "raise"
    selection: str = "random"

    def __post_init__(self) -> None:
        choose("way with a lonely stratum", self.lonely, LONELY, DesignError)
        choose("selection of clusters", self.selection, SELECTION, DesignError)
        raise_all(DesignError, [*_open_questions(self), *_contradictions(self)], "SurveyDesign")

    @property
    def all_stages(self) -> tuple[Stage, ...]:
        """Every stage in order; a design without clusters has none."""
        if self.stages:
            return tuple(self.stages)
        if self.cluster is None:
            return ()
        return (Stage(cluster=self.cluster, strata=self.strata, fpc=self.fpc),)

    @property
    def first_strata(self) -> tuple[str, ...]:
        """Columns whose interaction is the stratum of the first stage."""
        return as_names(self.stages[0].strata if self.stages else self.strata)

    @property
    def roles(self) -> dict[str, str]:
        """Every column that has a role, with the role it plays."""
        stages = self.all_stages or (Stage(cluster=None, strata=self.strata, fpc=self.fpc),)
        named: dict[str, tuple[str | None, ...]] = {}
        named |= {"wave": (self.wave,), "weights": (self.weights,), "date": (self.date,)}
        named |= {"interviewer": (self.interviewer,), "person": (self.person,)}
        for k, stage in enumerate(stages, start=1):
            place = "" if len(stages) == 1 else f" of stage {k}"
            named[f"strata{place}"] = as_names(stage.strata)
            named[f"cluster{place}"] = as_names(stage.cluster)
            named[f"fpc{place}"] = (stage.fpc,)
        return {column: role for role, names in named.items() for column in names if column}


def _open_questions(design: SurveyDesign) -> list[str]:
    """Name the choices that decide the answer and were not made."""
    found = []
    clustered = bool(design.stages) or design.cluster is not None
    for role, needed, because, options in (
        ("repeats", design.wave is not None, "a survey with waves", REPEATS),
        ("target", clustered, "a survey with clusters", TARGETS),
    ):
        value = getattr(design, role)
        if value is not None:
            choose(role, value, options, DesignError)
        elif needed:
            choices = "; ".join(f"{role}='{name}' ({means})" for name, means in options.items())
            found.append(f"{because} must say {role}=. Choose {choices}.")
    return found


def _contradictions(design: SurveyDesign) -> list[str]:
    """Name the roles that cannot stand together."""
    found = []
    if design.stages and (design.cluster or design.strata or design.fpc):
        found.append("give either stages= or cluster=, strata= and fpc=, not both.")
    if design.repeats == "people" and design.person is None:
        found.append("repeats='people' needs person=, the column that names the respondent.")
    if design.repeats == "clusters" and not (design.stages or design.cluster):
        found.append("repeats='clusters' needs cluster=, the column that names the clusters.")
    if design.repeats is not None and design.wave is None:
        found.append("repeats= speaks of waves, but wave= is not given.")
    for k, stage in enumerate(design.stages, start=1):
        if not as_names(stage.cluster):
            found.append(f"stage {k} names no cluster.")
    return found
