"""Summary: cells by segment, and the ground that patrols read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from affine import Affine
from pyproj import CRS

from borderzone import difficulty, terrain
from borderzone.access import irmischer_clarke
from borderzone.errors import CoverageGapError, GridMismatchError, InvalidParameterError
from borderzone.grid import Grid

GRID = Grid(shape=(6, 10), transform=Affine(2000, 0, 0, 0, -2000, 12_000), crs=CRS(32637))
NAN = float("nan")


def layer(values: Any, dtype: Any = np.float32) -> xr.DataArray:
    """Make a raster from an array, or from one value for all cells."""
    return GRID.wrap(np.broadcast_to(np.asarray(values, dtype=dtype), GRID.shape).copy())


def cells_of(segment: Any) -> xr.Dataset:
    """Cells with a segment each, chainage from the west."""
    return xr.Dataset(
        {"segment": layer(segment, np.int32), "chainage_km": layer(GRID.x / 1000, np.float32)}
    )


# Five columns a segment, the outer rows outside.
SEGMENT = np.full(GRID.shape, -1)
SEGMENT[1:5] = np.arange(10) // 5
CELLS = cells_of(SEGMENT)


def ground(**layers: Any) -> xr.Dataset:
    """Flat ground, with what a test changes."""
    values = {"slope_deg": 0.0, "relief_m": 0.0, "tri_m": 0.0} | layers
    return xr.Dataset({name: layer(value) for name, value in values.items()})


def cover(**layers: Any) -> xr.Dataset:
    """Bare ground, with what a test changes."""
    values = {"bare_share": 1.0, "surface_factor": 1.0, "karst_rank": NAN} | layers
    return xr.Dataset({name: layer(value) for name, value in values.items()})


def read(attrs: xr.Dataset, surface: xr.Dataset, **kwargs: Any) -> pd.DataFrame:
    """Ground by segment with hours 1."""
    table: pd.DataFrame = difficulty.ground_by_segment(
        attrs, surface, layer(1.0), kwargs.pop("cells", CELLS), **kwargs
    )
    return table


# By segment


def test_statistics_equal_plain_loops() -> None:
    """Random layers with holes and infinities, random segments."""
    rng = np.random.default_rng(3)
    values = rng.normal(size=GRID.shape)
    values[rng.random(GRID.shape) < 0.3] = NAN
    classes = rng.choice([0, 1, 2, 255], GRID.shape)
    segment = rng.integers(-1, 4, GRID.shape)
    layers = xr.Dataset(
        {"z": layer(values), "rock": layer(classes, np.uint8), "wet": layer(values > 0, bool)}
    )
    table = difficulty.by_segment(layers, cells_of(segment))
    assert table.index.name == "segment"
    for number in range(4):
        inside = segment == number
        z = values[inside].astype(np.float32).astype(float)
        row = table.loc[number]
        assert row["n_cells"] == inside.sum()
        assert row["n_borrowed"] == 0
        for how in ("min", "mean", "median", "max"):
            assert row[f"z_{how}"] == pytest.approx(getattr(np, f"nan{how}")(z))
        assert row["z_known"] == pytest.approx(np.isfinite(z).mean())
        assert row["wet_mean"] == pytest.approx((values[inside] > 0).mean())
        counts = [(classes[inside] == code).sum() for code in range(3)]
        assert row["rock_majority"] == int(np.argmax(counts))
        assert row["rock_known"] == pytest.approx((classes[inside] != 255).mean())


def test_a_layer_unknown_in_a_segment_says_so() -> None:
    """The value is NaN and the known share is 0, never silently one of them."""
    values = np.where(SEGMENT == 1, NAN, 5.0)
    classes = np.where(SEGMENT == 1, 255, 2)
    table = difficulty.by_segment(
        xr.Dataset({"z": layer(values), "rock": layer(classes, np.uint8)}), CELLS
    )
    np.testing.assert_array_equal(table["z_mean"], [5, NAN])
    np.testing.assert_array_equal(table["rock_majority"], [2, NAN])
    assert table["z_known"].tolist() == table["rock_known"].tolist() == [1, 0]
    hidden = difficulty.by_segment(xr.Dataset({"rock": layer(255, np.uint8)}), CELLS)
    assert hidden["rock_majority"].isna().all()


def test_unreachable_hours_stay_infinite() -> None:
    """The median of a segment that is half out of reach is not a NaN."""
    table = difficulty.by_segment(xr.Dataset({"hours": layer(np.inf)}), CELLS)
    assert np.isinf(table["hours_median"]).all()


def test_a_segment_smaller_than_a_cell_borrows_the_nearest_cells_and_says_so() -> None:
    """Segment 1 lies between two columns: the column nearest to its middle stands in."""
    segment = np.where(SEGMENT == 1, 2, SEGMENT)
    segments = pd.DataFrame({"km_start": [0.0, 9.2, 9.6], "km_end": [9.2, 9.6, 20.0]})
    values = np.broadcast_to(np.arange(10.0), GRID.shape)
    layers = xr.Dataset({"z": layer(values)})
    table = difficulty.by_segment(layers, cells_of(segment), segments=segments)
    assert table["n_cells"].tolist() == [20, 0, 20]
    assert table["n_borrowed"].tolist() == [0, 4, 0]
    assert table["z_mean"].tolist() == [2, 4, 7]
    with pytest.raises(CoverageGapError, match=r"1 segments hold no cell \(1\): pass segments="):
        difficulty.by_segment(layers, cells_of(segment))


def test_segments_beyond_the_last_cell_are_not_forgotten() -> None:
    """The table has a row for every segment of the corridor."""
    segments = pd.DataFrame({"km_start": [0.0, 10.0, 20.0], "km_end": [10.0, 20.0, 20.5]})
    table = difficulty.by_segment(xr.Dataset({"z": layer(1.0)}), CELLS, segments=segments)
    assert table.index.tolist() == [0, 1, 2]
    assert table["n_borrowed"].tolist() == [0, 0, 4]
    assert table["z_mean"].notna().all()


def test_a_corridor_without_cells_is_refused() -> None:
    """Rather than a table of NaN."""
    with pytest.raises(CoverageGapError, match="use a finer resolution_m"):
        difficulty.by_segment(xr.Dataset({"z": layer(1.0)}), cells_of(-1))


def test_a_layer_of_another_grid_is_refused() -> None:
    """By its name."""
    other = Grid(shape=GRID.shape, transform=Affine(2000, 0, 500, 0, -2000, 12_000), crs=GRID.crs)
    with pytest.raises(GridMismatchError, match="z covers"):
        difficulty.by_segment(xr.Dataset({"z": other.wrap(np.zeros(GRID.shape))}), CELLS)


# Ground


def test_flat_bare_ground_slows_nobody() -> None:
    """A factor of 1, and the walker's flat speed of Irmischer and Clarke."""
    table = read(ground(), cover())
    assert table["patrol_speed_factor"].tolist() == [1, 1]
    assert table["crosser_km_h"].tolist() == pytest.approx([2.802646] * 2, abs=5e-7)
    assert table["no_go_share"].tolist() == [0, 0]
    assert table["landform"].tolist() == ["flat_plain"] * 2
    np.testing.assert_array_equal(table["karst_rank"], [NAN, NAN])
    assert table["n_cells"].tolist() == [20, 20]


