"""Well-known binary from strangers: looked at before a reader that goes down with every level."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import TYPE_CHECKING
from xml.parsers import expat

import geopandas as gpd
import pandas as pd

from borderzone._guards import temporary_folder
from borderzone.errors import DataError
from borderzone.io.bounds import Limits
from borderzone.io.files import check_plain_xml, check_text_size
from borderzone.io.formats import ogr
from borderzone.io.formats.archives import member

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["is_nested_deep", "read_kml"]

_MOST_LEVELS = 100
_ORDERS = {0: ">", 1: "<"}
_POINT, _LINE, _POLYGON = 1, 2, 3
_LINES = frozenset({_LINE, 8, 13})  # lines and arcs: a number of points
_POLYGONS = frozenset({_POLYGON, 14, 17})  # a number of rings


def is_nested_deep(content: bytes) -> bool:
    """Tell whether shapes hold shapes, level after level, as no map has them."""
    return _levels(content) > _MOST_LEVELS


def _levels(content: bytes) -> int:
    """Go through the shapes one after the other; where the content ends, so would a reader."""
    at, most = 0, 0
    left = [1]  # shapes still to come, of each level that is open
    try:
        while left and most <= _MOST_LEVELS:
            if not left[-1]:
                left.pop()
                continue
            left[-1] -= 1
            at, held = _past(content, at)
            if held:
                left.append(held)
                most = max(most, len(left))
    except (struct.error, IndexError):
        return most
    except KeyError:
        return _MOST_LEVELS + 1
    return most


def _past(content: bytes, at: int) -> tuple[int, int]:
    """Give where the next shape begins, and how many lie inside this one."""
    order = _ORDERS[content[at]]
    (code,) = struct.unpack_from(f"{order}I", content, at + 1)
    plain, at = code & 0xFFFF, at + 5
    # Heights and measures are told by a bit, by thousands, or by both.
    heights = bool(code & 0x80000000) or plain // 1000 in (1, 3)
    measures = bool(code & 0x40000000) or plain // 1000 in (2, 3)
    dims = 2 + heights + measures
    at += 4 if code & 0x20000000 else 0
    kind = plain % 1000
    if kind == _POINT:
        return at + 8 * dims, 0
    (number,) = struct.unpack_from(f"{order}I", content, at)
    at += 4
    if kind in _LINES:
        return at + 8 * dims * number, 0
    if kind not in _POLYGONS:
        return at, number
    for _ in range(number):
        (points,) = struct.unpack_from(f"{order}I", content, at)
        at += 4 + 8 * dims * points
    return at, 0


_OUTWARD = re.compile(rb"<\s*(?:\w+:)?(NetworkLink|Schema\w*Url)\b")
_FIELD = re.compile(
    rb"""<(?:\w+:)?(?:Data|SimpleData|SimpleField)\s[^<>]*?name\s*=\s*["']([^"'<>]*)"""
)
_FURNITURE = ("altitudeMode", "tessellate", "extrude", "visibility", "drawOrder", "icon")


def read_kml(
    file: Path, *, layer: str | None = None, what: str = "vector file"
) -> gpd.GeoDataFrame:
    """
    Read the places of a KML file, or of the document inside a KMZ.

    Document types and entities are refused before any parser sees them.
    Network links are not followed. Columns that say how to draw, and are
    the same for all places, are left out.
    """
    text = _document(file, what)
    _check_plain(text, file, what)
    told = f"{what}: {file.name!r}"
    # The reader looks through all columns for each one more.
    Limits.now().check("table_columns", len(set(_FIELD.findall(text))), "columns", told)
    with temporary_folder() as folder:
        # A copy under a name of our own: what was checked is what is read.
        copy = Path(folder, "doc.kml")
        copy.write_bytes(text)
        frame = _all_folders(copy, file.name, layer, what, _times(text))
    links = len(_OUTWARD.findall(text))
    frame.attrs["notes"] = [f"{links} network links were not followed"] if links else []
    return frame


def _document(file: Path, what: str) -> bytes:
    zipped = file.suffix.lower() == ".kmz"
    text = member(file, {".kml"}, what=what, prefer="doc.kml").content if zipped else b""
    check_text_size(file, what, len(text) if zipped else None)
    return text if zipped else file.read_bytes()


