"""One raster file of a mosaic: checked once, then read window by window."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from affine import Affine
from pyproj import CRS
from rasterio.enums import MaskFlags
from rasterio.windows import Window

from borderzone._kernels.resample import heights_of
from borderzone.errors import CRSMismatchError, DataError, LimitError
from borderzone.io.files import local_file
from borderzone.io.places import check_place, named
from borderzone.io.raster import SUFFIXES, check_elevation_band, open_raster
from borderzone.io.srtm import VOID, read_hgt, shape_of_hgt, transform_of_hgt

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from borderzone._typing import FloatArray, IntArray

__all__ = ["HIGHEST_M", "LOWEST_M", "Tile", "elevation_tile", "landcover_tile"]

LOWEST_M, HIGHEST_M = -500.0, 9000.0  # the Dead Sea shore and Everest, with room
HGT = (".hgt", ".hgt.zip")
_UNKNOWN = "unknown"

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
    """

    path: Path
    crs: str
    transform: Affine
    shape: tuple[int, int]
    void: float
    vertical_datum: str = _UNKNOWN

    @property
    def cell(self) -> tuple[float, float]:
        """
        Length of a cell's sides.

        Returns
        -------
        tuple of float
            Along a row and along a column, in units of the CRS.
        """
        a, b, _, d, e, _ = self.transform[:6]
        return math.hypot(a, d), math.hypot(b, e)

    @property
    def box(self) -> Box:
        """
        Box around the tile.

        Returns
        -------
        tuple of float
            Left, bottom, right, top in units of the CRS.
        """
        a, b, c, d, e, f = self.transform[:6]
        rows, columns = self.shape
        xs = [a * column + b * row + c for column in (0, columns) for row in (0, rows)]
        ys = [d * column + e * row + f for column in (0, columns) for row in (0, rows)]
        return min(xs), min(ys), max(xs), max(ys)

    def moved(self, turns: float) -> Tile:
        """
        Return the same tile a number of full turns further east.

        Parameters
        ----------
        turns
            Turns of 360 degrees.

        Returns
        -------
        Tile
            The tile, in a CRS in degrees.
        """
        return dataclasses.replace(
            self, transform=Affine.translation(360.0 * turns, 0) @ self.transform
        )

    def read_heights(self, rows: slice, columns: slice) -> FloatArray:
        """
        Read a window as heights, and refuse impossible ones.

        Parameters
        ----------
        rows, columns
            The window.

        Returns
        -------
        FloatArray
            Float32, NaN for no data. Units: m.

        Raises
        ------
        DataError
            If the file is damaged, or holds infinite or impossible heights.
        """
        if self.path.name.lower().endswith(HGT):
            raw, mask = read_hgt(self.path, rows, columns), None
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
        """
        Read a window as classes.

        Parameters
        ----------
        rows, columns
            The window.
        empty
            Code that takes the place of the file's own no data.

        Returns
        -------
        IntArray
            Classes as uint8.

        Raises
        ------
        DataError
            If the file is damaged, or holds numbers that are no class.
        """
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
            if (source.height, source.width) != self.shape:
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


def elevation_tile(path: str | os.PathLike[str], max_cells: int) -> Tile:
    """
    Look at a file of heights, without reading them.

    Parameters
    ----------
    path
        A GeoTIFF, or an SRTM tile.
    max_cells
        Largest number of cells.

    Returns
    -------
    Tile
        What it is.

    Raises
    ------
    DataError
        If it is missing, broken, not what its name says, or no elevation in metres.
    CRSMismatchError
        If it has no CRS.
    LimitError
        If it is too large.
    """
    file = local_file(path, {*SUFFIXES, *HGT}, "elevation")
    if file.name.lower().endswith(HGT):
        return _hgt_tile(file, max_cells)
    says = named(file.name)
    with open_raster(file, what="elevation", max_cells=max_cells) as source:
        check_elevation_band(source, file.name)
        crs = CRS.from_wkt(source.crs.to_wkt())
        vertical = [_upward(part, file.name) for part in crs.sub_crs_list if part.is_vertical]
        known = (says.vertical_datum if says else "") or _UNKNOWN
        tile = _tile(source, file, crs, vertical_datum=vertical[0] if vertical else known)
    _check_named(tile, "elevation")
    return tile


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


def _hgt_tile(file: Path, max_cells: int) -> Tile:
    shape = shape_of_hgt(file)
    if shape[0] * shape[1] > max_cells:
        msg = (
            f"elevation: {file.name!r} has {shape[0]} x {shape[1]} cells, the limit is {max_cells}; "
            "raise max_cells"
        )
        raise LimitError(msg)
    return Tile(
        path=file,
        crs=CRS.from_epsg(4326).to_wkt(),
        transform=transform_of_hgt(file, shape[0]),
        shape=shape,
        void=VOID,
        vertical_datum="EGM96",
    )


def landcover_tile(path: str | os.PathLike[str], max_cells: int) -> Tile:
    """
    Look at a file of classes, without reading them.

    Parameters
    ----------
    path
        A GeoTIFF.
    max_cells
        Largest number of cells.

    Returns
    -------
    Tile
        What it is.

    Raises
    ------
    DataError
        If it is missing, broken, not what its name says, or no map of classes.
    CRSMismatchError
        If it has no CRS.
    LimitError
        If it is too large.
    """
    file = local_file(path, SUFFIXES, "land cover")
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


def check_one_crs(tiles: list[Tile], what: str) -> None:
    """
    Refuse tiles in several CRSs.

    Parameters
    ----------
    tiles
        The tiles.
    what
        What they are needed for, for the message.

    Raises
    ------
    CRSMismatchError
        If two differ.
    """
    first = CRS.from_wkt(tiles[0].crs)
    for tile in tiles[1:]:
        same = tile.crs == tiles[0].crs or CRS.from_wkt(tile.crs).equals(
            first, ignore_axis_order=True
        )
        if not same:
            msg = (
                f"{what}: {tiles[0].path.name!r} is in {first.name}, {tile.path.name!r} in "
                f"{CRS.from_wkt(tile.crs).name}; bring them into one CRS with gdalwarp -t_srs"
            )
            raise CRSMismatchError(msg)
