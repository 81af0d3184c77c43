"""Units that a share of all crossings takes, draw by draw.

Plain statement: a plan puts x_i units into segment i so that the next unit would gain as much
anywhere: with the rates a_i and weights w_i that the planner believes, w_i a_i P'(a_i x_i) = mu, and
none where w_i a_i P'(0) < mu. One number mu is one plan, and a smaller mu is more units. In a draw the
true rates are r_is, by state of light s with share h_s, and the plan stops

    sum_i w_i (R_i sum_s h_s g_is H_i(r_is x_i) + (1 - R_i) sum_s h_s N_i(r_is x_i))
    H(C) = (1 - f) P(q C) + f P(C),  N(C) = (1 - f) P(min(q, n) C) + f P(n C)

of the crossings: q is the width in which somebody is recognised over that in which he is seen, n that in
which the unit itself is near enough to be there in time, f the share of the unrecognised that are followed
up, R_i the chance that a reserve is there in time (q, f and R are 1 where seeing alone is asked for), and
g_is what posts that stand there already leave. mu is sought until that is the target; the planner's weights
are what posts leave of his, and the target of a draw is what they leave of it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import prange

from borderzone._kernels import njit

if TYPE_CHECKING:
    from borderzone._typing import FloatArray, IntArray

__all__ = [
    "BEATS_SOFT",
    "COLUMNS",
    "RANDOM",
    "SOFT_EXPONENT",
    "TABLED",
    "missed_in_steps",
    "planned_units",
    "posts_seen",
    "read_widths",
    "share_for_units",
    "standing_seen",
    "standing_spacing",
    "units_for_mean",
]

RANDOM, BEATS_SOFT, TABLED = 0, 1, 2
# The exponent of the soft beats, K = C (0.95 + 0.307 C), a fit.
SOFT_EXPONENT = _LINEAR, _SQUARE = 0.95, 0.307
# So far below the first gain every segment is seen to all digits.
_DEEPEST = 600.0
_STEPS = 200
# A step up goes so much farther than coverage that grows evenly would need, so that what is sought lies
# behind it; the share of all that is the most of which a logarithm is taken; and when a goal is met.
_BEYOND, _ALL, _CLOSE = 1.03, 1.0 - 1e-16, 3e-15
# So far beyond the table posts are looked for, as the logarithm of a spacing: a few on any border.
_FAR_APART = 10.0


@njit(inline="always")
def _seen(law: int, coverage: float, table: FloatArray, step: float) -> Any:
    """POD at a coverage; a table holds it every `step`, and its last row beyond."""
    if law == RANDOM:
        return -math.expm1(-coverage)
    if law == BEATS_SOFT:
        return -math.expm1(-coverage * (_LINEAR + _SQUARE * coverage))
    place = coverage / step
    low = int(place)
    if low >= table.size - 1:
        return table[-1]
    return table[low] + (place - low) * (table[low + 1] - table[low])


@njit(inline="always")
def _planned(law: int, log_gain: float, near: float) -> Any:
    """Coverage at which ln P' is a number at most that at no coverage; 0 above it."""
    if law == RANDOM:
        return max(0.0, -log_gain)
    start = math.log(_LINEAR)
    if log_gain >= start:
        return 0.0
    # ln P' = ln(b + 2 c C) - b C - c C^2 falls ever faster, so that Newton from the right of the
    # root comes down on it without passing it, and from its left does so after one step: from the
    # coverage of a plan near by, or from a square root that bounds it.
    coverage = near if near > 0.0 else math.sqrt((start - log_gain) / _SQUARE) + 0.2
    for _ in range(60):
        steep = _LINEAR + 2.0 * _SQUARE * coverage
        gap = math.log(steep) - coverage * (_LINEAR + _SQUARE * coverage) - log_gain
        move = gap / (2.0 * _SQUARE / steep - steep)
        coverage -= move
        if abs(move) <= 1e-14 * (1.0 + coverage):
            break
    return max(0.0, coverage)


