"""Open files: written to a file of our own first, so that every limit on files holds for them."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from borderzone._guards import temporary_folder
from borderzone._guards.escapes import file_word, kept
from borderzone.errors import DataError
from borderzone.io.limit import check_limit

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

__all__ = ["is_stream", "spooled", "stream_name"]

_AT_ONCE = 2**20
_PACKED = (".gz", ".bz2", ".xz")  # what such files give is unpacked
_UNTOLD = "the open file"


def is_stream(source: Any) -> bool:
    """Tell an open file, or what behaves like one."""
    return not isinstance(source, type) and callable(getattr(source, "read", None))


def stream_name(stream: Any) -> str:
    """Give the name of an open file, without its folder."""
    name = getattr(stream, "name", None)
    if not isinstance(name, (str, os.PathLike)):
        return ""  # files that were never named have a number
    pure = PurePath(os.fsdecode(name).replace("\\", "/"))
    return pure.stem if pure.suffix.lower() in _PACKED else pure.name


@contextmanager
def spooled(stream: Any, *, text: Collection[str], what: str, suffix: str = "") -> Iterator[Path]:
    """
    Write what an open file holds to a file of our own, which goes when the body ends.

    The open file is not closed, and stands where it stood, if it can go back.
    """
    name = stream_name(stream)
    told = f"{what}: {name or _UNTOLD!r}"
    start = None
    with suppress(Exception):  # what cannot go back is read from where it stands
        start = stream.tell()
    first = _piece(stream, told)
    ending = PurePath(name).suffix.lower() or suffix or _ending(first)
    limit = "text_bytes" if ending in text else "archive_bytes"
    with temporary_folder() as folder:
        file = Path(folder, f"{file_word(PurePath(name).stem or 'open file')}{ending}")
        size = 0
        with file.open("wb") as out:
            piece = first
            while piece:
                size += len(piece)
                check_limit(limit, size, "bytes", told)
                out.write(piece)
                piece = _piece(stream, told)
        if start is not None:
            with suppress(Exception):
                stream.seek(start)
        yield file


def _piece(stream: Any, told: str) -> bytes:
    try:
        piece = stream.read(_AT_ONCE)
    except MemoryError:
        raise
    except Exception as error:  # a closed file, one that is only written, a broken archive
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        msg = f"{told} cannot be read ({reason[:200]}); open it again, for reading"
        raise DataError(msg) from error
    if isinstance(piece, str):
        return kept(piece).encode()
    if piece is None or isinstance(piece, (bytes, bytearray, memoryview)):
        return bytes(piece or b"")
    msg = f"{told} gives {type(piece).__name__}, not text or bytes; open it with open()"
    raise DataError(msg)


_FIRST_BYTES = (
    (b"SQLite format 3\0", ".gpkg"), (b"fgb\x03", ".fgb"), (b"PAR1", ".parquet"),
    (b"\xd0\xcf\x11\xe0", ".xls"), (b"{", ".json"), (b"[", ".json"), (b"\x1e", ".json"),
    (b"<?xml", ".kml"), (b"<kml", ".kml"),
)  # fmt: skip


def _ending(first: bytes) -> str:
    """Tell by the first bytes how a file is written; what nothing speaks for is a text table."""
    head = first[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"PK\x03\x04"):
        if b"[Content_Types].xml" in head or b"xl/" in head:
            return ".xlsx"
        if b"opendocument.spreadsheet" in head:
            return ".ods"
        return ".kmz" if b".kml" in head else ".zip"
    return next((ending for mark, ending in _FIRST_BYTES if head.startswith(mark)), ".csv")
