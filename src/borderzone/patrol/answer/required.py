"""Units required: inverting the coverage of a plan, for one or many sets of rates."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import elementwise

from borderzone.patrol.theory.search import COVERAGE, POD

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from borderzone._typing import FloatArray, IntArray

__all__ = ["BEST_RULE", "MEASURES", "plan_pod", "units_for_rates", "whole_units"]

MEASURES = ("mean_pod", "min_pod", "mean_poi", "min_poi")
# The mean is best served by the optimal rule, the weakest segment by the other one.
BEST_RULE: Mapping[str, str] = MappingProxyType(
    {"mean_poi": "optimal", "mean_pod": "optimal", "min_poi": "maximin", "min_pod": "maximin"}
)
# Beyond this many units on station the target counts as out of reach.
_FAR_TOO_MANY = 1e12


def plan_pod(coverage: FloatArray, weights: FloatArray, *, worst: bool, law: str) -> FloatArray:
    """POD over all segments: of the worst one, or the weighted mean."""
    if worst:
        return POD[law](coverage.min(axis=-1))
    return np.asarray(np.minimum(1.0, (POD[law](coverage) * weights).sum(axis=-1)))


def units_for_rates(
    plan: Callable[[FloatArray], FloatArray],
    rates: FloatArray,
    weights: FloatArray,
    pod: FloatArray,
    *,
    worst: bool,
    law: str,
) -> FloatArray:
    """
    Fewest units with which a plan reaches a POD, for each set of rates.

    The plan is made once, on the rates it knows; `rates` are what turns out
    to be true, so the units stand where the plan puts them.
    """
    found = np.where(pod <= 0, 0.0, np.inf)
    certain = pod == 1
    with np.errstate(divide="ignore"):
        coverage = COVERAGE[law](np.clip(pod, 0.0, 1.0))
    open_draws = np.flatnonzero((pod > 0) & (pod <= 1) & np.isfinite(coverage))
    if open_draws.size == 0:
        return found
    # Certainty of the mean is certainty of every segment that has a weight.
    everywhere = weights > 0

    def shortfall(units: FloatArray, draw: IntArray) -> FloatArray:
        reached = plan(units) * rates[draw]
        if worst:
            return np.asarray(reached.min(axis=-1) - coverage[draw])
        mean = plan_pod(reached, weights, worst=False, law=law) - pod[draw]
        full = reached[..., everywhere].min(axis=-1) - coverage[draw]
        return np.where(certain[draw], full, mean)

    upper, bracketed = _bracket(shortfall, open_draws)
    draws = open_draws[bracketed]
    if draws.size:
        roots = elementwise.find_root(
            shortfall,
            (np.zeros(draws.size), upper[bracketed]),
            args=(draws,),
            tolerances={"xatol": 0.0, "xrtol": 1e-13, "fatol": 0.0, "frtol": 0.0},
            maxiter=200,
        )
        found[draws] = roots.x
    return found


def _bracket(
    shortfall: Callable[[FloatArray, IntArray], FloatArray], draws: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Units with which each draw is past its target, and which draws have some."""
    upper = np.ones(draws.size)
    short = np.ones(draws.size, dtype=bool)
    while short.any() and upper.max() <= _FAR_TOO_MANY:
        where = np.flatnonzero(short)
        short[where] = shortfall(upper[where], draws[where]) < 0
        upper[short] *= 4.0
    return upper, ~short


def whole_units(units: float) -> float:
    """
    Round a number of units up to whole units.

    A whole number that rounding lifted by a hair stays what it is.

    Parameters
    ----------
    units
        Units, fractions allowed; infinite stays infinite.

    Returns
    -------
    float
        The smallest whole number of units that is enough.

    Examples
    --------
    >>> whole_units(2.2), whole_units(3.0 + 1e-12)
    (3.0, 3.0)
    """
    return float(np.ceil(units - 1e-9 * max(1.0, units))) if np.isfinite(units) else units
