"""Classes read by block and rasters written by block."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from pyproj import CRS
from tile_cases import grid_at, lonlat, write_tif

from borderzone import io
from borderzone.errors import (
    DataError,
    InvalidParameterError,
    OutputError,
    ShapeMismatchError,
)
from borderzone.grid import Grid

if TYPE_CHECKING:
    from pathlib import Path

CELL = 1 / 1200
WHOLE = (slice(None), slice(None))


@pytest.fixture(scope="module")
def cover(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write two tiles of classes in patches, with a hole."""
    folder = tmp_path_factory.mktemp("cover")
    rng = np.random.default_rng(2)
    for west in (41, 41.5):
        patches = rng.choice([10, 30, 60, 80], size=(60, 60)).astype(np.uint8)
        classes = patches.repeat(10, 0).repeat(10, 1)
        if west == 41:
            classes[200:260, 300:380] = 0
        write_tif(
            folder / f"ESA_{west}.tif", classes, Affine(CELL, 0, west, 0, -CELL, 35.5), nodata=0
        )
    return folder


def blocks_of(source: io.ClassSource, size: int) -> Any:
    """Read all in blocks."""
    out = np.empty(source.grid.shape, np.uint8)
    for window in source.grid.blocks(size):
        out[window.inner] = source.read(*window.inner)
    return out


@pytest.mark.parametrize("resolution_m", [40, 300, 2500])
def test_classes_have_the_same_codes_in_whatever_block(cover: Path, resolution_m: float) -> None:
    """And the same shares."""
    side = round(60_000 / resolution_m) if resolution_m > 50 else 400
    source = io.open_classes(
        cover, grid_at(41.5, 35.2, resolution_m=resolution_m, shape=(side, side + 5))
    )
    whole = source.read(*WHOLE)
    assert set(np.unique(whole)) <= {0, 10, 30, 60, 80}
    for size in (23, 64):
        np.testing.assert_array_equal(blocks_of(source, size), whole)
    bare = source.read_share(*WHOLE, [60])
    part = slice(3, 17), slice(5, 20)
    np.testing.assert_array_equal(source.read_share(*part, [60]), bare[part])


def test_fine_cells_take_the_class_that_holds_their_centre(cover: Path) -> None:
    """Looked up in plain numpy."""
    grid = grid_at(41.25, 35.25, resolution_m=40, shape=(200, 200))
    with rasterio.open(cover / "ESA_41.tif") as tile:
        classes = tile.read(1)
    lon, lat = lonlat(grid)
    column, row = np.floor((lon - 41) / CELL).astype(int), np.floor((35.5 - lat) / CELL).astype(int)

    same = io.open_classes(cover, grid).read(*WHOLE) == classes[row, column]
    # Places are good to 0.002 cells of the grid: next to an edge the neighbour may be met.
    assert same.mean() > 0.999


def test_shares_of_coarse_cells_are_those_of_the_ground(cover: Path) -> None:
    """Against points counted in each cell; the majority is the class with the largest share."""
    grid = grid_at(41.15, 35.25, resolution_m=2500, shape=(8, 8))
    parts = 60
    fine = Grid(
        shape=(8 * parts, 8 * parts),
        transform=grid.transform @ Affine.scale(1 / parts),
        crs=grid.crs,
    )
    with rasterio.open(cover / "ESA_41.tif") as tile:
        classes = tile.read(1)
    lon, lat = lonlat(fine)
    column, row = np.floor((lon - 41) / CELL).astype(int), np.floor((35.5 - lat) / CELL).astype(int)
    under = classes[row, column].reshape(8, parts, 8, parts)
    source = io.open_classes(cover, grid)
    known = (under != 0).mean(axis=(1, 3))
    assert known.min() > 0.3

    for code in (10, 30, 60, 80):
        counted = (under == code).mean(axis=(1, 3)) / known
        found = source.read_share(*WHOLE, [code])
        # The box that is averaged is not turned with the cell.
        assert np.nanmax(np.abs(found - counted)) < 0.15
        assert abs(float(np.nanmean(found - counted))) < 0.02
    both = source.read_share(*WHOLE, [60, 80])
    np.testing.assert_allclose(
        both, source.read_share(*WHOLE, [60]) + source.read_share(*WHOLE, [80]), atol=1e-6
    )


def test_what_is_no_map_of_classes_is_refused(tmp_path: Path, cover: Path) -> None:
    """Heights, two kinds of no data, a code that stands for none."""
    place = Affine(CELL, 0, 41, 0, -CELL, 35.5)
    grid = grid_at(41.25, 35.25, resolution_m=300, shape=(20, 20))
    heights = write_tif(tmp_path / "heights.tif", np.full((600, 600), 0.5, np.float32), place)
    with pytest.raises(DataError, match=r"'heights\.tif'"):
        io.open_classes(heights, grid).read(*WHOLE)
    (tmp_path / "two").mkdir()
    for name, void in (("a", 0), ("b", 255)):
        write_tif(
            tmp_path / "two" / f"{name}.tif", np.full((600, 600), 60, np.uint8), place, nodata=void
        )
    with pytest.raises(DataError, match=r"no data is 0 in 'a\.tif', 255 in 'b\.tif'"):
        io.open_classes(tmp_path / "two", grid)
    with pytest.raises(InvalidParameterError, match="other than 0, which is no data; got 0"):
        io.open_classes(cover, grid).read_share(*WHOLE, [0])


