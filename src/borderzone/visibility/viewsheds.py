"""What is seen from one place: who looks at what, over which heights, and the viewshed."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import geopandas as gpd
import numpy as np
import shapely

from borderzone._cells import in_cells
from borderzone._guards import (
    check_between,
    check_choice,
    check_non_negative,
    check_positive,
    check_threads,
    guarded,
)
from borderzone._guards.rasters import (
    MOST_M,
    USUAL_VOIDS,
    check_metres,
    heights_of,
    refuse_impossible,
)
from borderzone._kernels.sight import (
    OUT,
    SEEN,
    Octant,
    about_eye,
    count_looks,
    ground_at,
    mark,
    scan,
    sweep_exact,
    sweep_fast,
    tally,
    walk,
)
from borderzone.crs import check_metric, check_same_crs
from borderzone.errors import InvalidGeometryError, InvalidParameterError, ShapeMismatchError
from borderzone.grid import Grid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import xarray as xr

    from borderzone._typing import BoolArray, FloatArray, IntArray

__all__ = [
    "METHODS",
    "REFRACTION",
    "LineOfSight",
    "Ring",
    "View",
    "Windows",
    "looks",
    "one_point",
    "places",
    "points_of",
    "ring_within",
    "states_of",
    "view_of",
    "viewshed",
]

# Mean radius of the GRS80 ellipsoid (Moritz 2000). Curvature along the ground
# differs from it by 0.6 % at most, far less than the weather changes refraction.
_EARTH_RADIUS_M = 6371008.8
# Share of the earth's curvature that light follows.
REFRACTION = 0.13
METHODS = ("exact", "fast")
# Cells from which on threads gain more by a fast look than they cost.
_WORTH_A_POOL = 2_000_000


def viewshed(  # noqa: PLR0913 - who looks at what, from where, how far; in the order said aloud
    dem: xr.DataArray | Windows,
    observer: shapely.Point | gpd.GeoSeries,
    height_m: float = 10.0,
    target_m: float = 1.7,
    max_km: float = 10.0,
    refraction: float = REFRACTION,
    *,
    ring: Ring | None = None,
    method: str = "exact",
    states: bool = False,
    threads: int | None = None,
) -> xr.DataArray:
    """
    Find what is seen from one place.

    Each target stands over a cell centre. By ``"exact"`` it is hidden if the ground is
    higher than the line of sight at any crossing with the lines between neighbouring cell centres of a
    row or a column, interpolated between the two (the method R3 [1]_). By ``"fast"`` the
    ground is looked up along rays that end in neighbouring cells of the rim: on rough ground at
    least 99.7 % of the cells are the same for an eye or a target of 1.7 m or more (99.4 % where both lie on
    the ground), in less than a quarter of the time.

    Parameters
    ----------
    dem
        Elevation in a projected CRS, square cells; of a lazy one, and of `Windows`, only the window
        in range is read. Units: m.
    observer
        Where the eye stands, in the CRS of the raster: anywhere within its outer edge. The ground
        there is interpolated between the four nearest cell centres.
    height_m, target_m
        Eye and target above their ground. Units: m.
    max_km
        Farthest target; beyond the raster nothing is looked at. Units: km.
    refraction
        Refraction coefficient: the share of the earth's curvature that light follows.
    ring
        A nearest distance, a sector, or both; all around and however near unless given.
    method
        ``"exact"`` or ``"fast"``.
    states
        Tell apart what is not seen: 0 hidden, 1 seen, 2 unknown (the line crosses a void), 3 out of
        range, uint8, instead of True and False.
    threads
        Threads to look with; all cores unless given. The answer is the same.

    Returns
    -------
    xarray.DataArray
        True where a target is seen, on the grid of the raster; what is hidden, unknown or out of range
        is False. Its attributes ``cells_seen``, ``cells_hidden`` and ``cells_unknown`` count the cells
        in range.

    Raises
    ------
    InvalidParameterError
        If a parameter is impossible, or the observer is off the raster or on no data.
    InvalidGeometryError
        If the observer is no point, or an empty one.
    CRSMismatchError
        If the observer is in another CRS, or the raster has none.
    NotProjectedError, GridMismatchError
        If the raster is in degrees, or has no square cells.
    ShapeMismatchError
        If a reader gives a window of another shape.

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
    >>> from borderzone.grid import Grid
    >>> grid = Grid(shape=(1, 5), transform=Affine(30, 0, 0, 0, -30, 30), crs=CRS(32637))
    >>> wall = grid.wrap(np.array([[0.0, 0.0, 19.0, 0.0, 0.0]], dtype=np.float32))
    >>> viewshed(wall, shapely.Point(15, 15)).values
    array([[ True,  True,  True, False, False]])
    >>> viewshed(wall, shapely.Point(15, 15), max_km=0.1, states=True).values
    array([[1, 1, 1, 0, 3]], dtype=uint8)
    """
    sight = LineOfSight(height_m=height_m, target_m=target_m, max_km=max_km, refraction=refraction)
    grid, view, around = _look(dem, observer, sight, ring, method, threads)
    if states:
        name, told = "viewshed_states", "0 hidden, 1 seen, 2 unknown, 3 out of range"
        found = np.full(grid.shape, OUT, dtype=np.uint8)
        found[view.rows, view.columns] = around
    else:
        name, told = "viewshed", "seen by the observer"
        found = np.zeros(grid.shape, dtype=np.bool_)
        np.equal(around, SEEN, out=found[view.rows, view.columns])
    raster = grid.wrap(found, name=name, units="1", long_name=told)
    names = ("cells_hidden", "cells_seen", "cells_unknown")
    raster.attrs |= dict(zip(names, map(int, tally(around)), strict=True))
    return raster


def states_of(
    view: View, which: Ring, method: str, share: Callable[[Any, Any], Any] = map
) -> IntArray:
    """Decide every cell around an eye."""
    return _fast(view, which, share) if method == "fast" else _exact(view, which, share)


def _exact(view: View, which: Ring, share: Callable[[Any, Any], Any]) -> IntArray:
    states = view.asked(which)
    target, gaps = float(view.sight.target_m), view.gaps
    # Places are good to 1e-10 of a cell, heights to 1e-16 of themselves.
    slack = 1e-6 + 1e-9 * (view.top_m + abs(view.eye))

    def sweep(octant: Octant) -> None:
        n = math.ceil(min(view.reach, octant.away[-1])) + 1
        sweep_exact(octant, view.reach, n, view.eye, target, view.drop, slack, gaps)

    def finish(first: int) -> None:
        walk(view.z, states, first, 4, view.row, view.column, view.eye, target, view.drop, gaps)

    turned = np.ascontiguousarray(view.z.T)
    list(share(sweep, _octants(view.z, turned, states, view.row, view.column)))
    list(share(finish, range(4)))
    return states[1:-1, 1:-1]


def _fast(view: View, which: Ring, share: Callable[[Any, Any], Any]) -> IntArray:
    rows, columns = view.heights.shape[0] + 2, view.heights.shape[1] + 2
    # Never contiguous, so that the kernels are compiled for one layout only.
    states: IntArray = np.full((rows, columns + 1), OUT, dtype=np.uint8)[:, :columns]
    if view.row.is_integer() and view.column.is_integer():
        states[int(view.row), int(view.column)] = SEEN
    z, turned = np.empty((rows, columns), np.float32), np.empty((columns, rows), np.float32)
    about_eye(view.heights, view.eye, z, turned)

    def sweep(octant: Octant) -> None:
        n = math.ceil(min(view.reach, octant.away[-1])) + 1
        sweep_fast(octant, view.reach, n, float(view.sight.target_m), view.drop, view.gaps)

    list(share(sweep, _octants(z, turned, states, view.row, view.column)))
    if which.min_km > 0 or which.width_deg < 360:
        states[view.asked(which) == OUT] = OUT
    return states[1:-1, 1:-1]


def _octants(
    z: FloatArray, turned: FloatArray, states: IntArray, row: float, column: float
) -> Iterator[Octant]:
    """Heights and states of each octant, outward axis first, with the eye's place."""
    for diagonal, heights in enumerate((z, turned)):
        own = states.T if diagonal else states
        ahead, side = (column, row) if diagonal else (row, column)
        for way in (1, -1):
            near = math.floor(ahead) if way > 0 else math.ceil(ahead)
            part = slice(near, None, way)
            away = way * (np.arange(len(heights), dtype=np.float64)[part] - ahead)
            if len(away) > 1:
                for lean in (1, -1):
                    yield Octant(heights, near, way, own[part], away, side, lean, diagonal)


