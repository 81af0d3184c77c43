"""Records beside files: where a file is from, when it was retrieved, and whom to credit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from borderzone.io.files import atomic_write
from borderzone.io.places import named

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

__all__ = ["REGISTER", "prj_of", "read_sidecar", "sidecar_of", "tiles_without", "write_sidecar"]

REGISTER = "register.json"
"""What a folder of fetched tiles holds, and which tiles the product does not have."""
_MAX_BYTES = 256 * 1024
_NEEDED = ("title", "licence", "attribution", "citation", "sha256")


def sidecar_of(path: str | os.PathLike[str]) -> Path:
    """Name the record that lies beside a file."""
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
    words = _json(sidecar_of(path))
    whole = isinstance(words, dict) and all(isinstance(words.get(name), str) for name in _NEEDED)
    return words if whole else None


def tiles_without(source: Any) -> list[tuple[float, float, float, float]]:
    """Name the squares for which the product of fetched elevation tiles has no tile."""
    paths = source if isinstance(source, (list, tuple)) else [source]
    files = [Path(path) for path in paths if isinstance(path, (str, Path))]
    folders = sorted({file if file.is_dir() else file.parent for file in files})
    said = [_json(folder / REGISTER) for folder in folders]
    without = [words.get("unknown") for words in said if isinstance(words, dict)]
    tiles = {named(name) for names in without if isinstance(names, dict) for name in names}
    return sorted(tile.box for tile in tiles if tile and tile.product == "Copernicus DEM")


def prj_of(file: Path) -> Path | None:
    """Find the text beside a grid that names its CRS."""
    beside = (file.with_suffix(end) for end in (".prj", ".PRJ"))
    return next((text for text in beside if text.is_file()), None)


def _json(file: Path) -> Any:
    """Read a small file of JSON; None where there is none, or what lies there is none."""
    try:
        # What is no regular file, such as a pipe, may give words without end, or none for ever.
        if not file.is_file() or file.stat().st_size > _MAX_BYTES:
            return None
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
