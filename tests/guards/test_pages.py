"""What a notebook shows of a record: small, whole, escaped, and as the record says."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hostile_words import HOSTILE

import borderzone as bz
from borderzone._guards import escapes, pages
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    from pathlib import Path

    from borderzone.study import StudyResult

LONGEST = 200_000
TAGS = {"div", "strong", "table", "tr", "th", "td", "svg", "path", "title"}


class Shown(HTMLParser):
    """The tags of a card, each of which is closed, and its words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.words = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag, which runs nothing."""
        assert not any(name.startswith("on") or name in ("href", "src") for name, _ in attrs)
        self.tags.append(tag)
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the tag that was opened last."""
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Keep what stands between tags."""
        self.words += data + "\n"


@pytest.fixture(scope="module")
def result() -> StudyResult:
    return bz.Study.default(
        bz.Scenario(resolution_m=10_000, draws=100, imputations=10, segment_km=60)
    ).run(seed=1)


def records(result: StudyResult) -> dict[str, Any]:
    corridor = bz.Corridor.around(("CHN", "RUS"))
    return {
        "Canada - United States": bz.Border.between("CAN", "USA"),
        "355 of 9.99 km at most": corridor,
        "oblique mercator": result.corridor.grid(2000),
        "embedded": bz.Study.default(),
        result.summary[1]: result,
        "foot (usual: vehicle_off_road)": bz.patrol.Force(mode="foot"),
        "20 (usual: 50)": bz.Scenario(depth_km=20),
    }


def test_every_record_shows_itself_small_and_whole(result: StudyResult) -> None:
    """With what matters in it, and no tag that could do anything."""
    for words, record in records(result).items():
        text = record._repr_html_()
        shown = Shown(text)
        assert len(text) < LONGEST
        assert set(shown.tags) <= TAGS
        assert words.casefold() in shown.words.casefold()


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE)
def test_words_from_outside_stay_words(words: str, result: StudyResult) -> None:
    line = shapely.LineString([(40.0, 34.0), (40.5, 34.5), (41.0, 34.5)])
    name = f"{escapes.kept(words)[:60]} x"
    border = bz.Border.from_line(line, names=(name, f"{name} too"), source=words[:100] or "x")
    named = replace(result, name=words, summary=(words,))
    for record in (border, bz.Corridor.around(border, depth_km=10), named, bz.Study(border=border)):
        shown = Shown(record._repr_html_())
        assert set(shown.tags) <= TAGS


def test_a_map_keeps_shapes_at_the_middle_latitude() -> None:
    """At 60 degrees a degree of longitude is half as wide as one of latitude."""
    square = np.array([[0.0, 59.0], [4.0, 59.0], [4.0, 61.0], [0.0, 61.0], [0.0, 59.0]])
    text = pages.card("a", [], [pages.Mark(runs=[square], words="b", fill="#fff")])

    x0, y0, x1, y1 = (
        float(n) for n in re.findall(r'd="M([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)', text)[0]
    )
    right, top = (float(n) for n in re.findall(r"L([\d.]+) ([\d.]+)Z", text)[0])
    assert (x0, y1, right) == (6.0, y0, 6.0)
    assert x1 - x0 == pytest.approx(y0 - top, abs=0.11)


def test_long_lines_are_thinned_and_long_tables_cut() -> None:
    spiral = np.cumsum(np.random.default_rng(1).normal(size=(200_000, 2)), axis=0) / 1e3
    text = pages.card("a", [(f"row {k}", "x" * 10_000) for k in range(500)], [
        pages.Mark(runs=[spiral], words="b")
    ])  # fmt: skip

    assert len(text) < LONGEST
    assert "and 440 more" in text


def test_a_docstring_says_what_each_field_is() -> None:
    told = pages.described(bz.Scenario)

    assert set(bz.Scenario.model_fields) == set(told)
    assert told["light_year"] == "Year of the table of nights and moons, 1900 to 2100."
    assert "`" not in "".join(told.values())


def test_what_is_drawn_goes_into_files_and_other_programs(tmp_path: Path) -> None:
    border = bz.Border.between("JOR", "IRQ")
    corridor = bz.Corridor.around(border)
    for ending in ("gpkg", "parquet", "geojson"):
        border.to_file(tmp_path / f"a.{ending}")
        read = bz.Border.from_file(tmp_path / f"a.{ending}")
        assert read.length_km == pytest.approx(border.length_km, rel=1e-5)
    corridor.to_file(tmp_path / "b.geojson")
    assert gpd.read_file(tmp_path / "b.geojson")["segment"].tolist() == list(range(19))
    features = gpd.GeoDataFrame.from_features(corridor, crs=4326)
    assert features.geometry.geom_equals(corridor.segments.geometry).all()
    with pytest.raises(bz.BorderzoneError, match=r"\.geojson"):
        border.to_file(tmp_path / "a.txt")


def test_an_interactive_map_has_every_layer_and_no_html_of_the_user(result: StudyResult) -> None:
    zones = result.zones
    assert zones is not None
    hostile = replace(
        result,
        ground=result.ground.with_tables(zones=zones.assign(near="<script>alert(1)</script>")),
    )
    drawn = hostile.explore(tiles=None)
    page = drawn.get_root().render()

    layers = [each.layer_name for each in drawn._children.values() if hasattr(each, "layer_name")]
    assert layers[-3:] == ["segments", "zones", "border"]
    # Its scripts read the words once more, so that they are escaped twice: for JSON and for HTML.
    assert "lt;script" in page
    assert not re.search(r"(<|\\u003c)script(>|\\u003e)alert", page)
    assert "folium" in type(bz.Border.between("JOR", "IRQ").explore(tiles=None)).__module__


def test_without_folium_the_extra_is_named(
    result: StudyResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "folium", None)

    for record in (result, result.corridor, result.border):
        with pytest.raises(InvalidParameterError, match=r"borderzone\[interactive\]"):
            record.explore()


def test_a_plot_hands_its_options_on(monkeypatch: pytest.MonkeyPatch, result: StudyResult) -> None:
    asked: list[dict[str, Any]] = []
    for place, name in (("figures", "corridor_map"), ("figures.maps", "plot_border")):
        monkeypatch.setattr(f"borderzone.{place}.{name}", lambda _, **given: asked.append(given))
    result.plot(title="mine")
    result.border.plot(title="its own")

    assert asked == [{"ax": None, "title": "mine"}, {"ax": None, "title": "its own"}]
