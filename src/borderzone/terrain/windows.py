"""Where a place stands among the ground around it: topographic position and local relief."""

from __future__ import annotations

from typing import TYPE_CHECKING

from borderzone.terrain.elevation import Elevation
from borderzone.terrain._layers import local_relief, ring_position
from borderzone.terrain._lazy import lazily
from borderzone.terrain._lines import cells_within

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["RELIEF_RADIUS_M", "relief", "relief_reach", "tpi"]

RELIEF_RADIUS_M = 1000.0


def relief_reach(*, cell_m: float, radius_m: float = RELIEF_RADIUS_M) -> int:
    """Count the cells each way on which relief at a cell depends."""
    return cells_within(radius_m, cell_m)


def _tpi_reach(*, cell_m: float, radius_m: float | None = None, **_options: float) -> int:
    return 1 if radius_m is None else cells_within(radius_m, cell_m)


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
