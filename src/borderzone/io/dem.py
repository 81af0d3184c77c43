"""Elevation from the user's own tiles, onto the grid of a corridor, whole or block by block."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from borderzone._guards import check_probability, check_whole, guarded
from borderzone._kernels.resample import average, cubic
from borderzone.errors import DataError, InvalidParameterError, LimitError
from borderzone.io.limit import cells_allowed, how_to_raise
from borderzone.io.memory import memory_told
from borderzone.io.mosaic import HALF, Job, blend, block_of, lay_out, read_whole
from borderzone.io.records import expand
from borderzone.io.sea import needed_on_land, sea_cells
from borderzone.io.tiles import Tile, elevation_tiles
from borderzone.io.warping import check_cover

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    import xarray as xr

    from borderzone._typing import BoolArray, FloatArray
    from borderzone.grid import Grid
    from borderzone.io.mosaic import Layer

__all__ = ["ElevationSource", "open_dem", "read_dem"]


def _heights(tile: Tile, rows: slice, columns: slice) -> FloatArray:
    return tile.read_heights(rows, columns)


_AVERAGE = Job(average, (), _heights, np.nan, np.float32, np.nan, np.float32)
_CUBIC = Job(cubic, (), _heights, np.nan, np.float32, np.nan, np.float32)


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


@memory_told("elevation")
def open_dem(
    source: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    grid: Grid,
    *,
    max_cells: int | None = None,
) -> ElevationSource:
    """
    Look at elevation tiles, to read them onto a grid block by block.

    Every file is opened once and its header checked; heights are read later, and
    only those under a block.

    Parameters
    ----------
    source
        A file, a folder, a pattern such as ``"tiles/*.tif"``, or several of
        them: GeoTIFF, a VRT mosaic of them, SRTM ``.hgt`` or ``.hgt.zip``, NetCDF or an ESRI
        ASCII grid, all in one CRS and in metres.
    grid
        Grid to bring them onto.
    max_cells
        Largest number of cells of one file; ``raster_cells`` of `limits` by default.

    Returns
    -------
    ElevationSource
        What reads them.

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
    """
    most = cells_allowed("raster_cells", max_cells)
    tiles = [tile for path in expand(source, "elevation") for tile in elevation_tiles(path, most)]
    layers = lay_out(tiles, grid, "elevation")
    used = {tile.vertical_datum for layer in layers for tile, _, _ in layer.placed}
    # Without the corridor, so that a source can be sent to another process.
    bare = dataclasses.replace(grid, needed_by=None)
    return ElevationSource(grid=bare, layers=layers, vertical_datum=" and ".join(sorted(used)))


@memory_told("elevation")
def read_dem(  # noqa: PLR0913 (one option a matter that users decide)
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
        Float32, NaN for no data. Units: m. Its attributes hold ``vertical_datum``
        and, when read now, ``void_cells``: how many cells have no data; ``sea_cells``: how many
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
            f"{how_to_raise('raster_cells', grid.shape[0] * grid.shape[1])}"
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
    share = check_cover(
        np.isfinite(values),
        grid,
        needed_on_land(wanted, at_sea),
        "elevation",
        max_gap_share=max_gap_share,
    )
    raster = _wrapped(tiles, values)
    raster.attrs["void_cells"] = int(np.count_nonzero(np.isnan(values)))
    return raster.assign_attrs(sea_cells=int(at_sea.sum()), gap_share=share)


def _wrapped(tiles: ElevationSource, values: Any) -> xr.DataArray:
    raster = tiles.grid.wrap(values, name="elevation_m", units="m", long_name="elevation")
    raster.attrs["vertical_datum"] = tiles.vertical_datum
    return raster


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
    return dask.array.from_array(  # type: ignore[no-untyped-call]
        _Blocks(source, grid.shape, dtype),
        chunks=sizes,
        asarray=False,
        meta=np.empty((0, 0), dtype),
        name=False,
    )
