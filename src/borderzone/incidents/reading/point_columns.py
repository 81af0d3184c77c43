"""Which columns of a table tell where an event was, and what they say when they say it twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from borderzone.crs import in_degrees
from borderzone.errors import DataError, InvalidParameterError
from borderzone.incidents.cells import is_missing, parse_number
from borderzone.incidents.hints import option
from borderzone.incidents.reading.aliases import companions_of, rivals_of
from borderzone.incidents.reading.angles import angle_deg
from borderzone.incidents.reading.frames import as_horizontal, judge_area_of_use
from borderzone.incidents.reading.one_cell import holds_positions, shapes_in_words, sole_point

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from borderzone._typing import BoolArray, FloatArray
    from borderzone.incidents.incident_table import Ledger

__all__ = [
    "agreed_columns",
    "position_column",
    "rounded_to_deg",
    "with_companions",
    "with_coordinates",
    "without_bytes",
]

_POINT, _MULTIPOINT, _COLLECTION = 0, 4, 7  # geometry type numbers in GEOS
_WORDS = {"lat": "latitude", "lon": "longitude"}
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
                    f"{name} has two columns that could be the {_WORDS[part]}, {pair}, {differ}; name the "
                    f"one that is, for example {way_out}"
                )
                raise DataError(msg)
            ledger.note(
                f"of {pair}, {differ}, {parts[part]!r} was taken for the {_WORDS[part]}; for the other "
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
        first = next((cell for cell in column.tolist() if cell is not None and cell == cell), None)  # noqa: PLR0124 (NaN)
        if isinstance(first, (bytes, bytearray)) and first[:1] in (b"\x00", b"\x01"):
            table = table.copy(deep=False)
            texts = shapes_in_words(column.tolist())
            table.isetitem(place, pd.Series(texts, index=table.index, dtype=object))
    return table
