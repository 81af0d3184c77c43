"""Local files: which may be opened, what they really are, how they are written."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import borderzone
from borderzone._guards import check_path, local_path, shown
from borderzone.errors import DataError, InvalidParameterError, LimitError, OutputError
from borderzone.io.limit import current, how_to_raise

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

__all__ = ["atomic_write", "local_file", "run_id", "sha256"]

_LONGEST_TO_EXTEND = 200

# What a name must not hold: GDAL takes these for networks, archives or inline documents.
_NOT_A_PATH = ("/vsi", "://", "<", "\0", "MEM:", "GTIFF_DIR:", "{")

# First bytes by extension, where the format fixes them.
_SIGNATURES: dict[str, tuple[bytes, ...]] = {
    ".tif": (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"),
    ".gpkg": (b"SQLite format 3\x00",),
    ".shp": (b"\x00\x00\x27\x0a",),
    ".fgb": (b"fgb\x03fgb",),
    ".parquet": (b"PAR1",),
    ".xlsx": (b"PK\x03\x04",),
    ".xlsm": (b"PK\x03\x04",),
    ".ods": (b"PK\x03\x04",),
    ".xls": (b"\xd0\xcf\x11\xe0",),
    ".nc": (b"CDF\x01", b"CDF\x02", b"CDF\x05", b"\x89HDF\r\n\x1a\n"),
    ".kmz": (b"PK\x03\x04", b"PK\x05\x06"),
    ".zip": (b"PK\x03\x04", b"PK\x05\x06"),
}
_SIGNATURES[".tiff"] = _SIGNATURES[".tif"]


def local_file(path: str | os.PathLike[str], suffixes: Collection[str], what: str) -> Path:
    """
    Return the absolute path of a local file that is what its name says.

    Parameters
    ----------
    path
        The file, as given by the user.
    suffixes
        Extensions that are allowed, in lower case and with the dot; ``.hgt.zip`` is one.
    what
        What the file is needed for, for the message ("elevation", "incidents").

    Returns
    -------
    pathlib.Path
        Its absolute path.

    Raises
    ------
    DataError
        If it is an address rather than a file, does not exist, is empty, has
        another extension, or starts with other bytes than its extension says.
    LimitError
        If it is larger than `limits` allow.
    """
    text = refuse_address(path, what)
    file = local_path(text).absolute()
    if not file.is_file():
        is_there = "is no regular file" if file.exists() else "is not there"
        msg = f"{what}: there is no file {text!r} (it {is_there}); check the path"
        raise DataError(msg)
    if not file.name.lower().endswith(tuple(suffixes)):
        msg = (
            f"{what}: {file.name!r} ends in {file.suffix!r}; a file that ends in "
            f"{', '.join(sorted(suffixes))} is needed{_converted(file, suffixes)}"
        )
        raise DataError(msg)
    _check_content(file, what)
    return file


# Rasters of other programs, which one command turns into a GeoTIFF.
_OTHER_RASTERS = {
    ".adf", ".asc", ".bil", ".bt", ".dem", ".dt0", ".dt1", ".dt2", ".ers", ".flt", ".grd", ".hdf", ".img",
    ".jp2", ".nc", ".nc4", ".png", ".rst", ".sdat", ".vrt", ".xyz",
}  # fmt: skip


def _converted(file: Path, suffixes: Collection[str]) -> str:
    if ".tif" not in suffixes or file.suffix.lower() not in _OTHER_RASTERS:
        return ""
    return f"; gdal_translate {file.name} {file.stem}.tif makes a GeoTIFF of it"


def refuse_address(path: str | os.PathLike[str], what: str) -> str:
    """Refuse what a raster or vector library would take for more than a local file."""
    text = check_path(path, what)
    if any(mark in text for mark in _NOT_A_PATH):
        msg = (
            f"{what}: {shown(text)} is not a local file; addresses, archives and inline documents "
            "are not opened. Download or unpack it first and give its path"
        )
        raise DataError(msg)
    return text


def check_text_size(file: Path, what: str, size: int | None = None) -> None:
    """Refuse a text that is too long to be read."""
    _check_size(file, file.stat().st_size if size is None else size, "text_bytes", what)


# With these a parser of XML can be made to open other files, or to fill all memory.
_NOT_PLAIN_XML = (b"<!doctype", b"<!entity", b"<ogrvrt", b"xi:include")


def check_plain_xml(text: bytes, name: str, what: str, kind: str) -> None:
    """Refuse XML that a parser must not see: document types, entities, inclusions, wide characters."""
    if b"\0" in text:
        # In UTF-16 the marks below would hide from a search for bytes.
        msg = f"{what}: {name!r} holds zero bytes; save the {kind} as UTF-8"
        raise DataError(msg)
    lowered = text.lower()
    for mark in _NOT_PLAIN_XML:
        if mark in lowered:
            told = mark.decode().upper() if mark.startswith(b"<!") else mark.decode()
            msg = f"{what}: {name!r} holds {told}, which plain {kind} does not need"
            raise DataError(msg)


def _check_size(file: Path, size: int, limit: str, what: str) -> None:
    most: int = getattr(current(), limit)
    if size > most:
        msg = (
            f"{what}: {file.name!r} has {size} bytes, the limit is {most}; cut it first, or "
            f"{how_to_raise(limit, size)}"
        )
        raise LimitError(msg)


def _check_content(file: Path, what: str) -> None:
    size = file.stat().st_size
    if size == 0:
        msg = f"{what}: {file.name!r} is empty; fetch or export it again"
        raise DataError(msg)
    _check_size(file, size, "file_bytes", what)
    signatures = _SIGNATURES.get(file.suffix.lower())
    try:
        with file.open("rb") as stream:
            head = stream.read(16)
    except OSError as error:
        msg = f"{what}: {file.name!r} cannot be read: {error.strerror}"
        raise DataError(msg) from error
    if signatures and not head.startswith(signatures):
        msg = (
            f"{what}: {file.name!r} is not what its extension {file.suffix!r} says "
            f"(it starts with {head[:8]!r}); convert it, or give it its true extension"
        )
        raise DataError(msg)


def sha256(path: str | os.PathLike[str]) -> str:
    """
    Return the SHA-256 of a file.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    DataError
        If it cannot be read.
    """
    file = Path(check_path(path, "checksum"))
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        msg = f"checksum: {file.name!r} cannot be read: {error.strerror}"
        raise DataError(msg) from error


def run_id(parts: Mapping[str, Any]) -> str:
    """
    Name a run by what goes into it: same inputs, parameters, seed and version of borderzone, same name.

    The versions of the libraries below are left out: they do not decide what a run tells.

    Parameters
    ----------
    parts
        Checksums of the inputs, every parameter and the seed, as plain values
        that JSON can hold; the order of names does not count.

    Returns
    -------
    str
        Twelve hexadecimal digits.

    Examples
    --------
    >>> run_id({"depth_km": 50.0, "seed": 1}) == run_id({"seed": 1, "depth_km": 50.0})
    True
    >>> run_id({"depth_km": 50.0, "seed": 1}) == run_id({"depth_km": 25.0, "seed": 1})
    False
    """
    whole = {"borderzone": borderzone.__version__, "parts": parts}
    try:
        text = json.dumps(whole, sort_keys=True, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        msg = f"parts must be plain values that JSON can hold: {error!s:.120}"
        raise InvalidParameterError(msg) from error
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[Path]:
    """
    Write a file so that its name only ever holds a finished one.

    The body writes to a temporary file in the same folder, which takes the
    final name when the body ends, and is removed when it fails.

    Parameters
    ----------
    path
        Final name.

    Yields
    ------
    pathlib.Path
        Temporary name, with the same extension.

    Raises
    ------
    OutputError
        If the folder is missing or cannot be written to.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with atomic_write(f"{folder}/a.txt") as temporary:
    ...         _ = temporary.write_text("whole")
    ...     Path(folder, "a.txt").read_text()
    'whole'
    """
    final = Path(check_path(path, "output file", OutputError))
    if not final.parent.is_dir():
        msg = f"there is no folder {str(final.parent)!r} to write {final.name!r} into"
        raise OutputError(msg)
    # A name as long as a file system takes has no room for more: its digest stands for it.
    long = len(os.fsencode(final.name)) > _LONGEST_TO_EXTEND
    stem = hashlib.sha256(os.fsencode(final.name)).hexdigest()[:32] if long else final.stem
    temporary = final.with_name(f".{stem}.{os.getpid()}.partial{final.suffix}")
    try:
        yield temporary
        flush_to_disk(temporary)
        temporary.replace(final)
    except OSError as error:
        msg = f"{str(final)!r} cannot be written: {error.strerror or error}"
        raise OutputError(msg) from error
    finally:
        temporary.unlink(missing_ok=True)


def flush_to_disk(file: Path) -> None:
    """Wait until a file's content is on the disk."""
    with file.open("rb") as stream:
        os.fsync(stream.fileno())
