"""Pairs of events near in space and time, for the dates as they are and re-ordered.

In words: every pair that is near enough has a weight for each distance band (1 in its band, or the
share of its imputations that fall there). For each order of the dates, the weights of the pairs are
added up by distance band and by the band that their difference in days falls into.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import prange

from borderzone._kernels import njit

__all__ = ["band_sums"]


@njit(nogil=True, parallel=True, error_model="numpy")
def band_sums(  # noqa: PLR0913, PLR0917 (plain arrays only)
    one: Any, other: Any, band: Any, weight: Any, days: Any, edges: Any, n_bands: Any
) -> Any:
    """
    Add up weights of pairs by distance band and time band.

    Parameters
    ----------
    one, other
        Events of each pair, int64.
    band
        Distance band of each entry, int64; a pair has one entry a band.
    weight
        Weight of each entry.
    days
        Day of each event, one row an order of the dates, int64.
    edges
        Rising outer edges of the time bands, inclusive, in days, int64.
    n_bands
        Number of distance bands.

    Returns
    -------
    array
        Sums, shape ``(orders, n_bands, time bands)``.
    """
    orders, n_times = days.shape[0], edges.size
    sums = np.zeros((orders, n_bands, n_times))
    for k in prange(orders):
        row = days[k]
        for pair in range(one.size):
            apart = abs(row[one[pair]] - row[other[pair]])
            if apart > edges[n_times - 1]:
                continue
            time = 0
            while apart > edges[time]:
                time += 1
            sums[k, band[pair], time] += weight[pair]
    return sums
