"""Rates of segments drawn towards their common mean, as strongly as the counts themselves ask for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaln, logsumexp

if TYPE_CHECKING:
    from borderzone._typing import FloatArray, IntArray

__all__ = ["PRIOR_FACTOR", "PRIOR_STRENGTH", "GammaPoisson"]

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
        return tuple(float(self.strengths[k]) for k in at)  # type: ignore[return-value]

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
