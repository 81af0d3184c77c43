"""How fast people and vehicles move over ground of a given gradient, by day and in the dark.

A gradient is rise over run along the way, signed: 0.1 climbs one metre in ten, -0.1 descends. It
is not an angle. Speeds are over the ground as a map shows it (horizontal). Numbers give
numbers, arrays give arrays, NaN passes. How a surface slows a vehicle stands beside the classes of
land cover, in `borderzone.terrain`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd
import xarray as xr

from borderzone._cells import cellwise
from borderzone._guards import (
    as_numbers,
    as_probabilities,
    check_between,
    check_choice,
    check_positive,
    guarded,
    is_number,
)
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from borderzone._typing import FloatArray

__all__ = [
    "CAMPBELL_2019",
    "NIGHT_FACTORS",
    "SPEED_MODELS",
    "STEEPEST_GRADIENT",
    "VEHICLE_OFF_ROAD",
    "at_night",
    "foot",
    "gradient_of",
    "irmischer_clarke",
    "speed_function",
    "tobler",
    "vehicle_off_road",
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

# Tobler (1993) gives it for "off-path travel", without data.
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
        gradient, lambda s: 6.0 * np.exp(-3.5 * np.abs(s + 0.05)) * share
    )
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
    """Give the speed on foot by the Lorentz curves of Campbell and others, from tracked people.

    Up to percentile 10 they walk, from about 50 they run.
    """
    if not is_number(percentile) or percentile not in CAMPBELL_2019:
        msg = f"percentile must be one of {', '.join(map(str, CAMPBELL_2019))}, got {percentile!r}"
        raise InvalidParameterError(msg)
    a, b, c, d, e = CAMPBELL_2019[percentile]

    def speed(s: FloatArray) -> FloatArray:
        # The curve is in degrees. Its straight part d + e * degrees goes below 0 on ground far steeper than
        # any of the tracks: nobody walks backwards.
        degrees = np.degrees(np.arctan(s))
        metres_per_s = c / (np.pi * b * (1.0 + ((degrees - a) / b) ** 2)) + d + e * degrees
        return np.asarray(3.6 * np.maximum(metres_per_s, 0.0))

    result: Gradient = over_gradient(gradient, speed)
    return result


def naismith_langmuir(gradient: Gradient) -> Gradient:
    """Give the walking speed by Naismith's rule with Langmuir's corrections, as r.walk of GRASS."""
    result: Gradient = over_gradient(
        gradient, lambda s: 3.6 / (_FLAT_S + _seconds_for_a_rise(s) * s)
    )
    return result


def _seconds_for_a_rise(s: FloatArray) -> FloatArray:
    """Seconds that a metre of rise adds, by gradient."""
    return np.where(s >= 0, _CLIMB_S, np.where(s < _STEEP, _STEEP_S, _GENTLE_S))


@guarded
@dataclass(frozen=True, kw_only=True, slots=True)
class VehicleOffRoad:
    """What a vehicle can do away from roads: its speed on flat bare ground, and where it stops."""

    flat_km_h: float
    steepest: float
    source: str

    def __post_init__(self) -> None:
        """Refuse a vehicle that does not move."""
        check_positive(self.flat_km_h, "flat_km_h", "km/h")
        check_positive(self.steepest, "steepest")


_MANUAL = (
    "in the style of the overlay method of FM 5-33, Terrain Analysis (US Army 1990), a heuristic "
    "and no vehicle dynamics"
)

VEHICLE_OFF_ROAD = VehicleOffRoad(
    flat_km_h=15.0,
    steepest=0.30,
    source=(
        "modelling assumption: patrol vehicles make 10 to 20 km/h off roads; slope limit of "
        f"wheeled vehicles and linear slowing {_MANUAL}"
    ),
)

TRACKED_OFF_ROAD = VehicleOffRoad(
    flat_km_h=30.0,
    steepest=0.45,
    source=f"modelling assumption: 30 km/h, slope limit of tracked vehicles, {_MANUAL}",
)

WHEELED_OFF_ROAD = VehicleOffRoad(
    flat_km_h=30.0,
    steepest=0.30,
    source=f"modelling assumption: 30 km/h, slope limit of wheeled vehicles, {_MANUAL}",
)


def vehicle_off_road(
    gradient: Gradient,
    *,
    surface_factor: float | FloatArray = 1.0,
    flat_km_h: float = VEHICLE_OFF_ROAD.flat_km_h,
    steepest: float = VEHICLE_OFF_ROAD.steepest,
) -> Gradient:
    """
    Give the speed of a light wheeled vehicle away from roads: an FM 5-33-style heuristic.

    ``v0 max(0, 1 - |s| / s_max) f``: it falls in proportion to the gradient, up or down, to
    nothing at the steepest one. Soft sand, crusts and wet mud are not modelled, except through
    the surface factor.

    Parameters
    ----------
    gradient
        Rise over run; its sign does not matter.
    surface_factor
        Share of the speed that the surface allows, 0 to 1: for a map of land cover the
        ``speed_factor`` of its classes in `borderzone.terrain.LAND_COVER`.
    flat_km_h
        Speed on flat bare ground. Units: km/h.
    steepest
        Gradient at which the vehicle stops.

    Returns
    -------
    float, FloatArray, pandas.Series or xarray.DataArray
        Speed. Units: km/h.

    Raises
    ------
    InvalidParameterError
        If a parameter is impossible, or the gradient is no number or looks like degrees.

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
    # Where the cover is not known the factor is NaN, and so is the speed: the caller says what to assume.
    factor = as_probabilities(surface_factor, "surface_factor", missing=True)
    result: Gradient = over_gradient(
        gradient, lambda s: flat_km_h * np.maximum(0.0, 1.0 - np.abs(s) / steepest) * factor
    )
    return result


