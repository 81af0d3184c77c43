"""Every inch: the chance that posts scattered on a line leave no gap."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from fractions import Fraction

from borderzone._guards import (
    check_choice,
    check_confidence,
    check_positive,
    check_whole,
)
from borderzone.errors import LimitError

__all__ = ["no_gap_probability", "posts_for_no_gap"]

_MOST_POSTS = 1_000_000
_GUARD_DIGITS = 40
_TINY, _TINY_DIGITS = Decimal("1e-20"), 370
_ENDS = ("overhang", "on_line")


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
    """
    Fewest posts at random that leave no gap with a given probability.

    Parameters
    ----------
    probability
        Wanted probability, above 0 and below 1.
    fraction
        Share of the line that each post covers.
    closed
        As in `no_gap_probability`.
    ends
        As in `no_gap_probability`.

    Returns
    -------
    int
        Number of posts.

    Raises
    ------
    InvalidParameterError
        If the probability is not between 0 and 1 or the fraction not above 0.
    LimitError
        If it takes more than a million posts.

    Examples
    --------
    >>> posts_for_no_gap(0.5, Fraction(4, 595)), posts_for_no_gap(0.9, Fraction(4, 595))
    (1096, 1411)
    """
    check_confidence(probability, "probability")
    _, share = _checked(1, fraction, ends)

    def enough(posts: int) -> bool:
        return no_gap_probability(posts, share, closed=closed, ends=ends) >= probability

    high = 1
    while not enough(high):
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


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
    """
    Chance that all spacings of `power` + 1 on a unit line stay below their limits.

    In words: the sum over j and k of (-1)^(j + k) C(half, j) C(full, k)
    (1 - k a - j a / 2)^power, as long as the bracket is above 0.
    """
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
