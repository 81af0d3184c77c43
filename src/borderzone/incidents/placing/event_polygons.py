"""Districts and provinces in which vague events are placed, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from borderzone._guards import guarded, written_option
from borderzone.crs import in_degrees
from borderzone.errors import InvalidGeometryError, NoOverlapError
from borderzone.incidents.placing import precision
from borderzone.incidents.placing.covered_ground import corridor_outline
from borderzone.incidents.table_coverage import country_words, row_countries
from borderzone.incidents.table_schema import is_usable

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from borderzone._typing import BoolArray
    from borderzone.corridor import Corridor

__all__ = ["EventPolygons"]

_LEVELS = {"districts": "admin2", "provinces": "admin1"}
_EDGE_DEG = 0.1
_MOST_SHARED = 0.05  # of the smaller of two polygons: edges of two sources never agree to the metre


@guarded
@dataclass(frozen=True, kw_only=True, eq=False)
class EventPolygons:
    """
    Districts and provinces in which events are placed that are known to no more.

    Attributes
    ----------
    districts, provinces
        Polygons, EPSG:4326, as from `layer`; None where there are none.
    own
        Names of those that the user gave, of which is told what they placed.

    Examples
    --------
    >>> EventPolygons(districts=None, provinces=None).own
    ()
    """

    districts: gpd.GeoDataFrame | None
    provinces: gpd.GeoDataFrame | None
    own: tuple[str, ...] = ()

    @staticmethod
    def layer(table: gpd.GeoDataFrame, name: str, corridor: Corridor) -> gpd.GeoDataFrame:
        """
        Take polygons that lie beside each other and reach a corridor.

        Parameters
        ----------
        table
            Polygons with a CRS.
        name
            ``"districts"`` or ``"provinces"``, for messages.
        corridor
            The corridor.

        Returns
        -------
        GeoDataFrame
            The polygons, mended, EPSG:4326.

        Raises
        ------
        CRSMismatchError
            If the layer has no CRS.
        InvalidGeometryError
            If a row is no polygon, or two share ground.
        NoOverlapError
            If none reaches the corridor.
        """
        polygons = _polygons(table, name)
        _check_reach(polygons, name, corridor)
        return polygons

    def regions(self, events: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """
        Give each event the region in which it may lie.

        Parameters
        ----------
        events
            Table from `read`.

        Returns
        -------
        GeoDataFrame
            As from `borderzone.incidents.regions`.
        """
        return precision.regions(events, admin1=self.provinces, admin2=self.districts)

    def told(self, events: gpd.GeoDataFrame, placed: gpd.GeoDataFrame) -> tuple[str, ...]:
        """
        Say which layer placed how many events, and how many lie in none.

        Parameters
        ----------
        events
            Table from `read`.
        placed
            Their regions.

        Returns
        -------
        tuple[str, ...]
            Sentences.

        Raises
        ------
        NoOverlapError
            If a layer of the user places none of the events that need it, or only some of a country's.
        """
        words = []
        basis = placed["basis"].astype(str)
        excluded = (placed["kind"] == "excluded").to_numpy()
        for name, level in _LEVELS.items():
            needed = _known_to(events, level)
            one = name.removesuffix("s")
            inside = basis.str.startswith(f"{level} polygon").to_numpy() & needed
            n, n_in, n_none = int(needed.sum()), int(inside.sum()), int((needed & excluded).sum())
            if name in self.own:
                if n and not n_in:
                    msg = (
                        f"{name}: none of the {n:,} incidents known only to a {one} lies in these "
                        f"polygons; check the layer and its CRS, or leave {name} out"
                    )
                    raise NoOverlapError(msg)
                _refuse_part(name, getattr(self, name), events, needed & ~inside, inside)
                words.append(_words(one, n, n_in, n_none))
            elif n_none:
                words.append(
                    f"{_incidents(n_none)} known only to a {one} {_lie(n_none)} in no polygon of this "
                    f"study and {'is' if n_none == 1 else 'are'} left out: "
                    f"{written_option(name, f'{name}.gpkg')} places them."
                )
        return tuple(words)


def _refuse_part(
    name: str,
    layer: gpd.GeoDataFrame,
    events: gpd.GeoDataFrame,
    lacking: BoolArray,
    inside: BoolArray,
) -> None:
    """Refuse a layer that holds some of a country's incidents and not others: it does not cover it."""
    rows = np.flatnonzero(lacking)
    if not len(rows):
        return
    # What lies within some 10 km of a polygon lies beside an edge that was drawn otherwise.
    nearest = layer.geometry.to_numpy()[
        layer.sindex.nearest(events.geometry.iloc[rows], return_all=False)[1]
    ]
    far = rows[shapely.distance(nearest, events.geometry.to_numpy()[rows]) > _EDGE_DEG]
    countries = row_countries(events)
    reached = {code for row in np.flatnonzero(inside) for code in countries[row]}
    mine = [row for row in far if reached & set(countries[row])]
    if mine:
        codes = sorted(reached & {code for row in mine for code in countries[row]})
        one = name.removesuffix("s")
        msg = (
            f"{name}: these polygons do not cover {country_words(codes)}: {_incidents(len(mine))} known only "
            f"to a {one} {_lie(len(mine))} in none of them, and others do. Give {name} of the whole country, "
            f"or leave {name} out"
        )
        raise NoOverlapError(msg)


