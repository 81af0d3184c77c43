"""The light of the night: how bright the moon makes it, by month and over the hours of the night."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from borderzone._guards import (
    as_between,
    as_non_negative,
    broadcast,
    check_between,
    check_choice,
    check_whole,
    plain,
)
from borderzone.access.light import (
    MID_MONTH,
    MONTHS,
    TWILIGHTS_DEG,
    Twilight,
    days_since_epoch,
    middle_of,
    night_hours,
    sun_altitude_deg,
    sun_path,
)
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    import numpy.typing as npt

    from borderzone._typing import FloatArray
    from borderzone.border import Border
    from borderzone.corridor import Corridor

__all__ = [
    "STARLIGHT",
    "Moon",
    "moon_illuminance",
    "moon_sky",
    "moonlight",
    "moonlight_table",
    "night_light",
]

Moon = Literal["mean", "dark", "full"]
MOONS = ("mean", "dark", "full")

# Illuminance under the stars over that under a full moon at the zenith: 0.002 lx, of the order that is
# quoted for a clear sky without a moon (an assumption), over 0.32 lx, the most that was worked for a
# full moon (Kyba, Mohar and Posch 2017, Astronomy and Geophysics 58: 1.31).
STARLIGHT = 0.002 / 0.32

_LUNATION_D = 29.530588853
# Ten minutes: the moon rises by no more than 2.5 degrees between two of them.
_STEPS_A_DAY = 144
# Moonlight in tenths, and a state of its own for the night without a moon.
_STATES = 10


def moon_illuminance(
    phase_angle_deg: npt.ArrayLike, altitude_deg: npt.ArrayLike
) -> FloatArray | float:
    """Illuminance of the ground by the moon over that of a full one at the zenith (Krisciunas and Schaefer 1991)."""
    angle, altitude = broadcast(
        phase_angle_deg=as_between(phase_angle_deg, "phase_angle_deg", -180, 180, unit="degrees"),
        altitude_deg=as_between(altitude_deg, "altitude_deg", -90, 90, unit="degrees"),
    )
    return plain(_illuminance(np.abs(angle), altitude))


def _illuminance(angle_deg: FloatArray, altitude_deg: FloatArray) -> FloatArray:
    # Magnitudes fainter than full, by the angle between sun and Earth as the moon sees them, then the
    # ground turned away from it. Half a moon gives a tenth of the light of a full one, not half.
    fainter = 0.026 * angle_deg + 4e-9 * angle_deg**4
    height = np.sin(np.radians(np.maximum(altitude_deg, 0.0)))
    return np.asarray(10.0 ** (-0.4 * fainter) * height)


def moonlight(illuminance: npt.ArrayLike) -> FloatArray | float:
    """Put illuminance (full moon at the zenith: 1) on a log scale from 0, stars alone, to 1."""
    return plain(_log_light(as_non_negative(illuminance, "illuminance")))


def _log_light(illuminance: FloatArray) -> FloatArray:
    # Moon and stars shine together, so that the logarithm starts at the stars and not at nothing.
    return np.asarray(np.log1p(illuminance / STARLIGHT) / np.log1p(1.0 / STARLIGHT))


# Size (degrees), phase and motion in a century (degrees) of the terms of the moon's ecliptic longitude and latitude
# and of its parallax, from the low-precision series of the Astronomical Almanac: right to some 0.3 degrees.
_LONGITUDE = (
    (6.29, 135.0, 477198.87),
    (-1.27, 259.3, -413335.36),
    (0.66, 235.7, 890534.22),
    (0.21, 269.9, 954397.74),
    (-0.19, 357.5, 35999.05),
    (-0.11, 186.5, 966404.03),
)
_LATITUDE = (
    (5.13, 93.3, 483202.02),
    (0.28, 228.2, 960400.89),
    (-0.28, 318.3, 6003.15),
    (-0.17, 217.6, -407332.21),
)
_PARALLAX = (
    (0.0518, 135.0, 477198.87),
    (0.0095, 259.3, -413335.36),
    (0.0078, 235.7, 890534.22),
    (0.0028, 269.9, 954397.74),
)
_CENTURY_D = 36525.0


def moon_sky(
    days: FloatArray, latitude_deg: float, longitude_deg: float
) -> tuple[FloatArray, FloatArray]:
    """Altitude of the moon over the level horizon of a place, and its phase angle. Units: degree."""
    longitude, latitude, parallax = moon_position(days)
    _, sun, tilt, _ = sun_path(days)
    lam, beta = np.radians(longitude), np.radians(latitude)
    # From the Earth: the sun is so far off that the angle at the moon is what is left of half a turn
    # (0.15 degrees at most are neglected).
    elongation = np.arccos(np.clip(np.cos(beta) * np.cos(lam - sun), -1.0, 1.0))
    x = np.cos(beta) * np.cos(lam)
    y = np.cos(tilt) * np.cos(beta) * np.sin(lam) - np.sin(tilt) * np.sin(beta)
    z = np.sin(tilt) * np.cos(beta) * np.sin(lam) + np.cos(tilt) * np.sin(beta)
    # Sidereal time of the place less the right ascension: how far the moon is past the meridian.
    turn = 280.46061837 + 360.98564736629 * days + longitude_deg
    hour_angle = np.radians(turn) - np.arctan2(y, x)
    phi = np.radians(latitude_deg)
    sine = np.sin(phi) * z + np.cos(phi) * np.sqrt(1.0 - z * z) * np.cos(hour_angle)
    altitude = np.arcsin(np.clip(sine, -1.0, 1.0))
    # The moon is near: from the surface it stands up to a degree lower than from the middle of the Earth.
    seen = np.degrees(altitude) - parallax * np.cos(altitude)
    return np.asarray(seen), np.asarray(180.0 - np.degrees(elongation))


def moon_position(days: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Ecliptic longitude and latitude of the moon, and its parallax. Units: degree."""
    t = days / _CENTURY_D

    def series(terms: tuple[tuple[float, float, float], ...], quarter: float) -> FloatArray:
        total = np.zeros_like(t)
        for size, phase, motion in terms:
            total = total + size * np.sin(np.radians(phase + quarter + motion * t))
        return total

    longitude = 218.32 + 481267.881 * t + series(_LONGITUDE, 0.0)
    return longitude % 360.0, series(_LATITUDE, 0.0), 0.9508 + series(_PARALLAX, 90.0)


