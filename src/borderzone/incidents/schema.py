"""Columns of an incident table, the names they go by elsewhere, and the ledger of row verdicts."""

from __future__ import annotations

import difflib
import re
import unicodedata
from typing import TYPE_CHECKING

from borderzone.errors import DataError, InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["ALIASES", "COLUMNS", "FLAGS", "STATUSES", "Ledger", "category_of", "match_columns"]

COLUMNS = (
    "id",
    "date_start",
    "date_end",
    "date_precision",
    "event_type",
    "description",
    "country",
    "admin1",
    "admin2",
    "place",
    "lat",
    "lon",
    "where_prec",
    "where_scheme",
    "radius_km",
    "fatalities_low",
    "fatalities_best",
    "fatalities_high",
    "source",
    "status",
    "reason",
    "synthetic",
)
STATUSES = ("ok", "fixed", "quarantined")

FLAGS = frozenset(
    {
        "date precision",
        "decimal comma",
        "equal coordinates",
        "exact duplicate",
        "fatalities",
        "no date",
        "pile-up",
        "possible duplicate",
        "same id",
        "swapped",
        "too few cells",
    }
)
"""Findings that never quarantine a row by themselves."""

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
        "date_of_incident",
        "day",
    ),
    "date_end": ("date_end", "end_date"),
    "date_precision": ("date_precision",),
    "event_type": ("event_type", "type", "incident_type", "category", "kind", "event"),
    "description": ("description", "notes", "note", "summary", "details", "comment"),
    "country": ("country", "country_name", "nation", "admin0"),
    "admin1": ("admin1", "adm_1", "admin_1", "province", "governorate", "provstate", "state"),
    "admin2": ("admin2", "adm_2", "admin_2", "district", "qada", "county"),
    "place": ("place", "location", "place_name", "location_name", "town", "city", "site"),
    "lat": (
        "lat",
        "latitude",
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
    "fatalities_best": ("fatalities_best", "fatalities", "deaths", "killed", "best"),
    "fatalities_high": ("fatalities_high", "high"),
    "source": ("source", "sources", "source_article"),
    "synthetic": ("synthetic",),
}


def match_columns(
    found: Iterable[object], given: Mapping[str, str] | None = None
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
    _refuse_twins(names)
    parts = _checked_parts(names, given or {})
    by_plain: dict[str, str] = {}
    for name in names:
        by_plain.setdefault(_plain(name), name)
    for part, aliases in ALIASES.items():
        hit = next((by_plain[alias] for alias in aliases if alias in by_plain), None)
        if part not in parts and hit is not None and hit not in parts.values():
            parts[part] = hit
    return {part: parts[part] for part in ALIASES if part in parts}


def category_of(reason: str) -> list[str]:
    """
    Name the kinds of finding in the reason of a row.

    Parameters
    ----------
    reason
        Text of the column ``reason``.

    Returns
    -------
    list[str]
        The words before the colons, in order.

    Examples
    --------
    >>> category_of("decimal comma: latitude '34,4' read as 34.4; no date: the cell is empty")
    ['decimal comma', 'no date']
    """
    return [part.split(":", 1)[0] for part in reason.split("; ") if part]


class Ledger:
    """
    Status and reasons of every row while a table is judged.

    A verdict only ever gets worse: ok, then fixed, then quarantined.

    Parameters
    ----------
    n_rows
        Number of rows.
    """

    def __init__(self, n_rows: int) -> None:
        self._rank = [0] * n_rows
        self._reasons: list[list[str]] = [[] for _ in range(n_rows)]

    def statuses(self) -> list[str]:
        """
        Give the status of each row.

        Returns
        -------
        list[str]
            "ok", "fixed" or "quarantined".
        """
        return [STATUSES[rank] for rank in self._rank]

    def reasons(self) -> list[str]:
        """
        Give the reasons of each row.

        Returns
        -------
        list[str]
            Findings joined by semicolons; empty where there are none.
        """
        return ["; ".join(reasons) for reasons in self._reasons]

    def flag(self, row: int, category: str, detail: str) -> None:
        """
        Tell something about a row and leave its status.

        Parameters
        ----------
        row
            Position of the row.
        category
            Kind of finding.
        detail
            What was found, in words.
        """
        self._add(row, 0, category, detail)

    def fix(self, row: int, category: str, detail: str) -> None:
        """
        Tell that a value of a row was mended.

        Parameters
        ----------
        row
            Position of the row.
        category
            Kind of finding.
        detail
            What was mended, in words.
        """
        self._add(row, 1, category, detail)

    def quarantine(self, row: int, category: str, detail: str) -> None:
        """
        Tell that a row cannot be used.

        Parameters
        ----------
        row
            Position of the row.
        category
            Kind of finding.
        detail
            What is wrong, in words.
        """
        self._add(row, 2, category, detail)

    def _add(self, row: int, rank: int, category: str, detail: str) -> None:
        self._rank[row] = max(self._rank[row], rank)
        self._reasons[row].append(f"{category}: {detail.replace(';', ',')}")


def _plain(name: str) -> str:
    folded = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"[^\w]+", "_", folded).strip("_")


def _refuse_twins(names: list[str]) -> None:
    twins = sorted({name for name in names if names.count(name) > 1})
    if twins:
        msg = f"two columns carry the same name: {', '.join(map(repr, twins))}; rename one of them"
        raise DataError(msg)


def _checked_parts(names: list[str], given: Mapping[str, str]) -> dict[str, str]:
    for part, name in given.items():
        if part not in ALIASES:
            msg = f"columns: {part!r} is not a part; use {', '.join(ALIASES)}"
            raise InvalidParameterError(msg)
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            msg = f"columns: there is no column {name!r}; found {', '.join(names)}{hint}"
            raise DataError(msg)
    return dict(given)
