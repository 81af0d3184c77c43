"""Opening what holds a table of incidents: text, spreadsheet, vector file, archive, memory."""

from __future__ import annotations

import os
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from borderzone._guards import check_choice, local_path
from borderzone._guards.escapes import kept_table, uncell_table
from borderzone.errors import DataError, InvalidParameterError, LimitError
from borderzone.incidents.cells import shown
from borderzone.incidents.hints import option
from borderzone.incidents.reading.again import notes_of
from borderzone.incidents.reading.aliases import match_columns
from borderzone.incidents.reading.choosing import only_one
from borderzone.incidents.reading.furniture import Oddity, furniture_of
from borderzone.incidents.reading.heading import (
    NO_HEADER,
    UCDP_COLUMNS,
    first_of_data,
    is_data,
    is_tag_row,
    is_ucdp_row,
)
from borderzone.incidents.reading.in_memory import as_frame
from borderzone.incidents.reading.layouts import LAYOUTS
from borderzone.incidents.reading.spreadsheet import read_sheet
from borderzone.incidents.reading.text import find_encoding, parse_text
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
from borderzone.io.bounds import current, how_to_raise
from borderzone.io.files import check_text_size, is_stream, refuse_address, spooled, stream_name
from borderzone.io.vector import JSON_SUFFIXES, list_layers
from borderzone.io.vector import SUFFIXES as VECTOR_SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from borderzone._typing import BoolArray

__all__ = ["FORMATS", "Opened", "Way", "opened"]

FORMATS = (
    dict.fromkeys((".csv", ".tsv", ".txt"), "csv")
    | dict.fromkeys(SHEET_SUFFIXES, "excel")
    | dict.fromkeys(sorted(VECTOR_SUFFIXES), "vector")
)
"""How a file is written, by its extension."""

