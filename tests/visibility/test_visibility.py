"""Lines of sight, and the share of a strip out of sight."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from borderzone import visibility
from borderzone.border import Border
from borderzone.corridor import Corridor
from borderzone.errors import (
    CoverageGapError,
    CRSMismatchError,
    InvalidParameterError,
    NotProjectedError,
    ShapeMismatchError,
)
from borderzone.grid import Grid
from borderzone.visibility.viewsheds import LineOfSight

NAN = float("nan")


def grid(shape: tuple[int, int], cell_m: float = 30.0) -> Grid:
    """Make a grid whose lower left corner is the origin."""
    transform = Affine(cell_m, 0, 0, 0, -cell_m, shape[0] * cell_m)
    return Grid(shape=shape, transform=transform, crs=CRS(32637))


def raster(values: Any, cell_m: float = 30.0) -> Any:
    """Elevation from an array."""
    z = np.asarray(values, dtype=np.float32)
    return grid(z.shape, cell_m).wrap(z)


def rough(shape: tuple[int, int], seed: int = 0, relief: float = 20.0) -> Any:
    """Ground of random heights, smoothed a little so that some of it is seen."""
    z = np.random.default_rng(seed).normal(size=shape)
    for axis in (0, 1):
        z = z + np.roll(z, 1, axis) + np.roll(z, 2, axis)
    return (relief * z / np.ptp(z)).astype(np.float32)


def oracle(
    z: Any, stop: tuple[float, float], cell: tuple[int, int], sight: Any, cell_m: float
) -> int:
    """One line of sight in plain Python: 0 hidden, 1 seen, 2 unknown."""

    def height(row: Fraction, column: Fraction) -> float:
        i, j = math.floor(row), math.floor(column)
        total = 0.0
        for p, down in ((i, 1 - (row - i)), (i + 1, row - i)):
            for q, right in ((j, 1 - (column - j)), (j + 1, column - j)):
                weight = float(down * right)
                if weight > 0:
                    total += weight * float(z[p, q])
        return total

    start = Fraction(stop[0]), Fraction(stop[1])
    step = cell[0] - start[0], cell[1] - start[1]
    away = math.hypot(*step) * cell_m
    eye = height(*start) + sight.height_m
    target = float(z[cell]) + sight.target_m - sight.drop_m(away)
    crossings = set()
    for axis in (0, 1):
        if step[axis]:
            low, high = sorted((start[axis], Fraction(cell[axis])))
            crossings |= {
                (k - start[axis]) / step[axis] for k in range(math.floor(low) + 1, math.ceil(high))
            }
    heights = [
        height(start[0] + t * step[0], start[1] + t * step[1])
        - sight.drop_m(float(t) * away)
        - (eye + float(t) * (target - eye))
        for t in crossings
    ]
    if any(math.isnan(h) for h in [*heights, target, eye]):
        return 2
    return 0 if any(h > 0 for h in heights) else 1


@pytest.mark.parametrize("voids", [0.0, 0.04])
@pytest.mark.parametrize("stop", [(7.0, 9.0), (7.25, 9.0), (3.4, 12.7), (0.0, 0.0)])
def test_every_cell_agrees_with_a_plain_line_of_sight(
    stop: tuple[float, float], voids: float
) -> None:
    """Cell for cell, from a cell centre, from between, along rows and from the rim; also with voids."""
    z = rough((16, 21), seed=4)
    z[np.random.default_rng(8).random(z.shape) < voids] = NAN
    z[7:9, 9:11] = np.nan_to_num(z[7:9, 9:11])
    ground = grid(z.shape)
    point = shapely.Point((stop[1] + 0.5) * 30, ground.bounds[3] - (stop[0] + 0.5) * 30)

    found = visibility.viewshed(ground.wrap(z), point, height_m=3.0, max_km=0.4, states=True)

    sight = LineOfSight(max_km=0.4)
    kinds = set()
    for i, j in np.ndindex(z.shape):
        value = found.to_numpy()[i, j]
        if math.hypot(i - stop[0], j - stop[1]) * 30 > 400:
            assert value == 3
            continue
        expected = oracle(z, stop, (i, j), sight, 30.0)
        kinds.add(expected)
        assert value == expected, (i, j)
    assert kinds >= {0, 1}
    assert (2 in kinds) == (voids > 0)


@pytest.mark.parametrize(
    ("height_m", "target_m", "horizon_km"), [(10.0, 1.7, 17.0919), (1.7, 1.7, 9.9796)]
)
def test_on_a_bare_earth_the_view_ends_at_the_horizon(
    height_m: float, target_m: float, horizon_km: float
) -> None:
    """Two tangents over the curved earth: sqrt(2 R h / (1 - k)) for eye and for target."""
    flat = raster(np.zeros((1, 700)))
    view = visibility.viewshed(
        flat, shapely.Point(15, 15), height_m=height_m, target_m=target_m, max_km=25
    )
    last = float(np.flatnonzero(view.to_numpy()[0] == 1).max()) * 0.03
    assert last == pytest.approx(horizon_km, abs=0.031)
    # A crossing each 30 m misses the tangent point by 15 m at most: seen a little too far, never less.
    assert last >= horizon_km - 0.03


def test_the_drop_is_that_of_the_reference() -> None:
    """Metres below the tangent plane at 1, 5, 10 and 20 km with refraction 0.13."""
    drops = [LineOfSight().drop_m(1000.0 * km) for km in (1, 5, 10, 20)]
    assert drops == pytest.approx([0.068278, 1.706951, 6.827804, 27.311216], abs=5e-7)


def test_flat_ground_within_the_horizon_hides_nothing() -> None:
    """Not a cell, from any stop, on either side."""
    track = shapely.LineString([(600, 900), (2400, 900)])
    for sides in ("both", "left", "right"):
        found = visibility.masked_fraction(
            raster(np.full((60, 100), 7.0)), track, max_km=0.8, sides=sides
        )
        assert (found.f_mask, found.never_seen, found.hidden_from_one_stop) == (0, 0, 0)
        assert found.unknown_share == 0


def test_flat_ground_beyond_the_horizon_hides_the_ring_beyond_it() -> None:
    """An eye of 5 cm sees 855.7 m; of the disc of 1.5 km around one stop the rest is hidden."""
    size = 140
    flat = raster(np.zeros((size, size)), cell_m=25.0)
    view = visibility.viewshed(
        flat, shapely.Point(1762.5, 1737.5), height_m=0.05, target_m=0.0, max_km=1.5
    )
    horizon_m = math.sqrt(2 * 6371008.8 * 0.05 / 0.87)
    seen = view.attrs["cells_seen"] / (view.attrs["cells_seen"] + view.attrs["cells_hidden"])
    assert horizon_m == pytest.approx(855.7, abs=0.1)
    # The last crossing is up to a cell short of the target: at most half a cell too far is seen.
    assert (horizon_m / 1500) ** 2 <= seen <= ((horizon_m + 12.5) / 1500) ** 2 + 0.003


def test_a_wall_hides_what_is_behind_it_from_all_stops() -> None:
    """A straight wall along a straight track: everything beyond on that side is never seen."""
    z = np.zeros((41, 120))
    z[30] = 50.0
    track = shapely.LineString([(600, 20.5 * 30), (3000, 20.5 * 30)])
    left, right = (
        visibility.masked_fraction(raster(z), track, max_km=0.585, sides=side)
        for side in ("left", "right")
    )
    assert left.f_mask == 0
    # South of the track: rows 21 to 39; the wall stands in row 30 and is itself seen.
    assert right.never_seen == pytest.approx(9 / 19)
    assert right.hidden_from_one_stop == pytest.approx(9 / 19)
    both = visibility.masked_fraction(raster(z), track, max_km=0.585)
    # The track's own row counts as left.
    assert both.never_seen == pytest.approx(9 / 39)
    assert both.n_cells == 39 * 80


def test_the_share_is_the_mean_over_cells_of_the_stops_that_do_not_see_them() -> None:
    """From plain lines of sight: each cell of the strip counts once, whoever reaches it."""
    z = rough((24, 40), seed=1, relief=30.0)
    track = shapely.LineString([(300, 360), (900, 330)])
    sight = LineOfSight(max_km=0.2)
    found = visibility.masked_fraction(raster(z), track, max_km=0.2, spacing_m=150)
    stops = [track.interpolate((n + 0.5) * track.length / 5) for n in range(5)]
    one, never = [], []
    for i, j in np.ndindex(z.shape):
        centre = shapely.Point(j * 30 + 15, (24 - i) * 30 - 15)
        along = track.project(centre)
        if centre.distance(track) > 200 or not 1e-9 < along < track.length - 1e-9:
            continue
        results = [
            oracle(z, ((24 * 30 - s.y) / 30 - 0.5, s.x / 30 - 0.5), (i, j), sight, 30.0)
            for s in stops
            if centre.distance(s) <= 200
        ]
        if results:
            one.append(results.count(0) / len(results))
            never.append(1 not in results)
    assert found.n_stops == 5
    assert found.n_cells == len(one)
    assert found.hidden_from_one_stop == pytest.approx(np.mean(one), abs=1e-12)
    assert found.never_seen == pytest.approx(np.mean(never), abs=1e-12)
    assert found.f_mask == pytest.approx((np.mean(one) + np.mean(never)) / 2, abs=1e-12)
    assert 0 < found.never_seen < found.hidden_from_one_stop < 1


@given(seed=st.integers(0, 10_000), taller=st.floats(0.5, 30))
@settings(max_examples=15)
def test_taller_eyes_and_less_relief_never_hide_more(seed: int, taller: float) -> None:
    """And more stops leave less unseen; the shares keep their order."""
    z = rough((30, 60), seed=seed, relief=15.0)
    track = shapely.LineString([(300, 450), (1500, 450)])
    low = visibility.masked_fraction(raster(z), track, max_km=0.3)
    high = visibility.masked_fraction(raster(z), track, max_km=0.3, height_m=3.0 + taller)
    flat = visibility.masked_fraction(raster(0 * z), track, max_km=0.3)
    assert low.never_seen >= high.never_seen >= flat.never_seen == 0
    assert low.hidden_from_one_stop >= high.hidden_from_one_stop
    assert 0 <= low.never_seen <= low.f_mask <= low.hidden_from_one_stop <= 1


def test_lines_over_a_void_are_left_out_and_counted() -> None:
    """Flat ground with a void: what is known is seen, and the share of unknown lines is told."""
    z = np.zeros((41, 120), dtype=np.float32)
    z[10:12, 50:60] = NAN
    track = shapely.LineString([(600, 600), (3000, 600)])
    found = visibility.masked_fraction(raster(z), track, max_km=0.5)
    assert found.f_mask == 0
    assert 0.01 < found.unknown_share < 0.1
    blind = visibility.masked_fraction(raster(np.full(z.shape, NAN)), track, max_km=0.5)
    assert np.isnan(blind.f_mask)
    assert (blind.unknown_share, blind.n_cells) == (1, 0)


# By segment


@pytest.fixture(scope="module")
def strip() -> tuple[Corridor, Grid, Any]:
    """Give a short border with rough ground, at 90 m."""
    corridor = Corridor.around(Border.between("AZE", "TUR"), depth_km=3, segment_km=3)
    ground = corridor.grid(90.0)
    return corridor, ground, ground.wrap(rough(ground.shape, seed=2, relief=60.0))


def test_segments_are_measured_over_their_own_cells(strip: Any) -> None:
    """All cells of the strip at once give what the segments give one by one."""
    corridor, ground, dem = strip
    table = visibility.masked_by_segment(corridor, dem, max_km=1.0)
    cells = corridor.cells(ground)
    near = np.abs(cells["offset_km"].to_numpy()) <= 1.0
    segment = cells["segment"].to_numpy()
    assert table.index.tolist() == corridor.segments["segment"].tolist()
    counts = [(near & (segment == number)).sum() for number in table.index]
    assert (table["n_cells"] / counts).between(0.98, 1).all()
    expected = np.ceil(corridor.segments["length_km"] / 0.25)
    assert (table["n_stops"] - expected.to_numpy()).abs().max() <= 1
    assert (table["f_mask_low"] < table["f_mask"]).all()
    assert (table["f_mask"] < table["f_mask_high"]).all()
    assert table["f_mask"].to_numpy() == pytest.approx(
        (table["f_mask_low"] + table["f_mask_high"]).to_numpy() / 2
    )


def test_a_reader_of_windows_and_any_number_of_threads_give_the_same_bits(strip: Any) -> None:
    """Whole raster or window by window, one thread or four."""
    corridor, ground, dem = strip
    whole = visibility.masked_by_segment(corridor, dem, threads=1)
    asked = []

    def read(rows: slice, columns: slice) -> Any:
        asked.append((rows, columns))
        return dem.to_numpy()[rows, columns]

    windows = visibility.Windows(read=read, grid=ground)
    pieces = visibility.masked_by_segment(corridor, windows, threads=4)
    section = visibility.masked_by_segment(corridor.sections[0], windows)
    for table in (pieces, section):
        assert whole.equals(table)
    assert len(asked) == 2 * len(corridor.segments)


def test_one_side_alone_is_measured_alone(strip: Any) -> None:
    """A wall on one side of the border does not mask the other."""
    corridor, ground, _ = strip
    offset = corridor.cells(ground)["offset_km"].to_numpy()
    wall = ground.wrap(np.where((offset > 0.3) & (offset < 0.5), 80.0, 0.0).astype(np.float32))
    left = visibility.masked_by_segment(corridor, wall, sides="left")
    right = visibility.masked_by_segment(corridor, wall, sides="right")
    assert (left["f_mask"] > 0.6).all()
    assert (right["f_mask"] < 0.05).all()


# Refusals


def test_impossible_parameters_are_refused_by_name() -> None:
    """Each with its value and what is allowed."""
    dem = raster(np.zeros((20, 20)))
    track = shapely.LineString([(100, 300), (500, 300)])
    for wrong, message in (
        ({"height_m": -1.0}, "height_m must be a finite number, 0 or more"),
        ({"target_m": NAN}, "target_m must be"),
        ({"max_km": 0.0}, "max_km must be a finite number above 0"),
        ({"refraction": 1.0}, "refraction must lie between 0 and 1, 1 left out"),
        ({"spacing_m": 0.0}, "spacing_m must be"),
        ({"sides": "north"}, "sides must be one of both, left, right"),
    ):
        with pytest.raises(InvalidParameterError, match=message):
            visibility.masked_fraction(dem, track, **wrong)


def test_tracks_that_do_not_fit_are_refused() -> None:
    """Points, other frames, lines off the raster, and strips without a cell."""
    dem = raster(np.zeros((20, 20)))
    with pytest.raises(InvalidParameterError, match="one line with a length, got Point"):
        visibility.masked_fraction(dem, shapely.Point(1, 1))
    line = shapely.LineString([(100, 300), (5000, 300)])
    with pytest.raises(InvalidParameterError, match="stops are off the elevation raster"):
        visibility.masked_fraction(dem, line)
    with pytest.raises(CRSMismatchError, match=r"the track is in .* bring it there with \.to_crs"):
        visibility.masked_fraction(dem, gpd.GeoSeries([line], crs=4326))
    with pytest.raises(CoverageGapError, match="widen max_km"):
        visibility.masked_fraction(dem, shapely.LineString([(120, 300), (480, 300)]), max_km=0.01)
    with pytest.raises(InvalidParameterError, match="off the raster, which covers"):
        visibility.viewshed(dem, shapely.Point(10_000, 0))


def test_a_series_of_one_track_is_that_track() -> None:
    """In the CRS of the raster."""
    z = raster(rough((30, 60)))
    line = shapely.LineString([(300, 450), (1500, 450)])
    found = visibility.masked_fraction(z, gpd.GeoSeries([line], crs=32637), max_km=0.3)
    assert found == visibility.masked_fraction(z, line, max_km=0.3)


def test_coarse_cells_are_refused(strip: Any) -> None:
    """With the prior that stands in for them."""
    corridor = strip[0]
    with pytest.raises(InvalidParameterError, match=r"90 m or less, got 500 m; .*mask_prior"):
        visibility.masked_fraction(
            raster(np.zeros((9, 9)), cell_m=500.0), shapely.LineString([(500, 500), (2000, 500)])
        )
    coarse = corridor.grid(500.0)
    with pytest.raises(InvalidParameterError, match="90 m or less"):
        visibility.masked_by_segment(corridor, coarse.wrap(np.zeros(coarse.shape)))


def test_degrees_and_strange_readers_are_refused(strip: Any) -> None:
    """A latitude-longitude raster, a reader without a grid, a window of another shape."""
    corridor, ground, dem = strip

    def small(rows: slice, columns: slice) -> Any:
        return np.zeros((2, 2))

    degrees = dem.drop_vars("spatial_ref").assign_attrs(crs="EPSG:4326")
    with pytest.raises(NotProjectedError):
        visibility.masked_fraction(degrees, shapely.LineString([(0, 0), (1, 1)]))
    with pytest.raises(InvalidParameterError, match="comes with its grid"):
        visibility.masked_by_segment(corridor, small)  # type: ignore[arg-type]
    with pytest.raises(ShapeMismatchError, match=r"window of \(2, 2\) cells for one of"):
        visibility.masked_by_segment(corridor, visibility.Windows(read=small, grid=ground))


def test_elevation_beside_the_corridor_is_told() -> None:
    """With the segment and what the elevation covers."""
    corridor = Corridor.around(Border.between("AZE", "TUR"), depth_km=3, segment_km=2)
    own = corridor.grid(resolution_m=90)
    away = Grid(
        shape=(50, 50),
        transform=Affine(90, 0, own.bounds[2] + 5e5, 0, -90, own.bounds[3]),
        crs=own.crs,
    )

    with pytest.raises(CoverageGapError, match="segment 0 lies beside the elevation, which covers"):
        visibility.masked_by_segment(corridor, away.wrap(np.zeros(away.shape, np.float32)))
