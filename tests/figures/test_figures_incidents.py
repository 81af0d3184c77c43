"""Incidents on figures: size is how many, shape which type, filled how well known; all are counted."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from changed_results import changed
from hypothesis import given, settings
from hypothesis import strategies as st
from incident_tables import ucdp_like
from matplotlib.colors import to_hex, to_rgb
from matplotlib.text import Text

from borderzone import datasets, figures, incidents
from borderzone.figures.grammar import INK, figure_of
from borderzone.figures.layers import (
    KNOWN_KM,
    MIXED,
    OTHER,
    SymbolScale,
    event_symbols,
    kinds_of,
    placed_events,
    shapes_of,
)
from borderzone.figures.maps import drawn_words, page_events
from borderzone.figures.strip import gather
from borderzone.report.public import edition

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from borderzone.study import StudyResult

# Area of a marker whose size is 1: a diamond is a square turned, a triangle half of its box, a plus
# five ninths of it.
UNIT = {"o": math.pi / 4, "D": 1.0, "v": 0.5, "s": 1.0, "P": 5 / 9}


def put(result: StudyResult, table: pd.DataFrame, draws: int = 60) -> StudyResult:
    """Give the study with other incidents, counted anew."""
    events = incidents.read(table)
    account = incidents.account(
        events,
        result.corridor,
        draws=draws,
        seed=1,
        regions=incidents.regions(events, admin1=datasets.admin1()),
    )
    return changed(result, events=events, account=account)


@pytest.fixture(scope="module")
def many(result: StudyResult) -> StudyResult:
    """Give the study with 7,000 rows as UCDP has them, 1,705 of them on one coordinate."""
    return put(result, ucdp_like(7000))


@pytest.fixture(scope="module")
def crowded(many: StudyResult) -> Axes:
    """Give the whole page of their map."""
    return figures.corridor_map(many)


def rows_at(*spots: tuple[float, float, int], **columns: Any) -> pd.DataFrame:
    """Give so many rows at each place."""
    lon, lat, n = zip(*spots, strict=True)
    table = pd.DataFrame({"lon": np.repeat(lon, n), "lat": np.repeat(lat, n), "where_prec": 1})
    return table.assign(id=range(len(table)), **columns)


def drawn(ax: Axes, gid: str) -> list[Any]:
    """Give the artists of one part of the symbols."""
    return [line for line in ax.lines if line.get_gid() == gid]


def area(line: Any) -> float:
    """Give the area of a symbol in square points."""
    return float(UNIT[line.get_marker()] * line.get_markersize() ** 2)


def words_of(ax: Axes) -> str:
    """Give all that is written on the page of axes."""
    texts = [text for text in figure_of(ax).findobj(Text) if text.get_visible()]
    return " ".join(" ".join(text.get_text().split()) for text in texts)


def test_a_table_as_of_ucdp_is_piled_up_as_real_ones_are() -> None:
    table = ucdp_like(7000)
    assert len(table) == 7000
    assert table.groupby(["longitude", "latitude"]).size().max() == 1705
    assert set(table["type_of_violence"]) == {"1", "2", "3"}
    share = table["where_prec"].value_counts(normalize=True)
    assert share["1"] == pytest.approx(0.40, abs=0.02)
    assert share["2"] == pytest.approx(0.25, abs=0.02)
    pd.testing.assert_frame_equal(table, ucdp_like(7000))


def test_the_eight_events_are_told_alike_on_every_figure(result: StudyResult) -> None:
    assert result.incidents.account is not None
    line = result.incidents.account.line
    assert line == "8 reported: 3 too vague, 2 outside, 3 in the corridor"
    map_words, strip_words = (
        words_of(draw(result)) for draw in (figures.corridor_map, figures.strip_map)
    )
    assert f"incidents, {line}." in map_words
    assert "2 symbols for 3 of them" in map_words
    assert "no symbol: 1 off this sheet, 1 known only to an area" in map_words
    assert f"Incidents, {line}. On the plan 2 symbols stand for 3 coded in it." in strip_words
    assert line in words_of(figures.incident_overlay(result))
    alt = figures.alt_text(result, "corridor_map")
    assert f"{line}; the map has 2 symbols for 3 of them; without one are 1 off" in alt


def test_what_stands_on_one_coordinate_is_one_symbol_of_its_size(result: StudyResult) -> None:
    spots = ((41.1, 34.4, 5), (41.5, 35.5, 10), (40.0, 33.8, 20), (42.0, 36.6, 1))
    ax = figures.corridor_map(put(result, rows_at(*spots, event_type="battle")), relief=False)
    areas = sorted(area(line) for line in drawn(ax, "events"))
    assert len(areas) == 4
    assert np.array(areas) / areas[0] == pytest.approx([1, 5, 10, 20])
    assert {line.get_marker() for line in drawn(ax, "events")} == {"D"}


@settings(max_examples=40)
@given(st.lists(st.integers(1, 5000), min_size=1, max_size=40))
def test_more_events_never_have_a_smaller_symbol(counts: list[int]) -> None:
    scale = SymbolScale.of((7.0, 4.0), counts)
    areas = [scale.area(n) for n in sorted(counts)]
    assert areas == sorted(areas)
    for n in counts:
        if n >= scale.up_to + 1:
            assert scale.area(n) == pytest.approx(n * scale.per_event)
        assert scale.area(n, inside=False) <= scale.area(n)


def test_the_largest_of_a_pile_leaves_the_map_to_be_seen(crowded: Axes) -> None:
    box = crowded.get_window_extent()
    across = 2 * math.sqrt(max(area(line) for line in drawn(crowded, "events")) / math.pi)
    assert 15 < across < 0.08 * 72 / 110 * box.width
    assert "1,144" in [text.get_text() for text in crowded.texts], "its number stands beside it"
    words = words_of(crowded)
    assert "and 1,144 events" in words


def test_events_known_to_ten_kilometres_fill_their_share_of_a_symbol(result: StudyResult) -> None:
    table = rows_at((41.1, 34.4, 8), event_type="battle")
    table["where_prec"] = [1, 1, 2, 2, 2, 2, 2, 2]
    ax = figures.corridor_map(put(result, table), relief=False)
    (outer,), (inner,) = drawn(ax, "events"), drawn(ax, "events-known")
    assert outer.get_markerfacecolor() == "#ffffff"
    assert area(inner) / area(outer) == pytest.approx(2 / 8)
    assert f"filled: known to within {KNOWN_KM:.0f} km; hollow: vaguer" in words_of(ax)


def test_shape_is_the_type_of_most_events_there_or_a_circle_for_several(
    result: StudyResult,
) -> None:
    spots = ((41.1, 34.4, 3), (41.5, 35.5, 2), (40.0, 33.8, 2))
    types = ["battle", "battle", "raid", "raid", "raid", "raid", "battle"]
    ax = figures.corridor_map(put(result, rows_at(*spots, event_type=types)), relief=False)
    shapes = shapes_of(["raid", "battle"])
    found = sorted(line.get_marker() for line in drawn(ax, "events"))
    assert found == sorted([shapes["battle"], shapes["raid"], shapes[MIXED]])
    words = words_of(ax)
    assert "battle" in words
    assert MIXED in words


def test_of_many_types_five_have_a_shape_and_the_others_one_together(result: StudyResult) -> None:
    spots = [(39.5 + 0.2 * i, 33.6 + 0.1 * i, 9 - i) for i in range(8)]
    types = np.repeat([f"type {i}" for i in range(8)], [9 - i for i in range(8)])
    shown = put(result, rows_at(*spots, event_type=types))
    events = placed_events(shown)
    assert events is not None
    assert kinds_of(events) == (*[f"type {i}" for i in range(5)], OTHER)
    markers = list(shapes_of(kinds_of(events)).values())
    assert len(set(markers)) == len(markers) == 7
    assert OTHER in words_of(figures.corridor_map(shown, relief=False))


def test_a_type_has_the_same_shape_on_map_and_strip(many: StudyResult) -> None:
    shown, strip = page_events(many), gather(many)
    assert shown is not None
    assert shown.kinds == strip.kinds
    assert shown.kinds[0] == "state-based violence"


def test_every_placed_event_has_a_symbol_or_is_counted(many: StudyResult) -> None:
    shown, account = page_events(many), many.incidents.account
    assert shown is not None
    assert account is not None
    told = (shown.seen, shown.off_sheet, shown.to_area)
    assert sum(told) == account.reported - account.vague - account.unreadable
    assert shown.symbols["events"].sum() == shown.seen
    assert drawn_words(many).startswith(f"; the map has {len(shown.symbols):,} symbols for")
    assert all(f"{number:,} " in drawn_words(many) for number in told[1:])


def test_a_map_has_no_more_symbols_than_can_be_told_apart(many: StudyResult) -> None:
    shown = page_events(many)
    assert shown is not None
    inside = shown.symbols["inside"].astype(bool)
    assert 100 < inside.sum() <= 250
    assert 10 < (~inside).sum() <= 125
    assert shown.symbols["events"].max() == 1144, "the pile keeps a symbol of its own"


def test_a_large_table_is_drawn_with_as_few() -> None:
    rng = np.random.default_rng(1)
    n = 60_000
    points = gpd.points_from_xy(rng.uniform(38, 43, n), rng.uniform(33, 37, n))
    columns = {"kind": "a", "place": "", "inside": True, "synthetic": False, "radius_km": 2.0}
    table = event_symbols(gpd.GeoDataFrame({**columns, "n": range(n)}, geometry=points, crs=4326))
    assert len(table) <= 250
    assert table["events"].sum() == n


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([40.0, 40.1, 41.0, -179.99, 179.99]),
            st.sampled_from([33.0, 34.5, -60.0]),
            st.sampled_from(["a", "b", "c"]),
            st.booleans(),
            st.sampled_from([1.0, 25.0]),
        ),
        max_size=30,
    ),
    st.integers(1, 12),
)
def test_gathering_loses_no_event(
    rows: list[tuple[float, float, str, bool, float]], most: int
) -> None:
    lon, lat, kind, inside, radius = (
        map(list, zip(*rows, strict=True)) if rows else ([] for _ in range(5))
    )
    columns = {"kind": kind, "place": kind, "inside": inside, "radius_km": radius}
    events = gpd.GeoDataFrame(
        {**columns, "synthetic": False}, geometry=gpd.points_from_xy(lon, lat), crs=4326
    )
    table = event_symbols(events.astype({"inside": bool, "radius_km": float}), most=most)
    assert table["events"].sum() == len(rows)
    assert table["known"].sum() == sum(value <= KNOWN_KM for value in radius)
    assert table.loc[table["inside"].astype(bool), "events"].sum() == sum(inside)
    assert list(table["events"]) == sorted(table["events"], reverse=True)


def test_events_outside_are_small_pale_and_counted(crowded: Axes, many: StudyResult) -> None:
    shown = page_events(many)
    assert shown is not None
    outside = shown.symbols[~shown.symbols["inside"].astype(bool)]
    small = drawn(crowded, "events-outside")
    assert sum(len(line.get_xdata()) for line in small) == len(outside)
    assert max(area(line) for line in small) <= 50
    assert f"{outside['events'].sum():,} outside the corridor, drawn small" in words_of(crowded)
    axes = crowded.transAxes.inverted()
    for line in small:
        places = axes.transform(crowded.transData.transform(np.column_stack(line.get_data())))
        assert ((places > 0) & (places < 1)).all()


def test_circles_are_drawn_once_and_many_as_the_edge_of_all(
    result: StudyResult, crowded: Axes
) -> None:
    table = rows_at((41.1, 34.4, 40), event_type="battle").assign(where_prec=2)
    few = page_events(put(result, table))
    assert few is not None
    assert few.rings["radius_km"].tolist() == [25.0]
    edges = [
        artist
        for artist in crowded.collections
        if artist.get_zorder() == 11
        and to_hex(np.asarray(artist.get_edgecolor())[0][:3]) == INK["incident"]
    ]
    assert sum(len(artist.get_paths()) for artist in edges) == 1
    assert "circles, of the vague ones" in words_of(crowded)


def test_the_table_behind_the_map_is_what_is_drawn(many: StudyResult, crowded: Axes) -> None:
    table = figures.figure_data(many, "corridor_map")
    symbols = table[table["layer"] == "incident symbol"]
    parts = [*drawn(crowded, "events"), *drawn(crowded, "events-outside")]
    assert sum(len(line.get_xdata()) for line in parts) == len(symbols)
    shown = page_events(many)
    assert shown is not None
    assert symbols["value"].sum() == shown.seen
    largest = symbols.iloc[0]
    assert (largest["value"], largest["unit"]) == (1144, "events")
    assert (largest["lon"], largest["lat"]) == pytest.approx((40.9186, 34.4522))
    assert "state-based violence" in largest["note"]
    assert "may lie in the corridor" in largest["note"]


def test_no_row_of_a_closed_table_is_on_a_public_map(result: StudyResult) -> None:
    table = rows_at((41.1, 34.4, 30), event_type="Battles").assign(
        event_id_cnty="IRQ1", geo_precision=1
    )
    closed = edition(put(result, table), "public").result
    words = words_of(figures.corridor_map(closed))
    assert "none is drawn by itself" in words
    data = figures.figure_data(closed, "corridor_map")
    assert not data["layer"].isin(["incident", "incident symbol"]).any()
    strip = figures.strip_map(closed)
    assert "None is drawn by itself." in words_of(strip)
    assert not [line for line in strip.child_axes[0].lines if line.get_gid() == "events"]
    assert figures.figure_data(closed, "strip_map")["incidents_expected"].sum() == pytest.approx(
        30, abs=0.5
    )
    assert "none is drawn by itself" in figures.alt_text(closed, "corridor_map")


@pytest.mark.parametrize(
    ("spot", "words"),
    [
        ((10.0, 50.0, 3), "no symbol for any of them; without one are 3 off this sheet"),
        ((43.1, 36.3, 300), "1 symbol for 300 of them"),
        ((41.1, 34.4, 1), "1 symbol for 1 of them"),
    ],
)
def test_a_map_of_one_place_is_drawn_wherever_it_lies(
    spot: tuple[float, float, int], words: str, result: StudyResult
) -> None:
    shown = put(result, rows_at(spot))
    assert words in drawn_words(shown)
    figures.corridor_map(shown, relief=False)
    figures.strip_map(shown)


def test_the_small_ones_outside_stand_out_from_land_and_relief() -> None:
    def luminance(color: str) -> float:
        linear = [
            c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)
        ]
        return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))

    for ground in (INK["land"], "#dcdcdc"):
        assert (luminance(ground) + 0.05) / (luminance(INK["outside"]) + 0.05) >= 3


def test_events_of_one_province_share_its_region() -> None:
    table = pd.DataFrame({"lon": [41.1, 41.3, 43.1], "lat": [33.4, 33.2, 36.3], "where_prec": 4})
    found = incidents.regions(incidents.read(table), admin1=datasets.admin1())
    anbar, again, other = found.geometry
    assert anbar is again
    assert not anbar.equals(other)
    assert found["median_error_km"].nunique() == 2
