"""Whether flagged ground has more events than other ground equally far from roads and towns."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from borderzone._guards import (
    check_choice,
    check_confidence,
    check_non_negative,
    check_positive,
    check_whole,
    generator,
    guarded,
    is_number,
    listed,
)
from borderzone.errors import InvalidParameterError, NoOverlapError
from borderzone.incidents.comparing.compared_cells import (
    CellFinder,
    CellGround,
    comparison_cells,
    counts_in_cells,
)
from borderzone.incidents.comparing.rate_ratio import (
    DISTANCES,
    FEWEST_EVENTS,
    METHODS,
    Pooled,
    RatioFit,
    crude_ratio,
    filled_counts,
    mantel_haenszel,
    pool_rubin,
    smallest_ratio_seen,
    strata_of,
)
from borderzone.incidents.comparing.regression import (
    distance_terms,
    informed_counts,
    poisson_regression,
)
from borderzone.incidents.placing.covered_ground import (
    covered_ground,
    imputed,
)
from borderzone.incidents.placing.precision import typical_error_km
from borderzone.incidents.table_coverage import months_covered
from borderzone.incidents.table_schema import check_events, label_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import geopandas as gpd
    import xarray as xr

    from borderzone._typing import BoolArray, FloatArray, IntArray, Seed
    from borderzone.corridor import Corridor

__all__ = ["Enrichment", "enrichment", "enrichment_table", "ratio_at_equal_distance"]


_FIRST = ("cell_km", "method", "verdict", "ratio", "low", "high", "smallest_ratio", "crude_ratio")
_THIN_OVERLAP = 0.5
_POWER = 0.8
_MIXED = 0.25  # cells flagged on more than this and less than the rest enter no stratum
_HELD = 20.0  # data that could not tell a ratio of so much from 1 do not hold one
_FITS_NEEDED = 0.9  # share of the draws whose ratio could be computed


def enrichment(  # noqa: PLR0913 - the layers and choices of one test
    events: gpd.GeoDataFrame,
    flags: gpd.GeoDataFrame | xr.DataArray,
    corridor: Corridor,
    *,
    held_equal: Mapping[str, gpd.GeoDataFrame | None] | None = None,
    cell_km: float = 10.0,
    method: str = "matched",
    regions: gpd.GeoDataFrame | None = None,
    confidence: float = 0.95,
    draws: int = 200,
    seed: Seed = 1,
) -> Enrichment:
    """
    Compare events on flagged and unflagged ground at equal distance from roads, towns and border.

    Reports come from where people and roads are, and flagged ground is where
    they are not: the rates as they stand say more about reporting than about
    the ground. The corridor, as far as it is ground of the countries that the table covers
    (`coverage`), is cut into cells, and the ratio of the two rates
    is taken at equal distances: within strata of cells that lie equally far ("matched",
    Mantel-Haenszel [1]_), which leaves out cells flagged on a quarter to three quarters, or
    by Poisson regression on smooth terms of the distances with area times months as exposure
    ("poisson"), which lets a cell be flagged in part. Positions are drawn anew in each imputation, and log ratios are pooled by Rubin's
    rules [2]_ with the degrees of freedom of Barnard and Rubin.

    Parameters
    ----------
    events
        Table from `read`.
    flags
        Zones as polygons, or a raster that is 1 on flagged ground.
    corridor
        The corridor.
    held_equal
        Layers whose distance is held equal beside that of the border: ``roads``, lines, and
        ``towns``, both beyond the corridor as well where they reach near it.
    cell_km
        Side of a cell; not below the median position error, each event weighed by its
        probability of lying in the cells. Units: km.
    method
        "matched", or "poisson" (needs ``borderzone[stats]``).
    regions
        Table from `regions`, which takes provinces and districts for vague events; None for what
        the precision classes say without.
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
    Positions drawn evenly over their regions know nothing of flags, and pull the ratio
    towards 1 where errors are as large as flagged patches. "matched" errs towards 1 so; "poisson"
    places events by the rates that it finds, rates and positions in turn [3]_.

    References
    ----------
    .. [1] Greenland, S., Robins, J. M. (1985). Estimation of a common effect
       parameter from sparse follow-up data. Biometrics 41, 55-68.
    .. [2] Rubin, D. (1987). Multiple Imputation for Nonresponse in Surveys.
    .. [3] Tanner, M. A., Wong, W. H. (1987). The calculation of posterior
       distributions by data augmentation. Journal of the American Statistical
       Association 82, 528-540.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from borderzone import Border, Corridor, incidents
    >>> corridor = Corridor.around(Border.between("IRQ", "SYR").between_km(0, 120), depth_km=25)
    >>> events = incidents.synthetic(corridor, n=60, seed=1, line_share=0.0)
    >>> flags = gpd.GeoDataFrame(geometry=corridor.segments.geometry.iloc[:6], crs=corridor.segments.crs)
    >>> found = enrichment(events, flags, corridor, cell_km=10, draws=20)
    >>> found.verdict, found.low < 1 < found.high, found.label
    ('no difference shown', True, 'SYNTHETIC DATA')
    """
    check_events(events)
    check_choice(method, "method", METHODS)
    count = check_whole(draws, "draws", lowest=2)  # so that they can differ
    rng = generator(seed)
    covered = covered_ground(events, corridor)
    cells = comparison_cells(
        flags,
        corridor,
        held_equal=held_equal,
        cell_km=cell_km,
        countries=covered.countries,
    )
    where, errors = _positions_near(
        events, cells, corridor=corridor, regions=regions, draws=count, seed=rng
    )
    error_km = typical_error_km(errors, (where >= 0).mean(axis=1))
    if error_km > cell_km:
        msg = (
            f"cell_km {cell_km:g} is smaller than the median position error of these events, "
            f"{error_km:.1f} km: nothing this fine can be told; take cell_km={math.ceil(error_km)} or "
            "more, or keep only the events that are placed more precisely"
        )
        raise _TooFineError(msg)
    counts = counts_in_cells(where, len(cells))
    if method == "poisson" and counts.sum() >= FEWEST_EVENTS * count:
        counts = informed_counts(where, cells, rng)
    found = ratio_at_equal_distance(
        counts, cells, months=months_covered(events), method=method, confidence=confidence
    )
    label = label_of(events)
    ground = covered.name if covered.limited else ""
    return dataclasses.replace(found, median_error_km=error_km, label=label, ground=ground)


def enrichment_table(  # noqa: PLR0913 - names of `enrichment`
    events: gpd.GeoDataFrame,
    flags: gpd.GeoDataFrame | xr.DataArray,
    corridor: Corridor,
    *,
    held_equal: Mapping[str, gpd.GeoDataFrame | None] | None = None,
    cell_sizes_km: Sequence[float] = (10.0, 25.0),
    methods: Sequence[str] = ("matched",),
    regions: gpd.GeoDataFrame | None = None,
    confidence: float = 0.95,
    draws: int = 200,
    seed: Seed = 1,
) -> pd.DataFrame:
    """
    Compare flagged with unflagged ground at several cell sizes, by one method or both.

    A finding that holds at one size only is one of that size, not of the ground.

    Parameters
    ----------
    events
        Table from `read`.
    flags
        As in `enrichment`.
    corridor
        The corridor.
    held_equal
        As in `enrichment`.
    cell_sizes_km
        Sides of cells. Units: km.
    methods
        "matched", "poisson" or both.
    regions
        Table from `regions`, which takes provinces and districts for vague events; None for what
        the precision classes say without.
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

    Examples
    --------
    >>> import geopandas as gpd
    >>> from borderzone import Border, Corridor, incidents
    >>> corridor = Corridor.around(Border.between("IRQ", "SYR").between_km(0, 120), depth_km=25)
    >>> events = incidents.synthetic(corridor, n=60, seed=1, line_share=0.0)
    >>> flags = gpd.GeoDataFrame(geometry=corridor.segments.geometry.iloc[:6], crs=corridor.segments.crs)
    >>> table = enrichment_table(events, flags, corridor, cell_sizes_km=(1, 10), draws=20)
    >>> table[["cell_km", "verdict"]]
       cell_km              verdict
    0      1.0         not compared
    1     10.0  no difference shown
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
                    held_equal=held_equal,
                    cell_km=size,
                    method=method,
                    regions=regions,
                    confidence=confidence,
                    draws=draws,
                    seed=seed,
                ).to_frame()
            except (_TooFineError, NoOverlapError) as error:
                # A size that says nothing is a row that says why.
                why = {"verdict": "not compared", "sentence": str(error)}
                row = pd.DataFrame([{"cell_km": size, "method": method, **why}])
            rows.append(row)
    if not rows:
        msg = "cell_sizes_km and methods must each name one at least, got none"
        raise InvalidParameterError(msg)
    table = pd.concat(rows, ignore_index=True)
    first = [name for name in _FIRST if name in table.columns]
    return table[first + [name for name in table.columns if name not in first]]


