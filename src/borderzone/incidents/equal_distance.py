"""Holding distances equal: as terms of a regression, or as strata of cells that lie equally far."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from borderzone._typing import FloatArray, IntArray

__all__ = ["distance_terms", "spline_basis", "strata_of"]

_KNOTS = (0.05, 0.35, 0.65, 0.95)  # quantiles at which Harrell puts four knots
_EVENTS_A_TERM = 10.0  # fewer events for each term of the model, and distances enter as lines
_CELLS_A_STRATUM = 8.0
_MOST_BINS = 5


def distance_terms(cells: pd.DataFrame, distances: list[str], events: float) -> FloatArray:
    """
    Give the terms of distance that so many events can bear.

    Parameters
    ----------
    cells
        Cells with the columns of `distances`.
    distances
        Columns of distance.
    events
        Events in the cells.

    Returns
    -------
    FloatArray
        Splines with ten events for each term or more, else straight lines.
    """
    parts = [np.empty((len(cells), 0))]
    bent = events >= _EVENTS_A_TERM * (3 * len(distances) + 2)
    for name in distances:
        parts.append(spline_basis(cells[name].to_numpy(dtype=float), bent=bent))
    return np.column_stack(parts)


def spline_basis(distance_km: FloatArray, *, bent: bool) -> FloatArray:
    """
    Give the terms by which a rate may depend on a distance.

    Parameters
    ----------
    distance_km
        Distances of cells. Units: km.
    bent
        Whether the dependence may bend: a cubic spline of the logarithm with
        four knots, straight beyond the outer ones [1]_. Else a straight line
        of the logarithm.

    Returns
    -------
    FloatArray
        Shape ``(cells, 3)`` or ``(cells, 1)``, each centred and of deviation 1;
        terms that do not vary are left out.

    References
    ----------
    .. [1] Harrell, F. E. (2015). Regression Modeling Strategies, 2nd edition,
       section 2.4.5.

    Examples
    --------
    >>> spline_basis(np.linspace(0, 100, 50), bent=True).shape
    (50, 3)
    """
    x = np.log1p(distance_km)
    terms = [x]
    knots = np.quantile(x, _KNOTS)
    if bent and np.all(np.diff(knots) > 1e-9):
        t0, last, end = knots[0], knots[-2], knots[-1]
        for knot in knots[:-2]:
            terms.append(
                _cube(x - knot)
                - _cube(x - last) * (end - knot) / (end - last)
                + _cube(x - end) * (last - knot) / (end - last)
            )
        terms[1:] = [term / (end - t0) ** 2 for term in terms[1:]]
    basis = np.column_stack(terms)
    basis = basis - basis.mean(axis=0)
    spread = basis.std(axis=0)
    varied = spread > 1e-9
    return np.asarray(basis[:, varied] / spread[varied])


def strata_of(cells: pd.DataFrame, distances: list[str]) -> IntArray:
    """
    Sort cells into strata of equal distances.

    Each distance is cut at its quantiles into as many bins as leave some eight
    cells a stratum, 2 to 5.

    Parameters
    ----------
    cells
        Cells with the columns of `distances`.
    distances
        Columns of distance.

    Returns
    -------
    IntArray
        Number of the stratum of each cell.

    Examples
    --------
    >>> strata_of(pd.DataFrame({"road_km": [1.0, 2.0, 30.0, 40.0]}), ["road_km"]).tolist()
    [0, 0, 1, 1]
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
