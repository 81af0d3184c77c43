"""
The whole corridor at 30 m: `borderzone report` beside the same ground made by hand.

The elevation is SYNTHETIC: `scripts/synthetic_relief_30m.py` writes it first if it is not there. The
command runs in a process of its own, the hand-made pipeline in another, in the environment of the
peers. Both tell time and peak memory by stage: the report in its `timing.json`, the other by
`stages.py`. Then come lines of code, and how far the answers differ. The report draws figures and
computes detection and unit counts as well; what both give is the ground, so that is compared too.

    python benchmarks/bench_corridor_30m.py [--depth-km 50] [--terrain-m 30] [--tiles FOLDER]
"""

from __future__ import annotations

import argparse
import ast
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd
from peer_programs import once

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PEERS = ROOT / ".venv-peers" / "bin" / "python"
WORK_M, SEGMENT_KM = 2000, 10  # the working grid is the nearest whole number of fine cells
# Compared segment by segment, with the unit of their difference.
BY_SEGMENT = {
    "slope_deg": "degrees",
    "tri_m": "m",
    "relief_m": "m",
    "remote_share_both": "share",
    "hours_median": "h",
    "patrol_speed_factor": "share",
}

STUDY = """\
name = "SYNTHETIC relief at {terrain_m} m"
a = "IRQ"
b = "SYR"
dem = "{tiles}/SYNTHETIC_30m_*.tif"

[scenario]
depth_km = {depth_km}
segment_km = {segment_km}
resolution_m = {work_m}
"""
FINER = "terrain_resolution_m = {terrain_m}\n"


def report(study: Path, folder: Path) -> float:
    """Run `borderzone report`; the seconds of the whole process."""
    command = [sys.executable, "-m", "borderzone.cli", "report", str(study), "-o", "report"]
    return once(command, folder)[0]


def reported(folder: Path) -> dict[str, float]:
    """Read from the tables of the report what the script by hand gives too."""
    tables = folder / "report" / "tables"
    shares = pd.read_csv(tables / "flagged_share.csv").query("side == 'both'")
    shares = shares.set_index(["mode", "threshold_h"])
    zones = pd.read_csv(tables / "zones.csv")
    return {
        "zones_km2": float(zones.loc[zones["kind"] == "remote_desert", "area_km2"].sum()),
        "remote_share": float(shares.loc[("vehicle_off_road", 2.0), "remote_share"]),
        "cave_share_of_rock": float(shares["cave_share_rank2plus_of_known"].iloc[0]),
    }


