"""Holding distances equal: as terms of a regression, or as strata of cells that lie equally far."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from borderzone._typing import FloatArray, IntArray

__all__ = ["distance_terms", "spline_basis", "strata_of"]

# Quantiles at which Harrell puts knots, by the number of terms that they make.
_KNOTS = {1: (), 2: (0.10, 0.50, 0.90), 3: (0.05, 0.35, 0.65, 0.95)}
_EVENTS_A_TERM = 5.0  # a distance bends only as far as events can tell
_CELLS_A_STRATUM = 8.0
_MOST_BINS = 5


def distance_terms(cells: pd.DataFrame, distances: list[str], events: float) -> FloatArray:
    """Give the terms of distance that so many events can bear."""
    each = max(
        (n for n in _KNOTS if events >= _EVENTS_A_TERM * (n * len(distances) + 2)), default=1
    )
    parts = [spline_basis(cells[name].to_numpy(dtype=float), terms=each) for name in distances]
    return np.column_stack([np.empty((len(cells), 0)), *parts])


def spline_basis(distance_km: FloatArray, *, terms: int) -> FloatArray:
    """
    Give the terms by which a rate may depend on a distance.

    References
    ----------
    .. [1] Harrell, F. E. (2015). Regression Modeling Strategies, 2nd edition,
       section 2.4.5.
    """
    x = np.log1p(distance_km)
    found = [x]
    knots = np.quantile(x, _KNOTS[terms])
    if terms > 1 and np.all(np.diff(knots) > 1e-9):
        first, last, end = knots[0], knots[-2], knots[-1]
        bends = [
            _cube(x - knot)
            - _cube(x - last) * (end - knot) / (end - last)
            + _cube(x - end) * (last - knot) / (end - last)
            for knot in knots[:-2]
        ]
        found += [bend / (end - first) ** 2 for bend in bends]
    basis = np.column_stack(found)
    basis = basis - basis.mean(axis=0)
    spread = basis.std(axis=0)
    varied = spread > 1e-9
    return np.asarray(basis[:, varied] / spread[varied])


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


def _cube(x: FloatArray) -> FloatArray:
    return np.asarray(np.maximum(x, 0.0) ** 3)
