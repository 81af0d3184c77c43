"""Night and moon along a border through a year."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from borderzone._guards import check_choice, check_probability
from borderzone.access._moments import check_year
from borderzone.access.daylight import (
    MONTHS,
    TWILIGHTS_DEG,
    Twilight,
    moon_illuminated_fraction,
)
from borderzone.access.light import night_hours_on
from borderzone.border import Border
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    from borderzone.corridor import Corridor

__all__ = ["border_light_table", "longest_and_shortest_nights", "middle_latitude_deg"]


def border_light_table(
    border: Border | Corridor, year: int, *, dark_below: float = 0.25
) -> pd.DataFrame:
    """
    Tell month by month how long it is dark along a border, and how dark.

    Parameters
    ----------
    border
        The border, or a corridor around it.
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
                        twilight=twilight,  # type: ignore[arg-type]
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


def longest_and_shortest_nights(
    border: Border | Corridor, year: int, *, twilight: Twilight = "sunset"
) -> pd.DataFrame:
    """
    Find the longest and the shortest night of a year along a border.

    Parameters
    ----------
    border
        The border, or a corridor around it.
    year
        1900 to 2100.
    twilight
        When night begins, see `night_hours`.

    Returns
    -------
    pandas.DataFrame
        One row each for ``"south"``, ``"middle"`` and ``"north"``: ``latitude_deg``,
        ``longitude_deg``, ``longest_on``, ``longest_h``, ``shortest_on``, ``shortest_h``; the first
        of equal ones. Units: h.

    Raises
    ------
    InvalidParameterError
        If the year or the twilight is impossible, or it is no border.

    Examples
    --------
    >>> from borderzone.border import Border
    >>> table = longest_and_shortest_nights(Border.between("IRQ", "SYR"), 2024)
    >>> table.loc["north", "longest_on"].strftime("%d %b"), f"{table.loc['north', 'longest_h']:.2f} h"
    ('21 Dec', '14.39 h')
    """
    dates = _dates(check_year(year))
    check_choice(twilight, "twilight", TWILIGHTS_DEG)
    rows = {}
    for place, (latitude, longitude) in _places(border).items():
        hours = np.asarray(
            night_hours_on(dates, latitude, longitude_deg=longitude, twilight=twilight)
        )
        longest, shortest = int(hours.argmax()), int(hours.argmin())
        rows[place] = {
            "latitude_deg": latitude,
            "longitude_deg": longitude,
            "longest_on": pd.Timestamp(dates[longest]),
            "longest_h": float(hours[longest]),
            "shortest_on": pd.Timestamp(dates[shortest]),
            "shortest_h": float(hours[shortest]),
        }
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index.name = "place"
    table.attrs = {"units": "h", "year": int(year), "twilight": twilight}
    return table


def middle_latitude_deg(border: Border) -> float:
    """Give the latitude halfway along a border."""
    return _places(border)["middle"][0]


def _places(border: Any) -> dict[str, tuple[float, float]]:
    """Southernmost vertex, point halfway along, northernmost vertex: latitude and longitude."""
    line = getattr(border, "border", border)
    if not isinstance(line, Border):
        msg = f"border must be a Border or a Corridor, got {type(border).__name__}"
        raise InvalidParameterError(msg)
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


def _dates(year: int) -> Any:
    return np.arange(f"{year}-01-01", f"{year + 1}-01-01", dtype="datetime64[D]")
