"""The ground of each segment, as detection rates read it, from blocks of any size."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from borderzone import access
from borderzone._guards import as_probabilities, check_choice, check_probability, guarded
from borderzone.difficulty.flagging import check_terrain
from borderzone.difficulty.segment_sums import (
    ClassCounts,
    StandIns,
    Sum,
    members_of,
    no_cell_message,
    share,
)
from borderzone.errors import CoverageGapError, InvalidParameterError
from borderzone.grid import UNKNOWN_CLASS, Grid
from borderzone.terrain import LANDFORMS, mask_prior
from borderzone.visibility import mask_index

if TYPE_CHECKING:
    import xarray as xr

    from borderzone._typing import FloatArray, IntArray

__all__ = [
    "MASK_SOURCES",
    "MODES",
    "MOST_UNKNOWN",
    "SLOWEST_PATROL_FACTOR",
    "TERRAIN",
    "GroundBlock",
    "GroundSums",
    "ground_by_segment",
    "with_measured_mask",
]

# How a patrol moves along its segment.
MODES = ("vehicle_off_road", "foot")

TERRAIN = ("slope_deg", "relief_m", "tri_m")
# A vehicle that could only creep goes around: below this share of its speed ground is no-go. Without
# it one cell just under the steepest gradient would take longer than all the others together.
SLOWEST_PATROL_FACTOR = 0.05
# A segment of more than so many cells along the border has cells of its own.
_TINY_CELLS = 4.0
# Share out of sight with its band, as `terrain.mask_prior` and `visibility.masked_by_segment` name them.
_MASKED = ("f_mask", "f_mask_low", "f_mask_high")
_MEANS = (*TERRAIN, "bare_share", "patrol_pace", "crosser_pace")


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
    surface; where the surface is unknown by slope alone, and ground that leaves it
    less than a twentieth of its speed is no-go.

    Parameters
    ----------
    attrs
        Terrain layers: ``slope_deg``, ``relief_m``, ``tri_m`` and, if there
        is one, ``landform`` (else told from ``relief_m``).
    surface
        Layers of `terrain.surface`.
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
        out of sight with its 90 % band, by landform: `with_measured_mask` puts
        lines of sight in their place) and ``f_mask_source``, ``patrol_speed_factor`` (speed over
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
    members = members_of(cells, segments)
    sums = GroundSums(len(members.index), mode=mode)
    values = GroundBlock.of(attrs, surface, members.grid).read(members.cell, mode)
    sums.add_values(members.segment, values)
    sums.n_cells, sums.n_borrowed = members.n_cells, members.n_borrowed
    return sums.table(hours=hours, cells=cells, segments=segments)


@guarded
class GroundSums:
    """
    Ground of each segment, summed block by block; the same bits whatever the blocks.

    Every figure is a sum or a count. Sums are of whole trillionths, so that the order of
    blocks does not matter and several threads may add. A tiny segment that holds
    no cell borrows the cells nearest to its middle, from whichever block they come.

    Parameters
    ----------
    segments
        Segments of the corridor with ``km_start`` and ``km_end``, or just their
        number, and then none may go without a cell.
    mode
        How the patrol moves, one of `MODES`.

    Raises
    ------
    InvalidParameterError
        If the mode is unknown.

    Examples
    --------
    >>> import xarray as xr
    >>> from affine import Affine
    >>> from pyproj import CRS
    >>> sums = GroundSums(1)
    >>> for left, steep in ((0, 0.0), (20, 10.0)):
    ...     grid = Grid(shape=(1, 2), transform=Affine(10, 0, left, 0, -10, 10), crs=CRS(32637))
    ...     layer = grid.wrap(np.full((1, 2), steep))
    ...     attrs = xr.Dataset({"slope_deg": layer, "relief_m": layer, "tri_m": layer})
    ...     cells = xr.Dataset({"segment": grid.wrap(np.zeros((1, 2), dtype=int))})
    ...     sums.add(attrs, xr.Dataset(), cells)
    >>> sums.table()[["slope_deg", "patrol_speed_factor", "n_cells"]].round(4).to_numpy()
    array([[5.    , 0.5838, 4.    ]])
    """

    def __init__(self, segments: pd.DataFrame | int, *, mode: str = "vehicle_off_road") -> None:
        check_choice(mode, "mode", MODES)
        self._mode = mode
        self._n = segments if isinstance(segments, int) else len(segments)
        self.n_cells: IntArray = np.zeros(self._n, dtype=np.int64)
        self.n_borrowed: IntArray = np.zeros(self._n, dtype=np.int64)
        self._sums = {name: Sum(self._n, name) for name in _MEANS}
        self._counts = {name: ClassCounts(self._n) for name in ("landform", "karst")}
        self._known = {
            name: np.zeros(self._n, dtype=np.int64) for name in ("all", "terrain", "surface")
        }
        self._standing_in = (
            None if isinstance(segments, int) else StandIns(segments, longest_cells=_TINY_CELLS)
        )
        self._lock = threading.Lock()

    def add(self, attrs: xr.Dataset, surface: xr.Dataset, cells: xr.Dataset) -> None:
        """
        Add a block.

        Parameters
        ----------
        attrs
            Terrain layers of the block, as for `ground_by_segment`.
        surface
            Layers of `terrain.surface`.
        cells
            Cells of the corridor on the block's grid: ``segment`` (-1 outside) and
            ``chainage_km``.

        Raises
        ------
        GridMismatchError
            If a layer does not lie on the grid of the cells.
        InvalidParameterError
            If a needed terrain layer is missing, a segment is not one of the corridor, or the
            block is a single cell, which does not tell its size.
        """
        grid = Grid.of(cells["segment"])
        if grid.shape == (1, 1):
            msg = (
                "a block of one cell does not tell how large it is: give blocks of 2 cells or more"
            )
            raise InvalidParameterError(msg)
        block = GroundBlock.of(attrs, surface, grid)
        number = cells["segment"].to_numpy().ravel()
        own = np.flatnonzero(number >= 0)
        if not own.size:
            return
        segment = number[own].astype(np.int64)
        if segment.max() >= self._n:
            msg = f"the cells name segment {segment.max()}, the corridor has {self._n} segments"
            raise InvalidParameterError(msg)
        values = block.read(own, self._mode)
        with self._lock:
            self.n_cells += np.bincount(segment, minlength=self._n)
            self.add_values(segment, values)
            if self._standing_in is not None and "chainage_km" in cells:
                chainage = cells["chainage_km"].to_numpy().ravel()[own].astype(np.float64)
                self._standing_in.look(self.n_cells, chainage, grid.resolution_m, values)

    def add_values(self, segment: IntArray, values: dict[str, Any]) -> None:
        """
        Add what was read from cells that are already told by segment.

        Parameters
        ----------
        segment
            Segment of each cell, from 0.
        values
            What was read from it.
        """
        for name in _MEANS:
            self._sums[name].add(segment, values[name])
        for name, counts in self._counts.items():
            counts.add(segment, values[name])
        for name in self._known:
            kept = segment if name == "all" else segment[values[f"{name}_known"]]
            self._known[name] += np.bincount(kept, minlength=self._n)

    def table(
        self,
        *,
        hours: xr.DataArray | None = None,
        cells: xr.Dataset | None = None,
        segments: pd.DataFrame | None = None,
    ) -> pd.DataFrame:
        """
        Give the ground of each segment.

        Parameters
        ----------
        hours
            Travel time from the nearest origin, on any grid of the corridor that fits
            in memory: a median is not a sum. None where it is not known. Units: h.
        cells
            Cells of the corridor on the grid of `hours`.
        segments
            Segments of the corridor; needed only where one has no cell on that grid.

        Returns
        -------
        DataFrame
            As `ground_by_segment` gives it.

        Raises
        ------
        CoverageGapError
            If no cell lies in the corridor, or a segment has none and none stands in.
        GridMismatchError
            If `hours` does not lie on the grid of `cells`.
        InvalidParameterError
            If `hours` comes without `cells`.
        """
        self._borrow()
        total = self._known["all"]
        moving, terrain = self._sums["patrol_pace"].count, self._known["terrain"]
        pace = self._sums["patrol_pace"].mean()
        karst, landform = self._counts["karst"], self._counts["landform"]
        columns: dict[str, Any] = {
            **_mask(landform),
            "f_mask_source": "landform prior",
            "patrol_speed_factor": np.where((terrain > 0) & (moving == 0), 0.0, 1.0 / pace),
            "no_go_share": share(terrain - moving, terrain),
            "crosser_km_h": 1.0 / self._sums["crosser_pace"].mean(),
            "terrain_known_share": share(terrain, total),
            "surface_known_share": share(self._known["surface"], total),
            **{name: self._sums[name].mean() for name in (*TERRAIN, "bare_share")},
            **_hours(hours, cells, segments, self._n),
            "karst_rank": karst.majority(),
            "karst_known_share": share(karst.known(), total),
            "landform": [_landform_name(code) for code in landform.majority()],
            "n_cells": self.n_cells.copy(),
            "n_borrowed": self.n_borrowed.copy(),
        }
        return pd.DataFrame(columns, index=pd.RangeIndex(self._n, name="segment"))

    def _borrow(self) -> None:
        """Let the nearest cells stand in for segments that have none, once."""
        if not self.n_cells.any():
            msg = "no cell lies in the corridor: all have segment -1; use a finer resolution_m"
            raise CoverageGapError(msg)
        standing_in = {} if self._standing_in is None else self._standing_in.kept
        for number in np.flatnonzero((self.n_cells == 0) & (self.n_borrowed == 0)):
            values = standing_in.get(int(number))
            if values is None:
                raise CoverageGapError(no_cell_message(np.flatnonzero(self.n_cells == 0)))
            count = len(values["landform"])
            self.add_values(np.full(count, number), values)
            self.n_borrowed[number] = count


def _mask(landform: ClassCounts) -> dict[str, FloatArray]:
    """Mean prior over the landforms of a segment."""
    counts = np.stack([landform.of(kind.code) for kind in LANDFORMS])
    priors = {name: np.array([getattr(kind.mask, name) for kind in LANDFORMS]) for name in _MASKED}
    return {name: share(prior @ counts, counts.sum(axis=0)) for name, prior in priors.items()}


def _hours(
    hours: xr.DataArray | None,
    cells: xr.Dataset | None,
    segments: pd.DataFrame | None,
    n_segments: int,
) -> dict[str, FloatArray]:
    if hours is None:
        unknown = np.full(n_segments, np.nan)
        return {"hours_median": unknown, "hours_max": unknown}
    if cells is None:
        msg = "hours needs the cells of its grid: pass cells=corridor.cells(grid)"
        raise InvalidParameterError(msg)
    members = members_of(cells, segments)
    # A median of infinite hours is infinite: where half of a segment is out of reach no number tells it.
    values = members.values(hours, "hours").astype(np.float64)
    groups = pd.Series(values).groupby(members.segment)
    index = pd.RangeIndex(n_segments)
    return {f"hours_{how}": groups.agg(how).reindex(index).to_numpy() for how in ("median", "max")}


def _landform_name(code: float) -> str:
    return "unknown" if np.isnan(code) else LANDFORMS[int(code)].name


class GroundBlock:
    """Layers of one grid, and what is read from some of its cells."""

    def __init__(self, layers: dict[str, Any]) -> None:
        self._layers = layers

    @classmethod
    def of(cls, attrs: xr.Dataset, surface: xr.Dataset, grid: Grid) -> GroundBlock:
        """Take the layers that are needed."""
        check_terrain(attrs, TERRAIN)
        wanted = {name: attrs[name] for name in TERRAIN}
        wanted["landform"] = mask_prior(attrs)["landform"]
        for name in ("bare_share", "surface_factor", "karst_rank"):
            if name in surface:
                wanted[name] = surface[name]
        return cls({n: grid.check(layer, n).to_numpy().ravel() for n, layer in wanted.items()})

    def read(self, cell: IntArray, mode: str) -> dict[str, Any]:
        """Read what is summed: heights, cover, paces and classes."""
        taken = {name: layer[cell] for name, layer in self._layers.items()}
        unknown = np.broadcast_to(np.float32(np.nan), cell.shape)
        rank = taken.get("karst_rank", unknown)
        return {
            **{name: taken[name] for name in TERRAIN},
            "bare_share": taken.get("bare_share", unknown),
            "karst": np.where(np.isnan(rank), np.float32(UNKNOWN_CLASS), rank).astype(np.uint8),
            "landform": taken["landform"],
            **_paces(taken["slope_deg"], taken.get("surface_factor", unknown), mode),
        }


def _paces(slope_deg: Any, surface_factor: Any, mode: str) -> dict[str, Any]:
    """Hours for a kilometre of the crosser, and of the patrol over what it takes on the flat."""
    gradient = access.gradient_of(slope_deg)
    walking = _up_and_down(gradient)
    ratio, surface_known = (
        walking / float(access.irmischer_clarke(0.0)),
        np.ones(gradient.size, bool),
    )
    if mode == "vehicle_off_road":
        surface_known = ~np.isnan(surface_factor)
        factor = np.where(surface_known, surface_factor, np.float32(1.0))
        ratio = access.vehicle_off_road(gradient, surface_factor=factor)
        ratio = np.asarray(ratio) / access.vehicle_off_road(0.0)
    # NaN is not moving: unknown ground has no pace, and is no no-go ground either (`terrain_known`).
    moving = ratio >= SLOWEST_PATROL_FACTOR
    return {
        "patrol_pace": 1.0 / np.where(moving, ratio, np.nan),
        "crosser_pace": 1.0 / walking,
        "terrain_known": ~np.isnan(ratio),
        "surface_known": surface_known,
    }


def _up_and_down(gradient: FloatArray) -> FloatArray:
    # As far up as down, by the time that both take: the harmonic mean.
    up, down = access.irmischer_clarke(gradient), access.irmischer_clarke(-gradient)
    return np.asarray(2.0 / (1.0 / up + 1.0 / down))


# Measured lines of sight in the place of the landform prior.


MASK_SOURCES = ("lines of sight", "landform prior")
# How far off a share measured on cells of 30 to 90 m may be at 2 km, either way: kinds of ground of one mean over the strip
# differ by so much there; an assumption for trees and roofs that a surface model takes for ground.
_MEASURED_BAND = 0.05
# More unknown lines than this, and what is left does not speak for the segment.
MOST_UNKNOWN = 0.5


def with_measured_mask(
    ground: pd.DataFrame,
    masked: pd.DataFrame,
    *,
    max_km: float = 2.0,
    eye_m: float = 3.0,
    most_unknown: float = MOST_UNKNOWN,
) -> pd.DataFrame:
    """
    Put the share out of sight that was measured in the place of the prior.

    What was measured is a mean over a strip, from eyes of some height; the ground table holds the share hidden 2 km
    away from an eye at 2.5 m. `borderzone.visibility.mask_index` finds the ground on which that much of such a
    strip is hidden from one stop.

    Parameters
    ----------
    ground
        Ground by segment, from `ground_by_segment` or `GroundSums`.
    masked
        Table of `visibility.masked_by_segment`, or several joined; segments it
        does not have keep their prior.
    max_km, eye_m
        Half the width of the strip and height of the eyes in that measurement. Units: km, m.
    most_unknown
        Share of lines over voids above which a segment keeps its prior.

    Returns
    -------
    DataFrame
        A copy with ``f_mask``, ``f_mask_low`` and ``f_mask_high`` (0.05 either way) from what was
        measured where it can be, and ``f_mask_source`` that says ``"lines of sight"`` or ``"landform prior"``.

    Raises
    ------
    InvalidParameterError
        If a column is missing, a segment is not in the ground or comes twice, or a share
        is impossible.

    Examples
    --------
    >>> import pandas as pd
    >>> ground = pd.DataFrame({"f_mask": [0.4, 0.4], "f_mask_low": 0.1, "f_mask_high": 0.8})
    >>> masked = pd.DataFrame(
    ...     {"f_mask": [0.2], "f_mask_low": 0.1, "f_mask_high": 0.3, "unknown_share": 0.0}
    ... )
    >>> with_measured_mask(ground, masked)[["f_mask", "f_mask_source"]].round(2).to_numpy().tolist()
    [[0.42, 'lines of sight'], [0.4, 'landform prior']]
    """
    check_probability(most_unknown, "most_unknown")
    missing = [name for name in (*_MASKED, "unknown_share") if name not in masked]
    missing += [name for name in _MASKED if name not in ground]
    if missing:
        msg = (
            f"the tables lack {', '.join(missing)}; visibility.masked_by_segment and "
            "difficulty.ground_by_segment make them"
        )
        raise InvalidParameterError(msg)
    strange = masked.index[masked.index.duplicated() | ~masked.index.isin(ground.index)]
    if len(strange):
        msg = f"segments {list(strange[:5])} of the measured table are not in the ground, or come twice"
        raise InvalidParameterError(msg)
    shares = masked.loc[:, list(_MASKED)]
    as_probabilities(shares, "measured shares", missing=True)
    usable = shares.notna().all(axis=1) & (masked["unknown_share"] <= most_unknown)
    # Looks from many stops are compounded where sweep widths are made: what counts here is what one stop does not see.
    share = pd.Series(
        mask_index(shares.loc[usable, "f_mask_high"], max_km=max_km, eye_m=eye_m),
        index=usable.index[usable],
    )
    table = ground.copy()
    for name, step in zip(_MASKED, (0.0, -_MEASURED_BAND, _MEASURED_BAND), strict=True):
        table.loc[share.index, name] = (share + step).clip(0.0, 1.0)
    measured = table.index.isin(usable.index[usable])
    table["f_mask_source"] = np.where(measured, *MASK_SOURCES)
    return table
