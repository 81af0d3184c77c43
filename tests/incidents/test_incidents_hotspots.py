"""Hot spots: published values, brute force, planted clusters, and chance that stays chance."""

from __future__ import annotations

import itertools
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pointpats
import pytest
import shapely
from pyproj import Geod
from scipy import sparse, stats

import borderzone as bz
from borderzone import incidents
from borderzone.errors import DataError, InvalidParameterError, InvalidScenarioError
from borderzone.incidents import hotspots as behind
from borderzone.report import edition
from borderzone.report.tables import tables

if TYPE_CHECKING:
    from pathlib import Path

    from borderzone._typing import FloatArray
    from borderzone.corridor import Corridor

EXACT = {"radius_km": 0.001}
OPTIONS = incidents.HotspotOptions(draws=2)


@cache
def winding() -> Corridor:
    """Make a winding corridor of some 190 km, whose segments differ in ground."""
    t = np.linspace(0.0, 1.0, 60)
    line = shapely.LineString(np.column_stack([41 + 1.2 * t, 34 + 1.1 * t + 0.2 * np.sin(12 * t)]))
    border = bz.Border.from_line(line, names=("east", "west"))
    return bz.Corridor.around(border, depth_km=15, segment_km=10, side="east")


@cache
def ring_and_line() -> Corridor:
    """Make a border of an open line and, apart from it, a ring."""
    line = shapely.LineString([(41.0, 34.0), (41.0, 34.6)])
    turn = np.linspace(0, 2 * np.pi, 41)
    ring = np.column_stack([43 + 0.2 * np.sin(turn), 34.5 + 0.17 * np.cos(turn)])
    ring[-1] = ring[0]
    both = shapely.MultiLineString([line, shapely.LineString(ring)])
    return bz.Corridor.around(bz.Border.from_line(both), depth_km=4, segment_km=10)


def at_random(corridor: Corridor, n: int, seed: int) -> FloatArray:
    """Draw positions evenly over a corridor, in degrees, by its plane."""
    rng, shape = np.random.default_rng(seed), corridor.outline.iloc[0]
    west, south, east, north = shape.bounds
    lonlat = rng.uniform((west, south), (east, north), (30 * n, 2))
    even = rng.random(len(lonlat)) < np.cos(np.radians(lonlat[:, 1])) / np.cos(np.radians(south))
    good = lonlat[even & shapely.contains_xy(shape, *lonlat.T)]
    assert len(good) >= n
    return np.asarray(good[:n])


def table(lonlat: FloatArray, **columns: Any) -> gpd.GeoDataFrame:
    """Read events, exact unless told otherwise."""
    columns = EXACT | columns
    frame = pd.DataFrame({"lat": lonlat[:, 1], "lon": lonlat[:, 0]}).assign(**columns)
    return incidents.read(frame)


def near(corridor: Corridor, km: float, n: int, seed: int = 1) -> FloatArray:
    """Put events within some 2 km of a kilometre of the border."""
    point = corridor.border.point_at(km)
    lonlat = np.random.default_rng(seed).normal((point.x, point.y), 0.01, (20 * n, 2))
    segment = corridor.locate(gpd.GeoSeries.from_xy(*lonlat.T, crs=4326))["segment"]
    return np.asarray(lonlat[segment >= 0][:n])


def clustered(n: int = 14, **columns: Any) -> gpd.GeoDataFrame:
    lonlat = np.concatenate([at_random(winding(), 40, 3), near(winding(), 95, n)])
    return table(lonlat, **columns)


def test_gi_star_has_its_published_values() -> None:
    bump = np.zeros((5, 5))
    bump[1:4, 1:4] = [[1, 2, 1], [2, 5, 2], [1, 2, 1]]
    places = np.indices((5, 5)).reshape(2, -1).T
    queen = np.abs(places[:, None] - places).max(axis=-1) == 1
    _, z = behind._gi_star(bump.ravel(), sparse.csr_array(queen.astype(float)))
    assert z[[12, 0, 2]].round(6).tolist() == [3.840521, -0.794934, -0.031738]


