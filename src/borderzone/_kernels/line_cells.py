"""Lines and polygons on a raster: cells that a line passes, cells inside, steps that cross a line.

Coordinates are in cells: `x` to the right and `y` down, whole numbers at the centres of cells. A centre that
lies on a line counts as a hair to its right and below (by e and e * e, e as small as one likes), here and
everywhere below, so that every centre is on one side of every line and nothing slips through.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from borderzone._kernels import njit

if TYPE_CHECKING:
    from borderzone._typing import FloatArray, IntArray

__all__ = ["barred_steps", "inside_runs", "passages", "road_nodes", "room_for_barred"]

_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
_SHORTEST = 1e-9  # cells; shorter passages are corners that rounding has cut


@njit(inline="always", **_OPTIONS)
def _next_edge(at: float, towards: float) -> Any:
    """First edge between two columns (or rows) beyond a place; edges lie at halves."""
    if towards > 0:
        return np.floor(at + 0.5) + 0.5
    return np.ceil(at - 0.5) - 0.5


@njit(**_OPTIONS)
def passages(xy: FloatArray, line: IntArray, found: tuple[Any, ...]) -> int:  # noqa: C901, PLR0915 - one walk
    """Cut lines at the edges of the cells."""
    # xy: vertices, shape ``(n, 2)``.
    # line: number of the line of each vertex.
    # found: outputs: line, row and column of each passage through a cell; way along the line at its
    # beginning, at its end and at the place nearest to the centre; `x` and `y` of that place.
    # Returns number of passages.
    of_line, row, column, start, end, nearest, place_x, place_y = found
    count = 0
    way = 0.0
    for k in range(xy.shape[0]):
        x, y = xy[k, 0], xy[k, 1]
        begins, ends = (
            k == 0 or line[k - 1] != line[k],
            k == xy.shape[0] - 1 or line[k + 1] != line[k],
        )
        if begins:
            way = 0.0
        if begins or ends:
            # The cell that holds an end is passed though the end lies on its edge, so that lines which
            # meet there are joined.
            of_line[count] = line[k]
            row[count], column[count] = np.floor(y + 0.5), np.floor(x + 0.5)
            start[count], end[count], nearest[count] = way, way, way
            place_x[count], place_y[count] = x, y
            count += 1
        if ends:
            continue
        east, south = xy[k + 1, 0] - x, xy[k + 1, 1] - y
        length = np.hypot(east, south)
        if length <= 0.0:
            continue
        edge_x, edge_y = _next_edge(x, east), _next_edge(y, south)
        done = 0.0
        while done < 1.0:
            at_x = (edge_x - x) / east if east != 0.0 else np.inf
            at_y = (edge_y - y) / south if south != 0.0 else np.inf
            there = min(at_x, at_y, 1.0)
            if (there - done) * length > _SHORTEST:
                middle = 0.5 * (done + there)
                j, i = np.floor(x + middle * east + 0.5), np.floor(y + middle * south + 0.5)
                near = ((j - x) * east + (i - y) * south) / (length * length)
                near = min(max(near, done), there)
                of_line[count], row[count], column[count] = line[k], i, j
                start[count], end[count] = way + done * length, way + there * length
                nearest[count] = way + near * length
                place_x[count], place_y[count] = x + near * east, y + near * south
                count += 1
            done = max(done, there)
            if at_x <= there:
                edge_x += np.sign(east)
            if at_y <= there:
                edge_y += np.sign(south)
        way += length
    return count


# In words: a line that leaves a cell and soon comes back has not left it. All such visits of one
# cell by one line are one node, at the place nearest to the centre. A later return (a
# hairpin) is a node of its own.
@njit(**_OPTIONS)
def road_nodes(
    line: IntArray, cell: IntArray, start: FloatArray, end: FloatArray, soon: float, node: IntArray
) -> None:
    """Give visits of lines to cells a number."""
    # line, cell: line and flat cell of each passage, in order.
    # start, end: way along the line where the passage begins and ends. Units: cells.
    # soon: A return within that way is the same visit. Units: cells.
    # node: output: the first passage of the visit that each passage belongs to.
    for k in range(line.size):
        node[k] = k
        before = k - 1
        while before >= 0 and line[before] == line[k] and start[k] - end[before] <= soon:
            if cell[before] == cell[k]:
                node[k] = node[before]
                break
            before -= 1


# In words: a row of centres is cut where edges of the rings cross it; between a first and a second
# cut lies the inside. An edge takes its southern end and leaves its northern one, a run its western
# cut and not its eastern one. Every edge stands from south to north however its ring
# runs, so that two polygons that share it are cut in the same place, to the last bit.
@njit(**_OPTIONS)
def inside_runs(xy: FloatArray, ring: IntArray, rows: int, columns: int, runs: IntArray) -> int:
    """Find the cells whose centres lie inside a polygon."""
    # xy: vertices of its rings, closed, shape ``(n, 2)``.
    # ring: number of the ring of each vertex.
    # rows, columns: size of the raster.
    # runs: output: row, first column and first column beyond, of each run; or an array without
    # rows, to have them counted.
    # Returns number of runs.
    count = 0
    cuts = np.empty(xy.shape[0])
    first = max(0, int(np.ceil(xy[:, 1].min())))
    last = min(rows - 1, int(np.floor(xy[:, 1].max())))
    for i in range(first, last + 1):
        n = 0
        for k in range(xy.shape[0] - 1):
            if ring[k] == ring[k + 1] and (xy[k, 1] >= i) != (xy[k + 1, 1] >= i):
                low, high = (k, k + 1) if xy[k, 1] > xy[k + 1, 1] else (k + 1, k)
                part = (i - xy[low, 1]) / (xy[high, 1] - xy[low, 1])
                cuts[n] = xy[low, 0] + part * (xy[high, 0] - xy[low, 0])
                n += 1
        cuts[:n].sort()
        for k in range(0, n - 1, 2):
            left = max(0.0, np.ceil(cuts[k]))
            right = min(np.float64(columns), np.ceil(cuts[k + 1]))
            if left < right:
                if count < runs.shape[0]:
                    runs[count, 0], runs[count, 1], runs[count, 2] = i, int(left), int(right)
                count += 1
    return count


@njit(inline="always", **_OPTIONS)
def _side_of_line(ax: float, ay: float, bx: float, by: float, x: float, y: float) -> Any:
    """Whether a centre is to the one side of the line from a to b."""
    turn = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
    if turn == 0.0:
        turn = ay - by if ay != by else bx - ax
    return turn > 0.0


@njit(inline="always", **_OPTIONS)
def _side_of_step(x: float, y: float, east: float, south: float, ax: float, ay: float) -> Any:
    """Whether a vertex is to the one side of a step from a centre."""
    turn = east * (ay - y) - south * (ax - x)
    if turn == 0.0:
        turn = south if south != 0.0 else -east
    return turn > 0.0


@njit(inline="always", **_OPTIONS)
def _columns(piece: Any, i: int, columns: int) -> tuple[int, int]:
    """Columns near a piece of a line, in a row."""
    ax, ay, bx, by = piece
    low, high = 0.0, 1.0
    if ay != by:
        one, other = (i - 2.5 - ay) / (by - ay), (i + 2.5 - ay) / (by - ay)
        low, high = max(low, min(one, other)), min(high, max(one, other))
    one, other = ax + low * (bx - ax), ax + high * (bx - ax)
    left = max(0.0, np.floor(min(one, other)) - 2.0)
    right = min(columns - 1.0, np.ceil(max(one, other)) + 2.0)
    return int(left), int(right) + 1


@njit(inline="always", **_OPTIONS)
def _rows(piece: Any, rows: int) -> tuple[int, int]:
    top = max(0.0, np.floor(min(piece[1], piece[3])) - 2.0)
    bottom = min(rows - 1.0, np.ceil(max(piece[1], piece[3])) + 2.0)
    return int(top), int(bottom) + 1


@njit(**_OPTIONS)
def room_for_barred(pieces: FloatArray, rows: int, columns: int) -> int:
    """Count the cells that `barred_steps` looks at."""
    # pieces: pieces of lines, from x, y to x, y.
    # rows, columns: size of the raster.
    # Returns the number; a cell near several pieces counts for each.
    count = 0
    for k in range(pieces.shape[0]):
        piece = (pieces[k, 0], pieces[k, 1], pieces[k, 2], pieces[k, 3])
        top, bottom = _rows(piece, rows)
        for i in range(top, bottom):
            left, right = _columns(piece, i, columns)
            count += max(0, right - left)
    return count


@njit(**_OPTIONS)
def barred_steps(  # noqa: C901, PLR0913, PLR0917 - plain arrays
    pieces: FloatArray,
    steps: IntArray,
    opposite: IntArray,
    rows: int,
    columns: int,
    cells: IntArray,
    bits: IntArray,
) -> int:
    """Find the steps that cross a line."""
    # pieces: pieces of lines, from x, y to x, y.
    # steps: rows down and columns right of each step.
    # opposite: number of the step back.
    # rows, columns: size of the raster.
    # cells, bits: outputs: flat cells near the lines, some of them several times, and a bit for
    # each of their steps that crosses.
    # Returns number of cells.
    count = 0
    for k in range(pieces.shape[0]):
        piece = (pieces[k, 0], pieces[k, 1], pieces[k, 2], pieces[k, 3])
        ax, ay, bx, by = piece
        if ax == bx and ay == by:
            continue
        top, bottom = _rows(piece, rows)
        for i in range(top, bottom):
            left, right = _columns(piece, i, columns)
            for j in range(left, right):
                found = 0
                for s in range(steps.shape[0]):
                    # A step and the one back are judged alike: from the one of the lower number.
                    t, x, y = s, np.float64(j), np.float64(i)
                    if opposite[s] < s:
                        t, x, y = opposite[s], x + steps[s, 1], y + steps[s, 0]
                    east, south = np.float64(steps[t, 1]), np.float64(steps[t, 0])
                    if _side_of_line(ax, ay, bx, by, x, y) != _side_of_line(
                        ax, ay, bx, by, x + east, y + south
                    ) and _side_of_step(x, y, east, south, ax, ay) != _side_of_step(
                        x, y, east, south, bx, by
                    ):
                        found |= 1 << s
                if found:
                    cells[count], bits[count] = i * columns + j, found
                    count += 1
    return count
