"""What the ground is within a window: position, relief and how much its normals disagree."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from borderzone._guards import check_non_negative, check_whole
from borderzone._kernels import focal
from borderzone.errors import InvalidParameterError
from borderzone.terrain.derivatives import gradient_numbers, of_nine_cells
from borderzone.terrain.elevation import SMALLEST_CELLS, Elevation, cells_within, lazily

if TYPE_CHECKING:
    import xarray as xr

    from borderzone._typing import FloatArray, IntArray

__all__ = [
    "RELIEF_RADIUS_M",
    "local_relief",
    "relief",
    "relief_reach",
    "tpi",
    "vector_ruggedness",
    "vrm",
]

RELIEF_RADIUS_M = 1000.0


def relief_reach(*, cell_m: float, radius_m: float = RELIEF_RADIUS_M) -> int:
    """Count the cells each way on which relief at a cell depends."""
    return cells_within(radius_m, cell_m)


def _tpi_reach(*, cell_m: float, radius_m: float | None = None, **_options: float) -> int:
    return 1 if radius_m is None else cells_within(radius_m, cell_m)


def _vrm_reach(*, window: int = 3, **_options: float) -> int:
    # Each normal of the window comes from nine cells: one more on every side.
    return int(window) // 2 + 1


@lazily(_tpi_reach)
def tpi(
    dem: xr.DataArray, *, radius_m: float | None = None, inner_radius_m: float = 0.0
) -> xr.DataArray:
    """
    Topographic position index: height above the mean of the ground around.

    Parameters
    ----------
    dem
        Elevation in a projected CRS. Units: m.
    radius_m
        Cells whose centre is no farther than this are the ground around. None means the
        8 neighbours. Units: m.
    inner_radius_m
        Cells no farther than this are left out, which makes the disc a ring; the cell itself is
        always left out. Units: m.

    Returns
    -------
    xarray.DataArray
        Above 0 on ridges, below 0 in valleys, 0 on any plane. Units: m.

    Raises
    ------
    NotProjectedError
        If the raster is in degrees of latitude and longitude.
    CRSMismatchError
        If the raster has no CRS.
    InvalidParameterError
        If the radius is below 1.5 cells, or the ring holds no cell.

    References
    ----------
    .. [1] Weiss, A. (2001). Topographic position and landforms analysis. Poster, ESRI User
       Conference, San Diego.

    Examples
    --------
    >>> import numpy as np
    >>> import xarray as xr
    >>> spike = xr.DataArray(
    ...     np.diag([0.0, 1.0, 0.0]),
    ...     coords={"y": [2.0, 1.0, 0.0], "x": [0.0, 1.0, 2.0]},
    ...     attrs={"crs": "EPSG:32637"},
    ... )
    >>> float(tpi(spike)[1, 1]), float(tpi(spike, radius_m=1.5)[1, 1])
    (1.0, 1.0)
    """
    return ring_position(Elevation.of(dem), radius_m, inner_radius_m)


@lazily(relief_reach)
def relief(dem: xr.DataArray, *, radius_m: float = RELIEF_RADIUS_M) -> xr.DataArray:
    """
    Local relief: highest minus lowest ground within a radius.

    Parameters
    ----------
    dem
        Elevation in a projected CRS. Units: m.
    radius_m
        Cells whose centre is no farther than this count. Units: m.

    Returns
    -------
    xarray.DataArray
        Relief, 0 on flat ground. Units: m.

    Raises
    ------
    NotProjectedError
        If the raster is in degrees of latitude and longitude.
    CRSMismatchError
        If the raster has no CRS.
    InvalidParameterError
        If the radius is below 1.5 cells.

    Examples
    --------
    >>> import numpy as np
    >>> import xarray as xr
    >>> spike = xr.DataArray(
    ...     np.diag([0.0, 7.0, 0.0]),
    ...     coords={"y": [2e3, 1e3, 0.0], "x": [0.0, 1e3, 2e3]},
    ...     attrs={"crs": "EPSG:32637"},
    ... )
    >>> float(relief(spike, radius_m=1500.0)[1, 1])
    7.0
    """
    return local_relief(Elevation.of(dem), radius_m)


@lazily(_vrm_reach)
def vrm(dem: xr.DataArray, *, window: int = 3) -> xr.DataArray:
    """
    Vector ruggedness measure: how much the surface normals of a square window disagree.

    Steep but even ground has none, which tells broken ground from steep ground.

    Parameters
    ----------
    dem
        Elevation in a projected CRS. Units: m.
    window
        Side of the window, odd. Units: cells.

    Returns
    -------
    xarray.DataArray
        Dispersion of the normals of Horn's gradient, 0 on any plane, below 1.

    Raises
    ------
    NotProjectedError
        If the raster is in degrees of latitude and longitude.
    CRSMismatchError
        If the raster has no CRS.
    InvalidParameterError
        If the window is not an odd number of at least 3 cells.

    References
    ----------
    .. [1] Sappington, J., Longshore, K., Thompson, D. (2007). Quantifying landscape ruggedness for
       animal habitat analysis. Journal of Wildlife Management 71, 1419-1426.
       https://doi.org/10.2193/2005-723

    Examples
    --------
    >>> import numpy as np
    >>> import xarray as xr
    >>> plane = xr.DataArray(
    ...     np.tile(np.arange(3.0), (3, 1)),
    ...     coords={"y": [2.0, 1.0, 0.0], "x": [0.0, 1.0, 2.0]},
    ...     attrs={"crs": "EPSG:32637"},
    ... )
    >>> float(vrm(plane).max())
    0.0
    """
    return vector_ruggedness(Elevation.of(dem), window)


def ring_position(
    elevation: Elevation, radius_m: float | None, inner_radius_m: float
) -> xr.DataArray:
    """Compute the height above the mean of a ring of ground."""
    hole_m = check_non_negative(inner_radius_m, "inner_radius_m", "m")
    # The eight neighbours are a layer of the nine-cell kernel.
    if radius_m is None and hole_m == 0:
        return of_nine_cells(elevation, ["tpi_m"])["tpi_m"]
    radius = elevation.checked_radius(
        SMALLEST_CELLS * elevation.cell_m if radius_m is None else radius_m
    )
    outer = _half_widths(elevation, radius, rows=None)
    # In as many rows as the disc around it: the kernel takes one off the other row by row.
    inner = _half_widths(elevation, hole_m, rows=outer.size)
    if hole_m >= radius or (inner == outer).all():
        msg = (
            f"inner_radius_m must leave a ring inside radius_m, got {inner_radius_m} and {radius} "
            f"with cells of {elevation.cell_m:g} m"
        )
        raise InvalidParameterError(msg)
    return elevation.layer(
        (outer.size // 2, int(outer.max())),
        lambda z, row, col, values: focal.above_mean(z, outer, inner, row, col, values),
        name="tpi_m",
        units="m",
        long_name="topographic position, above the mean of the ground around",
        radius_m=radius,
        inner_radius_m=hole_m,
    )


def local_relief(elevation: Elevation, radius_m: float) -> xr.DataArray:
    """Compute the highest minus the lowest ground of a disc."""
    radius = elevation.checked_radius(radius_m)
    outer = _half_widths(elevation, radius, rows=None)
    return elevation.layer(
        (outer.size // 2, int(outer.max())),
        lambda z, row, col, values: focal.relief(z, outer, row, col, values),
        name="relief_m",
        units="m",
        long_name="local relief, highest minus lowest ground",
        radius_m=radius,
    )


def vector_ruggedness(elevation: Elevation, window: int) -> xr.DataArray:
    """Compute the dispersion of the surface normals of a window."""
    window = check_whole(window, "window", lowest=3, unit="cells")
    if window % 2 == 0:
        msg = f"window must be an odd number of cells, 3 at least, got {window}; take {window + 1}"
        raise InvalidParameterError(msg)
    half = window // 2
    numbers = gradient_numbers(elevation, "horn")
    return elevation.layer(
        (half + 1, half + 1),
        lambda z, row, col, values: focal.vector_ruggedness(z, numbers, half, row, col, values),
        name="vrm",
        units="1",
        long_name="vector ruggedness measure (Sappington 2007)",
        window_cells=window,
    )


def _half_widths(elevation: Elevation, radius_m: float, *, rows: int | None) -> IntArray:
    """Cells to each side in each row of a disc; -1 in rows that the disc does not reach."""
    # A billionth more than the radius: a cell at the radius counts, whatever the last digit.
    width, height = abs(elevation.step_east), abs(elevation.step_north)
    reach = math.floor(radius_m / height * (1 + 1e-9)) if rows is None else rows // 2
    up: FloatArray = np.arange(-reach, reach + 1) * height
    room = (radius_m * (1 + 1e-9)) ** 2 - up**2
    across = np.floor(np.sqrt(np.maximum(room, 0.0)) / width * (1 + 1e-9)).astype(np.int64)
    return np.where(room >= 0, across, -1)
