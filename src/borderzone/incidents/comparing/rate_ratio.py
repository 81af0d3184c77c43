"""The ratio of two rates of events: in strata of equal distance, exact, and pooled over imputations."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import betainc, ndtri, stdtrit

from borderzone._guards import (
    as_non_negative,
    check_confidence,
    check_positive,
    shown,
)
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from borderzone._typing import BoolArray, FloatArray, IntArray

__all__ = [
    "DISTANCES",
    "FEWEST_EVENTS",
    "METHODS",
    "Pooled",
    "RatioFit",
    "crude_ratio",
    "dispersion",
    "filled_counts",
    "mantel_haenszel",
    "pool_rubin",
    "rate_ratio_interval",
    "smallest_ratio_seen",
    "strata_of",
]


METHODS = ("matched", "poisson")
DISTANCES = {"road_km": "roads", "town_km": "towns", "border_km": "the border"}
"""Columns of distance, and what they are distances from."""
FEWEST_EVENTS = 5.0
"""Events with ground of both kinds to compare, below which no ratio is given."""


class RatioFit(NamedTuple):
    """
    Log rate ratio of one set of counts.

    Attributes
    ----------
    log_ratio
        Logarithm of the rate on flagged over that on unflagged ground.
    variance
        Its variance.
    null_variance
        Its variance if the two rates were equal.
    dispersion
        How much more uneven the counts are than chance makes them, 1 or more.
    df
        Degrees of freedom.
    events
        Events that enter: those with ground of both kinds to compare.
    """

    log_ratio: float
    variance: float
    null_variance: float
    dispersion: float
    df: float
    events: float


def crude_ratio(counts: FloatArray, flagged: BoolArray, exposure: FloatArray) -> RatioFit:
    """Give the ratio of two rates with nothing held equal."""
    return mantel_haenszel(counts, flagged, exposure, np.zeros(len(counts), dtype=np.int64))


def mantel_haenszel(
    counts: FloatArray, flagged: BoolArray, exposure: FloatArray, strata: IntArray
) -> RatioFit:
    """
    Give the rate ratio common to strata, by Mantel and Haenszel.

    With a and b events and S and T exposure on flagged and unflagged ground
    of a stratum and N = S + T, the ratio is the sum of ``a T / N`` over that
    of ``b S / N``, and the variance of its logarithm the sum of ``(a + b) S T
    / N²`` over the product of the two [1]_, times the dispersion of the cells
    within strata [2]_ where that is above 1. Strata without one of the two
    kinds of ground do not enter.

    References
    ----------
    .. [1] Greenland, S., Robins, J. M. (1985). Estimation of a common effect
       parameter from sparse follow-up data. Biometrics 41, 55-68.
    .. [2] Fletcher, D. J. (2012). Estimating overdispersion when fitting a
       generalized linear model to sparse data. Biometrika 99, 230-237.
    """
    n = int(strata.max()) + 1
    on = flagged.astype(float)
    a, b, s, t = (
        np.bincount(strata, weights=w, minlength=n)
        for w in (counts * on, counts * (1 - on), exposure * on, exposure * (1 - on))
    )
    both = (s > 0) & (t > 0)
    # Ground of one kind alone tells nothing of a ratio; as 0 it leaves the sums as they are.
    a, b, s, t = (np.where(both, part, 0.0) for part in (a, b, s, t))
    whole = np.where(both, s + t, 1.0)
    up, down = (a * t / whole).sum(), (b * s / whole).sum()
    if not (up > 0 and down > 0):  # the logarithm would have no end
        return RatioFit(math.nan, math.nan, math.nan, 1.0, 0.0, float((a + b).sum()))
    ratio = up / down
    spread = ((a + b) * s * t / whole**2).sum()
    # The rate on unflagged ground under which a stratum expects the events that it has.
    base = np.divide(a + b, s * ratio + t, out=np.zeros(n), where=both)
    mean = exposure * np.where(flagged, ratio, 1.0) * base[strata]
    used = both[strata] & (mean > 0)
    # One parameter a stratum, and the ratio.
    df = float(used.sum() - (base > 0).sum() - 1)
    extra = dispersion(counts[used], mean[used], df)
    # Were the rates equal, either sum would be the spread, and the variance one over it.
    return RatioFit(
        math.log(ratio),
        extra * spread / (up * down),
        extra / spread,
        extra,
        df,
        float((a + b).sum()),
    )


def filled_counts(
    counts: IntArray, flagged: BoolArray, exposure: FloatArray
) -> tuple[FloatArray, bool]:
    """Add half an event to both kinds of ground, spread by exposure, where one of them has none."""
    whole = counts.astype(float)
    if whole[flagged].sum() > 0 and whole[~flagged].sum() > 0:
        return whole, False
    # As Haldane and Anscombe do: a ratio with an end, drawn a little towards 1. Spread by exposure, so
    # that no stratum gains more than its ground.
    for kind in (flagged, ~flagged):
        whole[kind] += 0.5 * exposure[kind] / exposure[kind].sum()
    return whole, True


def dispersion(counts: FloatArray, mean: FloatArray, df: float) -> float:
    """Pearson's dispersion, set right for sparse counts as Fletcher does; never below 1."""
    if df <= 0:
        return 1.0
    excess = (counts - mean) / mean
    pearson = float((excess * (counts - mean)).sum()) / df
    # Where means are far below 1 a single event makes Pearson's sum large: Fletcher's divisor takes
    # that out. Below 1 the counts would be evener than chance, which no band may claim.
    return max(1.0, pearson / (1.0 + float(excess.mean())))