@guarded
@dataclass(frozen=True, kw_only=True)
class SpeedModel:
    """A speed function by name, and what it rests on.

    `gradients` is the range of its data, or the one within which it moves at all; None where the
    source does not say. A `heuristic` is a rule of thumb with no data behind its numbers.
    """

    name: str
    function: Callable[[Any], Any]
    source: str
    url: str
    mode: str
    moves: str
    gradients: tuple[float, float] | None
    heuristic: bool
    fails_first: str

    def __post_init__(self) -> None:
        """Refuse a mover that is neither on foot nor in a vehicle."""
        check_choice(self.mode, "mode", ("foot", "vehicle"))


def _named(name: str, function: Callable[..., Any], **options: Any) -> Callable[[Any], Any]:
    """Fix the options of a function; the name is what a raster's attributes then say."""
    fixed = partial(function, **options)
    fixed.__name__ = name  # type: ignore[attr-defined]  # a partial has none of its own
    return fixed


_TOBLER: dict[str, Any] = {
    "source": (
        "Tobler, W. (1993). Three presentations on geographical analysis and modeling. NCGIA "
        "Technical Report 93-1; fitted by eye to a figure of Imhof (1950)"
    ),
    "url": "https://escholarship.org/uc/item/05r820mz",
    "mode": "foot",
    "gradients": None,
    "heuristic": False,
}
_IRMISCHER: dict[str, Any] = {
    "source": (
        "Irmischer, I., Clarke, K. (2018). Measuring and modeling the speed of human navigation. "
        "Cartography and Geographic Information Science 45, 177-186"
    ),
    "url": "https://doi.org/10.1080/15230406.2017.1292150",
    "mode": "foot",
    "gradients": None,
    "heuristic": False,
    "fails_first": (
        "cadets of about 20 years with a map, in woods, over an hour or two: no load, no night, "
        "no sand"
    ),
}
_CAMPBELL: dict[str, Any] = {
    "source": (
        "Campbell, M., Dennison, P., Butler, B., Page, W. (2019). Using crowdsourced fitness "
        "tracker data to model the relationship between slope and travel rates. Applied Geography "
        "106, 93-107"
    ),
    "url": "https://doi.org/10.1016/j.apgeog.2019.03.008",
    "mode": "foot",
    # 30 degrees either way.
    "gradients": (-0.577, 0.577),
    "heuristic": False,
}
_NAISMITH: dict[str, Any] = {
    "source": (
        "Naismith's rule of 1892 with the corrections of Langmuir, E. (1984), "
        "Mountaincraft and leadership, as in r.walk of GRASS GIS"
    ),
    "url": "https://grass.osgeo.org/grass-stable/manuals/r.walk.html",
    "mode": "foot",
    "gradients": None,
    "heuristic": True,
    "fails_first": "it jumps at 12 degrees down, and is fastest just before: a crease in every map",
}


