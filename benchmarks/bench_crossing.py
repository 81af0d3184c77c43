"""
The way across that is watched least: beside scipy and scikit-image, at scale, and in the study.

Four million cells of level ground, watched unevenly, are searched here from both edges. The graph of the same 16 steps is
built with numpy and solved by `scipy.sparse.csgraph.dijkstra`, on fewer cells, as edges take room.
`skimage.graph.MCP_Geometric` takes 8 steps and charges no corners, so it is held against the search here under those
rules. Both others go over the whole raster twice; the search here ends at the border. Values that are
compared are those of the weakest way of each kilometre.

    python benchmarks/bench_crossing.py            # beside the others, and the built-in study
    python benchmarks/bench_crossing.py --large    # 66 million cells, level and with heights
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
import xarray as xr
from scipy import sparse
from scipy.sparse import csgraph
from skimage.graph import MCP_Geometric

from borderzone import Border, Corridor, Study
from borderzone.access.search import Steps
from borderzone.patrol import weakest_crossings
from borderzone.patrol.crossing.weakest_crossing import CrossingSearch

if TYPE_CHECKING:
    from collections.abc import Callable

CASES = ("level", "with heights, both ways across")
# Steps down and right, and the two cells that each passes or touches.
STEPS = {
    (0, 1): None, (1, 0): None,
    (1, 1): ((0, 1), (1, 0)), (1, -1): ((0, -1), (1, 0)),
    (1, 2): ((0, 1), (1, 1)), (1, -2): ((0, -1), (1, -1)),
    (2, 1): ((1, 0), (1, 1)), (2, -1): ((1, 0), (1, -1)),
}  # fmt: skip
REACH = 0.5 * np.sqrt(5.0) + 1e-6


def strip(cells: int, depth_km: float = 125.0) -> tuple[Corridor, Any]:
    """Lay a corridor as wide as it is long, of so many cells each way."""
    line = gpd.GeoSeries([shapely.LineString([(40.0, 34.0), (42.67, 34.0)])], crs=4326)
    border = Border.from_line(line, left="north", right="south")
    corridor = Corridor.around(border, depth_km=depth_km, segment_km=10)
    return corridor, corridor.grid(2000.0 * depth_km / cells)


def field_on(grid: Any) -> xr.Dataset:
    """Watch the ground unevenly."""
    rng = np.random.default_rng(0)
    swept = grid.wrap(rng.random(grid.shape, dtype=np.float32) * np.float32(0.05))
    patrol = grid.wrap(np.full(grid.shape, 12.0, np.float32))
    return xr.Dataset({"swept_per_km": swept, "patrol_km_h": patrol})


def graph_of(per_km: Any, inside: Any, cell_km: float) -> Any:
    """Build the graph of 16 steps, edge by edge."""
    height, width = per_km.shape
    # A rim of closed cells, so that no step leaves the raster.
    cost = np.pad(np.where(inside, per_km, 0.0), 2)
    is_open = np.pad(inside, 2)
    rows, columns = np.nonzero(is_open)
    parts: list[Any] = []
    for (down, right), corners in STEPS.items():
        there = rows + down, columns + right
        ends = cost[rows, columns] + cost[there]
        passes = is_open[there]
        share = 0.5 * ends
        if corners is not None:
            beside = [(rows + r, columns + c) for r, c in corners]
            first, second = (is_open[cells] for cells in beside)
            all_four = 0.25 * (ends + sum(cost[cells] for cells in beside))
            diagonal = abs(down) == abs(right)
            passes &= (first | second) if diagonal else (first & second)
            share = np.maximum(share, all_four) if diagonal else all_four
        a = (rows - 2) * width + columns - 2
        b = a + down * width + right
        parts.append((a[passes], b[passes], (share * cell_km * np.hypot(down, right))[passes]))
    ends, others, costs = (np.concatenate(column) for column in zip(*parts, strict=True))
    return sparse.csr_array((costs, (ends, others)), shape=(height * width,) * 2)


def by_scipy(case: Any) -> tuple[float, float, Any]:
    """Build and solve from both edges; give seconds of either, and the sums at the border."""
    per_km, inside, cell_km, edges = case
    start = time.perf_counter()
    graph = graph_of(per_km, inside, cell_km)
    built = time.perf_counter() - start
    start = time.perf_counter()
    solve: Any = csgraph.dijkstra
    total = np.zeros(per_km.size)
    for cells, first in edges:
        # One more node, from which each start costs what lies between it and the edge.
        row = sparse.csr_array(
            (np.maximum(first, 1e-300), (np.zeros(len(cells), int), cells)), shape=(1, per_km.size)
        )
        whole = sparse.block_array([[graph, None], [row, sparse.csr_array((1, 1))]]).tocsr()
        total += solve(whole, directed=False, indices=per_km.size)[: per_km.size]
    return built, time.perf_counter() - start, total


def by_scikit_image(case: Any) -> tuple[float, Any]:
    """Search from both edges; give seconds, and the sums at the border."""
    per_km, inside, cell_km, edges = case
    start = time.perf_counter()
    total = np.zeros(per_km.size)
    for cells, _ in edges:
        search: Any = MCP_Geometric(np.where(inside, per_km * cell_km, -1.0), fully_connected=True)
        found, _ = search.find_costs(list(zip(*np.divmod(cells, per_km.shape[1]), strict=True)))
        total += found.ravel()
    return time.perf_counter() - start, total


def case_of(field: xr.Dataset, corridor: Corridor, grid: Any) -> tuple[Any, Any, Any]:
    """Lay out what the others are given, the border cells, and their kilometres."""
    cells = corridor.cells(grid)
    inside = cells["segment"].to_numpy() >= 0
    off_km = np.where(inside, np.abs(cells["offset_km"].to_numpy()), np.nan)
    whose = corridor.border.country_of_cells(cells)
    per_km = field["swept_per_km"].to_numpy().astype(float) * np.sqrt(1.0 + (12.0 / 4.0) ** 2)
    cell_km, edges = grid.resolution_m / 1e3, []
    for number, depth in enumerate(corridor.depth_km.values(), start=1):
        starts = np.flatnonzero((whose == number) & (off_km >= depth - REACH * cell_km))
        beyond = np.maximum(depth - off_km.ravel()[starts], 0.0)
        edges.append((starts, beyond * per_km.ravel()[starts]))
    border = np.flatnonzero(off_km <= REACH * cell_km)
    km = np.floor(cells["chainage_km"].to_numpy().ravel()[border])
    return (per_km, inside, cell_km, edges), border, np.maximum(km, 0.0)


def by_km(sums: Any, border: Any, km: Any) -> Any:
    """Take the least of every kilometre."""
    _, place = np.unique(km, return_inverse=True)
    least = np.full(place.max() + 1, np.inf)
    np.minimum.at(least, place, sums[border])
    return least


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    """Run once; give seconds and the answer."""
    start = time.perf_counter()
    answer = call()
    return time.perf_counter() - start, answer


def beside_others(cells: int, fewer: int) -> None:
    """Search many cells here, and fewer beside scipy and scikit-image."""
    corridor, grid = strip(cells)
    field = field_on(grid)
    weakest_crossings(field_on(strip(100)[1]), strip(100)[0], speed=4.0)  # compiles
    millions = grid.shape[0] * grid.shape[1] / 1e6
    for threads in (1, 2):
        took, _ = timed(lambda n=threads: weakest_crossings(field, corridor, speed=4.0, threads=n))
        print(f"{millions:.2f} million cells, {threads} thread{'s' * (threads > 1)}: {took:.2f} s, "
              f"{took / millions:.2f} s a million", flush=True)  # fmt: skip
    corridor, grid = strip(fewer)
    field = field_on(grid)
    case, border, km = case_of(field, corridor, grid)
    millions = grid.shape[0] * grid.shape[1] / 1e6
    here, found = timed(lambda: weakest_crossings(field, corridor, speed=4.0, threads=1))
    print(
        f"{millions:.2f} million cells, 1 thread: {here:.2f} s, {here / millions:.2f} s a million",
        flush=True,
    )
    built, solved, sums = by_scipy(case)
    print(
        f"  scipy: {built:.2f} s to build the graph and {solved:.2f} s for two passes, "
        f"{(built + solved) / here:.1f} times as long; values {apart(found.by_km['exponent'], by_km(sums, border, km))}", flush=True,
    )  # fmt: skip
    # Eight steps, corners free, and nothing for what lies beyond the centres of the first cells.
    search = CrossingSearch.of(field, corridor, dem=None, speed=4.0, threads=1)
    search.steps, search.corners = Steps.of(grid.shape[1], 8), False
    search.edges = {
        code: (cells, np.zeros(len(cells))) for code, (cells, _) in search.edges.items()
    }
    eight, (table, _) = timed(search.weakest)
    took, sums = by_scikit_image(case)
    dearer = (found.by_km["exponent"] / table["exponent"]).median()
    print(
        f"  scikit-image, 8 steps: {took:.2f} s, {took / eight:.1f} times the {eight:.2f} s here by its rules; "
        f"values {apart(table['exponent'], by_km(sums, border, km))}; with 16 steps, and corners charged, "
        f"exponents are {dearer:.2f} times those"
    )  # fmt: skip


def apart(here: Any, there: Any) -> str:
    """Say how far two tables of values lie apart."""
    return f"within {np.abs(np.asarray(here) / np.asarray(there) - 1.0).max():.0e}"


def at_scale(words: str) -> None:
    """Search 66 million cells, in a process of its own."""
    corridor, grid = strip(8192)
    field, how = field_on(grid), {"speed": 4.0}
    small_corridor, small = strip(100)
    level = {"speed": 4.0}
    if words != CASES[0]:
        rng = np.random.default_rng(1)
        how = {
            "dem": grid.wrap(rng.random(grid.shape, dtype=np.float32) * np.float32(20.0)),
            "speed": "foot",
        }
        level = {"dem": small.wrap(np.zeros(small.shape, np.float32)), "speed": "foot"}
    weakest_crossings(field_on(small), small_corridor, **level)  # compiles
    before = memory_gib("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    took, _ = timed(lambda: weakest_crossings(field, corridor, **how))
    millions = grid.shape[0] * grid.shape[1] / 1e6
    print(f"{millions:.1f} million cells, {words}: {took:.0f} s, "
          f"{memory_gib('VmHWM') - before:.2f} GiB beyond the input", flush=True)  # fmt: skip


def memory_gib(what: str) -> float:
    """Read what this process holds now, or held at most."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what)) / 2**20


def in_the_study() -> None:
    """Search the built-in border at 2 km."""
    took: float = 0.0
    for _ in range(2):  # the first compiles
        result = Study.default().run(progress=False)
        took, tables = timed(lambda of=result.crossing: [of.by_10_km, of.by_units])
    rows = sum(0 if table is None else len(table) for table in tables)
    print(f"built-in study at 2 km: {took:.2f} s for {rows} rows")


def main() -> None:
    """Run what is asked for."""
    asked = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    asked.add_argument("--large", action="store_true", help="66 million cells, some minutes")
    asked.add_argument("--case", choices=CASES, help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.case:
        at_scale(given.case)
    elif given.large:
        for words in CASES:
            subprocess.run([sys.executable, __file__, "--case", words], check=True)
    else:
        beside_others(2000, 700)
        in_the_study()


if __name__ == "__main__":
    main()