def _look(
    dem: Any, observer: Any, sight: LineOfSight, ring: Ring | None, method: str, threads: int | None
) -> tuple[Grid, View, IntArray]:
    """Look from one place: the grid, the heights around it, and the states of their cells."""
    which = ring_within(ring, sight.max_km)
    check_choice(method, "method", METHODS)
    workers = check_threads(threads)
    windows = Windows.of(dem)
    view = view_of(windows, one_point(observer, windows.grid), sight)
    # Without a pool, which costs more than a small view, or a fast one of the usual size.
    if workers == 1 or (method == "fast" and view.heights.size < _WORTH_A_POOL):
        return windows.grid, view, states_of(view, which, method)
    with ThreadPoolExecutor(workers) as pool:
        return windows.grid, view, states_of(view, which, method, pool.map)


@dataclass(frozen=True, kw_only=True)
class LineOfSight:
    """Who looks at what, and how far: eyes and target above ground, farthest target, refraction."""

    height_m: float = 3.0
    target_m: float = 1.7
    max_km: float = 2.0
    refraction: float = REFRACTION

    def __post_init__(self) -> None:
        """Refuse eyes below ground and light that bends with the earth or more."""
        for name, value in (("height_m", self.height_m), ("target_m", self.target_m)):
            try:
                check_non_negative(value, name, "m")
            except InvalidParameterError as error:
                # Only an eye can be meant to stand lower than the ground.
                if name == "target_m" or not _is_negative(value):
                    raise
                msg = f"{error}: the observer would be under ground"
                raise InvalidParameterError(msg) from None
        check_positive(self.max_km, "max_km", "km")
        check_between(self.refraction, "refraction", 0, 1, without=(1,), unit="0.13 is usual")

    def drop_m(self, away_m: float) -> float:
        """Drop of the ground below the tangent plane of the eye: ``d^2 (1 - k) / (2 R)``."""
        return away_m**2 * (1.0 - self.refraction) / (2.0 * _EARTH_RADIUS_M)


