"""Sums over blocks: the same bits whatever the blocks, and measured masks in the place of the prior."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from affine import Affine
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pyproj import CRS

from borderzone import difficulty, visibility
from borderzone.difficulty.segment_ground import MASK_SOURCES
from borderzone.difficulty.segment_sums import Sum
from borderzone.errors import CoverageGapError, InvalidParameterError
from borderzone.grid import Grid

NAN = float("nan")
SHAPE = (24, 30)
SEGMENTS = pd.DataFrame(
    {"km_start": [0.0, 1.0, 1.02, 2.0], "km_end": [1.0, 1.02, 2.0, 3.0], "length_km": 1.0}
)


def grid(rows: slice, columns: slice) -> Grid:
    """Give a window of one grid of 100 m cells."""
    left, top = columns.start * 100.0, (SHAPE[0] - rows.start) * 100.0
    shape = (rows.stop - rows.start, columns.stop - columns.start)
    return Grid(shape=shape, transform=Affine(100, 0, left, 0, -100, top), crs=CRS(32637))


def ground(seed: int) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Give rough layers with holes; segment 1 is too small for a cell."""
    rng = np.random.default_rng(seed)
    holes = np.where(rng.random(SHAPE) < 0.1, NAN, 1.0)
    attrs = {
        "slope_deg": 25 * rng.random(SHAPE) ** 2 * holes,
        "relief_m": 400 * rng.random(SHAPE) ** 3,
        "tri_m": 9 * rng.random(SHAPE),
    }
    surface = {
        "bare_share": rng.random(SHAPE),
        "surface_factor": np.where(rng.random(SHAPE) < 0.2, NAN, rng.random(SHAPE)),
        "karst_rank": np.where(rng.random(SHAPE) < 0.5, NAN, rng.integers(1, 4, SHAPE)),
    }
    chainage = np.broadcast_to((np.arange(SHAPE[1]) + 0.5) * 0.1, SHAPE)
    segment = np.select([chainage < 1.0, chainage < 2.0], [0, 2], 3)
    segment[0] = -1
    return attrs, surface, {"segment": segment.astype(np.int32), "chainage_km": chainage}


def cut(layers: dict[str, Any], rows: slice, columns: slice) -> xr.Dataset:
    """Cut a block out of layers."""
    part = grid(rows, columns)
    arrays = {name: values[rows, columns] for name, values in layers.items()}
    kinds = {name: v.astype(np.float32) if v.dtype == float else v for name, v in arrays.items()}
    return xr.Dataset({name: part.wrap(values.copy()) for name, values in kinds.items()})


def blocks(tall: int, wide: int) -> list[tuple[slice, slice]]:
    """Cut the grid into windows."""
    return [
        (slice(i, min(i + tall, SHAPE[0])), slice(j, min(j + wide, SHAPE[1])))
        for i in range(0, SHAPE[0], tall)
        for j in range(0, SHAPE[1], wide)
    ]


WHOLE = (slice(0, SHAPE[0]), slice(0, SHAPE[1]))


@given(
    tall=st.integers(4, 24),
    wide=st.integers(5, 30),
    seed=st.integers(0, 99),
    mode=st.sampled_from(difficulty.MODES),
    order=st.randoms(use_true_random=False),
)
@settings(max_examples=10)
def test_blocks_of_any_size_in_any_order_give_the_same_bits(
    tall: int, wide: int, seed: int, mode: str, order: Any
) -> None:
    """As the whole raster at once does, the tiny segment that borrows its cells included."""
    layers = ground(seed)
    whole = [cut(one, *WHOLE) for one in layers]
    expected = difficulty.ground_by_segment(
        whole[0], whole[1], None, whole[2], segments=SEGMENTS, mode=mode
    )
    windows = blocks(tall, wide)
    assume((1, 1) not in [(r.stop - r.start, c.stop - c.start) for r, c in windows])
    order.shuffle(windows)
    sums = difficulty.GroundSums(SEGMENTS, mode=mode)
    for window in windows:
        sums.add(*(cut(one, *window) for one in layers))
    pd.testing.assert_frame_equal(sums.table(), expected, check_exact=True)
    assert expected["n_borrowed"].tolist() == [0, 46, 0, 0]


def test_threads_may_add() -> None:
    """Four at a time; and asking twice borrows once."""
    layers = ground(5)
    alone, together = difficulty.GroundSums(SEGMENTS), difficulty.GroundSums(SEGMENTS)
    parts = [[cut(one, *window) for one in layers] for window in blocks(3, 7)]
    for part in parts:
        alone.add(*part)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda part: together.add(*part), parts))
    pd.testing.assert_frame_equal(alone.table(), together.table(), check_exact=True)
    pd.testing.assert_frame_equal(alone.table(), together.table(), check_exact=True)


def test_sums_equal_exact_summation() -> None:
    """`math.fsum` of the values, to a trillionth a value."""
    rng = np.random.default_rng(1)
    values = rng.normal(scale=1e4, size=100_000)
    group = rng.integers(0, 3, values.size)
    total = Sum(3, "z")
    total.add(group, values)
    for number in range(3):
        exact = math.fsum(values[group == number])
        assert total.total()[number] == pytest.approx(exact, abs=2**-41 * (group == number).sum())
    assert total.count.sum() == values.size


