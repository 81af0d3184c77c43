"""Speed of allocation, curve, gaps and Monte Carlo, against general solvers in the same run."""

from __future__ import annotations

import math
import time
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import optimize

from borderzone import patrol
from borderzone._kernels.unit_counts import missed_in_steps
from borderzone.patrol.answer.allocation import RULES

if TYPE_CHECKING:
    from collections.abc import Callable

SEGMENTS = 60


def best_of(function: Callable[[], Any], repeats: int = 3) -> float:
    """Return the shortest of several runs in seconds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def slsqp(rates: Any, weights: Any, units: float) -> Any:
    """Find the optimal allocation with a general solver."""
    n = len(rates)
    return optimize.minimize(
        lambda x: float((weights * np.exp(-rates * x)).sum()),
        np.full(n, units / n),
        jac=lambda x: -weights * rates * np.exp(-rates * x),
        method="SLSQP",
        bounds=[(0, units)] * n,
        constraints={"type": "eq", "fun": lambda x: x.sum() - units, "jac": np.ones_like},
    )


def stevens_in_fractions(n: int, fraction: Fraction) -> Fraction:
    """Sum Stevens' terms as exact fractions."""
    return sum(
        (
            (-1) ** k * math.comb(n, k) * (1 - k * fraction) ** (n - 1)
            for k in range(n + 1)
            if k * fraction < 1
        ),
        Fraction(0),
    )


def numpy_crossings(crossings: int, units: int = 3) -> float:
    """Simulate definite beats with arrays: the legs next to each crossing, all at once."""
    rng = np.random.default_rng(1)
    length, radius, ratio = 20.0, 0.5, 5.0
    beat = length / units
    place = rng.uniform(0, length, crossings) % beat
    phase = rng.uniform(0, 2 * beat, crossings)
    nearest = np.full(crossings, np.inf)
    first = np.floor((phase - radius * ratio) / beat)
    for step in range(math.ceil(2 * radius * ratio / beat) + 1):
        k = first + step
        ends = [
            np.clip(x * beat, phase - radius * ratio, phase + radius * ratio) for x in (k, k + 1)
        ]
        (x0, y0), (x1, y1) = (
            (np.where(k % 2 == 0, s - k * beat, (k + 1) * beat - s) - place, (s - phase) / ratio)
            for s in ends
        )
        dx, dy = x1 - x0, y1 - y0
        square = np.maximum(dx**2 + dy**2, 1e-30)
        along = np.clip(-(x0 * dx + y0 * dy) / square, 0, 1)
        np.minimum(nearest, np.hypot(x0 + along * dx, y0 + along * dy), out=nearest)
    return float((nearest <= radius).mean())


def case(segments: int = SEGMENTS) -> patrol.PatrolCase:
    """Build a border of 599 km in segments of different ground."""
    rng = np.random.default_rng(0)
    ground = pd.DataFrame(
        {
            "f_mask": rng.uniform(0.1, 0.4, segments),
            "patrol_speed_factor": rng.uniform(0.6, 1, segments),
            "crosser_km_h": rng.uniform(2.4, 2.8, segments),
        }
    )
    lengths = pd.Series(np.full(segments, 599 / segments))
    return patrol.PatrolCase.of(lengths, ground, patrol.Force())


def main() -> None:
    """Print one line for each measurement."""
    border = case()
    rates, weights = border.reference_rates().to_numpy(), border.weights.to_numpy()
    ours = best_of(lambda: patrol.allocate(rates, weights, 100))
    general = best_of(lambda: slsqp(rates, weights, 100))
    print(
        f"optimal allocation, {SEGMENTS} segments: {ours * 1e3:.2f} ms, SLSQP / ours = {general / ours:.0f}"
    )
    for integer in (False, True):
        for rule in RULES:
            curve = partial(patrol.coverage_curve, rates, weights, rule=rule, integer=integer)
            seconds = best_of(curve)
            kind = "whole units" if integer else "fractions"
            print(f"curve of 1001 counts, {rule}, {kind}: {seconds * 1e3:.1f} ms")
    share = Fraction(4, 595)
    ours = best_of(lambda: patrol.no_gap_probability(1096, share))
    exact = best_of(lambda: stevens_in_fractions(1096, share), repeats=1)
    print(f"no gap, 1096 posts: {ours * 1e3:.2f} ms, exact fractions / ours = {exact / ours:.0f}")
    one = {"length_km": 20, "sweep_width_km": 1, "patrol_km_h": 20, "crosser_km_h": 4, "units": 3}
    for law in patrol.SIMULATED_LAWS:
        patrol.simulate(**one, law=law, crossings=10)  # compiled
        ours = best_of(partial(patrol.simulate, **one, law=law))
        told = ""
        if law == "beats":
            told = f", numpy / ours = {best_of(lambda: numpy_crossings(100_000)) / ours:.1f}"
        print(f"100,000 crossings, {law}: {ours:.3f} s{told}")
    led = partial(patrol.coverage_curve, rates, weights, law="beats_soft")
    print(f"curve of 1001 counts, optimal, led units: {best_of(led) * 1e3:.1f} ms")
    seconds = best_of(lambda: patrol.monte_carlo(border, draws=2000), repeats=1)
    print(f"bands of 1001 counts over 2000 draws: {seconds:.2f} s")
    seconds = best_of(lambda: patrol.units_required(border, draws=2000), repeats=1)
    print(f"required units, 36 rows over 2000 draws: {seconds:.2f} s")
    fleets()
    answers(border)
    steps()


