"""Databases from strangers: read as data before any driver opens them, refused where they hold a program.

A GeoPackage is an SQLite database, and a database may hold statements that run when a table is
read: views, virtual tables that open other files, computed columns. What a file may hold here is
a list: plain tables, plain indexes, and the triggers, spatial indexes and views that the GeoPackage
standard, GDAL and QGIS write, word by word. Default values and checks of a table are evaluated
only when a row is written, which never happens, and are let be.
"""

from __future__ import annotations

import contextlib
import itertools
import re
import sqlite3
from typing import TYPE_CHECKING, Any, NamedTuple

from borderzone.crs import refuse_file_names
from borderzone.errors import DataError, LimitError
from borderzone.io.bounds import Limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

__all__ = ["check_layer", "is_sqlite", "vector_layers"]

MAGIC = b"SQLite format 3\0"
_HOT_JOURNAL = b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"
_VECTORS = ("features", "attributes", "aspatial")
_OWN_TABLES = ("sqlite_sequence", "sqlite_stat1", "sqlite_stat2", "sqlite_stat3", "sqlite_stat4")
_NEEDED = ("gpkg_contents", "gpkg_spatial_ref_sys")
_MOST_COLUMNS = 1_000
_LONGEST = 1_000_000_000  # of a text or shape, SQLite's own
_SHOWN = 80
# An honest row costs four steps a column and holds at least a byte of each; those written before
# columns were added cost more.
_STEPS_ANYWAY = 10_000_000
_STEPS_A_BYTE = 30
_STEPS_A_LOOK = 10_000
_BYTES_A_ROW = 4  # none is stored in less: its place in the page, its length and its number


class _Entry(NamedTuple):
    """One row of the list of contents of a database."""

    kind: str
    name: str
    table: str
    page: int
    sql: str | None


def is_sqlite(file: Path) -> bool:
    """Tell whether a file is an SQLite database, whatever its name says."""
    with file.open("rb") as stream:
        return stream.read(len(MAGIC)) == MAGIC


def vector_layers(file: Path, what: str) -> list[str]:
    """List the layers of a GeoPackage that holds nothing but data."""
    with _opened(file, what) as database:
        return list(_vetted(database, file, what))


def check_layer(file: Path, layer: str, what: str) -> int:
    """
    Refuse a layer that would give more than a file of its size can hold.

    Pages of a damaged database may point at one another, so that a small file is read
    without end. All rows are counted and weighed, within a limit on steps.
    """
    with _opened(file, what) as database:
        layers = _vetted(database, file, what)
        return _weighed(database, layers[layer], file, what)


@contextlib.contextmanager
def _opened(file: Path, what: str) -> Iterator[sqlite3.Connection]:
    _check_written_out(file, what)
    try:
        with contextlib.closing(
            sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        ) as database:
            _shut(database, file)
            yield database
    except sqlite3.Error as error:
        if "interrupted" in str(error):
            most = Limits.now().database_steps
            msg = (
                f"{what}: {file.name!r} takes more steps to read than its size allows; export the "
                f"layer to a new GeoPackage, or {Limits.how_to_raise('database_steps', 10 * most)}"
            )
            raise LimitError(msg) from error
        msg = f"{what}: {file.name!r} cannot be read: damaged database ({error}); export it again"
        raise DataError(msg) from error


