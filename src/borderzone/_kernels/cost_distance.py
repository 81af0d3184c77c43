"""Least travel time over a raster from several starts, uphill and downhill told apart, and the ways back.

The raster is flattened, and cut into bands of whole rows. Each band has a queue of its own and is searched
by one thread at a time; what a step brings to another band is a message to it. The search for the way that is
watched least (`least_watched`) has the same steps and speeds, and one queue.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from borderzone._kernels import njit

if TYPE_CHECKING:
    from borderzone._typing import FloatArray, IntArray

__all__ = [
    "MOST_OFFERS",
    "NO_STEP",
    "expand",
    "finish",
    "follow",
    "least_watched",
    "passed_by",
    "prepare",
    "trail",
]

# Slower than a metre an hour is closed: steps of any length of time would need any number of buckets.
SLOWEST_H_PER_M = 1.0
# Steps that one cell can offer: 16 over the ground, and as many along roads.
MOST_OFFERS = 32

_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}


@njit(inline="always", **_OPTIONS)
def _pace(place: float, table: FloatArray, last: float) -> Any:
    """Hours a metre: one over the speed read from the table between its knots."""
    # Ground steeper than the table goes has the speed at its end.
    place = min(max(place, 0.0), last)
    knot = np.uintp(place)
    first = np.uintp(2) * knot
    return 1.0 / (table[first] + (place - knot) * table[first + np.uintp(1)])


@njit(inline="always", **_OPTIONS)
def _slow(factor: FloatArray, cell: int) -> Any:
    return 1.0 / np.float64(factor[cell])


# In words: the time of a cell is the least, over its neighbours, of the neighbour's time plus the
# time of the step; the starts have time 0. A step is a straight line. To a side neighbour, or a
# diagonal one, it has one gradient. A knight's step (one over, two on) passes half-way between two
# cells: it has two halves, with the gradients to and from the mean of the two, so that it cannot
# leap over a ridge or a ditch one cell wide (or, if asked, the one gradient between its ends); and it
# passes a quarter of its length in each of the four cells. Slowness (one over the surface's speed
# factor) is averaged over the cells passed. A diagonal step between two closed cells, and a
# knight's step past one, are not taken. Steps of odd cells are looked up: those that leave the raster
# or cross a barrier are barred, and those along a road have times of their own.
@njit(inline="always", **_OPTIONS)
def _offer_near(  # noqa: PLR0913, PLR0917 - one hot loop, in parts
    z: FloatArray,
    factor: FloatArray | None,
    offset: IntArray,
    pass_a: IntArray,
    pass_b: IntArray,
    length: FloatArray,
    soonest: FloatArray,
    knots: FloatArray,
    table: FloatArray,
    barred: int,
    cell: int,
    here: float,
    slow_here: float,
    times: FloatArray,
    found_cell: IntArray,
    found_time: FloatArray,
    found_step: IntArray,
    count: int,
) -> Any:
    """Offer the steps to a side and the diagonal ones."""
    # The height here, the knot of level ground, and a place just short of the last knot.
    height, level, last = np.float64(z[cell]), 0.25 * table.size, 0.5 * table.size - 1e-9
    for s in range(min(8, offset.size)):
        there = np.uintp(cell + offset[s])
        if (barred >> s) & 1 or times[there] <= here + soonest[s]:
            continue
        if (
            s >= 4
            and times[np.uintp(cell + pass_a[s])] < 0.0
            and times[np.uintp(cell + pass_b[s])] < 0.0
        ):
            continue
        pace = _pace(level + (z[there] - height) * knots[s], table, last)
        if factor is not None:
            pace *= 0.5 * (slow_here + _slow(factor, there))
        time = here + length[s] * pace
        if time <= times[there] and pace <= SLOWEST_H_PER_M:
            found_cell[count], found_time[count], found_step[count] = there, time, s
            count += 1
    return count


@njit(inline="always", **_OPTIONS)
def _offer_knights(  # noqa: PLR0913, PLR0917 - one hot loop, in parts
    z: FloatArray,
    factor: FloatArray | None,
    offset: IntArray,
    pass_a: IntArray,
    pass_b: IntArray,
    length: FloatArray,
    soonest: FloatArray,
    knots: FloatArray,
    table: FloatArray,
    halves: bool,  # noqa: FBT001 - numba passes by position
    barred: int,
    cell: int,
    here: float,
    slow_here: float,
    times: FloatArray,
    found_cell: IntArray,
    found_time: FloatArray,
    found_step: IntArray,
    count: int,
) -> Any:
    """Offer the knight's steps."""
    height, level, last = np.float64(z[cell]), 0.25 * table.size, 0.5 * table.size - 1e-9
    for s in range(8, offset.size):
        there = np.uintp(cell + offset[s])
        if (barred >> s) & 1 or times[there] <= here + soonest[s]:
            continue
        left, right = np.uintp(cell + pass_a[s]), np.uintp(cell + pass_b[s])
        if times[left] < 0.0 or times[right] < 0.0:
            continue
        if halves:
            middle = 0.5 * (np.float64(z[left]) + np.float64(z[right]))
            per_half = 2.0 * knots[s]
            pace = 0.5 * _pace(level + (middle - height) * per_half, table, last)
            pace += 0.5 * _pace(level + (z[there] - middle) * per_half, table, last)
        else:
            pace = _pace(level + (z[there] - height) * knots[s], table, last)
        if factor is not None:
            passed = _slow(factor, left) + _slow(factor, right)
            pace *= 0.25 * (slow_here + _slow(factor, there) + passed)
        time = here + length[s] * pace
        if time <= times[there] and pace <= SLOWEST_H_PER_M:
            found_cell[count], found_time[count], found_step[count] = there, time, s
            count += 1
    return count


