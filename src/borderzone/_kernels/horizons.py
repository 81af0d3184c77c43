"""Highest and lowest lines of sight in eight directions, and what is read from them.

Along each of the eight lines through a cell the tangents of elevation, rise over distance, are
compared: angles are monotone in them, so no arctangent is taken until the end. The loop over the
distance runs outside and that over the cells of a row inside, on buffers that stay in the
cache. A cell is computed from its own lines in a fixed order, so neither blocks nor threads
change a bit of the answer.

The raster `z` carries its halo, as in `stencils`. The lines are given by `steps`, one row for each:
rows down and columns right from one cell of the line to the next, the first step that counts and
the last one; and by `runs`, the length of one step. Opposite lines follow each other.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

__all__ = ["geomorphons", "incision", "openness"]

_OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy"}
_ROWS, _COLS = 64, 512  # cells of output in a tile


@njit(**_OPTIONS)
def _any_unknown(z: Any, top: int, left: int, rows: int, columns: int) -> Any:
    """Whether a window has a height that is not a finite number."""
    total = z.dtype.type(0.0)
    for i in range(top, top + rows):
        for j in range(left, left + columns):
            total += z[i, j] * z.dtype.type(0.0)
    return total != 0.0


@njit(**_OPTIONS)
def _sight(z: Any, line: Any, run: Any, i: int, j0: int, high: Any, low: Any) -> None:
    """Largest and smallest rise over distance on a line, for the cells of a row from j0 on."""
    down, right, first, last = line
    here = z[i, j0 : j0 + high.size]
    high[:] = -np.inf
    low[:] = np.inf
    for k in range(first, last + 1):
        there = z[i + k * down, j0 + k * right : j0 + k * right + high.size]
        per_metre = np.float32(1.0 / (k * run))
        for j in range(high.size):
            tangent = np.float32(there[j] - here[j]) * per_metre
            high[j] = tangent if tangent > high[j] else high[j]  # noqa: FURB136 (max() is not made into vector instructions)
            low[j] = tangent if tangent < low[j] else low[j]  # noqa: FURB136


@njit(**_OPTIONS)
def _gaps(z: Any, steps: Any, i: int, j0: int, gap: Any) -> None:
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
def _signs(high: Any, low: Any, flat: Any, counts: Any) -> None:
    """Add 1 to the count where the line rises and 9 where it falls."""
    for j in range(counts.size):
        up, fall = high[j], -low[j]
        steep = up > flat or fall > flat
        counts[j] += np.int32(steep and up > fall) + np.int32(9) * np.int32(steep and up < fall)


# In words: for each line the tangents of all its cells; a line rises if the largest and the
# smallest sum to more than 0 and either is steeper than the threshold, falls if they sum to less;
# the form is table[number of falling lines, number of rising lines].
@njit(**_OPTIONS)
def geomorphons(  # noqa: PLR0913, PLR0917 (plain arrays and numbers)
    z: Any, steps: Any, runs: Any, flat: Any, table: Any, row0: int, col0: int, out: Any
) -> None:
    """
    Form of the ground by the pattern of rising and falling lines.

    Parameters
    ----------
    z
        Elevation with a halo as wide as the longest line.
    steps, runs
        The lines.
    flat
        Tangent up to which a line is level.
    table
        Form for 9 times the number of falling lines plus the number of rising ones, then the
        code of an unknown form.
    row0, col0
        Where in the output the first inner cell goes.
    out
        Output, uint8.
    """
    tall, wide = 0, 0
    for d in range(steps.shape[0]):
        tall = max(tall, abs(steps[d, 0]) * steps[d, 3])
        wide = max(wide, abs(steps[d, 1]) * steps[d, 3])
    ny, nx = z.shape[0] - 2 * tall, z.shape[1] - 2 * wide
    limit = np.float32(flat)
    for left in range(0, nx, _COLS):
        columns = min(_COLS, nx - left)
        high, low = np.empty(columns, np.float32), np.empty(columns, np.float32)
        counts, gap = np.empty(columns, np.int32), np.empty(columns, np.float32)
        for top in range(0, ny, _ROWS):
            rows = min(_ROWS, ny - top)
            some = _any_unknown(z, top, left, rows + 2 * tall, columns + 2 * wide)
            for i in range(top, top + rows):
                counts[:] = 0
                for d in range(steps.shape[0]):
                    _sight(z, steps[d], runs[d], tall + i, wide + left, high, low)
                    _signs(high, low, limit, counts)
                for j in range(columns):
                    out[row0 + i, col0 + left + j] = table[counts[j]]
                if some:
                    _gaps(z, steps, tall + i, wide + left, gap)
                    for j in range(columns):
                        if gap[j] != 0.0:
                            out[row0 + i, col0 + left + j] = table[81]
