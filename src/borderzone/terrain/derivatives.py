"""What nine cells tell of the ground: slope, aspect, ruggedness, roughness, curvatures and hillshade.

All layers follow the same rules. Elevation is a raster in a projected CRS, in metres;
the layer has its coordinates and is float32. A cell is NaN where any cell of its
neighbourhood is. Beyond the rim heights are extrapolated linearly, so a plane keeps its slope to the
last cell. A lazy (dask) raster stays lazy and gives the same numbers. The answer does not depend on the
number of threads, nor on the block that a cell is computed in. Directions are counted from grid north: in
the oblique frame of a corridor that is across the border, not the geographic north.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from borderzone._guards import check_between, check_choice, check_finite_number, check_positive
from borderzone._kernels import focal
from borderzone.terrain.elevation import Elevation, lazily

if TYPE_CHECKING:
    from collections.abc import Iterable

    import xarray as xr


__all__ = [
    "CURVATURES",
    "NINE_CELLS",
    "aspect",
    "curvatures",
    "gradient_numbers",
    "hillshade",
    "of_nine_cells",
    "shaded",
    "slope",
    "tri_riley",
]

SlopeMethod = Literal["horn", "zevenbergen_thorne"]
# South-west, west, north-west and north, the four of Mark (1992).
_SEVERAL_SUNS_DEG = (225.0, 270.0, 315.0, 360.0)
# Weight of a corner and of a side, and the divisor of the sum of weighted differences across two cells:
# (z_E - z_W) counts 2 + 1 + 1 times 2 cells by Horn, once 2 cells by Zevenbergen and Thorne.
_WEIGHTS = {"horn": (1.0, 2.0, 8.0), "zevenbergen_thorne": (0.0, 1.0, 2.0)}
# Ruggedness after Wilson and roughness: Wilson, O'Connell, Brown, Guinan and Grehan (2007),
# Multiscale terrain analysis of multibeam bathymetry data, Marine Geodesy 30, 3-35; both grow with the
# cell, roughness with the slope too. Attributes and kernel output, in its order, of the layers of the 3 x 3 window.
NINE_CELLS: dict[str, dict[str, str]] = {
    "slope_deg": {"units": "degrees", "long_name": "slope"},
    "aspect_deg": {
        "units": "degrees",
        "long_name": "direction of steepest descent",
        "reference": "clockwise from grid north; NaN on flat ground",
    },
    "tri_m": {"units": "m", "long_name": "terrain ruggedness index (Riley 1999)"},
    "tri_wilson_m": {"units": "m", "long_name": "terrain ruggedness index (Wilson 2007)"},
    "tpi_m": {"units": "m", "long_name": "topographic position, above the mean of 8 neighbours"},
    "roughness_m": {"units": "m", "long_name": "highest minus lowest of 3 x 3 cells"},
}

# Curvatures are those of the surface of Zevenbergen and Thorne (1987) through the nine heights of a
# window, taken as geometry has it (Minár, Evans and Jenčo 2020, Earth-Science Reviews 211, 103414): one
# over the radius of a circle, where others leave out the slope. They are positive where the ground is
# convex (crests, spurs) and negative where it is concave (wadis, footslopes). Profile is the bend along the
# steepest way down, plan that of the contour; both are 0 on level ground, where there is no way
# down. Total is the Laplacian turned over: it tells crests and hollows on level ground too.
CURVATURES: dict[str, dict[str, str]] = {
    "profile_curvature_per_m": {"units": "1/m", "long_name": "profile curvature, convex positive"},
    "plan_curvature_per_m": {"units": "1/m", "long_name": "plan curvature, convex positive"},
    "total_curvature_per_m": {"units": "1/m", "long_name": "total curvature, convex positive"},
}


def _one_cell(**_options: object) -> int:
    return 1


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
    return of_nine_cells(Elevation.of(dem), ["slope_deg"], method)["slope_deg"]


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
    return of_nine_cells(Elevation.of(dem), ["aspect_deg"], method)["aspect_deg"]


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
    return of_nine_cells(Elevation.of(dem), ["tri_m"])["tri_m"]


@lazily(_one_cell)
def hillshade(
    dem: xr.DataArray,
    *,
    azimuth_deg: float = 315.0,
    altitude_deg: float = 45.0,
    exaggeration: float = 1.0,
    multidirectional: bool = False,
) -> xr.DataArray:
    """
    Share of the light of one or of four suns that the ground receives.

    Parameters
    ----------
    dem
        Elevation in a projected CRS. Units: m.
    azimuth_deg
        Where one sun stands, clockwise from grid north. Not used with four. Units: degrees.
    altitude_deg
        How high the suns stand above the horizon, above 0 to 90. Units: degrees.
    exaggeration
        Heights are multiplied by it.
    multidirectional
        Whether to mix suns in the south-west, west, north-west and north, each weighted by how
        much the slope runs across its light [1]_, which shows ridges of every direction.

    Returns
    -------
    xarray.DataArray
        Light from 0, in shade, to 1, facing the sun.

    Raises
    ------
    NotProjectedError
        If the raster is in degrees of latitude and longitude.
    CRSMismatchError
        If the raster has no CRS.
    InvalidParameterError
        If an angle or the exaggeration is impossible.

    References
    ----------
    .. [1] Mark, R. (1992). Multidirectional, oblique-weighted, shaded-relief image of the island
       of Hawaii. U.S. Geological Survey Open-File Report 92-422.
       https://doi.org/10.3133/ofr92422

    Examples
    --------
    Flat ground receives the sine of the sun's altitude:

    >>> import xarray as xr
    >>> plain = xr.DataArray(
    ...     np.zeros((2, 2)),
    ...     coords={"y": [1.0, 0.0], "x": [0.0, 1.0]},
    ...     attrs={"crs": "EPSG:32637"},
    ... )
    >>> float(hillshade(plain, altitude_deg=30.0)[0, 0])
    0.5
    """
    return shaded(
        Elevation.of(dem),
        azimuth_deg=azimuth_deg,
        altitude_deg=altitude_deg,
        exaggeration=exaggeration,
        multidirectional=multidirectional,
    )


def of_nine_cells(
    elevation: Elevation, names: Iterable[str], method: str = "horn"
) -> dict[str, xr.DataArray]:
    """Compute every layer of the 3 x 3 window that is asked for, in one pass."""
    check_choice(method, "method", _WEIGHTS)
    numbers, directed = gradient_numbers(elevation, method), {"slope_deg", "aspect_deg"}
    told = {
        name: NINE_CELLS[name] | ({"method": method} if name in directed else {}) for name in names
    }
    # The kernel counts impossible heights as it reads them, so that none is read twice.
    return elevation.layers(
        (1, 1),
        lambda z, row, col, out: focal.window_layers(
            z, numbers, row, col, *(out.get(name) for name in NINE_CELLS)
        ),
        told,
        counts_impossible=True,
    )


def curvatures(elevation: Elevation, names: Iterable[str]) -> dict[str, xr.DataArray]:
    """Compute every curvature that is asked for, in one pass."""
    east, north = elevation.step_east, elevation.step_north
    # The surface runs through all nine heights, so its slopes and bends are plain differences of them.
    halves = (1 / (2 * east), 1 / (2 * north), 1 / east**2, 1 / north**2, 1 / (4 * east * north))
    steps = tuple(elevation.z.dtype.type(number) for number in (0.0, 1.0, 2.0, *halves))
    return elevation.layers(
        (1, 1),
        lambda z, row, col, out: focal.curvatures(
            z, steps, row, col, *(out.get(name) for name in CURVATURES)
        ),
        {name: CURVATURES[name] for name in names},
        counts_impossible=True,
    )


def shaded(
    elevation: Elevation,
    *,
    azimuth_deg: float = 315.0,
    altitude_deg: float = 45.0,
    exaggeration: float = 1.0,
    multidirectional: bool = False,
) -> xr.DataArray:
    """Compute the light that `hillshade` describes."""
    altitude = check_between(altitude_deg, "altitude_deg", 0, 90, without=(0,), unit="degrees")
    azimuth = check_finite_number(azimuth_deg, "azimuth_deg", "degrees")
    factor = check_positive(exaggeration, "exaggeration")
    azimuths = np.radians(_SEVERAL_SUNS_DEG if multidirectional else (azimuth,))
    up = np.full(azimuths.shape, np.sin(np.radians(altitude)))
    level = np.cos(np.radians(altitude))
    # Unit vectors to the suns, east, north and up: the light on a face is their product with its normal.
    suns = np.column_stack([level * np.sin(azimuths), level * np.cos(azimuths), up])
    numbers = gradient_numbers(elevation, "horn", factor)
    return elevation.layer(
        (1, 1),
        lambda z, row, col, values: focal.hillshade(z, numbers, suns, row, col, values),
        name="hillshade",
        units="1",
        long_name="hillshade, several suns" if multidirectional else "hillshade",
    )


def gradient_numbers(
    elevation: Elevation, method: str, exaggeration: float = 1.0
) -> tuple[Any, ...]:
    """Put the weights of a gradient and the cell size into the numbers of the kernels."""
    corner, side, divisor = _WEIGHTS[method]
    # A step is negative where the raster runs the other way, which turns the difference back.
    east = exaggeration / (divisor * elevation.step_east)
    north = exaggeration / (divisor * elevation.step_north)
    return focal.constants(elevation.z.dtype, (corner, side, east, north))