@njit(inline="always", **_OPTIONS)
def _offer_roads(  # noqa: PLR0913, PLR0917 - one hot loop, in parts
    first_road: IntArray,
    road_cell: IntArray,
    road_h: FloatArray,
    road_step: IntArray,
    odd: int,
    here: float,
    times: FloatArray,
    found_cell: IntArray,
    found_time: FloatArray,
    found_step: IntArray,
    count: int,
) -> Any:
    """Offer the steps along roads."""
    for k in range(first_road[odd], first_road[odd + 1]):
        there, time = road_cell[k], here + road_h[k]
        if time <= times[there]:
            found_cell[count], found_time[count], found_step[count] = there, time, road_step[k]
            count += 1
    return count


@njit(inline="always", **_OPTIONS)
def _settle(  # noqa: C901, PLR0913, PLR0917 - one hot loop, in parts
    count: int,
    found_cell: IntArray,
    found_time: FloatArray,
    found_step: IntArray,
    times: FloatArray,
    back: IntArray | None,
    heads: IntArray,
    node_cell: IntArray,
    node_time: FloatArray,
    after: IntArray,
    up_cell: IntArray,
    up_time: FloatArray,
    up_step: IntArray,
    down_cell: IntArray,
    down_time: FloatArray,
    down_step: IntArray,
    low: int,
    high: int,
    per_bucket: float,
    latest: float,
    free: Any,
    n_free: Any,
    waiting: Any,
    n_up: Any,
    n_down: Any,
) -> Any:
    """Let the cells that are reached sooner wait for their turn, here or in another band."""
    mask = heads.size - 1
    for k in range(count):
        there, time, step = found_cell[k], found_time[k], found_step[k]
        if time > latest:
            continue
        if there < low:
            up_cell[n_up], up_time[n_up], up_step[n_up] = there, time, step
            n_up += 1
        elif there >= high:
            down_cell[n_down], down_time[n_down], down_step[n_down] = there, time, step
            n_down += 1
        elif time < times[there]:
            times[there] = time
            if back is not None:
                back[there] = step
            place = int(time * per_bucket) & mask
            node, free = free, np.int64(after[free])
            node_cell[node], node_time[node] = there, time
            after[node], heads[place] = heads[place], node
            n_free -= 1
            waiting += 1
        elif back is not None:  # noqa: SIM102 - numba drops the branch where there is none
            # Of ways that take equally long, the one by the step of the lower number.
            if time == times[there] and step < back[there]:
                back[there] = step
    return free, n_free, waiting, n_up, n_down


