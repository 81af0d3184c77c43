"""Quantiles of draws: one of the draws, or between two of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from borderzone._typing import FloatArray

__all__ = ["BAND_DEVIATIONS", "among_draws", "between_draws"]

# Two sides of a 90 % band, in standard deviations from its middle, of a normal law.
BAND_DEVIATIONS = 1.6448536269514722

# Stands for infinite where numbers are weighed against each other.
_FAR = 1e150


def among_draws(values: FloatArray, shares: npt.ArrayLike) -> FloatArray:
    """Take quantiles that are draws themselves, for numbers of units: infinite ones stay infinite."""
    return np.asarray(np.quantile(values, np.asarray(shares, float), method="inverted_cdf"))


def between_draws(values: FloatArray, shares: npt.ArrayLike) -> FloatArray:
    """Take quantiles that lie between two draws where the share does; infinite ones count as far out."""
    finite = bool(np.isfinite(values).all())
    near = values if finite else np.clip(values, -_FAR, _FAR)
    found = np.asarray(np.quantile(near, np.asarray(shares, float), axis=0))
    return (
        found if finite else np.where(np.abs(found) > _FAR / 1e3, np.copysign(np.inf, found), found)
    )
