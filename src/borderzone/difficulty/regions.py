"""Ground that may become a zone: its cells, and an outline that is clean and shared with its neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd
import shapely
from scipy import ndimage, sparse
from scipy.sparse.csgraph import connected_components

from borderzone._cells import cells_inside, projected

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import xarray as xr
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from borderzone._typing import BoolArray, FloatArray, IntArray
    from borderzone.grid import Grid

__all__ = [
    "LARGEST_AREA_CHANGE",
    "LARGEST_MOVE",
    "REMOTE_RANK_BREAKS_H",
    "CorridorCells",
    "EdgeNetwork",
    "Region",
    "cell_outlines",
    "connected",
    "fill_holes",
    "generalised",
    "parts_of",
    "remote_regions",
    "rock_as_mapped",
    "rock_as_rastered",
    "zone_outlines",
]

# Travel time above which remote ground has rank 2 and rank 3. An assumption.
REMOTE_RANK_BREAKS_H = (3.0, 6.0)
# Share of its area by which smoothing may change a zone; else it keeps the edges of its cells.
LARGEST_AREA_CHANGE = 0.01


@dataclass(frozen=True, kw_only=True)
class CorridorCells:
    """
    The ground of a corridor on a grid.

    Attributes
    ----------
    grid
        The grid.
    within
        Cells whose centre lies in the corridor.
    side
        1 left of the border, 2 right of it, 0 outside.
    outline
        Polygon of the corridor, in the frame of the grid.
    """

    grid: Grid
    within: BoolArray
    side: IntArray
    outline: BaseGeometry


@dataclass(frozen=True, kw_only=True)
class Region:
    """
    Ground that may become a zone.

    Attributes
    ----------
    cells
        Flat indices of its cells.
    outline
        Polygon, in the frame of the grid.
    accuracy_km
        How well the outline is known. Units: km.
    filled
        Number of cells in holes that were filled.
    rock
        Name of mapped rock.
    """

    cells: IntArray
    outline: BaseGeometry
    accuracy_km: float
    filled: int = 0
    rock: str = ""


def remote_regions(
    flagged: BoolArray,
    hours: FloatArray,
    strip: CorridorCells,
    *,
    smallest_km2: float,
    hole_km2: float,
) -> list[Region]:
    """Collect remote ground that touches, on one side of the border and in one band of time."""
    band = np.searchsorted(REMOTE_RANK_BREAKS_H, hours)
    zone = np.zeros(flagged.shape, dtype=np.int64)
    members: list[IntArray] = []
    for bank in (1, 2):
        for rank in range(len(REMOTE_RANK_BREAKS_H) + 1):
            labels, count = connected(flagged & (strip.side == bank) & (band == rank))
            for cells in _members(labels, count):
                if cells.size * strip.grid.cell_area_km2 >= smallest_km2:
                    members.append(cells)
                    zone.ravel()[cells] = len(members)
    whole, filled = fill_holes(zone, strip.side, below=hole_km2 / strip.grid.cell_area_km2)
    outlines = zone_outlines(whole, strip)
    return [
        Region(
            cells=cells,
            outline=outlines[number],
            accuracy_km=strip.grid.resolution_m / 1000,
            filled=int(filled[number]),
        )
        for number, cells in enumerate(members, start=1)
    ]


def fill_holes(zone: IntArray, side: IntArray, *, below: float) -> tuple[IntArray, IntArray]:
    """
    Give small holes to the zone around them.

    A hole is filled where it holds no other zone and lies, as a whole, in the corridor and on the
    side of the border of its zone.
    """
    whole = zone.copy()
    filled = np.zeros(int(zone.max(initial=0)) + 1, dtype=np.int64)
    # None stands for a number that no cell has, which the types of scipy do not say.
    boxes = cast("list[tuple[slice, slice] | None]", ndimage.find_objects(zone))
    for number, box in enumerate(boxes, start=1):
        if box is None:
            continue
        own = zone[box] == number
        holes, count = ndimage.label(ndimage.binary_fill_holes(own) & ~own)
        bank = side[box][own][0]
        for hole in range(1, count + 1):
            inside = holes == hole
            free = (zone[box][inside] == 0) & (side[box][inside] == bank)
            if free.size < below and free.all():
                whole[box][inside] = number
                filled[number] += free.size
    return whole, filled


def zone_outlines(zone: IntArray, strip: CorridorCells) -> dict[int, BaseGeometry]:
    """Draw smooth outlines that end at the rim of the corridor."""
    if not zone.any():
        return {}
    # Room around the grid, for cells that the rim cuts.
    network = EdgeNetwork.of(
        _to_the_rim(np.pad(zone, 2), np.pad(strip.within, 2)), strip.grid.padded(2)
    )

    def drawn(places: FloatArray) -> dict[int, BaseGeometry]:
        return {
            number: _cut(shape, strip.outline, strip.grid)
            for number, shape in network.outlines(places).items()
            if number <= zone.max()
        }

    exact = drawn(network.corners)
    stiff: list[int] = []
    while True:
        smooth = drawn(network.smoothed(network.held(stiff)))
        changed = [
            number
            for number, shape in smooth.items()
            if abs(shape.area - exact[number].area) > LARGEST_AREA_CHANGE * exact[number].area
        ]
        # An outline that is held has its old area, so every round holds more.
        if not changed:
            return smooth
        stiff += changed


def _to_the_rim(zone: IntArray, within: BoolArray) -> IntArray:
    """Let the cells across the rim go with the nearest ones inside: the rim itself cuts them."""
    away, nearest = ndimage.distance_transform_edt(~within, return_indices=True)
    # What lies farther out is a group of its own, so that no arc runs on along the rim.
    return np.asarray(np.where(away < 2.0, zone[tuple(nearest)], zone.max() + 1))


def _cut(shape: BaseGeometry, outline: BaseGeometry, grid: Grid) -> BaseGeometry:
    # A shred at the rim, less than a quarter of a cell, is left out with its cell outside.
    parts = parts_of(shapely.intersection(shape, outline))
    areas = shapely.area(parts)
    large = areas >= min(0.25 * grid.resolution_m**2, areas.max(initial=0.0))
    whole: BaseGeometry = (
        parts[large][0] if large.sum() == 1 else shapely.multipolygons(parts[large])
    )
    return whole


def _members(labels: IntArray, count: int) -> Sequence[IntArray]:
    """Collect the flat indices of the cells of each label."""
    numbers = labels.ravel()
    inside = np.flatnonzero(numbers)
    order = inside[np.argsort(numbers[inside], kind="stable")]
    ends = np.cumsum(np.bincount(numbers[inside], minlength=count + 1)[1:])
    return np.split(order, ends)[:count]


def rock_as_mapped(
    karst: gpd.GeoDataFrame, strip: CorridorCells, *, hole_km2: float
) -> list[Region]:
    """Collect soluble rock inside the corridor, along the outlines of a map."""
    order = np.argsort(-karst["susceptibility"].to_numpy(), kind="stable")
    shapes = projected(karst, strip.grid)
    accuracy = karst.get("accuracy_km", pd.Series(0.0, index=karst.index)).to_numpy(dtype=float)
    names = karst.get("name", pd.Series("", index=karst.index)).astype(str).to_numpy()
    rock: BaseGeometry = shapely.union_all(shapes)
    taken: BaseGeometry = shapely.Polygon()
    regions = []
    for row in order:
        whole = _without_holes(shapes[row], rock, hole_km2)
        left = shapely.intersection(shapely.difference(whole, taken), strip.outline)
        taken = shapely.union(taken, whole)
        regions += [
            Region(cells=cells, outline=part, accuracy_km=accuracy[row], rock=names[row])
            for part in parts_of(left)
            if (cells := _chosen(cells_inside(part, strip.grid), strip.within)).size
        ]
    return regions


def _chosen(cells: IntArray, wanted: BoolArray) -> IntArray:
    """Those of some cells that are wanted."""
    return cells[wanted.ravel()[cells]]


def _without_holes(shape: BaseGeometry, rock: BaseGeometry, hole_km2: float) -> BaseGeometry:
    holes = np.array(
        [shapely.Polygon(ring) for part in parts_of(shape) for ring in part.interiors], dtype=object
    )
    small = holes[shapely.area(holes) < hole_km2 * 1e6]
    # A hole in which other rock lies is no hole in the rock.
    empty = small[shapely.area(shapely.intersection(small, rock)) == 0]
    return shapely.union_all([shape, *empty]) if empty.size else shape


def rock_as_rastered(flags: xr.Dataset, strip: CorridorCells, *, hole_km2: float) -> list[Region]:
    """Collect soluble rock inside the corridor from a raster, generalised to the accuracy of its map."""
    accuracy_km = float(flags["cave_prone"].attrs.get("accuracy_km", 0.0))
    rank, within, grid = flags["karst_rank"].to_numpy(), strip.within, strip.grid
    taken: BaseGeometry = shapely.Polygon()
    regions = []
    for value in np.unique(rank[within & np.isfinite(rank)])[::-1]:
        labels, count = connected((rank == value) & within)
        whole, _ = fill_holes(
            np.where(rank == value, labels, 0), strip.side, below=hole_km2 / grid.cell_area_km2
        )
        numbers = np.arange(1, count + 1)
        for number, cells in zip(numbers, cell_outlines(whole, grid, numbers), strict=True):
            smooth = generalised(cells, accuracy_km * 1000)
            left = shapely.intersection(shapely.difference(smooth, taken), strip.outline)
            taken = shapely.union(taken, smooth)
            for part in parts_of(left):
                inside = _chosen(cells_inside(part, grid), labels == number)
                if inside.size:
                    regions.append(Region(cells=inside, outline=part, accuracy_km=accuracy_km))
    return regions


# Outlines of groups of cells: exact along cell edges, or as smooth as the data's accuracy.


def connected(mask: BoolArray) -> tuple[IntArray, int]:
    """Label the groups of cells that touch, by an edge or by a corner."""
    labels, count = ndimage.label(mask, structure=np.ones((3, 3), dtype=np.int8))
    return np.asarray(labels), int(count)


def cell_outlines(labels: IntArray, grid: Grid, wanted: IntArray) -> list[BaseGeometry]:
    """Union of the cells of each group, along cell edges."""
    keep = np.where(np.isin(labels, wanted), labels, 0)
    # Runs of equal label along a row: a change of label starts one and ends another.
    padded = np.pad(keep, ((0, 0), (1, 1)))
    changes = padded[:, 1:] != padded[:, :-1]
    rows, columns = np.nonzero(changes)
    starts = padded[rows, columns + 1] > 0
    ends = padded[rows, columns] > 0
    row, first, last = rows[starts], columns[starts], columns[ends]
    a, _, left, _, e, top = grid.transform[:6]
    boxes = shapely.box(left + first * a, top + (row + 1) * e, left + last * a, top + row * e)
    owner = keep[row, first]
    return [shapely.union_all(boxes[owner == label]) for label in wanted]


def generalised(outline: BaseGeometry, accuracy_m: float) -> BaseGeometry:
    """
    Smooth an outline until it shows nothing finer than the data can.

    Gaps and necks narrower than half the accuracy are closed and opened, and
    vertices within a twentieth of it are dropped, so that no edge of a cell is left.
    """
    if accuracy_m <= 0:
        return outline
    reach = accuracy_m / 4
    closed = outline.buffer(reach).buffer(-reach)
    opened = closed.buffer(-reach).buffer(reach)
    smooth = opened.simplify(accuracy_m / 20)
    if smooth.is_empty:
        return smooth
    # Rounding corners takes area; a rim along the whole outline gives it back.
    back = (opened.area - smooth.area) / smooth.length
    return smooth.buffer(back, join_style="mitre") if abs(back) > 0 else smooth


def parts_of(shape: BaseGeometry) -> NDArray[np.object_]:
    """Take the polygons of a shape, without the lines and points that an overlay leaves."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    return np.asarray(parts[shapely.area(parts) > 0])


