"""From a raw table, however its columns are called, to the one form the study works on."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from borderzone.incidents.option_list import option
from borderzone.incidents.placing.precision import UNSTATED
from borderzone.incidents.reading.aliases import lon_first, tokens
from borderzone.incidents.reading.columns import SecondPlace, looks_like_metres, onto_degrees
from borderzone.incidents.reading.dates import as_timestamps, read_dates
from borderzone.incidents.reading.layouts import (
    COLLECTIONS,
    Layout,
    by_plain_name,
    cells_of,
    filled,
    marked_rows,
    own_column,
    scheme_of,
)
from borderzone.incidents.reading.position_cells import (
    Positions,
    by_their_letters,
    plain_angles,
    positions_in_one_column,
    zone_frames,
)
from borderzone.incidents.reading.positions import (
    Box,
    Expected,
    HomeGround,
    flag_pile_ups,
    judge_pairs,
    on_globe,
    read_pairs,
    tell_contradictions,
)
from borderzone.incidents.table_schema import (
    COLUMNS,
    FATALITIES,
    SYNTHETIC_LABEL,
    Ledger,
    Spellings,
    is_missing,
    parse_number,
    quoted,
)

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from numpy.typing import NDArray
    from pyproj import CRS

    from borderzone._typing import BoolArray, FloatArray, IntArray
    from borderzone.corridor import Corridor
    from borderzone.incidents.reading.layouts import Layout

__all__ = [
    "SAME_PLACE_KM",
    "UNSTATED_TOLD",
    "Judging",
    "StatedPrecision",
    "canonical",
    "flag_duplicates",
    "stated_precision",
    "unstated_words",
]


_TEXTS = ("event_type", "description", "country", "admin1", "admin2", "place", "source")
_MOST_DEATHS = 10_000_000  # beyond any single event
_MANY_WHOLE = 10  # rows on whole degrees, more of which are no accident


@dataclass(frozen=True, kw_only=True, slots=True)
class Judging:
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
    judging: Judging,
) -> gpd.GeoDataFrame:
    """Bring a raw table into the canonical columns, row by row, dropping none."""
    stated = stated_precision(raw, layouts, parts, judging.given, ledger)
    parts = stated.parts
    cells = _Cells(cells_of(raw, layouts, parts, judging.given), len(raw))
    home = HomeGround(cells.spellings("country"))
    second = _second_place(raw, judging.beside) if judging.beside else None
    lat, lon, open_km = _positions(cells, parts, home, second, ledger, judging)
    table: dict[str, Any] = {"id": _ids(cells.texts("id"))}
    dates = read_dates(
        {
            part: cells.spellings(part)
            for part in ("date", "date_end", "date_precision", "year", "month", "day")
            if part in cells
        },
        len(raw),
        ledger,
        date_format=judging.date_format,
        as_of=judging.as_of,
        day_zero=raw.attrs.get("day_zero"),
    )
    table |= {"date_start": dates.start, "date_end": dates.end, "date_precision": dates.precision}
    table |= {part: cells.texts(part) for part in _TEXTS}
    table |= {"lat": lat, "lon": lon}
    table |= {"where_prec": stated.where_prec, "where_scheme": stated.where_scheme}
    unstated = np.isnan(stated.radius_km) & table["where_prec"].isna()
    table["radius_km"] = np.where(unstated, open_km, stated.radius_km)
    table |= {part: _fatalities(cells.spellings(part), ledger) for part in FATALITIES}
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
    judging: Judging,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Latitude, longitude, and the radius that a coarse grid reference leaves open."""
    in_plane = judging.crs is not None and judging.crs.is_projected
    found = _pairs_of_cells(cells, parts, ledger, x_first=in_plane)
    if second is not None:
        second.fill(found, ledger, "" if judging.crs is None else "EPSG:4326")
    lat_cells, lon_cells = by_their_letters(found.lat, found.lon, ledger)
    found = found._replace(lat=lat_cells, lon=lon_cells)
    lat, lon = _in_degrees(found, ledger, usual=judging.crs, fix_swapped=judging.fix_swapped)
    for row in np.flatnonzero(looks_like_metres(lat, lon)).tolist():
        told = (
            f"these look like projected metres, not degrees: name their CRS with "
            f"{option('crs', 'EPSG:32637')}, as it is"
        )
        ledger.quarantine(row, "metres", told)
    expected = Expected(bbox=judging.bbox, corridor=judging.corridor, home=home)
    judge_pairs(lat, lon, ledger, expected, fix_swapped=judging.fix_swapped)
    open_km = np.array(found.radius_km, dtype=float)
    if second is not None:
        open_km = np.where(np.isnan(open_km), second.compare(lat, lon, found, ledger), open_km)
    return lat, lon, open_km


