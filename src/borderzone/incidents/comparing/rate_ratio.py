"""The ratio of two rates of events at equal distance from what draws reports, with its error."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    from borderzone._typing import BoolArray, FloatArray, IntArray

__all__ = [
    "RatioFit",
    "crude_ratio",
    "filled_counts",
    "mantel_haenszel",
    "mixture_fit",
    "poisson_regression",
]

_ROUNDS = 50
_SETTLED = 1e-7
_NO_RATIO = 30.0  # a log ratio as far from 0 is running off; NaN is not below it either
_NO_VARIANCE = 1e4  # so wide that the data do not hold the ratio at all


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
    a, b, s, t = (np.where(both, part, 0.0) for part in (a, b, s, t))
    whole = np.where(both, s + t, 1.0)
    up, down = (a * t / whole).sum(), (b * s / whole).sum()
    if not (up > 0 and down > 0):
        return RatioFit(math.nan, math.nan, math.nan, 1.0, 0.0, float((a + b).sum()))
    ratio = up / down
    spread = ((a + b) * s * t / whole**2).sum()
    base = np.divide(a + b, s * ratio + t, out=np.zeros(n), where=both)
    mean = exposure * np.where(flagged, ratio, 1.0) * base[strata]
    used = both[strata] & (mean > 0)
    df = float(used.sum() - (base > 0).sum() - 1)
    extra = _dispersion(counts[used], mean[used], df)
    return RatioFit(
        math.log(ratio),
        extra * spread / (up * down),
        extra / spread,
        extra,
        df,
        float((a + b).sum()),
    )


def poisson_regression(
    counts: FloatArray, share: FloatArray, exposure: FloatArray, terms: FloatArray
) -> RatioFit:
    """
    Give the rate ratio beside the terms of distance, by Poisson regression.

    A cell of which the share s is flagged has ``1 + s (R - 1)`` times the rate
    of unflagged ground equally far away. The logarithm of exposure is an
    offset. The variance is that of the model times the dispersion [1]_ where
    that is above 1.

    References
    ----------
    .. [1] Fletcher, D. J. (2012). Estimating overdispersion when fitting a
       generalized linear model to sparse data. Biometrika 99, 230-237.
    """
    separated = _statsmodels()[2]
    share = np.asarray(share, dtype=float)
    others = np.column_stack([np.ones(len(counts)), terms])
    nothing = RatioFit(math.nan, math.nan, math.nan, 1.0, 0.0, float(counts.sum()))
    with warnings.catch_warnings():
        # Whether a fit settled is read from it; what it would say about it is not for the caller.
        warnings.simplefilter("ignore")
        try:
            alike = _glm(counts, others, np.log(exposure))
            design = np.column_stack([share, others])
            information = design.T @ (design * alike.mu[:, None])
            null_variance = float(np.linalg.inv(information)[0, 0])
            fit = mixture_fit(counts, share, others, np.log(exposure))
            variance = math.nan if fit is None else float(fit.cov_params()[0, 0])
        except (np.linalg.LinAlgError, ValueError, separated):
            return nothing
    if fit is None or not 0 < variance < _NO_VARIANCE:
        return nothing
    df = float(len(counts) - design.shape[1])
    extra = _dispersion(counts, fit.mu, df)
    return RatioFit(
        float(fit.params[0]),
        extra * variance,
        extra * null_variance,
        extra,
        df,
        float(counts.sum()),
    )


def mixture_fit(
    counts: FloatArray, share: FloatArray, others: FloatArray, log_exposure: FloatArray
) -> Any:
    """
    Fit with cells that are flagged in part; None where it does not settle.

    ``log(1 + s (R - 1))`` is no line in ``log R``: its tangent takes its place, and
    is laid anew at each solution until that stays. For shares of 0 and 1 the
    tangent is the function and the first solution stands.
    """
    log_ratio, start = 0.0, None
    for _ in range(_ROUNDS):
        ratio = math.exp(log_ratio)
        mix = 1.0 + share * (ratio - 1.0)
        slope = ratio * share / mix
        offset = log_exposure + np.log(mix) - slope * log_ratio
        fit = _glm(counts, np.column_stack([slope, others]), offset, start)
        found = float(fit.params[0])
        if not (fit.converged and abs(found) < _NO_RATIO):
            return None
        if abs(found - log_ratio) < _SETTLED:
            return fit
        # From far off a tangent overshoots; a step of e² at a time does not.
        log_ratio, start = log_ratio + min(max(found - log_ratio, -2.0), 2.0), fit.params
    return None


def _glm(
    counts: FloatArray, design: FloatArray, offset: FloatArray, start: FloatArray | None = None
) -> Any:
    glm, family, _ = _statsmodels()
    model = glm(counts, design, family=family(), offset=offset)
    return model.fit(scale=1.0, start_params=start)


def filled_counts(
    counts: IntArray, flagged: BoolArray, exposure: FloatArray
) -> tuple[FloatArray, bool]:
    """Add half an event to both kinds of ground, spread by exposure, where one of them has none."""
    whole = counts.astype(float)
    if whole[flagged].sum() > 0 and whole[~flagged].sum() > 0:
        return whole, False
    for kind in (flagged, ~flagged):
        whole[kind] += 0.5 * exposure[kind] / exposure[kind].sum()
    return whole, True


def _dispersion(counts: FloatArray, mean: FloatArray, df: float) -> float:
    """Pearson's dispersion, set right for sparse counts as Fletcher does; never below 1."""
    if df <= 0:
        return 1.0
    excess = (counts - mean) / mean
    pearson = float((excess * (counts - mean)).sum()) / df
    return max(1.0, pearson / (1.0 + float(excess.mean())))


def _statsmodels() -> tuple[Any, Any, Any]:
    try:
        # An extra, loaded where it is used.
        from statsmodels.genmod.families import Poisson  # noqa: PLC0415
        from statsmodels.genmod.generalized_linear_model import GLM  # noqa: PLC0415
        from statsmodels.tools.sm_exceptions import PerfectSeparationError  # noqa: PLC0415
    except ImportError as error:
        msg = (
            "method='poisson' needs statsmodels: pip install borderzone[stats]; method='matched' does "
            "without"
        )
        raise InvalidParameterError(msg) from error
    return GLM, Poisson, PerfectSeparationError
