"""Kernel density of events: on a grid inside the corridor, and along the border."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import fft

from borderzone._guards import check_choice, check_positive
from borderzone.errors import InvalidParameterError, ShapeMismatchError
from borderzone.incidents.hotspots.guards import as_points
from borderzone.incidents.hotspots.kernels import (
    KERNELS,
    REACH,
    kernel_line,
    kernel_plane,
    mass_below,
)
from borderzone.incidents.hotspots.line import Line, as_chainages
from borderzone.incidents.hotspots.place import need_placed

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr
    from numpy.typing import ArrayLike

    from borderzone._typing import BoolArray, FloatArray, Seed
    from borderzone.corridor import Corridor
    from borderzone.grid import Grid
    from borderzone.incidents.hotspots.place import Placed

__all__ = ["density", "density_along"]

_LEAST_CELLS = 2.0  # cells to a bandwidth below which binning shows
_CHUNK = 4_000_000


def density(  # noqa: PLR0913 (all but the first two have defaults that serve)
    data: Placed | gpd.GeoDataFrame | ArrayLike,
    grid: Grid,
    *,
    bandwidth_km: float = 10.0,
    kernel: str = "gaussian",
    corridor: Corridor | None = None,
    inside: ArrayLike | None = None,
    seed: Seed = 1,
) -> xr.DataArray:
    """
    Give the density of events on a grid, corrected at the corridor's edge.

    Events are shared out to the four cell centres about them and convolved with
    the kernel. The kernel of each event is divided by its mass inside the
    corridor [1]_, so that the density adds up to the number of events, none of
    it outside. Sharing out widens the kernel by at most a quarter of a cell
    squared in variance: at h of 5 cells the peak is at most 1 % low, on a cell
    centre exact.

    Parameters
    ----------
    data
        Positions in the CRS of the grid, shape ``(n, 2)``, in km; or events
        from `place`, or a table from `incidents.read` with `corridor`. Each
        imputation of an event has the same part in it.
    grid
        The grid, for events in the CRS of the corridor.
    bandwidth_km
        Standard deviation of a Gaussian, radius of a quartic; at least two
        cells. Units: km.
    kernel
        "gaussian" or "quartic".
    corridor
        The corridor, for a table of events, or as the mask for positions.
    inside
        Mask of the cells that count, in place of the corridor's; positions
        without either have the whole grid.
    seed
        Seed of the imputation, for a table of events.

    Returns
    -------
    xarray.DataArray
        Events per km2, float32, NaN outside. ``attrs`` tells method, bandwidth
        and edge correction, n_events (that have a part in it), n_left_out and
        below_precision (bandwidth smaller than the median position error).

    Raises
    ------
    BorderzoneError
        If an argument is impossible, or cells are too large for the bandwidth.

    References
    ----------
    .. [1] Diggle, P. (1985). A kernel method for smoothing point process data.
       Applied Statistics 34, 138-147.

    Examples
    --------
    >>> from affine import Affine
    >>> from pyproj import CRS
    >>> from borderzone.grid import Grid
    >>> grid = Grid(shape=(81, 81), transform=Affine(1e3, 0, 0, 0, -1e3, 81e3), crs=CRS(32637))
    >>> found = density([[40.5, 40.5]], grid, bandwidth_km=5)
    >>> round(float(found.max()), 7), round(float(found.sum()), 4)
    (0.0063662, 1.0)
    """
    check_choice(kernel, "kernel", KERNELS)
    h = check_positive(bandwidth_km, "bandwidth_km", "km")
    cell_km = grid.resolution_m / 1e3
    if h < _LEAST_CELLS * cell_km:
        msg = (
            f"bandwidth_km {h:g} is less than two cells of {cell_km:g} km: use a grid of at most "
            f"{500 * h:g} m, or a bandwidth of at least {_LEAST_CELLS * cell_km:g} km"
        )
        raise InvalidParameterError(msg)
    placed = need_placed(data, corridor, seed)
    area = corridor if placed is None else placed.corridor
    mask = _mask(grid, area, inside)
    xy, weight, n_rows = _positions(data, placed)
    events, left_out = _shared_out(xy, weight, grid, mask)
    values = _smooth(events, mask, h / cell_km, kernel) / cell_km**2
    result = grid.wrap(
        np.where(mask, values, np.nan).astype(np.float32),
        name="density",
        units="events per km2",
        long_name=f"kernel density of events, {kernel}, h {h:g} km",
    )
    result.attrs |= _told(placed, h, n_rows - left_out)
    result.attrs |= {
        "method": "kernel density in the plane",
        "statistic": f"{kernel} kernel",
        "kernel": kernel,
        "bandwidth_km": h,
        "edge_correction": "kernel of each event divided by its mass inside (Diggle 1985)",
        "n_left_out_of_grid": left_out,
    }
    return result


def density_along(  # noqa: PLR0913 (all but the first have defaults that serve)
    data: Placed | gpd.GeoDataFrame | ArrayLike,
    *,
    line: Any = None,
    corridor: Corridor | None = None,
    bandwidth_km: float = 10.0,
    at_km: ArrayLike | None = None,
    kernel: str = "gaussian",
    correction: str = "mass",
    seed: Seed = 1,
) -> pd.Series:
    """
    Give the density of events along the border, by chainage.

    Nothing passes a break, and a ring wraps. At an end the kernel of each
    event is divided by its mass on its part ("mass"), or what lies beyond is
    folded back ("reflection"); either way the density adds up to the number
    of events.

    Parameters
    ----------
    data
        Chainages, with `line`; NaN for events off the line. Or events from
        `place`, or a table from `incidents.read` with `corridor`.
    line
        Border, corridor, or length of one open line, for chainages.
    corridor
        The corridor, for a table of events.
    bandwidth_km
        Standard deviation of a Gaussian, radius of a quartic. Units: km.
    at_km
        Where to give it; None for the middle of about every kilometre.
    kernel
        "gaussian" or "quartic".
    correction
        "mass" or "reflection".
    seed
        Seed of the imputation, for a table of events.

    Returns
    -------
    pandas.Series
        Events per km, by km. ``attrs`` as in `density`.

    Raises
    ------
    BorderzoneError
        If an argument is impossible.

    Examples
    --------
    >>> found = density_along([0.0, 300.0], line=600, bandwidth_km=5, at_km=[0, 5, 300])
    >>> found.round(6).tolist()
    [0.159577, 0.096788, 0.079788]
    """
    check_choice(kernel, "kernel", KERNELS)
    check_choice(correction, "correction", ("mass", "reflection"))
    h = check_positive(bandwidth_km, "bandwidth_km", "km")
    placed = need_placed(data, corridor, seed)
    if placed is None and line is None and corridor is None:
        msg = "chainages alone do not say where the border ends: pass line= (border or length)"
        raise InvalidParameterError(msg)
    whole = Line.of((line if line is not None else corridor) if placed is None else placed.corridor)
    found, off = as_chainages(data if placed is None else placed.chainage_km, whole)
    each = 1.0 if placed is None else 1.0 / placed.draws
    at = _every_km(whole) if at_km is None else as_chainages(at_km, whole)[0]
    values = np.zeros(len(at))
    for part in range(len(whole.start_km)):
        mine, here = whole.part_of(found) == part, whole.part_of(at) == part
        values[here] = each * _along_part(
            found[mine], at[here], whole, part, (h, kernel, correction)
        )
    result = pd.Series(values, index=pd.Index(at, name="km"), name="density")
    result.attrs = _told(placed, h, len(found) * each) | {
        "method": "kernel density along the border",
        "statistic": f"{kernel} kernel",
        "units": "events per km",
        "kernel": kernel,
        "bandwidth_km": h,
        "edge_correction": correction,
    }
    if placed is None:
        result.attrs["n_left_out"] = off
    return result


def _told(placed: Placed | None, bandwidth_km: float, n_part: float) -> dict[str, Any]:
    told: dict[str, Any] = {"n_events": n_part, "n_left_out": 0, "below_precision": False}
    if placed is not None:
        told |= placed.attrs()
        told["below_precision"] = bool(bandwidth_km < placed.median_error_km)
    return told


def _mask(grid: Grid, corridor: Corridor | None, inside: ArrayLike | None) -> BoolArray:
    if inside is not None:
        mask = np.asarray(inside).astype(bool)
        if mask.shape != grid.shape:
            msg = f"inside has shape {mask.shape}, the grid {grid.shape}"
            raise ShapeMismatchError(msg)
    elif corridor is not None:
        mask = np.asarray(corridor.cells(grid)["segment"].to_numpy() >= 0)
    else:
        mask = np.ones(grid.shape, dtype=bool)
    if not mask.any():
        msg = "no cell of the grid lies inside; take the grid from corridor.grid(...)"
        raise InvalidParameterError(msg)
    return mask


def _positions(data: Any, placed: Placed | None) -> tuple[FloatArray, float, float]:
    """Positions, the weight of each, and how many events they stand for."""
    if placed is None:
        xy = as_points(data, "positions")
        return xy, 1.0, float(len(xy))
    xy = placed.xy_km()[placed.inside]
    return xy, 1.0 / placed.draws, len(xy) / placed.draws


def _shared_out(
    xy_km: FloatArray, weight: float, grid: Grid, mask: BoolArray
) -> tuple[FloatArray, float]:
    """Share each event out to the four cell centres about it, as far as they are inside."""
    rows, columns = grid.shape
    kept = xy_km[np.isfinite(xy_km).all(axis=1)]
    column = (1e3 * kept[:, 0] - grid.transform.c) / grid.transform.a - 0.5
    row = (1e3 * kept[:, 1] - grid.transform.f) / grid.transform.e - 0.5
    top, left = np.floor(row).astype(int), np.floor(column).astype(int)
    down, right = row - top, column - left
    total = np.zeros(len(row))
    corners = []
    for r, by_row in ((top, 1.0 - down), (top + 1, down)):
        for c, by_column in ((left, 1.0 - right), (left + 1, right)):
            part = by_row * by_column
            good = (r >= 0) & (r < rows) & (c >= 0) & (c < columns)
            cell = np.where(good, r * columns + c, 0)
            part = np.where(good & mask.ravel()[cell], part, 0.0)
            total += part
            corners.append((cell, part))
    on = total > 0  # at the rim, a cell whose centre is inside takes what its neighbours cannot
    cells = np.concatenate([cell[on] for cell, _ in corners])
    parts = np.concatenate([part[on] / total[on] for _, part in corners])
    events = weight * np.bincount(cells, parts, minlength=rows * columns)
    return np.asarray(events.reshape(rows, columns)), weight * (len(xy_km) - int(on.sum()))


def _smooth(events: FloatArray, mask: BoolArray, h_cells: float, kernel: str) -> FloatArray:
    """Divide each event by its kernel's mass inside, then spread it, per cell."""
    spread = _spreader(events.shape, h_cells, kernel)
    inside = np.ones(events.shape) if mask.all() else mask.astype(float)
    mass = spread(inside)
    # Only events have a mass to divide by; each has at least its own cell inside.
    weighted = np.divide(events, mass, out=np.zeros_like(events), where=events > 0)
    return np.asarray(spread(weighted))


