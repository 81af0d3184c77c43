"""Mosaics of local GeoTIFFs in a VRT: read here and strictly, never by a driver that follows what it names."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn
from xml.etree import ElementTree as ET

from affine import Affine

from borderzone._guards import shown
from borderzone.errors import DataError
from borderzone.io.files import check_plain_xml, local_file, refuse_address
from borderzone.io.limit import check_limit, current
from borderzone.io.raster import SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

__all__ = ["Mosaic", "Part", "read_vrt"]

_DEEPEST = 8
_MOST_EACH, _MOST_BESIDE = 20, 10_000  # elements of one source, and of all the rest
_AT_ONCE = 2**16
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
class Part:
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
    parts: tuple[Part, ...]


def read_vrt(file: Path, what: str) -> Mosaic:
    """Read a mosaic of plain GeoTIFFs that lie in its folder or below."""
    check_limit("mosaic_bytes", file.stat().st_size, "bytes", f"{what}: {file.name!r}")
    text = file.read_bytes()
    check_plain_xml(text, file.name, what, "VRT")
    return _Reader(file, what).mosaic(_parsed(text, file.name, what))


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
    depth, left = 0, _MOST_BESIDE + _MOST_EACH * current().mosaic_files
    for start in range(0, len(text), _AT_ONCE):
        parser.feed(text[start : start + _AT_ONCE])
        for event, element in parser.read_events():
            root = element if root is None else root
            depth, left = (depth + 1, left - 1) if event == "start" else (depth - 1, left)
            if depth > _DEEPEST or left < 0:
                return None
    parser.close()
    return root


class _Reader:
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
        check_limit("mosaic_files", len(sources), "sources", f"{self._what}: {self._file.name!r}")
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

    def _part(self, element: ET.Element, usual: float | None) -> Part:
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
        return Part(
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
        refuse_address(name, f"{self._what}: a source of {self._file.name!r}")
        inside = not (re.match(r"[/\\~]|[A-Za-z]:", name) or ".." in re.split(r"[/\\]", name))
        path = self._file.parent / name if inside else self._file
        if not inside or not path.resolve().is_relative_to(self._folder):
            self._refuse(f"names a source outside its folder, {shown(name)}")
        return local_file(path, SUFFIXES, f"{self._what}: {self._file.name!r} names a source")

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
