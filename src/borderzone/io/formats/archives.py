"""Zip archives from strangers: the one file that is wanted, within limits, in memory."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, NamedTuple

from borderzone._guards import guarded, temporary_folder
from borderzone._guards.escapes import file_word
from borderzone.errors import DataError, LimitError
from borderzone.io.bounds import Limits

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

__all__ = ["Member", "check_archive", "member", "pieces", "unpacked", "unpacked_layers"]

_ANY_RATIO_BYTES = 1024**2  # so little is harmless however tightly it was packed
_CHUNK_BYTES = 1024**2
_PACKED = (".zip", ".kmz", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".tar")
_BELONGING = {".shp": (".dbf", ".shx", ".prj", ".cpg")}  # what a file is nothing without
_SHEETS = (".xlsx", ".xlsm", ".ods")  # archives themselves, which their reader looks into
_READABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, OSError)


@guarded
class Member(NamedTuple):
    """
    One file out of an archive.

    Attributes
    ----------
    name
        Its own name, without folders.
    content
        Its bytes.
    """

    name: str
    content: bytes


def check_archive(
    source: Path | bytes,
    *,
    what: str,
    name: str = "",
    limit: str = "archive_bytes",
    pattern: str = "",
) -> list[str]:
    """
    Refuse an archive that is broken, encrypted, nested, or would unpack to too much.

    A spreadsheet (.xlsx, .ods) is an archive too: look at it with this before
    a library opens it. Every file is unpacked to nowhere, because the sizes that
    an archive states may be lies, and the library would not notice.

    Parameters
    ----------
    source
        The archive, as a file or as its bytes.
    what
        What it is needed for, for messages.
    name
        What to call it in messages; the name of the file by default.
    limit
        Which of `limits` says what it may unpack to.
    pattern
        Regular expression, as of `read_archived`, where only some layers are wanted: what else the
        archive holds stays packed, and does not count against the limits.

    Returns
    -------
    list[str]
        Names of the files inside that are looked at, folders and the litter of file managers left
        out.

    Raises
    ------
    DataError
        If it is no whole archive, is empty, encrypted, packed in a way that
        few programs read, damaged, or holds further archives.
    LimitError
        If it holds more files, or unpacks to more, than `limits` allow.

    Examples
    --------
    >>> packed = io.BytesIO()
    >>> with zipfile.ZipFile(packed, "w") as archive:
    ...     archive.writestr("2024/events.csv", "lat,lon")
    ...     archive.writestr("__MACOSX/._events.csv", "litter")
    >>> check_archive(packed.getvalue(), what="incidents")
    ['2024/events.csv']
    """
    told = _told(source, what, name)
    with _opened(source, told) as archive:
        if pattern:
            _, infos = _fitting(archive, pattern, told, _size(source), limit)
        else:
            infos = _checked(archive, told, _size(source), limit)
        for info in infos:
            for _ in pieces(archive, info, told, limit):
                pass  # what is read is let go: only its size and its check sum are wanted
        return [info.filename for info in infos]


def member(
    source: Path | bytes,
    suffixes: Collection[str],
    *,
    what: str,
    prefer: str | None = None,
    name: str = "",
) -> Member:
    """
    Read the one file of an archive that has a wanted extension.

    Nothing is unpacked to disk, so names such as ``../../x`` lead nowhere. The
    limits hold while reading, whatever the archive's list of contents says.

    Parameters
    ----------
    source
        The archive, as a file or as its bytes.
    suffixes
        Extensions that are wanted, in lower case and with the dot.
    what
        What it is needed for, for messages.
    prefer
        Name of the file to take when several have a wanted extension.
    name
        What to call the archive in messages; the name of the file by default.

    Returns
    -------
    Member
        Name and content.

    Raises
    ------
    DataError
        If `check_archive` refuses it, no file or more than one is wanted, or
        the file is empty or damaged.
    LimitError
        If a limit of `check_archive` is passed, by the list or while reading.

    Examples
    --------
    >>> packed = io.BytesIO()
    >>> with zipfile.ZipFile(packed, "w") as archive:
    ...     archive.writestr("../events.csv", "lat,lon")
    >>> member(packed.getvalue(), {".csv"}, what="incidents")
    Member(name='events.csv', content=b'lat,lon')
    """
    told = _told(source, what, name)
    with _opened(source, told) as archive:
        infos = _checked(archive, told, _size(source))
        info = _wanted(infos, suffixes, prefer, told)
        content = _read(archive, info, told)
    if not content:
        msg = f"{told}: {_own_name(info)!r} inside it is empty; export it again"
        raise DataError(msg)
    return Member(_own_name(info), content)


@contextmanager
def unpacked(source: Path, suffixes: Collection[str], *, what: str) -> Iterator[Path]:
    """
    Give the one wanted file of an archive as a file, for as long as it is used.

    With a Shapefile come the files that belong to it. All lie in a folder of
    their own, under harmless names, and are removed at the end.

    Parameters
    ----------
    source
        The archive.
    suffixes
        Extensions that are wanted, in lower case and with the dot.
    what
        What it is needed for, for messages.

    Yields
    ------
    Path
        The file.

    Raises
    ------
    DataError
        As `member` does.
    LimitError
        As `member` does.

    Examples
    --------
    >>> with temporary_folder() as folder:
    ...     packed = Path(folder, "events.zip")
    ...     with zipfile.ZipFile(packed, "w") as archive:
    ...         archive.writestr("2024/events.csv", "lat,lon")
    ...     with unpacked(packed, {".csv"}, what="incidents") as file:
    ...         print(file.name, file.read_text())
    ...     file.exists()
    events.csv lat,lon
    False
    """
    told = _told(source, what, "")
    with temporary_folder() as folder:
        with _opened(source, told) as archive:
            infos = _checked(archive, told, _size(source))
            main = _wanted(infos, suffixes, None, told)
            place = PurePosixPath(main.filename)
            near = _beside(main, infos)
            own = file_word(PurePosixPath(_own_name(main)).stem)
            for info in (main, *near):
                kind = PurePosixPath(info.filename).suffix.lower()
                Path(folder, f"{own}{kind}").write_bytes(_read(archive, info, told))
        yield Path(folder, f"{own}{place.suffix.lower()}")


@contextmanager
def unpacked_layers(source: Path, pattern: str, *, what: str) -> Iterator[list[Path]]:
    """
    Give those layers of an archive whose names fit, as files, for as long as they are used.

    With a Shapefile come the files that belong to it. What else the archive holds stays packed, and
    does not count against the limits.

    Parameters
    ----------
    source
        The archive.
    pattern
        Regular expression that the whole name of a layer fits, in lower case.
    what
        What they are needed for, for messages.

    Yields
    ------
    list of Path
        The layers, in the order of their names.

    Raises
    ------
    DataError
        If no layer fits, or `member` would refuse the archive.
    LimitError
        As `member` does.
    """
    told = _told(source, what, "")
    with temporary_folder() as folder:
        with _opened(source, told) as archive:
            mains, wanted = _fitting(archive, pattern, told, _size(source))
            for info in wanted:
                place = PurePosixPath(_own_name(info))
                with Path(folder, f"{file_word(place.stem)}{place.suffix.lower()}").open("xb") as f:
                    f.writelines(pieces(archive, info, told))
        yield sorted(Path(folder, f"{file_word(Path(_own_name(m)).stem)}.shp") for m in mains)


def _fitting(
    archive: zipfile.ZipFile, pattern: str, told: str, size: int, limit: str = "archive_bytes"
) -> tuple[list[zipfile.ZipInfo], list[zipfile.ZipInfo]]:
    """Layers of an archive whose names fit, and with them what belongs to them, within the limits."""
    infos = _listed(archive, told)
    mains = [info for info in infos if re.fullmatch(pattern, _own_name(info).lower())]
    if not mains:
        held = ", ".join(_own_name(info) for info in infos[:10])
        msg = f"{told} holds no layer that is wanted, {pattern}; it holds {held}"
        raise DataError(msg)
    wanted = [info for main in mains for info in (main, *_beside(main, infos))]
    _check_sizes(wanted, told, size, limit)
    return mains, wanted


def _beside(main: zipfile.ZipInfo, infos: list[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    """Files of an archive that belong to one of them."""
    place = PurePosixPath(main.filename)
    also = _BELONGING.get(place.suffix.lower(), ())
    return [
        info
        for info, other in ((info, PurePosixPath(info.filename)) for info in infos)
        if other.with_suffix("") == place.with_suffix("") and other.suffix.lower() in also
    ]


def _size(source: Path | bytes) -> int:
    return len(source) if isinstance(source, bytes) else source.stat().st_size


def _told(source: Path | bytes, what: str, name: str) -> str:
    called = name or ("archive" if isinstance(source, bytes) else source.name)
    return f"{what}: {called!r}"


def _opened(source: Path | bytes, told: str) -> zipfile.ZipFile:
    packed: Path | IO[bytes] = io.BytesIO(source) if isinstance(source, bytes) else source
    try:
        return zipfile.ZipFile(packed)
    except (*_BROKEN, ValueError) as error:
        msg = f"{told} is no whole archive ({error}); fetch or pack it again"
        raise DataError(msg) from error


def _own_name(info: zipfile.ZipInfo) -> str:
    return PurePosixPath(info.filename.replace("\\", "/")).name


def _is_litter(info: zipfile.ZipInfo) -> bool:
    """Whether a file manager, not the sender, put it there."""
    own = _own_name(info)
    return (
        info.is_dir() or info.filename.startswith("__MACOSX/") or own in (".DS_Store", "Thumbs.db")
    )


def _checked(
    archive: zipfile.ZipFile, told: str, size: int, limit: str = "archive_bytes"
) -> list[zipfile.ZipInfo]:
    infos = _listed(archive, told)
    _check_sizes(infos, told, size, limit)
    return infos


def _listed(archive: zipfile.ZipFile, told: str) -> list[zipfile.ZipInfo]:
    """List what an archive holds, litter left out."""
    everything = archive.infolist()
    if len(everything) > (most := Limits.now().archive_files):
        msg = (
            f"{told} holds {len(everything):,} files, the limit is {most:,}; unpack it first, or "
            f"{Limits.how_to_raise('archive_files', len(everything))}"
        )
        raise LimitError(msg)
    infos = [info for info in everything if not _is_litter(info)]
    if not infos:
        msg = f"{told} holds no file; pack it again"
        raise DataError(msg)
    for info in infos:
        _check_member(info, told)
    return infos


def _check_sizes(infos: list[zipfile.ZipInfo], told: str, size: int, limit: str) -> None:
    unpacked_bytes = sum(info.file_size for info in infos)
    packed = sum(info.compress_size for info in infos)
    if packed > size:
        # Its list of contents lies, or its files lie over one another: both are made to mislead.
        msg = f"{told} states {packed:,} bytes of content in {size:,}; pack it again"
        raise DataError(msg)
    _check_size(unpacked_bytes, packed, told, limit)


def _check_member(info: zipfile.ZipInfo, told: str) -> None:
    own = _own_name(info)
    if info.flag_bits & _ENCRYPTED:
        msg = f"{told} is encrypted ({own!r}); unpack it with its password first"
        raise DataError(msg)
    if info.compress_type not in _READABLE:
        msg = f"{told} packs {own!r} by method {info.compress_type}; pack it again as plain zip"
        raise DataError(msg)
    if own.lower().endswith(_PACKED):
        msg = f"{told} holds a further archive, {own!r}; unpack it first"
        raise DataError(msg)


def _check_size(content: int, packed: int, told: str, limit: str) -> None:
    most: int = getattr(Limits.now(), limit)
    if content > most:
        msg = (
            f"{told} unpacks to more than the limit of {most / 1024**3:g} GiB; cut what is inside "
            f"first, or {Limits.how_to_raise(limit, content)}"
        )
        raise LimitError(msg)
    ratio = Limits.now().archive_ratio
    if content > max(_ANY_RATIO_BYTES, ratio * packed):
        msg = (
            f"{told} unpacks to more than {ratio} times its size, as archives made to fill a "
            "disk do; if you trust it, unpack it first, or "
            f"{Limits.how_to_raise('archive_ratio', -(-content // max(packed, 1)))}"
        )
        raise LimitError(msg)


def _wanted(
    infos: list[zipfile.ZipInfo], suffixes: Collection[str], prefer: str | None, told: str
) -> zipfile.ZipInfo:
    fitting = [info for info in infos if _own_name(info).lower().endswith(tuple(suffixes))]
    if not fitting:
        held = ", ".join(_own_name(info) for info in infos[:10])
        msg = f"{told} holds no file that ends in {', '.join(sorted(suffixes))}; it holds {held}"
        raise DataError(msg)
    preferred = [info for info in fitting if prefer and _own_name(info).lower() == prefer.lower()]
    choices = preferred or fitting
    if len(choices) > 1:
        held = ", ".join(info.filename for info in choices[:10])
        msg = f"{told} holds {len(choices)} files that could be meant: {held}; leave one in it"
        raise DataError(msg)
    return choices[0]


def pieces(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, told: str, limit: str = "archive_bytes"
) -> Iterator[bytes]:
    """Read a file of an archive in pieces, because the sizes that an archive states may be lies."""
    length = 0
    try:
        with archive.open(info) as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                length += len(chunk)
                _check_size(length, info.compress_size, told, limit)
                yield chunk
    except _BROKEN as error:
        why = str(error) or "it ends too early"
        msg = f"{told} is damaged ({why}); fetch or pack it again"
        raise DataError(msg) from error


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, told: str) -> bytes:
    content = bytearray()
    for chunk in pieces(archive, info, told):
        content += chunk
    if content.startswith(b"PK\x03\x04") and not info.filename.lower().endswith(_SHEETS):
        msg = f"{told} holds a further archive, {_own_name(info)!r}; unpack it first"
        raise DataError(msg)
    return bytes(content)
