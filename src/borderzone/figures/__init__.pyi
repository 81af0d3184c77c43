from .catalogue import (
    FIGURES as FIGURES,
    TABLE_FIGURES as TABLE_FIGURES,
    alt_text as alt_text,
    figure_data as figure_data,
)
from .answers import (
    answer as answer,
    coverage_curve as coverage_curve,
)
from .charts import (
    cave_success_rate as cave_success_rate,
    hindcast as hindcast,
    sensitivity as sensitivity,
)
from .compare import whatif as whatif
from .decisions import (
    break_even as break_even,
    comparison as comparison,
    pareto as pareto,
    regret as regret,
    tornado as tornado,
    two_way as two_way,
)
from .layers import events_by_segment as events_by_segment
from .charts import (
    incident_overlay as incident_overlay,
    incident_pressure as incident_pressure,
)
from .shaded_maps import (
    travel_time_map as travel_time_map,
    crossing_map as crossing_map,
    weakest_place_map as weakest_place_map,
)
from .maps import (
    add_layer as add_layer,
    corridor_map as corridor_map,
    drawn_words as drawn_words,
    plot_border as plot_border,
    plot_corridor as plot_corridor,
)
from .plans import (
    allocation as allocation,
    month_moon as month_moon,
    remoteness as remoteness,
    post_curve as post_curve,
    weakest_crossing as weakest_crossing,
    weakest_place as weakest_place,
)
from .reach import (
    night_reach as night_reach,
    race_to_cover as race_to_cover,
    response_times as response_times,
    sight_lines as sight_lines,
)
from .strip import strip_map as strip_map
from .grammar import Sheet as Sheet, Theme as Theme, save as save, unshown as unshown
