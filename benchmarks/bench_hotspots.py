"""
Hot spots beside esda and pointpats: seconds and agreement in one run.

    python benchmarks/bench_hotspots.py [EVENTS]
"""

from __future__ import annotations

import sys
import time
import warnings

import numpy as np
import shapely
from esda.getisord import G_Local
from libpysal.weights import WSP, WSP2W
from pointpats import k
from scipy import sparse

from borderzone.incidents import hotspots


def timed(run: object) -> tuple[float, object]:
    """Seconds and answer of the second of two calls."""
    run()  # type: ignore[operator]
    started = time.perf_counter()
    found = run()  # type: ignore[operator]
    return time.perf_counter() - started, found


def main() -> None:
    """Print a line a method."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    rng = np.random.default_rng(1)
    warnings.simplefilter("ignore")

    side = 40
    near = hotspots.queen_neighbours(np.ones((side, side), dtype=bool))
    counts = rng.poisson(3, side * side).astype(float)
    mine, found = timed(lambda: hotspots.gi_star(counts, neighbours=near, permutations=999, seed=1))
    weights = WSP2W(WSP(sparse.csr_array(near)))
    # Permutations of Gi*, the cell itself counted, fail to compile there: those of Gi are timed.
    theirs, _ = timed(lambda: G_Local(counts, weights, transform="B", permutations=999, seed=1))
    peer = G_Local(counts, weights, transform="B", star=True, permutations=0)
    off = np.abs(found["z"].to_numpy() - peer.Zs).max()  # type: ignore[index]
    print(
        f"Gi*, {side * side} cells, 999 permutations: {mine:.3f} s, esda {theirs:.3f} s (Gi), "
        f"{theirs / mine:.1f}x, z off by {off:.1e}"
    )

    xy = rng.random((n, 2)) * 100
    window = shapely.box(0, 0, 100, 100)
    radii = np.array([2.0, 5.0, 10.0, 15.0])
    mine, found = timed(
        lambda: hotspots.ripley_k(xy, window=window, radii_km=radii, simulations=19, seed=1)
    )
    theirs, peer = timed(lambda: k(xy, support=radii))
    print(
        f"Ripley's K, {n} points: {mine:.3f} s with edges corrected and 19 simulations, pointpats "
        f"{20 * theirs:.3f} s for 20 times its K without, {20 * theirs / mine:.1f}x"
    )
    share = np.asarray(peer[1]) / (np.pi * radii**2)  # type: ignore[index]
    print(f"K over that of chance: pointpats {np.round(share, 3)}, here")
    print(found)


if __name__ == "__main__":
    main()
