"""How units share a segment, and who watches them: what coverage detects under each law."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from borderzone._guards import (
    as_non_negative,
    as_probabilities,
    check_choice,
    check_whole,
    plain,
)
from borderzone.errors import InvalidParameterError
from borderzone.patrol.theory.search import AREA_COVERAGE, AREA_POD

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from borderzone._typing import FloatArray

__all__ = [
    "COVERAGE",
    "LAWS",
    "POD",
    "SOFT_FIRST_GAIN",
    "coverage_for",
    "detection_for",
    "missed_in_place",
    "soft_coverage_at_gain",
    "soft_exponent",
    "soft_slope_of_coverage",
]

LAWS = ("random", "memoryless", "independent", "beats", "beats_soft", "inverse_cube")


def detection_for(
    coverage: npt.ArrayLike, law: str = "random", *, units: int | None = None
) -> FloatArray | float:
    """
    POD on a segment at a coverage, by how its units go about it.

    Coverage counts all units on the segment, ``C = (m W / L) sqrt(1 + (v / u)^2)``.

    Parameters
    ----------
    coverage
        Coverage C of the segment, 0 or more.
    law
        ``"random"``: units that nobody leads. ``"memoryless"``: one-way passes at
        exponential intervals, with the same POD against who watches.
        ``"independent"``: each unit goes back and forth over the whole segment.
        ``"beats_soft"``: each keeps a beat of its own and sees less with
        distance; units that are led. Two bounds, which no patrol is:
        ``"beats"``, the same with a definite range; ``"inverse_cube"``, one-way
        passes at even spacing.
    units
        Units m on the segment; for ``"independent"`` only, since under the
        other laws coverage has counted them.

    Returns
    -------
    FloatArray or float
        Probability of detection of a crossing anywhere on the segment.

    Raises
    ------
    InvalidParameterError
        If a coverage is negative, the law is unknown, or units are missing or
        too few for independent ones.

    References
    ----------
    .. [1] Koopman, B. O. (1946). Search and Screening. OEG Report 56.
    .. [2] Wagner, D., Mylander, W., Sanders, T. (1999). Naval Operations
       Analysis, 3rd ed. Naval Institute Press.

    Examples
    --------
    >>> for law in ("random", "independent", "beats_soft", "beats"):
    ...     print(f"{law:12}{detection_for(0.764853, law, units=3):.6f}")
    random      0.534598
    independent 0.556145
    beats_soft  0.595945
    beats       0.618603
    """
    check_choice(law, "law", LAWS)
    swept = as_non_negative(coverage, "coverage")
    if law != "independent":
        return plain(POD[law](swept))
    number = _counted(units)
    if np.any(swept > number):
        most = float(swept.max())
        msg = (
            f"coverage must be {number} or less for {number} independent units, 1 for each of them, "
            f"got {most:g}; give {int(np.ceil(most))} units or more, or cut the segment into "
            "shorter ones"
        )
        raise InvalidParameterError(msg)
    return plain(_independent(swept, number))


def coverage_for(
    pod: npt.ArrayLike, law: str = "random", *, units: int | None = None
) -> FloatArray | float:
    """Coverage that a wanted POD takes: the inverse of `detection_for`, infinite where none is enough."""
    check_choice(law, "law", LAWS)
    wanted = as_probabilities(pod, "pod")
    if law == "independent":
        return plain(_independent_inverse(wanted, _counted(units)))
    with np.errstate(divide="ignore"):  # certainty takes infinite random effort
        return plain(COVERAGE[law](wanted))


def _counted(units: int | None) -> int:
    if units is None:
        msg = "law 'independent' hangs on how many units share the segment: give units=, such as 3"
        raise InvalidParameterError(msg)
    return check_whole(units, "units")


# The laws on plain arrays, unchecked: the inner loops of curves and Monte Carlo use these.


# The swept band zigzags in the frame of the crosser; what it sweeps twice near the turns is lost,
# hence the square: 1 - (1 - C / 2)^2, here as C - C^2 / 4 (Wagner, Mylander and Sanders 1999,
# barrier patrol). Nobody sees over the boundary of a beat.
def _beats(coverage: FloatArray) -> FloatArray:
    capped = np.minimum(coverage, 2.0)
    return capped * (1.0 - capped / 4.0)


def _beats_inverse(pod: FloatArray) -> FloatArray:
    # 2 (1 - sqrt(1 - P)) without the cancellation at small P.
    return np.asarray(2.0 * pod / (1.0 + np.sqrt(1.0 - pod)))


# The soft law is 1 - exp(-h) with h = C (0.95 + 0.307 C): a fit to units on neighbouring beats that
# detect by the inverse cube of the range and see over their boundaries. How far it is off is tabled
# in docs/methods.md.
_SOFT_LINEAR, _SOFT_SQUARE = 0.95, 0.307
# What the first of coverage gains under it.
SOFT_FIRST_GAIN = _SOFT_LINEAR


def soft_exponent(coverage: Any) -> Any:  # a number gives one, and an array an array
    """Exponent of the soft law at a coverage: minus the logarithm of the share missed."""
    return coverage * (_SOFT_LINEAR + _SOFT_SQUARE * coverage)


def _beats_soft(coverage: FloatArray) -> FloatArray:
    return np.asarray(-np.expm1(-soft_exponent(coverage)))


def _beats_soft_inverse(pod: FloatArray) -> FloatArray:
    # The root of the square in C, written so that nothing cancels at small P.
    exponent = AREA_COVERAGE["random"](pod)
    root = np.sqrt(_SOFT_LINEAR**2 + 4.0 * _SOFT_SQUARE * exponent)
    with np.errstate(invalid="ignore"):  # certainty: infinite over infinite
        found = 2.0 * exponent / (_SOFT_LINEAR + root)
    return np.asarray(np.where(np.isinf(exponent), np.inf, found))


def soft_coverage_at_gain(log_gain: FloatArray) -> FloatArray:
    """Coverage at which one more of it gains ``exp(log_gain)``, at most 0.95: the soft law's marginal inverse."""
    # h' exp(-h) = g with h' = 0.95 + 0.614 C. In t = h'^2 / 0.614 it is t - ln t = b, of which t > 1
    # is the root: the law is concave from C = 0, where t = 1.47. Newton's step on it falls from
    # above and doubles its digits.
    twice = 2.0 * _SOFT_SQUARE
    first = _SOFT_LINEAR**2 / twice
    b = first - np.log(first) + 2.0 * (np.log(_SOFT_LINEAR) - log_gain)
    b = np.maximum(b, first - np.log(first))
    t = b + np.log(b) + 0.5
    for _ in range(5):
        t -= (t - np.log(t) - b) * t / (t - 1.0)
    return np.asarray(np.maximum(0.0, (np.sqrt(twice * t) - _SOFT_LINEAR) / twice))


