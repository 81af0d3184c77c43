"""
Events laid over zones draw by draw, beside numpy and shapely: seconds, memory and the same counts.

The peer draws positions in discs by numpy on a sphere and asks shapely for each draw which zone holds which point,
through a tree of the zones. It is given a share of the draws, and its time is scaled to all of them.

    python benchmarks/bench_overlay.py [EVENTS [DRAWS]]
"""

from __future__ import annotations

import resource
import sys
import time
from typing import TYPE_CHECKING

import numpy as np
import shapely

import borderzone as bz
from borderzone import datasets, incidents
from borderzone.incidents.placing.imputation import impute

if TYPE_CHECKING:
    import geopandas as gpd

SHARE = 20  # the peer does one in so many draws


def peer(events: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, draws: int) -> float:
    """Draw in discs and count by zone."""
    rng = np.random.default_rng(1)
    tree = shapely.STRtree(zones.geometry.to_numpy())
    lat, lon = events["lat"].to_numpy(), events["lon"].to_numpy()
    started = time.perf_counter()
    counts = np.zeros((draws, len(zones)))
    for draw in range(draws):
        turn, far_km = rng.uniform(0, 2 * np.pi, len(lat)), 25 * np.sqrt(rng.random(len(lat)))
        y = lat + far_km * np.cos(turn) / 111.2
        x = lon + far_km * np.sin(turn) / (111.2 * np.cos(np.radians(lat)))
        _, zone = tree.query(shapely.points(x, y), predicate="within")
        counts[draw] = np.bincount(zone, minlength=len(zones))
    return time.perf_counter() - started


def main() -> None:
    """Print one line a set of zones."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    draws = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    provinces = datasets.admin1()
    print("zones | borderzone, 2 threads | 1 thread | numpy and shapely | ratio | peak | counts")
    for segment_km in (30.0, 10.0, 3.0):
        corridor = bz.Corridor.around(bz.Border.between("IRQ", "SYR"), segment_km=segment_km)
        events = incidents.synthetic(corridor, n=n, seed=1)
        where = incidents.regions(events, admin1=provinces)
        zones = corridor.segments.assign(zone=corridor.segments["segment"].astype(str))
        incidents.overlay(events.head(20), zones, draws=5)  # compiles
        took = {}
        for threads in (2, 1):
            started = time.perf_counter()
            found = incidents.overlay(
                events, zones, draws=draws, seed=1, regions=where, threads=threads
            )
            took[threads] = time.perf_counter() - started
        theirs = SHARE * peer(events, zones, max(draws // SHARE, 1))
        some, some_where = events.head(200), where.head(200)
        drawn = impute(some, draws=20, regions=some_where).reshape(-1, 2)
        inside = [
            shapely.contains_xy(shape, drawn[:, 0], drawn[:, 1]).sum() / 20
            for shape in zones.geometry
        ]
        mine = incidents.overlay(some, zones, draws=20, regions=some_where)["expected"]
        same = np.abs(mine.to_numpy() - np.array(inside)).max()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(
            f"{len(zones):5d} | {took[2]:.2f} s | {took[1]:.2f} s | {theirs:.1f} s | "
            f"{theirs / took[2]:.1f}x | {peak:.2f} GB | {len(found)} zones, off by {same:g}"
        )


if __name__ == "__main__":
    main()
