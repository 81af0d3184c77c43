from .speed import (
    SPEED_MODELS as SPEED_MODELS,
    irmischer_clarke as irmischer_clarke,
    tobler as tobler,
    vehicle_off_road as vehicle_off_road,
    at_night as at_night,
    gradient_of as gradient_of,
)
from .ways import (
    ROAD_SPEEDS as ROAD_SPEEDS,
    Roads as Roads,
    Ways as Ways,
)
from .travel_times import (
    travel as travel,
    travel_time as travel_time,
)
from .lines import (
    isochrones as isochrones,
    routes as routes,
)
from .response import (
    response_along_border as response_along_border,
    response_by_segment as response_by_segment,
    response_summary as response_summary,
    dash_to_cover as dash_to_cover,
    race_to_cover as race_to_cover,
)
from .light import (
    night_hours as night_hours,
    night_table as night_table,
    sun_times as sun_times,
    border_light_table as border_light_table,
)
from .moon import (
    night_light as night_light,
    moonlight_table as moonlight_table,
)
from .night import (
    night_reach as night_reach,
    night_reach_on_ground as night_reach_on_ground,
)
