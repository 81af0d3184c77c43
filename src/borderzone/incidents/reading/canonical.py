"""From a raw table, however its columns are called, to the one form the study works on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from borderzone.incidents.cells import is_missing, parse_number, shown
from borderzone.incidents.hints import option
from borderzone.incidents.incident_table import COLUMNS, Ledger
from borderzone.incidents.reading.aliases import lon_first
from borderzone.incidents.reading.angles import by_their_letters, plain_angles
from borderzone.incidents.reading.dates import as_timestamps, read_dates
from borderzone.incidents.reading.duplicates import flag_duplicates
from borderzone.incidents.reading.expected import Box, Expected
from borderzone.incidents.reading.frames import looks_like_metres, onto_degrees
from borderzone.incidents.reading.home_ground import HomeGround, tell_contradictions
from borderzone.incidents.reading.layouts import Layout, cells_of
from borderzone.incidents.reading.marks import marked_rows
from borderzone.incidents.reading.one_cell import Positions, positions_in_one_column
from borderzone.incidents.reading.positions import flag_pile_ups, judge_pairs, read_pairs
from borderzone.incidents.reading.precision_columns import stated_precision, unstated_words
from borderzone.incidents.reading.second_place import SecondPlace
from borderzone.incidents.reading.utm import zone_frames
from borderzone.incidents.spellings import Spellings

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping, Sequence

    from borderzone._typing import BoolArray, FloatArray
    from borderzone.corridor import Corridor

__all__ = ["ReadOptions", "canonical"]

_LABEL = "SYNTHETIC DATA"
_TEXTS = ("event_type", "description", "country", "admin1", "admin2", "place", "source")
_COUNTS = ("fatalities_low", "fatalities_best", "fatalities_high")
_MOST_DEATHS = 10_000_000  # beyond any single event
_MANY_WHOLE = 10  # rows on whole degrees, more of which are no accident


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadOptions:
    """
    How doubtful cells are to be judged.

    Attributes
    ----------
    date_format
        `strptime` format of the dates; None for formats with one reading.
    fix_swapped
        Swap latitude and longitude where they look swapped.
    bbox
        Where positions are expected: west, south, east, north. Units: degrees.
    as_of
        Last day that is not in the future.
    crs
        CRS of coordinates that are not degrees of WGS84.
    given
        Parts of which the user named the column.
    corridor
        Corridor that the table is read for.
    beside
        Part to column, of a second way in which the table tells the position.
    """

    date_format: str | None = None
    fix_swapped: bool = False
    bbox: Box | None = None
    as_of: dt.date
    crs: Any = None
    given: frozenset[str] = frozenset()
    corridor: Corridor | None = None
    beside: Mapping[str, str] = field(default_factory=dict)


def canonical(
    raw: pd.DataFrame,
    layouts: Sequence[Layout],
    parts: Mapping[str, str],
    ledger: Ledger,
    options: ReadOptions,
) -> gpd.GeoDataFrame:
    """Bring a raw table into the canonical columns, row by row, dropping none."""
    stated = stated_precision(raw, layouts, parts, options.given, ledger)
    parts = stated.parts
    cells = _Cells(cells_of(raw, layouts, parts, options.given), len(raw))
    home = HomeGround(cells.spellings("country"))
    second = _second_place(raw, options.beside) if options.beside else None
    lat, lon, open_km = _positions(cells, parts, home, second, ledger, options)
    table: dict[str, Any] = {"id": _ids(cells.texts("id"))}
    dates = read_dates(
        {
            part: cells.spellings(part)
            for part in ("date", "date_end", "date_precision", "year", "month", "day")
            if part in cells
        },
        len(raw),
        ledger,
        date_format=options.date_format,
        as_of=options.as_of,
        day_zero=raw.attrs.get("day_zero"),
    )
    table |= {"date_start": dates.start, "date_end": dates.end, "date_precision": dates.precision}
    table |= {part: cells.texts(part) for part in _TEXTS}
    table |= {"lat": lat, "lon": lon}
    table |= {"where_prec": stated.where_prec, "where_scheme": stated.where_scheme}
    unstated = np.isnan(stated.radius_km) & table["where_prec"].isna()
    table["radius_km"] = np.where(unstated, open_km, stated.radius_km)
    table |= {part: _fatalities(cells.spellings(part), ledger) for part in _COUNTS}
    table["dataset"] = _datasets(raw, layouts, cells)
    table["synthetic"] = cells.spellings("synthetic").read(_truth, bool)
    usable = np.array([status != "quarantined" for status in ledger.statuses()])
    if told := unstated_words(np.isnan(table["radius_km"]) & table["where_prec"].isna(), usable):
        ledger.note(told)
    flag_pile_ups(lat, lon, usable, ledger)
    _tell_whole_degrees(lat, lon, usable & unstated & np.isnan(open_km), ledger)
    provinces = cells.spellings("admin1") if "admin1" in cells else None
    tell_contradictions(home, provinces, lat, lon, usable, ledger)
    flag_duplicates(raw, table, usable, ledger, given_ids="id" in parts)
    table |= {"status": ledger.statuses(), "reason": ledger.reasons()}
    return _assemble(table, raw, parts, usable, is_own=layouts[0].name == "borderzone")


class _Cells:
    """The cells of every part, as lists or as trimmed text; a part that is absent is blank."""

    def __init__(self, columns: Mapping[str, pd.Series], n_rows: int) -> None:
        self._columns, self._n_rows = columns, n_rows

    def __contains__(self, part: str) -> bool:
        return part in self._columns

    def list(self, part: str) -> list[object]:
        if part not in self._columns:
            return [""] * self._n_rows
        cells: list[object] = self._columns[part].tolist()
        return cells

    def spellings(self, part: str) -> Spellings:
        if part not in self._columns:
            return Spellings.blank(self._n_rows)
        return Spellings(self._columns[part])

    def texts(self, part: str) -> pd.Series:
        """Give trimmed text; whole columns of text are never taken apart."""
        column = self._columns.get(part)
        if column is None:
            return pd.Series([""] * self._n_rows, dtype="str")
        if isinstance(column.dtype, pd.StringDtype):
            return column.fillna("").str.strip().astype("str")
        return pd.Series([_text(cell) for cell in column.tolist()], dtype="str")


def _positions(
    cells: _Cells,
    parts: Mapping[str, str],
    home: HomeGround,
    second: SecondPlace | None,
    ledger: Ledger,
    options: ReadOptions,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Latitude, longitude, and the radius that a coarse grid reference leaves open."""
    in_plane = options.crs is not None and options.crs.is_projected
    found = _pairs_of_cells(cells, parts, ledger, x_first=in_plane)
    if second is not None:
        second.fill(found, ledger, "" if options.crs is None else "EPSG:4326")
    lat_cells, lon_cells = by_their_letters(found.lat, found.lon, ledger)
    found = found._replace(lat=lat_cells, lon=lon_cells)
    lat, lon = read_pairs(
        plain_angles(found.lat, "lat", ledger), plain_angles(found.lon, "lon", ledger), ledger
    )
    if options.crs is not None or not all(map(is_missing, dict.fromkeys(found.crs))):
        lat, lon = onto_degrees(
            lat, lon, found.crs, ledger, usual=options.crs, fix_swapped=options.fix_swapped
        )
    for row in np.flatnonzero(looks_like_metres(lat, lon)).tolist():
        told = (
            f"these look like projected metres, not degrees: name their CRS with "
            f"{option('crs', 'EPSG:32637')}, as it is"
        )
        ledger.quarantine(row, "metres", told)
    expected = Expected(bbox=options.bbox, corridor=options.corridor, home=home)
    judge_pairs(lat, lon, ledger, expected, fix_swapped=options.fix_swapped)
    open_km = np.array(found.radius_km, dtype=float)
    if second is not None:
        open_km = np.where(np.isnan(open_km), second.compare(lat, lon, found, ledger), open_km)
    return lat, lon, open_km


