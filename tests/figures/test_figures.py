"""Figures show what the tables say, say what they show, and leave no trace."""

from __future__ import annotations

from dataclasses import replace
from inspect import signature
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from changed_results import changed
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from sheets import some_axes

import borderzone as bz
from borderzone import figures
from borderzone.errors import InvalidParameterError
from borderzone.figures.grammar import INK, RULE_STYLE, figure_of
from borderzone.figures.layers import placed_events
from borderzone.report.pictures import figure_specs
from borderzone.study import told

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from borderzone.study import Ground, StudyResult

# What the built-in study can give by itself.
DRAWN = (
    "answer",
    "night_reach",
    "corridor_map",
    "strip_map",
    "coverage_curve",
    "sensitivity",
    "hindcast",
    "incident_overlay",
)


@pytest.fixture(scope="module")
def pages(result: StudyResult) -> dict[str, Axes]:
    """Give every figure of the built-in study, drawn once."""
    return {name: figures.FIGURES[name].draw(result) for name in DRAWN}


@pytest.fixture(scope="module")
def invented(result: StudyResult) -> StudyResult:
    """Give the study with its synthetic incidents in place of the reported ones."""
    assert result.incidents.demo is not None
    demo = result.incidents.demo
    return changed(result, events=demo.events, overlay=demo.overlay)


def words_of(figure: Figure) -> list[Text]:
    """Give the visible texts of a figure."""
    return [
        text
        for text in figure.findobj(lambda artist: isinstance(artist, Text))
        if isinstance(text, Text) and text.get_visible() and text.get_text().strip()
    ]


@pytest.mark.parametrize("name", DRAWN)
def test_no_word_is_smaller_than_seven_points(name: str, pages: dict[str, Axes]) -> None:
    small = {t.get_text(): float(t.get_fontsize()) for t in words_of(figure_of(pages[name]))}
    assert small
    assert {words: size for words, size in small.items() if size < 7} == {}


@pytest.mark.parametrize(("measure", "title"), [("mean", "On average"), ("min", "Every inch")])
def test_a_table_of_detection_is_drawn_as_detection(measure: str, title: str) -> None:
    rates, weights = [0.02, 0.03], [0.5, 0.5]
    seen = bz.patrol.coverage_curve(rates, weights, unit_counts=range(0, 200, 10))
    stopped = bz.patrol.coverage_curve(
        rates, weights, unit_counts=range(0, 200, 10), force=bz.patrol.Force(p_respond=0.7)
    )
    for table, axis, column in ((seen, "detection", "pod"), (stopped, "interdiction", "poi")):
        ax = figures.coverage_curve(table, measure=measure)
        assert ax.get_ylabel() == f"probability of {axis} per crossing"
        assert headline(ax).startswith(title)
        drawn = np.asarray(ax.lines[0].get_ydata(), dtype=float)
        np.testing.assert_array_equal(drawn, table[f"{measure}_{column}"])


def test_drawing_leaves_no_figure_and_no_setting_behind(result: StudyResult) -> None:
    before, settings = plt.get_fignums(), dict(mpl.rcParams)
    figures.night_reach(result)
    figures.plot_border(result.border)
    assert plt.get_fignums() == before
    assert dict(mpl.rcParams) == settings


def test_figures_draw_on_the_axes_they_are_given(result: StudyResult, other: StudyResult) -> None:
    for draw in (
        figures.corridor_map,
        figures.strip_map,
        figures.coverage_curve,
        figures.sensitivity,
        figures.hindcast,
        figures.night_reach,
        figures.incident_overlay,
    ):
        ax = some_axes()
        assert draw(result, ax=ax) is ax
        assert ax.figure.axes[0] is ax
    ax = some_axes()
    assert figures.whatif(result, other, ax=ax) is ax
    ax = some_axes()
    assert figures.plot_corridor(result.corridor, ax=ax) is ax
    assert result.plot(ax=some_axes()).get_title(loc="left")


