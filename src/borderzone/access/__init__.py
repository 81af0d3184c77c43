"""How long it takes to get there, and for how long it is dark."""

from __future__ import annotations

from borderzone.access.daylight import (
    TWILIGHTS_DEG,
    moon_illuminated_fraction,
    night_hours,
    night_table,
)
from borderzone.access.network import ROAD_SPEEDS, Roads, RoadSpeed
from borderzone.access.routes import routes
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
from borderzone.access.travel_time import travel, travel_time

__all__ = [
    "CAMPBELL_2019",
    "NIGHT_FACTORS",
    "ROAD_SPEEDS",
    "SPEEDS",
    "TWILIGHTS_DEG",
    "VEHICLE_OFF_ROAD",
    "NightFactor",
    "RoadSpeed",
    "Roads",
    "VehicleOffRoad",
    "campbell_2019",
    "foot",
    "irmischer_clarke",
    "moon_illuminated_fraction",
    "naismith_langmuir",
    "night_hours",
    "night_table",
    "routes",
    "tobler",
    "travel",
    "travel_time",
    "vehicle_off_road",
]
