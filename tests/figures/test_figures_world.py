"""Sea looks like sea, land like land, neighbours have names, and the unknown looks unknown."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from changed_results import changed
from matplotlib.collections import QuadMesh
from matplotlib.colors import to_rgb
from matplotlib.patches import StepPatch
from matplotlib.text import Text
from pyproj import Transformer

import borderzone as bz
from borderzone import figures
from borderzone.figures import country
from borderzone.figures.grammar import INK, Sheet, figure_of, open_page
from borderzone.figures.layers import MapPage
from borderzone.figures.maps import draw_locator, map_frame, open_map
from borderzone.figures.strip import across, gather
from borderzone.study import told

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from borderzone.study import StudyResult

# Pair -> a point of sea near it, a point of land, and names that its map must have.
COASTS: dict[str, tuple[tuple[float, float], tuple[float, float], set[str]]] = {
    "ESP-PRT": ((-10.4, 41.0), (-8.0, 39.5), {"SPAIN", "PORTUGAL"}),
    "CHL-PER": ((-70.7, -18.5), (-69.9, -17.4), {"CHILE", "PERU", "BOLIVIA"}),
    "IND-BGD": ((90.5, 21.2), (90.0, 24.5), {"INDIA", "BANGLADESH", "MYANMAR", "NEPAL"}),
    "KOR-PRK": ((128.5, 39.0), (127.3, 38.9), {"SOUTH KOREA", "NORTH KOREA"}),
    "HTI-DOM": ((-72.1, 18.0), (-70.9, 18.9), {"HAITI", "DOMINICAN REPUBLIC"}),
    "NOR-RUS": ((31.3, 69.9), (30.5, 69.2), {"NORWAY", "RUSSIA", "FINLAND"}),
    "BGR-TUR": ((28.0, 42.5), (27.0, 41.8), {"BULGARIA", "TURKEY", "GREECE"}),
    "IRQ-KWT": ((48.3, 29.25), (47.4, 29.4), {"IRAQ", "KUWAIT", "SAUDI ARABIA"}),
}


def colour_at(ax: Axes, crs: Any, lon: float, lat: float) -> tuple[float, ...]:
    """Give the colour of the paper at a place of a map, a stray hatch or line left aside."""
    figure = figure_of(ax)
    figure.canvas.draw()
    picture = np.asarray(figure.canvas.buffer_rgba())  # type: ignore[attr-defined]
    x, y = Transformer.from_crs(4326, crs, always_xy=True).transform(lon, lat)
    column, row = ax.transData.transform((x, y)).round().astype(int)
    near = picture[picture.shape[0] - row - 3 : picture.shape[0] - row + 4, column - 3 : column + 4]
    return tuple(np.median(near[..., :3].reshape(-1, 3), axis=0) / 255)


def names_on(ax: Axes) -> set[str]:
    return {text.get_text().replace("\n", " ") for text in ax.texts}


def key_of(ax: Axes) -> str:
    """Give all words of a page, legend included, as one line."""
    texts = figure_of(ax).findobj(lambda artist: isinstance(artist, Text))
    words = [text.get_text() for text in texts if isinstance(text, Text)]
    return " ".join(words).replace("\n", " ")


@pytest.mark.parametrize("pair", COASTS)
def test_sea_is_sea_and_land_is_land_and_neighbours_have_names(pair: str) -> None:
    sea, land, names = COASTS[pair]
    corridor = bz.Corridor.around(bz.Border.between(*pair.split("-")), depth_km=50, segment_km=50)
    ax = figures.plot_corridor(corridor, legend="none")
    frame = map_frame(corridor.outline)
    assert colour_at(ax, frame, *sea) == pytest.approx(to_rgb(INK["sea"]), abs=0.01)
    assert colour_at(ax, frame, *land) != pytest.approx(to_rgb(INK["sea"]), abs=0.03)
    assert names <= names_on(ax)


def test_names_stand_apart_and_inside_the_map() -> None:
    ax = figures.plot_border(bz.Border.between("IND", "BGD"))
    figure_of(ax).canvas.draw()
    frame = ax.get_window_extent()
    boxes = {
        text.get_text(): text.get_window_extent()
        for text in ax.texts
        if text.get_text().isupper() and len(text.get_text()) > 2
    }
    assert len(boxes) >= 4
    for name, box in boxes.items():
        assert frame.x0 < box.x0 < box.x1 < frame.x1, name
        assert frame.y0 < box.y0 < box.y1 < frame.y1, name
        assert not any(box.overlaps(other) for key, other in boxes.items() if key != name), name


def opened(shapes: gpd.GeoSeries, size: tuple[float, float] = (7.5, 5.0)) -> MapPage:
    """Open a map that fills its page."""
    return open_map(open_page(None, Sheet(legend="none"), size), shapes).drawn


def located(a: str, b: str) -> tuple[Axes, MapPage]:
    """Give the locator of a border as a page has it, and its map."""
    border = bz.Border.between(a, b)
    drawn = opened(border.line, (11.69, 8.27))
    ax = figure_of(drawn.ax).add_axes((0.7, 0.15, 0.26, 0.21))
    draw_locator(ax, drawn, border)
    return ax, drawn


def test_the_locator_shows_all_land_around_iraq_and_names_it() -> None:
    ax, drawn = located("IRQ", "SYR")
    land = {
        "Tehran": (51.4, 35.7),
        "Cairo": (31.0, 29.5),
        "Gyumri": (43.85, 40.79),
        "Baku": (48.5, 40.3),
    }
    for name, place in land.items():
        assert colour_at(ax, drawn.crs, *place) == pytest.approx(to_rgb(INK["land"]), abs=0.06), (
            name
        )
    for name, place in {"Caspian": (51.0, 39.5), "Mediterranean": (32.5, 34.0)}.items():
        assert colour_at(ax, drawn.crs, *place) == pytest.approx(to_rgb(INK["sea"]), abs=0.03), name
    words = names_on(ax)
    assert {"Iraq", "Syria", "Iran", "Egypt"} <= words
    assert words & {"Armenia", "ARM"}
    assert words & {"Azerbaijan", "AZE"}


@pytest.mark.parametrize(
    ("pair", "land", "sea", "absent"),
    [
        (("CHL", "ARG"), (-57, -12), (-80, -40), {"China", "Mongolia"}),
        (("CAN", "USA"), (-110, 65), (-160, 40), {"Australia", "Madagascar"}),
        (("ESP", "PRT"), (-2, 40), (-14, 40), {"New Zealand"}),
        (("NOR", "RUS"), (26, 67), (25, 72), {"Antarctica"}),
        (("GIB", "ESP"), (-5, 37.5), (-8, 36), {"New Zealand"}),
    ],
    ids=lambda value: (
        "-".join(value) if isinstance(value, tuple) and isinstance(value[0], str) else ""
    ),
)
def test_the_locator_holds_where_the_globe_turns_over(
    pair: tuple[str, str], land: tuple[float, float], sea: tuple[float, float], absent: set[str]
) -> None:
    """Around the antipode, the poles and the 180th meridian no country turns inside out."""
    ax, drawn = located(*pair)
    assert colour_at(ax, drawn.crs, *land) == pytest.approx(to_rgb(INK["land"]), abs=0.03)
    assert colour_at(ax, drawn.crs, *sea) == pytest.approx(to_rgb(INK["sea"]), abs=0.03)
    assert not names_on(ax) & absent
    (west, east), (south, north) = ax.get_xlim(), ax.get_ylim()
    frame = drawn.window.bounds
    assert west < frame[0] < frame[2] < east
    assert south < frame[1] < frame[3] < north


@pytest.mark.parametrize(
    ("pair", "west", "east", "north"),
    [(("IRQ", "SYR"), 37, 45, 38), (("FIN", "RUS"), 10, 50, 72), (("CAN", "USA"), -175, -26, 80)],
)
def test_a_map_knows_which_degrees_it_shows(
    pair: tuple[str, str], west: float, east: float, north: float
) -> None:
    drawn = opened(bz.Border.between(*pair).line)
    found = drawn.degrees
    far = MapPage(
        page=drawn.page,
        ax=drawn.ax,
        crs=map_frame(gpd.GeoSeries([shapely.box(170, 89.2, 179, 89.8)], crs=4326)),
    )
    assert far.degrees[3] == 90.0, "a map that holds the pole shows what lies north of its rim"
    assert found[0] == pytest.approx(west, abs=6)
    assert found[2] == pytest.approx(east, abs=6)
    assert found[3] == pytest.approx(north, abs=3)


def test_land_on_both_sides_of_the_180th_meridian_has_no_coast_between() -> None:
    """Natural Earth cuts countries there."""
    halves = [((171.0, 66.5), (180.0, 69.0)), ((-180.0, 69.0), (-172.0, 66.0))]
    inland = [((179.0, 68.0), (180.0, 68.0)), ((-180.0, 68.0), (-179.0, 68.0))]
    shapes, way = (
        gpd.GeoSeries([shapely.LineString(ends) for ends in lines], crs=4326)
        for lines in (halves, inland)
    )
    drawn = opened(shapes)
    country.draw_land(drawn)
    land = shapely.difference(drawn.window, drawn.sea)
    assert not land.boundary.intersects(way.to_crs(drawn.crs).union_all())


# -- what is not known -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def far() -> StudyResult:
    """Give a study without elevation and land cover, at a coast and a third country."""
    scenario = bz.Scenario(depth_km=50, resolution_m=5000)
    return bz.Study(border=bz.Border.between("NOR", "RUS"), scenario=scenario).run()


def test_ground_that_touches_itself_on_the_map_is_drawn() -> None:
    """The unknown ground around Ceuta and Melilla is valid in its own frame, not in the map's."""
    enclaves = bz.Study(border=bz.Border.between("ESP", "MAR"), scenario=bz.Scenario(depth_km=25))
    assert "remote desert not known" in key_of(figures.corridor_map(enclaves.run()))


