"""Smooth outlines of groups of cells, drawn once for all groups, so that neighbours share their edge.

An outline along cell edges is a staircase. Its corners are taken as a network: where three groups
meet, or two touch by a corner, a corner is a node and stays; between nodes runs an arc, which two
groups share. Each pass moves a corner of an arc halfway towards the middle of its two neighbours.
Then the arc moves along its normals until the area on either side is what it was.

No corner moves as much as half a cell in x or in y. The two ends of a cell edge then stay in
squares of their own, around the corners of the lattice; edges without a common end lie in
rectangles that do not overlap, so they never cross, and no centre of a cell changes its side. That
is why smooth outlines are valid, overlap nowhere, and hold the centres of their cells and no others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from scipy import ndimage, sparse
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from collections.abc import Sequence

    from borderzone._typing import BoolArray, FloatArray, IntArray
    from borderzone.grid import Grid

__all__ = ["LARGEST_MOVE", "Network"]

# Farthest that a corner moves in x or y. Below one half nothing can cross. Units: cells.
LARGEST_MOVE = 0.49
# Passes of the filter 1/4, 1/2, 1/4 along an arc: a standard deviation of two cell edges, enough
# to level steps of a line that climbs one cell in five.
_PASSES = 8
# Steps towards the old area; each squares what is left, where no corner is held.
_CORRECTIONS = 12


@dataclass(frozen=True, kw_only=True)
class Network:
    """
    The edges between groups of cells.

    Attributes
    ----------
    grid, labels
        Grid of the cells, and the group of each; 0 for none.
    corners
        Column and row of each corner that an edge ends in.
    tail, head
        Corner from which an edge leaves and in which it ends.
    left, right
        Group on either side of an edge, 0 for none; the lower number is on the left.
    """

    grid: Grid
    labels: IntArray
    corners: FloatArray
    tail: IntArray
    head: IntArray
    left: IntArray
    right: IntArray

    @classmethod
    def of(cls, labels: IntArray, grid: Grid) -> Network:
        """Find the edges between cells of different groups."""
        ring = np.pad(np.asarray(labels, dtype=np.int64), 1)
        width = grid.shape[1] + 1
        row, column = np.nonzero(ring[:-1, 1:-1] != ring[1:, 1:-1])
        start = row * width + column
        along = [start, start + 1, ring[row, column + 1], ring[row + 1, column + 1]]
        row, column = np.nonzero(ring[1:-1, :-1] != ring[1:-1, 1:])
        start = row * width + column
        down = [start, start + width, ring[row + 1, column + 1], ring[row + 1, column]]
        tail, head, left, right = (np.concatenate(pair) for pair in zip(along, down, strict=True))
        # One direction for the whole of an arc: the lower group on the left.
        turn = left > right
        tail, head = np.where(turn, head, tail), np.where(turn, tail, head)
        used, ends = np.unique(np.concatenate([tail, head]), return_inverse=True)
        return cls(
            grid=grid,
            labels=ring[1:-1, 1:-1],
            corners=np.column_stack([used % width, used // width]).astype(np.float64),
            tail=ends[: tail.size],
            head=ends[tail.size :],
            left=np.minimum(left, right),
            right=np.maximum(left, right),
        )

    def held(self, groups: Sequence[int]) -> BoolArray:
        """Find the corners on the outlines of some groups."""
        own = np.isin(self.left, groups) | np.isin(self.right, groups)
        found = np.zeros(len(self.corners), dtype=bool)
        found[self.tail[own]] = found[self.head[own]] = True
        return found

    def smoothed(self, held: BoolArray | None = None) -> FloatArray:
        """Move the corners of arcs, keeping the area on both sides."""
        places = self.corners.copy()
        free = np.bincount(np.concatenate([self.tail, self.head]), minlength=len(places)) == 2
        if held is not None:
            free &= ~held
        moving = np.flatnonzero(free)
        if not moving.size:
            return places
        before, after = np.empty(len(places), np.int64), np.empty(len(places), np.int64)
        before[self.head], after[self.tail] = self.tail, self.head
        before, after = before[moving], after[moving]
        for _ in range(_PASSES):
            places[moving] = 0.5 * places[moving] + 0.25 * (places[before] + places[after])
            places[moving] = self._near(places, moving)
        arc = self._arcs(free)
        for _ in range(_CORRECTIONS):
            lost = self._swept(self.corners, arc) - self._swept(places, arc)
            # How the area on the left grows with each coordinate (shoelace).
            chord = places[after] - places[before]
            gain = 0.5 * np.column_stack([chord[:, 1], -chord[:, 0]])
            own = arc[moving]
            total = np.bincount(own, (gain**2).sum(axis=1), minlength=lost.size)
            step = np.divide(lost, total, out=np.zeros_like(lost), where=total > 1e-9)
            places[moving] += gain * step[own, None]
            places[moving] = self._near(places, moving)
        return places

    def outlines(self, places: FloatArray) -> dict[int, Any]:
        """Draw the outline of each group."""
        at = self._on_map(places)
        lines = shapely.linestrings(np.stack([at[self.tail], at[self.head]], axis=1))
        faces = shapely.get_parts(shapely.polygonize(lines))
        # One cell of each piece tells whose its face is: no centre changes its side.
        row, column, group = _one_of_each_piece(self.labels)
        centres = shapely.points(self._on_map(np.column_stack([column + 0.5, row + 0.5])))
        piece, face = shapely.STRtree(faces).query(centres, predicate="within")
        found = {}
        for number in np.unique(group):
            own = shapely.multipolygons(faces[face[group[piece] == number]])
            found[int(number)] = own.geoms[0] if len(own.geoms) == 1 else own
        return found

    def _on_map(self, places: FloatArray) -> FloatArray:
        a, _, left, _, e, top = self.grid.transform[:6]
        return np.column_stack([left + a * places[:, 0], top + e * places[:, 1]])

    def _near(self, places: FloatArray, moving: IntArray) -> FloatArray:
        old = self.corners[moving]
        return np.clip(places[moving], old - LARGEST_MOVE, old + LARGEST_MOVE)

    def _arcs(self, free: BoolArray) -> IntArray:
        """Give each corner that moves the number of its arc; 0 to those that stay."""
        both = free[self.tail] & free[self.head]
        links = (np.ones(both.sum(), dtype=np.int8), (self.tail[both], self.head[both]))
        graph = sparse.coo_array(links, shape=(free.size, free.size))
        _, number = connected_components(graph, directed=False)
        return np.where(free, number + 1, 0)

    def _swept(self, places: FloatArray, arc: IntArray) -> FloatArray:
        """Area between each arc and the origin, in cells."""
        own = np.maximum(arc[self.tail], arc[self.head])
        (x0, y0), (x1, y1) = places[self.tail].T, places[self.head].T
        return 0.5 * np.bincount(own, x0 * y1 - x1 * y0, minlength=int(arc.max()) + 1)


def _one_of_each_piece(labels: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Row, column and group of one cell of each piece that hangs together by edges."""
    rows, columns, groups = [], [], []
    for index, box in enumerate(ndimage.find_objects(labels), start=1):
        if box is not None:
            pieces, _ = ndimage.label(labels[box] == index)
            _, first = np.unique(pieces, return_index=True)
            row, column = np.unravel_index(first, pieces.shape)
            own = pieces[row, column] > 0
            rows.append(row[own] + box[0].start)
            columns.append(column[own] + box[1].start)
            groups.append(np.full(own.sum(), index))
    if not rows:
        return (np.empty(0, dtype=np.int64),) * 3
    return np.concatenate(rows), np.concatenate(columns), np.concatenate(groups)
