"""Positions of events: in which polygons they lie, and where they may be.

Polygons. In words: a point is inside if a ray from it to the east crosses the rings of the polygon an odd number of
times. Each edge takes its lower end and leaves its upper end, and stands from south to north however
its ring runs, so that polygons which share an edge never both hold, nor both miss, a point. Edges
are listed by bands of latitude, and a point meets the edges of its band alone. Where no edge comes near the
box round all draws of an event, one point answers for all.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from borderzone._kernels import njit

if TYPE_CHECKING:
    from borderzone._typing import FloatArray, IntArray

__all__ = [
    "DRAWS_ABOUT_KM",
    "about_points",
    "band_counts",
    "band_edges",
    "count_inside",
    "in_bands",
    "is_inside",
    "mark_inside",
    "philox",
    "two_uniforms",
    "uniforms",
]


@njit(nogil=True, error_model="numpy")
def _band(y: float, south: float, per_degree: float, bands: int) -> Any:
    return min(max(np.int64((y - south) * per_degree), 0), bands - 1)


@njit(nogil=True, error_model="numpy")
def band_counts(edges: FloatArray, south: float, per_degree: float, bands: int) -> Any:
    """Count the edges of each band."""
    # edges: west-or-first x, lower y, other x, upper y of each edge, shape ``(n, 4)``.
    # south: where the first band begins.
    # per_degree: bands a degree.
    # bands: number of bands.
    # Returns edges that reach into each band.
    counts = np.zeros(bands, dtype=np.int64)
    for i in range(edges.shape[0]):
        first = _band(edges[i, 1], south, per_degree, bands)
        last = _band(edges[i, 3], south, per_degree, bands)
        for k in range(first, last + 1):
            counts[k] += 1
    return counts


@njit(nogil=True, error_model="numpy")
def band_edges(
    edges: FloatArray, south: float, per_degree: float, starts: IntArray, out: FloatArray
) -> None:
    """List the edges band by band."""
    # edges: as in `band_counts`.
    # south: where the first band begins.
    # per_degree: bands a degree.
    # starts: place in `out` of the first edge of each band.
    # out: filled: x and y of the lower end, x and y of the upper end, and the run of x with y.
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
def is_inside(x: float, y: float, shape: int, index: tuple[Any, ...]) -> Any:
    """Tell whether a point lies in a polygon."""
    # x, y: the point. Units: degrees.
    # shape: number of the polygon.
    # index: ``(extents, per_degree, first_band, starts, edges)``: box of each polygon, its bands a
    # degree, the number of its first band, the first edge of each band, and the edges.
    # Returns whether it does.
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
def _is_cut(box: FloatArray, shape: int, index: tuple[Any, ...]) -> Any:
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
def _meet(box: FloatArray, other: FloatArray) -> Any:
    """Whether two boxes have a point in common; one of no number has none."""
    across = box[0] <= other[2] and other[0] <= box[2]
    return across and box[1] <= other[3] and other[1] <= box[3]


@njit(nogil=True, error_model="numpy")
def _box(lon: FloatArray, lat: FloatArray, e: int, box: FloatArray) -> None:
    box[0] = box[2] = lon[e, 0]
    box[1] = box[3] = lat[e, 0]
    for d in range(1, lon.shape[1]):
        box[0] = min(box[0], lon[e, d])
        box[1] = min(box[1], lat[e, d])
        box[2] = max(box[2], lon[e, d])
        box[3] = max(box[3], lat[e, d])


@njit(nogil=True, error_model="numpy")
def count_inside(  # noqa: C901 - one hot loop, boxes before edges
    lon: FloatArray, lat: FloatArray, index: tuple[Any, ...], totals: IntArray, hits: IntArray
) -> None:
    """Count the positions in each polygon, by draw and by event."""
    # lon, lat: positions, shape ``(events, draws)``. Units: degrees.
    # index: as in `is_inside`.
    # totals: events in each polygon at each draw, shape ``(shapes, draws)``, added to.
    # hits: draws of each event in each polygon, shape ``(events, shapes)``, added to.
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
def mark_inside(lon: FloatArray, lat: FloatArray, shape: int, index: tuple[Any, ...]) -> Any:
    """Tell which positions lie in one polygon."""
    # lon, lat: positions, one shape ``(n,)``. Units: degrees.
    # shape: number of the polygon.
    # index: as in `is_inside`.
    # Returns whether each does.
    out = np.empty(lon.size, dtype=np.bool_)
    for i in range(lon.size):
        out[i] = is_inside(lon[i], lat[i], shape, index)
    return out


# Possible positions of events, from numbers that depend on seed, event and draw alone.
#
# In words: draw ``d`` of an event is a function of the event's key and of ``d``, by the counter-based
# generator Philox 4x32-10 (Salmon et al. 2011): no state runs on from draw to draw or from event to
# event, so rows may come in any order, in any batch and in any thread. A disc or gaussian about a point
# is drawn in polar coordinates and laid on the ellipsoid by Bowring's closed form for short geodesics
# (1981), whose error is below a millimetre at 50 km. A polygon is cut into bands of latitude; a band is drawn by
# the ground within its extent, then a point of it, again until it lies inside.

DRAWS_ABOUT_KM = 150.0
"""Farthest position from its point for which Bowring's form is used. Units: km."""

