"""Share of the ground out of sight, measured segment by segment without holding the corridor."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd
import xarray as xr
from affine import Affine

from borderzone._guards import check_choice, check_positive, check_threads, guarded
from borderzone._heights import check_metres, heights_of, refuse_impossible
from borderzone.corridor.sections import Section
from borderzone.crs import check_metric
from borderzone.errors import (
    CoverageGapError,
    InvalidParameterError,
    SeveralSectionsError,
    ShapeMismatchError,
)
from borderzone.grid import Grid
from borderzone.visibility.masked import SIDES, Masked, measurable, on_raster
from borderzone.visibility.sight import REFRACTION, Sight, looks, places

if TYPE_CHECKING:
    from collections.abc import Iterator

    from borderzone._typing import BoolArray, FloatArray
    from borderzone.corridor import Corridor
    from borderzone.corridor.track import Track

__all__ = ["Reader", "masked_by_segment"]


@guarded
class Reader(Protocol):
    """Gives a window of elevation: rows and columns of the grid, as slices."""

    def __call__(self, rows: slice, columns: slice, /) -> FloatArray:
        """Read a window."""


@dataclass(frozen=True, kw_only=True)
class _Job:
    """One segment, cut out: heights, stops in reach, and the cells of its strip."""

    segment: int
    heights: FloatArray
    stops: FloatArray
    wanted: BoolArray
    n_own: int

    def run(self, sight: Sight, cell_m: float) -> Masked:
        counts = looks(self.heights, self.stops, self.wanted, sight, cell_m)
        return Masked.of(counts[self.wanted], self.n_own)


def masked_by_segment(  # noqa: PLR0913 (who looks at what, and from where)
    corridor: Corridor | Section,
    dem: xr.DataArray | Reader,
    *,
    grid: Grid | None = None,
    height_m: float = 3.0,
    target_m: float = 1.7,
    max_km: float = 2.0,
    refraction: float = REFRACTION,
    spacing_m: float = 250.0,
    sides: str = "both",
    threads: int | None = None,
) -> pd.DataFrame:
    """
    Measure the share of ground out of sight along the border, for each segment.

    Stops stand on the border, evenly within each segment. A segment's strip is its own
    cells within `max_km` of the border; every stop in reach looks at them, those of the
    next segments too. Elevation is read window by window, one segment at a time.

    Parameters
    ----------
    corridor
        The corridor, or one section of a corridor that has several.
    dem
        Elevation on the grid, or what reads a window of it:
        ``read(rows, columns)`` with two slices. Units: m.
    grid
        Grid that is read from; needed with a reader. Cells of 90 m or less.
    height_m, target_m
        Eyes and target above their ground. Units: m.
    max_km
        Half the width of the strip, and the farthest look. Units: km.
    refraction
        Refraction coefficient.
    spacing_m
        Longest way between two stops. Units: m.
    sides
        ``"both"``, or ``"left"`` or ``"right"`` of the border.
    threads
        Threads to look with; all cores unless given. The answer is the same.

    Returns
    -------
    pandas.DataFrame
        Index ``segment``: ``f_mask`` midway between ``f_mask_low`` (share never
        seen) and ``f_mask_high`` (share hidden from one stop), ``n_stops`` on
        the segment, ``n_cells`` looked at, ``unknown_share`` of the lines. NaN
        where nothing is known.

    Raises
    ------
    InvalidParameterError
        If a parameter is impossible, the cells are too large, or a reader
        comes without a grid.
    SeveralSectionsError
        If the corridor has several sections.
    CRSMismatchError
        If the grid is in another CRS than the corridor.
    ShapeMismatchError
        If the reader gives a window of another shape.
    CoverageGapError
        If a segment lies beside the grid.
    """
    sight = Sight(height_m=height_m, target_m=target_m, max_km=max_km, refraction=refraction)
    check_positive(spacing_m, "spacing_m", "m")
    check_choice(sides, "sides", SIDES)
    workers = check_threads(threads)
    section = _section(corridor)
    grid, read = _source(dem, grid)
    jobs = _jobs(section, measurable(grid), read, sight, spacing_m, sides)
    found = _in_threads(jobs, sight, grid.resolution_m, workers)
    first, stop = section.segments
    index = pd.RangeIndex(first, stop, name="segment")
    return pd.DataFrame(
        {
            "f_mask": [one.f_mask for one in found],
            "f_mask_low": [one.never_seen for one in found],
            "f_mask_high": [one.hidden_from_one_stop for one in found],
            "n_stops": [one.n_stops for one in found],
            "n_cells": [one.n_cells for one in found],
            "unknown_share": [one.unknown_share for one in found],
        },
        index=index,
    )


def _section(corridor: Corridor | Section) -> Section:
    if isinstance(corridor, Section):
        return corridor
    if len(corridor.sections) > 1:
        msg = (
            f"this corridor has {len(corridor.sections)} sections, each with its own CRS and grid: "
            "measure corridor.sections[i] one by one, and join the tables with pandas.concat"
        )
        raise SeveralSectionsError(msg)
    return corridor.sections[0]


def _source(dem: Any, grid: Grid | None) -> tuple[Grid, Reader]:
    if isinstance(dem, xr.DataArray):
        if grid is not None:
            grid.check(dem, "the elevation raster")
        check_metres(dem)
        return Grid.of(dem), lambda rows, columns: heights_of(dem[rows, columns])
    if not callable(dem) or grid is None:
        msg = (
            f"dem must be a raster, or read(rows, columns) together with grid=, got "
            f"{type(dem).__name__} and grid={grid!r}"
        )
        raise InvalidParameterError(msg)
    check_metric(grid.crs, grid.bounds, "the grid of the reader")
    return grid, dem


def _jobs(
    section: Section, grid: Grid, read: Reader, sight: Sight, spacing_m: float, sides: str
) -> Iterator[_Job]:
    reach_m = sight.max_km * 1000.0
    stops, owner = _stops(section.track, spacing_m)
    ends = np.concatenate([section.track.pieces[:, :2], _ends(section.track)])
    labels = np.tile(section.track.labels, 2)
    for segment in range(*section.segments):
        own = ends[labels == segment]
        # Cells within reach of the segment, and stops within reach of those cells.
        window = _window(grid, own, 2.0 * reach_m)
        if min(part.stop - part.start for part in window) < 1:
            msg = (
                f"segment {segment} lies beside the elevation, which covers "
                f"{tuple(round(edge) for edge in grid.bounds)} in {grid.crs.name}; use elevation of "
                "this corridor"
            )
            raise CoverageGapError(msg)
        part = _part(grid, window)
        wanted = _strip(section, part, segment, sight.max_km, sides)
        near = _near(stops, own, 2.0 * reach_m)
        heights = refuse_impossible(np.asarray(read(*window)))
        if heights.shape != part.shape:
            msg = f"the reader gave a window of {heights.shape} cells for one of {part.shape}"
            raise ShapeMismatchError(msg)
        yield _Job(
            segment=segment,
            heights=heights,
            stops=on_raster(places(part, stops[near]), part.shape),
            wanted=wanted,
            n_own=int((owner == segment).sum()),
        )


def _in_threads(jobs: Iterator[_Job], sight: Sight, cell_m: float, workers: int) -> list[Masked]:
    """Look segment by segment; few windows wait at a time, and each is one thread's own."""
    found: list[Masked] = []
    waiting: deque[Future[Masked]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        for job in jobs:
            waiting.append(pool.submit(job.run, sight, cell_m))
            if len(waiting) > 2 * workers:
                found.append(waiting.popleft().result())
        return [*found, *(job.result() for job in waiting)]


def _ends(track: Track) -> FloatArray:
    return np.asarray(track.pieces[:, :2] + track.pieces[:, 2:4])


def _stops(track: Track, spacing_m: float) -> tuple[FloatArray, Any]:
    """Place stops in the middle of equal stretches of each segment, and whose they are."""
    points, owner = [], []
    for segment in np.unique(track.labels[track.labels >= 0]):
        pieces = track.pieces[track.labels == segment]
        lengths = np.hypot(pieces[:, 2], pieces[:, 3])
        after = np.cumsum(lengths)
        count = max(int(np.ceil(after[-1] / spacing_m - 1e-9)), 1)
        along = (np.arange(count) + 0.5) * after[-1] / count
        piece = np.minimum(np.searchsorted(after, along), len(pieces) - 1)
        part = 1.0 - (after[piece] - along) / lengths[piece]
        points.append(pieces[piece, :2] + part[:, None] * pieces[piece, 2:4])
        owner.append(np.full(count, segment))
    return np.concatenate(points), np.concatenate(owner)


def _near(stops: FloatArray, own: FloatArray, reach_m: float) -> BoolArray:
    """Tell the stops within the box of a segment grown by twice the reach."""
    low, high = own.min(axis=0) - reach_m, own.max(axis=0) + reach_m
    return np.asarray(((stops >= low) & (stops <= high)).all(axis=1))


def _window(grid: Grid, points: FloatArray, margin_m: float) -> tuple[slice, slice]:
    at = places(grid, points)
    margin = margin_m / grid.resolution_m + 1.0
    low = np.maximum(np.floor(at.min(axis=0) - margin), 0).astype(int)
    high = np.minimum(np.ceil(at.max(axis=0) + margin) + 1, grid.shape).astype(int)
    return slice(int(low[0]), int(high[0])), slice(int(low[1]), int(high[1]))


def _part(grid: Grid, window: tuple[slice, slice]) -> Grid:
    rows, columns = window
    step = grid.resolution_m
    left, top = grid.transform.c + columns.start * step, grid.transform.f - rows.start * step
    return replace(
        grid,
        shape=(rows.stop - rows.start, columns.stop - columns.start),
        transform=Affine(step, 0.0, left, 0.0, -step, top),
        needed_by=None,
    )


def _strip(section: Section, part: Grid, segment: int, max_km: float, sides: str) -> BoolArray:
    cells = section.cells(part)
    offset = cells["offset_km"].to_numpy()
    strip = (cells["segment"].to_numpy() == segment) & (np.abs(offset) <= max_km)
    if sides != "both":
        strip &= cells["side"].to_numpy() == SIDES.index(sides)
    return np.asarray(strip)