def _words(one: str, n: int, n_in: int, n_none: int) -> str:
    if not n:
        return f"No incident is known only to a {one}: the {one}s given place none."
    other = n - n_in - n_none
    rest = [f"{other:,} in their province"] if other else []
    rest += (
        [f"{n_none:,} {_lie(n_none)} in none and {'is' if n_none == 1 else 'are'} left out"]
        if n_none
        else []
    )
    more = f"; {' and '.join(rest)}" if rest else ""
    return (
        f"Of {_incidents(n)} known only to a {one} {n_in:,} are placed in the {one}s given{more}."
    )


def _incidents(number: int) -> str:
    return f"{number:,} incident{'' if number == 1 else 's'}"


def _lie(number: int) -> str:
    return "lies" if number == 1 else "lie"


def _known_to(events: gpd.GeoDataFrame, level: str) -> BoolArray:
    """Tell which usable incidents stand under a code that is known to a polygon of a level."""
    books = precision.CODEBOOKS
    schemes = events["where_scheme"].fillna("").astype(str).str.strip().str.lower()
    codes = events["where_prec"].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    pairs = pd.Series(list(zip(schemes.replace("", "ucdp"), codes, strict=True)))
    is_known = {
        pair: (known := books.get(pair[0], {}).get(pair[1])) is not None
        and (known.shape, known.level) == ("polygon", level)
        for pair in set(pairs)
    }
    by_code = ~(events["radius_km"] > 0).to_numpy(dtype=bool) & is_usable(events)
    found: BoolArray = pairs.map(is_known).to_numpy(dtype=bool) & by_code
    return found


def _polygons(layer: gpd.GeoDataFrame, name: str) -> gpd.GeoDataFrame:
    """Take polygons that lie beside each other, in degrees."""
    table = in_degrees(layer, name).reset_index(drop=True)
    shapes = table.geometry
    odd = ~shapes.geom_type.isin(("Polygon", "MultiPolygon")) | shapes.is_empty
    if not len(table) or odd.any():
        what = "it has no rows"
        if len(table):
            row = int(np.flatnonzero(odd)[0])
            kind = shapes.iloc[row].geom_type if shapes.iloc[row] else "shape without ground"
            what = f"row {row + 1} is a {kind}"
        msg = f"{name} must be polygons, one for each {name.removesuffix('s')}: {what}"
        raise InvalidGeometryError(msg)
    valid = shapely.make_valid(shapes.to_numpy())
    kept = [_areas_alone(shape) for shape in valid]
    table = table.set_geometry(gpd.GeoSeries(kept, crs=4326))
    _refuse_overlaps(np.asarray(kept, dtype=object), name)
    return table


def _areas_alone(shape: BaseGeometry) -> BaseGeometry:
    """Leave out the lines and points that mending a polygon leaves."""
    if shape.geom_type in ("Polygon", "MultiPolygon"):
        return shape
    return shapely.union_all([p for p in shapely.get_parts(shape) if shapely.area(p) > 0])


def _refuse_overlaps(shapes: NDArray[np.object_], name: str) -> None:
    """Refuse two polygons that share ground: the one that holds a point would hang on their order."""
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = first < second
    first, second = first[pairs], second[pairs]
    if not len(first):
        return
    area = shapely.area(shapes)
    shared = shapely.area(shapely.intersection(shapes[first], shapes[second]))
    wrong = np.flatnonzero(shared > _MOST_SHARED * np.minimum(area[first], area[second]))
    if len(wrong):
        a, b = int(first[wrong[0]]) + 1, int(second[wrong[0]]) + 1
        msg = (
            f"{name} overlap: rows {a} and {b} share ground ({_pairs(len(wrong))} in all); give "
            "polygons of one level, which lie beside each other"
        )
        raise InvalidGeometryError(msg)


def _pairs(number: int) -> str:
    return f"{number:,} pair{'' if number == 1 else 's'}"


def _check_reach(table: gpd.GeoDataFrame, name: str, corridor: Corridor) -> None:
    outline = corridor_outline(corridor)
    if shapely.intersects(table.geometry.to_numpy(), outline).any():
        return
    box = ", ".join(f"{edge:.1f}" for edge in table.total_bounds)
    there = ", ".join(f"{edge:.1f}" for edge in shapely.bounds(outline))
    msg = (
        f"{name}: none of these polygons reaches the corridor (west, south, east, north: they lie in {box}, "
        f"the corridor in {there}); check the layer and its CRS, or leave {name} out"
    )
    raise NoOverlapError(msg)