_A_M = 6378137.0
_F = 1 / 298.257223563
_E2 = _F * (2 - _F)
_EP2 = _E2 / (1 - _E2)
_E = math.sqrt(_E2)

_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_TO_53 = np.uint64(11)
_UNIT = 2.0**-53


@njit(nogil=True, error_model="numpy")
def philox(key: int, low: int, high: int) -> Any:
    """Give the 128 random bits of a counter."""
    # key: key, 64 bits.
    # low, high: the two halves of the counter, 64 bits each.
    # Returns four words of 32 bits.
    a, b, c, d = low & _LOW, low >> _HALF, high & _LOW, high >> _HALF
    k0, k1 = key & _LOW, key >> _HALF
    for _ in range(10):
        p, q = _M0 * a, _M1 * c
        a, b, c, d = (q >> _HALF) ^ b ^ k0, q & _LOW, (p >> _HALF) ^ d ^ k1, p & _LOW
        k0, k1 = (k0 + _W0) & _LOW, (k1 + _W1) & _LOW
    return a, b, c, d


@njit(nogil=True, error_model="numpy")
def two_uniforms(key: int, draw: int, attempt: int) -> Any:
    """Give two numbers from 0 to below 1, of 53 bits each."""
    a, b, c, d = philox(key, np.uint64(draw), np.uint64(attempt))
    return (
        np.float64(((a << _HALF) | b) >> _TO_53) * _UNIT,
        np.float64(((c << _HALF) | d) >> _TO_53) * _UNIT,
    )


@njit(nogil=True, error_model="numpy")
def uniforms(keys: IntArray, draws: IntArray, attempt: int) -> Any:
    """Give two uniform numbers for each pair of key and draw."""
    # keys, draws: key of the event and number of the draw, uint64, one shape ``(n,)``.
    # attempt: which of the numbers of a draw: 0, 1 and so on.
    # Returns from 0 to below 1, shape ``(n, 2)``.
    out = np.empty((keys.size, 2))
    for i in range(keys.size):
        out[i, 0], out[i, 1] = two_uniforms(keys[i], draws[i], attempt)
    return out


@njit(nogil=True, error_model="numpy")
def about_points(
    who: IntArray,
    draws: IntArray,
    attempt: int,
    events: tuple[Any, ...],
    lon: FloatArray,
    lat: FloatArray,
) -> None:
    """Draw positions in discs or gaussians about points."""
    # who: row of the event of each position.
    # draws: number of the draw of each position, uint64.
    # attempt: counter of the attempt.
    # events: of each event: key (uint64), longitude and latitude (shape ``(n, 2)``, degrees),
    # radius of the disc or standard deviation of the gaussian (km), whether it is a gaussian.
    # lon, lat: filled, by position. Units: degrees.
    keys, places, scale_km, gaussian = events
    c = math.sqrt(1 + _EP2)
    last = -1
    for i in range(who.size):
        e = who[i]
        if e != last:
            phi = math.radians(places[e, 1])
            sin_phi, cos_phi = math.sin(phi), math.cos(phi)
            a = math.sqrt(1 + _EP2 * cos_phi**4)
            b = math.sqrt(1 + _EP2 * cos_phi**2)
            to_sigma = 1e3 * b * b / (_A_M * c)
            last = e
        u, v = two_uniforms(keys[e], draws[i], attempt)
        r = _radius(u, scale_km[e], gaussian[e])
        azimuth = 2.0 * math.pi * v
        sin_az, cos_az = math.sin(azimuth), math.cos(azimuth)
        sin_s = math.sin(r * to_sigma)
        tan_s = sin_s / math.sqrt(1.0 - sin_s * sin_s)
        w = math.atan2(a * tan_s * sin_az, b * cos_phi - tan_s * sin_phi * cos_az)
        turned = cos_az - sin_phi * sin_az * math.tan(0.5 * w) / a
        half = 0.5 * math.asin(sin_s * turned)
        bent = b - 1.5 * _EP2 * half * math.sin(2.0 * phi + 4.0 / 3.0 * b * half)
        x = places[e, 0] + math.degrees(w / a)
        lon[i] = x - 360.0 if x > 180.0 else (x + 360.0 if x < -180.0 else x)
        lat[i] = places[e, 1] + math.degrees(2.0 * half * bent)


