"""Elevation as the terrain functions take it: checked once, worked off in bands or chunks, labelled.

Every layer of the ground answers at a cell from the cells within a fixed reach, in a fixed order. So
a band for a thread, a block of a file and a chunk of a lazy raster, each with as much ground around it as
the reach, give the same numbers as the whole raster to the last bit. At the rim of the raster there is no
more ground, and the layer extrapolates.
"""

from __future__ import annotations

import logging
import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import numpy as np
import xarray as xr

from borderzone._guards import check_positive, n_threads
from borderzone._guards.rasters import FILLS, heights_of, refuse_impossible
from borderzone._kernels import focal
from borderzone.errors import GridMismatchError, InvalidParameterError
from borderzone.grid import MAP_KNOWN, map_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from borderzone._typing import FloatArray

__all__ = ["SMALLEST_CELLS", "Elevation", "cells_nearer", "cells_within", "lazily", "over_raster"]

_LOG = logging.getLogger("borderzone")
# Fewer cells are done before a thread has started.
_CELLS_WORTH_A_THREAD = 100_000
_BAND_ROWS = 128
# A window of 20,000 cells to the side is a mistake in the units, not a question.
FARTHEST_CELLS = 10_000
# A radius below it holds no neighbour on the diagonal: not even the eight cells around.
SMALLEST_CELLS = 1.5
# A radius of ten cells holds ten cells, whatever the last digit of the cell size.
_SLACK = 1e-6

P = ParamSpec("P")
R = TypeVar("R", xr.DataArray, xr.Dataset)


@dataclass(frozen=True, kw_only=True, slots=True)
class Elevation:
    """
    Heights and cell size of a raster that has passed every guard.

    Attributes
    ----------
    z
        Heights, contiguous, float32 or float64. Units: m.
    step_east, step_north
        Distance from a cell to the next column, and from a cell to the next row up. Negative
        where the raster runs the other way. Units: m.
    crs_wkt
        The raster's CRS.
    raster
        The raster as it came.
    """

    z: FloatArray
    step_east: float
    step_north: float
    crs_wkt: str
    raster: xr.DataArray

    @classmethod
    def of(cls, dem: Any) -> Elevation:
        """Check a raster and take what the kernels need."""
        crs, step_x, step_y = map_of(dem, "the elevation raster")
        if min(dem.shape) < 2:
            msg = f"an elevation raster needs at least 2 x 2 cells, got {dict(dem.sizes)}"
            raise GridMismatchError(msg)
        return cls(
            z=heights_of(dem),
            step_east=step_x,
            step_north=-step_y,
            crs_wkt=str(crs.to_wkt()),
            raster=dem,
        )

    @property
    def cell_m(self) -> float:
        """Longer side of a cell."""
        return max(abs(self.step_east), abs(self.step_north))

    def checked_radius(self, radius_m: float, name: str = "radius_m") -> float:
        """Refuse a radius that holds less than the eight cells around."""
        radius, smallest = check_positive(radius_m, name, "m"), SMALLEST_CELLS * self.cell_m
        if radius < smallest * (1 - 1e-9):
            msg = (
                f"{name} must be at least {SMALLEST_CELLS:g} cells, which is {smallest:g} m on this "
                f"raster of {self.cell_m:g} m cells, got {radius:g}"
            )
            raise InvalidParameterError(msg)
        return radius

    def layer(
        self,
        reach: tuple[int, int],
        kernel: Callable[[FloatArray, int, int, Any], Any],
        dtype: type = np.float32,
        *,
        name: str,
        **told: Any,
    ) -> xr.DataArray:
        """Let a kernel fill one layer: of what it is given, where that lies in it, and the layer."""
        found = self.layers(
            reach, lambda z, row, col, out: kernel(z, row, col, out[name]), {name: told}, dtype
        )
        return found[name]

    def layers(
        self,
        reach: tuple[int, int],
        kernel: Callable[[FloatArray, int, int, Any], Any],
        told: Mapping[str, Mapping[str, Any]],
        dtype: type = np.float32,
        *,
        counts_impossible: bool = False,
    ) -> dict[str, xr.DataArray]:
        """Let a kernel fill several layers in one pass, and say of each what is told of it."""
        out: dict[str, Any] = {name: np.empty(self.z.shape, dtype) for name in told}
        if out:
            over_raster(
                self.z,
                reach,
                lambda z, row, col: kernel(z, row, col, out),
                counts_impossible=counts_impossible,
            )
        spatial_ref = xr.DataArray(np.int64(0), attrs={"crs_wkt": self.crs_wkt})
        coords = {"y": self.raster["y"], "x": self.raster["x"], "spatial_ref": spatial_ref}
        return {
            name: xr.DataArray(
                values, coords, ("y", "x"), name=name, attrs={**told[name], "crs": self.crs_wkt}
            )
            for name, values in out.items()
        }


