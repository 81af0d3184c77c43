"""Whose force it is: it starts and drives on its own country's ground, and stops at the border."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

import borderzone as bz
from borderzone import access, datasets
from borderzone.errors import InvalidScenarioError
from borderzone.figures import alt_text
from borderzone.study import told
from borderzone.study.force_side import ForceHours
from borderzone.study.layers import StudyArea
from borderzone.study.reach import WayLayers

if TYPE_CHECKING:
    from pathlib import Path

    from borderzone.study import Ground, StudyResult

# A straight border of 100 km over a plain.
LINE = shapely.LineString([(41.0, 34.0), (41.0, 34.9)])
BORDER = bz.Border.from_line(LINE, names=("west", "east"))
KM_IN_DEG = 1 / 92.0  # of longitude, at latitude 34.45
SMALL: dict[str, Any] = {
    "depth_km": 40,
    "segment_km": 20,
    "draws": 100,
    "imputations": 10,
    "max_units": 100,
}


def at(x: float, y: float) -> shapely.Point:
    """Place in km east and north of the middle of the border."""
    return shapely.Point(41.0 + x * KM_IN_DEG, 34.45 + y / 111.0)


def posts(*places: tuple[float, float], **columns: Any) -> gpd.GeoDataFrame:
    """Make a table of posts."""
    return gpd.GeoDataFrame(columns, geometry=[at(*place) for place in places], crs=4326)


def plain(origins: Any, *, ground: Any = None, **changes: Any) -> bz.Study:
    """Make a study on flat ground, 100 m high, or on ground of one's own."""
    scenario = bz.Scenario(**SMALL | {k: changes.pop(k) for k in list(changes) if k in
                                      bz.Scenario.model_fields})  # fmt: skip
    corridor = bz.Corridor.around(BORDER, depth_km=40, segment_km=20)
    grid = corridor.grid(resolution_m=scenario.resolution_m).padded(30)
    dem = grid.wrap(np.full(grid.shape, 100, np.float32) if ground is None else ground, units="m")
    usual: dict[str, Any] = {"landcover": None, "karst": None, "dem": dem, "origins": origins}
    return bz.Study(border=BORDER, scenario=scenario, **usual | changes)


@cache
def ground_of(side: str) -> Ground:
    """Read the plain with a post 30 km west of the border and one 10 km east of it."""
    return plain(posts((-30, 0), (10, 0)), force_side=side).read_ground()


def hours_of(ground: Ground) -> Any:
    assert ground.layers is not None
    return ground.layers["hours_vehicle"].to_numpy(), ground.layers["side"].to_numpy()


@pytest.mark.parametrize(("side", "away_km"), [("west", 30), ("east", 10)])
def test_only_the_posts_of_its_own_side_count(side: str, away_km: float) -> None:
    """To the line it is a distance over 15 km/h, from a post across it there is no way."""
    ground = ground_of(side)
    assert ground.reach is not None
    assert ground.reach.along is not None
    assert ground.origins is not None
    assert len(ground.origins) == 1
    assert ground.reach.along["hours"].min() == pytest.approx(away_km / 15, abs=0.15)
    assert ground.reach.along["state"].eq("reached").all()
    assert "Left out as origins: 1 place in other countries." in ground.notes
    assert any(f"The force is that of {side} (force_side)" in note for note in ground.notes)


@pytest.mark.parametrize(("side", "number"), [("west", 1), ("east", 2)])
def test_ground_across_the_border_is_never_reached(side: str, number: int) -> None:
    """Infinite, not unknown and not 0; on its own ground the hours are those of one post alone."""
    ground = ground_of(side)
    hours, sides = hours_of(ground)
    assert np.isposinf(hours[sides == 3 - number]).all()
    assert np.isfinite(hours[sides == number]).all()
    assert ground.origins is not None
    area = StudyArea.of(ground.corridor, bz.Scenario(**SMALL, force_side=side), 50.0)
    free = access.travel_time(area.wide.wrap(np.full(area.wide.shape, 100, np.float32)),
                              ground.origins.geometry)  # fmt: skip
    alone = area.crop(free).to_numpy()
    np.testing.assert_array_equal(hours[sides == number], alone[sides == number])


def test_the_side_is_one_of_the_borders_two_by_any_of_its_names() -> None:
    border = bz.Border.between("IRQ", "SYR")
    for name in ("Iraq", "iq", "IRQ"):
        study = bz.Study(border=border, scenario=bz.Scenario(force_side=name))
        assert study.scenario.force_side == "IRQ"
    for wrong in ("JOR", "left"):
        with pytest.raises(
            InvalidScenarioError, match=rf"force_side must be 'IRQ' or 'SYR', got '{wrong}'"
        ):
            bz.Study(border=border, scenario=bz.Scenario(force_side=wrong))
    for nothing in (3, "", ["IRQ"]):
        with pytest.raises(InvalidScenarioError, match="force_side"):
            bz.Scenario(force_side=nothing)


