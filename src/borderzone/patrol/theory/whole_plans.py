"""Whole units of several kinds on segments: the best plan under limits, and a proof of how good it is."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy import optimize, sparse

from borderzone.patrol.theory.tactics import COVERAGE, POD, soft_coverage_at_gain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from borderzone._typing import FloatArray, IntArray

__all__ = ["Found", "Places", "Task", "best_plan", "possible_plan"]

# Rounding of a score, of a coverage and of a share that is reached; and of sums of them.
_ROUNDING, _NOTHING = 1e-12, 1e-10
# Sets of units of one segment that are looked through, and of all that are handed to the solver.
_MOST_SETS, _MOST_COLUMNS = 200_000, 40_000
# Rounds of prices, and nodes of a search: far above what plans take, and the same on every machine.
_ROUNDS, _NODES = 200, 2_000
# Steps between no coverage and one that sees all, to find where sets lose little.
_STEPS = 4096
# The solver holds rows to 1e-6: a share that is wanted is written so large that it is held to 1e-10.
_FINE = 1e4
# Coverage beyond which a law sees all but 1e-12.
_ALL_SEEN = {"random": 28.0, "beats_soft": 8.1, "beats": 2.0}


@dataclass(frozen=True, kw_only=True)
class Places:
    """Segments, what units of each kind cover there, and how many of them may stand there."""

    rates: FloatArray  # (segments, kinds)
    seen: FloatArray  # share that posts see already
    law: str
    least_by_kind: IntArray  # (segments, kinds)
    least: IntArray  # units of all kinds
    most: IntArray
    available: IntArray  # by kind

    def pod(self, segment: IntArray, units: IntArray) -> FloatArray:
        """Share seen in segments by so many units of each kind."""
        coverage = (self.rates[segment] * units).sum(axis=-1)
        there = self.seen[segment]
        return np.asarray(there + (1.0 - there) * POD[self.law](coverage))

    def shares(self, plan: IntArray) -> FloatArray:
        """Share seen in each segment."""
        return self.pod(np.arange(len(self.rates)), plan)

    def floors(self, level: float) -> FloatArray:
        """Coverage that units need so that each segment has a level."""
        left = np.clip((level - self.seen) / np.maximum(1.0 - self.seen, 1e-300), 0.0, 1.0)
        with np.errstate(divide="ignore"):  # certainty takes infinite random effort
            # What is reached to the last digit must not fail by it.
            return np.asarray(COVERAGE[self.law](left) * (1.0 - _ROUNDING))


@dataclass(frozen=True, kw_only=True)
class Task:
    """
    What is looked for: the most of ``gain x share seen - cost x units`` within limits.

    Each segment is in one mode, which says its least coverage; modes may use up limits of their own.
    """

    places: Places
    gain: FloatArray  # by segment
    cost: FloatArray  # by kind
    use: FloatArray  # (limits, kinds)
    limit: FloatArray
    floors: FloatArray  # (modes, segments)
    flags: FloatArray = field(default_factory=lambda: np.zeros((1, 0)))  # (modes, more limits)
    flag_limit: FloatArray = field(default_factory=lambda: np.zeros(0))
    wanted: tuple[FloatArray, float] | None = None  # weights, and their mean share at least

    @property
    def limits(self) -> FloatArray:
        """All limits in the order of `usage`."""
        last = [] if self.wanted is None else [-_FINE * self.wanted[1]]
        return np.concatenate([self.limit, self.flag_limit, last])

    def usage(self, sets: _Sets) -> FloatArray:
        """Count what each set of units uses of each limit."""
        rows = [self.use @ sets.units.T, self.flags[sets.mode].T]
        if self.wanted is not None:
            rows.append(-_FINE * (self.wanted[0][sets.segment] * sets.pod)[None])
        return np.vstack(rows)

    def value(self, sets: _Sets) -> FloatArray:
        """Give what each set of units is worth."""
        return np.asarray(self.gain[sets.segment] * sets.pod - sets.units @ self.cost)


@dataclass(frozen=True, kw_only=True)
class Found:
    """A plan, units by segment and kind, or none; what it is worth, and what no other is worth more than."""

    plan: IntArray | None
    value: float
    bound: float
    prices: FloatArray


@dataclass(frozen=True, kw_only=True)
class _Sets:
    """Sets of units, each of one segment in one mode."""

    segment: IntArray
    mode: IntArray
    units: IntArray
    pod: FloatArray

    @classmethod
    def of(cls, places: Places, rows: Sequence[IntArray]) -> _Sets:
        """Put rows of segment, mode and units together, each once."""
        once = np.unique(np.vstack(rows), axis=0)
        segment, mode, units = once[:, 0], once[:, 1], once[:, 2:]
        return cls(segment=segment, mode=mode, units=units, pod=places.pod(segment, units))


# The best plan picks one set of units for each segment. A limit joins segments, and there are few
# limits: at prices for them each segment picks its best set by itself, and what all have then, with
# the limits at their prices, is a bound that no plan exceeds (Lagrange). Prices at which it is lowest
# are found by a linear program over the sets met so far (column generation). Sets that lose more at
# these prices than the best plan is below the bound are in no better plan, so that an integer program
# over the others is exact; few are left, since no more segments than limits are in doubt.


def best_plan(task: Task, start: IntArray, *, gap: float) -> Found:
    """Find the plan that is worth most, to a gap; the start is a plan within all limits."""
    search = _Prices(task, spare=False)
    first = search.add_plan(start)
    value = float(task.value(first).sum())
    search.lower_bound(first, gap)
    plan, value, _ = search.pick(search.sets, start, value)
    bound, slack = search.bound, gap
    while bound - value > gap:
        asked = min(max(slack, (search.bound - value) / 64.0), search.bound - value)
        sets, slack = search.within(asked)
        plan, value, most = search.pick(sets, plan, value)
        bound = max(min(bound, max(most, search.bound - slack)), value)
        if slack < asked or slack >= search.bound - value or most > value + gap:
            break
        slack *= 8.0
    return Found(plan=plan, value=value, bound=max(bound, value), prices=search.prices)


def possible_plan(task: Task, prices: FloatArray | None = None) -> Found:
    """Find any plan within all limits; the bound is minus infinity where it is proved that there is none."""
    search = _Prices(task, spare=True, prices=prices)
    search.lower_bound(None, 0.0)
    # What is left over of the limits, as a share: sums that rounding puts below nothing are nothing.
    left = search.bound
    if left < -_NOTHING:
        return Found(plan=None, value=-math.inf, bound=-math.inf, prices=search.prices)
    sets, slack, asked = search.sets, 0.0, 0.0
    while True:
        plan, _, most = search.pick(sets, None, -math.inf)
        if plan is not None:
            return Found(plan=plan, value=0.0, bound=left, prices=search.prices)
        proved = asked > 0.0 and slack >= left
        # Of too many sets, or with too many nodes, it is not known.
        if proved or slack < asked or most > -math.inf:
            bound = -math.inf if proved and most == -math.inf else left
            return Found(plan=None, value=-math.inf, bound=bound, prices=search.prices)
        asked = max(min(max(8.0 * slack, left / 64.0), left), _ROUNDING)
        sets, slack = search.within(asked)


class _Prices:
    """Sets met so far, and the lowest bound with the prices at which it holds."""

    def __init__(self, task: Task, *, spare: bool, prices: FloatArray | None = None) -> None:
        self.task, self.spare = task, spare
        self.pricing = _Pricing(task.places, task.floors)
        self.scale = np.maximum(np.abs(task.limits), 1.0)
        self.bound = math.inf
        self.start = 1.0 / (self.scale * self.scale.size) if prices is None else prices
        self.prices = self.start
        self._rows: list[IntArray] = []

    @property
    def sets(self) -> _Sets:
        """Give all sets met so far."""
        return _Sets.of(self.task.places, self._rows)

    def add_plan(self, plan: IntArray) -> _Sets:
        """Meet the sets of a plan, each segment in the first mode whose floor it reaches."""
        places = self.task.places
        coverage = (places.rates * plan).sum(axis=1)
        mode = (coverage >= self.task.floors * (1.0 - _ROUNDING)).argmax(axis=0)
        rows = np.column_stack([np.arange(len(plan)), mode, plan])
        self._rows.append(rows)
        return _Sets.of(places, [rows])

    def lower_bound(self, start: _Sets | None, gap: float) -> None:
        """Lower the bound, price after price, until no set is met that would lower it further."""
        prices = self.start
        if start is not None:
            prices = prices * max(abs(float(self.task.value(start).sum())), 1e-9)
        known = -1
        for _ in range(_ROUNDS):
            if not self._met_at(prices) or (self.spare and self.bound < -_NOTHING):
                return
            sets = self.sets
            if sets.segment.size == known:
                return
            known = sets.segment.size
            reached, prices = self._priced(sets)
            if self.bound - reached <= max(gap / 4.0, _ROUNDING):
                return

    def _met_at(self, prices: FloatArray) -> bool:
        """Let each segment pick its best sets, and lower the bound by them."""
        bound = float(prices @ self.task.limits)
        for s, found in enumerate(self._scored(prices, 0.0)):
            if not found:
                self.bound = -math.inf
                return False
            bound += max(each.upper for each in found)
            self._rows += [_rows(s, each.mode, each.units[:3]) for each in found]
        if bound < self.bound:
            self.bound, self.prices = bound, prices
        return True

    def _scored(self, prices: FloatArray, slack: float) -> Iterator[list[_Scored]]:
        """Score sets of each segment at prices, in each mode that it can be in."""
        task, kinds, flags = self.task, len(self.task.limit), self.task.flags.shape[1]
        each = task.cost + prices[:kinds] @ task.use
        off = task.flags @ prices[kinds : kinds + flags]
        gain = task.gain if task.wanted is None else _FINE * prices[-1] * task.wanted[0]
        for s in range(len(task.gain)):
            found = [
                self.pricing.sets(s, m, each, float(gain[s]), slack, off=float(off[m]))
                for m in range(len(off))
            ]
            yield [one for one in found if one is not None]

    def _priced(self, sets: _Sets) -> tuple[float, FloatArray]:
        """Give what parts of sets are worth at best, and the prices that follow."""
        size, segments = sets.segment.size, len(self.task.gain)
        use, value = self.task.usage(sets), self.task.value(sets)
        pick = (sets.segment == np.arange(segments)[:, None]).astype(np.float64)
        bounds: list[tuple[float | None, float | None]] = [(0.0, None)] * size
        if self.spare:
            # What is left over of the scarcest limit, as a share of it, is what counts.
            use = np.column_stack([use, -self.scale])
            pick = np.column_stack([pick, np.zeros(segments)])
            value, bounds = np.append(np.zeros(size), -1.0), [*bounds, (None, None)]
        found = optimize.linprog(
            -value,
            A_ub=use,
            b_ub=self.task.limits,
            A_eq=pick,
            b_eq=np.ones(segments),
            bounds=bounds,
            method="highs",
        )
        return -float(found.fun or 0.0), np.maximum(-found.ineqlin.marginals, 0.0)

    def within(self, slack: float) -> tuple[_Sets, float]:
        """Give all sets that lose no more than a slack at the prices of the bound; fewer, with their slack, where they are too many."""
        for _ in range(12):
            rows, whole = [], True
            for s, found in enumerate(self._scored(self.prices, slack)):
                upper = max((each.upper for each in found), default=0.0)
                for each in found:
                    loss = upper - each.score
                    kept = loss <= slack + _ROUNDING
                    whole &= each.whole
                    rows.append(_rows(s, each.mode, each.units[kept]))
            if whole and sum(map(len, rows)) <= _MOST_COLUMNS:
                return _Sets.of(self.task.places, rows), slack
            slack /= 4.0
        return self.sets, 0.0

    def pick(
        self, sets: _Sets, plan: IntArray | None, value: float
    ) -> tuple[IntArray | None, float, float]:
        """Pick one set for each segment: the plan, or the one there is, its value, and the most of any."""
        size, segments = sets.segment.size, len(self.task.gain)
        worth = np.zeros(size) if self.spare else self.task.value(sets)
        pick = sparse.csr_matrix(
            (np.ones(size), (sets.segment, np.arange(size))), shape=(segments, size)
        )
        use = sparse.csr_matrix(self.task.usage(sets))
        found = optimize.milp(
            -worth,
            constraints=[
                optimize.LinearConstraint(use, -np.inf, self.task.limits + 1e-9),
                optimize.LinearConstraint(pick, 1.0, 1.0),
            ],
            integrality=np.ones(size, dtype=np.int64),
            bounds=optimize.Bounds(0.0, 1.0),
            options={"mip_rel_gap": 0.0, "node_limit": _NODES},
        )
        dual = found.mip_dual_bound
        most = math.inf if dual is None or not math.isfinite(dual) else -float(dual)
        if found.x is None:
            return plan, value, -math.inf if found.status == 2 else most
        on = np.flatnonzero(found.x > 0.5)
        other = np.zeros_like(sets.units[:segments], shape=(segments, sets.units.shape[1]))
        other[sets.segment[on]] = sets.units[on]
        worth_of_it = float(worth[on].sum())
        if plan is None or worth_of_it > value:
            return other, worth_of_it, most
        return plan, value, most


@dataclass(frozen=True, kw_only=True)
class _Scored:
    """Sets of one segment in one mode, best first; what no set scores more than; whether none is left out."""

    mode: int
    units: IntArray
    score: FloatArray
    upper: float
    whole: bool


def _rows(segment: int, mode: int, units: IntArray) -> IntArray:
    return np.column_stack([np.full((len(units), 2), (segment, mode)), units])


class _Pricing:
    """Looks through the sets of units of one segment."""

    # At prices a unit of kind k costs e_k = price / rate for its coverage. With e the least of them, a
    # set of coverage C scores worth P(C) - e C, less (e_k - e) a_k for each unit of another kind. The
    # first part is concave in C with its highest value known, so that sets that lose little have their C
    # in an interval and few units of dear kinds: these are gone through, kind by kind, the dearest first.

    def __init__(self, places: Places, floors: FloatArray) -> None:
        self.places, self.floors = places, floors
        self.free = places.available - places.least_by_kind.sum(axis=0)
        self.grid = np.linspace(0.0, _ALL_SEEN[places.law], _STEPS)
        self.pod = POD[places.law](self.grid)

    def sets(
        self, s: int, mode: int, price: FloatArray, gain: float, slack: float, *, off: float
    ) -> _Scored | None:
        """Give the sets that score within a slack of the best; None where the segment has none."""
        places, rates = self.places, self.places.rates[s]
        worth, base = gain * (1.0 - places.seen[s]), gain * float(places.seen[s]) - off
        span = self._span(s, mode, some=worth > 0.0)
        if span is None:
            return None
        least = float((price / rates).min())
        extra = price - least * rates
        best = min(max(self._best_coverage(worth, least), span[0]), span[1])
        highest = self._net(worth, least, best)
        top = highest - float(extra @ places.least_by_kind[s])
        # So much the worst set loses; and at first so much as a part of a unit costs.
        most = highest - min(self._net(worth, least, end) for end in span)
        most += float(extra @ self.free) + slack + _ROUNDING
        room = max(slack, 1e-3 * least * float(rates.min()), _ROUNDING)
        while True:
            level = highest - min(room, most)
            units = self._between(
                s, extra, self._interval(worth, least, level, span, best), min(room, most)
            )
            if units is None:
                units = self._rounded(s, price, span, best)
                score = self._score(s, units, price, worth)
                return _Scored(
                    mode=mode, units=units, score=score + base, upper=top + base, whole=False
                )
            units = units[units @ rates >= span[0] * (1.0 - _ROUNDING)]
            score = self._score(s, units, price, worth)
            lost = top - float(score.max(initial=-math.inf)) + slack
            if lost <= room + _ROUNDING:
                kept = np.flatnonzero(score >= score.max() - slack - _ROUNDING)
                kept = kept[np.argsort(-score[kept], kind="stable")]
                upper = float(score.max()) + base
                return _Scored(
                    mode=mode, units=units[kept], score=score[kept] + base, upper=upper, whole=True
                )
            if room >= most:
                return None
            room = lost if math.isfinite(lost) else 3.0 * room

    def _span(self, s: int, mode: int, *, some: bool) -> tuple[float, float] | None:
        """Least and most coverage that a set may have; beyond, units could be taken away for nothing."""
        places, rates = self.places, self.places.rates[s]
        lowest = places.least_by_kind[s]
        base, left = float(rates @ lowest), int(places.most[s] - lowest.sum())
        floor = max(float(self.floors[mode, s]), base)
        top = base + float(rates @ np.minimum(self.free, left))
        if not floor <= top * (1.0 + _ROUNDING):
            return None
        enough = max(floor, float(self.grid[-1]) if some else 0.0)
        spare = float(rates.max()) * (1 + max(int(places.least[s]), 0))
        return floor, max(floor, min(top, enough + spare))

    def _best_coverage(self, worth: float, price: float) -> float:
        """Coverage at which one more of it is worth its price."""
        if worth <= 0.0:
            return 0.0
        if price <= 0.0:
            return math.inf
        log_gain = math.log(price) - math.log(worth)
        if self.places.law == "random":
            return -log_gain
        if self.places.law == "beats":
            return 2.0 * (1.0 - math.exp(log_gain))
        return float(soft_coverage_at_gain(np.array([log_gain]))[0])

    def _net(self, worth: float, price: float, coverage: float) -> float:
        return worth * float(POD[self.places.law](np.asarray(coverage))) - price * coverage

    def _interval(
        self, worth: float, price: float, level: float, span: tuple[float, float], best: float
    ) -> tuple[float, float]:
        """Coverage that is worth a level, to a step of the grid more on both sides."""
        at = int(np.searchsorted(self.grid, best))
        inside = np.append(np.flatnonzero(worth * self.pod - price * self.grid >= level), at)
        first, last = int(inside.min()) - 1, int(inside.max()) + 1
        low = float(self.grid[max(min(first, at - 1), 0)]) if first < _STEPS else span[0]
        high = float(self.grid[last]) if last < _STEPS else math.inf
        return max(low, span[0]), max(min(high, span[1]), span[0])

    def _score(self, s: int, units: IntArray, price: FloatArray, worth: float) -> FloatArray:
        pod = POD[self.places.law](units @ self.places.rates[s])
        return np.asarray(worth * pod - units @ price)

    def _between(
        self, s: int, extra: FloatArray, interval: tuple[float, float], room: float
    ) -> IntArray | None:
        """Go through all sets with a coverage in an interval that lose no more than a room by dear kinds."""
        places, rates = self.places, self.places.rates[s]
        lowest = places.least_by_kind[s]
        left, need = places.most[s] - lowest.sum(), places.least[s] - lowest.sum()
        order = np.argsort(-extra / rates, kind="stable")
        rows = np.zeros((1, 0), dtype=np.int64)
        cover, over, count = np.full(1, float(rates @ lowest)), np.zeros(1), np.zeros(1, np.int64)
        for k in order:
            most = np.floor((interval[1] - cover) / rates[k] + 1e-9)
            most = np.minimum(most, np.minimum(self.free[k], left - count))
            if extra[k] > _ROUNDING * rates[k]:
                most = np.minimum(most, np.floor((room - over) / extra[k] + 1e-9))
            fewest = np.zeros_like(most)
            if k == order[-1]:
                fewest = np.ceil((interval[0] - cover) / rates[k] - 1e-9)
                fewest = np.maximum(np.maximum(fewest, need - count), 0)
            number = np.maximum(most - fewest + 1, 0).astype(np.int64)
            if number.sum() > _MOST_SETS:
                return None
            row = np.repeat(np.arange(cover.size), number)
            first = np.cumsum(number) - number
            units = np.arange(row.size) - first[row] + fewest[row].astype(np.int64)
            rows = np.column_stack([rows[row], units])
            cover, over = cover[row] + rates[k] * units, over[row] + extra[k] * units
            count = count[row] + units
        found = np.empty_like(rows)
        found[:, order] = rows
        return np.asarray(found + lowest)

    def _rounded(
        self, s: int, price: FloatArray, span: tuple[float, float], best: float
    ) -> IntArray:
        """Give a set near the best coverage, made of the cheapest kinds; none where they are not enough."""
        places, rates = self.places, self.places.rates[s]
        units = places.least_by_kind[s].copy()
        order = np.argsort(price / rates, kind="stable")
        for wanted, up in ((best, False), (span[0], True)):
            for k in order:
                short = (wanted - float(rates @ units)) / rates[k]
                more = math.ceil(short - 1e-9) if up else math.floor(short + 1e-9)
                spare = min(self.free[k] - units[k] + places.least_by_kind[s, k], more)
                units[k] += max(min(spare, places.most[s] - units.sum()), 0)
        for k in np.argsort(price, kind="stable"):
            more = places.least[s] - units.sum()
            units[k] += max(min(self.free[k] - units[k] + places.least_by_kind[s, k], more), 0)
        enough = rates @ units >= span[0] * (1.0 - _ROUNDING)
        return units[None] if enough else np.zeros((0, units.size), dtype=np.int64)
