"""How much of a corridor is flagged, over modes and thresholds: a range, never one number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from borderzone._checks import check_positive, check_probability
from borderzone.difficulty.flags import ARIDITY_BREAK, CAVE_UNKNOWN
from borderzone.errors import InvalidParameterError
from borderzone.grid import Grid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import xarray as xr

    from borderzone._typing import BoolArray, FloatArray

__all__ = ["flagged_share"]

_COLUMNS = (
    "mode",
    "threshold_h",
    "remote_share",
    "unknown_remote_share",
    "cave_share_rank2plus_of_known",
    "unknown_karst_share",
)


def flagged_share(
    hours_by_mode: Mapping[str, xr.DataArray],
    surface: xr.Dataset,
    corridor_cells: xr.Dataset,
    thresholds_h: Sequence[float] = (1.0, 2.0, 3.0, 6.0),
    *,
    bare_threshold: float = 0.5,
    cave_prone: xr.DataArray | None = None,
) -> pd.DataFrame:
    """
    Share of the corridor that is remote desert, for each mode and threshold.

    Shares are of all cells of the corridor, the unknown ones included and
    shown beside: the true share lies between `remote_share` and
    `remote_share` + `unknown_remote_share`.

    Parameters
    ----------
    hours_by_mode
        Travel time from the nearest origin by mode. Units: h.
    surface
        ``bare_share``, ``karst_rank`` and, if there is one,
        ``aridity_index``.
    corridor_cells
        Cells of the corridor, with ``segment`` (-1 outside).
    thresholds_h
        Travel times beyond which bare ground is remote. Units: h.
    bare_threshold
        Share of bare ground above which a cell is bare.
    cave_prone
        The flag, for its share of medium or high susceptibility; unknown when
        left out.

    Returns
    -------
    DataFrame
        One row a mode and threshold: ``mode``, ``threshold_h``,
        ``remote_share``, ``unknown_remote_share``,
        ``cave_share_rank2plus_of_known`` (of the mapped rock, the same in all
        rows) and ``unknown_karst_share``.

    Raises
    ------
    GridMismatchError
        If a layer does not lie on the grid of the corridor's cells.
    InvalidParameterError
        If a threshold is impossible, or no cell lies in the corridor.

    Examples
    --------
    >>> import xarray as xr
    >>> from affine import Affine
    >>> from pyproj import CRS
    >>> grid = Grid(shape=(1, 4), transform=Affine(10, 0, 0, 0, -10, 10), crs=CRS(32637))
    >>> layer = lambda *values: grid.wrap(np.array([values]))
    >>> surface = xr.Dataset({"bare_share": layer(1.0, 1.0, 0.0, 1.0)})
    >>> cells = xr.Dataset({"segment": layer(0, 0, 0, 0)})
    >>> hours = {"foot": layer(5.0, 1.5, 9.0, np.nan)}
    >>> flagged_share(hours, surface, cells, (1, 2)).iloc[:, :4]
       mode  threshold_h  remote_share  unknown_remote_share
    0  foot          1.0          0.50                  0.25
    1  foot          2.0          0.25                  0.25
    """
    bare_break = check_probability(bare_threshold, "bare_threshold")
    breaks = [check_positive(hours, "thresholds_h", "h") for hours in thresholds_h]
    inside = corridor_cells["segment"].to_numpy() >= 0
    if not inside.any():
        msg = "no cell lies in the corridor: all have segment -1; use the corridor's own grid"
        raise InvalidParameterError(msg)
    grid = Grid.of(corridor_cells["segment"])
    known = _known(surface, grid, inside)
    bare = known["bare_share"] > bare_break
    desert = bare & ~(known["aridity_index"] >= ARIDITY_BREAK)
    caves = _cave_shares(cave_prone, known["karst_rank"], grid, inside)
    rows = []
    for mode, layer in hours_by_mode.items():
        hours = grid.check(layer, f"hours {mode!r}").to_numpy()[inside]
        unknown = float((np.isnan(hours) | np.isnan(known["bare_share"])).mean())
        rows += [
            (mode, limit, float((desert & (hours > limit)).mean()), unknown, *caves)
            for limit in breaks
        ]
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def _known(surface: xr.Dataset, grid: Grid, inside: BoolArray) -> dict[str, FloatArray]:
    unknown = np.full(int(inside.sum()), np.nan)
    return {
        name: grid.check(surface[name], name).to_numpy()[inside] if name in surface else unknown
        for name in ("bare_share", "karst_rank", "aridity_index")
    }


def _cave_shares(
    cave_prone: xr.DataArray | None, karst_rank: FloatArray, grid: Grid, inside: BoolArray
) -> tuple[float, float]:
    """Share of the mapped rock of medium or high susceptibility, and share without a map."""
    unmapped = float(np.isnan(karst_rank).mean())
    if cave_prone is None:
        return float("nan"), unmapped
    classes = grid.check(cave_prone, "cave_prone").to_numpy()[inside]
    mapped = classes[classes != CAVE_UNKNOWN]
    return float((mapped >= 2).mean()) if mapped.size else float("nan"), unmapped
