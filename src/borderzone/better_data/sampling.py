"""Ground as it may be at 30 m: seeded draws for each cell, and the flags under each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from affine import Affine
from pyproj import CRS
from scipy.special import ndtri

from borderzone import difficulty
from borderzone.access import VEHICLE_OFF_ROAD, irmischer_clarke
from borderzone.better_data.relief_errors import ReliefError, table_radius_m
from borderzone.grid import Grid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from borderzone._typing import BoolArray, FloatArray, IntArray

__all__ = ["Flagged", "draws_of", "flagged", "refined"]

# Medium and high susceptibility count as flagged, unknown and the rest as not.
_CAVE_CLASSES = (2, 3)
# A place in a square cell, along a line through it: spread over the side of the cell.
_PLACE_SPREAD = 12.0**-0.5
_DIMENSIONS = 4
# Rows and columns of the grid of draws are no places; any metric CRS will do.
_CRS = CRS(32637)
_SMALLEST_RELIEF_M = 0.5


class Flagged:
    """Which draws are remote desert and which are cave-prone."""

    def __init__(self, remote: BoolArray, cave: BoolArray) -> None:
        self.remote, self.cave = remote, cave


def flagged(
    layers: Mapping[str, FloatArray], *, remote_hours: float, bare_threshold: float
) -> Flagged:
    """Flag cells by the rules of `difficulty.flags`."""
    shape = next(iter(layers.values())).shape
    # Rows are draws and columns are cells: the rules look at one cell at a time.
    grid = Grid(shape=shape, transform=Affine(1, 0, 0, 0, -1, shape[0]), crs=_CRS)
    wrapped = {name: grid.wrap(values) for name, values in layers.items()}
    hours = wrapped.pop("hours", None)
    ground = xr.Dataset(wrapped)
    # Masking bears on the index only, which is not asked for.
    nothing = grid.wrap(np.zeros(shape, dtype=np.float32))
    found = difficulty.flags(
        ground,
        hours,
        ground,
        remote_hours=remote_hours,
        bare_threshold=bare_threshold,
        masking=nothing,
    )
    return Flagged(
        found["remote_desert"].to_numpy() == 1,
        np.isin(found["cave_prone"].to_numpy(), _CAVE_CLASSES),
    )


def draws_of(places: IntArray, count: int) -> FloatArray:
    """Draw standard normal numbers for cells, the same for a cell in whichever block it comes."""
    # The root of x ** 5 = x + 1 makes the evenest such lattice of four dimensions (Roberts 2018).
    ratio = 1.1673039782614187
    steps = ratio ** -np.arange(1.0, _DIMENSIONS + 1)
    lattice = np.outer(steps, np.arange(1, count + 1))
    shifts = np.stack([_hashed(places, dimension) for dimension in range(_DIMENSIONS)])
    uniform = (lattice[:, :, None] + shifts[:, None, :]) % 1.0
    return np.asarray(ndtri(np.clip(uniform, 1e-9, 1.0 - 1e-9)))


def refined(
    layers: Mapping[str, FloatArray],
    draws: FloatArray,
    error: ReliefError,
    *,
    sizes_m: tuple[float, float, float],
    mode: str,
) -> dict[str, FloatArray]:
    """Draw what the ground may be at 30 m."""
    first, second, third, fourth = draws
    rho = error.correlation
    second = rho * first + np.sqrt(1.0 - rho**2) * second
    source_m, cell_m, radius_m = sizes_m
    reference_m = table_radius_m(source_m)
    # Relief grows with its window: taken to that of the table in proportion.
    relief = np.maximum(layers["relief_m"] * (reference_m / radius_m), _SMALLEST_RELIEF_M)
    gradient = (
        relief / (2 * reference_m) * np.exp(error.gradient_log + error.gradient_spread * second)
    )
    drawn = {
        "relief_m": relief * np.exp(error.relief_log + error.relief_spread * first),
        "slope_deg": np.degrees(np.arctan(gradient)),
        "tpi_m": error.tpi_share * relief * third,
    }
    if "hours" in layers:
        delay = error.delay_foot if mode == "foot" else error.delay_vehicle
        flat_km_h = irmischer_clarke(0.0) if mode == "foot" else VEHICLE_OFF_ROAD.flat_km_h
        within_h = _PLACE_SPREAD * cell_m / 1000 / flat_km_h * fourth
        # Where relief is not known the way is as long as it was.
        rise_km = np.nan_to_num(relief, nan=0.0) / 1000
        later = layers["hours"] * np.exp(np.minimum(delay * rise_km, 3.0)) + within_h
        drawn["hours"] = np.maximum(later, 0.0)
    for name, values in layers.items():
        drawn.setdefault(name, np.broadcast_to(values, first.shape))
    return {name: values.astype(np.float32) for name, values in drawn.items()}


def _hashed(places: IntArray, dimension: int) -> Any:
    """Uniform numbers from places, by the mixing steps of splitmix64."""
    x = places.astype(np.int64).view(np.uint64)
    with np.errstate(over="ignore"):
        mixed = x[:, 0] * np.uint64(0x9E3779B97F4A7C15) + np.uint64(dimension + 1)
        mixed = _mix(mixed) + x[:, 1] * np.uint64(0xC2B2AE3D27D4EB4F)
    return (_mix(mixed) >> np.uint64(11)) / 2.0**53


def _mix(x: Any) -> Any:
    with np.errstate(over="ignore"):
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
