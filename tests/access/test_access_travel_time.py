"""Travel time: shortest paths by another program, isochrones, barriers, origins and refusals."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from places import ORACLES
from shapely import GeometryCollection, Point
from skimage.graph import MCP_Geometric
from travel_cases import CELL, post, quickest, raster

from borderzone import access
from borderzone.errors import (
    CRSMismatchError,
    GridMismatchError,
    InvalidGeometryError,
    InvalidParameterError,
    NoOverlapError,
    NotProjectedError,
)
from borderzone.grid import Grid

ORACLE = ORACLES / "travel.npz"


@given(seed=st.integers(0, 10**6), steep=st.floats(1.0, 40.0), data=st.data())
@settings(max_examples=40)
def test_times_are_those_of_the_graph(seed: int, steep: float, data: st.DataObject) -> None:
    """Random ground, gaps, closed and slow surfaces, either way, 8 and 16 neighbours."""
    rng = np.random.default_rng(seed)
    shape = data.draw(st.tuples(st.integers(2, 9), st.integers(2, 9)))
    z = steep * rng.normal(size=shape)
    z[rng.random(shape) < 0.1] = np.nan
    factor = np.where(rng.random(shape) < 0.1, 0.0, rng.uniform(0.2, 1.0, shape))
    z[0, 0], factor[0, 0] = 0.0, 1.0
    neighbours = data.draw(st.sampled_from([8, 16]))
    direction: Any = data.draw(st.sampled_from(["from", "towards"]))
    name = data.draw(st.sampled_from(["vehicle_off_road", "foot", "tobler"]))
    knight: Any = data.draw(st.sampled_from(["halves", "direct"]))
    limit = data.draw(st.sampled_from([None, 0.15]))
    dem = raster(z)

    found = access.travel_time(
        dem,
        post(dem, (0, 0)),
        speed=name,
        neighbours=neighbours,
        surface_factor=raster(factor),
        direction=direction,
        knight=knight,
        max_h=limit,
    )

    sign = 1 if direction == "from" else -1
    expected = quickest(
        z, factor, 0, neighbours, access.SPEED_MODELS[name].function, sign, knight=knight
    )
    expected[expected > (limit or np.inf)] = np.inf
    expected[np.isnan(z)] = np.nan
    assert found.attrs["cells_unreachable"] == int(np.isinf(expected).sum())
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_other_program_agrees_where_the_way_does_not_matter() -> None:
    """Skimage's isotropic solver on flat ground with slow and closed cells, 8 neighbours."""
    rng = np.random.default_rng(1)
    factor = rng.uniform(0.1, 1.0, (60, 80))
    factor[20:40, 30] = 0.0
    costs = np.divide(1.0, factor, out=np.full(factor.shape, np.inf), where=factor > 0)
    expected, _ = MCP_Geometric(costs, fully_connected=True).find_costs([(5, 7), (50, 70)])
    dem = raster(np.zeros(factor.shape))

    found = access.travel_time(
        dem, post(dem, (5, 7), (50, 70)), neighbours=8, surface_factor=raster(factor)
    )

    np.testing.assert_allclose(found, np.asarray(expected) * CELL / 15e3, rtol=1e-6)


@pytest.mark.parametrize(
    ("case", "neighbours", "knight", "apart"),
    [
        ("neighbours_8", 8, "halves", 1e-6),
        ("knights", 16, "direct", 1e-6),
        # With two gradients a knight's step, the way over rough ground takes a little longer.
        ("knights", 16, "halves", 0.15),
    ],
)
def test_grass_agrees_under_its_own_cost(
    case: str, neighbours: int, knight: Any, apart: float
) -> None:
    """Times of r.walk on the same raster, with and without knight's moves."""
    with np.load(ORACLE) as oracle:
        dem = raster(oracle["heights_dm"] / 10, float(oracle["cell_m"]), np.float32)
        expected_h, start = oracle[case] / 3600, tuple(oracle["start"])

    found = access.travel_time(
        dem, post(dem, start), speed="naismith_langmuir", neighbours=neighbours, knight=knight
    ).to_numpy()

    np.testing.assert_allclose(found, expected_h, rtol=apart)
    if apart > 1e-3:
        assert (found - expected_h).max() > 1e-3 * expected_h.max()
        assert (found >= expected_h * (1 - 1e-6)).all()


