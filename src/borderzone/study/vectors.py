"""Tables of shapes that the user hands over, as a path or in memory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd

from borderzone import io
from borderzone.crs import check_finite, in_degrees
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    from borderzone.io.records import Record

__all__ = ["vector_layer"]


def vector_layer(source: Any, name: str, records: list[Record]) -> gpd.GeoDataFrame:
    """Take a table of shapes, or read it from its file."""
    if isinstance(source, (str, Path)):
        records.extend(io.describe(source, name=name))
        return io.read_vector(source, what=name)
    table = gpd.GeoDataFrame(geometry=source) if isinstance(source, gpd.GeoSeries) else source
    if not isinstance(table, gpd.GeoDataFrame):
        msg = f"{name} must be a path or a table of geopandas, got {type(table).__name__}"
        raise InvalidParameterError(msg)
    if table.active_geometry_name is None:
        msg = f"{name} have no geometry column; set it with .set_geometry(...)"
        raise InvalidParameterError(msg)
    # Now, by its own name, and not when the study has run for minutes.
    check_finite(in_degrees(table.geometry, name), name)
    return table
