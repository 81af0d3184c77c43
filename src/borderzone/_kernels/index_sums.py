"""Fuzzy gamma of a few members cell by cell, and sums by group that no order of adding changes.

Of the gamma, of the known members, take the product of ``member ** exponent`` and one less the product of
``(1 - member) ** exponent``; the answer is the second to the power gamma times the first to the power
one less gamma. Exponents are the weights, scaled so that those of the known members sum to their
number. Where no member is known the answer is NaN. Zimmermann and Zysno (1980), Fuzzy Sets and
Systems 4, 37-51; tests/difficulty/fuzzy_cases.py states it with every step as an array of its own.

Of the sums, every value is rounded to a whole number of 2 ** -40, about a trillionth, and whole numbers are
added, so blocks and threads may come in any order. A sum is kept in two whole numbers, the
high one worth 2 ** 32 of the low one, which leaves room for 2 ** 31 values below 2 ** 22.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from borderzone._kernels import njit

if TYPE_CHECKING:
    from borderzone._typing import FloatArray, IntArray

__all__ = ["LARGEST", "STEPS_PER_UNIT", "add_by_group", "gamma"]

STEPS_PER_UNIT = 2.0**40
# Values from here on would overflow a whole number of steps.
LARGEST = 2.0**22

_LOW = 0xFFFFFFFF


@njit(nogil=True, error_model="numpy", inline="always")
def _known(members: tuple[Any, ...], weights: FloatArray, i: Any) -> Any:
    """Count the known members of a cell, and add up their weights."""
    known, total = 0, 0.0
    for j in range(len(members)):
        if not np.isnan(members[j][i]):
            known += 1
            total += weights[j]
    return known, total


@njit(nogil=True, error_model="numpy", inline="always")
def _between(product: float, some: float, power: float, quarters: Any) -> Any:
    if quarters < 0:
        return some**power * product ** (1.0 - power)
    mixed = 1.0
    for _ in range(quarters):
        mixed *= some
    for _ in range(4 - quarters):
        mixed *= product
    return np.sqrt(np.sqrt(mixed))


@njit(nogil=True, error_model="numpy")
def gamma(members: tuple[Any, ...], weights: FloatArray, power: float, out: FloatArray) -> None:
    """Take the fuzzy gamma."""
    # members: tuple of arrays of one dimension and one length, 0 to 1, NaN unknown.
    # weights: weight of each, above 0.
    # power: gamma, 0 to 1.
    # out: answer, written to.
    equal = True
    for j in range(len(members)):
        equal = equal and weights[j] == weights[0]
    # Quarters need square roots only.
    quarters = np.int64(4.0 * power) if 4.0 * power == np.floor(4.0 * power) else np.int64(-1)
    for i in range(out.size):
        known, total = _known(members, weights, i)
        product, rest = 1.0, 1.0
        for j in range(len(members)):
            member = np.float64(members[j][i])
            if np.isnan(member):
                continue
            if equal:
                product *= member
                rest *= 1.0 - member
            else:
                exponent = weights[j] * known / total
                product *= member**exponent
                rest *= (1.0 - member) ** exponent
        out[i] = _between(product, 1.0 - rest, power, quarters) if known else np.nan


@njit(nogil=True, error_model="numpy")
def add_by_group(
    group: IntArray, values: FloatArray, high: IntArray, low: IntArray, count: IntArray
) -> Any:
    """Add values to the sums of their groups."""
    # group: group of each value, from 0.
    # values: values; NaN is left out.
    # high, low: sums by group, added to, int64: ``high * 2 ** 32 + low`` steps.
    # count: values by group that are not NaN, added to, int64.
    # Returns place of the first value that is infinite or too large, else -1; what comes before it
    # has been added.
    for i in range(group.size):
        value = np.float64(values[i])
        if value != value:  # noqa: PLR0124 - NaN differs from itself
            continue
        if not -LARGEST < value < LARGEST:
            return i
        steps = np.int64(np.rint(value * STEPS_PER_UNIT))
        high[group[i]] += steps >> 32
        low[group[i]] += steps & _LOW
        count[group[i]] += 1
    return -1
