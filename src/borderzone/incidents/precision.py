"""How precisely a position was reported: where an event may really have happened."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Geod

from borderzone._checks import check_choice, check_positive, check_probability
from borderzone.errors import CRSMismatchError, DataError, InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from borderzone._typing import FloatArray

__all__ = [
    "KERNELS",
    "UNSTATED",
    "Kernel",
    "area_km2",
    "disc_share_beyond_edge",
    "position_error_km",
    "regions",
]

_GEOD = Geod(ellps="WGS84")
_SHAPES = ("gaussian", "disc", "polygon", "feature", "none")
_CODEBOOK = "UCDP GED codebook, where_prec"
_CHOICE = "kernel chosen for this library [A], after Croicu & Hegre (2018)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Kernel:
    """
    Where an event of one precision class may really have happened.

    Attributes
    ----------
    shape
        "gaussian" about the point, uniform "disc" about it, uniform in the
        administrative "polygon" that holds it, along a "feature" given with
        the event, or "none": too vague to be placed.
    scale_km
        Standard deviation of a gaussian or radius of a disc; 0 otherwise.
    meaning
        What the class says, in words.
    source
        Where class and kernel are from.
    """

    shape: str
    scale_km: float = 0.0
    meaning: str
    source: str

    def __post_init__(self) -> None:
        """Refuse impossible kernels at birth."""
        check_choice(self.shape, "shape", _SHAPES)
        if self.shape in ("gaussian", "disc"):
            check_positive(self.scale_km, "scale_km", "km")


KERNELS: Mapping[int, Kernel] = {
    1: Kernel(
        shape="gaussian",
        scale_km=1.0,
        meaning="exact location",
        source=f"{_CODEBOOK} 1; {_CHOICE}",
    ),
    2: Kernel(
        shape="disc",
        scale_km=25.0,
        meaning="within about 25 km of a known point",
        source=f"{_CODEBOOK} 2; {_CHOICE}",
    ),
    3: Kernel(
        shape="polygon",
        meaning="in a district (ADM2)",
        source=f"{_CODEBOOK} 3; {_CHOICE}",
    ),
    4: Kernel(
        shape="polygon",
        meaning="in a province (ADM1)",
        source=f"{_CODEBOOK} 4; {_CHOICE}",
    ),
    5: Kernel(
        shape="feature",
        meaning="along a linear feature or in a fuzzy area",
        source=f"{_CODEBOOK} 5; {_CHOICE}",
    ),
    6: Kernel(
        shape="none",
        meaning="only the country is known",
        source=f"{_CODEBOOK} 6; {_CHOICE}",
    ),
    7: Kernel(
        shape="none",
        meaning="international waters or airspace",
        source=f"{_CODEBOOK} 7; {_CHOICE}",
    ),
}
"""Kernels by UCDP precision class; pass others to `regions` to change them."""

UNSTATED = Kernel(
    shape="disc",
    scale_km=25.0,
    meaning="precision not stated",
    source="taken like where_prec 2 [A]: a point without stated precision is not exact",
)
"""Kernel of an event whose table states no precision."""


def regions(
    events: gpd.GeoDataFrame,
    *,
    admin1: gpd.GeoDataFrame | None = None,
    admin2: gpd.GeoDataFrame | None = None,
    features: gpd.GeoSeries | None = None,
    kernels: Mapping[int, Kernel] | None = None,
    unstated: Kernel = UNSTATED,
) -> gpd.GeoDataFrame:
    """
    Give each event the region in which it may really have happened.

    A stated ``radius_km`` replaces the kernel of classes 1 to 5 by a uniform
    disc. Every event gets a row: one that cannot be placed has kind
    "excluded", a reason and an empty geometry.

    Parameters
    ----------
    events
        Table from `read`.
    admin1
        Provinces, for classes 3 and 4: the polygon that holds the point.
    admin2
        Districts, for class 3; without them the province stands in.
    features
        Lines or polygons of class 5 events, indexed by event id.
    kernels
        Kernels by class, in place of those in `KERNELS`.
    unstated
        Kernel of events without class and radius.

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
        If the events were not read with `read`.

    Examples
    --------
    >>> from borderzone.incidents import read
    >>> table = pd.DataFrame({"lat": [34.4, 33], "lon": [41.1, 44], "where_prec": [2, 6]})
    >>> regions(read(table))[["kind", "scale_km"]]
           kind  scale_km
    0      disc      25.0
    1  excluded       NaN
    """
    _need_columns(events)
    table = {**KERNELS, **(kernels or {})}
    provinces = _Polygons(admin1, "admin1")
    districts = _Polygons(admin2, "admin2")
    rows = []
    for event in _rows(events):
        if event.status == "quarantined":
            rows.append(_excluded(f"quarantined: {event.reason}"))
            continue
        kernel = unstated if event.where_prec is None else table[event.where_prec]
        if kernel.shape != "none" and event.radius_km > 0:
            rows.append(
                _about("disc", event.radius_km, event.geometry, "radius stated for the event")
            )
        elif kernel.shape in ("gaussian", "disc"):
            rows.append(_about(kernel.shape, kernel.scale_km, event.geometry, kernel.source))
        elif kernel.shape == "polygon":
            layers = (districts, provinces) if event.where_prec == 3 else (provinces,)
            rows.append(_in_polygon(event, layers))
        elif kernel.shape == "feature":
            rows.append(_along_feature(event, features, kernel))
        else:
            rows.append(_excluded(f"{kernel.meaning} (where_prec {event.where_prec})"))
    columns = ["kind", "scale_km", "median_error_km", "basis", "reason", "geometry"]
    frame = pd.DataFrame(rows, columns=columns, index=events.index)
    frame.insert(0, "id", events["id"])
    return gpd.GeoDataFrame(frame, geometry="geometry", crs="EPSG:4326")


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
    t = np.clip(np.asarray(distance_km, dtype=float) / radius_km, -1.0, 1.0)
    share: FloatArray = (np.arccos(t) - t * np.sqrt(1.0 - t * t)) / np.pi
    return share


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


def area_km2(polygon: shapely.Geometry) -> float:
    """
    Give the area of a polygon of longitudes and latitudes on the ellipsoid.

    Parameters
    ----------
    polygon
        Polygon or multipolygon, holes allowed; lines and points in a
        collection count for nothing.

    Returns
    -------
    float
        Its area. Units: km².

    Examples
    --------
    >>> round(area_km2(shapely.box(41, 34, 42, 35)))
    10188
    """
    parts = shapely.get_parts(shapely.get_parts(polygon))
    areas = [
        _GEOD.geometry_area_perimeter(shapely.orient_polygons(part))[0]
        for part in parts
        if part.geom_type == "Polygon" and not part.is_empty
    ]
    return abs(math.fsum(areas)) / 1e6


_Row = tuple[str, float, float, str, str, shapely.Geometry]


class _Event(NamedTuple):
    id: str
    where_prec: int | None
    radius_km: float
    status: str
    reason: str
    geometry: shapely.Point


class _Polygons:
    """The polygons of one administrative level, searched by point."""

    def __init__(self, layer: gpd.GeoDataFrame | None, name: str) -> None:
        self.name = name
        self.given = layer is not None
        if layer is None:
            return
        if layer.crs is None:
            msg = f"{name} has no CRS; set it, for example with set_crs('EPSG:4326')"
            raise CRSMismatchError(msg)
        self._shapes = layer.geometry.to_crs("EPSG:4326").to_numpy()
        self._tree = shapely.STRtree(self._shapes)

    def holding(self, point: shapely.Point) -> shapely.Geometry | None:
        if not self.given:
            return None
        found = self._tree.query(point, predicate="intersects")
        return self._shapes[found.min()] if found.size else None


def _rows(events: gpd.GeoDataFrame) -> list[_Event]:
    classes = [None if pd.isna(k) else int(k) for k in events["where_prec"]]
    texts = [events[name].tolist() for name in ("radius_km", "status", "reason")]
    columns = (events["id"], classes, *texts, events.geometry.to_numpy())
    return [_Event(*cells) for cells in zip(*columns, strict=True)]


def _about(kind: str, scale_km: float, point: shapely.Point, basis: str) -> _Row:
    return kind, scale_km, position_error_km(kind, scale_km), basis, "", point


def _excluded(reason: str) -> _Row:
    return "excluded", np.nan, np.nan, "", reason, shapely.Point()


def _in_polygon(event: _Event, layers: tuple[_Polygons, ...]) -> _Row:
    for layer in layers:
        polygon = layer.holding(event.geometry)
        if polygon is not None:
            return _spread(polygon, f"{layer.name} polygon that holds the point")
    given = [layer.name for layer in layers if layer.given]
    if given:
        return _excluded(f"no {' or '.join(given)} polygon holds its point")
    return _excluded(
        f"known only to its district or province (where_prec {event.where_prec}), and no polygons "
        "were given: pass admin1="
    )


def _along_feature(event: _Event, features: gpd.GeoSeries | None, kernel: Kernel) -> _Row:
    if features is None or event.id not in features.index:
        return _excluded(f"{kernel.meaning}, which was not given (where_prec {event.where_prec})")
    if features.crs is None:
        msg = "features has no CRS; set it, for example with set_crs('EPSG:4326')"
        raise CRSMismatchError(msg)
    return _spread(features.to_crs("EPSG:4326")[event.id], "feature given for the event")


def _spread(shape: shapely.Geometry, basis: str) -> _Row:
    """Take a line or polygon; its median error is that of a line or disc of its size."""
    if shape.geom_type in ("Polygon", "MultiPolygon"):
        return "polygon", np.nan, math.sqrt(area_km2(shape) / math.pi / 2), basis, "", shape
    if shape.geom_type in ("LineString", "MultiLineString"):
        return "line", np.nan, _GEOD.geometry_length(shape) / 4e3, basis, "", shape
    msg = f"features must be lines or polygons, got a {shape.geom_type}; use radius_km for a point"
    raise DataError(msg)


def _need_columns(events: gpd.GeoDataFrame) -> None:
    needed = ("id", "place", "where_prec", "radius_km", "status", "reason", "geometry")
    absent = [name for name in needed if name not in events.columns]
    if absent:
        msg = f"the events have no column {', '.join(absent)}: read them with incidents.read first"
        raise DataError(msg)
