"""Least travel time over a raster from several starts, uphill and downhill told apart."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

__all__ = ["SLOWEST_H_PER_M", "travel_time"]

# Slower than a metre an hour is closed: steps of any length of time would need any number of buckets.
SLOWEST_H_PER_M = 1.0

_OPTIONS: dict[str, Any] = {"cache": True, "error_model": "numpy"}


@njit(inline="always", **_OPTIONS)
def _pace(rise_per_m: float, table: Any, first: float, per_m: float) -> float:
    """Hours a metre at a gradient: one over the speed read from the table between its knots."""
    place = (rise_per_m - first) * per_m
    knot = int(place)
    part = place - knot
    # Differences are at most the largest in the raster, so only rounding can leave the table.
    if knot < 0:
        knot, part = 0, 0.0
    elif knot > table.size - 2:
        knot, part = table.size - 2, 1.0
    speed = table[knot] + part * (table[knot + 1] - table[knot])
    return 1.0 / speed if speed > 0.0 else np.inf


@njit(inline="always", **_OPTIONS)
def _unlink(cell: int, bucket: int, heads: Any, after: Any, before: Any) -> None:
    if before[cell] >= 0:
        after[before[cell]] = after[cell]
    else:
        heads[bucket] = after[cell]
    if after[cell] >= 0:
        before[after[cell]] = before[cell]


@njit(inline="always", **_OPTIONS)
def _link(cell: int, bucket: int, heads: Any, after: Any, before: Any) -> None:
    after[cell], before[cell] = heads[bucket], -1
    if heads[bucket] >= 0:
        before[heads[bucket]] = cell
    heads[bucket] = cell


# In words: the time of a cell is the least, over its neighbours, of the neighbour's time plus the
# time of the step; the starts have time 0. A step is a straight line. To a side neighbour, or a
# diagonal one, it has one gradient. A knight's step (one over, two on) passes half-way between two
# cells: it has two halves, with the gradients to and from the mean of the two, so that it cannot
# leap over a ridge or a ditch one cell wide; and it passes a quarter of its length in each of the four
# cells. Slowness (one over the surface's speed factor) is averaged over the cells passed.
# A diagonal step between two closed cells, and a knight's step past one, are not taken.
#
# Cells wait in buckets of equal width of time, each bucket a doubly linked list. The width is at
# most the shortest step, so whatever is in the earliest bucket is final. Any order within a bucket
# gives the same times: each is the least of the same sums.
@njit(**_OPTIONS)
def travel_time(  # noqa: C901, PLR0912, PLR0913, PLR0915, PLR0917 (one hot loop)
    z: Any,
    slowness: Any,
    steps: Any,
    lengths: Any,
    table: Any,
    first: float,
    per_m: float,
    starts: Any,
    times: Any,
    width_h: float,
    n_buckets: int,
    max_h: float,
) -> int:
    """
    Fill the array of times.

    Parameters
    ----------
    z
        Flattened heights with a rim of two cells of NaN; NaN where a cell is closed. Units: m.
    slowness
        One over the speed factor of each cell, at least 1, or None.
    steps
        For each step: offset of the cell reached, of the two cells passed (0 where there are
        none) and 0, 1 or 2 for a side, a diagonal and a knight's step; shape ``(n, 4)``.
    lengths
        Length of each step. Units: m.
    table
        Speed at evenly spaced gradients. Units: m/h.
    first, per_m
        Gradient of the first knot, and knots for one unit of gradient.
    starts
        Cells with time 0.
    times
        Output: infinite where not yet reached and negative where the cell is closed. Units: h.
    width_h
        Width of a bucket. Units: h.
    n_buckets
        Number of buckets, used in turns.
    max_h
        Time at which to stop. Units: h.

    Returns
    -------
    int
        Number of cells reached.
    """
    # Not even at the highest speed of the table could a step take less.
    soonest = lengths / table.max()
    heads = np.full(n_buckets, -1, np.int32)
    after = np.full(z.size, -1, np.int32)
    before = np.full(z.size, -1, np.int32)
    waiting = 0
    reached = 0
    for start in starts:
        if times[start] > 0.0:
            times[start] = 0.0
            _link(start, 0, heads, after, before)
            waiting += 1
    turn = 0
    while waiting > 0:
        bucket = turn % n_buckets
        cell = heads[bucket]
        while cell >= 0:
            here = times[cell]
            if int(here / width_h) > turn:
                # It came by a step longer than all buckets together: its turn is a later round.
                cell = after[cell]
                continue
            _unlink(cell, bucket, heads, after, before)
            waiting -= 1
            reached += 1
            height = np.float64(z[cell])
            slow_here = 1.0 if slowness is None else slowness[cell]
            for s in range(steps.shape[0]):
                there = cell + steps[s, 0]
                if times[there] <= here + soonest[s]:
                    continue
                slow = 1.0 if slowness is None else 0.5 * (slow_here + slowness[there])
                kind = steps[s, 3]
                if kind == 2:
                    left, right = cell + steps[s, 1], cell + steps[s, 2]
                    middle = 0.5 * (np.float64(z[left]) + np.float64(z[right]))
                    if middle != middle:  # noqa: PLR0124 (NaN differs from itself)
                        continue
                    per_half = 2.0 / lengths[s]
                    pace = 0.5 * _pace((middle - height) * per_half, table, first, per_m)
                    pace += 0.5 * _pace((z[there] - middle) * per_half, table, first, per_m)
                    if slowness is not None:
                        slow = 0.5 * slow + 0.25 * (slowness[left] + slowness[right])
                else:
                    if kind == 1:
                        left, right = z[cell + steps[s, 1]], z[cell + steps[s, 2]]
                        if left != left and right != right:  # noqa: PLR0124
                            continue
                    pace = _pace((z[there] - height) / lengths[s], table, first, per_m)
                pace *= slow
                time = here + lengths[s] * pace
                if time < times[there] and time <= max_h and pace <= SLOWEST_H_PER_M:
                    if times[there] < np.inf:
                        old = int(times[there] / width_h) % n_buckets
                        _unlink(there, old, heads, after, before)
                    else:
                        waiting += 1
                    times[there] = time
                    _link(there, int(time / width_h) % n_buckets, heads, after, before)
            # Cells that joined this bucket meanwhile stand at its head.
            cell = heads[bucket]
        turn += 1
    return reached
