"""The search for least times, band by band, in as many threads as there are cores."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from borderzone._guards import check_threads
from borderzone._kernels import cost_distance, travel_arrays
from borderzone.access.steps import Steps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from borderzone._typing import FloatArray, IntArray
    from borderzone.access.odd_cells import OddCells
    from borderzone.access.speed_table import SpeedTable

__all__ = ["Rule", "search"]

_N_BUCKETS = 2**15
# Bands so small that the front in one stays in the cache (which helps a single thread too), and so few
# that little crosses their edges.
_CELLS_OF_A_BAND = 500_000
_CELLS_OF_ONE_OF_MANY = 3_000_000
_FEW_BANDS = 8
# Bands wait for one another after so many buckets. Fewer waste time on waiting, more on ways through
# a band that a neighbour has yet to shorten.
_TURNS_TOGETHER = 96
_LAST_TURN = 2**62

Messages = tuple["IntArray", "FloatArray", "IntArray"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """
    How a step takes time.

    Attributes
    ----------
    cell_m
        Side of a cell. Units: m.
    neighbours
        8 or 16.
    halves
        Whether a knight's step has a gradient for each half.
    table
        Speed by gradient, for the way that the search goes.
    latest_h
        Cells farther than this are not sought. Units: h.
    """

    cell_m: float
    neighbours: int
    halves: bool
    table: SpeedTable
    latest_h: float


def search(
    ground: tuple[FloatArray, FloatArray | None],
    starts: IntArray,
    rule: Rule,
    odd: OddCells,
    arrays: tuple[FloatArray, IntArray | None],
    *,
    threads: int | None = None,
) -> None:
    """Find the least time from the starts to every cell."""
    z, factor = ground
    rows, columns = z.shape
    threads = check_threads(threads)
    bands = _bands(rows, columns, threads, rule)
    given = np.zeros(len(starts)), np.full(len(starts), travel_arrays.NO_STEP, np.uint8)
    for band in bands:
        band.inbox = _within(band, [(starts.astype(np.int64), *given)])
    looked_up = (odd.lookup, odd.cells, odd.barred, *odd.roads)
    flat = (z.ravel(), None if factor is None else factor.ravel())
    fixed = (*flat, _steps(rule, columns), looked_up, *arrays)
    if len(bands) == 1:
        bands[0].run(fixed, _LAST_TURN)
        return
    with ThreadPoolExecutor(threads) as pool:
        while any(band.has_work for band in bands):
            until = min(band.turn for band in bands if band.has_work) + _TURNS_TOGETHER
            while busy := [band for band in bands if band.turn < until and band.has_work]:
                # The one with most to do goes first.
                busy.sort(key=lambda band: -band.waiting)
                list(pool.map(partial(_Band.run, fixed=fixed, until=until), busy))
                _exchange(bands)


def _steps(rule: Rule, columns: int) -> tuple[Any, ...]:
    steps = Steps.of(columns, rule.neighbours)
    length_m = steps.length * rule.cell_m
    # A little below what the quickest step takes, so that rounding never hides one that is sooner.
    soonest = length_m / rule.table.highest_m_h * (1 - 1e-6)
    knots = rule.table.per_unit / length_m
    return (
        steps.offset, steps.pass_a, steps.pass_b, length_m, soonest, knots, rule.halves,
        rule.table.lines,
    )  # fmt: skip


@dataclass(kw_only=True, slots=True)
class _Band:
    """Rows that one thread searches at a time, with their queue."""

    low: int
    high: int
    per_bucket: float
    latest: float
    inbox: Messages
    heads: IntArray = field(default_factory=lambda: np.full(_N_BUCKETS, -1, np.int32))
    nodes: tuple[IntArray, FloatArray, IntArray] = field(default_factory=lambda: _nodes(4096))
    outbox: tuple[Messages, Messages] = field(
        default_factory=lambda: (_messages(4096), _messages(4096))
    )
    state: IntArray = field(default_factory=lambda: np.array([0, 0, 0, 4096, 0, 0, 0], np.int64))

    @property
    def waiting(self) -> int:
        return int(self.state[1]) + len(self.inbox[0])

    @property
    def has_work(self) -> bool:
        return self.waiting > 0

    @property
    def turn(self) -> int:
        """Earliest turn at which there is something to do."""
        soonest = [int(self.inbox[1].min() * self.per_bucket)] if len(self.inbox[0]) else []
        return min([*soonest, *([int(self.state[0])] if self.state[1] else [])], default=_LAST_TURN)

    def run(self, fixed: tuple[Any, ...], until: int) -> None:
        """Expand up to a turn; where room runs short, make more and go on."""
        self.state[6] = 0
        while not cost_distance.expand(
            *fixed,
            (self.heads, *self.nodes, self.state),
            self.inbox,
            (*self.outbox[0], *self.outbox[1]),
            (self.low, self.high),
            (self.per_bucket, self.latest, until),
        ):
            self._make_room()
        self.inbox = _messages(0)

    def _make_room(self) -> None:
        size = len(self.nodes[0])
        if self.state[3] < cost_distance.MOST_OFFERS:
            more = _nodes(size)
            cells, times = (
                np.concatenate(pair) for pair in zip(self.nodes[:2], more[:2], strict=True)
            )
            after = np.concatenate([self.nodes[2], np.where(more[2] >= 0, more[2] + size, -1)])
            # The last of the new nodes is followed by those that were still free.
            after[-1] = self.state[2] if self.state[3] else -1
            self.state[2] = size
            self.state[3] += size
            self.nodes = cells, times, after.astype(np.int32)
        self.outbox = (
            _with_room(self.outbox[0], int(self.state[4])),
            _with_room(self.outbox[1], int(self.state[5])),
        )

    def sent(self) -> list[Messages]:
        """Take what is in the outbox out of it."""
        found = []
        for box, count in zip(self.outbox, self.state[4:6], strict=True):
            if count:
                found.append(tuple(part[:count].copy() for part in box))
        self.state[4:6] = 0
        return found  # type: ignore[return-value] # a tuple of three


def _bands(rows: int, columns: int, threads: int, rule: Rule) -> list[_Band]:
    shortest_h = rule.cell_m / rule.table.highest_m_h
    cells = rows * columns
    many = max(4 * threads, _FEW_BANDS, cells // _CELLS_OF_ONE_OF_MANY)
    # A step reaches two rows on, so messages go to the next band at most.
    count = max(1, min(cells // _CELLS_OF_A_BAND, many, rows // 8))
    edges = np.linspace(0, rows, count + 1).astype(np.int64) * columns
    return [
        _Band(
            low=int(low),
            high=int(high),
            per_bucket=1.0 / (0.999 * shortest_h),
            latest=rule.latest_h,
            inbox=_messages(0),
        )
        for low, high in pairwise(edges)
    ]


def _exchange(bands: Sequence[_Band]) -> None:
    """Bring every message to its band."""
    sent = [messages for band in bands for messages in band.sent()]
    for band in bands:
        band.inbox = _within(band, [band.inbox, *sent])


def _within(band: _Band, several: list[Messages]) -> Messages:
    parts = []
    for cells, times, steps in several:
        mine = (cells >= band.low) & (cells < band.high)
        if mine.any():
            parts.append((cells[mine], times[mine], steps[mine]))
    if not parts:
        return _messages(0)
    cells, times, steps = (np.concatenate(part) for part in zip(*parts, strict=True))
    return cells, times, steps


def _messages(size: int) -> Messages:
    return np.empty(size, np.int64), np.empty(size), np.empty(size, np.uint8)


def _nodes(size: int) -> tuple[IntArray, FloatArray, IntArray]:
    after = np.arange(1, size + 1, dtype=np.int32)
    after[-1] = -1
    return np.empty(size, np.int64), np.empty(size), after


def _with_room(box: Messages, used: int) -> Messages:
    if len(box[0]) - used >= cost_distance.MOST_OFFERS:
        return box
    cells, times, steps = (np.concatenate([part, np.empty_like(part)]) for part in box)
    return cells, times, steps
