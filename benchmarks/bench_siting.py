"""
Siting beside HiGHS and spopt: seconds, value and bound on the same fields in one run.

A field of 100 by 100 has candidates and points by seed 1; one curve of all numbers of posts is timed here, and
single numbers of posts by branch and bound there, each ended at the same gap or by the limit of seconds.

    python benchmarks/bench_siting.py [--posts 10,20] [--seconds 30]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy import optimize, sparse

from borderzone import posts

PEERS = Path(__file__).parent.parent / ".venv-peers" / "bin" / "python"
GAP = 0.005
SPOPT = """
import json, sys, time
import numpy as np, pulp
from spopt.locate import MCLP
given = np.load(sys.argv[1])
far, weight = 1.0 - given["sees"].T, given["weight"]
start = time.perf_counter()
model = MCLP.from_cost_matrix(far, weight, 0.5, int(sys.argv[2]))
model.solve(pulp.HiGHS(msg=False, gapRel=float(sys.argv[3]), timeLimit=float(sys.argv[4])))
print(json.dumps([time.perf_counter() - start, pulp.value(model.problem.objective)]))
"""


def field(reach: float, candidates: int = 500, points: int = 5_000) -> np.ndarray:
    """Tell which candidates reach which points."""
    rng = np.random.default_rng(1)
    at, to = rng.random((candidates, 2)) * 100, rng.random((points, 2)) * 100
    return np.asarray(((at[:, None] - to[None]) ** 2).sum(axis=2) <= reach**2)


def by_highs(sees: np.ndarray, weight: np.ndarray, p: int, seconds: float) -> tuple[float, ...]:
    """Solve one number of posts as a programme in whole numbers; give seconds, value and bound."""
    count, points = sees.shape
    start = time.perf_counter()
    seen = sparse.csr_array(sees.T.astype(float))
    found = optimize.milp(
        -np.r_[np.zeros(count), weight],
        integrality=np.r_[np.ones(count), np.zeros(points)],
        bounds=optimize.Bounds(0, 1),
        constraints=[
            optimize.LinearConstraint(sparse.hstack([seen, -sparse.eye_array(points)]), 0, np.inf),
            optimize.LinearConstraint(np.r_[np.ones(count), np.zeros(points)], -np.inf, p),
        ],
        options={"mip_rel_gap": GAP, "time_limit": seconds},
    )
    value = np.nan if found.x is None else -found.fun
    return time.perf_counter() - start, value, -found.mip_dual_bound


def by_spopt(folder: Path, p: int, seconds: float) -> str:
    """Solve one number of posts in the environment of the peers, or say why not."""
    if not PEERS.exists():
        return "not installed"
    command = [str(PEERS), "-c", SPOPT, str(folder), str(p), str(GAP), str(seconds)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["failed"])[-1][:60]
    took, value = json.loads(done.stdout.strip().splitlines()[-1])
    return f"{took:.1f} s, value {value:,.0f}"


def main() -> None:
    """Print the curve's seconds and gaps, then each number of posts beside the others."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--posts", default="10,20")
    asked.add_argument("--seconds", type=float, default=30.0)
    given = asked.parse_args()
    posts.site(np.eye(3, dtype=bool), n=2)  # compiles
    with tempfile.TemporaryDirectory() as scratch:
        beside(given, scratch)


def beside(given: argparse.Namespace, scratch: str) -> None:
    """Run both fields."""
    for reach in (8.0, 15.0):
        sees, weight = field(reach), np.ones(5_000)
        start = time.perf_counter()
        table = posts.site(sees, weight, n=50).table
        gap = table["gap"]
        print(
            f"range {reach:g}: 50 numbers of posts in {time.perf_counter() - start:.1f} s, gap mean "
            f"{gap.mean():.2%}, largest {gap.max():.2%}, {int((gap > GAP + 1e-9).sum())} above {GAP:.1%}",
            flush=True,
        )
        kept = Path(scratch) / f"bench_siting_{reach:g}.npz"
        np.savez(kept, sees=sees, weight=weight)
        for p in map(int, given.posts.split(",")):
            row = table.iloc[p - 1]
            took, value, bound = by_highs(sees, weight, p, given.seconds)
            print(
                f"  p {p}: value {row['covered']:,.0f}, bound {row['bound']:,.0f}; HiGHS {took:.1f} s, value "
                f"{value:,.0f}, bound {bound:,.0f}; spopt {by_spopt(kept, p, given.seconds)}", flush=True,
            )  # fmt: skip


if __name__ == "__main__":
    main()
