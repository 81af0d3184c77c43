"""Where the sun stands when night begins, and how much of the moon is lit."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import numpy as np

from borderzone.access._moments import moments

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import numpy.typing as npt
    import pandas as pd

    from borderzone._typing import FloatArray

__all__ = ["MONTHS", "TWILIGHTS_DEG", "Twilight", "moon_illuminated_fraction"]

Twilight = Literal["sunset", "civil", "nautical", "astronomical"]

# Altitude of the sun's centre at which night begins; sunset allows for refraction and the disc.
TWILIGHTS_DEG: Mapping[str, float] = MappingProxyType(
    {"sunset": -0.833, "civil": -6.0, "nautical": -12.0, "astronomical": -18.0}
)

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# Mean length of a lunation, and a new moon (6 January 2000, 18:14 UTC) as Julian date.
_LUNATION_D = 29.530588853
_NEW_MOON_JD = 2451550.26
_UNIX_EPOCH_JD = 2440587.5
_DAY_US = 86_400_000_000


def moon_illuminated_fraction(
    when: datetime | npt.NDArray[np.datetime64] | pd.DatetimeIndex,
) -> float | FloatArray:
    """
    Share of the moon's disc that is lit, from its mean phase.

    The mean moon runs up to 0.6 days before or behind the true one, so the share is good to 0.1
    at worst (root mean square 0.034 against an ephemeris, 2015 to 2026). It says nothing of
    whether the moon is above the horizon.

    Parameters
    ----------
    when
        The moment, or a row of them; without a time zone it is taken as UTC.

    Returns
    -------
    float or FloatArray
        0 at new moon, 1 at full moon; a number for one moment, else an array.

    Raises
    ------
    InvalidParameterError
        If it is no moment in time, or lies before 1900 or after 2100.

    References
    ----------
    .. [1] Meeus, J. (1998). Astronomical Algorithms, 2nd ed., chapter 49. Willmann-Bell.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> round(moon_illuminated_fraction(datetime(2019, 7, 16, 21, 38, tzinfo=UTC)), 3)
    0.997
    """
    microseconds = moments(when).astype("datetime64[us]").astype(np.int64)
    phase = (microseconds / _DAY_US + _UNIX_EPOCH_JD - _NEW_MOON_JD) / _LUNATION_D
    lit = (1.0 - np.cos(2.0 * np.pi * phase)) / 2.0
    return float(lit) if np.ndim(lit) == 0 else np.asarray(lit)
