"""Records of input files: what a file is, where it is from, and what may be done with it."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from borderzone.errors import DataError
from borderzone.io.files import local_file, refuse_address, sha256
from borderzone.io.formats.grids import read_vrt
from borderzone.io.sidecars import Record, prj_of, read_sidecar, terms_of

__all__ = ["beside", "expand", "file_records"]

Source = str | os.PathLike[str]


def file_records(source: Source | Iterable[Source], *, name: str) -> list[Record]:
    """
    Describe files that a user hands over, one record a file.

    Parameters
    ----------
    source
        A path, a pattern such as ``"tiles/*.tif"``, or several paths.
    name
        What they are used as, such as ``"elevation"``.

    Returns
    -------
    list of Record
        Names, sizes and checksums. Licence and credit are known for products
        that can be told by the names of their tiles, and for files that
        `borderzone.fetch` wrote with a record beside them.

    Raises
    ------
    DataError
        If there is no such file.
    """
    records: list[Record] = []
    for path in expand(source, name):
        file = Path(path)
        if not file.is_file():
            msg = f"{name}: there is no file {os.fspath(path)!r}; check the path"
            raise DataError(msg)
        records.extend(_record(one, name) for one in (file, *beside(file, name)))
    return records


def beside(file: Path, what: str) -> list[Path]:
    """List the files that a file is read with: sources of a mosaic, and the CRS of a grid in a text."""
    ending = file.suffix.lower()
    if ending == ".asc":
        return [text] if (text := prj_of(file)) is not None else []
    if ending != ".vrt":
        return []
    mosaic = read_vrt(local_file(file, {".vrt"}, what), what)
    return sorted({part.path for part in mosaic.parts})


def _record(file: Path, name: str) -> Record:
    stated = read_sidecar(file)
    if stated is not None:
        return _stated(file, name, stated)
    terms = terms_of(file.name)
    return Record(
        name=name,
        title=f"{name}, given by the user" if terms is None else f"{name}: {terms.title}",
        path=file.name,
        sha256=sha256(file),
        bytes=file.stat().st_size,
        licence="as stated by its source" if terms is None else terms.licence,
        attribution="" if terms is None else terms.attribution,
        citation="" if terms is None else terms.citation,
        resolution=Record.resolution if terms is None else terms.resolution,
    )


def _stated(file: Path, name: str, stated: dict[str, Any]) -> Record:
    """Describe a file by the record beside it, which still holds if the file was changed."""
    digest = sha256(file)
    notes = [str(stated.get("notes", "")), f"Retrieved: {stated.get('retrieved', 'not stated')}."]
    if digest != stated.get("sha256"):
        notes.append("The file was changed since it was retrieved.")
    return Record(
        name=name,
        title=f"{name}: {stated['title']}",
        path=file.name,
        sha256=digest,
        bytes=file.stat().st_size,
        licence=str(stated["licence"]),
        attribution=str(stated["attribution"]),
        citation=str(stated["citation"]),
        origin=str(stated.get("address", Record.origin)),
        notes=" ".join(filter(None, notes)),
    )


# What a folder of rasters stands for; hidden files are none of the user's.
_TILES = (".tif", ".tiff", ".hgt", ".hgt.zip")
_OTHER_HEIGHTS = (".asc", ".nc", ".nc4")


def expand(source: Any, what: str) -> list[Path]:
    """
    List the files behind a path, a folder, a pattern or several of them.

    The tiles of a folder and what matches a pattern come in sorted order, several
    items in the order given; a file that is named twice counts once.
    """
    given = [source] if isinstance(source, (str, os.PathLike)) else source
    if not isinstance(given, Iterable):
        msg = f"{what}: give a path, a pattern or several of them, got {type(source).__name__}"
        raise DataError(msg)
    files: list[Path] = []
    for item in given:
        text = refuse_address(item, what)
        if Path(text).is_dir():
            files.extend(_tiles_in(Path(text), what))
            continue
        if Path(text).is_file() or not glob.has_magic(text):
            files.append(Path(text))
            continue
        found = sorted(glob.glob(text, recursive=True))  # noqa: PTH207 (absolute patterns)
        if not found:
            msg = f"{what}: no file matches {text!r}; check the pattern"
            raise DataError(msg)
        files.extend(Path(name) for name in found)
    if not files:
        msg = f"{what}: no file was given"
        raise DataError(msg)
    return list(dict.fromkeys(files))


def _tiles_in(folder: Path, what: str) -> list[Path]:
    ends = (*_TILES, *_OTHER_HEIGHTS) if what in {"elevation", "dem"} else _TILES
    found = sorted(
        file
        for file in folder.iterdir()
        if file.name.lower().endswith(ends) and not file.name.startswith(".")
    )
    if not found:
        msg = (
            f"{what}: the folder {str(folder)!r} holds no file that ends in {', '.join(ends)}; "
            f"name the folder of the tiles, or a pattern such as '{folder.name}/**/*.tif'"
        )
        raise DataError(msg)
    return found
