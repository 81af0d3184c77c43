"""Where the cells of a grid lie among the rows and columns of another raster."""

from __future__ import annotations

import functools
import itertools
import math
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from affine import Affine
from pyproj import CRS, Transformer

from borderzone.errors import GridMismatchError
from borderzone.grid import check_unturned, even_step

if TYPE_CHECKING:
    import xarray as xr

    from borderzone._typing import FloatArray
    from borderzone.grid import Grid

__all__ = ["Frame", "Nodes", "box_around", "cell_m", "source_transform", "to_crs", "window_around"]

# A place taken between nodes is off by no more than this share of a cell of the grid.
PLACE_ERROR = 0.002
_STEPS = (64, 32, 16, 8, 4, 2)
_PROBES = 9  # along each side of the grid, to choose the step

Box = tuple[float, float, float, float]
_LOCAL = threading.local()


@functools.cache
def _parsed(wkt: str) -> CRS:
    return CRS.from_wkt(wkt)


def _transformer(start: str, end: str) -> Transformer:
    """Keep transformers by thread: they belong to the one that made them."""
    made: dict[tuple[str, str], Transformer] = _LOCAL.__dict__.setdefault("made", {})
    if (start, end) not in made:
        made[start, end] = Transformer.from_crs(_parsed(start), _parsed(end), always_xy=True)
    return made[start, end]


