"""What slows a mover besides the gradient: the dark, and thin air."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from borderzone._guards import as_numbers, check_between, check_choice, guarded
from borderzone._heights import heights_of, refuse_impossible
from borderzone.access.models import SPEED_MODELS
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt

    from borderzone._typing import FloatArray

__all__ = ["NIGHT_FACTORS", "NightFactor", "NightSpeed", "at_night", "elevation_factor"]


@guarded
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
    A speed function slowed by the dark; made by `at_night`.

    Attributes
    ----------
    speed
        The function by day, from gradients to km/h.
    factor
        Speed at night over speed by day.
    name
        What it is called in the attributes of a raster.
    """

    speed: Callable[[Any], Any]
    factor: float
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
        A name of `SPEEDS`, or a function from gradients (rise over run, signed) to km/h.
    mode
        ``"foot"`` or ``"vehicle_off_road"``: whose factor of `NIGHT_FACTORS` to take. A named
        speed knows its own.
    factor
        Speed at night over speed by day, above 0 and at most 1, instead of the record's.

    Returns
    -------
    NightSpeed
        A function for `travel_time`, called for example ``"foot_at_night_0.8"``.

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
    function: Any = speed
    name = getattr(speed, "__name__", "speed")
    if isinstance(speed, str):
        model = SPEED_MODELS[check_choice(speed, "speed", SPEED_MODELS)]
        name, function = model.name, model.function
        mode = ("foot" if model.mode == "foot" else "vehicle_off_road") if mode is None else mode
    if not callable(function):
        msg = f"speed must be one of {', '.join(SPEED_MODELS)} or a function, got {speed!r}"
        raise InvalidParameterError(msg)
    share = _night_factor(mode, factor)
    return NightSpeed(speed=function, factor=share, name=f"{name}_at_night_{share:g}")


def elevation_factor(elevation_m: npt.ArrayLike) -> Any:
    """
    Give the share of walking speed that is left at an elevation, for want of oxygen.

    ``1.016 exp(-0.0001072 h)``, the fit behind the global friction surface [1]_. It is above
    1 below 148 m, as published; it is no part of the speeds of this library, and is there for
    those who want it: multiply a surface factor by it, capped at 1.

    Parameters
    ----------
    elevation_m
        Elevation: a number, an array or a raster. Units: m.

    Returns
    -------
    float, FloatArray or xarray.DataArray
        The factor; NaN where the elevation is unknown.

    Raises
    ------
    InvalidParameterError
        If the elevation is no number, no height, or a raster that says it is not in metres.

    References
    ----------
    .. [1] Weiss, D. and others (2018). A global map of travel time to cities to assess
       inequalities in accessibility in 2015. Nature 553, 333-336.
       https://doi.org/10.1038/nature25181

    Examples
    --------
    >>> [round(elevation_factor(h), 4) for h in (0, 300, 1463, 2000)]
    [1.016, 0.9838, 0.8685, 0.8199]
    """
    if isinstance(elevation_m, xr.DataArray):
        z = refuse_impossible(heights_of(elevation_m).astype(float))
    else:
        z = refuse_impossible(as_numbers(elevation_m, "elevation_m"), "elevation_m")
    share: FloatArray = 1.016 * np.exp(-1.072e-4 * z)
    if isinstance(elevation_m, xr.DataArray):
        raster = elevation_m.copy(data=share.astype(np.result_type(elevation_m.dtype, np.float32)))
        long_name = "share of walking speed left at this elevation"
        raster.attrs = {**elevation_m.attrs, "units": "1", "long_name": long_name}
        return raster
    return float(share) if np.ndim(share) == 0 else share


def _night_factor(mode: str | None, factor: float | None) -> float:
    if mode is not None:
        check_choice(mode, "mode", NIGHT_FACTORS)
    if factor is None:
        if mode is None:
            msg = (
                f"give mode ({' or '.join(NIGHT_FACTORS)}) or factor: a function of your own does "
                "not say who moves"
            )
            raise InvalidParameterError(msg)
        return NIGHT_FACTORS[mode].factor
    return check_between(factor, "factor", 0.0, 1.0, without=(0.0,))
