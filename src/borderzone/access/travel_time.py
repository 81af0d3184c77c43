"""Travel time over open ground from the nearest of several origins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import xarray as xr

from borderzone._checks import check_choice, check_positive
from borderzone._kernels import cost_distance
from borderzone.access.origins import cells_of
from borderzone.access.speed import SPEEDS, STEEPEST_GRADIENT
from borderzone.errors import InvalidParameterError
from borderzone.grid import Grid

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd

    from borderzone._typing import BoolArray, FloatArray, IntArray

__all__ = ["travel_time"]

Direction = Literal["from", "towards"]

_RIM = 2  # a knight's step reaches two cells
_N_BUCKETS = 2**16
# Knots of the speed table. 0.05 is a whole number of steps, so that the kinks of Tobler's function
# and of the vehicle's (at 0 and at its steepest gradient) fall on knots.
_KNOT = 0.05 / 2048


def travel_time(  # noqa: PLR0913 (each option changes what the hours mean, and is named at the call)
    dem: xr.DataArray,
    origins: gpd.GeoSeries,
    *,
    speed: str | Callable[[Any], Any] = "vehicle_off_road",
    neighbours: int = 16,
    surface_factor: xr.DataArray | None = None,
    direction: Direction = "from",
    max_h: float | None = None,
) -> xr.DataArray:
    """
    Find the hours from the nearest origin to every cell, by the quickest way over the ground.

    Dijkstra's algorithm [1]_ over the cells, with speed taken from the signed gradient of each
    step, so that the way up may take longer than the way down. With 16 neighbours a
    way over flat ground is at most 2.75 % longer than the straight one, with 8 at most 8.24 %. Time
    runs from the cell that holds the origin, which has 0 hours. No roads, no bridges: rivers and
    ditches narrower than a cell are not seen.

    Parameters
    ----------
    dem
        Elevation on a grid in a projected CRS. Units: m.
    origins
        Points in any CRS.
    speed
        A name of `SPEEDS` (``"vehicle_off_road"``, ``"foot"``, ``"tobler"`` ...), or a function
        from gradients (rise over run, signed) to km/h. It is read from a table with 0.0000244
        between knots; the attribute ``speed_table_error`` gives the largest relative error midway
        between them. Slower than a metre an hour counts as closed.
    neighbours
        16 or 8.
    surface_factor
        Share of the speed that the surface allows, 0 (closed) to 1, on the grid of `dem`.
    direction
        ``"from"`` the origins to the cells, or from the cells ``"towards"`` the origins.
    max_h
        Farther cells are infinite, which saves time. Units: h.

    Returns
    -------
    xarray.DataArray
        Time, float32; infinite where no way leads, NaN where elevation or surface is unknown.
        Attributes count the origins used, outside the grid and on closed ground. Units: h.

    Raises
    ------
    InvalidParameterError
        If an option is impossible, there is no origin, or the speed is no speed.
    InvalidGeometryError
        If an origin is no point.
    CRSMismatchError
        If the origins or the elevation have no CRS.
    NotProjectedError
        If the elevation is in degrees of latitude and longitude.
    NoOverlapError
        If no origin lies on open ground of the grid.
    GridMismatchError
        If the surface factor lies on another grid.

    References
    ----------
    .. [1] Dijkstra, E. (1959). A note on two problems in connexion with graphs. Numerische
       Mathematik 1, 269-271. https://doi.org/10.1007/BF01386390

    Examples
    --------
    A vehicle makes 15 km in an hour over flat bare ground:

    >>> import geopandas as gpd
    >>> grid = Grid.covering((0, 0, 30e3, 7500), resolution_m=7500, crs=32637)
    >>> plain = grid.wrap(np.zeros((1, 4), np.float32))
    >>> post = gpd.GeoSeries.from_xy([100.0], [100.0], crs=32637)
    >>> travel_time(plain, post).values.tolist()
    [[0.0, 0.5, 1.0, 1.5]]
    """
    if neighbours not in (8, 16):
        msg = f"neighbours must be 8 or 16, got {neighbours!r}"
        raise InvalidParameterError(msg)
    check_choice(direction, "direction", ("from", "towards"))
    limit_h = np.inf if max_h is None else check_positive(max_h, "max_h", "h")
    grid = Grid.of(dem)
    ground = _ground(dem, surface_factor, grid)
    found = cells_of(origins, grid, ground.open)
    table = _SpeedTable.of(speed, _steepest(ground.z, grid.resolution_m))
    hours = _solve(
        ground, found.cells, table.turned(direction), (grid.resolution_m, neighbours, limit_h)
    )
    attrs = {
        "units": "h",
        "long_name": f"travel time {direction} the nearest origin",
        "speed": speed if isinstance(speed, str) else getattr(speed, "__name__", "function"),
        "neighbours": neighbours,
        **({} if max_h is None else {"max_h": limit_h}),
        "speed_table_error": table.error,
        "origins_used": found.used,
        "origins_outside_grid": found.outside,
        "origins_on_closed_ground": found.closed,
        "crs": grid.crs.to_wkt(),
    }
    coords = grid.wrap(hours).assign_coords(x=dem["x"], y=dem["y"]).coords
    return xr.DataArray(hours, dims=("y", "x"), coords=coords, name="travel_time_h", attrs=attrs)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Ground:
    """Heights with NaN where the way is closed, slowness, and which cells are known."""

    z: FloatArray
    slowness: FloatArray | None
    known: BoolArray

    @property
    def open(self) -> BoolArray:
        """Cells that can be entered."""
        return ~np.isnan(self.z)


def _ground(dem: xr.DataArray, surface_factor: xr.DataArray | None, grid: Grid) -> _Ground:
    if dem.ndim != 2:
        msg = f"elevation must have dimensions ('y', 'x') alone, got {dem.dims}"
        raise InvalidParameterError(msg)
    z: FloatArray = dem.to_numpy().astype(np.float64 if dem.dtype == np.float64 else np.float32)
    z[~np.isfinite(z)] = np.nan
    if surface_factor is None:
        return _Ground(z=z, slowness=None, known=~np.isnan(z))
    grid.check(surface_factor, "surface_factor")
    factor = surface_factor.to_numpy().astype(float)
    if ((factor < 0) | (factor > 1)).any():
        msg = (
            "surface_factor must lie between 0 and 1, got values from "
            f"{np.nanmin(factor):g} to {np.nanmax(factor):g}"
        )
        raise InvalidParameterError(msg)
    known = ~np.isnan(z) & ~np.isnan(factor)
    passable = known & (factor > 0)
    slowness = np.ones(factor.shape)
    np.divide(1.0, factor, out=slowness, where=passable)
    return _Ground(z=np.where(passable, z, z.dtype.type(np.nan)), slowness=slowness, known=known)


def _steepest(z: FloatArray, cell_m: float) -> float:
    """Give a gradient that no step of the raster exceeds."""
    rises = [
        np.abs(later - earlier)
        for later, earlier in (
            (z[1:], z[:-1]),
            (z[:, 1:], z[:, :-1]),
            (z[1:, 1:], z[:-1, :-1]),
            (z[1:, :-1], z[:-1, 1:]),
        )
    ]
    highest = max(float(np.fmax.reduce(rise, axis=None, initial=0.0)) for rise in rises)
    return highest / cell_m


@dataclass(frozen=True, kw_only=True, slots=True)
class _SpeedTable:
    """Speed at evenly spaced gradients, and how well it stands for the function."""

    first: float
    speeds_m_h: FloatArray
    error: float

    @classmethod
    def of(cls, speed: Any, steepest: float) -> _SpeedTable:
        """Tabulate a speed up to the steepest gradient, beyond which it stays as it is there."""
        if isinstance(speed, str):
            speed = SPEEDS[check_choice(speed, "speed", SPEEDS)]
        if not callable(speed):
            msg = f"speed must be one of {', '.join(SPEEDS)} or a function, got {speed!r}"
            raise InvalidParameterError(msg)
        n = int(np.ceil(min(max(steepest, 0.05), STEEPEST_GRADIENT) / _KNOT - 1e-6))
        knots = np.arange(-n, n + 1) * _KNOT
        speeds = _evaluated(speed, knots)
        between = _evaluated(speed, knots[:-1] + _KNOT / 2)
        if speeds.max() <= 0:
            msg = f"speed must be above 0 somewhere between gradients of -{n * _KNOT:.3g} and {n * _KNOT:.3g}"
            raise InvalidParameterError(msg)
        read = (speeds[1:] + speeds[:-1]) / 2
        error = np.abs(read - between)[between > 0] / between[between > 0]
        largest = float(error.max(initial=0.0))
        return cls(first=float(knots[0]), speeds_m_h=1000.0 * speeds, error=largest)

    def turned(self, direction: str) -> _SpeedTable:
        """Table for the way that the search goes: from the origins outwards."""
        if direction == "from":
            return self
        backwards = np.ascontiguousarray(self.speeds_m_h[::-1])
        return _SpeedTable(first=self.first, speeds_m_h=backwards, error=self.error)


def _evaluated(function: Callable[[Any], Any], gradients: FloatArray) -> FloatArray:
    """Speeds of a function of arrays, or, where it takes numbers only, of one after the other."""
    try:
        speeds = np.broadcast_to(np.asarray(function(gradients), dtype=float), gradients.shape)
    except (TypeError, ValueError):
        speeds = np.array([function(float(gradient)) for gradient in gradients], dtype=float)
    wrong = ~(np.isfinite(speeds) & (speeds >= 0))
    if wrong.any():
        first = int(np.argmax(wrong))
        msg = (
            "speed must give finite km/h, 0 or more, at every gradient of the ground; it gives "
            f"{speeds[first]} at {gradients[first]:.4g}"
        )
        raise InvalidParameterError(msg)
    return speeds


def _solve(
    ground: _Ground,
    starts: IntArray,
    table: _SpeedTable,
    options: tuple[float, int, float],
) -> FloatArray:
    """Run the kernel on a raster with a closed rim, and take the rim off again."""
    cell_m, neighbours, limit_h = options
    rows, columns = ground.z.shape
    wide = columns + 2 * _RIM
    z = np.pad(ground.z, _RIM, constant_values=np.nan).ravel()
    slowness = None
    if ground.slowness is not None:
        slowness = np.pad(ground.slowness, _RIM, constant_values=1.0).ravel()
    times = np.where(np.isnan(z), -1.0, np.inf)
    steps, lengths = _steps(wide, neighbours)
    lengths_m = lengths * cell_m
    cost_distance.travel_time(
        z,
        slowness,
        steps,
        lengths_m,
        table.speeds_m_h,
        table.first,
        1.0 / _KNOT,
        (starts // columns + _RIM) * wide + starts % columns + _RIM,
        times,
        0.999 * float(lengths_m.min()) / float(table.speeds_m_h.max()),
        _N_BUCKETS,
        limit_h,
    )
    inner = times.reshape(rows + 2 * _RIM, wide)[_RIM:-_RIM, _RIM:-_RIM]
    hours = np.where(inner < 0, np.inf, inner).astype(np.float32)
    hours[~ground.known] = np.nan
    return hours


def _steps(wide: int, neighbours: int) -> tuple[IntArray, FloatArray]:
    """
    Give the steps to the neighbours of a cell in a flattened raster.

    For each: offset of the cell reached, of the two cells passed, and its kind (0 side, 1
    diagonal, 2 knight's); and its length in cells.
    """
    rows, lengths = [], []
    for down in range(-2, 3):
        for right in range(-2, 3):
            far, near = max(abs(down), abs(right)), min(abs(down), abs(right))
            if (far, near) not in ((1, 0), (1, 1), (2, 1)) or (far == 2 and neighbours == 8):
                continue
            passed = (0, 0)
            if far == 2:
                # Towards the far side: one straight on, and that one's diagonal.
                ahead = (np.sign(down) * (abs(down) == 2), np.sign(right) * (abs(right) == 2))
                aslant = (np.sign(down), np.sign(right))
                passed = (ahead[0] * wide + ahead[1], aslant[0] * wide + aslant[1])
            elif near == 1:
                passed = (down * wide, right)
            rows.append((down * wide + right, *passed, (far - 1) * 2 if near == 0 else far))
            lengths.append(np.hypot(down, right))
    return np.array(rows, dtype=np.int64), np.array(lengths)
