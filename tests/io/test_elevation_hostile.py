"""Archives and files made to mislead, as elevation: refused by name, never unpacked or followed."""

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
from affine import Affine
from tile_cases import (
    copernicus,
    grid_at,
    packed,
    sampled,
    srtm,
    srtm_samples,
    write_tif,
)

import borderzone as bz
from borderzone import io
from borderzone.errors import BorderzoneError, DataError, LimitError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GRID = grid_at(41.5, 35.5, resolution_m=300, shape=(40, 40))
PLACE = Affine(1 / 300, 0, 41, 0, -1 / 300, 36)
HEIGHTS = sampled(PLACE, 300, 300)


TILE = srtm_samples(35, 41).astype(">i2").tobytes()


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


@pytest.mark.parametrize("name", ["dem.img", "dem.adf", "dem.zip", "dem.jp2", "dem"])
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
