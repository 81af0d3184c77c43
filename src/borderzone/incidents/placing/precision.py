"""How precisely a position was reported: where an event may really have happened."""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from borderzone import crs
from borderzone._guards import as_numbers, check_choice, check_positive, check_probability, guarded
from borderzone.crs import GEOD
from borderzone.errors import DataError, InvalidParameterError
from borderzone.incidents.option_list import polygons_hint
from borderzone.incidents.table_schema import check_events

if TYPE_CHECKING:
    from collections.abc import Mapping

    from borderzone._typing import BoolArray, FloatArray

__all__ = [
    "CODEBOOKS",
    "LEVELS",
    "NEEDED",
    "UCDP_CLASSES",
    "UNSTATED",
    "Event",
    "EventLayers",
    "PrecisionClass",
    "Region",
    "area_km2",
    "check_class",
    "code_books",
    "disc_share_beyond_edge",
    "in_degrees",
    "length_km",
    "position_error_km",
    "precision_table",
    "regions",
    "typical_error_km",
    "without",
]


SHAPES = ("gaussian", "disc", "town", "polygon", "feature", "country", "none")
LEVELS = ("admin1", "admin2")
NEEDED = ("id", "place", "where_prec", "radius_km", "status", "reason", "geometry")
"""Columns of a table that can be placed."""
_KEYS = "keys of classes are where_prec of UCDP, such as 2, or pairs such as ('acled', 1)"


@guarded
@dataclass(frozen=True, kw_only=True, slots=True)
class PrecisionClass:
    """
    Where an event of one precision class may really have happened.

    Attributes
    ----------
    shape
        "gaussian" about the point; uniform "disc" about it; "town", a disc of
        the size of the town at the point where its population is given; uniform
        in the administrative "polygon" that holds it; along a "feature" given with
        the event; uniform in the "country" that holds it, if countries are
        given; or "none": too vague to be placed.
    scale_km
        Standard deviation of a gaussian, radius of a disc, radius of a town
        of unknown size; 0 otherwise.
    level
        Which polygons to look in first, "admin1" or "admin2"; the province
        stands in where there is no district.
    meaning
        What the class says, in words.
    source
        Where code and spread are from.

    Examples
    --------
    >>> PrecisionClass(shape="disc", scale_km=5.0, meaning="near a town", source="code book").scale_km
    5.0
    """

    shape: str
    scale_km: float = 0.0
    level: str = "admin1"
    meaning: str
    source: str

    def __post_init__(self) -> None:
        """Refuse impossible classes at birth."""
        check_choice(self.shape, "shape", SHAPES)
        check_choice(self.level, "level", LEVELS)
        if self.shape in ("gaussian", "disc", "town"):
            check_positive(self.scale_km, "scale_km", "km")


def _ucdp(
    code: int, shape: str, meaning: str, *, km: float = 0.0, level: str = "admin1"
) -> PrecisionClass:
    source = (
        f"UCDP GED codebook, where_prec {code}; kernel chosen for this library [A], after Croicu & "
        "Hegre (2018)"
    )
    return PrecisionClass(shape=shape, scale_km=km, level=level, meaning=meaning, source=source)


def _acled(code: int, shape: str, meaning: str, *, km: float = 0.0) -> PrecisionClass:
    source = f"ACLED codebook, geo_precision {code}; kernel chosen for this library [A]"
    return PrecisionClass(shape=shape, scale_km=km, meaning=meaning, source=source)


def _gtd(
    code: int, shape: str, meaning: str, *, km: float = 0.0, level: str = "admin1"
) -> PrecisionClass:
    source = f"GTD codebook, specificity {code}; kernel chosen for this library [A]"
    return PrecisionClass(shape=shape, scale_km=km, level=level, meaning=meaning, source=source)