def night_light(
    latitude_deg: float,
    month: int | None,
    *,
    moon: Moon = "mean",
    longitude_deg: float = 0.0,
    twilight: Twilight = "nautical",
) -> pd.DataFrame:
    """
    Sort the nights of a month into states of light, each with its share of their hours.

    The night is sampled every ten minutes and sorted by moonlight, in tenths, with a state of its own for
    the hours without a moon. Mix the probability of detection over the states by their shares, never the
    sweep width. The moon is right to half a degree [1]_; hills, haze and cloud are left out, so that
    every moon is at its brightest.

    Parameters
    ----------
    latitude_deg
        Latitude, north positive. Units: degree.
    month
        1 to 12, or None for the mean over the months of the year, each counting the same.
    moon
        ``"mean"``: all nights of the lunation around the 15th of the month, in 2026.
        ``"full"``: the night nearest to its full moon; needs a month, because the full moon
        stands high in winter and low in summer. ``"dark"``: no moon at all.
    longitude_deg
        Longitude, east positive; moves the states by little. Units: degree.
    twilight
        When night begins, see `night_hours`.

    Returns
    -------
    pandas.DataFrame
        One row a state, darkest first (index ``state``): ``moonlight``, 0 for stars alone to 1
        for a full moon at the zenith, on a log scale; ``share`` of the hours of the night, summing to
        1. ``attrs`` hold latitude, month, moon and twilight.

    Raises
    ------
    InvalidParameterError
        If a number is impossible, a full moon is asked for without a month, or there is no night.

    References
    ----------
    .. [1] Low-precision formulae for the geocentric coordinates of the Moon. The Astronomical Almanac.
    .. [2] Krisciunas, K. and Schaefer, B. E. (1991). A model of the brightness of moonlight.
       Publications of the Astronomical Society of the Pacific 103, 1033-1039.

    Examples
    --------
    >>> states = night_light(34.0, 6)
    >>> round(float(states.loc[0, "share"]), 2), round(float(states["share"].sum()), 6)
    (0.49, 1.0)
    >>> round(float(night_light(34.0, 12, moon="full")["moonlight"].max()), 2)
    0.95
    """
    latitude = check_between(latitude_deg, "latitude_deg", -90.0, 90.0, unit="degrees")
    longitude = check_between(longitude_deg, "longitude_deg", -180.0, 180.0, unit="degrees")
    check_choice(moon, "moon", MOONS)
    check_choice(twilight, "twilight", TWILIGHTS_DEG)
    if month is not None:
        month = check_whole(month, "month", lowest=1, highest=12)
    if moon == "dark":
        states = pd.DataFrame({"moonlight": [0.0], "share": [1.0]})
    else:
        months = _months(month, moon)
        place = (latitude, longitude)
        nights = [_moon_of_nights(one, place, moon, twilight) for one in months]
        states = _states([night for night in nights if night.size])
    states.index.name = "state"
    states.attrs = {
        "latitude_deg": latitude,
        "month": month,
        "moon": moon,
        "twilight": twilight,
        **MID_MONTH,
    }
    return states


