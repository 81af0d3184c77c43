"""The sun and the moon: how long the night is by date and place, and how dark."""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
import pandas as pd
import xarray as xr

from borderzone._guards import (
    as_between,
    as_whole,
    check_choice,
    check_probability,
    check_whole,
    shown,
)
from borderzone.border import Border
from borderzone.errors import InvalidParameterError, ShapeMismatchError

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    import numpy.typing as npt

    from borderzone._typing import BoolArray, FloatArray, IntArray
    from borderzone.corridor import Corridor

__all__ = [
    "MID_MONTH",
    "MONTHS",
    "TWILIGHTS_DEG",
    "Twilight",
    "border_light_table",
    "days_since_epoch",
    "degrees",
    "middle_latitude_deg",
    "middle_of",
    "moon_illuminated_fraction",
    "night_hours",
    "night_hours_on",
    "night_table",
    "sun_altitude_deg",
    "sun_path",
    "sun_times",
]

# What the sun does in a day, relative to an altitude.
SUN_STATES = ("rises and sets", "above all day", "below all day", "only rises", "only sets")

# The day that stands for a month, and the year that it is taken from: 2026 lies between two leap
# years, so that its dates are within hours of their mean over the four years.
MID_MONTH: Mapping[Hashable, int] = MappingProxyType({"day": 15, "year": 2026})

# J2000.0, from which the series count, and 1900 January 0.5, from which the disturbances do.
_EPOCH = np.datetime64("2000-01-01T12:00:00", "us")
_1900_D = 36525.0
_DAY_US = 86_400_000_000
_CENTURY_D = 36525.0
# What Venus (twice), Jupiter, the moon and a slow drift add to the longitude of the sun: size,
# phase at 1900 and motion in a century. Units: degree.
_DISTURBANCES = (
    (0.00134, 153.23, 22518.7541),
    (0.00154, 216.57, 45037.5082),
    (0.00200, 312.69, 32964.3577),
    (0.00179, 260.74, 445267.1142),
    (0.00178, 141.19, 20.20),
)
# The sun seen from the surface instead of the middle of the Earth, at the horizon. Units: degree.
_PARALLAX = 0.00244
# Half a day halved so often leaves three milliseconds.
_HALVINGS = 24


def sun_times(
    dates: Any,
    latitude_deg: npt.ArrayLike,
    longitude_deg: npt.ArrayLike,
    *,
    tz: str | tzinfo | None = None,
) -> pd.DataFrame:
    """
    Find sunrise, sunset and the three twilights by date and place.

    A day runs from the lowest sun to the lowest sun around a noon. With a time zone it is the
    noon of that calendar date there; without, the noon of that date in local mean solar
    time. Each event is found on the sun's own path [1]_: it is right to 3 seconds within 40 degrees
    of the equator and to a minute beyond, against an ephemeris. That is the geometry: NOAA gives
    a minute within 72 degrees for the same series [2]_, because refraction is taken as the usual
    34 minutes of arc and the horizon as level. Hills and the weather move a sunrise by more.

    Parameters
    ----------
    dates
        A date or a row of them, 1900 to 2100.
    latitude_deg, longitude_deg
        A place for all dates, or one for each, north and east positive. Units: degree.
    tz
        Time zone of dates and times, a name such as ``"Asia/Baghdad"`` or a tzinfo; without
        one, times are UTC.

    Returns
    -------
    pandas.DataFrame
        One row a date (index ``date``): ``latitude_deg``, ``longitude_deg``, ``noon``, the
        times ``sunrise`` and ``sunset``, ``civil_dawn`` and ``civil_dusk`` (the same for nautical
        and astronomical), NaT where the sun does not get there; then for each twilight
        ``..._night_h``, the hours of the day that the sun is below it (0 and 24 where it stays),
        and ``..._state``, one of `SUN_STATES`.

    Raises
    ------
    InvalidParameterError
        If a date is none or lies outside 1900 to 2100, a place is not on the globe, or the time
        zone is unknown.
    ShapeMismatchError
        If dates and places differ in number.

    References
    ----------
    .. [1] Meeus, J. (1998). Astronomical Algorithms, 2nd ed., chapters 25 and 28. Willmann-Bell.
    .. [2] NOAA, Solar calculation details.
       https://gml.noaa.gov/grad/solcalc/calcdetails.html

    Examples
    --------
    >>> from datetime import date
    >>> day = sun_times(date(2019, 7, 21), 34.38, 41.0, tz="Asia/Baghdad").iloc[0]
    >>> day["sunrise"].strftime("%H:%M"), day["nautical_dusk"].strftime("%H:%M")
    ('05:18', '20:28')
    """
    days = calendar_days(dates)
    zone = _zone(tz)
    noon_guess = _civil_noon(days, zone)
    around, latitude, longitude = (
        np.atleast_1d(values) for values in _together(noon_guess, latitude_deg, longitude_deg)
    )
    if around.ndim > 1:
        msg = f"dates and places of a table must be numbers or columns, got shape {around.shape}"
        raise ShapeMismatchError(msg)
    if zone is None:
        around = around - longitude / 360.0
    day = _SolarDay(around, latitude, longitude)
    table = pd.DataFrame({"latitude_deg": latitude, "longitude_deg": longitude})
    table["noon"] = _times(day.noon, zone)
    crossings = {twilight: day.crossings(limit) for twilight, limit in TWILIGHTS_DEG.items()}
    for twilight, found in crossings.items():
        dawn, dusk = _names(twilight)
        table[dawn], table[dusk] = _times(found.rise, zone), _times(found.set, zone)
    for twilight, found in crossings.items():
        table[f"{twilight}_night_h"] = found.night_h
        table[f"{twilight}_state"] = found.states()
    table.index = pd.DatetimeIndex(np.broadcast_to(days, around.shape), name="date").as_unit("s")
    return table


