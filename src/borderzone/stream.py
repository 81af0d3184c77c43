"""Terrain too large for memory: read, computed and written block by block.

A corridor at 30 m has tens of millions of cells, in a box of twice as many. The box is walked in blocks;
those without a cell of the corridor are skipped. Each block is read with as much ground around it
as its layers reach, so the answers are those of the whole raster, to the last bit, whatever the size of
the blocks and the number of threads.
"""

from __future__ import annotations

import logging
import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import shapely
import xarray as xr

from borderzone import io, terrain
from borderzone._guards import (
    as_given,
    check_threads,
    check_whole,
    guard_room,
    local_path,
    n_threads,
)
from borderzone.errors import InvalidParameterError, NoOverlapError, OutputError, ShapeMismatchError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from borderzone._typing import BoolArray
    from borderzone.corridor import Corridor
    from borderzone.grid import Grid

__all__ = [
    "BLOCK_CELLS",
    "Block",
    "blanked",
    "blocks_of",
    "in_order",
    "inner",
    "n_threads",
    "raster_like",
    "terrain_to_files",
]

_LOG = logging.getLogger("borderzone")
BLOCK_CELLS = 1024

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True, kw_only=True)
class Block:
    """
    One block of a grid.

    Attributes
    ----------
    rows, columns
        Where it lies in the grid.
    grid
        The grid of the block alone.
    """

    rows: slice
    columns: slice
    grid: Grid

    def with_halo(self, cells: int) -> tuple[slice, slice]:
        """
        Give rows and columns of the block and the ground around it, in the grid grown by as much.

        Parameters
        ----------
        cells
            Width of the halo, and what the grid was grown by.

        Returns
        -------
        tuple of slice
            Rows and columns in ``grid.padded(cells)``.
        """
        return (
            slice(self.rows.start, self.rows.stop + 2 * cells),
            slice(self.columns.start, self.columns.stop + 2 * cells),
        )


