"""How fast people walk over ground of a given gradient."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from borderzone._guards import as_finite, as_positive, is_number
from borderzone.access._gradients import Gradient, over_gradient
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from borderzone._typing import FloatArray

__all__ = [
    "CAMPBELL_2019",
    "campbell_2019",
    "foot",
    "irmischer_clarke",
    "naismith_langmuir",
    "naismith_langmuir_s",
    "tobler",
    "tobler_off_path",
]

# Percentile of movers: a, b, c, d, e of the Lorentz curve in degrees and m/s.
CAMPBELL_2019: Mapping[int, tuple[float, float, float, float, float]] = MappingProxyType(
    {
        1: (-2.1, 12.273, 21.816, 0.263, -0.00193),
        5: (-1.527, 14.041, 36.813, 0.320, -0.00273),
        10: (-1.568, 13.328, 38.892, 0.404, -0.00323),
        15: (-1.626, 11.847, 38.231, 0.481, -0.00356),
        20: (-1.71, 10.154, 36.905, 0.557, -0.00389),
        25: (-1.822, 8.827, 37.111, 0.616, -0.00402),
        30: (-1.858, 8.412, 39.995, 0.645, -0.0043),
        35: (-1.891, 8.584, 44.852, 0.649, -0.00443),
        40: (-1.958, 8.96, 50.34, 0.649, -0.00457),
        45: (-2.05, 9.402, 56.172, 0.646, -0.0046),
        50: (-2.171, 10.064, 63.66, 0.628, -0.00463),
        55: (-2.317, 10.712, 71.572, 0.608, -0.00451),
        60: (-2.459, 11.311, 79.287, 0.599, -0.00461),
        65: (-2.647, 12.089, 89.143, 0.576, -0.00465),
        70: (-2.823, 12.784, 98.697, 0.566, -0.00493),
        75: (-3.067, 13.888, 113.655, 0.518, -0.00488),
        80: (-3.371, 15.395, 134.409, 0.443, -0.00472),
        85: (-3.661, 17.137, 159.027, 0.385, -0.00534),
        90: (-3.06, 16.653, 138.875, 0.823, -0.01386),
        95: (-3.485, 17.033, 138.04, 1.179, -0.01252),
        99: (-4.0, 13.903, 123.515, 1.961, -0.01081),
    }
)

_OFF_PATH = 0.6
# Seconds for a metre on the flat, and for a metre of climb, of gentle and of steep descent.
_FLAT_S, _CLIMB_S, _GENTLE_S, _STEEP_S = 0.72, 6.0, 1.9998, -1.9998
# Tangent of 12 degrees, as r.walk rounds it.
_STEEP = -0.2125


def tobler(gradient: Gradient, *, off_path: bool = False) -> Gradient:
    """
    Give the walking speed by Tobler's hiking function.

    Parameters
    ----------
    gradient
        Rise over run, signed.
    off_path
        Whether to take the 0.6 that Tobler gives for going off paths.

    Returns
    -------
    float, FloatArray, pandas.Series or xarray.DataArray
        Speed. Units: km/h.

    Raises
    ------
    InvalidParameterError
        If the gradient is no number or looks like degrees.

    References
    ----------
    .. [1] Tobler, W. (1993). Three presentations on geographical analysis and modeling. NCGIA
       Technical Report 93-1, University of California, Santa Barbara.

    Examples
    --------
    >>> round(tobler(0.0), 6), round(tobler(-0.05), 6)
    (5.036742, 6.0)
    """
    share = _OFF_PATH if off_path else 1.0
    result: Gradient = over_gradient(
        gradient, lambda s: 6.0 * np.exp(-3.5 * np.abs(s + 0.05)) * share, what="speed"
    )
    return result


def tobler_off_path(gradient: Gradient) -> Gradient:
    """
    Give the walking speed by Tobler's hiking function off paths, 0.6 of that on them.

    Parameters
    ----------
    gradient
        Rise over run, signed.

    Returns
    -------
    float, FloatArray, pandas.Series or xarray.DataArray
        Speed. Units: km/h.

    Raises
    ------
    InvalidParameterError
        If the gradient is no number or looks like degrees.

    References
    ----------
    .. [1] Tobler, W. (1993). Three presentations on geographical analysis and modeling. NCGIA
       Technical Report 93-1, University of California, Santa Barbara.

    Examples
    --------
    >>> round(tobler_off_path(0.1), 6)
    2.129599
    """
    result: Gradient = tobler(gradient, off_path=True)
    return result


def irmischer_clarke(
    gradient: Gradient, *, on_road: bool = False, female: bool = False
) -> Gradient:
    """
    Give the walking speed by Irmischer and Clarke, fitted to cadets who navigated on foot.

    Parameters
    ----------
    gradient
        Rise over run, signed.
    on_road
        On roads and paths instead of across country.
    female
        Speed of women, 0.95 of that of men.

    Returns
    -------
    float, FloatArray, pandas.Series or xarray.DataArray
        Speed. Units: km/h.

    Raises
    ------
    InvalidParameterError
        If the gradient is no number or looks like degrees.

    References
    ----------
    .. [1] Irmischer, I., Clarke, K. (2018). Measuring and modeling the speed of human navigation.
       Cartography and Geographic Information Science 45, 177-186.
       https://doi.org/10.1080/15230406.2017.1292150

    Examples
    --------
    >>> round(irmischer_clarke(0.0), 6), round(irmischer_clarke(0.0, on_road=True), 6)
    (2.802646, 3.946346)
    """
    shift, height = (5.0, 1.0) if on_road else (2.0, 0.67)
    share = 0.95 if female else 1.0
    # The spread is 30 per cent: 2 x 30 squared is 1800 (not 3600), and the sign of the
    # gradient counts, or the best pace would not be a little downhill.
    result: Gradient = over_gradient(
        gradient,
        lambda s: 3.6 * (0.11 + height * np.exp(-((100.0 * s + shift) ** 2) / 1800.0)) * share,
        what="speed",
    )
    return result


def foot(gradient: Gradient) -> Gradient:
    """
    Give the speed of a man on foot across country, the library's default walker.

    Parameters
    ----------
    gradient
        Rise over run, signed.

    Returns
    -------
    float, FloatArray, pandas.Series or xarray.DataArray
        Speed by `irmischer_clarke` off roads. Units: km/h.

    Raises
    ------
    InvalidParameterError
        If the gradient is no number or looks like degrees.

    Examples
    --------
    >>> round(foot(0.1), 6)
    2.622557
    """
    result: Gradient = irmischer_clarke(gradient)
    return result


def campbell_2019(gradient: Gradient, *, percentile: int = 5) -> Gradient:
    """
    Give the speed on foot by the Lorentz curves of Campbell and others, from tracked walks and runs.

    Parameters
    ----------
    gradient
        Rise over run, signed.
    percentile
        Of `CAMPBELL_2019`: up to 10 they walk, from about 50 they run.

    Returns
    -------
    float, FloatArray, pandas.Series or xarray.DataArray
        Speed. Units: km/h.

    Raises
    ------
    InvalidParameterError
        If the percentile is unknown, or the gradient is no number or looks like degrees.

    References
    ----------
    .. [1] Campbell, M., Dennison, P., Butler, B., Page, W. (2019). Using crowdsourced fitness
       tracker data to model the relationship between slope and travel rates. Applied Geography
       106, 93-107. https://doi.org/10.1016/j.apgeog.2019.03.008

    Examples
    --------
    >>> round(campbell_2019(0.0, percentile=5) / 3.6, 4)
    1.1448
    """
    if not is_number(percentile) or percentile not in CAMPBELL_2019:
        msg = f"percentile must be one of {', '.join(map(str, CAMPBELL_2019))}, got {percentile!r}"
        raise InvalidParameterError(msg)
    a, b, c, d, e = CAMPBELL_2019[percentile]

    def speed(s: FloatArray) -> FloatArray:
        degrees = np.degrees(np.arctan(s))
        metres_per_s = c / (np.pi * b * (1.0 + ((degrees - a) / b) ** 2)) + d + e * degrees
        return np.asarray(3.6 * np.maximum(metres_per_s, 0.0))

    result: Gradient = over_gradient(gradient, speed, what="speed")
    return result


def naismith_langmuir(gradient: Gradient) -> Gradient:
    """
    Give the walking speed by Naismith's rule with Langmuir's corrections downhill.

    A kilometre takes 12 minutes, 100 m of climb 10 minutes more; 100 m of descent take 3.33
    minutes off, or add them where it is steeper than 12 degrees.

    Parameters
    ----------
    gradient
        Rise over run, signed.

    Returns
    -------
    float, FloatArray, pandas.Series or xarray.DataArray
        Speed. Units: km/h.

    Raises
    ------
    InvalidParameterError
        If the gradient is no number or looks like degrees.

    References
    ----------
    .. [1] Langmuir, E. (1984). Mountaincraft and leadership. Scottish Sports Council.
    .. [2] GRASS GIS manual, r.walk. https://grass.osgeo.org/grass-stable/manuals/r.walk.html

    Examples
    --------
    >>> naismith_langmuir(0.0), naismith_langmuir(0.1)
    (5.0, 2.727272727272727)
    """
    result: Gradient = over_gradient(
        gradient, lambda s: 3.6 / (_FLAT_S + _seconds_for_a_rise(s) * s), what="speed"
    )
    return result


def naismith_langmuir_s(
    run_m: float | FloatArray, rise_m: float | FloatArray
) -> float | FloatArray:
    """
    Give the time that a step takes by Naismith's rule and Langmuir's corrections, as r.walk has it.

    ``T = 0.72 S + 6 H_up + 1.9998 H_down_gentle - 1.9998 H_down_steep``, with descents negative
    and steep below a gradient of -0.2125.

    Parameters
    ----------
    run_m
        Horizontal length of the step, above 0. Units: m.
    rise_m
        Climb, negative down. Units: m.

    Returns
    -------
    float or FloatArray
        A number for two numbers, else an array. Units: s.

    Raises
    ------
    InvalidParameterError
        If a length is no number, or the run is not above 0.

    References
    ----------
    .. [1] GRASS GIS manual, r.walk. https://grass.osgeo.org/grass-stable/manuals/r.walk.html

    Examples
    --------
    >>> [round(naismith_langmuir_s(1000, rise), 2) for rise in (0, 100, -100, -300)]
    [720.0, 1320.0, 520.02, 1319.94]
    """
    run = as_positive(run_m, "run_m", "m", missing=True)
    rise = as_finite(rise_m, "rise_m", "m", missing=True)
    seconds = _FLAT_S * run + _seconds_for_a_rise(rise / run) * rise
    return float(seconds) if np.ndim(seconds) == 0 else np.asarray(seconds)


def _seconds_for_a_rise(s: FloatArray) -> FloatArray:
    """Seconds that a metre of rise adds, by gradient."""
    return np.where(s >= 0, _CLIMB_S, np.where(s < _STEEP, _STEEP_S, _GENTLE_S))
