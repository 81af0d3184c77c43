"""Judging positions: numbers, ranges, suspected swaps, pile-ups, the ground that a row names."""

from __future__ import annotations

import functools
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import shapely

from borderzone import datasets
from borderzone.border import Country
from borderzone.incidents.option_list import option
from borderzone.incidents.table_schema import Spellings, is_missing, is_usable, parse_number, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

    from borderzone._typing import BoolArray, FloatArray, IntArray
    from borderzone.corridor import Corridor
    from borderzone.incidents.table_schema import Ledger

__all__ = [
    "PILE_UP_ROWS",
    "SWAP_TOLD",
    "Box",
    "Expected",
    "HomeGround",
    "Suspected",
    "country_land",
    "doubts_of",
    "flag_pile_ups",
    "judge_pairs",
    "judge_positions",
    "on_globe",
    "read_pairs",
    "tell_contradictions",
]


PILE_UP_ROWS = 10
"""More rows than this on one coordinate are told: most likely a centroid."""

_NUMBERS: set[type] = {int, float, np.float64, np.float32, np.int64, np.int32}
# What `parse_number` takes as it is; all else goes there.
_PLAIN = re.compile(r"[+-]?(?>\d{1,300}(?:\.\d{0,300})?|\.\d{1,300})(?:[eE][+-]?\d{1,3})?")
_PLAIN_LINES = re.compile(rf"(?>{_PLAIN.pattern}\n)*+")


def judge_positions(
    lat_cells: Sequence[object],
    lon_cells: Sequence[object],
    ledger: Ledger,
    *,
    bbox: Box | None = None,
    fix_swapped: bool = False,
) -> tuple[FloatArray, FloatArray]:
    """
    Read latitudes and longitudes cell by cell and write down what is wrong.

    A row outside `bbox` that falls inside it when swapped is quarantined
    with that suggestion, or swapped where `fix_swapped` says so. Without a
    box, the spread of the file's own rows gives one, which is good enough to
    tell, not to quarantine.
    """
    lat, lon = read_pairs(lat_cells, lon_cells, ledger)
    judge_pairs(lat, lon, ledger, Expected(bbox=bbox), fix_swapped=fix_swapped)
    return lat, lon


def read_pairs(
    lat_cells: Sequence[object], lon_cells: Sequence[object], ledger: Ledger
) -> tuple[FloatArray, FloatArray]:
    """Read two columns as numbers and write down what is none."""
    lat, plain_lat = _read_plain(lat_cells)
    lon, plain_lon = _read_plain(lon_cells)
    for row in np.flatnonzero(~(plain_lat & plain_lon)).tolist():
        lat[row], lon[row] = _read_pair(lat_cells[row], lon_cells[row], row, ledger)
    return lat, lon


def on_globe(lat: FloatArray, lon: FloatArray) -> BoolArray:
    """Tell which pairs are degrees of anywhere; NaN are of nowhere."""
    return (np.abs(lat) <= 90) & (np.abs(lon) <= 180)


def judge_pairs(
    lat: FloatArray,
    lon: FloatArray,
    ledger: Ledger,
    expected: Expected,
    *,
    fix_swapped: bool = False,
) -> None:
    """Give each row the first of the verdicts on its position that fits; most get none."""
    with np.errstate(invalid="ignore"):
        readable = ~(np.isnan(lat) | np.isnan(lon))
        zero = readable & (lat == 0) & (lon == 0)
        found = expected.suspected(lat, lon, readable & ~zero)
        swapped = found.certain | found.doubtful
        outside = readable & ~zero & ~swapped & ~on_globe(lat, lon)
        equal = readable & ~zero & ~swapped & ~outside & (lat == lon)
    for row in np.flatnonzero(zero).tolist():
        ledger.quarantine(row, "zero position", "latitude and longitude are both 0")
    for row in np.flatnonzero(outside).tolist():
        ledger.quarantine(row, "out of range", f"latitude {lat[row]:g}, longitude {lon[row]:g}")
    for row in np.flatnonzero(equal).tolist():
        ledger.flag(row, "equal coordinates", f"latitude and longitude are both {lat[row]:g}")
    for row in np.flatnonzero(swapped).tolist():
        y, x = float(lat[row]), float(lon[row])
        if fix_swapped:
            lat[row], lon[row] = x, y
            ledger.fix(row, "swapped", f"latitude {y:g} and longitude {x:g} changed places")
        else:
            _suspect(row, y, x, ledger, certain=bool(found.certain[row]))
    if found.told and not fix_swapped:
        ledger.note(found.told)


