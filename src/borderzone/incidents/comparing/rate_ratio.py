"""The ratio of two rates of events at equal distance: from counts, pooled over imputations."""

from __future__ import annotations

import dataclasses
import math
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import ndtri, stdtr, stdtrit

from borderzone._guards import (
    check_choice,
    check_confidence,
    check_non_negative,
    guarded,
    is_number,
    listed,
)
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Callable

    from borderzone._typing import BoolArray, FloatArray, IntArray

__all__ = [
    "DISTANCES",
    "FEWEST_EVENTS",
    "METHODS",
    "Enrichment",
    "Pooled",
    "RatioFit",
    "crude_ratio",
    "distance_terms",
    "filled_counts",
    "mantel_haenszel",
    "mixture_fit",
    "poisson_regression",
    "pool_rubin",
    "ratio_at_equal_distance",
    "smallest_ratio_seen",
    "spline_basis",
    "strata_of",
]


METHODS = ("poisson", "matched")
DISTANCES = {"road_km": "roads", "town_km": "towns", "border_km": "the border"}
"""Columns of distance, and what they are distances from."""
FEWEST_EVENTS = 5.0
"""Events with ground of both kinds to compare, below which no ratio is given."""
_THIN_OVERLAP = 0.5
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


_ROUNDS = 50
_SETTLED = 1e-7
_NO_RATIO = 30.0  # a log ratio as far from 0 is running off; NaN is not below it either
_NO_VARIANCE = 1e4  # so wide that the data do not hold the ratio at all


class RatioFit(NamedTuple):
    """
    Log rate ratio of one set of counts.

    Attributes
    ----------
    log_ratio
        Logarithm of the rate on flagged over that on unflagged ground.
    variance
        Its variance.
    null_variance
        Its variance if the two rates were equal.
    dispersion
        How much more uneven the counts are than chance makes them, 1 or more.
    df
        Degrees of freedom.
    events
        Events that enter: those with ground of both kinds to compare.
    """

    log_ratio: float
    variance: float
    null_variance: float
    dispersion: float
    df: float
    events: float


def crude_ratio(counts: FloatArray, flagged: BoolArray, exposure: FloatArray) -> RatioFit:
    """Give the ratio of two rates with nothing held equal."""
    return mantel_haenszel(counts, flagged, exposure, np.zeros(len(counts), dtype=np.int64))


def mantel_haenszel(
    counts: FloatArray, flagged: BoolArray, exposure: FloatArray, strata: IntArray
) -> RatioFit:
    """
    Give the rate ratio common to strata, by Mantel and Haenszel.

    With a and b events and S and T exposure on flagged and unflagged ground
    of a stratum and N = S + T, the ratio is the sum of ``a T / N`` over that
    of ``b S / N``, and the variance of its logarithm the sum of ``(a + b) S T
    / N²`` over the product of the two [1]_, times the dispersion of the cells
    within strata [2]_ where that is above 1. Strata without one of the two
    kinds of ground do not enter.

    References
    ----------
    .. [1] Greenland, S., Robins, J. M. (1985). Estimation of a common effect
       parameter from sparse follow-up data. Biometrics 41, 55-68.
    .. [2] Fletcher, D. J. (2012). Estimating overdispersion when fitting a
       generalized linear model to sparse data. Biometrika 99, 230-237.
    """
    n = int(strata.max()) + 1
    on = flagged.astype(float)
    a, b, s, t = (
        np.bincount(strata, weights=w, minlength=n)
        for w in (counts * on, counts * (1 - on), exposure * on, exposure * (1 - on))
    )
    both = (s > 0) & (t > 0)
    a, b, s, t = (np.where(both, part, 0.0) for part in (a, b, s, t))
    whole = np.where(both, s + t, 1.0)
    up, down = (a * t / whole).sum(), (b * s / whole).sum()
    if not (up > 0 and down > 0):
        return RatioFit(math.nan, math.nan, math.nan, 1.0, 0.0, float((a + b).sum()))
    ratio = up / down
    spread = ((a + b) * s * t / whole**2).sum()
    base = np.divide(a + b, s * ratio + t, out=np.zeros(n), where=both)
    mean = exposure * np.where(flagged, ratio, 1.0) * base[strata]
    used = both[strata] & (mean > 0)
    df = float(used.sum() - (base > 0).sum() - 1)
    extra = _dispersion(counts[used], mean[used], df)
    return RatioFit(
        math.log(ratio),
        extra * spread / (up * down),
        extra / spread,
        extra,
        df,
        float((a + b).sum()),
    )


