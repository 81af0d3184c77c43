"""Border: the shared line of two countries, measured on the ellipsoid."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from borderzone import io
from borderzone._guards import (
    check_choice,
    check_non_negative,
    check_positive,
    check_text,
    local_path,
    shown,
)
from borderzone._guards.escapes import line, popup_table
from borderzone.border import seam
from borderzone.border.chainage import Locator, point_at
from borderzone.border.lengths import (
    KM_PER_MILE,
    PUBLISHED_SOURCE,
    accuracy_km,
    published_km,
    rounded,
)
from borderzone.border.names import country_code, country_name
from borderzone.border.parts import Part, check_course, directed_course, drawn_course
from borderzone.border.sources import (
    SOURCE,
    countries_ending_at,
    pieces_between,
    pieces_of,
)
from borderzone.border.stretches import stretches_of
from borderzone.crs import split_at_antimeridian
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from borderzone._typing import FloatArray

__all__ = ["Border"]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Border:
    """
    The shared line of two countries, directed and measured.

    Made by `between`, `from_line` or `from_polygons`. Lengths are on the WGS84
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
        both; 0 for a border that is one line. Units: km2.
    path
        File that the line was read from; None for other lines.
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

    a: str
    b: str
    course: tuple[Part, ...]
    names: Mapping[str, str]
    source: str
    start_name: str
    end_name: str
    gap_km2: float = field(default=0.0)
    overlap_km2: float = field(default=0.0)
    path: Path | None = field(default=None)
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
        """
        a, b = country_code(a), country_code(b)
        course = directed_course(pieces_between(a, b), a)
        published = published_km(a, b)
        return cls(
            a=a,
            b=b,
            course=course,
            names=MappingProxyType({code: country_name(code) for code in (a, b)}),
            source=SOURCE,
            start_name=_end_name(course[0], 0, {a, b}),
            end_name=_end_name(_last_open(course), -1, {a, b}),
            published_length_km=published,
            published_length_source="" if published is None else PUBLISHED_SOURCE,
        )

    @classmethod
    def from_line(
        cls, line: Any, *, names: tuple[str, str] = ("left", "right"), source: str = "user line"
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
            What lies left and right of the line.
        source
            Where the line comes from.

        Returns
        -------
        Border
            The border.

        Raises
        ------
        InvalidGeometryError
            If the line is empty, crosses itself, or has a coordinate that is
            not finite or not on the globe.
        CRSMismatchError
            If a table has no CRS.
        InvalidParameterError
            If the two names are the same.

        Examples
        --------
        >>> line = shapely.LineString([(41.0, 34.0), (41.0, 35.0)])
        >>> border = Border.from_line(line, names=("west", "east"))
        >>> round(border.length_km, 2), border.left
        (110.93, 'west')
        """
        left, right = _two_names(names)
        course = drawn_course(pieces_of(line, (left, right)))
        check_course(course)
        return cls(
            a=left,
            b=right,
            course=course,
            names=MappingProxyType({code: country_name(code) for code in (left, right)}),
            source=source,
            start_name=_coordinates(course[0].coords[0]),
            end_name=_coordinates(_last_open(course).coords[-1]),
        )

    @classmethod
    def from_file(cls, path: str | Path, *, names: tuple[str, str] = ("left", "right")) -> Border:
        """
        Border along a line of your own that lies in a file.

        Parameters
        ----------
        path
            GeoJSON, GeoPackage, Shapefile, FlatGeobuf, KML or GeoParquet with the line, as for
            `from_line`.
        names
            What lies left and right of the line.

        Returns
        -------
        Border
            The border; it remembers its file.

        Raises
        ------
        DataError
            If the file is missing, broken, or not what its name says.
        InvalidGeometryError
            If it holds no line, or one that cannot be a border.
        InvalidParameterError
            If the two names are the same.
        """
        table = io.read_vector(path, what="border")
        made = cls.from_line(table, names=names, source=f"user line, {Path(path).name}")
        return replace(made, path=local_path(path).absolute())

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
        """
        name_a, name_b = _two_names(names)
        found = seam.between(a, b, names=(name_a, name_b), tolerance_km=tolerance_km)
        course = directed_course(found.pieces, name_a)
        return cls(
            a=name_a,
            b=name_b,
            course=course,
            names=MappingProxyType({code: country_name(code) for code in (name_a, name_b)}),
            source=source,
            start_name=_coordinates(course[0].coords[0]),
            end_name=_coordinates(_last_open(course).coords[-1]),
            gap_km2=found.gap_km2,
            overlap_km2=found.overlap_km2,
        )

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
            If the length is not above zero, or the source not a word.

        Examples
        --------
        >>> line = shapely.LineString([(41.0, 34.0), (41.0, 35.0)])
        >>> border = Border.from_line(line).with_published_length(125, source="a treaty")
        >>> border.length_words(), border.published_length_km
        ('110 km', 125.0)
        """
        return replace(
            self,
            published_length_km=check_positive(length_km, "the published length", "km"),
            published_length_source=check_text(source, "source", longest=200),
        )

    def length_words(self, km: float | None = None, *, unit: str = "km") -> str:
        """
        Write a length along the border no finer than its line knows it.

        The line that ships is generalised: it is good to 1 % and 1 km at best, and no better than
        the share by which it differs from the published length. A line of your own is taken as
        drawn. Two figures are always written.

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

    @cached_property
    def line(self) -> gpd.GeoSeries:
        """
        The line, one row a part in the order of chainage.

        Returns
        -------
        geopandas.GeoSeries
            EPSG:4326; a part that crosses 180 degrees is split there.
        """
        lines = [split_at_antimeridian(shapely.linestrings(part.coords)) for part in self.course]
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
        along = np.atleast_1d(np.asarray(km, dtype=float))
        if along.ndim > 1:
            msg = f"km must be one number or a column of them, got shape {along.shape}"
            raise InvalidParameterError(msg)
        lon, lat = point_at(self.course, along)
        points = shapely.points(lon, lat)
        return points[0] if np.ndim(km) == 0 else gpd.GeoSeries(points, crs=4326)

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
        """
        where = np.broadcast_arrays(np.asarray(lon, dtype=float), np.asarray(lat, dtype=float))
        if not (np.isfinite(where).all() and (np.abs(where[1]) <= 90).all()):
            msg = f"lon and lat must be finite degrees, got lon={shown(lon)}, lat={shown(lat)}"
            raise InvalidParameterError(msg)
        chainage, offset = self._locator.locate(where[0].ravel(), where[1].ravel())
        if where[0].ndim == 0:
            return float(chainage[0]), float(offset[0])
        return chainage.reshape(where[0].shape), offset.reshape(where[0].shape)

    @cached_property
    def _locator(self) -> Locator:
        return Locator(self.course)

    def to_geodataframe(self) -> gpd.GeoDataFrame:
        """
        Give the parts as a table of its own.

        Returns
        -------
        geopandas.GeoDataFrame
            A copy of `parts`.
        """
        return self.parts.copy()

    def plot(self, ax: Any = None, **kwargs: Any) -> Any:
        """
        Draw the border.

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
        return import_module("borderzone.figures.maps").plot_border(self, ax=ax, **kwargs)

    def explore(self, **kwargs: Any) -> Any:
        """
        Show the border on an interactive map; needs the interactive extra.

        Parameters
        ----------
        **kwargs
            Passed on to ``GeoDataFrame.explore``.

        Returns
        -------
        folium.Map
            The map.
        """
        return popup_table(self.parts).explore(**kwargs)

    def __getstate__(self) -> dict[str, Any]:
        """Make the record fit to be sent to another process."""
        return {**self.__dict__, "names": dict(self.names)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Make it read-only again on arrival."""
        self.__dict__.update(state, names=MappingProxyType(state["names"]))

    def __repr__(self) -> str:
        """Say pair, length, parts and ends in one line."""
        count = len(self.course)
        parts = "1 part" if count == 1 else f"{count} parts"
        return line(
            f"Border({self.a}-{self.b}: {self.length_words()} in {parts}, "
            f"{self.start_name} to {self.end_name})"
        )


def _two_names(names: Sequence[str]) -> tuple[str, str]:
    if not isinstance(names, (tuple, list)) or len(names) != 2 or names[0] == names[1]:
        msg = (
            f"names must be two different words, for left and right of the line, got {shown(names)}"
        )
        raise InvalidParameterError(msg)
    return check_text(names[0], "names", longest=80), check_text(names[1], "names", longest=80)


def _last_open(course: Sequence[Part]) -> Part:
    """Give the part at whose end the border ends: rings come after it."""
    return next((part for part in reversed(course) if not part.is_ring), course[-1])


def _end_name(part: Part, which: int, pair: set[str]) -> str:
    lon, lat = part.coords[which]
    if part.is_ring:
        return _coordinates(part.coords[which])
    third = sorted(countries_ending_at(lon, lat) - pair)
    if third:
        return f"tripoint with {' and '.join(country_name(code) for code in third)}"
    return "coast"


def _coordinates(point: FloatArray) -> str:
    lon, lat = (float(np.mod(point[0] + 180, 360) - 180), float(point[1]))
    return f"{abs(lat):.2f}°{'N' if lat >= 0 else 'S'} {abs(lon):.2f}°{'E' if lon >= 0 else 'W'}"
