"""The grid that all rasters of a study share: shape, transform and CRS."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from affine import Affine
from pyproj import CRS, Transformer

from borderzone._guards import check_positive, check_whole, guard_room, shown
from borderzone._guards.escapes import line
from borderzone._guards.pages import card
from borderzone.crs import check_metric, crs_of, raster_crs
from borderzone.errors import (
    CoverageGapError,
    GridMismatchError,
    InvalidParameterError,
    NoOverlapError,
    ShapeMismatchError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from borderzone._typing import BoolArray, FloatArray

__all__ = ["Grid"]

# A cell of a raster of classes (uint8) of which nothing is known. Numbers have NaN for that; of the
# codes that a byte holds this one is the farthest from every legend that is read or written here.
UNKNOWN_CLASS = 255

# Mark in the encoding of a block whose raster's map was looked at as a whole.
MAP_KNOWN = "map_known"


@dataclass(frozen=True, kw_only=True)
class Grid:
    """
    Shape, transform and projected CRS shared by the rasters of a study.

    Rows run from high to low y, cells are square, and neither is rotated
    within its own frame.

    Attributes
    ----------
    shape
        Number of rows and columns.
    transform
        Affine transform from column and row to x and y of the upper left
        corner of a cell. Units: m.
    crs
        Projected CRS in metres.
    needed_by
        Tells which cells a study needs; None for any. A grid from a corridor
        knows the corridor's cells, so that data with a hole there are refused.

    Raises
    ------
    InvalidParameterError
        If the shape is empty, or the transform is rotated, not square or not
        north-up.
    NotProjectedError
        If the CRS is not a projected one in metres.

    Examples
    --------
    >>> grid = Grid(shape=(2, 3), transform=Affine(10, 0, 0, 0, -10, 20), crs=CRS(32637))
    >>> grid.resolution_m, grid.x, grid.y
    (10.0, array([ 5., 15., 25.]), array([15.,  5.]))
    """

    shape: tuple[int, int]
    transform: Affine
    crs: CRS
    needed_by: Callable[[Grid], BoolArray] | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse a grid that is empty, rotated or in degrees."""
        rows, columns = self.shape
        if int(rows) < 1 or int(columns) < 1:
            msg = f"a grid needs at least one row and one column, got shape {self.shape}"
            raise InvalidParameterError(msg)
        object.__setattr__(self, "shape", (int(rows), int(columns)))
        object.__setattr__(self, "crs", crs_of(self.crs, "the grid"))
        _check_square(self.transform, self.shape)
        # A picture of a continent has a grid too; what measures looks at the raster that comes in.
        check_metric(self.crs, None, "the grid")

    @property
    def resolution_m(self) -> float:
        """
        Side of a cell.

        Returns
        -------
        float
            Units: m.
        """
        return float(self.transform.a)

    @property
    def x(self) -> FloatArray:
        """
        Cell centres along a row.

        Returns
        -------
        FloatArray
            Rising coordinates, shape ``(columns,)``. Units: m.
        """
        return self.transform.c + (np.arange(self.shape[1]) + 0.5) * self.transform.a

    @property
    def y(self) -> FloatArray:
        """
        Cell centres along a column.

        Returns
        -------
        FloatArray
            Falling coordinates, shape ``(rows,)``. Units: m.
        """
        return self.transform.f + (np.arange(self.shape[0]) + 0.5) * self.transform.e

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """
        Outer edges of the grid.

        Returns
        -------
        tuple of float
            Left, bottom, right, top. Units: m.
        """
        left, top = self.transform.c, self.transform.f
        right = left + self.shape[1] * self.transform.a
        bottom = top + self.shape[0] * self.transform.e
        return (float(left), float(bottom), float(right), float(top))

    def refined(self, factor: int) -> Grid:
        """
        Grid on the same ground, each cell cut into smaller ones.

        Parameters
        ----------
        factor
            How many cells stand along the side of one.

        Returns
        -------
        Grid
            The finer grid; its cells nest in those of this one.

        Raises
        ------
        InvalidParameterError
            If the factor is not a whole number of at least 1.

        Examples
        --------
        >>> grid = Grid(shape=(2, 3), transform=Affine(10, 0, 0, 0, -10, 20), crs=CRS(32637))
        >>> grid.refined(5)
        Grid(10 x 15 cells of 2 m, WGS 84 / UTM zone 37N)
        """
        factor = check_whole(factor, "factor")
        rows, columns = self.shape
        step, left, top = self.resolution_m / factor, self.transform.c, self.transform.f
        return Grid(
            shape=(rows * factor, columns * factor),
            transform=Affine(step, 0.0, left, 0.0, -step, top),
            crs=self.crs,
            needed_by=self.needed_by,
        )

    def padded(self, cells: int) -> Grid:
        """
        Grid grown on every side.

        Parameters
        ----------
        cells
            Rows and columns that are added on each side.

        Returns
        -------
        Grid
            The wider grid, which no longer knows which cells a study needs.

        Examples
        --------
        >>> grid = Grid(shape=(2, 3), transform=Affine(10, 0, 0, 0, -10, 20), crs=CRS(32637))
        >>> grid.padded(1).shape, grid.padded(1).bounds
        ((4, 5), (-10.0, -10.0, 40.0, 30.0))
        """
        cells = check_whole(cells, "cells", lowest=0)
        rows, columns = self.shape
        step, left, top = self.resolution_m, self.transform.c, self.transform.f
        transform = Affine(step, 0.0, left - cells * step, 0.0, -step, top + cells * step)
        return Grid(
            shape=(rows + 2 * cells, columns + 2 * cells), transform=transform, crs=self.crs
        )

    def part(self, rows: slice, columns: slice) -> Grid:
        """
        Grid of some of the rows and columns.

        Parameters
        ----------
        rows, columns
            Which ones, with first and last.

        Returns
        -------
        Grid
            The part, in the same place.

        Examples
        --------
        >>> grid = Grid(shape=(2, 3), transform=Affine(10, 0, 0, 0, -10, 20), crs=CRS(32637))
        >>> grid.part(slice(1, 2), slice(0, 2)).bounds
        (0.0, 0.0, 20.0, 10.0)
        """
        for given in (rows, columns):
            if given.start is None or given.stop is None or given.step not in (None, 1):
                msg = f"rows and columns must have a first and a last, in steps of 1, got {given}"
                raise InvalidParameterError(msg)
        step, left, top = self.resolution_m, self.transform.c, self.transform.f
        return Grid(
            shape=(rows.stop - rows.start, columns.stop - columns.start),
            transform=Affine(
                step, 0.0, left + columns.start * step, 0.0, -step, top - rows.start * step
            ),
            crs=self.crs,
        )

    def needed_cells(self) -> BoolArray | None:
        """
        Tell which cells must have data.

        Returns
        -------
        BoolArray or None
            True where they must, shape of the grid; None where no cell must.

        Examples
        --------
        >>> from borderzone import Corridor
        >>> grid = Corridor.around(("IRQ", "SYR"), depth_km=50).grid(resolution_m=5000)
        >>> round(float(grid.needed_cells().mean()), 1)
        0.5
        """
        return None if self.needed_by is None else self.needed_by(self)

    @property
    def cell_area_km2(self) -> float:
        """
        Area of a cell in the plane of the grid.

        Returns
        -------
        float
            Units: km2.
        """
        return self.resolution_m**2 / 1e6

    def _repr_html_(self) -> str:
        """Show size, cell, edges and CRS."""
        (rows, columns), (left, bottom, right, top) = self.shape, self.bounds
        told = [
            ("cells", f"{rows:,} rows x {columns:,} columns = {rows * columns:,}"),
            ("cell", f"{self.resolution_m:g} m"),
            ("west, east", f"{left:,.0f} m, {right:,.0f} m"),
            ("south, north", f"{bottom:,.0f} m, {top:,.0f} m"),
            ("CRS", self.crs.name),
        ]
        return card("Grid", told)

    def __repr__(self) -> str:
        """Say size, cell and CRS in one line."""
        rows, columns = self.shape
        name = line(str(self.crs.name))
        return f"Grid({rows} x {columns} cells of {self.resolution_m:g} m, {name})"

    def wrap(
        self, values: Any, *, name: str | None = None, units: str = "", long_name: str = ""
    ) -> xr.DataArray:
        """
        Give an array the coordinates and the CRS of this grid.

        Parameters
        ----------
        values
            Array of shape `shape`; its type is kept.
        name
            Name of the raster.
        units
            Unit of the values, for the attributes.
        long_name
            What the values are, for the attributes.

        Returns
        -------
        xarray.DataArray
            Raster with dimensions ``("y", "x")``.

        Raises
        ------
        ShapeMismatchError
            If the array does not have the shape of the grid.

        Examples
        --------
        >>> grid = Grid.covering((0, 0, 60, 30), resolution_m=30, crs="EPSG:32637")
        >>> slope = grid.wrap(np.array([[1.5, 2.5]]), name="slope", units="degree")
        >>> slope.attrs["units"], slope["x"].to_numpy().tolist(), slope["y"].to_numpy().tolist()
        ('degree', [15.0, 45.0], [15.0])
        """
        shape = getattr(values, "shape", None)
        if not isinstance(shape, tuple) or shape != self.shape:
            told = f"shape {shape}" if isinstance(shape, tuple) else f"no shape ({shown(values)})"
            msg = f"{name or 'the array'} has {told}, the grid {self.shape}"
            raise ShapeMismatchError(msg)
        wkt = self.crs.to_wkt()
        spatial_ref = xr.DataArray(np.int64(0), attrs={"crs_wkt": wkt})
        return xr.DataArray(
            values,
            dims=("y", "x"),
            coords={"y": self.y, "x": self.x, "spatial_ref": spatial_ref},
            name=name,
            attrs={"units": units, "long_name": long_name, "crs": wkt},
        )

    def check(self, raster: xr.DataArray, name: str = "the raster") -> xr.DataArray:
        """
        Refuse a raster that does not lie on this grid.

        Parameters
        ----------
        raster
            Raster to look at.
        name
            Its name, for the message.

        Returns
        -------
        xarray.DataArray
            The same raster; its rows run from north to south, as the grid's.

        Raises
        ------
        GridMismatchError
            If its shape, cells or CRS differ from this grid's.

        Examples
        --------
        >>> grid = Grid.covering((0, 0, 60, 30), resolution_m=30, crs="EPSG:32637")
        >>> finer = Grid.covering((0, 0, 60, 30), resolution_m=15, crs="EPSG:32637")
        >>> grid.check(finer.wrap(np.zeros(finer.shape)), "slope")
        Traceback (most recent call last):
            ...
        borderzone.errors.GridMismatchError: slope has (2, 4) cells, the grid (1, 2); warp it onto the grid
        """
        other = Grid.of(raster)
        if other.shape != self.shape:
            msg = f"{name} has {other.shape} cells, the grid {self.shape}; warp it onto the grid"
            raise GridMismatchError(msg)
        shift = np.abs(np.subtract(other.bounds, self.bounds)).max()
        if shift > 1e-3 * self.resolution_m:
            msg = (
                f"{name} covers {_rounded(other.bounds)}, the grid {_rounded(self.bounds)}; "
                "warp it onto the grid"
            )
            raise GridMismatchError(msg)
        if other.crs != self.crs:
            msg = f"{name} is in {other.crs.name}, the grid in {self.crs.name}, or not with the same parameters"
            raise GridMismatchError(msg)
        return raster

    def check_cover(
        self,
        valid: BoolArray,
        what: str,
        *,
        needed: BoolArray | None = None,
        max_gap_share: float = 0.0,
    ) -> float:
        """
        Refuse data that leave needed cells of this grid without any.

        Parameters
        ----------
        valid
            Which cells have data, shape of the grid.
        what
            What the data are, for messages.
        needed
            Which cells must have some; None where no cell must, but one at least has.
        max_gap_share
            Share of the needed cells that may be without.

        Returns
        -------
        float
            Share of the needed cells that are without data; 0 where no cell must have some.

        Raises
        ------
        NoOverlapError
            If no cell has data.
        CoverageGapError
            If more of the needed cells have none; the message says which share, how large, and where.
        GridMismatchError
            If `needed` has another shape.

        Examples
        --------
        >>> grid = Grid.covering((0, 0, 60, 60), resolution_m=30, crs="EPSG:32637")
        >>> valid, needed = np.array([[True, False], [True, True]]), np.ones((2, 2), dtype=bool)
        >>> grid.check_cover(valid, "elevation", needed=needed, max_gap_share=0.5)
        0.25
        """
        wanted = np.ones(self.shape, bool) if needed is None else np.asarray(needed, bool)
        if wanted.shape != self.shape:
            msg = f"needed has shape {wanted.shape}, the grid {self.shape}"
            raise GridMismatchError(msg)
        where = "lon {} to {}, lat {} to {}".format(*_lonlat_box(self, wanted))
        if not (valid & wanted).any():
            msg = (
                f"{what}: no data anywhere in the area asked for, {where}; use data that lie there"
            )
            raise NoOverlapError(msg)
        missing = wanted & ~valid
        share = float(missing.sum() / wanted.sum())
        if needed is None or share <= max_gap_share:
            return 0.0 if needed is None else share
        gap = "lon {} to {}, lat {} to {}".format(*_lonlat_box(self, missing))
        size = missing.sum() * self.cell_area_km2
        km2 = f"{size:,.0f}" if size >= 10 else f"{size:.2g}"
        msg = (
            f"{what}: no data for {_percent(share)} of the corridor's cells, {km2} km2 ({gap}), more than "
            f"max_gap_share = {max_gap_share:g}; add tiles that cover them, choose a corridor inside the data, "
            f"name what of it is sea, or let them be unknown with max_gap_share = {_above(share):g}"
        )
        raise CoverageGapError(msg)

    @classmethod
    def of(cls, raster: xr.DataArray) -> Grid:
        """
        Grid on which a raster lies.

        Parameters
        ----------
        raster
            Raster with evenly spaced cell-centre coordinates ``x`` and ``y``
            and a CRS.

        Returns
        -------
        Grid
            Its grid, with rows from north to south whichever way those of the raster run.

        Raises
        ------
        GridMismatchError
            If its dimensions are not ``("y", "x")``, its coordinates are
            missing or uneven, its cells are not square, or it is rotated.
        CRSMismatchError
            If it has no CRS, or two that differ.
        NotProjectedError
            If its CRS is in degrees.

        Examples
        --------
        >>> grid = Grid.covering((0, 0, 60, 60), resolution_m=30, crs="EPSG:32637")
        >>> Grid.of(grid.wrap(np.zeros((2, 2)))).bounds
        (0.0, 0.0, 60.0, 60.0)
        """
        name = getattr(raster, "name", None)
        named = "the raster" if name is None else f"the raster {name!r}"
        crs, step_x, step_y = map_of(raster, named)
        step_x = step_x or abs(step_y) or 1.0
        step_y = step_y or -abs(step_x)
        left = float(raster["x"][0]) - step_x / 2
        top = float(raster["y"][0]) - step_y / 2
        shape = (raster.sizes["y"], raster.sizes["x"])
        try:
            return cls(shape=shape, transform=Affine(step_x, 0, left, 0, step_y, top), crs=crs)
        except InvalidParameterError as error:
            raise GridMismatchError(str(error)) from error

    @classmethod
    def covering(
        cls, bounds: tuple[float, float, float, float], *, resolution_m: float, crs: Any
    ) -> Grid:
        """
        Smallest grid over a box, its edges on multiples of the resolution.

        Parameters
        ----------
        bounds
            Left, bottom, right, top. Units: m.
        resolution_m
            Side of a cell. Units: m.
        crs
            Projected CRS of the box.

        Returns
        -------
        Grid
            The grid.

        Raises
        ------
        InvalidParameterError
            If the resolution is not above zero or the box is empty.

        Examples
        --------
        >>> Grid.covering((5, 5, 95, 50), resolution_m=30, crs="EPSG:32637").bounds
        (0.0, 0.0, 120.0, 60.0)
        """
        step = check_positive(resolution_m, "resolution_m", "m")
        left, bottom = (float(np.floor(edge / step + 1e-9)) * step for edge in bounds[:2])
        right, top = (float(np.ceil(edge / step - 1e-9)) * step for edge in bounds[2:])
        shape = (round((top - bottom) / step), round((right - left) / step))
        return cls(shape=shape, transform=Affine(step, 0, left, 0, -step, top), crs=crs)

    def blocks(self, size: int = 1024) -> Iterator[tuple[slice, slice]]:
        """
        Walk over the grid block by block, row by row.

        Parameters
        ----------
        size
            Rows and columns of a block; the last ones may be smaller.

        Yields
        ------
        tuple of slice
            Rows and columns of the block.

        Raises
        ------
        InvalidParameterError
            If `size` is not above zero.

        Examples
        --------
        >>> grid = Grid.covering((0, 0, 900, 600), resolution_m=300, crs=32637)
        >>> [(rows.stop, columns.stop) for rows, columns in grid.blocks(2)]
        [(2, 2), (2, 3)]
        """
        size = int(check_positive(size, "size", "cells"))
        rows, columns = self.shape
        for top in range(0, rows, size):
            for left in range(0, columns, size):
                yield (
                    slice(top, min(top + size, rows)),
                    slice(left, min(left + size, columns)),
                )