def poisson_regression(
    counts: FloatArray, share: FloatArray, exposure: FloatArray, terms: FloatArray
) -> RatioFit:
    """
    Give the rate ratio beside the terms of distance, by Poisson regression.

    A cell of which the share s is flagged has ``1 + s (R - 1)`` times the rate
    of unflagged ground equally far away. The logarithm of exposure is an
    offset. The variance is that of the model times the dispersion [1]_ where
    that is above 1.

    References
    ----------
    .. [1] Fletcher, D. J. (2012). Estimating overdispersion when fitting a
       generalized linear model to sparse data. Biometrika 99, 230-237.
    """
    separated = _statsmodels()[2]
    share = np.asarray(share, dtype=float)
    others = np.column_stack([np.ones(len(counts)), terms])
    nothing = RatioFit(math.nan, math.nan, math.nan, 1.0, 0.0, float(counts.sum()))
    with warnings.catch_warnings():
        # Whether a fit settled is read from it; what it would say about it is not for the caller.
        warnings.simplefilter("ignore")
        try:
            alike = _glm(counts, others, np.log(exposure))
            design = np.column_stack([share, others])
            information = design.T @ (design * alike.mu[:, None])
            null_variance = float(np.linalg.inv(information)[0, 0])
            fit = mixture_fit(counts, share, others, np.log(exposure))
            variance = math.nan if fit is None else float(fit.cov_params()[0, 0])
        except (np.linalg.LinAlgError, ValueError, separated):
            return nothing
    if fit is None or not 0 < variance < _NO_VARIANCE:
        return nothing
    df = float(len(counts) - design.shape[1])
    extra = _dispersion(counts, fit.mu, df)
    return RatioFit(
        float(fit.params[0]),
        extra * variance,
        extra * null_variance,
        extra,
        df,
        float(counts.sum()),
    )


def mixture_fit(
    counts: FloatArray, share: FloatArray, others: FloatArray, log_exposure: FloatArray
) -> Any:
    """
    Fit with cells that are flagged in part; None where it does not settle.

    ``log(1 + s (R - 1))`` is no line in ``log R``: its tangent takes its place, and
    is laid anew at each solution until that stays. For shares of 0 and 1 the
    tangent is the function and the first solution stands.
    """
    log_ratio, start = 0.0, None
    for _ in range(_ROUNDS):
        ratio = math.exp(log_ratio)
        mix = 1.0 + share * (ratio - 1.0)
        slope = ratio * share / mix
        offset = log_exposure + np.log(mix) - slope * log_ratio
        fit = _glm(counts, np.column_stack([slope, others]), offset, start)
        found = float(fit.params[0])
        if not (fit.converged and abs(found) < _NO_RATIO):
            return None
        if abs(found - log_ratio) < _SETTLED:
            return fit
        # From far off a tangent overshoots; a step of e² at a time does not.
        log_ratio, start = log_ratio + min(max(found - log_ratio, -2.0), 2.0), fit.params
    return None


def _glm(
    counts: FloatArray, design: FloatArray, offset: FloatArray, start: FloatArray | None = None
) -> Any:
    glm, family, _ = _statsmodels()
    model = glm(counts, design, family=family(), offset=offset)
    return model.fit(scale=1.0, start_params=start)


def filled_counts(
    counts: IntArray, flagged: BoolArray, exposure: FloatArray
) -> tuple[FloatArray, bool]:
    """Add half an event to both kinds of ground, spread by exposure, where one of them has none."""
    whole = counts.astype(float)
    if whole[flagged].sum() > 0 and whole[~flagged].sum() > 0:
        return whole, False
    for kind in (flagged, ~flagged):
        whole[kind] += 0.5 * exposure[kind] / exposure[kind].sum()
    return whole, True


def _dispersion(counts: FloatArray, mean: FloatArray, df: float) -> float:
    """Pearson's dispersion, set right for sparse counts as Fletcher does; never below 1."""
    if df <= 0:
        return 1.0
    excess = (counts - mean) / mean
    pearson = float((excess * (counts - mean)).sum()) / df
    return max(1.0, pearson / (1.0 + float(excess.mean())))


def _statsmodels() -> tuple[Any, Any, Any]:
    try:
        # An extra, loaded where it is used.
        from statsmodels.genmod.families import Poisson  # noqa: PLC0415
        from statsmodels.genmod.generalized_linear_model import GLM  # noqa: PLC0415
        from statsmodels.tools.sm_exceptions import PerfectSeparationError  # noqa: PLC0415
    except ImportError as error:
        msg = (
            "method='poisson' needs statsmodels: pip install borderzone[stats]; method='matched' does "
            "without"
        )
        raise InvalidParameterError(msg) from error
    return GLM, Poisson, PerfectSeparationError