@njit(inline="always", **_OPTIONS)
def _looked_up(cell: int, lookup: IntArray, odd_cells: IntArray, barred_steps: IntArray) -> Any:
    """Place of a cell among the odd ones, -1 for none, and the steps that are barred there."""
    # Nearly all cells have no bit set, and cost one byte to tell.
    if (lookup[cell >> 3] >> (cell & 7)) & 1:
        odd = np.int64(np.searchsorted(odd_cells, cell))
        return odd, np.int64(barred_steps[odd])
    return np.int64(-1), np.int64(0)


@njit(inline="always", **_OPTIONS)
def _put_back(kept: Any, bucket: Any, heads: IntArray, after: IntArray) -> None:
    """Lay nodes whose turn is a later round back into their bucket."""
    while kept >= 0:
        rest = np.int64(after[kept])
        after[kept], heads[bucket] = heads[bucket], kept
        kept = rest


# Cells wait in buckets of equal width of time, each a list of nodes. A cell that is reached sooner
# waits again, and its older node is dropped when its turn comes, being late. The width is at most the
# shortest step over the ground, so nearly all that is in the earliest bucket is final; where it is not
# (a shorter step along a road, a message from another band) the cell is expanded again. Any
# order gives the same times: each is the least of the same sums, and rounding keeps their order.
@njit(**_OPTIONS)
def _expand(  # noqa: C901, PLR0913, PLR0915, PLR0917 - one hot loop
    z: FloatArray,
    factor: FloatArray | None,
    offset: IntArray,
    pass_a: IntArray,
    pass_b: IntArray,
    length: FloatArray,
    soonest: FloatArray,
    knots: FloatArray,
    halves: bool,  # noqa: FBT001 - numba passes by position
    table: FloatArray,
    lookup: IntArray,
    odd_cells: IntArray,
    barred_steps: IntArray,
    first_road: IntArray,
    road_cell: IntArray,
    road_h: FloatArray,
    road_step: IntArray,
    times: FloatArray,
    back: IntArray | None,
    heads: IntArray,
    node_cell: IntArray,
    node_time: FloatArray,
    after: IntArray,
    state: IntArray,
    in_cell: IntArray,
    in_time: FloatArray,
    in_step: IntArray,
    up_cell: IntArray,
    up_time: FloatArray,
    up_step: IntArray,
    down_cell: IntArray,
    down_time: FloatArray,
    down_step: IntArray,
    low: int,
    high: int,
    per_bucket: float,
    latest: float,
    until: int,
    found_cell: IntArray,
    found_time: FloatArray,
    found_step: IntArray,
) -> Any:
    """Do the work of `expand`."""
    turn, waiting, free, n_free = state[0], state[1], state[2], state[3]
    n_up, n_down, n_in = state[4], state[5], state[6]
    mask = heads.size - 1  # a power of two, less one
    count, done, kept, bucket = 0, False, np.int64(-1), 0
    while True:
        if min(n_free, up_cell.size - n_up, down_cell.size - n_down) < MOST_OFFERS:
            break
        # What is there to do next: a message, or the next cell of this turn's bucket.
        if n_in < in_cell.size:
            found_cell[0], found_time[0] = in_cell[n_in], in_time[n_in]
            found_step[0] = in_step[n_in]
            turn = min(turn, int(in_time[n_in] * per_bucket))
            count, n_in = 1, n_in + 1
        else:
            bucket = turn & mask
            node = np.int64(heads[bucket])
            if node < 0:
                heads[bucket], kept, turn = kept, np.int64(-1), turn + 1
                # Empty buckets are passed over, so that the bands need not meet for each.
                done = waiting == 0 or (turn >= until and heads[turn & mask] >= 0)
                if done:
                    break
                continue
            heads[bucket] = after[node]
            cell, here = node_cell[node], node_time[node]
            if int(here * per_bucket) > turn:
                # It came by a step longer than all buckets together: its turn is a later round.
                after[node], kept = kept, node
                continue
            after[node], free = free, node
            n_free, waiting = n_free + 1, waiting - 1
            if here != times[cell]:
                continue
            count = 0
            odd, barred = _looked_up(cell, lookup, odd_cells, barred_steps)
            slow_here = 1.0 if factor is None else _slow(factor, cell)
            count = _offer_near(
                z, factor, offset, pass_a, pass_b, length, soonest, knots, table, barred, cell, here,
                slow_here, times, found_cell, found_time, found_step, count,
            )  # fmt: skip
            count = _offer_knights(
                z, factor, offset, pass_a, pass_b, length, soonest, knots, table, halves, barred,
                cell, here, slow_here, times, found_cell, found_time, found_step, count,
            )  # fmt: skip
            if odd >= 0:
                count = _offer_roads(
                    first_road, road_cell, road_h, road_step, odd, here, times, found_cell, found_time,
                    found_step, count,
                )  # fmt: skip
        free, n_free, waiting, n_up, n_down = _settle(
            count, found_cell, found_time, found_step, times, back, heads, node_cell, node_time,
            after, up_cell, up_time, up_step, down_cell, down_time, down_step, low, high,
            per_bucket, latest, free, n_free, waiting, n_up, n_down,
        )  # fmt: skip
    _put_back(kept, bucket, heads, after)
    state[0], state[1], state[2], state[3] = turn, waiting, free, n_free
    state[4], state[5], state[6] = n_up, n_down, n_in
    return done


