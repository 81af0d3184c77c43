"""Elevation as people keep it: mosaics, NetCDF and grids in texts give what the same heights as GeoTIFF give."""

from __future__ import annotations

import importlib.util
import math
from typing import TYPE_CHECKING, Any, cast

import h5py
import numpy as np
import pytest
import rasterio
import xarray as xr
from affine import Affine
from pyproj import CRS
from tile_cases import copernicus, grid_at, lonlat, sampled, surface, write_tif

import borderzone as bz
from borderzone import Grid, io
from borderzone.errors import CRSMismatchError, DataError, LimitError
from borderzone.io import bounds

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GRID = grid_at(41.0, 35.0, resolution_m=900, shape=(60, 60))
PLACE = Affine(1 / 300, 0, 40, 0, -1 / 300, 36)
HEIGHTS = sampled(PLACE, 600, 600)
CORNER = np.zeros(GRID.shape, bool)
CORNER[0, 0] = True
SRS = CRS.from_epsg(4326).to_wkt("WKT1_GDAL")

# -- mosaics -----------------------------------------------------------------------------------


def source(tile: Path, first: Affine, *, folder: Path, more: str = "<NODATA>-9999</NODATA>") -> str:
    """Name a tile as gdalbuildvrt does: at its place among the cells of the mosaic."""
    with rasterio.open(tile) as file:
        column, row = ~first @ (file.transform.c, file.transform.f)
        size = f'xSize="{file.width}" ySize="{file.height}"'
    return f"""<ComplexSource><SourceFilename relativeToVRT="1">{tile.relative_to(folder)}</SourceFilename>
<SourceBand>1</SourceBand><SrcRect xOff="0" yOff="0" {size}/>
<DstRect xOff="{column:.6f}" yOff="{row:.6f}" {size}/>{more}</ComplexSource>"""


def vrt(
    path: Path, sources: list[str], *, place: Affine = PLACE, head: str = "", **words: str
) -> Path:
    numbers = ", ".join(map(repr, place.to_gdal()))
    srs = words.get("srs", f'<SRS dataAxisToSRSAxisMapping="2,1">{SRS}</SRS>')
    kind = words.get("kind", "")
    path.write_text(
        f'<VRTDataset rasterXSize="600" rasterYSize="600"{kind}>{srs}'
        f"<GeoTransform>{numbers}</GeoTransform>{head}"
        f'<VRTRasterBand dataType="Float32" band="1"{words.get("band", "")}>'
        f"<NoDataValue>-9999</NoDataValue>{''.join(sources)}{words.get('tail', '')}"
        "</VRTRasterBand></VRTDataset>",
        encoding="utf-8",
    )
    return path


@pytest.fixture
def tiles(tmp_path: Path) -> list[Path]:
    """Four tiles below a folder, the last two over the same ground with a hole in the upper one."""
    (tmp_path / "tiles").mkdir()
    made = []
    for k, (row, column) in enumerate([(0, 0), (0, 300), (300, 0), (300, 300), (300, 300)]):
        part = HEIGHTS[row : row + 300, column : column + 300] + np.float32(5.0 * (k == 4))
        if k == 4:
            part[100:140, 100:140] = -9999
        place = PLACE @ Affine.translation(column, row)
        made.append(write_tif(tmp_path / "tiles" / f"{k}.tif", part, place, nodata=-9999))
    return made


def test_a_mosaic_gives_the_heights_of_its_tiles(tmp_path: Path, tiles: list[Path]) -> None:
    file = vrt(tmp_path / "all.vrt", [source(tile, PLACE, folder=tmp_path) for tile in tiles])
    got = bz.read_dem(file, GRID)
    # What a mosaic names last lies on top; of a list the first counts.
    xr.testing.assert_identical(got, bz.read_dem(tiles[::-1], GRID))
    assert not np.array_equal(got, bz.read_dem(tiles, GRID))
    with rasterio.open(file) as other:  # the driver of VRT, as the other opinion
        flat = write_tif(tmp_path / "flat.tif", other.read(1), PLACE, nodata=-9999)
    np.testing.assert_array_equal(got, bz.read_dem(flat, GRID))


