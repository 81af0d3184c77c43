"""Maps and the strip on any sheet: what is printed can be read, follows a zoom and speaks one language."""

from __future__ import annotations

import ast
import re
import string
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import pytest
from cycler import cycler
from matplotlib import pyplot as plt
from pyproj import Geod
from sheets import faults

import borderzone as bz
from borderzone import figures
from borderzone.errors import BorderzoneError, InvalidParameterError
from borderzone.figures.grammar import (
    INK,
    LANGUAGES,
    THEMES,
    catalogue,
    contrast,
    figure_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes

    from borderzone.study import StudyResult

ELLIPSOID = Geod(ellps="WGS84")
# Long, far north, a ring, several frames, short: and on each the sheets in turn.
BORDERS = [("JOR", "IRQ"), ("FIN", "RUS"), ("LSO", "ZAF"), ("ARG", "CHL"), ("PRK", "KOR")]
SHEETS: list[tuple[Any, str]] = [
    ("column", "dark"),
    ("text", "light"),
    ((7.0, 5.0), "dark"),
    ("a4", "light"),
    ("column", "light"),
]


@pytest.mark.parametrize(
    ("size", "theme"),
    [("column", "light"), ("text", "dark"), ((7.0, 5.0), "light"), ("a4", "dark")],
)
def test_the_built_in_map_can_be_read_on_every_sheet(
    result: StudyResult, size: Any, theme: str
) -> None:
    ax = figures.corridor_map(result, size=size, theme=theme)
    assert faults(figure_of(ax)) == []


@pytest.mark.parametrize("size", ["column", "a4"])
def test_the_strip_can_be_read_on_every_sheet(result: StudyResult, size: str) -> None:
    ax = figures.strip_map(result, size=size)
    assert faults(figure_of(ax)) == []


@pytest.mark.parametrize(("pair", "sheet"), list(zip(BORDERS, SHEETS, strict=True)))
def test_maps_of_other_borders_can_be_read(pair: tuple[str, str], sheet: tuple[Any, str]) -> None:
    border = bz.Border.between(*pair)
    size, theme = sheet
    for ax in (
        figures.plot_border(border, size=size, theme=theme),
        figures.plot_corridor(bz.Corridor.around(border), size=size, theme=theme),
    ):
        assert faults(figure_of(ax)) == []


def test_no_word_is_lost_to_small_axes(result: StudyResult, shown: None) -> None:
    figure, ax = plt.subplots(figsize=(6.3, 4.2))
    figures.corridor_map(result, ax=ax)
    assert faults(figure) == []
    key = max((legend.get_window_extent() for legend in figure.legends), key=lambda box: box.width)
    assert key.x0 > ax.get_window_extent().x1


def test_a_figure_without_axes_is_one_that_pyplot_knows(result: StudyResult, shown: None) -> None:
    ax = figures.plot_border(result.border)
    assert plt.gcf() is figure_of(ax)
    with figures.unshown():
        assert figure_of(figures.plot_border(result.border)) is not plt.gcf()


def frame_of(ax: Axes) -> Any:
    """Give the frame that a map keeps on its axes."""
    return ax.bz_crs  # type: ignore[attr-defined] # put there by the map


# -- what follows a zoom ----------------------------------------------------------------------------


def scale_km(ax: Axes) -> tuple[float, float]:
    """Give the length that the scale bar claims and the one it has on the ground."""
    figure = figure_of(ax)
    figure.canvas.draw()
    words = [
        text for text in ax.texts if text.get_gid() == "scale" and text.get_text().endswith("km")
    ]
    zero = next(text for text in ax.texts if text.get_gid() == "scale" and text.get_text() == "0")
    (claimed,) = words
    to_map = (ax.transAxes - ax.transData).transform
    (west, y), (east, _) = to_map([zero.get_position(), claimed.get_position()])
    points = gpd.GeoSeries(gpd.points_from_xy([west, east], [y, y]), crs=frame_of(ax)).to_crs(4326)
    _, _, metres = ELLIPSOID.inv(points.x[0], points.y[0], points.x[1], points.y[1])
    return float(claimed.get_text().removesuffix(" km")), metres / 1000


def test_scale_degrees_and_labels_follow_a_zoom(result: StudyResult, shown: None) -> None:
    ax = figures.corridor_map(result, size="text")
    before = scale_km(ax)
    assert before[1] == pytest.approx(before[0], rel=0.02)
    named = {text.get_text() for text in ax.texts if text.get_gid() == "label"}
    (west, east), (south, north) = ax.get_xlim(), ax.get_ylim()
    ax.set_xlim(west + 0.45 * (east - west), west + 0.6 * (east - west))
    ax.set_ylim(south + 0.45 * (north - south), south + 0.6 * (north - south))
    after = scale_km(ax)
    assert after[0] < before[0] / 3
    assert after[1] == pytest.approx(after[0], rel=0.02)
    ticks = [t for t in ax.get_xticks() if ax.get_xlim()[0] <= t <= ax.get_xlim()[1]]
    assert ticks
    assert {text.get_text() for text in ax.texts if text.get_gid() == "label"} != named
    assert faults(figure_of(ax)) == []


def test_a_part_and_an_extent_show_that_part(result: StudyResult) -> None:
    part = figures.corridor_map(result, km=(100, 150), size="text")
    box = figures.corridor_map(result, extent=(40.0, 34.0, 41.5, 35.0), size="text")
    west, east = part.get_xlim()
    assert (east - west) / 1000 < 250
    rim = gpd.GeoSeries(
        gpd.points_from_xy(box.get_xlim(), box.get_ylim()), crs=frame_of(box)
    ).to_crs(4326)
    assert rim.x[0] <= 40.05
    assert rim.x[1] >= 41.45
    for words, wrong in (("off the border", {"km": (700, 800)}), ("go up", {"km": (50, 20)}),
                         ("west below east", {"extent": (41, 33, 40, 34)}), ("did you mean 'size'", {"sice": "a4"}),
                         ("from 2 to 60 inches", {"size": (1, 90)}), ("theme must be", {"theme": "drak"})):  # fmt: skip
        options: Any = wrong
        with pytest.raises(InvalidParameterError, match=words):
            figures.corridor_map(result, **options)
    with pytest.raises(InvalidParameterError, match="shows no part of the border; leave out km"):
        figures.answer(result, km=(0, 100))


def test_a_layer_in_degrees_lies_where_it_belongs(result: StudyResult, shown: None) -> None:
    ax = figures.plot_border(result.border)
    limits = ax.get_xlim(), ax.get_ylim()
    posts = result.border.point_at(np.array([100.0, 300.0]))
    figures.add_layer(ax, posts, color="red", markersize=9)
    drawn = np.asarray(ax.collections[-1].get_offsets())
    expected = posts.to_crs(frame_of(ax))
    assert np.allclose(drawn, np.column_stack([expected.x, expected.y]))
    assert (ax.get_xlim(), ax.get_ylim()) == limits
    with pytest.raises(BorderzoneError, match="set_crs"):
        figures.add_layer(ax, gpd.GeoSeries(gpd.points_from_xy([41], [34])))
    with pytest.raises(InvalidParameterError, match="hold no map"):
        figures.add_layer(plt.subplots()[1], posts)


# -- themes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", THEMES)
def test_inks_of_a_theme_can_be_told_apart(name: str) -> None:
    ink = THEMES[name].ink
    for words in ("text", "quiet"):
        assert contrast(ink[words], ink["paper"]) >= 4.5, words
    # Flagged ground is told from the land by its edge or its hatch, border and incidents by their ink.
    for mark in (
        "desert_line",
        "cave",
        "cave_low",
        "border",
        "incident",
        "synthetic",
        "water",
        "third",
        "no_data",
    ):
        assert contrast(ink[mark], ink["land"]) >= 3.0, mark
    for line in ("optimal", "maximin", "even", "incident", "synthetic", "unled"):
        assert contrast(ink[line], ink["paper"]) >= 3.0, line
    assert contrast(ink["on_warning"], ink["warning"]) >= 4.5


# Machado, Oliveira and Fernandes (2009), severity 1.0, on linear light.
COLOUR_BLIND = {
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}  # fmt: skip


def seen_as(color: str, kind: str) -> np.ndarray:
    rgb = np.array(mpl.colors.to_rgb(color))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return np.asarray(np.clip(np.array(COLOUR_BLIND[kind]) @ linear, 0, 1))


@pytest.mark.parametrize("kind", COLOUR_BLIND)
def test_what_differs_by_ink_alone_differs_for_the_colour_blind(kind: str) -> None:
    ink = THEMES["light"].ink
    fills = ("land", "desert", "sea")
    bands = tuple(f"hours_{number}" for number in range(1, 6))
    for group in (fills, bands):
        for one, other in combinations(group, 2):
            apart = np.abs(seen_as(ink[one], kind) - seen_as(ink[other], kind)).max()
            assert apart > 0.05, (one, other)


def test_settings_of_the_caller_come_back_and_do_not_come_in(
    result: StudyResult, shown: None
) -> None:
    with mpl.rc_context({"axes.prop_cycle": cycler(color=["red"]), "lines.linewidth": 9.0}):
        before = dict(mpl.rcParams)
        ax = figures.plot_border(result.border, size="column")
        assert dict(mpl.rcParams) == before
        assert all(line.get_linewidth() < 6 for line in ax.lines)
    with mpl.rc_context({"font.family": ["DejaVu Serif"]}):
        ax = figures.plot_border(result.border, size="column")
        assert {text.get_fontfamily()[0] for text in ax.texts} == {"DejaVu Serif"}


def test_on_dark_axes_words_are_light(result: StudyResult, shown: None) -> None:
    with plt.style.context("dark_background"):
        _, ax = plt.subplots(figsize=(5, 4))
        figures.plot_border(result.border, ax=ax)
    assert contrast(ax.title.get_color(), "#000000") > 10
    assert INK["paper"] == THEMES["light"].ink["paper"]


def test_a_theme_of_ones_own_is_drawn_in(result: StudyResult) -> None:
    house = figures.Theme(name="house", ink={"land": "#ddeeff"})
    ax = figures.plot_border(result.border, theme=house)
    assert mpl.colors.to_hex(ax.get_facecolor()) == "#ddeeff"
    with pytest.raises(InvalidParameterError, match="ink must be one of"):
        figures.Theme(name="wrong", ink={"lnad": "#ddeeff"})


# -- files and languages ----------------------------------------------------------------------------


def test_text_stays_text_in_files_and_pictures_are_named(
    result: StudyResult, tmp_path: Path
) -> None:
    ax = figures.corridor_map(result, size="text")
    figures.save(ax, tmp_path / "map", alt="A map.", formats=["svg", "pdf"])
    svg = (tmp_path / "map.svg").read_text(encoding="utf-8")
    words = set(re.findall(r"<text[^>]*>([^<]+)</text>", svg))
    labels = {text.get_text() for text in ax.texts if text.get_gid() in {"label", "zone"}}
    assert labels
    assert labels <= words
    assert 'role="img"' in svg
    assert "<title>map</title>" in svg
    assert "A map." in svg.partition("<desc>")[2].partition("</desc>")[0]
    first = [(tmp_path / f"map.{ending}").read_bytes() for ending in ("svg", "pdf")]
    again = figures.corridor_map(result, size="text")
    figures.save(again, tmp_path / "map", alt="A map.", formats=["svg", "pdf"])
    assert [(tmp_path / f"map.{ending}").read_bytes() for ending in ("svg", "pdf")] == first


def fixed_words() -> Iterator[str]:
    """Go through all words that the source asks the catalogue for."""
    for file in Path(figures.__file__).parent.rglob("*.py"):
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            name = getattr(call.func, "id", getattr(call.func, "attr", ""))
            places = {"say": (0,), "finding": (1,), "explain": (0, 2)}.get(name, ())
            for place in places:
                words = call.args[place] if len(call.args) > place else None
                if isinstance(words, ast.Constant) and isinstance(words.value, str) and words.value:
                    yield words.value


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "en"])
def test_all_fixed_words_are_in_the_catalogue(language: str) -> None:
    known = catalogue(language)
    asked = set(fixed_words())
    assert len(asked) > 60
    assert {words for words in asked if words not in known} == set()

    assert {f"figure {name}" for name in (*figures.FIGURES, *figures.TABLE_FIGURES)} - set(known) <= {
        # These have a sentence of their own in every language.
        "figure corridor_map", "figure strip_map", "figure travel_time_map", "figure weakest_place_map",
    }  # fmt: skip

    def names(words: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(words) if name}

    assert [words for words, said in known.items() if names(words) != names(said)] == []


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_a_map_speaks_one_language(result: StudyResult, language: str) -> None:
    ax = figures.corridor_map(result, lang=language, size="a4")
    figure = figure_of(ax)
    assert faults(figure) == []
    shown = " ".join(text.get_text() for text in figure.findobj(mpl.text.Text))
    assert catalogue(language)["remote desert"].split()[0] in shown
    for english in ("remote desert", "airfield", "kilometre post", "Boundaries, names"):
        assert english not in shown


def test_what_has_no_room_is_said_in_the_description(result: StudyResult, tmp_path: Path) -> None:
    figures.save(figures.corridor_map(result, size="column"), tmp_path / "map", alt="A map.")
    large = figures.save(figures.corridor_map(result, size="a4"), tmp_path / "large", alt="A map.")
    words = (tmp_path / "map.txt").read_text(encoding="utf-8")
    assert words.startswith("A map. For want of room not on the figure:")
    assert "Sources: Made with Natural Earth" in words
    assert "accessed 2026-11" in words
    assert "Sources: Made with Natural Earth" in (tmp_path / "map.svg").read_text(encoding="utf-8")
    assert large[-1].read_text(encoding="utf-8") == "A map.\n"
