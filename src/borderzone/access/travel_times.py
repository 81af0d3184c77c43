"""Travel time over open ground from the nearest of several origins."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypedDict

import numpy as np
import shapely
import xarray as xr

from borderzone._cells import cells_inside, cells_of_points, passages_of
from borderzone._guards import check_choice, check_positive, is_number
from borderzone._guards.rasters import check_hours, heights_of, refuse_impossible
from borderzone._kernels import cost_distance, focal
from borderzone.access.search import OddCells, RoadSteps, Rule, SpeedTable, Steps, search
from borderzone.access.speed import speed_function
from borderzone.access.ways import Barred, Ways, barred_by, open_roads, shapes_of, steps_of_roads
from borderzone.errors import InvalidParameterError, NoOverlapError
from borderzone.grid import Grid, check_cell_values

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Unpack

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from borderzone._typing import FloatArray, IntArray

__all__ = ["hours_of", "rasters_of", "travel", "travel_time"]

_LOG = logging.getLogger("borderzone")

Direction = Literal["from", "towards"]
Knight = Literal["halves", "direct"]


class TravelOptions(TypedDict, total=False):
    """Options of `travel_time`, by name."""

    speed: str | Callable[[Any], Any]
    neighbours: int
    surface_factor: xr.DataArray | None
    direction: Direction
    ways: Ways | None
    knight: Knight
    max_h: float | None


def travel_time(  # noqa: PLR0913 - each option changes what the hours mean, and is named at the call
    dem: xr.DataArray,
    origins: gpd.GeoSeries | gpd.GeoDataFrame,
    *,
    speed: str | Callable[[Any], Any] = "vehicle_off_road",
    neighbours: int = 16,
    surface_factor: xr.DataArray | None = None,
    direction: Direction = "from",
    ways: Ways | None = None,
    knight: Knight = "halves",
    max_h: float | None = None,
) -> xr.DataArray:
    """
    Find the hours from the nearest origin to every cell, by the quickest way over the ground.

    Dijkstra's algorithm [1]_ over the cells, with speed taken from the signed gradient of each
    step, so that the way up may take longer than the way down. With 16 neighbours a
    way over flat ground is at most 2.75 % longer than the straight one, with 8 at most 8.24 %. Time
    runs from the cells that hold an origin, which have 0 hours. Rivers and ditches narrower than a
    cell are seen only where they are given as barriers.

    Parameters
    ----------
    dem
        Elevation on a grid in a projected CRS. A lazy raster is computed, once, and the answer
        is in memory, for the search needs the whole ground. Units: m.
    origins
        Points, lines or polygons in any CRS. They start from the cells that hold them, that they
        pass, or whose centres they cover.
    speed
        A name of `SPEED_MODELS` (``"vehicle_off_road"``, ``"foot"``, ``"tobler"`` ...), or a function
        from gradients (rise over run, signed) to km/h. It is read from a table with 0.0000244
        between knots; the attribute ``speed_table_error`` gives the largest relative error midway
        between them. Slower than a metre an hour counts as closed.
    neighbours
        16 or 8.
    surface_factor
        Share of the speed that the surface allows, 0 (closed) to 1, on the grid of `dem`.
    direction
        ``"from"`` the origins to the cells, or from the cells ``"towards"`` the origins.
    ways
        Roads, barriers and the crossings through them, see `Ways`.
    knight
        Whether a knight's step has a gradient for each ``"halves"``, or one, the ``"direct"`` one
        between its ends, as r.walk of GRASS has.
    max_h
        Farther cells are infinite, which saves time. Units: h.

    Returns
    -------
    xarray.DataArray
        Time, float32; infinite where no way leads, NaN where elevation or surface is unknown.
        Attributes count the origins used, outside the grid and on closed ground, the cells that
        no way leads to, and the crossings that open nothing. Units: h.

    Raises
    ------
    InvalidParameterError
        If an option is impossible, there is no origin, the elevation is none, or the speed is
        no speed.
    InvalidGeometryError
        If an origin, a road, a barrier or a crossing is of the wrong type.
    CRSMismatchError
        If origins or elevation have no CRS, or roads, barriers or crossings another than `dem`.
    NotProjectedError
        If the elevation is in degrees of latitude and longitude.
    NoOverlapError
        If no origin lies on open ground of the grid.
    GridMismatchError
        If the surface factor lies on another grid.

    See Also
    --------
    travel : The same with the nearest origin and the way there.

    References
    ----------
    .. [1] Dijkstra, E. (1959). A note on two problems in connexion with graphs. Numerische
       Mathematik 1, 269-271. https://doi.org/10.1007/BF01386390

    Examples
    --------
    A vehicle makes 15 km in an hour over flat bare ground:

    >>> import geopandas as gpd
    >>> from borderzone.grid import Grid
    >>> grid = Grid.covering((0, 0, 30e3, 7500), resolution_m=7500, crs=32637)
    >>> plain = grid.wrap(np.zeros((1, 4), np.float32))
    >>> post = gpd.GeoSeries.from_xy([100.0], [100.0], crs=32637)
    >>> travel_time(plain, post).values.tolist()
    [[0.0, 0.5, 1.0, 1.5]]
    """
    options: TravelOptions = {
        "speed": speed, "neighbours": neighbours, "surface_factor": surface_factor,
        "direction": direction, "ways": ways, "knight": knight, "max_h": max_h,
    }  # fmt: skip
    return _solved(dem, origins, _Asked(**options), traced=False)["travel_time_h"]


def travel(
    dem: xr.DataArray,
    origins: gpd.GeoSeries | gpd.GeoDataFrame,
    **options: Unpack[TravelOptions],
) -> xr.Dataset:
    """
    Find the travel time, the nearest origin of every cell and the step that leads there.

    Of ways that take equally long the one whose last step comes first in the order of
    `STEPS` (sides, diagonals, knight's) is taken, so that the answer is the same on any machine.

    Parameters
    ----------
    dem
        Elevation on a grid in a projected CRS. Units: m.
    origins
        Points, lines or polygons in any CRS.
    **options
        As of `travel_time`.

    Returns
    -------
    xarray.Dataset
        ``travel_time_h`` as of `travel_time`; ``origin``, position in `origins` of the nearest
        one, -1 where there is none, int32; ``step``, number of the step between the cell and
        the next one towards the origin, 16 more along a road, 255 where there is none, uint8.
        The attribute ``origin_labels`` holds the index of `origins`.

    Raises
    ------
    BorderzoneError
        As `travel_time` raises.

    See Also
    --------
    routes : The ways as lines.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from borderzone.grid import Grid
    >>> grid = Grid.covering((0, 0, 30e3, 7500), resolution_m=7500, crs=32637)
    >>> plain = grid.wrap(np.zeros((1, 4), np.float32))
    >>> posts = gpd.GeoSeries.from_xy([100.0, 29e3], [100.0, 100.0], crs=32637)
    >>> travel(plain, posts)["origin"].values.tolist()
    [[0, 0, 1, 1]]
    """
    return _solved(dem, origins, _Asked(**options), traced=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    """Options of a search, refused if impossible."""

    speed: Any = "vehicle_off_road"
    neighbours: int = 16
    surface_factor: xr.DataArray | None = None
    direction: Direction = "from"
    ways: Any = None
    knight: Knight = "halves"
    max_h: float | None = None

    def __post_init__(self) -> None:
        if not is_number(self.neighbours) or self.neighbours not in (8, 16):
            msg = f"neighbours must be 8 or 16, got {self.neighbours!r}"
            raise InvalidParameterError(msg)
        check_choice(self.direction, "direction", ("from", "towards"))
        check_choice(self.knight, "knight", ("halves", "direct"))
        if self.max_h is not None:
            check_positive(self.max_h, "max_h", "h")
        if self.ways is not None and not isinstance(self.ways, Ways):
            kind = type(self.ways).__name__
            msg = f"ways must be access.Ways, got {kind}; use Ways(roads=..., barriers=...)"
            raise InvalidParameterError(msg)

    @property
    def latest_h(self) -> float:
        return np.inf if self.max_h is None else float(self.max_h)


def _solved(dem: Any, origins: Any, asked: _Asked, *, traced: bool) -> xr.Dataset:
    """Search, and dress the answer; `traced` adds origins and steps."""
    ground = SearchGround.of(dem, asked.surface_factor)
    grid = ground.grid
    ways = asked.ways or Ways()
    barred = barred_by(ways, grid)
    if barred is not None:
        barred.close(ground.times)
    odd = _odd_cells(ways, asked.direction, ground, barred)
    found = cells_of(origins, grid, ground.times)
    # The search reads millions of speeds: from a table, not from a function of Python.
    function, name = speed_function(asked.speed)
    table = SpeedTable.of(function, ground.steepest)
    rule = Rule(
        cell_m=grid.resolution_m,
        neighbours=int(asked.neighbours),
        halves=asked.knight == "halves",
        table=table.turned(asked.direction),
        latest_h=asked.latest_h,
    )
    back = np.full(ground.z.size, cost_distance.NO_STEP, np.uint8) if traced else None
    search((ground.z, ground.factor), found.cells, rule, odd, (ground.times, back))
    hours = np.empty(grid.shape, np.float32)
    unreachable = cost_distance.finish(ground.z, ground.factor, ground.times, hours)
    layers: dict[str, Any] = {"travel_time_h": hours}
    if back is not None:
        layers |= {"origin": _nearest(found, back, grid), "step": back.reshape(grid.shape)}
    attrs = _attributes(asked, table, found, barred) | {
        "speed": name,
        "cells_unreachable": int(unreachable),
    }
    return _dressed(layers, dem, grid, attrs, found)


def _odd_cells(ways: Ways, direction: str, ground: SearchGround, barred: Barred | None) -> OddCells:
    """Gather rim, barriers and roads; what a road opens on closed ground is opened."""
    grid = ground.grid
    lists = [] if barred is None else [(barred.steps.cells, barred.steps.bits)]
    roads = RoadSteps.none()
    if ways.roads is not None:
        not_roads = None if barred is None or ways.roads_cross else barred
        roads = steps_of_roads(
            ways.roads, ground.z, grid, direction=direction,
            barred=None if not_roads is None else not_roads.steps,
        )  # fmt: skip
        # A road opens ground whose surface closes it to others, not ground of which nothing is known.
        stay = np.isnan(ground.z.ravel()[roads.cells])
        if ground.factor is not None:
            stay |= np.isnan(ground.factor.ravel()[roads.cells])
        if not_roads is not None:
            stay |= np.isin(roads.cells, not_roads.closed)
        lists.append(open_roads(roads, ground.times, stay, grid.shape))
    return OddCells.of(grid.shape, lists, roads)


def _nearest(found: Origins, back: IntArray, grid: Grid) -> IntArray:
    origin = np.full(back.size, -1, np.int32)
    origin[found.cells] = found.position
    cost_distance.follow(back, Steps.of(grid.shape[1], 16).offset, origin)
    return origin.reshape(grid.shape)


def _attributes(
    asked: _Asked, table: SpeedTable, found: Origins, barred: Barred | None
) -> dict[str, Any]:
    return {
        "units": "h",
        "long_name": f"travel time {asked.direction} the nearest origin",
        "neighbours": int(asked.neighbours),
        **({} if asked.max_h is None else {"max_h": asked.latest_h}),
        "speed_table_error": table.error,
        "origins_used": found.used,
        "origins_outside_grid": found.outside,
        "origins_on_closed_ground": found.closed,
        **({} if barred is None else {"crossings_idle": barred.idle}),
    }


def _dressed(
    layers: dict[str, Any], dem: xr.DataArray, grid: Grid, attrs: dict[str, Any], found: Origins
) -> xr.Dataset:
    wkt = grid.crs.to_wkt()
    own = {
        "travel_time_h": attrs,
        "origin": {
            "long_name": "position of the nearest origin",
            "origin_labels": list(found.index),
        },
        "step": {"long_name": "number of the step between the cell and the next one on the way"},
    }
    coords = grid.wrap(layers["travel_time_h"]).assign_coords(x=dem["x"], y=dem["y"]).coords
    rasters = {
        name: xr.DataArray(
            values, dims=("y", "x"), coords=coords, name=name, attrs={**own[name], "crs": wkt}
        )
        for name, values in layers.items()
    }
    about = {"direction": attrs["long_name"].split()[2], "crs": wkt}
    return xr.Dataset(rasters, attrs=about)


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchGround:
    """Arrays of a search."""

    # Grid of the elevation.
    grid: Grid
    # Heights as they came, shape ``(rows, columns)``. Units: m.
    z: FloatArray
    # Share of the speed that the surface allows, or None.
    factor: FloatArray | None
    # Flat; -1 where a cell is closed or unknown, else infinite. Units: h.
    times: FloatArray
    # A gradient that no step exceeds.
    steepest: float

    @classmethod
    def of(cls, dem: Any, surface_factor: Any) -> SearchGround:
        """Check elevation and surface; neither is copied if its numbers are contiguous floats."""
        if not isinstance(dem, xr.DataArray):
            msg = f"elevation must be an xarray.DataArray, got {type(dem).__name__}"
            raise InvalidParameterError(msg)
        grid = Grid.of(dem)
        z = heights_of(dem)
        if focal.n_impossible(z):
            refuse_impossible(z)
        factor = None if surface_factor is None else _shares(surface_factor, grid)
        times = np.empty(z.size)
        highest, low, high = cost_distance.prepare(z, factor, times)
        if low < 0 or high > 1:
            msg = (
                "surface_factor must lie between 0 and 1, got values from "
                f"{float(surface_factor.min()):g} to {float(surface_factor.max()):g}"
            )
            raise InvalidParameterError(msg)
        steepest = highest / grid.resolution_m
        return cls(grid=grid, z=z, factor=factor, times=times, steepest=steepest)


def _shares(surface_factor: Any, grid: Grid) -> FloatArray:
    if not isinstance(surface_factor, xr.DataArray):
        msg = f"surface_factor must be an xarray.DataArray, got {type(surface_factor).__name__}"
        raise InvalidParameterError(msg)
    grid.check(surface_factor, "surface_factor")
    raw = surface_factor.to_numpy()
    if raw.dtype.kind not in "biuf":
        msg = f"surface_factor must hold numbers, got {raw.dtype}"
        raise InvalidParameterError(msg)
    kind = np.float64 if raw.dtype == np.float64 else np.float32
    return np.ascontiguousarray(raw, dtype=kind)


@dataclass(frozen=True, kw_only=True, slots=True)
class Origins:
    """Cells that hold an origin, and what became of every shape."""

    # Flat index of each open cell that holds an origin, rising, each once.
    cells: IntArray
    # For each, the position in the given table of the first origin that it holds.
    position: IntArray
    # used, outside, closed: Number of shapes in those cells, outside the grid (or empty), and on
    # ground that is unknown or closed.
    used: int
    outside: int
    closed: int
    # Labels of the given table.
    index: pd.Index


def cells_of(shapes: Any, grid: Grid, times: FloatArray) -> Origins:
    """Find the cells of a grid that hold a point, that a line passes, or that lie in a polygon."""
    there = shapes_of(shapes, grid, "origins", ("Point", "LineString", "Polygon"), any_crs=True)
    position, cells = _holding(there.to_numpy(), grid)
    # Infinite where open and not yet reached, negative where closed.
    open_there = times[cells] >= 0.0
    touching = np.unique(position)
    used = np.unique(position[open_there])
    outside, closed = len(there) - len(touching), len(touching) - len(used)
    if outside or closed:
        _LOG.info(
            "of %d origins %d lie outside the grid and %d on closed or unknown ground",
            len(there),
            outside,
            closed,
        )
    if len(used) == 0:
        msg = (
            f"none of {len(there)} origins lies on open ground of {grid!r}: {outside} are "
            f"outside it, {closed} on cells without elevation or closed by the surface or a barrier"
        )
        raise NoOverlapError(msg)
    position, cells = position[open_there], cells[open_there]
    order = np.lexsort((position, cells))
    once, first = np.unique(cells[order], return_index=True)
    return Origins(
        cells=once,
        position=position[order][first].astype(np.int32),
        used=len(used),
        outside=outside,
        closed=closed,
        index=there.index,
    )


def _holding(shapes: NDArray[np.object_], grid: Grid) -> tuple[IntArray, IntArray]:
    """Position of each shape, and the cells that it holds."""
    positions, cells = [], []
    kind = shapely.get_dimensions(shapes)
    points, of_point = shapely.get_coordinates(shapes[kind == 0], return_index=True)
    positions.append(np.flatnonzero(kind == 0)[of_point])
    cells.append(cells_of_points(points, grid))
    lines = passages_of(shapes[kind == 1], grid)
    positions.append(np.flatnonzero(kind == 1)[lines.line])
    cells.append(lines.cell)
    for number in np.flatnonzero(kind == 2):
        # A polygon smaller than a cell may cover no centre: then the cell that holds it starts.
        inside = cells_inside(shapes[number], grid)
        middle = shapely.get_coordinates(shapely.point_on_surface(shapes[number]))
        both = np.append(inside, cells_of_points(middle, grid))
        positions.append(np.full(len(both), number))
        cells.append(both)
    position, cell = np.concatenate(positions), np.concatenate(cells)
    return position[cell >= 0], cell[cell >= 0]


def rasters_of(hours: Any, what: str = "hours") -> list[xr.DataArray]:
    """Take one raster, or one for each section of a corridor."""
    rasters = list(hours) if isinstance(hours, (list, tuple)) else [hours]
    if not rasters or not all(isinstance(raster, xr.DataArray) for raster in rasters):
        kinds = ", ".join(sorted({type(raster).__name__ for raster in rasters})) or "none"
        msg = (
            f"{what} must be a raster (xarray.DataArray) as travel_time gives, or a list of them, "
            f"one for each section; got {kinds}"
        )
        raise InvalidParameterError(msg)
    return rasters


def hours_of(raster: xr.DataArray, what: str = "hours") -> FloatArray:
    """Take the numbers of a raster of hours."""
    check_hours(raster, what)
    values = raster.to_numpy()
    if values.dtype.kind not in "iuf":
        msg = f"{what} must hold numbers, got {values.dtype}"
        raise InvalidParameterError(msg)
    values = values.astype(np.float64 if values.dtype == np.float64 else np.float32, copy=False)
    check_cell_values(values, what)
    return np.asarray(values)
