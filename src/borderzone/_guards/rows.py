"""
Direction of rows: every room sees a raster that runs from north to south and from west to east.

Rasters come the other way round too (NetCDF from south to north). At the door such a raster is
turned, which copies nothing, and the answer is turned back onto the coordinates that came. So a
raster and its flipped twin give the same numbers, to the last bit.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["as_given", "backwards", "like_the_first", "upright"]

_F = TypeVar("_F")
_RASTERS = frozenset({"DataArray", "Dataset"})


def as_given(function: _F) -> _F:
    """Mark a function that takes a raster together with an array in its rows: it is turned nothing."""
    function.rows_as_given = True  # type: ignore[attr-defined]
    return function


def backwards(raster: Any) -> tuple[str, ...]:
    """Name the axes along which a raster runs against a grid."""
    return tuple(axis for axis in ("y", "x") if _rises(raster, axis) is (axis == "y"))


def upright(value: Any) -> Any:
    """Turn every raster in a value so that it runs from north to south and from west to east."""
    return _each(value, lambda raster: _native(_flipped(raster, backwards(raster))))


def like_the_first(result: Any, given: Iterable[Any]) -> Any:
    """Turn the rasters of an answer so that they run as the first raster that was given."""
    values = list(given)
    first = next((raster for value in values for raster in _rasters(value)), None)
    on_grid = any(type(value).__name__ == "Grid" for value in values)
    axes = () if first is None or on_grid else backwards(first)
    if not axes:
        return result

    def turned(raster: Any) -> Any:
        return _flipped(raster, [axis for axis in axes if _rises(raster, axis) is (axis == "x")])

    if dataclasses.is_dataclass(result) and not isinstance(result, type):
        held = {field.name: getattr(result, field.name) for field in dataclasses.fields(result)}
        rasters = {name: turned(value) for name, value in held.items() if _is_raster(value)}
        return dataclasses.replace(result, **rasters) if rasters else result
    return _each(result, turned)


def _is_raster(value: Any) -> bool:
    return any(kind.__name__ in _RASTERS for kind in type(value).__mro__)


def _rasters(value: Any) -> list[Any]:
    """List the rasters of an argument: itself, or those of a list, a tuple or a dict."""
    values = list(value.values()) if isinstance(value, dict) else value
    several = values if isinstance(values, (list, tuple)) else [values]
    return [one for one in several if _is_raster(one)]


def _each(value: Any, turn: Callable[[Any], Any]) -> Any:
    """Turn a raster, or those of a list, a tuple or a dict; whatever else it is stays."""
    if _is_raster(value):
        return turn(value)
    if not _rasters(value):
        return value
    ones = list(value.values()) if isinstance(value, dict) else list(value)
    turned = [turn(one) if _is_raster(one) else one for one in ones]
    if all(new is old for new, old in zip(turned, ones, strict=True)):
        return value
    return dict(zip(value, turned, strict=True)) if isinstance(value, dict) else turned


def _flipped(raster: Any, axes: Iterable[str]) -> Any:
    turns = {axis: slice(None, None, -1) for axis in axes}
    return raster.isel(turns) if turns else raster


def _native(raster: Any) -> Any:
    """Put the bytes of every number in the order of this machine: files keep either order."""
    if hasattr(raster, "data_vars"):
        layers = {name: _native(layer) for name, layer in raster.data_vars.items()}
        same = all(layers[name] is layer for name, layer in raster.data_vars.items())
        return raster if same else raster.assign(layers)
    if raster.dtype.isnative:
        return raster
    native = raster.astype(raster.dtype.newbyteorder("="))
    native.encoding = raster.encoding
    return native


def _rises(raster: Any, axis: str) -> bool | None:
    """Whether the coordinates of an axis rise; None where there are none that tell."""
    if axis not in raster.dims or axis not in raster.coords:
        return None
    centres = raster.coords[axis]
    if centres.dims != (axis,) or centres.size < 2 or centres.dtype.kind not in "iuf":
        return None
    first, last = centres.values[0], centres.values[-1]
    return bool(last > first) if first < last or last < first else None
