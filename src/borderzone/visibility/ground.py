"""The heights around an eye, read where they are needed, and which cells of them are asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from borderzone._guards import check_non_negative
from borderzone._heights import MOST_M, USUAL_VOIDS, check_metres, heights_of, refuse_impossible
from borderzone._kernels.line_of_sight import ground_at
from borderzone._kernels.viewshed import mark, scan
from borderzone.crs import check_metric
from borderzone.errors import InvalidParameterError, ShapeMismatchError
from borderzone.grid import Grid
from borderzone.visibility.sight import Sight, places

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import xarray as xr

    from borderzone._typing import FloatArray, IntArray

__all__ = ["Ground", "Ring", "View", "ring"]


@dataclass(frozen=True, kw_only=True)
class Ring:
    """
    Which cells are asked for: between two distances, in a sector.

    Attributes
    ----------
    min_km
        Nearest cell centre. Units: km.
    from_deg, width_deg
        Where the sector starts, clockwise from grid north, and how wide it is.
    """

    min_km: float = 0.0
    from_deg: float = 0.0
    width_deg: float = 360.0


def ring(min_km: float, max_km: float, sector: tuple[float, float] | None) -> Ring:
    """Check which cells are asked for."""
    check_non_negative(min_km, "min_km", "km")
    if not min_km < max_km:
        msg = f"min_km must be less than max_km, got {min_km:g} and {max_km:g} km"
        raise InvalidParameterError(msg)
    if sector is None:
        return Ring(min_km=min_km)
    ends = np.atleast_1d(np.asarray(sector, dtype=object)).ravel()
    if len(ends) != 2 or isinstance(sector, str):
        msg = f"sector must be two azimuths in degrees, (from, to), got {sector!r}"
        raise InvalidParameterError(msg)
    first, last = (check_non_negative(end, "sector", "degrees") for end in ends)
    if max(first, last) > 360 or first == last:
        msg = (
            "sector must be two azimuths from 0 to 360 degrees that differ, clockwise from grid "
            f"north, got {sector!r}; (350, 10) looks north, None all around"
        )
        raise InvalidParameterError(msg)
    return Ring(min_km=min_km, from_deg=first, width_deg=(last - first) % 360.0 or 360.0)


@dataclass(frozen=True, kw_only=True)
class View:
    """
    The heights around an eye, and where in them it stands.

    Attributes
    ----------
    z
        Heights of a window, with a rim of one cell that repeats its outermost. Units: m.
    row, column
        Place of the eye in `z`, centres on whole numbers.
    eye
        Height of the eye above sea. Units: m.
    cell_m
        Side of a cell. Units: m.
    rows, columns
        Where the window, without its rim, lies in the raster.
    sight
        Heights and range.
    top_m
        Largest absolute height. Units: m.
    gaps
        1 if any height is unknown, else 0.
    """

    z: FloatArray
    row: float
    column: float
    eye: float
    cell_m: float
    rows: slice
    columns: slice
    sight: Sight
    top_m: float
    gaps: int

    @property
    def reach(self) -> float:
        """Farthest cell centre."""
        return self.sight.max_km * 1000.0 / self.cell_m

    @property
    def drop(self) -> float:
        """Drop below the tangent plane at a distance of one cell."""
        return self.sight.drop_m(self.cell_m)

    def asked(self, which: Ring) -> IntArray:
        """Mark the cells that are asked for."""
        rows, columns = self.z.shape
        # Never contiguous, so that the kernels are compiled for one layout only.
        states = np.empty((rows, columns + 1), dtype=np.uint8)[:, :columns]
        least = which.min_km * 1000.0 / self.cell_m
        mark(states, self.row, self.column, least, self.reach, which.from_deg, which.width_deg)
        return states


@dataclass(frozen=True, kw_only=True)
class Ground:
    """
    Elevation that is read where it is needed.

    Attributes
    ----------
    grid
        Its grid.
    read
        Gives a window of heights.
    """

    grid: Grid
    read: Callable[[slice, slice], FloatArray]

    @classmethod
    def of(cls, dem: Any, grid: Grid | None = None) -> Ground:
        """Take a raster, in memory or lazy, or a reader of windows with its grid."""
        if hasattr(dem, "isel") and hasattr(dem, "dims") and not hasattr(dem, "data_vars"):
            raster: xr.DataArray = dem
            check_metres(raster)

            def window(rows: slice, columns: slice) -> FloatArray:
                return heights_of(raster.isel(y=rows, x=columns))

            return cls(grid=Grid.of(raster), read=window)
        if callable(dem) and grid is not None:
            check_metric(grid.crs, grid.bounds, "the grid of the reader")
            return cls(grid=grid, read=dem)
        if callable(dem):
            msg = "a reader of windows comes together with grid=, the grid that it reads from"
            raise InvalidParameterError(msg)
        msg = (
            "elevation must be an xarray.DataArray or a reader of windows, got "
            f"{type(dem).__name__}; of a Dataset take one layer"
        )
        raise InvalidParameterError(msg)

    def view(self, xy: Sequence[float], sight: Sight) -> View:
        """Read the heights around an eye."""
        grid, place = self.grid, f"{xy[0]:.1f}, {xy[1]:.1f}"
        left, bottom, right, top = grid.bounds
        if not (left <= xy[0] <= right and bottom <= xy[1] <= top):
            edges = ", ".join(f"{edge:.0f}" for edge in grid.bounds)
            msg = (
                f"the observer at {place} is off the raster, which covers ({edges}) as left, "
                "bottom, right, top; give it in the CRS of the raster"
            )
            raise InvalidParameterError(msg)
        row, column = places(grid, np.array([xy], dtype=np.float64))[0]
        reach = sight.max_km * 1000.0 / grid.resolution_m
        rows, columns = (
            slice(max(math.floor(at - reach) - 1, 0), min(math.ceil(at + reach) + 2, size))
            for at, size in zip((row, column), grid.shape, strict=True)
        )
        heights = self._window(rows, columns)
        # Beyond the outermost centres the ground goes on as high as at them.
        z = np.pad(heights, 1, mode="edge")
        low, high = float(heights.min()), float(heights.max())
        top_m, gaps = max(abs(low), abs(high)), 0
        if math.isnan(top_m):
            top_m, gaps = scan(z)
        if top_m > MOST_M or top_m in np.abs(USUAL_VOIDS):
            refuse_impossible(heights)
        row, column = row - rows.start + 1.0, column - columns.start + 1.0
        eye = ground_at(z, row, column) + float(sight.height_m)
        if math.isnan(eye):
            msg = (
                f"the observer at {place} stands where there is no elevation; move it, or fill the "
                "void first"
            )
            raise InvalidParameterError(msg)
        return View(
            z=z, row=float(row), column=float(column), eye=float(eye), cell_m=grid.resolution_m,
            rows=rows, columns=columns, sight=sight, top_m=float(top_m), gaps=int(gaps > 0),
        )  # fmt: skip

    def _window(self, rows: slice, columns: slice) -> FloatArray:
        heights = np.asarray(self.read(rows, columns))
        expected = (rows.stop - rows.start, columns.stop - columns.start)
        if heights.shape != expected:
            msg = f"the reader gave a window of {heights.shape} cells for one of {expected}"
            raise ShapeMismatchError(msg)
        if heights.dtype.kind not in "iuf":
            msg = f"the reader must give numbers, got {heights.dtype}"
            raise InvalidParameterError(msg)
        kind = np.float64 if heights.dtype == np.float64 else np.float32
        return heights.astype(kind, copy=False)
