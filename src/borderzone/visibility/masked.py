"""Share of the ground out of sight from stops along a track, whole or segment by segment."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from affine import Affine

from borderzone._guards import check_choice, check_positive, check_threads, guarded
from borderzone._guards.rasters import heights_of, refuse_impossible
from borderzone._kernels.nearest import box_tree, nearest_pieces
from borderzone._kernels.sight import HIDDEN, SEEN
from borderzone.corridor import Section
from borderzone.crs import check_same_crs
from borderzone.errors import (
    CoverageGapError,
    InvalidParameterError,
    SeveralSectionsError,
)
from borderzone.grid import Grid
from borderzone.visibility.viewsheds import REFRACTION, LineOfSight, Windows, looks, places

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    import xarray as xr

    from borderzone._typing import BoolArray, FloatArray, IntArray
    from borderzone.corridor import Corridor
    from borderzone.corridor.track import Track

__all__ = ["Masked", "masked_by_segment", "masked_fraction"]

_SIDES = ("both", "left", "right")


@guarded
@dataclass(frozen=True, kw_only=True)
class Masked:
    """
    How much of a strip is out of sight from the stops on its track.

    Attributes
    ----------
    hidden_from_one_stop
        Share of the stops in reach that do not see a cell, on average over the
        cells of the strip; the upper end of the band.
    never_seen
        Share of the cells that no stop sees; the lower end of the band.
    n_stops
        Number of stops.
    n_cells
        Cells of the strip that some known line reaches.
    unknown_share
        Share of the lines that cross a void; they are left out.
    """

    hidden_from_one_stop: float
    never_seen: float
    n_stops: int
    n_cells: int
    unknown_share: float

    @property
    def f_mask(self) -> float:
        """
        Share out of sight for a patrol, midway between the two.

        Returns
        -------
        float
            As `terrain.mask_prior` has it: between standing still and having
            stopped everywhere.
        """
        return (self.hidden_from_one_stop + self.never_seen) / 2

    @classmethod
    def of(cls, counts: IntArray, n_stops: int) -> Masked:
        """
        Read the shares from counts of looks.

        Parameters
        ----------
        counts
            By cell of the strip, the stops that do not see it, that do, and
            that are unknown, shape ``(..., 3)``.
        n_stops
            Number of stops.

        Returns
        -------
        Masked
            The shares, NaN where no line is known.
        """
        cells = counts.reshape(-1, 3)
        hidden, seen = cells[:, HIDDEN], cells[:, SEEN]
        # A cell that only unknown lines reach says nothing, and leaves both shares.
        known = (hidden + seen) > 0
        lines = int(cells.sum())
        # By cell first, then over cells: ground that many stops reach counts no more than other ground.
        share = hidden[known] / (hidden + seen)[known]
        n_cells = int(known.sum())
        return cls(
            hidden_from_one_stop=float(share.mean()) if n_cells else float("nan"),
            never_seen=float((seen[known] == 0).mean()) if n_cells else float("nan"),
            n_stops=n_stops,
            n_cells=n_cells,
            unknown_share=1.0 - int((hidden + seen).sum()) / lines if lines else 1.0,
        )


def masked_fraction(  # noqa: PLR0913 - who looks at what, and from where
    dem: xr.DataArray,
    track: shapely.LineString | gpd.GeoSeries,
    *,
    height_m: float = 3.0,
    target_m: float = 1.7,
    max_km: float = 2.0,
    refraction: float = REFRACTION,
    spacing_m: float = 250.0,
    sides: str = "both",
) -> Masked:
    """
    Measure how much of the strip along a track is out of sight from stops on it.

    Parameters
    ----------
    dem
        Elevation in a projected CRS, square cells of 90 m or less. It should
        reach `max_km` around the track: ground beyond it does not count. Units: m.
    track
        Line in the CRS of the raster, or a series of one.
    height_m, target_m
        Eyes and target above their ground. Units: m.
    max_km
        Half the width of the strip, and the farthest look. Units: km.
    refraction
        Refraction coefficient.
    spacing_m
        Longest way between two stops; they stand in the middle of equal
        stretches. Units: m.
    sides
        ``"both"``, or ``"left"`` or ``"right"`` of the track.

    Returns
    -------
    Masked
        Shares hidden from one stop and never seen, and `f_mask` between them.
        The strip has flat ends: nothing beyond the ends of the track.

    Raises
    ------
    InvalidParameterError
        If a parameter is impossible, the cells are too large, or the track is
        no line on the raster.
    CRSMismatchError
        If the track is in another CRS.
    CoverageGapError
        If the strip holds no cell.

    Examples
    --------
    >>> from affine import Affine
    >>> from pyproj import CRS
    >>> grid = Grid(shape=(40, 60), transform=Affine(30, 0, 0, 0, -30, 1200), crs=CRS(32637))
    >>> flat = grid.wrap(np.zeros(grid.shape, dtype=np.float32))
    >>> track = shapely.LineString([(300, 600), (1500, 600)])
    >>> found = masked_fraction(flat, track, max_km=0.5)
    >>> found.f_mask, found.n_stops
    (0.0, 5)
    """
    sight = LineOfSight(height_m=height_m, target_m=target_m, max_km=max_km, refraction=refraction)
    check_positive(spacing_m, "spacing_m", "m")
    check_choice(sides, "sides", _SIDES)
    grid = _measurable(Grid.of(dem))
    line = _line(track, grid)
    stops = _stops_along(line, spacing_m)
    wanted = _strip_along(grid, line, sight.max_km * 1000.0, sides)
    if not wanted.any():
        msg = f"no cell centre of the raster lies within {max_km:g} km square to the track; widen max_km"
        raise CoverageGapError(msg)
    at = _on_raster(places(grid, stops), grid.shape)
    counts = looks(refuse_impossible(heights_of(dem)), at, wanted, sight, grid.resolution_m)
    return Masked.of(counts[wanted], len(stops))


def _measurable(grid: Grid) -> Grid:
    """Refuse a grid too coarse for lines of sight."""
    if grid.resolution_m > Windows.COARSEST_M:
        msg = (
            f"lines of sight need cells of {Windows.COARSEST_M:g} m or less, got {grid.resolution_m:g} m; "
            "on coarser ground use terrain.mask_prior"
        )
        raise InvalidParameterError(msg)
    return grid


def _on_raster(at: FloatArray, shape: tuple[int, int]) -> FloatArray:
    """Move stops in the outer half of a rim cell to its centre, and refuse those beyond."""
    # Heights are read between centres; half a cell beyond the last of them the ground is that of the centre.
    far = np.array(shape) - 1.0
    off = ((at < -1.0) | (at > far + 1.0)).any(axis=1)
    if off.any():
        msg = (
            f"{int(off.sum())} of {len(at)} stops are off the elevation raster; give elevation "
            "around the whole track, in the CRS of the track"
        )
        raise InvalidParameterError(msg)
    return np.clip(at, 0.0, far)


def _line(track: Any, grid: Grid) -> shapely.LineString:
    line = track
    if hasattr(track, "crs"):
        check_same_crs(track, grid.crs, "the track")
        line = track.iloc[0] if len(track) == 1 else shapely.line_merge(track.union_all())
    if not isinstance(line, shapely.LineString) or not line.length > 0:
        kind = getattr(line, "geom_type", type(line).__name__)
        msg = f"the track must be one line with a length, got {kind}; measure each line by itself"
        raise InvalidParameterError(msg)
    return line


def _stops_along(line: shapely.LineString, spacing_m: float) -> FloatArray:
    # In the middle of equal stretches, so that both ends of the track are looked at alike.
    count = max(int(np.ceil(line.length / spacing_m - 1e-9)), 1)
    along = (np.arange(count) + 0.5) * line.length / count
    return np.asarray(shapely.get_coordinates(shapely.line_interpolate_point(line, along)))


def _strip_along(grid: Grid, line: shapely.LineString, max_m: float, sides: str) -> BoolArray:
    """Cells within reach of the track, on the side asked for, none beyond its ends."""
    xy = shapely.get_coordinates(line)
    step = np.diff(xy, axis=0)
    # A vertex that comes twice makes a piece of no length, which has no direction.
    long = np.hypot(*step.T) > 0
    start, step = xy[:-1][long], step[long]
    pieces = np.column_stack([start, step, 1.0 / (step**2).sum(axis=1)])
    centres = np.stack(np.meshgrid(grid.x, grid.y), axis=-1).reshape(-1, 2)
    piece, along = nearest_pieces(centres, pieces, box_tree(pieces))
    away = centres - start[piece] - along[:, None] * step[piece]
    # Beyond an end lies what is nearest to the end point and not square to it.
    onward = (away * step[piece]).sum(axis=1)
    beyond = ((piece == 0) & (along == 0) & (onward < 0)) | (
        (piece == len(pieces) - 1) & (along == 1) & (onward > 0)
    )
    inside = (np.hypot(*away.T) <= max_m) & (~beyond | line.is_ring)
    left = step[piece, 0] * away[:, 1] - step[piece, 1] * away[:, 0] >= 0
    if sides != "both":
        inside &= left == (sides == "left")
    return np.asarray(inside.reshape(grid.shape))


@dataclass(frozen=True, kw_only=True)
class _Job:
    """One segment, cut out: heights, stops in reach, and the cells of its strip."""

    segment: int
    heights: FloatArray
    stops: FloatArray
    wanted: BoolArray
    n_own: int

    def run(self, sight: LineOfSight, cell_m: float) -> Masked:
        counts = looks(self.heights, self.stops, self.wanted, sight, cell_m)
        return Masked.of(counts[self.wanted], self.n_own)


def masked_by_segment(  # noqa: PLR0913 - who looks at what, and from where
    corridor: Corridor | Section,
    dem: xr.DataArray | Windows,
    *,
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
        Elevation of cells of 90 m or less, or `Windows` of it. Units: m.
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
        If a parameter is impossible, or the cells are too large.
    SeveralSectionsError
        If the corridor has several sections.
    CRSMismatchError
        If the grid is in another CRS than the corridor.
    ShapeMismatchError
        If the reader gives a window of another shape.
    CoverageGapError
        If a segment lies beside the grid.

    Examples
    --------
    >>> import numpy as np
    >>> import shapely
    >>> from borderzone import Border, Corridor
    >>> line = shapely.LineString([(41.0, 34.0), (41.0, 34.1)])
    >>> border = Border.from_line(line, left="west", right="east")
    >>> corridor = Corridor.around(border, depth_km=3, segment_km=5)
    >>> grid = corridor.grid(resolution_m=90)
    >>> flat = grid.wrap(np.zeros(grid.shape, np.float32), units="m")
    >>> seen = masked_by_segment(corridor, flat, spacing_m=2000, threads=1)
    >>> seen["f_mask"].tolist(), seen["n_stops"].tolist()
    ([0.0, 0.0, 0.0], [2, 2, 2])
    """
    sight = LineOfSight(height_m=height_m, target_m=target_m, max_km=max_km, refraction=refraction)
    check_positive(spacing_m, "spacing_m", "m")
    check_choice(sides, "sides", _SIDES)
    workers = check_threads(threads)
    section = _section(corridor)
    windows = Windows.of(dem)
    jobs = _jobs(section, windows, sight, spacing_m, sides)
    found = _in_threads(jobs, sight, _measurable(windows.grid).resolution_m, workers)
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


