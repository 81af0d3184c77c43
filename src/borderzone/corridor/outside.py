"""Ground inside a corridor that belongs to neither country: third countries and the sea."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from borderzone.border import Country
from borderzone.corridor.polygons import areas_km2
from borderzone.crs import check_has_crs
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from shapely.geometry.base import BaseGeometry

__all__ = ["THIRD_COUNTRY", "UNKNOWN", "WATER", "ground_of", "outside_ground", "outside_shares"]

# Less than this is left of two lines that are meant to be one.
LEAST_KM2 = 0.01
THIRD_COUNTRY, WATER, UNKNOWN = "third country", "sea", "unknown"


def outside_ground(
    outline: BaseGeometry, pair: Collection[str], countries: gpd.GeoDataFrame | None = None
) -> gpd.GeoDataFrame:
    """Cut out of a corridor what is neither country's ground."""
    west, south, east, north = outline.bounds
    ground = _by_code(Country.land_around((west, south, east, north)))
    ground |= {} if countries is None else _by_code(countries)
    inside = {code: shapely.intersection(shape, outline) for code, shape in ground.items()}
    home = shapely.union_all([inside[code] for code in pair if code in inside])
    rest = shapely.difference(outline, home)
    if not set(pair) <= set(ground):
        # Of a country whose ground nothing shows, any of the rest may be a part.
        return _table({(UNKNOWN, ""): rest})
    third = {code: shape for code, shape in inside.items() if code not in pair}
    found = {(THIRD_COUNTRY, code): shapely.difference(third[code], home) for code in sorted(third)}
    found[WATER, ""] = shapely.difference(rest, shapely.union_all(list(third.values())))
    return _table(found)


def outside_shares(strips: Sequence[BaseGeometry], outside: gpd.GeoDataFrame) -> pd.DataFrame:
    """Measure how much of each strip is neither country's ground."""
    total = np.array([_plane_area(strip) for strip in strips])
    shares = {}
    for name, kind in (("third_country_share", THIRD_COUNTRY), ("sea_share", WATER)):
        ground = shapely.union_all(outside.geometry[outside["kind"] == kind].to_numpy())
        parts = [_plane_area(shapely.intersection(ground, strip)) for strip in strips]
        shares[name] = np.array(parts) / total
    table = pd.DataFrame(shares, index=pd.RangeIndex(len(strips), name="segment")).clip(0.0, 1.0)
    if UNKNOWN in set(outside["kind"]):
        table[:] = np.nan
    return table


def ground_of(
    sides: Mapping[str, BaseGeometry],
    named: Collection[str],
    countries: gpd.GeoDataFrame | None = None,
) -> BaseGeometry:
    """
    Cut the ground of some countries out of a corridor.

    A side that is called by a country is that country's ground, exact to the line, but for what
    the map of countries gives to a third one. On a side that is called otherwise the map of
    countries alone says whose ground it is.
    """
    outline = shapely.union_all(list(sides.values()))
    west, south, east, north = outline.bounds
    ground = _by_code(Country.land_around((west, south, east, north)))
    ground |= {} if countries is None else _by_code(countries)
    home = shapely.union_all([ground[code] for code in sides if code in ground])
    theirs = shapely.union_all([shape for code, shape in ground.items() if code in named])
    others = [s for code, s in ground.items() if code not in named and code not in sides]
    foreign = shapely.union_all(others) if set(sides) <= set(ground) else shapely.Point()
    found = []
    for name, strip in sides.items():
        if name in named:
            found.append(strip.difference(shapely.difference(foreign, home)))
        else:
            third = shapely.difference(theirs, home) if Country.of(name).is_known else theirs
            found.append(shapely.intersection(strip, third))
    return _areas_only(shapely.union_all(found))


def _by_code(countries: gpd.GeoDataFrame) -> dict[str, BaseGeometry]:
    column = next((name for name in ("iso3", "code") if name in countries.columns), None)
    if column is None:
        msg = (
            "countries needs a column 'iso3' or 'code' with the code of each country, "
            f"it has {', '.join(map(str, countries.columns))}"
        )
        raise InvalidParameterError(msg)
    check_has_crs(countries, "countries")
    codes = [Country.of(name).code for name in countries[column]]
    shapes = countries.geometry.to_crs(4326).groupby(np.array(codes, dtype=object))
    return {str(code): shapely.union_all(group.to_numpy()) for code, group in shapes}


def _table(found: dict[tuple[str, str], BaseGeometry]) -> gpd.GeoDataFrame:
    # Where polygons only touch, lines and points remain of a difference.
    shapes = [_areas_only(shape) for shape in found.values()]
    table = gpd.GeoDataFrame(
        {
            "kind": [kind for kind, _ in found],
            "code": [code for _, code in found],
            "name": [Country.of(code).name for _, code in found],
            "area_km2": areas_km2(shapes),
        },
        geometry=shapes,
        crs=4326,
    )
    return table[table["area_km2"] >= LEAST_KM2].reset_index(drop=True)


def _areas_only(shape: BaseGeometry) -> BaseGeometry:
    return shapely.union_all([part for part in shapely.get_parts(shape) if part.area > 0])


def _plane_area(polygon: BaseGeometry) -> float:
    """Area under a cylindrical equal-area projection, in square radii; for shares only."""
    moved = shapely.transform(
        polygon, lambda xy: np.column_stack([np.radians(xy[:, 0]), np.sin(np.radians(xy[:, 1]))])
    )
    return float(moved.area)
