"""Zones as plain polygons, and how many imputed positions fall in each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np

from borderzone._kernels.inside import count_inside
from borderzone.crs import check_has_crs, in_degrees
from borderzone.errors import DataError, InvalidGeometryError
from borderzone.incidents.given_events import check_corridor
from borderzone.incidents.placing.polygon_index import index_of
from borderzone.stream import in_order

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    import shapely

    from borderzone._typing import IntArray
    from borderzone.corridor import Corridor
    from borderzone.incidents.placing.imputation import Imputation

__all__ = ["corridor_outline", "count_draws", "zone_names", "zone_shapes"]

_POLYGONAL = ("Polygon", "MultiPolygon", "GeometryCollection")


def count_draws(
    drawn: Imputation, shapes: Sequence[shapely.Geometry], *, threads: int | None = None
) -> tuple[IntArray, IntArray]:
    """
    Count the imputed positions inside each shape, by draw and by event.

    Positions are drawn block by block and forgotten, so that memory does not grow with events times
    draws.
    """
    index = index_of(shapes)
    totals = np.zeros((len(shapes), drawn.draws), dtype=np.int64)
    hits = np.zeros((len(drawn.placed), len(shapes)), dtype=np.int32)

    def count(rows: IntArray) -> tuple[IntArray, IntArray, IntArray]:
        some = np.zeros_like(totals)
        of_events = np.zeros((len(rows), len(shapes)), dtype=np.int32)
        count_inside(*drawn.positions(rows), index, some, of_events)
        return rows, some, of_events

    for rows, some, of_events in in_order(count, drawn.rows(), threads=threads):
        totals += some
        hits[rows] = of_events
    return totals, hits


def zone_shapes(zones: gpd.GeoDataFrame, name: str = "zones") -> list[shapely.Geometry]:
    """Take the polygons of a table of zones."""
    if not isinstance(zones, (gpd.GeoDataFrame, gpd.GeoSeries)):
        msg = f"{name} must be a GeoDataFrame of polygons, got a {type(zones).__name__}"
        raise DataError(msg)
    check_has_crs(zones, name)
    if not len(zones):
        msg = f"{name} is empty; give at least one polygon"
        raise DataError(msg)
    shapes = list(in_degrees(zones.geometry, name))
    for label, shape in zip(zones.index, shapes, strict=True):
        if shape is None or shape.is_empty:
            msg = (
                f"{name}: row {label!r} has no geometry; leave it out with {name}[~{name}.is_empty]"
            )
            raise InvalidGeometryError(msg)
        if shape.geom_type not in _POLYGONAL:
            msg = f"{name}: row {label!r} is a {shape.geom_type}, not a polygon; buffer it first"
            raise InvalidGeometryError(msg)
    return shapes


def zone_names(zones: gpd.GeoDataFrame) -> pd.Series:
    """Give the name of each zone."""
    return zones["zone"] if "zone" in zones.columns else zones.index.to_series()


def corridor_outline(corridor: Corridor) -> shapely.Geometry:
    """Give the outline of a corridor."""
    return check_corridor(corridor).outline.to_crs("EPSG:4326").union_all()
