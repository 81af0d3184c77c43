"""Barriers: steps that cross a line are barred, rings are closed, crossings open them again."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiPoint, Point, Polygon, box
from travel_cases import CELL, centre, post, quickest, raster, shapes

from borderzone import access
from borderzone.access.speed import foot
from borderzone.errors import BorderzoneError, CRSMismatchError, InvalidGeometryError

FLAT = raster(np.zeros((12, 12)))


@given(seed=st.integers(0, 10**6), neighbours=st.sampled_from([8, 16]))
@settings(max_examples=30)
def test_steps_that_cross_a_line_are_not_taken(seed: int, neighbours: int) -> None:
    """Random lines over random ground, against the graph whose edges shapely has judged."""
    rng = np.random.default_rng(seed)
    dem = raster(10 * rng.normal(size=(8, 9)))
    lines = [LineString(rng.uniform(-100, 1000, (rng.integers(2, 6), 2))) for _ in range(3)]

    def barred(here: tuple[int, int], end: tuple[int, int]) -> bool:
        step = LineString([centre(dem, *here), centre(dem, *end)])
        return any(step.intersects(line) for line in lines)

    found = access.travel_time(
        dem,
        post(dem, (0, 0)),
        speed="foot",
        neighbours=neighbours,
        ways=access.Ways(barriers=shapes(*lines)),
    )

    ones = np.ones(dem.shape)
    expected = quickest(dem.to_numpy(), ones, 0, neighbours, foot, 1, barred=barred)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@given(seed=st.integers(0, 10**6), as_area=st.booleans(), on_centres=st.booleans())
@settings(max_examples=60)
def test_closed_ring_cannot_be_entered(seed: int, *, as_area: bool, on_centres: bool) -> None:
    """Nothing inside a random ring is reached, though its corners lie on centres; a crossing opens it."""
    rng = np.random.default_rng(seed)
    angle = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(5, 12)))
    radius = rng.uniform(150, 480, len(angle))
    xy = 600 + np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    if on_centres:
        xy = 100 * np.round((xy - 50) / 100) + 50
    ring = Polygon(xy)
    if not ring.is_valid or ring.area < 1e4 or np.diff(np.append(angle, angle[0] + 6.28)).max() > 3:
        return
    barrier = shapes(ring if as_area else ring.exterior)
    inside = np.array(
        [
            [ring.buffer(-1e-6).contains(Point(centre(FLAT, i, j))) for j in range(12)]
            for i in range(12)
        ]
    )
    outside = np.array(
        [
            [ring.buffer(1e-6).disjoint(Point(centre(FLAT, i, j))) for j in range(12)]
            for i in range(12)
        ]
    )

    found = access.travel_time(
        FLAT, post(FLAT, (0, 0)), ways=access.Ways(barriers=barrier)
    ).to_numpy()

    assert np.isinf(found[inside]).all()
    assert np.isfinite(found[outside]).any()
    if inside.any() and not as_area:
        from_inside = access.travel_time(
            FLAT, post(FLAT, tuple(np.argwhere(inside)[0])), ways=access.Ways(barriers=barrier)
        ).to_numpy()
        assert np.isinf(from_inside[outside]).all()


@given(seed=st.integers(0, 10**6))
@settings(max_examples=60)
def test_one_crossing_opens_a_ring(seed: int) -> None:
    """A point anywhere on a wide convex ring lets one in, everywhere."""
    rng = np.random.default_rng(seed)
    turn, sides = rng.uniform(0, 6.28), rng.integers(3, 9)
    angle = turn + np.arange(sides) * 2 * np.pi / sides
    ring = Polygon(600 + 420 * np.column_stack([np.cos(angle), np.sin(angle)]))
    gate = ring.exterior.interpolate(rng.uniform(0.2, 0.8) / sides, normalized=True)

    found = access.travel_time(
        FLAT,
        post(FLAT, (0, 0)),
        ways=access.Ways(barriers=shapes(ring.exterior), crossings=shapes(gate)),
    )

    assert np.isfinite(found).all()
    assert found.attrs["crossings_idle"] == 0


def test_line_leaves_both_banks_open_and_cannot_be_leapt() -> None:
    """A river between two columns, or through the centres of one, parts the ground and closes no cell."""
    for x in (600.0, 650.0):
        river = shapes(LineString([(x, -1), (x, 1300)]))

        west = access.travel_time(FLAT, post(FLAT, (5, 0)), ways=access.Ways(barriers=river))
        east = access.travel_time(FLAT, post(FLAT, (5, 11)), ways=access.Ways(barriers=river))

        np.testing.assert_array_equal(np.isfinite(west), np.isinf(east))
        assert int(np.isfinite(west).sum()) == 12 * 6
        assert west.attrs["cells_unreachable"] == 12 * 6


def test_way_round_the_end_of_a_berm() -> None:
    """Behind a berm of 800 m the way leads round its end, to the metre by 16 neighbours."""
    berm = shapes(LineString([(600, 0), (600, 800)]))

    found = access.travel_time(FLAT, post(FLAT, (11, 5)), ways=access.Ways(barriers=berm))

    # Eight cells up to the end of the berm (a row beyond it), over it, and down again.
    round_end = 2 * np.hypot(8, 0.5) * CELL / 15e3
    assert round_end <= float(found[11, 6]) <= round_end * 1.0275 + CELL / 15e3


def test_polygon_closes_its_cells() -> None:
    """Ground inside is known and not reached; a thin one that covers no centre is still closed."""
    lake, wall = box(300, 300, 700, 700), box(905, 0, 910, 1200)

    found = access.travel_time(
        FLAT, post(FLAT, (0, 0)), ways=access.Ways(barriers=shapes(lake, wall))
    ).to_numpy()

    assert np.isinf(found[5:9, 3:7]).all()
    assert np.isinf(found[:, 9:]).all()
    assert np.isinf(found).sum() == 16 + 36
    hole = shapes(box(200, 200, 1000, 1000).difference(box(400, 400, 800, 800)))
    holed = access.travel_time(FLAT, post(FLAT, (5, 5)), ways=access.Ways(barriers=hole)).to_numpy()
    assert np.isfinite(holed).sum() == 16


@pytest.mark.parametrize("gate", [
    LineString([(500, 620), (800, 620)]),
    box(500, 550, 800, 660),
])  # fmt: skip
def test_wide_river_is_crossed_by_a_bridge(gate: Any) -> None:
    """Through a river of 200 m a line or an area opens a way, and nothing else."""
    river = shapes(box(550, -100, 750, 1300))

    found = access.travel_time(
        FLAT, post(FLAT, (5, 0)), ways=access.Ways(barriers=river, crossings=shapes(gate))
    ).to_numpy()

    assert np.isfinite(found[:, 8:]).all()
    assert np.isinf(found[:5, 6:7]).all()
    assert np.isfinite(found[5:7, 6:7]).any()


def test_crossing_is_moved_to_the_barrier_and_idle_ones_are_counted() -> None:
    """A bridge point a little off the river opens it; one far away is told of."""
    river = shapes(LineString([(600, -1), (600, 1300)]))
    near, far = Point(660, 640), Point(1000, 640)

    opened = access.travel_time(
        FLAT,
        post(FLAT, (5, 0)),
        ways=access.Ways(barriers=river, crossings=shapes(near, far, None)),
    )
    shut = access.travel_time(
        FLAT, post(FLAT, (5, 0)), ways=access.Ways(barriers=river, crossings=shapes(far))
    )
    wide = access.travel_time(
        FLAT,
        post(FLAT, (5, 0)),
        ways=access.Ways(
            barriers=river, crossings=shapes(MultiPoint([near])), crossing_width_m=500.0
        ),
    )

    assert np.isfinite(opened).all()
    assert opened.attrs["crossings_idle"] == 1
    assert np.isinf(shut[:, 6:]).all()
    assert shut.attrs["crossings_idle"] == 1
    assert float(wide.sum()) < float(opened.sum())


@pytest.mark.parametrize("gate", [Point(600, 600), LineString([(600, 590), (600, 610)])])
def test_crossing_is_as_wide_as_it_says(gate: Any) -> None:
    """Straight across in the four columns of a gap of 480 m and in no other."""
    bank = shapes(LineString([(10, 650), (1190, 650)]))
    river = shapes(LineString([(-1, 600), (1300, 600)]))

    found = access.travel_time(
        FLAT, bank, ways=access.Ways(barriers=river, crossings=shapes(gate), crossing_width_m=480.0)
    ).to_numpy()

    straight = np.isclose(found[6], CELL / 15e3)
    assert np.flatnonzero(straight).tolist() == [4, 5, 6, 7]


def test_origins_behind_a_barrier_are_counted_as_closed() -> None:
    """Those inside a no-go area start no trip."""
    found = access.travel_time(
        FLAT, post(FLAT, (0, 0), (6, 6)), ways=access.Ways(barriers=shapes(box(400, 400, 700, 700)))
    )

    assert found.attrs["origins_used"] == 1
    assert found.attrs["origins_on_closed_ground"] == 1


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (
            {"barriers": [LineString([(0, 0), (1, 1)])]},
            BorderzoneError,
            "barriers must be a geopandas",
        ),
        ({"barriers": gpd.GeoSeries([], crs=32637)}, BorderzoneError, "barriers is empty"),
        ({"barriers": shapes(Point(1, 1))}, InvalidGeometryError, "barriers must be .*, got Point"),
        (
            {"barriers": gpd.GeoSeries([box(0, 0, 1, 1)])},
            CRSMismatchError,
            "barriers have no CRS; set it",
        ),
        (
            {"barriers": gpd.GeoSeries([box(0, 0, 1, 1)], crs=4326)},
            CRSMismatchError,
            r"barriers are in WGS 84, the raster in .*; bring them there with \.to_crs",
        ),
        (
            {"barriers": shapes(LineString([(0, 0), (np.inf, 1)]))},
            InvalidGeometryError,
            "barriers must have finite coordinates, that of 0 has not",
        ),
        ({"crossings": shapes(Point(1, 1))}, BorderzoneError, "crossings open barriers, and there"),
        (
            {"barriers": shapes(box(0, 0, 1, 1)), "crossings": shapes(Point(1, 1)).to_crs(4326)},
            CRSMismatchError,
            "crossings are in WGS 84",
        ),
        (
            {"barriers": shapes(box(0, 0, 1, 1)), "crossing_width_m": -1.0},
            BorderzoneError,
            "crossing_width_m must be a finite number above 0",
        ),
        ({"roads_cross": 1}, BorderzoneError, "roads_cross must be True or False"),
        ({"barriers": gpd.GeoDataFrame({"a": [1]})}, BorderzoneError, "barriers have no geometry"),
    ],
)
def test_bad_barriers_are_refused(options: Any, error: type, message: str) -> None:
    """With what is wrong and how to mend it."""
    with pytest.raises(error, match=message):
        access.travel_time(FLAT, post(FLAT, (0, 0)), ways=access.Ways(**options))


def test_barriers_off_the_map_and_missing_ones_change_nothing() -> None:
    """Empty and missing shapes are passed over."""
    off = shapes(LineString([(9e4, 0), (9e4, 9e4)]), box(-9e4, 0, -8e4, 10), Polygon(), None)

    found = access.travel_time(FLAT, post(FLAT, (3, 3)), ways=access.Ways(barriers=off))

    np.testing.assert_array_equal(found, access.travel_time(FLAT, post(FLAT, (3, 3))))


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        (Polygon([(0, 0), (900, 900), (900, 0), (0, 900)]), "self-intersection.*make_valid"),
        (Polygon([(0, 0), (900, np.inf), (900, 0)]), "finite coordinates, that of 0 has not"),
    ],
)
def test_barriers_whose_inside_is_not_certain_are_refused(shape: Any, said: str) -> None:
    with pytest.raises(InvalidGeometryError, match=said):
        access.travel_time(FLAT, post(FLAT, (0, 0)), ways=access.Ways(barriers=shapes(shape)))
