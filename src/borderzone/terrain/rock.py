"""Soluble rock: ranked from the maps that a user may have, and laid on a grid."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import geopandas as gpd
import numpy as np

from borderzone._cells import cells_inside, projected
from borderzone._guards import check_choice
from borderzone.crs import check_has_crs
from borderzone.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import xarray as xr

    from borderzone._typing import FloatArray
    from borderzone.grid import Grid

__all__ = ["GLIM_CLASSES", "GLIM_RANKS", "WOKAM_RANKS", "check_karst", "karst_rank", "soluble_rock"]

# WOKAM: Chen, Z. et al. (2017), Hydrogeology Journal 25, 771-785. GLiM: Hartmann, J. and Moosdorf, N.
# (2012), Geochemistry Geophysics Geosystems 13, Q12004. Rank of susceptibility, 1 low to 3 high, by rock. An assumption: caves that people can enter form
# best in thick limestone; gypsum dissolves faster, but its caves are small and fall in.
WOKAM_RANKS: Mapping[str, int] = MappingProxyType(
    {
        "carbonate, continuous": 3,
        "carbonate, discontinuous": 2,
        "evaporite, continuous": 2,
        "evaporite, discontinuous": 1,
        "mixed carbonate and evaporite": 2,
    }
)
GLIM_RANKS: Mapping[str, int] = MappingProxyType({"sc": 3, "ev": 2, "sm": 1})
GLIM_CLASSES: Mapping[str, str] = MappingProxyType(
    {
        "su": "unconsolidated sediments",
        "ss": "siliciclastic sedimentary rocks",
        "sm": "mixed sedimentary rocks",
        "sc": "carbonate sedimentary rocks",
        "ev": "evaporites",
        "py": "pyroclastics",
        "va": "acid volcanic rocks",
        "vi": "intermediate volcanic rocks",
        "vb": "basic volcanic rocks",
        "pa": "acid plutonic rocks",
        "pi": "intermediate plutonic rocks",
        "pb": "basic plutonic rocks",
        "mt": "metamorphics",
        "wb": "water bodies",
        "ig": "ice and glaciers",
        "nd": "no data",
    }
)
# Half a millimetre on the printed map of 1 : 40 million, and a millimetre on sheets that average
# 1 : 3.75 million. Units: km.
WOKAM_ACCURACY_KM = 20.0
GLIM_ACCURACY_KM = 4.0
# Words first: the codes of `rock_type` stand in words in `RTypeLabel`.
_WOKAM_COLUMNS = ("rtypelabel", "rock_type", "rocktype", "karst_type", "type", "class")
_GLIM_COLUMNS = ("xx", "litho")


def soluble_rock(
    polygons: gpd.GeoDataFrame,
    *,
    scheme: Literal["ranks", "GLiM", "WOKAM"] | None = None,
    column: str | None = None,
) -> tuple[gpd.GeoDataFrame, str]:
    """
    Rank the soluble rock of a map, which its columns tell.

    Parameters
    ----------
    polygons
        Polygons with ranks of your own, 1 low to 3 high, in ``susceptibility``; or of the World Karst
        Aquifer Map [1]_, with a column of words that say carbonate, evaporite or both, and
        continuous (over 65 % of the ground) or discontinuous (15 to 65 %); or of the Global
        Lithological Map [2]_ with its codes: two letters in ``xx``, or six in ``Litho``, of which the
        first two count.
    scheme
        Which map it is; told from the columns when left out.
    column
        Name of the column of WOKAM or GLiM when it is called otherwise.

    Returns
    -------
    tuple
        Polygons with ``susceptibility`` and, of WOKAM and GLiM, ``name`` and ``accuracy_km``; and which
        map it was. Of GLiM other rocks are left out: there the susceptibility stays unknown.

    Raises
    ------
    InvalidParameterError
        If the scheme is unknown.
    DataError
        If it is none of the maps, a column is missing or holds an unknown rock or rank, or none is
        soluble.
    CRSMismatchError
        If polygons with ranks have no CRS.

    References
    ----------
    .. [1] Chen, Z. et al. (2017). The World Karst Aquifer Mapping project: concept, mapping procedure
       and map of Europe. Hydrogeology Journal 25, 771-785.
       https://doi.org/10.1007/s10040-016-1519-3
    .. [2] Hartmann, J., Moosdorf, N. (2012). The new global lithological map database GLiM: a
       representation of rock properties at the Earth surface. Geochemistry Geophysics Geosystems
       13, Q12004. https://doi.org/10.1029/2012GC004370

    Examples
    --------
    >>> import shapely
    >>> lithology = gpd.GeoDataFrame(
    ...     {"xx": ["sc", "mt"]}, geometry=[shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)], crs=4326
    ... )
    >>> rock, kind = soluble_rock(lithology)
    >>> kind, rock[["name", "susceptibility"]].to_numpy().tolist()
    ('GLiM', [['carbonate sedimentary rocks', 3]])
    """
    if scheme is None:
        scheme = _scheme_of(polygons)
    check_choice(scheme, "scheme", ("ranks", "GLiM", "WOKAM"))
    if scheme == "ranks":
        check_karst(polygons)
        return polygons, scheme
    rank = _rank_glim if scheme == "GLiM" else _rank_wokam
    return rank(polygons, column), scheme


def check_karst(karst: gpd.GeoDataFrame) -> FloatArray:
    """Refuse polygons of soluble rock without a CRS or without ranks 1 to 3, and give the ranks."""
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


def karst_rank(karst: gpd.GeoDataFrame, grid: Grid) -> xr.DataArray:
    """Give each cell the highest rank of the polygons that hold its centre, NaN outside: unknown, not 0."""
    ranks = check_karst(karst)
    # Polygons of two maps may overlap: the higher rank counts, whatever their order.
    flat = np.zeros(grid.shape[0] * grid.shape[1], dtype=np.float32)
    for rank, polygon in zip(ranks, projected(karst, grid), strict=True):
        inside = cells_inside(polygon, grid)
        flat[inside] = np.maximum(flat[inside], np.float32(rank))
    flat[flat == 0] = np.nan
    values = flat.reshape(grid.shape)
    layer = grid.wrap(
        values, name="karst_rank", units="1", long_name="karst susceptibility of mapped rock"
    )
    # The worst of the polygons speaks for the layer: a cell does not say which of them it is from.
    if "accuracy_km" in karst and len(karst):
        layer.attrs["accuracy_km"] = float(karst["accuracy_km"].max())
    return layer


def _scheme_of(polygons: gpd.GeoDataFrame) -> Literal["ranks", "GLiM", "WOKAM"]:
    if "susceptibility" in polygons:
        return "ranks"
    if _named(polygons, _GLIM_COLUMNS) is not None:
        return "GLiM"
    if _named(polygons, _WOKAM_COLUMNS) is not None:
        return "WOKAM"
    msg = (
        "the karst polygons need a column susceptibility with ranks 1 to 3, or the columns of GLiM "
        f"(xx or Litho) or WOKAM (rock_type); got {', '.join(map(str, polygons.columns))}"
    )
    raise DataError(msg)


def _rank_wokam(polygons: gpd.GeoDataFrame, column: str | None) -> gpd.GeoDataFrame:
    name = column or _named(polygons, _WOKAM_COLUMNS)
    if name is None or name not in polygons:
        msg = (
            "these polygons have no column that says which rock, such as rock_type; got columns "
            f"{', '.join(map(str, polygons.columns))}; name it with column="
        )
        raise DataError(msg)
    rocks = [_wokam_rock(value) for value in polygons[name]]
    wrong = sorted({str(v) for v, rock in zip(polygons[name], rocks, strict=True) if not rock})
    if wrong:
        msg = (
            f"{name} holds {', '.join(map(repr, wrong[:5]))}; a rock of WOKAM is one of "
            f"{'; '.join(WOKAM_RANKS)}. Put words in place of codes"
        )
        raise DataError(msg)
    return _ranked(polygons, rocks, [WOKAM_RANKS[rock] for rock in rocks], WOKAM_ACCURACY_KM)


def _rank_glim(polygons: gpd.GeoDataFrame, column: str | None) -> gpd.GeoDataFrame:
    name = column or _named(polygons, _GLIM_COLUMNS)
    if name is None or name not in polygons:
        msg = (
            "these polygons have neither a column xx nor Litho with codes of GLiM; got columns "
            f"{', '.join(map(str, polygons.columns))}; name it with column="
        )
        raise DataError(msg)
    codes = [str(value).strip().lower()[:2] for value in polygons[name]]
    wrong = sorted(set(codes) - set(GLIM_CLASSES))
    if wrong:
        msg = (
            f"{name} holds {', '.join(map(repr, wrong[:5]))}; the codes of GLiM begin with "
            f"{', '.join(GLIM_CLASSES)}"
        )
        raise DataError(msg)
    soluble = np.array([code in GLIM_RANKS for code in codes], dtype=np.bool_)
    if not soluble.any():
        msg = (
            "no polygon is soluble rock: GLiM calls them sc, ev or sm; hand over polygons that lie on "
            "the corridor, or leave karst out"
        )
        raise DataError(msg)
    kept = [code for code, keep in zip(codes, soluble, strict=True) if keep]
    names = [GLIM_CLASSES[code] for code in kept]
    return _ranked(polygons[soluble], names, [GLIM_RANKS[code] for code in kept], GLIM_ACCURACY_KM)


def _named(polygons: gpd.GeoDataFrame, wanted: Sequence[str]) -> str | None:
    known = {str(column).lower(): str(column) for column in polygons.columns}
    return next((known[name] for name in wanted if name in known), None)


def _wokam_rock(value: Any) -> str:
    words = str(value).lower()
    carbonate, evaporite = "carbonat" in words, "evaporit" in words
    if carbonate and evaporite:
        return "mixed carbonate and evaporite"
    if not (carbonate or evaporite):
        return ""
    broken = re.search(r"dis-?continuous", words) is not None
    return f"{'carbonate' if carbonate else 'evaporite'}, {'dis' if broken else ''}continuous"


def _ranked(
    polygons: gpd.GeoDataFrame, names: list[str], ranks: list[int], accuracy_km: float
) -> gpd.GeoDataFrame:
    columns = {"susceptibility": ranks, "name": names, "accuracy_km": accuracy_km}
    shapes = polygons.geometry.to_numpy()
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=polygons.crs)
