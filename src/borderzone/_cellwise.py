"""Functions of single cells over lazy rasters: the same function, chunk by chunk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["any_lazy", "cellwise"]


def any_lazy(layers: Mapping[str, xr.DataArray]) -> bool:
    """Tell whether any raster is computed only when it is needed."""
    return any(layer.chunks is not None for layer in layers.values())


def cellwise(
    function: Callable[[Mapping[str, xr.DataArray]], Any], layers: Mapping[str, xr.DataArray]
) -> Any:
    """Run a function of layers whose answer at a cell depends on that cell alone."""
    if not any_lazy(layers):
        return function(layers)
    return _LazyCall(function, layers).answer()


class _LazyCall:
    """The layers in one set of chunks, and what the function makes of a corner of them."""

    def __init__(self, function: Callable[..., Any], layers: Mapping[str, xr.DataArray]) -> None:
        from dask.array import asarray  # noqa: PLC0415 - optional: only lazy rasters come here

        self._function, self._layers = function, layers
        chunks = next(layer.chunks for layer in layers.values() if layer.chunks is not None)
        arrays = (asarray(layer.data) for layer in layers.values())  # type: ignore[no-untyped-call]
        self._arrays = [array.rechunk(chunks) for array in arrays]
        rows, columns = (np.concatenate([[0], np.cumsum(sizes)]) for sizes in chunks)
        self._rows, self._columns = rows, columns
        corner = {name: layer[:2, :2].compute() for name, layer in layers.items()}
        found = function(corner)
        self._several = isinstance(found, xr.Dataset)
        self._sample = self._parts(found)
        self._attrs = found.attrs
        self._type = np.result_type(*(layer.dtype for layer in self._sample.values()))

    def answer(self) -> Any:
        from dask.array import map_blocks  # noqa: PLC0415

        chunks = self._arrays[0].chunks
        stacked = map_blocks(  # type: ignore[no-untyped-call]
            self._block,
            *self._arrays,
            new_axis=0,
            chunks=((len(self._sample),), *chunks),
            dtype=self._type,
            meta=np.empty((0, 0, 0), self._type),
        )
        place = next(iter(self._layers.values()))
        layers = {}
        for number, (name, layer) in enumerate(self._sample.items()):
            coords = {axis: place[axis] for axis in ("y", "x") if axis in place.coords}
            scalars = {k: v for k, v in layer.coords.items() if k not in {"y", "x"}}
            values = stacked[number].astype(layer.dtype)
            layers[name] = xr.DataArray(
                values, coords | scalars, ("y", "x"), name=layer.name, attrs=layer.attrs
            )
        if self._several:
            return xr.Dataset(layers, attrs=self._attrs)
        return next(iter(layers.values()))

    def _parts(self, found: Any) -> dict[str, xr.DataArray]:
        return {str(k): v for k, v in found.items()} if self._several else {"": found}

    def _block(self, *values: Any, block_id: tuple[int, ...]) -> Any:
        row, column = block_id[-2:]
        part = {
            "y": slice(self._rows[row], self._rows[row + 1]),
            "x": slice(self._columns[column], self._columns[column + 1]),
        }
        # The layers' own coordinates, without their values: these come from the chunk.
        blocks = {
            name: xr.DataArray(
                block,
                {
                    key: coord.isel({axis: part[axis] for axis in coord.dims})
                    for key, coord in layer.coords.items()
                },
                layer.dims,
                name=layer.name,
                attrs=layer.attrs,
            )
            for (name, layer), block in zip(self._layers.items(), values, strict=True)
        }
        found = self._parts(self._function(blocks)).values()
        return np.stack([layer.to_numpy().astype(self._type) for layer in found])
