"""Incident tables in, whatever their columns are called: every row back, with a verdict."""

from __future__ import annotations

import datetime as dt
import functools
import gc
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

import geopandas as gpd
import numpy as np
import shapely

from borderzone._guards import as_box
from borderzone.errors import DataError
from borderzone.incidents.reading.aliases import (
    match_columns,
    plain_name,
)
from borderzone.incidents.reading.canonical import Judging, canonical
from borderzone.incidents.reading.columns import (
    agreed_columns,
    as_horizontal,
    columns_beside,
    date_parts,
    no_places,
    position_column,
    with_companions,
    with_coordinates,
    without_bytes,
)
from borderzone.incidents.reading.layouts import Layout, layouts_of
from borderzone.incidents.reading.opening import Opened, Way, notes_of, one_name, opened
from borderzone.incidents.reading.positions import doubts_of, on_globe
from borderzone.incidents.reading.read_options import ReadOptions
from borderzone.incidents.sharing.terms_of_use import said_of, under_terms
from borderzone.incidents.table_coverage import (
    check_coverage,
    said_of_coverage,
    with_coverage,
)
from borderzone.incidents.table_schema import (
    CATEGORIES,
    FLAGS,
    STATUSES,
    Ledger,
    is_missing,
    is_usable,
    label_of,
    quoted,
    validate,
)
from borderzone.io import Limits, plain_cells

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

    from borderzone.corridor import Corridor

__all__ = [
    "hold_back",
    "read",
    "read_before",
    "said_by_rows",
    "with_old_verdicts",
]


_F = TypeVar("_F", bound="Callable[..., Any]")
_LOG = logging.getLogger("borderzone")
_PLACES = (("lat", "lon"), ("mgrs",), ("latlon",), ("lonlat",), ("easting", "northing"))
_OF_A_WAY = {"lat": {"crs"}, "easting": {"crs", "utm_zone"}}


def _uncollected(reading: _F) -> _F:
    """Let no collector of garbage pass over the cells while they are read: none of them is any."""

    @functools.wraps(reading)
    def collected_later(*args: Any, **kwargs: Any) -> Any:
        was_on = gc.isenabled()
        gc.disable()
        try:
            return reading(*args, **kwargs)
        finally:
            if was_on:
                gc.enable()

    return cast("_F", collected_later)


