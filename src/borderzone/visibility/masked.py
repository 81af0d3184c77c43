"""Share of the ground out of sight from stops along a track."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from borderzone._guards import check_choice, check_positive, guarded
from borderzone._heights import heights_of, refuse_impossible
from borderzone._kernels.line_of_sight import HIDDEN, SEEN
from borderzone._kernels.nearest import box_tree, nearest_pieces
from borderzone.crs import check_same_crs
from borderzone.errors import CoverageGapError, InvalidParameterError
from borderzone.grid import Grid
from borderzone.visibility.sight import REFRACTION, Sight, looks, places

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr

    from borderzone._typing import BoolArray, FloatArray, IntArray

__all__ = ["COARSEST_M", "SIDES", "Masked", "masked_fraction"]

# Coarser ground shows no line of sight of 2 km: there the landform prior holds.
COARSEST_M = 90.0
SIDES = ("both", "left", "right")


@guarded
@dataclass(frozen=True, kw_only=True)
class Masked:
    """
    How much of a strip is out of sight from the stops on its track.

    Attributes
    ----------
    hidden_from_one_stop
        Share of the stops in reach that do not see a cell, on average over the
        cells of the strip; the upper end of the band.
    never_seen
        Share of the cells that no stop sees; the lower end of the band.
    n_stops
        Number of stops.
    n_cells
        Cells of the strip that some known line reaches.
    unknown_share
        Share of the lines that cross a void; they are left out.
    """

    hidden_from_one_stop: float
    never_seen: float
    n_stops: int
    n_cells: int
    unknown_share: float

    @property
    def f_mask(self) -> float:
        """
        Share out of sight for a patrol, midway between the two.

        Returns
        -------
        float
            As `terrain.MASK_PRIOR` has it: between standing still and having
            stopped everywhere.
        """
        return (self.hidden_from_one_stop + self.never_seen) / 2

    @classmethod
    def of(cls, counts: IntArray, n_stops: int) -> Masked:
        """
        Read the shares from counts of looks.

        Parameters
        ----------
        counts
            By cell of the strip, the stops that do not see it, that do, and
            that are unknown, shape ``(..., 3)``.
        n_stops
            Number of stops.

        Returns
        -------
        Masked
            The shares, NaN where no line is known.
        """
        cells = counts.reshape(-1, 3)
        hidden, seen = cells[:, HIDDEN], cells[:, SEEN]
        known = (hidden + seen) > 0
        lines = int(cells.sum())
        share = hidden[known] / (hidden + seen)[known]
        n_cells = int(known.sum())
        return cls(
            hidden_from_one_stop=float(share.mean()) if n_cells else float("nan"),
            never_seen=float((seen[known] == 0).mean()) if n_cells else float("nan"),
            n_stops=n_stops,
            n_cells=n_cells,
            unknown_share=1.0 - int((hidden + seen).sum()) / lines if lines else 1.0,
        )


def masked_fraction(  # noqa: PLR0913 (who looks at what, and from where)
    dem: xr.DataArray,
    track: shapely.LineString | gpd.GeoSeries,
    *,
    height_m: float = 3.0,
    target_m: float = 1.7,
    max_km: float = 2.0,
    refraction: float = REFRACTION,
    spacing_m: float = 250.0,
    sides: str = "both",
) -> Masked:
    """
    Measure how much of the strip along a track is out of sight from stops on it.

    Parameters
    ----------
    dem
        Elevation in a projected CRS, square cells of 90 m or less. It should
        reach `max_km` around the track: ground beyond it does not count. Units: m.
    track
        Line in the CRS of the raster, or a series of one.
    height_m, target_m
        Eyes and target above their ground. Units: m.
    max_km
        Half the width of the strip, and the farthest look. Units: km.
    refraction
        Refraction coefficient.
    spacing_m
        Longest way between two stops; they stand in the middle of equal
        stretches. Units: m.
    sides
        ``"both"``, or ``"left"`` or ``"right"`` of the track.

    Returns
    -------
    Masked
        Shares hidden from one stop and never seen, and `f_mask` between them.
        The strip has flat ends: nothing beyond the ends of the track.

    Raises
    ------
    InvalidParameterError
        If a parameter is impossible, the cells are too large, or the track is
        no line on the raster.
    CRSMismatchError
        If the track is in another CRS.
    CoverageGapError
        If the strip holds no cell.

    Examples
    --------
    >>> from affine import Affine
    >>> from pyproj import CRS
    >>> grid = Grid(shape=(40, 60), transform=Affine(30, 0, 0, 0, -30, 1200), crs=CRS(32637))
    >>> flat = grid.wrap(np.zeros(grid.shape, dtype=np.float32))
    >>> track = shapely.LineString([(300, 600), (1500, 600)])
    >>> found = masked_fraction(flat, track, max_km=0.5)
    >>> found.f_mask, found.n_stops
    (0.0, 5)
    """
    sight = Sight(height_m=height_m, target_m=target_m, max_km=max_km, refraction=refraction)
    check_positive(spacing_m, "spacing_m", "m")
    check_choice(sides, "sides", SIDES)
    grid = measurable(Grid.of(dem))
    line = _line(track, grid)
    stops = _stops(line, spacing_m)
    wanted = _strip(grid, line, sight.max_km * 1000.0, sides)
    if not wanted.any():
        msg = f"no cell centre of the raster lies within {max_km:g} km square to the track; widen max_km"
        raise CoverageGapError(msg)
    at = on_raster(places(grid, stops), grid.shape)
    counts = looks(refuse_impossible(heights_of(dem)), at, wanted, sight, grid.resolution_m)
    return Masked.of(counts[wanted], len(stops))


def measurable(grid: Grid) -> Grid:
    """Refuse a grid too coarse for lines of sight."""
    if grid.resolution_m > COARSEST_M:
        msg = (
            f"lines of sight need cells of {COARSEST_M:g} m or less, got {grid.resolution_m:g} m; "
            "on coarser ground use difficulty.mask_prior"
        )
        raise InvalidParameterError(msg)
    return grid


def on_raster(at: FloatArray, shape: tuple[int, int]) -> FloatArray:
    """Move stops in the outer half of a rim cell to its centre, and refuse those beyond."""
    far = np.array(shape) - 1.0
    off = ((at < -1.0) | (at > far + 1.0)).any(axis=1)
    if off.any():
        msg = (
            f"{int(off.sum())} of {len(at)} stops are off the elevation raster; give elevation "
            "around the whole track, in the CRS of the track"
        )
        raise InvalidParameterError(msg)
    return np.clip(at, 0.0, far)


def _line(track: Any, grid: Grid) -> shapely.LineString:
    line = track
    if hasattr(track, "crs"):
        check_same_crs(track, grid.crs, "the track")
        line = track.iloc[0] if len(track) == 1 else shapely.line_merge(track.union_all())
    if not isinstance(line, shapely.LineString) or not line.length > 0:
        kind = getattr(line, "geom_type", type(line).__name__)
        msg = f"the track must be one line with a length, got {kind}; measure each line by itself"
        raise InvalidParameterError(msg)
    return line


def _stops(line: shapely.LineString, spacing_m: float) -> FloatArray:
    count = max(int(np.ceil(line.length / spacing_m - 1e-9)), 1)
    along = (np.arange(count) + 0.5) * line.length / count
    return np.asarray(shapely.get_coordinates(shapely.line_interpolate_point(line, along)))


def _strip(grid: Grid, line: shapely.LineString, max_m: float, sides: str) -> BoolArray:
    """Cells within reach of the track, on the side asked for, none beyond its ends."""
    xy = shapely.get_coordinates(line)
    step = np.diff(xy, axis=0)
    long = np.hypot(*step.T) > 0
    start, step = xy[:-1][long], step[long]
    pieces = np.column_stack([start, step, 1.0 / (step**2).sum(axis=1)])
    centres = np.stack(np.meshgrid(grid.x, grid.y), axis=-1).reshape(-1, 2)
    piece, along = nearest_pieces(centres, pieces, box_tree(pieces))
    away = centres - start[piece] - along[:, None] * step[piece]
    # Beyond an end lies what is nearest to the end point and not square to it.
    onward = (away * step[piece]).sum(axis=1)
    beyond = ((piece == 0) & (along == 0) & (onward < 0)) | (
        (piece == len(pieces) - 1) & (along == 1) & (onward > 0)
    )
    inside = (np.hypot(*away.T) <= max_m) & (~beyond | line.is_ring)
    left = step[piece, 0] * away[:, 1] - step[piece, 1] * away[:, 0] >= 0
    if sides != "both":
        inside &= left == (sides == "left")
    return np.asarray(inside.reshape(grid.shape))
