"""Elevation, land cover and sea from the user's own tiles, onto the grid of a corridor."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import geopandas as gpd
import numpy as np
import shapely
import xarray as xr

from borderzone._cells import mark_inside, needed_on_land
from borderzone._guards import check_probability, check_whole, guarded, local_path
from borderzone._kernels.resample import average, cubic, majority, nearest, share
from borderzone.crs import check_finite, in_degrees
from borderzone.errors import DataError, GridMismatchError, InvalidParameterError, LimitError
from borderzone.grid import UNKNOWN_CLASS
from borderzone.io.bounds import Limits, cells_allowed
from borderzone.io.files import SUFFIXES, local_file
from borderzone.io.raster import open_raster
from borderzone.io.records import source_files
from borderzone.io.tiles import Tile, elevation_tiles, landcover_tile
from borderzone.io.warping import HALF, BlockJob, blend, block_of, lay_out, on_grid, read_whole

if TYPE_CHECKING:
    import os
    from collections.abc import Collection, Iterable

    from shapely.geometry.base import BaseGeometry

    from borderzone._typing import BoolArray, FloatArray, IntArray
    from borderzone.grid import Grid
    from borderzone.io.tiles import Tile
    from borderzone.io.warping import Layer, OnGrid

    Places = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]

__all__ = [
    "ClassSource",
    "ElevationSource",
    "check_file",
    "open_classes",
    "open_dem",
    "read_dem",
    "sea_cells",
    "sea_shape",
]

_STEP_M, _STEP_DEG = 2e4, 0.1  # between points of a straight edge, which on the other map is none


def sea_cells(sea: Any, grid: Grid) -> BoolArray:
    """
    Find the cells of a grid that are sea.

    Parameters
    ----------
    sea
        Polygons of the sea in any CRS, or a mask on the grid, true at sea; None for none.
    grid
        The grid.

    Returns
    -------
    BoolArray
        True where the middle of a cell lies in the sea.

    Raises
    ------
    CRSMismatchError
        If polygons have no CRS.
    GridMismatchError
        If a mask is not on the grid.
    InvalidParameterError
        If it is neither.
    """
    if sea is None:
        return np.zeros(grid.shape, bool)
    if isinstance(sea, (gpd.GeoDataFrame, gpd.GeoSeries)):
        return mark_inside(sea_shape(sea, grid), grid)
    if isinstance(sea, xr.DataArray):
        grid.check(sea, "sea")
    mask = np.asarray(sea) if isinstance(sea, (np.ndarray, xr.DataArray)) else None
    if mask is None or mask.dtype.kind != "b":
        got = type(sea).__name__ + ("" if mask is None else f" of {mask.dtype}")
        msg = (
            f"sea must be polygons or a mask that is true at sea, got {got}; "
            "borderzone.datasets.sea(grid) makes one"
        )
        raise InvalidParameterError(msg)
    if mask.shape != grid.shape:
        msg = f"sea has shape {mask.shape}, the grid {grid.shape}; make it on the grid"
        raise GridMismatchError(msg)
    return mask


def sea_shape(sea: gpd.GeoDataFrame | gpd.GeoSeries, grid: Grid) -> BaseGeometry:
    """
    Bring the part of polygons of the sea around a grid onto its map.

    Parameters
    ----------
    sea
        Polygons in any CRS.
    grid
        The grid.

    Returns
    -------
    shapely.Geometry
        One shape in the CRS of the grid, empty where there is no sea.

    Raises
    ------
    CRSMismatchError
        If they have no CRS.
    InvalidParameterError
        If there are lines or points among them.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from borderzone import Grid
    >>> grid = Grid.covering((500_000, 3_400_000, 510_000, 3_410_000), resolution_m=1000, crs=32637)
    >>> water = gpd.GeoSeries([shapely.box(39.05, 30.5, 40, 31.0)], crs=4326)
    >>> west, _, east, _ = sea_shape(water, grid).bounds
    >>> [round(x, -1) for x in (west, east)]
    [504780.0, 510010.0]
    """
    box = gpd.GeoSeries([shapely.box(*grid.bounds)], crs=grid.crs).segmentize(_STEP_M).to_crs(4326)
    here = in_degrees(sea, "sea")
    check_finite(here, "sea")
    shapes = here.geometry.dropna()
    flat = ~shapes.is_empty & (shapely.get_dimensions(shapes.to_numpy()) < 2)
    others = sorted(set(shapes[flat].geom_type))
    if others:
        msg = (
            f"sea must be polygons, got {', '.join(others)}; a line has no ground: close it with "
            "polygonize(), or let borderzone.datasets.sea(grid) make a mask"
        )
        raise InvalidParameterError(msg)
    shape = shapely.make_valid(here.geometry.union_all())
    near = shapely.intersection(shape, shapely.box(*box.total_bounds)).buffer(0)
    moved = gpd.GeoSeries([near], crs=4326).segmentize(_STEP_DEG).to_crs(grid.crs)
    found: BaseGeometry = moved.iloc[0]
    return found


def check_file(path: str | os.PathLike[str], suffixes: Collection[str], what: str) -> Path:
    """
    Look at a file before any work: is it there, and what its name says; of a raster, is it one.

    Parameters
    ----------
    path
        The file.
    suffixes
        Ends of names that are allowed, as in `SUFFIXES`; those of `SUFFIXES.heights` say that it
        holds heights.
    what
        What it is needed for, for messages.

    Returns
    -------
    pathlib.Path
        Its absolute path.

    Raises
    ------
    DataError
        If it is missing, broken, or not what its name says.
    CRSMismatchError
        If it is a raster without a CRS.
    LimitError
        If it is too large.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "caves.csv")
    ...     _ = file.write_text("lat,lon")
    ...     check_file(file, SUFFIXES.raster, "elevation")
    Traceback (most recent call last):
        ...
    borderzone.errors.DataError: elevation: 'caves.csv' ends in '.csv'; a file that ends in .tif, .tiff is needed
    """
    file, most = Path(path), Limits.now().raster_cells_by_block
    if file.suffix.lower() not in SUFFIXES.raster:
        if suffixes == SUFFIXES.heights:
            elevation_tiles(file, most)
    elif SUFFIXES.raster <= frozenset(suffixes):
        with open_raster(file, what=what, max_cells=most):
            return local_path(file).absolute()
    return local_file(file, suffixes, what)


def _heights(tile: Tile, rows: slice, columns: slice) -> FloatArray:
    return tile.read_heights(rows, columns)


_AVERAGE = BlockJob(average, (), _heights, np.nan, np.float32, np.nan, np.float32)
_CUBIC = BlockJob(cubic, (), _heights, np.nan, np.float32, np.nan, np.float32)


@guarded
@dataclass(frozen=True, kw_only=True)
class ElevationSource:
    """
    Tiles of heights that are read onto a grid block by block.

    A cell has the same height, to the bit, in whatever block it is read.
    Several threads may read at once. Made by `open_dem`.

    Attributes
    ----------
    grid
        The grid.
    layers
        The tiles on it, by lattice, the finest first.
    vertical_datum
        What heights count from, such as ``"EGM2008"``; names joined by " and "
        where tiles differ, ``"unknown"`` where neither CRS nor product says.

    Examples
    --------
    >>> ElevationSource.__name__
    'ElevationSource'
    """

    grid: Grid
    layers: tuple[Layer, ...]
    vertical_datum: str

    @property
    def cell_m(self) -> float:
        """
        Tell how coarse the tiles are.

        Returns
        -------
        float
            Side of a cell of the coarsest ones on the ground. Units: m.
        """
        return max(layer.cell_m for layer in self.layers)

    @property
    def files(self) -> tuple[str, ...]:
        """
        List the files that lie on the grid.

        Returns
        -------
        tuple of str
            Names in sorted order.
        """
        tiles = (tile for layer in self.layers for tile, _, _ in layer.placed)
        return tuple(sorted({tile.path.name for tile in tiles}))

    def read(self, rows: slice, columns: slice) -> FloatArray:
        """
        Read a block of the grid.

        Parameters
        ----------
        rows, columns
            The block, as slices into the grid.

        Returns
        -------
        FloatArray
            Float32, NaN where less than half of a cell is known. Units: m.

        Raises
        ------
        DataError
            If a tile under the block is damaged or holds impossible heights.
        LimitError
            If a cell of the grid holds too many cells of a tile.
        """
        rows, columns = block_of(self.grid, rows, columns)
        out = np.full(
            (rows.stop - rows.start, columns.stop - columns.start), np.nan, dtype=np.float32
        )
        if out.size == 0:
            return out
        total = np.zeros(out.shape, np.float32)
        for layer in self.layers:
            values, known = layer.bring(rows, columns, _AVERAGE if layer.coarsens else _CUBIC)
            blend(out, total, values, known)
        out[total < HALF] = np.nan
        return out

    def __repr__(self) -> str:
        """Say how many files, on which grid, from which height they count."""
        return f"ElevationSource({len(self.files)} file(s), {self.grid!r}, datum {self.vertical_datum})"


@overload
def open_dem(source: xr.DataArray, grid: Grid, *, max_cells: int | None = None) -> OnGrid: ...


@overload
def open_dem(source: Places, grid: Grid, *, max_cells: int | None = None) -> ElevationSource: ...


@Limits.memory_told("elevation")
def open_dem(
    source: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] | xr.DataArray,
    grid: Grid,
    *,
    max_cells: int | None = None,
) -> ElevationSource | OnGrid:
    """
    Look at elevation tiles or a raster of heights, to read them onto a grid block by block.

    Every file is opened once and its header checked; heights are read later, and
    only those under a block.

    Parameters
    ----------
    source
        A file, a folder, a pattern such as ``"tiles/*.tif"``, or several of
        them: GeoTIFF, a VRT mosaic of them, SRTM ``.hgt`` or ``.hgt.zip``, NetCDF or an ESRI
        ASCII grid, all in one CRS and in metres. Or a raster in memory, in metres.
    grid
        Grid to bring them onto.
    max_cells
        Largest number of cells of one file; ``raster_cells`` of `limits` by default.

    Returns
    -------
    ElevationSource or OnGrid
        What reads the files, or the raster in memory.

    Raises
    ------
    DataError
        If a file is missing, broken, not what its name says, not where its name
        says, in feet, or a picture.
    CRSMismatchError
        If a file has no CRS, or two files differ in it.
    LimitError
        If a file is larger than `max_cells`.
    NoOverlapError
        If no tile lies on the grid.

    Examples
    --------
    >>> import tempfile
    >>> from borderzone import Grid
    >>> from borderzone.io import write_raster
    >>> grid = Grid.covering((0, 0, 90, 60), resolution_m=30, crs="EPSG:32637")
    >>> heights = grid.wrap(np.array([[210, 220, 230], [310, 320, 330]], np.float32), units="m")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_raster(heights, f"{folder}/south.tif")
    ...     source = open_dem(f"{folder}/*.tif", grid)
    ...     source.read(slice(1, 2), slice(0, 3))
    array([[310., 320., 330.]], dtype=float32)
    """
    if isinstance(source, xr.DataArray):
        return on_grid(source, grid, name="elevation", holds="heights")
    most = cells_allowed("raster_cells", max_cells)
    tiles = [
        tile for path in source_files(source, "elevation") for tile in elevation_tiles(path, most)
    ]
    layers = lay_out(tiles, grid, "elevation")
    used = {tile.vertical_datum for layer in layers for tile, _, _ in layer.placed}
    # Without the corridor, so that a source can be sent to another process.
    bare = dataclasses.replace(grid, needed_by=None)
    return ElevationSource(grid=bare, layers=layers, vertical_datum=" and ".join(sorted(used)))


@Limits.memory_told("elevation")
def read_dem(  # noqa: PLR0913 - one option a matter that users decide
    source: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    grid: Grid,
    *,
    needed: BoolArray | None = None,
    chunks: int | tuple[int, int] | None = None,
    max_cells: int | None = None,
    sea: Any = None,
    max_gap_share: float = 0.0,
) -> xr.DataArray:
    """
    Read elevation tiles onto a grid.

    Averages where the tiles are finer than the grid, cubic convolution where
    they are coarser. Where tiles of one lattice overlap, the first counts: in sorted order
    of a folder or a pattern, in the order given of several items; where cells of two sizes overlap, the finer. Holes stay holes.

    Parameters
    ----------
    source
        A file, a folder, a pattern such as ``"tiles/*.tif"``, or several of
        them: GeoTIFF, a VRT mosaic of them, SRTM ``.hgt`` or ``.hgt.zip``, NetCDF or an ESRI
        ASCII grid, all in one CRS, in metres above sea level. A folder stands for the tiles in it, not for those deeper down, nor for mosaics.
    grid
        Grid to bring them onto.
    needed
        Cells that must have data, shape of the grid; those that the grid itself
        needs when left out, which for a grid from a corridor are the corridor's.
    chunks
        Rows and columns of a block, for a lazy raster that reads block by block
        (needs dask) and does not look for holes; None reads everything now.
    max_cells
        Largest number of cells of one file, and of what is read now; ``raster_cells`` of
        `limits` by default.
    sea
        What is sea and needs no height: polygons in any CRS, or a mask on the grid, as from
        ``datasets.sea(grid)``. Sea has no height afterwards, whatever the tiles hold there.
    max_gap_share
        Share of the needed cells, the sea left out, that may be without data, which is none by
        default. They stay NaN: unknown, never zero.

    Returns
    -------
    xarray.DataArray
        Float32, NaN for no data. Units: m. Its attributes hold ``vertical_datum``,
        ``tile_cell_m``: the side of a cell of the coarsest tiles on the ground, in m; and, when read now, ``void_cells``: how many cells have no data; ``sea_cells``: how many
        of them are sea; and ``gap_share``: how much of what is needed on land has none.

    Raises
    ------
    DataError
        If a file is missing, broken, not what its name says, not where its name
        says, in feet, a picture, without any data, or holds impossible elevations.
    CRSMismatchError
        If a file has no CRS, or two files differ in it.
    LimitError
        If a file, or the grid, is larger than `max_cells`.
    NoOverlapError
        If no tile lies on the grid.
    CoverageGapError
        If more of the needed cells have no data; the message says which share, how large, and where.
    GridMismatchError
        If a mask of the sea is not on the grid.
    InvalidParameterError
        If `needed`, `sea` or `max_gap_share` is given for a lazy raster, a block has no cells, dask is missing, or all is sea.

    Examples
    --------
    >>> import tempfile
    >>> from borderzone import Grid
    >>> from borderzone.io import write_raster
    >>> fine = Grid.covering((0, 0, 60, 60), resolution_m=30, crs="EPSG:32637")
    >>> heights = fine.wrap(np.array([[210, 230], [250, 270]], np.float32), units="m")
    >>> coarse = Grid.covering((0, 0, 60, 60), resolution_m=60, crs="EPSG:32637")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_raster(heights, f"{folder}/south.tif")
    ...     read_dem(folder, coarse).to_numpy()
    array([[240.]], dtype=float32)
    """
    check_probability(max_gap_share, "max_gap_share")
    tiles = open_dem(source, grid, max_cells=max_cells)
    if chunks is not None:
        if needed is not None or sea is not None or max_gap_share:
            msg = "needed, sea and max_gap_share are checked when heights are read; leave them out with chunks"
            raise InvalidParameterError(msg)
        return _wrapped(tiles, lazy(tiles, grid, chunks))
    most = cells_allowed("raster_cells", max_cells)
    if grid.shape[0] * grid.shape[1] > most:
        msg = (
            f"elevation: {grid.shape[0]} x {grid.shape[1]} cells are needed, the limit is "
            f"{most}; use a coarser grid, a smaller corridor, chunks, or raise max_cells: "
            f"{Limits.how_to_raise('raster_cells', grid.shape[0] * grid.shape[1])}"
        )
        raise LimitError(msg)
    values = read_whole(tiles, grid, np.float32)
    valid = np.isfinite(values)
    if not valid.any():
        names = ", ".join(tiles.files[:3]) + (", ..." if tiles.files[3:] else "")
        msg = f"elevation: {names}: every cell on the grid is no data; use tiles that hold data"
        raise DataError(msg)
    at_sea = sea_cells(sea, grid)
    values[at_sea] = np.nan
    wanted = grid.needed_cells() if needed is None else np.asarray(needed, bool)
    share = grid.check_cover(
        np.isfinite(values),
        "elevation",
        needed=needed_on_land(wanted, at_sea),
        max_gap_share=max_gap_share,
    )
    raster = _wrapped(tiles, values)
    raster.attrs["void_cells"] = int(np.count_nonzero(np.isnan(values)))
    return raster.assign_attrs(sea_cells=int(at_sea.sum()), gap_share=share)


def _wrapped(tiles: ElevationSource, values: Any) -> xr.DataArray:
    raster = tiles.grid.wrap(values, name="elevation_m", units="m", long_name="elevation")
    return raster.assign_attrs(vertical_datum=tiles.vertical_datum, tile_cell_m=tiles.cell_m)


class _Blocks:
    """What dask cuts into blocks."""

    ndim = 2

    def __init__(self, source: Any, shape: tuple[int, int], dtype: Any) -> None:
        self.source, self.shape, self.dtype = source, shape, np.dtype(dtype)

    def __getitem__(self, block: tuple[slice, slice]) -> Any:
        return self.source.read(*block)


def lazy(source: Any, grid: Grid, chunks: int | tuple[int, int], dtype: Any = np.float32) -> Any:
    """Make an array that reads a block when it is asked for it."""
    sizes: tuple[Any, ...] = chunks if isinstance(chunks, tuple) else (chunks, chunks)
    sizes = tuple(check_whole(size, "chunks", unit="cells along a block") for size in sizes)
    try:
        import dask.array  # noqa: PLC0415 - an extra that few need
    except ImportError as error:
        msg = "chunks needs dask: install it with pip install dask, or leave chunks out"
        raise InvalidParameterError(msg) from error
    return dask.array.from_array(  # type: ignore[no-untyped-call]  # dask has no types here
        _Blocks(source, grid.shape, dtype),
        chunks=sizes,
        asarray=False,
        meta=np.empty((0, 0), dtype),
        name=False,
    )


@guarded
@dataclass(frozen=True, kw_only=True)
class ClassSource:
    """
    Tiles of classes that are read onto a grid block by block.

    A cell has the same class, and the same share, in whatever block it is read.
    Several threads may read at once. Made by `open_classes`.

    Attributes
    ----------
    grid
        The grid.
    layers
        The tiles on it, by lattice, the finest first.
    nodata
        Code of no data in what is read.

    Examples
    --------
    >>> ClassSource.__name__
    'ClassSource'
    """

    grid: Grid
    layers: tuple[Layer, ...]
    nodata: int

    def read(self, rows: slice, columns: slice) -> IntArray:
        """
        Read the class of each cell of a block.

        Where the grid is coarser than the tiles it is the class with the largest
        area in the cell, of two equal ones the lower code; where it is finer, the
        class at the cell's centre.

        Parameters
        ----------
        rows, columns
            The block, as slices into the grid.

        Returns
        -------
        IntArray
            Classes as uint8; `nodata` where less than half of a cell is known.

        Raises
        ------
        DataError
            If a tile under the block is damaged or holds numbers that are no class.
        """
        rows, columns = block_of(self.grid, rows, columns)
        shape = (rows.stop - rows.start, columns.stop - columns.start)
        out = np.full(shape, self.nodata, dtype=np.uint8)
        total, most = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        for layer in self.layers if out.size else ():
            job = self._commonest if layer.coarsens else self._nearest
            values, known = layer.bring(rows, columns, job)
            take = np.minimum(known, 1 - total)
            better = take > most
            out[better], most[better] = values[better], take[better]
            total += take
        out[total < HALF] = self.nodata
        return out

    def read_share(self, rows: slice, columns: slice, classes: Iterable[int]) -> FloatArray:
        """
        Read which share of each cell of a block belongs to some classes.

        Parameters
        ----------
        rows, columns
            The block, as slices into the grid.
        classes
            Codes that count.

        Returns
        -------
        FloatArray
            Share of the known area, 0 to 1, float32; NaN where less than half of a
            cell is known. Where the grid is finer than the tiles it is 0 or 1.

        Raises
        ------
        DataError
            If a tile under the block is damaged or holds numbers that are no class.
        InvalidParameterError
            If a code is not between 0 and 255, or stands for no data.
        """
        wanted = self._wanted(classes)
        rows, columns = block_of(self.grid, rows, columns)
        shape = (rows.stop - rows.start, columns.stop - columns.start)
        out, total = np.full(shape, np.nan, np.float32), np.zeros(shape, np.float32)
        for layer in self.layers if out.size else ():
            if layer.coarsens:
                job = BlockJob(share, (wanted,), self._fetch, *self._stored, np.nan, np.float32)
                values, known = layer.bring(rows, columns, job)
            else:
                codes, known = layer.bring(rows, columns, self._nearest)
                values = wanted[codes].astype(np.float32)
            blend(out, total, values, known)
        out[total < HALF] = np.nan
        return out

    @property
    def _commonest(self) -> BlockJob:
        extra = (256, self.nodata)
        return BlockJob(majority, extra, self._fetch, *self._stored, *self._stored)

    @property
    def _nearest(self) -> BlockJob:
        return BlockJob(nearest, (self.nodata,), self._fetch, *self._stored, *self._stored)

    @property
    def _stored(self) -> tuple[int, type]:
        return self.nodata, np.uint8

    def _fetch(self, tile: Tile, rows: slice, columns: slice) -> IntArray:
        return tile.read_classes(rows, columns, self.nodata)

    def _wanted(self, classes: Iterable[int]) -> IntArray:
        wanted = np.zeros(256, np.int8)
        for code in classes:
            if not 0 <= code <= 255 or code == self.nodata:
                msg = (
                    f"classes must be codes from 0 to 255 other than {self.nodata}, which is no data; "
                    f"got {code!r}"
                )
                raise InvalidParameterError(msg)
            wanted[code] = 1
        wanted[self.nodata] = -1
        return wanted

    def __repr__(self) -> str:
        """Say on which grid and which code is no data."""
        return f"ClassSource({self.grid!r}, no data {self.nodata})"


@overload
def open_classes(source: xr.DataArray, grid: Grid, *, max_cells: int | None = None) -> OnGrid: ...


@overload
def open_classes(source: Places, grid: Grid, *, max_cells: int | None = None) -> ClassSource: ...


@Limits.memory_told("land cover")
def open_classes(
    source: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] | xr.DataArray,
    grid: Grid,
    *,
    max_cells: int | None = None,
) -> ClassSource | OnGrid:
    """
    Look at tiles or a raster of classes, to read them onto a grid block by block.

    Parameters
    ----------
    source
        A file, a folder, a pattern such as ``"worldcover/*.tif"``, or several of
        them: GeoTIFFs of whole numbers from 0 to 255, all in one CRS. Or a raster in memory.
    grid
        Grid to bring them onto.
    max_cells
        Largest number of cells of one file; by default ``raster_cells_by_block`` of
        `limits`. A WorldCover tile has 1.3 thousand million.

    Returns
    -------
    ClassSource or OnGrid
        What reads the files, or the raster in memory. Its code of no data, `nodata`, is the tiles'
        own, 255 where they name none or one that is no code from 0 to 255.

    Raises
    ------
    DataError
        If a file is missing, broken, not what its name says, not where its name
        says, or no map of classes, or two files differ in what is no data.
    CRSMismatchError
        If a file has no CRS, or two files differ in it.
    LimitError
        If a file is larger than `max_cells`.
    NoOverlapError
        If no tile lies on the grid.

    Examples
    --------
    >>> from borderzone import Grid
    >>> grid = Grid.covering((0, 0, 300, 200), resolution_m=100, crs="EPSG:32637")
    >>> codes = np.array([[60, 60, 10], [60, 80, 255]], np.uint8)
    >>> source = open_classes(grid.wrap(codes).assign_attrs(_FillValue=255), grid)
    >>> source.read(slice(0, 2), slice(0, 3))
    array([[ 60,  60,  10],
           [ 60,  80, 255]], dtype=uint8)
    """
    if isinstance(source, xr.DataArray):
        return on_grid(source, grid, name="land cover", holds="classes")
    most = cells_allowed("raster_cells_by_block", max_cells)
    tiles = [landcover_tile(path, most) for path in source_files(source, "land cover")]
    layers = lay_out(tiles, grid, "land cover")
    nodata = _one_void(tiles)
    return ClassSource(grid=dataclasses.replace(grid, needed_by=None), layers=layers, nodata=nodata)


def _one_void(tiles: list[Tile]) -> int:
    first = tiles[0]
    for tile in tiles[1:]:
        if tile.void != first.void and not (math.isnan(tile.void) and math.isnan(first.void)):
            msg = (
                f"land cover: no data is {first.void:g} in {first.path.name!r}, {tile.void:g} in "
                f"{tile.path.name!r}; name the same in all with gdal_edit.py -a_nodata"
            )
            raise DataError(msg)
    return int(first.void) if 0 <= first.void <= 255 else UNKNOWN_CLASS
