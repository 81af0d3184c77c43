"""Before and after the search for least times: closed cells, hours as given out, ways traced back."""

from __future__ import annotations

from typing import Any

import numpy as np

from borderzone._kernels import njit

__all__ = ["NO_STEP", "finish", "follow", "prepare", "trail"]

# Back-pointer of a start, and of a cell that no way leads to.
NO_STEP = 255

_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}


@njit(**_OPTIONS)
def prepare(z: Any, factor: Any, times: Any) -> Any:
    """
    Mark closed cells in the array of times, and measure the steepest step.

    Parameters
    ----------
    z
        Heights, shape ``(rows, columns)``; NaN where unknown. Units: m.
    factor
        Share of the speed that the surface allows, or None.
    times
        Output, flat: -1 where a cell is closed or unknown, else infinite.

    Returns
    -------
    tuple of float
        Highest difference between two neighbours, lowest and highest factor. Units: m.
    """
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
def finish(z: Any, factor: Any, times: Any, hours: Any) -> Any:
    """
    Turn times into hours as they are given out.

    Parameters
    ----------
    z
        Heights, shape ``(rows, columns)``.
    factor
        Share of the speed that the surface allows, or None.
    times
        Times, flat; negative where a cell is closed. Units: h.
    hours
        Output: infinite where no way leads, NaN where height or factor is unknown. Units: h.

    Returns
    -------
    int
        Number of known cells that no way leads to.
    """
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
def follow(back: Any, offset: Any, origin: Any) -> None:
    """
    Carry the origin of each start along the ways that lead from it.

    Parameters
    ----------
    back
        Number of the step that led to each cell; 255 where none did.
    offset
        Offset of each step.
    origin
        The origin at the starts, -1 elsewhere; filled for every cell that a way leads to.
    """
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
def trail(back: Any, offset: Any, cell: int) -> Any:
    """
    Walk back from a cell to its start.

    Parameters
    ----------
    back
        Number of the step that led to each cell; 255 where none did.
    offset
        Offset of each step.
    cell
        Where to begin.

    Returns
    -------
    tuple of arrays
        The cells from there to the start, and the number of the step that led to each but the
        last.
    """
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
