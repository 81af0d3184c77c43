"""Numbers from outside: one rule for each kind of number, whoever asks for it."""

from __future__ import annotations

import math

from borderzone._guards.words import shown
from borderzone.errors import InvalidParameterError

__all__ = [
    "check_confidence",
    "check_non_negative",
    "check_positive",
    "check_probability",
    "check_whole",
]


def check_positive(value: float, name: str, unit: str = "") -> float:
    """
    Refuse a number that is not finite and above zero.

    Parameters
    ----------
    value
        The number.
    name
        Its name, for the message.
    unit
        Its unit, for the message.

    Returns
    -------
    float
        The same number.

    Raises
    ------
    InvalidParameterError
        If it is zero, negative, NaN, infinite or not a number.
    """
    number = _number(value, name)
    if not (math.isfinite(number) and number > 0):
        msg = f"{name} must be a finite number above 0{_in(unit)}, got {shown(value)}"
        raise InvalidParameterError(msg)
    return number


def check_non_negative(value: float, name: str, unit: str = "") -> float:
    """
    Refuse a number that is not finite and at least zero.

    Parameters
    ----------
    value
        The number.
    name
        Its name, for the message.
    unit
        Its unit, for the message.

    Returns
    -------
    float
        The same number.

    Raises
    ------
    InvalidParameterError
        If it is negative, NaN, infinite or not a number.
    """
    number = _number(value, name)
    if not (math.isfinite(number) and number >= 0):
        msg = f"{name} must be a finite number, 0 or more{_in(unit)}, got {shown(value)}"
        raise InvalidParameterError(msg)
    return number


def check_probability(value: float, name: str) -> float:
    """
    Refuse a number outside 0 to 1.

    Parameters
    ----------
    value
        The number.
    name
        Its name, for the message.

    Returns
    -------
    float
        The same number.

    Raises
    ------
    InvalidParameterError
        If it is below 0, above 1, NaN or not a number.
    """
    number = _number(value, name)
    if not 0 <= number <= 1:
        msg = f"{name} must lie between 0 and 1, got {shown(value)}"
        raise InvalidParameterError(msg)
    return number


def check_confidence(value: float, name: str = "confidence") -> float:
    """
    Refuse a confidence of which no band can be made.

    Parameters
    ----------
    value
        The confidence.
    name
        Its name, for the message.

    Returns
    -------
    float
        The same number.

    Raises
    ------
    InvalidParameterError
        If it is not a number between 0 and 1, both left out.
    """
    number = check_probability(value, name)
    if number in (0.0, 1.0):
        msg = f"{name} must lie between 0 and 1, both left out, got {shown(value)}"
        raise InvalidParameterError(msg)
    return number


def check_whole(value: float, name: str, *, lowest: int = 1) -> int:
    """
    Refuse what is not a whole number of at least so much.

    Parameters
    ----------
    value
        The number.
    name
        Its name, for the message.
    lowest
        Smallest number allowed.

    Returns
    -------
    int
        The same number.

    Raises
    ------
    InvalidParameterError
        If it is not a whole number, or below the lowest.
    """
    number = _number(value, name)
    if not (math.isfinite(number) and number == math.floor(number) and number >= lowest):
        msg = f"{name} must be a whole number, {lowest} or more, got {shown(value)}"
        raise InvalidParameterError(msg)
    return int(number)


def _number(value: float, name: str) -> float:
    if isinstance(value, (bool, str, bytes)):
        msg = f"{name} must be a number, got {shown(value)}"
        raise InvalidParameterError(msg)
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
    except (TypeError, ValueError) as error:
        msg = f"{name} must be a number, got {shown(value)}"
        raise InvalidParameterError(msg) from error


def _in(unit: str) -> str:
    return f" ({unit})" if unit else ""
