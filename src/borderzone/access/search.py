"""The search for least times: steps from cell to cell, what is odd about some, and bands of rows in threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from borderzone._guards import check_threads
from borderzone._kernels import cost_distance
from borderzone.access.speed import STEEPEST_GRADIENT
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from borderzone._typing import FloatArray, IntArray

__all__ = [
    "ALL_STEPS",
    "ON_ROAD",
    "OPPOSITE",
    "PASSED",
    "STEPS",
    "BarredSteps",
    "OddCells",
    "RoadSteps",
    "Rule",
    "SpeedTable",
    "Steps",
    "search",
    "speeds_at",
]

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
    """How a step takes time."""

    # Side of a cell. Units: m.
    cell_m: float
    # 8 or 16.
    neighbours: int
    # Whether a knight's step has a gradient for each half.
    halves: bool
    # Speed by gradient, for the way that the search goes.
    table: SpeedTable
    # Cells farther than this are not sought. Units: h.
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
    given = np.zeros(len(starts)), np.full(len(starts), cost_distance.NO_STEP, np.uint8)
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
            (self.low, self.high, self.per_bucket, self.latest, until),
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
        return found  # type: ignore[return-value]  # a tuple of three


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


# Knots of the speed table. 0.05 is a whole number of steps, so that the kinks of Tobler's function and
# of the vehicle's (at 0 and at its steepest gradient), and the jump of Naismith-Langmuir (at -0.2125), fall
# on knots.
_KNOT = 0.05 / 2048
# Share of the way between two knots at which their ends are read, so that a jump at a knot stays one.
_INSIDE = 1e-6


@dataclass(frozen=True, kw_only=True, slots=True)
class SpeedTable:
    """Speed between evenly spaced gradients, as many down as up, and how well it stands for the function."""

    # lower, upper: Speed at the lower and the upper end of each interval, from within. Units: m/h.
    lower: FloatArray
    upper: FloatArray
    # Largest relative error of what is read midway between two knots.
    error: float
    # Knots for one unit of gradient.
    per_unit: float = 1.0 / _KNOT

    @classmethod
    def of(cls, speed: Callable[[Any], Any], steepest: float) -> SpeedTable:
        """Tabulate a speed up to the steepest gradient, beyond which it stays as it is there."""
        n = int(np.ceil(min(max(steepest, 0.05), STEEPEST_GRADIENT) / _KNOT - 1e-6))
        knots = np.arange(-n, n) * _KNOT
        lower, between, upper = (
            speeds_at(speed, knots + part * _KNOT) for part in (_INSIDE, 0.5, 1.0 - _INSIDE)
        )
        if max(lower.max(), upper.max()) <= 0:
            msg = f"speed must be above 0 somewhere between gradients of -{n * _KNOT:.3g} and {n * _KNOT:.3g}"
            raise InvalidParameterError(msg)
        read = (lower + upper) / 2
        error = np.abs(read - between)[between > 0] / between[between > 0]
        largest = float(error.max(initial=0.0))
        return cls(lower=1000.0 * lower, upper=1000.0 * upper, error=largest)

    @property
    def highest_m_h(self) -> float:
        """Highest speed."""
        return float(max(self.lower.max(), self.upper.max()))

    @property
    def lines(self) -> FloatArray:
        """Give the table as the kernel reads it."""
        return np.column_stack([self.lower, self.upper - self.lower]).ravel()

    def turned(self, direction: str) -> SpeedTable:
        """Give the table for the way that the search goes: from the origins outwards."""
        if direction == "from":
            return self
        return SpeedTable(lower=self.upper[::-1], upper=self.lower[::-1], error=self.error)


def speeds_at(
    function: Callable[[Any], Any], gradients: FloatArray, what: str = "speed must give finite km/h"
) -> FloatArray:
    """Call a speed function of arrays, or, where it takes numbers only, one after the other."""
    try:
        speeds = np.broadcast_to(np.asarray(function(gradients), dtype=float), gradients.shape)
    except (TypeError, ValueError, ArithmeticError):
        try:
            speeds = np.array([function(float(gradient)) for gradient in gradients], dtype=float)
        except (TypeError, ValueError, ArithmeticError) as error:
            msg = f"{what} for a gradient (rise over run, a number); it fails: {error}"
            raise InvalidParameterError(msg) from error
    wrong = ~(np.isfinite(speeds) & (speeds >= 0))
    if wrong.any():
        first = int(np.argmax(wrong))
        msg = (
            f"{what}, 0 or more, at every gradient of the ground; it gives "
            f"{speeds[first]} at {gradients[first]:.4g}"
        )
        raise InvalidParameterError(msg)
    return speeds


# Rows down and columns right. Sides, diagonals and knight's steps, each clockwise from the east.
STEPS = np.array([
    (0, 1), (1, 0), (0, -1), (-1, 0),
    (1, 1), (1, -1), (-1, -1), (-1, 1),
    (1, 2), (2, 1), (2, -1), (1, -2), (-1, -2), (-2, -1), (-2, 1), (-1, 2),
])  # fmt: skip
OPPOSITE = np.array([2, 3, 0, 1, 6, 7, 4, 5, 12, 13, 14, 15, 8, 9, 10, 11])


def _passed(down: int, right: int) -> tuple[tuple[int, int], tuple[int, int]]:
    if abs(down) == abs(right):
        return (down, 0), (0, right)
    if min(abs(down), abs(right)) == 0:
        return (0, 0), (0, 0)
    # A knight's step passes the cell straight on, and that one's diagonal.
    straight = (int(np.sign(down)), 0) if abs(down) == 2 else (0, int(np.sign(right)))
    return straight, (int(np.sign(down)), int(np.sign(right)))


# The two cells beside a diagonal step, or passed by a knight's; none for steps to a side.
PASSED = np.array([_passed(int(down), int(right)) for down, right in STEPS])


@dataclass(frozen=True, kw_only=True, slots=True)
class Steps:
    """Steps in a flattened raster of a given width."""

    # To the cell reached.
    offset: IntArray
    # pass_a, pass_b: To the two cells beside a diagonal step, or passed by a knight's; 0 for steps
    # to a side.
    pass_a: IntArray
    pass_b: IntArray
    # Units: cells.
    length: FloatArray

    @classmethod
    def of(cls, columns: int, neighbours: int) -> Steps:
        """Lay the steps out in a raster."""
        flat = np.array([columns, 1], dtype=np.int64)
        steps, passed = STEPS[:neighbours], PASSED[:neighbours]
        return cls(
            offset=steps @ flat,
            pass_a=passed[:, 0] @ flat,
            pass_b=passed[:, 1] @ flat,
            length=np.hypot(*steps.T),
        )


ALL_STEPS = 0xFFFF
# Added to the number of a step along a road.
ON_ROAD = 16


@dataclass(frozen=True, kw_only=True, slots=True)
class BarredSteps:
    """Steps that cannot be taken."""

    # Flat index of the cells where they begin, rising, each once.
    cells: IntArray
    # For each cell, bit `s` is set if step `s` is barred; uint16.
    bits: IntArray

    @classmethod
    def joined(cls, *several: tuple[IntArray, IntArray]) -> BarredSteps:
        """Join lists of cells and bits, in which a cell may come often."""
        cells = np.concatenate([np.zeros(0, np.int64), *(c for c, _ in several)])
        bits = np.concatenate([np.zeros(0, np.uint16), *(b.astype(np.uint16) for _, b in several)])
        order = np.argsort(cells, kind="stable")
        once, first = np.unique(cells[order], return_index=True)
        if len(once) == 0:
            return cls(cells=once, bits=bits)
        return cls(cells=once, bits=np.bitwise_or.reduceat(bits[order], first))

    def at(self, cells: IntArray) -> IntArray:
        """Look up the bits of cells."""
        if len(self.cells) == 0:
            return np.zeros(len(cells), np.uint16)
        place = np.searchsorted(self.cells, cells).clip(max=len(self.cells) - 1)
        return np.where(self.cells[place] == cells, self.bits[place], np.uint16(0))


@dataclass(frozen=True, kw_only=True, slots=True)
class RoadSteps:
    """Steps along roads, sorted by the cell where they begin, at most one of each number."""

    # cells, step: Flat index of the cell where each begins, and its number.
    cells: IntArray
    step: IntArray
    # Flat index of the cell where it ends.
    reached: IntArray
    # Time that it takes. Units: h.
    hours: FloatArray

    @classmethod
    def none(cls) -> RoadSteps:
        """Give ground without roads."""
        nothing = np.zeros(0, np.int64)
        return cls(cells=nothing, step=nothing.astype(np.uint8), reached=nothing, hours=np.zeros(0))


@dataclass(frozen=True, kw_only=True, slots=True)
class OddCells:
    """All cells that the search must look up, in the form of the kernel."""

    # A bit for every cell of the raster; 1 if it is listed.
    lookup: IntArray
    # Flat index of the cells, rising.
    cells: IntArray
    # Their barred steps as bits.
    barred: IntArray
    # First road step of each cell (one more at the end), and of the steps the cell reached, the
    # time and the number.
    roads: tuple[IntArray, IntArray, FloatArray, IntArray]

    @classmethod
    def of(
        cls, shape: tuple[int, int], barred: list[tuple[IntArray, IntArray]], roads: RoadSteps
    ) -> OddCells:
        """Join the rim with barriers and roads."""
        on_road = (roads.cells, np.zeros(len(roads.cells), np.uint16))
        every = BarredSteps.joined(_rim(shape), on_road, *barred)
        lookup = np.zeros(shape[0] * shape[1] // 8 + 1, np.uint8)
        np.bitwise_or.at(lookup, every.cells >> 3, (1 << (every.cells & 7)).astype(np.uint8))
        first = np.searchsorted(roads.cells, np.append(every.cells, shape[0] * shape[1]))
        return cls(
            lookup=lookup,
            cells=every.cells,
            barred=every.bits,
            roads=(first, roads.reached, roads.hours, roads.step),
        )


def _rim(shape: tuple[int, int]) -> tuple[IntArray, IntArray]:
    """Bar the steps that would leave the raster."""
    rows, columns = shape
    row_at_rim = np.unique(
        np.concatenate([np.arange(min(2, rows)), np.arange(max(0, rows - 2), rows)])
    )
    column_at_rim = np.unique(
        np.concatenate([np.arange(min(2, columns)), np.arange(max(0, columns - 2), columns)])
    )
    across = row_at_rim[:, None] * columns + np.arange(columns)
    down = np.arange(rows)[:, None] * columns + column_at_rim
    cells = np.unique(np.concatenate([across.ravel(), down.ravel()])).astype(np.int64)
    row, column = np.divmod(cells, columns)
    bits = np.zeros(len(cells), np.uint16)
    for number, (to_south, to_east) in enumerate(STEPS):
        end_row, end_column = row + to_south, column + to_east
        leaves = (end_row < 0) | (end_row >= rows) | (end_column < 0) | (end_column >= columns)
        bits |= (leaves.astype(np.uint16) << number).astype(np.uint16)
    return cells, bits
