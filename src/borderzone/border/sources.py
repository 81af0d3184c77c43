"""Where the line of a border comes from: the world table, or the user's own line."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
from scipy.spatial import cKDTree

from borderzone import datasets
from borderzone.border.countries import Country
from borderzone.border.parts import Piece, directed_course, edge_km
from borderzone.border.published_lengths import published_km
from borderzone.crs import in_degrees
from borderzone.errors import BorderNotFoundError, InvalidGeometryError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from borderzone._typing import BoolArray, FloatArray

__all__ = [
    "SOURCE",
    "check_degrees",
    "countries_ending_at",
    "degrees_off_borders",
    "list_borders",
    "neighbours",
    "on_land",
    "pieces_between",
    "pieces_of",
]

SOURCE = "Natural Earth 10m land boundary lines, public domain"
USER_CLASS = "user line"
# How far from the end of a border the end of another may lie to make a tripoint: about 100 m.
TRIPOINT_DEG = 1e-3


def pieces_between(a: str, b: str) -> list[Piece]:
    """Give the lines that two countries share."""
    if a == b:
        msg = f"a border needs two countries, got {a} ({Country.of(a).name}) twice"
        raise BorderNotFoundError(msg)
    found = _world().get(_pair(a, b))
    if found is None:
        msg = (
            f"{Country.of(a).name} and {Country.of(b).name} share no land border. "
            f"{_neighbour_text(a)} {_neighbour_text(b)}"
        )
        raise BorderNotFoundError(msg)
    return list(found)


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
    for a, b in sorted(_world()):
        course = directed_course(pieces_between(a, b), a)
        line = shapely.MultiLineString([part.line for part in course])
        lengths = (course[-1].km_end, published_km(a, b))
        rows.append((a, b, Country.of(a).name, Country.of(b).name, *lengths, len(course), line))
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


def neighbours(code: str) -> list[str]:
    """Give the countries with which a country shares a land border."""
    return sorted({other for pair in _world() if code in pair for other in pair if other != code})


def countries_ending_at(lon: float, lat: float) -> set[str]:
    """Give the countries whose borders end at a point."""
    tree, owners = _ends()
    found: set[str] = set()
    for index in tree.query_ball_point([lon, lat], TRIPOINT_DEG):
        found.update(owners[index])
    return found


def degrees_off_borders(places: FloatArray) -> FloatArray:
    """Tell roughly how far places lie from the nearest land border of the world."""
    tree = _lines_of_the_world()
    points = shapely.points(places)
    distances: FloatArray = tree.query_nearest(points, return_distance=True, all_matches=False)[1]
    return distances


def on_land(places: FloatArray) -> BoolArray:
    """Tell which places lie on land, lakes included."""
    found = np.zeros(len(places), dtype=bool)
    found[datasets.world().sindex.query(shapely.points(places), predicate="intersects")[0]] = True
    return found


def pieces_of(line: Any, names: tuple[str, str]) -> list[Piece]:
    """Take a user's line apart into pieces in longitude and latitude."""
    geometries = _geographic(line)
    pieces = []
    for geometry in shapely.get_parts(shapely.force_2d(geometries)):
        if geometry.geom_type not in {"LineString", "LinearRing"}:
            msg = f"a border is a line, got a {geometry.geom_type}"
            raise InvalidGeometryError(msg)
        coords = _without_repeats(shapely.get_coordinates(geometry))
        if len(coords) < 2:
            continue
        pieces.append(Piece(coords=coords, left=names[0], right=names[1], featurecla=USER_CLASS))
    if not pieces:
        msg = "the line is empty: a border needs at least two different points"
        raise InvalidGeometryError(msg)
    return pieces


def _geographic(line: Any) -> Any:
    if isinstance(line, (gpd.GeoSeries, gpd.GeoDataFrame)):
        series = line.geometry
        _check_finite(series.to_numpy(), "the line")
        geometries = in_degrees(series, "the line").dropna().to_numpy()
    elif isinstance(line, shapely.Geometry):
        geometries = np.array([line])
    else:
        msg = (
            "a border comes from a LineString, a MultiLineString or a GeoSeries, "
            f"got {type(line).__name__}"
        )
        raise InvalidGeometryError(msg)
    check_degrees(geometries, "the line")
    return geometries


def check_degrees(geometries: Any, what: str) -> None:
    """Refuse shapes with coordinates that are not finite or not on the globe."""
    _check_finite(geometries, what)
    lon, lat = shapely.get_coordinates(geometries).T
    wrong = (np.abs(lat) > 90) | (np.abs(lon) > 540)
    if wrong.any():
        first = int(wrong.argmax())
        exchanged = (np.abs(lon) <= 90).all() and (np.abs(lat) <= 180).all()
        msg = f"the point {lon[first]:g}, {lat[first]:g} of {what} is not on the globe: " + (
            "longitude and latitude look exchanged. Coordinates are longitude, latitude in degrees: "
            "exchange them with shapely.transform(shape, lambda xy: xy[:, ::-1]), or export them again"
            if exchanged
            else "coordinates are longitude, latitude in degrees; shapes in metres must come as a "
            "GeoSeries with its CRS"
        )
        raise InvalidGeometryError(msg)


def _check_finite(geometries: Any, what: str) -> None:
    coords = shapely.get_coordinates(geometries)
    if not np.isfinite(coords).all():
        row = coords[~np.isfinite(coords).all(axis=1)][0]
        msg = f"{what} has a coordinate that is not finite: {row[0]}, {row[1]}; remove the point"
        raise InvalidGeometryError(msg)


def _without_repeats(coords: FloatArray) -> FloatArray:
    """Leave out vertices at no measurable distance from the one before: no way leads there."""
    kept: FloatArray = np.delete(coords, np.flatnonzero(edge_km(coords) == 0) + 1, axis=0)
    return kept


@cache
def _world() -> Mapping[tuple[str, str], tuple[Piece, ...]]:
    table = datasets.land_borders()
    found: dict[tuple[str, str], list[Piece]] = defaultdict(list)
    columns = (table.adm0_a3_l, table.adm0_a3_r, table.featurecla, table.geometry)
    for left, right, featurecla, geometry in zip(*columns, strict=True):
        for line in shapely.get_parts(geometry):
            coords = _without_repeats(shapely.get_coordinates(line))
            if len(coords) > 1:
                piece = Piece(coords=coords, left=left, right=right, featurecla=featurecla)
                found[_pair(left, right)].append(piece)
    return MappingProxyType({pair: tuple(pieces) for pair, pieces in found.items()})


@cache
def _lines_of_the_world() -> shapely.STRtree:
    pieces = [piece for pieces in _world().values() for piece in pieces]
    return shapely.STRtree([shapely.LineString(piece.coords) for piece in pieces])


@cache
def _ends() -> tuple[cKDTree, tuple[tuple[str, str], ...]]:
    ends: list[FloatArray] = []
    owners: list[tuple[str, str]] = []
    for pair, pieces in _world().items():
        for piece in pieces:
            ends.extend(piece.coords[[0, -1]])
            owners.extend([pair, pair])
    return cKDTree(np.array(ends)), tuple(owners)


def _pair(a: str, b: str) -> tuple[str, str]:
    return (a, b) if a < b else (b, a)


def _neighbour_text(code: str) -> str:
    around = [f"{Country.of(other).name} ({other})" for other in neighbours(code)]
    if not around:
        return f"{Country.of(code).name} has no land border."
    return f"{Country.of(code).name} borders on {', '.join(around)}."
