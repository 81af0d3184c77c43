"""SRTM tiles, plain or zipped: a square of big-endian numbers whose place is in its name."""

from __future__ import annotations

import functools
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from affine import Affine

from borderzone.errors import DataError
from borderzone.io.places import named

__all__ = ["VOID", "read_hgt", "shape_of_hgt", "transform_of_hgt"]

VOID = -32768
_SIDES = {2 * side * side: side for side in (1201, 3601)}  # bytes of a tile, cells along a side
# A tile that is stored without compression is the largest archive there is.
_MAX_ARCHIVE = max(_SIDES) + 65536
_UNPACKED = 4  # tiles kept unpacked, 26 MB each
_FLAG_ENCRYPTED = 0x1


def shape_of_hgt(path: Path) -> tuple[int, int]:
    """Tell rows and columns of a tile from its size alone."""
    if path.suffix.lower() == ".zip":
        with _opened(path) as archive:
            size = _member(path, archive).file_size
    else:
        size = path.stat().st_size
    return _side(path, size), _side(path, size)


def transform_of_hgt(path: Path, side: int) -> Affine:
    """Place a tile: its samples lie on the degree lines, so its edge half a cell outside."""
    says = named(path.name)
    if says is None:
        msg = (
            f"elevation: {path.name!r} names no place; an SRTM tile is called after its south-west "
            "corner, such as N35E041.hgt. Rename it, or convert it with gdal_translate"
        )
        raise DataError(msg)
    cell = 1.0 / (side - 1)
    west, _, _, north = says.box
    return Affine(cell, 0.0, west - cell / 2, 0.0, -cell, north + cell / 2)


def read_hgt(path: Path, rows: slice, columns: slice) -> Any:
    """Read a window of a tile."""
    try:
        state = path.stat()
        if path.suffix.lower() == ".zip":
            return _unpacked(path, state.st_mtime_ns)[rows, columns].astype(np.int16)
        side = _side(path, state.st_size)
        # Whole rows, read rather than mapped: a file that shrinks meanwhile is an error, no crash.
        count = (rows.stop - rows.start) * side
        lines = np.fromfile(path, dtype=">i2", count=count, offset=2 * side * rows.start)
        return lines.reshape(-1, side)[:, columns].astype(np.int16)
    except (OSError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        msg = f"elevation: {path.name!r} cannot be read ({error}); fetch it again"
        raise DataError(msg) from error


def _side(path: Path, size: int) -> int:
    if size not in _SIDES:
        allowed = " or ".join(f"{count} ({side} x {side})" for count, side in _SIDES.items())
        msg = (
            f"elevation: {path.name!r} holds {size} bytes, an SRTM tile has {allowed}; it is cut "
            "short or something else. Fetch it again"
        )
        raise DataError(msg)
    return _SIDES[size]


def _opened(path: Path) -> zipfile.ZipFile:
    size = path.stat().st_size
    if size > _MAX_ARCHIVE:
        msg = (
            f"elevation: {path.name!r} has {size} bytes, more than a tile ({_MAX_ARCHIVE}); unpack "
            "it and hand over the .hgt"
        )
        raise DataError(msg)
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        msg = f"elevation: {path.name!r} is no whole archive ({error}); fetch it again"
        raise DataError(msg) from error


def _member(path: Path, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    """Return the one tile of an archive; its exact size is known, so nothing larger is unpacked."""
    members = archive.infolist()
    wrong = None
    if len(members) != 1:
        wrong = f"holds {len(members)} members"
    elif not members[0].filename.lower().endswith(".hgt"):
        wrong = f"holds {members[0].filename[:80]!r}"
    elif members[0].filename != Path(members[0].filename.replace("\\", "/")).name:
        wrong = f"holds {members[0].filename[:80]!r}, a path"
    elif members[0].flag_bits & _FLAG_ENCRYPTED:
        wrong = "is encrypted"
    elif members[0].compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        wrong = "is packed in another way than deflate"
    if wrong is not None:
        msg = (
            f"elevation: {path.name!r} {wrong}; one .hgt is needed in it. Unpack it and hand over "
            "the .hgt"
        )
        raise DataError(msg)
    inner, outer = named(members[0].filename), named(path.name)
    if inner is not None and outer is not None and inner.box != outer.box:
        msg = (
            f"elevation: {path.name!r} holds {members[0].filename!r}, a tile of another place; fetch "
            "it again"
        )
        raise DataError(msg)
    _side(path, members[0].file_size)
    return members[0]


@functools.lru_cache(maxsize=_UNPACKED)
def _unpacked(path: Path, changed: int) -> Any:  # noqa: ARG001 (a file that changes is read anew)
    with _opened(path) as archive:
        member = _member(path, archive)
        side = _SIDES[member.file_size]
        try:
            with archive.open(member) as stream:
                content = stream.read(member.file_size)
                more = stream.read(1)
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError) as error:
            msg = f"elevation: {path.name!r} is damaged ({error}); fetch it again"
            raise DataError(msg) from error
    if more or len(content) != 2 * side * side:
        msg = f"elevation: {path.name!r} is not as long as it says; fetch it again"
        raise DataError(msg)
    return np.frombuffer(content, dtype=">i2").reshape(side, side)
