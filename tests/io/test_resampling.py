"""Heights on another grid: the cubic convolution of Keys, the mean under a cell, and where a cell lies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from places import ORACLES
from pyproj import CRS, Transformer
from tile_cases import OBLIQUE, convolved, grid_at, lonlat, write_tif

import borderzone as bz
from borderzone import io
from borderzone._kernels.resample import average
from borderzone.grid import Grid
from borderzone.io.raster import PLACE_ERROR, GridToSource

if TYPE_CHECKING:
    from pathlib import Path

PLACE = Affine(1 / 3600, 0, 41, 0, -1 / 3600, 35.5)


@pytest.fixture(scope="module")
def oracle() -> Any:
    """Relief, and what gdalwarp makes of it: scripts/oracles_resampling.py."""
    with np.load(ORACLES / "resampling.npz") as found:
        return dict(found)


@pytest.fixture(scope="module")
def rough(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give one tile whose heights jump from cell to cell."""
    folder = tmp_path_factory.mktemp("rough")
    noise = np.random.default_rng(1).normal(500, 30, (160, 160)).astype(np.float32)
    return write_tif(folder / "a.tif", noise, PLACE)


def test_finer_grids_get_the_cubic_convolution_at_the_centre_of_a_cell(rough: Path) -> None:
    grid = grid_at(41.0222, 35.4778, resolution_m=10, shape=(250, 250))
    ours = io.read_dem(rough, grid).to_numpy()
    with rasterio.open(rough) as source:
        heights = source.read(1).astype(float)
    lon, lat = lonlat(grid)
    exact = convolved(heights, (lon - 41) * 3600, (35.5 - lat) * 3600)
    # Places are off by up to 0.002 cells of 10 m; noise as steep as 5 m a metre makes 10 cm of it.
    steepest = np.abs(np.gradient(exact, 10.0)).max()
    assert 1 < steepest < 10
    assert np.abs(ours - exact).max() < PLACE_ERROR * 10 * steepest
    assert np.std(ours) > 20


@pytest.mark.parametrize("resolution_m", [40, 90, 220])
def test_coarser_grids_get_the_mean_height_of_the_ground_under_a_cell(
    rough: Path, tmp_path: Path, oracle: Any, resolution_m: int
) -> None:
    side = 2400 // resolution_m
    grid = grid_at(41.0222, 35.4778, resolution_m=resolution_m, shape=(side, side))
    relief = write_tif(tmp_path / "relief.tif", oracle["heights_dm"].astype(np.float32) / 10, PLACE)
    off_noise, spread = off_from_mean(rough, grid)
    off_relief, _ = off_from_mean(relief, grid)
    # What 30 x 30 points in a cell know of its mean: noise jumps at every line between source cells.
    assert off_noise < 0.06 * spread
    assert off_relief < 0.02


def off_from_mean(file: Path, grid: Grid) -> tuple[float, float]:
    """Root mean square against 30 x 30 points in each cell, and the spread of their means."""
    with rasterio.open(file) as source:
        heights = source.read(1).astype(float)
    parts, side = 30, grid.shape[0]
    fine = Grid(
        shape=(side * parts, side * parts),
        transform=grid.transform @ Affine.scale(1 / parts),
        crs=grid.crs,
    )
    lon, lat = lonlat(fine)
    rows, columns = np.floor((35.5 - lat) * 3600), np.floor((lon - 41) * 3600)
    under = heights[rows.astype(int), columns.astype(int)]
    mean = under.reshape(side, parts, side, parts).mean(axis=(1, 3))
    off = io.read_dem(file, grid).to_numpy() - mean
    assert abs(float(off.mean())) < 0.05 + 0.03 * np.std(mean)
    return float(np.sqrt(np.mean(off**2))), float(np.std(mean))


def mean_in_box(heights: Any, x: float, y: float, wide: float, tall: float) -> tuple[float, float]:
    """Plain statement: each known source cell by its area in the box; the mean, and the share known."""
    rows, columns = (np.arange(length) for length in heights.shape)
    down = np.clip(np.minimum(rows + 1, y + tall / 2) - np.maximum(rows, y - tall / 2), 0, None)
    across = np.clip(
        np.minimum(columns + 1, x + wide / 2) - np.maximum(columns, x - wide / 2), 0, None
    )
    areas = np.outer(down, across) * np.isfinite(heights)
    known = areas.sum() / (wide * tall)
    return (np.nansum(areas * heights) / areas.sum() if known > 1e-12 else np.nan), known