def cells_within(radius_m: float, cell_m: float) -> int:
    """Count the cells of a line whose centre is no farther than a radius."""
    return math.floor(radius_m / cell_m * (1 + _SLACK))


def cells_nearer(search_m: float, cell_m: float) -> int:
    """Count the cells of a line whose centre is nearer than a distance."""
    return math.ceil(search_m / cell_m * (1 - _SLACK)) - 1


def over_raster(
    z: FloatArray,
    reach: tuple[int, int],
    run: Callable[[FloatArray, int, int], Any],
    *,
    counts_impossible: bool = False,
) -> None:
    """
    Run a kernel over every cell of a raster, the rim included.

    Beyond the rim heights are reflected through the rim cell's own height
    (``2 z[0] - z[k]``): for the next cell that is linear extrapolation, and a plane goes on as
    the same plane however far the kernel reaches.
    """

    def checked(part: FloatArray, row: int, column: int) -> None:
        if not counts_impossible and focal.n_impossible(part):
            refuse_impossible(z)
        if run(part, row, column) and counts_impossible:
            refuse_impossible(z)

    tall, wide = reach
    rows, columns = z.shape
    if max(reach) > FARTHEST_CELLS:
        msg = (
            f"a neighbourhood of {max(reach):,} cells to each side is more than {FARTHEST_CELLS:,}; "
            "take a smaller radius, or a coarser raster"
        )
        raise InvalidParameterError(msg)
    if rows <= tall or columns <= wide:
        _LOG.warning(
            "a neighbourhood of %d x %d cells is larger than the raster of %d x %d cells: "
            "most of it is extrapolated",
            2 * tall + 1,
            2 * wide + 1,
            rows,
            columns,
        )
    if rows <= 2 * tall or columns <= 2 * wide:
        checked(_extended(z, (tall, tall), (wide, wide)), 0, 0)
        return
    # The strips first: they are small, and whatever must be compiled is compiled once.
    checked(_extended(z[: 2 * tall], (tall, 0), (wide, wide)), 0, 0)
    checked(_extended(z[-2 * tall :], (0, tall), (wide, wide)), rows - tall, 0)
    checked(_extended(z[:, : 2 * wide], (0, 0), (wide, 0)), tall, 0)
    checked(_extended(z[:, -2 * wide :], (0, 0), (0, wide)), tall, columns - wide)
    _in_bands(z, reach, checked)


def _in_bands(
    z: FloatArray, reach: tuple[int, int], run: Callable[[FloatArray, int, int], None]
) -> None:
    """Run a kernel over the inside of a raster, bands of rows shared out among threads."""
    tall, wide = reach
    n_rows = z.shape[0] - 2 * tall
    worth = z.size // _CELLS_WORTH_A_THREAD
    threads = min(n_threads(), worth) if worth > 1 else 1
    if threads < 2:
        run(z, tall, wide)
        return
    # Several bands each, so that no thread waits long for the last; the bands overlap by the halo.
    height = min(max(math.ceil(n_rows / (4 * threads)), 1), _BAND_ROWS)
    bands = [(top, min(top + height, n_rows)) for top in range(0, n_rows, height)]
    with ThreadPoolExecutor(threads) as pool:
        jobs = [pool.submit(run, z[top : end + 2 * tall], top + tall, wide) for top, end in bands]
        for job in jobs:
            job.result()


def _extended(z: FloatArray, rows: tuple[int, int], columns: tuple[int, int]) -> FloatArray:
    with np.errstate(invalid="ignore"):
        return np.pad(z, (rows, columns), mode="reflect", reflect_type="odd")


