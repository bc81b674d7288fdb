"""How the sample was drawn: the roles that columns play, and what they mean for inference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass

from jfmodels.display.card import Card, Displayed
from jfmodels.errors import DesignError, SpecError, listing, raise_all, unknown
from jfmodels.survey.supplied import SuppliedReplicates

__all__ = [
    "LONELY",
    "REPEATS",
    "SELECTION",
    "TARGETS",
    "Stage",
    "SurveyDesign",
    "as_names",
    "decisions",
]

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
CHOICES = {"repeats": REPEATS, "target": TARGETS, "lonely": LONELY, "selection": SELECTION}
SINGLE = ("wave", "weights", "date", "interviewer", "person")


def as_names(value: Names) -> tuple[str, ...]:
    """Read one name, several that go together, or none.

    Raises
    ------
    SpecError
        If anything but text is among them.

    Examples
    --------
    >>> as_names("commune"), as_names(["region", "urban"]), as_names(None)
    (('commune',), ('region', 'urban'), ())
    """
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    given: object = value
    if not isinstance(given, Iterable) or isinstance(given, Set):
        raise SpecError(f"A name or a list of names is needed; found {type(value).__name__}.")
    names = tuple(given)
    strange = {type(name).__name__ for name in names if not isinstance(name, str)}
    if strange:
        raise SpecError(f"Names are text; found {listing(sorted(strange))} among them.")
    return names


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


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SurveyDesign(Displayed):
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
    replicates : SuppliedReplicates, optional
        Columns of replicate weights that came with the data.

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
    replicates: SuppliedReplicates | None = None

    def __post_init__(self) -> None:
        raise_all(DesignError, list(_no_names(self)), "SurveyDesign")
        object.__setattr__(self, "stages", tuple(self.stages))
        found = [*_unknown_choices(self), *_open_questions(self), *_contradictions(self)]
        raise_all(DesignError, [*found, *_shared_columns(self)], "SurveyDesign")

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
        return {column: role for role, columns in self._columns() for column in columns}

    def _columns(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """List every role with its columns."""
        for role in SINGLE:
            yield role, as_names(getattr(self, role))
        if self.replicates is not None:
            yield "replicate weights", tuple(self.replicates.columns)
        stages = self.all_stages or (Stage(cluster=None, strata=self.strata, fpc=self.fpc),)
        for k, stage in enumerate(stages, start=1):
            place = "" if len(stages) == 1 else f" of stage {k}"
            yield f"strata{place}", as_names(stage.strata)
            yield f"cluster{place}", as_names(stage.cluster)
            yield f"fpc{place}", as_names(stage.fpc)

    def _card(self) -> Card:
        """Which column plays which role, and what was decided."""
        roles: dict[str, list[str]] = {}
        for column, role in self.roles.items():
            roles.setdefault(role, []).append(column)
        given = self.replicates
        facts = {
            **{role: " × ".join(names) for role, names in roles.items() if role[:9] != "replicate"},
            "replicates": f"{len(given.columns)} columns ({given.kind})" if given else "",
            **decisions(self),
            "lonely": self.lonely if self.all_stages else "",
            "selection": "chosen on purpose" if self.selection == "purposive" else "",
        }
        return Card("SurveyDesign", "", facts)


def decisions(design: SurveyDesign) -> dict[str, str]:
    """Say what repeats between waves and what the survey is to speak of."""
    return {
        "repeats": REPEATS.get(design.repeats or "", ""),
        "target": f"{design.target or ''}: {TARGETS.get(design.target or '', '')}".strip(": "),
    }


def _no_names(design: SurveyDesign) -> Iterator[str]:
    """Find roles that are not given as names of columns."""
    for role in (*SINGLE, "fpc"):
        yield from _not_a_name(role, getattr(design, role))
    for role in ("strata", "cluster"):
        yield from _not_names(role, getattr(design, role))
    if not isinstance(design.replicates, SuppliedReplicates | None):
        found = type(design.replicates).__name__
        yield f"replicates= takes SuppliedReplicates(columns, kind); found {found}."
    if not isinstance(design.stages, list | tuple):
        yield f"stages= is a list of Stage; found {type(design.stages).__name__}."
        return
    for k, stage in enumerate(design.stages, start=1):
        if not isinstance(stage, Stage):
            yield f"stage {k} is a {type(stage).__name__}; use Stage(cluster=, strata=, fpc=)."
            continue
        yield from _not_names(f"stage {k}, strata", stage.strata)
        yield from _not_names(f"stage {k}, cluster", stage.cluster)
        yield from _not_a_name(f"stage {k}, fpc", stage.fpc)


def _not_a_name(role: str, value: object) -> Iterator[str]:
    """Find what is not the name of one column."""
    if value is not None and (not isinstance(value, str) or not value):
        found = type(value).__name__ if value != "" else "an empty text"
        yield f"{role}= takes the name of one column; found {found}."


def _not_names(role: str, value: object) -> Iterator[str]:
    """Find what is neither the name of a column nor a list of names."""
    if value is None or (isinstance(value, str) and value):
        return
    if not isinstance(value, list | tuple) or not value:
        found = (
            f"an empty {type(value).__name__}" if value in ("", [], ()) else type(value).__name__
        )
        yield f"{role}= takes a column or a list of columns; found {found}. Use None for none."
        return
    if any(not isinstance(name, str) or not name for name in value):
        yield f"{role}= takes names of columns; not every one of them is a text."
    elif len(set(value)) < len(value):
        yield f"{role}= names a column twice: {listing(value)}."


def _unknown_choices(design: SurveyDesign) -> Iterator[str]:
    """Find options that do not exist; None leaves open what waves or clusters must answer."""
    for role, options in CHOICES.items():
        value = getattr(design, role)
        open_question = value is None and role in ("repeats", "target")
        if not open_question and (not isinstance(value, str) or value not in options):
            yield unknown(role, value, options)


def _open_questions(design: SurveyDesign) -> Iterator[str]:
    """Find the choices that decide the answer and were not made."""
    clustered = bool(design.stages) or design.cluster is not None
    for role, needed, because in (
        ("repeats", design.wave is not None, "a survey with waves"),
        ("target", clustered, "a survey with clusters"),
    ):
        if needed and getattr(design, role) is None:
            options = CHOICES[role].items()
            choices = "; ".join(f"{role}='{name}' ({means})" for name, means in options)
            yield f"{because} must say {role}=. Choose {choices}."
    if design.replicates is not None and design.replicates.df is None and not clustered:
        yield (
            "replicate weights without cluster= must say SuppliedReplicates(df=): the clusters "
            "less the strata that the data's documentation names."
        )


def _contradictions(design: SurveyDesign) -> Iterator[str]:
    """Find the roles that cannot stand together."""
    clustered = bool(design.stages or design.cluster)
    if design.stages and (design.cluster or design.strata or design.fpc):
        yield "give either stages= or cluster=, strata= and fpc=, not both."
    if design.repeats == "people" and design.person is None:
        yield "repeats='people' needs person=, the column that names the respondent."
    if design.repeats == "clusters" and not clustered:
        yield "repeats='clusters' needs cluster=, the column that names the clusters."
    if design.target == "these_clusters" and not clustered:
        yield "target='these_clusters' needs cluster=, the column that names the clusters."
    if design.repeats is not None and design.wave is None:
        yield "repeats= speaks of waves, but wave= is not given."
    for k, stage in enumerate(design.stages, start=1):
        if stage.cluster is None:
            yield f"stage {k} names no cluster."


def _shared_columns(design: SurveyDesign) -> Iterator[str]:
    """Find columns that are given two roles of which only one can be true.

    The wave, a person or an interviewer may make strata and clusters; a weight, a fraction
    or a date is nothing but that.
    """
    held: dict[str, str] = {}
    for role, columns in design._columns():
        for column in columns:
            first = held.setdefault(column, role)
            kinds = {first.split()[0], role.split()[0]}
            if len(kinds) == 2 and kinds != {"wave", "date"} and not _may_nest(kinds):
                yield f"column '{column}' cannot be both {first} and {role}."


def _may_nest(kinds: set[str]) -> bool:
    """Whether two roles may be one column: one of them groups, the other names."""
    return bool(kinds & {"strata", "cluster"}) and not kinds & {"weights", "fpc", "date"}
