"""Bands for counts: of the events that were reported, and of the rate behind them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammainc, gammaincinv

from borderzone._guards import as_non_negative, check_choice, check_confidence

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from borderzone._typing import FloatArray, IntArray

__all__ = ["BAND_ENDS", "count_bands", "garwood_interval", "imputed_band", "pooled_garwood"]

BAND_ENDS = ("p025", "p05", "p95", "p975")
"""Ends of the two bands of a count, as columns are named."""


def garwood_interval(
    n: ArrayLike, *, confidence: float = 0.95, side: str = "both"
) -> tuple[FloatArray, FloatArray]:
    """
    Give the exact interval for the Poisson mean behind an observed count.

    No events do not mean no risk: for 0 the upper end is above zero.

    Parameters
    ----------
    n
        Observed count, 0 or more.
    confidence
        Confidence of the interval.
    side
        "both", or "upper" for a one-sided bound (the lower end is then 0).

    Returns
    -------
    tuple[FloatArray, FloatArray]
        Lower and upper end, in events.

    Raises
    ------
    InvalidParameterError
        If a count is negative or not finite, or the confidence is not between 0 and 1.

    References
    ----------
    .. [1] Garwood, F. (1936). Fiducial limits for the Poisson distribution.
       Biometrika 28, 437-442.

    Examples
    --------
    >>> low, high = garwood_interval([0, 1, 3])
    >>> low.round(6), high.round(6)
    (array([0.      , 0.025318, 0.618672]), array([3.688879, 5.571643, 8.767273]))
    >>> round(float(garwood_interval(0, side="upper")[1]), 6)
    2.995732
    """
    counts = as_non_negative(n, "n", "events")
    tail = _tail(confidence, check_choice(side, "side", ("both", "upper")))
    high = gammaincinv(counts + 1.0, 1.0 - tail)
    if side == "upper":
        return np.zeros_like(high), high
    # A gamma of shape 0 is all at 0; the shape given in its place is not used.
    low = np.where(counts > 0, gammaincinv(np.maximum(counts, 1.0), tail), 0.0)
    return low, high


def imputed_band(counts: IntArray, confidence: float, n_placed: int) -> tuple[int, int]:
    """
    Give the band that holds the true count, from imputed counts.

    Order statistics, not interpolated quantiles: the true count is one more
    draw of the same kind, so that the band holds it at least as often as
    `confidence` says, however few the draws. Where they are too few for
    that, the band is all that is possible.
    """
    # Of m draws and the truth, each rank is as likely: the k-th of m has k in m + 1 below it.
    rank = math.floor(_tail(confidence, "both") * (len(counts) + 1) + 1e-9)
    if rank < 1:
        return 0, n_placed
    ordered = np.sort(counts)
    return int(ordered[rank - 1]), int(ordered[-rank])


def pooled_garwood(counts: IntArray, confidence: float) -> tuple[float, float]:
    """
    Give the band for the rate behind counts whose positions are uncertain.

    Rubin's pooling carried out on whole distributions: the confidence
    distribution of each imputed count (gamma of shape n below, n + 1 above)
    is averaged over the imputations. With one and the same count in all of
    them this is Garwood's interval.

    References
    ----------
    .. [1] Rubin, D. (1987). Multiple Imputation for Nonresponse in Surveys.
    """
    tail = _tail(confidence, "both")
    values, times = np.unique(counts, return_counts=True)
    shares = times / times.sum()
    return _mixture_quantile(values, shares, tail), _mixture_quantile(
        values + 1, shares, 1.0 - tail
    )


def count_bands(counts: IntArray, n_placed: int) -> dict[str, float]:
    """Give the bands of a count, and of the mean behind it, under the names that tables have for them."""
    found: dict[str, float] = {}
    for share, ends in ((0.95, ("p025", "p975")), (0.90, ("p05", "p95"))):
        found |= zip(ends, imputed_band(counts, share, n_placed), strict=True)
        underlying = (f"underlying_{end}" for end in ends)
        found |= zip(underlying, pooled_garwood(counts, share), strict=True)
    return {name: found[name] for end in BAND_ENDS for name in (end, f"underlying_{end}")}


def _tail(confidence: float, side: str) -> float:
    return (1.0 - check_confidence(confidence)) / (2.0 if side == "both" else 1.0)


def _mixture_quantile(shapes: FloatArray | IntArray, shares: FloatArray, share: float) -> float:
    """Quantile of a mixture of gamma distributions; shape 0 is all at 0."""
    at_zero = shapes == 0
    if shares[at_zero].sum() >= share:
        return 0.0
    some, part = shapes[~at_zero].astype(float), shares[~at_zero]
    base = float(shares[at_zero].sum())
    # No quantile of a mixture lies beyond that of its largest part: the root is between 0 and there.
    top = float(gammaincinv(some.max(), share)) + 1.0

    def excess(x: float) -> float:
        return base + float(part @ gammainc(some, x)) - share

    from scipy.optimize import brentq  # noqa: PLC0415 - a third of a second that reading does without

    return float(brentq(excess, 0.0, top, xtol=1e-12, rtol=1e-13))