@Limits.memory_told("incidents")
@_uncollected
def read(  # noqa: PLR0913 - the options that are said most stand by themselves
    source: Any,
    *,
    format: str | None = None,
    columns: Mapping[str, str] | None = None,
    date_format: str | None = None,
    crs: Any = None,
    countries: str | Sequence[str] | None = None,
    period: tuple[Any, Any] | None = None,
    terms: str | None = None,
    corridor: Corridor | None = None,
    options: ReadOptions | None = None,
) -> gpd.GeoDataFrame:
    """
    Read a table of incidents and judge every row; none is dropped.

    The exports of ACLED, UCDP GED and the GTD are known by their columns; in
    other tables columns are matched through an alias table (`Latitude`, `long`,
    `event_date` ...), and positions may be degrees, minutes and seconds, grid
    references (MGRS) or latitude and longitude in one cell. Delimiter, header,
    encoding and decimal commas are recognised, the last cell by cell. Doubts are
    told in the row's ``reason``; what only the user can settle, such as
    03/04/2019, is quarantined and says what to pass.

    Parameters
    ----------
    source
        Path of a text table, spreadsheet, GeoJSON (whole or one feature a line), answer of the
        services of ACLED or UCDP, feature set of Esri, GeoPackage, Shapefile, KML, KMZ, Parquet,
        a zip archive of one of them, or a folder of KML and KMZ; an open file, which is not
        closed; or a table in memory: of pandas, geopandas (in any CRS), polars or Arrow, a list
        of dicts, or anything with ``__geo_interface__``. A table that `read` gave comes
        back as it is, with its verdicts and notes; options that judge do so anew, but a row that
        was quarantined for its date or precision stays so. To judge it like any other, drop
        ``status``.
    format
        Layout that must be there ("acled", "ucdp", "gtd", "borderzone"), or how
        the file is written ("csv", "excel", "vector"); None tells both itself.
    columns
        Part to column for names that the alias table does not know, for
        example ``{"lat": "Breite"}``.
    date_format
        `strptime` format of the dates, for example "%d/%m/%Y".
    crs
        CRS of coordinates that are not degrees of WGS84, for example "EPSG:32637"; x goes before y.
    countries
        Countries that the table covers, by name or ISO code; None for those it names. Rates are
        over their ground alone.
    period
        First and last day that the table covers, as dates or ISO texts; None for those of its rows.
    terms
        "mine" says that rows of unknown terms are yours to pass on; without it
        only counts of them leave in public. A table in memory keeps the word.
    corridor
        Corridor that the table is read for: where rows miss it as they are and lie near it when
        latitude and longitude change places, that is told. Rows may lie elsewhere.
    options
        All that can be said, the options above included, as one record: encoding, sheet or layer,
        swapped coordinates, where positions are expected, the last day, the day of access.

    Returns
    -------
    GeoDataFrame
        EPSG:4326, index kept: id, date_start, date_end, date_precision,
        event_type, description, country, admin1, admin2, place, lat, lon,
        where_prec, where_scheme, radius_km, fatalities_low, fatalities_best,
        fatalities_high, source, dataset, status ("ok", "fixed", "quarantined"),
        reason, synthetic (see `schema`), then every other column of the file. A quarantined row has an
        empty geometry. ``attrs``: format ("acled", "ucdp", "gtd", "borderzone",
        "table"), columns (which was taken for what), encoding, notes, citation,
        accessed, for invented rows label, and terms and coverage where they are said.

    Raises
    ------
    DataError
        If the file cannot be read, mixes encodings, has no rows, has no
        coordinates, counts events instead of listing them, or is not in the
        layout asked for.
    LimitError
        If a text file is larger than 512 MB, or a table has more than 1,000,000 rows or
        5,000 columns; `borderzone.io.limits` raises them.
    CRSMismatchError
        If a vector table does not say its CRS.
    InvalidParameterError
        If an option is impossible.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"Latitude": ["34,37", "95"], "Longitude": [41.09, 41]})
    >>> events = read(table)
    >>> events[["lat", "lon", "status"]]
         lat    lon       status
    0  34.37  41.09        fixed
    1  95.00  41.00  quarantined
    """
    asked = (options or ReadOptions()).beside(
        format=format, columns=columns, date_format=date_format, crs=crs,
        countries=countries, period=period, terms=terms,
    )  # fmt: skip
    day = "" if asked.accessed is None else asked.accessed.isoformat()
    said = asked.terms or said_of(source)
    covers = said_of_coverage(source) | check_coverage(asked.countries, asked.period)
    events = None if asked.judge else _unchanged(source, corridor)
    if events is None:
        events = _judged(source, asked, corridor, day)
    else:
        events.attrs["accessed"] = day or events.attrs["accessed"]
    return under_terms(with_coverage(events, covers), said)


