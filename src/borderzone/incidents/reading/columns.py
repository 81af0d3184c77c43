"""Which columns of a table tell where and when an event was, and what they say when they say it twice."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from borderzone._guards import nearest, shown
from borderzone.crs import crs_of, in_degrees, refuse_file_names
from borderzone.errors import BorderzoneError, DataError, InvalidParameterError
from borderzone.incidents.option_list import option
from borderzone.incidents.reading.aliases import ALIASES, companions_of, plain_name, rivals_of
from borderzone.incidents.reading.dates import Dates, read_cell, read_dates
from borderzone.incidents.reading.position_cells import (
    Positions,
    angle_deg,
    holds_positions,
    mgrs_position,
    shapes_in_words,
    sole_point,
)
from borderzone.incidents.table_schema import Ledger, Spellings, is_missing, parse_number, quoted

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence

    from pyproj import CRS

    from borderzone._typing import BoolArray, FloatArray, IntArray
    from borderzone.incidents.reading.canonical import Judging

__all__ = [
    "BEYOND_DEG",
    "SecondPlace",
    "agreed_columns",
    "as_horizontal",
    "columns_beside",
    "date_parts",
    "judge_area_of_use",
    "looks_like_metres",
    "no_places",
    "onto_degrees",
    "position_column",
    "rounded_to_deg",
    "with_companions",
    "with_coordinates",
    "without_bytes",
]


_POINT, _MULTIPOINT, _COLLECTION = 0, 4, 7  # geometry type numbers in GEOS
_AXES = {"lat": "latitude", "lon": "longitude"}
_AGREE_DEG = 0.01
_LEAST_DEG = 1e-5
_MOST_DEG = 180.0
# What a column of shapes is called where it is not told by what it holds.
_USUAL = ("geometry", "geom", "wkt", "the_geom", "shape", "geo", "point", "location")


def with_coordinates(
    raw: gpd.GeoDataFrame, parts: dict[str, str], name: str, ledger: Ledger, *, crs: Any = None
) -> tuple[pd.DataFrame, dict[str, str]]:
    """
    Put the coordinates of points into columns.

    Where a row has no point, the table's own columns (if any) still speak; where they say something
    else than the point, that is told, and the point stands.
    """
    shapes = _single(_in_stated(raw, name, crs).geometry)
    own = shapes.to_numpy()
    whole = (shapely.get_type_id(own) == _POINT) & ~shapely.is_empty(own)
    other = ~whole & ~shapely.is_missing(own) & ~shapely.is_empty(own)
    for row in np.flatnonzero(other).tolist():
        told = f"it is a {own[row].geom_type}; reduce it to a point and give its radius_km"
        ledger.quarantine(row, "not a point", told)
    placed = in_degrees(shapes, name).to_numpy()
    kept = judge_area_of_use(shapes, whole, name, ledger)
    table = pd.DataFrame(raw.drop(columns=raw.geometry.name))
    differ = np.zeros(len(raw), dtype=bool)
    for part, coordinate in (("lat", shapely.get_y), ("lon", shapely.get_x)):
        values = np.full(len(raw), np.nan)
        values[kept] = coordinate(placed[kept])
        cells = values.astype(object)
        if part in parts:
            column = table[parts[part]]
            apart = _differ(column.tolist(), values, "lat" if part == "lat" else "lon")
            if apart.any() and parts[part] == part:  # it stays beside the point's
                table[f"{part}_original"] = column
            differ |= apart
            cells[~whole] = column.to_numpy(dtype=object)[~whole]
        else:
            cells[~whole] = ""
        table[part] = pd.Series(cells, index=raw.index, dtype=object)
        parts = {**parts, part: part}
    _tell_differing(differ, table, ledger)
    return table, parts


def _in_stated(raw: gpd.GeoDataFrame, name: str, crs: Any) -> gpd.GeoDataFrame:
    """Give a table without a CRS the stated one; two different ones are refused."""
    stated = as_horizontal(crs)
    if stated is None or raw.crs == stated:
        return raw
    if raw.crs is None:
        return raw.set_crs(stated)
    msg = (
        f"{name} says itself that it is in {raw.crs.name[:60]!r}, and {option('crs', str(crs)[:60])} says "
        f"{stated.name[:60]!r}: leave crs out, or mend the table with "
        ".set_crs(..., allow_override=True)"
    )
    raise InvalidParameterError(msg)


def _single(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Take the only point out of a collection that holds one."""
    own = shapes.to_numpy()
    kinds = shapely.get_type_id(own)
    rows = np.flatnonzero(
        ((kinds == _MULTIPOINT) | (kinds == _COLLECTION)) & (shapely.get_num_geometries(own) == 1)
    )
    if not len(rows):
        return shapes
    taken = own.copy()
    for row in rows.tolist():
        taken[row] = sole_point(own[row]) or own[row]
    return type(shapes)(taken, index=shapes.index, crs=shapes.crs)