def looks(
    heights: FloatArray, stops: FloatArray, wanted: BoolArray, sight: LineOfSight, cell_m: float
) -> IntArray:
    """Count for every cell the stops in reach that do not see it, that do, and that cannot be told."""
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


def places(grid: Grid, xy: FloatArray) -> FloatArray:
    """Tell rows and columns of points, cell centres on whole numbers."""
    return in_cells(xy, grid)[:, ::-1]


def _is_negative(value: object) -> bool:
    return isinstance(value, (int, float, np.number)) and float(value) < 0


@guarded
@dataclass(frozen=True, kw_only=True)
class Ring:
    """
    Which cells are asked for: those beyond a distance, in a sector.

    Attributes
    ----------
    min_km
        Nearest target. Units: km.
    sector
        Azimuths from and to, clockwise from grid north, 0 to 360: ``(350, 10)`` looks
        north. None for all around.

    Raises
    ------
    InvalidParameterError
        If the distance or an azimuth is impossible.

    Examples
    --------
    >>> Ring(min_km=0.5, sector=(350, 10)).width_deg
    20.0
    """

    min_km: float = 0.0
    sector: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        """Refuse what is no distance, and what are no two directions."""
        check_non_negative(self.min_km, "min_km", "km")
        if self.sector is None:
            return
        ends = np.atleast_1d(np.asarray(self.sector, dtype=object)).ravel()
        if len(ends) != 2 or isinstance(self.sector, str):
            msg = f"sector must be two azimuths in degrees, (from, to), got {self.sector!r}"
            raise InvalidParameterError(msg)
        first, last = (check_non_negative(end, "sector", "degrees") for end in ends)
        if max(first, last) > 360 or first == last:
            msg = (
                "sector must be two azimuths from 0 to 360 degrees that differ, clockwise from grid "
                f"north, got {self.sector!r}; (350, 10) looks north, None all around"
            )
            raise InvalidParameterError(msg)
        object.__setattr__(self, "sector", (first, last))

    @property
    def from_deg(self) -> float:
        """
        Where the sector starts.

        Returns
        -------
        float
            Azimuth. Units: degrees.
        """
        return 0.0 if self.sector is None else self.sector[0]

    @property
    def width_deg(self) -> float:
        """
        How wide the sector is.

        Returns
        -------
        float
            360 for all around. Units: degrees.
        """
        if self.sector is None:
            return 360.0
        return (self.sector[1] - self.sector[0]) % 360.0 or 360.0


