"""A position in one cell, in whichever spelling: two numbers, WKT, JSON, a grid reference."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from borderzone.incidents.cells import is_missing, parse_number, shown, trimmed
from borderzone.incidents.reading.aliases import axes_in
from borderzone.incidents.reading.angles import angle_deg, mgrs_position, why_no_mgrs
from borderzone.incidents.reading.utm import utm_position

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from borderzone.incidents.incident_table import Ledger

__all__ = ["LEAST_RADIUS_KM", "holds_positions", "positions_in_one_column", "shapes_in_words"]

LEAST_RADIUS_KM = math.sqrt(0.5)
"""A reference or an accuracy finer than a square of 1 km is typing, not knowledge of an event. Units: km."""

_SAMPLE = 200
_LONGEST = 2_000  # letters; a point is told in fewer
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?"
_PAIR = re.compile(r"[(\[]?\s*([+-]?\d{1,3}\.\d+)(?:\s*[,;]\s*|\s+)([+-]?\d{1,3}\.\d+)\s*[)\]]?")
_WKT = re.compile(
    r"(?:SRID\s*=\s*(\d{1,9})\s*;\s*)?"
    r"(POINT|MULTIPOINT|(?:MULTI)?(?:LINESTRING|POLYGON|CURVE|SURFACE)|GEOMETRYCOLLECTION|"
    r"CIRCULARSTRING|COMPOUNDCURVE|CURVEPOLYGON|LINEARRING|TRIANGLE|TIN|POLYHEDRALSURFACE)"
    r"\s*(?:ZM|Z|M)?\s*(EMPTY|\(.*\))",
    re.IGNORECASE | re.DOTALL,
)
_ONE_POINT = re.compile(rf"\(\s*\(?\s*({_NUMBER})\s+({_NUMBER})(?:\s+{_NUMBER}){{0,2}}\s*\)?\s*\)")
_GEO = re.compile(
    rf"geo:\s*({_NUMBER}),\s*({_NUMBER})(?:,\s*{_NUMBER})?((?:;[^;]*)*)", re.IGNORECASE
)
_VALUE = r"[+\-\u2212]?\d(?:[\d.°'\"′″ ]|,(?=\d))*[NSEWnsew]?"
_NAMED = re.compile(
    rf"([A-Za-z]{{1,9}})\.?\s*[:=]?\s*({_VALUE})[\s,;/|]+([A-Za-z]{{1,9}})\.?\s*[:=]?\s*({_VALUE})"
)
_COMPASS = re.compile(
    r"(?P<n1>.*[NSns])[\s,;/]*(?P<e1>.*[EWew])|(?P<n2>[NSns].*?)[\s,;/]*(?P<e2>[EWew].*)"
    r"|(?P<e3>.*[EWew])[\s,;/]*(?P<n3>.*[NSns])|(?P<e4>[EWew].*?)[\s,;/]*(?P<n4>[NSns].*)"
)
_TWO_ANGLES = re.compile(r"([^°]*°[^°]*?)[\s,;]+([+\-\u2212]?\s*\d+(?:[.,]\d+)?\s*°[^°]*)")
_MARKS = (";", "|", "/", ", ", " ", ",")


class Place(NamedTuple):
    """
    A position as a cell tells it.

    Attributes
    ----------
    lat, lon
        Latitude and longitude, or y and x where `crs` says so: numbers, or text to be read on.
    radius_km
        Radius that a reference or an accuracy leaves open; NaN where it tells none. Units: km.
    crs
        CRS of the two; empty for degrees of WGS84, or what the table says.
    told
        How it was read, where that is not the only way.
    """

    lat: object
    lon: object
    radius_km: float = math.nan
    crs: str = ""
    told: str = ""


class Unread(NamedTuple):
    """
    Why a cell tells no position.

    Attributes
    ----------
    category
        Kind of finding.
    why
        In words.
    """

    category: str
    why: str


class Positions(NamedTuple):
    """
    A column of positions, taken apart.

    Attributes
    ----------
    lat, lon
        Cells, or numbers.
    radius_km
        Radius that is left open; NaN where none is told. Units: km.
    crs
        CRS of each row; empty where it tells none.
    """

    lat: list[object]
    lon: list[object]
    radius_km: list[float]
    crs: list[object]


def positions_in_one_column(
    cells: Sequence[object], ledger: Ledger, *, lon_first: bool = False, what: str = ""
) -> Positions:
    """Split a column of positions, each different spelling once."""
    n = len(cells)
    found = Positions([""] * n, [""] * n, [math.nan] * n, [""] * n)
    known: dict[object, Place | Unread | None] = {}
    n_accuracies = 0
    for row, cell in enumerate(cells):
        if cell not in known:
            known[cell] = None if is_missing(cell) else place_in(cell, lon_first=lon_first)
        place = known[cell]
        if place is None:
            continue
        if isinstance(place, Unread):
            why = place.why or f"is not {what or 'a latitude and a longitude'}"
            ledger.quarantine(row, place.category, f"{shown(cell)} {why}")
            continue
        found.lat[row], found.lon[row], found.radius_km[row], found.crs[row], told = place
        if told == _ACCURACY:
            n_accuracies += 1
        elif told:
            ledger.flag(row, "position", f"{shown(cell)} {told}")
    if n_accuracies:
        ledger.note(
            f"{n_accuracies} of {n} positions state the accuracy of a device: radius_km is that, and "
            f"no less than {LEAST_RADIUS_KM:.3f} km"
        )
    return found


def holds_positions(cells: Sequence[object], *, shapes_only: bool = False) -> bool:
    """Tell whether most of a column are positions."""
    sample: list[object] = []
    for cell in cells:
        if not is_missing(cell):
            sample.append(cell)
        if len(sample) == _SAMPLE:
            break
    if shapes_only:
        sure = [any(shape(str(c).strip()) is not _NOT_THIS for shape in _SHAPES) for c in sample]
    else:
        sure = [_surely(cell) for cell in sample]
    return 2 * sum(sure) > len(sample)


def _surely(cell: object) -> bool:
    place = place_in(cell)
    if isinstance(place, Unread):
        return place.category == "not a point"
    if place is None or not isinstance(cell, str):
        return place is not None
    y, x = _degrees(place.lat, "lat"), _degrees(place.lon, "lon")
    if not (place.crs or (abs(y) <= 180 and abs(x) <= 180)):  # NaN is neither
        return False
    # Without a fraction or a letter two numbers may be anything.
    return math.isfinite(x + y) and bool(re.search(r"\d[.,°]\s*\d|[A-Za-z{]", cell))


def _degrees(cell: object, axis: str) -> float:
    number = parse_number(cell)
    if number.state != "bad":
        return number.value
    angle = angle_deg(cell, axis)
    return math.nan if angle is None else angle


def shapes_in_words(cells: Sequence[object]) -> list[object]:
    r"""Write shapes that are bytes (WKB) as the text that can be read from a cell."""
    return [cell.hex() if isinstance(cell, (bytes, bytearray)) else cell for cell in cells]


def place_in(cell: object, *, lon_first: bool = False) -> Place | Unread | None:
    """Read one cell."""
    text = trimmed(cell).strip("\"'").strip()
    pair = _PAIR.fullmatch(text)  # most cells, without a further look
    if pair:
        first, second = float(pair[1]), float(pair[2])
        return Place(second, first) if lon_first else Place(first, second)
    if len(text) > _LONGEST:
        is_shape = _WKT.match(text[:_LONGEST]) or re.match(
            r"[A-Z]{4,}\s*[ZM]*\s*\(", text, re.IGNORECASE
        )
        why = "is a shape of many points; reduce it to one" if is_shape else ""
        return Unread("not a point" if is_shape else "position unreadable", why)
    for reading in _READINGS:
        found = reading(text)
        if found is not _NOT_THIS:
            place: Place | Unread | None = found
            return place
    return _two_numbers(text, lon_first=lon_first)


_NOT_THIS: Any = object()
_ACCURACY = "accuracy"


def _no_point(kind: str) -> Unread:
    return Unread("not a point", f"is a {kind}; reduce it to a point and give its radius_km")


def _wkt(text: str) -> Any:
    match = _WKT.fullmatch(text)
    if match is None:
        return _NOT_THIS
    kind, body = match[2].upper(), match[3]
    if body.upper() == "EMPTY":
        return None
    point = _ONE_POINT.fullmatch(body)
    if kind not in ("POINT", "MULTIPOINT") or (point is None and kind == "MULTIPOINT"):
        return _no_point(kind)
    if point is None:
        return Unread("position unreadable", "is no point of x and y")
    return Place(float(point[2]), float(point[1]), crs=_epsg(match[1]))


def _epsg(code: object) -> str:
    """Name the CRS of a code; nothing for none, and for degrees of WGS84."""
    number = parse_number(code)
    if number.state != "ok" or number.value in (0, 4326):
        return ""
    # Esri's own codes begin above those of EPSG.
    return f"{'EPSG' if number.value <= 32_767 else 'ESRI'}:{int(number.value)}"


def _wkb(text: str) -> Any:
    if not re.fullmatch(r"0[01](?:[0-9A-Fa-f]{2}){20,}", text):
        return _NOT_THIS
    try:
        shape = shapely.from_wkb(bytes.fromhex(text))
    except (shapely.errors.GEOSException, ValueError):
        return Unread("position unreadable", "is no shape that can be read")
    if shape.is_empty:
        return None
    point = sole_point(shape)
    if point is None:
        return _no_point(shape.geom_type)
    return Place(float(point.y), float(point.x), crs=_epsg(shapely.get_srid(shape)))


def sole_point(shape: shapely.Geometry) -> shapely.Point | None:
    """Give a point, or the only one that a collection holds."""
    while (
        shape.geom_type in ("MultiPoint", "GeometryCollection")
        and shapely.get_num_geometries(shape) == 1
    ):
        shape = shapely.get_geometry(shape, 0)
    return shape if shape.geom_type == "Point" and not shape.is_empty else None


def _geo(text: str) -> Any:
    match = _GEO.fullmatch(text)
    if match is None:
        return _NOT_THIS
    said = dict(
        part.strip().partition("=")[::2] for part in match[3].lower().split(";") if part.strip()
    )
    if said.get("crs", "wgs84") != "wgs84":
        return Unread("position unreadable", "is in a CRS of its own; give degrees of WGS84")
    return _with_accuracy(match[1], match[2], said.get("u", ""))


def _with_accuracy(lat: object, lon: object, accuracy_m: object) -> Place:
    """Take the accuracy of a device, in metres, for the radius; of 0 it says that it knows none."""
    number = parse_number(accuracy_m)
    if number.state not in ("ok", "comma") or not number.value > 0:
        return Place(lat, lon)
    return Place(lat, lon, max(number.value / 1e3, LEAST_RADIUS_KM), told=_ACCURACY)


def _json(text: str) -> Any:
    if not text.startswith("{"):
        return _NOT_THIS
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return _NOT_THIS
    if isinstance(said.get("geometry"), dict):
        said = said["geometry"]
    if "coordinates" in said and isinstance(said.get("type"), str):
        return _geojson(said)
    lower = {str(name).casefold(): value for name, value in said.items()}
    y, x = (
        next((lower[name] for name in lower if axes_in(name) == (axis,)), None)
        for axis in ("lat", "lon")
    )
    if x is None or y is None or is_missing(x) or is_missing(y):
        return None if {"x", "y"} <= lower.keys() else Unread("position unreadable", "")
    frame = lower.get("spatialreference")
    frame = frame if isinstance(frame, dict) else {}
    code = frame.get("latestWkid") or frame.get("wkid")
    crs = _epsg(code) or ("" if code else str(frame.get("wkt") or ""))
    return Place(_plain(y), _plain(x), crs=crs)


def _geojson(said: dict[str, Any]) -> Any:
    kind, numbers = said["type"], said["coordinates"]
    if kind == "MultiPoint" and isinstance(numbers, list) and len(numbers) == 1:
        kind, numbers = "Point", numbers[0]
    if kind != "Point":
        return _no_point(str(kind)[:40])
    if not isinstance(numbers, list) or len(numbers) < 2:
        return None if not numbers else Unread("position unreadable", "")
    return Place(_plain(numbers[1]), _plain(numbers[0]))


def _plain(value: Any) -> object:
    """Keep a number or a text; what is neither becomes text that cannot be read as a number."""
    return value if type(value) in (int, float, str) else json.dumps(value)


def _mgrs(text: str) -> Any:
    # Cheap to tell for most cells: a grid reference has the letters of its square.
    if not re.match(r"(?:MGRS|\d{1,2}\s*[C-HJ-NP-X]|[A-HJ-NP-Z]{2}[\s\d])", text, re.IGNORECASE):
        return _NOT_THIS
    found = mgrs_position(text)
    if found is not None:
        return Place(found.lat, found.lon, max(found.radius_km, LEAST_RADIUS_KM))
    why = why_no_mgrs(text)
    return Unread("position unreadable", f"is not a grid reference: {why}") if why else _NOT_THIS


def _utm(text: str) -> Any:
    found = utm_position(text)
    if found is None:
        return _NOT_THIS
    if found.problem:
        return Unread("position unreadable", found.problem)
    return Place(found.northing_m, found.easting_m, crs=found.crs, told=found.told)


def _named(text: str) -> Any:
    match = _NAMED.fullmatch(text.strip("()[]{} "))
    if match is None:
        return _NOT_THIS
    axes = [axes_in(match[i].casefold()) for i in (1, 3)]
    if axes == [("lat",), ("lon",)]:
        return Place(match[2].strip(), match[4].strip())
    return Place(match[4].strip(), match[2].strip()) if axes == [("lon",), ("lat",)] else _NOT_THIS


def _compass(text: str) -> Any:
    match = _COMPASS.fullmatch(text.strip("()[] "))
    if match is None:
        return _NOT_THIS
    said = match.groupdict()
    lat, lon = (
        next(said[name] for name in said if name[0] == axis and said[name]) for axis in "ne"
    )
    return Place(lat.strip(" ,;/"), lon.strip(" ,;/"))


_SHAPES: tuple[Callable[[str], Any], ...] = (_wkt, _geo, _json, _wkb)
_READINGS: tuple[Callable[[str], Any], ...] = (
    _wkt,
    _geo,
    _json,
    _wkb,
    _mgrs,
    _utm,
    _named,
    _compass,
)


def _two_numbers(text: str, *, lon_first: bool) -> Place | Unread:
    """Latitude and longitude, with or without height and accuracy behind."""
    text = re.sub(r"\s*([;|/])\s*", r"\1", text.strip("()[]{} "))
    text = re.sub(r"\s+,\s*", ", ", re.sub(r"\s+", " ", text)).strip(" ,;")
    angles = _TWO_ANGLES.fullmatch(text)
    parts = [angles[1], angles[2]] if angles else _parts(text)
    if not parts:
        return Unread("position unreadable", "")
    lon, lat = parts[:2] if lon_first else parts[1::-1]
    return _with_accuracy(lat, lon, parts[3] if len(parts) == 4 else "")


def _parts(text: str) -> list[str]:
    for mark in _MARKS:
        parts = text.split(mark)
        if len(parts) == 2 and all(parts):
            return parts
        if len(parts) in (3, 4) and _is_geopoint(parts):
            return parts
    return []


def _is_geopoint(parts: list[str]) -> bool:
    """
    Whether three or four numbers are latitude, longitude, height and accuracy.

    Both coordinates of a device have a fraction: without it, degrees and minutes could be meant.
    """
    numbers = [parse_number(part) for part in parts]
    read = np.array([number.value for number in numbers])
    return bool(np.isfinite(read).all()) and all(re.search(r"[.,٫]\d", part) for part in parts[:2])
