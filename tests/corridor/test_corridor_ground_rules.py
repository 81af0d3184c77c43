"""The corridor: every point in one segment, by nearest chainage, flat at the ends."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod, Transformer

import borderzone as bz
from borderzone.errors import InvalidParameterError, SeveralSectionsError

GEOD = Geod(ellps="WGS84")
BORDER = bz.Border.between("IRQ", "SYR")
CORRIDOR = bz.Corridor.around(BORDER, depth_km=50, segment_km=10)


def nearest_by_brute_force(corridor: bz.Corridor, lon: Any, lat: Any) -> tuple[Any, Any]:
    """Chainage and distance of the nearest of many border points, in the corridor's plane."""
    border = corridor.border
    km = np.linspace(0, border.length_km, 120_001)
    forward = Transformer.from_crs(4326, corridor.crs, always_xy=True)
    dense = border.point_at(km)
    line = np.column_stack(forward.transform(dense.x.to_numpy(), dense.y.to_numpy()))
    points = np.column_stack(forward.transform(lon, lat))
    tree = shapely.STRtree(np.asarray(shapely.points(line)))
    index, found = tree.query_nearest(
        shapely.points(points), return_distance=True, all_matches=False
    )
    return km[index[1]], found / 1000


def random_points(corridor: bz.Corridor, n: int, seed: int) -> tuple[Any, Any]:
    west, south, east, north = corridor.outline.total_bounds
    rng = np.random.default_rng(seed)
    return rng.uniform(west, east, n), rng.uniform(south, north, n)


@pytest.mark.parametrize("backwards", [False, True])
def test_a_points_segment_is_that_of_its_nearest_kilometre(backwards: bool) -> None:  # noqa: FBT001
    """Also along the same line drawn the other way round."""
    corridor = CORRIDOR
    if backwards:
        line = shapely.line_merge(shapely.union_all(BORDER.line.to_numpy()))
        border = bz.Border.from_line(shapely.reverse(line))
        corridor = bz.Corridor.around(border, depth_km=50, segment_km=10)
    lon, lat = random_points(corridor, 4000, seed=5)
    chainage, distance = nearest_by_brute_force(corridor, lon, lat)

    found = corridor.locate(gpd.GeoSeries(shapely.points(lon, lat), crs=4326))

    inner = (distance < 49.9) & (chainage > 0.1) & (chainage < BORDER.length_km - 0.1)
    np.testing.assert_allclose(found["chainage_km"][inner], chainage[inner], atol=0.2)
    np.testing.assert_allclose(np.abs(found["offset_km"][inner]), distance[inner], atol=0.02)
    edges = corridor.segments["km_end"].to_numpy()
    wanted = np.searchsorted(edges, chainage[inner], side="right")
    near_edge = np.abs(chainage[inner][:, None] - edges).min(axis=1) < 0.05
    assert (found["segment"][inner].to_numpy() == wanted)[~near_edge].all()
    assert (found["segment"][distance > 50.1] == -1).all()


def test_segments_are_equal_and_tile_the_corridor() -> None:
    segments = CORRIDOR.segments
    assert len(segments) == 60
    np.testing.assert_allclose(segments["length_km"], BORDER.length_km / 60)
    np.testing.assert_allclose(
        segments["km_start"].to_numpy()[1:], segments["km_end"].to_numpy()[:-1]
    )

    assert segments["area_km2"].sum() == pytest.approx(CORRIDOR.area_km2, rel=1e-3)
    plane = segments.to_crs(CORRIDOR.crs).geometry
    overlap = plane.area.sum() - shapely.union_all(plane.to_numpy()).area
    assert overlap < 1e-4 * plane.area.sum()


