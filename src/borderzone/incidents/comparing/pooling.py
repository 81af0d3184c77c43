"""Estimates of several imputations as one, and what they could have shown."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from scipy.special import ndtri, stdtrit

if TYPE_CHECKING:
    from borderzone._typing import FloatArray

__all__ = ["Pooled", "pool_rubin", "smallest_ratio_seen"]


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
    between = (1.0 + 1.0 / m) * float(estimates.var(ddof=1)) if m > 1 else 0.0
    total = within + between
    missing = between / total if total > 0 else 0.0
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
