"""Nearest piece of a polyline: the compiled search against its plain statement in numpy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from borderzone._kernels.nearest import box_tree, nearest_pieces, onto_bisectors, spaced_sites
from borderzone.corridor.track import Track
from borderzone.grid import Grid

if TYPE_CHECKING:
    from borderzone._typing import FloatArray


def pieces_of(line: FloatArray) -> FloatArray:
    step = np.diff(line, axis=0)
    return np.column_stack([line[:-1], step, 1 / np.sum(step**2, axis=1)])


def plain_nearest(points: FloatArray, pieces: FloatArray) -> tuple[Any, Any]:
    """State the search in words of numpy: every point against every piece."""
    away = points[:, None] - pieces[None, :, :2]
    along = np.clip(np.sum(away * pieces[:, 2:4], axis=2) * pieces[:, 4], 0, 1)
    distance = np.hypot(*np.moveaxis(away - along[..., None] * pieces[:, 2:4], 2, 0))
    best = distance.argmin(axis=1)
    return best, distance


def walk(seed: int, count: int) -> FloatArray:
    """Make a line that wanders, with very short and very long pieces."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(size=(count, 2)) * 10 ** rng.uniform(0, 4, (count, 1))
    return np.cumsum(steps, axis=0)


@given(seed=st.integers(0, 10_000), count=st.integers(2, 400))
@settings(max_examples=40)
def test_the_tree_finds_what_looking_at_every_piece_finds(seed: int, count: int) -> None:
    line = walk(seed, count)
    pieces = pieces_of(line)
    span = np.ptp(line, axis=0).max()
    points = line.mean(axis=0) + np.random.default_rng(seed).normal(size=(50, 2)) * span

    piece, along = nearest_pieces(points, pieces, box_tree(pieces))

    best, distance = plain_nearest(points, pieces)
    rows = np.arange(len(points))
    np.testing.assert_allclose(distance[rows, piece], distance[rows, best], rtol=1e-9)
    assert (piece <= best).all()
    assert ((along >= 0) & (along <= 1)).all()


def test_of_two_equally_near_pieces_the_lower_chainage_wins() -> None:
    """A hairpin: points on its axis are as near to the way out as to the way back."""
    line = np.array([[0, 1000], [9000, 1000], [9000, -1000], [0, -1000]], dtype=float)
    pieces = pieces_of(line)

    piece, _ = nearest_pieces(np.array([[2000.0, 0.0], [7000.0, 0.0]]), pieces, box_tree(pieces))

    assert piece.tolist() == [0, 0]


def track_of(line: FloatArray, labels: Any, depth: float) -> Track:
    pieces = pieces_of(line)
    unit = pieces[:, 2:4] / np.hypot(*pieces[:, 2:4].T)[:, None]
    before, after = np.vstack([unit[:1], unit[:-1]]), np.vstack([unit[1:], unit[-1:]])
    km = np.append(0, np.cumsum(np.hypot(*pieces[:, 2:4].T))) / 1000
    return Track(
        pieces=pieces,
        turns=np.hstack([unit + before, unit + after]),
        km=np.column_stack([km[:-1], km[1:], km[1:]]),
        labels=labels,
        end_labels=np.append(labels[1:], labels[-1]),
        depths=np.full((len(pieces), 2), depth),
        bent=np.zeros(len(pieces), dtype=bool),
    )


@pytest.mark.parametrize("seed", range(6))
def test_cells_are_located_as_their_centres_are(seed: int) -> None:
    """The kernel that works by tile against the one that works by point, cell by cell."""
    line = walk(seed, 120)
    track = track_of(line, np.arange(119) // 7, depth=np.ptp(line, axis=0).max() / 8)
    low, high = line.min(axis=0), line.max(axis=0)
    step = float((high - low).max() / 211)
    columns, rows = (int(n) + 1 for n in np.ceil((high - low) / step))
    grid = Grid(
        shape=(rows, columns), transform=Affine(step, 0, low[0], 0, -step, high[1]), crs=CRS(32637)
    )

    chainage, offset, side, segment = track.cells(grid)

    centres = np.stack(np.meshgrid(grid.x, grid.y), axis=-1).reshape(-1, 2)
    found = track.locate(centres)
    np.testing.assert_array_equal(segment.ravel(), found.segment)
    np.testing.assert_array_equal(side.ravel(), found.side)
    np.testing.assert_allclose(chainage.ravel(), found.chainage_km, rtol=1e-6, atol=1e-5)
    np.testing.assert_allclose(offset.ravel(), found.offset_km, rtol=1e-6, atol=1e-5)


def test_points_are_moved_to_where_two_runs_are_equally_near() -> None:
    """Between a line and one square to it: a parabola, then a bisector; equations as oracle."""
    pieces = np.vstack(
        [
            pieces_of(np.array([[-9000.0, 0.0], [9000.0, 0.0]])),
            pieces_of(np.array([[0.0, 2000.0], [0.0, 9000.0]])),
        ]
    )
    x = np.linspace(-3000, 3000, 13)
    start = np.column_stack([x, np.full(13, 900.0)])
    runs = np.tile([0, 1, 1, 2], (13, 1))

    moved = onto_bisectors(
        start,
        np.tile([0.0, 1.0], (13, 1)),
        np.full(13, 5000.0),
        runs,
        np.ones(13, dtype=bool),
        pieces,
        0.01,
    )

    parabola = (x**2 + 2000**2) / 4000
    np.testing.assert_allclose(
        moved[:, 1], np.where(parabola < 2000, parabola, np.abs(x)), atol=0.02
    )
    np.testing.assert_allclose(moved[:, 0], x)


def test_points_along_a_line_hold_every_vertex_and_crowd_where_runs_meet() -> None:
    line = np.array([[0, 0], [5000, 0], [5000, 5000], [20_000, 5000]], dtype=float)
    pieces = pieces_of(line)
    labels = np.array([0, 0, 1])
    runs, insets = np.array([[0, 2], [2, 3]]), np.full((2, 2), 10.0)

    points, owner = spaced_sites(
        runs, insets, pieces, box_tree(pieces), labels, (0.5, 20.0, 2000.0)
    )

    gap = np.hypot(*np.diff(points[owner == 0], axis=0).T)
    assert [5000.0, 0.0] in points[owner == 0].tolist()
    assert points[owner == 0][0].tolist() == [10.0, 0.0]
    assert points[owner == 1][-1].tolist() == [19_990.0, 5000.0]
    assert gap[-1] < 50
    assert 1000 < gap.max() <= 2000 + 1e-6