@njit()
def planned_units(
    log_mu: float, law: int, rates: FloatArray, weights: FloatArray, units: FloatArray
) -> Any:
    """Fill in the units by segment at which the next one gains `mu` anywhere; near what they are is quicker."""
    for i in range(rates.size):
        gain = weights[i] * rates[i]
        near = units[i] * rates[i]
        units[i] = _planned(law, log_mu - math.log(gain), near) / rates[i] if gain > 0.0 else 0.0


@njit()
def _stopped(  # noqa: PLR0913, PLR0917 - a plan, what is true of it, and what is wanted
    rates: FloatArray,
    share: FloatArray,
    weights: FloatArray,
    units: FloatArray,
    law: tuple[int, FloatArray, float],
    stop: tuple[FloatArray, float, FloatArray, FloatArray, FloatArray],
    seen: FloatArray,
) -> Any:
    """Share of all crossings that is stopped; by segment the share that is noticed at all."""
    name, table, step = law
    recognised, followed_up, reserve, near, states = stop
    total = 0.0
    for i in range(weights.size):
        noticed, told, close = 0.0, 0.0, 0.0
        for s in range(share.shape[1]):
            coverage = rates[i, s] * units[i]
            noticed += share[i, s] * _seen(name, coverage, table, step)
            if followed_up < 1.0:
                told += share[i, s] * _seen(name, recognised[i, s] * coverage, table, step)
            # Whom no reserve reaches the unit may, if it passes near enough.
            if reserve[i] < 1.0:
                followed = _seen(name, near[i] * coverage, table, step)
                known = _seen(name, min(recognised[i, s], near[i]) * coverage, table, step)
                close += states[s] * (followed_up * followed + (1.0 - followed_up) * known)
        seen[i] = noticed
        handled = (1.0 - followed_up) * told + followed_up * noticed
        total += weights[i] * (reserve[i] * handled + (1.0 - reserve[i]) * close)
    return total


@njit()
def _out(units: FloatArray, seen: FloatArray, off_line: tuple[float, FloatArray]) -> Any:
    """Units out in all, with those that false and true calls keep off the line."""
    total = 0.0
    for i in range(units.size):
        total += units[i] * (1.0 + off_line[0]) + off_line[1][i] * seen[i]
    return total


@njit(inline="always")
def _past(value: float, goal: float, most: float) -> Any:
    """How far a value lies past the goal: shares as the coverage that gives them, which grows with depth evenly."""
    if most == np.inf:
        return value - goal
    return math.log1p(-goal / most) - math.log1p(-min(value / most, _ALL))


@njit(inline="always")
def _lowered(value: float, before: float) -> Any:
    """Weight of the end that stays, where the other moved from one value to another of the same sign."""
    return 1.0 - value / before if abs(value) < abs(before) else 0.5


