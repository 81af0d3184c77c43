"""The two flags at places of which something is known, and how far the share moves with other choices."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
import xarray as xr
from pyproj import CRS

import borderzone as bz
from borderzone import access, difficulty
from borderzone.difficulty.flagging import CAVE_MEANINGS
from borderzone.difficulty.ground_check import NAMED_GROUND
from borderzone.grid import UNKNOWN_CLASS, Grid
from borderzone.report.public import edition
from borderzone.report.tables import tables
from borderzone.study import told

if TYPE_CHECKING:
    import pandas as pd

    from borderzone.study import StudyResult

DOCS = Path(__file__).parents[2] / "docs"
# Remote desert, and the class of susceptibility to caves; never a cave.
FOUND = {
    "Sinjar": ("no", "high"),
    "Wadi Hauran at Rutba": ("outside", "medium"),
    "Wadi Hauran, mouth": ("outside", "medium"),
    "Qarachogh": ("outside", "unknown"),
    "Hamrin": ("outside", "unknown"),
    "Makhoul": ("outside", "unknown"),
    "Qaim": ("no", "medium"),
    "Rabia": ("no", "unknown"),
    "Tripoint with Jordan": ("yes", "unknown"),
    "Tripoint with Turkey": ("no", "unknown"),
    "Al Qa'im": ("no", "medium"),
    "Sinjar town": ("no", "high"),
    "Al Ba'aj": ("no", "unknown"),
    "Zaxo": ("no", "unknown"),
    "Saymayl": ("no", "unknown"),
    "Albu Kamal": ("no", "unknown"),
    "Hajin": ("no", "unknown"),
    "Al Hawl": ("out of reach", "unknown"),
    "Ash Shaddadah": ("out of reach", "unknown"),
    "Al Ya`rubiyah": ("no", "unknown"),
}


def named(result: StudyResult) -> pd.DataFrame:
    """Give the table of named ground by name."""
    assert result.ground.named is not None
    return result.ground.named.set_index("name")


def test_named_ground_has_the_classes_that_are_expected(result: StudyResult) -> None:
    """Ten areas and ten towns; where no rock is mapped the table says so and claims nothing."""
    table = named(result)
    assert (
        dict(zip(table.index, zip(table["remote"], table["cave"], strict=True), strict=True))
        == FOUND
    )
    assert table["kind"].value_counts().to_dict() == {"area": 10, "town": 10}
    assert "no" not in {*table["remote_agrees"], *table["cave_agrees"]}
    blank = table[table["cave_agrees"] == "not mapped"]
    assert blank.index.tolist() == ["Qarachogh", "Hamrin"]
    assert (table["remote_agrees"] == "yes").sum() == 10
    # A town of the other country is expected to be nothing: no force of this study is at home there.
    assert (table.loc["Albu Kamal":, "remote_expected"] == "").all()
    assert (table["source"] != "").all()


def test_a_place_has_the_class_that_half_of_its_known_cells_reach() -> None:
    """Of an area those within 10 km, of a town the one that holds it; any class, and some unknown."""
    corridor = bz.Corridor.around(bz.Border.between("IRQ", "SYR"), depth_km=30)
    grid = corridor.grid(resolution_m=5000)
    classes = np.random.default_rng(1).choice([0, 1, 2, 3, UNKNOWN_CLASS], grid.shape)
    even = grid.wrap(np.ones(grid.shape, dtype=np.float32))
    layers = dict.fromkeys(
        ("remote_desert", "bare_share", "hours", "karst_rank", "cave_raised"), even
    )
    cave = grid.wrap(classes.astype(np.uint8)).assign_attrs(cell_m=5000)
    found = difficulty.named_ground(xr.Dataset(layers | {"cave_prone": cave}), corridor, side="IRQ")
    assert found is not None
    inside = (corridor.cells(grid)["segment"] >= 0).to_numpy()
    rows = found.set_index("name")
    places = [place for place in NAMED_GROUND if place.name in rows.index]
    assert {place.radius_km for place in places} == {0.0, 10.0}
    for place in places:
        [point] = gpd.GeoSeries([shapely.Point(place.lon, place.lat)], crs=4326).to_crs(grid.crs)
        away_m = np.hypot(grid.x[None, :] - point.x, grid.y[:, None] - point.y)
        near = (away_m <= 1000 * place.radius_km) if place.radius_km else away_m == away_m.min()
        known = classes[near & inside & (classes != UNKNOWN_CLASS)]
        reached = [class_ for class_ in range(4) if known.size and (known >= class_).mean() >= 0.5]
        expected = CAVE_MEANINGS[reached[-1]].replace("_", " ") if reached else "unknown"
        assert rows.loc[place.name, "cave"] == expected, place.name


def test_the_page_has_what_the_study_finds(result: StudyResult) -> None:
    page = " ".join((DOCS / "explanation" / "ground_check.md").read_text(encoding="utf-8").split())
    for name, row in named(result).iterrows():
        assert f"| {name} | {row['remote']} | {row['cave']} |" in page, name
    moves = result.ground.remote_moves
    assert moves is not None
    rows: Any = moves.itertuples()
    for row in rows:
        points = f"{told.signed(100 * row.difference)} points"
        assert f"| {row.change} | {told.percent(row.remote_share)} | {points} |" in page, row.change


def test_half_the_speed_is_the_share_at_half_the_hours(result: StudyResult) -> None:
    """All times scale, so what is told at 1 and 3 h is what half and one and a half times the speed give."""
    moves, shares = result.ground.remote_moves, result.flagged_share
    assert moves is not None
    assert shares is not None
    by_hours = shares[shares["side"] == "IRQ"].set_index("threshold_h")["remote_share"]
    found = moves.set_index("change")["remote_share"]
    assert found["as defined"] == pytest.approx(by_hours[2])
    assert found["speed 50 % lower"] == pytest.approx(by_hours[1])
    assert found["speed 50 % higher"] == pytest.approx(by_hours[3])
    assert found["open shrubland counts as bare"] >= found["as defined"]
    assert "without the roads given" not in found


def test_the_public_edition_tells_of_places_nothing_that_posts_decide(result: StudyResult) -> None:
    """Rock alone, where travel times start at posts; all of it where they start at towns."""
    open_ = tables(edition(result, "public"))
    assert {"remote_moves", "named_ground"} <= set(open_)
    assert "remote" in open_["named_ground"]
    posts = gpd.GeoDataFrame(
        {"name": ["x"], "country": ["IRQ"]}, geometry=[shapely.Point(41.3, 34.2)], crs=4326
    )
    scenario = bz.Scenario(resolution_m=5000, draws=100, imputations=20)
    posted = bz.Study(
        border=bz.Border.between("IRQ", "SYR"), origins=posts, incidents=None, scenario=scenario
    ).run(seed=1)
    assert (named(posted)["remote_expected"] == "").all()
    shown = tables(edition(posted, "public"))
    assert "remote_moves" not in shown
    assert [name for name in shown["named_ground"] if "remote" in str(name)] == []
    assert "cave" in shown["named_ground"]
    assert "remote" in tables(edition(posted, "internal"))["named_ground"]


def test_a_plain_of_forty_kilometres_is_remote_as_worked_by_hand() -> None:
    """Off the road at 15 km/h 2.67 h, on a track at 25 km/h 1.6 h."""
    grid = Grid.covering((0, 0, 60_000, 6_000), resolution_m=1000, crs=CRS(32637))
    dem = grid.wrap(np.zeros(grid.shape, dtype=np.float32), name="elevation_m", units="m")
    town = gpd.GeoSeries([shapely.Point(10_500, 2_500)], crs=grid.crs)
    track = gpd.GeoDataFrame(
        {"class": ["track"]},
        geometry=[shapely.LineString([(500, 2500), (59_500, 2500)])],
        crs=grid.crs,
    )
    there = {"x": 50_500, "y": 2_500}
    cover = xr.Dataset({"bare_share": grid.wrap(np.ones(grid.shape, dtype=np.float32))})
    for ways, expected, remote in (
        (access.Ways(), 40 / 15, {1.0: 1, 2.0: 1, 3.0: 0}),
        (access.Ways(roads=access.Roads(lines=track)), 40 / 25, {1.0: 1, 2.0: 0, 3.0: 0}),
    ):
        hours = access.travel_time(dem, town, speed="vehicle_off_road", ways=ways)
        assert float(hours.sel(there)) == pytest.approx(expected, rel=1e-3)
        for limit, flag in remote.items():
            found = difficulty.flags(xr.Dataset(), hours, cover, remote_hours=limit)
            assert float(found["remote_desert"].sel(there)) == flag
