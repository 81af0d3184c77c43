"""Shapes laid on a grid: which cell has what lies on an edge is said once, and so in every room."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import assume, given
from hypothesis import strategies as st
from pyproj import CRS
from terrain_cases import covered

import borderzone as bz
from borderzone import access
from borderzone._cells import cells_inside, cells_of_points, in_cells

GRID = bz.Grid(shape=(8, 9), transform=Affine(10, 0, 100, 0, -10, 280), crs=CRS(32637))


def test_a_centre_on_the_western_or_southern_edge_is_inside() -> None:
    """Edges through centres: columns 1 to 4 and rows 2 to 5, of which west and south are closed."""
    found = covered(shapely.box(115, 225, 145, 255), GRID)
    rows, columns = np.nonzero(found)
    assert (set(rows.tolist()), set(columns.tolist())) == ({3, 4, 5}, {1, 2, 3})


@pytest.mark.parametrize("steps", [(0, 1), (1, 0), (1, 1), (-1, 1), (2, 1), (1, 3)])
def test_of_two_polygons_that_share_an_edge_one_alone_takes_a_centre_on_it(
    steps: tuple[int, int],
) -> None:
    """Whichever way their rings run, and however the edge slopes."""
    ground = shapely.box(*GRID.bounds).buffer(50, join_style="mitre")
    middle, far = np.array([145.0, 235.0]), 100 * np.array(steps)
    both = shapely.ops.split(ground, shapely.LineString([middle - far, middle + far]))
    one, other = (covered(shape, GRID) for shape in both.geoms)
    assert (one ^ other).all()
    backwards = [covered(shapely.reverse(shape), GRID) for shape in both.geoms]
    np.testing.assert_array_equal(backwards, [one, other])


@given(
    corners=st.lists(
        st.tuples(st.integers(90, 200), st.integers(190, 290)), min_size=3, max_size=7, unique=True
    )
)
def test_inside_the_outline_the_cells_are_those_of_shapely(corners: list[tuple[int, int]]) -> None:
    polygon = shapely.make_valid(shapely.Polygon(corners))
    area = shapely.union_all([p for p in shapely.get_parts(polygon) if p.geom_type == "Polygon"])
    assume(not area.is_empty)
    x, y = np.meshgrid(GRID.x, GRID.y)
    on_edge = shapely.distance(shapely.points(x, y), area.boundary) < 1e-6
    np.testing.assert_array_equal(
        covered(area, GRID)[~on_edge], shapely.contains_xy(area, x, y)[~on_edge]
    )


def test_holes_parts_and_nothing() -> None:
    ring = shapely.box(100, 200, 190, 280).difference(shapely.box(120, 220, 170, 260))
    assert covered(ring, GRID).sum() == 8 * 9 - 5 * 4
    assert (
        covered(
            shapely.union(shapely.box(100, 270, 110, 280), shapely.box(180, 200, 190, 210)), GRID
        ).sum()
        == 2
    )
    for nothing in (None, shapely.Polygon(), shapely.box(0, 0, 50, 50)):
        assert cells_inside(nothing, GRID).size == 0


def test_ground_off_the_map_holds_no_cell() -> None:
    """Where a projection has no answer a coordinate is infinite."""
    lost = shapely.Polygon([(100, 200), (150, 200), (np.inf, np.inf), (100, 260)])
    assert cells_inside(lost, GRID).size == 0


def test_karst_and_barrier_of_one_polygon_cover_the_same_cells() -> None:
    """Its outline runs through centres, where two rules told 28 cells and 36."""
    grid = bz.Grid(shape=(12, 12), transform=Affine(100, 0, 0, 0, -100, 1200), crs=CRS(32637))
    shape = shapely.Polygon([(250, 250), (950, 250), (950, 750), (650, 1050), (250, 750)])
    karst = gpd.GeoDataFrame({"susceptibility": [3]}, geometry=[shape], crs=grid.crs)
    rock = np.isfinite(bz.terrain.surface(None, karst, grid)["karst_rank"])
    flat = grid.wrap(np.zeros(grid.shape, np.float32), units="m")
    post = gpd.GeoSeries([shapely.Point(50, 50)], crs=grid.crs)
    closed = np.isinf(access.travel_time(flat, post, ways=access.Ways(barriers=karst.geometry)))
    assert closed.sum() == rock.sum() > 30
    np.testing.assert_array_equal(closed, rock)


def test_a_point_on_the_edge_of_two_cells_lies_in_one() -> None:
    """In the one to its east and to its south; beyond the last edge it lies in none."""
    points = np.array(
        [[110.0, 275.0], [105.0, 270.0], [190.0, 275.0], [105.0, 200.0], [99.9, 250.0]]
    )
    np.testing.assert_array_equal(cells_of_points(points, GRID), [1, 9, -1, -1, -1])
    np.testing.assert_array_equal(in_cells(points[:1], GRID), [[0.5, 0.0]])