@njit()
def _depth(  # noqa: PLR0913, PLR0917 - a plan, what is true of it, and what is wanted
    top: float,
    plan: tuple[int, FloatArray, FloatArray],
    rates: FloatArray,
    share: FloatArray,
    weights: FloatArray,
    law: tuple[int, FloatArray, float],
    stop: tuple[FloatArray, float, FloatArray, FloatArray, FloatArray],
    off_line: tuple[float, FloatArray],
    wanted: tuple[float, float, float],
    near: float,
    units: FloatArray,
    seen: FloatArray,
) -> Any:
    """How far mu lies below the first gain of the plan that is wanted, in logarithms; infinite for never."""
    # wanted: a share of all crossings and a number of units out, the other of which is infinite, and the
    # share that is never passed.
    plan_law, plan_rates, plan_weights = plan
    by_share = wanted[0] < np.inf
    goal = wanted[0] if by_share else wanted[1]
    # The depth is stepped up until enough is stopped, then bracketed by false position with the step of
    # Anderson and Bjorck, which lowers the weight of an end that stays where it is. That of a draw like
    # this one is where to look first.
    at_none = _past(0.0, goal, wanted[2])
    low, at_low, high, at_high = 0.0, at_none, np.inf, 0.0
    side, trial = 0, near if near > 0.0 else 1.0
    for _ in range(_STEPS):
        planned_units(top - trial, plan_law, plan_rates, plan_weights, units)
        stopped = _stopped(rates, share, weights, units, law, stop, seen)
        past = _past(stopped if by_share else _out(units, seen, off_line), goal, wanted[2])
        if abs(past) <= _CLOSE * -at_none:
            break
        if past > 0.0:
            at_low *= _lowered(past, at_high) if side == 1 else 1.0
            high, at_high, side = trial, past, 1
        elif trial >= _DEEPEST:
            return np.inf
        else:
            at_high *= _lowered(past, at_low) if side == -1 else 1.0
            low, at_low, side = trial, past, -1
        if high < np.inf and high - low <= 1e-13 * high:
            break
        if high < np.inf:
            trial = (low * at_high - high * at_low) / (at_high - at_low)
        else:
            side = 0
            trial *= min(2.0, _BEYOND * at_none / (at_none - at_low)) if at_low > at_none else 2.0
    return trial


@njit()
def _most(
    share: FloatArray,
    weights: FloatArray,
    believed: FloatArray,
    stop: tuple[FloatArray, float, FloatArray, FloatArray, FloatArray],
) -> Any:
    """Share of all crossings that is stopped where every one is seen that a plan sends units for."""
    _, _, reserve, near, states = stop
    most = 0.0
    for i in range(weights.size):
        if believed[i] > 0.0:
            most += weights[i] * reserve[i] * share[i].sum()
            if near[i] > 0.0:
                most += weights[i] * (1.0 - reserve[i]) * states.sum()
    return most


@njit()
def first_gain(plan: tuple[int, FloatArray, FloatArray]) -> Any:
    """Logarithm of the largest gain of a first unit."""
    plan_law, rates, weights = plan
    top = -np.inf
    for i in range(rates.size):
        if weights[i] * rates[i] > 0.0:
            top = max(top, math.log(weights[i] * rates[i]))
    return top + math.log(_LINEAR) if plan_law == BEATS_SOFT else top


@njit()
def _for_share(  # noqa: PLR0913, PLR0917 - a plan, what is true of it, and what is wanted
    d: int,
    rates: FloatArray,
    share: FloatArray,
    weights: FloatArray,
    plan: tuple[int, FloatArray, FloatArray],
    law: tuple[int, FloatArray, float],
    stop: tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray],
    off_line: tuple[float, FloatArray],
    target: FloatArray,
    near: float,
    filled: tuple[FloatArray, FloatArray],
) -> Any:
    """Depth of the plan that reaches the share of one draw; units and shares seen by segment are filled in."""
    recognised, followed_up, reserve, close, states = stop
    here = (recognised[d], followed_up[d], reserve[d], close[d], states)
    believed = (plan[0], plan[1], plan[2][d])
    most = _most(share[d], weights, believed[2], here)
    # Close below what every crossing seen would come to, numbers of units mean nothing.
    if not 0.0 < target[d] < most * (1.0 - 1e-12):
        return np.inf
    wanted = (target[d], np.inf, most)
    return _depth(
        first_gain(believed),
        believed,
        rates[d],
        share[d],
        weights,
        law,
        here,
        off_line,
        wanted,
        near if near < np.inf else 0.0,
        filled[0],
        filled[1],
    )


