"""Ground inside a corridor that belongs to neither country: third countries and the sea."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from borderzone.corridor.depths import code_or_name
from borderzone.errors import CRSMismatchError, InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Collection

    import geopandas as gpd

    from borderzone._typing import FloatArray

__all__ = ["outside_shares"]


def outside_shares(
    strips: FloatArray, countries: gpd.GeoDataFrame, pair: Collection[str]
) -> pd.DataFrame:
    """
    Measure how much of each strip is neither country's ground.

    Parameters
    ----------
    strips
        Polygons of the segments in longitude and latitude.
    countries
        Polygons with the code of their country in the column ``iso3`` or ``code``.
    pair
        Codes of the two countries.

    Returns
    -------
    pandas.DataFrame
        By segment: ``third_country_share`` and ``sea_share``, from 0 to 1.

    Raises
    ------
    CRSMismatchError
        If the table has no CRS.
    InvalidParameterError
        If it has neither column.
    """
    column = next((name for name in ("iso3", "code") if name in countries.columns), None)
    if column is None:
        msg = (
            "countries needs a column 'iso3' or 'code' with the code of each country, "
            f"it has {', '.join(map(str, countries.columns))}"
        )
        raise InvalidParameterError(msg)
    if countries.crs is None:
        msg = "countries has no CRS: set one with set_crs('EPSG:4326') or its own"
        raise CRSMismatchError(msg)
    ground = countries.geometry.to_crs(4326).to_numpy()
    home = np.array([code_or_name(name) in pair for name in countries[column]], dtype=bool)
    total = np.array([_plane_area(strip) for strip in strips])
    own = _shared_area(strips, ground[home]) / total
    third = np.maximum(_shared_area(strips, ground) / total - own, 0.0)
    shares = {"third_country_share": third, "sea_share": 1 - own - third}
    table = pd.DataFrame(shares, index=pd.RangeIndex(len(strips), name="segment"))
    return table.clip(0.0, 1.0)


def _plane_area(polygon: shapely.Geometry) -> float:
    """Area under a cylindrical equal-area projection, in square radii; for shares only."""
    moved = shapely.transform(
        polygon, lambda xy: np.column_stack([np.radians(xy[:, 0]), np.sin(np.radians(xy[:, 1]))])
    )
    return float(moved.area)


def _shared_area(strips: FloatArray, ground: FloatArray) -> FloatArray:
    if len(ground) == 0:
        return np.zeros(len(strips))
    joined = shapely.union_all(ground)
    shapely.prepare(joined)
    return np.array([_plane_area(shapely.intersection(strip, joined)) for strip in strips])
