"""A speed function read into a table, so that any function is as quick as the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from borderzone._checks import check_choice
from borderzone.access.speed import SPEEDS, STEEPEST_GRADIENT
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Callable

    from borderzone._typing import FloatArray

__all__ = ["SpeedTable", "speeds_at"]

# Knots of the speed table. 0.05 is a whole number of steps, so that the kinks of Tobler's function
# and of the vehicle's (at 0 and at its steepest gradient) fall on knots.
_KNOT = 0.05 / 2048


@dataclass(frozen=True, kw_only=True, slots=True)
class SpeedTable:
    """
    Speed at evenly spaced gradients, and how well it stands for the function.

    Attributes
    ----------
    first
        Gradient of the first knot.
    speeds_m_h
        Speed at each knot. Units: m/h.
    error
        Largest relative error of what is read midway between two knots.
    per_unit
        Knots for one unit of gradient.
    """

    first: float
    speeds_m_h: FloatArray
    error: float
    per_unit: float = 1.0 / _KNOT

    @classmethod
    def of(cls, speed: Any, steepest: float) -> SpeedTable:
        """
        Tabulate a speed up to the steepest gradient, beyond which it stays as it is there.

        Parameters
        ----------
        speed
            Name or function.
        steepest
            Steepest gradient of the ground.

        Returns
        -------
        SpeedTable
            The table.

        Raises
        ------
        InvalidParameterError
            If it is neither name nor function, or its speeds are none.
        """
        if isinstance(speed, str):
            speed = SPEEDS[check_choice(speed, "speed", SPEEDS)]
        if not callable(speed):
            msg = f"speed must be one of {', '.join(SPEEDS)} or a function, got {speed!r}"
            raise InvalidParameterError(msg)
        n = int(np.ceil(min(max(steepest, 0.05), STEEPEST_GRADIENT) / _KNOT - 1e-6))
        knots = np.arange(-n, n + 1) * _KNOT
        speeds = speeds_at(speed, knots)
        between = speeds_at(speed, knots[:-1] + _KNOT / 2)
        if speeds.max() <= 0:
            msg = f"speed must be above 0 somewhere between gradients of -{n * _KNOT:.3g} and {n * _KNOT:.3g}"
            raise InvalidParameterError(msg)
        read = (speeds[1:] + speeds[:-1]) / 2
        error = np.abs(read - between)[between > 0] / between[between > 0]
        largest = float(error.max(initial=0.0))
        return cls(first=float(knots[0]), speeds_m_h=1000.0 * speeds, error=largest)

    def turned(self, direction: str) -> SpeedTable:
        """
        Give the table for the way that the search goes: from the origins outwards.

        Parameters
        ----------
        direction
            ``"from"`` or ``"towards"`` the origins.

        Returns
        -------
        SpeedTable
            The same, or one in which up is down.
        """
        if direction == "from":
            return self
        backwards = np.ascontiguousarray(self.speeds_m_h[::-1])
        return SpeedTable(first=self.first, speeds_m_h=backwards, error=self.error)


def speeds_at(function: Callable[[Any], Any], gradients: FloatArray) -> FloatArray:
    """
    Call a speed function of arrays, or, where it takes numbers only, one after the other.

    Parameters
    ----------
    function
        From gradients to km/h.
    gradients
        Rise over run, signed.

    Returns
    -------
    FloatArray
        Units: km/h.

    Raises
    ------
    InvalidParameterError
        If one is negative or not finite.
    """
    try:
        speeds = np.broadcast_to(np.asarray(function(gradients), dtype=float), gradients.shape)
    except (TypeError, ValueError):
        speeds = np.array([function(float(gradient)) for gradient in gradients], dtype=float)
    wrong = ~(np.isfinite(speeds) & (speeds >= 0))
    if wrong.any():
        first = int(np.argmax(wrong))
        msg = (
            "speed must give finite km/h, 0 or more, at every gradient of the ground; it gives "
            f"{speeds[first]} at {gradients[first]:.4g}"
        )
        raise InvalidParameterError(msg)
    return speeds
