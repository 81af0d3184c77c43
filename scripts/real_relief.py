"""
Heights and slopes of a real elevation file on a turned grid: every door here, and gdalwarp, against the file itself.

``python scripts/real_relief.py FILE``, with a file in metres on a projected CRS and the programs of GDAL on the path. Slopes
are those of gdaldem, of the file (averaged north-up for larger cells) and of what each door makes of it, at the same points.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
from affine import Affine
from pyproj import CRS, Transformer
from scipy.ndimage import map_coordinates

from borderzone import io
from borderzone.grid import Grid
from borderzone.study.layers import open_heights

if TYPE_CHECKING:
    from collections.abc import Callable

WHOLE = slice(None), slice(None)
PARTS = 20
DOORS: dict[str, Callable[[str, Grid], Any]] = {
    "read_dem": lambda file, grid: io.read_dem(file, grid).to_numpy(),
    "open_dem, by block": lambda file, grid: by_block(io.open_dem(file, grid), grid),
    "warp": lambda file, grid: io.warp(
        io.read_raster(file).assign_attrs(units="m"), grid
    ).to_numpy(),
    "study, a path": lambda file, grid: open_heights(file, grid).read(*WHOLE),
    "study, a raster": lambda file, grid: open_heights(io.read_raster(file), grid).read(*WHOLE),
}


def by_block(source: Any, grid: Grid) -> Any:
    """Read a grid in blocks of 100 cells."""
    out = np.empty(grid.shape, np.float32)
    for block in grid.blocks(100):
        out[block] = source.read(*block)
    return out


def program(*words: str) -> None:
    """Run a program of GDAL."""
    subprocess.run([*words], check=True, stdout=subprocess.DEVNULL)  # noqa: S603 (fixed commands)


def slopes(heights: Any, grid: Grid, folder: Path) -> Any:
    """Slope by gdaldem, in degrees."""
    io.write_raster(grid.wrap(heights.astype(np.float32), units="m"), folder / "h.tif")
    program("gdaldem", "slope", "-q", str(folder / "h.tif"), str(folder / "s.tif"))
    (folder / "h.tif").unlink()
    return band(folder / "s.tif")


def band(file: Path) -> Any:
    """Numbers of a file, with NaN for no data."""
    with rasterio.open(file) as source:
        return source.read(1, masked=True).astype(float).filled(np.nan)


def turned(file: str, angle: float, cell_m: int) -> tuple[Grid, CRS, Affine]:
    """Square grid in an oblique frame around the middle of a file."""
    with rasterio.open(file) as source:
        crs, transform, shape = CRS(source.crs.to_wkt()), source.transform, source.shape
    x, y = transform * (shape[1] / 2, shape[0] / 2)
    lon, lat = Transformer.from_crs(crs, 4326, always_xy=True).transform(x, y)
    frame = CRS(
        f"+proj=omerc +lat_0={lat} +lonc={lon} +alpha={angle} +gamma=90 +k=1 +ellps=WGS84 +units=m +type=crs"
    )
    side = int(0.6 * min(shape) * transform.a / cell_m)
    half = side * cell_m / 2
    return (
        Grid(shape=(side, side), transform=Affine(cell_m, 0, -half, 0, -cell_m, half), crs=frame),
        crs,
        transform,
    )


def truth(file: str, grid: Grid, crs: CRS, transform: Affine, *, mean: bool) -> Any:
    """Heights of a grid from the file alone: by points in each cell, or by splines at its centre."""
    parts = PARTS if mean else 1
    fine = Grid(
        shape=(grid.shape[0] * parts, grid.shape[1] * parts),
        transform=grid.transform @ Affine.scale(1 / parts),
        crs=grid.crs,
    )
    to_file = Transformer.from_crs(grid.crs, crs, always_xy=True)
    column, row = ~transform * to_file.transform(*np.meshgrid(fine.x, fine.y))
    heights = band(Path(file))
    if not mean:
        return map_coordinates(heights, [row - 0.5, column - 0.5], order=3)
    under = heights[np.floor(row).astype(int), np.floor(column).astype(int)]
    return under.reshape(grid.shape[0], parts, grid.shape[1], parts).mean(axis=(1, 3))


def main(file: str) -> None:
    """Print a table."""
    print("| cell | frame | door | slope / slope of the file | heights off, m (RMS) | largest |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for cell_m in (30, 90):
            how = "average" if cell_m > 30 else "cubic"
            options = ["-q", "-overwrite", "-tr", str(cell_m), str(cell_m), "-r", "average"]
            program("gdalwarp", *options, "-ot", "Float32", file, str(folder / "north.tif"))
            program("gdaldem", "slope", "-q", str(folder / "north.tif"), str(folder / "ns.tif"))
            with rasterio.open(folder / "north.tif") as source:
                north = source.transform
            for angle in (38.0, 52.0):
                grid, crs, transform = turned(file, angle, cell_m)
                right = truth(file, grid, crs, transform, mean=cell_m > 30)
                to_file = Transformer.from_crs(grid.crs, crs, always_xy=True)
                column, row = ~north * to_file.transform(*np.meshgrid(grid.x, grid.y))
                theirs = band(folder / "ns.tif")[
                    np.floor(row).astype(int), np.floor(column).astype(int)
                ]
                west, south, east, top = map(str, grid.bounds)
                box = ["-te", west, south, east, top, "-tr", str(cell_m), str(cell_m), "-r", how]
                words = [
                    "-q",
                    "-overwrite",
                    "-et",
                    "0",
                    "-ot",
                    "Float32",
                    "-t_srs",
                    grid.crs.to_wkt(),
                    *box,
                ]
                program("gdalwarp", *words, file, str(folder / "warped.tif"))
                found = {door: read(file, grid) for door, read in DOORS.items()}
                found[f"gdalwarp -r {how}"] = band(folder / "warped.tif")
                for door, heights in found.items():
                    ours = slopes(heights, grid, folder)[2:-2, 2:-2]
                    off = (heights - right)[2:-2, 2:-2]
                    ratio = np.nanmean(ours) / np.nanmean(theirs[2:-2, 2:-2])
                    rms, most = np.sqrt(np.nanmean(off**2)), np.nanmax(np.abs(off))
                    print(
                        f"| {cell_m} m | {angle:g}° | {door} | {ratio:.4f} | {rms:.3f} | {most:.2f} |"
                    )


if __name__ == "__main__":
    main(sys.argv[1])
