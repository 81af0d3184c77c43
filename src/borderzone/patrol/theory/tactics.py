"""How units share a segment, and who watches them: what coverage detects under each law."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import interpolate

from borderzone._guards import (
    as_non_negative,
    as_positive,
    as_probabilities,
    broadcast,
    check_choice,
    check_flag,
    check_whole,
    plain,
)
from borderzone._kernels.unit_counts import SOFT_EXPONENT
from borderzone.errors import InvalidParameterError
from borderzone.patrol.theory import soft_beats
from borderzone.patrol.theory.search import AREA_COVERAGE, AREA_POD

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from borderzone._typing import FloatArray

__all__ = [
    "COVERAGE",
    "LAWS",
    "OPPONENTS",
    "POD",
    "SOFT_FIRST_GAIN",
    "coverage_against",
    "coverage_for",
    "detection_against",
    "detection_for",
    "missed_in_place",
    "pod_against",
    "soft_coverage_at_gain",
    "soft_exponent",
    "soft_slope_of_coverage",
    "weakest_place",
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
    number = _counted(units, law)
    if law != "independent":
        return plain(POD[law](swept))
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
        return plain(_independent_inverse(wanted, _counted(units, law)))
    with np.errstate(divide="ignore"):  # certainty takes infinite random effort
        return plain(COVERAGE[law](wanted))


def _counted(units: int | None, law: str) -> int:
    """Check units, which one law alone hangs on: what no law would look at is no number either."""
    if units is None and law != "independent":
        return 1
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
# detect by the inverse cube of the range and see over their boundaries. How far it is off, and by
# how much it is too hopeful where nobody looks over, stands in docs/explanation/methods/patrol.md.
_SOFT_LINEAR, _SOFT_SQUARE = SOFT_EXPONENT
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
    """Coverage at which one more of it gains ``exp(log_gain)``, none from 0.95 on: the soft law's marginal inverse."""
    # The gain h' exp(-h) falls from 0.95 by the factor exp(-d), where d is convex in C and rises:
    # d = h - ln(1 + q C), q = h'' / h' at 0. A parabola that has its slope and bend at no coverage
    # and its bend at a large one starts within 6 %; three of Newton's steps leave 2e-13.
    q = 2.0 * _SOFT_SQUARE / _SOFT_LINEAR
    d = np.maximum(np.log(SOFT_FIRST_GAIN) - log_gain, 0.0)
    slope, bend = _SOFT_LINEAR - q, _SOFT_SQUARE + q * q / 2.0 / (1.0 + d / 2.0)
    found = 2.0 * d / (slope + np.sqrt(slope**2 + 4.0 * bend * d))
    for _ in range(3):
        first = _SOFT_LINEAR + 2.0 * _SOFT_SQUARE * found
        off = soft_exponent(found) - np.log1p(q * found) - d
        found -= off / (first - 2.0 * _SOFT_SQUARE / first)
    return np.asarray(np.maximum(found, 0.0))


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


# What a crosser knows who watches. Blind: nothing. Last pass: at the place where he happens to be he
# lets the unit of that beat pass, waits until it goes the long way, and is on the line as it turns at
# the far end; of other units he knows nothing. Informed: he knows all units, and picks time and place.
OPPONENTS = ("blind", "last_pass", "informed")