def test_layers_are_told_by_what_is_known_of_them() -> None:
    """Means, extremes, majority and known shares; infinite hours stay infinite."""
    attrs, surface, cells = ground(7)
    cells = cells | {
        "segment": np.where(cells["segment"] > 1, cells["segment"] - 1, cells["segment"])
    }
    hours = np.where(attrs["relief_m"] > 399, np.inf, attrs["relief_m"] / 100)
    hours[5, 0] = np.inf
    rock = np.nan_to_num(surface["karst_rank"], nan=255).astype(np.uint8)
    table = difficulty.by_segment(
        cut(attrs | {"hours": hours, "rock": rock}, *WHOLE), cut(cells, *WHOLE)
    )
    assert np.isinf(table["hours_mean"].loc[0])
    for number in range(3):
        own = cells["segment"] == number
        slope = attrs["slope_deg"][own].astype(np.float32).astype(float)
        found = table.loc[number]
        assert found["slope_deg_mean"] == pytest.approx(np.nanmean(slope))
        assert (found["slope_deg_min"], found["slope_deg_max"]) == (
            np.nanmin(slope),
            np.nanmax(slope),
        )
        assert found["rock_known"] == pytest.approx((rock[own] != 255).mean())


def test_hours_come_from_a_grid_of_their_own() -> None:
    """Coarser hours, with the cells of their grid: the exact median."""
    layers = ground(2)
    sums = difficulty.GroundSums(SEGMENTS)
    sums.add(*(cut(one, *WHOLE) for one in layers))
    coarse = Grid(shape=(2, 6), transform=Affine(500, 0, 0, 0, -500, 1000), crs=CRS(32637))
    number = np.array([[0, 0, 2, 2, 3, 3]] * 2, dtype=np.int32)
    km = np.broadcast_to(np.arange(6) * 0.5 + 0.25, (2, 6))
    cells = xr.Dataset({"segment": coarse.wrap(number), "chainage_km": coarse.wrap(km)})
    hours = coarse.wrap(np.arange(12.0).reshape(2, 6))
    table = sums.table(hours=hours, cells=cells, segments=SEGMENTS)
    assert table["hours_median"].tolist() == [3.5, 4.5, 5.5, 7.5]
    assert table["hours_max"].tolist() == [7, 8, 9, 11]
    with pytest.raises(InvalidParameterError, match="pass cells="):
        sums.table(hours=hours)


def test_fine_cells_give_a_segment_its_own_speeds() -> None:
    """Half at 6 single and half flat is slower than all at 3: harmonic means see the steep half."""
    attrs, surface, cells = ground(0)
    even = attrs | {"slope_deg": np.full(SHAPE, 3.0)}
    mixed = attrs | {"slope_deg": np.where(np.arange(SHAPE[1]) % 2 == 0, 6.0, 0.0) * np.ones(SHAPE)}
    surface = surface | {"surface_factor": np.ones(SHAPE)}
    speeds = []
    for one in (even, mixed):
        sums = difficulty.GroundSums(SEGMENTS)
        sums.add(cut(one, *WHOLE), cut(surface, *WHOLE), cut(cells, *WHOLE))
        speeds.append(sums.table()["patrol_speed_factor"][0])
    steep = 1 - math.tan(math.radians(6)) / 0.3
    assert speeds[0] == pytest.approx(1 - math.tan(math.radians(3)) / 0.3, rel=1e-6)
    assert speeds[1] == pytest.approx(2 / (1 + 1 / steep), rel=1e-6)
    assert speeds[1] < speeds[0]


def test_ground_on_which_a_vehicle_creeps_is_no_go_and_does_not_rule_the_mean() -> None:
    """One cell a thousandth below the steepest gradient would else outweigh all others."""
    attrs, surface, cells = ground(0)
    slope = np.zeros(SHAPE)
    slope[5, 5] = math.degrees(math.atan(0.3 * 0.9999))
    attrs, surface = attrs | {"slope_deg": slope}, surface | {"surface_factor": np.ones(SHAPE)}
    sums = difficulty.GroundSums(SEGMENTS)
    sums.add(cut(attrs, *WHOLE), cut(surface, *WHOLE), cut(cells, *WHOLE))
    table = sums.table()
    assert table.loc[0, "patrol_speed_factor"] == 1
    assert table["no_go_share"].loc[0] == pytest.approx(1 / table["n_cells"].loc[0])


