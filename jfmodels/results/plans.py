"""Rows of a table as combinations of cells, and the steps that turn rows into rows.

Levels are cells; a change sets each row against another wave; a contrast sets each row against
another group, outcome or category; gathering combines rows. Questions are chains of these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from jfmodels.errors import SpecError, listing, unknown
from jfmodels.model.cells import Grid
from jfmodels.model.items import Item
from jfmodels.results.joint import Joint

__all__ = [
    "ITEM_AXES",
    "SCALES",
    "Plan",
    "along_groups",
    "change",
    "contrast",
    "derivative",
    "gather",
    "groups_of",
    "level",
    "require_one_unit",
    "same_wording",
    "take",
    "time_of",
    "wordings",
]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]

SCALES: Mapping[str, str] = {
    "difference": "a - b",
    "ratio": "a / b",
    "log_ratio": "log(a / b)",
    "log_odds_ratio": "log(a / (1 - a)) - log(b / (1 - b))",
}
ITEM_AXES = ("outcome", "category")


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """K rows of a table as combinations of C cells.

    Attributes
    ----------
    estimand : str
        What the rows are, as the table says it.
    items : tuple of Item
        What the item numbers stand for.
    item, item_ref : ndarray of int64, shape (K,)
        Item of each row, and of what it is compared with (-1 for nothing).
    domain, domain_ref : ndarray of int64, shape (K, A)
        Place on every axis; -1 is all together, in `domain_ref` also nothing.
    weights : csr_array, shape (K, C)
        The row itself.
    against : csr_array or None, shape (K, C)
        What it is compared with; the row is then `scale` of both.
    comparable : ndarray of bool, shape (K,)
        False where wording changed between the two sides.
    scale : str
        A key of :data:`SCALES`.
    unit : str
        What follows the unit of a level, such as " per year".
    """

    estimand: str
    items: tuple[Item, ...]
    item: Ints
    domain: Ints
    weights: csr_array
    item_ref: Ints
    domain_ref: Ints
    comparable: NDArray[np.bool_]
    against: csr_array | None = None
    scale: str = "difference"
    unit: str = ""

    @property
    def null(self) -> float:
        """The value that says no difference."""
        return 1.0 if self.scale == "ratio" else 0.0

    @property
    def combined(self) -> csr_array:
        """The rows as linear combinations."""
        if self.against is None:
            return self.weights
        return csr_array(self.weights - self.against)

    def answer(self, joint: Joint) -> Joint:
        """Believe in the rows."""
        if self.against is None or self.scale == "difference":
            return joint.combine(self.combined)
        k = self.weights.shape[0]
        both = joint.combine(csr_array(vstack([self.weights, self.against])))
        return both.apply(lambda x: _compare(self.scale, x[..., :k], x[..., k:]))


def _compare(scale: str, a: NDArray[np.inexact], b: NDArray[np.inexact]) -> NDArray[np.inexact]:
    """Set a against b on a scale."""
    with np.errstate(divide="ignore", invalid="ignore"):
        if scale == "ratio":
            return a / b
        if scale == "log_ratio":
            return np.log(a) - np.log(b)
        return np.log(a / (1 - a)) - np.log(b / (1 - b))


def level(grid: Grid, by: Sequence[str]) -> Plan:
    """List the cells of every wave and group."""
    domains = grid.domains(["wave", *by])
    n_items = len(grid.items)
    item = np.repeat(np.arange(n_items), len(domains))
    domain = np.tile(domains, (n_items, 1))
    cells = grid.cells(item, domain)
    size = n_items * grid.n_domains
    k = len(cells)
    return Plan(
        estimand="level",
        items=grid.items,
        item=item,
        domain=domain,
        weights=csr_array((np.ones(k), cells, np.arange(k + 1)), shape=(k, size)),
        item_ref=np.full(k, -1),
        domain_ref=np.full_like(domain, -1),
        comparable=np.ones(k, dtype=bool),
    )


def derivative(grid: Grid, by: Sequence[str], of: str, reference: str | None) -> Plan:
    """List the derivatives by a number in every wave and group, if the cells hold them."""
    if grid.per != of:
        raise SpecError(
            f"An effect of '{of}' needs a model that reads it: jf.fit(\"... + {of}\", survey). "
            f"Groups as they were interviewed are compared by jf.Contrast('{of}')."
        )
    if reference is not None:
        raise SpecError(
            f"The model takes '{of}' as a number, so its effect is per unit and has no "
            f"reference; found '{reference}'. Write C({of}) in the formula for names."
        )
    return replace(level(grid, by), unit=f" per {of}")


def along_groups(plan: Plan, grid: Grid, along: str) -> list[Ints]:
    """Rows of a plan that differ along one axis alone, group by group."""
    _, group = groups_of(_without(plan, grid, along))
    return [np.flatnonzero(group == k) for k in range(group.max(initial=-1) + 1)]


def same_wording(plan: Plan, grid: Grid, rows: Ints) -> bool:
    """Whether the waves that asked, among those that rows speak of, used the same words."""
    item, wave = plan.item[rows], plan.domain[rows, grid.place("wave")]
    asked = grid.asked[item, wave]
    return len(np.unique(grid.wording[item, wave][asked])) <= 1


def wordings(plan: Plan, grid: Grid) -> dict[str, dict[str, int]]:
    """Number the wordings of the levels of each outcome that was not worded alike in all waves.

    Levels of waves of one number may be compared, and joined by a line. An outcome that is made
    of several is worded alike where all of them are.
    """
    alike = (grid.wording == grid.wording[:, :1]).all()
    if alike or "wave" not in grid.names or plan.estimand != "level":
        return {}
    place = grid.place("wave")
    waves = grid.axes[place].labels
    seen: dict[str, dict[str, bytes]] = {}
    for row in groups_of(np.column_stack([plan.item, plan.domain[:, place]]))[0]:
        wave = plan.domain[row, place]
        members = plan.weights[[row]].indices // grid.n_domains
        if wave >= 0:
            of_outcome = seen.setdefault(plan.items[plan.item[row]].outcome, {})
            of_outcome[waves[wave]] = grid.wording[np.unique(members), wave].tobytes()
    numbered = {
        outcome: {wave: list(found.values()).index(each) for wave, each in found.items()}
        for outcome, found in seen.items()
    }
    return {outcome: found for outcome, found in numbered.items() if any(found.values())}


def groups_of(keys: Ints) -> tuple[Ints, Ints]:
    """Number rows of equal keys in order of appearance: first row of each, group of each row."""
    _, first, group = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)
    return first[order], np.argsort(order)[group.ravel()]


def take(plan: Plan, rows: Ints) -> Plan:
    """Keep some rows of a plan."""
    return replace(
        plan,
        item=plan.item[rows],
        domain=plan.domain[rows],
        weights=csr_array(plan.weights[rows]),
        item_ref=plan.item_ref[rows],
        domain_ref=plan.domain_ref[rows],
        comparable=plan.comparable[rows],
        against=None if plan.against is None else csr_array(plan.against[rows]),
    )


def gather(plan: Plan, mix: Floats, first: Ints) -> Plan:
    """Combine rows of a plan; each new row is named after the first that it gathers."""
    sparse = csr_array(mix)
    named = take(plan, first)
    against = None if plan.against is None else csr_array(sparse @ plan.against)
    return replace(named, weights=csr_array(sparse @ plan.weights), against=against)


def change(levels: Plan, grid: Grid, against: str, scale: str) -> Plan:
    """Set every row against the row of another wave."""
    place = grid.place("wave") if "wave" in grid.names else -1
    if place < 0:
        raise SpecError("There are no waves, so nothing can have changed; ask for contrasts.")
    waves = grid.axes[place].labels
    if len(waves) == 1:
        raise SpecError(
            f"There is one wave, '{waves[0]}', so nothing can have changed; ask for levels."
        )
    row, reference = _wave_pairs(levels, grid, place, against, waves)
    to, ref = take(levels, row), take(levels, reference)
    wording = (
        grid.wording[to.item, to.domain[:, place]] == grid.wording[ref.item, ref.domain[:, place]]
    )
    return replace(
        to,
        estimand="change",
        against=ref.weights,
        item_ref=ref.item,
        domain_ref=ref.domain,
        comparable=wording,
        scale=scale,
    )


def _wave_pairs(
    levels: Plan, grid: Grid, place: int, against: str, waves: tuple[str, ...]
) -> tuple[Ints, Ints]:
    """Pair each row with the rows of the waves that it is set against."""
    against = str(against)
    if against not in ("previous", "first", "all") and against not in waves:
        known = ["previous", "first", "all", *waves]
        raise SpecError(unknown("wave to compare against", against, known))
    rows, references = [], []
    of_cell = {}
    for k, (item, domain) in enumerate(zip(levels.item, levels.domain.tolist(), strict=True)):
        of_cell[int(item), tuple(domain)] = k
    for k, (item, domain) in enumerate(zip(levels.item, levels.domain.tolist(), strict=True)):
        for wave in _reference_waves(grid.asked[item], domain[place], against, waves):
            other = [*domain[:place], wave, *domain[place + 1 :]]
            rows.append(k)
            references.append(of_cell[int(item), tuple(other)])
    return np.array(rows, dtype=np.int64), np.array(references, dtype=np.int64)


def _reference_waves(
    asked: NDArray[np.bool_], wave: int, against: str, waves: tuple[str, ...]
) -> list[int]:
    """Which waves a wave is compared with: those that asked, and asked before."""
    if not asked[wave]:
        return []
    if against in waves:
        named = waves.index(against)
        return [named] if asked[named] and named != wave else []
    earlier = [k for k in range(wave) if asked[k]]
    return {"previous": earlier[-1:], "first": earlier[:1], "all": earlier}[against]


def contrast(levels: Plan, grid: Grid, along: str, reference: str | None, scale: str) -> Plan:
    """Set every row against the rows that differ from it along one axis alone."""
    labels, position = _positions(levels, grid, along)
    if reference is not None and reference != "others" and reference not in labels:
        raise SpecError(unknown(along, reference, [*labels, "others"]))
    rows, others = [], []
    for members in along_groups(levels, grid, along):
        for row, other in _pairs(members, position[members], labels, reference):
            rows.append(row)
            others.append(other)
    if not rows:
        raise SpecError(f"Nothing to compare along '{along}': found {listing(labels)}.")
    if along in ITEM_AXES:
        require_one_unit(levels)
    return _against(levels, rows, others, grid, along, scale)


def require_one_unit(levels: Plan) -> None:
    """Refuse to set a share against a mean."""
    units = {levels.items[item].unit for item in levels.item.tolist()}
    if len(units) > 1:
        raise SpecError(f"Only numbers of one unit can be compared; found {listing(units)}.")


def _against(
    levels: Plan, rows: list[int], others: list[Ints], grid: Grid, along: str, scale: str
) -> Plan:
    """Set rows against the plain mean of the rows named for each."""
    to = take(levels, np.array(rows))
    mix = np.zeros((len(others), len(levels.item)))
    for k, members in enumerate(others):
        mix[k, members] = 1 / len(members)
    first = np.array([members[0] for members in others])
    single = np.array([len(members) == 1 for members in others])
    domain_ref = np.where(levels.domain_ref >= 0, levels.domain_ref, levels.domain)[first]
    item_ref = levels.item[first].copy()
    if along in ITEM_AXES:
        item_ref[~single] = -1
    else:
        place = grid.place(along)
        domain_ref[:, place] = np.where(single, levels.domain[first, place], -1)
    comparable = [bool(levels.comparable[members].all()) for members in others]
    if along == "wave":
        known = zip(rows, others, strict=True)
        comparable = [
            alike and same_wording(levels, grid, np.append(members, row))
            for alike, (row, members) in zip(comparable, known, strict=True)
        ]
    return replace(
        to,
        estimand="contrast",
        against=csr_array(csr_array(mix) @ levels.weights),
        item_ref=item_ref,
        domain_ref=domain_ref,
        comparable=to.comparable & np.array(comparable),
        scale=scale,
    )


def _positions(levels: Plan, grid: Grid, along: str) -> tuple[list[str], Ints]:
    """Label of every row along an axis, as numbers."""
    if along not in ITEM_AXES:
        place = grid.place(along)
        return list(grid.axes[place].labels), levels.domain[:, place]
    names = [getattr(levels.items[item], along) for item in levels.item]
    labels = list(dict.fromkeys(names))
    return labels, np.array([labels.index(name) for name in names])


def _without(levels: Plan, grid: Grid, along: str) -> Ints:
    """What rows must share to be compared along an axis."""
    domains = np.column_stack([levels.domain, levels.domain_ref])
    if along == "outcome":
        return domains
    outcomes = [item.outcome for item in levels.items]
    if along == "category":
        named = np.array([outcomes.index(levels.items[item].outcome) for item in levels.item])
        return np.column_stack([named, domains])
    kept = levels.domain.copy()
    kept[:, grid.place(along)] = -1
    other = levels.domain_ref.copy()
    other[:, grid.place(along)] = -1
    return np.column_stack([levels.item, kept, other])


def _pairs(
    members: Ints, position: Ints, labels: list[str], reference: str | None
) -> list[tuple[int, Ints]]:
    """Pair each row of a group with its reference, with all others, or with each before it."""
    if reference == "others":
        return [(row, members[members != row]) for row in members if len(members) > 1]
    if reference is None:
        return [(row, members[[k]]) for j, row in enumerate(members) for k in range(j)]
    at = members[position == labels.index(reference)]
    if len(at) != 1:
        return []
    return [(row, at) for row in members if row != at[0]]


def time_of(grid: Grid, per: str) -> Floats:
    """Where the waves stand in time."""
    if "wave" not in grid.names:
        raise SpecError("There are no waves, so there is no slope; ask for contrasts.")
    if per == "wave":
        return np.arange(len(grid.axes[grid.place("wave")].labels), dtype=np.float64)
    if per != "year":
        raise SpecError(unknown("unit of time", per, ["year", "wave"]))
    if grid.time is None:
        raise SpecError(
            "A slope per year needs the waves' dates: give start and end under waves: in the "
            "codebook, or date= in the design; or ask for Slope(per='wave')."
        )
    return grid.time
