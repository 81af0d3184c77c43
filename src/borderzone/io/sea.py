"""Which cells of a grid are sea: by polygons, or by a mask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
import xarray as xr

from borderzone._placing import cells_inside
from borderzone.crs import check_finite, in_degrees
from borderzone.errors import GridMismatchError, InvalidParameterError

if TYPE_CHECKING:
    from borderzone._typing import BoolArray
    from borderzone.grid import Grid

__all__ = ["around", "inside", "needed_on_land", "sea_cells"]

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
        return inside(around(sea, grid), grid)
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


def needed_on_land(needed: BoolArray | None, at_sea: BoolArray) -> BoolArray | None:
    """Leave the sea out of the cells that must have data."""
    land = ~at_sea if needed is None else needed & ~at_sea
    if not land.any() and at_sea.any():
        msg = (
            "all of the ground asked for is sea; check what sea= covers, its CRS and the order of its "
            "coordinates, or leave it out"
        )
        raise InvalidParameterError(msg)
    return None if needed is None else land


def inside(shape: Any, grid: Grid) -> BoolArray:
    """Find the cells of a grid whose middle lies in a shape."""
    found = np.zeros(grid.shape, bool)
    if not shape.is_empty and shape.intersects(shapely.box(*grid.bounds)):
        found.flat[cells_inside(shape, grid)] = True
    return found


def around(sea: Any, grid: Grid) -> Any:
    """Bring the part of polygons around a grid onto its map."""
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
    return gpd.GeoSeries([near], crs=4326).segmentize(_STEP_DEG).to_crs(grid.crs).iloc[0]
