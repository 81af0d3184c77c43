"""Positions in single cells: two numbers, angles, WKT, JSON, grid references, UTM."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from borderzone.errors import DataError
from borderzone.incidents.option_list import option
from borderzone.incidents.reading.aliases import axes_in
from borderzone.incidents.table_schema import is_missing, parse_number, quoted, trimmed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from shapely.geometry.base import BaseGeometry

    from borderzone.incidents.table_schema import Ledger

__all__ = [
    "LEAST_RADIUS_KM",
    "GridPosition",
    "UtmPosition",
    "angle_deg",
    "by_their_letters",
    "holds_positions",
    "mgrs_position",
    "plain_angles",
    "positions_in_one_column",
    "shapes_in_words",
    "utm_crs",
    "utm_position",
    "why_no_mgrs",
    "zone_frames",
]


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
            ledger.quarantine(row, place.category, f"{quoted(cell)} {why}")
            continue
        found.lat[row], found.lon[row], found.radius_km[row], found.crs[row], told = place
        if told == _ACCURACY:
            n_accuracies += 1
        elif told:
            ledger.flag(row, "position", f"{quoted(cell)} {told}")
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


def sole_point(shape: BaseGeometry) -> shapely.Point | None:
    """Give a point, or the only one that a collection holds."""
    while (
        isinstance(shape, shapely.GeometryCollection | shapely.MultiPoint) and len(shape.geoms) == 1
    ):
        shape = shape.geoms[0]
    return shape if isinstance(shape, shapely.Point) and not shape.is_empty else None


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


_LETTERS = {"lat": ("N", "S"), "lon": ("E", "W")}
_ANGLE_MARKS = str.maketrans(
    {
        "°": " ",
        "º": " ",
        "˚": " ",
        "d": " ",
        "D": " ",
        "'": " ",
        "’": " ",
        "′": " ",
        "´": " ",
        "m": " ",
        "″": " ",
        "”": " ",
        "“": " ",
        '"': " ",
        ":": " ",
        "s": " ",
        "\u2212": "-",
        "\u00a0": " ",
    }
)
_ANGLE = re.compile(
    r"([+-]?)\s*(\d{1,3}(?:[.,]\d+)?)(?:\s+(\d{1,2}(?:[.,]\d+)?))?(?:\s+(\d{1,2}(?:[.,]\d+)?))?"
)
_UNITS = re.compile(r"(?<![a-z])(?:deg(?:rees?)?|min(?:utes?)?|sec(?:onds?)?)\b\.?", re.IGNORECASE)
# As aircraft and ships write: 342212N, 0410524E, 34-22-12N.
_HYPHENS = re.compile(r"\d{1,3}-\d{1,2}(?:\.\d+)?(?:-\d{1,2}(?:\.\d+)?)?")
_PARTING = re.compile(r"[\s\-_./,:]+")
_MGRS = re.compile(
    r"(\d{1,2})[\s\-_./,:]*([C-HJ-NP-X])[\s\-_./,:]*([A-HJ-NP-Z]{2})([\d\s\-_./,:]*)"
)
_DIGITS = 10
_LONGEST_ANGLE = 200  # letters; an angle has fewer
_CUT_SHORT = (
    (
        re.compile(r"\d{1,2}[C-HJ-NP-X]"),
        "a grid zone alone, some 600 by 900 km, is no place: square and digits are absent",
    ),
    (
        re.compile(r"[A-HJ-NP-Z]{2}(\d\d){1,5}"),
        "it lacks its grid zone, such as 38S, before the square",
    ),
)


class GridPosition(NamedTuple):
    """
    A position read from a grid reference.

    Attributes
    ----------
    lat, lon
        Centre of the square. Units: degrees.
    radius_km
        Half its diagonal. Units: km.
    """

    lat: float
    lon: float
    radius_km: float


def angle_deg(cell: object, axis: str) -> float | None:
    r"""Read an angle of degrees, minutes and seconds, with or without a compass letter."""
    if len(str(cell)) > _LONGEST_ANGLE:
        return None
    text = _UNITS.sub(" ", trimmed(cell)).strip()
    letter = ""
    if re.search(r"\d\s*d.*\d\s*m.*\d\s*s$", text, re.IGNORECASE):
        text = text[:-1]  # seconds, as their degrees and minutes are marked alike
    # The compass letter first: an S at the end is south, not seconds.
    match = re.fullmatch(r"([NSEWnsew])\s*(.*)|(.*?)\s*([NSEWnsew])", text, re.DOTALL)
    if match:
        letter = (match[1] or match[4]).upper()
        text = match[2] if match[1] else match[3]
    if letter and letter not in _LETTERS[axis]:
        return None
    if letter:
        text = _parted(text)
    found = _ANGLE.fullmatch(" ".join(text.translate(_ANGLE_MARKS).split()).replace("- ", "-"))
    if not found or (letter and found[1]):
        return None
    parts = [float(part.replace(",", ".")) for part in found.groups()[1:] if part]
    whole = all(part == int(part) for part in parts[:-1])
    if not whole or any(part >= 60 for part in parts[1:]):
        return None
    angle = math.fsum(part / 60.0**power for power, part in enumerate(parts))
    return round(-angle if letter in ("S", "W") or found[1] == "-" else angle, 9)


def by_their_letters(
    lat_cells: list[object], lon_cells: list[object], ledger: Ledger
) -> tuple[list[object], list[object]]:
    """Exchange the cells of rows whose compass letters say that they stand in each other's column."""
    lat, lon = lat_cells, lon_cells
    if not any(_bears(cell, "EWew") for cell in _texts(lat_cells)):
        return lat, lon
    for row, (y, x) in enumerate(zip(lat_cells, lon_cells, strict=True)):
        if not (_bears(y, "EWew") and _bears(x, "NSns")):
            continue
        if angle_deg(y, "lon") is not None and angle_deg(x, "lat") is not None:
            if lat is lat_cells:
                lat, lon = list(lat_cells), list(lon_cells)
            lat[row], lon[row] = x, y
            told = f"{quoted(y)} stood for the latitude, {quoted(x)} for the longitude"
            ledger.fix(row, "swapped", told)
    return lat, lon


