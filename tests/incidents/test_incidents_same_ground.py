"""One set of possible positions for every number on incidents, and no number where nothing is known."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import xarray as xr

import borderzone as bz
from borderzone import figures, incidents
from borderzone.errors import InvalidScenarioError, NoOverlapError
from borderzone.figures.grammar import figure_of
from borderzone.grid import Grid
from borderzone.incidents.placing.covered_ground import covered_ground
from borderzone.incidents.placing.precision import area_km2
from borderzone.report.public import edition
from borderzone.report.sections import ground_words, zone_words
from borderzone.report.tables import tables
from borderzone.study import told

if TYPE_CHECKING:
    from borderzone.corridor import Corridor
    from borderzone.study import Ground, StudyResult

DRAWS = 60


@pytest.fixture(scope="module")
def corridor() -> Corridor:
    return bz.Corridor.around(bz.Border.between("IRQ", "SYR"))


def along(corridor: Corridor, code: str, number: int = 40, **columns: Any) -> gpd.GeoDataFrame:
    """Read events known to 25 km, spread evenly over one side."""
    side, rng = corridor.ground_of([code]).iloc[0], np.random.default_rng(5)
    west, south, east, north = side.bounds
    places = rng.uniform((west, south), (east, north), (40 * number, 2))
    lon, lat = places[shapely.contains_xy(side, places[:, 0], places[:, 1])][:number].T
    rows = {"id": [f"E{k}" for k in range(len(lon))], "latitude": lat, "longitude": lon}
    return incidents.read(pd.DataFrame(rows | {"where_prec": 2, "date": "2019-07-01"} | columns))


def test_every_number_on_incidents_holds_positions_to_the_country_named(corridor: Corridor) -> None:
    """Reports from Iraq near the line lie in Iraq for the account, the weights and the ground too."""
    events = along(corridor, "IRQ", country="Iraq")
    zones = gpd.GeoDataFrame(
        {"zone": ["Iraq", "Syria"]},
        geometry=[corridor.ground_of([code]).iloc[0] for code in ("IRQ", "SYR")],
        crs=4326,
    )
    laid = incidents.overlay(events, zones, corridor=corridor, draws=DRAWS)
    inside = laid.attrs["n_in_corridor"]
    assert laid["expected"].tolist() == [pytest.approx(inside), 0.0]
    account = incidents.account(events, corridor, draws=DRAWS)
    assert account.expected == pytest.approx(inside, abs=0.05)
    weights = incidents.pressure_weights(corridor, events, draws=DRAWS)
    assert weights.attrs["events_in_corridor"] == pytest.approx(inside, abs=0.05)
    box = corridor.outline.to_crs(32637).total_bounds
    grid = Grid.covering(tuple(box), resolution_m=2000, crs=32637)
    bare = xr.Dataset({"remote_desert": grid.wrap(np.ones(grid.shape, np.float32))})
    how: dict[str, Any] = {"draws": DRAWS, "corridor": corridor}
    pooled = incidents.ground_counts(incidents.on_ground(events, bare, xr.Dataset(), **how))
    kinds = pooled.set_index(["kind", "ground"])["expected"]
    # Cells of 2 km on the rim.
    assert kinds["place", "inside"] == pytest.approx(inside, abs=0.5)
    assert kinds["place"].sum() == pytest.approx(len(events))


def test_tables_of_incidents_carry_statements_of_their_own_alone(corridor: Corridor) -> None:
    """What a user, or an earlier reading, has noted on a table is not said of what is made of it."""
    stale = {"sentence": "OF BEFORE", "coverage": "OF BEFORE", "mine": "OF BEFORE"}
    events = along(corridor, "IRQ", number=8)
    events.attrs |= {name: said for name, said in stale.items() if name != "coverage"}
    zones = corridor.segments[["geometry"]].head(2).assign(zone=["a", "b"], kind="remote_desert")
    zones.attrs = dict(stale)
    own = replace(corridor, segments=corridor.segments.copy())
    own.segments.attrs = dict(stale)
    grid = corridor.grid(resolution_m=10_000)
    flags = xr.Dataset({"remote_desert": grid.wrap(np.ones(grid.shape, np.float32))}, attrs=stale)
    found = incidents.on_ground(events, flags, xr.Dataset(attrs=stale), draws=DRAWS, corridor=own)
    noted = found.assign()
    noted.attrs |= {"mine": "OF BEFORE", "sentence": "OF BEFORE"}
    made = {
        "overlay": incidents.overlay(events, zones, corridor=own, draws=DRAWS),
        "on_ground": found,
        "ground_counts": incidents.ground_counts(noted, flags, xr.Dataset(), corridor=own),
        "pressure_weights": incidents.pressure_weights(own, events, draws=DRAWS),
    }
    for name, table in made.items():
        assert "mine" not in table.attrs, name
        assert "OF BEFORE" not in str(table.attrs), name


def test_what_is_coded_on_ground_of_another_country_weighs_no_segment(corridor: Corridor) -> None:
    """Rows that say Iraq and lie deep in Syria: an overlay counts none on Iraqi ground, nor do weights."""
    events = along(corridor, "SYR", country="Iraq")
    deep = corridor.locate(events.geometry)["offset_km"].abs().to_numpy() > 30
    events = events[deep]
    assert len(events) > 5
    weights = incidents.pressure_weights(corridor, events, draws=DRAWS)
    assert weights.attrs["events_in_corridor"] == 0
    assert (
        "The events speak of the ground of Iraq in the corridor alone."
        in (weights.attrs["sentence"])
    )
    even = corridor.segments["length_km"] / corridor.segments["length_km"].sum()
    np.testing.assert_allclose(weights["weight"], even)


def test_a_zone_that_laps_over_the_line_is_one_of_which_the_table_cannot_speak(
    corridor: Corridor,
) -> None:
    """A small zone follows the cells of a grid: three per cent of it across the line say nothing."""
    events = along(corridor, "IRQ", country="Iraq")
    syria, iraq = (corridor.ground_of([code]).iloc[0] for code in ("SYR", "IRQ"))
    near = shapely.box(40.9, 35.0, 41.5, 35.5)
    lap = next(
        strip
        for width in np.linspace(0.001, 0.05, 60)
        if area_km2(iraq.intersection(strip := syria.buffer(width)).intersection(near))
        > 0.03 * area_km2(strip.intersection(near))
    ).intersection(near)
    zones = gpd.GeoDataFrame({"zone": ["R1"]}, geometry=[lap], crs=4326)
    laid = incidents.overlay(events, zones, corridor=corridor, draws=DRAWS)
    assert 0.005 < laid["covered_share"].iloc[0] < 0.05
    assert incidents.zone_sentences(laid).iloc[0] == (
        "R1: the table covers Iraq only and nearly all of the zone lies on other ground, of which it "
        "cannot speak."
    )


def test_a_table_of_many_countries_is_named_by_those_that_have_ground_here(
    corridor: Corridor,
) -> None:
    names = ["Iraq", "Iraq", "Iran", "Egypt", "Sudan", "Mali", "Libya", "Yemen"]
    events = along(corridor, "IRQ", len(names), country=names)
    assert covered_ground(events, corridor).name == "the ground of Iraq in the corridor"
    words = incidents.coverage(events).words
    assert "Iraq (2)" in words
    assert "and 2 other countries (2); rates are over the ground of these countries only" in words


def test_a_sliver_of_covered_ground_is_not_told_as_none(corridor: Corridor) -> None:
    events = along(corridor, "TUR", 12, country="Turkey")
    zones = gpd.GeoDataFrame(
        {"zone": ["R1"]}, geometry=[corridor.ground_of(["SYR"]).iloc[0]], crs=4326
    )
    laid = incidents.overlay(events, zones, corridor=corridor, draws=DRAWS)
    assert (
        "The ground of these countries is less than 1 % of the corridor." in laid.attrs["coverage"]
    )
    with pytest.raises(NoOverlapError, match="none of the ground of Turkey in the corridor, or"):
        incidents.exposure_ratios(events, zones, corridor, draws=DRAWS)


@pytest.fixture(scope="module")
def vague(study: bz.Study, ground: Ground) -> StudyResult:
    """Give the study with seven events of which nothing but the country is known."""
    rows = {"latitude": 34.4, "longitude": 41.0, "where_prec": 6, "id": [f"V{k}" for k in range(7)]}
    events = incidents.read(pd.DataFrame(rows | {"date": "2019-07-01", "country": "Iraq"}))
    return replace(study, incidents=events).run(seed=1, ground=ground)


def test_of_events_without_a_place_no_number_by_zone_or_segment_is_told(vague: StudyResult) -> None:
    """None of seven can be placed: a count of 0 with a band would be a number for what is not known."""
    assert vague.incidents.account is not None
    assert vague.incidents.account.line == "7 reported: 7 too vague, none left to place"
    assert vague.incidents.account.finding == "None of 7 incidents can be counted by place"
    for name in ("overlay", "exposure", "enrichment", "pressure", "demo"):
        assert getattr(vague.incidents, name) is None, name
    assert vague.patrol.by_weights is None
    assert zone_words(vague) == []
    assert ground_words(vague) == [
        "None of 7 events can be placed: on what ground they happened is not known."
    ]
    assert figures.events_by_segment(vague) is None
    left = tables(edition(vague, "public"), None)
    gone = ("incident_overlay", "incident_ground", "incident_exposure", "incident_pressure")
    assert not {*gone, "coverage_by_weights"} & set(left)
    assert not [name for name in left["segments"] if str(name).startswith("incidents_")]
    assert told.no_overlay(vague) == (
        "none can be placed (7 reported: 7 too vague, none left to place)"
    )
    assert "none left to place" in figures.alt_text(vague, "incident_overlay")
    assert "0.0" not in figures.alt_text(vague, "incident_overlay")


def test_events_without_a_place_give_no_weights(study: bz.Study, ground: Ground) -> None:
    rows = {"latitude": [34.4], "longitude": [41.0], "where_prec": [6], "country": ["Iraq"]}
    events = incidents.read(pd.DataFrame(rows))
    weighed = replace(
        study, incidents=events, scenario=study.scenario.changed({"weights": "incidents"})
    )
    with pytest.raises(InvalidScenarioError, match="none of the 1 incidents can be placed"):
        weighed.run(seed=1, ground=ground)


def test_zones_of_which_a_table_cannot_speak_stand_in_no_chart(
    study: bz.Study, ground: Ground
) -> None:
    """One country's table: a dot at 0 for a zone across the line would say that nothing happened."""
    events = along(ground.corridor, "IRQ", country="Iraq")
    found = replace(study, incidents=events).run(seed=1, ground=ground)
    assert found.overlay is not None
    silent = found.overlay[found.overlay["silent"] != ""]
    assert len(silent)
    axes = figures.incident_overlay(found)
    named = " ".join(label.get_text() for label in axes.get_yticklabels())
    assert not [zone for zone in silent["zone"] if f"{zone}," in named]
    words = told.silent_zones(found.overlay)
    written = figure_of(axes).texts
    assert words in " ".join(" ".join(text.get_text() for text in written).split())
    spoken = figures.alt_text(found, "incident_overlay")
    assert words in spoken
    assert not [zone for zone in silent["zone"] if f" {zone} " in spoken]
