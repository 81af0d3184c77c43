"""How many people are said to get through, and what interdictions say of it: a judgement with a prior."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import gammainc, ndtri

from borderzone._guards import (
    as_between,
    as_non_negative,
    check_at_least,
    check_confidence,
    check_positive,
    guarded,
    plain,
)
from borderzone.errors import InvalidParameterError
from borderzone.incidents.placing.bands_of_counts import garwood_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from borderzone._typing import FloatArray

__all__ = [
    "ARTICLE_ESTIMATE",
    "CrossingEstimate",
]


_Z95 = 1.959963984540054  # 97.5 % quantile of the standard normal distribution
_YEAR_DAYS = 365.25
_GROUP_SIZES = (2.0, 3.0, 4.0, 5.0, 10.0)
_PRIOR_POINTS = 2001  # quantiles of the prior over which a probability is averaged


_WHY = (
    "those who got through are an estimate and those who were stopped are not published, so the "
    "probability of interdiction cannot be known from the estimate alone"
)
# From hardly anybody stopped to nearly everybody, with the round numbers people ask about.
_INTERDICTED = (0, 10, 30, 100, 200, 300, 500, 700, 1000, 1500, 2000, 3000, 4000, 6000, 9000, 19000)


@guarded
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

    Examples
    --------
    >>> CrossingEstimate(people=1000, days=240, source="an article").factor
    2.0
    """

    people: float
    days: float
    factor: float = 2.0
    source: str

    def __post_init__(self) -> None:
        """Refuse impossible values at birth."""
        check_positive(self.people, "people")
        check_positive(self.days, "days", "days")
        check_at_least(self.factor, "factor", 1.0)

    def per_day(self) -> float:
        """
        Give people a day.

        Returns
        -------
        float
            People a day over the whole border.

        Examples
        --------
        >>> CrossingEstimate(people=1000, days=200, source="an article").per_day()
        5.0
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

        Examples
        --------
        >>> CrossingEstimate(people=1000, days=200, source="an article").per_km_day(500)
        0.01
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

        Examples
        --------
        >>> CrossingEstimate(people=1000, days=200, source="an article").groups_per_day(4)
        1.25
        """
        return self.per_day() / check_positive(group_size, "group_size")

    def quantile(self, share: npt.ArrayLike) -> FloatArray | float:
        """
        Give quantiles of the prior.

        Parameters
        ----------
        share
            Probability below the quantile, between 0 and 1.

        Returns
        -------
        FloatArray or float
            People over the period.

        Raises
        ------
        InvalidParameterError
            If a share is not between 0 and 1, both left out.

        Examples
        --------
        >>> ARTICLE_ESTIMATE.quantile([0.025, 0.5, 0.975]).round(6).tolist()
        [500.0, 1000.0, 2000.0]
        """
        below = as_between(share, "share", 0.0, 1.0, without=(0.0, 1.0))
        return plain(self.people * self.factor ** (ndtri(below) / _Z95))

    def band(self, confidence: float = 0.95) -> tuple[float, float]:
        """
        Give the band of the prior: what the judgement leaves open.

        Parameters
        ----------
        confidence
            Probability that the band holds the truth.

        Returns
        -------
        tuple[float, float]
            Lower and upper end. Units: people over the period.

        Raises
        ------
        InvalidParameterError
            If the confidence is not between 0 and 1.

        Examples
        --------
        >>> [round(end, 6) for end in ARTICLE_ESTIMATE.band()]
        [500.0, 2000.0]
        """
        tail = (1.0 - check_confidence(confidence)) / 2.0
        return float(self.quantile(tail)), float(self.quantile(1.0 - tail))

    def rates(self, *, length_km: float = 599.0, confidence: float = 0.95) -> pd.DataFrame:
        """
        Spread the judgement over time and border, with the band of its prior.

        Parameters
        ----------
        length_km
            Length of the border. Units: km.
        confidence
            Probability that a band holds the truth.

        Returns
        -------
        pandas.DataFrame
            A row a rate: quantity, value, low, high, unit.

        Raises
        ------
        InvalidParameterError
            If the length is not above zero or the confidence not between 0 and 1.

        Examples
        --------
        >>> table = ARTICLE_ESTIMATE.rates()
        >>> table.loc[1:2, ["quantity", "value", "low", "high"]].round(6)
             quantity     value       low      high
        1     per_day  4.106776  2.053388  8.213552
        2  per_km_day  0.006856  0.003428  0.013712
        """
        low, high = self.band(confidence)
        km_days = check_positive(length_km, "length_km", "km") * self.days
        said, ends = self.people, (low, high)
        rows = [
            ("people", said, *ends, f"people in {self.days:g} days"),
            ("per_day", *(n / self.days for n in (said, *ends)), "people a day"),
            ("per_km_day", *(n / km_days for n in (said, *ends)), "people a km and day"),
            (
                "days_between_on_km",
                *(km_days / n for n in (said, high, low)),
                "days for one on a km",
            ),
            (
                "per_km_year",
                *(_YEAR_DAYS * n / km_days for n in (said, *ends)),
                "people a km and year",
            ),
        ]
        return pd.DataFrame(rows, columns=["quantity", "value", "low", "high", "unit"])

    def groups(
        self, sizes: Sequence[float] = _GROUP_SIZES, *, confidence: float = 0.95
    ) -> pd.DataFrame:
        """
        Tabulate groups a night by the size of a group, when all cross at night.

        Parameters
        ----------
        sizes
            People in a group.
        confidence
            Probability that a band holds the truth.

        Returns
        -------
        pandas.DataFrame
            A row a size: group_size; groups_per_night, low, high; p_at_least_1
            and p_at_least_2 (Poisson, on the judged number), and the same with
            ``_prior``, averaged over the prior.

        Raises
        ------
        InvalidParameterError
            If a size is not above zero or the confidence not between 0 and 1.

        Examples
        --------
        >>> table = ARTICLE_ESTIMATE.groups([2, 4])
        >>> table[["group_size", "groups_per_night", "p_at_least_1", "p_at_least_2"]].round(3)
           group_size  groups_per_night  p_at_least_1  p_at_least_2
        0         2.0             2.053         0.872         0.608
        1         4.0             1.027         0.642         0.274
        """
        asked = [check_positive(size, "group size", "people") for size in sizes]
        low, high = self.band(confidence)
        middle = np.asarray(self.quantile((np.arange(_PRIOR_POINTS) + 0.5) / _PRIOR_POINTS))
        rows = []
        for size in asked:
            mean, per_night = self.groups_per_day(size), middle / self.days / size
            rows.append(
                {
                    "group_size": size,
                    "groups_per_night": mean,
                    "low": low / self.days / size,
                    "high": high / self.days / size,
                    **{f"p_at_least_{k}": float(gammainc(k, mean)) for k in (1, 2)},
                    **{
                        f"p_at_least_{k}_prior": float(gammainc(k, per_night).mean())
                        for k in (1, 2)
                    },
                }
            )
        return pd.DataFrame(rows)

    def sentence(self, *, length_km: float = 599.0) -> str:
        """
        Say what the number is, and which interval does not belong to it.

        Parameters
        ----------
        length_km
            Length of the border. Units: km.

        Returns
        -------
        str
            Two sentences.

        Raises
        ------
        InvalidParameterError
            If the length is not above zero.

        Examples
        --------
        >>> print(ARTICLE_ESTIMATE.sentence())
        1,000 people in 243.5 days is a judgement: 4.11 a day (2.05 to 8.21, prior of a factor of 2 either \
way), one person on a km every 146 days. The interval of a count of 1,000, 939 to 1,064, does not \
apply: nobody counted.
        """
        low, high = self.band()
        least, most = garwood_interval(round(self.people))
        gap = 1.0 / self.per_km_day(length_km)
        return (
            f"{self.people:,.0f} people in {self.days:g} days is a judgement: {self.per_day():.2f} a day "
            f"({low / self.days:.2f} to {high / self.days:.2f}, prior of a factor of {self.factor:g} "
            f"either way), one person on a km every {gap:.0f} days. The interval of a count of "
            f"{self.people:,.0f}, {float(least):,.0f} to {float(most):,.0f}, does not apply: nobody "
            "counted."
        )

    def interdiction_curve(
        self,
        interdicted: npt.ArrayLike | None = None,
        *,
        confidence: float = 0.95,
    ) -> pd.DataFrame:
        """
        Give the probability of interdiction for every supposed number of interdictions.

        With I people stopped and N who got through, ``p = I / (I + N)`` and the
        attempts are ``I + N = N / (1 - p)``. N is a judgement, so each point has
        the band of its prior; I is not published, so the answer is the curve and
        never one of its points.

        Parameters
        ----------
        interdicted
            Supposed numbers of people stopped over the period, two or more; None
            for a spread from none to 19,000.
        confidence
            Probability that a band holds the truth, if the supposed number is right.

        Returns
        -------
        pandas.DataFrame
            A row a number: interdicted; p_interdiction, p_low, p_high; attempts,
            attempts_low, attempts_high; attempts_per_day. ``attrs`` holds why
            (why there is no point), source and confidence.

        Raises
        ------
        InvalidParameterError
            If only one number is given, or one is negative, not finite or no number.

        References
        ----------
        .. [1] Loveluck, L., Salim, M. (2019). ISIS militants returning to Iraq to
           continue fight. The Washington Post, 21 July 2019.

        Examples
        --------
        >>> curve = ARTICLE_ESTIMATE.interdiction_curve([100, 500, 1000, 4000, 9000])
        >>> curve[["interdicted", "p_interdiction", "p_low", "p_high"]].round(4)
           interdicted  p_interdiction   p_low  p_high
        0        100.0          0.0909  0.0476  0.1667
        1        500.0          0.3333  0.2000  0.5000
        2       1000.0          0.5000  0.3333  0.6667
        3       4000.0          0.8000  0.6667  0.8889
        4       9000.0          0.9000  0.8182  0.9474
        """
        stopped = as_non_negative(
            _INTERDICTED if interdicted is None else interdicted, "interdicted", "people"
        )
        if stopped.ndim != 1 or stopped.size < 2:
            msg = (
                f"interdicted must be a list of two or more supposed numbers, got {interdicted!r}: {_WHY}; "
                "the answer is a curve, with a band at each number"
            )
            raise InvalidParameterError(msg)
        low, high = self.band(confidence)
        attempts = stopped + self.people
        curve = pd.DataFrame(
            {
                "interdicted": stopped,
                "p_interdiction": stopped / attempts,
                "p_low": stopped / (stopped + high),
                "p_high": stopped / (stopped + low),
                "attempts": attempts,
                "attempts_low": stopped + low,
                "attempts_high": stopped + high,
                "attempts_per_day": attempts / self.days,
            }
        )
        curve.attrs.update(why=_WHY, source=self.source, confidence=confidence)
        return curve


ARTICLE_ESTIMATE = CrossingEstimate(
    people=1000.0,
    days=243.5,
    factor=2.0,
    source=(
        "H. al-Hashimi in Loveluck & Salim, The Washington Post, 21 July 2019: an analyst's "
        "estimate of people who got through in eight months, not a count of attempts; factor [A]"
    ),
)
