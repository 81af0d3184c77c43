"""The ground of a study: terrain, hours, flags, zones, and their summary by segment."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from borderzone import difficulty, terrain, visibility
from borderzone._guards import guarded
from borderzone.corridor.sides import country_of_cells
from borderzone.study.by_block import open_heights
from borderzone.study.force import ForceHours
from borderzone.study.inputs import Layers, furniture, load_layers, load_origins
from borderzone.study.missing import Missing, missing_layer
from borderzone.study.posts import OPEN_ORIGINS, PostSight, read_posts
from borderzone.study.reach import Reach, read_reach
from borderzone.study.reading import Frame, read_terrain
from borderzone.study.sources import AROUND_KM, SETTINGS
from borderzone.study.ways import load_ways

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import geopandas as gpd

    from borderzone._clock import Stage
    from borderzone._typing import BoolArray
    from borderzone.corridor import Corridor
    from borderzone.grid import Grid
    from borderzone.io import Record
    from borderzone.scenario import Scenario
    from borderzone.study.reading import FineFiles, Reading

__all__ = ["Ground", "read_ground"]

# Layer -> the name under which a study gives it.
_SOURCE = {"elevation": "dem", "landcover": "landcover", "karst": "karst", "origins": "origins"}


@guarded
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
    members
        Members of the index on the grid; None without terrain.
    fine
        Layers on cells finer than the working grid, in files; None where there are none.
    better_data
        Segments ranked by what finer terrain or a visit would change; None where terrain is fine.
    cave_calibration
        What an inventory of known caves says of the flag; None without one.
    reach
        Times to the border and from it; None without travel time.
    posts
        What posts see; None where there are none, or elevation is too coarse for it.
    roads
        Roads given by the user.
    sea_share
        Share of the corridor's cells that is sea, which no number on ground counts; NaN where no ground
        was read.
    gap_share
        Share of the others without elevation: unknown.
    settings
        How the user's layers were read: `SETTINGS`.
    missing
        Layers the study lacks, with reason and cure; "sections" where no ground was read.
    stages
        How long each step took, and the memory it held.
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
    members: xr.Dataset | None = None
    fine: FineFiles | None = None
    better_data: pd.DataFrame | None = None
    cave_calibration: difficulty.CaveCalibration | None = None
    reach: Reach | None = None
    posts: PostSight | None = None
    roads: gpd.GeoDataFrame | None = None
    sea_share: float = math.nan
    gap_share: float = math.nan
    settings: Mapping[str, Any] = field(default_factory=dict)
    missing: Mapping[str, Missing] = field(default_factory=dict)
    stages: Mapping[str, Stage] = field(default_factory=dict)


def ground_key(scenario: Scenario) -> tuple[Any, ...]:
    """Name the assumptions on which the ground depends."""
    return (
        scenario.depth_km,
        scenario.segment_km,
        scenario.resolution_m,
        scenario.terrain_resolution_m,
        scenario.remote_hours,
        scenario.remote_hours_range,
        scenario.bare_threshold,
        scenario.min_zone_km2,
        scenario.max_gap_share,
        tuple(scenario.weighting().weights.items()),
        scenario.force.mode,
        scenario.force_side,
        scenario.crosser,
        scenario.crosser_vehicle_km_h,
        scenario.report_minutes,
        scenario.post_height_m,
        scenario.post_sight_km,
        tuple(scenario.road_speeds_km_h.items()),
    )


def read_ground(
    corridor: Corridor,
    sources: dict[str, Any],
    scenario: Scenario,
    step: Callable[[str], None],
) -> Ground:
    """Read the terrain of a corridor and flag what is hard to patrol."""
    if len(corridor.sections) > 1:
        return _without_grid(corridor, scenario)
    step("elevation and land cover")
    frame = Frame.of(corridor, scenario, AROUND_KM)
    needed = np.pad(frame.cells["segment"].to_numpy() >= 0, frame.pad)
    found = load_layers(sources, frame.wide, needed, max_gap_share=scenario.max_gap_share)
    if found.dem is None:
        # Without elevation nothing starts anywhere, but whether there are origins is told.
        aside = Layers()
        load_origins(sources["origins"], frame, aside)
        found.missing |= aside.missing
        ground = _bare(frame, found)
    else:
        step("travel times")
        origins = load_origins(sources["origins"], frame, found)
        ground = _complete(frame, found, sources, origins, step)
        ground = replace(ground, sea_share=found.sea_share(needed))
    missing = {
        layer: missing_layer(layer, sources[_SOURCE[layer]], corridor.border, why=why)
        for layer, why in found.missing.items()
    }
    return replace(ground, missing=missing)


def _complete(
    frame: Frame,
    found: Layers,
    sources: dict[str, Any],
    origins: gpd.GeoDataFrame | None,
    step: Callable[[str], None],
) -> Ground:
    whole, frame = frame, frame.on_land(found.at_sea)
    scenario, corridor = frame.scenario, frame.corridor
    surface_wide = terrain.surface(
        found.landcover,
        found.karst,
        frame.wide,
        found.aridity,
        scheme=sources.get("landcover_scheme", "igbp"),
    )
    ways = load_ways(sources, frame.wide, scenario, found.records, found.notes)
    assert found.dem is not None  # noqa: S101 - without elevation nothing is complete
    force = ForceHours.of(frame, found.dem, origins, surface_wide, ways)
    step("response and the reach of a night")
    reach = read_reach(frame, found.dem, force, ways, found.notes)
    if reach is not None:
        reach = replace(reach, half_km2=reach.half_km2 * _share_on_land(whole, force))
    reading = read_terrain(frame, found, sources, force, surface_wide, step)
    seen = _seen(frame, sources, origins, reading, found, step)
    step("zones")
    around = furniture(corridor)
    at_sea = frame.crop_mask(found.at_sea)
    zones = _zones(frame, found, _without_sea(reading.flags, at_sea), around.get("places"))
    caves = None
    if found.known_caves is not None:
        step("known caves")
        caves = difficulty.calibrate(reading.flags, found.known_caves, cells=frame.cells)
    layers = _without_sea(_layers(reading, frame.cells), at_sea)
    ranks = difficulty.by_segment(
        reading.flags[["cave_prone"]], frame.cells, segments=corridor.segments
    )["cave_prone_majority"]
    table = reading.table.join(_extra(layers, force.half, reading.table.index)).assign(
        cave_rank=ranks, sea_share=_sea_by_segment(whole, at_sea)
    )
    return Ground(
        key=ground_key(scenario),
        corridor=corridor,
        grid=frame.grid,
        layers=layers,
        table=_joined(table, reach, seen),
        zones=zones,
        flagged_share=reading.shares,
        origins=origins,
        furniture=around,
        records=tuple(found.records),
        notes=(*found.notes, *reading.notes),
        gap_share=found.gap_share if reading.gap_share is None else reading.gap_share,
        members=reading.flags[[n for n in reading.flags if str(n).startswith("member_")]],
        fine=reading.fine,
        better_data=reading.better_data,
        cave_calibration=caves,
        reach=reach,
        posts=seen,
        roads=ways.roads,
        settings={name: sources[name] for name in SETTINGS if name in sources},
    )


def _zones(
    frame: Frame, found: Layers, flags: xr.Dataset, places: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame:
    """Join flagged cells into zones; across the border the reason is where the force stops."""
    zones = difficulty.zones(
        flags,
        frame.corridor,
        places=places,
        karst=found.karst,
        min_area_km2=frame.scenario.min_zone_km2,
    )
    zones["reasons"] = [
        # Not a finding about that ground.
        reasons
        if side in (frame.side, "both")
        else reasons.replace("no origin reaches it", "across the border from the force")
        for side, reasons in zip(zones["side"], zones["reasons"], strict=True)
    ]
    return zones


def _seen(
    frame: Frame,
    sources: dict[str, Any],
    origins: gpd.GeoDataFrame | None,
    reading: Reading,
    found: Layers,
    step: Callable[[str], None],
) -> PostSight | None:
    """Look from the posts, if the study has any and the elevation is fine enough."""
    if origins is None or set(origins["kind"]) <= OPEN_ORIGINS or sources["dem"] is None:
        return None
    grid = frame.grid if reading.fine is None else reading.fine.grid
    if grid.resolution_m > visibility.COARSEST_M:
        return None
    if open_heights(sources["dem"], grid).cell_m > visibility.COARSEST_M:
        return None
    step("what the posts see")
    heights = partial(open_heights, sources["dem"], sea=found.sea)
    return read_posts(frame.corridor, grid, heights, origins, frame.scenario, found.notes)


def _joined(table: pd.DataFrame, reach: Reach | None, seen: PostSight | None) -> pd.DataFrame:
    if reach is not None and reach.response is not None:
        table = table.join(reach.response)
    return table if seen is None else table.join(seen.by_segment)


def _layers(reading: Reading, cells: xr.Dataset) -> xr.Dataset:
    layers = {"elevation_m": reading.dem, **reading.attrs.data_vars, **reading.surface.data_vars}
    layers |= {f"hours_{mode.split('_')[0]}": raster for mode, raster in reading.hours.items()}
    layers |= {name: reading.flags[name] for name in ("remote_desert", "cave_prone", "index")}
    layers["remote_share"] = reading.flags.get("remote_share", reading.flags["remote_desert"])
    layers |= cells.data_vars
    return xr.Dataset(layers)


def _without_sea(layers: xr.Dataset, at_sea: BoolArray) -> xr.Dataset:
    """Leave layers without a number at sea, where terrain was read from a surface at 0 m."""
    if not at_sea.any():
        return layers
    changed = {
        name: layer.where(~at_sea)
        if layer.dtype.kind == "f"
        else layer.copy(data=np.where(at_sea, difficulty.CAVE_UNKNOWN, layer).astype(layer.dtype))
        for name, layer in layers.items()
        if layer.dtype.kind == "f" or name == "cave_prone"
    }
    return layers.assign(changed)


def _sea_by_segment(frame: Frame, at_sea: BoolArray) -> pd.Series:
    """Share of each segment's cells that is sea."""
    segment = frame.cells["segment"].to_numpy()
    inside = segment >= 0
    return pd.Series(at_sea[inside], dtype=float).groupby(segment[inside]).mean()


