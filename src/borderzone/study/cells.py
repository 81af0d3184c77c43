"""Layers of a study cell by cell: read block by block onto any grid, the sea left out, nested cells."""

from __future__ import annotations

import itertools
import weakref
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from borderzone import datasets, io, terrain
from borderzone._cells import mark_inside
from borderzone._guards import temporary_folder
from borderzone.crs import check_finite, in_degrees
from borderzone.errors import InvalidParameterError, InvalidScenarioError
from borderzone.grid import UNKNOWN_CLASS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr

    from borderzone._typing import BoolArray, FloatArray, IntArray
    from borderzone.grid import Grid
    from borderzone.io import Record

__all__ = [
    "EMBEDDED",
    "CoverByBlock",
    "Sea",
    "Workspace",
    "between_cells",
    "class_reached",
    "embedded_cell_m",
    "load_sea",
    "mean_of_cells",
    "on_land",
    "open_cover",
    "open_heights",
    "vector_layer",
]


def vector_layer(source: Any, name: str, records: list[Record]) -> gpd.GeoDataFrame:
    """Take a table of shapes, or read it from its file."""
    if isinstance(source, (str, Path)):
        records.extend(io.file_records(source, name=name))
        return io.read_vector(source, what=name)
    table = gpd.GeoDataFrame(geometry=source) if isinstance(source, gpd.GeoSeries) else source
    if not isinstance(table, gpd.GeoDataFrame):
        msg = f"{name} must be a path or a table of geopandas, got {type(table).__name__}"
        raise InvalidParameterError(msg)
    if table.active_geometry_name is None:
        msg = f"{name} have no geometry column; set it with .set_geometry(...)"
        raise InvalidParameterError(msg)
    # Now, by its own name, and not when the study has run for minutes.
    check_finite(in_degrees(table.geometry, name), name)
    return table


EMBEDDED = "embedded"


def embedded_cell_m(grid: Grid) -> float:
    """Tell how coarse the embedded elevation is."""
    return io.on_grid(datasets.elevation(), grid).cell_m


@dataclass(frozen=True)
class OverSea:
    """
    Heights read by block, with the sea at 0 m.

    Attributes
    ----------
    source
        With ``read(rows, columns)`` and ``cell_m``.
    grid
        Grid onto which blocks are read.
    sea
        What is sea.
    """

    source: Any
    grid: Grid
    sea: Sea

    @property
    def cell_m(self) -> float:
        """Tell how coarse the heights are."""
        return float(self.source.cell_m)

    def read(self, rows: slice, columns: slice) -> Any:
        """Read a block."""
        heights = self.source.read(rows, columns)
        if self.sea.shape.is_empty:
            return heights
        return self.sea.level(self.grid.part(rows, columns), heights)


def open_heights(source: Any, grid: Grid, sea: Sea | None = None) -> Any:
    """Open elevation for reading by block."""
    if isinstance(source, str) and source == EMBEDDED:
        msg = (
            "terrain_resolution_m asks for terrain finer than the working grid, but the embedded "
            "elevation has cells of about 3 km: give dem = the files that "
            "'borderzone fetch dem' brings, or leave terrain_resolution_m out"
        )
        raise InvalidScenarioError(msg)
    if isinstance(source, (str, Path, list, tuple)):
        heights: Any = io.open_dem(source, grid)
    else:
        heights = io.on_grid(source, grid, name="elevation", holds="heights")
    return heights if sea is None else OverSea(heights, grid, sea)


@dataclass(frozen=True)
class CoverByBlock:
    """
    Land cover read by block, with the code of no data that its legend has.

    Attributes
    ----------
    source
        With ``read(rows, columns)``.
    nodata
        Code of no data of the source.
    scheme
        Legend of the map.
    """

    source: Any
    nodata: int
    scheme: str

    def read(self, rows: slice, columns: slice) -> Any:
        """Read a block."""
        classes = self.source.read(rows, columns)
        empty = terrain.LAND_COVER[self.scheme].no_data
        if self.nodata == empty:
            return classes
        return np.where((classes == self.nodata) | np.isnan(classes), empty, classes)