@njit(**_OPTIONS)
def expand(  # noqa: PLR0913, PLR0917 - plain arrays
    z: FloatArray,
    factor: FloatArray | None,
    rule: tuple[Any, ...],
    odd: tuple[Any, ...],
    times: FloatArray,
    back: IntArray | None,
    queue: tuple[Any, ...],
    inbox: tuple[Any, ...],
    outbox: tuple[Any, ...],
    bounds: tuple[Any, ...],
) -> bool:
    """Take in messages, then expand the cells of a band up to a turn."""
    # z: flat heights, NaN where unknown. Units: m.
    # factor: flat surface factors, or None.
    # rule: for each step offset, offsets of the two cells passed, length, least time, and knots of
    # the table for a metre of rise; whether knight's steps have halves; and the table: speed in m/h
    # at the lower end of each interval of gradients, as many down as up, and its rise to the upper.
    # odd: bits of the cells that are not as the others, those cells, their barred steps as bits,
    # and roads: first step of each cell, and cell reached, time and number of each step.
    # times: times, infinite where not reached and negative where closed; changed. Units: h.
    # back: numbers of the steps that led to each cell, changed; or None.
    # queue: heads of the buckets, a power of two; cells, times and followers of the nodes; and the
    # state: the turn, how many nodes wait, the first free node, how many are free, how many
    # messages are in the upper and in the lower outbox, and how many were taken from the inbox.
    # inbox: cells, times and steps that other bands have sent.
    # outbox: cells, times and steps for the bands above, and then for those below.
    # bounds: first cell of the band and first cell beyond; buckets for an hour, latest time, and the
    # first turn that must wait.
    # Returns whether the band is done up to that turn; if not, it needs more nodes or outbox.
    offset, pass_a, pass_b, length, soonest, knots, halves, table = rule
    lookup, odd_cells, barred_steps, first_road, road_cell, road_h, road_step = odd
    heads, node_cell, node_time, after, state = queue
    in_cell, in_time, in_step = inbox
    up_cell, up_time, up_step, down_cell, down_time, down_step = outbox
    low, high, per_bucket, latest, until = bounds
    found_cell = np.empty(MOST_OFFERS, np.int64)
    found_time = np.empty(MOST_OFFERS, np.float64)
    found_step = np.empty(MOST_OFFERS, np.uint8)
    done: bool = _expand(
        z, factor, offset, pass_a, pass_b, length, soonest, knots, halves, table, lookup,
        odd_cells, barred_steps, first_road, road_cell, road_h, road_step, times, back, heads,
        node_cell, node_time, after, state, in_cell, in_time, in_step, up_cell, up_time, up_step,
        down_cell, down_time, down_step, low, high, per_bucket, latest, until, found_cell,
        found_time, found_step,
    )  # fmt: skip
    return done


