"""Elevation that is not what it seems: each file is refused by name, with what to do about it."""

from __future__ import annotations

import contextlib
import shutil
import socket
import struct
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
import xarray as xr
from affine import Affine
from tile_cases import copernicus, grid_at, lonlat, sampled, srtm, srtm_samples, surface, write_tif

import borderzone as bz
from borderzone import io
from borderzone.errors import BorderzoneError, DataError, LimitError, NotProjectedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
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


def packed(path: Path, members: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", how) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


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


# -- archives ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("members", "match"),
    [
        ({}, r"holds 0 members|is not what its extension"),
        ({"N35E041.hgt": TILE, "N35E041.txt": b"a"}, r"holds 2 members; one \.hgt is needed"),
        ({"readme.txt": b"a"}, r"holds 'readme\.txt'; one \.hgt is needed"),
        ({"../../N35E041.hgt": TILE}, r"holds '\.\./\.\./N35E041\.hgt', a path"),
        ({"/etc/N35E041.hgt": TILE}, r"holds '/etc/N35E041\.hgt', a path"),
        ({"..\\N35E041.hgt": TILE}, r"holds .*N35E041\.hgt', a path"),
        ({"N35E041.hgt/": b""}, r"holds 'N35E041\.hgt/'"),
        ({"N35E041.hgt": TILE[:-2]}, r"holds 2884800 bytes, an SRTM tile has 2884802"),
        ({"N35E041.hgt": b"\0" * 200_000_000}, r"holds 200000000 bytes, an SRTM tile has"),
    ],
)
def test_an_archive_that_is_not_one_tile_is_refused(
    tmp_path: Path, members: dict[str, bytes], match: str
) -> None:
    file = packed(tmp_path / "N35E041.hgt.zip", members)
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(DataError, match=match) as refusal:
        bz.read_dem(file, GRID)
    assert "N35E041.hgt.zip" in str(refusal.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_an_archive_that_unpacks_to_more_than_it_says_is_refused(tmp_path: Path) -> None:
    file = packed(tmp_path / "N35E041.hgt.zip", {"N35E041.hgt": TILE + b"\0" * 100_000_000})
    content = file.read_bytes()
    told = struct.pack("<L", len(TILE) + 100_000_000)
    assert content.count(told) == 2
    file.write_bytes(content.replace(told, struct.pack("<L", len(TILE))))
    with pytest.raises(DataError, match=r"'N35E041\.hgt\.zip' is (damaged|not as long)"):
        bz.read_dem(file, GRID)


@pytest.mark.parametrize("how", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_packings_are_refused_before_they_unpack(tmp_path: Path, how: int) -> None:
    file = packed(tmp_path / "N35E041.hgt.zip", {"N35E041.hgt": TILE}, how)
    with pytest.raises(DataError, match=r"is packed in another way than deflate.*Unpack it"):
        bz.read_dem(file, GRID)


def test_an_encrypted_archive_is_refused(tmp_path: Path) -> None:
    file = packed(tmp_path / "N35E041.hgt.zip", {"N35E041.hgt": TILE})
    content = bytearray(file.read_bytes())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + place] |= 1
    file.write_bytes(content)
    with pytest.raises(DataError, match=r"'N35E041\.hgt\.zip' is encrypted"):
        bz.read_dem(file, GRID)


def test_an_archive_larger_than_any_tile_is_not_looked_into(tmp_path: Path) -> None:
    file = tmp_path / "N35E041.hgt.zip"
    with file.open("wb") as stream:
        stream.write(b"PK\x03\x04")
        stream.truncate(30_000_000)
    with pytest.raises(DataError, match=r"has 30000000 bytes, more than a tile.*unpack it"):
        bz.read_dem(file, GRID)


# -- names that lie, and files that point elsewhere --------------------------------------------


@pytest.mark.parametrize(
    ("made", "called"),
    [
        ("N35E041.hgt", "dem.tif"),
        ("N35E041.hgt", "N35E041.hgt.zip"),
        ("dem.tif", "N35E041.hgt"),
        ("dem.tif", "N35E041.hgt.zip"),
        ("N35E041.hgt.zip", "dem.tif"),
        ("N35E041.hgt.zip", "N35E041.hgt"),
    ],
)
def test_a_file_under_the_name_of_another_kind_is_refused(
    tmp_path: Path, made: str, called: str
) -> None:
    (tmp_path / "made").mkdir()
    srtm(tmp_path / "made", 35, 41)
    write_tif(tmp_path / "made" / "dem.tif", HEIGHTS, PLACE)
    packed(tmp_path / "made" / "N35E041.hgt.zip", {"N35E041.hgt": TILE})
    file = tmp_path / called
    shutil.copy(tmp_path / "made" / made, file)
    with pytest.raises(DataError, match=rf"'{called}' (is not what its extension|holds \d+ bytes)"):
        bz.read_dem(file, GRID)


@pytest.mark.parametrize("name", ["dem.vrt", "dem.asc", "dem.zip", "dem.nc", "dem"])
def test_other_formats_are_refused_by_their_name(tmp_path: Path, name: str) -> None:
    file = write_tif(tmp_path / "a.tif", HEIGHTS, PLACE).rename(tmp_path / name)
    with pytest.raises(DataError, match=rf"'{name}' ends in .*\.hgt.*\.tif.* is needed"):
        bz.read_dem(file, GRID)


@pytest.fixture
def ear() -> Iterator[socket.socket]:
    """Listen on the loopback; who is not followed has nobody calling."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        yield server


def nobody_called(server: socket.socket) -> bool:
    with contextlib.suppress(BlockingIOError):
        server.accept()[0].close()
        return False
    return True


def vrt(target: str) -> str:
    return (
        '<VRTDataset rasterXSize="300" rasterYSize="300"><SRS>EPSG:4326</SRS>'
        "<GeoTransform>41,0.00333,0,36,0,-0.00333</GeoTransform>"
        '<VRTRasterBand dataType="Float32" band="1"><SimpleSource>'
        f'<SourceFilename relativeToVRT="0">{target}</SourceFilename><SourceBand>1</SourceBand>'
        "</SimpleSource></VRTRasterBand></VRTDataset>"
    )


@pytest.mark.parametrize("name", ["dem.tif", "N35E041.hgt", "N35E041.hgt.zip"])
@pytest.mark.parametrize("kind", ["address", "file", "map service"])
def test_a_document_that_points_elsewhere_is_not_followed(
    tmp_path: Path, ear: socket.socket, name: str, kind: str
) -> None:
    address = f"http://127.0.0.1:{ear.getsockname()[1]}/a.tif"
    (tmp_path / "other").mkdir()
    other = write_tif(tmp_path / "other" / "a.tif", HEIGHTS, PLACE)
    text = {
        "address": vrt(f"/vsicurl/{address}"),
        "file": vrt(str(other)),
        "map service": f"<GDAL_WMS><Service name='TMS'><ServerUrl>{address}</ServerUrl></Service>"
        "</GDAL_WMS>",
    }[kind]
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=rf"'{name}' (is not what its extension|holds \d+ bytes)"):
        bz.read_dem(tmp_path / name, GRID)
    assert nobody_called(ear)


@pytest.mark.parametrize(
    "string",
    [
        "/vsicurl/{address}",
        "{address}",
        "/vsizip/{folder}/a.zip/a.tif",
        "GTIFF_DIR:1:{folder}/a.tif",
        "MEM:::DATAPOINTER=1,PIXELS=1,LINES=1",
        "<VRTDataset/>",
        "vrt://{folder}/a.tif?bands=1",
        '{{"type": "gdal_streamed_alg"}}',
        "s3://bucket/a.tif",
    ],
)
def test_a_connection_string_is_no_file(tmp_path: Path, ear: socket.socket, string: str) -> None:
    write_tif(tmp_path / "a.tif", HEIGHTS, PLACE)
    address = f"http://127.0.0.1:{ear.getsockname()[1]}/a.tif"
    given = string.format(address=address, folder=tmp_path)
    match = r"is not a local file; addresses, archives and inline"
    with pytest.raises(DataError, match=match):
        bz.read_dem(given, GRID)
    with pytest.raises(DataError, match=match):
        bz.read_dem([tmp_path / "a.tif", given], GRID)
    assert nobody_called(ear)


def test_a_driver_before_the_name_is_a_name_that_no_file_has(tmp_path: Path) -> None:
    write_tif(tmp_path / "a.tif", HEIGHTS, PLACE)
    for driver in ("GTIFF_RAW:", "ZARR:", "DERIVED_SUBDATASET:LOGAMPLITUDE:"):
        with pytest.raises(DataError, match="there is no file"):
            bz.read_dem(f"{driver}{tmp_path}/a.tif", GRID)


def test_files_beside_a_tile_are_not_followed(tmp_path: Path, ear: socket.socket) -> None:
    file = write_tif(tmp_path / "a.tif", HEIGHTS, PLACE)
    alone = bz.read_dem(file, GRID)
    document = vrt(f"/vsicurl/http://127.0.0.1:{ear.getsockname()[1]}/a.tif")
    for side in ("a.tif.ovr", "a.tif.msk", "a.tif.aux.xml", "a.aux.xml", "a.vrt"):
        (tmp_path / side).write_text(document)
    (tmp_path / "a.tfw").write_text("1\n0\n0\n-1\n500\n500\n")
    assert alone.identical(bz.read_dem(file, GRID))
    coarse = grid_at(41.5, 35.5, resolution_m=5000, shape=(5, 5))
    assert np.isfinite(bz.read_dem(file, coarse)).all()
    assert nobody_called(ear)


def test_a_tile_that_says_it_is_huge_is_refused_at_its_header(tmp_path: Path) -> None:
    file = tmp_path / "a.tif"
    with rasterio.open(
        file,
        "w",
        driver="GTiff",
        width=60_000,
        height=60_000,
        count=1,
        dtype="float32",
        crs="EPSG:4326",
        transform=PLACE,
        tiled=True,
        sparse_ok=True,
    ):
        pass
    with pytest.raises(LimitError, match=r"'a\.tif' has 60000 x 60000 x 1 cells, the limit is"):
        io.open_dem(file, GRID)
    with pytest.raises(LimitError, match=r"'N35E041\.hgt' has 1201 x 1201 cells, the limit is 100"):
        io.open_dem(srtm(tmp_path, 35, 41), GRID, max_cells=100)


def test_a_folder_or_a_pattern_without_tiles_is_told(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing here")
    with pytest.raises(DataError, match=r"holds no file that ends in \.tif"):
        bz.read_dem(tmp_path, GRID)
    with pytest.raises(DataError, match=r"no file matches"):
        bz.read_dem(tmp_path / "*.tif", GRID)


@pytest.mark.parametrize("seed", range(40))
def test_a_tile_with_any_bytes_changed_is_read_or_refused(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    if seed % 2:
        file = copernicus(tmp_path, 35, 41, side=60)
    else:
        file = packed(tmp_path / "N35E041.hgt.zip", {"N35E041.hgt": TILE})
    content = bytearray(file.read_bytes())
    head = min(len(content), 600)
    for place in (*rng.integers(0, len(content), 3), *rng.integers(0, head, 3)):
        content[place] = int(rng.integers(0, 256))
    file.write_bytes(content)
    dem: Any = None
    with contextlib.suppress(BorderzoneError):
        dem = bz.read_dem(file, GRID)
    assert dem is None or (dem.shape == GRID.shape and np.nanmax(dem) < 9000)
