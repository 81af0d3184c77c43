"""Rasters written block by block: any order, several threads, the same bytes every time."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
import rasterio.shutil
from rasterio.windows import Window

from borderzone._guards import check_choice, guarded, n_threads
from borderzone.errors import DataError, InvalidParameterError, OutputError, ShapeMismatchError
from borderzone.io.bounds import Limits
from borderzone.io.files import atomic_write, local_file
from borderzone.io.raster import ENVIRONMENT, FOREIGN, open_raster
from borderzone.io.warping import block_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from borderzone.grid import Grid

__all__ = ["RasterWriter", "copy_raster", "create_raster"]

DTYPES = ("float32", "uint8", "int16", "int32", "bool")
_PACKED = ("deflate", "zstd")
COMPRESSIONS = (*_PACKED, "none")
_BLOCK = 512
_THREADS = 4


@guarded
class RasterWriter:
    """
    A raster that is being written; made by `create_raster`.

    Parameters
    ----------
    target
        The open file.
    grid
        Its grid.
    dtype
        Type of its values.
    nodata
        Value that stands for no data; NaN, a whole number or None.

    Examples
    --------
    >>> RasterWriter.__name__
    'RasterWriter'
    """

    def __init__(self, target: Any, grid: Grid, dtype: Any, nodata: float | None) -> None:
        self.grid = grid
        self._target, self._dtype, self._nodata = target, np.dtype(dtype), nodata
        self._lock = threading.Lock()
        self._voids = 0

    @property
    def voids(self) -> int:
        """
        Count cells without data among those written.

        Returns
        -------
        int
            A cell that is written twice counts twice; one that is never written, not.
        """
        return self._voids

    def write(self, rows: slice, columns: slice, values: Any) -> None:
        """
        Write a block, from any thread and in any order.

        Parameters
        ----------
        rows, columns
            The block, as slices into the grid.
        values
            Its values; numbers with decimals become float32, masks 0 and 1.

        Raises
        ------
        ShapeMismatchError
            If the values do not have the shape of the block.
        InvalidParameterError
            If they do not fit the raster's type.
        OutputError
            If they cannot be written.
        """
        rows, columns = block_of(self.grid, rows, columns)
        block = self._fitted(np.asarray(values))
        shape = (rows.stop - rows.start, columns.stop - columns.start)
        if block.shape != shape:
            msg = f"the values have shape {block.shape}, the block {shape}; write what the block holds"
            raise ShapeMismatchError(msg)
        voids = _count_voids(block, self._nodata)
        with self._lock, _write_errors(self._target.name), rasterio.Env(**ENVIRONMENT):
            self._target.write(block, 1, window=Window.from_slices(rows, columns))
            self._voids += voids

    def tag(self, **words: str) -> None:
        """
        Add words to the file's metadata, such as what is known only at the end.

        Parameters
        ----------
        **words
            The words by name.
        """
        with self._lock:
            self._target.update_tags(**words)

    def _fitted(self, values: Any) -> Any:
        if values.dtype == self._dtype:
            return values
        kinds = {"f": "f", "b": "bui", "u": "ui", "i": "ui"}.get(values.dtype.kind, "")
        block = values.astype(self._dtype) if self._dtype.kind in kinds else None
        if block is None or (self._dtype.kind in "ui" and (block != values).any()):
            msg = (
                f"values of type {values.dtype} do not fit a raster of {self._dtype}; convert them"
            )
            raise InvalidParameterError(msg)
        return block


def _count_voids(block: Any, nodata: float | None) -> int:
    if block.dtype.kind == "f":
        return int(np.isnan(block).sum())
    return 0 if nodata is None else int((block == nodata).sum())


@contextmanager
def _write_errors(name: str) -> Iterator[None]:
    try:
        yield
    except FOREIGN as error:
        reason = str(error.__cause__ or error).splitlines()[0][:200]
        msg = f"{name!r} cannot be written ({reason}); is the disk full, or the folder read-only?"
        raise OutputError(msg) from error


@contextmanager
def create_raster(  # noqa: PLR0913 - each is a word of the file
    path: str | os.PathLike[str],
    grid: Grid,
    *,
    name: str,
    dtype: str = "float32",
    units: str = "",
    long_name: str = "",
    nodata: int | None = None,
    tags: Mapping[str, str] | None = None,
    compress: str = "deflate",
) -> Iterator[RasterWriter]:
    """
    Write a cloud-optimised GeoTIFF block by block.

    Blocks go to an unpacked file beside the final one; when the body ends they are packed in their
    own order, with overviews, so that the bytes depend on the values alone. The final name only
    ever holds a finished file. Memory does not grow with the raster; the disk holds it unpacked
    meanwhile, but for what was never written.

    Parameters
    ----------
    path
        File to write; an existing one is replaced when the new one is whole.
    grid
        Grid of the raster.
    name
        Name of the band.
    dtype
        One of float32, uint8, int16, int32 and bool.
    units, long_name
        What the values are, for the file's metadata.
    nodata
        Value that stands for no data, for whole numbers; float32 has NaN.
    tags
        Further words for the file's metadata.
    compress
        ``"deflate"``, which every program reads, ``"zstd"``, which is faster, or ``"none"`` for a
        file that is soon gone or that `copy_raster` packs: not packed, without overviews.

    Yields
    ------
    RasterWriter
        What takes the blocks. Cells that are never written have no data (0 where
        `nodata` is None).

    Raises
    ------
    OutputError
        If the file cannot be written.
    InvalidParameterError
        If `dtype`, `nodata` or `compress` is not allowed.

    Examples
    --------
    >>> import tempfile
    >>> from borderzone import Grid
    >>> from borderzone.io import read_raster
    >>> grid = Grid.covering((0, 0, 60, 40), resolution_m=10, crs="EPSG:32637")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with create_raster(f"{folder}/a.tif", grid, name="a") as raster:
    ...         raster.write(slice(0, 2), slice(0, 6), np.ones((2, 6)))
    ...     read_raster(f"{folder}/a.tif").to_numpy()[1:3, :2]
    array([[ 1.,  1.],
           [nan, nan]], dtype=float32)
    """
    check_choice(dtype, "dtype", DTYPES)
    check_choice(compress, "compress", COMPRESSIONS)
    stored = np.dtype("uint8" if dtype == "bool" else dtype)
    empty = _empty(stored, nodata)
    with atomic_write(path) as temporary:
        scratch = temporary.with_name(f"{temporary.stem}.scratch.tif")
        try:
            target = _scratch(scratch, grid, stored, empty)
            try:
                yield RasterWriter(target, grid, stored, empty)
                words = {"units": units, "long_name": long_name}
                target.update_tags(
                    **{key: word for key, word in words.items() if word}, **(tags or {})
                )
                target.set_band_description(1, name)
            finally:
                with _write_errors(os.fspath(path)):
                    target.close()
            if compress == "none":
                scratch.replace(temporary)
            else:
                _pack(scratch, temporary, stored, compress)
        finally:
            for left in (scratch, temporary.with_name(f"{temporary.name}.ovr.tmp")):
                left.unlink(missing_ok=True)


def copy_raster(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    tags: Mapping[str, str] | None = None,
    compress: str = "deflate",
) -> None:
    """
    Copy a raster of `create_raster` into a cloud-optimised GeoTIFF, and tag both.

    Parameters
    ----------
    source
        File that `create_raster` wrote with ``compress="none"``.
    target
        File to write; an existing one is replaced when the new one is whole.
    tags
        Further words for the metadata of both files.
    compress
        ``"deflate"`` or ``"zstd"``, as for `create_raster`.

    Raises
    ------
    DataError
        If `source` is missing or not such a file.
    OutputError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from borderzone import Grid
    >>> from borderzone.io import read_raster
    >>> grid = Grid.covering((0, 0, 60, 40), resolution_m=10, crs="EPSG:32637")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with create_raster(f"{folder}/a.tif", grid, name="a", compress="none") as raster:
    ...         raster.write(slice(0, 4), slice(0, 6), np.ones((4, 6)))
    ...     copy_raster(f"{folder}/a.tif", f"{folder}/b.tif", tags={"RUN": "1"})
    ...     float(read_raster(f"{folder}/b.tif")[0, 0])
    1.0
    """
    check_choice(compress, "compress", _PACKED)
    path = local_file(source, (".tif",), "raster")
    with open_raster(path, max_cells=Limits.now().raster_cells_by_block) as known:
        # The library may break down where it changes a damaged file; our own are plain tiles.
        if known.compression is not None or known.block_shapes != [(_BLOCK, _BLOCK)]:
            msg = f"raster: {path.name!r} is none that create_raster wrote with compress='none'"
            raise DataError(msg)
    with (
        _write_errors(path.name),
        rasterio.Env(**ENVIRONMENT),
        rasterio.open(path, "r+", driver="GTiff") as own,
    ):
        dtype = np.dtype(own.dtypes[0])
        own.update_tags(**(tags or {}))
    with atomic_write(target) as temporary:
        try:
            _pack(path, temporary, dtype, compress)
        finally:
            temporary.with_name(f"{temporary.name}.ovr.tmp").unlink(missing_ok=True)


def _empty(dtype: Any, nodata: int | None) -> float | None:
    if dtype.kind == "f":
        if nodata is not None:
            msg = f"float32 has NaN for no data, got nodata={nodata!r}; leave it out"
            raise InvalidParameterError(msg)
        return float("nan")
    if nodata is not None and not np.iinfo(dtype).min <= nodata <= np.iinfo(dtype).max:
        msg = f"nodata must fit {dtype}, got {nodata!r}"
        raise InvalidParameterError(msg)
    return nodata


def _scratch(path: Path, grid: Grid, dtype: Any, nodata: float | None) -> Any:
    with _write_errors(path.name), rasterio.Env(**ENVIRONMENT):
        return rasterio.open(
            path,
            "w",
            driver="GTiff",
            height=grid.shape[0],
            width=grid.shape[1],
            count=1,
            dtype=dtype,
            crs=grid.crs.to_wkt(),
            transform=grid.transform,
            nodata=nodata,
            tiled=True,
            blockxsize=_BLOCK,
            blockysize=_BLOCK,
            sparse_ok=True,
            bigtiff="IF_SAFER",
        )


def _pack(scratch: Path, final: Path, dtype: Any, compress: str) -> None:
    numbers = dtype.kind == "f"
    with _write_errors(final.name), rasterio.Env(**ENVIRONMENT):
        rasterio.shutil.copy(
            scratch,
            final,
            driver="COG",
            compress=compress,
            # Decimals hardly shrink further at a higher level; classes do.
            level=(1 if numbers else 6) if compress == "deflate" else 3,
            predictor="yes",
            num_threads=min(_THREADS, n_threads()),
            blocksize=_BLOCK,
            overview_resampling="average" if numbers else "nearest",
            sparse_ok=True,
            bigtiff="IF_SAFER",
        )
