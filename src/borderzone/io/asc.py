"""Elevation in a text, ESRI ASCII grid: read whole by one driver, its CRS from the .prj beside it."""

from __future__ import annotations

import functools
import re
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import rasterio
from pyproj import CRS
from pyproj.exceptions import CRSError

from borderzone._guards import shown
from borderzone.crs import check_on_earth
from borderzone.errors import CRSMismatchError, DataError
from borderzone.io.files import check_text_size
from borderzone.io.limit import check_limit
from borderzone.io.raster import ENVIRONMENT, check_georeference, raster_errors
from borderzone.io.sidecars import prj_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from borderzone._typing import FloatArray

__all__ = ["check_asc", "open_asc", "read_asc"]

_HEAD = 4096
_MOST_PRJ = 64 * 1024
_KEPT = 2  # texts kept in memory, since a text cannot be read from its middle
_SIZE = re.compile(rb"^[ \t]*(ncols|nrows)[ \t]+(\d+)[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_LEAST = 2  # bytes of a cell: a digit and a space
_HEADING = re.compile(
    rb"(?:\s*(?:ncols|nrows|[xy]ll(?:corner|center)|cellsize|d[xy]|nodata_value)[ \t][^\n]*\n)*",
    re.IGNORECASE,
)
_IN_NUMBERS = b"0123456789+-.e \t\r\n"
_AT_ONCE = 2**24
_READING = threading.Lock()


def check_asc(file: Path, what: str) -> CRS:
    """Look at the head of a grid in a text, and at the CRS beside it."""
    check_text_size(file, what)
    with file.open("rb") as stream:
        rows, columns = _rows_and_columns(stream.read(_HEAD))
    if not rows * columns:
        msg = (
            f"{what}: {file.name!r} is not what its extension says, an ESRI ASCII grid, whose first "
            "lines are ncols, nrows, xllcorner, yllcorner and cellsize; write it again with "
            f"gdal_translate {file.name} {file.stem}.tif"
        )
        raise DataError(msg)
    cells = rows * columns
    check_limit(
        "raster_piece_cells", cells, "cells", f"{what}: {file.name!r} is a text, held whole; it"
    )
    if _LEAST * cells > file.stat().st_size + 1:
        msg = (
            f"{what}: {file.name!r} is cut short: {rows} rows of {columns} numbers do "
            "not fit into it; export it again"
        )
        raise DataError(msg)
    return _crs(file, what)


def _rows_and_columns(head: bytes) -> tuple[int, int]:
    """Read the size from the first lines; zeros where they do not say it, or say it twice."""
    found = _SIZE.findall(head)
    sides = {word.lower(): int(number[:12]) for word, number in found}
    if len(found) != 2 or len(sides) != 2:
        return 0, 0
    return sides[b"nrows"], sides[b"ncols"]


def _crs(file: Path, what: str) -> CRS:
    beside = prj_of(file)
    how = (
        f"put the CRS beside it as {file.stem}.prj, or write it into a GeoTIFF with gdal_translate "
        f"-a_srs EPSG:... {file.name} {file.stem}.tif"
    )
    if beside is None:
        msg = f"{what}: {file.name!r} has no coordinate reference system, and no .prj beside it; {how}"
        raise CRSMismatchError(msg)
    try:
        # A name may lead to another file: nothing of what does not parse is told.
        text = beside.read_bytes()[: _MOST_PRJ + 1].decode("utf-8-sig")
        crs = CRS.from_wkt(text) if len(text) <= _MOST_PRJ else None
    except (CRSError, OSError, ValueError):
        crs = None
    if crs is None:
        msg = f"{what}: {shown(beside.name)} holds no CRS as well-known text; {how}"
        raise CRSMismatchError(msg)
    check_on_earth(crs.to_wkt(), f"{what}: {file.name!r}")
    return crs


@contextmanager
def open_asc(file: Path, what: str) -> Iterator[Any]:
    """Open a grid in a text with its one driver."""
    with (
        raster_errors(file.name, what),
        rasterio.Env(**ENVIRONMENT),
        # By itself the driver takes numbers for whole where the first of them are.
        rasterio.open(file, driver="AAIGrid", DATATYPE="Float32") as source,
    ):
        check_georeference(source.transform, file.name, what)
        yield source


def _check_numbers(file: Path, what: str) -> None:
    """Refuse words among the numbers, which the driver takes for zero, and more or fewer than cells."""
    with file.open("rb") as stream:
        head = stream.read(_HEAD)
        heading, numbers = _HEADING.match(head), 0
        stream.seek(0 if heading is None else heading.end())
        while lines := stream.readlines(_AT_ONCE):
            numbers += sum(len(line.split()) for line in lines)
            rest = b"".join(lines).lower().replace(b"nan", b"").translate(None, _IN_NUMBERS)
            if rest:
                msg = (
                    f"{what}: {file.name!r} holds {shown(rest[:20].decode('ascii', 'replace'))} among its "
                    "numbers; write it again with points for decimals, with gdal_translate"
                )
                raise DataError(msg)
    rows, columns = _rows_and_columns(head)
    if numbers != rows * columns:
        msg = (
            f"{what}: {file.name!r} holds {numbers:,} numbers, its head says {rows:,} rows of "
            f"{columns:,}; export it again"
        )
        raise DataError(msg)


@functools.lru_cache(maxsize=_KEPT)
def _whole(file: Path, what: str, changed: tuple[int, int]) -> FloatArray:  # noqa: ARG001
    _check_numbers(file, what)
    with _READING, open_asc(file, what) as source:
        values: FloatArray = source.read(1)
    return values


def read_asc(file: Path, rows: slice, columns: slice, what: str) -> FloatArray:
    """Read a window of a grid in a text."""
    state = file.stat()
    return _whole(file, what, (state.st_mtime_ns, state.st_size))[rows, columns]
