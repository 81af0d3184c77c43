"""What is seen from one place and from many, against plain lines of sight and other programs."""

from __future__ import annotations

import math
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from places import ORACLES
from pyproj import CRS

import borderzone as bz
from borderzone import visibility
from borderzone.errors import (
    BorderzoneError,
    CRSMismatchError,
    GridMismatchError,
    InvalidGeometryError,
    InvalidParameterError,
    LimitError,
    NotProjectedError,
    ShapeMismatchError,
)
from borderzone.grid import Grid
from borderzone.visibility import Ring, Windows
from borderzone.visibility.viewsheds import METHODS

CELL_M = 30.0
EARTH_M = 6371008.8
NAN = float("nan")
HIDDEN, SEEN, UNKNOWN, OUT = range(4)


def state_of_cells(*where: Any, **options: Any) -> Any:
    """Look, and tell hidden, unknown and out of range apart."""
    return visibility.viewshed(*where, states=True, **options)


def grid(shape: tuple[int, int], cell_m: float = CELL_M) -> Grid:
    """Make a grid whose lower left corner is the origin."""
    transform = Affine(cell_m, 0, 0, 0, -cell_m, shape[0] * cell_m)
    return Grid(shape=shape, transform=transform, crs=CRS(32637))


def raster(values: Any, cell_m: float = CELL_M) -> Any:
    """Elevation from an array."""
    z = np.asarray(values)
    return grid(z.shape, cell_m).wrap(z if z.dtype == np.float64 else z.astype(np.float32))


def rough(shape: tuple[int, int], seed: int = 0, relief: float = 60.0, waves: float = 1.6) -> Any:
    """Ground whose waves are the higher the longer they are."""
    rows, columns = shape
    wave = np.hypot(np.fft.rfftfreq(columns)[None], np.fft.fftfreq(rows)[:, None])
    wave[0, 0] = np.inf
    noise = np.fft.rfft2(np.random.default_rng(seed).normal(size=shape))
    z = np.fft.irfft2(noise * wave**-waves, s=shape)
    return (relief * (z - z.min()) / np.ptp(z)).astype(np.float32)


def at(shape: tuple[int, int], row: float, column: float, cell_m: float = CELL_M) -> Any:
    """Tell the point at a row and a column, centres on whole numbers."""
    return shapely.Point((column + 0.5) * cell_m, (shape[0] - row - 0.5) * cell_m)


def between(z: Any, row: Any, column: Any) -> Any:
    """Heights by bilinear interpolation; a neighbour of weight 0 has no say."""
    # A line through a centre must not touch the void beside it by an error of rounding.
    row, column = np.round(np.atleast_1d(row), 12), np.round(np.atleast_1d(column), 12)
    i, j = np.floor(row).astype(int), np.floor(column).astype(int)
    total = np.zeros(row.shape)
    for p, down in ((i, 1 - (row - i)), (i + 1, row - i)):
        for q, right in ((j, 1 - (column - j)), (j + 1, column - j)):
            weight = down * right
            here = z[np.clip(p, 0, z.shape[0] - 1), np.clip(q, 0, z.shape[1] - 1)].astype(float)
            total += np.where(weight > 0, weight * here, 0.0)
    return total


def crossings(stop: tuple[float, float], cell: tuple[int, int]) -> tuple[Any, Any, Any]:
    """Tell where a line crosses the rows and columns of centres: share of the way, row, column."""
    found = []
    for axis in (0, 1):
        run = cell[axis] - stop[axis]
        if run == 0:
            continue
        low, high = sorted((stop[axis], cell[axis]))
        whole = np.arange(math.floor(low) + 1, math.ceil(high))
        t = (whole - stop[axis]) / run
        other = stop[1 - axis] + t * (cell[1 - axis] - stop[1 - axis])
        pair = (whole.astype(float), other)
        found.append((t, pair[axis], pair[1 - axis]))
    if not found:
        return np.empty(0), np.empty(0), np.empty(0)
    return tuple(np.concatenate(part) for part in zip(*found, strict=True))  # type: ignore[return-value]


