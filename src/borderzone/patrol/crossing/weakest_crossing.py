"""Kilometre by kilometre the way across a corridor that is watched least."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xarray as xr

from borderzone._guards import check_flag, check_positive, check_threads, guarded, is_number
from borderzone._guards.rasters import heights_of, refuse_impossible
from borderzone._kernels import cost_distance, focal
from borderzone.access.search import OddCells, RoadSteps, SpeedTable, Steps
from borderzone.access.speed import speed_function
from borderzone.errors import CoverageGapError, InvalidParameterError
from borderzone.grid import Grid, check_cell_values
from borderzone.patrol.crossing.detection_field import LAYERS, added

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from borderzone._typing import BoolArray, FloatArray, IntArray
    from borderzone.corridor import Corridor

__all__ = ["CrossingSearch", "WeakestCrossings", "weakest_crossings"]

# Half the longest step, a knight's, in cells, and a little: no step leaps a band twice as wide.
_HALF_STEP = 0.5 * np.sqrt(5.0) + 1e-6
# Prices of an hour that are tried for ways within one night; the dearest leaves the quickest way alone.
_PRICES, _DEAREST_H = 16, 1e9
_SAME_POD = 1e-6
_PUBLIC_KM = 10.0


@guarded
@dataclass(frozen=True, kw_only=True, eq=False)
class WeakestCrossings:
    """
    The ways across that are watched least.

    Attributes
    ----------
    by_km
        One row a kilometre of the border: ``km_start``, ``km_end``, ``exponent`` and ``pod`` of the way through it that
        is watched least, its ``time_h``, ``into`` which country it leads, and ``longer_than_night``; with a night also
        ``night_pod`` of the best way found within one night (NaN where none is) and ``night_pod_at_least``, which
        no such way is below.
    light
        The light of the field.
    night_h
        The night that ways are held against; NaN where none was given. Units: h.
    ways
        The lines, one for each kilometre, in the CRS of the grid; None unless asked for. They are for internal use: what
        is published tells 10 km.
    unknown_cells
        Cells of the corridor whose height or speed is not known; no way leads through them.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "km_start": [0.0, 1.0], "km_end": [1.0, 2.0], "exponent": [0.7, 0.1], "pod": [0.5, 0.1],
    ...     "time_h": [2.0, 9.0], "into": ["IRQ", "IRQ"], "longer_than_night": [False, False],
    ... })
    >>> found = WeakestCrossings(by_km=table, light="night", night_h=10.0, ways=None, unknown_cells=0)
    >>> found.pod, found.by_10_km["pod"].tolist()
    (0.1, [0.1])
    """

    by_km: pd.DataFrame
    light: str
    night_h: float
    ways: gpd.GeoDataFrame | None
    unknown_cells: int

    @property
    def pod(self) -> float:
        """
        Probability of detection on the weakest way of all.

        Returns
        -------
        float
            1 where no way leads across unseen for certain.
        """
        return float(self.by_km["pod"].min())

    @property
    def by_10_km(self) -> pd.DataFrame:
        """
        What may be published: the weakest way of every 10 km, without place or line.

        Returns
        -------
        DataFrame
            Columns km_start, km_end, pod, longer_than_night; night_pod where there is a night.
        """
        block = (self.by_km["km_start"] // _PUBLIC_KM).astype(int)
        groups = self.by_km.groupby(block, sort=True)
        weakest = groups["exponent"].idxmin()
        table = pd.DataFrame(
            {
                "km_start": groups["km_start"].min(),
                "km_end": groups["km_end"].max(),
                "pod": groups["pod"].min(),
                "longer_than_night": self.by_km.loc[weakest, "longer_than_night"].to_numpy(),
            }
        )
        if "night_pod" in self.by_km:
            table["night_pod"] = groups["night_pod"].min()
        return table.reset_index(drop=True)

    def __repr__(self) -> str:
        """Tell how many kilometres there are, and the weakest, but not where it is."""
        return f"WeakestCrossings({len(self.by_km)} km, {self.light}: weakest POD {self.pod:.3f})"


def weakest_crossings(  # noqa: PLR0913 - what watches, where, who crosses, and what is told
    field: xr.Dataset | Sequence[xr.Dataset],
    corridor: Corridor,
    *,
    dem: xr.DataArray | None = None,
    speed: str | float | xr.DataArray | Callable[[Any], Any] = "foot",
    surface_factor: xr.DataArray | None = None,
    night_h: float | None = None,
    depth_km: float | None = None,
    trace: bool = False,
    threads: int | None = None,
) -> WeakestCrossings:
    """
    Find, for every kilometre of a border, the way across that is watched least.

    A way costs the integral of what watches it, and is detected with ``1 - exp(-cost)``. It leads from the far edge of the
    corridor through a cell of the border to the other edge: the least cost to the border cells, plus the least
    cost from there onwards, which is sought backwards because pace hangs on direction. Of equal ways the
    quicker is told. It is a bound on the mean: nobody need know the way, but who does meets this.

    Parameters
    ----------
    field
        What watches, as from `detection_field`, or several that add up; layers as there, and ``hazard_per_h`` (1/h) for
        what detects by time. A field is of one light.
    corridor
        The corridor of the border, in one section, on whose ground ways stay.
    dem
        Elevation on the grid of the field, for a speed that hangs on gradients. Units: m.
    speed
        Speed of who crosses: a name or a function as of `travel_time`, with `dem`; or without, a number, or a raster on
        the grid of the field. Units: km/h.
    surface_factor
        Share of that speed which the surface allows, 0 where it is closed.
    night_h
        Length of a night: longer ways are marked, and the best way within it is sought by a price on
        time. Units: h.
    depth_km
        How far from the border on each side ways begin and end; the whole depth of the corridor when left out. Units: km.
    trace
        Whether to trace the lines.
    threads
        Threads, at most two of use; the result is the same.

    Returns
    -------
    WeakestCrossings
        Tables by kilometre and by 10 km, and the lines if asked for.

    Raises
    ------
    InvalidParameterError
        If a layer, a speed or a length of time is impossible.
    CoverageGapError
        If no cell of one edge of the corridor is open.
    GridMismatchError, CRSMismatchError
        If rasters lie on several grids, or on another than the corridor's CRS.
    SeveralSectionsError
        If the corridor needs several CRSs.

    References
    ----------
    .. [1] Dijkstra, E. (1959). A note on two problems in connexion with graphs. Numerische
       Mathematik 1, 269-271. https://doi.org/10.1007/BF01386390

    Examples
    --------
    Eight kilometres at an exponent of 0.1 a kilometre:

    >>> from borderzone import Border, Corridor
    >>> corridor = Corridor.around(Border.between("AZE", "TUR"), depth_km=4)
    >>> grid = corridor.grid(500)
    >>> field = xr.Dataset({"hazard_per_km": grid.wrap(np.full(grid.shape, 0.1))})
    >>> found = weakest_crossings(field, corridor, speed=4.0)
    >>> print(len(found.by_km), round(found.pod, 2), round(1 - np.exp(-0.8), 2))
    8 0.55 0.55
    """
    deepest = np.inf if depth_km is None else check_positive(depth_km, "depth_km", "km")
    search = CrossingSearch.of(
        field,
        corridor,
        dem=dem,
        speed=speed,
        surface_factor=surface_factor,
        deepest_km=deepest,
        threads=threads,
    )
    night = np.inf if night_h is None else check_positive(night_h, "night_h", "h")
    table, ways = search.weakest(trace=check_flag(trace, "trace"))
    table["longer_than_night"] = table["time_h"] > night
    if np.isfinite(night):
        _within_night(search, table, night)
    return WeakestCrossings(
        by_km=table, light=search.light, night_h=float("nan") if night_h is None else night,
        ways=ways, unknown_cells=search.unknown_cells,
    )  # fmt: skip


@dataclass(kw_only=True, slots=True)
class CrossingSearch:
    """The graph of one corridor and field, searched again and again."""

    grid: Grid
    light: str
    # What the kernel reads, as it says there.
    watch: tuple[FloatArray, ...]
    z: FloatArray | None
    table: SpeedTable
    # Flat.
    closed: BoolArray
    # Of the two countries, the starting cells and how far they lie from the outer edge.
    edges: dict[str, tuple[IntArray, FloatArray]]
    # Border cells, and for each pair of cell and kilometre that it stands for, both.
    border: IntArray
    pairs: tuple[IntArray, IntArray]
    km: FloatArray
    km_end: float
    odd: OddCells
    steps: Steps
    threads: int
    unknown_cells: int
    corners: bool = True

    @classmethod
    def of(  # noqa: PLR0913 - what watches, where, who crosses
        cls, field: Any, corridor: Corridor, *, dem: Any, speed: Any, surface_factor: Any = None,
        deepest_km: float = np.inf, threads: int | None,
    ) -> CrossingSearch:  # fmt: skip
        """Check and lay out everything."""
        fields = list(field) if isinstance(field, (list, tuple)) else [field]
        if not fields or not all(isinstance(one, xr.Dataset) for one in fields):
            kinds = ", ".join(sorted({type(one).__name__ for one in fields})) or "nothing"
            msg = (
                f"field must be an xarray.Dataset as detection_field gives, or several, got {kinds}"
            )
            raise InvalidParameterError(msg)
        grid = Grid.of(next(iter(fields[0].data_vars.values()), xr.DataArray()))
        lights = sorted({str(one.attrs["light"]) for one in fields if "light" in one.attrs})
        if len(lights) > 1:
            msg = (
                f"fields must be of one light, got {' and '.join(lights)}; ask for each light apart"
            )
            raise InvalidParameterError(msg)
        layers = added(fields, grid)
        cells = corridor.cells(grid)
        inside = cells["segment"].to_numpy() >= 0
        if np.isfinite(deepest_km):
            inside &= np.abs(cells["offset_km"].to_numpy()) <= deepest_km
        certain = layers.pop("certain", np.zeros((), bool))
        moves = _Moves.of(grid, dem, speed, surface_factor)
        unknown = inside & moves.unknown
        shut = ~inside | unknown | moves.closed
        closed = shut | certain
        edges = _edges_of(corridor, deepest_km, cells, shut, closed, grid.resolution_m / 1e3)
        rows = corridor.segments
        span = float(rows["km_start"].min()), float(rows["km_end"].max())
        border, pairs, km = _border_cells(cells, inside, grid.resolution_m / 1e3, span)
        return cls(
            grid=grid, light=lights[0] if lights else "any", watch=moves.watched(layers, closed), z=moves.z,
            table=moves.table,
            closed=closed.ravel(), edges=edges, border=border,
            pairs=pairs, km=km, km_end=span[1], odd=OddCells.of(grid.shape, [], RoadSteps.none()),
            steps=Steps.of(grid.shape[1], 16), threads=check_threads(threads),
            unknown_cells=int(unknown.sum()),
        )  # fmt: skip

    def weakest(
        self, price_h: float = 0.0, *, trace: bool = False
    ) -> tuple[pd.DataFrame, gpd.GeoDataFrame | None]:
        """Tabulate the least way of every kilometre, and the lines; costs are told without the price."""
        best: pd.DataFrame | None = None
        lines: list[Any] = [None] * len(self.km)
        first, second = self.edges
        for far, near in ((first, second), (second, first)):
            crossed = self.crossed(far, near, price_h)
            key, hours = crossed.cost, crossed.hours
            at = self.least_by_km(key, hours)
            way = np.isfinite(key)
            without_price = np.where(
                way, np.maximum(key - price_h * np.where(way, hours, 0.0), 0.0), np.inf
            )
            found = pd.DataFrame({
                "km_start": self.km, "km_end": self.km + 1.0,
                "exponent": without_price[at],
                "time_h": hours[at], "into": near, "cell": self.border[at], "key": key[at],
            })  # fmt: skip
            better = np.ones(len(found), bool) if best is None else _is_less(found, best)
            best = found if best is None else _either(best, found, better)
            if trace:
                for place in np.flatnonzero(better):
                    if np.isfinite(found["key"].iloc[place]):
                        lines[place] = self.line(crossed, int(found["cell"].iloc[place]))
            if self.is_same_both_ways:
                break
        assert best is not None  # noqa: S101 - for the type checker: there are two countries
        best["km_end"] = np.minimum(best["km_end"], self.km_end)
        best.insert(3, "pod", -np.expm1(-best["exponent"]))
        ways = None
        if trace:
            kept = best[["km_start", "km_end", "pod", "into"]]
            ways = gpd.GeoDataFrame(kept, geometry=gpd.GeoSeries(lines, crs=self.grid.crs))
        return best.drop(columns=["cell", "key"]), ways

    @property
    def is_same_both_ways(self) -> bool:
        """Whether pace hangs on no direction, so that ways back are as ways there."""
        return self.z is None

    def crossed(self, far: str, near: str, price_h: float) -> CrossedBorder:
        """Search from the far edge forwards and from the near one backwards, and put both halves together."""
        jobs = [(far, "from"), (near, "towards")]
        with ThreadPoolExecutor(min(2, self.threads)) as pool:
            first, second = pool.map(lambda job: self._pass(job[0], job[1], price_h), jobs)
        cost = np.where(self.closed[self.border], np.inf, first[0] + second[0])
        return CrossedBorder(cost=cost, hours=first[1] + second[1], backs=(first[2], second[2]))

    def _pass(
        self, country: str, direction: str, price_h: float
    ) -> tuple[FloatArray, FloatArray, IntArray]:
        """Search from one edge: costs and hours at the border cells, and the steps that led to every cell."""
        cost, time = (np.full(self.closed.size, np.inf) for _ in range(2))
        cost[self.closed], time[self.closed] = -1.0, -1.0
        back = np.full(cost.size, cost_distance.NO_STEP, np.uint8)
        starts, edge_km = self.edges[country]
        wanted = np.zeros(cost.size // 8 + 1, np.uint8)
        np.bitwise_or.at(wanted, self.border >> 3, (1 << (self.border & 7)).astype(np.uint8))
        open_border = int((~self.closed[self.border]).sum())
        table = self.table.turned(direction)
        pace, watched = self._on_level(starts)
        cell_m = self.grid.resolution_m
        length_m = self.steps.length * cell_m
        stride = np.array([int(layer.size > 1) for layer in self.watch])
        cost_distance.least_watched(
            self.z, self.watch, stride,
            (self.steps.offset, self.steps.pass_a, self.steps.pass_b, length_m / 1e3, table.per_unit / length_m),
            (self.odd.lookup, self.odd.cells, self.odd.barred), (True, self.corners), table.lines, float(price_h), starts,
            (edge_km * (watched + price_h * pace), edge_km * pace), cost, time, back, wanted, open_border,
        )  # fmt: skip
        # What is not at the border goes at once: it takes most of the room.
        return cost[self.border], time[self.border], back

    def _on_level(self, cells: IntArray) -> tuple[FloatArray, FloatArray]:
        """Hours and exponent a kilometre on cells as if level."""
        if self.z is None:
            per_km, pace = self.watch
            return pace[cells].astype(float), per_km[cells].astype(float)
        swept, patrol, by_km, by_h, share = (
            (layer[cells] if layer.size > 1 else layer).astype(float) for layer in self.watch
        )
        level = self.table.lines[2 * (len(self.table.lower) // 2)]
        hours = 1000.0 / (level * share) * np.ones(len(cells))
        return hours, swept * np.sqrt(1.0 + (patrol * hours) ** 2) + by_km + by_h * hours

    def least_by_km(self, key: FloatArray, hours: FloatArray) -> IntArray:
        """Find the border cell of the least way of every kilometre."""
        cell, km = self.pairs
        order = np.lexsort((cell, hours[cell], key[cell], km))
        _, first = np.unique(km[order], return_index=True)
        return cell[order][first]

    def beyond_km(self, cells: IntArray) -> FloatArray:
        """Tell how far starting cells lie from the outer edge."""
        both = [np.concatenate(parts) for parts in zip(*self.edges.values(), strict=True)]
        order = np.argsort(both[0], kind="stable")
        at = order[np.searchsorted(both[0], cells, sorter=order)]
        return np.asarray(both[1][at])

    def trail(self, crossed: CrossedBorder, cell: int) -> tuple[Any, Any]:
        """Give both halves of the way through a border cell, each from there outwards."""
        first, second = (
            cost_distance.trail(back, self.steps.offset, cell) for back in crossed.backs
        )
        return first, second

    def line(self, crossed: CrossedBorder, cell: int) -> shapely.LineString | None:
        """Draw the way through a border cell."""
        (inwards, _), (outwards, _) = self.trail(crossed, cell)
        cells = np.concatenate([inwards[::-1], outwards[1:]])
        row, column = np.divmod(cells, self.grid.shape[1])
        if len(cells) < 2:
            return None
        return shapely.LineString(np.column_stack([self.grid.x[column], self.grid.y[row]]))


@dataclass(frozen=True, kw_only=True, slots=True)
class CrossedBorder:
    """Costs and hours of the best ways through the border cells, infinite where none leads, and the steps of both halves."""

    cost: FloatArray
    hours: FloatArray
    backs: tuple[IntArray, IntArray]


def _either(best: pd.DataFrame, found: pd.DataFrame, better: BoolArray) -> pd.DataFrame:
    return pd.concat([best[~better], found[better]]).sort_index()


def _is_less(found: pd.DataFrame, best: pd.DataFrame) -> BoolArray:
    less = found["key"] < best["key"]
    return np.asarray(less | ((found["key"] == best["key"]) & (found["time_h"] < best["time_h"])))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Moves:
    """How fast the crosser is: on level ground by cell, or by gradient and the share that a cell allows."""

    z: FloatArray | None
    table: SpeedTable
    # Speed on each cell (km/h), or share of the table's; of one number where it is the same everywhere.
    share: FloatArray
    # unknown, closed: Where heights or speeds are not known, and where there is none.
    unknown: BoolArray
    closed: BoolArray

    @classmethod
    def of(cls, grid: Grid, dem: Any, speed: Any, surface_factor: Any) -> _Moves:
        """Check what is given."""
        share = np.ones(1, np.float32)
        if surface_factor is not None:
            share = _numbers_on(grid, surface_factor, "surface_factor", highest=1.0)
        z, table = None, SpeedTable(lower=np.full(2, 1000.0), upper=np.full(2, 1000.0), error=0.0)
        if dem is None:
            share = np.asarray(_level_speed(grid, speed) * share, np.float32)
        elif is_number(speed) or isinstance(speed, xr.DataArray):
            msg = "speed must be a name or a function of gradients beside dem; leave dem out for a number or a raster"
            raise InvalidParameterError(msg)
        else:
            z, steepest = _heights_on(grid, dem)
            table = SpeedTable.of(speed_function(speed)[0], steepest)
        unknown = np.zeros(grid.shape, bool) if z is None else np.isnan(z).reshape(grid.shape)
        closed = np.zeros((), bool)
        if share.size > 1:
            unknown |= np.isnan(share).reshape(grid.shape)
            closed = (share <= 0.0).reshape(grid.shape)
        return cls(z=z, table=table, share=share, unknown=unknown, closed=closed)

    def watched(self, layers: dict[str, FloatArray], closed: BoolArray) -> tuple[FloatArray, ...]:
        """Give what the kernel reads: on level ground exponent and hours a kilometre, else all layers."""
        names = [name for name in LAYERS if name != "certain"]
        nothing = np.zeros(1, np.float32)
        flat = [
            np.ascontiguousarray(layers.get(name, nothing), np.float32).ravel() for name in names
        ]
        if self.z is not None:
            return (*flat, self.share)
        swept, patrol, by_km, by_h = flat
        out = closed.ravel()
        with np.errstate(divide="ignore", invalid="ignore"):
            pace = np.broadcast_to(1.0 / self.share, out.shape).copy()
            per_km = swept * np.sqrt(1.0 + (patrol * pace) ** 2) + by_km + by_h * pace
        pace[out], per_km[out] = 0.0, 0.0
        return np.asarray(per_km, np.float32), np.asarray(pace, np.float32)


def _heights_on(grid: Grid, dem: Any) -> tuple[FloatArray, float]:
    """Flat heights, and a gradient that no step exceeds."""
    grid.check(dem, "dem")
    heights = heights_of(dem)
    if focal.n_impossible(heights):
        refuse_impossible(heights)
    z = np.ascontiguousarray(heights, np.float32)
    steepest = 0.0
    # By strips of rows, each with the first of the next, so that little room is taken.
    for first in range(0, len(z), 512):
        strip = z[first : first + 513]
        for axis in (0, 1):
            rise = np.abs(np.diff(strip, axis=axis))
            steepest = max(steepest, float(np.nanmax(rise, initial=0.0)))
    # A diagonal step is longer than a side, and rises no more than two of them.
    return z.ravel(), 2.0 * steepest / grid.resolution_m


def _level_speed(grid: Grid, speed: Any) -> FloatArray:
    if isinstance(speed, xr.DataArray):
        return _numbers_on(grid, speed, "speed")
    if not is_number(speed):
        msg = f"{speed!r} is no speed on level ground: give km/h, or a raster of them; a name or a function takes dem"
        raise InvalidParameterError(msg)
    return np.array([check_positive(speed, "speed", "km/h")], np.float32)


def _numbers_on(grid: Grid, raster: Any, name: str, highest: float = np.inf) -> FloatArray:
    if not isinstance(raster, xr.DataArray):
        msg = f"{name} must be an xarray.DataArray, got {type(raster).__name__}"
        raise InvalidParameterError(msg)
    values = grid.check(raster, name).to_numpy()
    if values.dtype.kind not in "biuf":
        msg = f"{name} must hold numbers, got {values.dtype}"
        raise InvalidParameterError(msg)
    check_cell_values(values, name, high=highest)
    if np.isinf(values).any():
        msg = f"{name} is infinite in {int(np.isinf(values).sum()):,} cells; mask no data as NaN"
        raise InvalidParameterError(msg)
    return np.ascontiguousarray(values, np.float32).ravel()


def _edges_of(
    corridor: Corridor,
    deepest_km: float,
    cells: xr.Dataset,
    shut: BoolArray,
    closed: BoolArray,
    cell_km: float,
) -> dict[str, tuple[IntArray, FloatArray]]:
    """Of both countries, the open cells at the outer edge and how far from it they lie."""
    border = corridor.border
    whose = border.country_of_cells(cells)
    off = np.abs(cells["offset_km"].to_numpy())
    found: dict[str, tuple[IntArray, FloatArray]] = {}
    for number, code in enumerate((border.left, border.right), start=1):
        depth = min(corridor.depth_km[code], deepest_km)
        if depth > 0.0:
            at = (whose == number) & (off >= depth - _HALF_STEP * cell_km)
        else:
            at = off <= _HALF_STEP * cell_km
        starts = np.flatnonzero((at & ~closed).ravel())
        # Where all of it is watched for certain, nobody gets in, and that is an answer.
        if not (at & ~shut).any():
            msg = (
                f"no cell at the edge of the corridor towards {code} is open: nothing can be told of ways "
                f"from there; give a field, heights and speeds that reach {depth:g} km from the border"
            )
            raise CoverageGapError(msg)
        # What is beyond the centre of the cell up to the edge, so that a strip costs what its width does.
        beyond = (
            np.maximum(depth - off.ravel()[starts], 0.0) if depth > 0.0 else np.zeros(len(starts))
        )
        found[code] = starts, beyond.astype(float)
    return found


def _border_cells(
    cells: xr.Dataset, inside: BoolArray, cell_km: float, span: tuple[float, float]
) -> tuple[IntArray, tuple[IntArray, IntArray], FloatArray]:
    """Cells about the border that no step leaps, and the kilometres that each stands for."""
    off, chainage = cells["offset_km"].to_numpy().ravel(), cells["chainage_km"].to_numpy().ravel()
    with np.errstate(invalid="ignore"):
        border = np.flatnonzero(inside.ravel() & (np.abs(off) <= _HALF_STEP * cell_km))
    if not len(border):
        msg = f"no cell of {cell_km:g} km lies at the border inside the corridor; take a finer grid"
        raise CoverageGapError(msg)
    at = chainage[border].astype(float)
    # A cell longer than a kilometre stands for all that it covers, and where a kilometre has none, the
    # nearest does.
    spare = max(0.0, (cell_km - 1.0) / 2.0)
    first, last = int(np.floor(span[0])), max(int(np.ceil(span[1])) - 1, int(np.floor(span[0])))
    low = np.clip(np.floor(at - spare), first, last).astype(np.int64)
    high = np.clip(np.floor(at + spare), first, last).astype(np.int64)
    count = high - low + 1
    cell = np.repeat(np.arange(len(border)), count)
    km = np.repeat(low, count) + np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    empty = np.setdiff1d(np.arange(first, last + 1), km)
    nearest = np.abs(at[None] - (empty[:, None] + 0.5)).argmin(axis=1)
    cell, km = np.append(cell, nearest), np.append(km, empty)
    return border, (cell, km - first), np.arange(first, last + 1).astype(float)


def _within_night(search: CrossingSearch, table: pd.DataFrame, night_h: float) -> None:
    """Find the best way within a night, and what none is below, by prices on an hour."""
    cost, took = table["exponent"].to_numpy(), table["time_h"].to_numpy()
    late = np.isfinite(cost) & (took > night_h)
    ways = _Priced(
        night_h=night_h, long=(cost.copy(), took.copy()), bound=cost.copy(), open_km=late.copy(),
        short=(np.where(late, np.inf, cost), np.where(late, np.inf, took)),
    )  # fmt: skip
    price: float | None = _DEAREST_H
    for _ in range(_PRICES):
        if price is None or not ways.open_km.any():
            break
        found, _lines = search.weakest(price)
        ways.learn(price, found["exponent"].to_numpy(), found["time_h"].to_numpy())
        price = ways.next_price(price)
    best = ways.short[0]
    none = late & np.isinf(best)
    table["night_pod"] = np.where(none, np.nan, -np.expm1(-best))
    table["night_pod_at_least"] = -np.expm1(-np.where(none, cost, np.minimum(ways.bound, best)))


# The price of an hour is Lagrange's: the least of exponent + price * hours, less price * night, is below
# every way within the night. Of each kilometre two ways are held, one that lasts longer and is watched
# less, and one within the night; the next price makes both cost the same, and either finds a way
# between them or shows that prices find none.
@dataclass(kw_only=True, slots=True)
class _Priced:
    """Ways of all kilometres at the prices that were tried."""

    night_h: float
    # long, short: Exponents and hours of the ways beyond the night and within it.
    long: tuple[FloatArray, FloatArray]
    short: tuple[FloatArray, FloatArray]
    bound: FloatArray
    # Kilometres where another price may tell more.
    open_km: BoolArray

    def learn(self, price: float, cost: FloatArray, hours: FloatArray) -> None:
        """Take in the best ways at a price."""
        fits = hours <= self.night_h
        better = fits & (cost < self.short[0])
        self.short = _chosen(better, (cost, hours), self.short)
        if price == _DEAREST_H:
            # The quickest ways: where they are too long, none is short enough.
            self.open_km &= fits
            return
        between = self.open_km & ~fits & (cost > self.long[0])
        found_none = self.open_km & ~between & ~better & (self._chord() == price)
        self.long = _chosen(between, (cost, hours), self.long)
        dual = np.where(np.isfinite(hours), cost + price * (hours - self.night_h), -np.inf)
        self.bound = np.where(self.open_km, np.maximum(self.bound, dual), self.bound)
        self.open_km &= ~found_none & (np.exp(-self.bound) - np.exp(-self.short[0]) > _SAME_POD)

    def next_price(self, last: float) -> float | None:
        """Give the price at which the two ways of the widest gap cost the same."""
        gap = np.where(self.open_km, np.exp(-self.bound) - np.exp(-self.short[0]), 0.0)
        worst = int(np.argmax(gap))
        price = float(self._chord()[worst])
        return price if gap[worst] > 0.0 and np.isfinite(price) and price != last else None

    def _chord(self) -> FloatArray:
        # Where no way is within the night, or none lasts longer, there is no such price.
        with np.errstate(invalid="ignore", divide="ignore"):
            return (self.short[0] - self.long[0]) / (self.long[1] - self.short[1])


def _chosen(
    where: BoolArray, new: tuple[FloatArray, FloatArray], old: tuple[FloatArray, FloatArray]
) -> tuple[FloatArray, FloatArray]:
    return np.where(where, new[0], old[0]), np.where(where, new[1], old[1])
