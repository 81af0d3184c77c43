"""What many observers see: how many see a cell, and which."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr

from borderzone._guards import check_choice, check_threads
from borderzone._kernels.line_of_sight import SEEN
from borderzone._kernels.viewshed import add_seen
from borderzone.errors import InvalidParameterError, LimitError, ShapeMismatchError
from borderzone.visibility.ground import Ground, Ring, ring
from borderzone.visibility.observers import points_of
from borderzone.visibility.sight import REFRACTION, Sight
from borderzone.visibility.viewsheds import METHODS, states_of
from borderzone.visibility.who import WhoSees, cells_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import shapely

    from borderzone._typing import FloatArray, IntArray
    from borderzone.grid import Grid
    from borderzone.visibility.segments import Reader

__all__ = ["COUNT_TYPES", "cumulative_viewshed", "who_sees"]

COUNT_TYPES = ("uint8", "uint16", "uint32")


def cumulative_viewshed(  # noqa: PLR0913 (who looks at what, from where, how far)
    dem: xr.DataArray | Reader,
    observers: gpd.GeoSeries | gpd.GeoDataFrame | list[shapely.Point],
    height_m: float | str | Sequence[float] | FloatArray = 10.0,
    target_m: float = 1.7,
    max_km: float | str | Sequence[float] | FloatArray = 10.0,
    refraction: float = REFRACTION,
    *,
    min_km: float = 0.0,
    sector: tuple[float, float] | None = None,
    method: str = "exact",
    dtype: str = "uint16",
    grid: Grid | None = None,
    threads: int | None = None,
) -> xr.DataArray:
    """
    Count for each cell the observers that see it.

    Parameters
    ----------
    dem
        As in `viewshed`.
    observers
        Points in the CRS of the raster.
    height_m, target_m, max_km, refraction
        As in `viewshed`. Height and range may be one number, one for each observer, or the
        name of a column of the observers.
    min_km, sector, method
        As in `viewshed`, for all observers.
    dtype
        Type of the counts: ``"uint8"``, ``"uint16"`` or ``"uint32"``.
    grid
        Grid of a reader.
    threads
        Threads to look with, each for an observer of its own; all cores unless given. The
        answer is the same.

    Returns
    -------
    xarray.DataArray
        Counts on the grid of the raster. Its attributes ``observers`` and ``cells_seen`` (by one at
        least) tell the totals.

    Raises
    ------
    InvalidParameterError, InvalidGeometryError, CRSMismatchError, NotProjectedError
        As in `viewshed`; also if there is no observer or no such column.
    GridMismatchError, ShapeMismatchError
        As in `viewshed`; the latter too if there are not as many heights or ranges as observers.
    LimitError
        If there are more observers than the type can count.

    Examples
    --------
    >>> import shapely
    >>> from affine import Affine
    >>> from pyproj import CRS
    >>> from borderzone.grid import Grid
    >>> grid = Grid(shape=(1, 5), transform=Affine(30, 0, 0, 0, -30, 30), crs=CRS(32637))
    >>> wall = grid.wrap(np.array([[0.0, 0.0, 19.0, 0.0, 0.0]], dtype=np.float32))
    >>> cumulative_viewshed(wall, [shapely.Point(15, 15), shapely.Point(135, 15)]).values
    array([[1, 1, 2, 1, 1]], dtype=uint16)
    """
    check_choice(dtype, "dtype", COUNT_TYPES)
    team = _Team.of(
        dem, observers, (height_m, target_m, max_km, refraction), (min_km, sector, method), grid
    )
    if len(team.xy) > np.iinfo(dtype).max:
        msg = (
            f"{len(team.xy):,} observers are more than {dtype} can count "
            f"({np.iinfo(dtype).max:,}); use dtype='uint32'"
        )
        raise LimitError(msg)
    counts, lock = np.zeros(team.ground.grid.shape, dtype=dtype), Lock()

    fresh = []

    def add(_: int, rows: slice, columns: slice, states: IntArray) -> None:
        with lock:
            fresh.append(add_seen(counts[rows, columns], states))

    team.look(add, threads)
    raster = team.ground.grid.wrap(
        counts, name="cumulative_viewshed", units="1", long_name="observers that see the cell"
    )
    raster.attrs |= {"observers": len(team.xy), "cells_seen": int(sum(fresh))}
    return raster


def who_sees(  # noqa: PLR0913 (who looks at what, from where, how far)
    dem: xr.DataArray | Reader,
    observers: gpd.GeoSeries | gpd.GeoDataFrame | list[shapely.Point],
    height_m: float | str | Sequence[float] | FloatArray = 10.0,
    target_m: float = 1.7,
    max_km: float | str | Sequence[float] | FloatArray = 10.0,
    refraction: float = REFRACTION,
    *,
    targets: gpd.GeoSeries | xr.DataArray | None = None,
    min_km: float = 0.0,
    sector: tuple[float, float] | None = None,
    method: str = "exact",
    grid: Grid | None = None,
    threads: int | None = None,
) -> WhoSees:
    """
    Tell which observer sees which target.

    Parameters
    ----------
    dem, observers, height_m, target_m, max_km, refraction
        As in `cumulative_viewshed`.
    targets
        Points in the CRS of the raster, each standing in the middle of its cell; or a raster of
        True and False on the same grid, whose True cells are targets. All cells unless given.
    min_km, sector, method, grid, threads
        As in `cumulative_viewshed`.

    Returns
    -------
    WhoSees
        One bit for each observer and target: 100 observers over a million cells are 12.5 MB.

    Raises
    ------
    InvalidParameterError, InvalidGeometryError, CRSMismatchError, NotProjectedError
        As in `cumulative_viewshed`; also if the targets are none, or off the raster.
    GridMismatchError, ShapeMismatchError
        As in `cumulative_viewshed`; also if the raster of targets is on another grid.

    Examples
    --------
    >>> import shapely
    >>> from affine import Affine
    >>> from pyproj import CRS
    >>> from borderzone.grid import Grid
    >>> grid = Grid(shape=(1, 5), transform=Affine(30, 0, 0, 0, -30, 30), crs=CRS(32637))
    >>> wall = grid.wrap(np.array([[0.0, 0.0, 19.0, 0.0, 0.0]], dtype=np.float32))
    >>> found = who_sees(wall, [shapely.Point(15, 15), shapely.Point(135, 15)])
    >>> found.by((0, 2)).tolist(), found.by((0, 4)).tolist()
    ([0, 1], [1])
    """
    team = _Team.of(
        dem, observers, (height_m, target_m, max_km, refraction), (min_km, sector, method), grid
    )
    own = team.ground.grid
    labels: pd.Index | None = None
    cells: IntArray = np.arange(own.shape[0] * own.shape[1])
    if isinstance(targets, xr.DataArray):
        cells = _wanted(targets, own)
    elif targets is not None:
        cells, labels = cells_of(targets, own)
    bits = np.zeros((len(team.xy), -(-len(cells) // 8)), dtype=np.uint8)
    rows_of, columns_of = np.divmod(cells, own.shape[1])

    def note(n: int, rows: slice, columns: slice, states: IntArray) -> None:
        row, column = rows_of - rows.start, columns_of - columns.start
        there = (row >= 0) & (row < states.shape[0]) & (column >= 0) & (column < states.shape[1])
        found = np.zeros(len(cells), dtype=np.bool_)
        found[there] = states[row[there], column[there]] == SEEN
        bits[n] = np.packbits(found, bitorder="little")

    team.look(note, threads)
    return WhoSees(
        bits=bits, n_targets=len(cells), observers=pd.Index(team.labels), targets=labels,
        grid=own, cells=cells,
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _Team:
    """Observers with what each can see, checked."""

    ground: Ground
    xy: FloatArray
    labels: list[Any]
    sights: list[Sight]
    which: list[Ring]
    method: str

    @classmethod
    def of(
        cls,
        dem: Any,
        observers: Any,
        sight: tuple[Any, float, Any, float],
        how: tuple[float, tuple[float, float] | None, str],
        grid: Grid | None,
    ) -> _Team:
        height_m, target_m, max_km, refraction = sight
        min_km, sector, method = how
        check_choice(method, "method", METHODS)
        ground = Ground.of(dem, grid)
        xy, labels = points_of(observers, ground.grid)
        heights = _each(height_m, "height_m", observers, len(xy))
        ranges = _each(max_km, "max_km", observers, len(xy))
        sights = [
            Sight(height_m=height, target_m=target_m, max_km=far, refraction=refraction)
            for height, far in zip(heights, ranges, strict=True)
        ]
        return cls(
            ground=ground, xy=xy, labels=labels, sights=sights,
            which=[ring(min_km, far, sector) for far in ranges], method=method,
        )  # fmt: skip

    def look(
        self, tell: Callable[[int, slice, slice, IntArray], None], threads: int | None
    ) -> None:
        """Look from each observer, and tell its number, window and the states in it."""

        def one(n: int) -> None:
            view = self.ground.view(self.xy[n], self.sights[n])
            states = states_of(view, self.which[n], self.method)
            tell(n, view.rows, view.columns, states)

        with ThreadPoolExecutor(check_threads(threads)) as pool:
            list(pool.map(one, range(len(self.xy))))


def _each(value: Any, name: str, observers: Any, n: int) -> list[Any]:
    if isinstance(value, str):
        columns = list(observers.columns) if isinstance(observers, gpd.GeoDataFrame) else []
        if value not in columns:
            msg = (
                f"{name} names the column {value!r}, which the observers do not have; they have "
                f"{', '.join(map(str, columns)) or 'none'}"
            )
            raise InvalidParameterError(msg)
        return list(observers[value])
    if np.ndim(value) == 0:
        return [value] * n
    values = list(np.asarray(value).ravel())
    if len(values) != n:
        msg = f"{name} has {len(values)} values for {n} observers; give one, or one for each"
        raise ShapeMismatchError(msg)
    return values


def _wanted(targets: xr.DataArray, grid: Grid) -> IntArray:
    if targets.dtype != np.bool_:
        msg = f"a raster of targets must be of True and False, got {targets.dtype}"
        raise InvalidParameterError(msg)
    grid.check(targets, "the raster of targets")
    cells = np.flatnonzero(targets.to_numpy())
    if not len(cells):
        msg = "the raster of targets has no cell that is True"
        raise InvalidParameterError(msg)
    return cells
