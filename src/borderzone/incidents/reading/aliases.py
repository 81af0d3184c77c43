"""The names that columns go by elsewhere."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

from borderzone._guards import meant, nearest, shown
from borderzone.errors import DataError, InvalidParameterError
from borderzone.incidents.option_list import option

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

__all__ = [
    "ALIASES",
    "companions_of",
    "lon_first",
    "match_columns",
    "plain_name",
    "refuse_twins",
    "rivals_of",
    "tokens",
]

# First name wins when a file has several.
ALIASES: dict[str, tuple[str, ...]] = {
    "id": ("id", "event_id", "incident_id", "eventid", "event_no", "ref", "reference"),
    "date": (
        "date_start",
        "date",
        "event_date",
        "incident_date",
        "start_date",
        "datetime",
        "date_time",
        "event_datetime",
        "incident_datetime",
        "date_of_incident",
        "date_of_event",
        "date_of_attack",
        "attack_date",
        "occurrence_date",
        "date_occurred",
        "date_utc",
        "date_local",
        "date_from",
        "from_date",
        "begin_date",
        "acq_date",
        "dtg",
        "date_time_group",
        "datum",
        "datum_von",
        "fecha",
        "tarih",
        "التاريخ",
        "تاريخ",
        "تاريخ_الحادث",
    ),
    "date_end": ("date_end", "end_date", "date_to", "to_date", "datum_bis"),
    "year": ("year", "iyear", "event_year", "jahr", "annee", "année", "año", "yıl", "السنة", "سنة"),
    "month": ("month", "imonth", "event_month", "monat", "mois", "mes", "ay", "الشهر", "شهر"),
    "day": ("day", "iday", "event_day", "tag", "jour", "día", "dia", "gün", "اليوم", "يوم"),
    "date_precision": ("date_precision",),
    "event_type": (
        "event_type",
        "type",
        "incident_type",
        "category",
        "kind",
        "event",
        "typ",
        "art",
        "tipo",
        "tür",
        "نوع_الحادث",
        "نوع",
    ),
    "description": ("description", "notes", "note", "summary", "details", "comment"),
    "country": ("country", "country_name", "nation", "admin0"),
    "admin1": ("admin1", "adm_1", "admin_1", "province", "governorate", "provstate", "state"),
    "admin2": ("admin2", "adm_2", "admin_2", "district", "qada", "county"),
    "place": (
        "place",
        "location",
        "place_name",
        "location_name",
        "town",
        "city",
        "site",
        "ort",
        "lieu",
        "lugar",
        "yer",
        "المكان",
        "الموقع",
    ),
    "lat": (
        "lat",
        "latitude",
        "latitud",
        "breite",
        "breitengrad",
        "geogr_breite",
        "enlem",
        "خط_العرض",
        "دائرة_العرض",
        "decimallatitude",
        "y_coord",
        "ycoord",
        "y",
    ),
    "lon": (
        "lon",
        "long",
        "lng",
        "longitude",
        "longitud",
        "länge",
        "laenge",
        "längengrad",
        "laengengrad",
        "geogr_länge",
        "boylam",
        "خط_الطول",
        "decimallongitude",
        "x_coord",
        "xcoord",
        "x",
    ),
    "where_prec": ("where_prec", "where_precision", "location_precision", "precision_class"),
    "where_scheme": ("where_scheme",),
    "radius_km": ("radius_km", "uncertainty_km", "error_km", "accuracy_km", "precision_km"),
    "fatalities_low": ("fatalities_low", "low"),
    "fatalities_best": ("fatalities_best", "fatalities", "deaths", "killed", "best", "nkill"),
    "fatalities_high": ("fatalities_high", "high"),
    "source": ("source", "sources", "source_article"),
    "dataset": ("dataset",),
    "synthetic": ("synthetic",),
    "mgrs": (
        "mgrs",
        "mgrs_coord",
        "mgrs_coordinates",
        "mgrs_grid",
        "grid_ref",
        "gridref",
        "grid_reference",
        "utm_ref",
        "utm",
        "utm_coordinates",
    ),
    "latlon": (
        "latlon",
        "lat_lon",
        "lat_long",
        "lat_lng",
        "latlong",
        "latlng",
        "coordinates",
        "coordinate",
        "coords",
        "coord",
        "gps",
        "gps_coordinates",
        "geopoint",
        "position",
    ),
    "lonlat": ("lonlat", "longlat", "lnglat", "lon_lat", "long_lat", "lng_lat", "x_y"),
    "easting": ("easting", "eastings", "utm_easting", "utm_e", "utm_x", "rechtswert"),
    "northing": ("northing", "northings", "utm_northing", "utm_n", "utm_y", "hochwert"),
    "utm_zone": ("utm_zone", "zone", "grid_zone"),
    "crs": ("crs", "epsg", "epsg_code", "srid", "srs"),
}


# Words that stand for a coordinate wherever they are in a name, in which "x" and "y" say nothing.
_WORDS: dict[str, frozenset[str]] = {
    "lat": frozenset(ALIASES["lat"]) - {"y", "y_coord", "ycoord"},
    "lon": frozenset(ALIASES["lon"]) - {"x", "x_coord", "xcoord"},
}
_BOTH = {"latlon", "latlong", "latlng", "lonlat", "longlat", "lnglat"}
# With one of these a column holds something about a coordinate, or a part of it, or its sign.
_NO_COORDINATE = frozenset(
    [
        "accuracy",
        "error",
        "precision",
        "uncertainty",
        "quality",
        "std",
        "sd",
        "min",
        "max",
        "minute",
        "minutes",
        "sec",
        "second",
        "seconds",
        "mm",
        "ss",
        "dir",
        "direction",
        "hem",
        "hemisphere",
        "ref",
        "sign",
        "source",
        "note",
        "notes",
        "comment",
        "name",
        "id",
        "south",
        "west",
        "s",
        "w",
        "rad",
        "radian",
        "radians",
    ]
)
# What stands beside a coordinate and is known not to be it.
_EARLIER = frozenset({"true", "original", "orig", "old", "raw", "previous"})
_COMPANIONS = {
    "minutes": frozenset({"min", "minute", "minutes", "mm"}),
    "seconds": frozenset({"sec", "second", "seconds", "ss"}),
    "letter": frozenset({"dir", "direction", "hem", "hemisphere", "ref", "ns", "ew"}),
}
# Letters in a column that does not say of what, beside one of degrees.
_LETTERS_OF = {
    "lat": frozenset({"n_s", "ns", "n_or_s", "north_south"}),
    "lon": frozenset({"e_w", "ew", "e_or_w", "east_west", "w_e"}),
}
_LONGITUDES = _WORDS["lon"] - {"long", "lng"}
_OF_A_PLANE = frozenset(
    [
        "point",
        "coord",
        "coords",
        "coordinate",
        "coordinates",
        "gps",
        "geo",
        "utm",
        "wgs84",
        "wgs",
        "84",
        "m",
        "dd",
        "deg",
        "degree",
        "degrees",
        "centroid",
    ]
)
# What the two columns of a pair say each in its own way.
_AXIS = {
    "lat": frozenset({"y", "n", "north"}),
    "lon": frozenset({"x", "e", "east"}),
}


def match_columns(
    found: Iterable[object],
    given: Mapping[str, str] | None = None,
    *,
    own: Mapping[str, str] | None = None,
    others: Collection[str] = (),
) -> dict[str, str]:
    """
    Tell which column of a table plays which part.

    Latitude and longitude are also found in longer names, such as ``Position LAT (UNCLASS)``
    beside ``Position LONG (UNCLASS)``: one of the two words stands in each, and the rest is the same.
    """
    names = [str(name) for name in found]
    refuse_twins(names)
    known = {part: name for part, name in (own or {}).items() if part in ALIASES}
    parts = known | _checked_parts(names, given or {})
    by_plain: dict[str, str] = {}
    for name in names:
        if (plain := plain_name(name)) not in others:
            by_plain.setdefault(plain, name)
    free = [name for name in names if plain_name(name) not in others]
    worded = _pair_of(free, parts, by_plain) or _one_column_of(free)
    for part, aliases in ALIASES.items():
        hit = next((by_plain[alias] for alias in aliases if alias in by_plain), None)
        hit = worded.get(part, hit)
        if part not in parts and hit is not None and hit not in parts.values():
            parts[part] = hit
    return {part: parts[part] for part in ALIASES if part in parts}


def rivals_of(names: Iterable[str], parts: Mapping[str, str]) -> dict[str, dict[str, bool]]:
    """Name the columns that might be latitude or longitude as well as those which were taken."""
    found: dict[str, dict[str, bool]] = {}
    for name in names:
        axis = _axis_of(name)
        if axis is None or axis[0] not in parts or name in parts.values():
            continue
        if not set(tokens(name)) & _EARLIER:
            plain = plain_name(parts[axis[0]]) in ALIASES[axis[0]]
            alike = not plain or plain_name(name) in ALIASES[axis[0]]
            found.setdefault(axis[0], {})[name] = alike
    return found


def lon_first(name: str) -> bool:
    """Tell whether a column of both coordinates names longitude before latitude."""
    order = [axis for word in tokens(name) for axis in axes_in(word)]
    return order == ["lon", "lat"]


def axes_in(word: str) -> tuple[str, ...]:
    if word in _BOTH:
        return ("lon", "lat") if word.startswith(("lo", "ln")) else ("lat", "lon")
    plain = {"x": "lon", "y": "lat"}
    return next(
        ((axis,) for axis in ("lat", "lon") if word in _WORDS[axis] or plain.get(word) == axis), ()
    )


def tokens(name: str) -> list[str]:
    """Words of a name; capitals inside one begin another."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)
    return [word for word in plain_name(parted).split("_") if word]


