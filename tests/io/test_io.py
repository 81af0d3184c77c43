"""Reading onto a grid and writing: what comes out is what went in, or an error that says why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
import xarray as xr
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from borderzone import io
from borderzone.errors import (
    CoverageGapError,
    CRSMismatchError,
    DataError,
    GridMismatchError,
    LimitError,
    NoOverlapError,
    OutputError,
)
from borderzone.grid import Grid
from borderzone.io.raster import to_dataarray

if TYPE_CHECKING:
    from pathlib import Path

UTM = "EPSG:32637"
KML = """<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document>
<Placemark><name>a</name><Point><coordinates>41,33,1</coordinates></Point></Placemark>
<Placemark><name>b</name><Point><coordinates>42,34,2</coordinates></Point></Placemark>
</Document></kml>
"""
CORNER = (600_000.0, 3_800_000.0)


def from_origin(west: float, north: float, width: float, height: float) -> Affine:
    return Affine(width, 0, west, 0, -height, north)


def grid(resolution: float = 100.0, rows: int = 20, columns: int = 30) -> Grid:
    return Grid.covering(
        (
            CORNER[0],
            CORNER[1] - rows * resolution,
            CORNER[0] + columns * resolution,
            CORNER[1],
        ),
        resolution_m=resolution,
        crs=UTM,
    )


def write_tif(path: Path, values: Any, **changes: Any) -> Path:
    """Write a raster whose upper left corner is the corner of the grids of this file."""
    options: dict[str, Any] = {
        "driver": "GTiff",
        "height": values.shape[-2],
        "width": values.shape[-1],
        "count": 1 if values.ndim == 2 else values.shape[0],
        "dtype": values.dtype,
        "crs": UTM,
        "transform": from_origin(*CORNER, 100, 100),
    }
    units = changes.pop("units", None)
    with rasterio.open(path, "w", **options | changes) as target:
        target.write(values, 1) if values.ndim == 2 else target.write(values)
        if units:
            target.units = [units]
    return path


def heights(rows: int = 20, columns: int = 30) -> Any:
    return np.random.default_rng(1).uniform(100, 900, (rows, columns)).astype(np.float32)


# -- elevation ---------------------------------------------------------------------------------


def test_a_raster_that_lies_on_the_grid_comes_back_unchanged(tmp_path: Path) -> None:
    values = heights()
    dem = io.read_dem(write_tif(tmp_path / "dem.tif", values), grid())
    np.testing.assert_allclose(dem, values, atol=0.01)
    assert dem.dtype == np.float32
    assert dem.attrs["units"] == "m"
    grid().check(dem)


def test_coarsening_averages_the_cells(tmp_path: Path) -> None:
    values = heights()
    dem = io.read_dem(write_tif(tmp_path / "dem.tif", values), grid(500, 4, 6))
    np.testing.assert_allclose(dem, values.reshape(4, 5, 6, 5).mean(axis=(1, 3)), rtol=1e-4)


def test_a_grid_much_coarser_than_the_tiles_gets_the_same_averages(tmp_path: Path) -> None:
    rows, columns = np.mgrid[:400, :600]
    values = (500 + 300 * np.sin(rows / 40) * np.cos(columns / 70)).astype(np.float32)
    dem = io.read_dem(write_tif(tmp_path / "dem.tif", values), grid(10_000, 4, 6))
    np.testing.assert_allclose(dem, values.reshape(4, 100, 6, 100).mean(axis=(1, 3)), atol=2)


def test_refining_a_plane_gives_the_plane(tmp_path: Path) -> None:
    coarse, fine = grid(100, 20, 30), grid(25, 80, 120)
    plane = (coarse.x[None, :] - CORNER[0]) * 0.1 + (CORNER[1] - coarse.y[:, None]) * 0.05
    dem = io.read_dem(write_tif(tmp_path / "dem.tif", plane.astype(np.float32)), fine)
    expected = (fine.x[None, :] - CORNER[0]) * 0.1 + (CORNER[1] - fine.y[:, None]) * 0.05
    inner = (slice(12, -12),) * 2
    np.testing.assert_allclose(dem.to_numpy()[inner], expected[inner], atol=0.01)
    assert np.isfinite(dem).all()


def test_tiles_make_the_same_raster_as_one_file(tmp_path: Path) -> None:
    values = heights(40, 60)
    whole = write_tif(tmp_path / "whole.tif", values)
    (tmp_path / "tiles").mkdir()
    for row in (0, 1):
        for column in (0, 1):
            part = values[row * 20 : row * 20 + 20, column * 30 : column * 30 + 30]
            corner = from_origin(CORNER[0] + column * 3000, CORNER[1] - row * 2000, 100, 100)
            write_tif(tmp_path / "tiles" / f"t{row}{column}.tif", part, transform=corner)
    for target in (grid(100, 40, 60), grid(250, 16, 24), grid(2000, 2, 3), grid(30, 130, 190)):
        one = io.read_dem(whole, target)
        many = io.read_dem(str(tmp_path / "tiles" / "*.tif"), target)
        xr.testing.assert_allclose(one, many, atol=0.01)


def test_where_tiles_overlap_the_first_in_sorted_order_counts(tmp_path: Path) -> None:
    for name, height in (("b", 200), ("a", 100)):
        write_tif(tmp_path / f"{name}.tif", np.full((20, 30), height, np.float32))
    assert (io.read_dem(str(tmp_path / "*.tif"), grid()) == 100).all()


def test_a_raster_in_degrees_is_projected(tmp_path: Path) -> None:
    lon, lat = np.meshgrid(np.arange(40, 42, 0.01) + 0.005, np.arange(35, 33, -0.01) - 0.005)
    values = (1000 * (lat - 33) + 100 * (lon - 40)).astype(np.float32)
    place = from_origin(40, 35, 0.01, 0.01)
    file = write_tif(tmp_path / "dem.tif", values, crs="EPSG:4326", transform=place)
    target = grid(2000, 10, 10)
    dem = io.read_dem(file, target)
    points = gpd.GeoSeries(
        gpd.points_from_xy(*[axis.ravel() for axis in np.meshgrid(target.x, target.y)]), crs=UTM
    ).to_crs(4326)
    expected = (1000 * (points.y - 33) + 100 * (points.x - 40)).to_numpy().reshape(10, 10)
    np.testing.assert_allclose(dem, expected, atol=1.5)


def test_a_rotated_raster_is_turned(tmp_path: Path) -> None:
    turned = (
        Affine.translation(CORNER[0] - 8000, CORNER[1])
        @ Affine.rotation(30)
        @ Affine.scale(100, -100)
    )
    values = np.full((300, 300), 321, np.float32)
    dem = io.read_dem(write_tif(tmp_path / "dem.tif", values, transform=turned), grid())
    assert np.nanmin(dem) == np.nanmax(dem) == 321


def test_a_raster_with_south_on_top_is_turned(tmp_path: Path) -> None:
    values = heights()
    upside = Affine(100, 0, CORNER[0], 0, 100, CORNER[1] - 2000)
    dem = io.read_dem(write_tif(tmp_path / "dem.tif", values[::-1], transform=upside), grid())
    np.testing.assert_allclose(dem, values, atol=0.01)


@pytest.mark.parametrize("dtype", ["int16", "float32"])
@pytest.mark.parametrize("resolution", [50, 100, 250, 2000])
def test_no_data_never_leaks_into_heights(tmp_path: Path, dtype: str, resolution: int) -> None:
    values = np.full((40, 60), 500, dtype)
    values[10:20, 20:40] = -32768
    file = write_tif(tmp_path / "dem.tif", values, nodata=-32768)
    dem = io.read_dem(file, grid(resolution, 4000 // resolution, 6000 // resolution))
    known = dem.to_numpy()[np.isfinite(dem.to_numpy())]
    np.testing.assert_allclose(known, 500, atol=0.01)
    if resolution < 2000:
        assert np.isnan(dem).mean() == pytest.approx(200 / 2400, abs=0.02)


def test_a_cell_less_than_half_covered_has_no_height(tmp_path: Path) -> None:
    values = np.full((4, 4), 100, np.float32)
    values[:2, :2] = [[-1, -1], [-1, 400]]  # three of four missing
    values[2:, 2:] = [[-1, 200], [200, 200]]  # one of four missing
    file = write_tif(tmp_path / "dem.tif", values, nodata=-1)
    dem = io.read_dem(file, grid(200, 2, 2)).to_numpy()
    np.testing.assert_allclose(dem, np.array([[np.nan, 100], [100, 200]]), atol=0.01)


def test_interpolation_does_not_fill_a_hole(tmp_path: Path) -> None:
    values = np.full((20, 30), 500, np.float32)
    values[10, 15] = -1
    fine = io.read_dem(write_tif(tmp_path / "dem.tif", values, nodata=-1), grid(20, 100, 150))
    assert np.isnan(fine[50:55, 75:80]).all()
    assert int(np.isnan(fine).sum()) == 25


def test_an_internal_mask_counts_as_no_data(tmp_path: Path) -> None:
    file = tmp_path / "dem.tif"
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        write_tif(file, np.full((20, 30), 500, np.float32))
        with rasterio.open(file, "r+") as target:
            mask = np.full((20, 30), 255, np.uint8)
            mask[:, :15] = 0
            target.write_mask(mask)
    dem = io.read_dem(file, grid())
    assert np.isnan(dem[:, :15]).all()
    assert (dem[:, 15:] == 500).all()


def test_a_gap_is_an_error_that_says_which_share_is_missing(tmp_path: Path) -> None:
    file = write_tif(tmp_path / "dem.tif", heights())
    wider = grid(100, 20, 40)
    with pytest.raises(CoverageGapError, match=r"no data for 25\.0% of the corridor's cells"):
        io.read_dem(file, wider, needed=np.ones(wider.shape, bool))
    needed = np.zeros(wider.shape, bool)
    needed[:, :30] = True
    dem = io.read_dem(file, wider, needed=needed)
    assert np.isnan(dem[:, 30:]).all()
    assert np.isfinite(dem[:, :30]).all()


def test_without_a_mask_a_gap_stays_a_gap(tmp_path: Path) -> None:
    dem = io.read_dem(write_tif(tmp_path / "dem.tif", heights()), grid(100, 20, 40))
    assert np.isnan(dem).mean() == pytest.approx(0.25)


def test_tiles_that_lie_elsewhere_are_refused(tmp_path: Path) -> None:
    file = write_tif(tmp_path / "dem.tif", heights(), transform=from_origin(0, 0, 100, 100))
    with pytest.raises(NoOverlapError, match="none of the 1 file"):
        io.read_dem(file, grid())


def test_tiles_in_two_crs_are_refused(tmp_path: Path) -> None:
    write_tif(tmp_path / "a.tif", heights())
    write_tif(tmp_path / "b.tif", heights(), crs="EPSG:32638")
    with pytest.raises(CRSMismatchError, match=r"UTM zone 37N.*UTM zone 38N.*gdalwarp"):
        io.read_dem(str(tmp_path / "*.tif"), grid())


@pytest.mark.parametrize("unit", ["ft", "feet", "US survey foot"])
def test_feet_are_refused(tmp_path: Path, unit: str) -> None:
    file = write_tif(tmp_path / "dem.tif", heights(), units=unit)
    with pytest.raises(DataError, match="in feet; metres are needed"):
        io.read_dem(file, grid())


def test_feet_named_by_the_crs_are_refused(tmp_path: Path) -> None:
    file = write_tif(tmp_path / "dem.tif", heights(), crs="EPSG:32637+6360")
    with pytest.raises(DataError, match="in feet; metres are needed"):
        io.read_dem(file, grid())


def test_a_raster_of_no_data_alone_is_refused(tmp_path: Path) -> None:
    file = write_tif(tmp_path / "dem.tif", np.full((20, 30), -9999, np.int16), nodata=-9999)
    with pytest.raises(DataError, match="every cell on the grid is no data"):
        io.read_dem(file, grid())


@pytest.mark.parametrize("resolution", [100, 10_000])
def test_undeclared_no_data_is_refused_however_few_its_cells(
    tmp_path: Path, resolution: int
) -> None:
    values = np.full((200, 300), 800, np.int16)
    values[7, 9] = -32768
    file = write_tif(tmp_path / "dem.tif", values)
    with pytest.raises(DataError, match=r"heights from -32768 to 800 m.*gdal_edit.py -a_nodata"):
        io.read_dem(file, grid(resolution, 20_000 // resolution, 30_000 // resolution))


def test_a_picture_is_no_elevation(tmp_path: Path) -> None:
    file = write_tif(tmp_path / "dem.tif", np.zeros((3, 20, 30), np.uint8))
    with pytest.raises(DataError, match="has 3 bands, elevation has one"):
        io.read_dem(file, grid())


def test_a_pattern_that_matches_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no file matches"):
        io.read_dem(str(tmp_path / "*.tif"), grid())
    with pytest.raises(DataError, match="no file was given"):
        io.read_dem([], grid())


# -- warp --------------------------------------------------------------------------------------


def test_classes_take_the_nearest_when_refined_and_the_commonest_when_coarsened() -> None:
    source = grid(100, 4, 4).wrap(np.kron([[1, 2], [3, 4]], np.ones((2, 2))).astype(np.uint8))
    np.testing.assert_array_equal(
        io.warp(source, grid(50, 8, 8)), np.kron(source, np.ones((2, 2), np.uint8))
    )
    np.testing.assert_array_equal(io.warp(source, grid(200, 2, 2)), [[1, 2], [3, 4]])
    assert io.warp(source, grid(200, 2, 2)).dtype == np.uint8


def test_a_raster_whose_rows_run_north_comes_out_the_same() -> None:
    source = grid().wrap(heights(), name="h", units="m")
    xr.testing.assert_allclose(
        io.warp(source.isel(y=slice(None, None, -1)), grid(50, 40, 60)),
        io.warp(source, grid(50, 40, 60)),
    )


def test_warp_does_not_change_what_it_is_given() -> None:
    source = grid().wrap(heights(), units="m")
    before = source.copy(deep=True)
    io.warp(source, grid(250, 8, 12))
    xr.testing.assert_identical(source, before)


def test_warp_refuses_uneven_coordinates_and_unknown_methods() -> None:
    source = grid().wrap(heights())
    uneven = source.assign_coords(x=CORNER[0] + np.arange(30.0) ** 2)
    with pytest.raises(
        GridMismatchError, match="x coordinates of the raster are not evenly spaced"
    ):
        io.warp(uneven, grid())
    with pytest.raises(ValueError, match="resampling must be one of"):
        io.warp(source, grid(), resampling="cubix")
    with pytest.raises(GridMismatchError, match=r"got \('band', 'y', 'x'\); take one band"):
        io.warp(source.expand_dims("band"), grid())
    with pytest.raises(GridMismatchError, match="needed has shape"):
        io.warp(source, grid(), needed=np.ones((2, 2), bool))


@given(
    st.floats(60, 400),
    st.integers(-3, 3),
    st.integers(-3, 3),
)
@settings(max_examples=25)
def test_a_warp_stays_between_the_lowest_and_the_highest(
    resolution: float, right: int, down: int
) -> None:
    values = heights()
    source = grid().wrap(values)
    left, top = CORNER[0] + 100 * right, CORNER[1] - 100 * down
    target = Grid(
        shape=(6, 7), transform=Affine(resolution, 0, left, 0, -resolution, top), crs=CRS(UTM)
    )
    for method in ("nearest", "bilinear", "average"):
        out = io.warp(source, target, resampling=method).to_numpy()
        known = out[np.isfinite(out)]
        assert known.min() >= values.min() - 0.01
        assert known.max() <= values.max() + 0.01


# -- rasters -----------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "uint8", "int32", "bool"])
def test_a_raster_written_and_read_is_the_same(tmp_path: Path, dtype: str) -> None:
    values = (heights() % 2 > 1).astype(dtype)
    raster = grid().wrap(values, name="flag", units="1", long_name="a flag")
    if dtype == "float32":
        raster[3, 4] = np.nan
    io.write_raster(raster, tmp_path / "a.tif")
    back = io.read_raster(tmp_path / "a.tif")
    np.testing.assert_array_equal(back, raster)
    grid().check(back)
    with rasterio.open(tmp_path / "a.tif") as source:
        assert source.tags()["units"] == "1"
        assert source.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"


def test_an_oblique_frame_survives_a_file(tmp_path: Path) -> None:
    crs = CRS(
        "+proj=omerc +lat_0=35.4 +lonc=40.6 +alpha=37.9 +gamma=0 +k=1 +x_0=0 +y_0=0 +ellps=WGS84"
        " +units=m +type=crs"
    )
    oblique = Grid(shape=(3, 4), transform=Affine(1000, 0, -2000, 0, -1000, 1500), crs=crs)
    io.write_raster(oblique.wrap(np.ones((3, 4), np.float32)), tmp_path / "a.tif")
    back = Grid.of(io.read_raster(tmp_path / "a.tif"))
    for x, y in ((-2000, 1500), (2000, -1500)):
        points = gpd.GeoSeries([shapely.Point(x, y)] * 2, crs=oblique.crs).to_crs(4326)
        again = gpd.GeoSeries([shapely.Point(x, y)] * 2, crs=back.crs).to_crs(4326)
        np.testing.assert_allclose(points.x, again.x, atol=1e-8)
        np.testing.assert_allclose(points.y, again.y, atol=1e-8)


def test_what_is_written_twice_has_the_same_bytes(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(
        {"a": [1, 2], "b": ["x", "y"]}, geometry=gpd.points_from_xy([1, 2], [3, 4]), crs=4326
    )
    raster = grid().wrap(heights(), name="h", units="m")
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        io.write_raster(raster, folder / "a.tif", tags={"run": "x"})
        io.write_vector({"points": frame, "again": frame}, folder / "a.gpkg")
        io.write_vector({"a": frame}, folder / "a.parquet")
        io.write_csv(frame, folder / "a.csv")
    for file in sorted((tmp_path / "one").iterdir()):
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes(), file.name


def test_a_raster_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    file = write_tif(tmp_path / "a.tif", heights())
    with pytest.raises(LimitError, match="30 x 20 x 1 cells, the limit is 500"):
        io.read_raster(file, max_cells=500)
    with pytest.raises(LimitError, match="30 x 20 x 1 cells, the limit is 500"):
        io.read_dem(file, grid(), max_cells=500)


def test_a_failed_write_leaves_the_old_file_alone(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("old")

    def fail() -> None:
        with io.atomic_write(file) as temporary:
            temporary.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_writing_into_a_missing_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="there is no folder"):
        io.write_csv(pd.DataFrame({"a": [1]}), tmp_path / "no" / "a.csv")


# -- vectors and tables ------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".shp", ".fgb", ".kml", ".parquet"])
def test_every_vector_format_comes_back_in_degrees(tmp_path: Path, suffix: str) -> None:
    frame = gpd.GeoDataFrame(
        {"name": ["a", "b"]}, geometry=gpd.points_from_xy([41, 42], [33, 34], z=[1, 2]), crs=4326
    )
    file = tmp_path / f"points{suffix}"
    if suffix == ".parquet":
        frame.to_parquet(file)
    elif suffix == ".kml":
        file.write_text(KML)
    else:
        written = frame if suffix == ".geojson" else frame.to_crs(UTM)
        written.to_file(file)
    back = io.read_vector(file)
    assert back.crs == "EPSG:4326"
    assert not back.has_z.any()
    np.testing.assert_allclose(sorted(back.geometry.x), [41, 42], atol=1e-6)


def test_a_file_of_several_layers_asks_for_one(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"a": [1]}, geometry=gpd.points_from_xy([41], [33]), crs=4326)
    io.write_vector({"first": frame, "second": frame.assign(a=2)}, tmp_path / "a.gpkg")
    with pytest.raises(DataError, match="holds the layers first, second; name one"):
        io.read_vector(tmp_path / "a.gpkg")
    assert io.read_vector(tmp_path / "a.gpkg", layer="second")["a"].tolist() == [2]


def test_a_vector_without_crs_is_refused(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"a": [1]}, geometry=gpd.points_from_xy([41], [33]), crs=4326)
    frame.to_file(tmp_path / "a.shp")
    (tmp_path / "a.prj").unlink()
    with pytest.raises(CRSMismatchError, match="names no coordinate reference system"):
        io.read_vector(tmp_path / "a.shp")


def test_geojson_in_metres_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.geojson"
    file.write_text(
        '{"type": "FeatureCollection", "features": [], '
        '"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32637"}}}'
    )
    with pytest.raises(CRSMismatchError, match="GeoJSON is longitude and latitude"):
        io.read_vector(file)


def test_an_empty_geojson_is_an_empty_table(tmp_path: Path) -> None:
    file = tmp_path / "a.geojson"
    file.write_text('{"type": "FeatureCollection", "features": []}')
    assert len(io.read_vector(file)) == 0


def test_csv_cells_that_look_like_formulas_are_disarmed(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"=cmd": ["=1+1", "+44 1", "-5", "@x", "\tx", "plain", None], "n": [-1.5, 2, 3, 4, 5, 6, 7]}
    )
    io.write_csv(frame, tmp_path / "a.csv")
    back = pd.read_csv(tmp_path / "a.csv", dtype=str, keep_default_na=False)
    assert back.columns.tolist() == ["'=cmd", "n"]
    assert back["'=cmd"].tolist() == ["'=1+1", "'+44 1", "-5", "'@x", "'\tx", "plain", ""]
    assert back["n"].tolist()[0] == "-1.5"


def test_csv_can_carry_the_index(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1, 2]}, index=pd.Index([10, 20], name="segment"))
    io.write_csv(frame, tmp_path / "a.csv", index=True)
    assert (tmp_path / "a.csv").read_text() == "segment,a\n10,1\n20,2\n"


def test_describe_gives_one_record_a_file(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / f"{name}.tif").write_bytes(name.encode())
    found = io.Record.of_files(str(tmp_path / "*.tif"), name="elevation")
    assert [record.path for record in found] == ["a.tif", "b.tif"]
    assert found[0].sha256.startswith("ca978112ca1bbdca")
    assert not found[0].embedded
    with pytest.raises(DataError, match="there is no file"):
        io.Record.of_files(tmp_path / "c.tif", name="elevation")


def test_a_raster_in_degrees_keeps_its_degrees(tmp_path: Path) -> None:
    file = write_tif(
        tmp_path / "a.tif",
        np.array([[1, 255], [3, 4]], np.uint8),
        crs="EPSG:4326",
        transform=from_origin(40, 35, 0.5, 0.5),
        nodata=255,
    )
    raster = io.read_raster(file)
    assert raster.x.to_numpy().tolist() == [40.25, 40.75]
    assert raster.attrs["_FillValue"] == 255
    assert to_dataarray(raster.to_numpy(), from_origin(40, 35, 0.5, 0.5), "EPSG:4326").equals(
        raster.drop_attrs()
    )
