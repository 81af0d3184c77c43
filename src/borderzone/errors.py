"""Every exception borderzone raises on purpose."""

from borderzone._guards.escapes import block

__all__ = [
    "BorderNotFoundError",
    "BorderzoneError",
    "CRSMismatchError",
    "CoverageGapError",
    "DataError",
    "GridMismatchError",
    "InvalidGeometryError",
    "InvalidParameterError",
    "InvalidScenarioError",
    "LimitError",
    "NetworkError",
    "NoOverlapError",
    "NotProjectedError",
    "OutputError",
    "RejectedRowsError",
    "SeveralSectionsError",
    "ShapeMismatchError",
]


class BorderzoneError(ValueError):
    """
    Base of all borderzone errors: catch this to catch them all.

    Examples
    --------
    >>> import borderzone as bz
    >>> try:
    ...     bz.Border.between("Iraq", "Egypt")
    ... except bz.BorderzoneError as error:
    ...     print(type(error).__name__)
    BorderNotFoundError
    """

    def __str__(self) -> str:
        """Say what is wrong, with no character in it that a terminal or log would obey."""
        return block(super().__str__())


class BorderNotFoundError(BorderzoneError):
    """
    A country name is unknown, or two countries share no land border.

    Examples
    --------
    >>> import borderzone as bz
    >>> bz.Border.between("Iraq", "Egypt")
    Traceback (most recent call last):
        ...
    borderzone.errors.BorderNotFoundError: Iraq and Egypt share no land border...
    """


class CRSMismatchError(BorderzoneError):
    """
    A coordinate reference system is missing, or two of them differ.

    Examples
    --------
    >>> import geopandas as gpd
    >>> import borderzone as bz
    >>> bz.crs.check_has_crs(gpd.GeoSeries.from_wkt(["POINT (40 33)"]), "the roads")
    Traceback (most recent call last):
        ...
    borderzone.errors.CRSMismatchError: the roads have no CRS; set it, for example with .set_crs('EPSG:4326')
    """


class CoverageGapError(BorderzoneError):
    """
    A raster does not cover the ground it was asked for.

    Examples
    --------
    >>> import numpy as np
    >>> import borderzone as bz
    >>> grid = bz.Grid.covering((0, 0, 60, 30), resolution_m=30, crs="EPSG:32637")
    >>> grid.check_cover(np.array([[True, False]]), "elevation", needed=np.array([[True, True]]))
    Traceback (most recent call last):
        ...
    borderzone.errors.CoverageGapError: elevation: no data for 50.0% of the corridor's cells, 0.0009 km2...
    """


class DataError(BorderzoneError):
    """
    A file cannot be read, or is not what its name says.

    Examples
    --------
    >>> import borderzone as bz
    >>> bz.io.sha256("no_such_file")
    Traceback (most recent call last):
        ...
    borderzone.errors.DataError: checksum: 'no_such_file' cannot be read...
    """


class GridMismatchError(BorderzoneError):
    """
    Two rasters do not share shape, transform and CRS.

    Examples
    --------
    >>> import numpy as np
    >>> import borderzone as bz
    >>> fine = bz.Grid.covering((0, 0, 60, 60), resolution_m=15, crs="EPSG:32637")
    >>> coarse = bz.Grid.covering((0, 0, 60, 60), resolution_m=30, crs="EPSG:32637")
    >>> coarse.check(fine.wrap(np.zeros(fine.shape)), "slope")
    Traceback (most recent call last):
        ...
    borderzone.errors.GridMismatchError: slope has (4, 4) cells, the grid (2, 2); warp it onto the grid
    """


class InvalidGeometryError(BorderzoneError):
    """
    A line or polygon is empty, broken or crosses itself.

    Examples
    --------
    >>> import shapely
    >>> import borderzone as bz
    >>> bz.Border.from_line(shapely.LineString([(41, 34), (41, 34)]), left="west", right="east")
    Traceback (most recent call last):
        ...
    borderzone.errors.InvalidGeometryError: the line is empty: a border needs at least two different points
    """


class InvalidParameterError(BorderzoneError):
    """
    A number or name is outside what is allowed.

    Examples
    --------
    >>> import borderzone as bz
    >>> bz.Border.between("IRQ", "SYR").between_km(200, 900)
    Traceback (most recent call last):
        ...
    borderzone.errors.InvalidParameterError: a and b must lie on the border, from 0 to 598.889 km, a below b, got 200 and 900...
    """


