"""Where units go: even, optimal or maximin, as exact maps from a number of units to units per segment."""

from __future__ import annotations

import heapq
import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from borderzone._guards import as_non_negative, as_positive, check_choice, check_whole
from borderzone.errors import InvalidParameterError, LimitError, ShapeMismatchError
from borderzone.patrol.theory.tactics import (
    SOFT_FIRST_GAIN,
    soft_coverage_at_gain,
    soft_exponent,
    soft_slope_of_coverage,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from borderzone._typing import FloatArray, IntArray

__all__ = [
    "PLAN_LAWS",
    "RULES",
    "allocate",
    "checked_pair",
    "checked_rates",
    "even_shares",
    "fractional_plan",
    "largest_remainder",
    "normalised_weights",
    "whole_unit_plan",
]

RULES = ("even", "optimal", "maximin")
# Laws with diminishing returns at every coverage, so that the optimum below is exact.
PLAN_LAWS = ("random", "beats_soft", "beats")
_MOST_WHOLE_UNITS = 1_000_000
# Where the optimum of led units is looked up, and how much of it is made at a time.
_KNOTS, _ROWS_AT_ONCE = 1500, 1_000_000
# A weight this far below the largest one is none: its logarithm would not be a number.
_NEGLIGIBLE = 1e-200


def allocate(  # noqa: PLR0913 - the front door fixes this signature
    rates: npt.ArrayLike,
    weights: npt.ArrayLike,
    units: float,
    *,
    rule: str = "optimal",
    lengths_km: npt.ArrayLike | None = None,
    integer: bool = False,
    law: str = "random",
) -> pd.Series:
    """
    Spread units out over the segments.

    Parameters
    ----------
    rates
        Coverage per unit out by segment, from `detection_rates`.
    weights
        Weight of each segment (its share of crossings); normalised here.
    units
        Units out.
    rule
        ``"even"``: by length when `lengths_km` is given, else by segment.
        ``"optimal"``: the highest weighted mean POD (Koopman). ``"maximin"``:
        the highest POD of the worst segment, "every inch".
    lengths_km
        Lengths for the even rule. Units: km.
    integer
        Whether each segment gets whole units. The optimum is then exact by
        marginal gains, maximin by serving the weakest first, and even goes by
        largest remainders with ties spread along the border.
    law
        Search law: ``"random"`` (unled), ``"beats_soft"`` (led) or ``"beats"`` (a bound).

    Returns
    -------
    Series
        Units by segment, named ``units``; fractional (shares of time) unless
        `integer`.

    Raises
    ------
    InvalidParameterError
        If a rate is not above 0, the weights are unusable, the units are
        negative or not whole when `integer`, or a word is unknown.
    LimitError
        If more than a million whole units are asked for.
    ShapeMismatchError
        If rates, weights and lengths are not of one length.

    References
    ----------
    .. [1] Koopman, B. O. (1953). The optimum distribution of effort. Journal
       of the Operations Research Society of America 1, 52-63.
    .. [2] de Guenin, J. (1961). Optimum distribution of effort: an extension
       of the Koopman basic theory. Operations Research 9, 1-7.

    Examples
    --------
    >>> allocate([1, 1, 1], [0.5, 0.3, 0.2], 2).round(6).tolist()
    [1.142372, 0.631546, 0.226081]
    >>> allocate([0.5, 0.25], [1, 1], 6, rule="maximin").tolist()
    [2.0, 4.0]
    """
    a, w = checked_pair(rates, weights)
    if integer:
        count = np.array([check_whole(units, "units", lowest=0)])
        placed = whole_unit_plan(a, w, rule=rule, lengths_km=lengths_km, law=law)(count)[0]
    else:
        number = as_non_negative(units, "units").reshape(1)
        placed = fractional_plan(a, w, rule=rule, lengths_km=lengths_km, law=law)(number)[0]
    return pd.Series(placed, index=_index(rates, weights, a.size), name="units")


def fractional_plan(
    rates: FloatArray,
    weights: FloatArray,
    *,
    rule: str,
    lengths_km: npt.ArrayLike | None = None,
    law: str = "random",
) -> Callable[[FloatArray], FloatArray]:
    """Map numbers of units to units per segment, fractions allowed."""
    check_choice(rule, "rule", RULES)
    check_choice(law, "law", PLAN_LAWS)
    if rule == "optimal":
        make = {"random": _koopman, "beats_soft": _soft, "beats": _saturating}[law]
        return make(rates, weights)
    # Even and maximin are shares of the whole that hold at every number of units; the optimum opens
    # segment after segment, so it is a function of the number.
    shares = even_shares(rates.size, lengths_km) if rule == "even" else _maximin_shares(rates)
    return lambda units: np.multiply.outer(units, shares)


def whole_unit_plan(
    rates: FloatArray,
    weights: FloatArray,
    *,
    rule: str,
    lengths_km: npt.ArrayLike | None = None,
    law: str = "random",
) -> Callable[[IntArray], IntArray]:
    """Map numbers of units to whole units per segment."""
    check_choice(rule, "rule", RULES)
    check_choice(law, "law", PLAN_LAWS)
    if rule == "even":
        shares = even_shares(rates.size, lengths_km)
        # Each number is shared out by itself: largest remainders are no sequence in which a next
        # unit only adds.
        return lambda units: np.array([largest_remainder(shares, int(m)) for m in units]).reshape(
            len(units), rates.size
        )

    def plan(units: IntArray) -> IntArray:
        most = int(np.max(units, initial=0))
        if most > _MOST_WHOLE_UNITS:
            msg = f"whole units are placed up to {_MOST_WHOLE_UNITS:,}, got {most:,}; use fractions"
            raise LimitError(msg)
        order = (
            _marginal_order(rates, weights, most, law)
            if rule == "optimal"
            else _weakest_first(rates, most)
        )
        placed = [np.flatnonzero(order == segment) for segment in range(rates.size)]
        return np.stack([np.searchsorted(where, units) for where in placed], axis=-1)

    return plan


def even_shares(n_segments: int, lengths_km: npt.ArrayLike | None) -> FloatArray:
    """Share of the units for each segment, by length or by segment."""
    if lengths_km is None:
        return np.full(n_segments, 1.0 / n_segments)
    lengths = as_positive(lengths_km, "lengths_km", "km")
    if lengths.shape != (n_segments,):
        msg = (
            f"lengths_km must have one value for each of {n_segments} segments, got {lengths.shape}"
        )
        raise ShapeMismatchError(msg)
    return np.asarray(lengths / lengths.sum())


def _maximin_shares(rates: FloatArray) -> FloatArray:
    """Share of the units for each segment so that all reach the same coverage: in proportion to 1 / a."""
    effort = rates.min() / rates
    return np.asarray(effort / effort.sum())


def _koopman(rates: FloatArray, weights: FloatArray) -> Callable[[FloatArray], FloatArray]:
    """Koopman's water-filling for the random law, solved by sorting."""
    # The optimum gives x = max(0, ln(w a / mu) / a). Segments enter in falling order of w a;
    # between two entries ln mu is linear in the number of units, so each piece is solved in closed
    # form.
    order = _entering_order(rates, weights)
    a = rates[order]
    key = np.log(weights[order]) + np.log(a)
    key = key - key[0]  # mu in units of the first gain
    slope = np.cumsum(1.0 / a)
    level = np.cumsum(key / a)
    entry = np.maximum.accumulate(np.maximum(0.0, level - key * slope))

    def plan(units: FloatArray) -> FloatArray:
        active = np.searchsorted(entry, units, side="right") - 1
        log_mu = (level[active] - units) / slope[active]
        filled = np.maximum(0.0, (key - log_mu[..., None]) / a)
        filled[(np.arange(a.size) > active[..., None]) | (units == 0)[..., None]] = 0.0
        result: FloatArray = np.zeros((*np.shape(units), rates.size))
        result[..., order] = filled
        return result

    return plan


def _soft(rates: FloatArray, weights: FloatArray) -> Callable[[FloatArray], FloatArray]:
    """Water-filling for led units, whose marginal gain has an inverse but no closed sum."""
    # The soft law is concave from the first unit on, so that equal marginal gains are the optimum.
    # At a gain, given by its logarithm, each segment takes `soft_coverage_at_gain`, and all together
    # take the fewer the higher it is. The gain of a number of units is read off a table whose knots
    # are so near that a step along the slope leaves 1e-9 of it, and no segment enters within one.
    order = _entering_order(rates, weights)
    a = rates[order]
    key = np.log(weights[order]) + np.log(a)
    first = key[0]
    steps = np.concatenate([key - first, -np.geomspace(1e-9, 1e6, _KNOTS)])
    knots = np.unique(steps)[::-1] + first + np.log(SOFT_FIRST_GAIN)

    def taken(log_gain: FloatArray) -> FloatArray:
        return np.asarray(soft_coverage_at_gain(log_gain[..., None] - key) / a)

    parts = np.array_split(knots, 1 + knots.size * a.size // _ROWS_AT_ONCE)
    units_at = np.concatenate([taken(part).sum(axis=-1) for part in parts])

    def plan(units: FloatArray) -> FloatArray:
        filled = taken(np.interp(units, units_at, knots))
        slope = soft_slope_of_coverage(a * filled) / a * (filled > 0)
        left, in_all = units - filled.sum(axis=-1), slope.sum(axis=-1)
        filled += slope * (left / np.where(in_all > 0, in_all, np.inf))[..., None]
        np.maximum(filled, 0.0, out=filled)
        # What the step leaves is shared out in proportion, so that no unit is lost.
        total = filled.sum(axis=-1)
        filled *= (units / np.where(total > 0, total, np.inf))[..., None]
        result: FloatArray = np.zeros((*np.shape(units), rates.size))
        result[..., order] = filled
        return result

    return plan


def _saturating(rates: FloatArray, weights: FloatArray) -> Callable[[FloatArray], FloatArray]:
    """Water-filling for back-and-forth patrols, which saturate at coverage 2."""
    # The marginal gain w a (1 - a x / 2) falls in a line to 0, so x = (2 / a)(1 - mu / (w a)) and
    # mu is linear in the number of units between entries. Units beyond certainty go in proportion
    # to 1 / a.
    order = _entering_order(rates, weights)
    a = rates[order]
    gain = weights[order] * a
    gain = gain / gain[0]  # mu in units of the first gain
    full = np.cumsum(2.0 / a)
    slope = np.cumsum(2.0 / (a * gain))
    entry = np.maximum.accumulate(np.maximum(0.0, full - gain * slope))
    spare = _maximin_shares(rates)

    def plan(units: FloatArray) -> FloatArray:
        active = np.searchsorted(entry, units, side="right") - 1
        mu = np.maximum(0.0, (full[active] - units) / slope[active])
        filled = np.maximum(0.0, (2.0 / a) * (1.0 - mu[..., None] / gain))
        filled[(np.arange(a.size) > active[..., None]) | (units == 0)[..., None]] = 0.0
        result: FloatArray = np.multiply.outer(np.maximum(0.0, units - full[-1]), spare)
        result[..., order] += filled
        return result

    return plan


def _entering_order(rates: FloatArray, weights: FloatArray) -> IntArray:
    """Segments with a weight, in falling order of their first marginal gain."""
    used = np.flatnonzero(weights > 0)
    return np.asarray(used[np.argsort(-(weights[used] * rates[used]), kind="stable")])


def largest_remainder(shares: FloatArray, units: int) -> IntArray:
    """Whole units nearest to the shares; ties are spread along the border."""
    # Hamilton's method; quotas that rounding left a hair below a whole number count as whole.
    quota = shares * units
    whole = np.floor(quota + 1e-9)
    rest = units - int(whole.sum())
    counts: IntArray = whole.astype(np.int64)
    if rest <= 0:
        return counts
    remainder = np.round(quota - whole, 9)  # equal lengths tie although their last digits differ
    counts[np.lexsort((_spread_rank(shares.size), -remainder))[:rest]] += 1
    return counts


def _spread_rank(n_segments: int) -> IntArray:
    """Order in which segments are served so that any first few are far apart."""
    # The binary digits of the index, reversed. The order does not depend on the number of units, so
    # one more unit never moves the others.
    index = np.arange(n_segments)
    reverse = np.zeros_like(index)
    for _ in range(max(1, int(n_segments - 1).bit_length())):
        reverse = 2 * reverse + index % 2
        index = index // 2
    return reverse


def _marginal_order(rates: FloatArray, weights: FloatArray, units: int, law: str) -> IntArray:
    """Segment of each successive unit when each goes where it gains most."""
    # Exact for concave gains that add up over segments. Ties go to the segment with fewer units,
    # then to the first.
    a: list[float] = rates.tolist()
    w: list[float] = weights.tolist()
    if law == "random":
        # The logarithm of the gain is linear in the units and never underflows.
        first = [
            (math.log(wi) + math.log(-math.expm1(-ai))) if wi > 0 else -math.inf
            for ai, wi in zip(a, w, strict=True)
        ]

        def gain(i: int, k: int) -> float:
            return first[i] - a[i] * k
    elif law == "beats_soft":

        def gain(i: int, k: int) -> float:
            # The logarithm, here too; a segment of no weight comes after all others.
            now, then = float(soft_exponent(a[i] * k)), float(soft_exponent(a[i] * (k + 1)))
            return (
                (math.log(w[i]) if w[i] > 0 else -math.inf)
                - now
                + math.log(-math.expm1(now - then))
            )

    else:

        def gain(i: int, k: int) -> float:
            left = max(0.0, 1.0 - a[i] * k / 2.0)
            right = max(0.0, 1.0 - a[i] * (k + 1) / 2.0)
            return w[i] * (left - right) * (left + right)

    heap = [(-gain(i, 0), 0, i) for i in range(len(a))]
    return _draw(heap, units, lambda i, k: -gain(i, k))


def _weakest_first(rates: FloatArray, units: int) -> IntArray:
    """Segment of each successive unit when each goes to the least covered: exact for the minimum."""
    a: list[float] = rates.tolist()
    heap = [(0.0, 0, i) for i in range(len(a))]
    return _draw(heap, units, lambda i, k: a[i] * k)


def _draw(
    heap: list[tuple[float, int, int]], units: int, key: Callable[[int, int], float]
) -> IntArray:
    # Keys of a segment only rise, so that the next unit is always the head of the heap.
    heapq.heapify(heap)
    order = np.empty(units, dtype=np.int64)
    for unit in range(units):
        _, count, segment = heap[0]
        order[unit] = segment
        heapq.heapreplace(heap, (key(segment, count + 1), count + 1, segment))
    return order


def checked_pair(rates: npt.ArrayLike, weights: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return rates and weights of the same segments, the weights normalised."""
    a = checked_rates(rates)
    if isinstance(rates, pd.Series) and isinstance(weights, pd.Series):
        same_number = len(rates) == len(weights)
        if same_number and not rates.index.equals(weights.index):
            msg = "rates and weights are of different segments: their indexes differ; align them"
            raise InvalidParameterError(msg)
    return a, normalised_weights(weights, a.size)


def _index(rates: npt.ArrayLike, weights: npt.ArrayLike, size: int) -> pd.Index:
    for given in (rates, weights):
        if isinstance(given, pd.Series):
            return given.index
    return pd.RangeIndex(size, name="segment")


def checked_rates(rates: npt.ArrayLike) -> FloatArray:
    """Refuse rates that are no rates, or with which no number of units helps."""
    array = as_positive(rates, "rates")
    if array.ndim != 1:
        msg = f"rates must be one column, a rate for each segment, got shape {array.shape}"
        raise ShapeMismatchError(msg)
    if array.size == 0:
        msg = "rates must hold one segment or more, got none"
        raise InvalidParameterError(msg)
    return array


def normalised_weights(weights: npt.ArrayLike, n_segments: int) -> FloatArray:
    """Scale weights so that they sum to 1."""
    array = as_non_negative(weights, "weights")
    if array.shape != (n_segments,):
        msg = f"weights must have one value for each of {n_segments} segments, got {array.shape}"
        raise ShapeMismatchError(msg)
    top = float(array.max())
    if top == 0:
        msg = "weights must have at least one above 0: nobody crosses anywhere"
        raise InvalidParameterError(msg)
    scaled = array / top  # first, so that huge or tiny weights cannot overflow their sum
    scaled[scaled < _NEGLIGIBLE] = 0.0
    return np.asarray(scaled / scaled.sum())