def night_hours_on(
    dates: Any,
    latitude_deg: npt.ArrayLike,
    *,
    longitude_deg: npt.ArrayLike = 0.0,
    twilight: Twilight = "sunset",
) -> float | FloatArray:
    """Give the hours of a day, from midnight to midnight of the sun, that it is below a twilight.

    The two ends of the night that it holds belong to two nights, which differ by some minutes at
    most. The longitude matters by seconds.
    """
    check_choice(twilight, "twilight", TWILIGHTS_DEG)
    return _hours_below(
        _civil_noon(calendar_days(dates), None), latitude_deg, longitude_deg, twilight
    )


def night_hours(
    latitude_deg: float | FloatArray,
    month: int | IntArray,
    *,
    twilight: Twilight = "sunset",
) -> float | FloatArray:
    """
    Length of the night in the middle of a month.

    That of the 15th day of the month in 2026 at the meridian of Greenwich, from midnight to
    midnight of the sun; `night_hours_on` gives that of any other date. The sun rises and sets where
    it stands at that moment [1]_: the night is right to 0.01 h up to 65 degrees of latitude and
    to 0.03 h up to 70, where the sun may just graze an altitude, against an ephemeris [2]_. Another
    year moves it by minutes, and by up to 0.7 h where the sun grazes. Where the sun does not set
    (or rise) it is 0 (or 24).

    Parameters
    ----------
    latitude_deg
        Latitude, north positive. Units: degree.
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
    ShapeMismatchError
        If latitudes and months differ in number.

    References
    ----------
    .. [1] Meeus, J. (1998). Astronomical Algorithms, 2nd ed., chapters 25 and 28. Willmann-Bell.
    .. [2] Folkner, W. et al. (2009). The planetary and lunar ephemeris DE 421. IPN Progress
       Report 42-178.

    Examples
    --------
    >>> round(night_hours(34.0, 6), 2), round(night_hours(34.0, 12, twilight="nautical"), 2)
    (9.59, 12.13)
    """
    check_choice(twilight, "twilight", TWILIGHTS_DEG)
    latitude = degrees(latitude_deg, "latitude_deg", 90)
    months = as_whole(month, "month", 1, 12)
    first = np.datetime64(f"{MID_MONTH['year']}-01", "M") + (months - 1)
    day = first.astype("datetime64[D]") + (MID_MONTH["day"] - 1)
    return _hours_below(_civil_noon(day, None), latitude, 0.0, twilight)


