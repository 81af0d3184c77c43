"""The ground of a study: terrain and flags on its grid, hours, zones, and their summary by segment."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from borderzone import datasets, difficulty, terrain, visibility
from borderzone._cells import cells_inside
from borderzone._guards import guarded
from borderzone.border import Country
from borderzone.grid import UNKNOWN_CLASS
from borderzone.study.force_side import ForceHours
from borderzone.study.given import AROUND_KM, SETTINGS, Missing, missing_layer
from borderzone.study.layers import (
    Layers,
    StudyArea,
    furniture,
    load_layers,
    load_origins,
    open_heights,
)
from borderzone.study.reach import (
    PostSight,
    Reach,
    load_ways,
    origin_kind,
    read_posts,
    read_reach,
)
from borderzone.study.result import Finding
from borderzone.study.terrain_reading import read_terrain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import geopandas as gpd

    from borderzone._typing import BoolArray
    from borderzone.corridor import Corridor
    from borderzone.difficulty.cave_calibration import CaveCalibration
    from borderzone.grid import Grid
    from borderzone.io import Record
    from borderzone.provenance import Stage
    from borderzone.scenario import Scenario
    from borderzone.study.terrain_reading import FineFiles, Reading

__all__ = ["Ground", "OutsideGround", "ground_key", "ranking_stability", "read_ground"]


def ranking_stability(ground: Ground, scenario: Scenario, seed: int) -> pd.DataFrame | None:
    """Rank segments, and zones of each kind, by the index under perturbed weights."""
    if ground.members is None or ground.layers is None or ground.grid is None:
        return None
    weights = scenario.weighting().weights
    segments = difficulty.rank_stability(
        ground.members, ground.layers["segment"], weights=weights, seed=seed
    )
    tables = [_named(segments, "segment", [str(number) for number in segments.index])]
    for kind, own in () if ground.zones is None else ground.zones.groupby("kind", sort=False):
        where = ground.grid.wrap(_numbered(own, ground.grid))
        found = difficulty.rank_stability(ground.members, where, weights=weights, seed=seed)
        tables.append(_named(found, str(kind), own["zone"].iloc[found.index].tolist()))
    whole = pd.concat(tables, ignore_index=True)
    whole.attrs = segments.attrs
    return whole


def _named(table: pd.DataFrame, kind: str, names: list[str]) -> pd.DataFrame:
    plain = table.reset_index(drop=True)
    plain.attrs = {}
    plain.insert(0, "kind", kind)
    plain.insert(1, "name", names)
    return plain


def _numbered(zones: gpd.GeoDataFrame, grid: Grid) -> np.ndarray:
    """Row of the zone of each cell, -1 outside; zones of one kind do not overlap."""
    number = np.full(grid.shape, -1, dtype=np.int32)
    for row, shape in enumerate(zones.geometry.to_crs(grid.crs)):
        number.ravel()[cells_inside(shape, grid)] = row
    return number


@dataclass(frozen=True, kw_only=True)
class OutsideGround:
    """
    Third countries and sea inside a corridor.

    Attributes
    ----------
    by_segment
        ``third_country_share`` and ``sea_share``, NaN where they are not known.
    record
        The layer of countries they are read from.
    notes
        What a user must know of it: at most one sentence or two.
    """

    by_segment: pd.DataFrame
    record: Record
    notes: tuple[str, ...]

    @classmethod
    def of(cls, corridor: Corridor, sea_share: float = math.nan) -> OutsideGround:
        """Read the outside of a corridor from the embedded layers."""
        west, south, east, north = corridor.outline.total_bounds
        near = datasets.countries(around=(west, south, east, north))
        record = datasets.record(near.attrs["record"])
        shares, ground = corridor.outside_share(), corridor.outside_ground()
        if shares.isna().any(axis=None):
            lacking = [
                Country.of(code).name for code in corridor.depth_km if code not in {*near["code"]}
            ]
            note = (
                "How much of the corridor is a third country's ground or sea is not known: no "
                f"embedded layer shows the land of {' or '.join(lacking)}. Give polygons to "
                "Corridor.outside_share."
            )
            return cls(by_segment=shares, record=record, notes=(note,))
        told = ground[ground["area_km2"] >= 0.0005 * corridor.area_km2]
        if math.isfinite(sea_share):
            # What was left out is told by what was left out, and this note keeps to the land.
            told = told[told["kind"] != "sea"]
        counted = shares if "sea" in {*told["kind"]} else shares[["third_country_share"]]
        notes = (_note(corridor, told, counted, record),) if len(told) else ()
        return cls(by_segment=shares, record=record, notes=notes)


def _note(corridor: Corridor, told: gpd.GeoDataFrame, shares: pd.DataFrame, record: Record) -> str:
    parts = [
        f"{name or 'sea'} {100 * area / corridor.area_km2:.1f} %"
        for name, area in zip(told["name"], told["area_km2"], strict=True)
    ]
    both = shares.sum(axis=1)
    worst = corridor.segments.iloc[int(both.to_numpy().argmax())]
    a, b = (Country.of(code).name for code in corridor.depth_km)
    total = 100 * told["area_km2"].sum() / corridor.area_km2
    return (
        f"{total:.1f} % of the corridor is neither {a}'s nor {b}'s ground: {', '.join(parts)}. It is "
        f"most in segment {worst['segment']} (km {worst['km_start']:.0f} to {worst['km_end']:.0f}), "
        f"{100 * both.max():.0f} %, and no number leaves it out. Read from Natural Earth at "
        f"{record.resolution.split(',')[0]}."
    )


# Layer -> the name under which a study gives it.
_SOURCE = {"elevation": "dem", "landcover": "landcover", "karst": "karst", "origins": "origins"}


@guarded
@dataclass(frozen=True, kw_only=True, eq=False)
class Ground(Finding):
    """
    What the ground is like, before anything is assumed about patrols.

    Attributes
    ----------
    key
        The assumptions it was computed under; equal keys mean equal ground.
    corridor, grid
        Where.
    layers
        Rasters on the grid: elevation, terrain, hours, flags, index, chainage, offset, side and segment.
    table
        One row a segment; None without elevation.
    zones, flagged_share
        Flagged zones and shares; None without travel time.
    origins
        Where travel times start.
    origin_kind
        What that is, in words: "post", "town or open airfield"; empty without.
    furniture
        Places, airfields, rivers, governorates and countries, for maps.
    records, notes
        Data used, and what cannot be said.
    members
        Members of the index on the grid; None without terrain.
    fine
        Layers on cells finer than the working grid, in files; None where there are none.
    named
        The flags held against what is known of named ground; None for a border of which nothing is.
    remote_moves
        How the share of remote desert moves with speed, land cover and roads; None without hours.
    better_data
        Segments ranked by what finer terrain or a visit would change; None where terrain is fine.
    cave_calibration
        What an inventory of known caves says of the flag; None without one.
    reach
        Times to the border and from it, nights, and what posts see.
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

    _figure = "corridor_map"
    _put_off = ("stability",)

    key: tuple[Any, ...]
    corridor: Corridor
    reach: Reach
    furniture: Mapping[str, gpd.GeoDataFrame]
    grid: Grid | None = None
    layers: xr.Dataset | None = None
    table: pd.DataFrame | None = None
    zones: gpd.GeoDataFrame | None = None
    flagged_share: pd.DataFrame | None = None
    origins: gpd.GeoDataFrame | None = None
    origin_kind: str = ""
    records: tuple[Record, ...] = ()
    notes: tuple[str, ...] = ()
    members: xr.Dataset | None = None
    fine: FineFiles | None = None
    named: pd.DataFrame | None = None
    remote_moves: pd.DataFrame | None = None
    better_data: pd.DataFrame | None = None
    cave_calibration: CaveCalibration | None = None
    roads: gpd.GeoDataFrame | None = None
    sea_share: float = math.nan
    gap_share: float = math.nan
    settings: Mapping[str, Any] = field(default_factory=dict)
    missing: Mapping[str, Missing] = field(default_factory=dict)
    stages: Mapping[str, Stage] = field(default_factory=dict)

    @property
    def stability(self) -> pd.DataFrame | None:
        """
        Rank of segments and zones by the index, with its band under perturbed weights.

        Returns
        -------
        DataFrame or None
            Of the ground of a result; None without terrain.
        """
        found: pd.DataFrame | None = self._asked_for("stability")
        return found

    @property
    def has_posts(self) -> bool:
        """
        Whether travel times start at posts, and not at towns and airfields that stand in for them.

        Returns
        -------
        bool
            True where an origin is anything else.
        """
        return origin_kind(self.origins) == "post"


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
        scenario.light_year,
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
    area = StudyArea.of(corridor, scenario, AROUND_KM)
    needed = np.pad(area.cells["segment"].to_numpy() >= 0, area.pad)
    found = load_layers(sources, area.wide, needed, max_gap_share=scenario.max_gap_share)
    if found.dem is None:
        # Without elevation nothing starts anywhere, but whether there are origins is told.
        aside = Layers()
        load_origins(sources["origins"], area, aside)
        found.missing |= aside.missing
        ground = _bare(area, found)
    else:
        step("travel times")
        origins = load_origins(sources["origins"], area, found)
        ground = _complete(area, found, sources, origins, step)
        ground = replace(ground, sea_share=found.sea_share(needed))
    missing = {
        layer: missing_layer(layer, sources[_SOURCE[layer]], corridor.border, why=why)
        for layer, why in found.missing.items()
    }
    return replace(ground, missing=missing)


