"""The nearest origin, the way there, ties, threads, and what the origins may be."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiPoint, MultiPolygon, Point, Polygon, box
from travel_cases import CELL, centre, post, raster, shapes

from borderzone import access
from borderzone.errors import (
    BorderzoneError,
    CRSMismatchError,
    InvalidGeometryError,
    NoOverlapError,
)

FLAT = raster(np.zeros((12, 12)))
NOTHING: Any = None


@given(seed=st.integers(0, 10**6), data=st.data())
@settings(max_examples=30)
def test_every_way_adds_up_to_the_time_of_its_cell(seed: int, data: st.DataObject) -> None:
    """Step by step the time falls to 0 at an origin, and the walk there is that of the routes."""
    rng = np.random.default_rng(seed)
    z = 10 * rng.normal(size=(9, 11))
    z[rng.random(z.shape) < 0.1] = np.nan
    z[0, 0], z[8, 10] = 0.0, 0.0
    dem = raster(z)
    options: Any = {
        "speed": "tobler",
        "neighbours": data.draw(st.sampled_from([8, 16])),
        "direction": data.draw(st.sampled_from(["from", "towards"])),
        "ways": access.Ways(barriers=shapes(LineString(rng.uniform(0, 900, (2, 2))))),
    }
    posts = post(dem, (0, 0), (8, 10))

    found = access.travel(dem, posts, **options)
    points = post(dem, *np.ndindex(z.shape))
    ways = access.routes(found, points[np.isfinite(z.ravel())])

    hours = found["travel_time_h"].to_numpy().ravel()
    np.testing.assert_array_equal(found["travel_time_h"], access.travel_time(dem, posts, **options))
    single = [access.travel_time(dem, posts.iloc[[k]], **options).to_numpy() for k in (0, 1)]
    for way, line in zip(ways.itertuples(), ways.geometry, strict=True):
        assert way.hours == hours[way.Index]
        if not np.isfinite(way.hours):
            assert line.is_empty
            assert way.origin is None
            continue
        xy = np.array(line.coords)[:: 1 if options["direction"] == "from" else -1]
        cells = [(int((900 - y) // CELL), int(x // CELL)) for x, y in xy]
        assert cells[0] == [(0, 0), (8, 10)][way.origin]
        assert cells[-1] == divmod(way.Index, 11)
        assert single[way.origin][cells[-1]] == np.float32(way.hours)
        along = [float(found["travel_time_h"][cell]) for cell in dict.fromkeys(cells)]
        assert along[0] == 0.0
        assert (np.diff(along) > 0).all()
        assert way.length_km * 1000 == pytest.approx(line.length)


def test_times_along_a_way_are_those_of_its_steps() -> None:
    """Recomputed from the heights of the cells that it joins."""
    rng = np.random.default_rng(1)
    dem = raster(10 * rng.normal(size=(20, 20)))
    found = access.travel(dem, post(dem, (0, 0)), speed="tobler", neighbours=8)

    way = access.routes(found, post(dem, (19, 17))).iloc[0]

    hours = 0.0
    cells = [(int((2000 - y) // CELL), int(x // CELL)) for x, y in way.geometry.coords]
    for one, other in pairwise(cells):
        length = CELL * np.hypot(other[0] - one[0], other[1] - one[1])
        rise = float(dem[other] - dem[one])
        hours += length / 1000 / access.tobler(rise / length)
    assert hours == pytest.approx(way.hours, rel=1e-6)


def test_towards_turns_the_line_round() -> None:
    """A line leads the way one goes: from the origin, or to it."""
    points = post(FLAT, (5, 9))
    out = access.routes(access.travel(FLAT, post(FLAT, (5, 0))), points).geometry.iloc[0]
    back = access.routes(
        access.travel(FLAT, post(FLAT, (5, 0)), direction="towards"), points
    ).geometry.iloc[0]

    assert out.coords[0] == centre(FLAT, 5, 0)
    assert back.coords[-1] == centre(FLAT, 5, 0)
    assert out.coords[-1] == back.coords[0] == centre(FLAT, 5, 9)


def test_nearest_origin_is_its_position_and_its_label() -> None:
    """-1 where none is near enough; of two in one cell the first; labels are those of the table."""
    posts = post(FLAT, (0, 0), (0, 0), (11, 11)).set_axis(["a", "b", "c"])

    found = access.travel(FLAT, posts, max_h=0.04)
    ways = access.routes(found, post(FLAT, (1, 1), (10, 10), (5, 5)).set_axis([7, 8, 9]))

    origin = found["origin"].to_numpy()
    assert origin.dtype == np.int32
    assert set(np.unique(origin)) == {-1, 0, 2}
    np.testing.assert_array_equal(origin == -1, np.isinf(found["travel_time_h"]))
    assert ways["origin"].tolist() == ["a", "c", None]
    assert ways.index.tolist() == [7, 8, 9]
    assert ways.geometry.iloc[2].is_empty
    assert np.isinf(ways["hours"].iloc[2])
    assert found["step"].dtype == np.uint8
    assert int((found["step"] == 255).sum()) == 2 + int((origin == -1).sum())


def test_point_in_the_cell_of_its_origin() -> None:
    """No hours, no length, and the origin."""
    way = access.routes(access.travel(FLAT, post(FLAT, (3, 3))), post(FLAT, (3, 3))).iloc[0]

    assert (way.hours, way.length_km, way.origin) == (0.0, 0.0, 0)
    assert way.geometry.length == 0.0
    assert not way.geometry.is_empty


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("height", [8, 37])
def test_threads_and_bands_change_no_bit(
    threads: int, height: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut into bands, by any number of threads, with roads and barriers, times and steps are equal."""
    rng = np.random.default_rng(4)
    dem = raster(np.round(8 * rng.normal(size=(150, 60))))
    lines = [LineString(rng.uniform(0, [6000, 15000], (4, 2))) for _ in range(3)]
    roads = access.Roads(
        lines=gpd.GeoDataFrame({"class": ["track"] * 2}, geometry=lines[:2], crs=32637)
    )
    posts = post(dem, (3, 3), (70, 50), (149, 0))
    factor = raster(10.0 ** rng.uniform(-3, 0, dem.shape))
    options: Any = {
        "speed": "foot", "surface_factor": factor,
        "ways": access.Ways(roads=roads, barriers=shapes(lines[2])),
    }  # fmt: skip
    monkeypatch.setattr("borderzone.access.search.check_threads", lambda _: 1)
    whole = access.travel(dem, posts, **options)

    monkeypatch.setattr("borderzone.access.search.check_threads", lambda _: threads)
    monkeypatch.setattr("borderzone.access.search._CELLS_OF_A_BAND", 60 * height)
    for turns in (3, 1000):
        monkeypatch.setattr("borderzone.access.search._TURNS_TOGETHER", turns)
        xr.testing.assert_identical(access.travel(dem, posts, **options), whole)


