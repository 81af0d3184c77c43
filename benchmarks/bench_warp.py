"""
Rasters in memory onto a turned grid, beside rasterio.warp.reproject: seconds and differences in one run.

    python benchmarks/bench_warp.py [SIDE]
"""

from __future__ import annotations

import sys
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from affine import Affine
from pyproj import CRS, Transformer
from rasterio.enums import Resampling
from rasterio.warp import reproject

from borderzone.grid import Grid
from borderzone.io.warping import on_grid

if TYPE_CHECKING:
    from collections.abc import Callable

OBLIQUE = CRS(
    "+proj=omerc +lat_0=35.4 +lonc=40.6 +alpha=37.9 +gamma=90 +k=1 +ellps=WGS84 +units=m +type=crs"
)
CELL = 1 / 3600
# How, cell of the grid in m.
CASES = (
    ("cubic", 20),
    ("bilinear", 20),
    ("average", 90),
    ("average", 300),
    ("nearest", 20),
    ("mode", 90),
)


def fastest(run: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of the fastest of three calls after a first one, and the answer."""
    run()
    seconds = []
    for _ in range(3):
        started = time.perf_counter()
        found = run()
        seconds.append(time.perf_counter() - started)
    return min(seconds), found


def by_gdal(values: Any, place: Affine, grid: Grid, how: str) -> Any:
    """Bring values in degrees onto a grid, every cell projected as exactly as ours."""
    out = np.zeros(grid.shape, values.dtype)
    reproject(
        values,
        out,
        src_transform=place,
        src_crs="EPSG:4326",
        dst_transform=grid.transform,
        dst_crs=grid.crs.to_wkt(),
        resampling=Resampling[how],
        tolerance=0.002,
    )
    return out


def main() -> None:
    """Print a line a case. One thread each."""
    side = int(sys.argv[1]) if len(sys.argv) > 1 else 2400
    west, north = 40.6 - side * CELL / 2, 35.4 + side * CELL / 2
    place = Affine(CELL, 0, west, 0, -CELL, north)
    rng = np.random.default_rng(1)
    down, across = np.mgrid[0:side, 0:side]
    heights = (500 + 90 * np.sin(across / 9) * np.cos(down / 7)).astype(np.float32)
    codes = np.kron(rng.integers(1, 9, (side // 4, side // 4)), np.ones((4, 4), int)).astype(
        np.uint8
    )
    x, y = Transformer.from_crs(4326, OBLIQUE, always_xy=True).transform(40.6, 35.4)
    for how, cell_m in CASES:
        cells = int(side * 30 * 0.5 / cell_m)
        half = cells * cell_m / 2
        grid = Grid(
            shape=(cells, cells),
            transform=Affine(cell_m, 0, x - half, 0, -cell_m, y + half),
            crs=OBLIQUE,
        )
        values = codes if how in {"nearest", "mode"} else heights
        raster = xr.DataArray(
            values,
            dims=("y", "x"),
            coords={
                "y": north - (np.arange(side) + 0.5) * CELL,
                "x": west + (np.arange(side) + 0.5) * CELL,
            },
            attrs={"crs": "EPSG:4326"},
        )
        read = partial(on_grid, raster, grid, resampling=how)
        ours, found = fastest(lambda read=read: read().read(slice(None), slice(None)))
        theirs, peer = fastest(partial(by_gdal, values, place, grid, how))
        off = np.mean(found != peer) if values is codes else np.sqrt(np.mean((found - peer) ** 2))
        unit = "of cells" if values is codes else "m RMS"
        print(
            f"{how} onto {cell_m} m, {cells:,} x {cells:,} cells: {ours:.3f} s, rasterio {theirs:.3f} s, "
            f"{theirs / ours:.1f}x, differs by {off:.3g} {unit}"
        )


if __name__ == "__main__":
    main()
