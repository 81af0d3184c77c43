"""Points of a vector table as latitude and longitude in columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from borderzone.crs import in_degrees

if TYPE_CHECKING:
    import geopandas as gpd

    from borderzone.incidents.schema import Ledger

__all__ = ["with_coordinates"]

_POINT = 0  # geometry type number of a point in GEOS


def with_coordinates(
    raw: gpd.GeoDataFrame, parts: dict[str, str], name: str, ledger: Ledger
) -> tuple[pd.DataFrame, dict[str, str]]:
    """
    Put the coordinates of points into columns.

    Where a row has no point, the table's own columns (if any) still speak.

    Parameters
    ----------
    raw
        Table with a geometry, in any CRS.
    parts
        Part to column.
    name
        Name of the table, for messages.
    ledger
        Where findings go: lines and areas are no points.

    Returns
    -------
    tuple[pandas.DataFrame, dict[str, str]]
        The table with columns ``lat`` and ``lon``, and the parts with them.

    Raises
    ------
    CRSMismatchError
        If the table does not say its CRS, or one that is not of the Earth.
    """
    shapes = in_degrees(raw.geometry, name).to_numpy()
    whole = (shapely.get_type_id(shapes) == _POINT) & ~shapely.is_empty(shapes)
    other = ~whole & ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    for row in np.flatnonzero(other).tolist():
        told = f"it is a {shapes[row].geom_type}; reduce it to a point and give its radius_km"
        ledger.quarantine(row, "not a point", told)
    table = pd.DataFrame(raw.drop(columns=raw.geometry.name))
    for part, coordinate in (("lat", shapely.get_y), ("lon", shapely.get_x)):
        values = np.full(len(raw), np.nan)
        values[whole] = coordinate(shapes[whole])
        cells = values.astype(object)
        told = table[parts[part]].to_numpy(dtype=object) if part in parts else ""
        cells[~whole] = told[~whole] if part in parts else ""
        table[part] = pd.Series(cells, index=raw.index, dtype=object)
        parts = {**parts, part: part}
    return table, parts
