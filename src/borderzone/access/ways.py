"""What lets somebody through or stops them: roads, barriers, and the crossings through them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from borderzone._cells import cells_inside, in_cells, passages_of
from borderzone._guards import check_choice, check_flag, check_positive, guarded
from borderzone._kernels import line_cells
from borderzone.access.search import (
    ALL_STEPS,
    ON_ROAD,
    OPPOSITE,
    PASSED,
    STEPS,
    BarredSteps,
    RoadSteps,
    speeds_at,
)
from borderzone.access.speed import STEEPEST_GRADIENT, irmischer_clarke
from borderzone.crs import check_has_crs, check_same_crs, project
from borderzone.errors import InvalidGeometryError, InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from borderzone._typing import BoolArray, FloatArray, IntArray
    from borderzone.grid import Grid

__all__ = [
    "ROAD_SPEEDS",
    "Barred",
    "RoadSpeed",
    "Roads",
    "Ways",
    "barred_by",
    "open_roads",
    "shapes_of",
    "steps_of_roads",
]


@guarded
@dataclass(frozen=True, kw_only=True, slots=True)
class RoadSpeed:
    """Speed of a light vehicle on a class of road."""

    # Name of the class, as OpenStreetMap calls it.
    road_class: str
    # Speed. Units: km/h.
    km_h: float
    # low, high: Range in which it is varied. Units: km/h.
    low: float
    high: float
    # What the numbers rest on.
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


@guarded
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
        slowed_by: Any = self.slowed_by
        if slowed_by is not None and not callable(slowed_by):
            msg = f"slowed_by must be a function of the gradient, got {slowed_by!r}"
            raise InvalidParameterError(msg)
        if not self.on_foot:
            self._check_speeds()

    def _check_speeds(self) -> None:
        check_choice(self.class_column, "class_column", map(str, self.lines.columns))
        speeds: Any = self.speeds_km_h
        if not isinstance(speeds, Mapping):
            msg = (
                "speeds_km_h must be a mapping from road class to speed, such as "
                f"{{'track': 20}}, got {type(speeds).__name__}"
            )
            raise InvalidParameterError(msg)
        for name, km_h in speeds.items():
            check_positive(km_h, f"the speed of road class {name!r}", "km/h")
        if self.default_km_h is not None:
            check_positive(self.default_km_h, "default_km_h", "km/h")
            return
        given = self.lines[self.class_column]
        unknown = sorted({str(name) for name in given[~given.isin(list(self.speeds_km_h))]})
        if unknown:
            msg = (
                f"road classes {', '.join(unknown)} have no speed; known are "
                f"{', '.join(map(str, self.speeds_km_h)) or 'none'}; add them to speeds_km_h, or give default_km_h"
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
        return np.asarray(known, dtype=float)

    def hours_per_km(self, km_h: FloatArray, gradient: FloatArray) -> FloatArray:
        """
        Give the time along roads at gradients.

        Parameters
        ----------
        km_h
            Speed on the flat. Units: km/h.
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
        gradient = gradient.clip(-STEEPEST_GRADIENT, STEEPEST_GRADIENT)
        if self.on_foot:
            return np.asarray(1.0 / irmischer_clarke(gradient, on_road=True))
        if self.slowed_by is not None:
            shares = speeds_at(self.slowed_by, gradient, "slowed_by must give shares")
            if (shares > 1).any():
                msg = f"slowed_by must give shares from 0 to 1, it gives {shares.max():g}"
                raise InvalidParameterError(msg)
            km_h = km_h * shares
        with np.errstate(divide="ignore"):
            return np.asarray(1.0 / km_h)


