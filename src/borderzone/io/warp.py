"""Any raster onto a grid: averaged when it is finer, smoothed when it is coarser, holes kept."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
from affine import Affine
from pyproj import Transformer
from rasterio.enums import Resampling
from rasterio.warp import reproject

from borderzone._guards import check_choice
from borderzone._heights import heights_of, refuse_impossible
from borderzone.crs import raster_crs
from borderzone.errors import (
    CoverageGapError,
    GridMismatchError,
    InvalidParameterError,
    NoOverlapError,
)
from borderzone.io.frames import window_around
from borderzone.io.raster import raster_errors

if TYPE_CHECKING:
    import xarray as xr
    from pyproj import CRS

    from borderzone._typing import BoolArray
    from borderzone.grid import Grid

__all__ = ["warp"]

_LARGE = 2**22
_EXACT = 2**53  # the raster library passes no data as a double
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
    and interpolated by cubic convolution where it is finer; classes (integers
    that are not in metres) take the commonest or the nearest. A cell less than half covered by data
    has none.

    Parameters
    ----------
    raster
        Raster in any CRS, in degrees too.
    grid
        Grid to bring it onto.
    resampling
        ``"auto"``, or one of nearest, bilinear, cubic, average and mode.
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
    check_choice(resampling, "resampling", RESAMPLING)
    what = name or ("raster" if raster.name is None else str(raster.name))
    crs, raster = raster_crs(raster), _near(raster, grid)
    transform = source_transform(raster)
    values = raster.transpose("y", "x").to_numpy()
    # Whole numbers are classes, unless they say that they are metres.
    heights = str(raster.attrs.get("units", "")).strip().lower() in {
        "m",
        "metre",
        "metres",
        "meters",
    }
    classes = values.dtype.kind in "iub" and not heights
    if values.dtype.kind == "b":
        values = values.astype(np.uint8)
    if not classes:
        values = heights_of(raster.transpose("y", "x"), what, metres=heights)
        if heights:
            refuse_impossible(values, what)
        elif np.isinf(values).any():
            msg = f"{what} holds {int(np.isinf(values).sum()):,} infinite numbers; mask no data as NaN"
            raise InvalidParameterError(msg)
    if resampling == "auto":
        resampling = _usual(grid.resolution_m > cell_m(transform, values.shape, crs, grid), classes)
    empty = _empty_code(raster.attrs.get("_FillValue"), values) if classes else np.nan
    with raster_errors(what, "warp"):
        bring = _classes if classes else _numbers
        out = bring(values, transform, crs, grid, resampling, empty)
    valid = out != empty if classes else np.isfinite(out)
    check_cover(valid, grid, grid.needed_cells() if needed is None else needed, what)
    wrapped = grid.wrap(
        out,
        name=str(raster.name) if raster.name is not None else None,
        units=str(raster.attrs.get("units", "")),
        long_name=str(raster.attrs.get("long_name", what)),
    )
    if classes:
        wrapped.attrs["_FillValue"] = out.dtype.type(empty)
    return wrapped


def _numbers(
    values: Any, transform: Affine, crs: CRS, grid: Grid, resampling: str, empty: float
) -> Any:
    source = values.astype(np.float32, copy=False)
    out = _reprojected(source, transform, crs, grid, resampling, empty)
    # The filter reaches over small holes; a second pass says how much of a cell is data.
    finite = np.isfinite(source)
    if finite.all():
        return out
    known = finite.astype(np.float32)
    share_by = "average" if resampling == "average" else "nearest"
    share = _reprojected(known, transform, crs, grid, share_by, empty)
    return np.where(share >= 0.5, out, np.float32(empty))


def _classes(
    values: Any, transform: Affine, crs: CRS, grid: Grid, resampling: str, empty: float
) -> Any:
    # The library takes -1 for no data when it counts codes of one or two bytes with a sign.
    # Wider ones are counted right and slowly, thus only where it matters.
    small = values.dtype.kind == "i" and values.itemsize < 4
    source = values.astype(np.int32) if small and (values == -1).any() else values
    out = _reprojected(source, transform, crs, grid, resampling, empty)
    return out.astype(values.dtype, copy=False)


def _usual(coarsens: bool, classes: bool) -> str:  # noqa: FBT001 (two questions)
    fine, coarse = ("mode", "nearest") if classes else ("average", "cubic")
    return fine if coarsens else coarse


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


def _reprojected(
    source: Any, transform: Affine, crs: CRS, grid: Grid, resampling: str, empty: float
) -> Any:
    out = np.full(grid.shape, empty, dtype=source.dtype)
    with rasterio.Env(GDAL_CACHEMAX=256, PROJ_NETWORK="OFF"):
        reproject(
            source,
            out,
            src_transform=transform,
            src_crs=crs.to_wkt(),
            src_nodata=empty,
            dst_transform=grid.transform,
            dst_crs=grid.crs.to_wkt(),
            dst_nodata=empty,
            resampling=Resampling[resampling],
            tolerance=0.01,
        )
    return out


def source_transform(raster: xr.DataArray) -> Affine:
    """
    Affine transform of a raster with evenly spaced coordinates.

    Parameters
    ----------
    raster
        Raster with coordinates ``x`` and ``y``; y may rise or fall.

    Returns
    -------
    affine.Affine
        From column and row to the corner of a cell.

    Raises
    ------
    GridMismatchError
        If a coordinate is missing, has one cell or is not evenly spaced.
    """
    if set(raster.dims) != {"y", "x"}:
        msg = f"a raster has dimensions y and x, got {raster.dims}; take one band, as in raster[0]"
        raise GridMismatchError(msg)
    steps, starts = [], []
    for axis in ("x", "y"):
        if axis not in raster.coords or raster.sizes.get(axis, 0) < 2:
            msg = f"the raster needs a coordinate {axis!r} with two cells or more"
            raise GridMismatchError(msg)
        centres = raster[axis].to_numpy().astype(float)
        step = (centres[-1] - centres[0]) / (len(centres) - 1)
        if not np.allclose(np.diff(centres), step, rtol=0, atol=1e-3 * abs(step)) or step == 0:
            msg = f"the raster's coordinate {axis!r} is not evenly spaced; interpolate it first"
            raise GridMismatchError(msg)
        steps.append(step)
        starts.append(centres[0] - step / 2)
    return Affine(steps[0], 0, starts[0], 0, steps[1], starts[1])


def cell_m(transform: Affine, shape: tuple[int, ...], crs: CRS, grid: Grid) -> float:
    """
    Side of a raster's cells on the ground, where the grid has its middle.

    Parameters
    ----------
    transform, shape, crs
        The raster.
    grid
        The grid.

    Returns
    -------
    float
        Square root of a cell's area. Units: m.
    """
    left, bottom, right, top = grid.bounds
    to_source = Transformer.from_crs(grid.crs, crs, always_xy=True)
    x, y = to_source.transform((left + right) / 2, (bottom + top) / 2)
    column, row = _apply(~transform, x, y)
    column, row = min(max(column, 0), shape[1]), min(max(row, 0), shape[0])
    corners = [_apply(transform, column + i, row + j) for i, j in ((0, 0), (1, 0), (0, 1))]
    xs, ys = to_source.transform(
        [x for x, _ in corners], [y for _, y in corners], direction="INVERSE"
    )
    area = (xs[1] - xs[0]) * (ys[2] - ys[0]) - (xs[2] - xs[0]) * (ys[1] - ys[0])
    return float(abs(area) ** 0.5)


def _apply(transform: Affine, column: float, row: float) -> tuple[float, float]:
    a, b, c, d, e, f = transform[:6]
    return a * column + b * row + c, d * column + e * row + f


def check_cover(valid: BoolArray, grid: Grid, needed: BoolArray | None, what: str) -> None:
    """
    Refuse a raster that leaves needed cells without data.

    Parameters
    ----------
    valid
        Cells with data.
    grid
        Their grid.
    needed
        Cells that must have data; None for any.
    what
        What the raster is, for the message.

    Raises
    ------
    NoOverlapError
        If no cell has data.
    CoverageGapError
        If a needed cell has none.
    """
    wanted = np.ones(grid.shape, bool) if needed is None else np.asarray(needed, bool)
    if wanted.shape != grid.shape:
        msg = f"needed has shape {wanted.shape}, the grid {grid.shape}"
        raise GridMismatchError(msg)
    where = "lon {} to {}, lat {} to {}".format(*_lonlat_box(grid, wanted))
    if not (valid & wanted).any():
        msg = f"{what}: no data anywhere in the area asked for, {where}; use data that lie there"
        raise NoOverlapError(msg)
    missing = wanted & ~valid
    if needed is None or not missing.any():
        return
    share = missing.sum() / wanted.sum()
    gap = "lon {} to {}, lat {} to {}".format(*_lonlat_box(grid, missing))
    msg = (
        f"{what}: no data for {_percent(share)} of the corridor's cells ({gap}); add tiles that "
        "cover them, or choose a corridor inside the data"
    )
    raise CoverageGapError(msg)


def _percent(share: float) -> str:
    return f"{share:.1%}" if share >= 0.001 else "less than 0.1%"


def _lonlat_box(grid: Grid, cells: BoolArray) -> list[str]:
    rows, columns = np.nonzero(cells)
    if len(rows) == 0:
        rows, columns = np.array([0]), np.array([0])
    to_degrees = Transformer.from_crs(grid.crs, "EPSG:4326", always_xy=True)
    lon, lat = to_degrees.transform(grid.x[columns], grid.y[rows])
    return [f"{edge:.2f}" for edge in (lon.min(), lon.max(), lat.min(), lat.max())]
