"""Which observer sees which target, kept as bits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from borderzone._guards import guarded
from borderzone._placing import cells_of_points
from borderzone.errors import InvalidParameterError
from borderzone.visibility.observers import points_of

if TYPE_CHECKING:
    from collections.abc import Hashable

    import geopandas as gpd
    import xarray as xr

    from borderzone._typing import BoolArray, IntArray
    from borderzone.grid import Grid

__all__ = ["WhoSees", "cells_of"]


@guarded
@dataclass(frozen=True, kw_only=True)
class WhoSees:
    """
    Which observer sees which target, as packed bits.

    Attributes
    ----------
    bits
        One row for each observer, eight targets a byte, the first in the lowest bit;
        read only.
    n_targets
        Number of targets.
    observers
        Labels of the observers.
    targets
        Labels of the targets that are points; None where they are cells.
    grid
        Grid of the cells.
    cells
        Flat index of the cell of each target on the grid.
    """

    bits: IntArray
    n_targets: int
    observers: pd.Index
    targets: pd.Index | None
    grid: Grid
    cells: IntArray

    def __post_init__(self) -> None:
        """Keep the bits from being changed."""
        self.bits.setflags(write=False)
        self.cells.setflags(write=False)

    @property
    def nbytes(self) -> int:
        """
        Memory of the bits.

        Returns
        -------
        int
            One bit for each observer and target. Units: bytes.
        """
        return int(self.bits.nbytes)

    @property
    def counts(self) -> xr.DataArray | pd.Series:
        """
        Count the observers that see each target.

        Returns
        -------
        xarray.DataArray or pandas.Series
            Raster of counts where the targets are cells (0 elsewhere), else by target.
        """
        total = np.zeros(self.n_targets, dtype=np.uint32)
        for row in self.bits:
            total += _unpacked(row, self.n_targets)
        return self._shaped(total, "observers", "observers that see the target")

    def seen(self, observer: Hashable) -> xr.DataArray | pd.Series:
        """
        Tell what one observer sees.

        Parameters
        ----------
        observer
            Its label.

        Returns
        -------
        xarray.DataArray or pandas.Series
            True where it sees; a raster where the targets are cells, else by target.

        Raises
        ------
        InvalidParameterError
            If there is no such observer.
        """
        row = self.bits[_position(self.observers, observer, "observer")]
        return self._shaped(_unpacked(row, self.n_targets), "seen", f"seen by {observer}")

    def by(self, target: Any) -> pd.Index:
        """
        Name the observers that see one target.

        Parameters
        ----------
        target
            Label of a point, or row and column of a cell.

        Returns
        -------
        pandas.Index
            Their labels.

        Raises
        ------
        InvalidParameterError
            If there is no such target.
        """
        if self.targets is not None:
            at = _position(self.targets, target, "target")
        else:
            flat = _flat(target, self.grid)
            at = int(np.searchsorted(self.cells, flat))
            if at == self.n_targets or self.cells[at] != flat:
                msg = f"cell {tuple(target)} is not among the {self.n_targets} targets"
                raise InvalidParameterError(msg)
        seen = (self.bits[:, at // 8] >> (at % 8)) & 1
        return self.observers[seen.astype(bool)]

    def matrix(self, targets: gpd.GeoSeries | None = None) -> BoolArray:
        """
        Who sees what as a plain array, for siting.

        Parameters
        ----------
        targets
            Points in the CRS of the grid, each looked up by the cell that holds it;
            all targets unless given.

        Returns
        -------
        BoolArray
            Shape ``(observers, targets)``.

        Raises
        ------
        InvalidParameterError
            If a point is off the raster or not in a cell that was looked at.
        InvalidGeometryError, CRSMismatchError
            If the points are none, or in another CRS.
        """
        if targets is None:
            return np.stack([_unpacked(row, self.n_targets) for row in self.bits])
        flat = cells_of(targets, self.grid)[0]
        order = np.argsort(self.cells, kind="stable")
        at = np.searchsorted(self.cells[order], flat)
        at = order[np.minimum(at, self.n_targets - 1)]
        missing = self.cells[at] != flat
        if missing.any():
            msg = (
                f"{int(missing.sum())} of {len(flat)} targets are not in a cell that was looked at; "
                "give them to who_sees as targets="
            )
            raise InvalidParameterError(msg)
        return ((self.bits[:, at // 8] >> (at % 8).astype(np.uint8)) & 1).astype(bool)

    def _shaped(self, values: Any, name: str, long_name: str) -> xr.DataArray | pd.Series:
        if self.targets is not None:
            return pd.Series(values, index=self.targets, name=name)
        whole = np.zeros(self.grid.shape, dtype=values.dtype)
        whole.ravel()[self.cells] = values
        return self.grid.wrap(whole, name=name, units="1", long_name=long_name)


def cells_of(points: Any, grid: Grid) -> tuple[IntArray, pd.Index]:
    """Find the cells that hold points."""
    xy, labels = points_of(points, grid, "targets")
    cells = cells_of_points(xy, grid)
    off = cells < 0
    if off.any():
        edges = ", ".join(f"{edge:.0f}" for edge in grid.bounds)
        msg = f"{int(off.sum())} of {len(xy)} targets are off the raster, which covers ({edges})"
        raise InvalidParameterError(msg)
    return cells, pd.Index(labels)


def _position(labels: pd.Index, label: Any, what: str) -> int:
    at = np.flatnonzero(labels == label)
    if len(at) != 1:
        known = ", ".join(map(str, labels[:5])) + (", ..." if len(labels) > 5 else "")
        msg = f"there is {'no' if not len(at) else 'more than one'} {what} {label!r}; there are {known}"
        raise InvalidParameterError(msg)
    return int(at[0])


def _flat(cell: Any, grid: Grid) -> int:
    if np.shape(cell) != (2,) or not all(
        0 <= value < size for value, size in zip(cell, grid.shape, strict=True)
    ):
        msg = f"a cell is a row and a column within {grid.shape}, got {cell!r}"
        raise InvalidParameterError(msg)
    return int(cell[0]) * grid.shape[1] + int(cell[1])


def _unpacked(row: Any, n: int) -> BoolArray:
    seen: BoolArray = np.unpackbits(row, count=n, bitorder="little").astype(np.bool_)
    return seen
