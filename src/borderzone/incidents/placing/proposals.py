"""Possible positions by kernel alone: discs, gaussians, polygons and lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import shapely
from pyproj import Geod

from borderzone._kernels import imputing
from borderzone.errors import InvalidGeometryError
from borderzone.incidents.placing.polygon_index import band_extents, index_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd

    from borderzone._typing import BoolArray, FloatArray, IntArray
    from borderzone.incidents.placing.polygon_index import Index

__all__ = ["ACCEPTANCE", "GAUSSIAN_REACH", "Proposals", "draw_positions", "in_polygon"]

GAUSSIAN_REACH = 8.6
"""A gaussian drawn from 53 bits reaches no farther than this many standard deviations."""

ACCEPTANCE = 2**32
"""Counter of the numbers that decide whether a position is taken; no position uses it."""

_GEOD = Geod(ellps="WGS84")
_MAX_ROUNDS = 10_000  # attempts at a point of a band of a polygon
_ABOUT = ("disc", "gaussian")


class _Shape(Protocol):
    def draw(self, keys: IntArray, draws: IntArray) -> tuple[FloatArray, FloatArray]: ...


@dataclass(frozen=True, kw_only=True)
class Proposals:
    """
    Positions by kernel alone.

    Attributes
    ----------
    about, gaussian
        Whether the region of each event lies about a point, and whether it is a gaussian.
    scale_km
        Radius or standard deviation of each. Units: km.
    keys
        Key of each event.
    places
        Longitude and latitude of the point of each, NaN where it has none. Units: degrees.
    shapes
        Each polygon and line once, ready to be drawn from.
    shape_of
        Which of them is that of each event, -1 for none.
    """

    about: BoolArray
    gaussian: BoolArray
    scale_km: FloatArray
    keys: IntArray
    places: FloatArray
    shapes: tuple[_Shape, ...]
    shape_of: IntArray

    @classmethod
    def of(cls, placed: gpd.GeoDataFrame, keys: IntArray) -> Proposals:
        """Take the columns of a table of regions."""
        scale_km = placed["scale_km"].to_numpy(dtype=float)
        return _proposals(
            placed["kind"].to_numpy(dtype=object), scale_km, placed.geometry.to_numpy(), keys
        )

    def draw(self, who: IntArray, draws: IntArray) -> tuple[FloatArray, FloatArray]:
        """Draw one position for each pair of event and draw."""
        lon, lat = np.empty(len(who)), np.empty(len(who))
        about = self.about[who]
        if about.all():
            self._about(who, draws, lon, lat)
            return lon, lat
        if about.any():
            x, y = np.empty(about.sum()), np.empty(about.sum())
            self._about(who[about], draws[about], x, y)
            lon[about], lat[about] = x, y
        for shape, mine in self._by_shape(who):
            lon[mine], lat[mine] = shape.draw(self.keys[who[mine]], draws[mine])
        return lon, lat

    def reach_km(self) -> FloatArray:
        """Give how far from its point a position can lie."""
        return self.scale_km * np.where(self.gaussian, GAUSSIAN_REACH, 1.0)

    def _about(self, who: IntArray, draws: IntArray, lon: FloatArray, lat: FloatArray) -> None:
        # Bowring's form is for short lines, and longitude runs wild at the poles.
        calm = np.abs(self.places[:, 1]) <= 80.0
        near = ((self.reach_km() <= imputing.DRAWS_ABOUT_KM) & calm)[who]
        events = (self.keys, self.places, self.scale_km, self.gaussian)
        if near.all():
            imputing.about_points(who, draws, 0, events, lon, lat)
            return
        x, y = np.empty(near.sum()), np.empty(near.sum())
        imputing.about_points(who[near], draws[near], 0, events, x, y)
        lon[near], lat[near] = x, y
        rows = who[~near]
        u = imputing.uniforms(self.keys[rows], draws[~near], 0)
        r = np.where(self.gaussian[rows], np.sqrt(-2.0 * np.log1p(-u[:, 0])), np.sqrt(u[:, 0]))
        start = self.places[rows]
        lon[~near], lat[~near], _ = _GEOD.fwd(
            start[:, 0], start[:, 1], 360.0 * u[:, 1], 1e3 * r * self.scale_km[rows]
        )

    def _by_shape(self, who: IntArray) -> Iterator[tuple[_Shape, IntArray]]:
        """Group positions by the shape of their region: many events share a province."""
        number = self.shape_of[who]
        order = np.argsort(number, kind="stable")
        found, starts = np.unique(number[order], return_index=True)
        for k, mine in zip(found, np.split(order, starts[1:]), strict=True):
            if k >= 0:
                yield self.shapes[k], mine


def draw_positions(
    kind: str, scale_km: float, shape: shapely.Geometry, draws: int, rng: np.random.Generator
) -> FloatArray:
    """Draw positions in one region."""
    one = _proposals(
        np.array([kind], dtype=object),
        np.array([scale_km], dtype=float),
        np.array([shape], dtype=object),
        rng.integers(2**64, size=1, dtype=np.uint64),
    )
    who = np.zeros(draws, dtype=np.int64)
    return np.column_stack(one.draw(who, np.arange(draws, dtype=np.uint64)))


def in_polygon(polygon: shapely.Geometry, draws: int, rng: np.random.Generator) -> FloatArray:
    """Draw positions uniform by area in a polygon of longitudes and latitudes."""
    return draw_positions("polygon", np.nan, polygon, draws, rng)


def _proposals(kinds: Any, scale_km: FloatArray, geometry: Any, keys: IntArray) -> Proposals:
    about = np.isin(kinds, _ABOUT)
    places = np.full((len(kinds), 2), np.nan)
    places[about] = shapely.get_coordinates(geometry[about])
    shapes, shape_of = _shapes_once(kinds, geometry)
    return Proposals(
        about=about,
        gaussian=np.asarray(kinds == "gaussian", dtype=bool),
        scale_km=scale_km,
        keys=keys,
        places=places,
        shapes=shapes,
        shape_of=shape_of,
    )


def _shapes_once(kinds: Any, geometry: Any) -> tuple[tuple[_Shape, ...], IntArray]:
    """Make every polygon and line ready once, and tell which is whose."""
    shape_of = np.full(len(kinds), -1, dtype=np.int64)
    shapes: list[_Shape] = []
    known: dict[tuple[str, bytes], int] = {}
    seen: dict[tuple[str, int], int] = {}  # rows share one object: its bytes are made once
    for row in np.flatnonzero(np.isin(kinds, ("polygon", "line"))):
        kind, shape = str(kinds[row]), geometry[row]
        number = seen.get((kind, id(shape)))
        if number is None:
            name = (kind, shapely.to_wkb(shape))
            if name not in known:
                known[name] = len(shapes)
                shapes.append(_Polygon.of(shape) if kind == "polygon" else _Line.of(shape))
            number = seen[kind, id(shape)] = known[name]
        shape_of[row] = number
    return tuple(shapes), shape_of


@dataclass(frozen=True, kw_only=True)
class _Polygon:
    index: Index
    cuts: FloatArray

    @classmethod
    def of(cls, polygon: shapely.Geometry) -> _Polygon:
        index = index_of([polygon])
        cuts = band_extents(index, 0)
        if polygon.is_empty or not len(cuts):
            msg = f"positions cannot be drawn in a polygon without area ({polygon.geom_type})"
            raise InvalidGeometryError(msg)
        return cls(index=index, cuts=cuts)

    def draw(self, keys: IntArray, draws: IntArray) -> tuple[FloatArray, FloatArray]:
        lon, lat = np.empty(len(keys)), np.empty(len(keys))
        if imputing.in_bands(keys, draws, self.index, self.cuts, 0, _MAX_ROUNDS, lon, lat):
            msg = "positions cannot be drawn in a polygon this thin for its extent; split it"
            raise InvalidGeometryError(msg)
        return lon, lat


@dataclass(frozen=True, kw_only=True)
class _Line:
    starts: FloatArray
    azimuth: FloatArray
    length_m: FloatArray

    @classmethod
    def of(cls, line: shapely.Geometry) -> _Line:
        starts, ends = [], []
        for part in shapely.get_parts(line):
            vertices = shapely.get_coordinates(part)
            starts.append(vertices[:-1])
            ends.append(vertices[1:])
        a, b = np.concatenate(starts), np.concatenate(ends)
        azimuth, _, length_m = _GEOD.inv(a[:, 0], a[:, 1], b[:, 0], b[:, 1])
        if not np.sum(length_m) > 0:
            msg = "positions cannot be drawn along a line without length"
            raise InvalidGeometryError(msg)
        return cls(starts=a, azimuth=azimuth, length_m=length_m)

    def draw(self, keys: IntArray, draws: IntArray) -> tuple[FloatArray, FloatArray]:
        reached = np.cumsum(self.length_m)
        along = reached[-1] * imputing.uniforms(keys, draws, 0)[:, 0]
        piece = np.minimum(np.searchsorted(reached, along, side="right"), len(reached) - 1)
        rest = along - (reached - self.length_m)[piece]
        at = self.starts[piece]
        lon, lat, _ = _GEOD.fwd(at[:, 0], at[:, 1], self.azimuth[piece], rest)
        return lon, lat