def test_the_walker_goes_up_as_often_as_down() -> None:
    """Harmonic mean of the reference speeds at +0.2 and -0.2 over half of the ground."""
    slope = np.where(np.arange(6)[:, None] < 3, np.degrees(np.arctan(0.2)), 0.0)
    table = read(ground(slope_deg=np.broadcast_to(slope, GRID.shape)), cover())
    up, down, flat = 2.239318, float(irmischer_clarke(-0.2)), 2.802646
    pace = ((1 / up + 1 / down) / 2 + 1 / flat) / 2
    assert table["crosser_km_h"].tolist() == pytest.approx([1 / pace] * 2, rel=1e-6)


def test_patrol_speed_falls_with_slope_and_surface_and_is_averaged_by_time() -> None:
    """Half of the slope limit halves the speed; 0.7 of it on fields; harmonic over cells."""
    slope = np.where(SEGMENT == 0, np.degrees(np.arctan(0.15)), 0.0)
    factor = np.where(np.arange(10) < 7, 1.0, 0.5)
    table = read(ground(slope_deg=slope), cover(surface_factor=factor))
    expected = [0.5, 1 / ((2 * 1 + 3 * 2) / 5)]
    assert table["patrol_speed_factor"].tolist() == pytest.approx(expected, rel=1e-6)


def test_ground_where_no_vehicle_goes_is_counted_and_does_not_stop_the_rest() -> None:
    """A lake in a segment is a share of it; a segment of water alone has factor 0."""
    factor = np.where(SEGMENT == 1, 0.0, np.where(np.arange(10) == 0, 0.0, 0.8))
    table = read(ground(), cover(surface_factor=factor))
    assert table["no_go_share"].tolist() == pytest.approx([0.2, 1])
    assert table["patrol_speed_factor"].tolist() == pytest.approx([0.8, 0])


