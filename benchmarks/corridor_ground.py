"""Ground of the size of the whole corridor at 30 m, made in a few seconds: relief mirrored, a winding strip."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from bench_terrain import CELL_M, fractal

ROWS, COLUMNS = 20_000, 7_400  # 148 million cells: 600 km along, as the oblique frame lays it
HALF_WIDTH = 1_675  # cells: 50 km to each side, 67 million cells in all


def corridor_ground() -> xr.DataArray:
    """Heights in the strip, NaN outside it."""
    tile = fractal(2000).to_numpy()
    side = len(tile)
    z = np.empty((ROWS, COLUMNS), np.float32)
    for top in range(0, ROWS, side):
        for left in range(0, COLUMNS, side):
            # Mirrored at each seam, so that no step is steeper there.
            part = tile[:: -1 if top // side % 2 else 1, :: -1 if left // side % 2 else 1]
            rows, columns = min(side, ROWS - top), min(side, COLUMNS - left)
            z[top : top + rows, left : left + columns] = part[:rows, :columns]
    for number, column in enumerate(middle_column(np.arange(ROWS))):
        z[number, : max(0, column - HALF_WIDTH)] = np.nan
        z[number, column + HALF_WIDTH :] = np.nan
    coords = {"y": np.arange(ROWS)[::-1] * CELL_M, "x": np.arange(COLUMNS) * CELL_M}
    return xr.DataArray(z, coords, ("y", "x"), attrs={"crs": "EPSG:32637", "units": "m"})


def middle_column(row: Any) -> Any:
    """Middle of the strip in each row."""
    return (COLUMNS / 2 + (COLUMNS / 2 - HALF_WIDTH) * np.sin(row / 3000.0)).astype(int)
