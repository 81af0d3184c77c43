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
from borderzone.difficulty import FINE_M, MODES, better_data
from borderzone.errors import LimitError
from borderzone.grid import UNKNOWN_CLASS
from borderzone.io import Limits
from borderzone.study.cells import EMBEDDED, Workspace, embedded_cell_m, on_land, open_heights
from borderzone.study.fine import FineInputs, read_fine
from borderzone.study.force import ForceHours, HalfShares, side_of
from borderzone.study.inputs import Layers, furniture, load_layers, load_origins
from borderzone.study.missing import Missing, missing_layer
from borderzone.study.reach import OPEN_ORIGINS, PostSight, Reach, load_ways, read_posts, read_reach
from borderzone.study.sources import AROUND_KM, SETTINGS, check_cells

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import geopandas as gpd

    from borderzone._typing import BoolArray
    from borderzone.corridor import Corridor
    from borderzone.difficulty.cave_calibration import CaveCalibration
    from borderzone.grid import Grid
    from borderzone.io import Record
    from borderzone.provenance import Stage
    from borderzone.scenario import Scenario

__all__ = [
    "FineFiles",
    "Frame",
    "Ground",
    "OutsideGround",
    "Reading",
    "ranking_stability",
    "read_ground",
    "read_terrain",
]


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


_MUCH_FINER = 0.5


@dataclass(frozen=True)
class Frame:
    """
    Where a study works.

    Attributes
    ----------
    corridor, scenario
        What is studied, and how.
    grid, cells
        Working grid, and the corridor's cells on it.
    wide, pad
        The grid grown on every side, and by how many cells: travel times come from around too.
    """

    corridor: Corridor
    scenario: Scenario
    grid: Grid
    cells: xr.Dataset
    wide: Grid
    pad: int

    @property
    def side(self) -> str:
        """Give the country whose force it is."""
        return side_of(self.scenario, self.corridor.border)

    @classmethod
    def of(cls, corridor: Corridor, scenario: Scenario, margin_km: float) -> Frame:
        """Lay the working grid of a corridor."""
        grid = corridor.grid(resolution_m=scenario.resolution_m)
        pad = round(margin_km * 1000 / grid.resolution_m)
        check_cells(math.prod(side + 2 * pad for side in grid.shape), grid.resolution_m)
        return cls(corridor, scenario, grid, corridor.cells(grid), grid.padded(pad), pad)

    def crop_mask(self, mask: BoolArray) -> BoolArray:
        """Cut a mask on the wide grid to the working grid."""
        rows, columns = self.grid.shape
        return mask[self.pad : self.pad + rows, self.pad : self.pad + columns]

    def on_land(self, at_sea: BoolArray) -> Frame:
        """Leave the sea out of the corridor's cells."""
        return replace(self, cells=on_land(self.cells, self.crop_mask(at_sea)))

    def crop(self, raster: xr.DataArray) -> xr.DataArray:
        """Cut a raster on the wide grid to the working grid."""
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


@dataclass(frozen=True, kw_only=True)
class FineFiles:
    """
    Layers on cells finer than the working grid, in files.

    Attributes
    ----------
    grid
        Their grid.
    files
        File by layer. They lie in the workspace, and go with it.
    workspace
        Folder that holds them.
    """

    grid: Grid
    files: Mapping[str, Path]
    workspace: Workspace


@dataclass(frozen=True, kw_only=True)
class Reading:
    """
    What terrain, surface and flags are, on the working grid and by segment.

    Attributes
    ----------
    dem, attrs, surface, hours, flags
        Layers on the working grid.
    table
        Ground by segment.
    shares
        Flagged shares.
    fine
        Layers on finer cells, if the study has them.
    better_data
        Where finer terrain or a visit would change the flags most, if terrain is coarse.
    gap_share
        Share of the corridor's land without elevation, on the cells that terrain was read on; None
        where those are the working grid's.
    notes
        What is to be told of them.
    """

    dem: xr.DataArray
    attrs: xr.Dataset
    surface: xr.Dataset
    hours: Mapping[str, xr.DataArray]
    flags: xr.Dataset
    table: pd.DataFrame
    shares: pd.DataFrame
    fine: FineFiles | None = None
    better_data: pd.DataFrame | None = None
    gap_share: float | None = None
    notes: tuple[str, ...] = field(default=())


def read_terrain(
    frame: Frame,
    found: Layers,
    sources: Mapping[str, Any],
    force: ForceHours,
    surface: xr.Dataset,
    step: Callable[[str], None],
) -> Reading:
    """Read terrain and flags at the resolution that the scenario names."""
    if frame.scenario.refinement > 1:
        reading = _nested(frame, found, sources, force, step)
    else:
        step("terrain and flags")
        reading = _same_cells(frame, found, force, surface)
    grid = reading.fine.grid if reading.fine is not None else frame.grid
    if isinstance(sources["dem"], str) and sources["dem"] == EMBEDDED:
        return replace(reading, better_data=_worth(frame, reading, embedded_cell_m(grid)))
    heights = open_heights(sources["dem"], grid, found.sea)
    reading = replace(
        reading,
        better_data=_worth(frame, reading, heights.cell_m),
        notes=(*reading.notes, *_on_cells(heights.cell_m, grid.resolution_m)),
    )
    if max(heights.cell_m, grid.resolution_m) > visibility.Windows.COARSEST_M:
        return reading
    step("lines of sight along the border")
    masked = visibility.masked_by_segment(
        frame.corridor, visibility.Windows(read=heights.read, grid=grid)
    )
    return replace(reading, table=difficulty.with_measured_mask(reading.table, masked))