def test_every_page_opens_with_its_finding(pages: dict[str, Axes], result: StudyResult) -> None:
    for name in ("corridor_map", "strip_map", "coverage_curve"):
        assert headline(pages[name]).startswith("Iraq-Syria: "), name
    for name in ("sensitivity", "hindcast", "night_reach", "incident_overlay"):
        assert any(letter.isdigit() for letter in headline(pages[name])), name


def headline(ax: Axes) -> str:
    """Give the largest words of a page: what it found."""
    first = max(figure_of(ax).texts, key=lambda text: float(str(text.get_fontsize())))
    return " ".join(first.get_text().split())


def test_the_map_says_where_its_data_are_from(pages: dict[str, Axes], result: StudyResult) -> None:
    words = " ".join(t.get_text() for t in words_of(figure_of(pages["corridor_map"]))).replace(
        "\n", " "
    )
    for needed in ("GeoNames", "SRTM30", "Natural Earth", "no opinion", result.run_id, "Lambert"):
        assert needed in words, needed
    assert "SYNTHETIC" not in words
    assert "caves unknown" in words


def test_the_map_names_no_more_towns_than_can_be_read(pages: dict[str, Axes]) -> None:
    labels = [text for text in pages["corridor_map"].texts if text.get_gid() == "label"]
    towns = [text.get_text() for text in labels if not text.get_text().endswith(" km")]
    assert 8 <= len(towns) <= 25
    assert {"Sinjar", "Al Qaim", "Albu Kamal"} <= set(towns)


def test_a_map_of_invented_events_says_so_in_a_band(invented: StudyResult) -> None:
    for draw in (figures.corridor_map, figures.strip_map):
        words = [text.get_text() for text in words_of(figure_of(draw(invented)))]
        assert any(text.startswith("SYNTHETIC DATA: ") for text in words)
    assert figures.alt_text(invented, "corridor_map").startswith("SYNTHETIC DATA")
    notes = figures.figure_data(invented, "corridor_map").query("layer == 'incident'")["note"]
    assert notes.str.startswith("SYNTHETIC").all()


def test_vague_events_are_hollow_and_all_have_their_circle(result: StudyResult) -> None:
    events = placed_events(result)
    assert events is not None
    known = events[events["drawn"]].set_index("id")["radius_km"]
    assert known.to_dict() == {"A1": 15.0, "A5": 15.0, "A6": 5.0, "A7": 5.0}
    ax = figures.corridor_map(result, ax=some_axes(), relief=False)
    faces = {
        str(line.get_markerfacecolor())
        for line in ax.lines
        if line.get_markeredgecolor() == INK["incident"]
    }
    assert faces == {"#ffffff", INK["incident"]}


def test_the_map_table_holds_every_zone_and_every_event(result: StudyResult) -> None:
    table = figures.figure_data(result, "corridor_map")
    assert result.zones is not None
    assert set(result.zones["zone"]) <= set(table["name"])
    assert (table["layer"] == "incident").sum() == 8
    vague = table[table["note"].str.contains("not drawn")]
    assert len(vague) == 4
    assert vague["lon"].isna().all()


def test_disputed_lines_are_dashed_and_agreed_ones_are_solid() -> None:
    def styles(a: str, b: str) -> set[str]:
        ax = figures.plot_border(bz.Border.between(a, b))
        lines = [artist for artist in ax.collections if artist.get_zorder() == 9]
        dashes: list[Any] = [pair for artist in lines for pair in artist.get_linestyle()]
        return {"solid" if pair[1] is None else "dashed" for pair in dashes}

    assert styles("IRQ", "SYR") == {"solid"}
    assert "dashed" in styles("IND", "PAK")