def _shut(database: sqlite3.Connection, file: Path) -> None:
    """Shut what SQLite can shut: nothing of the file may run, and nothing without end."""
    setconfig = getattr(database, "setconfig", None)  # from Python 3.12 on
    if setconfig is not None:
        setconfig(getattr(sqlite3, "SQLITE_DBCONFIG_DEFENSIVE"), True)  # noqa: B009, FBT003 - by name, for Python 3.11; its only way
    for pragma in ("trusted_schema=OFF", "query_only=ON", "cell_size_check=ON", "mmap_size=0"):
        database.execute(f"PRAGMA {pragma}")
    database.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    size = file.stat().st_size
    steps = min(Limits.now().database_steps, _STEPS_ANYWAY + _STEPS_A_BYTE * size)
    looks = iter(range(steps // _STEPS_A_LOOK))
    database.set_progress_handler(lambda: next(looks, None) is None, _STEPS_A_LOOK)


def _check_written_out(file: Path, what: str) -> None:
    """Refuse a database whose last changes lie beside it: a driver would take them unseen."""
    for place in {file, file.resolve()}:
        log = place.with_name(f"{place.name}-wal")
        journal = place.with_name(f"{place.name}-journal")
        if (log.is_file() and log.stat().st_size) or _is_hot(journal):
            msg = (
                f"{what}: {file.name!r} is open in another program, or was not closed: changes lie "
                f"beside it in a file ending in -wal or -journal. Close it there (QGIS: remove the "
                "layer), or export the layer to a new GeoPackage"
            )
            raise DataError(msg)


def _is_hot(journal: Path) -> bool:
    if not journal.is_file():
        return False
    with journal.open("rb") as stream:
        return stream.read(len(_HOT_JOURNAL)) == _HOT_JOURNAL


# -- What may stand in the list of contents ---------------------------------------------------


def _vetted(database: sqlite3.Connection, file: Path, what: str) -> dict[str, str]:
    """Check the whole list of contents, and give the tables behind the vector layers by name."""
    entries = list(_entries(database, file, what))
    pages = [entry.page for entry in entries if entry.page]
    if len(set(pages)) < len(pages):
        msg = f"{what}: {file.name!r} is damaged: two of its tables share a page; export it again"
        raise DataError(msg)
    plain = {}
    for entry in entries:
        why = _objection(entry)
        if why:
            msg = f"{what}: {file.name!r} holds the {entry.kind} {_cut(entry.name)}: {why}"
            raise DataError(msg)
        if entry.kind == "table" and entry.page:
            plain[_folded(entry.name)] = entry.name
    missing = [name for name in _NEEDED if name not in plain]
    if missing:
        msg = f"{what}: {file.name!r} is a database but no GeoPackage (it has no {missing[0]})"
        raise DataError(msg)
    _check_own_tables(database, plain, file, what)
    return _registered(database, plain, file, what)


def _check_own_tables(
    database: sqlite3.Connection, plain: dict[str, str], file: Path, what: str
) -> None:
    """Look at the tables that a driver reads to open the file, and at the CRSs they define."""
    for folded, name in plain.items():
        # SQLite's own word on it, beside ours on the definition: 2 and 3 are computed columns.
        if {row[6] for row in database.execute(f"PRAGMA table_xinfo({_quoted(name)})")} & {2, 3}:
            msg = (
                f"{what}: {file.name!r} holds the table {_cut(name)}: computed columns are not read"
            )
            raise DataError(msg)
        if folded.startswith("gpkg_"):
            _weighed(database, name, file, what)
    for definitions in database.execute("SELECT * FROM gpkg_spatial_ref_sys"):
        for text in definitions:
            refuse_file_names(str(text), f"{what}: {file.name!r}")


def _entries(database: sqlite3.Connection, file: Path, what: str) -> Iterator[_Entry]:
    allowed = Limits.now()
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, allowed.database_sql_bytes)
    rows = database.execute("SELECT type, name, tbl_name, rootpage, sql FROM sqlite_master")
    for number, row in enumerate(rows, start=1):
        if number > allowed.database_entries:
            msg = (
                f"{what}: {file.name!r} holds more than {allowed.database_entries:,} tables, "
                "indexes and triggers; export the layer to a new GeoPackage, or "
                f"{Limits.how_to_raise('database_entries', 10 * allowed.database_entries)}"
            )
            raise LimitError(msg)
        kind, name, table, page, sql = row
        words = all(isinstance(word, str) for word in (kind, name, table))
        if not words or not isinstance(page or 0, int) or not isinstance(sql, str | None):
            msg = f"{what}: {file.name!r} is damaged: its list of tables holds no names; export it again"
            raise DataError(msg)
        yield _Entry(kind, name, table, page or 0, sql)
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, min(file.stat().st_size, _LONGEST))


def _registered(
    database: sqlite3.Connection, plain: dict[str, str], file: Path, what: str
) -> dict[str, str]:
    """Vector layers and their tables; every table that a driver would follow must be a plain one."""
    layers = {}
    for name, kind in database.execute("SELECT table_name, data_type FROM gpkg_contents"):
        if _table(name, plain, file, what) and _folded(str(kind)) in _VECTORS:
            layers[str(name)] = _table(name, plain, file, what)
    if "gpkg_geometry_columns" in plain:
        for (name,) in database.execute("SELECT table_name FROM gpkg_geometry_columns"):
            _table(name, plain, file, what)
    return layers