def ring_within(ring: Any, max_km: float) -> Ring:
    """Take the ring that is asked for, all around unless given; it must begin before it ends."""
    if ring is None:
        return Ring()
    if not isinstance(ring, Ring):
        msg = (
            f"ring must be visibility.Ring, got {type(ring).__name__}; use Ring(min_km=..., "
            "sector=(from, to))"
        )
        raise InvalidParameterError(msg)
    if not ring.min_km < max_km:
        msg = f"min_km must be less than max_km, got {ring.min_km:g} and {max_km:g} km"
        raise InvalidParameterError(msg)
    return ring


@dataclass(frozen=True, kw_only=True)
class View:
    """The heights around an eye, and where in them it stands."""

    # Heights of a window. Units: m.
    heights: FloatArray
    # row, column: Place of the eye in `z`, centres on whole numbers.
    row: float
    column: float
    # Height of the eye above sea. Units: m.
    eye: float
    # Side of a cell. Units: m.
    cell_m: float
    # rows, columns: Where the window, without its rim, lies in the raster.
    rows: slice
    columns: slice
    # Heights and range.
    sight: LineOfSight
    # Largest absolute height. Units: m.
    top_m: float
    # 1 if any height is unknown, else 0.
    gaps: int

    @cached_property
    def z(self) -> FloatArray:
        """Heights with a rim of one cell that repeats the outermost: beyond them the ground goes on as high."""
        return np.pad(self.heights, 1, mode="edge")

    @property
    def reach(self) -> float:
        """Farthest cell centre."""
        return self.sight.max_km * 1000.0 / self.cell_m

    @property
    def drop(self) -> float:
        """Drop below the tangent plane at a distance of one cell."""
        return self.sight.drop_m(self.cell_m)

    def asked(self, which: Ring) -> IntArray:
        """Mark the cells that are asked for."""
        rows, columns = self.z.shape
        # Never contiguous, so that the kernels are compiled for one layout only.
        states = np.empty((rows, columns + 1), dtype=np.uint8)[:, :columns]
        least = which.min_km * 1000.0 / self.cell_m
        mark(states, self.row, self.column, least, self.reach, which.from_deg, which.width_deg)
        return states


