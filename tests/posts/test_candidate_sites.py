"""Places where a post could stand: highest around, on a grid, along the line, on the own side."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

import borderzone as bz
from borderzone import posts
from borderzone._cells import blocks_of
from borderzone._kernels.focal import are_highest, descents
from borderzone.errors import CRSMismatchError, InvalidParameterError, LimitError

CELL_M = 100.0
NAN = float("nan")


@pytest.fixture(scope="module")
def corridor() -> Any:
    """Lay a strip around a short border, of which all is quick."""
    return bz.Corridor.around(bz.Border.between("AZE", "TUR"), depth_km=8)


@pytest.fixture(scope="module")
def dem(corridor: Any) -> Any:
    """Make smooth hills of some 80 m, with a void."""
    grid = corridor.grid(CELL_M)
    z = ndimage.gaussian_filter(np.random.default_rng(1).normal(size=grid.shape), 6)
    z = (900 + 80 * z / z.std()).astype(np.float32)
    z[40:60, 60:80] = NAN
    return grid.wrap(z, units="m")


def at_cells(table: gpd.GeoDataFrame, dem: Any) -> tuple[Any, Any]:
    """Rows and columns of the places."""
    xy = shapely.get_coordinates(table.geometry.to_numpy())
    step = float(dem["x"][1] - dem["x"][0])
    columns = (xy[:, 0] - float(dem["x"][0])) / step
    rows = (float(dem["y"][0]) - xy[:, 1]) / step
    np.testing.assert_allclose(rows, np.rint(rows), atol=1e-6)
    return np.rint(rows).astype(int), np.rint(columns).astype(int)


def slow_descent(z: Any, i: int, j: int, radius: float) -> float:
    """Least way down, by drowning the ground deeper and deeper until the summit is cut off from all else."""
    down, right = np.indices(z.shape)
    out = np.hypot(down - i, right - j) > radius
    for level in np.unique(z[~np.isnan(z)])[::-1]:
        label, _ = ndimage.label(z >= level, structure=np.ones((3, 3)))
        own = label == label[i, j]
        if level <= z[i, j] and (own & (out | (z > z[i, j]))).any():
            return float(z[i, j] - level)
    own = ndimage.label(~np.isnan(z), structure=np.ones((3, 3)))[0]
    return float(z[i, j] - np.nanmin(z[own == own[i, j]]))


@pytest.mark.parametrize("side", ["both", "TUR", "AZE"])
def test_a_summit_is_the_highest_of_its_side_within_the_spacing(
    dem: Any, corridor: Any, side: str
) -> None:
    """No known cell that may be taken is higher, and every such cell is found."""
    found = posts.candidates(dem, corridor, spacing_m=1500, side=side)
    cells = corridor.cells(bz.Grid.of(dem))
    owner = corridor.border.country_of_cells(cells)
    may = owner > 0 if side == "both" else owner == (1 if side == corridor.border.left else 2)
    z = np.where(may, dem.to_numpy(), NAN)
    expected = []
    for i, j in np.argwhere(~np.isnan(z)):
        near = z[max(i - 15, 0) : i + 16, max(j - 15, 0) : j + 16]
        down, right = np.indices(near.shape)
        off = np.hypot(down - min(i, 15), right - min(j, 15))
        if z[i, j] >= np.nanmax(near[off <= 15]):
            expected.append((i, j))
    assert list(zip(*at_cells(found, dem), strict=True)) == expected
    assert len(expected) > 3
    assert set(found["side"]) <= ({"AZE", "TUR"} if side == "both" else {side})


def test_what_is_told_of_a_place_is_what_the_corridor_says(dem: Any, corridor: Any) -> None:
    """Height, chainage, distance and side of the cell."""
    found = posts.candidates(dem, corridor, kind="grid", spacing_m=2000)
    rows, columns = at_cells(found, dem)
    cells = corridor.cells(bz.Grid.of(dem))
    np.testing.assert_array_equal(found["height_m"], dem.to_numpy()[rows, columns])
    np.testing.assert_array_equal(found["km"], cells["chainage_km"].to_numpy()[rows, columns])
    offset = cells["offset_km"].to_numpy()[rows, columns]
    np.testing.assert_array_equal(found["depth_km"], np.abs(offset))
    border = corridor.border
    np.testing.assert_array_equal(found["side"], np.where(offset > 0, border.left, border.right))
    assert found.crs == corridor.crs
    # Every second kilometre, from the middle of the first.
    assert set(rows % 20) == {10}
    assert set(columns % 20) == {10}


def test_places_on_no_data_are_left_out_and_counted(dem: Any, corridor: Any) -> None:
    """Of a grid of all cells, those that are void."""
    found = posts.candidates(dem, corridor, kind="grid", spacing_m=CELL_M)
    inside = corridor.cells(bz.Grid.of(dem))["segment"].to_numpy() >= 0
    void = np.isnan(dem.to_numpy())
    assert len(found) == (inside & ~void).sum()
    assert found.attrs["on_no_data"] == (inside & void).sum() > 0
    assert posts.candidates(dem, corridor).attrs["on_no_data"] == (inside & void).sum()


def test_along_the_line_each_stretch_has_one_place_near_its_middle(dem: Any, corridor: Any) -> None:
    """On the own side, within a cell or two of the line."""
    found = posts.candidates(dem, corridor, kind="line", spacing_m=1000, side="TUR")
    stretch = np.floor(found["km"]).astype(int)
    assert stretch.is_unique
    assert len(found) >= int(corridor.border.length_km) - 1
    full = found[stretch < int(corridor.border.length_km)]
    off = np.hypot(full["km"] - np.floor(full["km"]) - 0.5, full["depth_km"])
    assert off.max() < 2.5 * CELL_M / 1000
    assert set(found["side"]) == {"TUR"}


@given(seed=st.integers(0, 1000), radius=st.floats(1.0, 6.0), levels=st.sampled_from([4, 40]))
@settings(max_examples=40)
def test_the_descent_is_the_depth_of_water_that_cuts_a_summit_off(
    seed: int, radius: float, levels: int
) -> None:
    """Against drowning the ground level by level; voids are no way."""
    draw = np.random.default_rng(seed)
    z = draw.integers(0, levels, (11, 12)).astype(np.float32)
    z[draw.random(z.shape) < 0.1] = NAN
    at = np.flatnonzero(~np.isnan(z))
    found = np.zeros(len(at))
    descents(z, at, radius, found)
    expected = [slow_descent(z, *divmod(int(cell), 12), radius) for cell in at]
    np.testing.assert_array_equal(found, expected)


def test_a_plateau_has_one_summit_and_a_prominence_of_its_edge() -> None:
    """Of equal cells the first stands for all."""
    z = np.zeros((9, 9), np.float32)
    z[3:6, 3:6] = 7.0
    at = np.flatnonzero(z == 7.0)
    found = np.zeros(len(at), np.bool_)
    are_highest(z, np.ones(z.shape, np.bool_), at, 3.0, found)
    assert at[found].tolist() == [3 * 9 + 3]
    descent = np.zeros(1)
    descents(z, at[found], 3.0, descent)
    assert descent.tolist() == [7.0]


def test_less_prominent_summits_are_left_out(dem: Any, corridor: Any) -> None:
    """The rest are the same."""
    every = posts.candidates(dem, corridor)
    some = posts.candidates(dem, corridor, prominence_m=3.0)
    assert 0 < len(some) < len(every)
    high = every[every["prominence_m"] >= 3.0].reset_index(drop=True)
    assert some.drop(columns="geometry").equals(high.drop(columns="geometry"))


def test_blocks_of_the_raster_do_not_show(
    dem: Any, corridor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Small blocks give the same places, of each kind."""
    whole = {
        kind: posts.candidates(dem, corridor, kind=kind) for kind in ("summits", "grid", "line")
    }
    monkeypatch.setattr(
        "borderzone.posts.candidate_sites.blocks_of", lambda grid: blocks_of(grid, size=37)
    )
    for kind, expected in whole.items():
        assert posts.candidates(dem, corridor, kind=kind).equals(expected), kind


