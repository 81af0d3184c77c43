"""What is seen from one place, nearly: each cell judged by the two rays on either side of it.

In words: the rays, the octants and the layout are those of `viewshed`. The steepest ground for a cell is taken
from its two rays, by its place between them; the crossings with the lines along which the rays sweep are left out.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from borderzone._kernels import njit
from borderzone._kernels.line_of_sight import UNKNOWN
from borderzone._kernels.sight import span

__all__ = ["sweep_fast"]

_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
_LOW = -1e30


@njit(fastmath={"contract", "reassoc", "arcp"}, **_OPTIONS)
def _advance_fast(  # noqa: PLR0913, PLR0917 (the hot loop: one step of all rays)
    here: Any, away: Any, side: Any, leans: Any, count: int, drop: Any, run: Any
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


@njit(fastmath={"contract", "reassoc", "arcp"}, **_OPTIONS)
def _decide_fast(  # noqa: PLR0913, PLR0917 (the hot loop: all cells at a distance)
    here: Any,
    first: int,
    count: int,
    side: Any,
    away: Any,
    n: int,
    above: Any,
    drop: Any,
    run: Any,
    found: Any,
) -> None:
    """Compare the cells at a distance with the steepest ground of the rays on either side."""
    inv = np.float32(1.0) / away
    per = np.float32(n) * inv
    most = np.int32(n - 1)
    for c in range(count):
        s = abs(np.float32(first + c) - side)
        f = np.uint32(min(np.int32(s * per), most))
        low, high = run[f], run[f + np.uint32(1)]
        steepest = low + (s * per - np.float32(np.int32(f))) * (high - low)
        q = (here[first + c] + above) * inv - drop * (away + s * s * inv)
        found[c] = np.uint8(q >= steepest)


@njit(**_OPTIONS)
def sweep_fast(  # noqa: C901, PLR0913, PLR0917 (an octant in one pass)
    z: Any,
    states: Any,
    away: Any,
    side: float,
    lean: int,
    diagonal: int,
    reach: float,
    n: int,
    target_m: float,
    drop: float,
    gaps: int,
) -> None:
    """
    Decide all the cells of an octant in range, from the two rays on either side of each.

    Parameters
    ----------
    z, states, away, side, lean
        See `viewshed`; here heights are float32, above that of the eye.
    diagonal
        1 if the cells on the diagonal belong to this octant.
    reach
        Farthest cell. Units: cells.
    n
        Rays.
    target_m
        Height of the target above its ground. Units: m.
    drop
        Drop below the tangent plane at a distance of one cell. Units: m.
    gaps
        1 if any height may be NaN.
    """
    steps, size = z.shape
    leans = (lean * (np.arange(n + 1) / n)).astype(np.float32)
    run, blind = np.full(n + 1, np.float32(_LOW)), np.zeros(n + 1, np.uint8)
    found = np.empty(n + 3, np.uint8)
    drop32, side32, target32 = np.float32(drop), np.float32(side), np.float32(target_m)
    for k in range(1, steps):
        d = away[k]
        if d > reach:
            break
        d32 = np.float32(d)
        fans = min(n, int(np.sqrt(max(reach * reach - d * d, 0.0)) / d * n) + 2)
        first, last = _reached(side, d, lean, diagonal, reach, size - 1)
        first = max(first, 1)
        count = last - first + 1
        if count > 0:
            _decide_fast(z[k], first, count, side32, d32, n, target32, drop32, run, found)
            for c in range(count):
                states[k, first + c] = found[c]
            if gaps:
                for i in range(first, last + 1):
                    f = int(abs(i - side) / d * n + 0.5)
                    if blind[min(f, n)] or np.isnan(z[k, i]):
                        states[k, i] = UNKNOWN
        _advance_fast(z[k], d32, side32, leans, fans + 1, drop32, run)
        if gaps:
            for m in range(fans + 1):
                i = min(max(int(side + leans[m] * d), 0), size - 2)
                blind[m] = blind[m] or np.isnan(z[k, i]) or np.isnan(z[k, i + 1])
