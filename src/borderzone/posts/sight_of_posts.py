"""What each post sees: packed bits of posts by demand, and the chance to detect by range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
import xarray as xr

from borderzone._cells import blocks_of, cells_of_points
from borderzone._guards import (
    as_probabilities,
    as_rising,
    check_whole,
    guarded,
)
from borderzone.corridor import Corridor
from borderzone.crs import check_same_crs
from borderzone.errors import InvalidParameterError, LimitError, ShapeMismatchError
from borderzone.patrol import hazard_by_range
from borderzone.posts.candidate_sites import section_on
from borderzone.visibility import Windows, who_sees

if TYPE_CHECKING:
    import pandas as pd

    from borderzone._typing import BoolArray, FloatArray, IntArray
    from borderzone.grid import Grid

__all__ = ["SightOfPosts", "sight"]

# What a machine of 8 GiB has room for beside the ground. Units: bytes.
_MOST_BYTES = 2 << 30
# Posts whose bits are opened at a time.
_AT_A_TIME = 64
# Mean distance of a place in a square from its middle, in sides.
_MEAN_RADIUS = 0.3826


def sight(  # noqa: PLR0913 - who looks at what, from where, how far
    dem: xr.DataArray | Windows,
    posts: gpd.GeoDataFrame | gpd.GeoSeries,
    demand: gpd.GeoDataFrame | gpd.GeoSeries | xr.DataArray | Corridor,
    *,
    height_m: float | str = 10.0,
    target_m: float = 1.7,
    max_km: float | str = 10.0,
    refraction: float = 0.13,
    every: int = 1,
    curve: pd.DataFrame | None = None,
    threads: int | None = None,
) -> SightOfPosts:
    """
    Tell what each of many posts sees of the demand.

    Lines of sight are those of `visibility.viewshed` by its method ``"fast"``.

    Parameters
    ----------
    dem
        Elevation in a projected CRS, square cells; or `visibility.Windows` of it. Units: m.
    posts
        Points in the CRS of the raster, as from `candidates`.
    demand
        What is to be seen: points in the CRS of the raster, each standing in the middle of its cell; a raster of True and
        False on the same grid, whose True cells count; or a corridor, all of whose cells of known height count.
    height_m, target_m
        Post and target above their ground; the post's may name a column. Units: m.
    max_km
        Farthest look, or a column that holds it. Units: km.
    refraction
        Share of the earth's curvature that light follows.
    every
        Of a raster or a corridor, take every n-th row and column of cells.
    curve
        Chance to detect what is in sight, by range: ``range_km``, rising from 0, and ``pod``, as from
        `patrol.lateral_curve` with ``f_mask=0`` and a watch that stands; straight between, 0 beyond.
    threads
        Threads to look with; all cores unless given. The answer is the same.

    Returns
    -------
    SightOfPosts
        One bit for each post and demand; the chances too where there is a curve.

    Raises
    ------
    InvalidParameterError
        If a parameter is impossible, a post or a demand is off the raster or on no data, or the curve is none.
    InvalidGeometryError, CRSMismatchError
        If posts or demand are no points, or in another CRS.
    NotProjectedError, GridMismatchError
        If the raster is in degrees, or that of the demand on another grid.
    LimitError
        If bits or chances would take more than 2 GiB.

    Examples
    --------
    >>> import shapely
    >>> from affine import Affine
    >>> from pyproj import CRS
    >>> from borderzone.grid import Grid
    >>> grid = Grid(shape=(1, 5), transform=Affine(30, 0, 0, 0, -30, 30), crs=CRS(32637))
    >>> wall = grid.wrap(np.array([[0.0, 0.0, 19.0, 0.0, 0.0]], dtype=np.float32))
    >>> posts = gpd.GeoSeries([shapely.Point(15, 15), shapely.Point(135, 15)], crs=32637)
    >>> found = sight(wall, posts, wall > -1)
    >>> found.bits.tolist(), found.by_demand.tolist(), found.covered([0]).tolist()
    ([[224], [56]], [1, 1, 2, 1, 1], [True, True, True, False, False])
    """
    windows = Windows.of(dem)
    wanted, left_out = _demand_of(demand, windows, check_whole(every, "every", unit="cells"))
    of_cells = isinstance(demand, (Corridor, xr.DataArray))
    sites = _as_table(posts, windows.grid, "posts")
    _check_known(sites, windows, "posts")
    chances = None if curve is None else _curve_of(curve)
    _check_size(len(sites), len(wanted), 0 if chances is None else 4)
    found = who_sees(
        windows, sites, height_m, target_m, max_km, refraction,
        targets=_targets(wanted, windows.grid) if of_cells else wanted.geometry, method="fast", threads=threads,
    )  # fmt: skip
    by_range = None if chances is None else _chances(found.bits, sites, wanted, chances)
    return SightOfPosts(
        bits=found.bits, n_demand=len(wanted), probability=by_range, candidates=sites,
        demand=wanted, unknown=found.unknown, on_no_data=left_out,
    )  # fmt: skip


@guarded
@dataclass(frozen=True, kw_only=True, eq=False)
class SightOfPosts:
    """
    What each of many posts sees of the demand.

    Attributes
    ----------
    bits
        One row a post, eight demands a byte as `numpy.packbits` lays them; uint8, shape ``(posts, ceil(n_demand / 8))``.
    n_demand
        Number of demands.
    probability
        Chance that each post detects each demand, 0 where it is out of sight; float32, shape ``(posts, n_demand)``. None
        where no curve was given.
    candidates
        The posts; None where only the bits are known.
    demand
        The demands, a point each; None where only the bits are known.
    unknown
        For each post, how many demands in range cannot be told, as their line of sight crosses a void: not seen in `bits`.
    on_no_data
        Cells of the corridor that are no demand, for want of a height.

    Raises
    ------
    InvalidParameterError
        If the numbers are none such.
    ShapeMismatchError
        If the arrays and tables do not belong together.

    Examples
    --------
    >>> seen = np.array([[True, False, True], [False, False, True]])
    >>> found = SightOfPosts(bits=np.packbits(seen, axis=1), n_demand=3)
    >>> found.by_candidate.tolist(), found.by_demand.tolist()
    ([2, 1], [1, 0, 2])
    """

    bits: IntArray
    n_demand: int
    probability: FloatArray | None = None
    candidates: gpd.GeoDataFrame | None = None
    demand: gpd.GeoDataFrame | None = None
    unknown: IntArray | None = None
    on_no_data: int = 0

    def __post_init__(self) -> None:
        """Refuse bits that are none, and tables of another length."""
        n = check_whole(self.n_demand, "n_demand")
        bits = np.asarray(self.bits)
        if bits.dtype != np.uint8 or bits.ndim != 2 or bits.shape[1] != -(-n // 8) or not len(bits):
            msg = (
                f"bits of {n:,} demands must be uint8 of shape (posts, {-(-n // 8):,}), as from "
                f"numpy.packbits(seen, axis=1), got {bits.dtype} of shape {bits.shape}"
            )
            raise ShapeMismatchError(msg)
        if n % 8 and (bits[:, -1] & np.uint8(0xFF >> n % 8)).any():
            msg = f"bits hold more than {n:,} demands: the rest of the last byte must be 0, as numpy.packbits leaves it"
            raise InvalidParameterError(msg)
        self._check_beside(len(bits), n)
        object.__setattr__(self, "bits", _kept(bits))
        if self.probability is not None:
            object.__setattr__(self, "probability", _kept(np.asarray(self.probability, np.float32)))

    def _check_beside(self, posts: int, n: int) -> None:
        for name, length in (("candidates", posts), ("unknown", posts), ("demand", n)):
            given: Any = getattr(self, name)
            if given is not None and len(given) != length:
                msg = f"{name} has {len(given):,} rows, the bits are of {posts:,} posts and {n:,} demands"
                raise ShapeMismatchError(msg)
        if self.probability is None:
            return
        chances = np.asarray(self.probability)
        if chances.shape != (posts, n):
            msg = f"probability has shape {chances.shape}, the bits are of {posts:,} posts and {n:,} demands"
            raise ShapeMismatchError(msg)
        for part in range(0, posts, _AT_A_TIME):
            as_probabilities(chances[part : part + _AT_A_TIME], "probability")

    @property
    def n_candidates(self) -> int:
        """
        Number of posts.

        Returns
        -------
        int
            Rows of the bits.
        """
        return len(self.bits)

    def seen_from(self, candidate: int) -> BoolArray:
        """
        Tell what one post sees.

        Parameters
        ----------
        candidate
            Its position, from 0.

        Returns
        -------
        BoolArray
            Shape ``(n_demand,)``.

        Raises
        ------
        InvalidParameterError
            If there is no such post.
        """
        at = check_whole(candidate, "candidate", lowest=0, highest=self.n_candidates - 1)
        seen: BoolArray = self._open(slice(at, at + 1))[0]
        return seen

    def matrix(self) -> BoolArray:
        """
        Open all bits.

        Returns
        -------
        BoolArray
            Shape ``(n_candidates, n_demand)``: a byte for each bit.
        """
        return self._open(slice(None))

    def covered(self, chosen: IntArray | list[int]) -> BoolArray:
        """
        Tell what some posts see together.

        Parameters
        ----------
        chosen
            Their positions, from 0.

        Returns
        -------
        BoolArray
            True where one at least sees; shape ``(n_demand,)``.

        Raises
        ------
        InvalidParameterError
            If there is no such post.
        """
        for one in chosen:
            check_whole(one, "candidate", lowest=0, highest=self.n_candidates - 1)
        rows: Any = self.bits[np.asarray(chosen, dtype=np.int64)]
        together: Any = np.bitwise_or.reduce(rows, axis=0, initial=0).astype(np.uint8)
        seen: BoolArray = np.unpackbits(together, count=self.n_demand).astype(np.bool_)
        return seen

    def field(
        self, chosen: IntArray | list[int], grid: Grid, *, curve: pd.DataFrame | None = None
    ) -> xr.Dataset:
        """
        Lay what some posts see on the ground, as a field for `patrol.weakest_crossings`.

        Parameters
        ----------
        chosen
            Their positions, from 0.
        grid
            Grid of the field, on whose cells the demand lies.
        curve
            Lateral curve of what stands at a post, ``range_km`` and ``pod``, as from `patrol.lateral_curve` with
            ``f_mask=0`` and ``watch=Watch(patrol_km_h=0)``, as a post does not drive: the
            ground in sight has its hazard by range. Without it, ground in sight is certain.

        Returns
        -------
        xarray.Dataset
            ``hazard_per_km`` (1/km, summed over the posts), or ``certain``; 0 or False on ground that was not looked at.

        Raises
        ------
        InvalidParameterError
            If there is no such post, posts or demand are not known, none of it lies on the grid, or the curve is none.

        Examples
        --------
        >>> import shapely
        >>> from affine import Affine
        >>> from pyproj import CRS
        >>> from borderzone.grid import Grid
        >>> grid = Grid(shape=(1, 4), transform=Affine(500, 0, 0, 0, -500, 500), crs=CRS(32637))
        >>> post = gpd.GeoSeries([shapely.Point(250, 250)], crs=32637)
        >>> seen = sight(grid.wrap(np.zeros((1, 4), np.float32)), post, grid.wrap(np.ones((1, 4), bool)))
        >>> import pandas as pd
        >>> curve = pd.DataFrame({"range_km": [0.0, 1.0], "pod": [0.6, 0.0]})
        >>> seen.field([0], grid, curve=curve)["hazard_per_km"].values.astype(float).round(2).tolist()
        [[0.68, 0.38, 0.0, 0.0]]
        """
        if self.demand is None or self.candidates is None:
            msg = "sight without posts and demand cannot be laid on the ground; ask posts.sight for it"
            raise InvalidParameterError(msg)
        seen_by_any = self.covered(chosen)
        xy = shapely.get_coordinates(self.demand.geometry)
        cells = cells_of_points(xy, grid)
        if not (cells >= 0).any():
            msg = "no demand lies on the grid: give the grid that the sight was asked on"
            raise InvalidParameterError(msg)
        if curve is None:
            certain = np.zeros(grid.shape, dtype=bool)
            certain.ravel()[cells[seen_by_any & (cells >= 0)]] = True
            return xr.Dataset({"certain": grid.wrap(certain, name="certain")})
        by_range = _curve_of(curve)
        hazard = np.zeros(grid.shape)
        sites = shapely.get_coordinates(self.candidates.geometry)
        # A post in the cell itself is on average this far from a place in it.
        nearest_m = _MEAN_RADIUS * grid.resolution_m
        for one in np.asarray(chosen, dtype=np.int64):
            seen = np.flatnonzero(self.seen_from(int(one)) & (cells >= 0))
            away_m = np.maximum(np.hypot(*(xy[seen] - sites[one]).T), nearest_m)
            hazard.ravel()[cells[seen]] += hazard_by_range(*by_range, away_m / 1e3)
        layer = grid.wrap(hazard.astype(np.float32), name="hazard_per_km", units="1/km")
        return xr.Dataset({"hazard_per_km": layer})

    @property
    def by_candidate(self) -> IntArray:
        """
        Count the demands that each post sees.

        Returns
        -------
        IntArray
            Shape ``(n_candidates,)``.
        """
        return np.concatenate(
            [
                np.bitwise_count(self.bits[part]).sum(axis=1, dtype=np.int64)
                for part in self._parts()
            ]
        )

    @property
    def by_demand(self) -> IntArray:
        """
        Count the posts that see each demand.

        Returns
        -------
        IntArray
            Shape ``(n_demand,)``.
        """
        total = np.zeros(self.n_demand, dtype=np.int64)
        for part in self._parts():
            total += self._open(part).sum(axis=0)
        return total

    def _parts(self) -> list[slice]:
        return [slice(at, at + _AT_A_TIME) for at in range(0, self.n_candidates, _AT_A_TIME)]

    def _open(self, part: slice) -> BoolArray:
        bits: Any = self.bits[part]
        seen: BoolArray = np.unpackbits(bits, axis=1, count=self.n_demand).astype(np.bool_)
        return seen

    def __repr__(self) -> str:
        """Say how many posts see how much of how much, in one line."""
        seen = int((self.by_demand > 0).sum())
        return (
            f"SightOfPosts({self.n_candidates:,} posts see {seen:,} of {self.n_demand:,} demands"
            f"{', with chances by range' if self.probability is not None else ''})"
        )


def _kept(array: Any) -> Any:
    """Give a view that cannot be written to; the array of the caller stays as it is."""
    view = array.view()
    view.setflags(write=False)
    return view


def _as_table(points: Any, grid: Grid, what: str) -> gpd.GeoDataFrame:
    if not isinstance(points, (gpd.GeoDataFrame, gpd.GeoSeries)):
        msg = f"{what} must be a table or a series of points, got {type(points).__name__}"
        raise InvalidParameterError(msg)
    check_same_crs(points, grid.crs, what)
    if not len(points):
        msg = f"{what} are none; give at least one point"
        raise InvalidParameterError(msg)
    if isinstance(points, gpd.GeoDataFrame):
        return points.copy()
    return gpd.GeoDataFrame(geometry=points)


def _demand_of(demand: Any, windows: Windows, every: int) -> tuple[gpd.GeoDataFrame, int]:
    """Points of the demand, and how many cells are none for want of a height."""
    grid, left_out = windows.grid, 0
    if isinstance(demand, Corridor):
        cells, left_out = _cells_in(demand, windows, every)
    elif isinstance(demand, xr.DataArray):
        cells = _true_cells(demand, grid, every)
    else:
        table = _as_table(demand, grid, "demand")
        _check_known(table, windows, "demand")
        return table, 0
    rows, columns = np.divmod(cells, grid.shape[1])
    points = shapely.points(grid.x[columns], grid.y[rows])
    table = gpd.GeoDataFrame({"cell": cells}, geometry=points, crs=grid.crs)
    if not isinstance(demand, Corridor):
        _check_known(table, windows, "demand")
    return table, left_out


def _targets(wanted: gpd.GeoDataFrame, grid: Grid) -> xr.DataArray:
    """Give cells of the demand as a raster, which looks them up in the same order."""
    mask = np.zeros(grid.shape, dtype=np.bool_)
    mask.flat[wanted["cell"].to_numpy()] = True
    return grid.wrap(mask, name="demand", units="1", long_name="cells to be seen")


def _true_cells(demand: xr.DataArray, grid: Grid, every: int) -> IntArray:
    if demand.dtype != np.bool_:
        msg = f"a raster of demand must be of True and False, got {demand.dtype}"
        raise InvalidParameterError(msg)
    grid.check(demand, "the raster of demand")
    thin = np.zeros(grid.shape, dtype=np.bool_)
    thin[every // 2 :: every, every // 2 :: every] = True
    cells = np.flatnonzero(demand.to_numpy() & thin)
    if not len(cells):
        msg = f"the raster of demand has no cell that is True in every {every}. row and column"
        raise InvalidParameterError(msg)
    return cells


def _cells_in(corridor: Corridor, windows: Windows, every: int) -> tuple[IntArray, int]:
    """Find the cells of a corridor whose height is known."""
    section, grid = section_on(corridor, windows), windows.grid
    found, left_out = [], 0
    for block in blocks_of(grid):
        own = section.cells(block.grid)["segment"].to_numpy() >= 0
        rows, columns = np.nonzero(own)
        rows, columns = rows + block.rows.start, columns + block.columns.start
        keep = (rows % every == every // 2) & (columns % every == every // 2)
        if not keep.any():
            continue
        rows, columns = rows[keep], columns[keep]
        z = windows.heights(block.rows, block.columns)
        void = np.isnan(z[rows - block.rows.start, columns - block.columns.start])
        left_out += int(void.sum())
        found.append((rows * grid.shape[1] + columns)[~void])
    cells = np.concatenate(found) if found else np.zeros(0, np.int64)
    if not len(cells):
        msg = (
            f"no cell of the corridor on the raster has a height ({left_out:,} have none); use elevation "
            "of this corridor, or a smaller every"
        )
        raise InvalidParameterError(msg)
    return np.sort(cells), left_out


def _check_known(table: gpd.GeoDataFrame, windows: Windows, what: str) -> None:
    """Refuse points off the raster, and those that stand where there is no height."""
    xy = shapely.get_coordinates(table.geometry.to_numpy())
    if len(xy) != len(table):
        return  # not points, which is told where they are looked at
    grid = windows.grid
    cells = cells_of_points(xy, grid)
    if (cells < 0).any():
        edges = ", ".join(f"{edge:.0f}" for edge in grid.bounds)
        msg = f"{int((cells < 0).sum()):,} of {len(xy):,} {what} are off the raster, which covers ({edges})"
        raise InvalidParameterError(msg)
    rows, columns = np.divmod(cells, grid.shape[1])
    void = np.zeros(len(cells), dtype=np.bool_)
    # By strips of rows, so that a lazy raster is never held whole.
    for first in range(int(rows.min()), int(rows.max()) + 1, 1024):
        here = np.flatnonzero((rows >= first) & (rows < first + 1024))
        if not len(here):
            continue
        strip = slice(first, int(rows[here].max()) + 1)
        wide = slice(int(columns[here].min()), int(columns[here].max()) + 1)
        z = windows.heights(strip, wide)
        void[here] = np.isnan(z[rows[here] - first, columns[here] - wide.start])
    if void.any():
        x, y = xy[void][0]
        msg = (
            f"{int(void.sum()):,} of {len(xy):,} {what} stand where there is no elevation, the first at {x:.1f}, "
            f"{y:.1f}; leave them out, or fill the void first"
        )
        raise InvalidParameterError(msg)


def _curve_of(curve: Any) -> tuple[FloatArray, FloatArray]:
    names = list(getattr(curve, "columns", ()))
    if "range_km" not in names or "pod" not in names:
        msg = (
            "curve must be a table with range_km and pod, as from patrol.lateral_curve, got "
            f"{names or type(curve).__name__}"
        )
        raise InvalidParameterError(msg)
    range_km = as_rising(curve["range_km"], "range_km", "km", from_zero=True, fewest=2)
    if range_km[0] != 0:
        msg = f"the curve must begin at a range of 0, got {range_km[0]:g} km"
        raise InvalidParameterError(msg)
    return range_km, as_probabilities(curve["pod"], "pod")


def _check_size(posts: int, n: int, chance_bytes: int) -> None:
    for what, size in (("bits", posts * -(-n // 8)), ("chances", posts * n * chance_bytes)):
        if size > _MOST_BYTES:
            msg = (
                f"{what} of {posts:,} posts and {n:,} demands take {size / 2**30:.1f} GiB, above the limit of "
                f"{_MOST_BYTES >> 30}; take fewer posts, or a larger every"
            )
            raise LimitError(msg)


def _chances(
    bits: IntArray, sites: Any, wanted: Any, curve: tuple[FloatArray, FloatArray]
) -> FloatArray:
    """Chance of each post to detect each demand that it sees."""
    stands, targets = (shapely.get_coordinates(t.geometry.to_numpy()) for t in (sites, wanted))
    found = np.zeros((len(stands), len(targets)), dtype=np.float32)
    for n, xy in enumerate(stands):
        seen = np.flatnonzero(np.unpackbits(bits[n], count=len(targets)))
        off = (targets[seen] - xy) / 1000.0
        found[n, seen] = np.interp(np.hypot(off[:, 0], off[:, 1]), *curve, right=0.0)
    return found
