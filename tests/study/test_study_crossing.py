"""Where somebody still gets through, in a study: tables, words, posts, sweep, and what is never published."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from unpacking import Canaries, pieces_of

import borderzone as bz
from borderzone.errors import InvalidParameterError, InvalidScenarioError
from borderzone.report import folder
from borderzone.report.public import edition
from borderzone.study import told
from borderzone.study.crossing import crossing_on
from borderzone.study.layers import open_heights

if TYPE_CHECKING:
    from pathlib import Path

    import xarray as xr

    from borderzone.study import StudyResult

_SCENARIO = bz.Scenario(
    depth_km=12, segment_km=4, resolution_m=500, reference_units=3, max_units=60, draws=100
)


@cache
def _hills() -> xr.DataArray:
    """Draw relief around the border of Azerbaijan and Turkey, on cells of 90 m; of no place on Earth."""
    corridor = bz.Corridor.around(bz.Border.between("AZE", "TUR"), depth_km=12, segment_km=4)
    grid = corridor.grid(90).padded(600)
    rows, columns = grid.shape
    noise = np.fft.rfft2(np.random.default_rng(8).standard_normal(grid.shape))
    frequency = np.hypot(np.fft.fftfreq(rows)[:, None], np.fft.rfftfreq(columns)[None])
    frequency[0, 0] = np.inf
    heights = np.fft.irfft2(noise * frequency**-1.75, s=grid.shape)
    return grid.wrap(
        (900 + 90 * heights / heights.std()).astype(np.float32), name="elevation_m", units="m"
    )


def _study(**given: Any) -> bz.Study:
    how: dict[str, Any] = {"dem": _hills(), "sea": None, "scenario": _SCENARIO}
    return bz.Study.between("AZE", "TUR", **(how | given))


@cache
def _result() -> StudyResult:
    """Run a study that sites posts."""
    posts = {"n": 4, "max_km": 3, "every": 4, "spacing_m": 700, "prominence_m": 0}
    return _study(posts=posts).run(progress=False)


def test_the_weakest_way_of_a_homogeneous_segment_is_what_the_segment_says() -> None:
    found = _result().crossing
    assert found.by_10_km is not None
    assert found.by_km is not None
    assert found.by_10_km["pod"].min() == pytest.approx(found.by_km["pod"].min())
    assert found.by_10_km["pod"].iloc[0] <= found.by_10_km["segment_pod"].iloc[0] * 1.05


def test_it_rises_with_units_as_searches_of_its_own_say() -> None:
    """The exponents scale: another reference gives the same number, by a search on its own field."""
    table = _result().crossing.by_units
    assert table is not None
    assert (table["crossing_pod"].diff().dropna() >= 0).all()
    assert (table["segment_pod"] <= table["mean_pod"] + 1e-9).all()
    count = int(table["unit_count"].iloc[len(table) // 2])
    other = _study(scenario=_SCENARIO.changed({"reference_units": count})).run(progress=False)
    assert other.crossing.at_reference is not None
    row = table[table["unit_count"] == count].iloc[0]
    assert other.crossing.at_reference["crossing_pod"] == pytest.approx(
        row["crossing_pod"], rel=1e-4
    )
    assert other.crossing.at_reference["segment_pod"] == pytest.approx(row["segment_pod"], rel=1e-4)


def test_posts_get_places_with_a_bound_and_are_held_against_patrols() -> None:
    found = _result().crossing
    assert found.siting is not None
    assert found.sites is not None
    assert found.beside_posts is not None
    assert (found.siting["seen_share"] <= found.siting["bound_share"] + 1e-12).all()
    assert (found.siting["seen_share"].diff().dropna() > 0).all()
    assert len(found.sites) == found.siting["posts"].max() == 4
    assert set(found.sites["side"]) == {"AZE"}
    alone, posted, more = found.beside_posts["crossing_pod"]
    assert alone <= posted + 1e-12
    assert alone < more
    words = " ".join(told.posts_words(_result()))
    assert "4 posts see" in words
    assert "with as many more units" in words


def test_the_posts_of_a_study_stand_still() -> None:
    """A tower that looks round once a minute looks more often at who walks past it than one that drives would."""
    result = _result()
    found, corridor = result.crossing, result.ground.corridor
    assert found.sites is not None
    assert found.beside_posts is not None
    assert result.ground.table is not None
    assert result.patrol.by_segment is not None
    grid = corridor.grid(90)
    windows = bz.visibility.Windows(read=open_heights(_hills(), grid).read, grid=grid)
    heights = grid.wrap(windows.read(slice(0, grid.shape[0]), slice(0, grid.shape[1])))
    sees = bz.posts.sight(windows, found.sites, corridor, height_m=10, max_km=3)
    patrols = bz.patrol.detection_field(
        corridor, grid, result.ground.table, _SCENARIO.force, result.patrol.by_segment["units_maximin"],
        depth_km=10,
    )  # fmt: skip
    pod = {}
    for patrol_km_h in (0.0, 15.0):
        watch = bz.patrol.Watch(patrol_km_h=patrol_km_h)
        curve = bz.patrol.lateral_curve("tower_thermal", watch=watch)
        field = sees.field(list(range(len(found.sites))), grid, curve=curve)
        pod[patrol_km_h] = bz.patrol.weakest_crossings(
            [patrols, field], corridor, dem=heights, speed="irmischer_clarke", depth_km=10
        ).pod
    assert found.beside_posts["crossing_pod"].iloc[1] == pytest.approx(pod[0.0], rel=1e-9)
    assert pod[0.0] > pod[15.0]


def test_on_coarse_elevation_flat_ground_speaks_and_the_command_is_named() -> None:
    result = bz.Study.default(bz.Scenario(draws=100, resolution_m=5000)).run(progress=False)
    words = " ".join(told.posts_words(result))
    # 599 km, posts that see 5 km, steps of half a km: one for each ten and none at the far end.
    assert "On flat ground 60 posts that see 5 km" in words
    assert "there would be 599" in words
    assert "'borderzone fetch dem IRQ SYR'" in words
    notes: list[str] = []
    crossing_on(
        result.ground,
        result.scenario,
        result.patrol,
        plan=bz.posts.PostPlan(),
        dem="embedded",
        notes=notes,
    )
    assert "Where posts go is not told" in notes[0]
    with pytest.raises(InvalidParameterError, match="sites no posts"):
        bz.figures.post_curve(result)


def test_who_drives_has_a_speed_of_his_own() -> None:
    scenario = _SCENARIO.changed({"crosser": "vehicle", "crosser_vehicle_km_h": 30.0})
    found = _study(scenario=scenario).run(progress=False).crossing.by_km
    assert found is not None
    assert found["time_h"].max() < 1.5


@pytest.mark.parametrize("size", ["a4", "text", "column"])
@pytest.mark.parametrize("name", ["weakest_crossing", "post_curve", "crossing_map"])
def test_its_figures_draw_at_three_sizes(name: str, size: str) -> None:
    with bz.figures.unshown():
        ax = getattr(bz.figures, name)(_result(), size=size)
    assert ax.figure is not None
    assert "see" in bz.figures.alt_text(_result(), name)


def test_no_place_of_a_way_or_a_post_is_published() -> None:
    published = edition(_result(), "public").result
    found = published.crossing
    assert found.by_km is None
    assert found.ways is None
    assert found.sites is None
    assert found.siting is not None
    with pytest.raises(InvalidParameterError, match="public edition holds no ways"):
        bz.figures.crossing_map(published)
    assert edition(_result(), "internal").result.crossing.ways is not None


def test_a_sweep_varies_posts_and_tells_the_weakest_way() -> None:
    study = _study(posts={"n": 4, "max_km": 3, "every": 4, "spacing_m": 700, "prominence_m": 0})
    table = bz.sweep(
        study, {"posts.n": [1, 3]}, outputs=("answer", "posts", "crossing"), progress=False
    )
    by_case = table.groupby("case")[["posts_seen_share", "crossing_pod"]].first()
    assert by_case["posts_seen_share"].is_monotonic_increasing
    assert by_case["crossing_pod"].nunique() == 1
    units = bz.sweep(study, {"units": [2, 8]}, outputs=("pod", "crossing"), progress=False)
    assert units.groupby("case")["crossing_pod"].first().is_monotonic_increasing
    with pytest.raises(InvalidScenarioError, match="add 'posts' to outputs"):
        bz.sweep(study, {"posts.n": [1, 3]}, progress=False)
    with pytest.raises(InvalidScenarioError, match="elevation of 90 m or finer"):
        bz.sweep(bz.Study.default(), {"posts.n": [1]}, outputs=("posts",), progress=False)


@pytest.mark.parametrize(
    ("posts", "told_of"),
    [
        ({"n": 0}, "n must be"),
        ({"n": 1.5}, "n must be a whole number"),
        ({"height_m": -1}, "height_m must be"),
        ({"max_km": float("nan")}, "max_km must be"),
        ({"cell_m": 200}, "cell_m must"),
        ({"sensor": "telescope"}, "sensor must be"),
        ({"number": 4}, "posts has no number"),
        (4, "posts must be a table of n"),
    ],
)
def test_a_plan_of_posts_that_cannot_be_is_refused(posts: Any, told_of: str) -> None:
    with pytest.raises(InvalidParameterError, match=told_of):
        bz.Study.between("AZE", "TUR", posts=posts)


def test_the_study_file_repeats_what_was_asked_of_posts(tmp_path: Path) -> None:
    text = _result().to_toml(tmp_path)
    assert "[posts]" in text
    (tmp_path / "study.toml").write_text(text)
    again = bz.Study.from_toml(tmp_path / "study.toml", dem=_hills())
    assert again.posts == bz.posts.PostPlan(n=4, max_km=3, every=4, spacing_m=700, prominence_m=0)


def test_no_public_file_says_where_a_post_or_a_way_is(tmp_path: Path, draft: None) -> None:
    """Places of posts and vertices of the weakest way, in degrees and in metres of any map."""
    del draft
    result = _result()
    assert result.crossing.sites is not None
    assert result.crossing.ways is not None
    frame = result.crossing.sites.crs
    weakest = result.crossing.ways.sort_values("pod").geometry.dropna().iloc[0]
    xy = [
        *shapely.get_coordinates([*result.crossing.sites.geometry]),
        *shapely.get_coordinates(weakest)[2:8:2],
    ]
    points = gpd.GeoSeries.from_xy(*np.array(xy).T, crs=frame)
    places = [(point.x, point.y) for point in points.to_crs(4326)]
    hunted = Canaries((), places, [frame, 3857, 6933])
    bz.write_report(result, tmp_path / "public")
    assert hunted.found_in(list(pieces_of(tmp_path / "public"))) == []
    with pytest.MonkeyPatch.context() as patch:  # the map is drawn by a test of its own
        patch.setattr(folder, "draw_pictures", lambda *_: {})
        bz.write_report(result, tmp_path / "internal", detail="internal")
    names = {path.name for path in (tmp_path / "internal").rglob("*")}
    assert "weakest_crossing_by_km.csv" in names
    published = {path.name for path in (tmp_path / "public").rglob("*")}
    assert not {"weakest_crossing_by_km.csv", "crossing_map.png"} & published
    assert "weakest_crossing.png" in published