def _complete(
    area: StudyArea,
    found: Layers,
    sources: dict[str, Any],
    origins: gpd.GeoDataFrame | None,
    step: Callable[[str], None],
) -> Ground:
    whole, area = area, area.on_land(found.at_sea)
    scenario, corridor = area.scenario, area.corridor
    surface_wide = terrain.surface(
        found.landcover,
        found.karst,
        area.wide,
        found.aridity,
        scheme=sources.get("landcover_scheme", "igbp"),
    )
    ways = load_ways(sources, area.wide, scenario, found.records, found.notes)
    assert found.dem is not None  # noqa: S101 - without elevation nothing is complete
    force = ForceHours.of(area, found.dem, origins, surface_wide, ways)
    step("response and the reach of a night")
    reach = read_reach(area, found.dem, force, ways, found.notes)
    reach = replace(reach, half_km2=reach.half_km2 * _share_on_land(whole, force))
    reading = read_terrain(area, found, sources, force, surface_wide, step)
    reach = replace(reach, posts=_seen(area, sources, origins, reading, found, step))
    step("zones")
    around = furniture(corridor)
    at_sea = area.crop_mask(found.at_sea)
    zones = _zones(area, found, _without_sea(reading.flags, at_sea), around.get("places"))
    layers = _without_sea(_layers(reading, area.cells), at_sea)
    table = reading.table.join(_extra(layers, force.half, reading.table.index)).assign(
        **_caves_by_segment(reading, area),
        sea_share=_sea_by_segment(whole, at_sea),
    )
    return Ground(
        key=ground_key(scenario),
        corridor=corridor,
        grid=area.grid,
        layers=layers,
        table=_joined(table, reach),
        zones=zones,
        flagged_share=reading.shares,
        origins=origins,
        origin_kind=origin_kind(origins),
        furniture=around,
        records=tuple(found.records),
        notes=(*found.notes, *reading.notes),
        gap_share=found.gap_share if reading.gap_share is None else reading.gap_share,
        members=reading.flags[[n for n in reading.flags if str(n).startswith("member_")]],
        fine=reading.fine,
        named=difficulty.named_ground(
            _without_sea(reading.flags, at_sea),
            corridor,
            side=area.side,
            from_towns=origin_kind(origins) not in ("", "post"),
            around=_shipped,
        ),
        remote_moves=_moves(area, reading, force),
        better_data=reading.better_data,
        cave_calibration=_against_known_caves(area, found, reading, step),
        reach=reach,
        roads=ways.roads,
        settings={name: sources[name] for name in SETTINGS if name in sources},
    )


