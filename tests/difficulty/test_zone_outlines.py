"""Outlines of zones: smooth, shared, of the same area, inside the corridor; holes filled."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pyproj import CRS
from terrain_cases import covered

from borderzone.difficulty import regions
from borderzone.difficulty.regions import (
    LARGEST_MOVE,
    CorridorCells,
    EdgeNetwork,
    fill_holes,
    zone_outlines,
)
from borderzone.grid import Grid

CELL = 2000.0


def grid_of(shape: tuple[int, int]) -> Grid:
    """Lay a grid of 2 km cells."""
    return Grid(
        shape=shape, transform=Affine(CELL, 0, 500_000, 0, -CELL, 3_800_000), crs=CRS(32637)
    )


def strip_of(grid: Grid, outline: Any) -> CorridorCells:
    """Make a corridor of a polygon, all on one side of the border."""
    within = covered(outline, grid)
    return CorridorCells(grid=grid, within=within, side=within.astype(np.int64), outline=outline)


def assert_clean(shapes: list[Any], outline: Any) -> None:
    """Check that polygons are valid, inside the corridor, and none over another."""
    for shape in shapes:
        assert shape.is_valid
        assert shape.geom_type in ("Polygon", "MultiPolygon")
        assert shapely.difference(shape, outline).area < 1.0
    for one, other in combinations(shapes, 2):
        assert shapely.intersection(one, other).area < 1.0


NUMBERS = st.tuples(st.integers(3, 12), st.integers(3, 14)).flatmap(
    lambda shape: arrays(np.int64, shape, elements=st.integers(0, 3))
)


@settings(max_examples=150)
@given(NUMBERS)
def test_any_zones_keep_their_cells_and_their_area_when_smoothed(zone: Any) -> None:
    """Touching by edges or corners, nested, single: every centre stays on its side."""
    grid = grid_of(zone.shape)
    strip = strip_of(grid, shapely.box(*grid.bounds))
    found = zone_outlines(zone, strip)
    assert set(found) == set(np.unique(zone[zone > 0]))
    assert_clean(list(found.values()), strip.outline)
    for number, shape in found.items():
        np.testing.assert_array_equal(covered(shape, grid), zone == number)
        assert shape.area == pytest.approx((zone == number).sum() * CELL**2, rel=0.01)


@settings(max_examples=60)
@given(NUMBERS, st.floats(0, 180), st.floats(0.25, 0.9))
def test_zones_end_at_the_rim_of_a_corridor_that_runs_aslant(
    zone: Any, bearing: float, part: float
) -> None:
    """No zone leaves it, and smoothing changes no area by more than 1 %."""
    grid = grid_of(zone.shape)
    box = shapely.box(*grid.bounds)
    slanting = shapely.affinity.rotate(shapely.affinity.scale(box, part, 3 * part), bearing)
    strip = strip_of(grid, shapely.intersection(slanting, box))
    zone = np.where(strip.within, zone, 0)
    found = zone_outlines(zone, strip)
    assert_clean(list(found.values()), strip.outline)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(EdgeNetwork, "smoothed", lambda self, _held=None: self.corners)
        exact = zone_outlines(zone, strip)
    for number, shape in found.items():
        assert shape.area == pytest.approx(exact[number].area, rel=0.01)
        cells = np.asarray(shapely.points(*np.meshgrid(grid.x, grid.y)))
        mine = cells[zone == number]
        assert shapely.distance(shape, mine).max() == 0


def test_a_slanting_edge_loses_its_stairs() -> None:
    """One cell up in five: within a tenth of the length of the straight line, not a fifth over it."""
    rows, columns = np.indices((40, 100))
    zone = (rows > 5 + columns / 5).astype(np.int64)
    grid = grid_of(zone.shape)
    network = EdgeNetwork.of(zone, grid)
    straight = np.hypot(100, 20) * CELL
    lengths = []
    for places in (network.corners, network.smoothed()):
        outline: Any = network.outlines(places)[1]
        edge = shapely.intersection(
            outline.exterior,
            shapely.box(*shapely.box(*grid.bounds).buffer(-1.5 * CELL).bounds),
        )
        lengths.append(edge.length / (straight * 97 / 100))
    assert lengths[0] > 1.15
    assert lengths[1] < 1.01


def test_no_corner_moves_by_half_a_cell_and_nodes_do_not_move() -> None:
    """Where three zones meet the corner stays."""
    zone = np.random.default_rng(3).integers(0, 4, (30, 40))
    network = EdgeNetwork.of(zone, grid_of(zone.shape))
    places = network.smoothed()
    moved = np.abs(places - network.corners)
    assert 0.3 < moved.max() <= LARGEST_MOVE + 1e-12
    ends = np.bincount(np.concatenate([network.tail, network.head]))
    assert (moved[ends > 2] == 0).all()
    assert (network.smoothed(network.held([1, 2, 3])) == network.corners).all()


def test_neighbours_have_their_common_edge_in_common() -> None:
    """To the bit: what leaves one enters the other, with no sliver between."""
    rows, columns = np.indices((20, 30))
    zone = np.where(rows > 5 + columns / 4, 1, 2)
    grid = grid_of(zone.shape)
    shapes = zone_outlines(zone, strip_of(grid, shapely.box(*grid.bounds)))
    assert shapely.union_all(list(shapes.values())).area == pytest.approx(600 * CELL**2)
    edge = shapely.intersection(shapes[1], shapes[2])
    assert edge.geom_type in ("LineString", "MultiLineString")
    assert edge.length > 28 * CELL


def test_zones_whose_area_cannot_be_kept_keep_the_edges_of_their_cells(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With no change allowed at all none is smoothed, and the search ends."""
    monkeypatch.setattr(regions, "LARGEST_AREA_CHANGE", 0.0)
    zone = np.array([[0, 0, 0, 0], [0, 1, 1, 0], [0, 1, 2, 0], [0, 0, 2, 0]])
    grid = grid_of(zone.shape)
    shapes = zone_outlines(zone, strip_of(grid, shapely.box(*grid.bounds)))
    assert shapes[1].area == 3 * CELL**2
    assert shapes[2].equals(shapely.box(504_000, 3_792_000, 506_000, 3_796_000))


