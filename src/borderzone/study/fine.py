"""Terrain finer than the working grid: read, flagged and summed block by block, kept in files.

Travel time, zones and maps stand on the working grid. Terrain and flags are computed on cells that
nest in it, `terrain_resolution_m` wide, and come back to it as means and majorities.
"""

from __future__ import annotations

import threading
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from borderzone import difficulty, stream, terrain
from borderzone._cells import BLOCK_CELLS, blanked, blocks_of, in_order, without_halo
from borderzone.difficulty import MODES
from borderzone.grid import UNKNOWN_CLASS
from borderzone.study.cells import (
    between_cells,
    class_reached,
    mean_of_cells,
    on_land,
    open_cover,
    open_heights,
)
from borderzone.study.force import HalfShares, is_across, side_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas as gpd

    from borderzone._cells import Block
    from borderzone._typing import BoolArray
    from borderzone.corridor import Corridor
    from borderzone.grid import Grid
    from borderzone.scenario import Scenario
    from borderzone.study.cells import Sea

__all__ = ["FILES", "Fine", "FineInputs", "read_fine"]

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
    reader = _Reader(inputs)
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


class _Reader:
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
        self.shares.add(dict.fromkeys(MODES) | hours, surface, cells, flags["cave_prone"])
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
            self._layers[key].values[rows, columns] = values

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
