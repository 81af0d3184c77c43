"""The steps that run along roads, and what roads open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from borderzone._kernels import line_cells
from borderzone.access.odd_cells import ALL_STEPS, ON_ROAD, BarredSteps, RoadSteps
from borderzone.access.placing import passages_of, shapes_of
from borderzone.access.steps import PASSED, STEPS

if TYPE_CHECKING:
    import geopandas as gpd

    from borderzone._typing import BoolArray, FloatArray, IntArray
    from borderzone.access.ways import Roads
    from borderzone.grid import Grid

__all__ = ["open_roads", "steps_of_roads"]

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


def _merged(shapes: gpd.GeoSeries, km_h: FloatArray) -> tuple[Any, FloatArray]:
    """Join lines of one speed that follow each other, so that where they were cut does not matter."""
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