def test_a_study_says_whose_force_it_is_where_nobody_stated_it() -> None:
    """The country that was named first."""
    assert bz.Scenario().force_side is None
    assert bz.Study.default().scenario.force_side == "IRQ"
    assert bz.Study(border=bz.Border.between("SYR", "IRQ")).scenario.force_side == "SYR"
    assert plain(None).scenario.force_side == "west"


def test_the_side_goes_through_a_file_and_a_sweep(tmp_path: Path) -> None:
    text = 'a = "IRQ"\nb = "SYR"\n[scenario]\nforce_side = "Syria"\n'
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    study = bz.Study.from_toml(tmp_path / "study.toml")
    assert study.scenario.force_side == "SYR"
    assert bz.Scenario(**SMALL, force_side="SYR").to_toml().count('force_side = "SYR"') == 1

    both = plain(posts((-30, 0), (10, 0)))
    with pytest.raises(InvalidScenarioError, match="force_side must be 'west' or 'east'"):
        bz.sweep(both, {"force_side": ["north", "east"]})
    results = [
        both.with_scenario(both.scenario.changed({"force_side": side})).run(ground=ground_of(side))
        for side in ("west", "east")
    ]
    assert len({result.run_id for result in results}) == 2
    with pytest.raises(InvalidScenarioError, match="read under other assumptions"):
        plain(posts((-30, 0)), force_side="east").run(ground=ground_of("west"))


def test_a_column_says_whose_a_post_is_where_it_names_a_country() -> None:
    """A post just across a coarse line is still that country's."""
    table = posts((-30, 0), (1.5, 20), (10, 0), country=["our own", "west", "east"])
    ground = plain(table).read_ground()
    assert ground.origins is not None
    assert ground.origins["country"].tolist() == ["our own", "west"]
    hours, _ = hours_of(ground)
    assert hours.min() == 0


def test_posts_that_all_lie_across_are_no_origins_and_the_way_out_is_told() -> None:
    ground = plain(posts((10, 0), (20, 5))).read_ground()
    assert ground.origins is None
    assert ground.reach is not None
    assert ground.reach.along is None
    assert ground.missing["origins"].reason == (
        "none of the origins given near this corridor lies in west, whose force it is "
        "(force_side = 'west')"
    )


def test_a_road_across_the_border_carries_nobody() -> None:
    """A motorway that leaves the country and comes back far off shortens no way."""
    there = [at(-31, 0), at(6, 0), at(6, 40), at(-6, 40)]
    road = gpd.GeoDataFrame({"kind": ["motorway"]}, geometry=[shapely.LineString(there)], crs=4326)
    home = gpd.GeoDataFrame(
        {"kind": ["motorway"]}, geometry=[shapely.LineString(there[:2])], crs=4326
    )
    way, only = (
        plain(posts((-30, 0)), roads=lines, road_class="kind").read_ground().reach
        for lines in (road, home)
    )
    assert way is not None
    assert only is not None
    assert way.along is not None
    assert only.along is not None
    far: Any = only.along["hours"].idxmax()
    assert way.along["hours"].loc[far] >= 0.98 * only.along["hours"].loc[far]


def test_finer_cells_stop_at_the_border_too() -> None:
    """Half of the ground is across; none of the own ground beside the line is taken for it."""
    fine = plain(posts((-30, 0)), terrain_resolution_m=1000.0).read_ground()
    hours, sides = hours_of(fine)
    assert np.isposinf(hours[sides == 2]).all()
    assert fine.members is not None
    remote = fine.members["member_remoteness"].to_numpy()
    assert remote[sides == 2].min() == 1
    # Of the cells beside the line a part may lie across, and no other.
    coarse = ground_of("west")
    assert coarse.members is not None
    own = coarse.members["member_remoteness"].to_numpy()
    inner = (sides == 1) & (coarse.layers["offset_km"].to_numpy() < -3)  # type: ignore[index]
    inner |= (sides == 1) & (coarse.layers["offset_km"].to_numpy() > 3)  # type: ignore[index]
    np.testing.assert_allclose(remote[inner], own[inner], atol=0.05)


