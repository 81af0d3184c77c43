"""How much of the ground is out of sight at a range, where no line of sight can be walked: one family of ground."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from borderzone._guards import (
    as_non_negative,
    as_positive,
    as_probabilities,
    broadcast,
    check_positive,
    plain,
)
from borderzone.visibility.hidden_table import EYES_M, HIDDEN_PER_MILLE, RANGES_M, SHARES

if TYPE_CHECKING:
    import numpy.typing as npt

    from borderzone._typing import FloatArray, IntArray

__all__ = ["mask_at", "mask_by_range", "mask_index"]

# What the share of a stretch of ground is taken at, unless something else is said: a crew's eyes in a vehicle.
_EYE_M = 2.5
# A strip is looked over by so many offsets and places along the track, in the middle of equal parts.
_STRIP_PARTS = 200


def mask_at(
    range_m: npt.ArrayLike, f_mask: npt.ArrayLike, eye_m: npt.ArrayLike = _EYE_M
) -> FloatArray | float:
    """
    Share of the ground at a range that an eye does not see.

    Stretches of ground form one family, named by the share of the ground 2 km away that an eye at 2.5 m does not
    see of a standing man (1.7 m). The family is of lines of sight over seeded fractal ground; for a place of which
    no lines of sight are known, it is a prior.

    Parameters
    ----------
    range_m
        Range. Units: m.
    f_mask
        Share out of sight at 2 km, 0 (flat) to 1 (nothing in sight).
    eye_m
        Height of the eye above its ground. Units: m.

    Returns
    -------
    FloatArray or float
        Share out of sight, 0 to 1; broadcast. Straight between the points of `mask_by_range` in the logarithms of
        range and eye height and in `f_mask`; below 10 m, beyond 17 km, below 1.7 m and above 20 m as at that end.

    Raises
    ------
    InvalidParameterError
        If a range is negative, a share not between 0 and 1 or an eye not above the ground.
    ShapeMismatchError
        If the arguments do not broadcast.

    Examples
    --------
    >>> mask_at([75, 400, 900, 2000], 0.4).round(2)
    array([0.01, 0.1 , 0.22, 0.4 ])
    >>> round(mask_at(2000, 0.4, eye_m=10.0), 2)
    0.15
    """
    distance, share, eye = broadcast(
        range_m=as_non_negative(range_m, "range_m", "m"),
        f_mask=as_probabilities(f_mask, "f_mask"),
        eye_m=as_positive(eye_m, "eye_m", "m"),
    )
    return plain(
        _blend(
            [_place(np.log(EYES_M), np.log(eye)), _place(np.array(SHARES), share), _far(distance)]
        )
    )


def mask_by_range(range_m: npt.ArrayLike | None = None, eye_m: float = _EYE_M) -> pd.DataFrame:
    """
    Tabulate the family of `mask_at` for one eye.

    Parameters
    ----------
    range_m
        Ranges; unless given, those between which the family is straight. Units: m.
    eye_m
        Height of the eye above its ground. Units: m.

    Returns
    -------
    DataFrame
        Share out of sight: a row for each kind of ground, by its share at 2 km from 2.5 m (``f_mask``), a column for
        each range. Between two rows `mask_at` is straight.

    Raises
    ------
    InvalidParameterError
        If a range is negative or the eye not above the ground.

    Examples
    --------
    >>> table = mask_by_range([75, 400, 900, 2000])
    >>> table.loc[[0.4, 0.6]].round(2).values.tolist()
    [[0.01, 0.1, 0.22, 0.4], [0.04, 0.24, 0.4, 0.6]]
    """
    wanted = RANGES_M if range_m is None else range_m
    distance = np.atleast_1d(as_non_negative(wanted, "range_m", "m"))
    eye = check_positive(eye_m, "eye_m", "m")
    hidden = np.asarray(mask_at(distance, np.array(SHARES)[:, None], eye))
    return pd.DataFrame(
        hidden,
        index=pd.Index(SHARES, name="f_mask"),
        columns=pd.Index(distance, name="range_m"),
    )


def mask_index(
    hidden: npt.ArrayLike, *, max_km: float = 2.0, eye_m: float = _EYE_M
) -> FloatArray | float:
    """
    Name ground by the share of a strip that was measured to be hidden from one stop on its track.

    Parameters
    ----------
    hidden
        Share of the stops in reach that do not see a cell, on average over the cells of the strip, as
        `masked_by_segment` has it in ``f_mask_high``. NaN stays NaN.
    max_km
        Half the width of the strip, and the farthest look. Units: km.
    eye_m
        Eyes of the measurement above their ground. Units: m.

    Returns
    -------
    FloatArray or float
        Share out of sight at 2 km from an eye at 2.5 m, on ground of the family of `mask_at` of which that share of
        the strip is hidden.

    Raises
    ------
    InvalidParameterError
        If a share is not between 0 and 1, or a length or height not above 0.

    Examples
    --------
    >>> round(mask_index(0.2, max_km=2.0, eye_m=3.0), 2)
    0.31
    """
    measured = as_probabilities(hidden, "hidden", missing=True)
    reach, eye = check_positive(max_km, "max_km", "km"), check_positive(eye_m, "eye_m", "m")
    return plain(np.interp(measured, _strip_means(reach, eye), SHARES))


@cache
def _strip_means(max_km: float, eye_m: float) -> FloatArray:
    """Share of a strip hidden from one stop, by kind of ground."""
    middle = (np.arange(_STRIP_PARTS) + 0.5) / _STRIP_PARTS
    # By cell first, then over cells: from a cell at offset y the stops in reach lie within sqrt(1 - y^2) along the
    # track, all of them as likely.
    offset = middle[:, None]
    along = np.sqrt(1.0 - offset**2) * middle
    distance = 1000.0 * max_km * np.hypot(offset, along)
    means = np.array([np.mean(mask_at(distance, share, eye_m)) for share in SHARES])
    # Rows that show no difference (very short strips) still need an order to be read backwards.
    return np.asarray(means + 1e-12 * np.arange(len(SHARES)))


@cache
def _hidden() -> FloatArray:
    rows = [[int(number) for number in row.split()] for row in HIDDEN_PER_MILLE]
    return np.reshape(rows, (len(EYES_M), len(SHARES), len(RANGES_M))) / 1000.0


def _far(distance: FloatArray) -> tuple[IntArray, FloatArray]:
    with np.errstate(divide="ignore"):  # range 0 lies before the first column, which it takes
        return _place(np.log(RANGES_M), np.log(distance))


def _place(edges: FloatArray, value: FloatArray) -> tuple[IntArray, FloatArray]:
    """Knot at or below a value, and how far it lies on the way to the next."""
    at = np.interp(value, edges, np.arange(len(edges), dtype=np.float64))
    low = np.minimum(at.astype(np.int64), len(edges) - 2)
    return low, at - low


def _blend(axes: list[tuple[IntArray, FloatArray]]) -> FloatArray:
    """Read the table between its knots, straight along each axis."""
    total = np.zeros(np.broadcast_shapes(*(low.shape for low, _ in axes)))
    for corner in np.ndindex(2, 2, 2):
        weight, index = np.ones(()), []
        for (low, part), up in zip(axes, corner, strict=True):
            weight = weight * (part if up else 1.0 - part)
            index.append(low + up)
        total += weight * _hidden()[tuple(index)]
    return total
