"""Speed of geomorphons, openness and incision beside other programs, in the same run.

WhiteboxTools runs where ``BORDERZONE_PEERS_PYTHON`` names an interpreter that has
``whitebox_workflows``, GRASS where ``grass`` is on the path. Both times are given: wall and
processor, of the computation alone; GRASS reads and writes its own rasters within that.
Agreement with GRASS is that of the method. WhiteboxTools looks along ten cells on the diagonals too, and
calls a line level by the sum of its two angles: with both changed here it agrees in every cell.
Arguments: sizes in cells.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
from bench_terrain import CELL_M, fractal

from borderzone import terrain
from borderzone.terrain.elevation import Elevation
from borderzone.terrain.horizons import incision, openness

if TYPE_CHECKING:
    from collections.abc import Callable

    import xarray as xr

SEARCH_CELLS = 10
Timing = tuple[float, float, Any]

_WHITEBOX = """
import json, sys, time
import whitebox_workflows as w
env = w.WbEnvironment()
env.verbose = False
dem = env.read_raster(sys.argv[1])
wall, cpu = time.perf_counter(), time.process_time()
if sys.argv[3] == "geomorphons":
    found = env.geomorphons(dem, search_distance=int(sys.argv[4]), flatness_threshold=1.0)
else:
    found = env.openness(dem, dist=int(sys.argv[4]))[0]
taken = time.perf_counter() - wall, time.process_time() - cpu
env.write_raster(found, sys.argv[2])
print(json.dumps(taken))
"""


def this(function: Callable[[], Any]) -> Timing:
    """Best wall and processor time of five runs after one that may compile, and the answer."""
    answer, walls, cpus = function(), [], []
    for _ in range(5):
        wall, cpu = time.perf_counter(), time.process_time()
        function()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return min(walls), min(cpus), answer


def by_whitebox(dem: Path, what: str, folder: Path) -> Timing | None:
    """Run one tool of WhiteboxTools, where its interpreter is named; best of two."""
    python = os.environ.get("BORDERZONE_PEERS_PYTHON")
    if not python:
        return None
    out = folder / f"whitebox_{what}.tif"
    command = [python, "-c", _WHITEBOX, str(dem), str(out), what, str(SEARCH_CELLS)]
    runs = []
    for _ in range(2):
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        runs.append(json.loads(done.stdout.strip().splitlines()[-1]))
    with rasterio.open(out) as source:
        return min(wall for wall, _ in runs), min(cpu for _, cpu in runs), source.read(1)


def by_grass(dem: Path, folder: Path) -> Timing | None:
    """Run r.geomorphon, where GRASS is on the path."""
    grass = shutil.which("grass")
    if not grass:
        return None
    out = folder / "grass.tif"
    script = folder / "run.sh"
    script.write_text(
        f"set -e\nr.in.gdal --q input={dem} output=z\ng.region raster=z\nTIMEFORMAT='%R %U %S'\n"
        f"time r.geomorphon --q elevation=z forms=f search={SEARCH_CELLS} skip=0 flat=1\n"
        f"r.out.gdal --q -f -m input=f output={out} type=Byte nodata=0 createopt=COMPRESS=LZW\n"
    )
    command = [grass, "--tmp-location", "EPSG:32637", "--exec", "bash", str(script)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    lines = (line.split() for line in done.stderr.splitlines())
    wall, user, system = next(
        tuple(map(float, line)) for line in lines if len(line) == 3 and line[0][0].isdigit()
    )
    with rasterio.open(out) as source:
        return wall, user + system, source.read(1)


def inner(values: Any) -> Any:
    """Cells whose lines stay within the raster."""
    return np.asarray(values)[SEARCH_CELLS:-SEARCH_CELLS, SEARCH_CELLS:-SEARCH_CELLS]


def row(name: str, own: Timing, peer: str = "", other: Timing | None = None) -> None:
    """Print one line, with how far the other program agrees."""
    line = f"{name:14}{own[0]:9.3f}{own[1]:9.3f}"
    if other:
        line += f"  {peer:12}{other[0]:9.3f}{other[1]:9.3f}{other[0] / own[0]:9.1f}{other[1] / own[1]:9.1f}"
        a, b = inner(own[2]), inner(other[2])
        line += (
            f"  {(a == b).mean():.4%} equal"
            if a.dtype == np.uint8
            else f"  median difference {np.median(np.abs(a - b)):.2g}, largest {np.abs(a - b).max():.2g}"
        )
    print(line)


def table(dem: xr.DataArray, folder: Path) -> None:
    """Time everything on one raster."""
    cells, far = dem.shape[0], SEARCH_CELLS * CELL_M
    print(f"landforms, {cells} x {cells} cells, float32, {SEARCH_CELLS} cells each way")
    print(f"{'':14}{'wall s':>9}{'cpu s':>9}{'':14}{'wall s':>9}{'cpu s':>9}", end="")
    print(f"{'x wall':>9}{'x cpu':>9}")
    path = folder / "dem.tif"
    profile: dict[str, Any] = {"driver": "GTiff", "dtype": "float32", "count": 1}
    place = rasterio.transform.from_origin(0, cells * CELL_M, CELL_M, CELL_M)
    profile |= {"width": cells, "height": cells, "crs": "EPSG:32637", "transform": place}
    with rasterio.open(path, "w", **profile) as out:
        out.write(dem.to_numpy(), 1)
    own = this(partial(terrain.geomorphons, dem, search_m=far))
    row("geomorphons", own, "whitebox", by_whitebox(path, "geomorphons", folder))
    row("geomorphons", own, "grass", by_grass(path, folder))
    # The other program leaves out cells at the distance itself, and gives both in one call.
    up = this(partial(openness, Elevation.of(dem), 0.999 * far, "positive"))
    down = this(partial(openness, Elevation.of(dem), 0.999 * far, "negative"))
    both = (up[0] + down[0], up[1] + down[1], up[2])
    row("openness, both", both, "whitebox", by_whitebox(path, "openness", folder))
    row("incision", this(partial(incision, Elevation.of(dem), far)))
    row("wadis", this(partial(terrain.wadis, dem, search_m=far)))


def main() -> None:
    """Print a table for each size."""
    for cells in (int(size) for size in sys.argv[1:] or ("2000", "4000")):
        with tempfile.TemporaryDirectory() as folder:
            table(fractal(cells), Path(folder))


if __name__ == "__main__":
    main()
