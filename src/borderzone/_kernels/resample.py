"""
Numbers and classes of one raster at the cells of another grid.

Plain statement. Where the centre of a cell lies among the rows and columns of the source is known exactly at every
`step`-th cell (the nodes) and taken between four nodes by bilinear interpolation. A source cell k reaches from k to
k + 1. At that point

- `cubic` is the cubic convolution of the 4 x 4 source cells around it (Keys 1981, a = -1/2); where one of them is
  unknown, the known ones of the 2 x 2 cells around it by their bilinear weights; unknown where the cell that holds
  the point is. `bilinear` is those four alone.
- `average` is the mean of the source under the cell, each source cell by the area that lies in it. The cell is a
  parallelogram among the rows and columns of the source, turned as the frames are; along an axis on which it would be
  narrower than one source cell it is widened to one.
- `majority` is the class with the largest area under the cell, the lower code where two are equal, and `share` the
  part of the known area under it that belongs to the wanted classes; `nearest` is the class that holds the point.

Nodes belong to the grid, not to the block: a cell has the same bits in whatever block it is computed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from borderzone._kernels import njit

if TYPE_CHECKING:
    from borderzone._typing import FloatArray, IntArray

__all__ = ["average", "bilinear", "cubic", "heights_of", "majority", "nearest", "share"]

_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
_WHOLE = 1.0 - 1e-6  # a cell that is known to a millionth counts as known
_SLIVER = 1e-9  # of a cell: less of it than this is rounding
_UPRIGHT = 1e-6  # source cells by which the sides of an upright cell may lean


# A block's place: first row and column of the source window, row and column of the block's first
# cell counted from the first node, and the number of cells between nodes.


@njit(inline="always", **_OPTIONS)
def _ends(nodes: FloatArray, row: int, down: float, column: int) -> Any:
    """Place on the line between four nodes where cells of a row meet it, and the way across."""
    left = nodes[row, column] + (nodes[row + 1, column] - nodes[row, column]) * down
    right = nodes[row, column + 1] + (nodes[row + 1, column + 1] - nodes[row, column + 1]) * down
    return left, right - left


@njit(inline="always", **_OPTIONS)
def _between(nodes: FloatArray, row: int, down: float, column: int, across: float) -> Any:
    """Bilinear interpolation between four nodes."""
    left, way = _ends(nodes, row, down, column)
    return left + way * across


@njit(inline="always", **_OPTIONS)
def _widened(along: float, down: float) -> Any:
    """Factor that makes a cell as wide along one axis as a source cell, where it is narrower."""
    side = np.sqrt(along * along + down * down)
    return 1.0 / side if 0.0 < side < 1.0 else 1.0


@njit(inline="always", **_OPTIONS)
def _foot(u: FloatArray, v: FloatArray, row: int, column: int, step: int) -> Any:
    """
    Shape of the cells before the next nodes: two sides that run down, one on the right of the other.

    With them the cell's width and height, its area, and whether it stands upright.
    """
    ax, ay = (
        (u[row, column + 1] - u[row, column]) / step,
        (v[row, column + 1] - v[row, column]) / step,
    )
    bx, by = (
        (u[row + 1, column] - u[row, column]) / step,
        (v[row + 1, column] - v[row, column]) / step,
    )
    along, down = _widened(ax, bx), _widened(ay, by)
    ax, bx, ay, by = ax * along, bx * along, ay * down, by * down
    upright = max(abs(ay), abs(bx)) < _UPRIGHT or max(abs(ax), abs(by)) < _UPRIGHT
    if upright:
        wide, tall = np.sqrt(ax * ax + bx * bx), np.sqrt(ay * ay + by * by)
        return 0.0, 0.0, 0.0, 0.0, wide, tall, wide * tall, upright
    if ay < 0.0:
        ax, ay = -ax, -ay
    if by < 0.0:
        bx, by = -bx, -by
    cross = ax * by - ay * bx
    if cross < 0.0:
        ax, ay, bx, by = bx, by, ax, ay
    return ax, ay, bx, by, abs(ax) + abs(bx), ay + by, abs(cross), upright


@njit(inline="always", **_OPTIONS)
def _at(u: FloatArray, v: FloatArray, place: tuple[Any, ...], i: int, j: int) -> Any:
    """Column and row of the source at the centre of a cell, and the node before it."""
    _, _, top, left, step = place
    r, down = (top + i) // step, ((top + i) % step) / step
    c, across = (left + j) // step, ((left + j) % step) / step
    return _between(u, r, down, c, across), _between(v, r, down, c, across), r, c


@njit(inline="always", **_OPTIONS)
def _span(centre: float, side: float, first: int, length: int) -> Any:
    """Give the ends of a box along one axis, and the cells of the window that it touches."""
    low, high = centre - 0.5 * side, centre + 0.5 * side
    start = max(low, np.float64(first))
    stop = min(high, np.float64(first + length))
    if not start < stop:  # not finite, or beside the window
        return low, high, first, first
    return low, high, int(np.floor(start)), int(np.ceil(stop))


@njit(inline="always", **_OPTIONS)
def _cut(low: float, high: float, cell: int) -> Any:
    """Part of a source cell that lies between two places on its axis."""
    return min(cell + 1.0, high) - max(np.float64(cell), low)


@njit(inline="always", **_OPTIONS)
def _under(
    w: FloatArray, x: float, low: float, high: float, side: tuple[float, ...], sign: float
) -> Any:
    """
    Add to each cell of a source row how much of it lies left of a side, between two heights.

    `side` is where it starts and how far it runs; `x` is where cells are counted from.
    """
    start_x, start_y, run, fall = side
    top, bottom = max(start_y, low), min(start_y + fall, high)
    if not top < bottom:
        return
    lean = run / fall
    a = start_x - x + (top - start_y) * lean
    b = a + (bottom - top) * lean
    if b < a:
        a, b = b, a
    tall, way = (bottom - top) * sign, b - a
    for q in range(w.shape[0]):
        if q >= b:
            break
        if q + 1 <= a:
            w[q] += tall
        elif way < 1e-12:
            w[q] += tall * (0.5 * (a + b) - q)
        else:
            start, stop = max(a, np.float64(q)), min(b, q + 1.0)
            w[q] += tall * ((b - stop) + (stop - start) * (0.5 * (start + stop) - q)) / way


@njit(**_OPTIONS)
def _row_of(w: FloatArray, row: int, x: float, y: float, foot: tuple[Any, ...], first: int) -> None:
    """Area of each cell of a source row under a cell around a point, from a first column on."""
    rx, ry, lx, ly, wide, tall, _, upright = foot
    if upright:
        down = max(0.0, _cut(y - 0.5 * tall, y + 0.5 * tall, row))
        for q in range(w.shape[0]):
            w[q] = down * max(0.0, _cut(x - 0.5 * wide, x + 0.5 * wide, first + q))
        return
    w[:] = 0.0
    low, high = np.float64(row), row + 1.0
    top, left = y - 0.5 * (ry + ly), x - 0.5 * (rx + lx)
    _under(w, first, low, high, (left, top, rx, ry), 1.0)
    _under(w, first, low, high, (left + rx, top + ry, lx, ly), 1.0)
    _under(w, first, low, high, (left, top, lx, ly), -1.0)
    _under(w, first, low, high, (left + lx, top + ly, rx, ry), -1.0)


@njit(inline="always", **_OPTIONS)
def _reach(z: FloatArray, place: tuple[Any, ...], x: float, y: float, foot: tuple[Any, ...]) -> Any:
    """First and last source column and row, the last ones exclusive, that a cell touches."""
    _, _, first, last = _span(x, foot[4], place[1], z.shape[1])
    _, _, upper, lower = _span(y, foot[5], place[0], z.shape[0])
    return first, last, upper, lower


@njit(inline="always", **_OPTIONS)
def _part(weight: float, area: float) -> Any:
    """Share of a box that is known."""
    part = weight / area
    return 1.0 if part > _WHOLE else part


@njit(**_OPTIONS)
def _bilinear_of_known(z: FloatArray, row: int, column: int, down: float, across: float) -> Any:
    total, weight = 0.0, 0.0
    for p in range(2):
        for q in range(2):
            height = np.float64(z[row + p, column + q])
            if height == height:  # noqa: PLR0124 - NaN differs from itself
                part = (down if p else 1.0 - down) * (across if q else 1.0 - across)
                total += part * height
                weight += part
    return total / weight


@njit(inline="always", **_OPTIONS)
def _keys(t: float) -> Any:
    """Weights of cubic convolution for the four cells around a point."""
    return (
        t * (-0.5 + t * (1.0 - 0.5 * t)),
        1.0 + t * t * (-2.5 + 1.5 * t),
        t * (0.5 + t * (2.0 - 1.5 * t)),
        t * t * (-0.5 + 0.5 * t),
    )


@njit(**_OPTIONS)
def _cubic_at(z: FloatArray, row0: int, col0: int, x: float, y: float) -> Any:
    """Height at a point whose own source cell is known."""
    left, upper = np.floor(x - 0.5), np.floor(y - 0.5)
    t, s = x - 0.5 - left, y - 0.5 - upper
    row, column = int(upper) - row0, int(left) - col0
    a, b, c, d = _keys(t)
    total, p = 0.0, -1
    for weight in _keys(s):
        line = z[row + p]
        total += weight * (
            a * line[column - 1] + b * line[column] + c * line[column + 1] + d * line[column + 2]
        )
        p += 1
    if total == total:  # noqa: PLR0124 - NaN differs from itself
        return total
    return _bilinear_of_known(z, row, column, s, t)


@njit(**_OPTIONS)
def cubic(
    z: FloatArray,
    u: FloatArray,
    v: FloatArray,
    place: tuple[Any, ...],
    out: FloatArray,
    known: FloatArray,
) -> None:
    """Cubic convolution at the centre of each cell."""
    # z: source heights with NaN, two cells wider on each side than where heights are known.
    # u, v: columns and rows of the nodes in the source.
    # place: five whole numbers: first row and column of `z` in the source, row and column of the
    # block's first cell counted from the first node, cells between nodes.
    # out: output heights, float32.
    # known: output: 1 where the cell is known, 0 where not, float32.
    row0, col0, top, before, step = place
    right, bottom = col0 + z.shape[1] - 2, row0 + z.shape[0] - 2
    for i in range(out.shape[0]):
        heights, parts = out[i], known[i]
        r, down = (top + i) // step, ((top + i) % step) / step
        for j in range(out.shape[1]):
            c, across = (before + j) // step, ((before + j) % step) / step
            x, y = _between(u, r, down, c, across), _between(v, r, down, c, across)
            heights[j], parts[j] = np.nan, 0.0
            if col0 + 2 <= x < right and row0 + 2 <= y < bottom:
                here = z[int(np.floor(y)) - row0, int(np.floor(x)) - col0]
                if here == here:  # noqa: PLR0124 - NaN differs from itself
                    heights[j], parts[j] = _cubic_at(z, row0, col0, x, y), 1.0


@njit(**_OPTIONS)
def bilinear(
    z: FloatArray,
    u: FloatArray,
    v: FloatArray,
    place: tuple[Any, ...],
    out: FloatArray,
    known: FloatArray,
) -> None:
    """Mean of the four source cells around the centre of each cell, by their nearness."""
    # z: source heights with NaN, two cells wider on each side than where heights are known.
    # u, v, place, out, known: as for `cubic`.
    row0, col0 = place[0], place[1]
    right, bottom = col0 + z.shape[1] - 2, row0 + z.shape[0] - 2
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            x, y, _, _ = _at(u, v, place, i, j)
            out[i, j], known[i, j] = np.nan, 0.0
            if col0 + 2 <= x < right and row0 + 2 <= y < bottom:
                here = z[int(np.floor(y)) - row0, int(np.floor(x)) - col0]
                if here == here:  # noqa: PLR0124 - NaN differs from itself
                    left, upper = np.floor(x - 0.5), np.floor(y - 0.5)
                    out[i, j] = _bilinear_of_known(
                        z, int(upper) - row0, int(left) - col0, y - 0.5 - upper, x - 0.5 - left
                    )
                    known[i, j] = 1.0


@njit(**_OPTIONS)
def average(
    z: FloatArray,
    u: FloatArray,
    v: FloatArray,
    place: tuple[Any, ...],
    out: FloatArray,
    known: FloatArray,
) -> None:
    """Mean of the source under each cell."""
    # z, u, v, place, out: as for `cubic`.
    # known: output share of the cell that is known, float32.
    _, _, top, before, step = place
    areas = np.empty(z.shape[1])
    for i in range(out.shape[0]):
        heights, parts = out[i], known[i]
        r, down = (top + i) // step, ((top + i) % step) / step
        j = 0
        while j < out.shape[1]:
            # Cells before the next node have the same shape, along one line.
            c, k = (before + j) // step, (before + j) % step
            x0, dx = _ends(u, r, down, c)
            y0, dy = _ends(v, r, down, c)
            foot = _foot(u, v, r, c, step)
            stop = min(out.shape[1], j + step - k)
            while j < stop:
                x, y = x0 + dx * (k / step), y0 + dy * (k / step)
                if foot[7]:
                    heights[j], parts[j] = _mean(z, place, x, y, foot[4], foot[5])
                else:
                    heights[j], parts[j] = _mean_turned(z, place, x, y, foot, areas)
                j, k = j + 1, k + 1


@njit(**_OPTIONS)
def _mean_turned(
    z: FloatArray,
    place: tuple[Any, ...],
    x: float,
    y: float,
    foot: tuple[Any, ...],
    areas: FloatArray,
) -> Any:
    """Mean under one cell that does not stand upright, and the share of it that is known."""
    first, last, upper, lower = _reach(z, place, x, y, foot)
    total, weight = 0.0, 0.0
    if first == last:
        return np.nan, 0.0
    w = areas[: last - first]
    for p in range(upper, lower):
        _row_of(w, p, x, y, foot, first)
        line = z[p - place[0], first - place[1] : last - place[1]]
        for q in range(w.shape[0]):
            height = np.float64(line[q])
            if height == height:  # noqa: PLR0124 - NaN differs from itself
                total += w[q] * height
                weight += w[q]
    if not weight > _SLIVER * foot[6]:
        return np.nan, 0.0
    return total / weight, _part(weight, foot[6])


@njit(inline="always", **_OPTIONS)
def _mean(
    z: FloatArray, place: tuple[Any, ...], x: float, y: float, wide: float, tall: float
) -> Any:
    """Mean under one upright cell, and the share of it that is known."""
    x0, x1, first, last = _span(x, wide, place[1], z.shape[1])
    y0, y1, upper, lower = _span(y, tall, place[0], z.shape[0])
    if first == last or upper == lower:
        return np.nan, 0.0
    head, tail = _cut(x0, x1, first), _cut(x0, x1, last - 1)
    left, right, total = first - place[1], last - place[1] - 1, 0.0
    for p in range(upper, lower):
        line = z[p - place[0]]
        across = head * line[left]
        if right > left:
            across += tail * line[right]
            for q in range(left + 1, right):
                across += line[q]
        total += _cut(y0, y1, p) * across
    if total == total:  # noqa: PLR0124 - all of it is known
        weight = (min(x1, last) - max(x0, first)) * (min(y1, lower) - max(y0, upper))
        return total / weight, _part(weight, wide * tall)
    return _mean_of_known(z, place, (x0, x1, first, last), (y0, y1, upper, lower), wide * tall)


@njit(**_OPTIONS)
def _mean_of_known(
    z: FloatArray, place: tuple[Any, ...], xs: tuple[Any, ...], ys: tuple[Any, ...], area: float
) -> Any:
    """Do the same where some of it is unknown."""
    total, weight = 0.0, 0.0
    for p in range(ys[2], ys[3]):
        line, tall = z[p - place[0]], _cut(ys[0], ys[1], p)
        for q in range(xs[2], xs[3]):
            height = np.float64(line[q - place[1]])
            if height == height:  # noqa: PLR0124 - NaN differs from itself
                part = tall * _cut(xs[0], xs[1], q)
                total += part * height
                weight += part
    return (total / weight, _part(weight, area)) if weight > 0.0 else (np.nan, 0.0)


@njit(**_OPTIONS)
def _largest(areas: FloatArray, met: IntArray, count: int) -> Any:
    """Class with the largest area among those met, and the area of all; areas go back to 0."""
    best, total = met[0], 0.0
    for k in range(count):
        code = met[k]
        total += areas[code]
        lead = areas[code] - areas[best]
        # Areas that differ by rounding alone are equal.
        if lead > 1e-9 or (lead > -1e-9 and code < best):
            best = code
    for k in range(count):
        areas[met[k]] = 0.0
    return best, total


@njit(**_OPTIONS)
def majority(  # noqa: PLR0913, PLR0917 - plain arrays
    z: IntArray,
    u: FloatArray,
    v: FloatArray,
    place: tuple[Any, ...],
    codes: int,
    empty: int,
    out: IntArray,
    known: FloatArray,
) -> None:
    """Class with the largest area under each cell."""
    # z: source classes, whole numbers from 0.
    # u, v, place: as for `cubic`.
    # codes: one more than the highest code.
    # empty: code of no data, which may lie outside of them.
    # out: output classes, of the same type.
    # known: output share of the cell that is known, float32.
    areas, met, row = np.zeros(codes), np.zeros(codes, np.int64), np.empty(z.shape[1])
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            x, y, r, c = _at(u, v, place, i, j)
            foot = _foot(u, v, r, c, place[4])
            first, last, upper, lower = _reach(z, place, x, y, foot)
            count, w = 0, row[: last - first]
            for p in range(upper, lower):
                _row_of(w, p, x, y, foot, first)
                for q in range(w.shape[0]):
                    code = z[p - place[0], first + q - place[1]]
                    if code != empty and w[q] > _SLIVER * foot[6]:
                        if areas[code] == 0.0:
                            met[count] = code
                            count += 1
                        areas[code] += w[q]
            out[i, j], known[i, j] = empty, 0.0
            if count > 0:
                best, total = _largest(areas, met, count)
                out[i, j], known[i, j] = best, _part(total, foot[6])


@njit(**_OPTIONS)
def share(  # noqa: PLR0913, PLR0917 - plain arrays
    z: Any,
    u: FloatArray,
    v: FloatArray,
    place: tuple[Any, ...],
    wanted: Any,
    out: Any,
    known: FloatArray,
) -> None:
    """Share of the wanted classes under each cell."""
    # z, u, v, place: as for `majority`.
    # wanted: for each code 1 where wanted, 0 where not, -1 where it is no data.
    # out: output share of the known area, float32.
    # known: output share of the cell that is known, float32.
    row = np.empty(z.shape[1])
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            x, y, r, c = _at(u, v, place, i, j)
            foot = _foot(u, v, r, c, place[4])
            first, last, upper, lower = _reach(z, place, x, y, foot)
            total, weight, w = 0.0, 0.0, row[: last - first]
            for p in range(upper, lower):
                _row_of(w, p, x, y, foot, first)
                for q in range(w.shape[0]):
                    kind = wanted[z[p - place[0], first + q - place[1]]]
                    if kind >= 0 and w[q] > _SLIVER * foot[6]:
                        total += w[q] * kind
                        weight += w[q]
            out[i, j], known[i, j] = np.nan, 0.0
            if weight > 0.0:
                out[i, j], known[i, j] = total / weight, _part(weight, foot[6])


@njit(**_OPTIONS)
def nearest(  # noqa: PLR0913, PLR0917 - plain arrays
    z: FloatArray | IntArray,
    u: FloatArray,
    v: FloatArray,
    place: tuple[Any, ...],
    empty: int,
    out: FloatArray | IntArray,
    known: FloatArray,
) -> None:
    """Class of the source cell that holds the centre of each cell."""
    # z, u, v, place, empty, out: as for `majority`.
    # known: output: 1 where there is a class, 0 where there is none, float32.
    row0, col0 = place[0], place[1]
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            x, y, _, _ = _at(u, v, place, i, j)
            out[i, j], known[i, j] = empty, 0.0
            if col0 <= x < col0 + z.shape[1] and row0 <= y < row0 + z.shape[0]:
                code = z[int(np.floor(y)) - row0, int(np.floor(x)) - col0]
                if code != empty:
                    out[i, j], known[i, j] = code, 1.0


@njit(**_OPTIONS)
def heights_of(raw: FloatArray | IntArray, void: float, out: FloatArray) -> Any:
    """Turn stored numbers into heights with NaN for no data, and say what they span."""
    # raw: numbers as stored.
    # void: the number that stands for no data; NaN for none.
    # out: output heights, float32.
    # Returns lowest and highest finite height, and how many are infinite.
    low, high, infinite = np.inf, -np.inf, 0
    for i in range(raw.shape[0]):
        for j in range(raw.shape[1]):
            height = np.float64(raw[i, j])
            if height == void or height != height:  # noqa: PLR0124 - NaN differs from itself
                out[i, j] = np.nan
                continue
            out[i, j] = height
            if np.isinf(height):
                infinite += 1
            else:
                low, high = min(low, height), max(high, height)
    return low, high, infinite