def test_a_map_without_elevation_says_so_and_hatches_the_corridor(far: StudyResult) -> None:
    ax = figures.corridor_map(far)
    words = key_of(ax)
    for said in (
        "sea, and its coast",
        "a third country's ground in the corridor",
        "land, without relief: the embedded elevation does not reach this corridor",
        "remote desert not known",
    ):
        assert said in words, said
    assert "FINLAND" in names_on(ax)
    rows = figures.figure_data(far, "corridor_map").set_index("layer")
    assert rows.loc["third country", "name"] == "Finland"
    assert rows["value"].loc["sea"] > 100


def test_a_long_legend_does_not_run_behind_the_locator(far: StudyResult) -> None:
    """Every layer missing, several reasons each, is the longest that a legend gets."""
    figure = figure_of(figures.corridor_map(far))
    locator = next(ax for ax in figure.axes if ax.get_label() == "locator")
    boxes = [key.get_window_extent() for key in figure.legends]
    assert len(boxes) >= 3
    assert min(box.y0 for box in boxes) > locator.get_window_extent().y1
    assert max(box.x1 for box in boxes) < figure.bbox.x1


def test_ground_without_elevation_is_hatched_and_counted(result: StudyResult) -> None:
    ax = figures.corridor_map(result)
    words = key_of(ax)
    assert "land without elevation" in words
    assert re.search(r"1\d % of the land has no elevation", words)
    assert "left flat" not in words
    assert "remote desert not known" not in words