@njit(parallel=True, nogil=True, error_model="numpy")
def units_for_mean(  # noqa: PLR0913, PLR0917 - a plan, what is true of it, and what is wanted
    rates: FloatArray,
    share: FloatArray,
    weights: FloatArray,
    plan: tuple[int, FloatArray, FloatArray],
    law: tuple[int, FloatArray, float],
    stop: tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray],
    off_line: tuple[float, FloatArray],
    cost: FloatArray,
    target: FloatArray,
) -> tuple[Any, Any]:
    """Find the units with which a plan reaches a share of all crossings, draw by draw."""
    # rates: coverage of one unit, shape ``(draws, segments, states)``; share: of the states, to 1 or what
    # posts leave of it, of the same shape; target: by draw.
    # plan: its law, the rates that the planner believes, and his weights by draw and segment.
    # law: that by which the draws see, with the table and the step of a tabled one.
    # stop: q by draw, segment and state, f by draw, R and n by draw and segment, h by state.
    # off_line: units lost to false calls for each unit, and to true ones by segment if all are seen.
    # cost: by segment, what one unit out there costs, for the second sum.
    # Returns units in all and their cost, shape ``(draws,)``; infinite where none is enough.
    draws, segments = rates.shape[0], weights.size
    units_out, cost_out = np.zeros(draws), np.zeros(draws)
    # The first draw is near to all others.
    first = np.zeros(segments), np.zeros(segments)
    start = _for_share(0, rates, share, weights, plan, law, stop, off_line, target, 0.0, first)
    for d in prange(draws):
        units, seen = np.zeros(segments), np.zeros(segments)
        filled = (units, seen)
        depth = _for_share(
            d, rates, share, weights, plan, law, stop, off_line, target, start, filled
        )
        for i in range(segments):
            if target[d] <= 0.0:
                break
            count = np.inf
            if depth < np.inf:
                count = units[i] * (1.0 + off_line[0]) + off_line[1][i] * seen[i]
            units_out[d] += count
            # No unit costs nothing, however far the segment: 0 times infinite is no number.
            cost_out[d] += count * cost[i] if count > 0.0 else 0.0
    return units_out, cost_out


@njit(parallel=True, nogil=True, error_model="numpy")
def share_for_units(  # noqa: PLR0913, PLR0917 - a plan, what is true of it, and what is wanted
    rates: FloatArray,
    share: FloatArray,
    weights: FloatArray,
    plan: tuple[int, FloatArray, FloatArray],
    law: tuple[int, FloatArray, float],
    stop: tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray],
    off_line: tuple[float, FloatArray],
    number: float,
) -> Any:
    """Share of all crossings that a number of units out reaches by the plan, draw by draw."""
    # The inverse of `units_for_mean`, with the same arguments.
    draws, found = rates.shape[0], np.zeros(rates.shape[0])
    if number <= 0.0:
        return found
    # The first draw, all at their medians, tells the others where to look first.
    first = _share_of_draw(0, rates, share, weights, plan, law, stop, off_line, number, 0.0)
    found[0] = first[0]
    for d in prange(1, draws):
        one = _share_of_draw(d, rates, share, weights, plan, law, stop, off_line, number, first[1])
        found[d] = one[0]
    return found


@njit()
def _share_of_draw(  # noqa: PLR0913, PLR0917 - a draw, and as above
    d: int,
    rates: FloatArray,
    share: FloatArray,
    weights: FloatArray,
    plan: tuple[int, FloatArray, FloatArray],
    law: tuple[int, FloatArray, float],
    stop: tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray],
    off_line: tuple[float, FloatArray],
    number: float,
    near: float,
) -> Any:
    """Share that a number of units reaches in one draw, and the depth at which it does."""
    units, seen = np.zeros(weights.size), np.zeros(weights.size)
    recognised, followed_up, reserve, close, states = stop
    here = (recognised[d], followed_up[d], reserve[d], close[d], states)
    believed = (plan[0], plan[1], plan[2][d])
    # Where every segment is seen to all digits long before, units still stand there.
    wanted = (np.inf, number, np.inf)
    depth = _depth(
        first_gain(believed), believed, rates[d], share[d], weights, law, here, off_line, wanted,
        near if near < np.inf else 0.0, units, seen,
    )  # fmt: skip
    return _stopped(rates[d], share[d], weights, units, law, here, seen), depth


