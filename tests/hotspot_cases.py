"""Corridors and events that the hot-spot tests share."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

import borderzone as bz

if TYPE_CHECKING:
    import geopandas as gpd

    from borderzone._typing import FloatArray
    from borderzone.corridor import Corridor


@cache
def winding() -> Corridor:
    """Make a winding corridor of about 200 km, 20 segments, 15 km to each side."""
    t = np.linspace(0.0, 1.0, 60)
    line = shapely.LineString(np.column_stack([41 + 1.2 * t, 34 + 1.1 * t + 0.12 * np.sin(9 * t)]))
    border = bz.Border.from_line(line, names=("east", "west"))
    return bz.Corridor.around(border, depth_km=15, segment_km=10)


@cache
def ring_and_line() -> Corridor:
    """Make a border of an open line and, apart from it, a ring."""
    line = shapely.LineString([(41.0, 34.0), (41.0, 34.6)])
    turn = np.linspace(0, 2 * np.pi, 41)
    ring = np.column_stack([43 + 0.2 * np.sin(turn), 34.5 + 0.17 * np.cos(turn)])
    ring[-1] = ring[0]
    both = shapely.MultiLineString([line, shapely.LineString(ring)])
    return bz.Corridor.around(bz.Border.from_line(both), depth_km=4, segment_km=10)


def events_at(lonlat: FloatArray, **columns: Any) -> gpd.GeoDataFrame:
    """Make a table of events, exact unless told otherwise."""
    columns = {"where_prec": 1} | columns
    frame = pd.DataFrame({"lat": lonlat[:, 1], "lon": lonlat[:, 0]}).assign(**columns)
    return bz.incidents.read(frame)


def plane_in(corridor: Corridor) -> shapely.Geometry:
    """Give the outline of a corridor in its plane, in km."""
    shape = corridor.outline.to_crs(corridor.crs).iloc[0]
    return shapely.transform(shape, lambda xy: xy / 1e3)


def random_in(shape: shapely.Geometry, n: int, rng: np.random.Generator) -> FloatArray:
    """Draw positions at random in a polygon of a plane."""
    west, south, east, north = shape.bounds
    xy = np.empty((0, 2))
    while len(xy) < n:
        more = rng.random((4 * n, 2)) * [east - west, north - south] + [west, south]
        xy = np.concatenate([xy, more[shapely.contains_xy(shape, *more.T)]])
    return xy[:n]
