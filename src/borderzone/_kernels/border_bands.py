"""How far positions lie from a line on the ellipsoid, in bands of distance.

In words: the distance of a position from a piece of line is that in the plane about the position,
in which the ends of the piece stand at their east and north by the mid-latitude form: the radii of the ellipsoid
at the position, and the cosine of the latitude half-way. Below 100 km it is right to some metres. All draws of
an event lie in a circle about the first of them: pieces that cannot be nearest to any
point of it are left out, and where the whole circle is in one band no draw is looked at.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from borderzone._kernels import njit

__all__ = ["count_bands", "distance_km"]

_A_KM = 6378.137
_F = 1 / 298.257223563
_E2 = _F * (2 - _F)


@njit(nogil=True, error_model="numpy")
def _east_north(x: Any, y: Any, lon: Any, lat: Any, at: Any) -> Any:
    """East and north of a place from a position, with sine and cosine of the latitude and radii of the position."""
    s, c, across, along = at
    h = 0.5 * math.radians(lat - y)
    cos_mid = c * (1.0 - 0.5 * h * h) - s * (h - h * h * h / 6.0)
    turn = lon - x
    if turn > 180.0:
        turn -= 360.0
    elif turn < -180.0:
        turn += 360.0
    return across * cos_mid * math.radians(turn), along * 2.0 * h


@njit(nogil=True, error_model="numpy")
def _about(y: Any) -> Any:
    s, c = math.sin(math.radians(y)), math.cos(math.radians(y))
    w = 1.0 - _E2 * s * s
    across = _A_KM / math.sqrt(w)
    return s, c, across, across * (1.0 - _E2) / w


@njit(nogil=True, error_model="numpy")
def _apart(x: Any, y: Any, at: Any, piece: Any) -> Any:
    ax, ay = _east_north(x, y, piece[0], piece[1], at)
    bx, by = _east_north(x, y, piece[2], piece[3], at)
    dx, dy = bx - ax, by - ay
    squared = dx * dx + dy * dy
    t = 0.0
    if squared > 0.0:
        t = min(1.0, max(0.0, -(ax * dx + ay * dy) / squared))
    return math.hypot(ax + t * dx, ay + t * dy)


@njit(nogil=True, error_model="numpy")
def distance_km(x: Any, y: Any, pieces: Any, some: Any) -> Any:
    """
    Give the distance of a position from the nearest of some pieces.

    Parameters
    ----------
    x, y
        The position. Units: degrees.
    pieces
        Longitude and latitude of both ends of each, shape ``(n, 4)``. Units: degrees.
    some
        Which ones to look at.

    Returns
    -------
    float
        Units: km.
    """
    at = _about(y)
    least = np.inf
    for k in some:
        least = min(least, _apart(x, y, at, pieces[k]))
    return least


@njit(nogil=True, error_model="numpy")
def _band(distance: Any, edges: Any) -> Any:
    """Find the band of a distance, -1 for none; the last edge is open."""
    k = np.searchsorted(edges, distance, side="right") - 1
    return k if k < edges.size - 1 else -1


@njit(nogil=True, error_model="numpy")
def count_bands(lon: Any, lat: Any, pieces: Any, edges: Any, hits: Any) -> None:
    """
    Count the draws of each event by distance from a line.

    Parameters
    ----------
    lon, lat
        Positions, shape ``(events, draws)``. Units: degrees.
    pieces
        As in `distance_km`.
    edges
        Rising edges of the bands. Units: km.
    hits
        Draws of each event in each band, shape ``(events, bands)``, added to.
    """
    apart = np.empty(pieces.shape[0])
    for e in range(lon.shape[0]):
        x, y = lon[e, 0], lat[e, 0]
        at = _about(y)
        reach = 0.0
        for d in range(1, lon.shape[1]):
            east, north = _east_north(x, y, lon[e, d], lat[e, d], at)
            reach = max(reach, math.hypot(east, north))
        for k in range(pieces.shape[0]):
            apart[k] = _apart(x, y, at, pieces[k])
        # A hundredth more than the circle, for what the plane bends.
        nearest, reach = apart.min(), 1.01 * reach + 0.01
        band = _band(max(nearest - reach, 0.0), edges)
        if band == _band(nearest + reach, edges):
            if band >= 0:
                hits[e, band] += lon.shape[1]
            continue
        some = np.flatnonzero(apart <= 1.01 * (nearest + 2.0 * reach))
        for d in range(lon.shape[1]):
            band = _band(distance_km(lon[e, d], lat[e, d], pieces, some), edges)
            if band >= 0:
                hits[e, band] += 1