def test_the_nearest_road_is_told_and_what_is_far_left_out(dem: Any, corridor: Any) -> None:
    """By distance to the line, in any CRS."""
    left, bottom, right, top = bz.Grid.of(dem).bounds
    road = shapely.LineString([(left, bottom), (right, top)])
    roads = gpd.GeoSeries([road], crs=corridor.crs)
    every = posts.candidates(dem, corridor, kind="grid", roads=roads.to_crs(4326))
    np.testing.assert_allclose(every["road_m"], every.distance(road), atol=0.5)
    some = posts.candidates(dem, corridor, kind="grid", roads=roads, road_km=2.0)
    assert len(some) + some.attrs["far_from_roads"] == len(every)
    assert some["road_m"].max() <= 2000


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"spacing_m": 0}, "spacing_m must be a finite number, 100 or more"),
        ({"spacing_m": -5}, "spacing_m must be"),
        ({"spacing_m": NAN}, "spacing_m must be"),
        ({"spacing_m": 20}, "the cells of the raster"),
        ({"kind": "hills"}, "kind must be one of summits, grid, line"),
        ({"side": "IRQ"}, "side must be 'both' or"),
        ({"depth_km": 0}, "depth_km must be"),
        ({"depth_km": NAN}, "depth_km must be"),
        ({"prominence_m": -1}, "prominence_m must be"),
        ({"prominence_m": 1e6}, "no summit of that prominence"),
        ({"road_km": 2.0}, "there are no roads"),
        ({"kind": "grid", "depth_km": 1e-6}, "there is no place in the corridor"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    dem: Any, corridor: Any, options: dict[str, Any], told: str
) -> None:
    """With what is allowed."""
    with pytest.raises(InvalidParameterError, match=told):
        posts.candidates(dem, corridor, **options)


def test_other_ground_too_many_places_and_roads_that_are_none_are_refused(
    dem: Any, corridor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A raster of another border, a limit, and no line."""
    other = bz.Corridor.around(bz.Border.between("ARM", "AZE"), depth_km=8)
    with pytest.raises(CRSMismatchError, match="the grid is in"):
        posts.candidates(dem, other)
    void = dem.copy(data=np.full(dem.shape, NAN, np.float32))
    with pytest.raises(InvalidParameterError, match="cells have no height; fill the voids"):
        posts.candidates(void, corridor)
    none = gpd.GeoSeries([shapely.LineString()], crs=corridor.crs)
    with pytest.raises(InvalidParameterError, match="roads hold no line"):
        posts.candidates(dem, corridor, kind="grid", roads=none)
    far = gpd.GeoSeries([shapely.LineString([(40, 35), (40, 36)])], crs=4326)
    with pytest.raises(InvalidParameterError, match="km of a road, the nearest at"):
        posts.candidates(dem, corridor, kind="grid", roads=far, road_km=1.0)
    monkeypatch.setattr("borderzone.posts.candidate_sites.MOST_CANDIDATES", 3)
    with pytest.raises(LimitError, match="above the limit of 3"):
        posts.candidates(dem, corridor, kind="grid")
