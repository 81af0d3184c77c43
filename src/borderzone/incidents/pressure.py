"""Where along the border to expect crossings: weights by segment, with what few events leave open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from borderzone._checks import check_choice, check_confidence, check_positive
from borderzone.errors import InvalidParameterError, ShapeMismatchError
from borderzone.incidents.imputation import check_draws
from borderzone.incidents.overlay import event_probabilities
from borderzone.incidents.shrinkage import GammaPoisson

if TYPE_CHECKING:
    import geopandas as gpd

    from borderzone._typing import FloatArray, IntArray, Seed
    from borderzone.corridor import Corridor

__all__ = ["REPORTED_NOT_CROSSED", "pressure_draws", "pressure_weights", "segment_weights"]

REPORTED_NOT_CROSSED = (
    "Incidents are where something was reported, not where people cross: segments without reports "
    "keep a weight, and the uniform and the worst case belong next to these weights."
)
_METHODS = ("gamma_poisson", "dirichlet")


def segment_weights(  # noqa: PLR0913 (the last four only shape the weights by incidents)
    corridor: Corridor,
    *,
    kind: str = "uniform",
    events: gpd.GeoDataFrame | None = None,
    admin1: gpd.GeoDataFrame | None = None,
    prior_events: float | None = None,
    draws: int = 500,
    seed: Seed = 1,
) -> pd.Series:
    """
    Give the share of crossings to expect in each segment.

    "uniform" is by length. "incidents" adds the expected number of events of
    each segment to a prior that is uniform by length (a Dirichlet posterior
    mean), so that few events move little. `pressure_weights` gives the same
    with bands, and by another method.

    Parameters
    ----------
    corridor
        The corridor.
    kind
        "uniform" or "incidents".
    events
        Table from `read`, for "incidents".
    admin1
        Provinces, for events known only to their province.
    prior_events
        Weight of the prior, in events; None for one a segment.
    draws
        Imputations.
    seed
        Seed or generator.

    Returns
    -------
    pandas.Series
        Weights by segment, named weight; they add up to 1.

    Raises
    ------
    InvalidParameterError
        If `kind` is unknown, or "incidents" is asked for without events.
    """
    check_choice(kind, "kind", ("uniform", "incidents"))
    segments = corridor.segments
    exposure = _exposure(segments, None)
    weights = exposure / exposure.sum()
    if kind == "incidents":
        if events is None:
            msg = "weights by incidents need a table of events: pass events=, or kind='uniform'"
            raise InvalidParameterError(msg)
        prior = _prior_events(prior_events, len(segments))
        shares = _shares(corridor, events, draws=draws, seed=seed, admin1=admin1)
        weights = _dirichlet_mean(weights, np.nansum(shares, axis=0), prior)
    index = pd.Index(segments["segment"].to_numpy(), name="segment")
    return pd.Series(weights, index=index, name="weight")


def pressure_weights(  # noqa: PLR0913 (every name shapes the answer and has a default)
    corridor: Corridor,
    events: gpd.GeoDataFrame,
    *,
    method: str = "gamma_poisson",
    exposure: pd.Series | None = None,
    strength: float | None = None,
    prior_events: float | None = None,
    admin1: gpd.GeoDataFrame | None = None,
    regions: gpd.GeoDataFrame | None = None,
    confidence: float = 0.95,
    draws: int = 500,
    seed: Seed = 1,
) -> pd.DataFrame:
    """
    Turn incidents into weights of crossing pressure by segment, with bands.

    Each event is placed `draws` times in its region of possible positions, and
    each time the events of a segment are counted. "gamma_poisson" draws the
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
    admin1
        Provinces, for events known only to their province.
    regions
        Table from `regions`, where the default kernels are not wanted.
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
        strength_source, sentence, and caution.

    Raises
    ------
    CRSMismatchError
        If a layer has no CRS.
    DataError
        If the events were not read with `read`, or `regions` is of another table.
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
    >>> from borderzone.incidents import article
    >>> corridor = Corridor.around(Border.between("IRQ", "SYR"), segment_km=100)
    >>> table = pressure_weights(corridor, article(), draws=100)
    >>> bool((table["weight"] > 0).all()), round(float(table["weight"].sum()), 9)
    (True, 1.0)
    """
    state = _state(
        corridor,
        events,
        _Asked(method, exposure, strength, prior_events),
        _Placing(draws, seed, admin1, regions),
    )
    tail = (1.0 - check_confidence(confidence)) / 2.0
    low, high = np.quantile(state.drawn, [tail, 1.0 - tail], axis=0)
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
    table.attrs = {
        "method": method,
        "n_events": len(events),
        "n_placed": state.n_placed,
        "events_in_corridor": float(state.expected.sum()),
        "n_draws": len(state.drawn),
        "confidence": confidence,
        **state.strength,
        "caution": REPORTED_NOT_CROSSED,
    }
    table.attrs["sentence"] = _sentence(table)
    return table


def pressure_draws(  # noqa: PLR0913 (same names as `pressure_weights`)
    corridor: Corridor,
    events: gpd.GeoDataFrame,
    *,
    method: str = "gamma_poisson",
    exposure: pd.Series | None = None,
    strength: float | None = None,
    prior_events: float | None = None,
    admin1: gpd.GeoDataFrame | None = None,
    regions: gpd.GeoDataFrame | None = None,
    draws: int = 500,
    seed: Seed = 1,
) -> pd.DataFrame:
    """
    Draw weights of crossing pressure, for what is computed from them.

    Parameters
    ----------
    corridor
        The corridor.
    events
        Table from `read`.
    method
        As in `pressure_weights`.
    exposure
        As in `pressure_weights`.
    strength
        As in `pressure_weights`.
    prior_events
        As in `pressure_weights`.
    admin1
        Provinces, for events known only to their province.
    regions
        Table from `regions`, where the default kernels are not wanted.
    draws
        Imputations, one set of weights for each.
    seed
        Seed or generator.

    Returns
    -------
    pandas.DataFrame
        A row a draw and a column a segment; rows add up to 1. Positions,
        strength and rates are all drawn; `pressure_weights` of the same
        arguments takes its bands from these.

    Raises
    ------
    CRSMismatchError
        If a layer has no CRS.
    DataError
        If the events were not read with `read`, or `regions` is of another table.
    InvalidParameterError
        If a word is unknown or a number out of range.
    ShapeMismatchError
        If the exposure is not of the corridor's segments.
    """
    state = _state(
        corridor,
        events,
        _Asked(method, exposure, strength, prior_events),
        _Placing(draws, seed, admin1, regions),
    )
    columns = pd.Index(corridor.segments["segment"].to_numpy(), name="segment")
    return pd.DataFrame(state.drawn, columns=columns).rename_axis(index="draw")


class _Asked(NamedTuple):
    """How counts become weights."""

    method: str
    exposure: pd.Series | None
    strength: float | None
    prior_events: float | None


class _Placing(NamedTuple):
    """How events are placed."""

    draws: int
    seed: Seed
    admin1: gpd.GeoDataFrame | None
    regions: gpd.GeoDataFrame | None


class _State(NamedTuple):
    """What is known of the weights once the events are placed."""

    mean: FloatArray
    drawn: FloatArray
    expected: FloatArray
    shrinkage: FloatArray
    n_placed: int
    strength: dict[str, Any]


def _state(
    corridor: Corridor, events: gpd.GeoDataFrame, asked: _Asked, placing: _Placing
) -> _State:
    check_choice(asked.method, "method", _METHODS)
    _only_of(asked.method, asked.strength, asked.prior_events)
    exposure = _exposure(corridor.segments, asked.exposure)
    draws = check_draws(placing.draws)
    shares = _shares(corridor, events, **placing._asdict())
    rng = np.random.default_rng(_stream(placing.seed))
    counts, known = _counts(shares, draws, rng), ~np.isnan(shares).any(axis=1)
    expected = np.nansum(shares, axis=0)
    common = (expected, int(known.sum()))
    if asked.method == "dirichlet":
        prior = _prior_events(asked.prior_events, len(exposure))
        base = exposure / exposure.sum()
        drawn = rng.standard_gamma(prior * base + counts)
        kept = np.full(len(base), prior / (prior + expected.sum()))
        drawn = np.maximum(drawn / drawn.sum(axis=1, keepdims=True), np.finfo(float).tiny)
        told = {"prior_events": prior, "strength_source": "the stated prior (Dirichlet)"}
        return _State(
            _dirichlet_mean(base, expected, prior), drawn, common[0], kept, common[1], told
        )
    if asked.strength is not None:
        check_positive(asked.strength, "strength")
    model = GammaPoisson.of(counts, exposure, strength=asked.strength)
    return _State(
        model.mean_weights(),
        model.sample(rng),
        common[0],
        model.shrinkage(),
        common[1],
        _told(model),
    )


def _told(model: GammaPoisson) -> dict[str, Any]:
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


def _shares(corridor: Corridor, events: gpd.GeoDataFrame, **how: Any) -> FloatArray:
    """Probability of each event in each segment, NaN where it cannot be placed."""
    segments = corridor.segments
    zones = segments[["geometry"]].assign(zone=segments["segment"])
    table = event_probabilities(events, zones, **how)
    return np.asarray(table.drop(columns="id").to_numpy(dtype=float))


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


def _dirichlet_mean(base: FloatArray, expected: FloatArray, prior: float) -> FloatArray:
    return np.asarray((prior * base + expected) / (prior + expected.sum()))


def _prior_events(given: float | None, n_segments: int) -> float:
    return check_positive(n_segments if given is None else given, "prior_events", "events")


def _only_of(method: str, strength: float | None, prior_events: float | None) -> None:
    for name, value, owner in (
        ("strength", strength, "gamma_poisson"),
        ("prior_events", prior_events, "dirichlet"),
    ):
        if value is not None and method != owner:
            msg = f"{name} belongs to method='{owner}', not to method='{method}'; leave it out"
            raise InvalidParameterError(msg)


def _exposure(segments: gpd.GeoDataFrame, given: pd.Series | None) -> FloatArray:
    if given is None:
        return segments["length_km"].to_numpy(dtype=float)
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
    values = pd.to_numeric(given.reindex(names), errors="coerce").to_numpy(dtype=float)
    bad = ~(np.isfinite(values) & (values > 0))
    if bad.any():
        worst = names[bad][0]
        msg = f"exposure must be finite and above 0, got {given[worst]!r} for segment {worst}"
        raise InvalidParameterError(msg)
    return values


def _stream(seed: Seed) -> Any:
    """Keep the draws of counts and rates apart from those of positions under the same seed."""
    if isinstance(seed, np.random.Generator):
        return seed
    return np.random.SeedSequence([int(seed), 0x9E55])


def _sentence(table: pd.DataFrame) -> str:
    facts, n = table.attrs, len(table)
    heavy = table.loc[table["weight"].idxmax()]
    often = f"{facts['events_in_corridor']:.1f} of {facts['n_events']} events are expected in"
    return (
        f"{often} the {n} segments of the corridor; segment {heavy['segment']:.0f} has the largest "
        f"weight, {heavy['weight']:.1%} ({heavy['weight_low']:.1%} to {heavy['weight_high']:.1%}; by "
        f"length alone about {1 / n:.1%}). {REPORTED_NOT_CROSSED}"
    )
