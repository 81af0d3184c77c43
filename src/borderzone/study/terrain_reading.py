"""Terrain, surface and flags of a study: on its working grid, or on finer cells, block by block.

Travel time, zones and maps stand on the working grid. With `terrain_resolution_m`, terrain and flags
are computed on cells that nest in it, kept in files, and come back to it as means and majorities.
"""

from __future__ import annotations

import threading
import weakref
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from borderzone import difficulty, stream, terrain, visibility
from borderzone._cells import BLOCK_CELLS, blanked, blocks_of, in_order, without_halo
from borderzone._guards import temporary_folder
from borderzone.difficulty import FINE_M, better_data
from borderzone.errors import LimitError
from borderzone.grid import UNKNOWN_CLASS
from borderzone.io import Limits
from borderzone.study.force_side import HalfShares, is_across, side_of
from borderzone.study.given import EMBEDDED
from borderzone.study.layers import embedded_cell_m, on_land, open_cover, open_heights

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import geopandas as gpd
    import pandas as pd

    from borderzone._cells import Block
    from borderzone._typing import BoolArray, FloatArray, IntArray
    from borderzone.corridor import Corridor
    from borderzone.grid import Grid
    from borderzone.scenario import Scenario
    from borderzone.study.force_side import ForceHours
    from borderzone.study.layers import Layers, Sea, StudyArea

__all__ = [
    "FILES",
    "Fine",
    "FineFiles",
    "FineInputs",
    "Reading",
    "Workspace",
    "between_cells",
    "read_fine",
    "read_terrain",
]

_MUCH_FINER = 0.5
# Relief and landforms within a kilometre reach farthest, and set the halo of a block.
TERRAIN = ("slope_deg", "tri_m", "tpi_m", "relief_m", "incision_m", "geomorphon")
SURFACE = ("bare_share", "bareness", "surface_factor", "aridity_index")
# What is kept on fine cells.
FILES = ("slope_deg", "tri_m", "relief_m", "incision_m", "geomorphon", "remote_desert", "index")


@dataclass(frozen=True, kw_only=True)
class FineInputs:
    """
    What the terrain of a corridor is read from.

    Attributes
    ----------
    corridor
        The corridor.
    working
        Working grid.
    factor
        Fine cells along the side of a working cell.
    dem, landcover
        Files, as for `borderzone.read_dem` and `borderzone.io.open_classes`; no land cover is None.
    landcover_scheme
        Legend of the land cover.
    karst
        Polygons of soluble rock, or None.
    aridity
        Aridity index on the working grid grown by `pad` cells, or None.
    hours
        Travel time on the working grid grown by `pad` cells, by mode, up to the border. Units: h.
    pad
        See `hours`.
    landform
        Landform on the working grid.
    scenario
        Thresholds, weights and mode.
    sea
        What is sea, which no number counts.
    """

    corridor: Corridor
    working: Grid
    factor: int
    dem: Any
    landcover: Any
    landcover_scheme: str
    karst: gpd.GeoDataFrame | None
    aridity: xr.DataArray | None
    hours: Mapping[str, xr.DataArray]
    pad: int
    landform: xr.DataArray
    scenario: Scenario
    sea: Sea


@dataclass(frozen=True, kw_only=True)
class Fine:
    """
    Terrain and flags on fine cells, and what comes back to the working grid.

    Attributes
    ----------
    grid
        The fine grid.
    files
        Layers on it, by name.
    attrs, surface, flags
        Means and majorities on the working grid.
    sums
        Ground by segment, not yet a table.
    shares
        Flagged shares, not yet a table.
    n_cells, n_void
        Fine cells of the corridor, and those without elevation.
    """

    grid: Grid
    files: Mapping[str, Path]
    attrs: xr.Dataset
    surface: xr.Dataset
    flags: xr.Dataset
    sums: difficulty.GroundSums
    shares: HalfShares
    n_cells: int
    n_void: int


