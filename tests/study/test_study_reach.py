"""Reach in a study: response times, roads, barriers, the race to cover, and the reach of a night."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from changed_results import changed

import borderzone as bz
from borderzone import figures
from borderzone.errors import (
    BorderzoneError,
    CRSMismatchError,
    InvalidParameterError,
    InvalidScenarioError,
)
from borderzone.figures.grammar import figure_of
from borderzone.report.public import edition
from borderzone.report.readable import flagged_table
from borderzone.report.sections import reach_words, response_table, sight_words
from borderzone.study import told
from borderzone.study.reach import BREAKS_H
from borderzone.study.told import flagged_sentence

if TYPE_CHECKING:
    from pathlib import Path

    from borderzone.study import StudyResult

# A straight border of 100 km over a plain, west of it a post 30 km away.
LINE = shapely.LineString([(41.0, 34.0), (41.0, 34.9)])
KM_IN_DEG = 1 / 92.0  # of longitude, at latitude 34.45
POST = gpd.GeoDataFrame(
    {"name": ["a post"]}, geometry=[shapely.Point(41.0 - 30 * KM_IN_DEG, 34.45)], crs=4326
)
SMALL: dict[str, Any] = {
    "depth_km": 40,
    "segment_km": 20,
    "draws": 100,
    "imputations": 10,
    "max_units": 100,
}


def plain(**layers: Any) -> bz.Study:
    """Make a study on flat ground, 100 m high."""
    border = bz.Border.from_line(LINE, names=("west", "east"))
    scenario = bz.Scenario(**SMALL)
    corridor = bz.Corridor.around(border, depth_km=40, segment_km=20)
    grid = corridor.grid(resolution_m=scenario.resolution_m).padded(30)
    dem = grid.wrap(np.full(grid.shape, 100, np.float32), units="m")
    usual: dict[str, Any] = {"origins": POST, "landcover": None, "karst": None}
    return bz.Study(border=border, dem=dem, scenario=scenario, **usual | layers)


def reach_of(study: bz.Study) -> Any:
    """Read the ground alone: nothing here depends on patrols."""
    found = study.read_ground().reach
    assert found is not None
    return found


@pytest.fixture(scope="module")
def reach() -> Any:
    return reach_of(plain())


def lonlat(*points: tuple[float, float]) -> list[tuple[float, float]]:
    """Places in km east and north of the middle of the border."""
    return [(41.0 + x * KM_IN_DEG, 34.45 + y / 111.0) for x, y in points]


def layer(*shapes: Any, **columns: Any) -> gpd.GeoDataFrame:
    """Make a table in longitude and latitude."""
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=4326)


def test_on_a_plain_the_response_is_a_distance_over_a_speed(reach: Any) -> None:
    """At 15 km/h, within the 2.75 % of 16 neighbours and a cell."""
    along = reach.along
    straight_h = np.hypot(30, along["chainage_km"] - 50) / 15
    slack_h = 2.0 * np.sqrt(2) / 15

    assert (along["hours"] <= 1.0275 * straight_h + slack_h).all()
    assert (along["hours"] >= straight_h - slack_h).all()
    assert reach.response["response_worst_h"].max() == pytest.approx(along["hours"].max())
    assert (reach.response["response_median_h"] <= reach.response["response_worst_h"]).all()


def test_bands_of_time_share_out_the_corridor(reach: Any) -> None:
    """Areas of circles around the post where it is not cut by the corridor."""
    bands = reach.bands

    assert bands["share"].sum() == pytest.approx(1)
    assert bands["from_h"].tolist() == [0, *BREAKS_H]
    # 15 km around a post 10 km from the western edge: a circle less a segment of it.
    whole, half = np.pi * 15**2, np.arccos(10 / 15)
    cut = 15**2 * (half - np.sin(half) * np.cos(half))
    assert bands.loc[0, "area_km2"] == pytest.approx(whole - cut, rel=0.05)


def test_a_night_on_a_plain_reaches_as_deep_as_it_is_long(reach: Any) -> None:
    """Deepest ground and share of a side, within a cell and a half of 500 m."""
    night = reach.night.loc["east"]

    assert night["farthest_km"].sub(night["flat_km"]).abs().max() < 0.8
    assert (night["share"] * 40).sub(night["flat_km"]).abs().max() < 0.8
    assert night.loc[12, "share"] > night.loc[6, "share"]
    # Nautical night at 34.45 degrees, at 0.8 of the flat speed off roads.
    assert night.loc[12, "flat_km"] == pytest.approx(0.8 * 2.802646 * 12.15, abs=0.2)


def test_a_road_shortens_the_way_and_its_speed_can_be_told(reach: Any) -> None:
    """From the post along a road to the border."""
    road = layer(shapely.LineString(lonlat((-31, 0), (1, 0))), kind=["track"])
    tracks = reach_of(plain(roads=road, road_class="kind"))
    fast = plain(roads=road, road_class="kind")
    faster = reach_of(
        fast.with_scenario(fast.scenario.model_copy(update={"road_speeds_km_h": {"track": 90.0}}))
    )

    assert reach.along["hours"].min() == pytest.approx(2.0, abs=0.15)
    assert tracks.along["hours"].min() == pytest.approx(30 / 25, abs=0.15)
    assert faster.along["hours"].min() == pytest.approx(30 / 90, abs=0.15)
    assert tracks.on_roads
    assert not reach.on_roads


def test_a_river_is_passed_at_its_crossings_only(reach: Any) -> None:
    """A river between post and border, without and with a bridge at its northern end."""
    river = layer(shapely.LineString(lonlat((-15, -90), (-15, 90))))
    bridge = layer(shapely.Point(lonlat((-15, 40))[0]))
    barred = reach_of(plain(barriers=river))
    bridged = reach_of(plain(barriers=river, crossings=bridge))

    # Around its ends, 90 km off, there is a way.
    assert barred.along["hours"].min() > 6
    middle = bridged.along.loc[bridged.along["chainage_km"].sub(50).abs().idxmin(), "hours"]
    assert middle == pytest.approx(2 * np.hypot(15, 40) / 15, rel=0.06)
    assert (bridged.along["hours"] >= reach.along["hours"] - 1e-6).all()


def test_roads_pass_barriers_only_if_asked() -> None:
    """A track that reaches a ditch may end there."""
    road = layer(shapely.LineString(lonlat((-31, 0), (1, 0))), kind=["track"])
    ditch = layer(shapely.LineString(lonlat((-15, -90), (-15, 90))))
    ends = reach_of(plain(roads=road, road_class="kind", barriers=ditch))
    passes = reach_of(plain(roads=road, road_class="kind", barriers=ditch, roads_cross=True))

    assert ends.along["hours"].min() > 6
    assert passes.along["hours"].min() == pytest.approx(30 / 25, abs=0.15)


def test_the_race_to_cover_has_the_winner_of_the_closed_form() -> None:
    """Villages 20 km from the line, on the side of the force; the post is 30 km away, at 15 km/h."""
    villages = shapely.MultiPoint(lonlat(*((-20, y) for y in range(-60, 61, 2))))
    study = plain(cover=layer(villages))
    race = reach_of(study).race

    # 20 km on foot take 7.1 h, the way to any kilometre less than 4: the response is first.
    assert race.index.get_level_values("side").unique().tolist() == ["west"]
    assert race["response_share"].eq(1).all()
    quick = study.with_scenario(
        study.scenario.model_copy(update={"crosser": "vehicle", "crosser_vehicle_km_h": 40.0})
    )
    assert reach_of(quick).race["crosser_share"].eq(1).all()


def test_what_lies_nowhere_near_is_told_and_changes_nothing() -> None:
    far = layer(shapely.Point(10, 50))
    ground = plain(cover=far, crossings=layer(shapely.Point(41, 34.4))).read_ground()

    assert any("cover given lie nowhere near" in note for note in ground.notes)
    assert any("no barriers that they would open" in note for note in ground.notes)
    assert ground.reach is not None
    assert ground.reach.race is None


def test_layers_of_the_wrong_kind_are_refused() -> None:
    road = layer(shapely.LineString(lonlat((-31, 0), (1, 0))), kind=["goat path"])
    with pytest.raises(InvalidParameterError, match="goat path have no speed; known are motorway"):
        plain(roads=road, road_class="kind").read_ground()
    with pytest.raises(InvalidParameterError, match="class_column"):
        plain(roads=road).read_ground()
    with pytest.raises(CRSMismatchError, match="barriers have no CRS"):
        plain(barriers=gpd.GeoDataFrame(geometry=[LINE])).read_ground()
    with pytest.raises(
        InvalidParameterError, match=r"cover must be a path, a geopandas\.GeoDataFrame"
    ):
        plain(cover=3).read_ground()
    with pytest.raises(InvalidScenarioError, match="report_minutes"):
        bz.Scenario(report_minutes=-1)
    with pytest.raises(InvalidScenarioError, match="light_year"):
        bz.Scenario(light_year=1492)


def test_a_study_file_names_them(tmp_path: Path) -> None:
    """Paths are relative to the file."""
    road = layer(shapely.LineString([(41.0, 34.4), (41.2, 34.4)]), kind=["track"])
    road.to_file(tmp_path / "roads.geojson", driver="GeoJSON")
    text = 'a = "IRQ"\nb = "SYR"\nroads = "roads.geojson"\nroad_class = "kind"\n'
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    study = bz.Study.from_toml(tmp_path / "study.toml")

    assert study.roads == str(tmp_path / "roads.geojson")
    assert study.road_class == "kind"


def test_the_built_in_study_tells_reach_by_segment(result: StudyResult) -> None:
    reach = result.reach
    assert reach is not None
    assert reach.along is not None
    assert reach.bands is not None
    assert len(reach.along) == 600
    half = bz.Corridor.around(result.border, depth_km=50, segment_km=600, side="IRQ")
    assert reach.bands["area_km2"].sum() == pytest.approx(half.area_km2, rel=1e-3)
    assert reach.half_km2 == pytest.approx(half.area_km2, rel=1e-9)
    across = result.corridor.area_km2 - half.area_km2
    assert reach.across_km2 == pytest.approx(across, rel=1e-3)
    for limit in BREAKS_H:
        # The same share from kilometres and from segments.
        beyond = (
            result.segments[f"response_share_beyond_{limit:g}_h"] * result.segments["length_km"]
        ).sum()
        length = reach.along["length_km"]
        assert beyond / length.sum() == pytest.approx(
            length[reach.along["hours"] > limit].sum() / length.sum()
        )
    assert result.reach.light["sunset"].loc["south"].between(9.5, 14.5).all()


def test_the_public_edition_tells_nothing_in_which_posts_could_be_read() -> None:
    """Neither times along the border nor bands; the reach of a night is no secret."""
    full = plain(cover=layer(shapely.Point(lonlat((-20, 0))[0]))).run(seed=1)
    shown = edition(full, "public").result

    assert shown.reach is not None
    assert full.reach is not None
    assert full.reach.race is not None
    assert (shown.reach.along, shown.reach.bands, shown.reach.race) == (None, None, None)
    assert not [name for name in shown.segments.columns if name.startswith("response_")]
    for figure in (figures.travel_time_map, figures.response_times, figures.race_to_cover):
        figure(full)
        with pytest.raises(InvalidParameterError, match=r"posts are not shown|no cover"):
            figure(shown)
    figures.night_reach(shown)


@pytest.fixture(scope="module")
def fine() -> Any:
    """Run a flat border of 20 km on cells of 90 m, a post in its middle and one off the map."""
    border = bz.Border.from_line(shapely.LineString([(41.0, 34.0), (41.0, 34.18)]))
    scenario = bz.Scenario(**SMALL | {"depth_km": 8, "segment_km": 10}, resolution_m=90)
    grid = bz.Corridor.around(border, depth_km=8, segment_km=10).grid(resolution_m=90).padded(560)
    dem = grid.wrap(np.full(grid.shape, 100, np.float32), units="m")
    posts = gpd.GeoDataFrame(geometry=gpd.points_from_xy([41.0, 44.0], [34.09, 34.09]), crs=4326)
    return bz.Study(
        border=border, dem=dem, origins=posts, landcover=None, karst=None, scenario=scenario
    ).run(seed=1)


def test_posts_on_a_plain_see_the_circle_of_their_range(fine: Any) -> None:
    """Its horizon is farther than the 8 km of the corridor and the 10 km of the look."""
    radius, deep = 10.0, 8.0
    half = np.arccos(deep / radius)
    strip = np.pi * radius**2 - 2 * radius**2 * (half - np.sin(half) * np.cos(half))

    assert fine.reach.posts.n_posts == 1
    assert fine.reach.posts.by_segment["post_seen_km2"].sum() == pytest.approx(strip, rel=0.01)
    assert fine.segments["post_seen_share"].between(0, 1).all()
    assert fine.reach.posts.share == pytest.approx(strip / fine.corridor.area_km2, rel=0.01)
    assert fine.segments["f_mask_source"].eq("lines of sight").all()


def test_what_posts_see_is_told_in_the_internal_edition_only(fine: Any) -> None:
    shown = edition(fine, "public").result

    assert shown.reach.posts is None
    assert not [name for name in shown.segments if str(name).startswith("post_")]
    assert edition(fine, "internal").result.reach.posts is not None


def test_coarse_ground_shows_no_sight_from_posts() -> None:
    assert plain().read_ground().reach.posts is None


FIGURES_OF_REACH = (
    "travel_time_map",
    "response_times",
    "race_to_cover",
    "sight_lines",
    "night_reach",
)


@pytest.mark.usefixtures("one_format")
def test_the_report_tells_reach_and_sight(fine: Any, tmp_path: Path) -> None:
    """In words, pictures and tables; the race only where cover was given."""
    road = layer(shapely.LineString(lonlat((-31, 0), (1, 0))), kind=["track"])
    full = plain(
        cover=layer(shapely.Point(lonlat((-20, 0))[0])), roads=road, road_class="kind"
    ).run()
    bz.write_report(full, tmp_path / "out", detail="internal")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")

    assert "roads count as given" in page
    assert "It is first at the line on" in page
    assert "It predicts no crossing" in page
    for name in FIGURES_OF_REACH:
        assert (tmp_path / "out" / "figures" / f"{name}.txt").is_file()
    for name in ("response_times", "race_to_cover", "night_reach", "light"):
        assert (tmp_path / "out" / "tables" / f"{name}.csv").is_file()
    words = " ".join(sight_words(fine))
    assert "From 1 post with eyes 10 m above the ground" in words
    assert "seen ground is not watched ground" in words
    assert "was measured, line of sight by line of sight" in words


def test_hours_without_roads_are_told_as_an_upper_bound_wherever_they_are_told() -> None:
    """In sentence, titles, descriptions and heads of tables; with roads nowhere."""
    road = layer(shapely.LineString(lonlat((-31, 0), (1, 0))), kind=["track"])
    bound = "hours are without roads, so an upper bound"
    for with_roads in (False, True):
        study = plain(roads=road, road_class="kind") if with_roads else plain()
        full = study.run(seed=1)
        flagged, along = flagged_table(full), response_table(full)
        assert flagged is not None
        assert along is not None
        texts = (
            told.response_words(full),
            " ".join(reach_words(full)),
            " ".join(text.get_text() for text in figure_of(figures.response_times(full)).texts),
            *(figures.alt_text(full, name) for name in ("response_times", "travel_time_map")),
            along["caption"],
        )
        found = [bound in " ".join(text.lower().split()) for text in texts]
        assert found == [not with_roads] * len(texts)
        # Bareness is not known here: nothing remote is told, and no bound of it.
        assert bound not in flagged["caption"]


def test_the_share_of_remote_desert_without_roads_is_told_as_an_upper_bound(
    result: StudyResult,
) -> None:
    bound = "hours are without roads, so an upper bound"
    on_roads = changed(result, on_roads=True)
    for shown, said in ((result, True), (on_roads, False)):
        table = flagged_table(shown)
        assert table is not None
        notes = " ".join([flagged_sentence(shown), *told.flagged_notes(shown)])
        texts = (notes, figures.alt_text(shown, "corridor_map"), table["caption"])
        assert [bound in text.lower() for text in texts] == [said] * 3


def test_without_travel_times_there_is_no_reach_to_draw(result: StudyResult) -> None:
    reach = bz.study.reach.Reach.without_elevation(result.border, result.scenario)
    bare = changed(result, reach=reach, segments=result.segments.drop(columns="f_mask"))
    for figure in (figures.travel_time_map, figures.night_reach, figures.response_times):
        with pytest.raises(InvalidParameterError, match="has no travel times: not known"):
            figure(bare)
    with pytest.raises(InvalidParameterError, match="has no lines of sight: not known"):
        figures.sight_lines(bare)


@pytest.mark.parametrize(
    ("origins", "said"),
    [
        (
            [shapely.Point(44.7, 39.6)],
            "origins must be a path, a geopandas.GeoDataFrame .*, got list",
        ),
        (gpd.GeoSeries([shapely.Point(44.7, 39.6)]), "origins have no CRS"),
    ],
)
def test_origins_of_another_kind_are_refused(origins: Any, said: str) -> None:
    with pytest.raises(BorderzoneError, match=said):
        plain(origins=origins).run()
