"""Share of the ground out of sight, assumed from the landform where no view is measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from borderzone._cellwise import cellwise
from borderzone.errors import InvalidParameterError
from borderzone.terrain.landforms import MASK_PRIOR, landform_class

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MASK_LAYERS", "mask_prior"]

# Either of these tells the landform; the first one wins.
MASK_LAYERS = frozenset({"landform", "relief_m"})


def mask_prior(attrs: xr.Dataset) -> xr.Dataset:
    """
    Share of the ground out of sight by landform class, with its 90 % band.

    A coarse elevation grid shows no lines of sight, so this is a declared
    prior and no measurement.

    Parameters
    ----------
    attrs
        Terrain layers with ``landform``, or with ``relief_m`` from which the
        landform is told.

    Returns
    -------
    xarray.Dataset
        ``f_mask``, ``f_mask_low`` and ``f_mask_high``, 0 to 1, NaN where the
        landform is unknown, and ``landform``.

    Raises
    ------
    InvalidParameterError
        If neither layer is given.

    Examples
    --------
    >>> relief = xr.DataArray([[10.0, 400.0, np.nan]], dims=("y", "x"))
    >>> mask_prior(xr.Dataset({"relief_m": relief}))["f_mask"].values
    array([[0.06, 0.7 ,  nan]], dtype=float32)
    """
    if not MASK_LAYERS & set(attrs.data_vars):
        msg = "the landform is unknown: attrs needs a layer 'landform' or 'relief_m'"
        raise InvalidParameterError(msg)
    needed = "landform" if "landform" in attrs else "relief_m"
    found: xr.Dataset = cellwise(_shares, {needed: attrs[needed]})
    return found


def _shares(attrs: Mapping[str, xr.DataArray]) -> xr.Dataset:
    landform = attrs["landform"] if "landform" in attrs else landform_class(attrs["relief_m"])
    codes = xr.DataArray(landform)
    layers = {"landform": codes}
    for name, field in (("f_mask", "f_mask"), ("f_mask_low", "low"), ("f_mask_high", "high")):
        table = np.full(256, np.nan, dtype=np.float32)
        table[: len(MASK_PRIOR)] = [getattr(prior, field) for prior in MASK_PRIOR]
        layers[name] = codes.copy(data=table[codes.to_numpy()])
        kept = {"crs": codes.attrs["crs"]} if "crs" in codes.attrs else {}
        layers[name].attrs = kept | {"units": "1", "long_name": "share of ground out of sight"}
    return xr.Dataset(layers)
