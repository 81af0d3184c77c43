"""From a raw table, however its columns are called, to the one form the study works on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from borderzone.incidents.cells import is_missing, parse_date, parse_number, shown
from borderzone.incidents.duplicates import flag_duplicates
from borderzone.incidents.positions import Box, flag_pile_ups, judge_positions
from borderzone.incidents.schema import COLUMNS, Ledger

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

__all__ = ["ReadOptions", "canonical"]

_LABEL = "SYNTHETIC DATA"
_PRECISIONS = ("day", "week", "month", "year")


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
    """

    date_format: str | None = None
    fix_swapped: bool = False
    bbox: Box | None = None
    as_of: dt.date


def canonical(
    raw: pd.DataFrame, parts: Mapping[str, str], ledger: Ledger, options: ReadOptions
) -> gpd.GeoDataFrame:
    """
    Bring a raw table into the canonical columns, row by row, dropping none.

    Parameters
    ----------
    raw
        The table as found.
    parts
        Part to column, from `match_columns`.
    ledger
        Findings so far, for the rows of `raw`.
    options
        How doubtful cells are judged.

    Returns
    -------
    GeoDataFrame
        Canonical columns, then the other columns of `raw`; EPSG:4326; index
        of `raw`. A quarantined row has an empty geometry.
    """
    cells = {part: raw[name].tolist() for part, name in parts.items()}
    n_rows = len(raw)
    blank: list[object] = [""] * n_rows
    lat, lon = judge_positions(
        cells["lat"], cells["lon"], ledger, bbox=options.bbox, fix_swapped=options.fix_swapped
    )
    table: dict[str, Any] = {"id": _ids(cells.get("id", blank))}
    table |= _dates(cells, n_rows, ledger, options)
    for part in (
        "event_type",
        "description",
        "country",
        "admin1",
        "admin2",
        "place",
        "source",
    ):
        table[part] = [_text(cell) for cell in cells.get(part, blank)]
    table |= {"lat": lat, "lon": lon}
    table["where_prec"] = _precision_classes(cells.get("where_prec", blank), ledger)
    given = [_text(cell) for cell in cells.get("where_scheme", blank)]
    table["where_scheme"] = [
        scheme or ("" if code is pd.NA else "ucdp")
        for scheme, code in zip(given, table["where_prec"], strict=True)
    ]
    table["radius_km"] = _radii(cells.get("radius_km", blank), ledger)
    for part in ("fatalities_low", "fatalities_best", "fatalities_high"):
        table[part] = _fatalities(cells.get(part, blank), ledger)
    table["synthetic"] = [_truth(cell) for cell in cells.get("synthetic", blank)]
    usable = np.array([status != "quarantined" for status in ledger.statuses()])
    flag_pile_ups(lat, lon, usable, ledger)
    flag_duplicates(raw, table, usable, ledger, given_ids="id" in parts)
    table |= {"status": ledger.statuses(), "reason": ledger.reasons()}
    points = np.where(usable, shapely.points(lon, lat), shapely.Point())
    return _assemble(table, raw, parts, points)


def _assemble(
    table: dict[str, Any], raw: pd.DataFrame, parts: Mapping[str, str], points: Any
) -> gpd.GeoDataFrame:
    frame = pd.DataFrame({name: table[name] for name in COLUMNS}, index=raw.index)
    for name in ("date_start", "date_end"):
        frame[name] = pd.to_datetime(frame[name]).astype("datetime64[ns]")
    for name in ("where_prec", "fatalities_low", "fatalities_best", "fatalities_high"):
        frame[name] = frame[name].astype("Int64")
    for name in raw.columns:
        own = str(name)
        plain = own.casefold()
        if plain in ("geometry", "status", "reason"):
            continue
        if plain not in COLUMNS:
            frame[own] = raw[name]
        # Under a canonical name the read value stands; the cells stay beside it if they differ.
        elif _changed(raw[name], frame[plain]) and f"{own}_original" not in raw.columns:
            frame[f"{own}_original"] = raw[name]
    events = gpd.GeoDataFrame(frame, geometry=points, crs="EPSG:4326")
    events.attrs["columns"] = dict(parts)
    if events["synthetic"].any():
        events.attrs["label"] = _LABEL
    return events


