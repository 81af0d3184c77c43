"""
Arrays of numbers from outside: one rule for each kind of number, as for single ones.

Numbers are whole or with decimals, in any nesting of lists, columns and arrays. Truth values, text
and dates are none, also inside a column of mixed kinds, where numpy would turn them into numbers
without a word. NaN stands for what is missing, and passes where a function says so.
"""

from __future__ import annotations

import decimal
import numbers
from typing import TYPE_CHECKING, Any

import numpy as np

from borderzone._guards.numbers import ends_left_out
from borderzone._guards.words import in_unit, is_flag, shown
from borderzone.errors import InvalidParameterError, ShapeMismatchError

if TYPE_CHECKING:
    from borderzone._typing import FloatArray, IntArray

__all__ = [
    "as_between",
    "as_box",
    "as_finite",
    "as_non_negative",
    "as_numbers",
    "as_positive",
    "as_probabilities",
    "as_rising",
    "as_whole",
    "broadcast",
    "plain",
]


def as_numbers(values: Any, name: str) -> FloatArray:
    """Refuse what does not hold numbers."""
    try:
        array = np.asarray(values)
        # Objects may be fractions and decimals.
        right = array.dtype.kind in "iuf" or (
            array.dtype.kind == "O" and all(map(_one, array.flat))
        )
        if right and values is not None and not _holds_flag(values):
            return np.array(array, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        pass
    msg = f"{name} must be a number or an array of numbers, got {shown(values)}"
    raise InvalidParameterError(msg)


def as_finite(values: Any, name: str, unit: str = "", *, missing: bool = False) -> FloatArray:
    """Refuse anything but finite numbers."""
    array = as_numbers(values, name)
    _refuse(array, np.isfinite(array), f"{name} must be finite", unit, missing=missing)
    return array


def as_whole(values: Any, name: str, lowest: int, highest: int) -> IntArray:
    """Refuse anything but whole numbers within their bounds."""
    array = as_numbers(values, name)
    right = (array >= lowest) & (array <= highest) & (array == np.floor(array))
    _refuse(array, right, f"{name} must be whole numbers from {lowest} to {highest}", "")
    return array.astype(np.int64)


def as_positive(values: Any, name: str, unit: str = "", *, missing: bool = False) -> FloatArray:
    """Refuse anything but finite numbers above 0."""
    array = as_numbers(values, name)
    right = np.isfinite(array) & (array > 0)
    _refuse(array, right, f"{name} must be above 0 and finite", unit, missing=missing)
    return array


def as_non_negative(
    values: Any, name: str, unit: str = "", *, missing: bool = False, infinite: bool = False
) -> FloatArray:
    """Refuse anything but numbers, 0 or more."""
    array = as_numbers(values, name)
    right = (array >= 0) if infinite else (array >= 0) & np.isfinite(array)
    rule = f"{name} must be 0 or more" + ("" if infinite else " and finite")
    _refuse(array, right, rule, unit, missing=missing)
    return array


def as_between(  # noqa: PLR0913 - numbers, and how they are bounded and told
    values: Any,
    name: str,
    low: float,
    high: float,
    *,
    without: tuple[float, ...] = (),
    unit: str = "",
    missing: bool = False,
) -> FloatArray:
    """Refuse numbers outside two bounds."""
    array = as_numbers(values, name)
    right = (array >= low) & (array <= high)
    for bound in without:
        right &= array != bound
    told = f"{name} must lie between {low:g} and {high:g}{ends_left_out(without)}"
    _refuse(array, right, told, unit, missing=missing)
    return array


def as_probabilities(values: Any, name: str, *, missing: bool = False) -> FloatArray:
    """Refuse anything but numbers from 0 to 1."""
    return as_between(values, name, 0.0, 1.0, missing=missing)


def as_rising(
    values: Any, name: str, unit: str = "", *, from_zero: bool = False, fewest: int = 1
) -> FloatArray:
    """Refuse edges, radii or limits that are not finite and rising."""
    array = np.atleast_1d(as_numbers(values, name))
    rising = array.ndim == 1 and array.size >= fewest and bool(np.isfinite(array).all())
    rising = rising and bool((np.diff(array) > 0).all())
    if not rising or array[0] < 0 or (array[0] == 0 and not from_zero):
        least = "0 or more" if from_zero else "above 0"
        several = {1: "one number", 2: "two numbers"}.get(fewest, f"{fewest} numbers")
        msg = (
            f"{name} must be {several} or more, finite, {least} and rising{in_unit(unit)}, such as "
            f"{(0, 1, 3, 6)[not from_zero :]}, got {shown(values)}"
        )
        raise InvalidParameterError(msg)
    return array


def as_box(box: Any, name: str) -> tuple[float, float, float, float]:
    """Refuse a box that is not west, south, east and north in degrees."""
    try:
        west, south, east, north = as_numbers(list(box), name)
        good = -360 <= west < east <= 360 and -90 <= south < north <= 90
    except (TypeError, ValueError):  # refusals are among them
        good = False
    if not good:
        msg = (
            f"{name} must be (west, south, east, north) in degrees, west below east and south "
            f"below north, got {shown(box)}"
        )
        raise InvalidParameterError(msg)
    return float(west), float(south), float(east), float(north)


def broadcast(**arrays: FloatArray) -> list[FloatArray]:
    """Bring arrays to one shape, or say which of them do not fit."""
    try:
        return list(np.broadcast_arrays(*arrays.values()))
    except ValueError as error:
        shapes = ", ".join(f"{name} {np.shape(array)}" for name, array in arrays.items())
        msg = f"the arrays do not fit together: {shapes}; give numbers or arrays of one shape"
        raise ShapeMismatchError(msg) from error


def plain(result: FloatArray) -> FloatArray | float:
    """Return a float for a scalar result and the array for any other."""
    return float(result) if np.ndim(result) == 0 else np.asarray(result)


def _holds_flag(values: Any) -> bool:
    """Whether a list holds True or False, which are whole numbers beside others."""
    if isinstance(values, (list, tuple)):
        return any(map(_holds_flag, values))
    return type(values) in (bool, np.bool_)


def _one(value: Any) -> bool:
    """Whether an object in an array is a number; None is a missing one, as in a table."""
    if value is None:
        return True
    return isinstance(value, (numbers.Real, decimal.Decimal)) and not is_flag(value)


def _refuse(array: FloatArray, right: Any, rule: str, unit: str, *, missing: bool = False) -> None:
    if np.all(right):
        return
    wrong = ~(right | np.isnan(array)) if missing else ~right
    if not np.any(wrong):
        return
    first = float(array[wrong].flat[0]) if array.ndim else float(array)
    more = f" ({int(np.sum(wrong))} of {array.size} values are wrong)" if array.size > 1 else ""
    msg = f"{rule}{in_unit(unit)}, got {first!r}{more}"
    raise InvalidParameterError(msg)
