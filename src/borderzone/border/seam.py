"""The line between two polygons whose edges do not match exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from borderzone._guards import check_positive
from borderzone.border.parts import Piece
from borderzone.border.sources import check_degrees
from borderzone.crs import GEOD, Frame, in_degrees
from borderzone.errors import InvalidGeometryError

if TYPE_CHECKING:
    from borderzone._typing import FloatArray

__all__ = ["Seam", "between"]

SEAM_CLASS = "edge of polygons"
# An end of an edge is cut off where it leaves the other polygon at more than half its own speed.
LEAVING = 0.5
SAMPLES = 100


@dataclass(frozen=True, kw_only=True)
class Seam:
    """
    What lies between two polygons.

    Attributes
    ----------
    pieces
        The line, along the edge of the first polygon.
    gap_km2
        Ground between the two edges that belongs to neither. Units: km2.
    overlap_km2
        Ground that belongs to both. Units: km2.
    """

    pieces: list[Piece]
    gap_km2: float
    overlap_km2: float


def between(a: Any, b: Any, *, names: tuple[str, str], tolerance_km: float) -> Seam:
    """Find the line between two polygons."""
    reach = check_positive(tolerance_km, "tolerance_km", "km") * 1e3
    first, second = _ground(a, names[0]), _ground(b, names[1])
    frame = _local_frame(first, second, reach)
    first, second = (_moved(ground, frame.forward) for ground in (first, second))
    # In an equal-area plane beside the seam, so that a tolerance in kilometres is one.
    overlap = shapely.intersection(first, second)
    _check_overlap(overlap, min(first.area, second.area), names, reach)
    edge = shapely.intersection(first.boundary, shapely.buffer(second, reach))
    lines = [line for line in shapely.get_parts(shapely.line_merge(edge)) if line.length > 0]
    lines = [line for line in lines if line.geom_type == "LineString"]
    lines = [facing for line in lines if (facing := _facing(line, second, reach)) is not None]
    if not lines:
        msg = (
            f"the edges of {names[0]} and {names[1]} lie more than {tolerance_km:g} km apart: "
            "no border between them; raise tolerance_km if they are neighbours"
        )
        raise InvalidGeometryError(msg)
    return Seam(
        pieces=[_piece(line, first, frame, names) for line in lines],
        gap_km2=_area_km2(_gap(first, second, lines, reach), frame),
        overlap_km2=_area_km2(overlap, frame),
    )


def _check_overlap(
    overlap: BaseGeometry, smaller_m2: float, names: tuple[str, str], reach: float
) -> None:
    """Refuse polygons that lie in each other: no line on which one ends and the other begins."""
    if overlap.area <= smaller_m2 / 2 and shapely.buffer(overlap, -reach / 2).is_empty:
        return
    msg = (
        f"{names[0]} and {names[1]} overlap by {overlap.area / 1e6:,.0f} km2, in places wider than "
        f"{reach / 1e3:g} km: polygons of two neighbours meet at their edges. Cut one by the other "
        "with shapely.difference, or raise tolerance_km"
    )
    raise InvalidGeometryError(msg)


def _ground(ground: Any, name: str) -> BaseGeometry:
    if isinstance(ground, (gpd.GeoSeries, gpd.GeoDataFrame)):
        ground = shapely.union_all(in_degrees(ground.geometry, name).to_numpy())
    if not isinstance(ground, BaseGeometry) or shapely.get_dimensions(ground) != 2:
        msg = f"{name} must be a polygon, got {getattr(ground, 'geom_type', type(ground).__name__)}"
        raise InvalidGeometryError(msg)
    check_degrees(ground, name)
    if ground.is_empty or not ground.is_valid:
        why = "it is empty" if ground.is_empty else shapely.is_valid_reason(ground)
        msg = f"{name} is not a valid polygon: {why}; mend it with shapely.make_valid"
        raise InvalidGeometryError(msg)
    return shapely.force_2d(ground)


def _local_frame(first: BaseGeometry, second: BaseGeometry, reach: float) -> Frame:
    """Equal-area plane over the ground where the two come close."""
    # Degrees of longitude that the tolerance spans; 111 km are a degree of latitude.
    wide = reach / 111e3 / max(np.cos(np.radians(_middle_latitude(first))), 0.05) + 1e-6
    near = shapely.intersection(
        shapely.box(*first.bounds).buffer(wide), shapely.box(*second.bounds).buffer(wide)
    )
    where = near if not near.is_empty else first
    lon, lat = where.centroid.x, where.centroid.y
    return Frame(CRS.from_proj4(f"+proj=laea +lat_0={lat:.6f} +lon_0={lon:.6f} +datum=WGS84"))


def _middle_latitude(ground: BaseGeometry) -> float:
    return float((ground.bounds[1] + ground.bounds[3]) / 2)


def _moved(geometry: BaseGeometry, how: Any) -> BaseGeometry:
    return shapely.transform(geometry, how)


def _facing(
    line: shapely.LineString, second: BaseGeometry, reach: float
) -> shapely.LineString | None:
    """Cut off the ends of an edge along which it only walks away from the second polygon."""
    if line.is_ring:
        return line
    count = max(int(np.ceil(line.length / reach * SAMPLES)), 2) + 1
    along = np.linspace(0.0, line.length, count)
    away = shapely.distance(shapely.line_interpolate_point(line, along), second)
    leaving = np.abs(np.diff(away)) > LEAVING * np.diff(along)
    nearing = np.diff(away) < 0
    low = int(np.argmin(np.append(leaving & nearing, False)))
    high = count - 1 - int(np.argmin(np.append((leaving & ~nearing)[::-1], False)))
    # Of two places that differ a substring is a line, never a point.
    return (
        cast("shapely.LineString", substring(line, along[low], along[high])) if low < high else None
    )


def _gap(
    first: BaseGeometry,
    second: BaseGeometry,
    lines: list[shapely.LineString],
    reach: float,
) -> BaseGeometry:
    """Ground of neither, touched by both, that closing their union by half the tolerance fills."""
    # Closing (growing, then shrinking) fills what is narrower than the tolerance and nothing wider.
    both = shapely.union(first, second)
    closed = shapely.buffer(shapely.buffer(both, reach / 2), -reach / 2)
    holes = shapely.get_parts(shapely.difference(closed, both))
    # Within a metre, as buffers are drawn with chords.
    touches = shapely.dwithin(holes, first, 1.0) & shapely.dwithin(holes, second, 1.0)
    beside = shapely.buffer(shapely.multilinestrings(lines), reach, cap_style="flat")
    return shapely.intersection(shapely.union_all(holes[touches]), beside)


def _piece(
    line: shapely.LineString, first: BaseGeometry, frame: Frame, names: tuple[str, str]
) -> Piece:
    middle = shapely.line_interpolate_point(line, [0.5, 0.5001], normalized=True)
    (x0, y0), (x1, y1) = shapely.get_coordinates(middle)
    # A metre to the left of the line where it has its middle.
    step = np.array([-(y1 - y0), x1 - x0]) / np.hypot(x1 - x0, y1 - y0)
    left_is_first = shapely.contains_xy(first, *(np.array([x0, y0]) + step))
    coords: FloatArray = frame.inverse(shapely.get_coordinates(line))
    left, right = names if left_is_first else names[::-1]
    return Piece(coords=coords, left=left, right=right, featurecla=SEAM_CLASS)


def _area_km2(ground: BaseGeometry, frame: Frame) -> float:
    if ground.is_empty:
        return 0.0
    polygons = [part for part in shapely.get_parts(ground) if part.geom_type == "Polygon"]
    areas = [GEOD.geometry_area_perimeter(_moved(p, frame.inverse))[0] for p in polygons]
    return float(np.abs(areas).sum()) / 1e6
