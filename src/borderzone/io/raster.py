"""Raster files: where their cells lie, opened with a fixed driver, checked before they are read."""

from __future__ import annotations

import functools
import itertools
import math
import os
import threading
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
import xarray as xr
from affine import Affine
from pyproj import CRS, Transformer
from rasterio._err import CPLE_BaseError
from rasterio.enums import Interleaving
from rasterio.errors import CRSError, NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window

from borderzone._guards import shown
from borderzone.crs import check_on_earth
from borderzone.errors import CRSMismatchError, DataError, GridMismatchError, LimitError
from borderzone.grid import Grid, check_unturned, edge_and_step
from borderzone.io.bounds import Limits, cells_allowed
from borderzone.io.files import SUFFIXES, atomic_write, local_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from borderzone._typing import FloatArray

__all__ = [
    "GridToSource",
    "Nodes",
    "box_around",
    "cell_m",
    "open_raster",
    "read_raster",
    "source_transform",
    "to_crs",
    "window_around",
    "write_raster",
]

# A place taken between nodes is off by no more than this share of a cell of the grid.
PLACE_ERROR = 0.002
_STEPS = (64, 32, 16, 8, 4, 2)
_PROBES = 9  # along each side of the grid, to choose the step

Box = tuple[float, float, float, float]
_LOCAL = threading.local()


@functools.cache
def _parsed(wkt: str) -> CRS:
    return CRS.from_wkt(wkt)


def _transformer(start: str, end: str) -> Transformer:
    """Keep transformers by thread: they belong to the one that made them."""
    made: dict[tuple[str, str], Transformer] = _LOCAL.__dict__.setdefault("made", {})
    if (start, end) not in made:
        made[start, end] = Transformer.from_crs(_parsed(start), _parsed(end), always_xy=True)
    return made[start, end]


