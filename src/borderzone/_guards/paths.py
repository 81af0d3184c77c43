"""Paths from outside: names that no file can have, a home that may be missing, a working directory that may be gone, and room for a while."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from borderzone._guards.words import shown
from borderzone.errors import BorderzoneError, DataError, InvalidParameterError, OutputError

__all__ = ["check_path", "local_path", "local_place", "temporary_folder"]

# What file systems take at most. Units: bytes, characters.
_LONGEST_NAME, _LONGEST_PATH = 255, 4000
# What a name must not hold: GDAL takes these for networks, archives or inline documents.
_NOT_A_PATH = ("/vsi", "://", "<", "\0", "MEM:", "GTIFF_DIR:", "{")


def check_path(path: Any, name: str, error: type[BorderzoneError] = DataError) -> str:
    """Refuse what is no path, and a name that no file can have."""
    text = os.fspath(path) if isinstance(path, (str, os.PathLike)) else None
    if not isinstance(text, str) or not text.strip():
        msg = f"{name}: a path is needed, got {shown(path)}"
        raise error(msg)
    try:
        longest = max(map(len, os.fsencode(text).split(os.fsencode(os.sep))))
    except UnicodeEncodeError:
        longest = _LONGEST_NAME + 1
    if longest > _LONGEST_NAME or len(text) > _LONGEST_PATH or "\0" in text:
        msg = (
            f"{name}: {shown(text)} is not a local file: no file can have that name; check the path"
        )
        raise error(msg)
    return text


def local_path(path: str | os.PathLike[str]) -> Path:
    """Give a path with the home folder in place of ``~``; one that leads nowhere is refused."""
    if isinstance(path, (str, os.PathLike)):
        check_path(path, "path", InvalidParameterError)
    try:
        place = Path(path).expanduser()
    except RuntimeError:
        msg = (
            f"{os.fspath(path)!r}: no home folder is known for its ~; write the path in full, or "
            "set HOME"
        )
        raise InvalidParameterError(msg) from None
    try:
        place.absolute()
    except FileNotFoundError:
        msg = (
            f"{os.fspath(path)!r} is relative to the working directory, which is gone; change to a "
            "folder that exists, or write the path in full"
        )
        raise InvalidParameterError(msg) from None
    return place


def local_place(path: str | os.PathLike[str], what: str) -> str:
    """Give a path as text; what a raster or vector library takes for more than a local place is refused."""
    text = check_path(path, what)
    if any(mark in text for mark in _NOT_A_PATH):
        msg = (
            f"{what}: {shown(text)} is not a local file; addresses, archives and inline documents "
            "are not opened. Download or unpack it first and give its path"
        )
        raise DataError(msg)
    return text


def temporary_folder() -> tempfile.TemporaryDirectory[str]:
    """Make a folder for files of this run, for nobody else to read, and removed at its end."""
    try:
        return tempfile.TemporaryDirectory(prefix="borderzone-")
    except OSError as error:
        msg = (
            f"no folder for temporary files can be written ({error.strerror or error}); set TMPDIR "
            "to one that can, with some room"
        )
        raise OutputError(msg) from None
