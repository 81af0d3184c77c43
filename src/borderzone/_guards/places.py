"""Where files lie: a home that may be missing, a working directory that may be gone, and room for a while."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from borderzone._guards.words import check_path
from borderzone.errors import InvalidParameterError, OutputError

__all__ = ["local_path", "temporary_folder"]


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