def flag_pile_ups(lat: FloatArray, lon: FloatArray, usable: BoolArray, ledger: Ledger) -> None:
    """Tell which rows share one coordinate with too many others."""
    rows = np.flatnonzero(usable)
    if not rows.size:
        return
    # As whole numbers of 0.00001 degree, which compare exactly and sort fast.
    keys = np.rint(lat[rows] * 1e5).astype(np.int64) * 10**9
    keys += np.rint(lon[rows] * 1e5).astype(np.int64)
    _, where, counts = np.unique(keys, return_inverse=True, return_counts=True)
    order = rows[np.argsort(where, kind="stable")]
    ends = np.cumsum(counts)
    for spot in np.flatnonzero(counts > PILE_UP_ROWS).tolist():
        here = order[ends[spot] - counts[spot] : ends[spot]]
        y, x = float(lat[here[0]]), float(lon[here[0]])
        told = f"{len(here)} rows lie on {y:.5f}, {x:.5f}: {_likely(y, x)}"
        ledger.flag_all(here, "pile-up", told)


def _likely(y: float, x: float) -> str:
    """Name what stands behind many rows on one coordinate."""
    if float(y).is_integer() and float(x).is_integer():
        return (
            "whole degrees, as countries and provinces are listed, not where each of them happened"
        )
    return "the centroid of a town or district, not a place where each of them happened"


def _read_plain(cells: Sequence[object]) -> tuple[FloatArray, BoolArray]:
    """Read a column at once; False marks the cells that need a closer look."""
    column = np.empty(len(cells), dtype=object)
    column[:] = cells
    kinds = set(map(type, cells))
    if kinds <= _NUMBERS or (kinds == {str} and _all_plain(cells)):
        plain = np.ones(len(cells), dtype=bool)
    else:
        plain = Spellings(pd.Series(column, dtype=object)).read(_is_plain, bool)
    values = np.full(len(cells), np.nan)
    values[plain] = column[plain].astype(float)
    plain &= np.isfinite(values)
    values[~plain] = np.nan
    return values, plain


def _all_plain(cells: Sequence[Any]) -> bool:
    """Whether every text is a number, told by one pass over all of them."""
    text = "\n".join(cells)
    return text.count("\n") == len(cells) - 1 and bool(_PLAIN_LINES.fullmatch(f"{text}\n"))


def _is_plain(cell: object) -> bool:
    if isinstance(cell, str):
        return bool(_PLAIN.fullmatch(cell))
    return type(cell) in _NUMBERS


def _read_pair(lat_cell: object, lon_cell: object, row: int, ledger: Ledger) -> tuple[float, float]:
    cells = {"latitude": lat_cell, "longitude": lon_cell}
    numbers = {name: parse_number(cell) for name, cell in cells.items()}
    empty = [name for name, number in numbers.items() if number.state == "missing"]
    if empty:
        ledger.quarantine(row, "missing position", f"{' and '.join(empty)} empty")
    for name, number in numbers.items():
        if number.state == "bad":
            ledger.quarantine(row, "not a number", f"{name} {quoted(cells[name])}")
        elif number.state == "comma":
            read = f"{name} {quoted(cells[name])} read as {number.value:g}"
            ledger.fix(row, "decimal comma", read)
    return numbers["latitude"].value, numbers["longitude"].value


def _suspect(row: int, y: float, x: float, ledger: Ledger, *, certain: bool) -> None:
    told = (
        f"latitude {y:g}, longitude {x:g} lies where rows are expected only when the two "
        f"change places: pass {option('fix_swapped', value=True)} if they should"
    )
    (ledger.quarantine if certain else ledger.flag)(row, "swap suspected", told)


Box = tuple[float, float, float, float]

_MARGIN_DEG = 0.5
SWAP_TOLD = "if latitude and longitude change places"
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
    usable = is_usable(events)
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
        f"{n_as_is} of {int(pairs.readable.sum())} {where}, {n_as_is + n_swapped} {SWAP_TOLD}: "
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


_NEAR_DEG = 0.25
"""Borders of the map, of sources and of rounded coordinates differ; so far none of them is wrong. Units: degrees."""

_AT_SEA_DEG = 3.5  # some 200 nautical miles: beyond, no country has waters of its own
# Of the ground of these, one source says the one and the next the other, or it changed hands.
_DISPUTED = frozenset(
    frozenset(pair.split())
    for pair in [
        "UKR RUS",
        "ISR PSX",
        "ISR SYR",
        "PSX JOR",
        "PSX EGY",
        "ISR EGY",
        "SRB KOS",
        "SRB MNE",
        "SRB BIH",
        "SRB HRV",
        "SRB MKD",
        "SDN SDS",
        "MAR SAH",
        "SOM SOL",
        "CYP CYN",
        "TUR CYN",
        "IND PAK",
        "IND CHN",
        "CHN TWN",
        "CHN HKG",
        "CHN MAC",
        "ETH ERI",
        "IDN TLS",
        "ARM AZE",
        "GEO RUS",
        "KWT IRQ",
        "IRQ SAU",
        "RUS BLR",
        "FRA GUF",
        "IND KAS",
        "PAK KAS",
        "CHN KAS",
        "KAZ KAB",
        "GBR IRL",
    ]
)
_OF_A_PROVINCE = frozenset(
    [
        "governorate",
        "gov",
        "governate",
        "province",
        "prov",
        "provincial",
        "muhafazah",
        "muhafaza",
        "muhafazat",
        "mintaqat",
        "state",
        "region",
        "district",
        "al",
        "el",
        "as",
        "ad",
        "ar",
        "at",
        "an",
        "ash",
        "of",
    ]
)


