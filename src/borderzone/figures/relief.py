"""The grey relief under a map, made from local elevation and drawn without any network."""

from __future__ import annotations

import math
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import contextily
import numpy as np
import rasterio
from affine import Affine

from borderzone import datasets, io
from borderzone._guards import temporary_folder
from borderzone.errors import CoverageGapError, NoOverlapError
from borderzone.grid import Grid

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

    from borderzone._typing import BoolArray, FloatArray

__all__ = ["draw_relief", "hillshade", "map_elevation"]

# Light from four sides keeps ridges of every direction visible; weights as the slopes that
# each light grazes would ask for, here equal but for the north-west that readers expect.
LIGHTS = ((225.0, 0.2), (270.0, 0.25), (315.0, 0.35), (360.0, 0.2))
ALTITUDE_DEG = 40.0
# Where the steepest twentieth of the ground should come to lie once exaggerated.
SHOWN_SLOPE = math.tan(math.radians(22))
DARKEST = 0.62


def hillshade(elevation_m: FloatArray, cell_m: float, *, exaggeration: float = 1.0) -> FloatArray:
    """Shade ground from four directions at once."""
    south, east = np.gradient(elevation_m * exaggeration, cell_m)
    slope = np.arctan(np.hypot(south, east))
    facing = np.arctan2(-east, south)  # direction of fall, clockwise from north
    zenith = math.radians(90 - ALTITUDE_DEG)
    total = np.zeros_like(slope)
    for azimuth_deg, weight in LIGHTS:
        turn = math.radians(azimuth_deg) - facing
        lit = math.cos(zenith) * np.cos(slope) + math.sin(zenith) * np.sin(slope) * np.cos(turn)
        total += weight * np.clip(lit, 0, 1)
    return np.asarray(total)


def map_elevation(
    bounds: tuple[float, float, float, float], crs: Any, layers: xr.Dataset | None, *, columns: int
) -> xr.DataArray | None:
    """Elevation for the whole of a map: the embedded one, else the study's own."""
    grid = _map_grid(bounds, crs, columns)
    try:
        return datasets.elevation(grid)
    except (CoverageGapError, NoOverlapError):
        if layers is None or "elevation_m" not in layers:
            return None
        return io.warp(layers["elevation_m"], grid, resampling="bilinear")


def _map_grid(bounds: tuple[float, float, float, float], crs: Any, columns: int) -> Grid:
    """Cells of a map with two around it; no length is measured on them, so any frame will do."""
    west, south, east, north = bounds
    cell = (east - west) / columns
    rows = math.ceil((north - south) / cell)
    return Grid(
        shape=(rows + 4, columns + 4),
        transform=Affine(cell, 0, west - 2 * cell, 0, -cell, south + (rows + 2) * cell),
        crs=crs,
    )


class Relief(NamedTuple):
    """
    How relief was drawn.

    Attributes
    ----------
    exaggeration
        How many times steeper the ground was drawn.
    blank
        Cells of the map without elevation.
    grid
        Their grid.
    """

    exaggeration: float
    blank: BoolArray
    grid: Grid


def draw_relief(
    ax: Axes, crs: Any, layers: xr.Dataset | None, *, columns: int = 700
) -> Relief | None:
    """Draw grey relief over a map, where there is elevation."""
    (west, east), (south, north) = ax.get_xlim(), ax.get_ylim()
    elevation = map_elevation((west, south, east, north), crs, layers, columns=columns)
    if elevation is None or not np.isfinite(elevation.values).any():
        return None
    grid = _map_grid((west, south, east, north), crs, columns)
    values = elevation.values.astype("float64")
    steep = float(np.nanpercentile(np.hypot(*np.gradient(values, grid.resolution_m)), 95))
    exaggeration = float(np.clip(round(SHOWN_SLOPE / max(steep, 1e-6)), 1, 20))
    shade = hillshade(values, grid.resolution_m, exaggeration=exaggeration)
    # A local file and no tile server: the map is the same with and without a network.
    with temporary_folder() as folder:
        source = Path(folder) / "relief.tif"
        _write(source, _tinted(shade), grid)
        contextily.add_basemap(
            ax,
            source=source,
            attribution=False,
            reset_extent=False,
            interpolation="bilinear",
            zorder=0,
        )
    ax.set(xlim=(west, east), ylim=(south, north))
    return Relief(exaggeration, np.isnan(shade), grid)


def _tinted(shade: FloatArray) -> FloatArray:
    # Greys from paper white down to a middle grey: relief is a background, it never competes.
    # Ground without elevation stays paper, which no shade is: flat ground is grey.
    light = np.clip((np.where(np.isfinite(shade), shade, 1.0) - 0.15) / (0.95 - 0.15), 0, 1)
    grey = 255 * (DARKEST + (1 - DARKEST) * light)
    warm = np.stack([grey, grey * 0.995, grey * 0.975])
    return np.round(np.where(np.isfinite(shade), warm, 255)).astype("uint8")


def _write(path: Path, image: FloatArray, grid: Grid) -> None:
    with (
        warnings.catch_warnings(),
        rasterio.open(
            path,
            "w",
            driver="GTiff",
            width=grid.shape[1],
            height=grid.shape[0],
            count=3,
            dtype="uint8",
            crs=grid.crs.to_wkt(),
            transform=grid.transform,
            photometric="RGB",
        ) as target,
    ):
        target.write(image)
