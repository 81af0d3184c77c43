"""Ground of a corridor of which a table of incidents can speak: that of the countries it covers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from borderzone._guards import percent
from borderzone.border.names import country_code, country_name, is_country, iso_alpha3
from borderzone.border.sources import countries_around
from borderzone.errors import DataError
from borderzone.incidents import hints
from borderzone.incidents.given_events import check_corridor
from borderzone.incidents.placing import precision
from borderzone.incidents.placing.imputation import check_same_table
from borderzone.incidents.placing.sizes import area_km2
from borderzone.incidents.placing.zone_counts import corridor_outline
from borderzone.incidents.reading.table_coverage import country_words, coverage, within_coverage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from borderzone.corridor import Corridor

__all__ = [
    "BEYOND",
    "CoveredGround",
    "covered_ground",
    "ground_name",
    "ground_of_countries",
    "ground_words",
    "rated_regions",
]

# Less than this share of the corridor is what two drawings of one line differ by.
_SLIVER = 1e-6
_FEWEST = 5  # by chance alone as many events lie on one side once in sixteen

BEYOND = "beyond coverage: it enters no rate"
"""Reason of a row that lies beyond what the table is said to cover."""


@dataclass(frozen=True, kw_only=True, eq=False)
class CoveredGround:
    """
    Part of a corridor of which a table can speak.

    Attributes
    ----------
    shape
        Its ground in longitude and latitude.
    share
        Share of the corridor, from 0 to 1.
    limited
        Whether any of the corridor is left out.
    countries
        ISO alpha-3 codes of the countries covered; empty where they are not known.
    here
        Those of them that have ground in the corridor.
    """

    shape: shapely.Geometry
    share: float
    limited: bool
    countries: tuple[str, ...]
    here: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Name the ground in a sentence."""
        if not self.limited:
            return "the corridor"
        return f"the ground of {country_words(self.here or self.countries)} in the corridor"


def covered_ground(events: gpd.GeoDataFrame, corridor: Corridor) -> CoveredGround:
    """Cut out of a corridor the ground of which a table can speak."""
    found, outline = coverage(events), corridor_outline(corridor)
    if not found.countries:
        return CoveredGround(shape=outline, share=1.0, limited=False, countries=())
    shape = ground_of_countries(corridor, found.countries)
    share = area_km2(shape) / area_km2(outline)
    limited = share < 1.0 - _SLIVER
    return CoveredGround(
        shape=shape if limited else outline,
        share=share if limited else 1.0,
        limited=limited,
        countries=found.countries,
        here=_with_ground_here(corridor, found.countries),
    )


def ground_name(events: gpd.GeoDataFrame, corridor: Corridor) -> str:
    """Name the ground of a corridor of which a table can speak."""
    # Where no country is known there is nothing to cut, whatever stands in for a corridor.
    return covered_ground(events, corridor).name if coverage(events).countries else "the corridor"


def ground_words(events: gpd.GeoDataFrame, corridor: Corridor) -> str:
    """Say what a table covers, and how much of a corridor that is."""
    found = coverage(events)
    words = [found.words]
    if not found.countries:
        words.append(_one_sided(events, corridor))
    else:
        covered = covered_ground(events, corridor)
        words.append(_cut_words(corridor, covered.share))
        off = _coded_off(events, corridor, covered) if covered.limited else 0
        if off:
            who = "1 row is" if off == 1 else f"{off:,} rows are"
            words.append(f"{who} coded in the corridor beside that ground.")
    return " ".join(filter(None, words))


def ground_of_countries(corridor: Corridor, countries: Sequence[str]) -> shapely.Geometry:
    """Give the ground of some countries in a corridor."""
    outline = corridor_outline(corridor)
    if not countries:
        return outline
    shape = corridor.ground_of(countries).iloc[0]
    if area_km2(shape) > _SLIVER * area_km2(outline):
        return shape
    theirs = " and ".join(_names(corridor))
    names = country_words([iso_alpha3(country_code(name)) for name in countries])
    option = hints.option("countries", _names(corridor))
    msg = (
        f"the table covers {names}, which {'has' if len(countries) == 1 else 'have'} no ground in this "
        f"corridor of {theirs}: take a table of these countries, or say which ones this table covers "
        f"with {option}"
    )
    raise DataError(msg)