def blocks_of(
    grid: Grid,
    outline: shapely.Geometry | None = None,
    *,
    size: int = BLOCK_CELLS,
    multiple: int = 1,
) -> list[Block]:
    """
    List the blocks of a grid that hold ground of an outline.

    Parameters
    ----------
    grid
        The grid.
    outline
        Polygon in the CRS of the grid; None for the whole grid.
    size
        Rows and columns of a block; the last ones may be smaller.
    multiple
        Blocks begin at multiples of it, so that coarser cells are never cut.

    Returns
    -------
    list of Block
        Row by row.

    Raises
    ------
    NoOverlapError
        If no block holds any of it.
    """
    multiple = check_whole(multiple, "multiple")
    step = max(check_whole(size, "size", unit="cells") // multiple, 1) * multiple
    if outline is not None:
        shapely.prepare(outline)
    found = []
    for window in grid.blocks(step):
        rows, columns = window.inner
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

    Parameters
    ----------
    function
        Called with each item.
    items
        What to work on.
    threads
        How many work at once; the cores of the process when left out.

    Yields
    ------
    object
        Answer for each item.
    """
    workers = check_threads(threads)
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Any] = deque()
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


def terrain_to_files(  # noqa: PLR0913 (a source, a place, and how to walk)
    source: Any,
    grid: Grid,
    folder: str | os.PathLike[str],
    *,
    layers: Iterable[str] | None = None,
    corridor: Corridor | None = None,
    block_cells: int = BLOCK_CELLS,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Path]:
    """
    Compute terrain layers of any number of cells, block by block, into files.

    Memory depends on the size of a block, not on that of the grid. Cells outside the corridor are
    left without data. Each file's metadata hold ``vertical_datum`` and ``void_cells``, how many of
    the wanted cells have no elevation; a warning is logged if there are any.

    Parameters
    ----------
    source
        Elevation files, as for `borderzone.read_dem`.
    grid
        Grid of the layers.
    folder
        Folder to write ``<layer>.tif`` into; it must exist.
    layers
        As for `borderzone.terrain.attributes`.
    corridor
        Corridor whose ground is wanted; the whole grid when left out.
    block_cells
        Rows and columns of a block.
    threads
        How many blocks are worked on at once; all cores when left out.
    progress
        Called with the number of blocks done and of all.

    Returns
    -------
    dict of pathlib.Path
        File by layer.

    Raises
    ------
    BorderzoneError
        If an elevation file cannot be used, a layer is unknown or a file cannot be written.
    """
    _check_source_and_folder(source, folder)
    walk = _Walk(source, grid, terrain.layer_names(layers), corridor)
    outline = None if corridor is None else corridor.outline.to_crs(grid.crs).union_all()
    block_cells = check_whole(block_cells, "block_cells", unit="cells")
    blocks = blocks_of(grid, outline, size=block_cells)
    wanted = voids = 0
    with ExitStack() as stack:
        writers: dict[str, Any] = {}
        answers = in_order(walk.read, blocks, threads=threads)
        for number, (block, found, cells, holes) in enumerate(answers, start=1):
            for name, layer in found.items():
                if name not in writers:
                    path = Path(folder) / f"{name}.tif"
                    writers[name] = stack.enter_context(raster_like(path, grid, layer))
                writers[name].write(block.rows, block.columns, layer.to_numpy())
            wanted, voids = wanted + cells, voids + holes
            if progress is not None:
                progress(number, len(blocks))
        for writer in writers.values():
            writer.tag(vertical_datum=walk.heights.vertical_datum, void_cells=str(voids))
    if voids:
        share, told = 100 * voids / wanted, "%d of %d cells (%.1f %%) have no elevation: %s"
        _LOG.warning(told, voids, wanted, share, "their terrain is unknown, not flat")
    return {name: Path(folder) / f"{name}.tif" for name in writers}


def _check_source_and_folder(source: Any, folder: str | os.PathLike[str]) -> None:
    if isinstance(source, xr.DataArray):
        msg = "source must be files; for a raster in memory call borderzone.terrain.attributes(raster)"
        raise InvalidParameterError(msg)
    if not local_path(folder).is_dir():
        msg = f"there is no folder {os.fspath(folder)!r} to write layers into; make it first"
        raise OutputError(msg)


class _Walk:
    """Reads a block with its halo and computes its layers."""

    def __init__(
        self, source: Any, grid: Grid, names: tuple[str, ...], corridor: Corridor | None
    ) -> None:
        self._names, self._corridor = names, corridor
        self._halo = terrain.reach_cells(names, cell_m=grid.resolution_m)
        self._around = grid.padded(self._halo)
        self.heights = io.open_dem(source, self._around)

    def read(self, block: Block) -> tuple[Block, dict[str, xr.DataArray], int, int]:
        """Give the layers of a block, its wanted cells, and those without elevation."""
        window = block.with_halo(self._halo)
        dem = self._around.part(*window).wrap(
            self.heights.read(*window), name="elevation_m", units="m"
        )
        found = inner(terrain.attributes(dem, layers=self._names), self._halo)
        own = inner(dem.to_dataset(), self._halo)["elevation_m"].to_numpy()
        outside = None
        if self._corridor is not None:
            outside = self._corridor.cells(block.grid)["segment"].to_numpy() < 0
            own = own[~outside]
        layers = {str(name): blanked(layer, outside) for name, layer in found.items()}
        return block, layers, own.size, int(np.isnan(own).sum())


def inner(layers: xr.Dataset, halo: int) -> xr.Dataset:
    """
    Cut the halo off.

    Parameters
    ----------
    layers
        Layers of a block with its halo.
    halo
        Its width. Units: cells.

    Returns
    -------
    xarray.Dataset
        Layers of the block.
    """
    halo = check_whole(halo, "halo", lowest=0, unit="cells")
    rows, columns = layers.sizes["y"], layers.sizes["x"]
    return layers.isel(y=slice(halo, rows - halo), x=slice(halo, columns - halo))


def raster_like(
    path: Path,
    grid: Grid,
    layer: xr.DataArray,
    *,
    tags: Mapping[str, str] | None = None,
    compress: str = "deflate",
) -> Any:
    """
    Open a file for a layer of which one block is known.

    Parameters
    ----------
    path
        File to write.
    grid
        Grid of the whole layer.
    layer
        One block: name, type, unit and no-data value are taken from it.
    tags
        Further words for the file's metadata.
    compress
        As for `io.create_raster`.

    Returns
    -------
    context manager
        Writer of blocks.
    """
    fill = layer.attrs.get("_FillValue")
    return io.create_raster(
        path,
        grid,
        name=str(layer.name),
        dtype=str(layer.dtype),
        units=str(layer.attrs.get("units", "")),
        long_name=str(layer.attrs.get("long_name", "")),
        nodata=None if fill is None or layer.dtype.kind == "f" else int(fill),
        tags=dict(tags or {}),
        compress=compress,
    )


@as_given
def blanked(layer: xr.DataArray, outside: BoolArray | None) -> xr.DataArray:
    """
    Leave a layer without data where it is not wanted.

    Parameters
    ----------
    layer
        Layer of a block.
    outside
        Cells to leave out; None for none.

    Returns
    -------
    xarray.DataArray
        A layer with NaN or its fill value there.
    """
    if outside is None or not outside.any():
        return layer
    if outside.shape != layer.shape:
        msg = f"outside must have the shape of the layer, {layer.shape}, got {outside.shape}"
        raise ShapeMismatchError(msg)
    empty = np.nan if layer.dtype.kind == "f" else layer.attrs["_FillValue"]
    return layer.copy(data=np.where(outside, layer.dtype.type(empty), layer.to_numpy()))


guard_room(globals(), __all__)
