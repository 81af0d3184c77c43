"""Ground of which a table of incidents can speak, positions held to it, and zones they are counted in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from borderzone import datasets
from borderzone._cells import in_order
from borderzone._guards import percent
from borderzone._kernels.positions import count_inside, mark_inside
from borderzone.border import Country
from borderzone.crs import check_has_crs, in_degrees
from borderzone.errors import DataError, InvalidGeometryError
from borderzone.incidents.option_list import option
from borderzone.incidents.placing import precision
from borderzone.incidents.placing.imputation import (
    check_same_table,
    index_of,
    prepare,
    region_boxes,
)
from borderzone.incidents.placing.precision import area_km2
from borderzone.incidents.table_coverage import (
    country_words,
    coverage,
    row_countries,
    within_coverage,
)
from borderzone.incidents.table_schema import check_corridor, check_events, is_usable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd
    import xarray as xr
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from borderzone._typing import BoolArray, FloatArray, IntArray, Seed
    from borderzone.corridor import Corridor
    from borderzone.incidents.placing.imputation import Imputation, Index

__all__ = [
    "BEYOND",
    "SLIVER",
    "CoveredGround",
    "Held",
    "corridor_outline",
    "count_draws",
    "covered_ground",
    "ground_name",
    "ground_of_countries",
    "ground_words",
    "held_to_countries",
    "imputed",
    "rated_regions",
    "zone_names",
    "zone_shapes",
]


SLIVER = 1e-6
"""Share of a ground, below which a part of it is what two drawings of one line differ by."""
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

    shape: BaseGeometry
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
    limited = share < 1.0 - SLIVER
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
    """
    Say what a table covers, and how much of a corridor that is.

    Parameters
    ----------
    events
        Table from `read`.
    corridor
        The corridor.

    Returns
    -------
    str
        Sentences.

    Raises
    ------
    DataError
        If the countries of the table have no ground in the corridor.

    Examples
    --------
    >>> import borderzone as bz, pandas as pd
    >>> from borderzone.incidents import read
    >>> corridor = bz.Corridor.around(bz.Border.between("IRQ", "SYR"))
    >>> rows = {"lat": [34.4], "lon": [41.1], "country": ["Iraq"], "date": ["2019-07-21"]}
    >>> ground_words(read(pd.DataFrame(rows)), corridor).split(". ")[-1]
    'The ground of these countries is 52 % of the corridor.'
    """
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


def ground_of_countries(corridor: Corridor, countries: Sequence[str]) -> BaseGeometry:
    """Give the ground of some countries in a corridor."""
    outline = corridor_outline(corridor)
    if not countries:
        return outline
    shape: BaseGeometry = corridor.ground_of(countries).iloc[0]
    if area_km2(shape) > SLIVER * area_km2(outline):
        return shape
    theirs = " and ".join(_names(corridor))
    names = country_words([Country.named(name).iso_alpha3 for name in countries])
    say = option("countries", _names(corridor))
    msg = (
        f"the table covers {names}, which {'has' if len(countries) == 1 else 'have'} no ground in this "
        f"corridor of {theirs}: take a table of these countries, or say which ones this table covers "
        f"with {say}"
    )
    raise DataError(msg)


def rated_regions(
    events: gpd.GeoDataFrame,
    *,
    regions: gpd.GeoDataFrame | None = None,
) -> gpd.GeoDataFrame:
    """Give the regions of the events that may enter a rate: those beyond what is said are excluded."""
    check_events(events, *precision.NEEDED)
    placed = precision.regions(events) if regions is None else regions
    check_same_table(placed, events)
    out = ~within_coverage(events) & is_usable(events)
    if not out.any():
        return placed
    return precision.without(placed, out, BEYOND)


def imputed(  # noqa: PLR0913 - same names as `overlay`
    events: gpd.GeoDataFrame,
    corridor: Corridor | None,
    *,
    draws: int,
    seed: Seed,
    regions: gpd.GeoDataFrame | None = None,
    weight: xr.DataArray | Mapping[str, xr.DataArray] | None = None,
    each_told: bool = False,
) -> Imputation:
    """Make ready to draw the positions from which every number by zone, segment or cell is made."""
    # The one way from a table to places: what is beyond coverage enters no rate (but is told where
    # each event is told for itself), and what a row puts in one country did not happen across the line.
    if not each_told:
        regions = rated_regions(events, regions=regions)
    drawn = prepare(events, draws=draws, seed=seed, regions=regions, weight=weight)
    return drawn if corridor is None else held_to_countries(drawn, events, corridor)


def _with_ground_here(corridor: Corridor, countries: tuple[str, ...]) -> tuple[str, ...]:
    """Leave the countries that have ground in a corridor: a table may hold many that do not."""
    if len(countries) < 2:
        return countries
    outline = corridor_outline(corridor)
    near = set(datasets.countries(around=outline.bounds)["code"])
    least = SLIVER * area_km2(outline)
    return tuple(
        name
        for name in countries
        if Country.named(name).code in near and area_km2(corridor.ground_of([name]).iloc[0]) > least
    )


def _coded_off(events: gpd.GeoDataFrame, corridor: Corridor, covered: CoveredGround) -> int:
    """Count the rows that may enter a rate and are coded in the corridor, on other ground."""
    used = events.geometry[within_coverage(events)]
    lon, lat = shapely.get_coordinates(used[~(used.isna() | used.is_empty)].to_numpy()).T
    rest = shapely.difference(corridor_outline(corridor), covered.shape)
    shapely.prepare(rest)
    return int(shapely.contains_xy(rest, lon, lat).sum())


def _names(corridor: Corridor) -> list[str]:
    return [Country.of(code).name for code in check_corridor(corridor).depth_km]


def _cut_words(corridor: Corridor, share: float) -> str:
    """Say how much of the corridor is left, and how its ground was cut where no line says it."""
    part = f"The ground of these countries is {percent(share)} of the corridor"
    if all(Country.of(name).is_known for name in corridor.depth_km):
        return f"{part}." if share < 1 - SLIVER else ""
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
    name = Country.of(parts[0].left if side[0] == 1 else parts[0].right).name
    say = option("countries", [name])
    return (
        f"All {len(side):,} rows in it lie on the side of {name}: if the table covers that side alone, "
        f"say {say}, and rates are over its ground only."
    )


_ATTEMPTS = 128
# Attempts stand above the number of a draw, and below those that weights make.
_ATTEMPT = np.uint64(24)
_BEYOND_DEG = 2.0  # regions of events that reach into a corridor hardly reach farther out of it


@dataclass(frozen=True, kw_only=True)
class Held:
    """
    Ground on which an event cannot have happened, given the country that its row names.

    Attributes
    ----------
    index
        Such ground, a polygon for each set of countries.
    which
        Which of them is that of each event, -1 for none.
    """

    index: Index
    which: IntArray

    def draw(
        self,
        base: Callable[[IntArray, IntArray], tuple[FloatArray, FloatArray]],
        who: IntArray,
        draws: IntArray,
    ) -> tuple[FloatArray, FloatArray]:
        """Draw one position for each pair of event and draw, anew while it lies on other ground."""
        lon, lat = base(who, draws)
        left = np.flatnonzero(self._off(who, lon, lat))
        for attempt in range(1, _ATTEMPTS):
            if not left.size:
                break
            mine = who[left]
            x, y = base(mine, draws[left] | (np.uint64(attempt) << _ATTEMPT))
            good = ~self._off(mine, x, y)
            lon[left[good]], lat[left[good]] = x[good], y[good]
            left = left[~good]
        return lon, lat

    def _off(self, who: IntArray, lon: FloatArray, lat: FloatArray) -> BoolArray:
        off, which = np.zeros(len(who), dtype=bool), self.which[who]
        for number in np.unique(which[which >= 0]).tolist():
            mine = which == number
            off[mine] = mark_inside(lon[mine], lat[mine], number, self.index)
        return off


def held_to_countries(
    drawn: Imputation, events: gpd.GeoDataFrame, corridor: Corridor
) -> Imputation:
    """
    Hold the positions of events to the ground of the countries that their rows name.

    A rate over one side of a line needs it: a disc that reaches over the line would lose there what
    is certain to lie on this side, and ground near the line would have too few events.
    """
    found = coverage(events)
    if not found.countries:
        return drawn
    named = row_countries(events)
    if found.countries_from == "said":
        named[:] = [codes or found.countries for codes in named]
    outline = corridor_outline(corridor)
    boxes = region_boxes(drawn.placed, drawn.proposals)
    places: NDArray[np.object_] = np.asarray(shapely.box(*boxes.T))
    shapely.prepare(outline)
    near = shapely.intersects(outline, places) & np.array([bool(codes) for codes in named])
    which = np.full(len(events), -1, dtype=np.int64)
    shapes: list[BaseGeometry] = []
    for codes in sorted(set(named[near].tolist())):
        foreign = _other_ground(corridor, outline, codes)
        shapely.prepare(foreign)
        mine = near & np.array([one == codes for one in named])
        mine[mine] = shapely.intersects(foreign, places[mine])
        which[mine] = len(shapes)
        shapes.append(foreign)
    if not (which >= 0).any():
        return drawn
    return replace(drawn, held=Held(index=index_of(shapes), which=which))


def _other_ground(
    corridor: Corridor, outline: BaseGeometry, codes: tuple[str, ...]
) -> BaseGeometry:
    """Ground in and around a corridor that is not of these countries: by the line in it, else by the map."""
    names = {Country.named(code).code for code in codes}
    west, south, east, north = outline.bounds
    wide = (
        max(west - _BEYOND_DEG, -180.0),
        max(south - _BEYOND_DEG, -90.0),
        min(east + _BEYOND_DEG, 180.0),
        min(north + _BEYOND_DEG, 90.0),
    )
    land = datasets.countries(around=wide)
    own = land["code"].isin(names).to_numpy()
    mine, theirs = (shapely.union_all(land.geometry.to_numpy()[rows]) for rows in (own, ~own))
    beyond = shapely.intersection(theirs, shapely.box(*wide)).difference(mine).difference(outline)
    here = shapely.difference(outline, corridor.ground_of(codes).iloc[0])
    return shapely.union_all([here, beyond])


_POLYGONAL = ("Polygon", "MultiPolygon", "GeometryCollection")


def count_draws(
    drawn: Imputation, shapes: Sequence[BaseGeometry], *, threads: int | None = None
) -> tuple[IntArray, IntArray]:
    """
    Count the imputed positions inside each shape, by draw and by event.

    Positions are drawn block by block and forgotten, so that memory does not grow with events times
    draws.
    """
    index = index_of(shapes)
    totals = np.zeros((len(shapes), drawn.draws), dtype=np.int64)
    hits = np.zeros((len(drawn.placed), len(shapes)), dtype=np.int32)

    def count(rows: IntArray) -> tuple[IntArray, IntArray, IntArray]:
        some = np.zeros_like(totals)
        of_events = np.zeros((len(rows), len(shapes)), dtype=np.int32)
        count_inside(*drawn.positions(rows), index, some, of_events)
        return rows, some, of_events

    for rows, some, of_events in in_order(count, drawn.rows(), threads=threads):
        totals += some
        hits[rows] = of_events
    return totals, hits


def zone_shapes(zones: gpd.GeoDataFrame, name: str = "zones") -> list[BaseGeometry]:
    """Take the polygons of a table of zones."""
    if not isinstance(zones, (gpd.GeoDataFrame, gpd.GeoSeries)):
        msg = f"{name} must be a GeoDataFrame of polygons, got a {type(zones).__name__}"
        raise DataError(msg)
    check_has_crs(zones, name)
    if not len(zones):
        msg = f"{name} is empty; give at least one polygon"
        raise DataError(msg)
    shapes = list(in_degrees(zones.geometry, name))
    for label, shape in zip(zones.index, shapes, strict=True):
        if shape is None or shape.is_empty:
            msg = (
                f"{name}: row {label!r} has no geometry; leave it out with {name}[~{name}.is_empty]"
            )
            raise InvalidGeometryError(msg)
        if shape.geom_type not in _POLYGONAL:
            msg = f"{name}: row {label!r} is a {shape.geom_type}, not a polygon; buffer it first"
            raise InvalidGeometryError(msg)
    return shapes


def zone_names(zones: gpd.GeoDataFrame) -> pd.Series:
    """Give the name of each zone."""
    names: pd.Series = zones["zone"] if "zone" in zones.columns else zones.index.to_series()
    return names


def corridor_outline(corridor: Corridor) -> BaseGeometry:
    """Give the outline of a corridor."""
    outline: BaseGeometry = check_corridor(corridor).outline.to_crs("EPSG:4326").union_all()
    return outline