def test_flat_ground_full_of_ties_has_one_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where many ways take equally long, threads do not choose."""
    dem = raster(np.zeros((160, 50)))
    posts = post(dem, (0, 0), (0, 49), (159, 25))
    monkeypatch.setattr("borderzone.access.search.check_threads", lambda _: 1)
    whole = access.travel(dem, posts)
    monkeypatch.setattr("borderzone.access.search.check_threads", lambda _: 2)
    monkeypatch.setattr("borderzone.access.search._CELLS_OF_A_BAND", 1000)

    xr.testing.assert_identical(access.travel(dem, posts), whole)


# Origins of any shape.


def test_lines_and_polygons_start_from_every_cell_they_hold() -> None:
    """A line from those it passes, a polygon from those whose centres it covers, or the one it is in."""
    found = access.travel_time(
        FLAT,
        gpd.GeoDataFrame(
            geometry=[
                LineString([(20, 1150), (480, 1150)]),
                box(540, 540, 860, 760),
                box(1110, 10, 1120, 20),
                MultiPoint([(1150, 1150), (9999, 0)]),
                MultiPolygon([box(5, 5, 90, 90), box(105, 5, 190, 90)]),
            ],
            crs=32637,
        ),
    )

    started = np.zeros(FLAT.shape, bool)
    started[0, :5] = started[4:7, 5:9] = started[11, 11] = started[0, 11] = started[11, :2] = True
    np.testing.assert_array_equal(found == 0, started)
    assert found.attrs["origins_used"] == 5


@given(seed=st.integers(0, 10**6))
@settings(max_examples=40)
def test_cells_of_random_shapes_are_those_of_shapely(seed: int) -> None:
    """Cells that a line touches over more than a hair; centres within a polygon."""
    rng = np.random.default_rng(seed)
    line = LineString(rng.uniform(-200, 1400, (4, 2)))
    ring = Polygon(rng.uniform(-200, 1400, (5, 2))).buffer(0)
    cells = [
        box(100 * j, 1100 - 100 * i, 100 * j + 100, 1200 - 100 * i) for i, j in np.ndindex(12, 12)
    ]
    passed = np.reshape([cell.intersection(line).length > 1e-6 for cell in cells], (12, 12))
    covered = np.reshape([ring.contains(cell.centroid) for cell in cells], (12, 12))

    if passed.any():
        found = access.travel_time(FLAT, shapes(line)).to_numpy() == 0
        assert found[passed].all()
        assert (found & ~passed).sum() <= 2  # the ends
    if covered.any():
        area = access.travel_time(FLAT, shapes(ring)).to_numpy() == 0
        assert area[covered].all()
        assert (area & ~covered).sum() <= 1  # the representative point


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda t: access.routes(t["travel_time_h"], post(FLAT, (0, 0))), BorderzoneError,
         "routes needs what access.travel gives, and travel_time_h, origin, step is missing"),
        (lambda _: access.routes(NOTHING, post(FLAT, (0, 0))), BorderzoneError, "access.travel gives"),
        (lambda t: access.routes(t, shapes(Point(-5, 0))), NoOverlapError, "1 of 1 points lie outside"),
        (lambda t: access.routes(t, shapes(Point())), NoOverlapError, "or are missing"),
        (lambda t: access.routes(t, shapes()), BorderzoneError, "points is empty"),
        (lambda t: access.routes(t, [Point(0, 0)]), BorderzoneError, "must be a geopandas.GeoSeries"),
        (lambda t: access.routes(t, shapes(box(0, 0, 1, 1))), InvalidGeometryError,
         "points must be Point, got Polygon"),
        (lambda t: access.routes(t, shapes(MultiPoint([(5, 5)]))), BorderzoneError, "use .explode"),
        (lambda t: access.routes(t, gpd.GeoSeries([Point(1, 1)])), CRSMismatchError, "have no CRS"),
    ],
)  # fmt: skip
def test_bad_points_are_refused(make: Any, error: type, message: str) -> None:
    """With what is wrong and how to mend it."""
    found = access.travel(FLAT, post(FLAT, (5, 5)))
    with pytest.raises(error, match=message):
        make(found)
