"""Make tests/oracles/terrain.npz: layers of seeded ground by GDAL, GRASS and xDEM.

Run with gdaldem and GRASS 8.2 on the path, and a Python that has xDEM 0.2:
``python scripts/oracles_terrain.py PYTHON_WITH_XDEM``.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from oracles_landforms import fractal

CELLS, CELL_M, DISC_CELLS = 48, 30.0, 7
ORACLE = Path(__file__).parent.parent / "tests" / "oracles" / "terrain.npz"

GDAL = {
    "slope_horn": ["slope"],
    "slope_zevenbergen_thorne": ["slope", "-alg", "ZevenbergenThorne"],
    "aspect_horn": ["aspect"],
    "aspect_zevenbergen_thorne": ["aspect", "-alg", "ZevenbergenThorne"],
    "tri_riley": ["TRI", "-alg", "Riley"],
    "tri_wilson": ["TRI", "-alg", "Wilson"],
    "tpi": ["TPI"],
    "roughness": ["roughness"],
    "hillshade": ["hillshade"],
}
XDEM = """
import sys
import numpy as np
from xdem.terrain import get_terrain_attribute
names = ["profile_curvature", "planform_curvature", "curvature", "roughness"]
found = get_terrain_attribute(
    np.load(sys.argv[1]), names, resolution=float(sys.argv[2]),
    surface_fit="ZevenbergThorne", curv_method="geometric",
)
np.savez(sys.argv[3], **{name: np.asarray(layer) for name, layer in zip(names, found)})
"""


def by_gdal(z: Any, folder: Path) -> dict[str, Any]:
    """Every layer of GDALDEM; the outermost cells are left to others."""
    with rasterio.open(
        folder / "dem.tif", "w", driver="GTiff", height=CELLS, width=CELLS, count=1,
        dtype="float32", crs="EPSG:32637", transform=Affine(CELL_M, 0, 5e5, 0, -CELL_M, 4e6),
    ) as target:  # fmt: skip
        target.write(z, 1)
    found = {}
    for name, (mode, *options) in GDAL.items():
        out = folder / f"{name}.tif"
        command = ["gdaldem", mode, str(folder / "dem.tif"), str(out), "-q", *options]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 (fixed commands)
        with rasterio.open(out) as source:
            found[f"gdal_{name}"] = source.read(1)
    return found


def by_grass(folder: Path) -> dict[str, Any]:
    """Slope and aspect of r.slope.aspect; mean, highest and lowest of a disc of r.neighbors."""
    outputs = {"slope": "-f", "aspect": "-f", "mean": "-d", "highest": "-f", "lowest": "-f"}
    size = 2 * DISC_CELLS + 1
    lines = [
        "set -e",
        f"r.in.gdal -o --q input={folder}/dem.tif output=dem",
        "g.region raster=dem",
        "r.slope.aspect --q -n elevation=dem slope=slope aspect=aspect precision=FCELL",
        f"r.neighbors --q -c input=dem output=mean size={size} method=average",
        f"r.neighbors --q -c input=dem output=highest size={size} method=maximum",
        f"r.neighbors --q -c input=dem output=lowest size={size} method=minimum",
        *(
            f"r.out.gdal -f -c --q input={name} output={folder}/{name}.tif type=Float64 nodata=-9999"
            for name in outputs
        ),
    ]
    (folder / "run.sh").write_text("\n".join(lines))
    command = ["grass", "--tmp-location", "EPSG:32637", "--exec", "bash", str(folder / "run.sh")]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 (a fixed command)
    found = {}
    for name in outputs:
        with rasterio.open(folder / f"{name}.tif") as source:
            found[f"grass_{name}"] = source.read(1).astype(np.float32)
    return found


def by_xdem(z: Any, folder: Path, python: str) -> dict[str, Any]:
    """Curvatures of the surface of Zevenbergen and Thorne, and roughness."""
    np.save(folder / "z.npy", z)
    command = [python, "-c", XDEM, folder / "z.npy", str(CELL_M), folder / "xdem.npz"]
    subprocess.run(list(map(str, command)), check=True, capture_output=True)  # noqa: S603
    with np.load(folder / "xdem.npz") as found:
        return {f"xdem_{name}": found[name].astype(np.float32) for name in found}


def main(python: str) -> None:
    """Write the heights and the layers."""
    heights = fractal(0)[:CELLS, :CELLS]
    z = (heights / 10).astype(np.float32)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        layers = by_gdal(z, folder) | by_grass(folder) | by_xdem(z, folder, python)
    np.savez_compressed(ORACLE, heights_dm=heights, cell_m=CELL_M, disc_cells=DISC_CELLS, **layers)
    print(f"{ORACLE}: {ORACLE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1])