def _texts(cells: list[object]) -> set[str]:
    """Each different text of a column once."""
    return {cell for cell in cells if isinstance(cell, str)}


def _bears(cell: object, letters: str) -> bool:
    """Whether a text begins or ends with one of some letters."""
    if not isinstance(cell, str):
        return False
    text = cell.strip()
    return bool(text) and (text[0] in letters or text[-1] in letters)


def _parted(text: str) -> str:
    """Part degrees, minutes and seconds that are run together or joined by hyphens."""
    if _HYPHENS.fullmatch(text):
        return text.replace("-", " ")
    whole, mark, rest = text.partition(".")
    if not (whole + rest).isdecimal() or not 4 <= len(whole) <= 7:
        return text
    # An even number of digits has two of degrees, an odd one three.
    start = 2 + len(whole) % 2
    parts = [whole[:start], *(whole[i : i + 2] for i in range(start, len(whole), 2))]
    return " ".join(parts) + mark + rest


def mgrs_position(cell: object) -> GridPosition | None:
    """Read a grid reference of the Military Grid Reference System."""
    match = _MGRS.fullmatch(_bare_mgrs(cell))
    if not match or _digits_wrong(match[4]):
        return None
    digits = _PARTING.sub("", match[4])
    half = len(digits) // 2
    side_m = 10.0 ** (5 - half)
    # The middle of the square, told to a metre: whether the library gives corner or middle of that
    # is then of no account.
    halves = [part + "50000"[: 5 - half] for part in (digits[:half], digits[half:])]
    library = _mgrs_library()
    try:
        lat, lon = library.MGRS().toLatLon("".join([match[1], match[2], match[3], *halves]))
    except (library.core.MGRSError, ValueError):
        return None
    return GridPosition(float(lat), float(lon), side_m * math.sqrt(0.5) / 1e3)


def _mgrs_library() -> Any:
    try:
        import mgrs  # noqa: PLC0415 - an extra
    except ImportError as error:
        msg = "grid references need pip install 'borderzone[mgrs]'; or give latitude and longitude"
        raise DataError(msg) from error
    return mgrs


def _bare_mgrs(cell: object) -> str:
    return re.sub(r"^\s*MGRS\s*[:=]?\s*", "", str(cell).upper()).strip()


