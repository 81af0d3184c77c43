"""
Published instances of the covering location problem: value, bound, gap and seconds of each.

An instance has latitude and longitude of its nodes in degrees after NODE_COORD_SECTION, one a line, and their
demands after DEMAND_SECTION; every node is a candidate and covers the nodes within a range on a sphere of 6,371 km. Without a folder,
fields of towns made by seed stand in: nodes along streets, clustered, with demands as people.

    python benchmarks/instances.py [FOLDER] [--range 150,200,400] [--posts 50,100]
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from scipy import sparse, spatial

from borderzone import posts

EARTH_M = 6_371_000.0


def read_instance(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read places in degrees, shape (nodes, 2), and demands."""
    lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    count = next(int(line[-1]) for line in lines if line[0].startswith("DIMENSION"))
    at, weigh = lines.index(["NODE_COORD_SECTION"]) + 1, lines.index(["DEMAND_SECTION"]) + 1
    places = np.array([line[-2:] for line in lines[at : at + count]], dtype=float)
    return places, np.array([line[-1] for line in lines[weigh : weigh + count]], dtype=float)


def town(seed: int, nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Lay nodes along streets of a town some 12 km wide: dense in the middle, in blocks of about 100 m."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(0.0, 3_000.0, (12, 2))
    at = centres[rng.integers(0, 12, nodes)] + rng.normal(0.0, 900.0, (nodes, 2))
    axis = rng.integers(0, 2, nodes)
    street = np.round(at[np.arange(nodes), axis] / 100.0) * 100.0
    at[np.arange(nodes), axis] = street + rng.normal(0.0, 4.0, nodes)
    return np.degrees(at / EARTH_M), rng.geometric(0.05, nodes).astype(float)


def who_covers(degrees: np.ndarray, range_m: float) -> sparse.csr_array:
    """Find the nodes within a range of each, by the chord that the range spans."""
    lat, lon = np.radians(degrees).T
    ball = np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    chord = 2.0 * np.sin(range_m / EARTH_M / 2.0)
    tree = spatial.cKDTree(ball)
    near = tree.query_pairs(chord, output_type="ndarray")
    own = np.arange(len(ball))
    rows, columns = np.r_[near.T[0], near.T[1], own], np.r_[near.T[1], near.T[0], own]
    shape = (len(ball), len(ball))
    return sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=shape)


def main() -> None:
    """Print one line for each instance, range and number of posts, and the seconds of each curve."""
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[1])
    asked.add_argument("folder", nargs="?", type=Path)
    asked.add_argument("--range", default="150,200,400")
    asked.add_argument("--posts", default="50,100")
    given = asked.parse_args()
    wanted = [int(number) for number in given.posts.split(",")]
    if given.folder is None:
        instances = {f"town of {n:,}": town(1, n) for n in (2_700, 7_700)}
    else:
        paths = sorted(
            path for path in given.folder.glob("*.txt") if "NODE_COORD" in path.read_text()
        )
        instances = {path.stem: read_instance(path) for path in paths}
    posts.site(np.eye(3, dtype=bool), n=2)  # compiles
    print(
        f"{'instance':24} {'range_m':>8} {'p':>4} {'value':>10} {'bound':>12} {'gap':>8} {'s of curve':>10}"
    )
    for name, (degrees, demand) in instances.items():
        for range_m in map(float, given.range.split(",")):
            sees = who_covers(degrees, range_m)
            start = time.perf_counter()
            most = min(max(wanted), len(demand))
            curve = posts.site(sees, demand, n=most)
            seconds = time.perf_counter() - start
            for row in curve.table[curve.table["n"].isin(wanted)].itertuples():
                print(
                    f"{name:24} {range_m:8.0f} {row.n:4} {row.covered:10,.0f} {row.bound:12,.1f} "
                    f"{row.gap:8.3%} {seconds:10.1f}", flush=True,
                )  # fmt: skip


if __name__ == "__main__":
    main()
