"""Any raster onto a grid: averaged when it is finer, smoothed when it is coarser, holes kept."""

from __future__ import annotations

import contextlib
import dataclasses
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pyproj import Transformer

from borderzone._guards import check_choice
from borderzone._heights import heights_of, refuse_impossible
from borderzone._kernels.resample import average, bilinear, cubic, majority, nearest
from borderzone.crs import raster_crs
from borderzone.errors import (
    CoverageGapError,
    GridMismatchError,
    InvalidParameterError,
    NoOverlapError,
)
from borderzone.io.frames import cell_m, source_transform, window_around
from borderzone.io.mosaic import HALF, Job, blend, block_of, layers_of, read_whole
from borderzone.io.raster import raster_errors
from borderzone.io.tiles import Tile

if TYPE_CHECKING:
    import xarray as xr

    from borderzone._typing import BoolArray
    from borderzone.grid import Grid
    from borderzone.io.mosaic import Layer

__all__ = ["OnGrid", "bring", "check_cover", "on_grid", "warp"]

_LARGE = 2**22
_EXACT = 2**53  # files keep no data as a double
_METRES = {"m", "metre", "metres", "meters"}
_SMOOTH = {"average": average, "bilinear": bilinear, "cubic": cubic}
RESAMPLING = ("auto", "nearest", "bilinear", "cubic", "average", "mode")


def warp(
    raster: xr.DataArray,
    grid: Grid,
    *,
    resampling: str = "auto",
    needed: BoolArray | None = None,
    name: str | None = None,
) -> xr.DataArray:
    """
    Bring a raster onto a grid.

    By default numbers are averaged where the grid is coarser than the raster
    (a cell of the grid is larger on the ground than one of the raster) and
    interpolated by cubic convolution where it is not; classes (integers that
    are not in metres) take the commonest or the nearest. The mean and the commonest are
    those of the cell as it lies, turned as the frames are; of two equally common classes
    the lower counts. A cell less than half covered by data has none.

    Parameters
    ----------
    raster
        Raster in any CRS, in degrees too.
    grid
        Grid to bring it onto.
    resampling
        ``"auto"``, or one of nearest, bilinear, cubic, average and mode. Integers of which
        bilinear, cubic or average is asked are numbers, no classes.
    needed
        Cells that must have data, shape of the grid. Without it, cells without
        data are left so.
    name
        What the raster is, for messages.

    Returns
    -------
    xarray.DataArray
        Raster on the grid: float32 with NaN, or classes with ``_FillValue``.

    Raises
    ------
    NoOverlapError
        If no cell has data.
    CoverageGapError
        If a needed cell has none; the message says which share.
    InvalidParameterError
        If a number is infinite, or a height is none.
    """
    return bring(raster, grid, resampling=resampling, needed=needed, name=name)


def bring(
    raster: xr.DataArray,
    grid: Grid,
    *,
    resampling: str = "auto",
    needed: BoolArray | None = None,
    name: str | None = None,
    holds: str = "",
) -> xr.DataArray:
    """Bring a raster onto a grid, by one who may know what it holds."""
    what = name or ("raster" if raster.name is None else str(raster.name))
    source = on_grid(raster, grid, resampling=resampling, name=what, holds=holds)
    out = read_whole(source, grid, source.dtype)
    valid = out != source.empty if source.classes else np.isfinite(out)
    check_cover(valid, grid, grid.needed_cells() if needed is None else needed, what)
    wrapped = grid.wrap(
        out,
        name=str(raster.name) if raster.name is not None else None,
        units="m" if holds == "heights" else str(raster.attrs.get("units", "")),
        long_name=str(raster.attrs.get("long_name", what)),
    )
    if source.classes:
        wrapped.attrs["_FillValue"] = out.dtype.type(source.empty)
    return wrapped


