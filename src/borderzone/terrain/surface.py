"""What covers the ground and what lies under it: bare ground, soluble rock, aridity."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from borderzone._guards import guard_room
from borderzone._placing import cells_inside
from borderzone.crs import check_has_crs
from borderzone.errors import DataError, InvalidParameterError
from borderzone.terrain.cover import (
    LAND_COVER,
    CoverClass,
    bare_share,
    bareness,
    surface_speed_factor,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from borderzone._typing import FloatArray
    from borderzone.grid import Grid

__all__ = [
    "ARIDITY_CLASSES",
    "LAND_COVER",
    "CoverClass",
    "aridity_class",
    "bare_share",
    "bareness",
    "describe",
    "karst_rank",
    "surface_speed_factor",
]


# Upper break of the aridity index P/PET (UNEP 1992, World Atlas of Desertification).
ARIDITY_CLASSES: Mapping[str, float] = MappingProxyType(
    {
        "hyper-arid": 0.05,
        "arid": 0.20,
        "semi-arid": 0.50,
        "dry sub-humid": 0.65,
        "humid": float("inf"),
    }
)

_UNKNOWN = 255


def aridity_class(aridity_index: xr.DataArray) -> xr.DataArray:
    """
    UNEP aridity class: 0 hyper-arid, 1 arid, 2 semi-arid, 3 dry sub-humid, 4 humid.

    Parameters
    ----------
    aridity_index
        Precipitation over potential evapotranspiration, per year.

    Returns
    -------
    xarray.DataArray
        Class, uint8, 255 where the index is unknown.

    Raises
    ------
    InvalidParameterError
        If an index is negative.

    References
    ----------
    .. [1] UNEP (1992). World Atlas of Desertification. Edward Arnold, London.

    Examples
    --------
    >>> import xarray as xr
    >>> aridity_class(xr.DataArray([[0.03, 0.05, 0.3, 0.7]], dims=("y", "x"))).values
    array([[0, 1, 2, 4]], dtype=uint8)
    """
    values = np.asarray(aridity_index.to_numpy(), dtype=np.float64)
    if (values < 0).any():
        msg = f"aridity_index must be 0 or more, got {np.nanmin(values):g}; mask no data as NaN"
        raise InvalidParameterError(msg)
    classes = np.digitize(values, list(ARIDITY_CLASSES.values())[:-1]).astype(np.uint8)
    classes[np.isnan(values)] = _UNKNOWN
    result = aridity_index.copy(data=classes)
    result.name = "aridity_class"
    result.attrs |= {
        "units": "1",
        "long_name": "aridity class",
        "flag_values": [0, 1, 2, 3, 4, _UNKNOWN],
        "flag_meanings": " ".join(n.replace(" ", "_") for n in [*ARIDITY_CLASSES, "unknown"]),
    }
    return result


def karst_rank(karst: gpd.GeoDataFrame, grid: Grid) -> xr.DataArray:
    """
    Rank of susceptibility to karst of the mapped soluble rock in each cell.

    A cell takes the highest rank of the polygons that hold its centre; a centre on an outline
    belongs to the polygon whose western or southern edge that is. Outside mapped rock the rank is unknown, not zero.

    Parameters
    ----------
    karst
        Polygons with a column ``susceptibility``, 1 low to 3 high, and
        ``accuracy_km`` where it is known.
    grid
        Grid to fill.

    Returns
    -------
    xarray.DataArray
        Rank 1 to 3, float32, NaN outside; ``attrs["accuracy_km"]`` is the
        largest of the polygons.

    Raises
    ------
    CRSMismatchError
        If the polygons have no CRS.
    DataError
        If the column is missing, or holds another rank.

    Examples
    --------
    >>> import geopandas as gpd
    >>> import shapely
    >>> from affine import Affine
    >>> from pyproj import CRS
    >>> from borderzone.grid import Grid
    >>> grid = Grid(shape=(1, 3), transform=Affine(10, 0, 0, 0, -10, 10), crs=CRS(32637))
    >>> rock = gpd.GeoDataFrame(
    ...     {"susceptibility": [2]}, geometry=[shapely.box(0, 0, 12, 10)], crs=32637
    ... )
    >>> karst_rank(rock, grid).values
    array([[ 2., nan, nan]], dtype=float32)
    """
    ranks = checked_ranks(karst)
    flat = np.zeros(grid.shape[0] * grid.shape[1], dtype=np.float32)
    for rank, polygon in zip(ranks, projected(karst, grid), strict=True):
        inside = cells_inside(polygon, grid)
        flat[inside] = np.maximum(flat[inside], np.float32(rank))
    flat[flat == 0] = np.nan
    values = flat.reshape(grid.shape)
    layer = grid.wrap(
        values, name="karst_rank", units="1", long_name="karst susceptibility of mapped rock"
    )
    if "accuracy_km" in karst and len(karst):
        layer.attrs["accuracy_km"] = float(karst["accuracy_km"].max())
    return layer


def describe(
    landcover: xr.DataArray | None,
    karst: gpd.GeoDataFrame | None,
    grid: Grid,
    aridity: xr.DataArray | None = None,
    scheme: str = "igbp",
) -> xr.Dataset:
    """
    All that is known of the surface, as the difficulty flags take it.

    Parameters
    ----------
    landcover
        Raster of classes on the grid, or None where there is no map.
    karst
        Polygons of soluble rock, or None where none is mapped.
    grid
        Grid of the study.
    aridity
        Aridity index P/PET on the grid, if there is one.
    scheme
        Legend of the land cover map.

    Returns
    -------
    xarray.Dataset
        ``bare_share``, ``bareness`` and ``karst_rank``, NaN where unknown;
        ``surface_factor`` where there is a land cover map and
        ``aridity_index`` where there is one.

    Raises
    ------
    GridMismatchError
        If a raster does not lie on the grid.
    DataError
        If a class or a rank is unknown.

    Examples
    --------
    >>> from affine import Affine
    >>> from pyproj import CRS
    >>> from borderzone.grid import Grid
    >>> grid = Grid(shape=(1, 2), transform=Affine(10, 0, 0, 0, -10, 10), crs=CRS(32637))
    >>> cover = grid.wrap(np.array([[16, 10]], dtype=np.uint8), name="landcover")
    >>> sorted(describe(cover, None, grid).data_vars)
    ['bare_share', 'bareness', 'karst_rank', 'surface_factor']
    """
    unknown = np.full(grid.shape, np.nan, dtype=np.float32)
    layers: dict[str, xr.DataArray] = {}
    if landcover is None:
        layers["bare_share"] = grid.wrap(unknown, units="1", long_name="share of bare ground")
        layers["bareness"] = grid.wrap(unknown, units="1", long_name="ground without plants")
    else:
        grid.check(landcover, "the land cover")
        layers["bare_share"] = bare_share(landcover, scheme)
        layers["bareness"] = bareness(landcover, scheme)
        layers["surface_factor"] = surface_speed_factor(landcover, scheme)
    layers["karst_rank"] = (
        grid.wrap(unknown, units="1", long_name="karst susceptibility of mapped rock")
        if karst is None
        else karst_rank(karst, grid)
    )
    if landcover is not None and landcover.chunks is not None:
        layers["karst_rank"] = layers["karst_rank"].chunk(dict(landcover.chunksizes))
    if aridity is not None:
        layers["aridity_index"] = grid.check(aridity, "the aridity index").astype(np.float32)
    # One set of coordinates: those of the grid, whatever rounding the inputs carry.
    return xr.Dataset(
        {
            name: grid.wrap(layer.data, name=name).assign_attrs(
                {key: value for key, value in layer.attrs.items() if key != "crs"}
            )
            for name, layer in layers.items()
        }
    )


def projected(polygons: gpd.GeoDataFrame, grid: Grid) -> list[Any]:
    """Project polygons into the frame of a grid, their long edges kept true."""
    # A straight edge in degrees is a curve in the grid's frame: give it vertices first.
    step = 0.02 if polygons.crs.is_geographic else 2_000.0
    return list(polygons.geometry.segmentize(step).to_crs(grid.crs))


def checked_ranks(karst: gpd.GeoDataFrame) -> FloatArray:
    """Read the ranks of a map of rock."""
    check_has_crs(karst, "the karst polygons")
    if "susceptibility" not in karst:
        msg = (
            "the karst polygons need a column 'susceptibility' with ranks 1 to 3, "
            f"got columns {', '.join(map(str, karst.columns))}"
        )
        raise DataError(msg)
    ranks = karst["susceptibility"].to_numpy()
    wrong = sorted({str(rank) for rank in ranks if rank not in (1, 2, 3)})
    if wrong:
        msg = f"susceptibility must be 1, 2 or 3, got {', '.join(wrong)}"
        raise DataError(msg)
    return np.asarray(ranks, dtype=np.float32)


guard_room(globals(), __all__)
