"""The border: named in any way, measured on the ellipsoid, addressed by chainage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

import borderzone as bz
from borderzone.errors import BorderNotFoundError, InvalidGeometryError

if TYPE_CHECKING:
    from pathlib import Path

GEOD = Geod(ellps="WGS84")
BORDER = bz.Border.between("IRQ", "SYR")
KM_PER_MILE = 1.609344


def geodesic_km(geometry: Any) -> float:
    """Length of a line or lines by another program: GeographicLib through pyproj."""
    return sum(GEOD.geometry_length(part) for part in shapely.get_parts(geometry)) / 1000


def test_iraq_and_syria_share_598_9_km() -> None:
    assert BORDER.length_km == pytest.approx(598.9, abs=0.05)
    assert BORDER.length_km / KM_PER_MILE == pytest.approx(372.1, abs=0.05)
    assert sum(map(geodesic_km, BORDER.line)) == pytest.approx(BORDER.length_km, rel=1e-6)
    # The nominal figure of the press, 599 km, within the tolerance of a generalised line.
    assert BORDER.length_km == pytest.approx(599, rel=0.04)


def test_it_runs_from_the_southern_tripoint_with_iraq_on_its_right() -> None:
    first, last = (shapely.Point(BORDER.line.iloc[i].coords[j]) for i, j in ((0, 0), (-1, -1)))

    assert first.y < last.y
    assert BORDER.start_name == "tripoint with Jordan"
    assert BORDER.end_name == "tripoint with Turkey"
    assert (BORDER.left, BORDER.right) == ("SYR", "IRQ")
    middle = BORDER.point_at(BORDER.length_km / 2)
    assert (
        BORDER.locate(middle.x + 0.2, middle.y)[1] < 0 < BORDER.locate(middle.x - 0.2, middle.y)[1]
    )


@pytest.mark.parametrize(
    ("a", "b"),
    [("SYR", "IRQ"), ("iq", "sy"), ("Iraq", "Syria"), ("iraq", "Syrian Arab Republic")],
)
def test_any_name_in_any_order_means_the_same_line(a: str, b: str) -> None:
    other = bz.Border.between(a, b)

    assert {other.a, other.b} == {"IRQ", "SYR"}
    assert other.line.geom_equals(BORDER.line).all()
    assert (other.left, other.right) == ("SYR", "IRQ")


@pytest.mark.parametrize(
    ("iso", "natural_earth"),
    [("SSD", "SDS"), ("XKX", "KOS"), ("PSE", "PSX"), ("ESH", "SAH")],
)
def test_codes_of_iso_and_of_natural_earth_are_both_known(iso: str, natural_earth: str) -> None:
    neighbours = {"SDS": "SDN", "KOS": "ALB", "PSX": "ISR", "SAH": "MAR"}
    other = neighbours[natural_earth]

    assert (
        bz.Border.between(iso, other).length_km == bz.Border.between(natural_earth, other).length_km
    )


@given(share=st.floats(0, 1))
@settings(max_examples=60)
def test_chainage_goes_both_ways(share: float) -> None:
    km = share * BORDER.length_km
    point = BORDER.point_at(km)

    chainage, offset = BORDER.locate(point.x, point.y)

    assert chainage == pytest.approx(km, abs=1e-4)
    assert offset == pytest.approx(0, abs=1e-4)


def test_chainage_never_falls_along_the_line() -> None:
    points = BORDER.point_at(np.linspace(0, BORDER.length_km, 400))
    chainage, _ = BORDER.locate(points.x.to_numpy(), points.y.to_numpy())

    assert (np.diff(chainage) > 0).all()


def test_the_offset_is_the_geodesic_distance_to_the_line() -> None:
    """Against the shortest of many geodesics to a dense line."""
    km = np.linspace(0, BORDER.length_km, 60_000)
    dense = BORDER.point_at(km)
    rng = np.random.default_rng(3)
    for lon, lat in rng.uniform([39.2, 33.8], [42.0, 36.8], size=(6, 2)):
        many = np.full(len(dense), lon), np.full(len(dense), lat)
        distance = GEOD.inv(*many, dense.x.to_numpy(), dense.y.to_numpy())[2] / 1000

        chainage, offset = BORDER.locate(lon, lat)

        assert abs(offset) == pytest.approx(distance.min(), rel=1e-3, abs=0.01)
        assert chainage == pytest.approx(km[distance.argmin()], abs=0.3)


def test_stretches_tell_disputed_lines_from_agreed_ones() -> None:
    """The ordinary class is drawn solid, a line of control dashed; together they are the border."""
    border = bz.Border.between("IND", "PAK")
    stretches = border.stretches

    assert (stretches["km_end"] - stretches["km_start"]).sum() == pytest.approx(border.length_km)
    assert not stretches.loc[stretches["kind"] == "international", "dashed"].any()
    assert stretches.loc[stretches["kind"] == "line_of_control", "dashed"].all()
    assert {"international", "line_of_control"} <= set(stretches["kind"])


def test_parts_that_do_not_touch_are_listed_and_chainage_runs_on() -> None:
    border = bz.Border.between("USA", "CAN")
    parts = border.parts

    assert len(parts) == 3
    np.testing.assert_allclose(parts["km_start"].to_numpy()[1:], parts["km_end"].to_numpy()[:-1])
    assert parts["km_end"].iloc[-1] == pytest.approx(border.length_km)
    np.testing.assert_allclose(border.breaks_km, parts["km_end"].to_numpy()[:-1])


def test_a_ring_starts_at_its_northernmost_vertex_and_goes_east() -> None:
    border = bz.Border.between("ZAF", "LSO")
    ring = np.array(border.line.iloc[0].coords)

    assert border.parts["is_ring"].all()
    assert ring[0, 1] == ring[:, 1].max()
    assert ring[1, 0] > ring[0, 0]


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ("IRX", "SYR", "IRQ.*Iraq"),
        ("Irak", "SYR", "Iraq"),
        ("IRQ", "IRQ", "two countries"),
        ("IRQ", "FRA", r"no land border.*Jordan \(JOR\).*Belgium"),
        ("", "SYR", "no country"),
    ],
)
def test_a_wrong_name_is_answered_with_the_nearest_right_ones(a: str, b: str, message: str) -> None:
    with pytest.raises(BorderNotFoundError, match=message):
        bz.Border.between(a, b)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (shapely.LineString(), "empty"),
        (shapely.LineString([(0, 0), (2, 2), (2, 0), (0, 2)]), "crosses or touches itself"),
        (shapely.LineString([(0, 0), (0, 95)]), "not on the globe"),
        (shapely.Point(0, 0), "line"),
    ],
    ids=["empty", "self-crossing", "off the globe", "a point"],
)
def test_a_line_that_is_no_border_is_refused(line: Any, message: str) -> None:
    with pytest.raises(InvalidGeometryError, match=message):
        bz.Border.from_line(line)


def test_two_polygons_share_the_line_between_their_edges() -> None:
    """A gap of a hundredth of a degree is told in km2 and split down the middle."""
    a, b = shapely.box(0, 0, 1, 1), shapely.box(1.01, 0, 2, 1)

    border = bz.Border.from_polygons(a, b)

    gap = abs(GEOD.geometry_area_perimeter(shapely.box(1, 0, 1.01, 1))[0]) / 1e6
    assert border.length_km == pytest.approx(110.6, rel=0.01)
    assert border.gap_km2 == pytest.approx(gap, rel=0.02)
    assert border.overlap_km2 == 0


def test_overlapping_polygons_tell_their_overlap() -> None:
    a, b = shapely.box(0, 0, 1.01, 1), shapely.box(1, 0, 2, 1)

    border = bz.Border.from_polygons(a, b)

    assert border.overlap_km2 > 100
    assert border.gap_km2 == pytest.approx(0, abs=1)


def test_a_line_over_180_degrees_is_short() -> None:
    border = bz.Border.from_line(shapely.LineString([(179, 10), (-179, 11)]))

    assert border.length_km == pytest.approx(GEOD.inv(179, 10, -179, 11)[2] / 1000, rel=1e-6)


def test_the_list_has_every_pair_once() -> None:
    table = bz.list_borders()

    assert len(table) == 337
    assert len({frozenset(pair) for pair in zip(table["a"], table["b"], strict=True)}) == 337
    assert table["length_km"].sum() == pytest.approx(233_816, rel=1e-4)


def test_a_long_edge_beside_one_without_length_is_measured() -> None:
    """Two vertices closer than any measure are one place, also where another edge is cut up."""
    near = shapely.LineString([(38.8, 3e-57), (2e-52, 1e-307), (1e-307, -3e-182), (0.0, 1.0)])
    border = bz.Border.from_line(near)
    assert border.length_km == pytest.approx(4319.2 + 110.6, abs=0.1)


def test_a_border_is_taken_however_it_is_named(tmp_path: Path) -> None:
    """Itself, by two countries or by a file, wherever one is asked for."""
    border = bz.Border.between("JOR", "IRQ")
    border.line.to_file(tmp_path / "line.geojson")

    assert bz.Border.of(border) is border
    assert bz.Border.of(("Jordan", "IRQ")).length_km == border.length_km
    assert bz.Border.of(tmp_path / "line.geojson").length_km == pytest.approx(border.length_km)
    assert len(bz.Corridor.around(("JOR", "IRQ")).segments) == 19
    assert bz.Study(border=("JOR", "IRQ")).name == bz.Study.between("JOR", "IRQ").name
    assert bz.access.moonlight_table(("JOR", "IRQ")).equals(bz.access.moonlight_table(border))