def _in_degrees(
    found: Positions, ledger: Ledger, *, usual: CRS | None = None, fix_swapped: bool = False
) -> tuple[FloatArray, FloatArray]:
    """Read pairs as numbers, and bring those of another CRS to degrees."""
    lat, lon = read_pairs(
        plain_angles(found.lat, "lat", ledger), plain_angles(found.lon, "lon", ledger), ledger
    )
    if usual is None and all(map(is_missing, dict.fromkeys(found.crs))):
        return lat, lon
    return onto_degrees(lat, lon, found.crs, ledger, usual=usual, fix_swapped=fix_swapped)


def _second_place(raw: pd.DataFrame, columns: Mapping[str, str]) -> SecondPlace:
    """Read the second way for itself; what it cannot tell is no finding, as the first stands."""
    cells = _Cells({p: raw[name].reset_index(drop=True) for p, name in columns.items()}, len(raw))
    aside = Ledger(len(raw))
    found = _pairs_of_cells(cells, columns, aside, x_first=False)
    lat, lon = _in_degrees(found, aside)
    with np.errstate(invalid="ignore"):
        lat[~on_globe(lat, lon)] = np.nan
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
        events.attrs["label"] = SYNTHETIC_LABEL
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
    if name in ("where_prec", *FATALITIES):
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
            told = f"{quoted(cell)} is not a count and is left out"
            ledger.flag_all(cells.rows(which), "fatalities", told)
    return pd.arrays.IntegerArray(counts[cells.numbers], ~known[cells.numbers])


UNSTATED_TOLD = f"state no precision: {UNSTATED.scale_km:g} km are taken"
"""How the sentence on rows without precision ends."""


_CLASSES = {name: known.classes for name, known in COLLECTIONS.items()}
_UNIT_KM = dict.fromkeys(
    ("km", "kms", "kilometer", "kilometers", "kilometre", "kilometres"), 1.0
) | dict.fromkeys(("m", "mtr", "meter", "meters", "metre", "metres"), 0.001)
_SAYS = frozenset(
    {"precision", "prec", "accuracy", "uncertainty", "geoprecision", "geoprec", "geoaccuracy"}
    | {"imprecision", "inaccuracy", "genauigkeit", "unsicherheit", "präzision", "précision"}
    | {"incertitude", "precisión", "exactitud", "incertidumbre", "doğruluk", "hassasiyet", "دقة"}
)
# These say it of a place only.
_MAY_SAY = frozenset({"error", "radius", "quality", "confidence", "certainty"})
_OF_A_PLACE = frozenset(
    {"geo", "loc", "location", "position", "positional", "coordinate", "coordinates", "coord"}
    | {"coords", "horizontal", "gps", "spatial", "where", "place", "point", "circular", "xy"}
    | {"geographic", "in", "of", "the", "est", "estimated", "max"}
)
_OF_SOMETHING_ELSE = frozenset(
    {
        "original",
        "time",
        "date",
        "temporal",
        "vertical",
        "altitude",
        "elevation",
        "height",
        "speed",
        "bearing",
    }
    | {"heading", "course", "event", "source", "actor"}
)
_WITH_UNIT = re.compile(r"[±~<]?\s*(\d+(?:[.,]\d+)?)\s*([a-z]+)\.?")
_WORDS = frozenset(
    {"exact", "precise", "approximate", "approximative", "approx", "imprecise", "estimated"}
    | {"centroid", "interpolated", "rooftop", "admin1", "admin2", "adm1", "adm2"}
)
_LOOK_AT = 50


class StatedPrecision(NamedTuple):
    """
    How precise positions are, as their table states it.

    Attributes
    ----------
    where_prec, where_scheme
        Class and its code book, row by row.
    radius_km
        Radius; NaN where none is stated.
    parts
        Part to column, with those that were taken for class and radius.
    """

    where_prec: Any
    where_scheme: Any
    radius_km: FloatArray
    parts: dict[str, str]


class _Radii(NamedTuple):
    """A column of radii and its unit: "km", "m", or "" where each cell tells its own."""

    name: str
    unit: str


