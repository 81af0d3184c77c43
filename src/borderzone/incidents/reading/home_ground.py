"""The ground that a row names by its country or province, and whether its position lies there."""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from borderzone import datasets
from borderzone.border.names import code_or_name, country_name
from borderzone.incidents.cells import is_missing, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd

    from borderzone._typing import BoolArray, FloatArray, IntArray
    from borderzone.incidents.incident_table import Ledger
    from borderzone.incidents.spellings import Spellings

__all__ = ["HomeGround", "country_land", "tell_contradictions"]

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
    code = code_or_name(str(cell).strip())
    return code if code in _world() else ""


@functools.cache
def _world() -> Mapping[str, shapely.Geometry]:
    world = datasets.world()
    return dict(zip(world["code"], world.geometry, strict=True))


@functools.cache
def country_land(code: str) -> shapely.Geometry:
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
            words = f"the row says {country_name(own)}, its position {y:.5g}, {x:.5g} lies {place}"
            ledger.flag_all(here, "attributes differ", words)
            told += len(here)
    return told


def _elsewhere(own: str, holder: int, point: shapely.Point) -> str:
    """Say where a point lies that is not in its country; nothing where that is no contradiction."""
    found = list(_world())[holder] if holder >= 0 else ""
    if found:
        allowed = found == own or frozenset((own, found)) in _DISPUTED
        return "" if allowed else f"in {country_name(found)}"
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


def _holder(lon: FloatArray, lat: FloatArray, shapes: Sequence[shapely.Geometry]) -> IntArray:
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
        said = shown(cells.cells[cells.numbers[rows[same[0]]]])
        told = f"the row says {said}, its position lies in {there[where[same[0]]]}"
        ledger.flag_all(rows[same], "attributes differ", told)
    return len(rows)


@functools.cache
def _provinces() -> gpd.GeoDataFrame:
    return datasets.admin1()


@functools.cache
def _province_land(place: int) -> shapely.Geometry:
    rim = shapely.buffer(_provinces().geometry.iloc[place], _NEAR_DEG, quad_segs=2)
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
