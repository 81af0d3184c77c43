"""How the layers of `derivatives` are computed: kernels run over a raster, results labelled."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from borderzone._guards import check_choice, check_non_negative, check_positive, check_whole
from borderzone._kernels import focal, stencils
from borderzone.errors import InvalidParameterError
from borderzone.terrain.elevation import over_raster

if TYPE_CHECKING:
    from collections.abc import Iterable

    import xarray as xr

    from borderzone._typing import FloatArray, IntArray
    from borderzone.terrain.elevation import Elevation

__all__ = [
    "CURVATURES",
    "WINDOW_LAYERS",
    "curvature_layers",
    "kernel_numbers",
    "local_relief",
    "ring_position",
    "vector_ruggedness",
    "window_layers",
]

# Weight of a corner and of a side, and the divisor of the sum of weighted differences.
_WEIGHTS = {"horn": (1.0, 2.0, 8.0), "zevenbergen_thorne": (0.0, 1.0, 2.0)}
# Attributes and kernel output of the layers of the 3 x 3 window.
WINDOW_LAYERS: dict[str, dict[str, str]] = {
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

CURVATURES: dict[str, dict[str, str]] = {
    "profile_curvature_per_m": {"units": "1/m", "long_name": "profile curvature, convex positive"},
    "plan_curvature_per_m": {"units": "1/m", "long_name": "plan curvature, convex positive"},
    "total_curvature_per_m": {"units": "1/m", "long_name": "total curvature, convex positive"},
}


def window_layers(
    elevation: Elevation, names: Iterable[str], method: str
) -> dict[str, xr.DataArray]:
    """Compute every layer of the 3 x 3 window that is asked for, in one pass."""
    check_choice(method, "method", _WEIGHTS)
    outputs = {name: elevation.empty() for name in names}
    if not outputs:
        return {}
    numbers = kernel_numbers(elevation, method)
    arguments = [outputs.get(name) for name in WINDOW_LAYERS]
    over_raster(
        elevation.z,
        (1, 1),
        lambda z, row, col: stencils.window_layers(z, numbers, row, col, *arguments),
        counts_impossible=True,
    )
    directed = {"slope_deg", "aspect_deg"}
    return {
        name: elevation.wrap(
            values,
            name=name,
            **WINDOW_LAYERS[name],
            **({"method": method} if name in directed else {}),
        )
        for name, values in outputs.items()
    }


def curvature_layers(elevation: Elevation, names: Iterable[str]) -> dict[str, xr.DataArray]:
    """Compute every curvature that is asked for, in one pass."""
    outputs = {name: elevation.empty() for name in names}
    if not outputs:
        return {}
    east, north = elevation.step_east, elevation.step_north
    halves = (1 / (2 * east), 1 / (2 * north), 1 / east**2, 1 / north**2, 1 / (4 * east * north))
    steps = tuple(elevation.z.dtype.type(number) for number in (0.0, 1.0, 2.0, *halves))
    arguments = [outputs.get(name) for name in CURVATURES]
    over_raster(
        elevation.z,
        (1, 1),
        lambda z, row, col: stencils.curvatures(z, steps, row, col, *arguments),
        counts_impossible=True,
    )
    return {
        name: elevation.wrap(values, name=name, **CURVATURES[name])
        for name, values in outputs.items()
    }


def kernel_numbers(elevation: Elevation, method: str, exaggeration: float = 1.0) -> tuple[Any, ...]:
    """Put the weights of a gradient and the cell size into the numbers of the kernels."""
    corner, side, divisor = _WEIGHTS[method]
    east = exaggeration / (divisor * elevation.step_east)
    north = exaggeration / (divisor * elevation.step_north)
    return stencils.constants(elevation.z.dtype, (corner, side, east, north))


def ring_position(
    elevation: Elevation, radius_m: float | None, inner_radius_m: float
) -> xr.DataArray:
    """Compute the height above the mean of a ring of ground."""
    hole_m = check_non_negative(inner_radius_m, "inner_radius_m", "m")
    if radius_m is None and hole_m == 0:
        return window_layers(elevation, ["tpi_m"], "horn")["tpi_m"]
    radius = _check_radius(elevation, 1.5 * elevation.cell_m if radius_m is None else radius_m)
    outer = _half_widths(elevation, radius, rows=None)
    inner = _half_widths(elevation, hole_m, rows=outer.size)
    if hole_m >= radius or (inner == outer).all():
        msg = (
            f"inner_radius_m must leave a ring inside radius_m, got {inner_radius_m} and {radius} "
            f"with cells of {elevation.cell_m:g} m"
        )
        raise InvalidParameterError(msg)
    values = elevation.empty()
    over_raster(
        elevation.z,
        (outer.size // 2, int(outer.max())),
        lambda z, row, col: focal.above_mean(z, outer, inner, row, col, values),
    )
    return elevation.wrap(
        values,
        name="tpi_m",
        units="m",
        long_name="topographic position, above the mean of the ground around",
        radius_m=radius,
        inner_radius_m=hole_m,
    )


def vector_ruggedness(elevation: Elevation, window: int) -> xr.DataArray:
    """Compute the dispersion of the surface normals of a window."""
    window = check_whole(window, "window", lowest=3, unit="cells")
    if window % 2 == 0:
        msg = f"window must be an odd number of cells, 3 at least, got {window}; take {window + 1}"
        raise InvalidParameterError(msg)
    half = window // 2
    numbers, values = kernel_numbers(elevation, "horn"), elevation.empty()
    over_raster(
        elevation.z,
        (half + 1, half + 1),
        lambda z, row, col: stencils.vector_ruggedness(z, numbers, half, row, col, values),
    )
    return elevation.wrap(
        values,
        name="vrm",
        units="1",
        long_name="vector ruggedness measure (Sappington 2007)",
        window_cells=window,
    )


def local_relief(elevation: Elevation, radius_m: float) -> xr.DataArray:
    """Compute the highest minus the lowest ground of a disc."""
    radius = _check_radius(elevation, radius_m)
    outer, values = _half_widths(elevation, radius, rows=None), elevation.empty()
    over_raster(
        elevation.z,
        (outer.size // 2, int(outer.max())),
        lambda z, row, col: focal.relief(z, outer, row, col, values),
    )
    return elevation.wrap(
        values,
        name="relief_m",
        units="m",
        long_name="local relief, highest minus lowest ground",
        radius_m=radius,
    )


def _check_radius(elevation: Elevation, radius_m: float) -> float:
    radius, smallest = check_positive(radius_m, "radius_m", "m"), 1.5 * elevation.cell_m
    if radius < smallest * (1 - 1e-9):
        msg = (
            f"radius_m must be at least 1.5 cells, which is {smallest:g} m on this raster of "
            f"{elevation.cell_m:g} m cells, got {radius_m:g}"
        )
        raise InvalidParameterError(msg)
    return radius


def _half_widths(elevation: Elevation, radius_m: float, *, rows: int | None) -> IntArray:
    """Cells to each side in each row of a disc; -1 in rows that the disc does not reach."""
    width, height = abs(elevation.step_east), abs(elevation.step_north)
    reach = math.floor(radius_m / height * (1 + 1e-9)) if rows is None else rows // 2
    up: FloatArray = np.arange(-reach, reach + 1) * height
    room = (radius_m * (1 + 1e-9)) ** 2 - up**2
    across = np.floor(np.sqrt(np.maximum(room, 0.0)) / width * (1 + 1e-9)).astype(np.int64)
    return np.where(room >= 0, across, -1)
