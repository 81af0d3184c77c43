"""Polygons of the segments of one section, noded so that neighbours share their edges."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely

from borderzone.corridor.partition import divides, lines_as_one, outline_lines
from borderzone.crs import GEOD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from borderzone._typing import BoolArray, FloatArray, IntArray
    from borderzone.corridor.track import Track
    from borderzone.crs import Frame

__all__ = ["Plot", "areas_km2", "lower_owner", "segment_polygons", "to_geographic"]

# Long edges get vertices, so that they stay in place when drawn in degrees. Units: m.
LONGEST_EDGE_M = 5000.0
# Grid on which edges are noded, so that no two vertices nearly coincide. Units: m.
GRID_M = 0.01


@dataclass(frozen=True, kw_only=True, eq=False)
class Plot:
    """
    What the sections that follow need to know of a finished one.

    Attributes
    ----------
    frame, track, segments
        Its plane, track and range of segments.
    edges
        Edges of its segments against those of later sections, in longitude and
        latitude, shape ``(n, 2, 2)``. Units: degree.
    beyond
        The later segment at each edge.
    """

    frame: Frame
    track: Track
    segments: tuple[int, int]
    edges: FloatArray
    beyond: IntArray


def segment_polygons(
    frame: Frame, track: Track, segments: tuple[int, int], earlier: Sequence[Plot]
) -> tuple[list[BaseGeometry], Plot]:
    """
    Draw the segments of a section in its plane.

    Where ground lies between two sections the frame of the earlier decides, and
    the later takes over its edges.
    """
    first, stop = segments
    deepest = float(track.depths.max())
    found = divides(track, deepest)
    # Of edges between others nothing is drawn here.
    own = ((found.labels >= first) & (found.labels < stop)).any(axis=1)
    later = own & (found.labels >= stop).any(axis=1)
    taken_over = [
        frame.forward(_flat(plot.edges[_within(plot.beyond, segments)])) for plot in earlier
    ]
    # Both versions of a shared edge go in: what lies between them is a sliver with an owner.
    edges = np.concatenate([found.edges[own], *(xy.reshape(-1, 2, 2) for xy in taken_over)])
    chains = shapely.line_merge(lines_as_one(edges))
    lines = np.array([*shapely.get_parts(chains), *outline_lines(track)], dtype=object)
    # Extra vertices go in before the edges are noded: neighbours get the same ones.
    lines = shapely.segmentize(lines, LONGEST_EDGE_M)
    faces = shapely.get_parts(
        shapely.polygonize(shapely.get_parts(shapely.union_all(lines, grid_size=GRID_M)))
    )
    # One point tells whose a whole face is: no boundary runs through it.
    inside = shapely.get_coordinates(shapely.point_on_surface(faces))
    label = _own_label(frame, track, first, inside, earlier)
    polygons = _gathered(faces, label, segments)
    plot = Plot(
        frame=frame,
        track=track,
        segments=segments,
        edges=frame.inverse(_flat(found.edges[later])).reshape(-1, 2, 2),
        beyond=found.labels[later].max(axis=1),
    )
    return polygons, plot


def lower_owner(coords: FloatArray, plots: Sequence[Plot]) -> BoolArray:
    """Find the ground that earlier sections own."""
    owned = np.zeros(len(coords), dtype=bool)
    for plot in plots:
        where = plot.track.locate(plot.frame.forward(coords)).segment
        owned |= (where >= plot.segments[0]) & (where < plot.segments[1])
    return owned


def _own_label(
    frame: Frame, track: Track, first: int, points: FloatArray, earlier: Sequence[Plot]
) -> IntArray:
    label = track.locate(points).segment
    if not earlier:
        return label
    slivers = (label >= 0) & (label < first)
    if slivers.any():
        label[slivers] = track.without_before(first).locate(points[slivers]).segment
    label[lower_owner(frame.inverse(points), earlier)] = -1
    return label


def _gathered(
    faces: NDArray[np.object_], label: IntArray, segments: tuple[int, int]
) -> list[BaseGeometry]:
    """Join the faces of each segment; the line of the border may have split them."""
    order = np.argsort(label, kind="stable")
    starts = np.searchsorted(label[order], np.arange(segments[0], segments[1] + 1))
    polygons = []
    for low, high in pairwise(starts):
        mine = faces[order[low:high]]
        polygons.append(mine[0] if len(mine) == 1 else shapely.coverage_union_all(mine))
    return polygons


def to_geographic(polygons: Sequence[BaseGeometry], frame: Frame) -> list[BaseGeometry]:
    """Take polygons out of the plane."""
    array = np.array(polygons, dtype=object)
    moved = shapely.set_coordinates(array.copy(), frame.inverse(shapely.get_coordinates(array)))
    return list(moved)


def areas_km2(polygons: Sequence[BaseGeometry]) -> FloatArray:
    """Measure polygons on the ellipsoid."""
    parts, owner = shapely.get_parts(np.array(polygons, dtype=object), return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    sizes = np.array(
        [abs(GEOD.polygon_area_perimeter(*shapely.get_coordinates(r).T)[0]) for r in rings]
    )
    # The first ring of a part is its outline, the others its holes; which way they turn says nothing.
    outer = np.append(True, np.diff(part) != 0)[: len(part)]
    signed = np.where(outer, sizes, -sizes)
    return np.bincount(owner[part], weights=signed, minlength=len(polygons)) / 1e6


def _flat(edges: FloatArray) -> FloatArray:
    return edges.reshape(-1, 2)


def _within(labels: IntArray, segments: tuple[int, int]) -> BoolArray:
    return (labels >= segments[0]) & (labels < segments[1])