def _digits_wrong(digits: str) -> bool:
    """Whether easting and northing cannot be told apart."""
    groups = _PARTING.sub(" ", digits).split()
    count = sum(map(len, groups))
    return bool(
        count % 2 or count > _DIGITS or (len(groups) == 2 and len(set(map(len, groups))) > 1)
    )


def why_no_mgrs(cell: object) -> str:
    """Say what is wrong with a text that begins like a grid reference."""
    text = _bare_mgrs(cell)
    match = _MGRS.fullmatch(text)
    if match is None:
        return next((why for form, why in _CUT_SHORT if form.fullmatch(_PARTING.sub("", text))), "")
    digits = len(_PARTING.sub("", match[4]))
    if digits % 2:
        return (
            f"it has {digits} digits, an odd number: easting and northing need the same number of "
            "digits"
        )
    if digits > _DIGITS:
        return f"it has {digits} digits, more than the 10 of one metre"
    if _digits_wrong(match[4]):
        return "easting and northing have not the same number of digits"
    return f"there is no square {match[3]} in grid zone {match[1]}{match[2]}"


def plain_angles(cells: list[object], axis: str, ledger: Ledger) -> list[object]:
    """Turn degrees, minutes and seconds into numbers, and tell so."""
    known = {
        cell: angle
        for cell in _texts(cells)
        if parse_number(cell).state == "bad" and (angle := angle_deg(cell, axis)) is not None
    }
    word = "latitude" if axis == "lat" else "longitude"
    read = list(cells)
    for row, cell in enumerate(cells if known else ()):
        if isinstance(cell, str) and cell in known:
            read[row] = known[cell]
            ledger.fix(row, "degrees", f"{word} {quoted(cell)} read as {known[cell]:g}")
    return read


_LETTER = r"(?:(?P<word>north(?:ern)?|south(?:ern)?)|(?P<letter>[C-HJ-NP-X]))"
_ZONE = rf"(?:utm\W*)?(?:zone\W*)?(?P<zone>\d{{1,2}})\s*-?\s*(?:\(?{_LETTER}\)?(?:\s*hemisphere)?)?"
_EASTING = r"(?:E[a-z]*\W*)?(?P<x>\d{6}(?:[.,]\d+)?)\s*(?:m?\s*E)?(?:\s*m(?![a-z]))?"
_NORTHING = r"(?:N[a-z]*\W*)?(?P<y>\d{5,8}(?:[.,]\d+)?)\s*(?:m?\s*N)?(?:\s*m(?![a-z]))?"
_NORTHING_FIRST = (
    r"(?:N[a-z]*\W*)?(?P<y>\d{7}(?:[.,]\d+)?)\s*(?:m?\s*N)?(?:\s*m(?![a-z]))?[\s,;/:]+"
    r"(?:E[a-z]*\W*)?(?P<x>\d{6}(?:[.,]\d+)?)\s*(?:m?\s*E)?(?:\s*m(?![a-z]))?"
)
_GAP = r"[\s,;/:]+"
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"{_ZONE}{_GAP}{_EASTING}{_GAP}{_NORTHING}",
        rf"{_EASTING}{_GAP}{_NORTHING}{_GAP}{_ZONE}",
        rf"{_ZONE}{_GAP}{_NORTHING_FIRST}",
        rf"{_NORTHING_FIRST}{_GAP}{_ZONE}",
    )
)
_ZONE_ALONE = re.compile(_ZONE, re.IGNORECASE)
_BANDS = "CDEFGHJKLMNPQRSTUVWX"
_BAND_DEG = 8.0
_ZONES = range(1, 61)
# Of these zones both readings of an S, 32 to 40 N and 50 to 58 S, have land.
_BOTH_ON_LAND = range(18, 22)
_M_PER_DEG = 110_900.0
_STEP_M = 10_000.0  # far less than the slack by which northings are told from bands
_FALSE_NORTHING_M = 10_000_000.0
_SLACK_DEG = 0.7  # what a degree counted with one length is off by, and a little beyond the band


