"""Fuzzy overlay of memberships, and weights from pairwise comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from borderzone._guards import as_positive, as_probabilities, check_probability, guarded, shown
from borderzone.errors import InvalidParameterError, ShapeMismatchError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from borderzone._typing import FloatArray

__all__ = [
    "AHPWeights",
    "ahp_weights",
    "fuzzy_and",
    "fuzzy_gamma",
    "fuzzy_or",
    "fuzzy_product",
    "fuzzy_sum",
]

# Mean consistency index of random matrices of size 1, 2, 3 ... (Saaty 1980, The Analytic
# Hierarchy Process, McGraw-Hill).
_RANDOM_INDEX = (0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49)


@guarded
class AHPWeights(NamedTuple):
    """
    Weights from a matrix of pairwise comparisons.

    Attributes
    ----------
    weights
        Weight of each criterion; they sum to 1.
    lambda_max
        Principal eigenvalue; equal to the number of criteria if the
        comparisons agree with each other.
    consistency_ratio
        Departure from agreement relative to random comparisons; below 0.1 is
        taken as acceptable.
    """

    weights: FloatArray
    lambda_max: float
    consistency_ratio: float


def fuzzy_and(members: Sequence[npt.ArrayLike]) -> FloatArray:
    """
    Fuzzy AND: the smallest of the known members.

    Parameters
    ----------
    members
        Memberships from 0 to 1, numbers or arrays of one shape; NaN is
        unknown and left out.

    Returns
    -------
    FloatArray
        Membership, NaN where no member is known.

    Raises
    ------
    InvalidParameterError
        If a membership lies outside 0 to 1.

    References
    ----------
    .. [1] Bonham-Carter, G. F. (1994). Geographic Information Systems for
       Geoscientists. Pergamon, Oxford, chapter 9.

    Examples
    --------
    >>> float(fuzzy_and([0.8, 0.6, 0.4]))
    0.4
    """
    stack = _stacked(members)
    lowest = np.where(np.isnan(stack), np.inf, stack).min(axis=0)
    return np.asarray(np.where(np.isinf(lowest), np.nan, lowest))


def fuzzy_or(members: Sequence[npt.ArrayLike]) -> FloatArray:
    """
    Fuzzy OR: the largest of the known members.

    Parameters
    ----------
    members
        Memberships from 0 to 1, numbers or arrays of one shape; NaN is
        unknown and left out.

    Returns
    -------
    FloatArray
        Membership, NaN where no member is known.

    Raises
    ------
    InvalidParameterError
        If a membership lies outside 0 to 1.

    References
    ----------
    .. [1] Bonham-Carter, G. F. (1994). Geographic Information Systems for
       Geoscientists. Pergamon, Oxford, chapter 9.

    Examples
    --------
    >>> float(fuzzy_or([0.8, 0.6, 0.4]))
    0.8
    """
    stack = _stacked(members)
    highest = np.where(np.isnan(stack), -np.inf, stack).max(axis=0)
    return np.asarray(np.where(np.isinf(highest), np.nan, highest))


def fuzzy_product(
    members: Sequence[npt.ArrayLike], weights: Sequence[float] | None = None
) -> FloatArray:
    """
    Fuzzy algebraic product of the known members.

    Parameters
    ----------
    members
        Memberships from 0 to 1, numbers or arrays of one shape; NaN is
        unknown and left out.
    weights
        Weight of each member, used as exponents after scaling so that those
        of the known members sum to their number. All equal when left out.

    Returns
    -------
    FloatArray
        Membership, NaN where no member is known.

    Raises
    ------
    InvalidParameterError
        If a membership lies outside 0 to 1 or a weight is not above 0.
    ShapeMismatchError
        If there is not one weight a member.

    References
    ----------
    .. [1] Bonham-Carter, G. F. (1994). Geographic Information Systems for
       Geoscientists. Pergamon, Oxford, chapter 9.

    Examples
    --------
    >>> round(float(fuzzy_product([0.8, 0.6, 0.4])), 6)
    0.192
    """
    stack = _stacked(members)
    known = ~np.isnan(stack)
    factors = np.where(known, stack, 1.0)
    exponents = _exponents(known, weights)
    if exponents is not None:
        factors **= exponents
    product = factors.prod(axis=0)
    return np.asarray(np.where(known.any(axis=0), product, np.nan))


def fuzzy_sum(
    members: Sequence[npt.ArrayLike], weights: Sequence[float] | None = None
) -> FloatArray:
    """
    Fuzzy algebraic sum of the known members.

    Parameters
    ----------
    members
        Memberships from 0 to 1, numbers or arrays of one shape; NaN is
        unknown and left out.
    weights
        Weight of each member, as in `fuzzy_product`.

    Returns
    -------
    FloatArray
        Membership, NaN where no member is known.

    Raises
    ------
    InvalidParameterError
        If a membership lies outside 0 to 1 or a weight is not above 0.
    ShapeMismatchError
        If there is not one weight a member.

    References
    ----------
    .. [1] Bonham-Carter, G. F. (1994). Geographic Information Systems for
       Geoscientists. Pergamon, Oxford, chapter 9.

    Examples
    --------
    >>> round(float(fuzzy_sum([0.8, 0.6, 0.4])), 6)
    0.952
    """
    return 1.0 - fuzzy_product([1.0 - np.asarray(m, dtype=np.float64) for m in members], weights)


def fuzzy_gamma(
    members: Sequence[npt.ArrayLike], gamma: float, weights: Sequence[float] | None = None
) -> FloatArray:
    """
    Fuzzy gamma: algebraic sum to the power gamma times product to the rest.

    Between the product (`gamma` 0: every member must be high) and the sum
    (`gamma` 1: one high member is enough).

    Parameters
    ----------
    members
        Memberships from 0 to 1, numbers or arrays of one shape; NaN is
        unknown and left out.
    gamma
        Compromise between product and sum, 0 to 1.
    weights
        Weight of each member, as in `fuzzy_product`.

    Returns
    -------
    FloatArray
        Membership, NaN where no member is known.

    Raises
    ------
    InvalidParameterError
        If `gamma` or a membership lies outside 0 to 1, or a weight is not
        above 0.
    ShapeMismatchError
        If there is not one weight a member.

    References
    ----------
    .. [1] Zimmermann, H.-J. and Zysno, P. (1980). Latent connectives in human
       decision making. Fuzzy Sets and Systems 4, 37-51.

    Examples
    --------
    >>> round(float(fuzzy_gamma([0.8, 0.6, 0.4], 0.75)), 6)
    0.637974

    Weights enter as exponents; only their ratio counts:

    >>> round(float(fuzzy_gamma([0.8, 0.6, 0.4], 0.75, weights=[1, 1, 2])), 6)
    0.585327
    """
    power = check_probability(gamma, "gamma")
    total = np.clip(fuzzy_sum(members, weights), 0.0, 1.0)
    return np.asarray(total**power * fuzzy_product(members, weights) ** (1.0 - power))


def ahp_weights(matrix: Any) -> AHPWeights:
    """
    Weigh criteria by pairwise comparison, as the principal eigenvector.

    Parameters
    ----------
    matrix
        How many times the criterion of the row counts more than that of the
        column; positive and reciprocal, of 1 to 10 criteria.

    Returns
    -------
    AHPWeights
        Weights, principal eigenvalue and consistency ratio.

    Raises
    ------
    InvalidParameterError
        If the matrix is not square, not positive or not reciprocal.

    References
    ----------
    .. [1] Saaty, T. L. (1980). The Analytic Hierarchy Process. McGraw-Hill,
       New York.

    Examples
    --------
    >>> ahp = ahp_weights([[1, 3, 5], [1 / 3, 1, 3], [1 / 5, 1 / 3, 1]])
    >>> ahp.weights.round(4), round(ahp.consistency_ratio, 4)
    (array([0.637 , 0.2583, 0.1047]), 0.0332)
    """
    try:
        a = np.asarray(matrix, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        msg = f"comparisons must be numbers in a square matrix, got {shown(matrix)}"
        raise InvalidParameterError(msg) from error
    if a.ndim != 2 or a.shape[0] != a.shape[1] or not 1 <= len(a) <= len(_RANDOM_INDEX):
        msg = f"comparisons must be a square matrix of 1 to 10 criteria, got shape {a.shape}"
        raise InvalidParameterError(msg)
    if not (np.isfinite(a).all() and (a > 0).all() and np.allclose(a * a.T, 1.0, atol=1e-3)):
        msg = "comparisons must be positive, and each the reciprocal of its mirror image"
        raise InvalidParameterError(msg)
    values, vectors = np.linalg.eig(a)
    largest = int(values.real.argmax())
    weights = np.abs(vectors[:, largest].real)
    n, lambda_max = len(a), float(values[largest].real)
    # One or two reciprocal criteria always agree.
    ratio = (lambda_max - n) / (n - 1) / _RANDOM_INDEX[n - 1] if n > 2 else 0.0
    return AHPWeights(weights / weights.sum(), lambda_max, float(ratio))


def _stacked(members: Sequence[npt.ArrayLike]) -> FloatArray:
    if len(members) == 0:
        msg = "give at least one membership"
        raise InvalidParameterError(msg)
    known = [as_probabilities(member, "memberships", missing=True) for member in members]
    try:
        stack = np.stack(np.broadcast_arrays(*known))
    except ValueError as error:
        msg = f"memberships must share one shape, got {[np.shape(m) for m in members]}"
        raise ShapeMismatchError(msg) from error
    return stack


def _exponents(known: Any, weights: Sequence[float] | None) -> FloatArray | None:
    """Scale weights to the number of known members; None if all are 1 then."""
    if weights is None:
        return None
    n = known.shape[0]
    raw = as_positive(weights, "weights", "leave a member out instead")
    if raw.shape != (n,):
        msg = f"there are {n} memberships but {raw.size} weights"
        raise ShapeMismatchError(msg)
    if (raw == raw[0]).all():
        return None
    columns = raw.reshape((n,) + (1,) * (known.ndim - 1))
    total = (columns * known).sum(axis=0)
    return np.asarray(columns * known.sum(axis=0) / np.where(total > 0, total, 1.0))
