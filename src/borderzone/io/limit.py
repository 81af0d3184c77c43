"""How much a file may hold before it is refused: every limit in one place, and the way to raise one."""

from __future__ import annotations

import dataclasses
import difflib
import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from borderzone._guards import check_whole, guarded
from borderzone.errors import InvalidParameterError, LimitError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = [
    "VARIABLE",
    "Limits",
    "cells_allowed",
    "check_limit",
    "check_table",
    "current",
    "how_to_raise",
    "limits",
]

_KIB, _MIB, _GIB = 1024, 1024**2, 1024**3
VARIABLE = "BORDERZONE_LIMITS"
"""Variable of the environment that raises limits where no Python is written."""


@guarded
@dataclass(frozen=True, kw_only=True)
class Limits:
    """
    How much a file may hold.

    A small file can ask for all memory of a machine. What it states of its size is
    compared with these numbers before it is read, and what comes out while it is read.

    Attributes
    ----------
    file_bytes
        Size of any file.
    text_bytes
        Size of a text: CSV, GeoJSON, KML.
    toml_bytes
        Size of a study or scenario in TOML.
    folder_files
        Files of a folder that are read as one table.
    archive_files
        Files in an archive.
    archive_bytes
        What an archive unpacks to.
    archive_ratio
        How many times its size an archive unpacks to.
    sheet_bytes
        What a spreadsheet unpacks to.
    sheet_cells
        Cells of the box from the first to the last filled cell of a sheet.
    table_rows
        Rows of a table.
    table_columns
        Columns of a table.
    table_bytes
        What the cells of a table take in memory.
    event_rows
        Rows of a table of incidents, each of which takes half a kilobyte when it is judged.
    kml_bytes
        Size of a KML times its folders, for each of which it is read again.
    database_entries
        Tables, indexes and triggers of a GeoPackage.
    database_sql_bytes
        Longest definition of one of them.
    database_steps
        Steps of SQLite that looking at one layer of a GeoPackage may take.
    mosaic_bytes
        Size of a mosaic of rasters, VRT.
    mosaic_files
        Rasters that it names.
    raster_cells
        Cells of a raster, over all bands.
    raster_cells_by_block
        The same of a raster that is never held whole.
    grid_cells
        Cells of the working grid of a study and the ground around it: some fifty layers of them lie
        in memory.
    raster_part_cells
        Cells of the part of a raster around a grid, which is held at once.
    raster_piece_cells
        Cells of one stored piece (tile or strip) of a raster, over the bands stored with it.
    reader_bytes
        Memory of a reader that runs in a process of its own.
    reader_seconds
        Time on a processor of a reader that runs in a process of its own.

    Examples
    --------
    >>> Limits().table_columns
    5000
    """

    file_bytes: int = 20 * _GIB
    text_bytes: int = 512 * _MIB
    toml_bytes: int = 256 * _KIB
    folder_files: int = 1_000
    archive_files: int = 1_000
    archive_bytes: int = 2 * _GIB
    archive_ratio: int = 100
    sheet_bytes: int = _GIB
    sheet_cells: int = 20_000_000
    table_rows: int = 20_000_000
    table_columns: int = 5_000
    table_bytes: int = 512 * _MIB
    event_rows: int = 1_000_000
    kml_bytes: int = 128 * _MIB
    database_entries: int = 10_000
    database_sql_bytes: int = 256 * _KIB
    database_steps: int = 1_000_000_000
    mosaic_bytes: int = 16 * _MIB
    mosaic_files: int = 10_000
    raster_cells: int = 1_000_000_000
    raster_cells_by_block: int = 4_000_000_000
    grid_cells: int = 50_000_000
    raster_part_cells: int = 2**26
    raster_piece_cells: int = 2**26
    reader_bytes: int = 2 * _GIB
    reader_seconds: int = 300


_NAMES = tuple(field.name for field in dataclasses.fields(Limits))
# Readers work in threads of their own, so what is raised holds for the whole process.
_RAISED: list[Mapping[str, int]] = []


def current() -> Limits:
    """Tell the limits that hold now."""
    told = os.environ.get(VARIABLE, "")
    merged = _from_environment(told) if told.strip() else {}
    for changes in tuple(_RAISED):
        merged |= changes
    return Limits(**merged)


@contextmanager
def limits(**changes: int) -> Iterator[Limits]:
    """
    Put other limits in place of the usual ones while the body runs.

    They hold for the whole process, because files are read in several threads.
    On the command line the variable ``BORDERZONE_LIMITS`` does the same, as in
    ``BORDERZONE_LIMITS="raster_cells=2000000000 table_rows=50000000"``.

    Parameters
    ----------
    **changes
        New value by name, such as ``raster_cells=2_000_000_000``; names as in `Limits`.

    Yields
    ------
    Limits
        What holds inside the body.

    Raises
    ------
    InvalidParameterError
        If a name is no limit, or a value no whole number above zero.

    Examples
    --------
    >>> with limits(table_columns=20_000) as wider:
    ...     wider.table_columns
    20000
    """
    checked = {_known(name): check_whole(value, name, lowest=1) for name, value in changes.items()}
    _RAISED.append(checked)
    try:
        yield current()
    finally:
        _RAISED[:] = [other for other in _RAISED if other is not checked]


def cells_allowed(name: str, max_cells: int | None) -> int:
    """Tell how many cells a raster may have."""
    if max_cells is not None:
        return check_whole(max_cells, "max_cells", unit="cells")
    allowed: int = getattr(current(), _known(name))
    return allowed


def check_limit(name: str, number: int, unit: str, told: str) -> None:
    """Refuse what holds more than a limit allows."""
    most: int = getattr(current(), _known(name))
    if number > most:
        msg = (
            f"{told} holds {number:,} {unit} or more, the limit is {most:,}; cut it first, or "
            f"{how_to_raise(name, number)}"
        )
        raise LimitError(msg)


def check_table(rows: int, columns: int, told: str) -> None:
    """Refuse a table that is too large before it is built, each cell of which takes eight bytes or more."""
    check_limit("table_rows", rows, "rows", told)
    check_limit("table_columns", columns, "columns", told)
    check_limit("table_bytes", 8 * rows * columns, "bytes of cells", told)


def how_to_raise(name: str, needed: int) -> str:
    """Say how the user raises a limit, wherever they are."""
    return (
        f"if you trust it, raise the limit: with borderzone.io.limits({_known(name)}={needed}), or "
        f"{VARIABLE}={name}={needed} on the command line"
    )


def _from_environment(told: str) -> dict[str, int]:
    found = {}
    for word in told.replace(",", " ").split():
        name, _, value = word.partition("=")
        if not value.isdecimal() or len(value) > 18 or int(value) < 1:
            msg = (
                f"{VARIABLE} must hold name=number, such as table_rows=50000000, got {word[:80]!r}"
            )
            raise InvalidParameterError(msg)
        found[_known(name)] = int(value)
    return found


def _known(name: str) -> str:
    if name in _NAMES:
        return name
    near = difflib.get_close_matches(name, _NAMES, n=1)
    meant = f"did you mean {near[0]!r}?" if near else f"limits are {', '.join(_NAMES)}"
    msg = f"{name[:80]!r} is no limit; {meant}"
    raise InvalidParameterError(msg)
