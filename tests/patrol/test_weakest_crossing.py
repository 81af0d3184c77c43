"""The way across that is watched least: closed forms, an explicit graph, walls, nights, refusals."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage, sparse
from scipy.sparse import csgraph

from borderzone import Border, Corridor, posts
from borderzone.errors import (
    CoverageGapError,
    GridMismatchError,
    InvalidParameterError,
    ShapeMismatchError,
)
from borderzone.patrol import (
    Force,
    detection_field,
    detection_for,
    detection_rates,
    hazard_by_range,
    weakest_crossings,
)

if TYPE_CHECKING:
    from borderzone._typing import BoolArray, FloatArray
    from borderzone.grid import Grid

_STEPS = [
    (a, b)
    for a in range(-2, 3)
    for b in range(-2, 3)
    if abs(a) + abs(b) in {1, 3} or abs(a * b) == 1
]


@cache
def _strip(depth_km: float = 1.0, east_deg: float = 0.1) -> Corridor:
    """Lay a corridor around some kilometres of a line that runs along an axis of its grid."""
    line = gpd.GeoSeries([shapely.LineString([(40.0, 34.0), (40.0 + east_deg, 34.0)])], crs=4326)
    border = Border.from_line(line, left="north", right="south")
    return Corridor.around(border, depth_km=depth_km, segment_km=5)


def _field(grid: Grid, **layers: Any) -> xr.Dataset:
    return xr.Dataset(
        {
            name: grid.wrap(np.broadcast_to(values, grid.shape).copy())
            for name, values in layers.items()
        }
    )


@pytest.mark.parametrize("cell_m", [100, 250])
@pytest.mark.parametrize("depth_km", [0.5, 2.5])
def test_a_homogeneous_strip_costs_what_its_width_does(depth_km: float, cell_m: float) -> None:
    """SCIENCE: 1.595617 for widths of 1 and 5 km, cells of 100 and 250 m."""
    corridor = _strip(depth_km)
    grid = corridor.grid(cell_m)
    # 20 km/h beside 4: five times as fast.
    swept = 1.595617 / (2 * depth_km) / math.sqrt(26.0)
    found = weakest_crossings(
        _field(grid, swept_per_km=swept, patrol_km_h=20.0), corridor, speed=4.0
    )
    np.testing.assert_allclose(found.by_km["exponent"], 1.595617, atol=5e-7)
    np.testing.assert_allclose(found.by_km["time_h"], 2 * depth_km / 4.0, rtol=1e-5)
    assert found.by_km["km_start"].tolist() == [float(k) for k in range(10)]
    assert found.by_km["km_end"].iloc[-1] == pytest.approx(corridor.border.length_km)


def _explicit(  # noqa: C901, PLR0912, PLR0915 - a graph, edge by edge
    corridor: Corridor, grid: Grid, layers: dict[str, Any], z: FloatArray | None
) -> FloatArray:
    """Least exponent by kilometre on a graph that is built edge by edge, both ways across."""
    cells = corridor.cells(grid)
    inside = cells["segment"].to_numpy() >= 0
    off = cells["offset_km"].to_numpy()
    km, cell_km = cells["chainage_km"].to_numpy(), grid.resolution_m / 1e3
    open_cells = inside & ~layers["certain"]
    rows, columns = grid.shape
    n = rows * columns

    def per_km(cell: tuple[int, int], pace: float) -> float:
        met = math.sqrt(1.0 + (layers["patrol_km_h"][cell] * pace) ** 2)
        return float(
            layers["swept_per_km"][cell] * met
            + layers["hazard_per_km"][cell]
            + layers["hazard_per_h"][cell] * pace
        )

    def pace_of(rise: float, run_m: float) -> float:
        return 1.0 / 4.0 if z is None else 1.0 / (4.0 * math.exp(-2.0 * abs(rise / run_m + 0.05)))

    starts, ends, costs = [], [], []
    for i in range(rows):
        for j in range(columns):
            for down, right in _STEPS:
                a, b = (i, j), (i + down, j + right)
                if not (
                    0 <= b[0] < rows and 0 <= b[1] < columns and open_cells[a] and open_cells[b]
                ):
                    continue
                run = math.hypot(down, right) * grid.resolution_m
                beside: list[tuple[int, int]] = []
                if abs(down) == abs(right):
                    beside = [(i + down, j), (i, j + right)]
                    if not any(open_cells[c] for c in beside):
                        continue
                elif max(abs(down), abs(right)) == 2:
                    one = (int(np.sign(down)), int(np.sign(right)))
                    beside = [
                        (i + down // 2 * (abs(down) == 2), j + right // 2 * (abs(right) == 2)),
                        (i + one[0], j + one[1]),
                    ]
                    if not all(open_cells[c] for c in beside):
                        continue
                if z is None:
                    pace = 0.25
                elif max(abs(down), abs(right)) == 2:
                    middle = 0.5 * sum(z[c] for c in beside)
                    pace = 0.5 * (pace_of(middle - z[a], run / 2) + pace_of(z[b] - middle, run / 2))
                else:
                    pace = pace_of(z[b] - z[a], run)
                passed = [c for c in (a, b, *beside) if open_cells[c]]
                two = 0.5 * (per_km(a, pace) + per_km(b, pace))
                four = 0.25 * sum(per_km(c, pace) for c in passed)
                if abs(down) == abs(right):
                    four = max(two, four)
                starts.append(i * columns + j)
                ends.append(b[0] * columns + b[1])
                costs.append(run / 1e3 * (four if beside else two) + 1e-300)
    graph = sparse.csr_array((costs, (starts, ends)), shape=(n, n))
    depth = next(iter(corridor.depth_km.values()))
    reach = 0.5 * math.sqrt(5.0) * cell_km
    best = np.full(10, np.inf)
    for sign in (1, -1):
        sums = np.zeros(n)
        for side, backwards in ((sign, False), (-sign, True)):
            at = np.flatnonzero((open_cells & (off * side >= depth - reach - 1e-9)).ravel())
            level = 0.25 if z is None else pace_of(0.0, 1.0)
            first = [
                max(depth - abs(off.ravel()[c]), 0.0)
                * per_km((int(c // columns), int(c % columns)), level)
                for c in at
            ]
            # A node before all starts; a little is added, since a cost of 0 is no edge.
            source: Any = sparse.csr_array(
                (np.array(first) + 1e-300, (np.zeros(len(at), int), at)), shape=(1, n)
            )
            way: Any = graph.T if backwards else graph
            column: Any = sparse.csr_array((n + 1, 1))
            whole: Any = sparse.hstack([sparse.vstack([way, source]), column]).tocsr()
            solve: Any = csgraph.dijkstra
            sums += solve(whole, indices=n)[:n]
        for c in np.flatnonzero((inside & (np.abs(off) <= reach)).ravel()):
            k = min(int(km.ravel()[c]), 9)
            best[k] = min(best[k], sums[c])
    return best


def _slowing(gradient: Any) -> Any:
    return 4.0 * np.exp(-2.0 * np.abs(gradient + 0.05))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("hilly", ["level", "hilly"])
def test_exponents_are_those_of_an_explicit_graph(seed: int, hilly: str) -> None:
    rng = np.random.default_rng(seed)
    corridor = _strip(1.0)
    grid = corridor.grid(200)
    layers: dict[str, Any] = {
        name: rng.random(grid.shape, dtype=np.float32)
        * (rng.random(grid.shape) < 0.7).astype(np.float32)
        * scale
        for name, scale in (
            ("swept_per_km", 0.3),
            ("patrol_km_h", 20.0),
            ("hazard_per_km", 0.5),
            ("hazard_per_h", 2.0),
        )
    }
    layers["certain"] = rng.random(grid.shape) < 0.15
    z = (rng.random(grid.shape) * 60).astype(np.float32) if hilly == "hilly" else None
    how: dict[str, Any] = {"speed": 4.0} if z is None else {"speed": _slowing, "dem": grid.wrap(z)}
    found = weakest_crossings(_field(grid, **layers), corridor, **how)
    # The table of speeds is right to some 1e-5.
    np.testing.assert_allclose(
        found.by_km["exponent"],
        _explicit(corridor, grid, layers, z),
        rtol=1e-6 if z is None else 2e-4,
    )


def test_gullies_hide_in_segments_and_not_from_who_looks_for_them() -> None:
    """A gully of 500 m at a quarter of the rate hardly moves the mean, and is what who chooses meets."""
    corridor = _strip(1.0, 1.0)
    grid = corridor.grid(100)
    km = corridor.cells(grid)["chainage_km"].to_numpy()
    starts = np.random.default_rng(1).uniform(0, corridor.border.length_km - 0.5, 9)
    in_gully = ((km[..., None] >= starts) & (km[..., None] < starts + 0.5)).any(axis=-1)
    rate = np.where(in_gully, 0.25, 1.0) * 1.595617 / 2.0
    found = weakest_crossings(_field(grid, hazard_per_km=rate), corridor, speed=4.0)
    missed = np.exp(-np.where(in_gully, 0.25, 1.0) * 1.595617)[np.isfinite(km)]
    assert 1 - missed.mean() > 0.75
    assert found.pod == pytest.approx(1 - math.exp(-1.595617 / 4), abs=1e-6)
    assert (found.by_10_km["pod"] < 0.4).sum() == 7


@given(st.integers(0, 2**32 - 1))
def test_a_wall_of_corners_is_never_slipped_through_for_nothing(seed: int) -> None:
    """A zig-zag from end to end: closed, or dear and joined by corners alone."""
    rng = np.random.default_rng(seed)
    corridor = _strip(1.0, 0.03)
    grid = corridor.grid(200)
    rows, columns = grid.shape
    row = np.clip(rows // 2 + np.cumsum(rng.integers(-1, 2, columns)), 1, rows - 2)
    wall = np.zeros(grid.shape, bool)
    wall[row, np.arange(columns)] = True
    dear = weakest_crossings(
        _field(grid, hazard_per_km=np.where(wall, 50.0, 0.0)), corridor, speed=4.0
    )
    assert dear.by_km["exponent"].min() > 1.0
    joined = wall.copy()
    joined[np.minimum(row[1:], row[:-1]), np.arange(columns - 1)] = True
    for j in range(columns - 1):
        joined[min(row[j], row[j + 1]) : max(row[j], row[j + 1]) + 1, j] = True
    shut = weakest_crossings(_field(grid, certain=joined), corridor, speed=4.0)
    assert np.isinf(shut.by_km["exponent"]).all()
    assert shut.pod == 1.0


@given(st.integers(0, 2**32 - 1))
def test_where_a_barrier_stands_no_way_is_unseen(seed: int) -> None:
    rng = np.random.default_rng(seed)
    corridor = _strip(1.0, 0.03)
    grid = corridor.grid(200)
    km = corridor.cells(grid)["chainage_km"]
    y, x = np.mgrid[: grid.shape[0], : grid.shape[1]]
    at = rng.uniform(0, 1, (12, 2)) * grid.shape
    seen = (
        np.hypot(y - at[:, :1, None], x - at[:, 1:, None]) <= rng.uniform(2, 5, 12)[:, None, None]
    )
    raster = xr.concat([grid.wrap(one) for one in seen], dim="post")
    field: BoolArray = seen.any(axis=0)
    try:
        taken = posts.barrier(raster, km).posts[0]
    except CoverageGapError:
        # A wall by corners is none for posts, and none for who crosses; else somewhere is a way.
        found = weakest_crossings(_field(grid, certain=field), corridor, speed=4.0)
        labels, _ = ndimage.label(~field & ~np.isnan(km.to_numpy()), np.ones((3, 3)))
        assert found.pod < 1.0 or not set(np.unique(labels[0])) & set(np.unique(labels[-1])) - {0}
        return
    found = weakest_crossings(_field(grid, certain=seen[taken].any(axis=0)), corridor, speed=4.0)
    assert found.pod == 1.0


def test_of_equal_ways_the_quicker_is_taken() -> None:
    corridor = _strip(1.0)
    grid = corridor.grid(100)
    found = weakest_crossings(_field(grid, hazard_per_km=0.0), corridor, speed=4.0, trace=True)
    assert found.by_km["pod"].max() == 0.0
    np.testing.assert_allclose(found.by_km["time_h"], 0.5, rtol=1e-5)
    assert found.ways is not None
    assert found.ways.length.max() == pytest.approx(1900.0, abs=110.0)


def test_ways_by_gradient_differ_there_and_back() -> None:
    """Uphill is slow, and what detects by time detects who is slow."""
    corridor = _strip(1.0)
    grid = corridor.grid(100)
    slope = np.linspace(300.0, 0.0, grid.shape[0])[:, None] * np.ones(grid.shape)
    dem = grid.wrap(slope.astype(np.float32))

    def uphill_is_slow(gradient: Any) -> Any:
        return np.where(gradient > 0.01, 1.0, 4.0)

    found = weakest_crossings(
        _field(grid, hazard_per_h=1.0), corridor, dem=dem, speed=uphill_is_slow
    )
    downhill = "south" if corridor.cells(grid)["offset_km"].to_numpy()[0, 5] > 0 else "north"
    assert set(found.by_km["into"]) == {downhill}
    np.testing.assert_allclose(found.by_km["exponent"], 0.5, rtol=0.01)


def test_a_way_longer_than_the_night_is_marked_and_another_is_sought() -> None:
    """A long wall with a hole at its end: round it unseen in hours, or through it at once."""
    corridor = _strip(1.0)
    grid = corridor.grid(100)
    cells = corridor.cells(grid)
    wall = (np.abs(cells["offset_km"].to_numpy() - 0.5) < 0.06) & (
        cells["chainage_km"].to_numpy() > 0.3
    )
    field = _field(grid, hazard_per_km=np.where(wall, 5.0, 0.0))
    found = weakest_crossings(field, corridor, speed=4.0, night_h=1.5).by_km
    assert found["pod"].max() == 0.0
    late = found["longer_than_night"].to_numpy()
    # From km 3 to the hole and back, and across, take an hour and a half or more.
    assert not late[:3].any()
    assert late[5:].all()
    assert (found["night_pod"][late] > 0.3).all()
    assert (found["night_pod"] >= found["night_pod_at_least"] - 1e-9).all()
    assert found["night_pod"][:3].tolist() == [0.0] * 3
    # A price on time finds all but what lies within the gap that it tells.
    uneven = _field(grid, hazard_per_km=np.random.default_rng(0).random(grid.shape) ** 3)
    priced = weakest_crossings(uneven, corridor, speed=4.0, night_h=0.55).by_km
    assert (priced["night_pod"] >= priced["pod"]).all()
    assert (priced["night_pod"] - priced["night_pod_at_least"]).max() < 0.03
    # Where some kilometres have a way within the night and others none, no price is asked of the latter.
    some = weakest_crossings(uneven, corridor, speed=4.0, night_h=0.501).by_km
    assert (some["night_pod"].isna() | (some["night_pod"] >= some["pod"])).all()
    none = weakest_crossings(field, corridor, speed=4.0, night_h=0.4)
    assert none.by_km["night_pod"].isna().all()
    assert none.by_10_km["night_pod"].isna().all()


def test_what_is_published_has_no_place() -> None:
    corridor = _strip(1.0, 0.25)
    grid = corridor.grid(200)
    found = weakest_crossings(_field(grid, hazard_per_km=0.1), corridor, speed=4.0, trace=True)
    assert found.by_10_km.columns.tolist() == ["km_start", "km_end", "pod", "longer_than_night"]
    assert found.by_10_km["km_start"].tolist() == [0.0, 10.0, 20.0]
    assert "LINESTRING" not in repr(found)


def test_patrols_of_a_segment_are_met_straight_across_as_its_law_has_it() -> None:
    corridor = _strip(2.0)
    grid = corridor.grid(200)
    ground = pd.DataFrame(
        {"f_mask": 0.2, "patrol_speed_factor": 1.0, "crosser_km_h": 4.0},
        index=corridor.segments.index,
    )
    for law in ("random", "beats_soft"):
        field = detection_field(corridor, grid, ground, Force(), [0.4, 0.4], law=law)
        found = weakest_crossings(field, corridor, speed=4.0)
        rate = detection_rates(corridor, ground, Force()).to_numpy()
        expected = float(np.min(detection_for(0.4 * rate, law)))
        assert found.pod == pytest.approx(expected, rel=2e-3)
    # Beats that sweep all have an infinite exponent: certain ground.
    field = detection_field(corridor, grid, ground, Force(), [50.0, 50.0], law="beats")
    assert weakest_crossings(field, corridor, speed=4.0).pod == 1.0


def test_two_fields_add_up() -> None:
    corridor = _strip(1.0)
    grid = corridor.grid(200)
    one, two = _field(grid, hazard_per_km=0.2), _field(grid, swept_per_km=0.1, patrol_km_h=0.0)
    found = weakest_crossings([one, two], corridor, speed=4.0)
    np.testing.assert_allclose(found.by_km["exponent"], 0.6, rtol=1e-5)


@pytest.mark.parametrize("at_km", [0.0, 0.3, 0.9, 1.7])
def test_the_hazard_by_range_gives_back_what_a_passage_meets(at_km: float) -> None:
    """The integral along a straight passage is the exponent of the lateral curve."""
    ranges, pod = np.array([0.0, 0.5, 1.0, 2.0]), np.array([0.8, 0.5, 0.3, 0.05])
    along = (np.arange(400_000) + 0.5) * 1e-5
    met = 2e-5 * hazard_by_range(ranges, pod, np.hypot(along, at_km)).sum()
    expected = np.interp(at_km, ranges, -np.log1p(-pod))
    assert met == pytest.approx(expected, rel=5e-3)


def test_what_cannot_be_is_refused() -> None:
    corridor = _strip(1.0)
    grid = corridor.grid(200)
    flat = _field(grid, hazard_per_km=0.1)
    with pytest.raises(InvalidParameterError, match="one of the layers swept_per_km"):
        weakest_crossings(_field(grid, chance=0.1), corridor, speed=4.0)
    for wrong in (-0.1, np.nan, np.inf):
        with pytest.raises(
            InvalidParameterError, match=r"hazard_per_km (must be 0 or more|is not known)"
        ):
            weakest_crossings(_field(grid, hazard_per_km=wrong), corridor, speed=4.0)
    for wrong in (0.0, -1.0, np.nan):
        with pytest.raises(InvalidParameterError, match="speed"):
            weakest_crossings(flat, corridor, speed=wrong)
        with pytest.raises(InvalidParameterError, match="night_h must be"):
            weakest_crossings(flat, corridor, speed=4.0, night_h=wrong)
    with pytest.raises(InvalidParameterError, match="takes dem"):
        weakest_crossings(flat, corridor, speed="foot")
    with pytest.raises(InvalidParameterError, match="of one light, got day and night"):
        weakest_crossings(
            [flat.assign_attrs(light="day"), flat.assign_attrs(light="night")], corridor, speed=4.0
        )
    with pytest.raises(CoverageGapError, match=r"towards (north|south) is open"):
        weakest_crossings(
            flat, corridor, speed=4.0, surface_factor=grid.wrap(np.zeros(grid.shape, np.float32))
        )
    assert weakest_crossings(_field(grid, certain=True), corridor, speed=4.0).pod == 1.0
    other = corridor.grid(250)
    with pytest.raises(GridMismatchError, match="surface_factor"):
        weakest_crossings(
            flat, corridor, speed=4.0, surface_factor=other.wrap(np.ones(other.shape))
        )
    ground = pd.DataFrame(
        {"f_mask": 0.2, "patrol_speed_factor": 1.0, "crosser_km_h": 4.0},
        index=corridor.segments.index,
    )
    with pytest.raises(ShapeMismatchError, match="each of the 2 segments"):
        detection_field(corridor, grid, ground, Force(), [1.0])
    with pytest.raises(InvalidParameterError, match="farther off nobody sees more"):
        hazard_by_range([0.0, 1.0, 2.0], [0.2, 0.3, 0.0], 1.0)


def test_unknown_ground_is_no_way_and_is_counted() -> None:
    corridor = _strip(1.0)
    grid = corridor.grid(200)
    dem = np.zeros(grid.shape, np.float32)
    dem[:, 20] = np.nan
    found = weakest_crossings(_field(grid, hazard_per_km=0.1), corridor, dem=grid.wrap(dem))
    assert found.unknown_cells == int(
        (corridor.cells(grid)["segment"].to_numpy()[:, 20] >= 0).sum()
    )
