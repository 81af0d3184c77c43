"""Fixed posts on a line: covered share, several looks, weak barriers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import optimize, special

from borderzone._guards import (
    as_non_negative,
    as_positive,
    as_probabilities,
    broadcast,
    check_choice,
    check_non_negative,
    check_positive,
    check_probability,
    check_whole,
    plain,
)
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    import numpy.typing as npt

    from borderzone._typing import FloatArray

__all__ = [
    "at_least_k",
    "fixed_posts",
    "multi_look",
    "posts_for_share",
    "weak_barrier_ratio",
    "weak_barrier_sensors",
]

_SPACINGS = ("regular", "random")


def fixed_posts(
    *,
    post_count: npt.ArrayLike,
    range_km: npt.ArrayLike,
    length_km: npt.ArrayLike,
    spacing: str = "regular",
) -> FloatArray | float:
    """
    Share of a line within range of a post.

    Parameters
    ----------
    post_count
        Number of posts n; a mean where they are scattered.
    range_km
        Range R of each post along the line, on both sides. Units: km.
    length_km
        Length L of the line. Units: km.
    spacing
        ``"regular"``: evenly spaced. ``"random"``: scattered (Poisson).

    Returns
    -------
    FloatArray or float
        ``min(1, 2 R n / L)``, or ``1 - exp(-2 R n / L)``.

    Raises
    ------
    InvalidParameterError
        If a number is out of range or the spacing is unknown.

    Examples
    --------
    >>> fixed_posts(post_count=149, range_km=2, length_km=595)
    1.0
    >>> print(round(fixed_posts(post_count=446, range_km=2, length_km=595, spacing="random"), 3))
    0.95
    """
    check_choice(spacing, "spacing", _SPACINGS)
    count, reach, length = broadcast(
        post_count=as_non_negative(post_count, "post_count"),
        range_km=as_non_negative(range_km, "range_km", "km"),
        length_km=as_positive(length_km, "length_km", "km"),
    )
    mean = 2.0 * reach * count / length
    return plain(np.minimum(1.0, mean) if spacing == "regular" else -np.expm1(-mean))


def posts_for_share(
    share: float, *, range_km: float, length_km: float, spacing: str = "regular"
) -> int:
    """
    Fewest posts that have a share of a line in range.

    Parameters
    ----------
    share
        Wanted share of the line, 0 to 1; below 1 for scattered posts.
    range_km
        Range of each post along the line, on both sides. Units: km.
    length_km
        Length of the line. Units: km.
    spacing
        As in `fixed_posts`.

    Returns
    -------
    int
        Number of posts.

    Raises
    ------
    InvalidParameterError
        If a number is out of range, the spacing is unknown, or scattered
        posts are asked for all of the line.

    Examples
    --------
    >>> posts_for_share(1.0, range_km=2, length_km=595)
    149
    >>> posts_for_share(0.95, range_km=2, length_km=595, spacing="random")
    446
    """
    check_choice(spacing, "spacing", _SPACINGS)
    wanted = check_probability(share, "share")
    posts_a_line = check_positive(length_km, "length_km", "km") / (
        2.0 * check_positive(range_km, "range_km", "km")
    )
    if spacing == "regular":
        return _round_up(wanted * posts_a_line)
    if wanted == 1:
        msg = (
            "share must be below 1 for scattered posts: their mean share never reaches 1; "
            "see posts_for_no_gap for the chance that no gap is left"
        )
        raise InvalidParameterError(msg)
    return _round_up(-math.log1p(-wanted) * posts_a_line)


def at_least_k(mean: npt.ArrayLike, k: int = 1) -> FloatArray | float:
    """
    Chance that a point is covered by at least k scattered posts or passes.

    Parameters
    ----------
    mean
        Mean number of posts over a point (Poisson).
    k
        How many are wanted, 1 or more.

    Returns
    -------
    FloatArray or float
        P(N >= k).

    Raises
    ------
    InvalidParameterError
        If the mean is negative or k is not a whole number above 0.

    Examples
    --------
    >>> print([round(at_least_k(2.0, k), 6) for k in (1, 2, 3)])
    [0.864665, 0.593994, 0.323324]
    """
    wanted = check_whole(k, "k")
    return plain(np.asarray(special.gammainc(wanted, as_non_negative(mean, "mean"))))


def multi_look(pod: npt.ArrayLike, looks: npt.ArrayLike) -> FloatArray | float:
    """
    POD of several independent looks.

    Parameters
    ----------
    pod
        Probability of detection of one look.
    looks
        Number of looks, 0 or more.

    Returns
    -------
    FloatArray or float
        ``1 - (1 - p)^n``.

    Raises
    ------
    InvalidParameterError
        If a probability is outside 0 to 1 or a number of looks is negative.

    Examples
    --------
    >>> print(round(multi_look(0.3, 5), 5))
    0.83193
    """
    single, number = broadcast(
        pod=as_probabilities(pod, "pod"), looks=as_non_negative(looks, "looks")
    )
    return plain(1.0 - (1.0 - single) ** number)


def weak_barrier_ratio(
    sensors: npt.ArrayLike,
    *,
    range_km: float,
    length_km: float,
    awake: float = 1.0,
    k: int = 1,
    slack: float = 0.0,
) -> FloatArray | float:
    """
    Measure how far scattered sensors are past the threshold of a weak k-barrier.

    Above 1, every perpendicular crossing of the line meets at least k
    sensors with high probability; the threshold holds for many sensors.

    Parameters
    ----------
    sensors
        Number of sensors n; n times `awake` above 3.
    range_km
        Sensing range r. Units: km.
    length_km
        Length s of the line. Units: km.
    awake
        Share p of sensors that are on.
    k
        How many sensors each crossing shall meet.
    slack
        Value of the slowly growing function phi(n p) of the theorem.

    Returns
    -------
    FloatArray or float
        ``2 n p r / (s ln(n p))`` over ``1 + (phi + (k - 1) ln ln(n p)) /
        ln(n p)``.

    Raises
    ------
    InvalidParameterError
        If a number is out of range or too few sensors are awake.

    References
    ----------
    .. [1] Kumar, S., Lai, T. H., Arora, A. (2005). Barrier coverage with
       wireless sensors. MobiCom 2005.

    Examples
    --------
    >>> print(weak_barrier_ratio([900, 1100, 1300], range_km=2, length_km=600).round(3))
    [0.882 1.047 1.209]
    """
    number = as_positive(sensors, "sensors") * check_positive(awake, "awake")
    check_probability(awake, "awake")
    if np.any(number <= math.e):
        msg = f"the threshold needs more than e = 2.72 sensors awake, got {number.min():g}"
        raise InvalidParameterError(msg)
    log = np.log(number)
    reached = (2.0 * number * check_positive(range_km, "range_km", "km")) / (
        check_positive(length_km, "length_km", "km") * log
    )
    folds = check_whole(k, "k") - 1
    needed = 1.0 + (check_non_negative(slack, "slack") + folds * np.log(log)) / log
    return plain(reached / needed)


def weak_barrier_sensors(
    *, range_km: float, length_km: float, awake: float = 1.0, k: int = 1, slack: float = 0.0
) -> float:
    """
    Find the number of scattered sensors at the threshold of a weak k-barrier.

    Parameters
    ----------
    range_km
        Sensing range r. Units: km.
    length_km
        Length s of the line. Units: km.
    awake
        Share p of sensors that are on.
    k
        How many sensors each crossing shall meet.
    slack
        Value of the slowly growing function phi(n p) of the theorem.

    Returns
    -------
    float
        The number at which `weak_barrier_ratio` passes 1, fractional.

    Raises
    ------
    InvalidParameterError
        If a number is out of range.

    References
    ----------
    .. [1] Kumar, S., Lai, T. H., Arora, A. (2005). Barrier coverage with
       wireless sensors. MobiCom 2005.

    Examples
    --------
    >>> print(round(weak_barrier_sensors(range_km=2, length_km=600)))
    1042
    """

    def past(sensors: float) -> float:
        ratio = weak_barrier_ratio(
            sensors, range_km=range_km, length_km=length_km, awake=awake, k=k, slack=slack
        )
        return float(ratio) - 1.0

    # Below e^2 sensors the theorem's ratio is not yet rising: start the search above it.
    low = math.exp(2.0) / check_positive(awake, "awake")
    if past(low) >= 0:
        return low
    high = 2.0 * low
    while past(high) < 0:
        high *= 2.0
    return float(optimize.brentq(past, low, high, xtol=1e-9))


def _round_up(number: float) -> int:
    # A whole number that rounding lifted by a hair stays what it is.
    return math.ceil(number - 1e-9 * max(1.0, number))
