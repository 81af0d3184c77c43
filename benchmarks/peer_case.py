"""
One task by one Python library, in a process of its own: what `bench_peers.py` runs.

    python peer_case.py LIBRARY TASK FOLDER

Reads FOLDER/dem.npy (or dem.tif, where a library has a raster type of its own), calls once so that
anything that compiles or caches has done so, then three times more, and prints the median as JSON
with the highest memory of the process. The last answer is left in FOLDER/LIBRARY.TASK.npy.
"""

from __future__ import annotations

import json
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from stages import highest_mb

if TYPE_CHECKING:
    from collections.abc import Callable

CELL_M = 30.0
SEARCH_CELLS = 10
CURVATURES = ("profile_curvature_per_m", "plan_curvature_per_m")


def first(layers: Any) -> Any:
    """First layer of a data set, of a list, or the only one there is, as an array."""
    if hasattr(layers, "data_vars"):
        return next(iter(layers.data_vars.values())).to_numpy()
    return np.asarray(layers[0] if isinstance(layers, (list, tuple)) else layers)


def as_raster(z: Any) -> Any:
    """Give the heights coordinates and a frame in metres."""
    import xarray as xr  # noqa: PLC0415 - each library is loaded by its own case only

    y, x = np.arange(z.shape[0])[::-1] * CELL_M, np.arange(z.shape[1]) * CELL_M
    return xr.DataArray(
        z, {"y": y, "x": x}, ("y", "x"), attrs={"crs": "EPSG:32637", "res": (CELL_M, CELL_M)}
    )


def borderzone(task: str, folder: Path) -> tuple[Callable[[], Any], Callable[[Any], Any]]:
    """Build a case of this library."""
    from borderzone import terrain  # noqa: PLC0415
    from borderzone.terrain.elevation import Elevation  # noqa: PLC0415
    from borderzone.terrain.horizons import openness  # noqa: PLC0415

    dem = as_raster(np.load(folder / "dem.npy"))
    layers = {
        "four": ["slope_deg", "aspect_deg", *CURVATURES],
        "six": ["slope_deg", "aspect_deg", *CURVATURES, "tri_m", "tpi_m"],
    }
    if task in layers or task == "fused":
        return partial(terrain.attributes, dem, layers=layers.get(task, "all")), first
    reach = SEARCH_CELLS * CELL_M
    calls: dict[str, Callable[[], Any]] = {
        "copy": np.load(folder / "dem.npy").copy,
        "slope": lambda: terrain.slope(dem),
        "tri": lambda: terrain.tri_riley(dem),
        "tpi": lambda: terrain.tpi(dem),
        "vrm": lambda: terrain.vrm(dem),
        "roughness": lambda: terrain.attributes(dem, layers="roughness_m")["roughness_m"],
        "geomorphons": lambda: terrain.geomorphons(dem, search_m=reach, skip_m=0.0, flat_deg=1.0),
        "openness": lambda: openness(Elevation.of(dem), reach, "positive"),
    }
    return calls[task], np.asarray


def xarray_spatial(task: str, folder: Path) -> tuple[Callable[[], Any], Callable[[Any], Any]]:
    """Build a case of xarray-spatial."""
    import xrspatial  # noqa: PLC0415

    dem = as_raster(np.load(folder / "dem.npy"))
    return {"slope": partial(xrspatial.slope, dem)}[task], np.asarray


def xdem(task: str, folder: Path) -> tuple[Callable[[], Any], Callable[[Any], Any]]:
    """Build a case of xDEM, by its numba engine."""
    from xdem import terrain  # noqa: PLC0415

    z = np.load(folder / "dem.npy")
    six = [
        "slope", "aspect", "profile_curvature", "planform_curvature",
        "terrain_ruggedness_index", "topographic_position_index",
    ]  # fmt: skip
    asked: dict[str, tuple[list[str], str]] = {
        "slope": (["slope"], "Horn"),
        "tri": (["terrain_ruggedness_index"], "Florinsky"),
        "tpi": (["topographic_position_index"], "Florinsky"),
        "roughness": (["roughness"], "Florinsky"),
        "six": (six, "ZevenbergThorne"),
    }
    names, fit = asked[task]
    return partial(
        terrain.get_terrain_attribute, z, names, resolution=CELL_M, surface_fit=fit, engine="numba"
    ), first


def whitebox(task: str, folder: Path) -> tuple[Callable[[], Any], Callable[[Any], Any]]:
    """Build a case of Whitebox Workflows; its rasters are made before, and turned to arrays after."""
    import whitebox_workflows  # noqa: PLC0415

    tools = whitebox_workflows.WbEnvironment()
    tools.verbose = False
    dem = tools.read_raster(str(folder / "dem.tif"))
    calls: dict[str, Callable[[], Any]] = {
        "slope": partial(tools.slope, dem),
        "tri": partial(tools.ruggedness_index, dem),
        "geomorphons": partial(
            tools.geomorphons, dem, search_distance=SEARCH_CELLS, flatness_threshold=1.0,
            skip_distance=0, output_forms=True,
        ),
        "openness": partial(tools.openness, dem, dist=SEARCH_CELLS),
    }  # fmt: skip

    def to_array(found: Any) -> Any:
        raster = found[0] if isinstance(found, (list, tuple)) else found
        path = folder / "whitebox.tif"
        tools.write_raster(raster, str(path), options={"compress": False})
        import rasterio  # noqa: PLC0415

        with rasterio.open(path) as source:
            values = source.read(1, masked=True).filled(0)
        # Whitebox gives the root of the mean square, Riley that of the sum over eight neighbours.
        return values * np.sqrt(8) if task == "tri" else values

    return calls[task], to_array


LIBRARIES = {
    "borderzone": borderzone,
    "xarray-spatial": xarray_spatial,
    "xDEM": xdem,
    "Whitebox": whitebox,
}


def main() -> None:
    """Time one case."""
    library, task, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    call, to_array = LIBRARIES[library](task, folder)
    before = highest_mb()
    answer = call()
    times = []
    for _ in range(3):
        start = time.perf_counter()
        answer = call()
        times.append(time.perf_counter() - start)
    print(
        json.dumps({
            "seconds": float(np.median(times)), "peak_mb": highest_mb(), "before_mb": before,
        })
    )  # fmt: skip
    np.save(folder / f"{library}.{task}.npy", np.squeeze(np.asarray(to_array(answer))))


if __name__ == "__main__":
    main()
