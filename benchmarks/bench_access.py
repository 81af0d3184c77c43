"""Speed of travel time, against the isotropic solver of scikit-image in the same run."""

from __future__ import annotations

import sys
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
from bench_terrain import CELL_M, fractal
from skimage.graph import MCP_Geometric

from borderzone import access

if TYPE_CHECKING:
    from collections.abc import Callable


def best_of(function: Callable[[], Any], repeats: int = 3) -> float:
    """Return the shortest of several runs in seconds, after a first one that may compile."""
    function()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def isotropic_costs(costs: Any, start: tuple[int, int]) -> Any:
    """Least costs from a cell, the same whichever way one goes."""
    return MCP_Geometric(costs).find_costs([start])


def main() -> None:
    """Print a table for each size."""
    for cells in (int(size) for size in sys.argv[1:] or ("1000", "2000")):
        dem = fractal(cells)
        middle = cells // 2
        post = gpd.GeoSeries.from_xy([middle * CELL_M], [middle * CELL_M], crs=32637)
        isotropic = best_of(partial(isotropic_costs, np.ones((cells, cells)), (middle, middle)), 1)
        print(
            f"travel time, {cells} x {cells} cells; scikit-image, isotropic, 8 neighbours: "
            f"{isotropic:.2f} s"
        )
        print(f"{'':32}{'seconds':>9}{'scikit-image / this':>21}")
        for speed in ("foot", "vehicle_off_road"):
            for neighbours in (8, 16):
                taken = best_of(
                    partial(access.travel_time, dem, post, speed=speed, neighbours=neighbours), 2
                )
                name = f"{speed}, {neighbours} neighbours"
                print(f"{name:32}{taken:9.2f}{isotropic / taken:21.1f}")


if __name__ == "__main__":
    main()