def test_a_mosaic_of_a_part_of_a_tile_gives_that_part(tmp_path: Path, tiles: list[Path]) -> None:
    text = source(tiles[0], PLACE, folder=tmp_path)
    for old, new in (
        ('<SrcRect xOff="0" yOff="0" xSize="300" ySize="300"', '<SrcRect xOff="60" yOff="90" xSize="200" ySize="150"'),
        ('<DstRect xOff="0.000000" yOff="0.000000" xSize="300" ySize="300"', '<DstRect xOff="60" yOff="90" xSize="200" ySize="150"'),
    ):  # fmt: skip
        assert old in text
        text = text.replace(old, new)
    grid = grid_at(40.5, 35.5, resolution_m=900, shape=(110, 110))
    middle = np.zeros(grid.shape, bool)
    middle[55, 55] = True
    got = bz.read_dem(vrt(tmp_path / "part.vrt", [text]), grid, needed=middle)
    lon, lat = lonlat(grid)
    inside = (lon > 40.22) & (lon < 40.85) & (lat < 35.68) & (lat > 35.22)
    outside = (lon < 40.18) | (lon > 40.89) | (lat > 35.72) | (lat < 35.18)
    assert np.isfinite(got.to_numpy()[inside]).all()
    assert np.isnan(got.to_numpy()[outside]).all()
    np.testing.assert_allclose(got.to_numpy()[inside], surface(lon, lat)[inside], atol=2)


