"""Segments as polygons: a coverage without gap or overlap, true to the nearest chainage."""

from __future__ import annotations

import pickle
from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import borderzone as bz
from borderzone.errors import CRSMismatchError, InvalidGeometryError, InvalidParameterError

LINES: dict[str, Any] = {
    "hairpin": [(0, 50), (0, 51), (0.2, 51), (0.2, 50)],
    "right angle near a segment boundary": [(0, 0), (0.2, 0), (0.2, 0.2)],
    "bend on a segment boundary": [(0, -0.32), (0.16, 0), (0, 0.32)],
    "comb": [(0, 0), (0, 1), (0.1, 1), (0.1, 0.1), (0.2, 0.1), (0.2, 1), (0.3, 1), (0.3, 0)],
    "spike": [(0, 40), (1, 40), (1.01, 41.5), (1.02, 40), (2, 40)],
    "spiral": [(0, 0), (1, 0), (1, 1), (0.2, 1), (0.2, 0.3), (0.8, 0.3), (0.8, 0.8), (0.4, 0.8)],
    "nearly closed": [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0.001)],
    "far north over 180 degrees": [(178, 80), (180, 80.5), (-176, 80.2)],
}


def mismatches(corridor: bz.Corridor, count: int = 4000, seed: int = 0) -> int:
    """Count random points whose polygon is not the segment that is exactly located."""
    rng = np.random.default_rng(seed)
    deep = max(corridor.depth_km.values()) / 110
    start = corridor.border.point_at(rng.uniform(0, corridor.border.length_km, count))
    lat = start.y.to_numpy() + rng.uniform(-deep, deep, count)
    lon = start.x.to_numpy() + rng.uniform(-deep, deep, count) / np.cos(np.radians(lat))
    points = gpd.GeoSeries(shapely.points(np.mod(lon + 180, 360) - 180, lat), crs=4326)
    tree = shapely.STRtree(corridor.segments.geometry.to_numpy())
    row, polygon = tree.query(points.to_numpy(), predicate="within")
    drawn = np.full(count, -1)
    drawn[row] = polygon
    assert len(np.unique(row)) == len(row), "a point lies in two segments"
    return int((drawn != corridor.locate(points)["segment"].to_numpy()).sum())


@pytest.mark.parametrize("depth_km", [3, 25, 120])
@pytest.mark.parametrize("name", LINES)
def test_awkward_lines_have_exact_segments(name: str, depth_km: float) -> None:
    border = bz.Border.from_line(shapely.LineString(LINES[name]))

    corridor = bz.Corridor.around(border, depth_km=depth_km, segment_km=10)

    assert shapely.coverage_is_valid(corridor.segments.geometry.to_numpy())
    assert corridor.segments.geometry.is_valid.all()
    assert mismatches(corridor) <= 4


def test_the_wedge_beyond_a_bend_belongs_to_the_segment_that_starts_there() -> None:
    """All of it is nearest to the bend itself; apart from it the two segments are mirror images."""
    border = bz.Border.from_line(shapely.LineString(LINES["bend on a segment boundary"]))
    south, north = (pyproj.Geod(ellps="WGS84").inv(0.16, 0, 0, lat)[0] for lat in (-0.32, 0.32))
    turn = np.pi - np.radians(north - south)

    for depth_km in (3, 10, 25):
        corridor = bz.Corridor.around(border, depth_km=depth_km, segment_km=10)
        before, after = corridor.segments["area_km2"].iloc[3:5]

        # A wedge that had gone to the other side leaves a sliver of 5 m behind.
        assert after - before == pytest.approx(turn / 2 * depth_km**2, abs=0.002 * depth_km)


@given(seed=st.integers(0, 10_000), depth_km=st.floats(2, 60), segment_km=st.floats(2, 40))
@settings(max_examples=15)
def test_wandering_lines_have_exact_segments(seed: int, depth_km: float, segment_km: float) -> None:
    """Lines that turn at random without crossing themselves, as rivers do."""
    rng = np.random.default_rng(seed)
    turn = np.cumsum(rng.normal(0, 0.7, 60))
    line = np.column_stack([np.arange(60) * 0.02, 20 + 0.08 * np.sin(turn) * rng.uniform(0, 1, 60)])
    border = bz.Border.from_line(shapely.LineString(line))

    corridor = bz.Corridor.around(border, depth_km=depth_km, segment_km=segment_km)

    assert corridor.segments["area_km2"].sum() == pytest.approx(corridor.area_km2, rel=1e-6)
    assert mismatches(corridor, 1500, seed) <= 3


