"""Incident tables in, whatever their columns are called: every row back, with a verdict."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from borderzone._checks import check_choice
from borderzone.errors import CRSMismatchError, DataError, LimitError
from borderzone.incidents.canonical import ReadOptions, canonical
from borderzone.incidents.positions import check_bbox
from borderzone.incidents.schema import ALIASES, Ledger, match_columns
from borderzone.incidents.text import decode, parse_text
from borderzone.io import local_file, read_vector

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["FORMATS", "read"]

FORMATS = dict.fromkeys((".csv", ".tsv", ".txt"), "csv") | dict.fromkeys(
    (".geojson", ".json", ".gpkg", ".shp", ".fgb", ".kml", ".parquet"), "vector"
)
"""Formats by file extension."""

MAX_TEXT_BYTES = 256 * 1024**2
_WHAT = "incidents"
_POINT = 0  # geometry type number of a point in GEOS


def read(  # noqa: PLR0913 (one option a doubt that only the user can settle)
    source: str | Path | pd.DataFrame,
    *,
    format: str | None = None,
    columns: Mapping[str, str] | None = None,
    date_format: str | None = None,
    fix_swapped: bool = False,
    bbox: Sequence[float] | None = None,
    as_of: dt.date | None = None,
    encoding: str | None = None,
) -> gpd.GeoDataFrame:
    """
    Read a table of incidents and judge every row; none is dropped.

    Column names are matched through an alias table (`Latitude`, `long`,
    `event_date` ...). Delimiter and decimal commas are recognised, the latter
    cell by cell. Doubts are told in the row's ``reason``; what only the user
    can settle, such as 03/04/2019, is quarantined and says what to pass.

    Parameters
    ----------
    source
        Path of a CSV, GeoJSON, GeoPackage or other vector file, or a table.
    format
        "csv" or "vector"; None goes by the extension.
    columns
        Part to column for names that the alias table does not know, for
        example ``{"lat": "Breite"}``.
    date_format
        `strptime` format of the dates, for example "%d/%m/%Y".
    fix_swapped
        Swap latitude and longitude where they look swapped.
    bbox
        Where positions are expected: west, south, east, north. Units: degrees.
    as_of
        Last day that is not in the future; None for today (UTC).
    encoding
        Encoding of a text file that is not UTF-8.

    Returns
    -------
    GeoDataFrame
        EPSG:4326, index kept: id, date_start, date_end, date_precision,
        event_type, description, country, admin1, admin2, place, lat, lon,
        where_prec, where_scheme, radius_km, fatalities_low, fatalities_best,
        fatalities_high, source, status ("ok", "fixed", "quarantined"), reason,
        synthetic, then the file's other columns. A quarantined row has an
        empty geometry. ``attrs["columns"]`` tells which column was taken for what.

    Raises
    ------
    DataError
        If the file cannot be read, has no rows, or has no coordinates.
    LimitError
        If a text file is larger than 256 MB.
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
    raw, odd, name = _load(source, format, encoding)
    if raw.empty:
        msg = f"{name} has no rows"
        raise DataError(msg)
    parts = match_columns([column for column in raw.columns if column != "geometry"], columns)
    if isinstance(raw, gpd.GeoDataFrame):
        raw, parts = _with_coordinates(raw, parts, name)
    _need_coordinates(raw, parts, name)
    ledger = Ledger(len(raw))
    _tell_ragged(raw, odd, ledger)
    today = dt.datetime.now(dt.UTC).date()
    options = ReadOptions(
        date_format=date_format,
        fix_swapped=fix_swapped,
        bbox=check_bbox(bbox),
        as_of=as_of or today,
    )
    return canonical(raw, parts, ledger, options)


def _load(
    source: str | Path | pd.DataFrame, kind: str | None, encoding: str | None
) -> tuple[pd.DataFrame, dict[int, str], str]:
    if isinstance(source, pd.DataFrame):
        return source.rename(columns=str), {}, "the table"
    path = Path(source)
    suffix = path.suffix.lower()
    kind = kind or FORMATS.get(suffix)
    if kind is None:
        msg = (
            f"{path.name}: tables ending in {suffix or 'nothing'!r} are not read; save it as "
            f"CSV UTF-8 (read are {', '.join(FORMATS)}), or pass format='csv'"
        )
        raise DataError(msg)
    check_choice(kind, "format", ("csv", "vector"))
    if kind == "vector":
        return read_vector(source, what=_WHAT), {}, path.name
    file = local_file(source, {suffix}, _WHAT)
    if file.stat().st_size > MAX_TEXT_BYTES:
        msg = f"{path.name} is larger than {MAX_TEXT_BYTES // 1024**2} MB; cut it first"
        raise LimitError(msg)
    table, odd = parse_text(decode(file.read_bytes(), path.name, encoding), path.name)
    return table, odd, path.name


def _with_coordinates(
    raw: gpd.GeoDataFrame, parts: dict[str, str], name: str
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Put the coordinates of points into columns."""
    if raw.crs is None:
        msg = f"{name} does not say its CRS; set it, for example with set_crs('EPSG:4326')"
        raise CRSMismatchError(msg)
    points = raw.geometry.to_crs("EPSG:4326").to_numpy()
    whole = (shapely.get_type_id(points) == _POINT) & ~shapely.is_empty(points)
    axes = {"lat": np.full(len(raw), np.nan), "lon": np.full(len(raw), np.nan)}
    axes["lat"][whole] = shapely.get_y(points[whole])
    axes["lon"][whole] = shapely.get_x(points[whole])
    table = pd.DataFrame(raw.drop(columns=raw.geometry.name))
    for part, values in axes.items():
        told = table[parts[part]].tolist() if part in parts else [""] * len(raw)
        # Where there is no point, the file's own columns (if any) still speak.
        cells = [
            here if np.isfinite(here) else there for here, there in zip(values, told, strict=True)
        ]
        table[part] = pd.Series(cells, index=raw.index, dtype=object)
        parts = {**parts, part: part}
    return table, parts


def _need_coordinates(raw: pd.DataFrame, parts: Mapping[str, str], name: str) -> None:
    absent = [part for part in ("lat", "lon") if part not in parts]
    if not absent:
        return
    words = {"lat": "latitude", "lon": "longitude"}
    accepted = "; ".join(f"for {words[part]} {', '.join(ALIASES[part])}" for part in absent)
    msg = (
        f"{name} has no column for {' and '.join(words[part] for part in absent)}: found "
        f"{', '.join(map(str, raw.columns))}. Accepted names (in any case): {accepted}; or pass "
        f"columns={{{absent[0]!r}: 'the name in your file'}}"
    )
    raise DataError(msg)


def _tell_ragged(raw: pd.DataFrame, odd: Mapping[int, str], ledger: Ledger) -> None:
    has_extra = "extra_cells" in raw.columns
    for row, told in odd.items():
        if has_extra and raw["extra_cells"].iloc[row]:
            ledger.quarantine(
                row, "too many cells", f"{told}: an unquoted comma in a number or text?"
            )
        else:
            ledger.flag(row, "too few cells", told)
