"""A speed function read into a table, so that any function is as quick as the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from borderzone._guards import check_choice
from borderzone.access._gradients import STEEPEST_GRADIENT
from borderzone.access.models import SPEEDS
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Callable

    from borderzone._typing import FloatArray

__all__ = ["SpeedTable", "speeds_at"]

# Knots of the speed table. 0.05 is a whole number of steps, so that the kinks of Tobler's function and
# of the vehicle's (at 0 and at its steepest gradient), and the jump of Naismith-Langmuir (at -0.2125), fall
# on knots.
_KNOT = 0.05 / 2048
# Share of the way between two knots at which their ends are read, so that a jump at a knot stays one.
_INSIDE = 1e-6


@dataclass(frozen=True, kw_only=True, slots=True)
class SpeedTable:
    """
    Speed between evenly spaced gradients, as many down as up, and how well it stands for the function.

    Attributes
    ----------
    lower, upper
        Speed at the lower and the upper end of each interval, from within. Units: m/h.
    error
        Largest relative error of what is read midway between two knots.
    per_unit
        Knots for one unit of gradient.
    """

    lower: FloatArray
    upper: FloatArray
    error: float
    per_unit: float = 1.0 / _KNOT

    @classmethod
    def of(cls, speed: Any, steepest: float) -> SpeedTable:
        """Tabulate a speed up to the steepest gradient, beyond which it stays as it is there."""
        if isinstance(speed, str):
            speed = SPEEDS[check_choice(speed, "speed", SPEEDS)]
        if not callable(speed):
            msg = f"speed must be one of {', '.join(SPEEDS)} or a function, got {speed!r}"
            raise InvalidParameterError(msg)
        n = int(np.ceil(min(max(steepest, 0.05), STEEPEST_GRADIENT) / _KNOT - 1e-6))
        knots = np.arange(-n, n) * _KNOT
        lower, between, upper = (
            speeds_at(speed, knots + part * _KNOT) for part in (_INSIDE, 0.5, 1.0 - _INSIDE)
        )
        if max(lower.max(), upper.max()) <= 0:
            msg = f"speed must be above 0 somewhere between gradients of -{n * _KNOT:.3g} and {n * _KNOT:.3g}"
            raise InvalidParameterError(msg)
        read = (lower + upper) / 2
        error = np.abs(read - between)[between > 0] / between[between > 0]
        largest = float(error.max(initial=0.0))
        return cls(lower=1000.0 * lower, upper=1000.0 * upper, error=largest)

    @property
    def highest_m_h(self) -> float:
        """Highest speed."""
        return float(max(self.lower.max(), self.upper.max()))

    @property
    def lines(self) -> FloatArray:
        """Give the table as the kernel reads it."""
        return np.column_stack([self.lower, self.upper - self.lower]).ravel()

    def turned(self, direction: str) -> SpeedTable:
        """Give the table for the way that the search goes: from the origins outwards."""
        if direction == "from":
            return self
        return SpeedTable(lower=self.upper[::-1], upper=self.lower[::-1], error=self.error)


def speeds_at(
    function: Callable[[Any], Any], gradients: FloatArray, what: str = "speed must give finite km/h"
) -> FloatArray:
    """Call a speed function of arrays, or, where it takes numbers only, one after the other."""
    try:
        speeds = np.broadcast_to(np.asarray(function(gradients), dtype=float), gradients.shape)
    except (TypeError, ValueError, ArithmeticError):
        try:
            speeds = np.array([function(float(gradient)) for gradient in gradients], dtype=float)
        except (TypeError, ValueError, ArithmeticError) as error:
            msg = f"{what} for a gradient (rise over run, a number); it fails: {error}"
            raise InvalidParameterError(msg) from error
    wrong = ~(np.isfinite(speeds) & (speeds >= 0))
    if wrong.any():
        first = int(np.argmax(wrong))
        msg = (
            f"{what}, 0 or more, at every gradient of the ground; it gives "
            f"{speeds[first]} at {gradients[first]:.4g}"
        )
        raise InvalidParameterError(msg)
    return speeds
