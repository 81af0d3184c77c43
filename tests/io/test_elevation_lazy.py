"""Elevation read later: a lazy raster, a source in another process, blocks and their names."""

from __future__ import annotations

import pickle
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest
from tile_cases import (
    OBLIQUE,
    copernicus,
    five_tiles,
    grid_at,
)

import borderzone as bz
from borderzone import io
from borderzone.errors import InvalidParameterError, NoOverlapError
from borderzone.grid import Grid

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def tiles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder of five tiles."""
    return five_tiles(tmp_path_factory.mktemp("tiles"))


def test_a_lazy_raster_is_the_same_raster(tiles: Path) -> None:
    grid = grid_at(41.0, 35.0, resolution_m=400, shape=(100, 130))
    eager = bz.read_dem(tiles, grid)
    slow = bz.read_dem(tiles, grid, chunks=48)
    assert slow.chunks == ((48, 48, 4), (48, 48, 34))
    assert slow.dtype == np.float32
    assert slow.attrs["vertical_datum"] == eager.attrs["vertical_datum"]
    np.testing.assert_array_equal(slow.compute(scheduler="threads"), eager)
    np.testing.assert_array_equal(slow[30:60, 40:90], eager[30:60, 40:90])
    grid.check(slow)


def test_a_lazy_raster_reads_nothing_until_asked(tmp_path: Path) -> None:
    file = copernicus(tmp_path, 35, 41)
    grid = grid_at(41.5, 35.5, resolution_m=500, shape=(50, 50))
    raster = bz.read_dem(file, grid, chunks=20)
    file.unlink()
    with pytest.raises(bz.BorderzoneError, match="there is no file"):
        raster.compute()


def test_a_lazy_raster_cannot_promise_cover(tiles: Path) -> None:
    grid = grid_at(41.0, 35.0, resolution_m=400, shape=(10, 10))
    with pytest.raises(InvalidParameterError, match="leave them out with chunks"):
        bz.read_dem(tiles, grid, chunks=5, needed=np.ones(grid.shape, bool))


def test_without_dask_a_lazy_raster_says_how_to_get_it(
    tiles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "dask", None)
    monkeypatch.setitem(sys.modules, "dask.array", None)
    grid = grid_at(41.0, 35.0, resolution_m=400, shape=(10, 10))
    with pytest.raises(InvalidParameterError, match="pip install dask"):
        bz.read_dem(tiles, grid, chunks=5)


def test_a_source_travels_to_another_process(tiles: Path) -> None:
    corridor = Grid(
        shape=(30, 30),
        transform=grid_at(41.0, 35.0, resolution_m=400, shape=(30, 30)).transform,
        crs=OBLIQUE,
        needed_by=lambda grid: np.ones(grid.shape, bool),
    )
    source = io.open_dem(tiles, corridor)
    again = pickle.loads(pickle.dumps(source))  # noqa: S301 (our own)
    block = slice(3, 20), slice(None)
    np.testing.assert_array_equal(again.read(*block), source.read(*block))


def test_blocks_are_named_as_python_names_them(tiles: Path) -> None:
    grid = grid_at(41.0, 35.0, resolution_m=400, shape=(30, 20))
    source = io.open_dem(tiles, grid)
    whole = source.read(slice(None), slice(None))
    np.testing.assert_array_equal(source.read(slice(-5, None), slice(3)), whole[-5:, :3])
    assert source.read(slice(5, 5), slice(None)).shape == (0, 20)
    with pytest.raises(InvalidParameterError, match="steps of 1"):
        source.read(slice(0, 10, 2), slice(None))
    assert "4 file(s)" in repr(source)


def test_tiles_beside_the_grid_are_told_at_once(tiles: Path) -> None:
    with pytest.raises(
        NoOverlapError, match=r"elevation: none of the 5 file\(s\) lies on the grid"
    ):
        io.open_dem(tiles, grid_at(45.0, 30.0, resolution_m=400, shape=(10, 10)))


def test_threads_that_open_tiles_leave_the_filters_of_warnings_alone(tiles: Path) -> None:
    grid = grid_at(41.2, 35.0, resolution_m=300, shape=(128, 128))
    source = io.open_dem(tiles, grid)
    before = list(warnings.filters)
    blocks = list(grid.blocks(8))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda block: source.read(*block), blocks))
    assert list(warnings.filters) == before