_OF_A_FOLDER = (".kml", ".kmz")
_TEXTS = frozenset(ending for ending, way in FORMATS.items() if way == "csv") | JSON_SUFFIXES
_LAYERED = (".gpkg", ".shp", ".fgb", *_OF_A_FOLDER)
# Columns that only a table of ours has all of.
_OWN = frozenset({"date_start", "date_precision", "where_scheme", "status", "reason", "synthetic"})
_ANY_KIND = ("Unknown", "GeometryCollection")
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
    lines
        Line of the file, or row of the sheet, of each row; empty where there is none.
    header
        Columns of a text or a sheet as they stand in it.
    """

    table: pd.DataFrame
    name: str
    layout: str | None
    odd: dict[int, Oddity]
    encoding: str
    notes: list[str]
    origin: Mapping[str, str] = MappingProxyType({})
    lines: Sequence[int] = ()
    header: Sequence[str] = ()


class Way(NamedTuple):
    """
    How the user says that a table is to be opened.

    Attributes
    ----------
    format
        Layout or way of writing.
    encoding
        Encoding of a text.
    part
        Sheet or layer.
    columns
        Part to column.
    """

    format: str | None = None
    encoding: str | None = None
    part: str | None = None
    columns: Mapping[str, str] | None = None

    @property
    def layout(self) -> str | None:
        """Layout that is named."""
        return self.format if self.format in LAYOUTS else None


def opened(source: Any, way: Way) -> Opened:
    """Open a table of incidents, whatever holds it."""
    if way.format is not None:
        check_choice(way.format, "format", (*LAYOUTS, *_WAYS))
    if is_stream(source):
        return _from_stream(source, way)
    if not isinstance(source, (str, os.PathLike)):
        return _from_memory(source, way)
    path = local_path(refuse_address(source, _WHAT))
    if path.is_dir():
        return _from_folder(path, way)
    return _with_record(_from_path(path, way), path)


def _from_memory(given: Any, way: Way) -> Opened:
    source = as_frame(given)
    notes = [] if source is given else notes_of(source.attrs)
    # A table of geopandas that has no geometry is a plain one, with columns to be read.
    is_plain = getattr(source, "active_geometry_name", "") is None
    if source.columns.nlevels > 1:
        msg = "the table has columns of several levels; make one of them, by columns.map('_'.join)"
        raise DataError(msg)
    # Text of pandas' own kind is whole; objects may hold what none can.
    if any(kind == object for kind in (source.columns.dtype, *source.dtypes)):
        source = kept_table(source)
    table = (pd.DataFrame(source) if is_plain else source).rename(columns=str)
    origin = _origin(source.attrs)
    found = Opened(table, "the table", way.layout, {}, "", notes, origin)
    return _without_tags(_named(found, way))


def _from_stream(stream: Any, way: Way) -> Opened:
    suffix = ".csv" if way.format == "csv" else ""
    with spooled(stream, text=_TEXTS, what=_WHAT, suffix=suffix) as path:
        found = _from_path(path, way)
    return found._replace(name=stream_name(stream) or "the open file")


def _origin(attrs: Mapping[Any, Any]) -> dict[str, str]:
    """Take what a table that was read before says of its source."""
    told = {"citation": attrs.get("citation"), "retrieved": attrs.get("accessed")}
    return {name: words for name, words in told.items() if words and isinstance(words, str)}


def _from_folder(path: Path, way: Way) -> Opened:
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
    parts = [_from_file(file, way) for file in files]
    tables = [part.table.assign(file=file.name) for part, file in zip(parts, files, strict=True)]
    notes = [f"{len(files)} files of the folder were read"]
    notes += [f"{part.name}: {note}" for part in parts for note in part.notes]
    table = pd.concat(tables, ignore_index=True)
    return Opened(table, path.name, way.layout, {}, "", notes)


def _from_path(path: Path, way: Way) -> Opened:
    if path.suffix.lower() != ".zip":
        return _from_file(path, way)
    file = local_file(path, {".zip"}, _WHAT)
    with unpacked(file, tuple(FORMATS), what=_WHAT) as inner:
        found = _from_file(inner, way)
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


def _from_file(path: Path, way: Way) -> Opened:
    suffix = path.suffix.lower()
    written = way.format if way.format in _WAYS else FORMATS.get(suffix)
    if written is None:
        msg = (
            f"{path.name}: tables ending in {suffix or 'nothing'!r} are not read; save it as "
            f"CSV UTF-8 (read are {', '.join(FORMATS)}, .zip), or pass {option('format', 'csv')}"
        )
        raise DataError(msg)
    if way.part is not None and written != "excel" and suffix not in _LAYERED:
        msg = (
            f"sheet or layer {way.part!r} is of a spreadsheet, which {path.name} is not, or of a file "
            "of layers; leave it out"
        )
        raise InvalidParameterError(msg)
    if written == "vector":
        return _from_vector(path, way)
    if written == "excel":
        sheet = read_sheet(path, way.part, _WHAT)
        found = Opened(sheet.cells, path.name, way.layout, {}, "", sheet.notes)
        return _tidied(found._replace(lines=sheet.lines, header=sheet.header), way)
    return _tidied(_from_text(path, way), way)


def _from_text(path: Path, way: Way) -> Opened:
    file = local_file(path, {path.suffix.lower()}, _WHAT)
    check_text_size(file, _WHAT)
    # The bytes are let go before the table is built beside them.
    found, note = find_encoding(file.read_bytes(), path.name, way.encoding)
    table = parse_text(file, path.name, found)
    notes = [*table.notes, *([note] if note else [])]
    whole = Opened(table.cells, path.name, way.layout, table.odd, found, notes)
    return whole._replace(lines=table.lines, header=table.header)


def _from_vector(path: Path, way: Way) -> Opened:
    suffix = path.suffix.lower()
    notes: list[str] = []
    if suffix == ".parquet":
        table = read_parquet(path, what=_WHAT)
    elif suffix in _LAYERED:
        layer = way.part
        if layer is None and suffix == ".gpkg":
            layer, notes = _layer_of(path)
        table = read_rows(path, layer=layer, what=_WHAT)
    else:
        table = read_rows(path, what=_WHAT)
    notes += notes_of(table.attrs)
    if suffix in _OF_A_FOLDER:
        table = _with_times(table)
        if way.part is None:
            table, left = _with_points(table)
            notes += left
    return Opened(table, path.name, way.layout, {}, "", notes)


def _layer_of(path: Path) -> tuple[str | None, list[str]]:
    """Name the only layer with positions; nothing to choose where there is one layer at all."""
    layers = list_layers(path, what=_WHAT)
    if len(layers) < 2:
        return None, []
    full = [layer for layer in layers if layer.rows] or layers
    placed = [
        layer.name
        for layer in full
        if "Point" in layer.kind or (not layer.kind and first_of_data([layer.columns]) == 0)
    ]
    placed = placed or [layer.name for layer in full if layer.kind in _ANY_KIND]
    if len(placed) > 1:
        only_one(placed, path.name, "layer")
    names = [layer.name for layer in layers]
    if not placed:
        msg = (
            f"{path.name} holds the layers {', '.join(map(repr, names[:20]))}, none of points; name one "
            f"of them with {option('layer', names[0])}"
        )
        raise DataError(msg)
    others = ", ".join(repr(name) for name in names[:20] if name != placed[0])
    note = f"layer {placed[0]!r} was read, of {len(names)}; the others are {others}"
    return placed[0], [note]


def _with_points(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Leave out folders of a KML without any point, such as outlines and routes, and say so."""
    points = table.geometry.geom_type.isin(("Point", "MultiPoint", "GeometryCollection"))
    kept = table["folder"].isin(set(table["folder"][points]))
    if kept.all() or not kept.any():
        return table, []
    names = list(dict.fromkeys(table["folder"][~kept]))
    told = ", ".join(map(repr, names[:20]))
    several = "folder" if len(names) == 1 else "folders"
    left = f"{several} {told} without points left out ({int((~kept).sum()):,} rows)"
    notes = [f"{left}; to read one, pass {option('layer', names[0])}"]
    return table[kept].reset_index(drop=True), notes


