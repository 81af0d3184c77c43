"""Roads: exact times along them, where they join, what they open, and refusals."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiLineString, Point, box
from travel_cases import CELL, post, quickest, raster, shapes, straight_road_edges

from borderzone import access
from borderzone.access.speed import foot
from borderzone.errors import BorderzoneError, CRSMismatchError, InvalidGeometryError

FLAT = raster(np.zeros((12, 30)))


def roads(*lines: Any, kind: str = "track", **options: Any) -> access.Roads:
    """Roads of one class."""
    table = gpd.GeoDataFrame({"class": [kind] * len(lines)}, geometry=list(lines), crs=32637)
    return access.Roads(lines=table, **options)


def crawl(_: Any) -> float:
    """So slow off roads that every way keeps to them."""
    return 0.01


@given(seed=st.integers(0, 10**6), direction=st.sampled_from(["from", "towards"]))
@settings(max_examples=25)
def test_times_are_those_of_the_graph_with_roads(seed: int, direction: Any) -> None:
    """Straight roads at any angle over random ground, off and on at any cell, against scipy."""
    rng = np.random.default_rng(seed)
    dem = raster(10 * rng.normal(size=(8, 9)))
    lines = [LineString(rng.uniform(1, 799, (2, 2))) for _ in range(2)]
    edges = [
        (one, other, way_m / 25e3)
        for line in lines
        for one, other, way_m in straight_road_edges(dem, line)
    ]

    found = access.travel_time(
        dem,
        post(dem, (0, 0)),
        speed="foot",
        direction=direction,
        ways=access.Ways(roads=roads(*lines)),
    )

    sign = 1 if direction == "from" else -1
    expected = quickest(dem.to_numpy(), np.ones(dem.shape), 0, 16, foot, sign, more=edges)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@given(angle=st.floats(0.0, 90.0), shift=st.floats(0.0, 99.0))
@settings(max_examples=40)
def test_straight_road_takes_its_length_at_any_angle(angle: float, shift: float) -> None:
    """From end to end off by less than a cell's diagonal, however far: no factor of 8 or 3 %."""
    dem = raster(np.zeros((60, 60)))
    towards = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
    start = np.array([51.0, 51.0 + shift])
    line = LineString([start, start + 5500 * towards])
    end = Point(line.coords[-1])

    found = access.travel(
        dem, shapes(Point(start)), speed=crawl, ways=access.Ways(roads=roads(line))
    )
    way = access.routes(found, shapes(end))

    assert float(way["hours"].iloc[0]) == pytest.approx(5.5 / 25.0, abs=2**0.5 * CELL / 25e3)
    assert float(way["road_share"].iloc[0]) == 1.0


