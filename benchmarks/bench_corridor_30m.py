"""
The whole corridor at 30 m: `borderzone report` beside the same ground made by hand.

The elevation is SYNTHETIC: `scripts/synthetic_relief_30m.py` writes it first if it is not there. The
library runs the calls of `borderzone report STUDY.toml` in a process of its own, the hand-made
pipeline in another, in the environment of the peers. Both tell time and peak memory by stage. Then
come lines of code, and how far the answers differ.

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
from typing import Any

import pandas as pd
from stages import Stages

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PEERS = ROOT / ".venv-peers" / "bin" / "python"
WORK_M, SEGMENT_KM = 2000, 10
# Compared segment by segment, with the unit of their difference.
BY_SEGMENT = {
    "slope_deg": "degrees",
    "tri_m": "m",
    "relief_m": "m",
    "remote_share": "share",
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
terrain_resolution_m = {terrain_m}
"""


def report(study: Path, folder: Path) -> None:
    """Make the calls of `borderzone report`, with the clock and the kernel looking on."""
    stage = Stages()
    from borderzone.report import check_folder, write_report  # noqa: PLC0415 - a stage of its own
    from borderzone.study import Study  # noqa: PLC0415

    out = folder / "report"
    check_folder(out)
    case = Study.from_toml(study)
    result = case.run(progress=stage)
    write_report(result, out, progress=stage)
    cave = result.flagged_share["cave_share_rank2plus_of_known"].iloc[0]
    shares = result.flagged_share.set_index(["mode", "threshold_h"])["remote_share"]
    remote = result.zones[result.zones["kind"] == "remote_desert"]
    found = {
        "zones_km2": float(remote["area_km2"].sum()),
        "remote_share": float(shares["vehicle_off_road", 2.0]),
        "cave_share_of_rock": float(cave),
    }
    result.segments[list(BY_SEGMENT)].to_csv(folder / "report_segments.csv")
    (folder / "report_result.json").write_text(json.dumps(found), encoding="utf-8")
    stage.write(folder / "report_stages.json")


def statements(source: str) -> int:
    """Count the lines of a program, one statement to a line, without comments and docstrings."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.FunctionDef)) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return sum(1 for line in ast.unparse(tree).splitlines() if line.strip())


def print_stages(name: str, path: Path) -> tuple[float, float]:
    """Print a table of stages, and give the whole time and the highest peak."""
    table = json.loads(path.read_text(encoding="utf-8"))
    print(f"\n{name:44}{'seconds':>9}{'peak, MB':>10}")
    for stage, row in table.items():
        print(f"  {stage:42}{row['seconds']:9.1f}{row['peak_mb']:10.0f}")
    seconds = sum(row["seconds"] for row in table.values())
    peak = max(row["peak_mb"] for row in table.values())
    print(f"  {'all':42}{seconds:9.1f}{peak:10.0f}")
    return seconds, peak


def print_answers(folder: Path) -> None:
    """Print what both say of the corridor, and how far they differ by segment."""
    ours, theirs = (
        json.loads((folder / f"{who}_result.json").read_text(encoding="utf-8"))
        for who in ("report", "handmade")
    )
    print(f"\n{'answers':44}{'report':>12}{'by hand':>12}")
    for name, value in ours.items():
        print(f"  {name:42}{value:12.4g}{theirs[name]:12.4g}")
    mine = pd.read_csv(folder / "report_segments.csv", index_col="segment")
    other = pd.read_csv(folder / "handmade_segments.csv", index_col="segment")
    print(f"\n{'by segment':24}{'mean':>9}{'by hand':>9}{'median |diff|':>15}{'largest':>10}  unit")
    for name, unit in BY_SEGMENT.items():
        off = (mine[name] - other[name]).abs()
        print(
            f"  {name:22}{mine[name].mean():9.3f}{other[name].mean():9.3f}"
            f"{off.median():15.4f}{off.max():10.3f}  {unit}"
        )


def run(command: list[Any]) -> bool:
    """Run a program; say so if it fails, as one that needs more memory than there is does."""
    done = subprocess.run(list(map(str, command)), check=False, cwd=HERE)
    if done.returncode:
        print(f"failed with exit code {done.returncode}: {' '.join(map(str, command))}")
    return done.returncode == 0


def compare(asked: argparse.Namespace, folder: Path) -> None:
    """Run both on one case, and print the tables."""
    case = {
        "data": str(ROOT / "data"), "out": str(folder), "tiles": str(asked.tiles),
        "terrain_m": asked.terrain_m, "work_m": WORK_M, "depth_km": asked.depth_km,
        "segment_km": SEGMENT_KM,
    }  # fmt: skip
    study = folder / "study.toml"
    study.write_text(STUDY.format(**case), encoding="utf-8")
    (folder / "case.json").write_text(json.dumps(case), encoding="utf-8")
    print(f"SYNTHETIC ground, depth {asked.depth_km:g} km, cells of {asked.terrain_m:g} m")
    done = run([sys.executable, __file__, "--report", study, folder])
    if done:
        ours = print_stages("borderzone report", folder / "report_stages.json")
    if not PEERS.exists():
        print(f"the hand-made pipeline is left out: {PEERS} is not there, see make peers")
        return
    if run([PEERS, HERE / "handmade_pipeline.py", folder / "case.json"]) and done:
        theirs = print_stages("by hand, ground only", folder / "handmade_stages.json")
        code = statements((HERE / "handmade_pipeline.py").read_text(encoding="utf-8"))
        print(f"\n{'':44}{'report':>12}{'by hand':>12}{'ratio':>9}")
        for name, mine, other in zip(("seconds", "peak, MB"), ours, theirs, strict=True):
            print(f"  {name:42}{mine:12.0f}{other:12.0f}{other / mine:9.2f}")
        print(
            f"  {'lines: of the study file, of the script':42}{len(STUDY.split(chr(10))):12}{code:12}"
        )
        print_answers(folder)


def main() -> None:
    """Write the elevation if need be, and compare."""
    if sys.argv[1:2] == ["--report"]:
        report(Path(sys.argv[2]), Path(sys.argv[3]))
        return
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--depth-km", type=float, default=50.0)
    parser.add_argument("--terrain-m", type=float, default=30.0)
    parser.add_argument("--tiles", type=Path, default=ROOT / "out" / "synthetic_30m")
    asked = parser.parse_args()
    asked.tiles = asked.tiles.resolve()
    if not run([sys.executable, ROOT / "scripts" / "synthetic_relief_30m.py", asked.tiles]):
        sys.exit(1)
    with tempfile.TemporaryDirectory() as folder:
        compare(asked, Path(folder))


if __name__ == "__main__":
    main()