def test_the_area_agrees_with_a_count_of_points_on_the_ellipsoid() -> None:
    """Monte Carlo by geodesic distance alone: no projection, no polygon of ours."""
    km = np.linspace(0, BORDER.length_km, 1201)
    line = BORDER.point_at(km)
    west, south, east, north = 38.0, 32.7, 43.2, 37.8
    rng = np.random.default_rng(11)
    lon = rng.uniform(west, east, 6000)
    sin_lat = np.sin(np.radians([south, north]))
    lat = np.degrees(np.arcsin(rng.uniform(sin_lat[0], sin_lat[1], 6000)))
    inside = 0
    for x, y in zip(lon, lat, strict=True):
        distance = GEOD.inv(
            np.full(len(km), x), np.full(len(km), y), line.x.to_numpy(), line.y.to_numpy()
        )[2]
        nearest = distance.argmin()
        inside += distance[nearest] < 50_000 and 0 < nearest < len(km) - 1
    box = (
        abs(
            GEOD.geometry_area_perimeter(
                shapely.segmentize(shapely.box(west, south, east, north), 0.05)
            )[0]
        )
        / 1e6
    )
    share = inside / len(lon)
    error = 4 * box * np.sqrt(share * (1 - share) / len(lon))

    assert box * share == pytest.approx(CORRIDOR.area_km2, abs=error)


@pytest.mark.parametrize("segment_km", [50, 1000])
def test_what_a_border_encloses_beyond_its_depth_is_no_ground_of_it(segment_km: float) -> None:
    """Along a circle of radius R lies a ring of 4 pi R d, be it one segment or several."""
    count, radius_km, depth_km = 360, 100.0, 20.0
    lon, lat, _ = GEOD.fwd(
        np.full(count, 20.0),
        np.full(count, 10.0),
        np.linspace(0, 360, count, endpoint=False),
        np.full(count, radius_km * 1000),
    )
    border = bz.Border.from_line(shapely.LinearRing(np.column_stack([lon, lat])))

    corridor = bz.Corridor.around(border, depth_km=depth_km, segment_km=segment_km)

    ring_km2 = 4 * np.pi * radius_km * depth_km
    assert corridor.area_km2 == pytest.approx(ring_km2, rel=1e-3)
    assert corridor.segments["area_km2"].sum() == pytest.approx(ring_km2, rel=1e-3)


def test_cells_and_polygons_agree() -> None:
    """The raster counts the area that the polygons have, segment by segment, and both sides."""
    grid = CORRIDOR.grid(resolution_m=1000)
    cells = CORRIDOR.cells(grid)
    segment = cells["segment"].to_numpy()
    area = np.bincount(segment[segment >= 0], minlength=60) * grid.cell_area_km2

    np.testing.assert_allclose(area, CORRIDOR.segments["area_km2"], rtol=0.03)
    assert area.sum() == pytest.approx(CORRIDOR.area_km2, rel=1e-3)
    side, offset = cells["side"].to_numpy(), cells["offset_km"].to_numpy()
    assert ((segment >= 0) == (side > 0)).all()
    assert (offset[side == 1] >= 0).all()
    assert (offset[side == 2] <= 0).all()


def test_the_scale_error_is_measured() -> None:
    """42 ppm on the line and 231 over the corridor is what one oblique Mercator can do here."""
    (section,) = CORRIDOR.sections

    assert section.line_scale_error_ppm < 60
    assert 100 < CORRIDOR.scale_error_ppm < 300
    back = type(CORRIDOR.crs).from_wkt(CORRIDOR.crs.to_wkt())
    assert back == CORRIDOR.crs


def test_one_side_is_half_of_two() -> None:
    iraq, syria = (bz.Corridor.around(BORDER, depth_km=50, side=code) for code in ("IRQ", "SYR"))

    assert iraq.area_km2 + syria.area_km2 == pytest.approx(CORRIDOR.area_km2, rel=1e-3)
    middle = BORDER.point_at(300)
    assert shapely.contains_xy(iraq.outline.iloc[0], middle.x + 0.2, middle.y)
    assert shapely.contains_xy(syria.outline.iloc[0], middle.x - 0.2, middle.y)


def test_each_side_has_its_own_depth() -> None:
    corridor = bz.Corridor.around(BORDER, depth_km={"IRQ": 50, "SYR": 20})
    offset = corridor.cells(corridor.grid(resolution_m=2000))
    inside = offset["offset_km"].to_numpy()[offset["segment"].to_numpy() >= 0]

    assert corridor.depth_km == {"IRQ": 50.0, "SYR": 20.0}
    assert -50 <= inside.min() < -45
    assert 17 < inside.max() <= 20


