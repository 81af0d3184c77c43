"""Grids in formats of their own: texts of ESRI, SRTM squares, mosaics of GeoTIFFs in a VRT."""

from __future__ import annotations

import functools
import re
import threading
import zipfile
import zlib
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from xml.etree import ElementTree as ET

import numpy as np
import rasterio
from affine import Affine
from pyproj import CRS
from pyproj.exceptions import CRSError

from borderzone._guards import local_place, shown
from borderzone.crs import check_on_earth
from borderzone.errors import CRSMismatchError, DataError
from borderzone.io.bounds import Limits
from borderzone.io.files import (
    SUFFIXES,
    check_plain_xml,
    check_text_size,
    local_file,
)
from borderzone.io.products import named
from borderzone.io.raster import ENVIRONMENT, check_georeference, raster_errors

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from borderzone._typing import FloatArray

__all__ = [
    "VOID",
    "Mosaic",
    "MosaicPart",
    "check_asc",
    "open_asc",
    "read_asc",
    "read_hgt",
    "read_vrt",
    "shape_of_hgt",
    "transform_of_hgt",
]

_HEAD = 4096
_MOST_PRJ = 64 * 1024
_KEPT = 2  # texts kept in memory, since a text cannot be read from its middle
_SIZE = re.compile(rb"^[ \t]*(ncols|nrows)[ \t]+(\d+)[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_LEAST = 2  # bytes of a cell: a digit and a space
_HEADING = re.compile(
    rb"(?:\s*(?:ncols|nrows|[xy]ll(?:corner|center)|cellsize|d[xy]|nodata_value)[ \t][^\n]*\n)*",
    re.IGNORECASE,
)
_IN_NUMBERS = b"0123456789+-.e \t\r\n"
_LINES_AT_ONCE = 2**24
_READING = threading.Lock()


def check_asc(file: Path, what: str) -> CRS:
    """Look at the head of a grid in a text, and at the CRS beside it."""
    check_text_size(file, what)
    with file.open("rb") as stream:
        rows, columns = _rows_and_columns(stream.read(_HEAD))
    if not rows * columns:
        msg = (
            f"{what}: {file.name!r} is not what its extension says, an ESRI ASCII grid, whose first "
            "lines are ncols, nrows, xllcorner, yllcorner and cellsize; write it again with "
            f"gdal_translate {file.name} {file.stem}.tif"
        )
        raise DataError(msg)
    cells = rows * columns
    Limits.now().check(
        "raster_piece_cells", cells, "cells", f"{what}: {file.name!r} is a text, held whole; it"
    )
    if _LEAST * cells > file.stat().st_size + 1:
        msg = (
            f"{what}: {file.name!r} is cut short: {rows} rows of {columns} numbers do "
            "not fit into it; export it again"
        )
        raise DataError(msg)
    return _crs(file, what)


def _rows_and_columns(head: bytes) -> tuple[int, int]:
    """Read the size from the first lines; zeros where they do not say it, or say it twice."""
    found = _SIZE.findall(head)
    sides = {word.lower(): int(number[:12]) for word, number in found}
    if len(found) != 2 or len(sides) != 2:
        return 0, 0
    return sides[b"nrows"], sides[b"ncols"]


def _crs(file: Path, what: str) -> CRS:
    beside = prj_of(file)
    how = (
        f"put the CRS beside it as {file.stem}.prj, or write it into a GeoTIFF with gdal_translate "
        f"-a_srs EPSG:... {file.name} {file.stem}.tif"
    )
    if beside is None:
        msg = f"{what}: {file.name!r} has no coordinate reference system, and no .prj beside it; {how}"
        raise CRSMismatchError(msg)
    try:
        # A name may lead to another file: nothing of what does not parse is told.
        text = beside.read_bytes()[: _MOST_PRJ + 1].decode("utf-8-sig")
        crs = CRS.from_wkt(text) if len(text) <= _MOST_PRJ else None
    except (CRSError, OSError, ValueError):
        crs = None
    if crs is None:
        msg = f"{what}: {shown(beside.name)} holds no CRS as well-known text; {how}"
        raise CRSMismatchError(msg)
    check_on_earth(crs.to_wkt(), f"{what}: {file.name!r}")
    return crs


@contextmanager
def open_asc(file: Path, what: str) -> Iterator[Any]:
    """Open a grid in a text with its one driver."""
    with (
        raster_errors(file.name, what),
        rasterio.Env(**ENVIRONMENT),
        # By itself the driver takes numbers for whole where the first of them are.
        rasterio.open(file, driver="AAIGrid", DATATYPE="Float32") as source,
    ):
        check_georeference(source.transform, file.name, what)
        yield source


def _check_numbers(file: Path, what: str) -> None:
    """Refuse words among the numbers, which the driver takes for zero, and more or fewer than cells."""
    with file.open("rb") as stream:
        head = stream.read(_HEAD)
        heading, numbers = _HEADING.match(head), 0
        stream.seek(0 if heading is None else heading.end())
        while lines := stream.readlines(_LINES_AT_ONCE):
            numbers += sum(len(line.split()) for line in lines)
            rest = b"".join(lines).lower().replace(b"nan", b"").translate(None, _IN_NUMBERS)
            if rest:
                msg = (
                    f"{what}: {file.name!r} holds {shown(rest[:20].decode('ascii', 'replace'))} among its "
                    "numbers; write it again with points for decimals, with gdal_translate"
                )
                raise DataError(msg)
    rows, columns = _rows_and_columns(head)
    if numbers != rows * columns:
        msg = (
            f"{what}: {file.name!r} holds {numbers:,} numbers, its head says {rows:,} rows of "
            f"{columns:,}; export it again"
        )
        raise DataError(msg)


@functools.lru_cache(maxsize=_KEPT)
def _whole(file: Path, what: str, changed: tuple[int, int]) -> FloatArray:  # noqa: ARG001 - keys the cache
    _check_numbers(file, what)
    with _READING, open_asc(file, what) as source:
        values: FloatArray = source.read(1)
    return values


def read_asc(file: Path, rows: slice, columns: slice, what: str) -> FloatArray:
    """Read a window of a grid in a text."""
    state = file.stat()
    return _whole(file, what, (state.st_mtime_ns, state.st_size))[rows, columns]


VOID = -32768
_SIDES = {2 * side * side: side for side in (1201, 3601)}  # bytes of a tile, cells along a side
# A tile that is stored without compression is the largest archive there is.
_MAX_ARCHIVE = max(_SIDES) + 65536
_UNPACKED = 4  # tiles kept unpacked, 26 MB each
_FLAG_ENCRYPTED = 0x1


def shape_of_hgt(path: Path) -> tuple[int, int]:
    """Tell rows and columns of a tile from its size alone."""
    if path.suffix.lower() == ".zip":
        with _opened(path) as archive:
            size = _member(path, archive).file_size
    else:
        size = path.stat().st_size
    return _side(path, size), _side(path, size)


def transform_of_hgt(path: Path, side: int) -> Affine:
    """Place a tile: its samples lie on the degree lines, so its edge half a cell outside."""
    says = named(path.name)
    if says is None:
        msg = (
            f"elevation: {path.name!r} names no place; an SRTM tile is called after its south-west "
            "corner, such as N35E041.hgt. Rename it, or convert it with gdal_translate"
        )
        raise DataError(msg)
    cell = 1.0 / (side - 1)
    west, _, _, north = says.box
    return Affine(cell, 0.0, west - cell / 2, 0.0, -cell, north + cell / 2)


def read_hgt(path: Path, rows: slice, columns: slice) -> Any:
    """Read a window of a tile."""
    try:
        state = path.stat()
        if path.suffix.lower() == ".zip":
            return _unpacked(path, state.st_mtime_ns)[rows, columns].astype(np.int16)
        side = _side(path, state.st_size)
        # Whole rows, read rather than mapped: a file that shrinks meanwhile is an error, no crash.
        count = (rows.stop - rows.start) * side
        lines = np.fromfile(path, dtype=">i2", count=count, offset=2 * side * rows.start)
        return lines.reshape(-1, side)[:, columns].astype(np.int16)
    except (OSError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        msg = f"elevation: {path.name!r} cannot be read ({error}); fetch it again"
        raise DataError(msg) from error


def _side(path: Path, size: int) -> int:
    if size not in _SIDES:
        allowed = " or ".join(f"{count} ({side} x {side})" for count, side in _SIDES.items())
        msg = (
            f"elevation: {path.name!r} holds {size} bytes, an SRTM tile has {allowed}; it is cut "
            "short or something else. Fetch it again"
        )
        raise DataError(msg)
    return _SIDES[size]


def _opened(path: Path) -> zipfile.ZipFile:
    size = path.stat().st_size
    if size > _MAX_ARCHIVE:
        msg = (
            f"elevation: {path.name!r} has {size} bytes, more than a tile ({_MAX_ARCHIVE}); unpack "
            "it and hand over the .hgt"
        )
        raise DataError(msg)
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        msg = f"elevation: {path.name!r} is no whole archive ({error}); fetch it again"
        raise DataError(msg) from error


def _member(path: Path, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    """Return the one tile of an archive; its exact size is known, so nothing larger is unpacked."""
    members = archive.infolist()
    wrong = None
    if len(members) != 1:
        wrong = f"holds {len(members)} members"
    elif not members[0].filename.lower().endswith(".hgt"):
        wrong = f"holds {members[0].filename[:80]!r}"
    elif members[0].filename != Path(members[0].filename.replace("\\", "/")).name:
        wrong = f"holds {members[0].filename[:80]!r}, a path"
    elif members[0].flag_bits & _FLAG_ENCRYPTED:
        wrong = "is encrypted"
    elif members[0].compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        wrong = "is packed in another way than deflate"
    if wrong is not None:
        msg = (
            f"elevation: {path.name!r} {wrong}; one .hgt is needed in it. Unpack it and hand over "
            "the .hgt"
        )
        raise DataError(msg)
    inner, outer = named(members[0].filename), named(path.name)
    if inner is not None and outer is not None and inner.box != outer.box:
        msg = (
            f"elevation: {path.name!r} holds {members[0].filename!r}, a tile of another place; fetch "
            "it again"
        )
        raise DataError(msg)
    _side(path, members[0].file_size)
    return members[0]


@functools.lru_cache(maxsize=_UNPACKED)
def _unpacked(path: Path, changed: int) -> Any:  # noqa: ARG001 - a file that changes is read anew
    with _opened(path) as archive:
        member = _member(path, archive)
        side = _SIDES[member.file_size]
        try:
            with archive.open(member) as stream:
                content = stream.read(member.file_size)
                more = stream.read(1)
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError) as error:
            msg = f"elevation: {path.name!r} is damaged ({error}); fetch it again"
            raise DataError(msg) from error
    if more or len(content) != 2 * side * side:
        msg = f"elevation: {path.name!r} is not as long as it says; fetch it again"
        raise DataError(msg)
    return np.frombuffer(content, dtype=">i2").reshape(side, side)


_DEEPEST = 8
_MOST_EACH, _MOST_BESIDE = 20, 10_000  # elements of one source, and of all the rest
_XML_AT_ONCE = 2**16
_LARGEST = 1e15  # of a number that says where something lies
_PLAIN_LETTERS = {b"utf-8", b"us-ascii", b"ascii"}
# What a plain mosaic is written with; all else could compute, warp, or lead elsewhere.
_DATASET = {
    "SRS",
    "GeoTransform",
    "Metadata",
    "BlockXSize",
    "BlockYSize",
    "OverviewList",
    "VRTRasterBand",
}
_BAND = {
    "NoDataValue", "HideNoDataValue", "ColorInterp", "UnitType", "Description", "Metadata", "Histograms",
    "Offset", "Scale", "SimpleSource", "ComplexSource",
}  # fmt: skip
_SOURCES = ("SimpleSource", "ComplexSource")
_SOURCE = {
    "SourceFilename",
    "SourceBand",
    "SourceProperties",
    "SrcRect",
    "DstRect",
    "NODATA",
    "UseMaskBand",
}
_REPEATED = {*_SOURCES, "VRTRasterBand", "Metadata"}
_TEXTS = {
    "SRS", "GeoTransform", "NoDataValue", "UnitType", "Offset", "Scale", "SourceFilename", "SourceBand", "NODATA",
}  # fmt: skip
_ATTRIBUTES = {
    "VRTDataset": {"rasterXSize", "rasterYSize"},
    "VRTRasterBand": {"dataType", "band", "blockXSize", "blockYSize"},
    "SimpleSource": {"resampling"},
    "ComplexSource": {"resampling"},
    "SourceFilename": {"relativeToVRT", "shared"},
}
_OFF = 0.01  # cells by which a rectangle may miss whole cells


@dataclass(frozen=True)
class MosaicPart:
    """
    One source of a mosaic.

    Attributes
    ----------
    path
        The GeoTIFF.
    first, shape
        Row and column of its first cell that is used, and how many are.
    place
        Row and column in the mosaic of that cell; fractions where lattices differ.
    void
        Number that stands for no data in it, where the mosaic says one.
    """

    path: Path
    first: tuple[int, int]
    shape: tuple[int, int]
    place: tuple[float, float]
    void: float | None


@dataclass(frozen=True)
class Mosaic:
    """
    What a VRT says.

    Attributes
    ----------
    transform
        From column and row of the mosaic to x and y.
    crs
        Its CRS as it is written, or empty.
    unit
        Unit of its numbers, or empty.
    parts
        Its sources; where they overlap, the first counts.
    """

    transform: Affine
    crs: str
    unit: str
    parts: tuple[MosaicPart, ...]


def read_vrt(file: Path, what: str) -> Mosaic:
    """Read a mosaic of plain GeoTIFFs that lie in its folder or below."""
    Limits.now().check("mosaic_bytes", file.stat().st_size, "bytes", f"{what}: {file.name!r}")
    text = file.read_bytes()
    check_plain_xml(text, file.name, what, "VRT")
    return _MosaicReader(file, what).mosaic(_parsed(text, file.name, what))


def _parsed(text: bytes, name: str, what: str) -> ET.Element:
    said = re.match(rb"""\s*<\?xml[^>]*encoding\s*=\s*["']([^"']*)""", text)
    why = "" if said is None or said[1].lower() in _PLAIN_LETTERS else "no UTF-8"
    try:
        root = _root(text) if not why else None
    except (ET.ParseError, ValueError, LookupError) as error:
        root, why = None, f"no whole XML ({str(error)[:100]})"
    if root is None or root.tag != "VRTDataset":
        msg = (
            f"{what}: {name!r} is {why or 'not what its extension says, a VRT'}; write it again with "
            "gdalbuildvrt"
        )
        raise DataError(msg)
    return root


def _root(text: bytes) -> ET.Element | None:
    """Parse piece by piece, and leave off where it nests deeper or holds more than a mosaic can."""
    parser: Any = ET.XMLPullParser(("start", "end"))
    root: ET.Element | None = None
    depth, left = 0, _MOST_BESIDE + _MOST_EACH * Limits.now().mosaic_files
    for start in range(0, len(text), _XML_AT_ONCE):
        parser.feed(text[start : start + _XML_AT_ONCE])
        for event, element in parser.read_events():
            root = element if root is None else root
            depth, left = (depth + 1, left - 1) if event == "start" else (depth - 1, left)
            if depth > _DEEPEST or left < 0:
                return None
    parser.close()
    return root


class _MosaicReader:
    """Takes a VRT apart, and refuses by name whatever a plain mosaic does not need."""

    def __init__(self, file: Path, what: str) -> None:
        self._file, self._what = file, what
        self._folder = file.parent.resolve()

    def mosaic(self, root: ET.Element) -> Mosaic:
        """Read the whole."""
        self._only(root, _DATASET)
        bands = root.findall("VRTRasterBand")
        if len(bands) != 1:
            self._refuse(f"has {len(bands)} bands, where one is needed")
        place = self._numbers(root.findtext("GeoTransform", "").split(","), 6, "GeoTransform")
        band = bands[0]
        self._only(band, _BAND)
        if self._number(band, "Scale", 1.0) != 1 or self._number(band, "Offset", 0.0) != 0:
            self._refuse("scales its numbers")
        usual = self._number(band, "NoDataValue", None)
        sources = [element for element in band if element.tag in _SOURCES]
        Limits.now().check(
            "mosaic_files", len(sources), "sources", f"{self._what}: {self._file.name!r}"
        )
        if not sources:
            self._refuse("names no source")
        # What a mosaic names last lies on top.
        parts = tuple(self._part(element, usual) for element in reversed(sources))
        return Mosaic(
            transform=Affine.from_gdal(*place),
            crs=(root.findtext("SRS") or "").strip(),
            unit=(band.findtext("UnitType") or "").strip(),
            parts=parts,
        )

    def _part(self, element: ET.Element, usual: float | None) -> MosaicPart:
        self._only(element, _SOURCE)
        if (element.findtext("SourceBand") or "1").strip() != "1":
            self._refuse("takes another band than the first of a source")
        path = self._path(element.find("SourceFilename"))
        source, target = (self._rectangle(element, name) for name in ("SrcRect", "DstRect"))
        cells = [source[2], source[3]]
        for here, there in zip(cells, target[2:], strict=True):
            if abs(here - there) > _OFF:
                self._refuse(f"draws {path.name!r} at another size")
        whole = [round(number) for number in source]
        if any(abs(number - near) > _OFF for number, near in zip(source, whole, strict=True)):
            self._refuse(f"cuts {path.name!r} between its cells")
        if min(whole[:2]) < 0 or min(whole[2:]) < 1:
            self._refuse(f"takes cells of {path.name!r} that it cannot have")
        return MosaicPart(
            path=path,
            first=(whole[1], whole[0]),
            shape=(whole[3], whole[2]),
            place=(target[1], target[0]),
            void=self._number(element, "NODATA", usual),
        )

    def _path(self, element: ET.Element | None) -> Path:
        """Give a source that lies at or below the folder of the mosaic, wherever links lead."""
        name = "" if element is None else (element.text or "")
        if element is None or element.get("relativeToVRT", "0") != "1":
            self._refuse(f"names a source that is not relative to it, {shown(name)}")
        local_place(name, f"{self._what}: a source of {self._file.name!r}")
        inside = not (re.match(r"[/\\~]|[A-Za-z]:", name) or ".." in re.split(r"[/\\]", name))
        path = self._file.parent / name if inside else self._file
        if not inside or not path.resolve().is_relative_to(self._folder):
            self._refuse(f"names a source outside its folder, {shown(name)}")
        return local_file(
            path, SUFFIXES.raster, f"{self._what}: {self._file.name!r} names a source"
        )

    def _rectangle(self, element: ET.Element, name: str) -> list[float]:
        found = element.find(name)
        sides = ("xOff", "yOff", "xSize", "ySize")
        return self._numbers(
            ["" if found is None else found.get(side, "") for side in sides], 4, name
        )

    def _number(self, element: ET.Element, name: str, usual: float | None) -> float | None:
        text = element.findtext(name)
        return usual if text is None else self._numbers([text], 1, name, finite=False)[0]

    def _numbers(
        self, words: Collection[str], count: int, name: str, *, finite: bool = True
    ) -> list[float]:
        try:
            found = [float(word) for word in words]
        except ValueError:
            found = []
        if len(found) != count or (finite and not all(abs(number) < _LARGEST for number in found)):
            self._refuse(f"has no {name} of {count} numbers")
        return found

    def _only(self, element: ET.Element, allowed: set[str]) -> None:
        """Refuse elements and attributes beyond those of a plain mosaic."""
        tags = Counter(child.tag for child in element)
        beyond = sorted(set(tags) - allowed)
        for one in (element, *element.findall("SourceFilename")):
            beyond += sorted(set(one.attrib) - _ATTRIBUTES[one.tag])
        beyond += [part.tag for child in element if child.tag in _TEXTS for part in child]
        if beyond:
            self._refuse(f"holds {shown(beyond[0])}")
        twice = [tag for tag, count in tags.items() if count > 1 and tag not in _REPEATED]
        if twice:
            self._refuse(f"holds {shown(twice[0])} twice")

    def _refuse(self, why: str) -> NoReturn:
        name = self._file
        msg = (
            f"{self._what}: {name.name!r} {why}; of VRT files only mosaics of GeoTIFFs at or below their "
            f"own folder are read, as gdalbuildvrt writes them there. Make a GeoTIFF of it with "
            f"gdal_translate {name.name} {name.stem}.tif"
        )
        raise DataError(msg)


def prj_of(file: Path) -> Path | None:
    """Find the text beside a grid that names its CRS."""
    beside = (file.with_suffix(end) for end in (".prj", ".PRJ"))
    return next((text for text in beside if text.is_file()), None)
