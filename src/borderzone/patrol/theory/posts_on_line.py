"""Posts on a line: the share in range, what they detect, every inch of it, several looks, weak barriers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import optimize, special

from borderzone._guards import (
    as_finite,
    as_non_negative,
    as_positive,
    as_probabilities,
    broadcast,
    check_between,
    check_choice,
    check_confidence,
    check_non_negative,
    check_positive,
    check_probability,
    check_whole,
    guarded,
    plain,
    shown,
)
from borderzone.errors import InvalidParameterError, LimitError
from borderzone.patrol.theory.search import AREA_COVERAGE, AREA_POD, checked_lateral_table
from borderzone.patrol.theory.staffing import fewest, whole_units

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import numpy.typing as npt

    from borderzone._typing import FloatArray

__all__ = [
    "Standing",
    "at_least_k",
    "fixed_posts",
    "no_gap_probability",
    "posts_for_no_gap",
    "posts_for_share",
    "standing",
    "weak_barrier_ratio",
    "weak_barrier_sensors",
]

_MOST_POSTS = 1_000_000
# Digits kept beyond the largest term of Stevens' sum; a sum that all but cancels needs those of
# the smallest float.
_GUARD_DIGITS = 40
_TINY, _TINY_DIGITS = Decimal("1e-20"), 370
# Of a curve, what counts as unseen, and how many posts on a side may see one place.
_UNSEEN, _MOST_ON_A_SIDE = 1e-9, 512
_NODES_A_PIECE = 10
_ENDS = ("overhang", "on_line")
# What each spacing makes of the mean number of posts over a point.
_SPACINGS = {"regular": "exhaustive", "random": "random"}


def no_gap_probability(
    n: int, fraction: float | Fraction, *, closed: bool = True, ends: str = "overhang"
) -> float:
    """
    Chance that n posts at random on a line leave no gap between them.

    Stevens' alternating sum, with as many digits as its cancellation takes:
    the result is right to the last digit of a float.

    Parameters
    ----------
    n
        Number of posts.
    fraction
        Share of the line that each post covers; a `Fraction` is taken as it
        stands.
    closed
        Whether the line closes on itself, as in Stevens' theorem. An open
        line has two ends to cover besides.
    ends
        Where posts fall on an open line. ``"overhang"``: anywhere that their
        reach touches the line, so also just beyond its ends. ``"on_line"``:
        on the line itself.

    Returns
    -------
    float
        Probability that all of the line is covered.

    Raises
    ------
    InvalidParameterError
        If `n` is not a whole number, the fraction is not above 0, or `ends`
        is unknown.
    LimitError
        If `n` is above a million.

    References
    ----------
    .. [1] Stevens, W. L. (1939). Solution to a geometrical problem in
       probability. Annals of Eugenics 9, 315-320.
    .. [2] Noori, S., et al. (2010). On coverage of a finite path by random
       sensors. doi:10.1155/2010/716565.

    Examples
    --------
    >>> no_gap_probability(3, 0.5), no_gap_probability(4, 0.5)
    (0.25, 0.5)
    >>> from fractions import Fraction
    >>> print(round(no_gap_probability(1096, Fraction(4, 595)), 4))
    0.501
    """
    posts, share = _checked(n, fraction, ends)
    if posts == 0:
        return 0.0
    if closed:
        return _all_spacings_below(share, spacings=posts, power=posts - 1)
    if ends == "overhang":
        # Centres fall on 1 + a lengths; their n + 1 spacings on it must all stay below a.
        return _all_spacings_below(share / (1 + share), spacings=posts + 1, power=posts)
    return _all_spacings_below(share, spacings=posts - 1, power=posts, half_spacings=2)


def posts_for_no_gap(
    probability: float, fraction: float | Fraction, *, closed: bool = True, ends: str = "overhang"
) -> int:
    """Fewest posts at random that leave no gap with a given probability: how many for "every inch"."""
    check_confidence(probability, "probability")
    # The chance rises with every post, so the first that is enough is found by halving.
    _, share = _checked(1, fraction, ends)

    def enough(posts: int) -> bool:
        return no_gap_probability(posts, share, closed=closed, ends=ends) >= probability

    return fewest(enough, start=1)


def _checked(n: int, fraction: float | Fraction, ends: str) -> tuple[int, Fraction]:
    posts = check_whole(n, "n", lowest=0)
    if posts > _MOST_POSTS:
        msg = f"n must be {_MOST_POSTS:,} posts or fewer, got {posts:,}; a post covers too little"
        raise LimitError(msg)
    check_choice(ends, "ends", _ENDS)
    check_positive(fraction, "fraction", "share of the line that one post covers")
    return posts, Fraction(fraction)


def _all_spacings_below(
    share: Fraction, *, spacings: int, power: int, half_spacings: int = 0
) -> float:
    """Chance that all spacings of `power` + 1 on a unit line stay below their limits."""
    # The sum over j and k of (-1)^(j + k) C(half, j) C(full, k) (1 - k a - j a / 2)^power, as long
    # as the bracket is above 0.
    a = float(share)
    if a < 1:
        # Spacings are negatively dependent: the product of their chances is an upper bound.
        # Where even that is below the smallest float, so is the sum, and its digits are spared.
        single = power * math.log1p(-a)
        if single < 0 < spacings and spacings * math.log1p(-math.exp(single)) < -760:
            return 0.0
    if (spacings + Fraction(half_spacings, 2)) * share < 1:
        return 0.0  # all of them together do not span the line
    digits = _digits(a, spacings, power)
    rough = _alternating_sum(share, spacings, power, half_spacings, digits + _GUARD_DIGITS)
    if rough < _TINY:  # what is left after cancellation needs its own digits
        rough = _alternating_sum(share, spacings, power, half_spacings, digits + _TINY_DIGITS)
    return min(1.0, max(0.0, float(rough)))


def _alternating_sum(
    share: Fraction, spacings: int, power: int, half_spacings: int, digits: int
) -> Decimal:
    with localcontext() as context:
        context.prec = digits
        context.Emin, context.Emax = -999_999_999, 999_999_999
        total = Decimal(0)
        for j in range(half_spacings + 1):
            ends = math.comb(half_spacings, j)
            coefficient = Decimal(ends if j % 2 == 0 else -ends)
            for k in range(spacings + 1):
                rest = 1 - k * share - j * share / 2
                if rest <= 0:
                    break
                bracket = Decimal(rest.numerator) / Decimal(rest.denominator)
                total += coefficient * bracket**power
                # C(n, k + 1) from C(n, k), with the sign of the next term: no factorial of
                # thousands is ever written out.
                coefficient = -coefficient * (spacings - k) / (k + 1)
        return total


def _digits(a: float, spacings: int, power: int) -> int:
    """Digits before the point of the largest term of the alternating sum."""
    largest = 0.0
    for k in range(min(spacings, math.ceil(1 / a)) + 1):
        rest = 1 - k * a
        if rest <= 0:
            break
        size = (
            math.lgamma(spacings + 1)
            - math.lgamma(k + 1)
            - math.lgamma(spacings - k + 1)
            + power * math.log(rest)
        )
        largest = max(largest, size / math.log(10))
    return math.ceil(largest)


def fixed_posts(
    *,
    post_count: npt.ArrayLike,
    range_km: npt.ArrayLike,
    length_km: npt.ArrayLike,
    spacing: str = "regular",
) -> FloatArray | float:
    """Share of a line within range (km, both sides) of posts: evenly spaced, or scattered (Poisson)."""
    check_choice(spacing, "spacing", _SPACINGS)
    # Each post has 2 R of the line in range. Evenly spaced ranges overlap only when all is covered;
    # scattered ones leave exp(-2 R n / L) of it bare (ends of the line are left out of account).
    count, reach, length = broadcast(
        post_count=as_non_negative(post_count, "post_count"),
        range_km=as_non_negative(range_km, "range_km", "km"),
        length_km=as_positive(length_km, "length_km", "km"),
    )
    return plain(AREA_POD[_SPACINGS[spacing]](2.0 * reach * count / length))


def posts_for_share(
    share: float, *, range_km: float, length_km: float, spacing: str = "regular"
) -> int:
    """Fewest posts that have a share of a line in range."""
    check_choice(spacing, "spacing", _SPACINGS)
    wanted = check_probability(share, "share")
    posts_a_line = check_positive(length_km, "length_km", "km") / (
        2.0 * check_positive(range_km, "range_km", "km")
    )
    if spacing == "random" and wanted == 1:
        msg = (
            "share must be below 1 for scattered posts: their mean share never reaches 1; "
            "see posts_for_no_gap for the chance that no gap is left"
        )
        raise InvalidParameterError(msg)
    mean = float(AREA_COVERAGE[_SPACINGS[spacing]](np.asarray(wanted)))
    return int(whole_units(mean * posts_a_line))


@guarded
@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """
    What evenly spaced posts detect of a crossing at right angles.

    Attributes
    ----------
    mean
        Over all places between two posts.
    minimum
        At the place where least is detected.

    Examples
    --------
    >>> Standing(mean=0.8, minimum=0.6).minimum
    0.6
    """

    mean: float
    minimum: float


def standing(
    curve: Callable[[float], float] | tuple[npt.ArrayLike, npt.ArrayLike],
    spacing_km: float,
    *,
    correlation: float = 0.0,
    clip_km: float = np.inf,
    breaks_km: Iterable[float] = (),
) -> Standing:
    """
    POD of evenly spaced posts, on average and at the weakest place between them.

    It is the cap of every answer: a unit may always stand still, so that an
    answer takes the smaller of the units that a law asks for and the posts
    with the same lateral curve, mask and looks.

    Parameters
    ----------
    curve
        Lateral range curve: probability that one post detects who crosses so
        many km from it, as a function, or as a table of ranges (km) and
        probabilities, straight between its rows. One without negative ranges
        holds on both sides.
    spacing_km
        Distance between posts, on a line without end. Units: km.
    correlation
        Between posts that see one place, 0 to below 1: the k-th best misses as
        the (k + 1)-th of equal looks with that intra-class correlation would.
    clip_km
        Farthest that a post sees; needed where a function has no end.
        Units: km.
    breaks_km
        Ranges at which a function jumps or bends. Units: km.

    Returns
    -------
    Standing
        Mean and minimum.

    Raises
    ------
    InvalidParameterError
        If a number is out of range, or the curve falls too slowly without a
        clip.
    ShapeMismatchError
        If a table is none.

    References
    ----------
    .. [1] Koopman, B. O. (1946). Search and Screening. OEG Report 56.

    Examples
    --------
    >>> import math
    >>> found = standing(lambda x: 0.9 * math.exp(-(x / 0.3) ** 2 / 2), 0.5)
    >>> print(round(found.mean, 6), round(found.minimum, 4))
    0.909029 0.8778
    """
    apart = check_positive(spacing_km, "spacing_km", "km")
    alike = check_between(correlation, "correlation", 0.0, 1.0, without=(1.0,))
    far = check_positive(clip_km, "clip_km", "km", infinite=True)
    seen, reach, breaks = _lateral_curve(curve, apart, far, breaks_km)
    posts = np.arange(-int(np.ceil(reach / apart)) - 1, int(np.ceil(reach / apart)) + 1) * apart
    # Between two posts at 0 and d: pieces that shrink towards both, since curves have their peak
    # there, cut where a curve of any post jumps.
    halves = apart * 0.5 ** np.arange(1, 13)
    folded = [x % apart for b in breaks for x in (b, -b)]
    edges = np.unique(np.concatenate([[0.0, apart], halves, apart - halves, folded]))
    nodes, weights = np.polynomial.legendre.leggauss(_NODES_A_PIECE)
    half = np.diff(edges)[:, None] / 2.0
    place = (edges[:-1, None] + half * (1.0 + nodes)).ravel()
    weight = (half * weights).ravel()

    def detected(where: FloatArray) -> FloatArray:
        return _compounded(seen(where[:, None] - posts), alike)

    found = detected(place)
    at_edges = detected(edges)
    return Standing(
        mean=float(found @ weight / apart),
        minimum=_least(detected, np.append(place, edges), np.append(found, at_edges)),
    )


def _lateral_curve(
    curve: Callable[[float], float] | tuple[npt.ArrayLike, npt.ArrayLike],
    apart: float,
    clip: float,
    breaks_km: Iterable[float],
) -> tuple[Callable[[FloatArray], FloatArray], float, list[float]]:
    """Turn a function or a table into one of arrays, with how far it reaches and where it breaks."""
    if not callable(curve):
        offsets, values = checked_lateral_table(*_two_columns(curve))
        both = offsets[0] >= 0
        breaks = [float(x) for x in offsets]

        def read(where: FloatArray) -> FloatArray:
            at = np.abs(where) if both else where
            inside = np.abs(where) <= clip
            left = values[0] if both else 0.0
            return np.where(inside, np.interp(at, offsets, values, left=left, right=0.0), 0.0)

        return read, min(clip, float(np.abs(offsets).max())), breaks

    def asked(where: FloatArray) -> FloatArray:
        found = [curve(float(x)) if abs(x) <= clip else 0.0 for x in where.ravel()]
        return as_probabilities(found, "the curve").reshape(where.shape)

    reach = apart
    while reach < clip and float(asked(np.array([-reach, reach])).max()) > _UNSEEN:
        reach *= 2.0
        if reach > _MOST_ON_A_SIDE * apart:
            msg = (
                f"the curve is still above {_UNSEEN:g} at {_MOST_ON_A_SIDE} times the spacing; "
                "give clip_km, the farthest that a post sees"
            )
            raise InvalidParameterError(msg)
    breaks = [float(x) for x in as_finite(list(breaks_km), "breaks_km", "km")]
    return asked, min(clip, reach), [*breaks, *([clip] if np.isfinite(clip) else [])]


def _two_columns(curve: Any) -> tuple[Any, Any]:
    """Refuse what is neither a function nor a table."""
    if not isinstance(curve, (tuple, list)) or len(curve) != 2:
        msg = (
            "curve must be a function of the range in km, or a table (range_km, pod), got "
            f"{shown(curve)}"
        )
        raise InvalidParameterError(msg)
    return curve[0], curve[1]


def _compounded(pod: FloatArray, correlation: float) -> FloatArray:
    """POD of several looks of their own chances, one row a place, with a correlation between them."""
    # Of equal looks with a beta-binomial chance the (k + 1)-th is missed, after k misses, with
    # (b + k) / (a + b + k) = 1 - p (1 - r) / (1 - r + k r). Of unequal ones each has its own p in
    # it, the best first, which is the order that detects most: what a cap must not fall below.
    best_first = -np.sort(-pod, axis=-1)
    before = np.arange(pod.shape[-1])
    fresh = (1.0 - correlation) / (1.0 - correlation + before * correlation)
    return np.asarray(1.0 - np.prod(1.0 - best_first * fresh, axis=-1))


def _least(
    detected: Callable[[FloatArray], FloatArray], place: FloatArray, found: FloatArray
) -> float:
    """Least of a function over places that were tried, and between the two beside the best of them."""
    order = np.argsort(place)
    tried, values = place[order], found[order]
    k = int(np.argmin(values))
    low, high = tried[max(0, k - 1)], tried[min(k + 1, tried.size - 1)]
    nearer = optimize.minimize_scalar(
        lambda x: float(detected(np.array([x]))[0]), bounds=(low, high), method="bounded"
    )
    return float(min(values[k], nearer.fun))


def at_least_k(mean: npt.ArrayLike, k: int = 1) -> FloatArray | float:
    """Chance that a point is covered by at least k scattered posts or passes, of a mean number (Poisson)."""
    # P(N >= k) of a Poisson number is the regularised lower gamma function.
    wanted = check_whole(k, "k")
    return plain(np.asarray(special.gammainc(wanted, as_non_negative(mean, "mean"))))


def weak_barrier_ratio(
    sensors: npt.ArrayLike,
    *,
    range_km: float,
    length_km: float,
    awake: float = 1.0,
    k: int = 1,
    slack: float = 0.0,
) -> FloatArray | float:
    """Tell how far scattered sensors are past the threshold of a weak k-barrier, which stands at 1."""
    # Above it every perpendicular crossing meets k sensors with high probability: 2 n p r / (s ln np)
    # >= 1 + (phi + (k - 1) ln ln np) / ln np, for many sensors n, of which a share p is awake, and a
    # slowly growing phi, the slack (Kumar, Lai, Arora 2005, MobiCom).
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
    """Find the number of scattered sensors, fractional, at which `weak_barrier_ratio` passes 1."""

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
