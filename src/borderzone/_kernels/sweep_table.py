"""Sweep widths read off a table, for each draw and segment.

In words: the table has a row for each even step of the logarithm of R50 and five columns for each kind of ground between
two of the family, the last shared with the next. A width is the cubic through four rows and the quartic through five
columns, times the share in sight: in that form it stays smooth up to ground of which nothing is seen.

In numpy, for one place: ``part = table[i - 1 : i + 3, 4 * k : 4 * k + 5]``, ``w = lagrange(ROWS, t) @ part @ lagrange(COLUMNS, u)``,
times ``1 - f``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from borderzone._kernels import njit

if TYPE_CHECKING:
    from borderzone._typing import FloatArray, IntArray

__all__ = ["COLUMNS", "read_widths"]

# Where the columns stand between two kinds of ground: the extrema of Chebyshev's polynomial, where a quartic errs least.
_NEAR, _FAR = (1.0 - 0.5**0.5) / 2.0, (1.0 + 0.5**0.5) / 2.0
COLUMNS = (0.0, _NEAR, 0.5, _FAR, 1.0)


@njit(nogil=True, error_model="numpy")
def read_widths(
    table: FloatArray, kinds: FloatArray, kind_of: IntArray, row: FloatArray, f_mask: FloatArray, out: FloatArray
) -> None:  # fmt: skip
    """Read the table at places in its rows and at shares out of sight, both ``(draws, segments)``."""
    # kinds: shares of the kinds of ground, rising from 0 to 1; kind_of: the kind at or below each hundredth.
    # row: place among the rows, from 1 to two before the last, so that the cubic has its four.
    line, place = np.empty(table.shape[1]), np.nan
    for d in range(out.shape[0]):
        for g in range(out.shape[1]):
            # One R50 for all segments of a draw: its line through the rows is drawn once.
            if row[d, g] != place:
                place = row[d, g]
                i = min(int(place), table.shape[0] - 3)
                t = place - i
                # Lagrange's cubic through -1, 0, 1 and 2.
                a = -t * (t - 1.0) * (t - 2.0) / 6.0
                b = (t + 1.0) * (t - 1.0) * (t - 2.0) / 2.0
                c = -(t + 1.0) * t * (t - 2.0) / 2.0
                e = (t + 1.0) * t * (t - 1.0) / 6.0
                for j in range(table.shape[1]):
                    line[j] = a * table[i - 1, j] + b * table[i, j] + c * table[i + 1, j]
                    line[j] += e * table[i + 2, j]
            f = f_mask[d, g]
            k = kind_of[min(int(f * 100.0), 99)]
            u = (f - kinds[k]) / (kinds[k + 1] - kinds[k])
            # Lagrange's quartic through COLUMNS: products of the distances to the other four.
            p, q, r, s, v = u, u - _NEAR, u - 0.5, u - _FAR, u - 1.0
            j = 4 * k
            low = 16.0 * q * r * s * v * line[j] - 32.0 * p * r * s * v * line[j + 1]
            high = 16.0 * p * q * r * s * line[j + 4] - 32.0 * p * q * r * v * line[j + 3]
            out[d, g] = (low + 32.0 * p * q * s * v * line[j + 2] + high) * (1.0 - f)