class InvalidScenarioError(BorderzoneError):
    """
    A scenario asks for something impossible.

    Examples
    --------
    >>> import borderzone as bz
    >>> bz.Scenario(draws=5)
    Traceback (most recent call last):
        ...
    borderzone.errors.InvalidScenarioError: draws = 5: Input should be greater than or equal to 100
    """


class LimitError(BorderzoneError):
    """
    An input is larger than the stated limit.

    Examples
    --------
    >>> import borderzone as bz
    >>> with bz.io.limits(table_columns=2):
    ...     bz.io.Limits.now().check("table_columns", 3, "columns", "the table")
    Traceback (most recent call last):
        ...
    borderzone.errors.LimitError: the table holds 3 columns or more, the limit is 2...
    """


class NetworkError(BorderzoneError):
    """A server cannot be reached, refuses, or delivers something else than asked for."""


class NoOverlapError(BorderzoneError):
    """
    Two inputs have no area in common.

    Examples
    --------
    >>> import numpy as np
    >>> import borderzone as bz
    >>> here = bz.Grid.covering((0, 0, 60, 60), resolution_m=30, crs="EPSG:32637")
    >>> there = bz.Grid.covering((9000, 0, 9060, 60), resolution_m=30, crs="EPSG:32637")
    >>> bz.io.warp(here.wrap(np.zeros((2, 2), np.float32), name="slope"), there)
    Traceback (most recent call last):
        ...
    borderzone.errors.NoOverlapError: slope: no data anywhere in the area asked for, lon 34.59 to 34.59, lat 0.00 to 0.00; use data that lie there
    """


class NotProjectedError(BorderzoneError):
    """
    A metric operation was asked of data in degrees.

    Examples
    --------
    >>> import xarray as xr
    >>> import borderzone as bz
    >>> axes = {"y": [33.1, 33.0], "x": [40.0, 40.1]}
    >>> dem = xr.DataArray([[200.0, 210.0], [205.0, 220.0]], axes, attrs={"crs": "EPSG:4326"})
    >>> bz.terrain.slope(dem)
    Traceback (most recent call last):
        ...
    borderzone.errors.NotProjectedError: the elevation raster is in WGS 84, measured in degree...
    """


class OutputError(BorderzoneError):
    """
    An output folder or file cannot be written as asked.

    Examples
    --------
    >>> import pandas as pd
    >>> import borderzone as bz
    >>> bz.io.write_csv(pd.DataFrame({"km": [1]}), "no_such_folder/a.csv")
    Traceback (most recent call last):
        ...
    borderzone.errors.OutputError: there is no folder 'no_such_folder' to write 'a.csv' into
    """


class RejectedRowsError(BorderzoneError):
    """
    More rows of a table are unusable than is allowed.

    Examples
    --------
    >>> import pandas as pd
    >>> import borderzone as bz
    >>> events = bz.incidents.read(pd.DataFrame({"lat": [33, 340], "lon": [41, 41]}))
    >>> bz.incidents.TableCheck(events).require_usable(limit=0.1)
    Traceback (most recent call last):
        ...
    borderzone.errors.RejectedRowsError: 1 of 2 rows (50%) cannot be used, more than the 10% allowed: out of range (1)...
    """


class SeveralSectionsError(BorderzoneError):
    """
    A corridor needs several frames where one was asked for.

    Examples
    --------
    >>> import borderzone as bz
    >>> corridor = bz.Corridor.around(bz.Border.between("ARG", "CHL"), depth_km=10)
    >>> corridor.grid(resolution_m=1000)
    Traceback (most recent call last):
        ...
    borderzone.errors.SeveralSectionsError: this corridor of 5186 km needs 5 sections, each with its own CRS and grid: use corridor.sections[i].grid() instead of corridor.grid()
    """


class ShapeMismatchError(BorderzoneError):
    """
    Two arrays that describe the same things differ in length.

    Examples
    --------
    >>> import numpy as np
    >>> import borderzone as bz
    >>> grid = bz.Grid.covering((0, 0, 60, 30), resolution_m=30, crs="EPSG:32637")
    >>> grid.wrap(np.zeros((2, 1)), name="slope")
    Traceback (most recent call last):
        ...
    borderzone.errors.ShapeMismatchError: slope has shape (2, 1), the grid (1, 2)
    """
