"""Recompute the table behind `borderzone.visibility.mask_at`: the share of ground out of sight, by range.

Sections through seeded fractal ground: profiles of fractional Brownian motion, each the section of a rough surface of
the same Hurst exponent. Along each one the line of sight is swept outward from an eye; a target of 1.7 m is hidden
where its top lies below the highest line so far. The earth is curved, with refraction 0.13. A stretch of border is
country of several kinds: shares are means over three Hurst exponents (those of `mask_prior.py`) and over a spread of
roughness. Ground is named by its share hidden at 2 km from an eye at 2.5 m.

It prints the module that holds the table, the same bytes on every run; with `--landforms` what each landform of
`borderzone.terrain.LANDFORMS` comes to.

    python scripts/mask_by_range.py > src/borderzone/visibility/hidden_table.py
"""

from __future__ import annotations

import itertools
import sys
from typing import Any

import numpy as np
from numba import njit
from scipy import ndimage

CELL_M = 5.0
N_CELLS = 3400  # 17 km
N_PROFILES = 4000  # for each Hurst exponent and seed
SEEDS = range(1, 6)
HURST = (0.5, 0.7, 0.9)
# Roughness within one stretch, lognormal; an assumption. A class of relief spans a factor of three, which evenly spread
# has a deviation of 0.32 in its logarithm; a stretch has more than one class in it.
ROUGHNESS_SIGMA = 0.5
TARGET_M = 1.7
DROP_PER_M2 = (1 - 0.13) / (2 * 6371008.8)
RANGES_M = (10, 25, 50, 75, 150, 250, 400, 650, 900, 1300, 2000, 3000, 5000, 7500, 10000, 17000)
EYES_M = (1.7, 2.5, 5.0, 10.0, 20.0)
SHARES = (0.0, 0.02, 0.06, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)
INDEX_EYE_M, INDEX_RANGE_M = 2.5, 2000
# Root mean square of the difference in height of two places 2 km apart. Units: m.
ROUGHNESS_M = np.geomspace(0.1, 3000.0, 50)
# Median relief within 9.8 km of each landform, as in mask_prior.py. Units: m.
RELIEF_M = {"flat_plain": 18.0, "undulating": 60.0, "hilly": 150.0, "mountain": 450.0}