# Sums over segments may be taken in any order, so that several go at once.
@njit(parallel=True, nogil=True, error_model="numpy", fastmath={"reassoc"})
def missed_in_steps(
    rates: FloatArray,
    step: FloatArray,
    weights: FloatArray,
    start: float,
    counts: int,
    exponent: tuple[float, float],
) -> Any:
    """Share of all crossings missed by units that grow in even steps, by draw and count."""
    # rates: by draw and segment; step: units that each segment gains in a step; start: steps at the
    # first count. exponent: b and c of P = 1 - exp(-(b C + c C^2)).
    # From one count to the next what is missed is multiplied by a ratio, and the ratio by a constant:
    # two products for an exponential.
    linear, square = exponent
    segments = weights.size
    found = np.zeros((rates.shape[0], counts))
    for d in prange(rates.shape[0]):
        missed, ratio, fall = np.empty(segments), np.empty(segments), np.empty(segments)
        for i in range(segments):
            gain = rates[d, i] * step[i]
            b, c = linear * gain, square * gain * gain
            missed[i] = weights[i] * math.exp(-(b + c * start) * start)
            ratio[i] = math.exp(-(b + c * (2.0 * start + 1.0)))
            fall[i] = math.exp(-2.0 * c)
        for k in range(counts):
            total = 0.0
            for i in range(segments):
                total += missed[i]
                missed[i] *= ratio[i]
                ratio[i] *= fall[i]
            found[d, k] = total
    return found


@njit(inline="always")
def _between(grid: FloatArray, value: float) -> tuple[Any, Any]:
    """Cell of an even grid in which a value lies, and how far along; what lies outside is held to its ends."""
    place = (value - grid[0]) / (grid[1] - grid[0])
    place = min(max(place, 0.0), grid.size - 1.0)
    low = min(int(place), grid.size - 2)
    return low, place - low


@njit()
def _standing(  # noqa: PLR0913, PLR0917 - a plan, what is true of it, and what is wanted
    tables: tuple[FloatArray, FloatArray],
    axes: tuple[FloatArray, FloatArray, FloatArray],
    log_r50: FloatArray,
    share: FloatArray,
    f_mask: float,
    followed_up: float,
    log_spacing: float,
) -> Any:
    """Share that posts so far apart notice or recognise, over the states of light."""
    noticed, told = tables
    ranges, masks, spacings = axes
    j, at_j = _between(masks, f_mask)
    total = 0.0
    for s in range(share.size):
        i, at_i = _between(ranges, log_r50[s])
        # Spacing counts in ranges: the same posts are farther apart for shorter eyes.
        k, at_k = _between(spacings, log_spacing - log_r50[s])
        # Beyond the table no two posts look at one place, and what is seen falls as they grow fewer.
        fewer = math.exp(min(0.0, spacings[-1] - (log_spacing - log_r50[s])))
        seen, known = 0.0, 0.0
        for di in range(2):
            for dj in range(2):
                for dk in range(2):
                    part = (at_i if di else 1.0 - at_i) * (at_j if dj else 1.0 - at_j)
                    part *= at_k if dk else 1.0 - at_k
                    seen += part * noticed[i + di, j + dj, k + dk]
                    known += part * told[i + di, j + dj, k + dk]
        followed, told_too = math.expm1(-seen * fewer), math.expm1(-known * fewer)
        total -= share[s] * (followed_up * followed + (1.0 - followed_up) * told_too)
    return total