def _differ(cells: Sequence[object], values: FloatArray, axis: str) -> BoolArray:
    """Which cells say something else than the points, by more than they are rounded."""
    told = _read(cells, axis)
    with np.errstate(invalid="ignore"):
        apart = np.abs(told - values)
        apart[np.abs(told) > _MOST_DEG] = 0.0  # coordinates of a plane
    rows = np.flatnonzero(apart > _LEAST_DEG)
    rounded = np.array([rounded_to_deg(cells[row]) for row in rows.tolist()])
    differ = np.zeros(len(cells), dtype=bool)
    differ[rows[apart[rows] > rounded]] = True
    return differ


def rounded_to_deg(cell: object) -> float:
    """Give one in the last digit that a cell tells, in which it is rounded or cut."""
    _, mark, fraction = str(cell).strip().replace(",", ".").partition(".")
    digits = len(fraction) if mark and fraction.isdigit() else 0 if not mark else 3
    return 1.0000001 * 10.0 ** -min(digits, 5)


def _read(cells: Sequence[object], axis: str) -> FloatArray:
    known: dict[object, float] = {}
    read = np.empty(len(cells))
    for row, cell in enumerate(cells):
        if cell not in known:
            number = parse_number(cell)
            angle = angle_deg(cell, axis) if number.state == "bad" else number.value
            known[cell] = np.nan if angle is None else angle
        read[row] = known[cell]
    return read


def _tell_differing(differ: BoolArray, table: pd.DataFrame, ledger: Ledger) -> None:
    rows = np.flatnonzero(differ)
    for row in rows.tolist():
        y, x = table["lat"].iloc[row], table["lon"].iloc[row]
        told = f"its columns of latitude and longitude say another place than its point {y:.5f}, {x:.5f}"
        ledger.flag(row, "attributes differ", told)
    if len(rows):
        ledger.note(
            f"{len(rows)} of {len(table)} points lie elsewhere than their columns of latitude and "
            "longitude say: the points were taken"
        )


def agreed_columns(raw: pd.DataFrame, parts: dict[str, str], name: str, ledger: Ledger) -> None:
    """Refuse a table in which two columns could be the latitude, or the longitude, and differ."""
    for part, columns in rivals_of(map(str, raw.columns), parts).items():
        taken = _read(raw[parts[part]].tolist(), part)
        for column, alike in columns.items():
            other = _read(raw[column].tolist(), part)
            with np.errstate(invalid="ignore"):
                off = np.abs(taken - other)
                off[(np.abs(taken) > _MOST_DEG) | (np.abs(other) > _MOST_DEG)] = np.nan
            apart, n_both = np.flatnonzero(off > _AGREE_DEG), int(np.isfinite(off).sum())
            if 2 * len(apart) <= n_both:
                for row in apart.tolist():
                    told = f"{column} says {other[row]:g}, {parts[part]} {taken[row]:g}"
                    ledger.flag(row, "attributes differ", told)
                continue
            differ = f"which differ in {len(apart)} of {n_both} rows"
            pair = f"{parts[part]!r} and {column!r}"
            way_out = option("columns", {part: column})
            if alike:
                msg = (
                    f"{name} has two columns that could be the {_AXES[part]}, {pair}, {differ}; name the "
                    f"one that is, for example {way_out}"
                )
                raise DataError(msg)
            ledger.note(
                f"of {pair}, {differ}, {parts[part]!r} was taken for the {_AXES[part]}; for the other "
                f"pass {way_out}"
            )


