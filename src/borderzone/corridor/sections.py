"""Sections: stretches of a corridor that one projected CRS holds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from borderzone._guards import guarded
from borderzone.corridor.track import Track, segments_near
from borderzone.crs import GEOD, north_azimuth_deg, oblique_mercator, scale_error_ppm
from borderzone.errors import CRSMismatchError
from borderzone.grid import Grid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyproj import CRS

    from borderzone._typing import BoolArray, FloatArray, IntArray
    from borderzone.corridor.track import CutPart
    from borderzone.crs import Frame

__all__ = ["MAX_SCALE_ERROR_PPM", "MAX_SECTION_KM", "OVERLAP_KM", "Section", "split"]

# A metre in a kilometre, which is what UTM allows at the edge of its zones. A long straight border
# could keep it for thousands of kilometres, and its grid would be mostly empty.
MAX_SCALE_ERROR_PPM = 1000.0
MAX_SECTION_KM = 1500.0
# Grids of neighbouring sections overlap by the farthest that a raster operation looks.
OVERLAP_KM = 20.0
EARTH_RADIUS_KM = 6371.0


@guarded
@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Section:
    """
    A stretch of corridor with its own CRS and grid.

    Attributes
    ----------
    section
        Its number, from 0.
    segments
        First segment, and segment after the last.
    km_start, km_end
        Chainage range. Units: km.
    frame
        Both ways between longitude, latitude and its plane.
    scale_error_ppm
        Largest scale error over the corridor. Units: parts per million.
    line_scale_error_ppm
        Largest scale error on the border itself. Units: parts per million.
    bounds
        Left, bottom, right, top of its ground in the plane, grown by the
        overlap where other sections follow. Units: m.
    track
        The border in the plane.

    Examples
    --------
    >>> import borderzone as bz
    >>> corridor = bz.Corridor.around(bz.Border.between("IRQ", "SYR"), depth_km=50)
    >>> (section,) = corridor.sections
    >>> section.segments, round(section.km_end), section.crs.name
    ((0, 60), 599, 'Oblique Mercator along IRQ-SYR')
    """

    section: int
    segments: tuple[int, int]
    km_start: float
    km_end: float
    frame: Frame
    scale_error_ppm: float
    line_scale_error_ppm: float
    bounds: tuple[float, float, float, float]
    track: Track

    @property
    def crs(self) -> CRS:
        """
        Oblique Mercator along the stretch.

        Returns
        -------
        pyproj.CRS
            Projected CRS in metres.
        """
        return self.frame.crs

    @property
    def north_azimuth_deg(self) -> float:
        """
        Direction of true north in the middle of the section.

        Returns
        -------
        float
            Clockwise from the y axis. Units: degree.
        """
        lon, lat = self.frame.inverse(np.zeros((1, 2)))[0]
        return north_azimuth_deg(self.crs, lon, lat)

    def grid(self, resolution_m: float) -> Grid:
        """
        Give the grid of the section.

        Parameters
        ----------
        resolution_m
            Side of a cell. Units: m.

        Returns
        -------
        Grid
            Smallest grid that covers the section's ground. It knows the
            section's cells: data warped onto it that leave a hole there are
            refused, with the share that is missing.

        Raises
        ------
        InvalidParameterError
            If the resolution is not a finite number above zero.
        """
        grid = Grid.covering(self.bounds, resolution_m=resolution_m, crs=self.crs)
        return replace(grid, needed_by=self._inside)

    def _inside(self, grid: Grid) -> BoolArray:
        return np.asarray(self.cells(grid)["segment"].to_numpy() >= 0)

    def cells(self, grid: Grid) -> xr.Dataset:
        """
        Find chainage, offset, side and segment of every cell.

        Parameters
        ----------
        grid
            Grid in the CRS of the section.

        Returns
        -------
        xarray.Dataset
            ``chainage_km`` and ``offset_km`` (float32, NaN outside; offset is
            positive left of the border), ``side`` (0 outside, 1 left, 2
            right), ``segment`` (-1 outside and on the ground of another
            section).

        Raises
        ------
        CRSMismatchError
            If the grid is in another CRS.

        Examples
        --------
        >>> import borderzone as bz
        >>> corridor = bz.Corridor.around(bz.Border.between("IRQ", "SYR"), depth_km=50)
        >>> (section,) = corridor.sections
        >>> cells = section.cells(section.grid(resolution_m=5000))
        >>> float(cells["offset_km"].min().round()), float(cells["offset_km"].max().round())
        (-50.0, 50.0)
        """
        if grid.crs != self.crs:
            msg = (
                f"the grid is in {grid.crs.name}, the section in {self.crs.name}; "
                "make the grid with section.grid(resolution_m=...)"
            )
            raise CRSMismatchError(msg)
        chainage, offset, side, segment = self.track.cells(grid)
        segment[(segment < self.segments[0]) | (segment >= self.segments[1])] = -1
        layers = {
            "chainage_km": (chainage, "km", "chainage of the nearest border point"),
            "offset_km": (offset, "km", "distance from the border, positive on the left"),
            "side": (side, "1", "0 outside, 1 left, 2 right of the border"),
            "segment": (segment, "1", "segment, -1 outside"),
        }
        return xr.Dataset(
            {
                name: grid.wrap(values, name=name, units=units, long_name=long_name)
                for name, (values, units, long_name) in layers.items()
            },
            attrs={"crs": grid.crs.to_wkt()},
        )

    def __repr__(self) -> str:
        """Say chainage, segments and scale error in one line."""
        first, stop = self.segments
        return (
            f"Section({self.section}: km {self.km_start:.1f} to {self.km_end:.1f}, segments "
            f"{first} to {stop - 1}, scale error {self.scale_error_ppm:.0f} ppm)"
        )


def split(parts: Sequence[CutPart], name: str) -> list[tuple[tuple[int, int], CRS]]:
    """
    Cut a border into the runs of segments that one projected CRS holds.

    A run that is too long, or over which the scale error is too large, is cut
    at the widest break between parts that it holds, else in its middle.
    """
    count = max(int(part.label.max()) for part in parts) + 1
    pending, done = [(0, count)], []
    while pending:
        first, stop = pending.pop()
        crs = _fitting_crs(parts, (first, stop), name if stop - first == count else f"{name}, km")
        if crs is not None:
            done.append(((first, stop), crs))
            continue
        cut = _widest_break(parts, first, stop)
        if cut is None:
            cut = (first + stop) // 2
        pending += [(cut, stop), (first, cut)]
    return done


def build_track(parts: Sequence[CutPart], span: tuple[int, int], frame: Frame) -> Track:
    """Lay the border into the plane of a section."""
    own = np.zeros(max(int(part.label.max()) for part in parts) + 1, dtype=bool)
    own[span[0] : span[1]] = True
    wanted = own
    if not own.all():
        # Two segments compete for ground where they are less than twice the depth apart.
        wanted = segments_near(parts, own, 2.1 * _deepest_km(parts) + OVERLAP_KM)
    return Track.of(parts, frame, wanted)


def _deepest_km(parts: Sequence[CutPart]) -> float:
    return max(max(part.depth_m) for part in parts) / 1e3


def _fitting_crs(parts: Sequence[CutPart], span: tuple[int, int], name: str) -> CRS | None:
    """CRS of a run of segments, None if the run should be cut."""
    single = span[1] - span[0] == 1
    if not single and _length_km(parts, *span) > MAX_SECTION_KM:
        return None
    rim = _rim(parts, span)
    if name.endswith(", km"):
        line_km = np.concatenate([part.km[1:][_mine(part, *span)] for part in parts])
        name = f"{name} {line_km.min():.0f} to {line_km.max():.0f}"
    crs = oblique_mercator(*rim.T, name=name)
    # A very deep strip alone can have a larger error; cutting it would not help.
    # Across a Mercator line the scale is 1 / cos(d / R), about 1 + (d / R)^2 / 2; twice that is let be.
    unavoidable = (_deepest_km(parts) / EARTH_RADIUS_KM) ** 2 * 1e6
    if single or scale_error_ppm(crs, *rim.T) <= max(MAX_SCALE_ERROR_PPM, unavoidable):
        return crs
    return None


def _length_km(parts: Sequence[CutPart], first: int, stop: int) -> float:
    return sum(float(np.diff(part.km)[_mine(part, first, stop)].sum()) for part in parts)


def _mine(part: CutPart, first: int, stop: int) -> BoolArray:
    return (part.label >= first) & (part.label < stop)


def line_of(parts: Sequence[CutPart], span: tuple[int, int]) -> FloatArray:
    chosen = []
    for part in parts:
        keep = np.flatnonzero(_mine(part, *span))
        if len(keep):
            chosen.append(part.coords[keep[0] : keep[-1] + 2])
    return np.vstack(chosen)


def _rim(parts: Sequence[CutPart], span: tuple[int, int]) -> FloatArray:
    """Line and points at the depth of the corridor square to it, on either side."""
    found = [line_of(parts, span)]
    for part in parts:
        keep = _mine(part, *span)
        if not keep.any():
            continue
        start, end = part.coords[:-1][keep], part.coords[1:][keep]
        azimuth, back, _ = GEOD.inv(*start.T, *end.T)
        for turn, depth in zip((-90.0, 90.0), part.depth_m, strict=True):
            if depth == 0:
                continue
            for point, direction in ((start, azimuth + turn), (end, back + 180.0 + turn)):
                lon, lat = point.T
                lon, lat, _ = GEOD.fwd(lon, lat, direction, np.full(len(point), depth))
                found.append(np.column_stack([lon, lat]))
    return np.vstack(found)


def _widest_break(parts: Sequence[CutPart], first: int, stop: int) -> int | None:
    """First segment after the widest jump between parts within a run."""
    best: tuple[float, int | None] = (-1.0, None)
    for before, after in pairwise(parts):
        # Cut where the line is interrupted anyway: no ground is shared across a wide break.
        cut = int(after.label[0])
        if first < cut < stop:
            jump = float(GEOD.inv(*before.coords[-1], *after.coords[0])[2])
            best = max(best, (jump, cut), key=lambda entry: entry[0])
    return best[1]


def equal_edges_km(start: float, end: float, segment_km: float) -> FloatArray:
    """Cut a part into equal segments no longer than asked."""
    # 100 km in pieces of 10 are ten, whatever the last digit of the length says.
    count = max(1, int(np.ceil((end - start) / segment_km - 1e-9)))
    edges: FloatArray = np.linspace(start, end, count + 1)
    return edges


def owners(numbers: IntArray, sections: Sequence[Section]) -> IntArray:
    """Give the section of each segment."""
    stops = np.array([section.segments[1] for section in sections])
    return np.where(numbers >= 0, np.searchsorted(stops, numbers, side="right"), -1)