def _second_place(raw: pd.DataFrame, columns: Mapping[str, str]) -> SecondPlace:
    """Read the second way for itself; what it cannot tell is no finding, as the first stands."""
    cells = _Cells({p: raw[name].reset_index(drop=True) for p, name in columns.items()}, len(raw))
    aside = Ledger(len(raw))
    found = _pairs_of_cells(cells, columns, aside, x_first=False)
    lat, lon = read_pairs(
        plain_angles(found.lat, "lat", aside), plain_angles(found.lon, "lon", aside), aside
    )
    if not all(map(is_missing, dict.fromkeys(found.crs))):
        lat, lon = onto_degrees(lat, lon, found.crs, aside)
    with np.errstate(invalid="ignore"):
        lat[~((np.abs(lat) <= 90) & (np.abs(lon) <= 180))] = np.nan
    return SecondPlace(columns, lat, lon, np.array(found.radius_km, dtype=float))


def _pairs_of_cells(
    cells: _Cells, parts: Mapping[str, str], ledger: Ledger, *, x_first: bool
) -> Positions:
    """Latitude and longitude, or y and x, in whichever columns they are."""
    way = next((way for way in (("lat", "lon"), ("northing", "easting")) if way[0] in cells), None)
    if way is not None:
        y, x = (cells.list(part) for part in way)
        frames = cells.list("crs")
        if "utm_zone" in cells:
            frames = zone_frames(cells.list("utm_zone"), y, frames, ledger)
        return Positions(y, x, [np.nan] * len(y), frames)
    part = next(part for part in ("mgrs", "latlon", "lonlat") if part in cells)
    return positions_in_one_column(
        cells.list(part),
        ledger,
        lon_first=x_first or part == "lonlat" or lon_first(parts[part]),
        what="a grid reference" if part == "mgrs" else "",
    )


