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
    """
    Tell whether a random stream can start from something.

    Parameters
    ----------
    seed
        Anything.

    Returns
    -------
    bool
        Whether it is a seed.
    """
    if isinstance(seed, np.random.Generator):
        return True
    whole = isinstance(seed, numbers.Integral) and not isinstance(seed, bool)
    return whole and 0 <= int(seed) < _TOO_LARGE


def check_seed(seed: Any) -> Any:
    """
    Refuse what no random stream can start from.

    Parameters
    ----------
    seed
        A whole number, 0 or more and below 2**63, or a numpy Generator.

    Returns
    -------
    Any
        The same.

    Raises
    ------
    InvalidParameterError
        If it is neither.

    Examples
    --------
    >>> check_seed(7)
    7
    """
    if not is_seed(seed):
        msg = f"seed must be {SEED}, got {shown(seed)}"
        raise InvalidParameterError(msg)
    return seed


def generator(seed: Any, *apart: int) -> np.random.Generator:
    """
    Start a random stream.

    Parameters
    ----------
    seed
        Seed, or a generator, which is given back.
    *apart
        Whole numbers that keep streams of one seed apart.

    Returns
    -------
    numpy.random.Generator
        The stream.

    Raises
    ------
    InvalidParameterError
        If it is no seed.

    Examples
    --------
    >>> bool(generator(7).random() == generator(7).random())
    True
    >>> bool(generator(7, 1).random() == generator(7, 2).random())
    False
    """
    check_seed(seed)
    if isinstance(seed, np.random.Generator) or not apart:
        return np.random.default_rng(seed)
    return np.random.default_rng([int(seed), *apart])


def seed_number(seed: Any, *, below: int = _TOO_LARGE) -> int:
    """
    Give the whole number that a seed stands for.

    Parameters
    ----------
    seed
        Seed, or a generator from which one number is taken.
    below
        What a number taken from a generator lies below.

    Returns
    -------
    int
        The number.

    Raises
    ------
    InvalidParameterError
        If it is no seed.

    Examples
    --------
    >>> seed_number(7)
    7
    """
    check_seed(seed)
    return int(seed.integers(below)) if isinstance(seed, np.random.Generator) else int(seed)


def told_seed(seed: Any) -> int | str:
    """
    Tell the seed that a result stands on.

    Parameters
    ----------
    seed
        Seed, or a generator, of which no number is left to tell.

    Returns
    -------
    int or str
        The number, or that it was a generator.

    Examples
    --------
    >>> told_seed(7), told_seed(np.random.default_rng(7))
    (7, 'a generator')
    """
    return "a generator" if isinstance(seed, np.random.Generator) else int(seed)
