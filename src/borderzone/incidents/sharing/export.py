"""Incidents written to files: rows where their terms allow it, counts where they do not."""

from __future__ import annotations

import csv
import importlib
import json
import math
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from borderzone._guards import check_choice, check_positive, check_whole, guarded, local_path
from borderzone._guards.escapes import is_gap, spreadsheet_table, typed_table
from borderzone.crs import check_has_crs, in_degrees, project
from borderzone.errors import (
    BorderzoneError,
    DataError,
    InvalidParameterError,
    LimitError,
    OutputError,
)
from borderzone.incidents.sharing.terms_of_use import (
    SMALLEST_CELL_KM,
    check_terms,
    leaving,
    shown_names,
    terms,
    under_terms,
)
from borderzone.incidents.sharing.terms_of_use import (
    terms as terms_of,
)
from borderzone.incidents.table_schema import FATALITIES, check_corridor, check_events, is_usable
from borderzone.io import atomic_write, write_vector

if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry

    from borderzone._typing import BoolArray, IntArray
    from borderzone.corridor import Corridor

__all__ = ["Written", "aggregate", "write"]


INTERNAL = "INTERNAL: single rows, not for publication"
_SHEET_ROWS, _SHEET_CELL = 1_048_575, 32_767


@guarded
class Written(NamedTuple):
    """
    What was written.

    Attributes
    ----------
    path
        The file.
    content
        "rows" or "counts".
    rows
        Number of rows in the file.
    note
        What was held back and why, in a sentence; empty if nothing was.
    """

    path: Path
    content: str
    rows: int
    note: str


def write(  # noqa: PLR0913 - one option a choice about what leaves the house
    events: gpd.GeoDataFrame,
    path: str | os.PathLike[str],
    *,
    detail: str = "public",
    zones: float | gpd.GeoDataFrame = SMALLEST_CELL_KM,
    corridor: Corridor | None = None,
    by: str = "month",
    min_count: int = 1,
    terms: str | None = None,
    overwrite: bool = False,
) -> Written:
    """
    Write events to a file, no finer than their terms allow.

    Rows leave where all of them stand under known open terms: UCDP GED, the
    rows that ship, rows that `synthetic` drew. A table of unknown terms leaves
    as counts (`aggregate`) unless the user says ``terms="mine"``; one that holds
    rows of ACLED or the GTD always does. With ``detail="internal"`` rows are
    written whatever their terms, each stamped in the column ``export_detail``.
    Citation and access date go along as columns. Text that a
    spreadsheet would run as a formula is marked with an apostrophe in CSV and
    Excel files.

    Parameters
    ----------
    events
        Table from `read`; it is not changed.
    path
        File that ends in .csv, .geojson, .gpkg, .parquet or .xlsx.
    detail
        "public", or "internal" to write single rows whatever their terms.
    zones
        Cells or zones of the counts, see `aggregate`. Units: km.
    corridor
        Count by its segments instead.
    by
        Period of the counts: "month", "year" or "all".
    min_count
        Smallest count that is shown by itself.
    terms
        "mine" says that rows of unknown terms are the user's to pass on. What
        was said to `read` counts too; no column and no file says it.
    overwrite
        Replace an existing file.

    Returns
    -------
    Written
        What was written.

    Raises
    ------
    OutputError
        If the file exists, its extension is unknown, it cannot be written, or
        a spreadsheet cannot hold a cell.
    LimitError
        If a spreadsheet cannot hold so many rows.
    DataError
        If `events` is not a table from `read`.
    InvalidParameterError
        If an option is impossible.

    Examples
    --------
    >>> import tempfile
    >>> from borderzone.incidents import read
    >>> events = read(pd.DataFrame({"lat": [34.4], "lon": [41.1], "date": ["2019-07-02"]}))
    >>> events["dataset"] = "ACLED"
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     told = write(events, f"{folder}/events.csv")
    >>> told.content, told.note
    ('counts', 'rows of ACLED may not be passed on: written as counts')
    """
    check_choice(detail, "detail", ("public", "internal"))
    check_terms(terms)
    file = _free(path, overwrite=overwrite)
    told = under_terms(_checked(events), terms)
    decided = leaving(told)
    if decided.rows or detail == "internal":
        table, content, note = _rows(told, stamp=detail == "internal"), "rows", ""
    else:
        table = aggregate(told, zones, corridor=corridor, by=by, min_count=min_count)
        content, note = "counts", f"{decided.why_not}: written as counts{decided.way_out}"
        if table.attrs["n_suppressed"]:
            note += f"; {table.attrs['n_suppressed']} events in counts below {min_count} are merged"
    _write(table, file)
    return Written(file, content, len(table), note)