def map_of(raster: xr.DataArray, what: str) -> tuple[CRS, float, float]:
    """
    Find where a raster lies, and refuse one on which nothing can be measured.

    Every measurement on a raster begins here: one CRS that it carries, of which a metre is a metre
    of ground where the raster lies, and rows and columns along its axes, evenly spaced.
    """
    crs = raster_crs(raster, what)
    check_unturned(raster, what)
    if raster.dims != ("y", "x") or not {"x", "y"} <= set(raster.coords) or raster.size == 0:
        # Degrees first: whoever has them is helped by the call that projects.
        check_metric(crs, None, what)
        msg = (
            f"{what} needs dimensions ('y', 'x') alone, with coordinates and cells, got "
            f"{dict(raster.sizes)}; take one band (raster[0]), put rows first (raster.transpose('y', "
            "'x')), or give it the coordinates of its cells (grid.wrap)"
        )
        raise GridMismatchError(msg)
    centres = {axis: raster[axis].to_numpy() for axis in ("x", "y")}
    (left, right), (top, bottom) = (
        (float(along[0]), float(along[-1])) for along in centres.values()
    )
    if MAP_KNOWN not in raster.encoding:
        check_metric(crs, (left, bottom, right, top), what)
    step_x, step_y = (
        even_step(along, axis, what) if len(along) > 1 else 0.0 for axis, along in centres.items()
    )
    return crs, step_x, step_y


