"""Roads, barriers, crossings and cover of a study, as travel times take them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from borderzone import access
from borderzone.errors import InvalidGeometryError
from borderzone.study.vectors import vector_layer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from borderzone.grid import Grid
    from borderzone.io.records import Record
    from borderzone.scenario import Scenario

__all__ = ["WAYS", "Ways", "load_ways"]

WAYS = ("roads", "barriers", "crossings", "cover")


@dataclass(frozen=True, kw_only=True)
class Ways:
    """
    What helps or hinders somebody who moves, in the CRS of the working grid.

    Attributes
    ----------
    roads, barriers, crossings, cover
        Layers near the corridor; None where there are none.
    road_class
        Column of the roads that holds their class.
    roads_cross
        Whether roads pass barriers.
    speeds_km_h
        Speed by class of road that differs from `access.ROAD_SPEEDS`. Units: km/h.
    """

    roads: gpd.GeoDataFrame | None = None
    barriers: gpd.GeoDataFrame | None = None
    crossings: gpd.GeoDataFrame | None = None
    cover: gpd.GeoDataFrame | None = None
    road_class: str = "class"
    roads_cross: bool = False
    speeds_km_h: Mapping[str, float] | None = None

    def options(self, mode: str) -> dict[str, Any]:
        """Give what `access.travel_time` takes for a patrol."""
        options = self.off_road()
        if self.roads is None:
            return options
        usual = {name: road.km_h for name, road in access.ROAD_SPEEDS.items()}
        roads = access.Roads(
            lines=self.roads,
            class_column=self.road_class,
            speeds_km_h=usual | dict(self.speeds_km_h or {}),
            on_foot=mode == "foot",
        )
        return {**options, "roads": roads, "roads_cross": self.roads_cross}

    def off_road(self) -> dict[str, Any]:
        """Give what `access.travel_time` takes for somebody who keeps off roads."""
        if self.barriers is None:
            return {}
        return {"barriers": self.barriers.geometry} | (
            {} if self.crossings is None else {"crossings": self.crossings.geometry}
        )


def load_ways(
    sources: Mapping[str, Any],
    grid: Grid,
    scenario: Scenario,
    records: list[Record],
    notes: list[str],
) -> Ways:
    """Read roads, barriers, crossings and cover near a corridor."""
    found = {name: _near(sources.get(name), name, grid, records, notes) for name in WAYS}
    if found["crossings"] is not None and found["barriers"] is None:
        notes.append("Crossings were given, but no barriers that they would open.")
    return Ways(
        **found,
        road_class=sources.get("road_class", "class"),
        roads_cross=sources.get("roads_cross", False),
        speeds_km_h=scenario.road_speeds_km_h,
    )


def _near(
    source: Any, name: str, grid: Grid, records: list[Record], notes: list[str]
) -> gpd.GeoDataFrame | None:
    if source is None:
        return None
    table = vector_layer(source, name, records)
    xy, owner = shapely.get_coordinates(table.geometry.to_numpy(), return_index=True)
    bad = owner[~np.isfinite(xy).all(axis=1)]
    if len(bad):
        label = table.index[bad[0]]
        msg = f"{name} must have finite coordinates, that of {label!r} has not; drop or mend it"
        raise InvalidGeometryError(msg)
    box = shapely.box(*grid.bounds)
    # In degrees first: far from it the frame of the grid folds.
    west, south, east, north = (
        gpd.GeoSeries([box], crs=grid.crs).segmentize(2e4).to_crs(4326).total_bounds
    )
    around = table.to_crs(4326).cx[west:east, south:north].to_crs(grid.crs)
    near = around[around.intersects(box)]
    if near.empty:
        notes.append(f"The {name} given lie nowhere near this corridor, and change nothing.")
        return None
    return near
