"""From detection to interdiction: response in time, several means, day and night."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from borderzone._guards import as_non_negative, as_positive, as_probabilities, broadcast, plain
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    import numpy.typing as npt

    from borderzone._typing import BoolArray, FloatArray

__all__ = [
    "combined_detection",
    "interdiction",
    "mix_day_night",
    "pod_for_interdiction",
    "responds_in_time",
    "response_probability",
    "response_window_h",
]


def response_window_h(
    *, cover_km: npt.ArrayLike, crosser_km_h: npt.ArrayLike
) -> FloatArray | float:
    """
    Time from the line to the first cover, road or village.

    Parameters
    ----------
    cover_km
        Distance from the line to that cover. Units: km.
    crosser_km_h
        Speed of the crosser. Units: km/h.

    Returns
    -------
    FloatArray or float
        ``d / u``. Units: h.

    Raises
    ------
    InvalidParameterError
        If the distance is negative or the speed is not above 0.

    Examples
    --------
    >>> response_window_h(cover_km=5, crosser_km_h=4)
    1.25
    """
    cover, speed = broadcast(
        cover_km=as_non_negative(cover_km, "cover_km", "km"),
        crosser_km_h=as_positive(crosser_km_h, "crosser_km_h", "km/h"),
    )
    return plain(cover / speed)


def responds_in_time(
    *,
    detection_h: npt.ArrayLike,
    response_km: npt.ArrayLike,
    response_km_h: npt.ArrayLike,
    cover_km: npt.ArrayLike,
    crosser_km_h: npt.ArrayLike,
) -> BoolArray | bool:
    """
    Whether a response reaches the crosser before cover does.

    Parameters
    ----------
    detection_h
        Time from the crossing to its detection and report. Units: h.
    response_km
        Distance that the response has to drive. Units: km.
    response_km_h
        Its speed. Units: km/h.
    cover_km
        Distance from the line to the first cover. Units: km.
    crosser_km_h
        Speed of the crosser. Units: km/h.

    Returns
    -------
    BoolArray or bool
        True where detection plus drive fit into the window.

    Raises
    ------
    InvalidParameterError
        If a time or distance is negative or a speed is not above 0.

    Examples
    --------
    >>> drive = dict(detection_h=5 / 60, response_km=10, response_km_h=30, cover_km=5)
    >>> responds_in_time(**drive, crosser_km_h=4), responds_in_time(**drive, crosser_km_h=30)
    (True, False)
    """
    delay, distance, speed, window = broadcast(
        detection_h=as_non_negative(detection_h, "detection_h", "h"),
        response_km=as_non_negative(response_km, "response_km", "km"),
        response_km_h=as_positive(response_km_h, "response_km_h", "km/h"),
        cover_km=np.asarray(response_window_h(cover_km=cover_km, crosser_km_h=crosser_km_h)),
    )
    in_time = delay + distance / speed <= window
    return bool(in_time) if in_time.ndim == 0 else in_time


def response_probability(
    *, window_h: npt.ArrayLike, mean_response_h: npt.ArrayLike
) -> FloatArray | float:
    """
    Chance of a response in time when response times are exponential.

    Parameters
    ----------
    window_h
        Time that is left, see `response_window_h`.
    mean_response_h
        Mean response time, in the unit of the window.

    Returns
    -------
    FloatArray or float
        ``1 - exp(-window / mean)``.

    Raises
    ------
    InvalidParameterError
        If the window is negative or the mean is not above 0.

    Examples
    --------
    >>> print(round(response_probability(window_h=0.5, mean_response_h=0.75), 6))
    0.486583
    """
    window, mean = broadcast(
        window_h=as_non_negative(window_h, "window_h", "h"),
        mean_response_h=as_positive(mean_response_h, "mean_response_h", "h"),
    )
    return plain(-np.expm1(-window / mean))


def interdiction(
    pod: npt.ArrayLike, *, p_identify: npt.ArrayLike = 1.0, p_respond: npt.ArrayLike = 1.0
) -> FloatArray | float:
    """
    Probability of interdiction: detected, identified and reached in time.

    Parameters
    ----------
    pod
        Probability of detection.
    p_identify
        Probability that what is detected is recognised as a crossing.
    p_respond
        Probability that a response reaches it in time.

    Returns
    -------
    FloatArray or float
        Their product.

    Raises
    ------
    InvalidParameterError
        If one is outside 0 to 1.

    Examples
    --------
    >>> print(round(interdiction(0.8, p_identify=0.9, p_respond=0.7), 3))
    0.504
    """
    detected, identified, reached = broadcast(
        pod=as_probabilities(pod, "pod"),
        p_identify=as_probabilities(p_identify, "p_identify"),
        p_respond=as_probabilities(p_respond, "p_respond"),
    )
    return plain(detected * identified * reached)


def pod_for_interdiction(poi: float, *, p_identify: float = 1.0, p_respond: float = 1.0) -> float:
    """
    POD that a wanted probability of interdiction takes.

    Parameters
    ----------
    poi
        Wanted probability of interdiction.
    p_identify
        Probability that what is detected is recognised as a crossing.
    p_respond
        Probability that a response reaches it in time.

    Returns
    -------
    float
        ``poi / (p_identify p_respond)``.

    Raises
    ------
    InvalidParameterError
        If a number is outside 0 to 1, or detection of everything would not
        be enough.

    Examples
    --------
    >>> print(round(pod_for_interdiction(0.5, p_identify=0.9, p_respond=0.7), 6))
    0.793651
    """
    ceiling = float(interdiction(1.0, p_identify=p_identify, p_respond=p_respond))
    wanted = float(as_probabilities(poi, "poi"))
    if wanted > ceiling:
        msg = (
            f"interdiction of {wanted:g} is out of reach: with every crossing detected it is "
            f"p_identify x p_respond = {ceiling:g}; raise one of the two or ask for less"
        )
        raise InvalidParameterError(msg)
    return wanted / ceiling if wanted > 0 else 0.0


def mix_day_night(
    day: npt.ArrayLike, night: npt.ArrayLike, *, night_share: npt.ArrayLike = 1.0
) -> FloatArray | float:
    """
    Probability over day and night, by the share of crossings at night.

    Parameters
    ----------
    day
        Probability by day.
    night
        Probability by night.
    night_share
        Share of crossings at night; 1, the worst case, for planning.

    Returns
    -------
    FloatArray or float
        ``s P_night + (1 - s) P_day``.

    Raises
    ------
    InvalidParameterError
        If a number is outside 0 to 1.

    Examples
    --------
    >>> mix_day_night(0.75, 0.25, night_share=0.5)
    0.5
    """
    light, dark, share = broadcast(
        day=as_probabilities(day, "day"),
        night=as_probabilities(night, "night"),
        night_share=as_probabilities(night_share, "night_share"),
    )
    return plain(share * dark + (1.0 - share) * light)


def combined_detection(*pods: npt.ArrayLike) -> FloatArray | float:
    """
    POD of several independent means, such as patrols and fixed posts.

    Parameters
    ----------
    *pods
        Probability of detection of each of them.

    Returns
    -------
    FloatArray or float
        ``1 - (1 - P1)(1 - P2) ...``; 0 for none.

    Raises
    ------
    InvalidParameterError
        If a probability is outside 0 to 1.

    Examples
    --------
    >>> print(round(combined_detection(0.3, 0.5, 0.2), 2))
    0.72
    """
    checked = broadcast(
        **{f"pods[{i}]": as_probabilities(p, f"pods[{i}]") for i, p in enumerate(pods)}
    )
    missed: FloatArray = np.asarray(1.0)
    for pod in checked:
        missed = missed * (1.0 - pod)
    return plain(1.0 - missed)