def _axis_of(name: str) -> tuple[str, frozenset[str]] | None:
    """Which coordinate a column holds by a word in its name, and the other words."""
    words = set(tokens(name))
    axes = [
        axis for axis in ("lat", "lon") if words & _WORDS[axis] or plain_name(name) in _WORDS[axis]
    ]
    if len(axes) != 1 or words & (_NO_COORDINATE | _BOTH):
        return None
    (axis,) = axes
    return axis, frozenset(words - _WORDS[axis] - _AXIS[axis])


def companions_of(name: str, names: Iterable[str]) -> dict[str, str]:
    """Name the columns that hold minutes, seconds and compass letters beside one of degrees."""
    every = list(names)
    own = frozenset(tokens(name)) - {"deg", "degree", "degrees", "dd", "d"}
    found: dict[str, str] = {}
    for kind, words in _COMPANIONS.items():
        for other in every:
            theirs = frozenset(tokens(other))
            if theirs & words and theirs - words == own:
                found.setdefault(kind, other)
    if "letter" not in found:
        letters = _LETTERS_OF["lat" if own & _WORDS["lat"] else "lon"]
        alone = [other for other in every if plain_name(other) in letters]
        found |= {"letter": alone[0]} if len(alone) == 1 else {}
    # A least latitude is no minutes, unless it stands beside degrees or seconds.
    if "minutes" in found and found.keys() == {"minutes"} and own == frozenset(tokens(name)):
        return {}
    return found


