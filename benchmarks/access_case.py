"""
One travel-time task by one library, in a process of its own: what `bench_access.py` runs.

    python access_case.py LIBRARY TASK FOLDER

Reads FOLDER/dem.npy (heights of 30 m cells) and FOLDER/friction.npy (cost of a cell), calls once so that
anything that compiles has done so, then again, and prints the seconds (the median, of as many calls as a minute
allows, three at most) and the highest memory as JSON. The last answer is left in FOLDER/LIBRARY.TASK.npy.
Loading files is never timed.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from stages import highest_mb

if TYPE_CHECKING:
    from collections.abc import Callable

CELL_M = 30.0
KM_H = 5.0  # speed where the cost is 1
SLOW_S = 20.0


def as_raster(z: Any) -> Any:
    """Give an array coordinates and a frame in metres."""
    import xarray as xr  # noqa: PLC0415 - each library is loaded by its own case only

    y, x = np.arange(z.shape[0])[::-1] * CELL_M, np.arange(z.shape[1]) * CELL_M
    return xr.DataArray(z, {"y": y, "x": x}, ("y", "x"), attrs={"crs": "EPSG:32637"})


def borderzone(task: str, folder: Path) -> Callable[[], Any]:
    """
    Build a case of this library.

    Tasks are named SPEED-NEIGHBOURS[-direct][-traced], or "isotropic".
    """
    import geopandas as gpd  # noqa: PLC0415

    from borderzone import access  # noqa: PLC0415

    z, friction = np.load(folder / "dem.npy"), np.load(folder / "friction.npy")
    middle = (len(z) // 2) * CELL_M
    post = gpd.GeoSeries.from_xy([middle], [(len(z) - 1) * CELL_M - middle], crs=32637)
    if task == "isotropic":
        ground, factor = as_raster(np.zeros_like(z)), as_raster(1 / friction)
        return lambda: access.travel_time(
            ground, post, speed=constant, neighbours=8, surface_factor=factor
        ).to_numpy()
    name, neighbours, *more = task.split("-")
    options: Any = {
        "speed": {"naismith": "naismith_langmuir", "vehicle": "vehicle_off_road"}.get(name, name),
        "neighbours": int(neighbours),
        "knight": "direct" if "direct" in more else "halves",
    }
    dem = as_raster(z)
    function = access.travel if "traced" in more else access.travel_time

    def call() -> Any:
        found = function(dem, post, **options)
        return (found["travel_time_h"] if "traced" in more else found).to_numpy()

    return call


def constant(_: Any) -> float:
    """Give the speed of isotropic tasks."""
    return KM_H


def hours(cost: Any) -> Any:
    """Turn costs in cells into hours."""
    return np.asarray(cost) * (CELL_M / 1000 / KM_H)


def scikit_image(task: str, folder: Path) -> Callable[[], Any]:
    """Build a case of scikit-image."""
    from skimage.graph import MCP_Geometric  # noqa: PLC0415

    friction = np.load(folder / f"{'friction' if task == 'isotropic' else task}.npy")
    middle = len(friction) // 2
    return lambda: hours(MCP_Geometric(friction).find_costs([(middle, middle)])[0])


def xarray_spatial(task: str, folder: Path) -> Callable[[], Any]:
    """Build a case of xarray-spatial, whose distance is in the units of its coordinates."""
    from xrspatial import cost_distance  # noqa: PLC0415

    friction = np.load(folder / f"{'friction' if task == 'isotropic' else task}.npy")
    start = np.zeros_like(friction)
    start[len(start) // 2, len(start) // 2] = 1
    source, costs = as_raster(start), as_raster(friction)
    return lambda: hours(cost_distance(source, costs) / CELL_M)


def whitebox(task: str, folder: Path) -> Callable[[], Any]:
    """Build a case of Whitebox Workflows."""
    import rasterio  # noqa: PLC0415
    import whitebox_workflows  # noqa: PLC0415
    from affine import Affine  # noqa: PLC0415

    tools = whitebox_workflows.WbEnvironment()
    tools.verbose = False
    friction = np.load(folder / f"{'friction' if task == 'isotropic' else task}.npy")
    start = np.zeros_like(friction)
    start[len(start) // 2, len(start) // 2] = 1
    rasters = []
    for name, values in (("start", start), ("costs", friction)):
        path = folder / f"{name}.tif"
        with rasterio.open(
            path, "w", driver="GTiff", width=len(values), height=len(values), count=1,
            dtype="float32", crs="EPSG:32637", transform=Affine(CELL_M, 0, 0, 0, -CELL_M, 0),
        ) as target:  # fmt: skip
            target.write(values, 1)
        rasters.append(tools.read_raster(str(path)))

    def call() -> Any:
        return tools.cost_distance(*rasters)

    def answer(found: Any) -> Any:
        tools.write_raster(found[0], str(folder / "wbw.tif"), options={"compress": False})
        with rasterio.open(folder / "wbw.tif") as source:
            return hours(source.read(1) / CELL_M)

    call.answer = answer  # type: ignore[attr-defined]
    return call


def scipy_graph(task: str, folder: Path) -> Callable[[], Any]:
    """Build a case of scipy: a graph of 8 neighbours under the cost of r.walk, built anew each time."""
    from scipy.sparse import coo_array  # noqa: PLC0415
    from scipy.sparse.csgraph import dijkstra  # noqa: PLC0415

    z = np.load(folder / f"{'dem' if task == 'naismith-8' else task}.npy").astype(np.float64)
    n = len(z)
    number = np.arange(n * n, dtype=np.int32).reshape(n, n)

    def call() -> Any:
        ends, costs = [], []
        for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
            one = (slice(0, n - down), slice(max(0, -right), n - max(0, right)))
            other = (slice(down, n), slice(max(0, right), n + min(0, right)))
            length = CELL_M * np.hypot(down, right)
            for a, b in ((one, other), (other, one)):
                slope = (z[b] - z[a]) / length
                per_rise = np.where(slope >= 0, 6.0, np.where(slope < -0.2125, -1.9998, 1.9998))
                costs.append((length * (0.72 + per_rise * slope) / 3600).ravel())
                ends.append((number[a].ravel(), number[b].ravel()))
        begin, end = (np.concatenate(part) for part in zip(*ends, strict=True))
        graph = coo_array((np.concatenate(costs), (begin, end)), shape=(n * n, n * n)).tocsr()
        return dijkstra(graph, indices=number[n // 2, n // 2]).reshape(n, n)

    return call


LIBRARIES = {
    "borderzone": borderzone,
    "scikit-image": scikit_image,
    "xarray-spatial": xarray_spatial,
    "Whitebox": whitebox,
    "scipy": scipy_graph,
}


def main() -> None:
    """Time one case."""
    library, task, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    call = LIBRARIES[library](task, folder)
    times: list[float] = []
    while True:
        start = time.perf_counter()
        found = call()
        times.append(time.perf_counter() - start)
        if len(times) == 4 or times[0] > SLOW_S:
            break
    answer = getattr(call, "answer", np.asarray)(found)
    seconds = float(np.median(times[1:])) if len(times) > 1 else times[0]
    print(json.dumps({"seconds": seconds, "peak_mb": highest_mb()}))
    np.save(folder / f"{library}.{task}.npy", np.asarray(answer, dtype=np.float32))


if __name__ == "__main__":
    main()
