"""Cells whose steps are not those of open ground: the rim, barriers and roads, kept as sparse lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from borderzone.access.steps import STEPS

if TYPE_CHECKING:
    from borderzone._typing import FloatArray, IntArray

__all__ = ["ALL_STEPS", "ON_ROAD", "BarredSteps", "OddCells", "RoadSteps"]

ALL_STEPS = 0xFFFF
# Added to the number of a step along a road.
ON_ROAD = 16


@dataclass(frozen=True, kw_only=True, slots=True)
class BarredSteps:
    """
    Steps that cannot be taken.

    Attributes
    ----------
    cells
        Flat index of the cells where they begin, rising, each once.
    bits
        For each cell, bit `s` is set if step `s` is barred; uint16.
    """

    cells: IntArray
    bits: IntArray

    @classmethod
    def joined(cls, *several: tuple[IntArray, IntArray]) -> BarredSteps:
        """Join lists of cells and bits, in which a cell may come often."""
        cells = np.concatenate([np.zeros(0, np.int64), *(c for c, _ in several)])
        bits = np.concatenate([np.zeros(0, np.uint16), *(b.astype(np.uint16) for _, b in several)])
        order = np.argsort(cells, kind="stable")
        once, first = np.unique(cells[order], return_index=True)
        if len(once) == 0:
            return cls(cells=once, bits=bits)
        return cls(cells=once, bits=np.bitwise_or.reduceat(bits[order], first))

    def at(self, cells: IntArray) -> IntArray:
        """Look up the bits of cells."""
        if len(self.cells) == 0:
            return np.zeros(len(cells), np.uint16)
        place = np.searchsorted(self.cells, cells).clip(max=len(self.cells) - 1)
        return np.where(self.cells[place] == cells, self.bits[place], np.uint16(0))


@dataclass(frozen=True, kw_only=True, slots=True)
class RoadSteps:
    """
    Steps along roads, sorted by the cell where they begin, at most one of each number.

    Attributes
    ----------
    cells, step
        Flat index of the cell where each begins, and its number.
    reached
        Flat index of the cell where it ends.
    hours
        Time that it takes. Units: h.
    """

    cells: IntArray
    step: IntArray
    reached: IntArray
    hours: FloatArray

    @classmethod
    def none(cls) -> RoadSteps:
        """Give ground without roads."""
        nothing = np.zeros(0, np.int64)
        return cls(cells=nothing, step=nothing.astype(np.uint8), reached=nothing, hours=np.zeros(0))


@dataclass(frozen=True, kw_only=True, slots=True)
class OddCells:
    """
    All cells that the search must look up, in the form of the kernel.

    Attributes
    ----------
    lookup
        A bit for every cell of the raster; 1 if it is listed.
    cells
        Flat index of the cells, rising.
    barred
        Their barred steps as bits.
    roads
        First road step of each cell (one more at the end), and of the steps the cell reached,
        the time and the number.
    """

    lookup: IntArray
    cells: IntArray
    barred: IntArray
    roads: tuple[IntArray, IntArray, FloatArray, IntArray]

    @classmethod
    def of(
        cls, shape: tuple[int, int], barred: list[tuple[IntArray, IntArray]], roads: RoadSteps
    ) -> OddCells:
        """Join the rim with barriers and roads."""
        on_road = (roads.cells, np.zeros(len(roads.cells), np.uint16))
        every = BarredSteps.joined(_rim(shape), on_road, *barred)
        lookup = np.zeros(shape[0] * shape[1] // 8 + 1, np.uint8)
        np.bitwise_or.at(lookup, every.cells >> 3, (1 << (every.cells & 7)).astype(np.uint8))
        first = np.searchsorted(roads.cells, np.append(every.cells, shape[0] * shape[1]))
        return cls(
            lookup=lookup,
            cells=every.cells,
            barred=every.bits,
            roads=(first, roads.reached, roads.hours, roads.step),
        )


def _rim(shape: tuple[int, int]) -> tuple[IntArray, IntArray]:
    """Bar the steps that would leave the raster."""
    rows, columns = shape
    row_at_rim = np.unique(
        np.concatenate([np.arange(min(2, rows)), np.arange(max(0, rows - 2), rows)])
    )
    column_at_rim = np.unique(
        np.concatenate([np.arange(min(2, columns)), np.arange(max(0, columns - 2), columns)])
    )
    across = row_at_rim[:, None] * columns + np.arange(columns)
    down = np.arange(rows)[:, None] * columns + column_at_rim
    cells = np.unique(np.concatenate([across.ravel(), down.ravel()])).astype(np.int64)
    row, column = np.divmod(cells, columns)
    bits = np.zeros(len(cells), np.uint16)
    for number, (to_south, to_east) in enumerate(STEPS):
        end_row, end_column = row + to_south, column + to_east
        leaves = (end_row < 0) | (end_row >= rows) | (end_column < 0) | (end_column >= columns)
        bits |= (leaves.astype(np.uint16) << number).astype(np.uint16)
    return cells, bits
