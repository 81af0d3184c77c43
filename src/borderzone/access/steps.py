"""The steps from a cell to its neighbours, numbered once for all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from borderzone._typing import FloatArray, IntArray

__all__ = ["OPPOSITE", "PASSED", "STEPS", "Steps"]

# Rows down and columns right. Sides, diagonals and knight's steps, each clockwise from the east.
STEPS = np.array([
    (0, 1), (1, 0), (0, -1), (-1, 0),
    (1, 1), (1, -1), (-1, -1), (-1, 1),
    (1, 2), (2, 1), (2, -1), (1, -2), (-1, -2), (-2, -1), (-2, 1), (-1, 2),
])  # fmt: skip
OPPOSITE = np.array([2, 3, 0, 1, 6, 7, 4, 5, 12, 13, 14, 15, 8, 9, 10, 11])


def _passed(down: int, right: int) -> tuple[tuple[int, int], tuple[int, int]]:
    if abs(down) == abs(right):
        return (down, 0), (0, right)
    if min(abs(down), abs(right)) == 0:
        return (0, 0), (0, 0)
    # A knight's step passes the cell straight on, and that one's diagonal.
    straight = (int(np.sign(down)), 0) if abs(down) == 2 else (0, int(np.sign(right)))
    return straight, (int(np.sign(down)), int(np.sign(right)))


# The two cells beside a diagonal step, or passed by a knight's; none for steps to a side.
PASSED = np.array([_passed(int(down), int(right)) for down, right in STEPS])


@dataclass(frozen=True, kw_only=True, slots=True)
class Steps:
    """
    Steps in a flattened raster of a given width.

    Attributes
    ----------
    offset
        To the cell reached.
    pass_a, pass_b
        To the two cells beside a diagonal step, or passed by a knight's; 0 for steps to a side.
    length
        Units: cells.
    """

    offset: IntArray
    pass_a: IntArray
    pass_b: IntArray
    length: FloatArray

    @classmethod
    def of(cls, columns: int, neighbours: int) -> Steps:
        """Lay the steps out in a raster."""
        flat = np.array([columns, 1], dtype=np.int64)
        steps, passed = STEPS[:neighbours], PASSED[:neighbours]
        return cls(
            offset=steps @ flat,
            pass_a=passed[:, 0] @ flat,
            pass_b=passed[:, 1] @ flat,
            length=np.hypot(*steps.T),
        )
