"""The outlines of places: read from GeoJSON, made drawable, and the spot where a text fits best.

Anything with ``__geo_interface__`` is GeoJSON, a GeoDataFrame of geopandas for example.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

import numpy as np
from matplotlib.path import Path
from numpy.typing import NDArray

from jfmodels.errors import ReadError, SpecError, listing, unknown

__all__ = ["Shape", "aspect_of", "corners_of", "read_shapes"]

type Floats = NDArray[np.float64]

PARTS = {"Polygon": lambda outline: [outline], "MultiPolygon": list}
MOST_CORNERS = 500  # of an outline that are asked how far a point lies from it
GRID = 24  # places tried along each side to find the middle of a shape


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """One place.

    Attributes
    ----------
    outlines : tuple of ndarray, shape (corners, 2)
        Those of holes run the other way round.
    middle : tuple of float
        The point inside that lies farthest from any outline.
    """

    outlines: tuple[Floats, ...]
    middle: tuple[float, float]

    @property
    def path(self) -> Path:
        """All outlines as what is filled."""
        return Path.make_compound_path(*(Path(each, closed=True) for each in self.outlines))

    def holds(self, points: Floats) -> NDArray[np.bool_]:
        """Tell which points, shape (N, 2), lie inside: within an odd number of outlines."""
        return _within(self.outlines, points)


def read_shapes(shapes: object, key: str | None, places: Sequence[str]) -> dict[str, Shape]:
    """Read the outlines of places by their names.

    Parameters
    ----------
    shapes : str, Path, mapping, or object with ``__geo_interface__``
        A GeoJSON file, or what one holds: features with polygons.
    key : str or None
        The property that names the place; None for the one that holds most of `places`.
    places : sequence of str
        The names that are asked for.

    Raises
    ------
    ReadError
        If there is no such file, or it is no GeoJSON of polygons.
    SpecError
        If no property names the places, or a place has no shape.
    """
    features = _features(shapes)
    key = _key(features, places) if key is None else key
    named: dict[str, list[Any]] = {}
    for feature in features:
        properties = feature.get("properties") or {}
        if key not in properties:
            raise SpecError(unknown("property of the shapes", key, properties))
        named.setdefault(str(properties[key]), []).append(feature.get("geometry"))
    lost = [place for place in places if place not in named]
    if lost:
        raise SpecError(
            f"No shape for {listing(lost)}: {unknown(f'{key} of a shape', lost[0], named)} Rename "
            "them on one side, or say key= the property that holds the names of the table."
        )
    return {name: _shape(name, geometries) for name, geometries in named.items()}


def _features(shapes: object) -> list[Mapping[str, Any]]:
    """Find the features of a file, a mapping, or an object that gives one."""
    found = getattr(shapes, "__geo_interface__", shapes)
    if isinstance(found, str | FilePath):
        found = _loaded(FilePath(found))
    features = found.get("features") if isinstance(found, Mapping) else None
    if not features:
        raise ReadError(
            "Shapes are a GeoJSON FeatureCollection: a file, a mapping, or an object such as a "
            f"GeoDataFrame; found {type(shapes).__name__} without features."
        )
    return list(features)


def _loaded(file: FilePath) -> object:
    """Read a GeoJSON file."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ReadError(f"There is no file of shapes {file}.") from None
    except ValueError as problem:
        raise ReadError(
            f"{file.name} is no GeoJSON: {problem}. Convert other formats, for example by "
            "geopandas.read_file(...).to_file(..., driver='GeoJSON')."
        ) from None


def _key(features: Iterable[Mapping[str, Any]], places: Sequence[str]) -> str:
    """Find the property whose values hold the most of the places."""
    values: dict[str, set[str]] = {}
    for feature in features:
        for name, value in (feature.get("properties") or {}).items():
            values.setdefault(name, set()).add(str(value))
    found = {name: len(held & set(places)) for name, held in values.items()}
    best = max(found, key=lambda name: found[name], default="")
    if not found.get(best):
        raise SpecError(
            f"No property of the shapes holds names of the table, such as {listing(places, 4)}. "
            f"The properties are {listing(values)}; say key= the one that names the places."
        )
    return best


def _shape(name: str, geometries: Sequence[Any]) -> Shape:
    """Make one place of all outlines of its name."""
    parts = [part for geometry in geometries for part in _parts(name, geometry)]
    rings = [
        _turned(np.asarray(ring, dtype=np.float64)[:, :2], hole=k > 0)
        for part in parts
        for k, ring in enumerate(part)
    ]
    return Shape(tuple(rings), _middle(rings))


def _parts(name: str, geometry: Any) -> Sequence[Any]:
    """Give the polygons of a geometry, each with its outline and holes."""
    kind = (geometry or {}).get("type")
    if kind not in PARTS:
        raise ReadError(
            f"The shape of '{name}' is {kind or 'empty'}; a map is drawn from Polygon and "
            "MultiPolygon."
        )
    return PARTS[kind](geometry["coordinates"])


def _turned(ring: Floats, *, hole: bool) -> Floats:
    """Let outlines run against the clock and holes with it, whatever the file does."""
    x, y = ring.T
    doubled_area = float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))
    return ring[::-1] if (doubled_area < 0) != hole else ring


def _within(rings: Sequence[Floats], points: Floats) -> NDArray[np.bool_]:
    """Count how many outlines each point lies within; an even number is outside, or in a hole."""
    found = [Path(ring, closed=True).contains_points(points) for ring in rings]
    return np.sum(found, axis=0) % 2 == 1


def _middle(rings: Sequence[Floats]) -> tuple[float, float]:
    """Find the point of a grid inside the shape that lies farthest from any outline."""
    corners = np.concatenate(rings)
    low, high = corners.min(axis=0), corners.max(axis=0)
    sides = [np.linspace(a, b, GRID + 2)[1:-1] for a, b in zip(low, high, strict=True)]
    points = np.stack(np.meshgrid(*sides), axis=-1).reshape(-1, 2)
    inside = points[_within(rings, points)]
    if not len(inside):
        x, y = (low + high) / 2
        return float(x), float(y)
    distances = [_distance(inside, ring[:: 1 + len(ring) // MOST_CORNERS]) for ring in rings]
    x, y = inside[np.min(distances, axis=0).argmax()]
    return float(x), float(y)


def _distance(points: Floats, ring: Floats) -> Floats:
    """Give the distance of each point, shape (N, 2), to the sides of a ring, shape (N,)."""
    start, step = ring, np.roll(ring, -1, axis=0) - ring
    length = np.maximum((step**2).sum(axis=1), 1e-30)
    away = points[:, None, :] - start
    along = np.clip((away * step).sum(axis=2) / length, 0, 1)
    nearest = away - along[:, :, None] * step
    return np.sqrt((nearest**2).sum(axis=2)).min(axis=1)


def corners_of(shapes: Iterable[Shape]) -> Floats:
    """Give the lower left and the upper right corner of all shapes, shape (2, 2)."""
    corners = np.concatenate([ring for shape in shapes for ring in shape.outlines])
    return np.stack([corners.min(axis=0), corners.max(axis=0)])


def aspect_of(shapes: Iterable[Shape]) -> float:
    """Give how much longer a step north is drawn than a step east.

    Degrees of longitude shrink towards the poles; other coordinates are taken as they are.
    """
    (west, south), (east, north) = corners_of(shapes)
    degrees = west >= -180 and east <= 180 and south >= -90 and north <= 90
    return float(1 / np.cos(np.radians((south + north) / 2))) if degrees else 1.0
