"""Guards shared by the hot-spot statistics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from borderzone.errors import InvalidParameterError, ShapeMismatchError

if TYPE_CHECKING:
    from borderzone._typing import FloatArray

__all__ = ["as_counts", "as_points", "check_permutations", "check_rising"]


def as_counts(values: Any, name: str) -> FloatArray:
    """
    Take counts of places, one set of them or imputed ones.

    Parameters
    ----------
    values
        Numbers, shape ``(n,)`` or ``(draws, n)``.
    name
        Their name, for the message.

    Returns
    -------
    FloatArray
        The same as float64.

    Raises
    ------
    InvalidParameterError
        If one is not a finite number, 0 or more, or there is none.
    """
    array = _numbers(values, name)
    if array.ndim not in (1, 2) or array.size == 0:
        msg = f"{name} must have shape (n,) or (draws, n), n above 0, got shape {array.shape}"
        raise InvalidParameterError(msg)
    bad = ~(np.isfinite(array) & (array >= 0))
    if bad.any():
        msg = f"{name} must be finite numbers, 0 or more, got {array[bad][0]}"
        raise InvalidParameterError(msg)
    return array


def as_points(values: Any, name: str) -> FloatArray:
    """
    Take positions in a plane; rows with NaN are left out by the caller.

    Parameters
    ----------
    values
        Numbers, shape ``(n, 2)``. Units: km.
    name
        Their name, for the message.

    Returns
    -------
    FloatArray
        The same as float64.

    Raises
    ------
    ShapeMismatchError
        If the shape is another.
    InvalidParameterError
        If it does not hold numbers, or one is infinite.
    """
    array = _numbers(values, name)
    if array.ndim != 2 or array.shape[1] != 2:
        msg = f"{name} must have shape (n, 2), x and y in km, got shape {array.shape}"
        raise ShapeMismatchError(msg)
    if np.isinf(array).any():
        msg = f"{name} must be finite, got an infinite coordinate"
        raise InvalidParameterError(msg)
    return array


def check_permutations(permutations: Any) -> int:
    """
    Refuse a number of permutations that is not a whole number above 18.

    Parameters
    ----------
    permutations
        The number.

    Returns
    -------
    int
        The same number.

    Raises
    ------
    InvalidParameterError
        If it is not; with fewer than 19 no p can be at most 0.05.
    """
    whole = isinstance(permutations, (int, np.integer)) and not isinstance(permutations, bool)
    if not whole or permutations < 19:
        msg = f"permutations must be a whole number, 19 or more, got {permutations!r}"
        raise InvalidParameterError(msg)
    return int(permutations)


def check_rising(values: Any, name: str, unit: str, *, from_zero: bool = False) -> FloatArray:
    """
    Refuse radii or band edges that are not finite, positive and rising.

    Parameters
    ----------
    values
        Numbers.
    name
        Their name, for the message.
    unit
        Their unit, for the message.
    from_zero
        Whether the first may be 0.

    Returns
    -------
    FloatArray
        The same as float64, shape ``(n,)``.

    Raises
    ------
    InvalidParameterError
        If they are not.
    """
    array = np.atleast_1d(_numbers(values, name))
    if array.ndim != 1 or array.size == 0:
        msg = f"{name} must be a list of numbers ({unit}), got shape {array.shape}"
        raise InvalidParameterError(msg)
    low_ok = array[0] >= 0 if from_zero else array[0] > 0
    if not (np.isfinite(array).all() and low_ok and (np.diff(array) > 0).all()):
        least = "0 or more" if from_zero else "above 0"
        msg = f"{name} must be finite, {least} and rising ({unit}), got {array.tolist()}"
        raise InvalidParameterError(msg)
    return array


def _numbers(values: Any, name: str) -> FloatArray:
    try:
        array = np.asarray(values)
        # Strings and truth values would turn into numbers without a word.
        if array.dtype.kind in "fiuO":
            return np.array(array, dtype=float)
    except (TypeError, ValueError, OverflowError):
        pass
    msg = f"{name} must be numbers, got {_short(values)}"
    raise InvalidParameterError(msg)


def _short(values: Any) -> str:
    text = " ".join(repr(values).split())
    return text if len(text) <= 60 else text[:57] + "..."
