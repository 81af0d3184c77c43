"""Possible positions held to the country that a row names: a report from Iraq did not happen in Syria."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from borderzone._kernels.inside import mark_inside
from borderzone.border.names import country_code
from borderzone.border.sources import countries_around
from borderzone.incidents.placing.polygon_index import index_of
from borderzone.incidents.placing.weights import region_boxes
from borderzone.incidents.placing.zone_counts import corridor_outline
from borderzone.incidents.reading.table_coverage import coverage, row_countries

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd

    from borderzone._typing import BoolArray, FloatArray, IntArray
    from borderzone.corridor import Corridor
    from borderzone.incidents.placing.imputation import Imputation
    from borderzone.incidents.placing.polygon_index import Index

__all__ = ["Held", "held_to_countries"]

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
    places = shapely.box(*boxes.T)
    shapely.prepare(outline)
    near = shapely.intersects(outline, places) & np.array([bool(codes) for codes in named])
    which = np.full(len(events), -1, dtype=np.int64)
    shapes: list[shapely.Geometry] = []
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
    corridor: Corridor, outline: shapely.Geometry, codes: tuple[str, ...]
) -> shapely.Geometry:
    """Ground in and around a corridor that is not of these countries: by the line in it, else by the map."""
    names = {country_code(code) for code in codes}
    west, south, east, north = outline.bounds
    wide = (
        max(west - _BEYOND_DEG, -180.0),
        max(south - _BEYOND_DEG, -90.0),
        min(east + _BEYOND_DEG, 180.0),
        min(north + _BEYOND_DEG, 90.0),
    )
    land = countries_around(wide)
    own = land["code"].isin(names).to_numpy()
    mine, theirs = (shapely.union_all(land.geometry.to_numpy()[rows]) for rows in (own, ~own))
    beyond = shapely.intersection(theirs, shapely.box(*wide)).difference(mine).difference(outline)
    here = shapely.difference(outline, corridor.ground_of(codes).iloc[0])
    return shapely.union_all([here, beyond])