def detection_against(
    coverage: npt.ArrayLike,
    law: str = "random",
    opponent: str = "blind",
    *,
    speed_ratio: npt.ArrayLike,
    units: int | None = None,
) -> FloatArray | float:
    """
    POD on a segment against a crosser who may have watched the units.

    Parameters
    ----------
    coverage
        Coverage C of the segment, 0 or more.
    law
        As in `detection_for`.
    opponent
        ``"blind"``: crosses anywhere at any time. ``"last_pass"``: anywhere, but
        in the middle of the longer time between two passes of the unit whose
        beat it is. ``"informed"``: knows all units, and picks time and place.
        Who picks the time alone meets what the last pass is met with.
    speed_ratio
        Speed of the patrol over that of the crosser, above 0; it matters to
        led units only.
    units
        Units on the segment, for ``"independent"``.

    Returns
    -------
    FloatArray or float
        Probability of detection. Random and memoryless units give nothing
        away; of led units it is read off a table, to 0.001.

    Raises
    ------
    InvalidParameterError
        If a number is out of range, a word is unknown, or nothing is known of
        that law against that opponent.

    References
    ----------
    .. [1] Lin, K. Y. (2019). Optimal patrol of a perimeter. arXiv 1905.03600.

    Examples
    --------
    >>> for opponent in OPPONENTS:
    ...     print(f"{opponent:10}{detection_against(1.5, 'beats_soft', opponent, speed_ratio=5):.2f}")
    blind     0.88
    last_pass 0.68
    informed  0.56
    >>> detection_against(1.5, "beats", "last_pass", speed_ratio=5)
    0.5
    """
    return _checked_answer(coverage, law, opponent, speed_ratio, units, "anywhere")


def weakest_place(
    coverage: npt.ArrayLike,
    law: str = "random",
    *,
    speed_ratio: npt.ArrayLike,
    opponent: str = "blind",
    neighbours: bool = True,
    units: int | None = None,
) -> FloatArray | float:
    """
    POD at the place of a segment where least is detected: "every inch".

    Parameters
    ----------
    coverage
        Coverage C of the segment, 0 or more.
    law
        As in `detection_for`. Random, memoryless and evenly spaced passes have
        no weak place; independent units have theirs at the ends, units on
        beats near the boundary.
    speed_ratio
        Speed of the patrol over that of the crosser, above 0.
    opponent
        As in `detection_against`.
    neighbours
        Whether units keep beats on both sides and see over the boundary, or
        the beat ends where nobody else is.
    units
        Units on the segment, for ``"independent"``.

    Returns
    -------
    FloatArray or float
        Probability of detection: exact for definite ranges up to a coverage of
        1.68, and at most 0.003 too much above it; of led units read off a
        table, to 0.001.

    Raises
    ------
    InvalidParameterError
        If a number is out of range, a word is unknown, or nothing is known of
        that law against that opponent.

    References
    ----------
    .. [1] Wagner, D., Mylander, W., Sanders, T. (1999). Naval Operations
       Analysis, 3rd ed. Naval Institute Press.

    Examples
    --------
    >>> one = {"law": "beats_soft", "speed_ratio": 5}
    >>> print(round(weakest_place(1.0, **one), 3), round(weakest_place(1.0, **one, neighbours=False), 3))
    0.647 0.461
    """
    check_flag(neighbours, "neighbours")
    place = "weakest" if neighbours else "end"
    return _checked_answer(coverage, law, opponent, speed_ratio, units, place)


def _checked_answer(
    coverage: npt.ArrayLike,
    law: str,
    opponent: str,
    speed_ratio: npt.ArrayLike,
    units: int | None,
    place: str,
) -> FloatArray | float:
    check_choice(law, "law", LAWS)
    check_choice(opponent, "opponent", OPPONENTS)
    swept, ratio = broadcast(
        coverage=as_non_negative(coverage, "coverage"),
        speed_ratio=as_positive(speed_ratio, "speed_ratio"),
    )
    number = _counted(units, law)
    if law != "independent":
        return plain(pod_against(swept, law, opponent, ratio, place=place))
    # The unit that he saw pass misses him, since one alone never covers the longer time between
    # two passes; the others are left, as if he were blind.
    left = number - (opponent == "last_pass")
    _answerable(law, opponent)
    blind = np.asarray(detection_for(swept, law, units=units))
    one = swept / number
    if place != "anywhere":
        return plain(1.0 - (1.0 - one / 2.0) ** left)
    return plain(
        blind if opponent == "blind" else _independent(one * left, left) if left else 0.0 * one
    )


