"""Roads: speeds by class, and the steps along them."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np

from borderzone._checks import check_choice, check_positive
from borderzone._kernels import line_cells
from borderzone.access.odd_cells import ALL_STEPS, BarredSteps, RoadSteps
from borderzone.access.placing import passages_of, shapes_of
from borderzone.access.speed import irmischer_clarke
from borderzone.access.speed_table import speeds_at
from borderzone.access.steps import PASSED, STEPS
from borderzone.errors import InvalidGeometryError, InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from borderzone._typing import BoolArray, FloatArray, IntArray
    from borderzone.grid import Grid

__all__ = ["ROAD_SPEEDS", "RoadSpeed", "Roads", "open_roads", "steps_of_roads"]

# A road that leaves a cell and comes back within so many cells has not left it.
_SOON = 4.0
_ON_ROAD = 16


@dataclass(frozen=True, kw_only=True, slots=True)
class RoadSpeed:
    """
    Speed of a light vehicle on a class of road.

    Attributes
    ----------
    road_class
        Name of the class, as OpenStreetMap calls it.
    km_h
        Speed. Units: km/h.
    low, high
        Range in which it is varied. Units: km/h.
    source
        What the numbers rest on.
    """

    road_class: str
    km_h: float
    low: float
    high: float
    source: str


_ASSUMED = (
    "modelling assumption: mean speeds of a light vehicle over whole trips, lower than limits; "
    "classes as OpenStreetMap names them"
)
ROAD_SPEEDS: Mapping[str, RoadSpeed] = MappingProxyType({
    name: RoadSpeed(road_class=name, km_h=km_h, low=low, high=high, source=_ASSUMED)
    for name, km_h, low, high in (
        ("motorway", 90.0, 70.0, 110.0),
        ("trunk", 80.0, 60.0, 100.0),
        ("primary", 70.0, 50.0, 90.0),
        ("secondary", 60.0, 45.0, 80.0),
        ("tertiary", 50.0, 35.0, 65.0),
        ("unclassified", 40.0, 25.0, 50.0),
        ("residential", 25.0, 15.0, 35.0),
        ("service", 20.0, 10.0, 30.0),
        ("track", 25.0, 15.0, 35.0),
        ("path", 10.0, 5.0, 15.0),
    )
})  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Roads:
    """
    Roads with their classes, and how fast one moves on them.

    Attributes
    ----------
    lines
        Lines in the CRS of the raster that they are used with.
    class_column
        Column that holds the class of each road.
    speeds_km_h
        Speed by class, by default those of `ROAD_SPEEDS`. Units: km/h.
    default_km_h
        Speed of classes that have none; None to refuse them. Units: km/h.
    on_foot
        Whether one walks: `irmischer_clarke` on roads takes the place of the speeds, whatever
        the class.
    slowed_by
        Function from signed gradients to a share of the speed, 0 to 1; None for the same speed
        up and down.

    Raises
    ------
    InvalidParameterError
        If the table, a class or a speed is impossible.
    InvalidGeometryError
        If a road is no line.

    Examples
    --------
    >>> from shapely import LineString
    >>> line = gpd.GeoDataFrame({"kind": ["track"]}, geometry=[LineString([(0, 0), (9, 9)])], crs=32637)
    >>> Roads(lines=line, class_column="kind").km_h
    array([25.])
    """

    lines: gpd.GeoDataFrame
    class_column: str = "class"
    speeds_km_h: Mapping[str, float] = field(
        default_factory=lambda: {name: road.km_h for name, road in ROAD_SPEEDS.items()}
    )
    default_km_h: float | None = None
    on_foot: bool = False
    slowed_by: Callable[[Any], Any] | None = None

    def __post_init__(self) -> None:
        """Refuse roads without class, speed or line."""
        if not isinstance(self.lines, gpd.GeoDataFrame):
            msg = (
                f"roads must be a geopandas.GeoDataFrame of lines, got {type(self.lines).__name__}"
            )
            raise InvalidParameterError(msg)
        if len(self.lines) == 0:
            msg = "roads is empty; leave roads out where there are none"
            raise InvalidParameterError(msg)
        kinds = self.lines.geometry.dropna().geom_type
        wrong = sorted(set(kinds) - {"LineString", "MultiLineString", "LinearRing"})
        if wrong:
            msg = f"roads must be lines, got {', '.join(wrong)}"
            raise InvalidGeometryError(msg)
        if self.slowed_by is not None and not callable(self.slowed_by):
            msg = f"slowed_by must be a function of the gradient, got {self.slowed_by!r}"
            raise InvalidParameterError(msg)
        if not self.on_foot:
            self._check_speeds()

    def _check_speeds(self) -> None:
        check_choice(self.class_column, "class_column", map(str, self.lines.columns))
        for name, km_h in self.speeds_km_h.items():
            check_positive(km_h, f"the speed of road class {name!r}", "km/h")
        if self.default_km_h is not None:
            check_positive(self.default_km_h, "default_km_h", "km/h")
            return
        given = self.lines[self.class_column]
        unknown = sorted({str(name) for name in given[~given.isin(list(self.speeds_km_h))]})
        if unknown:
            msg = (
                f"road classes {', '.join(unknown)} have no speed; known are "
                f"{', '.join(self.speeds_km_h)}; add them to speeds_km_h, or give default_km_h"
            )
            raise InvalidParameterError(msg)

    @property
    def km_h(self) -> FloatArray:
        """
        Speed of each road on the flat.

        Returns
        -------
        FloatArray
            Units: km/h.
        """
        if self.on_foot:
            return np.full(len(self.lines), irmischer_clarke(0.0, on_road=True))
        known = self.lines[self.class_column].map(dict(self.speeds_km_h))
        if self.default_km_h is not None:
            known = known.fillna(self.default_km_h)
        return known.to_numpy(dtype=float)

    def hours_per_km(self, road: IntArray, gradient: FloatArray) -> FloatArray:
        """
        Give the time along roads at gradients.

        Parameters
        ----------
        road
            Position of the road.
        gradient
            Rise over run, signed, the way one goes.

        Returns
        -------
        FloatArray
            Infinite where one cannot move. Units: h/km.

        Raises
        ------
        InvalidParameterError
            If `slowed_by` gives anything but shares.
        """
        gradient = gradient.clip(-5.0, 5.0)
        if self.on_foot:
            return np.asarray(1.0 / irmischer_clarke(gradient, on_road=True))
        km_h = self.km_h[road]
        if self.slowed_by is not None:
            shares = speeds_at(self.slowed_by, gradient)
            if (shares > 1).any():
                msg = f"slowed_by must give shares from 0 to 1, it gives {shares.max():g}"
                raise InvalidParameterError(msg)
            km_h = km_h * shares
        with np.errstate(divide="ignore"):
            return np.asarray(1.0 / km_h)


def steps_of_roads(
    roads: Roads, z: FloatArray, grid: Grid, *, direction: str, barred: BarredSteps | None
) -> RoadSteps:
    """
    Find the steps that run along roads.

    A road joins the cells that it passes, one after the other. Each stands for the place of the
    road nearest to its centre, and a step takes the time between two such places along the
    road. So a trip along a road takes its true length, bends finer than a cell included. Two roads
    side by side are joined where they pass the same cell, and nowhere else; a road that comes
    back to a cell after a loop is cut short there.

    Parameters
    ----------
    roads
        The roads.
    z
        Heights, shape ``(rows, columns)``. Units: m.
    grid
        The grid.
    direction
        ``"from"`` or ``"towards"`` the origins: which way a step is gone.
    barred
        Steps that roads cannot take either, or None.

    Returns
    -------
    RoadSteps
        The steps, both ways.

    Raises
    ------
    CRSMismatchError
        If the roads have no CRS, or another than the grid.
    InvalidParameterError
        If `slowed_by` gives anything but shares.
    """
    lines = shapes_of(roads.lines, grid, "roads", ("LineString",)).to_numpy()
    found = passages_of(lines, grid)
    node = np.empty(len(found.cell), np.int64)
    line_cells.road_nodes(found.line, found.cell, found.start, found.end, _SOON, node)
    # Of the passages of a visit the one nearest to the centre tells where it stands.
    columns = grid.shape[1]
    centre = np.column_stack([found.cell % columns, found.cell // columns])
    apart = ((found.place - centre) ** 2).sum(axis=1)
    order = np.lexsort((apart, node))
    stands = np.zeros(len(node), np.int64)
    first = order[np.unique(node[order], return_index=True)[1]]
    stands[node[first]] = first
    one, other = node[:-1], node[1:]
    joined = (found.line[:-1] == found.line[1:]) & (one != other)
    joined &= found.start[1:] - found.end[:-1] < 1e-6
    one, other, line = one[joined], other[joined], found.line[:-1][joined]
    way_m = found.nearest[stands[other]] - found.nearest[stands[one]]
    heights = _heights_at(z, found.place[stands])
    pieces = _Pieces(
        begin=found.cell[one],
        end=found.cell[other],
        road=line,
        way_m=np.abs(way_m).clip(min=1e-6) * grid.resolution_m,
        rise_m=np.nan_to_num(heights[other] - heights[one]),
    )
    return _both_ways(roads, pieces, columns, 1.0 if direction == "from" else -1.0, barred)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Pieces:
    """Pieces of roads between two cells."""

    begin: IntArray
    end: IntArray
    road: IntArray
    way_m: FloatArray
    rise_m: FloatArray


def _heights_at(z: FloatArray, place: FloatArray) -> FloatArray:
    """Heights between the centres of cells, by bilinear interpolation; NaN beside unknown ones."""
    last = np.array(z.shape[::-1]) - 1
    inside = place.clip(0, last)
    low = np.floor(inside).astype(np.int64).clip(max=np.maximum(last - 1, 0))
    right, down = (inside - low).T
    (j, i), (j1, i1) = low.T, np.minimum(low + 1, last).T
    above = z[i, j] * (1 - right) + z[i, j1] * right
    below = z[i1, j] * (1 - right) + z[i1, j1] * right
    return np.asarray(above * (1 - down) + below * down, dtype=float)


def _both_ways(
    roads: Roads, pieces: _Pieces, columns: int, sign: float, barred: BarredSteps | None
) -> RoadSteps:
    """Times of the steps, there and back, the quickest of those with the same ends."""
    gradient = sign * pieces.rise_m / pieces.way_m
    km = pieces.way_m / 1000.0
    begin = np.concatenate([pieces.begin, pieces.end])
    end = np.concatenate([pieces.end, pieces.begin])
    hours = np.concatenate([
        km * roads.hours_per_km(pieces.road, gradient),
        km * roads.hours_per_km(pieces.road, -gradient),
    ])  # fmt: skip
    step = _numbers(begin, end, columns)
    keep = np.isfinite(hours) & (step < len(STEPS))
    if barred is not None:
        keep &= (barred.at(begin).astype(np.int64) >> step.clip(max=15)) & 1 == 0
    begin, end, hours, step = begin[keep], end[keep], hours[keep], step[keep]
    order = np.lexsort((hours, step, begin))
    begin, end, hours, step = begin[order], end[order], hours[order], step[order]
    new = np.ones(len(begin), bool)
    new[1:] = (begin[1:] != begin[:-1]) | (step[1:] != step[:-1])
    return RoadSteps(
        cells=begin[new],
        step=(step[new] + _ON_ROAD).astype(np.uint8),
        reached=end[new],
        hours=hours[new],
    )


def _numbers(begin: IntArray, end: IntArray, columns: int) -> IntArray:
    """Number of the step between two cells, or one too high where there is none."""
    down = end // columns - begin // columns
    right = end % columns - begin % columns
    numbers = np.full(len(begin), len(STEPS))
    for number, (to_south, to_east) in enumerate(STEPS):
        numbers[(down == to_south) & (right == to_east)] = number
    return numbers


def open_roads(
    roads: RoadSteps, times: FloatArray, stay: BoolArray, shape: tuple[int, int]
) -> tuple[IntArray, IntArray]:
    """
    Open closed cells to roads, and to roads only.

    Parameters
    ----------
    roads
        Steps along roads.
    times
        Times, flat, negative where closed; infinite afterwards where a road passes.
    stay
        Whether the cell where each road step begins stays closed if it is.
    shape
        Rows and columns of the raster.

    Returns
    -------
    tuple of IntArray
        Cells and bits of the steps over the ground that the opened cells must not allow.
    """
    opened = np.unique(roads.cells[(times[roads.cells] < 0.0) & ~stay])
    row, column = np.divmod(opened, shape[1])
    cells, bits = [opened], [np.full(len(opened), ALL_STEPS, np.uint16)]

    def bar(step: int, beginning: IntArray, where: BoolArray) -> None:
        cells.append(beginning[where])
        bits.append(np.full(int(where.sum()), 1 << step, np.uint16))

    def inside(shift: IntArray) -> tuple[IntArray, BoolArray]:
        i, j = row + shift[0], column + shift[1]
        there = (i >= 0) & (i < shape[0]) & (j >= 0) & (j < shape[1])
        return np.where(there, i * shape[1] + j, 0), there

    for number, (step, passed) in enumerate(zip(STEPS, PASSED, strict=True)):
        beginning, there = inside(-step)
        bar(number, beginning, there)
        if number < 4:
            continue
        for beside, across in (passed, passed[::-1]):
            beginning, there = inside(-beside)
            if number < 8:  # closed between two closed cells, of which the road has opened one
                flank, known = inside(across - beside)
                there &= known & (times[flank] < 0.0)
            bar(number, beginning, there)
    times[opened] = np.inf
    return np.concatenate(cells), np.concatenate(bits)
