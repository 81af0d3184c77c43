"""Corridor: the strip of ground around a border, cut into equal segments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from borderzone._checks import check_positive
from borderzone.border.names import country_code
from borderzone.corridor.polygons import (
    Plot,
    areas_km2,
    lower_owner,
    segment_polygons,
    to_geographic,
)
from borderzone.corridor.sections import (
    OVERLAP_KM,
    Section,
    build_track,
    equal_edges_km,
    line_of,
    split,
)
from borderzone.corridor.track import CutPart, cut_parts
from borderzone.crs import Frame, scale_error_ppm, split_at_antimeridian
from borderzone.errors import (
    BorderNotFoundError,
    CRSMismatchError,
    InvalidParameterError,
    SeveralSectionsError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr
    from pyproj import CRS

    from borderzone._typing import FloatArray
    from borderzone.border import Border
    from borderzone.corridor.track import Track
    from borderzone.grid import Grid

__all__ = ["Corridor"]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Corridor:
    """
    The strip of ground around a border.

    All ground whose nearest border point is within the depth of its side, with
    flat ends: nothing beyond the end points. A segment is the ground whose
    nearest border point has its chainage between two kilometre posts. Made by
    `around`.

    Attributes
    ----------
    border
        The border.
    depth_km
        Depth of the strip by country. Units: km.
    segments
        One row a segment: segment, km_start, km_end, length_km, area_km2,
        section, geometry; EPSG:4326.
    sections
        Stretches with a CRS and a grid of their own.

    Examples
    --------
    >>> from borderzone.border import Border
    >>> corridor = Corridor.around(Border.between("IRQ", "SYR"), depth_km=50, segment_km=10)
    >>> len(corridor.segments), len(corridor.sections)
    (60, 1)
    """

    border: Border
    depth_km: Mapping[str, float]
    segments: gpd.GeoDataFrame
    sections: tuple[Section, ...]
    _parts: tuple[CutPart, ...]
    _plots: tuple[Plot, ...]

    @classmethod
    def around(
        cls,
        border: Border,
        *,
        depth_km: float | Mapping[str, float] = 50.0,
        segment_km: float = 10.0,
        side: str = "both",
    ) -> Corridor:
        """
        Lay a corridor around a border.

        Parameters
        ----------
        border
            The border.
        depth_km
            Depth on each side, or one for each of the two countries. Units: km.
        segment_km
            Longest length of a segment; every part of the border is cut into
            equal ones. Units: km.
        side
            ``"both"``, or the country on whose side the strip lies.

        Returns
        -------
        Corridor
            The corridor.

        Raises
        ------
        InvalidParameterError
            If a depth or length is not a finite number above zero, or a side
            is neither of the two countries.
        """
        depths = _depths(border, depth_km, side)
        longest = check_positive(segment_km, "segment_km", "km")
        edges = [equal_edges_km(part.km_start, part.km_end, longest) for part in border.course]
        parts = cut_parts(
            border.course,
            edges,
            [(depths[part.left] * 1e3, depths[part.right] * 1e3) for part in border.course],
        )
        sections, tables, plots = [], [], []
        for number, (span, crs) in enumerate(split(parts, f"{border.a}-{border.b}")):
            section, table, plot = _section(parts, span, number, crs, plots)
            sections.append(section)
            tables.append(table)
            plots.append(plot)
        posts = np.concatenate([np.column_stack([edge[:-1], edge[1:]]) for edge in edges])
        return cls(
            border=border,
            depth_km=MappingProxyType(depths),
            segments=_segment_table(posts, tables),
            sections=tuple(sections),
            _parts=tuple(parts),
            _plots=tuple(plots),
        )

    @property
    def crs(self) -> CRS:
        """
        The projected CRS, when one holds the whole corridor.

        Returns
        -------
        pyproj.CRS
            Oblique Mercator along the border.

        Raises
        ------
        SeveralSectionsError
            If the corridor needs several; each of `sections` has its own.
        """
        return self._only_section("crs").crs

    def grid(self, resolution_m: float) -> Grid:
        """
        Give the grid of the corridor, when one CRS holds it.

        Parameters
        ----------
        resolution_m
            Side of a cell. Units: m.

        Returns
        -------
        Grid
            Smallest grid that covers the corridor.

        Raises
        ------
        SeveralSectionsError
            If the corridor needs several; each of `sections` has its own.
        InvalidParameterError
            If the resolution is not a finite number above zero.
        """
        return self._only_section("grid()").grid(resolution_m)

    def cells(self, grid: Grid) -> xr.Dataset:
        """
        Find chainage, offset, side and segment of every cell of a grid.

        Parameters
        ----------
        grid
            Grid in the CRS of the corridor.

        Returns
        -------
        xarray.Dataset
            As `Section.cells`.

        Raises
        ------
        SeveralSectionsError
            If the corridor needs several CRSs; each of `sections` has `cells`.
        CRSMismatchError
            If the grid is in another CRS.
        """
        return self._only_section("cells()").cells(grid)

    def _only_section(self, what: str) -> Section:
        if len(self.sections) > 1:
            worst = len(self.sections)
            msg = (
                f"this corridor of {self.border.length_km:.0f} km needs {worst} sections, each with "
                f"its own CRS and grid: use corridor.sections[i].{what} instead of corridor.{what}"
            )
            raise SeveralSectionsError(msg)
        return self.sections[0]

    @cached_property
    def outline(self) -> gpd.GeoSeries:
        """
        The ground of the whole corridor.

        Returns
        -------
        geopandas.GeoSeries
            One polygon, EPSG:4326.
        """
        polygon = shapely.union_all(self.segments.geometry.to_numpy())
        return gpd.GeoSeries([polygon], crs=4326)

    @cached_property
    def area_km2(self) -> float:
        """
        Area of the corridor on the ellipsoid.

        Returns
        -------
        float
            Units: km2.
        """
        return float(areas_km2(self.outline.to_numpy())[0])

    @property
    def scale_error_ppm(self) -> float:
        """
        Largest scale error of the working CRS over the corridor.

        Returns
        -------
        float
            Units: parts per million.
        """
        return max(section.scale_error_ppm for section in self.sections)

    def locate(self, points: gpd.GeoSeries) -> pd.DataFrame:
        """
        Find where points lie relative to the border.

        Parameters
        ----------
        points
            Points in any CRS.

        Returns
        -------
        pandas.DataFrame
            ``chainage_km``, ``offset_km`` (positive left of the border),
            ``side`` (0 outside, 1 left, 2 right) and ``segment`` (-1 outside),
            with the index of the points; NaN outside the corridor.

        Raises
        ------
        CRSMismatchError
            If the points have no CRS.
        """
        if points.crs is None:
            msg = "the points have no CRS: set one with points.set_crs('EPSG:4326') or its own"
            raise CRSMismatchError(msg)
        coords = _coordinates(points.geometry.to_crs(4326))
        table = pd.DataFrame(
            {"chainage_km": np.nan, "offset_km": np.nan, "side": np.uint8(0), "segment": -1},
            index=points.index,
        )
        pending = np.isfinite(coords).all(axis=1)
        for section, plot in zip(self.sections, self._plots, strict=True):
            rows = np.flatnonzero(pending)
            xy = plot.frame.forward(coords[rows])
            on_plane = np.isfinite(xy).all(axis=1)
            rows = rows[on_plane]
            found = plot.track.without_before(section.segments[0]).locate(xy[on_plane])
            mine = (found.segment >= section.segments[0]) & (found.segment < section.segments[1])
            earlier = self._plots[: section.section]
            mine[mine] = ~lower_owner(coords[rows[mine]], _near(earlier, plot.track))
            for column in table.columns:
                table.iloc[rows[mine], table.columns.get_loc(column)] = getattr(found, column)[mine]
            pending[rows[mine]] = False
        return table

    def neighbours(self, segment: int) -> tuple[int, ...]:
        """
        Give the segments before and after a segment along the border.

        Parameters
        ----------
        segment
            Number of the segment.

        Returns
        -------
        tuple of int
            Their numbers; none across a break, and first and last of a ring
            are neighbours.

        Raises
        ------
        InvalidParameterError
            If there is no such segment.
        """
        for part in self._parts:
            first, last = int(part.label[0]), int(part.label[-1])
            if not first <= segment <= last:
                continue
            around = [segment - 1, segment + 1]
            if part.is_ring and last > first:
                around = [first + (number - first) % (last - first + 1) for number in around]
            return tuple(sorted({n for n in around if first <= n <= last and n != segment}))
        msg = f"segment must lie between 0 and {len(self.segments) - 1}, got {segment!r}"
        raise InvalidParameterError(msg)

    def outside_share(self, countries: gpd.GeoDataFrame) -> pd.DataFrame:
        """
        Measure how much of each segment is neither country's ground.

        Parameters
        ----------
        countries
            Polygons with the code of their country in the column ``iso3``.

        Returns
        -------
        pandas.DataFrame
            By segment: ``third_country_share`` and ``sea_share`` (ground of no
            country) of the area, from 0 to 1.

        Raises
        ------
        CRSMismatchError
            If the table has no CRS.
        InvalidParameterError
            If it has no column ``iso3``.
        """
        if "iso3" not in countries.columns:
            msg = (
                f"countries needs a column 'iso3', it has {', '.join(map(str, countries.columns))}"
            )
            raise InvalidParameterError(msg)
        if countries.crs is None:
            msg = "countries has no CRS: set one with set_crs('EPSG:4326') or its own"
            raise CRSMismatchError(msg)
        ground = countries.geometry.to_crs(4326).to_numpy()
        home = np.array([_code(name) in self.depth_km for name in countries["iso3"]])
        strips = self.segments.geometry.to_numpy()
        total = np.array([_plane_area(strip) for strip in strips])
        own = _shared_area(strips, ground[home])
        third = _shared_area(strips, ground[~home])
        shares = {"third_country_share": third / total, "sea_share": 1 - (own + third) / total}
        table = pd.DataFrame(shares, index=pd.RangeIndex(len(strips), name="segment"))
        return table.clip(0.0, 1.0)

    def to_geodataframe(self) -> gpd.GeoDataFrame:
        """
        Give the segments as a table of its own.

        Returns
        -------
        geopandas.GeoDataFrame
            A copy of `segments`.
        """
        return self.segments.copy()

    def plot(self, ax: Any = None, **kwargs: Any) -> Any:
        """
        Draw the corridor.

        Parameters
        ----------
        ax
            Axes to draw on; new ones if left out.
        **kwargs
            Passed on to the backend.

        Returns
        -------
        matplotlib.axes.Axes
            The axes.
        """
        # The backend is looked up by name, as pandas does: no domain room imports figures.
        return import_module("borderzone.figures.maps").plot_corridor(self, ax=ax, **kwargs)

    def explore(self, **kwargs: Any) -> Any:
        """
        Show the segments on an interactive map; needs the interactive extra.

        Parameters
        ----------
        **kwargs
            Passed on to ``GeoDataFrame.explore``.

        Returns
        -------
        folium.Map
            The map.
        """
        return self.segments.explore(**kwargs)

    def __repr__(self) -> str:
        """Say border, depth, segments, sections and area in one line."""
        depth = ", ".join(f"{code} {km:g} km" for code, km in self.depth_km.items())
        sections = len(self.sections)
        return (
            f"Corridor({self.border.a}-{self.border.b}: {depth}; {len(self.segments)} segments, "
            f"{sections} section{'s' if sections > 1 else ''}, "
            f"{self.segments.area_km2.sum():,.0f} km2)"
        )


def _depths(border: Border, depth_km: Any, side: str) -> dict[str, float]:
    pair = (border.a, border.b)
    if isinstance(depth_km, Mapping):
        given = {
            _one_of(border, name): check_positive(km, f"depth_km[{name!r}]", "km")
            for name, km in depth_km.items()
        }
        missing = [code for code in pair if code not in given]
        if side == "both" and missing:
            msg = (
                f"depth_km names no depth for {missing[0]}; give one or use side={next(iter(given))!r}"
            )
            raise InvalidParameterError(msg)
        depths = {code: given.get(code, 0.0) for code in pair}
    else:
        depths = dict.fromkeys(pair, check_positive(depth_km, "depth_km", "km"))
    if side == "both":
        return depths
    kept = _one_of(border, side)
    return {code: km if code == kept else 0.0 for code, km in depths.items()}


def _one_of(border: Border, name: Any) -> str:
    pair = (border.a, border.b)
    if name in pair:
        return str(name)
    code = _code(name)
    if code in pair:
        return code
    msg = f"side must be 'both', {pair[0]!r} or {pair[1]!r}, got {name!r}"
    raise InvalidParameterError(msg)


def _code(name: Any) -> str:
    try:
        return country_code(name)
    except BorderNotFoundError:
        return str(name)


def _section(
    parts: list[CutPart], span: tuple[int, int], number: int, crs: CRS, plots: list[Plot]
) -> tuple[Section, gpd.GeoDataFrame, Plot]:
    """Frame, polygons and areas of one section."""
    frame = Frame(crs)
    track = build_track(parts, span, frame)
    polygons, plot = segment_polygons(frame, track, span, _near(plots, track))
    hull = shapely.convex_hull(shapely.geometrycollections(polygons))
    several = span != (0, int(parts[-1].label[-1]) + 1)
    margin = OVERLAP_KM * 1e3 if several else 0.0
    left, bottom, right, top = hull.bounds
    rim = frame.inverse(shapely.get_coordinates(hull))
    mine = np.isin(track.labels, range(*span))
    section = Section(
        section=number,
        segments=span,
        km_start=float(track.km[mine, 0].min()),
        km_end=float(track.km[mine, 1].max()),
        frame=frame,
        scale_error_ppm=scale_error_ppm(crs, *rim.T),
        line_scale_error_ppm=scale_error_ppm(crs, *line_of(parts, span).T),
        bounds=(left - margin, bottom - margin, right + margin, top + margin),
        track=track,
    )
    ground = to_geographic(polygons, frame)
    table = gpd.GeoDataFrame(
        {"area_km2": areas_km2(ground), "section": number},
        geometry=[split_at_antimeridian(polygon) for polygon in ground],
        crs=4326,
    )
    return section, table, plot


def _segment_table(posts: FloatArray, tables: list[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    areas = pd.concat(tables, ignore_index=True)
    return gpd.GeoDataFrame(
        {
            "segment": np.arange(len(posts)),
            "km_start": posts[:, 0],
            "km_end": posts[:, 1],
            "length_km": posts[:, 1] - posts[:, 0],
            "area_km2": areas["area_km2"],
            "section": areas["section"],
        },
        geometry=areas.geometry.to_numpy(),
        crs=4326,
    )


def _near(earlier: Sequence[Plot], track: Track) -> list[Plot]:
    """Those of some sections whose segments are on a track."""
    return [plot for plot in earlier if np.isin(track.labels, range(*plot.segments)).any()]


def _coordinates(points: gpd.GeoSeries) -> FloatArray:
    geometry = points.to_numpy()
    usable = np.array(
        [p is not None and p.geom_type == "Point" and not p.is_empty for p in geometry]
    )
    coords = np.full((len(geometry), 2), np.nan)
    coords[usable] = shapely.get_coordinates(geometry[usable])
    return coords


def _plane_area(polygon: shapely.Geometry) -> float:
    """Area under a cylindrical equal-area projection, in square radii; for shares only."""
    moved = shapely.transform(
        polygon, lambda xy: np.column_stack([np.radians(xy[:, 0]), np.sin(np.radians(xy[:, 1]))])
    )
    return float(moved.area)


def _shared_area(strips: FloatArray, ground: FloatArray) -> FloatArray:
    if len(ground) == 0:
        return np.zeros(len(strips))
    joined = shapely.union_all(ground)
    shapely.prepare(joined)
    return np.array([_plane_area(shapely.intersection(strip, joined)) for strip in strips])
