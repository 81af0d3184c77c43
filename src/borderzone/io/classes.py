"""Land cover from the user's own tiles, onto the grid of a corridor, block by block."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from borderzone._guards import guarded
from borderzone._kernels.resample import majority, nearest, share
from borderzone.errors import DataError, InvalidParameterError
from borderzone.io.limit import cells_allowed
from borderzone.io.memory import memory_told
from borderzone.io.mosaic import HALF, Job, blend, block_of, lay_out
from borderzone.io.records import expand
from borderzone.io.tiles import landcover_tile

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from borderzone._typing import FloatArray, IntArray
    from borderzone.grid import Grid
    from borderzone.io.mosaic import Layer
    from borderzone.io.tiles import Tile

__all__ = ["ClassSource", "open_classes"]

_UNDECLARED = 255


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
                job = Job(share, (wanted,), self._fetch, *self._stored, np.nan, np.float32)
                values, known = layer.bring(rows, columns, job)
            else:
                codes, known = layer.bring(rows, columns, self._nearest)
                values = wanted[codes].astype(np.float32)
            blend(out, total, values, known)
        out[total < HALF] = np.nan
        return out

    @property
    def _commonest(self) -> Job:
        extra = (256, self.nodata)
        return Job(majority, extra, self._fetch, *self._stored, *self._stored)

    @property
    def _nearest(self) -> Job:
        return Job(nearest, (self.nodata,), self._fetch, *self._stored, *self._stored)

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


@memory_told("land cover")
def open_classes(
    source: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    grid: Grid,
    *,
    max_cells: int | None = None,
) -> ClassSource:
    """
    Look at tiles of classes, to read them onto a grid block by block.

    Parameters
    ----------
    source
        A file, a folder, a pattern such as ``"worldcover/*.tif"``, or several of
        them: GeoTIFFs of whole numbers from 0 to 255, all in one CRS.
    grid
        Grid to bring them onto.
    max_cells
        Largest number of cells of one file; by default ``raster_cells_by_block`` of
        `limits`. A WorldCover tile has 1.3 thousand million.

    Returns
    -------
    ClassSource
        What reads them. Its code of no data is the tiles' own, 255 where they
        name none or one that is no code from 0 to 255.

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
    """
    most = cells_allowed("raster_cells_by_block", max_cells)
    tiles = [landcover_tile(path, most) for path in expand(source, "land cover")]
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
    return int(first.void) if 0 <= first.void <= 255 else _UNDECLARED
