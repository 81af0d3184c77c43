"""Elevation from anywhere: whatever the tiles, a cell has one height, in whatever block it is read."""

from __future__ import annotations

import tracemalloc
import zipfile
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from tile_cases import (
    convolved,
    copernicus,
    five_tiles,
    grid_at,
    lonlat,
    sampled,
    srtm,
    srtm_samples,
    surface,
    write_tif,
)

import borderzone as bz
from borderzone import io
from borderzone.errors import CoverageGapError, LimitError
from borderzone.io import warping

if TYPE_CHECKING:
    from pathlib import Path

    from borderzone.grid import Grid


@pytest.fixture(scope="module")
def tiles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder of five tiles."""
    return five_tiles(tmp_path_factory.mktemp("tiles"))


@pytest.fixture(scope="module", params=[150.0, 450.0, 2500.0])
def wide(request: pytest.FixtureRequest) -> Grid:
    """Give a grid over all five: finer than all, between both, and coarser than all."""
    side = round(150_000 / request.param)
    return grid_at(41.6, 35.0, resolution_m=request.param, shape=(side, side + 7))


# -- blocks ------------------------------------------------------------------------------------


def test_a_cell_has_the_same_bits_in_whatever_block_it_is_read(tiles: Path, wide: Grid) -> None:
    source = io.open_dem(tiles, wide)
    assert len(source.layers) == 2
    whole = source.read(slice(None), slice(None))
    assert 0.01 < np.isnan(whole).mean() < 0.05  # a hole, and a corner that lies on no tile
    for size in (37, 64, 250, 5000):
        if size < 40 and max(wide.shape) > 400:
            continue
        out = np.empty(wide.shape, np.float32)
        for block in wide.blocks(size):
            out[block] = source.read(*block)
        np.testing.assert_array_equal(out, whole)


@given(data=st.data())
@settings(max_examples=25)
def test_any_window_is_a_cut_of_the_whole(tiles: Path, data: st.DataObject) -> None:
    grid = grid_at(41.6, 35.0, resolution_m=450.0, shape=(333, 340))
    source = io.open_dem(tiles, grid)
    spans = []
    for length in grid.shape:
        start = data.draw(st.integers(0, length - 1))
        spans.append(slice(start, data.draw(st.integers(start + 1, length))))
    whole = source.read(slice(None), slice(None))
    np.testing.assert_array_equal(source.read(*spans), whole[tuple(spans)])


def test_a_block_that_needs_too_many_source_cells_is_halved(
    tiles: Path, wide: Grid, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = io.open_dem(tiles, wide)
    whole = source.read(slice(None), slice(None))
    monkeypatch.setattr(warping, "_MOST", 20_000)
    np.testing.assert_array_equal(source.read(slice(None), slice(None)), whole)
    monkeypatch.setattr(warping, "_MOST", 10)
    monkeypatch.setattr(warping, "_LIMIT", 20)
    with pytest.raises(LimitError, match=r"more source cells than fit.*gdalwarp -tr"):
        source.read(slice(None), slice(None))


def test_several_threads_read_what_one_reads(tiles: Path) -> None:
    grid = grid_at(41.2, 35.0, resolution_m=300.0, shape=(256, 256))
    source = io.open_dem(tiles, grid)
    blocks = list(grid.blocks(64))
    with ThreadPoolExecutor(4) as pool:
        many = list(pool.map(lambda block: source.read(*block), blocks))
    for block, values in zip(blocks, many, strict=True):
        np.testing.assert_array_equal(values, source.read(*block))


def test_memory_is_that_of_the_block_not_of_the_tile(tmp_path: Path) -> None:
    cell = 1 / 12_000
    with rasterio.open(
        tmp_path / "a.tif",
        "w",
        driver="GTiff",
        height=12_000,
        width=12_000,
        count=1,
        dtype="int16",
        crs="EPSG:4326",
        transform=Affine(cell, 0, 41, 0, -cell, 36),
        tiled=True,
        sparse_ok=True,
    ) as target:
        target.write(np.full((512, 512), 321, np.int16), 1, window=((6000, 6512), (6000, 6512)))
    grid = grid_at(41.51, 35.49, resolution_m=9, shape=(2000, 2000))
    tracemalloc.start()
    values = io.open_dem(tmp_path / "a.tif", grid).read(slice(900, 1100), slice(900, 1100))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (values == 321).any()
    assert peak < 5e6  # the tile as heights: 576 MB


def test_opening_reads_headers_alone(tmp_path: Path) -> None:
    file = copernicus(tmp_path, 35, 41)
    content = file.read_bytes()
    with rasterio.open(file) as source:
        start = int(source.get_tag_item("BLOCK_OFFSET_0_0", "TIFF", bidx=1))
    file.write_bytes(content[:start] + b"\0" * (len(content) - start))
    assert io.open_dem(file, grid_at(41.5, 35.5, resolution_m=500, shape=(9, 9))).files == (
        file.name,
    )


# -- products ----------------------------------------------------------------------------------


def test_a_folder_a_pattern_and_a_list_are_the_same_tiles(tmp_path: Path) -> None:
    files = [copernicus(tmp_path, 35, lon) for lon in (40, 41)]
    (tmp_path / "readme.txt").write_text("not a tile")
    (tmp_path / "._N35.tif").write_text("not a tile either")
    grid = grid_at(41.0, 35.5, resolution_m=400, shape=(40, 40))
    one = bz.read_dem(tmp_path, grid)
    for source in (str(tmp_path / "*.tif"), files, [tmp_path]):
        assert one.identical(bz.read_dem(source, grid))
    assert [record.path for record in io.Record.of_files(tmp_path, name="elevation")] == [
        file.name for file in files
    ]


def test_copernicus_tiles_lie_where_their_header_says_half_a_cell_off(tmp_path: Path) -> None:
    for lon in (40, 41):
        copernicus(tmp_path, 35, lon)
    grid = grid_at(41.0, 35.5, resolution_m=100, shape=(150, 150))
    dem = bz.read_dem(tmp_path, grid)
    # Half a cell off would be 170 m, 30 m of height where the surface is steep; and no seam.
    np.testing.assert_allclose(dem, surface(*lonlat(grid)), atol=0.05)
    assert dem.attrs["vertical_datum"] == "EGM2008"
    assert dem.attrs["void_cells"] == 0


@pytest.mark.parametrize("packed", [False, True])
def test_srtm_tiles_share_a_row_and_show_no_seam(tmp_path: Path, *, packed: bool) -> None:
    for lat in (34, 35):
        for lon in (40, 41):
            file = srtm(tmp_path, lat, lon)
            if packed:
                with zipfile.ZipFile(f"{file}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
                    archive.write(file, file.name)
                file.unlink()
    grid = grid_at(41.0, 35.0, resolution_m=60, shape=(80, 80))
    source = io.open_dem(tmp_path, grid)
    assert len(source.layers) == 1
    dem = source.read(slice(None), slice(None))
    # Heights are whole metres, and cubic convolution adds a little to their rounding.
    np.testing.assert_allclose(dem, surface(*lonlat(grid)), atol=0.75)
    assert source.vertical_datum == "EGM96"


@pytest.mark.parametrize("side", [1201, 3601])
def test_an_srtm_tile_is_what_gdal_reads(tmp_path: Path, side: int) -> None:
    file = srtm(tmp_path, 35, 41, side)
    with rasterio.open(file, driver="SRTMHGT") as source:
        transform, stored = source.transform, source.read(1)
    as_tif = tmp_path / "tif" / "a.tif"
    as_tif.parent.mkdir()
    write_tif(as_tif, stored, transform, nodata=-32768)
    grid = grid_at(41.4, 35.2, resolution_m=55, shape=(200, 200))
    ours = bz.read_dem(file, grid).to_numpy()
    np.testing.assert_allclose(ours, bz.read_dem(as_tif, grid), atol=1e-3)
    np.testing.assert_array_equal(stored, srtm_samples(35, 41, side))


def test_voids_of_srtm_stay_holes_and_are_counted(tmp_path: Path) -> None:
    samples = srtm_samples(35, 41)
    samples[580:620, 580:640] = -32768
    file = tmp_path / "N35E041.hgt"
    file.write_bytes(samples.astype(">i2").tobytes())
    grid = grid_at(41.5, 35.5, resolution_m=60, shape=(200, 200))
    dem = bz.read_dem(file, grid)
    assert dem.attrs["void_cells"] == int(np.isnan(dem).sum())
    hole = 40 * 60 * (110_960 / 1200) * (90_740 / 1200)  # m2 at 35.5 degrees: metres a degree
    assert dem.attrs["void_cells"] == pytest.approx(hole / 60**2, rel=0.01)
    known = dem.to_numpy()[np.isfinite(dem.to_numpy())]
    assert known.min() > 200


def test_a_southern_and_western_name_is_a_south_west_corner(tmp_path: Path) -> None:
    crs = CRS("+proj=omerc +lat_0=-2.5 +lonc=-69.5 +alpha=30 +gamma=90 +units=m +type=crs")
    down, across = np.mgrid[0:1201, 0:1201] / 1200
    file = tmp_path / "S03W070.hgt"
    file.write_bytes(np.round(1000 * across + 500 * (1 - down)).astype(">i2").tobytes())
    grid = grid_at(-69.5, -2.5, resolution_m=200, shape=(20, 20), crs=crs)
    lon, lat = lonlat(grid)
    np.testing.assert_allclose(
        bz.read_dem(file, grid), 1000 * (lon + 70) + 500 * (lat + 3), atol=0.6
    )


def test_the_vertical_datum_comes_from_the_crs_or_the_product_or_is_unknown(tmp_path: Path) -> None:
    grid = grid_at(41.0, 35.5, resolution_m=500, shape=(20, 20))
    transform = Affine(1 / 300, 0, 40.5, 0, -1 / 300, 36)
    values = sampled(transform, 300, 300)
    plain = write_tif(tmp_path / "plain.tif", values, transform)
    assert bz.read_dem(plain, grid).attrs["vertical_datum"] == "unknown"
    named = write_tif(tmp_path / "named.tif", values, transform, crs="EPSG:4326+3855")
    assert bz.read_dem(named, grid).attrs["vertical_datum"] == "EGM2008 height"
    mixed = [srtm(tmp_path, 35, 40), copernicus(tmp_path, 35, 41)]
    assert bz.read_dem(mixed, grid).attrs["vertical_datum"] == "EGM2008 and EGM96"


def test_a_grid_across_the_antimeridian_is_one_grid(tmp_path: Path) -> None:
    crs = CRS("+proj=omerc +lat_0=66.5 +lonc=180 +alpha=20 +gamma=90 +units=m +type=crs")
    grid = grid_at(180.0, 66.5, resolution_m=300, shape=(120, 120), crs=crs)
    lon, lat = lonlat(grid)
    expected = 500 + 100 * (np.mod(lon, 360) - 180) + 80 * (lat - 66)
    for west in (179, -180):
        transform = Affine(1 / 200, 0, west, 0, -1 / 200, 67)
        across = west % 360 - 180 + (np.arange(200) + 0.5) / 200
        down = 1 - (np.arange(200) + 0.5) / 200
        values = (500 + 100 * across[None, :] + 80 * down[:, None]).astype(np.float32)
        write_tif(tmp_path / f"{west}.tif", values, transform)
    np.testing.assert_allclose(bz.read_dem(tmp_path, grid), expected, atol=0.5)
    globe = Affine(0.5, 0, -180, 0, -0.5, 90)
    world = np.tile((np.arange(720) < 360) * 100.0, (360, 1)).astype(np.float32)
    (tmp_path / "world").mkdir()
    dem = bz.read_dem(write_tif(tmp_path / "world" / "a.tif", world, globe), grid).to_numpy()
    # A step between the cells at 179.75 and -179.75 degrees, the last and the first of a row.
    step = np.array([[0, 0, 0, 0, 100, 100, 100, 100]] * 4, float)
    exact = convolved(step, (np.mod(lon, 360) - 178) / 0.5, np.full(lon.shape, 1.9))
    np.testing.assert_allclose(dem, exact, atol=0.1)
    assert np.ptp(dem) > 100


@pytest.mark.parametrize(
    ("proj", "lat", "cell_m"),
    [
        ("omerc +lat_0=35.4 +lonc=40.6 +alpha=37.9 +gamma=90", 35.0, 100_000),
        ("ortho +lat_0=35 +lon_0=40", 35.0, 100_000),  # its corners have no place on the Earth
        ("stere +lat_0=90 +lon_0=0", 90.0, 3000),
    ],
)
def test_a_grid_that_leaves_the_map_or_holds_a_pole_has_heights_or_holes(
    tmp_path: Path, proj: str, lat: float, cell_m: float
) -> None:
    grid = grid_at(
        40.0, lat, resolution_m=cell_m, shape=(140, 160), crs=CRS(f"+proj={proj} +units=m")
    )
    everywhere = np.full((720, 1440), 700, np.float32)
    file = write_tif(tmp_path / "a.tif", everywhere, Affine(0.25, 0, -180, 0, -0.25, 90))
    dem = bz.read_dem(file, grid).to_numpy()
    _, lats = lonlat(grid)
    assert np.isnan(dem[~np.isfinite(lats)]).all()
    inside = np.isfinite(dem)
    assert inside.mean() > 0.5
    assert np.abs(dem[inside] - 700).max() < 1e-3


# -- several lattices --------------------------------------------------------------------------


def test_where_cells_of_two_sizes_overlap_the_finer_counts(tmp_path: Path) -> None:
    fine = Affine(1 / 600, 0, 40.9, 0, -1 / 600, 35.6)
    coarse = Affine(1 / 200, 0, 40.5, 0, -1 / 200, 36)
    write_tif(tmp_path / "b_fine.tif", np.full((120, 120), 200, np.float32), fine)
    write_tif(tmp_path / "a_coarse.tif", np.full((200, 200), 100, np.float32), coarse)
    grid = grid_at(41.0, 35.5, resolution_m=100, shape=(400, 400))
    dem = bz.read_dem(tmp_path, grid).to_numpy()
    lon, lat = lonlat(grid)
    inside = (lon > 40.905) & (lon < 41.095) & (lat > 35.405) & (lat < 35.595)
    outside = (lon < 40.895) | (lon > 41.105) | (lat < 35.395) | (lat > 35.605)
    assert (dem[inside] == 200).all()
    assert (dem[outside] == 100).all()
    assert np.isfinite(dem).all()


@pytest.mark.parametrize("resolution_m", [100, 700])
def test_tiles_of_two_sizes_meet_without_a_gap(tmp_path: Path, resolution_m: float) -> None:
    """North of 50 degrees the columns of Copernicus tiles grow wider."""
    south, north = Affine(1 / 300, 0, 40, 0, -1 / 300, 50), Affine(1 / 200, 0, 40, 0, -1 / 300, 51)
    write_tif(tmp_path / "south.tif", sampled(south, 300, 300), south)
    write_tif(tmp_path / "north.tif", sampled(north, 300, 200), north)
    crs = CRS("+proj=omerc +lat_0=50 +lonc=40.5 +alpha=40 +gamma=90 +units=m +type=crs")
    grid = grid_at(40.5, 50.0, resolution_m=resolution_m, shape=(40, 40), crs=crs)
    dem = bz.read_dem(tmp_path, grid).to_numpy()
    # At the seam a neighbour is missing and the nearest cell stands in: half a cell of slope.
    np.testing.assert_allclose(dem, surface(*lonlat(grid)), atol=12)
    assert np.median(np.abs(dem - surface(*lonlat(grid)))) < 1


def test_a_hole_of_the_first_tile_is_filled_by_the_next_that_overlaps(tmp_path: Path) -> None:
    transform = Affine(1 / 300, 0, 40.5, 0, -1 / 300, 36)
    holed = np.full((300, 300), 100, np.float32)
    holed[100:200] = np.nan
    write_tif(tmp_path / "a.tif", holed, transform)
    write_tif(tmp_path / "b.tif", np.full((300, 300), 200, np.float32), transform)
    grid = grid_at(41.0, 35.5, resolution_m=150, shape=(300, 300))
    dem = bz.read_dem(tmp_path, grid).to_numpy()
    assert np.isfinite(dem).all()
    _, lat = lonlat(grid)
    edge = 2 / 300  # next to the hole a cell is the mean of both
    assert (dem[(lat > 36 - 200 / 300 + edge) & (lat < 36 - 100 / 300 - edge)] == 200).all()
    assert (dem[(lat < 36 - 200 / 300 - edge) | (lat > 36 - 100 / 300 + edge)] == 100).all()


def test_one_row_is_heights_there_and_a_gap_elsewhere(tmp_path: Path) -> None:
    transform = Affine(1 / 300, 0, 40.5, 0, -1 / 300, 35.5)
    file = write_tif(tmp_path / "a.tif", np.full((1, 300), 100, np.float32), transform)
    grid = grid_at(41.0, 35.5, resolution_m=100, shape=(50, 50))
    dem = bz.read_dem(file, grid).to_numpy()
    assert 0 < np.isfinite(dem).mean() < 0.2
    assert (dem[np.isfinite(dem)] == 100).all()
    with pytest.raises(CoverageGapError, match=r"no data for .* of the corridor's cells"):
        bz.read_dem(file, grid, needed=np.ones(grid.shape, bool))
