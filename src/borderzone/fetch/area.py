"""A piece of ground as users give it, as one shape, and the margin around it that data is cut to."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
import pyproj
import shapely
from shapely import affinity
from shapely.geometry.base import BaseGeometry

from borderzone._guards import check_non_negative
from borderzone._guards.escapes import file_word
from borderzone.crs import in_degrees
from borderzone.errors import InvalidGeometryError, InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from borderzone._typing import BoolArray, FloatArray

    class Outlined(Protocol):
        """A corridor, or whatever else has an outline."""

        @property
        def outline(self) -> gpd.GeoSeries:
            """Ground of it."""

    # A corridor, a shape, a table, or west, south, east and north in degrees.
    Where: TypeAlias = Outlined | BaseGeometry | gpd.GeoSeries | gpd.GeoDataFrame | Sequence[float]

__all__ = ["Area", "checked_margin_km", "place_word", "shape_of"]

_MAX_MARGIN_KM = 1000.0
_STEP_DEG = 0.1
_STEP_KM = 10.0
_LARGEST_KM = 2500.0
_EARTH_KM = 6371.0


def shape_of(where: Where) -> BaseGeometry:
    """Give a corridor, shape, table, or west, south, east and north as one valid shape in degrees."""
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


def _shape(where: Any) -> BaseGeometry:
    if isinstance(where, BaseGeometry):
        return where
    if hasattr(where, "to_crs") and hasattr(where, "crs"):
        ground: BaseGeometry = in_degrees(where, "where").geometry.union_all()
        return ground
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


def checked_margin_km(margin_km: float) -> float:
    """Refuse a margin that is negative or beyond all corridors."""
    margin = check_non_negative(margin_km, "margin_km", "km")
    if margin > _MAX_MARGIN_KM:
        msg = f"margin_km must be at most {_MAX_MARGIN_KM:g}, got {margin_km!r}"
        raise InvalidParameterError(msg)
    return margin


class Area:
    """
    A piece of ground and a margin around it.

    The margin is drawn in an azimuthal equidistant projection about the middle of the ground. It
    stretches lengths across the radius by c / sin c (c: angle from the middle), so the margin is
    widened by the largest stretch: nothing within the margin is lost, and at 2500 km from the middle
    2.6 % too much is kept.
    """

    def __init__(self, where: Where, margin_km: float) -> None:
        self.margin_km = checked_margin_km(margin_km)
        self.shape = shape_of(where)
        shapely.prepare(self.shape)
        self._wide: BaseGeometry | None = None
        self._plane: Any = None
        if self.margin_km > 0:
            self._widen()

    def _widen(self) -> None:
        west, south, east, north = self.shape.bounds
        middle = {"lon_0": (west + east) / 2, "lat_0": (south + north) / 2}
        plane = pyproj.Transformer.from_crs(
            4326,
            pyproj.CRS.from_dict({"proj": "aeqd", "datum": "WGS84", "units": "m", **middle}),
            always_xy=True,
        )
        fine = shapely.segmentize(self.shape, _STEP_DEG)

        def onto_plane(lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.column_stack(plane.transform(lonlat[:, 0], lonlat[:, 1])) / 1000

        flat = shapely.transform(fine, onto_plane)
        corners = shapely.get_coordinates(flat)
        reach_km = float(np.hypot(corners[:, 0], corners[:, 1]).max()) + self.margin_km
        if not reach_km <= _LARGEST_KM + self.margin_km:
            msg = (
                f"where reaches {reach_km - self.margin_km:.0f} km from its middle, too far for an "
                f"even margin (at most {_LARGEST_KM:g} km); take margin_km=0 and a larger box"
            )
            raise InvalidParameterError(msg)
        angle = reach_km / _EARTH_KM
        self._wide = shapely.make_valid(flat).buffer(self.margin_km * angle / math.sin(angle))
        self._plane = plane
        shapely.prepare(self._wide)

    @property
    def whole(self) -> BaseGeometry:
        """Ground and margin as one shape in degrees; what lies beyond 180 comes in from the other side."""
        shape = self.shape
        if self._wide is not None:
            fine = shapely.segmentize(self._wide, _STEP_KM)
            middle = (shape.bounds[0] + shape.bounds[2]) / 2

            def back(xy: NDArray[np.float64]) -> NDArray[np.float64]:
                lon, lat = self._plane.transform(
                    xy[:, 0] * 1000, xy[:, 1] * 1000, direction="INVERSE"
                )
                turned = (np.asarray(lon) - middle + 180.0) % 360.0 - 180.0 + middle
                return np.column_stack([turned, lat])

            shape = shapely.union(shape, shapely.make_valid(shapely.transform(fine, back)))
        turns = [affinity.translate(shape, xoff=turn) for turn in (-360.0, 0.0, 360.0)]
        return shapely.union_all(turns).intersection(shapely.box(-180, -90, 180, 90))

    def holds(self, lon: FloatArray, lat: FloatArray) -> BoolArray:
        """Tell which points, in degrees, lie on the ground or within the margin; NaN lies nowhere."""
        held = np.zeros(lon.shape, dtype=bool)
        known = np.isfinite(lon) & np.isfinite(lat)
        # Ground may reach beyond 180 degrees, where the count of the points starts again.
        for turn in (-360.0, 0.0, 360.0):
            held[known] |= shapely.intersects_xy(self.shape, lon[known] + turn, lat[known])
        if self._wide is not None:
            east_m, north_m = self._plane.transform(lon[known], lat[known])
            held[known] |= shapely.intersects_xy(self._wide, east_m / 1000, north_m / 1000)
        return held

    @property
    def words(self) -> dict[str, Any]:
        """What the record beside a cut says of it."""
        bounds = [round(edge, 6) for edge in self.shape.bounds]
        return {"bounds": bounds, "margin_km": self.margin_km}


def place_word(where: Where) -> str:
    """Name ground in the name of a file: its border, or that it is a cut."""
    border = getattr(where, "border", None)
    return "cut" if border is None else file_word(f"{border.a}-{border.b}")