def test_ends_are_flat() -> None:
    """Nothing lies beyond the end points: a straight line has a rectangle around it."""
    border = bz.Border.from_line(shapely.LineString([(10, 0), (11, 0)]))
    corridor = bz.Corridor.around(border, depth_km=20, segment_km=1000)

    assert len(corridor.segments) == 1
    assert corridor.area_km2 == pytest.approx(40 * border.length_km, rel=1e-3)
    beyond = corridor.locate(
        gpd.GeoSeries([shapely.Point(9.99, 0), shapely.Point(10.01, 0)], crs=4326)
    )
    assert beyond["segment"].tolist() == [-1, 0]


@given(
    depth_km=st.floats(1, 400),
    segment_km=st.floats(1, 300),
    bend=st.floats(-0.8, 0.8),
    lat=st.floats(-70, 70),
)
@settings(max_examples=25)
def test_no_ground_is_lost_whatever_the_depth(
    depth_km: float, segment_km: float, bend: float, lat: float
) -> None:
    """A bent line, depths beyond its length, any latitude: segments still add up."""
    line = shapely.LineString([(20, lat), (20.7, lat + bend), (21.4, lat + 0.1)])
    border = bz.Border.from_line(line)

    corridor = bz.Corridor.around(border, depth_km=depth_km, segment_km=segment_km)

    assert len(corridor.segments) == np.ceil(border.length_km / segment_km)
    assert corridor.segments["area_km2"].sum() == pytest.approx(corridor.area_km2, rel=1e-3)
    assert corridor.segments.geometry.is_valid.all()


@pytest.mark.parametrize("coords", [[(179, 10), (-179, 11)], [(20, 80), (40, 81)]])
def test_far_places_are_no_exception(coords: list[tuple[float, float]]) -> None:
    """Across 180 degrees, and at 80 north."""
    border = bz.Border.from_line(shapely.LineString(coords))
    corridor = bz.Corridor.around(border, depth_km=10)

    assert corridor.area_km2 == pytest.approx(20 * border.length_km, rel=1e-3)
    assert corridor.segments["area_km2"].sum() == pytest.approx(corridor.area_km2, rel=1e-3)


def test_a_long_border_has_sections_and_no_single_frame() -> None:
    corridor = bz.Corridor.around(bz.Border.between("USA", "CAN"), depth_km=25, segment_km=100)

    assert len(corridor.sections) > 1
    assert max(section.scale_error_ppm for section in corridor.sections) < 1000
    assert set(corridor.segments["section"]) == set(range(len(corridor.sections)))
    with pytest.raises(SeveralSectionsError, match=r"use corridor\.sections"):
        _ = corridor.crs
    with pytest.raises(SeveralSectionsError, match="sections"):
        corridor.grid(resolution_m=2000)


def test_no_segment_straddles_a_break_and_a_ring_closes() -> None:
    corridor = bz.Corridor.around(bz.Border.between("USA", "CAN"), depth_km=25, segment_km=100)
    segments = corridor.segments
    for km in corridor.border.breaks_km:
        assert not ((segments["km_start"] < km - 1e-6) & (segments["km_end"] > km + 1e-6)).any()

    ring = bz.Corridor.around(bz.Border.between("ZAF", "LSO"), depth_km=10)
    last = len(ring.segments) - 1
    assert last in ring.neighbours(0)
    assert 0 in ring.neighbours(last)


def test_ground_of_third_countries_is_kept_and_told() -> None:
    share = CORRIDOR.outside_share()

    assert share["third_country_share"].iloc[-6:].max() > 0.1
    assert share["third_country_share"].iloc[20:40].max() == pytest.approx(0, abs=1e-3)
    assert share["sea_share"].max() < 1e-3