def test_the_ring_of_lesotho_is_exact_inside_and_out() -> None:
    corridor = bz.Corridor.around(bz.Border.between("LSO", "ZAF"), depth_km=60)

    assert shapely.coverage_is_valid(corridor.segments.geometry.to_numpy())
    assert mismatches(corridor, 20_000) <= 5
    inner = bz.Corridor.around(corridor.border, depth_km=300, side="LSO")
    # All of Lesotho: 30,355 km2, here within the generalisation of the line.
    assert inner.area_km2 == pytest.approx(30_355, rel=0.03)


@pytest.mark.parametrize("pair", [("AZE", "ARM"), ("KGZ", "UZB"), ("ESP", "MAR"), ("CYP", "ESB")])
def test_borders_in_parts_with_enclaves_are_exact(pair: tuple[str, str]) -> None:
    corridor = bz.Corridor.around(bz.Border.between(*pair), depth_km=25)

    assert shapely.coverage_is_valid(corridor.segments.geometry.to_numpy())
    assert mismatches(corridor, 10_000) <= 5


def test_sections_meet_without_gap_or_overlap() -> None:
    """Where two frames meet the earlier decides, for polygons and for points alike."""
    corridor = bz.Corridor.around(bz.Border.between("CHN", "MNG"), depth_km=25)
    joints = [section.km_start for section in corridor.sections[1:]]
    rng = np.random.default_rng(2)
    start = corridor.border.point_at(np.repeat(joints, 2000) + rng.normal(0, 4, 2000 * len(joints)))
    lat = start.y.to_numpy() + rng.uniform(-0.25, 0.25, len(start))
    lon = start.x.to_numpy() + rng.uniform(-0.4, 0.4, len(start))
    points = gpd.GeoSeries(shapely.points(lon, lat), crs=4326)

    located = corridor.locate(points)["segment"].to_numpy()

    tree = shapely.STRtree(corridor.segments.geometry.to_numpy())
    row, polygon = tree.query(points.to_numpy(), predicate="within")
    drawn = np.full(len(points), -1)
    drawn[row] = polygon
    assert len(joints) == 3
    assert (drawn != located).sum() <= 2
    assert corridor.segments["area_km2"].sum() == pytest.approx(corridor.area_km2, rel=1e-6)


def test_a_section_counts_only_the_cells_of_its_own_segments() -> None:
    corridor = bz.Corridor.around(bz.Border.between("NOR", "SWE"), depth_km=25)
    area = np.zeros(len(corridor.segments))
    for section in corridor.sections:
        grid = section.grid(500)
        segment = section.cells(grid)["segment"].to_numpy()
        area += np.bincount(segment[segment >= 0], minlength=len(area)) * grid.cell_area_km2

    assert len(corridor.sections) == 2
    np.testing.assert_allclose(area, corridor.segments["area_km2"], rtol=0.02, atol=1)


def test_points_keep_their_index_and_what_is_no_point_is_outside() -> None:
    corridor = bz.Corridor.around(bz.Border.between("IRQ", "SYR"), depth_km=50)
    middle = corridor.border.point_at(305.0)
    points = gpd.GeoSeries([middle, None, shapely.Point(), shapely.Point(0, 0)], crs=4326)
    points.index = ["a", "b", "c", "d"]

    found = corridor.locate(points.to_crs(32637))

    assert found.index.tolist() == ["a", "b", "c", "d"]
    assert found["segment"].tolist() == [30, -1, -1, -1]
    assert found.loc["a", "chainage_km"] == pytest.approx(305, abs=0.01)
    assert found.loc["a", "offset_km"] == pytest.approx(0, abs=0.01)


