"""Places that a wave did not reach, and how much that could matter for a change."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from jfmodels.engines.design_based.direct import direct
from jfmodels.errors import SpecError
from jfmodels.results.fit import Fit
from jfmodels.results.schema import MISSING_PLACES
from jfmodels.survey.design import Names, as_names
from jfmodels.survey.survey import Survey, require_survey

__all__ = ["missing_places"]

NONE_MISSED = "no place was missed"
IMPOSSIBLE = "no share between 0 and 1 would undo the change"
UNKNOWN = "there is no estimate of the places before, or of those that both waves reached"


def missing_places(
    survey: Survey, outcome: str, *, by: Names = None, against: str = "previous"
) -> pd.DataFrame:
    r"""Set every change beside the one in the places that both waves reached.

    Where fighting keeps interviewers away, those who were not asked may have changed most. Let
    the places that a wave missed have held the share :math:`\pi` of the wave compared with,
    their level then been :math:`\ell`, and the other places changed by :math:`d`. Then the
    whole has not changed if the missing places are now at
    :math:`\ell - d\,(1 - \pi)/\pi`, which `undone_at` gives. Where no share can be that, it is
    missing, and `not_undone` says so: no answer of the missing places would undo the change.

    Parameters
    ----------
    survey : Survey
        Whose design revisits clusters.
    outcome : str
        The outcome; of several categories, what is shown.
    by : str or list of str, optional
        Groups to split by.
    against : {"previous", "first", "all"} or str, default "previous"
        As in :meth:`Fit.changes`.

    Returns
    -------
    DataFrame
        Columns of :data:`jfmodels.results.schema.MISSING_PLACES`, after the groups.

    Raises
    ------
    SpecError
        If the design does not revisit clusters, or names are not known.

    Examples
    --------
    >>> import jfmodels as jf
    >>> table = jf.missing_places(jf.example(), "trust_army", by="region")
    >>> table.loc[table["places_missing"] > 0, ["region", "wave"]].head(1).values.tolist()
    [['Gao', 'Q2']]
    """
    require_survey(survey)
    cluster, groups = _cluster(survey), list(as_names(by))
    fit = direct(survey, outcome, by=groups or None)
    changes = fit.changes(against, by=groups or None)
    reached = _reached(survey, cluster)
    parts = [
        _pair(fit, _Pair(cluster, str(wave), str(ref), reached), part, groups)
        for (wave, ref), part in changes.groupby(["wave", "wave_ref"], observed=True, sort=False)
    ]
    table = pd.concat(parts, ignore_index=True)
    table = _bounded(table, share=not survey.outcome(outcome).measured)
    return table[[*groups, *MISSING_PLACES]]


def _bounded(table: pd.DataFrame, *, share: bool) -> pd.DataFrame:
    """Leave levels out that cannot be, and say why there is none."""
    missed = table["places_missing"] > 0
    impossible = share & ((table["undone_at"] < 0) | (table["undone_at"] > 1))
    level = table["undone_at"].mask(impossible)
    unknown = missed & level.isna()
    reasons = [(~missed, NONE_MISSED), (impossible, IMPOSSIBLE), (unknown, UNKNOWN)]
    why = np.select([holds for holds, _ in reasons], [text for _, text in reasons], "")
    return table.assign(undone_at=level, not_undone=why)


def _cluster(survey: Survey) -> str:
    """The column of the clusters, which must be revisited."""
    names = as_names(survey.design.cluster)
    if survey.design.repeats == "nothing" or len(names) != 1:
        raise SpecError(
            "Places can be missed only where the same ones are visited in every wave: the design "
            f"has repeats={survey.design.repeats!r} and cluster={survey.design.cluster!r}."
            f"{_common_strata(survey)}"
        )
    return names[0]


def _common_strata(survey: Survey) -> str:
    """Say how to keep to the strata that all waves reached, where the design has some."""
    names = as_names(survey.design.strata)
    if len(names) != 1 or not survey.waves:
        return ""
    kept = sorted(set.intersection(*_reached(survey, names[0]).values()))
    return (
        f" Keep to the strata that every wave reached: jf.direct(survey, outcome, "
        f"where={{'{names[0]}': {kept}}}).changes()."
    )


def _reached(survey: Survey, cluster: str) -> dict[str, set[str]]:
    """Clusters that each wave reached."""
    codes = survey.rows.aggregate(["wave", cluster]).codes
    labels = survey.rows.keys[cluster].labels
    return {
        wave: {labels[place] for at, place in codes if at == k and place >= 0}
        for k, wave in enumerate(survey.waves)
    }


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two waves, and the clusters that each reached."""

    cluster: str
    wave: str
    ref: str
    reached: dict[str, set[str]]

    @property
    def common(self) -> list[str]:
        """Clusters that both waves reached."""
        return sorted(self.reached[self.wave] & self.reached[self.ref])

    @property
    def missed(self) -> list[str]:
        """Clusters that the later wave missed."""
        return sorted(self.reached[self.ref] - self.reached[self.wave])


