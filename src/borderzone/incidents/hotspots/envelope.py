"""Global envelopes: a whole curve against chance, not each of its points."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    from borderzone._typing import FloatArray

__all__ = ["Envelope", "rank_envelope"]


class Envelope(NamedTuple):
    """
    Where curves lie under the null.

    Attributes
    ----------
    low, high
        Ends of the envelope by point of the curve.
    p
        P-value of each observed curve.
    """

    low: FloatArray
    high: FloatArray
    p: FloatArray


def rank_envelope(observed: FloatArray, simulated: FloatArray, level: float = 0.05) -> Envelope:
    """
    Compare curves with simulated ones by extreme rank length.

    A curve is as extreme as its most extreme pointwise ranks, taken together:
    the sorted two-sided ranks of each curve are compared like words in a
    dictionary [1]_. The envelope holds the simulated curves that are not among
    the most extreme, so that a curve of the null leaves it anywhere at all
    with the probability `level`.

    References
    ----------
    .. [1] Myllymaki, M., Mrkvicka, T., Grabarnik, P., Seijo, H., Hahn, U.
       (2017). Global envelope tests for spatial processes. J. R. Stat. Soc. B
       79, 381-404.
    """
    s = len(simulated)
    p = np.array([_p_of(curve, simulated) for curve in observed])
    depth = _lengths(simulated)
    kept = simulated[depth > level * s]
    return Envelope(low=kept.min(axis=0), high=kept.max(axis=0), p=p)


def _p_of(curve: FloatArray, simulated: FloatArray) -> float:
    depth = _lengths(np.vstack([curve, simulated]))
    return float((depth <= depth[0]).sum() / len(depth))


def _lengths(curves: FloatArray) -> FloatArray:
    """Order of extremity from 1, the most extreme; equal curves share the higher number."""
    low = stats.rankdata(curves, axis=0)
    ranks = np.minimum(low, len(curves) + 1 - low)
    sorted_ranks = np.sort(ranks, axis=1)
    _, place = np.unique(sorted_ranks, axis=0, return_inverse=True)
    return np.asarray(stats.rankdata(place.ravel(), method="max"))
