"""Patrol units: what a force moves with, looks with and can do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from borderzone._guards import check_choice, guarded, shown
from borderzone.errors import InvalidParameterError
from borderzone.patrol.force.sensors import SENSORS, Sensor
from borderzone.patrol.theory.response import interdiction
from borderzone.patrol.theory.staffing import SHIFT_FACTORS, payroll

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

__all__ = ["FORCES", "PATROL_KM_H", "Force"]

# Speed on flat bare ground, before slope and surface. Units: km/h. Assumptions: off the road
# vehicles keep 10 to 20 km/h, a patrol on foot 3 km/h.
PATROL_KM_H = {"vehicle_off_road": 15.0, "foot": 3.0}
_ALIASES = {"vehicle": "vehicle_off_road"}


@guarded
class Force(BaseModel):
    """
    One kind of patrol unit: frozen, keyword-only, checked at birth.

    Parameters
    ----------
    **values
        The fields below, by name.

    Attributes
    ----------
    mode
        ``"vehicle_off_road"`` (or short ``"vehicle"``) or ``"foot"``.
    sensor
        A key of `SENSORS`, or a record of one's own.
    crew
        People in a unit.
    patrol_km_h
        Speed on flat bare ground; 15 for vehicles and 3 on foot unless
        given. Units: km/h.
    scan_share
        Share of time that a bearing is looked at, instead of the sensor's.
    p_identify
        Probability that what is detected is recognised as a crossing.
    p_respond
        Probability that a response reaches it before cover does.
    shift_factor
        On the payroll for one out, see `SHIFT_FACTORS`.

    Notes
    -----
    Identification 0.9, response 0.7 and a crew of 4 are assumptions without a source for this
    border: set your own. Leave, sickness and training are in the shift factor; a share of people
    fit for duty on top of it would count them twice.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    mode: Literal["vehicle_off_road", "foot"] = "vehicle_off_road"
    sensor: str | Sensor = "vehicle_thermal"
    crew: int = Field(default=4, ge=1)
    patrol_km_h: float = Field(default=PATROL_KM_H["vehicle_off_road"], gt=0)
    scan_share: float | None = Field(default=None, gt=0, le=1)
    p_identify: float = Field(default=0.9, ge=0, le=1)
    p_respond: float = Field(default=0.7, ge=0, le=1)
    shift_factor: float = Field(default=SHIFT_FACTORS["relief"].value, ge=1)

    def __init__(self, **values: Any) -> None:
        """Build the record; what pydantic refuses is refused in this library's words."""
        try:
            super().__init__(**values)
        except ValidationError as error:
            wrong = "; ".join(_in_words(detail) for detail in error.errors())
            msg = f"Force: {wrong}"
            raise InvalidParameterError(msg) from error

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, values: Any) -> Any:
        """Take the short word for a mode, and the speed that goes with it."""
        if not isinstance(values, dict):
            return values
        mode = values.get("mode", "vehicle_off_road")
        mode = _ALIASES.get(mode, mode) if isinstance(mode, str) else mode
        # A patrol on foot must not inherit the speed of a vehicle by saying only its mode.
        speed = values.get("patrol_km_h")
        if speed is None:
            speed = PATROL_KM_H.get(mode, PATROL_KM_H["vehicle_off_road"])
        return {**values, "mode": mode, "patrol_km_h": speed}

    @model_validator(mode="after")
    def _know_the_sensor(self) -> Force:
        if isinstance(self.sensor, str):
            check_choice(self.sensor, "sensor", SENSORS)
        return self

    @property
    def ceiling(self) -> float:
        """
        Largest reachable probability of interdiction, with every crossing detected.

        Returns
        -------
        float
            ``p_identify p_respond``.
        """
        return float(interdiction(1.0, p_identify=self.p_identify, p_respond=self.p_respond))

    def payroll(self, units_out: float) -> float:
        """
        Scale units out to the units on the payroll that keep them there.

        Parameters
        ----------
        units_out
            Units out around the clock.

        Returns
        -------
        float
            Units out times shift factor, not rounded.

        Raises
        ------
        InvalidParameterError
            If the number is negative.

        Examples
        --------
        >>> print(round(Force(shift_factor=5.159).payroll(150.30)))
        775
        """
        return float(payroll(units_out, shift_factor=self.shift_factor))


# Unit types of one sensor each. None uses a range that only its maker claims.
FORCES = {
    "foot_patrol": Force(mode="foot", sensor="eye"),
    "foot_night_vision": Force(mode="foot", sensor="night_vision_goggles"),
    "foot_thermal": Force(mode="foot", sensor="hand_held_thermal"),
    "vehicle_patrol": Force(mode="vehicle_off_road", sensor="eye"),
    "vehicle_night_vision": Force(mode="vehicle_off_road", sensor="night_vision_goggles"),
    "vehicle_thermal": Force(mode="vehicle_off_road", sensor="vehicle_thermal"),
}


def _in_words(detail: ErrorDetails) -> str:
    place = ".".join(str(part) for part in detail["loc"])
    if detail["type"] == "extra_forbidden":
        return f"{place} is no field; the fields are {', '.join(Force.model_fields)}"
    # Pydantic puts its own words before ours.
    text = str(detail["msg"]).removeprefix("Value error, ")
    return f"{place}: {text}, got {shown(detail['input'])}" if place else text
