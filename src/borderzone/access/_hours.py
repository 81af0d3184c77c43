"""Rasters of hours and limits of hours as they are handed in, checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from borderzone._guards import as_rising
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from borderzone._typing import FloatArray

__all__ = ["hours_of", "rasters_of", "rising_hours"]

_UNITS = ("", "h", "hr", "hrs", "hour", "hours")


def rasters_of(hours: Any, what: str = "hours") -> list[xr.DataArray]:
    """Take one raster, or one for each section of a corridor."""
    rasters = list(hours) if isinstance(hours, (list, tuple)) else [hours]
    if not rasters or not all(isinstance(raster, xr.DataArray) for raster in rasters):
        kinds = ", ".join(sorted({type(raster).__name__ for raster in rasters})) or "none"
        msg = (
            f"{what} must be a raster (xarray.DataArray) as travel_time gives, or a list of them, "
            f"one for each section; got {kinds}"
        )
        raise InvalidParameterError(msg)
    return rasters


def hours_of(raster: xr.DataArray, what: str = "hours") -> FloatArray:
    """Take the numbers of a raster of hours."""
    units = str(raster.attrs.get("units", "")).strip().lower()
    if units not in _UNITS:
        msg = f"{what} must be in hours, got units {raster.attrs['units']!r}; convert it first"
        raise InvalidParameterError(msg)
    values = raster.to_numpy()
    if values.dtype.kind not in "iuf":
        msg = f"{what} must hold numbers, got {values.dtype}"
        raise InvalidParameterError(msg)
    values = values.astype(np.float64 if values.dtype == np.float64 else np.float32, copy=False)
    if (values < 0).any():
        msg = f"{what} must be 0 or more, got {np.nanmin(values):g}; mask no data as NaN"
        raise InvalidParameterError(msg)
    return np.asarray(values)


def rising_hours(limits: Sequence[float], name: str) -> tuple[float, ...]:
    """Take limits of time."""
    hours = as_rising(limits, name, "h")
    return tuple(float(hour) for hour in hours)
