"""One raster file of a mosaic: checked once, then read window by window."""

from __future__ import annotations

import dataclasses
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from affine import Affine
from pyproj import CRS
from pyproj.exceptions import CRSError
from rasterio.enums import MaskFlags
from rasterio.windows import Window

from borderzone._kernels.resample import heights_of
from borderzone.errors import CRSMismatchError, DataError, LimitError
from borderzone.io.bounds import Limits
from borderzone.io.files import SUFFIXES, local_file
from borderzone.io.formats.grids import (
    VOID,
    check_asc,
    open_asc,
    read_asc,
    read_hgt,
    read_vrt,
    shape_of_hgt,
    transform_of_hgt,
)
from borderzone.io.formats.netcdf import look_at_netcdf, read_netcdf
from borderzone.io.products import check_place, named
from borderzone.io.raster import check_elevation_band, check_metres, open_raster

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from borderzone._typing import FloatArray, IntArray
    from borderzone.io.formats.grids import Mosaic, MosaicPart

__all__ = ["HIGHEST_M", "LOWEST_M", "Tile", "elevation_tiles", "landcover_tile"]

LOWEST_M, HIGHEST_M = -500.0, 9000.0  # the Dead Sea shore and Everest, with room
HGT = (".hgt", ".hgt.zip")
ASC, NETCDF, VRT = (".asc",), (".nc", ".nc4"), (".vrt",)
_UNKNOWN = "unknown"
_PLACED = 0.01  # cells by which a mosaic may draw a source beside where it lies

Box = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class Tile:
    """
    A checked file: where it lies, how fine it is, and how to read it.

    Attributes
    ----------
    path
        The file.
    crs
        Its horizontal CRS as well-known text.
    transform
        From column and row to x and y; may be turned or run north.
    shape
        Rows and columns.
    void
        Stored number that stands for no data; NaN for none.
    vertical_datum
        What heights count from, from the CRS or the product; else ``"unknown"``.
    first, stored
        Row and column of the file at which the tile begins, and the shape of the whole file, where the
        tile is a part of it.
    variable
        Of NetCDF the variable and its axes y and x.
    """

    path: Path
    crs: str
    transform: Affine
    shape: tuple[int, int]
    void: float
    vertical_datum: str = _UNKNOWN
    first: tuple[int, int] = (0, 0)
    stored: tuple[int, int] | None = None
    variable: tuple[str, str, str] | None = None

    @property
    def cell(self) -> tuple[float, float]:
        """Length of a cell's sides."""
        a, b, _, d, e, _ = self.transform[:6]
        return math.hypot(a, d), math.hypot(b, e)

    @property
    def box(self) -> Box:
        """Box around the tile."""
        a, b, c, d, e, f = self.transform[:6]
        rows, columns = self.shape
        xs = [a * column + b * row + c for column in (0, columns) for row in (0, rows)]
        ys = [d * column + e * row + f for column in (0, columns) for row in (0, rows)]
        return min(xs), min(ys), max(xs), max(ys)

    def moved(self, turns: float) -> Tile:
        """Return the same tile a number of full turns further east."""
        return dataclasses.replace(
            self, transform=Affine.translation(360.0 * turns, 0) @ self.transform
        )

    def read_heights(self, rows: slice, columns: slice) -> FloatArray:
        """Read a window as heights, and refuse impossible ones."""
        name = self.path.name.lower()
        rows, columns = (
            slice(span.start + first, span.stop + first)
            for span, first in zip((rows, columns), self.first, strict=True)
        )
        raw: Any
        mask: Any = None
        if name.endswith(HGT):
            raw = read_hgt(self.path, rows, columns)
        elif name.endswith(ASC):
            raw = read_asc(self.path, rows, columns, "elevation")
        elif self.variable is not None:
            raw = read_netcdf(self.path, self.variable, rows, columns, "elevation")
        else:
            raw, mask = self._read(rows, columns, "elevation")
        out = np.empty(raw.shape, dtype=np.float32)
        low, high, infinite = heights_of(raw, self.void, out)
        if mask is not None:
            out[mask == 0] = np.nan
            low, high = np.nanmin(out, initial=np.inf), np.nanmax(out, initial=-np.inf)
            infinite = np.isinf(out).sum()
        self._check_heights(float(low), float(high), int(infinite))
        return out

    def read_classes(self, rows: slice, columns: slice, empty: int) -> IntArray:
        """Read a window as classes."""
        raw, mask = self._read(rows, columns, "land cover")
        known = raw != self.void if mask is None else (raw != self.void) & (mask > 0)
        if raw.dtype != np.uint8:
            wrong = known & ((raw < 0) | (raw > 255))
            if wrong.any():
                msg = (
                    f"land cover: {self.path.name!r} holds {raw[wrong][0]}; classes are 0 to 255. Name "
                    "the no-data value with gdal_edit.py -a_nodata"
                )
                raise DataError(msg)
        return np.where(known, raw, empty).astype(np.uint8)

    def _read(self, rows: slice, columns: slice, what: str) -> tuple[Any, Any]:
        """Read stored numbers, and the mask where the file has one of its own."""
        with open_raster(self.path, what=what, max_cells=2**62) as source:
            if (source.height, source.width) != (self.stored or self.shape):
                msg = f"{what}: {self.path.name!r} was changed while it was read; start again"
                raise DataError(msg)
            window = Window.from_slices(rows, columns)
            raw = source.read(1, window=window)
            own = MaskFlags.per_dataset in source.mask_flag_enums[0]
            return raw, source.read_masks(1, window=window) if own else None

    def _check_heights(self, low: float, high: float, infinite: int) -> None:
        if infinite:
            msg = (
                f"elevation: {self.path.name!r} holds {infinite} infinite heights in the part that was "
                "read; make them no data, with gdal_calc.py --calc "
                "'where(isfinite(A), A, -9999)' --NoDataValue -9999"
            )
            raise DataError(msg)
        if low < LOWEST_M or high > HIGHEST_M:
            msg = (
                f"elevation: {self.path.name!r} holds heights from {low:g} to {high:g} m, the Earth "
                f"has {LOWEST_M:g} to {HIGHEST_M:g}; name the no-data value with "
                "gdal_edit.py -a_nodata, or convert the unit to metres"
            )
            raise DataError(msg)