REFUSED: dict[str, tuple[Callable[[str], str], str]] = {
    "pixel function": (lambda t: t.replace('band="1"', 'band="1" subClass="VRTDerivedRasterBand"'), "holds 'subClass'"),
    "warped": (lambda t: t.replace("<VRTDataset ", '<VRTDataset subClass="VRTWarpedDataset" '), "holds 'subClass'"),
    "processed": (lambda t: t.replace("</VRTDataset>", "<ProcessingSteps/></VRTDataset>"), "holds 'ProcessingSteps'"),
    "mask": (lambda t: t.replace("</VRTDataset>", "<MaskBand/></VRTDataset>"), "holds 'MaskBand'"),
    "kernel": (lambda t: t.replace("ComplexSource", "KernelFilteredSource"), "holds 'KernelFilteredSource'"),
    "array": (lambda t: t.replace("ComplexSource", "ArraySource"), "holds 'ArraySource'"),
    "options": (lambda t: t.replace("<SourceBand>", "<OpenOptions/><SourceBand>"), "holds 'OpenOptions'"),
    "scaled": (lambda t: t.replace("<NODATA>", "<ScaleRatio>2</ScaleRatio><NODATA>"), "holds 'ScaleRatio'"),
    "table": (lambda t: t.replace("<NODATA>", "<LUT>0:9</LUT><NODATA>"), "holds 'LUT'"),
    "scale": (lambda t: t.replace("<NoDataValue>", "<Scale>0.1</Scale><NoDataValue>"), "scales its numbers"),
    "two bands": (lambda t: t.replace("</VRTDataset>", '<VRTRasterBand band="2"/></VRTDataset>'), "has 2 bands"),
    "other band": (lambda t: t.replace("<SourceBand>1", "<SourceBand>mask,1"), "takes another band"),
    "resampled": (lambda t: t.replace('ySize="300"/>\n<DstRect', 'ySize="150"/>\n<DstRect'), "at another size"),
    "between cells": (lambda t: t.replace('<SrcRect xOff="0"', '<SrcRect xOff="0.4"'), "between its cells"),
    "before it": (lambda t: t.replace('<SrcRect xOff="0"', '<SrcRect xOff="-9"'), "that it cannot have"),
    "beyond it": (lambda t: t.replace('<SrcRect xOff="0"', '<SrcRect xOff="9"'), "takes more cells of"),
    "moved": (lambda t: t.replace('<DstRect xOff="0.000000"', '<DstRect xOff="7"'), "draws '0.tif' elsewhere"),
    "no place": (lambda t: t.replace("<GeoTransform>40.0", "<GeoTransform>nan"), "has no GeoTransform of 6"),
    "other crs": (lambda t: t.replace(SRS, "EPSG:4230"), "another coordinate reference system"),
    "crs of a file": (lambda t: t.replace(SRS, "/etc/passwd"), "another coordinate reference system"),
    "other void": (lambda t: t.replace("<NODATA>-9999", "<NODATA>0"), "says that 0 is no data in '0.tif'"),
    "feet": (lambda t: t.replace("<NoDataValue>", "<UnitType>ft</UnitType><NoDataValue>"), "is in feet"),
    "network": (lambda t: t.replace("tiles/0.tif", "/vsicurl/http://127.0.0.1:9/a.tif"), "is not a local file"),
    "absolute": (lambda t: t.replace("tiles/0.tif", "/etc/passwd"), "names a source outside its folder"),
    "upward": (lambda t: t.replace("tiles/0.tif", "tiles/../../a.tif"), "names a source outside its folder"),
    "backward": (lambda t: t.replace("tiles/0.tif", "tiles\\..\\..\\a.tif"), "names a source outside its folder"),
    "drive": (lambda t: t.replace("tiles/0.tif", "C:a.tif"), "names a source outside its folder"),
    "home": (lambda t: t.replace("tiles/0.tif", "~/a.tif"), "names a source outside its folder"),
    "not relative": (lambda t: t.replace(' relativeToVRT="1"', ""), "names a source that is not relative"),
    "inline": (lambda t: t.replace("tiles/0.tif", "&lt;VRTDataset/&gt;"), "is not a local file"),
    "another vrt": (lambda t: t.replace("tiles/0.tif", "a.vrt"), "there is no file|ends in '.vrt'"),
    "no tif": (lambda t: t.replace("tiles/0.tif", "tiles/secret.txt"), "ends in '.txt'"),
    "nothing": (lambda t: t.replace("tiles/0.tif", "tiles/absent.tif"), "there is no file"),
    "no source": (lambda t: t[: t.index("<ComplexSource>")] + t[t.index("</VRTRasterBand>") :], "names no source"),
    "entity": (lambda t: f'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>{t}', "holds <!DOCTYPE"),
    "inclusion": (lambda t: t.replace("</VRTDataset>", '<xi:include href="a"/></VRTDataset>'), "holds xi:include"),
    "letters": (lambda t: f'<?xml version="1.0" encoding="cp037"?>{t}', "is no UTF-8"),
    "two scales": (lambda t: t.replace("<NoDataValue>", "<Scale>1</Scale><Scale>9</Scale><NoDataValue>"), "holds 'Scale' twice"),
    "two places": (lambda t: t.replace("<GeoTransform>", "<GeoTransform>0,1,0,0,0,1</GeoTransform><GeoTransform>"), "holds 'GeoTransform' twice"),
    "two names": (lambda t: t.replace("<SourceBand>", "<SourceFilename/><SourceBand>"), "holds 'SourceFilename' twice"),
    "a name in parts": (lambda t: t.replace("0.tif<", "0.tif<a/><"), "holds 'a'"),
    "cut": (lambda t: t[:-30], "is no whole XML"),
    "deep": (lambda t: t.replace("</VRTDataset>", "<Metadata>" * 20 + "</Metadata>" * 20 + "</VRTDataset>"), "is not what its extension says"),
    "another document": (lambda t: t.replace("VRTDataset", "OGRVRTDataSources"), "holds <?ogrvrt|is not what"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_anything_but_a_plain_mosaic_is_refused(
    tmp_path: Path, tiles: list[Path], case: str
) -> None:
    (tmp_path / "tiles" / "secret.txt").write_text("the words of another file")
    text = vrt(tmp_path / "a.vrt", [source(tiles[0], PLACE, folder=tmp_path)]).read_text("utf-8")
    change, match = REFUSED[case]
    assert change(text) != text
    (tmp_path / "a.vrt").write_text(change(text), encoding="utf-8")
    with pytest.raises(DataError, match=match) as caught:
        bz.read_dem(tmp_path / "a.vrt", GRID)
    assert "a.vrt" in str(caught.value)
    assert "another file" not in str(caught.value)


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path, tiles: list[Path]) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "0.tif").symlink_to(tiles[0])
    text = source(tiles[0], PLACE, folder=tmp_path).replace("tiles/0.tif", "0.tif")
    with pytest.raises(DataError, match=r"names a source outside its folder, '0\.tif'"):
        bz.read_dem(vrt(inner / "a.vrt", [text]), GRID)


