"""Events of segments, imputed, and the weights that follow from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import shapely

from borderzone._guards import check_choice, check_positive, check_seed, check_whole, generator
from borderzone.errors import InvalidParameterError, ShapeMismatchError
from borderzone.incidents.comparing.shrinkage import GammaPoisson
from borderzone.incidents.given_events import check_events
from borderzone.incidents.placing.covered_ground import covered_ground, rated_regions
from borderzone.incidents.placing.held import held_to_countries
from borderzone.incidents.placing.imputation import prepare
from borderzone.incidents.placing.zone_counts import count_draws, zone_shapes
from borderzone.incidents.reading.table_coverage import coverage

if TYPE_CHECKING:
    import geopandas as gpd

    from borderzone._typing import FloatArray, IntArray, Seed
    from borderzone.corridor import Corridor

__all__ = [
    "Asked",
    "Placing",
    "State",
    "dirichlet_mean",
    "event_shares",
    "exposure_of",
    "prior_weight",
    "weigh",
]

_METHODS = ("gamma_poisson", "dirichlet")

# Keeps the draws of counts and rates apart from those of positions.
_COUNTS = 0x9E55


class Asked(NamedTuple):
    """How counts become weights."""

    method: str
    exposure: pd.Series | None
    strength: float | None
    prior_events: float | None


class Placing(NamedTuple):
    """How events are placed."""

    draws: int
    seed: Seed
    admin1: gpd.GeoDataFrame | None
    regions: gpd.GeoDataFrame | None


class State(NamedTuple):
    """What is known of the weights once the events are placed."""

    mean: FloatArray
    drawn: FloatArray
    expected: FloatArray
    shrinkage: FloatArray
    n_placed: int
    strength: dict[str, Any]


def weigh(corridor: Corridor, events: gpd.GeoDataFrame, asked: Asked, placing: Placing) -> State:
    """Place events, count them by segment, and weigh the segments by the counts."""
    check_events(events)
    check_choice(asked.method, "method", _METHODS)
    _only_of(asked.method, asked.strength, asked.prior_events)
    exposure = exposure_of(corridor.segments, asked.exposure)
    draws = check_whole(placing.draws, "draws")
    check_seed(placing.seed)
    shares = event_shares(corridor, events, placing)
    rng = generator(placing.seed, _COUNTS)
    counts, known = _counts(shares, draws, rng), ~np.isnan(shares).any(axis=1)
    expected = np.nansum(shares, axis=0)
    common = (expected, int(known.sum()))
    if asked.method == "dirichlet":
        prior = prior_weight(asked.prior_events, len(exposure))
        base = exposure / exposure.sum()
        drawn = rng.standard_gamma(prior * base + counts)
        kept = np.full(len(base), prior / (prior + expected.sum()))
        drawn = np.maximum(drawn / drawn.sum(axis=1, keepdims=True), np.finfo(float).tiny)
        told = {"prior_events": prior, "strength_source": "the stated prior (Dirichlet)"}
        return State(dirichlet_mean(base, expected, prior), drawn, common[0], kept, common[1], told)
    if asked.strength is not None:
        check_positive(asked.strength, "strength")
    model = GammaPoisson.of(counts, exposure, strength=asked.strength)
    return State(
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


def event_shares(corridor: Corridor, events: gpd.GeoDataFrame, placing: Placing) -> FloatArray:
    """Give the probability of each event on the ground of each segment that the table covers."""
    shapes = zone_shapes(corridor.segments, "corridor.segments")
    if coverage(events).countries:  # else there is nothing to cut
        covered = covered_ground(events, corridor)
        if covered.limited:
            shapes = [shapely.intersection(shape, covered.shape) for shape in shapes]
    rated = rated_regions(events, regions=placing.regions, admin1=placing.admin1)
    drawn = prepare(events, draws=placing.draws, seed=placing.seed, regions=rated)
    _, hits = count_draws(held_to_countries(drawn, events, corridor), shapes)
    shares = hits / drawn.draws
    shares[(drawn.placed["kind"] == "excluded").to_numpy()] = np.nan
    return np.asarray(shares)


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


def dirichlet_mean(base: FloatArray, expected: FloatArray, prior: float) -> FloatArray:
    """Give the mean of a Dirichlet distribution after expected events."""
    return np.asarray((prior * base + expected) / (prior + expected.sum()))


def prior_weight(given: float | None, n_segments: int) -> float:
    """Give the weight of the Dirichlet prior: one event a segment unless given."""
    return check_positive(n_segments if given is None else given, "prior_events", "events")


def _only_of(method: str, strength: float | None, prior_events: float | None) -> None:
    for name, value, owner in (
        ("strength", strength, "gamma_poisson"),
        ("prior_events", prior_events, "dirichlet"),
    ):
        if value is not None and method != owner:
            msg = f"{name} belongs to method='{owner}', not to method='{method}'; leave it out"
            raise InvalidParameterError(msg)


def exposure_of(segments: gpd.GeoDataFrame, given: pd.Series | None) -> FloatArray:
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
