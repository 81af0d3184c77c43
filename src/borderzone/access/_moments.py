"""Dates, moments and places as they are handed in, checked."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from borderzone._guards import as_between, check_whole, shown
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    import numpy.typing as npt

    from borderzone._typing import FloatArray

__all__ = ["FIRST_YEAR", "LAST_YEAR", "calendar_days", "check_year", "degrees", "moments"]

# The low-accuracy series of the sun and the mean lunation hold a century either side of 2000.
FIRST_YEAR, LAST_YEAR = 1900, 2100
_DATE = "a datetime.date, a datetime, a numpy.datetime64 or an array of them"


def calendar_days(dates: Any, name: str = "dates") -> npt.NDArray[np.datetime64]:
    """Take calendar dates."""
    return _checked(_taken(dates, name, utc=False), name).astype("datetime64[D]")


def moments(when: Any, name: str = "when") -> npt.NDArray[np.datetime64]:
    """Take moments in time as UTC."""
    return _checked(_taken(when, name, utc=True), name)


def check_year(year: Any) -> int:
    """Take a year."""
    return check_whole(year, "year", lowest=FIRST_YEAR, highest=LAST_YEAR)


def degrees(values: Any, name: str, limit: float) -> FloatArray:
    """Take latitudes or longitudes."""
    return as_between(values, name, -limit, limit, unit="degrees")


def _taken(given: Any, name: str, *, utc: bool) -> npt.NDArray[np.datetime64]:
    """Moments in microseconds; local calendar time where it is not to be UTC."""
    if isinstance(given, (xr.DataArray, pd.Series, pd.Index)):
        zone = getattr(given.dtype, "tz", None)
        if zone is not None:
            index = pd.DatetimeIndex(given)
            index = index.tz_convert("UTC") if utc else index
            return np.asarray(index.tz_localize(None).to_numpy(), dtype="datetime64[us]")
        given = given.to_numpy()
    if isinstance(given, np.ndarray) and given.dtype.kind == "M":
        return given.astype("datetime64[us]")
    if isinstance(given, (list, tuple)) or (isinstance(given, np.ndarray) and given.ndim):
        return np.array([_one(item, name, utc=utc) for item in given], dtype="datetime64[us]")
    return np.asarray(_one(given, name, utc=utc))


def _one(given: Any, name: str, *, utc: bool) -> np.datetime64:
    if not isinstance(given, (date, np.datetime64)) and given is not pd.NaT:
        hint = "; read text with datetime.date.fromisoformat" if isinstance(given, str) else ""
        msg = f"{name} must be {_DATE}, got {shown(given)}{hint}"
        raise InvalidParameterError(msg)
    if isinstance(given, datetime) and given is not pd.NaT and given.tzinfo is not None:
        given = (given.astimezone(UTC) if utc else given).replace(tzinfo=None)
    return np.datetime64(given, "us") if given is not pd.NaT else np.datetime64("NaT", "us")


def _checked(taken: npt.NDArray[np.datetime64], name: str) -> npt.NDArray[np.datetime64]:
    if np.isnat(taken).any():
        msg = f"{name} must be {_DATE}, got a missing one (NaT): drop it first"
        raise InvalidParameterError(msg)
    early, late = np.datetime64(f"{FIRST_YEAR}-01-01"), np.datetime64(f"{LAST_YEAR + 1}-01-01")
    outside = (taken < early) | (taken >= late)
    if taken.ndim > 1:
        msg = f"{name} must be one or a row of them, got an array of {taken.ndim} dimensions"
        raise InvalidParameterError(msg)
    if outside.any():
        first = np.atleast_1d(taken)[np.atleast_1d(outside)][0]
        msg = f"{name} must lie in the years {FIRST_YEAR} to {LAST_YEAR}, got {first}"
        raise InvalidParameterError(msg)
    return taken
