"""Points and polygons laid on a grid: which cells they hold, by one rule for what lies on an edge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from borderzone._kernels import line_cells

if TYPE_CHECKING:
    from borderzone._typing import FloatArray, IntArray
    from borderzone.grid import Grid

__all__ = ["cells_inside", "cells_of_points", "in_cells"]


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
