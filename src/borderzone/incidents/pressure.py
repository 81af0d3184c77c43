"""How many people are said to get through, and where along the border to expect them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import gammainc

from borderzone._checks import check_choice, check_positive
from borderzone.errors import InvalidParameterError
from borderzone.incidents.overlay import event_probabilities

if TYPE_CHECKING:
    import geopandas as gpd

    from borderzone._typing import FloatArray, Seed
    from borderzone.corridor import Corridor

__all__ = ["ARTICLE_ESTIMATE", "CrossingEstimate", "segment_weights"]

_Z95 = 1.959963984540054  # 97.5 % quantile of the standard normal distribution


@dataclass(frozen=True, kw_only=True, slots=True)
class CrossingEstimate:
    """
    A judgement of how many people got through a border in a period.

    It is no count: its spread is a prior, not sampling error.

    Attributes
    ----------
    people
        People who got through, as judged.
    days
        Length of the period. Units: days.
    factor
        The truth is taken to lie between ``people / factor`` and ``people *
        factor`` with 95 % probability, lognormal.
    source
        Who judged it.
    """

    people: float
    days: float
    factor: float = 2.0
    source: str

    def __post_init__(self) -> None:
        """Refuse impossible values at birth."""
        check_positive(self.people, "people")
        check_positive(self.days, "days", "days")
        if not (math.isfinite(self.factor) and self.factor >= 1):
            msg = f"factor must be a finite number, 1 or more, got {self.factor!r}"
            raise InvalidParameterError(msg)

    def per_day(self) -> float:
        """
        Give people a day.

        Returns
        -------
        float
            People a day over the whole border.
        """
        return self.people / self.days

    def per_km_day(self, length_km: float) -> float:
        """
        Give people a day on each kilometre.

        Parameters
        ----------
        length_km
            Length of the border. Units: km.

        Returns
        -------
        float
            People a day and kilometre.
        """
        return self.per_day() / check_positive(length_km, "length_km", "km")

    def groups_per_day(self, group_size: float) -> float:
        """
        Give groups a day, if people go in groups of one size.

        Parameters
        ----------
        group_size
            People in a group.

        Returns
        -------
        float
            Groups a day over the whole border.
        """
        return self.per_day() / check_positive(group_size, "group_size")

    def probability_of_groups(self, at_least: int, *, group_size: float) -> float:
        """
        Give the probability of so many groups or more in one day, as Poisson.

        Parameters
        ----------
        at_least
            Number of groups.
        group_size
            People in a group.

        Returns
        -------
        float
            Probability from 0 to 1.
        """
        if at_least <= 0:
            return 1.0
        return float(gammainc(at_least, self.groups_per_day(group_size)))

    def sample(self, draws: int, *, seed: Seed = 1) -> FloatArray:
        """
        Draw numbers of people from the prior.

        Parameters
        ----------
        draws
            How many.
        seed
            Seed or generator.

        Returns
        -------
        FloatArray
            People over the period, lognormal with median `people`.
        """
        rng = np.random.default_rng(seed)
        return rng.lognormal(math.log(self.people), math.log(self.factor) / _Z95, draws)


ARTICLE_ESTIMATE = CrossingEstimate(
    people=1000.0,
    days=243.5,
    factor=2.0,
    source=(
        "H. al-Hashimi in Loveluck & Salim, The Washington Post, 21 July 2019: an analyst's "
        "estimate of people who got through in eight months, not a count of attempts; factor [A]"
    ),
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
    mean), so that few events move little.

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
    length = segments["length_km"].to_numpy(dtype=float)
    weights = length / length.sum()
    if kind == "incidents":
        if events is None:
            msg = "weights by incidents need a table of events: pass events=, or kind='uniform'"
            raise InvalidParameterError(msg)
        prior = len(segments) if prior_events is None else prior_events
        check_positive(prior, "prior_events", "events")
        zones = segments[["geometry"]].assign(zone=segments["segment"])
        shares = event_probabilities(events, zones, draws=draws, seed=seed, admin1=admin1)
        expected = shares.drop(columns="id").sum().to_numpy()
        weights = (prior * weights + expected) / (prior + expected.sum())
    index = pd.Index(segments["segment"].to_numpy(), name="segment")
    return pd.Series(weights, index=index, name="weight")
