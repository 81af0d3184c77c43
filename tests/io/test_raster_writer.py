"""Rasters written block by block: the bytes depend on the values alone, and a failure leaves no file."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from pyproj import CRS

from borderzone import io
from borderzone.errors import DataError, InvalidParameterError, OutputError, ShapeMismatchError
from borderzone.grid import Grid

if TYPE_CHECKING:
    from pathlib import Path

GRID = Grid(
    shape=(1100, 1300), transform=Affine(30, 0, 600_000, 0, -30, 3_800_000), crs=CRS("EPSG:32637")
)


MIDDLE = "in the middle"


def values(dtype: str) -> Any:
    rng = np.random.default_rng(1)
    if dtype == "float32":
        heights = rng.normal(500, 30, GRID.shape).astype(np.float32)
        heights[600:, :200] = np.nan
        return heights
    return rng.integers(0, 2 if dtype == "bool" else 100, GRID.shape).astype(dtype)


def write(path: Path, dtype: str, order: int, *, threads: int = 1, **options: Any) -> bytes:
    """Write the values in blocks of a size and order of its own; the bytes of the file."""
    content = values(dtype)
    blocks = list(GRID.blocks(100 + 57 * order))
    random.Random(order).shuffle(blocks)  # noqa: S311 (an order, no secret)
    with (
        io.create_raster(path, GRID, name="a", dtype=dtype, **options) as raster,
        ThreadPoolExecutor(threads) as pool,
    ):
        for done in [pool.submit(raster.write, *block, content[block]) for block in blocks]:
            done.result()
    return path.read_bytes()


@pytest.mark.parametrize("compress", ["deflate", "zstd"])
@pytest.mark.parametrize("dtype", ["float32", "uint8", "int16", "bool"])
def test_the_bytes_are_the_same_in_any_order_and_from_several_threads(
    tmp_path: Path, dtype: str, compress: str
) -> None:
    options: dict[str, Any] = {
        "compress": compress,
        "units": "m",
        "long_name": "heights",
        "tags": {"RUN": "1"},
    }
    one = write(tmp_path / "a.tif", dtype, 1, **options)
    assert write(tmp_path / "b.tif", dtype, 9, threads=4, **options) == one
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tif", "b.tif"]
    with rasterio.open(tmp_path / "a.tif") as target:
        np.testing.assert_array_equal(target.read(1), values(dtype))
        assert target.overviews(1)
        assert target.tags()["RUN"] == "1"
        assert (target.tags()["units"], target.descriptions) == ("m", ("a",))
        assert target.transform == GRID.transform
        assert target.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"


def test_a_copy_has_the_bytes_that_writing_at_once_gives(tmp_path: Path) -> None:
    at_once = write(tmp_path / "a.tif", "float32", 1, tags={"RUN": "1"})
    write(tmp_path / "b.tif", "float32", 2, compress="none")
    io.copy_raster(tmp_path / "b.tif", tmp_path / "c.tif", tags={"RUN": "1"})
    io.copy_raster(tmp_path / "b.tif", tmp_path / "d.tif", tags={"RUN": "1"})
    assert (tmp_path / "c.tif").read_bytes() == (tmp_path / "d.tif").read_bytes() == at_once
    for name in ("b.tif", "c.tif"):
        whole = io.read_raster(tmp_path / name).to_numpy()
        np.testing.assert_array_equal(whole, values("float32"))
        with rasterio.open(tmp_path / name) as target:
            assert target.tags()["RUN"] == "1"
    assert len(list(tmp_path.iterdir())) == 4


def test_a_file_that_is_not_packed_has_neither_compression_nor_overviews(tmp_path: Path) -> None:
    write(tmp_path / "a.tif", "int16", 1, compress="none")
    with rasterio.open(tmp_path / "a.tif") as target:
        assert target.compression is None
        assert not target.overviews(1)
        np.testing.assert_array_equal(target.read(1), values("int16"))


def test_cells_that_are_never_written_have_no_data(tmp_path: Path) -> None:
    block = slice(0, 10), slice(0, 10)
    for dtype, nodata, empty in (
        ("float32", None, np.nan),
        ("uint8", 255, 255),
        ("int32", None, 0),
    ):
        file = tmp_path / f"{dtype}.tif"
        with io.create_raster(file, GRID, name="a", dtype=dtype, nodata=nodata) as raster:
            raster.write(*block, np.ones((10, 10), dtype))
        whole = io.read_raster(file).to_numpy()
        assert (whole[block] == 1).all()
        np.testing.assert_array_equal(whole[600:], np.full((500, 1300), empty, dtype))


def test_voids_are_counted_as_they_are_written(tmp_path: Path) -> None:
    with io.create_raster(tmp_path / "a.tif", GRID, name="a") as raster:
        raster.write(slice(0, 2), slice(0, 3), np.array([[1, np.nan, 2], [np.nan, np.nan, 3]]))
        assert raster.voids == 3
    with io.create_raster(tmp_path / "b.tif", GRID, name="a", dtype="uint8", nodata=9) as raster:
        raster.write(slice(0, 1), slice(0, 3), np.array([[9, 1, 9]], np.uint8))
        assert raster.voids == 2


# -- failure -----------------------------------------------------------------------------------


@pytest.mark.parametrize("compress", ["deflate", "none"])
@pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt])
def test_a_failure_leaves_no_file_and_the_old_one_alone(
    tmp_path: Path, compress: str, kind: type[BaseException]
) -> None:
    def fail(path: Path) -> None:
        with io.create_raster(path, GRID, name="a", compress=compress) as raster:
            raster.write(slice(0, 600), slice(0, 600), np.ones((600, 600), np.float32))
            raise kind(MIDDLE)

    with pytest.raises(kind, match=MIDDLE):
        fail(tmp_path / "a.tif")
    assert not list(tmp_path.iterdir())
    (tmp_path / "a.tif").write_text("the old file")
    with pytest.raises(kind, match=MIDDLE):
        fail(tmp_path / "a.tif")
    assert [path.name for path in tmp_path.iterdir()] == ["a.tif"]
    assert (tmp_path / "a.tif").read_text() == "the old file"


def test_a_failure_while_packing_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(rasterio.shutil, "copy", full)
    with pytest.raises(OutputError, match=r"cannot be written .*No space left.*is the disk full"):
        write(tmp_path / "a.tif", "uint8", 3)
    assert not list(tmp_path.iterdir())
    write(tmp_path / "b.tif", "uint8", 3, compress="none")
    with pytest.raises(OutputError, match=r"No space left"):
        io.copy_raster(tmp_path / "b.tif", tmp_path / "c.tif")
    assert [path.name for path in tmp_path.iterdir()] == ["b.tif"]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match=r"there is no folder .*'a\.tif'"),
        io.create_raster(tmp_path / "none" / "a.tif", GRID, name="a"),
    ):
        pass


def test_blocks_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    rows, columns = slice(0, 4), slice(0, 5)
    with io.create_raster(tmp_path / "a.tif", GRID, name="a", dtype="uint8") as raster:
        with pytest.raises(ShapeMismatchError, match=r"have shape \(5, 4\), the block \(4, 5\)"):
            raster.write(rows, columns, np.ones((5, 4), np.uint8))
        for wrong in (np.full((4, 5), 300), np.full((4, 5), -1), np.ones((4, 5))):
            with pytest.raises(InvalidParameterError, match="do not fit a raster of uint8"):
                raster.write(rows, columns, wrong)
        for wrong in (np.full((4, 5), 1j), np.full((4, 5), "a"), np.full((4, 5), None)):
            with pytest.raises(InvalidParameterError, match="do not fit a raster of uint8"):
                raster.write(rows, columns, wrong)
        raster.write(rows, columns, np.full((4, 5), 7))
        raster.write(slice(1098, None), slice(-2, None), np.full((2, 2), 8))
    whole = io.read_raster(tmp_path / "a.tif").to_numpy()
    assert (whole[:4, :5] == 7).all()
    assert (whole[-2:, -2:] == 8).all()


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"dtype": "float64"}, r"dtype must be one of .*float32"),
        ({"compress": "lzw"}, r"compress must be one of .*deflate"),
        ({"nodata": 5}, r"float32 has NaN for no data, got nodata=5"),
        ({"dtype": "uint8", "nodata": -1}, r"nodata must fit uint8, got -1"),
    ],
)
def test_options_that_no_raster_has_are_refused(
    tmp_path: Path, options: dict[str, Any], match: str
) -> None:
    with (
        pytest.raises(InvalidParameterError, match=match),
        io.create_raster(tmp_path / "a.tif", GRID, name="a", **options),
    ):
        pass
    assert not list(tmp_path.iterdir())


def test_only_a_whole_geotiff_is_copied(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no file"):
        io.copy_raster(tmp_path / "a.tif", tmp_path / "b.tif")
    (tmp_path / "a.tif").write_text("<VRTDataset/>")
    with pytest.raises(DataError, match="is not what its extension"):
        io.copy_raster(tmp_path / "a.tif", tmp_path / "b.tif")
    (tmp_path / "a.tif").write_bytes(b"II*\0" + b"\0" * 400)
    with pytest.raises(DataError, match=r"'a\.tif' cannot be read"):
        io.copy_raster(tmp_path / "a.tif", tmp_path / "b.tif")
    assert [path.name for path in tmp_path.iterdir()] == ["a.tif"]


def test_two_threads_may_write_two_rasters_at_once(tmp_path: Path) -> None:
    one = write(tmp_path / "a.tif", "float32", 1)
    start = threading.Barrier(2)

    def both(name: str) -> bytes:
        start.wait()
        return write(tmp_path / name, "float32", 5)

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(both, ["b.tif", "c.tif"])) == [one, one]