def _on_cells(source_m: float, cell_m: float) -> tuple[str, ...]:
    """Say what is lost, or is not gained, where elevation has cells of another size."""
    note = ""
    if source_m <= _MUCH_FINER * cell_m:
        note = (
            f"Elevation with cells of {source_m:.0f} m was averaged onto cells of {cell_m:g} m, which "
            "flattens slopes and fills wadis; terrain_resolution_m in the scenario keeps them."
        )
    if source_m >= cell_m / _MUCH_FINER:
        note = (
            f"Elevation has cells of about {source_m:.0f} m: on cells of {cell_m:g} m terrain is "
            "interpolated between them and shows no more than they do."
        )
    return (note,) if note else ()


def _worth(frame: Frame, reading: Reading, source_m: float) -> pd.DataFrame | None:
    """Rank segments by what finer terrain or a visit would change, where terrain is coarse."""
    scenario = frame.scenario
    if reading.fine is not None or source_m <= FINE_M:
        return None
    return better_data(
        reading.attrs,
        reading.hours.get(scenario.force.mode),
        reading.surface,
        frame.cells,
        segments=frame.corridor.segments,
        source_m=source_m,
        mode=scenario.force.mode,
        remote_hours=scenario.remote_hours,
        bare_threshold=scenario.bare_threshold,
    )


def _same_cells(
    frame: Frame, found: Layers, force: ForceHours, surface_wide: xr.Dataset
) -> Reading:
    scenario = frame.scenario
    assert found.dem is not None  # noqa: S101 - terrain is read only where there is elevation
    level = found.level
    wide = terrain.attributes(level).assign(landform=terrain.landform(level))
    attrs = xr.Dataset({name: frame.crop(layer) for name, layer in wide.items()})
    surface = xr.Dataset({name: frame.crop(layer) for name, layer in surface_wide.items()})
    hours = {mode: frame.crop(force.inside(mode)) for mode in force.to_the_line}
    response = hours.get(scenario.force.mode)
    flags = difficulty.flags(
        attrs,
        response,
        surface,
        remote_hours=scenario.remote_hours,
        bare_threshold=scenario.bare_threshold,
        weights=scenario.weighting().weights,
    )
    shares = HalfShares(frame.corridor.border, scenario)
    shares.add(dict.fromkeys(MODES) | hours, surface, frame.cells, flags["cave_prone"])
    table = difficulty.ground_by_segment(
        attrs,
        surface,
        None if response is None else response.where(force.half),
        frame.cells,
        segments=frame.corridor.segments,
        mode=scenario.force.mode,
    )
    return Reading(
        dem=frame.crop(found.dem),
        attrs=attrs,
        surface=surface,
        hours=hours,
        flags=flags,
        table=table,
        shares=shares.table(),
    )


def _nested(
    frame: Frame,
    found: Layers,
    sources: Mapping[str, Any],
    force: ForceHours,
    step: Callable[[str], None],
) -> Reading:
    scenario = frame.scenario
    assert found.dem is not None  # noqa: S101 - terrain is read only where there is elevation
    step(f"terrain and flags at {scenario.terrain_resolution_m:g} m")
    cells = frame.grid.shape[0] * frame.grid.shape[1] * scenario.refinement**2
    if cells > (most := Limits.now().raster_cells_by_block):
        msg = (
            f"terrain_resolution_m {scenario.terrain_resolution_m:g} makes {cells:,} cells, the limit is "
            f"{most:,}; take larger cells, or a smaller corridor, or "
            f"{Limits.how_to_raise('raster_cells_by_block', cells)}"
        )
        raise LimitError(msg)
    workspace = Workspace()
    fine = read_fine(
        FineInputs(
            corridor=frame.corridor,
            working=frame.grid,
            factor=scenario.refinement,
            dem=sources["dem"],
            landcover=None if found.landcover is None else sources["landcover"],
            landcover_scheme=sources.get("landcover_scheme", "igbp"),
            karst=found.karst,
            aridity=found.aridity,
            hours=force.to_the_line,
            pad=frame.pad,
            landform=frame.crop(terrain.landform(found.level)),
            scenario=scenario,
            sea=found.sea,
        ),
        workspace.path,
    )
    hours = {mode: frame.crop(force.inside(mode)) for mode in force.to_the_line}
    response = hours.get(scenario.force.mode)
    void = (
        f"{fine.n_void:,} of {fine.n_cells:,} cells of {scenario.terrain_resolution_m:g} m have "
        "no elevation: their terrain is unknown, not flat."
    )
    return Reading(
        dem=frame.crop(found.dem),
        attrs=fine.attrs,
        surface=fine.surface,
        hours=hours,
        flags=fine.flags.assign({} if response is None else {"hours": response}),
        table=fine.sums.table(
            hours=None if response is None else response.where(force.half),
            cells=frame.cells,
            segments=frame.corridor.segments,
        ),
        shares=fine.shares.table(),
        fine=FineFiles(grid=fine.grid, files=fine.files, workspace=workspace),
        gap_share=fine.n_void / max(fine.n_cells, 1),
        notes=(void,) if fine.n_void else (),
    )


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
    cave_calibration: CaveCalibration | None = None
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
    if grid.resolution_m > visibility.Windows.COARSEST_M:
        return None
    if open_heights(sources["dem"], grid).cell_m > visibility.Windows.COARSEST_M:
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
        else layer.copy(data=np.where(at_sea, UNKNOWN_CLASS, layer).astype(layer.dtype))
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
    half = border.country_of_cells(frame.cells) == mine
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