@pytest.mark.parametrize(("neighbours", "worst"), [(8, 1.0824), (16, 1.0275)])
def test_isochrones_on_flat_ground_are_nearly_circles(neighbours: int, worst: float) -> None:
    """A path of few directions is at most that much longer than the straight way."""
    dem = raster(np.zeros((201, 201)), 1000.0)
    row, column = np.mgrid[-100:101, -100:101]
    straight_h = np.hypot(row, column) / 15.0

    found = access.travel_time(dem, post(dem, (100, 100)), neighbours=neighbours).to_numpy()

    ratio = found[straight_h > 0] / straight_h[straight_h > 0]
    assert ratio.min() >= 1 - 1e-6
    assert ratio.max() <= worst
    assert ratio.max() > worst - 1e-4
    assert found[100, 100] == 0


def test_climbing_and_descending_are_told_apart() -> None:
    """Up a plane of one in ten takes what Tobler says, down less, and turned round the reverse."""
    dem = raster(np.tile(0.1 * CELL * np.arange(11.0), (3, 1)))
    corner = post(dem, (1, 0))

    up = access.travel_time(dem, corner, speed="tobler", direction="from")
    down = access.travel_time(dem, corner, speed="tobler", direction="towards")

    assert float(up[1, 10]) == pytest.approx(1.0 / 3.549332, rel=1e-6)
    assert float(down[1, 10]) == pytest.approx(1.0 / access.tobler(-0.1), rel=1e-6)


@pytest.mark.parametrize("gradient", [-0.2126, -0.21251, -0.21249, -0.2124, -0.1])
def test_speed_that_jumps_is_read_on_the_right_side(gradient: float) -> None:
    """Naismith-Langmuir takes twice as long where it is steeper than 12 degrees down."""
    dem = raster(gradient * CELL * np.arange(11.0)[None, :])  # one row: no way to zigzag down

    found = access.travel_time(dem, post(dem, (0, 0)), speed="naismith_langmuir")
    other = access.travel_time(
        dem, post(dem, (0, 10)), speed="naismith_langmuir", direction="towards"
    )

    expected = 1.0 / access.SPEED_MODELS["naismith_langmuir"].function(gradient)
    assert float(found[0, 10]) == pytest.approx(expected, rel=1e-6)
    assert float(other[0, 0]) == pytest.approx(expected, rel=1e-6)
    assert found.attrs["speed_table_error"] < 1e-6


@pytest.mark.parametrize("chunks", [{"y": 7, "x": 5}, {"y": -1, "x": -1}])
def test_lazy_elevation_gives_the_same_numbers(chunks: Any) -> None:
    """Computed once; the answer is in memory."""
    dem = raster(np.random.default_rng(2).normal(size=(20, 15)) * 10, dtype=np.float32)
    factor = raster(np.random.default_rng(3).uniform(0.1, 1, (20, 15)))
    calls = []

    def look(block: Any) -> Any:
        calls.append(block.shape)
        return block

    lazy = dem.chunk(chunks)
    lazy = lazy.copy(data=lazy.data.map_blocks(look, dtype=np.float32, meta=lazy.data._meta))

    found = access.travel_time(lazy, post(dem, (3, 3)), surface_factor=factor.chunk(chunks))

    xr.testing.assert_identical(
        found, access.travel_time(dem, post(dem, (3, 3)), surface_factor=factor)
    )
    assert isinstance(found.data, np.ndarray)
    assert len(calls) == lazy.data.npartitions


def test_whole_numbers_and_named_voids_are_heights() -> None:
    """Int16 with a fill value: unknown there, the same numbers elsewhere."""
    z = np.random.default_rng(6).integers(0, 40, (9, 9)).astype(np.int16)
    z[4, 2:7] = -32768
    dem = raster(z, dtype=np.int16).assign_attrs(_FillValue=-32768)
    as_floats = raster(np.where(z == -32768, np.nan, z), dtype=np.float32)

    found = access.travel_time(dem, post(dem, (0, 0)), speed="foot")

    np.testing.assert_array_equal(
        found, access.travel_time(as_floats, post(dem, (0, 0)), speed="foot")
    )
    assert np.isnan(found[4, 2:7]).all()


