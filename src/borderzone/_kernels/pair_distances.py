"""Sums over pairs of points by distance, each pair weighted by how much of the window can hold it.

In words: a pair at a shift t counts for 1 over the area that a window and its copy shifted by t have
in common, times the weights of its two points; pairs are added up to each radius. The common area
comes from a table by shift, interpolated between its four nearest entries.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import prange

from borderzone._kernels import njit

__all__ = ["pair_sums"]


@njit(nogil=True, error_model="numpy")
def _common(table: Any, dx: Any, dy: Any, step: Any) -> Any:
    half = (table.shape[0] - 1) // 2
    u, v = dx / step + half, dy / step + half
    i, j = min(int(u), table.shape[0] - 2), min(int(v), table.shape[1] - 2)
    a, b = u - i, v - j
    low = table[i, j] * (1.0 - b) + table[i, j + 1] * b
    high = table[i + 1, j] * (1.0 - b) + table[i + 1, j + 1] * b
    return low * (1.0 - a) + high * a


@njit(nogil=True, error_model="numpy")
def _one(  # noqa: PLR0913, PLR0917 (plain arrays only)
    x: Any, y: Any, weight: Any, radii: Any, table: Any, step: Any, sums: Any
) -> Any:
    n, farthest = x.size, radii[-1]
    for i in range(n):
        for j in range(i + 1, n):
            dx = x[j] - x[i]
            if dx > farthest:
                break
            dy = y[j] - y[i]
            apart = np.sqrt(dx * dx + dy * dy)
            if apart > farthest:
                continue
            share = _common(table, dx, dy, step)
            if share <= 0.0:
                continue
            k = np.searchsorted(radii, apart)
            sums[k] += 2.0 * weight[i] * weight[j] / share
    for k in range(1, radii.size):
        sums[k] += sums[k - 1]


@njit(nogil=True, parallel=True, error_model="numpy")
def pair_sums(  # noqa: PLR0913, PLR0917 (plain arrays only)
    x: Any, y: Any, weight: Any, starts: Any, radii: Any, table: Any, step: Any
) -> Any:
    """
    Give the sums of many patterns of points.

    Parameters
    ----------
    x, y
        Points of all patterns one after the other, rising x in each.
    weight
        Weight of each point.
    starts
        First point of each pattern, and the end, int64.
    radii
        Rising radii.
    table
        Area in common by shift, shift 0 in the middle, shape ``(2m+1, 2m+1)``.
    step
        Shift from one entry to the next.

    Returns
    -------
    array
        Sum over ordered pairs up to each radius, shape ``(patterns, radii)``.
    """
    patterns = starts.size - 1
    sums = np.zeros((patterns, radii.size))
    for k in prange(patterns):
        a, b = starts[k], starts[k + 1]
        _one(x[a:b], y[a:b], weight[a:b], radii, table, step, sums[k])
    return sums
