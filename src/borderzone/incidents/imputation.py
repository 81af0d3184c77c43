"""Possible positions of every event, drawn from its region of possible positions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from pyproj import Geod, Transformer

from borderzone.errors import InvalidGeometryError, InvalidParameterError
from borderzone.incidents import precision

if TYPE_CHECKING:
    import geopandas as gpd

    from borderzone._typing import FloatArray, Seed

__all__ = ["check_draws", "draw_positions", "event_seeds", "impute", "in_polygon"]

_GEOD = Geod(ellps="WGS84")
# Equal-area on the ellipsoid: what is uniform on it is uniform on the ground.
_EQUAL_AREA = Transformer.from_crs("EPSG:4326", "ESRI:54034", always_xy=True)
_MAX_ROUNDS = 10_000


def impute(
    events: gpd.GeoDataFrame,
    *,
    draws: int = 500,
    seed: Seed = 1,
    regions: gpd.GeoDataFrame | None = None,
) -> FloatArray:
    """
    Draw possible positions of every event, the same ones whatever the batch.

    Each event has a random stream of its own, fixed by `seed` and its place
    in the table, so that working through the table in parts changes nothing.

    Parameters
    ----------
    events
        Table from `read`.
    draws
        Positions to draw for each event.
    seed
        Seed, or a generator from which one is taken.
    regions
        Where each event may have happened, from `regions`; None for the
        default kernels without polygons.

    Returns
    -------
    FloatArray
        Longitude and latitude, shape ``(n_events, draws, 2)``; NaN for
        events that are excluded. Units: degrees.

    Raises
    ------
    InvalidParameterError
        If `draws` is not a whole number above zero.

    References
    ----------
    .. [1] Croicu, M., Hegre, H. (2018). A fast spatial multiple imputation
       procedure for imprecise armed conflict events.

    Examples
    --------
    >>> import pandas as pd
    >>> from borderzone.incidents import read
    >>> events = read(pd.DataFrame({"lat": [34.4], "lon": [41.1], "where_prec": [2]}))
    >>> impute(events, draws=3, seed=1).shape
    (1, 3, 2)
    """
    count = check_draws(draws)
    table = precision.regions(events) if regions is None else regions
    positions = np.full((len(table), count, 2), np.nan)
    rows = zip(table["kind"], table["scale_km"], table.geometry, strict=True)
    for row, (stream, region) in enumerate(zip(event_seeds(seed, len(table)), rows, strict=True)):
        if region[0] != "excluded":
            positions[row] = draw_positions(*region, count, np.random.default_rng(stream))
    return positions


def check_draws(draws: int) -> int:
    """
    Refuse a number of draws that is not a whole number above zero.

    Parameters
    ----------
    draws
        The number.

    Returns
    -------
    int
        The same number.

    Raises
    ------
    InvalidParameterError
        If it is not.

    Examples
    --------
    >>> check_draws(500)
    500
    """
    if isinstance(draws, bool) or int(draws) != draws or draws < 1:
        msg = f"draws must be a whole number, 1 or more, got {draws!r}"
        raise InvalidParameterError(msg)
    return int(draws)


def event_seeds(seed: Seed, n_events: int) -> list[np.random.SeedSequence]:
    """
    Give every row of a table a random stream of its own.

    Parameters
    ----------
    seed
        Seed, or a generator from which one is taken.
    n_events
        Number of rows.

    Returns
    -------
    list of numpy.random.SeedSequence
        One a row; row i depends on `seed` and i alone.

    Examples
    --------
    >>> long, short = event_seeds(1, 9), event_seeds(1, 2)
    >>> bool((long[1].generate_state(2) == short[1].generate_state(2)).all())
    True
    """
    entropy = int(seed.integers(2**63)) if isinstance(seed, np.random.Generator) else int(seed)
    return np.random.SeedSequence(entropy).spawn(n_events)


def draw_positions(
    kind: str, scale_km: float, shape: shapely.Geometry, draws: int, rng: np.random.Generator
) -> FloatArray:
    """
    Draw positions in one region.

    Parameters
    ----------
    kind
        "gaussian", "disc", "polygon" or "line".
    scale_km
        Standard deviation or radius. Units: km.
    shape
        Point, polygon or line in longitude and latitude.
    draws
        Positions to draw.
    rng
        Source of randomness.

    Returns
    -------
    FloatArray
        Longitude and latitude, shape ``(draws, 2)``. Units: degrees.

    Raises
    ------
    InvalidGeometryError
        If the polygon has no area or the line no length.
    """
    if kind == "polygon":
        return in_polygon(shape, draws, rng)
    if kind == "line":
        return _along_line(shape, draws, rng)
    uniform = rng.random((draws, 2))
    if kind == "disc":
        distance_km = scale_km * np.sqrt(uniform[:, 0])
    else:
        distance_km = scale_km * np.sqrt(-2.0 * np.log1p(-uniform[:, 0]))
    lon, lat, _ = _GEOD.fwd(
        np.full(draws, shape.x), np.full(draws, shape.y), 360.0 * uniform[:, 1], 1e3 * distance_km
    )
    return np.column_stack([lon, lat])


def in_polygon(polygon: shapely.Geometry, draws: int, rng: np.random.Generator) -> FloatArray:
    """
    Draw positions uniform by area in a polygon of longitudes and latitudes.

    Parameters
    ----------
    polygon
        Polygon or multipolygon in longitude and latitude.
    draws
        Positions to draw.
    rng
        Source of randomness.

    Returns
    -------
    FloatArray
        Longitude and latitude, shape ``(draws, 2)``. Units: degrees.

    Raises
    ------
    InvalidGeometryError
        If the polygon has no area.

    Examples
    --------
    >>> lonlat = in_polygon(shapely.box(41, 33, 42, 34), 1000, np.random.default_rng(1))
    >>> bool(shapely.contains_xy(shapely.box(41, 33, 42, 34), lonlat).all())
    True
    """
    if polygon.is_empty or not polygon.area > 0:
        msg = f"positions cannot be drawn in a polygon without area ({polygon.geom_type})"
        raise InvalidGeometryError(msg)
    shapely.prepare(polygon)
    west, south, east, north = polygon.bounds
    (x0, x1), (y0, y1) = _EQUAL_AREA.transform([west, east], [south, north])
    found: list[FloatArray] = []
    missing = draws
    for _ in range(_MAX_ROUNDS):
        corner = rng.random((max(2 * missing, 64), 2))
        lon, lat = _EQUAL_AREA.transform(
            x0 + (x1 - x0) * corner[:, 0], y0 + (y1 - y0) * corner[:, 1], direction="INVERSE"
        )
        inside = shapely.contains_xy(polygon, lon, lat)
        found.append(np.column_stack([lon, lat])[inside][:missing])
        missing -= len(found[-1])
        if missing == 0:
            return np.concatenate(found)
    msg = "positions cannot be drawn in a polygon this thin for its extent; split it"
    raise InvalidGeometryError(msg)


def _along_line(line: shapely.Geometry, draws: int, rng: np.random.Generator) -> FloatArray:
    starts, ends = [], []
    for part in shapely.get_parts(line):
        vertices = shapely.get_coordinates(part)
        starts.append(vertices[:-1])
        ends.append(vertices[1:])
    a, b = np.concatenate(starts), np.concatenate(ends)
    azimuth, _, length_m = _GEOD.inv(a[:, 0], a[:, 1], b[:, 0], b[:, 1])
    reached = np.cumsum(length_m)
    if not reached[-1] > 0:
        msg = "positions cannot be drawn along a line without length"
        raise InvalidGeometryError(msg)
    along = reached[-1] * rng.random(draws)
    piece = np.searchsorted(reached, along, side="right")
    rest = along - (reached - length_m)[piece]
    lon, lat, _ = _GEOD.fwd(a[piece, 0], a[piece, 1], azimuth[piece], rest)
    return np.column_stack([lon, lat])
