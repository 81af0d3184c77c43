"""A defender who answers the crosser's choice, and what a crosser gains who watches."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import optimize, sparse

from borderzone._guards import (
    as_non_negative,
    as_positive,
    check_flag,
    check_non_negative,
    check_positive,
    check_whole,
    guarded,
)
from borderzone._kernels import cost_distance
from borderzone.errors import InvalidParameterError, LimitError, ShapeMismatchError
from borderzone.patrol.answer.rates import rate_factors
from borderzone.patrol.crossing.detection_field import detection_field, patrol_layers
from borderzone.patrol.crossing.weakest_crossing import CrossingSearch
from borderzone.patrol.theory.tactics import LAWS, OPPONENTS, detection_against

if TYPE_CHECKING:
    import numpy.typing as npt
    import xarray as xr

    from borderzone._typing import FloatArray, IntArray
    from borderzone.corridor import Corridor
    from borderzone.grid import Grid
    from borderzone.patrol.force.forces import Force
    from borderzone.patrol.force.sweep import Watch

__all__ = [
    "AnsweredEffort",
    "InterdictionGame",
    "answered_effort",
    "interdiction_game",
    "patrolling_value",
    "watcher_gains",
    "zero_sum_coverage",
]

# What counts as equal: of an exponent, relative to the value, and of a probability.
_CLOSE, _SAME_POD = 1e-9, 1e-9
_MOST_WALKS = 100_000
_MOST_ROUNDS = 200


@guarded
@dataclass(frozen=True, kw_only=True, eq=False)
class InterdictionGame:
    """
    Units against a crosser who answers them.

    Attributes
    ----------
    units
        Units on each place, on average. Shape ``(places,)``.
    pod
        Probability of detection on the way that is best against them.
    pod_at_most
        What no defence of that kind goes beyond.
    plans
        The plans that are mixed, one a row; of effort that can be split, the one plan. Shape ``(plans, places)``.
    share
        How often each is played. Shape ``(plans,)``.
    rounds
        Rounds of answers.

    Examples
    --------
    >>> game = interdiction_game([[1.0, 0.0], [0.0, 1.0]], 1)
    >>> game.units.tolist(), round(game.pod, 6)
    ([0.5, 0.5], 0.393469)
    """

    units: FloatArray
    pod: float
    pod_at_most: float
    plans: FloatArray
    share: FloatArray
    rounds: int

    @property
    def gap(self) -> float:
        """
        How far the bound lies above what is reached.

        Returns
        -------
        float
            Difference of two probabilities, 0 where the answer is proved best.
        """
        return max(0.0, self.pod_at_most - self.pod)


def interdiction_game(
    exposure: npt.ArrayLike,
    units: float,
    *,
    whole: bool = False,
    fixed: npt.ArrayLike | None = None,
) -> InterdictionGame:
    """
    Share units out over places against a crosser who picks the way that suits him best.

    A way is detected with ``1 - exp(-sum(exposure * units))``. Effort that can be split is best played as one plan, for
    that is concave: the largest least exponent, a linear programme. Whole units are mixed: who cannot be
    everywhere must not be foreseen. Mixtures are found by double oracle: to the best mixtures of the plans and ways at
    hand each side adds its best answer among all of them, until neither gains. The defender's is a
    whole-number programme with tangents of the exponential, added until they are exact where it ends; the
    crosser's looks at every way. So the bound holds for the ways that are given.

    Parameters
    ----------
    exposure
        Exponent that one unit on a place adds to a way. Shape ``(ways, places)``.
    units
        Units in all; a whole number of them if they are whole.
    whole
        Whether each unit stands on one place.
    fixed
        Exponent of each way whatever the units do. Shape ``(ways,)``.

    Returns
    -------
    InterdictionGame
        Units, what is reached, and its bound.

    Raises
    ------
    InvalidParameterError
        If a number is negative or not finite, or units are not whole.
    ShapeMismatchError
        If exposure is not ways by places, or fixed has another length.

    References
    ----------
    McMahan, H. B., Gordon, G. J., Blum, A. (2003). Planning in the presence of cost functions controlled by an
    adversary. ICML 2003, 536-543.

    Examples
    --------
    One unit for two places, each with a way of its own: split, or on one of them at even odds:

    >>> for whole in (False, True):
    ...     print(f"{interdiction_game(np.eye(2), 1, whole=whole).pod:.6f}")
    0.393469
    0.316060
    """
    per_unit = as_non_negative(exposure, "exposure")
    if per_unit.ndim != 2 or 0 in per_unit.shape:
        msg = f"exposure must be ways by places, at least one of each, got shape {per_unit.shape}"
        raise ShapeMismatchError(msg)
    base = np.zeros(len(per_unit)) if fixed is None else as_non_negative(fixed, "fixed")
    if base.shape != (len(per_unit),):
        msg = (
            f"fixed must be one number for each of the {len(per_unit)} ways, got shape {base.shape}"
        )
        raise ShapeMismatchError(msg)
    if check_flag(whole, "whole"):
        return _mixed(per_unit, base, check_whole(units, "units"))
    effort, most = _largest_least(per_unit, base, check_non_negative(units, "units"))
    reached = float((per_unit @ effort + base).min())
    return InterdictionGame(
        units=effort, pod=float(-np.expm1(-reached)), pod_at_most=float(-np.expm1(-max(most, reached))),
        plans=effort[None], share=np.ones(1), rounds=1,
    )  # fmt: skip


def _largest_least(
    per_unit: FloatArray, base: FloatArray, units: float
) -> tuple[FloatArray, float]:
    """Give the effort whose least exponent is largest, and that exponent."""
    ways, places = per_unit.shape
    above = sparse.csr_array(np.column_stack([-per_unit, np.ones(ways)]))
    found = _programme(
        np.append(np.zeros(places), -1.0), A_ub=above, b_ub=base,
        A_eq=np.append(np.ones(places), 0.0)[None], b_eq=[units],
        bounds=[(0.0, None)] * places + [(None, None)],
    )  # fmt: skip
    if found.x is None:
        msg = f"the linear programme of {ways} ways and {places} places ended without an answer: {found.message}"
        raise InvalidParameterError(msg)
    effort = np.maximum(found.x[:places], 0.0)
    total = effort.sum()
    return effort * (units / total) if total > 0.0 else effort, float(found.x[places])


def _programme(cost: FloatArray, **parts: Any) -> Any:
    """Solve a linear programme."""
    solve: Any = optimize.linprog
    return solve(cost, **parts, method="highs")


def _mixed(per_unit: FloatArray, base: FloatArray, units: int) -> InterdictionGame:
    """Double oracle over whole plans and ways."""
    even = np.full(per_unit.shape[1], float(units // per_unit.shape[1]))
    even[: units % len(even)] += 1
    plans: list[FloatArray] = [even]
    ways = [int(np.argmin(per_unit @ even + base))]
    least, most = 0.0, 1.0
    share: FloatArray = np.ones(1)
    rounds = 0
    while rounds < _MOST_ROUNDS:
        rounds += 1
        missed = np.exp(-(np.array(plans) @ per_unit.T + base))
        share, odds, value = _matrix_game(1.0 - missed[:, ways])
        against = 1.0 - share @ missed
        way = int(np.argmin(against))
        plan = _best_plan(per_unit[ways], base[ways], odds, units)
        answer = float(odds @ -np.expm1(-(per_unit[ways] @ plan + base[ways])))
        least, most = float(against[way]), min(most, answer)
        new_way, new_plan = against[way] < value - _SAME_POD, answer > value + _SAME_POD
        if not new_way and not new_plan:
            break
        if new_way and way not in ways:
            ways.append(way)
        if new_plan and not any(np.array_equal(plan, other) for other in plans):
            plans.append(plan)
    played = share > 1e-12
    chosen = np.array(plans)[played]
    return InterdictionGame(
        units=share[played] @ chosen, pod=least, pod_at_most=max(most, least), plans=chosen,
        share=share[played], rounds=rounds,
    )  # fmt: skip


def _matrix_game(pay: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    """Solve a game that the rows want large: shares of rows and of columns, and its value."""
    rows, columns = pay.shape
    found = _programme(
        np.append(np.zeros(rows), -1.0), A_ub=np.column_stack([-pay.T, np.ones(columns)]), b_ub=np.zeros(columns),
        A_eq=np.append(np.ones(rows), 0.0)[None], b_eq=[1.0], bounds=[(0.0, None)] * rows + [(None, None)],
    )  # fmt: skip
    share = np.maximum(found.x[:rows], 0.0)
    odds = np.maximum(-found.ineqlin.marginals, 0.0)
    return share / share.sum(), odds / odds.sum(), float(found.x[rows])


def _best_plan(per_unit: FloatArray, base: FloatArray, odds: FloatArray, units: int) -> FloatArray:
    """Find the whole plan that misses least of a mixture of ways."""
    kept = odds > 0.0
    per_unit, base, odds = per_unit[kept], base[kept], odds[kept]
    ways, places = per_unit.shape
    # s of each way stays below all tangents of 1 - exp(-u); where the answer ends, one touches.
    touched = [np.zeros(ways), per_unit.max(axis=1) * units]
    plan = np.zeros(places)
    for _ in range(_MOST_ROUNDS):
        rows, rights = [], []
        for u in touched:
            slope = np.exp(-(u + base))
            rows.append(np.hstack([-per_unit * slope[:, None], np.eye(ways)]))
            rights.append(1.0 - slope - slope * u)
        solve: Any = optimize.milp
        found = solve(
            np.append(np.zeros(places), -odds),
            constraints=[
                optimize.LinearConstraint(np.vstack(rows), ub=np.concatenate(rights)),
                optimize.LinearConstraint(np.append(np.ones(places), np.zeros(ways))[None], units, units),
            ],
            integrality=np.append(np.ones(places), np.zeros(ways)),
            bounds=optimize.Bounds(0.0, np.append(np.full(places, units), np.ones(ways))),
            options={"mip_rel_gap": 0.0},
        )  # fmt: skip
        plan = np.round(found.x[:places])
        u = per_unit @ plan
        if odds @ (found.x[places:] + np.expm1(-(u + base))) <= _SAME_POD / 10.0:
            break
        touched.append(u)
    return plan


@guarded
@dataclass(frozen=True, kw_only=True, eq=False)
class AnsweredEffort:
    """
    Units by segment against the best way across.

    Attributes
    ----------
    by_segment
        Indexed as the segments: ``units`` out.
    pod
        Probability of detection on the weakest way against them.
    pod_at_most
        What no sharing out of as many units goes beyond, on the ways of this grid.
    rounds
        How often the crosser answered.

    Examples
    --------
    >>> found = AnsweredEffort(by_segment=pd.DataFrame({"units": [1.0]}), pod=0.2, pod_at_most=0.2, rounds=1)
    >>> found.gap
    0.0
    """

    by_segment: pd.DataFrame
    pod: float
    pod_at_most: float
    rounds: int

    @property
    def gap(self) -> float:
        """
        How far the bound lies above what is reached.

        Returns
        -------
        float
            Difference of two probabilities.
        """
        return max(0.0, self.pod_at_most - self.pod)


def answered_effort(  # noqa: PLR0913 - ground, who is out, in which light, who crosses
    corridor: Corridor,
    grid: Grid,
    ground: pd.DataFrame,
    force: Force,
    units: float,
    *,
    light: str = "night",
    speed: float | xr.DataArray = 4.0,
    watch: Watch | None = None,
    posts: xr.Dataset | None = None,
    gap: float = 1e-3,
) -> AnsweredEffort:
    """
    Share units at random out so that the weakest way across is watched best.

    A crosser answers every plan with the ways that it watches least, one for each kilometre, and the plan is made anew
    against all ways that were told: row generation, with the linear programme above and the least way
    below. Effort can be split, units by hours: of whole units see `interdiction_game`.

    Parameters
    ----------
    corridor, grid, ground, force
        As in `detection_field`.
    units
        Units out in all.
    light
        ``"day"`` or ``"night"``.
    speed
        Speed of who crosses, or a raster of it. Units: km/h.
    watch
        As in `detection_rates`.
    posts
        What else watches, whatever the units do: a field of the same light.
    gap
        Where to stop: how far the bound may lie above what is reached, in probability.

    Returns
    -------
    AnsweredEffort
        Units by segment, what they reach, and its bound.

    Raises
    ------
    BorderzoneError
        As `detection_field` and `weakest_crossings` raise.

    References
    ----------
    Washburn, A., Wood, K. (1995). Two-person zero-sum games for network interdiction. Operations Research 43, 243-251.

    Examples
    --------
    >>> from borderzone import Border, Corridor
    >>> from borderzone.patrol import Force
    >>> corridor = Corridor.around(Border.between("AZE", "TUR"), depth_km=4, segment_km=3)
    >>> ground = pd.DataFrame(
    ...     {"f_mask": [0.1, 0.2, 0.6], "patrol_speed_factor": 1.0, "crosser_km_h": 4.0}, index=corridor.segments.index
    ... )
    >>> found = answered_effort(corridor, corridor.grid(1000), ground, Force(), 3.0)
    >>> (found.by_segment["units"].diff().dropna() > 0).tolist(), found.gap < 1e-3
    ([True, True], True)
    """
    total = check_positive(units, "units")
    gap = check_positive(gap, "gap")
    factors = rate_factors(corridor, ground, force, light=light, watch=watch)
    ones = np.ones(len(factors))
    one, none = (
        CrossingSearch.of(
            [detection_field(corridor, grid, ground, force, out, light=light, watch=watch), *([] if posts is None else [posts])],
            corridor, dem=None, speed=speed, threads=None,
        )
        for out in (ones, np.zeros(len(factors)))
    )  # fmt: skip
    rows = _Rows.of(one, none, corridor)
    # To begin with as much where a unit does less: what evens straight ways out.
    rate = patrol_layers(factors, ones, 1.0, "random")["swept_per_km"]
    effort = total / rate / (1.0 / rate).sum()
    best, reached, most = effort, -1.0, np.inf
    told: list[tuple[FloatArray, FloatArray]] = []
    rounds = 0
    while rounds < _MOST_ROUNDS:
        rounds += 1
        per_unit, base, least = rows.against(effort)
        if least > reached:
            best, reached = effort, least
        if not np.isfinite(least):
            break
        told.append((per_unit, base))
        exposure, fixed = (np.concatenate(parts) for parts in zip(*told, strict=True))
        effort, most = _largest_least(exposure, fixed, total)
        if np.exp(-reached) - np.exp(-most) <= gap:
            break
    table = pd.DataFrame({"units": best}, index=corridor.segments.index)
    return AnsweredEffort(
        by_segment=table, pod=float(-np.expm1(-reached)),
        pod_at_most=float(-np.expm1(-max(most, reached))), rounds=rounds,
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rows:
    """What one unit on each segment adds to the least ways against a plan."""

    search: CrossingSearch
    # Segment of each cell, one beyond the last outside; exponent a kilometre by one unit, and by all else.
    segment: IntArray
    of_one: FloatArray
    others: FloatArray
    n_segments: int

    @classmethod
    def of(cls, search: CrossingSearch, without: CrossingSearch, corridor: Corridor) -> _Rows:
        """Take the search of a field with one unit on every segment, and of one with none."""
        segment = corridor.cells(search.grid)["segment"].to_numpy().ravel()
        n_segments = len(corridor.segments)
        others = without.watch[0]
        # Of a diagonal step half lies in each of its cells: what it is charged for its corners is no
        # linear function of the units.
        search.corners = False
        return cls(
            search=search, segment=np.where(segment >= 0, segment - int(corridor.segments.index[0]), n_segments),
            of_one=search.watch[0] - others, others=others, n_segments=n_segments,
        )  # fmt: skip

    def against(self, effort: FloatArray) -> tuple[FloatArray, FloatArray, float]:
        """Give the exposure of the least way of each kilometre, its fixed exponent, and the least exponent of all."""
        search = self.search
        per_km = self.of_one * np.append(effort, 0.0)[self.segment] + self.others
        search.watch = (per_km.astype(np.float32), search.watch[1])
        first, second = search.edges
        crossed = search.crossed(first, second, 0.0)
        least = float(crossed.cost.min())
        if not np.isfinite(least):
            return np.zeros((0, self.n_segments)), np.zeros(0), least
        at = np.unique(search.least_by_km(crossed.cost, crossed.hours))
        at = at[np.isfinite(crossed.cost[at])]
        exposure = np.zeros((len(at), self.n_segments + 1))
        for row, cell in enumerate(search.border[at]):
            for way, numbers in search.trail(crossed, int(cell)):
                self._expose(exposure[row], way, numbers)
        per_unit = exposure[:, :-1]
        return per_unit, np.maximum(crossed.cost[at] - per_unit @ effort, 0.0), least

    def _expose(self, row: FloatArray, way: IntArray, numbers: IntArray) -> None:
        """Add what one unit on each segment does to half a way."""
        search, steps = self.search, self.search.steps
        km = steps.length[numbers] * search.grid.resolution_m / 1e3
        passed = cost_distance.passed_by(way, numbers, steps.pass_a, steps.pass_b)
        np.add.at(row, self.segment[passed], self.of_one[passed] * 0.25 * km[:, None])
        start = way[-1:]
        row[self.segment[start]] += self.of_one[start] * search.beyond_km(start)


def zero_sum_coverage(values: npt.ArrayLike, units: float) -> tuple[FloatArray, float]:
    """
    Share units out over targets of different value against somebody who picks the best one.

    All targets that are covered at all are left worth the same: ``c = max(0, 1 - left / value)``.

    Parameters
    ----------
    values
        What each target is worth if it is not covered, above 0.
    units
        Units in all, at most one for each target.

    Returns
    -------
    coverage : FloatArray
        Chance that each target is covered; it adds up to the units.
    left : float
        What the best target is worth then.

    Raises
    ------
    InvalidParameterError
        If a value is not above 0, or there are more units than targets.

    References
    ----------
    Kiekintveld, C., Jain, M., Tsai, J., Pita, J., Ordonez, F., Tambe, M. (2009). Computing optimal randomized
    resource allocations for massive security games. AAMAS 2009, 689-696.

    Examples
    --------
    >>> coverage, left = zero_sum_coverage([4, 2, 1], 1)
    >>> coverage.round(4).tolist(), round(left, 4)
    ([0.6667, 0.3333, 0.0], 1.3333)
    """
    worth = as_positive(values, "values")
    total = check_non_negative(units, "units")
    if worth.ndim != 1 or not worth.size:
        msg = f"values must be a list of one target or more, got shape {worth.shape}"
        raise ShapeMismatchError(msg)
    if total > worth.size:
        msg = f"units must be at most {worth.size}, one for each target, got {total:g}"
        raise InvalidParameterError(msg)
    # With the k most valuable ones covered: k - left * sum(1 / value) = units.
    falling = np.sort(worth)[::-1]
    inverse = np.cumsum(1.0 / falling)
    left = float(((np.arange(1, worth.size + 1) - total) / inverse).max())
    return np.maximum(0.0, 1.0 - left / worth), left


def patrolling_value(n: int, m: int) -> float:
    """
    Value of patrolling a line: one patroller, and a crosser who takes time and has not watched.

    In each period the patroller stays on his cell or goes to the next. An attack takes m periods on one cell, and is
    intercepted if the patroller is there in one of them. The value is that of a linear programme over
    walks of m periods whose first m - 1 periods are spread as their last m - 1 are, so that they can go on for ever.

    Parameters
    ----------
    n
        Cells.
    m
        Periods that an attack takes.

    Returns
    -------
    float
        Probability that an attack anywhere, at any time, is intercepted.

    Raises
    ------
    InvalidParameterError
        If a number is not a whole one above 0.
    LimitError
        If there are more than 100,000 walks.

    References
    ----------
    Papadaki, K., Alpern, S., Lidbetter, T., Morton, A. (2016). Patrolling a border. Operations Research 64,
    1256-1269.

    Examples
    --------
    >>> [round(patrolling_value(n, 2), 6) for n in (2, 3, 4, 5, 6)]
    [1.0, 0.5, 0.5, 0.333333, 0.333333]
    """
    n, m = check_whole(n, "n", unit="cells"), check_whole(m, "m", unit="periods")
    # Steps of 0 and one to a side: at most three ways on.
    if n * 3.0 ** (m - 1) > _MOST_WALKS:
        msg = f"{n} cells and {m} periods make up to {n * 3.0 ** (m - 1):,.0f} walks, more than {_MOST_WALKS:,}; take fewer"
        raise LimitError(msg)
    moves = np.array(list(itertools.product((-1, 0, 1), repeat=m - 1)), np.int64).reshape(
        3 ** (m - 1), m - 1
    )
    path = np.concatenate([np.zeros((len(moves), 1), np.int64), np.cumsum(moves, axis=1)], axis=1)
    walks = (np.arange(n)[:, None, None] + path).reshape(-1, m)
    walks = walks[((walks >= 0) & (walks < n)).all(axis=1)]
    count = len(walks)
    visits = np.zeros((n, count), bool)
    visits[walks, np.arange(count)[:, None]] = True
    equal: list[Any] = [np.append(np.ones(count), 0.0)[None]]
    if m > 1:
        _, heads = np.unique(walks[:, :-1], axis=0, return_inverse=True)
        _, tails = np.unique(walks[:, 1:], axis=0, return_inverse=True)
        states = int(heads.max()) + 1
        one = np.ones(count)
        at = np.arange(count)
        flow = sparse.coo_array((one, (heads.ravel(), at)), (states, count + 1))
        equal.append(flow - sparse.coo_array((one, (tails.ravel(), at)), (states, count + 1)))
    found = _programme(
        np.append(np.zeros(count), -1.0),
        A_ub=sparse.csr_array(np.column_stack([-visits.astype(float), np.ones(n)])), b_ub=np.zeros(n),
        A_eq=sparse.vstack([sparse.coo_array(part) for part in equal]).tocsr(),
        b_eq=np.append(1.0, np.zeros(0 if m == 1 else states)), bounds=(0.0, None),
    )  # fmt: skip
    return float(found.x[-1])


def watcher_gains(coverage: float, *, speed_ratio: float) -> pd.DataFrame:
    """
    Tell what a crosser gains by watching, law by law.

    Parameters
    ----------
    coverage
        Coverage C of a segment by its units.
    speed_ratio
        Speed of the patrol over that of who crosses.

    Returns
    -------
    DataFrame
        One row a law (``memoryless``, ``random``, ``beats_soft``, ``beats``): POD against who is ``blind``, saw the
        ``last_pass``, is ``informed``; and what the informed one ``gained`` over the blind one.

    Raises
    ------
    InvalidParameterError
        If a number is out of range.

    References
    ----------
    Lin, K. Y. (2019). Optimal patrol of a perimeter. arXiv 1905.03600.

    Examples
    --------
    >>> watcher_gains(0.764853, speed_ratio=5).loc[["memoryless", "beats"], "gained"].round(3).tolist()
    [0.0, 0.619]
    """
    swept = check_non_negative(coverage, "coverage")
    ratio = check_positive(speed_ratio, "speed_ratio")
    laws = [law for law in LAWS if law in {"memoryless", "random", "beats_soft", "beats"}]
    told = [
        [
            float(detection_against(swept, law, opponent, speed_ratio=ratio))
            for opponent in OPPONENTS
        ]
        for law in laws
    ]
    table = pd.DataFrame(told, index=pd.Index(laws, name="law"), columns=list(OPPONENTS))
    table["gained"] = table["blind"] - table["informed"]
    return table