def to_crs(start: str, end: str, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Project points, not finite where there is no answer."""
    if start == end:
        return x, y
    return _transformer(start, end).transform(x, y)


def _near_meridian(x: FloatArray, centre: float | None) -> FloatArray:
    """Longitudes within 180 degrees of the grid's, so that no grid is torn at the antimeridian."""
    if centre is None:
        return x
    with np.errstate(invalid="ignore", over="ignore"):  # infinite where the projection has no place
        turned = centre + np.mod(x - centre + 180.0, 360.0) - 180.0
        return np.where(np.abs(x - centre) > 180.0, turned, x)


def box_around(grid: Grid, wkt: str, *, parts: int = 65) -> tuple[Box, float | None]:
    """Box of a grid in another CRS, a little wide."""
    left, bottom, right, top = grid.bounds
    mesh = np.meshgrid(np.linspace(left, right, parts), np.linspace(bottom, top, parts))
    x, y = to_crs(grid.crs.to_wkt(), wkt, *mesh)
    middle = float(x[parts // 2, parts // 2])
    centre = middle if _parsed(wkt).is_geographic and np.isfinite(middle) else None
    x = _near_meridian(x, centre)
    finite = np.isfinite(x) & np.isfinite(y)
    if not finite.any():
        return (np.inf, np.inf, -np.inf, -np.inf), centre
    west, east = float(x[finite].min()), float(x[finite].max())
    south, north = float(y[finite].min()), float(y[finite].max())
    wide, high = (east - west) * 0.02, (north - south) * 0.02
    return (west - wide, south - high, east + wide, north + high), centre


def window_around(
    grid: Grid, wkt: str, transform: Affine, shape: tuple[int, int]
) -> tuple[slice, slice]:
    """Find the rows and columns of a raster around a grid, with room for every filter."""
    (left, bottom, right, top), centre = box_around(grid, wkt)
    whole = (slice(0, shape[0]), slice(0, shape[1]))
    if not np.isfinite([left, bottom, right, top]).all():
        return whole
    a, b, c, d, e, f = (~transform)[:6]
    corners = [(x, y) for x in (left, right) for y in (bottom, top)]
    places = ([d * x + e * y + f for x, y in corners], [a * x + b * y + c for x, y in corners])
    if not np.isfinite(places).all():
        return whole
    window = []
    for place, cells, length in zip(places, grid.shape, shape, strict=True):
        low, high = min(place), max(place)
        reach = 8 + 2 * (high - low) / cells
        start = min(max(math.floor(low - reach), 0), max(length - 2, 0))
        stop = min(max(math.ceil(high + reach), start + 2), length)
        window.append(slice(start, stop))
    beside = min(places[1]) < 0 or max(places[1]) > shape[1]
    # A raster in degrees may reach the grid from its other end.
    return window[0], whole[1] if centre is not None and beside else window[1]


@dataclass(frozen=True)
class Nodes:
    """
    Places of every few cells around a block of the grid, in cells of the source.

    Attributes
    ----------
    u, v
        Columns and rows of the source.
    top, left
        Row and column of the block's first cell, counted from the first node.
    step
        Cells of the grid between nodes.
    """

    u: FloatArray
    v: FloatArray
    top: int
    left: int
    step: int


@dataclass(frozen=True)
class GridToSource:
    """
    The way from a cell of a grid to the rows and columns of a source.

    Attributes
    ----------
    grid_wkt, source_wkt
        Both CRSs.
    place
        Left and top of the grid, and its cell. Units: m.
    inverse
        From x and y of the source to its columns and rows, six numbers.
    meridian
        Longitude around which a source in degrees is unrolled; None for metres.
    step
        Cells of the grid between places that are projected exactly.
    """

    grid_wkt: str
    source_wkt: str
    place: tuple[float, float, float]
    inverse: tuple[float, ...]
    meridian: float | None
    step: int = 1

    @classmethod
    def between(
        cls, grid: Grid, wkt: str, transform: Affine, meridian: float | None
    ) -> GridToSource:
        """Find the widest spacing of nodes whose places are good enough."""
        place = (float(grid.transform.c), float(grid.transform.f), grid.resolution_m)
        inverse = tuple(float(number) for number in (~transform)[:6])
        frame = cls(grid.crs.to_wkt(), wkt, place, inverse, meridian)
        for step in _STEPS:
            if _worst(frame, grid.shape, step) <= PLACE_ERROR:
                return cls(frame.grid_wkt, wkt, place, inverse, meridian, step)
        return frame

    def locate(self, rows: FloatArray, columns: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Project cells of the grid to columns and rows of the source, exactly."""
        left, top, side = self.place
        x, y = left + (columns + 0.5) * side, top - (rows + 0.5) * side
        x, y = to_crs(self.grid_wkt, self.source_wkt, x, y)
        x = _near_meridian(x, self.meridian)
        a, b, c, d, e, f = self.inverse
        with np.errstate(invalid="ignore", over="ignore"):
            return a * x + b * y + c, d * x + e * y + f

    def nodes(self, rows: slice, columns: slice) -> Nodes:
        """Place nodes around a block, the same ones for a cell in whatever block."""
        first = (rows.start // self.step, columns.start // self.step)
        last = ((rows.stop - 1) // self.step + 1, (columns.stop - 1) // self.step + 1)
        down = np.arange(first[0], last[0] + 1, dtype=float) * self.step
        across = np.arange(first[1], last[1] + 1, dtype=float) * self.step
        u, v = self.locate(*np.meshgrid(down, across, indexing="ij"))
        return Nodes(
            np.ascontiguousarray(u),
            np.ascontiguousarray(v),
            rows.start - first[0] * self.step,
            columns.start - first[1] * self.step,
            self.step,
        )


@np.errstate(invalid="ignore", divide="ignore")
def _worst(frame: GridToSource, shape: tuple[int, int], step: int) -> float:
    """Largest error, in cells of the grid, of places taken between nodes, over a lattice of probes."""
    rows = np.linspace(0, shape[0] - 1, _PROBES) // step * step
    columns = np.linspace(0, shape[1] - 1, _PROBES) // step * step
    r, c = np.meshgrid(rows, columns, indexing="ij")
    corners = [frame.locate(r + i * step, c + j * step) for i in (0, 1) for j in (0, 1)]
    (u00, v00), (u01, v01), (u10, v10), (u11, v11) = corners
    det = np.abs((u01 - u00) * (v10 - v00) - (u10 - u00) * (v01 - v00)) / step**2
    worst = 0.0
    for i, j in itertools.product((0.0, 0.25, 0.5, 0.75), repeat=2):
        u, v = frame.locate(r + i * step, c + j * step)
        off_u = u - _bilinear(i, j, u00, u01, u10, u11)
        off_v = v - _bilinear(i, j, v00, v01, v10, v11)
        # Source cells to cells of the grid: the root of a grid cell's area among source cells.
        off = np.hypot(off_u, off_v) / np.sqrt(det)
        known = np.isfinite(off)
        if known.any():
            worst = max(worst, float(off[known].max()))
        if (np.isfinite(u) != np.isfinite(u00)).any():
            return np.inf
    return worst


def _bilinear(
    down: float, across: float, a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray
) -> FloatArray:
    left, right = a + (c - a) * down, b + (d - b) * down
    return left + (right - left) * across


def source_transform(raster: xr.DataArray) -> Affine:
    """Affine transform of a raster with evenly spaced coordinates."""
    if set(raster.dims) != {"y", "x"}:
        msg = f"a raster has dimensions y and x, got {raster.dims}; take one band, as in raster[0]"
        raise GridMismatchError(msg)
    check_unturned(raster, "the raster")
    # Without coordinates of its own an axis would count its cells.
    (left, across), (top, down) = (
        edge_and_step(np.asarray(raster.coords.get(axis, []), dtype=float), axis, "the raster")
        for axis in ("x", "y")
    )
    return Affine(across, 0, left, 0, down, top)


def cell_m(transform: Affine, shape: tuple[int, ...], crs: CRS, grid: Grid) -> float:
    """Side of a raster's cells on the ground, where the grid has its middle."""
    left, bottom, right, top = grid.bounds
    here, there = grid.crs.to_wkt(), crs.to_wkt()
    middle = np.array([(left + right) / 2]), np.array([(bottom + top) / 2])
    x, y = (float(place[0]) for place in to_crs(here, there, *middle))
    column, row = _apply(~transform, x, y)
    column, row = min(max(column, 0), shape[1]), min(max(row, 0), shape[0])
    corners = [_apply(transform, column + i, row + j) for i, j in ((0, 0), (1, 0), (0, 1))]
    xs, ys = to_crs(there, here, *np.array(corners).T)
    area = (xs[1] - xs[0]) * (ys[2] - ys[0]) - (xs[2] - xs[0]) * (ys[1] - ys[0])
    return float(abs(area) ** 0.5)


def _apply(transform: Affine, column: float, row: float) -> tuple[float, float]:
    a, b, c, d, e, f = transform[:6]
    return a * column + b * row + c, d * column + e * row + f


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

    Examples
    --------
    >>> import tempfile
    >>> grid = Grid.covering((0, 0, 90, 60), resolution_m=30, crs="EPSG:32637")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_raster(grid.wrap(np.zeros(grid.shape, np.uint8)), f"{folder}/a.tif")
    ...     with open_raster(f"{folder}/a.tif", what="mask") as source:
    ...         source.shape, source.crs.to_epsg(), source.res
    ((2, 3), 32637, (30.0, 30.0))
    """
    file = local_file(path, SUFFIXES.raster, what)
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
            f"{Limits.how_to_raise('raster_cells', cells)}"
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
    if piece > (most := Limits.now().raster_piece_cells):
        msg = (
            f"{what}: {name!r} is stored in pieces of {piece} cells, the limit is {most}; cut it "
            f"into tiles with gdal_translate -co TILED=YES, or {Limits.how_to_raise('raster_piece_cells', piece)}"
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


@Limits.memory_told("raster")
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

    Examples
    --------
    >>> import tempfile
    >>> grid = Grid.covering((0, 0, 90, 60), resolution_m=30, crs="EPSG:32637")
    >>> slope = grid.wrap(np.array([[1, 2, np.nan], [4, 5, 6]], np.float32), units="degree")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_raster(slope, f"{folder}/slope.tif")
    ...     back = read_raster(f"{folder}/slope.tif")
    >>> back.to_numpy()
    array([[ 1.,  2., nan],
           [ 4.,  5.,  6.]], dtype=float32)
    """
    most = max_cells
    if near is not None and max_cells is None:
        most = Limits.now().raster_cells_by_block
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
            Limits.now().check("raster_part_cells", cells, "cells", told)
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

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> grid = Grid.covering((0, 0, 90, 60), resolution_m=30, crs="EPSG:32637")
    >>> desert = grid.wrap(np.array([[True, False, True], [True, True, False]]), name="desert")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_raster(desert, f"{folder}/desert.tif", tags={"rule": "2 h from a town"})
    ...     with rasterio.open(f"{folder}/desert.tif") as file:
    ...         print(file.tags()["rule"], file.descriptions, file.read(1).tolist())
    2 h from a town ('desert',) [[1, 0, 1], [1, 1, 0]]
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
