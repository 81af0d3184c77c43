"""Every land border that can be named."""

from __future__ import annotations

import geopandas as gpd
import shapely

from borderzone.border.lengths import published_km
from borderzone.border.names import country_name
from borderzone.border.parts import directed_course
from borderzone.border.sources import pairs, pieces_between

__all__ = ["list_borders"]


def list_borders() -> gpd.GeoDataFrame:
    """
    List every pair of countries that shares a land border.

    Returns
    -------
    geopandas.GeoDataFrame
        Columns a, b, name_a, name_b, length_km, published_length_km (NaN where none is
        published; `borderzone.datasets.published_lengths` has its source and says why), n_parts,
        geometry; EPSG:4326.

    Examples
    --------
    >>> len(list_borders())
    337
    """
    rows = []
    for a, b in pairs():
        course = directed_course(pieces_between(a, b), a)
        line = shapely.multilinestrings([shapely.linestrings(part.coords) for part in course])
        lengths = (course[-1].km_end, published_km(a, b))
        rows.append((a, b, country_name(a), country_name(b), *lengths, len(course), line))
    names = [
        "a",
        "b",
        "name_a",
        "name_b",
        "length_km",
        "published_length_km",
        "n_parts",
        "geometry",
    ]
    return gpd.GeoDataFrame(rows, columns=names, geometry="geometry", crs=4326)
