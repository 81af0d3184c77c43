"""Speed of the terrain layers, against plain numpy and against copying the array, in the same run."""

from __future__ import annotations

import sys
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from scipy import ndimage

from borderzone import terrain

if TYPE_CHECKING:
    from collections.abc import Callable

CELL_M = 30.0


def fractal(cells: int) -> xr.DataArray:
    """Seeded ground of 1200 m relief on a square of cells."""
    x = np.fft.fftfreq(cells)
    wave = np.hypot(x[: cells // 2 + 1], x[:, None])
    wave[0, 0] = np.inf
    noise = np.fft.rfft2(np.random.default_rng(0).normal(size=(cells, cells)))
    ground = np.fft.irfft2(wave**-2.0 * noise, s=(cells, cells))
    ground = 1200 * (ground - ground.min()) / np.ptp(ground)
    coords = {"y": np.arange(cells)[::-1] * CELL_M, "x": np.arange(cells) * CELL_M}
    return xr.DataArray(
        ground.astype(np.float32), coords, ("y", "x"), attrs={"crs": "EPSG:32637", "units": "m"}
    )


def warm(function: Callable[[], Any], repeats: int = 5) -> float:
    """Median of several runs in seconds, after a first one that may compile."""
    function()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def numpy_slope(z: Any) -> Any:
    """Horn's slope as whole-array statements, without the rim."""
    east = (z[:-2, 2:] - z[:-2, :-2]) + 2 * (z[1:-1, 2:] - z[1:-1, :-2]) + (z[2:, 2:] - z[2:, :-2])
    north = (z[:-2, :-2] - z[2:, :-2]) + 2 * (z[:-2, 1:-1] - z[2:, 1:-1]) + (z[:-2, 2:] - z[2:, 2:])
    return np.degrees(np.arctan(np.hypot(east, north) / np.float32(8 * CELL_M)))


def numpy_tri(z: Any) -> Any:
    """Riley's index as whole-array statements, without the rim."""
    middle, total = z[1:-1, 1:-1], 0
    for down in range(3):
        for right in range(3):
            total = total + (z[down : down - 2 or None, right : right - 2 or None] - middle) ** 2
    return np.sqrt(total)


def numpy_tpi(z: Any) -> Any:
    """Position above the mean of eight neighbours by a filter of scipy."""
    return (z - ndimage.uniform_filter(z, 3)) * np.float32(9 / 8)


def main() -> None:
    """Print a table for each size."""
    for cells in (int(size) for size in sys.argv[1:] or ("2000", "4000")):
        dem = fractal(cells)
        z = dem.to_numpy()
        copy = warm(z.copy)
        cases: list[tuple[str, Callable[[], Any], Callable[[], Any] | None]] = [
            ("slope", partial(terrain.slope, dem), partial(numpy_slope, z)),
            ("aspect", partial(terrain.aspect, dem), None),
            ("tri_riley", partial(terrain.tri_riley, dem), partial(numpy_tri, z)),
            ("tpi", partial(terrain.tpi, dem), partial(numpy_tpi, z)),
            ("vrm", partial(terrain.vrm, dem), None),
            ("hillshade", partial(terrain.hillshade, dem), None),
            ("relief, 300 m", partial(terrain.relief, dem, radius_m=300.0), None),
            ("attributes, all six", partial(terrain.attributes, dem), None),
        ]
        print(f"terrain, {cells} x {cells} cells, float32; one copy of the array: {copy:.4f} s")
        print(f"{'':22}{'seconds':>9}{'copies':>9}{'numpy / this':>14}")
        for name, function, plain in cases:
            taken = warm(function, 3)
            ratio = f"{warm(plain, 3) / taken:.1f}" if plain else ""
            print(f"{name:22}{taken:9.4f}{taken / copy:9.1f}{ratio:>14}")


if __name__ == "__main__":
    main()