def test_knights_step_does_not_leap_over_a_ridge() -> None:
    """A wall one cell thick, too steep for a vehicle, is passed where it ends and nowhere else."""
    z = np.zeros((9, 9))
    z[:7, 4] = 300.0
    dem = raster(z)

    found = access.travel_time(dem, post(dem, (0, 0)))

    assert float(found[0, 8]) > float(found[8, 8])
    # The ridge itself is out of reach, and so is everything if it goes all the way.
    assert np.isinf(found[:6, 4]).all()
    z[:, 4] = 300.0
    closed = access.travel_time(raster(z), post(dem, (0, 0)))
    assert np.isinf(closed[:, 5:]).all()


def test_wall_of_cells_that_touch_at_corners_is_closed() -> None:
    """No squeezing through between two closed cells, whether gaps or closed surface."""
    dem = raster(np.zeros((8, 8)))
    factor = raster(1.0 - np.eye(8))
    gaps = dem.where(factor > 0).assign_attrs(dem.attrs)
    start = post(dem, (0, 7))

    closed = access.travel_time(dem, start, surface_factor=factor)
    unknown = access.travel_time(gaps, start)

    below = np.tril(np.ones((8, 8), bool), -1)
    assert np.isinf(closed.to_numpy()[below]).all()
    assert np.isinf(np.diag(closed)).all()
    assert np.isinf(unknown.to_numpy()[below]).all()
    assert np.isnan(np.diag(unknown)).all()
    assert np.isfinite(closed.to_numpy()[np.triu(np.ones((8, 8), bool), 1)]).all()


def test_nearest_of_several_origins_counts() -> None:
    """The minimum over the single ones, whatever their order and doubles."""
    rng = np.random.default_rng(3)
    dem = raster(rng.normal(size=(20, 25)) * 5)
    cells = [(2, 3), (15, 20), (8, 22)]
    single = [access.travel_time(dem, post(dem, cell)).to_numpy() for cell in cells]

    together = access.travel_time(dem, post(dem, *cells[::-1], cells[0]))

    np.testing.assert_array_equal(together, np.min(single, axis=0))
    assert together.attrs["origins_used"] == 4


def test_limit_leaves_nearer_cells_as_they_are() -> None:
    """Cells beyond it are infinite."""
    dem = raster(np.random.default_rng(4).normal(size=(30, 30)) * 5)
    whole = access.travel_time(dem, post(dem, (3, 3)))

    part = access.travel_time(dem, post(dem, (3, 3)), max_h=0.1)

    np.testing.assert_array_equal(part, whole.where(whole <= 0.1, np.inf))
    assert part.attrs["max_h"] == 0.1


@pytest.mark.parametrize(
    "speed",
    [
        access.tobler,
        lambda gradient: 6 * np.exp(-3.5 * abs(gradient + 0.05)),
        lambda gradient: (
            6 * 2.718281828459045 ** (-3.5 * (gradient + 0.05))
            if gradient > -0.05
            else 6 * 2.718281828459045 ** (3.5 * (gradient + 0.05))
        ),
    ],
    ids=["named", "arrays", "numbers only"],
)
def test_any_function_of_gradient_is_a_speed(speed: Any) -> None:
    """Of arrays or of single numbers; its table says how far it is from the function."""
    dem = raster(np.random.default_rng(5).normal(size=(12, 12)) * 10)

    found = access.travel_time(dem, post(dem, (0, 0)), speed=speed)

    named = access.travel_time(dem, post(dem, (0, 0)), speed="tobler")
    np.testing.assert_allclose(found, named, rtol=1e-6)
    assert found.attrs["speed_table_error"] < 1e-8


def test_constant_speed_is_a_speed() -> None:
    """A function may give one number for all gradients."""
    dem = raster(np.random.default_rng(5).normal(size=(3, 12)) * 10)
    found = access.travel_time(dem, post(dem, (1, 0)), speed=lambda _: 2.0)

    assert float(found[1, 11]) == pytest.approx(0.55)