def test_a_patrol_on_foot_does_not_mind_the_surface() -> None:
    """Its factor is that of the walker's speed."""
    slope = np.degrees(np.arctan(0.2))
    table = read(ground(slope_deg=slope), cover(surface_factor=0.0), mode="foot")
    ratio = table["crosser_km_h"] / 2.802646
    assert table["patrol_speed_factor"].tolist() == pytest.approx(ratio.tolist(), rel=1e-6)
    with pytest.raises(InvalidParameterError, match="mode must be one of vehicle_off_road, foot"):
        read(ground(), cover(), mode="camel")


def test_masking_is_the_mean_prior_of_the_landforms_with_its_band() -> None:
    """Two of five columns are mountain, and a band brackets the value."""
    relief = np.where(np.arange(10) % 5 < 2, 400.0, 0.0)
    table = read(ground(relief_m=relief), cover())
    plain, mountain = terrain.LANDFORMS[0].mask, terrain.LANDFORMS[3].mask
    for column in ("f_mask", "f_mask_low", "f_mask_high"):
        expected = 0.6 * getattr(plain, column) + 0.4 * getattr(mountain, column)
        assert table[column].tolist() == pytest.approx([expected] * 2, rel=1e-6)
    assert table["landform"].tolist() == ["flat_plain"] * 2


def test_a_landform_layer_comes_before_relief() -> None:
    """Relief read in a small window does not decide if the landform is known."""
    attrs = ground(relief_m=0.0)
    attrs["landform"] = layer(2, np.uint8)
    table = read(attrs, cover())
    assert table["landform"].tolist() == ["hilly"] * 2
    assert table["f_mask"].tolist() == pytest.approx([terrain.LANDFORMS[2].mask.f_mask] * 2)


def test_what_is_unknown_is_told_beside_the_numbers() -> None:
    """No hours, no land cover, half of the terrain and of the rock."""
    slope = np.where(np.arange(6)[:, None] < 3, NAN, 0.0)
    rank = np.where(np.arange(6)[:, None] < 3, NAN, 3.0)
    attrs = ground(slope_deg=np.broadcast_to(slope, GRID.shape))
    surface = xr.Dataset({"karst_rank": layer(np.broadcast_to(rank, GRID.shape))})
    table = difficulty.ground_by_segment(attrs, surface, None, CELLS)
    assert table["terrain_known_share"].tolist() == [0.5, 0.5]
    assert table["surface_known_share"].tolist() == [0, 0]
    assert table["karst_known_share"].tolist() == [0.5, 0.5]
    assert table["karst_rank"].tolist() == [3, 3]
    assert table["patrol_speed_factor"].tolist() == [1, 1]
    assert table[["hours_median", "hours_max", "bare_share"]].isna().all().all()
    blind = difficulty.ground_by_segment(ground(slope_deg=NAN, relief_m=NAN), surface, None, CELLS)
    assert blind[["f_mask", "crosser_km_h", "patrol_speed_factor"]].isna().all().all()
    assert blind["landform"].tolist() == ["unknown"] * 2
    assert blind["terrain_known_share"].tolist() == [0, 0]


def test_hours_are_summarised_by_median_and_farthest() -> None:
    """Over the cells of the segment only."""
    hours = np.where(SEGMENT < 0, 99.0, np.arange(10.0))
    table = difficulty.ground_by_segment(ground(), cover(), layer(hours), CELLS)
    assert table["hours_median"].tolist() == [2, 7]
    assert table["hours_max"].tolist() == [4, 9]


def test_the_ground_does_not_know_the_difficulty_index() -> None:
    """Terrain reaches detection by masking and speed alone, never twice."""
    table = read(ground(), cover())
    assert not {"index", "cave_prone", "remote_desert"} & {str(c).split("_mean")[0] for c in table}
    changed = read(ground(), cover(bare_share=0.0, karst_rank=3.0))
    columns = ["f_mask", "f_mask_low", "f_mask_high", "patrol_speed_factor", "crosser_km_h"]
    pd.testing.assert_frame_equal(table[columns], changed[columns])


def test_a_missing_terrain_layer_is_refused() -> None:
    """With the call that computes it."""
    with pytest.raises(InvalidParameterError, match=r"needs tri_m; compute it with terrain"):
        read(ground().drop_vars("tri_m"), cover())
