"""Opening what holds a table of incidents: text, spreadsheet, vector file, archive, memory."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, NoReturn

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa

from borderzone._guards import check_choice, local_path, local_place
from borderzone._guards.escapes import kept_table, uncell_table
from borderzone.errors import BorderzoneError, DataError, InvalidParameterError, LimitError
from borderzone.incidents.option_list import option
from borderzone.incidents.reading.aliases import match_columns
from borderzone.incidents.reading.layouts import LAYOUTS
from borderzone.incidents.reading.text import (
    NO_HEADER,
    UCDP_COLUMNS,
    Oddity,
    find_encoding,
    first_of_data,
    furniture_of,
    heading_of,
    is_data,
    is_tag_row,
    is_ucdp_row,
    parse_text,
)
from borderzone.incidents.table_schema import quoted
from borderzone.io import (
    SUFFIXES,
    Limits,
    OpenFile,
    list_layers,
    local_file,
    plain_cells,
    read_rows,
    read_sheets,
    read_sidecar,
    rows_of,
    sha256,
    unpacked,
)

if TYPE_CHECKING:
    from pathlib import Path

    from borderzone._typing import BoolArray
    from borderzone.io.tables import TableSheet

__all__ = [
    "FORMATS",
    "Opened",
    "SheetTable",
    "Way",
    "as_frame",
    "notes_of",
    "one_name",
    "only_one",
    "opened",
    "read_sheet",
]


FORMATS = (
    dict.fromkeys(sorted(SUFFIXES.text), "csv")
    | dict.fromkeys(sorted(SUFFIXES.spreadsheet), "excel")
    | dict.fromkeys(sorted(SUFFIXES.vector), "vector")
)
"""How a file is written, by its extension."""

_LAYERED = SUFFIXES.layered | SUFFIXES.kml
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
    if (stream := OpenFile.of(source)) is not None:
        return _from_stream(stream, way)
    if not isinstance(source, (str, os.PathLike)):
        return _from_memory(source, way)
    path = local_path(local_place(source, _WHAT))
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


def _from_stream(stream: OpenFile, way: Way) -> Opened:
    suffix = ".csv" if way.format == "csv" else ""
    with stream.as_file(what=_WHAT, suffix=suffix) as path:
        found = _from_path(path, way)
    return found._replace(name=stream.name or "the open file")


def _origin(attrs: Mapping[Any, Any]) -> dict[str, str]:
    """Take what a table that was read before says of its source."""
    told = {"citation": attrs.get("citation"), "retrieved": attrs.get("accessed")}
    return {name: words for name, words in told.items() if words and isinstance(words, str)}


def _from_folder(path: Path, way: Way) -> Opened:
    """All KML and KMZ of a folder as one table; the column ``file`` tells which."""
    files = sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES.kml)
    if not files:
        msg = f"{path.name} is a folder without KML or KMZ; name one file"
        raise DataError(msg)
    if len(files) > (most := Limits.now().folder_files):
        msg = (
            f"{path.name} holds {len(files):,} KML and KMZ files, the limit is {most:,}; "
            f"{Limits.how_to_raise('folder_files', len(files))}"
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
    file = local_file(path, {path.suffix.lower()}, _WHAT, text=True)
    # The bytes are let go before the table is built beside them.
    found, note = find_encoding(file.read_bytes(), path.name, way.encoding)
    table = parse_text(file, path.name, found)
    notes = [*table.notes, *([note] if note else [])]
    whole = Opened(table.cells, path.name, way.layout, table.odd, found, notes)
    return whole._replace(lines=table.lines, header=table.header)


def _from_vector(path: Path, way: Way) -> Opened:
    suffix = path.suffix.lower()
    notes: list[str] = []
    if suffix in _LAYERED:
        layer = way.part
        if layer is None and suffix == ".gpkg":
            layer, notes = _layer_of(path)
        table = read_rows(path, layer=layer, what=_WHAT)
    else:
        table = read_rows(path, what=_WHAT)
    notes += notes_of(table.attrs)
    if suffix in SUFFIXES.kml:
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
        told = ", ".join(map(quoted, names[:6]))
        msg = (
            f"{found.name} has no header: its columns are called {told}, which is data; read it again "
            "with names of the columns (in pandas header=None and names=)"
        )
        raise DataError(msg)
    return found


_SHOWN = 20


def one_name(sheet: Any, layer: Any) -> str | None:
    """Take the name of a sheet or a layer, which are two words for one thing."""
    for option_name, given in (("sheet", sheet), ("layer", layer)):
        if given is not None and not isinstance(given, str):
            msg = f"{option_name} must be the name of one, as a text, got {given!r}"
            raise InvalidParameterError(msg)
    if sheet is not None and layer is not None and sheet != layer:
        msg = (
            f"{option('sheet', sheet)} and {option('layer', layer)} name two parts of the file; they "
            "are two words for one thing: give one of them"
        )
        raise InvalidParameterError(msg)
    name: str | None = layer if sheet is None else sheet
    return name


def only_one(placed: Sequence[str], file: str, kind: Literal["sheet", "layer"]) -> NoReturn:
    """Refuse a file of which several sheets or layers hold incidents."""
    told = ", ".join(map(repr, placed[:_SHOWN]))
    more = f" and {len(placed) - _SHOWN:,} more" if len(placed) > _SHOWN else ""
    msg = (
        f"{file} holds incidents on several {kind}s ({told}{more}); read one at a time with "
        f"{option(kind, placed[0])}"
    )
    raise DataError(msg)


_IN_MEMORY = "incidents: the table"
_GEO_ARROW = b"ARROW:extension:name"


def as_frame(source: Any) -> pd.DataFrame:
    """Make a table of pandas of what holds rows in memory; it is not changed."""
    if isinstance(source, pd.DataFrame):
        return source
    if isinstance(source, gpd.GeoSeries):
        frame: pd.DataFrame = gpd.GeoDataFrame(geometry=source, index=source.index)
        return frame
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a library grumbling over a table
            table = _converted(source)
    except (BorderzoneError, MemoryError):
        raise
    except Exception as error:  # whatever a library, or an object of the user's, raises
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        msg = f"{_IN_MEMORY} cannot be read ({reason[:200]}); make it a table of pandas first"
        raise DataError(msg) from error
    if table is None:
        msg = (
            f"incidents are read from a path or a table of pandas, got {type(source).__name__}; also "
            "taken are an open file, tables of geopandas, polars and Arrow, a list of dicts, and "
            f"what has __geo_interface__{_advice(source)}"
        )
        raise InvalidParameterError(msg)
    return table


def _converted(source: Any) -> pd.DataFrame | None:
    if isinstance(source, (pd.Series, type)):
        return None
    if isinstance(source, pa.RecordBatch):
        source = pa.Table.from_batches([source])
    if hasattr(source, "__arrow_c_stream__"):
        return _from_arrow(pa.RecordBatchReader.from_stream(source))
    if hasattr(source, "__dataframe__"):
        return _from_interchange(source)
    content = getattr(source, "__geo_interface__", source)
    if isinstance(content, Mapping):
        return rows_of(_as_mapping(content), _IN_MEMORY)
    return _from_sequence(content)


def _from_sequence(source: Any) -> pd.DataFrame | None:
    if not isinstance(source, Sequence) or isinstance(source, (str, bytes, bytearray, memoryview)):
        return None
    rows = [getattr(one, "__geo_interface__", one) for one in source]
    if rows and not all(isinstance(one, Mapping) for one in rows):
        return None
    return rows_of([_as_mapping(one) for one in rows], _IN_MEMORY)


def _as_mapping(value: Any) -> dict[str, Any]:
    """Plain lists and dicts as far down as features have them."""
    plain: dict[str, Any] = dict(value)
    features = plain.get("features")
    if plain.get("type") == "FeatureCollection" and isinstance(features, Sequence):
        return plain | {
            "features": [
                _as_mapping(getattr(one, "__geo_interface__", one)) if _is_feature(one) else one
                for one in features
            ]
        }
    for member in ("geometry", "properties", "attributes"):
        inner = plain.get(member)
        inner = getattr(inner, "__geo_interface__", inner) if member == "geometry" else inner
        if isinstance(inner, Mapping):
            plain[member] = dict(inner)
    return plain


def _is_feature(one: Any) -> bool:
    return isinstance(one, Mapping) or hasattr(one, "__geo_interface__")


def _from_arrow(reader: pa.RecordBatchReader) -> pd.DataFrame:
    """Take batch by batch, so that a stream without end is refused before memory is full."""
    rows = size = 0
    Limits.now().check_table(0, len(reader.schema), _IN_MEMORY)
    batches = []
    for batch in reader:
        batch.validate(full=True)
        rows, size = rows + batch.num_rows, size + batch.nbytes
        Limits.now().check_table(rows, len(reader.schema), _IN_MEMORY)
        Limits.now().check("event_rows", rows, "rows", _IN_MEMORY)
        Limits.now().check("table_bytes", size, "bytes of cells", _IN_MEMORY)
        batches.append(batch)
    table = pa.Table.from_batches(batches, reader.schema)
    frame: pd.DataFrame
    if any(_is_geo(field) for field in table.schema):
        frame = gpd.GeoDataFrame.from_arrow(table)
    else:  # a whole number beside an empty cell stays one
        frame = table.replace_schema_metadata(None).to_pandas(integer_object_nulls=True)
    return frame


def _is_geo(field: pa.Field) -> bool:
    told = (field.metadata or {}).get(_GEO_ARROW, b"")
    return bool(told.startswith(b"geoarrow")) or str(field.type).startswith("extension<geoarrow")


def _from_interchange(source: Any) -> pd.DataFrame:
    given = source.__dataframe__()
    Limits.now().check_table(given.num_rows() or 0, given.num_columns(), _IN_MEMORY)
    return pd.api.interchange.from_dataframe(source)


def _advice(source: Any) -> str:
    if hasattr(source, "collect") and hasattr(source, "schema"):
        return "; collect() the lazy table first"
    if isinstance(source, (bytes, bytearray)):
        return "; put the bytes into io.BytesIO, with their way of writing as format="
    if hasattr(source, "__next__"):
        return "; make a list of it first"
    return ""


_HEAD_ROWS = 20


class SheetTable(NamedTuple):
    """
    A table read from a sheet.

    Attributes
    ----------
    cells
        Its cells as they are typed in the file.
    header
        Names of its columns.
    lines
        Row of the sheet in which each row stands.
    notes
        What was passed over.
    """

    cells: pd.DataFrame
    header: list[str]
    lines: list[int]
    notes: list[str]


def read_sheet(path: Path, sheet: str | None, what: str) -> SheetTable:
    """Read the sheet of a spreadsheet that holds a table of incidents."""
    book = read_sheets(path, what=what, sheet=sheet)
    names = book.names
    if not book.sheets:
        msg = f"{path.name} has no sheet {sheet!r}; it has {', '.join(map(repr, names))}"
        raise DataError(msg)
    chosen, rows, lines = _chosen(book.sheets, path.name)
    if not rows:
        msg = f"{path.name} has a header but no rows (columns: )"
        raise DataError(msg)
    heading = heading_of(rows, first_of_data(rows[:_HEAD_ROWS]) or 0, path.name)
    others = [name for name in names if name != chosen]
    notes = []
    if others:
        told = ", ".join(map(repr, others[:_HEAD_ROWS]))
        notes.append(f"sheet {chosen!r} was read, of {len(names)}; the others are {told}")
    if heading.first:
        notes.append(f"{heading.first} lines above the header were passed over")
    notes += [heading.note] if heading.note else []
    body, header = rows[heading.after :], heading.names
    if not body:
        msg = f"{path.name} has a header but no rows (columns: {', '.join(header[:60])})"
        raise DataError(msg)
    # Whole numbers come as 3.0: the cell shows 3.
    cells = [[_without_points(cell) for cell in row] for row in body]
    table = pd.DataFrame(cells, columns=header, dtype=object)
    table.attrs["day_zero"] = "1904" if book.counts_from_1904 else "1900"
    return SheetTable(table, header, lines[heading.after :], notes)


def _chosen(sheets: list[TableSheet], file: str) -> TableSheet:
    """Return the sheet that names coordinates; an error where several do."""
    full = [sheet for sheet in sheets if len(sheet.rows) > 1]
    placed = [sheet for sheet in full if _has_places(sheet)]
    if len(placed) > 1:
        only_one([sheet.name for sheet in placed], file, "sheet")
    return (placed or full or sheets)[0]


def _has_places(sheet: TableSheet) -> bool:
    return first_of_data(sheet.rows[:_HEAD_ROWS]) is not None or is_ucdp_row(sheet.rows[0])


def _without_points(cell: Any) -> Any:
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return int(cell)
    return cell


def notes_of(attrs: Mapping[Any, Any]) -> list[str]:
    """Give what is told of a whole table, where that is notes: a file may hold anything there."""
    notes = attrs.get("notes")
    return [one for one in notes if isinstance(one, str)] if isinstance(notes, list) else []