@njit(parallel=True, nogil=True)
def standing_spacing(  # noqa: PLR0913, PLR0917 - a plan, what is true of it, and what is wanted
    tables: tuple[FloatArray, FloatArray],
    axes: tuple[FloatArray, FloatArray, FloatArray],
    log_r50: FloatArray,
    share: FloatArray,
    f_mask: FloatArray,
    followed_up: FloatArray,
    target: FloatArray,
) -> Any:
    """Find how far apart posts may stand, draw by draw and segment by segment; no distance for never."""
    # tables: -ln(1 - POD) of noticing and of recognising by log range, share out of sight and log of
    # spacing over range, along which both fall. axes: those three, each even. log_r50: by draw and state;
    # f_mask, target: by draw and segment; share: of the states there; followed_up: by draw.
    # Returns the logarithm of the spacing, in the unit of the ranges; -inf where none is enough, inf where
    # nothing is wanted.
    draws, segments = f_mask.shape
    found = np.empty((draws, segments))
    for d in prange(draws):
        eyes, followed = log_r50[d], followed_up[d]
        for i in range(segments):
            low = axes[2][0] + eyes.min()
            high = axes[2][-1] + eyes.max() + _FAR_APART
            hidden, wanted, left = f_mask[d, i], target[d, i], share[d, i]
            if wanted <= 0.0:
                found[d, i] = np.inf
                continue
            if _standing(tables, axes, eyes, left, hidden, followed, low) < wanted:
                found[d, i] = -np.inf
                continue
            at_low = _standing(tables, axes, eyes, left, hidden, followed, low) - wanted
            at_high = _standing(tables, axes, eyes, left, hidden, followed, high) - wanted
            side = 0
            for _ in range(_STEPS):
                if high - low <= 1e-9:
                    break
                # Straight between the ends where that falls well inside, else the middle.
                middle = (low * at_high - high * at_low) / (at_high - at_low)
                middle = min(max(middle, low + 1e-10), high - 1e-10)
                value = _standing(tables, axes, eyes, left, hidden, followed, middle) - wanted
                if value >= 0.0:
                    low, at_low = middle, value
                    at_high *= 0.5 if side == 1 else 1.0
                    side = 1
                else:
                    high, at_high = middle, value
                    at_low *= 0.5 if side == -1 else 1.0
                    side = -1
            found[d, i] = low
    return found


@njit(nogil=True)
def standing_seen(  # noqa: PLR0913, PLR0917 - the inverse of what stands above it
    tables: tuple[FloatArray, FloatArray],
    axes: tuple[FloatArray, FloatArray, FloatArray],
    log_r50: FloatArray,
    share: FloatArray,
    f_mask: FloatArray,
    followed_up: FloatArray,
    log_spacing: FloatArray,
) -> Any:
    """Share that posts see at their spacing by draw and segment: the inverse of `standing_spacing`."""
    draws, segments = f_mask.shape
    found = np.zeros((draws, segments))
    for d in range(draws):
        for i in range(segments):
            if log_spacing[d, i] < np.inf:
                found[d, i] = _standing(
                    tables,
                    axes,
                    log_r50[d],
                    share[d, i],
                    f_mask[d, i],
                    followed_up[d],
                    log_spacing[d, i],
                )
    return found