@given(
    data=st.data(),
    wide=st.floats(0.2, 9),
    tall=st.floats(0.2, 9),
    holes=st.sampled_from([0.0, 0.1, 0.6, 1.0]),
)
@settings(max_examples=60)
def test_a_mean_is_each_known_source_cell_by_its_area_in_the_box(
    data: st.DataObject, wide: float, tall: float, holes: float
) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    source = rng.normal(500, 100, (40, 50)).astype(np.float32)
    source[rng.random(source.shape) < holes] = np.nan
    x, y = data.draw(st.floats(-12, 40)), data.draw(st.floats(-12, 40))
    down, across = np.mgrid[0:9:4, 0:9:4]
    u, v = x + wide * across, y + tall * down
    out, known = np.empty((7, 6), np.float32), np.empty((7, 6), np.float32)
    average(source, u, v, (0, 0, 1, 2, 4), out, known)
    for i, j in np.ndindex(out.shape):
        place = x + wide * (2 + j), y + tall * (1 + i)
        mean, part = mean_in_box(source.astype(float), *place, max(wide, 1), max(tall, 1))
        assert known[i, j] == pytest.approx(part, abs=2e-6)
        if part > 1e-6:
            assert out[i, j] == pytest.approx(mean, rel=1e-6)


@pytest.mark.parametrize(
    ("name", "cell_m", "middle", "largest"),
    # GDAL averages over the upright box between two opposite corners of a turned cell, see below.
    [("cubic_10", 10, 0.001, 0.02), ("average_47", 47, 0.7, 3.5), ("average_90", 90, 0.9, 3.5)],
)
def test_heights_are_those_of_gdalwarp(
    tmp_path: Path, oracle: Any, name: str, cell_m: int, middle: float, largest: float
) -> None:
    file = write_tif(tmp_path / "a.tif", oracle["heights_dm"].astype(np.float32) / 10, PLACE)
    theirs = oracle[name]
    left, top = oracle[f"{name}_corner"]
    grid = Grid(shape=theirs.shape, transform=Affine(cell_m, 0, left, 0, -cell_m, top), crs=OBLIQUE)
    off = bz.read_dem(file, grid).to_numpy() - theirs
    assert np.sqrt(np.mean(off**2)) < middle
    assert np.abs(off).max() < largest
    assert abs(off.mean()) < 0.05
    assert np.std(theirs) > 10


@pytest.mark.parametrize(("name", "cell_m"), [("average_47", 47), ("average_90", 90)])
def test_the_plain_mean_of_a_box_is_that_of_gdalwarp_in_its_box(
    oracle: Any, name: str, cell_m: int
) -> None:
    """Its box reaches from the first corner of a cell to the last; ours has the area of the cell."""
    to_degrees = Transformer.from_crs(OBLIQUE, 4326, always_xy=True)
    left, top = oracle[f"{name}_corner"]
    for i, j in ((0, 0), (7, 11), (19, 3), (12, 12)):
        rows, columns = np.array([i, i + 1]), np.array([j, j + 1])
        lon, lat = to_degrees.transform(left + columns * cell_m, top - rows * cell_m)
        x, y = (lon - 41) * 3600, (35.5 - lat) * 3600
        mean, _ = mean_in_box(
            oracle["heights_dm"] / 10, x.mean(), y.mean(), float(np.ptp(x)), float(np.ptp(y))
        )
        assert oracle[name][i, j] == pytest.approx(mean, abs=2e-4)


@pytest.mark.parametrize(
    ("lon", "lat", "resolution_m", "shape"),
    [
        (40.6, 35.4, 30, (6694, 19719)),
        (40.6, 35.4, 3700, (60, 160)),
        (20.0, 69.0, 30, (4000, 4000)),
        (20.0, 79.0, 1000, (900, 900)),
        (179.9, 65.0, 100, (3000, 3000)),
    ],
)
def test_places_between_nodes_are_off_by_less_than_is_said(
    lon: float, lat: float, resolution_m: float, shape: tuple[int, int]
) -> None:
    crs = CRS(f"+proj=omerc +lat_0={lat} +lonc={lon} +alpha=40 +gamma=90 +k=1 +units=m +type=crs")
    grid = grid_at(lon, lat, resolution_m=resolution_m, shape=shape, crs=crs)
    source = Affine(1 / 3600, 0, lon - 5, 0, -1 / 3600, lat + 5)
    frame = GridToSource.between(grid, CRS(4326).to_wkt(), source, lon)
    rng = np.random.default_rng(1)
    per_cell = np.sqrt(
        (resolution_m / 30.9) ** 2 / np.cos(np.radians(lat))  # source cells in one of the grid
    )
    for _ in range(50):
        row, column = (int(rng.integers(0, length)) for length in shape)
        block = slice(row, row + 1), slice(column, column + 1)
        nodes = frame.nodes(*block)
        i, j = nodes.top / nodes.step, nodes.left / nodes.step
        weights = np.outer([1 - i, i], [1 - j, j])
        between = np.array([(nodes.u * weights).sum(), (nodes.v * weights).sum()])
        exact = np.ravel(frame.locate(np.array([row]), np.array([column])))
        # At 79 degrees north the sides of a source cell differ by five.
        assert np.hypot(*(between - exact)) / per_cell < 2.5 * PLACE_ERROR


def test_the_nodes_of_the_built_in_corridor_at_30_m_are_far_apart() -> None:
    grid = grid_at(40.6, 35.4, resolution_m=30, shape=(6694, 19719))
    frame = GridToSource.between(
        grid, CRS(4326).to_wkt(), Affine(1 / 3600, 0, 38, 0, -1 / 3600, 38), 40.6
    )
    assert frame.step >= 16