# How UCDP, ACLED and the press spell what the layer has under another name.
_KNOWN_AS = {
    "ninawa": "nineveh",
    "ninewa": "nineveh",
    "niniveh": "nineveh",
    "babil": "babylon",
    "basrah": "basra",
    "arbil": "erbil",
    "irbil": "erbil",
    "dahuk": "duhok",
    "dohuk": "duhok",
    "sulaymaniyya": "sulaymaniyah",
    "salahaddin": "salah din",
    "qadissiya": "qadisiyyah",
    "qadisiyah": "qadisiyyah",
    "thi qar": "dhi qar",
    "missan": "maysan",
    "dayr zawr": "deir ez zor",
    "deir ezzor": "deir ez zor",
    "halab": "aleppo",
    "hims": "homs",
    "hasakeh": "hasakah",
    "hasaka": "hasakah",
    "rakka": "raqqa",
    "raqqah": "raqqa",
    "rural damascus": "rif dimashq",
}


class HomeGround:
    """The country that each row names, and its land."""

    def __init__(self, cells: Spellings) -> None:
        codes = [_code(cell) for cell in cells.cells]
        self.codes = sorted({code for code in codes if code})
        places = {code: place for place, code in enumerate(self.codes)} | {"": -1}
        found = np.array([places[code] for code in codes], dtype=np.int64)
        self.which: IntArray = found[cells.numbers] if codes else found

    def holds(self, lat: FloatArray, lon: FloatArray) -> BoolArray:
        """Tell which positions lie in the country of their row, or near its border or coast."""
        inside = np.zeros(len(lat), dtype=bool)
        for place, code in enumerate(self.codes):
            rows = np.flatnonzero(self.which == place)
            inside[rows] = shapely.contains_xy(country_land(code), lon[rows], lat[rows])
        return inside


def _code(cell: object) -> str:
    if is_missing(cell):
        return ""
    code = Country.of(str(cell).strip()).code
    return code if code in _world() else ""


@functools.cache
def _world() -> Mapping[str, BaseGeometry]:
    world = datasets.world()
    return dict(zip(world["code"], world.geometry, strict=True))


@functools.cache
def country_land(code: str) -> BaseGeometry:
    """Give the land of a country with a rim, within which nobody can be sure."""
    shape = _world().get(code, shapely.Polygon())
    rim = shapely.buffer(shape, _NEAR_DEG, quad_segs=2)
    shapely.prepare(rim)
    return rim


def tell_contradictions(
    home: HomeGround,
    provinces: Spellings | None,
    lat: FloatArray,
    lon: FloatArray,
    usable: BoolArray,
    ledger: Ledger,
) -> None:
    """
    Tell which positions lie in another country or province than their row says.

    What lies within some 25 km of it is no contradiction, nor is ground that is disputed between
    the two, nor the sea before a coast.
    """
    of_all = f"of {len(lat)} rows lie in another"
    n = _tell_countries(home, lat, lon, usable, ledger)
    if n:
        ledger.note(f"{n} {of_all} country than they name, each says so in its reason")
    n = 0 if provinces is None else _tell_provinces(home, provinces, (lat, lon), usable, ledger)
    if n:
        ledger.note(f"{n} {of_all} province than they name, each says so in its reason")


def _tell_countries(
    home: HomeGround, lat: FloatArray, lon: FloatArray, usable: BoolArray, ledger: Ledger
) -> int:
    rows = np.flatnonzero(usable & (home.which >= 0))
    rows = rows[~home.holds(lat, lon)[rows]]
    if not len(rows):
        return 0
    where = _holder(lon[rows], lat[rows], list(_world().values()))
    told = 0
    for same in _alike(home.which[rows], lon[rows], lat[rows]):
        here = rows[same]
        own, y, x = home.codes[home.which[here[0]]], lat[here[0]], lon[here[0]]
        place = _elsewhere(own, int(where[same[0]]), shapely.Point(x, y))
        if place:
            words = (
                f"the row says {Country.of(own).name}, its position {y:.5g}, {x:.5g} lies {place}"
            )
            ledger.flag_all(here, "attributes differ", words)
            told += len(here)
    return told