class _Class(NamedTuple):
    """What a cell of a class comes to."""

    code: int
    scheme: str
    problem: str


class _Radius(NamedTuple):
    """What a cell of a radius comes to, and what is told of its row."""

    km: float
    how: str = ""
    kind: str = ""
    told: str = ""


class _Source(NamedTuple):
    """A column of classes, the code book that its name tells, and whether rows may name another."""

    name: str
    scheme: str
    by_row: bool


def stated_precision(
    raw: pd.DataFrame,
    layouts: Sequence[Layout],
    parts: Mapping[str, str],
    given: Collection[str],
    ledger: Ledger,
) -> StatedPrecision:
    """Read what a table states of its precision, whichever columns state it."""
    found = {part: name for part, name in parts.items() if part not in ("where_prec", "radius_km")}
    sources = _class_sources(raw, layouts, parts, given)
    radii = _radius_columns(raw, parts)
    if layouts[0].name != "borderzone":
        if not sources:
            sources = _by_likeness(raw, layouts[0], set(found.values()), ledger)
        taken = {*found.values(), *(one.name for one in sources), *(one.name for one in radii)}
        for name in [str(name) for name in raw.columns if name not in taken]:
            _tell_untaken(raw[name], name, ledger)
        for one in radii:
            if parts.get("radius_km") != one.name or one.unit == "m":
                unit = {"km": "km", "m": "metres"}.get(one.unit, "the unit that each cell tells")
                ledger.note(f"column {one.name!r} is read as the radius of uncertainty, in {unit}")
    if sources:
        found["where_prec"] = sources[0].name
    if radii:
        found["radius_km"] = radii[0].name
    schemes = raw[found["where_scheme"]] if "where_scheme" in found else None
    return StatedPrecision(
        *_classes(raw, sources, schemes, ledger), _radii(raw, radii, ledger), found
    )


def unstated_words(unstated: BoolArray, usable: BoolArray) -> str:
    """Say how many events are taken to lie somewhere near their point."""
    n_rows, n_unstated = int(usable.sum()), int((unstated & usable).sum())
    rows = "rows" if n_rows == len(usable) else "usable rows"
    return f"{n_unstated:,} of {n_rows:,} {rows} {UNSTATED_TOLD}" if n_unstated else ""


def _class_sources(
    raw: pd.DataFrame,
    layouts: Sequence[Layout],
    parts: Mapping[str, str],
    given: Collection[str],
) -> list[_Source]:
    """Columns of classes: that of the layout, then those of other collections."""
    usual = layouts[0].name if layouts[0].name in COLLECTIONS else "ucdp"
    main, sources = parts.get("where_prec"), []
    if main is not None:
        own = scheme_of(main)
        if own or "where_prec" in given or _any_code(raw[main], usual):
            by_row = own in ("", "ucdp") or "where_prec" in given
            sources.append(_Source(main, own or usual, by_row))
    if "where_prec" in given or layouts[0].name == "borderzone":
        return sources
    by_plain = by_plain_name(raw)
    marked = {layout.name for layout in layouts}
    for name, known in COLLECTIONS.items():
        other = own_column(by_plain, known.precision)
        # What the GTD calls specificity is a word of other fields too.
        certain = known.precision in known.strong or known.precision in COLUMNS or name in marked
        if other is not None and other != main and certain:
            sources.append(_Source(other, name, by_row=known.precision in COLUMNS))
    return sources


def _by_likeness(
    raw: pd.DataFrame, layout: Layout, taken: set[str], ledger: Ledger
) -> list[_Source]:
    """In a table of a collection whose own column was renamed: one that holds its codes only."""
    if layout.name not in COLLECTIONS:
        return []
    for name in [str(name) for name in raw.columns if name not in taken]:
        if _says_precision(name) and _only_codes(raw[name], layout.name):
            told = f"column {name!r} is read as the classes of precision of {layout.dataset}"
            ledger.note(told)
            return [_Source(name, layout.name, by_row=False)]
    return []


def _radius_columns(raw: pd.DataFrame, parts: Mapping[str, str]) -> list[_Radii]:
    """Columns of radii, that which the user or the alias table names first."""
    main = parts.get("radius_km")
    found = [] if main is None else [_Radii(main, _unit_of(main) or "km")]
    for name in [str(name) for name in raw.columns if name not in parts.values()]:
        unit, column = _unit_of(name), raw[name]
        if unit and filled(column).any():
            found.append(_Radii(name, unit))
        elif _says_precision(name) and _all_tell_units(column):
            found.append(_Radii(name, ""))
    return found


