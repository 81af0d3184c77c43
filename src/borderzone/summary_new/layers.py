"""Cells summarised by segment: the bridge from ground to patrol.

Patrols read masking and speeds from here, nothing else. The difficulty index
and the flags may be summarised for maps, but no rate follows from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from borderzone._checks import check_choice
from borderzone.access import speed
from borderzone.difficulty import mask_prior
from borderzone.errors import CoverageGapError, InvalidParameterError
from borderzone.grid import Grid
from borderzone.terrain.landforms import LANDFORMS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xarray as xr

    from borderzone._typing import FloatArray, IntArray

__all__ = ["MODES", "by_segment", "ground_by_segment"]

# How a patrol moves along its segment.
MODES = ("vehicle_off_road", "foot")

_UNKNOWN_CLASS = 255


@dataclass(frozen=True, kw_only=True)
class _Members:
    """Which cells speak for which segment: pairs of segment and flat cell index."""

    grid: Grid
    segment: IntArray
    cell: IntArray
    n_cells: IntArray
    n_borrowed: IntArray

    @property
    def index(self) -> pd.RangeIndex:
        return pd.RangeIndex(len(self.n_cells), name="segment")

    def values(self, layer: xr.DataArray, name: str) -> Any:
        return self.grid.check(layer, name).to_numpy().ravel()[self.cell]

    def counts(self) -> dict[str, IntArray]:
        return {"n_cells": self.n_cells, "n_borrowed": self.n_borrowed}


def by_segment(
    layers: xr.Dataset, cells: xr.Dataset, *, segments: pd.DataFrame | None = None
) -> pd.DataFrame:
    """
    Summarise layers over the cells of each segment.

    A segment too small to hold the centre of a cell borrows the cells whose
    chainage is nearest to its middle; `n_borrowed` counts them.

    Parameters
    ----------
    layers
        Rasters on one grid. Integers are classes, with 255 unknown.
    cells
        Cells of the corridor: ``segment`` (-1 outside) and ``chainage_km``.
    segments
        Segments of the corridor with ``km_start`` and ``km_end``; needed only
        where a segment has no cell of its own.

    Returns
    -------
    DataFrame
        Index ``segment``; ``n_cells``, ``n_borrowed`` and, for each layer,
        ``<layer>_min``, ``_mean``, ``_median`` and ``_max`` of its known cells
        or ``<layer>_majority`` of classes (NaN if none is known), with
        ``<layer>_known``, the share of cells that are known.

    Raises
    ------
    GridMismatchError
        If a layer does not lie on the grid of the cells.
    CoverageGapError
        If a segment has no cell and `segments` is not given, or no cell lies
        in the corridor.

    Examples
    --------
    >>> import xarray as xr
    >>> from affine import Affine
    >>> from pyproj import CRS
    >>> grid = Grid(shape=(1, 4), transform=Affine(10, 0, 0, 0, -10, 10), crs=CRS(32637))
    >>> cells = xr.Dataset({"segment": grid.wrap(np.array([[0, 0, 1, -1]]))})
    >>> layers = xr.Dataset({"relief_m": grid.wrap(np.array([[1.0, 3.0, np.nan, 9.0]]))})
    >>> table = by_segment(layers, cells)
    >>> table[["n_cells", "relief_m_mean", "relief_m_known"]].to_numpy()
    array([[ 2.,  2.,  1.],
           [ 1., nan,  0.]])
    """
    members = _members(cells, segments)
    columns: dict[str, Any] = members.counts()
    for name, layer in layers.data_vars.items():
        values = members.values(layer, str(name))
        if np.issubdtype(values.dtype, np.integer):
            columns[f"{name}_majority"] = _majority(values, members)
            columns[f"{name}_known"] = _mean(values != _UNKNOWN_CLASS, members)
            continue
        groups = pd.Series(values.astype(np.float64)).groupby(members.segment)
        for how in ("min", "mean", "median", "max"):
            columns[f"{name}_{how}"] = groups.agg(how).reindex(members.index).to_numpy()
        columns[f"{name}_known"] = _mean(~np.isnan(values.astype(np.float64)), members)
    return pd.DataFrame(columns, index=members.index)


def ground_by_segment(
    attrs: xr.Dataset,
    surface: xr.Dataset,
    hours: xr.DataArray | None,
    cells: xr.Dataset,
    *,
    segments: pd.DataFrame | None = None,
    mode: str = "vehicle_off_road",
) -> pd.DataFrame:
    """
    Give the ground of each segment, as detection rates read it.

    Speeds are averaged harmonically, that is by the time they cost. Slope
    counts in full, up and down in equal parts, because the direction of
    travel over the slope is not known. A vehicle slows by slope and by
    surface; where the surface is unknown by slope alone.

    Parameters
    ----------
    attrs
        Terrain layers: ``slope_deg``, ``relief_m``, ``tri_m`` and, if there
        is one, ``landform`` (else told from ``relief_m``).
    surface
        Layers of `terrain.surface.describe`.
    hours
        Travel time from the nearest origin, or None. Units: h.
    cells
        Cells of the corridor: ``segment`` (-1 outside) and ``chainage_km``.
    segments
        Segments of the corridor; needed only where one has no cell.
    mode
        How the patrol moves, one of `MODES`.

    Returns
    -------
    DataFrame
        Index ``segment``: ``f_mask``, ``f_mask_low``, ``f_mask_high`` (share
        out of sight with its 90 % band), ``patrol_speed_factor`` (speed over
        speed on flat bare ground, over the ground where the patrol can go),
        ``no_go_share``, ``crosser_km_h`` (Irmischer and Clarke off road),
        ``slope_deg``, ``relief_m``, ``tri_m``, ``bare_share``,
        ``hours_median``, ``hours_max`` (infinite where a part, as open water,
        cannot be reached), ``karst_rank`` (most frequent known rank), ``landform`` (most frequent), the known shares of terrain,
        surface and karst, ``n_cells`` and ``n_borrowed``.

    Raises
    ------
    GridMismatchError
        If a layer does not lie on the grid of the cells.
    CoverageGapError
        If a segment has no cell and `segments` is not given, or no cell lies
        in the corridor.
    InvalidParameterError
        If the mode is unknown or a needed terrain layer is missing.

    References
    ----------
    .. [1] Irmischer, I., Clarke, K. (2018). Measuring and modeling the speed of human navigation.
       Cartography and Geographic Information Science 45, 177-186.

    Examples
    --------
    >>> import xarray as xr
    >>> from affine import Affine
    >>> from pyproj import CRS
    >>> grid = Grid(shape=(1, 2), transform=Affine(10, 0, 0, 0, -10, 10), crs=CRS(32637))
    >>> cells = xr.Dataset({"segment": grid.wrap(np.array([[0, 0]]))})
    >>> flat = grid.wrap(np.zeros((1, 2)))
    >>> attrs = xr.Dataset({"slope_deg": flat, "relief_m": flat, "tri_m": flat})
    >>> ground = ground_by_segment(attrs, xr.Dataset(), None, cells)
    >>> ground[["f_mask", "patrol_speed_factor", "crosser_km_h"]].round(4).to_numpy()
    array([[0.06  , 1.    , 2.8026]])
    """
    check_choice(mode, "mode", MODES)
    missing = [name for name in ("slope_deg", "relief_m", "tri_m") if name not in attrs]
    if missing:
        msg = f"attrs needs {', '.join(missing)}; compute it with terrain.attributes"
        raise InvalidParameterError(msg)
    members = _members(cells, segments)
    masks = mask_prior(attrs)
    landform = _majority(members.values(masks["landform"], "landform"), members)
    columns: dict[str, Any] = {
        **_means(members, masks, ("f_mask", "f_mask_low", "f_mask_high")),
        **_speeds(members, attrs, surface, mode),
        **_means(members, attrs, ("slope_deg", "relief_m", "tri_m")),
        **_means(members, surface, ("bare_share",)),
        **_hours(members, hours),
        **_karst(members, surface),
        "landform": [_landform_name(code) for code in landform],
        **members.counts(),
    }
    return pd.DataFrame(columns, index=members.index)


def _speeds(
    members: _Members, attrs: xr.Dataset, surface: xr.Dataset, mode: str
) -> dict[str, FloatArray]:
    slope = members.values(attrs["slope_deg"], "slope_deg").astype(np.float64)
    gradient = np.minimum(np.tan(np.radians(slope)), speed.STEEPEST_GRADIENT)
    walking = _up_and_down(gradient)
    ratio, surface_known = walking / float(speed.irmischer_clarke(0.0)), np.ones(gradient.size)
    if mode == "vehicle_off_road":
        given = (
            members.values(surface["surface_factor"], "surface_factor").astype(np.float64)
            if "surface_factor" in surface
            else np.full(gradient.size, np.nan)
        )
        surface_known = ~np.isnan(given)
        factor = np.where(surface_known, given, 1.0)
        ratio = speed.vehicle_off_road(gradient, surface_factor=factor)
        ratio = np.asarray(ratio) / speed.VEHICLE_OFF_ROAD.flat_km_h
    known = ~np.isnan(ratio)
    return {
        "patrol_speed_factor": _harmonic(ratio, members),
        "no_go_share": _mean(ratio == 0, members, known),
        "crosser_km_h": _harmonic(walking, members),
        "terrain_known_share": _mean(known, members),
        "surface_known_share": _mean(surface_known, members),
    }


def _up_and_down(gradient: FloatArray) -> FloatArray:
    up, down = speed.irmischer_clarke(gradient), speed.irmischer_clarke(-gradient)
    return np.asarray(2.0 / (1.0 / up + 1.0 / down))


def _hours(members: _Members, hours: xr.DataArray | None) -> dict[str, FloatArray]:
    if hours is None:
        unknown = np.full(len(members.index), np.nan)
        return {"hours_median": unknown, "hours_max": unknown}
    groups = pd.Series(members.values(hours, "hours").astype(np.float64)).groupby(members.segment)
    return {
        f"hours_{how}": groups.agg(how).reindex(members.index).to_numpy()
        for how in ("median", "max")
    }


def _karst(members: _Members, surface: xr.Dataset) -> dict[str, FloatArray]:
    if "karst_rank" not in surface:
        unknown = np.full(len(members.index), np.nan)
        return {"karst_rank": unknown, "karst_known_share": np.zeros(len(members.index))}
    rank = members.values(surface["karst_rank"], "karst_rank")
    known = ~np.isnan(rank)
    classes = np.where(known, rank, _UNKNOWN_CLASS).astype(np.int64)
    return {
        "karst_rank": _majority(classes, members),
        "karst_known_share": _mean(known, members),
    }


def _landform_name(code: float) -> str:
    return "unknown" if np.isnan(code) else LANDFORMS[int(code)].name


def _means(members: _Members, layers: xr.Dataset, names: tuple[str, ...]) -> dict[str, FloatArray]:
    columns = {}
    for name in names:
        if name not in layers:
            columns[name] = np.full(len(members.index), np.nan)
            continue
        values = members.values(layers[name], name).astype(np.float64)
        columns[name] = _mean(values, members, ~np.isnan(values))
    return columns


def _mean(values: Any, members: _Members, where: Any = None) -> FloatArray:
    """Mean over the cells of each segment, or over those `where` holds; NaN if there is none."""
    kept = np.ones(members.cell.size, dtype=np.bool_) if where is None else where
    count = np.bincount(members.segment[kept], minlength=len(members.index))
    total = np.bincount(
        members.segment[kept], np.asarray(values, dtype=np.float64)[kept], len(members.index)
    )
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _harmonic(speeds: FloatArray, members: _Members) -> FloatArray:
    """Harmonic mean over the cells where one can go; 0 if one can go in none."""
    known, moving = ~np.isnan(speeds), speeds > 0
    pace = _mean(1.0 / np.where(moving, speeds, 1.0), members, moving)
    stuck = _mean(moving, members, known) == 0
    return np.where(stuck, 0.0, 1.0 / pace)


def _majority(classes: IntArray, members: _Members) -> FloatArray:
    """Most frequent known class of each segment, the lower one of equals."""
    known = classes != _UNKNOWN_CLASS
    if not known.any():
        return np.full(len(members.index), np.nan)
    low = int(classes[known].min())
    span = int(classes[known].max()) - low + 1
    codes = members.segment[known] * span + (classes[known].astype(np.int64) - low)
    counts = np.bincount(codes, minlength=len(members.index) * span).reshape(-1, span)
    return np.where(counts.any(axis=1), counts.argmax(axis=1) + float(low), np.nan)


def _members(cells: xr.Dataset, segments: pd.DataFrame | None) -> _Members:
    grid = Grid.of(cells["segment"])
    segment = cells["segment"].to_numpy().ravel()
    own = np.flatnonzero(segment >= 0)
    if not own.size:
        msg = "no cell lies in the corridor: all have segment -1; use a finer resolution_m"
        raise CoverageGapError(msg)
    n_segments = int(segment.max()) + 1 if segments is None else len(segments)
    n_cells = np.bincount(segment[own], minlength=n_segments)
    empty = np.flatnonzero(n_cells == 0)
    borrowed: Mapping[int, IntArray] = {}
    if empty.size:
        borrowed = _nearest_cells(cells, segments, own, empty)
    taken = [segment[own].astype(np.int64), *(np.full(c.size, s) for s, c in borrowed.items())]
    n_borrowed = np.zeros(n_segments, dtype=np.int64)
    n_borrowed[list(borrowed)] = [found.size for found in borrowed.values()]
    return _Members(
        grid=grid,
        segment=np.concatenate(taken),
        cell=np.concatenate([own, *borrowed.values()]),
        n_cells=n_cells,
        n_borrowed=n_borrowed,
    )


def _nearest_cells(
    cells: xr.Dataset, segments: pd.DataFrame | None, own: IntArray, empty: IntArray
) -> dict[int, IntArray]:
    """Collect the cells whose chainage is nearest to the middle of each empty segment."""
    if segments is None or "chainage_km" not in cells:
        numbers = ", ".join(map(str, empty[:5])) + (", ..." if empty.size > 5 else "")
        msg = (
            f"{empty.size} segments hold no cell ({numbers}): pass segments=corridor.segments, so "
            "that the nearest cells stand in, or use a finer resolution_m"
        )
        raise CoverageGapError(msg)
    chainage = cells["chainage_km"].to_numpy().ravel()[own].astype(np.float64)
    half_cell = Grid.of(cells["segment"]).resolution_m / 2000
    middle = (segments["km_start"].to_numpy() + segments["km_end"].to_numpy()) / 2
    found = {}
    for number in empty:
        away = np.abs(chainage - middle[number])
        found[int(number)] = own[away <= away.min() + half_cell]
    return found
