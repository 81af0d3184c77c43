"""What a table covers, and that every rate is over the ground of it: one country, a period, both."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

import borderzone as bz
from borderzone import datasets, incidents
from borderzone.errors import DataError, InvalidParameterError
from borderzone.incidents.comparing.compared_cells import comparison_cells
from borderzone.incidents.placing.covered_ground import (
    count_draws,
    covered_ground,
    ground_words,
    held_to_countries,
)
from borderzone.incidents.placing.imputation import prepare
from borderzone.incidents.placing.precision import area_km2, typical_error_km

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from borderzone.corridor import Corridor

# From a table of Iraq alone, 60 rows in the Iraqi half of the Iraq-Syria corridor.
ONE_COUNTRY = [
    (36.1297, 41.7687), (34.6905, 41.2509), (35.9368, 41.6416), (35.6716, 41.3849),
    (35.5695, 41.5641), (35.5299, 41.2950), (35.2891, 41.4361), (35.7568, 41.7969),
    (36.1190, 41.5265), (35.3118, 41.3609), (34.6575, 41.2165), (35.3438, 41.3911),
]  # fmt: skip


def table(places: list[tuple[float, float]] = ONE_COUNTRY, **columns: Any) -> gpd.GeoDataFrame:
    """Read rows at places, exact unless a column says otherwise."""
    lat, lon = zip(*places, strict=True)
    rows = {"id": [f"E{k}" for k in range(len(lat))], "latitude": lat, "longitude": lon}
    return incidents.read(pd.DataFrame(rows | {"where_prec": 1} | columns))


def zones_of(**shapes: shapely.Geometry) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"zone": list(shapes)}, geometry=list(shapes.values()), crs=4326)


@pytest.fixture(scope="module")
def corridor() -> Corridor:
    return bz.Corridor.around(bz.Border.between("IRQ", "SYR"))


@pytest.fixture(scope="module")
def iraq(corridor: Corridor) -> BaseGeometry:
    ground: BaseGeometry = corridor.ground_of(["IRQ"]).iloc[0]
    return ground


def test_the_ground_of_a_country_is_its_side_exact_to_the_line(corridor: Corridor) -> None:
    """The two sides and the third country add up, and no ground is in two of them."""
    parts = [corridor.ground_of([code]).iloc[0] for code in ("IRQ", "SYR", "TUR")]
    areas = [area_km2(part) for part in parts]
    assert sum(areas) == pytest.approx(corridor.area_km2, rel=1e-5)
    assert areas[2] == pytest.approx(corridor.outside_ground()["area_km2"].sum(), abs=0.01)
    for a, b in ((0, 1), (0, 2), (1, 2)):
        assert area_km2(parts[a].intersection(parts[b])) < 0.01
    sides = corridor.locate(
        gpd.GeoSeries([part.representative_point() for part in parts], crs=4326)
    )
    assert sides["side"].iloc[0] != sides["side"].iloc[1]
    whole = corridor.ground_of(["IRQ", "SYR", "TUR"]).iloc[0]
    assert area_km2(whole) == pytest.approx(corridor.area_km2, rel=1e-6)
    assert corridor.ground_of(["FRA"]).iloc[0].is_empty


def test_a_corridor_on_one_side_is_all_ground_of_that_country() -> None:
    one = bz.Corridor.around(bz.Border.between("IRQ", "SYR"), side="IRQ")
    assert area_km2(one.ground_of(["IRQ"]).iloc[0]) == pytest.approx(one.area_km2, rel=0.01)
    assert one.ground_of(["SYR"]).iloc[0].is_empty


def test_an_own_line_has_the_ground_of_the_map_where_its_sides_are_no_countries(
    corridor: Corridor, iraq: BaseGeometry
) -> None:
    line = bz.Border.between("IRQ", "SYR").line
    named = bz.Corridor.around(bz.Border.from_line(line, names=("Iraq", "Syria")))
    assert area_km2(named.ground_of(["IRQ"]).iloc[0]) == pytest.approx(area_km2(iraq), rel=1e-6)
    plain = bz.Corridor.around(bz.Border.from_line(line))
    assert area_km2(plain.ground_of(["IRQ"]).iloc[0]) == pytest.approx(area_km2(iraq), rel=1e-3)
    events = table(country="Iraq")
    words = ground_words(events, plain)
    assert (
        "the sides of this line are not called by countries, and the map of countries says" in words
    )


@pytest.mark.parametrize(
    ("word", "codes"),
    [
        ("Iraq", ("IRQ",)),
        ("iq", ("IRQ",)),
        ("Syrian Arab Republic", ("SYR",)),
        ("Yemen (North Yemen)", ("YEM",)),
        ("SDS", ("SSD",)),
        ("Iraq; Syria", ("IRQ", "SYR")),
        ("Iraq, Syria", ("IRQ", "SYR")),
        ("Iraq/Syria", ("IRQ", "SYR")),
        ("Bosnia and Herzegovina", ("BIH",)),
    ],
)
def test_countries_are_those_of_the_rows(word: str, codes: tuple[str, ...]) -> None:
    found = incidents.coverage(table(country=word))
    assert found.countries == codes
    assert found.countries_from == "its rows"
    assert all(found.n_rows[code] == len(ONE_COUNTRY) for code in codes)


def test_a_cut_table_covers_what_its_rows_cover() -> None:
    events = table(
        country=["Iraq"] * 8 + ["Syria"] * 4, date=pd.date_range("2015-01-01", periods=12)
    )
    assert incidents.coverage(events).countries == ("IRQ", "SYR")
    iraq = events[events["country"] == "Iraq"]
    found = incidents.coverage(iraq)
    assert found.countries == ("IRQ",)
    assert [day.isoformat() for day in found.period or ()] == ["2015-01-01", "2015-01-08"]
    assert found.words == (
        "All 8 rows are in Iraq; rates are over the ground of Iraq only. Its period is 2015-01-01 to "
        "2015-01-08, by its first and last row."
    )


def test_reading_notes_one_country_and_the_option_that_changes_it() -> None:
    dates: dict[str, Any] = {"date": "2015-01-01"}
    assert table(country="Iraq", **dates).attrs["notes"] == [
        (
            "all 12 rows are in Iraq; rates are over the ground of Iraq only; if the table covers "
            "other countries too, say countries=['Iraq', 'another']"
        )
    ]
    assert table(**dates).attrs["notes"] == []
    both = table(country=["Iraq"] * 6 + ["Syria"] * 6, **dates).attrs["notes"]
    assert not any("rates" in note for note in both)


def test_words_of_no_country_are_told_with_their_count_and_limit_nothing() -> None:
    events = table(country=["Iraq"] * 8 + ["Irak"] * 3 + [""])
    found = incidents.coverage(events)
    assert (found.countries, found.n_unnamed, dict(found.unknown)) == (("IRQ",), 1, {"Irak": 3})
    assert "all 8 of 12 rows that name a known country are in Iraq" in found.words.lower().replace(
        "iraq", "Iraq"
    )
    assert "words that are the name or code of no country: 'Irak'" in events.attrs["notes"]
    assert "3 rows name a country that is not known here" in events.attrs["notes"]
    # Words of rows go nowhere but into the notes of the table: the sentence goes to the public.
    assert "Irak" not in found.words
    most = incidents.coverage(table(country=["Iraq"] * 3 + ["Irak"] * 9))
    assert (most.countries, most.countries_from) == ((), "not known")


def test_what_is_said_goes_before_the_rows_and_survives_json(corridor: Corridor) -> None:
    rows = pd.DataFrame({
        "latitude": [35.2, 35.3, 35.0, 35.1], "longitude": [41.5, 41.5, 40.8, 41.5],
        "where_prec": 1, "country": ["Iraq", "Iraq", "Syria", "Iraq"],
        "date": ["2015-01-05", "2014-12-31", "2015-01-07", "2015-01-08"],
    })  # fmt: skip
    events = incidents.read(rows, countries="Iraq", period=("2015-01-01", "2015-12-31"))
    assert json.loads(json.dumps(events.attrs["coverage"])) == {
        "countries": ["IRQ"], "period": ["2015-01-01", "2015-12-31"]
    }  # fmt: skip
    assert events["status"].tolist() == ["ok"] * 4
    assert events["reason"].tolist() == [
        "",
        "beyond coverage: 2014-12-31 is not in the period said (2015-01-01 to 2015-12-31)",
        "beyond coverage: Syria is not among the countries said (Iraq)",
        "",
    ]
    found = incidents.coverage(events)
    assert (found.countries, found.n_beyond, found.period_from) == (("IRQ",), 2, "said")
    again = incidents.read(events)
    assert incidents.coverage(again).countries == ("IRQ",)
    assert again.attrs["notes"] == events.attrs["notes"]
    assert again["reason"].tolist() == events["reason"].tolist()
    other = incidents.read(events, countries=["Iraq", "Syria"])
    assert other["reason"].tolist()[2] == ""
    assert other["reason"].tolist()[1] == events["reason"].tolist()[1]
    assert (
        "1 row lies beyond what the table is said to cover, is kept and enters no rate"
        in (other.attrs["notes"])
    )
    zones = zones_of(all=corridor.outline.iloc[0])
    counted = incidents.overlay(events, zones, corridor=corridor, draws=50)
    assert counted["expected"].iloc[0] == 2
    gone = [row["reason"] for row in counted.attrs["excluded"]]
    assert gone == ["beyond coverage: it enters no rate"] * 2
    account = incidents.account(events, corridor, draws=50)
    assert account.line == "4 reported: 2 beyond its coverage, 2 in the corridor"


def test_months_are_those_of_the_period_that_is_said(corridor: Corridor) -> None:
    rows = {"date": ["2015-01-01"] * 6 + ["2015-01-31"] * 6}
    lat, lon = zip(*ONE_COUNTRY, strict=True)
    plain = pd.DataFrame({"latitude": lat, "longitude": lon, "where_prec": 1, **rows})
    zones = zones_of(a=shapely.box(41.2, 34.6, 41.6, 35.6))
    months = [
        incidents.exposure_ratios(events, zones, corridor, draws=20).attrs["months"]
        for events in (
            incidents.read(plain),
            incidents.read(plain, period=("2015-01-01", "2015-12-31")),
        )
    ]
    assert months == pytest.approx([31 / 30.436875, 365 / 30.436875])


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"countries": "Irak"}, r"no country is called 'Irak'; the nearest are IRQ \(Iraq\)"),
        ({"countries": ["Iraq", 7]}, "no country is called 7"),
        ({"countries": []}, "countries must be the name or ISO code of a country"),
        ({"period": ("2015-02-01", "2015-01-01")}, "period must begin before it ends"),
        ({"period": ("2015", "2016")}, "period must be the first and the last day"),
        ({"period": "2015-01-01"}, "period must be the first and the last day"),
        ({"period": ("2015-01-01",)}, "period must be the first and the last day"),
    ],
)
def test_what_is_said_must_be_possible(said: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidParameterError, match=message):
        incidents.read(pd.DataFrame({"lat": [34.5], "lon": [41.5]}), **said)


def test_a_table_of_other_countries_is_refused_by_every_rate(corridor: Corridor) -> None:
    events, zones = table(country="Yemen"), zones_of(a=shapely.box(41.2, 34.6, 41.6, 35.6))
    words = (
        "the table covers Yemen, which has no ground in this corridor of Iraq and Syria: take a table "
        r"of these countries, or say which ones this table covers with countries=\['Iraq', 'Syria'\]"
    )
    for call in (
        lambda: incidents.overlay(events, zones, corridor=corridor),
        lambda: incidents.exposure_ratios(events, zones, corridor),
        lambda: incidents.enrichment(events, zones, corridor, method="matched"),
        lambda: incidents.pressure_weights(corridor, events),
        lambda: comparison_cells(zones, corridor, countries=["Yemen"]),
    ):
        with pytest.raises(DataError, match=words):
            call()


def test_denominators_are_the_ground_of_the_country(corridor: Corridor, iraq: BaseGeometry) -> None:
    events, zones = table(country="Iraq"), zones_of(a=shapely.box(41.2, 34.6, 41.6, 35.6))
    one = incidents.exposure_ratios(events, zones, corridor, draws=50)
    both = incidents.exposure_ratios(events.assign(country=""), zones, corridor, draws=50)
    total = one["flagged_km2"] + one["other_km2"]
    assert total.tolist() == pytest.approx([area_km2(iraq)] * 3, rel=1e-5)
    assert (both["flagged_km2"] + both["other_km2"]).iloc[0] == pytest.approx(corridor.area_km2)
    assert both["ratio"].iloc[0] > 1.5 * one["ratio"].iloc[0]
    assert one.attrs["countries"] == ["IRQ"]
    assert one.attrs["covered_share"] == pytest.approx(0.524231, abs=1e-5)
    assert ", of the ground of Iraq in the corridor alone," in one.attrs["sentence"]
    cells = comparison_cells(zones, corridor, countries=["Iraq"])
    assert cells["area_km2"].sum() == pytest.approx(area_km2(iraq), rel=1e-4)
    found = incidents.enrichment(events, zones, corridor, method="matched", draws=20)
    assert found.flagged_km2 + found.unflagged_km2 == pytest.approx(area_km2(iraq), rel=1e-4)
    assert "Compared is the ground of Iraq in the corridor alone" in found.sentence()


def test_rows_of_both_countries_leave_out_the_third_alone(corridor: Corridor) -> None:
    events = table(country=["Iraq"] * 6 + ["Syria"] * 6)
    share = covered_ground(events, corridor).share
    third = corridor.outside_ground()["area_km2"].sum()
    assert share == pytest.approx(1 - third / corridor.area_km2, abs=1e-5)


def test_rows_without_countries_are_told_to_lie_on_one_side(corridor: Corridor) -> None:
    events = table()
    covered = covered_ground(events, corridor)
    assert (covered.share, covered.limited) == (1.0, False)
    words = ground_words(events, corridor)
    assert "All 12 rows in it lie on the side of Iraq" in words
    assert "say countries=['Iraq']" in words
    some = table([*ONE_COUNTRY, (34.9, 40.95)])
    assert "on the side of" not in ground_words(some, corridor)


def test_a_zone_of_which_the_table_cannot_speak_says_so(corridor: Corridor) -> None:
    zones = zones_of(
        here=shapely.box(41.55, 35.0, 41.7, 35.2),
        there=shapely.box(40.0, 34.4, 40.6, 34.9),
        both=shapely.box(40.9, 34.4, 41.3, 35.0),
        away=shapely.box(43.0, 30.0, 44.0, 31.0),
    )
    counted = incidents.overlay(table(country="Iraq"), zones, corridor=corridor, draws=50)
    here, there, both, away = incidents.zone_sentences(counted)
    assert there == (
        "there: the table covers Iraq only and the zone lies on other ground, of which it cannot speak."
    )
    assert np.isnan(counted["expected_if_uniform"].iloc[1])
    assert counted["covered_share"].tolist() == pytest.approx([1, 0, 0.431, 0], abs=0.01)
    assert "% of the zone is the ground of Iraq in the corridor, with" in both
    assert "an even spread over the ground of Iraq in the corridor would give" in both
    assert "no report: none of 12 located events falls here" in here
    assert "does not say that nothing happened" in here
    assert away.endswith("it lies outside the corridor, so no comparison is made.")


def test_where_no_event_can_be_placed_nothing_is_told(corridor: Corridor) -> None:
    zones = zones_of(here=shapely.box(41.5, 34.6, 41.9, 35.2))
    vague = table(ONE_COUNTRY[:2], where_prec=6)
    (words,) = incidents.zone_sentences(
        incidents.overlay(vague, zones, corridor=corridor, draws=20)
    )
    assert (
        words == "here: no event of the table can be placed, so that nothing is told of this zone."
    )


def test_the_error_that_decides_is_of_the_events_that_lie_here(corridor: Corridor) -> None:
    """Forty rows of a province and thirty of a town in the corridor: the towns are what is compared."""
    rng = np.random.default_rng(3)
    towns = [(34.3 + 0.1 * a, 41.05 + 0.2 * b) for a, b in rng.random((30, 2))]
    events = table(
        [*towns, *[(33.0, 42.0)] * 40],
        where_prec=[1] * 30 + [4] * 40,
        country="Iraq",
        adm_1="Anbar",
    )
    zones = zones_of(a=shapely.box(41.0, 34.0, 41.3, 34.4))
    how = {"regions": incidents.regions(events, admin1=datasets.admin1()), "draws": 50}
    found = incidents.enrichment_table(
        events, zones, corridor, methods=("matched",), cell_sizes_km=(10.0, 25.0), **how
    )
    assert found["median_error_km"].tolist() == pytest.approx([1.177, 1.177], abs=0.01)
    assert "not compared" not in set(found["verdict"])
    rates = incidents.exposure_ratios(events, zones, corridor, **how)
    assert rates.attrs["median_error_km"] == pytest.approx(1.177, abs=0.01)
    assert not rates["below_precision"].any()
    counted = incidents.overlay(events, zones, corridor=corridor, **how)
    assert counted.attrs["median_error_km"] == pytest.approx(1.177, abs=0.01)


@given(st.lists(st.floats(0.1, 500), min_size=1, max_size=30))
@settings(max_examples=50)
def test_with_even_chances_it_is_the_usual_median(errors: list[float]) -> None:
    found = typical_error_km(np.array(errors), np.full(len(errors), 0.3))
    assert found == pytest.approx(np.median(errors))


def test_without_an_event_here_no_error_is_known() -> None:
    assert np.isnan(typical_error_km(np.array([1.0, np.nan]), np.array([0.0, 1.0])))


def test_positions_are_held_to_the_country_of_the_row(
    corridor: Corridor, iraq: BaseGeometry
) -> None:
    """A disc over the line, cut at it: even over what is left, and the same whatever the batch."""
    on_line = corridor.border.point_at(300.0)
    events = table([(on_line.y, on_line.x)], where_prec=2, country="Iraq")
    syria = corridor.ground_of(["SYR"]).iloc[0]
    free = prepare(events, draws=2000, seed=4)
    held = held_to_countries(free, events, corridor)
    west = iraq.intersection(shapely.box(-180, -90, on_line.x, 90))
    (_, before), (_, after) = (count_draws(d, [syria, iraq, west]) for d in (free, held))
    assert before[0, 0] > 500
    assert after[0, 0] == 0
    assert after[0, 1] == 2000
    assert after[0, 2] / 2000 == pytest.approx(before[0, 2] / before[0, 1], abs=0.05)
    fewer = held_to_countries(prepare(events, draws=10, seed=4), events, corridor)
    rows = np.zeros(1, dtype=np.int64)
    for few, many in zip(fewer.positions(rows), held.positions(rows), strict=True):
        np.testing.assert_array_equal(few[0], many[0, :10])
    unsaid = events.assign(country="")
    assert held_to_countries(prepare(unsaid, draws=5, seed=4), unsaid, corridor).held is None


def seeded_table(
    corridor: Corridor, flagged: shapely.Geometry, *, ratio: float, seed: int, exact: bool
) -> gpd.GeoDataFrame:
    """Rows of Iraq alone with a known rate ratio, coded off their true places by their own kernels."""
    rng, geod = np.random.default_rng(seed), Geod(ellps="WGS84")
    land = bz.Corridor.around(corridor.border, depth_km=90, side="IRQ").outline.iloc[0]
    shapely.prepare([land, flagged])
    west, south, east, north = land.bounds
    lon = rng.uniform(west, east, 6000)
    low, high = (float(np.sin(np.radians(edge))) for edge in (south, north))
    lat = np.degrees(np.arcsin(rng.uniform(low, high, 6000)))
    rate = np.where(shapely.contains_xy(flagged, lon, lat), ratio, 1.0) / max(ratio, 1.0)
    kept = np.flatnonzero(shapely.contains_xy(land, lon, lat) & (rng.random(6000) < rate))
    kept = kept[: rng.poisson(110)]
    code = np.ones(len(kept), dtype=int) if exact else rng.choice([1, 2], len(kept), p=[0.6, 0.4])
    off = np.where(code == 1, rng.rayleigh(1.0, len(kept)), 25 * np.sqrt(rng.random(len(kept))))
    lon, lat, _ = geod.fwd(lon[kept], lat[kept], rng.uniform(0, 360, len(kept)), 1e3 * off)
    return table(list(zip(lat, lon, strict=True)), where_prec=code, country="Iraq")


@pytest.mark.parametrize(("ratio", "mix"), [(1.0, "exact"), (2.0, "exact"), (2.0, "vague")])
def test_bands_of_one_country_hold_the_truth(corridor: Corridor, ratio: float, mix: str) -> None:
    """
    Ground within 15 km of the line, where positions drawn over it would be lost.

    200 tables each hold it in 95 % or more (`docs/explanation/methods/incidents.md`); twelve of them are drawn here.
    """
    line = corridor.border.line.to_crs(corridor.crs).buffer(15e3).to_crs(4326).union_all()
    near = line.intersection(corridor.outline.iloc[0])
    held = 0
    for seed in range(12):
        events = seeded_table(corridor, near, ratio=ratio, seed=seed, exact=mix == "exact")
        row = incidents.exposure_ratios(
            events, zones_of(near=near), corridor, cell_sizes_km=(), draws=60, seed=seed
        ).iloc[0]
        held += row["ratio_low"] <= ratio <= row["ratio_high"]
    assert held >= 11