def test_no_zone_has_no_outline() -> None:
    """An empty raster gives an empty answer."""
    zone = np.zeros((3, 3), dtype=np.int64)
    grid = grid_of(zone.shape)
    assert zone_outlines(zone, strip_of(grid, shapely.box(*grid.bounds))) == {}


# Holes


@pytest.mark.parametrize(("below", "filled"), [(2, 1), (1, 0), (0, 0)])
def test_holes_below_a_size_are_filled(below: float, filled: int) -> None:
    """A hole of one cell, below two cells."""
    zone = np.ones((3, 3), dtype=np.int64)
    zone[1, 1] = 0
    whole, count = fill_holes(zone, np.ones((3, 3), np.int64), below=below)
    assert whole[1, 1] == count[1] == filled
    assert zone[1, 1] == 0


def test_a_hole_that_is_not_free_stays() -> None:
    """With another zone in it, on the other bank, or open by an edge to the outside."""
    ring = np.ones((5, 5), dtype=np.int64)
    ring[1:4, 1:4] = 0
    side = np.ones((5, 5), np.int64)
    assert fill_holes(ring, side, below=10)[1][1] == 9
    nested = ring.copy()
    nested[2, 2] = 2
    assert (fill_holes(nested, side, below=10)[0] == nested).all()
    across = side.copy()
    across[2, 2] = 2
    assert (fill_holes(ring, across, below=10)[0] == ring).all()
    gap = ring.copy()
    gap[0, 2] = 0
    assert (fill_holes(gap, side, below=10)[0] == gap).all()


@settings(max_examples=60)
@given(NUMBERS, st.integers(1, 5))
def test_filling_takes_free_cells_alone_and_is_done_once(zone: Any, below: int) -> None:
    """No cell of a zone changes hands, the count is right, and a second time changes nothing."""
    side = np.ones(zone.shape, np.int64)
    whole, filled = fill_holes(zone, side, below=below)
    np.testing.assert_array_equal(whole[zone > 0], zone[zone > 0])
    for number in range(1, int(zone.max()) + 1):
        assert filled[number] == ((whole == number) & (zone == 0)).sum()
    assert (fill_holes(whole, side, below=below)[0] == whole).all()
