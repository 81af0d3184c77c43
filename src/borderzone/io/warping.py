"""Tiles and rasters brought onto a grid: averaged when finer, smoothed when coarser, holes kept."""

from __future__ import annotations

import contextlib
import dataclasses
import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from affine import Affine
from pyproj import CRS

from borderzone._guards import check_choice, n_threads
from borderzone._guards.rasters import heights_of, refuse_impossible
from borderzone._kernels.resample import average, bilinear, cubic, majority, nearest
from borderzone.crs import raster_crs
from borderzone.errors import (
    InvalidParameterError,
    LimitError,
    NoOverlapError,
)
from borderzone.grid import UNKNOWN_CLASS
from borderzone.io.raster import (
    GridToSource,
    box_around,
    cell_m,
    raster_errors,
    source_transform,
    window_around,
)
from borderzone.io.tiles import Tile, check_one_crs

if TYPE_CHECKING:
    from collections.abc import Callable

    import xarray as xr

    from borderzone._typing import BoolArray, FloatArray, IntArray
    from borderzone.grid import Grid
    from borderzone.io.raster import Box, Nodes

__all__ = [
    "HALF",
    "BlockJob",
    "Layer",
    "OnGrid",
    "blend",
    "block_of",
    "lay_out",
    "layers_of",
    "on_grid",
    "read_whole",
    "warp",
]

HALF = 0.5 - 1e-6  # a cell is known where half of it is, up to rounding
_PAD = 2  # source cells that cubic convolution reaches beyond its own
_MOST = 2**23  # source cells held for one block; a block that needs more is halved
_LIMIT = 2**25  # the same for one cell of the grid, which cannot be halved
_BLOCK = 1024
_THREADS = 4
_UNDER = 2500  # source cells along a side of a block that is read at once
_OFF = 0.01  # cells by which tiles of one lattice may be shifted


@dataclass(frozen=True)
class BlockJob:
    """
    What to make of the source under a block.

    Attributes
    ----------
    kernel
        From `_kernels.resample`.
    extra
        Arguments that it takes between the place and the outputs.
    fetch
        Reads a window of a tile.
    fill, dtype
        No data in the source, and its type.
    out_fill, out_dtype
        The same in the output.
    """

    kernel: Callable[..., None]
    extra: tuple[Any, ...]
    fetch: Callable[[Tile, slice, slice], Any]
    fill: float
    dtype: Any
    out_fill: float
    out_dtype: Any


