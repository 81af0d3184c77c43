"""Why ground is flagged as cave-prone: rock first, then what was seen on cells of which size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from borderzone._guards import percent
from borderzone.difficulty.flagging import CAVE_MEANINGS
from borderzone.difficulty.segment_sums import by_segment

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xarray as xr

__all__ = ["cave_reasons", "raised_words", "rock_words", "terrain_words"]

_MOST = len(CAVE_MEANINGS) - 1
_TERRAIN = {
    "slope_deg": "median slope {:.1f} degrees",
    "relief_m": "median relief {:.0f} m",
    "incision_m": "median incision {:.0f} m",
}


def cave_reasons(
    flags: xr.Dataset, cells: xr.Dataset, *, segments: pd.DataFrame | None = None
) -> pd.Series:
    """
    Say of each segment which rock sets its susceptibility to caves, and what raises it.

    Parameters
    ----------
    flags
        What `flags` returned.
    cells
        Cells of the corridor: ``segment`` (-1 outside) and ``chainage_km``.
    segments
        Segments of the corridor, as for `by_segment`.

    Returns
    -------
    Series
        Index ``segment``: one phrase each.

    Raises
    ------
    GridMismatchError
        If the flags do not lie on the grid of the cells.
    CoverageGapError
        As for `by_segment`.

    Examples
    --------
    >>> import xarray as xr
    >>> from affine import Affine
    >>> from pyproj import CRS
    >>> from borderzone.difficulty import flags
    >>> from borderzone.grid import Grid
    >>> grid = Grid(shape=(1, 4), transform=Affine(2000, 0, 0, 0, -2000, 2000), crs=CRS(32637))
    >>> layer = lambda *values: grid.wrap(np.array([values], dtype=np.float32))
    >>> found = flags(
    ...     xr.Dataset({"relief_m": layer(12, 90, 8, 8)}),
    ...     None,
    ...     xr.Dataset({"karst_rank": layer(2, 2, np.nan, np.nan)}),
    ... )
    >>> cells = xr.Dataset({"segment": grid.wrap(np.array([[0, 0, 1, 1]]))})
    >>> for reason in cave_reasons(found, cells):
    ...     print(reason)
    rock of rank 2 under 100 %, at least medium; open ground raises 50 % by a class, as seen on cells of 2,000 m
    of soluble rock nothing is known
    """
    layers = flags[["karst_rank", "cave_raised"]]
    table = by_segment(layers, cells, segments=segments)
    cell_m = float(flags["cave_prone"].attrs["cell_m"])
    words = [
        _segment_words(float(rank), float(known), raised_words(float(rank), float(raised), cell_m))
        for rank, known, raised in zip(
            table["karst_rank_median"],
            table["karst_rank_known"],
            table["cave_raised_mean"],
            strict=True,
        )
    ]
    return pd.Series(words, index=table.index, name="cave_reason", dtype=object)


def _segment_words(rank: float, known: float, raised: str) -> str:
    if not known > 0:
        return "of soluble rock nothing is known"
    rest = "" if known > 0.995 else f"; unknown under {percent(1 - known)}"
    return f"rock of {rock_words(rank, f' under {percent(known)}')}; {raised}{rest}"


def rock_words(rank: float, where: str = "") -> str:
    """Say what rank the rock has, and which class that is at least."""
    class_ = int(np.floor(rank))
    least = "" if class_ == _MOST else "at least "
    return f"rank {rank:g}{where}, {least}{CAVE_MEANINGS[class_].replace('_', ' ')}"


def raised_words(rank: float, share: float, cell_m: float) -> str:
    """Say in how much of some rock open ground raises the class, and on what cells that was seen."""
    seen = f"as seen on cells of {cell_m:,.0f} m"
    if rank >= _MOST:
        return f"which no open ground raises, {seen}"
    if rank < 1:
        return f"which does not dissolve, {seen}"
    if not share > 0:
        return f"open ground raises none of it, {seen}"
    return f"open ground raises {percent(share)} by a class, {seen}"


def terrain_words(row: Mapping[str, float]) -> list[str]:
    """Write the medians of slope, relief and incision that are known."""
    return [text.format(row[name]) for name, text in _TERRAIN.items() if np.isfinite(row[name])]
