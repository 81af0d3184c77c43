"""Scan statistic over windows of places and spans of time, for counts and their random copies.

In words: places stand in an order in which every window is a run from `first` to `stop` (places may
stand in it several times, so that rings wrap and discs are runs of nearest places). For each window
and each span of periods, take the count c and the expected count E, and where c > E the log
likelihood ratio c ln(c/E) + (C-c) ln((C-c)/(C-E)) with C all events. The largest is the statistic.
Because it is at most (c-E)^2 C / (E (C-E)), a window that cannot beat the best so far costs no
logarithm.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import prange

from borderzone._kernels import njit

__all__ = ["largest_ratios", "poisson_ratio", "window_ratios"]


@njit(nogil=True, error_model="numpy")
def poisson_ratio(c: Any, e: Any, total: Any) -> Any:
    """
    Give the log likelihood ratio of one window.

    Parameters
    ----------
    c
        Events in it.
    e
        Events expected in it.
    total
        All events.

    Returns
    -------
    float
        0 where no more than expected is counted.
    """
    if c <= e:
        return 0.0
    ratio = c * np.log(c / e) if e > 0.0 else np.inf
    if c < total:
        ratio += (total - c) * np.log((total - c) / (total - e))
    return ratio


@njit(nogil=True, error_model="numpy")
def _running(counts: Any, order: Any) -> Any:
    """Add up over the order up to each place and over time up to each period."""
    n_time = counts.shape[1]
    sums = np.zeros((order.size + 1, n_time + 1))
    for k in range(order.size):
        row = 0.0
        for t in range(n_time):
            row += counts[order[k], t]
            sums[k + 1, t + 1] = sums[k, t + 1] + row
    return sums


@njit(nogil=True, error_model="numpy")
def _best(sums: Any, expected: Any, windows: Any, spans: Any, total: Any) -> Any:
    best, best_window, best_span = 0.0, -1, -1
    for w in range(windows.shape[0]):
        first, stop = windows[w, 0], windows[w, 1]
        for s in range(spans.shape[0]):
            t0, t1 = spans[s, 0], spans[s, 1]
            c = (sums[stop, t1] - sums[first, t1]) - (sums[stop, t0] - sums[first, t0])
            e = expected[w, s]
            if c > e and (c - e) * (c - e) * total > best * e * (total - e):
                ratio = poisson_ratio(c, e, total)
                if ratio > best:
                    best, best_window, best_span = ratio, w, s
    return best, best_window, best_span


@njit(nogil=True, parallel=True, error_model="numpy")
def largest_ratios(counts: Any, order: Any, windows: Any, spans: Any, expected: Any) -> Any:
    """
    Give the largest ratio of each of many tables of counts.

    Parameters
    ----------
    counts
        Counts, int64, shape ``(tables, n_places, n_periods)``.
    order
        Places in the order in which windows are runs, int64.
    windows
        First and stop of each window in that order, int64, shape ``(w, 2)``.
    spans
        First and stop period of each span, int64, shape ``(s, 2)``.
    expected
        Expected count by window and span, shape ``(w, s)``.

    Returns
    -------
    array
        Largest ratio by table.
    """
    n_tables = counts.shape[0]
    largest = np.zeros(n_tables)
    for k in prange(n_tables):
        sums = _running(counts[k], order)
        largest[k] = _best(sums, expected, windows, spans, np.float64(counts[k].sum()))[0]
    return largest


@njit(nogil=True, error_model="numpy")
def window_ratios(counts: Any, order: Any, windows: Any, spans: Any, expected: Any) -> Any:
    """
    Give count and ratio of every window and span of one table.

    Parameters
    ----------
    counts
        Counts, int64, shape ``(n_places, n_periods)``.
    order, windows, spans, expected
        As in `largest_ratios`.

    Returns
    -------
    count, ratio
        Shape ``(w, s)``.
    """
    sums = _running(counts, order)
    total = np.float64(counts.sum())
    count = np.zeros((windows.shape[0], spans.shape[0]))
    ratio = np.zeros((windows.shape[0], spans.shape[0]))
    for w in range(windows.shape[0]):
        first, stop = windows[w, 0], windows[w, 1]
        for s in range(spans.shape[0]):
            t0, t1 = spans[s, 0], spans[s, 1]
            c = (sums[stop, t1] - sums[first, t1]) - (sums[stop, t0] - sums[first, t0])
            count[w, s] = c
            ratio[w, s] = poisson_ratio(c, expected[w, s], total)
    return count, ratio