def _pair(fit: Fit, pair: _Pair, changes: pd.DataFrame, groups: list[str]) -> pd.DataFrame:
    """The rows of two waves."""
    waves = {"wave": [pair.ref, pair.wave]}
    common = fit.changes(
        pair.ref, by=groups or None, where={**waves, pair.cluster: pair.common}, adjust="none"
    )
    before = _before(fit, pair, groups)
    table = changes[[*groups, "wave", "wave_ref", "estimate"]].rename(
        columns={"estimate": "change"}
    )
    kept = common[[*groups, "wave", "estimate", "low", "high"]].set_axis(
        [*groups, "wave", "change_common", "low_common", "high_common"], axis=1
    )
    keys = [*groups, "wave"]
    joined = _as_text(table, keys).merge(_as_text(kept, keys), on=keys, how="left")
    joined = (
        joined.merge(_as_text(before, groups), on=groups, how="left")
        if groups
        else (joined.merge(before, how="cross"))
    )
    joined["places_missing"] = joined["places_missing"].fillna(0).astype("int64")
    joined["share_missing"] = joined["share_missing"].fillna(0.0)
    missed = joined["share_missing"].where(joined["share_missing"] > 0)
    rest = (1 - missed) / missed
    joined["undone_at"] = joined["level_before"] - joined["change_common"] * rest
    return joined


def _as_text(table: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Names as text, so that tables of different categories can be joined."""
    return table.astype(dict.fromkeys(names, "str"))


def _before(fit: Fit, pair: _Pair, groups: list[str]) -> pd.DataFrame:
    """What the missed places were in the wave compared with: their number, share and level."""
    columns = [*groups, "places_missing", "share_missing", "level_before"]
    if not pair.missed:
        empty = pd.DataFrame({name: pd.Series(dtype="object") for name in groups})
        found = empty.assign(places_missing=0.0, share_missing=0.0, level_before=np.nan)
        return found if groups else pd.DataFrame([[0.0, 0.0, np.nan]], columns=columns)
    then = {"wave": pair.ref, pair.cluster: pair.missed}
    levels = fit.levels(groups or None, where=then)
    total = _weights(fit, pair, groups, None)
    levels["places_missing"] = levels["n_clusters"].astype("float64")
    levels["share_missing"] = _weights(fit, pair, groups, pair.missed) / total
    return levels.rename(columns={"estimate": "level_before"})[columns]


def _weights(fit: Fit, pair: _Pair, groups: list[str], kept: list[str] | None) -> np.ndarray:
    """Weight of every group in the wave compared with, of some clusters or all."""
    survey = fit.engine.survey
    summed = survey.rows.aggregate(["wave", pair.cluster, *groups])
    inside = summed.codes[:, 0] == survey.waves.index(pair.ref)
    if kept is not None:
        labels = survey.rows.keys[pair.cluster].labels
        inside &= np.isin(np.array([*labels, ""])[summed.codes[:, 1]], kept)
    sizes = [len(survey.group(name).labels) for name in groups]
    place = np.zeros(len(inside), dtype=np.int64)
    for k, size in enumerate(sizes):
        inside &= summed.codes[:, 2 + k] >= 0
        place = place * size + summed.codes[:, 2 + k]
    n = int(np.prod(sizes, dtype=np.int64)) if sizes else 1
    return np.bincount(place[inside], summed.weight[inside], n)
