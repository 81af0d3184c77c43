"""Numbers in, numbers out: one guard and one return rule for every closed form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from borderzone.errors import InvalidParameterError, ShapeMismatchError

if TYPE_CHECKING:
    import numpy.typing as npt

    from borderzone._typing import FloatArray

__all__ = ["above_zero", "broadcast", "plain", "probability", "whole_number", "zero_or_more"]


def zero_or_more(value: npt.ArrayLike, name: str, unit: str = "") -> FloatArray:
    """
    Refuse anything but finite numbers, 0 or more.

    Parameters
    ----------
    value
        A number or an array of them.
    name
        Its name, for the message.
    unit
        Its unit, for the message.

    Returns
    -------
    FloatArray
        The same numbers as float64.

    Raises
    ------
    InvalidParameterError
        If one is negative, NaN, infinite or not a number.
    """
    array = _floats(value, name)
    _refuse(array, ~(np.isfinite(array) & (array >= 0)), f"{name} must be 0 or more", unit)
    return array


def above_zero(value: npt.ArrayLike, name: str, unit: str = "") -> FloatArray:
    """
    Refuse anything but finite numbers above 0.

    Parameters
    ----------
    value
        A number or an array of them.
    name
        Its name, for the message.
    unit
        Its unit, for the message.

    Returns
    -------
    FloatArray
        The same numbers as float64.

    Raises
    ------
    InvalidParameterError
        If one is zero, negative, NaN, infinite or not a number.
    """
    array = _floats(value, name)
    _refuse(array, ~(np.isfinite(array) & (array > 0)), f"{name} must be above 0", unit)
    return array


def probability(value: npt.ArrayLike, name: str) -> FloatArray:
    """
    Refuse anything but numbers from 0 to 1.

    Parameters
    ----------
    value
        A number or an array of them.
    name
        Its name, for the message.

    Returns
    -------
    FloatArray
        The same numbers as float64.

    Raises
    ------
    InvalidParameterError
        If one is below 0, above 1, NaN or not a number.
    """
    array = _floats(value, name)
    _refuse(array, ~((array >= 0) & (array <= 1)), f"{name} must lie between 0 and 1", "")
    return array


def whole_number(value: float, name: str, *, lowest: int = 0) -> int:
    """
    Refuse anything but a whole number that is large enough.

    Parameters
    ----------
    value
        The number.
    name
        Its name, for the message.
    lowest
        The smallest number allowed.

    Returns
    -------
    int
        The same number.

    Raises
    ------
    InvalidParameterError
        If it has a fraction, is too small or is not a number.
    """
    number = _floats(value, name)
    if number.ndim or not np.isfinite(number) or number != np.floor(number) or number < lowest:
        msg = f"{name} must be a whole number, {lowest} or more, got {value!r}"
        raise InvalidParameterError(msg)
    return int(number)


def broadcast(**arrays: FloatArray) -> list[FloatArray]:
    """
    Bring arrays to one shape, or say which of them do not fit.

    Parameters
    ----------
    **arrays
        The arrays by name.

    Returns
    -------
    list of FloatArray
        The arrays in one shape, in the order given.

    Raises
    ------
    ShapeMismatchError
        If their shapes cannot be brought together.
    """
    try:
        return list(np.broadcast_arrays(*arrays.values()))
    except ValueError as error:
        shapes = ", ".join(f"{name} {np.shape(array)}" for name, array in arrays.items())
        msg = f"the arrays do not fit together: {shapes}; give numbers or arrays of one shape"
        raise ShapeMismatchError(msg) from error


def plain(result: FloatArray) -> FloatArray | float:
    """
    Return a float for a scalar result and the array for any other.

    Parameters
    ----------
    result
        What was computed.

    Returns
    -------
    FloatArray or float
        The same numbers.
    """
    return float(result) if np.ndim(result) == 0 else np.asarray(result)


def _floats(value: Any, name: str) -> FloatArray:
    array = np.asarray(value)
    try:
        if array.dtype.kind in "iufO":  # O: fractions and decimals are numbers too
            return array.astype(np.float64)
    except (TypeError, ValueError):
        pass
    msg = f"{name} must be a number or an array of numbers, got {value!r}"
    raise InvalidParameterError(msg)


def _refuse(array: FloatArray, wrong: Any, rule: str, unit: str) -> None:
    if np.any(wrong):
        unit_text = f" ({unit})" if unit else ""
        first = float(array[wrong].flat[0]) if array.ndim else float(array)
        count = int(np.sum(wrong))
        more = f" ({count} of {array.size} values are wrong)" if array.size > 1 else ""
        msg = f"{rule} and finite{unit_text}, got {first!r}{more}"
        raise InvalidParameterError(msg)