# Before and after the search for least times: closed cells, hours as given out, ways traced back.

# Back-pointer of a start, and of a cell that no way leads to.
NO_STEP = 255


@njit(**_OPTIONS)
def prepare(z: FloatArray, factor: FloatArray | None, times: FloatArray) -> Any:
    """Mark closed cells in the array of times, and measure the steepest step."""
    # z: heights, shape ``(rows, columns)``; NaN where unknown. Units: m.
    # factor: share of the speed that the surface allows, or None.
    # times: output, flat: -1 where a cell is closed or unknown, else infinite.
    # Returns highest difference between two neighbours, lowest and highest factor. Units: m.
    rows, columns = z.shape
    highest, low, high = 0.0, 1.0, 0.0
    for i in range(rows):
        for j in range(columns):
            here = z[i, j]
            is_open = not np.isnan(here)
            if factor is not None:
                share = factor[i, j]
                is_open = is_open and share > 0
                if not np.isnan(share):
                    low, high = min(low, share), max(high, share)
            times[i * columns + j] = np.inf if is_open else -1.0
            for down, right in ((0, -1), (-1, -1), (-1, 0), (-1, 1)):
                if i + down >= 0 and 0 <= j + right < columns:
                    rise = np.float64(abs(here - z[i + down, j + right]))
                    if not np.isnan(rise):
                        highest = max(highest, rise)
    return highest, low, high


@njit(**_OPTIONS)
def finish(z: FloatArray, factor: FloatArray | None, times: FloatArray, hours: FloatArray) -> Any:
    """Turn times into hours as they are given out."""
    # z: heights, shape ``(rows, columns)``.
    # factor: share of the speed that the surface allows, or None.
    # times: times, flat; negative where a cell is closed. Units: h.
    # hours: output: infinite where no way leads, NaN where height or factor is unknown. Units: h.
    # Returns number of known cells that no way leads to.
    rows, columns = z.shape
    unreachable = 0
    for i in range(rows):
        for j in range(columns):
            time = times[i * columns + j]
            unknown = np.isnan(z[i, j])
            if factor is not None:
                unknown = unknown or np.isnan(factor[i, j])
            if unknown:
                hours[i, j] = np.nan
            elif time < 0.0 or time == np.inf:
                hours[i, j] = np.inf
                unreachable += 1
            else:
                hours[i, j] = time
    return unreachable


@njit(**_OPTIONS)
def follow(back: IntArray, offset: IntArray, origin: IntArray) -> None:
    """Carry the origin of each start along the ways that lead from it."""
    # back: number of the step that led to each cell; 255 where none did.
    # offset: offset of each step.
    # origin: the origin at the starts, -1 elsewhere; filled for every cell that a way leads to.
    for cell in range(back.size):
        if origin[cell] >= 0 or back[cell] == NO_STEP:
            continue
        end = cell
        while origin[end] < 0:
            end -= offset[back[end] & 15]
        label = origin[end]
        end = cell
        while origin[end] < 0:
            origin[end] = label
            end -= offset[back[end] & 15]


