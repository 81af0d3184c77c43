"""Rasters, posts and the graph by which travel times are checked."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra
from shapely import LineString, Point, box, line_locate_point
from shapely.ops import nearest_points

from borderzone.grid import Grid

if TYPE_CHECKING:
    import xarray as xr

    from borderzone._typing import FloatArray

CELL = 100.0
SIDES = [(0, 1), (1, 0), (0, -1), (-1, 0)]
DIAGONALS = [(1, 1), (1, -1), (-1, 1), (-1, -1)]
KNIGHTS = [(a, b) for a in (-2, -1, 1, 2) for b in (-2, -1, 1, 2) if abs(a) != abs(b)]


def raster(values: Any, cell: float = CELL, dtype: Any = np.float64) -> xr.DataArray:
    """Raster on a grid whose lower left corner is at the origin."""
    values = np.asarray(values, dtype=dtype)
    rows, columns = values.shape
    bounds = (0.0, 0.0, columns * cell, rows * cell)
    return Grid.covering(bounds, resolution_m=cell, crs=32637).wrap(values)


def post(dem: xr.DataArray, *cells: tuple[int, int]) -> gpd.GeoSeries:
    """Points a little off the centres of cells."""
    shift = 0.2 * abs(float(dem["x"][1] - dem["x"][0]))
    x = [float(dem["x"][column]) + shift for _, column in cells]
    y = [float(dem["y"][row]) - shift for row, _ in cells]
    return gpd.GeoSeries.from_xy(x, y, crs=32637)


def shapes(*geometries: Any) -> gpd.GeoSeries:
    """Shapes in the CRS of the rasters."""
    return gpd.GeoSeries(list(geometries), crs=32637)


def centre(dem: xr.DataArray, row: int, column: int) -> tuple[float, float]:
    """Coordinates of a cell's centre."""
    return float(dem["x"][column]), float(dem["y"][row])


def straight_road_edges(dem: xr.DataArray, line: LineString) -> list[tuple[int, int, float]]:
    """Cells that a straight line joins, one after the other, and the way between them in metres."""
    half, found = CELL / 2, []
    for row, column in np.ndindex(dem.shape):
        x, y = centre(dem, row, column)
        chord = line.intersection(box(x - half, y - half, x + half, y + half))
        if chord.length > 1e-6:
            place = line_locate_point(line, nearest_points(chord, Point(x, y))[0])
            middle = line_locate_point(line, chord.centroid)
            found.append((middle, row * dem.shape[1] + column, place))
    found.sort()
    pairs = pairwise(found)
    return [(one[1], other[1], abs(other[2] - one[2])) for one, other in pairs]


def steps_from(z: FloatArray, factor: FloatArray, neighbours: int) -> Any:
    """Every step that open ground allows: ends, and the cells passed."""
    rows, columns = z.shape
    known = np.isfinite(z) & (factor > 0)
    for row, column in np.ndindex(rows, columns):
        for down, right in SIDES + DIAGONALS + (KNIGHTS if neighbours == 16 else []):
            end = (row + down, column + right)
            if not (0 <= end[0] < rows and 0 <= end[1] < columns):
                continue
            here = (row, column)
            passed = []
            if (down, right) in KNIGHTS:
                near = (round(down / 2 - 0.01 * down), round(right / 2 - 0.01 * right))
                far = (down - near[0], right - near[1])
                passed = [(row + a, column + b) for a, b in (near, far)]
            if not all(known[cell] for cell in (here, end, *passed)):
                continue
            if (down, right) in DIAGONALS and not (known[row, end[1]] or known[end[0], column]):
                continue
            yield here, end, passed


def quickest(
    z: FloatArray,
    factor: FloatArray,
    start: int,
    neighbours: int,
    speed: Any,
    sign: int,
    *,
    knight: str = "halves",
    barred: Any = lambda _here, _end: False,
    more: Any = (),
) -> FloatArray:
    """Solve the rule of the library as a graph, with scipy; `more` are edges with hours."""
    columns = z.shape[1]
    hours: dict[tuple[int, int], float] = {}
    for here, end, passed in steps_from(z, factor, neighbours):
        if barred(here, end):
            continue
        length = CELL * np.hypot(end[0] - here[0], end[1] - here[1])
        heights = [z[here], z[end]]
        if passed and knight == "halves":
            heights.insert(1, (z[passed[0]] + z[passed[1]]) / 2)
        part = length / (len(heights) - 1)
        slow = np.mean([1 / factor[cell] for cell in (here, end, *passed)])
        speeds = [speed(sign * step / part) * 1000 for step in np.diff(heights)]
        if min(speeds) > 0:
            ends = (here[0] * columns + here[1], end[0] * columns + end[1])
            hours[ends] = sum(part / v for v in speeds) * slow
    for one, other, time in more:
        for ends in ((one, other), (other, one)):
            hours[ends] = min(time, hours.get(ends, np.inf))
    edges = np.array([(*ends, time) for ends, time in hours.items()]).reshape(-1, 3)
    graph = coo_array((edges[:, 2], edges[:, :2].T.astype(int)), shape=(z.size, z.size))
    return np.reshape(dijkstra(graph.tocsr(), indices=[start]), z.shape)
