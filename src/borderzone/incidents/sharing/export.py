"""Incidents written to files: rows where their terms allow it, counts where they do not."""

from __future__ import annotations

import csv
import importlib
import json
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from borderzone._guards import check_choice, guarded, local_path
from borderzone._guards.escapes import spreadsheet_table
from borderzone.errors import BorderzoneError, DataError, LimitError, OutputError
from borderzone.incidents.sharing.counts import SMALLEST_CELL_KM, aggregate
from borderzone.incidents.sharing.terms_of_use import (
    check_terms,
    leaving,
    shown_names,
    under_terms,
)
from borderzone.incidents.sharing.terms_of_use import (
    terms as terms_of,
)
from borderzone.io import atomic_write, write_geoparquet, write_gpkg

if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from pathlib import Path

    from borderzone.corridor import Corridor

__all__ = ["Written", "uniform", "write"]

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


def write(  # noqa: PLR0913 (one option a choice about what leaves the house)
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


def uniform(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Make text of columns that mix kinds, which typed files cannot hold."""
    safe = table.copy()
    for name in safe.columns.drop(safe.geometry.name):
        if safe[name].dtype == object:
            kinds = {type(cell) for cell in safe[name] if not _is_gap(cell)}
            cells = [None if _is_gap(cell) else cell for cell in safe[name]]
            if (kinds - {str} and len(kinds) > 1) or kinds & {dict, list, tuple, set}:
                cells = [None if cell is None else str(cell) for cell in cells]
            # By place: labels of rows may repeat.
            safe[name] = pd.Series(cells, dtype=object).to_numpy()
    return safe


def _is_gap(cell: Any) -> bool:
    return cell is None or cell is pd.NA or (isinstance(cell, float) and np.isnan(cell))


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
    columns = _plain(uniform(table)).astype(object)
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
    write_gpkg({"incidents": uniform(table)}, file)


def _write_parquet(table: gpd.GeoDataFrame, file: Path) -> None:
    write_geoparquet(uniform(table), file)


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
    if _is_gap(cell):
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
