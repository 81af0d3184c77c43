"""Where along the border to expect crossings: weights by segment, with what few events leave open."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import shapely
from scipy.special import gammaln, logsumexp

from borderzone._guards import (
    check_choice,
    check_confidence,
    check_positive,
    check_seed,
    check_whole,
    generator,
)
from borderzone._guards.draws import between_draws
from borderzone.errors import InvalidParameterError, ShapeMismatchError
from borderzone.incidents.placing.covered_ground import (
    count_draws,
    covered_ground,
    ground_name,
    imputed,
    zone_shapes,
)
from borderzone.incidents.table_coverage import coverage
from borderzone.incidents.table_schema import check_events

if TYPE_CHECKING:
    from collections.abc import Hashable

    import geopandas as gpd

    from borderzone._typing import FloatArray, IntArray, Seed
    from borderzone.corridor import Corridor

__all__ = [
    "PRIOR_FACTOR",
    "PRIOR_STRENGTH",
    "REPORTED_NOT_CROSSED",
    "GammaPoisson",
    "dirichlet",
    "event_shares",
    "gamma_poisson",
    "pressure_weights",
]


REPORTED_NOT_CROSSED = (
    "Incidents are where something was reported, not where people cross: segments without reports "
    "keep a weight, and the uniform and the worst case belong next to these weights."
)


def pressure_weights(  # noqa: PLR0913 - every name shapes the answer and has a default
    corridor: Corridor,
    events: gpd.GeoDataFrame,
    *,
    method: str = "gamma_poisson",
    exposure: pd.Series | None = None,
    strength: float | None = None,
    prior_events: float | None = None,
    regions: gpd.GeoDataFrame | None = None,
    confidence: float = 0.95,
    draws: int = 500,
    seed: Seed = 1,
) -> pd.DataFrame:
    """
    Turn incidents into weights of crossing pressure by segment, with bands.

    Each event is placed `draws` times in its region of possible positions, and
    each time the events of a segment are counted, on its ground of the countries that the table
    covers. "gamma_poisson" draws the
    rates of segments towards their common mean, as strongly as the unevenness
    of the counts themselves asks for [1]_, [2]_; where the counts cannot tell, the
    stated prior of that strength speaks. "dirichlet" adds `prior_events` to
    the counts, shared out by exposure. Under both an empty segment keeps a
    weight above zero: no report does not mean no crossing.

    Parameters
    ----------
    corridor
        The corridor.
    events
        Table from `read`.
    method
        "gamma_poisson" or "dirichlet".
    exposure
        What a segment's events are held against, by segment, above 0: length
        times months of reporting, say. Length unless given.
    strength
        Shape of the gamma distribution, in place of learning it: high for
        segments alike, low for a few that hold all.
    prior_events
        Weight of the Dirichlet prior, in events; None for one a segment.
    regions
        Table from `regions`, which takes provinces and districts for vague events; None for what
        the precision classes say without.
    confidence
        Probability that a band holds the weight, if the model holds.
    draws
        Imputations.
    seed
        Seed or generator.

    Returns
    -------
    pandas.DataFrame
        Index of the segments' table; segment, weight, weight_low, weight_high,
        events_expected, shrinkage (share of the rate that is the prior mean).
        The weights add up to 1. ``attrs`` holds method, n_events, n_placed,
        events_in_corridor, n_draws, confidence, strength with its band and
        strength_source, sentence, caution, and ground (of which the table can speak: by length each
        segment counts whole, and what happened on other ground has no weight). Rows beyond what
        the table is said to cover have none either.

    Raises
    ------
    CRSMismatchError
        If a layer has no CRS.
    DataError
        If the events were not read with `read`, `regions` is of another table, or the countries of
        the table have no ground in the corridor.
    InvalidParameterError
        If a word is unknown or a number out of range.
    ShapeMismatchError
        If the exposure is not of the corridor's segments.

    References
    ----------
    .. [1] Marshall, R. J. (1991). Mapping disease and mortality rates using
       empirical Bayes estimators. Applied Statistics 40, 283-294.
    .. [2] Clayton, D., Kaldor, J. (1987). Empirical Bayes estimates of
       age-standardized relative risks for use in disease mapping. Biometrics
       43, 671-681.

    Examples
    --------
    >>> from borderzone.border import Border
    >>> from borderzone.corridor import Corridor
    >>> from borderzone import datasets
    >>> from borderzone.incidents import read
    >>> corridor = Corridor.around(Border.between("IRQ", "SYR"), segment_km=100)
    >>> table = pressure_weights(corridor, read(datasets.article_incidents()), draws=100)
    >>> bool((table["weight"] > 0).all()), round(float(table["weight"].sum()), 9)
    (True, 1.0)
    """
    check_events(events)
    check_choice(method, "method", _METHODS)
    _only_of(method, strength, prior_events)
    held_against = exposure_of(corridor.segments, exposure)
    n_draws = check_whole(draws, "draws")
    check_seed(seed)
    shares = event_shares(corridor, events, n_draws, seed, regions=regions)
    rng = generator(seed, _COUNTS)
    if method == "dirichlet":
        state = dirichlet(shares, held_against, n_draws, rng, prior_events=prior_events)
    else:
        state = gamma_poisson(shares, held_against, n_draws, rng, strength=strength)
    tail = (1.0 - check_confidence(confidence)) / 2.0
    low, high = between_draws(state.drawn, [tail, 1.0 - tail])
    table = pd.DataFrame(
        {
            "segment": corridor.segments["segment"].to_numpy(),
            "weight": state.mean,
            # The band is of draws and the weight a mean, which a skewed band need not hold.
            "weight_low": np.minimum(low, state.mean),
            "weight_high": np.maximum(high, state.mean),
            "events_expected": state.expected,
            "shrinkage": state.shrinkage,
        },
        index=corridor.segments.index,
    )
    # What the segments carried goes: these are statements on weights alone.
    table.attrs = {
        "method": method,
        "n_events": len(events),
        "n_placed": int((~np.isnan(shares).any(axis=1)).sum()),
        "events_in_corridor": float(state.expected.sum()),
        "n_draws": len(state.drawn),
        "confidence": confidence,
        "caution": REPORTED_NOT_CROSSED,
        "ground": ground_name(events, corridor),
    }
    table.attrs |= state.strength
    table.attrs["sentence"] = _sentence(table)
    return table


def _sentence(table: pd.DataFrame) -> str:
    facts, n = table.attrs, len(table)
    heavy = table.iloc[int(table["weight"].argmax())]
    silent = (
        ""
        if facts["ground"] == "the corridor"
        else f" The events speak of {facts['ground']} alone."
    )
    often = f"{facts['events_in_corridor']:.1f} of {facts['n_events']} events are expected in"
    return (
        f"{often} the {n} segments of the corridor; segment {heavy['segment']:.0f} has the largest "
        f"weight, {heavy['weight']:.1%} ({heavy['weight_low']:.1%} to {heavy['weight_high']:.1%}; by "
        f"length alone about {1 / n:.1%}).{silent} {REPORTED_NOT_CROSSED}"
    )


_METHODS = ("gamma_poisson", "dirichlet")

# Keeps the draws of counts and rates apart from those of positions.
_COUNTS = 0x9E55


class State(NamedTuple):
    """What is known of the weights once the events are placed."""

    mean: FloatArray
    drawn: FloatArray
    expected: FloatArray
    shrinkage: FloatArray
    strength: dict[Hashable, Any]


def gamma_poisson(
    shares: FloatArray,
    exposure: FloatArray,
    draws: int,
    rng: np.random.Generator,
    *,
    strength: float | None = None,
) -> State:
    """Weigh segments by counts, drawn towards their mean as strongly as the counts ask for."""
    counts = _counts(shares, draws, rng)
    if strength is not None:
        check_positive(strength, "strength")
    model = GammaPoisson.of(counts, exposure, strength=strength)
    return State(
        mean=model.mean_weights(),
        drawn=model.sample(rng),
        expected=np.nansum(shares, axis=0),
        shrinkage=model.shrinkage(),
        strength=_told(model),
    )


def dirichlet(
    shares: FloatArray,
    exposure: FloatArray,
    draws: int,
    rng: np.random.Generator,
    *,
    prior_events: float | None = None,
) -> State:
    """Weigh segments by counts beside a prior worth so many events, shared out by exposure."""
    counts, expected = _counts(shares, draws, rng), np.nansum(shares, axis=0)
    # One event a segment unless given.
    prior = check_positive(
        len(exposure) if prior_events is None else prior_events, "prior_events", "events"
    )
    base = exposure / exposure.sum()
    drawn = rng.standard_gamma(prior * base + counts)
    drawn = np.maximum(drawn / drawn.sum(axis=1, keepdims=True), np.finfo(float).tiny)
    return State(
        mean=np.asarray((prior * base + expected) / (prior + expected.sum())),
        drawn=drawn,
        expected=expected,
        shrinkage=np.full(len(base), prior / (prior + expected.sum())),
        strength={"prior_events": prior, "strength_source": "the stated prior (Dirichlet)"},
    )


def _told(model: GammaPoisson) -> dict[Hashable, Any]:
    middle, low, high = model.strength_band()
    if model.fixed:
        source = "given"
    elif model.told_by_counts():
        source = "marginal likelihood of the counts, with the stated prior"
    else:
        source = "the stated prior: the counts cannot tell"
    return {
        "strength": middle,
        "strength_low": low,
        "strength_high": high,
        "strength_most_likely": model.most_likely_strength(),
        "strength_source": source,
    }


def event_shares(
    corridor: Corridor,
    events: gpd.GeoDataFrame,
    draws: int,
    seed: Seed,
    *,
    regions: gpd.GeoDataFrame | None = None,
) -> FloatArray:
    """Give the probability of each event on the ground of each segment that the table covers."""
    shapes = zone_shapes(corridor.segments, "corridor.segments")
    if coverage(events).countries:  # else there is nothing to cut
        covered = covered_ground(events, corridor)
        if covered.limited:
            shapes = [shapely.intersection(shape, covered.shape) for shape in shapes]
    drawn = imputed(events, corridor, draws=draws, seed=seed, regions=regions)
    _, hits = count_draws(drawn, shapes)
    return drawn.shares(hits)


def _counts(shares: FloatArray, draws: int, rng: np.random.Generator) -> IntArray:
    """
    Draw counts by segment: each event falls in one segment, or in none, by its own probabilities.

    Segments do not overlap, and events are placed one by one, so that this is
    the joint distribution of the counts, whatever the order of the draws.
    """
    n_segments = shares.shape[1]
    counts = np.zeros((draws, n_segments + 1), dtype=np.int64)
    rows = shares[np.nansum(shares, axis=1) > 0]
    for row in rows:
        held = np.flatnonzero(row)
        edges = row[held].cumsum()
        where = np.append(held, n_segments)[edges.searchsorted(rng.random(draws), side="right")]
        counts[np.arange(draws), where] += 1
    return counts[:, :n_segments]


def _only_of(method: str, strength: float | None, prior_events: float | None) -> None:
    for name, value, owner in (
        ("strength", strength, "gamma_poisson"),
        ("prior_events", prior_events, "dirichlet"),
    ):
        if value is not None and method != owner:
            msg = f"{name} belongs to method='{owner}', not to method='{method}'; leave it out"
            raise InvalidParameterError(msg)


def exposure_of(segments: gpd.GeoDataFrame, given: Any) -> FloatArray:
    """Give the exposure of each segment: its length unless given."""
    if given is None:
        return np.asarray(segments["length_km"].to_numpy(dtype=float))
    if not isinstance(given, pd.Series):
        msg = f"exposure must be a Series by segment, got a {type(given).__name__}"
        raise InvalidParameterError(msg)
    names = segments["segment"].to_numpy()
    if not given.index.is_unique or set(given.index) != set(names):
        msg = (
            f"exposure must have one value for each of the {len(names)} segments, by their number in "
            f"its index; it has {len(given)}"
        )
        raise ShapeMismatchError(msg)
    values = given.reindex(names).items()
    return np.array(
        [check_positive(value, f"exposure of segment {name}") for name, value in values]
    )


PRIOR_STRENGTH = 1.0
"""Median of the prior of the strength [A]: rates of segments as uneven as an exponential."""
PRIOR_FACTOR = 30.0
"""The strength lies within this factor of its median with 95 % probability, lognormal [A]."""

_Z95 = 1.959963984540054
_GRID = 81  # strengths looked at, even in their logarithm
_REACH = 1.6  # how far beyond the 95 % band of the prior the grid goes, as a power
# Counts that narrow the 95 % band of the strength by less than this tell nothing worth naming.
_TELLS = 0.75


@dataclass(frozen=True, kw_only=True, eq=False)
class GammaPoisson:
    """
    Counts by segment with rates from one gamma distribution: what is known after seeing them.

    The count of segment k is Poisson with mean ``exposure_k * rate_k``, and
    the rates are gamma with shape ``strength`` and one mean, as in [1]_ and
    [2]_. The mean is total events over total exposure [2]_; the strength has
    the marginal (negative binomial) likelihood of the counts times a stated
    lognormal prior, on a grid, so that counts that cannot tell leave the prior.

    Attributes
    ----------
    counts
        Imputed counts, shape ``(draws, segments)``.
    exposure
        Exposure of each segment.
    strengths
        Strengths looked at.
    mass
        Probability of each strength after each imputation, shape ``(draws, strengths)``.
    evidence
        Log likelihood of each strength, averaged over the imputations; the
        prior left out.
    fixed
        Whether the strength was given.

    References
    ----------
    .. [1] Clayton, D., Kaldor, J. (1987). Empirical Bayes estimates of
       age-standardized relative risks for use in disease mapping. Biometrics
       43, 671-681.
    .. [2] Marshall, R. J. (1991). Mapping disease and mortality rates using
       empirical Bayes estimators. Applied Statistics 40, 283-294.
    """

    counts: IntArray
    exposure: FloatArray
    strengths: FloatArray
    mass: FloatArray
    evidence: FloatArray
    fixed: bool

    @classmethod
    def of(
        cls, counts: IntArray, exposure: FloatArray, *, strength: float | None = None
    ) -> GammaPoisson:
        """Learn the strength from counts."""
        if strength is not None:
            one = np.ones((len(counts), 1))
            grid = np.array([float(strength)])
            return cls(
                counts=counts,
                exposure=exposure,
                strengths=grid,
                mass=one,
                evidence=np.zeros(1),
                fixed=True,
            )
        spread = math.log(PRIOR_FACTOR)
        log_grid = math.log(PRIOR_STRENGTH) + np.linspace(-_REACH, _REACH, _GRID) * spread
        likely = _log_likelihood(counts, exposure, np.exp(log_grid))
        prior = -0.5 * ((log_grid - math.log(PRIOR_STRENGTH)) * _Z95 / spread) ** 2
        joint = likely + prior
        return cls(
            counts=counts,
            exposure=exposure,
            strengths=np.exp(log_grid),
            mass=np.exp(joint - logsumexp(joint, axis=1, keepdims=True)),
            evidence=likely.mean(axis=0),
            fixed=False,
        )

    def mean_weights(self) -> FloatArray:
        """Give the posterior mean of each segment's expected events, as shares."""
        # Given the strength the mean is linear in the counts: no need to draw it.
        kept = self._kept()
        own = self.counts / self._total()[:, None]
        prior = self.exposure / self.exposure.sum()
        mean = (kept * prior + (1.0 - kept) * own).mean(axis=0)
        return np.asarray(mean / mean.sum())

    def shrinkage(self) -> FloatArray:
        """Give the share of each segment's rate that is the common mean and not its own count."""
        return np.asarray(self._kept().mean(axis=0))

    def sample(self, rng: np.random.Generator) -> FloatArray:
        """Draw weights: strength, then rates, one set for each imputation."""
        draws = len(self.counts)
        rank = (self.mass.cumsum(axis=1) < rng.random((draws, 1))).sum(axis=1)
        strength = self.strengths[np.minimum(rank, len(self.strengths) - 1)][:, None]
        mean_rate = self._total()[:, None] / self.exposure.sum()
        shape = self.counts + strength
        log_gamma = _log_standard_gamma(shape, rng)
        log_rate = log_gamma - np.log(strength / mean_rate + self.exposure)
        log_events = log_rate + np.log(self.exposure)
        log_share = log_events - logsumexp(log_events, axis=1, keepdims=True)
        # A draw may come out below the smallest number; a weight of 0 would call a segment safe.
        return np.asarray(np.maximum(np.exp(log_share), np.finfo(float).tiny))

    def strength_band(self, confidence: float = 0.95) -> tuple[float, float, float]:
        """Give the strength with its band, after the counts."""
        reached = self.mass.mean(axis=0).cumsum()
        tail = (1.0 - confidence) / 2.0
        last = len(self.strengths) - 1
        at = [min(int(np.searchsorted(reached, q)), last) for q in (0.5, tail, 1.0 - tail)]
        middle, low, high = (float(self.strengths[k]) for k in at)
        return middle, low, high

    def most_likely_strength(self) -> float:
        """Give the strength of highest marginal likelihood, the prior left out."""
        best = int(np.argmax(self.evidence))
        ends = {} if self.fixed else {0: 0.0, len(self.strengths) - 1: math.inf}
        return ends.get(best, float(self.strengths[best]))

    def told_by_counts(self) -> bool:
        """Say whether the counts moved or narrowed the prior of the strength."""
        if self.fixed:
            return False
        _, low, high = self.strength_band()
        return math.log(high / low) < _TELLS * 2.0 * math.log(PRIOR_FACTOR)

    def _kept(self) -> FloatArray:
        """Share of the common mean in each segment, shape ``(draws, segments)``."""
        # strength / mean_rate is the exposure that the prior is worth.
        kept = np.empty(self.counts.shape)
        mean_exposure = self.exposure.sum() / self._total()
        for d, (mass, worth) in enumerate(zip(self.mass, mean_exposure, strict=True)):
            prior = (self.strengths * worth)[:, None]
            kept[d] = mass @ (prior / (prior + self.exposure))
        return kept

    def _total(self) -> FloatArray:
        # Half an event more than none, so that a table without events has a rate to shrink to.
        return np.asarray(np.maximum(self.counts.sum(axis=1), 0.5))


def _log_likelihood(counts: IntArray, exposure: FloatArray, strengths: FloatArray) -> FloatArray:
    """Log likelihood of the counts, shape ``(draws, strengths)``, without terms free of strength."""
    total = np.maximum(counts.sum(axis=1), 0.5)
    mean = total[:, None] * exposure / exposure.sum()
    found = np.empty((len(counts), len(strengths)))
    for k, strength in enumerate(strengths):
        found[:, k] = (
            gammaln(counts + strength)
            - gammaln(strength)
            + counts * np.log(mean / (mean + strength))
            - strength * np.log1p(mean / strength)
        ).sum(axis=1)
    return found


def _log_standard_gamma(shape: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Logarithm of gamma draws: small shapes would fall below the smallest number as they are."""
    # Gamma(a) is Gamma(a + 1) times U to the power 1/a.
    uniform = 1.0 - rng.random(shape.shape)
    return np.asarray(np.log(rng.standard_gamma(shape + 1.0)) + np.log(uniform) / shape)
