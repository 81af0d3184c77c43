"""Recompute the shares behind `borderzone.terrain.LANDFORMS` from lines of sight.

For ground of each landform class, synthetic and seeded, this prints the share of a strip
within 2 km of a straight track that is hidden from one stop on the track, on average, and the share that
is never seen from any stop on it. Eyes are 3 m and the target is 1.7 m above the ground; the earth is
curved, with refraction 0.13. The ground is fractal: a smaller spectral exponent is rougher.

    python scripts/mask_prior.py
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from scipy import ndimage

CELL_M = 30.0
N_CELLS = 512
EYES_M = 3.0
TARGET_M = 1.7
REACH_CELLS = 67  # 2 km
STOP_CELLS = 6  # a stop every 180 m
DROP_PER_M2 = (1 - 0.13) / (2 * 6371008.8)
WINDOW_M = 9800.0
# Median relief within 9.8 km: near the geometric middle of each class, and 18 and 450 m at the ends.
RELIEF_M = {"flat_plain": 18.0, "undulating": 60.0, "hilly": 150.0, "mountain": 450.0}
EXPONENTS = (3.0, 3.4, 3.8)
SEEDS = range(3)


def fractal(exponent: float, seed: int) -> Any:
    """Ground whose power falls with that exponent of the wave number."""
    x = np.fft.fftfreq(N_CELLS)
    wave = np.hypot(x, x[:, None])
    wave[0, 0] = np.inf
    noise = np.random.default_rng(seed).normal(size=wave.shape)
    return np.fft.ifft2(wave ** (-exponent / 2) * np.fft.fft2(noise)).real


def relief_m(ground: Any) -> float:
    """Median relief within the window, on every fourth cell."""
    coarse, size = ground[::4, ::4], round(WINDOW_M / (4 * CELL_M))
    highest = ndimage.maximum_filter(coarse, size, mode="wrap")
    lowest = ndimage.minimum_filter(coarse, size, mode="wrap")
    return float(np.median(highest - lowest))


@njit(cache=False)
def clear(ground: Any, row: int, column: int, down: int, right: int) -> bool:
    """Tell whether a target is seen from a stop, by the ground between them."""
    cells = np.hypot(down, right)
    n = int(1.5 * cells) + 1
    eyes = ground[row, column] + EYES_M
    target = ground[row + down, column + right] + TARGET_M - (cells * CELL_M) ** 2 * DROP_PER_M2
    for k in range(1, n):
        part = k / n
        y, x = row + part * down, column + part * right
        i, j = int(y), int(x)
        v, u = y - i, x - j
        north = ground[i, j] * (1 - u) + ground[i, j + 1] * u
        south = ground[i + 1, j] * (1 - u) + ground[i + 1, j + 1] * u
        height = north * (1 - v) + south * v - (part * cells * CELL_M) ** 2 * DROP_PER_M2
        if height > eyes + part * (target - eyes):
            return False
    return True


@njit(cache=False)
def looks(ground: Any, row: int, stops: Any) -> Any:
    """Count, for every cell, the stops within reach and those that see it."""
    counts = np.zeros((*ground.shape, 2))
    for column in stops:
        for down in range(-REACH_CELLS, REACH_CELLS + 1):
            for right in range(-REACH_CELLS, REACH_CELLS + 1):
                if 1 <= np.hypot(down, right) <= REACH_CELLS:
                    counts[row + down, column + right, 0] += 1
                    if clear(ground, row, column, down, right):
                        counts[row + down, column + right, 1] += 1
    return counts


def hidden(exponent: float, relief: float) -> tuple[float, float]:
    """Shares hidden from one stop and from the whole track, over the seeds."""
    shares = []
    for seed in SEEDS:
        ground = fractal(exponent, seed)
        ground *= relief / relief_m(ground)
        stops = np.arange(REACH_CELLS + 3, N_CELLS - REACH_CELLS - 3, STOP_CELLS)
        counts = looks(ground, N_CELLS // 2, stops)
        inner = counts[:, 2 * REACH_CELLS + 6 : -2 * REACH_CELLS - 6].reshape(-1, 2)
        inner = inner[inner[:, 0] > 0]
        one = float(1 - (inner[:, 1] / inner[:, 0]).mean())
        shares.append((one, float((inner[:, 1] == 0).mean())))
    one, track = np.mean(shares, axis=0)
    return float(one), float(track)


def main() -> None:
    """Print the table, and the guess and band that follow from it."""
    for name, relief in RELIEF_M.items():
        found = {exponent: hidden(exponent, relief) for exponent in EXPONENTS}
        for exponent, (one, track) in found.items():
            print(f"{name:11} {exponent}: one stop {one:.2f}, whole track {track:.2f}")
        middle = np.mean(found[3.4])
        print(f"{name:11} guess {middle:.2f}, band {found[3.8][1]:.2f} to {found[3.0][0]:.2f}")


if __name__ == "__main__":
    main()
