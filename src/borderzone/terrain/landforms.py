"""Landforms: classes by local relief and what a patrol is assumed not to see of each, wadis, ridges and pans.

A coarse elevation grid shows no lines of sight. What it does show is whether the country is
plain or mountain, and that bounds how much of a strip can be out of sight. The bounds are a
modelling assumption, kept here as data for a scenario to replace.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from borderzone._cells import cellwise
from borderzone._guards import (
    as_non_negative,
    check_non_negative,
    check_positive,
    check_probability,
)
from borderzone.errors import InvalidParameterError
from borderzone.grid import UNKNOWN_CLASS
from borderzone.terrain.elevation import (
    SMALLEST_CELLS,
    Elevation,
    cells_nearer,
    cells_within,
    lazily,
)
from borderzone.terrain.horizons import GEOMORPHONS, forms, incision
from borderzone.terrain.windows import local_relief, relief_reach

if TYPE_CHECKING:
    from collections.abc import Mapping

    from borderzone._typing import BoolArray

__all__ = [
    "LANDFORMS",
    "Landform",
    "MaskPrior",
    "landform",
    "landform_class",
    "mask_prior",
    "pans",
    "pans_reach",
    "ridges",
    "ridges_reach",
    "wadis",
    "wadis_reach",
]

RELIEF_WINDOW_M = 9800.0
# A wadi bed is looked for within the reach of its rims. How deep counts is an assumption: ground
# that hides a standing man twice over.
SEARCH_M = 500.0
MIN_DEPTH_M = 4.0
# Level enough to be driven across without a track; an assumption.
MAX_PAN_RELIEF_M = 2.0

_RELIEF_SOURCE = (
    "relief classes of Hammond (1954), in metres and by computer in a window of 9.8 km: Dikau, "
    "Brabb and Mark (1991)"
)
_PRIOR_SOURCE = (
    "modelling assumption; lines of sight over synthetic fractal ground of the class's relief "
    "(scripts/mask_prior.py: eyes 3 m and target 1.7 m above ground, 2 km range, 30 m cells): "
    "midway between the share hidden from one stop and the share never seen along a "
    "straight track; band from the least never seen, on the smoothest ground, to the most hidden, "
    "on the roughest"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class MaskPrior:
    """
    Share of the ground that is out of sight, by which `borderzone.visibility.mask_at` names it.

    Attributes
    ----------
    f_mask
        Best guess of the share that an eye at 2.5 m does not see 2 km away, from 0 all in sight
        to 1 nothing in sight.
    f_mask_low, f_mask_high
        Band that is meant to hold the truth nine times in ten.
    source
        What the numbers rest on.

    Raises
    ------
    InvalidParameterError
        If a share is outside 0 to 1 or the guess outside its band.
    """

    f_mask: float
    f_mask_low: float
    f_mask_high: float
    source: str = _PRIOR_SOURCE

    def __post_init__(self) -> None:
        """Refuse shares that are none, or a guess outside its band."""
        for field in ("f_mask", "f_mask_low", "f_mask_high"):
            check_probability(getattr(self, field), field)
        if not self.f_mask_low <= self.f_mask <= self.f_mask_high:
            msg = (
                f"f_mask must lie in its band {self.f_mask_low} to {self.f_mask_high}, "
                f"got {self.f_mask}"
            )
            raise InvalidParameterError(msg)


@dataclass(frozen=True, kw_only=True, slots=True)
class Landform:
    """
    A class of local relief.

    Attributes
    ----------
    code
        Value in a raster of classes.
    name
        Name without spaces, as in ``flag_meanings``.
    relief_from_m
        Least relief of the class, within a window of 9.8 km. Units: m.
    relief_below_m
        Relief from which the next class begins. Units: m.
    mask
        How much of such ground is out of sight.
    source
        Where the breaks are from.
    """

    code: int
    name: str
    relief_from_m: float
    relief_below_m: float
    mask: MaskPrior
    source: str = _RELIEF_SOURCE


# Four classes of Hammond's six: 90-150 and 150-300 m are both hilly, 300-900 m and above both
# mountain, because nothing that follows tells them apart. LANDFORMS[code] has that code.
LANDFORMS = (
    Landform(
        code=0, name="flat_plain", relief_from_m=0.0, relief_below_m=30.0,
        mask=MaskPrior(f_mask=0.06, f_mask_low=0.01, f_mask_high=0.23),
    ),
    Landform(
        code=1, name="undulating", relief_from_m=30.0, relief_below_m=90.0,
        mask=MaskPrior(f_mask=0.39, f_mask_low=0.15, f_mask_high=0.75),
    ),
    Landform(
        code=2, name="hilly", relief_from_m=90.0, relief_below_m=300.0,
        mask=MaskPrior(f_mask=0.58, f_mask_low=0.28, f_mask_high=0.89),
    ),
    Landform(
        code=3, name="mountain", relief_from_m=300.0, relief_below_m=float("inf"),
        mask=MaskPrior(f_mask=0.70, f_mask_low=0.40, f_mask_high=0.94),
    ),
)  # fmt: skip
# Either of these layers tells the landform; the first one wins.
_TELLS_LANDFORM = ("landform", "relief_m")


def _landform_reach(*, cell_m: float) -> int:
    return relief_reach(cell_m=cell_m, radius_m=max(RELIEF_WINDOW_M / 2, SMALLEST_CELLS * cell_m))


@lazily(_landform_reach)
def landform(dem: xr.DataArray) -> xr.DataArray:
    """
    Landform of every cell, from relief within the window that the classes were made for.

    Parameters
    ----------
    dem
        Elevation in a projected CRS. Units: m.

    Returns
    -------
    xarray.DataArray
        Class, uint8: 0 flat plain, 1 undulating, 2 hilly, 3 mountain, 255 unknown. It carries
        ``flag_values`` and ``flag_meanings``; the attribute ``radius_m`` says within
        which radius relief was taken: 4.9 km, or 1.5 cells where that is more.

    Raises
    ------
    NotProjectedError
        If the raster is in degrees of latitude and longitude.
    CRSMismatchError
        If the raster has no CRS.

    Examples
    --------
    >>> hill = xr.DataArray(
    ...     np.diag([0.0, 120.0, 0.0]),
    ...     coords={"y": [4e3, 2e3, 0.0], "x": [0.0, 2e3, 4e3]},
    ...     attrs={"crs": "EPSG:32637"},
    ... )
    >>> int(landform(hill)[1, 1])
    2
    """
    elevation = Elevation.of(dem)
    # The classes were made in a square of 9.8 km (Dikau, Brabb and Mark 1991); a disc as wide holds 0.79 of it.
    radius_m = max(RELIEF_WINDOW_M / 2, SMALLEST_CELLS * elevation.cell_m)
    return landform_class(local_relief(elevation, radius_m))


def landform_class(relief_m: xr.DataArray) -> xr.DataArray:
    """
    Tell the landform by local relief: 0 flat plain, 1 undulating, 2 hilly, 3 mountain, 255 unknown.

    The breaks were made for relief within a window of 9.8 km [1]_ [2]_, that is
    ``relief(dem, radius_m=4900.0)``; within a smaller one the same ground reads flatter.

    References
    ----------
    .. [1] Hammond, E. (1954). Small-scale continental landform maps. Annals of the Association of
       American Geographers 44, 33-42. https://doi.org/10.1080/00045605409352120
    .. [2] Dikau, R., Brabb, E., Mark, R. (1991). Landform classification of New Mexico by
       computer. U.S. Geological Survey Open-File Report 91-634. https://doi.org/10.3133/ofr91634
    """
    found: xr.DataArray = cellwise(
        lambda layers: _classed(layers["relief_m"]), {"relief_m": relief_m}
    )
    return found


def _classed(relief_m: xr.DataArray) -> xr.DataArray:
    # A break belongs to the class above it: relief of 30 m is undulating.
    values = as_non_negative(relief_m, "relief_m", "m", missing=True, infinite=True)
    breaks = [kind.relief_from_m for kind in LANDFORMS[1:]]
    codes = np.where(np.isnan(values), UNKNOWN_CLASS, np.digitize(values, breaks)).astype(np.uint8)
    result = relief_m.copy(data=codes).rename("landform")
    kept = {name: relief_m.attrs[name] for name in ("crs", "radius_m") if name in relief_m.attrs}
    result.attrs = {
        "units": "1",
        "long_name": "landform by local relief",
        "flag_values": [*(kind.code for kind in LANDFORMS), UNKNOWN_CLASS],
        "flag_meanings": " ".join([*(kind.name for kind in LANDFORMS), "unknown"]),
        **kept,
    }
    return result


def mask_prior(attrs: xr.Dataset) -> xr.Dataset:
    """
    Share of the ground out of sight by landform class, with its 90 % band.

    A coarse elevation grid shows no lines of sight, so this is a declared
    prior and no measurement.

    Parameters
    ----------
    attrs
        Terrain layers with ``landform``, or with ``relief_m`` from which the
        landform is told.

    Returns
    -------
    xarray.Dataset
        ``f_mask``, ``f_mask_low`` and ``f_mask_high``, 0 to 1, NaN where the
        landform is unknown, and ``landform``.

    Raises
    ------
    InvalidParameterError
        If neither layer is given, or relief is negative.

    Examples
    --------
    >>> relief = xr.DataArray([[10.0, 400.0, np.nan]], dims=("y", "x"))
    >>> mask_prior(xr.Dataset({"relief_m": relief}))["f_mask"].values
    array([[0.06, 0.7 ,  nan]], dtype=float32)
    """
    given = [name for name in _TELLS_LANDFORM if name in attrs]
    if not given:
        msg = "the landform is unknown: attrs needs a layer 'landform' or 'relief_m'"
        raise InvalidParameterError(msg)
    found: xr.Dataset = cellwise(_out_of_sight, {given[0]: attrs[given[0]]})
    return found


def _out_of_sight(attrs: Mapping[str, xr.DataArray]) -> xr.Dataset:
    codes = attrs["landform"] if "landform" in attrs else _classed(attrs["relief_m"])
    kept = {"crs": codes.attrs["crs"]} if "crs" in codes.attrs else {}
    layers = {"landform": codes}
    for name in ("f_mask", "f_mask_low", "f_mask_high"):
        # A look-up by code, NaN for every code that is no landform, the unknown one among them.
        table = np.full(256, np.nan, dtype=np.float32)
        table[: len(LANDFORMS)] = [getattr(kind.mask, name) for kind in LANDFORMS]
        layers[name] = codes.copy(data=table[codes.to_numpy()])
        layers[name].attrs = kept | {"units": "1", "long_name": "share of ground out of sight"}
    return xr.Dataset(layers)


def wadis_reach(*, cell_m: float, search_m: float = SEARCH_M, **_options: float) -> int:
    """Count the cells each way on which a wadi mask and its depth depend."""
    return cells_within(search_m, cell_m)


def ridges_reach(*, cell_m: float, search_m: float = SEARCH_M, **_options: float) -> int:
    """Count the cells each way on which a ridge mask depends."""
    return cells_nearer(search_m, cell_m)


# Both masks take the form and a height within the same distance.
pans_reach = wadis_reach


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
        ``wadi``, uint8, 1 in a wadi, 0 elsewhere, 255 unknown; ``incision_m`` how deep each cell lies below the
        ground on both sides.

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
    elevation = Elevation.of(dem)
    shape = forms(elevation, search_m=search_m, flat_deg=flat_deg)
    depth = incision(elevation, search_m)
    # The form says that it is cut in, the depth that it matters: a furrow in a flat plain is a valley too.
    found = _is_one_of(shape, "valley", "pit", "hollow") & (depth.to_numpy() >= least)
    unknown = (shape.to_numpy() == UNKNOWN_CLASS) | np.isnan(depth.to_numpy())
    mask = _mask(
        shape, found, unknown, "wadi", "ground cut in", min_depth_m=least, **_options(shape)
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
    shape = forms(Elevation.of(dem), search_m=search_m, flat_deg=flat_deg)
    unknown = shape.to_numpy() == UNKNOWN_CLASS
    found = _is_one_of(shape, "ridge", "peak")
    return _mask(shape, found, unknown, "ridge", "ridges and peaks", **_options(shape))


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
    elevation = Elevation.of(dem)
    shape = forms(elevation, search_m=search_m, flat_deg=flat_deg)
    height = local_relief(elevation, search_m).to_numpy()
    # "flat" is within an angle at every line: over a long search a plain may still rise by metres.
    found = _is_one_of(shape, "flat") & (height < below)
    unknown = (shape.to_numpy() == UNKNOWN_CLASS) | np.isnan(height)
    return _mask(
        shape, found, unknown, "pan", "level ground", max_relief_m=below, **_options(shape)
    )


def _is_one_of(shape: xr.DataArray, *names: str) -> BoolArray:
    """Cells with one of the named forms; a table of 256 codes is faster than `numpy.isin`."""
    wanted = np.zeros(256, np.bool_)
    wanted[[GEOMORPHONS.index(name) + 1 for name in names]] = True
    found: BoolArray = wanted[shape.to_numpy()]
    return found


def _options(shape: xr.DataArray) -> dict[str, float]:
    return {name: shape.attrs[name] for name in ("search_m", "flat_deg")}


def _mask(
    like: xr.DataArray,
    found: BoolArray,
    unknown: BoolArray,
    name: str,
    long_name: str,
    **attrs: Any,
) -> xr.DataArray:
    """Mask of 1 and 0, 255 where nothing can be said: a bool could not say so."""
    mask = like.copy(data=np.where(unknown, np.uint8(UNKNOWN_CLASS), found.astype(np.uint8)))
    mask.attrs = {
        "units": "1",
        "long_name": long_name,
        "flag_values": [0, 1, UNKNOWN_CLASS],
        "flag_meanings": f"no_{name} {name} unknown",
        "_FillValue": np.uint8(UNKNOWN_CLASS),
        **attrs,
        "crs": like.attrs["crs"],
    }
    return mask.rename(name)
