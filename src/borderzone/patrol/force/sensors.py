"""Sensors: how far each one sees whom, by day and by night, with its source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from borderzone._guards import (
    as_non_negative,
    as_positive,
    as_probabilities,
    broadcast,
    check_choice,
    check_positive,
    check_probability,
    guarded,
    plain,
)
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    import numpy.typing as npt

    from borderzone._typing import FloatArray

__all__ = [
    "LIGHTS",
    "SENSORS",
    "TARGETS",
    "Sensor",
    "detection_range_m",
    "sensor_named",
    "sweep_width_km",
]

LIGHTS = ("day", "night")
TARGETS = ("person", "vehicle")

# Lines of sight over smooth ground with refraction 0.13. Units: km.
_EYE_TO_PERSON_KM = 9.9796  # 1.7 m to 1.7 m
_MAST_TO_PERSON_KM = 17.0919  # 10 m mast to 1.7 m

# Range grows with the critical dimension of the target (Johnson 1958): 2.3 m for a vehicle, the
# usual side of the NATO target, against 0.75 m for a person. Assumption, for sensors without a
# vehicle range of their own.
_VEHICLE_TO_PERSON = 2.3 / 0.75

_DESERT = "person walking in open desert; assumption"


@guarded
@dataclass(frozen=True, kw_only=True, slots=True)
class Sensor:
    """
    One kind of sensor: detection ranges, share of time on target, limits.

    Attributes
    ----------
    name
        Its key in `SENSORS`.
    r50_day_m
        Range of even detection of a person by day; None if it gives none of
        its own. Units: m.
    r50_night_m
        The same by night. Units: m.
    scan_share
        Share of time that a given bearing is looked at: 1 for the eye and
        for all-round sensors, 0.5 for a scanned narrow field.
    clip_km
        Range beyond which nothing is seen (horizon, vendor limit). Units: km.
    source
        Where the ranges are from.
    tag
        A: assumption with the anchor that `source` names. F: seen in a
        public source. M: from memory, to be checked.
    vendor_claim
        Whether the range is what the maker says. Never a default.
    r50_vehicle_m
        Range of even detection of a vehicle, where a source gives one;
        otherwise a person's times 2.3 / 0.75. Units: m.
    by_day
        Name of the sensor used instead by day, for goggles that come off.
    """

    name: str
    r50_day_m: float | None
    r50_night_m: float | None
    scan_share: float
    clip_km: float
    source: str
    tag: str
    vendor_claim: bool = False
    r50_vehicle_m: float | None = None
    by_day: str | None = None

    def __post_init__(self) -> None:
        """Refuse impossible values at birth."""
        for field in ("r50_day_m", "r50_night_m", "r50_vehicle_m"):
            value = getattr(self, field)
            if value is not None:
                check_positive(value, f"{field} of sensor {self.name!r}", "m")
        check_positive(self.clip_km, f"clip_km of sensor {self.name!r}", "km")
        check_probability(self.scan_share, f"scan_share of sensor {self.name!r}")
        check_choice(self.tag, f"tag of sensor {self.name!r}", ("A", "F", "M"))


SENSORS = {
    sensor.name: sensor
    for sensor in (
        Sensor(
            name="eye",
            r50_day_m=900.0,
            r50_night_m=75.0,
            scan_share=1.0,
            clip_km=_EYE_TO_PERSON_KM,
            source=f"{_DESERT}: day below the 1,289 m that 20/20 acuity allows for one cycle over "
            "0.75 m; night from memory",
            tag="A",
        ),
        Sensor(
            name="night_vision_goggles",
            r50_day_m=None,
            r50_night_m=400.0,
            scan_share=0.5,
            clip_km=_EYE_TO_PERSON_KM,
            source=f"{_DESERT}: between 150 m ('identify man-sized target at 150 m using only "
            "starlight', PVS-14/7D, StrategyPage 2005) and the 645 m that acuity 20/40 allows "
            "(acuity 20/25 to 20/40: Countermeasure 2003); by day the eye",
            tag="A",
            by_day="eye",
        ),
        Sensor(
            name="hand_held_thermal",
            r50_day_m=250.0,
            r50_night_m=250.0,
            scan_share=0.5,
            clip_km=_EYE_TO_PERSON_KM,
            source=f"{_DESERT}: middle of 200 to 300 m, short-lens uncooled; FLIR 9 mm detects at "
            "205 m, 13 mm at 300 m",
            tag="A",
        ),
        Sensor(
            name="vehicle_thermal",
            r50_day_m=2000.0,
            r50_night_m=2000.0,
            scan_share=0.5,
            clip_km=_EYE_TO_PERSON_KM,
            source=f"{_DESERT}: FLIR, 'watchtowers at 4 km intervals ... ranges up to 2 km'",
            tag="A",
        ),
        Sensor(
            name="tower_thermal",
            r50_day_m=2000.0,
            r50_night_m=2000.0,
            scan_share=0.5,
            clip_km=_MAST_TO_PERSON_KM,
            source=f"{_DESERT}: FLIR, 'watchtowers at 4 km intervals ... ranges up to 2 km'",
            tag="A",
        ),
        Sensor(
            name="ground_radar_spexer_2000",
            r50_day_m=18_000.0,
            r50_night_m=18_000.0,
            r50_vehicle_m=36_000.0,
            scan_share=1.0,
            clip_km=_MAST_TO_PERSON_KM,
            source="vendor's claim for the Spexer 2000, person 18 km and truck 36 km "
            "(gulfconstructiononline 2015); nobody else has measured it",
            tag="F",
            vendor_claim=True,
        ),
        Sensor(
            name="small_drone",
            r50_day_m=None,
            r50_night_m=None,
            scan_share=0.5,
            clip_km=_MAST_TO_PERSON_KM,
            source="claim of an 80 km corridor for each aircraft (Karkhi to Rudaw); it says how "
            "far the aircraft flies, not how far it sees, and gives no sweep width",
            tag="F",
            vendor_claim=True,
        ),
    )
}


def sensor_named(sensor: str | Sensor, light: str = "night") -> Sensor:
    """Look up a sensor, and what replaces it in that light."""
    check_choice(light, "light", LIGHTS)
    if not isinstance(sensor, Sensor):
        sensor = SENSORS[check_choice(sensor, "sensor", SENSORS)]
    if light == "day" and sensor.by_day is not None:
        return sensor_named(sensor.by_day, light)
    return sensor


def detection_range_m(
    sensor: str | Sensor, light: str = "night", *, target: str = "person"
) -> float:
    """Range (m) of even detection (R50) of a sensor, before its clip."""
    check_choice(target, "target", TARGETS)
    record = sensor_named(sensor, light)
    # A vehicle range of its own source goes before the ratio of sizes, by day and by night alike.
    person = record.r50_day_m if light == "day" else record.r50_night_m
    if target == "vehicle" and record.r50_vehicle_m is not None:
        return record.r50_vehicle_m
    if person is None:
        known = ", ".join(
            name for name, other in SENSORS.items() if other.r50_night_m and not other.vendor_claim
        )
        msg = (
            f"sensor {record.name!r} has no detection range by {light}: {record.source}; "
            f"use one of {known}, or a Sensor of your own"
        )
        raise InvalidParameterError(msg)
    return person * _VEHICLE_TO_PERSON if target == "vehicle" else person


def sweep_width_km(  # noqa: PLR0913 - the rule has this many factors, each with its default
    sensor: str | Sensor,
    light: str = "night",
    f_mask: npt.ArrayLike = 0.0,
    *,
    target: str = "person",
    scan_share: float | None = None,
    r50_factor: npt.ArrayLike = 1.0,
    lateral_width_km: npt.ArrayLike | None = None,
) -> FloatArray | float:
    """
    Sweep width of a sensor over ground that hides part of the strip.

    ``W = 2 min(R50, clip) scan_share (1 - f_mask)``.

    Parameters
    ----------
    sensor
        A key of `SENSORS`, or a record of one's own.
    light
        ``"day"`` or ``"night"``.
    f_mask
        Share of the strip out of sight, 0 to 1.
    target
        ``"person"`` or ``"vehicle"``.
    scan_share
        Share of time that a given bearing is looked at, instead of the
        sensor's own.
    r50_factor
        Factor on R50, for what-ifs and Monte Carlo.
    lateral_width_km
        Area under a measured lateral range curve: it takes the place of
        ``2 R50``. Units: km.

    Returns
    -------
    FloatArray or float
        Sweep width. Units: km.

    Raises
    ------
    InvalidParameterError
        If a word is unknown, a number out of range, or the sensor has no
        range to give.

    Examples
    --------
    >>> sweep_width_km("vehicle_thermal")
    2.0
    >>> sweep_width_km("eye", "night", f_mask=[0.0, 0.5])
    array([0.15 , 0.075])
    """
    record = sensor_named(sensor, light)
    scan = record.scan_share if scan_share is None else check_probability(scan_share, "scan_share")
    if lateral_width_km is None:
        both_sides = 2.0 * detection_range_m(sensor, light, target=target) / 1000.0
        open_width = both_sides * as_positive(r50_factor, "r50_factor")
    else:
        check_choice(target, "target", TARGETS)
        factor = as_positive(r50_factor, "r50_factor")
        open_width = as_non_negative(lateral_width_km, "lateral_width_km", "km") * factor
    # Two definite-range halves: R50 stands for the range curve, beyond which as much is seen as is
    # missed within (exact for a symmetric fall). The horizon cuts both sides.
    width, hidden = broadcast(
        r50_factor=np.minimum(open_width, 2.0 * record.clip_km),
        f_mask=as_probabilities(f_mask, "f_mask"),
    )
    return plain(width * scan * (1.0 - hidden))
