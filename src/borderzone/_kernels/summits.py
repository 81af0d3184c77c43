"""Summits: cells that are the highest around, and how far one must go down to leave them.

In words: a cell is a summit if no cell asked for within a radius is higher, and of equal ones it is the first, row by
row. Its descent is the least that one must go down on the way to higher ground or out of
the circle, by steps to the eight neighbours over known cells: water that rises from the summit's foot would
cut it off at that depth. Where no way leads out, it is the descent to its lowest cell.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any

import numpy as np

from borderzone._kernels import njit

if TYPE_CHECKING:
    from borderzone._typing import BoolArray, FloatArray, IntArray

__all__ = ["are_highest", "descents"]

_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}


@njit(**_OPTIONS)
def _is_highest(z: FloatArray, wanted: BoolArray, i: int, j: int, radius: float) -> bool:
    rows, columns = z.shape
    top, far = z[i, j], int(radius)
    for k in range(max(i - far, 0), min(i + far + 1, rows)):
        wide = int(np.sqrt(radius * radius - (k - i) ** 2))
        for m in range(max(j - wide, 0), min(j + wide + 1, columns)):
            if not wanted[k, m]:
                continue
            # Of equal cells the first stands for all, so that a plateau has one summit.
            before = k < i or (k == i and m < j)
            if z[k, m] > top or (before and z[k, m] == top):
                return False
    return True


@njit(**_OPTIONS)
def are_highest(
    z: FloatArray, wanted: BoolArray, at: IntArray, radius: float, found: BoolArray
) -> None:
    """Tell which of some cells are the highest of those wanted within a radius."""
    # z: heights; those wanted are known. Units: m.
    # at: flat index of the cells.
    # radius: how far to look. Units: cells.
    # found: output.
    for n in range(at.size):
        found[n] = _is_highest(z, wanted, at[n] // z.shape[1], at[n] % z.shape[1], radius)


@njit(**_OPTIONS)
def _descent(z: FloatArray, i: int, j: int, radius: float) -> float:
    rows, columns = z.shape
    far, top = int(radius) + 1, np.float64(z[i, j])
    side = 2 * far + 1
    met = np.zeros(side * side, np.uint8)
    met[far * side + far] = 1
    # The highest cell on the edge of what has been walked comes first, so the way taken is the best one.
    edge = [(-top, far * side + far)]
    lowest = top
    while edge:
        minus, at = heapq.heappop(edge)
        down, right = at // side - far, at % side - far
        lowest = min(lowest, -minus)
        if -minus > top or down * down + right * right > radius * radius:
            return top - lowest
        for p in range(-1, 2):
            for q in range(-1, 2):
                k, m = i + down + p, j + right + q
                if abs(down + p) > far or abs(right + q) > far:
                    continue
                if k < 0 or k >= rows or m < 0 or m >= columns:
                    continue
                there = (down + p + far) * side + right + q + far
                if met[there] or np.isnan(z[k, m]):
                    continue
                met[there] = 1
                heapq.heappush(edge, (-np.float64(z[k, m]), there))
    return top - lowest


@njit(**_OPTIONS)
def descents(z: FloatArray, at: IntArray, radius: float, found: FloatArray) -> None:
    """Tell how far one must go down to leave each summit."""
    # z: heights, NaN unknown. Units: m.
    # at: flat index of the summits.
    # radius: how far to look. Units: cells.
    # found: output. Units: m.
    for n in range(at.size):
        found[n] = _descent(z, at[n] // z.shape[1], at[n] % z.shape[1], radius)
