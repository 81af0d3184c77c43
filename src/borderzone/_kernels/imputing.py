"""Possible positions of events, from numbers that depend on seed, event and draw alone.

In words: draw ``d`` of an event is a function of the event's key and of ``d``, by the counter-based
generator Philox 4x32-10 (Salmon et al. 2011): no state runs on from draw to draw or from event to
event, so rows may come in any order, in any batch and in any thread. A disc or gaussian about a point
is drawn in polar coordinates and laid on the ellipsoid by Bowring's closed form for short geodesics
(1981), whose error is below a millimetre at 50 km. A polygon is cut into bands of latitude; a band is drawn by
the ground within its extent, then a point of it, again until it lies inside.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from borderzone._kernels import njit
from borderzone._kernels.positions import is_inside

__all__ = ["DRAWS_ABOUT_KM", "about_points", "in_bands", "philox", "uniforms"]

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
def philox(key: Any, low: Any, high: Any) -> Any:
    """
    Give the 128 random bits of a counter.

    Parameters
    ----------
    key
        Key, 64 bits.
    low, high
        The two halves of the counter, 64 bits each.

    Returns
    -------
    tuple of numpy.uint64
        Four words of 32 bits.
    """
    a, b, c, d = low & _LOW, low >> _HALF, high & _LOW, high >> _HALF
    k0, k1 = key & _LOW, key >> _HALF
    for _ in range(10):
        p, q = _M0 * a, _M1 * c
        a, b, c, d = (q >> _HALF) ^ b ^ k0, q & _LOW, (p >> _HALF) ^ d ^ k1, p & _LOW
        k0, k1 = (k0 + _W0) & _LOW, (k1 + _W1) & _LOW
    return a, b, c, d


@njit(nogil=True, error_model="numpy")
def _two(key: Any, draw: Any, attempt: Any) -> Any:
    """Two numbers from 0 to below 1, of 53 bits each."""
    a, b, c, d = philox(key, np.uint64(draw), np.uint64(attempt))
    return (
        np.float64(((a << _HALF) | b) >> _TO_53) * _UNIT,
        np.float64(((c << _HALF) | d) >> _TO_53) * _UNIT,
    )


@njit(nogil=True, error_model="numpy")
def uniforms(keys: Any, draws: Any, attempt: int) -> Any:
    """
    Give two uniform numbers for each pair of key and draw.

    Parameters
    ----------
    keys, draws
        Key of the event and number of the draw, uint64, one shape ``(n,)``.
    attempt
        Which of the numbers of a draw: 0, 1 and so on.

    Returns
    -------
    numpy.ndarray
        From 0 to below 1, shape ``(n, 2)``.
    """
    out = np.empty((keys.size, 2))
    for i in range(keys.size):
        out[i, 0], out[i, 1] = _two(keys[i], draws[i], attempt)
    return out


@njit(nogil=True, error_model="numpy")
def about_points(who: Any, draws: Any, attempt: int, events: Any, lon: Any, lat: Any) -> None:
    """
    Draw positions in discs or gaussians about points.

    Parameters
    ----------
    who
        Row of the event of each position.
    draws
        Number of the draw of each position, uint64.
    attempt
        Counter of the attempt.
    events
        Of each event: key (uint64), longitude and latitude (shape ``(n, 2)``, degrees),
        radius of the disc or standard deviation of the gaussian (km), whether
        it is a gaussian.
    lon, lat
        Filled, by position. Units: degrees.
    """
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
        u, v = _two(keys[e], draws[i], attempt)
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
def _radius(u: Any, scale: Any, gaussian: Any) -> Any:
    return scale * (math.sqrt(-2.0 * math.log1p(-u)) if gaussian else math.sqrt(u))


@njit(nogil=True, error_model="numpy")
def _ground(lat: Any) -> Any:
    """Ground between equator and a latitude, over what it is at the pole (area of a zone of the ellipsoid)."""
    s = math.sin(math.radians(lat))
    es = _E * s
    whole = 1.0 / (1 - _E2) + math.atanh(_E) / _E
    return (s / (1 - es * es) + math.atanh(es) / _E) / whole


@njit(nogil=True, error_model="numpy")
def _latitude(ground: Any) -> Any:
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
def in_bands(  # noqa: PLR0913, PLR0917 (plain arrays in, no objects)
    keys: Any, draws: Any, index: Any, cuts: Any, first: int, most: int, lon: Any, lat: Any
) -> int:
    """
    Draw positions uniform by ground in one polygon.

    Parameters
    ----------
    keys, draws
        Key of the event and number of the draw of each position, uint64.
    index
        Arrays of the polygon alone, as `is_inside` takes them.
    cuts
        West, east, south and north of each of its bands, shape ``(n, 4)``. Units: degrees.
    first
        Counter of the first attempt.
    most
        Attempts at one position.
    lon, lat
        Filled, by position. Units: degrees.

    Returns
    -------
    int
        Number of positions for which no attempt was enough.
    """
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
            u, v = _two(keys[i], draws[i], first + attempt)
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
