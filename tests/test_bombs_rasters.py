"""Rasters that are small on disk and large in memory, or stranger than a raster should be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
from affine import Affine

from borderzone import Grid, io
from borderzone.io import mosaic
from borderzone.io.tiles import Tile

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

UTM = "EPSG:32637"


def tif(path: Path, values: np.ndarray, *, crs: Any = UTM, cell: float = 30.0, **more: Any) -> Path:
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=values.shape[0],
        width=values.shape[1],
        count=1,
        dtype=values.dtype,
        crs=crs,
        transform=Affine(cell, 0, 650_000, 0, -cell, 3_860_000),
        **more,
    ) as target:
        target.write(values, 1)
    return path


def grid_of(side_m: float, resolution_m: float) -> Grid:
    return Grid.covering(
        (650_000, 3_860_000 - side_m, 650_000 + side_m, 3_860_000),
        resolution_m=resolution_m,
        crs=UTM,
    )


def test_each_source_cell_is_read_about_once_however_coarse_the_grid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    side = 1_200
    heights = np.random.default_rng(1).integers(0, 3_000, (side, side)).astype("i2")
    file = tif(tmp_path / "a.tif", heights)
    grid = grid_of(side * 30, 60 * 30)
    whole = io.read_dem(file, grid)
    read: list[int] = []
    usual = Tile.read_heights

    def counted(self: Tile, rows: slice, columns: slice) -> Any:
        read.append((rows.stop - rows.start) * (columns.stop - columns.start))
        return usual(self, rows, columns)

    monkeypatch.setattr(Tile, "read_heights", counted)
    monkeypatch.setattr(mosaic, "_MOST", 100_000)
    got = io.read_dem(file, grid)
    assert sum(read) < 3 * side**2
    assert max(read) <= 100_000
    np.testing.assert_array_equal(got, whole)
    assert abs(float(got.mean()) - heights.mean()) < 1