def _with_times(table: pd.DataFrame) -> pd.DataFrame:
    """Make dates of the time stamps and spans of a KML that has no dates of its own."""
    own = match_columns([column for column in table.columns if column != "geometry"])
    told = [column for column in ("timestamp", "begin", "end") if column in table]
    if "date" in own or not told:
        return table
    blank = pd.Series([None] * len(table), index=table.index, dtype=object)
    stamp, begin, end = (
        table.get(part, blank).astype(object) for part in ("timestamp", "begin", "end")
    )
    dated = table.drop(columns=told)
    dated["date"] = stamp.where(stamp.notna(), begin)
    if end.notna().any():
        dated["date_end"] = end
    return dated


def _unmarked(table: pd.DataFrame) -> pd.DataFrame:
    """Take the marks off formulas in a table that `write` wrote; others keep their apostrophes."""
    return uncell_table(table) if set(map(str, table.columns)) >= _OWN else table


def _tidied(found: Opened, way: Way) -> Opened:
    """Leave out the rows of a text or a sheet that are no events, and say so."""
    found = _without_tags(found._replace(table=_unmarked(found.table)))
    columns = [str(column) for column in found.table.columns]
    parts = match_columns(columns, way.columns)
    furniture = furniture_of(found.table, found.header, parts)
    notes = [*found.notes, *furniture.notes]
    odd = {**furniture.odd, **found.odd}
    return _cut(found._replace(odd=odd, notes=notes), ~furniture.rows)


def _cut(found: Opened, keep: BoolArray) -> Opened:
    """Leave rows out of all that is known of them."""
    if keep.all():
        return found
    place = np.cumsum(keep) - 1
    odd = {int(place[row]): told for row, told in found.odd.items() if keep[row]}
    body = found.table[keep]
    if isinstance(found.table.index, pd.RangeIndex):
        body = body.reset_index(drop=True)
    lines = (
        [line for line, here in zip(found.lines, keep, strict=True) if here] if found.lines else ()
    )
    return found._replace(table=body, odd=odd, lines=lines)


def _without_tags(found: Opened) -> Opened:
    """Leave out a second header of hashtags, and say so."""
    if found.table.empty or not is_tag_row(plain_cells(found.table[:1])[0].iloc[0].tolist()):
        return found
    notes = [*found.notes, "the second line holds hashtags (HXL), no event, and was passed over"]
    return _cut(found._replace(notes=notes), np.arange(len(found.table)) > 0)


def _named(found: Opened, way: Way) -> Opened:
    """Name columns that only have numbers; refuse a table whose first row became their names."""
    names = [str(name) for name in found.table.columns]
    numbered = names == [str(number) for number in range(len(names))]
    if numbered and len(found.table) and is_ucdp_row(found.table.iloc[0].tolist()):
        named = found.table.set_axis(list(UCDP_COLUMNS[: len(names)]), axis=1)
        return found._replace(table=named, notes=[*found.notes, NO_HEADER])
    if not numbered and not way.columns and is_data(names):
        told = ", ".join(map(shown, names[:6]))
        msg = (
            f"{found.name} has no header: its columns are called {told}, which is data; read it again "
            "with names of the columns (in pandas header=None and names=)"
        )
        raise DataError(msg)
    return found
