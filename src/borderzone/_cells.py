"""
Cells of a grid: which of them hold a point, a line or a polygon, and work on them block by block.

Everything that is laid on a grid follows one rule for what lies on an edge. Rasters too large for
memory are walked in blocks, each with as much ground around it as its layers reach, or by function
of single cells in the chunks that a lazy raster has; so the answers are those of the whole raster, to
the last bit, whatever the size of the blocks and the number of threads.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np
import shapely
import xarray as xr

from borderzone._guards import check_threads, check_whole
from borderzone._kernels import line_cells
from borderzone.errors import InvalidParameterError, NoOverlapError, ShapeMismatchError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from borderzone._typing import BoolArray, FloatArray, IntArray
    from borderzone.grid import Grid

__all__ = [
    "BLOCK_CELLS",
    "Block",
    "Passages",
    "any_lazy",
    "blanked",
    "blocks_of",
    "cells_inside",
    "cells_of_points",
    "cellwise",
    "in_cells",
    "in_order",
    "mark_inside",
    "needed_on_land",
    "passages_of",
    "projected",
    "without_halo",
]

BLOCK_CELLS = 1024

T = TypeVar("T")
U = TypeVar("U")
R = TypeVar("R", xr.DataArray, xr.Dataset)


def in_cells(xy: FloatArray, grid: Grid) -> FloatArray:
    """Turn coordinates into columns and rows."""
    left, _, _, top = grid.bounds
    column = (xy[:, 0] - left) / grid.resolution_m - 0.5
    row = (top - xy[:, 1]) / grid.resolution_m - 0.5
    return np.column_stack([column, row])


def cells_of_points(xy: FloatArray, grid: Grid) -> IntArray:
    """Find the cells that hold points. A cell holds its west and its north edge."""
    left, _, _, top = grid.bounds
    column = np.floor((xy[:, 0] - left) / grid.resolution_m)
    row = np.floor((top - xy[:, 1]) / grid.resolution_m)
    inside = (row >= 0) & (row < grid.shape[0]) & (column >= 0) & (column < grid.shape[1])
    cells = np.full(len(xy), -1, np.int64)
    cells[inside] = (row[inside] * grid.shape[1] + column[inside]).astype(np.int64)
    return cells


def cells_inside(polygon: BaseGeometry | None, grid: Grid) -> IntArray:
    """
    Find the cells of a polygon: those whose centre lies inside.

    A centre on the outline belongs to the polygon where that is its western or its southern edge.
    So of two polygons that share an edge one alone takes a centre on it, as an event on the edge of
    two zones lies in one of them. A polygon that is narrower than a cell may hold none: what
    must not leak through, such as a barrier, closes the steps across its outline too.
    """
    rows, columns = grid.shape
    every = [np.zeros(0, np.int64)]
    for part in shapely.get_parts(polygon):
        rings = shapely.get_rings(part)
        xy, ring = shapely.get_coordinates(rings, return_index=True)
        if not len(xy) or not np.isfinite(xy).all():  # no ground, or ground off the map
            continue
        at = in_cells(xy, grid)
        runs = np.zeros((0, 3), np.int64)
        count = line_cells.inside_runs(at, ring, rows, columns, runs)
        runs = np.zeros((count, 3), np.int64)
        line_cells.inside_runs(at, ring, rows, columns, runs)
        lengths = runs[:, 2] - runs[:, 1]
        first = np.repeat(runs[:, 0] * columns + runs[:, 1], lengths)
        along = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        every.append(first + along)
    return np.unique(np.concatenate(every))


def mark_inside(shape: Any, grid: Grid) -> BoolArray:
    """Find the cells of a grid whose middle lies in a shape."""
    found = np.zeros(grid.shape, bool)
    if not shape.is_empty and shape.intersects(shapely.box(*grid.bounds)):
        found.flat[cells_inside(shape, grid)] = True
    return found


def needed_on_land(needed: BoolArray | None, at_sea: BoolArray) -> BoolArray | None:
    """Leave the sea out of the cells that must have data."""
    land = ~at_sea if needed is None else needed & ~at_sea
    if not land.any() and at_sea.any():
        msg = (
            "all of the ground asked for is sea; check what sea= covers, its CRS and the order of its "
            "coordinates, or leave it out"
        )
        raise InvalidParameterError(msg)
    return None if needed is None else land


@dataclass(frozen=True, kw_only=True, slots=True)
class Passages:
    """Passages of lines through cells of a grid, in order along each line."""

    # Position of the line in what was given.
    line: IntArray
    # Number of the part of it, counted through all lines.
    part: IntArray
    # Flat index of the cell.
    cell: IntArray
    # start, end, nearest: Way along the line where the passage begins and ends, and nearest to the
    # cell's centre. Units: cells.
    start: FloatArray
    end: FloatArray
    nearest: FloatArray
    # Column and row of that place, shape ``(n, 2)``. Units: cells.
    place: FloatArray


def passages_of(lines: Sequence[BaseGeometry] | NDArray[np.object_], grid: Grid) -> Passages:
    """Follow lines through the cells of a grid."""
    lines = np.asarray(lines, dtype=object)
    left, bottom, right, top = grid.bounds
    near = shapely.box(left, bottom, right, top).buffer(2 * grid.resolution_m)
    whole = shapely.within(lines, near)
    cut = np.where(whole, lines, shapely.intersection(lines, near))
    parts, which = shapely.get_parts(cut, return_index=True)
    is_line = np.isin(shapely.get_type_id(parts), (1, 2))
    parts, which = parts[is_line], which[is_line]
    xy, part = shapely.get_coordinates(parts, return_index=True)
    at = in_cells(xy, grid)
    crossed = np.abs(np.diff(np.floor(at + 0.5), axis=0)).sum(axis=1)
    room = int(crossed.sum()) + 5 * len(at)
    found: tuple[Any, ...] = (
        *(np.empty(room, np.int64) for _ in range(3)),
        *(np.empty(room) for _ in range(5)),
    )
    count = line_cells.passages(at, part, found)
    of_part, row, column, start, end, nearest, x, y = (values[:count] for values in found)
    rows, columns = grid.shape
    inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
    return Passages(
        line=which[of_part][inside],
        part=of_part[inside],
        cell=(row * columns + column)[inside],
        start=start[inside],
        end=end[inside],
        nearest=nearest[inside],
        place=np.column_stack([x, y])[inside],
    )


def projected(polygons: gpd.GeoDataFrame, grid: Grid) -> list[BaseGeometry]:
    """Project polygons into the frame of a grid, their long edges kept true."""
    # A straight edge in degrees is a curve in the grid's frame: give it vertices first.
    step = 0.02 if polygons.crs.is_geographic else 2_000.0
    return list(polygons.geometry.segmentize(step).to_crs(grid.crs))


@dataclass(frozen=True, kw_only=True)
class Block:
    """One block of a grid: its rows and columns there, and the grid of the block alone."""

    rows: slice
    columns: slice
    grid: Grid

    def with_halo(self, cells: int) -> tuple[slice, slice]:
        """Give rows and columns of the block and the ground around it, in ``grid.padded(cells)``."""
        return (
            slice(self.rows.start, self.rows.stop + 2 * cells),
            slice(self.columns.start, self.columns.stop + 2 * cells),
        )


def blocks_of(
    grid: Grid,
    outline: BaseGeometry | None = None,
    *,
    size: int = BLOCK_CELLS,
    multiple: int = 1,
) -> list[Block]:
    """
    List the blocks of a grid that hold ground of an outline, in its CRS; None for the whole grid.

    They begin at a `multiple` of cells, so that coarser cells are never cut.
    """
    multiple = check_whole(multiple, "multiple")
    step = max(check_whole(size, "size", unit="cells") // multiple, 1) * multiple
    if outline is not None:
        shapely.prepare(outline)
    found = []
    for rows, columns in grid.blocks(step):
        part = grid.part(rows, columns)
        if outline is None or outline.intersects(shapely.box(*part.bounds)):
            found.append(Block(rows=rows, columns=columns, grid=part))
    if not found:
        msg = "no block of the grid holds ground of the outline; use a grid that lies on it"
        raise NoOverlapError(msg)
    return found


def in_order(
    function: Callable[[T], U], items: Iterable[T], *, threads: int | None = None
) -> Iterator[U]:
    """
    Run a function over items in threads, and give the answers in the order of the items.

    Few answers wait at any time, so memory does not grow with the number of items.
    """
    workers = check_threads(threads)
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future[U]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(function, item))
                if len(waiting) > workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for job in waiting:
                job.cancel()


def without_halo(layers: xr.Dataset, halo: int) -> xr.Dataset:
    """Cut off what was read around a block; `halo` counts its cells."""
    halo = check_whole(halo, "halo", lowest=0, unit="cells")
    rows, columns = layers.sizes["y"], layers.sizes["x"]
    return layers.isel(y=slice(halo, rows - halo), x=slice(halo, columns - halo))


def blanked(layer: xr.DataArray, outside: BoolArray | None) -> xr.DataArray:
    """Leave a layer without data where it is not wanted: NaN, or its fill value."""
    if outside is None or not outside.any():
        return layer
    if outside.shape != layer.shape:
        msg = f"outside must have the shape of the layer, {layer.shape}, got {outside.shape}"
        raise ShapeMismatchError(msg)
    empty = np.nan if layer.dtype.kind == "f" else layer.attrs["_FillValue"]
    return layer.copy(data=np.where(outside, layer.dtype.type(empty), layer.to_numpy()))


def any_lazy(layers: Mapping[str, xr.DataArray]) -> bool:
    """Tell whether any raster is computed only when it is needed."""
    return any(layer.chunks is not None for layer in layers.values())


def cellwise(
    function: Callable[[Mapping[str, xr.DataArray]], R], layers: Mapping[str, xr.DataArray]
) -> R:
    """Run a function of layers whose answer at a cell depends on that cell alone."""
    if not any_lazy(layers):
        return function(layers)
    return cast("R", _LazyCall(function, layers).answer())


class _LazyCall:
    """The layers in one set of chunks, and what the function makes of a corner of them."""

    def __init__(
        self,
        function: Callable[[Mapping[str, xr.DataArray]], xr.DataArray | xr.Dataset],
        layers: Mapping[str, xr.DataArray],
    ) -> None:
        from dask.array import asarray  # noqa: PLC0415 - optional: only lazy rasters come here

        self._function, self._layers = function, layers
        chunks = next(layer.chunks for layer in layers.values() if layer.chunks is not None)
        arrays = (asarray(layer.data) for layer in layers.values())  # type: ignore[no-untyped-call]  # dask has few types
        self._arrays = [array.rechunk(chunks) for array in arrays]
        rows, columns = (np.concatenate([[0], np.cumsum(sizes)]) for sizes in chunks)
        self._rows, self._columns = rows, columns
        corner = {name: layer[:2, :2].compute() for name, layer in layers.items()}
        found = function(corner)
        self._several = isinstance(found, xr.Dataset)
        self._sample = self._parts(found)
        self._attrs = found.attrs
        self._type = np.result_type(*(layer.dtype for layer in self._sample.values()))

    def answer(self) -> xr.DataArray | xr.Dataset:
        from dask.array import map_blocks  # noqa: PLC0415 - as above

        chunks = self._arrays[0].chunks
        stacked = map_blocks(  # type: ignore[no-untyped-call]  # dask has few types
            self._block,
            *self._arrays,
            new_axis=0,
            chunks=((len(self._sample),), *chunks),
            dtype=self._type,
            meta=np.empty((0, 0, 0), self._type),
        )
        place = next(iter(self._layers.values()))
        layers = {}
        for number, (name, layer) in enumerate(self._sample.items()):
            coords = {axis: place[axis] for axis in ("y", "x") if axis in place.coords}
            scalars = {k: v for k, v in layer.coords.items() if k not in {"y", "x"}}
            values = stacked[number].astype(layer.dtype)
            layers[name] = xr.DataArray(
                values, coords | scalars, ("y", "x"), name=layer.name, attrs=layer.attrs
            )
        if self._several:
            return xr.Dataset(layers, attrs=self._attrs)
        return next(iter(layers.values()))

    def _parts(self, found: xr.DataArray | xr.Dataset) -> dict[str, xr.DataArray]:
        if isinstance(found, xr.Dataset):
            return {str(name): layer for name, layer in found.items()}
        return {"": found}

    def _block(self, *values: NDArray[Any], block_id: tuple[int, ...]) -> NDArray[Any]:
        row, column = block_id[-2:]
        part = {
            "y": slice(self._rows[row], self._rows[row + 1]),
            "x": slice(self._columns[column], self._columns[column + 1]),
        }
        # The layers' own coordinates, without their values: these come from the chunk.
        blocks = {
            name: xr.DataArray(
                block,
                {
                    key: coord.isel({axis: part[axis] for axis in coord.dims})
                    for key, coord in layer.coords.items()
                },
                layer.dims,
                name=layer.name,
                attrs=layer.attrs,
            )
            for (name, layer), block in zip(self._layers.items(), values, strict=True)
        }
        found = self._parts(self._function(blocks)).values()
        return np.stack([layer.to_numpy().astype(self._type) for layer in found])