def elevation_tiles(path: str | os.PathLike[str], max_cells: int) -> list[Tile]:
    """Look at a file of heights, without reading them."""
    file = local_file(path, SUFFIXES.heights, "elevation")
    name = file.name.lower()
    if name.endswith(VRT):
        return _vrt_tiles(file, max_cells)
    if name.endswith(NETCDF):
        return _netcdf_tiles(file, max_cells)
    if name.endswith(HGT):
        return [_hgt_tile(file, max_cells)]
    return [_asc_tile(file, max_cells) if name.endswith(ASC) else _tif_tile(file, max_cells)]


def _tif_tile(file: Path, max_cells: int) -> Tile:
    with open_raster(file, what="elevation", max_cells=max_cells) as source:
        check_elevation_band(source, file.name)
        tile = _heights_tile(source, file, CRS.from_wkt(source.crs.to_wkt()))
    _check_named(tile, "elevation")
    return tile


def _heights_tile(source: Any, file: Path, crs: CRS) -> Tile:
    return _tile(source, file, crs, vertical_datum=_datum(crs, file.name))


def _datum(crs: CRS, name: str) -> str:
    """Name what heights count from, as the CRS says, else the product that the name tells."""
    vertical = [_upward(part, name) for part in crs.sub_crs_list if part.is_vertical]
    says = named(name)
    return vertical[0] if vertical else (says.vertical_datum if says else "") or _UNKNOWN


def _asc_tile(file: Path, max_cells: int) -> Tile:
    crs = check_asc(file, "elevation")
    with open_asc(file, "elevation") as source:
        tile = _heights_tile(source, file, crs)
    check_metres("", crs, file.name)
    _check_cells(tile.shape, file, max_cells)
    _check_named(tile, "elevation")
    return tile


