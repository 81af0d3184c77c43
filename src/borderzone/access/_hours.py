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
    """
    Take one raster, or one for each section of a corridor.

    Parameters
    ----------
    hours
        A raster or a sequence of them.
    what
        What it is, for messages.

    Returns
    -------
    list of xarray.DataArray
        At least one.

    Raises
    ------
    InvalidParameterError
        If it is neither, or there is none.
    """
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
    """
    Take the numbers of a raster of hours.

    Parameters
    ----------
    raster
        Hours; infinite where no way leads, NaN where nothing is known.
    what
        What they are, for messages.

    Returns
    -------
    FloatArray
        Float64 if the raster is, else float32. Units: h.

    Raises
    ------
    InvalidParameterError
        If they are no numbers, negative, or say that they are in another unit.
    """
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
    """
    Take limits of time.

    Parameters
    ----------
    limits
        Hours, each above 0 and above the one before. Units: h.
    name
        Their name, for the message.

    Returns
    -------
    tuple of float
        The same.

    Raises
    ------
    InvalidParameterError
        If there is none, or they are not finite, above 0 and rising.
    """
    hours = as_rising(limits, name, "h")
    return tuple(float(hour) for hour in hours)
