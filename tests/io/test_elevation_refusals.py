"""Elevation that is not what it seems: each file is refused by name, with what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio
import xarray as xr
from affine import Affine
from tile_cases import (
    copernicus,
    grid_at,
    lonlat,
    packed,
    sampled,
    srtm,
    srtm_samples,
    surface,
    write_tif,
)

import borderzone as bz
from borderzone import io
from borderzone.errors import DataError, NotProjectedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GRID = grid_at(41.5, 35.5, resolution_m=300, shape=(40, 40))
PLACE = Affine(1 / 300, 0, 41, 0, -1 / 300, 36)
HEIGHTS = sampled(PLACE, 300, 300)


# -- degrees, units, turned rasters ------------------------------------------------------------


def test_a_raster_in_degrees_is_never_differentiated() -> None:
    raster = xr.DataArray(
        HEIGHTS,
        dims=("y", "x"),
        coords={"y": 36 - (np.arange(300) + 0.5) / 300, "x": 41 + (np.arange(300) + 0.5) / 300},
        attrs={"crs": "EPSG:4326"},
    )
    for layer in (bz.terrain.slope, bz.terrain.tri_riley, bz.terrain.vrm, bz.terrain.attributes):
        with pytest.raises(NotProjectedError, match=r"measured in degree.*project it first with"):
            layer(raster)


def test_one_tile_in_feet_among_tiles_in_metres_is_named(tmp_path: Path) -> None:
    write_tif(tmp_path / "a.tif", HEIGHTS, PLACE)
    with rasterio.open(write_tif(tmp_path / "b.tif", HEIGHTS, PLACE), "r+") as target:
        target.units = ["ft"]
    with pytest.raises(DataError, match=r"'b\.tif' is in feet; metres are needed.*A\*0\.3048"):
        bz.read_dem(tmp_path, GRID)


@pytest.mark.parametrize(
    ("crs", "match"),
    [
        ("EPSG:4326+6360", r"'a\.tif' is in feet"),
        (
            "EPSG:4326+5715",
            r"'a\.tif' holds depths \(MSL depth\), not heights in metres.*-A for depths",
        ),
        ("EPSG:2230", r"'a\.tif' lies on a map in feet and does not say"),
    ],
)
def test_a_vertical_axis_that_is_not_metres_upward_is_refused(
    tmp_path: Path, crs: str, match: str
) -> None:
    file = write_tif(tmp_path / "a.tif", HEIGHTS, PLACE, crs=crs)
    with pytest.raises(DataError, match=match):
        bz.read_dem(file, GRID)


def test_a_turned_raster_gives_the_heights_of_its_ground(tmp_path: Path) -> None:
    turned = Affine.translation(41.5, 35.0) @ Affine.rotation(30) @ Affine.scale(1 / 300, -1 / 300)
    turned @= Affine.translation(-100, -300)
    columns, rows = np.meshgrid(np.arange(400) + 0.5, np.arange(400) + 0.5)
    lon = turned.a * columns + turned.b * rows + turned.c
    lat = turned.d * columns + turned.e * rows + turned.f
    file = write_tif(tmp_path / "a.tif", surface(lon, lat).astype(np.float32), turned)
    np.testing.assert_allclose(bz.read_dem(file, GRID), surface(*lonlat(GRID)), atol=0.05)
    with pytest.raises(DataError, match=r"is rotated; turn it north-up with gdalwarp"):
        io.read_raster(file)


# -- values ------------------------------------------------------------------------------------


@pytest.mark.parametrize("void", [np.nan, -9999.0])
def test_tiles_of_no_data_alone_are_refused(tmp_path: Path, void: float) -> None:
    empty = np.full_like(HEIGHTS, void)
    file = write_tif(tmp_path / "a.tif", empty, PLACE, nodata=void)
    with pytest.raises(DataError, match=r"a\.tif: every cell on the grid is no data"):
        bz.read_dem(file, GRID)


@pytest.mark.parametrize("dtype", ["int16", "int32", "uint16", "float64"])
def test_whole_numbers_that_stand_for_no_data_are_holes(tmp_path: Path, dtype: str) -> None:
    void = 65535 if dtype == "uint16" else -32768
    values = np.round(HEIGHTS).astype(dtype)
    values[140:160, 140:160] = void
    dem = bz.read_dem(write_tif(tmp_path / "a.tif", values, PLACE, nodata=void), GRID)
    lon, lat = lonlat(GRID)
    hole = (abs(lon - 41.5) < 9 / 300) & (abs(lat - 35.5) < 9 / 300)
    assert np.isnan(dem.to_numpy()[hole]).all()
    assert dem.attrs["void_cells"] == int(np.isnan(dem).sum())
    known = dem.to_numpy()[np.isfinite(dem.to_numpy())]
    assert HEIGHTS.min() - 20 < known.min() <= known.max() < HEIGHTS.max() + 20


@pytest.mark.parametrize("infinite", [np.inf, -np.inf])
def test_infinite_heights_are_refused(tmp_path: Path, infinite: float) -> None:
    values = HEIGHTS.copy()
    values[150, 150:153] = infinite
    file = write_tif(tmp_path / "a.tif", values, PLACE)
    with pytest.raises(DataError, match=r"'a\.tif' holds 3 infinite heights.*NoDataValue -9999"):
        bz.read_dem(file, GRID)


def test_undeclared_no_data_of_an_internal_mask_is_no_height(tmp_path: Path) -> None:
    values = HEIGHTS.copy()
    values[140:160, 140:160] = 1e20
    with (
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
        rasterio.open(write_tif(tmp_path / "a.tif", values, PLACE), "r+") as target,
    ):
        target.write_mask(values < 1e19)
    dem = bz.read_dem(tmp_path / "a.tif", GRID).to_numpy()
    assert np.isnan(dem[19:21, 19:21]).all()
    assert np.nanmax(dem) < 2000


# -- place -------------------------------------------------------------------------------------


def test_a_tile_of_another_degree_than_its_name_is_refused(tmp_path: Path) -> None:
    file = copernicus(tmp_path, 35, 41, transform=Affine(1 / 300, 0, 42, 0, -1 / 300, 36))
    match = rf"{file.name}' lies at lon 42\.00 to 43\.00.*its name says lon 41 to 42, lat 35 to 36"
    with pytest.raises(DataError, match=match):
        bz.read_dem(file, GRID)


def test_a_tile_with_latitude_and_longitude_swapped_is_refused(tmp_path: Path) -> None:
    file = copernicus(tmp_path, 35, 41, transform=Affine(1 / 300, 0, 35, 0, -1 / 300, 42))
    with pytest.raises(DataError, match=r"lies at lon 35\.00 to 36\.00, lat 41\.00 to 42\.00"):
        bz.read_dem(file, GRID)


@pytest.mark.parametrize("name", ["tile.hgt", "N95E041.hgt", "N35E190.hgt", "E041N35.hgt"])
def test_an_srtm_tile_whose_name_is_no_place_is_refused(tmp_path: Path, name: str) -> None:
    file = srtm(tmp_path, 35, 41).rename(tmp_path / name)
    with pytest.raises(DataError, match=rf"'{name}' names no place.*such as N35E041\.hgt"):
        bz.read_dem(file, GRID)


def test_a_zip_that_holds_a_tile_of_another_place_is_refused(tmp_path: Path) -> None:
    file = packed(tmp_path / "N35E041.hgt.zip", {"N36E041.hgt": TILE})
    with pytest.raises(DataError, match=r"N35E041\.hgt\.zip' holds 'N36E041\.hgt', a tile of anot"):
        bz.read_dem(file, GRID)


# -- damage ------------------------------------------------------------------------------------

TILE = srtm_samples(35, 41).astype(">i2").tobytes()


@pytest.mark.parametrize("share", [0.01, 0.5, 0.98])
def test_a_tile_cut_short_is_named_among_whole_ones(tmp_path: Path, share: float) -> None:
    copernicus(tmp_path, 35, 40)
    file = copernicus(tmp_path, 35, 41)
    content = file.read_bytes()
    file.write_bytes(content[: int(share * len(content))])
    with pytest.raises(DataError, match=rf"'{file.name}' cannot be read, it is cut short or dam"):
        bz.read_dem(tmp_path, grid_at(41.3, 35.5, resolution_m=1000, shape=(180, 180)))


def test_damaged_bytes_are_told_with_the_tile(tmp_path: Path) -> None:
    file = copernicus(tmp_path, 35, 41)
    content = bytearray(file.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 4000] = b"\xa5" * 4000
    file.write_bytes(content)
    with pytest.raises(DataError, match=rf"'{file.name}' cannot be read"):
        bz.read_dem(file, grid_at(41.5, 35.5, resolution_m=700, shape=(120, 120)))


@pytest.mark.parametrize("extra", [-1, 1, -2402, 2402, -len(TILE) + 1])
def test_an_srtm_tile_of_a_wrong_length_is_refused(tmp_path: Path, extra: int) -> None:
    file = tmp_path / "N35E041.hgt"
    file.write_bytes((TILE + b"\0" * max(extra, 0))[: len(TILE) + extra])
    with pytest.raises(DataError, match=rf"'N35E041\.hgt' holds {len(TILE) + extra} bytes"):
        bz.read_dem(file, GRID)


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[: len(content) // 2],
        lambda content: content[:-10],
        lambda content: content[:500] + b"\xff" * 3000 + content[3500:],
        lambda content: content[:4] + b"\0" * 500,
    ],
    ids=["half", "end", "middle", "head alone"],
)
def test_a_damaged_archive_is_told_with_its_name(
    tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    file = packed(tmp_path / "N35E041.hgt.zip", {"N35E041.hgt": TILE})
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(DataError, match=r"'N35E041\.hgt\.zip' is (no whole archive|damaged)"):
        bz.read_dem(file, GRID)


def test_a_tile_that_changes_while_it_is_used_is_told(tmp_path: Path) -> None:
    file = srtm(tmp_path, 35, 41)
    source = io.open_dem(file, GRID)
    file.write_bytes(TILE[:-2402])
    with pytest.raises(DataError, match=r"N35E041\.hgt"):
        source.read(slice(None), slice(None))
    tif = write_tif(tmp_path / "a.tif", HEIGHTS, PLACE)
    source = io.open_dem(tif, GRID)
    write_tif(tif, HEIGHTS[:200], PLACE)
    with pytest.raises(DataError, match=r"'a\.tif' was changed while it was read"):
        source.read(slice(None), slice(None))
