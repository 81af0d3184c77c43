"""Speed of sweeps against a loop over `Study.run`, memory over many cases, and twenty kills."""

from __future__ import annotations

import itertools
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from stages import highest_mb

import borderzone as bz

KITS = {"kit": ["eye", "goggles", "thermal"]}
SHORT = KITS | {"law": ["random", "beats_soft"], "month": [3, 6, 9, 12]}
LONG = SHORT | {"cover_km": [2, 3, 4, 5, 6, 8, 10, 15], "shift_h": [8, 10, 12, 14, 16]}
MANY = SHORT | {"shift_h": [6 + k / 2 for k in range(20)], "cover_km": [2 + k for k in range(21)]}
KILLS, SEED = 20, 1

# A sweep in a process of its own, which can be killed, and whose memory is its own.
PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
import borderzone as bz
from bench_sweep import FEW, MANY, coarse
from stages import highest_mb
if __name__ == "__main__":
    def told(words):
        print(words.split(" of ")[0].replace(",", ""), highest_mb(), flush=True)
    vary, options = {"few": (FEW, {"bands": 32}), "many": (MANY, {})}[sys.argv[3]]
    bz.sweep(coarse(), vary, folder=sys.argv[2], progress=told, workers=int(sys.argv[4]), **options)
"""
FEW = {"shift_h": [8, 10, 12, 14], "kit": ["scenario", "goggles"], "force.crew": [2, 3, 4, 5, 6]}


def coarse() -> bz.Study:
    """Give the built-in study on cells of 5 km, which is read in a few seconds."""
    return bz.Study.default(bz.Scenario(resolution_m=5000))


def by_hand(study: bz.Study, vary: dict[str, list[Any]]) -> float:
    """Give cases in a second of what a user would write without sweeps: one ground, a run for each."""
    ground = study.read_ground()
    start = time.perf_counter()
    cases = [dict(zip(vary, row, strict=True)) for row in itertools.product(*vary.values())]
    for case in cases:
        changes = {name: value for name, value in case.items() if name != "kit"}
        sensor = {"eye": "eye", "goggles": "night_vision_goggles", "thermal": "vehicle_thermal"}
        scenario = study.scenario.changed(changes | {"force.sensor": sensor[case["kit"]]})
        study.with_scenario(scenario).run(ground=ground)
    return len(cases) / (time.perf_counter() - start)


def rate_of(vary: dict[str, list[Any]], **options: Any) -> float:
    """Give cases in a second of a sweep of the built-in study, its ground known."""
    study = bz.Study.default()
    bz.sweep(study, KITS, **{name: options[name] for name in options if name != "workers"})
    start = time.perf_counter()
    table = bz.sweep(study, vary, **options)
    return float(table["case"].nunique() / (time.perf_counter() - start))


def speeds() -> None:
    """Hold sweeps against the loop, and processes against threads."""
    points, bands = rate_of(LONG), rate_of(SHORT, bands=1000)
    unled = rate_of(SHORT | {"law": ["random"]}, bands=1000)
    # After the sweeps, so that tables of sensors are known to it too.
    loop = by_hand(bz.Study.default(), KITS)
    print(f"loop over Study.run:   {loop:6.2f} scenarios/s")
    print(f"sweep, points:         {points:6.2f} scenarios/s, {points / loop:.0f} times as many")
    print(f"sweep, bands=1000:     {bands:6.2f} scenarios/s, {bands / loop:.0f} times as many")
    print(f"  nobody led:          {unled:6.2f} scenarios/s, {unled / loop:.0f} times as many")
    two, more = rate_of(LONG, workers=2), rate_of(SHORT, bands=1000, workers=2)
    print(f"  with two processes:  {two:6.2f} and {more:.2f} scenarios/s, their start included")
    study = bz.Study.default()
    start = time.perf_counter()
    bz.sweep(study, {"kit": ["goggles"], "units": [140]}, outputs=("answer", "pod"))
    print(f"another kit and units: {time.perf_counter() - start:6.2f} s")


def started(folder: Path, which: str, workers: int) -> subprocess.Popen[str]:
    """Begin a sweep in a process of its own."""
    script = folder.parent / "program.py"
    script.write_text(PROGRAM, encoding="utf-8")
    words = [sys.executable, str(script), str(Path(__file__).parent), str(folder), which]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    return subprocess.Popen([*words, str(workers)], **pipes, text=True)


def memory() -> None:
    """Tell the highest memory of a process after a tenth of its cases and after all."""
    with tempfile.TemporaryDirectory() as place, started(Path(place, "many"), "many", 1) as process:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        told = [line.split() for line in process.stdout]
    cases = [int(done) for done, _ in told]
    peaks = [float(mb) for _, mb in told]
    tenth = peaks[len(peaks) // 10]
    print(
        f"memory of {cases[-1]:,} cases: {tenth:.0f} MB after a tenth, {peaks[-1]:.0f} MB at the end"
    )


def content(folder: Path) -> dict[str, bytes]:
    """Read all files of a folder."""
    return {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


def kills() -> None:
    """Kill a sweep again and again, go on, and hold the bytes against one that nobody stopped."""
    moments = random.Random(SEED)  # noqa: S311 - moments, and no secrets
    with tempfile.TemporaryDirectory() as place:
        whole, broken = Path(place, "whole"), Path(place, "broken")
        start = time.perf_counter()
        bz.sweep(coarse(), FEW, bands=32, folder=whole)
        lasts = time.perf_counter() - start
        same, mid = 0, 0
        for kill in range(KILLS):
            folder = broken.with_name(f"broken-{kill}")
            with started(folder, "few", 1 + kill % 2) as process:
                while not (folder / "sweep.json").is_file():
                    time.sleep(0.005)
                time.sleep(moments.uniform(0.0, lasts))
                process.send_signal(signal.SIGKILL)
            mid += not (folder / "answer.parquet").is_file()
            bz.sweep(coarse(), FEW, bands=32, folder=folder)
            same += content(folder) == content(whole)
    print(f"{KILLS} kills at seeded moments, {mid} before the end: the same bytes {same} times")


if __name__ == "__main__":
    speeds()
    kills()
    memory()
    print(f"memory of this process: {highest_mb():.0f} MB at its peak")