def _changed(raw: pd.Series, read: pd.Series) -> bool:
    """Whether the canonical column says anything else than the raw cells did."""
    if pd.api.types.is_datetime64_any_dtype(read):
        texts = read.dt.strftime("%Y-%m-%d").tolist()
    else:
        texts = read.tolist()
    for before, after in zip(raw.tolist(), texts, strict=True):
        if is_missing(before) and is_missing(after):
            continue
        number = parse_number(before)
        same = str(before).strip() == str(after) or (
            number.state == "ok" and number.value == parse_number(after).value
        )
        if not same:
            return True
    return False


def _ids(cells: list[object]) -> list[str]:
    return [f"row-{row}" if is_missing(cell) else _text(cell) for row, cell in enumerate(cells, 1)]


def _text(cell: object) -> str:
    if cell is None or cell is pd.NA or (isinstance(cell, float) and np.isnan(cell)):
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _truth(cell: object) -> bool:
    return str(cell).strip().casefold() in {"true", "1", "1.0", "yes"}


def _dates(
    cells: Mapping[str, list[object]], n_rows: int, ledger: Ledger, options: ReadOptions
) -> dict[str, list[object]]:
    start: list[object] = [pd.NaT] * n_rows
    end: list[object] = [pd.NaT] * n_rows
    precision: list[object] = [""] * n_rows
    if "date" in cells:
        blank: list[object] = [""] * n_rows
        words = cells.get("date_precision", blank)
        ends = cells.get("date_end", blank)
        for row, cell in enumerate(cells["date"]):
            span = _one_span(row, (cell, ends[row], words[row]), ledger, options)
            if span is not None:
                start[row], end[row], precision[row] = span
    return {"date_start": start, "date_end": end, "date_precision": precision}


def _one_span(
    row: int, cells: tuple[object, object, object], ledger: Ledger, options: ReadOptions
) -> tuple[pd.Timestamp, pd.Timestamp, str] | None:
    word = "" if is_missing(cells[2]) else str(cells[2]).strip().casefold()
    if word and word not in _PRECISIONS:
        told = f"{shown(cells[2])} is none of {', '.join(_PRECISIONS)}; taken from the date"
        ledger.flag(row, "date precision", told)
        word = ""
    first, last = (parse_date(cell, options.date_format, word) for cell in cells[:2])
    for span in (first, last):
        if span.problem:
            kind = "date ambiguous" if " may be " in span.problem else "date unreadable"
            ledger.quarantine(row, kind, span.problem)
            return None
    if first.start is None or first.end is None:
        ledger.flag(row, "no date", "the cell is empty")
        return None
    end = last.end or first.end
    if end < first.start:
        ledger.quarantine(row, "date order", f"ends on {end}, before it starts on {first.start}")
    elif first.start > options.as_of:
        ledger.quarantine(row, "future date", f"{first.start} is after {options.as_of}")
    return pd.Timestamp(first.start), pd.Timestamp(end), first.precision


def _precision_classes(cells: list[object], ledger: Ledger) -> list[object]:
    classes: list[object] = []
    for row, cell in enumerate(cells):
        number = parse_number(cell)
        known = number.state == "ok" and number.value in range(1, 8)
        classes.append(int(number.value) if known else pd.NA)
        if not known and number.state != "missing":
            ledger.quarantine(
                row, "precision class", f"where_prec {shown(cell)} is not one of 1 to 7"
            )
    return classes


def _radii(cells: list[object], ledger: Ledger) -> list[float]:
    radii = []
    for row, cell in enumerate(cells):
        number = parse_number(cell)
        radii.append(number.value if number.value > 0 else np.nan)
        if number.state == "comma":
            ledger.fix(row, "decimal comma", f"radius {shown(cell)} read as {number.value:g}")
        if number.state == "bad" or number.value < 0:
            ledger.quarantine(row, "radius", f"radius_km {shown(cell)} is not a distance in km")
        elif number.value == 0:
            ledger.flag(row, "radius", "radius_km 0 is no stated precision and is left out")
    return radii


def _fatalities(cells: list[object], ledger: Ledger) -> list[object]:
    counts: list[object] = []
    for row, cell in enumerate(cells):
        number = parse_number(cell)
        whole = number.state == "ok" and number.value >= 0 and number.value.is_integer()
        counts.append(int(number.value) if whole else pd.NA)
        if not whole and number.state != "missing":
            ledger.flag(row, "fatalities", f"{shown(cell)} is not a count and is left out")
    return counts
