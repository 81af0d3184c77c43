"""What is seen along eight lines through a cell: geomorphons, openness and incision.

They are told by the lines of sight and not by flow accumulation. A cell then depends on the ground
within a fixed reach alone: a raster of any size is worked off by block in bounded memory, and the answer is
the same to the last bit. Flow accumulation depends on the whole catchment, must first fill or
breach every false pit, and over nearly flat ground follows the noise of a surface model more than the ground.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from borderzone._guards import check_between, check_non_negative
from borderzone._kernels import focal, horizons
from borderzone.errors import InvalidParameterError
from borderzone.grid import UNKNOWN_CLASS
from borderzone.terrain.elevation import Elevation, cells_nearer, cells_within, lazily

if TYPE_CHECKING:
    import xarray as xr

    from borderzone._typing import FloatArray, IntArray

__all__ = [
    "GEOMORPHONS",
    "Lines",
    "forms",
    "geomorphon_reach",
    "geomorphons",
    "incision",
    "openness",
]

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
# Where none is given: far enough for a wadi of several cells, near enough to stay local; an assumption.
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
# Rows down and columns right; opposite lines follow each other.
_WAYS = ((0, 1), (0, -1), (-1, 0), (1, 0), (-1, 1), (1, -1), (-1, -1), (1, 1))
# The coefficients end the constants of the nine-cell kernels: openness takes the same arctangent.
_ARCTAN = focal.constants(np.dtype(np.float32), (0.0, 0.0, 0.0, 0.0))[-9:]


def geomorphon_reach(
    *,
    cell_m: float,
    search_m: float | None = None,
    skip_m: float = 0.0,  # noqa: ARG001 - called with the options of `geomorphons`
    flat_deg: float = 1.0,  # noqa: ARG001 - as above
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
    return forms(Elevation.of(dem), search_m=search_m, skip_m=skip_m, flat_deg=flat_deg)


def forms(
    elevation: Elevation,
    *,
    search_m: float | None = None,
    skip_m: float = 0.0,
    flat_deg: float = 1.0,
) -> xr.DataArray:
    """Tell the form at every cell, as `geomorphons` describes."""
    search_m = SEARCH_CELLS * elevation.cell_m if search_m is None else search_m
    lines = Lines.between(elevation, search_m, skip_m)
    flat = check_between(flat_deg, "flat_deg", 0, 90, without=(90,), unit="degrees")
    # Tangents order as angles do, and cost no arctangent a cell.
    limit, factors, table = np.float32(math.tan(math.radians(flat))), lines.per_metre(), _table()
    return elevation.layer(
        lines.reach,
        lambda z, row, col, values: horizons.geomorphons(
            z, lines.steps, factors, limit, table, row, col, values
        ),
        np.uint8,
        name="geomorphon",
        units="1",
        long_name="form of the ground by geomorphons",
        flag_values=[*range(1, len(GEOMORPHONS) + 1), UNKNOWN_CLASS],
        flag_meanings=" ".join([*GEOMORPHONS, "unknown"]),
        _FillValue=np.uint8(UNKNOWN_CLASS),
        search_m=float(search_m),
        skip_m=float(skip_m),
        flat_deg=float(flat_deg),
    )


def openness(
    elevation: Elevation, radius_m: float, side: Literal["positive", "negative"]
) -> xr.DataArray:
    """Take the mean angle from the zenith, or from the nadir, to the ground over eight directions."""
    # Yokoyama, Shirasawa and Pike (2002), Photogrammetric Engineering and Remote Sensing 68, 257-265.
    # Positive openness is low in wadis and pits, above 90 on ridges, 90 on even ground however steep;
    # the negative one is that of the ground turned over. Beyond the rim the ground goes on as it came.
    lines = Lines.within(elevation, radius_m)
    # The nadir of the ground is the zenith of the ground turned over: one kernel serves both.
    factors = lines.per_metre() if side == "positive" else -lines.per_metre()
    return elevation.layer(
        lines.reach,
        lambda z, row, col, values: horizons.openness(
            z, lines.steps, factors, _ARCTAN, row, col, values
        ),
        name=f"openness_{side}_deg",
        units="degrees",
        long_name=f"{side} openness",
        radius_m=float(radius_m),
    )


def incision(elevation: Elevation, radius_m: float) -> xr.DataArray:
    """Tell how deep a cell lies below the ground on both sides of it."""
    # For each of four pairs of opposite directions, the highest rise above the cell within the radius
    # on either side, and the lesser of the two; the answer is the largest over the pairs, or 0: the depth
    # of a groove whose rims are within the radius, and 0 on a plane however steep.
    lines = Lines.within(elevation, radius_m)
    factors = np.ones_like(lines.per_metre())
    return elevation.layer(
        lines.reach,
        lambda z, row, col, values: horizons.incision(z, lines.steps, factors, row, col, values),
        name="incision_m",
        units="m",
        long_name="depth below the ground on both sides",
        radius_m=float(radius_m),
    )


def _table() -> IntArray:
    """Code by 9 times the falling lines plus the rising ones; the last is that of the unknown."""
    table = np.full(82, UNKNOWN_CLASS, np.uint8)
    for falling, row in enumerate(_FORMS):
        for rising, short in enumerate(row.split()):
            table[9 * falling + rising] = _SHORT.index(short) + 1
    return table


@dataclass(frozen=True, kw_only=True, slots=True)
class Lines:
    """
    Eight lines on a raster, as the kernels take them.

    Attributes
    ----------
    steps
        For each line: rows down and columns right from cell to cell, first and last step.
    runs
        Distance from cell to cell of each line. Units: m.
    """

    steps: IntArray
    runs: FloatArray

    @classmethod
    def within(cls, elevation: Elevation, radius_m: float) -> Lines:
        """Take all cells no farther than a radius."""
        radius = elevation.checked_radius(radius_m)
        runs = _runs(elevation)
        return cls._of(runs, [(1, cells_within(radius, run)) for run in runs])

    @classmethod
    def between(cls, elevation: Elevation, search_m: float, skip_m: float) -> Lines:
        """Take the cells nearer than the search distance, less as many of each line as are skipped."""
        search = elevation.checked_radius(search_m, "search_m")
        # As many cells on diagonals as on sides, as r.geomorphon has it, though diagonals are longer.
        skipped = cells_within(check_non_negative(skip_m, "skip_m", "m"), elevation.cell_m)
        runs = _runs(elevation)
        lasts = [cells_nearer(search, run) for run in runs]
        if min(lasts) <= skipped:
            msg = (
                f"search_m must be more than {(skipped + 1) * max(runs):g} m to leave a cell on each "
                f"line beyond the {skipped} that skip_m = {skip_m:g} leaves out on this raster of "
                f"{elevation.cell_m:g} m cells, got {search:g}"
            )
            raise InvalidParameterError(msg)
        return cls._of(runs, [(skipped + 1, last) for last in lasts])

    @classmethod
    def _of(cls, runs: list[float], spans: list[tuple[int, int]]) -> Lines:
        steps = [(*way, *span) for way, span in zip(_WAYS, spans, strict=True)]
        return cls(steps=np.array(steps, np.int64), runs=np.array(runs))

    @property
    def reach(self) -> tuple[int, int]:
        """Halo that the lines need."""
        down, right = (np.abs(self.steps[:, :2]) * self.steps[:, 3:]).max(axis=0)
        return int(down), int(right)

    def per_metre(self) -> FloatArray:
        """Give what turns a rise into a tangent."""
        k = np.arange(self.steps[:, 3].max() + 1)
        far = self.runs[:, None] * k
        factors: FloatArray = np.divide(1.0, far, out=np.zeros_like(far), where=far > 0)
        return factors.astype(np.float32)


def _runs(elevation: Elevation) -> list[float]:
    east, north = abs(elevation.step_east), abs(elevation.step_north)
    return [math.hypot(down * north, right * east) for down, right in _WAYS]