@dataclass(frozen=True, eq=False)
class OnGrid:
    """
    A raster in memory that is read onto a grid block by block.

    A cell has the same number, to the bit, in whatever block it is read.

    Attributes
    ----------
    grid
        The grid.
    layers
        The raster on it; none where it lies elsewhere.
    job
        What becomes of the source under a block.
    dtype, empty
        Type of what is read, and what stands in it for no data.
    cell_m
        Side of the raster's cells on the ground. Units: m.
    codes
        What each index stands for, where classes are read by index.
    """

    grid: Grid
    layers: tuple[Layer, ...]
    job: Job
    dtype: Any
    empty: Any
    cell_m: float
    codes: Any = None

    @property
    def classes(self) -> bool:
        """Tell classes from numbers."""
        return bool(np.dtype(self.dtype).kind in "iu")

    def read(self, rows: slice, columns: slice) -> Any:
        """Read a block."""
        rows, columns = block_of(self.grid, rows, columns)
        shape = (rows.stop - rows.start, columns.stop - columns.start)
        out, total = np.full(shape, self.empty, self.dtype), np.zeros(shape, np.float32)
        for layer in self.layers if out.size else ():
            values, known = layer.bring(rows, columns, self.job)
            if self.codes is None and not self.classes:
                blend(out, total, values, known)
                continue
            better = known > total
            found = values if self.codes is None else self.codes[values]
            out[better], total[better] = found[better], known[better]
        out[total < HALF] = self.empty
        return out


def on_grid(
    raster: xr.DataArray,
    grid: Grid,
    *,
    resampling: str = "auto",
    name: str = "raster",
    holds: str = "",
) -> OnGrid:
    """Look at a raster in memory, to read it onto a grid block by block."""
    check_choice(resampling, "resampling", RESAMPLING)
    crs, raster = raster_crs(raster), _near(raster, grid)
    transform, raster = source_transform(raster), raster.transpose("y", "x")
    values, classes = _numbers_of(raster, name, resampling, holds)
    shape = (values.shape[0], values.shape[1])
    tile = Tile(path=Path(name), crs=crs.to_wkt(), transform=transform, shape=shape, void=np.nan)
    side = cell_m(transform, shape, crs, grid)
    if resampling == "auto":
        resampling = _usual(grid.resolution_m > side * (1 + 1e-6), classes)
    whole = values.dtype.kind != "f"
    empty: Any = _empty_code(raster.attrs.get("_FillValue"), values) if whole else np.nan
    job, codes = _job(values, empty, resampling)
    bare = dataclasses.replace(grid, needed_by=None)
    with raster_errors(name, "warp"):
        layers = layers_of([tile], grid)
    return OnGrid(bare, layers, job, values.dtype if whole else np.float32, empty, side, codes)


def _usual(coarsens: bool, classes: bool) -> str:  # noqa: FBT001 (two questions)
    fine, coarse = ("mode", "nearest") if classes else ("average", "cubic")
    return fine if coarsens else coarse


def _numbers_of(raster: xr.DataArray, what: str, resampling: str, holds: str) -> tuple[Any, bool]:
    """Cells of a raster, and whether they are classes: whole numbers that nobody says to be metres."""
    values = raster.to_numpy()
    heights = holds == "heights" or str(raster.attrs.get("units", "")).strip().lower() in _METRES
    if values.dtype.kind in "iub" and not heights and resampling not in _SMOOTH:
        return (values.astype(np.uint8) if values.dtype.kind == "b" else values), True
    values = heights_of(raster, what, metres=heights)
    if heights:
        refuse_impossible(values, what)
    elif np.isinf(values).any():
        msg = f"{what} holds {int(np.isinf(values).sum()):,} infinite numbers; mask no data as NaN"
        raise InvalidParameterError(msg)
    return values, holds == "classes"


def _job(values: Any, empty: Any, resampling: str) -> tuple[Job, Any]:
    """Say what to make of the source under a block, and what its indices stand for, if it has any."""
    if resampling in _SMOOTH or (resampling == "nearest" and values.dtype.kind == "f"):
        kernel = _SMOOTH.get(resampling, nearest)
        extra: tuple[Any, ...] = (np.nan,) if resampling == "nearest" else ()
        return _of(values, kernel, extra, np.nan, np.float32), None
    if values.dtype == np.uint8:
        extra = (256, empty) if resampling == "mode" else (empty,)
        return _of(values, majority if extra[1:] else nearest, extra, empty, np.uint8), None
    index, codes = _indexed(values, empty)
    extra = (len(codes) - 1, -1) if resampling == "mode" else (-1,)
    return _of(index, majority if extra[1:] else nearest, extra, -1, np.int32), codes


