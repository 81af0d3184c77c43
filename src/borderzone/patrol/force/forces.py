"""Patrol units: what a force moves with, looks with and can do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from borderzone._guards import check_choice, guarded, record_words
from borderzone._guards.pages import record_card
from borderzone.errors import InvalidParameterError
from borderzone.patrol.force.sensors import LIGHTS, SENSORS, Sensor, sensor_named
from borderzone.patrol.force.sweep import Watch
from borderzone.patrol.theory.response import interdiction
from borderzone.patrol.theory.staffing import SHIFT_FACTORS, payroll

__all__ = ["FORCES", "PATROL_KM_H", "Force", "check_can_patrol", "watch_of"]

# Speed on flat bare ground, before slope and surface. Units: km/h. Assumptions: off the road
# vehicles keep 10 to 20 km/h, a patrol on foot 3 km/h.
PATROL_KM_H = {"vehicle_off_road": 15.0, "foot": 3.0}
_ALIASES = {"vehicle": "vehicle_off_road"}
# Eyes above the ground, standing in a vehicle and on foot; people who cross walk at 4 km/h on flat bare ground and drive at
# 30: assumptions, by which looks are spaced. Units: m, km/h.
_EYE_M = {"vehicle_off_road": 2.5, "foot": 1.7}
_CROSSER_KM_H = {"person": 4.0, "vehicle": 30.0}


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
        given, 0 for a post that stands. Units: km/h.
    scan_share
        A constant of the user's own that the sweep width is multiplied by; the
        time that a sensor takes for its bearings is in its record already.
    p_identify, p_respond
        Constants of the user's own: of what is detected, the share that is recognised as a
        crossing, and of that the share that somebody reaches before cover. Left out, neither is
        assumed: what is stopped is then told by the answer alone, which works both out.
    shift_factor
        On the payroll for one out, see `SHIFT_FACTORS`.

    Notes
    -----
    A crew of 4 is an assumption without a source for this border: set your own. Leave, sickness and training are in the shift factor; a share of people
    fit for duty on top of it would count them twice.

    Examples
    --------
    >>> Force(sensor="night_vision_goggles", crew=3).stands
    False
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    mode: Literal["vehicle_off_road", "foot"] = "vehicle_off_road"
    sensor: str | Sensor = "vehicle_thermal"
    crew: int = Field(default=4, ge=1)
    patrol_km_h: float = Field(default=PATROL_KM_H["vehicle_off_road"], ge=0)
    scan_share: float | None = Field(default=None, gt=0, le=1)
    p_identify: float | None = Field(default=None, ge=0, le=1)
    p_respond: float | None = Field(default=None, ge=0, le=1)
    shift_factor: float = Field(default=SHIFT_FACTORS["relief"].value, ge=1)

    def __init__(self, **values: Any) -> None:
        """Build the record; what pydantic refuses is refused in this library's words."""
        try:
            super().__init__(**values)
        except ValidationError as error:
            msg = record_words(error, "Force", Force.model_fields)
            raise InvalidParameterError(msg) from error

    def _repr_html_(self) -> str:
        """Show every field, those that are not as usual first."""
        values = self.model_dump()
        if isinstance(self.sensor, Sensor):
            values["sensor"] = self.sensor.name
        usual = {name: field.default for name, field in type(self).model_fields.items()}
        return record_card("Force", values, usual)

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
        record = self.sensor
        if isinstance(record, str):
            record = SENSORS[check_choice(record, "sensor", SENSORS)]
        if self.stands and (record.width_km is not None or record.r50_night_m is None):
            msg = (
                f"patrol_km_h is 0 and sensor {record.name!r} has no range by night: a sweep width tells "
                "what a unit sees that moves along the line, not what one sees that stands; give it a speed or "
                "a sensor with ranges"
            )
            raise ValueError(msg)
        return self

    @property
    def has_ranges(self) -> bool:
        """
        Whether its sensor says how far it sees, and not only how wide a strip.

        Returns
        -------
        bool
            False for a sweep width of the user's own.
        """
        return all(sensor_named(self.sensor, light).width_km is None for light in LIGHTS)

    @property
    def stands(self) -> bool:
        """
        Whether the unit is a post, which does not move along the line.

        Returns
        -------
        bool
            True at a patrol speed of 0.
        """
        return self.patrol_km_h == 0

    @property
    def ceiling(self) -> float | None:
        """
        Interdiction with every crossing detected, by the constants of the user's own.

        Returns
        -------
        float or None
            ``p_identify p_respond``, with 1 for the one that was not given; None without either.
        """
        if self.p_identify is None and self.p_respond is None:
            return None
        identify, respond = (1.0 if p is None else p for p in (self.p_identify, self.p_respond))
        return float(interdiction(1.0, p_identify=identify, p_respond=respond))

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


def watch_of(force: Force, target: str, watch: Watch | None = None) -> Watch:
    """Circumstances of a force's watch: speeds and eyes are its own, the rest is as given."""
    return replace(
        watch or Watch(),
        patrol_km_h=force.patrol_km_h,
        crosser_km_h=_CROSSER_KM_H[target],
        eye_m=_EYE_M[force.mode],
    )


def check_can_patrol(force: Force, law: str) -> None:
    """Refuse a law of patrols for a force that does not move."""
    if force.stands:
        msg = (
            f"law {law!r} is of patrols, and this force stands (patrol_km_h=0): posts on a line see by their "
            "lateral curve and their spacing, see borderzone.patrol.lateral_curve; give the force a speed to patrol"
        )
        raise InvalidParameterError(msg)