@guarded
@dataclass(frozen=True, kw_only=True)
class Ways:
    """
    What lets somebody through, and what stops them.

    Attributes
    ----------
    roads
        Roads, along which one moves at their speed, even over closed surfaces.
    barriers
        Lines and polygons in the CRS of the elevation that cannot be crossed: rivers, ditches,
        berms, the border itself. A line bars every step that crosses it and leaves both banks open;
        a polygon closes the cells whose centres it covers as well.
    crossings
        Points, lines or polygons in the CRS of the elevation where barriers are open.
    crossing_width_m
        Width of a crossing that is a point or a line, one cell by default; narrower ones are
        taken as one cell wide. Units: m.
    roads_cross
        Whether roads pass barriers. By default they do not: a track that reaches a border or a
        ditch may end there, so what is open is given as a crossing.

    Raises
    ------
    InvalidParameterError
        If the roads are none, the width is not above 0, or there are crossings without barriers.

    Examples
    --------
    >>> from shapely import LineString
    >>> river = gpd.GeoSeries([LineString([(0, 500), (9000, 500)])], crs=32637)
    >>> Ways(barriers=river, crossings=gpd.GeoSeries.from_xy([4500], [500], crs=32637)).roads_cross
    False
    """

    roads: Roads | None = None
    barriers: gpd.GeoSeries | gpd.GeoDataFrame | None = None
    crossings: gpd.GeoSeries | gpd.GeoDataFrame | None = None
    crossing_width_m: float | None = None
    roads_cross: bool = False

    def __post_init__(self) -> None:
        """Refuse what are no roads, and crossings of nothing."""
        roads: Any = self.roads
        if roads is not None and not isinstance(roads, Roads):
            msg = f"roads must be access.Roads, got {type(roads).__name__}; use Roads(lines=...)"
            raise InvalidParameterError(msg)
        check_flag(self.roads_cross, "roads_cross")
        if self.crossing_width_m is not None:
            check_positive(self.crossing_width_m, "crossing_width_m", "m")
        if self.barriers is None and self.crossings is not None:
            msg = "crossings open barriers, and there are none; give barriers too"
            raise InvalidParameterError(msg)


# A road that leaves a cell and comes back within so many cells has not left it.
_SOON = 4.0


def steps_of_roads(
    roads: Roads, z: FloatArray, grid: Grid, *, direction: str, barred: BarredSteps | None
) -> RoadSteps:
    """
    Find the steps that run along roads.

    A road joins the cells that it passes, one after the other. Each stands for the place of the
    road nearest to its centre, and a step takes the time between two such places along the
    road. So a trip along a road takes its true length, bends finer than a cell included. Two roads
    are joined where they pass the same cell, bridges too, and nowhere else; what lies inside that cell is not
    travelled, which is less than a cell for a junction, and may be more for a hairpin: a
    road that comes back to a cell is cut short there.
    """
    lines, km_h = _merged(shapes_of(roads.lines, grid, "roads", ("LineString",)), roads.km_h)
    found = passages_of(lines, grid)
    node = np.empty(len(found.cell), np.int64)
    line_cells.road_nodes(found.part, found.cell, found.start, found.end, _SOON, node)
    # Of the passages of a visit the one nearest to the centre tells where it stands.
    columns = grid.shape[1]
    centre = np.column_stack([found.cell % columns, found.cell // columns])
    apart = ((found.place - centre) ** 2).sum(axis=1)
    order = np.lexsort((apart, node))
    stands = np.zeros(len(node), np.int64)
    first = order[np.unique(node[order], return_index=True)[1]]
    stands[node[first]] = first
    one, other = node[:-1], node[1:]
    joined = (found.part[:-1] == found.part[1:]) & (one != other)
    joined &= found.start[1:] - found.end[:-1] < 1e-6
    one, other, line = one[joined], other[joined], found.line[:-1][joined]
    way_m = found.nearest[stands[other]] - found.nearest[stands[one]]
    heights = _heights_at(z, found.place[stands])
    pieces = _Pieces(
        begin=found.cell[one],
        end=found.cell[other],
        km_h=km_h[line],
        way_m=np.abs(way_m).clip(min=1e-6) * grid.resolution_m,
        rise_m=np.nan_to_num(heights[other] - heights[one]),
    )
    return _both_ways(roads, pieces, columns, 1.0 if direction == "from" else -1.0, barred)


def _merged(shapes: gpd.GeoSeries, km_h: FloatArray) -> tuple[NDArray[np.object_], FloatArray]:
    """Join lines of one speed that follow each other, so that where they were cut does not matter."""
    # A road that is cut in the middle of a cell would be two visits of it, and the way between them lost.
    values = shapes.to_numpy()
    given = ~(shapely.is_missing(values) | shapely.is_empty(values))
    lines: list[Any] = []
    speeds: list[float] = []
    for speed in np.unique(km_h[given]):
        several = shapely.get_parts(values[given & (km_h == speed)])
        merged = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(several)))
        lines.extend(merged)
        speeds.extend([float(speed)] * len(merged))
    return np.array(lines, dtype=object), np.array(speeds)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Pieces:
    """Pieces of roads between two cells."""

    begin: IntArray
    end: IntArray
    km_h: FloatArray
    way_m: FloatArray
    rise_m: FloatArray


