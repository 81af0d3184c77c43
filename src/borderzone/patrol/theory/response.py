"""From detection to interdiction: response in time, several means, and what counts of those stopped say."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from borderzone._guards import (
    as_non_negative,
    as_positive,
    as_probabilities,
    broadcast,
    check_whole,
    plain,
)
from borderzone.errors import InvalidParameterError
from borderzone.patrol.theory.search import AREA_POD

if TYPE_CHECKING:
    import numpy.typing as npt

    from borderzone._typing import BoolArray, FloatArray

__all__ = [
    "apprehension_from_repeats",
    "chapman",
    "combined_detection",
    "interdiction",
    "known_ier",
    "mix_day_night",
    "pod_for_interdiction",
    "responds_in_time",
    "response_probability",
]


def interdiction(
    pod: npt.ArrayLike, *, p_identify: npt.ArrayLike = 1.0, p_respond: npt.ArrayLike = 1.0
) -> FloatArray | float:
    """Probability of interdiction: detected, identified and reached in time."""
    # The three are taken as independent: ground that hides somebody from a patrol may slow the
    # response as well, and the product is then too hopeful.
    detected, identified, reached = broadcast(
        pod=as_probabilities(pod, "pod"),
        p_identify=as_probabilities(p_identify, "p_identify"),
        p_respond=as_probabilities(p_respond, "p_respond"),
    )
    return plain(detected * identified * reached)


def pod_for_interdiction(poi: float, *, p_identify: float = 1.0, p_respond: float = 1.0) -> float:
    """POD that a wanted probability of interdiction takes."""
    # Nothing that patrols do raises interdiction above what is stopped of those seen.
    ceiling = float(interdiction(1.0, p_identify=p_identify, p_respond=p_respond))
    wanted = float(as_probabilities(poi, "poi"))
    if wanted > ceiling:
        msg = (
            f"interdiction of {wanted:g} is out of reach: with every crossing detected it is "
            f"p_identify x p_respond = {ceiling:g}; raise one of the two or ask for less"
        )
        raise InvalidParameterError(msg)
    return wanted / ceiling if wanted > 0 else 0.0


def responds_in_time(
    *,
    detection_h: npt.ArrayLike,
    response_km: npt.ArrayLike,
    response_km_h: npt.ArrayLike,
    cover_km: npt.ArrayLike,
    crosser_km_h: npt.ArrayLike,
) -> BoolArray | bool:
    """Tell whether a response is there before the crosser is in cover: ``t + d / v <= d_cover / u``."""
    delay, distance, speed, cover, crosser = broadcast(
        detection_h=as_non_negative(detection_h, "detection_h", "h"),
        response_km=as_non_negative(response_km, "response_km", "km"),
        response_km_h=as_positive(response_km_h, "response_km_h", "km/h"),
        cover_km=as_non_negative(cover_km, "cover_km", "km"),
        crosser_km_h=as_positive(crosser_km_h, "crosser_km_h", "km/h"),
    )
    # A tie goes to the response.
    in_time = delay + distance / speed <= cover / crosser
    return bool(in_time) if in_time.ndim == 0 else in_time


def response_probability(
    *, window_h: npt.ArrayLike, mean_response_h: npt.ArrayLike
) -> FloatArray | float:
    """Chance of a response in time when response times are exponential."""
    window, mean = broadcast(
        window_h=as_non_negative(window_h, "window_h", "h"),
        mean_response_h=as_positive(mean_response_h, "mean_response_h", "h"),
    )
    # Responses that come at a constant rate have exponential times: 1 - exp(-window / mean), the
    # law of random search in another coin.
    return plain(AREA_POD["random"](window / mean))


def combined_detection(*pods: npt.ArrayLike) -> FloatArray | float:
    """POD of several independent means, such as patrols and fixed posts; 0 for none."""
    checked = broadcast(
        **{f"pods[{i}]": as_probabilities(p, f"pods[{i}]") for i, p in enumerate(pods)}
    )
    # Independent means miss together by the product of what each misses; means that watch the same
    # ground at the same time are not independent, and this is then an upper bound.
    missed: FloatArray = np.asarray(1.0)
    for pod in checked:
        missed = missed * (1.0 - pod)
    return plain(1.0 - missed)


def mix_day_night(
    day: npt.ArrayLike, night: npt.ArrayLike, *, night_share: npt.ArrayLike = 1.0
) -> FloatArray | float:
    """Probability over day and night, by the share of crossings at night; all of them is the worst case."""
    # Probabilities are mixed, never sweep widths: detection is not linear in them.
    light, dark, share = broadcast(
        day=as_probabilities(day, "day"),
        night=as_probabilities(night, "night"),
        night_share=as_probabilities(night_share, "night_share"),
    )
    return plain(share * dark + (1.0 - share) * light)


def known_ier(
    *, apprehensions: npt.ArrayLike, turn_backs: npt.ArrayLike, known_got_aways: npt.ArrayLike
) -> FloatArray | float:
    """Interdiction effectiveness rate over the flow that was noticed: an upper bound."""
    # Those who were never noticed are missing below the line (Bipartisan Policy Center, measuring
    # the metrics: 81.01 % for the US south-west in FY2015, against a goal of 90 %).
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
    """Chance of apprehension from the share R of those caught who are caught again: ``R / (1 - d)``."""
    # The share d that gives up decides the result and is rarely known (Espenshade 1990). A value of
    # one border does not carry over to another: deterrence and the risk of death differ.
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


def chapman(*, marked: int, caught: int, recaught: int) -> tuple[float, float]:
    """Size of a population from two captures and its deviation, by Chapman's estimator (1951)."""
    m, c, r = (
        check_whole(value, name, lowest=0)
        for value, name in ((marked, "marked"), (caught, "caught"), (recaught, "recaught"))
    )
    if r > min(m, c):
        msg = f"recaught must not exceed marked ({m}) or caught ({c}), got {r}"
        raise InvalidParameterError(msg)
    # The ones take away the bias of m c / r at small numbers and keep it finite without a
    # recapture; the variance is Seber's (1970). Both hold for a closed population caught evenly.
    total = (m + 1) * (c + 1) / (r + 1) - 1
    variance = (m + 1) * (c + 1) * (m - r) * (c - r) / ((r + 1) ** 2 * (r + 2))
    return total, math.sqrt(variance)
