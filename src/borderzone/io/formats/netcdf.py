"""Elevation in NetCDF: read by the engines of xarray in a process of its own, piece by piece."""

from __future__ import annotations

import functools
import importlib.util
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from affine import Affine
from pyproj import CRS
from pyproj.exceptions import CRSError

from borderzone._guards import shown, temporary_folder
from borderzone.crs import check_on_earth
from borderzone.errors import CRSMismatchError, DataError
from borderzone.io.bounds import Limits, read_apart

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from borderzone._typing import FloatArray

__all__ = ["Variable", "look_at_netcdf", "read_netcdf"]

_LIBRARIES = ("xarray", "numpy", "scipy", "h5netcdf", "h5py")
_PIECE, _KEPT = (
    4096,
    4,
)  # cells along a side that are read at once, and how many such pieces are kept
_MOST_HEAD = 2**26
_OFF = 0.05  # cells by which an axis may miss even steps: some are stored in few digits
_SCALES = (1e-6, 1e6)  # m for one step of a packed number: far beyond what any product has
_READING = threading.Lock()
_HEIGHTS = {
    "height", "altitude", "surface_altitude", "height_above_mean_sea_level",
    "height_above_geopotential_datum", "height_above_reference_ellipsoid",
    "bedrock_altitude", "ground_level_altitude",
}  # fmt: skip
_METRES = {"", "m", "metre", "metres", "meter", "meters"}
_DEGREES = {"x": ("degrees_east", "degree_east", "degrees_e", "degree_e", "degreese"),
            "y": ("degrees_north", "degree_north", "degrees_n", "degree_n", "degreesn")}  # fmt: skip
_STANDARD = {
    "x": ("longitude", "projection_x_coordinate"),
    "y": ("latitude", "projection_y_coordinate"),
}
_NAMES = {"x": ("x", "lon", "longitude", "easting"), "y": ("y", "lat", "latitude", "northing")}


@dataclass(frozen=True)
class Variable:
    """
    A variable on even axes, and where it lies.

    Attributes
    ----------
    name
        Its name.
    y, x
        Names of its axes.
    crs
        Its CRS.
    transform
        From column and row to x and y; runs north where the latitudes do.
    shape
        Rows and columns.
    unit
        Unit of its numbers, in lower case; empty where it says none.
    down
        Whether it holds depths.
    """

    name: str
    y: str
    x: str
    crs: CRS
    transform: Affine
    shape: tuple[int, int]
    unit: str
    down: bool


def look_at_netcdf(file: Path, what: str) -> Variable:
    """Find the one variable of a file that lies on a map."""
    state = file.stat()
    heads = {head["name"]: head for head in _heads(file, what, (state.st_mtime_ns, state.st_size))}
    one = _chosen(_flat(heads), heads, file, what)
    _check_packing(one, f"{what}: {file.name!r}")
    sides = {axis: _side(one, axis, heads) for axis in ("y", "x")}
    starts, steps, shape = {}, {}, {}
    for axis, name in sides.items():
        first, last, off = heads[name]["axis"]
        shape[axis] = heads[name]["shape"][0]
        steps[axis] = (last - first) / (shape[axis] - 1)
        starts[axis] = first - steps[axis] / 2
        if not off <= _OFF:
            msg = (
                f"{what}: {file.name!r} has uneven steps along {shown(name)}; bring it onto a regular grid "
                "first, with cdo remapbil or xarray's interp"
            )
            raise DataError(msg)
    crs = _crs(one, [heads[name] for name in sides.values()], heads, file, what)
    return Variable(
        name=one["name"],
        y=sides["y"],
        x=sides["x"],
        crs=crs,
        transform=Affine(steps["x"], 0.0, starts["x"], 0.0, steps["y"], starts["y"]),
        shape=(shape["y"], shape["x"]),
        unit=_words(one, "units"),
        down=_words(one, "positive") == "down" or "depth" in _words(one, "standard_name"),
    )


@functools.lru_cache(maxsize=16)
def _heads(file: Path, what: str, changed: tuple[int, int]) -> tuple[dict[str, Any], ...]:  # noqa: ARG001 - keys the cache
    return tuple(_apart("netcdf_head", file, what, []))


