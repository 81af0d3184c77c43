"""How long it takes to get there, and for how long it is dark."""

from __future__ import annotations

from borderzone._guards import guard_room
from borderzone.access.border_light import border_light_table, longest_and_shortest_nights
from borderzone.access.daylight import TWILIGHTS_DEG, moon_illuminated_fraction
from borderzone.access.isochrones import isochrones
from borderzone.access.models import SPEED_MODELS, SPEEDS, SpeedModel
from borderzone.access.network import ROAD_SPEEDS, Roads, RoadSpeed
from borderzone.access.night import night_reach, night_reach_on_ground
from borderzone.access.race import (
    dash_to_cover,
    race_along_border,
    race_by_segment,
    race_margin_h,
)
from borderzone.access.remoteness import remoteness
from borderzone.access.response import (
    response_along_border,
    response_by_segment,
    response_summary,
)
from borderzone.access.routes import routes
from borderzone.access.slowing import NIGHT_FACTORS, NightFactor, at_night, elevation_factor
from borderzone.access.sun import (
    SUN_STATES,
    night_hours,
    night_hours_on,
    night_table,
    sun_altitude_deg,
    sun_times,
)
from borderzone.access.travel_time import travel, travel_time
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
    "ROAD_SPEEDS",
    "SPEEDS",
    "SPEED_MODELS",
    "SUN_STATES",
    "TRACKED_OFF_ROAD",
    "TWILIGHTS_DEG",
    "VEHICLE_OFF_ROAD",
    "WHEELED_OFF_ROAD",
    "NightFactor",
    "RoadSpeed",
    "Roads",
    "SpeedModel",
    "VehicleOffRoad",
    "at_night",
    "border_light_table",
    "campbell_2019",
    "dash_to_cover",
    "elevation_factor",
    "foot",
    "irmischer_clarke",
    "isochrones",
    "longest_and_shortest_nights",
    "moon_illuminated_fraction",
    "naismith_langmuir",
    "naismith_langmuir_s",
    "night_hours",
    "night_hours_on",
    "night_reach",
    "night_reach_on_ground",
    "night_table",
    "race_along_border",
    "race_by_segment",
    "race_margin_h",
    "remoteness",
    "response_along_border",
    "response_by_segment",
    "response_summary",
    "routes",
    "sun_altitude_deg",
    "sun_times",
    "tobler",
    "tobler_off_path",
    "tracked_off_road",
    "travel",
    "travel_time",
    "vehicle_off_road",
    "wheeled_off_road",
]

guard_room(globals(), __all__)