def _spreader(shape: tuple[int, ...], h_cells: float, kernel: str) -> Any:
    # Nothing lies farther apart than the grid is wide.
    reach = min(int(np.ceil(REACH[kernel] * h_cells)), max(shape))
    steps = np.arange(-reach, reach + 1)
    disc = np.asarray(kernel_plane(np.hypot(steps[:, None], steps), h_cells, kernel=kernel))
    size = [fft.next_fast_len(side + reach, real=True) for side in shape]
    around = np.roll(_padded(disc, size, reach), (-reach, -reach), axis=(0, 1))
    ahead = fft.rfft2(around, workers=-1)

    def by_fft(values: FloatArray) -> FloatArray:
        found = fft.irfft2(fft.rfft2(values, s=size, workers=-1) * ahead, s=size, workers=-1)
        # What is left of the transform's rounding, 1e-16 of the peak, must not be negative.
        return np.asarray(np.maximum(found[: shape[0], : shape[1]], 0.0))

    return by_fft


def _padded(disc: FloatArray, size: list[int], reach: int) -> FloatArray:
    whole = np.zeros([max(side, 2 * reach + 1) for side in size])
    whole[: 2 * reach + 1, : 2 * reach + 1] = disc
    size[:] = whole.shape
    return whole


def _every_km(line: Line) -> FloatArray:
    pieces = []
    for start, end in zip(line.start_km, line.end_km, strict=True):
        count = max(1, round(end - start))
        pieces.append(start + (np.arange(count) + 0.5) * (end - start) / count)
    return np.concatenate(pieces)