def _of(values: Any, kernel: Any, extra: tuple[Any, ...], empty: Any, dtype: Any) -> Job:
    def fetch(tile: Tile, rows: slice, columns: slice) -> Any:  # noqa: ARG001 (there is one)
        return values[rows, columns]

    return Job(kernel, extra, fetch, empty, dtype, empty, dtype)


def _indexed(values: Any, empty: Any) -> tuple[Any, Any]:
    """Index of each cell among the codes in rising order, the last of which stands for no data: -1."""
    known = values != empty if values.dtype.kind != "f" else np.isfinite(values)
    found = np.unique(values[known])
    index = np.searchsorted(found, values).astype(np.int32)
    index[~known] = -1
    return index, np.append(found, values.dtype.type(empty))


def _near(raster: xr.DataArray, grid: Grid) -> xr.DataArray:
    """Leave out what lies far from the grid, where the raster is large enough to matter."""
    if raster.size <= _LARGE:
        return raster
    shape = (raster.sizes["y"], raster.sizes["x"])
    wkt = raster_crs(raster).to_wkt()
    rows, columns = window_around(grid, wkt, source_transform(raster), shape)
    return raster.isel(y=rows, x=columns)


def _empty_code(told: Any, values: Any) -> int:
    """Code of no data: the raster's own where its type can hold it, else one that no cell has."""
    kind = np.iinfo(values.dtype)
    with contextlib.suppress(TypeError, ValueError, OverflowError):
        if told is not None and int(told) == float(told) and kind.min <= int(told) <= kind.max:
            return int(told)
    if values.dtype == np.uint8:
        return 255
    low, high = max(kind.min, -_EXACT), min(kind.max, _EXACT)
    usual = -1 if kind.min < 0 else high
    return next((code for code in (usual, low, high) if not (values == code).any()), usual)


def check_cover(
    valid: BoolArray,
    grid: Grid,
    needed: BoolArray | None,
    what: str,
    *,
    max_gap_share: float = 0.0,
) -> float:
    """Refuse a raster that leaves needed cells without data."""
    wanted = np.ones(grid.shape, bool) if needed is None else np.asarray(needed, bool)
    if wanted.shape != grid.shape:
        msg = f"needed has shape {wanted.shape}, the grid {grid.shape}"
        raise GridMismatchError(msg)
    where = "lon {} to {}, lat {} to {}".format(*_lonlat_box(grid, wanted))
    if not (valid & wanted).any():
        msg = f"{what}: no data anywhere in the area asked for, {where}; use data that lie there"
        raise NoOverlapError(msg)
    missing = wanted & ~valid
    share = float(missing.sum() / wanted.sum())
    if needed is None or share <= max_gap_share:
        return 0.0 if needed is None else share
    gap = "lon {} to {}, lat {} to {}".format(*_lonlat_box(grid, missing))
    size = missing.sum() * grid.resolution_m**2 / 1e6
    km2 = f"{size:,.0f}" if size >= 10 else f"{size:.2g}"
    msg = (
        f"{what}: no data for {_percent(share)} of the corridor's cells, {km2} km2 ({gap}), more than "
        f"max_gap_share = {max_gap_share:g}; add tiles that cover them, choose a corridor inside the data, "
        f"name what of it is sea, or let them be unknown with max_gap_share = {_above(share):g}"
    )
    raise CoverageGapError(msg)


def _above(share: float) -> float:
    """Round a share up to two digits."""
    step = 10.0 ** (math.floor(math.log10(share)) - 1)
    return min(1.0, math.ceil(share / step) * step)


def _percent(share: float) -> str:
    return f"{share:.1%}" if share >= 0.001 else "less than 0.1%"


def _lonlat_box(grid: Grid, cells: BoolArray) -> list[str]:
    rows, columns = np.nonzero(cells)
    if len(rows) == 0:
        rows, columns = np.array([0]), np.array([0])
    to_degrees = Transformer.from_crs(grid.crs, "EPSG:4326", always_xy=True)
    lon, lat = to_degrees.transform(grid.x[columns], grid.y[rows])
    return [f"{edge:.2f}" for edge in (lon.min(), lon.max(), lat.min(), lat.max())]
