"""What the flags are given: checked for its kind, and named by where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import xarray as xr

from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["check_kinds", "named"]


def check_kinds(attrs: Any, hours: Any, surface: Any, masking: Any, weights: Any) -> None:
    """Refuse what is no layer at all, and hours that say they are something else."""
    kinds: dict[str, tuple[Any, type]] = {
        "attrs": (attrs, xr.Dataset),
        "surface": (surface, xr.Dataset),
        "hours": (hours, xr.DataArray),
        "masking": (masking, xr.DataArray),
    }
    for name, (value, kind) in kinds.items():
        if not isinstance(value, kind) and not (value is None and kind is xr.DataArray):
            msg = f"{name} must be an xarray.{kind.__name__}, got {type(value).__name__}"
            raise InvalidParameterError(msg)
    unit = "" if hours is None else str(hours.attrs.get("units", ""))
    if unit not in {"", "h", "hour", "hours"}:
        msg = f"hours must be in hours, got units {unit!r}; convert them first"
        raise InvalidParameterError(msg)
    if weights is not None and not isinstance(weights, Mapping):
        msg = f"weights must be a mapping from member to weight, got {type(weights).__name__}"
        raise InvalidParameterError(msg)


def named(
    attrs: xr.Dataset,
    hours: xr.DataArray | None,
    surface: xr.Dataset,
    masking: xr.DataArray | None,
    *,
    used: Collection[str],
) -> dict[str, xr.DataArray]:
    """Name every layer that is read by where it came from: both datasets may hold one of a name."""
    layers = {f"attrs:{name}": attrs[name] for name in attrs.data_vars if name in used}
    layers |= {f"surface:{name}": surface[name] for name in surface.data_vars if name in used}
    layers |= {} if hours is None else {"hours": hours}
    return layers | ({} if masking is None else {"masking": masking})