def _tell_whole_degrees(lat: FloatArray, lon: FloatArray, rows: BoolArray, ledger: Ledger) -> None:
    n_whole = int((rows & (lat == np.rint(lat)) & (lon == np.rint(lon))).sum())
    if n_whole > _MANY_WHOLE:
        ledger.note(
            f"{n_whole} of {len(lat)} rows lie on whole degrees, which tell a place to some 70 km, and state "
            "no precision"
        )


def _datasets(raw: pd.DataFrame, layouts: Sequence[Layout], cells: _Cells) -> pd.Series:
    """Words of the table go before the layout: rows in it may still be somebody else's."""
    told = cells.texts("dataset")
    own = next((name for name in raw.columns if str(name).casefold() == "dataset"), None)
    if "dataset" not in cells and own is not None:
        told = pd.Series([_text(cell) for cell in raw[own].tolist()], dtype="str")
    usual = pd.Series(layouts[0].dataset, index=told.index, dtype="str")
    if len(layouts) > 1:
        rows = marked_rows(raw)
        for layout in reversed(layouts):
            usual = usual.mask(rows[layout.name], layout.dataset)
    return told.where(told != "", usual)


def _assemble(
    table: dict[str, Any],
    raw: pd.DataFrame,
    parts: Mapping[str, str],
    usable: BoolArray,
    *,
    is_own: bool,
) -> gpd.GeoDataFrame:
    columns: dict[str, Any] = {}
    for name in COLUMNS:
        if name in ("date_start", "date_end"):
            columns[name] = as_timestamps(table[name], raw.index)
        else:
            cells = table[name].array if isinstance(table[name], pd.Series) else table[name]
            columns[name] = pd.Series(cells, index=raw.index, dtype=_dtype(name))
    _keep_others(columns, raw, is_own=is_own)
    points = np.full(len(raw), shapely.Point(), dtype=object)
    points[usable] = shapely.points(table["lon"][usable], table["lat"][usable])
    frame = pd.DataFrame(columns, index=raw.index)
    events = gpd.GeoDataFrame(frame, geometry=points, crs="EPSG:4326")
    events.attrs["columns"] = dict(parts)
    if events["synthetic"].any():
        events.attrs["label"] = _LABEL
    return events