def test_the_curve_crosses_a_target_where_the_table_says(result: StudyResult) -> None:
    """Each line of the answer passes half where its table says that half is reached."""
    ax = figures.coverage_curve(result, ax=some_axes())
    drawn: list[Any] = [line for line in ax.lines if len(np.atleast_1d(line.get_xdata())) > 2]
    for measure in ("mean_pod", "mean_poi"):
        for law in ("random", "beats_soft"):
            row = told.answered_units(result, measure, law=law)
            assert row is not None
            at = [np.interp(row.middle, line.get_xdata(), line.get_ydata()) for line in drawn]
            assert min(abs(value - 0.5) for value in at) < 0.005


def test_the_curve_tells_seen_and_stopped_led_and_not(result: StudyResult) -> None:
    ax = figures.coverage_curve(result, ax=some_axes())
    words = {text.get_text() for text in ax.texts}
    assert {"seen, led", "seen, not led", "stopped, led", "stopped, not led", "by day"} <= words
    table = figures.figure_data(result, "coverage_curve")
    assert set(table["measure"]) == {"mean_pod", "min_pod", "mean_poi"}
    assert result.patrol.asked is not None
    row: Any = table.query("measure == 'mean_poi' and law == 'beats_soft'").iloc[9]
    again = result.pod(row["units"], law="beats_soft", measure="mean_poi").iloc[0]
    assert row["share"] == pytest.approx(again["share"], rel=1e-12)


def test_constants_of_ones_own_have_a_curve_by_one_light(
    coarse: bz.Study, coarse_ground: Ground
) -> None:
    scenario = coarse.scenario.changed({"force.p_identify": 0.5, "force.p_respond": 0.5})
    stopped = coarse.with_scenario(scenario).run(seed=1, ground=coarse_ground)
    ax = figures.coverage_curve(stopped, ax=some_axes())
    words = {text.get_text() for text in ax.texts}
    assert {"stopped by night, placed best", "seen by night", "dashes: spread evenly"} <= words
    assert stopped.curve is not None
    pd.testing.assert_frame_equal(figures.figure_data(stopped, "coverage_curve"), stopped.curve)


def test_the_curve_has_both_axes_of_units_in_proportion(
    result: StudyResult, pages: dict[str, Axes]
) -> None:
    top = pages["coverage_curve"].child_axes[0]
    pages["coverage_curve"].figure.canvas.draw()
    ratio = np.array(top.get_xlim()) / np.array(pages["coverage_curve"].get_xlim())
    assert ratio[0] == pytest.approx(ratio[1])
    paid = told.answered_units(result, "mean_pod")
    assert paid is not None
    assert ratio[0] == pytest.approx(paid.payroll_middle / paid.middle)


def test_the_tornado_is_drawn_in_people_and_names_what_moves_nothing(result: StudyResult) -> None:
    table = figures.figure_data(result, "sensitivity").set_index("assumption")
    ax = figures.sensitivity(result)
    row: Any = table.loc["r50_factor"]
    middle, bars = (
        table["people"].iloc[0],
        [bar for bar in ax.patches if isinstance(bar, Rectangle)],
    )
    # The widest bar is on top, from the people at one end of the state to those at the other.
    ends = sorted(x for bar in bars for x in (bar.get_x(), bar.get_x() + bar.get_width()))
    assert ends[0] == pytest.approx(min(row["people_low"], row["people_high"]))
    assert ends[-1] == pytest.approx(max(row["people_low"], row["people_high"]))
    assert ends[0] < middle < ends[-1]
    assert ax.get_yticklabels()[-1].get_text().startswith("detection range")
    words = {text.get_text() for text in words_of(figure_of(ax))}
    assert {told.rounded(row["people_low"]), told.rounded(row["people_high"])} <= words
    assert headline(ax).startswith("Detection range alone: ")
    # The eye's range holds the ground: what is out of sight is named below and has no bar.
    assert len(ax.get_yticks()) == 3
    assert any("each segment's own" in " ".join(text.split()) for text in words)
    alt = figures.alt_text(result, "sensitivity")
    assert f"Detection range: {told.rounded(row['people_low'])} and" in alt
    assert f"people, {told.percent(row['total'])} of the variance" in alt