def night_table(latitude_deg: float) -> pd.DataFrame:
    """
    Length of the night for every month and twilight, on the 15th day of 2026's months.

    Parameters
    ----------
    latitude_deg
        Latitude, north positive. Units: degree.

    Returns
    -------
    pandas.DataFrame
        One row a month (index ``month``, 1 to 12) with ``name``, then one column a twilight.
        Units: h. Its ``attrs`` say the day and the year.

    Raises
    ------
    InvalidParameterError
        If the latitude is impossible.

    Examples
    --------
    >>> night_table(34.0).loc[1, ["sunset", "astronomical"]].astype(float).round(2).tolist()
    [13.86, 10.93]
    """
    months = np.arange(1, 13)
    columns = {
        str(twilight): night_hours(latitude_deg, months, twilight=twilight)  # type: ignore[arg-type]  # keys are no literals
        for twilight in TWILIGHTS_DEG
    }
    table = pd.DataFrame({"name": MONTHS, **columns}, index=pd.Index(months, name="month"))
    table.attrs = {"units": "h", "latitude_deg": float(latitude_deg), **MID_MONTH}
    return table


def _hours_below(
    noon: FloatArray, latitude_deg: npt.ArrayLike, longitude_deg: npt.ArrayLike, twilight: str
) -> float | FloatArray:
    """Hours of the days around some noons of Greenwich's clock that night lasts."""
    around, latitude, longitude = _together(noon, latitude_deg, longitude_deg)
    shape = around.shape
    around, latitude, longitude = (np.atleast_1d(v) for v in (around, latitude, longitude))
    day = _SolarDay(around - longitude / 360.0, latitude, longitude)
    hours = day.crossings(TWILIGHTS_DEG[twilight]).night_h.reshape(shape)
    return float(hours) if hours.ndim == 0 else hours


class _Crossings:
    """When the sun passes an altitude upwards and downwards, in days since the epoch, or NaN."""

    def __init__(
        self, rise: FloatArray, fall: FloatArray, above: BoolArray, night_h: FloatArray
    ) -> None:
        self.rise, self.set, self.night_h = rise, fall, night_h
        # At both ends and at noon.
        self._above = np.asarray(above.all(axis=0))

    def states(self) -> list[str]:
        """Say what the sun does."""
        rises, sets = np.isfinite(self.rise), np.isfinite(self.set)
        return [
            SUN_STATES[0 if r and s else 3 if r else 4 if s else 1 if above else 2]
            for r, s, above in zip(rises, sets, self._above, strict=True)
        ]


class _SolarDay:
    """The days around the noons nearest to some moments, each in two halves."""

    def __init__(self, around: FloatArray, latitude_deg: FloatArray, longitude: FloatArray) -> None:
        self._phi, self._longitude = np.radians(latitude_deg), longitude
        noon = around
        for _ in range(3):
            noon = noon - _hour_angle_deg(noon, longitude) / 360.0
        self.noon = noon
        self._ends = np.stack([noon - 0.5, noon, noon + 0.5])
        self._altitudes = np.stack([self._altitude(end) for end in self._ends])

    def _altitude(self, days: FloatArray) -> FloatArray:
        return sun_altitude_deg(days, self._phi, self._longitude)

    def crossings(self, limit_deg: float) -> _Crossings:
        """Look for a crossing in either half: between its ends the sun only rises or only falls."""
        above = self._altitudes >= limit_deg
        rise, fall = np.full(self.noon.shape, np.nan), np.full(self.noon.shape, np.nan)
        night = np.zeros(self.noon.shape)
        for half in (0, 1):
            start, stop = self._ends[half], self._ends[half + 1]
            crosses, upward = above[half] != above[half + 1], above[half + 1]
            when = self._root(start, stop, upward, limit_deg)
            rise = np.where(crosses & upward, when, rise)
            fall = np.where(crosses & ~upward, when, fall)
            below = np.where(upward, when - start, stop - when)
            night += np.where(crosses, below, np.where(above[half], 0.0, 0.5))
        return _Crossings(rise, fall, above, 24.0 * night)

    def _root(
        self, start: FloatArray, stop: FloatArray, upward: BoolArray, limit_deg: float
    ) -> FloatArray:
        """Halve the span again and again, keeping the half with the crossing."""
        low, high = start, stop
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            later = (self._altitude(middle) >= limit_deg) != upward
            low, high = np.where(later, middle, low), np.where(later, high, middle)
        return (low + high) / 2