def test_the_likelihood_ratio_has_its_published_values() -> None:
    ratios = behind._poisson_llr([20, 10, 5], [10, 2, 10], [100, 50, 50])
    assert np.round(ratios, 6).tolist() == [4.440301, 8.801517, 0.0]
    assert behind._poisson_llr(10, 2, 10) == pytest.approx(10 * np.log(5))


def test_a_planted_cluster_is_found_by_every_statistic() -> None:
    found = incidents.find_hotspots(clustered(), winding(), OPTIONS)
    hot = found.segments[found.segments["beyond_chance"]]
    assert ((hot["km_start"] < 95 + 15) & (hot["km_end"] > 95 - 15)).all()
    assert ((hot["km_start"] <= 95) & (hot["km_end"] >= 95)).any()
    top = found.stretches.iloc[0]
    assert top["beyond_chance"]
    assert top["km_start"] <= 95 <= top["km_end"]
    assert found.distances.set_index(["measured", "within_km"])["beyond_chance"].loc[
        "straight", 7.5
    ]
    assert 90 < found.density.index[int(found.density.argmax())] < 100
    said = " ".join(found.sentences())
    for words in (
        "segments are hot",
        "More events than by chance lie on km",
        "times as many pairs",
    ):
        assert words in said


def test_positions_that_are_hardly_known_are_hardly_hot() -> None:
    """The same events, each somewhere within 25 km."""
    options = incidents.HotspotOptions(draws=40, radius_km=11)
    sharp = incidents.find_hotspots(clustered(), winding(), options)
    vague = incidents.find_hotspots(clustered(radius_km=25.0), winding(), options)
    shares = [found.segments["share_beyond_chance"].max() for found in (sharp, vague)]
    assert shares[0] == 1.0
    assert shares[1] < 0.6
    assert not sharp.distances["below_precision"].any()
    assert vague.distances.loc[vague.distances["within_km"] < 17, "below_precision"].all()


def test_of_random_tables_as_many_have_a_hot_segment_as_was_asked() -> None:
    rate, n_tables, corridor = 0.2, 60, winding()
    options = incidents.HotspotOptions(draws=1, false_discovery_rate=rate)
    hot, stretches, p = 0, 0, []
    for seed in range(n_tables):
        rng, events = np.random.default_rng(seed), table(at_random(corridor, 60, seed))
        placed = behind._placed(events, corridor, draws=1, seed=1, regions=None)
        segments = behind._segments(placed, options, rng)
        hot += bool(segments["beyond_chance"].any())
        stretches += bool(behind._stretches(placed, options, rng)["beyond_chance"].any())
        p.append(segments["p"])
    assert max(hot, stretches) <= stats.binom.ppf(0.999, n_tables, rate)
    assert min(hot, stretches) >= 1
    # Segments differ in ground by a factor of ten, and none is hot for being large.
    by_segment, ground = np.array(p), corridor.segments["area_km2"]
    assert ground.max() > 5 * ground.min()
    assert (by_segment <= 0.1).mean() == pytest.approx(0.1, abs=0.03)
    assert abs(stats.spearmanr(ground, by_segment.mean(axis=0)).statistic) < 0.7


def test_the_best_stretch_is_that_of_brute_force() -> None:
    corridor, events = winding(), clustered(5)
    counts = np.bincount(
        corridor.locate(events.geometry)["segment"], minlength=len(corridor.segments)
    )
    share = (corridor.segments["area_km2"] / corridor.segments["area_km2"].sum()).to_numpy()
    best = max(
        float(behind._poisson_llr(counts[a:b].sum(), share[a:b].sum() * len(events), len(events)))
        for a, b in itertools.combinations(range(len(counts) + 1), 2)
        if share[a:b].sum() <= 0.5
    )
    found = incidents.find_hotspots(events, corridor, OPTIONS)
    assert found.stretches["log_likelihood_ratio"].iloc[0] == pytest.approx(best, rel=1e-6)


