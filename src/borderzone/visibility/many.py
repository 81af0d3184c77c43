"""What many observers see: how many see a cell, and which, kept as bits."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr

from borderzone._cells import cells_of_points
from borderzone._guards import check_choice, check_threads, guarded
from borderzone._kernels.sight import add_seen, note_seen
from borderzone.errors import InvalidParameterError, LimitError, ShapeMismatchError
from borderzone.visibility.viewsheds import (
    METHODS,
    REFRACTION,
    LineOfSight,
    Ring,
    Windows,
    points_of,
    ring_within,
    states_of,
    view_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    import shapely

    from borderzone._typing import BoolArray, FloatArray, IntArray
    from borderzone.grid import Grid

__all__ = ["WhoSees", "cumulative_viewshed", "who_sees"]

# As few bytes as the observers need: counts of a whole corridor at 30 m are 67 million cells.
_COUNT_TYPES = ("uint8", "uint16", "uint32")


def cumulative_viewshed(  # noqa: PLR0913 - who looks at what, from where, how far
    dem: xr.DataArray | Windows,
    observers: gpd.GeoSeries | gpd.GeoDataFrame | list[shapely.Point],
    height_m: float | str | Sequence[float] | FloatArray = 10.0,
    target_m: float = 1.7,
    max_km: float | str | Sequence[float] | FloatArray = 10.0,
    refraction: float = REFRACTION,
    *,
    ring: Ring | None = None,
    method: str = "exact",
    dtype: str = "uint16",
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
    ring, method
        As in `viewshed`, for all observers.
    dtype
        Type of the counts: ``"uint8"``, ``"uint16"`` or ``"uint32"``.
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
    check_choice(dtype, "dtype", _COUNT_TYPES)
    sight = (height_m, target_m, max_km, refraction)
    team = _Team.of(dem, observers, sight, ring, method)
    if len(team.xy) > np.iinfo(dtype).max:
        msg = (
            f"{len(team.xy):,} observers are more than {dtype} can count "
            f"({np.iinfo(dtype).max:,}); use dtype='uint32'"
        )
        raise LimitError(msg)
    counts, lock = np.zeros(team.windows.grid.shape, dtype=dtype), Lock()

    fresh = []

    def add(_: int, rows: slice, columns: slice, states: IntArray) -> None:
        # Looking is long and adding short: one lock on the raster costs less than one raster a thread.
        with lock:
            fresh.append(add_seen(counts[rows, columns], states))

    team.look(add, threads)
    raster = team.windows.grid.wrap(
        counts, name="cumulative_viewshed", units="1", long_name="observers that see the cell"
    )
    raster.attrs |= {"observers": len(team.xy), "cells_seen": int(sum(fresh))}
    return raster


def who_sees(  # noqa: PLR0913 - who looks at what, from where, how far
    dem: xr.DataArray | Windows,
    observers: gpd.GeoSeries | gpd.GeoDataFrame | list[shapely.Point],
    height_m: float | str | Sequence[float] | FloatArray = 10.0,
    target_m: float = 1.7,
    max_km: float | str | Sequence[float] | FloatArray = 10.0,
    refraction: float = REFRACTION,
    *,
    targets: gpd.GeoSeries | xr.DataArray | None = None,
    ring: Ring | None = None,
    method: str = "exact",
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
    ring, method, threads
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
    sight = (height_m, target_m, max_km, refraction)
    team = _Team.of(dem, observers, sight, ring, method)
    own = team.windows.grid
    labels: pd.Index | None = None
    cells: IntArray = np.arange(own.shape[0] * own.shape[1])
    if isinstance(targets, xr.DataArray):
        cells = _wanted(targets, own)
    elif targets is not None:
        cells, labels = _cells_of(targets, own)
    # Eight targets a byte, rounded up.
    bits = np.zeros((len(team.xy), -(-len(cells) // 8)), dtype=np.uint8)
    unknown = np.zeros(len(team.xy), dtype=np.int64)
    order = np.argsort(cells, kind="stable")
    rising = cells[order]

    def note(n: int, rows: slice, columns: slice, states: IntArray) -> None:
        unknown[n] = note_seen(
            states, rows.start, columns.start, own.shape[1], rising, order, bits[n]
        )

    team.look(note, threads)
    return WhoSees(
        bits=bits, n_targets=len(cells), observers=pd.Index(team.labels), targets=labels,
        grid=own, cells=cells, unknown=unknown,
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _Team:
    """Observers with what each can see, checked."""

    windows: Windows
    xy: FloatArray
    labels: list[Any]
    sights: list[LineOfSight]
    which: Ring
    method: str

    @classmethod
    def of(
        cls,
        dem: Any,
        observers: Any,
        sight: tuple[Any, float, Any, float],
        ring: Ring | None,
        method: str,
    ) -> _Team:
        height_m, target_m, max_km, refraction = sight
        check_choice(method, "method", METHODS)
        windows = Windows.of(dem)
        xy, labels = points_of(observers, windows.grid)
        heights = _each(height_m, "height_m", observers, len(xy))
        ranges = _each(max_km, "max_km", observers, len(xy))
        sights = [
            LineOfSight(height_m=height, target_m=target_m, max_km=far, refraction=refraction)
            for height, far in zip(heights, ranges, strict=True)
        ]
        # A ring must leave something to look at to each, also to the one that looks least far.
        which = ring_within(ring, min(one.max_km for one in sights))
        return cls(windows=windows, xy=xy, labels=labels, sights=sights, which=which, method=method)

    def look(
        self, tell: Callable[[int, slice, slice, IntArray], None], threads: int | None
    ) -> None:
        """Look from each observer, and tell its number, window and the states in it."""

        def one(n: int) -> None:
            view = view_of(self.windows, self.xy[n], self.sights[n])
            states = states_of(view, self.which, self.method)
            tell(n, view.rows, view.columns, states)

        # An observer a thread: windows differ in size, and a view of one is too short to be shared out.
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


@guarded
@dataclass(frozen=True, kw_only=True)
class WhoSees:
    """
    Which observer sees which target, as packed bits.

    Attributes
    ----------
    bits
        One row for each observer, eight targets a byte as `numpy.packbits` lays them, the first
        in the highest bit; read only.
    n_targets
        Number of targets.
    observers
        Labels of the observers.
    targets
        Labels of the targets that are points; None where they are cells.
    grid
        Grid of the cells.
    cells
        Flat index of the cell of each target on the grid.
    unknown
        For each observer, how many targets in range cannot be told: their line crosses a void.
    """

    bits: IntArray
    n_targets: int
    observers: pd.Index
    targets: pd.Index | None
    grid: Grid
    cells: IntArray
    unknown: IntArray

    def __post_init__(self) -> None:
        """Keep the bits from being changed."""
        self.bits.setflags(write=False)
        self.cells.setflags(write=False)
        self.unknown.setflags(write=False)

    @property
    def nbytes(self) -> int:
        """
        Memory of the bits.

        Returns
        -------
        int
            One bit for each observer and target. Units: bytes.
        """
        return int(self.bits.nbytes)

    @property
    def counts(self) -> xr.DataArray | pd.Series:
        """
        Count the observers that see each target.

        Returns
        -------
        xarray.DataArray or pandas.Series
            Raster of counts where the targets are cells (0 elsewhere), else by target.
        """
        total = np.zeros(self.n_targets, dtype=np.uint32)
        for row in self.bits:
            total += _unpacked(row, self.n_targets)
        return self._shaped(total, "observers", "observers that see the target")

    def seen(self, observer: Hashable) -> xr.DataArray | pd.Series:
        """
        Tell what one observer sees.

        Parameters
        ----------
        observer
            Its label.

        Returns
        -------
        xarray.DataArray or pandas.Series
            True where it sees; a raster where the targets are cells, else by target.

        Raises
        ------
        InvalidParameterError
            If there is no such observer.
        """
        row = self.bits[_position(self.observers, observer, "observer")]
        return self._shaped(_unpacked(row, self.n_targets), "seen", f"seen by {observer}")

    def by(self, target: Any) -> pd.Index:
        """
        Name the observers that see one target.

        Parameters
        ----------
        target
            Label of a point, or row and column of a cell.

        Returns
        -------
        pandas.Index
            Their labels.

        Raises
        ------
        InvalidParameterError
            If there is no such target.
        """
        if self.targets is not None:
            at = _position(self.targets, target, "target")
        else:
            flat = _flat(target, self.grid)
            at = int(np.searchsorted(self.cells, flat))
            if at == self.n_targets or self.cells[at] != flat:
                msg = f"cell {tuple(target)} is not among the {self.n_targets} targets"
                raise InvalidParameterError(msg)
        seen = (self.bits[:, at // 8] >> (7 - at % 8)) & 1
        return self.observers[seen.astype(bool)]

    def matrix(self, targets: gpd.GeoSeries | None = None) -> BoolArray:
        """
        Who sees what as a plain array, for siting.

        Parameters
        ----------
        targets
            Points in the CRS of the grid, each looked up by the cell that holds it;
            all targets unless given.

        Returns
        -------
        BoolArray
            Shape ``(observers, targets)``.

        Raises
        ------
        InvalidParameterError
            If a point is off the raster or not in a cell that was looked at.
        InvalidGeometryError, CRSMismatchError
            If the points are none, or in another CRS.
        """
        if targets is None:
            return np.stack([_unpacked(row, self.n_targets) for row in self.bits])
        flat = _cells_of(targets, self.grid)[0]
        # Cells of points come in the order of the points, and several points may stand in one cell.
        order = np.argsort(self.cells, kind="stable")
        at = np.searchsorted(self.cells[order], flat)
        at = order[np.minimum(at, self.n_targets - 1)]
        missing = self.cells[at] != flat
        if missing.any():
            msg = (
                f"{int(missing.sum())} of {len(flat)} targets are not in a cell that was looked at; "
                "give them to who_sees as targets="
            )
            raise InvalidParameterError(msg)
        return ((self.bits[:, at // 8] >> (7 - at % 8).astype(np.uint8)) & 1).astype(bool)

    def _shaped(self, values: Any, name: str, long_name: str) -> xr.DataArray | pd.Series:
        if self.targets is not None:
            return pd.Series(values, index=self.targets, name=name)
        whole = np.zeros(self.grid.shape, dtype=values.dtype)
        whole.ravel()[self.cells] = values
        return self.grid.wrap(whole, name=name, units="1", long_name=long_name)


def _cells_of(points: Any, grid: Grid) -> tuple[IntArray, pd.Index]:
    """Find the cells that hold points."""
    xy, labels = points_of(points, grid, "targets")
    cells = cells_of_points(xy, grid)
    off = cells < 0
    if off.any():
        edges = ", ".join(f"{edge:.0f}" for edge in grid.bounds)
        msg = f"{int(off.sum())} of {len(xy)} targets are off the raster, which covers ({edges})"
        raise InvalidParameterError(msg)
    return cells, pd.Index(labels)


def _position(labels: pd.Index, label: Any, what: str) -> int:
    at = np.flatnonzero(labels == label)
    if len(at) != 1:
        known = ", ".join(map(str, labels[:5])) + (", ..." if len(labels) > 5 else "")
        msg = f"there is {'no' if not len(at) else 'more than one'} {what} {label!r}; there are {known}"
        raise InvalidParameterError(msg)
    return int(at[0])


def _flat(cell: Any, grid: Grid) -> int:
    if np.shape(cell) != (2,) or not all(
        0 <= value < size for value, size in zip(cell, grid.shape, strict=True)
    ):
        msg = f"a cell is a row and a column within {grid.shape}, got {cell!r}"
        raise InvalidParameterError(msg)
    return int(cell[0]) * grid.shape[1] + int(cell[1])


def _unpacked(row: Any, n: int) -> BoolArray:
    seen: BoolArray = np.unpackbits(row, count=n).astype(np.bool_)
    return seen
