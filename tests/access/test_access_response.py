"""Response, the race to cover, isochrones and nights on foot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

import borderzone as bz
from borderzone import access
from borderzone.errors import (
    CRSMismatchError,
    InvalidParameterError,
    NoOverlapError,
    SeveralSectionsError,
    ShapeMismatchError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import xarray as xr

LINE = shapely.LineString([(41.0, 34.0), (41.0, 34.5)])
NONE: Any = None


@pytest.fixture(scope="module")
def corridor() -> bz.Corridor:
    """55 km straight north, 20 km to either side."""
    border = bz.Border.from_line(LINE, names=("west", "east"))
    return bz.Corridor.around(border, depth_km=20, segment_km=10)


def on(corridor: bz.Corridor, value: float, resolution_m: float = 500) -> xr.DataArray:
    """Lay the same hours everywhere."""
    grid = corridor.grid(resolution_m=resolution_m)
    return grid.wrap(np.full(grid.shape, value), units="h")


# -- response ------------------------------------------------------------------------------------


def test_response_is_read_along_the_whole_line(corridor: bz.Corridor) -> None:
    """Hours that grow with chainage come back as they were laid."""
    grid = corridor.grid(resolution_m=500)
    chainage = corridor.cells(grid)["chainage_km"].to_numpy()
    along = access.response_along_border(grid.wrap(chainage / 10, units="h"), corridor)

    assert along["length_km"].sum() == pytest.approx(corridor.border.length_km)
    assert (along["hours"] * 10 - along["chainage_km"]).abs().max() < 0.5
    table = access.response_by_segment(along, thresholds_h=(2, 4))
    assert table["worst_h"].is_monotonic_increasing
    assert table.loc[0, "share_beyond_2_h"] == 0
    assert table["share_beyond_4_h"].iloc[-1] == 1
    whole = access.response_summary(along, thresholds_h=(2, 4))
    assert whole["share_beyond_2_h"] == pytest.approx(1 - 20 / corridor.border.length_km, abs=0.03)


def test_unreachable_and_unknown_kilometres_are_told_apart(corridor: bz.Corridor) -> None:
    grid = corridor.grid(resolution_m=500)
    chainage = corridor.cells(grid)["chainage_km"].to_numpy()
    hours = np.where(chainage < 10, np.nan, np.where(chainage < 20, np.inf, 1.0))
    along = access.response_along_border(grid.wrap(hours, units="h"), corridor, every_km=0.5)
    told = along["state"].value_counts()
    whole = access.response_summary(along)

    assert told["unknown"] == pytest.approx(20, abs=2)
    assert told["unreachable"] == pytest.approx(20, abs=2)
    assert whole["unreachable"] == told["unreachable"]
    assert np.isinf(whole["worst_h"])
    assert whole["median_h"] == 1.0
    assert whole["share_beyond_6_h"] == pytest.approx(10 / 45.4, abs=0.03)


@given(hours=st.lists(st.floats(0, 20), min_size=1, max_size=30))
def test_summary_is_ordered_and_within_the_hours(hours: list[float]) -> None:
    along = pd.DataFrame({"hours": hours, "length_km": 1.0})
    found = access.response_summary(along, thresholds_h=(1, 3))

    assert min(hours) <= found["median_h"] <= found["p90_h"] <= found["worst_h"] == max(hours)
    assert found["share_beyond_3_h"] <= found["share_beyond_1_h"]
    assert np.mean(np.array(hours) <= found["median_h"]) >= 0.5


# -- the race ------------------------------------------------------------------------------------


def test_race_over_ground_has_the_margin_of_the_closed_form(corridor: bz.Corridor) -> None:
    """A row of villages 10 km behind the line, the response an hour away everywhere."""
    grid = corridor.grid(resolution_m=500)
    plain = grid.wrap(np.zeros(grid.shape, np.float32))
    km = 1 / 92.2
    villages = gpd.GeoSeries(
        [shapely.LineString([(41 + 10 * km, 33.9), (41 + 10 * km, 34.6)])], crs=4326
    )
    dash = access.dash_to_cover(
        plain, villages, speed=lambda s: 4.0 + 0 * s, corridor=corridor, side="east"
    )
    how: dict[str, Any] = {"detect_h": 0.25}
    race = access.race_to_cover(on(corridor, 1.0), dash, corridor, by="step", **how)

    assert race["dash_h"].to_numpy() == pytest.approx(10 / 4, abs=0.2)
    assert race["margin_h"].to_numpy() == pytest.approx(1.25, abs=0.2)
    assert race["outcome"].eq("response").all()
    table = access.race_to_cover(on(corridor, 1.0), dash, corridor, **how)
    assert table["response_share"].eq(1).all()
    assert (table["worst_margin_h"] <= table["median_margin_h"]).all()
    # Nobody flees to the side that has no cover.
    with pytest.raises(NoOverlapError):
        access.dash_to_cover(plain, villages, corridor=corridor, side="west")


# -- isochrones ----------------------------------------------------------------------------------


def test_isochrones_of_a_cone_are_circles() -> None:
    grid = bz.Grid.covering((-8e3, -8e3, 8e3, 8e3), resolution_m=100, crs=32637)
    cone = grid.wrap(np.hypot(*np.meshgrid(grid.x, grid.y)) / 4e3)
    bands = access.isochrones(cone, (0.5, 1.0, 1.5))

    radii = np.array([0, 2, 4, 6])
    assert bands["area_km2"].to_numpy() == pytest.approx(np.pi * np.diff(radii**2), rel=2e-3)
    assert bands.geometry.is_valid.all()
    assert bands.crs == 32637
    outer = bands.geometry.iloc[1]
    assert not outer.intersects(shapely.Point(0, 0))
    assert shapely.union_all(bands.geometry).area == pytest.approx(bands.area.sum(), rel=1e-9)


def test_isochrones_leave_out_what_is_not_reached() -> None:
    grid = bz.Grid.covering((0, 0, 4e3, 4e3), resolution_m=100, crs=32637)
    hours = np.ones(grid.shape)
    hours[:, 20:30], hours[:, 30:] = np.inf, np.nan
    bands = access.isochrones(grid.wrap(hours), (0.5, 2.0))

    assert bands["area_km2"].tolist() == [0.0, pytest.approx(8.0, abs=0.2)]
    assert bands.geometry.iloc[0].is_empty
    assert bands.attrs["unreachable_cells"] == 400
    assert bands.attrs["unknown_cells"] == 400


@given(seed=st.integers(0, 200))
def test_bands_cover_all_that_is_reached_in_time(seed: int) -> None:
    """Whatever the shape: areas add up, and cell centres lie in the band of their hours."""
    rng = np.random.default_rng(seed)
    grid = bz.Grid.covering((0, 0, 1200, 1000), resolution_m=100, crs=32637)
    hours = rng.uniform(0, 5, grid.shape)
    bands = access.isochrones(grid.wrap(hours), (1.0, 2.5, 6.0))

    assert bands["area_km2"].sum() == pytest.approx(1.2, rel=1e-6)
    x, y = np.meshgrid(grid.x, grid.y)
    for row in bands.itertuples():
        inside = shapely.contains_xy(row.geometry.buffer(1e-6), x, y)
        mine = (hours > row.from_h + 1e-9) & (hours < row.to_h - 1e-9)
        assert inside[mine].all()


# -- nights --------------------------------------------------------------------------------------


def test_a_night_on_flat_ground_has_the_reference_lengths() -> None:
    tobler, walker = (access.night_reach(34.0, speed=name) for name in ("tobler_off_path", "foot"))

    assert tobler.loc[[6, 12], "reach_km"].tolist() == pytest.approx([22.4, 36.6], abs=0.06)
    assert walker.loc[[6, 12], "reach_km"].tolist() == pytest.approx([20.8, 34.0], abs=0.06)
    dark = access.night_reach(34.0, speed=access.at_night("foot"))
    assert dark["reach_km"].to_numpy() == pytest.approx(0.8 * walker["reach_km"].to_numpy())
    half = access.night_reach(34.0, speed=access.at_night("foot", factor=0.5))
    assert half["reach_km"].to_numpy() == pytest.approx(0.5 * walker["reach_km"].to_numpy())


def test_night_on_the_ground_counts_both_sides_by_themselves(corridor: bz.Corridor) -> None:
    grid = corridor.grid(resolution_m=500)
    cells = corridor.cells(grid)
    km = np.abs(cells["offset_km"].to_numpy())
    hours = np.where(cells["side"].to_numpy() == 1, km / 2.0, km / 1.0)
    table = access.night_reach_on_ground(grid.wrap(hours, units="h"), corridor)

    assert table.index.get_level_values("side").unique().tolist() == ["west", "east"]
    night = table["night_h"].loc["east"]
    assert (table["farthest_km"].loc["east"] - night).abs().max() < 0.75
    assert (table["share"].loc["east"] * 20 - night).abs().max() < 0.75
    assert table["share"].loc["west"].max() == 1.0


def test_ground_of_an_enclave_is_that_of_its_country() -> None:
    """Llivia is Spanish, though the ring around it has France on its other hand."""
    border = bz.Border.between("ESP", "FRA")
    part = border.parts.iloc[-1]
    assert (part.is_ring, part.left == border.left) == (True, False)
    corridor = bz.Corridor.around(border, depth_km=4, segment_km=10)
    grid = corridor.grid(resolution_m=200)
    enclave = gpd.GeoSeries([shapely.Polygon(part.geometry.coords)], crs=4326).to_crs(grid.crs)[0]
    inside = shapely.contains_xy(enclave, *np.meshgrid(grid.x, grid.y))
    table = access.night_reach_on_ground(grid.wrap(np.where(inside, 1.0, np.inf)), corridor)

    reached = table["reached_km2"].xs(6, level="month")
    assert reached["ESP"] == pytest.approx(enclave.area / 1e6, rel=0.05)
    assert reached["FRA"] < 0.05 * reached["ESP"]


# -- what is refused -----------------------------------------------------------------------------


def _wrong(corridor: bz.Corridor) -> list[tuple[Callable[[], Any], type[Exception], str]]:
    fine, hours = on(corridor, 1.0), access
    steps = pd.DataFrame({"segment": [0], "hours": [1.0], "length_km": [1.0]})
    grid = bz.Grid.covering((0, 0, 4e3, 4e3), resolution_m=1000, crs=32638)
    elsewhere = grid.wrap(np.ones(grid.shape))
    long = bz.Corridor.around(bz.Border.between("CAN", "USA"), depth_km=20, segment_km=500)
    return [
        (lambda: hours.response_along_border(NONE, corridor), InvalidParameterError, "got NoneType"),
        (lambda: hours.response_along_border(fine, NONE), InvalidParameterError, "must be a Corridor"),
        (lambda: hours.response_along_border(-fine, corridor), InvalidParameterError, "0 or more"),
        (lambda: hours.response_along_border(fine, corridor, every_km=0), InvalidParameterError, "every_km"),
        (lambda: hours.response_along_border(fine.assign_attrs(units="min"), corridor), InvalidParameterError, "in hours, got units 'min'"),
        (lambda: hours.response_along_border(elsewhere, corridor), NoOverlapError, "none of the"),
        (lambda: hours.response_by_segment(steps, thresholds_h=(3, 1)), InvalidParameterError, "above 0 and rising"),
        (lambda: hours.response_summary(pd.DataFrame({"hours": [1.0]})), InvalidParameterError, "length_km is missing"),
        (lambda: hours.isochrones(fine, ()), InvalidParameterError, "breaks_h must be one number or more"),
        (lambda: hours.isochrones(fine, (3, 1)), InvalidParameterError, "above 0 and rising"),
        (lambda: hours.isochrones(fine, (-1, 1)), InvalidParameterError, "above 0"),
        (lambda: hours.isochrones(NONE), InvalidParameterError, "NoneType"),
        (lambda: hours.race_to_cover(fine, fine, corridor, by="day"), InvalidParameterError, "by must be one of segment, step"),
        (lambda: hours.dash_to_cover(fine, gpd.GeoSeries.from_xy([41], [34], crs=4326), side="east"), InvalidParameterError, "corridor and side together"),
        (lambda: hours.night_reach(95), InvalidParameterError, "latitude_deg"),
        (lambda: hours.night_reach(34, speed="hop"), InvalidParameterError, "speed must be one of"),
        (lambda: hours.night_reach(34, speed=lambda s: 0 * s), InvalidParameterError, "the speed on the flat"),
        (lambda: hours.night_reach_on_ground(fine, corridor, twilight="dusk"), InvalidParameterError, "twilight"),  # type: ignore[arg-type]
        (lambda: hours.night_reach_on_ground(elsewhere, corridor), CRSMismatchError, "make the grid with"),
        (lambda: hours.night_reach_on_ground([fine, fine], corridor), ShapeMismatchError, "2 rasters of hours for 1 sections"),
        (lambda: hours.night_reach_on_ground(fine, long), SeveralSectionsError, "sections"),
        (lambda: hours.at_night("hop"), InvalidParameterError, "speed must be one of"),
        (lambda: hours.at_night(lambda s: s), InvalidParameterError, "mode"),
        (lambda: hours.at_night("foot", factor=0), InvalidParameterError, "factor"),
    ]  # fmt: skip


@pytest.mark.parametrize("case", range(24))
def test_what_makes_no_sense_is_refused(case: int, corridor: bz.Corridor) -> None:
    call, error, message = _wrong(corridor)[case]
    with pytest.raises(error, match=message):
        call()