def test_the_weakest_segment_is_drawn_when_asked_for(result: StudyResult) -> None:
    ax = figures.coverage_curve(result, ax=some_axes(), measure="min")
    assert "at every inch in the dark" in ax.get_title(loc="left")
    with pytest.raises(InvalidParameterError, match="measure must be one of mean, min"):
        figures.coverage_curve(result, measure="median")


def test_the_strip_counts_each_event_once_along_the_border(result: StudyResult) -> None:
    table = figures.figure_data(result, "strip_map")
    assert len(table) == len(result.segments)
    assert result.overlay is not None
    inside = result.overlay.attrs["n_in_corridor"]
    assert table["incidents_expected"].sum() == pytest.approx(inside, abs=0.1)


def test_the_strip_folds_into_lines(result: StudyResult) -> None:
    ax = figures.strip_map(result, fold_km=200)
    lines = [axes for axes in figure_of(ax).axes if str(axes.get_label()).startswith("strip-")]
    assert len(lines) == 3
    ends = [end for axes in lines for end in axes.child_axes[0].get_xlim()]
    assert ends == pytest.approx([0, 200, 200, 400, 400, result.border.length_km])
    with pytest.raises(InvalidParameterError, match="fold_km must be a finite number above 0"):
        figures.strip_map(result, fold_km=0)


def test_north_marks_on_the_strip_turn_with_the_border(result: StudyResult) -> None:
    plan = figures.strip_map(result).child_axes[0]
    marks = [text for text in plan.texts if text.get_text() == "N"]
    assert 4 <= len(marks) <= 6
    sides = [mark.get_position()[0] for mark in marks]
    assert min(sides) > 0, "all of this border runs northward, so north lies ahead"


def test_the_difference_of_two_scenarios_fills_its_scale(
    result: StudyResult, other: StudyResult
) -> None:
    figure = figure_of(figures.whatif(result, other))
    by_label = {str(axes.get_label()): axes for axes in figure.axes}
    low, high = by_label["difference"].get_ylim()
    table = figures.figure_data(result, "whatif", other=other)
    assert (table["b"] - table["a"]).tolist() == pytest.approx(table["difference"])
    assert (table["difference"] > 0).all()
    # Nothing is below zero, and the scale is filled by what there is.
    assert low == 0
    assert table["difference"].max() < high < 1.3 * table["difference"].max()


def test_scenarios_with_other_segments_are_not_compared(result: StudyResult) -> None:
    odd = replace(result, segments=result.segments.iloc[:-1])
    with pytest.raises(InvalidParameterError, match="different segments"):
        figures.whatif(result, odd)


@pytest.mark.parametrize("name", [*DRAWN, "whatif"])
def test_every_figure_is_described_in_numbers(
    name: str, result: StudyResult, other: StudyResult
) -> None:
    words = figures.alt_text(result, name, other=other)
    assert words.endswith(".")
    assert len(words) > 80
    assert any(character.isdigit() for character in words)
    for colour in ("red", "green", "blue", "yellow", "magenta"):
        assert f" {colour} " not in words


def test_a_figure_has_one_name_in_python_in_words_and_as_a_file(
    result: StudyResult, other: StudyResult
) -> None:
    for name in set(figures.FIGURES):
        assert callable(getattr(figures, name)), name
    shown = [spec.name for spec in figure_specs(result, other)]
    # The built-in study has neither cover, nor an inventory of caves, nor many incidents, nor elevation
    # fine enough for posts; the map of the weakest place is in the panel of its page.
    lacking = {
        "race_to_cover",
        "cave_success_rate",
        "incident_pressure",
        "weakest_place_map",
        "post_curve",
    }
    assert set(figures.FIGURES) - set(shown) == lacking
    assert len(set(shown)) == len(shown)
    for name in shown:
        assert figures.alt_text(result, name, other=other)
        assert len(figures.figure_data(result, name, other=other)), name
    functions = {name: getattr(figures, name) for name in dir(figures)}
    drawing = {
        name
        for name, function in functions.items()
        if callable(function) and "Axes" in str(signature(function).return_annotation)
    }
    named = set(figures.FIGURES)
    assert drawing == named | set(figures.TABLE_FIGURES) | {
        "plot_border",
        "plot_corridor",
        "add_layer",
    }