# Laws and opponents of which nothing is known here: each of several independent units would be met
# at another time, and passes at even spacing come by a way that the law does not know.
_UNANSWERED = {
    ("independent", "informed"): "use law='memoryless', or 'last_pass' for what one pass tells",
    ("inverse_cube", "last_pass"): "it is a bound: use law='beats_soft'",
    ("inverse_cube", "informed"): "it is a bound: use law='beats_soft'",
}


def _answerable(law: str, opponent: str) -> None:
    if (law, opponent) in _UNANSWERED:
        msg = (
            f"what law {law!r} detects of an opponent {opponent!r} is not known; "
            f"{_UNANSWERED[law, opponent]}"
        )
        raise InvalidParameterError(msg)


def pod_against(
    coverage: FloatArray,
    law: str,
    opponent: str,
    speed_ratio: FloatArray,
    *,
    place: str = "anywhere",
) -> FloatArray:
    """POD on plain arrays, unchecked, anywhere, at the ``"weakest"`` place or at an ``"end"``; all but independent units."""
    _answerable(law, opponent)
    if law == "beats":
        return _beats_against(coverage, opponent, speed_ratio, place)
    if law == "beats_soft":
        return _soft_against(coverage, opponent, speed_ratio, place)
    return POD[law](coverage)


def coverage_against(
    target: float,
    law: str,
    opponent: str,
    speed_ratio: FloatArray,
    *,
    place: str = "anywhere",
    seen: FloatArray | None = None,
) -> FloatArray:
    """Coverage that a POD takes at each speed ratio: the inverse of `pod_against`, infinite where none is enough."""
    # seen: what others see there already, so that only the rest of the target is wanted.
    if seen is not None and seen.any():
        return _coverage_beside(target, law, opponent, speed_ratio, place=place, seen=seen)
    # Found on a grid of speed ratios and read off between them, to 0.2 %, for an answer has one for
    # each segment and draw. POD never falls with coverage, so that halving finds it.
    ratio = np.asarray(speed_ratio, dtype=np.float64)
    _answerable(law, opponent)
    if law not in {"beats", "beats_soft"} or (opponent, place) == ("blind", "anywhere"):
        return np.full_like(ratio, float(coverage_for(target, law)))
    if target <= 0.0 or (target >= 1.0 and law == "beats_soft"):  # certainty is a bound's alone
        return np.full_like(ratio, 0.0 if target <= 0.0 else np.inf)
    angle = np.arctan(ratio)
    if ratio.size > _GRID:
        return np.asarray(np.interp(angle, *_coverages_on_grid(target, law, opponent, place)))
    few = np.unique(angle)
    return np.asarray(np.interp(angle, few, _coverages(few, target, law, opponent, place)))


def _coverage_beside(
    target: float,
    law: str,
    opponent: str,
    speed_ratio: FloatArray,
    *,
    place: str,
    seen: FloatArray,
) -> FloatArray:
    alone = coverage_against(target, law, opponent, speed_ratio, place=place)
    left = np.where(seen < target, (target - seen) / np.maximum(1.0 - seen, 1e-300), 0.0)
    beside = (seen > 0.0) & (left > 0.0)
    found = np.where(seen > 0.0, 0.0, alone)
    # Less is wanted than alone, so that halving starts there; where none is enough alone, at the most.
    ratio, wanted = np.broadcast_to(speed_ratio, found.shape)[beside], left[beside]
    high = np.minimum(np.broadcast_to(alone, found.shape)[beside] * 1.01, _MOST_COVERAGE)
    low, most = np.zeros_like(high), high
    for _ in range(50):
        middle = (low + high) / 2.0
        short = pod_against(middle, law, opponent, ratio, place=place) < wanted
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    never = pod_against(most, law, opponent, ratio, place=place) < wanted
    found[beside] = np.where(never, np.inf, high)
    return found


@cache
def _coverages_on_grid(
    target: float, law: str, opponent: str, place: str
) -> tuple[FloatArray, FloatArray]:
    """Coverage that a POD takes at even angles, which every answer reads off again."""
    angle = np.linspace(0.0, np.pi / 2.0, _GRID)
    return angle, _coverages(angle, target, law, opponent, place)