def test_a_mosaic_without_end_is_refused_before_it_is_read(
    tmp_path: Path, tiles: list[Path]
) -> None:
    file = vrt(tmp_path / "a.vrt", [source(tiles[0], PLACE, folder=tmp_path)] * 30)
    with io.limits(mosaic_files=20), pytest.raises(LimitError, match="holds 30 sources"):
        bz.read_dem(file, GRID)
    with io.limits(mosaic_bytes=1_000), pytest.raises(LimitError, match=r"bytes or more.*mosaic_"):
        bz.read_dem(file, GRID)
    file.write_text(f"<VRTDataset><Metadata>{'<a/>' * 20_000}</Metadata></VRTDataset>")
    with io.limits(mosaic_files=20), pytest.raises(DataError, match="is not what its extension"):
        bz.read_dem(file, GRID)


def test_no_data_that_only_the_mosaic_names_is_a_hole(tmp_path: Path) -> None:
    values = HEIGHTS.copy()
    values[250:350, 250:350] = -9999
    tile = write_tif(tmp_path / "a.tif", values, PLACE)
    file = vrt(tmp_path / "a.vrt", [source(tile, PLACE, folder=tmp_path)])
    want = bz.read_dem(
        write_tif(tmp_path / "b.tif", values, PLACE, nodata=-9999), GRID, needed=CORNER
    )
    assert want.attrs["void_cells"] > 100
    np.testing.assert_array_equal(bz.read_dem(file, GRID, needed=CORNER), want)


def test_a_mosaic_is_credited_and_digested_with_its_tiles(tmp_path: Path) -> None:
    tile = copernicus(tmp_path, 35, 40)
    with rasterio.open(tile) as file:
        place = file.transform
    made = vrt(tmp_path / "a.vrt", [source(tile, place, folder=tmp_path, more="")], place=place)
    records = io.Record.of_files(made, name="elevation")
    assert [record.path for record in records] == ["a.vrt", tile.name]
    assert "Copernicus" in records[1].title


# -- grids in texts ----------------------------------------------------------------------------


def asc(
    path: Path, values: Any, place: Affine, *, crs: str | None = "ESRI", head: str = ""
) -> Path:
    rows, columns = values.shape
    text = head or (
        f"ncols {columns}\nnrows {rows}\nxllcorner {place.c!r}\nyllcorner {place.f + rows * place.e!r}\n"
        f"cellsize {place.a!r}\nNODATA_value -9999\n"
    )
    lines = [" ".join(f"{value:.9g}" for value in row) for row in values]
    path.write_text(text + "\n".join(lines) + "\n")
    if crs is not None:
        path.with_suffix(".prj").write_text(CRS.from_epsg(4326).to_wkt("WKT1_ESRI"))
    return path