def _table(name: object, plain: dict[str, str], file: Path, what: str) -> str:
    table = plain.get(_folded(name)) if isinstance(name, str) else None
    if table is None or _folded(table) in _OWN_TABLES:
        msg = (
            f"{what}: {file.name!r} registers the layer {_cut(name)}, which is no table of it; "
            "export the layers you need to a new GeoPackage"
        )
        raise DataError(msg)
    return table


def _weighed(database: sqlite3.Connection, table: str, file: Path, what: str) -> int:
    """Count the rows of a table, and refuse more content than the file has bytes."""
    allowed, size = Limits.now(), file.stat().st_size
    columns = [str(row[1]) for row in database.execute(f"PRAGMA table_info({_quoted(table)})")]
    if len(columns) > _MOST_COLUMNS:
        msg = (
            f"{what}: {file.name!r} has {len(columns):,} columns, the limit is {_MOST_COLUMNS:,}; "
            "export those you need"
        )
        raise LimitError(msg)
    # Of shapes only the stated length is looked at. NOT INDEXED: the table itself is meant.
    lengths = ", ".join(f"total(length({_quoted(column)}))" for column in columns)
    query = f"SELECT total(1), {lengths} FROM {_quoted(table)} NOT INDEXED"
    rows, *contents = database.execute(query).fetchone()
    if rows * _BYTES_A_ROW > size or sum(contents) > 4 * size:
        msg = (
            f"{what}: {file.name!r} is damaged: the table {_cut(table)} gives {rows:,.0f} rows, more "
            f"than {size:,} bytes can hold; export it again"
        )
        raise DataError(msg)
    if rows > allowed.table_rows:
        msg = (
            f"{what}: {file.name!r} has {rows:,.0f} rows, the limit is {allowed.table_rows:,}; cut "
            f"it first, or {Limits.how_to_raise('table_rows', int(rows))}"
        )
        raise LimitError(msg)
    return int(rows)


def _objection(entry: _Entry) -> str | None:
    """Say why an entry may not stand in a file, None where it may."""
    if entry.sql is None:
        automatic = entry.kind == "index" and _folded(entry.name).startswith("sqlite_autoindex_")
        return None if automatic and entry.page else "it has no definition; export it again"
    tokens = list(_tokens(entry.sql))
    is_plain = {"table": _is_plain_table, "index": _is_plain_index}.get(entry.kind)
    plain = is_plain is not None and entry.page and is_plain(entry, tokens)
    if plain or (entry.kind in {"table", "trigger", "view"} and _is_known(entry, tokens)):
        return None
    if entry.kind == "view":
        return "views are not read: export the view as a table"
    return (
        "only plain tables and indexes are let in, and what the GeoPackage standard, GDAL and QGIS "
        "write beside them; export the layers you need to a new GeoPackage"
    )


def _is_plain_table(entry: _Entry, tokens: Sequence[_Token]) -> bool:
    """CREATE TABLE name (...), nothing computed: AS before a bracket makes a column that acts."""
    if [token.text for token in tokens[:2]] != ["create", "table"] or len(tokens) < 5:
        return False
    named = tokens[2].text == _folded(entry.name) == _folded(entry.table)
    own = entry.name.startswith("sqlite_")
    acts = any(a.text == "as" and a.bare and b.text == "(" for a, b in itertools.pairwise(tokens))
    ends = any(token.mark and token.text == ";" for token in tokens)
    known = not own or _folded(entry.name) in _OWN_TABLES
    return named and known and tokens[3].text == "(" and not acts and not ends


def _is_plain_index(entry: _Entry, tokens: Sequence[_Token]) -> bool:
    """CREATE INDEX name ON table (columns): neither expressions nor conditions."""
    words = [token.text for token in tokens]
    start = 2 if words[1:2] == ["unique"] else 1
    head = ["index", _folded(entry.name), "on", _folded(entry.table), "("]
    body = tokens[start + len(head) : -1]
    return (
        words[:1] == ["create"]
        and words[start : start + len(head)] == head
        and words[-1:] == [")"]
        and all(not token.mark or token.text == "," for token in body)
    )


# -- Statements word by word ------------------------------------------------------------------


