"""Check that a file is whole, undamaged, and of the place that its name says."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import math
import threading
import zlib
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from rasterio.enums import Compression

from borderzone.errors import BorderzoneError
from borderzone.fetch.tile_stores import Tile
from borderzone.io import open_raster
from borderzone.io.limit import current

if TYPE_CHECKING:
    from pathlib import Path

    from borderzone.fetch.remote import Remote
    from borderzone.fetch.transfer import Part

__all__ = ["DamagedError", "check_tile", "same_md5"]

_MIB = 1024 * 1024
_BLOCK = _MIB
_MAX_BLOCK_BYTES = 256 * _MIB

# Sizes of parts that uploaders use; S3 does not tell which.
_PART_BYTES = tuple(size * _MIB for size in (5, 8, 10, 15, 16, 20, 25, 32, 50, 64, 100, 128))

# Opening a raster sets the warning filters of the whole process, so one tile at a time.
_one_at_a_time = threading.Lock()


class DamagedError(Exception):
    """A file is not what was asked for, and fetching it anew may help."""


def check_tile(part: Part) -> str:
    """Check a file that has its full length, and move it to where it is whole."""
    proven = same_md5(part.path, part.remote)
    if proven is False:
        msg = "its MD5 is not the one that the server states"
        raise DamagedError(msg)
    part.path.replace(part.whole)  # readers go by the extension
    try:
        most = current().raster_cells_by_block
        with _one_at_a_time, open_raster(part.whole, what="tile", max_cells=most) as source:
            _check_place(source, _as_tile(part))
            if proven is None:
                _check_blocks(source, part.whole)
    except BorderzoneError as error:
        raise DamagedError(str(error)) from None
    with part.whole.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _as_tile(part: Part) -> Tile:
    if not isinstance(part.tile, Tile):  # this check is for tiles only
        msg = f"{part.tile.name} is no tile"
        raise TypeError(msg)
    return part.tile


def same_md5(path: Path, remote: Remote) -> bool | None:
    """Compare a file with the MD5 in the mark that a server gave."""
    if remote.md5 is None:
        return None
    stated, parts = remote.md5
    if parts == 0:
        return bool(_md5(path, remote.size).hexdigest() == stated)
    for size in _PART_BYTES:
        if math.ceil(remote.size / size) == parts:
            joined = b"".join(_md5(path, size, i * size).digest() for i in range(parts))
            if hashlib.md5(joined, usedforsecurity=False).hexdigest() == stated:
                return True
    return None


def _md5(path: Path, size: int, start: int = 0) -> Any:
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        file.seek(start)
        while size > 0 and (piece := file.read(min(_BLOCK, size))):
            digest.update(piece)
            size -= len(piece)
    return digest


def _check_place(source: Any, tile: Tile) -> None:
    """Cells centred on the degree lines shift the edges by half a cell; more is another place."""
    if not source.crs.is_geographic:
        msg = f"it is in {source.crs.to_string()}, not in longitude and latitude"
        raise DamagedError(msg)
    wanted = (tile.west, tile.south, tile.west + tile.size_deg, tile.south + tile.size_deg)
    cell = max(abs(source.transform.a), abs(source.transform.e))
    if any(abs(a - b) > cell for a, b in zip(source.bounds, wanted, strict=True)):
        edges = ", ".join(f"{edge:.3f}" for edge in source.bounds)
        msg = f"it covers {edges}, which is not the place of {tile.name}"
        raise DamagedError(msg)


def _check_blocks(source: Any, path: Path) -> None:
    """
    Unpack every block: without an MD5, only they can show a flipped bit.

    Deflated blocks end in a checksum, which the raster library does not compare.
    """
    height, width = source.block_shapes[0]
    size = height * width * source.count * np.dtype(source.dtypes[0]).itemsize
    if size > _MAX_BLOCK_BYTES:
        msg = f"its blocks of {height} x {width} cells are larger than any tile store makes them"
        raise DamagedError(msg)
    if source.compression is not Compression.deflate:
        for _, window in source.block_windows(1):
            source.read(1, window=window)
        return
    with path.open("rb") as file:
        for level, factor in enumerate([1, *source.overviews(1)]):
            rows = math.ceil(source.height / factor / height)
            columns = math.ceil(source.width / factor / width)
            for row, column in itertools.product(range(rows), range(columns)):
                _unpack(file, _place_of(source, row, column, level), size)


def _place_of(source: Any, row: int, column: int, level: int) -> tuple[int, int] | None:
    """Where a block lies in the file, and its length; None for one that was left out as empty."""
    overview = level - 1 if level else None
    offset, length = (
        source.get_tag_item(f"BLOCK_{what}_{column}_{row}", "TIFF", bidx=1, ovr=overview)
        for what in ("OFFSET", "SIZE")
    )
    return (int(offset), int(length)) if offset is not None and length is not None else None


def _unpack(file: BinaryIO, place: tuple[int, int] | None, size: int) -> None:
    if place is None:
        return
    file.seek(place[0])
    unpacking = zlib.decompressobj()
    with contextlib.suppress(zlib.error):
        # A little more room than the block has, so that its checksum is reached and compared.
        unpacking.decompress(file.read(place[1]), size + 64)
    if not unpacking.eof:
        msg = f"the block at byte {place[0]} cannot be unpacked"
        raise DamagedError(msg)