@njit(**_OPTIONS)
def trail(back: IntArray, offset: IntArray, cell: int) -> Any:
    """Walk back from a cell to its start."""
    # back: number of the step that led to each cell; 255 where none did.
    # offset: offset of each step.
    # cell: where to begin.
    # Returns the cells from there to the start, and the number of the step that led to each but the
    # last.
    count, end = 1, cell
    while back[end] != NO_STEP:
        end -= offset[back[end] & 15]
        count += 1
    cells, numbers = np.empty(count, np.int64), np.empty(count - 1, np.int64)
    cells[0] = cell
    for k in range(count - 1):
        numbers[k] = back[cells[k]]
        cells[k + 1] = cells[k] - offset[numbers[k] & 15]
    return cells, numbers


# The way that is watched least. What a step costs is its length times what watches a kilometre of it:
# patrols that sweep the ground, more of them met by who is slow; what is told by length; and what is told
# by time. All are means over the cells that the step passes, so a homogeneous strip costs what its width
# does. A step between two cells aside also touches those beside it: it costs at least what a quarter of
# its length in each of the four does, so that no wall that runs askew is slipped through.


@njit(inline="always", **_OPTIONS)
def _level_step(  # noqa: PLR0913, PLR0917 - one hot loop, in parts
    watch: Any, km: float, corners: Any, cell: int, there: int, left: int, right: int, step: int
) -> Any:
    """Exponent and hours of a step on level ground, where each cell has one of either a kilometre."""
    per_km, pace = watch[0], watch[1]
    ends = np.float64(per_km[cell]) + np.float64(per_km[there])
    took = np.float64(pace[cell]) + np.float64(pace[there])
    if step < 4:
        return 0.5 * km * ends, 0.5 * km * took
    # A closed corner, whose number is -1, is not charged.
    all_four = 0.25 * ends
    all_four += 0.25 * np.float64(per_km[left]) if left >= 0 else 0.0
    all_four += 0.25 * np.float64(per_km[right]) if right >= 0 else 0.0
    if step < 8:
        return km * (max(0.5 * ends, all_four) if corners else 0.5 * ends), 0.5 * km * took
    took += np.float64(pace[left]) + np.float64(pace[right])
    return km * all_four, 0.25 * km * took


@njit(inline="always", **_OPTIONS)
def _watched_km(watch: Any, stride: IntArray, cell: int, pace: float) -> Any:
    """Exponent a kilometre on a cell, and hours, of the hours that a kilometre would take on open ground."""
    pace /= np.float64(watch[4][cell * stride[4]])
    met = np.float64(watch[1][cell * stride[1]]) * pace
    swept = np.float64(watch[0][cell * stride[0]]) * np.sqrt(1.0 + met * met)
    by_km = np.float64(watch[2][cell * stride[2]])
    return swept + by_km + np.float64(watch[3][cell * stride[3]]) * pace, pace


@njit(inline="always", **_OPTIONS)
def _slope_step(  # noqa: PLR0913, PLR0917 - one hot loop, in parts
    z: FloatArray,
    watch: Any,
    stride: IntArray,
    knots: float,
    km: float,
    rules: Any,
    table: FloatArray,
    cell: int,
    there: int,
    left: int,
    right: int,
    step: int,
) -> Any:
    """Exponent and hours of a step on ground with heights."""
    level, last = 0.25 * table.size, 0.5 * table.size - 1e-9
    height, end = np.float64(z[cell]), np.float64(z[there])
    if step >= 8 and rules[0]:
        middle = 0.5 * (np.float64(z[left]) + np.float64(z[right]))
        pace = 0.5 * _pace(level + (middle - height) * 2.0 * knots, table, last)
        pace += 0.5 * _pace(level + (end - middle) * 2.0 * knots, table, last)
    else:
        pace = _pace(level + (end - height) * knots, table, last)
    # Hours a kilometre: the table has metres an hour.
    pace *= 1000.0
    first, took = _watched_km(watch, stride, cell, pace)
    second, more = _watched_km(watch, stride, there, pace)
    ends, took = first + second, took + more
    if step < 4 or (step < 8 and not rules[1]):
        return 0.5 * km * ends, 0.5 * km * took
    # A closed corner, whose number is -1, is not charged.
    on_left, more = _watched_km(watch, stride, max(left, 0), pace)
    on_right, further = _watched_km(watch, stride, max(right, 0), pace)
    all_four = ends + (on_left if left >= 0 else 0.0) + (on_right if right >= 0 else 0.0)
    all_four *= 0.25
    if step < 8:
        return km * max(0.5 * ends, all_four), 0.5 * km * took
    return km * all_four, 0.25 * km * (took + more + further)


