from .border_light import (
    border_light_table as border_light_table,
    longest_and_shortest_nights as longest_and_shortest_nights,
)
from .daylight import (
    TWILIGHTS_DEG as TWILIGHTS_DEG,
    moon_illuminated_fraction as moon_illuminated_fraction,
)
from .isochrone_lines import isochrones as isochrones
from ._gradients import STEEPEST_GRADIENT as STEEPEST_GRADIENT
from .models import (
    SPEED_MODELS as SPEED_MODELS,
    SPEEDS as SPEEDS,
    SpeedModel as SpeedModel,
)
from .ways import (
    ROAD_SPEEDS as ROAD_SPEEDS,
    Roads as Roads,
    RoadSpeed as RoadSpeed,
)
from .night import (
    night_reach as night_reach,
    night_reach_on_ground as night_reach_on_ground,
)
from .race import (
    dash_to_cover as dash_to_cover,
    race_along_border as race_along_border,
    race_by_segment as race_by_segment,
    race_margin_h as race_margin_h,
)
from .remote_ground import remoteness as remoteness
from .response import (
    response_along_border as response_along_border,
    response_by_segment as response_by_segment,
    response_summary as response_summary,
)
from .lines import routes as routes
from .slowing import (
    NIGHT_FACTORS as NIGHT_FACTORS,
    NightFactor as NightFactor,
    at_night as at_night,
    elevation_factor as elevation_factor,
)
from .light import (
    SUN_STATES as SUN_STATES,
    night_hours as night_hours,
    night_hours_on as night_hours_on,
    night_table as night_table,
    sun_altitude_deg as sun_altitude_deg,
    sun_times as sun_times,
)
from .travel_times import (
    travel as travel,
    travel_time as travel_time,
)
from .vehicles import (
    TRACKED_OFF_ROAD as TRACKED_OFF_ROAD,
    VEHICLE_OFF_ROAD as VEHICLE_OFF_ROAD,
    WHEELED_OFF_ROAD as WHEELED_OFF_ROAD,
    VehicleOffRoad as VehicleOffRoad,
    tracked_off_road as tracked_off_road,
    vehicle_off_road as vehicle_off_road,
    wheeled_off_road as wheeled_off_road,
)
from .speed import (
    CAMPBELL_2019 as CAMPBELL_2019,
    campbell_2019 as campbell_2019,
    foot as foot,
    irmischer_clarke as irmischer_clarke,
    naismith_langmuir as naismith_langmuir,
    naismith_langmuir_s as naismith_langmuir_s,
    tobler as tobler,
    tobler_off_path as tobler_off_path,
)