def _check_plain(text: bytes, file: Path, what: str) -> None:
    check_plain_xml(text, file.name, what, "KML")
    if not re.search(rb"<(\w+:)?kml\b", text[:4096].lower()):
        msg = f"{what}: {file.name!r} is not what its extension says, KML; export it again"
        raise DataError(msg)


_TIMES = {"when": "timestamp", "begin": "begin", "end": "end"}
_HOLDERS, _PLACES = ("Folder", "Document"), ("Placemark", "GroundOverlay", "PhotoOverlay")
_Times = list[dict[str, str]]


class _Clock:
    """Collects the times of all places by folder, in the order of the file."""

    def __init__(self) -> None:
        self.folders: list[_Times] = []
        self._open: list[_Times] = []
        self._tags: list[str] = []

    def start(self, tag: str, _: dict[str, str]) -> None:
        own = tag.rpartition(":")[2]
        self._tags.append(own)
        if own in _HOLDERS:
            self.folders.append([])
            self._open.append(self.folders[-1])
        elif own in _PLACES and self._open:
            self._open[-1].append({})

    def end(self, tag: str) -> None:
        self._tags.pop()
        if tag.rpartition(":")[2] in _HOLDERS:
            self._open.pop()

    def words(self, found: str) -> None:
        own = _TIMES.get(self._tags[-1])
        around = self._tags[-3:-1]
        inside = len(around) == 2 and around[0] in _PLACES and around[1].startswith("Time")
        if own and inside and self._open:
            told = self._open[-1][-1]
            told[own] = told.get(own, "") + found


def _times(text: bytes) -> list[_Times]:
    """Read the times of all places by folder; nothing from what only the reader of places forgives."""
    clock, parser = _Clock(), expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = clock.start, clock.end
    parser.CharacterDataHandler = clock.words
    try:
        parser.Parse(text, True)  # noqa: FBT003 - its only way
    except expat.ExpatError:
        return []
    return clock.folders


def _all_folders(
    copy: Path, name: str, layer: str | None, what: str, times: list[_Times]
) -> gpd.GeoDataFrame:
    folders = ogr.layers(copy, what)
    if layer is not None and layer not in folders:
        msg = (
            f"{what}: {name!r} has no layer {layer!r}: it holds the layers {', '.join(folders)}; name "
            "one of them"
        )
        raise DataError(msg)
    wanted = folders if layer is None else [layer]
    size = len(wanted) * copy.stat().st_size
    Limits.now().check("kml_bytes", size, "bytes over all its folders", f"{what}: {name!r}")
    # A document without places of its own is not told as one of the layers.
    own = next((one for one in (times, times[1:]) if len(one) == len(folders)), [])
    by_folder = dict(zip(folders, own, strict=True)) if len(set(folders)) == len(own) else {}
    frames = list(_read_folders(copy, wanted, what, by_folder))
    if not frames:
        msg = f"{what}: {name!r} holds no place; export it again"
        raise DataError(msg)
    whole = pd.concat(frames, ignore_index=True)
    plain = [
        column for column in _FURNITURE if column in whole and len(set(whole[column].dropna())) <= 1
    ]
    return gpd.GeoDataFrame(whole.drop(columns=plain), geometry="geometry", crs="EPSG:4326")


def _read_folders(
    copy: Path, wanted: list[str], what: str, times: dict[str, _Times]
) -> Iterator[gpd.GeoDataFrame]:
    for place, folder in enumerate(wanted):
        # A name that comes twice would give the same folder twice.
        frame = ogr.read(copy, folder if wanted.count(folder) == 1 else place, what)
        if len(frame):
            frame = _as_written(frame, times.get(folder))
            frame = frame.drop(
                columns=[c for c in frame if c != "geometry" and frame[c].isna().all()]
            )
            frame.insert(0, "folder", folder)
            yield frame


def _as_written(frame: gpd.GeoDataFrame, times: _Times | None) -> gpd.GeoDataFrame:
    """Put times as they are written in place of those that the reader made days of."""
    if times is None or len(times) != len(frame):
        return frame
    for column in _TIMES.values():
        told = [one.get(column, "").strip() or None for one in times]
        if any(told):
            frame[column] = pd.Series(told, index=frame.index, dtype=object)
    return frame