@njit(inline="always", **_OPTIONS)
def _sooner(cost: float, time: float, than_cost: float, than_time: float) -> Any:
    """Whether less is watched, or as much in less time."""
    return cost < than_cost or (cost == than_cost and time < than_time)


@njit(inline="always", **_OPTIONS)
def _rise_in_heap(queue: Any, place: Any, cost: float, time: float, cell: int) -> None:
    """Let a node of a heap of four branches find its place from below."""
    costs, times, cells = queue
    while place > 0:
        above = (place - 1) >> 2
        if not _sooner(cost, time, costs[above], times[above]):
            break
        costs[place], times[place], cells[place] = costs[above], times[above], cells[above]
        place = above
    costs[place], times[place], cells[place] = cost, time, cell


@njit(inline="always", **_OPTIONS)
def _sink_in_heap(queue: Any, size: Any) -> None:
    """Fill the top of a heap with its last node, which is no longer counted in its size."""
    costs, times, cells = queue
    cost, time, cell = costs[size], times[size], cells[size]
    place = 0
    while True:
        first = 4 * place + 1
        if first >= size:
            break
        least = first
        for k in range(first + 1, min(first + 4, size)):
            if _sooner(costs[k], times[k], costs[least], times[least]):
                least = k
        if not _sooner(costs[least], times[least], cost, time):
            break
        costs[place], times[place], cells[place] = costs[least], times[least], cells[least]
        place = least
    costs[place], times[place], cells[place] = cost, time, cell


@njit(inline="always", **_OPTIONS)
def _with_more_room(queue: Any) -> Any:
    """Double the room of a heap."""
    costs, times, cells = queue
    more_costs, more_times = np.empty(2 * costs.size), np.empty(2 * costs.size)
    more_cells = np.empty(2 * costs.size, np.int64)
    more_costs[: costs.size], more_times[: costs.size] = costs, times
    more_cells[: costs.size] = cells
    return more_costs, more_times, more_cells