def brute(
    z: Any,
    stop: tuple[float, float],
    *,
    height_m: float = 10.0,
    target_m: float = 1.7,
    max_m: float = 10_000.0,
    refraction: float = 0.13,
) -> tuple[Any, Any]:
    """Look along every line in plain numpy: states, and the least height that is seen."""
    bend = (1 - refraction) / (2 * EARTH_M)
    eye = between(z, *stop)[0] + height_m
    states = np.full(z.shape, OUT, dtype=np.uint8)
    least = np.full(z.shape, NAN)
    for cell in np.ndindex(z.shape):
        away = math.hypot(cell[0] - stop[0], cell[1] - stop[1]) * CELL_M
        if away > max_m:
            continue
        t, row, column = crossings(stop, cell)
        ground = between(z, row, column) - bend * (t * away) ** 2
        own = float(z[cell]) - bend * away**2
        needed = np.max((ground - eye) / t) + eye - own if len(t) else -np.inf
        if math.isnan(own) or np.isnan(ground).any():
            states[cell] = UNKNOWN
            continue
        least[cell] = max(needed, 0.0)
        states[cell] = HIDDEN if needed > target_m else SEEN
    return states, least


# Every cell against a plain line of sight


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize(
    "stop", [(40.0, 30.0), (40.25, 30.0), (33.4, 22.7), (0.0, 0.0), (-0.3, 12.2), (79.4, 59.3)]
)
def test_every_cell_is_as_a_plain_line_of_sight_has_it(
    stop: tuple[float, float], kind: Any
) -> None:
    """From a centre, from between, from a corner and from the outer half of a rim cell."""
    z = rough((80, 60), seed=3).astype(kind)
    found = state_of_cells(raster(z), at(z.shape, *stop), max_km=1.2)
    expected, _ = brute(z, stop, max_m=1200.0)
    np.testing.assert_array_equal(found, expected)
    assert {HIDDEN, SEEN, OUT} == set(np.unique(expected))


@given(
    seed=st.integers(0, 10_000),
    relief=st.floats(0.0, 400.0),
    row=st.floats(0, 24),
    column=st.floats(0, 30),
    height_m=st.floats(0.0, 40.0),
    voids=st.sampled_from([0.0, 0.01, 0.1]),
)
@settings(max_examples=30)
def test_any_ground_and_any_eye_are_as_plain_lines_of_sight(
    seed: int, relief: float, row: float, column: float, height_m: float, voids: float
) -> None:
    """Whatever the two bounds decide, they decide as the line itself; voids are unknown."""
    z = rough((25, 31), seed=seed, relief=relief)
    z[np.random.default_rng(seed).random(z.shape) < voids] = NAN
    i, j = int(row), int(column)
    z[i : i + 2, j : j + 2] = np.nan_to_num(z[i : i + 2, j : j + 2])
    # Dyadic places are exact in both; a tie then falls alike.
    stop = (round(row * 4) / 4, round(column * 4) / 4)
    dem = raster(z, 32.0)
    here = at(z.shape, *stop, cell_m=32.0)
    bits = state_of_cells(dem, here, height_m, threads=1).to_numpy()
    for cell in np.ndindex(z.shape):
        t, across, along = crossings(stop, cell)
        away = math.hypot(cell[0] - stop[0], cell[1] - stop[1]) * 32.0
        drop = 0.87 / (2 * EARTH_M)
        ground = between(z, across, along) - drop * (t * away) ** 2
        own, eye = float(z[cell]) - drop * away**2, between(z, *stop)[0] + height_m
        above = ground - eye - t * (own + 1.7 - eye)
        if math.isnan(own) or np.isnan(ground).any():
            assert bits[cell] == UNKNOWN
        elif not len(t) or abs(above.max()) > 1e-9:
            assert bits[cell] == (HIDDEN if len(t) and above.max() > 0 else SEEN), cell


def test_the_view_is_true_where_seen_and_its_counts_are_those_of_the_states() -> None:
    """Bool on the grid of the raster; what is unknown or out of range is False."""
    z = rough((50, 70), seed=5)
    z[10:13, 20:30] = NAN
    dem, stop = raster(z), at(z.shape, 25, 35)
    seen = bz.visibility.viewshed(dem, stop, height_m=10, target_m=1.7, max_km=0.9, refraction=0.13)
    states = state_of_cells(dem, stop, 10, 1.7, 0.9, 0.13)
    assert seen.dtype == bool
    assert states.dtype == np.uint8
    np.testing.assert_array_equal(seen, states == SEEN)
    counts = np.bincount(states.to_numpy().ravel(), minlength=4)
    for raster_ in (seen, states):
        told = [raster_.attrs[f"cells_{kind}"] for kind in ("hidden", "seen", "unknown")]
        assert told == counts[:3].tolist()
    assert (counts > 0).all()
    assert Grid.of(seen) == Grid.of(dem)
    assert bool(seen.to_numpy()[25, 35])


