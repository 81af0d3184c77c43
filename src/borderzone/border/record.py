"""Border: the shared line of two countries, measured on the ellipsoid."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from os import PathLike
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, overload

import geopandas as gpd
import numpy as np
import shapely

from borderzone._guards import (
    as_between,
    as_finite,
    as_numbers,
    broadcast,
    check_choice,
    check_non_negative,
    check_positive,
    check_text,
    guarded,
    nearest,
    shown,
)
from borderzone._guards.doors import Drawn
from borderzone._guards.escapes import line
from borderzone._guards.pages import Mark, card, runs_of
from borderzone.border import seam
from borderzone.border.chainage import Locator, point_at
from borderzone.border.countries import Country
from borderzone.border.line_files import LineFile, is_line_file
from borderzone.border.parts import (
    Part,
    check_course,
    directed_course,
    drawn_course,
    stretches_of,
)
from borderzone.border.published_lengths import (
    PUBLISHED_SOURCE,
    accuracy_km,
    published_km,
    rounded,
)
from borderzone.border.sides import Asked, asked, sided
from borderzone.border.sources import (
    SOURCE,
    countries_ending_at,
    pieces_between,
    pieces_of,
)
from borderzone.crs import KM_PER_MILE, split_at_antimeridian
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt
    import xarray as xr

    from borderzone._typing import FloatArray, IntArray

__all__ = ["Border"]

# What is shorter is no part of a border: a millimetre.
_NOTHING_KM = 1e-6
# Lengths are told to a tenth of a kilometre, and who reads 598.9 km may ask for them.
# Published and measured lengths differ by up to 2.7 times; metres or miles by the thousand do not.
_FACTOR = 10.0
_ROUNDING_KM = 0.05


@guarded
@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Border(Drawn):
    """
    The shared line of two countries, directed and measured.

    Made by `between`, `from_line`, `from_file` or `from_polygons`. Lengths are on the WGS84
    ellipsoid, along geodesics between the vertices; they depend on how finely
    the source follows the ground, so a length is always given with `source`,
    and beside the published one where one is known.

    Attributes
    ----------
    a, b
        Codes of the two countries, in the order in which they were asked for.
    course
        The connected parts in the order of chainage.
    names
        English name by code.
    source
        Where the line comes from.
    start_name, end_name
        What the border starts and ends at: a tripoint, the coast, or a point.
    gap_km2, overlap_km2
        Ground between the edges of two polygons that belongs to neither or to
        both; 0 for a border that is one line, NaN (not measured) for a part
        of one with such ground. Units: km2.
    path
        File that the line was read from, or two; None for other lines.
    said
        What `from_file` was told beside file and names, by name.
    sides
        What says which side is whose: ``"source"`` (the table that ships),
        ``"given"`` (the user, or the polygons), ``"ground"`` (the land of the
        two countries), or ``"order"`` (nothing but the order of two names).
    cut_km
        Chainages in the whole border between which `between_km` cut this one
        out; None for a whole one. Units: km.
    remarks
        What must be known of a line of one's own, in sentences.
    published_length_km
        Length as it is published; None where none is known. Units: km.
    published_length_source
        Who publishes it; empty where none is known.

    Examples
    --------
    >>> border = Border.between("IRQ", "SYR")
    >>> round(border.length_km, 1), border.start_name, border.end_name
    (598.9, 'tripoint with Jordan', 'tripoint with Turkey')
    """

    drawn_by: ClassVar[str] = "plot_border"

    a: str
    b: str
    course: tuple[Part, ...]
    names: Mapping[str, str]
    source: str
    start_name: str
    end_name: str
    gap_km2: float = field(default=0.0)
    overlap_km2: float = field(default=0.0)
    path: Path | tuple[Path, ...] | None = field(default=None)
    said: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    sides: str = field(default="source")
    cut_km: tuple[float, float] | None = field(default=None)
    remarks: tuple[str, ...] = field(default=())
    published_length_km: float | None = field(default=None)
    published_length_source: str = field(default="")

    @classmethod
    def between(cls, a: str, b: str) -> Border:
        """
        Border of two countries, from the world table that ships.

        Parameters
        ----------
        a, b
            The countries in any order, by ISO alpha-3 or alpha-2 code, Natural
            Earth's own code or English name.

        Returns
        -------
        Border
            Their border, directed from its southern end.

        Raises
        ------
        BorderNotFoundError
            If a name is unknown (the message names the nearest), or the two
            share no land border (it names the neighbours of each).

        Examples
        --------
        >>> border = Border.between("Iraq", "SYR")
        >>> border.start_name, border.end_name
        ('tripoint with Jordan', 'tripoint with Turkey')
        >>> Border.between("Irak", "Syria")
        Traceback (most recent call last):
            ...
        borderzone.errors.BorderNotFoundError: no country is called 'Irak'; the nearest are IRQ (Iraq), IRN (Iran), ISR (Israel). Use an ISO code or an English name: borderzone.list_borders() shows them all
        """
        a, b = Country.named(a).code, Country.named(b).code
        course = directed_course(pieces_between(a, b), a)
        published = published_km(a, b)
        return cls(
            a=a,
            b=b,
            course=course,
            names=MappingProxyType({code: Country.of(code).name for code in (a, b)}),
            source=SOURCE,
            start_name=_end_name(course[0], 0, {a, b}),
            end_name=_end_name(_last_open(course), -1, {a, b}),
            published_length_km=published,
            published_length_source="" if published is None else PUBLISHED_SOURCE,
        )

    @classmethod
    def of(cls, given: Border | tuple[str, str] | str | Path) -> Border:
        """
        Take a border however it is named, as all that asks for one does.

        Parameters
        ----------
        given
            A border, which is given back; two countries, as for `between`; or the file of a line of
            your own, as for `from_file`.

        Returns
        -------
        Border
            The border.

        Raises
        ------
        InvalidParameterError
            If it is none of these.
        BorderzoneError
            As `between` and `from_file` do.

        Examples
        --------
        >>> Border.of(("Jordan", "IRQ")).length_words()
        '180 km'
        """
        if isinstance(given, Border):
            return given
        if isinstance(given, PathLike) or is_line_file(given):
            return cls.from_file(given)
        pair = isinstance(given, (tuple, list)) and len(given) == 2
        if pair and all(isinstance(name, str) for name in given):
            return cls.between(*given)
        words = given.replace(",", "-").split("-") if isinstance(given, str) else []
        a, b = (word.strip()[:40] for word in words) if len(words) == 2 else ("IRQ", "SYR")
        msg = (
            f'border must be a Border, two countries, such as ("{a}", "{b}"), or the file of a line of '
            f'your own, such as "line.geojson", got {shown(given)}'
        )
        raise InvalidParameterError(msg)

    @classmethod
    def from_line(
        cls,
        line: Any,
        *,
        names: tuple[str, str] | None = None,
        left: str | None = None,
        right: str | None = None,
        source: str = "user line",
    ) -> Border:
        """
        Border along a line of your own.

        Parameters
        ----------
        line
            LineString or MultiLineString in longitude and latitude, or a
            GeoSeries in any CRS. Chainage runs as it is drawn; only a closed
            ring starts at its northernmost vertex and runs eastward.
        names
            What the two sides are called, in any order; ``("left", "right")``
            when left out. Where they are countries, the ground on either side
            says which is which; else say it with `left` or `right`, or
            `remarks` tells that their order was taken.
        left, right
            What lies left and right of the line as it is drawn.
        source
            Where the line comes from.

        Returns
        -------
        Border
            The border.

        Raises
        ------
        InvalidGeometryError
            If the line is empty, crosses itself, has a coordinate that is
            not finite or not on the globe, or has its coordinates exchanged.
        CRSMismatchError
            If a table has no CRS.
        InvalidParameterError
            If the two names are the same, or `left` and `right` are others.

        Examples
        --------
        >>> line = shapely.LineString([(41.0, 34.0), (41.0, 35.0)])
        >>> border = Border.from_line(line, left="west", right="east")
        >>> round(border.length_km, 2), border.left
        (110.93, 'west')
        """
        words = asked(names, left, right)
        course = drawn_course(pieces_of(line, (words.left, words.right)))
        check_course(course)
        return cls._of_ones_own(course, words, source)

    @classmethod
    def _of_ones_own(
        cls, course: tuple[Part, ...], words: Asked, source: str, **more: Any
    ) -> Border:
        found = sided(course, words)
        return cls(
            a=found.a,
            b=found.b,
            course=found.course,
            names=MappingProxyType({code: Country.of(code).name for code in (found.a, found.b)}),
            source=source,
            start_name=_coordinates(found.course[0].coords[0]),
            end_name=_coordinates(_last_open(found.course).coords[-1]),
            sides=found.how,
            remarks=found.remarks,
            **more,
        )

    @classmethod
    def from_file(
        cls,
        path: str | Path | Sequence[str | Path],
        *,
        names: tuple[str, str] | None = None,
        left: str | None = None,
        right: str | None = None,
        layer: str | Sequence[str] | None = None,
        tolerance_km: float = 5.0,
    ) -> Border:
        """
        Border along a line of your own, or between two polygons, that lie in a file.

        Parameters
        ----------
        path
            GeoJSON, GeoPackage, Shapefile, FlatGeobuf, KML or GeoParquet with the line, as for
            `from_line`, or with two polygons; or two files with the polygons of one side each.
        names
            What the two sides are called, as for `from_line`. Of two files or
            layers the first is the first name's. Of two polygons in one layer
            a column that holds the names says whose each is, else the ground
            does.
        left, right
            What lies left and right of the line as it is drawn; polygons say it themselves.
        layer
            Layer of a file that holds several; two, for polygons of one side each.
        tolerance_km
            Widest gap or overlap of two polygons that still counts as one border. Units: km.

        Returns
        -------
        Border
            The border; it remembers its file.

        Raises
        ------
        DataError
            If a file is missing, broken, or not what its name says.
        InvalidGeometryError
            If it holds no line and no two polygons, or what cannot be a border.
        InvalidParameterError
            If the two names are the same, or `left` and `right` are others.

        Examples
        --------
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     line = gpd.GeoDataFrame(geometry=[shapely.LineString([(41, 34), (41, 35)])], crs=4326)
        ...     line.to_file(f"{folder}/line.geojson")
        ...     border = Border.from_file(f"{folder}/line.geojson", left="west", right="east")
        >>> border.left, border.right, round(border.length_km, 2)
        ('west', 'east', 110.93)
        """
        file = LineFile.of(path, layer=layer, tolerance_km=tolerance_km)
        said = file.said({"left": left, "right": right})
        if file.holds_a_line:
            table, source = file.tables[0], f"user line, {file.told}"
            made = cls.from_line(table, names=names, left=left, right=right, source=source)
            return replace(made, path=file.place, said=said)
        if {"left", "right"} & set(said):
            msg = "two areas say themselves which lies left and right: name them with names=(a, b)"
            raise InvalidParameterError(msg)
        words = asked(names, None, None, usual=("a", "b"))
        a, b, remarks = file.grounds(words)
        source = f"user polygons, {file.told}"
        made = cls.from_polygons(
            a, b, names=(words.a, words.b), tolerance_km=file.tolerance_km, source=source
        )
        return replace(made, path=file.place, said=said, remarks=(*made.remarks, *remarks))

    @classmethod
    def from_polygons(
        cls,
        a: Any,
        b: Any,
        *,
        names: tuple[str, str] = ("a", "b"),
        tolerance_km: float = 5.0,
        source: str = "user polygons",
    ) -> Border:
        """
        Border of two polygons whose edges need not match exactly.

        The line follows the edge of the first polygon wherever the second lies
        within the tolerance. Ground between the two edges that belongs to
        neither or to both is reported as `gap_km2` and `overlap_km2`.

        Parameters
        ----------
        a, b
            Polygon or MultiPolygon in longitude and latitude, or a GeoSeries
            or GeoDataFrame in any CRS.
        names
            What the two are called.
        tolerance_km
            Widest gap or overlap that still counts as one border. Units: km.
        source
            Where the polygons come from.

        Returns
        -------
        Border
            Their border, directed from its southern end.

        Raises
        ------
        InvalidGeometryError
            If one is empty or broken, or they lie apart or in each other.
        InvalidParameterError
            If the tolerance is not above zero or the names are the same.

        Examples
        --------
        >>> west, east = shapely.box(40, 34, 41, 35), shapely.box(41, 34, 42, 35)
        >>> border = Border.from_polygons(west, east, names=("west", "east"))
        >>> border.left, round(border.length_km, 2)
        ('west', 110.93)
        """
        words = asked(names, None, None)
        found = seam.between(a, b, names=(words.a, words.b), tolerance_km=tolerance_km)
        course = directed_course(found.pieces, words.a)
        # Which is which is said by the polygons themselves.
        said = Asked(a=words.a, b=words.b, left=course[0].left, how="given")
        return cls._of_ones_own(
            course, said, source, gap_km2=found.gap_km2, overlap_km2=found.overlap_km2
        )

    def between_km(self, a: float, b: float) -> Border:
        """
        Cut out the part of the border between two chainages.

        Parameters
        ----------
        a, b
            Chainages, `a` below `b`. Units: km.

        Returns
        -------
        Border
            That part, with its own chainage from 0. Sides, stretches and
            breaks stay; an end that is an end of the whole keeps its name, any
            other is named by its kilometre of the whole, and `cut_km` holds
            both. A ring that is cut is none any more; no length is published of a part.

        Raises
        ------
        InvalidParameterError
            If a chainage is not on the border, or `a` is not below `b`.

        Examples
        --------
        >>> south = Border.between("IRQ", "SYR").between_km(0, 200)
        >>> round(south.length_km, 3), south.start_name, south.end_name
        (200.0, 'tripoint with Jordan', 'km 200 of the whole border')
        """
        start, end = _span(a, b, self.length_km)
        if (start, end) == (0.0, self.length_km):
            return self
        before = 0.0 if self.cut_km is None else self.cut_km[0]
        reached = [
            (part, part.cut(start, end))
            for part in self.course
            if min(end, part.km_end) - max(start, part.km_start) > _NOTHING_KM
        ]
        first = reached[0][0]
        last = next((part for part, cut in reversed(reached) if not cut.is_ring), reached[-1][0])
        return replace(
            self,
            course=tuple(cut for _, cut in reached),
            start_name=self._name_at(first, 0, max(start, first.km_start), before),
            end_name=self._name_at(last, -1, min(end, last.km_end), before),
            gap_km2=float("nan") if self.gap_km2 else 0.0,
            overlap_km2=float("nan") if self.overlap_km2 else 0.0,
            published_length_km=None,
            published_length_source="",
            cut_km=(before + start, before + end),
        )

    def _name_at(self, part: Part, which: int, km: float, before_km: float) -> str:
        """Name an end of what is cut out: as the whole does, or by the kilometre of the whole."""
        first, last = self.course[0], _last_open(self.course)
        if which == 0 and part is first and km == first.km_start:
            return self.start_name
        if which == -1 and part is last and km == last.km_end:
            return self.end_name
        if self.sides == "source" and km == (part.km_start, part.km_end)[which]:
            return _end_name(part, which, {self.a, self.b})
        return f"km {before_km + km:.6g} of the whole border"

    @property
    def length_km(self) -> float:
        """
        Length of all parts on the ellipsoid, disputed stretches included.

        Returns
        -------
        float
            Units: km.
        """
        return self.course[-1].km_end

    def with_published_length(self, length_km: float, *, source: str = "user") -> Border:
        """
        Return the same border with a published length beside the measured one.

        Nothing but what is told, and a scenario with ``length="published"``, looks at it.

        Parameters
        ----------
        length_km
            Length as it is published. Units: km.
        source
            Who publishes it.

        Returns
        -------
        Border
            A new record; this one is unchanged.

        Raises
        ------
        InvalidParameterError
            If the length is not above zero, ten times longer or shorter than the line and so hardly
            in kilometres, or the source not a word.

        Examples
        --------
        >>> line = shapely.LineString([(41.0, 34.0), (41.0, 35.0)])
        >>> border = Border.from_line(line).with_published_length(125, source="a treaty")
        >>> border.length_words(), border.published_length_km
        ('110 km', 125.0)
        """
        km = check_positive(length_km, "the published length", "km")
        if not 1 / _FACTOR <= km / self.length_km <= _FACTOR:
            msg = (
                f"a published length of {km:g} km is not that of a line of {self.length_words()}: within "
                f"{_FACTOR:g} times longer or shorter is allowed; give it in kilometres, and of this part"
            )
            raise InvalidParameterError(msg)
        return replace(
            self,
            published_length_km=km,
            published_length_source=check_text(source, "source", longest=200),
        )

    def length_words(self, km: float | None = None, *, unit: str = "km") -> str:
        """
        Write a length along the border no finer than its line knows it.

        The line that ships is generalised: it is good to 1 % and 1 km at best, and no better than
        the share by which it differs from the published length, or, where none is known, by which
        the others do in the median. A line of your own is taken as drawn. Two figures are always
        written.

        Parameters
        ----------
        km
            The length; that of the whole border when left out. Units: km.
        unit
            ``"km"`` or ``"mi"``, in which it is written.

        Returns
        -------
        str
            Number and unit.

        Raises
        ------
        InvalidParameterError
            If the length is negative or the unit another.

        Examples
        --------
        >>> mexico = Border.between("MEX", "USA")
        >>> round(mexico.length_km, 1), mexico.length_words(), mexico.length_words(unit="mi")
        (2641.2, '2,600 km', '1,600 mi')
        """
        scale = {"km": 1.0, "mi": KM_PER_MILE}[check_choice(unit, "unit", ("km", "mi"))]
        length = self.length_km if km is None else check_non_negative(km, "km", "km")
        off = accuracy_km(
            length,
            measured_km=self.length_km,
            published_km=self.published_length_km,
            shipped=self.source == SOURCE,
        )
        return f"{rounded(length / scale, off)} {unit}"  # as many places in miles as in km

    @property
    def left(self) -> str:
        """
        Country left of the directed line.

        Returns
        -------
        str
            Its code; a ring may differ, see `parts`.
        """
        return self.course[0].left

    @property
    def right(self) -> str:
        """
        Country right of the directed line.

        Returns
        -------
        str
            Its code; a ring may differ, see `parts`.
        """
        return self.course[0].right

    @property
    def ships_published_length(self) -> bool:
        """
        Tell whether the published length is the one that ships with the line.

        Returns
        -------
        bool
            False for a line of one's own, a part of a border, or a length that the user gave.
        """
        told = (self.published_length_km, self.published_length_source)
        return self.sides == "source" and told == (published_km(self.a, self.b), PUBLISHED_SOURCE)

    def code_of(self, name: Any, *, what: str = "the country must be") -> str:
        """
        Find which of the two countries a name stands for.

        Parameters
        ----------
        name
            Code or name of one of them.
        what
            How the message begins if it is neither.

        Returns
        -------
        str
            `a` or `b`.

        Raises
        ------
        InvalidParameterError
            If the name stands for neither.

        Examples
        --------
        >>> Border.between("IRQ", "SYR").code_of("Syria")
        'SYR'
        """
        pair = (self.a, self.b)
        code = name if isinstance(name, str) and name in pair else Country.of(name).code
        if code in pair:
            return code
        spelt = {word: one for one in pair for word in Country.of(one).known_as or (one,)}
        near = nearest(name, spelt)
        hint = f"; did you mean {spelt[near[0]]!r}?" if near else ""
        msg = f"{what} {pair[0]!r} or {pair[1]!r}, got {shown(name)}{hint}"
        raise InvalidParameterError(msg)

    @cached_property
    def line(self) -> gpd.GeoSeries:
        """
        The line, one row a part in the order of chainage.

        Returns
        -------
        geopandas.GeoSeries
            EPSG:4326; a part that crosses 180 degrees is split there.
        """
        lines = [split_at_antimeridian(part.line) for part in self.course]
        return gpd.GeoSeries(lines, crs=4326)

    @cached_property
    def parts(self) -> gpd.GeoDataFrame:
        """
        The pieces that do not touch, in the order of chainage.

        Returns
        -------
        geopandas.GeoDataFrame
            Columns part, km_start, km_end, length_km, is_ring, left, right,
            geometry.
        """
        columns = {
            name: [getattr(part, name) for part in self.course]
            for name in ("km_start", "km_end", "length_km", "is_ring", "left", "right")
        }
        return gpd.GeoDataFrame(
            {"part": range(len(self.course)), **columns}, geometry=self.line.to_numpy(), crs=4326
        )

    @cached_property
    def breaks_km(self) -> tuple[float, ...]:
        """
        Chainage of every break: one part ends there and the next begins.

        Returns
        -------
        tuple of float
            Units: km; empty for a border of one part.
        """
        return tuple(part.km_end for part in self.course[:-1])

    @cached_property
    def stretches(self) -> gpd.GeoDataFrame:
        """
        What class the line is of, by chainage range.

        Returns
        -------
        geopandas.GeoDataFrame
            Columns part, km_start, km_end, kind, dashed, featurecla, geometry.
        """
        return stretches_of(self.course)

    @overload
    def point_at(self, km: float) -> shapely.Point: ...

    @overload
    def point_at(self, km: FloatArray) -> gpd.GeoSeries: ...

    def point_at(self, km: float | FloatArray) -> shapely.Point | gpd.GeoSeries:
        """
        Point of the border at a chainage.

        Parameters
        ----------
        km
            Chainage, one number or an array. Units: km.

        Returns
        -------
        shapely.Point or geopandas.GeoSeries
            Longitude and latitude; a series for an array.

        Raises
        ------
        InvalidParameterError
            If a chainage is not on the border.

        Examples
        --------
        >>> point = Border.between("IRQ", "SYR").point_at(300)
        >>> round(point.x, 2), round(point.y, 2)
        (41.2, 34.95)
        """
        along = np.atleast_1d(as_numbers(km, "km"))
        if along.ndim > 1:
            msg = f"km must be one number or a column of them, got shape {along.shape}"
            raise InvalidParameterError(msg)
        lon, lat = point_at(self.course, along)
        if np.ndim(km) == 0:
            return shapely.Point(lon[0], lat[0])
        return gpd.GeoSeries(shapely.points(lon, lat), crs=4326)

    def locate(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Any, Any]:
        """
        Chainage of the nearest border point, and the offset from it.

        Parameters
        ----------
        lon, lat
            Position, numbers or arrays. Units: degree.

        Returns
        -------
        chainage_km, offset_km
            Chainage, and distance on the ellipsoid, positive left of the
            directed line. Numbers for numbers, arrays for arrays. Units: km.

        Raises
        ------
        InvalidParameterError
            If a position is not finite or not on the globe.

        Examples
        --------
        >>> border = Border.from_line(shapely.LineString([(41, 34), (41, 35)]), left="west", right="east")
        >>> chainage_km, offset_km = border.locate([40.9, 41.1], [34.5, 34.5])
        >>> chainage_km.round(1).tolist(), offset_km.round(1).tolist()
        ([55.5, 55.5], [9.2, -9.2])
        """
        where = broadcast(
            lon=as_finite(lon, "lon", "degrees"),
            lat=as_between(lat, "lat", -90.0, 90.0, unit="degrees"),
        )
        chainage, offset = self._locator.locate(where[0].ravel(), where[1].ravel())
        if where[0].ndim == 0:
            return float(chainage[0]), float(offset[0])
        return chainage.reshape(where[0].shape), offset.reshape(where[0].shape)

    def country_beside(self, points: gpd.GeoSeries) -> tuple[npt.NDArray[np.object_], FloatArray]:
        """
        Tell on which country's side of the line points lie, and how far from it.

        Parameters
        ----------
        points
            Points in longitude and latitude.

        Returns
        -------
        codes, distance_km
            Code of the country on whose side of the nearest part each lies, and the distance
            from the line. Units: km.

        Examples
        --------
        >>> border = Border.from_line(shapely.LineString([(41, 34), (41, 35)]), left="west", right="east")
        >>> points = gpd.GeoSeries.from_xy([40.9, 41.2], [34.5, 34.5], crs=4326)
        >>> codes, distance_km = border.country_beside(points)
        >>> codes.tolist(), distance_km.round(1).tolist()
        (['west', 'east'], [9.2, 18.4])
        """
        chainage, offset = self.locate(points.x.to_numpy(), points.y.to_numpy())
        part = np.searchsorted(self.breaks_km, chainage, side="left")
        # Of an enclave's ring left may be another country than of the line before it.
        left = np.array([part.left for part in self.course], dtype=object)[part]
        right = np.array([part.right for part in self.course], dtype=object)[part]
        return np.where(offset > 0, left, right), np.abs(offset)

    def country_of_cells(self, cells: xr.Dataset) -> IntArray:
        """
        Tell whose ground each cell of a corridor is.

        Parameters
        ----------
        cells
            Side and chainage of the cells, as from `Corridor.cells`.

        Returns
        -------
        IntArray
            1 for the country `left` of the border's first part, 2 for the other, 0 outside.

        Examples
        --------
        >>> from borderzone import Corridor
        >>> border = Border.between("IRQ", "SYR")
        >>> corridor = Corridor.around(border, depth_km={"IRQ": 40, "SYR": 20})
        >>> cells = corridor.cells(corridor.grid(resolution_m=5000))
        >>> whose = border.country_of_cells(cells)
        >>> border.left, round(float((whose == 1).sum() / (whose == 2).sum()), 1)
        ('SYR', 0.5)
        """
        side = cells["side"].to_numpy().astype(np.int8)
        # An enclave's ring may run the other way round: left of it is then the other country.
        swapped = [part for part in self.course if part.left != self.left]
        if not swapped:
            return side
        chainage = cells["chainage_km"].to_numpy()
        turned = np.zeros(side.shape, dtype=bool)
        for part in swapped:
            turned |= (chainage >= part.km_start) & (chainage <= part.km_end)
        return np.where(turned & (side > 0), 3 - side, side).astype(np.int8)

    @cached_property
    def _locator(self) -> Locator:
        return Locator(self.course)

    @property
    def _table(self) -> gpd.GeoDataFrame:
        return self.parts

    def __getstate__(self) -> dict[str, Any]:
        """Make the record fit to be sent to another process."""
        return {**self.__dict__, "names": dict(self.names), "said": dict(self.said)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Make it read-only again on arrival."""
        plain = {name: MappingProxyType(state[name]) for name in ("names", "said")}
        self.__dict__.update(state | plain)

    def _repr_html_(self) -> str:
        """Show the line on a small map, with its length, ends and source."""
        marks = [
            Mark(runs=runs_of(row.geometry), words=row.kind, dashed=row.dashed)
            for row in self.stretches.itertuples()
        ]
        published = "not known"
        if self.published_length_km is not None:
            published = f"{self.published_length_km:,g} km ({self.published_length_source})"
        rows = [
            ("length", f"{self.length_words()} as drawn"),
            ("published length", published),
            ("from", f"km 0, {self.start_name}"),
            ("to", f"{self.length_words()}, {self.end_name}"),
            ("parts", len(self.course)),
            ("left, right", f"{self.left}, {self.right}"),
            ("source", self.source),
        ]
        names = (self.names.get(code, code) for code in (self.a, self.b))
        return card(f"Border {' - '.join(names)}", rows, marks)

    def __repr__(self) -> str:
        """Say pair, length, parts and ends in one line."""
        count = len(self.course)
        parts = "1 part" if count == 1 else f"{count} parts"
        return line(
            f"Border({self.a}-{self.b}: {self.length_words()} in {parts}, "
            f"{self.start_name} to {self.end_name})"
        )


