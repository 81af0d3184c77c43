"""Make tests/oracles/travel.npz: walking times over seeded ground by r.walk of GRASS.

Run with GRASS 8.2 on the path: ``python scripts/oracles_travel.py``. Friction is 0, so that the cost
is the walking time in seconds.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from oracles_landforms import fractal

CELLS, CELL_M, START = 60, 30.0, (17, 41)
ORACLE = Path(__file__).parent.parent / "tests" / "oracles" / "travel.npz"
CASES = {"neighbours_8": "", "knights": "-k"}


def times_by_grass(z: Any, folder: Path) -> dict[str, Any]:
    """Seconds from the start to every cell, by 8 neighbours and with knight's moves."""
    (folder / "z.bin").write_bytes(z.astype("<f4").tobytes())
    side = CELLS * CELL_M
    x, y = (START[1] + 0.5) * CELL_M, side - (START[0] + 0.5) * CELL_M
    lines = [
        "set -e",
        (
            f"r.in.bin -f --q input={folder}/z.bin output=z bytes=4 south=0 west=0 "
            f"north={side} east={side} rows={CELLS} cols={CELLS}"
        ),
        "g.region raster=z",
        "r.mapcalc --q expression='none=0.0'",
    ]
    for name, flag in CASES.items():
        lines += [
            (
                f"r.walk --q {flag} elevation=z friction=none output={name} lambda=1 "
                f"start_coordinates={x},{y}"
            ),
            f"r.out.bin --q input={name} output={folder}/{name}.bin bytes=8 null=-1",
        ]
    (folder / "run.sh").write_text("\n".join(lines))
    command = ["grass", "--tmp-location", "EPSG:32637", "--exec", "bash", str(folder / "run.sh")]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 (a fixed command)
    return {
        name: np.frombuffer((folder / f"{name}.bin").read_bytes(), "<f8").reshape(z.shape)
        for name in CASES
    }


def main() -> None:
    """Write the heights and the times."""
    heights = fractal(3)[:CELLS, :CELLS]
    z = (heights / 10).astype(np.float32)
    with tempfile.TemporaryDirectory() as name:
        times = times_by_grass(z, Path(name))
    np.savez_compressed(ORACLE, heights_dm=heights, cell_m=CELL_M, start=START, **times)
    print(f"{ORACLE}: {ORACLE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
