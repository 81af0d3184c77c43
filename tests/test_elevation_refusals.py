"""Tiles that are not what they say: refused, with the tile named and a way to mend it."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from tile_cases import copernicus, grid_at, lonlat, sampled, srtm, srtm_samples, write_tif

import borderzone as bz
from borderzone import io
from borderzone.errors import CRSMismatchError, DataError, NoOverlapError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GRID = grid_at(41.5, 35.5, resolution_m=500, shape=(30, 30))
PLACE = Affine(1 / 300, 0, 41, 0, -1 / 300, 36)


def heights() -> Any:
    """Give heights of the tile of which the grid is a part."""
    return sampled(PLACE, 300, 300)


def archive(path: Path, members: dict[str, bytes], **options: Any) -> Path:
    """Write an archive."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, **options) as target:
        for name, content in members.items():
            target.writestr(name, content)
    return path


TILE = srtm_samples(35, 41).astype(">i2").tobytes()


def cut_short(folder: Path) -> Path:
    file = srtm(folder, 35, 41)
    file.write_bytes(file.read_bytes()[:-2])
    return file


def nameless(folder: Path) -> Path:
    file = folder / "tile.hgt"
    file.write_bytes(TILE)
    return file


def moved(folder: Path) -> Path:
    return copernicus(folder, 35, 41, transform=Affine(1 / 300, 0, 44, 0, -1 / 300, 33))


def infinite(folder: Path) -> Path:
    z = heights()
    z[150, 150] = np.inf
    return write_tif(folder / "a.tif", z, PLACE)


def undeclared(folder: Path) -> Path:
    z = np.round(heights()).astype(np.int16)
    z[150, 150] = -32768
    return write_tif(folder / "a.tif", z, PLACE)


def all_void(folder: Path) -> Path:
    file = folder / "N35E041.hgt"
    file.write_bytes(np.full((1201, 1201), -32768, ">i2").tobytes())
    return file


def feet_beside_metres(folder: Path) -> Path:
    write_tif(folder / "a.tif", heights(), PLACE)
    other = write_tif(folder / "b.tif", heights(), PLACE, crs="EPSG:4326+6360")
    return other.parent


def damaged(folder: Path) -> Path:
    file = write_tif(folder / "a.tif", heights(), PLACE, tiled=True, blockxsize=64, blockysize=64)
    with rasterio.open(file) as source:  # the block in the middle, where the grid lies
        first = int(source.get_tag_item("BLOCK_OFFSET_2_2", "TIFF", bidx=1))
    content = bytearray(file.read_bytes())
    content[first + 100 : first + 4100] = b"\xff" * 4000
    file.write_bytes(bytes(content))
    return file


def half_a_file(folder: Path) -> Path:
    file = write_tif(folder / "a.tif", heights(), PLACE)
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])
    return file


def bomb(folder: Path) -> Path:
    # A megabyte of archive that unpacks to a gigabyte: never unpacked, as no tile has that size.
    return archive(folder / "N35E041.hgt.zip", {"N35E041.hgt": b"\0" * 200_000_000})


def liar(folder: Path) -> Path:
    """Make an archive that says it holds a tile, and holds more."""
    file = archive(folder / "N35E041.hgt.zip", {"N35E041.hgt": TILE + b"\0" * 10_000_000})
    content, real = file.read_bytes(), (len(TILE) + 10_000_000).to_bytes(4, "little")
    file.write_bytes(content.replace(real, len(TILE).to_bytes(4, "little")))
    return file


def no_archive(folder: Path) -> Path:
    file = folder / "N35E041.hgt.zip"
    file.write_bytes(b"PK\3\4" + b"x" * 500)
    return file


