"""
The way across that is watched least: beside Dijkstra of scipy on the same graph, at scale, and in the study.

    python benchmarks/bench_crossing.py            # a million cells beside scipy, and the built-in study
    python benchmarks/bench_crossing.py --large    # 67 million cells, level and with heights
"""

from __future__ import annotations

import argparse
import resource
import time
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
import xarray as xr
from scipy import sparse
from scipy.sparse import csgraph

from borderzone import Border, Corridor, Study
from borderzone.patrol import weakest_crossings

STEPS = [(0, 1), (1, 0), (1, 1), (1, -1), (1, 2), (2, 1), (2, -1), (1, -2)]


def strip(cells: int) -> tuple[Corridor, Any]:
    """Lay a corridor as wide as it is long, on so many cells each way."""
    line = gpd.GeoSeries([shapely.LineString([(40.0, 34.0), (42.67, 34.0)])], crs=4326)
    border = Border.from_line(line, left="north", right="south")
    corridor = Corridor.around(border, depth_km=125, segment_km=10)
    return corridor, corridor.grid(30 * 8192 / cells)


def field_on(grid: Any) -> xr.Dataset:
    """Watch the ground unevenly."""
    rng = np.random.default_rng(0)
    swept = grid.wrap(rng.random(grid.shape, dtype=np.float32) * 0.05)
    patrol = grid.wrap(np.full(grid.shape, 12.0, np.float32))
    return xr.Dataset({"swept_per_km": swept, "patrol_km_h": patrol})


def by_scipy(per_km: Any, cell_km: float, rows: Any) -> tuple[float, float]:
    """Build the graph of 16 steps and solve it from the first of the rows; give seconds of both."""
    start = time.perf_counter()
    height, width = per_km.shape
    number = np.arange(height * width).reshape(height, width)
    parts: list[Any] = []
    for down, right in STEPS:
        a = number[: height - down, max(0, -right) : width - max(0, right)].ravel()
        b = a + down * width + right
        cost = 0.5 * cell_km * np.hypot(down, right) * (per_km.ravel()[a] + per_km.ravel()[b])
        parts.append((a, b, cost))
    ends, others, costs = (np.concatenate(column) for column in zip(*parts, strict=True))
    graph = sparse.csr_array((costs, (ends, others)), shape=(height * width,) * 2)
    built = time.perf_counter() - start
    start = time.perf_counter()
    solve: Any = csgraph.dijkstra
    solve(graph, directed=False, indices=number[rows[0]], min_only=True)
    return built, time.perf_counter() - start


def beside_scipy() -> None:
    """Search a million cells both ways here, and one way there."""
    corridor, grid = strip(1024)
    field = field_on(grid)
    weakest_crossings(field, corridor, speed=4.0, threads=1)
    start = time.perf_counter()
    weakest_crossings(field, corridor, speed=4.0, threads=1)
    here = time.perf_counter() - start
    per_km = field["swept_per_km"].to_numpy() * np.sqrt(1.0 + 9.0)
    built, solved = by_scipy(per_km, grid.resolution_m / 1e3, [0])
    cells = np.prod(grid.shape)
    print(
        f"{cells / 1e6:.2f} million cells, one thread: both halves up to the border {here:.2f} s; scipy builds {built:.2f} s and "
        f"solves one pass over all cells in {solved:.2f} s: {(built + solved) / here:.1f} times as long"
    )


def at_scale() -> None:
    """Search 67 million cells, level and with heights."""
    corridor, grid = strip(8192)
    field = field_on(grid)
    rng = np.random.default_rng(1)
    ways: dict[str, dict[str, Any]] = {"level": {"speed": 4.0}}
    dem = grid.wrap(rng.random(grid.shape, dtype=np.float32) * 20.0)
    ways["with heights, both ways across"] = {"dem": dem, "speed": "foot"}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for words, how in ways.items():
        start = time.perf_counter()
        weakest_crossings(field, corridor, **how)
        took = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        print(
            f"{np.prod(grid.shape) / 1e6:.1f} million cells, {words}: {took:.0f} s, {peak / 2**20:.2f} GiB beyond the input"
        )


def in_the_study() -> None:
    """Search the built-in border at 2 km."""
    result = Study.default().run(progress=False)
    start = time.perf_counter()
    tables = [result.crossing.by_10_km, result.crossing.by_units]
    rows = sum(0 if table is None else len(table) for table in tables)
    print(f"built-in study at 2 km: {time.perf_counter() - start:.2f} s for {rows} rows")


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--large", action="store_true", help="67 million cells, some minutes")
    if asked.parse_args().large:
        at_scale()
    else:
        beside_scipy()
        in_the_study()