def profiles(hurst: float, count: int, seed: int) -> Any:
    """Fractional Brownian motion by circulant embedding, of unit difference over 2 km."""
    k = np.arange(N_CELLS + 1)
    power = 2 * hurst
    covariance = 0.5 * ((k + 1.0) ** power - 2.0 * k**power + abs(k - 1.0) ** power)
    weights = np.fft.fft(np.concatenate([covariance, covariance[-2:0:-1]])).real
    draws = np.random.default_rng(seed).normal(size=(2, count // 2, len(weights)))
    waves = (draws[0] + 1j * draws[1]) * np.sqrt(np.clip(weights, 0, None) / len(weights))
    both = np.fft.fft(waves, axis=1)[:, :N_CELLS]
    steps = np.concatenate([both.real, both.imag])
    return np.cumsum(steps, axis=1) * (CELL_M / 2000.0) ** hurst


@njit(cache=False)
def hidden(ground: Any, roughness: float, eye: float, wanted: Any) -> Any:
    """Share of profiles whose target is hidden at each wanted cell, sweeping the highest line outward."""
    counts = np.zeros(len(wanted))
    for p in range(ground.shape[0]):
        highest, k = -np.inf, 0
        for j in range(wanted[-1] + 1):
            away = (j + 1) * CELL_M
            height = ground[p, j] * roughness - away * away * DROP_PER_M2 - eye
            if j == wanted[k]:
                counts[k] += (height + TARGET_M) / away < highest
                k += 1
            highest = max(highest, height / away)
    return counts / ground.shape[0]


def simulated(count: int = N_PROFILES, seeds: Any = SEEDS) -> Any:
    """Share hidden by eye, median roughness and range, over the kinds of ground."""
    wanted = np.array([round(r / CELL_M) - 1 for r in RANGES_M])
    plain = np.zeros((len(EYES_M), len(ROUGHNESS_M), len(RANGES_M)))
    for hurst, seed in itertools.product(HURST, seeds):
        ground = profiles(hurst, count, seed)
        for i, eye in enumerate(EYES_M):
            for j, roughness in enumerate(ROUGHNESS_M):
                shares = hidden(ground, roughness, eye, wanted)
                plain[i, j] += shares / (len(HURST) * len(seeds))
    return spread_out(plain)


def spread_out(plain: Any) -> Any:
    """Take the mean over the spread of roughness."""
    # Over the spread of roughness: its median shifts along the logarithm, by nodes of Gauss and Hermite.
    nodes, weights = np.polynomial.hermite_e.hermegauss(9)
    logarithm, axis = np.log(ROUGHNESS_M), np.arange(len(ROUGHNESS_M))
    spread = np.zeros_like(plain)
    for node, weight in zip(nodes, weights / weights.sum(), strict=True):
        at = np.interp(logarithm + ROUGHNESS_SIGMA * node, logarithm, axis)
        low = np.minimum(at.astype(int), len(axis) - 2)
        part = (at - low)[:, None]
        spread += weight * (plain[:, low] * (1 - part) + plain[:, low + 1] * part)
    return spread


def by_share(found: Any) -> Any:
    """Name ground by its share hidden at 2 km from 2.5 m: shape (eyes, shares, ranges)."""
    index = found[EYES_M.index(INDEX_EYE_M), :, RANGES_M.index(INDEX_RANGE_M)]
    table = np.empty((len(EYES_M), len(SHARES), len(RANGES_M)))
    for i in range(len(EYES_M)):
        for k in range(len(RANGES_M)):
            table[i, :, k] = np.interp(SHARES, index, found[i, :, k])
    # Nothing is hidden on ground of share 0 and all of it on ground of share 1; between them more is hidden farther
    # off and on rougher ground, which a count of profiles misses by a hair.
    table[:, 0], table[:, -1] = 0.0, 1.0
    return np.maximum.accumulate(np.maximum.accumulate(table, axis=1), axis=2)


def roughness_of(relief_m: float) -> float:
    """Difference over 2 km on the spectral ground of mask_prior.py of that relief."""
    n, cell, found = 512, 30.0, []
    x = np.fft.fftfreq(n)
    wave = np.hypot(x, x[:, None])
    wave[0, 0] = np.inf
    for exponent in (2 * hurst + 2 for hurst in HURST):
        for seed in range(3):
            noise = np.fft.fft2(np.random.default_rng(seed).normal(size=wave.shape))
            ground = np.fft.ifft2(wave ** (-exponent / 2) * noise).real
            coarse, size = ground[::4, ::4], round(9800.0 / (4 * cell))
            highest = ndimage.maximum_filter(coarse, size, mode="wrap")
            relief = np.median(highest - ndimage.minimum_filter(coarse, size, mode="wrap"))
            apart = ground - np.roll(ground, round(2000.0 / cell), 0)
            found.append(np.sqrt(np.mean(apart**2)) / relief)
    return float(relief_m * np.mean(found))


def module(table: Any) -> str:
    """Write the table as the module that ships."""
    rows = []
    for i, eye in enumerate(EYES_M):
        rows.append(f"    # eye {eye:g} m")
        for share, row in zip(SHARES, table[i], strict=True):
            numbers = " ".join(f"{round(1000 * float(x)):4d}" for x in row)
            rows.append(f'    "{numbers}",  # {share:g}')
    lines = "\n".join(rows)
    return f'''"""Share of ground out of sight by eye, share at 2 km and range, as `scripts/mask_by_range.py` prints it."""

from __future__ import annotations

__all__ = ["EYES_M", "HIDDEN_PER_MILLE", "RANGES_M", "SHARES"]

# Lines of sight over sections of seeded fractal ground, target 1.7 m, curved earth: see the script.
EYES_M = {EYES_M}
SHARES = {SHARES}
RANGES_M = {RANGES_M}
# A row for each eye and share at 2 km, a column for each range. Units: 1/1000.
HIDDEN_PER_MILLE = (
{lines}
)
'''


def main() -> None:
    """Print the module, or the landforms."""
    found = simulated()
    if "--landforms" not in sys.argv:
        print(module(by_share(found)), end="")
        return
    at_2_km = found[EYES_M.index(INDEX_EYE_M), :, RANGES_M.index(INDEX_RANGE_M)]
    for name, relief in RELIEF_M.items():
        roughness = roughness_of(relief)
        share = np.interp(np.log(roughness), np.log(ROUGHNESS_M), at_2_km)
        print(f"{name:11} {roughness:5.1f} m over 2 km, hidden there {share:.2f}")


if __name__ == "__main__":
    main()
