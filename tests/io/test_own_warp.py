"""Rasters go onto a grid through our own loops: one file, one set of numbers, through every door."""

from __future__ import annotations

import ast
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
import rasterio.warp
import shapely
import xarray as xr
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Transformer
from tile_cases import OBLIQUE, convolved, grid_at, lonlat, write_tif

import borderzone as bz
from borderzone import datasets, io, terrain
from borderzone._kernels.resample import average, majority, share
from borderzone.errors import InvalidParameterError, NoOverlapError
from borderzone.grid import Grid
from borderzone.io.warping import on_grid
from borderzone.study.layers import open_cover, open_heights

if TYPE_CHECKING:
    from collections.abc import Callable

SRC = Path(bz.__file__).parent
UTM = CRS(32637)
WHOLE = slice(None), slice(None)
CELL = 1 / 1200
PLACE = Affine(CELL, 0, 41.0, 0, -CELL, 35.6)


# -- who warps ---------------------------------------------------------------------------------


def test_no_module_lets_another_library_warp() -> None:
    """A number would then hang on which version of it is installed."""
    found = [
        f"{path.relative_to(SRC)}:{line}"
        for path in sorted(SRC.rglob("*.py"))
        for line in warpings(path.read_text("utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    "code",
    [
        "from rasterio.warp import reproject",
        "import rasterio.warp",
        "from rasterio import warp",
        "from rasterio.vrt import WarpedVRT",
        "from rasterio.enums import Resampling",
        "import rasterio\nrasterio.warp.reproject(1, 2)",
        "raster.rio.reproject(4326)",
        "import subprocess\nsubprocess.run(['gdalwarp', 'a', 'b'])",
        "source.read(1, out_shape=(10, 10))",
        "source.read(1, resampling=3)",
    ],
)
def test_a_warp_by_another_library_is_found(code: str) -> None:
    assert len(list(warpings(code))) == 1


WARPING = {"rasterio.warp", "rasterio.vrt", "rasterio.enums.Resampling", "osgeo", "gdalwarp"}


def warpings(code: str) -> list[int]:
    """Lines that warp or shrink a raster with the raster library, or call its program."""
    lines = []
    for node in ast.walk(ast.parse(code)):
        words: set[str] = set()
        match node:
            case ast.ImportFrom(module=str(module), names=names):
                words = {module, *(f"{module}.{name.name}" for name in names)}
            case ast.Import(names=names):
                words = {name.name for name in names}
            case ast.Attribute(attr="reproject" | "reproject_match" | "WarpedVRT"):
                words = {"rasterio.warp"}
            case ast.Constant(value=str(word)):
                words = {word}
            case ast.Call(func=ast.Attribute(attr="read"), keywords=given):
                asked = {keyword.arg for keyword in given}
                words = {"rasterio.warp"} if asked & {"out_shape", "resampling"} else set()
        if words & WARPING:
            lines.append(getattr(node, "lineno", 0))
    return lines


# -- the same through every door ---------------------------------------------------------------


def relief(rows: int, columns: int, seed: int = 1) -> Any:
    """Ground with long and short waves, whole metres, steep enough that a wrong place shows."""
    rng = np.random.default_rng(seed)
    down, across = np.mgrid[0:rows, 0:columns]
    waves = 400 * np.sin(across / 19) * np.cos(down / 23) + 90 * np.sin(down / 3.1 + across / 4.7)
    return np.round(900 + waves + rng.normal(0, 8, (rows, columns))).astype(np.int16)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give one file of whole metres in degrees, cells of 93 by 76 m, that says no unit."""
    return write_tif(tmp_path_factory.mktemp("one") / "a.tif", relief(300, 300), PLACE)


DOORS: dict[str, Callable[[Path, Grid], Any]] = {
    "read_dem": bz.read_dem,
    "open_dem": lambda file, grid: io.open_dem(file, grid).read(*WHOLE),
    "lazily": lambda file, grid: bz.read_dem(file, grid, chunks=64),
    "warp": lambda file, grid: io.warp(io.read_raster(file).assign_attrs(units="m"), grid),
    "warp_floats": lambda file, grid: io.warp(io.read_raster(file).astype("f4"), grid),
    "warp_upwards": lambda file, grid: io.warp(
        io.read_raster(file).astype("f8").isel(y=slice(None, None, -1)), grid
    ),
    "study_path": lambda file, grid: open_heights(str(file), grid).read(*WHOLE),
    "study_raster": lambda file, grid: open_heights(io.read_raster(file), grid).read(*WHOLE),
}


@pytest.mark.parametrize("cell_m", [20, 60, 110, 400])
def test_one_file_has_the_same_heights_through_every_door(file: Path, cell_m: int) -> None:
    side = 12_000 // cell_m
    grid = grid_at(41.125, 35.475, resolution_m=cell_m, shape=(side, side))
    expected = np.asarray(DOORS["read_dem"](file, grid))
    assert np.isfinite(expected).all()
    assert np.std(expected) > 50
    for door, read in DOORS.items():
        np.testing.assert_allclose(read(file, grid), expected, atol=2e-3, err_msg=door)


def test_the_embedded_elevation_is_the_cubic_convolution_of_its_file() -> None:
    grid = bz.Corridor.around(bz.Border.between("IRQ", "SYR"), depth_km=50, segment_km=25).grid(
        resolution_m=1000
    )
    ours = datasets.elevation(grid)
    raw = datasets.elevation()
    west = float(raw.x[0]) - 1 / 60
    north = float(raw.y[0]) + 1 / 60
    lon, lat = lonlat(grid)
    within = grid.needed_cells()
    exact = convolved(raw.to_numpy().astype(float), (lon - west) * 30, (north - lat) * 30)
    assert within is not None
    # A place is off by up to 0.002 cells, on ground that is hardly steeper than one in ten.
    assert np.abs(ours.to_numpy() - exact)[within].max() < 0.5
    whole = bz.read_dem(SRC.parents[1] / "data" / "terrain" / "elevation.tif", grid)
    np.testing.assert_allclose(ours, whole, atol=2e-3)


def test_the_heights_of_a_study_are_those_of_its_file(file: Path) -> None:
    """By path, by raster in memory, of whole metres too, which are no classes."""
    grid = grid_at(41.125, 35.475, resolution_m=55, shape=(150, 150))
    held = open_heights(io.read_raster(file), grid)
    assert held.cell_m == pytest.approx(84, abs=1)
    with pytest.raises(InvalidParameterError, match="must be in metres, got units 'ft'"):
        open_heights(io.read_raster(file).assign_attrs(units="ft"), grid)


@pytest.mark.parametrize("cell_m", [40, 210])
def test_a_raster_in_memory_has_the_same_bits_in_every_block(file: Path, cell_m: int) -> None:
    side = 12_000 // cell_m
    grid = grid_at(41.125, 35.475, resolution_m=cell_m, shape=(side, side + 5))
    holed = io.read_raster(file).astype("f4")
    holed[100:140, 120:180] = np.nan
    for source in (on_grid(holed, grid), on_grid(io.read_raster(file), grid)):
        whole = source.read(*WHOLE)
        blocks = list(grid.blocks(side // 3 + 1))
        with ThreadPoolExecutor(3) as pool:
            parts = list(pool.map(lambda block, it=source: it.read(*block), blocks))
        for block, part in zip(blocks, parts, strict=True):
            np.testing.assert_array_equal(part, whole[block])


def test_a_raster_beside_the_grid_is_refused(file: Path) -> None:
    grid = grid_at(20.0, 35.475, resolution_m=100, shape=(20, 20))
    with pytest.raises(NoOverlapError, match="elevation: no data anywhere in the area asked for"):
        io.warp(io.read_raster(file).assign_attrs(units="m"), grid, name="elevation")


def test_a_raster_that_runs_on_beyond_the_antimeridian_reaches_the_grid() -> None:
    """Degrees from 0 to 360, from -180 to 180, and a grid on the line between."""
    lon = np.arange(0.25, 360, 0.5)
    lat = np.arange(70.0, 60.0, -0.5)
    values = (10 * np.cos(np.radians(lon))[None, :] + lat[:, None]).astype(np.float32)
    crs = CRS("+proj=laea +lat_0=65 +lon_0=180 +ellps=WGS84 +units=m +type=crs")
    grid = grid_at(180.0, 65.0, resolution_m=20_000, shape=(20, 20), crs=crs)

    def raster(numbers: Any, x: Any) -> Any:
        coords = {"y": lat, "x": x}
        return xr.DataArray(numbers, dims=("y", "x"), coords=coords, attrs={"crs": "EPSG:4326"})

    eastward = io.warp(raster(values, lon), grid)
    turned = io.warp(raster(np.roll(values, 360, axis=1), lon - 180), grid)
    assert np.isfinite(eastward).all()
    np.testing.assert_allclose(eastward, turned, atol=1e-4)


# -- the mean, the commonest and the share under a turned cell ----------------------------------


def areas_under(corners: Any, shape: tuple[int, int]) -> Any:
    """Area of each source cell under a polygon, by another library."""
    columns, rows = np.meshgrid(np.arange(shape[1]), np.arange(shape[0]))
    boxes = shapely.box(columns, rows, columns + 1, rows + 1)
    return shapely.area(shapely.intersection(boxes, shapely.Polygon(corners)))


@given(
    turn=st.floats(0, 2 * np.pi),
    wide=st.floats(1.0, 6),
    tall=st.floats(1.0, 6),
    lean=st.floats(-0.3, 0.3),
    place=st.tuples(st.floats(3, 21), st.floats(3, 21)),
    seed=st.integers(0, 50),
)
@settings(max_examples=80)
def test_a_turned_cell_takes_each_source_cell_by_the_area_under_it(
    turn: float, wide: float, tall: float, lean: float, place: tuple[float, float], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    right = np.array([np.cos(turn), np.sin(turn)]) * wide
    down = np.array([-np.sin(turn + lean), np.cos(turn + lean)]) * tall
    # Never narrower than one source cell along a row or a column.
    for axis in (0, 1):
        scale = max(1.0, 1 / max(np.hypot(right[axis], down[axis]), 1e-9))
        right[axis] *= scale
        down[axis] *= scale
    middle = np.array(place)
    u, v = (
        middle[axis]
        + right[axis] * np.array([[0.0, 1.0], [0.0, 1.0]])
        + down[axis] * np.array([[0.0, 0.0], [1.0, 1.0]])
        for axis in (0, 1)
    )
    corners = [
        middle + s * right / 2 + t * down / 2 for s, t in ((-1, -1), (1, -1), (1, 1), (-1, 1))
    ]
    heights = rng.normal(500, 100, (24, 24)).astype(np.float32)
    heights[rng.random(heights.shape) < 0.1] = np.nan
    codes = rng.choice(np.array([0, 10, 60], np.uint8), (24, 24))
    areas = areas_under(corners, heights.shape)
    whole = abs(right[0] * down[1] - right[1] * down[0])

    mean, known = np.empty((1, 1), np.float32), np.empty((1, 1), np.float32)
    average(heights, u, v, (0, 0, 0, 0, 1), mean, known)
    covered = areas[np.isfinite(heights)].sum()
    assert known[0, 0] == pytest.approx(covered / whole, abs=3e-6)
    if covered > 1e-3 * whole:
        assert mean[0, 0] == pytest.approx(np.nansum(areas * heights) / covered, rel=2e-6)
    check_classes(codes, areas, (u, v, (0, 0, 0, 0, 1)), whole)


def check_classes(codes: Any, areas: Any, place: tuple[Any, Any, Any], whole: float) -> None:
    """Compare the commonest class and the share of one with the areas of another library."""
    commonest, known = np.empty((1, 1), np.uint8), np.empty((1, 1), np.float32)
    majority(codes, *place, 256, 0, commonest, known)
    few, many = areas[codes == 10].sum(), areas[codes == 60].sum()
    assert known[0, 0] == pytest.approx((few + many) / whole, abs=3e-6)
    if abs(few - many) > 1e-6:
        assert commonest[0, 0] == (60 if many > few else 10)
    wanted, part = np.zeros(256, np.int8), np.empty((1, 1), np.float32)
    wanted[60], wanted[0] = 1, -1
    share(codes, *place, wanted, part, known)
    if few + many > 1e-3 * whole:
        assert part[0, 0] == pytest.approx(many / (few + many), abs=3e-6)


def test_a_plane_keeps_its_slope_on_a_turned_grid(tmp_path: Path) -> None:
    """Averaged, interpolated and at the same size: to a thousandth, where stretched loops lose 2.7 %."""
    down, across = np.mgrid[0:400, 0:400]
    # 0.2 m a metre, along no row and no column of either raster.
    plane = 300 + 0.16 * 30 * across + 0.12 * 30 * down
    file = write_tif(
        tmp_path / "a.tif",
        plane.astype(np.float32),
        Affine(30, 0, 640_000, 0, -30, 3_930_000),
        crs="EPSG:32637",
    )
    lon, lat = Transformer.from_crs(UTM, 4326, always_xy=True).transform(646_000, 3_924_000)
    for cell_m in (12, 30, 31, 45, 90):
        grid = grid_at(lon, lat, resolution_m=cell_m, shape=(3_000 // cell_m,) * 2)
        slopes = terrain.slope(io.warp(io.read_raster(file), grid)).to_numpy()
        # The scale of both maps is 1 to a thousandth here.
        assert np.tan(np.radians(slopes[2:-2, 2:-2])).mean() == pytest.approx(0.2, rel=1e-3)


def test_waves_on_a_turned_grid_are_those_of_the_ground(tmp_path: Path) -> None:
    """Means of a known surface over cells, by 30 x 30 points in each: a wave of six source cells."""
    down, across = np.mgrid[0:300, 0:300]
    wave = 500 + 50 * np.sin((across * 0.8 + down * 0.6) * 2 * np.pi / 6)
    file = write_tif(tmp_path / "a.tif", wave.astype(np.float32), PLACE)
    grid = grid_at(41.125, 35.475, resolution_m=170, shape=(40, 40))
    fine = Grid(shape=(1200, 1200), transform=grid.transform @ Affine.scale(1 / 30), crs=grid.crs)
    lon, lat = lonlat(fine)
    under = wave[((35.6 - lat) / CELL).astype(int), ((lon - 41) / CELL).astype(int)]
    mean = under.reshape(40, 30, 40, 30).mean(axis=(1, 3))
    ours = io.warp(io.read_raster(file), grid).to_numpy()
    assert np.std(mean) > 5
    assert np.sqrt(np.mean((ours - mean) ** 2)) < 0.05 * np.std(mean) / 5


# -- interpolation -----------------------------------------------------------------------------


def test_bilinear_and_nearest_are_those_of_numpy(file: Path) -> None:
    grid = grid_at(41.125, 35.475, resolution_m=21, shape=(200, 200))
    heights = io.read_raster(file).to_numpy().astype(float)
    lon, lat = lonlat(grid)
    x, y = (lon - 41) / CELL, (35.6 - lat) / CELL
    left, upper = np.floor(x - 0.5).astype(int), np.floor(y - 0.5).astype(int)
    t, s = x - 0.5 - left, y - 0.5 - upper
    expected = (1 - s) * ((1 - t) * heights[upper, left] + t * heights[upper, left + 1]) + s * (
        (1 - t) * heights[upper + 1, left] + t * heights[upper + 1, left + 1]
    )
    ours = io.warp(io.read_raster(file), grid, resampling="bilinear")
    assert ours.dtype == np.float32
    # 0.002 cells of 21 m on slopes of up to 4 m a metre.
    assert np.abs(ours.to_numpy() - expected).max() < 0.2
    nearest = io.warp(io.read_raster(file).astype("f4"), grid, resampling="nearest").to_numpy()
    clear = (np.abs(x - np.round(x)) > 1e-3) & (np.abs(y - np.round(y)) > 1e-3)
    np.testing.assert_array_equal(
        nearest[clear], heights[y.astype(int), x.astype(int)].astype(np.float32)[clear]
    )


def test_beside_a_hole_the_known_cells_count_and_the_hole_stays(file: Path) -> None:
    holed = io.read_raster(file).astype("f4")
    holed[140:160, 140:160] = np.nan
    grid = grid_at(41.125, 35.475, resolution_m=20, shape=(200, 200))
    lon, lat = lonlat(grid)
    columns, rows = np.floor((lon - 41) / CELL), np.floor((35.6 - lat) / CELL)
    hole = (columns >= 140) & (columns < 160) & (rows >= 140) & (rows < 160)
    clear = np.abs((lon - 41) / CELL - np.round((lon - 41) / CELL)) > 1e-3
    clear &= np.abs((35.6 - lat) / CELL - np.round((35.6 - lat) / CELL)) > 1e-3
    for method in ("nearest", "bilinear", "cubic"):
        out = io.warp(holed, grid, resampling=method).to_numpy()
        np.testing.assert_array_equal(np.isnan(out)[clear], hole[clear], err_msg=method)


# -- where the raster library is right: rows along rows -------------------------------------------


@pytest.mark.parametrize(
    ("method", "cell_m"),
    [("average", 60), ("average", 90), ("cubic", 10), ("bilinear", 12), ("nearest", 11)],
)
def test_on_rows_along_rows_numbers_are_those_of_gdal(method: str, cell_m: int) -> None:
    source = Grid(shape=(90, 120), transform=Affine(30, 0, 6e5, 0, -30, 4e6), crs=UTM)
    target = Grid(
        shape=(1200 // cell_m, 1800 // cell_m),
        transform=Affine(cell_m, 0, 6e5 + 300, 0, -cell_m, 4e6 - 600),
        crs=UTM,
    )
    heights = relief(90, 120).astype(np.float32)
    ours = io.warp(source.wrap(heights, units="m"), target, resampling=method).to_numpy()
    np.testing.assert_allclose(ours, by_gdal(heights, source, target, method), atol=5e-3)


@pytest.mark.parametrize("method", ["mode", "nearest"])
@pytest.mark.parametrize("dtype", ["u1", "u2", "i2", "i4"])
def test_on_rows_along_rows_classes_are_those_of_gdal(method: str, dtype: str) -> None:
    source = Grid(shape=(90, 120), transform=Affine(30, 0, 6e5, 0, -30, 4e6), crs=UTM)
    target = Grid(shape=(30, 40), transform=Affine(90, 0, 6e5, 0, -90, 4e6), crs=UTM)
    rng = np.random.default_rng(3)
    patches = np.kron(rng.integers(1, 5, (30, 40)), np.ones((3, 3), int))
    strewn = rng.random(patches.shape) < 0.3
    codes = np.where(strewn, 7, patches).astype(dtype)
    ours = io.warp(source.wrap(codes), target, resampling=method).to_numpy()
    theirs = by_gdal(codes, source, target, method)
    blocks = codes.reshape(30, 3, 40, 3).transpose(0, 2, 1, 3).reshape(30, 40, 9)
    counts = np.stack([(blocks == code).sum(axis=-1) for code in range(8)])
    # Of equally common classes it takes the first it meets, we the lowest.
    sure = np.sort(counts, axis=0)[-1] > np.sort(counts, axis=0)[-2]
    assert sure.mean() > 0.8
    np.testing.assert_array_equal(ours[sure], theirs[sure])
    if method == "mode":
        np.testing.assert_array_equal(ours, counts.argmax(axis=0))


def by_gdal(values: Any, source: Grid, target: Grid, method: str) -> Any:
    out = np.zeros(target.shape, values.dtype)
    rasterio.warp.reproject(
        values,
        out,
        src_transform=source.transform,
        src_crs=source.crs.to_wkt(),
        dst_transform=target.transform,
        dst_crs=target.crs.to_wkt(),
        resampling=rasterio.enums.Resampling[method],
    )
    return out


# -- classes of any type -----------------------------------------------------------------------

CODES = {
    "u1": (1, 7, 200),
    "i1": (-7, -1, 100),
    "u2": (0, 9, 65_000),
    "i2": (-32_768, -1, 300),
    "u4": (0, 5, 4_000_000_000),
    "i4": (-2_000_000_000, -1, 8),
    "u8": (0, 1, 2**63),
    "i8": (-(2**60), -1, 2**61),
    "f4": (1.0, 2.0, 7.0),
}


@pytest.mark.parametrize("dtype", CODES)
@pytest.mark.parametrize("declared", [False, True])
@pytest.mark.parametrize("cell_m", [10, 100])
def test_classes_of_every_type_come_out_as_they_went_in(
    dtype: str,
    declared: bool,  # noqa: FBT001 (a parameter of the test)
    cell_m: int,
) -> None:
    source = Grid(shape=(60, 80), transform=Affine(30, 0, 6e5, 0, -30, 4e6), crs=UTM)
    rng = np.random.default_rng(5)
    codes = np.array(CODES[dtype], dtype)[
        np.kron(rng.integers(0, 3, (12, 16)), np.ones((5, 5), int))
    ]
    raster = source.wrap(codes)
    if declared:
        raster.attrs["_FillValue"] = codes.dtype.type(CODES[dtype][1])
    lon, lat = Transformer.from_crs(UTM, 4326, always_xy=True).transform(6e5 + 1200, 4e6 - 900)
    grid = grid_at(lon, lat, resolution_m=cell_m, shape=(600 // cell_m, 600 // cell_m))
    held = on_grid(raster, grid, holds="classes")
    out = held.read(*WHOLE)
    assert out.dtype == (np.float32 if dtype == "f4" else np.dtype(dtype))
    x, y = Transformer.from_crs(grid.crs, UTM, always_xy=True).transform(
        *np.meshgrid(grid.x, grid.y)
    )
    under = codes[((4e6 - y) / 30).astype(int), ((x - 6e5) / 30).astype(int)]
    # Patches of 150 m: the class at the centre is nearly always the commonest of the cell.
    same = out == under
    gone = (under == CODES[dtype][1]) if declared else np.zeros(under.shape, bool)
    if declared and dtype != "f4":
        assert (out == held.nodata)[gone].mean() > 0.7
        assert held.nodata == CODES[dtype][1]
    assert same[~gone].mean() > (0.99 if cell_m == 10 else 0.7)
    assert set(np.unique(out[np.isfinite(out)])) <= {*CODES[dtype], held.nodata}


def test_a_mask_of_true_and_false_stays_one() -> None:
    source = Grid(shape=(60, 60), transform=Affine(30, 0, 6e5, 0, -30, 4e6), crs=UTM)
    mask = np.zeros((60, 60), bool)
    mask[:, 31:] = True
    out = io.warp(
        source.wrap(mask),
        Grid(shape=(15, 15), transform=Affine(120, 0, 6e5, 0, -120, 4e6), crs=UTM),
    )
    assert out.dtype == np.uint8
    # The eighth column lies half on either side but for one cell of four: false is the commonest.
    np.testing.assert_array_equal(out[0], [0] * 8 + [1] * 7)


def test_of_two_equally_common_classes_the_lower_counts_whatever_its_type() -> None:
    source = Grid(shape=(60, 60), transform=Affine(30, 0, 6e5, 0, -30, 4e6), crs=UTM)
    target = Grid(shape=(30, 30), transform=Affine(60, 0, 6e5, 0, -60, 4e6), crs=UTM)
    for dtype, low, high in (("u1", 3, 9), ("i2", -5, 40), ("i8", -(2**50), 2**50)):
        chequered = np.where(np.indices((60, 60)).sum(axis=0) % 2 == 0, high, low).astype(dtype)
        assert set(np.unique(io.warp(source.wrap(chequered), target))) == {low}


def test_commonest_classes_on_a_turned_grid_are_those_of_the_areas(tmp_path: Path) -> None:
    """In memory and from a file; against 40 x 40 points in each cell."""
    rng = np.random.default_rng(2)
    codes = np.array([10, 30, 60], np.uint8)[
        np.kron(rng.integers(0, 3, (100, 100)), np.ones((3, 3), int))
    ]
    file = write_tif(tmp_path / "a.tif", codes, PLACE)
    grid = grid_at(41.125, 35.475, resolution_m=330, shape=(30, 30))
    fine = Grid(shape=(1200, 1200), transform=grid.transform @ Affine.scale(1 / 40), crs=OBLIQUE)
    lon, lat = lonlat(fine)
    under = codes[((35.6 - lat) / CELL).astype(int), ((lon - 41) / CELL).astype(int)]
    counts = np.stack(
        [(under == code).reshape(30, 40, 30, 40).mean(axis=(1, 3)) for code in (10, 30, 60)]
    )
    ranked = np.sort(counts, axis=0)
    clear = ranked[-1] - ranked[-2] > 0.02
    assert clear.mean() > 0.8
    expected = np.array([10, 30, 60], np.uint8)[counts.argmax(axis=0)]
    held = io.warp(io.read_raster(file), grid).to_numpy()
    np.testing.assert_array_equal(held[clear], expected[clear])
    np.testing.assert_array_equal(held, io.open_classes(file, grid).read(*WHOLE))
    np.testing.assert_array_equal(
        held, open_cover(io.read_raster(file), grid, "worldcover").read(*WHOLE)
    )