def read_fine(
    inputs: FineInputs,
    folder: Path,
    *,
    block_cells: int = BLOCK_CELLS,
    threads: int | None = None,
) -> Fine:
    """Read terrain and flags of a corridor on fine cells."""
    reader = _BlockReader(inputs)
    outline = inputs.corridor.outline.to_crs(inputs.working.crs).union_all()
    blocks = blocks_of(reader.grid, outline, size=block_cells, multiple=inputs.factor)
    coarse = _Coarse(inputs)
    with ExitStack() as stack:
        writers: dict[str, Any] = {}
        for block, layers, means in in_order(reader.read, blocks, threads=threads):
            for name in FILES:
                if name in layers:
                    if name not in writers:
                        # Not packed: whoever keeps the file packs it once, with its tags.
                        file = stream.raster_like(
                            folder / f"{name}.tif", reader.grid, layers[name], compress="none"
                        )
                        writers[name] = stack.enter_context(file)
                    writers[name].write(block.rows, block.columns, layers[name].to_numpy())
            coarse.put(block, means)
    return Fine(
        grid=reader.grid,
        files={name: folder / f"{name}.tif" for name in writers},
        sums=reader.sums,
        shares=reader.shares,
        n_cells=reader.n_cells,
        n_void=reader.n_void,
        **coarse.datasets(),
    )


class _BlockReader:
    """Reads a block: elevation, terrain, surface, flags; adds it to the sums by segment."""

    def __init__(self, inputs: FineInputs) -> None:
        self._in = inputs
        self.grid = inputs.working.refined(inputs.factor)
        self._halo = terrain.reach_cells(TERRAIN, cell_m=self.grid.resolution_m)
        self._heights = open_heights(inputs.dem, self.grid.padded(self._halo))
        self._cover = (
            None
            if inputs.landcover is None
            else open_cover(inputs.landcover, self.grid, inputs.landcover_scheme)
        )
        segments = inputs.corridor.segments
        self.sums = difficulty.GroundSums(segments, mode=inputs.scenario.force.mode)
        self.shares = HalfShares(inputs.corridor.border, inputs.scenario)
        self.n_cells = self.n_void = 0
        self._counting = threading.Lock()

    def read(
        self, block: Block
    ) -> tuple[Block, xr.Dataset, dict[tuple[str, str], tuple[Any, dict[str, Any]]]]:
        """Give the layers of a block on fine cells, and their means on working cells."""
        attrs, at_sea = self._terrain(block)
        cells = on_land(self._in.corridor.cells(block.grid), at_sea)
        inside = cells["segment"].to_numpy() >= 0
        surface = self._surface(block)
        scenario, border = self._in.scenario, self._in.corridor.border
        across = is_across(cells, border, side_of(scenario, border))
        hours = {mode: self._hours(mode, block, across) for mode in self._in.hours}
        flags = difficulty.flags(
            attrs,
            hours.get(scenario.force.mode),
            surface,
            remote_hours=scenario.remote_hours,
            bare_threshold=scenario.bare_threshold,
            weights=scenario.weighting().weights,
        )
        self.sums.add(attrs, surface, cells)
        self.shares.add(hours, surface, cells, flags["cave_prone"])
        self._count(inside, attrs)
        layers = {
            name: blanked(layer, ~inside)
            for name, layer in {**attrs.data_vars, **flags.data_vars}.items()
            if name in FILES
        }
        return block, xr.Dataset(layers), self._means(attrs, surface, flags)

    def _terrain(self, block: Block) -> tuple[xr.Dataset, BoolArray]:
        """Read terrain with the sea at 0 m, and which cells are sea."""
        rows, columns = block.with_halo(self._halo)
        around = self.grid.padded(self._halo).part(rows, columns)
        heights = self._heights.read(rows, columns)
        at_sea = self._in.sea.on(around, heights)
        level = np.where(at_sea, np.float32(0), heights)
        dem = around.wrap(level, name="elevation_m", units="m")
        found = without_halo(terrain.attributes(dem, layers=TERRAIN), self._halo)
        landform = _repeated(self._in.landform, block, self._in.factor)
        inner = without_halo(dem.to_dataset().assign(sea=(dem.dims, at_sea)), self._halo)
        attrs = found.assign(elevation_m=inner["elevation_m"], landform=landform)
        return attrs, inner["sea"].to_numpy()

    def _surface(self, block: Block) -> xr.Dataset:
        cover = None
        if self._cover is not None:
            cover = block.grid.wrap(self._cover.read(block.rows, block.columns))
        aridity = None
        if self._in.aridity is not None:
            aridity = block.grid.wrap(self._between(self._in.aridity, block), units="1")
        return terrain.surface(
            cover, self._in.karst, block.grid, aridity, scheme=self._in.landcover_scheme
        )

    def _hours(self, mode: str, block: Block, across: Any) -> xr.DataArray:
        layer = self._in.hours[mode]
        values = self._between(layer, block)
        values[across & ~np.isnan(values)] = np.inf
        hours = block.grid.wrap(values, units="h", long_name="travel time")
        return hours.assign_attrs(speed=layer.attrs["speed"])

    def _between(self, layer: xr.DataArray, block: Block) -> Any:
        """Interpolate a layer of the wide working grid."""
        shift = self._in.pad * self._in.factor
        rows = slice(block.rows.start + shift, block.rows.stop + shift)
        columns = slice(block.columns.start + shift, block.columns.stop + shift)
        return between_cells(layer.to_numpy(), rows, columns, self._in.factor)

    def _count(self, inside: Any, attrs: xr.Dataset) -> None:
        void = np.isnan(attrs["elevation_m"].to_numpy()[inside]).sum()
        with self._counting:
            self.n_cells += int(inside.sum())
            self.n_void += int(void)

    def _means(
        self, attrs: xr.Dataset, surface: xr.Dataset, flags: xr.Dataset
    ) -> dict[tuple[str, str], tuple[Any, dict[str, Any]]]:
        k = self._in.factor
        numbers = {
            "attrs": [attrs[name] for name in TERRAIN if attrs[name].dtype.kind == "f"],
            "surface": [surface[name] for name in SURFACE if name in surface],
            "flags": [
                layer for name, layer in flags.items() if name not in {"cave_prone", "n_unknown"}
            ],
        }
        found: dict[tuple[str, str], tuple[Any, dict[str, Any]]] = {
            (group, str(layer.name)): (mean_of_cells(layer.to_numpy(), k), layer.attrs)
            for group, layers in numbers.items()
            for layer in layers
        }
        caves = flags["cave_prone"]
        top, unknown = len(difficulty.CAVE_MEANINGS) - 1, UNKNOWN_CLASS
        reached = class_reached(caves.to_numpy(), k, top=top, unknown=unknown)
        return found | {("flags", "cave_prone"): (reached, caves.attrs)}


