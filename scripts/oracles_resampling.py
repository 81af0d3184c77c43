"""Make tests/oracles/resampling.npz: heights in degrees as gdalwarp brings them onto an oblique grid.

Run with GDAL 3.6 on the path: ``python scripts/oracles_resampling.py``.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from pyproj import Transformer

CELLS, CELL_DEG, WEST, NORTH = 160, 1 / 3600, 41.0, 35.5
OBLIQUE = (
    "+proj=omerc +lat_0=35.4 +lonc=40.6 +alpha=37.9 +gamma=90 +k=1 +x_0=0 +y_0=0 +ellps=WGS84"
    " +units=m +type=crs"
)
# Method, cell of the grid in m, cells along a side.
GRIDS = (("cubic", 10, 100), ("average", 47, 40), ("average", 90, 20))
ORACLE = Path(__file__).parent.parent / "tests" / "oracles" / "resampling.npz"


def relief() -> Any:
    """Seeded ground with a spectral slope of 3.4, 2 m from one cell to the next, in decimetres."""
    x = np.fft.fftfreq(CELLS)
    wave = np.hypot(x[: CELLS // 2 + 1], x[:, None])
    wave[0, 0] = np.inf
    noise = np.fft.rfft2(np.random.default_rng(1).normal(size=(CELLS, CELLS)))
    ground = np.fft.irfft2(wave**-1.7 * noise, s=(CELLS, CELLS))
    return np.round(5000 + 20 * ground / np.abs(np.diff(ground)).mean()).astype(np.int16)


def warped(source: Path, method: str, cell_m: int, side: int) -> tuple[Any, Any]:
    """Heights on a grid around the middle of the source, every cell projected exactly; its corner."""
    to_metres = Transformer.from_crs(4326, OBLIQUE, always_xy=True)
    middle = CELLS * CELL_DEG / 2
    x, y = to_metres.transform(WEST + middle, NORTH - middle)
    left, top = round(x - side * cell_m / 2), round(y + side * cell_m / 2)
    out = source.with_name("out.tif")
    bounds = (left, top - side * cell_m, left + side * cell_m, top)
    command = ["gdalwarp", "-q", "-overwrite", "-et", "0", "-t_srs", OBLIQUE, "-r", method, "-te"]
    command += [*map(str, bounds), "-tr", str(cell_m), str(cell_m), str(source), str(out)]
    subprocess.run(command, check=True)  # noqa: S603 (a fixed command)
    with rasterio.open(out) as found:
        return found.read(1), np.array([left, top])


def main() -> None:
    """Write the oracle."""
    heights_dm = relief()
    results: dict[str, Any] = {"heights_dm": heights_dm}
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "relief.tif"
        with rasterio.open(
            source,
            "w",
            driver="GTiff",
            width=CELLS,
            height=CELLS,
            count=1,
            dtype="float32",
            crs="EPSG:4326",
            transform=Affine(CELL_DEG, 0, WEST, 0, -CELL_DEG, NORTH),
        ) as target:
            target.write((heights_dm / 10).astype(np.float32), 1)
        for method, cell_m, side in GRIDS:
            values, corner = warped(source, method, cell_m, side)
            results[f"{method}_{cell_m}"] = values
            results[f"{method}_{cell_m}_corner"] = corner
    np.savez_compressed(ORACLE, **results)


if __name__ == "__main__":
    main()
