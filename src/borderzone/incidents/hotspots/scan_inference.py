"""The test behind every scan: clusters, their p-values, and what imputation does to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from borderzone._guards import check_choice, check_probability, generator, seed_number, told_seed
from borderzone._kernels.window_scan import largest_ratios, poisson_ratio, window_ratios
from borderzone.errors import InvalidParameterError, LimitError, ShapeMismatchError
from borderzone.incidents.hotspots.guards import as_counts

if TYPE_CHECKING:
    from borderzone._typing import FloatArray, IntArray, Seed
    from borderzone.corridor import Corridor
    from borderzone.incidents.hotspots.windows import Windows

__all__ = ["Case", "exposure_of", "scan_test"]

_TIE = 1e-9  # equal ratios of equal counts may differ in the last digits
_MOST_CLUSTERS = 10
_MOST_TOTALS = 7  # null distributions drawn for imputed totals; the nearest serves the others
_MOST_CELLS = 40_000_000


@dataclass(frozen=True, kw_only=True, eq=False)
class Case:
    """
    What is scanned.

    Attributes
    ----------
    counts
        Shape ``(draws, n, periods)``.
    weight
        Exposure, shape ``(n, periods)``.
    windows
        Windows of places.
    spans
        First and stop period of each span, shape ``(s, 2)``.
    """

    counts: FloatArray | IntArray
    weight: FloatArray
    windows: Windows
    spans: IntArray

    def __post_init__(self) -> None:
        """Refuse what would not fit into memory, and counts that are no whole numbers."""
        cells = len(self.windows.runs) * len(self.spans)
        if cells > _MOST_CELLS:
            msg = (
                f"{cells:,} windows are more than {_MOST_CELLS:,}: use longer segments or periods, "
                "or a smaller max_share"
            )
            raise LimitError(msg)
        if (self.counts != np.rint(self.counts)).any():
            msg = "counts must be whole numbers of events; give imputed counts as draws, not means"
            raise InvalidParameterError(msg)
        if (self.counts.sum(axis=0) > 0)[self.weight == 0].any():
            msg = "exposure is 0 where events were counted; it must be above 0 there"
            raise InvalidParameterError(msg)

    @property
    def share(self) -> FloatArray:
        """Share of the exposure in each window and span."""
        by_window = self.windows.sums(self.weight / self.weight.sum())
        along = np.concatenate([np.zeros((len(by_window), 1)), by_window.cumsum(axis=1)], axis=1)
        return np.asarray(along[:, self.spans[:, 1]] - along[:, self.spans[:, 0]])


def exposure_of(
    exposure: Any,
    corridor: Corridor | None,
    shape: tuple[int, ...],
    *,
    by_period: FloatArray | None = None,
) -> FloatArray:
    """Give what events are expected in proportion to."""
    if isinstance(exposure, str):
        check_choice(exposure, "exposure", ("length", "area"))
        column = {"length": "length_km", "area": "area_km2"}[exposure]
        values = np.ones(shape[0]) if corridor is None else corridor.segments[column].to_numpy()
    else:
        values = as_counts(exposure, "exposure")
    if values.ndim == 1:
        values = np.repeat(values[:, None], shape[1], axis=1)
        values = values if by_period is None else values * by_period
    if values.shape != tuple(shape):
        msg = (
            f"exposure has shape {values.shape}, the counts have {shape[0]} places and {shape[1]} "
            "periods"
        )
        raise ShapeMismatchError(msg)
    if not values.sum() > 0:
        msg = "exposure is 0 everywhere; it must be above 0 where events can happen"
        raise InvalidParameterError(msg)
    return np.asarray(values, dtype=float)


def scan_test(case: Case, permutations: int, level: float, seed: Seed) -> pd.DataFrame:
    """Find clusters and test them against tables drawn under the null."""
    check_probability(level, "level")
    totals = case.counts.sum(axis=(1, 2)).astype(np.int64)
    if totals.max() == 0:
        msg = "there is no event to scan: all counts are 0"
        raise InvalidParameterError(msg)
    share = case.share
    runs = (case.windows.order, case.windows.runs, case.spans)
    mean = case.counts.mean(axis=0)
    count, ratio = window_ratios(mean, *runs, share * mean.sum())
    rows = _non_overlapping(ratio, case)
    nulls = _null_maxima(case, totals, permutations, seed_number(seed))
    picked = np.array([_picked(table, case, share, rows) for table in case.counts])
    beyond = [
        (nulls[total][:, None] >= each - _TIE).sum(axis=0)
        for total, each in zip(totals.tolist(), picked, strict=True)
    ]
    p = (1.0 + np.array(beyond).reshape(len(totals), len(rows))) / (permutations + 1.0)
    w, s = np.array(rows, dtype=int).reshape(-1, 2).T
    expected = share[w, s] * mean.sum()
    inside = count[w, s]
    table = pd.DataFrame(
        {
            "places": [case.windows.places(int(window)) for window in w],
            "span": s,
            "count": inside,
            "expected": expected,
            "relative_risk": _relative_risk(inside, expected, float(mean.sum())),
            "llr": ratio[w, s],
            "p": np.median(p, axis=0),
            "significant": np.median(p, axis=0) <= level,
            "share_of_imputations": (p <= level).mean(axis=0),
        }
    )
    table.attrs = {
        "permutations": permutations,
        "level": level,
        "seed": told_seed(seed),
        "n_windows": int(share.size),
        "n_counted": float(mean.sum()),
        "null_totals": len(nulls) if len(totals) > 1 else 1,
    }
    return table


def _relative_risk(inside: FloatArray, expected: FloatArray, total: float) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((inside / expected) / ((total - inside) / (total - expected)))


def _non_overlapping(ratio: FloatArray, case: Case) -> list[tuple[int, int]]:
    """Take the best window and span, then the best that share no place with any before."""
    found: list[tuple[int, int]] = []
    taken = np.zeros(int(case.windows.order.max()) + 1)
    best = ratio.max(axis=1)
    span = ratio.argmax(axis=1)
    # Of equal ratios the smaller window is the plainer answer.
    size = case.windows.runs[:, 1] - case.windows.runs[:, 0]
    ranked = np.lexsort((size, -best.round(9)))
    for window in ranked[best[ranked] > 0]:
        places = case.windows.places(int(window))
        if not taken[places].any():
            found.append((int(window), int(span[window])))
            taken[places] = 1
        if len(found) == _MOST_CLUSTERS:
            break
    return found


def _picked(
    table: FloatArray | IntArray, case: Case, share: FloatArray, rows: list[tuple[int, int]]
) -> FloatArray:
    """Give the ratios of the chosen windows in one imputation."""
    total = float(table.sum())
    ratios = []
    for window, span in rows:
        first, stop = case.spans[span]
        inside = float(table[case.windows.places(window), first:stop].sum())
        ratios.append(poisson_ratio(inside, share[window, span] * total, total) if total else 0.0)
    return np.array(ratios)


def _null_maxima(
    case: Case, totals: IntArray, permutations: int, seed: int
) -> dict[int, FloatArray]:
    """Draw tables of so many events under the null; give the largest ratio of each, by total."""
    shares = (case.weight / case.weight.sum()).ravel()
    shares = shares / shares.sum()
    distinct = np.unique(totals)
    at = np.linspace(0, len(distinct) - 1, min(len(distinct), _MOST_TOTALS)).round().astype(int)
    drawn: dict[int, FloatArray] = {}
    share = case.share
    for total in distinct[at].tolist():
        rng = generator(seed, total)
        tables = rng.multinomial(total, shares, size=permutations)
        drawn[total] = largest_ratios(
            tables.reshape(permutations, *case.weight.shape),
            case.windows.order,
            case.windows.runs,
            case.spans,
            share * total,
        )
    known = np.array(sorted(drawn))
    return {int(n): drawn[int(known[np.abs(known - n).argmin()])] for n in distinct}
