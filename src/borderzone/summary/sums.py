"""Sums, counts and extremes by segment that come out the same whatever the blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from borderzone._kernels.group_sums import LARGEST, STEPS_PER_UNIT, add_by_group
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    from borderzone._typing import FloatArray, IntArray

__all__ = ["UNKNOWN_CLASS", "ClassCounts", "Extremes", "Sum"]

UNKNOWN_CLASS = 255


class Sum:
    """Sum and mean of one quantity by segment, to a trillionth, exact in any order."""

    def __init__(self, n_segments: int, name: str) -> None:
        self.name = name
        self.count = np.zeros(n_segments, dtype=np.int64)
        self._high = np.zeros(n_segments, dtype=np.int64)
        self._low = np.zeros(n_segments, dtype=np.int64)

    def add(self, segment: IntArray, values: Any) -> None:
        """Add values."""
        values = np.asarray(values)
        wrong = add_by_group(segment, values, self._high, self._low, self.count)
        if wrong >= 0:
            msg = (
                f"{self.name} must be finite and below {LARGEST:.0f}, got {values[wrong]}; "
                "mask no data as NaN"
            )
            raise InvalidParameterError(msg)

    def total(self) -> FloatArray:
        """Give the sums."""
        # Whole numbers of Python have no limit, and their quotient is rounded once.
        steps = [
            (int(high) << 32) + int(low) for high, low in zip(self._high, self._low, strict=True)
        ]
        return np.array([step / int(STEPS_PER_UNIT) for step in steps], dtype=np.float64)

    def mean(self) -> FloatArray:
        """Give the means of what is known."""
        return share(self.total(), self.count)


class ClassCounts:
    """How many cells of each class a segment has."""

    def __init__(self, n_segments: int) -> None:
        self._n_segments = n_segments
        self._low = 0
        self._counts = np.zeros((n_segments, 1), dtype=np.int64)

    def add(self, segment: IntArray, classes: IntArray) -> None:
        """Count classes."""
        known = classes != UNKNOWN_CLASS
        if not known.any():
            return
        codes = classes[known].astype(np.int64)
        self._widen(int(codes.min()), int(codes.max()))
        span = self._counts.shape[1]
        flat = segment[known].astype(np.int64) * span + (codes - self._low)
        self._counts += np.bincount(flat, minlength=self._counts.size).reshape(-1, span)

    def _widen(self, low: int, high: int) -> None:
        new_low = min(low, self._low)
        new_high = max(high, self._low + self._counts.shape[1] - 1)
        if (new_low, new_high - new_low + 1) != (self._low, self._counts.shape[1]):
            wider = np.zeros((self._n_segments, new_high - new_low + 1), dtype=np.int64)
            first = self._low - new_low
            wider[:, first : first + self._counts.shape[1]] = self._counts
            self._low, self._counts = new_low, wider

    def known(self) -> IntArray:
        """Count what is known."""
        return np.asarray(self._counts.sum(axis=1))

    def of(self, code: int) -> IntArray:
        """Count one class."""
        place = code - self._low
        if 0 <= place < self._counts.shape[1]:
            return self._counts[:, place]
        return np.zeros(self._n_segments, dtype=np.int64)

    def majority(self) -> FloatArray:
        """Tell the most frequent class."""
        most = self._counts.argmax(axis=1) + float(self._low)
        return np.where(self._counts.any(axis=1), most, np.nan)


class Extremes:
    """Least and greatest value by segment."""

    def __init__(self, n_segments: int) -> None:
        self._least = np.full(n_segments, np.nan)
        self._greatest = np.full(n_segments, np.nan)

    def add(self, segment: IntArray, values: Any) -> None:
        """Look at values."""
        values = np.asarray(values, dtype=np.float64)
        np.fmin.at(self._least, segment, values)
        np.fmax.at(self._greatest, segment, values)

    def least(self) -> FloatArray:
        """Give the least values."""
        return self._least.copy()

    def greatest(self) -> FloatArray:
        """Give the greatest values."""
        return self._greatest.copy()


def share(part: Any, whole: Any) -> FloatArray:
    """Divide by counts."""
    return np.where(whole > 0, part / np.maximum(whole, 1), np.nan)
