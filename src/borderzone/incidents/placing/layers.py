"""Layers in which events are looked for: provinces, districts, countries, towns, features."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import shapely
from pyproj import Geod

from borderzone import crs
from borderzone.errors import DataError
from borderzone.incidents.hints import polygons_hint
from borderzone.incidents.placing.sizes import area_km2, length_km, position_error_km

if TYPE_CHECKING:
    from borderzone.incidents.placing.codebooks import Kernel

__all__ = ["Event", "Ground", "Region", "in_degrees"]

_GEOD = Geod(ellps="WGS84")
_PEOPLE_PER_KM2 = 5000.0  # of a built-up area [A]
_SMALLEST_TOWN_KM = 2.0  # [A]: coded centres are not more exact than this

Region = tuple[str, float, float, str, str, shapely.Geometry]


class Event(NamedTuple):
    """What the choice of a region needs to know of an event."""

    id: str
    where_prec: int | None
    scheme: str
    radius_km: float
    status: str
    reason: str
    geometry: shapely.Point


def in_degrees(layer: Any, name: str) -> Any:
    """Bring a layer to longitude and latitude."""
    if not isinstance(layer, (gpd.GeoDataFrame, gpd.GeoSeries)):
        msg = f"{name} must be a GeoDataFrame or GeoSeries, got a {type(layer).__name__}"
        raise DataError(msg)
    return crs.in_degrees(layer, name)


@dataclass(frozen=True, kw_only=True)
class Ground:
    """
    All layers in which events are looked for.

    Attributes
    ----------
    polygons
        Polygons by level: "admin0", "admin1", "admin2".
    features
        Lines or polygons by event id, or None.
    places
        Towns with their population, or None.
    """

    polygons: dict[str, _Polygons]
    features: gpd.GeoSeries | None
    places: gpd.GeoDataFrame | None

    @classmethod
    def of(
        cls,
        *,
        admin0: gpd.GeoDataFrame | None,
        admin1: gpd.GeoDataFrame | None,
        admin2: gpd.GeoDataFrame | None,
        features: gpd.GeoSeries | None,
        places: gpd.GeoDataFrame | None,
    ) -> Ground:
        """Check the layers and make them ready."""
        given = {"admin0": admin0, "admin1": admin1, "admin2": admin2}
        if places is not None:
            places = in_degrees(places, "places")
            if "population" not in places.columns:
                msg = "places has no column population, which the size of a town is taken from"
                raise DataError(msg)
        return cls(
            polygons={name: _Polygons(layer, name) for name, layer in given.items()},
            features=None if features is None else in_degrees(features, "features"),
            places=places,
        )

    def region(self, event: Event, kernel: Kernel) -> Region:
        """Give the region of one event."""
        if event.status == "quarantined":
            return _excluded(f"quarantined: {event.reason}")
        if event.radius_km > 0 and kernel.shape not in ("none", "country"):
            return _about("disc", event.radius_km, event.geometry, "radius stated for the event")
        if kernel.shape in ("gaussian", "disc"):
            return _about(kernel.shape, kernel.scale_km, event.geometry, kernel.source)
        ways = {"town": self._in_town, "polygon": self._in_polygon, "feature": self._along_feature}
        return ways.get(kernel.shape, self._in_country)(event, kernel)

    def _in_country(self, event: Event, kernel: Kernel) -> Region:
        if kernel.shape == "country" and self.polygons["admin0"].given:
            region = self.polygons["admin0"].holding(event.geometry)
            if region is not None:
                return region
        code = "" if event.where_prec is None else f" ({_code(event)})"
        return _excluded(f"{kernel.meaning}{code}")

    def _in_town(self, event: Event, kernel: Kernel) -> Region:
        people = self._population(event.geometry, kernel.scale_km)
        if people is None:
            return _about("disc", kernel.scale_km, event.geometry, f"{kernel.source}; size unknown")
        radius = max(_SMALLEST_TOWN_KM, math.sqrt(people / _PEOPLE_PER_KM2 / math.pi))
        basis = f"{kernel.source}; town of {people:,.0f} people"
        return _about("disc", radius, event.geometry, basis)

    def _population(self, point: shapely.Point, within_km: float) -> float | None:
        """People of the nearest town within reach, None where there is none or it is unknown."""
        if self.places is None or self.places.empty:
            return None
        lon, lat = self.places.geometry.x.to_numpy(), self.places.geometry.y.to_numpy()
        here = np.full(len(lon), point.x), np.full(len(lat), point.y)
        apart_m = np.asarray(_GEOD.inv(*here, lon, lat)[2])
        near = int(apart_m.argmin())
        people = float(self.places["population"].iloc[near])
        return people if apart_m[near] <= 1e3 * within_km and people > 0 else None

    def _in_polygon(self, event: Event, kernel: Kernel) -> Region:
        names = ("admin2", "admin1") if kernel.level == "admin2" else ("admin1",)
        layers = [self.polygons[name] for name in names]
        for layer in layers:
            region = layer.holding(event.geometry)
            if region is not None:
                return region
        given = [layer.name for layer in layers if layer.given]
        if given:
            return _excluded(f"no {' or '.join(given)} polygon holds its point")
        one = "district" if kernel.level == "admin2" else "province"
        return _excluded(
            f"known only to its {one} ({_code(event)}), and no polygons were given: {polygons_hint(one)}"
        )

    def _along_feature(self, event: Event, kernel: Kernel) -> Region:
        if self.features is None or event.id not in self.features.index:
            return _excluded(f"{kernel.meaning}, which was not given ({_code(event)})")
        shape = self.features.loc[event.id]
        if not isinstance(shape, shapely.Geometry):
            msg = f"features holds event {event.id} more than once; join its shapes into one"
            raise DataError(msg)
        return _spread(shape, "feature given for the event")


class _Polygons:
    """The polygons of one administrative level, searched by point."""

    def __init__(self, layer: gpd.GeoDataFrame | None, name: str) -> None:
        self.name = name
        self.given = layer is not None
        if layer is None:
            return
        self._shapes = in_degrees(layer, name).geometry.to_numpy()
        self._tree = shapely.STRtree(self._shapes)
        self._regions: dict[int, Region] = {}

    def holding(self, point: shapely.Point) -> Region | None:
        if not self.given:
            return None
        found = self._tree.query(point, predicate="intersects")
        if not found.size:
            return None
        # Thousands of events share a province, and its area on the ellipsoid takes a while.
        first = int(found.min())
        if first not in self._regions:
            basis = f"{self.name} polygon that holds the point"
            self._regions[first] = _spread(self._shapes[first], basis)
        return self._regions[first]


def _code(event: Event) -> str:
    name = {"acled": "geo_precision", "gtd": "specificity"}.get(event.scheme, "where_prec")
    return f"{name} {event.where_prec}"


def _about(kind: str, scale_km: float, point: shapely.Point, basis: str) -> Region:
    return kind, scale_km, position_error_km(kind, scale_km), basis, "", point


def _excluded(reason: str) -> Region:
    return "excluded", np.nan, np.nan, "", reason, shapely.Point()


def _spread(shape: shapely.Geometry, basis: str) -> Region:
    """Take a line or polygon; its median error is that of a line or disc of its size."""
    if shape.geom_type in ("Polygon", "MultiPolygon"):
        return "polygon", np.nan, math.sqrt(area_km2(shape) / math.pi / 2), basis, "", shape
    if shape.geom_type in ("LineString", "MultiLineString"):
        return "line", np.nan, length_km(shape) / 4, basis, "", shape
    msg = f"features must be lines or polygons, got a {shape.geom_type}; use radius_km for a point"
    raise DataError(msg)
