"""Where posts stand: greedy choice, swaps, forced moves, and bounds from prices of the demand.

Plain statement: m points of demand with weights w, n candidates, and which candidate sees which point,
with what probability q. A set S of posts is worth the sum over the points of w times

- `COUNT`: the first, second entry of ``worth`` if one, if two or more posts of S see the point;
- `BEST`: the largest q of S;
- `JOINT`: 1 less the product of 1 - q over S.

The greedy choice adds the candidate with the largest gain until there are p posts. A swap takes one
post out and puts the best other one in, where that gains; done until no swap gains. A forced move puts
random candidates in, drops the posts that are missed least, swaps again, and is kept unless it loses.

Bounds: the condition that a point counts no oftener than posts see it is priced and dropped. For any
prices the best answer left is an upper bound of every set of p posts, and it falls apart into
one sum over the points and the p largest sums over the candidates. Prices are moved against the
subgradient. For `JOINT` the worth of a point lies below the lesser of two concave functions of the posts,
and below each tangent of it; the mean of tangents is one too.

Everything is kept twice, by candidate and by point, so that a move touches only what it changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from borderzone._kernels import njit

if TYPE_CHECKING:
    from borderzone._typing import FloatArray, IntArray

__all__ = [
    "BEST",
    "COUNT",
    "JOINT",
    "Incidence",
    "Posts",
    "fill",
    "forced_moves",
    "joint_bound",
    "priced_bound",
    "renew",
    "swap",
    "worth_of",
]

COUNT, BEST, JOINT = 0, 1, 2
# A gain below this share of all demand is rounding.
_LEAST_GAIN = 1e-10
# Steps without a better bound before they are halved, and how much of the last direction is kept.
_PATIENCE = 15
_MOMENTUM = 0.9


class Incidence(NamedTuple):
    """Who sees what, by candidate (``row``) and by point (``col``), and what is asked."""

    row_ptr: IntArray
    row_at: IntArray
    row_q: FloatArray
    col_ptr: IntArray
    col_at: IntArray
    col_q: FloatArray
    weight: FloatArray
    worth: FloatArray
    model: int
    cost: FloatArray
    clash_ptr: IntArray
    clash_at: IntArray


class Posts(NamedTuple):
    """A set of posts: who is in (1) or never (2), the state of each point, gains, clashes."""

    inside: IntArray
    state: FloatArray
    gain: FloatArray
    blocked: IntArray


@njit(nogil=True, inline="always")
def _marginal(model: int, worth: FloatArray, state: float, q: float) -> Any:
    """Give what one more post adds to a point of weight 1."""
    if model == COUNT:
        count = int(state)
        return 0.0 if count >= 2 else worth[count + 1] - worth[count]
    if model == BEST:
        return max(0.0, q - state)
    return state * q


@njit(nogil=True, inline="always")
def _covered(model: int, worth: FloatArray, state: float) -> Any:
    if model == COUNT:
        return worth[min(int(state), 2)]
    return state if model == BEST else 1.0 - state


@njit(nogil=True, inline="always")
def _with_one_more(model: int, state: float, q: float) -> Any:
    if model == COUNT:
        return state + 1.0
    return max(state, q) if model == BEST else state * (1.0 - q)


@njit(nogil=True)
def _state_of(case: Incidence, inside: IntArray, j: int) -> Any:
    """Work out the state of a point from its posts, since a product by 0 cannot be undone."""
    state = 1.0 if case.model == JOINT else 0.0
    for k in range(case.col_ptr[j], case.col_ptr[j + 1]):
        if inside[case.col_at[k]] == 1:
            state = _with_one_more(case.model, state, case.col_q[k])
    return state


@njit(nogil=True)
def worth_of(case: Incidence, posts: Posts) -> Any:
    """Sum what the points are worth as the posts stand."""
    total = 0.0
    for j in range(case.weight.size):
        total += case.weight[j] * _covered(case.model, case.worth, posts.state[j])
    return total


@njit(nogil=True)
def renew(case: Incidence, posts: Posts) -> Any:
    """Work out states, gains and clashes from who is in, and give the worth."""
    posts.blocked[:] = 0
    for j in range(case.weight.size):
        posts.state[j] = _state_of(case, posts.inside, j)
    for i in range(posts.gain.size):
        total = 0.0
        for k in range(case.row_ptr[i], case.row_ptr[i + 1]):
            j = case.row_at[k]
            q = case.row_q[k]
            total += case.weight[j] * _marginal(case.model, case.worth, posts.state[j], q)
        posts.gain[i] = total
        if posts.inside[i] == 1:
            for k in range(case.clash_ptr[i], case.clash_ptr[i + 1]):
                posts.blocked[case.clash_at[k]] += 1
    return worth_of(case, posts)


@njit(nogil=True)
def _move(case: Incidence, posts: Posts, i: int, into: int) -> Any:  # noqa: C901 - one hot loop
    """Put a candidate in (1) or take a post out (0), and give how much the worth changes."""
    change = 0.0
    posts.inside[i] = into
    for k in range(case.clash_ptr[i], case.clash_ptr[i + 1]):
        posts.blocked[case.clash_at[k]] += 1 if into else -1
    for k in range(case.row_ptr[i], case.row_ptr[i + 1]):
        j = case.row_at[k]
        old = posts.state[j]
        if into:
            new = _with_one_more(case.model, old, case.row_q[k])
        elif case.model == COUNT:
            new = old - 1.0
        else:
            new = _state_of(case, posts.inside, j)
        weight = case.weight[j]
        change += weight * (
            _covered(case.model, case.worth, new) - _covered(case.model, case.worth, old)
        )
        posts.state[j] = new
        if case.model == COUNT:
            # Most points are seen often enough that the gains of others stay as they are.
            step = _marginal(COUNT, case.worth, new, 1.0) - _marginal(COUNT, case.worth, old, 1.0)
            if step == 0.0:
                continue
            for c in range(case.col_ptr[j], case.col_ptr[j + 1]):
                posts.gain[case.col_at[c]] += weight * step
        else:
            for c in range(case.col_ptr[j], case.col_ptr[j + 1]):
                q = case.col_q[c]
                posts.gain[case.col_at[c]] += weight * (
                    _marginal(case.model, case.worth, new, q)
                    - _marginal(case.model, case.worth, old, q)
                )
    return change


@njit(nogil=True)
def _best_in(case: Incidence, posts: Posts, left: float, by_cost: int) -> Any:
    """Find the candidate that gains most, or most for its cost; the first of equals, -1 if none."""
    best, most = -1, 0.0
    for i in range(posts.gain.size):
        if posts.inside[i] != 0 or posts.blocked[i] != 0 or case.cost[i] > left:
            continue
        gain = posts.gain[i]
        if by_cost:
            gain /= max(case.cost[i], 1e-12)
        if gain > most:
            best, most = i, gain
    return best


@njit(nogil=True)
def fill(case: Incidence, posts: Posts, fixed: IntArray, p: int, left: float, by_cost: int) -> Any:
    """Add the best candidate until p posts stand beside the fixed ones; give the money left."""
    least = _LEAST_GAIN * case.weight.sum()
    count = 0
    for i in range(fixed.size):
        count += posts.inside[i] == 1 and fixed[i] == 0
    while count < p:
        best = _best_in(case, posts, left, by_cost)
        if best < 0 or posts.gain[best] <= least:
            break
        _move(case, posts, best, 1)
        left -= case.cost[best]
        count += 1
    return left


@njit(nogil=True)
def swap(case: Incidence, posts: Posts, fixed: IntArray, p: int, left: float) -> Any:  # noqa: C901 - one hot loop
    """Exchange posts one for one, and add where there is room, while that gains; give the money left."""
    least = _LEAST_GAIN * case.weight.sum()
    kept_gain = np.empty_like(posts.gain)
    widest = 0
    for i in range(fixed.size):
        widest = max(widest, case.row_ptr[i + 1] - case.row_ptr[i])
    kept_state = np.empty(widest)
    better = True
    while better:
        better = False
        left = fill(case, posts, fixed, p, left, 0)
        for out in range(fixed.size):
            if posts.inside[out] != 1 or fixed[out] != 0:
                continue
            start = case.row_ptr[out]
            kept_gain[:] = posts.gain
            for k in range(start, case.row_ptr[out + 1]):
                kept_state[k - start] = posts.state[case.row_at[k]]
            loss = -_move(case, posts, out, 0)
            best = _best_in(case, posts, left + case.cost[out], 0)
            if best >= 0 and best != out and posts.gain[best] > loss + least:
                _move(case, posts, best, 1)
                left += case.cost[out] - case.cost[best]
                better = True
                continue
            posts.inside[out] = 1
            posts.gain[:] = kept_gain
            for k in range(start, case.row_ptr[out + 1]):
                posts.state[case.row_at[k]] = kept_state[k - start]
            for k in range(case.clash_ptr[out], case.clash_ptr[out + 1]):
                posts.blocked[case.clash_at[k]] += 1
    return left


@njit(nogil=True)
def _drop_least(case: Incidence, posts: Posts, fixed: IntArray, spared: IntArray) -> Any:  # noqa: C901 - one hot loop
    """Take out the post that is missed least, but none of the spared ones; -1 if there is none."""
    worst, least = -1, np.inf
    for i in range(fixed.size):
        if posts.inside[i] != 1 or fixed[i] != 0 or spared[i] != 0:
            continue
        loss = 0.0
        for k in range(case.row_ptr[i], case.row_ptr[i + 1]):
            j = case.row_at[k]
            state = posts.state[j]
            if case.model == COUNT:
                count = min(int(state), 3)
                if count < 3:
                    loss += case.weight[j] * (case.worth[count] - case.worth[count - 1])
            elif case.model == BEST:
                # Second best is not kept: what is lost is at most this.
                loss += case.weight[j] * (state if case.row_q[k] >= state else 0.0)
            else:
                loss += case.weight[j] * state * case.row_q[k] / max(1.0 - case.row_q[k], 1e-9)
        if loss < least:
            worst, least = i, loss
    if worst >= 0:
        _move(case, posts, worst, 0)
    return worst


@njit(nogil=True)
def _spent(case: Incidence, posts: Posts, fixed: IntArray) -> Any:
    total = 0.0
    for i in range(fixed.size):
        if posts.inside[i] == 1 and fixed[i] == 0:
            total += case.cost[i]
    return total


@njit(nogil=True)
def _force(  # noqa: PLR0913, PLR0917 - one hot loop, in parts
    case: Incidence,
    posts: Posts,
    fixed: IntArray,
    p: int,
    left: float,
    draw: FloatArray,
    spared: IntArray,
) -> Any:
    """Force candidates in, and drop what is missed least until number and money are kept."""
    count = posts.gain.size
    spared[:] = 0
    forced = 1 + int(draw[0] * (draw.size - 1))
    for d in range(1, forced + 1):
        i = int(draw[d] * count)
        if posts.inside[i] == 0 and posts.blocked[i] == 0 and posts.gain[i] > 0.0:
            _move(case, posts, i, 1)
            left -= case.cost[i]
            spared[i] = 1
    standing = 0
    for i in range(count):
        standing += posts.inside[i] == 1 and fixed[i] == 0
    while standing > 0 and (standing > p or left < 0.0):
        out = _drop_least(case, posts, fixed, spared)
        if out < 0:
            out = _drop_least(case, posts, fixed, fixed)
        left += case.cost[out]
        standing -= 1
    return left


@njit(nogil=True)
def forced_moves(  # noqa: PLR0913, PLR0917 - a search, its room, and when it ends
    case: Incidence,
    posts: Posts,
    fixed: IntArray,
    p: int,
    budget: float,
    goal: float,
    draws: FloatArray,
) -> Any:
    """Force random candidates in, drop and swap; keep what does not lose, until the goal is reached."""
    # draws: uniform numbers, one row a move: first how many are forced in, then which.
    value = renew(case, posts)
    count = posts.gain.size
    inside, state = posts.inside.copy(), posts.state.copy()
    gain, blocked = posts.gain.copy(), posts.blocked.copy()
    spared = np.zeros(count, dtype=np.uint8)
    for t in range(draws.shape[0]):
        if value >= goal:
            break
        left = budget - _spent(case, posts, fixed)
        left = _force(case, posts, fixed, p, left, draws[t], spared)
        if left >= -1e-9:
            swap(case, posts, fixed, p, left)
        new = worth_of(case, posts) if left >= -1e-9 else -1.0
        if new >= value:
            value = new
            inside[:] = posts.inside
            state[:] = posts.state
            gain[:] = posts.gain
            blocked[:] = posts.blocked
        else:
            posts.inside[:] = inside
            posts.state[:] = state
            posts.gain[:] = gain
            posts.blocked[:] = blocked
    return renew(case, posts)


@njit(nogil=True)
def _best_sum(  # noqa: C901 - one hot loop
    score: FloatArray,
    kind: IntArray,
    cost: FloatArray,
    p: int,
    budget: float,
    taken: FloatArray,
) -> Any:
    """Give the largest sum of scores of p candidates, or, if less, of those that the budget buys."""
    # kind: 0 free to choose, 1 always in, 2 never.
    # taken: told, the share of each candidate; the last one bought may be a part of one.
    total, free = 0.0, 0
    for i in range(score.size):
        taken[i] = 1.0 if kind[i] == 1 else 0.0
        total += score[i] * taken[i]
        free += kind[i] == 0
    open_scores = np.empty(free)
    at = 0
    for i in range(score.size):
        if kind[i] == 0:
            open_scores[at] = score[i]
            at += 1
    many = min(p, free)
    if many == 0:
        return total
    limit = -1.0 if many == free else np.partition(open_scores, free - many)[free - many]
    best, count = 0.0, 0
    for i in range(score.size):
        if kind[i] == 0 and score[i] > limit:
            taken[i] = 1.0
            best += score[i]
            count += 1
    for i in range(score.size):  # equals fill up, in their order
        if count < many and kind[i] == 0 and score[i] == limit:
            taken[i] = 1.0
            best += score[i]
            count += 1
    spent = 0.0
    for i in range(score.size):
        spent += cost[i] * taken[i] * (kind[i] == 0)
    if spent <= budget:
        return total + best
    return total + _best_for_money(score, kind, cost, budget, taken, best)


@njit(nogil=True)
def _best_for_money(
    score: FloatArray,
    kind: IntArray,
    cost: FloatArray,
    budget: float,
    taken: FloatArray,
    best: float,
) -> Any:
    """Buy by score for cost, the last one in part: no choice within the budget is worth more."""
    order = np.argsort(-score / np.maximum(cost, 1e-300))
    bought, left = 0.0, budget
    share = np.zeros(score.size)
    for i in order:
        if kind[i] != 0 or score[i] <= 0.0:
            continue
        share[i] = 1.0 if cost[i] <= left else left / cost[i]
        bought += share[i] * score[i]
        left -= share[i] * cost[i]
        if left <= 0.0:
            break
    if bought >= best:
        return best
    for i in range(score.size):
        if kind[i] == 0:
            taken[i] = share[i]
    return bought


@njit(nogil=True)
def _scores(
    case: Incidence, kind: IntArray, price: FloatArray, cap: FloatArray, score: FloatArray
) -> None:
    """Sum what the points of each candidate are worth at their prices."""
    for i in range(score.size):
        if kind[i] == 2:
            continue
        total = 0.0
        if case.model == COUNT:
            for k in range(case.row_ptr[i], case.row_ptr[i + 1]):
                total += price[case.row_at[k]]
        else:
            for k in range(case.row_ptr[i], case.row_ptr[i + 1]):
                j = case.row_at[k]
                # The price of COUNT is what a post earns, here what a point keeps: weight less that.
                total += max(0.0, case.weight[j] * (case.row_q[k] - 1.0) + price[j])
        score[i] = min(total, cap[i])


@njit(nogil=True)
def _seen_and_kept(
    case: Incidence,
    taken: FloatArray,
    price: FloatArray,
    seen: FloatArray,
    one: float,
    two: float,
) -> Any:
    """Count how often posts see each point at these prices, and sum what the points keep."""
    seen[:] = 0.0
    for i in range(taken.size):
        if taken[i] > 0.0:
            for k in range(case.row_ptr[i], case.row_ptr[i + 1]):
                j = case.row_at[k]
                paid = case.weight[j] * (1.0 - case.row_q[k])
                if case.model == COUNT or price[j] > paid:
                    seen[j] += taken[i]
    kept = 0.0
    for j in range(price.size):
        w = case.weight[j]
        kept += max(0.0, w * one - price[j]) + max(0.0, w * two - price[j])
    return kept


@njit(nogil=True)
def _turn(
    case: Incidence, price: FloatArray, seen: FloatArray, way: FloatArray, one: float, two: float
) -> Any:
    """Turn the way of the prices to the new slope, and give its squared length."""
    norm = 0.0
    for j in range(price.size):
        w = case.weight[j]
        asked = (1.0 if price[j] < w * one else 0.0) + (1.0 if price[j] < w * two else 0.0)
        slope = seen[j] - asked
        # A price at its end that would go beyond it does not move.
        if (price[j] <= 0.0 and slope > 0.0) or (price[j] >= w * one and slope < 0.0):
            slope = 0.0
        way[j] = slope + _MOMENTUM * way[j]
        norm += way[j] * way[j]
    return norm


@njit(nogil=True)
def priced_bound(  # noqa: C901, PLR0913, PLR0915, PLR0917 - prices, the choice, and when to stop
    case: Incidence,
    kind: IntArray,
    cap: FloatArray,
    p: int,
    budget: float,
    price: FloatArray,
    floor: float,
    goal: float,
    steps: int,
    stride: float,
) -> Any:
    """Lower the bound by moving prices; they come back as the best ones found."""
    # price: for each point, from 0 to its weight times the steepest step of its worth.
    # floor: worth of a known answer. goal: a bound that is low enough.
    # stride: first step as a share of the distance to the floor; less where the prices are good ones.
    # Returns the bound, and the scores of the candidates at the best prices.
    n, m = kind.size, case.weight.size
    one, two = case.worth[1], case.worth[2] - case.worth[1]
    if case.model != COUNT:
        one, two = 1.0, 0.0
    elif two > one:  # the least concave function above the worth is a straight line
        one = two = 0.5 * case.worth[2]
    now, score, told = price.copy(), np.zeros(n), np.zeros(n)
    taken, seen, way = np.zeros(n), np.zeros(m), np.zeros(m)
    best, stale = np.inf, 0
    for _ in range(steps):
        _scores(case, kind, now, cap, score)
        bound = _best_sum(score, kind, case.cost, p, budget, taken)
        bound += _seen_and_kept(case, taken, now, seen, one, two)
        if bound < best * (1.0 - 1e-6):
            stale = 0
        else:
            stale += 1
        if bound < best:
            best = bound
            price[:] = now
            told[:] = score
        if best <= goal or stride < 1e-3:
            break
        if stale >= _PATIENCE:
            stride *= 0.7
            stale = 0
            now[:] = price
            way[:] = 0.0
            continue
        norm = _turn(case, now, seen, way, one, two)
        if norm < 1e-18:
            break
        length = stride * max(bound - floor, 1e-9 * bound) / norm
        for j in range(m):
            now[j] = min(max(now[j] - length * way[j], 0.0), case.weight[j] * one)
    return best, told


@njit(nogil=True)
def _tangent(  # noqa: C901 - one hot loop, in parts
    case: Incidence,
    kind: IntArray,
    share: FloatArray,
    log_sum: FloatArray,
    sum_q: FloatArray,
    score: FloatArray,
) -> Any:
    """Lay a plane on the lesser concave worth of each point at these shares of posts."""
    # score: told, the slope for each candidate. Returns the height at no posts.
    log_sum[:] = 0.0
    sum_q[:] = 0.0
    for i in range(kind.size):
        if share[i] > 0.0:
            for k in range(case.row_ptr[i], case.row_ptr[i + 1]):
                q = min(case.row_q[k], 1.0 - 1e-12)
                log_sum[case.row_at[k]] -= share[i] * np.log1p(-q)
                sum_q[case.row_at[k]] += share[i] * q
    start = 1e-12 * case.weight.sum()  # what the cut of q above may hide
    for j in range(log_sum.size):
        if 1.0 - np.exp(-log_sum[j]) <= sum_q[j]:
            start += case.weight[j] * (1.0 - np.exp(-log_sum[j]) * (1.0 + log_sum[j]))
    for i in range(kind.size):
        total = 0.0
        if kind[i] != 2:
            for k in range(case.row_ptr[i], case.row_ptr[i + 1]):
                j = case.row_at[k]
                q = min(case.row_q[k], 1.0 - 1e-12)
                left = np.exp(-log_sum[j])
                if 1.0 - left <= sum_q[j]:
                    total -= case.weight[j] * left * np.log1p(-q)
                else:
                    total += case.weight[j] * q
        score[i] = total
    return start


@njit(nogil=True)
def joint_bound(
    case: Incidence, kind: IntArray, p: int, budget: float, goal: float, steps: int
) -> Any:
    """Bound what posts see together, by the mean of tangents."""
    n, m = kind.size, case.weight.size
    share, taken, score, mean = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n)
    log_sum, sum_q = np.zeros(m), np.zeros(m)
    for i in range(n):
        share[i] = 1.0 if kind[i] == 1 else 0.0
    base, best = 0.0, np.inf
    for t in range(steps):
        start = _tangent(case, kind, share, log_sum, sum_q, score)
        part = 2.0 / (t + 2.0)
        base += part * (start - base)
        mean += part * (score - mean)
        best = min(best, base + _best_sum(mean, kind, case.cost, p, budget, taken))
        best = min(best, start + _best_sum(score, kind, case.cost, p, budget, taken))
        if best <= goal:
            break
        for i in range(n):
            share[i] += part * (taken[i] - share[i])
    return best
