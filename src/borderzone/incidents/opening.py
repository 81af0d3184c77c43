"""Opening what holds a table of incidents: text, spreadsheet, vector file, archive, frame."""

from __future__ import annotations

import os
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from borderzone._guards import check_choice, local_path
from borderzone._guards.escapes import kept_table, uncell_table
from borderzone.errors import DataError, InvalidParameterError, LimitError
from borderzone.incidents import spreadsheet
from borderzone.incidents.heading import is_tag_row
from borderzone.incidents.layouts import LAYOUTS
from borderzone.incidents.text import find_encoding, parse_text
from borderzone.io import (
    SHEET_SUFFIXES,
    local_file,
    plain_cells,
    read_parquet,
    read_rows,
    read_sidecar,
    sha256,
    unpacked,
)
from borderzone.io.files import check_text_size, refuse_address
from borderzone.io.limits import current, how_to_raise

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["FORMATS", "Opened", "opened"]

FORMATS = (
    dict.fromkeys((".csv", ".tsv", ".txt"), "csv")
    | dict.fromkeys(SHEET_SUFFIXES, "excel")
    | dict.fromkeys(
        (".geojson", ".json", ".gpkg", ".shp", ".fgb", ".kml", ".kmz", ".parquet"), "vector"
    )
)
"""How a file is written, by its extension."""

_OF_A_FOLDER = (".kml", ".kmz")
# Columns that only a table of ours has all of.
_OWN = frozenset({"date_start", "date_precision", "where_scheme", "status", "reason", "synthetic"})
_WHAT = "incidents"
_WAYS = ("csv", "excel", "vector")


class Opened(NamedTuple):
    """
    A table as found.

    Attributes
    ----------
    table
        Its cells; with a geometry where the file has one.
    name
        What to call it in messages.
    layout
        Layout asked for; None where the columns are to tell it.
    odd
        What is odd about rows, by position.
    encoding
        Encoding of a text file.
    notes
        What was passed over or taken for granted.
    origin
        What the record beside the file says of its source.
    """

    table: pd.DataFrame
    name: str
    layout: str | None
    odd: dict[int, str]
    encoding: str
    notes: list[str]
    origin: Mapping[str, str] = MappingProxyType({})


def opened(
    source: str | Path | pd.DataFrame, asked: str | None, *, encoding: str | None, sheet: str | None
) -> Opened:
    """
    Open a table of incidents, whatever holds it.

    Parameters
    ----------
    source
        Path or table.
    asked
        Layout or way of writing that the user names.
    encoding
        Encoding that the user names.
    sheet
        Sheet that the user names.

    Returns
    -------
    Opened
        The table.

    Raises
    ------
    DataError
        If it cannot be read.
    LimitError
        If it is too large.
    InvalidParameterError
        If the source is neither a path nor a table, or `asked` is unknown.
    """
    if asked is not None:
        check_choice(asked, "format", (*LAYOUTS, *_WAYS))
    if isinstance(source, pd.DataFrame):
        layout = asked if asked in LAYOUTS else None
        # A table of geopandas that has no geometry is a plain one, with columns to be read.
        is_plain = getattr(source, "active_geometry_name", "") is None
        if source.columns.nlevels > 1:
            msg = "the table has columns of several levels; make one of them, by columns.map('_'.join)"
            raise DataError(msg)
        # Text of pandas' own kind is whole; objects may hold what none can.
        if any(kind == object for kind in (source.columns.dtype, *source.dtypes)):
            source = kept_table(source)
        table = (pd.DataFrame(source) if is_plain else source).rename(columns=str)
        return _without_tags(Opened(table, "the table", layout, {}, "", [], _origin(source.attrs)))
    if not isinstance(source, (str, os.PathLike)):
        msg = f"incidents are read from a path or a table of pandas, got {type(source).__name__}"
        raise InvalidParameterError(msg)
    path = local_path(refuse_address(source, _WHAT))
    if path.is_dir():
        return _from_folder(path, asked)
    if path.suffix.lower() == ".zip":
        found = _from_archive(path, asked, encoding=encoding, sheet=sheet)
    else:
        found = _from_file(path, asked, encoding=encoding, sheet=sheet)
    return _with_record(found, path)


def _origin(attrs: Mapping[Any, Any]) -> dict[str, str]:
    """Take what a table that was read before says of its source."""
    told = {"citation": attrs.get("citation"), "retrieved": attrs.get("accessed")}
    return {name: words for name, words in told.items() if words and isinstance(words, str)}


