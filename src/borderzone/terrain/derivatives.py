"""What the shape of the ground is: slope, aspect, ruggedness, position, relief.

All layers follow the same rules. Elevation is a raster in a projected CRS, in metres;
the layer has its coordinates and is float32. A cell is NaN where any cell of its
neighbourhood is. Beyond the rim heights are extrapolated linearly, so a plane keeps its slope to the
last cell. A lazy (dask) raster is computed at once. The answer does not depend on the number of
threads. Directions are counted from grid north: in the oblique frame of a corridor
that is across the border, not the geographic north.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import xarray as xr

from borderzone._checks import check_choice
from borderzone.errors import InvalidParameterError
from borderzone.terrain._elevation import Elevation
from borderzone.terrain._layers import (
    WINDOW_LAYERS,
    local_relief,
    ring_position,
    vector_ruggedness,
    window_layers,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "LAYERS",
    "aspect",
    "attributes",
    "relief",
    "slope",
    "tpi",
    "tri_riley",
    "tri_wilson",
    "vrm",
]

SlopeMethod = Literal["horn", "zevenbergen_thorne"]

LAYERS = ("slope_deg", "aspect_deg", "tri_m", "vrm", "tpi_m", "relief_m")
RELIEF_RADIUS_M = 1000.0


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
    >>> plane = xr.DataArray(
    ...     np.tile(np.arange(3.0), (2, 1)),
    ...     coords={"y": [1.0, 0.0], "x": [0.0, 1.0, 2.0]},
    ...     attrs={"crs": "EPSG:32637"},
    ... )
    >>> slope(plane).values.tolist()
    [[45.0, 45.0, 45.0], [45.0, 45.0, 45.0]]
    """
    return window_layers(Elevation.of(dem), ["slope_deg"], method)["slope_deg"]


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
    >>> plane = xr.DataArray(
    ...     np.tile(np.arange(3.0), (2, 1)),
    ...     coords={"y": [1.0, 0.0], "x": [0.0, 1.0, 2.0]},
    ...     attrs={"crs": "EPSG:32637"},
    ... )
    >>> float(aspect(plane)[0, 0])
    270.0
    """
    return window_layers(Elevation.of(dem), ["aspect_deg"], method)["aspect_deg"]


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
    >>> spike = xr.DataArray(
    ...     np.diag([0.0, 1.0, 0.0]),
    ...     coords={"y": [2.0, 1.0, 0.0], "x": [0.0, 1.0, 2.0]},
    ...     attrs={"crs": "EPSG:32637"},
    ... )
    >>> round(float(tri_riley(spike)[1, 1]), 6)
    2.828427
    """
    return window_layers(Elevation.of(dem), ["tri_m"], "horn")["tri_m"]


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
    >>> spike = xr.DataArray(
    ...     np.diag([0.0, 1.0, 0.0]),
    ...     coords={"y": [2.0, 1.0, 0.0], "x": [0.0, 1.0, 2.0]},
    ...     attrs={"crs": "EPSG:32637"},
    ... )
    >>> float(tri_wilson(spike)[1, 1])
    1.0
    """
    return window_layers(Elevation.of(dem), ["tri_wilson_m"], "horn")["tri_wilson_m"]


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
    >>> plane = xr.DataArray(
    ...     np.tile(np.arange(3.0), (3, 1)),
    ...     coords={"y": [2.0, 1.0, 0.0], "x": [0.0, 1.0, 2.0]},
    ...     attrs={"crs": "EPSG:32637"},
    ... )
    >>> float(vrm(plane).max())
    0.0
    """
    return vector_ruggedness(Elevation.of(dem), window)


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
    >>> spike = xr.DataArray(
    ...     np.diag([0.0, 1.0, 0.0]),
    ...     coords={"y": [2.0, 1.0, 0.0], "x": [0.0, 1.0, 2.0]},
    ...     attrs={"crs": "EPSG:32637"},
    ... )
    >>> float(tpi(spike)[1, 1]), float(tpi(spike, radius_m=1.5)[1, 1])
    (1.0, 1.0)
    """
    return ring_position(Elevation.of(dem), radius_m, inner_radius_m)


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
    >>> spike = xr.DataArray(
    ...     np.diag([0.0, 7.0, 0.0]),
    ...     coords={"y": [2e3, 1e3, 0.0], "x": [0.0, 1e3, 2e3]},
    ...     attrs={"crs": "EPSG:32637"},
    ... )
    >>> float(relief(spike, radius_m=1500.0)[1, 1])
    7.0
    """
    return local_relief(Elevation.of(dem), radius_m)


def attributes(dem: xr.DataArray, *, layers: Iterable[str] | None = None) -> xr.Dataset:
    """
    Compute the layers of the ground that the study needs, in as few passes as possible.

    Parameters
    ----------
    dem
        Elevation in a projected CRS. Units: m.
    layers
        Which of `LAYERS`: ``slope_deg``, ``aspect_deg``, ``tri_m`` (Riley), ``vrm``, ``tpi_m``
        (8 neighbours), ``relief_m`` (within 1 km, or 1.5 cells where that is more: its attribute
        ``radius_m`` says which). None means all.

    Returns
    -------
    xarray.Dataset
        One variable a layer, in the order of `LAYERS`.

    Raises
    ------
    NotProjectedError
        If the raster is in degrees of latitude and longitude.
    CRSMismatchError
        If the raster has no CRS.
    InvalidParameterError
        If a layer is unknown, or none is asked for.

    Examples
    --------
    >>> import numpy as np
    >>> plane = xr.DataArray(
    ...     np.tile(np.arange(4.0), (4, 1)),
    ...     coords={"y": np.arange(3.0, -1, -1) * 1000, "x": np.arange(4.0) * 1000},
    ...     attrs={"crs": "EPSG:32637"},
    ... )
    >>> ground = attributes(plane, layers=["slope_deg", "relief_m"])
    >>> list(ground), ground["relief_m"].attrs["radius_m"]
    (['slope_deg', 'relief_m'], 1500.0)
    """
    asked = set(LAYERS if layers is None else [layers] if isinstance(layers, str) else layers)
    for layer in sorted(asked):
        check_choice(layer, "layers", LAYERS)
    if not asked:
        msg = f"layers must name at least one of {', '.join(LAYERS)}, got none"
        raise InvalidParameterError(msg)
    elevation = Elevation.of(dem)
    found = window_layers(elevation, sorted(asked & set(WINDOW_LAYERS)), "horn")
    if "vrm" in asked:
        found["vrm"] = vector_ruggedness(elevation, 3)
    if "relief_m" in asked:
        found["relief_m"] = local_relief(elevation, max(RELIEF_RADIUS_M, 1.5 * elevation.cell_m))
    return xr.Dataset(
        {name: found[name] for name in LAYERS if name in found}, attrs={"crs": elevation.crs_wkt}
    )