def with_companions(
    raw: pd.DataFrame, parts: dict[str, str], ledger: Ledger
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Put degrees, minutes, seconds and compass letters of several columns into one."""
    for part in ("lat", "lon"):
        if part not in parts:
            continue
        beside = companions_of(parts[part], map(str, raw.columns))
        if not beside:
            continue
        columns = [
            parts[part],
            *(beside[kind] for kind in ("minutes", "seconds", "letter") if kind in beside),
        ]
        made = f"{part} of {', '.join(columns)}"
        texts = [_joined(cells) for cells in zip(*(raw[c].tolist() for c in columns), strict=True)]
        raw = raw.assign(**{made: pd.Series(texts, index=raw.index, dtype=object)})
        parts = {**parts, part: made}
        ledger.note(f"{part} was put together from {', '.join(map(repr, columns))}")
    return raw, parts


def _joined(cells: Sequence[object]) -> str:
    if is_missing(cells[0]):
        return ""
    words = ["" if is_missing(cell) else str(cell).strip() for cell in cells]
    return " ".join(word.removesuffix(".0") for word in words if word)


def position_column(raw: pd.DataFrame, taken: str | None) -> str | None:
    """Find the column that holds positions: shapes under any name, two numbers under some."""
    if taken is not None and holds_positions(raw[taken].tolist()):
        return taken
    texts = [column for column in raw.columns if not pd.api.types.is_numeric_dtype(raw[column])]
    found = [
        str(column)
        for column in texts
        if holds_positions(
            raw[column].tolist(), shapes_only=str(column).strip().casefold() not in _USUAL
        )
    ]
    usual = [column for column in found if column.casefold() in _USUAL]
    if len(found) > 1 and len(usual) != 1:
        msg = (
            f"several columns hold positions: {', '.join(map(repr, found[:10]))}; name the one that "
            f"tells where the events were, for example {option('columns', {'latlon': found[0]})}"
        )
        raise DataError(msg)
    return next(iter(usual or found), None)


def without_bytes(table: pd.DataFrame) -> pd.DataFrame:
    """Write shapes that stand as bytes (WKB) in a plain table in hexadecimal digits."""
    for place in range(len(table.columns)):
        column = table.iloc[:, place]
        if column.dtype != object:
            continue
        first = next((cell for cell in column.tolist() if cell is not None and cell == cell), None)  # noqa: PLR0124 - NaN
        if isinstance(first, (bytes, bytearray)) and first[:1] in (b"\x00", b"\x01"):
            table = table.copy(deep=False)
            texts = shapes_in_words(column.tolist())
            cells: Any = pd.Series(texts, index=table.index, dtype=object)
            table.isetitem(place, cells)
    return table


_WAYS = (("mgrs",), ("latlon",), ("lonlat",), ("easting", "northing", "utm_zone"))
_KM_A_DEG = 111.2
_LEAST_KM = 1.5  # nearer together, two ways to write one position may be rounded


def columns_beside(
    raw: pd.DataFrame, every: Mapping[str, str], taken: Mapping[str, str], *, shapes: bool
) -> dict[str, str]:
    """Tell which columns say a second time where an event was."""
    for way in _WAYS:
        if set(way) <= every.keys() and not set(way) & taken.keys():
            beside = {part: every[part] for part in way}
            if len(way) > 1 or holds_positions(raw[every[way[0]]].tolist()):
                return beside
    for column in raw.columns if shapes else ():
        if str(column) in taken.values() or pd.api.types.is_numeric_dtype(raw[column]):
            continue
        if holds_positions(raw[column].tolist(), shapes_only=True):
            return {"latlon": str(column)}
    return {}


class SecondPlace(NamedTuple):
    """
    What the second way says.

    Attributes
    ----------
    columns
        Part to column.
    lat, lon
        The positions; NaN where it tells none. Units: degrees.
    radius_km
        Radius that it leaves open; NaN where it tells none. Units: km.
    """

    columns: Mapping[str, str]
    lat: FloatArray
    lon: FloatArray
    radius_km: FloatArray

    def fill(self, found: Positions, ledger: Ledger, crs: str) -> None:
        """Let it speak where the first way lacks a coordinate."""
        rows = [
            row
            for row in np.flatnonzero(np.isfinite(self.lat + self.lon)).tolist()
            if is_missing(found.lat[row]) or is_missing(found.lon[row])
        ]
        for row in rows:
            found.lat[row], found.lon[row] = float(self.lat[row]), float(self.lon[row])
            found.radius_km[row], found.crs[row] = float(self.radius_km[row]), crs
            ledger.flag(row, "position", f"taken from {self._name}, as the first columns lack it")
        if rows:
            ledger.note(
                f"{len(rows):,} of {len(self.lat):,} positions were taken from {self._name}, where the "
                "columns that tell the others lack them"
            )

    def compare(
        self, lat: FloatArray, lon: FloatArray, found: Positions, ledger: Ledger
    ) -> FloatArray:
        """Tell where it says another place than the first way, which stands."""
        apart_km = _apart_km(lat, lon, self.lat, self.lon)
        with np.errstate(invalid="ignore"):
            far: BoolArray = apart_km > _LEAST_KM + np.nan_to_num(self.radius_km)
            same: BoolArray = apart_km <= _LEAST_KM + np.nan_to_num(self.radius_km)
        for row in np.flatnonzero(far).tolist():
            rounded = max(rounded_to_deg(found.lat[row]), rounded_to_deg(found.lon[row]))
            far[row] = apart_km[row] > _LEAST_KM + _KM_A_DEG * rounded * 1.5
        rows = np.flatnonzero(far)
        for row in rows.tolist():
            told = (
                f"{self._name} says {self.lat[row]:.4f}, {self.lon[row]:.4f}, {apart_km[row]:,.0f} km "
                "from the position taken"
            )
            ledger.flag(row, "attributes differ", told)
        if len(rows):
            ledger.note(
                f"{len(rows):,} of {int(np.isfinite(apart_km).sum()):,} rows say another place in "
                f"{self._name} than in the columns taken; for the former pass "
                f"{option('columns', dict(self.columns))}"
            )
        return np.where(same, self.radius_km, np.nan)

    @property
    def _name(self) -> str:
        return ", ".join(map(repr, self.columns.values()))


def _apart_km(lat: FloatArray, lon: FloatArray, lat_2: FloatArray, lon_2: FloatArray) -> FloatArray:
    """Distance on a small plane, which tells places apart."""
    with np.errstate(invalid="ignore"):
        across = (lon_2 - lon + 180.0) % 360.0 - 180.0
        apart: FloatArray = _KM_A_DEG * np.hypot(
            lat_2 - lat, across * np.cos(np.radians((lat + lat_2) / 2))
        )
    return apart


BEYOND_DEG = 3.0
"""Coordinates may lie so far beyond the area of use of their CRS, half a zone of UTM. Units: degrees."""

_METRES = 1_000.0  # beyond any number of degrees


def as_horizontal(given: Any) -> CRS | None:
    """Take what the user says is the CRS of x and y."""
    if given is None:
        return None
    try:
        refuse_file_names(str(given), "crs")
        crs = crs_of(given, "the coordinates")
    except BorderzoneError as error:
        msg = (
            f"crs must be a CRS such as {option('crs', 'EPSG:32637')}, got {shown(given)}: {error}"
        )
        raise InvalidParameterError(msg) from error
    if not (crs.is_geographic or crs.is_projected):
        msg = (
            f"crs must have x and y on the ground, as {option('crs', 'EPSG:32637')} has; got "
            f"{shown(given)}, {crs.name[:60]!r}, which is {crs.type_name}"
        )
        raise InvalidParameterError(msg)
    return crs


def looks_like_metres(lat: FloatArray, lon: FloatArray) -> BoolArray:
    """Tell which pairs are no degrees but coordinates of a plane."""
    with np.errstate(invalid="ignore"):
        return (np.abs(lat) > _METRES) & (np.abs(lon) > _METRES)


def onto_degrees(
    lat: FloatArray,
    lon: FloatArray,
    frames: Sequence[object],
    ledger: Ledger,
    *,
    usual: CRS | None = None,
    fix_swapped: bool = False,
) -> tuple[FloatArray, FloatArray]:
    """Bring y and x to latitude and longitude, each row from its own CRS."""
    lat, lon = lat.copy(), lon.copy()
    readable = ~(np.isnan(lat) | np.isnan(lon))
    for given, rows in _groups(frames, readable, usual):
        try:
            crs = given if given is usual and usual is not None else as_horizontal(given)
        except InvalidParameterError as error:
            for row in rows.tolist():
                ledger.quarantine(row, "crs", str(error))
            lat[rows] = lon[rows] = np.nan
            continue
        if crs is not None:
            _project(lat, lon, rows, crs, ledger, fix_swapped=fix_swapped)
    return lat, lon


def _groups(
    frames: Sequence[object], readable: BoolArray, usual: CRS | None
) -> list[tuple[Any, IntArray]]:
    """Rows by the CRS that they tell."""
    rows = np.flatnonzero(readable)
    # By the number of the name: a CRS is slow to compare.
    numbers: dict[object, int] = {}
    names: list[Any] = [usual]
    which = np.zeros(len(rows), dtype=np.int64)
    for i, row in enumerate(rows.tolist()):
        cell = frames[row]
        if cell not in numbers:
            numbers[cell] = 0 if is_missing(cell) else len(names)
            names += [] if is_missing(cell) else [_name(cell)]
        which[i] = numbers[cell]
    groups = [(name, rows[which == number]) for number, name in enumerate(names)]
    return [(name, some) for name, some in groups if name is not None and len(some)]


def _name(cell: object) -> object:
    """Take a code alone for one of EPSG."""
    number = parse_number(cell)
    return int(number.value) if number.state == "ok" else str(cell).strip()


def _project(
    lat: FloatArray,
    lon: FloatArray,
    rows: IntArray,
    crs: CRS,
    ledger: Ledger,
    *,
    fix_swapped: bool,
) -> None:
    x, y = lon[rows].copy(), lat[rows].copy()
    to_lon, to_lat = _lon_lat(x, y, crs)
    near, far = _reach(to_lon, to_lat, crs)
    degrees = crs.is_projected & (np.abs(x) <= 180) & (np.abs(y) <= 90)
    bad = far | degrees
    if bad.any():
        other_lon, other_lat = _lon_lat(y, x, crs)
        swapped = bad & ~degrees & ~_reach(other_lon, other_lat, crs)[1]
        if fix_swapped:
            to_lon[swapped], to_lat[swapped] = other_lon[swapped], other_lat[swapped]
            bad &= ~swapped
        _tell(rows, (x, y), (bad, degrees, swapped), crs, ledger, way_out="leave crs out for these")
        to_lon[bad] = to_lat[bad] = np.nan
    _tell_beyond(rows[near & ~bad], crs, ledger)
    lat[rows], lon[rows] = to_lat, to_lon
    if crs.to_epsg() != 4326:
        code = ":".join(crs.to_authority() or ())
        ledger.note(
            f"x and y of {len(rows)} rows were read in {crs.name[:60]}{f' ({code})' if code else ''}"
        )


def _lon_lat(x: FloatArray, y: FloatArray, crs: CRS) -> tuple[FloatArray, FloatArray]:
    points = in_degrees(gpd.GeoSeries.from_xy(x, y, crs=crs), "the table")
    return np.array(points.x), np.array(points.y)


def _reach(lon: FloatArray, lat: FloatArray, crs: CRS) -> tuple[BoolArray, BoolArray]:
    """Which positions lie beyond the area of use by a little, and which by more than that."""
    finite = np.isfinite(lon) & np.isfinite(lat)
    area = crs.area_of_use
    if area is None:
        return np.zeros(len(lon), dtype=bool), ~finite
    west, south, east, north = area.bounds
    middle, half = (west + east) / 2, (east - west) / 2
    if east < west:  # across the 180th meridian
        middle, half = middle + 180, half + 180
    with np.errstate(invalid="ignore"):
        aside = np.abs((lon - middle + 180) % 360 - 180) - half
        above = np.maximum(south - lat, lat - north)
        beyond = np.maximum(aside, above)
        far = ~finite | (beyond > BEYOND_DEG)
        return ~far & (beyond > 0), far


def _tell(
    rows: IntArray,
    xy: tuple[FloatArray, FloatArray],
    verdicts: tuple[BoolArray, BoolArray, BoolArray],
    crs: CRS,
    ledger: Ledger,
    *,
    way_out: str,
) -> None:
    (x, y), (bad, degrees, swapped), name = xy, verdicts, crs.name[:60]
    for i in np.flatnonzero(bad | swapped).tolist():
        row, pair = int(rows[i]), f"x {x[i]:.10g}, y {y[i]:.10g}"
        if swapped[i] and not bad[i]:
            ledger.fix(row, "swapped", f"{pair} changed places")
        elif swapped[i]:
            told = f"{pair} lies in the area of {name} only when the two change places"
            ledger.quarantine(
                row,
                "swap suspected",
                f"{told}: pass {option('fix_swapped', value=True)} if they should",
            )
        elif degrees[i]:
            told = f"{pair} look like degrees, but {name} is a plane: {way_out}"
            ledger.quarantine(row, "outside its crs", told)
        else:
            ledger.quarantine(row, "outside its crs", f"{pair} does not lie in the area of {name}")


def _tell_beyond(rows: IntArray, crs: CRS, ledger: Ledger) -> None:
    if len(rows):
        told = f"up to {BEYOND_DEG:g} degrees outside the area of use of {crs.name[:60]}"
        ledger.flag_all(rows, "beyond its crs", told)


def judge_area_of_use(shapes: Any, usable: BoolArray, name: str, ledger: Ledger) -> BoolArray:
    """Set points aside that lie where the CRS of their table does not hold."""
    crs = shapes.crs
    rows = np.flatnonzero(usable)
    if crs is None or crs.is_geographic or not len(rows):
        return usable
    some = shapes.iloc[rows]
    x, y = np.array(some.x), np.array(some.y)
    placed = in_degrees(some, name)
    near, far = _reach(np.array(placed.x), np.array(placed.y), crs)
    degrees = (np.abs(x) <= 180) & (np.abs(y) <= 90)
    bad = far | degrees
    never = np.zeros(len(rows), dtype=bool)
    mend = "name their true CRS with .set_crs('EPSG:4326', allow_override=True)"
    _tell(rows, (x, y), (bad, degrees, never), crs, ledger, way_out=mend)
    _tell_beyond(rows[near & ~bad], crs, ledger)
    kept = usable.copy()
    kept[rows[bad]] = False
    return kept


_SHOWN = 5
_LOOKED_AT = 200  # rows: enough to tell what a column holds
_MOST = 0.8  # share of cells that must look alike
_LIMITS = {"lat": 90.0, "lon": 180.0}
# Parts of names in which positions hide, by what they are likely to be.
_HINTS: Mapping[str, re.Pattern[str]] = {
    "lat": re.compile(r"lat|nord|north|breit|hochwert|(^|_)y(_|$)"),
    "lon": re.compile(r"lon|lng|east|ost|l[äa]e?ng|rechtswert|(^|_)x(_|$)"),
    "mgrs": re.compile(r"mgrs|grid|utm"),
    "latlon": re.compile(r"coor|koord|gps|geo|posi|point|punkt|loc|wkt"),
}
_PAIR = re.compile(r"[-+]?\d{1,3}[.,]\d+\D+\d{1,3}[.,]\d+")


class _Likely(NamedTuple):
    """A column, what it may be, and what speaks for it: its cells more than its name."""

    column: str
    parts: tuple[str, ...]
    score: int


def no_places(raw: pd.DataFrame, absent: Sequence[str], taken: Iterable[str], name: str) -> str:
    """Say that a table has no coordinates, which columns look like them, and what to pass."""
    others = [str(column) for column in raw.columns if str(column) not in set(taken)]
    found = sorted((one for one in map(_Look(raw), others) if one.parts), key=_worst_last)
    wanted = " and ".join(_AXES[part] for part in absent)
    looked = f"looked for were names such as {', '.join(ALIASES[absent[0]][:2])}"
    if len(absent) == len(_AXES):
        looked += ", grid references (mgrs) and both in one cell (coordinates)"
    if found:
        likely = ", ".join(shown(one.column) for one in found[:_SHOWN])
        told = f"likely {'is' if len(found) == 1 else 'are'} {likely}"
    else:
        names = ", ".join(map(shown, map(str, raw.columns[:_SHOWN])))
        more = len(raw.columns) - _SHOWN
        told = (
            f"found {names}{f' and {more} more' if more > 0 else ''}, none of which looks like one"
        )
    if len(raw.columns) == 1:
        told += ". Only one column was found: is it delimited by comma, semicolon, tab or bar?"
    named = option("columns", _as_option(found, absent))
    return f"{name} has no column for {wanted}: {told} ({looked}). Name yours: {named}"


class _Look:
    """What a column may be, by its name and its first cells."""

    def __init__(self, raw: pd.DataFrame) -> None:
        self._raw = raw
        self._at = {str(name): place for place, name in enumerate(raw.columns)}

    def __call__(self, column: str) -> _Likely:
        plain = plain_name(column)
        by_name = {part for part, words in _HINTS.items() if words.search(plain)}
        by_name |= {part for part in _HINTS if nearest(plain, ALIASES[part], cutoff=0.8)}
        head = self._raw.iloc[:_LOOKED_AT, self._at[column]].tolist()
        cells = [cell for cell in head if not is_missing(cell)]
        by_cells = _held(cells) if cells else ()
        parts = tuple(part for part in by_cells if part in by_name) or by_cells
        # Cells that are no position speak against any name; without cells the name alone speaks.
        parts = parts or (() if cells else tuple(sorted(by_name)))
        return _Likely(column, parts, 2 * bool(by_cells) + bool(by_name & set(parts)))


def _held(cells: list[object]) -> tuple[str, ...]:
    """Tell which parts of a position the cells of a column may be."""
    texts = [str(cell) for cell in cells]
    if _mostly(mgrs_position(text) is not None for text in texts):
        return ("mgrs",)
    if _mostly(_PAIR.search(text) is not None for text in texts):
        return ("latlon",)
    angles = {part: [angle_deg(cell, part) for cell in cells] for part in _AXES}
    fits = tuple(part for part in _AXES if _mostly(_inside(angle, part) for angle in angles[part]))
    # Whole numbers are counts, codes and years far more often than degrees.
    broken = sum(map(_is_broken, cells))
    return fits if 2 * broken >= len(cells) else ()


def _inside(angle: float | None, part: str) -> bool:
    return angle is not None and abs(angle) <= _LIMITS[part]


def _is_broken(cell: object) -> bool:
    number = parse_number(cell)
    return number.state == "bad" or not float(number.value).is_integer()


def _mostly(tests: Iterable[bool]) -> bool:
    said = list(tests)
    return sum(said) >= _MOST * len(said)


def _worst_last(one: _Likely) -> int:
    return -one.score


def _as_option(found: list[_Likely], absent: Sequence[str]) -> dict[str, str]:
    """Name the best columns as parts: one that holds all, or one for each that is absent."""
    if found and len(absent) == len(_AXES) and found[0].parts[0] not in _AXES:
        return {found[0].parts[0]: found[0].column}
    free = [one for one in found if set(one.parts) & set(_AXES)]
    named: dict[str, str] = {}
    # What can be one part alone is given it first.
    for part in sorted(absent, key=lambda part: sum(part in one.parts for one in free)):
        mine = [one for one in free if part in one.parts and one.column not in named.values()]
        if mine:
            named[part] = min(mine, key=lambda one: (-one.score, len(one.parts))).column
    return {part: named.get(part, "its name in your file") for part in absent}


_SPREAD = ("year", "month", "day")
_WHEN = ("date", "date_end", *_SPREAD)
# Names that may be the date of something else: taken only where nothing better is there.
_WEAK = ("timestamp", "begin", "time", "when")
_ENDS = {"begin": "end"}
_DATE_WORDS = {
    "date",
    "datum",
    "fecha",
    "tarih",
    "time",
    "timestamp",
    "datetime",
    "التاريخ",
    "تاريخ",
}
_SAMPLE = 50


def date_parts(
    raw: pd.DataFrame,
    parts: Mapping[str, str],
    given: Mapping[str, str],
    ledger: Ledger,
    judging: Judging,
) -> dict[str, str]:
    """Tell which columns of a table say when."""
    search = _Search(raw, parts, given, judging)
    named = {part: given.get(part) or search.named(part) for part in ("date", "date_end")}
    when = {part: name for part, name in named.items() if name}
    named = {part: given.get(part) or search.first(part) for part in _SPREAD}
    spread = {part: name for part, name in named.items() if name and _of(raw, name)}
    cells = _of(raw, when["date"]) if "date" in when else []
    if "date" in given or ("year" not in given and cells and not _are_days_of_a_month(cells)):
        spread = {}
    elif "year" in spread and ("month" in spread or "year" in given):
        if "day" not in spread and cells and _are_days_of_a_month(cells):
            spread["day"] = when["date"]
        when.pop("date", None)
    elif weak := search.weak():
        ledger.note(f"column {weak!r} was taken for the date, for want of a better one")
        end = search.filled(_ENDS.get(plain_name(weak), ""))
        when = ({"date_end": end} if end else {}) | when | {"date": weak}
        spread = {}
    elif "year" in spread and not cells:
        spread = {"year": spread["year"]}
        ledger.note(f"the date is known to the year alone, from column {spread['year']!r}")
        when.pop("date", None)
    else:
        spread = {}
    others = {part: name for part, name in parts.items() if part not in _WHEN}
    found = others | when | spread
    if "date" not in found and "year" not in found:
        _tell_none(raw, found, ledger, judging.as_of)
    return {part: found[part] for part in ALIASES if part in found}


def _tell_none(raw: pd.DataFrame, parts: Mapping[str, str], ledger: Ledger, as_of: dt.date) -> None:
    """Say that no column was taken for the date, and which looks like one."""
    told = f"no column was taken for the date: {len(raw):,} rows are without one"
    others = [str(name) for name in raw.columns if str(name) not in (*parts.values(), "geometry")]
    head = raw.head(_SAMPLE)
    likely = next((name for name in others if _looks_like_dates(_of(head, name), as_of)), None)
    likely = likely or next(
        (name for name in others if _is_named_so(name) and _of(raw, name)), None
    )
    if likely is not None:
        told += f" ({likely!r} looks like one: {option('columns', {'date': likely})})"
    ledger.note(told)


class _Search:
    """Columns that may be the date, by name and by what they hold."""

    def __init__(
        self,
        raw: pd.DataFrame,
        parts: Mapping[str, str],
        given: Mapping[str, str],
        judging: Judging,
    ) -> None:
        self._raw, self._date_format, self._as_of = raw, judging.date_format, judging.as_of
        own = {name for part, name in parts.items() if part not in _WHEN}
        taken = own | set(given.values())
        self._names = [str(name) for name in raw.columns if str(name) not in taken]

    def first(self, part: str) -> str | None:
        """Give the column that plays a part by its name alone."""
        plain = {plain_name(name): name for name in reversed(self._names)}
        return next((plain[alias] for alias in ALIASES[part] if alias in plain), None)

    def filled(self, alias: str) -> str | None:
        """Give the column of a name that holds dates."""
        for name in self._names:
            if plain_name(name) == alias and _looks_like_dates(_of(self._raw, name), self._as_of):
                return name
        return None

    def weak(self) -> str | None:
        """Give the first column of a weak name that holds dates."""
        return next((name for alias in _WEAK if (name := self.filled(alias))), None)

    def named(self, part: str) -> str | None:
        """Give the one column that plays a part; an error where two do and differ."""
        rank = {alias: i for i, alias in enumerate(ALIASES[part])}
        named = [name for name in self._names if plain_name(name) in rank]
        named.sort(key=lambda name: rank[plain_name(name)])
        held = {name: cells for name in named if (cells := _of(self._raw, name))}
        if part == "date":
            # A day of the month is no date; a column of that name may hold whole dates.
            held = {name: cells for name, cells in held.items() if not _are_days_of_a_month(cells)}
            held |= {
                name: cells
                for name in self._names
                if plain_name(name) in ALIASES["day"]
                and _looks_like_dates(cells := _of(self._raw, name), self._as_of)
            }
        if len(held) > 1:
            held = {n: c for n, c in held.items() if self._reads(c)} or held
        if len(held) > 1:
            return self._of_twins(part, list(held))
        # Where nothing holds dates, a column of that name still says that there is none.
        return next(iter([*held, *(name for name in named if plain_name(name) in rank)]), None)

    def _reads(self, cells: list[object]) -> bool:
        return any(read_cell(cell, self._date_format, self._as_of).days for cell in cells)

    def _of_twins(self, part: str, names: list[str]) -> str:
        """Give the fullest of several columns that agree."""
        read = {name: self._dates(name) for name in names}
        for i, one in enumerate(names):
            for other in names[i + 1 :]:
                self._refuse_different(part, one, other, read)
        return max(names, key=lambda name: int((~np.isnat(read[name].start)).sum()))

    def _refuse_different(self, part: str, one: str, other: str, read: Mapping[str, Dates]) -> None:
        apart = _apart(read[one], read[other])
        if not apart.any():
            return
        row = int(np.flatnonzero(apart)[0])
        cells = [quoted(self._raw[name].iloc[row]) for name in (one, other)]
        what = "date" if part == "date" else "last day"
        ways = " or ".join(option("columns", {part: name}) for name in (one, other))
        msg = (
            f"two columns look like the {what}, {one!r} and {other!r}, and differ in "
            f"{int(apart.sum()):,} of {len(apart):,} rows (row {row + 1}: {' and '.join(cells)}); "
            f"say which it is: {ways}"
        )
        raise DataError(msg)

    def _dates(self, name: str) -> Dates:
        cells = {"date": Spellings(self._raw[name])}
        n_rows, zero = len(self._raw), self._raw.attrs.get("day_zero")
        return read_dates(
            cells,
            n_rows,
            Ledger(n_rows),
            date_format=self._date_format,
            as_of=self._as_of,
            day_zero=zero,
        )


def _apart(one: Dates, other: Dates) -> BoolArray:
    """Rows in which both are known and no day is in both."""
    apart: BoolArray = (one.start > other.end) | (other.start > one.end)
    return apart


def _of(raw: pd.DataFrame, name: str) -> list[object]:
    """Give the first different cells of a column that hold anything."""
    cells = (cell for cell in raw[name].drop_duplicates().tolist() if not is_missing(cell))
    return list(islice(cells, _SAMPLE))


def _are_days_of_a_month(cells: list[object]) -> bool:
    numbers = [parse_number(cell) for cell in cells]
    return bool(numbers) and all(n.state == "ok" and 0 <= n.value <= 31 for n in numbers)


def _looks_like_dates(cells: list[object], as_of: dt.date) -> bool:
    """Whether all cells are days; plain numbers and years alone may be anything."""
    readings = [read_cell(cell, None, as_of) for cell in cells]
    return bool(cells) and all(
        r.days and not r.number and all(day[2] for day in r.days.values()) for r in readings
    )


def _is_named_so(name: str) -> bool:
    words = [word.strip("0123456789") for word in plain_name(name).split("_")]
    return any(word in _DATE_WORDS or word.endswith(("date", "datum")) for word in words)
