"""Geomorphons: ten forms of the ground, told by which way it rises and falls around a place."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from borderzone._guards import check_between
from borderzone._kernels import horizons
from borderzone.errors import InvalidParameterError
from borderzone.terrain.elevation import Elevation, over_raster
from borderzone.terrain._lazy import lazily
from borderzone.terrain._lines import Lines, cells_nearer

if TYPE_CHECKING:
    import xarray as xr

    from borderzone._typing import IntArray

__all__ = ["GEOMORPHONS", "UNKNOWN", "geomorphon_form", "geomorphon_reach", "geomorphons"]

GEOMORPHONS = (
    "flat",
    "peak",
    "ridge",
    "shoulder",
    "spur",
    "slope",
    "hollow",
    "footslope",
    "valley",
    "pit",
)
UNKNOWN = 255
SEARCH_CELLS = 10.0

# Forms by the number of falling lines (row) and of rising lines (place in the row): figure 4 of
# the paper.
_FORMS = (
    "FL FL FL FS FS VL VL VL PT",
    "FL FL FS FS FS VL VL VL",
    "FL SH SL SL HL HL VL",
    "SH SH SL SL SL HL",
    "SH SH SP SL SL",
    "RI RI SP SP",
    "RI RI RI",
    "RI RI",
    "PK",
)
_SHORT = ("FL", "PK", "RI", "SH", "SP", "SL", "HL", "FS", "VL", "PT")


def geomorphon_reach(
    *,
    cell_m: float,
    search_m: float | None = None,
    skip_m: float = 0.0,  # noqa: ARG001 (called with the options of `geomorphons`)
    flat_deg: float = 1.0,  # noqa: ARG001
) -> int:
    """Count the cells each way on which the form at a cell depends."""
    return cells_nearer(SEARCH_CELLS * cell_m if search_m is None else search_m, cell_m)


@lazily(geomorphon_reach)
def geomorphons(
    dem: xr.DataArray,
    *,
    search_m: float | None = None,
    skip_m: float = 0.0,
    flat_deg: float = 1.0,
) -> xr.DataArray:
    """
    Form of the ground at every cell, from the lines of sight in eight directions.

    Along each of eight lines the highest and the lowest angle of elevation are found. The line
    rises if they sum to more than 0 and either is steeper than `flat_deg`, falls if
    they sum to less, and is level otherwise. How many lines rise and how many fall tells the
    form [1]_.

    Parameters
    ----------
    dem
        Elevation in a projected CRS. Units: m.
    search_m
        How far to look: cells whose centre is nearer count. Forms much larger than that are told by
        their parts. Ten cells when left out. Units: m.
    skip_m
        Ground left out from the start of each line, in whole cells, as many on the diagonals.
        Units: m.
    flat_deg
        Angle up to which ground is level, from 0 to below 90. Units: degrees.

    Returns
    -------
    xarray.DataArray
        Form, uint8: 1 flat, 2 peak, 3 ridge, 4 shoulder, 5 spur, 6 slope, 7 hollow, 8 footslope,
        9 valley, 10 pit, as r.geomorphon numbers them [2]_; 255 where a height within reach on one
        of the lines, skipped or not, is unknown. Beyond the rim the ground goes on as it came.

    Raises
    ------
    NotProjectedError
        If the raster is in degrees of latitude and longitude.
    CRSMismatchError
        If the raster has no CRS.
    InvalidParameterError
        If the search distance is below 1.5 cells, what is skipped leaves nothing of a line, or the
        angle is impossible.

    See Also
    --------
    borderzone.terrain.wadis : Where ground is cut in.

    Notes
    -----
    With the comparison ``anglev1`` and no flat distance, r.geomorphon gives the same but for the
    last digit of an angle, and on a plane without any roughness: there its highest and lowest angle are
    equal up to rounding, and it may call a steep plane flat.

    References
    ----------
    .. [1] Jasiewicz, J., Stepinski, T. (2013). Geomorphons: a pattern recognition approach to
       classification and mapping of landforms. Geomorphology 182, 147-156.
       https://doi.org/10.1016/j.geomorph.2012.11.005
    .. [2] GRASS Development Team. r.geomorphon, manual of GRASS 8.2.
       https://grass.osgeo.org/grass82/manuals/r.geomorphon.html

    Examples
    --------
    A groove that runs north: valley at the bottom, slope on its sides:

    >>> import xarray as xr
    >>> groove = xr.DataArray(
    ...     np.tile(np.abs(np.arange(-3.0, 4.0)), (5, 1)),
    ...     coords={"y": np.arange(5.0)[::-1], "x": np.arange(7.0)},
    ...     attrs={"crs": "EPSG:32637"},
    ... )
    >>> geomorphons(groove, search_m=2.5)[2].values.tolist()
    [6, 6, 6, 9, 6, 6, 6]
    """
    elevation = Elevation.of(dem)
    search_m = SEARCH_CELLS * elevation.cell_m if search_m is None else search_m
    lines = Lines.between(elevation, search_m, skip_m)
    flat = check_between(flat_deg, "flat_deg", 0, 90, without=(90,), unit="degrees")
    limit, factors = np.float32(math.tan(math.radians(flat))), lines.per_metre()
    table, values = _table(), np.empty(elevation.z.shape, np.uint8)
    over_raster(
        elevation.z,
        lines.reach,
        lambda z, row, col: horizons.geomorphons(
            z, lines.steps, factors, limit, table, row, col, values
        ),
    )
    return elevation.wrap(
        values,  # type: ignore[arg-type] # codes are wrapped like heights
        name="geomorphon",
        units="1",
        long_name="form of the ground by geomorphons",
        flag_values=[*range(1, len(GEOMORPHONS) + 1), UNKNOWN],
        flag_meanings=" ".join([*GEOMORPHONS, "unknown"]),
        _FillValue=np.uint8(UNKNOWN),
        search_m=float(search_m),
        skip_m=float(skip_m),
        flat_deg=float(flat_deg),
    )


def geomorphon_form(*, n_rising: int, n_falling: int) -> str:
    """Name of the form with so many rising and so many falling lines of eight."""
    if min(n_rising, n_falling) < 0 or n_rising + n_falling > 8:
        msg = (
            "n_rising and n_falling must not be negative and must make eight lines at most, "
            f"got {n_rising} and {n_falling}"
        )
        raise InvalidParameterError(msg)
    return GEOMORPHONS[_SHORT.index(_FORMS[n_falling].split()[n_rising])]


def _table() -> IntArray:
    """Code by 9 times the falling lines plus the rising ones; the last is that of the unknown."""
    table = np.full(82, UNKNOWN, np.uint8)
    for falling, row in enumerate(_FORMS):
        for rising, short in enumerate(row.split()):
            table[9 * falling + rising] = _SHORT.index(short) + 1
    return table
