"""Figures of a study: maps, strip map, curves and charts, each with its table."""

from __future__ import annotations

from borderzone.figures.charts import night_hours, sensitivity
from borderzone.figures.curves import coverage_curve, coverage_curve_data
from borderzone.figures.maps import (
    corridor_map,
    corridor_map_data,
    plot_border,
    plot_corridor,
)
from borderzone.figures.strip import strip_map
from borderzone.figures.strip_data import incidents_by_segment, strip_map_data
from borderzone.figures.style import save

__all__ = [
    "corridor_map",
    "corridor_map_data",
    "coverage_curve",
    "coverage_curve_data",
    "incidents_by_segment",
    "night_hours",
    "plot_border",
    "plot_corridor",
    "save",
    "sensitivity",
    "strip_map",
    "strip_map_data",
]