def _apart(task: str, file: Path, what: str, more: list[Any]) -> Iterator[Any]:
    with file.open("rb") as stream:
        packed = not stream.read(3).startswith(b"CDF")
    if packed and not all(map(importlib.util.find_spec, ("h5netcdf", "h5py"))):
        msg = (
            f"{what}: {file.name!r} is NetCDF-4, which needs h5netcdf and h5py: "
            f"pip install 'borderzone[netcdf]', or gdal_translate {file.name} {file.stem}.tif"
        )
        raise DataError(msg)
    arguments = [str(file), Limits.now().raster_piece_cells, *more]
    told = f"{what}: {file.name!r}"
    return read_apart(task, arguments, library=_LIBRARIES, told=told, most_bytes=_MOST_HEAD)


def _words(head: dict[str, Any], key: str) -> str:
    return str(head["words"].get(key, "")).strip().lower()


def _is_axis(head: dict[str, Any], axis: str) -> bool:
    """Tell an axis as CF does: by its letter, standard name or unit, else by its usual name."""
    said = _words(head, "axis"), _words(head, "standard_name"), _words(head, "units")
    if said[0] in ("x", "y", "z", "t"):
        return said[0] == axis
    if said[1] in (*_STANDARD["x"], *_STANDARD["y"]):
        return said[1] in _STANDARD[axis]
    if said[2] in (*_DEGREES["x"], *_DEGREES["y"]):
        return said[2] in _DEGREES[axis]
    return head["name"].lower() in _NAMES[axis]


def _side(one: dict[str, Any], axis: str, heads: dict[str, dict[str, Any]]) -> str:
    found = [
        dim for dim in one["dims"] if "axis" in heads.get(dim, {}) and _is_axis(heads[dim], axis)
    ]
    return str(found[0]) if len(found) == 1 else ""