def fleets() -> None:
    """Print how long four kinds at once take, and what a solver leaves open that is handed units and tangents."""
    rng = np.random.default_rng(2)
    one = rng.uniform(0.02, 0.04, (SEGMENTS, 1)) * np.array([1.0, 1.7, 5.0, 3.0])
    rates = pd.DataFrame(one * rng.uniform(0.8, 1.2, one.shape), columns=list("abcd"))
    weights = rng.dirichlet(np.ones(len(rates)))
    units = {"a": 120, "b": 90, "c": 30, "d": 60}
    kinds = {name: patrol.UnitKind(units=n, crew=4) for name, n in units.items()}
    fleet = patrol.Fleet(kinds=kinds, people=960)
    for rule, other in (("optimal", tangents), ("maximin", weakest)):
        found: dict[str, float] = {}

        def plan(rule: str = rule, found: dict[str, float] = found) -> None:
            told = patrol.allocate_kinds(rates, weights, fleet, rule=rule).attrs
            found.update(told | {"pod": told["mean_pod" if rule == "optimal" else "min_pod"]})

        def by_units(other: Any = other, found: dict[str, float] = found) -> None:
            found.update(bound=other(rates, weights, units, 960))

        ours, others = best_of(plan, repeats=1), best_of(by_units, repeats=1)
        print(
            f"4 kinds on {len(rates)} segments, {rule}: {ours:.1f} s, gap {found['gap']:.0e}; one integer "
            f"for each kind and segment: {others / ours:.1f} times as long, and "
            f"{found['bound'] - found['pod']:.0e} of POD still open"
        )


def tangents(rates: pd.DataFrame, weights: Any, units: dict[str, int], people: int) -> float:
    """Bound the mean as one would: an integer for each kind and segment, POD below its tangents."""
    segments, kinds = rates.shape
    at = np.tile(np.linspace(0.0, 4.0, 401), segments)
    segment = np.repeat(np.arange(segments), 401)
    rows = np.zeros((at.size, segments * (kinds + 1)))
    for k, rate in enumerate(rates.to_numpy().T):
        rows[np.arange(at.size), segment * kinds + k] = -np.exp(-at) * rate[segment]
    rows[np.arange(at.size), segments * kinds + segment] = 1.0
    high = 1.0 - np.exp(-at) * (1.0 + at)
    return bounded(rows, high, np.asarray(weights), (segments, kinds), units, people)


def weakest(rates: pd.DataFrame, _: Any, units: dict[str, int], people: int) -> float:
    """Bound the weakest segment as one would: its coverage as one number more."""
    segments, kinds = rates.shape
    rows = np.zeros((segments, segments * kinds + 1))
    for s, rate in enumerate(rates.to_numpy()):
        rows[s, s * kinds : (s + 1) * kinds] = -rate
    rows[:, -1] = 1.0
    found = bounded(rows, np.zeros(segments), np.ones(1), (segments, kinds), units, people)
    return 1.0 - math.exp(-found)


def bounded(
    rows: Any,
    high: Any,
    worth: Any,
    shape: tuple[int, int],
    units: dict[str, int],
    people: int,
) -> float:
    """Solve with units of each kind and people limited; give what no plan exceeds."""
    size, kinds = shape[0] * shape[1], shape[1]
    limits = np.zeros((kinds + 1, size + worth.size))
    for k in range(kinds):
        limits[k, k:size:kinds] = 1.0
    limits[kinds, :size] = 4.0
    found = optimize.milp(
        -np.append(np.zeros(size), worth),
        constraints=[
            optimize.LinearConstraint(rows, -np.inf, high),
            optimize.LinearConstraint(limits, -np.inf, [*units.values(), people]),
        ],
        integrality=np.append(np.ones(size, dtype=int), np.zeros(worth.size, dtype=int)),
        options={"mip_rel_gap": 1e-9, "node_limit": 5_000},
    )
    return -float(found.mip_dual_bound)


def answers(border: patrol.PatrolCase) -> None:
    """Print how long kits side by side take, and what decides between states of nature."""
    asked = patrol.KitQuestion(
        kits={"eye": patrol.FORCES["vehicle_patrol"], "thermal": patrol.FORCES["vehicle_thermal"]},
        lengths_km=border.lengths_km,
        ground=border.ground,
        draws=1024,
    )
    seconds = best_of(lambda: patrol.answer_table(asked))
    print(f"answers, 2 kits, 1024 draws: {seconds:.2f} s")
    seconds = best_of(lambda: patrol.answer_sobol(asked, "eye", n=256))
    print(f"Sobol indices of 7 states of nature, 2304 runs: {seconds:.2f} s")


def steps() -> None:
    """Print 20,000 draws by 600 segments by 200 even steps against the same with an exponential each."""
    rng = np.random.default_rng(1)
    rates, weights = rng.uniform(0.001, 0.1, (20_000, 600)), np.full(600, 1 / 600)
    step = np.full(600, 10 / 600)
    ours = best_of(lambda: missed_in_steps(rates, step, weights, 0.0, 200, (1.0, 0.0)))

    def plain() -> None:
        for units in range(0, 2000, 10):
            np.exp(-rates * (units / 600)) @ weights

    told = best_of(plain, repeats=1) / ours
    print(
        f"20,000 draws, 600 segments, 200 even steps: {ours:.2f} s, exponentials / ours = {told:.0f}"
    )
    large = case(600)
    run = partial(patrol.monte_carlo, large, unit_counts=range(0, 2000, 10), rule="maximin")
    print(
        f"the same with its draws and bands: {best_of(partial(run, draws=20_000), repeats=1):.2f} s"
    )


if __name__ == "__main__":
    main()