@njit(nogil=True, error_model="numpy")
def _radius(u: float, scale: float, gaussian: bool) -> float:  # noqa: FBT001 - numba passes by position
    return scale * (math.sqrt(-2.0 * math.log1p(-u)) if gaussian else math.sqrt(u))


@njit(nogil=True, error_model="numpy")
def _ground(lat: float) -> Any:
    """Ground between equator and a latitude, over what it is at the pole (area of a zone of the ellipsoid)."""
    s = math.sin(math.radians(lat))
    es = _E * s
    whole = 1.0 / (1 - _E2) + math.atanh(_E) / _E
    return (s / (1 - es * es) + math.atanh(es) / _E) / whole


@njit(nogil=True, error_model="numpy")
def _latitude(ground: float) -> Any:
    """Latitude that has so much ground below it, by its series to e^6 (2 mm)."""
    beta = math.asin(min(1.0, max(-1.0, ground)))
    e4, e6 = _E2 * _E2, _E2 * _E2 * _E2
    phi = (
        beta
        + (_E2 / 3 + 31 * e4 / 180 + 517 * e6 / 5040) * math.sin(2 * beta)
        + (23 * e4 / 360 + 251 * e6 / 3780) * math.sin(4 * beta)
        + 761 * e6 / 45360 * math.sin(6 * beta)
    )
    return math.degrees(phi)


@njit(nogil=True, error_model="numpy")
def in_bands(  # noqa: PLR0913, PLR0917 - plain arrays in, no objects
    keys: IntArray,
    draws: IntArray,
    index: tuple[Any, ...],
    cuts: FloatArray,
    first: int,
    most: int,
    lon: FloatArray,
    lat: FloatArray,
) -> int:
    """Draw positions uniform by ground in one polygon."""
    # keys, draws: key of the event and number of the draw of each position, uint64.
    # index: arrays of the polygon alone, as `is_inside` takes them.
    # cuts: west, east, south and north of each of its bands, shape ``(n, 4)``. Units: degrees.
    # first: counter of the first attempt.
    # most: attempts at one position.
    # lon, lat: filled, by position. Units: degrees.
    # Returns number of positions for which no attempt was enough.
    n = cuts.shape[0]
    low, reach, summed = np.empty(n), np.empty(n), np.empty(n)
    whole = 0.0
    for k in range(n):
        low[k] = _ground(cuts[k, 2])
        reach[k] = _ground(cuts[k, 3]) - low[k]
        whole += reach[k] * (cuts[k, 1] - cuts[k, 0])
        summed[k] = whole
    failed = 0
    for i in range(keys.size):
        found = False
        for attempt in range(most):
            u, v = two_uniforms(keys[i], draws[i], first + attempt)
            k = min(np.searchsorted(summed, u * whole, side="right"), n - 1)
            before = summed[k - 1] if k > 0 else 0.0
            part = (u * whole - before) / (summed[k] - before)
            x = cuts[k, 0] + part * (cuts[k, 1] - cuts[k, 0])
            y = _latitude(low[k] + v * reach[k])
            if is_inside(x, y, 0, index):
                lon[i], lat[i] = x, y
                found = True
                break
        failed += not found
    return failed