def _flat(heads: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Variables of numbers along one x and one y, and along nothing else that is longer than one."""
    return [
        head
        for head in heads.values()
        if head["kind"] in "iuf"
        and len(head["dims"]) > 1
        and (sides := {_side(head, axis, heads) for axis in ("y", "x")})
        and "" not in sides
        and all(
            size == 1 or dim in sides for dim, size in zip(head["dims"], head["shape"], strict=True)
        )
    ]


def _chosen(
    flat: Sequence[dict[str, Any]], heads: dict[str, Any], file: Path, what: str
) -> dict[str, Any]:
    heights = [head for head in flat if _words(head, "standard_name") in _HEIGHTS]
    found = heights if len(heights) == 1 else flat
    if len(found) == 1:
        return found[0]
    names = (
        ", ".join(shown(head["name"]) for head in (flat or list(heads.values()))[:8]) or "nothing"
    )
    if not flat:
        msg = (
            f"{what}: {file.name!r} holds {names}, and no variable along two axes of its own, y and x or "
            f"latitude and longitude; take one with gdal_translate NETCDF:{file.name}:NAME {file.stem}.tif"
        )
    else:
        msg = (
            f"{what}: {file.name!r} holds {len(flat)} variables, {names}; choose one of them with "
            f"gdal_translate NETCDF:{file.name}:{flat[0]['name'][:40]} {file.stem}.tif, or hand it over as "
            "an xarray.DataArray"
        )
    raise DataError(msg)


def _check_packing(one: dict[str, Any], told: str) -> None:
    """Refuse a scale that makes one height of all numbers, or none."""
    scale, offset = one["packing"]
    if not (_SCALES[0] <= abs(scale) <= _SCALES[1] and abs(offset) <= _SCALES[1]):
        msg = (
            f"{told} packs {shown(one['name'])} with scale_factor {scale:g} and add_offset "
            f"{offset:g}, by which no heights can be told; allowed are scales from "
            f"{_SCALES[0]:g} to {_SCALES[1]:g}: mend them with ncatted, or write heights in metres"
        )
        raise DataError(msg)


def _crs(
    one: dict[str, Any],
    sides: list[dict[str, Any]],
    heads: dict[str, dict[str, Any]],
    file: Path,
    what: str,
) -> CRS:
    """CRS of the grid mapping; without one, longitude and latitude where the axes say degrees."""
    said = one["words"].get("grid_mapping")
    degrees = all(
        _words(side, "units") in _DEGREES[axis] for side, axis in zip(sides, "yx", strict=True)
    )
    told = f"{what}: {file.name!r}"
    if said is None:
        if degrees:
            return CRS.from_epsg(4326)
        msg = (
            f"{told} has no coordinate reference system: no grid_mapping, and axes in no degrees; name it "
            f"with gdal_translate -a_srs EPSG:... NETCDF:{file.name}:{one['name'][:40]} {file.stem}.tif"
        )
        raise CRSMismatchError(msg)
    crs = _mapped(str(said).split(":")[0].strip(), heads)
    if crs is None:
        msg = (
            f"{told} has a grid_mapping, {shown(str(said))}, which names no coordinate reference system; "
            f"name it with gdal_translate -a_srs EPSG:... NETCDF:{file.name}:{one['name'][:40]} "
            f"{file.stem}.tif"
        )
        raise CRSMismatchError(msg)
    check_on_earth(crs.to_wkt(), told)
    if not crs.is_geographic and any(_words(side, "units") not in _METRES for side in sides):
        unit = next(unit for side in sides if (unit := _words(side, "units")) not in _METRES)
        msg = f"{told} has axes in {shown(unit)}; write them in metres, the unit of its CRS"
        raise DataError(msg)
    return crs


def _mapped(name: str, heads: dict[str, dict[str, Any]]) -> CRS | None:
    words = heads.get(name, {"words": {}})["words"]
    text = next((words[key] for key in ("crs_wkt", "spatial_ref") if words.get(key)), None)
    try:
        # Well-known text alone: what else a CRS can be made from may lead to files.
        if text is not None:
            return CRS.from_wkt(text)
        # By way of text: as it comes from single words it cannot be taken apart.
        named = words.get("grid_mapping_name")
        return CRS.from_wkt(CRS.from_cf(words).to_wkt()) if named else None
    except (CRSError, KeyError, TypeError, ValueError, AttributeError, IndexError):
        return None


def read_netcdf(
    file: Path, variable: tuple[str, str, str], rows: slice, columns: slice, what: str
) -> FloatArray:
    """Read a window of a variable."""
    state = file.stat()
    out = np.empty((rows.stop - rows.start, columns.stop - columns.start), np.float32)
    for top in range(rows.start - rows.start % _PIECE, rows.stop, _PIECE):
        for left in range(columns.start - columns.start % _PIECE, columns.stop, _PIECE):
            with _READING:
                changed = (state.st_mtime_ns, state.st_size)
                piece = _piece(file, variable, (top, left), what, changed)
            high, low = max(rows.start, top), min(rows.stop, top + _PIECE)
            west, east = max(columns.start, left), min(columns.stop, left + _PIECE)
            part = piece[high - top : low - top, west - left : east - left]
            if part.shape != (low - high, east - west):
                msg = f"{what}: {file.name!r} was changed while it was read; start again"
                raise DataError(msg)
            out[
                high - rows.start : low - rows.start, west - columns.start : east - columns.start
            ] = part
    return out


@functools.lru_cache(maxsize=_KEPT)
def _piece(
    file: Path,
    variable: tuple[str, str, str],
    corner: tuple[int, int],
    what: str,
    changed: tuple[int, int],  # noqa: ARG001 - a file that changes is read anew
) -> FloatArray:
    name, y, x = variable
    wanted = {"name": name} | {
        axis: [dim, start, start + _PIECE]
        for axis, dim, start in zip("yx", (y, x), corner, strict=True)
    }
    with temporary_folder() as folder:
        out = Path(folder, "window")
        shape = [
            answer["shape"] for answer in _apart("netcdf_window", file, what, [wanted, str(out)])
        ]
        values = np.fromfile(out, np.float32)
    return values.reshape(shape[0])
