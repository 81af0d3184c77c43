"""Figures of a study: maps, strip map, curves and charts, each with its table."""

from __future__ import annotations

from borderzone._guards import guard_room
from borderzone.figures.alt import alt_text
from borderzone.figures.charts import night_hours, sensitivity, success_rate
from borderzone.figures.compare import whatif, whatif_data
from borderzone.figures.curves import coverage_curve, coverage_curve_data
from borderzone.figures.events import events_by_segment, placed_events
from borderzone.figures.incident_charts import (
    incident_overlay,
    incident_pressure,
    interdictions,
)
from borderzone.figures.maps import (
    corridor_map,
    corridor_map_data,
    plot_border,
    plot_corridor,
)
from borderzone.figures.reach_charts import night_reach, race_to_cover, response_times, sight_lines
from borderzone.figures.reach_map import travel_time_map, travel_time_map_data
from borderzone.figures.strip import strip_map
from borderzone.figures.strip_data import strip_map_data
from borderzone.figures.style import save

__all__ = [
    "alt_text",
    "corridor_map",
    "corridor_map_data",
    "coverage_curve",
    "coverage_curve_data",
    "events_by_segment",
    "incident_overlay",
    "incident_pressure",
    "interdictions",
    "night_hours",
    "night_reach",
    "placed_events",
    "plot_border",
    "plot_corridor",
    "race_to_cover",
    "response_times",
    "save",
    "sensitivity",
    "sight_lines",
    "strip_map",
    "strip_map_data",
    "success_rate",
    "travel_time_map",
    "travel_time_map_data",
    "whatif",
    "whatif_data",
]

guard_room(globals(), __all__)
