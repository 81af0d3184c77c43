"""Wadis, ridges and pans: the landforms that matter on foot, told by geomorphons and by depth.

They are told by the lines of sight through a cell and not by flow accumulation. A cell then
depends on the ground within a fixed reach alone: a raster of any size is worked off by block in
bounded memory, and the answer is the same to the last bit. Flow accumulation depends on
the whole catchment, must first fill or breach every false pit, and over nearly flat ground follows the
noise of a surface model more than the ground.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from borderzone._guards import check_non_negative, check_positive
from borderzone._kernels import horizons
from borderzone.terrain.elevation import Elevation, over_raster
from borderzone.terrain._lazy import lazily
from borderzone.terrain._lines import Lines, cells_nearer, cells_within
from borderzone.terrain.horizons import GEOMORPHONS, UNKNOWN, geomorphons
from borderzone.terrain.windows import relief

if TYPE_CHECKING:
    from borderzone._typing import BoolArray

__all__ = [
    "incision",
    "incision_reach",
    "pans",
    "pans_reach",
    "ridges",
    "ridges_reach",
    "wadis",
    "wadis_reach",
]

# A wadi bed is looked for within the reach of its rims. How deep counts is an assumption: ground
# that hides a standing man twice over.
SEARCH_M = 500.0
MIN_DEPTH_M = 4.0
MAX_PAN_RELIEF_M = 2.0


def incision_reach(*, cell_m: float, radius_m: float = SEARCH_M) -> int:
    """Count the cells each way on which the incision at a cell depends."""
    return cells_within(radius_m, cell_m)


def wadis_reach(*, cell_m: float, search_m: float = SEARCH_M, **_options: float) -> int:
    """Count the cells each way on which a wadi mask and its depth depend."""
    return cells_within(search_m, cell_m)


def ridges_reach(*, cell_m: float, search_m: float = SEARCH_M, **_options: float) -> int:
    """Count the cells each way on which a ridge mask depends."""
    return cells_nearer(search_m, cell_m)


# Both masks take the form and a height within the same distance.
pans_reach = wadis_reach


@lazily(incision_reach)
def incision(dem: xr.DataArray, *, radius_m: float = SEARCH_M) -> xr.DataArray:
    """
    How deep a cell lies below the ground on both sides of it.

    For each of four pairs of opposite directions, the highest rise above the cell within the radius is taken
    on either side, and the lesser of the two; the answer is the largest over the pairs, or 0. It is
    the depth of a groove whose rims are within the radius, and 0 on a plane however steep.

    Parameters
    ----------
    dem
        Elevation in a projected CRS. Units: m.
    radius_m
        How far to look: cells whose centre is no farther count. Units: m.

    Returns
    -------
    xarray.DataArray
        Depth, 0 or more; NaN where a height on one of the eight lines is unknown. Beyond the
        rim the ground goes on as it came. Units: m.

    Raises
    ------
    NotProjectedError
        If the raster is in degrees of latitude and longitude.
    CRSMismatchError
        If the raster has no CRS.
    InvalidParameterError
        If the radius is below 1.5 cells.

    Examples
    --------
    A groove with one rim of 5 m and one of 3 m:

    >>> groove = xr.DataArray(
    ...     np.tile([5.0, 5.0, 0.0, 3.0, 3.0], (3, 1)),
    ...     coords={"y": [2.0, 1.0, 0.0], "x": np.arange(5.0)},
    ...     attrs={"crs": "EPSG:32637"},
    ... )
    >>> incision(groove, radius_m=1.5)[1].values.tolist()
    [0.0, 0.0, 3.0, 0.0, 0.0]
    """
    elevation = Elevation.of(dem)
    lines = Lines.within(elevation, radius_m)
    factors, values = np.ones_like(lines.per_metre()), elevation.empty()
    over_raster(
        elevation.z,
        lines.reach,
        lambda z, row, col: horizons.incision(z, lines.steps, factors, row, col, values),
    )
    return elevation.wrap(
        values,
        name="incision_m",
        units="m",
        long_name="depth below the ground on both sides",
        radius_m=float(radius_m),
    )


@lazily(wadis_reach)
def wadis(
    dem: xr.DataArray,
    *,
    search_m: float = SEARCH_M,
    min_depth_m: float = MIN_DEPTH_M,
    flat_deg: float = 1.0,
) -> xr.Dataset:
    """
    Where ground is cut in: beds of wadis, gullies and hollows deep enough to matter.

    A cell is a wadi where its geomorphon is valley, pit or hollow and it lies at least
    `min_depth_m` below the ground on both sides within `search_m`. Both come from the ground
    near the cell alone, so a raster of any size is worked off by block in bounded memory and gives the same
    bits. Flow accumulation, the other way to find channels, is global, and over nearly flat ground
    it follows the noise of a surface model.

    Parameters
    ----------
    dem
        Elevation in a projected CRS. Units: m.
    search_m
        How far to look, for the form and for the depth: more than half the width from rim to rim.
        Units: m.
    min_depth_m
        Least depth. Units: m.
    flat_deg
        As for `borderzone.terrain.geomorphons`. Units: degrees.

    Returns
    -------
    xarray.Dataset
        ``wadi``, uint8, 1 in a wadi, 0 elsewhere, 255 unknown; ``incision_m`` as `incision` gives
        it.

    Raises
    ------
    NotProjectedError
        If the raster is in degrees of latitude and longitude.
    CRSMismatchError
        If the raster has no CRS.
    InvalidParameterError
        If the search distance is below 1.5 cells or another number is impossible.

    Notes
    -----
    The default depth and distance are assumptions. A bed wider than twice the search distance has
    a flat bottom without rims in sight and is not found.

    Examples
    --------
    >>> groove = xr.DataArray(
    ...     np.tile([9.0, 6.0, 3.0, 0.0, 3.0, 6.0, 9.0], (5, 1)),
    ...     coords={"y": np.arange(5.0)[::-1], "x": np.arange(7.0)},
    ...     attrs={"crs": "EPSG:32637"},
    ... )
    >>> wadis(groove, search_m=2.5, min_depth_m=6.0)["wadi"][2].values.tolist()
    [0, 0, 0, 1, 0, 0, 0]
    """
    least = check_non_negative(min_depth_m, "min_depth_m", "m")
    forms = geomorphons(dem, search_m=search_m, flat_deg=flat_deg)
    depth = incision(dem, radius_m=search_m)
    found = _is_one_of(forms, "valley", "pit", "hollow") & (depth.to_numpy() >= least)
    unknown = (forms.to_numpy() == UNKNOWN) | np.isnan(depth.to_numpy())
    mask = _mask(
        forms, found, unknown, "wadi", "ground cut in", min_depth_m=least, **_options(forms)
    )
    return xr.Dataset({"wadi": mask, "incision_m": depth})


@lazily(ridges_reach)
def ridges(dem: xr.DataArray, *, search_m: float = SEARCH_M, flat_deg: float = 1.0) -> xr.DataArray:
    """
    Where ground stands out: cells whose geomorphon is ridge or peak.

    Parameters
    ----------
    dem
        Elevation in a projected CRS. Units: m.
    search_m, flat_deg
        As for `borderzone.terrain.geomorphons`.

    Returns
    -------
    xarray.DataArray
        ``ridge``, uint8, 1 on ridges and peaks, 0 elsewhere, 255 unknown.

    Raises
    ------
    NotProjectedError
        If the raster is in degrees of latitude and longitude.
    CRSMismatchError
        If the raster has no CRS.
    InvalidParameterError
        If the search distance is below 1.5 cells or the angle impossible.

    Examples
    --------
    >>> crest = xr.DataArray(
    ...     np.tile([-3.0, -2.0, -1.0, 0.0, -1.0, -2.0, -3.0], (5, 1)),
    ...     coords={"y": np.arange(5.0)[::-1], "x": np.arange(7.0)},
    ...     attrs={"crs": "EPSG:32637"},
    ... )
    >>> ridges(crest, search_m=2.5)[2].values.tolist()
    [0, 0, 0, 1, 0, 0, 0]
    """
    forms = geomorphons(dem, search_m=search_m, flat_deg=flat_deg)
    unknown = forms.to_numpy() == UNKNOWN
    found = _is_one_of(forms, "ridge", "peak")
    return _mask(forms, found, unknown, "ridge", "ridges and peaks", **_options(forms))


@lazily(pans_reach)
def pans(
    dem: xr.DataArray,
    *,
    search_m: float = SEARCH_M,
    max_relief_m: float = MAX_PAN_RELIEF_M,
    flat_deg: float = 1.0,
) -> xr.DataArray:
    """
    Level ground: cells whose geomorphon is flat and around which relief is small.

    Whether such ground is a clay pan, a salt flat or a gravel plain is not told by its shape.

    Parameters
    ----------
    dem
        Elevation in a projected CRS. Units: m.
    search_m
        How far to look, for the form and for the relief. Units: m.
    max_relief_m
        Highest less lowest ground within `search_m` must be below it. Units: m.
    flat_deg
        As for `borderzone.terrain.geomorphons`. Units: degrees.

    Returns
    -------
    xarray.DataArray
        ``pan``, uint8, 1 on level ground, 0 elsewhere, 255 unknown.

    Raises
    ------
    NotProjectedError
        If the raster is in degrees of latitude and longitude.
    CRSMismatchError
        If the raster has no CRS.
    InvalidParameterError
        If the search distance is below 1.5 cells or another number is impossible.

    Notes
    -----
    The default relief and distance are assumptions; noise of the heights counts as relief.

    Examples
    --------
    >>> step = xr.DataArray(
    ...     np.tile([0.0, 0.0, 0.0, 0.0, 5.0, 5.0, 5.0], (5, 1)),
    ...     coords={"y": np.arange(5.0)[::-1], "x": np.arange(7.0)},
    ...     attrs={"crs": "EPSG:32637"},
    ... )
    >>> pans(step, search_m=1.5)[2].values.tolist()
    [1, 1, 1, 0, 0, 1, 1]
    """
    below = check_positive(max_relief_m, "max_relief_m", "m")
    forms = geomorphons(dem, search_m=search_m, flat_deg=flat_deg)
    height = relief(dem, radius_m=search_m).to_numpy()
    found = _is_one_of(forms, "flat") & (height < below)
    unknown = (forms.to_numpy() == UNKNOWN) | np.isnan(height)
    return _mask(
        forms, found, unknown, "pan", "level ground", max_relief_m=below, **_options(forms)
    )


def _is_one_of(forms: xr.DataArray, *names: str) -> BoolArray:
    """Cells with one of the named forms; a table of 256 codes is faster than `numpy.isin`."""
    wanted = np.zeros(256, np.bool_)
    wanted[[GEOMORPHONS.index(name) + 1 for name in names]] = True
    found: BoolArray = wanted[forms.to_numpy()]
    return found


def _options(forms: xr.DataArray) -> dict[str, float]:
    return {name: forms.attrs[name] for name in ("search_m", "flat_deg")}


def _mask(
    like: xr.DataArray,
    found: BoolArray,
    unknown: BoolArray,
    name: str,
    long_name: str,
    **attrs: Any,
) -> xr.DataArray:
    """Mask of 1 and 0, 255 where nothing can be said: a bool could not say so."""
    mask = like.copy(data=np.where(unknown, np.uint8(UNKNOWN), found.astype(np.uint8)))
    mask.attrs = {
        "units": "1",
        "long_name": long_name,
        "flag_values": [0, 1, UNKNOWN],
        "flag_meanings": f"no_{name} {name} unknown",
        "_FillValue": np.uint8(UNKNOWN),
        **attrs,
        "crs": like.attrs["crs"],
    }
    return mask.rename(name)