# -- writing -------------------------------------------------------------------------------------

GRID = Grid(shape=(700, 900), transform=Affine(30, 0, 5e5, 0, -30, 4e6), crs=CRS(32637))


def values() -> Any:
    """Give numbers with holes."""
    z = np.random.default_rng(0).normal(100, 9, GRID.shape).astype(np.float32)
    z[100:200, 300:500] = np.nan
    return z


def write(path: Path, z: Any, *, backwards: bool = False, threads: int = 1, **options: Any) -> None:
    """Write by block."""
    blocks = [window.inner for window in GRID.blocks(256)][:: -1 if backwards else 1]
    with io.create_raster(path, GRID, name="z", **options) as raster:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda block: raster.write(block[0], block[1], z[block]), blocks))
        assert raster.voids == (np.isnan(z).sum() if z.dtype.kind == "f" else 0)


@pytest.mark.parametrize("compress", ["deflate", "zstd"])
def test_the_order_of_blocks_and_the_threads_do_not_change_a_byte(
    tmp_path: Path, compress: str
) -> None:
    """Nor does the name of the file."""
    z = values()
    write(tmp_path / "a.tif", z, compress=compress, units="m")
    write(tmp_path / "b.tif", z, compress=compress, units="m", backwards=True, threads=3)

    assert (tmp_path / "a.tif").read_bytes() == (tmp_path / "b.tif").read_bytes()
    np.testing.assert_array_equal(io.read_window(tmp_path / "a.tif", *WHOLE), z)
    with rasterio.open(tmp_path / "a.tif") as source:
        assert source.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert source.overviews(1)
        assert source.tags()["units"] == "m"
        assert source.transform == GRID.transform


def test_an_unpacked_raster_is_packed_by_copying(tmp_path: Path) -> None:
    """With further words, to what would have been written packed."""
    z = values()
    write(tmp_path / "raw.tif", z, compress="none", tags={"RUN": "7"})
    write(tmp_path / "packed.tif", z, tags={"RUN": "7"})
    np.testing.assert_array_equal(io.read_window(tmp_path / "raw.tif", *WHOLE), z)

    io.copy_raster(tmp_path / "raw.tif", tmp_path / "copy.tif", tags={"RUN": "7"})
    np.testing.assert_array_equal(io.read_window(tmp_path / "copy.tif", *WHOLE), z)
    with (
        rasterio.open(tmp_path / "copy.tif") as copy,
        rasterio.open(tmp_path / "packed.tif") as packed,
    ):
        assert str(copy.profile) == str(packed.profile)
        assert copy.tags()["RUN"] == packed.tags()["RUN"] == "7"
    with pytest.raises(DataError, match="there is no file"):
        io.copy_raster(tmp_path / "none.tif", tmp_path / "copy.tif")


def test_classes_and_masks_keep_their_code_of_no_data(tmp_path: Path) -> None:
    """What is never written has no data."""
    with io.create_raster(tmp_path / "a.tif", GRID, name="a", dtype="uint8", nodata=255) as raster:
        raster.write(slice(0, 10), slice(0, 10), np.full((10, 10), 3, np.uint8))
    found = io.read_window(tmp_path / "a.tif", *WHOLE)

    assert (found[:10, :10] == 3).all()
    assert (found[10:] == 255).all()


def test_a_write_that_fails_leaves_nothing_and_harms_nothing(tmp_path: Path) -> None:
    """Neither a half-written file nor scratch; an older file stays."""
    file = tmp_path / "a.tif"
    write(file, values())
    before = file.read_bytes()

    with pytest.raises(ZeroDivisionError), io.create_raster(file, GRID, name="a") as raster:
        raster.write(slice(0, 9), slice(0, 9), np.ones((9, 9)) / (1 // 0))
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["a.tif"]
    with pytest.raises(OutputError), io.create_raster(tmp_path / "no" / "a.tif", GRID, name="a"):
        pass


def test_blocks_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    """Their shape, or their type."""
    with io.create_raster(tmp_path / "a.tif", GRID, name="a", dtype="uint8") as raster:
        with pytest.raises(ShapeMismatchError):
            raster.write(slice(0, 9), slice(0, 9), np.ones((9, 8), np.uint8))
        with pytest.raises(InvalidParameterError):
            raster.write(slice(0, 9), slice(0, 9), np.full((9, 9), 300))
    with (
        pytest.raises(InvalidParameterError, match="dtype"),
        io.create_raster(tmp_path / "b.tif", GRID, name="a", dtype="float16"),
    ):
        pass
