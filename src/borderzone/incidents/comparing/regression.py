"""The ratio by regression on distances, for `method="poisson"`: splines, a fit of cells flagged in part."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from borderzone.errors import InvalidParameterError
from borderzone.incidents.comparing.compared_cells import CellGround, counts_in_cells
from borderzone.incidents.comparing.rate_ratio import RatioFit, dispersion, filled_counts

if TYPE_CHECKING:
    import pandas as pd

    from borderzone._typing import FloatArray, IntArray

__all__ = ["distance_terms", "informed_counts", "mixture_fit", "poisson_regression", "spline_basis"]


_ROUNDS = 50
_SETTLED = 1e-7
_NO_RATIO = 30.0  # a log ratio as far from 0 is running off; NaN is not below it either
_NO_VARIANCE = 1e4  # so wide that the data do not hold the ratio at all
# Quantiles at which Harrell puts knots, by the number of terms that they make.
_KNOTS = {1: (), 2: (0.10, 0.50, 0.90), 3: (0.05, 0.35, 0.65, 0.95)}
_EVENTS_A_TERM = 5.0  # a distance bends only as far as events can tell
_BURN_IN = 30  # rounds until where it started is forgotten


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
    extra = dispersion(counts, fit.mu, df)
    return RatioFit(
        float(fit.params[0]),
        extra * variance,
        extra * null_variance,
        extra,
        df,
        float(counts.sum()),
    )


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
    distances, flagged, share, exposure = CellGround.of(cells)
    terms = distance_terms(cells, distances, float(inside.sum()) / draws)
    kept = np.empty((draws, n_cells), dtype=np.int64)
    counts = counts_in_cells(where[:, :1], n_cells)[0]
    safe, rows = np.where(inside, where, 0), np.arange(n_events)
    for step in range(_BURN_IN + draws):
        filled, _ = filled_counts(counts, flagged, exposure)
        rate = _drawn_rate(filled, share, exposure, terms, rng)
        reached = np.where(inside, rate[safe], 0.0).cumsum(axis=1)
        # Each event falls on one of its possible positions, in proportion to the rates there.
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
    # Only proportions matter to where an event falls: the largest rate is 1, and none overflows.
    log_base = others @ drawn[1:]
    base = np.exp(np.clip(log_base - log_base.max(), -500.0, 0.0))
    return np.asarray(base * (1.0 + share * (ratio - 1.0)))


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


def _statsmodels() -> tuple[Any, Any, Any]:
    try:
        from statsmodels.genmod.families import Poisson  # noqa: PLC0415 - an extra
        from statsmodels.genmod.generalized_linear_model import GLM  # noqa: PLC0415 - likewise
        from statsmodels.tools.sm_exceptions import PerfectSeparationError  # noqa: PLC0415 - likewise
    except ImportError as error:
        msg = (
            "method='poisson' needs statsmodels: pip install borderzone[stats]; method='matched' does "
            "without"
        )
        raise InvalidParameterError(msg) from error
    return GLM, Poisson, PerfectSeparationError


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
    # The first kilometres from a road matter more than the fortieth; one is added so that 0 has a logarithm.
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
    # Of one spread and about 0: else the powers of three would make the fit ill-conditioned.
    basis = basis - basis.mean(axis=0)
    spread = basis.std(axis=0)
    varied = spread > 1e-9
    return np.asarray(basis[:, varied] / spread[varied])


def _cube(x: FloatArray) -> FloatArray:
    return np.asarray(np.maximum(x, 0.0) ** 3)
