"""Everything that a file holds, taken out of whatever it is packed in."""

from __future__ import annotations

import base64
import html
import io
import json
import math
import re
import sqlite3
import struct
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import rasterio
import shapely
from PIL import Image
from pyproj import Transformer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_DATA = re.compile(rb"data:[\w/+.-]*;base64,([A-Za-z0-9+/=\s]+)")
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_SHOWN = re.compile(rb"\[((?:[^\[\]\\]|\\.)*)\]\s*TJ|(\((?:[^()\\]|\\.)*\))\s*Tj", re.DOTALL)
_STRING = re.compile(rb"\(((?:[^()\\]|\\.)*)\)", re.DOTALL)
_GPKG_HEAD = {0: 8, 1: 40, 2: 56, 3: 56, 4: 72}  # bytes before the shape, by kind of its box

# A number of fewer digits may be anything. Units: m.
_SHORTEST_M = 1e5


class Piece(NamedTuple):
    """What a file holds, and where in it that lay."""

    where: str
    content: bytes


def unpack(content: bytes, where: str) -> Iterator[Piece]:
    """Give a file as it is, then all that can be taken out of it."""
    yield Piece(where, content)
    for head, opened in _OPENERS:
        if content.startswith(head):
            yield from opened(content, where)
    for number, found in enumerate(_DATA.findall(content)):
        yield from unpack(base64.b64decode(found), f"{where}!data{number}")
    if not content.startswith(tuple(head for head, _ in _OPENERS)):
        yield from _of_text(content, where)


def _of_text(content: bytes, where: str) -> Iterator[Piece]:
    text = content.decode("utf-8", "replace")
    yield Piece(f"{where}!unescaped", html.unescape(text).encode())
    # Words that markup cuts into letters are one word to a reader.
    yield Piece(f"{where}!words", html.unescape(re.sub(r"<[^<>]*>", "", text)).encode())
    if text.lstrip().startswith(("{", "[")):
        try:
            told = json.dumps(json.loads(text), ensure_ascii=False)
        except ValueError:
            return
        yield Piece(f"{where}!json", told.encode())


def _of_pdf(content: bytes, where: str) -> Iterator[Piece]:
    for number, stream in enumerate(_STREAM.findall(content)):
        try:
            plain = zlib.decompress(stream)
        except zlib.error:
            plain = stream
        yield Piece(f"{where}!stream{number}", plain)
        # Kerning cuts a word into strings of an array.
        shown = [
            b"".join(_STRING.findall(array or single)) for array, single in _SHOWN.findall(plain)
        ]
        yield Piece(f"{where}!stream{number}!words", b"\n".join(shown))


def _of_picture(content: bytes, where: str) -> Iterator[Piece]:
    with Image.open(io.BytesIO(content)) as picture:
        picture.load()
        for name, words in picture.info.items():
            told = words if isinstance(words, bytes) else str(words).encode()
            yield Piece(f"{where}!{name}", told)


def _of_archive(content: bytes, where: str) -> Iterator[Piece]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        yield Piece(f"{where}!comment", archive.comment)
        for member in archive.infolist():
            yield Piece(f"{where}!name", member.filename.encode() + member.comment)
            yield from unpack(archive.read(member), f"{where}!{member.filename}")


def _of_database(content: bytes, where: str) -> Iterator[Piece]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "database"
        file.write_bytes(content)
        database = sqlite3.connect(f"{file.as_uri()}?immutable=1", uri=True)
        try:
            names = database.execute("SELECT name, sql FROM sqlite_master").fetchall()
            yield Piece(f"{where}!master", repr(names).encode())
            for name in _tables(database):
                rows = database.execute(f'SELECT * FROM "{name}"').fetchall()  # noqa: S608 - its own name
                yield from _cells(rows, f"{where}!{name}")
        finally:
            database.close()


def _tables(database: sqlite3.Connection) -> list[str]:
    asked = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'rtree_%_'"
    return [name for (name,) in database.execute(asked)]


def _cells(rows: Iterable[Iterable[Any]], where: str) -> Iterator[Piece]:
    words = []
    for row in rows:
        for cell in row:
            if isinstance(cell, bytes):
                yield Piece(f"{where}!blob", cell)
                words.append(_shape(cell))
            else:
                words.append(str(cell))
    yield Piece(where, "\n".join(words).encode())