@dataclass(frozen=True)
class Layer:
    """
    Tiles that share one lattice, as if they were one raster.

    Attributes
    ----------
    frame
        The way from the grid to the lattice.
    placed
        The tiles, with the row and column of their first cell.
    extent
        First row, last row (exclusive), first column, last column.
    cell_m
        Side of a cell on the ground. Units: m.
    coarsens
        Whether the grid is coarser.
    """

    frame: GridToSource
    placed: tuple[tuple[Tile, int, int], ...]
    extent: tuple[int, int, int, int]
    cell_m: float
    coarsens: bool

    def bring(self, rows: slice, columns: slice, job: BlockJob) -> tuple[Any, FloatArray]:
        """Bring a block onto the grid."""
        shape = (rows.stop - rows.start, columns.stop - columns.start)
        nodes = self.frame.nodes(rows, columns)
        span = self._span(nodes, shape)
        if span is None:
            return np.full(shape, job.out_fill, job.out_dtype), np.zeros(shape, np.float32)
        top, bottom, left, right = span
        if (bottom - top) * (right - left) > (_MOST if max(shape) > 1 else _LIMIT):
            return self._halved(rows, columns, job)
        source = self._paste(span, job)
        out, known = np.empty(shape, job.out_dtype), np.empty(shape, np.float32)
        place = (top, left, nodes.top, nodes.left, nodes.step)
        job.kernel(source, nodes.u, nodes.v, place, *job.extra, out, known)
        return out, known

    def _span(self, nodes: Nodes, shape: tuple[int, int]) -> tuple[int, int, int, int] | None:
        """Rows and columns of the lattice under a block, None where it lies beside the tiles."""
        reach = []
        for between, low, high in (
            (nodes.v, self.extent[0], self.extent[1]),
            (nodes.u, self.extent[2], self.extent[3]),
        ):
            # The block alone: nodes may lie far beside it, and with them a whole tile.
            place = _rim(between, nodes, shape)
            finite = place[np.isfinite(place)]
            if finite.size == 0:
                return None
            steps = [np.abs(np.diff(between, axis=axis)) for axis in (0, 1)]
            sides = [float(step[np.isfinite(step)].max(initial=0.0)) / nodes.step for step in steps]
            # Half a cell of the grid as it lies among the source cells, turned, and what the kernel
            # reaches beyond.
            pad = max(math.sqrt(2), sum(sides)) / 2 + _PAD + 1
            start = max(float(finite.min()) - pad, low - _PAD)
            stop = min(float(finite.max()) + pad, high + _PAD)
            if start >= high or stop <= low:
                return None
            reach += [math.floor(start), math.ceil(stop)]
        return reach[0], reach[1], reach[2], reach[3]

    def _halved(self, rows: slice, columns: slice, job: BlockJob) -> tuple[Any, FloatArray]:
        down, across = rows.stop - rows.start, columns.stop - columns.start
        if down == across == 1:
            msg = (
                "a cell of the grid holds more source cells than fit into memory; average the source "
                "first with gdalwarp -tr -r average, or use a finer grid"
            )
            raise LimitError(msg)
        if down >= across:
            middle = rows.start + down // 2
            parts = [(slice(rows.start, middle), columns), (slice(middle, rows.stop), columns)]
        else:
            middle = columns.start + across // 2
            parts = [(rows, slice(columns.start, middle)), (rows, slice(middle, columns.stop))]
        done = [self.bring(*part, job) for part in parts]
        axis = 0 if down >= across else 1
        return (
            np.concatenate([values for values, _ in done], axis=axis),
            np.concatenate([known for _, known in done], axis=axis),
        )

    def _paste(self, span: tuple[int, int, int, int], job: BlockJob) -> Any:
        """Read the part of each tile under a window; the first tile counts, the next fill its holes."""
        top, bottom, left, right = span
        source = np.full((bottom - top, right - left), job.fill, job.dtype)
        for tile, row, column in self.placed:
            rows = slice(max(top, row), min(bottom, row + tile.shape[0]))
            columns = slice(max(left, column), min(right, column + tile.shape[1]))
            if rows.start >= rows.stop or columns.start >= columns.stop:
                continue
            under = source[
                rows.start - top : rows.stop - top, columns.start - left : columns.stop - left
            ]
            unknown = np.isnan(under) if math.isnan(job.fill) else under == job.fill
            if unknown.any():
                fresh = job.fetch(
                    tile,
                    slice(rows.start - row, rows.stop - row),
                    slice(columns.start - column, columns.stop - column),
                )
                np.copyto(under, fresh, where=unknown)
        return source


def _rim(between: FloatArray, nodes: Nodes, shape: tuple[int, int]) -> FloatArray:
    """Places of the cells of a block where they can be highest or lowest: at its rim and beside nodes."""
    (r, down), (c, across) = (
        _beside(first, length, nodes.step)
        for first, length in zip((nodes.top, nodes.left), shape, strict=True)
    )
    with np.errstate(invalid="ignore", over="ignore"):  # infinite where the projection has no place
        rows = between[r] + (between[r + 1] - between[r]) * down[:, np.newaxis]
        return np.asarray(rows[:, c] + (rows[:, c + 1] - rows[:, c]) * across)


