"""Where trips start: points put into the cells of a grid, and those that cannot be, counted."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np

from borderzone.errors import (
    CRSMismatchError,
    InvalidGeometryError,
    InvalidParameterError,
    NoOverlapError,
)

if TYPE_CHECKING:
    from borderzone._typing import BoolArray, IntArray
    from borderzone.grid import Grid

__all__ = ["Origins", "cells_of"]

_LOG = logging.getLogger("borderzone")


@dataclass(frozen=True, kw_only=True, slots=True)
class Origins:
    """
    Cells that hold an origin, and what became of every point.

    Attributes
    ----------
    cells
        Flat index of each cell that holds an origin, rising, each once.
    used, outside, closed
        Number of points in those cells, outside the grid (or empty), and on ground that is
        unknown or closed.
    """

    cells: IntArray
    used: int
    outside: int
    closed: int


def cells_of(points: gpd.GeoSeries, grid: Grid, passable: BoolArray) -> Origins:
    """
    Find the cells of a grid that hold a point.

    Parameters
    ----------
    points
        Points in any CRS; of a GeoDataFrame its active geometry.
    grid
        The grid.
    passable
        Cells from which a trip can start, in the shape of the grid.

    Returns
    -------
    Origins
        The cells and the counts.

    Raises
    ------
    InvalidParameterError
        If there is no point.
    InvalidGeometryError
        If one is no point.
    CRSMismatchError
        If they have no CRS.
    NoOverlapError
        If none lies on open ground of the grid.
    """
    if isinstance(points, gpd.GeoDataFrame):
        points = points.geometry
    if not isinstance(points, gpd.GeoSeries):
        msg = f"origins must be a geopandas.GeoSeries of points, got {type(points).__name__}"
        raise InvalidParameterError(msg)
    if len(points) == 0:
        msg = "origins is empty; give at least one point to travel from"
        raise InvalidParameterError(msg)
    if points.crs is None:
        msg = "origins have no CRS; set it with origins.set_crs(...)"
        raise CRSMismatchError(msg)
    given = points[~(points.isna() | points.is_empty)]
    wrong = sorted(set(given.geom_type) - {"Point"})
    if wrong:
        msg = f"origins must be points, got {', '.join(wrong)}; use .centroid or .explode()"
        raise InvalidGeometryError(msg)
    there = given.to_crs(grid.crs)
    left, _, _, top = grid.bounds
    column = np.floor((there.x.to_numpy() - left) / grid.resolution_m)
    row = np.floor((top - there.y.to_numpy()) / grid.resolution_m)
    inside = (row >= 0) & (row < grid.shape[0]) & (column >= 0) & (column < grid.shape[1])
    cells = (row[inside] * grid.shape[1] + column[inside]).astype(np.int64)
    on_open = passable.ravel()[cells]
    outside, closed = len(points) - len(cells), int((~on_open).sum())
    if outside or closed:
        _LOG.info(
            "of %d origins %d lie outside the grid and %d on closed or unknown ground",
            len(points),
            outside,
            closed,
        )
    if not on_open.any():
        msg = (
            f"none of {len(points)} origins lies on open ground of {grid!r}: {outside} are "
            f"outside it, {closed} on cells without elevation or closed by the surface"
        )
        raise NoOverlapError(msg)
    return Origins(
        cells=np.unique(cells[on_open]), used=int(on_open.sum()), outside=outside, closed=closed
    )
