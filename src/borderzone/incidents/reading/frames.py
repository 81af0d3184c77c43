"""Coordinates in a CRS that is stated, brought to degrees of WGS84 or set aside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np

from borderzone._guards import shown
from borderzone.crs import crs_of, in_degrees, refuse_file_names
from borderzone.errors import BorderzoneError, InvalidParameterError
from borderzone.incidents.cells import is_missing, parse_number
from borderzone.incidents.hints import option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyproj import CRS

    from borderzone._typing import BoolArray, FloatArray, IntArray
    from borderzone.incidents.incident_table import Ledger

__all__ = ["BEYOND_DEG", "as_horizontal", "judge_area_of_use", "looks_like_metres", "onto_degrees"]

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
