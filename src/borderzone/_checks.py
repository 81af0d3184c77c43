"""Guards that refuse impossible values, CRSs and tables before any computation."""

from __future__ import annotations

import difflib
import math
import numbers
from typing import TYPE_CHECKING, Any

from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "check_choice",
    "check_confidence",
    "check_non_negative",
    "check_positive",
    "check_probability",
    "check_seed",
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
        msg = f"{name} must be a finite number above 0{_in(unit)}, got {value!r}"
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
        msg = f"{name} must be a finite number, 0 or more{_in(unit)}, got {value!r}"
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
        msg = f"{name} must lie between 0 and 1, got {value!r}"
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
        msg = f"{name} must lie between 0 and 1, both left out, got {value!r}"
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
        msg = f"{name} must be a whole number, {lowest} or more, got {value!r}"
        raise InvalidParameterError(msg)
    return int(number)


def check_seed(seed: Any) -> Any:
    """
    Refuse what no random stream can start from.

    Parameters
    ----------
    seed
        A whole number, 0 or more, or a numpy Generator.

    Returns
    -------
    Any
        The same.

    Raises
    ------
    InvalidParameterError
        If it is neither.
    """
    whole = not isinstance(seed, bool) and isinstance(seed, numbers.Integral) and int(seed) >= 0
    # A generator is told by what is asked of it: guards load without numpy.
    if not (whole or callable(getattr(seed, "integers", None))):
        msg = f"seed must be a whole number, 0 or more, or a numpy Generator, got {seed!r}"
        raise InvalidParameterError(msg)
    return seed


def check_choice(value: str, name: str, choices: Iterable[str]) -> str:
    """
    Refuse a word that is not one of the choices, and name the nearest.

    Parameters
    ----------
    value
        The word.
    name
        Its name, for the message.
    choices
        What is allowed.

    Returns
    -------
    str
        The same word.

    Raises
    ------
    InvalidParameterError
        If it is none of the choices.
    """
    allowed = list(choices)
    if value not in allowed:
        near = difflib.get_close_matches(str(value), allowed, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        msg = f"{name} must be one of {', '.join(allowed)}, got {value!r}{hint}"
        raise InvalidParameterError(msg)
    return value


def _number(value: float, name: str) -> float:
    if isinstance(value, (bool, str)):
        msg = f"{name} must be a number, got {value!r}"
        raise InvalidParameterError(msg)
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        msg = f"{name} must be a number, got {value!r}"
        raise InvalidParameterError(msg) from error


def _in(unit: str) -> str:
    return f" ({unit})" if unit else ""