def test_points_without_a_system_are_refused() -> None:
    corridor = bz.Corridor.around(bz.Border.between("ITA", "VAT"), depth_km=1)
    with pytest.raises(CRSMismatchError, match="no CRS"):
        corridor.locate(gpd.GeoSeries([shapely.Point(12.45, 41.9)]))
    with pytest.raises(
        InvalidParameterError, match="segment must be a whole number from 0 to 0, got 7"
    ):
        corridor.neighbours(7)
    with pytest.raises(CRSMismatchError, match="section"):
        corridor.cells(bz.Grid.covering((0, 0, 10, 10), resolution_m=1, crs=32633))


def test_border_and_corridor_travel_to_other_processes() -> None:
    corridor = bz.Corridor.around(bz.Border.between("AND", "FRA"), depth_km=5)

    copy = pickle.loads(pickle.dumps(corridor))  # noqa: S301 - our own bytes

    assert repr(copy) == repr(corridor)
    assert copy.border.length_km == corridor.border.length_km
    with pytest.raises(TypeError, match="does not support item assignment"):
        copy.depth_km["AND"] = 3


@pytest.mark.parametrize(
    ("line", "error", "message"),
    [
        (shapely.LineString([(0, 0), (np.inf, 1)]), InvalidGeometryError, "not finite: inf"),
        (shapely.LineString([(0, 0), (0, 0)]), InvalidGeometryError, "two different points"),
        (shapely.LineString([(0, 0), (5e5, 4e6)]), InvalidGeometryError, "with its CRS"),
        ("a line", InvalidGeometryError, "got str"),
        (gpd.GeoSeries([shapely.LineString([(0, 0), (1, 1)])]), CRSMismatchError, "no CRS"),
        (gpd.GeoSeries([], crs=4326), InvalidGeometryError, "empty"),
    ],
    ids=["infinite", "no length", "metres", "text", "no system", "no rows"],
)
def test_lines_that_cannot_be_a_border_are_refused(
    line: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        bz.Border.from_line(line)


def test_a_line_in_metres_comes_with_its_system() -> None:
    border = bz.Border.between("IRQ", "SYR")

    again = bz.Border.from_line(border.line.to_crs(32637), names=("SYR", "IRQ"))

    assert again.length_km == pytest.approx(border.length_km, rel=1e-9)
    assert again.names == {"SYR": "Syria", "IRQ": "Iraq"}
    assert again.start_name == "33.37°N 38.77°E"


def test_every_border_starts_in_the_south_and_keeps_one_country_on_its_left() -> None:
    for a, b in bz.list_borders()[["a", "b"]].itertuples(index=False):
        open_parts = [part for part in bz.Border.between(a, b).course if not part.is_ring]
        if open_parts:
            assert open_parts[0].coords[0, 1] <= open_parts[-1].coords[-1, 1], (a, b)
            assert len({part.left for part in open_parts}) == 1, (a, b)


@pytest.mark.parametrize(
    ("pair", "start", "end"),
    [
        (("ESP", "PRT"), "coast", "coast"),
        (("EGY", "SDN"), "tripoint with Libya", "coast"),
        (("ARM", "AZE"), "tripoint with Turkey", "tripoint with Georgia"),
        (("LSO", "ZAF"), "28.57°S 28.63°E", "28.57°S 28.63°E"),
    ],
)
def test_ends_are_named_by_tripoint_coast_or_place(
    pair: tuple[str, str], start: str, end: str
) -> None:
    border = bz.Border.between(*pair)

    assert (border.start_name, border.end_name) == (start, end)


def test_the_ends_of_a_ring_that_is_not_the_first_part_are_neighbours() -> None:
    corridor = bz.Corridor.around(bz.Border.between("OMN", "ARE"), depth_km=5, segment_km=10)

    # Segments 54 to 58 go round the enclave of Madha.
    assert corridor.neighbours(54) == (55, 58)
    assert corridor.neighbours(58) == (54, 57)
    assert corridor.neighbours(56) == (55, 57)


def test_a_segment_longer_than_a_section_stays_whole() -> None:
    border = bz.Border.between("CHL", "ARG")

    corridor = bz.Corridor.around(border, depth_km=10, segment_km=10_000)

    assert len(corridor.segments) == len(border.parts) == 3
    assert corridor.segments["length_km"].sum() == pytest.approx(border.length_km, rel=1e-6)
