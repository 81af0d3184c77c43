"""Revisits: how often patrols pass a point, and what they meet there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from borderzone._guards import as_non_negative, as_positive, broadcast, check_choice, plain

if TYPE_CHECKING:
    import numpy.typing as npt

    from borderzone._typing import FloatArray

__all__ = ["event_detection", "pass_rate", "revisit_h"]

_PASSES = ("random", "regular")


def pass_rate(
    *, unit_count: npt.ArrayLike, patrol_km_h: npt.ArrayLike, track_km: npt.ArrayLike
) -> FloatArray | float:
    """
    Rate at which patrols pass a point of their track.

    Parameters
    ----------
    unit_count
        Units on the track.
    patrol_km_h
        Their speed. Units: km/h.
    track_km
        Length of the track. Units: km.

    Returns
    -------
    FloatArray or float
        ``n v / D``. Units: 1/h.

    Raises
    ------
    InvalidParameterError
        If a number is negative or the track is not above 0.

    References
    ----------
    .. [1] Larson, R. C. (1972). Urban Police Patrol Analysis. MIT Press.

    Examples
    --------
    >>> print(round(pass_rate(unit_count=10, patrol_km_h=20, track_km=600), 4))
    0.3333
    """
    units, speed, track = broadcast(
        unit_count=as_non_negative(unit_count, "unit_count"),
        patrol_km_h=as_non_negative(patrol_km_h, "patrol_km_h", "km/h"),
        track_km=as_positive(track_km, "track_km", "km"),
    )
    return plain(units * speed / track)


def event_detection(
    *, passes_per_h: npt.ArrayLike, duration_h: npt.ArrayLike, passes: str = "random"
) -> FloatArray | float:
    """
    Chance that a patrol passes while something lasts.

    Parameters
    ----------
    passes_per_h
        Rate of passes, see `pass_rate`. Units: 1/h.
    duration_h
        How long it lasts. Units: h.
    passes
        ``"random"`` or ``"regular"`` in time.

    Returns
    -------
    FloatArray or float
        ``1 - exp(-f T)`` or ``min(1, f T)``.

    Raises
    ------
    InvalidParameterError
        If a number is negative or the word is unknown.

    References
    ----------
    .. [1] Larson, R. C. (1972). Urban Police Patrol Analysis. MIT Press.

    Examples
    --------
    >>> print(round(event_detection(passes_per_h=1, duration_h=1), 6))
    0.632121
    """
    check_choice(passes, "passes", _PASSES)
    rate, duration = broadcast(
        passes_per_h=as_non_negative(passes_per_h, "passes_per_h", "1/h"),
        duration_h=as_non_negative(duration_h, "duration_h", "h"),
    )
    mean = rate * duration
    return plain(-np.expm1(-mean) if passes == "random" else np.minimum(1.0, mean))


def revisit_h(
    *, length_km: npt.ArrayLike, patrol_km_h: npt.ArrayLike, at_the_ends: bool = False
) -> FloatArray | float:
    """
    Mean time between two visits of a back-and-forth patrol.

    Parameters
    ----------
    length_km
        Length L of the segment. Units: km.
    patrol_km_h
        Speed v of the patrol. Units: km/h.
    at_the_ends
        Whether the point is an end of the segment, visited half as often.

    Returns
    -------
    FloatArray or float
        ``L / v``, or ``2 L / v`` at the ends. Units: h.

    Raises
    ------
    InvalidParameterError
        If a number is not above 0.

    Examples
    --------
    >>> revisit_h(length_km=20, patrol_km_h=25)
    0.8
    >>> revisit_h(length_km=20, patrol_km_h=25, at_the_ends=True)
    1.6
    """
    length, speed = broadcast(
        length_km=as_positive(length_km, "length_km", "km"),
        patrol_km_h=as_positive(patrol_km_h, "patrol_km_h", "km/h"),
    )
    return plain((2.0 if at_the_ends else 1.0) * length / speed)
