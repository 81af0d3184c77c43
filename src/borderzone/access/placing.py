"""Shapes laid on a grid: what the kernels need of points, lines and polygons, in units of cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from borderzone._kernels import line_cells
from borderzone._placing import in_cells
from borderzone.crs import check_has_crs, check_same_crs, project
from borderzone.errors import InvalidGeometryError, InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from borderzone._typing import FloatArray, IntArray
    from borderzone.grid import Grid

__all__ = ["Passages", "passages_of", "shapes_of"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Passages:
    """
    Passages of lines through cells of a grid, in order along each line.

    Attributes
    ----------
    line
        Position of the line in what was given.
    part
        Number of the part of it, counted through all lines.
    cell
        Flat index of the cell.
    start, end, nearest
        Way along the line where the passage begins and ends, and nearest to the cell's centre.
        Units: cells.
    place
        Column and row of that place, shape ``(n, 2)``. Units: cells.
    """

    line: IntArray
    part: IntArray
    cell: IntArray
    start: FloatArray
    end: FloatArray
    nearest: FloatArray
    place: FloatArray


def shapes_of(
    table: Any, grid: Grid, what: str, kinds: Iterable[str], *, any_crs: bool = False
) -> gpd.GeoSeries:
    """Take the shapes of a table that lie in the CRS of a grid."""
    if isinstance(table, gpd.GeoDataFrame):
        if table.active_geometry_name is None:
            msg = f"{what} have no geometry column; set it with .set_geometry(...)"
            raise InvalidParameterError(msg)
        table = table.geometry
    allowed = tuple(kinds)
    if not isinstance(table, gpd.GeoSeries):
        nouns = {"Point": "points", "LineString": "lines", "Polygon": "polygons"}
        named = ", ".join(nouns[kind] for kind in allowed)
        msg = f"{what} must be a geopandas.GeoSeries of {named}; got {type(table).__name__}"
        raise InvalidParameterError(msg)
    if len(table) == 0:
        msg = f"{what} is empty; give at least one"
        raise InvalidParameterError(msg)
    if any_crs:
        check_has_crs(table, what)
        table = table if table.crs == grid.crs else project(table, grid.crs, what)
    else:
        check_same_crs(table, grid.crs, what)
    _check_kinds(table, what, allowed)
    return table


def _check_kinds(shapes: gpd.GeoSeries, what: str, allowed: tuple[str, ...]) -> None:
    given = shapes[~(shapes.isna() | shapes.is_empty)]
    fine = {*allowed, *(f"Multi{kind}" for kind in allowed)}
    if "LineString" in allowed:
        fine.add("LinearRing")
    wrong = sorted(set(given.geom_type) - fine)
    if wrong:
        msg = f"{what} must be {', '.join(sorted(allowed))}, got {', '.join(wrong)}; use .explode()"
        raise InvalidGeometryError(msg)
    xy, owner = shapely.get_coordinates(given.to_numpy(), return_index=True)
    bad = owner[~np.isfinite(xy).all(axis=1)]
    if len(bad):
        label = given.index[bad[0]]
        msg = f"{what} must have finite coordinates, that of {label!r} has not; drop or mend it"
        raise InvalidGeometryError(msg)
    broken = (shapely.get_dimensions(given) == 2) & ~shapely.is_valid(given)
    if broken.any():
        first = int(np.argmax(broken))
        why = shapely.is_valid_reason(given.iloc[first]).split("[")[0].lower()
        msg = (
            f"{what} must be valid, {given.index[first]!r} is not ({why}), so that its inside is "
            "not certain; mend it with .make_valid() and look at the outcome"
        )
        raise InvalidGeometryError(msg)


def passages_of(lines: Any, grid: Grid) -> Passages:
    """Follow lines through the cells of a grid."""
    lines = np.asarray(lines, dtype=object)
    left, bottom, right, top = grid.bounds
    near = shapely.box(left, bottom, right, top).buffer(2 * grid.resolution_m)
    whole = shapely.within(lines, near)
    cut = np.where(whole, lines, shapely.intersection(lines, near))
    parts, which = shapely.get_parts(cut, return_index=True)
    is_line = np.isin(shapely.get_type_id(parts), (1, 2))
    parts, which = parts[is_line], which[is_line]
    xy, part = shapely.get_coordinates(parts, return_index=True)
    at = in_cells(xy, grid)
    crossed = np.abs(np.diff(np.floor(at + 0.5), axis=0)).sum(axis=1)
    room = int(crossed.sum()) + 5 * len(at)
    found: tuple[Any, ...] = (
        *(np.empty(room, np.int64) for _ in range(3)),
        *(np.empty(room) for _ in range(5)),
    )
    count = line_cells.passages(at, part, found)
    of_part, row, column, start, end, nearest, x, y = (values[:count] for values in found)
    rows, columns = grid.shape
    inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
    return Passages(
        line=which[of_part][inside],
        part=of_part[inside],
        cell=(row * columns + column)[inside],
        start=start[inside],
        end=end[inside],
        nearest=nearest[inside],
        place=np.column_stack([x, y])[inside],
    )
