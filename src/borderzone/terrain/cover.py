"""What covers the ground: classes of land cover maps, bare ground and the going, beside rock and aridity."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from borderzone._cells import cellwise
from borderzone._guards import check_choice
from borderzone.errors import DataError
from borderzone.grid import UNKNOWN_CLASS
from borderzone.terrain.rock import karst_rank

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from borderzone.grid import Grid

__all__ = ["LAND_COVER", "CoverClass", "CoverLegend", "cover_layers", "surface"]


@dataclass(frozen=True, kw_only=True)
class CoverClass:
    """
    One class of a land cover map and what it says about the going.

    Attributes
    ----------
    name
        Name of the class.
    bare
        Whether the class is bare ground.
    bareness
        Share of the ground without plant cover, 0 to 1, from the cover that
        defines the class where it has one, else an assumption.
    speed_factor
        Off-road vehicle speed relative to bare ground, 0 where no vehicle
        goes; an assumption, open to change.
    source
        Where the definition is from.
    """

    name: str
    bare: bool
    bareness: float
    speed_factor: float
    source: str


_IGBP = (
    "class and cover: Sulla-Menashe and Friedl (2018), User Guide to Collection 6 MODIS Land "
    "Cover, table 3; bareness without a stated cover and speed factor: assumption"
)
_WORLDCOVER = (
    "class and cover: Zanaga et al. (2022), ESA WorldCover 10 m 2021 v200, "
    "doi:10.5281/zenodo.7254221; bareness without a stated cover and speed factor: assumption"
)


@dataclass(frozen=True, kw_only=True)
class CoverLegend:
    """
    What the values of a land cover map stand for.

    Attributes
    ----------
    classes
        Class by value.
    no_data
        Value where the map says nothing.
    """

    classes: Mapping[int, CoverClass]
    no_data: int


def _legend(no_data: int, source: str, rows: Mapping[int, tuple[str, float, float]]) -> CoverLegend:
    classes = {
        value: CoverClass(
            name=name, bare=bareness >= 1, bareness=bareness, speed_factor=speed, source=source
        )
        for value, (name, bareness, speed) in rows.items()
    }
    return CoverLegend(classes=MappingProxyType(classes), no_data=no_data)


# Class, bareness, speed factor. Open shrubland has 10 to 60 % cover: 1 - 0.35.
LAND_COVER: Mapping[str, CoverLegend] = MappingProxyType(
    {
        "igbp": _legend(
            UNKNOWN_CLASS,
            _IGBP,
            {
                0: ("water", 0.0, 0.0),
                1: ("evergreen needleleaf forest", 0.05, 0.3),
                2: ("evergreen broadleaf forest", 0.05, 0.3),
                3: ("deciduous needleleaf forest", 0.05, 0.3),
                4: ("deciduous broadleaf forest", 0.05, 0.3),
                5: ("mixed forest", 0.05, 0.3),
                6: ("closed shrubland", 0.2, 0.6),
                7: ("open shrubland", 0.65, 0.9),
                8: ("woody savanna", 0.1, 0.5),
                9: ("savanna", 0.2, 0.8),
                10: ("grassland", 0.3, 1.0),
                11: ("permanent wetland", 0.0, 0.2),
                12: ("cropland", 0.2, 0.7),
                13: ("urban and built-up", 0.0, 1.0),
                14: ("cropland and natural vegetation", 0.2, 0.7),
                15: ("permanent snow and ice", 0.0, 0.3),
                16: ("barren", 1.0, 1.0),
                17: ("water", 0.0, 0.0),
            },
        ),
        "worldcover": _legend(
            0,
            _WORLDCOVER,
            {
                10: ("tree cover", 0.05, 0.3),
                20: ("shrubland", 0.5, 0.9),
                30: ("grassland", 0.3, 1.0),
                40: ("cropland", 0.2, 0.7),
                50: ("built-up", 0.0, 1.0),
                60: ("bare or sparse vegetation", 1.0, 1.0),
                70: ("snow and ice", 0.0, 0.3),
                80: ("permanent water", 0.0, 0.0),
                90: ("herbaceous wetland", 0.0, 0.2),
                95: ("mangroves", 0.0, 0.1),
                100: ("moss and lichen", 0.2, 0.9),
            },
        ),
    }
)

# Layers of a map of cover: what they are of a class, and how they are called.
_LAYERS = {
    "bare_share": ("bare", "share of bare ground"),
    "bareness": ("bareness", "ground without plants"),
    "surface_factor": ("speed_factor", "off-road speed against bare ground"),
}


def surface(
    landcover: xr.DataArray | None,
    karst: gpd.GeoDataFrame | None,
    grid: Grid,
    aridity: xr.DataArray | None = None,
    scheme: str = "igbp",
) -> xr.Dataset:
    """
    All that is known of what covers the ground and of the rock below, as the difficulty flags take it.

    Bare is the barren class alone: a cell holds one class, so its share is 0 or 1 until the raster is
    averaged to larger cells. Bareness is softer: open shrubland counts 0.65, grassland 0.3. The factor of
    speed is in the manner of the cross-country movement overlays of FM 5-33 [1]_; soft sand, gypsum
    crust and mud after rain are not in a land cover map, and not in it.

    Parameters
    ----------
    landcover
        Raster of classes on the grid, or None where there is no map. No data is NaN or ``no_data`` of the legend in `LAND_COVER`.
    karst
        Polygons of soluble rock with ``susceptibility``, as of `soluble_rock`, or None where none is
        mapped. A cell has the highest rank of the polygons that hold its centre.
    grid
        Grid of the study.
    aridity
        Aridity index P/PET on the grid, if there is one.
    scheme
        Legend of the land cover map, ``"igbp"`` or ``"worldcover"``.

    Returns
    -------
    xarray.Dataset
        ``bare_share`` and ``bareness`` (ground without plants), 0 to 1, and ``karst_rank``, 1 to 3,
        NaN where unknown; with a land cover map ``surface_factor``, the off-road speed of a vehicle over
        that on bare ground, and ``aridity_index`` where there is one.

    Raises
    ------
    GridMismatchError
        If a raster does not lie on the grid.
    CRSMismatchError
        If the polygons have no CRS.
    InvalidParameterError
        If the scheme is unknown.
    DataError
        If a class or a rank is unknown.

    References
    ----------
    .. [1] Department of the Army (1990). FM 5-33, Terrain Analysis.

    Examples
    --------
    >>> from affine import Affine
    >>> from pyproj import CRS
    >>> from borderzone.grid import Grid
    >>> grid = Grid(shape=(1, 2), transform=Affine(10, 0, 0, 0, -10, 10), crs=CRS(32637))
    >>> cover = grid.wrap(np.array([[16, 10]], dtype=np.uint8), name="landcover")
    >>> sorted(surface(cover, None, grid).data_vars)
    ['bare_share', 'bareness', 'karst_rank', 'surface_factor']
    """
    unknown = np.full(grid.shape, np.nan, dtype=np.float32)
    layers: dict[str, xr.DataArray] = {}
    if landcover is None:
        for name in ("bare_share", "bareness"):
            layers[name] = grid.wrap(unknown, units="1", long_name=_LAYERS[name][1])
    else:
        grid.check(landcover, "the land cover")
        layers |= {str(name): layer for name, layer in cover_layers(landcover, scheme).items()}
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


def cover_layers(landcover: xr.DataArray, scheme: str) -> xr.Dataset:
    """Look up what the classes of a map say: bare share, bareness and factor of speed, NaN where unknown."""
    check_choice(scheme, "scheme", LAND_COVER)
    found: xr.Dataset = cellwise(
        lambda layers: _looked_up(layers["cover"], scheme), {"cover": landcover}
    )
    return found


def _looked_up(landcover: xr.DataArray, scheme: str) -> xr.Dataset:
    classes, no_data = LAND_COVER[scheme].classes, LAND_COVER[scheme].no_data
    values = landcover.to_numpy()
    # Codes are looked up in a table of 256: any map of cover is of bytes, and a look-up beats a search.
    known = np.isfinite(values) & (values != no_data)
    codes = np.where(known, values, 0).astype(np.int64)
    found = np.unique(codes[known])
    wrong = [str(code) for code in found if code not in classes]
    if wrong or (codes[known] != values[known]).any():
        msg = (
            f"the land cover holds {', '.join(wrong) or 'fractions'}, which is no class of "
            f"{scheme!r} ({', '.join(map(str, classes))}); no data is {no_data} or NaN. "
            "Name the legend of the map: scheme here, landcover_scheme in a study"
        )
        raise DataError(msg)
    kept = {key: landcover.attrs[key] for key in ("crs",) if key in landcover.attrs}
    layers = {}
    for name, (field, long_name) in _LAYERS.items():
        table = np.full(256, np.nan, dtype=np.float32)
        for code, entry in classes.items():
            table[code] = getattr(entry, field)
        layer = landcover.copy(data=np.where(known, table[codes], np.float32(np.nan)))
        layer.attrs = kept | {"units": "1", "long_name": long_name, "scheme": scheme}
        layers[name] = layer
    return xr.Dataset(layers)
