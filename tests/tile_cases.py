"""Tiles made for the tests: a known surface, cut as the products cut theirs."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
from affine import Affine
from pyproj import CRS, Transformer

from borderzone.grid import Grid

if TYPE_CHECKING:
    from pathlib import Path

# The frame of a corridor: oblique, so that rows of the grid are no rows of the tiles.
OBLIQUE = CRS(
    "+proj=omerc +lat_0=35.4 +lonc=40.6 +alpha=37.9 +gamma=90 +k=1 +x_0=0 +y_0=0 +ellps=WGS84"
    " +units=m +type=crs"
)


def surface(lon: Any, lat: Any) -> Any:
    """Heights that differ everywhere and bend slowly. Units: m."""
    return 600 + 300 * np.sin(9 * lon) * np.cos(7 * lat) + 40 * (lon - 40) - 25 * (lat - 35)


def grid_at(
    lon: float, lat: float, *, resolution_m: float, shape: tuple[int, int], crs: CRS = OBLIQUE
) -> Grid:
    """Grid with its middle at a place."""
    x, y = Transformer.from_crs(4326, crs, always_xy=True).transform(lon, lat)
    left, top = x - shape[1] * resolution_m / 2, y + shape[0] * resolution_m / 2
    transform = Affine(resolution_m, 0, round(left), 0, -resolution_m, round(top))
    return Grid(shape=shape, transform=transform, crs=crs)


def lonlat(grid: Grid) -> tuple[Any, Any]:
    """Longitude and latitude of every cell of a grid."""
    to_degrees = Transformer.from_crs(grid.crs, 4326, always_xy=True)
    return to_degrees.transform(*np.meshgrid(grid.x, grid.y))


def write_tif(path: Path, values: Any, transform: Affine, **changes: Any) -> Path:
    """Write a GeoTIFF in degrees."""
    options: dict[str, Any] = {"crs": "EPSG:4326", "compress": "deflate"} | changes
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=values.shape[0],
        width=values.shape[1],
        count=1,
        dtype=values.dtype,
        transform=transform,
        **options,
    ) as target:
        target.write(values, 1)
    return path


def sampled(transform: Affine, rows: int, columns: int) -> Any:
    """Take the surface at the centres of a raster in degrees."""
    lon = transform.c + (np.arange(columns) + 0.5) * transform.a
    lat = transform.f + (np.arange(rows) + 0.5) * transform.e
    return surface(lon[None, :], lat[:, None]).astype(np.float32)


def copernicus(folder: Path, lat: int, lon: int, *, side: int = 300, **changes: Any) -> Path:
    """Write a Copernicus tile, coarser than the real ones: its origin is half a cell off the degree lines."""
    cell = 1 / side
    transform = Affine(cell, 0, lon - cell / 2, 0, -cell, lat + 1 + cell / 2)
    name = f"Copernicus_DSM_COG_10_N{lat:02d}_00_E{lon:03d}_00_DEM.tif"
    place = changes.pop("transform", transform)
    return write_tif(folder / name, sampled(transform, side, side), place, **changes)


def srtm_samples(lat: int, lon: int, side: int = 1201) -> Any:
    """Heights of an SRTM tile: the first and the last sample lie on the degree lines."""
    across = lon + np.arange(side) / (side - 1)
    down = lat + 1 - np.arange(side) / (side - 1)
    return np.round(surface(across[None, :], down[:, None])).astype(np.int16)


def srtm(folder: Path, lat: int, lon: int, side: int = 1201) -> Path:
    """Write an SRTM tile."""
    file = folder / f"N{lat:02d}E{lon:03d}.hgt"
    file.write_bytes(srtm_samples(lat, lon, side).astype(">i2").tobytes())
    return file


def keys(t: Any) -> list[Any]:
    """Keys (1981), a = -1/2: weights of the four cells around a point, from the two pieces of his kernel."""

    def kernel(away: Any) -> Any:
        near = 1.5 * away**3 - 2.5 * away**2 + 1
        far = -0.5 * away**3 + 2.5 * away**2 - 4 * away + 2
        return np.where(away <= 1, near, far)

    return [kernel(t + 1), kernel(t), kernel(1 - t), kernel(2 - t)]


def convolved(heights: Any, x: Any, y: Any) -> Any:
    """Cubic convolution at columns x and rows y, where a cell k reaches from k to k + 1."""
    left, upper = np.floor(x - 0.5).astype(int), np.floor(y - 0.5).astype(int)
    across, down = keys(x - 0.5 - left), keys(y - 0.5 - upper)
    return sum(
        down[p] * across[q] * heights[upper - 1 + p, left - 1 + q]
        for p in range(4)
        for q in range(4)
    )


def five_tiles(folder: Path) -> Path:
    """Write four tiles with a hole into a folder, and one of another cell size on their east."""
    for lat in (34, 35):
        for lon in (40, 41):
            copernicus(folder, lat, lon)
    cell = 1 / 120
    transform = Affine(cell, 0, 41.8, 0, -cell, 36)
    coarse = sampled(transform, 240, 120)
    coarse[100:120, 40:60] = -9999
    write_tif(folder / "east.tif", coarse, transform, nodata=-9999)
    with rasterio.open(folder / "Copernicus_DSM_COG_10_N35_00_E041_00_DEM.tif", "r+") as target:
        holed = target.read(1)
        holed[200:230, 100:180] = np.nan
        target.write(holed, 1)
    return folder


def packed(path: Path, members: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> Path:
    """Write an archive."""
    with zipfile.ZipFile(path, "w", how) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path
