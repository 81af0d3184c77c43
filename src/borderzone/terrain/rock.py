"""Soluble rock from the maps that a user may have: WOKAM, GLiM, or ranks of their own."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np

from borderzone._guards import guard_room
from borderzone.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "GLIM_CLASSES",
    "GLIM_RANKS",
    "WOKAM_RANKS",
    "from_glim",
    "from_wokam",
    "recognised",
]

# Rank of susceptibility, 1 low to 3 high, by rock. An assumption: caves that people can enter form
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


def from_wokam(polygons: gpd.GeoDataFrame, *, column: str | None = None) -> gpd.GeoDataFrame:
    """
    Rank the rocks of the World Karst Aquifer Map.

    Parameters
    ----------
    polygons
        Polygons of the map [1]_ with a column of words that say carbonate, evaporite or both,
        and continuous (over 65 % of the ground) or discontinuous (15 to 65 %).
    column
        Name of that column; ``RTypeLabel``, ``rock_type`` or one like it when left out.

    Returns
    -------
    GeoDataFrame
        ``susceptibility`` by `WOKAM_RANKS`, ``name``, ``accuracy_km`` and the polygons.

    Raises
    ------
    DataError
        If the column is missing, or says something else.

    References
    ----------
    .. [1] Chen, Z. et al. (2017). The World Karst Aquifer Mapping project: concept, mapping procedure
       and map of Europe. Hydrogeology Journal 25, 771-785.
       https://doi.org/10.1007/s10040-016-1519-3

    Examples
    --------
    >>> import shapely
    >>> karst = gpd.GeoDataFrame(
    ...     {"rock_type": ["Carbonate rocks, discontinuous"]}, geometry=[shapely.box(0, 0, 1, 1)], crs=4326
    ... )
    >>> from_wokam(karst)["susceptibility"].tolist()
    [2]
    """
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


def from_glim(polygons: gpd.GeoDataFrame, *, column: str | None = None) -> gpd.GeoDataFrame:
    """
    Take the soluble rocks of the Global Lithological Map, with a rank each.

    Parameters
    ----------
    polygons
        Polygons of the map [1]_ with its codes: two letters in ``xx``, or six in ``Litho``, of which
        the first two count.
    column
        Name of that column when it is called otherwise.

    Returns
    -------
    GeoDataFrame
        Carbonates, evaporites and mixed sediments with ``susceptibility`` by `GLIM_RANKS`,
        ``name``, ``accuracy_km`` and the polygons. Other rocks are left out: there the
        susceptibility stays unknown.

    Raises
    ------
    DataError
        If the column is missing, holds a code that GLiM has not, or no rock is soluble.

    References
    ----------
    .. [1] Hartmann, J., Moosdorf, N. (2012). The new global lithological map database GLiM: a
       representation of rock properties at the Earth surface. Geochemistry Geophysics Geosystems
       13, Q12004. https://doi.org/10.1029/2012GC004370

    Examples
    --------
    >>> import shapely
    >>> lithology = gpd.GeoDataFrame(
    ...     {"xx": ["sc", "mt"]}, geometry=[shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)], crs=4326
    ... )
    >>> from_glim(lithology)[["name", "susceptibility"]].to_numpy().tolist()
    [['carbonate sedimentary rocks', 3]]
    """
    name = column or _named(polygons, ("xx", "litho"))
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


def recognised(polygons: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, str]:
    """
    Read a map of rock by what its columns say.

    Parameters
    ----------
    polygons
        Polygons with ``susceptibility``, or of GLiM or WOKAM.

    Returns
    -------
    tuple
        Polygons with ``susceptibility``, and which map it was: ``"ranks"``, ``"GLiM"`` or ``"WOKAM"``.

    Raises
    ------
    DataError
        If it is none of them, or holds an unknown rock.

    Examples
    --------
    >>> import shapely
    >>> map_of_rock = gpd.GeoDataFrame(
    ...     {"Litho": ["evmx__"]}, geometry=[shapely.box(0, 0, 1, 1)], crs=4326
    ... )
    >>> recognised(map_of_rock)[1]
    'GLiM'
    """
    if "susceptibility" in polygons:
        return polygons, "ranks"
    if _named(polygons, ("xx", "litho")) is not None:
        return from_glim(polygons), "GLiM"
    if _named(polygons, _WOKAM_COLUMNS) is not None:
        return from_wokam(polygons), "WOKAM"
    msg = (
        "the karst polygons need a column susceptibility with ranks 1 to 3, or the columns of GLiM "
        f"(xx or Litho) or WOKAM (rock_type); got {', '.join(map(str, polygons.columns))}"
    )
    raise DataError(msg)


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


guard_room(globals(), __all__)
