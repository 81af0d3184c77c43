"""Hillshade: the light that falls on the ground, for the backdrop of maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from borderzone._guards import check_between, check_finite_number, check_positive
from borderzone._kernels import stencils
from borderzone.terrain.elevation import Elevation, over_raster
from borderzone.terrain._layers import kernel_numbers
from borderzone.terrain._lazy import lazily

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["hillshade"]

_SEVERAL_SUNS_DEG = (225.0, 270.0, 315.0, 360.0)


def _one_cell(**_options: object) -> int:
    return 1


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
    altitude = check_between(altitude_deg, "altitude_deg", 0, 90, without=(0,), unit="degrees")
    azimuth = check_finite_number(azimuth_deg, "azimuth_deg", "degrees")
    factor = check_positive(exaggeration, "exaggeration")
    elevation = Elevation.of(dem)
    azimuths = np.radians(_SEVERAL_SUNS_DEG if multidirectional else (azimuth,))
    up = np.full(azimuths.shape, np.sin(np.radians(altitude)))
    level = np.cos(np.radians(altitude))
    suns = np.column_stack([level * np.sin(azimuths), level * np.cos(azimuths), up])
    numbers, values = kernel_numbers(elevation, "horn", factor), elevation.empty()
    over_raster(
        elevation.z,
        (1, 1),
        lambda z, row, col: stencils.hillshade(z, numbers, suns, row, col, values),
    )
    return elevation.wrap(
        values,
        name="hillshade",
        units="1",
        long_name="hillshade, several suns" if multidirectional else "hillshade",
    )
