"""On whose ground the cells of a corridor lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

    from borderzone._typing import IntArray
    from borderzone.border import Border

__all__ = ["country_of_cells"]


def country_of_cells(cells: xr.Dataset, border: Border) -> IntArray:
    """
    Tell whose ground every cell is: of the country left of the border's first part, or the other.

    Parameters
    ----------
    cells
        ``chainage_km`` and ``side``, as `Corridor.cells` gives them.
    border
        The border.

    Returns
    -------
    IntArray
        0 outside, 1 for `Border.left`, 2 for `Border.right`.
    """
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
