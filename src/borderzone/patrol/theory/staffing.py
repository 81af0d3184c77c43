"""Force generation: from units on station to people and units on the roll."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scipy import stats

from borderzone._guards import (
    as_between,
    as_non_negative,
    as_positive,
    broadcast,
    check_probability,
    check_whole,
    guarded,
    plain,
)
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    import numpy.typing as npt

    from borderzone._typing import FloatArray

__all__ = [
    "NET_ANNUAL_WORK_HOURS",
    "SHIFT_FACTORS",
    "ShiftFactor",
    "on_roll",
    "relief_factor",
    "roll_for_confidence",
]

# Hours that one post-holder works in a year: relief-factor sheet (scribd 779717871), method of
# the NIC Jail Staffing Analysis workbook (2003), net annual work hours of NCJ 213080.
NET_ANNUAL_WORK_HOURS = 1698.0


@guarded
@dataclass(frozen=True, kw_only=True, slots=True)
class ShiftFactor:
    """
    How many on the roll keep one on station around the clock.

    Attributes
    ----------
    value
        On roll for one on station, before availability.
    source
        Where the number is from.
    tag
        F: seen in a public source. A: assumption.
    """

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
    """
    Relief factor: people on the roll for each post that is kept manned.

    Parameters
    ----------
    post_hours
        Hours that the post is manned, in a year or a week. Units: h.
    work_hours
        Hours that one person works in the same time. Units: h.

    Returns
    -------
    FloatArray or float
        ``H_post / H_work``.

    Raises
    ------
    InvalidParameterError
        If a number is not above 0.

    References
    ----------
    .. [1] National Institute of Corrections (2003). Staffing Analysis Workbook
       for Jails, 2nd ed.

    Examples
    --------
    >>> print(round(relief_factor(), 4), relief_factor(168, 40))
    5.159 4.2
    """
    post, work = broadcast(
        post_hours=as_positive(post_hours, "post_hours", "h"),
        work_hours=as_positive(work_hours, "work_hours", "h"),
    )
    return plain(post / work)


def on_roll(
    on_station: npt.ArrayLike,
    *,
    shift_factor: npt.ArrayLike = SHIFT_FACTORS["relief"].value,
    availability: npt.ArrayLike = 1.0,
) -> FloatArray | float:
    """
    Scale units on station to the units on the roll that keep them there.

    Parameters
    ----------
    on_station
        Units on station around the clock; infinite stays infinite.
    shift_factor
        On roll for one on station, see `relief_factor` and `SHIFT_FACTORS`.
    availability
        Share of units fit for duty (vehicles, leave), above 0.

    Returns
    -------
    FloatArray or float
        ``n S / availability``, not rounded.

    Raises
    ------
    InvalidParameterError
        If a number is out of range.

    Examples
    --------
    >>> print(round(on_roll(150.30, shift_factor=5.159, availability=0.85)))
    912
    """
    units = as_non_negative(on_station, "on_station", infinite=True)
    fit = as_between(availability, "availability", 0.0, 1.0, without=(0.0,))
    stationed, factor, share = broadcast(
        on_station=units, shift_factor=as_positive(shift_factor, "shift_factor"), availability=fit
    )
    return plain(stationed * factor / share)


def roll_for_confidence(required: int, *, availability: float, confidence: float) -> int:
    """
    Fewest units on the roll so that enough are fit, with a confidence.

    Each unit is fit or not by itself (binomial).

    Parameters
    ----------
    required
        Units needed at the same time.
    availability
        Chance that a unit is fit for duty, above 0.
    confidence
        Wanted probability that `required` or more are fit, below 1 unless
        all units are always fit.

    Returns
    -------
    int
        The smallest n with P(Bin(n, availability) >= required) >= confidence.

    Raises
    ------
    InvalidParameterError
        If a number is out of range.

    Examples
    --------
    >>> roll_for_confidence(10, availability=0.85, confidence=0.95)
    14
    """
    needed = check_whole(required, "required", lowest=0)
    fit = check_probability(availability, "availability")
    wanted = check_probability(confidence, "confidence")
    if needed == 0 or wanted == 0:
        return needed if wanted else 0
    if fit == 1:
        return needed
    if fit == 0 or wanted == 1:
        msg = (
            f"no roll is large enough for confidence {wanted:g} at availability {fit:g}; "
            "give an availability above 0 and a confidence below 1"
        )
        raise InvalidParameterError(msg)
    low, high = needed - 1, needed
    while stats.binom.sf(needed - 1, high, fit) < wanted:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        enough = stats.binom.sf(needed - 1, middle, fit) >= wanted
        low, high = (low, middle) if enough else (middle, high)
    return high