def test_jordan_and_iraq_have_a_fifteenth_of_their_strip_in_third_countries() -> None:
    """Measured apart from this code on Natural Earth's 1:10 million polygons: 6.6 %, 62 %."""
    corridor = bz.Corridor.around(bz.Border.between("JOR", "IRQ"), depth_km=50, segment_km=10)
    outside = corridor.outside_ground()
    share = corridor.outside_share()

    assert outside["kind"].unique().tolist() == ["third country"]
    assert dict(zip(outside["code"], outside["name"], strict=True)) == {
        "SAU": "Saudi Arabia",
        "SYR": "Syria",
    }
    assert outside["area_km2"].sum() / corridor.area_km2 == pytest.approx(0.066, abs=0.002)
    assert share["third_country_share"].max() == pytest.approx(0.62, abs=0.01)
    assert share["sea_share"].max() < 1e-6

    coarse = corridor.outside_share(bz.datasets.world())
    difference = (coarse - share).abs().max()
    assert difference["third_country_share"] < 0.05  # two lines 3 km apart, in 1,000 km2
    assert difference["sea_share"] < 1e-6


@pytest.mark.parametrize(
    ("pair", "third", "sea"),
    [
        (("ESP", "PRT"), set(), (0.05, 0.3)),
        (("CHL", "PER"), {"BOL"}, (-1.0, 0.0)),
        (("IND", "BGD"), {"MMR", "NPL"}, (0.2, 0.6)),
        (("KOR", "PRK"), set(), (0.1, 0.3)),
        (("HTI", "DOM"), set(), (0.1, 0.3)),
        (("NOR", "RUS"), {"FIN"}, (0.1, 0.4)),
        (("JOR", "ISR"), {"EGY", "PSX"}, (-1.0, 0.0)),
        (("LSO", "ZAF"), set(), (-1.0, 0.0)),
    ],
    ids=["ESP-PRT", "CHL-PER", "IND-BGD", "KOR-PRK", "HTI-DOM", "NOR-RUS", "JOR-ISR", "LSO-ZAF"],
)
def test_sea_and_third_countries_are_told_everywhere(
    pair: tuple[str, str], third: set[str], sea: tuple[float, float]
) -> None:
    corridor = bz.Corridor.around(bz.Border.between(*pair), depth_km=30, segment_km=30)
    outside = corridor.outside_ground()
    share = corridor.outside_share()

    assert set(outside.loc[outside["kind"] == "third country", "code"]) == third
    assert sea[0] < share["sea_share"].max() <= sea[1]
    assert not share.isna().any(axis=None)
    both = share["third_country_share"] + share["sea_share"]
    area = float((both * corridor.segments["area_km2"]).sum())
    assert area == pytest.approx(outside["area_km2"].sum(), rel=0.01, abs=1.0)


def test_a_table_of_one_country_makes_no_sea_of_the_others() -> None:
    """Israel is not in the seven countries that ship at 1:10 million."""
    corridor = bz.Corridor.around(bz.Border.between("JOR", "SYR"), depth_km=50, segment_km=20)
    seven = bz.datasets.countries()
    assert "ISR" not in set(seven["code"])
    outside = corridor.outside_ground(seven)

    assert {"IRQ", "ISR"} <= set(outside["code"])
    water = outside.loc[outside["kind"] == "sea", "area_km2"].sum()
    assert water < 0.01 * corridor.area_km2  # slivers between two scales


def test_what_no_layer_shows_is_unknown_and_neither_sea_nor_a_third_country() -> None:
    corridor = bz.Corridor.around(bz.Border.between("GIB", "ESP"), depth_km=5, segment_km=1)
    outside = corridor.outside_ground()

    assert outside["kind"].tolist() == ["unknown"]
    assert corridor.outside_share().isna().all(axis=None)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"depth_km": 0}, "depth_km must be a finite number above 0"),
        ({"depth_km": -5}, "got -5"),
        ({"depth_km": float("nan")}, "got nan"),
        ({"depth_km": float("inf")}, "got inf"),
        ({"depth_km": "50"}, "must be a number"),
        ({"depth_km": {"IRQ": 50}}, "no depth for SYR"),
        ({"segment_km": 0}, "segment_km must be a finite number above 0"),
        ({"side": "east"}, "side must be 'both', 'IRQ' or 'SYR'"),
    ],
)
def test_impossible_corridors_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidParameterError, match=message):
        bz.Corridor.around(BORDER, **options)
