"""Speed of corridors and of locating cells, against other ways of doing it in the same run."""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from scipy import ndimage

import borderzone as bz

if TYPE_CHECKING:
    from collections.abc import Callable

WORKERS = min(2, os.cpu_count() or 1)
# Points that shapely is given: enough for a stable time, extrapolated to all cells.
SAMPLE = 20_000


def seconds(function: Callable[[], Any], repeats: int = 3) -> float:
    """Best of several runs, after a first one that may compile."""
    function()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def lay(pair: tuple[str, str]) -> int:
    """Build one corridor of the world from its two codes, polygons and areas included."""
    corridor = bz.Corridor.around(bz.Border.between(*pair), depth_km=25, segment_km=10)
    return len(corridor.segments)


def world() -> None:
    """Build the corridors of all pairs of countries, in one process and in two."""
    table = bz.list_borders().sort_values("length_km", ascending=False)
    pairs = list(zip(table["a"], table["b"], strict=True))
    lay(("AND", "FRA"))
    start = time.perf_counter()
    count = sum(map(lay, pairs))
    alone = time.perf_counter() - start
    with ProcessPoolExecutor(WORKERS, get_context("spawn")) as pool:
        list(pool.map(lay, [("AND", "FRA")] * WORKERS))
        start = time.perf_counter()
        list(pool.map(lay, pairs))
        together = time.perf_counter() - start
    print(f"all {len(pairs)} corridors, 25 km deep, {count:,} segments of 10 km")
    print(f"  one process                     {alone:8.1f} s")
    print(f"  {WORKERS} processes                     {together:8.1f} s   (aim: 60 s)")


def by_distance_transform(line: Any, grid: bz.Grid) -> Any:
    """Nearest border cell of every cell, to the nearest cell only."""
    points = shapely.line_interpolate_point(line, np.arange(0, line.length, grid.resolution_m / 2))
    x, y = shapely.get_coordinates(points).T
    column = ((x - grid.transform.c) / grid.resolution_m).astype(int)
    row = ((grid.transform.f - y) / grid.resolution_m).astype(int)
    away = np.ones(grid.shape, dtype=bool)
    away[row, column] = False
    return ndimage.distance_transform_edt(away, return_distances=False, return_indices=True)


def cells(millions: float) -> None:
    """Locate every cell of the built-in corridor."""
    corridor = bz.Corridor.around(bz.Border.between("IRQ", "SYR"), depth_km=50, segment_km=10)
    wide = corridor.grid(resolution_m=1000)
    grid = corridor.grid(1000 * float(np.sqrt(wide.shape[0] * wide.shape[1] / millions / 1e6)))
    count = grid.shape[0] * grid.shape[1]
    ours = seconds(lambda: corridor.cells(grid))

    line = corridor.border.line.to_crs(corridor.crs).iloc[0]
    rng = np.random.default_rng(0)
    x, y = rng.choice(grid.x, SAMPLE), rng.choice(grid.y, SAMPLE)
    points = shapely.points(x, y)
    one = seconds(lambda: shapely.line_locate_point(line, points), repeats=1)
    transform = seconds(lambda: by_distance_transform(line, grid), repeats=1)

    print(f"chainage, offset, side and segment of {count / 1e6:.1f} million cells")
    print(f"  borderzone                      {ours:8.2f} s   (aim for 20 million: 3 s)")
    print(
        f"  shapely line_locate_point       {one / SAMPLE * count:8.0f} s   "
        f"chainage only, extrapolated from {SAMPLE:,} points"
    )
    print(f"  scipy distance_transform_edt    {transform:8.1f} s   nearest border cell only")


def main() -> None:
    """Print both tables; the number of cells in millions may be given."""
    cells(float(sys.argv[1]) if len(sys.argv) > 1 else 20.0)
    world()


if __name__ == "__main__":
    main()