def test_crawling_ends() -> None:
    """Slower than a metre an hour counts as closed, so that no run takes forever."""
    dem = raster(np.zeros((1, 4)))
    factor = raster([[1.0, 1.0, 1e-9, 1.0]])

    found = access.travel_time(dem, post(dem, (0, 0)), surface_factor=factor)

    np.testing.assert_array_equal(np.isinf(found), [[False, False, True, True]])


def test_long_steps_wait_for_their_turn() -> None:
    """Speeds that differ by ten thousand, against the graph."""
    rng = np.random.default_rng(6)
    factor = 10.0 ** rng.uniform(-3.9, 0, (9, 9))
    factor[0, 0] = 1.0
    dem = raster(np.zeros((9, 9)))

    found = access.travel_time(dem, post(dem, (0, 0)), surface_factor=raster(factor))

    expected = quickest(np.zeros((9, 9)), factor, 0, 16, access.vehicle_off_road, 1)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_result_lies_on_the_grid_of_the_elevation() -> None:
    """Float32 hours with what they mean; the inputs are as they were."""
    dem = raster(np.zeros((4, 5), np.float32), dtype=np.float32)
    before, points = dem.copy(deep=True), post(dem, (0, 0))

    found = access.travel_time(dem, points)

    assert found.dtype == np.float32
    assert found.dims == ("y", "x")
    Grid.of(dem).check(found)
    assert found.attrs["units"] == "h"
    assert found.attrs["speed"] == "vehicle_off_road"
    assert found.attrs["neighbours"] == 16
    xr.testing.assert_identical(dem, before)
    assert points.equals(post(dem, (0, 0)))


# Origins.


def test_origins_come_in_any_crs_and_are_counted() -> None:
    """Degrees are projected; points outside, empty or on unknown ground are counted and logged."""
    z = np.zeros((10, 10))
    z[9, 9] = np.nan
    dem = raster(z)
    points = post(dem, (0, 0), (9, 9))
    outside = gpd.GeoSeries([Point(-1e4, 50.0), Point(), None], crs=32637)
    mixed = gpd.GeoSeries([*points, *outside], crs=32637).to_crs(4326)

    found = access.travel_time(dem, mixed)
    frame = access.travel_time(dem, gpd.GeoDataFrame(geometry=mixed))

    np.testing.assert_array_equal(found, access.travel_time(dem, post(dem, (0, 0))))
    np.testing.assert_array_equal(found, frame)
    counts = {name: found.attrs[f"origins_{name}"] for name in ("used", "outside_grid")}
    assert counts == {"used": 1, "outside_grid": 3}
    assert found.attrs["origins_on_closed_ground"] == 1