def _heights_at(z: FloatArray, place: FloatArray) -> FloatArray:
    """Heights between the centres of cells, by bilinear interpolation; NaN beside unknown ones."""
    # Between centres, not of the cell: a road along a slope would jump at every edge of a cell.
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
    """Time the steps, there and back, and keep the quickest of those with the same ends."""
    gradient = sign * pieces.rise_m / pieces.way_m
    km = pieces.way_m / 1000.0
    begin = np.concatenate([pieces.begin, pieces.end])
    end = np.concatenate([pieces.end, pieces.begin])
    hours = np.concatenate([
        km * roads.hours_per_km(pieces.km_h, gradient),
        km * roads.hours_per_km(pieces.km_h, -gradient),
    ])  # fmt: skip
    step = _numbers(begin, end, columns)
    keep = np.isfinite(hours) & (step < len(STEPS))
    if barred is not None:
        keep &= (barred.at(begin).astype(np.int64) >> step.clip(max=15)) & 1 == 0
    begin, end, hours, step = begin[keep], end[keep], hours[keep], step[keep]
    # The last key sorts first: by cell, then by step, the quickest of each in front.
    order = np.lexsort((hours, step, begin))
    begin, end, hours, step = begin[order], end[order], hours[order], step[order]
    new = np.ones(len(begin), bool)
    new[1:] = (begin[1:] != begin[:-1]) | (step[1:] != step[:-1])
    return RoadSteps(
        cells=begin[new],
        step=(step[new] + ON_ROAD).astype(np.uint8),
        reached=end[new],
        hours=hours[new],
    )


def _numbers(begin: IntArray, end: IntArray, columns: int) -> IntArray:
    """Find the number of the step between two cells, one too high where there is none."""
    down = end // columns - begin // columns
    right = end % columns - begin % columns
    numbers = np.full(len(begin), len(STEPS))
    for number, (to_south, to_east) in enumerate(STEPS):
        numbers[(down == to_south) & (right == to_east)] = number
    return numbers


def open_roads(
    roads: RoadSteps, times: FloatArray, stay: BoolArray, shape: tuple[int, int]
) -> tuple[IntArray, IntArray]:
    """Open closed cells to roads, and to roads only."""
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


_LOG = logging.getLogger("borderzone")
_PIECES_AT_ONCE = 100_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Barred:
    """What barriers close."""

    # Steps that cross a barrier.
    steps: BarredSteps
    # Flat index of the cells whose centres lie inside a polygon.
    closed: IntArray
    # Number of crossings that touch no barrier.
    idle: int

    def close(self, times: FloatArray) -> None:
        """Close the cells inside polygons."""
        times[self.closed] = -1.0


def barred_by(ways: Ways, grid: Grid) -> Barred | None:
    """
    Lay barriers on a grid, with the gaps that crossings make.

    A crossing cuts a gap of its width into the barriers. A point is first moved to the nearest
    barrier within that width. On straight barriers a gap of one cell always opens a step.
    """
    if ways.barriers is None:
        return None
    width = ways.crossing_width_m or 0.0
    shapes = _given(shapes_of(ways.barriers, grid, "barriers", ("LineString", "Polygon")))
    idle = 0
    if ways.crossings is not None:
        kinds = ("Point", "LineString", "Polygon")
        gaps = _given(shapes_of(ways.crossings, grid, "crossings", kinds))
        shapes, idle = _with_gaps(shapes, gaps, max(width, grid.resolution_m))
    lines = np.concatenate([
        shapes[shapely.get_dimensions(shapes) == 1],
        shapely.boundary(shapes[shapely.get_dimensions(shapes) == 2]),
    ])  # fmt: skip
    inside = [cells_inside(shape, grid) for shape in shapes[shapely.get_dimensions(shapes) == 2]]
    return Barred(
        steps=_steps_across(lines, grid),
        closed=np.unique(np.concatenate([np.zeros(0, np.int64), *inside])),
        idle=idle,
    )


def _given(shapes: gpd.GeoSeries) -> NDArray[np.object_]:
    values = shapes.to_numpy()
    return np.asarray(values[~(shapely.is_missing(values) | shapely.is_empty(values))])


def _with_gaps(
    shapes: NDArray[np.object_], gaps: NDArray[np.object_], width: float
) -> tuple[NDArray[np.object_], int]:
    """Cut crossings out of barriers, and count those that touch none."""
    tree = shapely.STRtree(shapes)
    at = gaps.copy()
    for number in np.flatnonzero(shapely.get_dimensions(gaps) == 0):
        at[number] = shapely.multipoints(
            [_moved(point, shapes, tree, width) for point in shapely.get_parts(gaps[number])]
        )
    flat = shapely.get_dimensions(at) < 2
    areas = np.where(flat, shapely.buffer(at, width / 2, quad_segs=16), at)
    of_area, of_shape = tree.query(areas, predicate="intersects")
    idle = len(areas) - len(np.unique(of_area))
    if idle:
        _LOG.warning("%d of %d crossings touch no barrier and open nothing", idle, len(areas))
    cut = shapes.copy()
    for number in np.unique(of_shape):
        mine = shapely.union_all(areas[of_area[of_shape == number]])
        cut[number] = shapely.difference(shapes[number], mine)
    return cut[~shapely.is_empty(cut)], idle


