"""Which tiles a piece of ground needs; all of it without the network."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from borderzone._guards import check_choice, check_non_negative
from borderzone.crs import in_degrees
from borderzone.errors import InvalidGeometryError, InvalidParameterError
from borderzone.fetch.tile_stores import SOURCES

if TYPE_CHECKING:
    from borderzone.fetch.tile_stores import Source, Tile

__all__ = ["checked_margin_km", "ground_of", "tiles", "tiles_needed"]

MAX_MARGIN_KM = 1000.0

# Cells around the ground that cubic convolution reaches for; they also make up for tiles whose
# cells are centred on the degree lines, so that their edges lie half a cell off them.
_RIM_CELLS = 4

# Shortest degree of latitude on WGS84, and a degree of longitude at the equator: reaches in
# degrees come out too large rather than too small. Units: km.
_LATITUDE_KM, _LONGITUDE_KM = 110.57, 111.32


def tiles(where: Any, *, source: str = "glo30", margin_km: float = 0.0) -> list[str]:
    """
    Name the tiles that a piece of ground needs, without the network.

    A tile is needed when its square, widened on all sides by the margin and
    by four of its cells, touches the ground.

    Parameters
    ----------
    where
        A corridor; a shape, GeoSeries or GeoDataFrame; or west, south, east
        and north in degrees.
    source
        ``"glo30"``, ``"glo90"`` or ``"worldcover"``.
    margin_km
        How far around the ground. Units: km.

    Returns
    -------
    list of str
        Names, from south to north and west to east.

    Raises
    ------
    InvalidParameterError
        If the source is unknown, the margin negative or above 1000 km, or
        `where` is none of these.
    InvalidGeometryError
        If the ground is empty, or not in longitude and latitude.
    CRSMismatchError
        If a table has no CRS.

    Examples
    --------
    >>> tiles((40.2, 33.1, 41.1, 33.9), source="glo90")
    ['Copernicus_DSM_COG_30_N33_00_E040_00_DEM', 'Copernicus_DSM_COG_30_N33_00_E041_00_DEM']
    """
    chosen = SOURCES[check_choice(source, "source", SOURCES)]
    return [tile.name for tile in tiles_needed(where, chosen, margin_km)]


def tiles_needed(where: Any, source: Source, margin_km: float) -> list[Tile]:
    """Find the tiles that a piece of ground needs."""
    margin = checked_margin_km(margin_km)
    ground = ground_of(where)
    shapely.prepare(ground)
    side = source.tile_deg
    reach_km = margin + _RIM_CELLS * source.cell_m / 1000
    _, south, _, north = ground.bounds
    reach = reach_km / _LATITUDE_KM
    first = max(math.floor((south - reach) / side) * side, -90)
    corners: set[tuple[int, int]] = set()
    for row in range(first, min(math.floor(north + reach), 89) + 1, side):
        corners |= {(row, column) for column in _columns(ground, row, side, reach_km)}
    return [source.tile(column, row) for row, column in sorted(corners)]


def _columns(ground: Any, row: int, side: int, reach_km: float) -> set[int]:
    """Western edges of the tiles of one row whose widened squares touch the ground."""
    reach_lat = reach_km / _LATITUDE_KM
    low, high = row - reach_lat, row + side + reach_lat
    west, south, east, north = ground.bounds
    # Degrees of longitude are shortest where the row, or the ground, is nearest to a pole.
    highest = min(max(abs(low), abs(high)), max(abs(south), abs(north)) + reach_lat, 90.0)
    degree_km = _LONGITUDE_KM * max(math.cos(math.radians(highest)), 1e-9)
    reach = min(reach_km / degree_km, 180.0)
    edges = np.arange(
        math.floor((west - reach) / side) * side, math.floor(east + reach) + 1, side, dtype=float
    )
    squares = shapely.box(edges - reach, low, edges + side + reach, high)
    touched = edges[shapely.intersects(ground, squares)]
    # Beyond 180 degrees the count of the tiles starts again.
    return {int((edge + 180) % 360 - 180) for edge in touched}


def checked_margin_km(margin_km: float) -> float:
    """Refuse a margin that is negative or beyond all corridors."""
    margin = check_non_negative(margin_km, "margin_km", "km")
    if margin > MAX_MARGIN_KM:
        msg = f"margin_km must be at most {MAX_MARGIN_KM:g}, got {margin_km!r}"
        raise InvalidParameterError(msg)
    return margin


def ground_of(where: Any) -> Any:
    """Give the ground as one valid shape in longitude and latitude."""
    shape = _shape(getattr(where, "outline", where))
    if shape.is_empty:
        msg = "where is empty; hand over a corridor or an outline with some ground in it"
        raise InvalidGeometryError(msg)
    west, south, east, north = shape.bounds
    if not (-360 <= west <= east <= 360 and -90 <= south <= north <= 90):
        msg = (
            f"where reaches from {west:g} to {east:g} and {south:g} to {north:g}, which is not "
            "longitude and latitude; bring it there with to_crs('EPSG:4326')"
        )
        raise InvalidGeometryError(msg)
    return shape if shape.is_valid else shapely.make_valid(shape)


def _shape(where: Any) -> Any:
    if isinstance(where, shapely.Geometry):
        return where
    if hasattr(where, "to_crs") and hasattr(where, "crs"):
        return in_degrees(where, "where").geometry.union_all()
    try:
        west, south, east, north = (float(edge) for edge in where)
    except (TypeError, ValueError) as error:
        msg = (
            "where must be a corridor, a shape, a GeoSeries, or west, south, east and north in "
            f"degrees, got {where!r}"
        )
        raise InvalidParameterError(msg) from error
    if not all(map(math.isfinite, (west, south, east, north))):
        msg = f"where must be four finite numbers in longitude and latitude, got {where!r}"
        raise InvalidGeometryError(msg)
    # A box from 179 to -179 degrees crosses 180.
    return shapely.box(west, south, east + 360 if east < west else east, north)
