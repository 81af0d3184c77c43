"""Barriers that steps cannot cross, and the crossings through them."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from borderzone._guards import check_positive
from borderzone._kernels import line_cells
from borderzone._placing import cells_inside, in_cells
from borderzone.access.odd_cells import BarredSteps
from borderzone.access.placing import shapes_of
from borderzone.access.steps import OPPOSITE, STEPS

if TYPE_CHECKING:
    from borderzone._typing import FloatArray, IntArray
    from borderzone.grid import Grid

__all__ = ["Barred", "barred_by"]

_LOG = logging.getLogger("borderzone")
_PIECES_AT_ONCE = 100_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Barred:
    """
    What barriers close.

    Attributes
    ----------
    steps
        Steps that cross a barrier.
    closed
        Flat index of the cells whose centres lie inside a polygon.
    idle
        Number of crossings that touch no barrier.
    """

    steps: BarredSteps
    closed: IntArray
    idle: int

    def close(self, times: FloatArray) -> None:
        """Close the cells inside polygons."""
        times[self.closed] = -1.0


def barred_by(barriers: Any, crossings: Any, width_m: float | None, grid: Grid) -> Barred | None:
    """
    Lay barriers on a grid, with the gaps that crossings make.

    A crossing cuts a gap of its width into the barriers. A point is first moved to the nearest
    barrier within that width. On straight barriers a gap of one cell always opens a step.
    """
    width = (
        grid.resolution_m if width_m is None else check_positive(width_m, "crossing_width_m", "m")
    )
    if barriers is None:
        return None
    shapes = _given(shapes_of(barriers, grid, "barriers", ("LineString", "Polygon")))
    idle = 0
    if crossings is not None:
        kinds = ("Point", "LineString", "Polygon")
        gaps = _given(shapes_of(crossings, grid, "crossings", kinds))
        shapes, idle = _with_gaps(shapes, gaps, max(width, grid.resolution_m))
    lines = np.concatenate([
        shapes[shapely.get_dimensions(shapes) == 1],
        shapely.boundary(shapes[shapely.get_dimensions(shapes) == 2]),
    ])  # fmt: skip
    inside = [cells_inside(shape, grid) for shape in shapes[shapely.get_dimensions(shapes) == 2]]
    return Barred(
        steps=_steps_across(lines, grid),
        closed=np.unique(np.concatenate([np.zeros(0, np.int64), *inside])),
        idle=idle,
    )


def _given(shapes: Any) -> Any:
    values = shapes.to_numpy()
    return values[~(shapely.is_missing(values) | shapely.is_empty(values))]


def _with_gaps(shapes: Any, gaps: Any, width: float) -> tuple[Any, int]:
    """Cut crossings out of barriers, and count those that touch none."""
    tree = shapely.STRtree(shapes)
    at = gaps.copy()
    for number in np.flatnonzero(shapely.get_dimensions(gaps) == 0):
        at[number] = shapely.multipoints(
            [_moved(point, shapes, tree, width) for point in shapely.get_parts(gaps[number])]
        )
    flat = shapely.get_dimensions(at) < 2
    areas = np.where(flat, shapely.buffer(at, width / 2, quad_segs=16), at)
    of_area, of_shape = tree.query(areas, predicate="intersects")
    idle = len(areas) - len(np.unique(of_area))
    if idle:
        _LOG.warning("%d of %d crossings touch no barrier and open nothing", idle, len(areas))
    cut = shapes.copy()
    for number in np.unique(of_shape):
        mine = shapely.union_all(areas[of_area[of_shape == number]])
        cut[number] = shapely.difference(shapes[number], mine)
    return cut[~shapely.is_empty(cut)], idle


def _moved(point: Any, shapes: Any, tree: Any, width: float) -> Any:
    """Nearest place of a barrier, if one is within the width."""
    near = tree.query_nearest(point, max_distance=width, all_matches=False)
    if len(near) == 0:
        return point
    line = shapely.shortest_line(point, shapes[near[0]])
    return shapely.get_point(line, 1)


def _steps_across(lines: Any, grid: Grid) -> BarredSteps:
    """Find the steps, from centre to centre, that cross lines."""
    rows, columns = grid.shape
    left, bottom, right, top = grid.bounds
    margin = 3 * grid.resolution_m
    near = shapely.box(left - margin, bottom - margin, right + margin, top + margin)
    parts = shapely.get_parts(lines[shapely.intersects(lines, near)])
    xy, line = shapely.get_coordinates(parts, return_index=True)
    at = in_cells(xy, grid)
    follows = line[1:] == line[:-1]
    pieces = np.hstack([at[:-1], at[1:]])[follows]
    found = []
    for first in range(0, len(pieces), _PIECES_AT_ONCE):
        some = np.ascontiguousarray(pieces[first : first + _PIECES_AT_ONCE])
        room = line_cells.room_for_barred(some, rows, columns)
        cells, bits = np.empty(room, np.int64), np.empty(room, np.uint16)
        count = line_cells.barred_steps(some, STEPS, OPPOSITE, rows, columns, cells, bits)
        joined = BarredSteps.joined((cells[:count], bits[:count]))
        found.append((joined.cells, joined.bits))
    return BarredSteps.joined(*found)
