"""How fast people and vehicles move over ground of a given gradient.

A gradient is rise over run along the way, signed: 0.1 climbs one metre in ten, -0.1 descends. It
is not an angle. Speeds are over the ground as a map shows it (horizontal). Numbers give
numbers, arrays give arrays, NaN passes.

Who moves is in `walking` and `vehicles`, what slows them in `slowing`, and what each speed rests
on in `models`. How a surface slows a vehicle stands beside the classes of land cover, in
`borderzone.terrain`.
"""

from __future__ import annotations

from borderzone.access._gradients import STEEPEST_GRADIENT
from borderzone.access.models import SPEED_MODELS, SPEEDS, SpeedModel
from borderzone.access.slowing import (
    NIGHT_FACTORS,
    NightFactor,
    NightSpeed,
    at_night,
    elevation_factor,
)
from borderzone.access.vehicles import (
    TRACKED_OFF_ROAD,
    VEHICLE_OFF_ROAD,
    WHEELED_OFF_ROAD,
    VehicleOffRoad,
    tracked_off_road,
    vehicle_off_road,
    wheeled_off_road,
)
from borderzone.access.walking import (
    CAMPBELL_2019,
    campbell_2019,
    foot,
    irmischer_clarke,
    naismith_langmuir,
    naismith_langmuir_s,
    tobler,
    tobler_off_path,
)

__all__ = [
    "CAMPBELL_2019",
    "NIGHT_FACTORS",
    "SPEEDS",
    "SPEED_MODELS",
    "STEEPEST_GRADIENT",
    "TRACKED_OFF_ROAD",
    "VEHICLE_OFF_ROAD",
    "WHEELED_OFF_ROAD",
    "NightFactor",
    "NightSpeed",
    "SpeedModel",
    "VehicleOffRoad",
    "at_night",
    "campbell_2019",
    "elevation_factor",
    "foot",
    "irmischer_clarke",
    "naismith_langmuir",
    "naismith_langmuir_s",
    "tobler",
    "tobler_off_path",
    "tracked_off_road",
    "vehicle_off_road",
    "wheeled_off_road",
]
