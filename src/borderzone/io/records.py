"""Records of files: which they are, where they are from, what may be done with them, and what lies beside them."""

from __future__ import annotations

import glob
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from borderzone._guards import guarded, local_place
from borderzone.errors import DataError
from borderzone.io.files import atomic_write, local_file, sha256
from borderzone.io.products import Terms, named

__all__ = [
    "Record",
    "read_sidecar",
    "source_files",
    "write_sidecar",
]

Source = str | os.PathLike[str]


@guarded
@dataclass(frozen=True, kw_only=True)
class Record:
    """
    One input file, with all that must travel with it.

    Attributes
    ----------
    name
        Short name, as in ``datasets.record(name)``.
    title
        What it is, in a few words.
    path
        Path inside the data folder, or the name of the user's file.
    sha256, bytes
        Checksum and size.
    licence, attribution, citation
        Terms, the line that figures print, and the full reference.
    resolution, accuracy
        What the data can resolve and how far it may be off.
    origin
        Where the file was taken from.
    notes
        What a user must know.
    accessed
        Day or month on which it was taken from there.
    embedded
        Whether it ships with the package.
    REGISTER
        Name of the file of a folder of fetched tiles that says which it holds, and which tiles the
        product does not have.

    Examples
    --------
    >>> from borderzone import datasets
    >>> karst = datasets.record("karst")
    >>> karst.embedded, karst.licence, len(karst.sha256)
    (True, 'CC0-1.0', 64)
    """

    name: str
    title: str
    path: str
    sha256: str
    bytes: int
    licence: str
    attribution: str = ""
    citation: str = ""
    resolution: str = "not stated"
    accuracy: str = "not stated"
    origin: str = "given by the user"
    notes: str = ""
    accessed: str = ""
    embedded: bool = False
    REGISTER: ClassVar[str] = "register.json"

    @classmethod
    def of_files(cls, source: Source | Iterable[Source], *, name: str) -> list[Record]:
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

        Examples
        --------
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = Path(folder, "posts.csv").write_text("lat,lon")
        ...     (record,) = Record.of_files(f"{folder}/posts.csv", name="posts")
        >>> record.name, record.path, record.bytes, record.licence
        ('posts', 'posts.csv', 7, 'as stated by its source')
        """
        records: list[Record] = []
        for file in source_files(source, name):
            if not file.is_file():
                msg = f"{name}: there is no file {os.fspath(file)!r}; check the path"
                raise DataError(msg)
            records.extend(_record(one, name) for one in (file, *_companions(file, name)))
        return records

    @classmethod
    def squares_without_tile(cls, source: Any) -> list[tuple[float, float, float, float]]:
        """
        Name the squares for which the product of fetched elevation tiles has no tile.

        Parameters
        ----------
        source
            As for `of_files`; what is no path has no register.

        Returns
        -------
        list of tuple
            West, south, east and north of each. Units: degree.
        """
        paths = source if isinstance(source, (list, tuple)) else [source]
        files = [Path(path) for path in paths if isinstance(path, (str, Path))]
        folders = sorted({file if file.is_dir() else file.parent for file in files})
        said = [_json(folder / cls.REGISTER) for folder in folders]
        without = [words.get("unknown") for words in said if isinstance(words, dict)]
        tiles = {named(name) for names in without if isinstance(names, dict) for name in names}
        return sorted(tile.box for tile in tiles if tile and tile.product == "Copernicus DEM")


def _companions(file: Path, what: str) -> list[Path]:
    """List the files that a file is read with: sources of a mosaic, and the CRS of a grid in a text."""
    # Records of tables are read without rasters.
    from borderzone.io.formats.grids import prj_of, read_vrt  # noqa: PLC0415 - loads rasterio

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
    terms = Terms.of_tile(file.name)
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
        accessed=str(stated.get("retrieved", ""))[:10],
    )


# What a folder of rasters stands for; hidden files are none of the user's.
_TILES = (".tif", ".tiff", ".hgt", ".hgt.zip")
_OTHER_HEIGHTS = (".asc", ".nc", ".nc4")


def source_files(source: Any, what: str, *, companions: bool = False) -> list[Path]:
    """
    List the files behind a path, a folder, a pattern or several of them.

    The tiles of a folder and what matches a pattern come in sorted order, several
    items in the order given; a file that is named twice counts once.

    Parameters
    ----------
    source
        A path, a folder, a pattern such as ``"tiles/*.tif"``, or several of them.
    what
        What they are used as, such as ``"elevation"``.
    companions
        Whether what a file is read with follows it: the sources of a mosaic, and the CRS of a grid
        in a text.

    Returns
    -------
    list of pathlib.Path
        The files, which need not be there where they were named one by one.

    Raises
    ------
    DataError
        If a folder or pattern stands for no file, or no path was given.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("n33.tif", "n34.tif", "readme.txt"):
    ...         _ = Path(folder, name).write_text("")
    ...     files = source_files([f"{folder}/n34.tif", f"{folder}/*.tif"], "elevation")
    >>> [file.name for file in files]
    ['n34.tif', 'n33.tif']
    """
    given = [source] if isinstance(source, (str, os.PathLike)) else source
    if not isinstance(given, Iterable):
        msg = f"{what}: give a path, a pattern or several of them, got {type(source).__name__}"
        raise DataError(msg)
    files: list[Path] = []
    for item in given:
        text = local_place(item, what)
        if Path(text).is_dir():
            files.extend(_tiles_in(Path(text), what))
            continue
        if Path(text).is_file() or not glob.has_magic(text):
            files.append(Path(text))
            continue
        found = sorted(glob.glob(text, recursive=True))  # noqa: PTH207 - absolute patterns
        if not found:
            msg = f"{what}: no file matches {text!r}; check the pattern"
            raise DataError(msg)
        files.extend(Path(name) for name in found)
    if not files:
        msg = f"{what}: no file was given"
        raise DataError(msg)
    once = list(dict.fromkeys(files))
    if not companions:
        return once
    return [each for file in once for each in (file, *_companions(file, what))]


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

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     record = write_sidecar(f"{folder}/posts.csv", {"title": "Own posts", "licence": "CC0-1.0"})
    ...     print(record.name)
    ...     print(record.read_text().rstrip())
    posts.csv.source.json
    {
     "schema": 1,
     "title": "Own posts",
     "licence": "CC0-1.0"
    }
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

    Examples
    --------
    >>> import tempfile
    >>> terms = {"title": "Own posts", "licence": "none stated", "attribution": "", "citation": ""}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "posts.csv")
    ...     _ = file.write_text("lat,lon")
    ...     print(read_sidecar(file))
    ...     _ = write_sidecar(file, {**terms, "sha256": sha256(file)})
    ...     read_sidecar(file)["title"]
    None
    'Own posts'
    """
    words = _json(sidecar_of(path))
    whole = isinstance(words, dict) and all(isinstance(words.get(name), str) for name in _NEEDED)
    return words if whole else None


def _json(file: Path) -> Any:
    """Read a small file of JSON; None where there is none, or what lies there is none."""
    try:
        # What is no regular file, such as a pipe, may give words without end, or none for ever.
        if not file.is_file() or file.stat().st_size > _MAX_BYTES:
            return None
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
