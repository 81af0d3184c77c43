"""Terrain too large for memory: read, computed and written block by block.

A corridor at 30 m has tens of millions of cells, in a box of twice as many. The box is walked in blocks;
those without a cell of the corridor are skipped. Each block is read with as much ground around it
as its layers reach, so the answers are those of the whole raster, to the last bit, whatever the size of
the blocks and the number of threads.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from borderzone import io, terrain
from borderzone._cells import BLOCK_CELLS, Block, blanked, blocks_of, in_order, without_halo
from borderzone._guards import check_whole, guard_room, local_path
from borderzone.errors import InvalidParameterError, OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from borderzone.corridor import Corridor
    from borderzone.grid import Grid

__all__ = ["raster_like", "terrain_to_files"]

_LOG = logging.getLogger("borderzone")


def terrain_to_files(  # noqa: PLR0913 - a source, a place, and how to walk
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

    Examples
    --------
    >>> import tempfile
    >>> from borderzone import Grid
    >>> grid = Grid.covering((0, 0, 300, 300), resolution_m=30, crs="EPSG:32637")
    >>> _, east = np.meshgrid(grid.y, grid.x, indexing="ij")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     io.write_raster(grid.wrap(east.astype(np.float32), units="m"), f"{folder}/dem.tif")
    ...     files = terrain_to_files(f"{folder}/dem.tif", grid, folder, layers=["slope_deg"])
    ...     round(float(io.read_raster(files["slope_deg"])[5, 5]), 3)
    45.0
    """
    _check_source_and_folder(source, folder)
    # Twice asked for: an iterator would be spent.
    names = (
        tuple(layers) if isinstance(layers, Iterable) and not isinstance(layers, str) else layers
    )
    walk = _Walk(source, grid, names, corridor)
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
        self, source: Any, grid: Grid, names: Iterable[str] | None, corridor: Corridor | None
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
        found = without_halo(terrain.attributes(dem, layers=self._names), self._halo)
        own = without_halo(dem.to_dataset(), self._halo)["elevation_m"].to_numpy()
        outside = None
        if self._corridor is not None:
            outside = self._corridor.cells(block.grid)["segment"].to_numpy() < 0
            own = own[~outside]
        layers = {str(name): blanked(layer, outside) for name, layer in found.items()}
        return block, layers, own.size, int(np.isnan(own).sum())


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

    Examples
    --------
    >>> import tempfile
    >>> from borderzone import Grid
    >>> grid = Grid.covering((0, 0, 90, 60), resolution_m=30, crs="EPSG:32637")
    >>> top = slice(0, 1), slice(0, 3)
    >>> slope = grid.part(*top).wrap(np.array([[1, 2, 3]], np.float32), name="slope")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with raster_like(Path(folder, "slope.tif"), grid, slope) as raster:
    ...         raster.write(*top, slope.to_numpy())
    ...     io.read_raster(f"{folder}/slope.tif").to_numpy()
    array([[ 1.,  2.,  3.],
           [nan, nan, nan]], dtype=float32)
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


guard_room(globals(), __all__)
