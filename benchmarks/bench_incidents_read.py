"""Reading 200,000 rows of an ACLED export, against pandas alone, which checks nothing."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

FLOOR = """
import geopandas as gpd, pandas as pd
table = pd.read_csv({path!r})
lon, lat = (pd.to_numeric(table[name], errors="coerce") for name in ("longitude", "latitude"))
gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(lon, lat), crs=4326)
"""
OURS = """
import time, borderzone as bz
reading = bz.incidents.read
before = time.perf_counter()
events = reading({path!r})
print(f"of which reading {{time.perf_counter() - before:.2f}} s;", len(events), (events["status"] == "ok").sum(), (events["status"] == "quarantined").sum())
"""


def run(code: str) -> tuple[float, float, str]:
    """Run code in a process of its own; seconds, peak in MB, and what it printed."""
    before = time.perf_counter()
    tell = "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{tell}"], capture_output=True, text=True, check=True
    )
    seconds = time.perf_counter() - before
    *words, peak = done.stdout.split()
    return seconds, int(peak) / 1024, " ".join(words)


def main() -> None:
    """Write the table, read it both ways, print the outcome."""
    import incident_tables  # noqa: PLC0415 - of the tests
    import numpy as np  # noqa: PLC0415

    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    table = incident_tables.acled(rows)
    rng = np.random.default_rng(1)
    table["notes"] = "On this day there were reports of an event near the place named. " * 4
    towns = rng.integers(0, 800, rows)
    table["latitude"] = [f"{33 + town / 300:.4f}" for town in towns]
    table["longitude"] = [f"{39 + town * 7 % 800 / 270:.4f}" for town in towns]
    for column, junk in (
        ("latitude", "34,5"),
        ("longitude", ""),
        ("event_date", "soon"),
        ("geo_precision", "9"),
    ):
        table.loc[rng.choice(rows, rows // 200, replace=False), column] = junk
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/acled.csv"
        table.to_csv(path, index=False)
        print(
            f"{rows:,} rows, {len(table.columns)} columns, {Path(path).stat().st_size / 1e6:.0f} MB, 2 % dirty"
        )
        for name, code in (("pandas and geopandas", FLOOR), ("borderzone", OURS)):
            run(code.format(path=path))
            seconds, peak, words = run(code.format(path=path))
            print(f"{name:22} {seconds:6.2f} s {peak:7.0f} MB  {words}")
    print(f"this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
