"""Heights of a raster in memory: what stands for no data is a hole, what is no height is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    import xarray as xr

    from borderzone._typing import FloatArray

__all__ = ["FILLS", "check_metres", "heights_of", "is_impossible", "refuse_impossible"]

# Beyond it no raster of heights in metres reaches, made by hand or not.
MOST_M = 1_000_000.0
# What files put where they know nothing. No ground lies so low.
USUAL_VOIDS = (-9999.0, -32768.0)
_UNITS = ("", "m", "metre", "metres", "meter", "meters")
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


def is_impossible(z: FloatArray) -> Any:
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