@guarded
@dataclass(frozen=True, kw_only=True)
class Windows:
    """
    Elevation that is read window by window, where it is needed.

    Attributes
    ----------
    read
        Gives the heights of rows and columns of the grid, two slices. Units: m.
    grid
        The grid that it reads from.
    COARSEST_M
        Largest cells that show lines of sight of 2 km, the same for all. Units: m.

    Raises
    ------
    InvalidParameterError
        If the reader cannot be called, or there is no grid.
    NotProjectedError
        If the grid is in degrees.

    Examples
    --------
    >>> import shapely
    >>> from borderzone.grid import Grid
    >>> grid = Grid.covering((0, 0, 300, 300), resolution_m=30, crs=32637)
    >>> heights = np.zeros(grid.shape, dtype=np.float32)
    >>> windows = Windows(read=lambda rows, columns: heights[rows, columns], grid=grid)
    >>> int(viewshed(windows, shapely.Point(15, 15)).sum())
    100
    """

    # Coarser ground shows no line of sight of 2 km: there the prior of the landform holds.
    COARSEST_M: ClassVar[float] = 90.0

    read: Callable[[slice, slice], FloatArray]
    grid: Grid

    def __post_init__(self) -> None:
        """Refuse what reads nothing, and a grid that no metre is measured on."""
        read: Any = self.read
        grid: Any = self.grid
        if not callable(read) or not isinstance(grid, Grid):
            msg = (
                "windows need read(rows, columns) and the grid that it reads from, got "
                f"{type(read).__name__} and {type(grid).__name__}"
            )
            raise InvalidParameterError(msg)
        check_metric(grid.crs, grid.bounds, "the grid of the reader")

    @classmethod
    def of(cls, dem: Any) -> Windows:
        """
        Take a raster, in memory or lazy, or windows as they are.

        Parameters
        ----------
        dem
            Elevation. Units: m.

        Returns
        -------
        Windows
            That read it.

        Raises
        ------
        InvalidParameterError
            If it is neither.

        Examples
        --------
        >>> from borderzone import Grid
        >>> grid = Grid.covering((0, 0, 90, 60), resolution_m=30, crs="EPSG:32637")
        >>> dem = grid.wrap(np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), units="m")
        >>> Windows.of(dem).heights(slice(1, 2), slice(0, 2))
        array([[4., 5.]])
        """
        if isinstance(dem, Windows):
            return dem
        if hasattr(dem, "isel") and hasattr(dem, "dims") and not hasattr(dem, "data_vars"):
            raster: xr.DataArray = dem
            check_metres(raster)
            return cls(
                read=lambda rows, columns: heights_of(raster.isel(y=rows, x=columns)),
                grid=Grid.of(raster),
            )
        kind = type(dem).__name__
        if callable(dem):
            msg = "what reads elevation comes with its grid: visibility.Windows(read=..., grid=...)"
        else:
            msg = (
                f"elevation must be an xarray.DataArray or visibility.Windows, got {kind}; of a "
                "Dataset take one layer"
            )
        raise InvalidParameterError(msg)

    def heights(self, rows: slice, columns: slice) -> FloatArray:
        """
        Read a window.

        Parameters
        ----------
        rows, columns
            Of the grid.

        Returns
        -------
        FloatArray
            Heights, in single or double precision as they came. Units: m.

        Raises
        ------
        ShapeMismatchError
            If the reader gives a window of another shape.
        InvalidParameterError
            If it gives no numbers.
        """
        heights = np.asarray(self.read(rows, columns))
        expected = (rows.stop - rows.start, columns.stop - columns.start)
        if heights.shape != expected:
            msg = f"the reader gave a window of {heights.shape} cells for one of {expected}"
            raise ShapeMismatchError(msg)
        if heights.dtype.kind not in "iuf":
            msg = f"the reader must give numbers, got {heights.dtype}"
            raise InvalidParameterError(msg)
        kind = np.float64 if heights.dtype == np.float64 else np.float32
        return heights.astype(kind, copy=False)