def _free(path: str | os.PathLike[str], *, overwrite: bool) -> Path:
    try:
        file = local_path(path)
    except TypeError:
        msg = f"a path is needed, got {type(path).__name__}"
        raise OutputError(msg) from None
    if file.suffix.lower() not in _WRITERS:
        msg = f"{file.name!r} ends in {file.suffix!r}; events are written to {', '.join(_WRITERS)}"
        raise OutputError(msg)
    if file.is_dir() or (file.exists() and not overwrite):
        msg = f"{str(file)!r} exists; choose another name, or pass overwrite=True"
        raise OutputError(msg)
    return file


def _checked(events: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    if not isinstance(events, gpd.GeoDataFrame) or "status" not in events.columns:
        msg = "a table from incidents.read is needed: read it first"
        raise DataError(msg)
    return events


def _rows(events: gpd.GeoDataFrame, *, stamp: bool) -> gpd.GeoDataFrame:
    table = events.reset_index(drop=True)
    told = terms_of(events).set_index("dataset")
    datasets = shown_names(events).reset_index(drop=True)
    for name in ("citation", "accessed"):
        words = datasets.map(told[name]).fillna("")
        if (words != "").any() and name not in table.columns:
            table[name] = words
    if stamp:
        table["export_detail"] = INTERNAL
    return table


def _write(table: gpd.GeoDataFrame, file: Path) -> None:
    try:
        _WRITERS[file.suffix.lower()](table, file)
    except BorderzoneError:
        raise
    except Exception as error:  # whatever a writer raises on a cell or name it cannot hold
        told = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        msg = f"{str(file)!r} cannot be written: {told}"
        raise OutputError(msg) from error


def _plain(table: gpd.GeoDataFrame) -> pd.DataFrame:
    """Give the table without shapes, with cells of counts told by their middle."""
    plain = pd.DataFrame(table.drop(columns=table.geometry.name))
    if "zone" in plain.columns and "lat" not in plain.columns:
        # What is nowhere has no middle, and shapely 2.2 raises where others give NaN.
        middle = shapely.centroid(table.geometry.to_numpy())
        there = ~shapely.is_empty(middle)
        for name, axis in (("middle_lat", shapely.get_y), ("middle_lon", shapely.get_x)):
            plain[name] = np.nan
            plain.loc[there, name] = np.round(axis(middle[there]), 3)
    for name in plain.columns:
        if pd.api.types.is_datetime64_any_dtype(plain[name]):
            plain[name] = _days(plain[name])
    return plain


def _days(column: pd.Series) -> pd.Series:
    """Days as ISO dates; moments keep their time."""
    whole = (column.dropna() == column.dropna().dt.normalize()).all()
    texts = column.dt.strftime("%Y-%m-%d") if whole else column.map(_moment)
    return texts.astype(object).where(column.notna(), None)


def _moment(when: Any) -> str | None:
    return None if pd.isna(when) else str(when.isoformat())


def _write_csv(table: gpd.GeoDataFrame, file: Path) -> None:
    safe = spreadsheet_table(_plain(table))
    with atomic_write(file) as temporary:
        # All text is quoted: a lone carriage return in it would else end the row.
        safe.to_csv(
            temporary,
            index=False,
            encoding="utf-8",
            lineterminator="\n",
            quoting=csv.QUOTE_NONNUMERIC,
        )


def _write_geojson(table: gpd.GeoDataFrame, file: Path) -> None:
    columns = _plain(typed_table(table)).astype(object)
    columns = columns.where(columns.notna(), None)
    shapes = [
        None if shape is None or shape.is_empty else shapely.geometry.mapping(shape)
        for shape in table.geometry
    ]
    features = [
        {"type": "Feature", "properties": cells, "geometry": shape}
        for cells, shape in zip(columns.to_dict("records"), shapes, strict=True)
    ]
    content = {"type": "FeatureCollection", "features": features}
    with atomic_write(file) as temporary:
        text = json.dumps(content, ensure_ascii=False, allow_nan=False, default=_json)
        # Half a pair of surrogates becomes what JSON writes for it.
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace")


def _json(cell: Any) -> Any:
    return cell.item() if isinstance(cell, np.generic) else str(cell)


def _write_gpkg(table: gpd.GeoDataFrame, file: Path) -> None:
    folded = [str(name).casefold() for name in table.columns]
    twins = {name for name in folded if folded.count(name) > 1} | ({"fid"} & set(folded))
    if twins:
        msg = (
            f"{file.name!r}: a GeoPackage cannot hold the column {min(twins)!r} twice or beside its "
            "own; rename it, or write .parquet"
        )
        raise OutputError(msg)
    write_vector({"incidents": typed_table(table)}, file)


def _write_parquet(table: gpd.GeoDataFrame, file: Path) -> None:
    write_vector({"incidents": typed_table(table)}, file)


def _write_xlsx(table: gpd.GeoDataFrame, file: Path) -> None:
    try:
        workbook = importlib.import_module("openpyxl").Workbook
    except ImportError as error:
        msg = "writing .xlsx needs openpyxl: pip install openpyxl, or write .csv"
        raise OutputError(msg) from error
    safe = spreadsheet_table(_plain(table)).astype(object)
    if len(safe) > _SHEET_ROWS:
        msg = (
            f"a spreadsheet holds {_SHEET_ROWS:,} rows, the table has {len(safe):,}; write .parquet"
        )
        raise LimitError(msg)
    rows = [
        [_sheet_cell(cell, number) for cell in row]
        for number, row in enumerate(safe.itertuples(index=False, name=None), 2)
    ]
    book = workbook(write_only=True)
    sheet = book.create_sheet("incidents")
    sheet.append([str(name) for name in safe.columns])
    for row in rows:
        sheet.append(row)
    with atomic_write(file) as temporary:
        book.save(temporary)


def _sheet_cell(cell: Any, row: int) -> Any:
    if is_gap(cell):
        return None
    if isinstance(cell, np.generic):
        return cell.item()
    if isinstance(cell, (bool, int, float)):
        return cell
    text = str(cell)
    odd = next((mark for mark in text if ord(mark) < 32 and mark not in "\t\n"), None)
    if len(text) > _SHEET_CELL or odd is not None:
        why = f"the character {odd!r}" if odd else f"{len(text):,} characters"
        msg = f"row {row} holds a text with {why}, which a spreadsheet cannot hold; write .csv"
        raise OutputError(msg)
    return text


_WRITERS: dict[str, Callable[[gpd.GeoDataFrame, Path], None]] = {
    ".csv": _write_csv,
    ".geojson": _write_geojson,
    ".gpkg": _write_gpkg,
    ".parquet": _write_parquet,
    ".xlsx": _write_xlsx,
}


_EQUAL_AREA = "EPSG:6933"
_PERIODS = {"month": "%Y-%m", "year": "%Y", "all": ""}
_NAMES = ("zone", "segment", "name", "id")
UNPLACED, OUTSIDE, SUPPRESSED = "unplaced", "outside", "suppressed"
# Classes of each code book that say no more than the province: the coded point is no place.
_VAGUE = {"ucdp": (4, 6, 7), "acled": (3,), "gtd": (4, 5)}


def aggregate(
    events: gpd.GeoDataFrame,
    zones: float | gpd.GeoDataFrame = SMALLEST_CELL_KM,
    *,
    corridor: Corridor | None = None,
    by: str = "month",
    min_count: int = 1,
) -> gpd.GeoDataFrame:
    """
    Count events by cell, zone or segment, by period and by collection.

    Nothing of a single row is kept: no id, note, actor or position, and no name
    of a collection that is not known here. Rows that
    are quarantined, or of which only the province or less is known, are
    counted under "unplaced"; placed rows in no zone under "outside". A date
    vaguer than the period is counted under its year, or under "". The sums of
    all rows are those of the events.

    Parameters
    ----------
    events
        Table from `read`.
    zones
        Width of square cells of equal area (Units: km, 10 or more), or zones
        of 100 km² or more each.
    corridor
        Count by its segments instead: each event in that of its nearest border
        point. Segments are 10 km or longer, and 100 km² or more each.
    by
        "month", "year" or "all".
    min_count
        Counts below this are merged, by period and collection, under
        "suppressed".

    Returns
    -------
    GeoDataFrame
        EPSG:4326: zone, period, dataset, events, fatalities_low,
        fatalities_best, fatalities_high, citation, accessed, geometry (empty
        where there is no zone). ``attrs``: n_events, n_unplaced, n_outside,
        n_suppressed.

    Raises
    ------
    InvalidParameterError
        If cells, zones or segments are too small, zones and a corridor are
        both given, or an option is impossible.
    DataError
        If the table was not read with `read`, or two zones share a name.
    CRSMismatchError
        If the zones have no CRS.

    Notes
    -----
    Cells are squares of the cylindrical equal-area projection EPSG:6933; its
    scale is true at 30 degrees of latitude. The event counts where its coded
    point lies: a count is of reports coded there, not of events that happened
    there.

    Examples
    --------
    >>> from borderzone.incidents import read
    >>> table = {"lat": [34.4, 34.41, 0], "lon": [41.1, 41.1, 0], "date": ["2019-07-02"] * 3}
    >>> aggregate(read(pd.DataFrame(table)))[["zone", "period", "events"]]
           zone   period  events
    0  x396y413  2019-07       2
    1  unplaced  2019-07       1
    """
    check_events(events, "date_start", "date_end", "status", *FATALITIES)
    check_choice(by, "by", _PERIODS)
    min_count = check_whole(min_count, "min_count")
    placed = _placed(events)
    names, shapes = _zones_of(events, placed, _CountedBy(zones, corridor))
    rows = pd.DataFrame(
        {
            "zone": names,
            "period": _periods(events, by),
            "dataset": shown_names(events).to_numpy(),
            "events": 1,
        }
    )
    for name in FATALITIES:
        rows[name] = pd.to_numeric(events[name], errors="coerce").astype("Int64").to_numpy()
    few = _small(rows, min_count)
    n_suppressed = int(few.sum())
    rows.loc[few, "zone"] = SUPPRESSED
    counts = _summed(rows)
    geometry = [shapes.get(name, shapely.Polygon()) for name in counts["zone"]]
    table = gpd.GeoDataFrame(_with_credit(counts, events), geometry=geometry, crs="EPSG:4326")
    table.attrs |= {
        "n_events": len(events),
        "n_unplaced": int((np.array(names) == UNPLACED).sum()),
        "n_outside": int((np.array(names) == OUTSIDE).sum()),
        "n_suppressed": n_suppressed,
    }
    return table


def _placed(events: gpd.GeoDataFrame) -> BoolArray:
    """Tell the rows whose coded point says more than the province."""
    points = events.geometry.to_numpy()
    there: BoolArray = ~(shapely.is_missing(points) | shapely.is_empty(points))
    there &= is_usable(events)
    if "where_prec" in events.columns:
        scheme = "" if "where_scheme" not in events.columns else events["where_scheme"]
        schemes = pd.Series(scheme, index=events.index).fillna("").replace("", "ucdp")
        code = pd.to_numeric(events["where_prec"], errors="coerce")
        for name, classes in _VAGUE.items():
            there &= ~(schemes.eq(name) & code.isin(classes)).to_numpy(dtype=bool)
    return there


class _CountedBy(NamedTuple):
    """What events are counted by."""

    zones: float | gpd.GeoDataFrame
    corridor: Corridor | None


def _zones_of(
    events: gpd.GeoDataFrame, placed: BoolArray, ground: _CountedBy
) -> tuple[list[str], dict[str, BaseGeometry]]:
    where = np.flatnonzero(placed)
    points = events.geometry.iloc[where].to_crs("EPSG:4326")
    names = np.full(len(events), UNPLACED, dtype=object)
    zones, corridor = ground.zones, ground.corridor
    if corridor is not None:
        segments = _coarse_segments(ground)
        labels, shapes = _named(segments)
        place = {number: i for i, number in enumerate(segments["segment"].tolist())}
        hit = [place.get(number, -1) for number in corridor.locate(points)["segment"].tolist()]
    elif isinstance(zones, gpd.GeoDataFrame):
        labels, shapes = _named(zones)
        hit = _first_zone(points, zones).tolist()
    else:
        return _cells_of(points, where, names, zones)
    names[where] = [labels[i] if i >= 0 else OUTSIDE for i in hit]
    return names.tolist(), dict(zip(labels, shapes, strict=True))


def _coarse_segments(ground: _CountedBy) -> gpd.GeoDataFrame:
    """Segments of the corridor, unless they are so short that they give positions away."""
    corridor = check_corridor(ground.corridor)
    if isinstance(ground.zones, gpd.GeoDataFrame) or ground.zones != SMALLEST_CELL_KM:
        msg = "give either zones or a corridor: events are counted by one of them"
        raise InvalidParameterError(msg)
    # A part is cut into equal segments, none longer than asked for.
    allowed = sum(
        math.ceil(part.length_km / SMALLEST_CELL_KM - 1e-9) for part in corridor.border.parts
    )
    if len(corridor.segments) > allowed:
        msg = (
            f"the corridor has {len(corridor.segments)} segments, with {SMALLEST_CELL_KM:g} km "
            f"each it would have {allowed}: lay it with segment_km={SMALLEST_CELL_KM:g} or more"
        )
        raise InvalidParameterError(msg)
    return corridor.segments


def _cells_of(
    points: gpd.GeoSeries, where: IntArray, names: Any, zones: float
) -> tuple[list[str], dict[str, BaseGeometry]]:
    width_m = check_positive(zones, "zones", "km") * 1000
    if width_m < SMALLEST_CELL_KM * 1000:
        msg = f"zones must be cells of {SMALLEST_CELL_KM:g} km or more, got {zones!r}"
        raise InvalidParameterError(msg)
    flat = points.to_crs(_EQUAL_AREA)
    column = np.floor(flat.x.to_numpy() / width_m).astype(int)
    row = np.floor(flat.y.to_numpy() / width_m).astype(int)
    names[where] = [f"x{i}y{j}" for i, j in zip(column, row, strict=True)]
    pairs = sorted(set(zip(column.tolist(), row.tolist(), strict=True)))
    squares = [
        shapely.box(i * width_m, j * width_m, (i + 1) * width_m, (j + 1) * width_m)
        for i, j in pairs
    ]
    cells = gpd.GeoSeries(squares, crs=_EQUAL_AREA).to_crs("EPSG:4326")
    return names.tolist(), {f"x{i}y{j}": cell for (i, j), cell in zip(pairs, cells, strict=True)}


def _named(zones: gpd.GeoDataFrame) -> tuple[list[str], list[BaseGeometry]]:
    check_has_crs(zones, "the zones")
    column = next((name for name in _NAMES if name in zones.columns), None)
    labels = [str(name) for name in (zones.index if column is None else zones[column])]
    twins = sorted({name for name in labels if labels.count(name) > 1})
    if twins:
        msg = f"two zones are called {twins[0]!r}: give each a name of its own in the column 'zone'"
        raise DataError(msg)
    area_km2 = project(zones, _EQUAL_AREA, "the zones").area.to_numpy() / 1e6
    small = np.flatnonzero(~(area_km2 >= SMALLEST_CELL_KM**2))
    if small.size:
        msg = (
            f"zone {labels[small[0]]!r} has {area_km2[small[0]]:.1f} km²: counts of zones below "
            f"{SMALLEST_CELL_KM**2:g} km² give positions away; merge it with its neighbours"
        )
        raise InvalidParameterError(msg)
    return labels, list(in_degrees(zones, "the zones").geometry)


def _first_zone(points: gpd.GeoSeries, zones: gpd.GeoDataFrame) -> IntArray:
    """Position of the zone of each point, the first of several; -1 for none."""
    shapes = in_degrees(zones, "the zones").geometry
    point, zone = shapes.sindex.query(points.to_numpy(), predicate="intersects")
    hit = np.full(len(points), len(zones))
    np.minimum.at(hit, point, zone)
    return np.where(hit == len(zones), -1, hit)


def _periods(events: gpd.GeoDataFrame, by: str) -> list[str]:
    start = pd.to_datetime(events["date_start"])
    end = pd.to_datetime(events["date_end"]).fillna(start)
    told = pd.Series("", index=events.index, dtype=object)
    for form in () if by == "all" else dict.fromkeys((_PERIODS["year"], _PERIODS[by])):
        first, last = start.dt.strftime(form), end.dt.strftime(form)
        told = told.mask((first == last) & start.notna(), first)
    return [str(period) for period in told]


def _small(rows: pd.DataFrame, min_count: int) -> BoolArray:
    """Rows of cells with fewer events than may be shown."""
    size = rows.groupby(["zone", "period", "dataset"])["events"].transform("size")
    nowhere = rows["zone"].isin([UNPLACED, OUTSIDE])
    few: BoolArray = ((size < min_count) & ~nowhere).to_numpy(dtype=bool)
    return few


def _summed(rows: pd.DataFrame) -> pd.DataFrame:
    by = ["zone", "period", "dataset"]
    sums = rows.groupby(by)[["events", *FATALITIES]].sum(min_count=1).reset_index()
    # Cells first, then what is nowhere.
    last = sums["zone"].isin([UNPLACED, OUTSIDE, SUPPRESSED])
    order = sums.assign(last=last).sort_values(["last", *by], kind="stable").index
    return sums.loc[order].reset_index(drop=True)


def _with_credit(counts: pd.DataFrame, events: gpd.GeoDataFrame) -> pd.DataFrame:
    told = terms(events).set_index("dataset")
    for name in ("citation", "accessed"):
        counts[name] = counts["dataset"].map(told[name]).fillna("").astype(object)
    return counts