def _months(month: int | None, moon: str) -> list[int]:
    if month is not None:
        return [month]
    if moon == "full":
        msg = (
            "moon='full' needs a month: a full moon stands high in winter and low in summer; "
            "give month=1 to 12, or moon='mean' for the mean of the year"
        )
        raise InvalidParameterError(msg)
    return list(range(1, 13))


def _moon_of_nights(month: int, place: tuple[float, float], moon: str, twilight: str) -> FloatArray:
    """Moonlight every ten minutes of the nights around the middle of a month."""
    latitude, longitude = place
    noon = np.datetime64(f"{MID_MONTH['year']}-{month:02d}-{MID_MONTH['day']:02d}T12:00:00", "us")
    days = _steps(float(days_since_epoch(np.asarray(noon))), _LUNATION_D)
    if moon == "full":
        # The midnight (of the mean sun) nearest to the moment of the full moon, and half a day around it.
        full = float(days[np.argmin(moon_sky(days, latitude, longitude)[1])])
        midnight = round(full - 0.5 + longitude / 360.0) + 0.5 - longitude / 360.0
        days = _steps(midnight, 1.0)
    altitude, angle = moon_sky(days, latitude, longitude)
    sun = sun_altitude_deg(days, np.radians(np.asarray(latitude)), np.asarray(longitude))
    dark = sun < TWILIGHTS_DEG[twilight]
    return np.asarray(_log_light(_illuminance(angle, altitude))[dark])


def _steps(middle: float, length: float) -> FloatArray:
    """Cut some days around a moment into steps of ten minutes."""
    count = round(length * _STEPS_A_DAY)
    return middle + (np.arange(count) + 0.5 - count / 2.0) / _STEPS_A_DAY


def _states(nights: list[FloatArray]) -> pd.DataFrame:
    """Sort the hours of some nights into states; each month counts the same."""
    if not nights:
        msg = "there is no night in that month: the sun stays above the twilight; take another one"
        raise InvalidParameterError(msg)
    light = np.concatenate(nights)
    weight = np.concatenate([np.full(night.size, 1.0 / night.size) for night in nights])
    tenth = np.minimum((light * _STATES).astype(np.int64), _STATES - 1) + 1
    state = np.where(light > 0, tenth, 0)
    share = np.bincount(state, weight, minlength=_STATES + 1)
    there = share > 0
    mean = np.bincount(state, weight * light, minlength=_STATES + 1)[there] / share[there]
    return pd.DataFrame({"moonlight": mean, "share": share[there] / share.sum()})


def moonlight_table(
    border: Border | Corridor | tuple[str, str], *, twilight: Twilight = "nautical"
) -> pd.DataFrame:
    """
    Tell month by month how bright the nights halfway along a border are, by moon.

    Parameters
    ----------
    border
        The border, a corridor around it, or two countries.
    twilight
        When night begins, see `night_hours`.

    Returns
    -------
    pandas.DataFrame
        One row for each month and moon (``"dark"``, ``"mean"``, ``"full"``): ``name`` of the month;
        ``night_h``, the night of its 15th day (h); ``moonless_share``, the share of the hours of
        the night with the moon below the horizon; ``moonlight``, the mean on the scale of
        `night_light`, and ``brightest``, the most. NaN where there is no night.

    Raises
    ------
    InvalidParameterError
        If the twilight is unknown, or it is no border.

    Examples
    --------
    >>> from borderzone.border import Border
    >>> table = moonlight_table(Border.between("IRQ", "SYR"))
    >>> table.loc[(6, "full"), ["moonless_share", "brightest"]].astype(float).round(2).tolist()
    [0.0, 0.83]
    """
    check_choice(twilight, "twilight", TWILIGHTS_DEG)
    latitude, longitude = middle_of(border)
    rows = {}
    for month in range(1, 13):
        night_h = float(night_hours(latitude, month, twilight=twilight))
        for moon in ("dark", "mean", "full"):
            light = (
                np.zeros(int(night_h > 0))
                if moon == "dark"
                else _moon_of_nights(month, (latitude, longitude), moon, twilight)
            )
            rows[month, moon] = {"name": MONTHS[month - 1], "night_h": night_h, **_told(light)}
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index = pd.MultiIndex.from_tuples(rows, names=["month", "moon"])
    table.attrs = {"latitude_deg": latitude, "twilight": twilight, **MID_MONTH}
    return table


def _told(light: FloatArray) -> dict[str, float]:
    if light.size == 0:
        return dict.fromkeys(("moonless_share", "moonlight", "brightest"), float("nan"))
    return {
        "moonless_share": float((light <= 0).mean()),
        "moonlight": float(light.mean()),
        "brightest": float(light.max()),
    }
