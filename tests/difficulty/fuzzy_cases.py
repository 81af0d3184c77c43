"""Fuzzy overlay as its paper states it, every step an array of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence


def product(members: Any, weights: Sequence[float] | None = None) -> Any:
    """Multiply the known members, each to its weight: weights of the known ones sum to their number."""
    stack = np.asarray(members, dtype=np.float64)
    known = ~np.isnan(stack)
    weighed = np.ones(len(stack)) if weights is None else np.asarray(weights, dtype=np.float64)
    columns = weighed.reshape(-1, *(1,) * (stack.ndim - 1)) * known
    total = columns.sum(axis=0)
    exponents = columns * known.sum(axis=0) / np.where(total > 0, total, 1.0)
    powers = np.where(known, stack, 1.0) ** exponents
    return np.where(known.any(axis=0), powers.prod(axis=0), np.nan)


def gamma(members: Any, power: float, weights: Sequence[float] | None = None) -> Any:
    """Zimmermann and Zysno (1980): algebraic sum to the power gamma times product to the rest."""
    total = 1.0 - product(1.0 - np.asarray(members, dtype=np.float64), weights)
    return total**power * product(members, weights) ** (1.0 - power)