def test_a_corridor_with_a_hole_in_its_land_cover_is_hatched_there(result: StudyResult) -> None:
    flag = result.ground.layers["remote_desert"].copy()  # type: ignore[index]
    hole = result.ground.layers["chainage_km"] > 500  # type: ignore[index]
    half = changed(result, layers=result.ground.layers.assign(remote_desert=flag.where(~hole)))  # type: ignore[union-attr]
    ax = figures.corridor_map(half, relief=False)
    assert "remote desert not known" in key_of(ax)
    plan = gather(half).plan
    whole = gather(result).plan
    np.testing.assert_array_equal(plan.remote[plan.x[1:] < 490], whole.remote[whole.x[1:] < 490])
    beyond, ground = plan.x[:-1] > 510, plan.ground > 0
    assert np.isnan(plan.remote[beyond][ground[beyond]]).mean() > 0.95
    assert np.isnan(whole.remote[beyond][ground[beyond]]).mean() < 0.1


def test_travel_times_that_are_not_known_are_hatched(result: StudyResult) -> None:
    assert "travel time not known" not in key_of(figures.travel_time_map(result))
    bands = result.reach.bands.copy()  # type: ignore[union-attr]
    bands.loc[bands.index[1], "geometry"] = shapely.Polygon()
    lacking = changed(result, bands=bands)
    assert "travel time not known" in key_of(figures.travel_time_map(lacking))


# -- the strip ---------------------------------------------------------------------------------


