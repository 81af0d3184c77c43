"""Placing events where the comparison itself finds them likely, so that vague positions do not hide it."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING

import numpy as np

from borderzone.incidents.comparing.compared_cells import DISTANCES, counts_in_cells
from borderzone.incidents.comparing.equal_distance import distance_terms
from borderzone.incidents.comparing.rate_ratio import filled_counts, mixture_fit

if TYPE_CHECKING:
    import pandas as pd

    from borderzone._typing import FloatArray, IntArray

__all__ = ["informed_counts"]

_BURN_IN = 30  # rounds until where it started is forgotten


def informed_counts(where: IntArray, cells: pd.DataFrame, rng: np.random.Generator) -> IntArray:
    """
    Count events by cell, each placed in its region by the rates that the comparison finds.

    Positions drawn evenly over a region know nothing of flags, and pull the
    ratio towards 1. Here rates and positions are drawn in turn, as in data
    augmentation [1]_: fit the rates to the counts, draw rates from the fit,
    draw the cell of each event among its possible positions in proportion to
    these rates, count again. Whether an event lies in the cells at all stays as it was drawn.

    References
    ----------
    .. [1] Tanner, M. A., Wong, W. H. (1987). The calculation of posterior
       distributions by data augmentation. Journal of the American Statistical
       Association 82, 528-540.
    """
    n_events, draws = where.shape
    n_cells, inside = len(cells), where >= 0
    distances = [name for name in DISTANCES if name in cells.columns]
    terms = distance_terms(cells, distances, float(inside.sum()) / draws)
    share = cells.get("flagged_share", cells["flagged"]).to_numpy(dtype=float)
    exposure = cells["area_km2"].to_numpy(dtype=float)
    flagged = cells["flagged"].to_numpy(dtype=bool)
    kept = np.empty((draws, n_cells), dtype=np.int64)
    counts = counts_in_cells(where[:, :1], n_cells)[0]
    safe, rows = np.where(inside, where, 0), np.arange(n_events)
    for step in range(_BURN_IN + draws):
        filled, _ = filled_counts(counts, flagged, exposure)
        rate = _drawn_rate(filled, share, exposure, terms, rng)
        reached = np.where(inside, rate[safe], 0.0).cumsum(axis=1)
        aim = rng.random(n_events) * reached[:, -1]
        pick = np.minimum((reached <= aim[:, None]).sum(axis=1), draws - 1)
        # One column of the positions says who is in, another who is where.
        present = inside[rows, rng.integers(draws, size=n_events)]
        counts = np.bincount(where[rows, pick][present], minlength=n_cells)
        if step >= _BURN_IN:
            kept[step - _BURN_IN] = counts
    return kept


def _drawn_rate(
    counts: FloatArray,
    share: FloatArray,
    exposure: FloatArray,
    terms: FloatArray,
    rng: np.random.Generator,
) -> FloatArray:
    """Rates of cells, drawn from the fit; all alike where it does not settle."""
    others = np.column_stack([np.ones(len(counts)), terms])
    with warnings.catch_warnings():
        # As in `poisson_regression`: the fit is read, its warnings are not for the caller.
        warnings.simplefilter("ignore")
        try:
            fit = mixture_fit(counts, share, others, np.log(exposure))
        except ValueError:  # LinAlgError is one
            fit = None
        if fit is None or not np.isfinite(fit.cov_params()).all():
            return np.ones(len(counts))
        drawn = rng.multivariate_normal(fit.params, fit.cov_params(), method="svd")
    ratio = math.exp(min(max(float(drawn[0]), -20.0), 20.0))
    log_base = others @ drawn[1:]
    base = np.exp(np.clip(log_base - log_base.max(), -500.0, 0.0))
    return np.asarray(base * (1.0 + share * (ratio - 1.0)))
