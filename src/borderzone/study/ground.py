"""The ground of a study: terrain, hours, flags, zones, and their summary by segment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr
from affine import Affine

from borderzone import access, difficulty, summary, terrain
from borderzone.grid import Grid
from borderzone.study.inputs import furniture, load_layers, load_origins

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import geopandas as gpd

    from borderzone.corridor import Corridor
    from borderzone.datasets import Record
    from borderzone.scenario import Scenario

__all__ = ["MODES", "Ground", "read_ground"]

MODES = ("vehicle_off_road", "foot")

# Origins just outside the corridor count too, so travel time runs on a wider frame.
_MARGIN_KM = 50.0


@dataclass(frozen=True, kw_only=True)
class Ground:
    """
    What the ground is like, before anything is assumed about patrols.

    Attributes
    ----------
    key
        The assumptions it was computed under; equal keys mean equal ground.
    corridor, grid
        Where.
    layers
        Rasters on the grid.
    table
        One row a segment; None without elevation.
    zones, flagged_share
        Flagged zones and shares; None without travel time.
    origins, furniture
        Where travel times start, and what maps show.
    records, notes
        Data used, and what cannot be said.
    """

    key: tuple[Any, ...]
    corridor: Corridor
    grid: Grid | None
    layers: xr.Dataset | None
    table: pd.DataFrame | None
    zones: gpd.GeoDataFrame | None
    flagged_share: pd.DataFrame | None
    origins: gpd.GeoDataFrame | None
    furniture: Mapping[str, gpd.GeoDataFrame]
    records: tuple[Record, ...]
    notes: tuple[str, ...]


def ground_key(scenario: Scenario) -> tuple[Any, ...]:
    """
    Name the assumptions on which the ground depends.

    Parameters
    ----------
    scenario
        Scenario to look at.

    Returns
    -------
    tuple
        Equal for scenarios that share their ground.
    """
    return (
        scenario.depth_km,
        scenario.segment_km,
        scenario.resolution_m,
        scenario.remote_hours,
        scenario.remote_hours_range,
        scenario.bare_threshold,
        scenario.min_zone_km2,
        scenario.force.mode,
    )


def read_ground(
    corridor: Corridor,
    sources: dict[str, Any],
    scenario: Scenario,
    step: Callable[[str], None],
) -> Ground:
    """
    Read the terrain of a corridor and flag what is hard to patrol.

    Parameters
    ----------
    corridor
        Corridor of one section.
    sources
        For ``"dem"``, ``"landcover"``, ``"karst"`` and ``"origins"`` a path,
        an object, or ``"embedded"``.
    scenario
        Thresholds and resolution.
    step
        Called with the name of each step.

    Returns
    -------
    Ground
        Layers and tables; None where a layer is missing, with a note.
    """
    if len(corridor.sections) > 1:
        return _without_grid(corridor, scenario)
    step("elevation and land cover")
    grid = corridor.grid(resolution_m=scenario.resolution_m)
    cells = corridor.cells(grid)
    inside = cells["segment"].to_numpy() >= 0
    wide = _padded(grid, round(_MARGIN_KM * 1000 / grid.resolution_m))
    pad = (wide.shape[0] - grid.shape[0]) // 2
    needed = np.pad(inside, pad)
    found = load_layers(sources, wide, needed)
    parts = _Parts(corridor, grid, cells, wide, pad, scenario)
    if found.dem is None:
        note = (
            "Without elevation there are no terrain, travel times, flags, zones, "
            "detection rates or unit counts."
        )
        return _bare(parts, tuple(found.records), (*found.notes, note))
    step("travel times")
    origins = load_origins(sources["origins"], wide, found.records, found.notes)
    return _complete(parts, found, origins, step)


@dataclass(frozen=True)
class _Parts:
    corridor: Corridor
    grid: Grid
    cells: xr.Dataset
    wide: Grid
    pad: int
    scenario: Scenario

    def crop(self, raster: xr.DataArray) -> xr.DataArray:
        rows, columns = self.grid.shape
        window = raster.isel(
            y=slice(self.pad, self.pad + rows), x=slice(self.pad, self.pad + columns)
        )
        return self.grid.wrap(
            window.to_numpy(),
            name=str(raster.name),
            units=raster.attrs.get("units", ""),
            long_name=raster.attrs.get("long_name", ""),
        ).assign_attrs({k: v for k, v in raster.attrs.items() if k != "crs"})


def _complete(
    parts: _Parts, found: Any, origins: gpd.GeoDataFrame | None, step: Callable[[str], None]
) -> Ground:
    scenario, grid = parts.scenario, parts.grid
    surface_wide = terrain.surface.describe(found.landcover, found.karst, parts.wide)
    hours = _hours(found.dem, origins, surface_wide)
    step("terrain and flags")
    dem = parts.crop(found.dem)
    wide = terrain.attributes(found.dem).assign(landform=terrain.landform(found.dem))
    attrs = xr.Dataset({name: parts.crop(layer) for name, layer in wide.items()})
    surface = xr.Dataset({n: parts.crop(a) for n, a in surface_wide.items()})
    hours = {mode: parts.crop(raster) for mode, raster in hours.items()}
    response = hours.get(scenario.force.mode)
    flags = difficulty.flags(
        attrs,
        response,
        surface,
        remote_hours=scenario.remote_hours,
        bare_threshold=scenario.bare_threshold,
    )
    around = furniture(parts.corridor)
    zones = difficulty.zones(
        flags,
        parts.corridor,
        places=around.get("places"),
        karst=found.karst,
        min_area_km2=scenario.min_zone_km2,
    )
    shares = difficulty.flagged_share(
        hours,
        surface,
        parts.cells,
        thresholds_h=scenario.remote_hours_range,
        bare_threshold=scenario.bare_threshold,
        cave_prone=flags["cave_prone"],
    )
    shares["rock_share_rank2plus_of_known"] = _rock_share(surface, parts.cells)
    step("summary by segment")
    table = summary.ground_by_segment(
        attrs,
        surface,
        response,
        parts.cells,
        segments=parts.corridor.segments,
        mode=scenario.force.mode,
    )
    layers = _layers(dem, attrs, surface, hours, flags, parts.cells)
    ranks = summary.by_segment(
        flags[["cave_prone"]], parts.cells, segments=parts.corridor.segments
    )["cave_prone_majority"]
    return Ground(
        key=ground_key(scenario),
        corridor=parts.corridor,
        grid=grid,
        layers=layers,
        table=table.join(_extra(layers, table.index)).assign(cave_rank=ranks),
        zones=zones,
        flagged_share=shares,
        origins=origins,
        furniture=around,
        records=tuple(found.records),
        notes=tuple(found.notes),
    )


def _hours(dem: xr.DataArray, origins: Any, surface: xr.Dataset) -> dict[str, xr.DataArray]:
    if origins is None:
        return {}
    factor = surface.get("surface_factor")
    return {
        mode: access.travel_time(
            dem,
            origins.geometry,
            speed=mode,
            surface_factor=factor if mode == MODES[0] else None,
        )
        for mode in MODES
    }


def _layers(
    dem: xr.DataArray,
    attrs: xr.Dataset,
    surface: xr.Dataset,
    hours: Mapping[str, xr.DataArray],
    flags: xr.Dataset,
    cells: xr.Dataset,
) -> xr.Dataset:
    layers = {"elevation_m": dem, **attrs.data_vars, **surface.data_vars}
    layers |= {f"hours_{mode.split('_')[0]}": raster for mode, raster in hours.items()}
    layers |= {name: flags[name] for name in ("remote_desert", "cave_prone", "index")}
    layers |= cells.data_vars
    return xr.Dataset(layers)


def _rock_share(surface: xr.Dataset, cells: xr.Dataset) -> float:
    """Share of the mapped soluble rock that is of medium or high rank, whatever its relief."""
    rank = surface["karst_rank"].to_numpy()[cells["segment"].to_numpy() >= 0]
    known = rank[~np.isnan(rank)]
    return float((known >= 2).mean()) if known.size else float("nan")


def _extra(layers: xr.Dataset, index: pd.Index) -> pd.DataFrame:
    """Means that maps and tables show, but patrols do not use."""
    segment = layers["segment"].to_numpy().ravel()
    inside = segment >= 0
    frame = pd.DataFrame(
        {
            "elevation_min_m": layers["elevation_m"].to_numpy().ravel()[inside],
            "remote_share": layers["remote_desert"].to_numpy().ravel()[inside],
            "index_mean": layers["index"].to_numpy().ravel()[inside],
        }
    )
    frame["elevation_mean_m"] = frame["elevation_max_m"] = frame["elevation_min_m"]
    how = {
        "elevation_min_m": "min",
        "elevation_mean_m": "mean",
        "elevation_max_m": "max",
        "remote_share": "mean",
        "index_mean": "mean",
    }
    return frame.groupby(segment[inside]).agg(how).reindex(index)


def _padded(grid: Grid, cells: int) -> Grid:
    rows, columns = grid.shape
    step, left, top = grid.resolution_m, grid.transform.c, grid.transform.f
    transform = Affine(step, 0.0, left - cells * step, 0.0, -step, top + cells * step)
    return Grid(shape=(rows + 2 * cells, columns + 2 * cells), transform=transform, crs=grid.crs)


def _bare(parts: _Parts, records: tuple[Record, ...], notes: tuple[str, ...]) -> Ground:
    return Ground(
        key=ground_key(parts.scenario),
        corridor=parts.corridor,
        grid=parts.grid,
        layers=parts.cells,
        table=None,
        zones=None,
        flagged_share=None,
        origins=None,
        furniture=furniture(parts.corridor),
        records=records,
        notes=notes,
    )


def _without_grid(corridor: Corridor, scenario: Scenario) -> Ground:
    note = (
        f"This corridor needs {len(corridor.sections)} frames, and terrain is read in one: run a "
        "study for each stretch of it. Terrain, flags, zones and unit counts are not given."
    )
    return Ground(
        key=ground_key(scenario),
        corridor=corridor,
        grid=None,
        layers=None,
        table=None,
        zones=None,
        flagged_share=None,
        origins=None,
        furniture=furniture(corridor),
        records=(),
        notes=(note,),
    )
