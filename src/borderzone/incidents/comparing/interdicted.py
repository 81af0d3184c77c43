"""From interdictions to their probability: a curve with a band, since nobody publishes the count."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from borderzone._guards import as_non_negative, check_non_negative, guarded
from borderzone.errors import InvalidParameterError
from borderzone.incidents.comparing.crossings import ARTICLE_ESTIMATE, CrossingEstimate

if TYPE_CHECKING:
    import numpy.typing as npt


__all__ = ["InterdictionBand", "interdiction_band", "interdiction_curve"]

_WHY = (
    "those who got through are an estimate and those who were stopped are not published, so the "
    "probability of interdiction cannot be known from the estimate alone"
)
# From hardly anybody stopped to nearly everybody, with the round numbers people ask about.
_INTERDICTED = (0, 10, 30, 100, 200, 300, 500, 700, 1000, 1500, 2000, 3000, 4000, 6000, 9000, 19000)


@guarded
class InterdictionBand(NamedTuple):
    """
    Where the probability of interdiction lies, if so many were stopped.

    There is no middle on purpose: the number who got through is a judgement.

    Attributes
    ----------
    low, high
        Ends of the band of the probability.
    attempts_low, attempts_high
        Ends of the band of people who tried, over the period.
    interdicted
        The supposed number of people stopped.
    confidence
        Probability that the band holds the truth, if the supposed number is right.
    """

    low: float
    high: float
    attempts_low: float
    attempts_high: float
    interdicted: float
    confidence: float


def interdiction_curve(
    interdicted: npt.ArrayLike | None = None,
    *,
    estimate: CrossingEstimate = ARTICLE_ESTIMATE,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """
    Give the probability of interdiction for every supposed number of interdictions.

    With I people stopped and N who got through, ``p = I / (I + N)`` and the
    attempts are ``I + N = N / (1 - p)``. N is a judgement, so each point has
    the band of its prior; I is not published, so the answer is the curve and
    never one of its points.

    Parameters
    ----------
    interdicted
        Supposed numbers of people stopped over the period, two or more; None
        for a spread from none to 19,000.
    estimate
        Who is said to have got through.
    confidence
        Probability that a band holds the truth, if the supposed number is right.

    Returns
    -------
    pandas.DataFrame
        A row a number: interdicted; p_interdiction, p_low, p_high; attempts,
        attempts_low, attempts_high; attempts_per_day. ``attrs`` holds why
        (why there is no point), source and confidence.

    Raises
    ------
    InvalidParameterError
        If only one number is given, or one is negative, not finite or no number.

    References
    ----------
    .. [1] Loveluck, L., Salim, M. (2019). ISIS militants returning to Iraq to
       continue fight. The Washington Post, 21 July 2019.

    Examples
    --------
    >>> curve = interdiction_curve([100, 500, 1000, 4000, 9000])
    >>> curve[["interdicted", "p_interdiction", "p_low", "p_high"]].round(4)
       interdicted  p_interdiction   p_low  p_high
    0        100.0          0.0909  0.0476  0.1667
    1        500.0          0.3333  0.2000  0.5000
    2       1000.0          0.5000  0.3333  0.6667
    3       4000.0          0.8000  0.6667  0.8889
    4       9000.0          0.9000  0.8182  0.9474
    """
    stopped = as_non_negative(
        _INTERDICTED if interdicted is None else interdicted, "interdicted", "people"
    )
    if stopped.ndim != 1 or stopped.size < 2:
        msg = (
            f"interdicted must be a list of two or more supposed numbers, got {interdicted!r}: {_WHY}; "
            "the answer is a curve. interdiction_band gives the band at one number"
        )
        raise InvalidParameterError(msg)
    low, high = estimate.band(confidence)
    attempts = stopped + estimate.people
    curve = pd.DataFrame(
        {
            "interdicted": stopped,
            "p_interdiction": stopped / attempts,
            "p_low": stopped / (stopped + high),
            "p_high": stopped / (stopped + low),
            "attempts": attempts,
            "attempts_low": stopped + low,
            "attempts_high": stopped + high,
            "attempts_per_day": attempts / estimate.days,
        }
    )
    curve.attrs.update(why=_WHY, source=estimate.source, confidence=confidence)
    return curve


def interdiction_band(
    interdicted: float | None = None,
    *,
    estimate: CrossingEstimate = ARTICLE_ESTIMATE,
    confidence: float = 0.95,
) -> InterdictionBand:
    """
    Give the band of the probability of interdiction for one number of interdictions.

    Parameters
    ----------
    interdicted
        People stopped over the period of the estimate: the caller's own
        number. Without one there is nothing to compute.
    estimate
        Who is said to have got through.
    confidence
        Probability that the band holds the truth, if the number is right.

    Returns
    -------
    InterdictionBand
        A band without a middle.

    Raises
    ------
    InvalidParameterError
        If no number is given, or it is negative, not finite or no number.

    Examples
    --------
    >>> band = interdiction_band(1000)
    >>> round(band.low, 4), round(band.high, 4)
    (0.3333, 0.6667)
    """
    if interdicted is None:
        msg = (
            f"there is no one probability of interdiction: {_WHY}. Use interdiction_curve, or pass "
            "interdicted= with a number of your own for a band"
        )
        raise InvalidParameterError(msg)
    stopped = check_non_negative(interdicted, "interdicted", "people")
    low, high = estimate.band(confidence)
    return InterdictionBand(
        low=stopped / (stopped + high),
        high=stopped / (stopped + low),
        attempts_low=stopped + low,
        attempts_high=stopped + high,
        interdicted=stopped,
        confidence=confidence,
    )