def _caves_by_segment(reading: Reading, area: StudyArea) -> dict[str, pd.Series]:
    """Give the class of susceptibility that most of a segment has, and why."""
    segments = area.corridor.segments
    ranks = difficulty.by_segment(reading.flags[["cave_prone"]], area.cells, segments=segments)
    reasons = difficulty.cave_reasons(reading.flags, area.cells, segments=segments)
    return {"cave_rank": ranks["cave_prone_majority"], "cave_reason": reasons}


def _against_known_caves(
    area: StudyArea, found: Layers, reading: Reading, step: Callable[[str], None]
) -> CaveCalibration | None:
    """Hold the classes against known caves, where there are any."""
    if found.known_caves is None:
        return None
    step("known caves")
    return difficulty.calibrate(reading.flags, found.known_caves, cells=area.cells)


def _shipped(grid: Grid) -> tuple[xr.DataArray, gpd.GeoDataFrame]:
    """Give elevation and soluble rock that ship, for ground outside a corridor."""
    return datasets.elevation(grid), datasets.karst()


def _moves(area: StudyArea, reading: Reading, force: ForceHours) -> pd.DataFrame | None:
    """Move the share of the force's half on the working grid, where a force has hours at all."""
    scenario = area.scenario
    hours = reading.hours.get(scenario.force.mode)
    if hours is None:
        return None
    half = area.cells.assign(segment=area.cells["segment"].where(force.half, -1))
    off_road = force.without_roads
    return difficulty.remote_moves(
        hours,
        reading.surface,
        half,
        remote_hours=scenario.remote_hours,
        bare_threshold=scenario.bare_threshold,
        without_roads=None if off_road is None else area.crop(off_road),
    )