def _shape(cell: bytes) -> str:
    """Write a shape as text, so that its places are found however they were rounded."""
    start = _GPKG_HEAD.get(cell[3] >> 1 & 7, 8) if cell[:2] == b"GP" else 0
    try:
        return str(shapely.to_wkt(shapely.from_wkb(cell[start:]), rounding_precision=7))
    except (shapely.GEOSException, struct.error):
        return ""


def _of_parquet(content: bytes, where: str) -> Iterator[Piece]:
    table = pq.read_table(pa.BufferReader(content))
    for key, words in (table.schema.metadata or {}).items():
        yield from unpack(words, f"{where}!{key.decode()}")
    for name in table.column_names:
        yield Piece(f"{where}!column", name.encode())
        yield from _cells([table[name].to_pylist()], f"{where}!{name}")


def _of_raster(content: bytes, where: str) -> Iterator[Piece]:
    with rasterio.MemoryFile(content) as file, file.open() as raster:
        words = [raster.tags(), raster.descriptions]
        words += [raster.tags(band) for band in raster.indexes]
        words += [raster.tags(ns=space) for space in raster.tag_namespaces()]
        yield Piece(f"{where}!tags", repr(words).encode())


_OPENERS: tuple[tuple[bytes, Any], ...] = (
    (b"%PDF", _of_pdf),
    (b"\x89PNG", _of_picture),
    (b"PK\x03\x04", _of_archive),
    (b"SQLite format 3", _of_database),
    (b"PAR1", _of_parquet),
    (b"II*\x00", _of_raster),
    (b"II+\x00", _of_raster),
)


def pieces_of(folder: Path) -> Iterator[Piece]:
    """Give all that lies in a folder, the names of its files included."""
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(folder).as_posix()
        yield Piece("name of a file", name.encode())
        if file.is_file():
            yield from unpack(file.read_bytes(), name)


class Canaries:
    """Words and places that stand in one table and nowhere else; places have six decimals."""

    def __init__(
        self, words: Iterable[str], places: Iterable[tuple[float, float]], frames: Iterable[Any]
    ) -> None:
        texts = [word.casefold() for word in words]
        self.words = [
            (text, form)
            for text in texts
            for form in {text.encode(), text.encode("utf-16-le"), text.encode("utf-16-be")}
        ]
        places = list(places)
        degrees = [value for place in places for value in place]
        metres = [value for frame in frames for value in _brought(places, frame)]
        spelled = [*map(_in_degrees, degrees), *map(_in_metres, metres)]
        self.numbers = re.compile(rb"(?<![\d.])(?:" + b"|".join(spelled) + rb")(?!\d)")
        self.doubles = [(value, struct.pack(f"{end}d", value)) for value in degrees for end in "<>"]

    def found_in(self, pieces: Iterable[Piece]) -> list[str]:
        """Say where any of them is."""
        found = []
        for where, content in pieces:
            plain = content.lower()
            found += [f"{text!r} in {where}" for text, form in self.words if form in plain]
            found += [f"{number!r} in {where}" for number in self.numbers.findall(content)]
            found += [
                f"bytes of {value} in {where}" for value, form in self.doubles if form in content
            ]
        return found


def _brought(places: list[tuple[float, float]], frame: Any) -> list[float]:
    to = Transformer.from_crs(4326, frame, always_xy=True)
    found = [value for lon, lat in places for value in to.transform(lon, lat)]
    return [value for value in found if abs(value) >= _SHORTEST_M]


def _in_degrees(value: float) -> bytes:
    """Match a number told to four decimals or more: rounded, cut, with noise behind; point or comma."""
    told = f"{value:.6f}"
    below = f"{value - 1e-6:.6f}"
    forms = {f"{value:.4f}", f"{value:.5f}", told[:-2], told[:-1], told}
    forms |= {rf"{told}0\d*", rf"{below}9\d*"}
    return b"|".join(form.replace(".", "[.,]").encode() for form in sorted(forms))


def _in_metres(value: float) -> bytes:
    """Match a coordinate in metres, with decimals or without."""
    forms = {f"{value:.0f}", str(math.trunc(value))}
    return b"|".join(rf"{form}(?:[.,]\d+)?".encode() for form in sorted(forms))