def _pair_of(
    names: list[str], parts: Mapping[str, str], by_plain: Mapping[str, str]
) -> dict[str, str]:
    """Find latitude and longitude in longer names, where the alias table has them not."""
    found: dict[str, dict[str, frozenset[str]]] = {"lat": {}, "lon": {}}
    for name in names:
        known = _axis_of(name)
        if known is not None and name not in parts.values():
            found[known[0]][name] = known[1]
    for axis, columns in found.items():
        plain = next(
            (by_plain[word] for word in ALIASES[axis] if by_plain.get(word) in columns), None
        )
        if axis in parts:
            columns.clear()
            columns[parts[axis]] = frozenset()
        elif plain is not None:
            columns.clear()
            columns[plain] = frozenset()
    pairs = [
        {"lat": lat, "lon": lon}
        for lat, others in found["lat"].items()
        for lon, same in found["lon"].items()
        if others == same
    ]
    alone = {axis: next(iter(columns)) for axis, columns in found.items() if len(columns) == 1}
    # Of "long" alone nobody knows whether it is no length.
    if not pairs and len(alone) == len(found) and set(tokens(alone["lon"])) & _LONGITUDES:
        return alone
    if not pairs and not (found["lat"] and found["lon"]):
        return _plane_pair_of(names)
    return pairs[0] if pairs else {}


