"""Elevation and land cover of a study, read block by block onto any grid."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from borderzone import datasets, io, terrain
from borderzone.crs import raster_crs
from borderzone.errors import InvalidScenarioError
from borderzone.io.warp import cell_m, source_transform

if TYPE_CHECKING:
    import xarray as xr

    from borderzone.grid import Grid

__all__ = ["EMBEDDED", "CoverByBlock", "InMemory", "embedded_cell_m", "open_cover", "open_heights"]

EMBEDDED = "embedded"


@dataclass(frozen=True)
class InMemory:
    """
    A raster that is in memory, read by block like one that is not.

    Attributes
    ----------
    raster
        The raster.
    grid
        Grid onto which blocks are read.
    resampling
        How, as for `borderzone.io.warp`.
    """

    raster: xr.DataArray
    grid: Grid
    resampling: str

    @property
    def cell_m(self) -> float:
        """
        Tell how coarse the raster is.

        Returns
        -------
        float
            Side of a cell on the ground. Units: m.
        """
        crs = raster_crs(self.raster)
        return cell_m(source_transform(self.raster), self.raster.shape, crs, self.grid)

    def read(self, rows: slice, columns: slice) -> Any:
        """
        Read a block.

        Parameters
        ----------
        rows, columns
            The block, as slices into the grid.

        Returns
        -------
        numpy.ndarray
            Its values.
        """
        part = self.grid.part(rows, columns)
        return io.warp(self.raster, part, resampling=self.resampling).to_numpy()


def embedded_cell_m(grid: Grid) -> float:
    """
    Tell how coarse the embedded elevation is.

    Parameters
    ----------
    grid
        Where.

    Returns
    -------
    float
        Side of a cell on the ground. Units: m.
    """
    return InMemory(datasets.elevation(), grid, "auto").cell_m


def open_heights(source: Any, grid: Grid) -> Any:
    """
    Open elevation for reading by block.

    Parameters
    ----------
    source
        Files, or a raster in memory.
    grid
        Grid onto which blocks are read.

    Returns
    -------
    object
        With ``read(rows, columns)``, which gives heights, and ``cell_m``, the size of its own cells.

    Raises
    ------
    BorderzoneError
        If it cannot be used, or is the embedded elevation, which is no finer than 3 km.
    """
    if isinstance(source, str) and source == EMBEDDED:
        msg = (
            "terrain_resolution_m asks for terrain finer than the working grid, but the embedded "
            "elevation has cells of about 3 km: give dem = the files that "
            "'borderzone fetch dem' brings, or leave terrain_resolution_m out"
        )
        raise InvalidScenarioError(msg)
    if isinstance(source, (str, Path, list, tuple)):
        return io.open_dem(source, grid)
    return InMemory(source, grid, "auto")


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
        """
        Read a block.

        Parameters
        ----------
        rows, columns
            The block, as slices into the grid.

        Returns
        -------
        numpy.ndarray
            Classes.
        """
        classes = self.source.read(rows, columns)
        empty = terrain.landcover.NO_COVER[self.scheme]
        return classes if self.nodata == empty else np.where(classes == self.nodata, empty, classes)


def open_cover(source: Any, grid: Grid, scheme: str) -> CoverByBlock:
    """
    Open land cover for reading by block.

    Parameters
    ----------
    source
        Files, a raster in memory, or ``"embedded"``.
    grid
        Grid onto which blocks are read.
    scheme
        Legend of the map.

    Returns
    -------
    CoverByBlock
        What reads classes.

    Raises
    ------
    BorderzoneError
        If it cannot be used.
    """
    empty = terrain.landcover.NO_COVER[scheme]
    if isinstance(source, str) and source == EMBEDDED:
        return CoverByBlock(InMemory(datasets.landcover(), grid, "nearest"), 255, "igbp")
    if isinstance(source, (str, Path, list, tuple)):
        tiles = io.open_classes(source, grid)
        return CoverByBlock(tiles, tiles.nodata, scheme)
    nodata = int(source.attrs.get("_FillValue", empty))
    return CoverByBlock(InMemory(source, grid, "mode"), nodata, scheme)
