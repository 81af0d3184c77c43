"""
Single numbers from outside: one rule for each kind of number, whoever asks for it.

A number is what Python or numpy counts with: 3, 3.0, a fraction, a decimal, a scalar of numpy or an
array without dimensions. True and False are none, also those of numpy, and text never is. A whole
number may be written 3 or 3.0; 3.5 is not rounded.
"""

from __future__ import annotations

import decimal
import math
import numbers
from typing import Any

from borderzone._guards.words import in_unit, is_flag, shown
from borderzone.errors import InvalidParameterError

__all__ = [
    "TOO_LARGE",
    "check_at_least",
    "check_between",
    "check_confidence",
    "check_finite_number",
    "check_non_negative",
    "check_positive",
    "check_probability",
    "check_whole",
    "ends_left_out",
    "is_number",
    "is_whole",
]

# Counts that no array and no file holds.
TOO_LARGE = 2**63


def is_number(value: Any) -> bool:
    """Tell whether something is one number, finite or not."""
    if is_flag(value):
        return False
    if isinstance(value, (numbers.Real, decimal.Decimal)):
        return True
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    return bool(kind) and kind in "iuf" and getattr(value, "ndim", None) == 0


def is_whole(value: Any) -> bool:
    """Tell whether something is a whole number that can count something."""
    if not is_number(value):
        return False
    # Neither digits of large ones are lost, nor do small types run over.
    number = int(value) if isinstance(value, numbers.Integral) else float(value)
    return abs(number) < TOO_LARGE and number == int(number)


def check_positive(value: Any, name: str, unit: str = "", *, infinite: bool = False) -> float:
    """Refuse a number that is not above zero."""
    number = _number(value, name)
    if not (number > 0 and (infinite or math.isfinite(number))):
        kind = "number" if infinite else "finite number"
        msg = f"{name} must be a {kind} above 0{in_unit(unit)}, got {shown(value)}"
        raise InvalidParameterError(msg)
    return number


def check_at_least(value: Any, name: str, least: float, unit: str = "") -> float:
    """Refuse a number that is not finite, or below the least allowed."""
    number = _number(value, name)
    if not (math.isfinite(number) and number >= least):
        msg = (
            f"{name} must be a finite number, {least:g} or more{in_unit(unit)}, got {shown(value)}"
        )
        raise InvalidParameterError(msg)
    return number


def check_non_negative(value: Any, name: str, unit: str = "") -> float:
    """Refuse a number that is not finite and at least zero."""
    return check_at_least(value, name, 0.0, unit)


def check_finite_number(value: Any, name: str, unit: str = "") -> float:
    """Refuse what is not a finite number."""
    number = _number(value, name)
    if not math.isfinite(number):
        msg = f"{name} must be a finite number{in_unit(unit)}, got {shown(value)}"
        raise InvalidParameterError(msg)
    return number


def check_between(
    value: Any,
    name: str,
    low: float,
    high: float,
    *,
    without: tuple[float, ...] = (),
    unit: str = "",
) -> float:
    """Refuse a number outside two bounds."""
    number = _number(value, name)
    if not low <= number <= high or number in without:
        left = ends_left_out(without)
        msg = (
            f"{name} must lie between {low:g} and {high:g}{left}{in_unit(unit)}, got {shown(value)}"
        )
        raise InvalidParameterError(msg)
    return number


def ends_left_out(without: tuple[float, ...]) -> str:
    """Word the bounds that are not allowed themselves."""
    if len(without) == 2:
        return ", both left out"
    return "".join(f", {bound:g} left out" for bound in without)


def check_probability(value: Any, name: str) -> float:
    """Refuse a number outside 0 to 1."""
    return check_between(value, name, 0.0, 1.0)


def check_confidence(value: Any, name: str = "confidence") -> float:
    """Refuse a confidence of which no band can be made."""
    return check_between(value, name, 0.0, 1.0, without=(0.0, 1.0))


def check_whole(
    value: Any, name: str, *, lowest: int = 1, highest: int | None = None, unit: str = ""
) -> int:
    """Refuse what is not a whole number within its bounds."""
    most = TOO_LARGE - 1 if highest is None else highest
    if not (is_whole(value) and lowest <= int(value) <= most):
        large = is_number(value) and _number(value, name) >= TOO_LARGE
        told = f", {lowest} or more{' and below 2**63' if large else ''}"
        told = told if highest is None else f" from {lowest} to {highest}"
        msg = f"{name} must be a whole number{told}{in_unit(unit)}, got {shown(value)}"
        raise InvalidParameterError(msg)
    return int(value)


def _number(value: Any, name: str) -> float:
    if not is_number(value):
        msg = f"{name} must be a number, got {shown(value)}"
        raise InvalidParameterError(msg)
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