def _span(a: float, b: float, length_km: float) -> tuple[float, float]:
    start, end = check_non_negative(a, "a", "km"), check_non_negative(b, "b", "km")
    if not (end - start > _NOTHING_KM and end <= length_km + _ROUNDING_KM):
        msg = (
            f"a and b must lie on the border, from 0 to {length_km:.3f} km, a below b, got {start:g} and "
            f"{end:g}; of a ring the part across its start is two calls"
        )
        raise InvalidParameterError(msg)
    return start, min(end, length_km)


def _last_open(course: Sequence[Part]) -> Part:
    """Give the part at whose end the border ends: rings come after it."""
    return next((part for part in reversed(course) if not part.is_ring), course[-1])


def _end_name(part: Part, which: int, pair: set[str]) -> str:
    lon, lat = part.coords[which]
    if part.is_ring:
        return _coordinates(part.coords[which])
    third = sorted(countries_ending_at(lon, lat) - pair)
    if third:
        return f"tripoint with {' and '.join(Country.of(code).name for code in third)}"
    return "coast"


def _coordinates(point: FloatArray) -> str:
    lon, lat = (float(np.mod(point[0] + 180, 360) - 180), float(point[1]))
    return f"{abs(lat):.2f}°{'N' if lat >= 0 else 'S'} {abs(lon):.2f}°{'E' if lon >= 0 else 'W'}"