def _all_tell_units(column: pd.Series) -> bool:
    if pd.api.types.is_numeric_dtype(column):
        return False
    cells = Spellings(column[filled(column)]).cells
    texts = [str(cell).strip().casefold() for cell in cells]
    told = [_WITH_UNIT.fullmatch(text) for text in texts]
    return bool(told) and all(one is not None and one[2] in _UNIT_KM for one in told)


def _unit_of(name: str) -> str:
    """Give the unit of a column of radii, "km" or "m"; empty for other columns."""
    words = tokens(name)
    units = [word for word in words if word in _UNIT_KM]
    others = {word for word in words if word not in _UNIT_KM}
    says = others & (_SAYS | _MAY_SAY)
    if len(units) != 1 or not says or others - _SAYS - _MAY_SAY - _OF_A_PLACE:
        return ""
    return "km" if _UNIT_KM[units[0]] == 1.0 else "m"


def _says_precision(name: str) -> bool:
    words = set(tokens(name))
    if words & _OF_SOMETHING_ELSE:
        return False
    return bool(words & _SAYS or (words & _MAY_SAY and words & _OF_A_PLACE))


def _tell_untaken(column: pd.Series, name: str, ledger: Ledger) -> None:
    """Say that a column which looks like a precision was not taken, and what takes it."""
    if column.dtype == "geometry" or not (_says_precision(name) or _only_words(column)):
        return
    if filled(column).any():
        classes, radius = (option("columns", {part: name}) for part in ("where_prec", "radius_km"))
        ledger.note(
            f"column {name!r} looks like a precision and was not taken: {classes} reads it as "
            f"classes of UCDP (1 exact to 7), {radius} as a distance in km"
        )


def _only_words(column: pd.Series) -> bool:
    """Whether a column holds nothing but words such as "approximate"."""
    if pd.api.types.is_numeric_dtype(column):
        return False
    some = column.iloc[:_LOOK_AT]
    words = {str(cell).strip().casefold() for cell in some[filled(some)].tolist()}
    return bool(words) and words <= _WORDS


def _any_code(column: pd.Series, scheme: str) -> bool:
    return any(_code_of(cell, scheme) is not None for cell in Spellings(column).cells)


def _only_codes(column: pd.Series, scheme: str) -> bool:
    cells = Spellings(column[filled(column)]).cells
    return bool(cells) and all(_code_of(cell, scheme) is not None for cell in cells)


def _code_of(cell: object, scheme: str) -> int | None:
    number = parse_number(cell)
    known = number.state == "ok" and number.value in _CLASSES[scheme]
    return int(number.value) if known else None


def _classes(
    raw: pd.DataFrame, sources: Sequence[_Source], schemes: pd.Series | None, ledger: Ledger
) -> tuple[Any, Any]:
    """Class and code book of each row, from the first column that says anything there."""
    codes, books = np.zeros(len(raw), dtype=np.int64), np.full(len(raw), "", dtype=object)
    for source in sources:
        rows = np.flatnonzero(filled(raw[source.name]) & (books == ""))
        spelled = Spellings(raw[source.name].iloc[rows])
        if source.by_row and schemes is not None:
            pairs = zip(raw[source.name].iloc[rows].tolist(), schemes.iloc[rows], strict=True)
            spelled = Spellings(pd.Series(list(pairs), dtype=object))
        read = [_class_of(cell, source) for cell in spelled.cells]
        codes[rows] = np.array([one.code for one in read], dtype=np.int64)[spelled.numbers]
        books[rows] = np.array([one.scheme for one in read], dtype=object)[spelled.numbers]
        for number, one in enumerate(read):
            for row in rows[spelled.rows(number)].tolist() if one.problem else ():
                ledger.quarantine(row, "precision class", one.problem)
    return pd.arrays.IntegerArray(codes, books == ""), books.tolist()


def _class_of(cell: object, source: _Source) -> _Class:
    cell, said = cell if isinstance(cell, tuple) else (cell, "")
    if is_missing(cell):
        return _Class(0, "", "")
    scheme = source.scheme if is_missing(said) else str(said).strip()
    if scheme not in _CLASSES:
        books = ", ".join(_CLASSES)
        return _Class(0, "", f"where_scheme {quoted(scheme)} is none of {books}")
    code, allowed = _code_of(cell, scheme), _CLASSES[scheme]
    if code is not None:
        return _Class(code, scheme, "")
    told = f"where_prec {quoted(cell)} is not one of {allowed.start} to {allowed.stop - 1}"
    return _Class(0, "", told)


