"""Openness: how much of the sky, or of the ground below, a place commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from borderzone._kernels import horizons, stencils
from borderzone.terrain.elevation import Elevation, over_raster
from borderzone.terrain._lazy import lazily
from borderzone.terrain._lines import Lines, cells_within

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["openness_negative", "openness_positive", "openness_reach"]

# The coefficients end what the stencils are given; they are the same arctangent.
_ARCTAN = stencils.constants(np.dtype(np.float32), (0.0, 0.0, 0.0, 0.0))[-9:]


def openness_reach(*, cell_m: float, radius_m: float) -> int:
    """Count the cells each way on which openness at a cell depends."""
    return cells_within(radius_m, cell_m)


@lazily(openness_reach)
def openness_positive(dem: xr.DataArray, *, radius_m: float) -> xr.DataArray:
    """
    Mean angle from the zenith down to the ground, over eight directions.

    Low in wadis and pits, above 90 on ridges and peaks, 90 on even ground however steep.

    Parameters
    ----------
    dem
        Elevation in a projected CRS. Units: m.
    radius_m
        How far to look: cells whose centre is no farther count. Units: m.

    Returns
    -------
    xarray.DataArray
        Positive openness [1]_, 0 to 180; NaN where a height on one of the eight lines
        is unknown. Beyond the rim the ground goes on as it came. Units: degrees.

    Raises
    ------
    NotProjectedError
        If the raster is in degrees of latitude and longitude.
    CRSMismatchError
        If the raster has no CRS.
    InvalidParameterError
        If the radius is below 1.5 cells.

    References
    ----------
    .. [1] Yokoyama, R., Shirasawa, M., Pike, R. (2002). Visualizing topography by openness: a new
       application of image processing to digital elevation models. Photogrammetric Engineering
       and Remote Sensing 68, 257-265.

    Examples
    --------
    From the bottom of a pit whose sides rise at 45 degrees all round, half of the sky is seen:

    >>> import xarray as xr
    >>> east, south = np.meshgrid(np.arange(-3.0, 4.0), np.arange(-3.0, 4.0))
    >>> pit = xr.DataArray(
    ...     np.hypot(east, south),
    ...     coords={"y": -np.arange(-3.0, 4.0), "x": np.arange(-3.0, 4.0)},
    ...     attrs={"crs": "EPSG:32637"},
    ... )
    >>> round(float(openness_positive(pit, radius_m=3.0)[3, 3]), 3)
    45.0
    """
    return _openness(dem, radius_m, upward=True)


@lazily(openness_reach)
def openness_negative(dem: xr.DataArray, *, radius_m: float) -> xr.DataArray:
    """
    Mean angle from the nadir up to the ground, over eight directions.

    It is the positive openness of the ground turned over: low on ridges and peaks, above 90 in
    wadis and pits.

    Parameters
    ----------
    dem
        Elevation in a projected CRS. Units: m.
    radius_m
        As for `openness_positive`. Units: m.

    Returns
    -------
    xarray.DataArray
        Negative openness [1]_, as `openness_positive` gives it. Units: degrees.

    Raises
    ------
    NotProjectedError
        If the raster is in degrees of latitude and longitude.
    CRSMismatchError
        If the raster has no CRS.
    InvalidParameterError
        If the radius is below 1.5 cells.

    References
    ----------
    .. [1] Yokoyama, R., Shirasawa, M., Pike, R. (2002). Visualizing topography by openness: a new
       application of image processing to digital elevation models. Photogrammetric Engineering
       and Remote Sensing 68, 257-265.

    Examples
    --------
    >>> import xarray as xr
    >>> plain = xr.DataArray(
    ...     np.zeros((2, 2)),
    ...     coords={"y": [1.0, 0.0], "x": [0.0, 1.0]},
    ...     attrs={"crs": "EPSG:32637"},
    ... )
    >>> float(openness_negative(plain, radius_m=1.5)[0, 0])
    90.0
    """
    return _openness(dem, radius_m, upward=False)


def _openness(dem: xr.DataArray, radius_m: float, *, upward: bool) -> xr.DataArray:
    elevation = Elevation.of(dem)
    lines = Lines.within(elevation, radius_m)
    factors = lines.per_metre() if upward else -lines.per_metre()
    values = elevation.empty()
    over_raster(
        elevation.z,
        lines.reach,
        lambda z, row, col: horizons.openness(z, lines.steps, factors, _ARCTAN, row, col, values),
    )
    side = "positive" if upward else "negative"
    return elevation.wrap(
        values,
        name=f"openness_{side}_deg",
        units="degrees",
        long_name=f"{side} openness",
        radius_m=float(radius_m),
    )
