"""Any layers summarised by segment, from whole rasters or block by block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from borderzone._guards import guarded
from borderzone._kernels.group_sums import LARGEST, STEPS_PER_UNIT, add_by_group
from borderzone.errors import CoverageGapError, InvalidParameterError
from borderzone.grid import Grid

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xarray as xr

    from borderzone._typing import FloatArray, IntArray

__all__ = [
    "UNKNOWN_CLASS",
    "ClassCounts",
    "Extremes",
    "LayerSums",
    "Members",
    "Sum",
    "by_segment",
    "members_of",
    "no_cell_message",
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
    sums = LayerSums(len(members.index))
    columns: dict[str, Any] = members.counts()
    for name, layer in layers.data_vars.items():
        values = members.values(layer, str(name))
        sums.add_values(members.segment, {str(name): values})
        found = sums.columns(str(name), members.n_cells + members.n_borrowed)
        if f"{name}_mean" in found:
            groups = pd.Series(values.astype(np.float64)).groupby(members.segment)
            found[f"{name}_median"] = groups.median().reindex(members.index).to_numpy()
            order = ("min", "mean", "median", "max", "known")
            found = {f"{name}_{how}": found[f"{name}_{how}"] for how in order}
        columns |= found
    return pd.DataFrame(columns, index=members.index)


@guarded
class LayerSums:
    """
    Layers summarised by segment, block by block; the same whatever the blocks.

    Means are exact to a trillionth, in any order. There is no median: that is
    not a sum.

    Parameters
    ----------
    n_segments
        Number of segments.

    Examples
    --------
    >>> import xarray as xr
    >>> from affine import Affine
    >>> from pyproj import CRS
    >>> sums = LayerSums(1)
    >>> for left, height in ((0, 1.0), (20, 4.0)):
    ...     grid = Grid(shape=(1, 2), transform=Affine(10, 0, left, 0, -10, 10), crs=CRS(32637))
    ...     cells = xr.Dataset({"segment": grid.wrap(np.zeros((1, 2), dtype=int))})
    ...     sums.add(xr.Dataset({"z": grid.wrap(np.full((1, 2), height))}), cells)
    >>> sums.table()[["n_cells", "z_min", "z_mean", "z_max"]].to_numpy()
    array([[4. , 1. , 2.5, 4. ]])
    """

    def __init__(self, n_segments: int) -> None:
        self._n = n_segments
        self._n_cells = np.zeros(n_segments, dtype=np.int64)
        self._sums: dict[str, Sum] = {}
        self._extremes: dict[str, Extremes] = {}
        self._classes: dict[str, ClassCounts] = {}

    def add(self, layers: xr.Dataset, cells: xr.Dataset) -> None:
        """
        Add a block.

        Parameters
        ----------
        layers
            Rasters on one grid, the same ones in every block. Integers are classes,
            with 255 unknown.
        cells
            Cells of the corridor on that grid: ``segment`` (-1 outside).

        Raises
        ------
        GridMismatchError
            If a layer does not lie on the grid of the cells.
        """
        grid = Grid.of(cells["segment"])
        number = cells["segment"].to_numpy().ravel()
        own = np.flatnonzero(number >= 0)
        segment = number[own].astype(np.int64)
        self._n_cells += np.bincount(segment, minlength=self._n)
        values = {
            str(name): grid.check(layer, str(name)).to_numpy().ravel()[own]
            for name, layer in layers.data_vars.items()
        }
        self.add_values(segment, values)

    def add_values(self, segment: IntArray, layers: dict[str, Any]) -> None:
        """
        Add values that are already told by segment.

        Parameters
        ----------
        segment
            Segment of each value, from 0.
        layers
            Values by layer.
        """
        for name, values in layers.items():
            if np.issubdtype(values.dtype, np.integer):
                self._classes.setdefault(name, ClassCounts(self._n)).add(segment, values)
                continue
            numbers = values.astype(np.float64)
            self._extremes.setdefault(name, Extremes(self._n)).add(segment, numbers)
            # Infinite values, as hours out of reach, are told by the extremes.
            finite = np.where(np.isinf(numbers), 0.0, numbers)
            self._sums.setdefault(name, Sum(self._n, name)).add(segment, finite)

    def columns(self, name: str, n_cells: IntArray) -> dict[str, Any]:
        """
        Give the columns of one layer.

        Parameters
        ----------
        name
            The layer.
        n_cells
            Number of values by segment, known or not.

        Returns
        -------
        dict
            ``_min``, ``_mean``, ``_max`` or ``_majority``, and ``_known``.
        """
        if name in self._classes:
            counts = self._classes[name]
            known = share(counts.known(), n_cells)
            return {f"{name}_majority": counts.majority(), f"{name}_known": known}
        total, extremes = self._sums[name], self._extremes[name]
        least, greatest = extremes.least(), extremes.greatest()
        mean = np.where(np.isneginf(least), least, total.mean())
        return {
            f"{name}_min": least,
            f"{name}_mean": np.where(np.isposinf(greatest), greatest, mean),
            f"{name}_max": greatest,
            f"{name}_known": share(total.count, n_cells),
        }

    def table(self) -> pd.DataFrame:
        """
        Give the table of all blocks.

        Returns
        -------
        DataFrame
            Index ``segment``: ``n_cells`` and, for each layer, ``_min``, ``_mean`` and
            ``_max`` or ``_majority``, and ``_known``.

        Raises
        ------
        CoverageGapError
            If a segment holds no cell.
        """
        empty = np.flatnonzero(self._n_cells == 0)
        if empty.size:
            raise CoverageGapError(no_cell_message(empty))
        columns: dict[str, Any] = {"n_cells": self._n_cells.copy()}
        for name in [*self._sums, *self._classes]:
            columns |= self.columns(name, self._n_cells)
        return pd.DataFrame(columns, index=pd.RangeIndex(self._n, name="segment"))


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


# Sums, counts and extremes by segment that come out the same whatever the blocks.


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
