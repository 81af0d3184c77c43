"""
What is seen, beside GDAL, GRASS and xarray-spatial: seconds, memory and exactness in one run.

The exact answer is that of walking every line of sight (R3), which is done here too. GDAL is timed from
memory to memory through its Python bindings, in whichever Python has them; GRASS by its module inside
a session, less the same on a raster of 32 x 32 cells; xarray-spatial, over a flat earth, on the window in range.
What is not installed is said. At the end a thousand posts are timed, with their bits packed, over every fifth
row and column of cells and over all.

    python benchmarks/bench_sight.py [SIZE ...]
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from affine import Affine
from bench_terrain import CELL_M, fractal
from peer_programs import TINY, told, usual

from borderzone import posts
from borderzone._kernels.sight import walk
from borderzone.visibility.viewsheds import LineOfSight, Ring, Windows, view_of

HERE = Path(__file__).parent
PEERS = HERE.parent / ".venv-peers" / "bin" / "python"
MAX_KM, OBSERVERS, POSTS = 10.0, 50, 1000


def run_case(program: str, folder: Path) -> dict[str, float] | str:
    """Time a library in a process of its own, or say why not."""
    pythons = {"GDAL": [sys.executable, PEERS, "/usr/bin/python3"], "xarray-spatial": [PEERS]}
    why = "not installed"
    for python in pythons.get(program, [sys.executable]):
        if not Path(python).exists():
            continue
        command = [str(python), str(HERE / "sight_case.py"), program, str(folder)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode == 0:
            found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
            return found
        why = (done.stderr.strip().splitlines() or ["failed"])[-1][:60]
    return f"not there: {why}"


def run_grass(folder: Path, cell: tuple[int, int]) -> dict[str, float] | str:
    """Time r.viewshed inside a session of its own."""
    if shutil.which("grass") is None:
        return "not installed"
    inside = [sys.executable, __file__, "--in-grass", str(folder), *map(str, cell)]
    command = ["grass", "--tmp-location", str(folder / "dem.tif"), "--exec", *inside]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        return f"failed: {done.stderr.strip()[-60:]}"
    found: dict[str, float] = json.loads((folder / "grass.json").read_text())
    with rasterio.open(folder / "grass.tif") as source:
        np.save(folder / "GRASS.one.npy", source.read(1) == 1)
    return found


def in_grass(folder: Path, cell: tuple[int, int]) -> None:
    """Import the heights, look, and write what is seen: run by GRASS."""
    subprocess.run(
        ["r.in.gdal", "-o", "--q", "input=dem.tif", "output=dem"], cwd=folder, check=True
    )
    subprocess.run(["g.region", "raster=dem"], check=True)
    x, y = (cell[1] + 0.5) * CELL_M, -(cell[0] + 0.5) * CELL_M
    look = [
        "r.viewshed", "-b", "-c", "-r", "input=dem", "output=seen", f"coordinates={x},{y}",
        "observer_elevation=10", "target_elevation=1.7", f"max_distance={MAX_KM * 1000}",
        "refraction_coeff=0.13", "memory=4000", "--overwrite", "--quiet",
    ]  # fmt: skip
    whole = usual(look, folder)
    subprocess.run(
        ["r.out.gdal", "-f", "-c", "--q", "input=seen", "output=grass.tif", "type=Byte", "nodata=255"],
        cwd=folder, check=True,
    )  # fmt: skip
    half = TINY / 2 * CELL_M
    box = [f"n={y + half}", f"s={y - half}", f"e={x + half}", f"w={x - half}"]
    subprocess.run(["g.region", *box], check=True)
    found = told(whole, usual(look, folder))
    (folder / "grass.json").write_text(
        json.dumps({"one": found["seconds"], "one_mb": found["peak_mb"]})
    )


def exact_states(dem: Any, cell: tuple[int, int]) -> Any:
    """Walk every line of sight."""
    sight = LineOfSight(height_m=10.0, target_m=1.7, max_km=MAX_KM)
    point = shapely.Point(cell[1] * CELL_M, float(dem["y"][cell[0]]))
    view = view_of(Windows.of(dem), (point.x, point.y), sight)
    states = view.asked(Ring())
    walk(
        view.z, states, 0, 1, view.row, view.column, view.eye, sight.target_m, view.drop, view.gaps
    )
    whole = np.full(dem.shape, 3, dtype=np.uint8)
    whole[view.rows, view.columns] = states[1:-1, 1:-1]
    return whole


def print_row(name: str, found: dict[str, float] | str, folder: Path, states: Any) -> None:
    """Say seconds, exactness and memory of one program."""
    if isinstance(found, str):
        print(f"  {name:16}{found}")
        return
    asked = states != 3
    agrees = (np.load(folder / f"{name}.one.npy").astype(bool) == (states == 1))[asked].mean()
    many = f"{found['many']:10.3f} s" if "many" in found else f"{'-':>12}"
    memory = max(found["one_mb"], found.get("many_mb", 0.0))
    print(f"  {name:16}{found['one'] * 1000:10.1f} ms{agrees:11.3%}{many}{memory:10.0f} MB")


def print_posts(dem: Any, reach: int) -> None:
    """Say how long many posts take, and what their bits hold."""
    spots = np.random.default_rng(2).integers(reach, len(dem["y"]) - reach, size=(POSTS, 2))
    points = shapely.points(dem["x"].to_numpy()[spots[:, 1]], dem["y"].to_numpy()[spots[:, 0]])
    sites = gpd.GeoSeries(points, crs="EPSG:32637")
    whole = dem.copy(data=np.ones(dem.shape, dtype=np.bool_))
    for every in (5, 1):
        posts.sight(dem, sites[:2], whole, max_km=MAX_KM, every=every)
        times = []
        for _ in range(3):
            start = time.perf_counter()
            found = posts.sight(dem, sites, whole, max_km=MAX_KM, every=every)
            times.append(time.perf_counter() - start)
        print(
            f"  {POSTS:,} posts over {found.n_demand:,} cells: {np.median(times):.2f} s, "
            f"{found.bits.nbytes / 1e6:.0f} MB of bits"
        )


def compare(cells: int) -> None:
    """Print the table of one size."""
    dem = fractal(cells)
    draw = np.random.default_rng(1)
    reach = int(MAX_KM * 1000 / CELL_M)
    spots = draw.integers(reach, cells - reach, size=(OBSERVERS, 2)).tolist()
    spots[0] = [cells // 2, cells // 2]
    shared = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 (memory, not a place)
    with tempfile.TemporaryDirectory(dir=shared) as name:
        folder = Path(name)
        np.save(folder / "dem.npy", dem.to_numpy())
        (folder / "case.json").write_text(json.dumps({"cells": spots, "max_km": MAX_KM}))
        with rasterio.open(
            folder / "dem.tif", "w", driver="GTiff", height=cells, width=cells, count=1,
            dtype="float32", crs="EPSG:32637", transform=Affine(CELL_M, 0, 0, 0, -CELL_M, 0),
        ) as target:  # fmt: skip
            target.write(dem.to_numpy(), 1)
        states = exact_states(dem, spots[0])
        print(f"\nseen within {MAX_KM:g} km, {cells} x {cells} cells of {CELL_M:g} m")
        print(f"  {'':16}{'one':>13}{'exact':>11}{f'{OBSERVERS} observers':>12}{'peak':>13}")
        found = {name: run_case(name, folder) for name in ("exact", "fast", "GDAL")}
        found["GRASS"] = run_grass(folder, spots[0])
        found["xarray-spatial"] = run_case("xarray-spatial", folder)
        for program, figures in found.items():
            print_row(program, figures, folder, states)
        for own, peer, what in (
            ("exact", "GRASS", "one"), ("fast", "GDAL", "one"), ("exact", "GDAL", "one"),
            ("fast", "GDAL", "many"), ("exact", "GDAL", "many"),
        ):  # fmt: skip
            one, other = found[own], found[peer]
            if isinstance(one, dict) and isinstance(other, dict):
                print(f"  {peer} / {own}, {what}: {other[what] / one[what]:.1f}")
    print_posts(dem, reach)


def main() -> None:
    """Print a table for each size."""
    if sys.argv[1:2] == ["--in-grass"]:
        in_grass(Path(sys.argv[2]), (int(sys.argv[3]), int(sys.argv[4])))
        return
    for cells in (int(size) for size in sys.argv[1:] or ("2000", "4000")):
        compare(cells)


if __name__ == "__main__":
    main()
