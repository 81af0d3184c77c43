"""The one door to the drivers of vector files: what is handed to them was looked at before."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pyogrio

from borderzone.crs import refuse_file_names
from borderzone.errors import DataError
from borderzone.io.bounds import Limits
from borderzone.io.formats import geopackage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd

__all__ = ["layer_kinds", "layers", "options", "read", "read_pieces"]

_DRIVERS = {
    ".gpkg": ("GPKG",),
    ".shp": ("ESRI Shapefile",),
    ".fgb": ("FlatGeobuf",),
    ".kml": ("KML", "LIBKML"),
}
_OF_SQLITE = {"LIST_ALL_TABLES": "NO", "IMMUTABLE": "YES"}
# A Shapefile is nothing without the first two; the others are looked at where they are there.
_PARTS = (".dbf", ".shx")
_PARTS_READ = (*_PARTS, ".prj", ".cpg", ".qix", ".sbn", ".sbx")
_MOST_HEADER_BYTES = 1024**2
# The file and nothing it points at: neither extensions and statements of SQLite, nor styles of
# KML that lie elsewhere, nor other files of the folder, nor an index rebuilt beside the file.
_SHUT = {
    "OGR_SQLITE_LOAD_EXTENSIONS": "",
    "OGR_SQLITE_PRAGMA": "",
    "SQLITE_USE_OGR_VFS": "NO",
    "LIBKML_EXTERNAL_STYLE": "NO",
    "LIBKML_RESOLVE_STYLE": "NO",
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_PAM_ENABLED": "NO",
    "SHAPE_RESTORE_SHX": "NO",
}
# Options belong to the process: two readers that set and put them back would mix them up.
_SETTING = threading.RLock()


def layers(file: Path, what: str) -> list[str]:
    """List the layers of a vector file; of a database only if it holds nothing but data."""
    if geopackage.is_sqlite(file):
        return geopackage.vector_layers(file, what)
    _check_beside(file, what)
    with options(**_SHUT):
        return [str(name) for name, _ in pyogrio.list_layers(file)]


def layer_kinds(file: Path, what: str) -> Iterator[tuple[str, str, int, list[str]]]:
    """Tell what the layers of a vector file hold."""
    names = layers(file, what)
    opening = _OF_SQLITE if geopackage.is_sqlite(file) else {}
    for name in names:
        with options(**_SHUT):
            stated = pyogrio.read_info(file, layer=name, **opening)
        kind = str(stated["geometry_type"] or "")
        yield name, kind, int(stated["features"]), [str(field) for field in stated["fields"]]


def read(file: Path, layer: str | int, what: str) -> pd.DataFrame:
    """Read a layer of a vector file."""
    if geopackage.is_sqlite(file):
        rows = geopackage.check_layer(file, str(layer), what)
        opening = _OF_SQLITE
    else:
        _check_beside(file, what)
        rows, opening = None, {}
    with options(**_SHUT):
        stated = pyogrio.read_info(file, layer=layer, **opening)
        _check_driver(file, str(stated["driver"]), what)
        _check_rows(file, int(stated["features"]), what)
        Limits.now().check_table(
            int(stated["features"]), len(stated["fields"]), f"{what}: {file.name!r}"
        )
        # The true number of rows, where it is known: the one that a file states may be anything.
        # In the time of Greenwich the first hours of a day would lie on the day before.
        table: pd.DataFrame = pyogrio.read_dataframe(
            file, layer=layer, max_features=rows, mixed_offsets_as_utc=False, **opening
        )
    if rows not in {None, len(table)}:
        msg = f"{what}: {file.name!r} is damaged: {len(table):,} of {rows:,} rows came out; export it again"
        raise DataError(msg)
    return table


def read_pieces(
    file: Path, layer: str, what: str, *, columns: list[str], rows: int = 200_000
) -> Iterator[pd.DataFrame]:
    """
    Read a layer of a Shapefile piece by piece, so that one of any length fits into memory.

    Parameters
    ----------
    file
        The Shapefile.
    layer
        Its layer.
    what
        What it is needed for, for messages.
    columns
        Columns that are read.
    rows
        How many rows at a time.

    Yields
    ------
    pandas.DataFrame
        The next rows; a GeoDataFrame where they have shapes.

    Raises
    ------
    DataError
        If it is damaged or lacks a column.
    """
    _check_beside(file, what)
    with options(**_SHUT):
        stated = pyogrio.read_info(file, layer=layer)
    _check_driver(file, str(stated["driver"]), what)
    total = int(stated["features"])
    _check_rows(file, total, what)
    missing = [name for name in columns if name not in stated["fields"]]
    if missing:
        msg = f"{what}: {file.name!r} has no column {', '.join(missing)}; it has {', '.join(map(str, stated['fields']))}"
        raise DataError(msg)
    for start in range(0, total, rows):
        with options(**_SHUT):
            piece = pyogrio.read_dataframe(
                file, layer=layer, columns=columns, skip_features=start, max_features=rows
            )
        yield piece


@contextmanager
def options(**wanted: str) -> Iterator[None]:
    """Set options of the vector reader's own GDAL, and put the old ones back."""
    with _SETTING:
        before = {name: pyogrio.get_gdal_config_option(name) for name in wanted}
        pyogrio.set_gdal_config_options(wanted)
        try:
            yield
        finally:
            pyogrio.set_gdal_config_options(before)


def _check_driver(file: Path, driver: str, what: str) -> None:
    if driver not in _DRIVERS[file.suffix.lower()]:
        msg = (
            f"{what}: {file.name!r} is {driver}, not what its extension {file.suffix!r} says; "
            "export it again, or give it its true extension"
        )
        raise DataError(msg)


def _check_rows(file: Path, rows: int, what: str) -> None:
    """Memory is set aside by the number of rows that a file states, which may be anything."""
    size = file.stat().st_size
    if rows > size:
        msg = (
            f"{what}: {file.name!r} is damaged: it states {rows:,} rows in {size:,} bytes; export "
            "it again"
        )
        raise DataError(msg)


def _check_beside(file: Path, what: str) -> None:
    """Look at what a driver would follow: files of a Shapefile, and paths named by a CRS."""
    suffix = file.suffix.lower()
    if suffix == ".shp":
        _check_parts(file, what)
        prj = _part(file, ".prj")
        definition = b"" if prj is None else _head(prj)
    else:
        definition = _head(file) if suffix == ".fgb" else b""
    refuse_file_names(definition.decode("latin-1"), f"{what}: {file.name!r}")


def _head(file: Path) -> bytes:
    with file.open("rb") as stream:
        return stream.read(_MOST_HEADER_BYTES)


def _check_parts(file: Path, what: str) -> None:
    """Ask for the files of a Shapefile, none of which may lead out of its folder."""
    beside = {part: _part(file, part) for part in _PARTS_READ}
    missing = [part for part in _PARTS if beside[part] is None]
    if missing:
        msg = (
            f"{what}: {file.name!r} has no {' and no '.join(missing)} beside it; a Shapefile is "
            "several files of one name: copy all of them, or export a GeoPackage"
        )
        raise DataError(msg)
    for part in filter(None, beside.values()):
        if not part.is_file() or (part.is_symlink() and not file.is_symlink()):
            msg = (
                f"{what}: {part.name!r} beside {file.name!r} is a link to another file, or a pipe; "
                "put the file itself there"
            )
            raise DataError(msg)


def _part(file: Path, suffix: str) -> Path | None:
    for near in (file.with_suffix(suffix), file.with_suffix(suffix.upper())):
        if near.is_file() or near.is_symlink():
            return near
    return None