def _zones(
    area: StudyArea, found: Layers, flags: xr.Dataset, places: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame:
    """Join flagged cells into zones; across the border the reason is where the force stops."""
    zones = difficulty.zones(
        flags,
        area.corridor,
        places=places,
        karst=found.karst,
        min_area_km2=area.scenario.min_zone_km2,
    )
    zones["reasons"] = [
        # Not a finding about that ground.
        reasons
        if side in (area.side, "both")
        else reasons.replace("no origin reaches it", "across the border from the force")
        for side, reasons in zip(zones["side"], zones["reasons"], strict=True)
    ]
    return zones


def _seen(
    area: StudyArea,
    sources: dict[str, Any],
    origins: gpd.GeoDataFrame | None,
    reading: Reading,
    found: Layers,
    step: Callable[[str], None],
) -> PostSight | None:
    """Look from the posts, if the study has any and the elevation is fine enough."""
    if origin_kind(origins) != "post" or origins is None:
        return None
    grid = area.grid if reading.fine is None else reading.fine.grid
    if grid.resolution_m > visibility.Windows.COARSEST_M:
        return None
    if open_heights(sources["dem"], grid).cell_m > visibility.Windows.COARSEST_M:
        return None
    step("what the posts see")
    heights = partial(open_heights, sources["dem"], sea=found.sea)
    return read_posts(area.corridor, grid, heights, origins, area.scenario, found.notes)


def _joined(table: pd.DataFrame, reach: Reach) -> pd.DataFrame:
    if reach.response is not None:
        table = table.join(reach.response)
    return table if reach.posts is None else table.join(reach.posts.by_segment)


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
        else layer.copy(data=np.where(at_sea, UNKNOWN_CLASS, layer).astype(layer.dtype))
        for name, layer in layers.items()
        if layer.dtype.kind == "f" or name == "cave_prone"
    }
    return layers.assign(changed)


def _sea_by_segment(area: StudyArea, at_sea: BoolArray) -> pd.Series:
    """Share of each segment's cells that is sea."""
    segment = area.cells["segment"].to_numpy()
    inside = segment >= 0
    return pd.Series(at_sea[inside], dtype=float).groupby(segment[inside]).mean()


def _share_on_land(area: StudyArea, force: ForceHours) -> float:
    """Tell how much of the force's half is no sea; the area is the one with its sea."""
    border = area.corridor.border
    mine = 1 if force.side == border.left else 2
    half = border.country_of_cells(area.cells) == mine
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


def _bare(area: StudyArea, found: Layers) -> Ground:
    return Ground(
        key=ground_key(area.scenario),
        corridor=area.corridor,
        reach=Reach.without_elevation(area.corridor.border, area.scenario),
        grid=area.grid,
        layers=area.cells,
        furniture=furniture(area.corridor),
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
        reach=Reach.without_elevation(corridor.border, scenario),
        furniture=furniture(corridor),
        missing={"sections": lack},
    )
