"""From counts of events by cell to the ratio of rates at equal distance, pooled over imputations."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtr, stdtrit

from borderzone._guards import check_choice, check_confidence, check_non_negative, is_number
from borderzone.errors import InvalidParameterError
from borderzone.incidents.comparing.compared_cells import DISTANCES
from borderzone.incidents.comparing.enrichment_record import FEWEST_EVENTS, Enrichment
from borderzone.incidents.comparing.equal_distance import distance_terms, strata_of
from borderzone.incidents.comparing.pooling import Pooled, pool_rubin, smallest_ratio_seen
from borderzone.incidents.comparing.rate_ratio import (
    RatioFit,
    crude_ratio,
    filled_counts,
    mantel_haenszel,
    poisson_regression,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from borderzone._typing import BoolArray, FloatArray, IntArray

__all__ = ["METHODS", "ratio_at_equal_distance"]

METHODS = ("poisson", "matched")
_POWER = 0.8
_MIXED = 0.25  # cells flagged on more than this and less than the rest enter no stratum
_HELD = 20.0  # data that could not tell a ratio of so much from 1 do not hold one
_FITS_NEEDED = 0.9  # share of the draws whose ratio could be computed


def ratio_at_equal_distance(
    counts: IntArray,
    cells: pd.DataFrame,
    *,
    months: float = math.nan,
    method: str = "poisson",
    confidence: float = 0.95,
) -> Enrichment:
    """
    Compare flagged with unflagged cells, from counts of events that are already placed.

    Parameters
    ----------
    counts
        Events of each cell, shape ``(draws, cells)``: one row where positions are known.
    cells
        From `comparison_cells`: area_km2, flagged and the distances.
    months
        Length of the period; NaN if unknown.
    method
        "poisson" or "matched".
    confidence
        Confidence of the band.

    Returns
    -------
    Enrichment
        As from `enrichment`, without median_error_km.

    Raises
    ------
    InvalidParameterError
        If a word is unknown, the counts are not of these cells, or
        statsmodels is missing for "poisson".
    """
    check_choice(method, "method", METHODS)
    check_confidence(confidence)
    if not (is_number(months) and math.isnan(months)):  # NaN: not known
        check_non_negative(months, "months", "months")
    if np.ndim(counts) != 2 or counts.shape[1] != len(cells) or not len(counts):
        msg = f"counts must have shape (draws, {len(cells)}), got {np.shape(counts)}"
        raise InvalidParameterError(msg)
    bench = _Bench(cells, counts, method)
    fits = bench.each(bench.fit)
    crude = bench.pooled([bench.crude(k) for k in range(len(counts))])
    good = [fit for fit in fits if math.isfinite(fit.log_ratio)]
    adjusted = bench.pooled(fits) if bench.enough(fits) else None
    if _smallest(adjusted, good, confidence) > _HELD:
        adjusted = None
    ends = _ends(adjusted, confidence), _ends(crude, confidence)
    on, km2 = bench.flagged, bench.exposure
    per = math.nan if not months > 0 else 1e3 / months
    return Enrichment(
        ratio=ends[0][0],
        low=ends[0][1],
        high=ends[0][2],
        confidence=confidence,
        p_value=_p_value(adjusted),
        smallest_ratio=_smallest(adjusted, good, confidence),
        crude_ratio=ends[1][0],
        crude_low=ends[1][1],
        crude_high=ends[1][2],
        method=method,
        held_equal=tuple(DISTANCES[name] for name in bench.distances),
        events=float(counts.sum(axis=1).mean()),
        events_flagged=float(counts[:, on].sum(axis=1).mean()),
        events_compared=bench.compared(),
        rate_flagged=per * float(counts[:, on].sum(axis=1).mean() / km2[on].sum()),
        rate_unflagged=per * float(counts[:, ~on].sum(axis=1).mean() / km2[~on].sum()),
        months=float(months),
        cells=len(cells),
        cells_flagged=int(on.sum()),
        cell_km=float(cells.attrs.get("cell_km", math.nan)),
        flagged_km2=float(km2[on].sum()),
        unflagged_km2=float(km2[~on].sum()),
        overlap_share=bench.overlap_share,
        median_error_km=math.nan,
        dispersion=float(np.mean([fit.dispersion for fit in good])) if good else math.nan,
        missing_share=adjusted.missing if adjusted else math.nan,
        df=adjusted.df if adjusted else math.nan,
        draws=len(counts),
        draws_filled=bench.filled,
        kinds=tuple(cells.attrs.get("kinds", ())),
    )


class _Bench:
    """The cells of one comparison, and the fit of each draw of counts on them."""

    def __init__(self, cells: pd.DataFrame, counts: IntArray, method: str) -> None:
        self.distances = [name for name in DISTANCES if name in cells.columns]
        self.flagged: BoolArray = cells["flagged"].to_numpy(dtype=bool)
        self.exposure: FloatArray = cells["area_km2"].to_numpy(dtype=float)
        self.share: FloatArray = cells.get("flagged_share", cells["flagged"]).to_numpy(dtype=float)
        clear = np.abs(self.share - 0.5) >= 0.5 - _MIXED
        self.strata = strata_of(cells, self.distances)
        on_strata, off_strata = (
            self.strata[clear & kind] for kind in (self.flagged, ~self.flagged)
        )
        self.shared: BoolArray = clear & np.isin(self.strata, np.intersect1d(on_strata, off_strata))
        on = self.flagged
        shared_km2 = self.exposure[on & self.shared].sum()
        self.overlap_share = float(shared_km2 / self.exposure[on].sum())
        self.used = self.shared if method == "matched" else np.ones(len(cells), dtype=bool)
        self.counts, self.method, self.filled = counts, method, 0
        events = float(counts.sum(axis=1).mean())
        self.terms = distance_terms(cells, self.distances, events)

    def each(self, fit: Callable[[int], RatioFit]) -> list[RatioFit]:
        """Fit draw by draw, but not what has too few events to fit."""
        if self.compared() < FEWEST_EVENTS:
            return []
        return [fit(draw) for draw in range(len(self.counts))]

    def fit(self, draw: int) -> RatioFit:
        used = self.used
        on, exposure = self.flagged[used], self.exposure[used]
        counts, filled = filled_counts(self.counts[draw, used], on, exposure)
        self.filled += filled
        if self.method == "matched":
            return mantel_haenszel(counts, on, exposure, self.strata[used])
        return poisson_regression(counts, self.share, exposure, self.terms)

    def crude(self, draw: int) -> RatioFit:
        counts, _ = filled_counts(self.counts[draw], self.flagged, self.exposure)
        return crude_ratio(counts, self.flagged, self.exposure)

    def compared(self) -> float:
        return float(self.counts[:, self.used].sum(axis=1).mean())

    def enough(self, fits: list[RatioFit]) -> bool:
        good = sum(math.isfinite(fit.log_ratio) for fit in fits)
        return good > 0 and good >= _FITS_NEEDED * len(self.counts)

    @staticmethod
    def pooled(fits: list[RatioFit]) -> Pooled:
        good = [fit for fit in fits if math.isfinite(fit.log_ratio)]
        return pool_rubin(
            np.array([fit.log_ratio for fit in good]),
            np.array([fit.variance for fit in good]),
            df_complete=min(fit.df for fit in good),
        )


def _ends(pooled: Pooled | None, confidence: float) -> tuple[float, float, float]:
    if pooled is None:
        return math.nan, math.nan, math.nan
    reach = float(stdtrit(pooled.df, 0.5 + confidence / 2.0)) * pooled.deviation
    middle = pooled.estimate
    # Beyond e to the 300th a ratio says no more than "anything".
    return tuple(math.exp(min(x, 300.0)) for x in (middle, middle - reach, middle + reach))  # type: ignore[return-value]


def _p_value(pooled: Pooled | None) -> float:
    if pooled is None:
        return math.nan
    return float(2.0 * stdtr(pooled.df, -abs(pooled.estimate) / pooled.deviation))


def _smallest(pooled: Pooled | None, good: list[RatioFit], confidence: float) -> float:
    """From the error that the ratio would have if the rates were equal, positions included."""
    if pooled is None:
        return math.nan
    within = float(np.mean([fit.null_variance for fit in good]))
    deviation = math.sqrt(within + pooled.missing * pooled.deviation**2)
    return smallest_ratio_seen(deviation, pooled.df, level=1.0 - confidence, power=_POWER)
