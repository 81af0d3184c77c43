"""Sums over a place and its neighbours under random re-ordering of the values.

In words: for each place, draw as many values as it has neighbours, without replacement, from the
values of all other places (or of all places, its own included), add them, and count how often the
sum is at least, and at most, the one observed. Every place has a random stream of its own, fixed by
the seed and its number, so threads change nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import prange

from borderzone._kernels import njit

__all__ = ["count_sums_beyond"]

_TIE = 1e-9  # sums of the same values in another order are ties


@njit(nogil=True, error_model="numpy")
def _next(state: Any) -> Any:
    """Step a SplitMix64 generator (Steele, Lea & Flood 2014); gives state and 64 random bits."""
    state = state + np.uint64(0x9E3779B97F4A7C15)
    z = state
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state, z ^ (z >> np.uint64(31))


@njit(nogil=True, error_model="numpy")
def _drawn_sum(  # noqa: PLR0913, PLR0917 (plain arrays only)
    values: Any, total: Any, skip: Any, size: Any, pool: Any, stamp: Any, token: Any, state: Any
) -> Any:
    """Add `size` of the `pool` values, without replacement; values from `skip` on move up by one."""
    wanted = min(size, pool - size)  # the rest of a large draw is the smaller draw
    found, drawn = 0, 0.0
    while found < wanted:
        state, bits = _next(state)
        # The top 32 bits times the pool, over 2 ** 32: bias below pool / 2 ** 32.
        index = np.int64(((bits >> np.uint64(32)) * np.uint64(pool)) >> np.uint64(32))
        if index >= skip:
            index += 1
        if stamp[index] == token:
            continue
        stamp[index] = token
        drawn += values[index]
        found += 1
    if wanted < size:
        drawn = total - drawn
    return drawn, state


@njit(nogil=True, parallel=True, error_model="numpy")
def count_sums_beyond(
    values: Any, n_neighbours: Any, observed: Any, conditional: Any, permutations: Any, seed: Any
) -> Any:
    """
    Count permutations whose sum is as high, and as low, as the one observed.

    Parameters
    ----------
    values
        Value of each place, float64.
    n_neighbours
        Neighbours of each place, itself not counted, int64.
    observed
        Sum over each place and its neighbours, float64.
    conditional
        Whether a place keeps its own value.
    permutations
        How many.
    seed
        Seed, uint64.

    Returns
    -------
    array
        Counts of sums at least and at most as high, int64, shape ``(n, 2)``.
    """
    n = values.size
    total = values.sum()
    slack = _TIE * np.abs(values).sum()
    beyond = np.zeros((n, 2), dtype=np.int64)
    n_parts = min(n, 64)
    for part in prange(n_parts):
        stamp = np.full(n, -1, dtype=np.int64)
        for i in range(part * n // n_parts, (part + 1) * n // n_parts):
            own = values[i] if conditional else 0.0
            pool = n - 1 if conditional else n
            size = n_neighbours[i] if conditional else n_neighbours[i] + 1
            skip = i if conditional else n
            state, mixed = _next(np.uint64(seed) ^ (np.uint64(i) << np.uint64(20)))
            state = mixed
            for k in range(permutations):
                drawn, state = _drawn_sum(
                    values, total - own, skip, size, pool, stamp, i * permutations + k, state
                )
                if own + drawn >= observed[i] - slack:
                    beyond[i, 0] += 1
                if own + drawn <= observed[i] + slack:
                    beyond[i, 1] += 1
    return beyond