class UtmPosition(NamedTuple):
    """
    Coordinates of UTM as a text tells them.

    Attributes
    ----------
    easting_m, northing_m
        The coordinates. Units: m.
    crs
        CRS of zone and hemisphere.
    told
        How a letter was read that says two things; empty for others.
    problem
        Why it is no position; empty where it is one.
    """

    easting_m: float = np.nan
    northing_m: float = np.nan
    crs: str = ""
    told: str = ""
    problem: str = ""


def utm_position(text: str) -> UtmPosition | None:
    """Read zone, easting and northing from one text."""
    if not re.search(r"\d{6}", text):
        return None
    match = next((found for form in _FORMS if (found := form.fullmatch(text.strip()))), None)
    if match is None:
        return None
    x, y = (parse_number(match[name]).value for name in ("x", "y"))
    crs, told, problem = _frame(int(match["zone"]), match["letter"], match["word"], y)
    return UtmPosition(x, y, crs, told, problem)


def utm_crs(zone: object, northing_m: float) -> tuple[str, str, str]:
    """Tell the CRS of a zone that stands in a column of its own."""
    match = _ZONE_ALONE.fullmatch(re.sub(r"\.0$", "", str(zone).strip()))
    if match is None:
        return "", "", "is no zone of UTM, such as 38N"
    return _frame(int(match["zone"]), match["letter"], match["word"], northing_m)


def zone_frames(
    zones: Sequence[object], northings: Sequence[object], frames: Sequence[object], ledger: Ledger
) -> list[object]:
    """Give the CRS of each row by a column of zones, where no other says it."""
    found = list(frames)
    known: dict[tuple[object, float], tuple[str, str, str]] = {}
    for row, (zone, cell) in enumerate(zip(zones, northings, strict=True)):
        if is_missing(zone) or not is_missing(found[row]):
            continue
        y = parse_number(cell).value
        key = (zone, y // _STEP_M)
        if key not in known:
            known[key] = utm_crs(zone, y)
        found[row], told, problem = known[key]
        if told or problem:
            ledger.flag(row, "position", f"{quoted(zone)} {told or problem}")
    return found


def _frame(zone: int, letter: str | None, word: str | None, y: float) -> tuple[str, str, str]:
    if zone not in _ZONES:
        return "", "", f"has zone {zone}, which is none of 1 to 60"
    if letter is None and word is None:
        return (
            "",
            "",
            (
                f"does not say whether zone {zone} is north or south of the equator: write {zone}N, or "
                f"pass {option('crs', f'EPSG:{32600 + zone}')}"
            ),
        )
    if word is not None:
        return _code(zone, south=word.casefold().startswith("s")), "", ""
    return _by_letter(zone, str(letter).upper(), y)


def _by_letter(zone: int, letter: str, y: float) -> tuple[str, str, str]:
    """Read a letter as the band it names, unless the northing lies where only a hemisphere fits."""
    north = y / _M_PER_DEG
    south = (y - _FALSE_NORTHING_M) / _M_PER_DEG
    if letter == "N":  # band or hemisphere, it is north of the equator
        return _code(zone, south=False), "", ""
    low = (_BANDS.index(letter) - _BANDS.index("N")) * _BAND_DEG
    high = 84.0 if letter == "X" else low + _BAND_DEG
    here = south if low < 0 else north
    in_band = low - _SLACK_DEG <= here <= high + _SLACK_DEG
    if letter != "S":
        if in_band:
            return _code(zone, south=low < 0), "", ""
        reach = f"{abs(low):g} to {abs(high):g} {'S' if low < 0 else 'N'}"
        return "", "", f"has a northing that does not lie in band {letter} ({reach})"
    if not in_band:
        told = f"read as zone {zone} of the southern hemisphere: band S (32 to 40 N) has no such northing"
        return _code(zone, south=True), told, ""
    if zone in _BOTH_ON_LAND:
        return (
            "",
            "",
            (
                f"may be band S (32 to 40 N) or the southern hemisphere: write {zone} north or "
                f"{zone} south, or pass {option('crs', _code(zone, south=False))} or "
                f"{option('crs', _code(zone, south=True))}"
            ),
        )
    told = f"read as zone {zone} in band S (32 to 40 N), not as the southern hemisphere"
    return _code(zone, south=False), told, ""


def _code(zone: int, *, south: bool) -> str:
    return f"EPSG:{(32_700 if south else 32_600) + zone}"
