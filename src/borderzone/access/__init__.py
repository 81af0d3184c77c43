"""How long it takes to get there, and for how long it is dark."""

from __future__ import annotations

from borderzone.access.daylight import (
    TWILIGHTS_DEG,
    moon_illuminated_fraction,
    night_hours,
    night_table,
)
from borderzone.access.speed import (
    CAMPBELL_2019,
    NIGHT_FACTORS,
    SPEEDS,
    VEHICLE_OFF_ROAD,
    NightFactor,
    VehicleOffRoad,
    campbell_2019,
    foot,
    irmischer_clarke,
    naismith_langmuir,
    tobler,
    vehicle_off_road,
)
from borderzone.access.travel_time import travel_time

__all__ = [
    "CAMPBELL_2019",
    "NIGHT_FACTORS",
    "SPEEDS",
    "TWILIGHTS_DEG",
    "VEHICLE_OFF_ROAD",
    "NightFactor",
    "VehicleOffRoad",
    "campbell_2019",
    "foot",
    "irmischer_clarke",
    "moon_illuminated_fraction",
    "naismith_langmuir",
    "night_hours",
    "night_table",
    "tobler",
    "travel_time",
    "vehicle_off_road",
]
