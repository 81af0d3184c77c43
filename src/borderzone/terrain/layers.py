"""Several layers of the ground in one call, and what they need around a block."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import xarray as xr

from borderzone._guards import check_choice, check_positive
from borderzone.errors import InvalidParameterError
from borderzone.terrain.derivatives import CURVATURES, NINE_CELLS, curvatures, of_nine_cells, shaded
from borderzone.terrain.elevation import SMALLEST_CELLS, Elevation, cells_within, lazily
from borderzone.terrain.horizons import forms, incision, openness
from borderzone.terrain.landforms import SEARCH_M
from borderzone.terrain.windows import RELIEF_RADIUS_M, local_relief, vector_ruggedness

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ALL_LAYERS", "LAYERS", "attributes", "layer_names", "reach_cells"]

LAYERS = ("slope_deg", "aspect_deg", "tri_m", "vrm", "tpi_m", "relief_m")
ALL_LAYERS = (
    *LAYERS,
    "tri_wilson_m",
    "roughness_m",
    "profile_curvature_per_m",
    "plan_curvature_per_m",
    "total_curvature_per_m",
    "openness_positive_deg",
    "openness_negative_deg",
    "incision_m",
    "geomorphon",
    "hillshade",
)

# Layers that look farther than a window of nine cells, and how far. Units: m.
_RADII = {
    "relief_m": RELIEF_RADIUS_M,
    "openness_positive_deg": SEARCH_M,
    "openness_negative_deg": SEARCH_M,
    "incision_m": SEARCH_M,
    "geomorphon": SEARCH_M,
}
_FAR: dict[str, Callable[[Elevation, float], xr.DataArray]] = {
    "relief_m": local_relief,
    "openness_positive_deg": lambda elevation, radius: openness(elevation, radius, "positive"),
    "openness_negative_deg": lambda elevation, radius: openness(elevation, radius, "negative"),
    "incision_m": incision,
    "geomorphon": lambda elevation, radius: forms(elevation, search_m=radius),
}


def layer_names(layers: Iterable[str] | None = None) -> tuple[str, ...]:
    """Read which layers are asked for, in the order of `ALL_LAYERS`, each once."""
    if layers is None:
        return LAYERS
    if isinstance(layers, str) and layers == "all":
        return ALL_LAYERS
    asked = {layers} if isinstance(layers, str) or not isinstance(layers, Iterable) else set(layers)
    for layer in sorted(asked, key=str):
        check_choice(layer, "layers", ALL_LAYERS)
    if not asked:
        msg = f"layers must name at least one of {', '.join(ALL_LAYERS)}, got none"
        raise InvalidParameterError(msg)
    return tuple(name for name in ALL_LAYERS if name in asked)


def reach_cells(layers: Iterable[str] | None = None, *, cell_m: float) -> int:
    """
    Count the cells around a block that its layers depend on.

    Parameters
    ----------
    layers
        As for `attributes`.
    cell_m
        Side of a cell. Units: m.

    Returns
    -------
    int
        Width of the halo. Units: cells.

    Raises
    ------
    InvalidParameterError
        If a layer is unknown, or none is asked for.

    Examples
    --------
    >>> reach_cells(["slope_deg"], cell_m=30.0), reach_cells(cell_m=30.0)
    (1, 33)
    """
    names, cell_m = layer_names(layers), check_positive(cell_m, "cell_m", "m")
    far = [cells_within(_radius_m(name, cell_m), cell_m) for name in names if name in _RADII]
    return max([2 if "vrm" in names else 1, *far])


def _reach_of(*, cell_m: float, layers: Iterable[str] | None = None) -> int:
    return reach_cells(layers, cell_m=cell_m)


@lazily(_reach_of)
def attributes(dem: xr.DataArray, *, layers: Iterable[str] | None = None) -> xr.Dataset:
    """
    Compute the layers of the ground that are asked for, in as few passes as possible.

    Parameters
    ----------
    dem
        Elevation in a projected CRS. Units: m.
    layers
        Which of `ALL_LAYERS`. None means those that the study needs, `LAYERS`: ``slope_deg``,
        ``aspect_deg``, ``tri_m`` (Riley), ``vrm``, ``tpi_m`` (8 neighbours), ``relief_m`` (within 1 km).
        ``"all"`` adds ``tri_wilson_m``, ``roughness_m``, the three curvatures, both kinds of openness,
        ``incision_m`` and ``geomorphon`` (within 500 m) and ``hillshade``. A radius is 1.5 cells where
        that is more; the attribute ``radius_m`` or ``search_m`` of a layer says which.

    Returns
    -------
    xarray.Dataset
        One variable a layer, in the order of `ALL_LAYERS`.

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
    names = layer_names(layers)
    elevation = Elevation.of(dem)
    found = of_nine_cells(elevation, [name for name in names if name in NINE_CELLS])
    found |= curvatures(elevation, [name for name in names if name in CURVATURES])
    if "vrm" in names:
        found["vrm"] = vector_ruggedness(elevation, 3)
    if "hillshade" in names:
        found["hillshade"] = shaded(elevation)
    for name in names:
        if name in _FAR:
            found[name] = _FAR[name](elevation, _radius_m(name, elevation.cell_m))
    return xr.Dataset({name: found[name] for name in names}, attrs={"crs": elevation.crs_wkt})


def _radius_m(name: str, cell_m: float) -> float:
    return max(_RADII[name], SMALLEST_CELLS * cell_m)