@pytest.mark.parametrize("name", ["race_to_cover", "cave_success_rate"])
def test_a_figure_that_a_study_cannot_give_is_refused_by_reason(
    name: str, result: StudyResult
) -> None:
    for ask in (figures.alt_text, figures.figure_data):
        with pytest.raises(
            InvalidParameterError, match=r"no race to it was run|has no known_caves"
        ):
            ask(result, name)


def test_a_figure_that_does_not_exist_has_no_description(result: StudyResult) -> None:
    with pytest.raises(
        InvalidParameterError,
        match="there is no figure 'poster' of a study; there are corridor_map",
    ):
        figures.alt_text(result, "poster")
    with pytest.raises(InvalidParameterError, match="compares two results"):
        figures.alt_text(result, "whatif")


def test_a_border_without_embedded_data_still_has_its_map() -> None:
    far = bz.Study(border=bz.Border.between("FRA", "ESP")).run()
    ax = figures.corridor_map(far)
    words = " ".join(text.get_text() for text in words_of(figure_of(ax)))
    assert "km of border" in words
    with pytest.raises(InvalidParameterError, match="has no curve"):
        figures.coverage_curve(far)
    with pytest.raises(InvalidParameterError, match="no table of Sobol"):
        figures.sensitivity(far)
    with pytest.raises(InvalidParameterError, match="no incidents laid over"):
        figures.incident_overlay(far)
    with pytest.raises(InvalidParameterError, match="have a curve to compare"):
        figures.whatif(far, far)


def test_saving_twice_gives_the_same_bytes_without_a_date(
    result: StudyResult, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        ax = figures.night_reach(result)
        files = figures.save(figure_of(ax), tmp_path / name / "night", alt="Long nights.", dpi=60)
    assert [file.name for file in files] == ["night.png", "night.svg", "night.pdf", "night.txt"]
    for file in files:
        assert file.read_bytes() == (tmp_path / "one" / file.name).read_bytes()
    assert b"CreationDate" not in files[2].read_bytes()
    assert "Long nights." in files[1].read_text()
    assert ">km on foot over flat ground</text>" in files[1].read_text(), "text stays text"


# Colours as people without green-sensitive and without red-sensitive cones see them, linear RGB
# (Machado, Oliveira and Fernandes 2009, severity 1).
BLINDNESS = {
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
}


@pytest.mark.parametrize("kind", BLINDNESS)
def test_lines_of_the_curve_differ_for_all_eyes(kind: str) -> None:
    seen = [
        np.array(BLINDNESS[kind]) @ np.array(to_rgb(INK[ink]))
        for ink in ("optimal", "maximin", "even")
    ]
    gaps = [np.linalg.norm(seen[i] - seen[j]) for i in range(3) for j in range(i)]
    assert min(gaps) > 0.15
    dashes = {str(style["linestyle"]) for style in RULE_STYLE.values()}
    assert len(dashes) == 3, "and by their dashes, in print without colour"


def test_a_notebook_can_show_a_page_by_itself(result: StudyResult) -> None:
    show: Any = figures.night_reach(result).figure
    picture = show._repr_png_()
    assert picture.startswith(b"\x89PNG")


def test_tables_behind_figures_are_copies(result: StudyResult) -> None:
    table = figures.figure_data(result, "coverage_curve")
    assert result.patrol.by_law is not None
    pd.testing.assert_frame_equal(table, result.patrol.by_law)
    table["share"] = 0.0
    assert result.patrol.by_law["share"].max() > 0