def _judged(
    source: Any, asked: ReadOptions, corridor: Corridor | None, day: str
) -> gpd.GeoDataFrame:
    """Open a source, tell which column is what, and judge every row."""
    judging, columns = _judging(asked, corridor), asked.columns or {}
    how = Way(asked.format, asked.encoding, one_name(asked.sheet, asked.layer), asked.columns)
    found = opened(source, how)
    Limits.now().check("event_rows", len(found.table), "rows", found.name)
    (raw, nested), name = plain_cells(without_bytes(found.table)), found.name
    _refuse_empty(raw, name)
    layouts, ledger = layouts_of(raw, name, found.layout), Ledger(len(raw))
    parts = _parts_of(raw, layouts, columns, ledger, judging)
    _tell_nested(raw, nested, parts, ledger)
    every = parts
    if isinstance(raw, gpd.GeoDataFrame) and raw.active_geometry_name is not None:
        raw, parts = with_coordinates(raw, parts, name, ledger, crs=asked.crs)
        parts = _places_in(raw, parts, {}, name)
        judging = replace(judging, crs=None)  # its points are degrees now
    else:
        raw, parts = _settled(raw, parts, layouts[0], columns, name, ledger)
    for row, oddity in found.odd.items():
        getattr(ledger, oddity.verdict)(row, oddity.category, oddity.detail)
    is_table, is_own = (layouts[0].name == name for name in ("table", "borderzone"))
    beside = {} if is_own else columns_beside(raw, every, parts, shapes=is_table)
    hold_back(raw, parts, ledger)
    judging = replace(judging, given=frozenset(columns), beside=beside)
    events = canonical(raw, layouts, parts, ledger, judging)
    found = found._replace(
        notes=list(dict.fromkeys([*found.notes, *ledger.notes()])),
        origin={**said_by_rows(raw, parts), **found.origin},
    )
    return with_old_verdicts(
        _with_origin(events, layouts[0], found, day), raw, parts, found.table.attrs
    )


def _parts_of(
    raw: pd.DataFrame,
    layouts: tuple[Layout, ...],
    columns: Mapping[str, str],
    ledger: Ledger,
    judging: Judging,
) -> dict[str, str]:
    """Tell which column plays which part: the user says it, the layout, then the alias table."""
    plain = [str(column) for column in raw.columns if column != "geometry"]
    layout = layouts[0]
    if len(layouts) > 1:
        names = " and ".join(other.dataset or other.name for other in layouts)
        ledger.note(f"the table bears the marks of {names}: the stricter terms hold for all of it")
    own = layout.parts_in(plain)
    matched = match_columns(plain, columns, own=own, others=layout.others)
    if layout.name == "borderzone":
        return own | {part: matched[part] for part in columns}
    if not own.keys() & {"date", "year"}:
        others = [name for name in plain if plain_name(name) in layout.others]
        others = [name for name in others if name not in columns.values()]
        return date_parts(raw.drop(columns=others), matched, columns, ledger, judging)
    # A layout that has its date knows it: no other column is asked.
    spare = {"date", "year", "month", "day"} - own.keys() - columns.keys()
    return {part: name for part, name in matched.items() if part not in spare}


def _judging(asked: ReadOptions, corridor: Corridor | None) -> Judging:
    """Bring what the user says of cells to the form in which they are judged."""
    return Judging(
        date_format=asked.date_format,
        fix_swapped=bool(asked.fix_swapped),
        bbox=None if asked.bbox is None else as_box(asked.bbox, "bbox"),
        as_of=asked.as_of or dt.datetime.now(dt.UTC).date(),
        crs=as_horizontal(asked.crs),
        corridor=corridor,
    )


def _unchanged(source: Any, corridor: Corridor | None) -> gpd.GeoDataFrame | None:
    """Give what was read before, unless a corridor throws doubt on it."""
    before = read_before(source)
    return None if before is None or doubts_of(before, corridor) else before


def _refuse_empty(raw: pd.DataFrame, name: str) -> None:
    if raw.empty:
        msg = f"{name} has no rows"
        raise DataError(msg)


def _with_origin(
    events: gpd.GeoDataFrame, layout: Layout, found: Opened, day: str
) -> gpd.GeoDataFrame:
    events.attrs |= {
        "format": layout.name,
        "encoding": found.encoding,
        "notes": list(found.notes),
        "citation": found.origin.get("citation", layout.citation),
        "accessed": day or found.origin.get("retrieved", ""),
    }
    for note in found.notes:
        _LOG.warning("%s: %s", found.name, note)
    return events


