"""Windows of a scan: stretches of border, discs in the plane, spans of time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from borderzone.errors import InvalidParameterError, LimitError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from borderzone._typing import FloatArray, IntArray
    from borderzone.corridor import Corridor

__all__ = ["Windows", "disc_windows", "runs_of", "stretch_windows", "time_spans"]

_MOST = 40_000_000  # windows times spans; their expected counts are held at once


@dataclass(frozen=True, kw_only=True, eq=False)
class Windows:
    """
    Sets of places, each a run in one order of places.

    Attributes
    ----------
    order
        Places, some of them several times.
    runs
        First and stop of each window in that order, shape ``(w, 2)``.
    """

    order: IntArray
    runs: IntArray

    def places(self, window: int) -> IntArray:
        """Give the places of a window."""
        first, stop = self.runs[window]
        return self.order[first:stop]

    def sums(self, values: FloatArray) -> FloatArray:
        """Add up a quantity of the places of each window."""
        along = np.cumsum(values[self.order], axis=0)
        along = np.concatenate([np.zeros((1, *along.shape[1:])), along])
        return np.asarray(along[self.runs[:, 1]] - along[self.runs[:, 0]])


def runs_of(corridor: Corridor) -> list[tuple[int, int, bool]]:
    """Give the runs of segments that are not interrupted by a break."""
    start = corridor.segments["km_start"].to_numpy()
    runs = []
    for part in corridor.border.course:
        mine = np.flatnonzero((start >= part.km_start - 1e-6) & (start < part.km_end - 1e-6))
        runs.append((int(mine[0]), int(mine[-1]) + 1, bool(part.is_ring)))
    return runs


def stretch_windows(
    runs: Sequence[tuple[int, int, bool]], share: FloatArray, max_share: float
) -> Windows:
    """Give every stretch of neighbouring segments up to a share of the exposure."""
    order: list[int] = []
    windows: list[tuple[int, int]] = []
    for first, stop, ring in runs:
        here = list(range(first, stop))
        base, length = len(order), len(here)
        order += here + (here[:-1] if ring else [])
        for k in range(length):
            longest = length if ring else length - k
            # A whole ring is one window, whichever segment it starts from.
            sizes = [m for m in range(1, longest + 1) if m < length or k == 0]
            windows += [(base + k, base + k + m) for m in sizes]
    made = Windows(order=np.array(order), runs=np.array(windows))
    return _small_enough(made, share, max_share)


def disc_windows(
    xy_km: FloatArray, share: FloatArray, max_share: float, max_radius_km: float
) -> Windows:
    """Give every disc about a place, up to a share of the exposure and a radius."""
    n = len(xy_km)
    if n * n > _MOST:
        msg = f"{n} places make too many discs; use larger cells (at most {int(_MOST**0.5)} places)"
        raise LimitError(msg)
    order, windows, base = [], [], 0
    for centre in range(n):
        apart = np.hypot(*(xy_km - xy_km[centre]).T)
        near = np.lexsort((np.arange(n), apart.round(9)))
        near = near[apart[near] <= max_radius_km + 1e-9]
        fits = np.cumsum(share[near]) <= max_share + 1e-12
        keep = near[: int(fits.sum()) + 1]
        ends = np.flatnonzero(np.append(np.diff(apart[keep].round(9)) > 0, len(keep) == len(near)))
        windows += [(base, base + int(end) + 1) for end in ends if fits[end]]
        order.append(keep)
        base += len(keep)
    made = Windows(order=np.concatenate(order), runs=np.array(windows).reshape(-1, 2))
    return _small_enough(made, share, max_share)


def time_spans(n_periods: int, max_share: float) -> IntArray:
    """Give every span of neighbouring periods up to a share of them."""
    longest = int(n_periods * max_share + 1e-9)
    if longest < 1:
        msg = f"max_time_share {max_share:g} of {n_periods} periods is less than one; raise it"
        raise InvalidParameterError(msg)
    spans = [(a, a + k) for k in range(1, longest + 1) for a in range(n_periods - k + 1)]
    return np.array(spans)


def _small_enough(windows: Windows, share: FloatArray, max_share: float) -> Windows:
    sums = windows.sums(share)
    fits = (sums <= max_share + 1e-12) & (sums > 0)
    if not fits.any():
        msg = f"no window has at most the share {max_share:g} of the exposure; raise max_share"
        raise InvalidParameterError(msg)
    return Windows(order=windows.order, runs=windows.runs[fits])