class Pooled(NamedTuple):
    """
    Estimates of several imputations as one.

    Attributes
    ----------
    estimate, deviation, df
        Mean, standard error and degrees of freedom.
    missing
        Share of the variance that is owed to not knowing the positions.
    """

    estimate: float
    deviation: float
    df: float
    missing: float


def pool_rubin(estimates: FloatArray, variances: FloatArray, *, df_complete: float) -> Pooled:
    """
    Pool the estimates of several imputations by Rubin's rules.

    References
    ----------
    .. [1] Rubin, D. (1987). Multiple Imputation for Nonresponse in Surveys.
    .. [2] Barnard, J., Rubin, D. (1999). Small-sample degrees of freedom with
       multiple imputation. Biometrika 86, 948-955.
    """
    m = len(estimates)
    within = float(variances.mean())
    # The mean of finitely many imputations varies by one m-th itself.
    between = (1.0 + 1.0 / m) * float(estimates.var(ddof=1)) if m > 1 else 0.0
    total = within + between
    missing = between / total if total > 0 else 0.0
    # Rubin's degrees of freedom know no end of the data: those of the cells bound them (Barnard and
    # Rubin), or many imputations of few cells would pass for many cells.
    observed = (df_complete + 1.0) / (df_complete + 3.0) * df_complete * (1.0 - missing)
    df = observed
    if missing > 0:
        old = (m - 1.0) / missing**2
        df = 1.0 / (1.0 / old + 1.0 / observed) if observed > 0 else 0.0
    return Pooled(float(estimates.mean()), math.sqrt(total), max(df, 1.0), missing)


def smallest_ratio_seen(deviation: float, df: float, *, level: float, power: float) -> float:
    """Give the smallest ratio above 1 that data of such an error would tell from 1."""
    reach = stdtrit(df, 1.0 - level / 2.0) + ndtri(power)
    # Beyond this a number says no more than "very large".
    return math.exp(min(float(reach) * deviation, 50.0))


_CELLS_A_STRATUM = 8.0  # [A]: with fewer, most strata have ground of one kind only
_MOST_BINS = 5  # five bins take away some nine tenths of what a distance confounds (Cochran 1968)


