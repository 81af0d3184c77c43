"""The names that columns go by elsewhere."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

from borderzone._guards import shown
from borderzone.errors import DataError, InvalidParameterError
from borderzone.incidents.hints import option

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

__all__ = ["ALIASES", "match_columns", "plain_name", "refuse_twins"]

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
        "lat_dd",
        "lat_deg",
        "latitude_deg",
        "latitude_dd",
        "decimal_latitude",
        "decimallatitude",
        "lat_wgs84",
        "latitude_wgs84",
        "gps_lat",
        "gps_latitude",
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
        "lon_dd",
        "long_dd",
        "lon_deg",
        "long_deg",
        "longitude_deg",
        "longitude_dd",
        "decimal_longitude",
        "decimallongitude",
        "lon_wgs84",
        "longitude_wgs84",
        "gps_lon",
        "gps_long",
        "gps_longitude",
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
    ),
    "latlon": (
        "latlon",
        "lat_lon",
        "lat_long",
        "latlong",
        "coordinates",
        "coordinate",
        "coords",
        "gps",
        "gps_coordinates",
        "position",
    ),
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

    Parameters
    ----------
    found
        Column names of the table.
    given
        Parts named by the user, part to column, for example
        ``{"lat": "Breite"}``; they go before the alias table.
    own
        Parts that the layout of the table knows; they go between the two.
    others
        Folded names that the alias table must not take.

    Returns
    -------
    dict[str, str]
        Part to column name, for the parts that were found.

    Raises
    ------
    DataError
        If two columns carry the very same name, or a given column is absent.
    InvalidParameterError
        If a given part is unknown.

    Examples
    --------
    >>> match_columns(["Latitude", "LONG", "When"])
    {'lat': 'Latitude', 'lon': 'LONG'}
    """
    names = [str(name) for name in found]
    refuse_twins(names)
    known = {part: name for part, name in (own or {}).items() if part in ALIASES}
    parts = known | _checked_parts(names, given or {})
    by_plain: dict[str, str] = {}
    for name in names:
        if (plain := plain_name(name)) not in others:
            by_plain.setdefault(plain, name)
    for part, aliases in ALIASES.items():
        hit = next((by_plain[alias] for alias in aliases if alias in by_plain), None)
        if part not in parts and hit is not None and hit not in parts.values():
            parts[part] = hit
    return {part: parts[part] for part in ALIASES if part in parts}


def plain_name(name: str) -> str:
    """
    Fold a column name to what the alias table holds.

    Parameters
    ----------
    name
        Name as found.

    Returns
    -------
    str
        Lower case, with one underscore for anything but letters and digits.

    Examples
    --------
    >>> plain_name(" Event Date ")
    'event_date'
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"[^\w]+", "_", folded).strip("_")


def refuse_twins(names: list[str]) -> None:
    """
    Refuse a table in which a name stands twice.

    Parameters
    ----------
    names
        Column names.

    Raises
    ------
    DataError
        If it does.

    Examples
    --------
    >>> refuse_twins(["lat", "lon"])
    """
    twins = sorted(name for name, times in Counter(names).items() if times > 1)
    if twins:
        shown = ", ".join(map(repr, twins[:10]))
        msg = f"two columns carry the same name: {shown}; rename one of them"
        raise DataError(msg)


def _checked_parts(names: list[str], given: Mapping[str, str]) -> dict[str, str]:
    if not hasattr(given, "items"):
        msg = f"columns must be a mapping, such as {option('columns', {'lat': 'Breite'})}, got {shown(given)}"
        raise InvalidParameterError(msg)
    for part, name in given.items():
        if part not in ALIASES:
            msg = f"columns: {part!r} is not a part; use {', '.join(ALIASES)}"
            raise InvalidParameterError(msg)
        if name not in names:
            near = difflib.get_close_matches(str(name), names, n=1)
            way = option("columns", {part: near[0]}) if near else ""
            hint = f"; did you mean {shown(near[0])}: {way}?" if near else ""
            more = f" and {len(names) - 5} more" if len(names) > 5 else ""
            told = f"{', '.join(map(shown, names[:5]))}{more}"
            msg = f"columns: there is no column {shown(name)}; found {told}{hint}"
            raise DataError(msg)
    return dict(given)