def test_pairs_are_those_of_geodesics_and_of_pointpats() -> None:
    corridor, options = winding(), incidents.HotspotOptions(draws=1, days=(7, 20))
    lonlat, rng = at_random(corridor, 60, 8), np.random.default_rng(5)
    day = np.datetime64("2019-01-01") + rng.integers(0, 90, 60)
    found = incidents.find_hotspots(table(lonlat, date=day.astype(str)), corridor, options)
    one, other = np.triu_indices(60, 1)
    apart = Geod(ellps="WGS84").inv(*lonlat[one].T, *lonlat[other].T)[2] / 1e3
    straight = found.distances[found.distances["measured"] == "straight"]
    brute = [(apart <= radius).sum() for radius in straight["within_km"]]
    assert np.abs(straight["pairs_expected"] - brute).max() <= 1  # at an edge by a metre
    km = corridor.locate(table(lonlat).geometry)["chainage_km"].to_numpy()
    along = found.distances[found.distances["measured"] == "along"]
    brute = [(np.abs(km[one] - km[other]) <= radius).sum() for radius in along["within_km"]]
    assert np.abs(along["pairs_expected"] - brute).max() <= 1
    xy = table(lonlat).to_crs(corridor.crs).get_coordinates().to_numpy() / 1e3
    theirs = [
        pointpats.Knox(xy, day.astype(int)[:, None], options.radius_km, tau, permutations=0).nst
        for tau in options.days
    ]
    assert np.abs(found.repeats["pairs_expected"].cumsum() - theirs).max() <= 1


def test_events_that_follow_each_other_are_told_and_others_are_not() -> None:
    lonlat, rng = at_random(winding(), 40, 2), np.random.default_rng(2)
    first = np.datetime64("2019-01-01") + rng.integers(0, 900, 40)
    both = np.concatenate([lonlat, lonlat + 0.01])
    said = []
    for second in (first + 3, rng.permutation(first)):
        dates = np.concatenate([first, second]).astype(str)
        found = incidents.find_hotspots(table(both, date=dates), winding(), OPTIONS)
        said.append(found.repeats["beyond_chance"].tolist())
    assert said == [[True, False, False], [False, False, False]]
    vague = incidents.find_hotspots(table(both, date="2019-03"), winding(), OPTIONS)
    assert vague.repeats.empty
    assert vague.told["n_dated"] == 0


def test_neighbourhoods_stop_at_breaks_and_go_round_rings() -> None:
    corridor = ring_and_line()
    linked = behind._neighbours(corridor, 11.0).toarray()
    in_ring = corridor.segments["km_start"].to_numpy() >= corridor.border.breaks_km[0] - 1e-6
    first, last = np.flatnonzero(in_ring)[[0, -1]]
    assert linked[first, last]
    assert not linked[np.ix_(in_ring, ~in_ring)].any()
    order, windows = behind._windows(corridor)
    sets = [tuple(order[a:b].tolist()) for a, b in windows]
    assert (last, first) in sets
    assert not any(min(s) < first <= max(s) for s in sets)
    assert len({frozenset(s) for s in sets}) == len(sets)


def test_density_along_adds_up_over_ends_breaks_and_rings() -> None:
    corridor = ring_and_line()
    break_km = corridor.border.breaks_km[0]
    events = table(np.concatenate([near(corridor, km, 5) for km in (10.0, break_km + 1.0)]))
    found = incidents.find_hotspots(
        events, corridor, incidents.HotspotOptions(radius_km=11, draws=1)
    )
    step = np.diff(found.density.index).min()
    assert found.density.sum() * step == pytest.approx(10, rel=0.01)
    line, ring = (
        found.density[part]
        for part in (found.density.index < break_km, found.density.index > break_km)
    )
    assert line.sum() * step == pytest.approx(5, rel=0.02)
    assert ring.iloc[0] == pytest.approx(ring.iloc[-1], rel=0.1)  # it wraps


