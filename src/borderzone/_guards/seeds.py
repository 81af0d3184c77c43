"""Seeds from outside: where a stream of random numbers may start."""

from __future__ import annotations

import numbers
from typing import Any

from borderzone._guards.words import shown
from borderzone.errors import InvalidParameterError

__all__ = ["check_seed"]


def check_seed(seed: Any) -> Any:
    """
    Refuse what no random stream can start from.

    Parameters
    ----------
    seed
        A whole number, 0 or more, or a numpy Generator.

    Returns
    -------
    Any
        The same.

    Raises
    ------
    InvalidParameterError
        If it is neither.
    """
    whole = not isinstance(seed, bool) and isinstance(seed, numbers.Integral) and int(seed) >= 0
    # A generator is told by what is asked of it: guards load without numpy.
    if not (whole or callable(getattr(seed, "integers", None))):
        msg = f"seed must be a whole number, 0 or more, or a numpy Generator, got {shown(seed)}"
        raise InvalidParameterError(msg)
    return seed