def _walkers() -> Iterator[SpeedModel]:
    """Give the speeds on foot."""
    yield SpeedModel(
        name="foot",
        function=foot,
        moves="the library's walker: a man across country (irmischer_clarke)",
        **_IRMISCHER,
    )
    yield SpeedModel(
        name="tobler",
        function=tobler,
        moves="a hiker on a path",
        fails_first="6 km/h at its best is brisk: with a load or in the dark nobody keeps it up",
        **_TOBLER,
    )
    yield SpeedModel(
        name="tobler_off_path",
        function=_named("tobler_off_path", tobler, off_path=True),
        moves="a hiker off paths, 0.6 of the speed on them",
        fails_first="one factor for every kind of ground, with no data given for it",
        **_TOBLER,
    )
    for suffix, options, moves in (
        ("", {}, "a man across country"),
        ("_female", {"female": True}, "a woman across country"),
        ("_on_road", {"on_road": True}, "a man on roads and paths"),
        ("_on_road_female", {"on_road": True, "female": True}, "a woman on roads and paths"),
    ):
        name = f"irmischer_clarke{suffix}"
        function = _named(name, irmischer_clarke, **options)
        yield SpeedModel(name=name, function=function, moves=moves, **_IRMISCHER)
    trails = "trails only: no ground across country, and self-chosen sporting people"
    runs = "the median runs: too fast for anyone who walks for a night"
    for suffix, percentile, fails in (
        ("", 5, trails), ("_p5", 5, trails), ("_p10", 10, trails), ("_p50", 50, runs),
    ):  # fmt: skip
        name = f"campbell_2019{suffix}"
        yield SpeedModel(
            name=name,
            function=_named(name, campbell_2019, percentile=percentile),
            moves=f"percentile {percentile} of tracked people near Salt Lake City, on trails",
            fails_first=fails,
            **_CAMPBELL,
        )
    yield SpeedModel(
        name="naismith_langmuir",
        function=naismith_langmuir,
        moves="a fit hiker on paths",
        **_NAISMITH,
    )


def _vehicles() -> Iterator[SpeedModel]:
    """Give the speeds of vehicles away from roads."""
    for name, vehicle, who in (
        ("vehicle_off_road", VEHICLE_OFF_ROAD, "a light patrol vehicle"),
        ("tracked_off_road", TRACKED_OFF_ROAD, "a tracked vehicle"),
        ("wheeled_off_road", WHEELED_OFF_ROAD, "a wheeled vehicle"),
    ):
        own = {"flat_km_h": vehicle.flat_km_h, "steepest": vehicle.steepest}
        yield SpeedModel(
            name=name,
            function=_named(name, vehicle_off_road, **own),
            source=vehicle.source,
            url="",
            mode="vehicle",
            moves=f"{who} off roads, {vehicle.flat_km_h:g} km/h",
            gradients=(-vehicle.steepest, vehicle.steepest),
            heuristic=True,
            fails_first=(
                "soft sand, crusts, wet mud, boulders and ditches, which only a surface factor slows"
            ),
        )


