"""Corridor: the strip of ground around a border, cut into equal segments."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from borderzone._guards import check_positive, check_whole, guarded
from borderzone._guards.doors import Drawn
from borderzone._guards.escapes import line
from borderzone._guards.pages import Mark, card, runs_of
from borderzone.border import Border, Country
from borderzone.corridor.laying import depths_by_country, lay, plots_near
from borderzone.corridor.outside import ground_of, outside_ground, outside_shares
from borderzone.corridor.polygons import areas_km2, lower_owner
from borderzone.crs import check_has_crs, in_degrees
from borderzone.errors import LimitError, SeveralSectionsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import xarray as xr
    from pyproj import CRS
    from shapely.geometry.base import BaseGeometry

    from borderzone._typing import BoolArray, FloatArray
    from borderzone.corridor.polygons import Plot
    from borderzone.corridor.sections import Section
    from borderzone.corridor.track import CutPart
    from borderzone.grid import Grid

__all__ = ["Corridor"]

# More are neither told nor drawn by anything here, and their polygons take minutes.
MOST_SEGMENTS = 20_000


@guarded
@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Corridor(Drawn):
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

    drawn_by: ClassVar[str] = "plot_corridor"

    border: Border
    depth_km: Mapping[str, float]
    segments: gpd.GeoDataFrame
    sections: list[Section]
    _parts: tuple[CutPart, ...]
    _plots: tuple[Plot, ...]

    @classmethod
    def around(
        cls,
        border: Border | tuple[str, str] | str | Path,
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
            The border; or two countries, or a file with a line, as for `Border.of`.
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
        LimitError
            If the border would be cut into more than 20,000 segments.

        Examples
        --------
        >>> corridor = Corridor.around(("IRQ", "SYR"), depth_km={"IRQ": 50, "SYR": 10}, segment_km=20)
        >>> len(corridor.segments), dict(corridor.depth_km)
        (30, {'IRQ': 50.0, 'SYR': 10.0})
        """
        line_of = Border.of(border)
        depths = depths_by_country(line_of, depth_km, side)
        cls.check_segments(line_of.length_km, segment_km)
        longest = float(segment_km)
        segments, sections, parts, plots = lay(line_of, depths, longest)
        return cls(
            border=line_of,
            depth_km=MappingProxyType(depths),
            segments=segments,
            sections=sections,
            _parts=tuple(parts),
            _plots=tuple(plots),
        )

    @staticmethod
    def check_segments(length_km: float, segment_km: float) -> None:
        """
        Refuse more segments than anything here can tell, before any work.

        Parameters
        ----------
        length_km, segment_km
            Length of the border, and longest length of a segment. Units: km.

        Raises
        ------
        InvalidParameterError
            If a length is not a finite number above zero.
        LimitError
            If the border would be cut into more than 20,000 segments.
        """
        whole = check_positive(length_km, "length_km", "km")
        longest = check_positive(segment_km, "segment_km", "km")
        if whole / longest > MOST_SEGMENTS:
            msg = (
                f"segment_km {longest:g} makes {whole / longest:,.0f} segments of a border of "
                f"{whole:,.0f} km, above the limit of {MOST_SEGMENTS:,}; take "
                f"{whole / MOST_SEGMENTS:.2g} km or more"
            )
            raise LimitError(msg)

    @property
    def remarks(self) -> tuple[str, ...]:
        """
        What must be known of the border and of the strip around it.

        Returns
        -------
        tuple of str
            Sentences; none where all is as usual.
        """
        return (*self.border.remarks, *_shape_remarks(self.border, self.depth_km, self.segments))

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

        Examples
        --------
        >>> grid = Corridor.around(("IRQ", "SYR"), depth_km=50).grid(resolution_m=5000)
        >>> grid.resolution_m, grid.shape
        (5000.0, (42, 120))
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

        Examples
        --------
        >>> corridor = Corridor.around(("IRQ", "SYR"), depth_km=50)
        >>> cells = corridor.cells(corridor.grid(resolution_m=5000))
        >>> sorted(cells), int(cells["segment"].max())
        (['chainage_km', 'offset_km', 'segment', 'side'], 59)
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

        Examples
        --------
        >>> import geopandas as gpd
        >>> corridor = Corridor.around(("IRQ", "SYR"), depth_km=50)
        >>> points = gpd.GeoSeries.from_xy([41.0, 44.4], [34.3, 33.3], crs=4326)
        >>> corridor.locate(points)[["side", "segment"]]
           side  segment
        0     2       23
        1     0       -1
        """
        check_has_crs(points, "the points")
        table = pd.DataFrame(
            {"chainage_km": np.nan, "offset_km": np.nan, "side": np.uint8(0), "segment": -1},
            index=points.index,
        )
        coords = _coordinates(in_degrees(points.geometry, "points"))
        pending: BoolArray = np.asarray(np.isfinite(coords).all(axis=1))
        for number, plot in enumerate(self._plots):
            rows = np.flatnonzero(pending)
            xy = plot.frame.forward(coords[rows])
            rows, xy = rows[np.isfinite(xy).all(axis=1)], xy[np.isfinite(xy).all(axis=1)]
            first, stop = plot.segments
            found = plot.track.without_before(first).locate(xy)
            mine = np.flatnonzero((found.segment >= first) & (found.segment < stop))
            earlier = plots_near(self._plots[:number], plot.track)
            mine = mine[~lower_owner(coords[rows[mine]], earlier)]
            for place, column in enumerate(table.columns):
                table.iloc[rows[mine], place] = getattr(found, column)[mine]
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

        Examples
        --------
        >>> corridor = Corridor.around(("IRQ", "SYR"), segment_km=10)
        >>> corridor.neighbours(0), corridor.neighbours(30)
        ((1,), (29, 31))
        """
        ends = [(int(part.label[0]), int(part.label[-1])) for part in self._parts]
        highest = max(last for _, last in ends)
        segment = check_whole(segment, "segment", lowest=0, highest=highest)
        number = next(k for k, (first, last) in enumerate(ends) if first <= segment <= last)
        first, last = ends[number]
        around = [segment - 1, segment + 1]
        if self._parts[number].is_ring and last > first:
            around = [first + (n - first) % (last - first + 1) for n in around]
        return tuple(sorted({n for n in around if first <= n <= last and n != segment}))

    def outside_ground(self, countries: gpd.GeoDataFrame | None = None) -> gpd.GeoDataFrame:
        """
        Cut out what is neither country's ground: third countries and the sea.

        Parameters
        ----------
        countries
            Polygons with the code of their country in the column ``iso3`` or
            ``code``; what they leave out comes from the embedded ones
            (`borderzone.datasets.countries`).

        Returns
        -------
        geopandas.GeoDataFrame
            One row a third country and at most one for the sea: ``kind`` ("third
            country" or "sea"), ``code``, ``name``, ``area_km2`` and ``geometry``, EPSG:4326. Where
            no polygon is there for one of the two countries, what is outside
            is not known: there is one row, of kind "unknown".

        Raises
        ------
        CRSMismatchError
            If the table has no CRS.
        InvalidParameterError
            If it has neither column.

        Examples
        --------
        >>> corridor = Corridor.around(("IRQ", "SYR"), depth_km=50)
        >>> corridor.outside_ground()["name"].tolist()
        ['Turkey']
        """
        if countries is None:
            return self._outside.copy()
        return outside_ground(self.outline.iloc[0], self.depth_km, countries)

    def ground_of(
        self, names: Sequence[str], *, countries: gpd.GeoDataFrame | None = None
    ) -> gpd.GeoSeries:
        """
        Cut out the ground of some countries: their own sides, exact to the line.

        What the map of countries gives to a third country is not in the ground of a side, and is
        in the answer if that country is named. On a side that is not called by a country, as it
        may be along a line of one's own, the map of countries says whose ground it is.

        Parameters
        ----------
        names
            Codes or names of the countries.
        countries
            As for `outside_ground`.

        Returns
        -------
        geopandas.GeoSeries
            One polygon, EPSG:4326; empty where they have no ground here.

        Raises
        ------
        CRSMismatchError
            If the table has no CRS.
        BorderNotFoundError
            If a name is no country's.
        InvalidParameterError
            If the table has neither column.

        Examples
        --------
        >>> corridor = Corridor.around(("IRQ", "SYR"), depth_km=50)
        >>> areas = [corridor.ground_of([name]).to_crs("ESRI:54034").area.sum() for name in ("IRQ", "SYR")]
        >>> [round(area / 1e9) for area in areas]  # in 1,000 km²
        [32, 28]
        """
        named = frozenset(Country.named(name).code for name in names)
        if countries is not None:
            return gpd.GeoSeries([ground_of(self._sides, named, countries)], crs=4326)
        if named not in self._grounds:
            self._grounds[named] = ground_of(self._sides, named)
        return gpd.GeoSeries([self._grounds[named]], crs=4326)

    @cached_property
    def _grounds(self) -> dict[frozenset[str], BaseGeometry]:
        return {}

    @cached_property
    def _sides(self) -> dict[str, BaseGeometry]:
        """Ground of each side in degrees, by the code or name of its country."""
        whole, deep = self.outline.iloc[0], [k for k, km in self.depth_km.items() if km > 0]
        if len(deep) == 1:
            strips = {k: whole if km > 0 else shapely.Polygon() for k, km in self.depth_km.items()}
            return {Country.of(name).code: strip for name, strip in strips.items()}
        longest = float(self.segments["length_km"].max())
        alone = Corridor.around(
            self.border, depth_km=self.depth_km, segment_km=longest, side=deep[0]
        )
        first = shapely.intersection(alone.outline.iloc[0], whole)
        rest = shapely.difference(whole, first)
        return {Country.of(deep[0]).code: first, Country.of(deep[1]).code: rest}

    @cached_property
    def _outside(self) -> gpd.GeoDataFrame:
        return outside_ground(self.outline.iloc[0], self.depth_km)

    def outside_share(self, countries: gpd.GeoDataFrame | None = None) -> pd.DataFrame:
        """
        Measure how much of each segment is neither country's ground.

        Parameters
        ----------
        countries
            As for `outside_ground`.

        Returns
        -------
        pandas.DataFrame
            By segment: ``third_country_share`` and ``sea_share`` (ground of no
            country) of the area, from 0 to 1; NaN where it is not known.

        Raises
        ------
        CRSMismatchError
            If the table has no CRS.
        InvalidParameterError
            If it has neither column.

        Examples
        --------
        >>> share = Corridor.around(("IRQ", "SYR"), depth_km=50).outside_share()
        >>> share["third_country_share"].gt(0).sum().item(), share["sea_share"].max().item()
        (5, 0.0)
        """
        return outside_shares(self.segments.geometry.to_numpy(), self.outside_ground(countries))

    @property
    def _table(self) -> gpd.GeoDataFrame:
        return self.segments

    def __getstate__(self) -> dict[str, Any]:
        """Make the record fit to be sent to another process."""
        return {**self.__dict__, "depth_km": dict(self.depth_km)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Make it read-only again on arrival."""
        self.__dict__.update(state, depth_km=MappingProxyType(state["depth_km"]))

    def _repr_html_(self) -> str:
        """Show the strip on a small map, with its depth, area and frame."""
        depth = ", ".join(f"{km:g} km in {code}" for code, km in self.depth_km.items())
        longest = self.segments["length_km"].max()
        frames = ", ".join(str(section.crs.name) for section in self.sections)
        rows = [
            ("along", f"{self.border.length_words()} of border"),
            ("depth", depth),
            ("area", f"{self.segments['area_km2'].sum():,.0f} km2"),
            ("segments", f"{len(self.segments)} of {longest:.3g} km at most"),
            ("sections", f"{len(self.sections)}: {frames}"),
        ]
        spans = zip(
            *(self.segments[name] for name in ("geometry", "km_start", "km_end")), strict=True
        )
        strip = [
            Mark(runs=runs_of(shape), words=f"km {start:.0f} to {end:.0f}", fill="#9db4c0")
            for shape, start, end in spans
        ]
        border = Mark(runs=runs_of(self.border.line), words="the border")
        return card(f"Corridor {self.border.a}-{self.border.b}", rows, [*strip, border])

    def __repr__(self) -> str:
        """Say border, depth, segments, sections and area in one line."""
        depth = ", ".join(f"{code} {km:g} km" for code, km in self.depth_km.items())
        sections = len(self.sections)
        return line(
            f"Corridor({self.border.a}-{self.border.b}: {depth}; {len(self.segments)} segments, "
            f"{sections} section{'s' if sections > 1 else ''}, "
            f"{self.segments.area_km2.sum():,.0f} km2)"
        )


def _shape_remarks(
    border: Border, depth_km: Mapping[str, float], segments: gpd.GeoDataFrame
) -> list[str]:
    """Say where the strip is deeper than long, and where the line is coarser than its segments."""
    said, length, deepest = [], border.length_km, max(depth_km.values())
    if length < deepest:
        said.append(
            f"The border is {border.length_words()} long and its corridor {deepest:.3g} km deep: most of the "
            "strip lies far behind so short a line, and what flanks it, beyond its two ends, is left "
            f"out. Take a depth of {length:.2g} km or less, or a longer line."
        )
    edges = sum(len(part.coords) - 1 for part in border.course)
    step, longest = length / edges, float(segments["length_km"].max())
    if border.sides != "source" and step > longest:
        said.append(
            f"The line has a vertex every {step:.3g} km and its segments are {longest:.3g} km long: it "
            "is coarser than they are, so that its bends and their lengths are known no finer."
        )
    return said


def _coordinates(points: gpd.GeoSeries) -> FloatArray:
    geometry = points.to_numpy()
    usable = np.array(
        [p is not None and p.geom_type == "Point" and not p.is_empty for p in geometry], dtype=bool
    )
    coords = np.full((len(geometry), 2), np.nan)
    coords[usable] = shapely.get_coordinates(geometry[usable])
    return coords
