"""How the ground bends: down the slope, across it, and in all.

Curvatures are those of the surface of Zevenbergen and Thorne through the nine heights of a window,
taken as geometry has it: one over the radius of a circle, where others leave out the slope. They are positive
where the ground is convex (crests, spurs) and negative where it is concave (wadis, footslopes).
Profile and plan are 0 on level ground, where there is no way down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from borderzone.terrain.elevation import Elevation
from borderzone.terrain._layers import curvature_layers
from borderzone.terrain._lazy import lazily

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["plan_curvature", "profile_curvature", "total_curvature"]


def _one_cell(**_options: object) -> int:
    return 1


@lazily(_one_cell)
def profile_curvature(dem: xr.DataArray) -> xr.DataArray:
    """
    Bend of the ground along the steepest way down [1]_ [2]_.

    Water speeds up where it is positive and slows down where it is negative.

    Parameters
    ----------
    dem
        Elevation in a projected CRS. Units: m.

    Returns
    -------
    xarray.DataArray
        One over the radius of the bend, positive where convex. Units: 1/m.

    Raises
    ------
    NotProjectedError
        If the raster is in degrees of latitude and longitude.
    CRSMismatchError
        If the raster has no CRS.

    References
    ----------
    .. [1] Zevenbergen, L., Thorne, C. (1987). Quantitative analysis of land surface topography.
       Earth Surface Processes and Landforms 12, 47-56. https://doi.org/10.1002/esp.3290120107
    .. [2] Minár, J., Evans, I., Jenčo, M. (2020). A comprehensive system of definitions of land
       surface (topographic) curvatures. Earth-Science Reviews 211, 103414.
       https://doi.org/10.1016/j.earscirev.2020.103414

    Examples
    --------
    The foot of a slope, level behind and 45 degrees ahead:

    >>> import numpy as np
    >>> import xarray as xr
    >>> bowl = xr.DataArray(
    ...     np.tile([0.0, 0.0, 1.0], (3, 1)),
    ...     coords={"y": [2.0, 1.0, 0.0], "x": [0.0, 1.0, 2.0]},
    ...     attrs={"crs": "EPSG:32637"},
    ... )
    >>> round(float(profile_curvature(bowl)[1, 1]), 6)
    -0.715542
    """
    return curvature_layers(Elevation.of(dem), ["profile_curvature_per_m"])[
        "profile_curvature_per_m"
    ]


@lazily(_one_cell)
def plan_curvature(dem: xr.DataArray) -> xr.DataArray:
    """
    Bend of the contour line [1]_ [2]_.

    Water spreads where it is positive and gathers where it is negative.

    Parameters
    ----------
    dem
        Elevation in a projected CRS. Units: m.

    Returns
    -------
    xarray.DataArray
        One over the radius of the contour, positive where convex. Units: 1/m.

    Raises
    ------
    NotProjectedError
        If the raster is in degrees of latitude and longitude.
    CRSMismatchError
        If the raster has no CRS.

    References
    ----------
    .. [1] Zevenbergen, L., Thorne, C. (1987). Quantitative analysis of land surface topography.
       Earth Surface Processes and Landforms 12, 47-56. https://doi.org/10.1002/esp.3290120107
    .. [2] Minár, J., Evans, I., Jenčo, M. (2020). A comprehensive system of definitions of land
       surface (topographic) curvatures. Earth-Science Reviews 211, 103414.
       https://doi.org/10.1016/j.earscirev.2020.103414

    Examples
    --------
    The rim of a cone at ten cells from its top:

    >>> import numpy as np
    >>> import xarray as xr
    >>> east, north = np.meshgrid(np.arange(9.0, 12.0), np.arange(1.0, -2, -1))
    >>> cone = xr.DataArray(
    ...     -np.hypot(east, north),
    ...     coords={"y": [1.0, 0.0, -1.0], "x": [9.0, 10.0, 11.0]},
    ...     attrs={"crs": "EPSG:32637"},
    ... )
    >>> round(float(plan_curvature(cone)[1, 1]), 3)
    0.1
    """
    return curvature_layers(Elevation.of(dem), ["plan_curvature_per_m"])["plan_curvature_per_m"]


@lazily(_one_cell)
def total_curvature(dem: xr.DataArray) -> xr.DataArray:
    """
    Bend of the ground in all: the Laplacian of the heights, turned over [1]_.

    It needs no way down, so it tells crests and hollows on level ground too.

    Parameters
    ----------
    dem
        Elevation in a projected CRS. Units: m.

    Returns
    -------
    xarray.DataArray
        Sum of the second derivatives with the sign changed, positive where convex. Units: 1/m.

    Raises
    ------
    NotProjectedError
        If the raster is in degrees of latitude and longitude.
    CRSMismatchError
        If the raster has no CRS.

    References
    ----------
    .. [1] Zevenbergen, L., Thorne, C. (1987). Quantitative analysis of land surface topography.
       Earth Surface Processes and Landforms 12, 47-56. https://doi.org/10.1002/esp.3290120107
    .. [2] Minár, J., Evans, I., Jenčo, M. (2020). A comprehensive system of definitions of land
       surface (topographic) curvatures. Earth-Science Reviews 211, 103414.
       https://doi.org/10.1016/j.earscirev.2020.103414

    Examples
    --------
    A groove:

    >>> import numpy as np
    >>> import xarray as xr
    >>> bowl = xr.DataArray(
    ...     np.tile([1.0, 0.0, 1.0], (3, 1)),
    ...     coords={"y": [2.0, 1.0, 0.0], "x": [0.0, 1.0, 2.0]},
    ...     attrs={"crs": "EPSG:32637"},
    ... )
    >>> float(total_curvature(bowl)[1, 1])
    -2.0
    """
    return curvature_layers(Elevation.of(dem), ["total_curvature_per_m"])["total_curvature_per_m"]
