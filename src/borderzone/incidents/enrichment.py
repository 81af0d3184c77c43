"""Whether flagged ground has more events than other ground equally far from roads and towns."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from borderzone._checks import check_choice, check_confidence, check_positive
from borderzone.errors import InvalidParameterError, NoOverlapError
from borderzone.incidents.comparison_cells import (
    DISTANCES,
    comparison_cells,
    counts_in_cells,
    positions_near,
)
from borderzone.incidents.equal_distance import distance_terms, strata_of
from borderzone.incidents.imputation import check_draws
from borderzone.incidents.pooling import Pooled, pool_rubin, smallest_ratio_seen
from borderzone.incidents.rate_ratio import (
    RatioFit,
    crude_ratio,
    mantel_haenszel,
    poisson_regression,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import geopandas as gpd
    import xarray as xr

    from borderzone._typing import BoolArray, FloatArray, IntArray, Seed
    from borderzone.corridor import Corridor

__all__ = ["Enrichment", "enrichment", "enrichment_table", "ratio_at_equal_distance"]

METHODS = ("poisson", "matched")
_POWER = 0.8
_FEWEST_EVENTS = 5.0
_FITS_NEEDED = 0.9  # share of the draws whose ratio could be computed
_THIN_OVERLAP = 0.5
_MONTH_DAYS = 365.25 / 12


@dataclass(frozen=True, kw_only=True, slots=True)
class Enrichment:
    """
    What a comparison of flagged with unflagged ground showed, a null result included.

    Attributes
    ----------
    ratio, low, high
        Rate of events per km² and month on flagged over that on unflagged
        ground at equal distances, with its band; NaN where it cannot be told.
    confidence
        Confidence of the band.
    p_value
        Chance of a ratio so far from 1 if the rates were equal.
    smallest_ratio
        Smallest ratio above 1 that such data would tell from 1 four times in five.
    crude_ratio, crude_low, crude_high
        The same with nothing held equal: what roads and towns make of it.
    method
        "poisson" or "matched".
    held_equal
        Distances held equal, in words.
    events, events_flagged, events_compared
        Events in the cells, on flagged ones, and with ground of both kinds
        to compare; means over the imputations.
    rate_flagged, rate_unflagged
        Events per 1,000 km² and month, nothing held equal; NaN without months.
    months
        Length of the period; NaN if unknown.
    cells, cells_flagged, cell_km
        Cells compared, how many of them are flagged, and their side. Units: km.
    flagged_km2, unflagged_km2
        Ground compared. Units: km².
    overlap_share
        Share of the flagged ground that has unflagged ground at equal distances.
    median_error_km
        Median position error of the events that may lie in the cells. Units: km.
    dispersion
        How much more uneven counts are than chance makes them, 1 or more.
    missing_share
        Share of the variance owed to not knowing the positions.
    df
        Degrees of freedom of the band.
    draws, draws_filled
        Imputations, and those in which one kind of ground had no event and
        half an event was added to both.
    kinds
        Kinds of flag.
    label
        "SYNTHETIC DATA" or "".
    """

    ratio: float
    low: float
    high: float
    confidence: float
    p_value: float
    smallest_ratio: float
    crude_ratio: float
    crude_low: float
    crude_high: float
    method: str
    held_equal: tuple[str, ...]
    events: float
    events_flagged: float
    events_compared: float
    rate_flagged: float
    rate_unflagged: float
    months: float
    cells: int
    cells_flagged: int
    cell_km: float
    flagged_km2: float
    unflagged_km2: float
    overlap_share: float
    median_error_km: float
    dispersion: float
    missing_share: float
    df: float
    draws: int
    draws_filled: int
    kinds: tuple[str, ...] = ()
    label: str = ""

    @property
    def verdict(self) -> str:
        """
        Name the outcome.

        Returns
        -------
        str
            "more", "fewer", "no difference shown" or "cannot tell".
        """
        if not math.isfinite(self.ratio):
            return "cannot tell"
        if self.low > 1:
            return "more"
        return "fewer" if self.high < 1 else "no difference shown"

    def sentence(self) -> str:
        """
        Say in plain words what was found, and what could not have been.

        Returns
        -------
        str
            A few sentences.
        """
        head = f"{self.label}: " if self.label else ""
        equal = f"at equal distance from {_listed(self.held_equal)}"
        n = f"{self.events_compared:.0f} event{'' if round(self.events_compared) == 1 else 's'}"
        if self.verdict == "cannot tell":
            return (
                f"{head}Cannot tell: {n} with ground of both kinds to compare {equal} are too few for a "
                f"ratio (at least {_FEWEST_EVENTS:.0f} are needed, and a fit that settles)."
            )
        ratio = f"ratio {self.ratio:.2g} ({self.low:.2g} to {self.high:.2g}) {equal}"
        crude = f"with nothing held equal it would read {self.crude_ratio:.2g}"
        if self.verdict == "no difference shown":
            said = (
                f"No difference shown: {ratio}; {n} cannot tell a ratio below "
                f"{self.smallest_ratio:.2g} from 1 ({crude})."
            )
        else:
            said = f"{self.verdict.capitalize()} events on flagged ground: {ratio}, {n} ({crude})."
        if self.overlap_share < _THIN_OVERLAP:
            said += (
                f" Only {self.overlap_share:.0%} of the flagged ground has unflagged ground equally far "
                "away, so most of it is compared by the model alone or not at all."
            )
        left_out = [name for name in DISTANCES.values() if name not in self.held_equal]
        if left_out:
            said += f" Distance from {_listed(left_out)} was not given and is not held equal."
        return f"{head}{said} Events are where something was reported."

    def to_frame(self) -> pd.DataFrame:
        """
        Give the record as a table of one row.

        Returns
        -------
        pandas.DataFrame
            A column for each attribute, with verdict and sentence.
        """
        row = {
            name: ", ".join(value) if isinstance(value, tuple) else value
            for name, value in dataclasses.asdict(self).items()
        }
        return pd.DataFrame([{**row, "verdict": self.verdict, "sentence": self.sentence()}])


def enrichment(  # noqa: PLR0913 (the layers and choices of one test)
    events: gpd.GeoDataFrame,
    flags: gpd.GeoDataFrame | xr.DataArray,
    corridor: Corridor,
    *,
    roads: gpd.GeoDataFrame | None = None,
    towns: gpd.GeoDataFrame | None = None,
    months: float | None = None,
    cell_km: float = 10.0,
    method: str = "poisson",
    admin1: gpd.GeoDataFrame | None = None,
    regions: gpd.GeoDataFrame | None = None,
    confidence: float = 0.95,
    draws: int = 200,
    seed: Seed = 1,
) -> Enrichment:
    """
    Compare events on flagged and unflagged ground at equal distance from roads, towns and border.

    Reports come from where people and roads are, and flagged ground is where
    they are not: the rates as they stand say more about reporting than about
    the ground. The corridor is cut into cells, and the ratio of the two rates
    is taken at equal distances, either by Poisson regression on smooth terms
    of the distances with area times months as exposure, or within strata of
    cells that lie equally far ("matched", Mantel-Haenszel [1]_). Positions
    are drawn anew in each imputation, and log ratios are pooled by Rubin's
    rules [2]_ with the degrees of freedom of Barnard and Rubin.

    Parameters
    ----------
    events
        Table from `read`.
    flags
        Zones as polygons, or a raster that is 1 on flagged ground.
    corridor
        The corridor.
    roads
        Lines of roads, beyond the corridor as well where they reach near it.
    towns
        Towns, beyond the corridor as well.
    months
        Length of the period; None for that from the first event to the last.
        The ratio does not depend on it.
    cell_km
        Side of a cell; not below the median position error. Units: km.
    method
        "poisson" (needs ``borderzone[stats]``) or "matched".
    admin1
        Provinces, for events known only to their province.
    regions
        Table from `regions`, where the default kernels are not wanted.
    confidence
        Confidence of the band.
    draws
        Imputations, 2 or more.
    seed
        Seed or generator.

    Returns
    -------
    Enrichment
        Ratio, band, what could have been seen, and a sentence.

    Raises
    ------
    CRSMismatchError
        If a layer has no CRS.
    DataError
        If a table or layer is of the wrong kind, or empty.
    InvalidParameterError
        If a word is unknown, a number out of range, the cells are smaller than
        the median position error, or statsmodels is missing for "poisson".
    NoOverlapError
        If no cell, or all cells, are flagged.

    Notes
    -----
    Positions are drawn without regard to flags, so position errors as large as the
    flagged patches pull the ratio towards 1.

    References
    ----------
    .. [1] Greenland, S., Robins, J. M. (1985). Estimation of a common effect
       parameter from sparse follow-up data. Biometrics 41, 55-68.
    .. [2] Rubin, D. (1987). Multiple Imputation for Nonresponse in Surveys.
    """
    check_choice(method, "method", METHODS)
    count = _check_draws(draws)
    span = _months(events, months)
    cells = comparison_cells(flags, corridor, roads=roads, towns=towns, cell_km=cell_km)
    where, errors, _ = positions_near(
        events, cells, regions=regions, admin1=admin1, draws=count, seed=seed
    )
    error_km = float(np.median(errors)) if len(errors) else math.nan
    if error_km > cell_km:
        msg = (
            f"cell_km {cell_km:g} is smaller than the median position error of these events, "
            f"{error_km:.1f} km: nothing this fine can be told; take cell_km={math.ceil(error_km)} or "
            "more, or keep only the events that are placed more precisely"
        )
        raise _TooFineError(msg)
    found = ratio_at_equal_distance(
        counts_in_cells(where, len(cells)), cells, months=span, method=method, confidence=confidence
    )
    label = "SYNTHETIC DATA" if "synthetic" in events and bool(events["synthetic"].any()) else ""
    return dataclasses.replace(found, median_error_km=error_km, label=label)


def enrichment_table(  # noqa: PLR0913 (same names as `enrichment`)
    events: gpd.GeoDataFrame,
    flags: gpd.GeoDataFrame | xr.DataArray,
    corridor: Corridor,
    *,
    roads: gpd.GeoDataFrame | None = None,
    towns: gpd.GeoDataFrame | None = None,
    months: float | None = None,
    cell_sizes_km: Sequence[float] = (10.0, 25.0),
    methods: Sequence[str] = METHODS,
    admin1: gpd.GeoDataFrame | None = None,
    regions: gpd.GeoDataFrame | None = None,
    confidence: float = 0.95,
    draws: int = 200,
    seed: Seed = 1,
) -> pd.DataFrame:
    """
    Compare flagged with unflagged ground at several cell sizes and by both methods.

    A finding that holds at one size only is one of that size, not of the ground.

    Parameters
    ----------
    events
        Table from `read`.
    flags
        As in `enrichment`.
    corridor
        The corridor.
    roads
        Lines of roads.
    towns
        Towns.
    months
        As in `enrichment`.
    cell_sizes_km
        Sides of cells. Units: km.
    methods
        "poisson", "matched" or both.
    admin1
        Provinces, for events known only to their province.
    regions
        Table from `regions`, where the default kernels are not wanted.
    confidence
        Confidence of the bands.
    draws
        Imputations.
    seed
        Seed; a generator gives each row positions of its own.

    Returns
    -------
    pandas.DataFrame
        A row for each size and method, with the columns of `Enrichment`. A
        size that cannot be used has NaN and says why in its sentence.

    Raises
    ------
    BorderzoneError
        As `enrichment`, but for sizes below the position error or without
        both kinds of ground.
    """
    for method in methods:
        check_choice(method, "methods", METHODS)
    rows = []
    for size in cell_sizes_km:
        check_positive(size, "cell_sizes_km", "km")
        for method in methods:
            try:
                row = enrichment(
                    events,
                    flags,
                    corridor,
                    roads=roads,
                    towns=towns,
                    months=months,
                    cell_km=size,
                    method=method,
                    admin1=admin1,
                    regions=regions,
                    confidence=confidence,
                    draws=draws,
                    seed=seed,
                ).to_frame()
            except (_TooFineError, NoOverlapError) as error:
                row = pd.DataFrame(
                    [
                        {
                            "cell_km": size,
                            "method": method,
                            "verdict": "not compared",
                            "sentence": str(error),
                        }
                    ]
                )
            rows.append(row)
    table = pd.concat(rows, ignore_index=True)
    first = [
        "cell_km",
        "method",
        "verdict",
        "ratio",
        "low",
        "high",
        "smallest_ratio",
        "crude_ratio",
    ]
    first = [name for name in first if name in table.columns]
    return table[first + [name for name in table.columns if name not in first]]


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
    if counts.ndim != 2 or counts.shape[1] != len(cells) or not len(counts):
        msg = f"counts must have shape (draws, {len(cells)}), got {counts.shape}"
        raise InvalidParameterError(msg)
    bench = _Bench(cells, counts, method)
    fits = bench.each(bench.fit)
    crude = bench.pooled([bench.crude(k) for k in range(len(counts))])
    adjusted = bench.pooled(fits) if bench.enough(fits) else None
    ends = _ends(adjusted, confidence), _ends(crude, confidence)
    on, km2 = bench.flagged, bench.exposure
    per = math.nan if not months > 0 else 1e3 / months
    good = [fit for fit in fits if math.isfinite(fit.log_ratio)]
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


class _TooFineError(InvalidParameterError):
    """Cells are smaller than the position error: a row of a table says so, a single test stops."""


class _Bench:
    """The cells of one comparison, and the fit of each draw of counts on them."""

    def __init__(self, cells: pd.DataFrame, counts: IntArray, method: str) -> None:
        self.distances = [name for name in DISTANCES if name in cells.columns]
        self.flagged: BoolArray = cells["flagged"].to_numpy(dtype=bool)
        self.exposure: FloatArray = cells["area_km2"].to_numpy(dtype=float)
        self.strata = strata_of(cells, self.distances)
        both = [np.unique(self.strata[kind]) for kind in (self.flagged, ~self.flagged)]
        self.shared: BoolArray = np.isin(self.strata, np.intersect1d(*both))
        on = self.flagged
        shared_km2 = self.exposure[on & self.shared].sum()
        self.overlap_share = float(shared_km2 / self.exposure[on].sum())
        self.used = self.shared if method == "matched" else np.ones(len(cells), dtype=bool)
        self.counts, self.method, self.filled = counts, method, 0
        events = float(counts.sum(axis=1).mean())
        self.terms = distance_terms(cells, self.distances, events)

    def each(self, fit: Callable[[int], RatioFit]) -> list[RatioFit]:
        """Fit draw by draw, but not what has too few events to fit."""
        if self.compared() < _FEWEST_EVENTS:
            return []
        return [fit(draw) for draw in range(len(self.counts))]

    def fit(self, draw: int) -> RatioFit:
        used = self.used
        on, exposure = self.flagged[used], self.exposure[used]
        counts, filled = _filled(self.counts[draw, used], on, exposure)
        self.filled += filled
        if self.method == "matched":
            return mantel_haenszel(counts, on, exposure, self.strata[used])
        return poisson_regression(counts, on, exposure, self.terms)

    def crude(self, draw: int) -> RatioFit:
        counts, _ = _filled(self.counts[draw], self.flagged, self.exposure)
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


def _filled(counts: IntArray, flagged: BoolArray, exposure: FloatArray) -> tuple[FloatArray, bool]:
    """Add half an event to both kinds of ground, spread by exposure, where one of them has none."""
    whole = counts.astype(float)
    if whole[flagged].sum() > 0 and whole[~flagged].sum() > 0:
        return whole, False
    for kind in (flagged, ~flagged):
        whole[kind] += 0.5 * exposure[kind] / exposure[kind].sum()
    return whole, True


def _ends(pooled: Pooled | None, confidence: float) -> tuple[float, float, float]:
    if pooled is None:
        return math.nan, math.nan, math.nan
    reach = float(stats.t.ppf(0.5 + confidence / 2.0, pooled.df)) * pooled.deviation
    middle = pooled.estimate
    # Beyond e to the 300th a ratio says no more than "anything".
    return tuple(math.exp(min(x, 300.0)) for x in (middle, middle - reach, middle + reach))  # type: ignore[return-value]


def _p_value(pooled: Pooled | None) -> float:
    if pooled is None:
        return math.nan
    return float(2.0 * stats.t.sf(abs(pooled.estimate) / pooled.deviation, pooled.df))


def _smallest(pooled: Pooled | None, good: list[RatioFit], confidence: float) -> float:
    """From the error that the ratio would have if the rates were equal, positions included."""
    if pooled is None:
        return math.nan
    within = float(np.mean([fit.null_variance for fit in good]))
    deviation = math.sqrt(within + pooled.missing * pooled.deviation**2)
    return smallest_ratio_seen(deviation, pooled.df, level=1.0 - confidence, power=_POWER)


def _check_draws(draws: int) -> int:
    count = check_draws(draws)
    if count < 2:
        msg = f"draws must be 2 or more, so that they can differ, got {draws!r}"
        raise InvalidParameterError(msg)
    return count


def _months(events: gpd.GeoDataFrame, months: float | None) -> float:
    if months is not None:
        return check_positive(months, "months", "months")
    if "date_start" not in events.columns:
        return math.nan
    dates = pd.to_datetime(events["date_start"], errors="coerce").dropna()
    days = (dates.max() - dates.min()).days + 1 if len(dates) > 1 else 0
    return days / _MONTH_DAYS if days > 1 else math.nan


def _listed(words: Sequence[str]) -> str:
    *head, last = words
    return f"{', '.join(head)} and {last}" if head else last