def test_a_segment_without_a_cell_is_refused_where_nothing_can_stand_in() -> None:
    """A number of segments tells no middles; a long one without cells is a hole, not a tiny one."""
    layers = [cut(one, *WHOLE) for one in ground(0)]
    sums = difficulty.GroundSums(4)
    sums.add(*layers)
    with pytest.raises(CoverageGapError, match=r"1 segments hold no cell \(1\)"):
        sums.table()
    long = SEGMENTS.assign(km_start=[0.0, 5.0, 1.0, 2.0], km_end=[1.0, 9.0, 2.0, 3.0])
    holed = difficulty.GroundSums(long)
    holed.add(*layers)
    with pytest.raises(CoverageGapError, match=r"hold no cell \(1\)"):
        holed.table()
    with pytest.raises(CoverageGapError, match="no cell lies in the corridor"):
        difficulty.GroundSums(4).table()


def test_strange_blocks_are_refused() -> None:
    """Infinite heights, segments that are none, unknown modes."""
    attrs, surface, cells = ground(0)
    relief = attrs["tri_m"].copy()
    relief[3, 3] = np.inf
    with pytest.raises(InvalidParameterError, match=r"tri_m must be finite .*, got inf"):
        difficulty.GroundSums(SEGMENTS).add(
            cut(attrs | {"tri_m": relief}, *WHOLE), cut(surface, *WHOLE), cut(cells, *WHOLE)
        )
    one = (slice(3, 4), slice(3, 4))
    single = [cut(layers, *WHOLE).isel(y=one[0], x=one[1]) for layers in (attrs, surface, cells)]
    with pytest.raises(InvalidParameterError, match="a block of one cell"):
        difficulty.GroundSums(SEGMENTS).add(*single)
    with pytest.raises(InvalidParameterError, match="name segment 3, the corridor has 2"):
        difficulty.GroundSums(2).add(*(cut(one, *WHOLE) for one in (attrs, surface, cells)))
    with pytest.raises(InvalidParameterError, match="mode must be one of"):
        difficulty.GroundSums(2, mode="camel")


# Measured masks


def measured(**columns: Any) -> pd.DataFrame:
    """Give a table of measured shares for segments 0 and 2."""
    values = {"f_mask": 0.2, "f_mask_low": 0.1, "f_mask_high": 0.3, "unknown_share": 0.0} | columns
    return pd.DataFrame(values, index=pd.Index([0, 2], name="segment"))


def test_measured_shares_replace_the_prior_where_they_are_known() -> None:
    """By segment, with their source; voids and missing segments keep the prior."""
    layers = [cut(one, *WHOLE) for one in ground(0)]
    prior = difficulty.ground_by_segment(layers[0], layers[1], None, layers[2], segments=SEGMENTS)
    assert set(prior["f_mask_source"]) == {"landform prior"}
    table = difficulty.with_measured_mask(prior, measured())
    sight, guess = MASK_SOURCES
    assert table["f_mask_source"].tolist() == [sight, guess, sight, guess]
    # Hidden from one stop on average over a strip of 2 km: the ground of which .42 is hidden at 2 km.
    index = float(visibility.mask_index(0.3, max_km=2.0, eye_m=3.0))
    columns = ["f_mask", "f_mask_low", "f_mask_high"]
    found = table[columns].to_numpy()[0]
    np.testing.assert_allclose(found, [index, index - 0.05, index + 0.05])
    near = difficulty.with_measured_mask(prior, measured(), max_km=0.5)
    assert (near.loc[[0, 2], "f_mask"] > table.loc[[0, 2], "f_mask"] + 0.1).all()
    assert table.loc[[1, 3], "f_mask"].equals(prior.loc[[1, 3], "f_mask"])
    assert set(prior["f_mask_source"]) == {"landform prior"}
    # Ground that hides nearly all: the band ends at one, as at zero on open ground.
    ends = difficulty.with_measured_mask(prior, measured(f_mask_high=[0.995, 0.0], f_mask=0.0))
    assert ends["f_mask"].loc[0] > 0.95
    assert ends.loc[[0, 2], "f_mask_high"].tolist() == [1.0, 0.05]
    assert ends.loc[2, "f_mask_low"] == 0.0
    void = difficulty.with_measured_mask(prior, measured(unknown_share=[0.6, 0.2]))
    assert void["f_mask_source"].tolist() == [guess, guess, sight, guess]
    blind = difficulty.with_measured_mask(prior, measured(f_mask=[NAN, 0.2]))
    assert blind["f_mask_source"].tolist() == [guess, guess, sight, guess]
    rest = prior.columns.difference(["f_mask", "f_mask_low", "f_mask_high", "f_mask_source"])
    pd.testing.assert_frame_equal(table[rest], prior[rest])


def test_tables_that_do_not_fit_are_refused() -> None:
    """Missing columns, other segments, impossible shares."""
    prior = pd.DataFrame({"f_mask": [0.1] * 3, "f_mask_low": 0.0, "f_mask_high": 0.2})
    with pytest.raises(InvalidParameterError, match="lack unknown_share"):
        difficulty.with_measured_mask(prior, measured().drop(columns="unknown_share"))
    with pytest.raises(InvalidParameterError, match=r"segments \[2\].*not in the ground"):
        difficulty.with_measured_mask(prior[:2], measured())
    with pytest.raises(InvalidParameterError, match="between 0 and 1"):
        difficulty.with_measured_mask(prior, measured(f_mask=1.2))
