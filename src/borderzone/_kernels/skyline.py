"""How high the ground stands against the eye: along lines to cells, and all around.

In words: along a line the ground is known where it crosses the lines between neighbouring cell centres, as
in `line_of_sight`. A target must stand as high as the line from the eye over the steepest of these
crossings; the horizon of a direction is the crossing that stands at the highest angle. Heights are
taken below the tangent plane of the eye by their drop.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from borderzone._kernels import njit
from borderzone._kernels.sight import TODO

__all__ = ["heights_needed", "skyline"]

_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}


@njit(inline="always", **_OPTIONS)
def _height(z: Any, axis: int, k: int, place: float) -> float:
    i = int(place)
    part = place - i
    if axis == 0:
        first, second = np.float64(z[k, i]), np.float64(z[k, i + 1])
    else:
        first, second = np.float64(z[i, k]), np.float64(z[i + 1, k])
    return first + part * (second - first) if part > 0.0 else first


@njit(**_OPTIONS)
def _rise(  # noqa: PLR0913, PLR0917 (plain numbers: called for every cell)
    z: Any, row: float, column: float, i: int, j: int, eye: float, fall: float
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
            if rise != rise:  # noqa: PLR0124 (NaN differs from itself)
                return np.nan
            steepest = max(steepest, rise)
            k += sign
    return steepest


@njit(**_OPTIONS)
def heights_needed(  # noqa: PLR0913, PLR0917 (whole arrays in, no objects)
    z: Any,
    states: Any,
    first: int,
    stride: int,
    row: float,
    column: float,
    eye: float,
    drop: float,
    needed: Any,
) -> None:
    """
    Tell how high a target over each cell must stand to be seen.

    Parameters
    ----------
    z
        Heights with one more row and column than are asked for. Units: m.
    states
        Cells that are `TODO` are asked for.
    first, stride
        Which rows to do: from the first, each so many rows.
    row, column
        Place of the eye.
    eye
        Height of the eye above sea. Units: m.
    drop
        Drop below the tangent plane at a distance of one cell. Units: m.
    needed
        Output, float64: least height above ground, 0 or more; NaN unknown. Units: m.
    """
    for i in range(first, states.shape[0], stride):
        for j in range(states.shape[1]):
            if states[i, j] != TODO:
                continue
            fall = drop * ((i - row) ** 2 + (j - column) ** 2)
            own = np.float64(z[i, j]) - fall - eye
            short = _rise(z, row, column, i, j, eye, fall) - own
            # A line without a crossing needs nothing, but its own height must be known.
            needed[i, j] = np.nan if own != own else max(short, 0.0)  # noqa: PLR0124
            if short != short:  # noqa: PLR0124
                needed[i, j] = np.nan


@njit(**_OPTIONS)
def skyline(  # noqa: PLR0913, PLR0917 (whole arrays in, no objects)
    z: Any,
    row: float,
    column: float,
    down: Any,
    right: Any,
    reach: float,
    eye: float,
    drop: float,
    found: Any,
) -> None:
    """
    Find the horizon in each direction.

    Parameters
    ----------
    z
        Heights, with a rim of one cell that is not looked at. Units: m.
    row, column
        Place of the eye.
    down, right
        Unit vectors of the directions, shape ``(n,)``.
    reach
        How far to look. Units: cells.
    eye
        Height of the eye above sea. Units: m.
    drop
        Drop below the tangent plane at a distance of one cell. Units: m.
    found
        Output, shape ``(n, 4)``: rise over distance (m by cell) and distance (cells) of the
        horizon, farthest distance looked at (cells), 1 if something on the way is unknown.
    """
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
                if height != height:  # noqa: PLR0124
                    unknown = 1.0
                else:
                    rise = (height - eye) / distance - drop * distance
                    # Of two equal the nearer, whichever axis comes first.
                    if rise > best or (rise == best and distance < at):
                        best, at = rise, distance
                farthest = max(farthest, distance)
                k += sign
        found[n, 0], found[n, 1], found[n, 2], found[n, 3] = best, at, farthest, unknown
