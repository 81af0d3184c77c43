"""Where positions are expected, and whether latitude and longitude have changed places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from borderzone.incidents.hints import option
from borderzone.incidents.reading.home_ground import HomeGround, country_land
from borderzone.incidents.spellings import Spellings

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd

    from borderzone._typing import BoolArray, FloatArray
    from borderzone.corridor import Corridor

__all__ = ["Box", "Expected", "Suspected", "doubts_of", "swaps_told"]

Box = tuple[float, float, float, float]

_MARGIN_DEG = 0.5
_SWAP = "if latitude and longitude change places"
_MIN_ROWS_FOR_A_BOX = 5


class Suspected(NamedTuple):
    """
    Rows whose latitude and longitude look swapped.

    Attributes
    ----------
    certain
        Rows that cannot be meant as they are.
    doubtful
        Rows of which it is only told.
    told
        What of it is to be said of the whole table; empty for nothing.
    """

    certain: BoolArray
    doubtful: BoolArray
    told: str = ""


def swaps_told(notes: Iterable[str]) -> list[str]:
    """Pick the notes of a reading that tell of swapped coordinates."""
    return [note for note in notes if _SWAP in note]


@dataclass(frozen=True, kw_only=True, slots=True)
class Expected:
    """
    What says where the positions of a table are expected.

    The first that knows a row decides it: the user's box, the country that the row names, the corridor
    of a study with the ground of its countries, else the spread of the table's own rows.

    Attributes
    ----------
    bbox
        Box of the user. Units: degrees.
    corridor
        Corridor that the table is read for.
    home
        Countries that the rows name.
    """

    bbox: Box | None = None
    corridor: Corridor | None = None
    home: HomeGround | None = None

    def suspected(self, lat: FloatArray, lon: FloatArray, readable: BoolArray) -> Suspected:
        """
        Tell which rows lie where they are expected only when swapped.

        A row outside the user's box, or away from the country it names, that lies there when swapped
        is certain. For a corridor rows elsewhere are normal: there the table decides. Only where more
        than half of all rows lie near the corridor or on the ground of its countries when swapped and
        not as they are, and swapping does not bring fewer of them near it than there are, the rows are
        taken for swapped; else they are only told of.
        """
        with np.errstate(invalid="ignore"):
            possible = readable & (np.abs(lon) <= 90) & (np.abs(lat) <= 180)
            impossible = possible & (np.abs(lat) > 90)
        pairs = _Pairs(lat, lon, readable, possible)
        if self.bbox is not None:
            found = _flips(pairs, lambda y, x: inside(self.bbox, y, x))
            return Suspected(
                found, ~possible & False, _counted(pairs, found, self.bbox, "in the box")
            )
        at_home, away = self._by_country(pairs)
        left = pairs._replace(possible=possible & ~at_home & ~away)
        known = _by_corridor(pairs, left, self.corridor)
        told = known.told or _told_of_countries(pairs, at_home, away)
        own = _own_box(lat, lon, readable)
        loose = impossible if own is None else _flips(left, lambda y, x: inside(own, y, x))
        certain = away | known.certain | (loose & impossible)
        return Suspected(certain, (known.doubtful | loose) & ~certain, told)

    def _by_country(self, pairs: _Pairs) -> tuple[BoolArray, BoolArray]:
        """Rows in the country that they name, and rows that are there only when swapped."""
        none = np.zeros(len(pairs.lat), dtype=bool)
        if self.home is None or not self.home.codes:
            return none, none
        as_is = self.home.holds(pairs.lat, pairs.lon) & pairs.readable
        return as_is, pairs.possible & ~as_is & self.home.holds(pairs.lon, pairs.lat)


def doubts_of(events: gpd.GeoDataFrame, corridor: Corridor | None) -> bool:
    """Tell whether a corridor makes doubtful what was read without it."""
    if corridor is None:
        return False
    usable = (events["status"] != "quarantined").to_numpy()
    home = HomeGround(Spellings(events["country"].reset_index(drop=True)))
    expected = Expected(corridor=corridor, home=home)
    told = expected.suspected(events["lat"].to_numpy(), events["lon"].to_numpy(), usable).told
    return bool(told) and told not in events.attrs["notes"]


class _Pairs(NamedTuple):
    lat: FloatArray
    lon: FloatArray
    readable: BoolArray
    possible: BoolArray  # swapped, it would be on Earth


def inside(box: Any, y: FloatArray, x: FloatArray) -> BoolArray:
    """Tell which positions lie in a box."""
    with np.errstate(invalid="ignore"):
        held: BoolArray = (box[0] <= x) & (x <= box[2]) & (box[1] <= y) & (y <= box[3])
    return held


def _flips(pairs: _Pairs, where: Any) -> BoolArray:
    found: BoolArray = pairs.possible & ~where(pairs.lat, pairs.lon) & where(pairs.lon, pairs.lat)
    return found


def _by_corridor(pairs: _Pairs, left: _Pairs, corridor: Corridor | None) -> Suspected:
    """Judge what no country has decided, by the counts of the whole table."""
    none = np.zeros(len(pairs.lat), dtype=bool)
    if corridor is None:
        return Suspected(none, none)
    west, south, east, north = corridor.outline.total_bounds
    near_box = (west - _MARGIN_DEG, south - _MARGIN_DEG, east + _MARGIN_DEG, north + _MARGIN_DEG)
    lands = [country_land(code) for code in (corridor.border.a, corridor.border.b)]

    def near(y: FloatArray, x: FloatArray) -> BoolArray:
        return inside(near_box, y, x)

    def reached(y: FloatArray, x: FloatArray) -> BoolArray:
        found = near(y, x)
        for land in lands:
            found |= shapely.contains_xy(land, x, y)
        return found

    flips = _flips(left, reached)
    if not flips.any():
        return Suspected(none, none)
    nearer = _flips(pairs, near)
    n_near = int((near(pairs.lat, pairs.lon) & pairs.readable).sum())
    told = _sentence(n_near, pairs, int(nearer.sum()), "near the corridor")
    if not nearer.any():
        n_there = int((reached(pairs.lat, pairs.lon) & pairs.readable).sum())
        told = _sentence(
            n_there, pairs, int(flips.sum()), "on the ground of the corridor's countries"
        )
    if 2 * flips.sum() > pairs.readable.sum() and nearer.sum() >= n_near:
        return Suspected(flips, none, told)
    # Most rows are right: what would fit as well when swapped is told, where it is about the corridor.
    doubtful = flips & nearer
    return Suspected(none, doubtful, told if doubtful.any() else "")


def _sentence(n_as_is: int, pairs: _Pairs, n_swapped: int, where: str) -> str:
    return (
        f"{n_as_is} of {int(pairs.readable.sum())} {where}, {n_as_is + n_swapped} {_SWAP}: "
        f"{option('fix_swapped', value=True)}"
    )


def _counted(pairs: _Pairs, found: BoolArray, box: Box, where: str) -> str:
    n_inside = int((inside(box, pairs.lat, pairs.lon) & pairs.readable).sum())
    return _sentence(n_inside, pairs, int(found.sum()), where) if found.any() else ""


def _told_of_countries(pairs: _Pairs, at_home: BoolArray, away: BoolArray) -> str:
    if not away.any():
        return ""
    return _sentence(int(at_home.sum()), pairs, int(away.sum()), "in the country they name")


def _own_box(lat: FloatArray, lon: FloatArray, readable: BoolArray) -> Box | None:
    with np.errstate(invalid="ignore"):
        good = readable & (np.abs(lat) <= 90) & (np.abs(lon) <= 180) & ((lat != 0) | (lon != 0))
    if good.sum() < _MIN_ROWS_FOR_A_BOX:
        return None
    sides = []
    for values in (lon[good], lat[good]):
        low, mid, high = np.percentile(values, [25, 50, 75])
        reach = max(2.0, 3.0 * (high - low))
        sides.append((float(mid - reach), float(mid + reach)))
    return sides[0][0], sides[1][0], sides[0][1], sides[1][1]
