"""Nearest piece of a polyline: for points, and for all cells of a grid.

Plain statement: the distance from a point p to a straight piece from a to
a + d is the length of p - a - t d with t = (p - a) . d / (d . d) held between 0
and 1. The nearest piece is the one with the least distance; where two are
equally near (to one part in 1e12 of the squared distance), the one with the
lower number, which is the one with the lower chainage. Everything below is that
search, made fast in two ways: points descend a tree of boxes over runs of
consecutive pieces; cells are taken tile by tile, and only the pieces that can
be nearest to some cell of the tile are looked at.

Pieces are rows ``x, y, dx, dy, 1 / (dx2 + dy2)``. The tree is a full binary one:
row 1 is the root, row i has the children 2i and 2i + 1, and the leaves, in the
last half, hold `LEAF` consecutive pieces each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba import prange

from borderzone._kernels import njit

if TYPE_CHECKING:
    from borderzone._typing import BoolArray, FloatArray, IntArray

__all__ = [
    "box_tree",
    "distance2",
    "least_distance2",
    "nearest_cells",
    "nearest_pieces",
    "onto_bisectors",
    "spaced_sites",
]

LEAF = 8
TIE = 1e-12
TILE = 64
SUBTILE = 8
STACK = 64


def box_tree(pieces: FloatArray) -> Any:
    """Put bounding boxes over runs of consecutive pieces."""
    # pieces: pieces, shape ``(n, 5)``.
    # Returns ``xmin, ymin, xmax, ymax`` of each node, shape ``(2 * leaves, 4)``; an empty node has
    # an infinite box that is nowhere near.
    count = len(pieces)
    leaves = 1
    while leaves * LEAF < count:
        leaves *= 2
    ends = np.full((leaves * LEAF, 4), [np.inf, np.inf, -np.inf, -np.inf])
    x, y, dx, dy = pieces[:, :4].T
    ends[:count, 0], ends[:count, 1] = np.minimum(x, x + dx), np.minimum(y, y + dy)
    ends[:count, 2], ends[:count, 3] = np.maximum(x, x + dx), np.maximum(y, y + dy)
    boxes = np.empty((2 * leaves, 4))
    boxes[0] = [np.inf, np.inf, -np.inf, -np.inf]
    level = np.empty((leaves, 4))
    level[:, :2] = ends[:, :2].reshape(leaves, LEAF, 2).min(axis=1)
    level[:, 2:] = ends[:, 2:].reshape(leaves, LEAF, 2).max(axis=1)
    while True:
        boxes[len(level) : 2 * len(level)] = level
        if len(level) == 1:
            return boxes
        level = np.hstack(
            [
                np.minimum(level[0::2, :2], level[1::2, :2]),
                np.maximum(level[0::2, 2:], level[1::2, 2:]),
            ]
        )


@njit(inline="always")
def _box_distance2(boxes: FloatArray, node: int, x: float, y: float) -> Any:
    dx = max(boxes[node, 0] - x, 0.0, x - boxes[node, 2])
    dy = max(boxes[node, 1] - y, 0.0, y - boxes[node, 3])
    return dx * dx + dy * dy


@njit(inline="always")
def _along(pieces: FloatArray, k: int, x: float, y: float) -> Any:
    t = ((x - pieces[k, 0]) * pieces[k, 2] + (y - pieces[k, 1]) * pieces[k, 3]) * pieces[k, 4]
    return min(max(t, 0.0), 1.0)


@njit(inline="always")
def distance2(pieces: FloatArray, k: int, x: float, y: float) -> Any:
    """Square the distance from a point to a piece."""
    # pieces: pieces, shape ``(n, 5)``.
    # k: number of the piece.
    # x, y: the point. Units: m.
    # Returns units: m2.
    t = _along(pieces, k, x, y)
    ex = x - pieces[k, 0] - t * pieces[k, 2]
    ey = y - pieces[k, 1] - t * pieces[k, 3]
    return ex * ex + ey * ey


@njit()
def least_distance2(
    pieces: FloatArray, boxes: FloatArray, x: float, y: float, labels: IntArray, without: int
) -> Any:
    """Square the distance from a point to the nearest piece of other labels."""
    # pieces, boxes: pieces and their tree.
    # x, y: the point. Units: m.
    # labels: label of each piece.
    # without: label of the pieces to leave out.
    # Returns units: m2.
    leaves = boxes.shape[0] // 2
    stack = np.empty(STACK, np.int64)
    stack[0] = 1
    top = 1
    best = np.inf
    while top > 0:
        top -= 1
        node = stack[top]
        if _box_distance2(boxes, node, x, y) >= best:
            continue
        if node >= leaves:
            first = (node - leaves) * LEAF
            for k in range(first, min(first + LEAF, pieces.shape[0])):
                if labels[k] != without:
                    best = min(best, distance2(pieces, k, x, y))
            continue
        left = _box_distance2(boxes, 2 * node, x, y)
        right = _box_distance2(boxes, 2 * node + 1, x, y)
        stack[top] = 2 * node + (left <= right)
        stack[top + 1] = 2 * node + (left > right)
        top += 2
    return best


@njit()
def _first_within(pieces: FloatArray, boxes: FloatArray, x: float, y: float, limit: float) -> int:
    """Lowest piece whose squared distance is at most the limit."""
    leaves = boxes.shape[0] // 2
    stack = np.empty(STACK, np.int64)
    stack[0] = 1
    top = 1
    while top > 0:
        top -= 1
        node = stack[top]
        if _box_distance2(boxes, node, x, y) > limit:
            continue
        if node >= leaves:
            first = (node - leaves) * LEAF
            for k in range(first, min(first + LEAF, pieces.shape[0])):
                if distance2(pieces, k, x, y) <= limit:
                    return k
            continue
        stack[top] = 2 * node + 1
        stack[top + 1] = 2 * node
        top += 2
    return -1


@njit(nogil=True)
def nearest_pieces(points: FloatArray, pieces: FloatArray, boxes: FloatArray) -> tuple[Any, Any]:
    """Find the nearest piece of each point."""
    # points: points, shape ``(n, 2)``.
    # pieces: pieces in the order of chainage, shape ``(m, 5)``.
    # boxes: their tree, from `box_tree`.
    # Returns number of the nearest piece, the lowest among equals.
    # Returns where on it the nearest point lies, from 0 to 1.
    count = points.shape[0]
    piece = np.empty(count, np.int64)
    along = np.empty(count, np.float64)
    # No label is the lowest integer, so no piece is left out.
    labels = np.zeros(pieces.shape[0], np.int64)
    for i in range(count):
        x, y = points[i, 0], points[i, 1]
        least = least_distance2(pieces, boxes, x, y, labels, -1)
        k = _first_within(pieces, boxes, x, y, least * (1.0 + TIE))
        piece[i] = k
        along[i] = _along(pieces, k, x, y)
    return piece, along


@njit()
def _candidates(
    pieces: FloatArray, boxes: FloatArray, x: float, y: float, limit: float, found: IntArray
) -> int:
    """Pieces whose squared distance is at most the limit, in rising order."""
    leaves = boxes.shape[0] // 2
    stack = np.empty(STACK, np.int64)
    stack[0] = 1
    top = 1
    count = 0
    while top > 0:
        top -= 1
        node = stack[top]
        if _box_distance2(boxes, node, x, y) > limit:
            continue
        if node >= leaves:
            first = (node - leaves) * LEAF
            for k in range(first, min(first + LEAF, pieces.shape[0])):
                if distance2(pieces, k, x, y) <= limit:
                    found[count] = k
                    count += 1
            continue
        stack[top] = 2 * node + 1
        stack[top + 1] = 2 * node
        top += 2
    return count


@njit()
def _fewer(  # noqa: PLR0913, PLR0917 - plain arrays in, no objects
    pieces: FloatArray,
    x: float,
    y: float,
    reach: float,
    wide: IntArray,
    wide_count: int,
    found: IntArray,
) -> int:
    """Those among some pieces that can be nearest within `reach` of a point."""
    least = np.inf
    for c in range(wide_count):
        least = min(least, distance2(pieces, wide[c], x, y))
    limit = (np.sqrt(least) + 2.0 * reach) ** 2 * (1.0 + TIE)
    count = 0
    for c in range(wide_count):
        if distance2(pieces, wide[c], x, y) <= limit:
            found[count] = wide[c]
            count += 1
    return count


@njit(inline="always")
def _turn(pieces: FloatArray, turns: Any, k: int, t: float, x: float, y: float) -> Any:
    """Positive left of the line: by the piece, or at its ends by the mean direction there."""
    ux, uy = pieces[k, 2], pieces[k, 3]
    px, py = pieces[k, 0], pieces[k, 1]
    if t == 0.0:
        ux, uy = turns[k, 0], turns[k, 1]
    elif t == 1.0:
        ux, uy = turns[k, 2], turns[k, 3]
        px += pieces[k, 2]
        py += pieces[k, 3]
    return ux * (y - py) - uy * (x - px)


@njit()
def _fill_cells(
    window: tuple[Any, ...],
    origin: tuple[Any, ...],
    line: tuple[Any, ...],
    found: IntArray,
    count: int,
    out: tuple[Any, ...],
) -> None:
    """Chainage, offset, side and segment of the cells of one small tile."""
    pieces, turns, km, labels, end_labels, depths = line
    chainage, offset, side, segment = out
    x0, y0, step = origin
    for row in range(window[0], window[1]):
        y = y0 - (row + 0.5) * step
        for column in range(window[2], window[3]):
            x = x0 + (column + 0.5) * step
            best, which = np.inf, found[0]
            for c in range(count):
                d2 = distance2(pieces, found[c], x, y)
                if d2 < best * (1.0 - TIE):
                    best, which = d2, found[c]
            if labels[which] == -1:
                continue
            distance = np.sqrt(best)
            t = _along(pieces, which, x, y)
            left = _turn(pieces, turns, which, t, x, y) >= 0.0
            if not distance <= (depths[which, 0] if left else depths[which, 1]):
                continue
            at_end = t == 1.0
            chainage[row, column] = (
                km[which, 2] if at_end else km[which, 0] + t * (km[which, 1] - km[which, 0])
            )
            offset[row, column] = (distance if left else -distance) / 1000.0
            side[row, column] = 1 if left else 2
            segment[row, column] = end_labels[which] if at_end else labels[which]


@njit(parallel=True)
def nearest_cells(  # noqa: PLR0915 - one hot loop
    shape: tuple[int, int],
    origin: tuple[float, float, float],
    line: tuple[Any, ...],
    boxes: FloatArray,
) -> tuple[Any, Any, Any, Any]:
    """Find chainage, offset, side and segment of every cell of a grid."""
    # shape: rows and columns.
    # origin: left edge, top edge, side of a cell. Units: m.
    # line: pieces; mean direction at the start and end of each; km at its start and end, and at its
    # end when that counts as the next one's start; its label, -1 for none; the label at its end;
    # depth left and right of it.
    # boxes: tree of the pieces, from `box_tree`.
    # Returns type float32, NaN outside; offset is positive on the left. Units: km.
    # Returns type uint8: 0 outside, 1 left, 2 right.
    # Returns type int32: label, -1 outside.
    rows, columns = shape
    chainage = np.full((rows, columns), np.nan, np.float32)
    offset = np.full((rows, columns), np.nan, np.float32)
    side = np.zeros((rows, columns), np.uint8)
    segment = np.full((rows, columns), -1, np.int32)
    out = (chainage, offset, side, segment)
    pieces, depths = line[0], line[5]
    deepest = depths.max()
    step = origin[2]
    across = (columns + TILE - 1) // TILE
    tiles = across * ((rows + TILE - 1) // TILE)
    no_labels = np.zeros(pieces.shape[0], np.int64)
    for tile in prange(tiles):
        wide = np.empty(pieces.shape[0], np.int64)
        found = np.empty(pieces.shape[0], np.int64)
        top, left = tile // across * TILE, tile % across * TILE
        bottom, right = min(top + TILE, rows), min(left + TILE, columns)
        x = origin[0] + (left + right) / 2 * step
        y = origin[1] - (top + bottom) / 2 * step
        reach = np.hypot(right - left, bottom - top) / 2 * step
        least = np.sqrt(least_distance2(pieces, boxes, x, y, no_labels, -1))
        if least - reach > deepest:
            continue
        limit = (least + 2.0 * reach) ** 2 * (1.0 + TIE)
        wide_count = _candidates(pieces, boxes, x, y, limit, wide)
        for row in range(top, bottom, SUBTILE):
            for column in range(left, right, SUBTILE):
                low, far = min(row + SUBTILE, bottom), min(column + SUBTILE, right)
                x = origin[0] + (column + far) / 2 * step
                y = origin[1] - (row + low) / 2 * step
                half = np.hypot(far - column, low - row) / 2 * step
                count = _fewer(pieces, x, y, half, wide, wide_count, found)
                _fill_cells((row, low, column, far), origin, line, found, count, out)
    return out


# Where two runs of a polyline are equally near, and the points that find out roughly.
#
# Plain statement: a run is a number of consecutive pieces; its distance is the
# least distance of its pieces (see above). The boundary between the ground of
# two runs is where their distances are equal. A point near it is moved along a
# given direction until the nearer run changes, by bisection.

BISECTED_M = 0.01


@njit(nogil=True)
def spaced_sites(
    runs: IntArray,
    insets: FloatArray,
    pieces: FloatArray,
    boxes: FloatArray,
    labels: IntArray,
    spacing: tuple[Any, ...],
) -> tuple[Any, Any]:
    """Set points along runs of pieces, the closer together the nearer another run comes."""
    # Every vertex is among them.
    # runs: first piece, piece after the last, of each run of one label, shape ``(n, 2)``.
    # insets: distance of the first and last point from the ends of each run, shape ``(n, 2)``.
    # Units: m.
    # pieces, boxes: pieces and their tree.
    # labels: label of each piece.
    # spacing: step as a share of the distance to the nearest piece of another label, shortest step,
    # longest step. Units: 1, m, m.
    # Returns points, shape ``(m, 2)``.
    # Returns number of the run of each.
    points = np.empty((64 * max(runs.shape[0], 1), 2))
    owner = np.empty(points.shape[0], np.int64)
    count = 0
    for i in range(runs.shape[0]):
        length = 0.0
        for k in range(runs[i, 0], runs[i, 1]):
            length += 1.0 / np.sqrt(pieces[k, 4])
        last = length - insets[i, 1]
        floor = min(spacing[1], length / 16.0)
        label = labels[runs[i, 0]]
        k, walked, at = runs[i, 0], 0.0, insets[i, 0]
        while True:
            step = 1.0 / np.sqrt(pieces[k, 4])
            while at >= walked + step and k < runs[i, 1] - 1:
                walked += step
                k += 1
                step = 1.0 / np.sqrt(pieces[k, 4])
            t = min((at - walked) / step, 1.0)
            x, y = pieces[k, 0] + t * pieces[k, 2], pieces[k, 1] + t * pieces[k, 3]
            if count == points.shape[0]:
                points = np.concatenate((points, np.empty_like(points)))
                owner = np.concatenate((owner, np.empty_like(owner)))
            points[count, 0], points[count, 1], owner[count] = x, y, i
            count += 1
            if at >= last:
                break
            clear = np.sqrt(least_distance2(pieces, boxes, x, y, labels, label))
            at = min(at + min(max(spacing[0] * clear, floor), spacing[2]), last)
            # Every vertex is a point: a spike can own ground that its flanks do not.
            if k < runs[i, 1] - 1:
                at = min(at, walked + step)
    return points[:count], owner[:count]


@njit(inline="always")
def _run_distance2(pieces: FloatArray, first: int, stop: int, x: float, y: float) -> Any:
    best = np.inf
    for k in range(first, stop):
        best = min(best, distance2(pieces, k, x, y))
    return best


@njit(inline="always")
def _nearer(pieces: FloatArray, a: Any, b: Any, a_wins: Any, x: float, y: float) -> Any:
    """Whether run a is nearer than run b, or as near and the winner of ties."""
    da = _run_distance2(pieces, a[0], a[1], x, y)
    db = _run_distance2(pieces, b[0], b[1], x, y)
    return da <= db * (1.0 + TIE) if a_wins else da < db * (1.0 - TIE)


@njit(nogil=True)
def onto_bisectors(  # noqa: C901, PLR0913, PLR0917 - one hot loop
    points: FloatArray,
    directions: FloatArray,
    reach: FloatArray,
    runs: IntArray,
    first_wins: BoolArray,
    pieces: FloatArray,
    tolerance: float,
) -> Any:
    """Move points onto the line where two runs of pieces are equally near."""
    # points: points near that line, shape ``(n, 2)``.
    # directions: unit vectors along which to move, shape ``(n, 2)``.
    # reach: farthest move to try, shape ``(n,)``. Units: m.
    # runs: first piece, and piece after the last, of the one run and of the other, shape ``(n,
    # 4)``.
    # first_wins: whether ground equally near to both belongs to the one, shape ``(n,)``.
    # pieces: pieces.
    # tolerance: points this near to the line stay. Units: m.
    # Returns the moved points; those with no change of the nearer run within reach stay where they
    # are.
    moved = points.copy()
    for i in range(points.shape[0]):
        x, y = points[i, 0], points[i, 1]
        dx, dy = directions[i, 0], directions[i, 1]
        a, b, wins = runs[i, :2], runs[i, 2:], first_wins[i]
        near = min(tolerance, reach[i])
        at_low = _nearer(pieces, a, b, wins, x - near * dx, y - near * dy)
        at_high = _nearer(pieces, a, b, wins, x + near * dx, y + near * dy)
        if at_low != at_high:
            continue
        # Look on both sides, farther and farther out: the nearest change is the one meant.
        low, high, found = near, near, 0.0
        while low < reach[i] and found == 0.0:
            high = min(2.0 * low, reach[i])
            for way in (1.0, -1.0):
                far = _nearer(pieces, a, b, wins, x + way * high * dx, y + way * high * dy)
                if far != at_low and found == 0.0:
                    found = way
            if found == 0.0:
                low = high
        if found == 0.0:
            continue
        while high - low > BISECTED_M:
            middle = (low + high) / 2
            x_middle, y_middle = x + found * middle * dx, y + found * middle * dy
            same = _nearer(pieces, a, b, wins, x_middle, y_middle) == at_low
            low, high = (middle, high) if same else (low, middle)
        moved[i, 0] = x + found * (low + high) / 2 * dx
        moved[i, 1] = y + found * (low + high) / 2 * dy
    return moved