def _elsewhere(own: str, holder: int, point: shapely.Point) -> str:
    """Say where a point lies that is not in its country; nothing where that is no contradiction."""
    found = list(_world())[holder] if holder >= 0 else ""
    if found:
        allowed = found == own or frozenset((own, found)) in _DISPUTED
        return "" if allowed else f"in {Country.of(found).name}"
    return "far out at sea" if shapely.distance(_world()[own], point) >= _AT_SEA_DEG else ""


def _alike(*columns: IntArray | FloatArray) -> list[IntArray]:
    """Group rows that are equal in all columns: what is told of one is told of all."""
    codes = _numbered(*columns)
    order = np.argsort(codes, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(codes[order])) + 1)


def _numbered(*columns: IntArray | FloatArray) -> IntArray:
    """Give rows that are equal in all columns one number; by hashing, for sorting takes long."""
    numbers = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        codes, values = pd.factorize(column)
        numbers = pd.factorize(numbers * len(values) + codes)[0].astype(np.int64)
    return numbers


def _holder(lon: FloatArray, lat: FloatArray, shapes: Sequence[BaseGeometry]) -> IntArray:
    """Which of the shapes holds each position; -1 where none does."""
    numbers = _numbered(lon, lat)
    first = np.unique(numbers, return_index=True)[1]
    pairs = shapely.STRtree(shapes).query(
        shapely.points(lon[first], lat[first]), predicate="intersects"
    )
    holder = np.full(len(first), -1, dtype=np.int64)
    holder[pairs[0]] = pairs[1]
    found: IntArray = holder[numbers]
    return found


def _tell_provinces(
    home: HomeGround,
    cells: Spellings,
    at: tuple[FloatArray, FloatArray],
    usable: BoolArray,
    ledger: Ledger,
) -> int:
    lat, lon = at
    layer = _provinces()
    west, south, east, north = layer.total_bounds
    near = usable & (lon > west) & (lon < east) & (lat > south) & (lat < north)
    rows = np.flatnonzero(near)
    if not len(rows):
        return 0
    named = _named_provinces(home, cells)[rows]
    away = np.zeros(len(rows), dtype=bool)
    for place in np.unique(named[named >= 0]).tolist():
        some = named == place
        away[some] = ~shapely.contains_xy(_province_land(place), lon[rows[some]], lat[rows[some]])
    rows = rows[away]
    where = _holder(lon[rows], lat[rows], list(layer.geometry))
    rows, where = rows[where >= 0], where[where >= 0]
    if not len(rows):
        return 0
    there = layer["name"].tolist()
    for same in _alike(cells.numbers[rows], where):
        said = quoted(cells.cells[cells.numbers[rows[same[0]]]])
        told = f"the row says {said}, its position lies in {there[where[same[0]]]}"
        ledger.flag_all(rows[same], "attributes differ", told)
    return len(rows)


@functools.cache
def _provinces() -> gpd.GeoDataFrame:
    return datasets.admin1()


@functools.cache
def _province_land(place: int) -> BaseGeometry:
    rim: BaseGeometry = shapely.buffer(_provinces().geometry.iloc[place], _NEAR_DEG, quad_segs=2)
    shapely.prepare(rim)
    return rim


def _named_provinces(home: HomeGround, cells: Spellings) -> IntArray:
    """Place in the layer of the province that each row names; -1 for none, or for one not in it."""
    keys = [_key(cell) for cell in cells.cells]
    n = len(keys)
    pairs, back = np.unique(home.which * n + cells.numbers, return_inverse=True)
    layer = _province_keys()
    found = [
        layer.get((home.codes[pair // n], keys[pair % n]), -1) if pair >= 0 else -1
        for pair in pairs.tolist()
    ]
    named: IntArray = np.array(found, dtype=np.int64)[back.reshape(-1)]
    return named


@functools.cache
def _province_keys() -> Mapping[tuple[str, str], int]:
    """Provinces by country and name: of two countries both may have one of a name."""
    layer = _provinces()
    pairs = zip(layer["country"], layer["name"], strict=True)
    return {(code, _key(name)): place for place, (code, name) in enumerate(pairs)}


def _key(cell: object) -> str:
    """Fold a name of a province to what is left of it in other spellings."""
    plain = unicodedata.normalize("NFKD", str(cell)).encode("ascii", "ignore").decode().casefold()
    words = re.findall(r"[a-z]+", plain.replace("'", "").replace("`", ""))
    key = " ".join(word for word in words if word not in _OF_A_PROVINCE)
    return _KNOWN_AS.get(key, key)