# What `travel_time` and scenarios may name.
SPEED_MODELS: Mapping[str, SpeedModel] = MappingProxyType(
    {model.name: model for model in (*_vehicles(), *_walkers())}
)


def speed_function(speed: Any) -> tuple[Callable[[Any], Any], str]:
    """Take a speed by its name or as a function, and give both."""
    if isinstance(speed, str):
        return SPEED_MODELS[check_choice(speed, "speed", SPEED_MODELS)].function, speed
    if not callable(speed):
        msg = f"speed must be one of {', '.join(SPEED_MODELS)} or a function, got {speed!r}"
        raise InvalidParameterError(msg)
    return speed, str(getattr(speed, "__name__", "function"))


@guarded
@dataclass(frozen=True, kw_only=True, slots=True)
class NightFactor:
    """How much slower one moves in the dark, with the range in which it is varied and its source."""

    mode: str
    factor: float
    low: float
    high: float
    source: str


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


@dataclass(frozen=True, kw_only=True)
class NightSpeed:
    """
    A speed function slowed by the dark; `name` is what the attributes of a raster call it.

    `low` and `high` are the range in which the record of the mover varies the factor; a factor of one's
    own has none, and they are the factor itself.
    """

    speed: Callable[[Any], Any]
    factor: float
    low: float
    high: float
    name: str

    def __post_init__(self) -> None:
        """Bear a function's name, which `travel_time` writes down."""
        object.__setattr__(self, "__name__", self.name)

    def __call__(self, gradient: Any) -> Any:
        """Give the speed at night."""
        by_day = self.speed(gradient)
        if isinstance(by_day, xr.DataArray):
            return by_day.copy(data=by_day.data * by_day.dtype.type(self.factor))
        return by_day * self.factor


def at_night(
    speed: str | Callable[[Any], Any], mode: str | None = None, factor: float | None = None
) -> NightSpeed:
    """
    Give the speed function of somebody who moves in the dark without lights.

    Parameters
    ----------
    speed
        A name of `SPEED_MODELS`, or a function from gradients (rise over run, signed) to km/h.
    mode
        ``"foot"`` or ``"vehicle_off_road"``: whose factor to take, 0.8 or 0.5, both assumptions. A
        named speed knows its own.
    factor
        Speed at night over speed by day, above 0 and at most 1, instead of the record's.

    Returns
    -------
    NightSpeed
        A function for `travel_time`, called for example ``"foot_at_night_0.8"``, with its ``factor`` and
        the range ``low`` to ``high`` in which the record varies it.

    Raises
    ------
    InvalidParameterError
        If the speed, the mode or the factor is impossible, or nothing says which factor to take.

    Examples
    --------
    >>> dark = at_night("foot")
    >>> dark.name, round(dark(0.0), 6)
    ('foot_at_night_0.8', 2.242117)
    """
    function, name = speed_function(speed)
    if isinstance(speed, str) and mode is None:
        mode = "foot" if SPEED_MODELS[speed].mode == "foot" else "vehicle_off_road"
    share, low, high = _night_factor(mode, factor)
    name = f"{name}_at_night_{share:g}"
    return NightSpeed(speed=function, factor=share, low=low, high=high, name=name)


def _night_factor(mode: str | None, factor: float | None) -> tuple[float, float, float]:
    """Share of the speed that is left at night, and its range."""
    if mode is not None:
        check_choice(mode, "mode", NIGHT_FACTORS)
    if factor is not None:
        given = check_between(factor, "factor", 0.0, 1.0, without=(0.0,))
        return given, given, given
    if mode is None:
        msg = (
            f"give mode ({' or '.join(NIGHT_FACTORS)}) or factor: a function of your own does "
            "not say who moves"
        )
        raise InvalidParameterError(msg)
    record = NIGHT_FACTORS[mode]
    return record.factor, record.low, record.high


