"""Sensors: how far each one sees whom, in what light, and what that range holds already, with its source."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from borderzone._guards import (
    check_choice,
    check_positive,
    check_probability,
    guarded,
)
from borderzone.errors import InvalidParameterError
from borderzone.patrol.theory.imaging import JOHNSON_CYCLES

__all__ = ["BASES", "LIGHTS", "SENSORS", "TARGETS", "TASKS", "Sensor", "r50_m", "sensor_named"]

LIGHTS = ("day", "night")
TARGETS = ("person", "vehicle")
# What is to be made of a target, by the cycles it takes over its critical dimension (Johnson 1958).
TASKS = ("detect", "recognise", "identify")
# What a range of even detection is of: one look, or all looks of a whole straight pass.
BASES = ("look", "passage")

# Lines of sight over smooth ground with refraction 0.13. Units: km.
_EYE_TO_PERSON_KM = 9.9796  # 1.7 m to 1.7 m
_MAST_TO_PERSON_KM = 17.0919  # 10 m mast to 1.7 m

# Range grows with the critical dimension of the target (Johnson 1958): 2.3 m for a vehicle, the
# usual side of the NATO target, against 0.75 m for a person. Assumption, for sensors without a
# vehicle range of their own.
_VEHICLE_TO_PERSON = 2.3 / 0.75

_DESERT = "person walking in open desert; assumption"
# A factor of two either way as a 90 % band, in standard deviations of the logarithm.
_FACTOR_TWO = float(np.log(2.0) / 1.645)


@guarded
@dataclass(frozen=True, kw_only=True, slots=True)
class Sensor:
    """
    One kind of sensor: its ranges of even detection, what they hold already, and its limits.

    Attributes
    ----------
    name
        Its key in `SENSORS`.
    r50_day_m
        Range of even detection (R50) of a person by day; None if it gives none of
        its own. Units: m.
    r50_night_m
        The same in a dark night, by starlight. Units: m.
    r50_full_moon_m
        The same under a full moon at the zenith; None: as in the dark. Units: m.
    clip_km
        Range beyond which nothing is seen (horizon, vendor limit). Units: km.
    source
        Where the ranges are from.
    tag
        A: assumption with the anchor that `source` names. F: seen in a
        public source. M: from memory, to be checked.
    basis
        ``"look"``: R50 is of one look, so that a pass adds looks up. ``"passage"``: R50
        is of all looks of a pass, as field trials give it.
    includes_mask
        Whether R50 holds the ground that hides a target, as field trials do.
    scan_s
        Time for one round over all bearings; each round is one look. Of
        ``"look"`` only. Units: s.
    eye_m
        Height above the ground; None: of the unit that carries it, 2.5 m in a vehicle and
        1.7 m on foot. Units: m.
    r50_spread
        Standard deviation of the logarithm of R50, for its band.
    optical
        Whether haze and dust dim it.
    vendor_claim
        Whether the range is what the maker says. Never a default.
    r50_vehicle_m
        Range of even detection of a vehicle, where a source gives one;
        otherwise a person's times 2.3 / 0.75. Units: m.
    by_day
        Name of the sensor used instead by day, for goggles that come off.
    width_km
        Sweep width that the user states, with ground and looks in it: it takes the place of
        all ranges. For a drone. Units: km.

    Examples
    --------
    >>> from dataclasses import replace
    >>> drone = replace(SENSORS["small_drone"], width_km=0.8, source="trial of ours, 40 crossings")
    >>> drone.width_km
    0.8
    """

    name: str
    r50_day_m: float | None
    r50_night_m: float | None
    clip_km: float
    source: str
    tag: str
    r50_full_moon_m: float | None = None
    basis: str = "look"
    includes_mask: bool = False
    scan_s: float | None = None
    eye_m: float | None = None
    r50_spread: float = 0.4
    optical: bool = True
    vendor_claim: bool = False
    r50_vehicle_m: float | None = None
    by_day: str | None = None
    width_km: float | None = None

    def __post_init__(self) -> None:
        """Refuse impossible values at birth."""
        for field in ("r50_day_m", "r50_night_m", "r50_full_moon_m", "r50_vehicle_m", "eye_m"):
            value = getattr(self, field)
            if value is not None:
                check_positive(value, f"{field} of sensor {self.name!r}", "m")
        for field in ("clip_km", "width_km"):
            if getattr(self, field) is not None:
                check_positive(getattr(self, field), f"{field} of sensor {self.name!r}", "km")
        check_probability(self.r50_spread / 10.0, f"a tenth of r50_spread of sensor {self.name!r}")
        check_choice(self.tag, f"tag of sensor {self.name!r}", ("A", "F", "M"))
        check_choice(self.basis, f"basis of sensor {self.name!r}", BASES)
        self._check_light_and_scan()

    def _check_light_and_scan(self) -> None:
        dark, moon = self.r50_night_m, self.r50_full_moon_m
        if moon is not None and (dark is None or moon < dark):
            msg = (
                f"r50_full_moon_m of sensor {self.name!r} is {moon:g} m, which must not be below its "
                f"r50_night_m, {dark} m: moonlight takes no sight away"
            )
            raise InvalidParameterError(msg)
        if self.basis == "look" and self.scan_s is not None:
            check_positive(self.scan_s, f"scan_s of sensor {self.name!r}", "s")
        # Without a time between looks nobody can say how many a pass has; a range of a whole pass has them in it.
        if (self.basis == "look") == (self.scan_s is None) and self.width_km is None:
            msg = (
                f"sensor {self.name!r} has basis {self.basis!r} and scan_s {self.scan_s}: a range of one look "
                "needs the time for one round over its bearings, a range of a passage must not have one"
            )
            raise InvalidParameterError(msg)


SENSORS = {
    sensor.name: sensor
    for sensor in (
        Sensor(
            name="eye",
            r50_day_m=900.0,
            r50_night_m=75.0,
            r50_full_moon_m=250.0,
            basis="passage",
            includes_mask=True,
            r50_spread=_FACTOR_TWO,
            clip_km=_EYE_TO_PERSON_KM,
            source=f"{_DESERT}: day below the 1,289 m that 20/20 acuity allows for one cycle over "
            "0.75 m; dark night from memory, a factor of two either way; full moon the middle of "
            "200 to 300 m; read as ranges of a walk past, cover and all looks in them",
            tag="A",
        ),
        Sensor(
            name="night_vision_goggles",
            r50_day_m=None,
            r50_night_m=400.0,
            scan_s=30.0,
            clip_km=_EYE_TO_PERSON_KM,
            source=f"{_DESERT}: between 150 m ('identify man-sized target at 150 m using only "
            "starlight', PVS-14/7D, StrategyPage 2005) and the 645 m that acuity 20/40 allows "
            "(acuity 20/25 to 20/40: Countermeasure 2003); by day the eye; a round of nine fields "
            "of 40 degrees at some 3 s each",
            tag="A",
            by_day="eye",
        ),
        Sensor(
            name="hand_held_thermal",
            r50_day_m=250.0,
            r50_night_m=250.0,
            scan_s=45.0,
            clip_km=_EYE_TO_PERSON_KM,
            source=f"{_DESERT}: middle of 200 to 300 m, short-lens uncooled; FLIR 9 mm detects at "
            "205 m, 13 mm at 300 m; a round of fifteen fields of 24 degrees at some 3 s each",
            tag="A",
        ),
        Sensor(
            name="vehicle_thermal",
            r50_day_m=2000.0,
            r50_night_m=2000.0,
            scan_s=60.0,
            clip_km=10.0,
            source=f"{_DESERT}: FLIR, 'watchtowers at 4 km intervals ... ranges up to 2 km'; a "
            "round over narrow fields in a minute",
            tag="A",
        ),
        Sensor(
            name="tower_thermal",
            r50_day_m=2000.0,
            r50_night_m=2000.0,
            scan_s=60.0,
            eye_m=10.0,
            clip_km=_MAST_TO_PERSON_KM,
            source=f"{_DESERT}: FLIR, 'watchtowers at 4 km intervals ... ranges up to 2 km'; a "
            "round over narrow fields in a minute",
            tag="A",
        ),
        Sensor(
            name="ground_sensor",
            r50_day_m=30.0,
            r50_night_m=30.0,
            basis="passage",
            includes_mask=True,
            optical=False,
            eye_m=0.1,
            r50_spread=_FACTOR_TWO,
            clip_km=0.3,
            source="buried geophone, person walking past; assumption: tens of metres from memory, "
            "by soil; it tells no person from a sheep",
            tag="A",
        ),
        Sensor(
            name="ground_radar_spexer_2000",
            r50_day_m=18_000.0,
            r50_night_m=18_000.0,
            r50_vehicle_m=36_000.0,
            scan_s=10.0,
            eye_m=10.0,
            optical=False,
            clip_km=_MAST_TO_PERSON_KM,
            source="vendor's claim for the Spexer 2000, person 18 km and truck 36 km "
            "(gulfconstructiononline 2015); nobody else has measured it; a round in 10 s assumed",
            tag="F",
            vendor_claim=True,
        ),
        Sensor(
            name="small_drone",
            r50_day_m=None,
            r50_night_m=None,
            scan_s=10.0,
            eye_m=20.0,
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


def r50_m(
    sensor: str | Sensor,
    light: str = "night",
    *,
    moonlight: float = 0.0,
    target: str = "person",
    task: str = "detect",
) -> float:
    """
    Range with an even chance of a task, before any clip.

    Parameters
    ----------
    sensor
        A key of `SENSORS`, or a record of one's own.
    light
        ``"day"`` or ``"night"``; by night `moonlight` counts, by day it changes nothing.
    moonlight
        Light of the moon on a logarithmic scale, 0 (starlight) to 1 (full moon at the zenith).
    target
        ``"person"`` or ``"vehicle"``.
    task
        ``"detect"``, ``"recognise"`` or ``"identify"``: one over 1, 4 and 6.4 of the range (Johnson's cycles).

    Returns
    -------
    float
        R50. Units: m.

    Raises
    ------
    InvalidParameterError
        If a word is unknown, `moonlight` is not between 0 and 1, or the sensor has no range to give.

    References
    ----------
    .. [1] Johnson, J. (1958). Analysis of image forming systems. Image Intensifier Symposium, Fort Belvoir.

    Examples
    --------
    >>> r50_m("eye"), r50_m("eye", moonlight=0.5), r50_m("eye", "day", task="recognise")
    (75.0, 162.5, 225.0)
    """
    check_choice(target, "target", TARGETS)
    cycles = JOHNSON_CYCLES[check_choice(task, "task", TASKS)]
    moon = check_probability(moonlight, "moonlight")
    record = sensor_named(sensor, light)
    person = record.r50_day_m if light == "day" else record.r50_night_m
    # A vehicle range of its own source goes before the ratio of sizes, by day and by night alike.
    if target == "vehicle" and record.r50_vehicle_m is not None:
        return record.r50_vehicle_m / cycles
    if person is None:
        raise InvalidParameterError(_no_range(record, light))
    if light == "night" and record.r50_full_moon_m is not None:
        # Between the dark and the full moon the range goes with the logarithm of the light.
        person += moon * (record.r50_full_moon_m - person)
    return person * (_VEHICLE_TO_PERSON if target == "vehicle" else 1.0) / cycles


def _no_range(record: Sensor, light: str) -> str:
    known = ", ".join(
        name for name, other in SENSORS.items() if other.r50_night_m and not other.vendor_claim
    )
    return (
        f"sensor {record.name!r} has no detection range by {light}: {record.source}; use one of {known}, "
        f"or give a sweep width of your own: dataclasses.replace(SENSORS[{record.name!r}], width_km=..., source=...)"
    )
