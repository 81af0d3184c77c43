"""Where along the border to expect crossings: weights by segment, with what few events leave open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from borderzone._guards import check_choice, check_confidence, check_whole
from borderzone._quantiles import between_draws
from borderzone.errors import InvalidParameterError
from borderzone.incidents.comparing.segment_events import (
    Asked,
    Placing,
    dirichlet_mean,
    event_shares,
    exposure_of,
    prior_weight,
    weigh,
)
from borderzone.incidents.placing.covered_ground import ground_name

if TYPE_CHECKING:
    import geopandas as gpd

    from borderzone._typing import Seed
    from borderzone.corridor import Corridor

__all__ = ["REPORTED_NOT_CROSSED", "pressure_draws", "pressure_weights", "segment_weights"]

REPORTED_NOT_CROSSED = (
    "Incidents are where something was reported, not where people cross: segments without reports "
    "keep a weight, and the uniform and the worst case belong next to these weights."
)


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
    DataError
        If the events were not read with `read`, or their countries have no ground in the corridor.
    InvalidParameterError
        If `kind` is unknown, "incidents" is asked for without events, or `draws` or `prior_events` is impossible.
    """
    check_choice(kind, "kind", ("uniform", "incidents"))
    segments, draws = corridor.segments, check_whole(draws, "draws")
    prior = prior_weight(prior_events, len(segments))
    exposure = exposure_of(segments, None)
    weights = exposure / exposure.sum()
    if kind == "incidents":
        if events is None:
            msg = "weights by incidents need a table of events: pass events=, or kind='uniform'"
            raise InvalidParameterError(msg)
        shares = event_shares(corridor, events, Placing(draws, seed, admin1, None))
        weights = dirichlet_mean(weights, np.nansum(shares, axis=0), prior)
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
    >>> from borderzone.incidents import article
    >>> corridor = Corridor.around(Border.between("IRQ", "SYR"), segment_km=100)
    >>> table = pressure_weights(corridor, article(), draws=100)
    >>> bool((table["weight"] > 0).all()), round(float(table["weight"].sum()), 9)
    (True, 1.0)
    """
    state = weigh(
        corridor,
        events,
        Asked(method, exposure, strength, prior_events),
        Placing(draws, seed, admin1, regions),
    )
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
    table.attrs = {
        "method": method,
        "n_events": len(events),
        "n_placed": state.n_placed,
        "events_in_corridor": float(state.expected.sum()),
        "n_draws": len(state.drawn),
        "confidence": confidence,
        **state.strength,
        "caution": REPORTED_NOT_CROSSED,
        "ground": ground_name(events, corridor),
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
        If the events were not read with `read`, `regions` is of another table, or the countries of
        the table have no ground in the corridor.
    InvalidParameterError
        If a word is unknown or a number out of range.
    ShapeMismatchError
        If the exposure is not of the corridor's segments.
    """
    state = weigh(
        corridor,
        events,
        Asked(method, exposure, strength, prior_events),
        Placing(draws, seed, admin1, regions),
    )
    columns = pd.Index(corridor.segments["segment"].to_numpy(), name="segment")
    return pd.DataFrame(state.drawn, columns=columns).rename_axis(index="draw")


def _sentence(table: pd.DataFrame) -> str:
    facts, n = table.attrs, len(table)
    heavy = table.loc[table["weight"].idxmax()]
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
