"""Border metrics: what apprehensions say about those who got through."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from borderzone._guards import (
    as_non_negative,
    as_probabilities,
    broadcast,
    check_non_negative,
    check_positive,
    check_whole,
    plain,
)
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    import numpy.typing as npt

    from borderzone._typing import FloatArray

__all__ = [
    "CrossingRate",
    "PopulationEstimate",
    "apprehension_from_repeats",
    "back_calculation",
    "chapman",
    "crossing_rate",
    "expected_captures",
    "groups_at_least",
    "known_ier",
]


class PopulationEstimate(NamedTuple):
    """
    An estimated number of people with its standard deviation.

    Attributes
    ----------
    total
        The estimate.
    deviation
        Its standard deviation.
    """

    total: float
    deviation: float


class CrossingRate(NamedTuple):
    """
    A count of crossings spread over time and border.

    Attributes
    ----------
    per_day
        People a day.
    per_km_day
        People a day and km.
    days_per_person_km
        Days between two people on one km.
    per_km_year
        People a year (365.25 days) and km.
    """

    per_day: float
    per_km_day: float
    days_per_person_km: float
    per_km_year: float


def known_ier(
    *, apprehensions: npt.ArrayLike, turn_backs: npt.ArrayLike, known_got_aways: npt.ArrayLike
) -> FloatArray | float:
    """
    Interdiction effectiveness rate over the flow that was noticed.

    Those who were never noticed are missing below the line, so the rate is
    too high: an upper bound, not an effectiveness.

    Parameters
    ----------
    apprehensions
        People caught.
    turn_backs
        People seen to turn back.
    known_got_aways
        People noticed and not caught.

    Returns
    -------
    FloatArray or float
        Caught and turned back over all that were noticed.

    Raises
    ------
    InvalidParameterError
        If a count is negative or nobody was noticed.

    References
    ----------
    .. [1] Bipartisan Policy Center: measuring the metrics (S.744's goal of
       90 % in each sector; 81.01 % for the US south-west in FY2015).

    Examples
    --------
    >>> known_ier(apprehensions=60, turn_backs=20, known_got_aways=20)
    0.8
    """
    caught, turned, away = broadcast(
        apprehensions=as_non_negative(apprehensions, "apprehensions"),
        turn_backs=as_non_negative(turn_backs, "turn_backs"),
        known_got_aways=as_non_negative(known_got_aways, "known_got_aways"),
    )
    noticed = caught + turned + away
    if np.any(noticed == 0):
        msg = "known_ier needs somebody who was noticed: all three counts are 0"
        raise InvalidParameterError(msg)
    return plain((caught + turned) / noticed)


def apprehension_from_repeats(
    repeat_share: npt.ArrayLike, *, giving_up: npt.ArrayLike = 0.0
) -> FloatArray | float:
    """
    Chance of apprehension from the share of those caught who are caught again.

    Parameters
    ----------
    repeat_share
        Share R of apprehended people who are apprehended again.
    giving_up
        Share d who do not try again after a capture: it decides the result
        and is rarely known.

    Returns
    -------
    FloatArray or float
        ``p = R / (1 - d)``.

    Raises
    ------
    InvalidParameterError
        If a share is outside 0 to 1 or the two cannot go together.

    Notes
    -----
    A value from one border does not carry over to another: deterrence and
    the risk of death differ.

    References
    ----------
    .. [1] Espenshade, T. J. (1990). Undocumented migration to the United
       States: evidence from a repeated trials model. Urban Institute Press.

    Examples
    --------
    >>> print([round(apprehension_from_repeats(0.31, giving_up=d), 4) for d in (0, 0.25, 0.5)])
    [0.31, 0.4133, 0.62]
    """
    share, stopped = broadcast(
        repeat_share=as_probabilities(repeat_share, "repeat_share"),
        giving_up=as_probabilities(giving_up, "giving_up"),
    )
    if np.any((share > 1.0 - stopped) | (stopped == 1.0)):
        msg = (
            "repeat_share cannot exceed 1 - giving_up, the share who try again: "
            f"got {float(share.max()):g} and {float(stopped.max()):g}"
        )
        raise InvalidParameterError(msg)
    return plain(share / (1.0 - stopped))


def expected_captures(p: npt.ArrayLike) -> FloatArray | float:
    """
    Count captures for each person who gets in at last, when nobody gives up.

    Parameters
    ----------
    p
        Chance of apprehension at each attempt, below 1.

    Returns
    -------
    FloatArray or float
        ``p / (1 - p)``.

    Raises
    ------
    InvalidParameterError
        If p is outside 0 to 1, or 1.

    Examples
    --------
    >>> expected_captures(0.75)
    3.0
    """
    chance = as_probabilities(p, "p")
    if np.any(chance == 1):
        msg = "p must be below 1: where everybody is caught, nobody gets in"
        raise InvalidParameterError(msg)
    return plain(chance / (1.0 - chance))


def chapman(*, marked: int, caught: int, recaught: int) -> PopulationEstimate:
    """
    Size of a population from two captures, by Chapman's estimator.

    Parameters
    ----------
    marked
        People caught the first time, M.
    caught
        People caught the second time, C.
    recaught
        People caught both times, R.

    Returns
    -------
    PopulationEstimate
        ``(M + 1)(C + 1) / (R + 1) - 1`` and its standard deviation.

    Raises
    ------
    InvalidParameterError
        If a count is negative, or more were recaught than caught.

    References
    ----------
    .. [1] Chapman, D. G. (1951). Some properties of the hypergeometric
       distribution with applications to zoological sample censuses. University
       of California Publications in Statistics 1, 131-160.

    Examples
    --------
    >>> total, deviation = chapman(marked=200, caught=150, recaught=30)
    >>> print(round(total, 2), round(deviation, 2))
    978.06 141.89
    """
    m, c, r = (
        check_whole(value, name, lowest=0)
        for value, name in ((marked, "marked"), (caught, "caught"), (recaught, "recaught"))
    )
    if r > min(m, c):
        msg = f"recaught must not exceed marked ({m}) or caught ({c}), got {r}"
        raise InvalidParameterError(msg)
    total = (m + 1) * (c + 1) / (r + 1) - 1
    variance = (m + 1) * (c + 1) * (m - r) * (c - r) / ((r + 1) ** 2 * (r + 2))
    return PopulationEstimate(total, math.sqrt(variance))


def back_calculation(
    interdicted: npt.ArrayLike = (100.0, 500.0, 1000.0, 4000.0, 9000.0),
    *,
    got_through: float = 1000.0,
    days: float = 243.5,
) -> pd.DataFrame:
    """
    Chance of interdiction for every possible number of interdictions.

    Who got through is an estimate and who was stopped is not published, so
    the chance cannot be known: the answer is this curve, never one of its
    points.

    Parameters
    ----------
    interdicted
        Supposed numbers of people stopped, two or more.
    got_through
        People who got through; the estimate of the news article by default.
    days
        The time that took; the article's eight months by default. Units: d.

    Returns
    -------
    DataFrame
        A row for each number: interdicted, p_interdiction, attempts,
        attempts_per_day.

    Raises
    ------
    InvalidParameterError
        If a number is out of range or only one is given.

    References
    ----------
    .. [1] Loveluck, L., Salim, M. (2019). The Washington Post, 21 July 2019:
       an analyst's estimate of about 1,000 in eight months.

    Examples
    --------
    >>> print(back_calculation([500, 4000]).round(3).to_string(index=False))
     interdicted  p_interdiction  attempts  attempts_per_day
           500.0           0.333    1500.0             6.160
          4000.0           0.800    5000.0            20.534
    """
    stopped = as_non_negative(interdicted, "interdicted")
    if stopped.ndim != 1 or stopped.size < 2:
        msg = (
            "interdicted must be a list of two or more numbers: the chance of interdiction is "
            "not known from one, so the answer is a curve"
        )
        raise InvalidParameterError(msg)
    attempts = stopped + check_positive(got_through, "got_through")
    return pd.DataFrame(
        {
            "interdicted": stopped,
            "p_interdiction": stopped / attempts,
            "attempts": attempts,
            "attempts_per_day": attempts / check_positive(days, "days", "d"),
        }
    )


def crossing_rate(
    *, people: float = 1000.0, days: float = 243.5, length_km: float = 599.0
) -> CrossingRate:
    """
    Spread a number of crossings over time and border.

    Parameters
    ----------
    people
        People who crossed.
    days
        The time that took. Units: d.
    length_km
        Length of the border. Units: km.

    Returns
    -------
    CrossingRate
        A day, a day and km, days between two on a km, a year and km.

    Raises
    ------
    InvalidParameterError
        If a number is not above 0.

    Examples
    --------
    >>> print(round(crossing_rate().per_day, 3), round(crossing_rate().days_per_person_km, 1))
    4.107 145.9
    """
    per_day = check_positive(people, "people") / check_positive(days, "days", "d")
    per_km_day = per_day / check_positive(length_km, "length_km", "km")
    return CrossingRate(per_day, per_km_day, 1.0 / per_km_day, 365.25 * per_km_day)


def groups_at_least(k: int, *, people_per_day: float, group_size: float) -> float:
    """
    Chance of at least k groups in one night, when groups come at random.

    Parameters
    ----------
    k
        Number of groups.
    people_per_day
        People a day, all of them at night.
    group_size
        People in a group.

    Returns
    -------
    float
        P(N >= k) for a Poisson number of groups.

    Raises
    ------
    InvalidParameterError
        If a number is out of range.

    Examples
    --------
    >>> print([round(groups_at_least(k, people_per_day=4.107, group_size=4), 3) for k in (1, 2)])
    [0.642, 0.274]
    """
    mean = check_non_negative(people_per_day, "people_per_day") / check_positive(
        group_size, "group_size"
    )
    wanted = check_whole(k, "k", lowest=0)
    return 1.0 if wanted == 0 else float(special.gammainc(wanted, mean))
