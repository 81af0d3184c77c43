"""Records beside files: where a file is from, when it was retrieved, and whom to credit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from borderzone.io.files import atomic_write

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

__all__ = ["read_sidecar", "sidecar_of", "write_sidecar"]

_MAX_BYTES = 256 * 1024
_NEEDED = ("title", "licence", "attribution", "citation", "sha256")


def sidecar_of(path: str | os.PathLike[str]) -> Path:
    """
    Name the record that lies beside a file.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    pathlib.Path
        Its record, whether it exists or not.

    Examples
    --------
    >>> sidecar_of("events.csv").name
    'events.csv.source.json'
    """
    file = Path(path)
    return file.with_name(f"{file.name}.source.json")


def write_sidecar(path: str | os.PathLike[str], words: Mapping[str, Any]) -> Path:
    """
    Write the record of a file beside it.

    Parameters
    ----------
    path
        The file.
    words
        At least title, licence, attribution, citation and sha256.

    Returns
    -------
    pathlib.Path
        The record.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    record = sidecar_of(path)
    text = json.dumps({"schema": 1, **words}, indent=1, ensure_ascii=False)
    with atomic_write(record) as temporary:
        # Half a pair of surrogates becomes what JSON writes for it.
        temporary.write_text(f"{text}\n", encoding="utf-8", errors="backslashreplace")
    return record


def read_sidecar(path: str | os.PathLike[str]) -> dict[str, Any] | None:
    """
    Read the record beside a file.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    dict or None
        What it says; None where there is none, or what lies there is no record.
    """
    record = sidecar_of(path)
    try:
        # What is no regular file, such as a pipe, may give words without end, or none for ever.
        if not record.is_file() or record.stat().st_size > _MAX_BYTES:
            return None
        words = json.loads(record.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    whole = isinstance(words, dict) and all(isinstance(words.get(name), str) for name in _NEEDED)
    return words if whole else None
