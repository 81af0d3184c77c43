"""How high a target must stand to be seen, and the horizon all around."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from borderzone._guards import check_non_negative, check_threads
from borderzone._kernels.sight import heights_needed, skyline
from borderzone.errors import InvalidParameterError
from borderzone.visibility.viewsheds import (
    REFRACTION,
    LineOfSight,
    Windows,
    one_point,
    ring_within,
    view_of,
)

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy.typing as npt
    import shapely
    import xarray as xr

    from borderzone._typing import FloatArray
    from borderzone.visibility.viewsheds import Ring

__all__ = ["height_to_be_seen", "horizon"]


def height_to_be_seen(  # noqa: PLR0913 - who looks from where, how far
    dem: xr.DataArray | Windows,
    observer: shapely.Point | gpd.GeoSeries,
    height_m: float = 10.0,
    max_km: float = 10.0,
    refraction: float = REFRACTION,
    *,
    ring: Ring | None = None,
    threads: int | None = None,
) -> xr.DataArray:
    """
    Tell how high a target over each cell must stand to be seen.

    The line of sight over the steepest of the crossings that `viewshed` looks at, less the
    ground of the cell.

    Parameters
    ----------
    dem, observer, height_m, max_km, refraction
        As in `viewshed`.
    ring, threads
        As in `viewshed`.

    Returns
    -------
    xarray.DataArray
        Least height above ground, float32, rounded up: a target as high is seen. 0 where the ground itself
        is seen, NaN out of range and where the line crosses a void. Units: m.

    Raises
    ------
    InvalidParameterError, InvalidGeometryError, CRSMismatchError, NotProjectedError
        As in `viewshed`.
    GridMismatchError, ShapeMismatchError
        As in `viewshed`.

    Examples
    --------
    >>> import shapely
    >>> from affine import Affine
    >>> from pyproj import CRS
    >>> from borderzone.grid import Grid
    >>> grid = Grid(shape=(1, 5), transform=Affine(30, 0, 0, 0, -30, 30), crs=CRS(32637))
    >>> wall = grid.wrap(np.array([[0.0, 0.0, 20.0, 0.0, 0.0]], dtype=np.float32))
    >>> height_to_be_seen(wall, shapely.Point(15, 15)).values.round(2)
    array([[ 0.,  0.,  0., 25., 30.]], dtype=float32)
    """
    sight = LineOfSight(height_m=height_m, target_m=0.0, max_km=max_km, refraction=refraction)
    which, workers = ring_within(ring, sight.max_km), check_threads(threads)
    windows = Windows.of(dem)
    grid = windows.grid
    view = view_of(windows, one_point(observer, grid), sight)
    states = view.asked(which)
    # In double precision, rounded once at the end: a height as told must suffice.
    needed = np.full(view.z.shape, np.nan)

    def look(first: int) -> None:
        at = (view.row, view.column, view.eye, view.drop)
        heights_needed(view.z, states, first, 4, *at, needed)

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(look, range(4)))
    values = np.full(grid.shape, np.nan, dtype=np.float32)
    values[view.rows, view.columns] = _rounded_up(needed[1:-1, 1:-1])
    return grid.wrap(
        values, name="height_to_be_seen", units="m", long_name="least height of a target to be seen"
    )


def horizon(
    dem: xr.DataArray | Windows,
    observer: shapely.Point | gpd.GeoSeries,
    height_m: float = 10.0,
    max_km: float = 10.0,
    refraction: float = REFRACTION,
    *,
    azimuths_deg: npt.ArrayLike | None = None,
) -> pd.DataFrame:
    """
    Find the horizon in each direction.

    The crossing of the line with the lines between neighbouring cell centres that stands at the
    highest angle from the eye, below the tangent plane by its drop.

    Parameters
    ----------
    dem, observer, height_m, max_km, refraction
        As in `viewshed`.
    azimuths_deg
        Directions, clockwise from grid north; each whole degree unless given.

    Returns
    -------
    pandas.DataFrame
        Index ``azimuth_deg``: ``angle_deg`` above the level of the eye, ``distance_km``, ``x`` and ``y`` of the
        horizon, ``looked_km`` as far as there is raster or range, ``open`` (the highest is the last looked
        at, so that the horizon may lie beyond) and ``unknown`` (a void on the way). NaN where there is nothing to look at.

    Raises
    ------
    InvalidParameterError, InvalidGeometryError, CRSMismatchError, NotProjectedError
        As in `viewshed`, and if an azimuth is not a finite number.
    GridMismatchError, ShapeMismatchError
        As in `viewshed`.

    Examples
    --------
    >>> import shapely
    >>> from affine import Affine
    >>> from pyproj import CRS
    >>> from borderzone.grid import Grid
    >>> grid = Grid(shape=(5, 9), transform=Affine(30, 0, 0, 0, -30, 150), crs=CRS(32637))
    >>> wall = np.zeros(grid.shape, dtype=np.float32)
    >>> wall[:, 6] = 100.0
    >>> found = horizon(grid.wrap(wall), shapely.Point(75, 75), height_m=0, azimuths_deg=[90])
    >>> found[["angle_deg", "distance_km"]].round(2).to_numpy().tolist()
    [[39.81, 0.12]]
    """
    sight = LineOfSight(height_m=height_m, target_m=0.0, max_km=max_km, refraction=refraction)
    azimuths = _azimuths(azimuths_deg)
    windows = Windows.of(dem)
    x, y = one_point(observer, windows.grid)
    view = view_of(windows, (x, y), sight)
    angle = np.radians(azimuths)
    found = np.empty((len(azimuths), 4))
    at = (view.row, view.column)
    skyline(view.z, *at, -np.cos(angle), np.sin(angle), view.reach, view.eye, view.drop, found)
    nothing = ~np.isfinite(found[:, 0])
    # A rise is in metres by cell, so that the kernel needs no size of a cell.
    rise, cells = np.where(nothing, np.nan, found[:, 0]), found[:, 1]
    return pd.DataFrame(
        {
            "angle_deg": np.degrees(np.arctan(rise / view.cell_m)),
            "distance_km": cells * view.cell_m / 1000.0,
            "x": x + cells * view.cell_m * np.sin(angle),
            "y": y + cells * view.cell_m * np.cos(angle),
            "looked_km": found[:, 2] * view.cell_m / 1000.0,
            # The farthest crossing is the highest: what lies behind may be higher still.
            "open": nothing | (cells >= found[:, 2]),
            "unknown": found[:, 3] > 0,
        },
        index=pd.Index(azimuths, name="azimuth_deg"),
    )


def _azimuths(given: npt.ArrayLike | None) -> FloatArray:
    if given is None:
        return np.arange(360.0)
    values = np.atleast_1d(np.asarray(given, dtype=object)).ravel()
    if len(values) == 0:
        msg = "azimuths_deg is empty; give at least one direction, or None for each whole degree"
        raise InvalidParameterError(msg)
    return np.array([check_non_negative(value, "azimuths_deg", "degrees") for value in values])


def _rounded_up(values: FloatArray) -> FloatArray:
    """Nearest float32 that is not less, and no dust of rounding where the ground is seen."""
    single = values.astype(np.float32)
    up: FloatArray = np.where(single < values, np.nextafter(single, np.float32(np.inf)), single)
    return np.where(values <= 1e-9, np.float32(0.0), up)