@njit(nogil=True)
def posts_seen(
    offset: FloatArray, pod: FloatArray, spacing: FloatArray, correlation: float, places: int
) -> tuple[Any, Any]:
    """POD of evenly spaced posts by spacing: on average over the way between two, and at its weakest place."""
    # offset, pod: one side of the lateral curve, offset rising from 0; nothing is seen beyond.
    # Posts miss together as unequal looks with an intra-class correlation do, the best first: of
    # equal ones the (k + 1)-th is missed with (b + k) / (a + b + k).
    mean, least = np.empty(spacing.size), np.empty(spacing.size)
    for j in range(spacing.size):
        apart = spacing[j]
        reach = int(offset[-1] / apart) + 1
        total, worst = 0.0, 1.0
        for p in range(places):
            where = 0.5 * apart * p / (places - 1)
            missed, rank = 1.0, 0
            # From near to far, which is from the best to the worst where the curve falls.
            for step in range(2 * reach + 1):
                number = (step + 1) // 2 if step % 2 else -(step // 2)
                away = abs(number * apart - where)
                if away > offset[-1]:
                    continue
                fresh = (1.0 - correlation) / (1.0 - correlation + rank * correlation)
                # By hand: numba's own interpolation makes arrays for each single place.
                after = max(np.searchsorted(offset, away), 1)
                part = (away - offset[after - 1]) / (offset[after] - offset[after - 1])
                missed *= 1.0 - fresh * (pod[after - 1] + part * (pod[after] - pod[after - 1]))
                rank += 1
            seen = 1.0 - missed
            worst = min(worst, seen)
            # Half a step at both ends: the trapezium over half of the way, which is all of it.
            total += seen * (0.5 if p in (0, places - 1) else 1.0)
        mean[j], least[j] = total / (places - 1), worst
    return mean, least


# Sweep widths are read off a table with a row for each even step of the logarithm of R50 and five columns
# for each kind of ground between two of the family, the last shared with the next. A width is the cubic through
# four rows and the quartic through five columns, times the share in sight: in that form it stays smooth up to
# ground of which nothing is seen. In numpy, for one place:
# lagrange(ROWS, t) @ table[i - 1 : i + 3, 4 * k : 4 * k + 5] @ lagrange(COLUMNS, u) * (1 - f).

# Where the columns stand between two kinds of ground: the extrema of Chebyshev's polynomial, where a quartic errs least.
_NEAR, _FAR = (1.0 - 0.5**0.5) / 2.0, (1.0 + 0.5**0.5) / 2.0
COLUMNS = (0.0, _NEAR, 0.5, _FAR, 1.0)


@njit(nogil=True, error_model="numpy")
def read_widths(
    table: FloatArray, kinds: FloatArray, kind_of: IntArray, row: FloatArray, f_mask: FloatArray, out: FloatArray
) -> None:  # fmt: skip
    """Read the table at places in its rows and at shares out of sight, both ``(draws, segments)``."""
    # kinds: shares of the kinds of ground, rising from 0 to 1; kind_of: the kind at or below each hundredth.
    # row: place among the rows, from 1 to two before the last, so that the cubic has its four.
    line, place = np.empty(table.shape[1]), np.nan
    for d in range(out.shape[0]):
        for g in range(out.shape[1]):
            # One R50 for all segments of a draw: its line through the rows is drawn once.
            if row[d, g] != place:
                place = row[d, g]
                i = min(int(place), table.shape[0] - 3)
                t = place - i
                # Lagrange's cubic through -1, 0, 1 and 2.
                a = -t * (t - 1.0) * (t - 2.0) / 6.0
                b = (t + 1.0) * (t - 1.0) * (t - 2.0) / 2.0
                c = -(t + 1.0) * t * (t - 2.0) / 2.0
                e = (t + 1.0) * t * (t - 1.0) / 6.0
                for j in range(table.shape[1]):
                    line[j] = a * table[i - 1, j] + b * table[i, j] + c * table[i + 1, j]
                    line[j] += e * table[i + 2, j]
            f = f_mask[d, g]
            k = kind_of[min(int(f * 100.0), 99)]
            u = (f - kinds[k]) / (kinds[k + 1] - kinds[k])
            # Lagrange's quartic through COLUMNS: products of the distances to the other four.
            p, q, r, s, v = u, u - _NEAR, u - 0.5, u - _FAR, u - 1.0
            j = 4 * k
            low = 16.0 * q * r * s * v * line[j] - 32.0 * p * r * s * v * line[j + 1]
            high = 16.0 * p * q * r * s * line[j + 4] - 32.0 * p * q * r * v * line[j + 3]
            out[d, g] = (low + 32.0 * p * q * s * v * line[j + 2] + high) * (1.0 - f)
