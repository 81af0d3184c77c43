"""Make tests/oracles/sun.csv and moon.csv: sun and moon by PyEphem, which follows VSOP87.

Run where PyEphem 4.2 is installed: ``python scripts/oracles_sun.py``.
"""

from __future__ import annotations

import csv
from datetime import date, datetime, time, timedelta
from math import radians
from pathlib import Path
from typing import Any

import ephem

ORACLES = Path(__file__).parent.parent / "tests" / "oracles"
PLACES = {
    "equator": (0.0, -78.5),
    "south_of_iraq": (29.5, 46.0),
    "al_qaim": (34.38, 41.0),
    "rabia": (36.8, 42.08),
    "sydney": (-33.87, 151.21),
    "antimeridian_east": (-16.5, 179.95),
    "antimeridian_west": (-16.5, -179.95),
    "oslo": (59.91, 10.75),
    "tierra_del_fuego": (-54.8, -68.3),
    "tromso": (69.65, 18.96),
    "rothera": (-67.57, -68.13),
    "svalbard": (78.22, 15.65),
    "alert": (82.5, -62.35),
}
DAYS = (
    [date(2024, month, 15) for month in range(1, 13)]
    + [date(2024, 2, 29), date(2024, 3, 20), date(2024, 6, 20), date(2024, 9, 22)]
    + [date(2019, 7, 21), date(2024, 12, 21), date(1900, 1, 2), date(2100, 12, 30)]
)
EVENTS = {
    "sunrise": (-0.833, True),
    "sunset": (-0.833, False),
    "civil_dawn": (-6.0, True),
    "civil_dusk": (-6.0, False),
    "nautical_dawn": (-12.0, True),
    "nautical_dusk": (-12.0, False),
    "astronomical_dawn": (-18.0, True),
    "astronomical_dusk": (-18.0, False),
}


def observer(latitude: float, longitude: float, when: Any) -> Any:
    """Stand at sea level without air."""
    stand = ephem.Observer()
    stand.lat, stand.lon = radians(latitude), radians(longitude)
    stand.pressure, stand.elevation, stand.date = 0.0, 0.0, when
    return stand


def noon_of(latitude: float, longitude: float, day: date) -> Any:
    """Transit of the sun on a date in local mean solar time."""
    mean = datetime.combine(day, time(12)) - timedelta(hours=longitude / 15.0)
    stand = observer(latitude, longitude, mean - timedelta(hours=6))
    return stand.next_transit(ephem.Sun())


def event_of(place: tuple[float, float], noon: Any, limit: float, rising: bool) -> str:  # noqa: FBT001
    """Time of an event in the half day before or after noon, empty where there is none."""
    stand = observer(*place, noon)
    stand.horizon = radians(limit)
    search = stand.previous_rising if rising else stand.next_setting
    try:
        found = search(ephem.Sun(), use_center=True)
    except (ephem.AlwaysUpError, ephem.NeverUpError):
        return ""
    moment = ephem.Date(found).datetime()
    return moment.strftime("%Y-%m-%dT%H:%M:%S") if abs(found - noon) < 0.5 else ""


def main() -> None:
    """Write both tables."""
    with (ORACLES / "sun.csv").open("w", newline="", encoding="ascii") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["place", "latitude_deg", "longitude_deg", "date", *EVENTS])
        for place, where in PLACES.items():
            for day in DAYS:
                noon = noon_of(*where, day)
                times = [event_of(where, noon, *event) for event in EVENTS.values()]
                table.writerow([place, *where, day, *times])
    with (ORACLES / "moon.csv").open("w", newline="", encoding="ascii") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["utc", "illuminated"])
        for k in range(240):
            moment = datetime(2015, 1, 1) + timedelta(hours=413 * k)  # noqa: DTZ001 (UTC)
            moon = ephem.Moon(moment)
            table.writerow([moment.isoformat(), f"{moon.phase / 100:.4f}"])


if __name__ == "__main__":
    main()
