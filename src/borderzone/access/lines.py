"""Times of travel as shapes: isochrones, and the ways that lead to the nearest origin."""

from __future__ import annotations

import logging
from itertools import pairwise
from typing import TYPE_CHECKING, Any, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from contourpy import FillType, contour_generator

from borderzone._cells import cells_of_points
from borderzone._guards import as_rising
from borderzone._kernels import cost_distance
from borderzone.access.search import ON_ROAD, Steps
from borderzone.access.travel_times import hours_of
from borderzone.access.ways import shapes_of
from borderzone.errors import InvalidParameterError, NoOverlapError
from borderzone.grid import Grid

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr
    from shapely.geometry.base import BaseGeometry

    from borderzone._typing import BoolArray, FloatArray, IntArray

__all__ = ["isochrones", "routes"]


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
    limits = as_rising(breaks_h, "breaks_h", "h").tolist()
    grid, values = Grid.of(hours), hours_of(hours)
    reached = np.isfinite(values)
    # Contours take no infinity: what is farther than twice the last limit is all the same.
    field = _contours_of(_filled(values, reached, beyond=2.0 * limits[-1]), grid)
    ground = None
    if not reached.all():
        ground = _bands(_contours_of(reached.astype(np.float32), grid), 0.5, 2.0)
    rows = []
    for start, stop in pairwise((0.0, *limits)):
        # From below 0, so that the origins' own cells, at 0 h, lie inside and not on the rim of the band.
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


def _bands(field: Any, low: float, high: float) -> BaseGeometry:
    """Polygons of the ground between two levels, valid and in one piece of geometry."""
    polygons = []
    for points, offsets in zip(*field.filled(low, high), strict=True):
        rings = [points[start:stop] for start, stop in pairwise(offsets)]
        polygons.append(shapely.Polygon(rings[0], rings[1:]))
    return _polygons(shapely.MultiPolygon(polygons))


def _polygons(shape: BaseGeometry) -> BaseGeometry:
    """Make a shape valid, and drop the lines and points that it may leave."""
    whole = shape if shape.is_valid else shapely.make_valid(shape)
    parts = shapely.get_parts(shapely.get_parts(whole))
    return shapely.MultiPolygon(list(parts[shapely.area(parts) > 0]))


_LOG = logging.getLogger("borderzone")
_LAYERS = ("travel_time_h", "origin", "step")


def routes(travel: xr.Dataset, points: gpd.GeoSeries | gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """
    Draw the quickest ways between points and their nearest origins.

    A way runs through the centres of cells; along a road it keeps to the cells of the road, so that it
    may look longer than the road is.

    Parameters
    ----------
    travel
        What `travel` gave.
    points
        Points in any CRS, on the grid.

    Returns
    -------
    geopandas.GeoDataFrame
        A row for each point with its index, in the CRS of the grid: ``hours`` (infinite where no
        way leads, NaN on unknown ground), ``length_km`` of the line drawn, ``road_share`` of
        that length, ``origin`` (label of the origin, None where there is none) and the line, in the
        direction of travel; empty where there is none, and for a point in the cell of its origin
        a line of no length.

    Raises
    ------
    InvalidParameterError
        If `travel` lacks a layer, or there are no points.
    InvalidGeometryError
        If a shape is no point.
    CRSMismatchError
        If the points have no CRS.
    NoOverlapError
        If a point lies outside the grid, or is missing.

    Examples
    --------
    >>> from borderzone.access import travel
    >>> grid = Grid.covering((0, 0, 30e3, 7500), resolution_m=7500, crs=32637)
    >>> plain = grid.wrap(np.zeros((1, 4), np.float32))
    >>> post = gpd.GeoSeries.from_xy([100.0], [100.0], crs=32637)
    >>> ways = routes(travel(plain, post), gpd.GeoSeries.from_xy([29e3], [100.0], crs=32637))
    >>> ways[["hours", "length_km", "origin"]].to_numpy().tolist()
    [[1.5, 22.5, 0]]
    """
    missing = [name for name in _LAYERS if name not in getattr(travel, "data_vars", {})]
    if missing:
        msg = f"routes needs what access.travel gives, and {', '.join(missing)} is missing"
        raise InvalidParameterError(msg)
    grid = Grid.of(travel["travel_time_h"])
    given = shapes_of(points, grid, "points", ("Point",), any_crs=True)
    cells = _cells(given, grid)
    hours = travel["travel_time_h"].to_numpy().ravel()[cells].astype(float)
    origin = travel["origin"].to_numpy().ravel()[cells]
    back = np.ascontiguousarray(travel["step"].to_numpy()).ravel()
    found = [
        _way(back, int(cell), grid) if at >= 0 else None
        for cell, at in zip(cells, origin, strict=True)
    ]
    unreached = sum(way is None for way in found)
    if unreached:
        _LOG.warning("no way leads to %d of %d points", unreached, len(found))
    outwards = travel.attrs.get("direction") == "from"
    labels = travel["origin"].attrs["origin_labels"]
    return gpd.GeoDataFrame(
        {
            "hours": hours,
            "length_km": [0.0 if way is None else way[1] for way in found],
            "road_share": [np.nan if way is None else way[2] for way in found],
            # Of no type of its own, so that None stays None.
            "origin": pd.Series(
                [labels[at] if at >= 0 else None for at in origin], index=given.index, dtype=object
            ),
        },
        geometry=[
            shapely.LineString() if way is None else _line(way[0], outwards=outwards)
            for way in found
        ],
        index=given.index,
        crs=grid.crs,
    )


def _cells(points: gpd.GeoSeries, grid: Grid) -> IntArray:
    if (points.geom_type == "MultiPoint").any():
        msg = "points must be single ones; use .explode()"
        raise InvalidParameterError(msg)
    lost = points.isna() | points.is_empty
    xy = np.full((len(points), 2), np.inf)
    xy[~lost.to_numpy()] = shapely.get_coordinates(points[~lost].to_numpy())
    cells = cells_of_points(xy, grid)
    if (cells < 0).any():
        first = points.index[int(np.argmax(cells < 0))]
        msg = (
            f"{int((cells < 0).sum())} of {len(points)} points lie outside {grid!r} or are missing, "
            f"the first is {first!r}; drop them"
        )
        raise NoOverlapError(msg)
    return cells


def _way(back: IntArray, cell: int, grid: Grid) -> tuple[FloatArray, float, float]:
    """Coordinates from the origin to the cell, length in km, and the share of it along roads."""
    # With 8 neighbours the numbers are the first 8 of the 16.
    steps = Steps.of(grid.shape[1], 16)
    cells, numbers = cost_distance.trail(back, steps.offset, cell)
    row, column = np.divmod(cells[::-1], grid.shape[1])
    lengths = steps.length[numbers % ON_ROAD] * grid.resolution_m / 1000.0
    km = float(lengths.sum())
    on_road = float(lengths[numbers >= ON_ROAD].sum())
    return np.column_stack([grid.x[column], grid.y[row]]), km, on_road / km if km else 0.0


def _line(xy: FloatArray, *, outwards: bool) -> shapely.LineString:
    # A line needs two ends: where the point stands at its origin they are the same.
    if len(xy) == 1:
        xy = np.repeat(xy, 2, axis=0)
    return cast("shapely.LineString", shapely.linestrings(xy if outwards else xy[::-1]))