_UCDP = {
    1: _ucdp(1, "gaussian", "exact location", km=1.0),
    2: _ucdp(2, "disc", "within about 25 km of a known point", km=25.0),
    3: _ucdp(3, "polygon", "in a district (ADM2)", level="admin2"),
    4: _ucdp(4, "polygon", "in a province (ADM1)"),
    5: _ucdp(5, "feature", "along a linear feature or in a fuzzy area"),
    6: _ucdp(6, "country", "only the country is known"),
    7: _ucdp(7, "none", "international waters or airspace"),
}
_ACLED = {
    1: _acled(1, "town", "in a named town, coded to its centre", km=5.0),
    2: _acled(2, "disc", "near a town or in part of a region", km=25.0),
    3: _acled(3, "polygon", "in a larger region, coded to its capital or a natural feature"),
}
_GTD = {
    1: _gtd(1, "town", "in a town whose coordinates are known", km=5.0),
    2: _gtd(
        2,
        "polygon",
        "in a town that was not found, coded to the middle of the smallest area",
        level="admin2",
    ),
    3: _gtd(
        3, "polygon", "outside towns, coded to the middle of the smallest area", level="admin2"
    ),
    4: _gtd(4, "polygon", "in a province, coded to its middle"),
    5: _gtd(5, "country", "not even the province is known"),
}

CODEBOOKS: Mapping[str, Mapping[int, PrecisionClass]] = MappingProxyType(
    {
        name: MappingProxyType(book)
        for name, book in (("ucdp", _UCDP), ("acled", _ACLED), ("gtd", _GTD))
    }
)
"""Precision classes by code book (``where_scheme``) and code (``where_prec``)."""

UCDP_CLASSES: Mapping[int, PrecisionClass] = CODEBOOKS["ucdp"]
"""Classes of UCDP by code; pass others to `regions` to change them."""

UNSTATED = PrecisionClass(
    shape="disc",
    scale_km=25.0,
    meaning="precision not stated",
    source="taken like where_prec 2 [A]: a point without stated precision is not exact",
)
"""PrecisionClass of an event whose table states no precision."""


def code_books(
    classes: Mapping[int | tuple[str, int], PrecisionClass] | None = None,
) -> dict[tuple[str, int], PrecisionClass]:
    """Give the class of every code of every code book, with those the user changes."""
    found = {
        (name, code): known_class
        for name, book in CODEBOOKS.items()
        for code, known_class in book.items()
    }
    if classes is not None and not hasattr(classes, "items"):
        msg = f"classes must be a mapping, got a {type(classes).__name__}; {_KEYS}"
        raise InvalidParameterError(msg)
    for key, known_class in (classes or {}).items():
        pair = ("ucdp", key) if isinstance(key, int) else key
        if not (_is_pair(pair) and not isinstance(key, bool)):
            msg = f"{_KEYS}, got {key!r}"
            raise InvalidParameterError(msg)
        found[pair[0].lower(), int(pair[1])] = check_class(known_class, f"classes[{key!r}]")
    return found


def check_class(known_class: object, name: str) -> PrecisionClass:
    """Refuse what is no precision class."""
    if not isinstance(known_class, PrecisionClass):
        msg = f"{name} must be an incidents.PrecisionClass, got {known_class!r}"
        raise InvalidParameterError(msg)
    return known_class


def precision_table(
    classes: Mapping[int | tuple[str, int], PrecisionClass] | None = None,
    *,
    unstated: PrecisionClass = UNSTATED,
) -> pd.DataFrame:
    """
    Show the precision classes that the codes of each source stand for.

    Parameters
    ----------
    classes
        Changes, as `regions` takes them.
    unstated
        Class of events without code and radius.

    Returns
    -------
    pandas.DataFrame
        One row a code: scheme, code (missing for what is not stated), meaning,
        shape, scale_km, level (of polygons) and source.

    Raises
    ------
    InvalidParameterError
        If a key or a value is of the wrong kind.

    Examples
    --------
    >>> precision_table().query("scheme == 'acled'")[["code", "shape", "scale_km"]].values.tolist()
    [[1, 'town', 5.0], [2, 'disc', 25.0], [3, 'polygon', 0.0]]
    """
    listed: list[tuple[str, object, PrecisionClass]] = [
        (name, code, known_class) for (name, code), known_class in code_books(classes).items()
    ]
    listed.append(("", pd.NA, unstated))
    rows = [
        (
            name,
            code,
            k.meaning,
            k.shape,
            k.scale_km,
            k.level if k.shape == "polygon" else "",
            k.source,
        )
        for name, code, k in listed
    ]
    columns = ["scheme", "code", "meaning", "shape", "scale_km", "level", "source"]
    return pd.DataFrame(rows, columns=columns).astype({"code": "Int64"})


def _is_pair(key: object) -> bool:
    return (
        isinstance(key, tuple)
        and len(key) == 2
        and isinstance(key[0], str)
        and isinstance(key[1], int)
    )


