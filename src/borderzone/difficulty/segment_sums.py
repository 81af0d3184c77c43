"""Layers summarised by segment: which cells speak for which, and sums that no order of blocks changes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from borderzone._kernels.index_sums import LARGEST, STEPS_PER_UNIT, add_by_group
from borderzone.errors import CoverageGapError, InvalidParameterError
from borderzone.grid import UNKNOWN_CLASS, Grid

if TYPE_CHECKING:
    import xarray as xr

    from borderzone._typing import FloatArray, IntArray

__all__ = [
    "ClassCounts",
    "Members",
    "StandIns",
    "Sum",
    "by_segment",
    "members_of",
    "no_cell_message",
    "share",
]


def by_segment(
    layers: xr.Dataset, cells: xr.Dataset, *, segments: pd.DataFrame | None = None
) -> pd.DataFrame:
    """
    Summarise layers over the cells of each segment.

    A segment too small to hold the centre of a cell borrows the cells whose
    chainage is nearest to its middle; `n_borrowed` counts them.

    Parameters
    ----------
    layers
        Rasters on one grid. Integers are classes, with 255 unknown.
    cells
        Cells of the corridor: ``segment`` (-1 outside) and ``chainage_km``.
    segments
        Segments of the corridor with ``km_start`` and ``km_end``; needed only
        where a segment has no cell of its own.

    Returns
    -------
    DataFrame
        Index ``segment``; ``n_cells``, ``n_borrowed`` and, for each layer,
        ``<layer>_min``, ``_mean``, ``_median`` and ``_max`` of its known cells
        or ``<layer>_majority`` of classes (NaN if none is known), with
        ``<layer>_known``, the share of cells that are known.

    Raises
    ------
    GridMismatchError
        If a layer does not lie on the grid of the cells.
    CoverageGapError
        If a segment has no cell and `segments` is not given, or no cell lies
        in the corridor.

    Examples
    --------
    >>> import xarray as xr
    >>> from affine import Affine
    >>> from pyproj import CRS
    >>> grid = Grid(shape=(1, 4), transform=Affine(10, 0, 0, 0, -10, 10), crs=CRS(32637))
    >>> cells = xr.Dataset({"segment": grid.wrap(np.array([[0, 0, 1, -1]]))})
    >>> layers = xr.Dataset({"relief_m": grid.wrap(np.array([[1.0, 3.0, np.nan, 9.0]]))})
    >>> table = by_segment(layers, cells)
    >>> table[["n_cells", "relief_m_mean", "relief_m_known"]].to_numpy()
    array([[ 2.,  2.,  1.],
           [ 1., nan,  0.]])
    """
    members = members_of(cells, segments)
    columns: dict[str, Any] = {"n_cells": members.n_cells, "n_borrowed": members.n_borrowed}
    for name, layer in layers.data_vars.items():
        found = _summary(members.values(layer, str(name)), members, str(name))
        columns |= {f"{name}_{how}": values for how, values in found.items()}
    return pd.DataFrame(columns, index=members.index)


def _summary(values: Any, members: Members, name: str) -> dict[str, FloatArray]:
    """Summarise one layer, by what is told of its known cells."""
    n_segments, n_cells = len(members.index), members.n_cells + members.n_borrowed
    if np.issubdtype(values.dtype, np.integer):
        counts = ClassCounts(n_segments)
        counts.add(members.segment, values)
        return {"majority": counts.majority(), "known": share(counts.known(), n_cells)}
    numbers = values.astype(np.float64)
    groups = pd.Series(numbers).groupby(members.segment)
    least, median, greatest = (
        groups.agg(how).reindex(members.index).to_numpy() for how in ("min", "median", "max")
    )
    # Infinite values, as hours out of reach, are told by the extremes.
    total = Sum(n_segments, name)
    total.add(members.segment, np.where(np.isinf(numbers), 0.0, numbers))
    mean = np.where(np.isneginf(least), least, total.mean())
    return {
        "min": least,
        "mean": np.where(np.isposinf(greatest), greatest, mean),
        "median": median,
        "max": greatest,
        "known": share(total.count, n_cells),
    }


# Which cells speak for which segment, and which stand in where a segment has none.


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
    borrowed: dict[int, IntArray] = {}
    if empty.size:
        if segments is None or "chainage_km" not in cells:
            raise CoverageGapError(no_cell_message(empty))
        nearest = StandIns(segments)
        chainage = cells["chainage_km"].to_numpy().ravel()[own].astype(np.float64)
        nearest.look(n_cells, chainage, grid.resolution_m, {"cell": own})
        borrowed = {number: values["cell"] for number, values in nearest.kept.items()}
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


class StandIns:
    """Cells nearest to the middle of each segment that has none of its own, so far."""

    # Chainage has a cell's width, so all cells within half a one of the nearest are as near, and they lie
    # on both sides of the border and all over its depth.

    def __init__(self, segments: pd.DataFrame, *, longest_cells: float = math.inf) -> None:
        start, end = segments["km_start"].to_numpy(), segments["km_end"].to_numpy()
        self._middle = (start + end) / 2
        self._length = end - start
        # A block does not show whether a long segment has cells in another: none stand in for it.
        self._longest_cells = longest_cells
        self._found: dict[int, tuple[FloatArray, dict[str, Any]]] = {}

    def look(
        self, n_cells: IntArray, chainage: FloatArray, cell_m: float, values: dict[str, Any]
    ) -> None:
        """Look for nearer cells in a block: their chainage, and what is to be kept of them."""
        half_cell = cell_m / 2000
        short = self._length <= 2.0 * self._longest_cells * half_cell
        for number in np.flatnonzero((n_cells == 0) & short):
            away = np.abs(chainage - self._middle[number])
            before, kept = self._found.get(int(number), (np.empty(0), None))
            nearest = min(away.min(), before.min(initial=np.inf)) + half_cell
            new, old = away <= nearest, before <= nearest
            chosen = {name: array[new] for name, array in values.items()}
            if kept is not None:
                chosen = {
                    name: np.concatenate([kept[name][old], array]) for name, array in chosen.items()
                }
            self._found[int(number)] = (np.concatenate([before[old], away[new]]), chosen)

    @property
    def kept(self) -> dict[int, dict[str, Any]]:
        """Give what was kept of the cells that stand in for each segment."""
        return {number: values for number, (_, values) in self._found.items()}


# Sums and counts by segment that come out the same whatever the blocks.


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
        # Of equally frequent classes the lower one.
        most = self._counts.argmax(axis=1) + float(self._low)
        return np.where(self._counts.any(axis=1), most, np.nan)


def share(part: FloatArray | IntArray, whole: IntArray) -> FloatArray:
    """Divide by counts."""
    return np.where(whole > 0, part / np.maximum(whole, 1), np.nan)