def _radii(raw: pd.DataFrame, columns: Sequence[_Radii], ledger: Ledger) -> FloatArray:
    radii = np.full(len(raw), np.nan)
    tell = {"fix": ledger.fix, "flag": ledger.flag, "quarantine": ledger.quarantine}
    for column in columns:
        rows = np.flatnonzero(filled(raw[column.name]) & np.isnan(radii))
        spelled = Spellings(raw[column.name].iloc[rows])
        read = [_radius_of(cell, 0.001 if column.unit == "m" else 1.0) for cell in spelled.cells]
        radii[rows] = np.array([one.km for one in read], dtype=float)[spelled.numbers]
        for number, one in enumerate(read):
            for row in rows[spelled.rows(number)].tolist() if one.told else ():
                tell[one.how](row, one.kind, one.told)
    return radii


def _radius_of(cell: object, unit_km: float) -> _Radius:
    number = parse_number(cell)
    value = number.value * unit_km
    if number.state == "bad" and (told := _WITH_UNIT.fullmatch(str(cell).strip().casefold())):
        value = float(told[1].replace(",", ".")) * _UNIT_KM.get(told[2], np.nan)
    if number.state == "missing":
        return _Radius(np.nan)
    if np.isnan(value) or value < 0:
        return _Radius(
            np.nan, "quarantine", "radius", f"radius_km {quoted(cell)} is not a distance in km"
        )
    if value == 0:
        return _Radius(
            np.nan, "flag", "radius", "radius_km 0 is no stated precision and is left out"
        )
    if number.state == "comma":
        return _Radius(value, "fix", "decimal comma", f"radius {quoted(cell)} read as {value:g}")
    return _Radius(value)


SAME_PLACE_KM = 1.0
"""Two reports of one day and type this close may be the same event."""

_EARTH_RADIUS_KM = 6371.0088
_GROUPS_APART_KM = 100.0
_MOST_STEPS = 100  # pairs of a spot that are looked at before a tree is grown
_MIX = np.uint64(0x9E3779B97F4A7C15)  # an odd number, so that no bit is lost


def flag_duplicates(
    raw: pd.DataFrame,
    table: dict[str, Any],
    usable: BoolArray,
    ledger: Ledger,
    *,
    given_ids: bool,
) -> None:
    """Tell which rows repeat an earlier one, share its id, or may be the same event."""
    exact = _flag_exact(raw.drop(columns="geometry", errors="ignore"), ledger)
    if given_ids:
        _flag_same_ids(raw, table["id"], exact, ledger)
    _flag_near(table, usable & ~exact, ledger)


def _flag_exact(plain: pd.DataFrame, ledger: Ledger) -> BoolArray:
    exact = np.zeros(len(plain), dtype=bool)
    rows = _candidates(plain)
    first: dict[tuple[str, ...], int] = {}
    cells = plain.iloc[rows].astype(str).itertuples(index=False, name=None)
    for row, found in zip(rows.tolist(), cells, strict=True):
        exact[row] = found in first
        if exact[row]:
            ledger.flag(row, "exact duplicate", f"every cell equals row {first[found] + 1}")
        first.setdefault(found, row)
    return exact


def _candidates(plain: pd.DataFrame) -> IntArray:
    """Rows that may equal another: the columns are looked at in turn, while any such row is left."""
    rows = np.arange(len(plain))
    keys = np.zeros(len(plain), dtype=np.uint64)
    for position in range(plain.shape[1]):
        keys = keys * _MIX + _hashes(plain.iloc[rows, position])
        shared = pd.Series(keys).duplicated(keep=False).to_numpy()
        rows, keys = rows[shared], keys[shared]
        if not rows.size:
            break
    return rows


def _hashes(column: pd.Series) -> NDArray[np.uint64]:
    hashes = pd.util.hash_pandas_object(_as_text(column), index=False)
    return np.asarray(hashes, dtype=np.uint64)


def _as_text(column: pd.Series) -> pd.Series:
    """Cells are compared as text, so that 1 in one row and "1" in another are equal."""
    if column.dtype == object and pd.api.types.infer_dtype(column, skipna=False) != "string":
        return column.astype(str)
    return column


