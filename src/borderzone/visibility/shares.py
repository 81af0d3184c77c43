"""How much of a corridor is seen, overall and segment by segment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from borderzone._guards import check_positive, guarded
from borderzone.errors import CoverageGapError, InvalidParameterError
from borderzone.grid import Grid

if TYPE_CHECKING:
    from borderzone.corridor import Corridor
    from borderzone.corridor.sections import Section

__all__ = ["SeenShare", "seen_share"]


@guarded
@dataclass(frozen=True, kw_only=True)
class SeenShare:
    """
    Share of a corridor that is seen.

    Attributes
    ----------
    overall
        Share of its cells.
    by_segment
        Index ``segment``: ``seen_share``, ``n_cells``, ``seen_km2``.
    """

    overall: float
    by_segment: pd.DataFrame


def seen_share(
    seen: xr.DataArray,
    corridor: Corridor | Section | xr.Dataset,
    *,
    max_offset_km: float | None = None,
) -> SeenShare:
    """
    Measure the share of a corridor that is seen, overall and by segment.

    Parameters
    ----------
    seen
        What `viewshed` or `cumulative_viewshed` gave; above 0 is seen.
    corridor
        Corridor or section in the CRS of the raster, or its cells (``corridor.cells(grid)``).
    max_offset_km
        Only cells so near to the border count; all unless given. Units: km.

    Returns
    -------
    SeenShare
        Shares; only cells of the raster count, whether in range of an observer or not.

    Raises
    ------
    InvalidParameterError
        If the offset is impossible, or no corridor and no cells with segments are given.
    CRSMismatchError, GridMismatchError
        If the corridor's cells are on another grid or in another CRS.
    CoverageGapError
        If no cell of the corridor lies on the raster.
    """
    if max_offset_km is not None:
        check_positive(max_offset_km, "max_offset_km", "km")
    grid = Grid.of(seen)
    if isinstance(corridor, xr.Dataset):
        cells = corridor
    elif hasattr(corridor, "cells"):
        cells = corridor.cells(grid)
    else:
        msg = (
            "corridor must be a Corridor, a section of one, or the cells of either, got "
            f"{type(corridor).__name__}"
        )
        raise InvalidParameterError(msg)
    if not {"segment", "offset_km"} <= set(cells.data_vars):
        msg = f"cells need segment and offset_km, got {', '.join(map(str, cells.data_vars))}"
        raise InvalidParameterError(msg)
    grid.check(cells["segment"], "the corridor's cells")
    segment = cells["segment"].to_numpy()
    counted = segment >= 0
    if max_offset_km is not None:
        counted &= np.abs(cells["offset_km"].to_numpy()) <= max_offset_km
    if not counted.any():
        msg = "no cell of the corridor lies on the raster; give the raster around the corridor"
        raise CoverageGapError(msg)
    numbers = segment[counted]
    n_cells = np.bincount(numbers)
    n_seen = np.bincount(numbers[seen.to_numpy()[counted] > 0], minlength=len(n_cells))
    known = np.flatnonzero(n_cells)
    table = pd.DataFrame(
        {
            "seen_share": n_seen[known] / n_cells[known],
            "n_cells": n_cells[known],
            "seen_km2": n_seen[known] * grid.cell_area_km2,
        },
        index=pd.Index(known, name="segment"),
    )
    return SeenShare(overall=float(n_seen.sum() / n_cells.sum()), by_segment=table)
