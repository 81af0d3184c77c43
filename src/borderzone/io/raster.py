"""Raster files: opened with a fixed driver, checked before they are read, written the same every time."""

from __future__ import annotations

import os
import threading
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
import xarray as xr
from affine import Affine
from pyproj import CRS
from rasterio._err import CPLE_BaseError
from rasterio.enums import Interleaving
from rasterio.errors import CRSError, NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window

from borderzone._guards import shown
from borderzone.crs import check_on_earth
from borderzone.errors import CRSMismatchError, DataError, LimitError
from borderzone.grid import Grid
from borderzone.io.files import atomic_write, local_file
from borderzone.io.frames import window_around
from borderzone.io.limit import cells_allowed, check_limit, current, how_to_raise
from borderzone.io.memory import memory_told

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["open_raster", "read_raster", "write_raster"]

SUFFIXES = frozenset({".tif", ".tiff"})

# The file and nothing beside it: no side files, no listing of folders, no grids from the network.
ENVIRONMENT = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_PAM_ENABLED": False,
    "GDAL_CACHEMAX": 256,
    "PROJ_NETWORK": "OFF",
}
_FEET = ("foot", "feet", "ft", "us-ft", "ftus")
_METRES = ("", "m", "metre", "metres", "meter", "meters")
_OPENING = threading.Lock()
FOREIGN = (RasterioError, CRSError, CPLE_BaseError, OSError, UnicodeDecodeError)
"""What the raster library raises on a file that it cannot read or write."""


@contextmanager
def open_raster(
    path: str | os.PathLike[str], *, what: str = "raster", max_cells: int | None = None
) -> Iterator[Any]:
    """
    Open a GeoTIFF for reading, checked for format, size and CRS.

    Errors of the raster library inside the body become `DataError`.

    Parameters
    ----------
    path
        A local GeoTIFF.
    what
        What it is needed for, for messages.
    max_cells
        Largest number of cells, over all bands; ``raster_cells`` of `limits` by default.

    Yields
    ------
    rasterio.DatasetReader
        The open file.

    Raises
    ------
    DataError
        If the file is missing, broken, not a GeoTIFF, or not of real numbers.
    CRSMismatchError
        If it names no coordinate reference system.
    LimitError
        If it has more than `max_cells` cells.
    """
    file = local_file(path, SUFFIXES, what)
    with raster_errors(file.name, what), rasterio.Env(**ENVIRONMENT), _opened(file) as source:
        _check_source(source, file.name, what, max_cells)
        yield source


def _opened(file: Path) -> Any:
    # Filters of warnings belong to the process: two threads that set them at once would mix them up.
    with _OPENING, warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)  # an error of our own instead
        return rasterio.open(file, driver="GTiff")


@contextmanager
def raster_errors(name: str, what: str) -> Iterator[None]:
    """Turn the raster library's errors into ones that say what to do."""
    try:
        yield
    except MemoryError as error:
        msg = (
            f"{what}: {name!r} does not fit into memory; cut it to the corridor first, or average it "
            "with gdalwarp -tr -r average"
        )
        raise LimitError(msg) from error
    except FOREIGN as error:
        reason = str(error.__cause__ or error).splitlines()[0][:200]
        msg = (
            f"{what}: {name!r} cannot be read, it is cut short or damaged ({reason}); "
            "fetch it again or rebuild it with gdal_translate"
        )
        raise DataError(msg) from error


