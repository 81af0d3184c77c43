"""What is seen: lines of sight over an elevation raster, from a place or from a line of stops."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from borderzone._checks import check_non_negative, check_positive
from borderzone._heights import heights_of, refuse_impossible
from borderzone._kernels.line_of_sight import HIDDEN, SEEN, count_looks
from borderzone.errors import InvalidParameterError
from borderzone.grid import Grid

if TYPE_CHECKING:
    import shapely
    import xarray as xr

    from borderzone._typing import BoolArray, FloatArray, IntArray

__all__ = ["EARTH_RADIUS_M", "REFRACTION", "Sight", "looks", "viewshed"]

EARTH_RADIUS_M = 6371008.8
# Share of the earth's curvature that light follows.
REFRACTION = 0.13


@dataclass(frozen=True, kw_only=True)
class Sight:
    """
    Who looks at what, and how far.

    Attributes
    ----------
    height_m
        Eyes above ground. Units: m.
    target_m
        Target above ground. Units: m.
    max_km
        Farthest target. Units: km.
    refraction
        Refraction coefficient, 0 none to below 1.

    Raises
    ------
    InvalidParameterError
        If a height is negative, the range is not above zero, or refraction is
        outside 0 to below 1.

    Examples
    --------
    >>> round(Sight().drop_m(1000.0), 6)
    0.068278
    """

    height_m: float = 3.0
    target_m: float = 1.7
    max_km: float = 2.0
    refraction: float = REFRACTION

    def __post_init__(self) -> None:
        """Refuse eyes below ground and light that bends with the earth or more."""
        check_non_negative(self.height_m, "height_m", "m")
        check_non_negative(self.target_m, "target_m", "m")
        check_positive(self.max_km, "max_km", "km")
        if not check_non_negative(self.refraction, "refraction") < 1:
            msg = (
                f"refraction must lie between 0 and below 1, got {self.refraction!r}; 0.13 is usual"
            )
            raise InvalidParameterError(msg)

    def drop_m(self, away_m: float) -> float:
        """
        Drop of the ground below the tangent plane of the eye.

        Parameters
        ----------
        away_m
            Distance. Units: m.

        Returns
        -------
        float
            ``d^2 (1 - k) / (2 R)``. Units: m.
        """
        return away_m**2 * (1.0 - self.refraction) / (2.0 * EARTH_RADIUS_M)


def looks(
    heights: FloatArray, stops: FloatArray, wanted: BoolArray, sight: Sight, cell_m: float
) -> IntArray:
    """
    Count for every cell the stops in reach that do not see it, that do, and that cannot be told.

    Parameters
    ----------
    heights
        Elevation. Units: m.
    stops
        Row and column of each stop, centres on whole numbers; all on the raster.
    wanted
        Cells to look at.
    sight
        Heights and range.
    cell_m
        Side of a cell. Units: m.

    Returns
    -------
    IntArray
        Counts, shape ``(rows, columns, 3)``.
    """
    # A row and a column more, so that the neighbour of the last cell, of weight 0, is there.
    z = np.pad(heights, ((0, 1), (0, 1)), mode="edge")
    counts = np.zeros((*wanted.shape, 3), dtype=np.int32)
    count_looks(
        z,
        np.ascontiguousarray(stops, dtype=np.float64),
        np.ascontiguousarray(wanted),
        float(sight.height_m),
        float(sight.target_m),
        sight.max_km * 1000.0 / cell_m,
        sight.drop_m(cell_m),
        int(np.isnan(z).any()),
        counts,
    )
    return counts


def viewshed(
    dem: xr.DataArray,
    point: shapely.Point,
    *,
    height_m: float = 3.0,
    target_m: float = 1.7,
    max_km: float = 10.0,
    refraction: float = REFRACTION,
) -> xr.DataArray:
    """
    Find what is seen from one place, by an exact line of sight to every cell.

    Parameters
    ----------
    dem
        Elevation in a projected CRS, square cells. Units: m.
    point
        Where the eye stands, in the CRS of the raster.
    height_m, target_m
        Eye and target above their ground. Units: m.
    max_km
        Farthest target. Units: km.
    refraction
        Refraction coefficient.

    Returns
    -------
    xarray.DataArray
        1 seen, 0 hidden, NaN beyond the range or where the line crosses a void.

    Raises
    ------
    InvalidParameterError
        If a parameter is impossible or the point lies off the raster.
    GridMismatchError, NotProjectedError, CRSMismatchError
        If the raster has no square cells in a projected CRS.

    References
    ----------
    .. [1] Franklin, W. R., Ray, C. (1994). Higher isn't necessarily better: visibility algorithms
       and experiments. Advances in GIS Research, 6th International Symposium on Spatial Data
       Handling, 751-770.

    Examples
    --------
    >>> import shapely
    >>> from affine import Affine
    >>> from pyproj import CRS
    >>> grid = Grid(shape=(1, 5), transform=Affine(30, 0, 0, 0, -30, 30), crs=CRS(32637))
    >>> wall = grid.wrap(np.array([[0.0, 0.0, 9.0, 0.0, 0.0]], dtype=np.float32))
    >>> viewshed(wall, shapely.Point(15, 15)).values
    array([[1., 1., 1., 0., 0.]], dtype=float32)
    """
    grid = Grid.of(dem)
    if not (hasattr(point, "x") and hasattr(point, "y")):
        msg = f"point must be a shapely Point in the CRS of the raster, got {type(point).__name__}"
        raise InvalidParameterError(msg)
    sight = Sight(height_m=height_m, target_m=target_m, max_km=max_km, refraction=refraction)
    stop = places(grid, np.array([[point.x, point.y]]))
    rows, columns = grid.shape
    if not ((stop >= 0) & (stop <= [rows - 1, columns - 1])).all():
        msg = (
            f"the point {point.x:.0f}, {point.y:.0f} is not among the cell centres of the raster, "
            f"which covers {tuple(round(edge) for edge in grid.bounds)}; give it in the raster's CRS"
        )
        raise InvalidParameterError(msg)
    heights = refuse_impossible(heights_of(dem))
    counts = looks(heights, stop, np.ones(grid.shape, dtype=np.bool_), sight, grid.resolution_m)
    seen = np.full(grid.shape, np.nan, dtype=np.float32)
    seen[counts[..., SEEN] > 0] = 1.0
    seen[counts[..., HIDDEN] > 0] = 0.0
    return grid.wrap(seen, name="viewshed", units="1", long_name="seen from the point")


def places(grid: Grid, xy: FloatArray) -> FloatArray:
    """
    Tell rows and columns of points, cell centres on whole numbers.

    Parameters
    ----------
    grid
        The grid.
    xy
        Coordinates in its CRS, shape ``(n, 2)``. Units: m.

    Returns
    -------
    FloatArray
        Row and column, shape ``(n, 2)``.
    """
    left, _, _, top = grid.bounds
    step = grid.resolution_m
    return np.column_stack([(top - xy[:, 1]) / step - 0.5, (xy[:, 0] - left) / step - 0.5])
