"""What the shape of the ground is: slope and aspect, ruggedness, roughness and position.

All layers follow the same rules. Elevation is a raster in a projected CRS, in metres;
the layer has its coordinates and is float32. A cell is NaN where any cell of its
neighbourhood is. Beyond the rim heights are extrapolated linearly, so a plane keeps its slope to the
last cell. A lazy (dask) raster stays lazy and gives the same numbers. The answer does not depend on the
number of threads, nor on the block that a cell is computed in. Directions are counted from grid north: in
the oblique frame of a corridor that is across the border, not the geographic north.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from borderzone.terrain.elevation import Elevation
from borderzone.terrain._layers import vector_ruggedness, window_layers
from borderzone.terrain._lazy import lazily

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["aspect", "roughness", "slope", "tri_riley", "tri_wilson", "vrm"]

SlopeMethod = Literal["horn", "zevenbergen_thorne"]


def _one_cell(**_options: object) -> int:
    return 1


def _vrm_reach(*, window: int = 3, **_options: float) -> int:
    return int(window) // 2 + 1


@lazily(_one_cell)
def slope(dem: xr.DataArray, *, method: SlopeMethod = "horn") -> xr.DataArray:
    """
    Slope angle of the ground.

    Parameters
    ----------
    dem
        Elevation in a projected CRS. Units: m.
    method
        ``"horn"`` weighs eight neighbours [1]_ and suits rough ground,
        ``"zevenbergen_thorne"`` takes four [2]_ and suits smooth ground.

    Returns
    -------
    xarray.DataArray
        Slope, 0 flat to 90 vertical. Units: degrees.

    Raises
    ------
    NotProjectedError
        If the raster is in degrees of latitude and longitude.
    CRSMismatchError
        If the raster has no CRS.
    InvalidParameterError
        If the method is unknown.

    References
    ----------
    .. [1] Horn, B. (1981). Hill shading and the reflectance map. Proceedings
       of the IEEE 69, 14-47. https://doi.org/10.1109/PROC.1981.11918
    .. [2] Zevenbergen, L., Thorne, C. (1987). Quantitative analysis of land
       surface topography. Earth Surface Processes and Landforms 12, 47-56.
       https://doi.org/10.1002/esp.3290120107

    Examples
    --------
    A plane that rises one metre each metre to the east is a 45 degree slope, up to its rim:

    >>> import numpy as np
    >>> import xarray as xr
    >>> plane = xr.DataArray(
    ...     np.tile(np.arange(3.0), (2, 1)),
    ...     coords={"y": [1.0, 0.0], "x": [0.0, 1.0, 2.0]},
    ...     attrs={"crs": "EPSG:32637"},
    ... )
    >>> slope(plane).values.tolist()
    [[45.0, 45.0, 45.0], [45.0, 45.0, 45.0]]
    """
    return window_layers(Elevation.of(dem), ["slope_deg"], method)["slope_deg"]


@lazily(_one_cell)
def aspect(dem: xr.DataArray, *, method: SlopeMethod = "horn") -> xr.DataArray:
    """
    Direction in which the ground falls most steeply.

    Parameters
    ----------
    dem
        Elevation in a projected CRS. Units: m.
    method
        As for `slope`.

    Returns
    -------
    xarray.DataArray
        Azimuth from 0 to below 360, clockwise from grid north; NaN on flat ground.
        Units: degrees.

    Raises
    ------
    NotProjectedError
        If the raster is in degrees of latitude and longitude.
    CRSMismatchError
        If the raster has no CRS.
    InvalidParameterError
        If the method is unknown.

    Examples
    --------
    Ground that rises to the east falls to the west:

    >>> import numpy as np
    >>> import xarray as xr
    >>> plane = xr.DataArray(
    ...     np.tile(np.arange(3.0), (2, 1)),
    ...     coords={"y": [1.0, 0.0], "x": [0.0, 1.0, 2.0]},
    ...     attrs={"crs": "EPSG:32637"},
    ... )
    >>> float(aspect(plane)[0, 0])
    270.0
    """
    return window_layers(Elevation.of(dem), ["aspect_deg"], method)["aspect_deg"]


@lazily(_one_cell)
def tri_riley(dem: xr.DataArray) -> xr.DataArray:
    """
    Terrain ruggedness index after Riley: root of the summed squared differences to 8 neighbours.

    It grows with the cell: Riley's own classes hold for cells of about 1 km only.

    Parameters
    ----------
    dem
        Elevation in a projected CRS. Units: m.

    Returns
    -------
    xarray.DataArray
        Ruggedness, 0 on flat ground. Units: m.

    Raises
    ------
    NotProjectedError
        If the raster is in degrees of latitude and longitude.
    CRSMismatchError
        If the raster has no CRS.

    References
    ----------
    .. [1] Riley, S., DeGloria, S., Elliot, R. (1999). A terrain ruggedness index that quantifies
       topographic heterogeneity. Intermountain Journal of Sciences 5, 23-27.

    Examples
    --------
    >>> import numpy as np
    >>> import xarray as xr
    >>> spike = xr.DataArray(
    ...     np.diag([0.0, 1.0, 0.0]),
    ...     coords={"y": [2.0, 1.0, 0.0], "x": [0.0, 1.0, 2.0]},
    ...     attrs={"crs": "EPSG:32637"},
    ... )
    >>> round(float(tri_riley(spike)[1, 1]), 6)
    2.828427
    """
    return window_layers(Elevation.of(dem), ["tri_m"], "horn")["tri_m"]


@lazily(_one_cell)
def tri_wilson(dem: xr.DataArray) -> xr.DataArray:
    """
    Terrain ruggedness index after Wilson: mean absolute difference to 8 neighbours.

    Parameters
    ----------
    dem
        Elevation in a projected CRS. Units: m.

    Returns
    -------
    xarray.DataArray
        Ruggedness, 0 on flat ground. Units: m.

    Raises
    ------
    NotProjectedError
        If the raster is in degrees of latitude and longitude.
    CRSMismatchError
        If the raster has no CRS.

    References
    ----------
    .. [1] Wilson, M., O'Connell, B., Brown, C., Guinan, J., Grehan, A. (2007). Multiscale terrain
       analysis of multibeam bathymetry data for habitat mapping on the continental slope. Marine
       Geodesy 30, 3-35. https://doi.org/10.1080/01490410701295962

    Examples
    --------
    >>> import numpy as np
    >>> import xarray as xr
    >>> spike = xr.DataArray(
    ...     np.diag([0.0, 1.0, 0.0]),
    ...     coords={"y": [2.0, 1.0, 0.0], "x": [0.0, 1.0, 2.0]},
    ...     attrs={"crs": "EPSG:32637"},
    ... )
    >>> float(tri_wilson(spike)[1, 1])
    1.0
    """
    return window_layers(Elevation.of(dem), ["tri_wilson_m"], "horn")["tri_wilson_m"]


@lazily(_one_cell)
def roughness(dem: xr.DataArray) -> xr.DataArray:
    """
    Roughness: highest minus lowest of a cell and its 8 neighbours.

    Parameters
    ----------
    dem
        Elevation in a projected CRS. Units: m.

    Returns
    -------
    xarray.DataArray
        Roughness, 0 on flat ground; it grows with slope and with the cell. Units: m.

    Raises
    ------
    NotProjectedError
        If the raster is in degrees of latitude and longitude.
    CRSMismatchError
        If the raster has no CRS.

    References
    ----------
    .. [1] Wilson, M., O'Connell, B., Brown, C., Guinan, J., Grehan, A. (2007). Multiscale terrain
       analysis of multibeam bathymetry data for habitat mapping on the continental slope. Marine
       Geodesy 30, 3-35. https://doi.org/10.1080/01490410701295962

    Examples
    --------
    >>> import numpy as np
    >>> import xarray as xr
    >>> spike = xr.DataArray(
    ...     np.diag([0.0, 1.0, -0.5]),
    ...     coords={"y": [2.0, 1.0, 0.0], "x": [0.0, 1.0, 2.0]},
    ...     attrs={"crs": "EPSG:32637"},
    ... )
    >>> float(roughness(spike)[1, 1])
    1.5
    """
    return window_layers(Elevation.of(dem), ["roughness_m"], "horn")["roughness_m"]


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