def sun_altitude_deg(days: FloatArray, phi: FloatArray, longitude_deg: FloatArray) -> FloatArray:
    """Give the altitude of the sun's centre, as seen from the surface and without refraction."""
    declination, equation = _position(days)
    turn = np.radians(_turned(days, longitude_deg, equation))
    sine = np.sin(phi) * np.sin(declination) + np.cos(phi) * np.cos(declination) * np.cos(turn)
    altitude = np.arcsin(np.clip(sine, -1.0, 1.0))
    return np.asarray(np.degrees(altitude) - _PARALLAX * np.cos(altitude))


def _hour_angle_deg(days: FloatArray, longitude_deg: FloatArray) -> FloatArray:
    """How far the sun is past the meridian, -180 to 180."""
    turn = _turned(days, longitude_deg, _position(days)[1])
    return (turn + 180.0) % 360.0 - 180.0


def _turned(days: FloatArray, longitude_deg: FloatArray, equation_deg: FloatArray) -> FloatArray:
    # The epoch is a noon at Greenwich.
    return 360.0 * (days % 1.0) + longitude_deg + equation_deg


def _position(days: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Declination in radians and equation of time in degrees (Meeus, chapters 25 and 28)."""
    mean_longitude, apparent, tilt, nutation = sun_path(days)
    declination = np.arcsin(np.sin(tilt) * np.sin(apparent))
    ascension = np.degrees(np.arctan2(np.cos(tilt) * np.sin(apparent), np.cos(apparent)))
    equation = mean_longitude - 0.0057183 - ascension + nutation * np.cos(tilt)
    return declination, (equation + 180.0) % 360.0 - 180.0


def sun_path(days: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Mean longitude (degrees), apparent one and tilt of the Earth (radians), nutation (degrees)."""
    t, since_1900 = days / _CENTURY_D, (days + _1900_D) / _CENTURY_D
    mean_longitude = 280.46646 + t * (36000.76983 + t * 0.0003032)
    anomaly = np.radians(357.52911 + t * (35999.05029 - t * 0.0001537))
    centre = (
        (1.914602 - t * (0.004817 + t * 0.000014)) * np.sin(anomaly)
        + (0.019993 - t * 0.000101) * np.sin(2 * anomaly)
        + 0.000289 * np.sin(3 * anomaly)
    )
    for size, phase, motion in _DISTURBANCES:
        centre = centre + size * np.cos(np.radians(phase + motion * since_1900))
    node = np.radians(125.04 - 1934.136 * t)
    nutation = -0.00478 * np.sin(node)
    # 0.00569: aberration.
    apparent = np.radians(mean_longitude + centre - 0.00569 + nutation)
    tilt = np.radians(23.4392911 - t * (0.0130042 + t * 1.64e-7) + 0.00256 * np.cos(node))
    return mean_longitude, apparent, tilt, nutation


def days_since_epoch(when: npt.NDArray[np.datetime64]) -> FloatArray:
    """Count days from the noon that the series count from."""
    return np.asarray((when - _EPOCH).astype(np.int64) / _DAY_US)


def _civil_noon(days: npt.NDArray[np.datetime64], zone: tzinfo | None) -> FloatArray:
    """Twelve o'clock of each date, by a zone or by Greenwich, in days since the epoch."""
    noon = days.astype("datetime64[us]") + np.timedelta64(12, "h").astype("timedelta64[us]")
    if zone is not None:
        local = pd.DatetimeIndex(np.atleast_1d(noon))
        # Once, in Samoa, a whole date was left out.
        there = local.tz_localize(zone, ambiguous=True, nonexistent="shift_forward")
        utc = there.tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[us]")
        noon = utc.reshape(noon.shape)
    return days_since_epoch(noon)


def _times(days: FloatArray, zone: tzinfo | None) -> pd.DatetimeIndex:
    """Moments to the second, NaT for NaN."""
    known = np.isfinite(days)
    seconds = np.round(np.where(known, days, 0.0) * 86400.0).astype("timedelta64[s]")
    moment = _EPOCH.astype("datetime64[s]") + seconds
    moment[~known] = np.datetime64("NaT", "s")
    index = pd.DatetimeIndex(moment).tz_localize("UTC")
    return index if zone is None else index.tz_convert(zone)


def _zone(tz: str | tzinfo | None) -> tzinfo | None:
    if tz is None or isinstance(tz, tzinfo):
        return tz
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415 - few need it

    try:
        return ZoneInfo(tz)
    except (ZoneInfoNotFoundError, TypeError, ValueError, OSError) as error:
        msg = f"tz must be a time zone, such as 'Asia/Baghdad' or a tzinfo, got {shown(tz)}"
        raise InvalidParameterError(msg) from error


def _names(twilight: str) -> tuple[str, str]:
    if twilight == "sunset":
        return "sunrise", "sunset"
    return f"{twilight}_dawn", f"{twilight}_dusk"


def _together(
    days: FloatArray, latitude_deg: npt.ArrayLike, longitude_deg: npt.ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Bring dates and places to one shape."""
    latitude = degrees(latitude_deg, "latitude_deg", 90)
    longitude = degrees(longitude_deg, "longitude_deg", 180)
    try:
        one, two, three = np.broadcast_arrays(days, latitude, longitude)
    except ValueError as error:
        msg = (
            f"{days.size} dates, {latitude.size} latitudes and {longitude.size} longitudes do not "
            "go together; give one place for all dates or one for each"
        )
        raise ShapeMismatchError(msg) from error
    return one, two, three


def border_light_table(
    border: Border | Corridor | tuple[str, str], year: int, *, dark_below: float = 0.25
) -> pd.DataFrame:
    """
    Tell month by month how long it is dark along a border, and how dark.

    Parameters
    ----------
    border
        The border, a corridor around it, or two countries.
    year
        1900 to 2100.
    dark_below
        A night counts as dark if less than this share of the moon is lit at its midnight,
        wherever the moon then stands.

    Returns
    -------
    pandas.DataFrame
        One row for each place (``"south"``, ``"middle"``, ``"north"`` of the border) and month:
        ``name``, ``latitude_deg``, ``longitude_deg``; mean night by twilight (``sunset``,
        ``civil``, ``nautical``, ``astronomical``; h); ``moon_illuminated``, the mean share that is
        lit at midnight; ``nights`` and ``dark_nights``.

    Raises
    ------
    InvalidParameterError
        If the year or the share is impossible, or it is no border.

    Examples
    --------
    >>> from borderzone.border import Border
    >>> table = border_light_table(Border.between("IRQ", "SYR"), 2024)
    >>> table.loc[("south", 6), ["sunset", "nautical"]].astype(float).round(2).tolist()
    [9.67, 7.53]
    """
    where = _places(border)
    dates = _dates(check_year(year))
    check_probability(dark_below, "dark_below")
    months = dates.astype("datetime64[M]").astype(int) % 12 + 1
    tables = []
    for latitude, longitude in where.values():
        midnight = dates.astype("datetime64[s]") + np.timedelta64(
            86400 - round(longitude * 240.0), "s"
        )
        # The last midnight of 2100 is a few hours beyond the years that are taken.
        lit = moon_illuminated_fraction(np.minimum(midnight, np.datetime64("2100-12-31T23:59:59")))
        nights = pd.DataFrame(
            {
                "month": months,
                **{
                    twilight: night_hours_on(
                        dates,
                        latitude,
                        longitude_deg=longitude,
                        twilight=twilight,  # type: ignore[arg-type]  # keys are no literals
                    )
                    for twilight in TWILIGHTS_DEG
                },
                "moon_illuminated": lit,
                "nights": 1,
                "dark_nights": (np.asarray(lit) < dark_below).astype(int),
            }
        )
        by_month = nights.groupby("month").agg(
            {name: "sum" if "nights" in name else "mean" for name in nights.columns[1:]}
        )
        by_month.insert(0, "name", MONTHS)
        by_month.insert(1, "latitude_deg", latitude)
        by_month.insert(2, "longitude_deg", longitude)
        tables.append(by_month)
    table = pd.concat(tables, keys=list(where), names=["place", "month"])
    table.attrs = {"units": "h", "year": int(year), "dark_below": float(dark_below)}
    return table


def middle_latitude_deg(border: Border) -> float:
    """Give the latitude halfway along a border."""
    return middle_of(border)[0]


def middle_of(border: Border | Corridor | tuple[str, str]) -> tuple[float, float]:
    """Give latitude and longitude halfway along a border."""
    return _places(border)["middle"]


def _places(border: Any) -> dict[str, tuple[float, float]]:
    """Southernmost vertex, point halfway along, northernmost vertex: latitude and longitude."""
    line = Border.of(getattr(border, "border", border))
    coords = np.vstack([part.coords for part in line.course])
    middle = line.point_at(line.length_km / 2)
    south, north = coords[coords[:, 1].argmin()], coords[coords[:, 1].argmax()]
    return {
        place: (float(latitude), float((longitude + 180.0) % 360.0 - 180.0))
        for place, (longitude, latitude) in (
            ("south", south),
            ("middle", (middle.x, middle.y)),
            ("north", north),
        )
    }


def _dates(year: int) -> npt.NDArray[np.datetime64]:
    return np.arange(f"{year}-01-01", f"{year + 1}-01-01", dtype="datetime64[D]")


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


def moon_illuminated_fraction(
    when: datetime | npt.NDArray[np.datetime64] | pd.DatetimeIndex,
) -> float | FloatArray:
    """Give the share of the moon's disc that is lit, from its mean phase."""
    # Meeus (1998), chapter 49. The mean moon runs up to 0.6 days before or behind the true one, so the
    # share is good to 0.1 at worst (root mean square 0.034 against an ephemeris, 2015 to 2026). It says
    # nothing of whether the moon is above the horizon.
    microseconds = moments(when).astype("datetime64[us]").astype(np.int64)
    phase = (microseconds / _DAY_US + _UNIX_EPOCH_JD - _NEW_MOON_JD) / _LUNATION_D
    lit = (1.0 - np.cos(2.0 * np.pi * phase)) / 2.0
    return float(lit) if np.ndim(lit) == 0 else np.asarray(lit)


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
            index = pd.DatetimeIndex(cast("pd.Index[Any]", given))
            index = index.tz_convert("UTC") if utc else index
            return np.asarray(index.tz_localize(None).to_numpy(), dtype="datetime64[us]")
        given = given.to_numpy()
    if isinstance(given, np.ndarray) and given.dtype.kind == "M":
        return given.astype("datetime64[us]")
    if isinstance(given, (list, tuple)) or (isinstance(given, np.ndarray) and given.ndim):
        return np.array([_one(item, name, utc=utc) for item in given], dtype="datetime64[us]")
    return np.asarray(_one(given, name, utc=utc))


def _one(given: Any, name: str, *, utc: bool) -> np.datetime64:
    # NaT passes for a datetime, and is asked for first.
    if given is pd.NaT:
        return np.datetime64("NaT", "us")
    if not isinstance(given, (date, np.datetime64)):
        hint = "; read text with datetime.date.fromisoformat" if isinstance(given, str) else ""
        msg = f"{name} must be {_DATE}, got {shown(given)}{hint}"
        raise InvalidParameterError(msg)
    if isinstance(given, datetime) and given.tzinfo is not None:
        given = (given.astimezone(UTC) if utc else given).replace(tzinfo=None)
    return np.datetime64(given, "us")


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
