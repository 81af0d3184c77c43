"""Remeasure the numbers behind `borderzone.difficulty.data_worth.RELIEF_ERRORS`.

Fine ground is known at 30 m, averaged to the cells of coarse data, and both are described by
`terrain.attributes`. The table says what the fine ground is, given the coarse: logarithms of relief
and of gradient over what the coarse relief suggests, their spread over fine cells, and by how much
the way through the fine ground is slower. Data of 2' are put onto cells of about 2 km by cubic
convolution, as a study does. Fine ground is fractal and seeded: a smaller spectral exponent is rougher.
The last lines coarsen a real piece of ground that matplotlib ships (Jacksboro fault, Tennessee, about 80 m)
and fractals from the same 80 m, to see which exponents are like it.

    python scripts/coarse_relief_error.py
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from affine import Affine
from pyproj import CRS
from scipy import ndimage

from borderzone import access, terrain
from borderzone.grid import Grid

CELL_M = 30.0
N_CELLS = 2048
MARGIN_M = 6000.0
EXPONENTS = {"smooth": 3.8, "middle": 3.4, "rough": 3.0}
SOURCES_M = (90.0, 270.0, 990.0, 3480.0)
# Data coarser than this are put onto cells of this size.
GRID_M = 1980.0
SEEDS = (0, 1)
# Median relief within 9.8 km, as in `mask_prior`, for the delay; relief itself has no scale.
RELIEFS_M = (18.0, 60.0, 150.0, 450.0)
WINDOW_M = 9800.0


def fractal(exponent: float, seed: int, n: int = N_CELLS) -> Any:
    """Ground whose power falls with that exponent of the wave number."""
    x = np.fft.fftfreq(n)
    wave = np.hypot(x, x[:, None])
    wave[0, 0] = np.inf
    noise = np.random.default_rng(seed).normal(size=wave.shape)
    return np.fft.ifft2(wave ** (-exponent / 2) * np.fft.fft2(noise)).real


def scaled(ground: Any, relief_m: float, cell_m: float = CELL_M) -> Any:
    """Ground with that median relief within the window."""
    coarse, size = ground[::4, ::4], max(round(WINDOW_M / (4 * cell_m)), 2)
    relief = ndimage.maximum_filter(coarse, size) - ndimage.minimum_filter(coarse, size)
    return ground * relief_m / float(np.median(relief))


def raster(z: Any, cell_m: float) -> Any:
    """Ground as a raster whose lower left corner is the origin."""
    transform = Affine(cell_m, 0, 0, 0, -cell_m, cell_m * z.shape[0])
    return Grid(shape=z.shape, transform=transform, crs=CRS(32637)).wrap(z.astype(np.float32))


def coarsened(z: Any, cell_m: float, source_m: float) -> tuple[Any, float]:
    """Mean over the cells of coarse data, on the cells a study would use."""
    k = round(source_m / cell_m)
    rows, columns = (side // k for side in z.shape)
    means = z[: rows * k, : columns * k].reshape(rows, k, columns, k).mean(axis=(1, 3))
    if k * cell_m <= GRID_M * 1.02:
        return means, k * cell_m
    centres = [(np.arange(int(side * cell_m // GRID_M)) + 0.5) * GRID_M for side in z.shape]
    at = np.meshgrid(*[c / (k * cell_m) - 0.5 for c in centres], indexing="ij")
    return ndimage.map_coordinates(means, at, order=3, mode="nearest"), GRID_M


def holders(shape: tuple[int, int], cell_m: float, coarse: Any, step_m: float) -> Any:
    """Every fifth fine cell away from the rim, and the coarse cell that holds it."""
    inner = slice(int(MARGIN_M // cell_m), -int(MARGIN_M // cell_m), 5)
    fine = [np.arange(side)[inner] for side in shape]
    held = [
        np.minimum(((c + 0.5) * cell_m // step_m).astype(int), side - 1)
        for c, side in zip(fine, coarse.shape, strict=True)
    ]
    return np.ix_(*fine), np.ix_(*held)


def errors(z: Any, cell_m: float, source_m: float) -> dict[str, float]:
    """Fine relief and gradient against what the coarse relief suggests."""
    names = ["slope_deg", "relief_m", "tpi_m"]
    coarse, step_m = coarsened(z, cell_m, source_m)
    fine_layers = terrain.attributes(raster(z, cell_m), layers=names)
    coarse_layers = terrain.attributes(raster(coarse, step_m), layers=names)
    fine, held = holders(z.shape, cell_m, coarse, step_m)
    relief = np.maximum(coarse_layers["relief_m"].to_numpy()[held].astype(float), 0.5)
    reach_m = 2 * coarse_layers["relief_m"].attrs["radius_m"]
    slope = np.tan(np.radians(fine_layers["slope_deg"].to_numpy()[fine].astype(float)))
    higher = np.log(np.maximum(fine_layers["relief_m"].to_numpy()[fine], 0.5) / relief)
    steeper = np.log(np.maximum(slope, 1e-4) * reach_m / relief)
    return {
        "relief_log": float(higher.mean()),
        "relief_spread": float(higher.std()),
        "gradient_log": float(steeper.mean()),
        "gradient_spread": float(steeper.std()),
        "correlation": float(np.corrcoef(higher.ravel(), steeper.ravel())[0, 1]),
        "tpi_share": float((fine_layers["tpi_m"].to_numpy()[fine] / relief).std()),
    }


def delay_per_km(exponent: float, source_m: float, mode: str, seed: int = 1) -> float:
    """Logarithm of fine over coarse travel time, for each km of coarse relief."""
    reliefs, delays = [], []
    for relief_m in RELIEFS_M:
        z = scaled(fractal(exponent, seed, 1024), relief_m)
        coarse, step_m = coarsened(z, CELL_M, source_m)
        middle = gpd.GeoSeries([shapely.Point(CELL_M * 512, CELL_M * 512)], crs=32637)
        # Both rasters hang from the same upper left corner.
        low = gpd.GeoSeries(
            [shapely.Point(CELL_M * 512, step_m * coarse.shape[0] - CELL_M * 512)], crs=32637
        )
        slow = access.travel_time(raster(z, CELL_M), middle, speed=mode).to_numpy()
        fast = access.travel_time(raster(coarse, step_m), low, speed=mode).to_numpy()
        fine, held = holders(z.shape, CELL_M, coarse, step_m)
        relief = terrain.attributes(raster(coarse, step_m), layers=["relief_m"])["relief_m"]
        ratio = np.log(slow[fine] / np.maximum(fast[held], 1e-9))
        far = (fast[held] > np.nanmedian(fast[np.isfinite(fast)]) / 2) & np.isfinite(ratio)
        reliefs.append(float(np.median(relief)) / 1000)
        delays.append(float(np.median(ratio[far])))
    # Least squares through nothing: flat ground delays nobody.
    return float(np.dot(reliefs, delays) / np.dot(reliefs, reliefs))


def row(kind: str, source_m: float) -> dict[str, float]:
    """One row of the table."""
    exponent = EXPONENTS[kind]
    found = [errors(scaled(fractal(exponent, s), 150.0), CELL_M, source_m) for s in SEEDS]
    means = {name: float(np.mean([one[name] for one in found])) for name in found[0]}
    delays = {
        f"delay_{mode.split('_')[0]}": max(delay_per_km(exponent, source_m, mode), 0.0)
        for mode in ("vehicle_off_road", "foot")
    }
    return means | delays


def jacksboro() -> Any:
    """Read the real ground, on square cells of 80 m."""
    from matplotlib.cbook import get_sample_data  # noqa: PLC0415 - only this script draws on it

    with np.load(get_sample_data("jacksboro_fault_dem.npz", asfileobj=False)) as sample:
        z = sample["elevation"].astype(float)
        north_m = float(sample["dy"]) * 110_980
        east_m = float(sample["dx"]) * 111_320 * np.cos(np.radians(36.59))
    rows, columns = int(z.shape[0] * north_m / 80), int(z.shape[1] * east_m / 80)
    at = np.meshgrid(
        np.arange(rows) * 80 / north_m, np.arange(columns) * 80 / east_m, indexing="ij"
    )
    return ndimage.map_coordinates(z, at, order=1)


def main() -> None:
    """Print the table, then the real ground beside fractals from 80 m."""
    for source_m in SOURCES_M:
        for kind in EXPONENTS:
            print(kind, source_m, {name: round(v, 3) for name, v in row(kind, source_m).items()})
    grounds = {"jacksboro": jacksboro()}
    grounds |= {kind: scaled(fractal(e, 0, 512), 300.0, 80.0) for kind, e in EXPONENTS.items()}
    for source_m in (240.0, 960.0, 3520.0):
        for name, z in grounds.items():
            print(
                name,
                "from 80 m",
                source_m,
                {k: round(v, 2) for k, v in errors(z, 80.0, source_m).items()},
            )


if __name__ == "__main__":
    main()