def _coverages(angle: FloatArray, target: float, law: str, opponent: str, place: str) -> FloatArray:
    grid = np.tan(angle)
    low, high = np.zeros_like(angle), np.full_like(angle, _MOST_COVERAGE)
    for _ in range(70):
        middle = (low + high) / 2.0
        short = pod_against(middle, law, opponent, grid, place=place) < target
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    return high


# Places of the grid, and a coverage at which all that can be seen is.
_GRID, _MOST_COVERAGE = 2049, 1024.0


def _across(speed_ratio: FloatArray) -> FloatArray:
    """Cosine of the angle at which a unit runs among the crossers: 1 for one that stands."""
    return np.asarray(np.cos(np.arctan(speed_ratio)))


def _beats_against(
    coverage: FloatArray, opponent: str, speed_ratio: FloatArray, place: str
) -> FloatArray:
    # A definite range covers a gap between passes or not. At a place the longer gap is that to the
    # far end, at the end of a beat it is the whole round, which takes a coverage of 2.
    if opponent == "informed" or (opponent == "last_pass" and place != "anywhere"):
        return np.where(coverage >= 2.0, 1.0, 0.0)
    if opponent == "last_pass":
        return np.asarray(np.clip(coverage - 1.0, 0.0, 1.0))
    own = np.minimum(coverage, 2.0) / 2.0
    if place == "end":
        return np.asarray(own)
    mean = _beats(coverage)
    if place == "anywhere":
        return mean
    # Between two beats the units of both look over the boundary: on it as much is missed as on
    # average. One range farther in the own unit is alone, and not yet far from its turn.
    alone = coverage / 2.0 * _across(speed_ratio)
    return np.minimum(mean, np.minimum(1.0, alone + np.minimum(own, np.maximum(0.0, 1.0 - alone))))


def _soft_against(
    coverage: FloatArray, opponent: str, speed_ratio: FloatArray, place: str
) -> FloatArray:
    if opponent == "blind" and place == "anywhere":
        return _beats_soft(coverage)
    informed, alone, tables = _soft_tables()
    # Beyond the table nothing changes any more: its ends stand for what is farther.
    slowest, fastest = soft_beats.SPEED_RATIOS[0], soft_beats.SPEED_RATIOS[-1]
    across = _across(np.clip(speed_ratio, slowest, fastest))
    if place == "end" and opponent != "blind":
        return np.asarray(-np.expm1(-(coverage**2) * alone(across)))
    if opponent == "informed":
        return np.asarray(-np.expm1(-(coverage**2) * informed(across)))
    most = soft_beats.COVERAGES[-1]
    read = tables[opponent, place].ev(across, np.minimum(coverage, most))
    exponent = coverage * np.maximum(read, 0.0)  # a smooth table may dip below its first point
    # The law is a fit and the tables are not: never more than the law.
    return np.asarray(np.minimum(-np.expm1(-exponent), _beats_soft(coverage)))


@cache
def _soft_tables() -> tuple[Any, Any, dict[tuple[str, str], Any]]:
    """Tables of led units, smooth between their points, by how nearly the unit runs across the crosser's way."""
    across = _across(np.array(soft_beats.SPEED_RATIOS))
    order = np.argsort(across)
    tables = {
        ("blind", "weakest"): soft_beats.WEAKEST,
        ("blind", "end"): soft_beats.WEAKEST_ALONE,
        ("last_pass", "anywhere"): soft_beats.LAST_PASS,
        ("last_pass", "weakest"): soft_beats.WEAKEST_LAST_PASS,
    }
    informed, alone = (
        interpolate.PchipInterpolator(across[order], np.array(values)[order])
        for values in (soft_beats.INFORMED, soft_beats.INFORMED_ALONE)
    )
    return (
        informed,
        alone,
        {
            key: interpolate.RectBivariateSpline(
                across[order], soft_beats.COVERAGES, np.array(values)[order]
            )
            for key, values in tables.items()
        },
    )