def _plane_pair_of(names: list[str]) -> dict[str, str]:
    """Find x and y in longer names, such as POINT_X and POINT_Y, of whose other words nothing is odd."""
    found: dict[str, dict[frozenset[str], str]] = {"x": {}, "y": {}}
    for name in names:
        words = frozenset(tokens(name))
        for axis in words & found.keys():
            if words - {axis} and words - {axis} <= _OF_A_PLANE:
                found[axis].setdefault(words - {axis}, name)
    same = next((rest for rest in found["x"] if rest in found["y"]), None)
    return {} if same is None else {"lat": found["y"][same], "lon": found["x"][same]}


def _one_column_of(names: list[str]) -> dict[str, str]:
    """Find both coordinates, or a grid reference, in the words of a longer name."""
    found: dict[str, list[str]] = {}
    for name in names:
        words = tokens(name)
        if set(words) & _NO_COORDINATE:
            continue
        axes = {axis for word in words for axis in axes_in(word)}
        if axes == {"lat", "lon"}:
            found.setdefault("lonlat" if lon_first(name) else "latlon", []).append(name)
        elif "mgrs" in words:
            found.setdefault("mgrs", []).append(name)
        for part in ("easting", "northing"):
            if part in words:
                found.setdefault(part, []).append(name)
    return {part: columns[0] for part, columns in found.items() if len(columns) == 1}


def plain_name(name: str) -> str:
    """Fold a column name to what the alias table holds."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"[^\w]+", "_", folded).strip("_")


def refuse_twins(names: list[str]) -> None:
    """Refuse a table in which a name stands twice."""
    twins = sorted(name for name, times in Counter(names).items() if times > 1)
    if twins:
        shown = ", ".join(map(repr, twins[:10]))
        msg = f"two columns carry the same name: {shown}; rename one of them"
        raise DataError(msg)


def refuse_other_part(part: object) -> None:
    """Refuse what is no part of an incident, and name the nearest."""
    if part in ALIASES:
        return
    # Somebody may take for a part what a column is called.
    plain = plain_name(str(part))
    own = next((one for one, names in ALIASES.items() if plain in names), None)
    hint = f"; did you mean {own!r}?" if own else meant(plain, ALIASES)
    msg = f"columns: {shown(part)} is not a part; use {', '.join(ALIASES)}{hint}"
    raise InvalidParameterError(msg)


def _checked_parts(names: list[str], given: Mapping[str, str]) -> dict[str, str]:
    if not hasattr(given, "items"):
        msg = f"columns must be a mapping, such as {option('columns', {'lat': 'Breite'})}, got {shown(given)}"
        raise InvalidParameterError(msg)
    for part, name in given.items():
        refuse_other_part(part)
        if name not in names:
            near = nearest(str(name), names)
            way = option("columns", {part: near[0]}) if near else ""
            hint = f"; did you mean {shown(near[0])}: {way}?" if near else ""
            more = f" and {len(names) - 5} more" if len(names) > 5 else ""
            told = f"{', '.join(map(shown, names[:5]))}{more}"
            msg = f"columns: there is no column {shown(name)}; found {told}{hint}"
            raise DataError(msg)
    return dict(given)
