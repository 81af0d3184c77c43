"""
Rasters from outside: the direction of their rows, and heights that are ones.

Every room sees a raster that runs from north to south and from west to east. Rasters come the other
way round too (NetCDF from south to north). At the door such a raster is turned, which copies nothing,
and the answer is turned back onto the coordinates that came. So a raster and its flipped twin give
the same numbers, to the last bit.

Of heights in memory, what stands for no data is a hole, and what is no height is refused.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import xarray as xr

    from borderzone._typing import BoolArray, FloatArray

    Raster = xr.DataArray | xr.Dataset

__all__ = [
    "FILLS",
    "backwards",
    "check_hours",
    "check_metres",
    "heights_of",
    "is_impossible",
    "like_the_first",
    "refuse_impossible",
    "upright",
]

R = TypeVar("R", "xr.DataArray", "xr.Dataset")
_RASTERS = frozenset({"DataArray", "Dataset"})


def backwards(raster: Raster) -> tuple[str, ...]:
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

    def turned(raster: R) -> R:
        return _flipped(raster, [axis for axis in axes if _rises(raster, axis) is (axis == "x")])

    if dataclasses.is_dataclass(result) and not isinstance(result, type):
        held = {field.name: getattr(result, field.name) for field in dataclasses.fields(result)}
        rasters = {name: turned(value) for name, value in held.items() if _is_raster(value)}
        return dataclasses.replace(result, **rasters) if rasters else result
    return _each(result, turned)


def _is_raster(value: Any) -> bool:
    return any(kind.__name__ in _RASTERS for kind in type(value).__mro__)


def _rasters(value: Any) -> list[Raster]:
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


def _flipped(raster: R, axes: Iterable[str]) -> R:
    turns = {axis: slice(None, None, -1) for axis in axes}
    return raster.isel(turns) if turns else raster


def _native(raster: R) -> R:
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


def _rises(raster: Raster, axis: str) -> bool | None:
    """Whether the coordinates of an axis rise; None where there are none that tell."""
    if axis not in raster.dims or axis not in raster.coords:
        return None
    centres = raster.coords[axis]
    if centres.dims != (axis,) or centres.size < 2 or centres.dtype.kind not in "iuf":
        return None
    first, last = centres.values[0], centres.values[-1]
    return bool(last > first) if first < last or last < first else None


# Beyond it no raster of heights in metres reaches, made by hand or not.
MOST_M = 1_000_000.0
# What files put where they know nothing. No ground lies so low.
USUAL_VOIDS = (-9999.0, -32768.0)
_UNITS = ("", "m", "metre", "metres", "meter", "meters")
_HOURS = ("", "h", "hr", "hrs", "hour", "hours")
FILLS = ("_FillValue", "nodata", "missing_value", "nodatavals")


def check_metres(raster: xr.DataArray, what: str = "elevation") -> None:
    """Refuse heights that say they are in another unit, or stored otherwise than as they are."""
    if str(raster.attrs.get("units", "")).strip().lower() not in _UNITS:
        msg = f"{what} must be in metres, got units {raster.attrs['units']!r}; convert it first"
        raise InvalidParameterError(msg)
    stored = {"scale_factor": 1.0, "add_offset": 0.0}
    for key, usual in stored.items():
        if raster.attrs.get(key, usual) != usual:
            msg = (
                f"{what} has {key} {raster.attrs[key]!r} that was not applied; apply it "
                "(xarray.decode_cf) or read the file with borderzone.read_dem"
            )
            raise InvalidParameterError(msg)


def check_hours(raster: xr.DataArray, what: str = "hours") -> None:
    """Refuse times that say they are in another unit; those that say nothing are taken to be in hours."""
    if str(raster.attrs.get("units", "")).strip().lower() not in _HOURS:
        msg = f"{what} must be in hours, got units {raster.attrs['units']!r}; convert it first"
        raise InvalidParameterError(msg)


def heights_of(raster: xr.DataArray, what: str = "elevation", *, metres: bool = True) -> FloatArray:
    """Take the numbers of a raster of heights; those that stand for no data become NaN."""
    if metres:
        check_metres(raster, what)
    raw = raster.to_numpy()
    if raw.dtype.kind not in "iuf":
        msg = f"{what} must hold numbers, got {raw.dtype}"
        raise InvalidParameterError(msg)
    kind = np.float64 if raw.dtype == np.float64 else np.float32
    z: FloatArray = np.ascontiguousarray(raw, dtype=kind)
    for fill in _fills(raster, what):
        void = raw == fill
        if void.any():
            z = np.where(void, kind(np.nan), z).astype(kind, copy=False)
    return z


def is_impossible(z: FloatArray) -> BoolArray:
    """Tell which heights are none: infinite, beyond 1,000 km, or a usual mark of no data."""
    return (np.abs(z) > MOST_M) | np.isin(z, USUAL_VOIDS)


def refuse_impossible(z: FloatArray, what: str = "elevation") -> FloatArray:
    """Refuse heights that are none."""
    wrong = is_impossible(z)
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        infinite = int(np.isinf(z).sum())
        if infinite:
            kind = f"{infinite:,} infinite heights"
            row, column = np.argwhere(np.isinf(z))[0]
        else:
            kind = f"{int(wrong.sum()):,} heights such as {float(z[row, column]):g} m"
        msg = (
            f"{what} must be heights in metres or NaN, got {kind}, the first in row {row}, column "
            f"{column}; mask no data as NaN, or name it in attrs['_FillValue']"
        )
        raise InvalidParameterError(msg)
    return z


def _fills(raster: xr.DataArray, what: str) -> list[float]:
    """Read every value that the raster says stands for no data."""
    found: list[float] = []
    for told in (raster.attrs, raster.encoding):
        for key in FILLS:
            if told.get(key) is None:
                continue
            try:
                values = np.atleast_1d(np.asarray(told[key], dtype=np.float64))
            except (TypeError, ValueError) as error:
                msg = f"{what} names {told[key]!r} as {key}; a number is needed there"
                raise InvalidParameterError(msg) from error
            found += [float(value) for value in values if np.isfinite(value)]
    return sorted(set(found))
