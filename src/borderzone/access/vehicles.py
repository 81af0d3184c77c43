"""How fast vehicles move away from roads: a heuristic, and named as one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from borderzone._guards import as_probabilities, check_positive, guarded
from borderzone.access._gradients import Gradient, over_gradient

if TYPE_CHECKING:
    from borderzone._typing import FloatArray

__all__ = [
    "TRACKED_OFF_ROAD",
    "VEHICLE_OFF_ROAD",
    "WHEELED_OFF_ROAD",
    "VehicleOffRoad",
    "tracked_off_road",
    "vehicle_off_road",
    "wheeled_off_road",
]


@guarded
@dataclass(frozen=True, kw_only=True, slots=True)
class VehicleOffRoad:
    """
    What a vehicle can do away from roads.

    Attributes
    ----------
    flat_km_h
        Speed on flat bare ground. Units: km/h.
    steepest
        Gradient at which it stops.
    source
        What the numbers rest on.

    Raises
    ------
    InvalidParameterError
        If the speed or the gradient is not a finite number above 0.
    """

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
        ``speed_factor`` of its classes in `borderzone.terrain.landcover.LAND_COVER`.
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
    factor = _surface(surface_factor)
    result: Gradient = over_gradient(
        gradient,
        lambda s: flat_km_h * np.maximum(0.0, 1.0 - np.abs(s) / steepest) * factor,
        what="speed",
    )
    return result


def tracked_off_road(gradient: Gradient, *, surface_factor: float | FloatArray = 1.0) -> Gradient:
    """
    Give the speed of a tracked vehicle away from roads: an FM 5-33-style heuristic.

    Parameters
    ----------
    gradient
        Rise over run; its sign does not matter.
    surface_factor
        Share of the speed that the surface allows, 0 to 1.

    Returns
    -------
    float, FloatArray, pandas.Series or xarray.DataArray
        Speed of `vehicle_off_road` with the numbers of `TRACKED_OFF_ROAD`. Units: km/h.

    Raises
    ------
    InvalidParameterError
        If the surface factor is impossible, or the gradient is no number or looks like degrees.

    References
    ----------
    .. [1] US Army (1990). FM 5-33, Terrain Analysis. Headquarters, Department of the Army.

    Examples
    --------
    >>> tracked_off_road(0.0), round(tracked_off_road(0.15), 9), tracked_off_road(0.45)
    (30.0, 20.0, 0.0)
    """
    result: Gradient = _as(TRACKED_OFF_ROAD, gradient, surface_factor)
    return result


def wheeled_off_road(gradient: Gradient, *, surface_factor: float | FloatArray = 1.0) -> Gradient:
    """
    Give the speed of a wheeled vehicle away from roads: an FM 5-33-style heuristic.

    Parameters
    ----------
    gradient
        Rise over run; its sign does not matter.
    surface_factor
        Share of the speed that the surface allows, 0 to 1.

    Returns
    -------
    float, FloatArray, pandas.Series or xarray.DataArray
        Speed of `vehicle_off_road` with the numbers of `WHEELED_OFF_ROAD`. Units: km/h.

    Raises
    ------
    InvalidParameterError
        If the surface factor is impossible, or the gradient is no number or looks like degrees.

    References
    ----------
    .. [1] US Army (1990). FM 5-33, Terrain Analysis. Headquarters, Department of the Army.

    Examples
    --------
    >>> wheeled_off_road(0.0), wheeled_off_road(-0.15), wheeled_off_road(0.3)
    (30.0, 15.0, 0.0)
    """
    result: Gradient = _as(WHEELED_OFF_ROAD, gradient, surface_factor)
    return result


def _as(vehicle: VehicleOffRoad, gradient: Any, surface_factor: float | FloatArray) -> Any:
    return vehicle_off_road(
        gradient,
        surface_factor=surface_factor,
        flat_km_h=vehicle.flat_km_h,
        steepest=vehicle.steepest,
    )


def _surface(surface_factor: float | FloatArray) -> FloatArray:
    return as_probabilities(surface_factor, "surface_factor", missing=True)
