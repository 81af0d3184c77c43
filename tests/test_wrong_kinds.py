"""Objects of the wrong kind at the front doors: refused by name, before anything is computed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import borderzone
from borderzone import Grid
from borderzone.errors import BorderzoneError

if TYPE_CHECKING:
    from collections.abc import Callable

bz: Any = borderzone  # what is wrong for a reader of types is asked on purpose
AS_GRID: Any = Grid
GRID = Grid.covering((0, 0, 3000, 3000), resolution_m=300, crs=32637)
FLAT = GRID.wrap(np.zeros(GRID.shape, np.float32))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: AS_GRID.of(None), "a raster must be an xarray.DataArray, got NoneType"),
        (lambda: bz.terrain.slope(FLAT.to_numpy()), "must be an xarray.DataArray, got ndarray"),
        (lambda: bz.access.travel_time(None, None), "got NoneType"),
        (lambda: bz.Corridor.around("IRQ"), r"got 'IRQ'; use Border\.between"),
        (lambda: bz.difficulty.zones(None, None), "the Dataset that difficulty.flags gives"),
        (
            lambda: bz.read_dem(None, GRID),
            "give a path, a pattern or several of them, got NoneType",
        ),
    ],
)
def test_a_wrong_kind_is_named(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(BorderzoneError, match=message):
        call()


@pytest.mark.parametrize("chunks", [0, -5, 2.5, (512, 0), "all"])
def test_blocks_of_no_cells_are_refused(chunks: Any, tmp_path: Any) -> None:
    bz.io.write_raster(FLAT + 1.0, tmp_path / "dem.tif")
    with pytest.raises(BorderzoneError, match="chunks must be whole numbers above zero"):
        bz.read_dem(tmp_path / "dem.tif", GRID, chunks=chunks)


@pytest.mark.parametrize("block", [(3, slice(None)), (None, None), (slice(0, 4, 2), slice(None))])
def test_a_block_is_two_slices_in_steps_of_one(block: Any, tmp_path: Any) -> None:
    bz.io.write_raster(GRID.wrap(np.ones(GRID.shape, np.float32)), tmp_path / "dem.tif")
    source = bz.io.open_dem(tmp_path / "dem.tif", GRID)
    with pytest.raises(BorderzoneError, match="two slices in steps of 1"):
        source.read(*block)
