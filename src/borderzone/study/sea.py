"""The sea in a study: which cells it is, and that no number on ground counts them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from borderzone import datasets
from borderzone.io.dem import around, inside
from borderzone.study.by_block import EMBEDDED
from borderzone.study.vectors import vector_layer

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr

    from borderzone._typing import BoolArray, FloatArray
    from borderzone.grid import Grid
    from borderzone.io import Record

__all__ = ["Sea", "load_sea", "on_land"]

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
        return inside(self.shape, grid)

    def on(self, grid: Grid, heights: FloatArray) -> BoolArray:
        """Find the cells that are sea."""
        if self.stated or self.shape.is_empty:
            return self.candidates(grid)
        # Where tiles end at the shore and the coast that ships lies inland of it, or a cell is
        # mostly water: without a height, and no farther from the sea than that coast is off.
        fringe = _widened(self.shape, max(_COAST_M, grid.resolution_m))
        return np.where(
            np.isnan(heights), inside(fringe, grid), self.candidates(grid) & ~(heights > 0)
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
        return Sea(around(shipped, grid), stated=False)
    return Sea(around(vector_layer(source, "sea", records), grid), stated=True)


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