# Smooth outlines of groups of cells, drawn once for all groups, so that neighbours share their edge.
#
# An outline along cell edges is a staircase. Its corners are taken as a network: where three groups
# meet, or two touch by a corner, a corner is a node and stays; between nodes runs an arc, which two
# groups share. Each pass moves a corner of an arc halfway towards the middle of its two neighbours.
# Then the arc moves along its normals until the area on either side is what it was.
#
# No corner moves as much as half a cell in x or in y. The two ends of a cell edge then stay in
# squares of their own, around the corners of the lattice; edges without a common end lie in
# rectangles that do not overlap, so they never cross, and no centre of a cell changes its side. That
# is why smooth outlines are valid, overlap nowhere, and hold the centres of their cells and no others.


# Farthest that a corner moves in x or y. Below one half nothing can cross. Units: cells.
LARGEST_MOVE = 0.49
# Passes of the filter 1/4, 1/2, 1/4 along an arc: a standard deviation of two cell edges, enough
# to level steps of a line that climbs one cell in five.
_PASSES = 8
# Steps towards the old area; each squares what is left, where no corner is held.
_CORRECTIONS = 12


@dataclass(frozen=True, kw_only=True)
class EdgeNetwork:
    """
    The edges between groups of cells.

    Attributes
    ----------
    grid, labels
        Grid of the cells, and the group of each; 0 for none.
    corners
        Column and row of each corner that an edge ends in.
    tail, head
        Corner from which an edge leaves and in which it ends.
    left, right
        Group on either side of an edge, 0 for none; the lower number is on the left.
    """

    grid: Grid
    labels: IntArray
    corners: FloatArray
    tail: IntArray
    head: IntArray
    left: IntArray
    right: IntArray

    @classmethod
    def of(cls, labels: IntArray, grid: Grid) -> EdgeNetwork:
        """Find the edges between cells of different groups."""
        ring = np.pad(np.asarray(labels, dtype=np.int64), 1)
        width = grid.shape[1] + 1
        row, column = np.nonzero(ring[:-1, 1:-1] != ring[1:, 1:-1])
        start = row * width + column
        along = [start, start + 1, ring[row, column + 1], ring[row + 1, column + 1]]
        row, column = np.nonzero(ring[1:-1, :-1] != ring[1:-1, 1:])
        start = row * width + column
        down = [start, start + width, ring[row + 1, column + 1], ring[row + 1, column]]
        tail, head, left, right = (np.concatenate(pair) for pair in zip(along, down, strict=True))
        # One direction for the whole of an arc: the lower group on the left.
        turn = left > right
        tail, head = np.where(turn, head, tail), np.where(turn, tail, head)
        used, ends = np.unique(np.concatenate([tail, head]), return_inverse=True)
        return cls(
            grid=grid,
            labels=ring[1:-1, 1:-1],
            corners=np.column_stack([used % width, used // width]).astype(np.float64),
            tail=ends[: tail.size],
            head=ends[tail.size :],
            left=np.minimum(left, right),
            right=np.maximum(left, right),
        )

    def held(self, groups: Sequence[int]) -> BoolArray:
        """Find the corners on the outlines of some groups."""
        own = np.isin(self.left, groups) | np.isin(self.right, groups)
        found = np.zeros(len(self.corners), dtype=bool)
        found[self.tail[own]] = found[self.head[own]] = True
        return found

    def smoothed(self, held: BoolArray | None = None) -> FloatArray:
        """Move the corners of arcs, keeping the area on both sides."""
        places = self.corners.copy()
        free = np.bincount(np.concatenate([self.tail, self.head]), minlength=len(places)) == 2
        if held is not None:
            free &= ~held
        moving = np.flatnonzero(free)
        if not moving.size:
            return places
        before, after = np.empty(len(places), np.int64), np.empty(len(places), np.int64)
        before[self.head], after[self.tail] = self.tail, self.head
        before, after = before[moving], after[moving]
        for _ in range(_PASSES):
            places[moving] = 0.5 * places[moving] + 0.25 * (places[before] + places[after])
            places[moving] = self._near(places, moving)
        arc = self._arcs(free)
        for _ in range(_CORRECTIONS):
            lost = self._swept(self.corners, arc) - self._swept(places, arc)
            # How the area on the left grows with each coordinate (shoelace).
            chord = places[after] - places[before]
            gain = 0.5 * np.column_stack([chord[:, 1], -chord[:, 0]])
            own = arc[moving]
            total = np.bincount(own, (gain**2).sum(axis=1), minlength=lost.size)
            step = np.divide(lost, total, out=np.zeros_like(lost), where=total > 1e-9)
            places[moving] += gain * step[own, None]
            places[moving] = self._near(places, moving)
        return places

    def outlines(self, places: FloatArray) -> dict[int, BaseGeometry]:
        """Draw the outline of each group."""
        at = self._on_map(places)
        lines = shapely.linestrings(np.stack([at[self.tail], at[self.head]], axis=1))
        faces = shapely.get_parts(shapely.polygonize(np.asarray(lines)))
        # One cell of each piece tells whose its face is: no centre changes its side.
        row, column, group = _one_of_each_piece(self.labels)
        centres = shapely.points(self._on_map(np.column_stack([column + 0.5, row + 0.5])))
        piece, face = shapely.STRtree(faces).query(centres, predicate="within")
        found = {}
        for number in np.unique(group):
            own = shapely.multipolygons(faces[face[group[piece] == number]])
            found[int(number)] = own.geoms[0] if len(own.geoms) == 1 else own
        return found

    def _on_map(self, places: FloatArray) -> FloatArray:
        a, _, left, _, e, top = self.grid.transform[:6]
        return np.column_stack([left + a * places[:, 0], top + e * places[:, 1]])

    def _near(self, places: FloatArray, moving: IntArray) -> FloatArray:
        old = self.corners[moving]
        return np.clip(places[moving], old - LARGEST_MOVE, old + LARGEST_MOVE)

    def _arcs(self, free: BoolArray) -> IntArray:
        """Give each corner that moves the number of its arc; 0 to those that stay."""
        both = free[self.tail] & free[self.head]
        links = (np.ones(both.sum(), dtype=np.int8), (self.tail[both], self.head[both]))
        graph = sparse.coo_array(links, shape=(free.size, free.size))
        _, number = connected_components(graph, directed=False)
        return np.where(free, number + 1, 0)

    def _swept(self, places: FloatArray, arc: IntArray) -> FloatArray:
        """Area between each arc and the origin, in cells."""
        own = np.maximum(arc[self.tail], arc[self.head])
        (x0, y0), (x1, y1) = places[self.tail].T, places[self.head].T
        return 0.5 * np.bincount(own, x0 * y1 - x1 * y0, minlength=int(arc.max()) + 1)


def _one_of_each_piece(labels: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Row, column and group of one cell of each piece that hangs together by edges."""
    rows, columns, groups = [], [], []
    for index, box in enumerate(ndimage.find_objects(labels), start=1):
        if box is not None:
            pieces, _ = ndimage.label(labels[box] == index)
            _, first = np.unique(pieces, return_index=True)
            row, column = np.unravel_index(first, pieces.shape)
            own = pieces[row, column] > 0
            rows.append(row[own] + box[0].start)
            columns.append(column[own] + box[1].start)
            groups.append(np.full(own.sum(), index))
    if not rows:
        return (np.empty(0, dtype=np.int64),) * 3
    return np.concatenate(rows), np.concatenate(columns), np.concatenate(groups)
