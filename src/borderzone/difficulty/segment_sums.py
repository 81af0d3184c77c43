"""Any layers summarised by segment, from whole rasters or block by block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from borderzone._guards import guarded
from borderzone.errors import CoverageGapError
from borderzone.grid import Grid
from borderzone.summary.members import members_of, no_cell_message
from borderzone.summary.sums import ClassCounts, Extremes, Sum, share

if TYPE_CHECKING:
    import xarray as xr

    from borderzone._typing import IntArray

__all__ = ["LayerSums", "by_segment"]


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