@pytest.mark.parametrize(
    ("origins", "error", "message"),
    [
        (gpd.GeoSeries([], crs=32637), InvalidParameterError, "origins is empty"),
        (gpd.GeoSeries([Point(5, 5)]), CRSMismatchError, "origins have no CRS"),
        (
            gpd.GeoSeries([GeometryCollection([Point(0, 0)])], crs=32637),
            InvalidGeometryError,
            "origins must be .*, got GeometryCollection; use .explode",
        ),
        (
            gpd.GeoSeries([Point(-5e5, 0)], crs=32637),
            NoOverlapError,
            "none of 1 origins lies on open ground .* 1 are outside it",
        ),
        (
            [Point(5, 5)],
            InvalidParameterError,
            "a geopandas.GeoSeries of points, lines, polygons; got list",
        ),
    ],
    ids=["empty", "no crs", "collection", "outside", "list"],
)
def test_origins_that_are_none_are_refused(origins: Any, error: type, message: str) -> None:
    """With what is wrong."""
    with pytest.raises(error, match=message):
        access.travel_time(raster(np.zeros((3, 3))), origins)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"neighbours": 4}, InvalidParameterError, "neighbours must be 8 or 16, got 4"),
        ({"direction": "to"}, InvalidParameterError, "direction must be one of from, towards"),
        ({"speed": "vehicle"}, InvalidParameterError, "did you mean 'vehicle_off_road'"),
        ({"speed": 15.0}, InvalidParameterError, "or a function, got 15"),
        ({"speed": lambda _: np.nan}, InvalidParameterError, "finite km/h, 0 or more"),
        ({"speed": lambda s: s}, InvalidParameterError, "it gives -.* at -0.05"),
        ({"speed": lambda s: 0 * s}, InvalidParameterError, "speed must be above 0 somewhere"),
        ({"max_h": 0.0}, InvalidParameterError, "max_h must be a finite number above 0"),
        (
            {"surface_factor": raster(np.full((3, 3), 1.5))},
            InvalidParameterError,
            "surface_factor must lie between 0 and 1, got values from 1.5 to 1.5",
        ),
        (
            {"surface_factor": raster(np.ones((3, 4)))},
            GridMismatchError,
            r"surface_factor has \(3, 4\) cells",
        ),
    ],
    ids=[
        "four neighbours",
        "unknown direction",
        "unknown speed",
        "speed as a number",
        "speed of NaN",
        "negative speed",
        "no speed",
        "no time",
        "factor above 1",
        "factor of another grid",
    ],
)
def test_impossible_options_are_refused(options: dict[str, Any], error: type, message: str) -> None:
    """With what is allowed."""
    dem = raster(np.zeros((3, 3)))
    with pytest.raises(error, match=message):
        access.travel_time(dem, post(dem, (0, 0)), **options)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda _: None, InvalidParameterError, "elevation must be an xarray.DataArray, got NoneType"),
        (lambda dem: dem.to_numpy(), InvalidParameterError, "must be an xarray.DataArray, got ndarray"),
        (lambda dem: dem.where(dem.x > 150, np.inf), InvalidParameterError, "infinite heights"),
        (lambda dem: dem.where(dem.x > 150, -9999.0), InvalidParameterError, "heights such as -9999 m"),
        (lambda dem: dem.assign_attrs(units="ft"), InvalidParameterError, "must be in metres"),
        (lambda dem: dem.astype(str), InvalidParameterError, "must hold numbers"),
        (lambda dem: dem.expand_dims("band"), GridMismatchError, "dimensions .'y', 'x'. alone"),
        (lambda dem: dem.where(dem.x < 0), NoOverlapError, "1 on cells without elevation"),
        (lambda dem: dem.drop_vars("spatial_ref").assign_attrs(crs=None), CRSMismatchError, "no CRS"),
    ],
    ids=["none", "array", "infinite", "void", "feet", "text", "band", "all unknown", "no crs"],
)  # fmt: skip
def test_elevation_that_is_none_is_refused(make: Any, error: type, message: str) -> None:
    """Before any search."""
    dem = raster(np.zeros((3, 3)))
    for function in (access.travel_time, access.travel):
        with pytest.raises(error, match=message):
            function(make(dem), post(dem, (0, 0)))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"neighbours": True}, "neighbours must be 8 or 16, got True"),
        ({"neighbours": "16"}, "neighbours must be 8 or 16, got '16'"),
        ({"speed": None}, "speed must be one of .* or a function, got None"),
        ({"speed": lambda _: "fast"}, "speed must give finite km/h .* it fails: could not convert"),
        ({"speed": lambda: 5.0}, "speed must give .* it fails: .*positional argument"),
        ({"surface_factor": np.ones((3, 3))}, "surface_factor must be an xarray.DataArray, got nd"),
        (
            {"surface_factor": raster([["a"] * 3] * 3, dtype=str)},
            "surface_factor must hold numbers",
        ),
        (
            {"surface_factor": raster(np.full((3, 3), -0.1))},
            "surface_factor must lie between 0 and 1",
        ),
        ({"knight": "leap"}, "knight must be one of halves, direct"),
        ({"max_h": "1"}, "max_h must be a number"),
        ({"max_h": -1}, "max_h must be a finite number above 0"),
    ],
)
def test_options_of_the_wrong_kind_are_refused(options: dict[str, Any], message: str) -> None:
    """Of both functions, with what is allowed."""
    dem = raster(np.zeros((3, 3)))
    for function in (access.travel_time, access.travel):
        with pytest.raises(InvalidParameterError, match=message):
            function(dem, post(dem, (0, 0)), **options)


def test_degrees_are_refused() -> None:
    """An hour is no share of a degree."""
    dem = raster(np.zeros((3, 3)))
    lonlat = dem.drop_vars("spatial_ref").assign_attrs(crs="EPSG:4326")
    with pytest.raises(NotProjectedError, match="projected CRS in metres"):
        access.travel_time(lonlat, post(dem, (0, 0)))