def view_of(windows: Windows, xy: Sequence[float], sight: LineOfSight) -> View:
    """Read the heights around an eye."""
    grid, place = windows.grid, f"{xy[0]:.1f}, {xy[1]:.1f}"
    left, bottom, right, top = grid.bounds
    if not (left <= xy[0] <= right and bottom <= xy[1] <= top):
        edges = ", ".join(f"{edge:.0f}" for edge in grid.bounds)
        msg = (
            f"the observer at {place} is off the raster, which covers ({edges}) as left, "
            "bottom, right, top; give it in the CRS of the raster"
        )
        raise InvalidParameterError(msg)
    row, column = places(grid, np.array([xy], dtype=np.float64))[0]
    # A cell more on every side than is in range, for the lines between the outermost centres.
    reach = sight.max_km * 1000.0 / grid.resolution_m
    rows, columns = (
        slice(max(math.floor(at - reach) - 1, 0), min(math.ceil(at + reach) + 2, size))
        for at, size in zip((row, column), grid.shape, strict=True)
    )
    heights = windows.heights(rows, columns)
    low, high = float(heights.min()), float(heights.max())
    top_m, gaps = max(abs(low), abs(high)), 0
    if math.isnan(top_m):
        top_m, gaps = scan(heights)
    # A void that slipped through as a number is seen here: it is higher or lower than all ground.
    if top_m > MOST_M or top_m in np.abs(USUAL_VOIDS):
        refuse_impossible(heights)
    row, column = row - rows.start + 1.0, column - columns.start + 1.0
    eye = _ground_below(heights, row, column) + float(sight.height_m)
    if math.isnan(eye):
        msg = (
            f"the observer at {place} stands where there is no elevation; move it, or fill the "
            "void first"
        )
        raise InvalidParameterError(msg)
    return View(
        heights=heights, row=float(row), column=float(column), eye=float(eye), cell_m=grid.resolution_m,
        rows=rows, columns=columns, sight=sight, top_m=float(top_m), gaps=int(gaps > 0),
    )  # fmt: skip


def _ground_below(heights: FloatArray, row: float, column: float) -> float:
    """Height between the four nearest centres, at a place in the heights with their rim."""
    i, j = int(row), int(column)
    near = np.ix_(
        *(np.clip([at - 1, at], 0, n - 1) for at, n in zip((i, j), heights.shape, strict=True))
    )
    return float(ground_at(heights[near], row - i, column - j))


def one_point(observer: Any, grid: Grid) -> tuple[float, float]:
    """Read where one observer stands."""
    if isinstance(observer, shapely.Geometry):
        points = [observer]
    elif isinstance(observer, (gpd.GeoSeries, gpd.GeoDataFrame)):
        check_same_crs(observer, grid.crs, "observer")
        points = list(observer.geometry)
        if len(points) != 1:
            msg = (
                f"observer must be one point, got {len(points)}; for several use "
                "visibility.cumulative_viewshed or visibility.who_sees"
            )
            raise InvalidParameterError(msg)
    else:
        msg = (
            "observer must be a shapely Point in the CRS of the raster, or a GeoSeries of one, got "
            f"{type(observer).__name__}"
        )
        raise InvalidParameterError(msg)
    x, y = _coordinates(points, "observer")[0]
    return float(x), float(y)


def points_of(points: Any, grid: Grid, what: str = "observers") -> tuple[FloatArray, list[Any]]:
    """Read where several points are."""
    if isinstance(points, (gpd.GeoSeries, gpd.GeoDataFrame)):
        check_same_crs(points, grid.crs, what)
        given = points.geometry
        found, labels = list(given), list(given.index)
    elif isinstance(points, (list, tuple, np.ndarray)):
        found, labels = list(points), list(range(len(points)))
    else:
        msg = f"{what} must be a GeoSeries of points or a list of them, got {type(points).__name__}"
        raise InvalidParameterError(msg)
    if not found:
        msg = f"{what} is empty; give at least one point"
        raise InvalidParameterError(msg)
    return _coordinates(found, what), labels


def _coordinates(points: list[Any], what: str) -> FloatArray:
    if not _are_points(points):
        for at, point in enumerate(points):
            kind = getattr(point, "geom_type", type(point).__name__)
            if kind != "Point" or point.is_empty:
                which = f"number {at}, " if len(points) > 1 else ""
                msg = (
                    f"{what} must be points that are not empty, got {which}"
                    f"{'an empty point' if kind == 'Point' else kind}; use .centroid or .dropna()"
                )
                raise InvalidGeometryError(msg)
    xy: FloatArray = shapely.get_coordinates(points)
    if not np.isfinite(xy).all():
        msg = f"{what} must have finite coordinates, got {xy[~np.isfinite(xy).all(axis=1)][0]}"
        raise InvalidGeometryError(msg)
    return xy


def _are_points(points: list[Any]) -> bool:
    """Tell whether all are points with a place, at once: there may be millions."""
    if not all(isinstance(point, shapely.Point) for point in points):
        return False
    return not shapely.is_empty(points).any()