def _check_source(source: Any, name: str, what: str, max_cells: int | None) -> None:
    cells = source.width * source.height * source.count
    most = cells_allowed("raster_cells", max_cells)
    if cells > most:
        msg = (
            f"{what}: {name!r} has {source.width} x {source.height} x {source.count} cells, the "
            f"limit is {most}; cut it to the corridor first, or raise max_cells: "
            f"{how_to_raise('raster_cells', cells)}"
        )
        raise LimitError(msg)
    if source.crs is None:
        msg = (
            f"{what}: {name!r} has no coordinate reference system; name it with "
            "gdal_edit.py -a_srs EPSG:... or in QGIS with 'Assign projection'"
        )
        raise CRSMismatchError(msg)
    check_on_earth(source.crs.to_wkt(), f"{what}: {name!r}")
    check_georeference(source.transform, name, what)
    piece = source.block_shapes[0][0] * source.block_shapes[0][1]
    if source.interleaving is Interleaving.pixel:
        piece *= source.count
    if piece > (most := current().raster_piece_cells):
        msg = (
            f"{what}: {name!r} is stored in pieces of {piece} cells, the limit is {most}; cut it "
            f"into tiles with gdal_translate -co TILED=YES, or {how_to_raise('raster_piece_cells', piece)}"
        )
        raise LimitError(msg)
    if not _is_real(source.dtypes[0]):
        msg = f"{what}: {name!r} holds {source.dtypes[0]} numbers; real numbers are needed"
        raise DataError(msg)


def check_georeference(place: Affine, name: str, what: str) -> None:
    """Refuse a raster that does not say where it lies."""
    lost = place == Affine.identity() or place.determinant == 0
    if lost or not np.isfinite([*place[:6], place.determinant]).all():
        msg = f"{what}: {name!r} has no georeference; give it one with gdal_translate -a_ullr"
        raise CRSMismatchError(msg)


def _is_real(dtype: str) -> bool:
    try:
        return np.dtype(dtype).kind in "iuf"
    except TypeError:  # one that numpy does not have, such as complex_int16
        return False


def check_elevation_band(source: Any, name: str) -> None:
    """Refuse a raster that is no elevation in metres."""
    if source.count != 1:
        msg = (
            f"elevation: {name!r} has {source.count} bands, elevation has one; is it a picture? "
            "Take one band with gdal_translate -b"
        )
        raise DataError(msg)
    if source.scales[0] != 1 or source.offsets[0] != 0:
        msg = f"elevation: {name!r} is scaled; write true metres with gdal_translate -unscale"
        raise DataError(msg)
    check_metres(source.units[0] or "", source.crs, name)


def check_metres(unit: str, crs: Any, name: str) -> None:
    """Refuse heights in another unit than metres."""
    unit = unit.strip().lower()
    map_crs = CRS.from_wkt(crs.to_wkt())
    upward = [axis for part in map_crs.sub_crs_list if part.is_vertical for axis in part.axis_info]
    if (
        unit in _FEET
        or unit.startswith("us survey f")
        or any("foot" in axis.unit_name.lower() for axis in upward)
    ):
        msg = (
            f"elevation: {name!r} is in feet; metres are needed. Convert it with "
            "gdal_calc.py --calc 'A*0.3048' and set the unit"
        )
        raise DataError(msg)
    if unit not in _METRES:
        msg = (
            f"elevation: {name!r} is in {shown(unit)}; metres are needed. Convert it with gdal_calc.py and "
            "set the unit with gdal_edit.py -units m"
        )
        raise DataError(msg)
    flat = [axis.unit_name.lower() for axis in map_crs.to_2d().axis_info]
    if not unit and not upward and any("foot" in one or "feet" in one for one in flat):
        msg = (
            f"elevation: {name!r} lies on a map in feet and does not say what its heights are in; say "
            "so with gdal_edit.py -units m if they are metres, else convert them"
        )
        raise DataError(msg)


