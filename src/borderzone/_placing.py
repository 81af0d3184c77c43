"""Points, lines and polygons laid on a grid: which cells they hold, by one rule for what lies on an edge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from borderzone._kernels import line_cells

if TYPE_CHECKING:
    import geopandas as gpd

    from borderzone._typing import FloatArray, IntArray
    from borderzone.grid import Grid

__all__ = [
    "Passages",
    "cells_inside",
    "cells_of_points",
    "in_cells",
    "passages_of",
    "projected",
]


def in_cells(xy: FloatArray, grid: Grid) -> FloatArray:
    """Turn coordinates into columns and rows."""
    left, _, _, top = grid.bounds
    column = (xy[:, 0] - left) / grid.resolution_m - 0.5
    row = (top - xy[:, 1]) / grid.resolution_m - 0.5
    return np.column_stack([column, row])


def cells_of_points(xy: FloatArray, grid: Grid) -> IntArray:
    """Find the cells that hold points. A cell holds its west and its north edge."""
    left, _, _, top = grid.bounds
    column = np.floor((xy[:, 0] - left) / grid.resolution_m)
    row = np.floor((top - xy[:, 1]) / grid.resolution_m)
    inside = (row >= 0) & (row < grid.shape[0]) & (column >= 0) & (column < grid.shape[1])
    cells = np.full(len(xy), -1, np.int64)
    cells[inside] = (row[inside] * grid.shape[1] + column[inside]).astype(np.int64)
    return cells


def cells_inside(polygon: Any, grid: Grid) -> IntArray:
    """
    Find the cells of a polygon: those whose centre lies inside.

    A centre on the outline belongs to the polygon where that is its western or its southern edge.
    So of two polygons that share an edge one alone takes a centre on it, as an event on the edge of
    two zones lies in one of them. A polygon that is narrower than a cell may hold none: what
    must not leak through, such as a barrier, closes the steps across its outline too.
    """
    rows, columns = grid.shape
    every = [np.zeros(0, np.int64)]
    for part in shapely.get_parts(polygon):
        rings = shapely.get_rings(part)
        xy, ring = shapely.get_coordinates(rings, return_index=True)
        if not len(xy) or not np.isfinite(xy).all():  # no ground, or ground off the map
            continue
        at = in_cells(xy, grid)
        runs = np.zeros((0, 3), np.int64)
        count = line_cells.inside_runs(at, ring, rows, columns, runs)
        runs = np.zeros((count, 3), np.int64)
        line_cells.inside_runs(at, ring, rows, columns, runs)
        lengths = runs[:, 2] - runs[:, 1]
        first = np.repeat(runs[:, 0] * columns + runs[:, 1], lengths)
        along = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        every.append(first + along)
    return np.unique(np.concatenate(every))


@dataclass(frozen=True, kw_only=True, slots=True)
class Passages:
    """Passages of lines through cells of a grid, in order along each line."""

    # Position of the line in what was given.
    line: IntArray
    # Number of the part of it, counted through all lines.
    part: IntArray
    # Flat index of the cell.
    cell: IntArray
    # start, end, nearest: Way along the line where the passage begins and ends, and nearest to the
    # cell's centre. Units: cells.
    start: FloatArray
    end: FloatArray
    nearest: FloatArray
    # Column and row of that place, shape ``(n, 2)``. Units: cells.
    place: FloatArray


def passages_of(lines: Any, grid: Grid) -> Passages:
    """Follow lines through the cells of a grid."""
    lines = np.asarray(lines, dtype=object)
    left, bottom, right, top = grid.bounds
    near = shapely.box(left, bottom, right, top).buffer(2 * grid.resolution_m)
    whole = shapely.within(lines, near)
    cut = np.where(whole, lines, shapely.intersection(lines, near))
    parts, which = shapely.get_parts(cut, return_index=True)
    is_line = np.isin(shapely.get_type_id(parts), (1, 2))
    parts, which = parts[is_line], which[is_line]
    xy, part = shapely.get_coordinates(parts, return_index=True)
    at = in_cells(xy, grid)
    crossed = np.abs(np.diff(np.floor(at + 0.5), axis=0)).sum(axis=1)
    room = int(crossed.sum()) + 5 * len(at)
    found: tuple[Any, ...] = (
        *(np.empty(room, np.int64) for _ in range(3)),
        *(np.empty(room) for _ in range(5)),
    )
    count = line_cells.passages(at, part, found)
    of_part, row, column, start, end, nearest, x, y = (values[:count] for values in found)
    rows, columns = grid.shape
    inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
    return Passages(
        line=which[of_part][inside],
        part=of_part[inside],
        cell=(row * columns + column)[inside],
        start=start[inside],
        end=end[inside],
        nearest=nearest[inside],
        place=np.column_stack([x, y])[inside],
    )


def projected(polygons: gpd.GeoDataFrame, grid: Grid) -> list[Any]:
    """Project polygons into the frame of a grid, their long edges kept true."""
    # A straight edge in degrees is a curve in the grid's frame: give it vertices first.
    step = 0.02 if polygons.crs.is_geographic else 2_000.0
    return list(polygons.geometry.segmentize(step).to_crs(grid.crs))
