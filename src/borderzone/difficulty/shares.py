"""How much of a corridor is flagged, over modes and thresholds: a range, never one number."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from borderzone._guards import check_positive, check_probability, guarded
from borderzone.difficulty.flagging import ARIDITY_BREAK, CAVE_UNKNOWN
from borderzone.errors import InvalidParameterError
from borderzone.grid import Grid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import xarray as xr

    from borderzone._typing import BoolArray, FloatArray

__all__ = ["ShareCounts", "flagged_share"]

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
    `remote_share` + `unknown_remote_share`. Where all is unknown it is NaN, not 0.

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
    counts = ShareCounts(thresholds_h, bare_threshold=bare_threshold)
    counts.add(hours_by_mode, surface, corridor_cells, cave_prone=cave_prone)
    return counts.table().drop(columns="rock_share_rank2plus_of_known")


@guarded
class ShareCounts:
    """
    Shares of a corridor, counted block by block.

    Parameters
    ----------
    thresholds_h
        Travel times beyond which bare ground is remote. Units: h.
    bare_threshold
        Share of bare ground above which a cell is bare.

    Raises
    ------
    InvalidParameterError
        If a threshold is impossible.

    Examples
    --------
    >>> import xarray as xr
    >>> from affine import Affine
    >>> from pyproj import CRS
    >>> counts = ShareCounts((1.0,))
    >>> for left, far in ((0, 0.5), (10, 2.0)):
    ...     grid = Grid(shape=(1, 1), transform=Affine(10, 0, left, 0, -10, 10), crs=CRS(32637))
    ...     layer = lambda value: grid.wrap(np.array([[value]]))
    ...     surface = xr.Dataset({"bare_share": layer(1.0)})
    ...     counts.add({"foot": layer(far)}, surface, xr.Dataset({"segment": layer(0)}))
    >>> float(counts.table()["remote_share"].iloc[0])
    0.5
    """

    def __init__(self, thresholds_h: Sequence[float], *, bare_threshold: float = 0.5) -> None:
        self._bare_break = check_probability(bare_threshold, "bare_threshold")
        self._breaks = [check_positive(hours, "thresholds_h", "h") for hours in thresholds_h]
        self._adding = threading.Lock()
        self._counts: Counter[tuple[str, ...]] = Counter()
        self._modes: dict[str, None] = {}
        self._caves_known = False

    def add(
        self,
        hours_by_mode: Mapping[str, xr.DataArray | None],
        surface: xr.Dataset,
        cells: xr.Dataset,
        *,
        cave_prone: xr.DataArray | None = None,
    ) -> None:
        """
        Count the cells of a block; several threads may.

        Parameters
        ----------
        hours_by_mode
            Travel time from the nearest origin by mode; None where it is not known. Units: h.
        surface
            ``bare_share``, ``karst_rank`` and, if there is one, ``aridity_index``.
        cells
            Cells of the corridor, with ``segment`` (-1 outside).
        cave_prone
            The flag.

        Raises
        ------
        GridMismatchError
            If a layer does not lie on the grid of the cells.
        """
        inside = cells["segment"].to_numpy() >= 0
        grid = Grid.of(cells["segment"])
        known = _known(surface, grid, inside)
        arid = ~(known["aridity_index"] >= ARIDITY_BREAK)
        desert = (known["bare_share"] > self._bare_break) & arid
        found: Counter[tuple[str, ...]] = Counter({("cells",): int(inside.sum())})
        for mode, layer in hours_by_mode.items():
            if layer is None:
                found["unknown", mode] = int(inside.sum())
                continue
            hours = grid.check(layer, f"hours {mode!r}").to_numpy()[inside]
            found["unknown", mode] = int((np.isnan(hours) | np.isnan(known["bare_share"])).sum())
            for limit in self._breaks:
                found["remote", mode, str(limit)] = int((desert & (hours > limit)).sum())
        found["rock",] = int((~np.isnan(known["karst_rank"])).sum())
        found["rock, rank 2 and more",] = int((known["karst_rank"] >= 2).sum())
        if cave_prone is not None:
            classes = grid.check(cave_prone, "cave_prone").to_numpy()[inside]
            mapped = classes != CAVE_UNKNOWN
            found["mapped",] = int(mapped.sum())
            found["prone",] = int((mapped & (classes >= 2)).sum())
        with self._adding:
            self._counts.update(found)
            self._modes |= dict.fromkeys(hours_by_mode)
            self._caves_known |= cave_prone is not None

    def table(self) -> pd.DataFrame:
        """
        Give the shares of all cells that were added.

        Returns
        -------
        DataFrame
            As `flagged_share`, and ``rock_share_rank2plus_of_known``: the share of the mapped
            rock of medium or high rank, whatever its relief.

        Raises
        ------
        InvalidParameterError
            If no cell lies in the corridor.
        """
        counts, n_cells = self._counts, self._counts["cells",]
        if n_cells == 0:
            msg = "no cell lies in the corridor: all have segment -1; use the corridor's own grid"
            raise InvalidParameterError(msg)
        same = (
            _ratio(counts["prone",], counts["mapped",]) if self._caves_known else float("nan"),
            1.0 - counts["rock",] / n_cells,
            _ratio(counts["rock, rank 2 and more",], counts["rock",]),
        )
        rows = [
            (
                mode,
                limit,
                self._remote(mode, limit),
                counts["unknown", mode] / n_cells,
                *same,
            )
            for mode in self._modes
            for limit in self._breaks
        ]
        return pd.DataFrame(rows, columns=[*_COLUMNS, "rock_share_rank2plus_of_known"])

    def _remote(self, mode: str, limit: float) -> float:
        """Nothing known is no share, and not a share of nothing."""
        n_cells = self._counts["cells",]
        if self._counts["unknown", mode] == n_cells:
            return float("nan")
        return self._counts["remote", mode, str(limit)] / n_cells


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


def _known(surface: xr.Dataset, grid: Grid, inside: BoolArray) -> dict[str, FloatArray]:
    unknown = np.full(int(inside.sum()), np.nan)
    return {
        name: grid.check(surface[name], name).to_numpy()[inside] if name in surface else unknown
        for name in ("bare_share", "karst_rank", "aridity_index")
    }