# A number, an array, a column or a raster comes back as what it was.
Gradient = TypeVar("Gradient", float, "FloatArray", "pd.Series[float]", "xr.DataArray")

# 79 degrees: steeper than any ground that is walked, gentler than most slopes given in degrees.
STEEPEST_GRADIENT = 5.0


def gradient_of(slope_deg: FloatArray) -> FloatArray:
    """
    Give rise over run for slopes, up, no steeper than speeds are known for.

    Parameters
    ----------
    slope_deg
        Slope, 0 to 90; NaN passes. Units: degrees.

    Returns
    -------
    FloatArray
        Gradient, at most 5, in double precision.

    Raises
    ------
    InvalidParameterError
        If the slopes are no numbers.

    Examples
    --------
    >>> gradient_of(np.array([0.0, 45.0, 85.0])).round(6).tolist()
    [0.0, 1.0, 5.0]
    """
    # A cliff has no speed to be read: its gradient is as steep as any that the models are asked for.
    slope = as_numbers(slope_deg, "slope_deg")
    return np.minimum(np.tan(np.radians(slope)), STEEPEST_GRADIENT)


# Units that a raster or a column may say it is in, and how such numbers become rise over run.
_OTHER_UNITS = {
    "in degrees": (
        ("deg", "degs", "degree", "degrees", "arcdegree", "angular_degree", "°"),
        "numpy.tan(numpy.radians(slope_deg))",
    ),
    "in radians": (("rad", "radian", "radians"), "numpy.tan(slope)"),
    "in percent": (("%", "percent", "per cent", "pct"), "slope / 100"),
}


def over_gradient(gradient: Any, formula: Callable[[FloatArray], Any]) -> Any:
    """Run a formula for a speed over gradients, and give its answer as what they came in."""
    if isinstance(gradient, xr.DataArray) and gradient.chunks is not None and gradient.ndim == 2:
        # What a raster says of its units is refused at once, before any block of it is read.
        _refuse_other_units(gradient)
        return cellwise(
            lambda layers: over_gradient(layers["gradient"], formula), {"gradient": gradient}
        )
    # One formula for all kinds: what came in decides what goes out.
    values = formula(_checked(gradient))
    if np.ndim(values) == 0:
        return float(values)
    if isinstance(gradient, xr.DataArray):
        kind = gradient.dtype if gradient.dtype.kind == "f" else np.dtype(float)
        raster = gradient.copy(data=values.astype(kind))
        raster.attrs = {**gradient.attrs, "units": "km/h", "long_name": "speed"}
        return raster
    if isinstance(gradient, pd.Series):
        return pd.Series(values, index=gradient.index, name=gradient.name)
    return values


def _checked(gradient: Any) -> FloatArray:
    s = as_numbers(gradient, "gradient")
    _refuse_other_units(gradient)
    steep = np.abs(s) > STEEPEST_GRADIENT
    if steep.any():
        worst = float(s.flat[np.nanargmax(np.abs(s))])
        msg = (
            f"gradient must be rise over run, from -{STEEPEST_GRADIENT:g} to "
            f"{STEEPEST_GRADIENT:g}, got {worst:g}; if that is in degrees, give "
            "numpy.tan(numpy.radians(slope_deg))"
        )
        raise InvalidParameterError(msg)
    return s


def _refuse_other_units(gradient: Any) -> None:
    """Refuse what says that it is no rise over run, however gentle its numbers are."""
    units = getattr(gradient, "attrs", {}).get("units")
    if units is None and str(getattr(gradient, "name", "")).lower().endswith(("_deg", "_degrees")):
        # A column of a table has no units but in its name.
        units = "degrees"
    word = str(units).strip().lower()
    for manner, (spellings, remedy) in _OTHER_UNITS.items():
        if word in spellings:
            msg = f"gradient must be rise over run, got units {units!r}, {manner}; give {remedy}"
            raise InvalidParameterError(msg)
