"""What one block of cells tells about the ground, and which of its cells may stand in elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from borderzone import access
from borderzone.difficulty.masking import MASK_LAYERS
from borderzone.errors import InvalidParameterError
from borderzone.summary.sums import UNKNOWN_CLASS
from borderzone.terrain.landforms import landform_class

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from borderzone._typing import FloatArray, IntArray
    from borderzone.grid import Grid

__all__ = ["SLOWEST_PATROL_FACTOR", "TERRAIN", "Block", "StandIns"]

TERRAIN = ("slope_deg", "relief_m", "tri_m")
# A vehicle that could only creep goes around: below this share of its speed ground is no-go. Without
# it one cell just under the steepest gradient would take longer than all the others together.
SLOWEST_PATROL_FACTOR = 0.05
# A segment of more than so many cells along the border has cells of its own.
_TINY_CELLS = 4.0


class Block:
    """Layers of one grid, and what is read from some of its cells."""

    def __init__(self, layers: dict[str, Any]) -> None:
        self._layers = layers

    @classmethod
    def of(cls, attrs: xr.Dataset, surface: xr.Dataset, grid: Grid) -> Block:
        """Take the layers that are needed."""
        missing = [name for name in TERRAIN if name not in attrs]
        if missing:
            msg = f"attrs needs {', '.join(missing)}; compute it with terrain.attributes"
            raise InvalidParameterError(msg)
        wanted = {name: attrs[name] for name in (*TERRAIN, *MASK_LAYERS) if name in attrs}
        for name in ("bare_share", "surface_factor", "karst_rank"):
            if name in surface:
                wanted[name] = surface[name]
        return cls({n: grid.check(layer, n).to_numpy().ravel() for n, layer in wanted.items()})

    def read(self, cell: IntArray, mode: str) -> dict[str, Any]:
        """Read what is summed: heights, cover, paces and classes."""
        taken = {name: layer[cell] for name, layer in self._layers.items()}
        unknown = np.broadcast_to(np.float32(np.nan), cell.shape)
        rank = taken.get("karst_rank", unknown)
        landform = taken["landform"] if "landform" in taken else landform_class(taken["relief_m"])
        return {
            **{name: taken[name] for name in TERRAIN},
            "bare_share": taken.get("bare_share", unknown),
            "karst": np.where(np.isnan(rank), np.float32(UNKNOWN_CLASS), rank).astype(np.uint8),
            "landform": landform,
            **_paces(taken["slope_deg"], taken.get("surface_factor", unknown), mode),
        }


def _paces(slope_deg: Any, surface_factor: Any, mode: str) -> dict[str, Any]:
    """Hours for a kilometre of the crosser, and of the patrol over what it takes on the flat."""
    gradient = np.tan(np.radians(slope_deg.astype(np.float64)))
    gradient = np.minimum(gradient, access.STEEPEST_GRADIENT)
    walking = _up_and_down(gradient)
    ratio, surface_known = (
        walking / float(access.irmischer_clarke(0.0)),
        np.ones(gradient.size, bool),
    )
    if mode == "vehicle_off_road":
        surface_known = ~np.isnan(surface_factor)
        factor = np.where(surface_known, surface_factor, np.float32(1.0))
        ratio = access.vehicle_off_road(gradient, surface_factor=factor)
        ratio = np.asarray(ratio) / access.VEHICLE_OFF_ROAD.flat_km_h
    moving = ratio >= SLOWEST_PATROL_FACTOR
    return {
        "patrol_pace": 1.0 / np.where(moving, ratio, np.nan),
        "crosser_pace": 1.0 / walking,
        "terrain_known": ~np.isnan(ratio),
        "surface_known": surface_known,
    }


def _up_and_down(gradient: FloatArray) -> FloatArray:
    up, down = access.irmischer_clarke(gradient), access.irmischer_clarke(-gradient)
    return np.asarray(2.0 / (1.0 / up + 1.0 / down))


class StandIns:
    """Cells nearest to the middle of each tiny segment that has none of its own, so far."""

    def __init__(self, segments: pd.DataFrame) -> None:
        start, end = segments["km_start"].to_numpy(), segments["km_end"].to_numpy()
        self._middle = (start + end) / 2
        self._length = end - start
        self._found: dict[int, tuple[FloatArray, dict[str, Any]]] = {}

    def look(
        self, n_cells: IntArray, chainage: FloatArray, cell_m: float, values: dict[str, Any]
    ) -> None:
        """Look for nearer cells in a block."""
        half_cell = cell_m / 2000
        tiny = self._length <= 2.0 * _TINY_CELLS * half_cell
        for number in np.flatnonzero((n_cells == 0) & tiny):
            away = np.abs(chainage - self._middle[number])
            before, kept = self._found.get(int(number), (np.empty(0), None))
            nearest = min(away.min(), before.min(initial=np.inf)) + half_cell
            new, old = away <= nearest, before <= nearest
            chosen = {name: array[new] for name, array in values.items()}
            if kept is not None:
                chosen = {
                    name: np.concatenate([kept[name][old], array]) for name, array in chosen.items()
                }
            self._found[int(number)] = (np.concatenate([before[old], away[new]]), chosen)

    def of(self, number: int) -> dict[str, Any] | None:
        """Give the cells that stand in for a segment."""
        return self._found[number][1] if number in self._found else None
