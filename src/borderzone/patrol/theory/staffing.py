"""Force generation: from units out to people and units on the payroll."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from borderzone._guards import (
    as_between,
    as_non_negative,
    as_positive,
    as_probabilities,
    broadcast,
    check_positive,
    check_probability,
    check_whole,
    plain,
)
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from borderzone._typing import FloatArray

__all__ = [
    "NET_ANNUAL_WORK_HOURS",
    "SHIFT_FACTORS",
    "ShiftFactor",
    "fewest",
    "out_on_average",
    "payroll",
    "payroll_by_segment",
    "payroll_by_segment_unchecked",
    "payroll_for_confidence",
    "people",
    "relief_factor",
    "share_left",
    "share_left_unchecked",
    "whole_units",
]

# Hours that one post-holder works in a year: relief-factor sheet (scribd 779717871), method of
# the NIC Jail Staffing Analysis workbook (2003), net annual work hours of NCJ 213080.
NET_ANNUAL_WORK_HOURS = 1698.0


@dataclass(frozen=True, kw_only=True, slots=True)
class ShiftFactor:
    """How many on the payroll keep one out around the clock, with its source and tag (F found, A assumed)."""

    value: float
    source: str
    tag: str


SHIFT_FACTORS = {
    "forty_hour_week": ShiftFactor(
        value=168 / 40, source="168 hours of a week over a 40-hour week, nobody absent", tag="A"
    ),
    "relief": ShiftFactor(
        value=8760 / NET_ANNUAL_WORK_HOURS,
        source="8760 h over 1698 net annual work hours (18.4 % absence): relief-factor sheet "
        "(scribd 779717871); NIC Jail Staffing Analysis workbook 2003; NCJ 213080",
        tag="F",
    ),
    # Beside the relief factor, never times it: its hours are of the same kind.
    "gao_scheduled": ShiftFactor(
        value=3 / 0.43,
        source="three shifts over 43 % of scheduled time (off duty and leave included) in which "
        "agents are available for deployment, FY 2013-2016 (GAO-18-50)",
        tag="F",
    ),
    # An upper end, all whom an agency employs over those at the line. Never a default.
    "whole_agency": ShiftFactor(
        value=14.6,
        source="about 1,335 of 19,500 US agents on the line at a time: estimate of one partisan "
        "critic (americanborderpatrol.com)",
        tag="F",
    ),
}


def relief_factor(
    post_hours: npt.ArrayLike = 8760.0, work_hours: npt.ArrayLike = NET_ANNUAL_WORK_HOURS
) -> FloatArray | float:
    """Relief factor: people on the payroll for each post that is kept manned, by hours in one period."""
    post, work = broadcast(
        post_hours=as_positive(post_hours, "post_hours", "h"),
        work_hours=as_positive(work_hours, "work_hours", "h"),
    )
    return plain(post / work)


def payroll(
    units_out: npt.ArrayLike, *, shift_factor: npt.ArrayLike = SHIFT_FACTORS["relief"].value
) -> FloatArray | float:
    """Scale units out to the units on the payroll that keep them there, where the drive is left out."""
    # Shifts, leave, sickness and training are in the factor. An availability of people on top of it
    # would take leave off twice.
    units, factor = broadcast(
        units_out=as_non_negative(units_out, "units_out", infinite=True),
        shift_factor=as_positive(shift_factor, "shift_factor"),
    )
    return plain(units * factor)


def out_on_average(
    night_units: npt.ArrayLike, day_units: npt.ArrayLike, night_h: npt.ArrayLike
) -> FloatArray | float:
    """Units out on the average of a day whose night has so many hours."""
    night, day, hours = broadcast(
        night_units=as_non_negative(night_units, "night_units", infinite=True),
        day_units=as_non_negative(day_units, "day_units", infinite=True),
        night_h=as_between(night_h, "night_h", 0.0, 24.0, unit="h"),
    )
    # Infinitely many units in no hours at all are none.
    parts = [
        np.where(time > 0, units, 0.0) * time
        for units, time in ((night, hours), (day, 24.0 - hours))
    ]
    return plain((parts[0] + parts[1]) / 24.0)


def share_left(drive_h: npt.ArrayLike, shift_h: float) -> FloatArray | float:
    """Share of a shift that is left on the line after the drive there and back; NaN for an unknown drive."""
    drive = as_non_negative(drive_h, "drive_h", "h", missing=True, infinite=True)
    return plain(share_left_unchecked(drive, check_positive(shift_h, "shift_h", "h")))


def share_left_unchecked(drive_h: FloatArray, shift_h: FloatArray | float) -> FloatArray:
    """Do what `share_left` does with arrays that are known to be right."""
    return np.asarray(np.clip(1.0 - 2.0 * drive_h / shift_h, 0.0, 1.0))


def payroll_by_segment(
    out: npt.ArrayLike,
    share_left: npt.ArrayLike,
    relief: npt.ArrayLike = SHIFT_FACTORS["relief"].value,
) -> FloatArray | float:
    """
    Units on the payroll that keep units out on the segments of a border (last axis).

    Infinite where a segment that needs somebody is one that no shift can reach; NaN where the drive
    to one that needs somebody is not known.
    """
    units, share = broadcast(
        out=as_non_negative(out, "out", infinite=True),
        share_left=as_probabilities(share_left, "share_left", missing=True),
    )
    if units.ndim == 0:
        units, share = units[None], share[None]
    if units.size and not (np.isnan(share) | (share > 0)).any():
        msg = (
            "share_left is 0 everywhere: no shift reaches any segment, so that no payroll keeps "
            "anybody there; take longer shifts or posts nearer to the line"
        )
        raise InvalidParameterError(msg)
    total = payroll_by_segment_unchecked(units, share, as_positive(relief, "relief"))
    return plain(total)


def payroll_by_segment_unchecked(
    out: FloatArray, share_left: FloatArray, relief: FloatArray | float
) -> FloatArray:
    """Do what `payroll_by_segment` does with arrays that are known to be right."""
    # Segment by segment: the sum over the mean share is too small wherever the drives differ
    # (Jensen). A segment that needs nobody costs nothing,
    # however far it is.
    with np.errstate(divide="ignore", invalid="ignore"):
        each = np.where(out > 0, out / share_left, 0.0)
    return np.asarray(relief * each.sum(axis=-1))


def people(units: npt.ArrayLike, crew: int) -> FloatArray | float:
    """People in so many units."""
    heads = check_whole(crew, "crew", unit="people")
    return plain(as_non_negative(units, "units", infinite=True) * heads)


def payroll_for_confidence(required: int, *, availability: float, confidence: float) -> int:
    """Fewest units on the payroll so that enough are fit, each by itself (binomial), with a confidence."""
    needed = check_whole(required, "required", lowest=0)
    fit = check_probability(availability, "availability")
    wanted = check_probability(confidence, "confidence")
    # Nothing needed or wanted takes nobody, and units that are always fit take no spare ones.
    if needed == 0 or wanted == 0:
        return needed if wanted else 0
    if fit == 1:
        return needed
    if fit == 0 or wanted == 1:
        msg = (
            f"no payroll is large enough for confidence {wanted:g} at availability {fit:g}; "
            "give an availability above 0 and a confidence below 1"
        )
        raise InvalidParameterError(msg)
    # A mean availability fills the need only about every second day; each unit is fit by itself, so
    # the number fit is binomial and its tail is what a confidence is about.
    return fewest(
        lambda payroll: bool(stats.binom.sf(needed - 1, payroll, fit) >= wanted), start=needed
    )


def fewest(enough: Callable[[int], bool], *, start: int) -> int:
    """Find the smallest whole number, from a start, that is enough, where more is never less."""
    # Doubling finds a bracket in few steps however large the answer, and halving keeps to whole
    # numbers: a root of the smooth curve could round to the wrong side.
    low, high = start - 1, start
    while not enough(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def whole_units(units: npt.ArrayLike) -> FloatArray | float:
    """
    Round a number of units up to whole units.

    A whole number that rounding lifted by a hair stays what it is.

    Parameters
    ----------
    units
        Units, fractions allowed; infinite stays infinite.

    Returns
    -------
    FloatArray or float
        The smallest whole number of units that is enough.

    Raises
    ------
    InvalidParameterError
        If a number is negative.

    Examples
    --------
    >>> whole_units(2.2), whole_units(3.0 + 1e-12)
    (3.0, 3.0)
    """
    # A billionth part is rounding of the root finder and no need: without the allowance 3 + 1e-12
    # units would be told as 4.
    exact = as_non_negative(units, "units", infinite=True)
    with np.errstate(invalid="ignore"):  # infinite less infinite
        return plain(
            np.where(np.isfinite(exact), np.ceil(exact - 1e-9 * np.maximum(1.0, exact)), exact)
        )
