"""
Travel time beside other programs, in the same run: seconds, ratios, memory, and how exact each is.

Each case is a process of its own; seconds are the median of three calls after the first (one call where it
takes longer than 20 s). r.walk of GRASS is timed inside a session, its raster in GRASS's own format, reading
and writing included. Beside the speed stand two measures of exactness: how far an answer is from the
named one at most, in shares of it, and from the true circle on a plane.

    python benchmarks/bench_access.py [--corridor] [SIZE ...]

`--corridor` runs the 67 million cells of the whole corridor at 30 m instead, and tells time and peak
memory beyond the inputs.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import rasterio
from affine import Affine
from bench_terrain import CELL_M, fractal
from corridor_ground import ROWS, corridor_ground, middle_column
from stages import highest_mb

from borderzone import access

HERE = Path(__file__).resolve().parent
PEERS = HERE.parent / ".venv-peers" / "bin" / "python"
PLANE = 501  # cells along a side of the plane on which circles are measured


@dataclass(frozen=True)
class Case:
    """Who does what, whose answer it is held against, and how many times faster we want to be."""

    who: str
    task: str
    what: str
    against: str = ""
    ours: str = ""
    aim: float = 0.0


CASES = (
    Case("borderzone", "naismith-8", "Naismith-Langmuir, 8 neighbours", "GRASS.8"),
    Case("GRASS", "8", "r.walk, 8 neighbours", "", "naismith-8"),
    Case("scipy", "naismith-8", "graph and Dijkstra, 8 neighbours", "GRASS.8", "naismith-8"),
    Case("borderzone", "naismith-16-direct", "the same, knight's moves of r.walk", "GRASS.16"),
    Case("GRASS", "16", "r.walk -k, knight's moves", "", "naismith-16-direct", 8),
    Case("borderzone", "naismith-16", "the same, knight's steps in halves", "GRASS.16"),
    Case("borderzone", "foot-16", "Irmischer-Clarke, 16 neighbours"),
    Case("borderzone", "vehicle-16", "vehicle off road, 16 neighbours"),
    Case("borderzone", "foot-16-traced", "the same on foot, nearest origin and way back", "borderzone.foot-16"),
    Case("borderzone", "isotropic", "cost surface, isotropic, 8 neighbours", "scikit-image.isotropic"),
    Case("scikit-image", "isotropic", "MCP_Geometric", "", "isotropic", 2),
    Case("xarray-spatial", "isotropic", "cost_distance", "scikit-image.isotropic", "isotropic", 2),
    Case("Whitebox", "isotropic", "cost_distance", "scikit-image.isotropic", "isotropic", 2),
)  # fmt: skip


def run_library(name: str, task: str, folder: Path) -> dict[str, float] | str:
    """Time a Python library on a task, or say why not."""
    python = PEERS if name in {"xarray-spatial", "Whitebox"} else Path(sys.executable)
    if not python.exists():
        return "not installed"
    command = [str(python), str(HERE / "access_case.py"), name, task, str(folder)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        return "failed: " + (done.stderr.strip().splitlines() or ["no output"])[-1][:90]
    found: dict[str, float] = json.loads(lines[-1])
    return found


def run_grass(folder: Path, cells: int) -> dict[str, float] | str:
    """Run r.walk with and without knight's moves; their seconds by "8" and "16"."""
    z = np.load(folder / "dem.npy")
    with rasterio.open(
        folder / "dem.tif", "w", driver="GTiff", width=cells, height=cells, count=1,
        dtype="float32", crs="EPSG:32637", transform=Affine(CELL_M, 0, 0, 0, -CELL_M, cells * CELL_M),
    ) as target:  # fmt: skip
        target.write(z, 1)
    x = (cells // 2 + 0.5) * CELL_M
    y = cells * CELL_M - x
    walk = f"r.walk --q elevation=dem friction=none lambda=1 start_coordinates={x},{y}"
    lines = [
        "set -e",
        "r.in.gdal -o --q input=dem.tif output=dem",
        "g.region raster=dem",
        "r.mapcalc --q expression='none=0.0'",
    ]
    for name, flag in (("8", ""), ("16", "-k")):
        lines += [
            "begin=$(date +%s%N)",
            f"{walk} {flag} output=w{name}",
            f'echo "{name} $(( $(date +%s%N) - begin ))" >> seconds.txt',
            f"r.out.bin -f --q input=w{name} output=w{name}.bin bytes=8 null=-1",
        ]
    (folder / "run.sh").write_text("\n".join(lines))
    command = ["grass", "--tmp-location", "EPSG:32637", "--exec", "bash", "run.sh"]
    try:
        subprocess.run(command, check=True, capture_output=True, cwd=folder)
    except (OSError, subprocess.CalledProcessError) as error:
        return f"failed: {error}"[:90]
    for name in ("8", "16"):
        seconds = np.fromfile(folder / f"w{name}.bin").reshape(cells, cells)
        np.save(folder / f"GRASS.{name}.npy", (seconds / 3600).astype(np.float32))
    told = (line.split() for line in (folder / "seconds.txt").read_text().splitlines())
    return {name: int(nanoseconds) / 1e9 for name, nanoseconds in told}


def apart(folder: Path, name: str, other: str) -> str:
    """Largest difference of two answers, in shares of the other one."""
    if not other or not all((folder / f"{who}.npy").exists() for who in (name, other)):
        return ""
    found, expected = (np.load(folder / f"{who}.npy").astype(float) for who in (name, other))
    known = np.isfinite(expected) & (expected > 0)
    largest = (np.abs(found - expected)[known] / expected[known]).max()
    return f"{largest:.1e} of {other.partition('.')[0]}"


def off_circle(folder: Path, name: str) -> str:
    """Largest distance of isochrones on a plane from circles, in shares of the radius."""
    path = folder / f"{name}.npy"
    if not path.exists():
        return ""
    found = np.load(path).astype(float)
    middle = PLANE // 2
    row, column = np.mgrid[:PLANE, :PLANE]
    straight = np.hypot(row - middle, column - middle)
    per_cell = found[middle, middle + 100] / 100
    ratio = found[straight > 10] / straight[straight > 10] / per_cell
    return f"{np.abs(ratio - 1).max():.2%}"


def write_ground(folder: Path, z: Any, friction: Any) -> None:
    """Write heights and costs as every case reads them."""
    np.save(folder / "dem.npy", z.astype(np.float32))
    np.save(folder / "friction.npy", friction.astype(np.float32))


def run_all(folder: Path, cells: int) -> dict[str, Any]:
    """Run every case on the ground of a folder."""
    grass = run_grass(folder, cells)
    found: dict[str, Any] = {}
    for case in CASES:
        key = f"{case.who}.{case.task}"
        if case.who != "GRASS":
            found[key] = run_library(case.who, case.task, folder)
        else:
            found[key] = grass if isinstance(grass, str) else {"seconds": grass[case.task]}
    return found


def print_table(cells: int, folder: Path, plane: Path, found: dict[str, Any]) -> None:
    """Print a row for each case: speed and, beside it, exactness."""
    print(f"\ntravel time, {cells} x {cells} cells of 30 m, one start in the middle")
    print(
        f"{'':62}{'seconds':>9}{'ratio':>9}{'aim':>5}{'met':>5}{'MB':>7}  {'apart':25}off the circle"
    )
    for case in CASES:
        key = f"{case.who}.{case.task}"
        row, title = found[key], f"{case.who:15}{case.what}"
        if isinstance(row, str):
            print(f"{title:62}{row}")
            continue
        ours = found.get(f"borderzone.{case.ours}") if case.ours else None
        ratio = row["seconds"] / ours["seconds"] if isinstance(ours, dict) else 0.0
        told = f"{ratio:8.1f}x" if ratio else ""
        met = ("yes" if ratio >= case.aim else "no") if case.aim else ""
        memory = f"{row['peak_mb']:7.0f}" if "peak_mb" in row else ""
        print(
            f"{title:62}{row['seconds']:9.3f}{told:>9}{f'{case.aim:g}x' if case.aim else '':>5}"
            f"{met:>5}{memory:>7}  {apart(folder, key, case.against):25}{off_circle(plane, key)}"
        )


def resident_mb() -> float:
    """Resident memory of this process now."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    return int(found[1]) * 1024 / 1e6 if found else float("nan")


def corridor() -> None:
    """Time the whole corridor at 30 m, and print the peak of memory beyond the elevation."""
    small = fractal(64)
    dem = corridor_ground()
    rows = np.linspace(500, ROWS - 500, 30).astype(int)
    posts = gpd.GeoSeries.from_xy(
        dem["x"].to_numpy()[middle_column(rows)], dem["y"].to_numpy()[rows], crs=32637
    )
    n_open = int(np.isfinite(dem.to_numpy()).sum())
    print(
        f"whole corridor at 30 m: {dem.size / 1e6:.0f} million cells, {n_open / 1e6:.0f} million open"
    )
    print(f"{'':52}{'seconds':>9}{'peak beyond the elevation':>28}")
    for function, speed in (
        (access.travel_time, "foot"), (access.travel_time, "vehicle_off_road"), (access.travel, "foot"),
    ):  # fmt: skip
        function(small, gpd.GeoSeries.from_xy([900.0], [900.0], crs=32637), speed=speed)
        before = resident_mb()
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        start = time.perf_counter()
        found = function(dem, posts, speed=speed)
        seconds = time.perf_counter() - start
        beyond = (highest_mb() - before) * 1e6 / 2**30
        print(
            f"{function.__name__ + ', ' + speed + ', 30 posts':52}{seconds:9.1f}{beyond:24.2f} GiB"
        )
        del found


def main() -> None:
    """Print a table for each size, or the run of the corridor."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("sizes", nargs="*", type=int, metavar="SIZE", help="cells along a side")
    parser.add_argument("--corridor", action="store_true", help="the whole corridor at 30 m")
    asked = parser.parse_args()
    if asked.corridor:
        corridor()
        return
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - files in memory
    with tempfile.TemporaryDirectory(dir=memory) as flat:
        plane = Path(flat)
        write_ground(plane, np.zeros((PLANE, PLANE)), np.ones((PLANE, PLANE)))
        run_all(plane, PLANE)
        for cells in asked.sizes or [2000, 4000]:
            with tempfile.TemporaryDirectory(dir=memory) as name:
                folder, dem = Path(name), fractal(cells).to_numpy()
                steep = np.hypot(*np.gradient(dem, CELL_M))
                write_ground(folder, dem, 1.0 + 3.0 * np.minimum(steep, 1.0))
                print_table(cells, folder, plane, run_all(folder, cells))


if __name__ == "__main__":
    main()
