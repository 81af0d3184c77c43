"""Classes from anywhere: the commonest in a cell, the share of the wanted ones, the same in every block."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from tile_cases import grid_at, lonlat, write_tif

from borderzone import io
from borderzone._kernels.resample import majority, share
from borderzone.errors import CRSMismatchError, DataError, InvalidParameterError, NoOverlapError

if TYPE_CHECKING:
    from pathlib import Path

CODES = np.array([10, 30, 50, 60], np.uint8)
CELL = 1 / 1200
WHOLE = slice(None), slice(None)


def patches(rows: int, columns: int, seed: int = 0) -> Any:
    """Classes in patches of seven cells, with single cells strewn among them."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 4, (rows // 7 + 1, columns // 7 + 1))
    codes = CODES[np.kron(coarse, np.ones((7, 7), int))[:rows, :columns]]
    strewn = rng.random(codes.shape) < 0.1
    codes[strewn] = CODES[rng.integers(0, 4, strewn.sum())]
    return codes


def worldcover(folder: Path, name: str, west: float, north: float, codes: Any, **more: Any) -> Path:
    return write_tif(folder / name, codes, Affine(CELL, 0, west, 0, -CELL, north), **more)


@pytest.fixture(scope="module")
def tiles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give two tiles side by side with a hole, and a coarser one on their east."""
    folder = tmp_path_factory.mktemp("classes")
    west = patches(360, 360)
    west[100:140, 200:260] = 0
    worldcover(folder, "a.tif", 41.0, 35.6, west, nodata=0)
    worldcover(folder, "b.tif", 41.3, 35.6, patches(360, 360, 1), nodata=0)
    place = Affine(CELL * 4, 0, 41.5, 0, -CELL * 4, 35.7)
    write_tif(folder / "c.tif", patches(120, 120, 2), place, nodata=0)
    return folder


@pytest.mark.parametrize("resolution_m", [40, 200, 900])
def test_classes_and_shares_have_the_same_bits_in_every_block(
    tiles: Path, resolution_m: int
) -> None:
    side = 40_000 // resolution_m
    grid = grid_at(41.4, 35.45, resolution_m=resolution_m, shape=(side, side + 3))
    source = io.open_classes(tiles, grid)
    assert len(source.layers) == 2
    codes, bare = source.read(*WHOLE), source.read_share(*WHOLE, [60, 50])
    assert 0.001 < (codes == 0).mean() < 0.5
    np.testing.assert_array_equal(codes == 0, np.isnan(bare))
    for size in (side // 3 + 1, side // 7 + 1):
        blocks = list(grid.blocks(size))
        with ThreadPoolExecutor(3) as pool:
            several = list(pool.map(lambda block: source.read(*block), blocks))
            shares = list(
                pool.map(lambda block: source.read_share(block[0], block[1], [60, 50]), blocks)
            )
        for block, values, parts in zip(blocks, several, shares, strict=True):
            np.testing.assert_array_equal(values, codes[block])
            np.testing.assert_array_equal(parts, bare[block])


def test_a_finer_grid_gets_the_class_under_the_centre(tiles: Path) -> None:
    grid = grid_at(41.15, 35.5, resolution_m=11, shape=(300, 300))
    source = io.open_classes(tiles / "a.tif", grid)
    codes = source.read(*WHOLE)
    lon, lat = lonlat(grid)
    columns, rows = (lon - 41.0) / CELL, (35.6 - lat) / CELL
    stored = patches(360, 360)
    stored[100:140, 200:260] = 0
    expected = stored[rows.astype(int), columns.astype(int)]
    # A centre that lies within a thousandth of a cell on the line between two may go to either.
    clear = (np.abs(columns - np.round(columns)) > 1e-3) & (np.abs(rows - np.round(rows)) > 1e-3)
    assert clear.mean() > 0.99
    np.testing.assert_array_equal(codes[clear], expected[clear])
    shares = source.read_share(*WHOLE, [30])
    np.testing.assert_array_equal(shares == 1, codes == 30)


def areas_in_box(codes: Any, x: float, y: float, wide: float, tall: float) -> dict[int, float]:
    """Plain statement: area of each class in a box."""
    rows, columns = (np.arange(length) for length in codes.shape)
    down = np.clip(np.minimum(rows + 1, y + tall / 2) - np.maximum(rows, y - tall / 2), 0, None)
    across = np.clip(
        np.minimum(columns + 1, x + wide / 2) - np.maximum(columns, x - wide / 2), 0, None
    )
    areas = np.outer(down, across)
    return {int(code): float(areas[codes == code].sum()) for code in np.unique(codes)}


@given(data=st.data(), wide=st.floats(0.3, 9), tall=st.floats(0.3, 9))
@settings(max_examples=50)
def test_majority_and_share_are_those_of_the_areas_in_the_box(
    data: st.DataObject, wide: float, tall: float
) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    source = rng.choice(np.array([0, 10, 60], np.uint8), (40, 50))
    x, y = data.draw(st.floats(-12, 40)), data.draw(st.floats(-12, 40))
    down, across = np.mgrid[0:9:4, 0:9:4]
    nodes = x + wide * across, y + tall * down, (0, 0, 1, 2, 4)
    codes, known = np.empty((7, 6), np.uint8), np.empty((7, 6), np.float32)
    majority(source, *nodes, 256, 0, codes, known)
    wanted = np.zeros(256, np.int8)
    wanted[60], wanted[0] = 1, -1
    parts, also_known = np.empty((7, 6), np.float32), np.empty((7, 6), np.float32)
    share(source, *nodes, wanted, parts, also_known)
    for i, j in np.ndindex(codes.shape):
        sides = max(wide, 1.0), max(tall, 1.0)
        areas = areas_in_box(source, x + wide * (2 + j), y + tall * (1 + i), *sides)
        few, many = areas.get(10, 0.0), areas.get(60, 0.0)
        total = few + many
        assert known[i, j] == also_known[i, j] == pytest.approx(total / np.prod(sides), abs=2e-6)
        if total > 1e-6:
            assert parts[i, j] == pytest.approx(many / total, abs=1e-6)
            if abs(few - many) > 1e-6:
                assert codes[i, j] == (60 if many > few else 10)
        elif total == 0:
            assert codes[i, j] == 0


def test_of_two_classes_with_equal_areas_the_lower_code_counts() -> None:
    source = np.array([[60, 10], [10, 60]], np.uint8)
    u, v = np.array([[1.0, 3.0], [1.0, 3.0]]), np.array([[1.0, 1.0], [3.0, 3.0]])
    codes, known = np.empty((1, 1), np.uint8), np.empty((1, 1), np.float32)
    majority(source, u, v, (0, 0, 0, 0, 1), 256, 255, codes, known)
    assert (codes[0, 0], known[0, 0]) == (10, 1)


def test_shares_of_all_classes_make_one(tiles: Path) -> None:
    grid = grid_at(41.4, 35.45, resolution_m=700, shape=(40, 40))
    source = io.open_classes(tiles, grid)
    each = np.sum([source.read_share(*WHOLE, [int(code)]) for code in CODES], axis=0)
    known = np.isfinite(each)
    assert known.mean() > 0.5
    np.testing.assert_allclose(each[known], 1, atol=1e-6)


def test_a_cell_that_is_less_than_half_known_has_no_class(tmp_path: Path) -> None:
    codes = np.full((360, 360), 60, np.uint8)
    codes[:, 180:] = 0
    grid = grid_at(41.15, 35.45, resolution_m=1000, shape=(20, 20))
    source = io.open_classes(worldcover(tmp_path, "a.tif", 41.0, 35.6, codes, nodata=0), grid)
    lon, _ = lonlat(grid)
    read = source.read(*WHOLE)
    assert (read[lon < 41.14] == 60).all()
    assert (read[lon > 41.16] == 0).all()
    assert (source.read_share(*WHOLE, [60])[lon < 41.14] == 1).all()


# -- what is no data, and what is no class -----------------------------------------------------


def test_worldcover_names_no_void_and_has_one(tmp_path: Path) -> None:
    codes = np.full((360, 360), 60, np.uint8)
    codes[:180] = 0
    grid = grid_at(39.15, 33.15, resolution_m=100, shape=(40, 40))
    name = "ESA_WorldCover_10m_2021_v200_N33E039_Map.tif"
    source = io.open_classes(worldcover(tmp_path, name, 39.0, 33.3, codes), grid)
    assert source.nodata == 0
    assert set(np.unique(source.read(*WHOLE))) == {0, 60}
    plain = io.open_classes(worldcover(tmp_path, "plain.tif", 39.0, 33.3, codes), grid)
    assert plain.nodata == 255
    assert "no data 255" in repr(plain)


def test_a_worldcover_tile_of_another_place_is_refused(tmp_path: Path) -> None:
    name = "ESA_WorldCover_10m_2021_v200_N33E039_Map.tif"
    file = worldcover(tmp_path, name, 45.0, 33.3, patches(30, 30))
    with pytest.raises(DataError, match=r"lies at lon 45\.00 to .*its name says lon 39 to 42"):
        io.open_classes(file, grid_at(45.01, 33.29, resolution_m=100, shape=(5, 5)))


def test_two_files_that_differ_in_no_data_are_refused(tmp_path: Path) -> None:
    worldcover(tmp_path, "a.tif", 41.0, 35.6, patches(60, 60), nodata=0)
    worldcover(tmp_path, "b.tif", 41.05, 35.6, patches(60, 60), nodata=255)
    grid = grid_at(41.03, 35.58, resolution_m=100, shape=(20, 20))
    with pytest.raises(DataError, match=r"no data is 0 in 'a\.tif', 255 in 'b\.tif'.*a_nodata"):
        io.open_classes(tmp_path, grid)


@pytest.mark.parametrize("dtype", ["int16", "uint16", "int32"])
def test_numbers_that_are_no_class_are_refused_unless_they_are_no_data(
    tmp_path: Path, dtype: str
) -> None:
    codes = patches(60, 60).astype(dtype)
    codes[20:30, 20:30] = 999
    grid = grid_at(41.02, 35.58, resolution_m=100, shape=(20, 20))
    told = worldcover(tmp_path, "told.tif", 41.0, 35.6, codes, nodata=999)
    source = io.open_classes(told, grid)
    assert source.nodata == 255
    assert 0 < (source.read(*WHOLE) == 255).mean() < 0.5
    untold = io.open_classes(worldcover(tmp_path, "untold.tif", 41.0, 35.6, codes), grid)
    with pytest.raises(DataError, match=r"'untold\.tif' holds 999; classes are 0 to 255"):
        untold.read(*WHOLE)


def test_what_is_no_map_of_classes_is_refused(tmp_path: Path) -> None:
    grid = grid_at(41.02, 35.58, resolution_m=100, shape=(20, 20))
    decimals = worldcover(tmp_path, "a.tif", 41.0, 35.6, patches(60, 60).astype(np.float32))
    with pytest.raises(DataError, match=r"has 1 band\(s\) of float32; one band of whole numbers"):
        io.open_classes(decimals, grid)
    (tmp_path / "N35E041.hgt").write_bytes(b"\0" * 2884802)
    with pytest.raises(DataError, match=r"ends in '\.hgt'; a file that ends in \.tif"):
        io.open_classes(tmp_path / "N35E041.hgt", grid)
    (tmp_path / "b.tif").write_text("<VRTDataset/>")
    with pytest.raises(DataError, match="is not what its extension"):
        io.open_classes(tmp_path / "b.tif", grid)


def test_tiles_elsewhere_and_in_two_crs_are_refused(tmp_path: Path) -> None:
    worldcover(tmp_path, "a.tif", 41.0, 35.6, patches(60, 60), nodata=0)
    with pytest.raises(NoOverlapError, match=r"land cover: none of the 1 file\(s\)"):
        io.open_classes(tmp_path, grid_at(45.0, 30.0, resolution_m=100, shape=(5, 5)))
    place = Affine(90, 0, 320_000, 0, -90, 3_930_000)
    write_tif(tmp_path / "b.tif", patches(60, 60), place, nodata=0, crs="EPSG:32638")
    with pytest.raises(CRSMismatchError, match=r"'a\.tif' is in WGS 84, 'b\.tif' in .*38N"):
        io.open_classes(tmp_path, grid_at(41.02, 35.58, resolution_m=100, shape=(5, 5)))


@pytest.mark.parametrize("code", [-1, 256, 0])
def test_a_wanted_class_must_be_one(tiles: Path, code: int) -> None:
    grid = grid_at(41.4, 35.45, resolution_m=700, shape=(5, 5))
    with pytest.raises(InvalidParameterError, match=r"codes from 0 to 255 other than 0.*got"):
        io.open_classes(tiles, grid).read_share(*WHOLE, [code])