def regions(  # noqa: PLR0913 - layers by name
    events: gpd.GeoDataFrame,
    *,
    admin1: gpd.GeoDataFrame | None = None,
    admin2: gpd.GeoDataFrame | None = None,
    admin0: gpd.GeoDataFrame | None = None,
    features: gpd.GeoSeries | None = None,
    places: gpd.GeoDataFrame | None = None,
    classes: Mapping[int | tuple[str, int], PrecisionClass] | None = None,
    unstated: PrecisionClass = UNSTATED,
) -> gpd.GeoDataFrame:
    """
    Give each event the region in which it may really have happened.

    The class is that of the event's code (``where_prec``) in its code book
    (``where_scheme``; UCDP's where none is named). A stated ``radius_km`` replaces
    it by a uniform disc, except where the code says that the event cannot be placed. Every
    event gets a row: one that cannot be placed has kind "excluded", a
    reason and an empty geometry.

    Parameters
    ----------
    events
        Table from `read`.
    admin1
        Provinces, for codes known to a province: the polygon that holds the point.
    admin2
        Districts, for codes known to a district; without them the province stands in.
    admin0
        Countries, for codes known to a country; without them these are excluded.
    features
        Lines or polygons of events along a feature, indexed by event id.
    places
        Towns with a column ``population``, for the size of towns: a disc of
        5,000 people a km2 [A], at least 2 km. Without them, or with none
        near, it is the ``scale_km`` of the class.
    classes
        Precision classes by UCDP code or by pair of code book and code, in place of
        those in `CODEBOOKS`.
    unstated
        Class of events without code and radius.

    Returns
    -------
    GeoDataFrame
        Index of `events`; id, kind ("gaussian", "disc", "polygon", "line",
        "excluded"), scale_km, median_error_km, basis (what the region stands
        on), reason (why excluded), geometry (point, polygon or line).

    Raises
    ------
    CRSMismatchError
        If a layer has no CRS.
    DataError
        If the events were not read with `read`, a code is in no code book, or
        a layer is no table of shapes.
    InvalidParameterError
        If a class is of the wrong kind.

    Examples
    --------
    >>> from borderzone.incidents import read
    >>> table = pd.DataFrame({"lat": [34.4, 33], "lon": [41.1, 44], "where_prec": [2, 6]})
    >>> regions(read(table))[["kind", "scale_km"]]
           kind  scale_km
    0      disc      25.0
    1  excluded       NaN
    """
    check_events(events, *NEEDED)
    books = code_books(classes)
    check_class(unstated, "unstated")
    ground = EventLayers.of(
        admin0=admin0, admin1=admin1, admin2=admin2, features=features, places=places
    )
    rows = [ground.region(event, _class_of(event, books, unstated)) for event in _rows(events)]
    columns = ["kind", "scale_km", "median_error_km", "basis", "reason", "geometry"]
    frame = pd.DataFrame(rows, columns=columns, index=events.index)
    frame.insert(0, "id", events["id"])
    return gpd.GeoDataFrame(frame, geometry="geometry", crs="EPSG:4326")


def without(placed: gpd.GeoDataFrame, out: BoolArray, reason: Any) -> gpd.GeoDataFrame:
    """Exclude some events from a table of regions: no place, no error, and why."""
    blank = np.where(out, np.nan, 1.0)
    shapes, why = placed.geometry.to_numpy().copy(), placed["reason"].to_numpy(object, copy=True)
    shapes[out], why[out] = shapely.Point(), reason
    changed = placed.assign(
        kind=np.where(out, "excluded", placed["kind"].to_numpy(dtype=object)),
        scale_km=placed["scale_km"] * blank,
        median_error_km=placed["median_error_km"] * blank,
        reason=why,
    )
    return changed.set_geometry(gpd.GeoSeries(shapes, index=placed.index, crs=placed.crs))


def disc_share_beyond_edge(distance_km: float | FloatArray, radius_km: float) -> FloatArray:
    """
    Give the share of a uniform disc that lies beyond a straight edge.

    The area of the circular segment over that of the disc: the probability
    that an event coded `distance_km` outside a zone with a straight edge
    happened inside it.

    Parameters
    ----------
    distance_km
        Distance of the centre from the edge, positive outside the zone and
        negative inside. Units: km.
    radius_km
        Radius of the disc. Units: km.

    Returns
    -------
    FloatArray
        Share from 0 to 1.

    Raises
    ------
    InvalidParameterError
        If the radius is not above zero.

    Examples
    --------
    >>> disc_share_beyond_edge(np.array([0, 5, 12.5, 20]), 25).round(6)
    array([0.5     , 0.37353 , 0.195501, 0.052044])
    """
    check_positive(radius_km, "radius_km", "km")
    t = np.clip(as_numbers(distance_km, "distance_km") / radius_km, -1.0, 1.0)
    share: FloatArray = (np.arccos(t) - t * np.sqrt(1.0 - t * t)) / np.pi
    return share


