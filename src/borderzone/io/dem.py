"""Elevation from the user's own tiles, onto the grid of a corridor."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import rasterio
from affine import Affine
from pyproj import CRS
from rasterio.enums import Resampling
from rasterio.warp import reproject, transform_bounds

from borderzone.errors import CRSMismatchError, DataError, LimitError, NoOverlapError
from borderzone.io.raster import (
    MAX_CELLS,
    check_elevation_band,
    open_raster,
    to_dataarray,
)
from borderzone.io.records import expand
from borderzone.io.warp import cell_m, warp

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable
    from pathlib import Path

    import xarray as xr

    from borderzone._typing import BoolArray, FloatArray
    from borderzone.grid import Grid

__all__ = ["read_dem"]

LOWEST_M, HIGHEST_M = -500.0, 9000.0  # the Dead Sea shore and Everest, with room
_FINER = 8  # tiles much finer than the grid are first averaged to cells this many times finer
_PAD = 4  # cells around the grid's box that cubic convolution and averages reach for

Box = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class _Tile:
    """A checked file: where it lies and how fine it is."""

    path: Path
    crs: CRS
    bounds: Box
    cell: tuple[float, float]
    rotated: bool


def read_dem(
    source: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    grid: Grid,
    *,
    needed: BoolArray | None = None,
    max_cells: int = MAX_CELLS,
) -> xr.DataArray:
    """
    Read elevation from GeoTIFF tiles onto a grid.

    Averages where the tiles are finer than the grid, cubic convolution where
    they are coarser. Only the part of each tile that the grid needs is read;
    where tiles overlap, the first in sorted order counts.

    Parameters
    ----------
    source
        A file, a pattern such as ``"tiles/*.tif"``, or several files, all in
        one CRS, in metres above sea level.
    grid
        Grid to bring them onto.
    needed
        Cells that must have data, shape of the grid; those that the grid itself
        needs when left out, which for a grid from a corridor are the corridor's.
    max_cells
        Largest number of cells of one file, and of all that is read.

    Returns
    -------
    xarray.DataArray
        Float32, NaN for no data. Units: m.

    Raises
    ------
    DataError
        If a file is missing, broken, not a GeoTIFF, in feet, a picture, without
        any data, or holds impossible elevations.
    CRSMismatchError
        If a file has no CRS, or two files differ in it.
    LimitError
        If a file, or the part needed, is larger than `max_cells`.
    NoOverlapError
        If no tile lies on the grid.
    CoverageGapError
        If needed cells have no data; the message says which share.
    """
    tiles = [_inspect(path, max_cells) for path in expand(source, "elevation")]
    _check_one_crs(tiles)
    box = transform_bounds(grid.crs.to_wkt(), tiles[0].crs.to_wkt(), *grid.bounds, densify_pts=51)
    near = [tile for tile in tiles if _overlap(tile.bounds, box) is not None]
    if not near:
        west, south, east, north = (f"{edge:.2f}" for edge in _hull(tiles))
        msg = (
            f"elevation: none of the {len(tiles)} file(s) lies on the grid; they cover "
            f"{west} to {east}, {south} to {north} in {tiles[0].crs.name}. Hand over tiles that "
            "lie on the corridor"
        )
        raise NoOverlapError(msg)
    mosaic = _mosaic(near, box, grid, max_cells)
    mosaic.name = "elevation_m"
    mosaic.attrs |= {"units": "m", "long_name": "elevation"}
    return warp(mosaic, grid, needed=needed, name="elevation")


def _inspect(path: Path, max_cells: int) -> _Tile:
    with open_raster(path, what="elevation", max_cells=max_cells) as source:
        check_elevation_band(source, path.name)
        transform = source.transform
        return _Tile(
            path=path,
            crs=CRS.from_wkt(source.crs.to_wkt()).to_2d(),
            bounds=_corner_box(transform, source.width, source.height),
            cell=(math.hypot(transform.a, transform.d), math.hypot(transform.b, transform.e)),
            rotated=transform.b != 0 or transform.d != 0,
        )


def _corner_box(transform: Affine, width: int, height: int) -> Box:
    a, b, c, d, e, f = transform[:6]
    xs = [a * column + b * row + c for column in (0, width) for row in (0, height)]
    ys = [d * column + e * row + f for column in (0, width) for row in (0, height)]
    return min(xs), min(ys), max(xs), max(ys)


def _check_one_crs(tiles: list[_Tile]) -> None:
    first = tiles[0]
    for tile in tiles[1:]:
        if tile.crs != first.crs:
            msg = (
                f"elevation: {first.path.name!r} is in {first.crs.name}, {tile.path.name!r} in "
                f"{tile.crs.name}; bring them into one CRS with gdalwarp -t_srs"
            )
            raise CRSMismatchError(msg)


def _mosaic(tiles: list[_Tile], box: Box, grid: Grid, max_cells: int) -> xr.DataArray:
    """Paste the tiles into one raster over the box, on the lattice of the first tile."""
    lattice, shape, factor = _lattice(tiles, box, grid)
    if shape[0] * shape[1] > max_cells:
        msg = (
            f"elevation: {shape[0]} x {shape[1]} cells are needed, the limit is {max_cells}; "
            "use a coarser elevation, a smaller corridor, or raise max_cells"
        )
        raise LimitError(msg)
    values = np.full(shape, np.nan, dtype=np.float32)
    for tile in tiles:
        rows, columns = _window(tile.bounds, lattice, shape)
        if rows.stop > rows.start and columns.stop > columns.start:
            corner = _shifted(lattice, rows.start, columns.start)
            fresh = _fetch(tile, corner, values[rows, columns].shape, tiles[0], factor)
            np.copyto(values[rows, columns], fresh, where=np.isnan(values[rows, columns]))
    _check_not_empty(values, tiles)
    return to_dataarray(values, lattice, tiles[0].crs.to_wkt())


def _lattice(tiles: list[_Tile], box: Box, grid: Grid) -> tuple[Affine, tuple[int, int], int]:
    """
    Transform and shape of the part that the grid needs, and by how much it is coarsened.

    Tiles much finer than the grid are averaged while they are read, which bounds memory by
    the size of the grid, whatever the size of the tiles.
    """
    first = tiles[0]
    left, bottom, right, top = first.bounds
    size_x, size_y = first.cell
    shape = (round((top - bottom) / size_y), round((right - left) / size_x))
    side = cell_m(Affine(size_x, 0, left, 0, -size_y, top), shape, first.crs, grid)
    factor = max(1, int(grid.resolution_m / (_FINER * side)))
    size_x, size_y = size_x * factor, size_y * factor
    wanted = _overlap(_hull(tiles), box, pad=(_PAD * size_x, _PAD * size_y)) or box
    column, row = math.floor((wanted[0] - left) / size_x), math.floor((top - wanted[3]) / size_y)
    width = max(math.ceil((wanted[2] - left) / size_x) - column, 2)
    height = max(math.ceil((top - wanted[1]) / size_y) - row, 2)
    origin = Affine(size_x, 0, left, 0, -size_y, top)
    return _shifted(origin, row, column), (height, width), factor


def _shifted(transform: Affine, row: int, column: int) -> Affine:
    a, _, c, _, e, f = transform[:6]
    return Affine(a, 0, c + column * a, 0, e, f + row * e)


def _fetch(
    tile: _Tile, corner: Affine, shape: tuple[int, ...], first: _Tile, factor: int
) -> FloatArray:
    """Read the part of a tile under a window of the mosaic, and refuse impossible heights."""

    def read(method: Resampling) -> FloatArray:
        out = np.full(shape, np.nan, dtype=np.float32)
        with open_raster(tile.path, what="elevation", max_cells=2**62) as source:
            undeclared = np.nan if np.dtype(source.dtypes[0]).kind == "f" else None
            reproject(
                rasterio.band(source, 1),
                out,
                src_nodata=undeclared if source.nodata is None else source.nodata,
                dst_transform=corner,
                dst_crs=source.crs,
                dst_nodata=np.nan,
                resampling=method,
            )
        return out

    if factor == 1:
        aligned = _same_lattice(tile, first)
        values = read(Resampling.nearest if aligned else Resampling.bilinear)
        _check_heights(tile, values, values)
        return values
    # An average would hide a single impossible height.
    _check_heights(tile, read(Resampling.min), read(Resampling.max))
    return read(Resampling.average)


def _window(bounds: Box, lattice: Affine, shape: tuple[int, ...]) -> tuple[slice, slice]:
    def span(low: float, high: float, length: int) -> slice:
        return slice(max(math.floor(low + 1e-6), 0), min(math.ceil(high - 1e-6), length))

    left, bottom, right, top = bounds
    columns = span((left - lattice.c) / lattice.a, (right - lattice.c) / lattice.a, shape[1])
    rows = span((lattice.f - top) / -lattice.e, (lattice.f - bottom) / -lattice.e, shape[0])
    return rows, columns


def _same_lattice(tile: _Tile, first: _Tile) -> bool:
    if tile.rotated or not np.allclose(tile.cell, first.cell, rtol=1e-6, atol=0):
        return False
    shifts = (
        (tile.bounds[0] - first.bounds[0]) / first.cell[0],
        (tile.bounds[3] - first.bounds[3]) / first.cell[1],
    )
    return all(abs(shift - round(shift)) < 0.01 for shift in shifts)


def _check_not_empty(values: FloatArray, tiles: list[_Tile]) -> None:
    if np.isnan(values).all():
        names = ", ".join(tile.path.name for tile in tiles[:3]) + (", ..." if tiles[3:] else "")
        msg = f"elevation: {names}: every cell on the grid is no data; use tiles that hold data"
        raise DataError(msg)


def _check_heights(tile: _Tile, lows: FloatArray, highs: FloatArray) -> None:
    low = float(np.nanmin(lows, initial=np.inf))
    high = float(np.nanmax(highs, initial=-np.inf))
    if low < LOWEST_M or high > HIGHEST_M:
        msg = (
            f"elevation: {tile.path.name!r} holds heights from {low:g} to {high:g} m, the Earth "
            f"has {LOWEST_M:g} to {HIGHEST_M:g}; name the no-data value with "
            "gdal_edit.py -a_nodata, or convert the unit to metres"
        )
        raise DataError(msg)


def _overlap(a: Box, b: Box, pad: tuple[float, float] = (0.0, 0.0)) -> Box | None:
    left, bottom = max(a[0], b[0] - pad[0]), max(a[1], b[1] - pad[1])
    right, top = min(a[2], b[2] + pad[0]), min(a[3], b[3] + pad[1])
    return (left, bottom, right, top) if left < right and bottom < top else None


def _hull(tiles: list[_Tile]) -> Box:
    lows = [min(tile.bounds[i] for tile in tiles) for i in (0, 1)]
    highs = [max(tile.bounds[i] for tile in tiles) for i in (2, 3)]
    return lows[0], lows[1], highs[0], highs[1]
