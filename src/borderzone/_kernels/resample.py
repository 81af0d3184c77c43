"""
Heights and classes of one raster at the cells of another grid.

Plain statement. Where the centre of a cell lies among the rows and columns of the source is known exactly at every
`step`-th cell (the nodes) and taken between four nodes by bilinear interpolation. A source cell k reaches from k to
k + 1. At that point

- `cubic` is the cubic convolution of the 4 x 4 source cells around it (Keys 1981, a = -1/2); where one of them is
  unknown, the known ones of the 2 x 2 cells around it by their bilinear weights; unknown where the cell that holds
  the point is.
- `average` is the mean of the source under a box around it, each source cell by the area that lies in the box. The box
  has the sides of the source's rows and columns, and the area and the spread along each that the cell has:
  width^2 = (du/di)^2 + (du/dj)^2, and never less than one source cell.
- `majority` is the class with the largest area in that box, the lower code where two are equal, and `share` the
  part of the box's known area that belongs to the wanted classes; `nearest` is the class that holds the point.

Nodes belong to the grid, not to the block: a cell has the same bits in whatever block it is computed.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from borderzone._kernels import njit

__all__ = ["average", "cubic", "heights_of", "majority", "nearest", "share"]

_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
_WHOLE = 1.0 - 1e-6  # a box that is known to a millionth counts as known
_SLIVER = 1e-9  # of a box: less of it than this is rounding


# A block's place: first row and column of the source window, row and column of the block's first
# cell counted from the first node, and the number of cells between nodes.


@njit(inline="always", **_OPTIONS)
def _ends(nodes: Any, row: int, down: float, column: int) -> Any:
    """Place on the line between four nodes where cells of a row meet it, and the way across."""
    left = nodes[row, column] + (nodes[row + 1, column] - nodes[row, column]) * down
    right = nodes[row, column + 1] + (nodes[row + 1, column + 1] - nodes[row, column + 1]) * down
    return left, right - left


@njit(inline="always", **_OPTIONS)
def _between(nodes: Any, row: int, down: float, column: int, across: float) -> Any:
    """Bilinear interpolation between four nodes."""
    left, way = _ends(nodes, row, down, column)
    return left + way * across


@njit(inline="always", **_OPTIONS)
def _side(nodes: Any, row: int, column: int, step: int) -> Any:
    """Side of the box along one axis of the source, in source cells."""
    down = (nodes[row + 1, column] - nodes[row, column]) / step
    across = (nodes[row, column + 1] - nodes[row, column]) / step
    return max(1.0, np.sqrt(down * down + across * across))


@njit(inline="always", **_OPTIONS)
def _at(u: Any, v: Any, place: Any, i: int, j: int) -> Any:
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


@njit(**_OPTIONS)
def _box(z: Any, u: Any, v: Any, place: Any, i: int, j: int) -> Any:
    """Box of a cell: its ends and source cells along both axes, and its area."""
    x, y, r, c = _at(u, v, place, i, j)
    wide, tall = _side(u, r, c, place[4]), _side(v, r, c, place[4])
    x0, x1, first, last = _span(x, wide, place[1], z.shape[1])
    y0, y1, upper, lower = _span(y, tall, place[0], z.shape[0])
    return x0, x1, first, last, y0, y1, upper, lower, wide * tall


@njit(inline="always", **_OPTIONS)
def _part(weight: float, area: float) -> Any:
    """Share of a box that is known."""
    part = weight / area
    return 1.0 if part > _WHOLE else part


@njit(**_OPTIONS)
def _bilinear_of_known(z: Any, row: int, column: int, down: float, across: float) -> Any:
    total, weight = 0.0, 0.0
    for p in range(2):
        for q in range(2):
            height = np.float64(z[row + p, column + q])
            if height == height:  # noqa: PLR0124 (NaN differs from itself)
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
def _cubic_at(z: Any, row0: int, col0: int, x: float, y: float) -> Any:
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
    if total == total:  # noqa: PLR0124
        return total
    return _bilinear_of_known(z, row, column, s, t)


@njit(**_OPTIONS)
def cubic(z: Any, u: Any, v: Any, place: Any, out: Any, known: Any) -> None:
    """
    Cubic convolution at the centre of each cell.

    Parameters
    ----------
    z
        Source heights with NaN, two cells wider on each side than where heights are known.
    u, v
        Columns and rows of the nodes in the source.
    place
        Five whole numbers: first row and column of `z` in the source, row and column of the
        block's first cell counted from the first node, cells between nodes.
    out
        Output heights, float32.
    known
        Output: 1 where the cell is known, 0 where not, float32.
    """
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
                if here == here:  # noqa: PLR0124
                    heights[j], parts[j] = _cubic_at(z, row0, col0, x, y), 1.0


@njit(**_OPTIONS)
def average(z: Any, u: Any, v: Any, place: Any, out: Any, known: Any) -> None:
    """
    Mean of the source in a box around the centre of each cell.

    Parameters
    ----------
    z, u, v, place, out
        As for `cubic`.
    known
        Output share of the box that is known, float32.
    """
    _, _, top, before, step = place
    for i in range(out.shape[0]):
        heights, parts = out[i], known[i]
        r, down = (top + i) // step, ((top + i) % step) / step
        j = 0
        while j < out.shape[1]:
            # Cells before the next node have the same box, along one line.
            c, k = (before + j) // step, (before + j) % step
            x0, dx = _ends(u, r, down, c)
            y0, dy = _ends(v, r, down, c)
            wide, tall = _side(u, r, c, step), _side(v, r, c, step)
            stop = min(out.shape[1], j + step - k)
            while j < stop:
                across = k / step
                heights[j], parts[j] = _mean(
                    z, place, x0 + dx * across, y0 + dy * across, wide, tall
                )
                j, k = j + 1, k + 1


@njit(inline="always", **_OPTIONS)
def _mean(z: Any, place: Any, x: float, y: float, wide: float, tall: float) -> Any:
    """Mean in one box, and the share of it that is known."""
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
    if total == total:  # noqa: PLR0124 (all of it is known)
        weight = (min(x1, last) - max(x0, first)) * (min(y1, lower) - max(y0, upper))
        return total / weight, _part(weight, wide * tall)
    return _mean_of_known(z, place, (x0, x1, first, last), (y0, y1, upper, lower), wide * tall)


@njit(**_OPTIONS)
def _mean_of_known(z: Any, place: Any, xs: Any, ys: Any, area: float) -> Any:
    """Do the same where some of it is unknown."""
    total, weight = 0.0, 0.0
    for p in range(ys[2], ys[3]):
        line, tall = z[p - place[0]], _cut(ys[0], ys[1], p)
        for q in range(xs[2], xs[3]):
            height = np.float64(line[q - place[1]])
            if height == height:  # noqa: PLR0124
                part = tall * _cut(xs[0], xs[1], q)
                total += part * height
                weight += part
    return (total / weight, _part(weight, area)) if weight > 0.0 else (np.nan, 0.0)


@njit(**_OPTIONS)
def _largest(areas: Any, met: Any, count: int) -> Any:
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
def majority(  # noqa: PLR0913, PLR0917 (plain arrays)
    z: Any, u: Any, v: Any, place: Any, empty: int, out: Any, known: Any
) -> None:
    """
    Class with the largest area in a box around the centre of each cell.

    Parameters
    ----------
    z
        Source classes, uint8.
    u, v, place
        As for `cubic`.
    empty
        Code of no data.
    out
        Output classes, uint8.
    known
        Output share of the box that is known, float32.
    """
    areas, met = np.zeros(256), np.zeros(256, np.int64)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            x0, x1, first, last, y0, y1, upper, lower, area = _box(z, u, v, place, i, j)
            count = 0
            for p in range(upper, lower):
                line, tall = z[p - place[0]], _cut(y0, y1, p)
                for q in range(first, last):
                    code, part = line[q - place[1]], tall * _cut(x0, x1, q)
                    if code != empty and part > 0.0:
                        if areas[code] == 0.0:
                            met[count] = code
                            count += 1
                        areas[code] += part
            out[i, j], known[i, j] = empty, 0.0
            best, total = _largest(areas, met, count)
            if total > area * _SLIVER:
                out[i, j], known[i, j] = best, _part(total, area)


@njit(**_OPTIONS)
def share(  # noqa: PLR0913, PLR0917 (plain arrays)
    z: Any, u: Any, v: Any, place: Any, wanted: Any, out: Any, known: Any
) -> None:
    """
    Share of the wanted classes in a box around the centre of each cell.

    Parameters
    ----------
    z, u, v, place
        As for `majority`.
    wanted
        For each of the 256 codes 1 where wanted, 0 where not, -1 where it is no data.
    out
        Output share of the known area, float32.
    known
        Output share of the box that is known, float32.
    """
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            x0, x1, first, last, y0, y1, upper, lower, area = _box(z, u, v, place, i, j)
            total, weight = 0.0, 0.0
            for p in range(upper, lower):
                line, tall = z[p - place[0]], _cut(y0, y1, p)
                for q in range(first, last):
                    kind = wanted[line[q - place[1]]]
                    if kind >= 0:
                        part = tall * _cut(x0, x1, q)
                        total += part * kind
                        weight += part
            out[i, j], known[i, j] = np.nan, 0.0
            if weight > area * _SLIVER:
                out[i, j], known[i, j] = total / weight, _part(weight, area)


@njit(**_OPTIONS)
def nearest(  # noqa: PLR0913, PLR0917 (plain arrays)
    z: Any, u: Any, v: Any, place: Any, empty: int, out: Any, known: Any
) -> None:
    """
    Class of the source cell that holds the centre of each cell.

    Parameters
    ----------
    z, u, v, place, empty, out
        As for `majority`.
    known
        Output: 1 where there is a class, 0 where there is none, float32.
    """
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
def heights_of(raw: Any, void: float, out: Any) -> Any:
    """
    Turn stored numbers into heights with NaN for no data, and say what they span.

    Parameters
    ----------
    raw
        Numbers as stored.
    void
        The number that stands for no data; NaN for none.
    out
        Output heights, float32.

    Returns
    -------
    tuple
        Lowest and highest finite height, and how many are infinite.
    """
    low, high, infinite = np.inf, -np.inf, 0
    for i in range(raw.shape[0]):
        for j in range(raw.shape[1]):
            height = np.float64(raw[i, j])
            if height == void or height != height:  # noqa: PLR0124
                out[i, j] = np.nan
                continue
            out[i, j] = height
            if np.isinf(height):
                infinite += 1
            else:
                low, high = min(low, height), max(high, height)
    return low, high, infinite
