"""Elevation and land cover of a study, read block by block onto any grid."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from borderzone import datasets, io, terrain
from borderzone.errors import InvalidScenarioError
from borderzone.io.warping import on_grid

if TYPE_CHECKING:
    from borderzone.grid import Grid
    from borderzone.study.sea import Sea

__all__ = ["EMBEDDED", "CoverByBlock", "embedded_cell_m", "open_cover", "open_heights"]

EMBEDDED = "embedded"


def embedded_cell_m(grid: Grid) -> float:
    """Tell how coarse the embedded elevation is."""
    return on_grid(datasets.elevation(), grid).cell_m


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
        heights = on_grid(source, grid, name="elevation", holds="heights")
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
        empty = terrain.NO_COVER[self.scheme]
        if self.nodata == empty:
            return classes
        return np.where((classes == self.nodata) | np.isnan(classes), empty, classes)


def open_cover(source: Any, grid: Grid, scheme: str) -> CoverByBlock:
    """Open land cover for reading by block."""
    if isinstance(source, str) and source == EMBEDDED:
        return CoverByBlock(on_grid(datasets.landcover(), grid), 255, "igbp")
    if isinstance(source, (str, Path, list, tuple)):
        tiles = io.open_classes(source, grid)
        return CoverByBlock(tiles, tiles.nodata, scheme)
    held = on_grid(source, grid, name="land cover", holds="classes")
    return CoverByBlock(held, held.empty, scheme)
