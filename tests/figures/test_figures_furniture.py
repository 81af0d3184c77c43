"""Scale bars, arrows and ticks tell the truth about the ground, in any frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.patches import Rectangle
from pyproj import CRS, Geod, Proj, Transformer
from sheets import faults, some_axes

import borderzone as bz
from borderzone import figures
from borderzone.figures.grammar import (
    Page,
    Sheet,
    attribution,
    figure_of,
    graticule,
    nice_length,
    north_angle_deg,
    open_page,
    scale_bar,
)
from borderzone.figures.maps import hillshade, map_elevation, map_frame
from borderzone.report.pictures import figure_specs
from borderzone.study import told

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

    from borderzone.study import StudyResult

ELLIPSOID = Geod(ellps="WGS84")
FRAMES = {
    "equal area": "+proj=laea +lat_0=35.2 +lon_0=40.7 +datum=WGS84",
    "web Mercator": "EPSG:3857",
    "UTM": "EPSG:32637",
    "far north": "+proj=laea +lat_0=70 +lon_0=25 +datum=WGS84",
}


def opened(frame: str, lon: float, lat: float, half_m: float = 150_000) -> Axes:
    """Give axes around a place in a frame."""
    x, y = Transformer.from_crs(4326, frame, always_xy=True).transform(lon, lat)
    ax = some_axes()
    ax.set_aspect("equal", adjustable="box")
    ax.set(xlim=(x - half_m, x + half_m), ylim=(y - half_m / 2, y + half_m / 2))
    return ax


@pytest.mark.parametrize("name", FRAMES)
def test_the_bar_is_as_long_on_the_ground_as_it_says(name: str) -> None:
    frame, lon, lat = (
        FRAMES[name],
        (25 if "north" in name else 40.7),
        (70 if "north" in name else 35),
    )
    ax = opened(frame, lon, lat)
    scale_bar(ax, frame)
    said = {
        text.get_text().split()[1]: text.get_text() for text in ax.texts if " " in text.get_text()
    }
    back = Transformer.from_crs(frame, 4326, always_xy=True)
    west, east = ax.get_xlim()
    y = sum(ax.get_ylim()) / 2
    parts = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    assert len(parts) == 8
    for unit, metres, bar in (("km", 1000.0, parts[:4]), ("mi", 1609.344, parts[4:])):
        share = sum(part.get_width() for part in bar)
        middle = (west + east) / 2
        ends = middle - share * (east - west) / 2, middle + share * (east - west) / 2
        (a, b), (c, d) = (back.transform(x, y) for x in ends)
        _, _, length = ELLIPSOID.inv(a, b, c, d)
        assert length / metres == pytest.approx(float(said[unit].split()[0]), rel=0.01)


@given(st.floats(0.001, 1e6))
def test_round_lengths_are_round_and_not_too_long(longest: float) -> None:
    length = nice_length(longest)
    assert length <= longest < 2.6 * length
    mantissa = length / 10 ** np.floor(np.log10(length) + 1e-9)
    assert min(abs(mantissa - digit) for digit in (1, 2, 5)) < 1e-6


@settings(max_examples=60)
@given(st.floats(38.5, 43), st.floats(33, 37.2))
def test_north_agrees_with_the_convergence_of_the_frame(lon: float, lat: float) -> None:
    frame = CRS.from_user_input("EPSG:32637")
    x, y = Transformer.from_crs(4326, frame, always_xy=True).transform(lon, lat)
    convergence = Proj(frame).get_factors(lon, lat).meridian_convergence
    assert north_angle_deg(frame, x, y) == pytest.approx(-convergence, abs=0.01)


def test_north_is_turned_in_the_frame_along_the_border(result: StudyResult) -> None:
    frame = result.corridor.crs
    angle = north_angle_deg(frame, 0.0, 0.0)
    middle = result.border.point_at(result.border.length_km / 2)
    convergence = Proj(frame).get_factors(middle.x, middle.y).meridian_convergence
    assert angle == pytest.approx(-convergence, abs=1.5)
    assert abs(angle) > 30


def test_the_arrow_of_a_north_up_map_points_up(result: StudyResult) -> None:
    frame = map_frame(result.corridor.outline)
    assert north_angle_deg(frame, 0.0, 0.0) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("name", FRAMES)
def test_ticks_stand_at_the_degrees_they_name(name: str) -> None:
    frame, lon, lat = (
        FRAMES[name],
        (25 if "north" in name else 40.7),
        (70 if "north" in name else 35),
    )
    ax = opened(frame, lon, lat)
    graticule(ax, frame)
    back = Transformer.from_crs(frame, 4326, always_xy=True)
    south, west = ax.get_ylim()[0], ax.get_xlim()[0]
    for x, label in zip(ax.get_xticks(), ax.get_xticklabels(), strict=True):
        assert back.transform(x, south)[0] == pytest.approx(
            float(label.get_text().rstrip("NESW°")), abs=0.01
        )
    for y, label in zip(ax.get_yticks(), ax.get_yticklabels(), strict=True):
        assert back.transform(west, y)[1] == pytest.approx(
            float(label.get_text().rstrip("NESW°")), abs=0.01
        )
    assert len(ax.get_xticks()) >= 2


def test_degrees_west_and_south_are_named() -> None:
    frame = "+proj=laea +lat_0=-20 +lon_0=-58 +datum=WGS84"
    ax = opened(frame, -58, -20)
    graticule(ax, frame)
    assert {label.get_text()[-1] for label in ax.get_xticklabels()} == {"W"}
    assert {label.get_text()[-1] for label in ax.get_yticklabels()} == {"S"}


def test_a_plane_is_shaded_evenly_and_a_slope_by_its_side() -> None:
    flat = hillshade(np.zeros((4, 4)), 100.0)
    assert np.ptp(flat) == 0
    ramp = np.tile(np.arange(6.0) * 30, (6, 1))
    lit, shaded = hillshade(ramp, 100.0), hillshade(-ramp, 100.0)
    assert lit[2, 2] > flat[0, 0] > shaded[2, 2], "light comes from the west and north"
    hole = ramp.copy()
    hole[2, 2] = np.nan
    assert np.isnan(hillshade(hole, 100.0)).any()


def test_relief_beyond_the_embedded_region_comes_from_the_study() -> None:
    frame = map_frame(gpd.GeoSeries([shapely.box(0, 42, 2, 43)], crs=4326))
    assert map_elevation((-1e5, -1e5, 1e5, 1e5), frame, None, columns=20) is None


def opened_page(size: tuple[float, float] = (11.69, 8.27)) -> Page:
    """Open an empty page."""
    return open_page(None, Sheet(), size)


def test_a_page_stamps_internal_and_synthetic(tmp_path: Path) -> None:
    page = opened_page()
    page.warn("all of it")
    figures.save(page.figure, tmp_path / "a", alt="All of it.", formats="png", internal=True)
    assert [text.get_text() for text in page.figure.texts] == [
        "SYNTHETIC DATA: all of it",
        "INTERNAL: not for publication",
    ]


@pytest.mark.parametrize("size", [(11.69, 8.27), (6.3, 4.2), (3.35, 4.4)])
def test_a_long_heading_takes_lines_and_stays_whole(size: tuple[float, float]) -> None:
    page = opened_page(size)
    title = "a finding with 3,196 to 41,912 people in it " * 3
    page.heading(title.strip(), "a source and what else it stands on. " * 9)
    found, under = page.figure.texts
    assert " ".join(found.get_text().split()) == title.strip()
    assert under.get_text().strip()
    assert page.left_out or size[0] > 9
    boxes = [text.get_window_extent() for text in (found, under)]
    assert all(box.x1 <= page.figure.bbox.x1 for box in boxes)
    assert boxes[0].y0 >= boxes[1].y1
    assert page.top_in * page.figure.dpi <= boxes[1].y0


@pytest.mark.parametrize(
    "words", ["MODIS MCD12C1 v006, NASA LP DAAC; ", "a map of ill lit inlets; "]
)
def test_a_footer_stays_on_the_page_and_loses_nothing(words: str) -> None:
    page = opened_page((6.3, 4.2))
    parts = [f"{number} {3 * words}".strip() for number in range(8)]
    page.footer(*parts)
    (written,) = page.figure.texts
    assert written.get_window_extent().x1 <= page.figure.bbox.x1
    shown = " ".join(written.get_text().split())
    assert shown.startswith(parts[0])
    assert page.left_out
    assert all((part in shown) != (part in page.left_out) for part in parts)


def test_every_source_is_credited_once(result: StudyResult) -> None:
    words = attribution(result)
    assert words.count("Natural Earth") == 1
    assert "GeoNames" in attribution(result, "elevation"), "its curve was fitted to GeoNames"
    assert "OurAirports" not in attribution(result, "elevation")


@pytest.mark.parametrize(
    ("number", "words"), [(9.6, "10"), (87, "87"), (1234, "1,234"), (float("inf"), "no number")]
)
def test_numbers_are_said_as_the_tables_have_them(number: float, words: str) -> None:
    assert told.count(number) == words


def test_importing_figures_starts_no_window() -> None:
    assert bz.figures is not None
    assert mpl.get_backend().lower() in {"agg", "module://matplotlib_inline.backend_inline"}


def test_the_pages_of_a_report_can_be_read(result: StudyResult) -> None:
    wrong = {}
    for plan in figure_specs(result, None):
        if plan.name not in {
            "corridor_map",
            "strip_map",
            "travel_time_map",
        }:  # tested by themselves
            wrong[plan.name] = faults(figure_of(plan.draw(result)))
    assert {name: found for name, found in wrong.items() if found} == {}