@given(seed=st.integers(0, 2**31), across_km=st.floats(6, 39), along_km=st.floats(-45, 45))
@settings(max_examples=10)
def test_swapping_the_side_and_mirroring_the_ground_mirrors_the_hours(
    seed: int, across_km: float, along_km: float
) -> None:
    """The border runs between two rows of cells, and beside it the ground is flat."""
    corridor = bz.Corridor.around(BORDER, depth_km=40, segment_km=20)
    scenario = bz.Scenario(**SMALL, resolution_m=5000)
    area = StudyArea.of(corridor, scenario.changed({"force_side": "west"}), 20.0)
    half = int(area.wide.bounds[3] // 5000) - 1
    rows, columns = area.wide.shape
    z = np.random.default_rng(seed).normal(0, 200, (2 * half, columns)).astype(np.float32)
    z[half - 3 : half + 3] = 0
    found = []
    for side, sign, ground in (("west", -1, z), ("east", 1, z[::-1])):
        area = replace(area, scenario=scenario.changed({"force_side": side}))
        dem = area.wide.wrap(np.full((rows, columns), np.nan, np.float32))
        dem.values[rows - 2 * half :] = ground
        origins = posts((sign * across_km, along_km))
        force = ForceHours.of(area, dem, origins, xr.Dataset(), WayLayers())
        found.append(force.inside("vehicle_off_road").to_numpy()[rows - 2 * half :])
    assert np.isfinite(found[0]).any()
    assert np.isinf(found[0]).any()
    np.testing.assert_allclose(found[1][::-1], found[0], rtol=1e-6)


def test_the_built_in_study_is_that_of_iraq(result: StudyResult) -> None:
    """Of 317 towns and airfields around 44 are Iraq's; shares are told for its half and for all."""
    assert result.ground.origins is not None
    assert set(result.ground.origins["country"]) == {"IRQ"}
    assert len(result.ground.origins) == 44
    assert "Left out as origins: 273 places in other countries." in result.notes
    own, both = told.remote_desert(result), told.remote_desert(result, whole=True)
    assert (own.chosen, both.chosen) == pytest.approx((0.606, 0.653), abs=0.003)
    assert f"({told.percent(own.chosen)}) of Iraq's half of the corridor" in result.summary[1]
    assert "off-road drive from any town or open airfield in Iraq" in result.summary[1]
    notes = " ".join(told.flagged_notes(result))
    assert f"of the whole corridor {told.percent(both.chosen)}" in notes
    assert "Iraq's half of the corridor is 31,699 of 60,389 km2" in notes
    assert result.ground.layers is not None
    hours, sides = (
        result.ground.layers["hours_vehicle"].to_numpy(),
        result.ground.layers["side"].to_numpy(),
    )
    assert np.isposinf(hours[sides == 1]).all()
    # Of a shift of 12 h the drive to the line and back leaves a third.
    assert result.segments["on_line_share"].mean() == pytest.approx(0.353, abs=0.005)


def test_shares_of_the_whole_corridor_are_those_of_its_two_halves(result: StudyResult) -> None:
    """Across the border all bare ground counts, and nothing else."""
    table, layers = result.flagged_share, result.ground.layers
    assert table is not None
    assert layers is not None
    sides, bare = layers["side"].to_numpy(), layers["bare_share"].to_numpy() > 0.5
    n_own, n_across = (sides == 2).sum(), (sides == 1).sum()
    by_side = table.pivot_table(index="threshold_h", columns="side", values="remote_share")
    whole = (by_side["IRQ"] * n_own + bare[sides == 1].sum()) / (n_own + n_across)
    np.testing.assert_allclose(by_side["both"], whole, rtol=1e-9)


@pytest.fixture(scope="module")
def jordan() -> dict[str, StudyResult]:
    """Run Jordan and Iraq with the force of each."""
    border = bz.Border.between("JOR", "IRQ")
    less = {"draws": 100, "imputations": 10, "resolution_m": 5000.0, "max_units": 100}
    return {
        side: bz.Study(border=border, scenario=bz.Scenario(**less, force_side=side)).run()
        for side in ("JOR", "IRQ")
    }


def test_each_side_of_a_border_has_its_own_force(jordan: dict[str, StudyResult]) -> None:
    for side, result in jordan.items():
        assert result.ground.origins is not None
        assert set(result.ground.origins["country"]) == {side}
        name = {"JOR": "Jordan", "IRQ": "Iraq"}[side]
        assert f"of {name}'s half of the corridor" in result.summary[1]
        assert f"in {name}" in alt_text(result, "travel_time_map")
        own = told.remote_desert(result)
        assert own.low <= own.chosen <= own.high
    sides = {name: told.remote_desert(result).chosen for name, result in jordan.items()}
    assert sides["JOR"] != sides["IRQ"]


def test_a_camp_of_displaced_people_is_no_origin_and_names_no_zone(
    jordan: dict[str, StudyResult],
) -> None:
    places = datasets.places()
    camps = places[places["kind"] == datasets.CAMP]
    assert camps["asciiname"].tolist() == ["Rukban"]
    result = jordan["JOR"]
    assert result.ground.origins is not None
    assert "Rukban" not in set(result.ground.origins["name"])
    assert any("and 1 camp of displaced people." in note for note in result.notes)
    assert "Rukban" not in set(result.ground.furniture["places"]["asciiname"])
    assert result.zones is not None
    assert not result.zones["near"].isin(camps["name"]).any()
