"""How fast people and vehicles move over ground of a given gradient.

A gradient is rise over run along the way, signed: 0.1 climbs one metre in ten, -0.1 descends. It
is not an angle. Speeds are over the ground as a map shows it (horizontal). Numbers give
numbers, arrays give arrays, NaN passes.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import xarray as xr

from borderzone._checks import check_positive
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from borderzone._typing import FloatArray

__all__ = [
    "CAMPBELL_2019",
    "NIGHT_FACTORS",
    "SPEEDS",
    "STEEPEST_GRADIENT",
    "VEHICLE_OFF_ROAD",
    "NightFactor",
    "VehicleOffRoad",
    "campbell_2019",
    "foot",
    "irmischer_clarke",
    "naismith_langmuir",
    "tobler",
    "vehicle_off_road",
]

# A number, an array or a raster comes back as what it was.
Gradient = TypeVar("Gradient", float, "FloatArray", "xr.DataArray")

# 79 degrees: steeper than any ground that is walked, gentler than most slopes given in degrees.
STEEPEST_GRADIENT = 5.0


@dataclass(frozen=True, kw_only=True, slots=True)
class VehicleOffRoad:
    """
    Default of a light wheeled vehicle away from roads.

    Attributes
    ----------
    flat_km_h
        Speed on flat bare ground. Units: km/h.
    steepest
        Gradient at which it stops.
    source
        What the numbers rest on.
    """

    flat_km_h: float
    steepest: float
    source: str


@dataclass(frozen=True, kw_only=True, slots=True)
class NightFactor:
    """
    How much slower one moves in the dark.

    Attributes
    ----------
    mode
        ``"foot"`` or ``"vehicle_off_road"``, without lights.
    factor
        Speed at night over speed by day.
    low, high
        Range in which it is varied.
    source
        What the numbers rest on.
    """

    mode: str
    factor: float
    low: float
    high: float
    source: str


VEHICLE_OFF_ROAD = VehicleOffRoad(
    flat_km_h=15.0,
    steepest=0.30,
    source=(
        "modelling assumption: patrol vehicles make 10 to 20 km/h off roads; slope limit of "
        "wheeled vehicles and linear slowing in the style of the overlay method of FM 5-33, "
        "Terrain Analysis (US Army 1990), a heuristic and no vehicle dynamics"
    ),
)

NIGHT_FACTORS: Mapping[str, NightFactor] = MappingProxyType(
    {
        "foot": NightFactor(
            mode="foot", factor=0.8, low=0.7, high=0.9, source="modelling assumption, unlit"
        ),
        "vehicle_off_road": NightFactor(
            mode="vehicle_off_road",
            factor=0.5,
            low=0.4,
            high=0.7,
            source="modelling assumption, lights off",
        ),
    }
)

# Percentile of walkers: a, b, c, d, e of the Lorentz curve in degrees and m/s.
CAMPBELL_2019: Mapping[int, tuple[float, float, float, float, float]] = MappingProxyType(
    {
        5: (-1.527, 14.041, 36.813, 0.320, -0.00273),
        10: (-1.568, 13.328, 38.892, 0.404, -0.00323),
        50: (-2.171, 10.064, 63.66, 0.628, -0.00463),
    }
)


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
    float, FloatArray or xarray.DataArray
        Speed. Units: km/h.

    Raises
    ------
    InvalidParameterError
        If the gradient looks like degrees.

    References
    ----------
    .. [1] Tobler, W. (1993). Three presentations on geographical analysis and modeling. NCGIA
       Technical Report 93-1, University of California, Santa Barbara.

    Examples
    --------
    >>> round(tobler(0.0), 6), round(tobler(-0.05), 6)
    (5.036742, 6.0)
    """
    s = _checked(gradient)
    speed = 6.0 * np.exp(-3.5 * np.abs(s + 0.05))
    result: Gradient = _as_given(gradient, speed * (0.6 if off_path else 1.0))
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
    float, FloatArray or xarray.DataArray
        Speed. Units: km/h.

    Raises
    ------
    InvalidParameterError
        If the gradient looks like degrees.

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
    percent = 100.0 * _checked(gradient)
    shift, height = (5.0, 1.0) if on_road else (2.0, 0.67)
    speed = 3.6 * (0.11 + height * np.exp(-((percent + shift) ** 2) / 1800.0))
    result: Gradient = _as_given(gradient, speed * (0.95 if female else 1.0))
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
    float or FloatArray
        Speed by `irmischer_clarke` off roads. Units: km/h.

    Raises
    ------
    InvalidParameterError
        If the gradient looks like degrees.

    Examples
    --------
    >>> round(foot(0.1), 6)
    2.622557
    """
    return irmischer_clarke(gradient)


def campbell_2019(gradient: Gradient, *, percentile: int = 5) -> Gradient:
    """
    Give the walking speed by the Lorentz curves of Campbell and others, from tracked walks and runs.

    Parameters
    ----------
    gradient
        Rise over run, signed.
    percentile
        Of `CAMPBELL_2019`: 5 and 10 are walkers, 50 includes runners.

    Returns
    -------
    float, FloatArray or xarray.DataArray
        Speed. Units: km/h.

    Raises
    ------
    InvalidParameterError
        If the percentile is unknown or the gradient looks like degrees.

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
    if percentile not in CAMPBELL_2019:
        msg = f"percentile must be one of {', '.join(map(str, CAMPBELL_2019))}, got {percentile!r}"
        raise InvalidParameterError(msg)
    a, b, c, d, e = CAMPBELL_2019[percentile]
    degrees = np.degrees(np.arctan(_checked(gradient)))
    metres_per_s = c / (np.pi * b * (1.0 + ((degrees - a) / b) ** 2)) + d + e * degrees
    result: Gradient = _as_given(gradient, 3.6 * np.maximum(metres_per_s, 0.0))
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
    float, FloatArray or xarray.DataArray
        Speed. Units: km/h.

    Raises
    ------
    InvalidParameterError
        If the gradient looks like degrees.

    References
    ----------
    .. [1] Langmuir, E. (1984). Mountaincraft and leadership. Scottish Sports Council.
    .. [2] GRASS GIS manual, r.walk. https://grass.osgeo.org/grass-stable/manuals/r.walk.html

    Examples
    --------
    >>> naismith_langmuir(0.0), naismith_langmuir(0.1)
    (5.0, 2.727272727272727)
    """
    s = _checked(gradient)
    per_rise = np.where(s >= 0, 6.0, np.where(s < -0.2125, -1.9998, 1.9998))
    result: Gradient = _as_given(gradient, 3.6 / (0.72 + per_rise * s))
    return result


def vehicle_off_road(
    gradient: Gradient,
    *,
    surface_factor: float | FloatArray = 1.0,
    flat_km_h: float = VEHICLE_OFF_ROAD.flat_km_h,
    steepest: float = VEHICLE_OFF_ROAD.steepest,
) -> Gradient:
    """
    Give the speed of a light wheeled vehicle away from roads: an FM 5-33-style heuristic.

    It falls in proportion to the gradient, up or down, to nothing at the steepest one.
    Soft sand, crusts and wet mud are not modelled, except through the surface factor.

    Parameters
    ----------
    gradient
        Rise over run; its sign does not matter.
    surface_factor
        Share of the speed that the surface allows, 0 to 1.
    flat_km_h
        Speed on flat bare ground. Units: km/h.
    steepest
        Gradient at which the vehicle stops.

    Returns
    -------
    float, FloatArray or xarray.DataArray
        Speed. Units: km/h.

    Raises
    ------
    InvalidParameterError
        If a parameter is impossible or the gradient looks like degrees.

    References
    ----------
    .. [1] US Army (1990). FM 5-33, Terrain Analysis. Headquarters, Department of the Army.

    Examples
    --------
    >>> vehicle_off_road(0.0), vehicle_off_road(0.15), vehicle_off_road(-0.4)
    (15.0, 7.5, 0.0)
    """
    check_positive(flat_km_h, "flat_km_h", "km/h")
    check_positive(steepest, "steepest")
    factor = np.asarray(surface_factor, dtype=float)
    if ((factor < 0) | (factor > 1)).any():
        msg = f"surface_factor must lie between 0 and 1, got {surface_factor!r}"
        raise InvalidParameterError(msg)
    slowed = np.maximum(0.0, 1.0 - np.abs(_checked(gradient)) / steepest)
    result: Gradient = _as_given(gradient, flat_km_h * slowed * factor)
    return result


# What `travel_time` and scenarios may name. "foot" is the walker across country.
SPEEDS: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "vehicle_off_road": vehicle_off_road,
        "foot": foot,
        "tobler": tobler,
        "campbell_2019": campbell_2019,
        "naismith_langmuir": naismith_langmuir,
    }
)


def _checked(gradient: Any) -> FloatArray:
    s = np.asarray(gradient, dtype=float)
    if (np.abs(s) > STEEPEST_GRADIENT).any():
        worst = float(s.flat[np.nanargmax(np.abs(s))])
        msg = (
            f"gradient must be rise over run, from -{STEEPEST_GRADIENT:g} to "
            f"{STEEPEST_GRADIENT:g}, got {worst:g}; if that is in degrees, give "
            "numpy.tan(numpy.radians(slope_deg))"
        )
        raise InvalidParameterError(msg)
    return s


def _as_given(gradient: Any, speed: Any) -> Any:
    """Return a number for numbers, and for anything else what numpy makes of it."""
    if np.ndim(speed) == 0:
        return float(speed)
    if isinstance(gradient, xr.DataArray):
        result = gradient.copy(data=speed)
        result.attrs = {**gradient.attrs, "units": "km/h", "long_name": "speed"}
        return result
    return speed
