from .alt import alt_text as alt_text
from .charts import (
    night_hours as night_hours,
    sensitivity as sensitivity,
    success_rate as success_rate,
)
from .compare import (
    whatif as whatif,
    whatif_data as whatif_data,
)
from .curves import (
    coverage_curve as coverage_curve,
    coverage_curve_data as coverage_curve_data,
)
from .events import (
    events_by_segment as events_by_segment,
    placed_events as placed_events,
)
from .charts import (
    incident_overlay as incident_overlay,
    incident_pressure as incident_pressure,
    interdictions as interdictions,
)
from .maps import (
    corridor_map as corridor_map,
    corridor_map_data as corridor_map_data,
    plot_border as plot_border,
    plot_corridor as plot_corridor,
)
from .reach import (
    night_reach as night_reach,
    race_to_cover as race_to_cover,
    response_times as response_times,
    sight_lines as sight_lines,
)
from .reach import (
    travel_time_map as travel_time_map,
    travel_time_map_data as travel_time_map_data,
)
from .strip import strip_map as strip_map
from .strip import strip_map_data as strip_map_data
from .style import save as save