def test_the_defaults_are_those_of_a_mast_and_a_person() -> None:
    """10 m, 1.7 m, 10 km, 0.13."""
    dem = raster(rough((60, 60), seed=6))
    stop = at((60, 60), 20, 20)
    named = visibility.viewshed(
        dem, stop, height_m=10.0, target_m=1.7, max_km=10.0, refraction=0.13
    )
    assert visibility.viewshed(dem, observer=stop).equals(named)
    assert visibility.viewshed(dem, gpd.GeoSeries([stop], crs=32637)).equals(named)


@pytest.mark.parametrize(("height_m", "target_m"), [(10.0, 0.0), (2.0, 0.0), (10.0, 1.7)])
@pytest.mark.parametrize("refraction", [0.0, 0.13])
@pytest.mark.parametrize("method", METHODS)
def test_flat_ground_is_seen_to_the_horizon(
    height_m: float, target_m: float, refraction: float, method: str
) -> None:
    """The square root of 2 R h / (1 - k), for eye and target added, in four directions."""
    horizon = sum(
        math.sqrt(2 * EARTH_M * h / (1 - refraction)) / 1000.0 for h in (height_m, target_m)
    )
    cell_m, size = 100.0, 399
    for shape in ((1, size), (size, 1)):
        dem = raster(np.zeros(shape), cell_m)
        middle = at(shape, shape[0] // 2, shape[1] // 2, cell_m)
        seen = visibility.viewshed(
            dem, middle, height_m, target_m, 30, refraction, method=method
        ).to_numpy()
        far = (np.flatnonzero(seen.ravel()) - size // 2) * cell_m / 1000.0
        assert [-far.min(), far.max()] == pytest.approx([horizon, horizon], abs=0.11)
        assert seen.sum() == len(np.arange(far.min(), far.max() + 0.05, 0.1))


# Symmetry


@given(seed=st.integers(0, 10_000), relief=st.floats(5, 200))
@settings(max_examples=15)
def test_who_stands_as_high_sees_each_other(seed: int, relief: float) -> None:
    """At cell centres and equal heights A sees B exactly if B sees A, but for ties by rounding.

    The fall below a tangent plane is as a line on a chart: the two formulations differ by a term that is
    linear along the line, so only the last digits differ.
    """
    z = rough((24, 24), seed=seed, relief=relief)
    dem = raster(z)
    draw = np.random.default_rng(seed).integers(0, 24, size=(12, 2))
    views = [
        visibility.viewshed(dem, at(z.shape, *cell), height_m=1.7, threads=1).to_numpy()
        for cell in draw
    ]
    table = np.array([[view[tuple(cell)] for cell in draw] for view in views])
    np.testing.assert_array_equal(table, table.T)


# The ring and the sector


def test_sector_and_ring_leave_out_cells_and_change_none() -> None:
    """Clockwise from grid north, over north too; nearest and farthest by cell centre."""
    z = rough((61, 61), seed=9, relief=25.0)
    dem, stop = raster(z), at(z.shape, 30, 30)
    whole = state_of_cells(dem, stop, max_km=0.8).to_numpy()
    row, column = np.indices(z.shape)
    azimuth = np.degrees(np.arctan2(column - 30, 30 - row)) % 360
    away = np.hypot(row - 30, column - 30) * CELL_M
    for sector, inside in (
        ((80, 100), (azimuth >= 80) & (azimuth <= 100)),
        ((350, 10), (azimuth >= 350) | (azimuth <= 10)),
        ((0, 360), azimuth >= 0),
    ):
        part = state_of_cells(dem, stop, max_km=0.8, ring=Ring(min_km=0.3, sector=sector))
        np.testing.assert_array_equal(part, np.where(inside & (away >= 300), whole, OUT))
        assert 0 < (part == SEEN).sum() < (whole == SEEN).sum()


# The fast method


@pytest.mark.parametrize("stop", [(200.0, 200.0), (131.3, 256.8)])
def test_the_fast_method_agrees_in_997_of_1000_cells(stop: tuple[float, float]) -> None:
    """On rough ground, where a good part is seen and a good part is not."""
    z = rough((401, 401), seed=12, relief=300.0, waves=2.0)
    dem, here = raster(z), at(z.shape, *stop)
    exact = state_of_cells(dem, here, max_km=4).to_numpy()
    fast = state_of_cells(dem, here, max_km=4, method="fast").to_numpy()
    asked = exact != OUT
    np.testing.assert_array_equal(asked, fast != OUT)
    assert 0.1 < (exact[asked] == SEEN).mean() < 0.9
    assert (exact == fast)[asked].mean() >= 0.997


def test_the_fast_method_knows_voids() -> None:
    """Behind a void nothing is known, and beside it everything is."""
    z = np.zeros((101, 101), dtype=np.float32)
    z[20, 40:61] = NAN
    found = state_of_cells(raster(z), at(z.shape, 50, 50), method="fast").to_numpy()
    assert (found[:20, 50] == UNKNOWN).all()
    assert (found[21:] == SEEN).all()
    exact = state_of_cells(raster(z), at(z.shape, 50, 50)).to_numpy()
    assert (exact == found).mean() > 0.98


# Threads, lazy rasters and readers


@pytest.mark.parametrize("method", METHODS)
def test_threads_and_windows_do_not_change_a_bit(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One thread or three, eager, lazy or by a reader; only what is in range is read."""
    monkeypatch.setattr("borderzone.visibility.viewsheds._WORTH_A_POOL", 0)
    z = rough((240, 200), seed=21, relief=200.0)
    dem, stop = raster(z), at(z.shape, 101.3, 77.7)
    whole = state_of_cells(dem, stop, max_km=1.5, method=method, threads=1)
    asked = []

    def read(rows: slice, columns: slice) -> Any:
        asked.append((rows.stop - rows.start, columns.stop - columns.start))
        return z[rows, columns]

    for source, threads in (
        (dem, 3),
        (dem.chunk({"y": 64, "x": 50}), None),
        (Windows(read=read, grid=grid(z.shape)), None),
    ):
        other = state_of_cells(source, stop, max_km=1.5, method=method, threads=threads)
        assert other.identical(whole)
    assert asked == [(104, 104)] or max(asked[0]) <= 105


def test_a_void_or_a_fault_out_of_range_is_not_read() -> None:
    """A raster is judged by what is looked at."""
    z = np.zeros((200, 200), dtype=np.float32)
    z[150:] = np.inf
    assert visibility.viewshed(raster(z), at(z.shape, 20, 20), max_km=1).attrs["cells_hidden"] == 0
    with pytest.raises(InvalidParameterError, match="infinite heights"):
        visibility.viewshed(raster(z), at(z.shape, 140, 20), max_km=1)


def test_the_input_is_not_changed() -> None:
    """Neither the raster nor the observers."""
    dem = raster(rough((40, 40)))
    before = dem.copy(deep=True)
    people = gpd.GeoDataFrame({"h": [3.0]}, geometry=[at((40, 40), 5, 5)], crs=32637)
    visibility.cumulative_viewshed(dem, people, height_m="h")
    visibility.viewshed(dem, at((40, 40), 5, 5), method="fast")
    assert dem.identical(before)
    assert list(people.columns) == ["h", "geometry"]


# Height to be seen


@pytest.mark.parametrize("stop", [(20.0, 25.0), (11.3, 30.6)])
def test_the_height_to_be_seen_is_that_of_plain_lines(stop: tuple[float, float]) -> None:
    """To a millimetre; nothing where the ground itself is seen."""
    z = rough((41, 51), seed=2)
    z[3, 5] = NAN
    found = visibility.height_to_be_seen(raster(z), at(z.shape, *stop), max_km=0.6)
    _, least = brute(z, stop, target_m=0.0, max_m=600.0)
    np.testing.assert_allclose(found, least, atol=1e-3)
    ground = state_of_cells(raster(z), at(z.shape, *stop), target_m=0.0, max_km=0.6)
    np.testing.assert_array_equal(found == 0, ground == SEEN)


@given(seed=st.integers(0, 10_000), height_m=st.floats(0.5, 30))
@settings(max_examples=10)
def test_a_little_higher_is_seen_and_a_little_lower_is_not(seed: int, height_m: float) -> None:
    """The target of that height is the least that is seen."""
    z = rough((20, 20), seed=seed)
    dem, stop = raster(z), at(z.shape, 9, 9)
    least = visibility.height_to_be_seen(dem, stop, height_m).to_numpy()
    for cell in list(zip(*np.nonzero(least > 0.01), strict=True))[:6]:
        for change, seen in ((1e-4, True), (-1e-4, False)):
            view = visibility.viewshed(
                dem, stop, height_m, target_m=float(least[cell]) * (1 + change), threads=1
            )
            assert bool(view.to_numpy()[cell]) is seen


# Horizon


def test_on_a_bare_earth_the_horizon_dips_as_the_formula_says() -> None:
    """Distance sqrt(2 R h / (1 - k)), dip 2 h over distance."""
    dem = raster(np.zeros((1, 401)), 50.0)
    found = visibility.horizon(
        dem, at((1, 401), 0, 200, 50.0), height_m=2.0, max_km=9, azimuths_deg=[90, 270]
    )
    away_km = math.sqrt(2 * EARTH_M * 2.0 / 0.87) / 1000
    assert found["distance_km"].to_numpy() == pytest.approx([away_km, away_km], abs=0.026)
    dip = -math.degrees(math.atan(2 * 2.0 / (away_km * 1000)))
    assert found["angle_deg"].to_numpy() == pytest.approx([dip, dip], rel=1e-4)
    assert not found["open"].any()
    assert found["x"].to_numpy() == pytest.approx(
        [10025 + away_km * 1000, 10025 - away_km * 1000], abs=26
    )


def test_the_horizon_is_the_highest_crossing_of_each_direction() -> None:
    """From plain lines to far cells of the rim; a ridge is found where it stands."""
    z = rough((61, 61), seed=14)
    dem, stop = raster(z), (30.0, 30.0)
    eye = float(z[30, 30]) + 10
    cells = [(1, 30), (1, 47), (30, 59), (52, 59), (59, 1), (12, 1)]
    azimuths = [math.degrees(math.atan2(j - 30, 30 - i)) % 360 for i, j in cells]
    found = visibility.horizon(dem, at(z.shape, *stop), azimuths_deg=azimuths)
    assert found.index.tolist() == azimuths
    for cell, (_, row) in zip(cells, found.iterrows(), strict=True):
        t, across, along = crossings(stop, cell)
        away = math.hypot(cell[0] - 30, cell[1] - 30) * CELL_M * t
        rise = (between(z, across, along) - eye) / away - 0.87 / (2 * EARTH_M) * away
        # The line ends at the rim, a little beyond the cell.
        if row["distance_km"] * 1000 <= away.max() + 1e-6:
            assert row["angle_deg"] == pytest.approx(math.degrees(math.atan(rise.max())), abs=1e-6)
            assert row["distance_km"] * 1000 == pytest.approx(away[np.argmax(rise)], abs=1e-3)
    assert (found["looked_km"] > 0.8).all()


def test_a_direction_off_the_raster_has_no_horizon() -> None:
    """At a corner half of the directions look out; a void is told."""
    z = np.zeros((21, 21), dtype=np.float32)
    z[10, 5] = NAN
    found = visibility.horizon(raster(z), at(z.shape, 10, 0), azimuths_deg=[270, 90])
    assert np.isnan(found["angle_deg"].loc[270])
    assert found["open"].tolist() == [True, True]
    assert found["unknown"].tolist() == [False, True]
    assert len(visibility.horizon(raster(z), at(z.shape, 5, 5))) == 360


# Many observers


@pytest.fixture(scope="module")
def people() -> tuple[Any, gpd.GeoDataFrame]:
    """Give rough ground and seven observers of their own heights and ranges."""
    z = rough((90, 110), seed=30, relief=120.0)
    draw = np.random.default_rng(5)
    points = [at(z.shape, *cell) for cell in draw.uniform(0, 89, size=(7, 2))]
    frame = gpd.GeoDataFrame(
        {"mast": draw.uniform(2, 20, 7), "far": draw.uniform(0.5, 3, 7)},
        geometry=points, index=list("abcdefg"), crs=32637,
    )  # fmt: skip
    return raster(z), frame


@pytest.mark.parametrize("method", METHODS)
def test_counts_are_the_sum_of_single_views(people: Any, method: str) -> None:
    """With heights and ranges of their own, from columns or arrays, on any number of threads."""
    dem, frame = people
    single: Any = sum(
        visibility.viewshed(
            dem, row.geometry, row.mast, max_km=row.far, method=method
        ).to_numpy().astype(int)
        for row in frame.itertuples()
    )  # fmt: skip
    for threads in (1, 4):
        found = visibility.cumulative_viewshed(
            dem, frame, "mast", max_km="far", method=method, threads=threads
        )
        np.testing.assert_array_equal(found, single)
    by_array = visibility.cumulative_viewshed(
        dem, list(frame.geometry), frame["mast"].to_numpy(), max_km=list(frame["far"]),
        method=method, dtype="uint32",
    )  # fmt: skip
    np.testing.assert_array_equal(by_array, single)
    assert [str(counts.dtype) for counts in (found, by_array)] == ["uint16", "uint32"]
    assert found.attrs["observers"] == 7
    assert found.attrs["cells_seen"] == (single > 0).sum()


def test_who_sees_what_is_kept_bit_by_bit(people: Any) -> None:
    """Counts, single views, observers of a cell and the matrix tell the same."""
    dem, frame = people
    found = visibility.who_sees(dem, frame, "mast", max_km="far")
    assert found.nbytes == 7 * math.ceil(90 * 110 / 8)
    counts = visibility.cumulative_viewshed(dem, frame, "mast", max_km="far")
    np.testing.assert_array_equal(found.counts, counts)
    row = frame.loc["c"]
    np.testing.assert_array_equal(
        found.seen("c"), visibility.viewshed(dem, row.geometry, row.mast, max_km=row.far)
    )
    cell = tuple(int(i) for i in np.argwhere(counts.to_numpy() >= 2)[0])
    seers = [name for name in frame.index if found.seen(name).to_numpy()[cell]]
    assert found.by(cell).tolist() == seers
    assert len(seers) == counts.to_numpy()[cell]
    assert found.matrix().shape == (7, 9900)
    with pytest.raises(ValueError, match="read-only"):
        found.bits[0, 0] = 1


def test_targets_may_be_points_or_a_mask(people: Any) -> None:
    """A point stands in the middle of its cell; a matrix of candidates by demand points comes out."""
    dem, frame = people
    whole = visibility.who_sees(dem, frame, "mast", max_km="far")
    draw = np.random.default_rng(1)
    xy = draw.uniform(0, 1, (40, 2)) * [110 * CELL_M, 90 * CELL_M]
    towns = gpd.GeoSeries.from_xy(*xy.T, crs=32637, index=[f"t{n}" for n in range(40)])
    some = visibility.who_sees(dem, frame, "mast", max_km="far", targets=towns)
    np.testing.assert_array_equal(some.matrix(), whole.matrix(towns))
    np.testing.assert_array_equal(some.matrix(towns), whole.matrix(towns))
    assert some.matrix().any()
    assert some.counts.to_dict() == dict(zip(towns.index, some.matrix().sum(axis=0), strict=True))
    name = str(some.counts.idxmax())
    assert len(some.by(name)) == some.counts[name]
    assert some.seen("a").dtype == bool

    mask = dem > float(dem.median())
    masked = visibility.who_sees(dem, frame, "mast", max_km="far", targets=mask)
    np.testing.assert_array_equal(masked.counts, whole.counts.where(mask, 0))
    low = tuple(int(i) for i in np.argwhere(~mask.to_numpy())[0])
    with pytest.raises(InvalidParameterError, match="not among the 4950 targets"):
        masked.by(low)
    with pytest.raises(InvalidParameterError, match="not in a cell that was looked at"):
        masked.matrix([at((90, 110), *low)])


# Refusals


def words(rows: slice, columns: slice) -> Any:
    """Read what is no number."""
    return np.full((rows.stop - rows.start, columns.stop - columns.start), "low")


def small(_rows: slice, _columns: slice) -> Any:
    """Read a window of the wrong shape."""
    return np.zeros((2, 2))


DEM = raster(np.zeros((20, 30)))
HERE = at((20, 30), 10, 10)
HOLE = raster(np.where(np.indices((20, 30)).sum(axis=0) == 20, NAN, 0.0))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        ({"observer": shapely.Point(9e4, 5)}, InvalidParameterError, r"off the raster, which covers \(0, 0, 900, 600\)"),
        ({"dem": HOLE, "observer": HERE}, InvalidParameterError, "where there is no elevation"),
        ({"height_m": -1}, InvalidParameterError, "height_m must be .*got -1: .*under ground"),
        ({"height_m": NAN}, InvalidParameterError, "height_m must be a finite number"),
        ({"target_m": -1}, InvalidParameterError, "target_m must be a finite number, 0 or more"),
        ({"target_m": np.inf}, InvalidParameterError, "target_m must be a finite number"),
        ({"max_km": np.inf}, InvalidParameterError, "max_km must be a finite number above 0"),
        ({"max_km": 0}, InvalidParameterError, "max_km must be a finite number above 0"),
        ({"max_km": "far"}, InvalidParameterError, "max_km must be a number"),
        ({"refraction": 1.0}, InvalidParameterError, "refraction must lie between 0 and 1, 1 left out"),
        ({"refraction": NAN}, InvalidParameterError, "refraction must lie between 0 and 1"),
        ({"ring": Ring(min_km=10)}, InvalidParameterError, "min_km must be less than max_km, got 10 and 10"),
        ({"method": "quick"}, InvalidParameterError, "method must be one of exact, fast"),
        ({"threads": 0}, InvalidParameterError, "threads must be"),
        ({"observer": None}, InvalidParameterError, "observer must be a shapely Point.*NoneType"),
        ({"observer": (1, 2)}, InvalidParameterError, "observer must be a shapely Point.*tuple"),
        ({"observer": shapely.LineString([(0, 0), (9, 9)])}, InvalidGeometryError, "got LineString"),
        ({"observer": shapely.Point()}, InvalidGeometryError, "got an empty point"),
        ({"observer": shapely.Point(NAN, 5)}, InvalidGeometryError, "finite|empty"),
        ({"observer": gpd.GeoSeries([HERE], crs=4326)}, CRSMismatchError, r"observer is in WGS 84, .* bring it there with \.to_crs"),
        ({"observer": gpd.GeoSeries([HERE])}, CRSMismatchError, "observer has no CRS"),
        ({"observer": gpd.GeoSeries([HERE, HERE], crs=32637)}, InvalidParameterError, "cumulative_viewshed"),
        ({"observer": gpd.GeoSeries([None], crs=32637)}, InvalidGeometryError, "points"),
        ({"dem": DEM.assign_attrs(units="ft")}, InvalidParameterError, "must be in metres"),
        ({"dem": DEM.expand_dims("band")}, GridMismatchError, "take one band"),
        ({"dem": Windows(read=words, grid=grid((20, 30)))}, InvalidParameterError, "must give numbers, got"),
        ({"dem": DEM.to_numpy()}, InvalidParameterError, "must be an xarray.DataArray"),
        ({"dem": DEM.to_dataset(name="z")}, InvalidParameterError, "of a Dataset take one layer"),
        ({"dem": small}, InvalidParameterError, "comes with its grid"),
        ({"dem": Windows(read=small, grid=grid((20, 30)))}, ShapeMismatchError, "window of"),
    ],
)  # fmt: skip
def test_what_cannot_be_looked_at_is_refused(
    call: dict[str, Any], error: type[Exception], message: str
) -> None:
    """With the value, what is allowed, and how to mend it."""
    for look in (visibility.viewshed, state_of_cells):
        with pytest.raises(error, match=message) as caught:
            look(**({"dem": DEM, "observer": HERE} | call))
        assert isinstance(caught.value, BorderzoneError)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"min_km": -1}, "min_km must be a finite number, 0 or more"),
        ({"sector": 90}, "sector must be two azimuths"),
        ({"sector": (90,)}, "sector must be two azimuths"),
        ({"sector": (0, 361)}, "from 0 to 360 degrees"),
        ({"sector": (-10, 10)}, "sector must be a finite number, 0 or more"),
        ({"sector": (10, 10)}, "that differ"),
        ({"sector": (0, NAN)}, "sector must be a finite number"),
    ],
)  # fmt: skip
def test_rings_and_sectors_that_are_none_are_refused(given: dict[str, Any], message: str) -> None:
    """At birth, before anything is read."""
    with pytest.raises(InvalidParameterError, match=message):
        Ring(**given)


def test_windows_without_a_reader_or_a_grid_are_refused() -> None:
    """With what they need."""
    nothing: Any = None
    with pytest.raises(InvalidParameterError, match="got NoneType and Grid"):
        Windows(read=nothing, grid=grid((2, 2)))
    with pytest.raises(InvalidParameterError, match="got function and NoneType"):
        Windows(read=small, grid=nothing)


def test_degrees_are_refused_with_the_call_that_projects() -> None:
    """A latitude-longitude raster has no metres."""
    degrees = DEM.drop_vars("spatial_ref").assign_attrs(crs="EPSG:4326")
    for look in (visibility.viewshed, visibility.height_to_be_seen, visibility.horizon):
        with pytest.raises(NotProjectedError, match=r"corridor\.grid"):
            look(degrees, HERE)


def test_a_radius_beyond_the_raster_is_clipped() -> None:
    """Nothing is looked at beyond it, and nothing is said."""
    assert visibility.viewshed(DEM, HERE, max_km=500).all()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        ({"height_m": [1.0, 2.0]}, ShapeMismatchError, "height_m has 2 values for 3 observers"),
        ({"max_km": [1.0] * 4}, ShapeMismatchError, "max_km has 4 values for 3 observers"),
        ({"height_m": [1.0, NAN, 2.0]}, InvalidParameterError, "height_m must be a finite"),
        ({"height_m": "mast"}, InvalidParameterError, "the column 'mast', which the observers do not"),
        ({"observers": []}, InvalidParameterError, "observers is empty"),
        ({"observers": HERE}, InvalidParameterError, "GeoSeries of points or a list"),
        ({"observers": [HERE, None]}, InvalidGeometryError, "number 1, NoneType"),
        ({"observers": [HERE, 5]}, InvalidGeometryError, "number 1, int"),
        ({"observers": [HERE, shapely.Point(-5, 5)]}, InvalidParameterError, "off the raster"),
        ({"observers": gpd.GeoSeries([HERE], crs=4326)}, CRSMismatchError, r"observers are in WGS 84, .* bring them there with \.to_crs"),
    ],
)  # fmt: skip
def test_teams_that_do_not_fit_are_refused(
    call: dict[str, Any], error: type[Exception], message: str
) -> None:
    """One wrong observer, or numbers that do not match them."""
    for look in (visibility.cumulative_viewshed, visibility.who_sees):
        with pytest.raises(error, match=message):
            look(**({"dem": DEM, "observers": [HERE] * 3} | call))


def test_counts_that_would_overflow_are_refused() -> None:
    """More observers than the type can count; another type is named."""
    with pytest.raises(LimitError, match=r"256 observers are more than uint8 can count \(255\)"):
        visibility.cumulative_viewshed(DEM, [HERE] * 256, dtype="uint8")
    full = visibility.cumulative_viewshed(DEM, [HERE] * 255, max_km=0.05, dtype="uint8")
    assert int(full.max()) == 255
    with pytest.raises(InvalidParameterError, match="dtype must be one of"):
        visibility.cumulative_viewshed(DEM, [HERE], dtype="int8")


def test_targets_that_do_not_fit_are_refused() -> None:
    """Heights for a mask, nothing in it, points off the raster, unknown names."""
    for targets, message in (
        (DEM, "True and False, got float64"),
        (DEM > 1, "no cell that is True"),
        ([shapely.Point(-9, -9)], "1 of 1 targets are off the raster"),
    ):
        with pytest.raises(InvalidParameterError, match=message):
            visibility.who_sees(DEM, [HERE], targets=targets)
    found = visibility.who_sees(DEM, [HERE])
    with pytest.raises(InvalidParameterError, match="no observer 'x'; there are 0"):
        found.seen("x")
    with pytest.raises(InvalidParameterError, match="a cell is a row and a column"):
        found.by((20, 0))


def test_impossible_directions_are_refused() -> None:
    """None at all, negative, and not a number."""
    for azimuths, message in (([], "is empty"), ([-1], "0 or more"), ([NAN], "finite")):
        with pytest.raises(InvalidParameterError, match=message):
            visibility.horizon(DEM, HERE, azimuths_deg=azimuths)


# Other programs


def test_other_programs_agree_as_far_as_their_rules_go() -> None:
    """GRASS and GDAL look at the same ground with rules of their own."""
    with np.load(ORACLES / "sight.npz") as stored:
        z = stored["heights_dm"] / np.float32(10)
        dem = raster(z)
        shares = {}
        for n, cell in enumerate(stored["cells"]):
            found = state_of_cells(dem, at(z.shape, *cell), max_km=float(stored["max_km"]))
            asked = found.to_numpy() != OUT
            for name in ("grass", "gdal"):
                same = stored[f"{name}_{n}"] == (found.to_numpy() == SEEN)
                shares[name, n] = same[asked].mean()
                assert shares[name, n] == pytest.approx(
                    float(stored[f"{name}_{n}_agrees"]), abs=1e-9
                )
    assert min(share for (name, _), share in shares.items() if name == "grass") > 0.985
    assert min(share for (name, _), share in shares.items() if name == "gdal") > 0.975
