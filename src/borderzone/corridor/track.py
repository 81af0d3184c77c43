"""Track: the border in the plane of one section, cut into straight pieces with labels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.spatial import cKDTree

from borderzone._kernels.nearest import box_tree, nearest_cells, nearest_pieces
from borderzone.crs import unit_vectors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from borderzone._typing import BoolArray, FloatArray, IntArray
    from borderzone.border.parts import Part
    from borderzone.crs import Frame
    from borderzone.grid import Grid

__all__ = ["CutPart", "Located", "Track", "cut_parts"]

# A cut closer to a vertex than this is made at the vertex. Units: km.
SNAP_KM = 1e-6
# Beyond an open end lies a stub: ground nearest to it is beyond the end. Units: m.
STUB_START_M, STUB_END_M = 0.01, 0.02
NOTHING = -1


@dataclass(frozen=True, kw_only=True)
class CutPart:
    """
    A part of the border with a vertex at every segment boundary.

    Attributes
    ----------
    coords
        Longitude and latitude of the vertices, shape ``(n, 2)``. Units: degree.
    km
        Their chainage, shape ``(n,)``. Units: km.
    label
        Segment of each piece between them, shape ``(n - 1,)``.
    bent
        Whether a segment boundary falls on a vertex of the line itself, shape
        ``(n,)``.
    is_ring
        Whether the part closes on itself.
    depth_m
        Depth left and right of it. Units: m.
    """

    coords: FloatArray
    km: FloatArray
    label: IntArray
    bent: BoolArray
    is_ring: bool
    depth_m: tuple[float, float]


def cut_parts(
    course: Sequence[Part], edges_km: Sequence[FloatArray], depths_m: Sequence[tuple[float, float]]
) -> list[CutPart]:
    """Put a vertex at every segment boundary."""
    cut, first = [], 0
    for part, edges, depth in zip(course, edges_km, depths_m, strict=True):
        at = np.searchsorted(part.chainage_km, edges)
        near = np.clip(np.stack([at - 1, at]), 0, len(part.chainage_km) - 1)
        gaps = np.abs(part.chainage_km[near] - edges)
        # A sliver of an edge would have a direction made of rounding.
        snapped = gaps.min(axis=0) < SNAP_KM
        vertex = near[gaps.argmin(axis=0), np.arange(len(edges))]
        km = np.concatenate([part.chainage_km, edges[~snapped]])
        coords = np.vstack([part.coords, _points_of(part, edges[~snapped])])
        bent = np.zeros(len(km), dtype=bool)
        bent[vertex[snapped]] = True
        order = np.argsort(km, kind="stable")
        km, coords, bent = km[order], coords[order], bent[order]
        middle = (km[1:] + km[:-1]) / 2
        label = first + np.searchsorted(edges[1:-1], middle)
        cut.append(
            CutPart(
                coords=coords, km=km, label=label, bent=bent, is_ring=part.is_ring, depth_m=depth
            )
        )
        first += len(edges) - 1
    return cut


def _points_of(part: Part, km: FloatArray) -> FloatArray:
    """Points at chainages, longitude on the same turn of the globe as the part."""
    if len(km) == 0:
        return np.empty((0, 2))
    lon, lat = part.points_at(km)
    roughly = np.interp(km, part.chainage_km, part.coords[:, 0])
    return np.column_stack([lon + 360.0 * np.round((roughly - lon) / 360.0), lat])


@dataclass(frozen=True, kw_only=True)
class Located:
    """
    Where points lie relative to the border.

    Attributes
    ----------
    chainage_km
        Chainage of the nearest border point, NaN outside. Units: km.
    offset_km
        Distance from it, positive on the left, NaN outside. Units: km.
    side
        0 outside, 1 left, 2 right.
    segment
        Segment, -1 outside.
    """

    chainage_km: FloatArray
    offset_km: FloatArray
    side: IntArray
    segment: IntArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Track:
    """
    The border in the plane of one section.

    Pieces are in the order of chainage. An open end has a stub beyond it whose
    label is -1: whatever is nearest to the stub lies beyond the end.

    Attributes
    ----------
    pieces
        ``x, y, dx, dy, 1 / length2``, shape ``(n, 5)``. Units: m.
    turns
        Mean direction of the line at the start and end of each piece, shape
        ``(n, 4)``.
    km
        Chainage at the start and at the end, and at the end when it counts as
        the start of what follows, shape ``(n, 3)``. Units: km.
    labels, end_labels
        Segment of the piece, and of its end point.
    depths
        Depth left and right, shape ``(n, 2)``. Units: m.
    bent
        Whether the piece ends at a segment boundary that is a vertex.
    """

    pieces: FloatArray
    turns: FloatArray
    km: FloatArray
    labels: IntArray
    end_labels: IntArray
    depths: FloatArray
    bent: BoolArray

    @classmethod
    def of(cls, parts: Sequence[CutPart], frame: Frame, wanted: BoolArray) -> Track:
        """Build the track of a section."""
        used = [part for part in parts if wanted[part.label].any()]
        columns = [_part_columns(part, frame, wanted) for part in used]
        stacked = [np.concatenate(column) for column in zip(*columns, strict=True)]
        names = ("pieces", "turns", "km", "labels", "end_labels", "depths", "bent")
        return cls(**dict(zip(names, stacked, strict=True)))

    @cached_property
    def boxes(self) -> FloatArray:
        """Tree of boxes over the pieces."""
        tree: FloatArray = box_tree(self.pieces)
        return tree

    def without_before(self, first: int) -> Track:
        """Leave out the segments before one."""
        keep = (self.labels >= first) | (self.labels == NOTHING)
        if keep.all():
            return self
        names = ("pieces", "turns", "km", "labels", "end_labels", "depths", "bent")
        return Track(**{name: getattr(self, name)[keep] for name in names})

    def locate(self, points: FloatArray) -> Located:
        """Find chainage, offset, side and segment of points."""
        points = np.ascontiguousarray(points, dtype=float)
        piece, along = nearest_pieces(points, self.pieces, self.boxes)
        foot = self.pieces[piece, :2] + along[:, None] * self.pieces[piece, 2:4]
        away = points - foot
        distance = np.hypot(*away.T)
        # At a vertex left and right are told by the mean of its two edges: by either edge alone, ground
        # in the wedge behind a bend could lie on both sides.
        direction = self.pieces[piece, 2:4].copy()
        direction[along == 0] = self.turns[piece[along == 0], :2]
        direction[along == 1] = self.turns[piece[along == 1], 2:]
        left = direction[:, 0] * away[:, 1] - direction[:, 1] * away[:, 0] >= 0
        depth = np.where(left, *self.depths[piece].T)
        inside = (self.labels[piece] != NOTHING) & (distance <= depth)
        km = self.km[piece, 0] + along * (self.km[piece, 1] - self.km[piece, 0])
        # A segment holds its start, not its end: the end of a piece belongs to what follows.
        km = np.where(along == 1, self.km[piece, 2], km)
        label = np.where(along == 1, self.end_labels[piece], self.labels[piece])
        return Located(
            chainage_km=np.where(inside, km, np.nan),
            offset_km=np.where(inside, np.where(left, distance, -distance) / 1e3, np.nan),
            side=np.where(inside, np.where(left, 1, 2), 0).astype(np.uint8),
            segment=np.where(inside, label, NOTHING).astype(np.int64),
        )

    def cells(self, grid: Grid) -> tuple[FloatArray, FloatArray, IntArray, IntArray]:
        """Find chainage, offset, side and segment of every cell of a grid."""
        origin = (float(grid.transform.c), float(grid.transform.f), grid.resolution_m)
        line = (self.pieces, self.turns, self.km, self.labels, self.end_labels, self.depths)
        found: tuple[FloatArray, FloatArray, IntArray, IntArray] = nearest_cells(
            grid.shape, origin, line, self.boxes
        )
        return found


def _part_columns(part: CutPart, frame: Frame, wanted: BoolArray) -> list[Any]:
    """Columns of the track for one part, stubs included."""
    xy = np.full(part.coords.shape, np.nan)
    keep = wanted[part.label]
    used = np.append(keep, False) | np.append(False, keep)
    # What lies far off may have no place in this plane.
    xy[used] = frame.forward(part.coords[used])
    step = np.diff(xy, axis=0)
    length = np.hypot(*step.T)
    unit = step / length[:, None]
    before, after = np.roll(unit, 1, axis=0), np.roll(unit, -1, axis=0)
    following, follow_km = np.roll(part.label, -1), part.km[1:].copy()
    if part.is_ring:
        follow_km[-1] = part.km[0]
    else:
        before[0], after[-1], following[-1] = unit[0], unit[-1], part.label[-1]
    before, after = (np.where(np.isnan(side), unit, side) for side in (before, after))
    columns: list[Any] = [
        np.column_stack([xy[:-1], step, 1.0 / length**2]),
        np.column_stack([unit + before, unit + after]),
        np.column_stack([part.km[:-1], part.km[1:], follow_km]),
        part.label,
        following,
        np.tile(part.depth_m, (len(step), 1)),
        part.bent[1:],
    ]
    columns = [column[keep] for column in columns]
    if part.is_ring:
        return columns
    first = _stub(xy[0], -unit[0], part.km[0]) if keep[0] else None
    last = _stub(xy[-1], unit[-1], part.km[-1]) if keep[-1] else None
    groups = [group for group in (first, columns, last) if group is not None]
    return [np.concatenate(column) for column in zip(*groups, strict=True)]


def _stub(end: FloatArray, outward: FloatArray, km: float) -> list[Any]:
    start = end + STUB_START_M * outward
    step = (STUB_END_M - STUB_START_M) * outward
    return [
        np.array([[*start, *step, 1.0 / (step @ step)]]),
        np.array([[*outward, *outward]]),
        np.array([[km, km, km]]),
        np.array([NOTHING]),
        np.array([NOTHING]),
        np.zeros((1, 2)),
        np.array([False]),
    ]


def segments_near(parts: Sequence[CutPart], own: BoolArray, reach_km: float) -> BoolArray:
    """Find the segments that come within reach of some of them."""
    starts = np.vstack([part.coords[:-1] for part in parts])
    ends = np.vstack([part.coords[1:] for part in parts])
    labels = np.concatenate([part.label for part in parts])
    longest = max(float(np.diff(part.km).max()) for part in parts)
    points, label = np.vstack([unit_vectors(*starts.T), unit_vectors(*ends.T)]), np.tile(labels, 2)
    mine = own[label]
    # On the unit sphere; 2 % for the chord and the ellipsoid, and a piece beyond each vertex.
    radius = (reach_km + longest) * 1.02 / 6371.0
    gap = cKDTree(points[mine]).query(points, distance_upper_bound=radius)[0]
    wanted = own.copy()
    wanted[label[np.isfinite(gap)]] = True
    return wanted