def _moved(
    point: BaseGeometry, shapes: NDArray[np.object_], tree: shapely.STRtree, width: float
) -> BaseGeometry:
    """Nearest place of a barrier, if one is within the width."""
    near = tree.query_nearest(point, max_distance=width, all_matches=False)
    if len(near) == 0:
        return point
    line = shapely.shortest_line(point, shapes[near[0]])
    place: BaseGeometry = shapely.get_point(line, 1)
    return place


def _steps_across(lines: NDArray[np.object_], grid: Grid) -> BarredSteps:
    """Find the steps, from centre to centre, that cross lines."""
    rows, columns = grid.shape
    left, bottom, right, top = grid.bounds
    margin = 3 * grid.resolution_m
    near = shapely.box(left - margin, bottom - margin, right + margin, top + margin)
    parts = shapely.get_parts(lines[shapely.intersects(lines, near)])
    xy, line = shapely.get_coordinates(parts, return_index=True)
    at = in_cells(xy, grid)
    follows = line[1:] == line[:-1]
    pieces = np.hstack([at[:-1], at[1:]])[follows]
    found = []
    for first in range(0, len(pieces), _PIECES_AT_ONCE):
        some = np.ascontiguousarray(pieces[first : first + _PIECES_AT_ONCE])
        room = line_cells.room_for_barred(some, rows, columns)
        cells, bits = np.empty(room, np.int64), np.empty(room, np.uint16)
        count = line_cells.barred_steps(some, STEPS, OPPOSITE, rows, columns, cells, bits)
        joined = BarredSteps.joined((cells[:count], bits[:count]))
        found.append((joined.cells, joined.bits))
    return BarredSteps.joined(*found)


def shapes_of(
    table: Any, grid: Grid, what: str, kinds: Iterable[str], *, any_crs: bool = False
) -> gpd.GeoSeries:
    """Take the shapes of a table that lie in the CRS of a grid."""
    if isinstance(table, gpd.GeoDataFrame):
        if table.active_geometry_name is None:
            msg = f"{what} have no geometry column; set it with .set_geometry(...)"
            raise InvalidParameterError(msg)
        table = table.geometry
    allowed = tuple(kinds)
    if not isinstance(table, gpd.GeoSeries):
        nouns = {"Point": "points", "LineString": "lines", "Polygon": "polygons"}
        named = ", ".join(nouns[kind] for kind in allowed)
        msg = f"{what} must be a geopandas.GeoSeries of {named}; got {type(table).__name__}"
        raise InvalidParameterError(msg)
    if len(table) == 0:
        msg = f"{what} is empty; give at least one"
        raise InvalidParameterError(msg)
    if any_crs:
        check_has_crs(table, what)
        table = table if table.crs == grid.crs else project(table, grid.crs, what)
    else:
        check_same_crs(table, grid.crs, what)
    _check_kinds(table, what, allowed)
    return table


def _check_kinds(shapes: gpd.GeoSeries, what: str, allowed: tuple[str, ...]) -> None:
    given = shapes[~(shapes.isna() | shapes.is_empty)]
    fine = {*allowed, *(f"Multi{kind}" for kind in allowed)}
    if "LineString" in allowed:
        fine.add("LinearRing")
    wrong = sorted(set(given.geom_type) - fine)
    if wrong:
        msg = f"{what} must be {', '.join(sorted(allowed))}, got {', '.join(wrong)}; use .explode()"
        raise InvalidGeometryError(msg)
    xy, owner = shapely.get_coordinates(given.to_numpy(), return_index=True)
    bad = owner[~np.isfinite(xy).all(axis=1)]
    if len(bad):
        label = given.index[bad[0]]
        msg = f"{what} must have finite coordinates, that of {label!r} has not; drop or mend it"
        raise InvalidGeometryError(msg)
    broken = (shapely.get_dimensions(given) == 2) & ~shapely.is_valid(given)
    if broken.any():
        first = int(np.argmax(broken))
        why = shapely.is_valid_reason(given.iloc[first]).split("[")[0].lower()
        msg = (
            f"{what} must be valid, {given.index[first]!r} is not ({why}), so that its inside is "
            "not certain; mend it with .make_valid() and look at the outcome"
        )
        raise InvalidGeometryError(msg)
