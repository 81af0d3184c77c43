"""
Where two runs of a polyline are equally near, and the points that find out roughly.

Plain statement: a run is a number of consecutive pieces; its distance is the
least distance of its pieces (see `nearest`). The boundary between the ground of
two runs is where their distances are equal. A point near it is moved along a
given direction until the nearer run changes, by bisection.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from borderzone._kernels import njit
from borderzone._kernels.nearest import TIE, distance2, least_distance2

__all__ = ["onto_bisectors", "spaced_sites"]

BISECTED_M = 0.01


@njit(nogil=True)
def spaced_sites(
    runs: Any, insets: Any, pieces: Any, boxes: Any, labels: Any, spacing: Any
) -> tuple[Any, Any]:
    """
    Set points along runs of pieces, the closer together the nearer another run comes.

    Every vertex is among them.

    Parameters
    ----------
    runs
        First piece, piece after the last, of each run of one label, shape
        ``(n, 2)``.
    insets
        Distance of the first and last point from the ends of each run, shape
        ``(n, 2)``. Units: m.
    pieces, boxes
        Pieces and their tree.
    labels
        Label of each piece.
    spacing
        Step as a share of the distance to the nearest piece of another label,
        shortest step, longest step. Units: 1, m, m.

    Returns
    -------
    points : numpy.ndarray
        Points, shape ``(m, 2)``.
    owner : numpy.ndarray
        Number of the run of each.
    """
    points = np.empty((64 * max(runs.shape[0], 1), 2))
    owner = np.empty(points.shape[0], np.int64)
    count = 0
    for i in range(runs.shape[0]):
        length = 0.0
        for k in range(runs[i, 0], runs[i, 1]):
            length += 1.0 / np.sqrt(pieces[k, 4])
        last = length - insets[i, 1]
        floor = min(spacing[1], length / 16.0)
        label = labels[runs[i, 0]]
        k, walked, at = runs[i, 0], 0.0, insets[i, 0]
        while True:
            step = 1.0 / np.sqrt(pieces[k, 4])
            while at >= walked + step and k < runs[i, 1] - 1:
                walked += step
                k += 1
                step = 1.0 / np.sqrt(pieces[k, 4])
            t = min((at - walked) / step, 1.0)
            x, y = pieces[k, 0] + t * pieces[k, 2], pieces[k, 1] + t * pieces[k, 3]
            if count == points.shape[0]:
                points = np.concatenate((points, np.empty_like(points)))
                owner = np.concatenate((owner, np.empty_like(owner)))
            points[count, 0], points[count, 1], owner[count] = x, y, i
            count += 1
            if at >= last:
                break
            clear = np.sqrt(least_distance2(pieces, boxes, x, y, labels, label))
            at = min(at + min(max(spacing[0] * clear, floor), spacing[2]), last)
            # Every vertex is a point: a spike can own ground that its flanks do not.
            if k < runs[i, 1] - 1:
                at = min(at, walked + step)
    return points[:count], owner[:count]


@njit(inline="always")
def _run_distance2(pieces: Any, first: int, stop: int, x: float, y: float) -> Any:
    best = np.inf
    for k in range(first, stop):
        best = min(best, distance2(pieces, k, x, y))
    return best


@njit(inline="always")
def _nearer(pieces: Any, a: Any, b: Any, a_wins: Any, x: float, y: float) -> Any:
    """Whether run a is nearer than run b, or as near and the winner of ties."""
    da = _run_distance2(pieces, a[0], a[1], x, y)
    db = _run_distance2(pieces, b[0], b[1], x, y)
    return da <= db * (1.0 + TIE) if a_wins else da < db * (1.0 - TIE)


@njit(nogil=True)
def onto_bisectors(  # noqa: C901, PLR0913, PLR0917 (one hot loop)
    points: Any,
    directions: Any,
    reach: Any,
    runs: Any,
    first_wins: Any,
    pieces: Any,
    tolerance: float,
) -> Any:
    """
    Move points onto the line where two runs of pieces are equally near.

    Parameters
    ----------
    points
        Points near that line, shape ``(n, 2)``.
    directions
        Unit vectors along which to move, shape ``(n, 2)``.
    reach
        Farthest move to try, shape ``(n,)``. Units: m.
    runs
        First piece, and piece after the last, of the one run and of the other,
        shape ``(n, 4)``.
    first_wins
        Whether ground equally near to both belongs to the one, shape ``(n,)``.
    pieces
        Pieces.
    tolerance
        Points this near to the line stay. Units: m.

    Returns
    -------
    numpy.ndarray
        The moved points; those with no change of the nearer run within reach
        stay where they are.
    """
    moved = points.copy()
    for i in range(points.shape[0]):
        x, y = points[i, 0], points[i, 1]
        dx, dy = directions[i, 0], directions[i, 1]
        a, b, wins = runs[i, :2], runs[i, 2:], first_wins[i]
        near = min(tolerance, reach[i])
        at_low = _nearer(pieces, a, b, wins, x - near * dx, y - near * dy)
        at_high = _nearer(pieces, a, b, wins, x + near * dx, y + near * dy)
        if at_low != at_high:
            continue
        # Look on both sides, farther and farther out: the nearest change is the one meant.
        low, high, found = near, near, 0.0
        while low < reach[i] and found == 0.0:
            high = min(2.0 * low, reach[i])
            for way in (1.0, -1.0):
                far = _nearer(pieces, a, b, wins, x + way * high * dx, y + way * high * dy)
                if far != at_low and found == 0.0:
                    found = way
            if found == 0.0:
                low = high
        if found == 0.0:
            continue
        while high - low > BISECTED_M:
            middle = (low + high) / 2
            x_middle, y_middle = x + found * middle * dx, y + found * middle * dy
            same = _nearer(pieces, a, b, wins, x_middle, y_middle) == at_low
            low, high = (middle, high) if same else (low, middle)
        moved[i, 0] = x + found * (low + high) / 2 * dx
        moved[i, 1] = y + found * (low + high) / 2 * dy
    return moved
