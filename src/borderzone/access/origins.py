"""Where trips start: shapes put into the cells of a grid, and those that cannot be, counted."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from borderzone._placing import cells_inside, cells_of_points
from borderzone.access.placing import passages_of, shapes_of
from borderzone.errors import NoOverlapError

if TYPE_CHECKING:
    from borderzone._typing import FloatArray, IntArray
    from borderzone.grid import Grid

__all__ = ["Origins", "cells_of"]

_LOG = logging.getLogger("borderzone")


@dataclass(frozen=True, kw_only=True, slots=True)
class Origins:
    """
    Cells that hold an origin, and what became of every shape.

    Attributes
    ----------
    cells
        Flat index of each open cell that holds an origin, rising, each once.
    position
        For each, the position in the given table of the first origin that it holds.
    used, outside, closed
        Number of shapes in those cells, outside the grid (or empty), and on ground that is
        unknown or closed.
    index
        Labels of the given table.
    """

    cells: IntArray
    position: IntArray
    used: int
    outside: int
    closed: int
    index: Any


def cells_of(shapes: Any, grid: Grid, times: FloatArray) -> Origins:
    """Find the cells of a grid that hold a point, that a line passes, or that lie in a polygon."""
    there = shapes_of(shapes, grid, "origins", ("Point", "LineString", "Polygon"), any_crs=True)
    position, cells = _holding(there.to_numpy(), grid)
    open_there = times[cells] >= 0.0
    touching = np.unique(position)
    used = np.unique(position[open_there])
    outside, closed = len(there) - len(touching), len(touching) - len(used)
    if outside or closed:
        _LOG.info(
            "of %d origins %d lie outside the grid and %d on closed or unknown ground",
            len(there),
            outside,
            closed,
        )
    if len(used) == 0:
        msg = (
            f"none of {len(there)} origins lies on open ground of {grid!r}: {outside} are "
            f"outside it, {closed} on cells without elevation or closed by the surface or a barrier"
        )
        raise NoOverlapError(msg)
    position, cells = position[open_there], cells[open_there]
    order = np.lexsort((position, cells))
    once, first = np.unique(cells[order], return_index=True)
    return Origins(
        cells=once,
        position=position[order][first].astype(np.int32),
        used=len(used),
        outside=outside,
        closed=closed,
        index=there.index,
    )


def _holding(shapes: Any, grid: Grid) -> tuple[IntArray, IntArray]:
    """Position of each shape, and the cells that it holds."""
    positions, cells = [], []
    kind = shapely.get_dimensions(shapes)
    points, of_point = shapely.get_coordinates(shapes[kind == 0], return_index=True)
    positions.append(np.flatnonzero(kind == 0)[of_point])
    cells.append(cells_of_points(points, grid))
    lines = passages_of(shapes[kind == 1], grid)
    positions.append(np.flatnonzero(kind == 1)[lines.line])
    cells.append(lines.cell)
    for number in np.flatnonzero(kind == 2):
        inside = cells_inside(shapes[number], grid)
        middle = shapely.get_coordinates(shapely.point_on_surface(shapes[number]))
        both = np.append(inside, cells_of_points(middle, grid))
        positions.append(np.full(len(both), number))
        cells.append(both)
    position, cell = np.concatenate(positions), np.concatenate(cells)
    return position[cell >= 0], cell[cell >= 0]
