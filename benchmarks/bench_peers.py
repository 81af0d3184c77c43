"""
Terrain beside other programs, in the same run: seconds, ratios, memory, and how far answers differ.

Each case is a process of its own. Of Python libraries the seconds are the median of three calls after
the first; of programs see `peer_programs.py`. Libraries live in `.venv-peers` (`make peers`), because
some of them need older versions than this project. What is not installed is said.

    python benchmarks/bench_peers.py [--small] [--tasks slope,vrm] [SIZE ...]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from bench_terrain import CELL_M, fractal
from peer_programs import PROGRAMS, answer, run_program

HERE = Path(__file__).resolve().parent
PEERS = HERE.parent / ".venv-peers" / "bin" / "python"
RIM = 12  # cells at the edge, which every program treats in its own way, are not compared


@dataclass(frozen=True)
class Task:
    """What is computed, by whom, and the aim: how many times faster than whom, in how many copies."""

    title: str
    peers: tuple[str, ...]
    aim: float
    against: str = ""  # the fastest, where it is not named
    copies: float | None = None
    classes: bool = False
    unit: str = ""
    other_formula: tuple[str, ...] = ()  # peers whose first layer is another quantity


TASKS = {
    "slope": Task(
        "slope, Horn", ("GDAL", "xarray-spatial", "xDEM", "GRASS", "Whitebox"), 15, copies=2,
        unit="°", other_formula=("Whitebox",),
    ),
    "tri": Task("TRI, Riley", ("GDAL", "xDEM", "Whitebox"), 5, copies=2, unit="m"),
    "tpi": Task("TPI, 8 neighbours", ("GDAL", "xDEM"), 5, copies=2, unit="m"),
    "roughness": Task("roughness", ("GDAL", "xDEM"), 5, copies=2, unit="m"),
    "vrm": Task("VRM, 3 x 3", ("SAGA",), 20),
    "four": Task(
        "slope, aspect, 2 curvatures", ("GRASS", "SAGA"), 20, "GRASS", unit="°",
        other_formula=("SAGA",),
    ),
    "six": Task(
        "the same, TRI and TPI", ("xDEM",), 20, unit="°", other_formula=("xDEM",),
    ),
    "geomorphons": Task(
        "geomorphons, 10 cells", ("Whitebox", "GRASS"), 10, "Whitebox", classes=True
    ),
    "openness": Task("openness, 10 cells", ("Whitebox", "SAGA"), 5, unit="°"),
    "fused": Task("terrain.attributes, all", (), 0),
}  # fmt: skip


def run_library(name: str, task: str, folder: Path) -> dict[str, float] | str:
    """Time a Python library on a task, or say why not."""
    python = sys.executable if name == "borderzone" else PEERS
    if not Path(python).exists():
        return "not installed"
    command = [python, HERE / "peer_case.py", name, task, folder]
    done = subprocess.run(list(map(str, command)), check=False, capture_output=True, text=True)
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        return "failed: " + (done.stderr.strip().splitlines() or ["no output"])[-1][:90]
    found: dict[str, float] = json.loads(lines[-1])
    return found


def difference(name: str, task: str, folder: Path) -> str:
    """Say how far the answers of a peer and of this library are apart, off the rim."""
    if name in TASKS[task].other_formula:
        return "another formula"
    theirs = (
        answer(name, task, folder) if name in PROGRAMS else np.load(folder / f"{name}.{task}.npy")
    )
    ours = np.load(folder / f"borderzone.{task}.npy")
    inner = (slice(RIM, -RIM),) * 2
    ours, theirs = ours[inner], theirs[inner]
    if TASKS[task].classes:
        return f"{(ours == theirs).mean():.2%} equal"
    known = np.isfinite(ours) & np.isfinite(theirs)
    return f"{np.abs(ours[known] - theirs[known]).max():.2g} {TASKS[task].unit}"


def print_task(name: str, folder: Path, copy_s: float) -> None:
    """Time a task by this library and its peers, and print a row for each."""
    task = TASKS[name]
    ours = run_library("borderzone", name, folder)
    if isinstance(ours, str):
        print(f"{task.title:30}{ours}")
        return
    copies = ours["seconds"] / copy_s
    aim = "" if task.copies is None else f"{task.copies:g} copies"
    met = "" if task.copies is None else "yes" if copies <= task.copies else "no"
    print(
        f"{task.title:30}{ours['seconds']:9.4f}{'':9}{copies:8.1f}{aim:>12}{met:>5}"
        f"{ours['peak_mb']:8.0f}"
    )
    found = {
        peer: (run_program if peer in PROGRAMS else run_library)(peer, name, folder)
        for peer in task.peers
    }
    there = {peer: row for peer, row in found.items() if not isinstance(row, str)}
    judged = task.against or min(there, key=lambda peer: there[peer]["seconds"], default="")
    for peer, row in found.items():
        if isinstance(row, str):
            print(f"  {peer:28}{row}")
            continue
        ratio = row["seconds"] / ours["seconds"]
        aim = f"{task.aim:g}x" if peer == judged else ""
        met = ("yes" if ratio >= task.aim else "no") if aim else ""
        print(
            f"  {peer:28}{row['seconds']:9.4f}{ratio:8.1f}x{row['seconds'] / copy_s:8.1f}{aim:>12}"
            f"{met:>5}{row['peak_mb']:8.0f}  {difference(peer, name, folder)}"
        )


def write_heights(cells: int, folder: Path) -> None:
    """Write the same seeded ground as an array and as a plain GeoTIFF."""
    z = fractal(cells).to_numpy()
    np.save(folder / "dem.npy", z)
    profile: dict[str, Any] = {
        "driver": "GTiff", "width": cells, "height": cells, "count": 1, "dtype": "float32",
        "crs": "EPSG:32637", "transform": Affine(CELL_M, 0, 500_000, 0, -CELL_M, 4_000_000),
    }  # fmt: skip
    with rasterio.open(folder / "dem.tif", "w", **profile) as target:
        target.write(z, 1)


def main() -> None:
    """Print a table for each size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("sizes", nargs="*", type=int, metavar="SIZE", help="cells along a side")
    parser.add_argument("--small", action="store_true", help="500 cells, to try it out")
    parser.add_argument("--tasks", default=",".join(TASKS), help="some of " + ", ".join(TASKS))
    asked = parser.parse_args()
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - files in memory
    for cells in [500] if asked.small else asked.sizes or [2000, 4000]:
        with tempfile.TemporaryDirectory(dir=memory) as name:
            folder = Path(name)
            write_heights(cells, folder)
            copy = run_library("borderzone", "copy", folder)
            if isinstance(copy, str):
                sys.exit(copy)
            print(f"\nterrain, {cells} x {cells} cells, float32; a copy: {copy['seconds']:.4f} s")
            print(
                f"{'':30}{'seconds':>9}{'ratio':>9}{'copies':>8}{'aim':>12}{'met':>5}{'MB':>8}  apart"
            )
            for task in asked.tasks.split(","):
                print_task(task, folder, copy["seconds"])


if __name__ == "__main__":
    main()