def to_crs(start: str, end: str, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Project points, not finite where there is no answer."""
    if start == end:
        return x, y
    return _transformer(start, end).transform(x, y)


def _near_meridian(x: FloatArray, centre: float | None) -> FloatArray:
    """Longitudes within 180 degrees of the grid's, so that no grid is torn at the antimeridian."""
    if centre is None:
        return x
    with np.errstate(invalid="ignore", over="ignore"):  # infinite where the projection has no place
        turned = centre + np.mod(x - centre + 180.0, 360.0) - 180.0
        return np.where(np.abs(x - centre) > 180.0, turned, x)


def box_around(grid: Grid, wkt: str, *, parts: int = 65) -> tuple[Box, float | None]:
    """Box of a grid in another CRS, a little wide."""
    left, bottom, right, top = grid.bounds
    mesh = np.meshgrid(np.linspace(left, right, parts), np.linspace(bottom, top, parts))
    x, y = to_crs(grid.crs.to_wkt(), wkt, *mesh)
    middle = float(x[parts // 2, parts // 2])
    centre = middle if _parsed(wkt).is_geographic and np.isfinite(middle) else None
    x = _near_meridian(x, centre)
    finite = np.isfinite(x) & np.isfinite(y)
    if not finite.any():
        return (np.inf, np.inf, -np.inf, -np.inf), centre
    west, east = float(x[finite].min()), float(x[finite].max())
    south, north = float(y[finite].min()), float(y[finite].max())
    wide, high = (east - west) * 0.02, (north - south) * 0.02
    return (west - wide, south - high, east + wide, north + high), centre


def window_around(
    grid: Grid, wkt: str, transform: Affine, shape: tuple[int, int]
) -> tuple[slice, slice]:
    """Find the rows and columns of a raster around a grid, with room for every filter."""
    (left, bottom, right, top), centre = box_around(grid, wkt)
    whole = (slice(0, shape[0]), slice(0, shape[1]))
    if not np.isfinite([left, bottom, right, top]).all():
        return whole
    a, b, c, d, e, f = (~transform)[:6]
    corners = [(x, y) for x in (left, right) for y in (bottom, top)]
    places = ([d * x + e * y + f for x, y in corners], [a * x + b * y + c for x, y in corners])
    if not np.isfinite(places).all():
        return whole
    window = []
    for place, cells, length in zip(places, grid.shape, shape, strict=True):
        low, high = min(place), max(place)
        reach = 8 + 2 * (high - low) / cells
        start = min(max(math.floor(low - reach), 0), max(length - 2, 0))
        stop = min(max(math.ceil(high + reach), start + 2), length)
        window.append(slice(start, stop))
    beside = min(places[1]) < 0 or max(places[1]) > shape[1]
    # A raster in degrees may reach the grid from its other end.
    return window[0], whole[1] if centre is not None and beside else window[1]


@dataclass(frozen=True)
class Nodes:
    """
    Places of every few cells around a block of the grid, in cells of the source.

    Attributes
    ----------
    u, v
        Columns and rows of the source.
    top, left
        Row and column of the block's first cell, counted from the first node.
    step
        Cells of the grid between nodes.
    """

    u: FloatArray
    v: FloatArray
    top: int
    left: int
    step: int


@dataclass(frozen=True)
class Frame:
    """
    The way from a cell of a grid to the rows and columns of a source.

    Attributes
    ----------
    grid_wkt, source_wkt
        Both CRSs.
    place
        Left and top of the grid, and its cell. Units: m.
    inverse
        From x and y of the source to its columns and rows, six numbers.
    meridian
        Longitude around which a source in degrees is unrolled; None for metres.
    step
        Cells of the grid between places that are projected exactly.
    """

    grid_wkt: str
    source_wkt: str
    place: tuple[float, float, float]
    inverse: tuple[float, ...]
    meridian: float | None
    step: int = 1

    @classmethod
    def between(cls, grid: Grid, wkt: str, transform: Affine, meridian: float | None) -> Frame:
        """Find the widest spacing of nodes whose places are good enough."""
        place = (float(grid.transform.c), float(grid.transform.f), grid.resolution_m)
        inverse = tuple(float(number) for number in (~transform)[:6])
        frame = cls(grid.crs.to_wkt(), wkt, place, inverse, meridian)
        for step in _STEPS:
            if _worst(frame, grid.shape, step) <= PLACE_ERROR:
                return cls(frame.grid_wkt, wkt, place, inverse, meridian, step)
        return frame

    def locate(self, rows: FloatArray, columns: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Project cells of the grid to columns and rows of the source, exactly."""
        left, top, side = self.place
        x, y = left + (columns + 0.5) * side, top - (rows + 0.5) * side
        x, y = to_crs(self.grid_wkt, self.source_wkt, x, y)
        x = _near_meridian(x, self.meridian)
        a, b, c, d, e, f = self.inverse
        with np.errstate(invalid="ignore", over="ignore"):
            return a * x + b * y + c, d * x + e * y + f

    def nodes(self, rows: slice, columns: slice) -> Nodes:
        """Place nodes around a block, the same ones for a cell in whatever block."""
        first = (rows.start // self.step, columns.start // self.step)
        last = ((rows.stop - 1) // self.step + 1, (columns.stop - 1) // self.step + 1)
        down = np.arange(first[0], last[0] + 1, dtype=float) * self.step
        across = np.arange(first[1], last[1] + 1, dtype=float) * self.step
        u, v = self.locate(*np.meshgrid(down, across, indexing="ij"))
        return Nodes(
            np.ascontiguousarray(u),
            np.ascontiguousarray(v),
            rows.start - first[0] * self.step,
            columns.start - first[1] * self.step,
            self.step,
        )


@np.errstate(invalid="ignore", divide="ignore")
def _worst(frame: Frame, shape: tuple[int, int], step: int) -> float:
    """Largest error, in cells of the grid, of places taken between nodes, over a lattice of probes."""
    rows = np.linspace(0, shape[0] - 1, _PROBES) // step * step
    columns = np.linspace(0, shape[1] - 1, _PROBES) // step * step
    r, c = np.meshgrid(rows, columns, indexing="ij")
    corners = [frame.locate(r + i * step, c + j * step) for i in (0, 1) for j in (0, 1)]
    (u00, v00), (u01, v01), (u10, v10), (u11, v11) = corners
    det = np.abs((u01 - u00) * (v10 - v00) - (u10 - u00) * (v01 - v00)) / step**2
    worst = 0.0
    for i, j in itertools.product((0.0, 0.25, 0.5, 0.75), repeat=2):
        u, v = frame.locate(r + i * step, c + j * step)
        off_u = u - _bilinear(i, j, u00, u01, u10, u11)
        off_v = v - _bilinear(i, j, v00, v01, v10, v11)
        # Source cells to cells of the grid: the root of a grid cell's area among source cells.
        off = np.hypot(off_u, off_v) / np.sqrt(det)
        known = np.isfinite(off)
        if known.any():
            worst = max(worst, float(off[known].max()))
        if (np.isfinite(u) != np.isfinite(u00)).any():
            return np.inf
    return worst


def _bilinear(
    down: float, across: float, a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray
) -> FloatArray:
    left, right = a + (c - a) * down, b + (d - b) * down
    return left + (right - left) * across


def source_transform(raster: xr.DataArray) -> Affine:
    """Affine transform of a raster with evenly spaced coordinates."""
    if set(raster.dims) != {"y", "x"}:
        msg = f"a raster has dimensions y and x, got {raster.dims}; take one band, as in raster[0]"
        raise GridMismatchError(msg)
    check_unturned(raster, "the raster")
    steps, starts = [], []
    for axis in ("x", "y"):
        if axis not in raster.coords or raster.sizes.get(axis, 0) < 2:
            msg = f"the raster needs a coordinate {axis!r} with two cells or more"
            raise GridMismatchError(msg)
        centres = raster[axis].to_numpy().astype(float)
        step = even_step(centres, axis, "the raster")
        steps.append(step)
        starts.append(centres[0] - step / 2)
    return Affine(steps[0], 0, starts[0], 0, steps[1], starts[1])


def cell_m(transform: Affine, shape: tuple[int, ...], crs: CRS, grid: Grid) -> float:
    """Side of a raster's cells on the ground, where the grid has its middle."""
    left, bottom, right, top = grid.bounds
    here, there = grid.crs.to_wkt(), crs.to_wkt()
    middle = np.array([(left + right) / 2]), np.array([(bottom + top) / 2])
    x, y = (float(place[0]) for place in to_crs(here, there, *middle))
    column, row = _apply(~transform, x, y)
    column, row = min(max(column, 0), shape[1]), min(max(row, 0), shape[0])
    corners = [_apply(transform, column + i, row + j) for i, j in ((0, 0), (1, 0), (0, 1))]
    xs, ys = to_crs(there, here, *np.array(corners).T)
    area = (xs[1] - xs[0]) * (ys[2] - ys[0]) - (xs[2] - xs[0]) * (ys[1] - ys[0])
    return float(abs(area) ** 0.5)


def _apply(transform: Affine, column: float, row: float) -> tuple[float, float]:
    a, b, c, d, e, f = transform[:6]
    return a * column + b * row + c, d * column + e * row + f