def _along_part(
    events: FloatArray, at: FloatArray, line: Line, part: int, how: tuple[float, str, str]
) -> FloatArray:
    h, kernel, correction = how
    start, end = float(line.start_km[part]), float(line.end_km[part])
    sources: FloatArray
    weight: FloatArray | None = None
    length, reach = end - start, REACH[kernel] * h
    if line.ring[part]:
        # Every turn of the ring that is near enough to be felt.
        turns = np.arange(-np.ceil(reach / length), np.ceil(reach / length) + 1)
        sources = (events[:, None] + turns * length).ravel()
    elif correction == "reflection":
        # Images in both ends, and images of images where the part is short.
        turns = np.arange(-np.ceil(reach / length), np.ceil(reach / length) + 1)
        away = 2.0 * length * turns
        images = np.concatenate(
            [events[:, None] + away, 2.0 * start - events[:, None] + away], axis=1
        )
        sources = images.ravel()
    else:
        sources = np.asarray(events, dtype=float)
        mass: FloatArray = mass_below((end - events) / h, kernel) - mass_below(
            (start - events) / h, kernel
        )
        weight = 1.0 / mass
    return _summed(sources, weight, at, (h, kernel))


def _summed(
    sources: FloatArray, weight: FloatArray | None, at: FloatArray, how: tuple[float, str]
) -> FloatArray:
    h, kernel = how
    values = np.zeros(len(at))
    step = max(1, _CHUNK // max(1, len(at)))
    for first in range(0, len(sources), step):
        some = sources[first : first + step]
        share = np.asarray(kernel_line(at[:, None] - some, h, kernel=kernel))
        values += share.sum(axis=1) if weight is None else share @ weight[first : first + step]
    return values
