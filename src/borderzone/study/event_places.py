"""In which polygons the incidents of a study may lie that are known only to a district or province."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from borderzone import datasets, incidents
from borderzone.crs import in_degrees
from borderzone.errors import InvalidGeometryError, NoOverlapError
from borderzone.incidents.hints import option
from borderzone.incidents.reading.table_coverage import country_words, row_countries
from borderzone.study.by_block import EMBEDDED
from borderzone.study.vectors import vector_layer

if TYPE_CHECKING:
    from borderzone._typing import BoolArray
    from borderzone.corridor import Corridor
    from borderzone.io.records import Record
    from borderzone.study.result import StudyResult

__all__ = ["EventPlaces", "regions_of"]

_LEVELS = {"districts": "admin2", "provinces": "admin1"}
_EDGE_DEG = 0.1
_MOST_SHARED = 0.05  # of the smaller of two polygons: edges of two sources never agree to the metre


@dataclass(frozen=True, kw_only=True, eq=False)
class EventPlaces:
    """
    The layers of a study in which vague incidents are placed.

    Attributes
    ----------
    districts, provinces
        Polygons, EPSG:4326; None where there are none.
    own
        Names of those that the user gave.
    """

    districts: gpd.GeoDataFrame | None
    provinces: gpd.GeoDataFrame | None
    own: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, districts: Any, provinces: Any, corridor: Corridor, records: list[Record]
    ) -> EventPlaces:
        """Read the layers, and refuse what no incident of this corridor can be placed in."""
        found: dict[str, gpd.GeoDataFrame | None] = {}
        for name, source in (("districts", districts), ("provinces", provinces)):
            if source is None or (isinstance(source, str) and source == EMBEDDED):
                found[name] = None if source is None else datasets.admin1()
                continue
            found[name] = _polygons(vector_layer(source, name, records), name)
            _check_reach(found[name], name, corridor)
        own = tuple(name for name, table in found.items() if table is not None)
        usual = isinstance(provinces, str) and provinces == EMBEDDED
        return cls(**found, own=tuple(name for name in own if name == "districts" or not usual))

    def regions(self, events: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """Give each incident the region in which it may lie."""
        return incidents.regions(events, admin1=self.provinces, admin2=self.districts)

    def told(self, events: gpd.GeoDataFrame, placed: gpd.GeoDataFrame) -> tuple[str, ...]:
        """Say which layer placed how many incidents, and how many lie in none."""
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
                    f"{option(name, f'{name}.gpkg')} places them."
                )
        return tuple(words)


def regions_of(result: StudyResult) -> gpd.GeoDataFrame:
    """Give the regions of the incidents of a result."""
    events, placed = result.incidents, result.placed
    if placed is not None and events is not None and _are_those_of(placed, events):
        return placed
    return incidents.regions(events, admin1=datasets.admin1())


def _are_those_of(placed: gpd.GeoDataFrame, events: gpd.GeoDataFrame) -> bool:
    """Whether regions are of these events: the same ids, and circles about the same points."""
    if placed["id"].tolist() != events["id"].tolist():
        return False
    about = placed["kind"].isin(("disc", "gaussian")).to_numpy()
    points = events.geometry.to_crs(placed.crs).to_numpy()[about]
    return bool(shapely.equals_exact(placed.geometry.to_numpy()[about], points, 1e-7).all())


def _refuse_part(
    name: str, layer: Any, events: gpd.GeoDataFrame, lacking: BoolArray, inside: BoolArray
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
    books = incidents.CODEBOOKS
    schemes = events["where_scheme"].fillna("").astype(str).str.strip().str.lower()
    codes = events["where_prec"].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    pairs = pd.Series(list(zip(schemes.replace("", "ucdp"), codes, strict=True)))
    known = {
        pair: (kernel := books.get(pair[0], {}).get(pair[1])) is not None
        and (kernel.shape, kernel.level) == ("polygon", level)
        for pair in set(pairs)
    }
    usable = (events["status"] != "quarantined") & ~(events["radius_km"] > 0)
    found: BoolArray = pairs.map(known).to_numpy(dtype=bool) & usable.to_numpy(dtype=bool)
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


def _areas_alone(shape: Any) -> Any:
    """Leave out the lines and points that mending a polygon leaves."""
    if shape.geom_type in ("Polygon", "MultiPolygon"):
        return shape
    return shapely.union_all([p for p in shapely.get_parts(shape) if shapely.area(p) > 0])


def _refuse_overlaps(shapes: Any, name: str) -> None:
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


def _check_reach(table: Any, name: str, corridor: Corridor) -> None:
    outline = shapely.union_all(corridor.outline.to_crs(4326).to_numpy())
    if shapely.intersects(table.geometry.to_numpy(), outline).any():
        return
    box = ", ".join(f"{edge:.1f}" for edge in table.total_bounds)
    there = ", ".join(f"{edge:.1f}" for edge in shapely.bounds(outline))
    msg = (
        f"{name}: none of these polygons reaches the corridor (west, south, east, north: they lie in {box}, "
        f"the corridor in {there}); check the layer and its CRS, or leave {name} out"
    )
    raise NoOverlapError(msg)
