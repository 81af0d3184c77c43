"""Ground that may become a zone: its cells, and an outline that is clean and shared with its neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from scipy import ndimage

from borderzone._placing import cells_inside
from borderzone.difficulty.outlines import cell_outlines, connected, generalised, parts_of
from borderzone.difficulty.smoothing import Network
from borderzone.terrain.surface import projected

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import xarray as xr

    from borderzone._typing import BoolArray, FloatArray, IntArray
    from borderzone.grid import Grid

__all__ = [
    "LARGEST_AREA_CHANGE",
    "REMOTE_RANK_BREAKS_H",
    "Region",
    "Strip",
    "fill_holes",
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
class Strip:
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
    outline: Any


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
    outline: Any
    accuracy_km: float
    filled: int = 0
    rock: str = ""


def remote_regions(
    flagged: BoolArray,
    hours: FloatArray,
    strip: Strip,
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
    for number, box in enumerate(ndimage.find_objects(zone), start=1):
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


def zone_outlines(zone: IntArray, strip: Strip) -> dict[int, Any]:
    """Draw smooth outlines that end at the rim of the corridor."""
    if not zone.any():
        return {}
    # Room around the grid, for cells that the rim cuts.
    network = Network.of(
        _to_the_rim(np.pad(zone, 2), np.pad(strip.within, 2)), strip.grid.padded(2)
    )

    def drawn(places: FloatArray) -> dict[int, Any]:
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


def _cut(shape: Any, outline: Any, grid: Grid) -> Any:
    # A shred at the rim, less than a quarter of a cell, is left out with its cell outside.
    parts = parts_of(shapely.intersection(shape, outline))
    areas = shapely.area(parts)
    large = areas >= min(0.25 * grid.resolution_m**2, areas.max(initial=0.0))
    return parts[large][0] if large.sum() == 1 else shapely.multipolygons(parts[large])


def _members(labels: IntArray, count: int) -> Sequence[IntArray]:
    """Collect the flat indices of the cells of each label."""
    numbers = labels.ravel()
    inside = np.flatnonzero(numbers)
    order = inside[np.argsort(numbers[inside], kind="stable")]
    ends = np.cumsum(np.bincount(numbers[inside], minlength=count + 1)[1:])
    return np.split(order, ends)[:count]


def rock_as_mapped(karst: gpd.GeoDataFrame, strip: Strip, *, hole_km2: float) -> list[Region]:
    """Collect soluble rock inside the corridor, along the outlines of a map."""
    order = np.argsort(-karst["susceptibility"].to_numpy(), kind="stable")
    shapes = projected(karst, strip.grid)
    accuracy = karst.get("accuracy_km", pd.Series(0.0, index=karst.index)).to_numpy(dtype=float)
    names = karst.get("name", pd.Series("", index=karst.index)).astype(str).to_numpy()
    rock: Any = shapely.union_all(shapes)
    taken: Any = shapely.Polygon()
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


def _without_holes(shape: Any, rock: Any, hole_km2: float) -> Any:
    holes = np.array(
        [shapely.Polygon(ring) for part in parts_of(shape) for ring in part.interiors], dtype=object
    )
    small = holes[shapely.area(holes) < hole_km2 * 1e6]
    # A hole in which other rock lies is no hole in the rock.
    empty = small[shapely.area(shapely.intersection(small, rock)) == 0]
    return shapely.union_all([shape, *empty]) if empty.size else shape


def rock_as_rastered(flags: xr.Dataset, strip: Strip, *, hole_km2: float) -> list[Region]:
    """Collect soluble rock inside the corridor from a raster, generalised to the accuracy of its map."""
    accuracy_km = float(flags["cave_prone"].attrs.get("accuracy_km", 0.0))
    rank, within, grid = flags["karst_rank"].to_numpy(), strip.within, strip.grid
    taken: Any = shapely.Polygon()
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