def _share_on_land(frame: Frame, force: ForceHours) -> float:
    """Tell how much of the force's half is no sea; the frame is the one with its sea."""
    border = frame.corridor.border
    mine = 1 if force.side == border.left else 2
    half = country_of_cells(frame.cells, border) == mine
    return float(force.half.sum() / max(half.sum(), 1))


def _extra(layers: xr.Dataset, half: BoolArray, index: pd.Index) -> pd.DataFrame:
    """Means that maps and tables show, but patrols do not use; shares are of all cells."""
    segment = layers["segment"].to_numpy()
    inside = segment >= 0
    frame = pd.DataFrame(
        {
            "elevation_min_m": layers["elevation_m"].to_numpy()[inside],
            "index_mean": layers["index"].to_numpy()[inside],
        }
    )
    frame["elevation_mean_m"] = frame["elevation_max_m"] = frame["elevation_min_m"]
    how = {
        "elevation_min_m": "min",
        "elevation_mean_m": "mean",
        "elevation_max_m": "max",
        "index_mean": "mean",
    }
    table = frame.groupby(segment[inside]).agg(how).reindex(index)
    remote = layers["remote_share"].to_numpy()
    for name, where in (("remote_share", half), ("remote_share_both", inside)):
        by_segment = pd.Series(remote[where]).groupby(segment[where])
        # Of all cells, as the share of the whole corridor is; what is unknown stands beside it.
        known = by_segment.agg("count") / by_segment.agg("size")
        table[name] = (by_segment.agg("mean") * known).reindex(index)
        table[f"{name}_unknown"] = (1.0 - known).reindex(index, fill_value=1.0)
    return table


def _bare(frame: Frame, found: Layers) -> Ground:
    return Ground(
        key=ground_key(frame.scenario),
        corridor=frame.corridor,
        grid=frame.grid,
        layers=frame.cells,
        table=None,
        zones=None,
        flagged_share=None,
        origins=None,
        furniture=furniture(frame.corridor),
        records=tuple(found.records),
        notes=tuple(found.notes),
    )


def _without_grid(corridor: Corridor, scenario: Scenario) -> Ground:
    lack = Missing(
        layer="sections",
        reason=(
            f"this corridor needs {len(corridor.sections)} frames, and ground is read in one, so no layer "
            "was opened"
        ),
        cure="run a study of each stretch: border_km = [0, 500] in a study file, or Border.between_km",
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
        notes=(),
        missing={"sections": lack},
    )
