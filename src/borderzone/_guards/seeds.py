"""
Seeds from outside: where a stream of random numbers starts.

One rule, whoever asks: a whole number from 0 to below 2**63 (the largest that a study file holds),
of Python or of numpy, or a numpy Generator, which moves on as it is drawn from. Neither True, nor a
number with a decimal point, nor text is one.
"""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np

from borderzone._guards.words import shown
from borderzone.errors import InvalidParameterError

__all__ = ["SEED", "check_seed", "generator", "is_seed", "seed_number", "told_seed"]

SEED = "a whole number, 0 or more and below 2**63, or a numpy Generator"
_TOO_LARGE = 2**63


def is_seed(seed: Any) -> bool:
    """Tell whether a random stream can start from something."""
    if isinstance(seed, np.random.Generator):
        return True
    whole = isinstance(seed, numbers.Integral) and not isinstance(seed, bool)
    return whole and 0 <= int(seed) < _TOO_LARGE


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


def seed_number(seed: Any, *, below: int = _TOO_LARGE) -> int:
    """Give the whole number that a seed stands for."""
    check_seed(seed)
    return int(seed.integers(below)) if isinstance(seed, np.random.Generator) else int(seed)


def told_seed(seed: Any) -> int | str:
    """Tell the seed that a result stands on."""
    return "a generator" if isinstance(seed, np.random.Generator) else int(seed)