def _from_folder(path: Path, asked: str | None) -> Opened:
    """All KML and KMZ of a folder as one table; the column ``file`` tells which."""
    files = sorted(file for file in path.iterdir() if file.suffix.lower() in _OF_A_FOLDER)
    if not files:
        msg = f"{path.name} is a folder without KML or KMZ; name one file"
        raise DataError(msg)
    if len(files) > (most := current().folder_files):
        msg = (
            f"{path.name} holds {len(files):,} KML and KMZ files, the limit is {most:,}; "
            f"{how_to_raise('folder_files', len(files))}"
        )
        raise LimitError(msg)
    parts = [_from_file(file, asked, encoding=None, sheet=None) for file in files]
    tables = [part.table.assign(file=file.name) for part, file in zip(parts, files, strict=True)]
    notes = [f"{len(files)} files of the folder were read"]
    notes += [f"{part.name}: {note}" for part in parts for note in part.notes]
    table = pd.concat(tables, ignore_index=True)
    return Opened(table, path.name, parts[0].layout, {}, "", notes)


def _from_archive(
    path: Path, asked: str | None, *, encoding: str | None, sheet: str | None
) -> Opened:
    file = local_file(path, {".zip"}, _WHAT)
    with unpacked(file, tuple(FORMATS), what=_WHAT) as inner:
        found = _from_file(inner, asked, encoding=encoding, sheet=sheet)
    return found._replace(name=f"{path.name} ({inner.name})")


def _with_record(found: Opened, path: Path) -> Opened:
    """Add what the record beside the file says, and whether the file was changed since."""
    record = read_sidecar(path)
    if record is None:
        return found
    origin = {name: record[name] for name in ("citation", "retrieved") if record.get(name)}
    if record["sha256"] == sha256(path):
        return found._replace(origin=origin)
    note = f"{path.name} was changed since the record of its source was written"
    return found._replace(origin=origin, notes=[*found.notes, note])


def _from_file(path: Path, asked: str | None, *, encoding: str | None, sheet: str | None) -> Opened:
    layout = asked if asked in LAYOUTS else None
    suffix = path.suffix.lower()
    way = asked if asked in _WAYS else FORMATS.get(suffix)
    if way is None:
        msg = (
            f"{path.name}: tables ending in {suffix or 'nothing'!r} are not read; save it as "
            f"CSV UTF-8 (read are {', '.join(FORMATS)}, .zip), or pass format='csv'"
        )
        raise DataError(msg)
    if sheet is not None and way != "excel":
        msg = f"sheet={sheet!r} is of a spreadsheet, which {path.name} is not; leave it out"
        raise InvalidParameterError(msg)
    if way == "vector":
        read = read_parquet if suffix == ".parquet" else read_rows
        places = read(path, what=_WHAT)
        return Opened(places, path.name, layout, {}, "", places.attrs.get("notes", []))
    if way == "excel":
        table, notes = spreadsheet.read_sheet(path, sheet, _WHAT)
        return _without_tags(Opened(_unmarked(table), path.name, layout, {}, "", notes))
    return _without_tags(_from_text(path, layout, suffix, encoding))


def _from_text(path: Path, layout: str | None, suffix: str, encoding: str | None) -> Opened:
    file = local_file(path, {suffix}, _WHAT)
    check_text_size(file, _WHAT)
    # The bytes are let go before the table is built beside them.
    found, note = find_encoding(file.read_bytes(), path.name, encoding)
    table = parse_text(file, path.name, found)
    notes = [*table.notes, *([note] if note else [])]
    return Opened(_unmarked(table.cells), path.name, layout, table.odd, found, notes)


def _unmarked(table: pd.DataFrame) -> pd.DataFrame:
    """Take the marks off formulas in a table that `write` wrote; others keep their apostrophes."""
    return uncell_table(table) if set(map(str, table.columns)) >= _OWN else table


def _without_tags(found: Opened) -> Opened:
    """Leave out a second header of hashtags, and say so."""
    if found.table.empty or not is_tag_row(plain_cells(found.table[:1])[0].iloc[0].tolist()):
        return found
    notes = [*found.notes, "the second line holds hashtags (HXL), no event, and was passed over"]
    odd = {row - 1: told for row, told in found.odd.items() if row > 0}
    body = found.table.iloc[1:]
    if isinstance(found.table.index, pd.RangeIndex):
        body = body.reset_index(drop=True)
    return found._replace(table=body, odd=odd, notes=notes)