def _beside(first: int, length: int, step: int) -> tuple[IntArray, FloatArray]:
    """First, last, and those before and after each node: the node before them, and the way on."""
    on_nodes = np.arange(-(-first // step) * step, first + length, step)
    cells = np.concatenate([[first, first + length - 1], on_nodes, on_nodes - 1])
    cells = np.unique(cells[cells >= first])
    return cells // step, cells % step / step


def block_of(grid: Grid, rows: slice, columns: slice) -> tuple[slice, slice]:
    """Name both ends of a block along rows and columns."""
    spans = []
    given: tuple[Any, Any] = (rows, columns)
    for span, length in zip(given, grid.shape, strict=True):
        if not isinstance(span, slice) or span.step not in (None, 1):
            msg = f"a block is given by two slices in steps of 1, got {span!r}; slice(None) is all"
            raise InvalidParameterError(msg)
        start, stop, _ = span.indices(length)
        spans.append(slice(start, max(start, stop)))
    return spans[0], spans[1]


def lay_out(tiles: list[Tile], grid: Grid, what: str) -> tuple[Layer, ...]:
    """Sort tiles into layers, the finest first."""
    check_one_crs(tiles, what)
    layers = layers_of(tiles, grid)
    if not layers:
        _refuse_elsewhere(tiles, what)
    return layers


def layers_of(tiles: list[Tile], grid: Grid) -> tuple[Layer, ...]:
    """Sort tiles in one CRS into layers, the finest first."""
    box, meridian = box_around(grid, tiles[0].crs)
    # A tile at 179 degrees east lies beside a grid at 179 west once it is moved a turn.
    turns = (0.0,) if meridian is None else (0.0, -1.0, 1.0)
    near = [
        moved
        for tile in tiles
        for moved in (tile.moved(turn) if turn else tile for turn in turns)
        if _touch(moved.box, box)
    ]
    groups: list[list[tuple[Tile, int, int]]] = []
    for tile in near:
        for group in groups:
            place = _place_on(group[0][0], tile)
            if place is not None:
                group.append((tile, *place))
                break
        else:
            groups.append([(tile, 0, 0)])
    layers = [_layer(group, grid, meridian) for group in groups]
    return tuple(sorted(layers, key=lambda layer: round(layer.cell_m, 3)))


def blend(out: FloatArray, total: FloatArray, values: FloatArray, known: FloatArray) -> None:
    """Fill what is not known yet of each cell from a further layer."""
    # What is known of a cell adds up to 1 at most: a finer layer has its say first.
    take = np.minimum(known, 1 - total)
    fresh = (take > 0) & (total == 0)
    mixed = (take > 0) & (total > 0)
    out[fresh] = values[fresh]
    if mixed.any():
        out[mixed] += (values[mixed] - out[mixed]) * (take[mixed] / (total + take)[mixed])
    total += take


def read_whole(source: Any, grid: Grid, dtype: Any) -> Any:
    """Read all blocks of a grid, several at a time."""
    out = np.empty(grid.shape, dtype=dtype)

    def read(block: tuple[slice, slice]) -> None:
        out[block] = source.read(*block)

    # A coarse grid is cut smaller, so that every thread has tiles to unpack.
    finest = min((layer.cell_m for layer in source.layers if layer.cell_m > 0), default=np.inf)
    size = max(1, math.ceil(min(_BLOCK, _UNDER * finest / grid.resolution_m)))
    blocks = list(grid.blocks(size))
    with ThreadPoolExecutor(min(_THREADS, n_threads())) as pool:
        # In order, so that of several damaged tiles the same one is always told.
        for _ in pool.map(read, blocks):
            pass
    return out


def _layer(group: list[tuple[Tile, int, int]], grid: Grid, meridian: float | None) -> Layer:
    first = group[0][0]
    extent = (
        min(row for _, row, _ in group),
        max(row + tile.shape[0] for tile, row, _ in group),
        min(column for _, _, column in group),
        max(column + tile.shape[1] for tile, _, column in group),
    )
    corner = first.transform @ Affine.translation(extent[2], extent[0])
    shape = (extent[1] - extent[0], extent[3] - extent[2])
    side = cell_m(corner, shape, CRS.from_wkt(first.crs), grid)
    return Layer(
        frame=GridToSource.between(grid, first.crs, first.transform, meridian),
        placed=tuple(group),
        extent=extent,
        cell_m=side,
        coarsens=grid.resolution_m > side * (1 + 1e-6),
    )


def _place_on(first: Tile, tile: Tile) -> tuple[int, int] | None:
    """Row and column at which a tile starts on the lattice of another; None if it does not fit."""
    # From cells of the tile to cells of the first: a whole shift and nothing else is one lattice.
    a, b, c, d, e, f = (~first.transform @ tile.transform)[:6]
    rows, columns = tile.shape
    drift = max(abs(a - 1) * columns, abs(b) * rows, abs(d) * columns, abs(e - 1) * rows)
    if drift > _OFF or abs(c - round(c)) > _OFF or abs(f - round(f)) > _OFF:
        return None
    return round(f), round(c)


def _touch(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _refuse_elsewhere(tiles: list[Tile], what: str) -> None:
    boxes = np.array([tile.box for tile in tiles])
    edges = (*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0))
    west, south, east, north = (f"{edge:.2f}" for edge in edges)
    msg = (
        f"{what}: none of the {len(tiles)} file(s) lies on the grid; they cover "
        f"{west} to {east}, {south} to {north} in {CRS.from_wkt(tiles[0].crs).name}. Hand over tiles "
        "that lie on the corridor"
    )
    raise NoOverlapError(msg)


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
    holds: str = "",
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
    holds
        ``"heights"`` or ``"classes"`` where the raster itself may not say so; empty to go by
        its units and its type.

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

    Examples
    --------
    >>> from borderzone import Grid
    >>> fine = Grid.covering((0, 0, 60, 60), resolution_m=15, crs="EPSG:32637")
    >>> coarse = Grid.covering((0, 0, 60, 60), resolution_m=30, crs="EPSG:32637")
    >>> heights = np.arange(16, dtype=np.float32).reshape(4, 4)
    >>> warp(fine.wrap(heights, units="m"), coarse).to_numpy()
    array([[ 2.5,  4.5],
           [10.5, 12.5]], dtype=float32)
    >>> classes = np.repeat(np.array([[10, 60, 60, 80]], np.uint8), 4, axis=0)
    >>> warp(fine.wrap(classes), coarse).to_numpy()
    array([[10, 60],
           [10, 60]], dtype=uint8)
    """
    what = name or ("raster" if raster.name is None else str(raster.name))
    source = on_grid(raster, grid, resampling=resampling, name=what, holds=holds)
    out = read_whole(source, grid, source.dtype)
    valid = out != source.nodata if source.classes else np.isfinite(out)
    grid.check_cover(valid, what, needed=grid.needed_cells() if needed is None else needed)
    wrapped = grid.wrap(
        out,
        name=str(raster.name) if raster.name is not None else None,
        units="m" if holds == "heights" else str(raster.attrs.get("units", "")),
        long_name=str(raster.attrs.get("long_name", what)),
    )
    if source.classes:
        wrapped.attrs["_FillValue"] = out.dtype.type(source.nodata)
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
    dtype, nodata
        Type of what is read, and what stands in it for no data.
    cell_m
        Side of the raster's cells on the ground. Units: m.
    codes
        What each index stands for, where classes are read by index.
    """

    grid: Grid
    layers: tuple[Layer, ...]
    job: BlockJob
    dtype: Any
    nodata: Any
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
        out, total = np.full(shape, self.nodata, self.dtype), np.zeros(shape, np.float32)
        for layer in self.layers if out.size else ():
            values, known = layer.bring(rows, columns, self.job)
            if self.codes is None and not self.classes:
                blend(out, total, values, known)
                continue
            better = known > total
            found = values if self.codes is None else self.codes[values]
            out[better], total[better] = found[better], known[better]
        out[total < HALF] = self.nodata
        return out


def on_grid(
    raster: xr.DataArray,
    grid: Grid,
    *,
    resampling: str = "auto",
    name: str = "raster",
    holds: str = "",
) -> OnGrid:
    """
    Look at a raster in memory, to read it onto a grid block by block.

    Parameters
    ----------
    raster, grid, resampling, name, holds
        As for `warp`.

    Returns
    -------
    OnGrid
        What reads it.

    Raises
    ------
    CRSMismatchError
        If it has no CRS.
    GridMismatchError
        If its cells are not evenly spaced.
    InvalidParameterError
        If a number is infinite, or a height is none.
    """
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


def _usual(coarsens: bool, classes: bool) -> str:  # noqa: FBT001 - two questions
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


def _job(values: Any, empty: Any, resampling: str) -> tuple[BlockJob, Any]:
    """Say what to make of the source under a block, and what its indices stand for, if it has any."""
    if resampling in _SMOOTH or (resampling == "nearest" and values.dtype.kind == "f"):
        kernel = _SMOOTH.get(resampling, nearest)
        extra: tuple[Any, ...] = (np.nan,) if resampling == "nearest" else ()
        return _of(values, kernel, extra, np.nan, np.float32), None
    if values.dtype == np.uint8:
        extra = (256, empty) if resampling == "mode" else (empty,)
        return _of(values, majority if extra[1:] else nearest, extra, empty, np.uint8), None
    # The kernels count classes in a table by code, so codes of 16 or 32 bits are numbered first.
    index, codes = _indexed(values, empty)
    extra = (len(codes) - 1, -1) if resampling == "mode" else (-1,)
    return _of(index, majority if extra[1:] else nearest, extra, -1, np.int32), codes


def _of(values: Any, kernel: Any, extra: tuple[Any, ...], empty: Any, dtype: Any) -> BlockJob:
    def fetch(tile: Tile, rows: slice, columns: slice) -> Any:  # noqa: ARG001 - there is one
        return values[rows, columns]

    return BlockJob(kernel, extra, fetch, empty, dtype, empty, dtype)


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
        return UNKNOWN_CLASS
    low, high = max(kind.min, -_EXACT), min(kind.max, _EXACT)
    usual = -1 if kind.min < 0 else high
    return next((code for code in (usual, low, high) if not (values == code).any()), usual)