def test_a_strip_without_elevation_still_shows_whose_ground_it_is(far: StudyResult) -> None:
    ax = figures.strip_map(far)
    words = key_of(ax)
    for said in ("remote desert not known", "sea", "a third country's ground", "FINLAND", "NORWAY"):
        assert said in words, said
    labels = [text.get_text() for text in figure_of(ax).legends[0].get_texts()]
    assert "remote desert" not in labels


def test_the_strip_tells_bare_ground_that_the_force_does_not_reach_apart(
    result: StudyResult,
) -> None:
    """Above the line is Syria, below it Iraq, whose force it is."""
    strip = gather(result)
    beyond = across(strip)
    assert beyond[:, strip.plan.y[:-1] >= 0].all()
    assert not beyond[:, strip.plan.y[1:] <= 0].any()
    ax = figures.strip_map(result)
    assert "bare, out of the force's reach" in key_of(ax)
    mesh = next(each for each in figure_of(ax).findobj(QuadMesh) if each.get_cmap().N == 4)
    classes = mesh.get_array()
    assert classes is not None
    assert [int((part == 3).sum()) > 0 for part in np.array_split(classes, 2)] == [False, True]
    assert [int((part == 1).sum()) > 0 for part in np.array_split(classes, 2)] == [True, False]


def test_the_plan_of_a_strip_counts_ground_as_the_table_does(far: StudyResult) -> None:
    plan = gather(far).plan
    outside = far.corridor.outside_ground().set_index("kind")["area_km2"] / far.corridor.area_km2
    whole = plan.ground.sum()
    assert np.nansum(plan.third * plan.ground) / whole == pytest.approx(
        outside["third country"], abs=0.01
    )
    assert np.nansum(plan.sea * plan.ground) / whole == pytest.approx(outside["sea"], abs=0.01)
    table = figures.figure_data(far, "strip_map")
    assert {"third_country_share", "sea_share"} <= set(table.columns)


def test_the_name_of_a_country_never_stands_on_a_third_one(far: StudyResult) -> None:
    row = figures.strip_map(far).child_axes[0]
    plan = gather(far).plan
    for text in row.texts:
        if text.get_text() in ("NORWAY", "RUSSIA"):
            column = int(np.searchsorted(plan.x, text.get_position()[0], side="right")) - 1
            rim = plan.third[column, -3:] if text.get_text() == "NORWAY" else plan.third[column, :3]
            assert not (rim >= 0.5).any(), text.get_text()


def test_a_segment_of_unknown_share_is_hatched_and_not_drawn_as_none(result: StudyResult) -> None:
    segments = result.segments.copy()
    segments.loc[10:19, ["remote_share", "remote_share_unknown"]] = (np.nan, 1.0)
    for shown, unknown in ((result, 0), (replace(result, segments=segments), 10)):
        row = figures.strip_map(shown).child_axes[3]
        (hatched,) = (
            patch
            for patch in row.patches
            if isinstance(patch, StepPatch) and patch.get_hatch() == "----"
        )
        assert np.isfinite(hatched.get_data()[0]).sum() == unknown


def test_a_long_border_has_a_strip_that_can_be_read() -> None:
    border = bz.Border.between("CHL", "ARG")
    long = bz.Study(border=border, scenario=bz.Scenario(depth_km=20, segment_km=50)).run()
    rows = figures.strip_map(long).child_axes
    assert 4 <= len(rows[0].get_xticks()) <= 14
    names = [text for text in rows[0].texts if text.get_text() == "N"]
    assert 4 <= len(names) <= 12


def test_lakes_are_water_and_seas_of_other_maps_stay(result: StudyResult) -> None:
    drawn = opened(result.corridor.outline)
    country.draw_land(drawn)
    country.draw_lakes(drawn, result.ground.furniture["lakes"])
    assert drawn.sea.area == 0
    assert "lake, reservoir" in [words for _, words in drawn.key["Ground"]]


def test_ground_that_the_force_does_not_reach_is_no_remote_desert_of_its_own(
    result: StudyResult,
) -> None:
    """Nobody measured hours there: it has a tint and words of its own."""
    across = told.across_zones(result)
    assert set(across["side"]) == {"SYR"}
    assert "bare ground across the border, out of the force's reach" in key_of(
        figures.corridor_map(result)
    )
    words = figures.alt_text(result, "corridor_map")
    assert "zones of remote desert in Iraq cover" in words
    assert f"Across the border {across['area_km2'].sum():,.0f} km² of bare ground" in words