def _jobs(
    section: Section, windows: Windows, sight: LineOfSight, spacing_m: float, sides: str
) -> Iterator[_Job]:
    grid = windows.grid
    reach_m = sight.max_km * 1000.0
    stops, owner = _stops_by_segment(section.track, spacing_m)
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
        wanted = _strip_of(section, part, segment, sight.max_km, sides)
        near = _near(stops, own, 2.0 * reach_m)
        heights = refuse_impossible(windows.heights(*window))
        yield _Job(
            segment=segment,
            heights=heights,
            stops=_on_raster(places(part, stops[near]), part.shape),
            wanted=wanted,
            n_own=int((owner == segment).sum()),
        )


def _in_threads(
    jobs: Iterator[_Job], sight: LineOfSight, cell_m: float, workers: int
) -> list[Masked]:
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


def _stops_by_segment(track: Track, spacing_m: float) -> tuple[FloatArray, IntArray]:
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
    # One cell more, for the heights between the last centres in reach.
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


def _strip_of(section: Section, part: Grid, segment: int, max_km: float, sides: str) -> BoolArray:
    cells = section.cells(part)
    offset = cells["offset_km"].to_numpy()
    # A cell belongs to the segment nearest to it, so that no cell is in two strips.
    strip = (cells["segment"].to_numpy() == segment) & (np.abs(offset) <= max_km)
    if sides != "both":
        strip &= cells["side"].to_numpy() == _SIDES.index(sides)
    return np.asarray(strip)
