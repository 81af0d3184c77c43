"""Local files: which may be opened, what they really are, how they and the output folder are written."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from contextlib import contextmanager, suppress
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import borderzone
from borderzone._guards import check_path, local_path, shown, temporary_folder
from borderzone._guards.escapes import file_word, kept
from borderzone.errors import DataError, InvalidParameterError, LimitError, OutputError
from borderzone.io.bounds import Limits

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

__all__ = [
    "atomic_write",
    "check_output_folder",
    "is_stream",
    "local_file",
    "output_folder",
    "run_id",
    "sha256",
    "spooled",
    "stream_name",
]

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
                Limits.now().check(limit, size, "bytes", told)
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


try:
    import fcntl
except ImportError:  # pragma: no cover  (Windows has no advisory locks of this kind)
    fcntl = None  # type: ignore[assignment]


MANIFEST = "manifest.json"
UNLISTED = ("log.txt", "timing.json", MANIFEST)
"""What a run writes without listing it in its manifest: these change from run to run."""

_log = logging.getLogger("borderzone")


@contextmanager
def output_folder(path: str | os.PathLike[str], *, overwrite: bool = False) -> Iterator[Path]:
    """
    Fill an output folder, so that its name only ever holds a finished one.

    The body writes into ``<name>.partial`` beside the folder. When the body
    ends, that takes the final name; when it fails, it is removed; when it is
    killed, the next run removes it and says so. With `overwrite`, files that
    the manifest of the earlier run lists are replaced, all others stay.

    Parameters
    ----------
    path
        Final name of the folder.
    overwrite
        Whether an earlier run's folder may be replaced.

    Yields
    ------
    pathlib.Path
        Folder to write into.

    Raises
    ------
    OutputError
        If the folder is not empty and `overwrite` is not set, holds no
        manifest of an earlier run, is being written by another process, or
        cannot be written to.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as place:
    ...     with output_folder(f"{place}/out") as folder:
    ...         _ = (folder / "a.txt").write_text("whole")
    ...     sorted(file.name for file in Path(place, "out").iterdir())
    ['a.txt']
    """
    final = _final(path)
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"the folder {str(final.parent)!r} cannot be made: {error.strerror}"
        raise OutputError(msg) from error
    with _only_one(final):
        _recover(final)
        _check_final(final, overwrite=overwrite)
        partial = _beside(final, "partial")
        try:
            partial.mkdir()
            yield partial
            _check_conflicts(final, partial)
            for file in sorted(partial.rglob("*")):
                if file.is_file():
                    flush_to_disk(file)
            _swap(final, partial)
        except OSError as error:
            msg = f"the output folder {str(final)!r} cannot be written: {error.strerror or error}"
            raise OutputError(msg) from error
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def check_output_folder(path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
    """Refuse an output folder before any work is done for it; nothing is written."""
    _check_final(_final(path), overwrite=overwrite)


def _final(path: str | os.PathLike[str]) -> Path:
    final = local_path(path).resolve()
    if not final.name:
        msg = f"{os.fspath(path)!r} cannot be an output folder; give it a name of its own"
        raise OutputError(msg)
    # Names beside the folder are longer than its own.
    check_path(_replaced(final), "output folder", OutputError)
    return final


def _beside(final: Path, word: str) -> Path:
    return final.with_name(f"{final.name}.{word}")


def _replaced(final: Path) -> Path:
    return final.with_name(f".{final.name}.replaced")


@contextmanager
def _only_one(final: Path) -> Iterator[None]:
    """Hold a lock beside the folder; the system lets go of it when a process is killed."""
    lock = _beside(final, "lock")
    try:
        handle = os.open(lock, os.O_CREAT | os.O_RDWR, 0o644)
    except OSError as error:
        msg = f"{str(final.parent)!r} cannot be written to: {error.strerror}"
        raise OutputError(msg) from error
    try:
        if fcntl is not None:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        mine = lock.exists() and lock.stat().st_ino == os.fstat(handle).st_ino
    except BlockingIOError:
        mine = False
    try:
        if not mine:
            msg = f"another run is writing {str(final)!r}; wait for it, or choose another folder"
            raise OutputError(msg)
        yield
    finally:
        if mine:
            lock.unlink(missing_ok=True)
        os.close(handle)


def _recover(final: Path) -> None:
    """Tidy up after a run that was killed."""
    partial, old = _beside(final, "partial"), _replaced(final)
    if partial.is_symlink() or partial.is_file():
        msg = f"{str(partial)!r} is in the way; move it or choose another output folder"
        raise OutputError(msg)
    if partial.is_dir():
        _log.warning("removing %s, left by a run that did not finish", partial)
        shutil.rmtree(partial)
    if old.is_dir() and not final.exists():
        _log.warning("putting %s back, a run stopped while replacing it", old)
        old.rename(final)
    elif old.is_dir():
        _log.warning("finishing the replacement of %s, which a run did not", final)
        _keep_others(old, final)


def _check_final(final: Path, *, overwrite: bool) -> None:
    if final.is_symlink() or (final.exists() and not final.is_dir()):
        msg = f"{str(final)!r} is not a folder; choose another output folder"
        raise OutputError(msg)
    if not final.exists() or not any(final.iterdir()):
        return
    if not overwrite:
        msg = (
            f"the output folder {str(final)!r} is not empty; add --overwrite (overwrite=True) to "
            "replace what an earlier run wrote there, or choose another folder"
        )
        raise OutputError(msg)
    if not (final / MANIFEST).is_file():
        msg = (
            f"the output folder {str(final)!r} is not empty and holds no {MANIFEST} of an earlier "
            "run, so nothing in it is replaced; choose another folder"
        )
        raise OutputError(msg)
    _listed(final)  # refuse a strange manifest now, not after the run


def _listed(folder: Path) -> set[str]:
    """Names that the manifest of a folder says a run wrote."""
    try:
        content: Any = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        names = {str(output["path"]) for output in content["outputs"]}
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        msg = (
            f"{str(folder / MANIFEST)!r} is not a manifest that borderzone wrote, so nothing "
            "in the folder is replaced; choose another folder"
        )
        raise OutputError(msg) from error
    return names | set(UNLISTED)


def _others(folder: Path) -> list[Path]:
    """Files of a folder that no run wrote, as relative paths."""
    listed = _listed(folder)
    found = []
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(folder)
        if (file.is_symlink() or not file.is_dir()) and name.as_posix() not in listed:
            found.append(name)
    return found


def _check_conflicts(final: Path, partial: Path) -> None:
    if not final.exists() or not any(final.iterdir()):
        return
    clashes = [name.as_posix() for name in _others(final) if (partial / name).exists()]
    if clashes:
        msg = (
            f"the output folder {str(final)!r} holds {', '.join(clashes)}, which the earlier run "
            "did not write and this one would replace; move it away"
        )
        raise OutputError(msg)


def _swap(final: Path, partial: Path) -> None:
    old = _replaced(final)
    if final.exists() and any(final.iterdir()):
        final.rename(old)
        partial.rename(final)
        _keep_others(old, final)
    else:
        if final.exists():
            final.rmdir()
        partial.rename(final)


def _keep_others(old: Path, final: Path) -> None:
    """Move what no run wrote into the new folder, then remove the old one."""
    # Without its manifest the folder was being removed already, and all others were moved.
    for name in _others(old) if (old / MANIFEST).is_file() else []:
        (final / name).parent.mkdir(parents=True, exist_ok=True)
        (old / name).rename(final / name)
    shutil.rmtree(old)
