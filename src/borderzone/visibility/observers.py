"""Where the eyes stand: points checked against the raster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from borderzone.crs import check_same_crs
from borderzone.errors import InvalidGeometryError, InvalidParameterError

if TYPE_CHECKING:
    from borderzone._typing import FloatArray
    from borderzone.grid import Grid

__all__ = ["one_point", "points_of"]


def one_point(observer: Any, grid: Grid) -> tuple[float, float]:
    """Read where one observer stands."""
    if isinstance(observer, shapely.Geometry):
        points = [observer]
    elif isinstance(observer, (gpd.GeoSeries, gpd.GeoDataFrame)):
        check_same_crs(observer, grid.crs, "observer")
        points = list(observer.geometry)
        if len(points) != 1:
            msg = (
                f"observer must be one point, got {len(points)}; for several use "
                "visibility.cumulative_viewshed or visibility.who_sees"
            )
            raise InvalidParameterError(msg)
    else:
        msg = (
            "observer must be a shapely Point in the CRS of the raster, or a GeoSeries of one, got "
            f"{type(observer).__name__}"
        )
        raise InvalidParameterError(msg)
    x, y = _coordinates(points, "observer")[0]
    return float(x), float(y)


def points_of(points: Any, grid: Grid, what: str = "observers") -> tuple[FloatArray, list[Any]]:
    """Read where several points are."""
    if isinstance(points, (gpd.GeoSeries, gpd.GeoDataFrame)):
        check_same_crs(points, grid.crs, what)
        given = points.geometry
        found, labels = list(given), list(given.index)
    elif isinstance(points, (list, tuple, np.ndarray)):
        found, labels = list(points), list(range(len(points)))
    else:
        msg = f"{what} must be a GeoSeries of points or a list of them, got {type(points).__name__}"
        raise InvalidParameterError(msg)
    if not found:
        msg = f"{what} is empty; give at least one point"
        raise InvalidParameterError(msg)
    return _coordinates(found, what), labels


def _coordinates(points: list[Any], what: str) -> FloatArray:
    for at, point in enumerate(points):
        kind = getattr(point, "geom_type", type(point).__name__)
        if kind != "Point" or point.is_empty:
            which = f"number {at}, " if len(points) > 1 else ""
            msg = (
                f"{what} must be points that are not empty, got {which}"
                f"{'an empty point' if kind == 'Point' else kind}; use .centroid or .dropna()"
            )
            raise InvalidGeometryError(msg)
    xy = np.array([(point.x, point.y) for point in points], dtype=np.float64)
    if not np.isfinite(xy).all():
        msg = f"{what} must have finite coordinates, got {xy[~np.isfinite(xy).all(axis=1)][0]}"
        raise InvalidGeometryError(msg)
    return xy