@memory_told("raster")
def read_raster(
    path: str | os.PathLike[str],
    *,
    what: str = "raster",
    max_cells: int | None = None,
    near: Grid | None = None,
) -> xr.DataArray:
    """
    Read the first band of a GeoTIFF as it is.

    Numbers with decimals come back as float32 with NaN for no data, classes as
    they are, with the no-data value in ``attrs["_FillValue"]``.

    Parameters
    ----------
    path
        A local GeoTIFF, north-up.
    what
        What it is needed for, for messages.
    max_cells
        Largest number of cells that is read; ``raster_cells`` of `limits` by default.
    near
        Grid that it is for: only what lies around it is read. None reads everything.

    Returns
    -------
    xarray.DataArray
        The raster in its own CRS, dimensions ``("y", "x")``.

    Raises
    ------
    DataError
        If the file is broken, rotated, or not what its name says.
    CRSMismatchError
        If it has no CRS.
    LimitError
        If it is too large.
    """
    most = max_cells
    if near is not None and max_cells is None:
        most = current().raster_cells_by_block
    with open_raster(path, what=what, max_cells=most) as source:
        if source.transform.b != 0 or source.transform.d != 0:
            msg = f"{what}: {os.fspath(path)!r} is rotated; turn it north-up with gdalwarp"
            raise DataError(msg)
        wkt = source.crs.to_wkt()
        rows, columns = slice(0, source.height), slice(0, source.width)
        if near is not None:
            rows, columns = window_around(near, wkt, source.transform, source.shape)
            cells = (rows.stop - rows.start) * (columns.stop - columns.start)
            told = f"{what}: {os.fspath(path)!r} is so fine that the part around the grid"
            check_limit("raster_part_cells", cells, "cells", told)
        window = Window.from_slices(rows, columns)
        values = source.read(1, window=window)
        if values.dtype.kind == "f":
            known = source.read_masks(1, window=window) > 0
            values = np.where(known, values, np.nan).astype(np.float32)
        corner = source.transform @ Affine.translation(columns.start, rows.start)
        raster = to_dataarray(values, corner, wkt)
        if values.dtype.kind != "f" and source.nodata is not None:
            raster.attrs["_FillValue"] = values.dtype.type(source.nodata)
        raster.attrs |= {"units": source.units[0] or "", "long_name": what}
    return raster


def to_dataarray(values: Any, transform: Affine, wkt: str) -> xr.DataArray:
    """Give an array coordinates and a CRS that may be in degrees."""
    rows, columns = values.shape
    return xr.DataArray(
        values,
        dims=("y", "x"),
        coords={
            "y": transform.f + (np.arange(rows) + 0.5) * transform.e,
            "x": transform.c + (np.arange(columns) + 0.5) * transform.a,
            "spatial_ref": xr.DataArray(np.int64(0), attrs={"crs_wkt": wkt}),
        },
        attrs={"crs": wkt},
    )


def write_raster(
    raster: xr.DataArray,
    path: str | os.PathLike[str],
    *,
    tags: dict[str, str] | None = None,
) -> None:
    """
    Write a raster as a cloud-optimised GeoTIFF, the same bytes every time.

    Parameters
    ----------
    raster
        Raster on a grid. Masks become 0 and 1.
    path
        File to write; an existing one is replaced when the new one is whole.
    tags
        Further words for the file's metadata.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    grid = Grid.of(raster)
    values = np.asarray(raster.to_numpy())
    if values.dtype.kind == "b":
        values = values.astype(np.uint8)
    elif values.dtype.kind == "f":
        values = values.astype(np.float32)
    words = {"units": raster.attrs.get("units", ""), "long_name": raster.attrs.get("long_name", "")}
    nodata = np.nan if values.dtype.kind == "f" else raster.attrs.get("_FillValue")
    options = {
        "driver": "COG",
        "compress": "deflate",
        "predictor": "yes",
        "level": 9,
        "num_threads": 1,
        "overview_resampling": "average" if values.dtype.kind == "f" else "nearest",
    }
    shape = {"height": grid.shape[0], "width": grid.shape[1], "count": 1, "dtype": values.dtype}
    place = {"crs": grid.crs.to_wkt(), "transform": grid.transform, "nodata": nodata}
    with (
        atomic_write(path) as temporary,
        raster_errors(os.fspath(path), "output"),
        rasterio.Env(**ENVIRONMENT),
        rasterio.open(temporary, "w", **options, **shape, **place) as target,
    ):
        target.write(values, 1)
        target.update_tags(**{name: word for name, word in words.items() if word}, **(tags or {}))
        target.set_band_description(
            1, str(words["long_name"] if raster.name is None else raster.name)
        )
