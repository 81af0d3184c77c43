"""Make tests/oracles/geomorphons.npz: forms of seeded ground by r.geomorphon of GRASS.

Run with GRASS 8.2 on the path: ``python scripts/oracles_landforms.py``.
"""

from __future__ import annotations

import subprocess
import tempfile
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

CELLS, CELL_M, SEEDS = 96, 30.0, (0, 1, 2)
OPTIONS = tuple(product((10, 20), (0, 3), (1.0, 0.5)))  # search and skip in cells, flat in degrees
ORACLE = Path(__file__).parent.parent / "tests" / "oracles" / "geomorphons.npz"


def fractal(seed: int) -> Any:
    """Seeded ground of 150 m relief, its edges not fitted to each other, in decimetres."""
    side = 2 * CELLS
    x = np.fft.fftfreq(side)
    wave = np.hypot(x[: side // 2 + 1], x[:, None])
    wave[0, 0] = np.inf
    noise = np.fft.rfft2(np.random.default_rng(seed).normal(size=(side, side)))
    ground = np.fft.irfft2(wave**-2.0 * noise, s=(side, side))[:CELLS, :CELLS]
    ground = 1500 * (ground - ground.min()) / np.ptp(ground)
    # A plain where the ground is low, so that there are flats and the forms around them.
    return np.round(np.maximum(ground, 450)).astype(np.int16)


def forms_by_grass(z: Any, folder: Path) -> Any:
    """Forms for all options, 0 where r.geomorphon gives none."""
    rows, columns = z.shape
    (folder / "z.bin").write_bytes(z.astype("<f4").tobytes())
    lines = [
        "set -e",
        (
            f"r.in.bin -f --q input={folder}/z.bin output=z bytes=4 south=0 west=0 "
            f"north={rows * CELL_M} east={columns * CELL_M} rows={rows} cols={columns}"
        ),
        "g.region raster=z",
    ]
    for k, (search, skip, flat) in enumerate(OPTIONS):
        lines += [
            f"r.geomorphon --q elevation=z forms=f{k} search={search} skip={skip} flat={flat}",
            f"r.out.bin -i --q input=f{k} output={folder}/f{k}.bin bytes=1 null=0",
        ]
    (folder / "run.sh").write_text("\n".join(lines))
    command = ["grass", "--tmp-location", "EPSG:32637", "--exec", "bash", str(folder / "run.sh")]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 (a fixed command)
    return np.stack(
        [
            np.frombuffer((folder / f"f{k}.bin").read_bytes(), np.uint8).reshape(z.shape)
            for k in range(len(OPTIONS))
        ]
    )


def main() -> None:
    """Write the heights, the options and the forms."""
    heights = np.stack([fractal(seed) for seed in SEEDS])
    forms = []
    for z in heights:
        with tempfile.TemporaryDirectory() as folder:
            forms.append(forms_by_grass((z / 10).astype(np.float32), Path(folder)))
    np.savez_compressed(
        ORACLE,
        heights_dm=heights,
        cell_m=CELL_M,
        options=np.array(OPTIONS),
        forms=np.stack(forms, axis=1),
    )
    print(f"{ORACLE}: {ORACLE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
