"""
What is seen, by one program in a process of its own: what `bench_sight.py` runs.

    python sight_case.py PROGRAM FOLDER

Reads FOLDER/dem.npy and FOLDER/case.json. One observer is called once and then five times more, fifty
are called once after a warm start; the median and the highest memory are printed as JSON. What the first
observer sees is left in FOLDER/PROGRAM.npy. GDAL's bindings may live in a Python that has nothing else, so
only numpy is loaded for all.
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
LEAST_RUNS = 5


def as_raster(z: Any) -> Any:
    """Give the heights coordinates and a frame in metres; row 0 is the highest y."""
    import xarray as xr  # noqa: PLC0415 - each library is loaded by its own case only

    y, x = -np.arange(z.shape[0]) * CELL_M, np.arange(z.shape[1]) * CELL_M
    return xr.DataArray(z, {"y": y, "x": x}, ("y", "x"), attrs={"crs": "EPSG:32637"})


def borderzone(method: str, z: Any, case: dict[str, Any]) -> tuple[Callable[..., Any], ...]:
    """Look with this library."""
    import shapely  # noqa: PLC0415

    from borderzone import visibility  # noqa: PLC0415

    dem = as_raster(z)
    points = [shapely.Point(column * CELL_M, -row * CELL_M) for row, column in case["cells"]]

    def one() -> Any:
        return visibility.viewshed(dem, points[0], max_km=case["max_km"], method=method)

    def all_of_them() -> Any:
        return visibility.cumulative_viewshed(dem, points, max_km=case["max_km"], method=method)

    return one, all_of_them


def gdal(_: str, z: Any, case: dict[str, Any]) -> tuple[Callable[..., Any], ...]:
    """Look with GDAL's bindings, from memory to memory."""
    from osgeo import gdal as library  # noqa: PLC0415

    library.UseExceptions()
    source = library.GetDriverByName("MEM").Create("", z.shape[1], z.shape[0], 1, 6)
    source.SetGeoTransform((0, CELL_M, 0, 0, 0, -CELL_M))
    source.GetRasterBand(1).WriteArray(z)

    def look(cell: tuple[int, int]) -> Any:
        x, y = (cell[1] + 0.5) * CELL_M, -(cell[0] + 0.5) * CELL_M
        found = library.ViewshedGenerate(
            source.GetRasterBand(1), "MEM", "", [], x, y, 10.0, 1.7, 1, 0, 0, -1.0, 0.87,
            library.GVM_Edge, case["max_km"] * 1000, heightMode=library.GVOT_NORMAL,
        )  # fmt: skip
        frame = found.GetGeoTransform()
        return found.ReadAsArray(), round(-frame[3] / CELL_M), round(frame[0] / CELL_M)

    def one() -> Any:
        seen, top, left = look(case["cells"][0])
        whole = np.zeros(z.shape, dtype=np.bool_)
        whole[top : top + seen.shape[0], left : left + seen.shape[1]] = seen
        return whole

    def all_of_them() -> Any:
        counts = np.zeros(z.shape, dtype=np.uint16)
        for cell in case["cells"]:
            seen, top, left = look(cell)
            counts[top : top + seen.shape[0], left : left + seen.shape[1]] += seen
        return counts

    return one, all_of_them


def xarray_spatial(_: str, z: Any, case: dict[str, Any]) -> tuple[Callable[..., Any], ...]:
    """Look with xarray-spatial, over a flat earth, on the window in range."""
    import xrspatial  # noqa: PLC0415

    reach = int(case["max_km"] * 1000 / CELL_M)
    dem = as_raster(z)

    def one() -> Any:
        row, column = case["cells"][0]
        rows, columns = (slice(max(at - reach, 0), at + reach + 1) for at in (row, column))
        part = dem[rows, columns]
        seen = xrspatial.viewshed(
            part, x=column * CELL_M, y=-row * CELL_M, observer_elev=10.0, target_elev=1.7
        )
        whole = np.zeros(z.shape, dtype=np.bool_)
        whole[rows, columns] = seen.to_numpy() >= 0
        return whole

    return (one,)


CASES: dict[str, Any] = {
    "exact": borderzone,
    "fast": borderzone,
    "GDAL": gdal,
    "xarray-spatial": xarray_spatial,
}


def main() -> None:
    """Time one case."""
    program, folder = sys.argv[1], Path(sys.argv[2])
    case = json.loads((folder / "case.json").read_text())
    calls = CASES[program](program, np.load(folder / "dem.npy"), case)
    told: dict[str, float] = {}
    for name, call, runs in zip(("one", "many"), calls, (LEAST_RUNS, 1), strict=False):
        answer = call()
        times = []
        for _ in range(runs if name == "one" else 2):
            start = time.perf_counter()
            answer = call()
            times.append(time.perf_counter() - start)
        told[name] = float(np.median(times))
        np.save(folder / f"{program}.{name}.npy", np.asarray(answer))
        told[f"{name}_mb"] = highest_mb()
    print(json.dumps(told))


if __name__ == "__main__":
    main()