def _settled(
    raw: pd.DataFrame,
    parts: dict[str, str],
    layout: Layout,
    given: Mapping[str, str],
    name: str,
    ledger: Ledger,
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Settle by what columns hold what their names leave open about positions."""
    way = _way_of(parts, given)
    if way == ("lat", "lon") and layout.name != "borderzone":
        open_parts = {part: parts[part] for part in way if part not in given}
        agreed_columns(raw, open_parts, name, ledger)
        raw, parts = with_companions(raw, parts, ledger)
    if way in (("latlon",), None) and not {"latlon", "lat", "lon"} & set(given):
        called = parts.get("latlon")
        found = position_column(raw, called)
        if found is not None and found != called:
            ledger.note(f"column {found!r} was taken for the positions by what it holds")
            kept = {part: column for part, column in parts.items() if column != found}
            parts = {**kept, "latlon": found}
    return raw, _places_in(raw, parts, given, name)


def _way_of(parts: Mapping[str, str], given: Mapping[str, str]) -> tuple[str, ...] | None:
    """Prefer what the user names in full to what was found."""
    return next(
        (way for some in (given, parts) for way in _PLACES if all(part in some for part in way)),
        None,
    )


def _places_in(
    raw: pd.DataFrame, parts: dict[str, str], given: Mapping[str, str], name: str
) -> dict[str, str]:
    """Keep the columns of one way to tell a position; refuse a table without any."""
    way = _way_of(parts, given)
    if way is None:
        absent = [part for part in ("lat", "lon") if part not in parts]
        raise DataError(no_places(raw, absent, parts.values(), name))
    others = {part for other in _PLACES for part in other} | {"crs", "utm_zone"}
    others -= set(way) | _OF_A_WAY.get(way[0], set())
    return {part: column for part, column in parts.items() if part not in others}


def _tell_nested(
    raw: pd.DataFrame, nested: Mapping[str, list[int]], parts: Mapping[str, str], ledger: Ledger
) -> None:
    """Quarantine rows where a list or an object stands for a value that is read."""
    for column, rows in nested.items():
        # Of a position in one cell, an object may be the very spelling.
        if column in {parts[part] for part in parts if part not in ("latlon", "lonlat")}:
            for row in rows:
                told = f"{column} holds {quoted(raw[column].iloc[row])}, a list or an object"
                ledger.quarantine(row, "not one value", told)


# What can be seen again in latitude and longitude as they stand; of all else the cells are gone.
_SEEN_AGAIN = frozenset(
    {"missing position", "not a number", "out of range", "position unreadable", "swap suspected"}
    | {"zero position", "metres"}
)
# What else sets a row aside empties a cell; one that was filled since is mended.
_EMPTIED: Mapping[str, str] = {
    **dict.fromkeys(
        ("date ambiguous", "date order", "date unreadable", "future date"), "date_start"
    ),
    **dict.fromkeys(("crs", "not a point", "outside its crs"), "lat"),
    "precision class": "where_prec",
    "radius": "radius_km",
}
_UNSAID = "set aside: its status says so, and not why"
_KEPT = ("format", "columns", "coverage_notes")
_USUAL: Mapping[str, Any] = {"format": "borderzone", "encoding": "", "citation": "", "accessed": ""}


def read_before(source: Any) -> gpd.GeoDataFrame | None:
    """
    Give a copy of a table that `read` gave, with all that was told of it.

    Rows may have been taken out of it. Where a row was changed since, so that its point is not that
    of its latitude and longitude or a number is impossible, or where tables were put together, which
    may hold one event twice, it is judged like any other.
    """
    if not _is_ours(source) or not len(source) or not _holds(source):
        return None
    if "format" not in source.attrs:  # as pandas.concat leaves it
        return None
    events = source.copy()
    told = dict(_USUAL) | {"columns": {}, "notes": []} | dict(source.attrs)
    told["notes"] = notes_of(told)
    told.pop("label", None)
    events.attrs = told | ({"label": label_of(events)} if label_of(events) else {})
    return events


def hold_back(raw: pd.DataFrame, parts: Mapping[str, str], ledger: Ledger) -> None:
    """
    Keep rows quarantined whose cells cannot say again why they were.

    A row is let go where the cell that was in doubt was filled since, or its status emptied.
    """
    if "status" not in parts:
        return
    was, why = _texts(raw[parts["status"]]), _texts(raw[parts["reason"]])
    cells = {name: raw[parts[name]].tolist() for name in set(_EMPTIED.values())}
    for row in [row for row, word in enumerate(was) if word == "quarantined"]:
        for part in (why[row] or _UNSAID).split("; "):
            kind, _, detail = part.partition(": ")
            if kind not in CATEGORIES:  # words of somebody else, which are no finding of ours
                kind, detail = "set aside", part
            column = _EMPTIED.get(kind)
            mended = column is not None and not is_missing(cells[column][row])
            if kind not in FLAGS | _SEEN_AGAIN and not mended:
                ledger.quarantine(row, kind, detail)


def with_old_verdicts(
    events: gpd.GeoDataFrame,
    raw: pd.DataFrame,
    parts: Mapping[str, str],
    attrs: Mapping[Any, Any],
) -> gpd.GeoDataFrame:
    """Keep what an earlier reading said of rows, beside what this one finds."""
    if "status" not in parts:
        return events
    rank = {status: place for place, status in enumerate(STATUSES)}
    was, why = _texts(raw[parts["status"]]), _texts(raw[parts["reason"]])
    status, reason = events["status"].tolist(), events["reason"].tolist()
    for row, word in enumerate(was):
        if word not in rank or (word == "quarantined" != status[row]):
            continue
        found = [part for part in reason[row].split("; ") if part]
        old = [part for part in why[row].split("; ") if _kind(part) in FLAGS or part in found]
        # That there is no date was told before, by this row or by a note on the whole table.
        known = {*map(_kind, old), "no date"}
        reason[row] = "; ".join([*old, *(part for part in found if _kind(part) not in known)])
        status[row] = max(word, status[row], key=rank.__getitem__)
    out = events.copy()
    out["status"], out["reason"] = status, reason
    points = out.geometry.to_numpy().copy()
    points[~is_usable(out)] = shapely.Point()
    out[out.geometry.name] = gpd.GeoSeries(points, index=out.index, crs=out.crs)
    out.attrs["notes"] = list(dict.fromkeys([*notes_of(attrs), *out.attrs["notes"]]))
    out.attrs |= {name: attrs[name] for name in _KEPT if name in attrs}
    return out


def said_by_rows(raw: pd.DataFrame, parts: Mapping[str, str]) -> dict[str, str]:
    """Give the credit that `write` sets beside the rows of a file."""
    told: dict[str, str] = {}
    if "status" not in parts:
        return told
    for name, column in (("citation", "citation"), ("retrieved", "accessed")):
        words = set(_texts(raw[column])) if column in raw.columns else set()
        if len(words) == 1 and "" not in words:
            told[name] = words.pop()
    return told


def _texts(column: pd.Series) -> list[str]:
    return ["" if is_missing(cell) else str(cell).strip() for cell in column.tolist()]


def _kind(part: str) -> str:
    return part.split(":", 1)[0]


def _is_ours(source: Any) -> bool:
    """Whether a table has the columns, kinds and verdicts that `read` gives."""
    if not isinstance(source, gpd.GeoDataFrame) or source.active_geometry_name != "geometry":
        return False
    try:
        validate(source)
    except DataError:
        return False
    return True


def _holds(events: gpd.GeoDataFrame) -> bool:
    """Whether every usable row still says what its point says, and nothing impossible."""
    rows = events[is_usable(events)]
    points = rows.geometry.to_numpy()
    if not (shapely.get_type_id(points) == 0).all():
        return False
    lon, lat = shapely.get_x(points), shapely.get_y(points)
    same = (rows["lon"].to_numpy() == lon) & (rows["lat"].to_numpy() == lat)
    radius = rows["radius_km"].to_numpy()
    ordered = ~(rows["date_start"] > rows["date_end"]).to_numpy()
    return bool((same & on_globe(lat, lon) & ordered & (np.isnan(radius) | (radius > 0))).all())
