"""Charts on any sheet: nothing small, nothing over something else, and the four that tell of plans."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from sheets import faults

import borderzone as bz
from borderzone import figures
from borderzone.errors import InvalidParameterError
from borderzone.figures.grammar import figure_of, unshown
from borderzone.study import told

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from borderzone.study import StudyResult

# Each chart on one sheet of a column's width and on one other, in both themes.
CHARTS = (
    "answer", "coverage_curve", "weakest_place", "allocation", "remoteness", "response_times",
    "sight_lines", "night_reach", "month_moon", "sensitivity", "hindcast", "incident_overlay",
)  # fmt: skip
WIDE: tuple[tuple[Any, str], ...] = (("text", "dark"), ((7.0, 5.0), "light"), ("a4", "dark"))


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_can_be_read_in_a_column_and_on_a_page(result: StudyResult, name: str) -> None:
    other = WIDE[CHARTS.index(name) % len(WIDE)]
    with unshown():
        for size, theme in (("column", "light"), other):
            ax = figures.FIGURES[name].draw(result, size=size, theme=theme)
            assert faults(figure_of(ax)) == [], (size, theme)


@pytest.mark.parametrize("size", ["column", "text", "a4"])
def test_a_what_if_can_be_read_on_every_sheet(
    result: StudyResult, other: StudyResult, size: str
) -> None:
    with unshown():
        ax = figures.whatif(result, other, size=size)
    figure = figure_of(ax)
    assert faults(figure) == []
    assert len(figure.axes) == {"column": 1, "text": 3, "a4": 3}[size]
    assert ("A" in {text.get_text() for text in figure.texts}) == (size == "a4")


def test_pages_of_a_curve_fold(result: StudyResult) -> None:
    with unshown():
        made = {
            size: [
                ax.get_label() for ax in figure_of(figures.coverage_curve(result, size=size)).axes
            ]
            for size in ("column", (3.35, 6.0), "text", "a4")
        }
    assert made["column"] == ["mean"]
    assert made[3.35, 6.0] == made["text"] == ["mean", "min"]
    assert set(made["a4"]) >= {"mean", "min", "forces", "gain"}


def drawn(ax: Axes) -> Any:
    """Give the heights of the steps on axes, in their order."""
    return [patch.get_data() for patch in ax.patches if hasattr(patch, "get_data")]


def test_a_light_is_told_where_it_is_asked_for(result: StudyResult) -> None:
    with unshown():
        day = figures.coverage_curve(result, light="day", size="text")
        dark = figures.answer(result, light="dark", size="text")
    title = figure_of(day).texts[0].get_text().replace("\n", " ")
    (row,) = told.units(result, "mean_pod", light="day", target=0.5)
    assert f"by day takes {row.range}" in title
    heads = {text.get_text() for text in dark.texts}
    assert "see 95 % at the weakest place" in heads
    assert not any("50 %" in words for words in heads)
    with pytest.raises(InvalidParameterError, match="light"):
        figures.coverage_curve(result, light="dusk")


def test_what_stays_empty_is_what_the_plan_leaves(result: StudyResult) -> None:
    with unshown():
        ax = figures.allocation(result, size="text", km=(100, 300))
    units = result.segments["units_optimal"].to_numpy()
    assert ax.get_xlim() == (100, 300)
    (bars, _, _), (empty, _, _) = drawn(ax)[:2]
    np.testing.assert_allclose(bars, units * 10 / result.segments["length_km"])
    np.testing.assert_array_equal(empty > 0, units == 0)
    title = figure_of(ax).texts[0].get_text().replace("\n", " ")
    assert title.startswith(
        f"{(units == 0).sum()} of {len(units)} segments stay empty at 100 units"
    )
    plan = pd.DataFrame(
        {
            "km_start": [0, 10, 20, 30, 40],
            "km_end": [10, 20, 30, 40, 50],
            "units_even": [0.0, 0, 1, 0, 2],
        }
    )
    assert told.empty_words(plan, "even") == "km 0 to 20 and km 30 to 40"
    even = told.allocation_finding(result, "even")
    assert even.startswith("No segment stays empty at 100 units, spread evenly")


def test_the_weakest_place_is_that_of_its_segment(result: StudyResult) -> None:
    table = figures.figure_data(result, "weakest_place")
    row = table.iloc[int(table["led_weakest"].argmin())]
    of = result.segments.loc[row["segment"]]
    swept = of["units_even"] * of["rate_night"]
    speed = of["patrol_km_h"] / of["crosser_km_h"]
    # Unled units have no weak place: random search, 1 - exp(-C).
    assert row["unled"] == pytest.approx(-np.expm1(-swept))
    assert row["led_weakest"] == pytest.approx(
        bz.patrol.weakest_place(swept, "beats_soft", speed_ratio=speed)
    )
    assert (table["led_end"] < table["led_weakest"]).all()
    assert (table["led_weakest"] < table["led"]).all()
    assert f"km {row['km_start']:.0f} to {row['km_end']:.0f}" in figures.alt_text(
        result, "weakest_place"
    )


def test_remoteness_is_the_ground_beyond_the_hours(result: StudyResult) -> None:
    table, bands = figures.figure_data(result, "remoteness"), result.reach.bands
    assert bands is not None
    assert table["threshold_h"].tolist() == [1.0, 2.0, 3.0]
    far = [told.beyond(bands, hours) for hours in table["threshold_h"]]
    np.testing.assert_allclose(table["farther_share"], far)
    with unshown():
        ax = figures.remoteness(result, size="text")
    titles = [each.get_title(loc="left") for each in figure_of(ax).axes]
    assert titles == [f"> {h:g} h: {told.percent(s)}" for h, s in zip((1, 2, 3), far, strict=True)]


def test_months_and_moons_are_those_of_the_table(result: StudyResult) -> None:
    with unshown():
        ax = figures.month_moon(result, size="a4")
    assert result.patrol.by_night is not None
    people = result.patrol.by_night["people"].swaplevel().sort_index().loc[["full", "mean", "dark"]]
    written = [text.get_text() for text in ax.texts]
    assert written == [told.rounded(value) for value in people]


def test_weights_of_few_events_are_no_picture(result: StudyResult) -> None:
    assert len(figures.figure_data(result, "incident_pressure")) == len(result.segments)
    with pytest.raises(InvalidParameterError, match="places 5 events"):
        figures.incident_pressure(result)


def test_towers_are_named_as_what_they_are(result: StudyResult) -> None:
    with unshown():
        figure = figure_of(figures.coverage_curve(result, size="a4"))
    (forces,) = [ax for ax in figure.axes if ax.get_label() == "forces"]
    towers = [text.get_text() for text in forces.texts if "wall" in text.get_text()]
    assert towers
    assert all("towers, each as a unit" in words for words in towers)


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_keeps_its_words_on_the_page_of_somebodys_axes(
    result: StudyResult, name: str
) -> None:
    figure = Figure(figsize=(6.3, 4.2), dpi=110)
    FigureCanvasAgg(figure)
    ax = figure.add_subplot()
    assert figures.FIGURES[name].draw(result, ax=ax) is ax
    assert faults(figure) == []
    assert figure.axes == [ax]