def _netcdf_tiles(file: Path, max_cells: int) -> list[Tile]:
    """One tile, or two where its longitudes run on beyond 180 degrees."""
    found = look_at_netcdf(file, "elevation")
    _check_cells(found.shape, file, max_cells)
    check_metres(found.unit, found.crs, file.name)
    if found.down:
        msg = (
            f"elevation: {file.name!r} holds depths, {found.name[:40]!r} counts downward; turn them with "
            f"ncap2 -s '{found.name[:40]}=-{found.name[:40]}' and say positive: up"
        )
        raise DataError(msg)
    whole = Tile(
        path=file,
        crs=found.crs.to_2d().to_wkt(),
        transform=found.transform,
        shape=found.shape,
        void=math.nan,
        vertical_datum=_datum(found.crs, file.name),
        variable=(found.name, found.y, found.x),
    )
    west, step = found.transform.c, found.transform.a
    # Columns up to 180 degrees, and those beyond, which lie west of Greenwich.
    near = round((180.0 - west) / step) if step > 0 else found.shape[1]
    if not found.crs.is_geographic or near >= found.shape[1]:
        return [whole]
    parts = [_part(whole, (0, max(near, 0)), (found.shape[0], found.shape[1] - max(near, 0)))]
    parts = [parts[0].moved(-1.0)]
    return parts if near <= 0 else [_part(whole, (0, 0), (found.shape[0], near)), *parts]


def _part(tile: Tile, first: tuple[int, int], shape: tuple[int, int]) -> Tile:
    """Cut a tile to some of its rows and columns."""
    row, column = first
    return dataclasses.replace(
        tile,
        transform=tile.transform @ Affine.translation(column, row),
        shape=shape,
        first=first,
        stored=tile.shape,
    )


def _vrt_tiles(file: Path, max_cells: int) -> list[Tile]:
    mosaic = read_vrt(file, "elevation")
    return [_vrt_tile(part, mosaic, file, max_cells) for part in mosaic.parts]


def _vrt_tile(part: MosaicPart, mosaic: Mosaic, file: Path, max_cells: int) -> Tile:
    """Take a source of a mosaic as it says itself that it lies, where the mosaic says the same."""
    tile = _tif_tile(part.path, max_cells)
    why = ""
    if any(a + b > c for a, b, c in zip(part.first, part.shape, tile.shape, strict=True)):
        why = f"takes more cells of {part.path.name!r} than it has"
    elif mosaic.crs and not _same_crs(_said_crs(mosaic.crs), CRS.from_wkt(tile.crs)):
        why = f"says another coordinate reference system than {part.path.name!r} has"
    elif part.void is not None and not _same_void(part.void, tile.void):
        why = f"says that {part.void:g} is no data in {part.path.name!r}, which says {tile.void:g}"
    cut = _part(tile, part.first, part.shape)
    drawn = mosaic.transform @ Affine.translation(part.place[1], part.place[0])
    here = ~cut.transform @ drawn
    corners = [here @ corner for corner in ((0, 0), part.shape[::-1])]
    off = max(
        abs(found - wanted)
        for corner, meant in zip(corners, ((0, 0), part.shape[::-1]), strict=True)
        for found, wanted in zip(corner, meant, strict=True)
    )
    if not why and not off < _PLACED:
        why = f"draws {part.path.name!r} elsewhere than that file says it lies"
    if why:
        msg = (
            f"elevation: {file.name!r} {why}; write it again with gdalbuildvrt, or make a GeoTIFF of it "
            f"with gdal_translate {file.name} {file.stem}.tif"
        )
        raise DataError(msg)
    check_metres(mosaic.unit, CRS.from_wkt(tile.crs), file.name)
    return (
        cut
        if part.void is None
        else dataclasses.replace(cut, void=_as_stored(part.void, tile.void))
    )


def _said_crs(text: str) -> CRS | None:
    """CRS of a mosaic, as well-known text or by its number: what else names one may lead to files."""
    try:
        number = re.fullmatch(r"EPSG:(\d{4,6})", text)
        return CRS.from_wkt(text) if number is None else CRS.from_epsg(int(number[1]))
    except (CRSError, ValueError):
        return None


def _same_void(said: float, own: float) -> bool:
    return (
        math.isnan(said)
        or math.isnan(own)
        or _as_stored(said, math.nan) == _as_stored(own, math.nan)
    )


def _as_stored(said: float, own: float) -> float:
    """No data as a file holds it: -9999.9 is another number in 32 bits."""
    return float(np.float32(np.clip(said, *_FLOAT32))) if math.isnan(own) else own


