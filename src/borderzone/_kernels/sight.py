"""What is seen from one place: lines of sight decided wholesale, the doubtful ones walked.

In words: the ground is split into eight octants, in each of which lines run outward along one
axis and lean to one side of it. Rays of even lean, ``m / n`` of a cell for each cell outward, sweep
outward together, and each keeps the steepest ground it has met. "Steep" is ``(height - eye) / d - drop (d + s^2 / d)``
with `d` cells outward and `s` sideways: along one line it orders like the angle of sight, the fall of the
ground included. Two neighbouring rays bound a fan not wider than a cell. A line inside the fan meets nothing steeper than
what its two rays and the cell centres inside the fan have met (between these points steepness is
monotone, but for a bow of at most ``drop / d``), and at every row outward nothing less steep than the
least of the three. A target above the first bound is seen, one below the second is hidden, and
for the few in between `line_of_sight.line` walks the line itself. So the answer is that of walking them all, bit for bit: the
bounds are widened by `slack` metres, far more than rounding can do.

Layout: `z` has the outward axis first. ``z[0]`` lies at or behind the eye, ``away[k]`` is the distance of
``z[k]`` in cells (``away[0] <= 0``), `side` the place of the eye on the second axis, `lean` +1 or -1.
`states` is a view of the same shape; only cells that are `TODO` are decided.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from borderzone._kernels import njit
from borderzone._kernels.line_of_sight import HIDDEN, SEEN, UNKNOWN, line

__all__ = ["OUT", "TODO", "add_seen", "mark", "scan", "span", "sweep_exact", "tally", "walk"]

OUT, TODO = 3, 4

_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
_LOW = -1e30


@njit(**_OPTIONS)
def scan(z: Any) -> Any:
    """
    Tell the largest height, and how many are unknown.

    Parameters
    ----------
    z
        Heights. Units: m.

    Returns
    -------
    tuple
        Largest absolute height, number of NaN.
    """
    top, gaps = 0.0, 0
    for i in range(z.shape[0]):
        for j in range(z.shape[1]):
            value = abs(np.float64(z[i, j]))
            gaps += value != value  # noqa: PLR0124 (NaN differs from itself)
            # In this order a NaN leaves the largest as it is.
            top = max(top, value)
    return top, gaps


@njit(**_OPTIONS)
def tally(states: Any) -> Any:
    """
    Count the cells that are hidden, seen and unknown.

    Parameters
    ----------
    states
        The states.

    Returns
    -------
    tuple
        The three counts.
    """
    hidden, seen, unknown = 0, 0, 0
    for i in range(states.shape[0]):
        for j in range(states.shape[1]):
            hidden += states[i, j] == HIDDEN
            seen += states[i, j] == SEEN
            unknown += states[i, j] == UNKNOWN
    return hidden, seen, unknown


@njit(**_OPTIONS)
def add_seen(counts: Any, states: Any) -> int:
    """
    Count one observer more where it sees.

    Parameters
    ----------
    counts
        Observers that see each cell; changed in place.
    states
        What one more sees, in the same shape.

    Returns
    -------
    int
        Cells that nobody saw before.
    """
    fresh = 0
    for i in range(counts.shape[0]):
        for j in range(counts.shape[1]):
            seen = states[i, j] == SEEN
            fresh += seen and counts[i, j] == 0
            counts[i, j] += seen
    return fresh


@njit(**_OPTIONS)
def mark(  # noqa: PLR0913, PLR0917 (plain numbers)
    states: Any,
    row: float,
    column: float,
    least: float,
    reach: float,
    first_deg: float,
    width_deg: float,
) -> None:
    """
    Mark the cells that are asked for: a ring around the eye, or a sector of it.

    Parameters
    ----------
    states
        Output: `TODO` or `OUT`; the outermost cells stay out.
    row, column
        Place of the eye.
    least, reach
        Nearest and farthest cell centre. Units: cells.
    first_deg, width_deg
        Where the sector starts, clockwise from the top of the raster, and how
        far it goes; 360 for all around.
    """
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
            states[i, j] = TODO


@njit(inline="always", **_OPTIONS)
def span(side: float, away: float, lean: int, size: int) -> Any:
    """
    Tell the first and the last cell of an octant at a distance, on the raster.

    Parameters
    ----------
    side
        Place of the eye.
    away
        Distance. Units: cells.
    lean
        To which side the octant leans.
    size
        Cells along the second axis.

    Returns
    -------
    tuple
        The two; a cell more than the octant has, for rounding.
    """
    if lean > 0:
        return max(int(np.ceil(side)), 0), min(int(np.floor(side + away)) + 1, size - 1)
    # The eye's own line belongs to the octant that leans the other way.
    return max(int(np.ceil(side - away)) - 1, 0), min(int(np.ceil(side)) - 1, size - 1)


@njit(**_OPTIONS)
def _advance(  # noqa: PLR0913, PLR0917 (the hot loop: one step of all rays)
    before: Any,
    here: Any,
    behind: float,
    away: float,
    start: float,
    side: float,
    leans: Any,
    count: int,
    eye: float,
    drop: float,
    col: Any,
    row: Any,
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
def _spread_gaps(  # noqa: PLR0913, PLR0917 (plain arrays)
    col: Any, row: Any, side: float, away: float, leans: Any, count: int, dirty: Any, void: Any
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


@njit(**_OPTIONS)
def sweep_exact(  # noqa: C901, PLR0912, PLR0913, PLR0915, PLR0917 (an octant in one pass)
    z: Any,
    states: Any,
    away: Any,
    side: float,
    lean: int,
    diagonal: int,
    reach: float,
    n: int,
    eye: float,
    target_m: float,
    drop: float,
    slack: float,
    gaps: int,
) -> None:
    """
    Decide the cells of an octant that two bounds decide; the others stay `TODO`.

    Parameters
    ----------
    z, states, away, side, lean
        See the module.
    diagonal
        1 if the cells on the diagonal belong to this octant.
    reach
        Farthest cell. Units: cells.
    n
        Rays, not fewer than the cells outward.
    eye, target_m
        Height of the eye above sea, of the target above its ground. Units: m.
    drop
        Drop below the tangent plane at a distance of one cell. Units: m.
    slack
        By how much the bounds are widened. Units: m.
    gaps
        1 if any height may be NaN.
    """
    steps, size = z.shape
    leans = lean * (np.arange(n + 1) / n)
    run, highest, lowest = np.full(n + 1, _LOW), np.full(n, _LOW), np.full(n, _LOW)
    col, row = np.empty(n + 1), np.empty(n + 1)
    most, least = np.empty(n), np.empty(n)
    dirty, void = np.zeros(n, np.uint8), np.zeros(n, np.uint8)
    for k in range(1, steps):
        d = away[k]
        if d > reach:
            break
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
            q = (np.float64(z[k, i]) - eye) * inv - drop * (d + s * s * inv)
            if states[k, i] == TODO and (diagonal or s < d):
                sight = q + target_m * inv
                if sight != sight or void[f]:  # noqa: PLR0124
                    states[k, i] = UNKNOWN
                elif not dirty[f]:
                    if sight - error > max(run[f], run[f + 1], highest[f]):
                        states[k, i] = SEEN
                    elif sight + error < lowest[f]:
                        states[k, i] = HIDDEN
            most[f], least[f] = max(most[f], q), min(least[f], q)
            if q != q:  # noqa: PLR0124
                dirty[f] = 2
        start = 0.0 if k == 1 else away[k - 1]
        _advance(z[k - 1], z[k], away[k - 1], d, start, side, leans, fans + 1, eye, drop, col, row)
        if gaps:
            _spread_gaps(col, row, side, d, leans, fans, dirty, void)
        for m in range(fans + 1):
            run[m] = max(run[m], max(col[m], row[m]) + bow)
        for f in range(fans):
            highest[f] = max(highest[f], most[f] + bow)
            lowest[f] = max(lowest[f], min(col[f], col[f + 1], least[f]) - error)


@njit(**_OPTIONS)
def walk(  # noqa: PLR0913, PLR0917 (whole arrays in, no objects)
    z: Any,
    states: Any,
    first: int,
    stride: int,
    row: float,
    column: float,
    eye: float,
    target_m: float,
    drop: float,
    gaps: int,
) -> int:
    """
    Walk the lines to the cells that are still `TODO`.

    Parameters
    ----------
    z
        Heights with one more row and column than are asked for. Units: m.
    states
        Input and output.
    first, stride
        Which rows to do: from the first, each so many rows.
    row, column
        Place of the eye.
    eye, target_m
        Height of the eye above sea, of the target above its ground. Units: m.
    drop
        Drop below the tangent plane at a distance of one cell. Units: m.
    gaps
        1 if any height may be NaN.

    Returns
    -------
    int
        Number of lines walked.
    """
    walked = 0
    for i in range(first, states.shape[0], stride):
        for j in range(states.shape[1]):
            if states[i, j] == TODO:
                fall = drop * ((i - row) ** 2 + (j - column) ** 2)
                states[i, j] = line(z, row, column, i, j, eye, target_m, fall, gaps, 1)
                walked += 1
    return walked