def rated_regions(
    events: gpd.GeoDataFrame,
    *,
    regions: gpd.GeoDataFrame | None = None,
    admin1: gpd.GeoDataFrame | None = None,
) -> gpd.GeoDataFrame:
    """Give the regions of the events that may enter a rate: those beyond what is said are excluded."""
    precision.need_columns(events)
    placed = precision.regions(events, admin1=admin1) if regions is None else regions
    check_same_table(placed, events)
    unreadable = (events["status"] == "quarantined").to_numpy()
    out = ~within_coverage(events) & ~unreadable
    if not out.any():
        return placed
    blank = np.where(out, np.nan, 1.0)
    reason = placed["reason"].to_numpy(dtype=object, copy=True)
    reason[out] = BEYOND
    shapes = np.where(out, shapely.Point(), placed.geometry.to_numpy())
    changed = placed.assign(
        kind=np.where(out, "excluded", placed["kind"].to_numpy(dtype=object)),
        scale_km=placed["scale_km"] * blank,
        median_error_km=placed["median_error_km"] * blank,
        reason=reason,
    )
    return changed.set_geometry(gpd.GeoSeries(shapes, index=placed.index, crs=placed.crs))


def _with_ground_here(corridor: Corridor, countries: tuple[str, ...]) -> tuple[str, ...]:
    """Leave the countries that have ground in a corridor: a table may hold many that do not."""
    if len(countries) < 2:
        return countries
    outline = corridor_outline(corridor)
    near = set(countries_around(outline.bounds)["code"])
    least = _SLIVER * area_km2(outline)
    return tuple(
        name
        for name in countries
        if country_code(name) in near and area_km2(corridor.ground_of([name]).iloc[0]) > least
    )


def _coded_off(events: gpd.GeoDataFrame, corridor: Corridor, covered: CoveredGround) -> int:
    """Count the rows that may enter a rate and are coded in the corridor, on other ground."""
    used = events.geometry[within_coverage(events)]
    lon, lat = shapely.get_coordinates(used[~(used.isna() | used.is_empty)].to_numpy()).T
    rest = shapely.difference(corridor_outline(corridor), covered.shape)
    shapely.prepare(rest)
    return int(shapely.contains_xy(rest, lon, lat).sum())


def _names(corridor: Corridor) -> list[str]:
    return [country_name(code) for code in check_corridor(corridor).depth_km]


def _cut_words(corridor: Corridor, share: float) -> str:
    """Say how much of the corridor is left, and how its ground was cut where no line says it."""
    part = f"The ground of these countries is {percent(share)} of the corridor"
    if all(is_country(name) for name in corridor.depth_km):
        return f"{part}." if share < 1 - _SLIVER else ""
    drawn = (
        "the sides of this line are not called by countries, and the map of countries says whose "
        "ground is whose, to a few kilometres"
    )
    return f"{part}: {drawn}."


def _one_sided(events: gpd.GeoDataFrame, corridor: Corridor) -> str:
    """Say that all events lie on one side, where no row says of which country it is."""
    if not hasattr(corridor, "locate"):
        return ""  # `check_corridor` takes what has an outline and a border
    coded = events.geometry[~(events.geometry.isna() | events.geometry.is_empty)]
    outline = corridor_outline(corridor)
    shapely.prepare(outline)
    coded = coded[shapely.intersects(outline, coded.to_numpy())]
    side = corridor.locate(coded)["side"].to_numpy()
    if len(side) < _FEWEST or (side != side[0]).any():
        return ""
    parts = corridor.border.course
    name = country_name(parts[0].left if side[0] == 1 else parts[0].right)
    option = hints.option("countries", [name])
    return (
        f"All {len(side):,} rows in it lie on the side of {name}: if the table covers that side alone, "
        f"say {option}, and rates are over its ground only."
    )