def test_density_has_the_kernels_own_value_and_adds_up_inside() -> None:
    line = shapely.LineString([(41, 34), (41, 35)])
    corridor = bz.Corridor.around(bz.Border.from_line(line), depth_km=30)
    grid = corridor.grid(resolution_m=1000)
    one = table(np.array([[41.0, 34.5]]))
    found = incidents.event_density(one, corridor, grid, bandwidth_km=5, draws=1)
    assert float(found.max()) == pytest.approx(1 / (2 * np.pi * 5.0**2), rel=1e-3)
    many = table(at_random(corridor, 200, 1))
    found = incidents.event_density(many, corridor, grid, bandwidth_km=8, draws=1)
    assert float(found.sum()) * grid.cell_area_km2 == pytest.approx(200, rel=1e-4)
    # Even events have an even density, at the edge as in the middle.
    assert float(found.std() / found.mean()) < 0.5


def test_a_table_of_one_country_has_its_own_ground_for_chance() -> None:
    border = bz.Border.between("IRQ", "SYR").between_km(0, 200)
    corridor = bz.Corridor.around(border, depth_km=40)
    mine = bz.Corridor.around(border, depth_km=40, side="IRQ")
    events = table(at_random(mine, 80, 4), country="Iraq")
    found = incidents.find_hotspots(events, corridor, OPTIONS)
    assert "Iraq" in found.told["ground"]
    assert not found.segments["beyond_chance"].any()
    straight = found.distances[found.distances["measured"] == "straight"]
    assert straight["ratio"].iloc[-1] == pytest.approx(1.0, abs=0.25)
    grid = corridor.grid(resolution_m=4000)
    density = incidents.event_density(events, corridor, grid, draws=2).to_numpy()
    syrian = corridor.cells(grid)["side"].to_numpy() == 1
    assert np.isnan(density[syrian]).mean() > 0.95
    assert np.isfinite(density[~syrian]).any()


def test_one_seed_gives_one_answer() -> None:
    events = clustered(radius_km=10.0)
    one, again, other = (
        incidents.find_hotspots(events, winding(), OPTIONS, seed=seed) for seed in (1, 1, 2)
    )
    for name in ("segments", "stretches", "distances", "repeats"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(again, name))
    assert not one.segments.equals(other.segments)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"radius_km": 0}, "radius_km must be"),
        ({"draws": 0}, "draws must be a whole number"),
        ({"false_discovery_rate": 1.0}, "false_discovery_rate must"),
        ({"days": (7, 3)}, "days must be"),
        ({"days": (0.5, 3)}, "days must be whole numbers"),
    ],
)
def test_impossible_options_are_refused_at_birth(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidParameterError, match=message):
        incidents.HotspotOptions(**options)


def test_what_cannot_be_looked_at_is_refused() -> None:
    wrong: Any = {"draws": 2}
    with pytest.raises(InvalidParameterError, match=r"options must be HotspotOptions, got"):
        incidents.find_hotspots(clustered(), winding(), wrong)
    with pytest.raises(InvalidParameterError, match=r"reaches no neighbour: take 10 km"):
        incidents.find_hotspots(clustered(), winding(), incidents.HotspotOptions(radius_km=5))
    with pytest.raises(DataError, match=r"3 events or more in the corridor; 2 of 2 can be"):
        incidents.find_hotspots(table(near(winding(), 50, 2)), winding(), OPTIONS)
    grid = winding().grid(resolution_m=2000)
    with pytest.raises(InvalidParameterError, match=r"two cells of the grid, 4 km or more, got 3"):
        incidents.event_density(clustered(), winding(), grid, bandwidth_km=3)


def test_a_missing_library_is_an_error_that_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(behind, "find_spec", lambda name: None if name == "esda" else name)
    for ask in (incidents.HotspotOptions, lambda: replace(bz.Study.default(), hotspots={})):
        with pytest.raises(InvalidParameterError, match=r'pip install "borderzone\[stats\]"'):
            ask()


