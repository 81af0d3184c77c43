"""Make tests/oracles/sight.npz: what GRASS and GDAL see on seeded ground.

Run with GRASS 8 and gdal_viewshed on the path: ``python scripts/oracles_sight.py``. Both follow rules
of their own. GRASS r.viewshed sweeps a line around the observer and interpolates heights where it meets
a cell; GDAL takes the height of the line of sight from two neighbours nearer the observer. Both
stand observers in cell centres. The share of cells in range that agree with this library is stored
beside them.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import shapely
from affine import Affine
from pyproj import CRS

from borderzone import visibility
from borderzone.grid import Grid

CELLS, CELL_M, MAX_KM = 120, 30.0, 1.6
HEIGHT_M, TARGET_M, REFRACTION = 10.0, 1.7, 0.13
OBSERVERS = ((60, 60), (30, 80), (5, 5), (100, 40))
ORACLE = Path(__file__).parent.parent / "tests" / "oracles" / "sight.npz"
LEFT, TOP = 5e5, 4e6


def ground() -> Any:
    """Seeded heights in whole decimetres, waves the higher the longer they are."""
    wave = np.hypot(np.fft.rfftfreq(CELLS)[None], np.fft.fftfreq(CELLS)[:, None])
    wave[0, 0] = np.inf
    noise = np.fft.rfft2(np.random.default_rng(4).normal(size=(CELLS, CELLS)))
    z = np.fft.irfft2(noise * wave**-2.0, s=(CELLS, CELLS))
    return np.round(1000 * (z - z.min()) / np.ptp(z)).astype(np.int16)


def centre(cell: tuple[int, int]) -> tuple[float, float]:
    """Tell x and y of a cell centre."""
    return LEFT + (cell[1] + 0.5) * CELL_M, TOP - (cell[0] + 0.5) * CELL_M


def by_gdal(folder: Path, cell: tuple[int, int]) -> Any:
    """See with gdal_viewshed."""
    x, y = centre(cell)
    command = [
        "gdal_viewshed", "-q", "-ox", x, "-oy", y, "-oz", HEIGHT_M, "-tz", TARGET_M,
        "-md", MAX_KM * 1000, "-cc", 1 - REFRACTION, folder / "dem.tif", folder / "gdal.tif",
    ]  # fmt: skip
    subprocess.run(list(map(str, command)), check=True, capture_output=True)  # noqa: S603
    with rasterio.open(folder / "gdal.tif") as source:
        # What is out of range is left out of the answer.
        seen = source.read(1) == 255
        top, left = (
            round((TOP - source.transform.f) / CELL_M),
            round((source.transform.c - LEFT) / CELL_M),
        )
    whole = np.zeros((CELLS, CELLS), dtype=np.bool_)
    whole[top : top + seen.shape[0], left : left + seen.shape[1]] = seen
    return whole


def by_grass(folder: Path) -> list[Any]:
    """See with r.viewshed, curvature and refraction on."""
    lines = [
        "set -e",
        f"r.in.gdal -o --q input={folder}/dem.tif output=dem",
        "g.region raster=dem",
    ]
    for n, cell in enumerate(OBSERVERS):
        x, y = centre(cell)
        lines += [
            (
                f"r.viewshed --q -b -c -r input=dem output=v{n} coordinates={x},{y} "
                f"observer_elevation={HEIGHT_M} target_elevation={TARGET_M} "
                f"max_distance={MAX_KM * 1000} refraction_coeff={REFRACTION}"
            ),
            f"r.out.gdal -f -c --q input=v{n} output={folder}/v{n}.tif type=Byte nodata=255",
        ]
    (folder / "run.sh").write_text("\n".join(lines))
    command = ["grass", "--tmp-location", "EPSG:32637", "--exec", "bash", str(folder / "run.sh")]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 (a fixed command)
    found = []
    for n in range(len(OBSERVERS)):
        with rasterio.open(folder / f"v{n}.tif") as source:
            found.append(source.read(1) == 1)
    return found


def main() -> None:
    """Write the heights, what the programs see, and how far they agree with this library."""
    heights = ground()
    z = heights / np.float32(10)
    transform = Affine(CELL_M, 0, LEFT, 0, -CELL_M, TOP)
    dem = Grid(shape=z.shape, transform=transform, crs=CRS(32637)).wrap(z)
    kept: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with rasterio.open(
            folder / "dem.tif", "w", driver="GTiff", height=CELLS, width=CELLS, count=1,
            dtype="float32", crs="EPSG:32637", transform=transform,
        ) as target:  # fmt: skip
            target.write(z, 1)
        grass = by_grass(folder)
        for n, cell in enumerate(OBSERVERS):
            states = visibility.viewshed(
                dem,
                shapely.Point(centre(cell)),
                HEIGHT_M,
                TARGET_M,
                MAX_KM,
                REFRACTION,
                states=True,
            ).to_numpy()
            for program, seen in (("grass", grass[n]), ("gdal", by_gdal(folder, cell))):
                kept[f"{program}_{n}"] = seen
                share = float((seen == (states == 1))[states < 3].mean())
                kept[f"{program}_{n}_agrees"] = share
                print(f"{program:6}{cell!s:12}{share:8.2%} of {(states < 3).sum()} cells")
    np.savez_compressed(ORACLE, heights_dm=heights, cells=OBSERVERS, max_km=MAX_KM, **kept)
    print(f"{ORACLE}: {ORACLE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
