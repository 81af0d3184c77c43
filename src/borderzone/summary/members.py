"""Which cells speak for which segment, and which stand in where a segment has none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from borderzone.errors import CoverageGapError
from borderzone.grid import Grid

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xarray as xr

    from borderzone._typing import IntArray

__all__ = ["Members", "members_of", "no_cell_message"]


@dataclass(frozen=True, kw_only=True)
class Members:
    """
    Which cells speak for which segment: pairs of segment and flat cell index.

    Attributes
    ----------
    grid
        Grid of the cells.
    segment, cell
        The pairs.
    n_cells, n_borrowed
        Own and borrowed cells by segment.
    """

    grid: Grid
    segment: IntArray
    cell: IntArray
    n_cells: IntArray
    n_borrowed: IntArray

    @property
    def index(self) -> pd.RangeIndex:
        """Number the segments."""
        return pd.RangeIndex(len(self.n_cells), name="segment")

    def values(self, layer: xr.DataArray, name: str) -> Any:
        """Read a layer for the pairs."""
        return self.grid.check(layer, name).to_numpy().ravel()[self.cell]

    def counts(self) -> dict[str, IntArray]:
        """Give the counts as columns."""
        return {"n_cells": self.n_cells, "n_borrowed": self.n_borrowed}


def members_of(cells: xr.Dataset, segments: pd.DataFrame | None) -> Members:
    """Tell which cells of a whole raster speak for which segment."""
    grid = Grid.of(cells["segment"])
    segment = cells["segment"].to_numpy().ravel()
    own = np.flatnonzero(segment >= 0)
    if not own.size:
        msg = "no cell lies in the corridor: all have segment -1; use a finer resolution_m"
        raise CoverageGapError(msg)
    n_segments = int(segment.max()) + 1 if segments is None else len(segments)
    n_cells = np.bincount(segment[own], minlength=n_segments)
    empty = np.flatnonzero(n_cells == 0)
    borrowed: Mapping[int, IntArray] = {}
    if empty.size:
        borrowed = _nearest_cells(cells, segments, own, empty)
    taken = [segment[own].astype(np.int64), *(np.full(c.size, s) for s, c in borrowed.items())]
    n_borrowed = np.zeros(n_segments, dtype=np.int64)
    n_borrowed[list(borrowed)] = [found.size for found in borrowed.values()]
    return Members(
        grid=grid,
        segment=np.concatenate(taken),
        cell=np.concatenate([own, *borrowed.values()]),
        n_cells=n_cells,
        n_borrowed=n_borrowed,
    )


def no_cell_message(empty: IntArray) -> str:
    """Say which segments hold no cell, and how to mend it."""
    numbers = ", ".join(map(str, empty[:5])) + (", ..." if empty.size > 5 else "")
    return (
        f"{empty.size} segments hold no cell ({numbers}): pass segments=corridor.segments, so "
        "that the nearest cells stand in, or use a finer resolution_m"
    )


def _nearest_cells(
    cells: xr.Dataset, segments: pd.DataFrame | None, own: IntArray, empty: IntArray
) -> dict[int, IntArray]:
    """Collect the cells whose chainage is nearest to the middle of each empty segment."""
    if segments is None or "chainage_km" not in cells:
        raise CoverageGapError(no_cell_message(empty))
    chainage = cells["chainage_km"].to_numpy().ravel()[own].astype(np.float64)
    half_cell = Grid.of(cells["segment"]).resolution_m / 2000
    middle = (segments["km_start"].to_numpy() + segments["km_end"].to_numpy()) / 2
    found = {}
    for number in empty:
        away = np.abs(chainage - middle[number])
        found[int(number)] = own[away <= away.min() + half_cell]
    return found
