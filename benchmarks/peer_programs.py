"""
Programs of Debian beside this library: GDAL, GRASS and SAGA.

They read and write files, here in memory (/dev/shm), so their time is told without that of starting
up. Of GDAL's programs that of copying the same raster is taken off, reading and writing included.
SAGA and the modules of GRASS, timed inside one session, are run on a raster of 32 x 32 cells too,
which is taken off; reading and writing their own formats stays in.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from threading import Thread
from time import perf_counter, sleep
from typing import Any

import numpy as np
import rasterio
from stages import highest_mb

TINY = 32
SLOW_S = 15.0  # a program slower than this is run once

GDALDEM = {
    "slope": ["slope"],
    "tri": ["TRI", "-alg", "Riley"],
    "tpi": ["TPI"],
    "roughness": ["roughness"],
}
GRASS = {
    "slope": ["r.slope.aspect", "-e", "elevation=dem", "slope=out"],
    "four": [
        "r.slope.aspect", "-e", "elevation=dem", "slope=out", "aspect=aspect", "pcurvature=profile",
        "tcurvature=tangential",
    ],
    "geomorphons": [
        "r.geomorphon", "elevation=dem", "forms=out", "search=10", "skip=0", "flat=1",
    ],
}  # fmt: skip
SAGA = {
    "vrm": ["ta_morphometry", "17", "-DEM", "{dem}", "-VRM", "{out}", "-RADIUS", "1", "-MODE", "0"],
    "openness": [
        "ta_lighting", "5", "-DEM", "{dem}", "-POS", "{out}", "-RADIUS", "300", "-METHOD", "1",
        "-NDIRS", "8", "-UNIT", "1",
    ],
    "four": [
        "ta_morphometry", "0", "-ELEVATION", "{dem}", "-SLOPE", "{out}", "-ASPECT", "aspect.sgrd",
        "-C_PROF", "profile.sgrd", "-C_PLAN", "plan.sgrd", "-METHOD", "6", "-UNIT_SLOPE", "1",
    ],
}  # fmt: skip


def once(command: list[str], folder: Path) -> tuple[float, float]:
    """
    Run a program; seconds and its highest resident memory in MB.

    The memory is asked of the kernel while the program runs: what it tells of a finished child is
    never less than the parent had when the child was made.
    """
    memory: list[float] = [0.0]
    start = perf_counter()
    with (folder / "said.txt").open("w") as said:
        process = subprocess.Popen(command, cwd=folder, stdout=said, stderr=said)
        watch = Thread(target=_watch, args=(process.pid, memory))
        watch.start()
        process.wait()
        seconds = perf_counter() - start
        watch.join()
    if process.returncode:
        text = (folder / "said.txt").read_text(errors="replace").strip()
        raise RuntimeError(text[-200:] or f"{command[0]} failed")
    return seconds, memory[0]


def _watch(process: int, memory: list[float]) -> None:
    while True:
        try:
            now = highest_mb(process)
        except OSError:
            return
        if np.isnan(now):  # it has ended, and waits to be asked
            return
        memory[0] = now
        sleep(0.003)


def usual(command: list[str], folder: Path) -> tuple[float, float]:
    """Run a program three times after a first; the median of the seconds, and the highest memory."""
    first, peak = once(command, folder)
    if first > SLOW_S:
        return first, peak
    runs = [once(command, folder) for _ in range(3)]
    return float(np.median([seconds for seconds, _ in runs])), max(memory for _, memory in runs)


def told(whole: tuple[float, float], overhead: tuple[float, float]) -> dict[str, float]:
    """Take off what starting up costs; never less than a millisecond is left."""
    return {"seconds": max(whole[0] - overhead[0], 1e-3), "peak_mb": whole[1]}


def gdal(task: str, folder: Path) -> dict[str, float]:
    """Time gdaldem."""
    out = str(folder / f"GDAL.{task}.tif")
    command = ["gdaldem", *GDALDEM[task], "dem.tif", out, "-compute_edges", "-q"]
    whole = usual(command, folder)
    return told(whole, usual(["gdal_translate", "-q", "dem.tif", "copy.tif"], folder))


def saga(task: str, folder: Path) -> dict[str, float]:
    """Time saga_cmd, without the progress that it prints."""
    small = ["-srcwin", "0", "0", str(TINY), str(TINY)]
    for name, window in (("dem", []), ("tiny", small)):
        once(["gdal_translate", "-q", *window, "-of", "SAGA", "dem.tif", f"{name}.sdat"], folder)
    found = {}
    for name in ("dem", "tiny"):
        put = [part.format(dem=f"{name}.sgrd", out=f"{name}_out.sgrd") for part in SAGA[task]]
        found[name] = usual(["saga_cmd", "-f=q", f"--cores={os.cpu_count()}", *put], folder)
    once(["gdal_translate", "-q", "dem_out.sdat", f"SAGA.{task}.tif"], folder)
    return told(found["dem"], found["tiny"])


def grass(task: str, folder: Path) -> dict[str, float]:
    """Time a module of GRASS inside a session of its own."""
    inside = [sys.executable, __file__, task, str(folder)]
    subprocess.run(
        ["grass", "--tmp-location", str(folder / "dem.tif"), "--exec", *inside],
        check=True, capture_output=True,
    )  # fmt: skip
    found: dict[str, float] = json.loads((folder / "grass.json").read_text())
    return found


def in_grass(task: str, folder: Path) -> None:
    """Import the heights, time the module, and write its answer: run by GRASS."""
    once(["r.in.gdal", "-o", "input=dem.tif", "output=dem"], folder)
    module = [*GRASS[task], "--overwrite", "--quiet"]
    once(["g.region", f"n=s+{TINY * 30}", f"e=w+{TINY * 30}"], folder)
    overhead = usual(module, folder)
    once(["g.region", "raster=dem"], folder)
    found = told(usual(module, folder), overhead)
    once(["r.out.gdal", "-f", "-c", "input=out", f"output=GRASS.{task}.tif", "format=GTiff",
          "type=Float32", "nodata=-9999", "--overwrite"], folder)  # fmt: skip
    (folder / "grass.json").write_text(json.dumps(found))


PROGRAMS = {
    "GDAL": ("gdaldem", gdal, GDALDEM),
    "GRASS": ("grass", grass, GRASS),
    "SAGA": ("saga_cmd", saga, SAGA),
}


def run_program(name: str, task: str, folder: Path) -> dict[str, float] | str:
    """Time a program on a task, or say why not."""
    command, run, _ = PROGRAMS[name]
    if shutil.which(command) is None:
        return "not installed"
    try:
        return run(task, folder)
    except (RuntimeError, subprocess.CalledProcessError) as error:
        return f"failed: {error}"


def answer(name: str, task: str, folder: Path) -> Any:
    """Read the raster that a program wrote."""
    with rasterio.open(folder / f"{name}.{task}.tif") as source:
        return source.read(1, masked=True).astype(np.float32).filled(np.nan)


if __name__ == "__main__":
    in_grass(sys.argv[1], Path(sys.argv[2]))
