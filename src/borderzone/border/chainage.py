"""Chainage both ways: kilometre to point, and point to kilometre and offset."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from borderzone.crs import GEOD, unit_vectors
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from borderzone._typing import FloatArray
    from borderzone.border.parts import Part

__all__ = ["Locator", "point_at"]

EARTH_RADIUS_KM = 6371.0088
# A chord of the sphere and a geodesic of the ellipsoid differ by less than this share.
CHORD_SLACK = 1.02


def point_at(course: Sequence[Part], km: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give the point of a border at each chainage, along the geodesic of its edge."""
    length = course[-1].km_end
    outside = ~((km >= -1e-9) & (km <= length + 1e-9))
    if outside.any():
        msg = f"chainage must lie between 0 and {length:.3f} km, got {km[outside][0]}"
        raise InvalidParameterError(msg)
    starts = np.array([part.km_start for part in course])
    # Where one part ends and the next begins the later one has the chainage.
    which = np.clip(np.searchsorted(starts, km, side="right") - 1, 0, len(course) - 1)
    lon, lat = np.empty(len(km)), np.empty(len(km))
    for number in np.unique(which):
        here = which == number
        lon[here], lat[here] = course[number].points_at(km[here])
    return lon, lat


class Locator:
    """Finds the nearest border point of any position on the ellipsoid."""

    def __init__(self, course: Sequence[Part]) -> None:
        self._start = np.vstack([part.coords[:-1] for part in course])
        self._end = np.vstack([part.coords[1:] for part in course])
        self._km0 = np.concatenate([part.chainage_km[:-1] for part in course])
        self._km1 = np.concatenate([part.chainage_km[1:] for part in course])
        self._before, self._after = _neighbour_edges(course)
        middle = np.column_stack(_middle(self._start, self._end))
        self._tree = cKDTree(unit_vectors(*middle.T))
        # A point of an edge is no farther from its middle than half the longest edge.
        self._half = float((self._km1 - self._km0).max()) / 2 / EARTH_RADIUS_KM * CHORD_SLACK

    def locate(self, lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Give chainage and signed offset of each position."""
        where = np.column_stack([lon, lat])
        found = [self._nearest(point) for point in where]
        chainage, offset = np.array(found, dtype=float).reshape(-1, 2).T
        return chainage, offset

    def _nearest(self, point: FloatArray) -> tuple[float, float]:
        unit = unit_vectors(point[:1], point[1:])[0]
        first = self._tree.query(unit)[0]
        reach = (first * CHORD_SLACK + 2 * self._half) * CHORD_SLACK + 1e-9
        # In the order of chainage: of two edges at equal distance the first has the point.
        near = np.sort(np.array(self._tree.query_ball_point(unit, reach), dtype=int))
        # In the plane of true distance and direction from the point itself, short
        # geodesics that do not pass through it are straight to well below a metre.
        start, end = _around(point, self._start[near]), _around(point, self._end[near])
        edge = end - start
        along = np.clip(-np.sum(start * edge, axis=1) / np.sum(edge**2, axis=1), 0, 1)
        foot = start + along[:, None] * edge
        distance = np.hypot(*foot.T)
        best = int(distance.argmin())
        km = self._km0[near[best]] + along[best] * (self._km1 - self._km0)[near[best]]
        side = self._side(point, int(near[best]), float(along[best]))
        return float(km), side * float(distance[best]) / 1e3

    def _side(self, point: FloatArray, edge: int, along: float) -> float:
        """Left or right by the edge, or at a vertex by the mean direction of its two edges."""
        other = edge
        if along == 0:
            other = int(self._before[edge])
        elif along == 1:
            other = int(self._after[edge])
        vertex = _around(point, (self._start if along == 0 else self._end)[edge][None])[0]
        direction = np.zeros(2)
        for index in {edge, other}:
            pair = _around(point, np.vstack([self._start[index], self._end[index]]))
            direction += (pair[1] - pair[0]) / np.hypot(*(pair[1] - pair[0]))
        cross = direction[0] * -vertex[1] + direction[1] * vertex[0]
        return 1.0 if cross >= 0 else -1.0


def _neighbour_edges(course: Sequence[Part]) -> tuple[FloatArray, FloatArray]:
    before, after, offset = [], [], 0
    for part in course:
        count = len(part.coords) - 1
        index = np.arange(offset, offset + count)
        earlier, later = index - 1, index + 1
        earlier[0] = index[-1] if part.is_ring else index[0]
        later[-1] = index[0] if part.is_ring else index[-1]
        before.append(earlier)
        after.append(later)
        offset += count
    return np.concatenate(before), np.concatenate(after)


def _middle(start: FloatArray, end: FloatArray) -> tuple[FloatArray, FloatArray]:
    azimuth, _, length = GEOD.inv(*start.T, *end.T)
    lon, lat = start.T
    lon, lat, _ = GEOD.fwd(lon, lat, azimuth, length / 2)
    return lon, lat


def _around(point: FloatArray, coords: FloatArray) -> FloatArray:
    """Positions in metres east and north of a point, at true distance and direction."""
    lon, lat = np.broadcast_to(point, coords.shape).T
    azimuth, _, distance = GEOD.inv(lon, lat, *coords.T)
    angle = np.radians(azimuth)
    return np.column_stack([distance * np.sin(angle), distance * np.cos(angle)])
