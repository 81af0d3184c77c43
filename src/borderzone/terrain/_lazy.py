"""Terrain of lazy rasters: the same functions, chunk by chunk, with the halo that each needs.

Every terrain layer answers at a cell from the cells within a fixed reach, in a fixed order. So a
chunk with as much ground around it as the reach gives the same numbers as the whole raster, to the
last bit, whatever the chunks. At the rim of the raster a chunk has no halo, and the layer extrapolates
there as it does for the whole.
"""

from __future__ import annotations

import math
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

import numpy as np
import xarray as xr

from borderzone._heights import FILLS
from borderzone.grid import MAP_KNOWN, map_of
from borderzone.terrain.elevation import FARTHEST_CELLS, Elevation

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["is_lazy", "lazily"]

P = ParamSpec("P")
R = TypeVar("R", xr.DataArray, xr.Dataset)


def is_lazy(raster: Any) -> bool:
    """Tell whether a raster is computed only when it is needed."""
    return isinstance(raster, xr.DataArray) and raster.chunks is not None


def lazily(reach: Callable[..., int]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a function of an elevation raster take a lazy one, and stay lazy."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def either(*args: P.args, **kwargs: P.kwargs) -> R:
            options: dict[str, Any] = dict(kwargs)
            dem = args[0] if args else options.pop("dem", None)
            if not is_lazy(dem):
                return function(*args, **kwargs)
            planned: R = _Chunked(function, cast("xr.DataArray", dem), reach, options).planned()
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
        from dask.array.overlap import overlap  # noqa: PLC0415

        heights = _not_smaller(self._dem.data, self._reach)
        # An axis in one chunk has all its ground already.
        self._depths = tuple(
            cells if len(sizes) > 1 else 0
            for cells, sizes in zip(self._reach, heights.chunks, strict=True)
        )
        stacked = map_blocks(  # type: ignore[no-untyped-call]
            self._block,
            overlap(heights, depth=self._depths, boundary="none"),  # type: ignore[no-untyped-call]
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
