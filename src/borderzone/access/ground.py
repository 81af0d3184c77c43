"""The ground that a search runs over: heights and surface, looked at once and not copied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from borderzone._heights import heights_of, refuse_impossible
from borderzone._kernels import focal, travel_arrays
from borderzone.errors import InvalidParameterError
from borderzone.grid import Grid

if TYPE_CHECKING:
    from borderzone._typing import FloatArray

__all__ = ["Ground"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Ground:
    """
    Arrays of a search.

    Attributes
    ----------
    grid
        Grid of the elevation.
    z
        Heights as they came, shape ``(rows, columns)``. Units: m.
    factor
        Share of the speed that the surface allows, or None.
    times
        Flat; -1 where a cell is closed or unknown, else infinite. Units: h.
    steepest
        A gradient that no step exceeds.
    """

    grid: Grid
    z: FloatArray
    factor: FloatArray | None
    times: FloatArray
    steepest: float

    @classmethod
    def of(cls, dem: Any, surface_factor: Any) -> Ground:
        """Check elevation and surface; neither is copied if its numbers are contiguous floats."""
        if not isinstance(dem, xr.DataArray):
            msg = f"elevation must be an xarray.DataArray, got {type(dem).__name__}"
            raise InvalidParameterError(msg)
        grid = Grid.of(dem)
        z = heights_of(dem)
        if focal.n_impossible(z):
            refuse_impossible(z)
        factor = None if surface_factor is None else _shares(surface_factor, grid)
        times = np.empty(z.size)
        highest, low, high = travel_arrays.prepare(z, factor, times)
        if low < 0 or high > 1:
            msg = (
                "surface_factor must lie between 0 and 1, got values from "
                f"{float(surface_factor.min()):g} to {float(surface_factor.max()):g}"
            )
            raise InvalidParameterError(msg)
        steepest = highest / grid.resolution_m
        return cls(grid=grid, z=z, factor=factor, times=times, steepest=steepest)


def _shares(surface_factor: Any, grid: Grid) -> FloatArray:
    if not isinstance(surface_factor, xr.DataArray):
        msg = f"surface_factor must be an xarray.DataArray, got {type(surface_factor).__name__}"
        raise InvalidParameterError(msg)
    grid.check(surface_factor, "surface_factor")
    raw = surface_factor.to_numpy()
    if raw.dtype.kind not in "biuf":
        msg = f"surface_factor must hold numbers, got {raw.dtype}"
        raise InvalidParameterError(msg)
    kind = np.float64 if raw.dtype == np.float64 else np.float32
    return np.ascontiguousarray(raw, dtype=kind)
