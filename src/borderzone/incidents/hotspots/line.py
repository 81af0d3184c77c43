"""The border line as chainages: parts that do not touch, some of them rings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from borderzone._guards import as_numbers, check_positive
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    from borderzone._typing import FloatArray, IntArray

__all__ = ["Line", "as_chainages"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Line:
    """
    Chainage ranges of a border.

    Attributes
    ----------
    start_km, end_km
        Of each part, shape ``(parts,)``. Units: km.
    ring
        Whether a part closes on itself.
    """

    start_km: FloatArray
    end_km: FloatArray
    ring: Any

    @classmethod
    def of(cls, line: Any) -> Line:
        """Take a border, a corridor, or the length of one open line."""
        if isinstance(line, Line):
            return line
        course = getattr(getattr(line, "border", line), "course", None)
        if course is None:
            whole = check_positive(line, "line, where it is a length,", "km")
            return cls(start_km=np.zeros(1), end_km=np.array([whole]), ring=np.zeros(1, bool))
        return cls(
            start_km=np.array([part.km_start for part in course]),
            end_km=np.array([part.km_end for part in course]),
            ring=np.array([part.is_ring for part in course]),
        )

    @property
    def length_km(self) -> float:
        """Length of all parts."""
        return float(self.end_km[-1])

    def part_of(self, chainage_km: FloatArray) -> IntArray:
        """Find the part of each chainage."""
        place = np.searchsorted(self.start_km, chainage_km, side="right") - 1
        return np.asarray(np.clip(place, 0, len(self.start_km) - 1))


def as_chainages(values: Any, line: Line) -> tuple[FloatArray, int]:
    """Take chainages on a line; NaN stands for events off it."""
    flat = as_numbers(values, "chainage_km").ravel()
    kept = flat[~np.isnan(flat)]
    off = ~((kept >= -1e-6) & (kept <= line.length_km + 1e-6))
    if off.any():
        msg = f"chainage_km must lie between 0 and {line.length_km:.3f} km, got {kept[off][0]}"
        raise InvalidParameterError(msg)
    return np.clip(kept, 0.0, line.length_km), int(flat.size - kept.size)
