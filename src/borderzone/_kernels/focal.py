"""Operators on the disc around a cell: mean and relief, whatever the radius.

A disc is given by its half-widths: how many cells it reaches to each side in each of its rows.
The raster `z` carries its halo, as in `stencils`. Work grows with the radius, not with its
square: a row of the disc is a difference of two running sums, or the larger of two
overlapping runs whose extremes are known. Both are kept for one tile at a time, so that they stay
in the cache. Sums are of whole numbers: heights in units of 2 ** -24 m, which holds any float32 of
half a metre and more as it is, and others to 3e-8 m. So the answer does not depend on where a tile, a block or a
band begins, to the last bit.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from borderzone._kernels import njit

__all__ = ["above_mean", "n_impossible", "relief"]

_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
_ROWS, _COLS = 64, 256  # cells of output in a tile
_PER_M = 16777216.0  # 2 ** 24


@njit(**_OPTIONS)
def n_impossible(z: Any) -> Any:
    """
    Count numbers that are no heights: infinite, beyond 1,000 km, or a usual mark of no data.

    Parameters
    ----------
    z
        Heights.

    Returns
    -------
    int
        The number; NaN is not counted.
    """
    most, void, short = z.dtype.type(1e6), z.dtype.type(-9999), z.dtype.type(-32768)
    count = 0
    for i in range(z.shape[0]):
        for j in range(z.shape[1]):
            count += (abs(z[i, j]) > most) | (z[i, j] == void) | (z[i, j] == short)
    return count


@njit(**_OPTIONS)
def _running_sums(z: Any, top: int, left: int, sums: Any, gaps: Any) -> Any:
    """Along each row, sum the heights and count the cells without one; say if there is any."""
    some = False
    for i in range(sums.shape[0]):
        for j in range(sums.shape[1] - 1):
            height = np.float64(z[top + i, left + j])
            known = height == height  # noqa: PLR0124 (NaN differs from itself)
            some = some or not known
            sums[i, j + 1] = sums[i, j] + (np.int64(np.rint(height * _PER_M)) if known else 0)
            gaps[i, j + 1] = gaps[i, j] + (0 if known else 1)
    return some


@njit(**_OPTIONS)
def _add_rows(sums: Any, row: int, half_widths: Any, side: int, total: Any) -> None:
    """Add to each total the cells of the disc that starts in a row of `sums`."""
    for p in range(half_widths.size):
        wide = half_widths[p]
        if wide >= 0:
            right, left = sums[row + p, side + wide + 1 :], sums[row + p, side - wide :]
            for j in range(total.size):
                total[j] += right[j] - left[j]


@njit(**_OPTIONS)
def _above_mean_of_tile(  # noqa: PLR0913, PLR0917 (whole arrays and a place: slices are slower)
    z: Any, outer: Any, inner: Any, top: int, left: int, row0: int, col0: int, out: Any
) -> None:
    reach, side = outer.size // 2, outer.max()
    rows = min(_ROWS, z.shape[0] - 2 * reach - top)
    columns = min(_COLS, z.shape[1] - 2 * side - left)
    cells = 0
    for p in range(outer.size):
        cells += 2 * outer[p] + 1 - (2 * inner[p] + 1 if inner[p] >= 0 else 0)
    sums = np.zeros((rows + 2 * reach, columns + 2 * side + 1), np.int64)
    gaps = np.zeros((rows + 2 * reach, columns + 2 * side + 1), np.int64)
    some = _running_sums(z, top, left, sums, gaps)
    disc = np.empty(columns, np.int64)
    hole, missing = np.empty_like(disc), np.empty_like(disc)
    for i in range(rows):
        disc[:] = 0
        hole[:] = 0
        missing[:] = 0
        _add_rows(sums, i, outer, side, disc)
        _add_rows(sums, i, inner, side, hole)
        if some:
            # Not less the hole: where the ground of the hole is unknown so is the answer.
            _add_rows(gaps, i, outer, side, missing)
        line = out[row0 + top + i, col0 + left :]
        for j in range(columns):
            centre = np.float64(z[top + i + reach, left + j + side])
            value = centre - np.float64(disc[j] - hole[j]) / (cells * _PER_M)
            line[j] = value if missing[j] == 0 else np.nan


# In words: the cell minus scipy.ndimage.convolve(z, ring) / ring.sum(), with the ring as an array
# of 0 and 1.
@njit(**_OPTIONS)
def above_mean(z: Any, outer: Any, inner: Any, row0: int, col0: int, out: Any) -> None:
    """
    How far a cell stands above the mean of the ring around it.

    Parameters
    ----------
    z
        Elevation with a halo as large as the disc.
    outer, inner
        Half-widths of the disc and of the hole in it, one for each row of the disc;
        -1 where the hole has no cell. The hole holds the centre at least.
    row0, col0
        Where in the output the first inner cell goes.
    out
        Output in the unit of `z`, float32.
    """
    reach, side = outer.size // 2, outer.max()
    ny, nx = z.shape[0] - 2 * reach, z.shape[1] - 2 * side
    across = (nx + _COLS - 1) // _COLS
    for part in range(across * ((ny + _ROWS - 1) // _ROWS)):
        top, left = part // across * _ROWS, part % across * _COLS
        _above_mean_of_tile(z, outer, inner, top, left, row0, col0, out)


@njit(**_OPTIONS)
def _runs(z: Any, top: int, left: int, sign: int, tops: Any) -> None:
    """tops[m, i, j] becomes the highest of the 2 ** m cells of row i, times the sign, from j on."""
    for i in range(tops.shape[1]):
        for j in range(tops.shape[2]):
            height = z[top + i, left + j] if sign > 0 else -z[top + i, left + j]
            # An unknown height counts as infinite, so that it wins and can be told at the end.
            tops[0, i, j] = height if height == height else np.inf  # noqa: PLR0124
        for m in range(1, tops.shape[0]):
            step = 1 << (m - 1)
            for j in range(tops.shape[2] - 2 * step + 1):
                a, b = tops[m - 1, i, j], tops[m - 1, i, j + step]
                tops[m, i, j] = a if a > b else b  # noqa: FURB136 (max() is not made into vector instructions)


@njit(**_OPTIONS)
def _highest(tops: Any, row: int, half_widths: Any, side: int, high: Any) -> Any:
    """Highest cell of the disc that starts in a row of `tops`, for each column."""
    high[0] = -np.inf
    for p in range(half_widths.size):
        wide = half_widths[p]
        m = 0
        while 2 << m <= 2 * wide + 1:
            m += 1
        left = tops[m, row + p, side - wide :]
        right = tops[m, row + p, side + wide + 1 - (1 << m) :]
        # From one buffer into the other: in place, the compiler stores under a mask, which is slow.
        so_far, now = high[p % 2], high[(p + 1) % 2]
        for j in range(now.size):
            a = left[j] if left[j] > right[j] else right[j]  # noqa: FURB136
            now[j] = a if a > so_far[j] else so_far[j]  # noqa: FURB136
    return high[half_widths.size % 2]


@njit(**_OPTIONS)
def _relief_of_tile(  # noqa: PLR0913, PLR0917 (whole arrays and a place: slices are slower)
    z: Any, outer: Any, top: int, left: int, row0: int, col0: int, out: Any
) -> None:
    reach, side = outer.size // 2, outer.max()
    rows = min(_ROWS, z.shape[0] - 2 * reach - top)
    columns = min(_COLS, z.shape[1] - 2 * side - left)
    levels = 1
    while 1 << levels <= 2 * side + 1:
        levels += 1
    tops = np.empty((levels, rows + 2 * reach, columns + 2 * side), z.dtype)
    feet = np.empty((levels, rows + 2 * reach, columns + 2 * side), z.dtype)
    _runs(z, top, left, 1, tops)
    _runs(z, top, left, -1, feet)  # the lowest is the highest of the ground turned over
    buffers = np.empty((2, 2, columns), z.dtype)
    for i in range(rows):
        high = _highest(tops, i, outer, side, buffers[0])
        low = _highest(feet, i, outer, side, buffers[1])
        line = out[row0 + top + i, col0 + left :]
        for j in range(columns):
            gap = np.float64(high[j]) + np.float64(low[j])
            line[j] = gap if gap < np.inf else np.nan


# In words: scipy.ndimage.maximum_filter(z, footprint=disc) minus minimum_filter of the same.
@njit(**_OPTIONS)
def relief(z: Any, outer: Any, row0: int, col0: int, out: Any) -> None:
    """
    Highest minus lowest cell of the disc around a cell.

    Parameters
    ----------
    z
        Elevation with a halo as large as the disc.
    outer
        Half-widths of the disc, one for each of its rows.
    row0, col0
        Where in the output the first inner cell goes.
    out
        Output in the unit of `z`, float32.
    """
    reach, side = outer.size // 2, outer.max()
    ny, nx = z.shape[0] - 2 * reach, z.shape[1] - 2 * side
    across = (nx + _COLS - 1) // _COLS
    for part in range(across * ((ny + _ROWS - 1) // _ROWS)):
        top, left = part // across * _ROWS, part % across * _COLS
        _relief_of_tile(z, outer, top, left, row0, col0, out)
