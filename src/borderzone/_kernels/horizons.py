"""Highest and lowest lines of sight in eight directions, and what is read from them.

Along each of the eight lines through a cell the tangents of elevation, rise over distance, are
compared: angles are monotone in them, so no arctangent is taken before the end. The loop over the
distance runs outside and that over the cells of a row inside, on buffers that stay in the
cache. A cell is computed from its own lines in a fixed order, so neither blocks nor threads
change a bit of the answer.

The raster `z` carries its halo, as in `focal`: as many rows and columns as the longest line.
A line is a row of `steps`: rows down and columns right from one cell of the line to the next, the
first step that counts and the last; opposite lines follow each other. ``factors[line, k]`` turns
the rise to step `k` into what is compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from borderzone._kernels import njit

if TYPE_CHECKING:
    from borderzone._typing import FloatArray, IntArray

__all__ = ["geomorphons", "incision", "openness"]

_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
_ROWS, _COLS = 64, 512  # cells of output in a tile


@njit(**_OPTIONS)
def _halo(steps: IntArray) -> Any:
    """Rows and columns that the lines reach to each side."""
    tall, wide = 0, 0
    for d in range(steps.shape[0]):
        tall = max(tall, abs(steps[d, 0]) * steps[d, 3])
        wide = max(wide, abs(steps[d, 1]) * steps[d, 3])
    return tall, wide


@njit(**_OPTIONS)
def _any_unknown(z: FloatArray, top: int, left: int, rows: int, columns: int) -> Any:
    """Whether a window has a height that is not a finite number."""
    bad = 0
    for i in range(top, top + rows):
        for j in range(left, left + columns):
            bad += z[i, j] - z[i, j] != 0.0
    return bad > 0


@njit(**_OPTIONS)
def _gaps(z: FloatArray, steps: IntArray, i: int, j0: int, gap: FloatArray) -> None:
    """Zero, or NaN where a height on any of the lines or of the cell itself is unknown."""
    zero = np.float32(0.0)
    for j in range(gap.size):
        gap[j] = np.float32(z[i, j0 + j]) * zero
    for d in range(steps.shape[0]):
        for k in range(1, steps[d, 3] + 1):
            row, column = i + k * steps[d, 0], j0 + k * steps[d, 1]
            for j in range(gap.size):
                gap[j] += np.float32(z[row, column + j]) * zero


@njit(**_OPTIONS)
def _extremes(  # noqa: PLR0913, PLR0917 - plain arrays and a place
    z: FloatArray,
    line: IntArray,
    factors: FloatArray,
    i: int,
    j0: int,
    high: FloatArray,
    low: FloatArray,
) -> None:
    """Largest and smallest tangent on a line, for the cells of a row from j0 on."""
    down, right, first, last = line
    here = z[i, j0 : j0 + high.size]
    high[:] = -np.inf
    low[:] = np.inf
    for k in range(first, last + 1):
        there = z[i + k * down, j0 + k * right : j0 + k * right + high.size]
        factor = factors[k]
        for j in range(high.size):
            tangent = np.float32(there[j] - here[j]) * factor
            # max() and min() are not made into vector instructions.
            high[j] = tangent if tangent > high[j] else high[j]  # noqa: FURB136 - min() and max() are not made into vector instructions
            low[j] = tangent if tangent < low[j] else low[j]  # noqa: FURB136 - min() and max() are not made into vector instructions


@njit(**_OPTIONS)
def _highest(
    z: FloatArray, line: IntArray, factors: FloatArray, i: int, j0: int, high: FloatArray
) -> None:
    """Largest product of rise and factor on a line, for the cells of a row from j0 on."""
    down, right, first, last = line
    here = z[i, j0 : j0 + high.size]
    high[:] = -np.inf
    for k in range(first, last + 1):
        there = z[i + k * down, j0 + k * right : j0 + k * right + high.size]
        factor = factors[k]
        for j in range(high.size):
            value = np.float32(there[j] - here[j]) * factor
            high[j] = value if value > high[j] else high[j]  # noqa: FURB136 - min() and max() are not made into vector instructions


@njit(**_OPTIONS)
def _add_signs(high: FloatArray, low: FloatArray, flat: float, counts: IntArray) -> None:
    """Add 1 to the count where the line rises and 9 where it falls."""
    for j in range(counts.size):
        rise, fall = high[j], -low[j]
        steep = rise > flat or fall > flat
        counts[j] += np.int32(steep and rise > fall) + np.int32(9) * np.int32(steep and rise < fall)


# In words: for each line the tangents of all its cells; the line rises if the largest and the
# smallest sum to more than 0 and either is steeper than the threshold, falls if they sum to less;
# the form is table[9 * falling lines + rising lines].
@njit(**_OPTIONS)
def geomorphons(  # noqa: PLR0913, PLR0917 - plain arrays and numbers
    z: FloatArray,
    steps: IntArray,
    factors: FloatArray,
    flat: float,
    table: IntArray,
    row0: int,
    col0: int,
    out: IntArray,
) -> None:
    """Form of the ground by the pattern of rising and falling lines."""
    # z: elevation with a halo as wide as the longest line.
    # steps, factors: the lines; the factor is one over the distance, float32.
    # flat: tangent up to which a line is level, float32.
    # table: form for 9 times the number of falling lines plus the number of rising ones, then the
    # code of an unknown form.
    # row0, col0: where in the output the first inner cell goes.
    # out: output, uint8.
    tall, wide = _halo(steps)
    ny, nx = z.shape[0] - 2 * tall, z.shape[1] - 2 * wide
    for left in range(0, nx, _COLS):
        columns = min(_COLS, nx - left)
        high, low = np.empty(columns, np.float32), np.empty(columns, np.float32)
        counts, gap = np.empty(columns, np.int32), np.zeros(columns, np.float32)
        for i in range(ny):
            if i % _ROWS == 0:
                rows = min(_ROWS, ny - i) + 2 * tall
                some = _any_unknown(z, i, left, rows, columns + 2 * wide)
            counts[:] = 0
            for d in range(steps.shape[0]):
                _extremes(z, steps[d], factors[d], tall + i, wide + left, high, low)
                _add_signs(high, low, flat, counts)
            if some:
                _gaps(z, steps, tall + i, wide + left, gap)
            line = out[row0 + i, col0 + left :]
            for j in range(columns):
                known = not some or gap[j] == 0.0
                line[j] = table[counts[j] if known else 81]


@njit(**_OPTIONS)
def _add_arctan(tangents: FloatArray, c: tuple[Any, ...], total: FloatArray) -> None:
    """Add the arctangents, by a polynomial of the square of those up to 1."""
    one, quarter = np.float32(1.0), np.float32(90.0)
    for j in range(total.size):
        size = abs(tangents[j])
        steep = size > one
        t = one / size if steep else size
        u = t * t
        high = c[4] + u * (c[5] + u * (c[6] + u * (c[7] + u * c[8])))
        angle = t * (c[0] + u * (c[1] + u * (c[2] + u * (c[3] + u * high))))
        angle = quarter - angle if steep else angle
        total[j] += angle if tangents[j] > np.float32(0.0) else -angle


# In words: 90 less the mean over the lines of the arctangent of the largest tangent.
@njit(**_OPTIONS)
def openness(  # noqa: PLR0913, PLR0917 - plain arrays and numbers
    z: FloatArray,
    steps: IntArray,
    factors: FloatArray,
    arctan: tuple[Any, ...],
    row0: int,
    col0: int,
    out: FloatArray,
) -> None:
    """Mean angle from the zenith down to the ground, over the lines."""
    # z: elevation with a halo as wide as the longest line.
    # steps, factors: the lines; the factor is one over the distance, negative for the angle from
    # the nadir.
    # arctan: coefficients of the arctangent in degrees, nine of float32.
    # row0, col0: where in the output the first inner cell goes.
    # out: output in degrees, float32.
    tall, wide = _halo(steps)
    ny, nx = z.shape[0] - 2 * tall, z.shape[1] - 2 * wide
    share = np.float32(1.0 / steps.shape[0])
    for left in range(0, nx, _COLS):
        columns = min(_COLS, nx - left)
        high, gap = np.empty(columns, np.float32), np.zeros(columns, np.float32)
        total = np.empty(columns, np.float32)
        for i in range(ny):
            if i % _ROWS == 0:
                rows = min(_ROWS, ny - i) + 2 * tall
                some = _any_unknown(z, i, left, rows, columns + 2 * wide)
            total[:] = 0.0
            for d in range(steps.shape[0]):
                _highest(z, steps[d], factors[d], tall + i, wide + left, high)
                _add_arctan(high, arctan, total)
            if some:
                _gaps(z, steps, tall + i, wide + left, gap)
            line = out[row0 + i, col0 + left :]
            for j in range(columns):
                line[j] = np.float32(90.0) - total[j] * share + gap[j]


@njit(**_OPTIONS)
def _keep_larger_lesser(one: FloatArray, other: FloatArray, deep: FloatArray) -> None:
    """Raise each depth to the lesser of two rises where that is more."""
    for j in range(deep.size):
        lesser = one[j] if one[j] < other[j] else other[j]  # noqa: FURB136 - min() and max() are not made into vector instructions
        deep[j] = lesser if lesser > deep[j] else deep[j]  # noqa: FURB136 - min() and max() are not made into vector instructions


# In words: for each pair of opposite lines the lesser of the two largest rises; the largest of
# those and of 0.
@njit(**_OPTIONS)
def incision(
    z: FloatArray, steps: IntArray, factors: FloatArray, row0: int, col0: int, out: FloatArray
) -> None:
    """How far ground rises on both sides of a cell, across the line where that is most."""
    # z: elevation with a halo as wide as the longest line.
    # steps, factors: the lines, opposite ones in pairs; every factor is 1.
    # row0, col0: where in the output the first inner cell goes.
    # out: output in the unit of `z`, float32.
    tall, wide = _halo(steps)
    ny, nx = z.shape[0] - 2 * tall, z.shape[1] - 2 * wide
    for left in range(0, nx, _COLS):
        columns = min(_COLS, nx - left)
        one, other = np.empty(columns, np.float32), np.empty(columns, np.float32)
        deep, gap = np.empty(columns, np.float32), np.zeros(columns, np.float32)
        for i in range(ny):
            if i % _ROWS == 0:
                rows = min(_ROWS, ny - i) + 2 * tall
                some = _any_unknown(z, i, left, rows, columns + 2 * wide)
            deep[:] = 0.0
            for d in range(0, steps.shape[0], 2):
                _highest(z, steps[d], factors[d], tall + i, wide + left, one)
                _highest(z, steps[d + 1], factors[d + 1], tall + i, wide + left, other)
                _keep_larger_lesser(one, other, deep)
            if some:
                _gaps(z, steps, tall + i, wide + left, gap)
            line = out[row0 + i, col0 + left :]
            for j in range(columns):
                line[j] = deep[j] + gap[j]
