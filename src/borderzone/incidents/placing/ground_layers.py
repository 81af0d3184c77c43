"""Layers of ground that positions are looked up in: the cell that holds each, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import xarray as xr
from pyproj import Transformer

from borderzone._cellwise import any_lazy
from borderzone._heights import heights_of, is_impossible
from borderzone._kernels.inside import mark_inside
from borderzone._placing import cells_of_points
from borderzone.difficulty import CAVE_MEANINGS, CAVE_UNKNOWN
from borderzone.errors import InvalidParameterError
from borderzone.grid import Grid
from borderzone.incidents.placing.polygon_index import index_of
from borderzone.incidents.placing.zone_counts import corridor_outline
from borderzone.stream import in_order

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from borderzone._typing import FloatArray, IntArray
    from borderzone.corridor import Corridor
    from borderzone.incidents.placing.imputation import Imputation
    from borderzone.incidents.placing.polygon_index import Index

__all__ = ["LAYERS", "GroundLayers"]


class _Rule(NamedTuple):
    """Which numbers of a layer can be, in words for the message."""

    words: str
    impossible: Callable[[FloatArray], Any]


# What is looked up, and what it can be. NaN is unknown everywhere; hours may be infinite.
LAYERS: Mapping[str, _Rule] = MappingProxyType(
    {
        "remote_desert": _Rule("1, 0 or NaN", lambda v: (v != 0) & (v != 1)),
        "cave_prone": _Rule(
            f"a class of 0 to {len(CAVE_MEANINGS) - 1}, or {CAVE_UNKNOWN} for unknown",
            lambda v: ~np.isin(v, (*range(len(CAVE_MEANINGS)), CAVE_UNKNOWN)),
        ),
        "hours": _Rule("0 or more", lambda v: v < 0),
        "slope_deg": _Rule("from 0 to 90", lambda v: (v < 0) | (v > 90)),
        "relief_m": _Rule("0 or more, and finite", lambda v: (v < 0) | np.isinf(v)),
        "elevation_m": _Rule("heights in metres", is_impossible),
    }
)
_HOURS = {"", "h", "hour", "hours"}


@dataclass(frozen=True, kw_only=True, eq=False)
class GroundLayers:
    """
    Layers on one grid, and the corridor in which they are looked at.

    Attributes
    ----------
    grid
        Their grid.
    rasters
        Those of `LAYERS` that were given, by name.
    corridor
        Edges of the corridor; None for all of the grid.
    cells
        Cells, in order, of which lazy layers were computed; None where none is lazy.
    computed
        Values of lazy layers on these cells.
    to_map
        From longitude and latitude to the CRS of the grid.
    """

    grid: Grid
    rasters: Mapping[str, xr.DataArray]
    corridor: Index | None
    to_map: Transformer = field(repr=False)
    cells: IntArray | None = None
    computed: Mapping[str, FloatArray] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        flags: Any,
        attrs: Any,
        further: Mapping[str, Any],
        corridor: Corridor | None,
    ) -> GroundLayers:
        """Take the layers that are there."""
        for name, value in (("flags", flags), ("attrs", attrs)):
            if not isinstance(value, xr.Dataset):
                msg = f"{name} must be an xarray.Dataset, got {type(value).__name__}"
                raise InvalidParameterError(msg)
        given = {
            name: dataset[name] for dataset in (attrs, flags) for name in LAYERS if name in dataset
        }
        for name, layer in further.items():
            if layer is not None and not isinstance(layer, xr.DataArray):
                what = name.removesuffix("_m")
                msg = f"{what} must be an xarray.DataArray, got {type(layer).__name__}"
                raise InvalidParameterError(msg)
        given |= {name: layer for name, layer in further.items() if layer is not None}
        if not given:
            msg = (
                f"no layer is known: flags and attrs hold none of {', '.join(LAYERS)}; pass what "
                "difficulty.flags and terrain.attributes give"
            )
            raise InvalidParameterError(msg)
        if "hours" in given and str(given["hours"].attrs.get("units", "")) not in _HOURS:
            msg = f"hours must be in hours, got units {given['hours'].attrs['units']!r}; convert them first"
            raise InvalidParameterError(msg)
        given = {name: given[name] for name in LAYERS if name in given}
        grid = Grid.of(next(iter(given.values())))
        rasters = {name: grid.check(raster, name) for name, raster in given.items()}
        return cls(
            grid=grid,
            rasters=rasters,
            corridor=None if corridor is None else index_of([corridor_outline(corridor)]),
            to_map=Transformer.from_crs(4326, grid.crs, always_xy=True),
        )

    def ready(self, drawn: Imputation, more: IntArray, *, threads: int) -> GroundLayers:
        """Compute lazy layers on the cells that hold a position, chunk by chunk; others stay as they are."""
        lazy = {name: raster for name, raster in self.rasters.items() if any_lazy({name: raster})}
        if not lazy:
            return self
        wanted = np.zeros(self.grid.shape[0] * self.grid.shape[1], dtype=bool)

        def held(rows: IntArray) -> IntArray:
            return np.unique(self.cells_of(*drawn.positions(rows)))

        for cells in (more, *in_order(held, drawn.rows(), threads=threads)):
            wanted[cells[cells >= 0]] = True
        cells = np.flatnonzero(wanted)
        found: dict[str, FloatArray] = {}
        for chunks in dict.fromkeys(raster.chunks for raster in lazy.values()):
            alike = {name: raster for name, raster in lazy.items() if raster.chunks == chunks}
            found |= self._computed(alike, cells)
        return replace(self, cells=cells, computed=found)

    def _computed(self, lazy: Mapping[str, xr.DataArray], cells: IntArray) -> dict[str, FloatArray]:
        """Go once through the chunks that hold a cell, all layers of a chunk at once."""
        found = {name: np.empty(len(cells), np.float32) for name in lazy}
        sizes: Any = next(iter(lazy.values())).chunks
        edges = [np.concatenate([[0], np.cumsum(along)]) for along in sizes]
        at = np.divmod(cells, self.grid.shape[1])
        chunk = [np.searchsorted(e, a, side="right") - 1 for e, a in zip(edges, at, strict=True)]
        number = chunk[0] * len(sizes[1]) + chunk[1]
        # Without coordinates, which may differ by less than matters.
        layers = xr.Dataset({name: one.drop_vars(list(one.coords)) for name, one in lazy.items()})
        for one in np.unique(number):
            mine = np.flatnonzero(number == one)
            (i, j), (down, right) = divmod(int(one), len(sizes[1])), edges
            part = layers.isel(y=slice(*down[i : i + 2]), x=slice(*right[j : j + 2])).compute()
            where = at[0][mine] - down[i], at[1][mine] - right[j]
            for name in lazy:
                found[name][mine] = self._checked(part[name].to_numpy()[where], name)
        return found

    def cells_of(self, lon: FloatArray, lat: FloatArray) -> IntArray:
        """Find the cells that hold positions."""
        x, y = self.to_map.transform(lon.ravel(), lat.ravel())
        cells = cells_of_points(np.column_stack([x, y]), self.grid)
        if self.corridor is not None:
            cells[~mark_inside(lon.ravel(), lat.ravel(), 0, self.corridor)] = -1
        return cells.reshape(lon.shape)

    def values(self, cells: IntArray) -> dict[str, FloatArray]:
        """Give the values of every layer in cells."""
        there = cells >= 0
        inside, found = cells[there], {}
        for name in self.rasters:
            found[name] = np.full(cells.shape, np.nan, np.float32)
            found[name][there] = self._taken(name, inside)
        return found

    def _taken(self, name: str, cells: IntArray) -> FloatArray:
        if name in self.computed:
            assert self.cells is not None  # noqa: S101 - computed on them
            return self.computed[name][np.searchsorted(self.cells, cells)]
        # Row and column, so that a raster of which a part is looked at is never laid out anew.
        raw = self.rasters[name].to_numpy()[np.divmod(cells, self.grid.shape[1])]
        return self._checked(raw, name)

    def _checked(self, raw: Any, name: str) -> FloatArray:
        """Turn what stands for no data into NaN, and refuse what cannot be."""
        raster, rule = self.rasters[name], LAYERS[name]
        one = xr.DataArray(raw.astype(np.uint8) if raw.dtype == bool else raw, attrs=raster.attrs)
        one.encoding = raster.encoding
        values = heights_of(one, name, metres=name == "elevation_m").astype(np.float32)
        wrong = ~np.isnan(values) & np.asarray(rule.impossible(values))
        if wrong.any():
            msg = (
                f"{name} must be {rule.words}, got {values[wrong][0]:g}; mask no data as NaN, or "
                "name it in attrs['_FillValue']"
            )
            raise InvalidParameterError(msg)
        if name == "cave_prone":
            values[values == CAVE_UNKNOWN] = np.nan
        return values