def open_cover(source: Any, grid: Grid, scheme: str) -> CoverByBlock:
    """Open land cover for reading by block."""
    if isinstance(source, str) and source == EMBEDDED:
        return CoverByBlock(io.on_grid(datasets.landcover(), grid), UNKNOWN_CLASS, "igbp")
    if isinstance(source, (str, Path, list, tuple)):
        tiles = io.open_classes(source, grid)
        return CoverByBlock(tiles, tiles.nodata, scheme)
    held = io.on_grid(source, grid, name="land cover", holds="classes")
    return CoverByBlock(held, held.empty, scheme)


_COAST_M = 3000.0
"""How far the coast of the layer that ships may lie inland of the shore."""
_FRINGE = 0.05
"""
Of a square that the product has no tile for, this share may be land by the layer that ships, whose
coast is off by kilometres, and all of it is sea. Where more is land, the tile was not released.
"""


@dataclass(frozen=True)
class Sea:
    """
    What is sea around a corridor.

    Attributes
    ----------
    shape
        Where it lies, on the map of the grid; empty where there is none.
    stated
        Whether the user says so: then no height counts. The layer that ships has its coast off by
        kilometres: there what lies above 0 m is ground.
    """

    shape: shapely.Geometry
    stated: bool

    def candidates(self, grid: Grid) -> BoolArray:
        """Find the cells in its shape."""
        return mark_inside(self.shape, grid)

    def on(self, grid: Grid, heights: FloatArray) -> BoolArray:
        """Find the cells that are sea."""
        if self.stated or self.shape.is_empty:
            return self.candidates(grid)
        # Where tiles end at the shore and the coast that ships lies inland of it, or a cell is
        # mostly water: without a height, and no farther from the sea than that coast is off.
        fringe = _widened(self.shape, max(_COAST_M, grid.resolution_m))
        return np.where(
            np.isnan(heights), mark_inside(fringe, grid), self.candidates(grid) & ~(heights > 0)
        )

    def level(self, grid: Grid, heights: FloatArray) -> FloatArray:
        """Put the sea at 0 m, so that shores have slopes and lines of sight pass over water."""
        at_sea = self.on(grid, heights)
        return np.where(at_sea, np.float32(0), heights) if at_sea.any() else heights


def on_land(cells: xr.Dataset, at_sea: BoolArray) -> xr.Dataset:
    """Leave the sea out of the cells of a corridor."""
    if not at_sea.any():
        return cells
    nothing = {"segment": -1, "side": 0}
    return cells.assign(
        {
            name: cells[name].copy(
                data=np.where(at_sea, cells[name].dtype.type(empty), cells[name].to_numpy())
            )
            for name, empty in nothing.items()
        }
    )


def load_sea(
    source: Any,
    grid: Grid,
    records: list[Record],
    without: Sequence[tuple[float, float, float, float]] = (),
) -> Sea:
    """Read what is sea around a corridor."""
    if source is None:
        return Sea(shapely.Polygon(), stated=False)
    if isinstance(source, str) and source == EMBEDDED:
        parts = [
            datasets.sea_around(grid),
            *filter(_is_sea, itertools.starmap(shapely.box, without)),
        ]
        shipped = gpd.GeoSeries([shapely.union_all(parts)], crs=4326)
        return Sea(io.sea_shape(shipped, grid), stated=False)
    return Sea(io.sea_shape(vector_layer(source, "sea", records), grid), stated=True)


@lru_cache(maxsize=4)
def _widened(shape: shapely.Geometry, reach_m: float) -> shapely.Geometry:
    """Widen a shape; once for all blocks of a grid."""
    return shape.buffer(reach_m)


def _is_sea(square: shapely.Geometry) -> bool:
    """Whether the layer that ships shows no more land in a square than its coast is off by."""
    west, south, east, north = square.bounds
    land = shapely.union_all(
        datasets.countries(around=(west, south, east, north)).geometry.to_numpy()
    )
    return bool(shapely.intersection(land, square).area <= _FRINGE * square.area)


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
