"""Terrain by block into files: the same bits as in memory, whatever the blocks, and only where wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from pyproj import CRS

import borderzone as bz
from borderzone import io, stream, terrain
from borderzone._cells import blocks_of, in_order, without_halo
from borderzone.errors import InvalidParameterError, NoOverlapError, OutputError
from borderzone.terrain.layers import ALL_LAYERS

if TYPE_CHECKING:
    from pathlib import Path

GRID = bz.Grid(shape=(300, 410), transform=Affine(90, 0, 5e5, 0, -90, 4.4e6), crs=CRS(32638))


@pytest.fixture(scope="module")
def tile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write seeded ground that reaches beyond the grid, with a hole."""
    path = tmp_path_factory.mktemp("tiles") / "ground.tif"
    rng = np.random.default_rng(5)
    z = 900 + np.cumsum(rng.normal(size=(520, 640)), axis=1) + 4 * rng.normal(size=(520, 640))
    z[200:204, 300:306] = np.nan
    corner = Affine(90, 0, 5e5 - 90 * 110, 0, -90, 4.4e6 + 90 * 105)
    with rasterio.open(
        path, "w", driver="GTiff", height=520, width=640, count=1, dtype="float32",
        crs="EPSG:32638", transform=corner, nodata=np.nan, tiled=True,
    ) as target:  # fmt: skip
        target.write(z.astype(np.float32), 1)
    return path


def read(path: Path) -> Any:
    """Read a whole file as it is."""
    return io.read_raster(path).to_numpy()


def in_memory(tile: Path) -> Any:
    """Every layer of the grid with its ground around, at once."""
    halo = terrain.reach_cells("all", cell_m=90.0)
    around = terrain.attributes(bz.read_dem(tile, GRID.padded(halo)), layers="all")
    return without_halo(around, halo)


@pytest.mark.parametrize(("block_cells", "threads"), [(64, 2), (128, 1), (1000, 3)])
def test_files_hold_the_bits_of_the_whole_raster(
    tile: Path, tmp_path: Path, block_cells: int, threads: int
) -> None:
    """Every layer, in blocks of any size, by any number of threads."""
    files = stream.terrain_to_files(
        tile, GRID, tmp_path, layers="all", block_cells=block_cells, threads=threads
    )
    whole = in_memory(tile)

    assert tuple(files) == ALL_LAYERS
    for name, path in files.items():
        np.testing.assert_array_equal(read(path), whole[name].to_numpy(), err_msg=name)


def test_only_blocks_of_the_corridor_are_read(tile: Path, tmp_path: Path) -> None:
    """The rest of the oblique box costs nothing, and has no data in the files."""
    corridor = bz.Corridor.around(bz.Border.between("AZE", "TUR"), depth_km=4, segment_km=4)
    grid = corridor.grid(resolution_m=90)
    outline = corridor.outline.to_crs(grid.crs).union_all()
    skipped = [
        part
        for part in blocks_of(grid, size=32)
        if not shapely.intersects(outline, shapely.box(*part.grid.bounds))
    ]
    walked = blocks_of(grid, outline, size=32)
    assert skipped
    assert len(skipped) + len(walked) == len(blocks_of(grid, size=32))

    dem = wide_tile(tmp_path)
    done: list[tuple[int, int]] = []
    files = stream.terrain_to_files(
        dem, grid, tmp_path, layers=["slope_deg", "geomorphon"], corridor=corridor,
        block_cells=32, progress=lambda number, of: done.append((number, of)),
    )  # fmt: skip
    inside = corridor.cells(grid)["segment"].to_numpy() >= 0
    slope, forms = read(files["slope_deg"]), read(files["geomorphon"])

    assert done == [(n, len(walked)) for n in range(1, len(walked) + 1)]
    np.testing.assert_array_equal(np.isfinite(slope), inside)
    np.testing.assert_array_equal(forms != 255, inside)


def wide_tile(folder: Path) -> Path:
    """Write ground in degrees around the shortest border of two large countries."""
    path = folder / "wide.tif"
    z = 800 + 50 * np.random.default_rng(1).random((700, 700), np.float32)
    with rasterio.open(
        path, "w", driver="GTiff", height=700, width=700, count=1, dtype="float32",
        crs="EPSG:4326", transform=Affine(1 / 1200, 0, 44.5, 0, -1 / 1200, 39.95),
    ) as target:  # fmt: skip
        target.write(z, 1)
    return path


def test_a_block_is_never_cut_through_a_coarser_cell() -> None:
    """Blocks begin at multiples of what nests in them."""
    for size, multiple in ((64, 7), (5, 7), (100, 30)):
        blocks = blocks_of(GRID, size=size, multiple=multiple)
        assert all(b.rows.start % multiple == b.columns.start % multiple == 0 for b in blocks)
        covered = np.zeros(GRID.shape, int)
        for block in blocks:
            covered[block.rows, block.columns] += 1
        assert (covered == 1).all()


def test_answers_come_in_the_order_of_the_items_and_an_error_ends_the_walk() -> None:
    """Whatever thread is first; and what waits is not begun."""
    assert list(in_order(lambda n: n * n, range(50), threads=4)) == [n * n for n in range(50)]
    begun = []

    def fails(n: int) -> int:
        begun.append(n)
        if n == 3:
            msg = "broken"
            raise ValueError(msg)
        return n

    with pytest.raises(ValueError, match="broken"):
        list(in_order(fails, range(1000), threads=2))
    assert len(begun) < 20


def test_impossible_walks_are_refused(tile: Path, tmp_path: Path) -> None:
    """A layer that does not exist, an outline elsewhere, a block without a cell."""
    with pytest.raises(InvalidParameterError, match="did you mean 'slope_deg'"):
        stream.terrain_to_files(tile, GRID, tmp_path, layers=["slope"])
    with pytest.raises(NoOverlapError, match="no block of the grid holds ground"):
        blocks_of(GRID, shapely.box(0, 0, 1, 1))
    with pytest.raises(InvalidParameterError, match="size must be"):
        blocks_of(GRID, size=0)
    assert not list(tmp_path.iterdir())


def test_holes_are_counted_and_told(
    tile: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """In the log, and in each file beside the datum."""
    files = stream.terrain_to_files(tile, GRID, tmp_path, layers=["slope_deg"], block_cells=100)

    with rasterio.open(files["slope_deg"]) as source:
        tags = source.tags()
    assert tags["void_cells"] == "24"
    assert tags["vertical_datum"] == "unknown"
    assert "24 of 123000 cells (0.0 %) have no elevation" in caplog.text
    with pytest.raises(InvalidParameterError, match="source must be files"):
        stream.terrain_to_files(bz.read_dem(tile, GRID), GRID, tmp_path)
    with pytest.raises(InvalidParameterError, match="threads must be"):
        stream.terrain_to_files(tile, GRID, tmp_path, threads=0)
    with pytest.raises(OutputError, match="there is no folder"):
        stream.terrain_to_files(tile, GRID, tmp_path / "none")