def _flag_same_ids(raw: pd.DataFrame, ids: Sequence[str], exact: BoolArray, ledger: Ledger) -> None:
    """One id, other content: another report of the event, or a later state of the row."""
    names = pd.Series(list(ids), dtype=object)
    rows = np.flatnonzero(~exact)
    rows = rows[names.iloc[rows].duplicated(keep=False).to_numpy()]
    if not rows.size:
        return
    group, of_group = pd.factorize(names.iloc[rows])
    opening, second = _first_two(group)
    cells = raw.iloc[rows].drop(columns="geometry", errors="ignore")
    differ = _differing(cells, group, opening)
    newest = _only_newest(_timestamps(cells), group)
    for i, (row, g) in enumerate(zip(rows.tolist(), group.tolist(), strict=True)):
        current = newest[g]
        if i == opening[g] and current < 0:
            continue
        other = int(rows[second[g] if i == opening[g] else opening[g]])
        told = f"{of_group[g]!r} is also the id of row {other + 1}, with other {differ[g]}"
        if current >= 0:
            named = "this row" if i == current else f"row {int(rows[current]) + 1}"
            told += f": {named} has the newest timestamp and is the current one"
        ledger.flag(row, "same id", told)


def _first_two(group: IntArray) -> tuple[IntArray, IntArray]:
    """Places of the first and the second member of each group; each has at least two."""
    order = np.argsort(group, kind="stable")
    opening = np.searchsorted(group[order], np.arange(group.max() + 1))
    return order[opening], order[opening + 1]


def _only_newest(stamps: pd.Series | None, group: IntArray) -> IntArray:
    """Place of the latest time stamp of each group, -1 unless all have one and one is the latest."""
    newest = np.full(group.max() + 1, -1)
    if stamps is None:
        return newest
    column = stamps.reset_index(drop=True)
    latest = (column == column.groupby(group).transform("max")).to_numpy()
    whole = np.bincount(group, weights=column.isna().to_numpy()) == 0
    whole &= np.bincount(group, weights=latest) == 1
    newest[group[latest]] = np.flatnonzero(latest)
    return np.where(whole, newest, -1)


def _differing(cells: pd.DataFrame, group: IntArray, opening: IntArray) -> list[str]:
    """Name, for each group, the columns in which its rows are not all equal to its first."""
    differs = np.zeros((cells.shape[1], len(opening)), dtype=bool)
    for place in range(cells.shape[1]):
        code = pd.factorize(_as_text(cells.iloc[:, place]), use_na_sentinel=False)[0]
        differs[place, group[code != code[opening[group]]]] = True
    names = [str(name) for name in cells.columns]
    # Most groups differ in the same few ways: each is put in words once.
    ways, way = np.unique(differs, axis=1, return_inverse=True)
    words = [
        _in_words([name for name, is_in in zip(names, one, strict=True) if is_in]) for one in ways.T
    ]
    return [words[i] for i in way.reshape(-1).tolist()]