# Dijkstra's algorithm with the pair of exponent and time as its key: each cell is done once, in the
# order of the key, also where nothing watches and only time tells cells apart. A price an hour is added
# to the exponent of a step; what a way costs without it is its key less the price of its hours.
@njit(**_OPTIONS)
def least_watched(  # noqa: C901, PLR0912, PLR0913, PLR0915, PLR0917 - one hot loop over plain arrays
    z: FloatArray | None,
    watch: Any,
    stride: IntArray,
    steps: Any,
    odd: Any,
    rules: Any,
    table: FloatArray,
    price: float,
    starts: IntArray,
    first: Any,
    cost: FloatArray,
    time: FloatArray,
    back: IntArray,
    wanted: IntArray,
    n_wanted: int,
) -> Any:
    """Find the least exponent, and of equal ones the least time, from the starts to all wanted cells."""
    # z: flat heights, or None where the ground is level. Units: m.
    # watch: on level ground exponent and hours a kilometre, flat. Else flat arrays, or of one number each:
    # sweep by patrols that stand still (1/km), their speed (km/h), exponent by length (1/km) and by
    # time (1/h), and the crosser's share of the speed.
    # stride: 1 for an array, 0 for one number, of those five.
    # steps: offsets, offsets of the two cells beside, lengths (km), knots of the table for a metre.
    # odd: bits of the cells at the rim, those cells, and their barred steps
    # rules: whether knight's steps have halves, and whether diagonal ones are charged for their corners.as bits.
    # first: exponent with its price, and hours, at the starts.
    # cost, time: infinite, negative where closed; changed. back: 255; changed to the steps.
    # wanted: a bit for each cell; the search ends when n_wanted of them are done.
    # Returns how many were never reached.
    offset, pass_a, pass_b, length, knots = steps
    lookup, odd_cells, barred_steps = odd
    queue = np.empty(4096), np.empty(4096), np.empty(4096, np.int64)
    # Hours a kilometre at the highest speed of all, and a little less.
    soonest = 999.999 / max(table[0::2].max(), (table[0::2] + table[1::2]).max())
    size = 0
    for k in range(starts.size):
        cell = starts[k]
        if _sooner(first[0][k], first[1][k], cost[cell], time[cell]):
            cost[cell], time[cell] = first[0][k], first[1][k]
            if size == queue[0].size:
                queue = _with_more_room(queue)
            _rise_in_heap(queue, size, cost[cell], time[cell], cell)
            size += 1
    while size > 0 and n_wanted > 0:
        here, hours, cell = queue[0][0], queue[1][0], queue[2][0]
        size -= 1
        _sink_in_heap(queue, size)
        if _sooner(cost[cell], time[cell], here, hours):
            continue
        n_wanted -= (wanted[cell >> 3] >> (cell & 7)) & 1
        _, barred = _looked_up(cell, lookup, odd_cells, barred_steps)
        least = 0.0
        if z is not None:
            # What leaves this cell costs at least its own part at the highest speed.
            least, _ = _watched_km(watch, stride, cell, soonest)
        for s in range(offset.size):
            if (barred >> s) & 1:
                continue
            there = cell + offset[s]
            # Closed cells are below all others.
            if not _sooner(
                here + (0.5 if s < 8 else 0.25) * least * length[s], hours, cost[there], time[there]
            ):
                continue
            left, right = cell + pass_a[s], cell + pass_b[s]
            if s >= 4:
                left, right = left if cost[left] >= 0.0 else -1, right if cost[right] >= 0.0 else -1
                if (s >= 8 and min(left, right) < 0) or (s < 8 and max(left, right) < 0):
                    continue
            if z is None:
                watched, took = _level_step(watch, length[s], rules[1], cell, there, left, right, s)
            else:
                watched, took = _slope_step(
                    z, watch, stride, knots[s], length[s], rules, table, cell, there, left, right, s
                )
            if took > 1000.0 * length[s] * SLOWEST_H_PER_M:
                continue
            new, when = here + watched + price * took, hours + took
            if _sooner(new, when, cost[there], time[there]):
                cost[there], time[there], back[there] = new, when, s
                if size == queue[0].size:
                    queue = _with_more_room(queue)
                _rise_in_heap(queue, size, new, when, there)
                size += 1
    return n_wanted


@njit(**_OPTIONS)
def passed_by(cells: IntArray, numbers: IntArray, pass_a: IntArray, pass_b: IntArray) -> Any:
    """List the cells that the steps of a way pass, four a step."""
    # cells, numbers: a way as `trail` gives it, from its end to its start, and its steps.
    # Returns cells, shape ``(steps, 4)``; both ends twice where the step passes no other.
    found = np.empty((numbers.size, 4), np.int64)
    for k in range(numbers.size):
        start, s = cells[k + 1], numbers[k]
        found[k, 0], found[k, 1] = start, cells[k]
        found[k, 2], found[k, 3] = start, cells[k]
        if s >= 8:
            found[k, 2], found[k, 3] = start + pass_a[s], start + pass_b[s]
    return found
