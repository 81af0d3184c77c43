"""
Draws: the seed that a stream of random numbers starts from, and the quantiles that are told of it.

One rule for seeds, whoever asks: a whole number from 0 to below 2**63 (the largest that a study file
holds), of Python or of numpy, or a numpy Generator, which moves on as it is drawn from. Neither True,
nor a number with a decimal point, nor text is one. Two rules for quantiles: one of the draws itself,
or a number between two of them.
"""

from __future__ import annotations

import numbers
from typing import TYPE_CHECKING, Any

import numpy as np

from borderzone._guards.numbers import TOO_LARGE
from borderzone._guards.words import shown
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    import numpy.typing as npt

    from borderzone._typing import FloatArray

__all__ = [
    "BAND_DEVIATIONS",
    "SEED",
    "among_draws",
    "between_draws",
    "check_seed",
    "generator",
    "is_seed",
    "seed_number",
    "told_seed",
]

SEED = "a whole number, 0 or more and below 2**63, or a numpy Generator"


def is_seed(seed: Any) -> bool:
    """Tell whether a random stream can start from something."""
    if isinstance(seed, np.random.Generator):
        return True
    whole = isinstance(seed, numbers.Integral) and not isinstance(seed, bool)
    return whole and 0 <= int(seed) < TOO_LARGE


def check_seed(seed: Any) -> Any:
    """Refuse what no random stream can start from."""
    if not is_seed(seed):
        msg = f"seed must be {SEED}, got {shown(seed)}"
        raise InvalidParameterError(msg)
    return seed


def generator(seed: Any, *apart: int) -> np.random.Generator:
    """Start a random stream."""
    check_seed(seed)
    if isinstance(seed, np.random.Generator) or not apart:
        return np.random.default_rng(seed)
    return np.random.default_rng([int(seed), *apart])


def seed_number(seed: Any, *, below: int = TOO_LARGE) -> int:
    """Give the whole number that a seed stands for."""
    check_seed(seed)
    return int(seed.integers(below)) if isinstance(seed, np.random.Generator) else int(seed)


def told_seed(seed: Any) -> int | str:
    """Tell the seed that a result stands on."""
    return "a generator" if isinstance(seed, np.random.Generator) else int(seed)


# Two sides of a 90 % band, in standard deviations from its middle, of a normal law.
BAND_DEVIATIONS = 1.6448536269514722

# Stands for infinite where numbers are weighed against each other.
_FAR = 1e150


def among_draws(values: FloatArray, shares: npt.ArrayLike) -> FloatArray:
    """Take quantiles that are draws themselves, for numbers of units: infinite ones stay infinite."""
    return np.asarray(np.quantile(values, np.asarray(shares, float), method="inverted_cdf"))


def between_draws(values: FloatArray, shares: npt.ArrayLike) -> FloatArray:
    """Take quantiles that lie between two draws where the share does; infinite ones count as far out."""
    finite = bool(np.isfinite(values).all())
    near = values if finite else np.clip(values, -_FAR, _FAR)
    found = np.asarray(np.quantile(near, np.asarray(shares, float), axis=0))
    return (
        found if finite else np.where(np.abs(found) > _FAR / 1e3, np.copysign(np.inf, found), found)
    )