def _class_of(
    event: Event, books: Mapping[tuple[str, int], PrecisionClass], unstated: PrecisionClass
) -> PrecisionClass:
    if event.where_prec is None or event.status == "quarantined":
        return unstated
    known_class = books.get((event.scheme, event.where_prec))
    if known_class is None:
        named = sorted({scheme for scheme, _ in books})
        codes = [str(code) for scheme, code in books if scheme == event.scheme]
        known = (
            f"where_prec {event.where_prec} is no code of {event.scheme!r}, which has {', '.join(codes)}"
            if codes
            else f"where_scheme {event.scheme!r} is no known code book ({', '.join(named)})"
        )
        msg = (
            f"event {event.id}: {known}; give its class with classes={{({event.scheme!r}, "
            f"{event.where_prec}): incidents.PrecisionClass(...)}}"
        )
        raise DataError(msg)
    return known_class


def _rows(events: gpd.GeoDataFrame) -> list[Event]:
    classes = [None if pd.isna(k) else int(k) for k in events["where_prec"]]
    schemes = ["ucdp"] * len(events)
    if "where_scheme" in events.columns:
        given = ["" if pd.isna(name) else str(name) for name in events["where_scheme"]]
        schemes = [name.strip().lower() or "ucdp" for name in given]
    texts = [events[name].tolist() for name in ("radius_km", "status", "reason")]
    # Metres taken for degrees would put every event nowhere, without a word.
    points = in_degrees(events.geometry, "events").to_numpy()
    columns = (events["id"], classes, schemes, *texts, points)
    return [Event(*cells) for cells in zip(*columns, strict=True)]


_PEOPLE_PER_KM2 = 5000.0  # of a built-up area [A]
_SMALLEST_TOWN_KM = 2.0  # [A]: coded centres are not more exact than this

Region = tuple[str, float, float, str, str, BaseGeometry]


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
class EventLayers:
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
    ) -> EventLayers:
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

    def region(self, event: Event, known_class: PrecisionClass) -> Region:
        """Give the region of one event."""
        if event.status == "quarantined":
            return _excluded(f"quarantined: {event.reason}")
        if event.radius_km > 0 and known_class.shape not in ("none", "country"):
            return _about("disc", event.radius_km, event.geometry, "radius stated for the event")
        if known_class.shape in ("gaussian", "disc"):
            return _about(
                known_class.shape, known_class.scale_km, event.geometry, known_class.source
            )
        ways = {"town": self._in_town, "polygon": self._in_polygon, "feature": self._along_feature}
        return ways.get(known_class.shape, self._in_country)(event, known_class)

    def _in_country(self, event: Event, known_class: PrecisionClass) -> Region:
        if known_class.shape == "country" and self.polygons["admin0"].given:
            region = self.polygons["admin0"].holding(event.geometry)
            if region is not None:
                return region
        code = "" if event.where_prec is None else f" ({_code(event)})"
        return _excluded(f"{known_class.meaning}{code}")

    def _in_town(self, event: Event, known_class: PrecisionClass) -> Region:
        people = self._population(event.geometry, known_class.scale_km)
        if people is None:
            return _about(
                "disc", known_class.scale_km, event.geometry, f"{known_class.source}; size unknown"
            )
        radius = max(_SMALLEST_TOWN_KM, math.sqrt(people / _PEOPLE_PER_KM2 / math.pi))
        basis = f"{known_class.source}; town of {people:,.0f} people"
        return _about("disc", radius, event.geometry, basis)

    def _population(self, point: shapely.Point, within_km: float) -> float | None:
        """People of the nearest town within reach, None where there is none or it is unknown."""
        if self.places is None or self.places.empty:
            return None
        lon, lat = self.places.geometry.x.to_numpy(), self.places.geometry.y.to_numpy()
        here = np.full(len(lon), point.x), np.full(len(lat), point.y)
        apart_m = np.asarray(GEOD.inv(*here, lon, lat)[2])
        near = int(apart_m.argmin())
        people = float(self.places["population"].iloc[near])
        return people if apart_m[near] <= 1e3 * within_km and people > 0 else None

    def _in_polygon(self, event: Event, known_class: PrecisionClass) -> Region:
        names = ("admin2", "admin1") if known_class.level == "admin2" else ("admin1",)
        layers = [self.polygons[name] for name in names]
        for layer in layers:
            region = layer.holding(event.geometry)
            if region is not None:
                return region
        given = [layer.name for layer in layers if layer.given]
        if given:
            return _excluded(f"no {' or '.join(given)} polygon holds its point")
        one = "district" if known_class.level == "admin2" else "province"
        return _excluded(
            f"known only to its {one} ({_code(event)}), and no polygons were given: {polygons_hint(one)}"
        )

    def _along_feature(self, event: Event, known_class: PrecisionClass) -> Region:
        if self.features is None or event.id not in self.features.index:
            return _excluded(f"{known_class.meaning}, which was not given ({_code(event)})")
        shape = self.features.loc[event.id]
        if not isinstance(shape, BaseGeometry):
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


