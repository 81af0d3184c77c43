"""Guards that refuse impossible values, CRSs and tables before any computation."""

from __future__ import annotations

import difflib
import math
import numbers
import os
from typing import TYPE_CHECKING, Any

from borderzone._guards.escapes import kept
from borderzone.errors import BorderzoneError, DataError, InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "check_choice",
    "check_confidence",
    "check_flag",
    "check_non_negative",
    "check_path",
    "check_positive",
    "check_probability",
    "check_seed",
    "check_text",
    "check_whole",
    "shown",
]

_LONGEST_SHOWN = 80
# What file systems take at most. Units: bytes, characters.
_LONGEST_NAME, _LONGEST_PATH = 255, 4000


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
        msg = f"seed must be a whole number, 0 or more, or a numpy Generator, got {shown(seed)}"
        raise InvalidParameterError(msg)
    return seed


def check_choice(value: Any, name: str, choices: Iterable[str]) -> str:
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
    if not isinstance(value, str) or value not in allowed:
        short = value if isinstance(value, str) and len(value) <= _LONGEST_SHOWN else ""
        near = difflib.get_close_matches(short, allowed, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        msg = f"{name} must be one of {', '.join(allowed)}, got {shown(value)}{hint}"
        raise InvalidParameterError(msg)
    return str(value)


def check_flag(value: Any, name: str) -> bool:
    """
    Refuse what is neither yes nor no.

    Parameters
    ----------
    value
        What was given.
    name
        Its name, for the message.

    Returns
    -------
    bool
        The same.

    Raises
    ------
    InvalidParameterError
        If it is not True or False.
    """
    if not isinstance(value, bool):
        msg = f"{name} must be True or False (true or false in a study file), got {shown(value)}"
        raise InvalidParameterError(msg)
    return value


def check_text(value: Any, name: str, *, longest: int = 200) -> str:
    """
    Refuse what is no short text, or is blank.

    Parameters
    ----------
    value
        What was given.
    name
        Its name, for the message.
    longest
        How many characters are allowed.

    Returns
    -------
    str
        The same.

    Raises
    ------
    InvalidParameterError
        If it is no text, is blank, is too long, or holds a zero byte or half a pair of
        surrogates.
    """
    if not isinstance(value, str):
        msg = f"{name} must be text, got {shown(value)}"
        raise InvalidParameterError(msg)
    if not value.strip() or len(value) > longest:
        msg = (
            f"{name} must have 1 to {longest} characters and not be blank, got {len(value):,}: "
            f"{shown(value)}"
        )
        raise InvalidParameterError(msg)
    if kept(value) != value:
        msg = f"{name} holds a character that no file can hold, got {shown(value)}; leave it out"
        raise InvalidParameterError(msg)
    return value


def check_path(path: Any, name: str, error: type[BorderzoneError] = DataError) -> str:
    """
    Refuse what is no path, and a name that no file can have.

    Parameters
    ----------
    path
        What was given.
    name
        What it is needed for, for the message.
    error
        What is raised.

    Returns
    -------
    str
        The path as text.

    Raises
    ------
    BorderzoneError
        If it is neither text nor a path object, is blank, or too long for a file system.
    """
    text = os.fspath(path) if isinstance(path, (str, os.PathLike)) else None
    if not isinstance(text, str) or not text.strip():
        msg = f"{name}: a path is needed, got {shown(path)}"
        raise error(msg)
    try:
        longest = max(map(len, os.fsencode(text).split(os.fsencode(os.sep))))
    except UnicodeEncodeError:
        longest = _LONGEST_NAME + 1
    if longest > _LONGEST_NAME or len(text) > _LONGEST_PATH or "\0" in text:
        msg = (
            f"{name}: {shown(text)} is not a local file: no file can have that name; check the path"
        )
        raise error(msg)
    return text


def shown(value: Any) -> str:
    """
    Write a wrong value for a message: never long, and never an error of its own.

    Parameters
    ----------
    value
        Anything.

    Returns
    -------
    str
        Its representation, cut to 80 characters; its kind where it has none.

    Examples
    --------
    >>> shown("IRQ"), shown(10**5000)
    ("'IRQ'", 'a whole number of about 5,000 digits')
    """
    if isinstance(value, int) and value.bit_length() > 1000:
        return f"a whole number of about {value.bit_length() * 0.30103:,.0f} digits"
    if isinstance(value, (str, bytes)) and len(value) > _LONGEST_SHOWN:
        return f"{value[:_LONGEST_SHOWN]!r}... ({len(value):,} characters)"
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - the representation of what a user hands over
        return f"a {type(value).__name__}"
    if len(text) > _LONGEST_SHOWN or "\n" in text:
        return f"a {type(value).__name__}"
    return text


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