def soft_slope_of_coverage(coverage: FloatArray) -> FloatArray:
    """How fast `soft_coverage_at_gain` falls as the logarithm of the gain rises, at a coverage."""
    # ln g = ln h' - h, so that d(ln g) / dC = h'' / h' - h', below 0 as the law is concave.
    first = _SOFT_LINEAR + 2.0 * _SOFT_SQUARE * coverage
    return np.asarray(1.0 / (first - 2.0 * _SOFT_SQUARE / first))


# A unit on the whole segment passes a place at xi of it twice a round, xi and 1 - xi of the round
# apart, and detects who is on the line within C1 / 2 of a pass: it misses 1 - C1 in the middle, and
# up to 1 - C1 / 2 at the ends. Phases are independent, so that m units miss the m-th power of it;
# its mean over the segment is the sum of a middle and two ends.
def _independent(coverage: FloatArray, units: int) -> FloatArray:
    one = coverage / units
    middle = (1.0 - one) ** (units + 1)
    ends = 2.0 * ((1.0 - one / 2.0) ** (units + 1) - middle) / (units + 1)
    return np.asarray(1.0 - (middle + ends))


def _independent_inverse(pod: FloatArray, units: int) -> FloatArray:
    # At coverage 1 a unit sweeps all but the ends; beyond it the law says nothing. Halving takes 60
    # steps to the last digit and needs no start.
    low, high = np.zeros_like(pod), np.full_like(pod, float(units))
    reachable = pod <= _independent(high, units)
    for _ in range(60):
        middle = (low + high) / 2.0
        short = _independent(middle, units) < pod
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    return np.asarray(np.where(reachable, high, np.inf))


# Passes at exponential intervals are a Poisson stream, which is what random search leaves.
POD: dict[str, Callable[[FloatArray], FloatArray]] = {
    "random": AREA_POD["random"],
    "memoryless": AREA_POD["random"],
    "beats": _beats,
    "beats_soft": _beats_soft,
    "inverse_cube": AREA_POD["inverse_cube"],
}


COVERAGE: dict[str, Callable[[FloatArray], FloatArray]] = {
    "random": AREA_COVERAGE["random"],
    "memoryless": AREA_COVERAGE["random"],
    "beats": _beats_inverse,
    "beats_soft": _beats_soft_inverse,
    "inverse_cube": AREA_COVERAGE["inverse_cube"],
}


# What is missed and not what is seen: near certainty 1 - (1 - x) would lose the digits that tell
# two large forces apart.
def missed_in_place(coverage: FloatArray, law: str) -> FloatArray:
    """Turn coverage into the share that is missed, one less POD, in the same array."""
    # These two are most of a study: their exponential alone, in the array that is there.
    if law == "random":
        return np.exp(np.negative(coverage, out=coverage), out=coverage)
    if law == "beats_soft":
        # h as a completed square, which needs no second array; the constant is formed as the square
        # is, so that no coverage misses exactly 1.
        shift = np.float64(_SOFT_LINEAR / (2.0 * _SOFT_SQUARE))
        np.add(coverage, shift, out=coverage)
        np.multiply(coverage, coverage, out=coverage)
        np.subtract(shift * shift, coverage, out=coverage)
        np.multiply(coverage, _SOFT_SQUARE, out=coverage)
        return np.exp(coverage, out=coverage)
    return np.subtract(1.0, POD[law](coverage), out=coverage)