class Pooled(NamedTuple):
    """
    Estimates of several imputations as one.

    Attributes
    ----------
    estimate, deviation, df
        Mean, standard error and degrees of freedom.
    missing
        Share of the variance that is owed to not knowing the positions.
    """

    estimate: float
    deviation: float
    df: float
    missing: float


def pool_rubin(estimates: FloatArray, variances: FloatArray, *, df_complete: float) -> Pooled:
    """
    Pool the estimates of several imputations by Rubin's rules.

    References
    ----------
    .. [1] Rubin, D. (1987). Multiple Imputation for Nonresponse in Surveys.
    .. [2] Barnard, J., Rubin, D. (1999). Small-sample degrees of freedom with
       multiple imputation. Biometrika 86, 948-955.
    """
    m = len(estimates)
    within = float(variances.mean())
    between = (1.0 + 1.0 / m) * float(estimates.var(ddof=1)) if m > 1 else 0.0
    total = within + between
    missing = between / total if total > 0 else 0.0
    observed = (df_complete + 1.0) / (df_complete + 3.0) * df_complete * (1.0 - missing)
    df = observed
    if missing > 0:
        old = (m - 1.0) / missing**2
        df = 1.0 / (1.0 / old + 1.0 / observed) if observed > 0 else 0.0
    return Pooled(float(estimates.mean()), math.sqrt(total), max(df, 1.0), missing)


def smallest_ratio_seen(deviation: float, df: float, *, level: float, power: float) -> float:
    """Give the smallest ratio above 1 that data of such an error would tell from 1."""
    reach = stdtrit(df, 1.0 - level / 2.0) + ndtri(power)
    # Beyond this a number says no more than "very large".
    return math.exp(min(float(reach) * deviation, 50.0))


# Quantiles at which Harrell puts knots, by the number of terms that they make.
_KNOTS = {1: (), 2: (0.10, 0.50, 0.90), 3: (0.05, 0.35, 0.65, 0.95)}
_EVENTS_A_TERM = 5.0  # a distance bends only as far as events can tell
_CELLS_A_STRATUM = 8.0
_MOST_BINS = 5


def distance_terms(cells: pd.DataFrame, distances: list[str], events: float) -> FloatArray:
    """Give the terms of distance that so many events can bear."""
    each = max(
        (n for n in _KNOTS if events >= _EVENTS_A_TERM * (n * len(distances) + 2)), default=1
    )
    parts = [spline_basis(cells[name].to_numpy(dtype=float), terms=each) for name in distances]
    return np.column_stack([np.empty((len(cells), 0)), *parts])


def spline_basis(distance_km: FloatArray, *, terms: int) -> FloatArray:
    """
    Give the terms by which a rate may depend on a distance.

    References
    ----------
    .. [1] Harrell, F. E. (2015). Regression Modeling Strategies, 2nd edition,
       section 2.4.5.
    """
    x = np.log1p(distance_km)
    found = [x]
    knots = np.quantile(x, _KNOTS[terms])
    if terms > 1 and np.all(np.diff(knots) > 1e-9):
        first, last, end = knots[0], knots[-2], knots[-1]
        bends = [
            _cube(x - knot)
            - _cube(x - last) * (end - knot) / (end - last)
            + _cube(x - end) * (last - knot) / (end - last)
            for knot in knots[:-2]
        ]
        found += [bend / (end - first) ** 2 for bend in bends]
    basis = np.column_stack(found)
    basis = basis - basis.mean(axis=0)
    spread = basis.std(axis=0)
    varied = spread > 1e-9
    return np.asarray(basis[:, varied] / spread[varied])


def strata_of(cells: pd.DataFrame, distances: list[str]) -> IntArray:
    """
    Sort cells into strata of equal distances.

    Each distance is cut at its quantiles into as many bins as leave some eight
    cells a stratum, 2 to 5.
    """
    if not distances:
        return np.zeros(len(cells), dtype=np.int64)
    bins = round((len(cells) / _CELLS_A_STRATUM) ** (1.0 / len(distances)))
    bins = min(max(bins, 2), _MOST_BINS)
    codes = [
        pd.qcut(cells[name], bins, labels=False, duplicates="drop").to_numpy() for name in distances
    ]
    return np.unique(np.column_stack(codes), axis=0, return_inverse=True)[1].reshape(-1)


def _cube(x: FloatArray) -> FloatArray:
    return np.asarray(np.maximum(x, 0.0) ** 3)
