"""Local files: which may be opened, what they really are, how they and the output folder are written."""

from __future__ import annotations

import hashlib
import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, NamedTuple

from borderzone._guards import check_path, guarded, local_path, local_place, temporary_folder
from borderzone._guards.escapes import file_word, kept
from borderzone.errors import DataError, LimitError, OutputError
from borderzone.io.bounds import Limits

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

__all__ = [
    "SUFFIXES",
    "OpenFile",
    "Suffixes",
    "atomic_write",
    "flush_to_disk",
    "local_file",
    "sha256",
]

_LONGEST_TO_EXTEND = 200


class Suffixes(NamedTuple):
    """
    Ends of the names of files that are read, in lower case and with the dot.

    Attributes
    ----------
    text
        Tables written as text.
    spreadsheet
        Tables in sheets.
    json
        Rows and shapes as text: GeoJSON, one document or one value a line.
    json_lines
        Those of them with one value a line, or one after each record separator.
    kml
        Shapes and times in folders.
    layered
        Files of several layers that a driver reads.
    vector
        All that `read_vector` takes.
    raster
        GeoTIFF.
    heights
        All that `read_dem` takes.
    incidents
        All that `incidents.read` takes.
    """

    text: frozenset[str]
    spreadsheet: frozenset[str]
    json: frozenset[str]
    json_lines: frozenset[str]
    kml: frozenset[str]
    layered: frozenset[str]
    vector: frozenset[str]
    raster: frozenset[str]
    heights: frozenset[str]
    incidents: frozenset[str]


_LINES = frozenset({".geojsonl", ".geojsons", ".geojsonseq", ".ndjson", ".jsonl"})
_JSON = _LINES | {".geojson", ".json"}
_KML, _LAYERED = frozenset({".kml", ".kmz"}), frozenset({".gpkg", ".shp", ".fgb"})
_TIFF = frozenset({".tif", ".tiff"})
_TEXT, _SHEETS = frozenset({".csv", ".tsv", ".txt"}), frozenset({".xlsx", ".xls", ".xlsm", ".ods"})
_VECTOR = _JSON | _KML | _LAYERED | {".parquet"}
SUFFIXES = Suffixes(
    text=_TEXT,
    spreadsheet=_SHEETS,
    json=_JSON,
    json_lines=_LINES,
    kml=_KML,
    layered=_LAYERED,
    vector=_VECTOR,
    raster=_TIFF,
    heights=_TIFF | {".hgt", ".hgt.zip", ".asc", ".nc", ".nc4", ".vrt"},
    incidents=_TEXT | _SHEETS | _VECTOR | {".zip"},
)
"""Which files are read, by what they hold."""

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


def local_file(
    path: str | os.PathLike[str], suffixes: Collection[str], what: str, *, text: bool = False
) -> Path:
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
    text
        Whether it is read whole as text, which is held to a limit of its own.

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

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "tile.tif").write_text("lat,lon")
    ...     local_file(f"{folder}/tile.tif", SUFFIXES.raster, "elevation")
    Traceback (most recent call last):
        ...
    borderzone.errors.DataError: elevation: 'tile.tif' is not what its extension '.tif' says...
    """
    named = local_place(path, what)
    file = local_path(named).absolute()
    if not file.is_file():
        is_there = "is no regular file" if file.exists() else "is not there"
        msg = f"{what}: there is no file {named!r} (it {is_there}); check the path"
        raise DataError(msg)
    if not file.name.lower().endswith(tuple(suffixes)):
        msg = (
            f"{what}: {file.name!r} ends in {file.suffix!r}; a file that ends in "
            f"{', '.join(sorted(suffixes))} is needed{_converted(file, suffixes)}"
        )
        raise DataError(msg)
    _check_content(file, what)
    if text:
        check_text_size(file, what)
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
    most: int = getattr(Limits.now(), limit)
    if size > most:
        msg = (
            f"{what}: {file.name!r} has {size} bytes, the limit is {most}; cut it first, or "
            f"{Limits.how_to_raise(limit, size)}"
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

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "a.txt").write_text("abc")
    ...     sha256(f"{folder}/a.txt")
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
    """
    file = Path(check_path(path, "checksum"))
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        msg = f"checksum: {file.name!r} cannot be read: {error.strerror}"
        raise DataError(msg) from error


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
    """
    Wait until a file's content is on the disk.

    Parameters
    ----------
    file
        The file.

    Raises
    ------
    OSError
        If it cannot be brought there; the caller says what that means.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "a.txt")
    ...     _ = file.write_text("whole")
    ...     flush_to_disk(file)
    ...     file.read_text()
    'whole'
    """
    with file.open("rb") as stream:
        os.fsync(stream.fileno())


_AT_ONCE = 2**20
_PACKED = (".gz", ".bz2", ".xz")  # what such files give is unpacked
_UNTOLD = "the open file"


@guarded
@dataclass(frozen=True, kw_only=True)
class OpenFile:
    """
    An open file, or what behaves like one, from which a table is to be read.

    Attributes
    ----------
    stream
        What is read from.
    name
        Its name without the folder; empty where it was never named.

    Examples
    --------
    >>> import io
    >>> OpenFile.of(io.BytesIO(b"lat,lon")).name, OpenFile.of("a.csv")
    ('', None)
    """

    stream: Any
    name: str

    @classmethod
    def of(cls, source: Any) -> OpenFile | None:
        """
        Take an open file.

        Parameters
        ----------
        source
            What the user gave.

        Returns
        -------
        OpenFile or None
            The open file; None for what is none.
        """
        if isinstance(source, type) or not callable(getattr(source, "read", None)):
            return None
        name = getattr(source, "name", None)
        if not isinstance(name, (str, os.PathLike)):
            return cls(stream=source, name="")  # files that were never named have a number
        pure = PurePath(os.fsdecode(name).replace("\\", "/"))
        packed = pure.suffix.lower() in _PACKED
        return cls(stream=source, name=pure.stem if packed else pure.name)

    @contextmanager
    def as_file(self, *, what: str, suffix: str = "") -> Iterator[Path]:
        """
        Write what it holds to a file of our own, which goes when the body ends.

        The open file is not closed, and stands where it stood, if it can go back.

        Parameters
        ----------
        what
            What it is needed for, for messages.
        suffix
            How it is written, where its name does not say so; else its first bytes do.

        Yields
        ------
        pathlib.Path
            The file.

        Raises
        ------
        DataError
            If it cannot be read, or gives neither text nor bytes.
        LimitError
            If it holds more than `limits` allow.

        Examples
        --------
        >>> import io
        >>> with OpenFile.of(io.BytesIO(b"lat,lon")).as_file(what="incidents", suffix=".csv") as file:
        ...     print(file.suffix, file.read_text())
        .csv lat,lon
        """
        told = f"{what}: {self.name or _UNTOLD!r}"
        start = None
        with suppress(Exception):  # what cannot go back is read from where it stands
            start = self.stream.tell()
        piece = _piece(self.stream, told)
        ending = PurePath(self.name).suffix.lower() or suffix or _ending(piece)
        text = ending in SUFFIXES.text | SUFFIXES.json
        limit = "text_bytes" if text else "archive_bytes"
        with temporary_folder() as folder:
            file = Path(folder, f"{file_word(PurePath(self.name).stem or 'open file')}{ending}")
            size = 0
            with file.open("wb") as out:
                while piece:
                    size += len(piece)
                    Limits.now().check(limit, size, "bytes", told)
                    out.write(piece)
                    piece = _piece(self.stream, told)
            if start is not None:
                with suppress(Exception):
                    self.stream.seek(start)
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
