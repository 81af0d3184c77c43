"""Which cells are seen from which stops, line by line.

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

from typing import Any

import numpy as np

from borderzone._kernels import njit

__all__ = ["HIDDEN", "SEEN", "UNKNOWN", "count_looks", "ground_at", "line"]

HIDDEN, SEEN, UNKNOWN = 0, 1, 2

_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}


@njit(inline="always", **_OPTIONS)
def _between(first: float, second: float, part: float) -> float:
    # A neighbour of weight 0 has no say, even if it is NaN.
    return first + part * (second - first) if part > 0.0 else first


@njit(**_OPTIONS)
def ground_at(z: Any, row: float, column: float) -> Any:
    """
    Height between four cell centres, bilinear.

    Parameters
    ----------
    z
        Heights with one more row and column than can be asked for.
    row, column
        Place.

    Returns
    -------
    float
        Height in the unit of `z`, NaN where one that counts is.
    """
    i, j = int(row), int(column)
    v, u = row - i, column - j
    north = _between(np.float64(z[i, j]), np.float64(z[i, j + 1]), u)
    if v > 0.0:
        south = _between(np.float64(z[i + 1, j]), np.float64(z[i + 1, j + 1]), u)
        return north + v * (south - north)
    return north


@njit(inline="always", **_OPTIONS)
def _across(  # noqa: C901, PLR0913, PLR0917 (plain numbers: this is the hot loop)
    z: Any,
    start: Any,
    step: Any,
    axis: int,
    eye: float,
    rise: float,
    fall: float,
    gaps: Any,
    strict: Any,
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
            if height != height:  # noqa: PLR0124 (NaN differs from itself)
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
def line(  # noqa: PLR0913, PLR0917 (plain numbers: called for every cell)
    z: Any,
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
    """
    Tell whether a target over a cell is seen.

    Parameters
    ----------
    z
        Heights with one more row and column than are used. Units: m.
    row, column
        Place of the eye.
    i, j
        Cell of the target.
    eye
        Height of the eye above sea. Units: m.
    target_m
        Height of the target above its ground. Units: m.
    fall
        Drop of the target's ground below the tangent plane. Units: m.
    gaps
        1 if any height may be NaN, else 0.
    strict
        1 to place crossings to the last digit, 0 for speed.

    Returns
    -------
    int
        `SEEN`, `HIDDEN` or `UNKNOWN`.
    """
    start, step = (row, column), (i - row, j - column)
    rise = np.float64(z[i, j]) + target_m - fall - eye
    if rise != rise:  # noqa: PLR0124
        return UNKNOWN
    found = _across(z, start, step, 0, eye, rise, fall, gaps, strict)
    if found == UNKNOWN or (found == HIDDEN and not gaps):
        return found
    other = _across(z, start, step, 1, eye, rise, fall, gaps, strict)
    return other if other == UNKNOWN or found == SEEN else found


@njit(**_OPTIONS)
def count_looks(  # noqa: PLR0913, PLR0917 (whole arrays in, no objects)
    z: Any,
    stops: Any,
    wanted: Any,
    eyes_m: float,
    target_m: float,
    reach: float,
    drop: float,
    gaps: int,
    counts: Any,
) -> None:
    """
    Count for every cell the stops within reach, by whether they see it.

    Parameters
    ----------
    z
        Heights, with one more row and column than `wanted`. Units: m.
    stops
        Row and column of each stop, shape ``(n, 2)``.
    wanted
        Cells to look at.
    eyes_m, target_m
        Height of eye and target above their ground. Units: m.
    reach
        Farthest cell centre. Units: cells.
    drop
        Drop below the tangent plane at a distance of one cell. Units: m.
    gaps
        1 if any height may be NaN, else 0.
    counts
        Output, added to: stops that do not see the cell, that do, and that are
        unknown, shape ``(rows, columns, 3)``.
    """
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