def statements(source: str) -> int:
    """Count the lines of a program, one statement to a line, without comments and docstrings."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.FunctionDef)) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return sum(1 for line in ast.unparse(tree).splitlines() if line.strip())


# Steps of the report that the hand-made pipeline has no part of.
BEYOND_GROUND = (
    "detection",
    "required",
    "kits",
    "incidents",
    "figure",
    "report",
    "manifest",
)


def stages_of_report(folder: Path) -> dict[str, dict[str, float]]:
    """Read what each step of the report took."""
    timing = json.loads((folder / "report" / "timing.json").read_text(encoding="utf-8"))
    return {
        name: {"seconds": seconds, "peak_mb": timing["peak_mb"][name]}
        for name, seconds in timing["seconds"].items()
    }


def print_stages(title: str, table: dict[str, dict[str, float]], seconds: float) -> float:
    """Print a table of stages, and the whole process below it; give its peak memory in MB."""
    peak = max(row["peak_mb"] for row in table.values())
    print(f"\n{title:44}{'seconds':>9}{'peak, MB':>10}")
    for stage, row in table.items():
        print(f"  {stage:42}{row['seconds']:9.1f}{row['peak_mb']:10.0f}")
    print(f"  {'whole process':42}{seconds:9.1f}{peak:10.0f}")
    return peak


def print_costs(
    folder: Path, ours: tuple[float, float], theirs: tuple[float, float], lines: tuple[int, int]
) -> None:
    """Print time, memory and lines of both, and their ratio."""
    ground = sum(
        row["seconds"]
        for stage, row in stages_of_report(folder).items()
        if not stage.startswith(BEYOND_GROUND)
    )
    rows = {
        "seconds, whole process": (ours[0], theirs[0]),
        "seconds, steps that both have": (ground, theirs[0]),
        "peak, MB": (ours[1], theirs[1]),
        "lines: of the study file, of the script": lines,
    }
    print(f"\n{'':44}{'report':>12}{'by hand':>12}{'ratio':>9}")
    for name, (mine, other) in rows.items():
        print(f"  {name:42}{mine:12.0f}{other:12.0f}{other / mine:9.2f}")


def print_answers(folder: Path) -> None:
    """Print what both say of the corridor, and how far they differ by segment."""
    ours = reported(folder)
    theirs = json.loads((folder / "handmade_result.json").read_text(encoding="utf-8"))
    print(f"\n{'answers':44}{'report':>12}{'by hand':>12}")
    for name, value in ours.items():
        print(f"  {name:42}{value:12.4g}{theirs[name]:12.4g}")
    mine = pd.read_csv(folder / "report" / "tables" / "segments.csv", index_col="segment")
    other = pd.read_csv(folder / "handmade_segments.csv", index_col="segment")
    print(f"\n{'by segment':24}{'mean':>9}{'by hand':>9}{'median |diff|':>15}{'largest':>10}  unit")
    for name, unit in BY_SEGMENT.items():
        off = (mine[name] - other[name]).abs()
        print(
            f"  {name:22}{mine[name].mean():9.3f}{other[name].mean():9.3f}"
            f"{off.median():15.4f}{off.max():10.3f}  {unit}"
        )


EVERY_LAYER = """
import sys
import borderzone as bz
border = bz.Border.between("IRQ", "SYR")
corridor = bz.Corridor.around(border, depth_km=float(sys.argv[2]), segment_km=10)
grid = corridor.grid(resolution_m=float(sys.argv[3]))
bz.stream.terrain_to_files(sys.argv[1], grid, sys.argv[4], layers="all", corridor=corridor)
"""


def every_layer(asked: argparse.Namespace, folder: Path) -> None:
    """Stream every terrain layer of the corridor to files, and print time and memory."""
    (folder / "layers").mkdir()
    command = [
        sys.executable, "-c", EVERY_LAYER, str(asked.tiles), str(asked.depth_km),
        str(asked.terrain_m), str(folder / "layers"),
    ]  # fmt: skip
    seconds, peak = once(command, folder)
    files = list((folder / "layers").iterdir())
    size = sum(file.stat().st_size for file in files) / 1e9
    print(f"\nevery terrain layer to files: {len(files)} layers, {size:.1f} GB on disk")
    print(f"  {'whole process':42}{seconds:9.1f}{peak:10.0f}")


def compare(asked: argparse.Namespace, folder: Path) -> None:
    """Run both on one case, and print the tables."""
    finer = asked.terrain_m < WORK_M
    case = {
        "data": str(ROOT / "data"), "out": str(folder), "tiles": str(asked.tiles),
        "terrain_m": asked.terrain_m, "depth_km": asked.depth_km, "segment_km": SEGMENT_KM,
        "work_m": round(WORK_M / asked.terrain_m) * asked.terrain_m,
    }  # fmt: skip
    text = (STUDY + FINER if finer else STUDY).format(**case)
    study = folder / "study.toml"
    study.write_text(text, encoding="utf-8")
    (folder / "case.json").write_text(json.dumps(case), encoding="utf-8")
    print(f"SYNTHETIC ground, depth {asked.depth_km:g} km, cells of {asked.terrain_m:g} m")
    seconds = report(study, folder)
    ours = seconds, print_stages("borderzone report", stages_of_report(folder), seconds)
    if not PEERS.exists():
        print(f"the hand-made pipeline is left out: {PEERS} is not there, see make peers")
        return
    script = HERE / "handmade_pipeline.py"
    seconds = once([str(PEERS), str(script), str(folder / "case.json")], folder)[0]
    by_hand = json.loads((folder / "handmade_stages.json").read_text(encoding="utf-8"))
    theirs = seconds, print_stages("by hand, ground only", by_hand, seconds)
    lines = len(text.strip().splitlines()), statements(script.read_text(encoding="utf-8"))
    print_costs(folder, ours, theirs, lines)
    print_answers(folder)


def main() -> None:
    """Write the elevation if it is not there, and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--depth-km", type=float, default=50.0)
    parser.add_argument("--terrain-m", type=float, default=30.0)
    parser.add_argument("--tiles", type=Path, default=ROOT / "out" / "synthetic_30m")
    asked = parser.parse_args()
    asked.tiles = asked.tiles.resolve()
    script = ROOT / "scripts" / "synthetic_relief_30m.py"
    subprocess.run([sys.executable, str(script), str(asked.tiles)], check=True)
    with tempfile.TemporaryDirectory() as folder:
        compare(asked, Path(folder))
        every_layer(asked, Path(folder))


if __name__ == "__main__":
    main()
