"""Cells of equal ground on which events are counted: flagged or not, and how far from what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import shapely
import xarray as xr
from pyproj import CRS, Transformer

from borderzone._guards import check_choice, check_positive, check_whole, shown
from borderzone.crs import check_has_crs
from borderzone.errors import DataError, InvalidParameterError, NoOverlapError
from borderzone.grid import Grid
from borderzone.incidents.comparing.rate_ratio import DISTANCES
from borderzone.incidents.placing.covered_ground import (
    ground_of_countries,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from shapely.geometry.base import BaseGeometry

    from borderzone._typing import BoolArray, FloatArray, IntArray
    from borderzone.corridor import Corridor

__all__ = ["CellFinder", "CellGround", "comparison_cells", "counts_in_cells"]


_SAMPLES = 4  # points along the side of a cell at which distances are taken
_KNOWN_SHARE = 0.5  # a cell whose flag is known on less of its ground is left out
_FLAGGED_SHARE = 0.5
_LARGEST_GRID = 4_000_000


class CellGround(NamedTuple):
    """
    What a comparison takes from its cells, as arrays.

    Attributes
    ----------
    distances
        Columns of distance that the cells have.
    flagged
        Whether a cell counts as flagged.
    share
        Which share of it is; 0 or 1 where the cells tell no more. A regression takes a cell in part.
    km2
        Its area, to which events are held. Units: km2.
    """

    distances: list[str]
    flagged: BoolArray
    share: FloatArray
    km2: FloatArray

    @classmethod
    def of(cls, cells: pd.DataFrame) -> CellGround:
        """Read the columns of `comparison_cells`."""
        return cls(
            distances=[name for name in DISTANCES if name in cells.columns],
            flagged=cells["flagged"].to_numpy(dtype=bool),
            share=cells.get("flagged_share", cells["flagged"]).to_numpy(dtype=float),
            km2=cells["area_km2"].to_numpy(dtype=float),
        )


def comparison_cells(
    flags: gpd.GeoDataFrame | xr.DataArray,
    corridor: Corridor,
    *,
    held_equal: Mapping[str, gpd.GeoDataFrame | None] | None = None,
    cell_km: float = 10.0,
    countries: Sequence[str] = (),
) -> gpd.GeoDataFrame:
    """
    Cut the corridor into square cells, and say of each whether it is flagged and how far it lies.

    Squares of an equal-area projection about the middle of the corridor,
    clipped to it. A cell is flagged where more than half of its known ground
    is; what is finer than a cell cannot be told apart by events that are not
    placed more finely either. Cells whose flag is unknown on more than half
    of their ground are left out.

    Parameters
    ----------
    flags
        Polygons of flagged ground, or a raster that is 1 or true on flagged
        ground, 0 or false elsewhere, NaN where unknown.
    corridor
        The corridor.
    held_equal
        Layers from which distances are taken, ``roads`` and ``towns``; none of what is left out.
    cell_km
        Side of a cell. Units: km.
    countries
        Countries that the events cover, as `coverage` says: only their ground is cut into cells.
        Without them it is the whole corridor.

    Returns
    -------
    GeoDataFrame
        One row a cell, in the equal-area CRS: row, column, area_km2,
        flagged_share, flagged, border_km and where given road_km and town_km (means over the
        cell), geometry. ``attrs`` holds cell_km, origin_m, kinds and unknown_km2.

    Raises
    ------
    CRSMismatchError
        If a layer has no CRS.
    DataError
        If a layer is empty or of the wrong kind, or the countries have no ground in the corridor.
    InvalidParameterError
        If `cell_km` is not above zero, or makes too many cells.
    NoOverlapError
        If no cell, or all cells, are flagged.
    """
    side_m = 1e3 * check_positive(cell_km, "cell_km", "km")
    for name in held_equal or ():
        check_choice(name, "held_equal", ("roads", "towns"))
    ground = ground_of_countries(corridor, countries)
    crs = _equal_area_about(ground)
    outline = _projected(ground, crs)
    cells = _squares(outline, crs, side_m)
    about = cells.attrs
    share, known, kinds = _flagged(flags, cells)
    cells["flagged_share"] = share
    unknown_km2 = float((cells["area_km2"] * (1.0 - known)).sum())
    cells = cells[known >= _KNOWN_SHARE].copy()
    cells["flagged"] = cells["flagged_share"] > _FLAGGED_SHARE
    if not 0 < cells["flagged"].sum() < len(cells):
        which = "no cell" if not cells["flagged"].any() else "every cell"
        msg = (
            f"{which} of {cell_km:g} km in the corridor is flagged on more than half of its ground: "
            "there is nothing to compare; take other zones or a smaller cell_km"
        )
        raise NoOverlapError(msg)
    layers = dict(held_equal or {}) | {"the border": corridor.border.line.to_crs("EPSG:4326")}
    for column, what in DISTANCES.items():
        if layers.get(what) is not None:
            cells[column] = _mean_distance_km(cells, _geometries(layers[what], what))
    cells = cells.reset_index(drop=True)
    cells.attrs = {**about, "kinds": kinds, "unknown_km2": unknown_km2}
    return cells


def counts_in_cells(where: IntArray, n_cells: int) -> IntArray:
    """
    Count events by cell, once for every imputation.

    Parameters
    ----------
    where
        Cell of each event, ``(events, draws)``, -1 for none.
    n_cells
        Number of cells.

    Returns
    -------
    IntArray
        Counts, shape ``(draws, n_cells)``.

    Raises
    ------
    InvalidParameterError
        If the cells of the events are no table of whole numbers, or one is not among the cells.

    Examples
    --------
    >>> counts_in_cells(np.array([[0, 1], [0, -1]]), 2)
    array([[2, 0],
           [0, 1]])
    """
    n_cells = check_whole(n_cells, "n_cells")
    if (
        np.ndim(where) != 2
        or not np.issubdtype(where.dtype, np.integer)
        or (where >= n_cells).any()
    ):
        msg = f"where must be cells from -1 to {n_cells - 1}, of shape (events, draws), got {shown(where)}"
        raise InvalidParameterError(msg)
    draws = where.shape[1]
    slot = np.arange(draws) * n_cells + where
    found = np.bincount(slot[where >= 0], minlength=draws * n_cells)
    return found.reshape(draws, n_cells)


class CellFinder:
    """Finds the cell that holds a position; positions outside the corridor have none."""

    def __init__(self, cells: gpd.GeoDataFrame) -> None:
        self.side_m = 1e3 * cells.attrs["cell_km"]
        self.x0, self.y0 = cells.attrs["origin_m"]
        self.to_cells = Transformer.from_crs("EPSG:4326", cells.crs, always_xy=True)
        row, column = cells["row"].to_numpy(), cells["column"].to_numpy()
        self.index = np.full((row.max() + 1, column.max() + 1), -1, dtype=np.int64)
        self.index[row, column] = np.arange(len(cells))
        self.shapes = cells.geometry.to_numpy()
        whole = cells["area_km2"].to_numpy() > (1 - 1e-9) * cells.attrs["cell_km"] ** 2
        self.clipped = ~whole
        shapely.prepare(self.shapes)

    def __call__(self, lonlat: FloatArray) -> IntArray:
        """Give the cell of each position, -1 for none."""
        placed = ~np.isnan(lonlat[..., 0])
        where = np.full(placed.shape, -1, dtype=np.int64)
        if not placed.any():
            return where
        x, y = self.to_cells.transform(lonlat[placed][:, 0], lonlat[placed][:, 1])
        column = np.floor((np.asarray(x) - self.x0) / self.side_m)
        row = np.floor((np.asarray(y) - self.y0) / self.side_m)
        n_rows, n_columns = self.index.shape
        near = (row >= 0) & (row < n_rows) & (column >= 0) & (column < n_columns)
        cell = np.full(len(x), -1, dtype=np.int64)
        cell[near] = self.index[row[near].astype(int), column[near].astype(int)]
        doubtful = np.flatnonzero((cell >= 0) & self.clipped[cell])
        shapes = self.shapes[cell[doubtful]]
        outside = ~shapely.contains_xy(shapes, x[doubtful], y[doubtful])
        cell[doubtful[outside]] = -1
        where[placed] = cell
        return where


def _equal_area_about(ground: BaseGeometry) -> CRS:
    # Equal area, so that a cell has the same ground wherever it lies; about the middle of the strip,
    # where its shape is least bent. A ground in two halves may have its centroid outside of both.
    lon, lat = shapely.get_coordinates(shapely.point_on_surface(ground))[0]
    middle = ground.centroid
    if not middle.is_empty:
        lon, lat = middle.x, middle.y
    return CRS.from_dict({"proj": "laea", "lat_0": round(lat, 4), "lon_0": round(lon, 4)})


def _projected(shape: BaseGeometry, crs: CRS) -> BaseGeometry:
    projected: BaseGeometry = gpd.GeoSeries([shape], crs="EPSG:4326").to_crs(crs).iloc[0]
    return projected


def _squares(outline: BaseGeometry, crs: CRS, side_m: float) -> gpd.GeoDataFrame:
    west, south, east, north = outline.bounds
    x0, y0 = (float(np.floor(edge / side_m) * side_m) for edge in (west, south))
    n_columns = int(np.ceil((east - x0) / side_m))
    n_rows = int(np.ceil((north - y0) / side_m))
    if n_rows * n_columns > _LARGEST_GRID:
        msg = (
            f"cell_km {side_m / 1e3:g} makes a grid of {n_rows:,} by {n_columns:,} cells; take cells "
            "of a kilometre or more"
        )
        raise InvalidParameterError(msg)
    row, column = (a.ravel() for a in np.indices((n_rows, n_columns)))
    squares = shapely.box(
        x0 + column * side_m, y0 + row * side_m, x0 + (column + 1) * side_m, y0 + (row + 1) * side_m
    )
    shapely.prepare(outline)
    # Squares inside need no cutting, which is what takes time.
    touched = shapely.intersects(outline, squares)
    row, column, squares = row[touched], column[touched], squares[touched]
    clipped = ~shapely.contains_properly(outline, squares)
    squares[clipped] = shapely.intersection(squares[clipped], outline)
    area = shapely.area(squares) / 1e6
    some = area > 0
    cells = gpd.GeoDataFrame(
        {"row": row[some], "column": column[some], "area_km2": area[some]},
        geometry=squares[some],
        crs=crs,
    )
    cells.attrs = {"cell_km": side_m / 1e3, "origin_m": (x0, y0)}
    return cells


def _flagged(
    flags: gpd.GeoDataFrame | xr.DataArray, cells: gpd.GeoDataFrame
) -> tuple[FloatArray, FloatArray, tuple[str, ...]]:
    """Share of each cell that is flagged, share that is known, and the kinds of flag."""
    if isinstance(flags, gpd.GeoDataFrame):
        share = _share_in_polygons(_geometries(flags, "the zones"), cells)
        kinds = flags["kind"].astype(str).unique().tolist() if "kind" in flags.columns else []
        return share, np.ones(len(cells)), tuple(sorted(kinds))
    if isinstance(flags, xr.DataArray):
        share, known = _share_in_raster(flags, cells)
        return share, known, (str("flag" if flags.name is None else flags.name),)
    msg = (
        "flags must be a GeoDataFrame of zones or a DataArray that is 1 on flagged ground, got a "
        f"{type(flags).__name__}"
    )
    raise DataError(msg)


def _share_in_polygons(zones: gpd.GeoSeries, cells: gpd.GeoDataFrame) -> FloatArray:
    flat = zones.to_crs(cells.crs).to_numpy()
    if not np.isin(shapely.get_type_id(flat), (3, 6)).all():
        msg = "the zones must be polygons: lines and points have no ground to compare"
        raise DataError(msg)
    # One shape: where zones overlap, flagged ground counts once.
    union = shapely.union_all(shapely.make_valid(flat))
    shapely.prepare(union)
    squares = cells.geometry.to_numpy()
    share = np.zeros(len(cells))
    touched = shapely.intersects(union, squares)
    both = shapely.area(shapely.intersection(squares[touched], union))
    share[touched] = np.minimum(1.0, both / shapely.area(squares[touched]))
    return share


def _share_in_raster(flags: xr.DataArray, cells: gpd.GeoDataFrame) -> tuple[FloatArray, FloatArray]:
    grid, values = Grid.of(flags), np.asarray(flags.to_numpy(), dtype=float)
    x, y = (np.asarray(flags[axis].to_numpy(), dtype=float) for axis in ("x", "y"))
    if np.unique(values[np.isfinite(values)]).size > 2:
        msg = (
            f"the raster {'of flags' if flags.name is None else flags.name} holds more than two values: pass one that is 1 on "
            "flagged ground and 0 elsewhere, such as layer >= 2"
        )
        raise DataError(msg)
    to_lonlat = Transformer.from_crs(grid.crs, "EPSG:4326", always_xy=True)
    lon, lat = to_lonlat.transform(*(a.ravel() for a in np.meshgrid(x, y)))
    cell = CellFinder(cells)(np.column_stack([lon, lat]))
    inside = cell >= 0
    n_cells, flat = len(cells), values.ravel()
    every = np.bincount(cell[inside], minlength=n_cells)
    known = inside & np.isfinite(flat)
    seen = np.bincount(cell[known], minlength=n_cells)
    on = np.bincount(cell[known], weights=flat[known], minlength=n_cells)
    # A sliver of a cell may hold no raster cell at all: its flag is not known.
    return on / np.maximum(seen, 1), seen / np.maximum(every, 1)


def _geometries(layer: Any, what: str) -> gpd.GeoSeries:
    if not isinstance(layer, (gpd.GeoDataFrame, gpd.GeoSeries)):
        msg = f"{what} must be given as a GeoDataFrame, got a {type(layer).__name__}"
        raise DataError(msg)
    check_has_crs(layer, what)
    shapes = layer.geometry
    shapes = shapes[~(shapes.isna() | shapes.is_empty)]
    if shapes.empty:
        msg = f"{what} hold no geometry; leave them out if there are none"
        raise DataError(msg)
    return shapes


def _mean_distance_km(cells: gpd.GeoDataFrame, layer: gpd.GeoSeries) -> FloatArray:
    """Mean distance over the points of a cell that lie in the corridor."""
    flat = layer.to_crs(cells.crs).to_numpy()
    tree = shapely.STRtree(shapely.get_parts(flat))
    step = (np.arange(_SAMPLES) + 0.5) / _SAMPLES
    shapes = cells.geometry.to_numpy()
    west, south, east, north = shapely.bounds(shapes).T
    fx, fy = (a.ravel() for a in np.meshgrid(step, step))
    x = west[:, None] + (east - west)[:, None] * fx
    y = south[:, None] + (north - south)[:, None] * fy
    inside = shapely.contains_xy(shapes[:, None], x, y)
    # Slivers may hold none of the points: a point inside them stands in.
    none = ~inside.any(axis=1)
    anchor = shapely.get_coordinates(shapely.point_on_surface(shapes[none]))
    x[none, 0], y[none, 0], inside[none, 0] = anchor[:, 0], anchor[:, 1], True
    points = shapely.points(x[inside], y[inside])
    (asked, _), apart = tree.query_nearest(points, return_distance=True, all_matches=False)
    distance = np.full(x.shape, np.nan)
    found = np.empty(len(points))
    found[asked] = apart
    distance[inside] = found
    return np.asarray(np.nanmean(distance, axis=1) / 1e3)
