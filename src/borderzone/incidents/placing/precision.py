"""How precisely a position was reported: where an event may really have happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from borderzone._guards import as_numbers, check_positive
from borderzone.errors import DataError
from borderzone.incidents.placing.codebooks import (
    KERNELS,
    UNSTATED,
    Kernel,
    check_kernel,
    code_books,
)
from borderzone.incidents.placing.layers import Event, Ground, in_degrees

if TYPE_CHECKING:
    from collections.abc import Mapping

    from borderzone._typing import FloatArray

__all__ = [
    "KERNELS",
    "UNSTATED",
    "Kernel",
    "disc_share_beyond_edge",
    "need_columns",
    "regions",
]


def regions(  # noqa: PLR0913 (layers by name)
    events: gpd.GeoDataFrame,
    *,
    admin1: gpd.GeoDataFrame | None = None,
    admin2: gpd.GeoDataFrame | None = None,
    admin0: gpd.GeoDataFrame | None = None,
    features: gpd.GeoSeries | None = None,
    places: gpd.GeoDataFrame | None = None,
    kernels: Mapping[int | tuple[str, int], Kernel] | None = None,
    unstated: Kernel = UNSTATED,
) -> gpd.GeoDataFrame:
    """
    Give each event the region in which it may really have happened.

    The kernel is that of the event's code (``where_prec``) in its code book
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
        near, it is the kernel's ``scale_km``.
    kernels
        Kernels by UCDP class or by pair of code book and code, in place of
        those in `CODEBOOKS`.
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
        If the events were not read with `read`, a code is in no code book, or
        a layer is no table of shapes.
    InvalidParameterError
        If a kernel is of the wrong kind.

    Examples
    --------
    >>> from borderzone.incidents import read
    >>> table = pd.DataFrame({"lat": [34.4, 33], "lon": [41.1, 44], "where_prec": [2, 6]})
    >>> regions(read(table))[["kind", "scale_km"]]
           kind  scale_km
    0      disc      25.0
    1  excluded       NaN
    """
    need_columns(events)
    books = code_books(kernels)
    check_kernel(unstated, "unstated")
    ground = Ground.of(
        admin0=admin0, admin1=admin1, admin2=admin2, features=features, places=places
    )
    rows = [ground.region(event, _kernel(event, books, unstated)) for event in _rows(events)]
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
    t = np.clip(as_numbers(distance_km, "distance_km") / radius_km, -1.0, 1.0)
    share: FloatArray = (np.arccos(t) - t * np.sqrt(1.0 - t * t)) / np.pi
    return share


def need_columns(events: gpd.GeoDataFrame) -> None:
    """Refuse a table that was not read with `read`."""
    if not isinstance(events, gpd.GeoDataFrame):
        msg = (
            f"events must be a table of incidents, got a {type(events).__name__}: read them with "
            "incidents.read first"
        )
        raise DataError(msg)
    needed = ("id", "place", "where_prec", "radius_km", "status", "reason", "geometry")
    absent = [name for name in needed if name not in events.columns]
    if absent:
        msg = f"the events have no column {', '.join(absent)}: read them with incidents.read first"
        raise DataError(msg)


def _kernel(event: Event, books: Mapping[tuple[str, int], Kernel], unstated: Kernel) -> Kernel:
    if event.where_prec is None or event.status == "quarantined":
        return unstated
    kernel = books.get((event.scheme, event.where_prec))
    if kernel is None:
        named = sorted({scheme for scheme, _ in books})
        codes = [str(code) for scheme, code in books if scheme == event.scheme]
        known = (
            f"where_prec {event.where_prec} is no code of {event.scheme!r}, which has {', '.join(codes)}"
            if codes
            else f"where_scheme {event.scheme!r} is no known code book ({', '.join(named)})"
        )
        msg = (
            f"event {event.id}: {known}; give its kernel with kernels={{({event.scheme!r}, "
            f"{event.where_prec}): incidents.Kernel(...)}}"
        )
        raise DataError(msg)
    return kernel


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