def strata_of(cells: pd.DataFrame, distances: list[str]) -> IntArray:
    """
    Sort cells into strata of equal distances.

    Each distance is cut at its quantiles into as many bins as leave some eight
    cells a stratum, 2 to 5.
    """
    if not distances:
        return np.zeros(len(cells), dtype=np.int64)
    bins = round((len(cells) / _CELLS_A_STRATUM) ** (1.0 / len(distances)))
    bins = min(max(bins, 2), _MOST_BINS)
    codes = [
        pd.qcut(cells[name], bins, labels=False, duplicates="drop").to_numpy() for name in distances
    ]
    return np.unique(np.column_stack(codes), axis=0, return_inverse=True)[1].reshape(-1)


def rate_ratio_interval(
    counts: IntArray | int,
    others: IntArray | int,
    *,
    exposures: tuple[float, float],
    confidence: float = 0.95,
) -> tuple[float, float]:
    """
    Give the exact interval for the ratio of two Poisson rates, pooled over imputations.

    Given their sum, one of two Poisson counts is binomial [1]_, so that the limits of
    Clopper and Pearson [2]_ for its share become those of the ratio. Over imputations
    their confidence distributions (beta) are averaged; with one imputation this is the exact
    interval.

    Parameters
    ----------
    counts
        Events in the first ground, one value an imputation.
    others
        Events in the second.
    exposures
        Area, or area times time, of the first and the second.
    confidence
        Confidence of the interval.

    Returns
    -------
    tuple[float, float]
        Lower and upper end of the first rate over the second; the upper may be infinite.

    Raises
    ------
    InvalidParameterError
        If counts do not match or are negative, or an exposure is not above zero.

    References
    ----------
    .. [1] Przyborowski, J., Wilenski, H. (1940). Homogeneity of results in testing
       samples from Poisson series. Biometrika 31, 313-323.
    .. [2] Clopper, C. J., Pearson, E. S. (1934). The use of confidence or fiducial
       limits. Biometrika 26, 404-413.

    Examples
    --------
    >>> low, high = rate_ratio_interval(10, 5, exposures=(1.0, 1.0))
    >>> round(low, 4), round(high, 4)
    (0.6229, 7.4573)
    """
    first = np.atleast_1d(as_non_negative(counts, "counts", "events"))
    second = np.atleast_1d(as_non_negative(others, "others", "events"))
    if first.shape != second.shape:
        msg = f"counts and others must be as many, got {first.size} and {second.size}"
        raise InvalidParameterError(msg)
    sizes: Sequence[float] = exposures
    if len(sizes) != 2:
        msg = f"exposures must be two numbers, for counts and for others, got {shown(exposures)}"
        raise InvalidParameterError(msg)
    for size in exposures:
        check_positive(size, "exposures")
    tail = (1.0 - check_confidence(confidence)) / 2.0
    pairs, times = np.unique(np.column_stack([first, second]), axis=0, return_counts=True)
    shares = times / times.sum()
    low = _share_at(pairs[:, 0], pairs[:, 1] + 1, shares, tail)
    high = _share_at(pairs[:, 0] + 1, pairs[:, 1], shares, 1.0 - tail)
    scale = exposures[1] / exposures[0]
    return scale * low / (1.0 - low), math.inf if high == 1.0 else scale * high / (1.0 - high)


def _share_at(a: IntArray, b: IntArray, shares: np.ndarray, level: float) -> float:
    """Quantile of a mixture of beta distributions; one with a 0 is all at its end."""
    at_zero, at_one = float(shares[a == 0].sum()), float(shares[b == 0].sum())
    if at_zero >= level:
        return 0.0
    if 1.0 - at_one <= level:
        return 1.0
    inner = (a > 0) & (b > 0)
    shape_a, shape_b, part = a[inner].astype(float), b[inner].astype(float), shares[inner]

    def excess(share: float) -> float:
        return at_zero + float(part @ betainc(shape_a, shape_b, share)) - level

    from scipy.optimize import brentq  # noqa: PLC0415 - a third of a second that reading does without

    return float(brentq(excess, 0.0, 1.0, xtol=1e-14, rtol=1e-13))