def edge_and_step(centres: FloatArray, axis: str, what: str) -> tuple[float, float]:
    """Find the outer edge of the first cell along an axis, and the step from cell to cell."""
    if len(centres) < 2:
        msg = f"{what} needs two cells or more along {axis}, got {len(centres)}: one does not say how wide it is"
        raise GridMismatchError(msg)
    step = even_step(np.asarray(centres, dtype=float), axis, what)
    return float(centres[0]) - step / 2, step


def check_cell_values(
    values: FloatArray, what: str, *, low: float = 0.0, high: float = np.inf
) -> None:
    """Refuse cells that hold what no such layer can; NaN is unknown, and an infinite height no bound."""
    wrong = values < low
    if high < np.inf:
        wrong |= values > high
    if wrong.any():
        allowed = f"lie between {low:g} and {high:g}" if high < np.inf else f"be {low:g} or more"
        msg = f"{what} must {allowed}, got {values[wrong][0]:g}; mask no data as NaN"
        raise InvalidParameterError(msg)


def even_step(centres: FloatArray, axis: str, what: str) -> float:
    """Find the step of coordinates that are evenly spaced."""
    steps = np.diff(centres)
    step = float(centres[-1] - centres[0]) / (len(centres) - 1)
    if not (np.isfinite(step) and step != 0 and np.abs(steps - step).max() <= 1e-3 * abs(step)):
        msg = f"the {axis} coordinates of {what} are not evenly spaced; interpolate it onto even ones first (raster.interp)"
        raise GridMismatchError(msg)
    return step