class _Token(NamedTuple):
    """A word of a statement: folded to lower case, without quotes, comments and spaces."""

    text: str
    mark: bool  # punctuation, not a word
    bare: bool  # written without quotes


_TOKEN = re.compile(
    r"""[ \t\n\f\r\ufeff]+ | --[^\n]* | /\*.*?(?:\*/|\Z)
    | '(?P<text>(?:[^']|'')*)' | "(?P<name>(?:[^"]|"")*)" | `(?P<tick>(?:[^`]|``)*)`
    | \[(?P<bracket>[^\]]*)\] | (?P<word>[\w$\u0080-\U0010ffff]+) | (?P<mark>.)""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


def _folded(text: str) -> str:
    """Fold as SQLite does: ASCII only, so that no other letter becomes one of a keyword."""
    return text.translate(_LOWER)


def _tokens(sql: str) -> Iterator[_Token]:
    for found in _TOKEN.finditer(sql):
        kind = found.lastgroup
        if kind is None:
            continue
        quote = {"text": "'", "name": '"', "tick": "`"}.get(kind)
        text = found[kind] if quote is None else found[kind].replace(quote * 2, quote)
        yield _Token(_folded(text), kind == "mark", kind == "word")


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def _cut(name: object) -> str:
    return repr(name if len(str(name)) <= _SHOWN else f"{str(name)[:_SHOWN]}...")


# ruff: noqa: S608 - statements to compare with, never run; the one that is run quotes its names
# {t} is a table, {c} its shapes, {i} its key; what a guard says when it refuses may be anything.
_FULL = '{row}."{c}" NOTNULL AND NOT ST_IsEmpty({row}."{c}")'
_VOID = '{row}."{c}" ISNULL OR ST_IsEmpty({row}."{c}")'
_NEW_FULL, _OLD_FULL = _FULL.replace("{row}", "NEW"), _FULL.replace("{row}", "OLD")
_NEW_VOID, _OLD_VOID = _VOID.replace("{row}", "NEW"), _VOID.replace("{row}", "OLD")
_BOX = '(NEW."{i}", ST_MinX(NEW."{c}"), ST_MaxX(NEW."{c}"), ST_MinY(NEW."{c}"), ST_MaxY(NEW."{c}"))'
_PUT = f'INSERT OR REPLACE INTO "rtree_{{t}}_{{c}}" VALUES {_BOX};'
_OUT = 'DELETE FROM "rtree_{t}_{c}" WHERE id = OLD."{i}";'
_SAME, _MOVED = 'OLD."{i}" = NEW."{i}"', 'OLD."{i}" != NEW."{i}"'

_RTREE = {
    "insert": f'INSERT ON "{{t}}" WHEN (NEW."{{c}}" NOT NULL AND NOT ST_IsEmpty(NEW."{{c}}")) '
    f"BEGIN {_PUT} END",
    "update1": f'UPDATE OF "{{c}}" ON "{{t}}" WHEN {_SAME} AND ({_NEW_FULL}) BEGIN {_PUT} END',
    "update2": f'UPDATE OF "{{c}}" ON "{{t}}" WHEN {_SAME} AND ({_NEW_VOID}) BEGIN {_OUT} END',
    "update3": f'UPDATE ON "{{t}}" WHEN {_MOVED} AND ({_NEW_FULL}) BEGIN {_OUT} {_PUT} END',
    "update3 ": f'UPDATE OF "{{c}}" ON "{{t}}" WHEN {_MOVED} AND ({_NEW_FULL}) '
    f"BEGIN {_OUT} {_PUT} END",
    "update4": f'UPDATE ON "{{t}}" WHEN {_MOVED} AND ({_NEW_VOID}) '
    'BEGIN DELETE FROM "rtree_{t}_{c}" WHERE id IN (OLD."{i}", NEW."{i}"); END',
    "update5": f'UPDATE ON "{{t}}" WHEN {_MOVED} AND ({_NEW_FULL}) BEGIN {_OUT} {_PUT} END',
    "update6": f'UPDATE OF "{{c}}" ON "{{t}}" WHEN {_SAME} AND ({_NEW_FULL}) AND ({_OLD_FULL}) '
    'BEGIN UPDATE "rtree_{t}_{c}" SET minx = ST_MinX(NEW."{c}"), maxx = ST_MaxX(NEW."{c}"), '
    'miny = ST_MinY(NEW."{c}"), maxy = ST_MaxY(NEW."{c}") WHERE id = NEW."{i}"; END',
    "update7": f'UPDATE OF "{{c}}" ON "{{t}}" WHEN {_SAME} AND ({_NEW_FULL}) AND ({_OLD_VOID}) '
    f'BEGIN INSERT INTO "rtree_{{t}}_{{c}}" VALUES {_BOX}; END',
    "delete": f'DELETE ON "{{t}}" WHEN OLD."{{c}}" NOT NULL BEGIN {_OUT} END',
}
_COUNT = (
    'CREATE TRIGGER "trigger_{act}_feature_count_{t}" AFTER {act} ON "{t}" BEGIN UPDATE '
    "gpkg_ogr_contents SET feature_count = feature_count {sign} 1 WHERE lower(table_name) = "
    "lower('{t}'); END"
)

_SCOPES = (
    "'undefined','fieldSession','collectionSession','series','dataset','featureType','feature',"
    "'attributeType','attribute','tile','model','{catalogue}','schema','taxonomy','software',"
    "'service','collectionHardware','nonGeographicDataset','dimensionGroup'"
)
_LEVEL = "NOT (NEW.zoom_level IN (SELECT zoom_level FROM gpkg_tile_matrix WHERE {of}))"
_WITHIN = (
    "NOT (NEW.{place} < (SELECT {most} FROM gpkg_tile_matrix WHERE {of} "
    "AND zoom_level = NEW.zoom_level))"
)
_OF = ("table_name = '{t}'", "lower(table_name) = lower('{t}')")
_IN_COLUMN = (
    "(NEW.reference_scope IN ('column','row/col') AND NOT NEW.table_name IN (SELECT name FROM "
    "SQLITE_MASTER WHERE type = 'table' AND name = NEW.table_name AND sql LIKE "
    "('%' || NEW.column_name || '%')))"
)
_NO_COLUMN = (
    "(NEW.reference_scope IN ('geopackage','table','row') AND NEW.column_name{is} NOT NULL)"
)
_NO_ROW = "NEW.reference_scope IN ('geopackage','table','column') AND NEW.row_id_value IS NOT NULL"
_IN_ROW = (
    "NEW.reference_scope IN ('row','row/col') AND NOT EXISTS (SELECT rowid FROM (SELECT "
    "NEW.table_name AS table_name) WHERE rowid = NEW.row_id_value)"
)
_MOMENT = (
    "NOT (NEW.timestamp GLOB '[1-2][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T"
    "[0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9]Z' AND strftime('%s',NEW.timestamp) NOT NULL)"
)
# Guards of the standard: table, column, and what each SELECT RAISE(...) asks. Some texts of it
# spell "catalog" and "catalogue", forget a space ("column_nameIS") or leave the last question out.
_GUARDS: list[tuple[str, str, list[str]]] = [
    ("gpkg_tile_matrix", "zoom_level", ["(NEW.zoom_level < 0)"]),
    ("gpkg_tile_matrix", "matrix_width", ["(NEW.matrix_width < 1)"]),
    ("gpkg_tile_matrix", "matrix_height", ["(NEW.matrix_height < 1)"]),
    ("gpkg_tile_matrix", "pixel_x_size", ["NOT (NEW.pixel_x_size > 0)"]),
    ("gpkg_tile_matrix", "pixel_y_size", ["NOT (NEW.pixel_y_size > 0)"]),
    *(
        ("gpkg_metadata", "md_scope", [f"NOT (NEW.md_scope IN ({_SCOPES}))".format(catalogue=word)])
        for word in ("catalog", "catalogue")
    ),
    (
        "gpkg_metadata_reference",
        "reference_scope",
        ["NOT NEW.reference_scope IN ('geopackage','table','column','row','row/col')"],
    ),
    *(
        ("gpkg_metadata_reference", "column_name", [_NO_COLUMN.replace("{is}", word), _IN_COLUMN])
        for word in (" IS", "IS")
    ),
    ("gpkg_metadata_reference", "row_id_value", [_NO_ROW]),
    ("gpkg_metadata_reference", "row_id_value", [_NO_ROW, _IN_ROW]),
    ("gpkg_metadata_reference", "timestamp", [_MOMENT]),
]
_TILE_GUARDS = [
    guard
    for of in _OF
    for guard in (
        ("zoom", "zoom_level", [_LEVEL.replace("{of}", of)]),
        *(
            (
                place,
                place,
                [
                    f"(NEW.{place} < 0)",
                    _WITHIN.replace("{place}", place).replace("{most}", most).replace("{of}", of),
                ],
            )
            for place, most in (("tile_column", "matrix_width"), ("tile_row", "matrix_height"))
        ),
    )
]
_VIEWS = (
    (
        "CREATE VIEW st_spatial_ref_sys AS SELECT srs_name, srs_id, organization, "
        "organization_coordsys_id, definition, description FROM gpkg_spatial_ref_sys"
    ),
    (
        "CREATE VIEW spatial_ref_sys AS SELECT srs_id AS srid, organization AS auth_name, "
        "organization_coordsys_id AS auth_srid, definition AS srtext FROM gpkg_spatial_ref_sys"
    ),
    (
        "CREATE VIEW st_geometry_columns AS SELECT table_name, column_name, 'ST_' || "
        "geometry_type_name{alias}, g.srs_id, srs_name FROM gpkg_geometry_columns AS g JOIN "
        "gpkg_spatial_ref_sys AS s WHERE g.srs_id = s.srs_id"
    ),
)


def _guarding(name: str, table: str, column: str, questions: Iterable[str]) -> Iterator[str]:
    asked = " ".join(f"SELECT RAISE(ABORT, '{{said}}') WHERE {asks};" for asks in questions)
    for act, when in (("insert", "INSERT"), ("update", f"UPDATE OF {column}")):
        yield (
            f"CREATE TRIGGER '{name}_{act}' BEFORE {when} ON '{table}' FOR EACH ROW BEGIN {asked} END"
        )


def _known_statements() -> Iterator[str]:
    yield 'CREATE VIRTUAL TABLE "{x}" USING rtree(id, minx, maxx, miny, maxy)'
    for name, body in _RTREE.items():
        yield f'CREATE TRIGGER "rtree_{{t}}_{{c}}_{name.strip()}" AFTER {body}'
    for act, sign in (("insert", "+"), ("delete", "-")):
        yield _COUNT.replace("{act}", act).replace("{sign}", sign)
    for table, column, questions in _GUARDS:
        yield from _guarding(f"{table}_{column}", table, column, questions)
    for name, column, questions in _TILE_GUARDS:
        yield from _guarding(f"{{t}}_{name}", "{t}", column, questions)
    for alias in ("", " AS geometry_type_name"):
        yield from (view.replace("{alias}", alias) for view in _VIEWS)


_PLACE = re.compile(r"(\{\w+\})")
_KNOWN = [[(_PLACE.split(t.text), t.mark) for t in _tokens(sql)] for sql in _known_statements()]


def _is_known(entry: _Entry, tokens: Sequence[_Token]) -> bool:
    """Whether a statement is one of the known ones, said of the entry's own table."""
    if entry.page or len(tokens) < 4:
        return False
    named = tokens[3 if tokens[1].text == "virtual" else 2].text == _folded(entry.name)
    return named and any(
        len(known) == len(tokens) and _fits(known, tokens, _folded(entry.table)) for known in _KNOWN
    )


def _fits(known: Sequence[tuple[list[str], bool]], tokens: Sequence[_Token], table: str) -> bool:
    bound: dict[str, str] = {"{t}": table}
    for (parts, mark), token in zip(known, tokens, strict=True):
        if parts == ["", "{said}", ""]:
            continue
        filled = [bound.get(part, part) for part in parts]
        open_at = [at for at, part in enumerate(filled) if part in {"{c}", "{i}", "{x}"}]
        if open_at and not _bind(parts[open_at[0]], filled, open_at[0], token.text, bound):
            return False
        if not open_at and ("".join(filled) != token.text or mark != token.mark):
            return False
    return True


def _bind(place: str, filled: Sequence[str], at: int, text: str, bound: dict[str, Any]) -> bool:
    """Read what a place stands for off the first word that names it."""
    start, end = "".join(filled[:at]), "".join(filled[at + 1 :])
    if len(text) <= len(start) + len(end) or not (text.startswith(start) and text.endswith(end)):
        return False
    bound[place] = text[len(start) : len(text) - len(end)]
    return True