class _Coarse:
    """Means of fine cells, put together on the working grid."""

    def __init__(self, inputs: FineInputs) -> None:
        self._grid, self._factor = inputs.working, inputs.factor
        self._landform = inputs.landform
        self._layers: dict[tuple[str, str], xr.DataArray] = {}

    def put(
        self, block: Block, means: Mapping[tuple[str, str], tuple[Any, dict[str, Any]]]
    ) -> None:
        """Take the means of one block."""
        rows, columns = (
            slice(part.start // self._factor, part.stop // self._factor)
            for part in (block.rows, block.columns)
        )
        for key, (values, attrs) in means.items():
            if key not in self._layers:
                empty = np.nan if values.dtype.kind == "f" else UNKNOWN_CLASS
                whole = np.full(self._grid.shape, empty, values.dtype)
                told = {name: value for name, value in attrs.items() if name != "crs"}
                self._layers[key] = self._grid.wrap(whole, name=key[1]).assign_attrs(told)
            self._layers[key].data[rows, columns] = values

    def datasets(self) -> dict[str, xr.Dataset]:
        """Give terrain, surface and flags; a cell is flagged where half of its ground is."""
        groups = {
            group: xr.Dataset({name: a for (own, name), a in self._layers.items() if own == group})
            for group in ("attrs", "surface", "flags")
        }
        groups["attrs"]["landform"] = self._landform
        share = groups["flags"]["remote_desert"]
        flag = np.where(np.isnan(share), np.nan, share >= 0.5).astype(np.float32)
        groups["flags"]["remote_desert"] = share.copy(data=flag)
        groups["flags"]["remote_share"] = share.rename("remote_share")
        return groups


def _repeated(layer: xr.DataArray, block: Block, factor: int) -> xr.DataArray:
    """Value of the working cell in which each fine cell lies."""
    rows, columns = (
        np.arange(part.start, part.stop) // factor for part in (block.rows, block.columns)
    )
    values = layer.to_numpy()[rows[:, None], columns[None, :]]
    told = {name: value for name, value in layer.attrs.items() if name != "crs"}
    return block.grid.wrap(values, name=str(layer.name)).assign_attrs(told)


def mean_of_cells(values: FloatArray, factor: int) -> FloatArray:
    """Mean of the known cells inside each larger cell."""
    rows, columns = (size // factor for size in values.shape)
    cut = np.asarray(values, np.float64).reshape(rows, factor, columns, factor)
    known = ~np.isnan(cut)
    # Along rows first, then down: one fixed order, whatever the size of the block.
    count = known.sum(axis=3).sum(axis=1)
    total = np.where(known, cut, 0.0).sum(axis=3).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / count
    return np.where(2 * count >= factor**2, mean, np.nan).astype(np.float32)


def class_reached(classes: IntArray, factor: int, *, top: int, unknown: int) -> IntArray:
    """Highest class that at least half of the known cells inside each larger cell reach."""
    rows, columns = (size // factor for size in classes.shape)
    cut = np.asarray(classes).reshape(rows, factor, columns, factor)
    known = (cut != unknown).sum(axis=(1, 3))
    found = np.zeros((rows, columns), np.uint8)
    for rank in range(1, top + 1):
        reach = ((cut >= rank) & (cut != unknown)).sum(axis=(1, 3))
        found[2 * reach >= known] = rank
    found[2 * known < factor**2] = unknown
    return found


def between_cells(values: FloatArray, rows: slice, columns: slice, factor: int) -> FloatArray:
    """
    Interpolate at the centres of small cells, bilinear between the centres of large ones.

    Beyond the outermost centres, and next to a value that is not finite, the large cell's own
    value stands.
    """
    row, down = _places(rows, factor, values.shape[0])
    column, across = _places(columns, factor, values.shape[1])
    near = np.asarray(values, np.float64)
    rows_of = (row[:, None], row[:, None] + 1)
    columns_of = (column[None, :], column[None, :] + 1)
    with np.errstate(invalid="ignore"):
        top = (
            near[rows_of[0], columns_of[0]] * (1 - across)
            + near[rows_of[0], columns_of[1]] * across
        )
        bottom = (
            near[rows_of[1], columns_of[0]] * (1 - across)
            + near[rows_of[1], columns_of[1]] * across
        )
        smooth = top * (1 - down[:, None]) + bottom * down[:, None]
    own = near[
        (np.arange(rows.start, rows.stop) // factor)[:, None],
        (np.arange(columns.start, columns.stop) // factor)[None, :],
    ]
    return np.where(np.isfinite(smooth), smooth, own).astype(np.float32)


def _places(cells: slice, factor: int, length: int) -> tuple[IntArray, FloatArray]:
    """Large cell before each small one, and how far on towards the next."""
    at = (np.arange(cells.start, cells.stop) + 0.5) / factor - 0.5
    at = np.clip(at, 0.0, length - 1.0)
    before = np.minimum(at.astype(np.int64), max(length - 2, 0))
    return before, at - before


class Workspace:
    """A folder for layers; one that nobody named goes with the object."""

    def __init__(self, folder: Path | None = None) -> None:
        if folder is None:
            folder_for_now = temporary_folder()
            self.path = Path(folder_for_now.name)
            weakref.finalize(self, folder_for_now.cleanup)
        else:
            self.path = Path(folder)
            self.path.mkdir(parents=True, exist_ok=True)


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
    area: StudyArea,
    found: Layers,
    sources: Mapping[str, Any],
    force: ForceHours,
    surface: xr.Dataset,
    step: Callable[[str], None],
) -> Reading:
    """Read terrain and flags at the resolution that the scenario names."""
    if area.scenario.refinement > 1:
        reading = _nested(area, found, sources, force, step)
    else:
        step("terrain and flags")
        reading = _same_cells(area, found, force, surface)
    grid = reading.fine.grid if reading.fine is not None else area.grid
    if isinstance(sources["dem"], str) and sources["dem"] == EMBEDDED:
        return replace(reading, better_data=_worth(area, reading, embedded_cell_m(grid)))
    heights = open_heights(sources["dem"], grid, found.sea)
    reading = replace(
        reading,
        better_data=_worth(area, reading, heights.cell_m),
        notes=(*reading.notes, *_on_cells(heights.cell_m, grid.resolution_m)),
    )
    if max(heights.cell_m, grid.resolution_m) > visibility.Windows.COARSEST_M:
        return reading
    step("lines of sight along the border")
    masked = visibility.masked_by_segment(
        area.corridor, visibility.Windows(read=heights.read, grid=grid)
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


def _worth(area: StudyArea, reading: Reading, source_m: float) -> pd.DataFrame | None:
    """Rank segments by what finer terrain or a visit would change, where terrain is coarse."""
    scenario = area.scenario
    if reading.fine is not None or source_m <= FINE_M:
        return None
    return better_data(
        reading.attrs,
        reading.hours.get(scenario.force.mode),
        reading.surface,
        area.cells,
        segments=area.corridor.segments,
        source_m=source_m,
        mode=scenario.force.mode,
        remote_hours=scenario.remote_hours,
        bare_threshold=scenario.bare_threshold,
    )


def _same_cells(
    area: StudyArea, found: Layers, force: ForceHours, surface_wide: xr.Dataset
) -> Reading:
    scenario = area.scenario
    assert found.dem is not None  # noqa: S101 - terrain is read only where there is elevation
    level = found.level
    wide = terrain.attributes(level).assign(landform=terrain.landform(level))
    attrs = xr.Dataset({name: area.crop(layer) for name, layer in wide.items()})
    surface = xr.Dataset({name: area.crop(layer) for name, layer in surface_wide.items()})
    hours = {mode: area.crop(force.inside(mode)) for mode in force.to_the_line}
    response = hours.get(scenario.force.mode)
    flags = difficulty.flags(
        attrs,
        response,
        surface,
        remote_hours=scenario.remote_hours,
        bare_threshold=scenario.bare_threshold,
        weights=scenario.weighting().weights,
    )
    shares = HalfShares(area.corridor.border, scenario)
    shares.add(hours, surface, area.cells, flags["cave_prone"])
    table = difficulty.ground_by_segment(
        attrs,
        surface,
        None if response is None else response.where(force.half),
        area.cells,
        segments=area.corridor.segments,
        mode=scenario.force.mode,
    )
    return Reading(
        dem=area.crop(found.dem),
        attrs=attrs,
        surface=surface,
        hours=hours,
        flags=flags,
        table=table,
        shares=shares.table(),
    )


def _nested(
    area: StudyArea,
    found: Layers,
    sources: Mapping[str, Any],
    force: ForceHours,
    step: Callable[[str], None],
) -> Reading:
    scenario = area.scenario
    assert found.dem is not None  # noqa: S101 - terrain is read only where there is elevation
    step(f"terrain and flags at {scenario.terrain_resolution_m:g} m")
    cells = area.grid.shape[0] * area.grid.shape[1] * scenario.refinement**2
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
            corridor=area.corridor,
            working=area.grid,
            factor=scenario.refinement,
            dem=sources["dem"],
            landcover=None if found.landcover is None else sources["landcover"],
            landcover_scheme=sources.get("landcover_scheme", "igbp"),
            karst=found.karst,
            aridity=found.aridity,
            hours=force.to_the_line,
            pad=area.pad,
            landform=area.crop(terrain.landform(found.level)),
            scenario=scenario,
            sea=found.sea,
        ),
        workspace.path,
    )
    hours = {mode: area.crop(force.inside(mode)) for mode in force.to_the_line}
    response = hours.get(scenario.force.mode)
    void = (
        f"{fine.n_void:,} of {fine.n_cells:,} cells of {scenario.terrain_resolution_m:g} m have "
        "no elevation: their terrain is unknown, not flat."
    )
    return Reading(
        dem=area.crop(found.dem),
        attrs=fine.attrs,
        surface=fine.surface,
        hours=hours,
        flags=fine.flags.assign({} if response is None else {"hours": response}),
        table=fine.sums.table(
            hours=None if response is None else response.where(force.half),
            cells=area.cells,
            segments=area.corridor.segments,
        ),
        shares=fine.shares.table(),
        fine=FineFiles(grid=fine.grid, files=fine.files, workspace=workspace),
        gap_share=fine.n_void / max(fine.n_cells, 1),
        notes=(void,) if fine.n_void else (),
    )
