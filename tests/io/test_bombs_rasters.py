"""Rasters that are small on disk and large in memory, or stranger than a raster should be."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st

import borderzone as bz
from borderzone import Grid, io
from borderzone.errors import BorderzoneError, CRSMismatchError, DataError, LimitError
from borderzone.io import warping
from borderzone.io.tiles import Tile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

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
    monkeypatch.setattr(warping, "_MOST", 100_000)
    got = io.read_dem(file, grid)
    assert sum(read) < 3 * side**2
    assert max(read) <= 100_000
    np.testing.assert_array_equal(got, whole)
    assert abs(float(got.mean()) - heights.mean()) < 1


SITE = 'LOCAL_CS["site",UNIT["metre",1]]'
MARS = (
    'GEOGCS["Mars",DATUM["Mars",SPHEROID["Mars",3396190,169.894447223612]],'
    'PRIMEM["Reference_Meridian",0],UNIT["degree",0.0174532925199433]]'
)
SMALL = grid_of(1_500, 100)
DOORS: dict[str, Callable[[Any], Any]] = {
    "read_dem": lambda file: bz.read_dem(file, SMALL),
    "open_classes": lambda file: io.open_classes(file, SMALL).read(slice(None), slice(None)),
    "warp": lambda file: io.warp(io.read_raster(file), SMALL),
    "warp_to_finer": lambda file: io.warp(io.read_raster(file), grid_of(1_500, 10)),
    "read_raster_near": lambda file: io.read_raster(file, near=SMALL),
    "copy_raster": lambda file: io.copy_raster(file, file.with_name("copy.tif")),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("crs", [SITE, MARS])
def test_a_crs_without_a_place_on_earth_is_refused_at_every_door(
    tmp_path: Path, crs: str, door: str
) -> None:
    file = tif(tmp_path / "a.tif", np.ones((50, 50), np.uint8), crs=crs)
    with pytest.raises(
        CRSMismatchError, match=r"'a\.tif' has a coordinate reference system without"
    ):
        DOORS[door](file)


def test_a_raster_in_memory_without_a_place_on_earth_is_refused(tmp_path: Path) -> None:
    raster = io.read_raster(tif(tmp_path / "a.tif", np.ones((50, 50), np.uint8)))
    raster.attrs["crs"] = SITE
    raster.coords["spatial_ref"].attrs["crs_wkt"] = SITE
    with pytest.raises(CRSMismatchError, match="the raster has a coordinate reference system"):
        io.warp(raster, SMALL)


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "?"])
@pytest.mark.parametrize("nodata", [None, -9999, 1e300, float("nan"), "none"])
def test_classes_of_any_whole_type_stay_classes(tmp_path: Path, dtype: str, nodata: Any) -> None:
    values = np.full((60, 60), 1, dtype)
    values[30:, :] = 0
    raster = io.read_raster(tif(tmp_path / "a.tif", values.astype("u1"))).astype(dtype)
    raster.attrs["_FillValue"] = nodata  # most of them fit no such type, and are no class
    if nodata is None:
        del raster.attrs["_FillValue"]
    got = io.warp(raster, SMALL)
    empty = got.attrs["_FillValue"]
    assert got.dtype == empty.dtype == (np.uint8 if dtype == "?" else np.dtype(dtype))
    assert empty not in {0, 1}
    assert set(np.unique(got.to_numpy()[:14, :14])) == {0, 1}


@pytest.mark.parametrize("dtype", ["i1", "i2", "i4"])
def test_no_data_is_a_code_that_no_cell_has(tmp_path: Path, dtype: str) -> None:
    values = np.full((60, 60), -1, dtype)
    values[30:] = 4
    got = io.warp(io.read_raster(tif(tmp_path / "a.tif", values)), SMALL)
    assert set(np.unique(got.to_numpy()[:14, :14])) == {-1, 4}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("dtype", ["complex_int16", "complex64"])
def test_complex_numbers_are_refused_at_every_door(tmp_path: Path, dtype: str, door: str) -> None:
    with rasterio.open(
        tmp_path / "a.tif",
        "w",
        driver="GTiff",
        height=50,
        width=50,
        count=1,
        dtype=dtype,
        crs=UTM,
        transform=Affine(30, 0, 650_000, 0, -30, 3_860_000),
    ) as target:
        target.write(np.ones((1, 50, 50), np.complex64))
    with pytest.raises(DataError, match=f"holds {dtype} numbers; real numbers are needed"):
        DOORS[door](tmp_path / "a.tif")


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("bits", [1, 4, 16])
def test_numbers_of_few_bits_are_read_or_refused(tmp_path: Path, bits: int, door: str) -> None:
    dtype = np.float32 if bits == 16 else np.uint8
    file = tif(tmp_path / "a.tif", np.ones((50, 50), dtype), nbits=bits)
    if door == "copy_raster":
        with pytest.raises(DataError, match="none that create_raster wrote"):
            DOORS[door](file)
    elif door == "open_classes" and bits == 16:
        with pytest.raises(DataError, match="whole numbers"):
            DOORS[door](file)
    else:
        read = DOORS[door](file)
        assert float(np.asarray(read)[0, 0]) == 1.0


@pytest.mark.parametrize("door", ["read_dem", "warp", "open_classes"])
def test_bands_stored_together_count_as_one_piece(tmp_path: Path, door: str) -> None:
    with rasterio.open(
        tmp_path / "a.tif",
        "w",
        driver="GTiff",
        height=64,
        width=64,
        count=100,
        dtype="uint8",
        crs=UTM,
        transform=Affine(30, 0, 650_000, 0, -30, 3_860_000),
        interleave="pixel",
        tiled=True,
        blockxsize=64,
        blockysize=64,
    ):
        pass
    with (
        io.limits(raster_piece_cells=300_000),
        pytest.raises(LimitError, match="stored in pieces of 409600 cells, the limit is 300000"),
    ):
        DOORS[door](tmp_path / "a.tif")


def test_a_part_of_a_large_raster_gives_what_the_whole_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heights = np.random.default_rng(1).normal(500, 200, (300, 400)).astype("f4")
    heights[100:110, 100:120] = np.nan
    file = tif(tmp_path / "a.tif", heights)
    grid = Grid.covering((653_000, 3_854_000, 657_000, 3_857_000), resolution_m=150.0, crs=UTM)
    part = io.read_raster(file, near=grid)
    assert part.size < heights.size / 4
    whole = io.warp(io.read_raster(file), grid)
    np.testing.assert_allclose(io.warp(part, grid), whole, rtol=1e-6)
    monkeypatch.setattr(sys.modules["borderzone.io.warping"], "_LARGE", 100)
    np.testing.assert_allclose(io.warp(io.read_raster(file), grid), whole, rtol=1e-6)


def test_a_part_that_would_fill_memory_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with rasterio.open(
        tmp_path / "a.tif",
        "w",
        driver="GTiff",
        height=20_000,
        width=20_000,
        count=1,
        dtype="float64",
        crs=UTM,
        transform=Affine(0.075, 0, 650_000, 0, -0.075, 3_860_000),
        tiled=True,
        sparse_ok=True,
        compress="deflate",
    ):
        pass
    assert (tmp_path / "a.tif").stat().st_size < 200_000
    with pytest.raises(LimitError, match=r"holds 400,000,000 cells or more.*raster_part_cells="):
        io.read_raster(tmp_path / "a.tif", near=SMALL)


def test_running_out_of_memory_is_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tif(tmp_path / "a.tif", np.ones((50, 50), np.uint8))

    def full(*_: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(sys.modules["borderzone.io.raster"], "to_dataarray", full)
    with pytest.raises(LimitError, match=r"'a\.tif' does not fit into memory"):
        io.read_raster(file)


PACKINGS: tuple[dict[str, Any], ...] = (
    {"compress": "deflate", "tiled": True, "blockxsize": 32, "blockysize": 32},
    {"compress": "lzw"},
    {"compress": "zstd", "nodata": 3},
    {},
)
NOT_OUR_OWN = sorted(set(DOORS) - {"copy_raster"})


@given(data=st.data())
@settings(max_examples=30)
def test_a_damaged_raster_gives_numbers_or_an_error_of_ours(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    values = np.arange(3_600).reshape(60, 60) % 200
    dtype = data.draw(st.sampled_from(["u1", "i2", "u4", "f4"]))
    packing = data.draw(st.sampled_from(PACKINGS))
    file = tif(tmp_path_factory.mktemp("damaged") / "a.tif", values.astype(dtype), **packing)
    content = bytearray(file.read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        # Directories and keys lie at the ends of a file, cells in its middle.
        start = data.draw(st.sampled_from([0, len(content) - 600, len(content) // 2]))
        content[data.draw(st.integers(start, start + 599))] = data.draw(st.integers(0, 255))
    file.write_bytes(content)
    with contextlib.suppress(BorderzoneError):
        assert np.asarray(DOORS[data.draw(st.sampled_from(NOT_OUR_OWN))](file)).ndim == 2