CASES: dict[str, tuple[Callable[[Path], Path], str]] = {
    "cut short": (cut_short, r"'N35E041\.hgt' holds 2884800 bytes, .* cut short"),
    "an SRTM tile without a place": (nameless, r"'tile\.hgt' names no place.*N35E041\.hgt"),
    "a tile of another place": (moved, r"'Copernicus_.*' lies at lon 44.* its name says lon 41"),
    "infinite heights": (infinite, r"'a\.tif' holds 1 infinite heights.*gdal_calc"),
    "no data that is not declared": (undeclared, r"'a\.tif' holds heights from -32768.*a_nodata"),
    "voids alone": (all_void, r"N35E041\.hgt: every cell on the grid is no data"),
    "feet beside metres": (feet_beside_metres, r"'b\.tif' .*in feet; metres are needed"),
    "damaged blocks": (damaged, r"a\.tif"),
    "half a file": (half_a_file, r"a\.tif"),
    "a bomb": (bomb, r"'N35E041\.hgt' holds 200000000 bytes|200000000 bytes"),
    "an archive that lies about its size": (liar, r"'N35E041\.hgt\.zip'"),
    "two members": (
        lambda folder: archive(
            folder / "N35E041.hgt.zip", {"N35E041.hgt": TILE, "N35E042.hgt": TILE}
        ),
        r"holds 2 members; one \.hgt is needed",
    ),
    "a member that is no tile": (
        lambda folder: archive(folder / "N35E041.hgt.zip", {"readme.txt": b"hello"}),
        r"holds 'readme\.txt'; one \.hgt is needed",
    ),
    "a path out of the archive": (
        lambda folder: archive(folder / "N35E041.hgt.zip", {"../../N35E041.hgt": TILE}),
        r"holds '\.\./\.\./N35E041\.hgt', a path",
    ),
    "a tile of another place inside": (
        lambda folder: archive(folder / "N35E041.hgt.zip", {"N34E041.hgt": TILE}),
        r"holds 'N34E041\.hgt', a tile of another place",
    ),
    "no archive": (no_archive, r"'N35E041\.hgt\.zip' is no whole archive"),
}


@pytest.mark.parametrize("kind", CASES)
def test_a_bad_tile_is_named(tmp_path: Path, kind: str) -> None:
    """Read at once or by block."""
    make, message = CASES[kind]
    source = make(tmp_path)

    with pytest.raises(DataError, match=message):
        bz.read_dem(source, GRID)
    assert not (tmp_path.parent / "N35E041.hgt").exists()


def test_one_bad_tile_among_good_ones_is_the_one_that_is_named(tmp_path: Path) -> None:
    """Whatever thread meets it first."""
    for lon in (40, 41, 42):
        copernicus(tmp_path, 35, lon)
    bad = tmp_path / "Copernicus_DSM_COG_10_N35_00_E041_00_DEM.tif"
    content = bad.read_bytes()
    bad.write_bytes(content[: len(content) // 3])

    with pytest.raises(DataError, match="N35_00_E041_00_DEM"):
        bz.read_dem(tmp_path, GRID)


def test_tiles_of_two_crs_are_refused(tmp_path: Path) -> None:
    """Mosaics in one frame need tiles in one."""
    copernicus(tmp_path, 35, 41)
    metres = Affine(100, 0, 7e5, 0, -100, 4e6)
    write_tif(tmp_path / "utm.tif", np.full((50, 50), 5, np.float32), metres, crs="EPSG:32637")

    with pytest.raises(CRSMismatchError, match=r"bring them into one CRS with gdalwarp -t_srs"):
        bz.read_dem(tmp_path, GRID)


def test_a_rotated_tile_is_turned_and_not_read_as_if_it_were_not(tmp_path: Path) -> None:
    """Its heights come out where they lie."""
    turned = Affine.translation(41.5, 35.0) @ Affine.rotation(30) @ Affine.scale(1 / 400, -1 / 400)
    turned = turned @ Affine.translation(-200, -400)
    column, row = np.meshgrid(np.arange(400) + 0.5, np.arange(400) + 0.5)
    lon = turned.a * column + turned.b * row + turned.c
    lat = turned.d * column + turned.e * row + turned.f
    z = (1000 * (lon - 41) + 700 * (lat - 35)).astype(np.float32)
    file = write_tif(tmp_path / "turned.tif", z, turned)

    dem = bz.read_dem(file, GRID)
    x, y = lonlat(GRID)
    known = np.isfinite(dem.to_numpy())
    assert known.mean() > 0.5
    np.testing.assert_allclose(
        dem.to_numpy()[known], (1000 * (x - 41) + 700 * (y - 35))[known], atol=2.0
    )


def test_tiles_elsewhere_are_told_with_what_they_cover(tmp_path: Path) -> None:
    """Before any height is read."""
    copernicus(tmp_path, 10, 10)

    with pytest.raises(
        NoOverlapError, match=r"none of the 1 file\(s\) lies on the grid; they cover"
    ):
        io.open_dem(tmp_path, GRID)
