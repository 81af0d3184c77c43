"""From detection to interdiction: response in time, several means, and what counts of those stopped say."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from borderzone._guards import (
    as_between,
    as_non_negative,
    as_positive,
    as_probabilities,
    broadcast,
    check_choice,
    check_non_negative,
    check_whole,
    plain,
)
from borderzone.errors import InvalidParameterError, ShapeMismatchError
from borderzone.patrol.theory.search import AREA_POD
from borderzone.patrol.theory.tactics import detection_for

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from borderzone._typing import BoolArray, FloatArray

__all__ = [
    "RESPONSE_LAWS",
    "apprehension_from_repeats",
    "chapman",
    "combined_detection",
    "handled",
    "handled_unchecked",
    "interdiction",
    "known_ier",
    "mix_day_night",
    "mixed",
    "mixed_unchecked",
    "pod_for_interdiction",
    "recognised",
    "responds",
    "responds_in_time",
    "responds_unchecked",
    "response_probability",
    "units_on_the_line",
    "units_with_calls",
]


def recognised(
    coverage: npt.ArrayLike,
    law: str = "random",
    width_ratio: npt.ArrayLike = 1.0,
    *,
    units: int | None = None,
) -> FloatArray | float:
    """
    Probability that a crossing is recognised as one: the law at a coverage of its own.

    The ratio is the sweep width of recognition over that of detection, both with one mask and one
    clip. A constant times the probability of detection is something else: it stays below the
    constant however many units there are.
    """
    given, ratio = broadcast(
        coverage=as_non_negative(coverage, "coverage"),
        width_ratio=as_between(width_ratio, "width_ratio", 0.0, 1.0),
    )
    return detection_for(given * ratio, law, units=units)


def handled(
    p_recognised: npt.ArrayLike, p_detected: npt.ArrayLike, followed_up: npt.ArrayLike
) -> FloatArray | float:
    """Probability that a crossing is recognised, or detected and followed up without that."""
    known, seen, share = broadcast(
        p_recognised=as_probabilities(p_recognised, "p_recognised"),
        p_detected=as_probabilities(p_detected, "p_detected"),
        followed_up=as_probabilities(followed_up, "followed_up"),
    )
    wrong = known > seen + 1e-12
    if wrong.any():
        msg = (
            f"p_recognised must not exceed p_detected, got {float(known[wrong][0]):g} of "
            f"{float(seen[wrong][0]):g}: what is recognised was detected"
        )
        raise InvalidParameterError(msg)
    return plain(handled_unchecked(known, seen, share))


def handled_unchecked(
    p_recognised: FloatArray, p_detected: FloatArray, followed_up: FloatArray | float
) -> FloatArray:
    """Do what `handled` does with arrays that are known to be right."""
    return np.asarray((1.0 - followed_up) * p_recognised + followed_up * p_detected)


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
    *,
    window_h: npt.ArrayLike,
    mean_response_h: npt.ArrayLike,
    shortest_h: npt.ArrayLike = 0.0,
    law: str = "exponential",
) -> FloatArray | float:
    """Chance of a response within a window, for times beyond the shortest of one of `RESPONSE_LAWS`."""
    check_choice(law, "law", RESPONSE_LAWS)
    window, mean, shortest = broadcast(
        window_h=as_non_negative(window_h, "window_h", "h"),
        mean_response_h=as_positive(mean_response_h, "mean_response_h", "h"),
        shortest_h=as_non_negative(shortest_h, "shortest_h", "h"),
    )
    _check_shortest(mean, shortest, ("mean_response_h", "shortest_h"))
    return plain(_within(window, mean, shortest, law))


def _check_shortest(mean: FloatArray, shortest: FloatArray, names: tuple[str, str]) -> None:
    wrong = shortest > mean
    if wrong.any():
        msg = (
            f"{names[1]} must not exceed {names[0]}, got {float(shortest[wrong][0]):g} and "
            f"{float(mean[wrong][0]):g} h: a mean cannot lie below the least"
        )
        raise InvalidParameterError(msg)


def _within(
    window: FloatArray, mean: FloatArray, shortest: FloatArray | float, law: str
) -> FloatArray:
    """Chance that a time with a mean and a least value fits into a window; unknown where the mean is."""
    left, excess = window - shortest, mean - shortest
    # Without an excess the time is certain, and 0 / 0 is not asked; an infinite mean never comes.
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(excess > 0, left / excess, np.inf)
    chance = RESPONSE_LAWS[law](np.where(left >= 0, ratio, 0.0))
    chance = np.where(left >= 0, chance, 0.0)
    return np.where(np.isnan(mean) | np.isnan(left), np.nan, chance)


def _exponential(ratio: FloatArray) -> FloatArray:
    # Responses that come at a constant rate have exponential times: 1 - exp(-window / mean), the
    # law of random search in another coin.
    return np.asarray(AREA_POD["random"](ratio))


def _erlang_2(ratio: FloatArray) -> FloatArray:
    # Two stages of the same mean, one after the other: next to no response comes at once, as with
    # crews that must be told, get up and drive. k is finite or, for a certain time, infinite.
    k = np.minimum(2.0 * ratio, 700.0)
    return np.asarray(1.0 - (1.0 + k) * np.exp(-k))


# Chance that a time fits into a window of so many means.
RESPONSE_LAWS: dict[str, Callable[[FloatArray], FloatArray]] = {
    "exponential": _exponential,
    "erlang_2": _erlang_2,
}


def responds(  # noqa: PLR0913 - one race: the crosser, the unit that saw him, and the reserve
    *,
    cover_km: npt.ArrayLike,
    crosser_km_h: npt.ArrayLike,
    decide_h: npt.ArrayLike = 0.0,
    detection_km: npt.ArrayLike = 0.0,
    pursuit_km_h: npt.ArrayLike = 0.0,
    call_h: npt.ArrayLike = 0.0,
    drive_h: npt.ArrayLike = np.inf,
    shortest_drive_h: npt.ArrayLike = 0.0,
    delay_h: npt.ArrayLike = 0.0,
) -> FloatArray | float:
    """
    Probability that whoever responds is there before the crosser is in cover, by segment.

    The unit that detected pursues over `detection_km` at `pursuit_km_h` (0: it stands) if it is
    faster than the crosser; else, or if it comes too late, the nearest reserve comes after
    `call_h` and a drive of mean `drive_h`, Erlang-2 above `shortest_drive_h`. An infinite drive
    (the default: there is no reserve) never arrives, one that is NaN is not known. An obstacle at the
    line holds the crosser up for `delay_h` after he was detected.
    """
    given = broadcast(
        cover_km=as_non_negative(cover_km, "cover_km", "km", missing=True),
        crosser_km_h=as_positive(crosser_km_h, "crosser_km_h", "km/h"),
        decide_h=as_non_negative(decide_h, "decide_h", "h"),
        detection_km=as_non_negative(detection_km, "detection_km", "km"),
        pursuit_km_h=as_non_negative(pursuit_km_h, "pursuit_km_h", "km/h"),
        call_h=as_non_negative(call_h, "call_h", "h"),
        drive_h=as_non_negative(drive_h, "drive_h", "h", missing=True, infinite=True),
        shortest_drive_h=as_non_negative(shortest_drive_h, "shortest_drive_h", "h", missing=True),
        delay_h=as_non_negative(delay_h, "delay_h", "h"),
    )
    _check_shortest(given[6], given[7], ("drive_h", "shortest_drive_h"))
    return plain(responds_unchecked(*given))


def responds_unchecked(  # noqa: PLR0913, PLR0917 - plain arrays, in the order of `responds`
    cover_km: FloatArray,
    crosser_km_h: FloatArray,
    decide_h: FloatArray | float,
    detection_km: FloatArray | float,
    pursuit_km_h: FloatArray | float,
    call_h: FloatArray | float,
    drive_h: FloatArray,
    shortest_drive_h: FloatArray,
    delay_h: FloatArray | float = 0.0,
) -> FloatArray:
    """Do what `responds` does with arrays that are known to be right."""
    window = cover_km / crosser_km_h + delay_h - decide_h
    gain = pursuit_km_h - crosser_km_h
    # The crosser walks on while he is chased: what closes the distance is the difference of the
    # speeds. A tie goes to the response, as in `responds_in_time`.
    with np.errstate(divide="ignore", invalid="ignore"):
        caught = (gain > 0) & (detection_km / gain <= window)
    reserve = _within(window - call_h, drive_h, shortest_drive_h, "erlang_2")
    # The better of the two, so that a unit that is a little too slow is no worse than none.
    return np.where(caught, 1.0, reserve)


def units_with_calls(
    units: npt.ArrayLike,
    *,
    detected: Callable[[FloatArray], FloatArray | float],
    call_h: float,
    crossings_per_h: float,
    false_calls_per_unit_h: float = 0.0,
) -> FloatArray | float:
    """
    Units out so that so many are on the line, the others being on calls.

    `detected` gives the probability of detection with so many units on the line. Each detection
    and each false call takes one unit off the line for `call_h`.
    """
    line = as_non_negative(units, "units", infinite=True)
    calls = _calls(call_h, crossings_per_h, false_calls_per_unit_h)
    return plain(_with_calls(line, detected, calls))


def units_on_the_line(
    units_out: npt.ArrayLike,
    *,
    detected: Callable[[FloatArray], FloatArray | float],
    call_h: float,
    crossings_per_h: float,
    false_calls_per_unit_h: float = 0.0,
) -> FloatArray | float:
    """Units that are left on the line of so many out: the inverse of `units_with_calls`."""
    out = as_non_negative(units_out, "units_out")
    calls = _calls(call_h, crossings_per_h, false_calls_per_unit_h)
    low, high = np.zeros(out.shape), out / (1.0 + calls[1])
    # More units never detect less, so that units out rise with units on the line and one number
    # fits. Sixty halvings leave the last bit; nothing of the law needs to be known.
    for _ in range(60):
        middle = (low + high) / 2.0
        enough = _with_calls(middle, detected, calls) >= out
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return plain((low + high) / 2.0)


def _calls(call_h: float, crossings_per_h: float, false_per_h: float) -> tuple[float, float]:
    """Units on calls if every crossing is detected, and on false calls for each unit on the line."""
    hours = check_non_negative(call_h, "call_h", "h")
    true = check_non_negative(crossings_per_h, "crossings_per_h", "1/h")
    false = check_non_negative(false_per_h, "false_calls_per_unit_h", "1/h")
    return hours * true, hours * false


def _with_calls(
    line: FloatArray,
    detected: Callable[[FloatArray], FloatArray | float],
    calls: tuple[float, float],
) -> FloatArray:
    true, false = calls
    return line * (1.0 + false) + true * as_probabilities(detected(line), "detected(units)")


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


def mixed(pod_by_state: npt.ArrayLike, share: npt.ArrayLike) -> FloatArray | float:
    """
    Mix probabilities over states of light (first axis) by their shares, which sum to 1.

    Probabilities are mixed, never sweep widths: half of the night at coverage 1 and half at 3.33 is
    0.798 under the random law, where the mean of the widths gives 0.885.
    """
    pods = as_probabilities(pod_by_state, "pod_by_state")
    shares = as_probabilities(share, "share")
    if shares.ndim != 1 or pods.ndim == 0 or len(pods) != len(shares):
        msg = (
            f"pod_by_state must have one row for each of the shares, got shapes {pods.shape} and "
            f"{shares.shape}"
        )
        raise ShapeMismatchError(msg)
    if abs(float(shares.sum()) - 1.0) > 1e-9:
        msg = f"share must sum to 1 over the states, got {float(shares.sum()):g}"
        raise InvalidParameterError(msg)
    return plain(mixed_unchecked(pods, shares))


def mixed_unchecked(pod_by_state: FloatArray, share: FloatArray) -> FloatArray:
    """Do what `mixed` does with arrays that are known to be right."""
    return np.asarray(np.tensordot(share, pod_by_state, axes=1))


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