def check_unturned(raster: xr.DataArray, what: str) -> None:
    """Refuse a raster whose rows do not run along the axes of its map, as rioxarray tells it."""
    told = raster.coords["spatial_ref"].attrs if "spatial_ref" in raster.coords else {}
    numbers = str(told.get("GeoTransform", "")).split()
    if len(numbers) == 6 and any(float(numbers[place]) != 0 for place in (2, 4)):
        msg = (
            f"{what} is rotated: its rows do not run along the axes of its map; turn it north-up "
            "with gdalwarp before it is read"
        )
        raise GridMismatchError(msg)


def _check_square(transform: Affine, shape: tuple[int, int]) -> None:
    a, b, left, d, e, top = transform[:6]
    if b != 0 or d != 0:
        msg = f"a grid must not be rotated in its own frame, got transform {tuple(transform[:6])}"
        raise InvalidParameterError(msg)
    if not (np.isfinite([a, e]).all() and abs(a) > 0 and abs(abs(a) - abs(e)) <= 1e-6 * abs(a)):
        msg = f"cells must be square, got {a:g} by {e:g} m"
        raise InvalidParameterError(msg)
    if not (a > 0 and e < 0):
        edges = (left + min(a, 0) * shape[1], top + max(e, 0) * shape[0])
        msg = (
            f"rows of a grid run from north to south and columns from west to east, got steps of {a:g} "
            f"m and {e:g} m; use Affine({abs(a):g}, 0, {edges[0]:.12g}, 0, {-abs(e):g}, {edges[1]:.12g}) and turn what "
            "lies on it with array[::-1]"
        )
        raise InvalidParameterError(msg)


def _rounded(bounds: tuple[float, ...]) -> str:
    return "(" + ", ".join(f"{edge:.1f}" for edge in bounds) + ")"


def _above(share: float) -> float:
    """Round a share up to two digits."""
    step = 10.0 ** (math.floor(math.log10(share)) - 1)
    return min(1.0, math.ceil(share / step) * step)


def _percent(share: float) -> str:
    return f"{share:.1%}" if share >= 0.001 else "less than 0.1%"


def _lonlat_box(grid: Grid, cells: BoolArray) -> list[str]:
    rows, columns = np.nonzero(cells)
    if len(rows) == 0:
        rows, columns = np.array([0]), np.array([0])
    to_degrees = Transformer.from_crs(grid.crs, "EPSG:4326", always_xy=True)
    lon, lat = to_degrees.transform(grid.x[columns], grid.y[rows])
    return [f"{edge:.2f}" for edge in (lon.min(), lon.max(), lat.min(), lat.max())]


guard_room(globals(), __all__)