def _in_words(names: list[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{', '.join(names[:3])}{more}" if names else "geometry"


def _timestamps(raw: pd.DataFrame) -> pd.Series | None:
    """When each row was last changed, where the file says so, as living data sets do."""
    named = [name for name in raw.columns if str(name).casefold() == "timestamp"]
    if not named:
        return None
    seconds = pd.to_numeric(raw[named[0]], errors="coerce")
    if seconds.notna().any():
        return seconds
    days = pd.to_datetime(raw[named[0]].astype(str), errors="coerce", utc=True, format="ISO8601")
    return days if days.notna().any() else None


def _flag_near(table: dict[str, Any], usable: BoolArray, ledger: Ledger) -> None:
    start = pd.Series(table["date_start"])
    one_day = np.asarray(table["date_precision"], dtype=object) == "day"
    one_day &= start.eq(pd.Series(table["date_end"])).to_numpy()
    day, kind = pd.factorize(start)[0], pd.factorize(pd.Series(table["event_type"]))[0]
    rows = np.flatnonzero(usable & one_day & (day >= 0) & (kind >= 0))
    groups = day[rows].astype(np.int64) * (kind.max(initial=0) + 1) + kind[rows]
    shared = pd.Series(groups).duplicated(keep=False).to_numpy()
    rows, groups = rows[shared], groups[shared]
    if not rows.size:
        return
    lat, lon = np.asarray(table["lat"])[rows], np.asarray(table["lon"])[rows]
    other, distance_km = _nearest_in_group(lat, lon, groups)
    for i in np.flatnonzero(distance_km <= SAME_PLACE_KM).tolist():
        ledger.flag(
            int(rows[i]),
            "possible duplicate",
            f"same day and type as {table['id'][rows[other[i]]]!r}, {distance_km[i]:.1f} km away",
        )


def _nearest_in_group(
    lat: FloatArray, lon: FloatArray, groups: IntArray
) -> tuple[IntArray, FloatArray]:
    """Place of the nearest other row of the same group, and how far it is; inf beyond reach."""
    order = np.lexsort((lon, lat, groups))
    keys = np.column_stack([groups, lat, lon])[order]
    starts = np.flatnonzero(np.r_[True, (keys[1:] != keys[:-1]).any(axis=1)])
    sizes = np.diff(np.r_[starts, len(order)])
    spot = np.empty(len(order), dtype=np.int64)
    spot[order] = np.repeat(np.arange(len(starts)), sizes)
    first = order[starts]
    # Rows on one spot name the first of them, and that one the second. A tree of all rows
    # would go through every one of a pile-up for each of its rows.
    alone = sizes[spot] == 1
    other = np.where(first[spot] == np.arange(len(order)), -1, first[spot])
    is_first = ~alone & (other < 0)
    other[is_first] = order[starts[spot[is_first]] + 1]
    distance_km = np.where(alone, np.inf, 0.0)
    near, chord_km = _nearest_spot(lat[first], lon[first], groups[first])
    lone = np.flatnonzero(alone & np.isfinite(chord_km[spot]))
    other[lone] = first[near[spot[lone]]]
    distance_km[lone] = chord_km[spot[lone]]
    return other, distance_km


def _nearest_spot(
    lat: FloatArray, lon: FloatArray, groups: IntArray
) -> tuple[IntArray, FloatArray]:
    """Place of the nearest other spot of the same group, and its chord; inf beyond reach."""
    ground, within_km = _on_the_globe(lat, lon), SAME_PLACE_KM * (1 + 1e-9)
    # A chord is at least that of the difference in latitude, so from south to north the search
    # ends at the first that is further off.
    reach_deg = math.degrees(2 * math.asin(within_km / (2 * _EARTH_RADIUS_KM)))
    order = np.lexsort((lat, groups))
    near, chord_km = np.full(len(order), -1, dtype=np.int64), np.full(len(order), np.inf)
    left = np.arange(len(order))
    for step in range(1, _MOST_STEPS):
        left = left[left + step < len(order)]
        south, north = order[left], order[left + step]
        close = (groups[south] == groups[north]) & (lat[north] - lat[south] <= reach_deg)
        left, south, north = left[close], south[close], north[close]
        if not left.size:
            return near, chord_km
        apart_km = np.linalg.norm(ground[south] - ground[north], axis=1)
        for mine, other in ((south, north), (north, south)):
            nearer = (apart_km <= within_km) & (apart_km < chord_km[mine])
            near[mine[nearer]], chord_km[mine[nearer]] = other[nearer], apart_km[nearer]
    return _nearest_by_tree(ground, groups, within_km)


def _nearest_by_tree(
    ground: FloatArray, groups: IntArray, within_km: float
) -> tuple[IntArray, FloatArray]:
    """Give the same of spots that crowd in one latitude, where pairs would be too many."""
    from scipy.spatial import KDTree  # noqa: PLC0415 - a third of a second that most tables do without

    # A fourth axis sets the groups so far apart that no neighbour is of another one.
    apart = (pd.factorize(groups)[0] * _GROUPS_APART_KM)[:, None]
    points = np.hstack([ground, apart])
    found = KDTree(points).query(points, k=2, distance_upper_bound=within_km)
    chord_km, near = (np.asarray(each) for each in found)
    mine = np.arange(len(points))
    # Of two spots that fall together, as at a pole, one may come back as its own neighbour.
    second = np.where(near[:, 1] == mine, 0, 1)
    return near[mine, second], chord_km[mine, second]


def _on_the_globe(lat: FloatArray, lon: FloatArray) -> FloatArray:
    phi, lam = np.radians(lat), np.radians(lon)
    return _EARTH_RADIUS_KM * np.column_stack(
        [np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)]
    )
