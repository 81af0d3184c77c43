"""An elevation raster made ready for the kernels, and its halo beyond the rim."""

from __future__ import annotations

import logging
import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from borderzone._guards import n_threads
from borderzone._heights import check_metres, heights_of, refuse_impossible
from borderzone._kernels import focal
from borderzone.errors import GridMismatchError, InvalidParameterError
from borderzone.grid import map_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from borderzone._typing import FloatArray

__all__ = ["Elevation", "over_raster"]

_LOG = logging.getLogger("borderzone")
_CELLS_WORTH_A_THREAD = 100_000
_BAND_ROWS = 128
FARTHEST_CELLS = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Elevation:
    """
    Heights and cell size of a raster that has passed every guard.

    Attributes
    ----------
    z
        Heights, contiguous, float32 or float64. Units: m.
    step_east, step_north
        Distance from a cell to the next column, and from a cell to the next row up. Negative
        where the raster runs the other way. Units: m.
    crs_wkt
        The raster's CRS.
    raster
        The raster as it came.
    """

    z: FloatArray
    step_east: float
    step_north: float
    crs_wkt: str
    raster: xr.DataArray

    @classmethod
    def of(cls, dem: Any) -> Elevation:
        """Check a raster and take what the kernels need."""
        if not isinstance(dem, xr.DataArray):
            msg = f"an elevation raster must be an xarray.DataArray, got {type(dem).__name__}"
            raise InvalidParameterError(msg)
        crs, step_x, step_y = map_of(dem, "the elevation raster")
        check_metres(dem)
        if dem.ndim != 2 or min(dem.shape) < 2:
            msg = (
                "an elevation raster needs dimensions ('y', 'x') with coordinates and at least "
                f"2 x 2 cells, got {dict(dem.sizes)}"
            )
            raise GridMismatchError(msg)
        return cls(
            z=heights_of(dem),
            step_east=step_x,
            step_north=-step_y,
            crs_wkt=str(crs.to_wkt()),
            raster=dem,
        )

    @property
    def cell_m(self) -> float:
        """Longer side of a cell."""
        return max(abs(self.step_east), abs(self.step_north))

    def empty(self) -> FloatArray:
        """Room for one layer."""
        return np.empty(self.z.shape, np.float32)

    def wrap(self, values: FloatArray, *, name: str, units: str, **attrs: Any) -> xr.DataArray:
        """Give a layer the coordinates and the CRS of the raster it was computed from."""
        spatial_ref = xr.DataArray(np.int64(0), attrs={"crs_wkt": self.crs_wkt})
        coords = {"y": self.raster["y"], "x": self.raster["x"], "spatial_ref": spatial_ref}
        return xr.DataArray(
            values,
            dims=("y", "x"),
            coords=coords,
            name=name,
            attrs={"units": units, **attrs, "crs": self.crs_wkt},
        )


def over_raster(
    z: FloatArray,
    reach: tuple[int, int],
    run: Callable[[FloatArray, int, int], Any],
    *,
    counts_impossible: bool = False,
) -> None:
    """
    Run a kernel over every cell of a raster, the rim included.

    Beyond the rim heights are reflected through the rim cell's own height
    (``2 z[0] - z[k]``): for the next cell that is linear extrapolation, and a plane goes on as
    the same plane however far the kernel reaches.
    """

    def checked(part: FloatArray, row: int, column: int) -> None:
        if not counts_impossible and focal.n_impossible(part):
            refuse_impossible(z)
        if run(part, row, column) and counts_impossible:
            refuse_impossible(z)

    tall, wide = reach
    rows, columns = z.shape
    if max(reach) > FARTHEST_CELLS:
        msg = (
            f"a neighbourhood of {max(reach):,} cells to each side is more than {FARTHEST_CELLS:,}; "
            "take a smaller radius, or a coarser raster"
        )
        raise InvalidParameterError(msg)
    if rows <= tall or columns <= wide:
        _LOG.warning(
            "a neighbourhood of %d x %d cells is larger than the raster of %d x %d cells: "
            "most of it is extrapolated",
            2 * tall + 1,
            2 * wide + 1,
            rows,
            columns,
        )
    if rows <= 2 * tall or columns <= 2 * wide:
        checked(_extended(z, (tall, tall), (wide, wide)), 0, 0)
        return
    # The strips first: they are small, and whatever must be compiled is compiled once.
    checked(_extended(z[: 2 * tall], (tall, 0), (wide, wide)), 0, 0)
    checked(_extended(z[-2 * tall :], (0, tall), (wide, wide)), rows - tall, 0)
    checked(_extended(z[:, : 2 * wide], (0, 0), (wide, 0)), tall, 0)
    checked(_extended(z[:, -2 * wide :], (0, 0), (0, wide)), tall, columns - wide)
    _in_bands(z, reach, checked)


def _in_bands(
    z: FloatArray, reach: tuple[int, int], run: Callable[[FloatArray, int, int], None]
) -> None:
    """Run a kernel over the inside of a raster, bands of rows shared out among threads."""
    tall, wide = reach
    n_rows = z.shape[0] - 2 * tall
    worth = z.size // _CELLS_WORTH_A_THREAD
    threads = min(n_threads(), worth) if worth > 1 else 1
    if threads < 2:
        run(z, tall, wide)
        return
    # Several bands each, so that no thread waits long for the last; the bands overlap by the halo.
    height = min(max(math.ceil(n_rows / (4 * threads)), 1), _BAND_ROWS)
    bands = [(top, min(top + height, n_rows)) for top in range(0, n_rows, height)]
    with ThreadPoolExecutor(threads) as pool:
        jobs = [pool.submit(run, z[top : end + 2 * tall], top + tall, wide) for top, end in bands]
        for job in jobs:
            job.result()


def _extended(z: FloatArray, rows: tuple[int, int], columns: tuple[int, int]) -> FloatArray:
    with np.errstate(invalid="ignore"):
        return np.pad(z, (rows, columns), mode="reflect", reflect_type="odd")
