"""The archive of a version: brought like a tile, refused when it is a bomb, read as a stream."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from borderzone.errors import DataError, LimitError, NetworkError
from borderzone.fetch.integrity import DamagedError, same_md5
from borderzone.fetch.transfer import bring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from borderzone.fetch.ged_version import GedFile
    from borderzone.fetch.server import Server
    from borderzone.fetch.transfer import Brought, Part

__all__ = ["bring_archive", "check_archive", "table_rows"]

MAX_TABLE_BYTES = 4 * 1024**3
_MAX_RATIO = 200  # text of this kind packs by 10 to 20
_MAX_MEMBERS = 32
_BLOCK = 1024 * 1024
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def bring_archive(
    server: Server, archive: GedFile, folder: Path, announce: Callable[[str], None]
) -> Brought:
    """Bring the archive of a version, from where an earlier try ended."""
    remote = server.look(archive)
    if remote is None:
        msg = (
            f"{archive.name}: {server.name} has no such file; check the version, or ask the "
            "service for its pages with --way api"
        )
        raise NetworkError(msg)
    if not server.allows(remote.size):
        msg = (
            f"{archive.name} has {remote.size / 1e9:.2f} GB, the limit is "
            f"{server.network.max_gb:g} GB; raise it with --max-gb (max_gb)"
        )
        raise LimitError(msg)
    announce(f"To fetch: {archive.name}, {remote.size / 1e6:.2f} MB, from {server.name}.")
    return bring(server, archive, remote, folder, lambda _: None, check=check_archive)


def check_archive(part: Part) -> str:
    """Unpack an archive once without keeping anything, and move it to where it is whole."""
    if same_md5(part.path, part.remote) is False:
        msg = "its MD5 is not the one that the server states"
        raise DamagedError(msg)
    try:
        with _table_in(part.path) as table:
            _read_through(table, part.path)
    except LimitError:
        part.discard()
        raise
    except (DataError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise DamagedError(str(error) or "it cannot be unpacked") from None
    part.path.replace(part.whole)
    with part.whole.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def table_rows(path: Path) -> Iterator[Iterator[list[str]]]:
    """Read a table row by row, from an archive or as it is."""
    try:
        with _table_in(path) if path.suffix == ".zip" else path.open("rb") as table:
            text = io.TextIOWrapper(table, encoding="utf-8-sig", newline="")
            # Not strict: how cells are quoted differs between versions; their number is checked.
            yield csv.reader(text)
    except (csv.Error, UnicodeDecodeError, zipfile.BadZipFile, zlib.error) as error:
        msg = f"{path.name} is not a table in UTF-8 ({error}); remove it and fetch it again"
        raise DataError(msg) from None


@contextmanager
def _table_in(path: Path) -> Iterator[Any]:
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        tables = [member for member in members if member.filename.lower().endswith(".csv")]
        if len(tables) != 1 or len(members) > _MAX_MEMBERS:
            msg = f"it holds {len(tables)} tables in {len(members)} files, not one"
            raise DataError(msg)
        table = tables[0]
        if table.flag_bits & 1 or table.compress_type not in _PACKINGS:
            msg = "its table is encrypted or packed in an unusual way"
            raise DataError(msg)
        _check_size(path, table.file_size)
        with archive.open(table) as stream:
            yield stream


def _read_through(table: Any, path: Path) -> None:
    """Count what really comes out, whatever the archive says, and compare its checksum."""
    there = 0
    while piece := table.read(_BLOCK):
        there += len(piece)
        _check_size(path, there)


def _check_size(path: Path, size: int) -> None:
    if size > min(MAX_TABLE_BYTES, _MAX_RATIO * path.stat().st_size):
        msg = (
            f"{path.name.removesuffix('.part')} unpacks to {size} bytes or more, far beyond any "
            "version of the dataset; nothing was kept. Check the address"
        )
        raise LimitError(msg)
