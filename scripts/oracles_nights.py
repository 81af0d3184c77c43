"""Make tests/oracles/nights.csv: length of the night on the 15th of the months of 2026 by JPL's DE421.

Run where Skyfield 1.55 and skyfield-data 7.0 are installed: ``python scripts/oracles_nights.py``.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from skyfield.api import Loader, wgs84
from skyfield_data import get_skyfield_data_path

ORACLES = Path(__file__).parent.parent / "tests" / "oracles"
YEAR = 2026
LATITUDES = (0.0, 34.0, 49.0, 60.0, 65.0, 66.5, 68.0, 69.7, 70.0, -35.0, -54.8)
# Here the sun of one of the days only just gets to one of the altitudes.
GRAZING = (56.45, 61.95, 62.45, 67.95, 68.9, -59.6, -64.9, -67.5)
ALTITUDES_DEG = {"sunset": -0.833, "civil": -6.0, "nautical": -12.0, "astronomical": -18.0}


def main() -> None:
    """Write hours with the sun below each altitude, from midnight to midnight of the sun."""
    load = Loader(get_skyfield_data_path(), expire=False)
    ephemeris, scale = load("de421.bsp"), load.timescale(builtin=True)
    with (ORACLES / "nights.csv").open("w", newline="", encoding="ascii") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["latitude_deg", "month", *ALTITUDES_DEG])
        for latitude in (*LATITUDES, *GRAZING):
            for month in range(1, 13):
                # A minute apart, and half an hour more at both ends for the equation of time.
                when = scale.utc(YEAR, month, 15, 0, np.arange(-30.0, 24 * 60 + 31))
                stand = ephemeris["earth"] + wgs84.latlon(latitude, 0.0)
                sun = stand.at(when).observe(ephemeris["sun"]).apparent()
                altitude, turn = sun.altaz()[0].degrees, 15.0 * sun.hadec()[0].hours
                minute = np.arange(len(altitude))
                midday = np.abs(minute - 750) < 120
                noon = np.interp(0.0, (turn[midday] + 180.0) % 360.0 - 180.0, minute[midday])
                fine = np.interp(np.arange(noon - 720, noon + 720, 0.05), minute, altitude)
                hours = [24.0 * (fine < limit).mean() for limit in ALTITUDES_DEG.values()]
                table.writerow([latitude, month, *(f"{hour:.3f}" for hour in hours)])


if __name__ == "__main__":
    main()
