"""How long the night is, by month and latitude, and how much of the moon is lit."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from borderzone._guards import as_whole, check_choice
from borderzone.access._moments import degrees, moments

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import numpy.typing as npt

    from borderzone._typing import FloatArray, IntArray

__all__ = [
    "MONTHS",
    "TWILIGHTS_DEG",
    "Twilight",
    "moon_illuminated_fraction",
    "night_hours",
    "night_table",
]

Twilight = Literal["sunset", "civil", "nautical", "astronomical"]

# Altitude of the sun's centre at which night begins; sunset allows for refraction and the disc.
TWILIGHTS_DEG: Mapping[str, float] = MappingProxyType(
    {"sunset": -0.833, "civil": -6.0, "nautical": -12.0, "astronomical": -18.0}
)

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# Day of a common year, counted from 1, of the 15th of each month.
_MID_MONTH = np.array([15, 46, 74, 105, 135, 166, 196, 227, 258, 288, 319, 349])
# Spencer (1971), as reproduced by Iqbal (1983): declination in radians as a Fourier series of the
# day angle, constant, then cosine and sine of one, two and three times the angle.
_DECLINATION = (0.006918, -0.399912, 0.070257, -0.006758, 0.000907, -0.002697, 0.00148)
# Mean length of a lunation, and a new moon (6 January 2000, 18:14 UTC) as Julian date.
_LUNATION_D = 29.530588853
_NEW_MOON_JD = 2451550.26
_UNIX_EPOCH_JD = 2440587.5
_DAY_US = 86_400_000_000


def night_hours(
    latitude_deg: float | FloatArray,
    month: int | IntArray,
    *,
    twilight: Twilight = "sunset",
) -> float | FloatArray:
    """
    Length of the night in the middle of a month.

    The sun's declination is that of the 15th by Spencer's series [1]_; against an ephemeris
    the night is right to about 0.05 h at middle latitudes. Where the sun does not set (or
    rise) it is 0 (or 24).

    Parameters
    ----------
    latitude_deg
        Latitude, north positive. Units: degrees.
    month
        1 to 12.
    twilight
        When night begins: ``"sunset"`` (sun 0.833 degrees below the horizon), ``"civil"`` (6),
        ``"nautical"`` (12) or ``"astronomical"`` (18).

    Returns
    -------
    float or FloatArray
        A number for two numbers, else an array. Units: h.

    Raises
    ------
    InvalidParameterError
        If the latitude, the month or the twilight is impossible.

    References
    ----------
    .. [1] Spencer, J. (1971). Fourier series representation of the position of the sun. Search 2,
       172.

    Examples
    --------
    >>> round(night_hours(34.0, 6), 2), round(night_hours(34.0, 12, twilight="nautical"), 2)
    (9.6, 12.13)
    """
    check_choice(twilight, "twilight", TWILIGHTS_DEG)
    latitude = degrees(latitude_deg, "latitude_deg", 90)
    months = as_whole(month, "month", 1, 12)
    declination = _declination(_MID_MONTH[months - 1])
    phi, altitude = np.radians(latitude), np.radians(TWILIGHTS_DEG[twilight])
    rise = np.sin(altitude) - np.sin(phi) * np.sin(declination)
    # At a pole the cosine of the latitude is 6e-17: the quotient is huge and clips as it should.
    half_day = np.degrees(np.arccos(np.clip(rise / (np.cos(phi) * np.cos(declination)), -1, 1)))
    hours = 24.0 - half_day * (2.0 / 15.0)
    return float(hours) if hours.ndim == 0 else hours


def night_table(latitude_deg: float) -> pd.DataFrame:
    """
    Length of the night for every month and twilight.

    Parameters
    ----------
    latitude_deg
        Latitude, north positive. Units: degrees.

    Returns
    -------
    pandas.DataFrame
        One row a month (index ``month``, 1 to 12) with ``name``, then one column a twilight.
        Units: h.

    Raises
    ------
    InvalidParameterError
        If the latitude is impossible.

    Examples
    --------
    >>> night_table(34.0).loc[1, ["sunset", "astronomical"]].astype(float).round(2).tolist()
    [13.88, 10.95]
    """
    months = np.arange(1, 13)
    columns = {
        str(twilight): night_hours(latitude_deg, months, twilight=twilight)  # type: ignore[arg-type]
        for twilight in TWILIGHTS_DEG
    }
    table = pd.DataFrame({"name": MONTHS, **columns}, index=pd.Index(months, name="month"))
    table.attrs = {"units": "h", "latitude_deg": float(latitude_deg)}
    return table


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


def _declination(day_of_year: IntArray) -> FloatArray:
    """Declination of the sun in radians."""
    angle = 2.0 * np.pi * (np.asarray(day_of_year) - 1) / 365.0
    constant, *terms = _DECLINATION
    total = np.full(angle.shape, constant)
    for n in (1, 2, 3):
        cosine, sine = terms[2 * n - 2 : 2 * n]
        total = total + cosine * np.cos(n * angle) + sine * np.sin(n * angle)
    return total