def _upward(vertical: CRS, name: str) -> str:
    """Name of a vertical CRS in metres above something."""
    axis = vertical.axis_info[0]
    if axis.direction.lower() != "up" or axis.unit_conversion_factor != 1:
        kind = "depths" if axis.direction.lower() != "up" else f"heights in {axis.unit_name}"
        msg = (
            f"elevation: {name!r} holds {kind} ({vertical.name}), not heights in metres; convert them "
            "with gdal_calc.py --calc (-A for depths) and name the vertical CRS with gdal_edit.py -a_srs"
        )
        raise DataError(msg)
    return str(vertical.name)


def _check_cells(shape: tuple[int, int], file: Path, max_cells: int) -> None:
    cells = shape[0] * shape[1]
    if cells > max_cells:
        msg = (
            f"elevation: {file.name!r} has {shape[0]} x {shape[1]} cells, the limit is {max_cells}; cut "
            f"it to the corridor first, or raise max_cells: {Limits.how_to_raise('raster_cells', cells)}"
        )
        raise LimitError(msg)


def _hgt_tile(file: Path, max_cells: int) -> Tile:
    shape = shape_of_hgt(file)
    _check_cells(shape, file, max_cells)
    return Tile(
        path=file,
        crs=CRS.from_epsg(4326).to_wkt(),
        transform=transform_of_hgt(file, shape[0]),
        shape=shape,
        void=VOID,
        vertical_datum="EGM96",
    )


def landcover_tile(path: str | os.PathLike[str], max_cells: int) -> Tile:
    """Look at a file of classes, without reading them."""
    file = local_file(path, SUFFIXES.raster, "land cover")
    with open_raster(file, what="land cover", max_cells=max_cells) as source:
        kind = np.dtype(source.dtypes[0]).kind
        if source.count != 1 or kind not in "iu":
            msg = (
                f"land cover: {file.name!r} has {source.count} band(s) of {source.dtypes[0]}; one band "
                "of whole numbers is needed, the classes. Take it with gdal_translate -b -ot Byte"
            )
            raise DataError(msg)
        tile = _tile(source, file, CRS.from_wkt(source.crs.to_wkt()))
    says = named(file.name)
    if math.isnan(tile.void) and says is not None and says.product == "ESA WorldCover":
        tile = dataclasses.replace(tile, void=0.0)
    _check_named(tile, "land cover")
    return tile


def _tile(source: Any, file: Path, crs: CRS, vertical_datum: str = _UNKNOWN) -> Tile:
    dtype = np.dtype(source.dtypes[0])
    # As stored: -9999.9 is another number in 32 bits.
    stored = source.nodata is not None and (dtype.kind == "f" or float(source.nodata).is_integer())
    void = float(source.nodata) if stored else math.nan
    if dtype == np.float32 and math.isfinite(void):
        void = float(np.float32(np.clip(void, *_FLOAT32)))
    return Tile(
        path=file,
        crs=crs.to_2d().to_wkt(),
        transform=source.transform,
        shape=(source.height, source.width),
        void=void,
        vertical_datum=vertical_datum,
    )


_FLOAT32 = (float(np.finfo(np.float32).min), float(np.finfo(np.float32).max))


def _check_named(tile: Tile, what: str) -> None:
    if CRS.from_wkt(tile.crs).is_geographic:
        check_place(tile.path, tile.box, tile.cell, what)


def _same_crs(one: CRS | None, other: CRS) -> bool:
    return one is not None and one.to_2d().equals(other, ignore_axis_order=True)


def check_one_crs(tiles: list[Tile], what: str) -> None:
    """Refuse tiles in several CRSs."""
    first = CRS.from_wkt(tiles[0].crs)
    for tile in tiles[1:]:
        if tile.crs != tiles[0].crs and not _same_crs(CRS.from_wkt(tile.crs), first):
            msg = (
                f"{what}: {tiles[0].path.name!r} is in {first.name}, {tile.path.name!r} in "
                f"{CRS.from_wkt(tile.crs).name}; bring them into one CRS with gdalwarp -t_srs"
            )
            raise CRSMismatchError(msg)
