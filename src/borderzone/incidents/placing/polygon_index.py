"""Polygons made ready for the kernels that ask which positions lie inside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from borderzone._kernels import inside

if TYPE_CHECKING:
    from collections.abc import Sequence

    from borderzone._typing import FloatArray, IntArray

__all__ = ["Index", "band_extents", "index_of"]

Index = tuple["FloatArray", "FloatArray", "IntArray", "IntArray", "FloatArray"]
# Copies of an edge, one for each band that it reaches into, are bounded by this many an edge.
_COPIES = 8


def index_of(shapes: Sequence[shapely.Geometry]) -> Index:
    """List the edges of polygons by bands of latitude."""
    extents = np.full((len(shapes), 4), np.nan)
    per_degree, first = np.ones(len(shapes)), np.zeros(len(shapes) + 1, dtype=np.int64)
    counts, listed = [], []
    for k, shape in enumerate(shapes):
        edges = _edges(shape)
        if len(edges):
            extents[k] = shape.bounds
        count, per_degree[k] = _counts(edges, extents[k])
        part = np.empty((int(count.sum()), 5))
        starts = np.cumsum(count) - count
        inside.band_edges(edges, extents[k, 1], per_degree[k], starts, part)
        first[k + 1] = first[k] + len(count)
        counts.append(count)
        listed.append(part)
    starts = np.concatenate([[0], np.cumsum(np.concatenate([*counts, np.zeros(0, np.int64)]))])
    edges = np.concatenate([*listed, np.empty((0, 5))])
    return extents, per_degree, first, starts.astype(np.int64), edges


def band_extents(index: Index, shape: int) -> FloatArray:
    """Give the box round the part of a polygon in each of its bands."""
    extents, per_degree, first, starts, edges = index
    bands = int(first[shape + 1] - first[shape])
    south, north = extents[shape, [1, 3]]
    cuts = south + np.arange(bands + 1) / per_degree[shape]
    cuts[-1] = max(north, cuts[-2])
    boxes = []
    for k in range(bands):
        part = edges[starts[first[shape] + k] : starts[first[shape] + k + 1]]
        if not len(part):
            continue
        low = np.clip(cuts[k], part[:, 1], part[:, 3])
        high = np.clip(cuts[k + 1], part[:, 1], part[:, 3])
        flat = part[:, 1] == part[:, 3]
        ends = [part[:, 0] + (y - part[:, 1]) * part[:, 4] for y in (low, high)]
        x = np.concatenate([*ends, part[flat, 2]])
        boxes.append((x.min(), x.max(), cuts[k], cuts[k + 1]))
    found = np.array(boxes, dtype=float).reshape(-1, 4)
    return found[(found[:, 1] > found[:, 0]) & (found[:, 3] > found[:, 2])]


def _edges(shape: shapely.Geometry | None) -> FloatArray:
    """Both ends of every edge, the lower one first; nothing for what is no polygon."""
    parts = (
        [] if shape is None else [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon"]
    )
    rings = shapely.get_rings(parts) if parts else []
    ends = []
    for ring in rings:
        xy = shapely.get_coordinates(ring)
        ends.append(np.hstack([xy[:-1], xy[1:]]))
    edges = np.concatenate([*ends, np.empty((0, 4))])
    # By y, then x, so that an edge shared by two polygons is one and the same number for both.
    down = (edges[:, 3] < edges[:, 1]) | (
        (edges[:, 3] == edges[:, 1]) & (edges[:, 2] < edges[:, 0])
    )
    edges[down] = edges[down][:, [2, 3, 0, 1]]
    return np.ascontiguousarray(edges)


def _counts(edges: FloatArray, extent: FloatArray) -> tuple[IntArray, float]:
    """As many bands as edges, fewer where long edges would be copied too often."""
    if not len(edges) or not extent[3] > extent[1]:
        return np.full(1, len(edges), dtype=np.int64), 0.0
    bands = len(edges)
    while True:
        per_degree = bands / (extent[3] - extent[1])
        counts = inside.band_counts(edges, extent[1], per_degree, bands)
        if bands == 1 or counts.sum() <= _COPIES * len(edges):
            return counts, float(per_degree)
        bands = max(bands // 2, 1)
