"""Ground made by hand, and plain statements of what is computed on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from borderzone import terrain
from borderzone._cells import cells_inside
from borderzone.terrain import horizons
from borderzone.terrain.elevation import Elevation

if TYPE_CHECKING:
    from collections.abc import Callable

    from borderzone._typing import FloatArray
    from borderzone.grid import Grid


def layer(name: str) -> Callable[[xr.DataArray], xr.DataArray]:
    """Give the function that computes one layer of the ground."""
    return lambda dem: terrain.attributes(dem, layers=name)[name]


tri_wilson, roughness = layer("tri_wilson_m"), layer("roughness_m")
profile_curvature = layer("profile_curvature_per_m")
plan_curvature = layer("plan_curvature_per_m")
total_curvature = layer("total_curvature_per_m")
WINDOW = (terrain.slope, terrain.aspect, terrain.tri_riley, tri_wilson, terrain.tpi)


def openness_positive(dem: xr.DataArray, radius_m: float) -> xr.DataArray:
    """Look upward within any radius."""
    return horizons.openness(Elevation.of(dem), radius_m, "positive")


def openness_negative(dem: xr.DataArray, radius_m: float) -> xr.DataArray:
    """Look downward within any radius."""
    return horizons.openness(Elevation.of(dem), radius_m, "negative")


def incision(dem: xr.DataArray, radius_m: float = 500.0) -> xr.DataArray:
    """Depth below the ground on both sides within any radius."""
    return horizons.incision(Elevation.of(dem), radius_m)


def raster(z: Any, dx: float = 1.0, dy: float | None = None, **attrs: Any) -> xr.DataArray:
    """North-up raster in a projected CRS."""
    z = np.asarray(z)
    dy = dx if dy is None else dy
    coords = {"y": 4e6 - np.arange(z.shape[0]) * dy, "x": 5e5 + np.arange(z.shape[1]) * dx}
    return xr.DataArray(z, coords, ("y", "x"), attrs={"crs": "EPSG:32637", "units": "m", **attrs})


def plane(east: float, north: float, cell: float = 30.0, shape: tuple[int, int] = (7, 8)) -> Any:
    """Ground that rises evenly to the east and to the north."""
    row, column = np.mgrid[: shape[0], : shape[1]] * cell
    return raster(east * column - north * row + 900.0, cell)


def rough(shape: tuple[int, int] = (23, 31), seed: int = 0, size: float = 40.0) -> FloatArray:
    """Ground without any regularity."""
    return size * np.random.default_rng(seed).normal(size=shape) + 500.0


def centre(layer: xr.DataArray) -> float:
    """Value in the middle."""
    return float(layer[layer.shape[0] // 2, layer.shape[1] // 2])


def gradient(z: FloatArray, dx: float, dy: float, method: str = "horn") -> tuple[Any, Any]:
    """Rise over run east and north, in numpy, for a raster with a halo of one cell."""
    east, north = z[:, 2:] - z[:, :-2], z[:-2] - z[2:]
    if method == "zevenbergen_thorne":
        return east[1:-1] / (2 * dx), north[:, 1:-1] / (2 * dy)
    return (
        (east[:-2] + 2 * east[1:-1] + east[2:]) / (8 * dx),
        (north[:, :-2] + 2 * north[:, 1:-1] + north[:, 2:]) / (8 * dy),
    )


def extended(z: FloatArray, halo: int) -> FloatArray:
    """Beyond the rim the ground goes on as it came."""
    return np.pad(z, halo, mode="reflect", reflect_type="odd")


def disc(radius: float, dx: float = 1.0, dy: float = 1.0) -> Any:
    """Cells whose centre is no farther than the radius."""
    rows, columns = int(radius // dy), int(radius // dx)
    y, x = np.mgrid[-rows : rows + 1, -columns : columns + 1]
    return np.hypot(x * dx, y * dy) <= radius


def covered(shape: Any, grid: Grid) -> Any:
    """Mark the cells of a grid that lie inside a polygon."""
    found = np.zeros(grid.shape, bool)
    found.ravel()[cells_inside(shape, grid)] = True
    return found