SMALL = """a = "IRQ"
b = "SYR"
border_km = [200, 300]
incidents = "reports.csv"
terms = "mine"
{asked}
[scenario]
resolution_m = 5000
draws = 100
imputations = 50
segment_km = {segment_km}
"""


def study_file(folder: Path, asked: str, *, n: int = 20, segment_km: int = 10) -> Path:
    """Write a small study, and reports of which most are near one place."""
    point = bz.Border.between("IRQ", "SYR").point_at(250)
    rng = np.random.default_rng(1)
    lonlat = rng.normal((point.x, point.y), 0.03, (n, 2))
    rows = {"lat": lonlat[:, 1], "lon": lonlat[:, 0], "radius_km": 1.0, "date": "2019-07-21"}
    pd.DataFrame(rows).to_csv(folder / "reports.csv", index=False)
    path = folder / "study.toml"
    path.write_text(SMALL.format(asked=asked, segment_km=segment_km))
    return path


@pytest.mark.usefixtures("without_pictures")
def test_a_study_file_asks_and_the_report_answers(tmp_path: Path) -> None:
    study = bz.Study.from_toml(study_file(tmp_path, "[hotspots]\ndraws = 10\nradius_km = 12"))
    result = study.run()
    assert result.incidents.hotspots is not None
    assert result.incidents.hotspots.segments["beyond_chance"].any()
    assert "hot spots" in result.stages
    page = bz.write_report(result, tmp_path / "out").read_text()
    assert "Hot spots of reports" in page
    assert "A hot spot is one of reports" in page
    folder = tmp_path / "out" / "tables"
    words = pd.read_csv(folder / "data_dictionary.csv").set_index(["table", "column"])["meaning"]
    for name in ("segments", "stretches", "distances", "repeats"):
        written = pd.read_csv(folder / f"hotspot_{name}.csv")
        assert len(written) == len(getattr(result.incidents.hotspots, name))
        assert "event_credit" in written
        assert words[f"hotspot_{name}"].notna().all()
    again = bz.Study.from_toml(tmp_path / "out" / "study.toml")
    assert again.hotspots == study.hotspots


def test_unasked_nothing_is_looked_for(tmp_path: Path) -> None:
    result = bz.Study.from_toml(study_file(tmp_path, "")).run()
    assert result.incidents.hotspots is None
    assert "hot spots" not in result.stages
    assert not [name for name in tables(edition(result, "internal")) if "hotspot" in name]


def test_the_public_edition_tells_none_on_short_segments(tmp_path: Path) -> None:
    result = bz.Study.from_toml(study_file(tmp_path, "[hotspots]\ndraws = 5", segment_km=5)).run()
    public, internal = (edition(result, detail) for detail in ("public", "internal"))
    assert any("Hot spots are not told" in words for words in public.left_out)
    assert not [name for name in tables(public) if "hotspot" in name]
    assert len(tables(internal)["hotspot_segments"]) == len(result.segments)


def test_too_few_reports_are_a_note(tmp_path: Path) -> None:
    result = bz.Study.from_toml(study_file(tmp_path, "[hotspots]", n=2)).run()
    assert result.incidents.hotspots is None
    assert any("No hot spots: hot spots need 3 events or more" in note for note in result.notes)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("[hotspots]\nradius = 3", r"study\.toml.*hotspots has no radius; it has radius_km, draws"),
        ("[hotspots]\ndraws = 0", r"hotspots: draws must be a whole number"),
        ("hotspots = true", r"hotspots must be a table of radius_km"),
    ],
)
def test_a_study_file_is_refused_before_any_work(tmp_path: Path, asked: str, message: str) -> None:
    with pytest.raises((InvalidParameterError, InvalidScenarioError), match=message):
        bz.Study.from_toml(study_file(tmp_path, asked))


def test_hot_spots_of_no_incidents_are_refused() -> None:
    with pytest.raises(InvalidScenarioError, match=r"hotspots needs a table of incidents"):
        bz.Study(border=bz.Border.between("IRQ", "SYR"), hotspots={})