@given(seed=st.integers(0, 10**6), steep=st.floats(0.05, 0.6))
@settings(max_examples=40)
def test_road_that_wiggles_is_never_cut_short(seed: int, steep: float) -> None:
    """A road that winds about the edge between two rows of cells takes its true length."""
    rng = np.random.default_rng(seed)
    x = np.arange(50, 2951, 25.0)
    y = 600 + np.cumsum(rng.choice([-1, 1], len(x)) * 25.0 * steep)
    line = LineString(np.column_stack([x, y]))

    found = access.travel_time(
        FLAT, shapes(Point(x[0], y[0])), speed=crawl, ways=access.Ways(roads=roads(line))
    )

    row = int((1200 - y[-1]) // CELL)
    ends_off = 2 * 2**0.5 * CELL
    assert float(found[row, 29]) * 25e3 == pytest.approx(line.length, abs=ends_off)


def test_where_a_road_is_cut_into_pieces_does_not_matter() -> None:
    """Pieces of a few metres, in any order, as one line; another class from a corner on adds up."""
    whole = LineString([(50, 50), (1500, 700), (2950, 640)])
    cuts = np.linspace(0, whole.length, 90)
    xy = [whole.interpolate(cut).coords[0] for cut in cuts]
    xy.insert(int(np.searchsorted(cuts, LineString(whole.coords[:2]).length)), whole.coords[1])
    pieces = [LineString(pair) for pair in pairwise(xy)]
    start = shapes(Point(50, 50))

    one = access.travel_time(FLAT, start, speed=crawl, ways=access.Ways(roads=roads(whole)))
    many = access.travel_time(
        FLAT, start, speed=crawl, ways=access.Ways(roads=roads(*pieces[::2], *pieces[1::2]))
    )

    np.testing.assert_allclose(many, one, rtol=1e-5)
    assert float(one[5, 29]) == pytest.approx(whole.length / 25e3, abs=CELL / 25e3)


def test_two_roads_side_by_side_are_two_roads() -> None:
    """A cell apart they are not joined, and no step leads from one to the other but off road."""
    north = LineString([(50, 650), (2950, 650)])
    south = LineString([(50, 550), (2950, 550)])

    found = access.travel_time(
        FLAT, post(FLAT, (5, 0)), speed=lambda _: 1.0, ways=access.Ways(roads=roads(north, south))
    ).to_numpy()

    along = np.arange(30) * CELL / 25e3
    np.testing.assert_allclose(found[5], along, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(found[6], along + CELL / 1e3, rtol=1e-6)
    joined = access.travel_time(
        FLAT,
        post(FLAT, (5, 0)),
        speed=lambda _: 1.0,
        ways=access.Ways(roads=roads(north, south, LineString([(50, 650), (50, 550)]))),
    ).to_numpy()
    np.testing.assert_allclose(joined[6], along + CELL / 25e3, rtol=1e-6)


def test_road_opens_closed_ground_for_itself_alone() -> None:
    """Over a closed surface the road's cells are reached, by road, and their neighbours are not."""
    factor = np.ones(FLAT.shape)
    factor[:, 10:20] = 0.0
    line = LineString([(250, 650), (2750, 650)])

    found = access.travel_time(
        FLAT, post(FLAT, (5, 0)), surface_factor=raster(factor), ways=access.Ways(roads=roads(line))
    ).to_numpy()
    shut = access.travel_time(FLAT, post(FLAT, (5, 0)), surface_factor=raster(factor)).to_numpy()

    closed = np.zeros(FLAT.shape, bool)
    closed[:, 10:20] = True
    closed[5, 10:20] = False
    np.testing.assert_array_equal(np.isinf(found), closed)
    assert np.isinf(shut[:, 20:]).all()
    np.testing.assert_allclose(np.diff(found[5, 9:21]), CELL / 25e3, rtol=1e-5)


def test_opened_cells_let_nobody_squeeze_past() -> None:
    """The graph in which the road's cells stay closed off road, by random closed ground."""
    rng = np.random.default_rng(7)
    for _ in range(20):
        factor = np.where(rng.random((9, 9)) < 0.4, 0.0, 1.0)
        factor[0, 0] = 1.0
        line = LineString(rng.uniform(1, 899, (2, 2)))
        dem = raster(np.zeros((9, 9)))
        edges = [(a, b, way / 25e3) for a, b, way in straight_road_edges(dem, line)]

        found = access.travel_time(
            dem,
            post(dem, (0, 0)),
            surface_factor=raster(factor),
            ways=access.Ways(roads=roads(line)),
        )

        expected = quickest(np.zeros((9, 9)), factor, 0, 16, access.vehicle_off_road, 1, more=edges)
        np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_roads_pass_barriers_only_if_asked_or_at_a_crossing() -> None:
    """A line and an area across a road."""
    line = LineString([(50, 650), (2950, 650)])
    for barrier in (LineString([(1000, -1), (1000, 1300)]), box(1000, -1, 1400, 1300)):
        options: Any = {"roads": roads(line), "barriers": shapes(barrier)}

        barred = access.travel_time(FLAT, post(FLAT, (5, 0)), ways=access.Ways(**options))
        passing = access.travel_time(
            FLAT, post(FLAT, (5, 0)), ways=access.Ways(roads_cross=True, **options)
        )
        gated = access.travel_time(
            FLAT,
            post(FLAT, (5, 0)),
            ways=access.Ways(crossings=shapes(LineString([(900, 650), (1500, 650)])), **options),
        )

        assert np.isinf(barred[:, 14:]).all()
        for found in (passing, gated):
            assert float(found[5, 29]) == pytest.approx(29 * CELL / 25e3, rel=1e-6)
            assert np.isfinite(found[:, 14:]).all()
        if barrier.area:
            assert np.isfinite(passing[5, 10:14]).all()
            assert np.isinf(passing[:5, 10:14]).all()
            assert np.isinf(passing[6:, 10:14]).all()


def test_gradient_slows_only_if_asked() -> None:
    """Up one in ten: full speed by default, the share that is given, or a walker's pace."""
    dem = raster(np.tile(0.1 * CELL * np.arange(30.0), (3, 1)))
    line = LineString([(0, 150), (3000, 150)])
    cases: list[tuple[dict[str, Any], float, float]] = [
        ({}, 25.0, 25.0),
        ({"slowed_by": lambda s: 1.0 - 2.0 * np.maximum(s, 0.0)}, 20.0, 25.0),
        ({"on_foot": True}, access.irmischer_clarke(0.1, on_road=True),
         access.irmischer_clarke(-0.1, on_road=True)),
    ]  # fmt: skip
    for options, up, down in cases:
        for direction, km_h in (("from", up), ("towards", down)):
            found = access.travel_time(
                dem, post(dem, (1, 0)), speed=crawl, direction=direction,  # type: ignore[arg-type]
                ways=access.Ways(roads=roads(line, **options)),
            )  # fmt: skip
            assert float(found[1, 29]) == pytest.approx(2.9 / km_h, rel=1e-4)


def test_classes_have_speeds_that_can_be_changed() -> None:
    """Each class its own; others by the table given, or by a stated default."""
    table = gpd.GeoDataFrame(
        {"kind": ["primary", "goat", None]},
        geometry=[
            LineString([(50, 1050), (2950, 1050)]),
            LineString([(50, 550), (2950, 550)]),
            MultiLineString([[(50, 50), (1000, 50)], [(1000, 50), (2950, 50)]]),
        ],
        crs=32637,
    )
    ways = access.Roads(
        lines=table, class_column="kind", speeds_km_h={"primary": 50.0}, default_km_h=5.0
    )

    assert ways.km_h.tolist() == [50.0, 5.0, 5.0]
    starts = post(FLAT, (1, 0), (6, 0), (11, 0))
    found = access.travel_time(FLAT, starts, speed=crawl, ways=access.Ways(roads=ways)).to_numpy()
    np.testing.assert_allclose(found[[1, 6, 11], 29], 2.9 / np.array([50, 5, 5]), rtol=1e-5)
    assert all(road.low < road.km_h < road.high for road in access.ROAD_SPEEDS.values())
    assert all("modelling assumption" in road.source for road in access.ROAD_SPEEDS.values())


LINE = LineString([(0, 0), (900, 900)])


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: roads(LINE, kind="trail"), BorderzoneError, "road classes trail have no speed; .*default_km_h"),
        (lambda: roads(LINE, speeds_km_h={"track": -5.0}), BorderzoneError,
         "speed of road class 'track' must be a finite number above 0"),
        (lambda: roads(LINE, default_km_h=0.0), BorderzoneError, "default_km_h must be"),
        (lambda: roads(LINE, class_column="kind"), BorderzoneError, "class_column must be one of"),
        (lambda: roads(Point(0, 0)), InvalidGeometryError, "roads must be lines, got Point"),
        (roads, BorderzoneError, "roads is empty; leave roads out"),
        (lambda: access.Roads(lines=shapes(LINE)), BorderzoneError,
         "roads must be a geopandas.GeoDataFrame of lines, got GeoSeries"),
        (lambda: access.Roads(lines=None), BorderzoneError, "got NoneType"),
        (lambda: roads(LINE, slowed_by=0.5), BorderzoneError, "slowed_by must be a function"),
    ],
)  # fmt: skip
def test_bad_roads_are_refused_at_birth(make: Any, error: type, message: str) -> None:
    """With what is wrong and how to mend it."""
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize(
    ("given_roads", "error", "message"),
    [
        (access.Roads(lines=roads(LINE).lines.to_crs(4326)), CRSMismatchError,
         r"roads are in WGS 84, the raster in .*; bring them there with \.to_crs"),
        (access.Roads(lines=roads(LINE).lines.set_crs(None, allow_override=True)), CRSMismatchError,
         "roads have no CRS"),
        (shapes(LINE), BorderzoneError, "roads must be access.Roads, got GeoSeries"),
        (roads(LINE, slowed_by=lambda s: 2.0 + 0 * s), BorderzoneError, "shares from 0 to 1, it gives 2"),
        (roads(LINE, slowed_by=lambda s: -1.0 + 0 * s), BorderzoneError, "slowed_by must give"),
    ],
)  # fmt: skip
def test_roads_that_do_not_fit_the_raster_are_refused(
    given_roads: Any, error: type, message: str
) -> None:
    """Another CRS, none, or shares that are none."""
    with pytest.raises(error, match=message):
        access.travel_time(FLAT, post(FLAT, (0, 0)), ways=access.Ways(roads=given_roads))
