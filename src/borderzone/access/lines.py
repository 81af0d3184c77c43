"""The ways that lead from points to their nearest origin, as lines."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from borderzone._kernels import travel_arrays
from borderzone._placing import cells_of_points
from borderzone.access.odd_cells import ON_ROAD
from borderzone.access.placing import shapes_of
from borderzone.access.steps import Steps
from borderzone.errors import InvalidParameterError, NoOverlapError
from borderzone.grid import Grid

if TYPE_CHECKING:
    import xarray as xr

    from borderzone._typing import FloatArray, IntArray

__all__ = ["routes"]

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
    steps = Steps.of(grid.shape[1], 16)
    cells, numbers = travel_arrays.trail(back, steps.offset, cell)
    row, column = np.divmod(cells[::-1], grid.shape[1])
    lengths = steps.length[numbers % ON_ROAD] * grid.resolution_m / 1000.0
    km = float(lengths.sum())
    on_road = float(lengths[numbers >= ON_ROAD].sum())
    return np.column_stack([grid.x[column], grid.y[row]]), km, on_road / km if km else 0.0


def _line(xy: FloatArray, *, outwards: bool) -> Any:
    if len(xy) == 1:
        xy = np.repeat(xy, 2, axis=0)
    return shapely.linestrings(xy if outwards else xy[::-1])
