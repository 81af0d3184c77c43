"""Make tests/oracles/warp.npz: rough seeded heights in degrees on oblique grids, by gdalwarp.

Run with gdalwarp 3.6 on the path: ``PYTHONPATH=tests python scripts/oracles_warp.py``.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
from affine import Affine
from tile_cases import grid_at, write_tif

if TYPE_CHECKING:
    from borderzone.grid import Grid

ORACLE = Path(__file__).parent.parent / "tests" / "oracles" / "warp.npz"
CELLS = 120  # rows and columns that are kept


def warped(file: Path, grid: Grid, method: str, folder: Path) -> Any:
    """Warp by gdalwarp, every cell projected exactly and weighed in float64."""
    (folder / "crs.wkt").write_text(grid.crs.to_wkt(), encoding="utf-8")
    rows, columns = grid.shape
    command = [
        "gdalwarp", "-q", "-overwrite", "-et", "0", "-r", method, "-wt", "Float64",
        "-t_srs", str(folder / "crs.wkt"), "-te", *map(str, grid.bounds),
        "-ts", str(columns), str(rows), str(file), str(folder / "out.tif"),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 (a fixed command)
    with rasterio.open(folder / "out.tif") as source:
        return source.read(1)[:CELLS, :CELLS]


def main() -> None:
    """Write the answers."""
    noise = np.random.default_rng(1).normal(500, 30, (500, 500)).astype(np.float32)
    cell = 1 / 3600
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = write_tif(folder / "a.tif", noise, Affine(cell, 0, 41.0, 0, -cell, 35.5))
        grid = grid_at(41.07, 35.43, resolution_m=10, shape=(300, 300))
        np.savez_compressed(ORACLE, cubic_10m=warped(file, grid, "cubic", folder))
    print(f"{ORACLE}: {ORACLE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
