"""Isochrones: the ground reached within so many hours, as polygons."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
from contourpy import FillType, contour_generator

from borderzone.access._hours import hours_of, rising_hours
from borderzone.grid import Grid

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr

    from borderzone._typing import BoolArray, FloatArray

__all__ = ["isochrones"]


def isochrones(
    hours: xr.DataArray, breaks_h: Sequence[float] = (1.0, 3.0, 6.0)
) -> gpd.GeoDataFrame:
    """
    Outline the ground between one limit of time and the next.

    Bands do not overlap and share their edges: their union up to a limit is all that is reached
    within it. Outlines are contours, interpolated between the centres of the cells, so they are
    smooth and do not follow cell edges. Unreachable and unknown cells are left out up to
    their edges, corners cut.

    Parameters
    ----------
    hours
        Travel time; infinite where no way leads, NaN where nothing is known. Units: h.
    breaks_h
        Limits, rising; the first band begins at 0. Units: h.

    Returns
    -------
    geopandas.GeoDataFrame
        One row a band, in the CRS of the raster: ``from_h``, ``to_h``, ``area_km2`` (in the plane
        of the raster; 0 for a band that holds nothing, with an empty geometry) and the
        polygons. Attributes count the ``unreachable_cells`` and ``unknown_cells``.

    Raises
    ------
    InvalidParameterError
        If there is no limit, limits do not rise from above 0, or the hours are none.
    CRSMismatchError
        If the raster has no CRS.
    NotProjectedError
        If it is in degrees.

    Examples
    --------
    A cone of 4 km/h around the middle of a plain:

    >>> grid = Grid.covering((-6e3, -6e3, 6e3, 6e3), resolution_m=100, crs=32637)
    >>> cone = grid.wrap(np.hypot(*np.meshgrid(grid.x, grid.y)) / 4e3)
    >>> bands = isochrones(cone, (0.5, 1.0))
    >>> bands.area_km2.round(1).tolist()
    [12.6, 37.7]
    """
    limits = rising_hours(breaks_h, "breaks_h")
    grid, values = Grid.of(hours), hours_of(hours)
    reached = np.isfinite(values)
    field = _contours_of(_filled(values, reached, beyond=2.0 * limits[-1]), grid)
    ground = None
    if not reached.all():
        ground = _bands(_contours_of(reached.astype(np.float32), grid), 0.5, 2.0)
    rows = []
    for start, stop in pairwise((0.0, *limits)):
        shape = _bands(field, start if start > 0 else -1.0, stop)
        if ground is not None:
            shape = _polygons(shapely.intersection(shape, ground))
        rows.append((start, stop, shape.area / 1e6, shape))
    table = gpd.GeoDataFrame(
        rows, columns=["from_h", "to_h", "area_km2", "geometry"], geometry="geometry", crs=grid.crs
    )
    table.attrs = {
        "unreachable_cells": int(np.isinf(values).sum()),
        "unknown_cells": int(np.isnan(values).sum()),
    }
    return table


def _filled(values: FloatArray, reached: BoolArray, beyond: float) -> FloatArray:
    """
    Carry times one cell on where no time is known, so that contours run up to the edge.

    A cell beside reached ones takes their mean; those farther away are never looked at.
    """
    field = np.where(reached, np.minimum(values, beyond), 0.0).astype(np.float64)
    if reached.all():
        return field
    total, count = np.zeros_like(field), np.zeros(field.shape, dtype=np.uint8)
    padded, known = np.pad(field, 1), np.pad(reached, 1)
    rows, columns = field.shape
    for down in range(3):
        for right in range(3):
            window = (slice(down, down + rows), slice(right, right + columns))
            total += padded[window]
            count += known[window]
    beside = ~reached & (count > 0)
    field[beside] = total[beside] / count[beside]
    field[~reached & (count == 0)] = beyond
    return field


def _contours_of(field: FloatArray, grid: Grid) -> Any:
    """Lay a field over the cell centres and out to the edge of the raster."""
    left, bottom, right, top = grid.bounds
    x = np.concatenate([[left], grid.x, [right]])
    y = np.concatenate([[top], grid.y, [bottom]])
    return contour_generator(x, y, np.pad(field, 1, mode="edge"), fill_type=FillType.OuterOffset)


def _bands(field: Any, low: float, high: float) -> Any:
    """Polygons of the ground between two levels, valid and in one piece of geometry."""
    polygons = []
    for points, offsets in zip(*field.filled(low, high), strict=True):
        rings = [points[start:stop] for start, stop in pairwise(offsets)]
        polygons.append(shapely.Polygon(rings[0], rings[1:]))
    return _polygons(shapely.MultiPolygon(polygons))


def _polygons(shape: Any) -> Any:
    """Make a shape valid, and drop the lines and points that it may leave."""
    whole = shape if shape.is_valid else shapely.make_valid(shape)
    parts = shapely.get_parts(shapely.get_parts(whole))
    return shapely.MultiPolygon(list(parts[shapely.area(parts) > 0]))
