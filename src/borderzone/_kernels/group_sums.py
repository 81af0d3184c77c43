"""Sums by group that no order of adding changes.

In words: every value is rounded to a whole number of 2 ** -40, about a trillionth, and whole numbers are
added, so blocks and threads may come in any order. A sum is kept in two whole numbers, the
high one worth 2 ** 32 of the low one, which leaves room for 2 ** 31 values below 2 ** 22.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from borderzone._kernels import njit

if TYPE_CHECKING:
    from borderzone._typing import FloatArray, IntArray

__all__ = ["LARGEST", "STEPS_PER_UNIT", "add_by_group"]

STEPS_PER_UNIT = 2.0**40
# Values from here on would overflow a whole number of steps.
LARGEST = 2.0**22

_LOW = 0xFFFFFFFF


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
