"""On what ground the incidents of a study happened, by event and counted by class of ground."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from borderzone import incidents
from borderzone.incidents.placing.events_on_ground import GROUNDS, GroundLayers, ground_classes

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd

    from borderzone.scenario import Scenario
    from borderzone.study.ground import Ground

__all__ = ["event_ground"]

_FLAGS = ("remote_desert", "cave_prone")
_ATTRS = ("slope_deg", "relief_m", "elevation_m")


def event_ground(
    events: gpd.GeoDataFrame, ground: Ground, scenario: Scenario, how: Mapping[str, Any]
) -> tuple[pd.DataFrame, pd.DataFrame] | tuple[None, None]:
    """
    Look up the ground of a study under all places where its incidents may have happened.

    Hours are those of the force, in its mode: across the border from it no way leads.
    """
    layers = ground.layers
    if layers is None or not {*_FLAGS, *_ATTRS} & set(layers):
        return None, None
    flags, attrs = (layers[[n for n in names if n in layers]] for names in (_FLAGS, _ATTRS))
    hours = layers.get(f"hours_{scenario.force.mode.split('_')[0]}")
    found = incidents.on_ground(events, flags, attrs, hours=hours, corridor=ground.corridor, **how)
    counts = incidents.ground_counts(found)
    kept = counts.attrs
    counts.insert(
        2,
        "area_km2",
        _areas_km2(counts, GroundLayers.of(flags, attrs, {"hours": hours}, None), ground),
    )
    counts.attrs = kept
    return found, counts


def _areas_km2(counts: pd.DataFrame, layers: GroundLayers, ground: Ground) -> list[float]:
    """Area of each class in the corridor, sea included; none of what lies outside."""
    segment = ground.corridor.cells(layers.grid)["segment"].to_numpy()
    cells = np.flatnonzero(segment >= 0)
    classes = ground_classes(layers.values(cells), cells)
    one = layers.grid.cell_area_km2
    return [
        np.nan
        if row.ground == "outside"
        else one * sum(int(classes[name].sum()) for name in GROUNDS[row.kind, row.ground])
        for row in counts.itertuples()
    ]