def _keep_others(columns: dict[str, Any], raw: pd.DataFrame, *, is_own: bool) -> None:
    """Set every other column of the file beside the canonical ones."""
    for name in raw.columns:
        own = str(name)
        plain = own.casefold()
        if plain in ("geometry", "status", "reason"):
            # The verdict of an earlier reading is made anew; a stranger's column is kept.
            if not is_own and raw[name].dtype != "geometry":
                columns[f"{own}_original"] = raw[name]
            continue
        if plain not in COLUMNS:
            columns[own] = raw[name]
        # Under a canonical name the read value stands; the cells stay beside it if they differ.
        elif _changed(raw[name], columns[plain]) and f"{own}_original" not in raw.columns:
            columns[f"{own}_original"] = raw[name]


def _dtype(name: str) -> Any:
    if name in ("where_prec", *_COUNTS):
        return "Int64"
    if name in ("lat", "lon", "radius_km"):
        return float
    return bool if name == "synthetic" else "str"


def _changed(raw: pd.Series, read: pd.Series) -> bool:
    """Whether the canonical column says anything else than the raw cells did."""
    if pd.api.types.is_float_dtype(read):
        # Most cells are plain numbers: only the others need the careful look.
        same = (pd.to_numeric(raw, errors="coerce") == read).to_numpy(dtype=bool, na_value=False)
        raw, read = raw[~same], read[~same]
    elif isinstance(raw.dtype, pd.StringDtype) and isinstance(read.dtype, pd.StringDtype):
        # A text that came through as it was needs none.
        same = (raw == read).to_numpy(dtype=bool, na_value=False)
        raw, read = raw[~same], read[~same]
    return any(_says_else(before, after) for before, after in _pairs(raw, read))


def _pairs(raw: pd.Series, read: pd.Series) -> Iterator[tuple[object, object]]:
    """Each different pair of cells once."""
    if raw.dtype == object:  # cells of several kinds may be equal, and are not the same
        yield from set(zip(raw.tolist(), read.tolist(), strict=True))
        return
    before, raws = pd.factorize(raw, use_na_sentinel=False)
    after, reads = pd.factorize(read, use_na_sentinel=False)
    said, found = raws.tolist(), reads.tolist()
    for pair in np.unique(before * len(found) + after).tolist():
        yield said[pair // len(found)], found[pair % len(found)]


def _says_else(before: object, after: object) -> bool:
    if isinstance(after, pd.Timestamp):
        if before == after:
            return False
        after = after.strftime("%Y-%m-%d")
    if before is after or (is_missing(before) and is_missing(after)):
        return False
    if str(before).strip() == str(after):
        return False
    number = parse_number(before)
    return not (number.state == "ok" and number.value == parse_number(after).value)


def _ids(texts: pd.Series) -> list[str]:
    found: list[str] = texts.tolist()
    # No word for nothing has a digit, and most ids have one.
    bare = np.flatnonzero(~texts.str.contains("[0-9]", regex=True).to_numpy(dtype=bool))
    for row in bare.tolist():
        if is_missing(found[row]):
            found[row] = f"row-{row + 1}"
    return found


def _text(cell: object) -> str:
    if cell is None or cell is pd.NA or (isinstance(cell, float) and np.isnan(cell)):
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _truth(cell: object) -> bool:
    return str(cell).strip().casefold() in {"true", "1", "1.0", "yes"}


def _fatalities(cells: Spellings, ledger: Ledger) -> Any:
    counts = np.zeros(len(cells.cells), dtype=np.int64)
    known = np.zeros(len(cells.cells), dtype=bool)
    for which, cell in enumerate(cells.cells):
        number = parse_number(cell)
        if number.state == "missing":
            continue
        if number.state == "ok" and 0 <= number.value <= _MOST_DEATHS and number.value.is_integer():
            counts[which], known[which] = int(number.value), True
        else:
            told = f"{shown(cell)} is not a count and is left out"
            ledger.flag_all(cells.rows(which), "fatalities", told)
    return pd.arrays.IntegerArray(counts[cells.numbers], ~known[cells.numbers])
