"""What is seen from where: lines of sight one by one, viewsheds, and how high the ground stands.

In words: the ground between cell centres is a straight line along a row or a column. A line of
sight runs from the eye to a target that stands over a cell centre. Wherever it crosses the line
between two neighbouring centres of a row or of a column, the ground there is interpolated between
the two, less its drop below the tangent plane of the eye (distance squared times `drop`). The target is hidden if
at any crossing the ground stands higher than the line; otherwise it is seen. That is the method called
R3 by Franklin and Ray (1994). Where one of the heights is NaN the line is unknown, whatever else
it crosses, so that gaps hide and show alike. Places are in rows and columns, centres on whole numbers.

Counts are whole numbers, so their sums do not depend on the order of the stops.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from borderzone._kernels import njit

if TYPE_CHECKING:
    from borderzone._typing import BoolArray, FloatArray, IntArray

__all__ = [
    "HIDDEN",
    "OUT",
    "SEEN",
    "UNDECIDED",
    "UNKNOWN",
    "Octant",
    "about_eye",
    "add_seen",
    "count_looks",
    "ground_at",
    "heights_needed",
    "line",
    "mark",
    "note_seen",
    "scan",
    "skyline",
    "span",
    "sweep_exact",
    "sweep_fast",
    "tally",
    "walk",
]

HIDDEN, SEEN, UNKNOWN = 0, 1, 2

_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}


@njit(inline="always", **_OPTIONS)
def _between(first: float, second: float, part: float) -> float:
    # A neighbour of weight 0 has no say, even if it is NaN.
    return first + part * (second - first) if part > 0.0 else first


@njit(**_OPTIONS)
def ground_at(z: FloatArray, row: float, column: float) -> Any:
    """Height between four cell centres, bilinear."""
    # z: heights with one more row and column than can be asked for.
    # row, column: place.
    # Returns height in the unit of `z`, NaN where one that counts is.
    i, j = int(row), int(column)
    v, u = row - i, column - j
    north = _between(np.float64(z[i, j]), np.float64(z[i, j + 1]), u)
    if v > 0.0:
        south = _between(np.float64(z[i + 1, j]), np.float64(z[i + 1, j + 1]), u)
        return north + v * (south - north)
    return north


@njit(inline="always", **_OPTIONS)
def _across(  # noqa: C901, PLR0913, PLR0917 - plain numbers: this is the hot loop
    z: FloatArray,
    start: tuple[float, float],
    step: tuple[float, float],
    axis: int,
    eye: float,
    rise: float,
    fall: float,
    gaps: int,
    strict: int,
) -> int:
    """Follow a line over its crossings with the columns, or with the rows, of centres."""
    # The axis whose whole numbers are crossed, and the other one.
    if axis == 0:
        here, other, run, lean = start[0], start[1], step[0], step[1]
    else:
        here, other, run, lean = start[1], start[0], step[1], step[0]
    if run == 0.0:
        return SEEN
    per = 1.0 / run
    target = int(np.rint(here + run))
    sign = 1 if run > 0.0 else -1
    # The first whole number strictly beyond the eye; the last is the target's own, left out.
    k = int(np.floor(here)) + 1 if sign > 0 else int(np.ceil(here)) - 1
    found = SEEN
    while k != target and (k < target) == (sign > 0):
        t = (k - here) * per
        # Divided last, a crossing in a cell centre is found there and not a rounding beside it,
        # where a void next door would have a say.
        place = other + ((k - here) * lean / run if strict else t * lean)
        i = int(place)
        part = place - i
        if axis == 0:
            first, second = np.float64(z[k, i]), np.float64(z[k, i + 1])
        else:
            first, second = np.float64(z[i, k]), np.float64(z[i + 1, k])
        if gaps:
            height = _between(first, second, part)
            if height != height:  # noqa: PLR0124 - NaN differs from itself
                return UNKNOWN
        else:
            height = first + part * (second - first)
        if height - fall * t * t - eye > t * rise:
            found = HIDDEN
            if not gaps:
                return HIDDEN
        k += sign
    return found


@njit(**_OPTIONS)
def line(  # noqa: PLR0913, PLR0917 - plain numbers: called for every cell
    z: FloatArray,
    row: float,
    column: float,
    i: int,
    j: int,
    eye: float,
    target_m: float,
    fall: float,
    gaps: int,
    strict: int,
) -> Any:
    """Tell whether a target over a cell is seen."""
    # z: heights with one more row and column than are used. Units: m.
    # row, column: place of the eye.
    # i, j: cell of the target.
    # eye: height of the eye above sea. Units: m.
    # target_m: height of the target above its ground. Units: m.
    # fall: drop of the target's ground below the tangent plane. Units: m.
    # gaps: 1 if any height may be NaN, else 0.
    # strict: 1 to place crossings to the last digit, 0 for speed.
    # Returns `SEEN`, `HIDDEN` or `UNKNOWN`.
    start, step = (row, column), (i - row, j - column)
    rise = np.float64(z[i, j]) + target_m - fall - eye
    if rise != rise:  # noqa: PLR0124 - NaN differs from itself
        return UNKNOWN
    found = _across(z, start, step, 0, eye, rise, fall, gaps, strict)
    if found == UNKNOWN or (found == HIDDEN and not gaps):
        return found
    other = _across(z, start, step, 1, eye, rise, fall, gaps, strict)
    return other if other == UNKNOWN or found == SEEN else found


@njit(**_OPTIONS)
def count_looks(  # noqa: PLR0913, PLR0917 - whole arrays in, no objects
    z: FloatArray,
    stops: FloatArray,
    wanted: BoolArray,
    eyes_m: float,
    target_m: float,
    reach: float,
    drop: float,
    gaps: int,
    counts: IntArray,
) -> None:
    """Count for every cell the stops within reach, by whether they see it."""
    # z: heights, with one more row and column than `wanted`. Units: m.
    # stops: row and column of each stop, shape ``(n, 2)``.
    # wanted: cells to look at.
    # eyes_m, target_m: height of eye and target above their ground. Units: m.
    # reach: farthest cell centre. Units: cells.
    # drop: drop below the tangent plane at a distance of one cell. Units: m.
    # gaps: 1 if any height may be NaN, else 0.
    # counts: output, added to: stops that do not see the cell, that do, and that are unknown, shape
    # ``(rows, columns, 3)``.
    rows, columns = wanted.shape
    for n in range(stops.shape[0]):
        row, column = stops[n, 0], stops[n, 1]
        eye = ground_at(z, row, column) + eyes_m
        for i in range(max(int(np.ceil(row - reach)), 0), min(int(row + reach) + 1, rows)):
            for j in range(
                max(int(np.ceil(column - reach)), 0), min(int(column + reach) + 1, columns)
            ):
                if not wanted[i, j]:
                    continue
                away2 = (i - row) ** 2 + (j - column) ** 2
                if away2 <= reach * reach:
                    found = line(z, row, column, i, j, eye, target_m, drop * away2, gaps, 0)
                    counts[i, j, found] += 1


# What is seen from one place: lines of sight decided wholesale, the doubtful ones walked.
#
# In words: the ground is split into eight octants, in each of which lines run outward along one
# axis and lean to one side of it. Rays of even lean, ``m / n`` of a cell for each cell outward, sweep
# outward together, and each keeps the steepest ground it has met. "Steep" is ``(height - eye) / d - drop (d + s^2 / d)``
# with `d` cells outward and `s` sideways: along one line it orders like the angle of sight, the fall of the
# ground included. Two neighbouring rays bound a fan not wider than a cell. A line inside the fan meets nothing steeper than
# what its two rays and the cell centres inside the fan have met (between these points steepness is
# monotone, but for a bow of at most ``drop / d``), and at every row outward nothing less steep than the
# least of the three. A target above the first bound is seen, one below the second is hidden, and
# for the few in between `line` walks the line itself. So the answer is that of walking them all, bit for bit: the
# bounds are widened by `slack` metres, far more than rounding can do.
#
# Layout: `z` has the outward axis first, and is read from row `near`, which lies at or behind the eye, in the direction `way`:
# row ``near + way * k`` is ``away[k]`` cells outward (``away[0] <= 0``). `side` is the place of the eye on the second axis, `lean` +1 or -1.
# `states` begins at that row; only cells that are `UNDECIDED` are decided.

OUT, UNDECIDED = 3, 4

_LOW = -1e30


@njit(**_OPTIONS)
def scan(z: FloatArray) -> Any:
    """Tell the largest height, and how many are unknown."""
    # z: heights. Units: m.
    # Returns largest absolute height, number of NaN.
    top, gaps = 0.0, 0
    for i in range(z.shape[0]):
        for j in range(z.shape[1]):
            value = abs(np.float64(z[i, j]))
            gaps += value != value  # noqa: PLR0124 - NaN differs from itself
            # In this order a NaN leaves the largest as it is.
            top = max(top, value)
    return top, gaps


@njit(**_OPTIONS)
def tally(states: IntArray) -> Any:
    """Count the cells that are hidden, seen and unknown."""
    # states: the states.
    # Returns the three counts.
    hidden, seen, unknown = 0, 0, 0
    for i in range(states.shape[0]):
        for j in range(states.shape[1]):
            hidden += states[i, j] == HIDDEN
            seen += states[i, j] == SEEN
            unknown += states[i, j] == UNKNOWN
    return hidden, seen, unknown


@njit(**_OPTIONS)
def add_seen(counts: IntArray, states: IntArray) -> int:
    """Count one observer more where it sees."""
    # counts: observers that see each cell; changed in place.
    # states: what one more sees, in the same shape.
    # Returns cells that nobody saw before.
    fresh = 0
    for i in range(counts.shape[0]):
        for j in range(counts.shape[1]):
            seen = states[i, j] == SEEN
            fresh += seen and counts[i, j] == 0
            counts[i, j] += seen
    return fresh


@njit(**_OPTIONS)
def note_seen(  # noqa: PLR0913, PLR0917 - whole arrays in, no objects
    states: IntArray,
    row: int,
    column: int,
    columns: int,
    cells: IntArray,
    order: IntArray,
    bits: IntArray,
) -> int:
    """Set the bits of the targets that one observer sees, as `numpy.packbits` lays them."""
    # states: what the observer sees in a window.
    # row, column: where in the raster the window begins.
    # columns: those of the raster.
    # cells: flat index in the raster of the cell of each target, rising.
    # order: number of each of these targets.
    # bits: output, added to.
    # Returns targets that cannot be told.
    unknown = 0
    for i in range(states.shape[0]):
        first = (row + i) * columns + column
        at = np.searchsorted(cells, first)
        while at < cells.size and cells[at] < first + states.shape[1]:
            state, target = states[i, cells[at] - first], order[at]
            if state == SEEN:
                bits[target >> 3] |= np.uint8(128 >> (target & 7))
            unknown += state == UNKNOWN
            at += 1
    return unknown


@njit(**_OPTIONS)
def mark(  # noqa: PLR0913, PLR0917 - plain numbers
    states: IntArray,
    row: float,
    column: float,
    least: float,
    reach: float,
    first_deg: float,
    width_deg: float,
) -> None:
    """Mark the cells that are asked for: a ring around the eye, or a sector of it."""
    # states: output: `UNDECIDED` or `OUT`; the outermost cells stay out.
    # row, column: place of the eye.
    # least, reach: nearest and farthest cell centre. Units: cells.
    # first_deg, width_deg: where the sector starts, clockwise from the top of the raster, and how
    # far it goes; 360 for all around.
    rows, columns = states.shape
    for i in range(rows):
        for j in range(columns):
            states[i, j] = OUT
    for i in range(max(1, int(np.ceil(row - reach))), min(rows - 1, int(row + reach) + 1)):
        down = (i - row) ** 2
        for j in range(
            max(1, int(np.ceil(column - reach))), min(columns - 1, int(column + reach) + 1)
        ):
            away2 = down + (j - column) ** 2
            if away2 > reach * reach or away2 < least * least:
                continue
            if width_deg < 360.0 and away2 > 0.0:
                azimuth = np.degrees(np.arctan2(j - column, row - i))
                if (azimuth - first_deg) % 360.0 > width_deg:
                    continue
            states[i, j] = UNDECIDED


@njit(inline="always", **_OPTIONS)
def span(side: float, away: float, lean: int, size: int) -> Any:
    """Tell the first and the last cell of an octant at a distance, on the raster."""
    # side: place of the eye.
    # away: distance. Units: cells.
    # lean: to which side the octant leans.
    # size: cells along the second axis.
    # Returns the two; a cell more than the octant has, for rounding.
    if lean > 0:
        return max(int(np.ceil(side)), 0), min(int(np.floor(side + away)) + 1, size - 1)
    # The eye's own line belongs to the octant that leans the other way.
    return max(int(np.ceil(side - away)) - 1, 0), min(int(np.ceil(side)) - 1, size - 1)


@njit(apart=True, **_OPTIONS)
def _advance(  # noqa: PLR0913, PLR0917 - the hot loop: one step of all rays
    before: FloatArray,
    here: Any,
    behind: float,
    away: float,
    start: float,
    side: float,
    leans: FloatArray,
    count: int,
    eye: float,
    drop: float,
    col: FloatArray,
    row: FloatArray,
) -> None:
    """Steepness of the ground where each ray crosses the next row, and the column before it."""
    inv = 1.0 / away
    last = here.size - 1.0
    way = 1.0 if leans[1] > 0.0 else -1.0
    for m in range(count):
        a = leans[m]
        y = min(max(side + a * away, 0.0), last)
        i = min(np.int64(y), here.size - 2)
        z0, z1 = np.float64(here[i]), np.float64(here[i + 1])
        h = z0 + (y - i) * (z1 - z0)
        col[m] = (h - eye) * inv - drop * (away + (y - side) * (y - side) * inv)
        was = min(max(side + a * start, 0.0), last)
        # The whole number that lies between, if one does.
        r = np.floor(way * y) * way
        crossed = r != np.floor(way * was) * way
        s = r - side if crossed else 1.0
        a = a if crossed else 1.0
        at = s / a
        per = a / s
        u = min(max(at - behind, 0.0), 1.0)
        j = np.int64(r) if crossed else 0
        b0, b1 = np.float64(before[j]), np.float64(here[j])
        h = b0 + u * (b1 - b0)
        steep = (h - eye) * per - drop * (at + s * s * per)
        row[m] = steep if crossed else _LOW


@njit(**_OPTIONS)
def _spread_gaps(  # noqa: PLR0913, PLR0917 - plain arrays
    col: FloatArray,
    row: FloatArray,
    side: float,
    away: float,
    leans: FloatArray,
    count: int,
    dirty: IntArray,
    void: IntArray,
) -> None:
    """Note the fans in which something is unknown, and those that it closes altogether."""
    wide = away >= 0.99 * (leans.size - 1)
    for f in range(count):
        if dirty[f] == 2:
            # A centre inside the fan: all its lines cross one of the two edges that end there.
            dirty[f] = 1
            void[f] = void[f] or not wide
        if row[f] != row[f] or row[f + 1] != row[f + 1]:
            dirty[f] = 1
        if col[f] != col[f] or col[f + 1] != col[f + 1]:
            dirty[f] = 1
            y0, y1 = side + leans[f] * away, side + leans[f + 1] * away
            low = np.floor(min(y0, y1))
            # Both rays between the same two centres: so is every line of the fan.
            if min(y0, y1) - low > 1e-6 and max(y0, y1) - low < 1.0 - 1e-6:
                void[f] = 1


class Octant(NamedTuple):
    """An eighth of the ground around an eye, laid out as above."""

    # Heights, float32 above that of the eye where a sweep is fast, with the outward axis first; the row at or
    # behind the eye, and +1 or -1 as rows or their opposites lead outward.
    z: Any
    near: int
    way: int
    # States, from that row outward.
    states: Any
    # Distance of each row outward, and the place of the eye on the second axis. Units: cells.
    away: Any
    side: float
    # Side to which the lines lean, +1 or -1, and 1 if the cells on the diagonal belong to this octant.
    lean: int
    diagonal: int


@njit(**_OPTIONS)
def sweep_exact(  # noqa: C901, PLR0912, PLR0913, PLR0915, PLR0917 - an octant in one pass
    octant: Any,
    reach: float,
    n: int,
    eye: float,
    target_m: float,
    drop: float,
    slack: float,
    gaps: int,
) -> None:
    """Decide the cells of an octant that two bounds decide; the others stay `UNDECIDED`."""
    # octant: an `Octant`.
    # reach: farthest cell. Units: cells.
    # n: rays, not fewer than the cells outward.
    # eye, target_m: height of the eye above sea, of the target above its ground. Units: m.
    # drop: drop below the tangent plane at a distance of one cell. Units: m.
    # slack: by how much the bounds are widened. Units: m.
    # gaps: 1 if any height may be NaN.
    z, near, way, states, away, side, lean, diagonal = octant
    steps, size = states.shape
    leans = lean * (np.arange(n + 1) / n)
    run, highest, lowest = np.full(n + 1, _LOW), np.full(n, _LOW), np.full(n, _LOW)
    col, row = np.empty(n + 1), np.empty(n + 1)
    most, least = np.empty(n), np.empty(n)
    dirty, void = np.zeros(n, np.uint8), np.zeros(n, np.uint8)
    for k in range(1, steps):
        d = away[k]
        if d > reach:
            break
        here, before = z[near + way * k], z[near + way * (k - 1)]
        inv = 1.0 / d
        error, bow = slack * inv, (slack + drop) * inv
        # Rays that lean more have left the circle.
        fans = min(n, int(np.sqrt(max(reach * reach - d * d, 0.0)) * inv * n) + 2)
        most[:fans], least[:fans] = _LOW, -_LOW
        first, last = span(side, d, lean, size)
        for i in range(first, last + 1):
            s = abs(i - side)
            f = min(int(s * inv * n), n - 1)
            if s > d or f >= fans:
                continue
            q = (np.float64(here[i]) - eye) * inv - drop * (d + s * s * inv)
            if states[k, i] == UNDECIDED and (diagonal or s < d):
                sight = q + target_m * inv
                if sight != sight or void[f]:  # noqa: PLR0124 - NaN differs from itself
                    states[k, i] = UNKNOWN
                elif not dirty[f]:
                    if sight - error > max(run[f], run[f + 1], highest[f]):
                        states[k, i] = SEEN
                    elif sight + error < lowest[f]:
                        states[k, i] = HIDDEN
            most[f], least[f] = max(most[f], q), min(least[f], q)
            if q != q:  # noqa: PLR0124 - NaN differs from itself
                dirty[f] = 2
        start = 0.0 if k == 1 else away[k - 1]
        _advance(before, here, away[k - 1], d, start, side, leans, fans + 1, eye, drop, col, row)
        if gaps:
            _spread_gaps(col, row, side, d, leans, fans, dirty, void)
        for m in range(fans + 1):
            run[m] = max(run[m], max(col[m], row[m]) + bow)
        for f in range(fans):
            highest[f] = max(highest[f], most[f] + bow)
            lowest[f] = max(lowest[f], min(col[f], col[f + 1], least[f]) - error)


@njit(**_OPTIONS)
def walk(  # noqa: PLR0913, PLR0917 - whole arrays in, no objects
    z: FloatArray,
    states: IntArray,
    first: int,
    stride: int,
    row: float,
    column: float,
    eye: float,
    target_m: float,
    drop: float,
    gaps: int,
) -> int:
    """Walk the lines to the cells that are still `UNDECIDED`."""
    # z: heights with one more row and column than are asked for. Units: m.
    # states: input and output.
    # first, stride: which rows to do: from the first, each so many rows.
    # row, column: place of the eye.
    # eye, target_m: height of the eye above sea, of the target above its ground. Units: m.
    # drop: drop below the tangent plane at a distance of one cell. Units: m.
    # gaps: 1 if any height may be NaN.
    # Returns number of lines walked.
    walked = 0
    for i in range(first, states.shape[0], stride):
        for j in range(states.shape[1]):
            if states[i, j] == UNDECIDED:
                fall = drop * ((i - row) ** 2 + (j - column) ** 2)
                states[i, j] = line(z, row, column, i, j, eye, target_m, fall, gaps, 1)
                walked += 1
    return walked


# What is seen from one place, nearly: each cell judged by the two rays on either side of it.
#
# In words: the rays, the octants and the layout are those above. The steepest ground for a cell is taken
# from its two rays, by its place between them; the crossings with the lines along which the rays sweep are left out.

# The side of a tile when rows become columns: one of each lies in the nearest memory.
_TILE = 32


@njit(apart=True, **_OPTIONS)
def about_eye(heights: FloatArray, eye: float, block: FloatArray, turned: FloatArray) -> None:
    """Lay out heights above an eye, with a rim of one cell that repeats the outermost."""
    # heights: heights above sea. Units: m.
    # eye: height of the eye above sea. Units: m.
    # block: output, float32, a cell wider on each side. Units: m.
    # turned: output, the same with columns first. Units: m.
    rows, columns = heights.shape
    for i in range(rows):
        here, line_ = heights[i], block[i + 1, 1 : columns + 1]
        for j in range(columns):
            # About the eye, so that single precision is spent on what matters.
            line_[j] = np.float32(np.float64(here[j]) - eye)
        block[i + 1, 0], block[i + 1, columns + 1] = line_[0], line_[columns - 1]
    block[0], block[rows + 1] = block[1], block[rows]
    for top in range(0, rows + 2, _TILE):
        for left in range(0, columns + 2, _TILE):
            for j in range(left, min(left + _TILE, columns + 2)):
                for i in range(top, min(top + _TILE, rows + 2)):
                    turned[j, i] = block[i, j]


@njit(apart=True, fastmath={"contract", "reassoc", "arcp"}, **_OPTIONS)
def _advance_fast(  # noqa: PLR0913, PLR0917 - the hot loop: one step of all rays
    here: FloatArray,
    away: float,
    side: float,
    leans: FloatArray,
    count: int,
    drop: float,
    run: FloatArray,
) -> None:
    """Raise the steepest ground of each ray by that of the next row."""
    one = np.float32(1.0)
    inv, fall = one / away, drop * away
    last = np.int32(here.size - 2)
    for m in range(count):
        y = side + leans[m] * away
        # Unsigned, so that no index is taken to count from the end.
        i = np.uint32(min(max(np.int32(y), np.int32(0)), last))
        z0, z1 = here[i], here[i + np.uint32(1)]
        h = z0 + (y - np.float32(np.int32(i))) * (z1 - z0)
        q = h * inv - fall * (one + leans[m] * leans[m])
        run[m] = max(run[m], q)


@njit(inline="always", **_OPTIONS)
def _reached(side: float, away: float, lean: int, diagonal: int, reach: float, size: int) -> Any:
    """First and last cell of an octant at a distance that are in range."""
    first, last = span(side, away, lean, size)
    limit = min(away, np.sqrt(max(reach * reach - away * away, 0.0)))
    if lean > 0:
        last = min(last, int(side + limit) + 1)
        while last >= first and not _counts(last - side, away, diagonal, reach):
            last -= 1
    else:
        first = max(first, int(np.ceil(side - limit)) - 1)
        while last >= first and not _counts(first - side, away, diagonal, reach):
            first += 1
    return first, last


@njit(inline="always", **_OPTIONS)
def _counts(s: float, away: float, diagonal: int, reach: float) -> bool:
    wide = abs(s) <= away if diagonal else abs(s) < away
    return wide and s**2 + away**2 <= reach * reach


@njit(apart=True, fastmath={"contract", "reassoc", "arcp"}, **_OPTIONS)
def _clearances(  # noqa: PLR0913, PLR0917 - the hot loop: all cells at a distance
    here: FloatArray,
    first: int,
    count: int,
    side: float,
    away: float,
    n: int,
    above: float,
    drop: float,
    run: FloatArray,
    found: FloatArray,
) -> None:
    """Tell by how much targets at a distance stand above the steepest ground of the rays on either side."""
    inv = np.float32(1.0) / away
    per = np.float32(n) * inv
    most = np.int32(n - 1)
    from_eye = np.float32(first) - side
    row = here[first : first + count]
    for c in range(count):
        s = abs(from_eye + np.float32(np.int32(c)))
        at = s * per
        f = np.uint32(min(np.int32(at), most))
        low, high = run[f], run[f + np.uint32(1)]
        steepest = low + (at - np.float32(np.int32(f))) * (high - low)
        found[c] = (row[c] + above) * inv - drop * (away + s * s * inv) - steepest


@njit(**_OPTIONS)
def sweep_fast(  # noqa: C901 - an octant in one pass
    octant: Any,
    reach: float,
    n: int,
    target_m: float,
    drop: float,
    gaps: int,
) -> None:
    """Decide all the cells of an octant in range, from the two rays on either side of each."""
    # octant: an `Octant` of heights above that of the eye, float32.
    # reach: farthest cell. Units: cells.
    # n: rays.
    # target_m: height of the target above its ground. Units: m.
    # drop: drop below the tangent plane at a distance of one cell. Units: m.
    # gaps: 1 if any height may be NaN.
    z, near, way, states, away, side, lean, diagonal = octant
    steps, size = states.shape
    leans = (lean * (np.arange(n + 1) / n)).astype(np.float32)
    run, blind = np.full(n + 1, np.float32(_LOW)), np.zeros(n + 1, np.uint8)
    found = np.empty(size, np.float32)
    drop32, side32, target32 = np.float32(drop), np.float32(side), np.float32(target_m)
    for k in range(1, steps):
        d = away[k]
        if d > reach:
            break
        here, d32 = z[near + way * k], np.float32(d)
        fans = min(n, int(np.sqrt(max(reach * reach - d * d, 0.0)) / d * n) + 2)
        first, last = _reached(side, d, lean, diagonal, reach, size - 1)
        first = max(first, 1)
        count = last - first + 1
        if count > 0:
            _clearances(here, first, count, side32, d32, n, target32, drop32, run, found)
            for c in range(count):
                states[k, first + c] = np.uint8(found[c] >= np.float32(0.0))
            if gaps:
                for i in range(first, last + 1):
                    f = int(abs(i - side) / d * n + 0.5)
                    if blind[min(f, n)] or np.isnan(here[i]):
                        states[k, i] = UNKNOWN
        _advance_fast(here, d32, side32, leans, fans + 1, drop32, run)
        if gaps:
            for m in range(fans + 1):
                i = min(max(int(side + leans[m] * d), 0), size - 2)
                blind[m] = blind[m] or np.isnan(here[i]) or np.isnan(here[i + 1])


# How high the ground stands against the eye: along lines to cells, and all around.
#
# In words: along a line the ground is known where it crosses the lines between neighbouring cell centres, as
# for `line`. A target must stand as high as the line from the eye over the steepest of these
# crossings; the horizon of a direction is the crossing that stands at the highest angle. Heights are
# taken below the tangent plane of the eye by their drop.


@njit(inline="always", **_OPTIONS)
def _height(z: FloatArray, axis: int, k: int, place: float) -> float:
    i = int(place)
    part = place - i
    if axis == 0:
        first, second = np.float64(z[k, i]), np.float64(z[k, i + 1])
    else:
        first, second = np.float64(z[i, k]), np.float64(z[i + 1, k])
    return first + part * (second - first) if part > 0.0 else first


@njit(**_OPTIONS)
def _rise(  # noqa: PLR0913, PLR0917 - plain numbers: called for every cell
    z: FloatArray, row: float, column: float, i: int, j: int, eye: float, fall: float
) -> float:
    """Rise over the whole line of sight that clears the steepest crossing; NaN if one is unknown."""
    steepest = -np.inf
    for axis in range(2):
        here, other = (row, column) if axis == 0 else (column, row)
        run, lean = (i - row, j - column) if axis == 0 else (j - column, i - row)
        if run == 0.0:
            continue
        per, sign = 1.0 / run, 1 if run > 0.0 else -1
        target = i if axis == 0 else j
        k = int(np.floor(here)) + 1 if sign > 0 else int(np.ceil(here)) - 1
        while k != target and (k < target) == (sign > 0):
            t = (k - here) * per
            rise = (_height(z, axis, k, other + (k - here) * lean / run) - fall * t * t - eye) / t
            if rise != rise:  # noqa: PLR0124 - NaN differs from itself
                return np.nan
            steepest = max(steepest, rise)
            k += sign
    return steepest


@njit(**_OPTIONS)
def heights_needed(  # noqa: PLR0913, PLR0917 - whole arrays in, no objects
    z: FloatArray,
    states: IntArray,
    first: int,
    stride: int,
    row: float,
    column: float,
    eye: float,
    drop: float,
    needed: FloatArray,
) -> None:
    """Tell how high a target over each cell must stand to be seen."""
    # z: heights with one more row and column than are asked for. Units: m.
    # states: cells that are `UNDECIDED` are asked for.
    # first, stride: which rows to do: from the first, each so many rows.
    # row, column: place of the eye.
    # eye: height of the eye above sea. Units: m.
    # drop: drop below the tangent plane at a distance of one cell. Units: m.
    # needed: output, float64: least height above ground, 0 or more; NaN unknown. Units: m.
    for i in range(first, states.shape[0], stride):
        for j in range(states.shape[1]):
            if states[i, j] != UNDECIDED:
                continue
            fall = drop * ((i - row) ** 2 + (j - column) ** 2)
            own = np.float64(z[i, j]) - fall - eye
            short = _rise(z, row, column, i, j, eye, fall) - own
            # A line without a crossing needs nothing, but its own height must be known.
            needed[i, j] = np.nan if own != own else max(short, 0.0)  # noqa: PLR0124 - NaN differs from itself
            if short != short:  # noqa: PLR0124 - NaN differs from itself
                needed[i, j] = np.nan


@njit(**_OPTIONS)
def skyline(  # noqa: PLR0913, PLR0917 - whole arrays in, no objects
    z: FloatArray,
    row: float,
    column: float,
    down: FloatArray,
    right: FloatArray,
    reach: float,
    eye: float,
    drop: float,
    found: FloatArray,
) -> None:
    """Find the horizon in each direction."""
    # z: heights, with a rim of one cell that is not looked at. Units: m.
    # row, column: place of the eye.
    # down, right: unit vectors of the directions, shape ``(n,)``.
    # reach: how far to look. Units: cells.
    # eye: height of the eye above sea. Units: m.
    # drop: drop below the tangent plane at a distance of one cell. Units: m.
    # found: output, shape ``(n, 4)``: rise over distance (m by cell) and distance (cells) of the
    # horizon, farthest distance looked at (cells), 1 if something on the way is unknown.
    for n in range(down.size):
        best, at, farthest, unknown = -np.inf, np.nan, 0.0, 0.0
        for axis in range(2):
            here, other = (row, column) if axis == 0 else (column, row)
            lead, lean = (down[n], right[n]) if axis == 0 else (right[n], down[n])
            # Nearly along the other axis: its crossings are at the rim or beyond.
            if abs(lead) < 1e-12:
                continue
            sign = 1 if lead > 0.0 else -1
            k = int(np.floor(here)) + 1 if sign > 0 else int(np.ceil(here)) - 1
            while 1 <= k <= z.shape[axis] - 2:
                distance = (k - here) / lead
                place = other + distance * lean
                if distance > reach or place < 1.0 - 1e-6 or place > z.shape[1 - axis] - 2.0 + 1e-6:
                    break
                height = _height(z, axis, k, place)
                if height != height:  # noqa: PLR0124 - NaN differs from itself
                    unknown = 1.0
                else:
                    rise = (height - eye) / distance - drop * distance
                    # Of two equal the nearer, whichever axis comes first.
                    if rise > best or (rise == best and distance < at):
                        best, at = rise, distance
                farthest = max(farthest, distance)
                k += sign
        found[n, 0], found[n, 1], found[n, 2], found[n, 3] = best, at, farthest, unknown
