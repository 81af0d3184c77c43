"""Classes of land cover maps, and what each says about bare ground and the going."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from borderzone._cellwise import cellwise
from borderzone._guards import check_choice, guard_room
from borderzone.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xarray as xr

__all__ = [
    "LAND_COVER",
    "NO_COVER",
    "CoverClass",
    "bare_share",
    "bareness",
    "surface_speed_factor",
]


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

    Examples
    --------
    >>> LAND_COVER["igbp"][16].name, LAND_COVER["igbp"][16].bare
    ('barren', True)
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


def _classes(source: str, rows: Mapping[int, tuple[str, float, float]]) -> Mapping[int, CoverClass]:
    return MappingProxyType(
        {
            value: CoverClass(
                name=name,
                bare=bareness >= 1,
                bareness=bareness,
                speed_factor=speed,
                source=source,
            )
            for value, (name, bareness, speed) in rows.items()
        }
    )


# Class, bareness, speed factor. Open shrubland has 10 to 60 % cover: 1 - 0.35.
LAND_COVER: Mapping[str, Mapping[int, CoverClass]] = MappingProxyType(
    {
        "igbp": _classes(
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
        "worldcover": _classes(
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

NO_COVER = {"igbp": 255, "worldcover": 0}


def bare_share(landcover: xr.DataArray, scheme: str = "igbp") -> xr.DataArray:
    """
    Share of bare ground in each cell of a land cover map.

    Bare is the barren class only: IGBP 16, WorldCover 60. A cell holds one
    class, so the share is 0 or 1 until the raster is averaged to larger cells.

    Parameters
    ----------
    landcover
        Raster of classes; no data is NaN, or 255 (IGBP) or 0 (WorldCover).
    scheme
        Legend of the map, ``"igbp"`` or ``"worldcover"``.

    Returns
    -------
    xarray.DataArray
        Share from 0 to 1, float32; NaN where the class is unknown.

    Raises
    ------
    InvalidParameterError
        If the scheme is unknown.
    DataError
        If the raster holds a value that is no class of the scheme.

    References
    ----------
    .. [1] Sulla-Menashe, D. and Friedl, M. (2018). User Guide to Collection 6
       MODIS Land Cover (MCD12Q1 and MCD12C1) Product. USGS, Reston.
    .. [2] Zanaga, D. et al. (2022). ESA WorldCover 10 m 2021 v200.
       doi:10.5281/zenodo.7254221

    Examples
    --------
    >>> import xarray as xr
    >>> cover = xr.DataArray([[16, 7, 255]], dims=("y", "x"))
    >>> bare_share(cover).values
    array([[ 1.,  0., nan]], dtype=float32)
    """
    return _looked_up(landcover, scheme, "bare", "share of bare ground", name="bare_share")


def bareness(landcover: xr.DataArray, scheme: str = "igbp") -> xr.DataArray:
    """
    Degree to which the land cover is bare, for the difficulty index.

    Softer than `bare_share`: open shrubland counts 0.65 and grassland 0.3.
    `LAND_COVER` holds all values; those without a cover in the class
    definition are assumptions.

    Parameters
    ----------
    landcover
        Raster of classes; no data is NaN, or 255 (IGBP) or 0 (WorldCover).
    scheme
        Legend of the map, ``"igbp"`` or ``"worldcover"``.

    Returns
    -------
    xarray.DataArray
        Bareness from 0 to 1, float32; NaN where the class is unknown.

    Raises
    ------
    InvalidParameterError
        If the scheme is unknown.
    DataError
        If the raster holds a value that is no class of the scheme.

    Examples
    --------
    >>> import xarray as xr
    >>> bareness(xr.DataArray([[16, 7, 255]], dims=("y", "x"))).values
    array([[1.  , 0.65,  nan]], dtype=float32)
    """
    return _looked_up(landcover, scheme, "bareness", "ground without plants", name="bareness")


def surface_speed_factor(landcover: xr.DataArray, scheme: str = "igbp") -> xr.DataArray:
    """
    Off-road vehicle speed on the land cover, relative to bare ground.

    The values of `LAND_COVER` are assumptions in the manner of the
    cross-country movement overlays of FM 5-33 [1]_. Soft sand, gypsum crust
    and mud after rain are not in a land cover map, and not in here.

    Parameters
    ----------
    landcover
        Raster of classes; no data is NaN, or 255 (IGBP) or 0 (WorldCover).
    scheme
        Legend of the map, ``"igbp"`` or ``"worldcover"``.

    Returns
    -------
    xarray.DataArray
        Factor from 0 (no vehicle goes) to 1, float32; NaN where the class is
        unknown.

    Raises
    ------
    InvalidParameterError
        If the scheme is unknown.
    DataError
        If the raster holds a value that is no class of the scheme.

    References
    ----------
    .. [1] Department of the Army (1990). FM 5-33, Terrain Analysis.

    Examples
    --------
    >>> import xarray as xr
    >>> surface_speed_factor(xr.DataArray([[16, 12, 0]], dims=("y", "x"))).values
    array([[1. , 0.7, 0. ]], dtype=float32)
    """
    return _looked_up(
        landcover, scheme, "speed_factor", "off-road speed against bare ground", "surface_factor"
    )


def _looked_up(
    landcover: xr.DataArray, scheme: str, field: str, long_name: str, name: str
) -> xr.DataArray:
    check_choice(scheme, "scheme", LAND_COVER)
    found: xr.DataArray = cellwise(
        lambda layers: _from_classes(layers["cover"], scheme, field, long_name, name),
        {"cover": landcover},
    )
    return found


def _from_classes(
    landcover: xr.DataArray, scheme: str, field: str, long_name: str, name: str
) -> xr.DataArray:
    classes = LAND_COVER[scheme]
    values = landcover.to_numpy()
    known = np.isfinite(values) & (values != NO_COVER[scheme])
    codes = np.where(known, values, 0).astype(np.int64)
    found = np.unique(codes[known])
    wrong = [str(code) for code in found if code not in classes]
    if wrong or (codes[known] != values[known]).any():
        msg = (
            f"the land cover holds {', '.join(wrong) or 'fractions'}, which is no class of "
            f"{scheme!r} ({', '.join(map(str, classes))}); no data is {NO_COVER[scheme]} or NaN. "
            "Name the legend of the map: scheme here, landcover_scheme in a study"
        )
        raise DataError(msg)
    table = np.full(256, np.nan, dtype=np.float32)
    for code, entry in classes.items():
        table[code] = getattr(entry, field)
    result = landcover.copy(data=np.where(known, table[codes], np.float32(np.nan)))
    result.name = name
    kept = {key: landcover.attrs[key] for key in ("crs",) if key in landcover.attrs}
    result.attrs = kept | {"units": "1", "long_name": long_name, "scheme": scheme}
    return result


guard_room(globals(), __all__)