def _spread(shape: BaseGeometry, basis: str) -> Region:
    """Take a line or polygon; its median error is that of a line or disc of its size."""
    if shape.geom_type in ("Polygon", "MultiPolygon"):
        return "polygon", np.nan, math.sqrt(area_km2(shape) / math.pi / 2), basis, "", shape
    if shape.geom_type in ("LineString", "MultiLineString"):
        return "line", np.nan, length_km(shape) / 4, basis, "", shape
    msg = f"features must be lines or polygons, got a {shape.geom_type}; use radius_km for a point"
    raise DataError(msg)


def position_error_km(shape: str, scale_km: float, *, share: float = 0.5) -> float:
    """
    Give the distance from the coded point that holds a share of the positions.

    Parameters
    ----------
    shape
        "gaussian" (circular, two dimensions) or "disc" (uniform).
    scale_km
        Standard deviation or radius. Units: km.
    share
        Share of positions within the distance, from 0 to below 1 (gaussian)
        or 1 (disc); 0.5 gives the median error.

    Returns
    -------
    float
        The distance. Units: km.

    Raises
    ------
    InvalidParameterError
        If shape, scale or share is impossible.

    Examples
    --------
    >>> round(position_error_km("disc", 25), 4)
    17.6777
    >>> round(position_error_km("gaussian", 1, share=0.9), 6)
    2.145966
    """
    check_choice(shape, "shape", ("gaussian", "disc"))
    check_positive(scale_km, "scale_km", "km")
    check_probability(share, "share")
    if shape == "disc":
        return scale_km * math.sqrt(share)
    if share == 1:
        msg = "share must be below 1 for a gaussian, which has no outer edge"
        raise InvalidParameterError(msg)
    return scale_km * math.sqrt(-2.0 * math.log1p(-share))


def typical_error_km(errors_km: FloatArray, chance: FloatArray) -> float:
    """
    Give the median position error of events, each as often as it lies on the ground that is looked at.

    Events too vague to lie there say nothing of how finely it is known: of forty provinces and
    thirty towns, nearly all that lies in a corridor may be towns.
    """
    weight = np.where(np.isnan(errors_km), 0.0, chance)
    errors, weight = errors_km[weight > 0], weight[weight > 0]
    order = np.argsort(errors, kind="stable")
    errors, weight = errors[order], weight[order]
    if not weight.size:
        return math.nan
    reached, half = weight.cumsum(), 0.5 * weight.sum()
    # Where half of the weight lies on either side of a step, its middle: the usual median.
    low, high = (int(np.searchsorted(reached, half * edge)) for edge in (1 - 1e-9, 1 + 1e-9))
    return float(0.5 * (errors[low] + errors[min(high, errors.size - 1)]))


def area_km2(polygon: BaseGeometry) -> float:
    """Give the area of a polygon of longitudes and latitudes on the ellipsoid."""
    parts = shapely.get_parts(shapely.get_parts(polygon))
    areas = [
        GEOD.geometry_area_perimeter(shapely.orient_polygons(part))[0]
        for part in parts
        if part.geom_type == "Polygon" and not part.is_empty
    ]
    return abs(math.fsum(areas)) / 1e6


def length_km(line: BaseGeometry) -> float:
    """Give the length of a line of longitudes and latitudes on the ellipsoid."""
    return float(GEOD.geometry_length(line)) / 1e3