def test_a_grid_in_a_text_gives_the_heights_of_the_same_geotiff(tmp_path: Path) -> None:
    values = HEIGHTS.copy()
    # Whole numbers first: by itself the driver would take all for whole.
    values[:300] = np.round(values[:300])
    values[300, 300] = -9999
    want = bz.read_dem(
        write_tif(tmp_path / "a.tif", values, PLACE, nodata=-9999), GRID, needed=CORNER
    )
    got = bz.read_dem(asc(tmp_path / "a.asc", values, PLACE), GRID, needed=CORNER)
    np.testing.assert_allclose(got, want, atol=1e-3)


BAD_TEXTS: dict[str, tuple[str, Any, str]] = {
    "no head": ("1 2 3\n4 5 6\n", DataError, "is not what its extension says, an ESRI ASCII grid"),
    "no cells": ("ncols 0\nnrows 5\ncellsize 1\n", DataError, "is not what its extension says"),
    "twice": ("ncols 2\nncols 9\nnrows 5\n", DataError, "is not what its extension says"),
    "huge": ("ncols 90000\nnrows 90000\nxllcorner 1\nyllcorner 1\ncellsize 1\n", LimitError, "held whole.*raster_piece_cells"),
    "cut": ("ncols 900\nnrows 900\nxllcorner 41\nyllcorner 35\ncellsize 0.01\n1 2 3\n", DataError, "is cut short: 900 rows"),
    "no size": ("ncols 3\nnrows 2\nxllcorner 41\nyllcorner 35\ncellsize 0\n1 2 3\n4 5 6\n", (DataError, CRSMismatchError), "a.asc"),
    "endless": ("ncols 3\nnrows 2\nxllcorner 41\nyllcorner 35\ncellsize 1e999\n1 2 3\n4 5 6\n", (DataError, CRSMismatchError), "a.asc"),
    "words": ("ncols 30\nnrows 20\nxllcorner 40.5\nyllcorner 34.5\ncellsize 0.05\n" + "a b c\n" * 400, DataError, "holds 'abc"),
    "too many": ("ncols 30\nnrows 20\nxllcorner 40.5\nyllcorner 34.5\ncellsize 0.05\n" + "1 2 3\n" * 201, DataError, "holds 603 numbers, its head says 20 rows of 30"),
    "decimal commas": ("ncols 30\nnrows 20\nxllcorner 40.5\nyllcorner 34.5\ncellsize 0.05\n" + "1,5 2,5 3,5\n" * 400, DataError, "holds ',,,"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_TEXTS)
def test_a_text_that_is_no_grid_is_refused(tmp_path: Path, case: str) -> None:
    text, error, match = BAD_TEXTS[case]
    (tmp_path / "a.asc").write_text(text)
    (tmp_path / "a.prj").write_text(CRS.from_epsg(4326).to_wkt("WKT1_ESRI"))
    with pytest.raises(error, match=match):
        bz.read_dem(tmp_path / "a.asc", GRID)


def test_a_grid_without_its_crs_is_refused_with_how_to_give_it(tmp_path: Path) -> None:
    file = asc(tmp_path / "a.asc", HEIGHTS, PLACE, crs=None)
    with pytest.raises(
        CRSMismatchError, match=r"no \.prj beside it; put .* a\.prj.*gdal_translate"
    ):
        bz.read_dem(file, GRID)
    (tmp_path / "secret").write_text("the words of another file")
    (tmp_path / "a.prj").symlink_to(tmp_path / "secret")
    with pytest.raises(CRSMismatchError, match=r"'a\.prj' holds no CRS") as caught:
        bz.read_dem(file, GRID)
    assert "another" not in str(caught.value)
    (tmp_path / "a.prj").unlink()
    (tmp_path / "a.prj").write_text(" " * 2**17)
    with pytest.raises(CRSMismatchError, match=r"'a\.prj' holds no CRS"):
        bz.read_dem(file, GRID)


# -- NetCDF ------------------------------------------------------------------------------------

FORMATS = ("NETCDF3_64BIT", "NETCDF4")


def dataset(values: Any = HEIGHTS, place: Affine = PLACE, name: str = "elevation") -> xr.Dataset:
    rows, columns = values.shape
    lat = place.f + (np.arange(rows) + 0.5) * place.e
    lon = place.c + (np.arange(columns) + 0.5) * place.a
    return xr.Dataset(
        {name: (("lat", "lon"), values, {"units": "m", "standard_name": "height"})},
        coords={
            "lat": ("lat", lat, {"units": "degrees_north", "standard_name": "latitude"}),
            "lon": ("lon", lon, {"units": "degrees_east", "standard_name": "longitude"}),
        },
    )


def netcdf(path: Path, data: xr.Dataset, kind: str = "NETCDF3_64BIT", **encoding: Any) -> Path:
    how: dict[str, Any] = {"engine": "scipy" if kind.startswith("NETCDF3") else "h5netcdf"}
    data.to_netcdf(path, format=cast("Any", kind), encoding=encoding, **how)
    return path


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read in this process, as where Python is part of another program: starting one takes a second."""
    monkeypatch.setattr(bounds, "_interpreter", lambda: None)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("turned", [False, True])
def test_netcdf_gives_the_heights_of_the_same_geotiff(
    tmp_path: Path, kind: str, *, turned: bool
) -> None:
    values = np.round(HEIGHTS)
    values[300:310, 300:310] = np.nan
    data, encoding = dataset(values), {}
    if turned:  # south first, columns first, on a day, packed
        data = data.isel(lat=slice(None, None, -1)).transpose("lon", "lat").expand_dims(time=[3])
        packed = {"dtype": "int16", "scale_factor": 0.5, "add_offset": 100.0, "_FillValue": -32768}
        encoding = {"elevation": packed}
    file = netcdf(tmp_path / "a.nc", data, kind, **encoding)
    filled = np.where(np.isnan(values), -9999, values)
    want = bz.read_dem(
        write_tif(tmp_path / "a.tif", filled, PLACE, nodata=-9999), GRID, needed=CORNER
    )
    got = bz.read_dem(file, GRID, needed=CORNER)
    assert got.attrs["void_cells"] == want.attrs["void_cells"] > 0
    np.testing.assert_allclose(got, want, atol=2e-3)


def test_netcdf_on_a_map_takes_its_crs_from_the_grid_mapping(tmp_path: Path, here: None) -> None:
    crs = CRS.from_epsg(32637)
    grid = Grid.covering((650_000, 3_850_000, 680_000, 3_880_000), resolution_m=300.0, crs=crs)
    place = Affine(100, 0, 640_000, 0, -100, 3_890_000)
    values = np.random.default_rng(1).normal(500, 50, (500, 500)).astype(np.float32)
    want = bz.read_dem(write_tif(tmp_path / "a.tif", values, place, crs=crs.to_wkt()), grid)
    y, x = (
        start + sign * 100 * (np.arange(500) + 0.5) for start, sign in ((place.f, -1), (place.c, 1))
    )
    data = xr.Dataset(
        {"z": (("y", "x"), values, {"grid_mapping": "utm"}), "utm": ((), 0, crs.to_cf())},
        coords={"y": ("y", y, {"units": "m"}), "x": ("x", x, {"units": "m"})},
    )
    np.testing.assert_allclose(bz.read_dem(netcdf(tmp_path / "a.nc", data), grid), want, atol=1e-3)
    words = {k: v for k, v in crs.to_cf().items() if k not in {"crs_wkt", "horizontal_datum_name"}}
    data["utm"].attrs = words
    got = bz.read_dem(netcdf(tmp_path / "b.nc", data), grid)
    np.testing.assert_allclose(got, want, atol=1)
    data["utm"].attrs = {"spatial_ref": "/etc/passwd"}
    with pytest.raises(CRSMismatchError, match="names no coordinate reference system"):
        bz.read_dem(netcdf(tmp_path / "c.nc", data), grid)
    del data["z"].attrs["grid_mapping"]
    with pytest.raises(CRSMismatchError, match=r"no grid_mapping.*gdal_translate -a_srs"):
        bz.read_dem(netcdf(tmp_path / "d.nc", data), grid)
    data["z"].attrs["grid_mapping"] = "utm"
    data["utm"].attrs = crs.to_cf()
    data["x"].attrs["units"] = "km"
    with pytest.raises(DataError, match="has axes in 'km'"):
        bz.read_dem(netcdf(tmp_path / "e.nc", data), grid)


@pytest.mark.parametrize("first", [0.0, 200.0])
def test_longitudes_that_run_beyond_180_lie_in_the_west(
    tmp_path: Path, first: float, here: None
) -> None:
    place = Affine(0.25, 0, first, 0, -0.25, 40)
    values = sampled(place, 80, round((360 - first) / 0.25)) / 4
    grid = grid_at(-100.0, 30.0, resolution_m=20_000, shape=(10, 10), crs=CRS.from_epsg(32614))
    got = bz.read_dem(netcdf(tmp_path / "a.nc", dataset(values, place)), grid)
    shifted = write_tif(tmp_path / "a.tif", values, Affine.translation(-360, 0) @ place)
    np.testing.assert_allclose(got, bz.read_dem(shifted, grid), atol=1e-2)


def two(data: xr.Dataset) -> xr.Dataset:
    del data["elevation"].attrs["standard_name"]
    return data.assign(depth_of_snow=data["elevation"] * 0)


BAD_SETS: dict[str, tuple[Callable[[xr.Dataset], xr.Dataset], str]] = {
    "two": (two, "holds 2 variables, 'elevation', 'depth_of_snow'; choose one of them with gdal_translate NETCDF:a.nc:elevation"),
    "none": (lambda d: d.drop_vars("elevation"), "no variable along two axes"),
    "uneven": (lambda d: d.assign_coords(lat=("lat", d["lat"].to_numpy() ** 2, d["lat"].attrs)), "uneven steps along 'lat'"),
    "one step": (lambda d: d.assign_coords(lat=("lat", d["lat"].to_numpy() * 0 + 35, d["lat"].attrs)), "uneven steps along 'lat'"),
    "feet": (lambda d: d.assign(elevation=d["elevation"].assign_attrs(units="feet")), "is in feet"),
    "kelvin": (lambda d: d.assign(elevation=d["elevation"].assign_attrs(units="K")), "is in 'k'; metres"),
    "depths": (lambda d: d.assign(elevation=d["elevation"].assign_attrs(positive="down")), "counts downward"),
    "levels": (lambda d: d.expand_dims(level=[1, 2]), "no variable along two axes"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_SETS)
def test_netcdf_that_is_no_elevation_is_refused(tmp_path: Path, case: str, here: None) -> None:
    change, match = BAD_SETS[case]
    with pytest.raises(DataError, match=match):
        bz.read_dem(netcdf(tmp_path / "a.nc", change(dataset())), GRID)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize(
    ("scale", "offset"), [(1e-12, 0.0), (math.nan, 0.0), (0.0, 100.0), (1e9, 0.0), (1.0, math.inf)]
)
def test_netcdf_packed_so_that_no_heights_are_left_is_refused(
    tmp_path: Path, kind: str, scale: float, offset: float, here: None
) -> None:
    """All would read as one height, and nobody would know."""
    data = dataset(np.round(HEIGHTS).astype(np.int16))
    data["elevation"].attrs |= {"scale_factor": scale, "add_offset": offset}
    file = netcdf(tmp_path / "a.nc", data, kind)
    with pytest.raises(DataError, match="packs 'elevation' with scale_factor"):
        bz.read_dem(file, GRID)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("packed", [False, True])
def test_netcdf_beyond_its_valid_range_is_no_data(
    tmp_path: Path, kind: str, *, packed: bool, here: None
) -> None:
    high = np.round(HEIGHTS) > np.median(HEIGHTS)
    values = np.where(high, -3000, np.round(HEIGHTS)).astype(np.int16)
    data = dataset(values * 2 if packed else values)
    data["elevation"].attrs |= {"valid_min": np.int16(-1000)}
    if packed:
        data["elevation"].attrs |= {"scale_factor": 0.5}
    whole = dataset(np.where(high, np.nan, np.round(HEIGHTS)).astype(np.float32))
    got, want = (
        bz.read_dem(netcdf(tmp_path / name, one, kind), GRID, max_gap_share=0.9)
        for name, one in (("a.nc", data), ("b.nc", whole))
    )
    assert np.isnan(got).any()
    np.testing.assert_array_equal(got, want)


def test_of_several_variables_the_one_that_says_height_counts(tmp_path: Path, here: None) -> None:
    data = dataset().assign(source=dataset()["elevation"] * 0 + 3)
    del data["source"].attrs["standard_name"]
    got = bz.read_dem(netcdf(tmp_path / "a.nc", data), GRID)
    assert float(got.mean()) > 100


@pytest.mark.parametrize("start", [4, 200, -3_000])
def test_damaged_netcdf_is_refused(tmp_path: Path, start: int) -> None:
    content = bytearray(netcdf(tmp_path / "a.nc", dataset()).read_bytes())
    content = (
        content[:start] if start < 0 else content[:start] + b"\xff" * 40 + content[start + 40 :]
    )
    (tmp_path / "b.nc").write_bytes(content)
    with pytest.raises((DataError, LimitError), match=r"b\.nc"):
        bz.read_dem(tmp_path / "b.nc", GRID)


ATTACKS = {
    "external link": "its variable 'x' is a link",
    "soft link": "its variable 'x' is a link",
    "external storage": "'x' keeps its numbers in another file",
    "virtual": "'x' keeps its numbers in another file",
    "plug-in": "'x' is packed in another way than deflate",
    "one piece": "'x' is stored in pieces of 100000000 numbers",
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_netcdf_4_that_leads_elsewhere_or_unpacks_without_end_is_refused(
    tmp_path: Path, attack: str, here: None
) -> None:
    file = netcdf(tmp_path / "a.nc", dataset(), "NETCDF4")
    attack_with_hdf5(file, attack)
    with pytest.raises(DataError, match=ATTACKS[attack]):
        bz.read_dem(file, GRID)


def attack_with_hdf5(file: Path, attack: str) -> None:
    secret = file.with_name("secret.bin")
    secret.write_bytes(b"the words of another file" * 20)
    with h5py.File(file, "r+") as root:
        if attack == "external link":
            root["x"] = h5py.ExternalLink("secret.bin", "/elevation")
        elif attack == "soft link":
            root["x"] = h5py.SoftLink("/elevation")
        elif attack == "external storage":
            root.create_dataset("x", (20, 20), "u1", external=[(str(secret), 0, 400)])
        elif attack == "virtual":
            layout = h5py.VirtualLayout((600,), "f4")
            layout[:] = h5py.VirtualSource(str(secret), "elevation", shape=(600,))
            root.create_virtual_dataset("x", layout)
        elif attack == "plug-in":
            root.create_dataset("x", (600, 600), "f4", compression="lzf", chunks=(60, 60))
        else:
            root.create_dataset("x", (10_000, 10_000), "u1", chunks=(10_000, 10_000), compression=1)


def test_netcdf_4_without_its_reader_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.nc").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(
        DataError, match=r"pip install 'borderzone\[netcdf\]'.*gdal_translate a\.nc"
    ):
        bz.read_dem(tmp_path / "a.nc", GRID)


def test_a_file_of_a_further_kind_says_what_turns_it_into_one_that_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.img").write_bytes(b"EHFA_HEADER_TAG")
    with pytest.raises(DataError, match=r"gdal_translate a\.img a\.tif makes a GeoTIFF of it"):
        bz.read_dem(tmp_path / "a.img", GRID)
