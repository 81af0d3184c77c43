"""Which positions lie in which polygons.

In words: a point is inside if a ray from it to the east crosses the rings of the polygon an odd number of
times. Each edge takes its lower end and leaves its upper end, and stands from south to north however
its ring runs, so that polygons which share an edge never both hold, nor both miss, a point. Edges
are listed by bands of latitude, and a point meets the edges of its band alone. Where no edge comes near the
box round all draws of an event, one point answers for all.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from borderzone._kernels import njit

__all__ = ["band_counts", "band_edges", "count_inside", "is_inside", "mark_inside"]


@njit(nogil=True, error_model="numpy")
def _band(y: Any, south: Any, per_degree: Any, bands: Any) -> Any:
    return min(max(np.int64((y - south) * per_degree), 0), bands - 1)


@njit(nogil=True, error_model="numpy")
def band_counts(edges: Any, south: float, per_degree: float, bands: int) -> Any:
    """
    Count the edges of each band.

    Parameters
    ----------
    edges
        West-or-first x, lower y, other x, upper y of each edge, shape ``(n, 4)``.
    south
        Where the first band begins.
    per_degree
        Bands a degree.
    bands
        Number of bands.

    Returns
    -------
    numpy.ndarray
        Edges that reach into each band.
    """
    counts = np.zeros(bands, dtype=np.int64)
    for i in range(edges.shape[0]):
        first = _band(edges[i, 1], south, per_degree, bands)
        last = _band(edges[i, 3], south, per_degree, bands)
        for k in range(first, last + 1):
            counts[k] += 1
    return counts


@njit(nogil=True, error_model="numpy")
def band_edges(edges: Any, south: float, per_degree: float, starts: Any, out: Any) -> None:
    """
    List the edges band by band.

    Parameters
    ----------
    edges
        As in `band_counts`.
    south
        Where the first band begins.
    per_degree
        Bands a degree.
    starts
        Place in `out` of the first edge of each band.
    out
        Filled: x and y of the lower end, x and y of the upper end, and the run of x with y.
    """
    bands = starts.size
    place = starts.copy()
    for i in range(edges.shape[0]):
        rise = edges[i, 3] - edges[i, 1]
        run = (edges[i, 2] - edges[i, 0]) / rise if rise > 0 else 0.0
        first = _band(edges[i, 1], south, per_degree, bands)
        last = _band(edges[i, 3], south, per_degree, bands)
        for k in range(first, last + 1):
            out[place[k], :4] = edges[i]
            out[place[k], 4] = run
            place[k] += 1


@njit(nogil=True, error_model="numpy")
def is_inside(x: float, y: float, shape: int, index: Any) -> Any:
    """
    Tell whether a point lies in a polygon.

    Parameters
    ----------
    x, y
        The point. Units: degrees.
    shape
        Number of the polygon.
    index
        ``(extents, per_degree, first_band, starts, edges)``: box of each polygon, its bands a
        degree, the number of its first band, the first edge of each band, and the edges.

    Returns
    -------
    bool
        Whether it does.
    """
    extents, per_degree, first_band, starts, edges = index
    if not (extents[shape, 0] <= x <= extents[shape, 2]):
        return False
    if not (extents[shape, 1] <= y <= extents[shape, 3]):
        return False
    bands = first_band[shape + 1] - first_band[shape]
    k = first_band[shape] + _band(y, extents[shape, 1], per_degree[shape], bands)
    inside = False
    for i in range(starts[k], starts[k + 1]):
        if edges[i, 1] <= y < edges[i, 3] and x < edges[i, 0] + (y - edges[i, 1]) * edges[i, 4]:
            inside = not inside
    return inside


@njit(nogil=True, error_model="numpy")
def _is_cut(box: Any, shape: int, index: Any) -> Any:
    """Whether an edge of the polygon comes into a box."""
    extents, per_degree, first_band, starts, edges = index
    bands = first_band[shape + 1] - first_band[shape]
    low = first_band[shape] + _band(box[1], extents[shape, 1], per_degree[shape], bands)
    high = first_band[shape] + _band(box[3], extents[shape, 1], per_degree[shape], bands)
    for i in range(starts[low], starts[high + 1]):
        if edges[i, 3] < box[1] or edges[i, 1] > box[3]:
            continue
        if max(edges[i, 0], edges[i, 2]) < box[0] or min(edges[i, 0], edges[i, 2]) > box[2]:
            continue
        return True
    return False


@njit(nogil=True, error_model="numpy")
def _meet(box: Any, other: Any) -> Any:
    """Whether two boxes have a point in common; one of no number has none."""
    across = box[0] <= other[2] and other[0] <= box[2]
    return across and box[1] <= other[3] and other[1] <= box[3]


@njit(nogil=True, error_model="numpy")
def _box(lon: Any, lat: Any, e: int, box: Any) -> None:
    box[0] = box[2] = lon[e, 0]
    box[1] = box[3] = lat[e, 0]
    for d in range(1, lon.shape[1]):
        box[0] = min(box[0], lon[e, d])
        box[1] = min(box[1], lat[e, d])
        box[2] = max(box[2], lon[e, d])
        box[3] = max(box[3], lat[e, d])


@njit(nogil=True, error_model="numpy")
def count_inside(  # noqa: C901 (one hot loop, boxes before edges)
    lon: Any, lat: Any, index: Any, totals: Any, hits: Any
) -> None:
    """
    Count the positions in each polygon, by draw and by event.

    Parameters
    ----------
    lon, lat
        Positions, shape ``(events, draws)``. Units: degrees.
    index
        As in `is_inside`.
    totals
        Events in each polygon at each draw, shape ``(shapes, draws)``, added to.
    hits
        Draws of each event in each polygon, shape ``(events, shapes)``, added to.
    """
    extents = index[0]
    box = np.empty(4)
    for e in range(lon.shape[0]):
        _box(lon, lat, e, box)
        for z in range(extents.shape[0]):
            if not _meet(box, extents[z]):
                continue
            if not _is_cut(box, z, index):
                if is_inside(lon[e, 0], lat[e, 0], z, index):
                    hits[e, z] += lon.shape[1]
                    for d in range(lon.shape[1]):
                        totals[z, d] += 1
                continue
            for d in range(lon.shape[1]):
                if is_inside(lon[e, d], lat[e, d], z, index):
                    hits[e, z] += 1
                    totals[z, d] += 1


@njit(nogil=True, error_model="numpy")
def mark_inside(lon: Any, lat: Any, shape: int, index: Any) -> Any:
    """
    Tell which positions lie in one polygon.

    Parameters
    ----------
    lon, lat
        Positions, one shape ``(n,)``. Units: degrees.
    shape
        Number of the polygon.
    index
        As in `is_inside`.

    Returns
    -------
    numpy.ndarray
        Whether each does.
    """
    out = np.empty(lon.size, dtype=np.bool_)
    for i in range(lon.size):
        out[i] = is_inside(lon[i], lat[i], shape, index)
    return out
