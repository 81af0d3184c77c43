"""Gradients as they are handed in: checked, and answered in the same shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd
import xarray as xr

from borderzone._cellwise import cellwise
from borderzone._guards import as_numbers
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Callable

    from borderzone._typing import FloatArray

__all__ = ["STEEPEST_GRADIENT", "Gradient", "over_gradient"]

# A number, an array, a column or a raster comes back as what it was.
Gradient = TypeVar("Gradient", float, "FloatArray", "pd.Series[float]", "xr.DataArray")

# 79 degrees: steeper than any ground that is walked, gentler than most slopes given in degrees.
STEEPEST_GRADIENT = 5.0

# Units that a raster or a column may say it is in, and how such numbers become rise over run.
_OTHER_UNITS = {
    "in degrees": (
        ("deg", "degs", "degree", "degrees", "arcdegree", "angular_degree", "°"),
        "numpy.tan(numpy.radians(slope_deg))",
    ),
    "in radians": (("rad", "radian", "radians"), "numpy.tan(slope)"),
    "in percent": (("%", "percent", "per cent", "pct"), "slope / 100"),
}


def over_gradient(gradient: Any, formula: Callable[[FloatArray], Any], *, what: str) -> Any:
    """Run a formula over gradients, and give its answer as what they came in."""
    if isinstance(gradient, xr.DataArray) and gradient.chunks is not None and gradient.ndim == 2:
        _refuse_other_units(gradient)
        return cellwise(
            lambda layers: over_gradient(layers["gradient"], formula, what=what),
            {"gradient": gradient},
        )
    values = formula(_checked(gradient))
    if np.ndim(values) == 0:
        return float(values)
    if isinstance(gradient, xr.DataArray):
        kind = gradient.dtype if gradient.dtype.kind == "f" else np.dtype(float)
        raster = gradient.copy(data=values.astype(kind))
        raster.attrs = {**gradient.attrs, "units": "km/h", "long_name": what}
        return raster
    if isinstance(gradient, pd.Series):
        return pd.Series(values, index=gradient.index, name=gradient.name)
    return values


def _checked(gradient: Any) -> FloatArray:
    s = as_numbers(gradient, "gradient")
    _refuse_other_units(gradient)
    steep = np.abs(s) > STEEPEST_GRADIENT
    if steep.any():
        worst = float(s.flat[np.nanargmax(np.abs(s))])
        msg = (
            f"gradient must be rise over run, from -{STEEPEST_GRADIENT:g} to "
            f"{STEEPEST_GRADIENT:g}, got {worst:g}; if that is in degrees, give "
            "numpy.tan(numpy.radians(slope_deg))"
        )
        raise InvalidParameterError(msg)
    return s


def _refuse_other_units(gradient: Any) -> None:
    """Refuse what says that it is no rise over run, however gentle its numbers are."""
    units = getattr(gradient, "attrs", {}).get("units")
    if units is None and str(getattr(gradient, "name", "")).lower().endswith(("_deg", "_degrees")):
        # A column of a table has no units but in its name.
        units = "degrees"
    word = str(units).strip().lower()
    for manner, (spellings, remedy) in _OTHER_UNITS.items():
        if word in spellings:
            msg = f"gradient must be rise over run, got units {units!r}, {manner}; give {remedy}"
            raise InvalidParameterError(msg)