class _TooFineError(InvalidParameterError):
    """Cells are smaller than the position error: a row of a table says so, a single test stops."""


def _positions_near(
    events: gpd.GeoDataFrame,
    cells: gpd.GeoDataFrame,
    *,
    corridor: Corridor,
    regions: gpd.GeoDataFrame | None,
    draws: int,
    seed: Seed,
) -> tuple[IntArray, FloatArray]:
    """Place events many times, and keep in which cell each fell."""
    drawn = imputed(events, corridor, draws=draws, seed=seed, regions=regions)
    error_km = drawn.placed["median_error_km"].to_numpy(dtype=float)
    find = CellFinder(cells)
    kept: list[IntArray] = [np.empty((0, drawn.draws), dtype=np.int64)]
    errors: list[FloatArray] = [np.empty(0)]
    for rows, lon, lat in drawn.blocks(threads=1):
        where = find(np.stack([lon, lat], axis=-1))
        inside = (where >= 0).any(axis=1)
        kept.append(where[inside])
        errors.append(error_km[rows[inside]])
    return np.concatenate(kept), np.concatenate(errors)


def ratio_at_equal_distance(
    counts: IntArray,
    cells: pd.DataFrame,
    *,
    months: float = math.nan,
    method: str = "matched",
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
    good = _settled(fits)
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


@guarded
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
    ground
        Ground of the countries that the table covers, where that is less than the corridor; else
        "".
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
    ground: str = ""

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
        equal = f"at equal distance from {listed(self.held_equal)}"
        n = f"{self.events_compared:.0f} event{'' if round(self.events_compared) == 1 else 's'}"
        if self.verdict == "cannot tell":
            return (
                f"{head}Cannot tell: {n} with ground of both kinds to compare {equal} are too few for a "
                f"ratio (at least {FEWEST_EVENTS:.0f} are needed, and a fit that holds one)."
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
            said += f" Distance from {listed(left_out)} was not given and is not held equal."
        if self.ground:
            said += f" Compared is {self.ground} alone, which is what the table covers."
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


class _Bench:
    """The cells of one comparison, and the fit of each draw of counts on them."""

    def __init__(self, cells: pd.DataFrame, counts: IntArray, method: str) -> None:
        # Months are the same for all cells, so that area alone is what events are held to.
        self.distances, self.flagged, self.share, self.exposure = CellGround.of(cells)
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
        # Draws without a ratio are not like the others: pooled without them a ratio would be of those
        # draws alone.
        good = len(_settled(fits))
        return good > 0 and good >= _FITS_NEEDED * len(self.counts)

    @staticmethod
    def pooled(fits: list[RatioFit]) -> Pooled:
        good = _settled(fits)
        return pool_rubin(
            np.array([fit.log_ratio for fit in good]),
            np.array([fit.variance for fit in good]),
            df_complete=min(fit.df for fit in good),
        )


def _settled(fits: Sequence[RatioFit]) -> list[RatioFit]:
    """Keep the fits that gave a ratio."""
    return [fit for fit in fits if math.isfinite(fit.log_ratio)]


def _ends(pooled: Pooled | None, confidence: float) -> tuple[float, float, float]:
    if pooled is None:
        return math.nan, math.nan, math.nan
    reach = float(stdtrit(pooled.df, 0.5 + confidence / 2.0)) * pooled.deviation
    middle = pooled.estimate

    def ratio(log_ratio: float) -> float:
        return math.exp(min(log_ratio, 300.0))  # beyond it a ratio says no more than "anything"

    return ratio(middle), ratio(middle - reach), ratio(middle + reach)


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
