"""On whose ground the cells of a corridor, and points beside a border, lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr

    from borderzone._typing import FloatArray, IntArray
    from borderzone.border import Border

__all__ = ["country_of_cells", "country_of_points"]


def country_of_cells(cells: xr.Dataset, border: Border) -> IntArray:
    """Tell whose ground every cell is: of the country left of the border's first part, or the other."""
    side = cells["side"].to_numpy().astype(np.int8)
    # An enclave's ring may run the other way round: left of it is then the other country.
    swapped = [part for part in border.course if part.left != border.left]
    if not swapped:
        return side
    chainage = cells["chainage_km"].to_numpy()
    turned = np.zeros(side.shape, dtype=bool)
    for part in swapped:
        turned |= (chainage >= part.km_start) & (chainage <= part.km_end)
    return np.where(turned & (side > 0), 3 - side, side).astype(np.int8)


def country_of_points(points: gpd.GeoSeries, border: Border) -> tuple[IntArray, FloatArray]:
    """Tell on which country's side of a border points lie, and how far from it."""
    chainage, offset = border.locate(points.x.to_numpy(), points.y.to_numpy())
    part = np.searchsorted([part.km_end for part in border.course[:-1]], chainage, side="left")
    left = np.array([part.left for part in border.course], dtype=object)[part]
    right = np.array([part.right for part in border.course], dtype=object)[part]
    return np.where(offset > 0, left, right), np.abs(offset)