def lazily(reach: Callable[..., int]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a function of an elevation raster take a lazy one, and stay lazy."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def either(*args: P.args, **kwargs: P.kwargs) -> R:
            options: dict[str, Any] = dict(kwargs)
            dem = args[0] if args else options.pop("dem", None)
            if not (isinstance(dem, xr.DataArray) and dem.chunks is not None):
                return function(*args, **kwargs)
            planned: R = _Chunked(function, dem, reach, options).planned()
            return planned

        return either

    return decorate


class _Chunked:
    """A function of a raster, planned over its chunks: one pass a chunk, however many layers."""

    def __init__(
        self,
        function: Callable[..., Any],
        dem: xr.DataArray,
        reach: Callable[..., int],
        options: dict[str, Any],
    ) -> None:
        # Coordinates, CRS and units are looked at now, heights when they are computed.
        # Four cells are enough to tell, and cost no chunk.
        corner = dem[:2, :2]
        Elevation.of(corner.copy(data=np.zeros(corner.shape, np.float32)))
        self._dem, self._function, self._options = dem, function, options
        _, step_x, step_y = map_of(dem, "the elevation raster")
        self._steps = (step_y, step_x)
        self._reach = self._cells(reach)
        shape = [2 * cells + 3 for cells in self._reach]
        self._sample = self._layers(np.zeros(shape, dem.dtype))
        self._depths: tuple[int, ...] = self._reach
        self._type = np.result_type(*(layer.dtype for layer in self._sample.values()))

    def _cells(self, reach: Callable[..., int]) -> tuple[int, int]:
        """Rows and columns on which a cell depends; options that make no sense are refused first."""
        # The longer side is what radii are checked against, so that it sets the reach.
        sides = [abs(step) for step in self._steps]
        try:
            cells = reach(cell_m=max(sides), **self._options)
        except (ArithmeticError, TypeError, ValueError):
            cells = -1
        if not 0 < cells <= FARTHEST_CELLS:
            self._layers(np.zeros((5, 5), self._dem.dtype))
        if sides[0] == sides[1]:
            return cells, cells
        # A radius between two whole cells of the longer side reaches farther along the shorter.
        down, across = (math.ceil((cells + 1) * max(sides) / side) for side in sides)
        return down, across

    def planned(self) -> Any:
        """Give the answer as a lazy raster or dataset."""
        from dask.array import map_blocks  # noqa: PLC0415 - optional: only lazy rasters come here
        from dask.array.overlap import overlap  # noqa: PLC0415 - as above

        heights = _not_smaller(self._dem.data, self._reach)
        # An axis in one chunk has all its ground already.
        self._depths = tuple(
            cells if len(sizes) > 1 else 0
            for cells, sizes in zip(self._reach, heights.chunks, strict=True)
        )
        stacked = map_blocks(  # type: ignore[no-untyped-call]  # dask has no types here
            self._block,
            overlap(heights, depth=self._depths, boundary="none"),  # type: ignore[no-untyped-call]  # likewise
            new_axis=0,
            chunks=((len(self._sample),), *heights.chunks),
            dtype=self._type,
            meta=np.empty((0, 0, 0), self._type),
            sizes=heights.chunks,
        )
        layers = {
            name: self._located(stacked[number].astype(layer.dtype), layer)
            for number, (name, layer) in enumerate(self._sample.items())
        }
        if self._several:
            return xr.Dataset(layers, attrs=self._attrs)
        return next(iter(layers.values()))

    def _layers(self, z: Any) -> dict[str, xr.DataArray]:
        """Run the function on a block as if it were a raster of its own."""
        down, across = self._steps
        place = {"y": np.arange(z.shape[0]) * down, "x": np.arange(z.shape[1]) * across}
        block = xr.DataArray(z, place, ("y", "x"), attrs=self._dem.attrs)
        told = {key: fill for key, fill in self._dem.encoding.items() if key in FILLS}
        block.encoding = told | {MAP_KNOWN: True}
        if "spatial_ref" in self._dem.coords:
            block = block.assign_coords(spatial_ref=self._dem["spatial_ref"])
        found = self._function(block, **self._options)
        self._several, self._attrs = isinstance(found, xr.Dataset), found.attrs
        return {str(k): v for k, v in found.items()} if self._several else {"": found}

    def _block(self, z: Any, sizes: Any, block_id: tuple[int, ...]) -> Any:
        row, column = block_id[-2:]
        top, left = (
            depth if number > 0 else 0
            for depth, number in zip(self._depths, (row, column), strict=True)
        )
        rows, columns = slice(top, top + sizes[0][row]), slice(left, left + sizes[1][column])
        found = self._layers(z).values()
        return np.stack([layer.to_numpy()[rows, columns].astype(self._type) for layer in found])

    def _located(self, values: Any, layer: xr.DataArray) -> xr.DataArray:
        coords = {"y": self._dem["y"], "x": self._dem["x"], "spatial_ref": layer["spatial_ref"]}
        return xr.DataArray(values, coords, ("y", "x"), name=layer.name, attrs=layer.attrs)


def _not_smaller(heights: Any, reach: tuple[int, int]) -> Any:
    """Join chunks that are smaller than the halo, so that each has its halo from one neighbour."""
    joined = []
    for sizes, depth in zip(heights.chunks, reach, strict=True):
        new: list[int] = []
        for size in sizes:
            if new and (new[-1] < depth or size < depth):
                new[-1] += size
            else:
                new.append(size)
        joined.append(tuple(new))
    return heights.rechunk(tuple(joined))
